"""Judges and raters: sensitivity, specificity and prevalence, self-agreement of raters, F1 of marked spans, and whether
a judge errs differently by checkpoint, which biases differences between checkpoints.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.special import fdtrc, stdtrit

from clinical_r1.stats.estimates import Array, Clusters, Estimate, cluster_sums, mean, places_of, positive, ratio, share
from clinical_r1.stats.label_weights import effective_units
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
        humans: {rater: {item: number}}; positive from 1 up.
        judge: {item: number}.
        clusters: {item: label} of items that are not independent (responses to one question).
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
    """Share of items shown twice to a rater that got the same value again; NaN without a repeat.

    Args:
        first: {rater: {item: value}}.
        repeats: The second ratings of some of the items, in the same form.
        within: How far apart two numbers may be to count as the same; labels only ever match exactly.

    Raises:
        ValueError: If a repeat is by a rater who is not among the first ratings.

    Examples:
        >>> found = rater_consistency({"h1": {"i1": 2, "i2": 0, "i3": 1}}, {"h1": {"i1": 3, "i3": 1}})
        >>> found.pooled.value, found.pooled.n
        (0.5, 2)
    """
    if unknown := [str(rater) for rater in repeats if rater not in first]:
        raise ValueError(f"repeats of {', '.join(unknown)}: allowed are {', '.join(map(str, first))}")

    def same(one: Any, other: Any) -> bool:
        return bool(one == other) or (within > 0 and abs(float(one) - float(other)) <= within + 1e-9)

    hits = {
        rater: {
            item: same(first[rater][item], value)
            for item, value in row.items()
            if is_there(value) and is_there(first[rater].get(item))
        }
        for rater, row in repeats.items()
    }
    numbers = {item: number for number, item in enumerate(dict.fromkeys(item for row in hits.values() for item in row))}
    pooled = share(
        [hit for row in hits.values() for hit in row.values()], [numbers[item] for row in hits.values() for item in row]
    )
    return Consistency(pooled, {rater: share(list(row.values())) for rater, row in hits.items()})


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

    Two spans match if what they share is at least `overlap` of the longer one. Each span is matched at most once, and
    as many as possible are.

    Args:
        a: {item: spans} of one rater; an empty list is an item without spans, not a missing one.
        b: Of the other one.
        overlap: In (0, 1].
        clusters: As for `judge_rates`.
        item_weights: As for `judge_rates`.

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


# --- errors by checkpoint ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ErrorsByGroup:
    """Errors of a judge in several groups."""

    groups: tuple[tuple[str, Estimate], ...]
    """Mean of judge less human in each group, with a 95 % interval."""
    p_value: float
    """That the mean error is the same in all groups; NaN where there is no test."""
    statistic: float
    """F."""
    n: int
    """Items with both values."""
    clusters: int
    unscored: int
    """Items without a value of human or judge."""
    method: str
    reason: str = ""
    """Why there is no test."""
    differences: tuple[tuple[str, str, Estimate], ...] = ()
    """Two groups a and b, and the mean error in b less that in a, with a 90 % interval: see `widest`."""

    @property
    def widest(self) -> tuple[str, str, Estimate] | None:
        """The pair whose interval reaches farthest from 0; None where a pair has no interval.

        The judge errs alike in all groups, within a margin, where this interval lies inside it: two one-sided tests at
        5 % for each pair (Schuirmann 1987, doi:10.1007/BF01068419), and all pairs must pass.
        """
        reach = [max(-one.low, one.high) for *_, one in self.differences]
        return self.differences[int(np.argmax(reach))] if reach and np.isfinite(reach).all() else None


def judge_error_by_group(
    human: ArrayLike,
    judge: ArrayLike,
    groups: Sequence[Any] | ArrayLike,
    clusters: Clusters = None,
    *,
    weights: ArrayLike | None = None,
) -> ErrorsByGroup:
    """Compare the mean error (judge less human) of groups: a Wald test with the covariance between clusters.

    With (G - K + 1) / ((G - 1) (K - 1)) d' V^-1 d in F(K - 1, G - K + 1), of differences d from the first of K groups,
    it is Hotelling's test where each of G clusters has an item of each group, and the paired t-test of two groups.

    Not to reject it shows nothing: `differences` has t intervals of the difference within each pair. Where all values
    lie in [0, 1], half a cluster whose error differs by 1 either way is added to each (as Agresti and Min 2005,
    doi:10.1002/sim.1781, do for pairs): a judge that does not happen to err is not perfect.

    Args:
        human: One per item; NaN is unrated.
        judge: One per item; NaN is unjudged.
        groups: Checkpoint of each item, in whose order of appearance the errors are.
        clusters: Question of each item; every item on its own by default.
        weights: 1 / the chance with which an item was drawn; all alike by default.

    Raises:
        ValueError: If lengths differ, or a weight is not positive.

    Examples:
        >>> found = judge_error_by_group([0, 1, 0, 1, 0, 1], [1, 1, 0, 1, 1, 0], list("ababab"), [1, 1, 2, 2, 3, 3])
        >>> [(group, round(error.value, 2)) for group, error in found.groups]
        [('a', 0.67), ('b', -0.33)]
        >>> round(found.p_value, 2)
        0.23
    """
    people, machine, labels = np.asarray(human, dtype=float), np.asarray(judge, dtype=float), np.asarray(groups)
    if people.ndim != 1 or not people.shape == machine.shape == labels.shape:
        raise ValueError(f"there must be one value per item: {people.shape}, {machine.shape}, {labels.shape}")
    weight, places = positive("weights", weights, np.ones(len(people)), "item"), places_of(clusters, len(people))
    scored = ~np.isnan(machine - people)
    error, names = (machine - people)[scored], [str(name) for name in labels[scored]]
    weight, places = weight[scored], np.unique(places[scored], return_inverse=True)[1]
    order = list(dict.fromkeys(names))
    inside = np.array([[name == group for group in order] for name in names]).reshape(len(names), len(order))
    errors = [mean(error[rows], places[rows], weights=weight[rows]) for rows in inside.T]
    units = len(np.unique(places))
    p_value, statistic, reason, differences = nan, nan, "there are no two groups to compare", []
    if len(order) > 1:
        shares = weight[:, None] * inside / (weight[:, None] * inside).sum(axis=0)
        parts = shares * (error[:, None] - (shares * error[:, None]).sum(axis=0))
        means = np.array([one.value for one in errors])
        heavy, rows = cluster_sums(shares, places), cluster_sums(parts, places)
        p_value, statistic, reason = _wald(means, heavy, rows)
        both = np.array([people[scored], machine[scored]])
        shared = bool(((both >= 0) & (both <= 1)).all())
        for a, b in combinations(range(len(order)), 2):
            apart = _difference(means[b] - means[a], rows[:, b] - rows[:, a], heavy[:, [a, b]].sum(axis=1), shared)
            differences.append((order[a], order[b], apart))
    return ErrorsByGroup(
        groups=tuple(zip(order, errors, strict=True)),
        p_value=p_value,
        statistic=statistic,
        n=len(error),
        clusters=units,
        unscored=int((~scored).sum()),
        method=f"Wald test of equal mean errors between {units:,} clusters" if order else "no test",
        reason=reason,
        differences=tuple(differences),
    )


def _difference(value: float, rows: Array, heavy: Array, shared: bool) -> Estimate:
    """A difference of mean errors with its 90 % interval, NaN where nothing varies; shapes (clusters,)."""
    rows, heavy = rows[heavy > 0], heavy[heavy > 0]
    clusters, units = len(rows), effective_units(heavy)
    if clusters < 2 or units < 2:
        return Estimate(value, nan, nan, method="too few clusters")
    variance, middle = clusters / (clusters - 1) * float((rows**2).sum()), value
    if shared:
        total = 1 + 1 / units
        middle, variance = value / total, (variance + 1 / units**2) / total**2
    if not variance > 0:
        return Estimate(value, nan, nan, method="errors do not vary")
    width = float(stdtrit(units - 1, 0.95)) * variance**0.5
    method = f"t interval, 90 %, between {clusters:,} clusters"
    return Estimate(value, middle - width, middle + width, clusters=clusters, method=method)


def _wald(means: Array, heavy: Array, parts: Array) -> tuple[float, float, str]:
    """p-value, F and why there is no test; weights and parts of the means have shape (clusters, groups)."""
    clusters, groups = parts.shape
    units = effective_units(heavy.sum(axis=1))
    freedom = units - groups + 1
    if clusters < groups or freedom < 1:
        return nan, nan, f"{clusters} clusters are too few for {groups} groups"
    differences, rows = means[1:] - means[0], parts[:, 1:] - parts[:, [0]]
    covariance = clusters / (clusters - 1) * rows.T @ rows
    if np.linalg.matrix_rank(covariance, hermitian=True) < groups - 1:
        if not np.abs(differences).max() > 1e-12:
            return 1.0, 0.0, ""
        return nan, nan, "errors of some groups do not vary, or are the same"
    square = float(differences @ np.linalg.solve(covariance, differences))
    statistic = freedom / ((units - 1) * (groups - 1)) * square
    return float(fdtrc(groups - 1, freedom, statistic)), statistic, ""
