"""Independent units: which numbers belong to one question, and sums over each."""

from collections.abc import Sequence
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Places = NDArray[np.intp]


def places_of(clusters: Sequence[Any] | ArrayLike | None, n: int) -> Places:
    """Number of each value's cluster, from 0; every value on its own without labels.

    Args:
        clusters: A label a value; whole numbers are fastest.
        n: Number of values.

    Raises:
        ValueError: If there is not one label a value.
    """
    if clusters is None:
        return np.arange(n)
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        raise ValueError(f"values and clusters must be of one length: {n}, {labels.shape}")
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def cluster_sums(values: Array, places: Places) -> Array:
    """Sums over clusters of values, shape (values,) or (values, columns), to (clusters,) or (clusters, columns)."""
    units = int(places.max()) + 1 if len(places) else 0
    if values.ndim == 1:
        sums: Array = np.bincount(places, weights=values, minlength=units).astype(float)
        return sums
    return np.column_stack([np.bincount(places, weights=column, minlength=units) for column in values.T])


def error_of_sum(parts: Array) -> float:
    """Standard error of a sum over independent clusters; NaN for fewer than two.

    Args:
        parts: What each cluster adds to a (linearised) estimate less its expectation, so that they sum to zero.
    """
    units = len(parts)
    return sqrt(units / (units - 1) * float((parts**2).sum())) if units > 1 else nan


def resting(parts: Array) -> float:
    """How many clusters a sum, or its variance, rests on: (sum of squares)^2 over the sum of fourth powers.

    All where each adds as much, a third of them for normal parts, and the number of parts that are not 0 where few are
    of one size; 0 where all are 0.

    Args:
        parts: What each cluster adds, as for `error_of_sum`.
    """
    size = float(np.abs(parts).max(initial=0.0))
    squares = (parts / size) ** 2 if size > 0 else parts
    return float(squares.sum() ** 2 / (squares**2).sum()) if size > 0 else 0.0
