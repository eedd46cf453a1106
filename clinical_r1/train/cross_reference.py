"""Does the conclusion refer back to the analysis? Detectors for the cross-reference bonus.

A detector takes what `CrossReference` holds and says yes or no. Known limits, on purpose left to the judges: a negated
reference ("there is no fever after all") and gibberish that repeats words both count as references, because rules see
words and not their truth.
"""

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SHARED_WORDS = 2
"""A finding is specific when the sentence shares this many content words with one sentence of the analysis: one word
alone ("fever") is shared by chance in most clinical texts."""

FUNCTION_WORD_SHARE = 0.15
"""A sentence has at least this share of short words (up to 3 letters): prose has a third, a bag of keywords none."""

DISTINCT_WORD_SHARE = 0.5
"""At least this share of a sentence's words are distinct: stuffing repeats the words that pay."""

COPIED_SHARE = 0.8
"""A sentence is a copy when this share of its words lies in runs of `COPIED_RUN` words that stand in the analysis."""

COPIED_RUN = 5
"""Shorter runs are shared by any honest restatement of a finding ("neck stiffness and photophobia" are four words)."""

# Words that carry an argument but no finding.
_GENERIC = frozenset(
    "about above after also analysis answer because before best both cannot case choice clear clearly conclude "
    "conclusion consistent correct could decide diagnosis does each evidence examination explain explains favor "
    "favors favour final findings finding first fits follows from given hence history indicate indicates into "
    "just lacks least likely made make makes match mentioned more most much must none only option options other "
    "others overall patient patients point points present presentation presents question reason reasoning "
    "referred reject rejected rejects remaining right rule ruled shown shows since some stated such suggest "
    "suggests support supports supported than that their them then there therefore these they this those thus "
    "under unlike unlikely upon very were what when which while will with within would wrong your".split()
)
_BOX = re.compile(r"\\boxed\s*+\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}?")
_SENTENCE_ENDS = ("! ", "? ", "; ", "\n")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "–—…“”‘’«»", " "))


@dataclass(frozen=True)
class CrossReference:
    """What a detector sees."""

    analysis: str
    """Text of the first section."""
    conclusion: str
    """Text of the second section, its boxes removed."""
    question: str | None
    """The question without its options, if known."""
    options: Mapping[str, str]
    """Letter to option text."""


Detector = Callable[[CrossReference], bool]


def without_boxes(text: str) -> str:
    r"""The text without its `\boxed{…}`."""
    return _BOX.sub(" ", text)


def presence(texts: CrossReference) -> bool:
    """Any text beside the box: the rule of the paper's released code, which every conclusion in prose satisfies."""
    return any(character.isalnum() for character in texts.conclusion)


def lexical(texts: CrossReference) -> bool:
    """A sentence of the conclusion restates a specific finding of the analysis.

    Not a copy of the analysis, not a bag of keywords; naming an option is no finding.
    """
    return _restates(texts, allowed=None)


def grounded(texts: CrossReference) -> bool:
    """As `lexical`, and the restated finding also stands in the question, outside the options.

    Raises:
        ValueError: If the question is not given.
    """
    if texts.question is None:
        raise ValueError("cross_reference=grounded needs the question: pass question=")
    return _restates(texts, allowed=frozenset(_words(texts.question)))


DETECTORS: dict[str, Detector] = {"presence": presence, "lexical": lexical, "grounded": grounded}
"""Name -> detector."""


def _words(text: str) -> list[str]:
    return text.casefold().translate(_PUNCTUATION).split()


def _sentences(text: str) -> list[str]:
    for end in _SENTENCE_ENDS:  # plain replacement: a regular expression takes most of the time of a reward
        text = text.replace(end, ". ")
    return text.split(". ")


def _content(words: list[str]) -> set[str]:
    """Words that can be part of a finding: four letters or more, or a number of two digits or more."""
    return {word for word in words if (len(word) > 3 or (len(word) > 1 and word[0].isdigit())) and word not in _GENERIC}


def _restates(texts: CrossReference, allowed: frozenset[str] | None) -> bool:
    option_words = {word for option in texts.options.values() for word in _words(option)}
    analysis = texts.analysis.casefold()
    parts = _sentences(analysis)
    said: str | None = None
    for sentence in _sentences(texts.conclusion):
        words = _words(sentence)
        findings = {word for word in _content(words) - option_words if word in analysis}
        if allowed is not None:
            findings &= allowed
        if len(findings) < SHARED_WORDS or not _is_prose(words) or not _share_a_sentence(findings, parts):
            continue
        said = said or f" {' '.join(_words(analysis))} "
        if not _is_copy(words, said):
            return True
    return False


def _share_a_sentence(findings: set[str], parts: list[str]) -> bool:
    """Whether one sentence of the analysis holds `SHARED_WORDS` of the words."""
    return any(sum(word in part for word in findings) >= SHARED_WORDS for part in parts)


def _is_prose(words: list[str]) -> bool:
    short = sum(len(word) <= 3 and not word[0].isdigit() for word in words)
    return short >= FUNCTION_WORD_SHARE * len(words) and len(set(words)) >= DISTINCT_WORD_SHARE * len(words)


def _is_copy(words: list[str], said: str) -> bool:
    """Whether a sentence lies in runs of the analysis, which is given as its words between single spaces."""
    run = min(COPIED_RUN, len(words))
    copied = [False] * len(words)
    for start in range(len(words) - run + 1):
        if f" {' '.join(words[start : start + run])} " in said:
            copied[start : start + run] = [True] * run
    return sum(copied) >= COPIED_SHARE * len(words)
