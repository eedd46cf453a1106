"""Agreement of any number of raters on categories or scales: Krippendorff's alpha, Gwet's AC1 and AC2."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

import numpy as np

from clinical_r1.stats.agreement_table import Array, Coefficient, Ratings, Statistic, Table, read_table, single
from clinical_r1.stats.contrast import quotient

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic", "ordinal"]
_UNPAIRED = "no item has two ratings"


def krippendorff_alpha(ratings: Ratings, level: Level, *, categories: Iterable[Any] | None = None) -> Coefficient:
    """Krippendorff's alpha: 1 less observed over expected disagreement (Krippendorff 2011).

    Items with a single rating say nothing and are left out. Differences are 0 or 1 (nominal), ranks (ordinal),
    v - w (interval) or (v - w) / (v + w) (ratio), squared.

    Args:
        ratings: {rater: {item: value}}; missing ratings are left out of the inner mapping, None or NaN.
        level: "nominal", "ordinal", "interval" or "ratio".
        categories: Gives labels an order: from the lowest to the highest.

    Returns:
        From about -1 to 1; 0 is what chance alone would give. NaN, with `why`, if no item has two ratings or if all
        ratings are in one category: no disagreement is then expected, and alpha is 0 / 0.

    Raises:
        ValueError: If the level is unknown or does not fit the values.

    Examples:
        >>> ratings = {"h1": {"i1": 1, "i2": 2, "i3": 3, "i4": 3}, "h2": {"i1": 1, "i2": 2, "i3": 3, "i4": 2}}
        >>> round(krippendorff_alpha(ratings, "nominal"), 3), round(krippendorff_alpha(ratings, "interval"), 3)
        (0.667, 0.821)
        >>> krippendorff_alpha({"h1": {"i1": 0, "i2": 0}, "h2": {"i1": 0, "i2": 0}}, "nominal").why
        'all ratings are 0: no disagreement is expected'
    """
    table = read_table(ratings, categories, ordered=checked_level(level) != "nominal")
    return alpha(table, level).values[0]


def gwet_ac(ratings: Ratings, weights: Weights | None = None, categories: Iterable[Any] | None = None) -> Coefficient:
    """Gwet's AC1, or AC2 with weights (Gwet 2008, doi:10.1348/000711006X126600; 2014, chapter 4 and 5).

    Unlike kappa and alpha it stays high where nearly all items are of one kind and raters agree on them. Items with a
    single rating count towards the prevalence of categories, not towards agreement.

    Args:
        ratings: {rater: {item: value}}; missing ratings are left out of the inner mapping, None or NaN.
        weights: None for AC1. AC2 gives part of the credit to values that are near each other: "linear" and
            "quadratic" by how far apart the values are, "ordinal" by how many categories lie between them.
        categories: All values there can be, labels from the lowest to the highest. By default those that occur, which
            makes the coefficient depend on whether somebody used the rarest one.

    Returns:
        At most 1, which it is where all ratings are in one category. NaN, with `why`, if no item has two ratings.

    Raises:
        ValueError: If weights are unknown, a value is not among the categories, or weighted labels have no order.

    Examples:
        >>> ratings = {"h1": {"i1": 1, "i2": 2, "i3": 3, "i4": 3}, "h2": {"i1": 1, "i2": 2, "i3": 3, "i4": 2}}
        >>> round(gwet_ac(ratings), 3), round(gwet_ac(ratings, "quadratic"), 3)
        (0.628, 0.818)
        >>> gwet_ac({"h1": {"i1": 0, "i2": 0}, "h2": {"i1": 0, "i2": 0}})
        1.0
    """
    if weights not in (None, *get_args(Weights)):
        raise ValueError(f"weights={weights!r}: allowed are None, {', '.join(get_args(Weights))}")
    return ac(read_table(ratings, categories, ordered=weights is not None), weights).values[0]


def checked_level(level: str) -> str:
    """The level, if it is one.

    Raises:
        ValueError: If it is not.
    """
    if level not in get_args(Level):
        raise ValueError(f"level={level!r}: allowed are {', '.join(get_args(Level))}")
    return level


# --- Krippendorff's alpha ---------------------------------------------------------------------------------------------
def alpha(table: Table, level: Level, name: str = "alpha") -> Statistic:
    """Krippendorff's alpha as a statistic.

    Raises:
        ValueError: If a value is below 0 at the ratio level.
    """
    values = table.categories
    if level == "ratio" and (values < 0).any():
        raise ValueError(f"level 'ratio': allowed are values of 0 or more, not {table.label(values[0])}")
    pairable = table.rated >= 2
    counts = table.counts() * pairable[:, None]
    others = np.maximum(table.rated - 1, 1)
    between = _differences(values, level)

    def fixed(often: Array) -> Array:
        seen = often @ counts
        observed = often @ (((counts @ between) * counts).sum(axis=1) / others)
        return _one_less(seen, observed, ((seen @ between) * seen).sum(axis=1))

    def ranked(often: Array) -> Array:
        seen = often @ counts
        ranks = seen.cumsum(axis=1) - seen / 2  # of the middle of each category, so they differ between resamples
        spread = (ranks**2 @ counts.T) * counts.sum(axis=1) - (ranks @ counts.T) ** 2
        observed = 2 * (often * spread / others).sum(axis=1)
        total = seen.sum(axis=1)
        return _one_less(seen, observed, 2 * (total * (seen * ranks**2).sum(axis=1) - (seen * ranks).sum(axis=1) ** 2))

    used = np.flatnonzero(counts.any(axis=0))
    why = f"all ratings are {table.labels[used[0]]}: no disagreement is expected" if len(used) else _UNPAIRED
    return single(name, ranked if level == "ordinal" else fixed, pairable, why)


def _differences(values: Array, level: Level) -> Array:
    """Squared differences between categories; those of ranks are made for each resample."""
    first, second = values[:, None], values[None, :]
    if level == "nominal":
        return np.asarray(first != second, dtype=float)
    sums = first + second if level == "ratio" else np.ones((1, 1))
    return np.divide(first - second, sums, out=np.zeros((len(values), len(values))), where=sums != 0) ** 2


def _one_less(seen: Array, observed: Array, expected: Array) -> Array:
    varied = (seen > 0).sum(axis=1) > 1
    disagreement: Array = quotient(observed * (seen.sum(axis=1) - 1), np.where(varied, expected, 0))
    return 1 - disagreement


# --- Gwet's AC --------------------------------------------------------------------------------------------------------
def ac(table: Table, weights: Weights | None, name: str = "ac1") -> Statistic:
    """Gwet's AC as a statistic. Its categories are those of the table, whichever a resample holds."""
    counts, rated = table.counts(), table.rated
    credit = _credit(table.categories, weights)
    q = len(table.categories)
    pairs = np.maximum(rated * (rated - 1), 1)
    agreed = (counts * (counts @ credit - 1)).sum(axis=1) / pairs  # 0 for a single rating
    shares = counts / np.maximum(rated, 1)[:, None]
    by_chance = credit.sum() / (q * (q - 1)) if q > 1 else 0.0

    def of(often: Array) -> Array:
        observed = quotient(often @ agreed, often @ (rated >= 2))
        prevalence = often @ shares / np.maximum(often @ (rated >= 1), 1e-300)[:, None]
        expected = by_chance * (prevalence * (1 - prevalence)).sum(axis=1)
        return np.asarray((observed - expected) / (1 - expected))

    return single(name, of, rated >= 1 if (rated >= 2).any() else rated >= 2, _UNPAIRED)


def _credit(values: Array, weights: Weights | None) -> Array:
    """1 for a value with itself, down to 0 for the two that are farthest from each other."""
    if weights is None or len(values) < 2:
        return np.eye(len(values))
    if weights == "ordinal":
        places = np.arange(len(values))
        apart = np.abs(places[:, None] - places)
        steps = apart * (apart + 1) / 2
        return np.asarray(1 - steps / steps.max())
    apart = np.abs(values[:, None] - values) / (values[-1] - values[0])
    return np.asarray(1 - (apart if weights == "linear" else apart**2))
