"""The 2 x 2 of reward and cold start, and accuracy against faithfulness."""

from collections.abc import Collection, Sequence
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
            rows = [_cell(group, metric, arm) for arm, group in arms.items()]
            if not all(row["n"] for row in rows):
                continue
            shown += rows
            if not metric.numerator:
                effects += [{"benchmark": benchmark, **row} for row in _effects(arms, metric, resampling)]
    return pd.DataFrame(shown), pd.DataFrame(effects)


Arms = dict[tuple[str, bool], Group]


def crowded(groups: Sequence[Group]) -> bool:
    """Whether a benchmark has all four arms, some of them several times, so that there is no one 2 x 2."""
    arms = {(g.run.benchmark, g.run.arm.reward, g.run.arm.cold_start) for g in groups}
    there = [benchmark for benchmark in {g.run.benchmark for g in groups} if _all_four(benchmark, arms)]
    return bool(there) and not _complete(groups)


def _all_four(benchmark: str, arms: Collection[tuple[str, str | None, bool | None]]) -> bool:
    return all((benchmark, reward, cold) in arms for reward, cold in product(REWARDS, (False, True)))


def _complete(groups: Sequence[Group]) -> dict[str, Arms]:
    """Benchmark -> its four arms, for benchmarks that have each of them once."""
    found: dict[str, dict[tuple[str, bool], list[Group]]] = {}
    for group in groups:
        arm = group.run.arm
        if arm.reward in REWARDS and arm.cold_start is not None:
            found.setdefault(group.run.benchmark, {}).setdefault((arm.reward, arm.cold_start), []).append(group)
    wanted = list(product(REWARDS, (False, True)))
    return {
        benchmark: {key: arms[key][0] for key in wanted}
        for benchmark, arms in found.items()
        if all(len(arms.get(key, ())) == 1 for key in wanted)
    }


def _cell(group: Group, metric: Metric, arm: tuple[str, bool]) -> dict[str, Any]:
    about = {"metric": metric.key, "label": metric.label, "reward": arm[0], "cold_start": arm[1]}
    return {**group.labels, **about, **cells(estimate(group, metric))}


def _effects(arms: Arms, metric: Metric, resampling: Resampling) -> list[dict[str, Any]]:
    """Effects over the responses that all four arms have."""
    table = pd.DataFrame({key: _indexed(group, metric.key) for key, group in arms.items()}).dropna()
    if table.empty:
        return []
    clusters = table.index.get_level_values("id").astype(str)
    columns = {key: table[key].to_numpy(dtype=float) for key in arms}
    pairs = {
        "CRPO instead of GRPO, no cold start": (columns["grpo", False], columns["crpo", False]),
        "CRPO instead of GRPO, after a cold start": (columns["grpo", True], columns["crpo", True]),
        "cold start, under GRPO": (columns["grpo", False], columns["grpo", True]),
        "cold start, under CRPO": (columns["crpo", False], columns["crpo", True]),
        "interaction": (
            columns["crpo", False] - columns["grpo", False],
            columns["crpo", True] - columns["grpo", True],
        ),
    }
    rows = []
    for effect, (a, b) in pairs.items():
        found = compare(a, b, clusters=clusters, resamples=resampling.resamples, seed=resampling.seed)
        rows.append(
            {
                "metric": metric.key,
                "label": metric.label,
                "effect": effect,
                "difference": found.difference,
                "low": found.low,
                "high": found.high,
                "p_value": found.p_value,
                "n": found.n,
                "questions": found.clusters,
                "method": found.method,
            }
        )
    return rows


def _indexed(group: Group, key: str) -> "pd.Series[float]":
    index = pd.MultiIndex.from_arrays([group.responses["id"].astype(str), group.responses["epoch"]])
    return pd.Series(group.column(key), index=index)


def tradeoff(groups: Sequence[Group]) -> pd.DataFrame:
    """Accuracy against what is measured of the reasoning.

    Returns:
        A row per run: `benchmark`, `checkpoint`, `k` (weight of accuracy; NaN where unknown), `series` (reward
        and cold start, where known), `accuracy`
        with its ends, `metric` (the first of `TRADED` that is measured everywhere), `label`, `value` with its ends,
        `n`; empty where none is.
    """
    metric = next((METRICS[key] for key in TRADED if _everywhere(groups, key)), None)
    if metric is None:
        return pd.DataFrame()
    rows = []
    for group in groups:
        right, against = estimate(group, METRICS["answer"]), estimate(group, metric)
        k = np.nan if group.run.arm.k is None else group.run.arm.k
        arm = group.run.arm
        series = f"{arm.reward}, {'cold start' if arm.cold_start else 'no cold start'}" if arm.reward else ""
        about = {"k": k, "series": series, "metric": metric.key, "label": metric.label, "n": against.n}
        made = {"n_accuracy": right.n, "method": against.method}
        rows.append({**group.labels, **about, **ends(right, "accuracy"), **ends(against, "value", "value_"), **made})
    return pd.DataFrame(rows)


def _everywhere(groups: Sequence[Group], key: str) -> bool:
    return bool(groups) and all(not np.isnan(group.column(key)).all() for group in groups)
