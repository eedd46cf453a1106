"""The 2 x 2 factorial design of reward and cold start, and accuracy against faithfulness."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.judged import estimate
from clinical_r1.analysis.tables import Group, cells, ends
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.paired import compare
from clinical_r1.stats.resampling import Resampling

REWARDS = ("grpo", "crpo")
ARMS = tuple(product(REWARDS, (False, True)))
"""Reward and whether there was a cold start, of the 2 x 2."""
TRADED = ("faithful_rate", "cecd_coverage")
"""What stands against accuracy: the first of them that is measured."""


def factorial(groups: Sequence[Group], resampling: Resampling) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The effects of the reward and of the cold start, where a benchmark has all four arms once.

    Returns:
        Cells, a row per benchmark x primary metric x arm: `benchmark`, `metric`, `label`, `reward`, `cold_start`,
        `checkpoint`, `value`, `low`, `high`, `n`, …; and effects, a row per benchmark x primary metric x effect:
        `benchmark`, `metric`, `label`, `effect`, `difference`, `low`, `high`, `p_value`, `n`, `questions`, `method`
        (shares of sums are left out there).
    """
    shown: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    for benchmark, arms in _complete(groups).items():
        for metric in (one for one in METRICS.values() if one.primary):
            about = {"metric": metric.key, "label": metric.label}
            rows = [
                {**group.labels, **about, "reward": reward, "cold_start": cold, **cells(estimate(group, metric))}
                for (reward, cold), group in arms.items()
            ]
            if not all(row["n"] for row in rows):
                continue
            shown += rows
            if not metric.numerator:
                effects += [{"benchmark": benchmark, **row} for row in _effects(arms, metric, resampling)]
    return pd.DataFrame(shown), pd.DataFrame(effects)


Arms = dict[tuple[str, bool], Group]


def crowded(groups: Sequence[Group]) -> bool:
    """Whether a benchmark has all four arms, some of them several times, so that there is no one 2 x 2."""
    return bool(_all_four(groups)) and not _complete(groups)


def _complete(groups: Sequence[Group]) -> dict[str, Arms]:
    """Benchmark -> its four arms, for benchmarks that have each of them once."""
    return {
        benchmark: {key: those[0] for key, those in arms.items()}
        for benchmark, arms in _all_four(groups).items()
        if all(len(those) == 1 for those in arms.values())
    }


def _all_four(groups: Sequence[Group]) -> dict[str, dict[tuple[str, bool], list[Group]]]:
    """Benchmark -> its arms and the checkpoints of each, for benchmarks that have all four."""
    found: dict[str, dict[tuple[str, bool], list[Group]]] = {}
    for group in groups:
        arm = group.run.arm
        if arm.reward in REWARDS and arm.cold_start is not None:
            found.setdefault(group.run.benchmark, {}).setdefault((arm.reward, arm.cold_start), []).append(group)
    return {benchmark: {arm: arms[arm] for arm in ARMS} for benchmark, arms in found.items() if len(arms) == len(ARMS)}


def _effects(arms: Arms, metric: Metric, resampling: Resampling) -> list[dict[str, Any]]:
    """Effects over the responses that all four arms have."""
    columns = {}
    for key, group in arms.items():
        index = pd.MultiIndex.from_arrays([group.responses["id"].astype(str), group.responses["epoch"]])
        columns[key] = pd.Series(group.column(metric.key), index=index)
    table = pd.DataFrame(columns).dropna()
    if table.empty:
        return []
    clusters = table.index.get_level_values("id").astype(str)
    grpo, cold_grpo, crpo, cold_crpo = (table[arm].to_numpy(dtype=float) for arm in ARMS)
    pairs = {
        "CRPO instead of GRPO, no cold start": (grpo, crpo),
        "CRPO instead of GRPO, after a cold start": (cold_grpo, cold_crpo),
        "cold start, under GRPO": (grpo, cold_grpo),
        "cold start, under CRPO": (crpo, cold_crpo),
        "interaction": (crpo - grpo, cold_crpo - cold_grpo),
    }
    rows = []
    for effect, (a, b) in pairs.items():
        found = compare(a, b, clusters=clusters, **asdict(resampling))
        numbers = {name: getattr(found, name) for name in ("difference", "low", "high", "p_value", "n")}
        made = {"questions": found.clusters, "method": found.method}
        rows.append({"metric": metric.key, "label": metric.label, "effect": effect, **numbers, **made})
    return rows


def tradeoff(groups: Sequence[Group]) -> pd.DataFrame:
    """Accuracy against what is measured of the reasoning.

    Returns:
        A row per run: `benchmark`, `checkpoint`, `k` (weight of accuracy; NaN where unknown), `series` (reward
        and cold start, where known), `accuracy` with its ends, `metric` (the first of `TRADED` that is measured
        everywhere), `label`, `value` with its ends, `n`; empty where none is.
    """
    everywhere = [key for key in TRADED if all(not np.isnan(group.column(key)).all() for group in groups)]
    if not groups or not everywhere:
        return pd.DataFrame()
    metric = METRICS[everywhere[0]]
    rows = []
    for group in groups:
        right, against = estimate(group, METRICS["answer"]), estimate(group, metric)
        arm = group.run.arm
        k = np.nan if arm.k is None else arm.k
        series = f"{arm.reward}, {'cold start' if arm.cold_start else 'no cold start'}" if arm.reward else ""
        about = {"k": k, "series": series, "metric": metric.key, "label": metric.label, "n": against.n}
        made = {"n_accuracy": right.n, "method": against.method}
        rows.append({**group.labels, **about, **ends(right, "accuracy"), **ends(against, "value", "value_"), **made})
    return pd.DataFrame(rows)
