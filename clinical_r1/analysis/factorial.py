"""The 2 x 2 factorial design of reward and cold start, over training seeds, and accuracy against faithfulness."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.comparisons import counts, question_values
from clinical_r1.analysis.contrast import methods_of
from clinical_r1.analysis.judged import estimate
from clinical_r1.analysis.tables import Group, cells, ends
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.estimates import Estimate
from clinical_r1.stats.resampling import Resampling
from clinical_r1.stats.seeds import linear_contrast, ratio_of_means

REWARDS = ("grpo", "crpo")
ARMS = tuple(product(REWARDS, (False, True)))
"""Reward and whether there was a cold start, of the 2 x 2."""
EFFECTS = {
    "CRPO instead of GRPO, mean of both starts": ("main", (0.5, 0.5, 0, 0), (0, 0, 0.5, 0.5)),
    "CRPO instead of GRPO, no cold start": ("simple", (1, 0, 0, 0), (0, 0, 1, 0)),
    "CRPO instead of GRPO, after a cold start": ("simple", (0, 1, 0, 0), (0, 0, 0, 1)),
    "cold start, mean of both rewards": ("main", (0.5, 0, 0.5, 0), (0, 0.5, 0, 0.5)),
    "cold start, under GRPO": ("simple", (1, 0, 0, 0), (0, 1, 0, 0)),
    "cold start, under CRPO": ("simple", (0, 0, 1, 0), (0, 0, 0, 1)),
    "interaction": ("interaction", (-1, 0, 1, 0), (0, -1, 0, 1)),
}
"""Effect -> its kind, and the weights of `ARMS` in what is subtracted and in what it is subtracted from."""
TRADED = ("faithful_rate", "cecd_coverage")
"""What stands against accuracy: the first of them that is measured."""

Arms = dict[str, list[Group]]
"""Method -> its checkpoints on one benchmark, in the order of `ARMS`."""


def factorial(groups: Sequence[Group], resampling: Resampling) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The effects of the reward and of the cold start, where a benchmark has one method in each of the four arms.

    Methods are checkpoints that differ in their training seed alone (`clinical_r1.analysis.contrast.methods_of`).

    Returns:
        Cells, a row per benchmark x primary metric x arm: `benchmark`, `metric`, `label`, `reward`, `cold_start`,
        `checkpoint` (the method), `seeds`, `value`, `low`, `high`, `n`, …; and effects, a row per benchmark x primary
        metric x effect, over questions that all four arms have: `benchmark`, `metric`, `label`, `effect`, `kind`
        (`main`, `simple`, `interaction`), `mean_a`, `mean_b` (of the interaction: the effect of the reward without and
        after a cold start), `difference` (b - a), `low`, `high`, `p_value`, `ratio` (b / a; of the interaction, the
        ratio of the two ratios), `ratio_low`, `ratio_high`, `why` there is no ratio, `n` (responses of the arm with
        fewest), `questions`, `seeds` (per arm, one number where all have as many), `method`.
    """
    shown: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    for benchmark, arms in _complete(groups).items():
        for metric in (one for one in METRICS.values() if one.primary):
            about = {"benchmark": benchmark, "metric": metric.key, "label": metric.label}
            rows = [
                {**about, "reward": reward, "cold_start": cold, "checkpoint": name, **_cells(side, metric, resampling)}
                for (reward, cold), (name, side) in zip(ARMS, arms.items(), strict=True)
            ]
            if all(row["n"] for row in rows):
                shown += rows
                effects += [{**about, **row} for row in _effects(list(arms.values()), metric, resampling)]
    return pd.DataFrame(shown), pd.DataFrame(effects)


def crowded(groups: Sequence[Group]) -> bool:
    """Whether a benchmark has all four arms, one of them with several methods, so that there is no one 2 x 2."""
    return bool(_all_four(groups)) and not _complete(groups)


def _complete(groups: Sequence[Group]) -> dict[str, Arms]:
    """Benchmark -> its four arms, for benchmarks that have one method in each of them."""
    return {
        benchmark: {name: side for methods in arms for name, side in methods.items()}
        for benchmark, arms in _all_four(groups).items()
        if all(len(methods) == 1 for methods in arms)
    }


def _all_four(groups: Sequence[Group]) -> dict[str, list[Arms]]:
    """Benchmark -> the methods of each arm, for benchmarks that have all four."""
    by_run = {group.run.index: group for group in groups}
    found: dict[str, dict[tuple[str | None, bool | None], Arms]] = {}
    for name, runs in methods_of([group.run for group in groups]).items():
        for run in runs:
            arms = found.setdefault(run.benchmark, {})
            methods = arms.setdefault((runs[0].arm.reward, runs[0].arm.cold_start), {})
            methods.setdefault(name, []).append(by_run[run.index])
    return {benchmark: [arms[arm] for arm in ARMS] for benchmark, arms in found.items() if arms.keys() >= set(ARMS)}


def _cells(side: list[Group], metric: Metric, resampling: Resampling) -> dict[str, Any]:
    """The mean of an arm: of one checkpoint, or of its seeds."""
    [values] = question_values([side], metric)
    if len(side) == 1 or values.empty:
        return {"seeds": 1, **cells(estimate(side[0], metric))}
    found = linear_contrast([values.to_numpy(dtype=float)], [0], [1], **asdict(resampling))
    low, high = np.clip([found.low, found.high], 0, 1)
    counted = counts([side], metric)
    made = Estimate(found.difference, low, high, counted["n"], found.n, counted["unscored"], found.method)
    return {"seeds": found.seeds_b, **cells(made)}


def _effects(sides: list[list[Group]], metric: Metric, resampling: Resampling) -> Iterator[dict[str, Any]]:
    """Effects over the questions that all four arms have."""
    tables = question_values(sides, metric)
    every = reduce(pd.Index.intersection, [table.columns for table in tables]).sort_values()
    judges = {getattr(group.run, f"{metric.judge}_judge", None) for side in sides for group in side}
    if not len(every) or len(judges) > 1:
        return
    arms = [table[every].dropna(how="all").to_numpy(dtype=float) for table in tables]
    seeds, n = [str(len(arm)) for arm in arms], counts(sides, metric)["n"]
    for effect, (kind, *weights) in EFFECTS.items():
        a, b = np.array(weights, dtype=float)
        found = linear_contrast(arms, a, b, **asdict(resampling))
        low, high = np.clip([found.low, found.high], -abs(a).sum(), abs(a).sum())
        parts = ((b, -a), (a, -b))
        ratio = ratio_of_means(arms, *([np.maximum(one, 0) for one in side if one.max() > 0] for side in parts))
        yield {
            **{"effect": effect, "kind": kind, "mean_a": found.mean_a, "mean_b": found.mean_b},
            **{"difference": found.difference, "low": low, "high": high, "p_value": found.p_value},
            **{**ends(ratio, "ratio"), "why": ratio.why, "n": n, "questions": found.clusters},
            **{"seeds": seeds[0] if len(set(seeds)) == 1 else ", ".join(seeds)},
            "method": f"{found.method}; ratio: {ratio.method}",
        }


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
