"""What a comparison can see: the smallest difference it detects, and the questions it takes to detect one.

Both are for a two-sided test of a difference that is nearly normal, which means over hundreds of questions are; the
chance of a significant difference in the wrong direction is neglected.
"""

from math import ceil

from scipy.special import ndtri

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


def sample_size(effect: float, *, spread: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Questions it takes for a minimum detectable effect of this size: ((z(1 - alpha/2) + z(power)) SD / effect)^2.

    Args:
        effect: The true difference that is to be found, not 0.
        spread: Standard deviation of the questions' differences, which more epochs a question make smaller.
        alpha: Level of the two-sided test, in (0, 1).
        power: From 0.5 to less than 1.

    Returns:
        Questions, at least 2.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> sample_size(0.02, spread=0.5)
        4906
    """
    if not abs(effect) > 0:
        raise ValueError(f"effect={effect}: allowed is any number but 0")
    if not spread >= 0:
        raise ValueError(f"spread={spread}: allowed is a number from 0")
    return max(2, ceil((_quantiles(alpha, power) * spread / effect) ** 2))


def _quantiles(alpha: float, power: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha}: allowed is more than 0 and less than 1")
    if not 0.5 <= power < 1:
        raise ValueError(f"power={power}: allowed is 0.5 to less than 1")
    return float(ndtri(1 - alpha / 2) + ndtri(power))
