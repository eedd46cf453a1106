"""Many tests at once: p-values adjusted over a family, and one difference over several benchmarks.

An adjusted p-value at most alpha is rejected at alpha. A test that was not made (NaN) stays NaN and is not counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr, ndtri

from clinical_r1.stats.estimates import ALPHA, Array


# --- adjusted p-values ------------------------------------------------------------------------------------------------
def holm(p_values: ArrayLike) -> Array:
    """Adjusted p-values of Holm's step-down procedure (Holm 1979, www.jstor.org/stable/4615733).

    Controls the chance of even one false rejection, whatever the dependence of the tests.

    Args:
        p_values: Each in [0, 1] or NaN, shape (tests,).

    Returns:
        Adjusted p-values in the same order.

    Raises:
        ValueError: If a p-value is out of range.

    Examples:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    return _adjusted(p_values, lambda p: np.maximum.accumulate((len(p) - np.arange(len(p))) * p))


def bonferroni(p_values: ArrayLike) -> Array:
    """Adjusted p-values where each test has an even share of alpha. Arguments, result and errors are those of `holm`.

    Examples:
        >>> bonferroni([0.01, 0.04, 0.5]).tolist()
        [0.03, 0.12, 1.0]
    """
    return _adjusted(p_values, lambda p: len(p) * p)


def benjamini_yekutieli(p_values: ArrayLike) -> Array:
    """Adjusted p-values of the step-up procedure of Benjamini & Yekutieli (2001, doi:10.1214/aos/1013699998).

    Controls the expected share of false rejections among all, whatever the dependence of the tests. Arguments, result
    and errors are those of `holm`.

    Examples:
        >>> benjamini_yekutieli([0.01, 0.04, 0.03]).round(4).tolist()
        [0.055, 0.0733, 0.0733]
    """

    def step_up(p: Array) -> Array:
        ranks = np.arange(1, len(p) + 1)
        factor = len(p) * (1 / ranks).sum()
        raised: Array = np.minimum.accumulate((factor / ranks * p)[::-1])[::-1]
        return raised

    return _adjusted(p_values, step_up)


def _adjusted(p_values: ArrayLike, adjust: Callable[[Array], Array]) -> Array:
    """Apply `adjust` to the sorted p-values that are numbers."""
    given = np.asarray(p_values, dtype=float)
    if given.ndim != 1 or (given < 0).any() or (given > 1).any():
        raise ValueError("allowed is a row of p-values from 0 to 1, or NaN")
    adjusted = np.full(len(given), np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    adjusted[order] = np.minimum(adjust(given[order]), 1)
    return adjusted


# --- one difference over benchmarks -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Combined:
    """A mean difference over benchmarks."""

    value: float
    """Equal-weight mean of the differences."""
    low: float
    high: float
    """Ends of the 95 % interval."""
    p_value: float
    """Of a mean difference of zero, two-sided."""
    heterogeneity: float
    """Cochran's Q: squared distances from the precision-weighted mean in standard errors, summed; NaN for one part."""
    heterogeneity_p: float
    """Of equal true differences, from the chi-square distribution with parts - 1 degrees of freedom."""
    method: str
    """How interval and p-value were made."""
    standard_error: float
    """Of the mean."""
    parts: int
    """Benchmarks with a difference and a standard error."""
    left_out: int
    """Benchmarks without."""


def combine(differences: ArrayLike, standard_errors: ArrayLike) -> Combined:
    """Combine differences measured on separate benchmarks.

    Every benchmark counts the same, however many questions it has. Their questions are independent, so the variance of
    the mean is the sum of squared standard errors over the squared number of benchmarks. Benchmarks with heterogeneity
    (Cochran 1954, doi:10.2307/3001666) have no common difference.

    Args:
        differences: One per benchmark; NaN is left out and counted.
        standard_errors: Theirs, not negative; NaN is left out and counted.

    Returns:
        The mean; NaN where there is no part.

    Raises:
        ValueError: If lengths differ or a standard error is negative.

    Examples:
        >>> found = combine([0.02, 0.04, 0.03], [0.01, 0.01, 0.02])
        >>> f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}], Q = {found.heterogeneity:.2f}"
        '0.030 [0.014, 0.046], Q = 2.00'
    """
    values, errors = np.asarray(differences, dtype=float), np.asarray(standard_errors, dtype=float)
    if values.ndim != 1 or values.shape != errors.shape:
        raise ValueError(f"there must be one standard error per difference: {values.shape}, {errors.shape}")
    if (errors < 0).any():
        raise ValueError("allowed are standard errors from 0")
    known = ~(np.isnan(values) | np.isnan(errors))
    values, errors = values[known], errors[known]
    parts, left_out = len(values), int((~known).sum())
    if not parts:
        return Combined(nan, nan, nan, nan, nan, nan, "no benchmark to combine", nan, 0, left_out)
    value, error = float(values.mean()), sqrt(float((errors**2).sum())) / parts
    half = float(ndtri(1 - ALPHA / 2)) * error
    heterogeneity = nan
    if parts > 1 and (errors > 0).all():  # else there is nothing to compare, or to weigh by
        weights = 1 / errors**2
        heterogeneity = float((weights * (values - (weights * values).sum() / weights.sum()) ** 2).sum())
    return Combined(
        value=value,
        low=value - half,
        high=value + half,
        p_value=float(2 * ndtr(-abs(value) / error)) if error > 0 else nan,
        heterogeneity=heterogeneity,
        heterogeneity_p=float(chdtrc(parts - 1, heterogeneity)) if parts > 1 else nan,
        method=f"equal-weight mean of {parts} benchmarks, normal interval and test",
        standard_error=error,
        parts=parts,
        left_out=left_out,
    )
