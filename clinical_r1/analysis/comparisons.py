"""Paired differences between two sides, metric by metric, and the family of tests that they are.

The family is declared before anything is looked at: every comparison on the page x every benchmark x one primary form
a metric (`METRICS`). Its p-values are corrected together, by Holm for the words "beyond chance", and by Benjamini and
Yekutieli beside it. Everything else in the table is described, not tested.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.arms import Comparison
from clinical_r1.analysis.judged import BOUNDED
from clinical_r1.analysis.rows import Array, Group
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.combine import combine
from clinical_r1.stats.families import benjamini_yekutieli, holm
from clinical_r1.stats.paired import PairedResult, compare_many, compare_ratios
from clinical_r1.stats.seeds import compare_seeds

ALPHA = 0.05
"""Error rate of a family."""
ALL = "all benchmarks"
"""Where benchmarks are combined, each with the same weight."""


@dataclass(frozen=True)
class Draws:
    """The random part of comparisons."""

    resamples: int = 10_000
    seed: int = 0


def paired(
    comparisons: Sequence[Comparison],
    groups: Mapping[int, Group],
    draws: Draws,
    metrics: Collection[Metric] = METRICS.values(),
) -> pd.DataFrame:
    """All comparisons.

    Args:
        comparisons: See `clinical_r1.analysis.arms`.
        groups: Run -> its responses.
        draws: Resamples and seed.
        metrics: What is compared.

    Returns:
        A row a comparison x metric, and one a metric for all benchmarks together where there are several: `a`, `b`,
        `benchmark`, `prompts`, `metric`, `base`, `form`, `label`, `better`, `primary`, `n` (pairs), `questions`,
        `unscored` (pairs left out), `mean_a`, `mean_b`, `difference` (b - a), `low`, `high`, `p_value`,
        `standard_error`, `effect_size`, `mde` (smallest difference found with 80 % power), `p_holm`, `q_by` (primary
        forms alone), `verdict` (`higher`, `lower`, `no difference shown`, `not tested` (too few), `described`,
        `not measured`), `seeds_a`,
        `seeds_b`, `method`.
    """
    rows = [row for comparison in comparisons for row in _rows(comparison, groups, draws, metrics)]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    family = frame["primary"] & frame["p_value"].notna()
    frame["p_holm"] = frame["q_by"] = np.nan
    frame.loc[family, "p_holm"] = holm(frame.loc[family, "p_value"].to_numpy())
    frame.loc[family, "q_by"] = benjamini_yekutieli(frame.loc[family, "p_value"].to_numpy())
    frame["verdict"] = [_verdict(row) for row in frame.to_dict("records")]
    combined = _combined(frame)
    return pd.concat([frame, combined], ignore_index=True) if len(combined) else frame


def _verdict(row: Mapping[Any, Any]) -> str:
    if not row["n"]:
        return "not measured"
    if not row["primary"]:
        return "described"
    if np.isnan(row["p_value"]):
        return "not tested"
    if row["p_holm"] < ALPHA:
        return "higher" if row["difference"] > 0 else "lower"
    return "no difference shown"


def _rows(
    comparison: Comparison, groups: Mapping[int, Group], draws: Draws, wanted: Collection[Metric]
) -> Iterator[dict[str, Any]]:
    metrics = [metric for metric in wanted if comparable(metric, comparison)]
    side_a, side_b = ([groups[run.index] for run in runs] for runs in (comparison.runs_a, comparison.runs_b))
    if max(len(side_a), len(side_b)) > 1:
        found = _over_seeds(side_a, side_b, metrics, draws)
    else:
        found = _over_questions(side_a[0], side_b[0], metrics, draws)
    for metric in metrics:
        yield {
            "a": comparison.a,
            "b": comparison.b,
            "benchmark": comparison.benchmark,
            "prompts": comparison.prompts,
            "metric": metric.key,
            "base": metric.base,
            "form": metric.form,
            "label": metric.label,
            "better": metric.better,
            "primary": metric.primary,
            **_cells(found.get(metric.key), bounded=metric.form in BOUNDED),
        }


def comparable(metric: Metric, comparison: Comparison) -> bool:
    """Whether a metric is measured on both sides, by one judge."""
    if metric.judge == "answer":
        return True
    judges = {getattr(run, f"{metric.judge}_judge") for run in (*comparison.runs_a, *comparison.runs_b)}
    return len(judges) == 1 and None not in judges


def _cells(found: PairedResult | None, *, bounded: bool) -> dict[str, Any]:
    if found is None or not found.n:
        numbers = ("mean_a", "mean_b", "difference", "low", "high", "p_value", "standard_error", "effect_size", "mde")
        none = dict.fromkeys(numbers, np.nan)
        return {"n": 0, "questions": 0, "unscored": 0, **none, "seeds_a": 0, "seeds_b": 0, "method": ""}
    ends = (-1.0, 1.0) if bounded else (-np.inf, np.inf)
    return {
        "n": found.n,
        "questions": found.clusters,
        "unscored": found.unscored,
        "mean_a": found.mean_a,
        "mean_b": found.mean_b,
        "difference": found.difference,
        "low": max(found.low, ends[0]) if found.low == found.low else np.nan,
        "high": min(found.high, ends[1]) if found.high == found.high else np.nan,
        "p_value": found.p_value,
        "standard_error": found.standard_error,
        "effect_size": found.effect_size,
        "mde": found.mde if found.standard_error > 0 else np.nan,  # without any spread it would be 0
        "seeds_a": found.seeds_a,
        "seeds_b": found.seeds_b,
        "method": found.method,
    }


# --- two checkpoints --------------------------------------------------------------------------------------------------
def _over_questions(a: Group, b: Group, metrics: Sequence[Metric], draws: Draws) -> dict[str, PairedResult]:
    """Metric -> difference over the responses to the same questions in the same epochs."""
    first, second = aligned(a, b)
    clusters = first.index.get_level_values("id").to_numpy()
    pooled = [metric for metric in metrics if metric.numerator and metric.denominator]
    meaned = [metric for metric in metrics if metric not in pooled and _scored(first, second, metric.key)]
    found: dict[str, PairedResult] = {}
    if meaned:
        keys = [metric.key for metric in meaned]
        results = compare_many(
            _array(first, keys), _array(second, keys), clusters=clusters, resamples=draws.resamples, seed=draws.seed
        )
        found.update(zip(keys, results, strict=True))
    for metric in pooled:
        keys = [str(metric.numerator), str(metric.denominator)]
        if all(_scored(first, second, key) for key in keys):
            found[metric.key] = compare_ratios(
                *_array(first, keys).T,
                *_array(second, keys).T,
                clusters=clusters,
                resamples=draws.resamples,
                seed=draws.seed,
            )
    return found


def aligned(a: Group, b: Group) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses of both sides to the same questions in the same epochs, indexed by id and epoch."""
    first, second = (
        group.responses.assign(id=group.responses["id"].astype(str)).set_index(["id", "epoch"]) for group in (a, b)
    )
    both = first.index.intersection(second.index)
    return first.loc[both], second.loc[both]


