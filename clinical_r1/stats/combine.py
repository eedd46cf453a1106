"""One figure over several benchmarks: the plain mean of their differences, and whether they agree."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, ndtri

from clinical_r1.stats.intervals import ALPHA


@dataclass(frozen=True)
class Combined:
    """A mean difference over benchmarks."""

    value: float
    """Equal-weight mean of the differences."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""
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

    Every benchmark counts the same, however many questions it has: the sentence is about the mean over these benchmarks
    and not about others. Their questions are independent, so the variance of the mean is the sum of the squared
    standard errors over the squared number of benchmarks. Look at the heterogeneity (Cochran 1954,
    doi:10.2307/3001666) before reading the mean: benchmarks that disagree have no common difference.

    Args:
        differences: One a benchmark; NaN is left out and counted.
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
        raise ValueError(f"there must be one standard error a difference: {values.shape}, {errors.shape}")
    if (errors < 0).any():
        raise ValueError("allowed are standard errors from 0")
    known = ~(np.isnan(values) | np.isnan(errors))
    values, errors = values[known], errors[known]
    parts, left_out = len(values), int((~known).sum())
    if not parts:
        return Combined(nan, nan, nan, nan, nan, nan, "no benchmark to combine", nan, 0, left_out)
    value, error = float(values.mean()), sqrt(float((errors**2).sum())) / parts
    half = float(ndtri(1 - ALPHA / 2)) * error
    heterogeneity = _cochran(values, errors)
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


def _cochran(values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Cochran's Q; NaN for one part, or where a part has no error to weigh it by."""
    if len(values) < 2 or not (errors > 0).all():
        return nan
    weights = 1 / errors**2
    middle = (weights * values).sum() / weights.sum()
    return float((weights * (values - middle) ** 2).sum())
