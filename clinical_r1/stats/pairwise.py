"""Agreement of two raters, and its mean over pairs of raters: kappa, exact and near agreement, Spearman's correlation.

All are functions of how often each pair of values occurs, so that a resample is counted once for all of them.

The human ceiling is measured on the same items and against the same others as the judge: each rater in turn is left
out, and rater and judge are both compared with each of the rest, on the items that all three rated.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from clinical_r1.stats.estimates import mean_of_defined, quotient
from clinical_r1.stats.ratings import Array, Coefficient, Flags, Statistic, Table, one_of, paired_scores

# --- two raters -------------------------------------------------------------------------------------------------------
Measure = Literal["exact", "within_one", "kappa", "kappa_linear", "kappa_quadratic", "spearman"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
"""What can be said of two raters: shares of items with the same value and with values at most 1 (or one category)
apart, Cohen's kappa with its weights, and Spearman's rank correlation with ties at their mean rank."""


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
        weights: None counts every disagreement alike; "linear" and "quadratic" by how far apart the values are, or
            their places in `categories`.
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
    one_of("weights", weights, None, "linear", "quadratic")
    table = paired_scores(a, b, categories, ordered=weights is not None)
    measure = f"kappa_{weights}" if weights else "kappa"
    return pair(table, table.scores[0], table.scores[1], (measure,)).values[0]


# --- statistics: resamples lie along the last axis here ---------------------------------------------------------------
def _adder(places: NDArray[np.intp], rows: NDArray[np.intp], of: int) -> Any:
    """A sparse matrix that adds up `rows`, out of so many, in groups: their numbers, from 0 and without gaps."""
    return csr_array((np.ones(len(rows)), (places, rows)), shape=(int(places.max()) + 1, of))


class _Side:
    """What one of two raters gave in each distinct pair of values."""

    def __init__(self, scores: Array) -> None:
        """Of scores of shape (pairs,)."""
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
    """Measures of two rows of scores, shape (items,), NaN where missing; the table says how scores are written."""
    common = ~(np.isnan(first) | np.isnan(second))
    names, items = tuple(measures), (common,) * len(measures)
    if not common.any():
        whys = ("no item in common",) * len(names)
        return Statistic(names, lambda often: np.full((len(often), len(names)), np.nan), items, whys)
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


# --- means over pairs of raters ---------------------------------------------------------------------------------------
class Pairs:
    """Measures of pairs of rows, each computed once however many groups make use of it.

    A group is a statistic whose `of` takes the measures of all pairs, shape (pairs, resamples, measures).
    """

    def __init__(self, table: Table, measures: Sequence[str] = MEASURES) -> None:
        """Start without pairs of the table's rows."""
        self.table = table
        self.measures = tuple(measures)
        self._statistics: list[Statistic] = []
        self._numbers: dict[frozenset[bytes], int] = {}

    def _number(self, first: Array, second: Array) -> int:
        """The number of a pair of rows of scores, which is added if it is new; all measures are symmetric."""
        common = ~(np.isnan(first) | np.isnan(second))
        key = frozenset(np.where(common, row, np.nan).tobytes() for row in (first, second))
        if key not in self._numbers:
            self._numbers[key] = len(self._statistics)
            self._statistics.append(pair(self.table, first, second, self.measures))
        return self._numbers[key]

    def _items(self, pairs: Iterable[int]) -> Flags:
        """The items that some pairs rest on."""
        items = np.zeros(len(self.table.items), dtype=bool)
        for one in pairs:
            items |= self._statistics[one].items[0]
        return items

    def _whys(self, parts: Sequence[Sequence[int]], kind: str, labels: Sequence[str] = ()) -> tuple[str, ...]:
        """What is left out of the mean of each measure over parts, each of some pairs that must all have it."""
        if not parts:
            return ("fewer than two raters",) * len(self.measures)
        whys = []
        for measure in range(len(self.measures)):
            each = [next(filter(None, (self._statistics[one].whys[measure] for one in part)), "") for part in parts]
            first = next((part for part, why in enumerate(each) if why), None)
            left_out = f"{sum(map(bool, each))} of {len(each)} {kind} left out"
            about = f"{labels[first]}: " if labels and first is not None else ""
            whys.append("" if first is None else f"{left_out}: {about}{each[first]}")
        return tuple(whys)

    def mean(self, rows: Sequence[tuple[int, int]], prefix: str = "") -> Statistic:
        """Means over pairs of the table's rows, without those that are undefined."""
        pairs = [self._number(self.table.scores[one], self.table.scores[other]) for one, other in rows]
        labels = [f"{self.table.raters[one]} and {self.table.raters[other]}" for one, other in rows]
        return Statistic(
            names=tuple(f"{prefix}{measure}" for measure in self.measures),
            of=lambda measured: mean_of_defined(measured[pairs]),
            items=(self._items(pairs),) * len(self.measures),
            whys=self._whys([[one] for one in pairs], "pairs", labels),
        )

    def in_places(self) -> Statistic:
        """Figures of the human ceiling, the judge being the table's last row.

        `ceiling.` is each rater with the others, `matched.` the judge in the rater's place, `gap.` judge less raters.
        """
        *humans, judge = self.table.scores

        def compared(left_out: int, other: int) -> tuple[int, int]:
            own = np.where(np.isnan(judge), np.nan, humans[left_out])
            instead = np.where(np.isnan(humans[left_out]), np.nan, judge)
            return self._number(own, humans[other]), self._number(instead, humans[other])

        raters = range(len(humans))
        pairs = [[compared(one, other) for other in raters if other != one] for one in raters]
        every = [both for of_rater in pairs for both in of_rater]

        def of(measured: Array) -> Array:
            sides = np.array([_in_place(measured, of_rater) for of_rater in pairs])
            human, machine = mean_of_defined(sides.reshape(len(pairs), 2, *measured.shape[1:]))
            return np.hstack([human, machine, machine - human])

        names = tuple(f"{side}.{measure}" for side in ("ceiling", "matched", "gap") for measure in self.measures)
        items = (self._items(own for own, _ in every),) * len(names)
        return Statistic(names, of, items, self._whys(every, "comparisons") * 3)

    def statistic(self, groups: Sequence[Statistic]) -> Statistic:
        """All figures of the groups; of no pair, they are NaN."""
        empty = np.full((0, 1, len(self.measures)), np.nan)

        def of(often: Array) -> Array:
            each = [one.of(often) for one in self._statistics]
            measured = np.stack(each) if each else empty.repeat(len(often), axis=1)
            return np.hstack([group.of(measured) for group in groups])

        names = tuple(name for group in groups for name in group.names)
        items = tuple(items for group in groups for items in group.items)
        return Statistic(names, of, items, tuple(why for group in groups for why in group.whys))


def _in_place(measured: Array, compared: Sequence[tuple[int, int]]) -> Array:
    """Means over the others of a rater and of the judge, shape (2, resamples, measures)."""
    both = measured[np.array(compared, dtype=int).reshape(-1, 2)]
    return mean_of_defined(np.where(np.isnan(both).any(axis=1, keepdims=True), np.nan, both))