def _scored(first: pd.DataFrame, second: pd.DataFrame, key: str) -> bool:
    return bool((first[key].notna().to_numpy() & second[key].notna().to_numpy()).any())


def _array(frame: pd.DataFrame, keys: Sequence[str]) -> Array:
    return frame[list(keys)].to_numpy(dtype=float)


# --- several seeds ----------------------------------------------------------------------------------------------------
def _over_seeds(
    side_a: Sequence[Group], side_b: Sequence[Group], metrics: Sequence[Metric], draws: Draws
) -> dict[str, PairedResult]:
    """Metric -> difference over seeds and questions, on the questions that all of them have."""
    shared = set.intersection(*(set(group.responses["id"].astype(str)) for group in (*side_a, *side_b)))
    found: dict[str, PairedResult] = {}
    for metric in metrics:
        sides = _question_values((side_a, side_b), metric, sorted(shared))
        if all(len(side) for side in sides) and _on_both(*sides).any():
            found[metric.key] = compare_seeds(*sides, resamples=draws.resamples, seed=draws.seed)
    return found


def _on_both(a: Array, b: Array) -> NDArray[np.bool_]:
    """Questions of which some run of each side has a number, shape (questions,)."""
    return np.asarray(np.isfinite(a).any(axis=0) & np.isfinite(b).any(axis=0))


