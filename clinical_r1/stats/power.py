"""What a comparison can see: the smallest difference it detects.

It is that of a two-sided test of a difference that is nearly normal, which means over hundreds of questions are; the
chance of a significant difference in the wrong direction is neglected.
"""

from math import inf, nan

from scipy.special import nctdtrinc, ndtri

from clinical_r1.stats.intervals import ALPHA

POWER = 0.8
"""Chance to detect a difference that is there, unless told otherwise."""


def minimum_detectable_effect(standard_error: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Smallest true difference that a test finds significant with the chance `power`: (z(1 - alpha/2) + z(power)) SE.

    Args:
        standard_error: Of the difference, in its unit; NaN gives NaN.
        alpha: Level of the two-sided test, in (0, 1).
        power: From 0.5 to less than 1.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> round(minimum_detectable_effect(0.01), 4)
        0.028
    """
    if standard_error < 0:
        raise ValueError(f"standard_error={standard_error}: allowed is a number from 0")
    return _quantiles(alpha, power) * standard_error


def detectable(half: float, standard_error: float, freedom: float = inf, *, power: float = POWER) -> float:
    """Smallest true difference of which an interval of this half width excludes 0 with the chance `power`.

    The noncentrality for which a noncentral t exceeds half / SE with this chance, times SE; for known standard errors
    that is half + z(power) SE.

    Args:
        half: Half the width of the interval, in the unit of the difference.
        standard_error: Of the difference; where it is not above 0 nothing can be said: NaN.
        freedom: Degrees of freedom of the standard error.
        power: From 0.5 to less than 1.

    Examples:
        >>> round(detectable(0.0196, 0.01), 4)
        0.028
    """
    if not standard_error > 0:
        return nan
    known = freedom > 1e6  # of which a noncentral t cannot be told from a normal distribution
    step = half / standard_error
    return standard_error * float(step + ndtri(power) if known else nctdtrinc(freedom, 1 - power, step))


def _quantiles(alpha: float, power: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha}: allowed is more than 0 and less than 1")
    if not 0.5 <= power < 1:
        raise ValueError(f"power={power}: allowed is 0.5 to less than 1")
    return float(ndtri(1 - alpha / 2) + ndtri(power))
