"""Agreement of two raters, and its mean over pairs of raters: kappa, exact and near agreement, Spearman's correlation.

All are functions of how often each pair of values occurs, so that a resample is counted once for all of them. The mean
is over pairs of raters, or over a judge with each of them.

A judge cannot be asked to agree with clinicians better than they do with each other. Comparing its agreement with all
raters to the mean over pairs of raters would be unfair where ratings are missing or raters differ: the pairs are others
and the items are others. So for the human ceiling each rater in turn is left out; the rater and the judge are both
compared with each of the rest, on the items that all three rated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from clinical_r1.stats.estimates import quotient
from clinical_r1.stats.ratings import (
    JUDGE,
    Array,
    Coefficient,
    Flags,
    Ratings,
    Statistic,
    Table,
    paired_scores,
    read_table,
)

# --- two raters -------------------------------------------------------------------------------------------------------
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


# --- means over pairs of raters ---------------------------------------------------------------------------------------
def mean_pairwise(
    ratings: Ratings, measure: Measure = "kappa", *, judge: Any = None, categories: Iterable[Any] | None = None
) -> Coefficient:
    """Mean of a measure of two over all pairs of raters, or over the raters if a judge is compared with each.

    Args:
        ratings: {rater: {item: value}}.
        measure: One of `clinical_r1.stats.agreement.MEASURES`.
        judge: {item: value}, compared with each rater; without it the raters are compared with each other.
        categories: Gives labels an order: from the lowest to the highest.

    Returns:
        The mean. Pairs for which the measure is undefined are left out, and `why` says so; NaN if all are.

    Raises:
        ValueError: If the measure is unknown, or labels have no order where it needs one.

    Examples:
        >>> ratings = {"h1": {1: 0, 2: 1, 3: 1}, "h2": {1: 0, 2: 1, 3: 0}, "h3": {1: 1, 2: 1, 3: 1}}
        >>> round(mean_pairwise(ratings, "exact"), 3)
        0.556
        >>> found = mean_pairwise({"h1": {1: 0, 2: 1}, "h2": {1: 0, 2: 0}, "h3": {1: 0, 2: 0}})
        >>> found, found.why
        (0.0, '1 of 3 pairs left out: h2 and h3: both gave 0 to all items in common')
    """
    everyone = ratings if judge is None else {**ratings, JUDGE: judge}
    table = read_table(everyone, categories, ordered=needs_order((measure,)))
    rows = range(len(ratings))
    chosen = combinations(rows, 2) if judge is None else ((len(ratings), row) for row in rows)
    pairs = Pairs(table, (measure,))
    return pairs.statistic([pairs.mean(list(chosen))]).values[0]


@dataclass(frozen=True)
class Group:
    """Figures made from measures of pairs."""

    names: tuple[str, ...]
    of: Callable[[Array], Array]
    """From the measures of all pairs, shape (pairs, resamples, measures), to shape (resamples, names)."""
    items: tuple[Flags, ...]
    """The items that each rests on."""
    whys: tuple[str, ...]
    """Of each, as in `Coefficient.why`."""


class Pairs:
    """Measures of pairs of rows, each computed once however many groups make use of it."""

    def __init__(self, table: Table, measures: Sequence[str] = MEASURES) -> None:
        """Start without pairs.

        Args:
            table: Ratings.
            measures: What is said of each pair.
        """
        self.table = table
        self.measures = tuple(measures)
        self._statistics: list[Statistic] = []
        self._places: dict[frozenset[bytes], int] = {}

    def place(self, first: Array, second: Array) -> int:
        """The number of a pair of rows of scores, which is added if it is new; all measures are symmetric."""
        common = ~(np.isnan(first) | np.isnan(second))
        key = frozenset(np.where(common, row, np.nan).tobytes() for row in (first, second))
        if key not in self._places:
            self._places[key] = len(self._statistics)
            self._statistics.append(pair(self.table, first, second, self.measures))
        return self._places[key]

    def __len__(self) -> int:
        return len(self._statistics)

    def __getitem__(self, place: int) -> Statistic:
        """The measures of one pair."""
        return self._statistics[place]

    def items(self, places: Sequence[int]) -> Flags:
        """The items that some pairs rest on."""
        found = np.zeros(len(self.table.items), dtype=bool)
        for place in places:
            found |= self[place].items[0]
        return found

    def mean(self, rows: Sequence[tuple[int, int]], prefix: str = "") -> Group:
        """Means over pairs of the table's rows, without those that are undefined."""
        places = [self.place(self.table.scores[one], self.table.scores[other]) for one, other in rows]
        labels = [f"{self.table.raters[one]} and {self.table.raters[other]}" for one, other in rows]
        return Group(
            names=tuple(f"{prefix}{measure}" for measure in self.measures),
            of=lambda measured: mean_of_defined(measured[places]),
            items=(self.items(places),) * len(self.measures),
            whys=tuple(
                why_of_mean([self[place].whys[number] for place in places], labels, "pairs")
                for number in range(len(self.measures))
            ),
        )

    def statistic(self, groups: Sequence[Group]) -> Statistic:
        """All figures of the groups; of no pair, they are NaN."""
        empty = np.full((0, 1, len(self.measures)), np.nan)

        def of(often: Array) -> Array:
            each = [one.of(often) for one in self._statistics]
            measured = np.stack(each) if each else empty.repeat(len(often), axis=1)
            return np.hstack([group.of(measured) for group in groups])

        names = tuple(name for group in groups for name in group.names)
        items = tuple(items for group in groups for items in group.items)
        return Statistic(names, of, items, tuple(why for group in groups for why in group.whys))


