"""How far two raters' numbers lie apart: Bland and Altman's bias and limits of agreement."""

from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from scipy.special import stdtrit

from clinical_r1.stats.agreement_table import Array, Ratings, Statistic, paired_scores, read_table
from clinical_r1.stats.contrast import quotient
from clinical_r1.stats.intervals import ALPHA, Interval

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
        a: {item: number}, of which the items common to both are taken, or a sequence of numbers.
        b: The other one, of the same kind; None and NaN are missing.

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
    means = mean_scores(table.scores)
    return {item: float(mean) for item, mean in zip(table.items, means, strict=True) if not np.isnan(mean)}


def mean_scores(scores: Array) -> Array:
    """Mean over raters of each item, shape (raters, items) to (items,); NaN where there is none."""
    return np.asarray(quotient(np.nansum(scores, axis=0), (~np.isnan(scores)).sum(axis=0)))


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
