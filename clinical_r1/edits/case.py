"""A stem as the editors read it: the case, its sentences and facts, and where the question asked begins."""

import hashlib
import re
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

import yaml

from clinical_r1.sentences import Sentence, clauses, sentences

_WORD = re.compile(r"[A-Za-z][a-z’'-]{3,}")


# --- the case ---------------------------------------------------------------------------------------------------------
class Told(NamedTuple):
    """A sentence of the case, and the numbers from 0 of its facts."""

    sentence: Sentence
    facts: tuple[int, ...]


class Case(NamedTuple):
    """A stem as the editors read it."""

    stem: str
    facts: tuple[Sentence, ...]
    told: tuple[Told, ...]
    asked: int
    """Where the case ends; what follows is asked and stays."""
    key: str
    """What new values are drawn by."""
    first: dict[str, int]
    """Where each word stands first."""
    named: dict[str, int]
    """Where it stands last behind "the", "this" and the like."""

    @classmethod
    def of(cls, stem: str, seed: int) -> "Case":
        """Read a stem; new values are drawn by it and the seed."""
        facts = clauses(stem)
        asked = facts[-1].end if facts else 0
        asked += len(re.match(r"[.!]?[\"”’)]{0,2}(?=\s|$)|", stem[asked : asked + 5])[0])  # type: ignore[index]
        told, number = [], 0
        for sentence in sentences(stem[:asked]):
            first = number
            while number < len(facts) and facts[number].start < sentence.end:
                number += 1
            if "?" not in sentence.text:
                told.append(Told(sentence, tuple(range(first, number))))
        if told and told[-1].sentence.end == asked and _is_asked(told, stem[asked : asked + 40]):
            asked = told.pop().sentence.start
        facts = facts[: told[-1].facts[-1] + 1] if told and told[-1].facts else facts
        key = hashlib.sha256(f"{seed}:{stem}".encode("utf-8", "surrogatepass")).hexdigest()
        words: dict[str, int] = {}
        for word in _WORD.finditer(stem):
            words.setdefault(_singular(word[0]), word.start())
        named = {
            _singular(word): match.end()
            for match in wording("definite").finditer(stem)
            for word in _WORD.findall(match[1])
        }
        return cls(stem, facts, tuple(told), asked, key, words, named)

    def is_named_behind(self, start: int, end: int) -> bool:
        """Whether what a part of the text tells first is spoken of behind it as known."""
        new = map(_singular, _WORD.findall(self.stem[start:end]))
        if any(self.first[word] >= start and self.named.get(word, 0) > end for word in new if word in self.first):
            return True
        return bool(
            wording("begun").search(self.stem[max(0, start - 80) : end])
            and wording("what_is_begun").search(self.stem[self.asked : self.asked + 400])
        )

    def random(self, place: int) -> Random:
        """What draws the new value at a place."""
        return Random(f"{self.key}:{place}")


def _is_asked(told: list[Told], behind: str) -> bool:
    """Whether the last sentence of what looks like a case asks: nothing else does, or it goes on behind the case."""
    last = told[-1].sentence.text
    if not any(map(str.isalnum, behind)):
        return True
    goes_on = last[-1] not in '.!;)"”’' and not behind.startswith("\n")
    return (goes_on and len(told) > 1) or (
        behind.startswith("\n") and last[-1].isalnum() and not any(map(str.isdigit, last))
    )


def _singular(word: str) -> str:
    return word.casefold().rstrip("s")


@cache
def lexicon() -> dict[str, Any]:
    """What `words.yaml` has: sets of words, tables, and texts of regular expressions."""
    text = files("clinical_r1.edits").joinpath("words.yaml").read_text(encoding="utf-8")
    return {name: frozenset(v.split()) if isinstance(v, str) else v for name, v in yaml.safe_load(text).items()}


@cache
def wording(name: str) -> re.Pattern[str]:
    """One of the patterns of `words.yaml`."""
    return re.compile(lexicon()["patterns"][name].replace("\n", ""), re.IGNORECASE)
