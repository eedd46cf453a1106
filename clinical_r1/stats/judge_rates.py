"""A judge against what raters found, and raters against themselves.

Of yes or no: sensitivity, specificity and prevalence; of a rater who rated an item twice: how often both agree; of
marked places in a text: the F1 of the places that two marked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from clinical_r1.stats.estimates import Estimate, ratio, share
from clinical_r1.stats.ratings import Ratings, is_there, of_items


# --- rates and repeats ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class JudgeRates:
    """How a binary judge does against a reference."""

    sensitivity: Estimate
    """Share of what the reference has that the judge finds; NaN if the reference has nothing."""
    specificity: Estimate
    """Share of what the reference does not have that the judge leaves out; NaN if the reference has all."""
    prevalence: Estimate
    """Share of items that have it by the reference."""
    called: Estimate
    """Share of items that have it by the judge."""
    ties: int
    """Items without a majority, left out."""
    unjudged: int
    """Items with a reference but no judgement, left out."""


def majority(ratings: Ratings) -> dict[Any, Any]:
    """The value that most raters gave each item; items with a tie are left out.

    Args:
        ratings: {rater: {item: value}}; None and NaN are missing.

    Examples:
        >>> majority({"h1": {"i1": 1, "i2": 1}, "h2": {"i1": 1, "i2": 0}, "h3": {"i1": 0}})
        {'i1': 1}
    """
    counted = _votes(ratings)
    return {item: votes[0][0] for item, votes in counted.items() if len(votes) < 2 or votes[0][1] > votes[1][1]}


def judge_rates(
    humans: Ratings,
    judge: Mapping[Any, Any],
    *,
    clusters: Mapping[Any, Any] | None = None,
    item_weights: Mapping[Any, float] | None = None,
) -> JudgeRates:
    """Sensitivity, specificity and prevalence with Wilson intervals, against the majority of raters.

    Args:
        humans: {rater: {item: number}}; an item has it from 1 up.
        judge: {item: number}.
        clusters: {item: label} of items that are not independent (responses to one question); the intervals are then
            Wilson's at the effective sample size (`clinical_r1.stats.estimates.share`).
        item_weights: {item: 1 / probability that it was drawn}; all alike by default.

    Returns:
        Shares of the items that have both a reference and a judgement.

    Raises:
        ValueError: If a value is not a number, or an item has no cluster or weight.

    Examples:
        >>> humans = {"h1": {"i1": 1, "i2": 0, "i3": 0, "i4": 1}}
        >>> found = judge_rates(humans, {"i1": 1, "i2": 0, "i3": 1, "i4": 1})
        >>> found.sensitivity.value, found.specificity.value, found.prevalence.value
        (1.0, 0.5, 0.5)
    """
    has_it = {
        rater: {item: _has(item, value) for item, value in row.items() if is_there(value)}
        for rater, row in humans.items()
    }
    truth = majority(has_it)
    called = {item: _has(item, judge[item]) for item in truth if is_there(judge.get(item))}

    def rate(hits: dict[Any, bool]) -> Estimate:
        groups, weights = of_items(clusters, hits, "cluster"), of_items(item_weights, hits, "weight")
        return share(list(hits.values()), groups, weights=weights)

    return JudgeRates(
        sensitivity=rate({item: call for item, call in called.items() if truth[item]}),
        specificity=rate({item: not call for item, call in called.items() if not truth[item]}),
        prevalence=rate({item: truth[item] for item in called}),
        called=rate(called),
        ties=len(_votes(has_it)) - len(truth),
        unjudged=len(truth) - len(called),
    )


@dataclass(frozen=True)
class Consistency:
    """How often raters repeat themselves."""

    pooled: Estimate
    """Of all repeats, with a Wilson interval at the effective sample size between items."""
    raters: Mapping[Any, Estimate]
    """Of each rater's."""


