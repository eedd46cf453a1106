"""Answers found in a text, and what several of them amount to."""

import re
from dataclasses import dataclass

_RETRACTION = re.compile(
    r"\b(?:wait|actually|correction|wrong|incorrect|on (?:second thought|reflection|reconsideration)|reconsider\w*|"
    r"re-?evaluat\w*|re-?examin\w*|scratch that|retract\w*|misread|i meant|"
    r"i was mistaken|mistaken|my mistake|i made (?:a mistake|an error)|"
    r"let me (?:re|correct|double)\w*|change my (?:answer|mind)|no,|hmm|hold on|revis\w+|sorry|apologi[sz]e)",
    re.IGNORECASE,
)
_OTHERS_WRONG = re.compile(
    r"(?:(?:options?|choices?|answers?)\s+)?\(?[A-Z]\)?(?:\s*(?:,|and|or|/|&|,\s*and)\s*\(?[A-Z]\)?){0,10}\s+(?:is|are)\s+"
    r"(?:all\s+|both\s+|therefore\s+|clearly\s+)?(?:wrong|incorrect)|(?:others?|rest|remaining \w+) (?:is|are) "
    r"(?:all )?(?:wrong|incorrect)|(?:wrong|incorrect) (?:options?|choices?|answers?)"
)


@dataclass(frozen=True)
class Found:
    """An answer that stands somewhere in the text."""

    letter: str | None
    """An option letter, or None when several are named at once."""
    start: int
    """Offset where it begins."""
    end: int
    """Offset after it."""


def settle(found: list[Found], text: str) -> str | None:
    """The one answer that several boxes or statements amount to, None when they contradict each other.

    The last wins over a different one before it only when a retraction stands between the two.

    Args:
        found: At least one item, in order.
        text: The text in which their offsets lie.
    """
    last = found[-1]
    if last.letter is None:
        return None
    for earlier in reversed(found[:-1]):
        if earlier.letter != last.letter:
            return last.letter if _retracted(text[earlier.end : last.start + 1], earlier.letter) else None
    return last.letter


def _retracted(between: str, letter: str | None) -> bool:
    kept = _OTHERS_WRONG.sub(lambda m: m[0] if letter and re.search(rf"\b{letter}\b", m[0]) else "", between)
    return _RETRACTION.search(kept) is not None
