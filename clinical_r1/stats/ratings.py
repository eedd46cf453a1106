"""Ratings as a table with gaps, coefficients that say why they are undefined, and items drawn again.

A statistic here is a function of how often each item counts: once in a sample, several times or never in a resample,
all but one in the jackknife. One definition so serves the figure and its interval.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan, nan
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.estimates import positive
from clinical_r1.stats.resampling import resampled_counts, rows_at_once

# --- the table --------------------------------------------------------------------------------------------------------
Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ratings = Mapping[Any, Mapping[Any, Any]]
"""{rater: {item: value}}. An item that a rater lacks, None and NaN are missing ratings."""


class _Judge:
    def __repr__(self) -> str:
        return "the judge"


JUDGE = _Judge()
"""The judge's name in a table: no rater has it."""


class Coefficient(float):
    """A number that can say why it is none."""

    why: str
    """Why it is NaN, or what was left out of it; empty where there is nothing to say."""

    def __new__(cls, value: float, why: str = "") -> "Coefficient":
        """Make one; `why` goes with the value."""
        made = super().__new__(cls, value)
        made.why = why
        return made


@dataclass(frozen=True)
class Statistic:
    """Figures that are computed together."""

    names: tuple[str, ...]
    of: Callable[[Array], Array]
    """From how often each item counts, shape (resamples, items), to shape (resamples, names)."""
    items: tuple[Flags, ...]
    """The items that each rests on, shape (items,)."""
    whys: tuple[str, ...]
    """Of each figure of the whole sample, as in `Coefficient.why`."""

    @property
    def values(self) -> tuple[Coefficient, ...]:
        """The figures of the whole sample."""
        found = self.of(np.ones((1, len(self.items[0]))))[0]
        return tuple(Coefficient(value, why) for value, why in zip(found, self.whys, strict=True))


def single(name: str, of: Callable[[Array], Array], items: Flags, why: str) -> Statistic:
    """A statistic of one figure, of shape (resamples,); `why` says why it is NaN, if it is."""
    undefined = bool(np.isnan(of(np.ones((1, len(items))))[0]))
    return Statistic((name,), lambda often: of(often)[:, None], (items,), (why if undefined else "",))


@dataclass(frozen=True)
class Table:
    """Ratings of items as numbers."""

    raters: tuple[Any, ...]
    items: tuple[Any, ...]
    """In the order in which they first appear."""
    scores: Array
    """Shape (raters, items); NaN is missing. Labels are their places among the categories, from 0."""
    categories: Array
    """The distinct values in ascending order, those nobody used included where they were given."""
    labels: tuple[Any, ...]
    """How each category is written."""

    @property
    def rated(self) -> NDArray[np.int_]:
        """Ratings of each item."""
        return np.asarray((~np.isnan(self.scores)).sum(axis=0))

    def counts(self) -> Array:
        """Ratings of each item in each category, shape (items, categories)."""
        found = np.zeros((len(self.items), len(self.categories)))
        for row in self.scores:
            there = np.flatnonzero(~np.isnan(row))
            found[there, np.searchsorted(self.categories, row[there])] += 1
        return found

    def only(self, items: Flags) -> "Table":
        """The table of some of the items."""
        kept = tuple(item for item, there in zip(self.items, items, strict=True) if there)
        return replace(self, items=kept, scores=self.scores[:, items])

    def label(self, score: float) -> str:
        """How a score was written."""
        return str(self.labels[int(np.searchsorted(self.categories, score))])


def read_table(ratings: Ratings, categories: Iterable[Any] | None = None, *, ordered: bool = False) -> Table:
    """Put ratings, numbers or labels, into a table.

    Args:
        ratings: {rater: {item: value}}.
        categories: All values there can be; labels from the lowest to the highest. By default those that occur.
        ordered: Whether values must have an order, which labels have only if `categories` gives it.

    Raises:
        ValueError: If a value is infinite or not among the categories, or if labels have no order where one is needed.
    """
    given = None if categories is None else list(categories)
    found = {(rater, item): value for rater, row in ratings.items() for item, value in row.items() if is_there(value)}
    items = tuple(dict.fromkeys(item for row in ratings.values() for item in row))
    numeric = all(isinstance(value, Real | np.bool_) for value in (*found.values(), *(given or ())))
    if given is None:
        given = sorted(set(found.values()), key=float if numeric else lambda label: (type(label).__name__, str(label)))
        if ordered and not numeric:
            raise ValueError("values are labels without an order: give categories= from the lowest to the highest")
    elif numeric:
        given = sorted(given, key=float)
    places = _places(given, numeric)
    scores = np.full((len(ratings), len(items)), nan)
    rows, columns = ({name: place for place, name in enumerate(names)} for names in (ratings, items))
    for (rater, item), value in found.items():
        if value not in places:
            raise ValueError(f"rater {rater}, item {item}: {value} is none of the categories {_listed(given)}")
        scores[rows[rater], columns[item]] = places[value]
    return Table(tuple(ratings), items, scores, np.array(list(places.values()), dtype=float), tuple(given))


