"""Tables of agreement: among raters, of judges with raters beside the human ceiling, of judges with each other.

A yes or no is nominal, a share is on an interval scale, a count has a zero and equal steps: the ratio level. There 0
beside 1 is as far apart as can be, so alpha at the interval level stands beside it.

The agreement of a judge with each rater is a function of how often each item counts, from a few sums per item. Kappa
with quadratic weights needs no table of categories: its observed and chance disagreements are mean squared differences,
and the latter follow from sums and sums of squares of both sides. Of a yes or no it is Cohen's kappa.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.metrics import METRICS, Form
from clinical_r1.stats.agreement import Level, agreement_intervals, pooled_span_f1, rater_consistency
from clinical_r1.stats.estimates import Estimate, mean_of_defined, quotient
from clinical_r1.stats.families import holm
from clinical_r1.stats.paired import compare
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.ratings import NOTHING, Labelled, Panel, Panels, Places

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
    "spearman_mean": "Spearman's rank correlation with the raters' mean",
    "icc_a1_mean": "ICC(A,1) with the raters' mean",
}
"""Statistic -> what tables call it, in their order; those with the raters' mean are of judges alone."""
_OF_MEAN = {"judge.spearman_mean": "mean.spearman", "judge.icc_a1_mean": "mean.icc_a1"}
_NOT_OF_SHARES = ("kappa", "ac1", "within_one")


def headline(form: Form) -> str:
    """The agreement beyond chance that verdicts look at: of a yes or no, weights make no difference to kappa.

    Examples:
        >>> headline("any"), headline("count")
        ('kappa', 'kappa_quadratic')
    """
    return "kappa" if form == "any" else "kappa_quadratic"


