"""Ratings: numbers and spans of raters' answers, counted by the code that counts what judges find; a panel per metric.

The figures of a panel come with intervals: questions are resampled, and items count as often as a resample says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.item import Item
from clinical_r1.judging.counting import count, forms_of
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step, spans_of
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import LISTED, METRICS, METRICS_OF, Metric, counted_labels, keys_of, list_of, lists_of
from clinical_r1.sentences import Sentence
from clinical_r1.stats.coefficients import human_mean
from clinical_r1.stats.estimates import Estimate, mean_of_defined
from clinical_r1.stats.ratings import Array, Flags, ItemSample, Statistic
from clinical_r1.stats.resampling import Resampling, bca
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import NEED_ALL_CLAIMS, Answer, KeyItem, Mark, StudyItem, six_digits

# --- panels -----------------------------------------------------------------------------------------------------------
NOTHING = "no item has both a rating and a value of the judge"
_ALIKE = 1e-12
Values = Mapping[str, float]
"""Item -> value; an item that is not there has none."""
Places = tuple[tuple[int, int], ...]
"""Start and end of each instance that was counted, in an item's text."""
Spans = Mapping[str, Mapping[str, Places]]
"""Metric -> item -> spans counted; an item that is not there was not judged, or judged without places."""

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
    """A row per item, its id as index, and columns `FACTS`. `weight` is the number of responses that the item stands
    for; `repeat_of` is the item that this one repeats, or None."""
    ratings: Mapping[str, Mapping[str, Values]]
    """Key of `METRICS` -> rater -> item -> value, repeats included."""
    judges: Mapping[str, Mapping[str, Values]]
    """Judge -> key -> item -> value. The first judge is the one whose numbers are corrected."""
    responses: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Judge -> all responses it judged: `checkpoint`, `benchmark`, `question`, `epoch` and keys of `METRICS`."""
    spans: Mapping[str, Spans] = field(default_factory=dict)
    """Rater or judge -> what was marked; metrics here are those of `metrics`."""
    adjudicated: Mapping[str, Values] = field(default_factory=dict)
    """Key of `METRICS`, or of `clinical_r1.study.opinions.OPINIONS` -> item -> what the adjudicator said: it takes the
    place of raters' means in results, and has no part in agreement."""
    opinions: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    """Key of `clinical_r1.study.opinions.OPINIONS` -> rater -> item -> value, of what raters were asked."""
    work: pd.DataFrame = field(default_factory=pd.DataFrame)
    """A row per rater: how far it is, and what was skipped."""
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
        """Key -> item -> mean of those who rated it, or what was adjudicated."""
        return {key: {**human_mean(rows), **self.adjudicated.get(key, {})} for key, rows in self.ratings.items()}

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

    @property
    def about(self) -> dict[str, str]:
        """Cells that say which metric a row is about."""
        return {"metric": self.key, "label": self.metric.label}

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
        return mean_of_defined(self.scores) if len(self.raters) else np.full(len(self.items), np.nan)

    def figures(self, statistics: Sequence[Statistic], resampling: Resampling) -> list[Estimate]:
        """Figures of statistics over the items, with BCa intervals over questions; all see the same resamples.

        An item weighs as many responses as it stands for: a figure speaks of all judged responses, although some kinds
        of question were drawn more often than others.

        Returns:
            All figures of the first statistic, then those of the next.
        """
        if not len(self.items):
            nothing = Estimate(nan, nan, nan, method="undefined; no item was rated")
            return [nothing for one in statistics for _ in one.names]
        sample = ItemSample.of(list(self.items.index), self.clusters, self.item_weights)
        columns = zip(
            sample.whole(statistics).tolist(),
            sample.bootstrap(statistics, resampling.resamples, resampling.seed).T,
            sample.jackknife(statistics).T,
            [items for one in statistics for items in one.items],
            [why for one in statistics for why in one.whys],
            strict=True,
        )
        return [_estimate(*column, sample.clusters_of(column[3])) for column in columns]

    def only(self, kept: NDArray[np.bool_]) -> "Panel":
        """The panel on some of its items."""
        judges = {name: row[kept] for name, row in self.judges.items()}
        return Panel(self.key, self.items[kept], self.raters, self.scores[:, kept], judges, self.places[kept])


Panels = Mapping[str, Panel]
"""Key of `clinical_r1.metrics.METRICS` -> panel: what tables of a study are made of."""


def _estimate(value: float, drawn: Array, without: Array, items: Flags, why: str, questions: int) -> Estimate:
    finite, low, high = drawn[np.isfinite(drawn)], nan, nan
    if isnan(value):
        method = f"undefined; {why}" if why else "undefined"
    elif questions < 2:
        method = "no interval: one question"
    elif not len(finite) or np.ptp(finite) <= _ALIKE:
        method = "no interval: all resamples are alike"
    else:
        lost = f", {len(drawn) - len(finite):,} of them undefined" if len(finite) < len(drawn) else ""
        method = f"BCa bootstrap over {questions:,} questions, {len(drawn):,} resamples{lost}"
        low, high = bca(drawn, value, without)
    return Estimate(value, low, high, int(items.sum()), questions, method=method)


def panel(labelled: Labelled, key: str) -> Panel:
    """The ratings of one metric."""
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


# --- numbers and places -----------------------------------------------------------------------------------------------
Ratings = dict[str, dict[str, dict[str, float]]]
"""Key of `clinical_r1.metrics.METRICS` -> rater -> item -> value."""


