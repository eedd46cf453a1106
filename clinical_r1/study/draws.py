"""Intervals of any statistic of items: questions are resampled, and items count as often as the draw says.

An item's weight is the number of responses that it stands for, so that a figure speaks of all judged responses although
some kinds of question were drawn more often than others.
"""

from collections.abc import Sequence
from math import isnan, nan

import numpy as np

from clinical_r1.stats.estimates import Estimate, quotient
from clinical_r1.stats.ratings import Array, Flags, ItemSample, Statistic
from clinical_r1.stats.resampling import Resampling, bca
from clinical_r1.study.ratings import Panel

_ALIKE = 1e-12
NOTHING = "no item has both a rating and a value of the judge"


def figures(panel: Panel, statistics: Sequence[Statistic], resampling: Resampling) -> list[Estimate]:
    """Figures of statistics over the items of a panel, with BCa intervals over its questions.

    All of them see the same resamples.

    Args:
        panel: Whose items are counted.
        statistics: Each with one or more figures.
        resampling: How to resample.

    Returns:
        All figures of the first statistic, then those of the next.
    """
    names = [name for one in statistics for name in one.names]
    if not len(panel.items):
        return [Estimate(nan, nan, nan, method="undefined; no item was rated") for _ in names]
    sample = ItemSample.of(list(panel.items.index), panel.clusters, panel.item_weights)
    drawn, without = sample.bootstrap(statistics, resampling.resamples, resampling.seed), sample.jackknife(statistics)
    whys = [why for one in statistics for why in one.whys]
    items = [flags for one in statistics for flags in one.items]
    columns = zip(sample.whole(statistics), drawn.T, without.T, items, whys, strict=True)
    return [
        _figure(float(value), rows, left, flags, why, sample.clusters_of(flags))
        for value, rows, left, flags, why in columns
    ]


def _figure(value: float, drawn: Array, without: Array, items: Flags, why: str, questions: int) -> Estimate:
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


def difference(one: Statistic, other: Statistic) -> Statistic:
    """The first statistic less the second, which has figures of the same names."""
    whys = tuple(first or second for first, second in zip(one.whys, other.whys, strict=True))
    items = tuple(first & second for first, second in zip(one.items, other.items, strict=True))
    return Statistic(one.names, lambda often: one.of(often) - other.of(often), items, whys)


def ratio_of_sums(name: str, above: Array, below: Array, items: Flags) -> Statistic:
    """A ratio of sums over items as a statistic; the sums are over numbers that are 0 where `items` is not.

    Args:
        name: Of its figure.
        above: One per item.
        below: One per item.
        items: Which items count.
    """
    why = "" if items.any() else NOTHING
    return Statistic((name,), lambda often: quotient(often @ above, often @ below)[:, None], (items,), (why,))
