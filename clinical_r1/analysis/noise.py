"""How much of an interval is the judge's own noise, where it judged each response several times.

The mean over M draws of a response varies by s^2 / M from pass to pass, s^2 being the variance between its draws. Draws
of different responses are independent, so that over all responses of a figure these variances, weighted as the figure
weights responses, add up to the judge's part of its variance between questions, the square of its standard error.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.judged import estimate
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Array, Group, ends
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.estimates import Estimate

Questions = NDArray[np.int64]


def judge_noise(groups: Sequence[Group], comparisons: Sequence[Comparison], paired: pd.DataFrame) -> pd.DataFrame:
    """The judge's part of the variance of figures and differences.

    Args:
        groups: The runs.
        comparisons: See `clinical_r1.analysis.sides`.
        paired: See `clinical_r1.analysis.comparisons.paired`.

    Returns:
        A row per primary metric of each run and each comparison that was judged in several draws: `benchmark`, `of`
        (the checkpoint, or b − a), `metric`, `label`, `draws`, `value`, `low`, `high`, `n`, `standard_error`, `noise`
        (the standard error by the judge's noise alone), `noise_share` (of the variance, in [0, 1]) and
        `one_draw_share` (what it would be of a single draw).
    """
    by_run = {group.run.index: group for group in groups}
    rows = [row for group in groups for row in _of_run(group)]
    for one in comparisons:
        found = paired[(paired["a"] == one.a) & (paired["b"] == one.b) & (paired["benchmark"] == one.benchmark)]
        sides = [[by_run[run.index] for run in runs] for runs in (one.runs_a, one.runs_b)]
        rows += _of_difference(sides, found[found["prompts"] == one.prompts].to_dict("records"))
    return pd.DataFrame(rows)


def _of_run(group: Group) -> Iterator[dict[str, Any]]:
    for metric in _judged_in_draws([group]):
        found = estimate(group, metric)
        variance = _variance(group, metric)
        yield _row(group, str(group.run.checkpoint), metric, found, variance)


def _of_difference(sides: Sequence[Sequence[Group]], rows: Sequence[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    every = [group for side in sides for group in side]
    metrics = {metric.key: metric for metric in _judged_in_draws(every)}
    for row in rows:
        if (metric := metrics.get(str(row["metric"]))) is None or not row["n"]:
            continue
        there = [group.clusters[_scored(group, metric)] for group in every]
        shared = reduce(np.intersect1d, there)
        parts = [np.mean([_variance(group, metric, shared) for group in side]) / len(side) for side in sides]
        found = Estimate(row["difference"], row["low"], row["high"], row["n"], standard_error=row["standard_error"])
        yield _row(every[0], f"{row['b']} − {row['a']}", metric, found, float(sum(parts)))


def _judged_in_draws(groups: Sequence[Group]) -> Iterator[Metric]:
    """The metrics of which all of some runs have numbers of several draws."""
    for metric in METRICS.values():
        if metric.primary and all(np.isfinite(group.column(f"{metric.key}_noise")).any() for group in groups):
            yield metric


def _row(group: Group, of: str, metric: Metric, found: Estimate, variance: float) -> dict[str, Any]:
    draws = float(np.nanmean(group.column(f"{metric.judge}_draws")))
    whole = found.standard_error**2
    return {
        "benchmark": group.run.benchmark,
        "of": of,
        "metric": metric.key,
        "label": metric.label,
        "draws": draws,
        **ends(found),
        "n": found.n,
        "standard_error": found.standard_error,
        "noise": sqrt(variance),
        "noise_share": _share(variance, whole),
        "one_draw_share": _share(draws * variance, whole + (draws - 1) * variance),
    }


def _share(part: float, whole: float) -> float:
    if isnan(whole) or not whole > 0:
        return nan if isnan(whole) or part > 0 else 0.0
    return min(1.0, part / whole)


def _scored(group: Group, metric: Metric) -> NDArray[np.bool_]:
    keys = [metric.numerator, metric.denominator] if metric.numerator and metric.denominator else [metric.key]
    rows: NDArray[np.bool_] = np.logical_and.reduce([np.isfinite(group.column(key)) for key in keys])
    return rows


def _variance(group: Group, metric: Metric, questions: Questions | None = None) -> float:
    """Of a run's figure by the judge's noise alone: over all responses, or as the mean over some questions' means."""
    rows = _scored(group, metric)
    if questions is not None:
        rows &= np.isin(group.clusters, questions)
    kept = group.within(rows)
    _, question, epochs = np.unique(kept.clusters, return_inverse=True, return_counts=True)
    weights = np.ones(rows.sum()) if questions is None else 1.0 / epochs[question]
    below = kept.column(metric.denominator) if metric.denominator else np.ones(rows.sum())
    total = float((weights * below).sum())
    noise = _noise(kept, metric, weights)
    noise[np.isnan(noise)] = np.nanmean(noise)  # a single draw of it could be read
    return float((weights**2 * noise).sum()) / total**2 if total > 0 else nan


def _noise(group: Group, metric: Metric, weights: Array) -> Array:
    """Variance by the judge's noise of what each response adds to the figure; of a rate, linearised."""
    if not (metric.numerator and metric.denominator):
        return group.column(f"{metric.key}_noise").copy()
    above, below = (group.column(key) for key in (metric.numerator, metric.denominator))
    rate = (weights * above).sum() / ((weights * below).sum() or nan)
    names = (metric.numerator, metric.key, metric.denominator)
    of_above, together, of_below = (group.column(f"{name}_noise") for name in names)
    linear: Array = of_above - 2 * rate * together + rate**2 * of_below
    return linear
