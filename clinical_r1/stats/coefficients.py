"""Coefficients of agreement: Krippendorff's alpha, Gwet's AC1 and AC2, the intraclass correlation ICC(A,1), and of two
raters' numbers Bland and Altman's bias and limits of agreement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import stdtrit

from clinical_r1.stats.estimates import ALPHA, Interval, mean_of_defined, quotient
from clinical_r1.stats.ratings import (
    Array,
    Coefficient,
    Ratings,
    Statistic,
    Table,
    one_of,
    paired_scores,
    read_table,
    single,
)

# --- categories and scales: alpha, AC1, AC2 ---------------------------------------------------------------------------
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic", "ordinal"]
_UNPAIRED = "no item has two ratings"


def krippendorff_alpha(ratings: Ratings, level: Level, *, categories: Iterable[Any] | None = None) -> Coefficient:
    """Krippendorff's alpha: 1 less observed over expected disagreement (Krippendorff 2011).

    Items with a single rating say nothing and are left out. Differences are 0 or 1 (nominal), ranks (ordinal),
    v - w (interval) or (v - w) / (v + w) (ratio), squared.

    Args:
        ratings: {rater: {item: value}}; what a rater lacks, None and NaN are missing.
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
    one_of("level", level, *get_args(Level))
    table = read_table(ratings, categories, ordered=level != "nominal")
    return alpha(table, level).values[0]


def gwet_ac(ratings: Ratings, weights: Weights | None = None, categories: Iterable[Any] | None = None) -> Coefficient:
    """Gwet's AC1, or AC2 with weights (Gwet 2008, doi:10.1348/000711006X126600; 2014, chapter 4 and 5).

    Unlike kappa and alpha it stays high where nearly all items are of one kind and raters agree on them. Items with a
    single rating count towards the prevalence of categories, not towards agreement.

    Args:
        ratings: As for `krippendorff_alpha`.
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
    one_of("weights", weights, None, *get_args(Weights))
    return ac(read_table(ratings, categories, ordered=weights is not None), weights).values[0]


# --- Krippendorff's alpha ---------------------------------------------------------------------------------------------
def alpha(table: Table, level: Level, name: str = "alpha") -> Statistic:
    """Krippendorff's alpha as a statistic; a ValueError for values below 0 at the ratio level."""
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


# --- numbers: ICC(A,1) ------------------------------------------------------------------------------------------------
Missing = Literal["complete", "all"]


def icc_a1(ratings: Ratings, *, missing: Missing = "complete") -> Coefficient:
    """ICC(A,1): two-way, absolute agreement, single rating (McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30).

    The share that differences between items have in the variance of a rating, beside those between raters and error.
    With missing ratings the components are estimated by Henderson's third method (Searle, Casella & McCulloch 1992,
    section 5.5), which for complete ratings are the mean squares of the analysis of variance.

    Args:
        ratings: As for `krippendorff_alpha`, of numbers.
        missing: "complete" takes the items that all raters rated; "all" takes all ratings, for designs in which every
            item goes to some of the raters only.

    Returns:
        At most 1; below 0 where raters differ within items more than items do. NaN, with `why`, with fewer than two
        raters or items, or where nothing varies.

    Raises:
        ValueError: If a value is not a number.

    Examples:
        >>> round(icc_a1({"h1": {"i1": 1, "i2": 2, "i3": 4}, "h2": {"i1": 2, "i2": 3, "i3": 5}}), 3)
        0.824
    """
    one_of("missing", missing, *get_args(Missing))
    return icc(read_table(ratings, ordered=True), missing).values[0]


def icc(table: Table, missing: Missing = "complete", name: str = "icc_a1") -> Statistic:
    """ICC(A,1) as a statistic."""
    rated = table.rated
    used = (rated == len(table.raters)) & (rated >= 2) if missing == "complete" else rated >= 1
    there = (~np.isnan(table.scores) & used).T.astype(float)
    first = table.categories[0] if len(table.categories) else 0.0  # what is alike is then exactly 0
    scores = np.where(there > 0, np.nan_to_num(table.scores.T) - first, 0)
    raters = len(table.raters)
    number = np.maximum(there.sum(axis=1, keepdims=True), 1)
    residuals = there * (scores - scores.sum(axis=1, keepdims=True) / number)
    overlaps = there[:, :, None] * np.eye(raters) - there[:, :, None] * there[:, None, :] / number[:, :, None]
    parts = [there, scores, residuals, overlaps.reshape(len(there), raters**2), (scores**2).sum(axis=1, keepdims=True)]
    columns = np.hstack([*parts, (residuals**2).sum(axis=1, keepdims=True), used[:, None]])
    ends = np.cumsum([raters, raters, raters, raters**2, 1, 1])

    def of(often: Array) -> Array:
        given, sums, left, overlap, squares, within, items = np.split(often @ columns, ends, axis=1)
        return _share_of_items(given, sums, left, overlap.reshape(len(often), raters, raters), squares, within, items)

    if raters < 2:
        why = "fewer than two raters"
    elif used.sum() < 2:
        why = "fewer than two items that all raters rated" if missing == "complete" else "fewer than two items"
    else:
        why = "ratings do not vary, or too few items have two of them"
    return single(name, of, used, why)


