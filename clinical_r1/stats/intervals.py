"""Confidence intervals."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

ALPHA = 0.05
"""One less the confidence of intervals."""


_NOTHING_KNOWN = 1e100
"""A quantile whose square is no number any more."""


class Interval(NamedTuple):
    """Ends of a confidence interval."""

    low: float
    high: float


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953), without continuity correction.

    Args:
        successes: From 0 to `n`; with an effective sample size it need not be whole.
        n: Trials, or an effective sample size.
        confidence: Of the two-sided interval, in (0, 1).

    Returns:
        Ends in [0, 1], with the proportion between them; without a trial all of it.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> low, high = wilson(7, 30)
        >>> f"{low:.3f} to {high:.3f}"
        '0.118 to 0.409'
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}: allowed is more than 0 and less than 1")
    return score_interval(successes, n, NormalDist().inv_cdf((1 + confidence) / 2))


def score_interval(successes: float, n: float, z: float) -> Interval:
    """Wilson's interval with a quantile of one's own, such as one of t, in place of the normal one.

    Args:
        successes: From 0 to `n`.
        n: Trials, or an effective sample size.
        z: The quantile, above 0; where it is infinite, or there is no trial, nothing is known.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> score_interval(7, 30, 1e200)
        Interval(low=0.0, high=1.0)
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes={successes}: allowed is 0 to n={n}")
    if not z > 0:
        raise ValueError(f"z={z}: allowed is more than 0")
    if n == 0 or z > _NOTHING_KNOWN:
        return Interval(0.0, 1.0)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must leave neither an end outside [0, 1] nor the share outside the interval.
    return Interval(min(max(0.0, middle - half), share), max(min(1.0, middle + half), share))
