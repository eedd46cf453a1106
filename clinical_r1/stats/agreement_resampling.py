"""Items drawn again: figures of the whole sample, of bootstrap resamples, and without each item (or cluster)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.agreement_table import Array, Flags, Statistic, of_item
from clinical_r1.stats.bootstrap import resampled_counts, rows_at_once


@dataclass(frozen=True)
class ItemSample:
    """Items in clusters, with weights."""

    places: NDArray[np.intp]
    """The cluster of each item, from 0."""
    weights: Array
    """Of each item; 1 on average."""
    clusters: int
    """Number of clusters."""

    @classmethod
    def of(
        cls, items: Sequence[Any], clusters: Mapping[Any, Any] | None, weights: Mapping[Any, float] | None
    ) -> "ItemSample":
        """Look up clusters and weights.

        Args:
            items: All items.
            clusters: {item: label}; every item on its own by default.
            weights: {item: positive number}; all alike by default.

        Raises:
            ValueError: If an item has no cluster or no positive weight.
        """
        labels = items if clusters is None else [of_item(clusters, item, "cluster") for item in items]
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        places = np.array([numbers[label] for label in labels], dtype=np.intp)
        weight = np.array([1.0 if weights is None else of_item(weights, item, "weight") for item in items], dtype=float)
        if not ((weight > 0) & np.isfinite(weight)).all():
            raise ValueError("item_weights: allowed are positive numbers")
        return cls(places, weight / weight.mean() if len(items) else weight, len(numbers))

    def clusters_of(self, items: Flags) -> int:
        """Clusters that some of the items are in."""
        return len(np.unique(self.places[items]))

    def whole(self, statistics: Sequence[Statistic]) -> Array:
        """All figures of the whole sample, shape (figures,)."""
        found: Array = self._computed(statistics, np.ones((1, self.clusters)))[0]
        return found

    def bootstrap(self, statistics: Sequence[Statistic], resamples: int, seed: int) -> Array:
        """All figures of resamples of the clusters, shape (resamples, figures)."""
        if self.clusters < 2:
            return self._computed(statistics, np.ones((resamples, self.clusters)))
        chunks = resampled_counts(self.clusters, resamples, np.random.default_rng(seed))
        return np.concatenate([self._computed(statistics, chunk) for chunk in chunks])

    def jackknife(self, statistics: Sequence[Statistic]) -> Array:
        """All figures without each cluster, shape (clusters, figures)."""
        parts, first = [self._computed(statistics, np.ones((0, self.clusters)))], 0
        for rows in rows_at_once(max(self.clusters, 1), self.clusters):
            parts.append(self._computed(statistics, 1 - np.eye(rows, self.clusters, first)))
            first += rows
        return np.concatenate(parts)

    def _computed(self, statistics: Sequence[Statistic], often: Array) -> Array:
        """From how often each cluster counts, shape (resamples, clusters), to shape (resamples, figures)."""
        items = often if self._plain else often[:, self.places] * self.weights
        items = np.asfortranarray(items)  # pairs of raters add up whole columns
        return np.hstack([one.of(items) for one in statistics])

    @property
    def _plain(self) -> bool:
        return self.clusters == len(self.places) and bool((self.weights == 1).all())
