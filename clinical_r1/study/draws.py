"""Intervals of any statistic of items: questions are resampled, and items count as often as the draw says.

An item's weight is the number of responses that it stands for, so that a figure speaks of all judged responses although
some kinds of question were drawn more often than others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from clinical_r1.stats.estimates import quotient
from clinical_r1.stats.ratings import Array, Flags, ItemSample, Statistic
from clinical_r1.stats.resampling import bca
from clinical_r1.study.ratings import Panel

_ALIKE = 1e-12
NOTHING = "no item has both a rating and a value of the judge"


@dataclass(frozen=True)
class Draws:
    """How resamples are made."""

    resamples: int = 2000
    """Of the bootstrap; as many permutations are drawn where there is a test."""
    seed: int = 0


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval."""

    value: float
    low: float = nan
    high: float = nan
    n: int = 0
    """Items that it rests on."""
    why: str = ""
    """Why there is no number."""
    method: str = ""
    """How the interval was made."""


def figures(panel: Panel, statistics: Sequence[Statistic], draws: Draws) -> list[Figure]:
    """Figures of statistics over the items of a panel, with BCa intervals over its questions.

    All of them see the same resamples.

    Args:
        panel: Whose items are counted.
        statistics: Each with one or more figures.
        draws: How to resample.

    Returns:
        All figures of the first statistic, then those of the next.
    """
    names = [name for one in statistics for name in one.names]
    if not len(panel.items):
        return [Figure(nan, why="no item was rated") for _ in names]
    sample = ItemSample.of(list(panel.items.index), panel.clusters, panel.item_weights)
    drawn, without = sample.bootstrap(statistics, draws.resamples, draws.seed), sample.jackknife(statistics)
    whys = [why for one in statistics for why in one.whys]
    items = [flags for one in statistics for flags in one.items]
    columns = zip(sample.whole(statistics), drawn.T, without.T, items, whys, strict=True)
    return [
        _figure(float(value), rows, left, flags, why, sample.clusters_of(flags))
        for value, rows, left, flags, why in columns
    ]


def _figure(value: float, drawn: Array, without: Array, items: Flags, why: str, questions: int) -> Figure:
    n = int(items.sum())
    if isnan(value):
        return Figure(nan, n=n, why=why or "not defined for these ratings")
    if questions < 2:
        return Figure(value, n=n, method="no interval: one question")
    finite = drawn[np.isfinite(drawn)]
    if not len(finite) or np.ptp(finite) <= _ALIKE:
        return Figure(value, n=n, method="no interval: all resamples are alike")
    lost = len(drawn) - len(finite)
    said = f"BCa bootstrap over {questions:,} questions, {len(drawn):,} resamples"
    return Figure(value, *bca(drawn, value, without), n, "", f"{said}, {lost:,} of them undefined" if lost else said)


def difference(one: Statistic, other: Statistic) -> Statistic:
    """The first statistic less the second, which has figures of the same names."""
    whys = tuple(first or second for first, second in zip(one.whys, other.whys, strict=True))
    items = tuple(first & second for first, second in zip(one.items, other.items, strict=True))
    return Statistic(one.names, lambda often: one.of(often) - other.of(often), items, whys)


def ratio_of_sums(name: str, above: Array, below: Array, items: Flags) -> Statistic:
    """A ratio of sums over items as a statistic; the sums are over numbers that are 0 where `items` is not.

    Args:
        name: Of its figure.
        above: One an item.
        below: One an item.
        items: Which items count.
    """
    why = "" if items.any() else NOTHING
    return Statistic((name,), lambda often: quotient(often @ above, often @ below)[:, None], (items,), (why,))
