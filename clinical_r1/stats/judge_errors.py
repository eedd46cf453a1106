"""Does a judge err differently by checkpoint? If so, differences between checkpoints as it sees them are biased."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from clinical_r1.stats.estimates import Array, Clusters, Estimate, cluster_sums, mean, places_of
from clinical_r1.stats.label_weights import effective_units, positive


@dataclass(frozen=True)
class ErrorsByGroup:
    """Errors of a judge in several groups."""

    groups: tuple[tuple[str, Estimate], ...]
    """Mean of judge less human in each group, with a 95 % interval."""
    p_value: float
    """That the mean error is the same in all groups; NaN where there is no test."""
    statistic: float
    """F."""
    n: int
    """Items with both values."""
    clusters: int
    """Independent units among them."""
    unscored: int
    """Items without a value of human or judge."""
    method: str
    reason: str = ""
    """Why there is no test."""


def judge_error_by_group(
    human: ArrayLike,
    judge: ArrayLike,
    groups: Sequence[Any] | ArrayLike,
    clusters: Clusters = None,
    *,
    weights: ArrayLike | None = None,
) -> ErrorsByGroup:
    """Compare the mean error (judge less human) of groups: a Wald test with the covariance between clusters.

    T2 = d' V^-1 d for the differences d of all groups from the first; (G - K + 1) / ((G - 1) (K - 1)) T2 is referred to
    F with K - 1 and G - K + 1 degrees of freedom (K groups, G clusters, fewer where some are heavy). Where each cluster
    has an item of each group it is Hotelling's test, and that of two groups the paired t-test.

    Args:
        human: One per item; NaN is unrated.
        judge: One per item; NaN is unjudged.
        groups: Checkpoint of each item.
        clusters: Question of each item; every item on its own by default.
        weights: 1 / the chance with which an item was drawn; all alike by default.

    Returns:
        Errors of groups in order of appearance, and the test.

    Raises:
        ValueError: If lengths differ, or a weight is not positive.

    Examples:
        >>> found = judge_error_by_group([0, 1, 0, 1, 0, 1], [1, 1, 0, 1, 1, 0], list("ababab"), [1, 1, 2, 2, 3, 3])
        >>> [(group, round(error.value, 2)) for group, error in found.groups]
        [('a', 0.67), ('b', -0.33)]
        >>> round(found.p_value, 2)
        0.23
    """
    people, machine, labels = np.asarray(human, dtype=float), np.asarray(judge, dtype=float), np.asarray(groups)
    if people.ndim != 1 or not people.shape == machine.shape == labels.shape:
        raise ValueError(f"there must be one value per item: {people.shape}, {machine.shape}, {labels.shape}")
    weight, places = positive("weights", weights, np.ones(len(people)), "item"), places_of(clusters, len(people))
    scored = ~np.isnan(machine - people)
    error, names = (machine - people)[scored], [str(name) for name in labels[scored]]
    weight, places = weight[scored], np.unique(places[scored], return_inverse=True)[1]
    order = list(dict.fromkeys(names))
    inside = np.array([[name == group for group in order] for name in names]).reshape(len(names), len(order))
    errors = tuple(
        (group, mean(error[rows], places[rows], weights=weight[rows]))
        for group, rows in zip(order, inside.T, strict=True)
    )
    test = _Test(nan, nan, "there are no two groups to compare")
    if len(order) > 1:
        shares = weight[:, None] * inside / (weight[:, None] * inside).sum(axis=0)
        parts = shares * (error[:, None] - (shares * error[:, None]).sum(axis=0))
        means = np.array([one.value for _, one in errors])
        test = _wald(means, cluster_sums(shares, places), cluster_sums(parts, places))
    clusters = len(np.unique(places))
    return ErrorsByGroup(
        groups=errors,
        p_value=test.p_value,
        statistic=test.statistic,
        n=len(error),
        clusters=clusters,
        unscored=int((~scored).sum()),
        method=f"Wald test of equal mean errors between {clusters:,} clusters" if order else "no test",
        reason=test.reason,
    )


class _Test(NamedTuple):
    p_value: float
    statistic: float
    reason: str = ""


def _wald(means: Array, heavy: Array, parts: Array) -> _Test:
    """Of mean errors; weights of clusters, and what each adds to the mean, have shape (clusters, groups)."""
    clusters, groups = parts.shape
    units = effective_units(heavy.sum(axis=1))
    freedom = units - groups + 1
    if clusters < groups or freedom < 1:
        return _Test(nan, nan, f"{clusters} clusters are too few for {groups} groups")
    differences, rows = means[1:] - means[0], parts[:, 1:] - parts[:, [0]]
    covariance = clusters / (clusters - 1) * rows.T @ rows
    if np.linalg.matrix_rank(covariance, hermitian=True) < groups - 1:
        if not np.abs(differences).max() > 1e-12:
            return _Test(1.0, 0.0)
        return _Test(nan, nan, "errors of some groups do not vary, or are the same")
    square = float(differences @ np.linalg.solve(covariance, differences))
    statistic = freedom / ((units - 1) * (groups - 1)) * square
    return _Test(float(fdtrc(groups - 1, freedom, statistic)), statistic)