def agreement_tables(panels: Panels, resampling: Resampling) -> dict[str, pd.DataFrame]:
    """Everything about agreement.

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
        number = {"raters": len(panel.raters)}
        raters += [about | number | explained(one) for about, one in _found(panel, of_raters, "humans").values()]
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
        clusters=panel.clusters,
        item_weights=panel.item_weights,
    )


def _found(panel: Panel, intervals: Mapping[str, Estimate], who: str) -> dict[str, tuple[dict[str, Any], Estimate]]:
    """Statistic -> cells that say what it is, and its estimate, of those that fit the metric."""
    found = {}
    for statistic, label in STATISTICS.items():
        name = _OF_MEAN.get(f"{who}.{statistic}", f"{who}.{statistic}")
        if name in intervals and not (panel.metric.form == "share" and statistic in _NOT_OF_SHARES):
            level = "interval" if statistic == "alpha_interval" else LEVELS[panel.metric.form]
            about = {
                **panel.about,
                "form": panel.metric.form,
                "level": level,
                "statistic": statistic,
                "statistic_label": f"{label}, {level} level" if "alpha" in statistic else label,
            }
            found[statistic] = about, intervals[name]
    return found


def _rows_of_judge(panel: Panel, judge: str, intervals: Mapping[str, Estimate]) -> list[dict[str, Any]]:
    rows = []
    for statistic, (about, estimate) in _found(panel, intervals, "judge").items():
        row = {"judge": judge, **about, "headline": statistic == headline(panel.metric.form)} | explained(estimate)
        for column, side in (("raters_value", "ceiling"), ("judge_value", "matched"), ("gap", "gap")):
            if one := intervals.get(f"{side}.{statistic}"):
                row |= ends(one, column)
        gap = intervals.get(f"gap.{statistic}")
        rows.append(row | {"ceiling_why": gap.why if gap else "", "raters": len(panel.raters)})
    return rows


# --- a judge with each rater, from sums -------------------------------------------------------------------------------
_SAME = 1e-9


def judge_with_raters(panel: Panel, judge: str, among: Array | None = None) -> Statistic:
    """Kappa with quadratic weights and the share of same values: means over raters.

    Args:
        panel: The ratings.
        judge: Whose values are compared with them.
        among: Items count only where this has a number, such as another judge's values; shape (items,).
    """
    names = ("kappa", "exact")
    machine = panel.judges[judge]
    machine = machine if among is None else np.where(np.isnan(among), np.nan, machine)
    items = ~np.isnan(machine) & ~np.isnan(panel.consensus)
    if not items.any():
        return Statistic(names, lambda often: np.full((len(often), 2), np.nan), (items, items), (NOTHING, NOTHING))
    there = ~np.isnan(panel.scores + machine)
    x, y = np.where(there, panel.scores, 0), np.where(there, machine, 0)
    parts = np.stack([there, x, y, x * x, y * y, (x - y) ** 2, there & (np.abs(x - y) < _SAME)], axis=-1, dtype=float)
    by_item = parts.swapaxes(0, 1).reshape(len(machine), -1)

    def of(often: Array) -> Array:
        n, x, y, xx, yy, apart, same = np.moveaxis((often @ by_item).reshape(len(often), *parts.shape[::2]), -1, 0)
        by_chance = n * (xx + yy) - 2 * x * y
        # what rounding leaves where both sides gave one value to all
        by_chance = np.where(by_chance > 1e-9 * np.maximum(n * (xx + yy), 1e-9), by_chance, 0)
        kappa = 1 - np.asarray(quotient(n * apart, by_chance))
        return np.column_stack([mean_of_defined(kappa.T), mean_of_defined(np.asarray(quotient(same, n)).T)])

    judged = panel.scores[:, ~np.isnan(machine)]
    given = np.append(judged[~np.isnan(judged)], machine[~np.isnan(machine)])
    why = f"raters and judge gave {given[0]:g} to all items in common" if np.ptp(given) < _SAME else ""
    return Statistic(names, of, (items, items), (why, ""))


# --- judges with each other -------------------------------------------------------------------------------------------
def rivals_table(panels: Panels, resampling: Resampling) -> pd.DataFrame:
    """Each pair of judges, metric by metric.

    Returns:
        A row per pair x metric: `a`, `b`, agreement beyond chance with raters `agreement_a`, `agreement_b`, its
        `difference` (b less a) with `low`, `high`; mean distance from raters `error_a`, `error_b`, the difference
        `error_difference` with `error_low`, `error_high`, `p_value` (sign-flip permutation over questions) and `p_holm`
        over all rows; `n`, `why`, `method`.
    """
    rows: list[dict[str, Any]] = []
    for panel in panels.values():
        for a, b in combinations(panel.judges, 2):
            rows.append({"a": a, "b": b} | panel.about | _rivals(panel, a, b, resampling))
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame["p_value"].to_numpy(dtype=float))) if rows else frame


def _rivals(panel: Panel, a: str, b: str, resampling: Resampling) -> dict[str, Any]:
    one = judge_with_raters(panel, a, panel.judges[b])
    other = judge_with_raters(panel, b, panel.judges[a])
    whys = tuple(second or first for first, second in zip(one.whys, other.whys, strict=True))
    apart = Statistic(one.names, lambda often: other.of(often) - one.of(often), one.items, whys)
    first, _, second, _, difference, _ = panel.figures([one, other, apart], resampling)
    found = {"agreement_a": first.value, "agreement_b": second.value, **explained(difference, "difference")}
    off_a, off_b = (np.abs(panel.judges[name] - panel.consensus) for name in (a, b))
    there = ~np.isnan(off_a + off_b)
    names = ("error_a", "error_b", "error_difference", "error_low", "error_high", "p_value")
    if not there.any():
        return found | dict.fromkeys(names, nan)
    error = compare(
        off_a[there], off_b[there], clusters=panel.places[there], resamples=resampling.resamples, seed=resampling.seed
    )
    values = (error.mean_a, error.mean_b, error.difference, error.low, error.high, error.p_value)
    return found | dict(zip(names, values, strict=True))


# --- hidden repeats ---------------------------------------------------------------------------------------------------
EVERYONE = "all raters"


def consistency_table(labelled: Labelled) -> pd.DataFrame:
    """How often raters gave an item that came back the same value.

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
        if not any(first[rater].keys() & again[rater].keys() for rater in ratings):
            continue
        for within in (0.0, 1.0) if METRICS[key].form == "count" else (0.0,):
            found = rater_consistency(first, again, within=within)
            about = {"metric": key, "label": METRICS[key].label, "within": within}
            each = {EVERYONE: found.pooled} | {rater: one for rater, one in found.raters.items() if one.n}
            rows += [about | {"rater": rater} | explained(one) for rater, one in each.items()]
    return pd.DataFrame(rows)


# --- marked places ----------------------------------------------------------------------------------------------------
def spans_table(labelled: Labelled) -> pd.DataFrame:
    """Whether two sides marked the same places: F1 of spans that share half of the longer one, pooled over pairs.

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
            about = {"who": who, "metric": metric, "label": METRICS[metric].label}
            pairs = [(one, other) for one, other in pairs if marked.get(one) and marked.get(other)]
            rows.append(about | _f1(labelled, marked, pairs))
    return pd.DataFrame(rows)


def _f1(
    labelled: Labelled, marked: Mapping[str, Mapping[str, Places]], pairs: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    if not pairs:
        empty = {"value": nan, "low": nan, "high": nan, "n": 0, "pairs": 0, "method": ""}
        return empty | {"why": "fewer than two sides marked spans of it (sheets have none)"}
    keys = {(one, other, item): item for one, other in pairs for item in marked[one] if item in marked[other]}
    found = pooled_span_f1(
        {key: marked[key[0]][item] for key, item in keys.items()},
        {key: marked[key[1]][item] for key, item in keys.items()},
        clusters={key: labelled.questions[item] for key, item in keys.items()},
        item_weights={key: labelled.weights[item] for key, item in keys.items()},
    )
    cells = explained(found) | {"pairs": len(pairs)}
    return cells | ({"why": "nobody marked any"} if cells["why"] else {})
