"""Confidence intervals."""

from math import copysign, inf, sqrt
from statistics import NormalDist
from typing import NamedTuple

from scipy.optimize import brentq

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


def score_difference(difference: float, opposed: float, n: float, z: float) -> Interval:
    """Score interval of a difference of paired shares (Tango 1998, Statistics in Medicine 17:891).

    It holds every true difference D for which (difference - D)^2 <= z^2 (Q - D^2) / n, with Q the most likely share of
    pairs that differ if D is true. So it stays in [-1, 1], and where no pair differs it is not empty: z^2 / (n + z^2)
    to either side.

    Args:
        difference: Share of pairs that only b has less the share that only a has, in [-1, 1].
        opposed: Share of pairs that differ, from the absolute difference to 1.
        n: Pairs, or an effective number of them, above 0.
        z: The quantile, above 0.

    Examples:
        >>> low, high = score_difference(-1 / 30, 1 / 30, 30, 1.959964)
        >>> f"{low:.3f} to {high:.3f}"
        '-0.167 to 0.084'
    """

    def excess(true: float) -> float:
        """How many standard errors the difference lies above the true one."""
        middle = opposed - (2 - difference) * true
        rest = 4 * (opposed - difference) * true * (1 - true)
        only_a = (middle + sqrt(max(middle**2 + rest, 0.0))) / 4
        variance = max(2 * only_a + true - true**2, 0.0) / n
        gap = difference - true
        return gap / sqrt(variance) if variance > 0 else copysign(inf, gap) if gap else 0.0

    def end(edge: float) -> float:
        sign = copysign(1.0, difference - edge)
        if abs(difference - edge) < 1e-12 or abs(excess(edge)) <= z:
            return edge
        return float(brentq(lambda true: max(min(sign * excess(true), 2 * z), -2 * z) - z, edge, difference))

    return Interval(end(-1.0), end(1.0))


def agreeing(interval: Interval, difference: float, *, rejected: bool) -> Interval:
    """An interval of a difference that holds 0 if and only if a test does not reject 0.

    What the test does not reject is added. Where it rejects 0, it rejects all that is further from the difference too,
    so that the interval ends just beside 0.

    Args:
        interval: Of the difference.
        difference: What was found.
        rejected: What the test says of 0.
    """
    low, high = interval
    if low != low:  # there is none
        return interval
    if not rejected:
        return Interval(min(low, 0.0), max(high, 0.0))
    edge = 1e-6 * difference
    return Interval(max(low, edge), high) if difference > 0 else Interval(low, min(high, edge))
