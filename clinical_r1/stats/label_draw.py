"""How items were drawn for labelling, turned into weights; conventions are those of `clinical_r1.stats.correction`.

- A labelled item's weight is the share of the pool that it stands for: in proportion to 1 / its chance of being drawn
  (Hajek), and where the strata of the whole pool are known the items of a stratum share its part of the pool.
- Strata with fewer than two labelled clusters are made one, with the next smallest if need be (of equals, the first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from clinical_r1.stats.clusters import Places, cluster_sums, places_of
from clinical_r1.stats.pools import Array, Items, Mask, clusters_in_strata

Labels = Sequence[Any] | ArrayLike | None
Pool = Literal["both", "unlabelled"]


class DrawArguments(TypedDict, total=False):
    """Keywords of a `Draw`."""

    weights: ArrayLike | None
    strata: Labels
    clusters: Labels
    pool: Pool | None
    pool_weights: ArrayLike | None
    raters: ArrayLike | None


@dataclass(frozen=True, eq=False)
class Draw:
    """Arguments of a correction that say how items were drawn."""

    weights: ArrayLike | None = None
    strata: Labels = None
    clusters: Labels = None
    pool: Pool | None = None
    pool_weights: ArrayLike | None = None
    raters: ArrayLike | None = None


def items_of(rated: Mask, judge: Array, draw: Draw) -> Items:
    """Put labelled and unlabelled items in one row.

    Args:
        rated: Which of the items drawn for labelling have a human value.
        judge: The judge's values of all items, those drawn first.
        draw: How they were drawn.

    Raises:
        ValueError: If there is no human value, a length is wrong, or a weight is not positive.
    """
    if not rated.any():
        raise ValueError("labelled_human: there is no number, so there is nothing to correct with")
    drawn, unlabelled = len(rated), len(judge) - len(rated)
    labelled = np.append(rated, np.zeros(unlabelled, dtype=bool))
    given = _weights(draw.weights, drawn, unlabelled)
    in_pool = _pool_weights(draw, given, judge)
    places = _places(draw.clusters, drawn, unlabelled, "clusters")
    heavy = np.where(labelled, np.append(given, np.zeros(unlabelled)), 0.0)
    if draw.strata is None:
        return Items(heavy / heavy.sum(), in_pool, places, np.zeros(len(places), dtype=np.intp), True, 0)
    known = len(np.asarray(draw.strata)) == len(labelled)
    strata = _places(draw.strata, drawn, unlabelled, "strata")
    strata, merged = _merged(strata, places, labelled, labelled | (in_pool > 0) if known else labelled)
    if known:  # labelled items share the part of the pool that their stratum has
        heavy = heavy * (cluster_sums(in_pool, strata) / cluster_sums(heavy, strata))[strata]
    return Items(heavy / heavy.sum(), in_pool, places, strata, known, merged)


def _weights(weights: ArrayLike | None, drawn: int, unlabelled: int) -> Array:
    """Weights of the labelled items."""
    if weights is None:
        return np.ones(drawn)
    found = np.asarray(weights, dtype=float)
    if found.ndim != 1 or len(found) not in (drawn, drawn + unlabelled):
        raise ValueError(f"weights: shape {found.shape}, allowed is one a labelled item ({drawn}), or one an item")
    if not (np.isfinite(found[:drawn]) & (found[:drawn] > 0)).all():
        raise ValueError("weights: allowed are positive numbers, 1 / the chance of having been drawn")
    return found[:drawn]


def _pool_weights(draw: Draw, weights: Array, judge: Array) -> Array:
    if draw.pool not in (None, "both", "unlabelled"):
        raise ValueError(f"pool={draw.pool!r}: allowed are 'both' and 'unlabelled'")
    drawn, unlabelled = len(weights), len(judge) - len(weights)
    guessed = "unlabelled" if draw.weights is not None and _drawn_from_unlabelled(weights, judge) else "both"
    size = unlabelled if unlabelled and (draw.pool or guessed) == "unlabelled" else drawn + unlabelled
    # where everything was drawn, the drawn items stand for the pool by their weights
    plain = np.ones(size) if unlabelled else weights
    found = plain if draw.pool_weights is None else np.asarray(draw.pool_weights, dtype=float)
    if found.shape != (size,):
        raise ValueError(f"pool_weights: shape {found.shape}, allowed is one an item of the pool ({size})")
    if not (np.isfinite(found) & (found > 0)).all():
        raise ValueError("pool_weights: allowed are positive numbers")
    return np.append(np.zeros(drawn + unlabelled - size), found / found.sum())


def _drawn_from_unlabelled(weights: Array, judge: Array) -> bool:
    """Whether the weights say that the unlabelled items are the whole pool.

    Weights of a draw add up to the number of items drawn from, in strata exactly, and otherwise nearly, for any kind of
    item; here, for judge values above and below the middle. The pool is the unlabelled items if these numbers are much
    more likely than those of both (twice the log-likelihood above 4, independent draws) and not unlikely themselves
    (4 standard deviations).
    """
    drawn = len(weights)
    if (weights < 1).any() or len(judge) == drawn:
        return False
    if isclose(weights.sum(), len(judge) - drawn, rel_tol=1e-9):
        return True
    middle = np.nanmean(judge) if not np.isnan(judge).all() else 0.0
    for_both = for_unlabelled = 0.0
    for kind in (judge > middle, ~(judge > middle)):
        near, far = kind[:drawn], int(kind[drawn:].sum())
        missing = float(weights[near].sum()) - far
        variance = max(float((weights[near] * (weights[near] - 1)).sum()), 1e-6)
        for_unlabelled += missing**2 / variance
        for_both += (missing - int(near.sum())) ** 2 / variance
    return for_unlabelled < 16 and for_both > for_unlabelled + 4


def _places(labels: Labels, drawn: int, unlabelled: int, name: str) -> Places:
    """Numbers of labels; items that have none are each on their own."""
    if labels is None:
        return np.arange(drawn + unlabelled)
    size = len(np.asarray(labels))
    if size not in (drawn, drawn + unlabelled):
        raise ValueError(f"{name}: {size} labels, allowed is one a labelled item ({drawn}), or one an item")
    found = places_of(labels, size)
    return np.append(found, found.max() + 1 + np.arange(drawn + unlabelled - size)).astype(np.intp)


def _merged(strata: Places, places: Places, labelled: Mask, counted: Mask) -> tuple[Places, int]:
    """Strata with fewer than two labelled clusters made one; how many strata went into it."""
    strata = np.where(counted, strata, strata[np.argmax(labelled)])
    strata = np.unique(strata, return_inverse=True)[1]
    sizes = clusters_in_strata(strata, places, labelled)
    order = np.argsort(sizes, kind="stable")
    small = int((sizes < 2).sum())
    while 0 < small < len(sizes) and (small == 1 or sizes[order[:small]].sum() < 2):
        small += 1
    numbers = np.empty(len(sizes), dtype=np.intp)
    numbers[order] = np.maximum(np.arange(len(sizes)) - max(small, 1) + 1, 0)
    return numbers[strata].astype(np.intp), small if small > 1 else 0