def paired_scores(a: Any, b: Any, categories: Iterable[Any] | None = None, *, ordered: bool = False) -> Table:
    """`read_table` of two raters, both given as {item: value} or both as sequences of one length."""
    if isinstance(a, Mapping) != isinstance(b, Mapping):
        raise ValueError("a and b must both be {item: value} or both sequences")
    if not isinstance(a, Mapping):
        if len(a) != len(b):
            raise ValueError(f"a and b must be of one length: {len(a)}, {len(b)}")
        a, b = (dict(enumerate(side.tolist() if hasattr(side, "tolist") else side)) for side in (a, b))
    return read_table({"a": a, "b": b}, categories, ordered=ordered)


def of_items(side: Mapping[Any, Any] | None, items: Iterable[Any], name: str) -> list[Any] | None:
    """What a mapping has for each item, None without a mapping; a ValueError where an item has no such `name`."""
    if side is None:
        return None
    items = list(items)
    for item in items:
        if item not in side:
            raise ValueError(f"item {item} has no {name}")
    return [side[item] for item in items]


def one_of(name: str, value: Any, *allowed: Any) -> None:
    """Raise a ValueError unless the argument is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: allowed are {', '.join(map(str, allowed))}")


def is_there(value: Any) -> bool:
    """Whether a rating was given: None and NaN are none."""
    return value is not None and not (isinstance(value, Real) and isnan(value))


def _places(given: list[Any], numeric: bool) -> dict[Hashable, float]:
    places = {value: float(value) if numeric else float(place) for place, value in enumerate(given)}
    if len(places) != len(given):
        raise ValueError(f"categories must differ: {_listed(given)}")
    if not all(map(isfinite, places.values())):
        raise ValueError(f"values must be finite: {_listed(given)}")
    return places


def _listed(values: Sequence[Any], most: int = 10) -> str:
    return ", ".join(map(str, values[:most])) + (", ..." if len(values) > most else "")


# --- resampled items --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ItemSample:
    """Items in clusters, with weights."""

    places: NDArray[np.intp]
    """The cluster of each item, from 0."""
    weights: Array
    """Of each item; 1 on average."""
    clusters: int
    """Number of clusters."""

    @classmethod
    def of(
        cls, items: Sequence[Any], clusters: Mapping[Any, Any] | None, weights: Mapping[Any, float] | None
    ) -> "ItemSample":
        """Look up clusters and weights: by default a cluster per item, and equal weights; a ValueError if one lacks."""
        labels = of_items(clusters, items, "cluster") or items
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        places = np.array([numbers[label] for label in labels], dtype=np.intp)
        weight = positive("item_weights", of_items(weights, items, "weight"), np.ones(len(items)), "item")
        return cls(places, weight / weight.mean() if len(items) else weight, len(numbers))

    def clusters_of(self, items: Flags) -> int:
        """Clusters that some of the items are in."""
        return len(np.unique(self.places[items]))

    def whole(self, statistics: Sequence[Statistic]) -> Array:
        """All figures of the whole sample, shape (figures,)."""
        found: Array = self._computed(statistics, np.ones((1, self.clusters)))[0]
        return found

    def bootstrap(self, statistics: Sequence[Statistic], resamples: int, seed: int) -> Array:
        """All figures of resamples of the clusters, shape (resamples, figures)."""
        if self.clusters < 2:
            return self._computed(statistics, np.ones((resamples, self.clusters)))
        chunks = resampled_counts(self.clusters, resamples, np.random.default_rng(seed))
        return np.concatenate([self._computed(statistics, chunk) for chunk in chunks])

    def jackknife(self, statistics: Sequence[Statistic]) -> Array:
        """All figures without each cluster, shape (clusters, figures)."""
        parts, first = [self._computed(statistics, np.ones((0, self.clusters)))], 0
        for rows in rows_at_once(max(self.clusters, 1), self.clusters):
            parts.append(self._computed(statistics, 1 - np.eye(rows, self.clusters, first)))
            first += rows
        return np.concatenate(parts)

    def _computed(self, statistics: Sequence[Statistic], often: Array) -> Array:
        """From how often each cluster counts, shape (resamples, clusters), to shape (resamples, figures)."""
        if self.clusters < len(self.places) or (self.weights != 1).any():
            often = often[:, self.places] * self.weights
        items = np.asfortranarray(often)  # pairs of raters add up whole columns
        return np.hstack([one.of(items) for one in statistics])
