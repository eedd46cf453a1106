"""What a study has come to: ratings, values of judges, and facts about the items, as the analysis takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.coefficients import human_mean, mean_scores

Array = NDArray[np.float64]
Values = Mapping[str, float]
"""Item -> value; an item that is not there has none."""
Spans = Mapping[str, Mapping[str, tuple[tuple[int, int], ...]]]
"""Metric -> item -> spans counted; an item that is not there was not judged."""

FACTS = ("checkpoint", "benchmark", "question", "epoch", "stratum", "weight", "repeat_of", "correct", "words")
"""Columns of `Labelled.items` that must be there; others are strata for tables."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Everything the analysis reads."""

    study: str
    """The study's id."""
    metrics: tuple[str, ...]
    """What raters were asked for, among those of `clinical_r1.metrics.METRICS_OF`."""
    items: pd.DataFrame
    """A row an item, its id as index, and columns `FACTS`. `weight` is the number of responses that the item stands
    for; `repeat_of` is the item that this one repeats, or None."""
    ratings: Mapping[str, Mapping[str, Values]]
    """Key of `METRICS` -> rater -> item -> value, repeats included."""
    judges: Mapping[str, Mapping[str, Values]]
    """Judge -> key -> item -> value. The first judge is the one whose numbers are corrected."""
    responses: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Judge -> all responses it judged: `checkpoint`, `benchmark`, `question`, `epoch` and keys of `METRICS`."""
    spans: Mapping[str, Spans] = field(default_factory=dict)
    """Rater or judge -> what was marked; metrics here are those of `metrics`."""
    work: pd.DataFrame = field(default_factory=pd.DataFrame)
    """A row a rater: how far it is, and what was skipped."""
    notes: tuple[str, ...] = ()
    """Sentences about what is missing."""

    @property
    def raters(self) -> tuple[str, ...]:
        """All who rated anything."""
        return tuple(dict.fromkeys(rater for rows in self.ratings.values() for rater, row in rows.items() if row))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The forms that are analysed: of each metric the primary one and the count."""
        wanted = [m for m in METRICS.values() if m.base in self.metrics and (m.primary or m.key == m.base)]
        return tuple(metric.key for metric in sorted(wanted, key=lambda m: (self.metrics.index(m.base), not m.primary)))

    @cached_property
    def repeat_of(self) -> dict[str, str]:
        """Hidden repeat -> the item that it repeats."""
        found = self.items["repeat_of"]
        return {str(item): str(of) for item, of in found.items() if isinstance(of, str)}

    @cached_property
    def weights(self) -> dict[str, float]:
        """Item -> responses that it stands for."""
        return {str(item): float(weight) for item, weight in self.items["weight"].items()}

    @cached_property
    def questions(self) -> dict[str, int]:
        """Item -> number of its question."""
        numbers = pd.factorize(pd.MultiIndex.from_frame(self.items[["benchmark", "question"]]))[0]
        return dict(zip(map(str, self.items.index), numbers.tolist(), strict=True))

    @cached_property
    def means(self) -> dict[str, dict[str, float]]:
        """Key -> item -> mean of those who rated it."""
        return {key: human_mean(rows) for key, rows in self.ratings.items()}

    @cached_property
    def originals(self) -> pd.DataFrame:
        """Items that repeat no other."""
        kept: pd.DataFrame = self.items.loc[self.items["repeat_of"].isna()]
        return kept


@dataclass(frozen=True, eq=False)
class Panel:
    """One metric: who gave which item what, without hidden repeats."""

    key: str
    items: pd.DataFrame
    """Those that anybody rated, as in `Labelled.items`."""
    raters: tuple[str, ...]
    scores: Array
    """Shape (raters, items); NaN is no rating."""
    judges: Mapping[str, Array]
    """Judge -> shape (items,)."""
    places: NDArray[np.intp]
    """Number of each item's question, shape (items,)."""

    @cached_property
    def metric(self) -> Metric:
        """What is rated."""
        return METRICS[self.key]

    @cached_property
    def humans(self) -> dict[str, dict[str, float]]:
        """Rater -> item -> value."""
        return {rater: self._given(row) for rater, row in zip(self.raters, self.scores, strict=True)}

    def judge(self, name: str) -> dict[str, float]:
        """Item -> value of a judge, for items that raters rated."""
        return self._given(self.judges[name])

    def _given(self, row: Array) -> dict[str, float]:
        there = ~np.isnan(row)
        return dict(zip(self.items.index[there], row[there].tolist(), strict=True))

    @cached_property
    def weights(self) -> Array:
        """What each item counts, 1 on average, in proportion to the responses that it stands for."""
        weight = self.items["weight"].to_numpy(dtype=float)
        return np.asarray(weight / weight.mean()) if len(weight) else weight

    @cached_property
    def clusters(self) -> dict[str, int]:
        """Item -> number of its question."""
        return dict(zip(self.items.index, self.places.tolist(), strict=True))

    @cached_property
    def item_weights(self) -> dict[str, float]:
        """Item -> what it counts."""
        return dict(zip(self.items.index, self.weights.tolist(), strict=True))

    @cached_property
    def consensus(self) -> Array:
        """Mean over raters, NaN where nobody rated; shape (items,)."""
        return mean_scores(self.scores) if len(self.raters) else np.full(len(self.items), np.nan)

    def only(self, kept: NDArray[np.bool_]) -> "Panel":
        """The panel on some of its items."""
        judges = {name: row[kept] for name, row in self.judges.items()}
        return Panel(self.key, self.items[kept], self.raters, self.scores[:, kept], judges, self.places[kept])


def panel(labelled: Labelled, key: str) -> Panel:
    """The ratings of one metric.

    Args:
        labelled: The study.
        key: Of `METRICS`.
    """
    ratings = {rater: row for rater, row in labelled.ratings.get(key, {}).items() if row}
    known = labelled.originals.index
    scores = np.array([row_of(row, known) for row in ratings.values()]).reshape(len(ratings), len(known))
    rated = ~np.isnan(scores).all(axis=0) if len(ratings) else np.zeros(len(known), dtype=bool)
    judges = {name: row_of(values.get(key, {}), known)[rated] for name, values in labelled.judges.items()}
    items = labelled.originals[rated]
    places = np.array([labelled.questions[item] for item in items.index], dtype=np.intp)
    return Panel(key, items, tuple(ratings), scores[:, rated], judges, places)


def row_of(values: Values, items: pd.Index) -> Array:
    """Values in the order of the items, NaN where there is none."""
    return np.array([values.get(item, np.nan) for item in items], dtype=float)
