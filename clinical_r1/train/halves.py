"""The two halves of a training set: the first for the cold start, the second for reinforcement learning.

Questions are sorted by a hash of the seed and their content, and the list is cut in the middle. Content decides, so
copies of a question stay together whatever their ids; the order of rows does not matter; and the halves are equal but
for copies at the cut. (A hash without the cut would place a question whatever else is in the file, but halve 5,000
questions only to within 3 %.) A half comes in the order of the hashes: its first n questions are a random sample of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from clinical_r1.questions import Question
from clinical_r1.train.distil.near_duplicates import words


@dataclass(frozen=True)
class Halves:
    """Two sets of questions without a question in common."""

    first: list[Question]
    """For the cold start."""
    second: list[Question]
    """For reinforcement learning."""


def halves(questions: Sequence[Question], seed: int = 0) -> Halves:
    """Split questions in two by content.

    Args:
        questions: At least 2 with different contents, else a half is empty.
        seed: Another seed, another split.
    """
    ranked = sorted(questions, key=lambda question: (_hash(question, seed), question.id))
    cut = len(ranked) // 2
    while 0 < cut < len(ranked) and content(ranked[cut - 1]) == content(ranked[cut]):
        cut += 1
    return Halves(ranked[:cut], ranked[cut:])


def content(question: Question) -> tuple[str, ...]:
    """What a question says, without case, punctuation and the order of its options."""
    return (_plain(question.stem), *sorted(map(_plain, question.options.values())))


def shared(first: Sequence[Question], second: Sequence[Question]) -> list[str]:
    """Ids of the questions in `second` whose content also stands in `first`: empty for disjoint halves."""
    known = {content(question) for question in first}
    return [question.id for question in second if content(question) in known]


def _plain(text: str) -> str:
    return " ".join(words(text)) or text.strip()


def _hash(question: Question, seed: int) -> bytes:
    return hashlib.sha256("\x1f".join([str(seed), *content(question)]).encode()).digest()
