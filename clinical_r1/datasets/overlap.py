"""Two halves of a training set that share no question, and near-duplicates between sets.

The first half is for the cold start, the second for reinforcement learning. Questions are sorted by a hash of the seed
and their content, and the list is cut in the middle. Content decides, so copies of a question stay together whatever
their ids; the order of rows does not matter; and the halves are equal but for copies at the cut. (A hash without the
cut would place a question whatever else is in the file, but halve 5,000 questions only to within 3 %.) A half comes in
the order of the hashes: its first n questions are a random sample of it.

Near-duplicates are found by the word sequences that questions share. A question's features are the runs of `SHINGLE`
words in its stem and in each option (a shorter text is one run), and similarity is the Jaccard index of two sets of
features: shared / all. Option letters and their order do not count. The search is exact, by prefix filtering (Bayardo
et al. 2007, Scaling Up All Pairs Similarity Search): rare features are looked up first, since sets that are similar
cannot differ in all of their rarest ones. MinHash libraries would be one more dependency for an approximation of what
takes seconds here.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from clinical_r1.datasets.questions import Question

# --- near-duplicates --------------------------------------------------------------------------------------------------
SHINGLE = 3
"""Words in a run: one changed word breaks three runs, and few runs of three are shared by chance."""

THRESHOLD = 0.5
"""Similarity from which two questions are near-duplicates: see docs/distilling.md for what was read to choose it."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Pair:
    """A training question and a test question that are nearly the same."""

    training_id: str
    """Id of the training question."""
    test_id: str
    """Id of the test question."""
    similarity: float
    """Jaccard index in [0, 1]; 1 for texts that differ in nothing but case, punctuation and the order of options."""


def near_duplicates(training: Sequence[Question], test: Sequence[Question], threshold: float = THRESHOLD) -> list[Pair]:
    """Find every pair of a training and a test question that is at least so similar.

    Args:
        training: Questions to train on.
        test: Questions to evaluate on.
        threshold: Least similarity, above 0 and at most 1.

    Returns:
        Pairs in the order of the training questions, and of the test questions within.

    Raises:
        ValueError: If the threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold={threshold}: allowed is a number above 0 and at most 1")
    training_sets, test_sets = [features(q) for q in training], [features(q) for q in test]
    frequency = Counter(feature for sets in (training_sets, test_sets) for held in sets for feature in held)
    holders: dict[str, list[int]] = defaultdict(list)
    for index, held in enumerate(test_sets):
        for feature in _prefix(held, frequency, threshold):
            holders[feature].append(index)
    return [
        Pair(question.id, test[index].id, similarity)
        for question, held in zip(training, training_sets, strict=True)
        for index in sorted({at for feature in _prefix(held, frequency, threshold) for at in holders.get(feature, ())})
        if (similarity := jaccard(held, test_sets[index])) >= threshold
    ]


def words(text: str) -> list[str]:
    """Words and numbers of a text, in order, without case, accents' encoding and punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def features(question: Question) -> frozenset[str]:
    """The question's runs of words; one feature at least."""
    runs: set[str] = set()
    for text in (question.stem, *question.options.values()):
        sequence = words(text)
        if len(sequence) <= SHINGLE:
            runs.add(_plain(text))
        runs.update(" ".join(sequence[start : start + SHINGLE]) for start in range(len(sequence) - SHINGLE + 1))
    return frozenset(runs)


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Shared features / all features."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def _prefix(held: frozenset[str], frequency: Mapping[str, int], threshold: float) -> list[str]:
    """So many of the rarest features that a set as similar as the threshold must share one of them."""
    rarest = sorted(held, key=lambda feature: (frequency[feature], feature))
    return rarest[: len(held) - ceil(threshold * len(held) - 1e-9) + 1]


# --- halves -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Halves:
    """Two sets of questions without a question in common."""

    first: list[Question]
    """For the cold start."""
    second: list[Question]
    """For reinforcement learning."""


def split_halves(questions: Sequence[Question], seed: int = 0) -> Halves:
    """Split questions in two by content.

    Args:
        questions: At least 2 with different contents, else a half is empty.
        seed: Another seed, another split.
    """

    def rank(question: Question) -> tuple[bytes, str]:
        return hashlib.sha256("\x1f".join([str(seed), *content(question)]).encode()).digest(), question.id

    ranked = sorted(questions, key=rank)
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
    return " ".join(words(text)) or text.strip()  # signs alone, such as "+", are a text too
