"""What is said of a disease or of a supposed case, and not of this patient."""

import re
from typing import Final

from clinical_r1.judging.rules.vocabulary import BE

_HEDGES = frozenset(
    "would should typically usually commonly often classically generally characteristically if unless expect "
    "expected can "
    "may might could suppose assuming patients children adults people individuals infants".split()
)
_OF_DISEASE = frozenset("present presents cause causes characterized characterised manifests manifest".split())
GENERAL: Final = _HEDGES | _OF_DISEASE
"""Words without which nothing in a sentence is general."""
_PATIENTS = ("he", "she", "his", "her", "patient", "man", "woman", "boy", "girl", "case")
_JOINS = frozenset(", and as which while whereas".split())
_PERSON = frozenset(
    "patient patient's who lady gentleman male female he she his her him man woman boy girl child infant i we".split()
)
_LIFTS = re.compile(
    r"\b(?:which|as|that|all of which|both of which|just as|exactly what|and this|and these|and the)\b[^.;]{0,40}?"
    r"\b(?:th(?:is|e) (?:patient|man|woman|boy|girl|child|case)|our patient|here|is present|are present|"
    r"match(?:es)?|fits?|"
    r"he has|she has|in this)\b"
)
_NOT = re.compile(r"\b(?:no|not|lacks?|without|absent|denies|none)\b|n't\b")


def general(words: list[str], low: str) -> list[bool]:
    """Which words are said of a disease or of a supposed case."""
    lift = _LIFTS.search(low)
    if lift and not _NOT.search(lift[0]) and not _NOT.match(low, lift.end() + 1):
        return [False] * len(words)
    flags = [False] * len(words)
    active = False
    for place, word in enumerate(words):
        if active:
            active = not (word in _ENDS_GENERAL or _is_patient(words, place))
        elif word in GENERAL:
            active = _turns_general(words, place)
        flags[place] = active
    return flags


_ENDS_GENERAL = frozenset("; — but however here yet".split())


def _turns_general(words: list[str], place: int) -> bool:
    before, following = words[max(0, place - 4) : place], words[place + 1 : place + 3]
    if words[place] in _HEDGES:
        # "would not explain the fever" speaks of the fever that is there
        return not (_explains(following) or (words[place] == "can" and "be" in following))
    told = words[place] == "present" and not BE.isdisjoint(before)
    return bool(before) and not told and _PERSON.isdisjoint(before)


def _explains(following: list[str]) -> bool:
    return any(
        word in ("explain", "account", "be", "fit", "support", "address", "suggest", "argue", "make")
        for word in following
    )


def _is_patient(words: list[str], place: int) -> bool:
    """Whether a new clause begins with this patient."""
    if not words[place].startswith(_PATIENTS) or _JOINS.isdisjoint(words[max(0, place - 2) : place]):
        return False
    if words[place] in ("he", "she", "his", "her"):
        return True
    return words[place] in _PATIENTS and words[place - 1] in ("this", "the", "our")
