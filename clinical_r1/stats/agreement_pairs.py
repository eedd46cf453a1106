"""Agreement of two raters: Cohen's kappa, exact and near agreement, Spearman's correlation.

All are functions of how often each pair of values occurs, so that a resample is counted once for all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from clinical_r1.stats.agreement_table import (
    Array,
    Coefficient,
    Statistic,
    Table,
    paired_scores,
)
from clinical_r1.stats.contrast import quotient

Measure = Literal["exact", "within_one", "kappa", "kappa_linear", "kappa_quadratic", "spearman"]
_APART = "no item in common"
MEASURES: tuple[Measure, ...] = get_args(Measure)
"""What can be said of two raters: `exact_agreement`, `within_one`, `cohen_kappa` with its weights, `spearman`."""


def cohen_kappa(
    a: Any,
    b: Any,
    weights: Literal["linear", "quadratic"] | None = None,
    *,
    categories: Iterable[Any] | None = None,
) -> Coefficient:
    """Cohen's kappa: 1 less observed over chance disagreement (Cohen 1960; weighted, Cohen 1968).

    Args:
        a: One rater: {item: value}, of which the items common to both are taken, or a sequence.
        b: The other one, of the same kind; None and NaN are missing.
        weights: None counts every disagreement alike; "linear" and "quadratic" by how far apart the values are. Labels
            are as far apart as their places in `categories`.
        categories: Gives labels an order: from the lowest to the highest.

    Returns:
        From -1 to 1; 0 if one of the two gave the same value to every item and the other did not. NaN, with `why`, if
        they have no item in common, or if both gave one and the same value to all.

    Raises:
        ValueError: If weights are unknown, sequences differ in length, or weighted labels have no order.

    Examples:
        >>> round(cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0]), 3)
        0.5
        >>> cohen_kappa({"i1": 0, "i2": 0}, {"i1": 0, "i2": 0, "i3": 1}).why
        'both gave 0 to all items in common'
    """
    if weights not in (None, "linear", "quadratic"):
        raise ValueError(f"weights={weights!r}: allowed are None, linear, quadratic")
    measure: Measure = "kappa" if weights is None else "kappa_linear" if weights == "linear" else "kappa_quadratic"
    return _of_two(a, b, measure, categories)


def exact_agreement(a: Any, b: Any) -> Coefficient:
    """Share of common items to which two raters gave the same value; a and b as for `cohen_kappa`.

    Examples:
        >>> exact_agreement([1, 1, 0, 2], [1, 0, 0, 2])
        0.75
    """
    return _of_two(a, b, "exact")


def within_one(a: Any, b: Any, *, categories: Iterable[Any] | None = None) -> Coefficient:
    """Share of common items with values at most 1 (or one category) apart; a, b, `categories` as for `cohen_kappa`.

    Examples:
        >>> within_one([1, 1, 0, 5], [1, 0, 0, 2])
        0.75
    """
    return _of_two(a, b, "within_one", categories)


def spearman(a: Any, b: Any, *, categories: Iterable[Any] | None = None) -> Coefficient:
    """Spearman's rank correlation over common items, ties at their mean rank; arguments as for `cohen_kappa`.

    NaN, with `why`, if a rater gave the same value to every item.

    Examples:
        >>> round(spearman([1, 2, 3, 3], [1, 2, 2, 4]), 3)
        0.833
    """
    return _of_two(a, b, "spearman", categories)


def needs_order(measures: Iterable[str]) -> bool:
    """Whether one of the measures needs values that have an order.

    Raises:
        ValueError: If one is unknown.
    """
    for measure in measures:
        if measure not in MEASURES:
            raise ValueError(f"measure={measure!r}: allowed are {', '.join(MEASURES)}")
    return not set(measures) <= {"exact", "kappa"}


def _of_two(a: Any, b: Any, measure: Measure, categories: Iterable[Any] | None = None) -> Coefficient:
    table = paired_scores(a, b, categories, ordered=needs_order((measure,)))
    return pair(table, table.scores[0], table.scores[1], (measure,)).values[0]


# --- statistics: resamples lie along the last axis here ---------------------------------------------------------------
def _adder(places: NDArray[np.intp], rows: NDArray[np.intp], of: int) -> Any:
    """A matrix that adds up rows in groups; sparse, as nearly all of it is zero.

    Args:
        places: The group of each row, from 0 and without gaps.
        rows: The rows.
        of: How many rows there are.
    """
    return csr_array((np.ones(len(rows)), (places, rows)), shape=(int(places.max()) + 1, of))


class _Side:
    """What one of two raters gave in each distinct pair of values."""

    def __init__(self, scores: Array) -> None:
        """Take the scores, shape (pairs,)."""
        self.scores = scores
        self.values, self.places = np.unique(scores, return_inverse=True)
        self.margin = _adder(self.places, np.arange(len(scores)), len(scores))


@dataclass(frozen=True)
class _Joint:
    """How often each distinct pair of values occurs in resamples."""

    counts: Array
    """Shape (pairs, resamples)."""
    a: _Side
    b: _Side

    @cached_property
    def n(self) -> Array:
        """Items of each resample."""
        return np.asarray(self.margins[0].sum(axis=0))

    @cached_property
    def margins(self) -> tuple[Array, Array]:
        """How often each value of a and of b occurs, shapes (values, resamples)."""
        return self.a.margin @ self.counts, self.b.margin @ self.counts


def _share(joint: _Joint, within: float) -> Array:
    near = np.abs(joint.a.scores - joint.b.scores) <= within + 1e-9
    return np.asarray(quotient(near.astype(float) @ joint.counts, joint.n))


def _kappa(joint: _Joint, apart: Callable[[Array, Array], Array]) -> Array:
    observed = apart(joint.a.scores, joint.b.scores) @ joint.counts
    one, other = joint.margins
    by_chance = ((apart(joint.b.values[:, None], joint.a.values) @ one) * other).sum(axis=0)
    return 1 - np.asarray(quotient(observed * joint.n, by_chance))


def _correlation(joint: _Joint) -> Array:
    sides = zip(joint.margins, (joint.a, joint.b), strict=True)
    (ranks_a, spread_a), (ranks_b, spread_b) = (_ranks(margin, side, joint.n) for margin, side in sides)
    return np.asarray(quotient((joint.counts * ranks_a * ranks_b).sum(axis=0), np.sqrt(spread_a * spread_b)))


def _ranks(margin: Array, side: _Side, n: Array) -> tuple[Array, Array]:
    """Ranks about their mean, shape (pairs, resamples), and the sum of their squares; ties have their mean rank."""
    ranks = margin.cumsum(axis=0) - (margin + n) / 2
    return ranks[side.places], np.asarray((margin * ranks**2).sum(axis=0))


_COMPUTED: dict[str, Callable[[_Joint], Array]] = {
    "exact": partial(_share, within=0.0),
    "within_one": partial(_share, within=1.0),
    "kappa": partial(_kappa, apart=lambda x, y: (x != y).astype(float)),
    "kappa_linear": partial(_kappa, apart=lambda x, y: np.abs(x - y)),
    "kappa_quadratic": partial(_kappa, apart=lambda x, y: (x - y) ** 2),
    "spearman": _correlation,
}


def pair(table: Table, first: Array, second: Array, measures: Sequence[str] = MEASURES) -> Statistic:
    """Measures of two rows of scores.

    Args:
        table: How scores are written.
        first: Scores of one rater, shape (items,); NaN is missing.
        second: Scores of the other one.
        measures: Which.
    """
    common = ~(np.isnan(first) | np.isnan(second))
    names, items = tuple(measures), (common,) * len(measures)
    if not common.any():
        nothing = np.full((1, len(names)), np.nan)
        return Statistic(names, lambda often: nothing.repeat(len(often), axis=0), items, (_APART,) * len(names))
    scores, places = np.unique(np.stack([first, second])[:, common], axis=1, return_inverse=True)
    adder = _adder(places.ravel(), np.flatnonzero(common), len(common))
    a, b = _Side(scores[0]), _Side(scores[1])

    def of(often: Array) -> Array:
        joint = _Joint(adder @ often.T, a, b)
        return np.stack([_COMPUTED[measure](joint) for measure in names], axis=1)

    undefined = zip(names, np.isnan(of(np.ones((1, len(common))))[0]), strict=True)
    whys = tuple(_why(table, measure, a, b) if is_nan else "" for measure, is_nan in undefined)
    return Statistic(names, of, items, whys)


def _why(table: Table, measure: str, a: _Side, b: _Side) -> str:
    if measure == "spearman":
        return f"one gave {table.label((a if len(a.values) == 1 else b).values[0])} to all items in common"
    return f"both gave {table.label(a.values[0])} to all items in common"