def ratings(folder: Folder) -> dict[str, dict[str, dict[str, float]]]:
    """What raters said, as numbers: key of `clinical_r1.metrics.METRICS` -> rater -> item -> value.

    Marks are counted by `clinical_r1.judging.counting.count`, as a judge's are. Numbers of sheets are taken as they
    are, with the forms that follow from a count alone.

    Returns:
        Every key of the study's metrics. A rater's items are those with an answer, hidden repeats under their own ids;
        NaN where a metric was not judged, cannot be judged, or has no value (such as a rate of no claims, or any rate
        of claims where only wrong ones were marked).
    """
    keys = keys_of(tuple(folder.protocol.metrics))
    found: dict[str, dict[str, dict[str, float]]] = {key: {rater: {} for rater in folder.answers} for key in keys}
    for rater, file in folder.answers.items():
        for id, answer in file.items.items():
            values = values_of(answer, folder.items[id], folder.key.items[id], folder.protocol.metrics)
            if folder.protocol.asked.claims == "errors":
                values |= dict.fromkeys(NEED_ALL_CLAIMS, nan)
            for key in keys:
                found[key][rater][id] = values[key]
    return found


def values_of(answer: Answer, item: StudyItem, key: KeyItem, metrics: Sequence[str]) -> dict[str, float]:
    """One answer as numbers.

    Args:
        answer: What the rater said.
        item: About what.
        key: Where the item comes from: what is a distractor follows from the right option.
        metrics: Those of the study.

    Returns:
        Every key of the metrics, with six digits as the judge's numbers have; NaN where there is no number.
    """
    of = judging_item(item, key)
    values = count(found_in(answer, metrics), of, metrics).values
    for base in set(metrics) - judged_metrics(answer, metrics):
        values |= dict.fromkeys(keys_of((base,)), nan)
        if base in answer.counts and (base != "cecd" or (of.has_case and of.facts)):
            values |= forms_of(base, answer.counts[base], of.words)
    return {name: six_digits(value) for name, value in values.items()}


def judged_metrics(answer: Answer, metrics: Sequence[str]) -> set[str]:
    """Metrics that an answer judges by marks, or by saying that there is nothing to mark.

    All metrics that are read off one list are judged once it has marks.
    """
    if answer.status == "cannot_judge":
        return set()
    said = {metric for metric in metrics if answer.marks.of(list_of(metric))}.union(answer.none)
    if "claims" in said:
        said |= set(LISTED["claims"].metrics)
    return said & set(metrics)


def found_in(answer: Answer, metrics: Sequence[str]) -> Found:
    """An answer's marks as what a judge finds.

    Args:
        answer: What the rater said.
        metrics: Those of the study; the lists that they do not need are None.
    """
    lists, marks = lists_of(metrics), answer.marks
    steps = [Step(name, _span(mark)) for name in METRICS_OF["behaviours"] if name in lists for mark in marks.of(name)]
    citations = tuple(Citation(_span(one), one.fact, one.option) for one in marks.cecd)
    rejections = tuple(Rejection(_span(one), one.option, one.reason) for one in marks.drc)
    claims = tuple(Claim(_span(one), one.label) for one in marks.claims)
    return Found(
        citations=citations if "cecd" in lists else None,
        rejections=rejections if "drc" in lists else None,
        claims=claims if "claims" in lists else None,
        steps=tuple(steps) if set(METRICS_OF["behaviours"]) & set(lists) else None,
    )


def _span(mark: Mark) -> Span:
    return Span(mark.start, mark.end, mark.text, negated_context=False)


def judging_item(item: StudyItem, key: KeyItem) -> Item:
    """An item as judges have it, with the text that raters saw."""
    return Item(
        id=key.question,
        epoch=key.epoch,
        stem=item.question,
        options=item.options,
        target=key.target,
        response=item.text,
        answer=key.answer,
        has_case=item.has_case,
        negated=item.negated,
        facts=tuple(Sentence(0, len(fact), fact) for fact in item.facts),
        truncated=item.truncated,
    )


def marked(folder: Folder) -> dict[str, dict[str, dict[str, Places]]]:
    """Where raters marked what was counted.

    Returns:
        Rater -> metric -> item -> places, each metric of the study; items judged without a mark have none.
    """
    metrics = folder.protocol.metrics
    found: dict[str, dict[str, dict[str, Places]]] = {r: {metric: {} for metric in metrics} for r in folder.answers}
    for rater, file in folder.answers.items():
        for id, answer in file.items.items():
            item = judging_item(folder.items[id], folder.key.items[id])
            counted = count(found_in(answer, metrics), item, metrics).found
            for metric in judged_metrics(answer, metrics):
                found[rater][metric][id] = _places(spans_of(counted), metric)
    return found


def _places(spans: Iterable[Mapping[str, Any]], metric: str) -> Places:
    name, labels = list_of(metric), counted_labels(metric)
    counted = [one for one in spans if one["of"] == name and (name != "claims" or one.get("label") in labels)]
    return tuple(sorted({(int(one["start"]), int(one["end"])) for one in counted}))


def judge_marked(items: Mapping[str, KeyItem], metrics: Sequence[str]) -> dict[str, dict[str, Places]]:
    """Where the judge of a key found what it counted: metric -> item -> places; unscored items are not there."""
    return {
        metric: {id: _places(of.judge_spans, metric) for id, of in items.items() if of.judge.get(metric) is not None}
        for metric in metrics
    }


def judge_values(items: Mapping[str, KeyItem], metrics: Sequence[str]) -> dict[str, dict[str, float]]:
    """What the judge of a key said: key -> item -> value; unscored items are not there."""
    return {
        key: {id: value for id, of in items.items() if (value := of.judge.get(key)) is not None}
        for key in keys_of(tuple(metrics))
    }
