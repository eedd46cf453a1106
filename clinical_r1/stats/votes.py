"""maj@k over a benchmark: how right a vote over k answers a question is, for every k."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from math import nan

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.estimates import Estimate, share
from clinical_r1.voting import TieRule, majority_curve

Pattern = tuple[str | None, ...]
TARGET = "target"


def maj_at_k(
    answers: Sequence[Sequence[str | None]],
    targets: Sequence[str],
    *,
    tie: TieRule = "share",
    ks: Iterable[int] | None = None,
) -> dict[int, Estimate]:
    """Expected credit of a plurality vote over k of the collected answers, with intervals over questions.

    The credit of each question is exact, over all its subsets of k answers (`clinical_r1.voting.majority_curve`); the
    mean over questions has a Wilson interval at the effective sample size.

    Args:
        answers: The labels of each question, in epoch order; None (or NaN) where nothing readable was answered.
        targets: The right label of each question.
        tie: Tie rule, see `clinical_r1.voting.vote_credit`.
        ks: Numbers of votes; by default all up to the largest number of answers.

    Returns:
        {k: estimate}. A question with fewer than k answers is left out of k and counted in `unscored`.

    Raises:
        ValueError: If there is not one target per question.
        UserError: If a k is below 1 or the tie rule is unknown.

    Examples:
        >>> curve = maj_at_k([["A", "A", "B"], ["B", "C", "C"], ["A"]], ["A", "A", "A"])
        >>> [(k, round(point.value, 3), point.n) for k, point in curve.items()]
        [(1, 0.556, 3), (2, 0.333, 2), (3, 0.5, 2)]
    """
    sizes = np.array([len(one) for one in answers], dtype=int)
    wanted = tuple(dict.fromkeys(range(1, max(sizes, default=0) + 1) if ks is None else ks))
    credits = vote_credits(answers, targets, wanted, tie=tie)
    found = {}
    for k, column in zip(wanted, credits.T, strict=True):
        one = share(column, trials=float(sizes[sizes >= k].sum()))
        found[k] = replace(one, method=f"exact maj@{k} of {one.n:,} questions; {one.method}")
    return found


def vote_credits(
    answers: Sequence[Sequence[str | None]], targets: Sequence[str], ks: Sequence[int], *, tie: TieRule = "share"
) -> NDArray[np.float64]:
    """Expected credit of a plurality vote over k of each question's answers, in [0, 1]; arguments as for `maj_at_k`.

    Returns:
        Shape (questions, ks); NaN where a question has fewer than k answers.

    Examples:
        >>> vote_credits([["A", "A", "B"], ["B"]], ["A", "A"], (1, 3)).round(2).tolist()
        [[0.67, 1.0], [0.0, nan]]
    """
    if len(answers) != len(targets):
        raise ValueError(f"there must be one target per question: {len(answers)} and {len(targets)}")
    curve = cache(lambda pattern, ks: majority_curve(pattern, TARGET, tie, ks))
    credits = np.full((len(answers), len(ks)), nan)
    reachable = {size: [k <= size for k in ks] for size in set(map(len, answers))}
    for question, (labels, target) in enumerate(zip(answers, targets, strict=True)):
        within = reachable[len(labels)]
        if any(within):
            pattern = _pattern(labels, target, in_order=tie == "first")
            points = curve(pattern, tuple(k for k, reached in zip(ks, within, strict=True) if reached))
            credits[question, within] = list(points.values())
    return credits


def _pattern(labels: Sequence[str | None], target: str, *, in_order: bool) -> Pattern:
    """The same answers with labels that say only what a vote looks at, so that like questions are counted once."""
    labels = [label if isinstance(label, str) else None for label in labels]
    if in_order:
        names: dict[str | None, str | None] = {None: None, target: TARGET}
        return tuple(names.setdefault(label, str(len(names))) for label in labels)
    counts = Counter(labels)
    right, unread = counts.pop(target, 0), counts.pop(None, 0)
    rivals = [str(rank) for rank, count in enumerate(sorted(counts.values())) for _ in range(count)]
    return (*[TARGET] * right, *rivals, *[None] * unread)