def _share_of_items(
    given: Array, sums: Array, left: Array, overlap: Array, squares: Array, within: Array, items: Array
) -> Array:
    """Variance between items over the whole, by Henderson's third method.

    `given`, `sums` and `left` (numbers, sums and sums of residuals within items) have shape (resamples, raters),
    `overlap` (normal equations) (resamples, raters, raters), sums of squares and numbers of items (resamples, 1).
    """
    n, k = given.sum(axis=1), items[:, 0]
    values, vectors = np.linalg.eigh(overlap)
    kept = values > 1e-9 * np.maximum(values[:, -1:], 1)
    projected = (left[:, None, :] @ vectors)[:, 0, :]
    of_raters = quotient(projected**2, np.where(kept, values, 0))
    between_raters = np.where(kept, of_raters, 0).sum(axis=1)
    rank, present = kept.sum(axis=1), (given > 0).sum(axis=1)
    rest = np.maximum(within[:, 0] - between_raters, 0)
    between_items = squares[:, 0] - np.nan_to_num(quotient(sums**2, given)).sum(axis=1) - rest
    error = quotient(rest, np.maximum(n - k - rank, 0))
    item = quotient(between_items - (k + rank - present) * error, n - present)
    rater = quotient(between_raters - rank * error, n - k)
    total = item + rater + error
    varies = total > 1e-12 * quotient(squares[:, 0], n)
    return np.asarray(quotient(item, np.where(varies, total, 0)))


# --- two raters' numbers: bias and limits of agreement ----------------------------------------------------------------
_Z = 1.96
_NOTHING = Interval(nan, nan)


@dataclass(frozen=True)
class BlandAltman:
    """Differences a - b between two raters' numbers."""

    n: int
    """Items that both have a number for."""
    bias: float
    """Mean difference: above 0 if a gives more."""
    sd: float
    """Standard deviation of the differences, with n - 1."""
    low: float
    """Lower limit of agreement, bias - 1.96 sd."""
    high: float
    """Upper limit of agreement, bias + 1.96 sd."""
    bias_interval: Interval
    """95 % interval of the bias (t)."""
    low_interval: Interval
    """95 % interval of the lower limit, by its approximate standard error."""
    high_interval: Interval
    """95 % interval of the upper limit."""
    why: str = ""
    """Why something is NaN; empty where nothing is."""


def bland_altman(a: Any, b: Any) -> BlandAltman:
    """Bias and 95 % limits of agreement of a - b (Bland & Altman 1999, doi:10.1177/096228029900800204).

    Args:
        a: {item: number}, of which the common items are taken, or a sequence of numbers; None and NaN are missing.
        b: The other one, of the same kind.

    Returns:
        The limits. The bias is NaN without a common item, all else with fewer than two.

    Raises:
        ValueError: If sequences differ in length or a value is not a number.

    Examples:
        >>> found = bland_altman([3, 4, 2, 5], [2, 4, 2, 3])
        >>> f"bias {found.bias} [{found.low:.2f}, {found.high:.2f}]"
        'bias 0.75 [-1.13, 2.63]'
    """
    one, other = paired_scores(a, b, ordered=True).scores
    apart = (one - other)[~np.isnan(one - other)]
    n = len(apart)
    if n < 2:
        why = "fewer than two items in common"
        return BlandAltman(n, float(apart.sum()) if n else nan, nan, nan, nan, _NOTHING, _NOTHING, _NOTHING, why)
    bias, sd = float(apart.mean()), float(apart.std(ddof=1))
    t = float(stdtrit(n - 1, 1 - ALPHA / 2))
    half, half_limit = t * sd / sqrt(n), t * sd * sqrt(1 / n + _Z**2 / (2 * (n - 1)))
    low, high = bias - _Z * sd, bias + _Z * sd
    return BlandAltman(n, bias, sd, low, high, _about(bias, half), _about(low, half_limit), _about(high, half_limit))


def _about(middle: float, half: float) -> Interval:
    return Interval(middle - half, middle + half)


def human_mean(ratings: Ratings) -> dict[Any, float]:
    """Mean of each item's ratings, over the raters who rated it.

    Args:
        ratings: {rater: {item: number}}; items that nobody rated are left out.

    Raises:
        ValueError: If a value is not a number.

    Examples:
        >>> human_mean({"h1": {"i1": 1, "i2": 2}, "h2": {"i1": 4, "i2": None}})
        {'i1': 2.5, 'i2': 2.0}
    """
    table = read_table(ratings, ordered=True)
    means = mean_of_defined(table.scores)
    return {item: float(mean) for item, mean in zip(table.items, means, strict=True) if not np.isnan(mean)}


def limits(first: Array, second: Array, prefix: str = "") -> Statistic:
    """Bias and limits of agreement of two rows of scores as statistics."""
    there = ~np.isnan(first - second)
    apart = np.where(there, np.nan_to_num(first) - np.nan_to_num(second), 0)
    columns = np.column_stack([there, apart, apart**2])

    def of(often: Array) -> Array:
        n, total, squares = (often @ columns).T
        bias = quotient(total, n)
        sd = np.sqrt(np.maximum(quotient(squares - total * bias, n - 1), 0))
        return np.column_stack([bias, bias - _Z * sd, bias + _Z * sd])

    names = tuple(f"{prefix}{name}" for name in ("bias", "limit_low", "limit_high"))
    whys = tuple("" if there.sum() >= least else "fewer than two items in common" for least in (1, 2, 2))
    return Statistic(names, of, (there,) * len(names), whys)
