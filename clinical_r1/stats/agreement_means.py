"""Means of what is said of two, over pairs of raters: of raters with each other, or of a judge with each of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from clinical_r1.stats.agreement_pairs import MEASURES, Measure, needs_order, pair
from clinical_r1.stats.agreement_table import JUDGE, Array, Coefficient, Flags, Ratings, Statistic, Table, read_table
from clinical_r1.stats.contrast import quotient


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
