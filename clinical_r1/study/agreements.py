"""Tables of agreement: raters among themselves, and judges with raters beside the human ceiling.

A yes or no is nominal. A share is on an interval scale. A count has a zero and equal steps: the ratio level; there 0
beside 1 is as far apart as can be, so alpha at the interval level stands beside it.
"""

from collections.abc import Mapping
from math import isnan
from typing import Any

import pandas as pd

from clinical_r1.metrics import Form
from clinical_r1.stats.agreement import Level, agreement_intervals
from clinical_r1.stats.estimates import Estimate
from clinical_r1.study.draws import Draws
from clinical_r1.study.labelled import Panel

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


def agreement_tables(panels: Mapping[str, Panel], draws: Draws) -> dict[str, pd.DataFrame]:
    """Everything about agreement.

    Args:
        panels: Key -> panel.
        draws: How to resample.

    Returns:
        `raters`: a row a metric x statistic, of raters among themselves: `metric`, `label`, `level`, `statistic`,
        `statistic_label`, `value`, `low`, `high`, `n` (items), `raters`, `why` (there is no number), `method`.

        `agreement`: a row a judge x metric x statistic: the same of the judge with raters (mean over raters); and on
        the items and raters that make a fair comparison `raters_value` (the human ceiling), `judge_value` and
        `gap` (judge less raters), each with `_low` and `_high`, and `ceiling_why` there is none; `headline` marks the
        statistic that verdicts look at.
    """
    raters: list[dict[str, Any]] = []
    judges: list[dict[str, Any]] = []
    for panel in panels.values():
        found = {name: _intervals(panel, name, draws) for name in panel.judges or (None,)}
        of_raters = next(iter(found.values()))  # the same whoever the judge is
        if panel.metric.form == "count":
            interval = _intervals(panel, None, draws, "interval")
            of_raters = {**of_raters, "humans.alpha_interval": interval["humans.alpha"]}
        raters += _rows_of_raters(panel, of_raters)
        judges += [row for name in panel.judges for row in _rows_of_judge(panel, name, found[name])]
    return {"raters": pd.DataFrame(raters), "agreement": pd.DataFrame(judges)}


def _intervals(panel: Panel, judge: str | None, draws: Draws, level: Level | None = None) -> dict[str, Estimate]:
    return agreement_intervals(
        panel.humans,
        panel.judge(judge) if judge is not None else None,
        level=level or LEVELS[panel.metric.form],
        resamples=draws.resamples,
        seed=draws.seed,
        clusters=panel.clusters if len(panel.items) else None,
        item_weights=panel.item_weights if len(panel.items) else None,
    )


def _fits(panel: Panel, statistic: str) -> bool:
    return not (panel.metric.form == "share" and statistic in _NOT_OF_SHARES)


def _about(panel: Panel, statistic: str) -> dict[str, Any]:
    level = "interval" if statistic == "alpha_interval" else LEVELS[panel.metric.form]
    return {
        "metric": panel.key,
        "label": panel.metric.label,
        "form": panel.metric.form,
        "level": level,
        "statistic": statistic,
        "statistic_label": f"{STATISTICS[statistic]}, {level} level" if "alpha" in statistic else _label(statistic),
    }


def _label(statistic: str) -> str:
    return STATISTICS.get(statistic) or _MEAN_LABELS[statistic]


def _rows_of_raters(panel: Panel, found: Intervals) -> list[dict[str, Any]]:
    return [
        _about(panel, statistic) | {"raters": len(panel.raters)} | estimate_cells(found[f"humans.{statistic}"])
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
            | estimate_cells(found[f"judge.{statistic}"])
            | {name: cell for side, one in beside.items() for name, cell in ends(one, side).items()}
            | {"ceiling_why": _why_of(beside.get("gap")), "raters": len(panel.raters)}
        )
    for name, statistic in _OF_MEAN.items():
        if name in found:
            about = {
                "judge": judge,
                **_about(panel, statistic),
                "headline": False,
                "ceiling_why": "",
                "raters": len(panel.raters),
            }
            rows.append(about | estimate_cells(found[name]))
    return rows


def _why_of(estimate: Estimate | None) -> str:
    return str(estimate_cells(estimate)["why"]) if estimate is not None else ""


def estimate_cells(estimate: Estimate) -> dict[str, Any]:
    """An estimate as cells: `value`, `low`, `high`, `n`, `why` there is no number, `method`."""
    undefined = isnan(estimate.value)
    why = estimate.method.removeprefix("undefined").removeprefix("; ") or "not defined for these ratings"
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "why": why if undefined else "",
        "method": "" if undefined else estimate.method,
    }


def ends(estimate: Estimate, prefix: str) -> dict[str, float]:
    """An estimate as cells `prefix`, `prefix_low`, `prefix_high`."""
    stem = prefix.removesuffix("_value")
    return {prefix: estimate.value, f"{stem}_low": estimate.low, f"{stem}_high": estimate.high}
