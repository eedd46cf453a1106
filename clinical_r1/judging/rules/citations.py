"""Citations: sentences that name a fact of the case in the case's own words and numbers.

A paraphrase is out of reach ("febrile" for "a temperature of 39 °C"): what is counted here is a lower bound.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from clinical_r1.judging.instances import Citation
from clinical_r1.judging.rules.reading import OPPOSITE, Reading, Text, clusters, is_specific, keys, read_stem, words
from clinical_r1.sentences import Sentence

_GAP, _NEAR = 7, 4
"""Words between two that name a fact, and between a number and what it is the number of."""
_MODIFIER, _UNIT, _TIME, _FINDING, _PERSON = map(keys, ("modifier", "unit", "time", "finding", "person"))
_FOLLOWS, _PARTS = words("follows"), words("clause") | {","}


class Fact(NamedTuple):
    """What a citation of a fact must say."""

    number: int
    """Its place in the case's inventory, from 1."""
    words: Mapping[str, bool]
    """Specific word -> whether the case says that it is absent."""
    numbers: Mapping[str, Collection[str]]
    """Number -> the words and units of which one must stand near it."""
    modifiers: frozenset[str]
    measured: bool
    """Whether a number is a measurement: then no citation can do without one."""


@lru_cache(maxsize=256)
def read_facts(stem: str, inventory: tuple[Sentence, ...]) -> Mapping[str, Sequence[Fact]]:
    """Word or number -> the facts of a case that have it; every response to the question needs this."""
    found: dict[str, list[Fact]] = {}
    for number, sentence in enumerate(inventory, start=1):
        fact = _fact(number, sentence, read_stem(stem).text)
        for word in {*fact.words, *fact.numbers}:
            found.setdefault(word, []).append(fact)
    return found


def _fact(number: int, fact: Sentence, stem: Text) -> Fact:
    places = [place for place, start in enumerate(stem.starts) if fact.start <= start < fact.end]
    said = [stem.keys[place] for place in places]
    numbers = [at for at, word in enumerate(said) if word[:1].isdigit()]
    near = {said[at]: {*said[max(0, at - _NEAR) : at + _NEAR + 1]} for at in numbers}
    behind = {at: {*said[at + 1 : at + 3]} for at in numbers}
    specific = {stem.keys[place]: place in stem.absent for place in places if is_specific(stem.keys[place])}
    return Fact(
        number,
        words=specific,
        numbers={word: others & (specific.keys() | _UNIT | _TIME | _PERSON) for word, others in near.items()},
        modifiers=_MODIFIER.intersection(said),
        measured=any(
            behind[at].isdisjoint(_TIME) and ({*said[at]} & {".", "/"} or behind[at] & _UNIT) for at in numbers
        ),
    )


def find_citations(reading: Reading, facts: Mapping[str, Sequence[Fact]]) -> tuple[Citation, ...]:
    """The citations of a response in order, with the facts of its case as `read_facts` gives them."""
    text, absent = reading.text, reading.text.absent
    named: dict[int, dict[int, tuple[Fact, list[int]]]] = {}
    for place in text.places(facts):
        if place in reading.option_words or place in text.general:
            continue
        word, line = text.keys[place], text.line(place)
        near = max(line.first, place - _NEAR), min(line.end, place + _NEAR + 1)
        for fact in facts[word]:  # present or absent as in the case; a number beside its name
            if fact.words[word] == (place in absent) if word in fact.words else text.has(fact.numbers[word], *near):
                of_line = named.setdefault(text.line_of[place], {})
                of_line.setdefault(fact.number, (fact, []))[1].append(place)
    return tuple(
        Citation(reading.words(places[0], places[-1]), number, _option(reading, line, places[0], places[-1]))
        for line, of_line in named.items()
        for places, number in _cited(text, of_line.values())
    )


def _cited(text: Text, named: Collection[tuple[Fact, Sequence[int]]]) -> list[tuple[tuple[int, ...], int]]:
    """The words with which one sentence cites facts, and their numbers: of facts named in the same words the best."""
    best: list[tuple[float, int, set[int]]] = []
    for fact, places in named:
        share, group = max((_share(text, fact, group), group) for group in clusters(text, places, _GAP))
        if share:
            best.append((share, -fact.number, {*group}))
    return sorted(
        (tuple(sorted(mine)), -number)
        for share, number, mine in best
        if not any(
            mine < theirs or (mine == theirs and (more, other) > (share, number)) for more, other, theirs in best
        )
    )


def _share(text: Text, fact: Fact, group: Sequence[int]) -> float:
    """The share of a fact that some words name; 0 if it is not enough, or if the words around say the contrary."""
    said = {text.keys[place] for place in group}
    named, numbered = said & fact.words.keys(), not said.isdisjoint(fact.numbers)
    line = text.line(group[0])
    around = text.keys[max(line.first, group[0] - 3) : min(line.end, group[-1] + 4)]
    for word in around:
        others = OPPOSITE.get(word, frozenset())
        if word not in fact.modifiers and others & fact.modifiers and others.isdisjoint(around):
            return 0
    half = 2 * len(named) >= len(fact.words) and len(named) >= min(2, len(fact.words))
    if not numbered and (fact.measured or not named or not (half or named & _FINDING)):
        return 0
    return (len(named) + numbered) / (len(fact.words) + 1)


def _option(reading: Reading, number: int, first: int, last: int) -> str | None:
    """The one option that a fact is cited for or against: in its part of the sentence, the sentence, or the next."""
    named, text = reading.options(number), reading.text
    if len(named) > 1:
        line = text.lines[number]
        begin = next((at for at in range(first, line.first, -1) if text.words[at - 1] in _PARTS), line.first)
        end = next((at for at in range(last + 1, line.end) if text.words[at] in _PARTS), line.end)
        named = reading.options(number, begin, end)
    elif not named and reading.headings[number] is not None:
        return reading.topics[number]
    elif not named and text.word(number + 1) in _FOLLOWS:
        named = reading.options(number + 1)
    return named[0] if len(named) == 1 else None