def mean_of_defined(parts: Array) -> Array:
    """Mean over the first axis, without what is NaN; NaN where all are."""
    return np.asarray(quotient(np.nansum(parts, axis=0), (~np.isnan(parts)).sum(axis=0)))


def why_of_mean(whys: Sequence[str], labels: Sequence[str], kind: str) -> str:
    """What is left out of a mean over parts, of which some are undefined.

    Args:
        whys: Why each part is; empty if it is not.
        labels: What each part is about.
        kind: What the parts are, in the plural.
    """
    if not whys:
        return "fewer than two raters"
    undefined = [place for place, why in enumerate(whys) if why]
    if not undefined:
        return ""
    first = undefined[0]
    about = f"{labels[first]}: " if labels[first] else ""
    return f"{len(undefined)} of {len(whys)} {kind} left out: {about}{whys[first]}"


# --- the human ceiling ------------------------------------------------------------------------------------------------
SIDES = "ceiling", "matched", "gap"
"""Raters with each other, the judge in each one's place, and the judge less the raters."""


@dataclass(frozen=True)
class Ceiling:
    """Agreement of raters with each other, and of a judge in their places."""

    human: Coefficient
    """Mean over raters of their mean agreement with the others."""
    judge: Coefficient
    """The same with the judge in each rater's place."""
    difference: Coefficient
    """Judge less human: above 0 if the judge agrees with raters better than they do with each other."""
    raters: Mapping[Any, tuple[float, float]]
    """Of each rater who was left out: agreement of the rater and of the judge with the others."""


def human_ceiling(
    humans: Ratings, judge: Mapping[Any, Any], measure: Measure = "kappa", *, categories: Iterable[Any] | None = None
) -> Ceiling:
    """Agreement of each rater with each of the others, and of the judge with them on the same items.

    Args:
        humans: {rater: {item: value}}.
        judge: {item: value}.
        measure: One of `clinical_r1.stats.agreement.MEASURES`.
        categories: Gives labels an order: from the lowest to the highest.

    Returns:
        Means over raters. Pairs for which the measure is undefined for the rater or for the judge are left out of both,
        and `why` says so; NaN if all are.

    Raises:
        ValueError: If the measure is unknown, or labels have no order where it needs one.

    Examples:
        >>> humans = {"h1": {1: 0, 2: 1, 3: 1, 4: 0}, "h2": {1: 0, 2: 1, 3: 0, 4: 0}, "h3": {1: 0, 2: 1, 3: 1}}
        >>> found = human_ceiling(humans, {1: 0, 2: 1, 3: 1, 4: 1}, "exact")
        >>> f"{found.human:.3f} among raters, {found.judge:.3f} with the judge in their places"
        '0.806 among raters, 0.819 with the judge in their places'
    """
    table = read_table({**humans, JUDGE: judge}, categories, ordered=needs_order((measure,)))
    pairs = Pairs(table, (measure,))
    in_places = InPlaces.of(pairs)
    human, machine, difference = pairs.statistic([in_places.group()]).values
    return Ceiling(human, machine, difference, dict(zip(humans, in_places.by_rater(), strict=True)))


@dataclass(frozen=True)
class InPlaces:
    """Each rater with the others, and the judge in the rater's place; the judge is the table's last row."""

    pairs: Pairs
    compared: tuple[tuple[tuple[int, int], ...], ...]
    """Of each rater, for each of the others: the number of the rater's pair and of the judge's."""

    @classmethod
    def of(cls, pairs: Pairs) -> "InPlaces":
        """Pair everyone up."""
        *humans, judge = pairs.table.scores

        def compared(left_out: int, other: int) -> tuple[int, int]:
            own = np.where(np.isnan(judge), np.nan, humans[left_out])
            instead = np.where(np.isnan(humans[left_out]), np.nan, judge)
            return pairs.place(own, humans[other]), pairs.place(instead, humans[other])

        rows = range(len(humans))
        return cls(pairs, tuple(tuple(compared(one, other) for other in rows if other != one) for one in rows))

    def group(self) -> Group:
        """The figures `ceiling`, `matched` and `gap` of each measure, named ceiling.exact and so on."""
        every = [both for rater in self.compared for both in rater]
        items = self.pairs.items([own for own, _ in every])
        whys = [self._why(every, place) for place in range(len(self.pairs.measures))]
        names = tuple(f"{side}.{measure}" for side in SIDES for measure in self.pairs.measures)
        return Group(names, self._figures, (items,) * len(names), tuple(whys * len(SIDES)))

    def by_rater(self) -> list[tuple[float, float]]:
        """Of each rater left out, the rater's own figure of the first measure and the judge's."""
        each = [self.pairs[place].values for place in range(len(self.pairs))]
        measured = np.array(each, dtype=float).reshape(len(each), 1, len(self.pairs.measures))
        return [
            (float(human[0, 0]), float(judge[0, 0]))
            for human, judge in map(partial(_in_place, measured), self.compared)
        ]

    def _figures(self, measured: Array) -> Array:
        sides = np.array([_in_place(measured, rater) for rater in self.compared])
        human, judge = mean_of_defined(sides.reshape(len(self.compared), 2, *measured.shape[1:]))
        return np.hstack([human, judge, judge - human])

    def _why(self, every: Sequence[tuple[int, int]], place: int) -> str:
        whys = [self.pairs[own].whys[place] or self.pairs[judge].whys[place] for own, judge in every]
        return why_of_mean(whys, [""] * len(whys), "comparisons")


def _in_place(measured: Array, compared: Sequence[tuple[int, int]]) -> Array:
    """Means over the others of a rater and of the judge, shape (2, resamples, measures)."""
    both = measured[np.array(compared, dtype=int).reshape(-1, 2)]
    return mean_of_defined(np.where(np.isnan(both).any(axis=1, keepdims=True), np.nan, both))
