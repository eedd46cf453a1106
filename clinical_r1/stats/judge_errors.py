"""Does a judge err differently by checkpoint? If so, differences between checkpoints as it sees them are biased."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, stdtr, stdtrit

from clinical_r1.stats.estimates import ALPHA, Clusters, Estimate, cluster_sums, error_of_sum, mean, places_of
from clinical_r1.stats.families import holm
from clinical_r1.stats.label_weights import effective_units

Array = NDArray[np.float64]


class GroupError(NamedTuple):
    """One group."""

    group: str
    error: Estimate
    """Mean of judge less human, with a 95 % interval."""


class PairError(NamedTuple):
    """Two groups."""

    a: str
    b: str
    difference: float
    """Mean error in b less that in a."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""
    p_value: float
    """Two-sided, that there is no difference."""
    p_holm: float
    """Adjusted over all pairs (Holm)."""


@dataclass(frozen=True)
class ErrorsByGroup:
    """Errors of a judge in several groups."""

    groups: tuple[GroupError, ...]
    pairs: tuple[PairError, ...]
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
        human: One an item; NaN is unrated.
        judge: One an item; NaN is unjudged.
        groups: Checkpoint of each item.
        clusters: Question of each item; every item on its own by default.
        weights: 1 / the chance with which an item was drawn; all alike by default.

    Returns:
        Errors of groups in order of appearance, of all pairs, and the test.

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
        raise ValueError(f"there must be one value an item: {people.shape}, {machine.shape}, {labels.shape}")
    weight = np.ones(len(people)) if weights is None else np.asarray(weights, dtype=float)
    places = places_of(clusters, len(people))
    if weight.shape != people.shape or not (weight > 0).all():
        raise ValueError("weights: allowed is a positive number an item")
    scored = ~np.isnan(machine - people)
    error, names = (machine - people)[scored], [str(name) for name in labels[scored]]
    weight, places = weight[scored], np.unique(places[scored], return_inverse=True)[1]
    order = list(dict.fromkeys(names))
    if not order:
        reason = "there are no two groups to compare"
        return ErrorsByGroup((), (), nan, nan, 0, 0, int((~scored).sum()), "no test", reason)
    inside = np.array([[name == group for group in order] for name in names]).reshape(len(names), len(order))
    errors = tuple(
        GroupError(group, mean(error[rows], places[rows], weights=weight[rows]))
        for group, rows in zip(order, inside.T, strict=True)
    )
    shares = weight[:, None] * inside / (weight[:, None] * inside).sum(axis=0)
    found = _Errors(errors, cluster_sums(shares, places), _parts(error, shares, places))
    test = _wald(found)
    return ErrorsByGroup(
        groups=errors,
        pairs=_pairs(found),
        p_value=test.p_value,
        statistic=test.statistic,
        n=len(error),
        clusters=len(found.parts),
        unscored=int((~scored).sum()),
        method=f"Wald test of equal mean errors between {len(found.parts):,} clusters",
        reason=test.reason,
    )


class _Test(NamedTuple):
    p_value: float
    statistic: float
    reason: str = ""


class _Errors(NamedTuple):
    groups: tuple[GroupError, ...]
    heavy: Array
    """Weight of each cluster in each group, shape (clusters, groups); sums to 1 in each group."""
    parts: Array
    """What each cluster adds to the mean error of each group, shape (clusters, groups)."""

    @property
    def means(self) -> Array:
        return np.array([one.error.value for one in self.groups])


def _parts(error: Array, shares: Array, places: NDArray[np.intp]) -> Array:
    means = (shares * error[:, None]).sum(axis=0)
    return cluster_sums(shares * (error[:, None] - means), places)


def _wald(found: _Errors) -> _Test:
    clusters, groups = found.parts.shape
    if groups < 2:
        return _Test(nan, nan, "there are no two groups to compare")
    units = effective_units(found.heavy.sum(axis=1))
    freedom = units - groups + 1
    if clusters < groups or freedom < 1:
        return _Test(nan, nan, f"{clusters} clusters are too few for {groups} groups")
    differences = found.means[1:] - found.means[0]
    rows = found.parts[:, 1:] - found.parts[:, [0]]
    covariance = clusters / (clusters - 1) * rows.T @ rows
    if np.linalg.matrix_rank(covariance, hermitian=True) < groups - 1:
        if not np.abs(differences).max() > 1e-12:
            return _Test(1.0, 0.0)
        return _Test(nan, nan, "errors of some groups do not vary, or are the same")
    square = float(differences @ np.linalg.solve(covariance, differences))
    statistic = freedom / ((units - 1) * (groups - 1)) * square
    return _Test(float(fdtrc(groups - 1, freedom, statistic)), statistic)


def _pairs(found: _Errors) -> tuple[PairError, ...]:
    pairs = [_pair(found, a, b) for a, b in combinations(range(len(found.groups)), 2)]
    adjusted = holm([pair.p_value for pair in pairs])
    return tuple(pair._replace(p_holm=float(p)) for pair, p in zip(pairs, adjusted, strict=True))


def _pair(found: _Errors, a: int, b: int) -> PairError:
    heavy = found.heavy[:, a] + found.heavy[:, b]
    freedom = max(1.0, effective_units(heavy) - 1)
    error = error_of_sum((found.parts[:, b] - found.parts[:, a])[heavy > 0])
    difference = float(found.means[b] - found.means[a])
    half = float(stdtrit(freedom, 1 - ALPHA / 2)) * error
    p_value = float(2 * stdtr(freedom, -abs(difference) / error)) if error > 0 else 1.0 if difference == error else nan
    names = found.groups[a].group, found.groups[b].group
    return PairError(*names, difference, difference - half, difference + half, p_value, nan)
