"""The human ceiling: how well raters agree with each other, on the items and raters that the judge is held against.

A judge cannot be asked to agree with clinicians better than they do with each other. Comparing its agreement with all
raters to the mean over pairs of raters would be unfair where ratings are missing or raters differ: the pairs are others
and the items are others. So each rater in turn is left out; the rater and the judge are both compared with each of the
rest, on the items that all three rated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from clinical_r1.stats.agreement_means import Group, Pairs, mean_of_defined, why_of_mean
from clinical_r1.stats.agreement_pairs import Measure, needs_order
from clinical_r1.stats.agreement_table import JUDGE, Array, Coefficient, Ratings, read_table

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
