"""Many tests at once: p-values adjusted over a family.

An adjusted p-value at most alpha is what the procedure rejects at alpha. A test that could not be made (NaN) stays NaN
and does not count as one.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


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


def benjamini_yekutieli(p_values: ArrayLike) -> Array:
    """Adjusted p-values of the step-up procedure of Benjamini & Yekutieli (2001, doi:10.1214/aos/1013699998).

    Controls the expected share of false rejections among all, whatever the dependence of the tests.

    Args:
        p_values: Each in [0, 1] or NaN, shape (tests,).

    Returns:
        Adjusted p-values in the same order.

    Raises:
        ValueError: If a p-value is out of range.

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