def rater_consistency(first: Ratings, repeats: Ratings, *, within: float = 0.0) -> Consistency:
    """Share of items shown twice to a rater that got the same value again.

    Args:
        first: {rater: {item: value}}.
        repeats: The second ratings of some of the items, in the same form.
        within: How far apart two numbers may be to count as the same; labels only ever match exactly.

    Returns:
        Shares with Wilson intervals; NaN, which `method` says, without a repeat.

    Raises:
        ValueError: If a repeat is by a rater who is not among the first ratings.

    Examples:
        >>> found = rater_consistency({"h1": {"i1": 2, "i2": 0, "i3": 1}}, {"h1": {"i1": 3, "i3": 1}})
        >>> found.pooled.value, found.pooled.n
        (0.5, 2)
    """
    if unknown := [str(rater) for rater in repeats if rater not in first]:
        raise ValueError(f"repeats of {', '.join(unknown)}: allowed are {', '.join(map(str, first))}")
    same = {
        rater: {
            item: _same(first[rater][item], value, within)
            for item, value in row.items()
            if is_there(value) and is_there(first[rater].get(item))
        }
        for rater, row in repeats.items()
    }
    items = {item: place for place, item in enumerate(dict.fromkeys(item for row in same.values() for item in row))}
    every = [(hit, items[item]) for row in same.values() for item, hit in row.items()]
    pooled = share([hit for hit, _ in every], [place for _, place in every])
    return Consistency(pooled, {rater: share(list(row.values())) for rater, row in same.items()})


def _votes(ratings: Ratings) -> dict[Any, list[tuple[Any, int]]]:
    counts: dict[Any, Counter[Any]] = {}
    for row in ratings.values():
        for item, value in row.items():
            if is_there(value):
                counts.setdefault(item, Counter())[value] += 1
    return {item: votes.most_common() for item, votes in counts.items()}


def _has(item: Any, value: Any) -> bool:
    try:
        return float(value) >= 1
    except (TypeError, ValueError):
        raise ValueError(f"item {item}: {value!r} is not a number") from None


def _same(one: Any, other: Any, within: float) -> bool:
    return bool(one == other) or (within > 0 and abs(float(one) - float(other)) <= within + 1e-9)


# --- marked places ----------------------------------------------------------------------------------------------------
Spans = Sequence[tuple[int, int]]
"""Start and end of each, in characters; the end is not part of it."""


def pooled_span_f1(
    a: Mapping[Any, Spans],
    b: Mapping[Any, Spans],
    overlap: float = 0.5,
    *,
    clusters: Mapping[Any, Any] | None = None,
    item_weights: Mapping[Any, float] | None = None,
) -> Estimate:
    """F1 of two raters' spans over all items that both looked at, with a Wilson interval at the effective sample size.

    Two spans match if what they share is at least `overlap` of the longer one, so that neither is swallowed by a much
    longer one. Each span is matched at most once, and as many as possible are.

    Args:
        a: {item: spans} of one rater; an empty list is an item without spans, not a missing one.
        b: Of the other one. Which of them is called a makes no difference.
        overlap: In (0, 1].
        clusters: {item: label} of items that are not independent; every item on its own by default.
        item_weights: {item: 1 / probability that it was drawn}; all alike by default.

    Returns:
        Twice the matched pairs over all spans, pooled: items without a span add nothing. NaN where nobody marked any.

    Raises:
        ValueError: If a span does not end after its start, `overlap` is out of its range, or an item has no cluster or
            weight.

    Examples:
        >>> found = pooled_span_f1({"i1": [(0, 10)], "i2": []}, {"i1": [(0, 10)], "i2": [(5, 9)]})
        >>> round(found.value, 3), found.n
        (0.667, 2)
    """
    common = [item for item in a if item in b]
    if not 0 < overlap <= 1:
        raise ValueError(f"overlap={overlap}: allowed is more than 0 and at most 1")
    matched = [2 * _matched_spans(a[item], b[item], overlap) for item in common]
    marked = [len(a[item]) + len(b[item]) for item in common]
    groups, weights = of_items(clusters, common, "cluster"), of_items(item_weights, common, "weight")
    return ratio(matched, marked, groups, weights=weights)


def _matched_spans(spans_a: Spans, spans_b: Spans, overlap: float) -> int:
    """The largest number of pairs of spans that match, each span in at most one."""
    if wrong := [span for span in (*spans_a, *spans_b) if not span[0] < span[1]]:
        raise ValueError(f"span {wrong[0]}: allowed is an end after the start")
    if not len(spans_a) or not len(spans_b):
        return 0
    one, other = np.array(spans_a, dtype=float)[:, None, :], np.array(spans_b, dtype=float)[None, :, :]
    shared = np.minimum(one[..., 1], other[..., 1]) - np.maximum(one[..., 0], other[..., 0])
    longer = np.maximum(one[..., 1] - one[..., 0], other[..., 1] - other[..., 0])
    matches = csr_array(shared >= overlap * longer - 1e-9)
    return int((maximum_bipartite_matching(matches, perm_type="column") >= 0).sum())
