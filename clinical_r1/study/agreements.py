"""Tables of agreement: raters among themselves, judges with raters beside the human ceiling, judges with each other.

A yes or no is nominal. A share is on an interval scale. A count has a zero and equal steps: the ratio level; there 0
beside 1 is as far apart as can be, so alpha at the interval level stands beside it.

A judge with each rater is a function of how often each item counts, from a few sums an item. Kappa with quadratic
weights needs no table of categories: its observed and chance disagreements are mean squared differences, and the latter
follow from sums and sums of squares of both sides. For a yes or no it is Cohen's kappa.
"""

from collections.abc import Mapping
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.metrics import METRICS, Form
from clinical_r1.stats.agreement import Consistency, Level, agreement_intervals, pooled_span_f1, rater_consistency
from clinical_r1.stats.estimates import Estimate, quotient
from clinical_r1.stats.families import holm
from clinical_r1.stats.paired import PairedResult, compare
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.draws import NOTHING, difference, figures
from clinical_r1.study.ratings import Labelled, Panel, Values

# --- numbers ----------------------------------------------------------------------------------------------------------
# --- raters, and judges with raters -----------------------------------------------------------------------------------
LEVELS: dict[Form, Level] = {"any": "nominal", "share": "interval", "count": "ratio"}
"""Form of a metric -> the level of its numbers."""

STATISTICS = {
    "alpha": "Krippendorff's alpha",
    "alpha_interval": "Krippendorff's alpha",
    "kappa": "Cohen's kappa",
    "kappa_linear": "Cohen's kappa, linear weights",
    "kappa_quadratic": "Cohen's kappa, quadratic weights",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2, quadratic weights",
    "icc_a1": "ICC(A,1), items that all rated",
    "icc_a1_all": "ICC(A,1), all ratings",
    "spearman": "Spearman's rank correlation",
    "exact": "same value",
    "within_one": "at most 1 apart",
}
"""Statistic -> what tables call it, in their order."""
_NOT_OF_SHARES = ("kappa", "ac1", "within_one")
_OF_MEAN = {"mean.spearman": "spearman_mean", "mean.icc_a1": "icc_a1_mean"}
_MEAN_LABELS = {
    "spearman_mean": "Spearman's rank correlation with the raters' mean",
    "icc_a1_mean": "ICC(A,1) with the raters' mean",
}

Intervals = Mapping[str, Estimate]
"""As `clinical_r1.stats.agreement.agreement_intervals` gives them."""


def headline(form: Form) -> str:
    """The agreement beyond chance that verdicts look at: of a yes or no, weights make no difference to kappa.

    Examples:
        >>> headline("any"), headline("count")
        ('kappa', 'kappa_quadratic')
    """
    return "kappa" if form == "any" else "kappa_quadratic"


def agreement_tables(panels: Mapping[str, Panel], resampling: Resampling) -> dict[str, pd.DataFrame]:
    """Everything about agreement.

    Args:
        panels: Key -> panel.
        resampling: How to resample.

    Returns:
        `raters`: a row per metric x statistic, of raters among themselves: `metric`, `label`, `level`, `statistic`,
        `statistic_label`, `value`, `low`, `high`, `n` (items), `raters`, `why` (there is no number), `method`.

        `agreement`: a row per judge x metric x statistic: the same of the judge with raters (mean over raters); and on
        the items and raters that make a fair comparison `raters_value` (the human ceiling), `judge_value` and
        `gap` (judge less raters), each with `_low` and `_high`, and `ceiling_why` there is none; `headline` marks the
        statistic that verdicts look at.
    """
    raters: list[dict[str, Any]] = []
    judges: list[dict[str, Any]] = []
    for panel in panels.values():
        found = {name: _intervals(panel, name, resampling) for name in panel.judges or (None,)}
        of_raters = next(iter(found.values()))  # the same whoever the judge is
        if panel.metric.form == "count":
            interval = _intervals(panel, None, resampling, "interval")
            of_raters = {**of_raters, "humans.alpha_interval": interval["humans.alpha"]}
        raters += _rows_of_raters(panel, of_raters)
        judges += [row for name in panel.judges for row in _rows_of_judge(panel, name, found[name])]
    return {"raters": pd.DataFrame(raters), "agreement": pd.DataFrame(judges)}


