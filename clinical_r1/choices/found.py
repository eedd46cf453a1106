"""Claims: options that a text gives as its answer, each with its force, and the one answer that several amount to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

# Words that take back what was said, and words that do so only where another answer follows as firmly.
_TAKEN_BACK = (
    r"wait\b|correction\b|on (?:second thought|reflection|reconsideration)|reconsider\w*|re-?evaluat\w*|re-?examin\w*|"
    r"scratch that|retract\w*|misread|i meant|i was (?:wrong|mistaken)|my mistake|i made (?:a mistake|an error)|"
    r"let me (?:re|correct|double)\w*|change my (?:answer|mind)|hmm|hold on"
)
_RETRACTION = re.compile(
    rf"\b(?:{_TAKEN_BACK}|actually|wrong|incorrect|mistaken|no,|revis\w+|sorry|apologi[sz]e)", re.IGNORECASE
)
_FIRM_RETRACTION = re.compile(rf"\b(?:{_TAKEN_BACK})", re.IGNORECASE)
_OTHERS_WRONG = re.compile(
    r"(?:(?:options?|choices?|answers?)\s+)?\(?[A-Z]\)?(?:\s*(?:,|and|or|/|&|,\s*and)\s*\(?[A-Z]\)?){0,10}\s+(?:is|"
    r"are)\s+"
    r"(?:all\s+|both\s+|therefore\s+|clearly\s+)?(?:wrong|incorrect)|(?:others?|rest|remaining \w+) (?:is|are) "
    r"(?:all )?(?:wrong|incorrect)|(?:wrong|incorrect) (?:options?|choices?|answers?)"
)


class Force(IntEnum):
    """How much a claim says; a stronger one later in the text replaces a weaker one, a weaker one never a stronger."""

    TENTATIVE = 1
    """ "The answer might be C", "so this is shown by biopsy (C)"."""
    CONCLUDED = 2
    """ "The most likely diagnosis is ischemic stroke"."""
    JUDGED = 3
    """ "C is correct", or an answer that opens the text."""
    ODD_ONE = 4
    """ "The false statement is C", said of the one option that is unlike the others."""
    STATED = 5
    """ "The answer is C", "I choose C"."""
    FINAL = 6
    """ "Final answer: C"."""


@dataclass(frozen=True)
class Found:
    """An answer that stands somewhere in the text."""

    letter: str | None
    """An option letter, or None when several are named at once."""
    start: int
    """Offset where it begins."""
    end: int
    """Offset after it."""
    force: Force = Force.STATED
    """How much it says."""
    several: frozenset[str] = frozenset()
    """The letters that are named at once."""
    how: str = ""
    """How it was read, where its force does not say so (see `clinical_r1.choices.extract.Method`)."""

    @property
    def nothing(self) -> bool:
        """Whether it says that no option is right."""
        return self.letter is None and not self.several


def settle(found: Iterable[Found], text: str) -> Found | None:
    """The claim that several amount to, None when they contradict each other.

    A claim takes the place of a different one before it when it is stronger, when a retraction stands between the
    two, or when it chooses one of several options named before. Where two different answers are stated or found
    right without any of that, they contradict each other; of two conclusions the later one counts.

    Args:
        found: Claims, at least one, in any order.
        text: The text in which their offsets lie.
    """
    held, *later = sorted(found, key=lambda claim: claim.start)
    contradicted = False
    for claim in later:
        same = claim.letter == held.letter and claim.several == held.several
        weaker = claim.force < held.force
        if _retracted(text[held.end : claim.start + 1], held.letter, firmly=weaker):
            held, contradicted = claim, False
        elif same:
            contradicted = contradicted and claim.force <= held.force
            held = replace(
                claim, force=max(claim.force, held.force), how=claim.how if claim.force > held.force else held.how
            )
        elif (
            claim.force > held.force or claim.letter in held.several or (held.nothing and claim.force > Force.TENTATIVE)
        ):
            held, contradicted = claim, False
        elif claim.force == held.force:
            contradicted = claim.force >= Force.JUDGED
            held = claim
    return None if contradicted else held


def firmly_retracted(text: str, start: int) -> bool:
    """Whether words behind an offset take back even what was stated before it."""
    return _FIRM_RETRACTION.search(text, start) is not None


def _retracted(between: str, letter: str | None, *, firmly: bool) -> bool:
    kept = _OTHERS_WRONG.sub(lambda m: m[0] if letter and re.search(rf"\b{letter}\b", m[0]) else "", between)
    return (_FIRM_RETRACTION if firmly else _RETRACTION).search(kept) is not None
