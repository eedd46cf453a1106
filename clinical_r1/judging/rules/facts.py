"""The facts of a case as the rules look for them: specific words, numbers with their neighbours, negations."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from clinical_r1.judging.rules.findings import is_finding
from clinical_r1.judging.rules.lines import Line, read_stem
from clinical_r1.judging.rules.vocabulary import MODIFIER_KEYS, TIME_KEYS, UNIT_KEYS, is_specific
from clinical_r1.sentences import Sentence

_NEAR = 4
"""Words around a number among which its neighbours are."""


class Number(NamedTuple):
    """A number of a fact."""

    key: str
    neighbours: frozenset[str]
    """Words and units of which one must stand beside it."""


class Fact(NamedTuple):
    """What a citation of a fact must say."""

    words: dict[str, bool]
    """Specific word -> whether the case says that it is absent."""
    order: tuple[str, ...]
    """The specific words as they follow each other."""
    strong: frozenset[str]
    """Those that name a finding by themselves."""
    modifiers: frozenset[str]
    numbers: tuple[Number, ...]
    measured: bool
    """Whether a number is a measurement: then no citation can do without one."""


class Case(NamedTuple):
    """The facts of a case and the words by which they are found."""

    facts: tuple[Fact, ...]
    places: dict[str, tuple[int, ...]]
    """Word or number -> places in `facts`."""


@lru_cache(maxsize=256)
def read_facts(stem: str, facts: tuple[Sentence, ...]) -> Case:
    """Read the inventory of a case; every response to the question needs it."""
    lines = read_stem(stem)
    read = tuple(_fact(fact, lines) for fact in facts)
    index: dict[str, list[int]] = {}
    for place, fact in enumerate(read):
        for word in {*fact.words, *(number.key for number in fact.numbers)}:
            index.setdefault(word, []).append(place)
    return Case(read, {word: tuple(places) for word, places in index.items()})


def _fact(fact: Sentence, lines: Sequence[Line]) -> Fact:
    keys: list[str] = []
    absent: list[bool] = []
    for line in lines:
        if line.start < fact.end and fact.start < line.end:
            for place, start in enumerate(line.starts):
                if fact.start <= start < fact.end:
                    keys.append(line.keys[place])
                    absent.append(line.absent[place] > 0)
    specific = {word: gone for word, gone in zip(keys, absent, strict=True) if is_specific(word)}
    numbers = tuple(_number(keys, place) for place, word in enumerate(keys) if word[:1].isdigit())
    return Fact(
        words=specific,
        order=tuple(word for word in keys if word in specific),
        strong=frozenset(filter(is_finding, specific)),
        modifiers=frozenset(keys) & MODIFIER_KEYS,
        numbers=numbers,
        measured=any(_is_measured(keys, place) for place, word in enumerate(keys) if word[:1].isdigit()),
    )


def _number(keys: Sequence[str], place: int) -> Number:
    around = {*keys[max(0, place - _NEAR) : place], *keys[place + 1 : place + 1 + _NEAR]}
    return Number(keys[place], frozenset(word for word in around if is_neighbour(word)))


def is_neighbour(word: str) -> bool:
    """Whether a word tells what a number beside it is about."""
    return is_specific(word) or word in UNIT_KEYS or word in TIME_KEYS or word in ("man", "woman", "girl", "boy")


def _is_measured(keys: Sequence[str], place: int) -> bool:
    following = keys[place + 1 : place + 3]
    if not TIME_KEYS.isdisjoint(following) or (place and keys[place - 1] in ("of", "age", "ag") and not following):
        return False
    return "." in keys[place] or "/" in keys[place] or not UNIT_KEYS.isdisjoint(following)
