"""How wide the interval of a corrected figure will be, before anybody labels anything.

With n of N judged items labelled, human values of variance s2 and correlation r between human and judge, the variance
of the PPI++ estimate at the best lambda is s2 ((1 - r2) / n + r2 / N): labels explain what the judge cannot, and the
whole pool the rest. For 0 or 1 both follow from prevalence, sensitivity and specificity.
"""

from math import sqrt
from typing import NamedTuple, NotRequired, TypedDict, Unpack

from scipy.special import stdtrit

from clinical_r1.stats.intervals import ALPHA


class Expected(NamedTuple):
    """Of human and judge values."""

    spread: float
    """Standard deviation of human values."""
    correlation: float
    """Between human and judge values; 0 for a constant judge."""


class Assumed(TypedDict):
    """Keywords of `expected_width`."""

    prevalence: float
    sensitivity: float
    specificity: float
    similarity: NotRequired[float | None]
    design_effect: NotRequired[float]
    alpha: NotRequired[float]


class Width(NamedTuple):
    """Expected widths of intervals, from end to end."""

    width: float
    """Corrected."""
    labels_only: float
    """From labels alone."""
    correlation: float
    """Between human and judge values."""


def expected_values(
    prevalence: float, sensitivity: float, specificity: float, *, similarity: float | None = None
) -> Expected:
    """Spread of human values and their correlation with the judge's.

    Args:
        prevalence: Share of items that raters will call positive, in (0, 1).
        sensitivity: Share of these that the judge calls positive, in [0, 1].
        specificity: Share of the others that it calls negative, in [0, 1].
        similarity: For a difference between two checkpoints over the same questions: the correlation between what
            raters say of both, from -1 to less than 1, the judge erring in each on its own. None for a single figure.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> spread, correlation = expected_values(0.3, 0.85, 0.9)
        >>> f"{spread:.2f} {correlation:.2f}"
        '0.46 0.73'
    """
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence={prevalence}: allowed is more than 0 and less than 1")
    for name, value in {"sensitivity": sensitivity, "specificity": specificity}.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name}={value}: allowed is 0 to 1")
    if similarity is not None and not -1 <= similarity < 1:
        raise ValueError(f"similarity={similarity}: allowed is -1 to less than 1")
    power, variance = sensitivity + specificity - 1, prevalence * (1 - prevalence)
    positive = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    of_judge = positive * (1 - positive)
    if similarity is not None:
        of_judge = 2 * (of_judge - power**2 * similarity * variance)
        variance *= 2 * (1 - similarity)
    return Expected(sqrt(variance), power * sqrt(variance / of_judge) if of_judge > 0 else 0.0)


def expected_width(
    labelled: int,
    judged: int,
    *,
    prevalence: float,
    sensitivity: float,
    specificity: float,
    similarity: float | None = None,
    design_effect: float = 1.0,
    alpha: float = ALPHA,
) -> Width:
    """Width of the interval of a share that a judge sees and raters correct.

    Args:
        labelled: Items that raters label, at least 3.
        judged: Items that the judge judges, those among them.
        prevalence: As for `expected_values`, as are the next three.
        sensitivity: Of the judge.
        specificity: Of the judge.
        similarity: For a difference between two checkpoints, in which case an item is a pair of responses.
        design_effect: Factor of the variance for several items a question, 1 + (m - 1) x their correlation for m of
            them, or for unequal chances of being drawn.
        alpha: One less the confidence, in (0, 1).

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> found = expected_width(200, 5000, prevalence=0.3, sensitivity=0.85, specificity=0.9)
        >>> f"{found.width:.3f}, without a judge {found.labels_only:.3f}"
        '0.089, without a judge 0.128'
    """
    if not 3 <= labelled <= judged:
        raise ValueError(f"labelled={labelled}: allowed is 3 to judged={judged}")
    if not design_effect > 0:
        raise ValueError(f"design_effect={design_effect}: allowed is a number above 0")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha}: allowed is more than 0 and less than 1")
    spread, correlation = expected_values(prevalence, sensitivity, specificity, similarity=similarity)
    square = max(correlation, 0.0) ** 2  # lambda is not negative
    scale = 2 * spread * sqrt(design_effect)
    return Width(
        float(stdtrit(labelled - 2, 1 - alpha / 2)) * scale * sqrt((1 - square) / labelled + square / judged),
        float(stdtrit(labelled - 1, 1 - alpha / 2)) * scale / sqrt(labelled),
        correlation,
    )


def labels_for_width(width: float, judged: int, **assumed: Unpack[Assumed]) -> int | None:
    """Fewest labelled items for which `expected_width` is at most `width`.

    Args:
        width: From end to end, more than 0.
        judged: Items that the judge judges.
        assumed: Further keywords of `expected_width`.

    Returns:
        The number, at least 3; None if all judged items are too few.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> labels_for_width(0.1, 5000, prevalence=0.3, sensitivity=0.85, specificity=0.9)
        157
    """
    if not width > 0:
        raise ValueError(f"width={width}: allowed is a number above 0")
    if expected_width(judged, judged, **assumed).width > width:
        return None
    low, high = 3, judged
    while low < high:
        middle = (low + high) // 2
        if expected_width(middle, judged, **assumed).width > width:
            low = middle + 1
        else:
            high = middle
    return low
