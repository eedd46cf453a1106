"""A judge with each rater, as a function of how often each item counts, from a few sums an item.

Kappa with quadratic weights needs no table of categories: its observed and chance disagreements are mean squared
differences, and the latter follow from sums and sums of squares of both sides. For a yes or no it is Cohen's kappa.
"""

import numpy as np

from clinical_r1.stats.estimates import quotient
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.study.draws import NOTHING
from clinical_r1.study.labelled import Panel

NAMES = ("kappa", "exact")
_SUMS = 7
_SAME = 1e-9


def judge_with_raters(panel: Panel, judge: str, among: Array | None = None) -> Statistic:
    """Kappa with quadratic weights and the share of same values: means over raters.

    Args:
        panel: The ratings.
        judge: Whose values are compared with them.
        among: Items count only where this has a number, such as another judge's values; shape (items,).
    """
    machine = panel.judges[judge]
    machine = machine if among is None else np.where(np.isnan(among), np.nan, machine)
    columns = [_sums(row, machine) for row in panel.scores]
    items = ~np.isnan(machine) & ~np.isnan(panel.consensus)
    if not columns or not items.any():
        return Statistic(NAMES, lambda often: np.full((len(often), 2), np.nan), (items, items), (NOTHING, NOTHING))
    every = np.hstack(columns)

    def of(often: Array) -> Array:
        totals = (often @ every).reshape(len(often), len(columns), _SUMS)
        return np.column_stack([_mean(_kappa(totals)), _mean(quotient(totals[..., 6], totals[..., 0]))])

    return Statistic(NAMES, of, (items, items), (_why(panel, machine), ""))


def _sums(human: Array, machine: Array) -> Array:
    there = ~np.isnan(human + machine)
    x, y = np.where(there, human, 0), np.where(there, machine, 0)
    return np.column_stack([there, x, y, x * x, y * y, (x - y) ** 2, there & (np.abs(x - y) < _SAME)]).astype(float)


def _kappa(totals: Array) -> Array:
    """Of sums n, x, y, x^2, y^2, (x - y)^2 in the last axis."""
    n, x, y, xx, yy, apart = (totals[..., place] for place in range(6))
    by_chance = n * (xx + yy) - 2 * x * y
    # what rounding leaves where both sides gave one value to all
    by_chance = np.where(by_chance > 1e-9 * np.maximum(n * (xx + yy), 1e-9), by_chance, 0)
    return 1 - np.asarray(quotient(n * apart, by_chance))


def _mean(each: Array) -> Array:
    """Over raters, those without a value left out; NaN where none has one."""
    return np.asarray(quotient(np.nansum(each, axis=1), (~np.isnan(each)).sum(axis=1)))


def _why(panel: Panel, machine: Array) -> str:
    """Of kappa, where it has no value."""
    there = ~np.isnan(machine)
    given = np.append(panel.scores[:, there][~np.isnan(panel.scores[:, there])], machine[there])
    return f"raters and judge gave {given[0]:g} to all items in common" if np.ptp(given) < _SAME else ""
