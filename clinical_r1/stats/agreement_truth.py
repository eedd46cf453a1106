"""A binary judge against what raters found: sensitivity, specificity and prevalence; and raters against themselves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinical_r1.stats.agreement_table import Ratings, is_there, of_item
from clinical_r1.stats.estimates import Estimate, share


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
    reference: Any = None,
    at_least: float = 1.0,
    clusters: Mapping[Any, Any] | None = None,
    item_weights: Mapping[Any, float] | None = None,
) -> JudgeRates:
    """Sensitivity, specificity and prevalence with Wilson intervals.

    Args:
        humans: {rater: {item: number}}.
        judge: {item: number}.
        reference: A rater whose ratings are the reference; by default the majority of all raters.
        at_least: What counts as having it: a count of at least so many.
        clusters: {item: label} of items that are not independent (responses to one question); the intervals are then
            Wilson's at the effective sample size (`clinical_r1.stats.estimates.share`).
        item_weights: {item: 1 / probability that it was drawn}; all alike by default.

    Returns:
        Shares of the items that have both a reference and a judgement.

    Raises:
        ValueError: If there is no such rater, a value is not a number, or an item has no cluster or weight.

    Examples:
        >>> humans = {"h1": {"i1": 1, "i2": 0, "i3": 0, "i4": 1}}
        >>> found = judge_rates(humans, {"i1": 1, "i2": 0, "i3": 1, "i4": 1})
        >>> found.sensitivity.value, found.specificity.value, found.prevalence.value
        (1.0, 0.5, 0.5)
    """
    if reference is not None and reference not in humans:
        raise ValueError(f"reference={reference!r}: allowed are {', '.join(map(str, humans))}")
    used = humans if reference is None else {reference: humans[reference]}
    has_it = {
        rater: {item: _has(item, value, at_least) for item, value in row.items() if is_there(value)}
        for rater, row in used.items()
    }
    truth = majority(has_it)
    called = {item: _has(item, judge[item], at_least) for item in truth if is_there(judge.get(item))}

    def rate(hits: dict[Any, bool]) -> Estimate:
        groups = None if clusters is None else [of_item(clusters, item, "cluster") for item in hits]
        weights = None if item_weights is None else [of_item(item_weights, item, "weight") for item in hits]
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


def _has(item: Any, value: Any, at_least: float) -> bool:
    try:
        return float(value) >= at_least
    except (TypeError, ValueError):
        raise ValueError(f"item {item}: {value!r} is not a number") from None


def _same(one: Any, other: Any, within: float) -> bool:
    return bool(one == other) or (within > 0 and abs(float(one) - float(other)) <= within + 1e-9)