def _question_values(sides: Sequence[Sequence[Group]], metric: Metric, questions: list[str]) -> list[Array]:
    """A value a seed and question of each side, shape (seeds, questions); seeds without any number are left out.

    Means over epochs. Of a ratio of sums R, its linearised parts R + (sum of numerators - R x sum of denominators) of a
    question over the mean of denominators: their mean over questions is R, and their spread is that of R. R is taken
    over the questions of which both sides have numbers, which are those that are compared.
    """
    if not (metric.numerator and metric.denominator):
        means = [[_by_question(group, [metric.key]).mean()[metric.key] for group in side] for side in sides]
        return [_stacked(side, questions) for side in means]
    keys = [metric.numerator, metric.denominator]
    sums = [[_by_question(group, keys).sum().reindex(questions) for group in side] for side in sides]
    both = _on_both(*(_stacked([one[metric.denominator] for one in side], questions) for side in sums))
    return [_stacked([_linear(one.loc[both]) for one in side], questions) for side in sums]


def _by_question(group: Group, keys: Sequence[str]) -> Any:
    """Numbers grouped by question, of the responses that have all of them."""
    ids = group.responses["id"].astype(str).to_numpy()
    numbers = pd.DataFrame({key: group.column(key) for key in keys})
    there = numbers.notna().all(axis=1).to_numpy()
    return numbers[there].groupby(ids[there])


def _stacked(rows: "Sequence[pd.Series[float]]", questions: list[str]) -> Array:
    """The rows that have a number, shape (rows, questions)."""
    numbers = [row.reindex(questions).to_numpy(dtype=float) for row in rows]
    kept = [row for row in numbers if np.isfinite(row).any()]
    values: Array = np.array(kept, dtype=np.float64).reshape(len(kept), len(questions))
    return values


def _linear(sums: pd.DataFrame) -> "pd.Series[float]":
    """The linearised parts of a ratio of sums."""
    sums = sums.dropna()
    above, below = (sums[key] for key in sums)
    if not below.sum() > 0:
        return pd.Series(dtype=float)
    rate = above.sum() / below.sum()
    linear: pd.Series[float] = rate + (above - rate * below) / below.mean()
    return linear


# --- all benchmarks ---------------------------------------------------------------------------------------------------
def _combined(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a comparison x primary metric that several benchmarks have."""
    rows = []
    for _, part in frame[frame["primary"]].groupby(["a", "b", "prompts", "metric"], sort=False):
        measured = part[part["standard_error"].notna()]
        if len(measured) < 2:
            continue
        found = combine(measured["difference"].to_numpy(), measured["standard_error"].to_numpy())
        rows.append(
            part.iloc[0].to_dict()
            | {
                "benchmark": ALL,
                "primary": False,
                "n": int(measured["n"].sum()),
                "questions": int(measured["questions"].sum()),
                "unscored": int(measured["unscored"].sum()),
                "mean_a": float(measured["mean_a"].mean()),
                "mean_b": float(measured["mean_b"].mean()),
                "difference": found.value,
                "low": found.low,
                "high": found.high,
                "p_value": found.p_value,
                "standard_error": np.nan,
                "effect_size": np.nan,
                "mde": np.nan,
                "p_holm": np.nan,
                "q_by": np.nan,
                "verdict": "described",
                "method": f"{found.method}; Cochran's Q {found.heterogeneity:.2f}, p {found.heterogeneity_p:.3f}",
            }
        )
    return pd.DataFrame(rows)