def _intervals(
    panel: Panel, judge: str | None, resampling: Resampling, level: Level | None = None
) -> dict[str, Estimate]:
    return agreement_intervals(
        panel.humans,
        panel.judge(judge) if judge is not None else None,
        level=level or LEVELS[panel.metric.form],
        resamples=resampling.resamples,
        seed=resampling.seed,
        clusters=panel.clusters if len(panel.items) else None,
        item_weights=panel.item_weights if len(panel.items) else None,
    )


def _fits(panel: Panel, statistic: str) -> bool:
    return not (panel.metric.form == "share" and statistic in _NOT_OF_SHARES)


def _about(panel: Panel, statistic: str) -> dict[str, Any]:
    level = "interval" if statistic == "alpha_interval" else LEVELS[panel.metric.form]
    label = (STATISTICS | _MEAN_LABELS)[statistic]
    return {
        "metric": panel.key,
        "label": panel.metric.label,
        "form": panel.metric.form,
        "level": level,
        "statistic": statistic,
        "statistic_label": f"{label}, {level} level" if "alpha" in statistic else label,
    }


def _rows_of_raters(panel: Panel, found: Intervals) -> list[dict[str, Any]]:
    return [
        _about(panel, statistic) | {"raters": len(panel.raters)} | explained(found[f"humans.{statistic}"])
        for statistic in STATISTICS
        if f"humans.{statistic}" in found and _fits(panel, statistic)
    ]


def _rows_of_judge(panel: Panel, judge: str, found: Intervals) -> list[dict[str, Any]]:
    rows = []
    for statistic in STATISTICS:
        if f"judge.{statistic}" not in found or not _fits(panel, statistic):
            continue
        sides = {"raters_value": "ceiling", "judge_value": "matched", "gap": "gap"}
        beside = {name: found[f"{side}.{statistic}"] for name, side in sides.items() if f"{side}.{statistic}" in found}
        rows.append(
            {"judge": judge, **_about(panel, statistic), "headline": statistic == headline(panel.metric.form)}
            | explained(found[f"judge.{statistic}"])
            | {name: cell for side, one in beside.items() for name, cell in ends(one, side).items()}
            | {"ceiling_why": beside["gap"].why if "gap" in beside else "", "raters": len(panel.raters)}
        )
    for name, statistic in _OF_MEAN.items():
        if name in found:
            about = {"judge": judge, **_about(panel, statistic), "headline": False, "ceiling_why": ""}
            rows.append(about | {"raters": len(panel.raters)} | explained(found[name]))
    return rows


# --- a judge with each rater, from sums -------------------------------------------------------------------------------
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


# --- judges with each other -------------------------------------------------------------------------------------------
def rivals_table(panels: Mapping[str, Panel], resampling: Resampling) -> pd.DataFrame:
    """Each pair of judges, metric by metric.

    Args:
        panels: Key -> panel.
        resampling: How to resample, and how many permutations are drawn.

    Returns:
        A row per pair x metric: `a`, `b`, agreement beyond chance with raters `agreement_a`, `agreement_b`, its
        `difference` (b less a) with `low`, `high`; mean distance from raters `error_a`, `error_b`, the difference
        `error_difference` with `error_low`, `error_high`, `p_value` (sign-flip permutation over questions) and `p_holm`
        over all rows; `n`, `why`, `method`.
    """
    rows: list[dict[str, Any]] = []
    for panel in panels.values():
        for a, b in combinations(panel.judges, 2):
            about = {"a": a, "b": b, "metric": panel.key, "label": panel.metric.label}
            rows.append(about | _agreement(panel, a, b, resampling) | _errors(panel, a, b, resampling))
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame["p_value"].to_numpy(dtype=float))) if rows else frame


def _agreement(panel: Panel, a: str, b: str, resampling: Resampling) -> dict[str, Any]:
    one = judge_with_raters(panel, a, panel.judges[b])
    other = judge_with_raters(panel, b, panel.judges[a])
    first, _, second, _, apart, _ = figures(panel, [one, other, difference(other, one)], resampling)
    return {"agreement_a": first.value, "agreement_b": second.value, **explained(apart, "difference")}


