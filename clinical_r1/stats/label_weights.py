"""How items were drawn for labelling, turned into weights, how labelled ones stand for the pool, and whether they can.

Conventions are those of `clinical_r1.stats.correction`.

- A labelled item's weight is the share of the pool that it stands for: in proportion to 1 / its chance of being drawn
  (Hajek), and where the strata of the whole pool are known the items of a stratum share its part of the pool.
- Strata with fewer than two labelled clusters are made one, with the next smallest if need be (of equals, the first).
- Both means that a correction needs, of the labelled items and of the pool, are sums over independent clusters
  (questions) of what each item adds (linearised), so that their joint variance is a sum of squares of cluster sums.
- Labelled items vary about the mean of their stratum; G / (G - 1) of its G clusters makes up for that mean. That strata
  differ matters only as the pool is itself a sample, of all questions that could be asked.
"""

from dataclasses import dataclass
from functools import cached_property
from math import isclose
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincc

from clinical_r1.stats.estimates import Array, Clusters, Mask, Places, cluster_sums, places_of, positive


# --- a pool and its labelled items ------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Items:
    """Items in one row, those drawn for labelling first; all arrays have shape (items,) unless they say otherwise."""

    label_weights: Array
    """Sum to 1 over items with a human value, 0 elsewhere."""
    pool_weights: Array
    """Sum to 1 over the pool, 0 elsewhere."""
    places: Places
    """Number of the item's cluster."""
    strata: Places
    """Number of the item's stratum; any where it is not known."""
    known: bool
    """Whether the strata of the whole pool are known."""
    merged: int
    """Strata that were too small to stand alone."""

    def labelled_mean(self, values: Array) -> float:
        """Weighted mean of the labelled items."""
        return float((self.label_weights * values).sum())

    def pool_mean(self, values: Array) -> float:
        """Weighted mean of the pool."""
        return float((self.pool_weights * values).sum())

    @cached_property
    def labelled(self) -> Mask:
        """Items with a human value."""
        return self.label_weights > 0

    @cached_property
    def pool(self) -> int:
        """Items in the pool."""
        return int((self.pool_weights > 0).sum())

    @cached_property
    def clusters(self) -> int:
        """Clusters with a labelled item."""
        return len(np.unique(self.places[self.labelled]))

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom between labelled clusters within strata; 0 if there is no interval to make.

        Satterthwaite's (1946, doi:10.2307/3002019) of a sum of one variance per stratum, were values equally spread in
        all: see `docs/metrics.md`, "Corrected numbers".
        """
        pairs = np.column_stack([self.strata, self.places])[self.labelled]
        units, places = np.unique(pairs, axis=0, return_inverse=True)
        strata = np.unique(units[:, 0], return_inverse=True)[1]
        most = self.clusters - (int(strata.max()) + 1)
        if most < 1:
            return 0.0
        weights = cluster_sums(self.label_weights[self.labelled], places.ravel())
        variances = cluster_sums(weights**2, strata)
        within = np.array([max(effective_units(weights[strata == one]) - 1, 1e-9) for one in range(len(variances))])
        return min(max(1.0, float(variances.sum() ** 2 / (variances**2 / within).sum())), float(most))

    def label_rows(self, values: Array) -> Array:
        """What each cluster adds to the labelled mean, less what is expected: sums of squares are variances.

        Where only the labelled items have strata, one more row per cluster is what strata add to the pool's variance.
        NaN for fewer than two labelled clusters.
        """
        means = self._stratum_means(values)
        within = self.label_weights * (values - means[self.strata])
        if self.known:
            between = self.pool_weights * (means - self.labelled_mean(values))[self.strata]
            return self._sums(within + between)
        return np.append(self._sums(within), self._between_rows(values))

    def pool_rows(self, values: Array) -> Array:
        """What each cluster adds to the pool's mean, less what is expected; rows as those of `label_rows`.

        Differences between strata that only the labelled items have stand in both, so that they cancel; within the pool
        they are not known to be such, which makes the variance a little too large.
        """
        rows = self._sums(self.pool_weights * (values - self.pool_mean(values)))
        return rows if self.known else np.append(rows, self._between_rows(values))

    def effective_size(self, values: Array, rows: Array) -> float:
        """Labelled items drawn one by one that would tell as much about the mean of values: at most Kish's number.

        Where nothing varies, the effective number of clusters. `rows` are the `label_rows` of the values.
        """
        variance = self.labelled_mean((values - self.labelled_mean(values)) ** 2)
        if not variance > 0:
            return float(1 / (cluster_sums(self.label_weights, self.places) ** 2).sum())
        return min(variance / max(float((rows**2).sum()), 1e-300), float(1 / (self.label_weights**2).sum()))

    def _stratum_means(self, values: Array) -> Array:
        return cluster_sums(self.label_weights * values, self.strata) / cluster_sums(self.label_weights, self.strata)

    def _between_rows(self, values: Array) -> Array:
        """Differences between strata, as far as the pool is a sample: each labelled item for those it stands for."""
        between = (self._stratum_means(values) - self.labelled_mean(values))[self.strata]
        return cluster_sums(np.sqrt(self.label_weights / self.pool) * between, self.places)

    def _sums(self, parts: Array) -> Array:
        """Sums over clusters, what labelled items add enlarged."""
        return cluster_sums(self._factors * parts, self.places)

    @cached_property
    def _factors(self) -> Array:
        """The root of G / (G - 1) for a labelled item, of the G labelled clusters of its stratum; else 1."""
        clusters = clusters_in_strata(self.strata, self.places, self.labelled)
        factors = np.sqrt(np.where(clusters > 1, clusters / np.maximum(clusters - 1, 1), np.nan))
        return np.where(self.labelled, factors[self.strata], 1.0)


def effective_units(weights: Array) -> float:
    """Units of equal weight whose sum of squares is as well known (Satterthwaite 1946, doi:10.2307/3002019)."""
    squares = weights**2
    return float(squares.sum() ** 2 / (squares**2).sum())


def clusters_in_strata(strata: Places, places: Places, labelled: Mask) -> Array:
    """Labelled clusters of each stratum."""
    pairs = np.unique(np.column_stack([strata[labelled], places[labelled]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=int(strata.max()) + 1).astype(float)


# --- what the labels do not reach -------------------------------------------------------------------------------------
OUTSIDE = 0.05
"""Share of a pool whose judge's values may lie outside the labelled ones."""
BY_CHANCE = 0.001
"""Chance below which so large a share outside is no accident of a random draw."""


