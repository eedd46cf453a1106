"""Judges against each other, on the items that both judged and raters rated."""

from collections.abc import Mapping
from itertools import combinations
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.stats.families import holm
from clinical_r1.stats.paired import PairedResult, compare
from clinical_r1.study.draws import Draws, difference, figures
from clinical_r1.study.labelled import Panel
from clinical_r1.study.pairs import judge_with_raters


def rivals_table(panels: Mapping[str, Panel], draws: Draws) -> pd.DataFrame:
    """Each pair of judges, metric by metric.

    Args:
        panels: Key -> panel.
        draws: How to resample, and how many permutations are drawn.

    Returns:
        A row a pair x metric: `a`, `b`, agreement beyond chance with raters `agreement_a`, `agreement_b`, its
        `difference` (b less a) with `low`, `high`; mean distance from raters `error_a`, `error_b`, the difference
        `error_difference` with `error_low`, `error_high`, `p_value` (sign-flip permutation over questions) and `p_holm`
        over all rows; `n`, `why`, `method`.
    """
    rows: list[dict[str, Any]] = []
    for panel in panels.values():
        for a, b in combinations(panel.judges, 2):
            about = {"a": a, "b": b, "metric": panel.key, "label": panel.metric.label}
            rows.append(about | _agreement(panel, a, b, draws) | _errors(panel, a, b, draws))
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame["p_value"].to_numpy(dtype=float))) if rows else frame


def _agreement(panel: Panel, a: str, b: str, draws: Draws) -> dict[str, Any]:
    one = judge_with_raters(panel, a, panel.judges[b])
    other = judge_with_raters(panel, b, panel.judges[a])
    first, _, second, _, apart, _ = figures(panel, [one, other, difference(other, one)], draws)
    return {
        "agreement_a": first.value,
        "agreement_b": second.value,
        "difference": apart.value,
        "low": apart.low,
        "high": apart.high,
        "n": apart.n,
        "why": apart.why,
        "method": apart.method,
    }


def _errors(panel: Panel, a: str, b: str, draws: Draws) -> dict[str, Any]:
    off_a, off_b = (np.abs(panel.judges[name] - panel.consensus) for name in (a, b))
    there = ~np.isnan(off_a + off_b)
    names = ("error_a", "error_b", "error_difference", "error_low", "error_high", "p_value")
    if not there.any():
        return dict.fromkeys(names, nan)
    found: PairedResult = compare(
        off_a[there], off_b[there], clusters=panel.places[there], resamples=draws.resamples, seed=draws.seed
    )
    values = (found.mean_a, found.mean_b, found.difference, found.low, found.high, found.p_value)
    return dict(zip(names, values, strict=True))
