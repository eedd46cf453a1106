"""A pool of judged items of which some were labelled: how the labelled ones stand for the pool, and how means vary.

Both means that a correction needs, that of the labelled items and that of the pool, are sums over independent clusters
(questions) of what each item adds (linearised). So their joint variance, with items that are in both, with unequal
chances of being drawn, with strata and with several items a question, is a sum of squares of cluster sums.

- Labelled items vary about the mean of their stratum; G / (G - 1) of its G clusters makes up for that mean. That strata
  differ matters only as the pool is itself a sample, of all questions that could be asked.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.clusters import Places, cluster_sums

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


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

        Satterthwaite's (1946, doi:10.2307/3002019) of a sum of variances, one a stratum, were values equally spread in
        all: (sum of v)^2 / sum of v^2 / d, with v the sum of squared weights of a stratum's clusters, and d one less
        than their effective number.
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

        Where only the labelled items have strata, what strata add to the variance of the pool is taken from them, in
        a row more a cluster.

        Args:
            values: A number an item; those of items without a label do not count.

        Returns:
            Shape (rows,); NaN for fewer than two labelled clusters.
        """
        means = self._stratum_means(values)
        within = self.label_weights * (values - means[self.strata])
        if self.known:
            between = self.pool_weights * (means - self.labelled_mean(values))[self.strata]
            return self._sums(within + between)
        return np.append(self._sums(within), self._between_rows(values))

    def pool_rows(self, values: Array) -> Array:
        """What each cluster adds to the pool's mean, less what is expected; rows as those of `label_rows`.

        Differences between strata that only the labelled items have cancel between the two means, so that they stand in
        both; within the pool they are not known to be such, which makes the variance a little too large.
        """
        rows = self._sums(self.pool_weights * (values - self.pool_mean(values)))
        return rows if self.known else np.append(rows, self._between_rows(values))

    def effective_size(self, values: Array, rows: Array) -> float:
        """Labelled items drawn one by one that would tell as much about the mean of values: at most Kish's number.

        Where nothing varies it is the effective number of clusters.

        Args:
            values: A number an item.
            rows: Their `label_rows`.
        """
        variance = self.labelled_mean((values - self.labelled_mean(values)) ** 2)
        if not variance > 0:
            return float(1 / (cluster_sums(self.label_weights, self.places) ** 2).sum())
        return min(variance / max(float((rows**2).sum()), 1e-300), float(1 / (self.label_weights**2).sum()))

    def _stratum_means(self, values: Array) -> Array:
        return cluster_sums(self.label_weights * values, self.strata) / self._shares

    def _between_rows(self, values: Array) -> Array:
        """Differences between strata, as far as the pool is a sample: each labelled item for those it stands for."""
        between = (self._stratum_means(values) - self.labelled_mean(values))[self.strata]
        return cluster_sums(np.sqrt(self.label_weights / self.pool) * between, self.places)

    @cached_property
    def _shares(self) -> Array:
        return cluster_sums(self.label_weights, self.strata)

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
    """Units of equal weight whose sum of squares is as well known: the number of units, fewer if some are heavy.

    (sum of w^2)^2 / sum of w^4, from Satterthwaite (1946, doi:10.2307/3002019).

    Args:
        weights: One a unit; 0 is no unit.
    """
    squares = weights**2
    return float(squares.sum() ** 2 / (squares**2).sum())


def clusters_in_strata(strata: Places, places: Places, labelled: Mask) -> Array:
    """Labelled clusters of each stratum."""
    pairs = np.unique(np.column_stack([strata[labelled], places[labelled]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=int(strata.max()) + 1).astype(float)
