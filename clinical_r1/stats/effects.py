"""Effect sizes of binary outcomes. That of paired numbers is `PairedResult.effect_size`."""

from math import asin, sqrt


def cohens_h(share_a: float, share_b: float) -> float:
    """Difference of two shares on the arcsine scale, where 0.2 is small, 0.5 medium and 0.8 large (Cohen 1988, ch. 6).

    Unlike the plain difference it says the same at every level: .50 to .60 is 0.20, and so is .91 to .96.

    Args:
        share_a: In [0, 1].
        share_b: In [0, 1].

    Returns:
        2 asin(sqrt(b)) - 2 asin(sqrt(a)), in [-pi, pi].

    Raises:
        ValueError: If a share is out of range.

    Examples:
        >>> round(cohens_h(0.5, 0.6), 3)
        0.201
    """
    for share in (share_a, share_b):
        if not 0 <= share <= 1:
            raise ValueError(f"{share} is no share: allowed is 0 to 1")
    return 2 * asin(sqrt(share_b)) - 2 * asin(sqrt(share_a))