def beyond_labels(labelled: Array, pool: Array, weights: Array | None = None) -> str:
    """Why the labels do not reach over the judge's values of a pool; empty where they do.

    Among n items drawn at random the share of the pool beyond the lowest and the highest of them is Beta(2, n - 1) at
    most. Labels do not reach where more than `OUTSIDE` of the pool is beyond, and chance explains it with less than
    `BY_CHANCE`.

    Args:
        labelled: The judge's values of labelled items, shape (labelled items,); NaN is left out, as in `pool`.
        pool: Those of all items, shape (items,).
        weights: Of the labelled items, by which n is their effective number; all alike by default.

    Examples:
        >>> beyond_labels(np.arange(20.0), np.arange(40.0))
        "judge's scores reach 39, labelled ones 19: 50% of responses lie outside what was labelled"
        >>> beyond_labels(np.arange(0.0, 40.0, 2), np.arange(40.0))
        ''
    """
    there, all_there = ~np.isnan(labelled), pool[~np.isnan(pool)]
    if not there.any() or not len(all_there):
        return ""
    low, high = float(labelled[there].min()), float(labelled[there].max())
    slack = 1e-9 * max(abs(low), abs(high), 1.0)
    below, above = all_there < low - slack, all_there > high + slack
    outside = float(below.mean() + above.mean())
    drawn = np.ones(int(there.sum())) if weights is None else weights[there]
    n = drawn.sum() ** 2 / (drawn**2).sum()
    if outside <= OUTSIDE or betaincc(2, max(n - 1, 1e-9), outside) >= BY_CHANCE:
        return ""
    far, edge = (all_there.max(), high) if above.sum() >= below.sum() else (all_there.min(), low)
    return (
        f"judge's scores reach {far:.4g}, labelled ones {edge:.4g}: "
        f"{outside:.0%} of responses lie outside what was labelled"
    )


# --- the draw as weights ----------------------------------------------------------------------------------------------
Pool = Literal["both", "unlabelled"]