def _errors(panel: Panel, a: str, b: str, resampling: Resampling) -> dict[str, Any]:
    off_a, off_b = (np.abs(panel.judges[name] - panel.consensus) for name in (a, b))
    there = ~np.isnan(off_a + off_b)
    names = ("error_a", "error_b", "error_difference", "error_low", "error_high", "p_value")
    if not there.any():
        return dict.fromkeys(names, nan)
    found: PairedResult = compare(
        off_a[there], off_b[there], clusters=panel.places[there], resamples=resampling.resamples, seed=resampling.seed
    )
    values = (found.mean_a, found.mean_b, found.difference, found.low, found.high, found.p_value)
    return dict(zip(names, values, strict=True))


# --- places -----------------------------------------------------------------------------------------------------------
OVERLAP = 0.5
"""Share of the longer of two spans that both must cover to be one."""
EVERYONE = "all raters"

Places = Mapping[str, tuple[tuple[int, int], ...]]


# --- hidden repeats ---------------------------------------------------------------------------------------------------
def consistency_table(labelled: Labelled) -> pd.DataFrame:
    """How often raters gave an item that came back the same value.

    Args:
        labelled: The study.

    Returns:
        A row per metric x `rater` (and `EVERYONE`) x `within` (0, for counts also 1): `value`, `low`, `high`, `n`
        repeats, `why`, `method`; no row for metrics without a repeat.
    """
    rows: list[dict[str, Any]] = []
    repeat_of = labelled.repeat_of
    for key in labelled.keys:
        ratings = labelled.ratings.get(key, {})
        first = {rater: {item: v for item, v in row.items() if item not in repeat_of} for rater, row in ratings.items()}
        again = {rater: {repeat_of[i]: v for i, v in row.items() if i in repeat_of} for rater, row in ratings.items()}
        if not any(_both(first[rater], again[rater]) for rater in ratings):
            continue
        for within in (0.0, 1.0) if METRICS[key].form == "count" else (0.0,):
            rows += _rows(key, within, rater_consistency(first, again, within=within))
    return pd.DataFrame(rows)


def _both(first: Values, again: Values) -> bool:
    return any(item in first for item in again)


def _rows(key: str, within: float, found: Consistency) -> list[dict[str, Any]]:
    about = {"metric": key, "label": METRICS[key].label, "within": within}
    each = {rater: one for rater, one in found.raters.items() if one.n}
    return [about | {"rater": rater} | explained(one) for rater, one in {EVERYONE: found.pooled, **each}.items()]


# --- marked places ----------------------------------------------------------------------------------------------------
def spans_table(labelled: Labelled) -> pd.DataFrame:
    """Whether two sides marked the same places: F1 of spans that overlap by `OVERLAP`, pooled over pairs of sides.

    Args:
        labelled: The study.

    Returns:
        A row per metric (one of `Labelled.metrics`) x `who` ("raters" among themselves, or a judge with them): `value`,
        `low`, `high`, `n` (comparisons: items x pairs), `pairs`, `why`, `method`.
    """
    rows = []
    known = set(labelled.originals.index)
    for metric in labelled.metrics:
        marked = {
            who: {item: spans for item, spans in by_metric.get(metric, {}).items() if item in known}
            for who, by_metric in labelled.spans.items()
        }
        raters = [who for who in labelled.raters if marked.get(who)]
        sides = {"raters": list(combinations(raters, 2))}
        sides |= {judge: [(judge, rater) for rater in raters] for judge in labelled.judges}
        for who, pairs in sides.items():
            pairs = [(one, other) for one, other in pairs if marked.get(one) and marked.get(other)]
            label = METRICS[metric].label
            rows.append({"who": who, "metric": metric, "label": label} | _f1(labelled, marked, pairs))
    return pd.DataFrame(rows)


def _f1(labelled: Labelled, marked: Mapping[str, Places], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    if not pairs:
        empty = {"value": nan, "low": nan, "high": nan, "n": 0, "pairs": 0, "method": ""}
        return empty | {"why": "fewer than two sides marked spans of it (sheets have none)"}
    keys = {(one, other, item): item for one, other in pairs for item in marked[one] if item in marked[other]}
    found = pooled_span_f1(
        {key: marked[key[0]][item] for key, item in keys.items()},
        {key: marked[key[1]][item] for key, item in keys.items()},
        OVERLAP,
        clusters={key: labelled.questions[item] for key, item in keys.items()},
        item_weights={key: labelled.weights[item] for key, item in keys.items()},
    )
    cells = explained(found) | {"pairs": len(pairs)}
    return cells | ({"why": "nobody marked any"} if cells["why"] else {})
