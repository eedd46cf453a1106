"""Verification: a proposed result is checked again against a named condition."""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.hypotheses import hypotheses
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.vocabulary import is_specific

_CHECKS = re.compile(
    r"\b(?:(?:let me|let's|let us|i will|i'll|i should|i want to|i need to|we should|we can|to|now) (?:just |now |"
    r"also |quickly )?"
    r"(?:double[- ]?check|verify|re-?check|cross[- ]?check|re-?verify|re-?examine|make sure|sanity[- ]check|"
    r"confirm|check)|"
    r"double[- ]?checking|re-?checking|cross[- ]?checking|re-?verifying|to be (?:sure|certain|safe)|to make sure|"
    r"sanity check|as a check|does (?:this|that|it) (?:fit|hold|match|explain)|(?:checking|verifying|"
    r"confirming) (?:this|that|the answer|each|"
    r"it|my|our|against|whether|the (?:other )?options?))\b|\A\W*(?:checking|verifying|verification|check)\b"
)
# Tests that are ordered are no check of a thought.
_OF_CARE = re.compile(
    r"\bto (?:confirm|verify|check|make sure)\b(?! (?:this (?:answer|conclusion|reasoning)|that (?:this|it)|my|our|"
    r"against|whether (?:this|it)))"
)
_STRONG_CHECK = re.compile(
    r"double|re-?check|cross|sanity|to be (?:sure|certain|safe)|let me|let's|i will|i'll|i should"
)
_TESTS = re.compile(
    r"\b(?:biopsy|serum|levels?|blood|ct|mri|ultrasound|x-ray|ecg|culture|titers?|imaging|glucose|weekly|monthly|"
    r"renal function)\b"
)
_CONDITION = re.compile(
    r"\b(?:against|that|whether|if|with|each|all|every|for|option|answer|diagnosis|age|findings?|case|stem|fit\w*|"
    r"explains?|again)\b"
)


_CHECK_WORDS = frozenset(
    "check checking recheck rechecking verify verifying reverify reverifying verification confirm confirming sure "
    "certain safe "
    "examine reexamine double doublecheck crosscheck cross sanity does checked".split()
)


def verification(reading: Reading) -> Iterator[Step]:
    """Every check of a result."""
    for number, line in enumerate(reading.lines):
        match = None if line.vocabulary.isdisjoint(_CHECK_WORDS) else _CHECKS.search(line.low)
        if match is None or not _proposed_before(reading, number, line.start + match.start()):
            continue
        if _OF_CARE.search(match[0] + line.low[match.end() : match.end() + 30]) and not _STRONG_CHECK.search(line.low):
            continue
        rest = line.low[match.end() :]
        if _TESTS.search(rest[:50]) and not reading.options_in(number) and not _CONDITION.search(rest[:12]):
            continue
        place = line.start + match.end()
        firm = _CONDITION.search(rest) or _STRONG_CHECK.search(match[0]) or line.low.endswith("?")
        named = reading.options_in(number, place, line.end) or (firm and _specific(line, place)) or _ALL.search(rest)
        if named or _goes_on(reading, number + 1):
            yield Step("verification", reading.span(line.start, line.end))


_ALL = re.compile(r"\b(?:each|every|all)\b")


def _proposed_before(reading: Reading, number: int, offset: int) -> bool:
    """Whether there is already something to check: an option or a disease has been named."""
    if any(mention.end <= offset for mention in reading.mentions[number]):
        return True
    return any(hypotheses(reading, at) for at in range(max(0, number - 40), number))


def _specific(line: Line, start: int) -> int:
    return sum(begin >= start and is_specific(word) for begin, word in zip(line.starts, line.keys, strict=True))


def _goes_on(reading: Reading, number: int) -> bool:
    if number >= len(reading.lines):
        return False
    words = {word for word in reading.lines[number].keys if is_specific(word)}
    there, gone = reading.in_stem
    return bool(reading.options_in(number)) or len(words & (there | gone)) > 0
