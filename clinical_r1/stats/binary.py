"""One binary value a question on both sides: McNemar's test and the odds ratio it is about."""

from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, chdtrc

from clinical_r1.stats.intervals import ALPHA, Interval


@dataclass(frozen=True)
class McNemarResult:
    """Two binary values a question."""

    only_a: int
    """Questions that a alone gets right."""
    only_b: int
    """Questions that b alone gets right."""
    p_value: float
    """Of equal chances, two-sided."""
    method: str
    odds_ratio: float
    """Questions that b alone gets right over those that a alone does; NaN if neither has any."""
    low: float
    """Lower end of its exact 95 % interval."""
    high: float
    """Upper end of its exact 95 % interval."""


def mcnemar(a: ArrayLike, b: ArrayLike, *, exact_below: int = 1000) -> McNemarResult:
    """Test whether two checkpoints are right equally often, from the questions that one of them alone gets right.

    Exact binomial test for fewer than `exact_below` such questions, else McNemar's chi-square with continuity
    correction (Edwards 1948). The interval of the odds ratio is that of Clopper & Pearson for b's share of them.

    Args:
        a: 0 or 1 a question, shape (questions,).
        b: 0 or 1 for the same questions, shape (questions,).
        exact_below: Discordant questions from which the approximation is used.

    Raises:
        ValueError: If shapes differ or a value is neither 0 nor 1.

    Examples:
        >>> mcnemar([1, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1]).p_value
        0.125
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"a and b must be of one length: {first.shape}, {second.shape}")
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError("allowed are 0 and 1, one a question")
    only_a, only_b = int((first > second).sum()), int((first < second).sum())
    discordant = only_a + only_b
    if discordant < exact_below:
        p_value = min(1.0, 2 * float(bdtr(min(only_a, only_b), discordant, 0.5)))
        method = "exact McNemar test"
    else:
        p_value = float(chdtrc(1, max(0, abs(only_a - only_b) - 1) ** 2 / discordant))
        method = "McNemar's chi-square, continuity-corrected"
    odds = only_b / only_a if only_a else inf if only_b else nan
    return McNemarResult(only_a, only_b, p_value, method, odds, *_odds_interval(only_a, only_b))


def _odds_interval(only_a: int, only_b: int) -> Interval:
    if not only_a + only_b:
        return Interval(nan, nan)
    low = float(betaincinv(only_b, only_a + 1, ALPHA / 2)) if only_b else 0.0
    high = float(betaincinv(only_b + 1, only_a, 1 - ALPHA / 2)) if only_a else 1.0
    return Interval(low / (1 - low), high / (1 - high) if high < 1 else inf)
