"""Tables of a judge against raters: bias, limits of agreement, sensitivity, specificity, alternative annotator test."""

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.stats.agreement import AltTest, Scoring, alt_test_sweep, judge_rates
from clinical_r1.stats.coefficients import limits
from clinical_r1.stats.estimates import mean
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.draws import figures
from clinical_r1.study.ratings import Panel

EPSILONS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Margins of the sweep."""
_SPECKS = 3
"""Decimals to which points of one place are told apart."""


def _about(judge: str, panel: Panel) -> dict[str, Any]:
    return {"judge": judge, "metric": panel.key, "label": panel.metric.label, "form": panel.metric.form}


# --- bias -------------------------------------------------------------------------------------------------------------
def bias_tables(panels: Mapping[str, Panel], resampling: Resampling) -> dict[str, pd.DataFrame]:
    """How far judges are off, item by item, from the mean of raters.

    Args:
        panels: Key -> panel.
        resampling: For the intervals of limits.

    Returns:
        `bias`: a row per judge x metric: `value` (judge less raters) with `low`, `high`, `n`, `questions`, `why`,
        `method`; `mean_judge`, `mean_raters`; `limit_low` and `limit_high` (Bland and Altman's limits of agreement)
        with ends `_low` and `_high`, and `limits_why` there are none.

        `points`: a row per judge x metric x place of Bland and Altman's plot: `mean`, `difference`, `items` there.
    """
    lines, points = [], []
    for panel in panels.values():
        for judge in panel.judges:
            lines.append(_bias(judge, panel, resampling))
            points += _points(judge, panel)
    return {"bias": pd.DataFrame(lines), "points": pd.DataFrame(points)}


def _bias(judge: str, panel: Panel, resampling: Resampling) -> dict[str, Any]:
    human, machine = panel.consensus, panel.judges[judge]
    there = ~np.isnan(human - machine)
    off = mean((machine - human)[there], panel.places[there], weights=panel.weights[there])
    _, low, high = figures(panel, [limits(machine, human)], resampling)
    weights = panel.weights[there]
    means = {
        name: float(np.average(side[there], weights=weights)) if there.any() else nan
        for name, side in (("mean_judge", machine), ("mean_raters", human))
    }
    sides = ends(low, "limit_low") | ends(high, "limit_high")
    cells = explained(off) | {"questions": off.clusters}
    if not there.any():
        cells["why"] = "no item has both a rating and a value of the judge"
    return _about(judge, panel) | cells | means | sides | {"limits_why": low.why}


def _points(judge: str, panel: Panel) -> list[dict[str, Any]]:
    human, machine = panel.consensus, panel.judges[judge]
    there = ~np.isnan(human - machine)
    both = np.column_stack([(human + machine)[there] / 2, (machine - human)[there]]).round(_SPECKS)
    places, counts = np.unique(both, axis=0, return_counts=True) if len(both) else (both, np.zeros(0, dtype=int))
    return [
        _about(judge, panel) | {"mean": float(x), "difference": float(y) + 0.0, "items": int(count)}
        for (x, y), count in zip(places, counts, strict=True)
    ]


# --- sensitivity and specificity --------------------------------------------------------------------------------------
def binary_table(panels: Mapping[str, Panel]) -> pd.DataFrame:
    """Sensitivity, specificity and prevalence of "at least one instance", against the majority of raters.

    Args:
        panels: Key -> panel; shares are passed over.

    Returns:
        A row per judge x metric x `quantity` (sensitivity, specificity, prevalence, called): `value`, `low`, `high`,
        `n`, `why`, `method`, and `ties`, the items without a majority, which are left out.
    """
    rows = []
    for panel in panels.values():
        if panel.metric.form == "share" or _has_any(panel, panels):
            continue
        for judge in panel.judges:
            found = judge_rates(
                panel.humans,
                panel.judge(judge),
                clusters=panel.clusters,
                item_weights=panel.item_weights,
            )
            for quantity in QUANTITIES:
                cells = explained(getattr(found, quantity))
                if cells["why"]:
                    cells["why"] = _EMPTY[quantity] if len(panel.items) else "no item was rated"
                rows.append(_about(judge, panel) | {"quantity": quantity} | cells | {"ties": found.ties})
    return pd.DataFrame(rows)


QUANTITIES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "prevalence": "prevalence by raters",
    "called": "prevalence by the judge",
}
"""Quantity -> what tables call it."""
_EMPTY = {
    "sensitivity": "raters found none",
    "specificity": "raters found one in every item",
    "prevalence": "no item has both a majority and a value of the judge",
    "called": "no item has both a majority and a value of the judge",
}


def _has_any(panel: Panel, panels: Mapping[str, Panel]) -> bool:
    """Whether the yes or no of the same metric is a panel of its own."""
    of_base = [other.metric for other in panels.values() if other.metric.base == panel.metric.base]
    return panel.metric.form == "count" and any(metric.form == "any" for metric in of_base)


# --- alternative annotator test ---------------------------------------------------------------------------------------
def alt_test_tables(panels: Mapping[str, Panel], epsilon: float) -> dict[str, pd.DataFrame]:
    """The alternative annotator test at every margin, and rater by rater at the one that counts.

    Args:
        panels: Key -> panel.
        epsilon: The margin that counts.

    Returns:
        `alt_test`: a row per judge x metric x `epsilon`: winning rate `omega`, advantage probability `rho`, `raters`
        tested, `n` items, `scoring`, `chosen` (it is the margin that counts), `why` there is none.

        `annotators`: a row per judge x metric x `rater`: `rho_judge`, `rho_rater` (shares of items won, ties included),
        `n`, `p_value`, `p_adjusted` (Benjamini-Yekutieli), `won`, `why` the rater was not tested.
    """
    sweep, each = [], []
    for panel in panels.values():
        for judge in panel.judges:
            tests, why = _tested(panel, judge, epsilon)
            for margin in sorted({*EPSILONS, epsilon}):
                sweep.append(
                    _about(judge, panel) | {"epsilon": margin, "chosen": margin == epsilon} | _cells(tests, margin, why)
                )
            if epsilon in tests:
                each += [_about(judge, panel) | row for row in _by_rater(tests[epsilon])]
    return {"alt_test": pd.DataFrame(sweep), "annotators": pd.DataFrame(each)}


def _tested(panel: Panel, judge: str, epsilon: float) -> tuple[Mapping[float, AltTest], str]:
    scoring: Scoring = "accuracy" if panel.metric.form == "any" else "neg_rmse"
    try:
        margins = sorted({*EPSILONS, epsilon})
        clusters = panel.clusters
        return alt_test_sweep(panel.humans, panel.judge(judge), margins, scoring=scoring, clusters=clusters), ""
    except ValueError as error:  # too few raters or items, which it says
        return {}, str(error)


def _cells(tests: Mapping[float, AltTest], margin: float, why: str) -> dict[str, Any]:
    if margin not in tests:
        return {"omega": nan, "rho": nan, "raters": 0, "n": 0, "scoring": "", "why": why}
    found = tests[margin]
    counts = {"raters": len(found.annotators), "n": found.items}
    return {"omega": found.omega, "rho": found.rho, **counts, "scoring": found.scoring, "why": ""}


def _by_rater(found: AltTest) -> list[dict[str, Any]]:
    tested = [
        {
            "rater": rater,
            "rho_judge": one.rho_f,
            "rho_rater": one.rho_h,
            "n": one.n,
            "p_value": one.p_value,
            "p_adjusted": one.p_adjusted,
            "won": "yes" if one.rejected else "no",
            "why": "",
        }
        for rater, one in found.annotators.items()
    ]
    empty = {"rho_judge": nan, "rho_rater": nan, "n": 0, "p_value": nan, "p_adjusted": nan, "won": ""}
    return tested + [{"rater": rater, **empty, "why": why} for rater, why in found.left_out.items()]