class Draw(TypedDict, total=False):
    """Arguments of a correction that say how items were drawn; what is left out is None."""

    weights: ArrayLike | None
    strata: Clusters
    clusters: Clusters
    pool: Pool | None
    pool_weights: ArrayLike | None
    raters: ArrayLike | None


def items_of(rated: Mask, judge: Array, draw: Draw) -> Items:
    """Put labelled and unlabelled items in one row.

    Args:
        rated: Which of the items drawn for labelling have a human value.
        judge: The judge's values of all items, those drawn first.
        draw: How they were drawn.

    Raises:
        ValueError: As `clinical_r1.stats.correction` says.
    """
    if not rated.any():
        raise ValueError("labelled_human: there is no number, so there is nothing to correct with")
    drawn, unlabelled = len(rated), len(judge) - len(rated)
    labelled = np.append(rated, np.zeros(unlabelled, dtype=bool))
    weights = positive("weights", draw.get("weights"), np.ones(drawn), "labelled item")
    in_pool = _pool_weights(draw, weights, judge)
    places = _places(draw.get("clusters"), drawn, unlabelled, "clusters")
    heavy = np.where(labelled, np.append(weights, np.zeros(unlabelled)), 0.0)
    if (named := draw.get("strata")) is None:
        return Items(heavy / heavy.sum(), in_pool, places, np.zeros(len(places), dtype=np.intp), True, 0)
    known = len(np.asarray(named)) == len(labelled)
    strata = _places(named, drawn, unlabelled, "strata")
    strata, merged = _merged(strata, places, labelled, labelled | (in_pool > 0) if known else labelled)
    if known:  # labelled items share the part of the pool that their stratum has
        heavy = heavy * (cluster_sums(in_pool, strata) / cluster_sums(heavy, strata))[strata]
    return Items(heavy / heavy.sum(), in_pool, places, strata, known, merged)


def _pool_weights(draw: Draw, weights: Array, judge: Array) -> Array:
    pool = draw.get("pool")
    if pool not in (None, "both", "unlabelled"):
        raise ValueError(f"pool={pool!r}: allowed are 'both' and 'unlabelled'")
    drawn, unlabelled = len(weights), len(judge) - len(weights)
    if pool is None and draw.get("weights") is not None and _are_of_unlabelled(weights, judge):
        raise ValueError(
            f"pool: the weights add up to the {unlabelled} unlabelled items and not to all {len(judge)}: "
            "say pool='unlabelled' if those are all there are, else pool='both'"
        )
    size = unlabelled if unlabelled and pool == "unlabelled" else drawn + unlabelled
    # where everything was drawn, the drawn items stand for the pool by their weights
    found = positive("pool_weights", draw.get("pool_weights"), np.ones(size) if unlabelled else weights, "pool item")
    return np.append(np.zeros(drawn + unlabelled - size), found / found.sum())


def _are_of_unlabelled(weights: Array, judge: Array) -> bool:
    """Whether weights plainly say that the labelled items were drawn from the unlabelled ones.

    Of any kind of item the weights add up to the number drawn from, exactly or up to chance. Of judge values above and
    below their mean, that is far more likely of the unlabelled than of all (twice the log-likelihood ratio: 25), and
    not unlikely itself (4 standard deviations).
    """
    drawn = len(weights)
    if (weights < 1).any() or len(judge) == drawn:
        return False
    if isclose(weights.sum(), len(judge) - drawn, rel_tol=1e-9):
        return True
    above = judge > (np.nanmean(judge) if not np.isnan(judge).all() else 0.0)
    of_all = of_unlabelled = 0.0
    for kind in (above, ~above):
        own, labelled = weights[kind[:drawn]], int(kind[:drawn].sum())
        missing, variance = float(own.sum()) - int(kind[drawn:].sum()), max(float((own * (own - 1)).sum()), 1e-6)
        of_unlabelled += missing**2 / variance
        of_all += (missing - labelled) ** 2 / variance
    return of_unlabelled < 16 and of_all > of_unlabelled + 25


def _places(labels: Clusters, drawn: int, unlabelled: int, name: str) -> Places:
    """Numbers of labels; items that have none are each on their own."""
    if labels is None:
        return np.arange(drawn + unlabelled)
    size = len(np.asarray(labels))
    if size not in (drawn, drawn + unlabelled):
        raise ValueError(f"{name}: {size} labels, allowed is one per labelled item ({drawn}), or one per item")
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
