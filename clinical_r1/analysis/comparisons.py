"""Paired differences between two sides, metric by metric, and the families of tests that they are.

What is tested is declared before anything is looked at: one primary form per metric (`METRICS`), on every benchmark.
The contrast that a report is about comes first, and its endpoints before its other metrics (`_read_families`); all
other comparisons are a second family. Everything else in the table is described, not tested.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clinical_r1.analysis.contrast import Contrast
from clinical_r1.analysis.judged import BOUNDED, failures
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Group
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.contrast import Level
from clinical_r1.stats.families import bonferroni, combine, holm
from clinical_r1.stats.paired import PairedResult, compare_many, compare_ratios
from clinical_r1.stats.resampling import Resampling
from clinical_r1.stats.seeds import compare_seeds

ALPHA = 0.05
"""Error rate of a family."""
ALL = "all benchmarks"
"""Where benchmarks are combined, each with the same weight."""


def paired(
    comparisons: Sequence[Comparison],
    groups: Mapping[int, Group],
    resampling: Resampling,
    metrics: Collection[Metric] = METRICS.values(),
    contrast: Contrast | None = None,
) -> pd.DataFrame:
    """All comparisons.

    Args:
        comparisons: See `clinical_r1.analysis.sides`.
        groups: Run -> its responses.
        resampling: Resamples and seed.
        metrics: What is compared.
        contrast: What the report is about; its margins hold for its own rows.

    Returns:
        A row per comparison x metric, and one per metric for all benchmarks together where there are several: `a`, `b`,
        `benchmark`, `prompts`, `contrast` (whether it is of the contrast), `metric`, `base`, `form`, `label`, `better`,
        `primary`, `n` (responses with a number, of the side that has fewer), `questions`, `unscored` (responses that
        lack theirs, of both sides), `mean_a`, `mean_b`, `difference` (b - a), `low`, `high`, `p_value`,
        `standard_error`, `effect_size`, `mde` (smallest difference found with 80 % power: of tested rows at the level
        of their family, of others at ALPHA), `family` (`ENDPOINT_FAMILY`, `OTHER_METRICS`, `OTHER_COMPARISONS`, or
        empty where nothing is tested), `p_adjusted`, `low_family`, `high_family` (intervals that hold all differences
        of the family at once, 95 %), `bound_low` and `bound_high` (the difference if all failed judgements were best
        for one side and worst for the other; of forms in [0, 1]), `open` (whether between them it changes its sign or
        stops to be beyond chance), `margin` and `within` (see `_within_margin`), `verdict` (`higher`, `lower`, `open`
        (one of these, were it not for failed judgements), `no difference shown`, `not tested`, `described`, `not
        measured`),
        `why` there is no test or number, `seeds_a`, `seeds_b`, `method`.
    """
    rows = [row for comparison in comparisons for row in _rows(comparison, groups, resampling, metrics)]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    frame["contrast"] = False if contrast is None else (frame["a"] == contrast.a) & (frame["b"] == contrast.b)
    _read_families(frame, contrast.endpoints if contrast else ())
    frame["verdict"] = [_verdict(row) for row in frame.to_dict("records")]
    frame["margin"] = frame["metric"].map(contrast.margins if contrast else {}).where(frame["contrast"]).astype(float)
    frame["within"] = [_within_margin(row) for row in frame.to_dict("records")]
    combined = _combined(frame, comparisons, groups, resampling)
    return pd.concat([frame, combined], ignore_index=True) if len(combined) else frame


ENDPOINT_FAMILY, OTHER_METRICS = "endpoints of the contrast", "other metrics of the contrast"
OTHER_COMPARISONS = "other comparisons"
GATE = "tested only once an endpoint differs"


def _read_families(frame: pd.DataFrame, endpoints: Sequence[str]) -> None:
    """Add what tests say together; `result` becomes simultaneous intervals.

    The endpoints of the contrast share ALPHA evenly (Bonferroni), so that each is decided by its own interval. Each
    that is rejected hands its share to the contrast's other metrics, which Holm's procedure tests with what they get
    (parallel gatekeeping: Dmitrienko, Offen and Westfall 2003, doi:10.1002/sim.1526): all claims about the contrast
    hold together with an error of ALPHA. All other comparisons are a family of their own, by Holm's procedure.
    """
    frame["family"] = ""
    frame[["p_adjusted", "low_family", "high_family"]] = np.nan
    results = frame.pop("result")
    tested = frame["primary"] & frame["p_value"].notna()
    first = tested & frame["contrast"] & frame["metric"].isin(endpoints)
    _read_family(frame, results, first, ENDPOINT_FAMILY, bonferroni, ALPHA)
    shares = ALPHA * float((frame.loc[first, "p_adjusted"] < ALPHA).mean()) if first.any() else ALPHA
    second = tested & frame["contrast"] & ~first
    _read_family(frame, results, second, OTHER_METRICS, holm, shares)
    if not shares:
        frame.loc[second, "why"] = GATE
    _read_family(frame, results, tested & ~frame["contrast"], OTHER_COMPARISONS, holm, ALPHA)


def _read_family(
    frame: pd.DataFrame,
    results: "pd.Series[Any]",
    rows: "pd.Series[bool]",
    name: str,
    adjusted: Callable[[ArrayLike], NDArray[np.float64]],
    alpha: float,
) -> None:
    """The tests of one family at a level; without any level nothing is rejected.

    Intervals are Bonferroni's, 1 - alpha / tests each, and agree with the tests: 0 is outside where one rejects it.
    """
    if not rows.any():
        return
    p_values = frame.loc[rows, "p_value"].to_numpy()
    p_adjusted = np.minimum(adjusted(p_values) * ALPHA / alpha, 1.0) if alpha else np.ones(len(p_values))
    frame.loc[rows, "family"], frame.loc[rows, "p_adjusted"] = name, p_adjusted
    levels = [
        _within(result.at((alpha or ALPHA) / len(p_values), rejected=p < ALPHA), form in BOUNDED)
        for result, p, form in zip(results[rows], p_adjusted, frame.loc[rows, "form"], strict=True)
    ]
    frame.loc[rows, ["low_family", "high_family", "mde"]] = levels


def _within_margin(row: Mapping[Any, Any]) -> str:
    """What the simultaneous interval says of a margin: `equivalent`, `not worse`, `not shown`, or nothing without one.

    B is not worse than A by more than the margin where the whole interval is on the better side of it, and equivalent
    where the interval lies between both margins. Failed judgements widen the interval by what they could be.
    """
    if not (row["margin"] > 0 and np.isfinite(row["low_family"])):
        return ""
    low = row["low_family"] + min(np.nan_to_num(row["bound_low"] - row["difference"]), 0.0)
    high = row["high_family"] + max(np.nan_to_num(row["bound_high"] - row["difference"]), 0.0)
    worst = low if row["better"] == "higher" else -high
    if low > -row["margin"] and high < row["margin"]:
        return "equivalent"
    return "not worse" if worst > -row["margin"] else "not shown"


def _within(level: Level, bounded: bool) -> Level:
    """Ends in [-1, 1] for differences of what is bounded; without any spread nothing is detectable."""
    low, high, mde = level
    low, high = (low, high) if not bounded or low != low else (max(low, -1.0), min(high, 1.0))
    return Level(low, high, mde if mde > 0 else np.nan)


def _verdict(row: Mapping[Any, Any]) -> str:
    if not row["n"]:
        return "not measured"
    if not row["primary"]:
        return "described"
    if np.isnan(row["p_value"]) or row["why"] == GATE:
        return "not tested"
    if not row["p_adjusted"] < ALPHA:
        return "no difference shown"
    return "open" if row["open"] else "higher" if row["difference"] > 0 else "lower"


def _rows(
    comparison: Comparison, groups: Mapping[int, Group], resampling: Resampling, wanted: Collection[Metric]
) -> Iterator[dict[str, Any]]:
    metrics = [metric for metric in wanted if comparable(metric, comparison)]
    sides, paired = _sides(comparison, groups), comparison.paired_seeds
    if max(comparison.seeds) == 1:
        found = _over_questions(sides, metrics, resampling)
    else:
        tables = {metric.key: question_values(sides, metric, paired=paired) for metric in metrics}
        results = {key: _by_seeds(a, b, resampling, paired=paired) for key, (a, b) in tables.items()}
        found = {key: result for key, result in results.items() if result}
    for metric in wanted:
        if metric not in metrics and not metric.primary:
            continue
        yield {
            **{name: getattr(comparison, name) for name in ("a", "b", "benchmark", "prompts")},
            "metric": metric.key,
            **{name: getattr(metric, name) for name in ("base", "form", "label", "better", "primary")},
            **_cells(found.get(metric.key), bounded=metric.form in BOUNDED),
            **(counts(sides, metric) if metric.key in found else {}),
            **_bounds(sides, metric, found.get(metric.key)),
            "why": "" if metric.key in found else _no_number(metric, comparison, sides),
        }


def comparable(metric: Metric, comparison: Comparison) -> bool:
    """Whether a metric is measured on both sides, by one judge."""
    if metric.judge == "answer":
        return True
    judges = {getattr(run, f"{metric.judge}_judge") for run in (*comparison.runs_a, *comparison.runs_b)}
    return len(judges) == 1 and None not in judges


def _no_number(metric: Metric, comparison: Comparison, sides: "_Sides") -> str:
    """Why there is no difference of a metric."""
    if metric.judge == "answer":
        return "no question has an answer of both"
    judges = [
        {getattr(run, f"{metric.judge}_judge") for run in runs} for runs in (comparison.runs_a, comparison.runs_b)
    ]
    lack = [name for name, found in zip((comparison.a, comparison.b), judges, strict=True) if None in found]
    if lack:
        return f"{' and '.join(lack)}: not judged ({metric.judge}; clinical-r1 judge LOG)"
    if len(judges[0] | judges[1]) > 1:
        return f"judged by different judges: {' and '.join(sorted(map(str, judges[0] | judges[1])))}"
    if any(_failures(group, metric).any() for side in sides for group in side):
        return "judgements failed"
    [judge] = judges[0]
    return f"the judge cannot tell: {judge}"


_NUMBERS = ("mean_a", "mean_b", "difference", "low", "high", "p_value", "standard_error", "effect_size", "mde")


def _cells(found: PairedResult | None, *, bounded: bool) -> dict[str, Any]:
    if found is None or not found.n:
        none = {**dict.fromkeys(_NUMBERS, np.nan), "result": None}
        return {"n": 0, "questions": 0, "unscored": 0, **none, "seeds_a": 0, "seeds_b": 0, "method": ""}
    within = _within(Level(found.low, found.high, found.mde), bounded)._asdict()
    return {
        **{"n": found.n, "questions": found.clusters, "unscored": found.unscored},
        **{name: within.get(name, getattr(found, name)) for name in _NUMBERS},
        **{"result": found, "seeds_a": found.seeds_a, "seeds_b": found.seeds_b, "method": found.method},
    }


# --- a number per question --------------------------------------------------------------------------------------------
class _Sides(NamedTuple):
    """The runs of both sides on one benchmark."""

    a: Sequence[Group]
    b: Sequence[Group]


def _sides(comparison: Comparison, groups: Mapping[int, Group]) -> _Sides:
    return _Sides(*([groups[run.index] for run in runs] for runs in (comparison.runs_a, comparison.runs_b)))


def _numbers(group: Group, metric: Metric) -> pd.DataFrame:
    """What a metric is made from, a row per response."""
    keys = [metric.numerator, metric.denominator] if metric.numerator and metric.denominator else [metric.key]
    return pd.DataFrame({key: group.column(key) for key in keys})


def _question_means(group: Group, metric: Metric) -> pd.DataFrame:
    """Means over the epochs of each question that have a number, a row per question.

    Epochs are exchangeable: one that failed, or that the other side does not have, leaves its question to the others.
    """
    numbers = _numbers(group, metric)
    there = numbers.notna().all(axis=1).to_numpy()
    return numbers[there].groupby(group.clusters[there]).mean()


def counts(sides: Sequence[Sequence[Group]], metric: Metric) -> dict[str, int]:
    """Of the questions of all sides: responses with a number, of the side with fewest, and unscored ones, of all."""
    tables = []
    for side in sides:
        scored = np.concatenate([_numbers(group, metric).notna().all(axis=1).to_numpy() for group in side])
        failed = np.concatenate([_failures(group, metric) for group in side])
        clusters = np.concatenate([group.clusters for group in side])
        tables.append(pd.DataFrame({"scored": scored, "failed": failed & ~scored}).groupby(clusters).sum())
    shared = reduce(pd.Index.intersection, [table.index for table in tables])
    tables = [table.loc[shared] for table in tables]
    every = np.logical_and.reduce([table["scored"] > 0 for table in tables])
    return {
        "n": int(min(table.loc[every, "scored"].sum() for table in tables)),
        "unscored": int(sum(table["failed"].sum() for table in tables)),
    }


def _failures(group: Group, metric: Metric) -> NDArray[np.bool_]:
    """Where a number is missing that there should be."""
    return np.isnan(group.column(metric.key)) if metric.judge == "answer" else failures(group.responses, metric)


def _bounds(sides: _Sides, metric: Metric, found: PairedResult | None) -> dict[str, Any]:
    """The difference if all failed judgements were highest for a and lowest for b, and the reverse.

    It is open if its sign changes between these bounds, or if an interval that leaves out 0 would not, were it about
    them (Imbens and Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x).
    """
    if found is None or metric.form not in BOUNDED or metric.judge == "answer":
        return {"bound_low": np.nan, "bound_high": np.nan, "open": False}
    if not any(_failures(group, metric).any() for side in sides for group in side):
        return {"bound_low": found.difference, "bound_high": found.difference, "open": False}
    ends = []
    for end_a, end_b in ((1.0, 0.0), (0.0, 1.0)):
        filled = _Sides(
            [_filled(one, metric, end_a) for one in sides.a], [_filled(one, metric, end_b) for one in sides.b]
        )
        first, second = (table.mean() for table in question_values(filled, metric))
        ends.append(float((second - first).mean()))
    low, high = found.low + ends[0] - found.difference, found.high + ends[1] - found.difference
    undone = (found.low > 0 or found.high < 0) and low < 0 < high
    return {"bound_low": ends[0], "bound_high": ends[1], "open": ends[0] < 0 < ends[1] or undone}


def _filled(group: Group, metric: Metric, end: float) -> Group:
    """The run with failed judgements at one end; how much they would have counted is taken to be the mean."""
    numbers = _numbers(group, metric)
    size = np.ones(numbers.shape[1])
    if metric.numerator:
        size[:] = numbers[metric.denominator].mean()
    size[0] *= end
    numbers[_failures(group, metric)] = size
    return group._replace(responses=group.responses.assign(**{str(key): numbers[key].to_numpy() for key in numbers}))


# --- two checkpoints --------------------------------------------------------------------------------------------------
def _over_questions(sides: _Sides, metrics: Sequence[Metric], resampling: Resampling) -> dict[str, PairedResult]:
    """Metric -> difference between two checkpoints over questions."""
    means = {metric: [_question_means(side[0], metric) for side in sides] for metric in metrics}
    means = {metric: both for metric, both in means.items() if len(both[0].index.intersection(both[1].index))}
    found = {
        metric.key: compare_ratios(
            *pd.concat(both, axis=1, join="inner").sort_index().to_numpy().T, **asdict(resampling)
        )
        for metric, both in means.items()
        if metric.numerator
    }
    meaned = {metric.key: both for metric, both in means.items() if not metric.numerator}
    if meaned:
        first, second = (pd.concat([both[side] for both in meaned.values()], axis=1) for side in (0, 1))
        every = first.index.union(second.index)
        results = compare_many(first.reindex(every).to_numpy(), second.reindex(every).to_numpy(), **asdict(resampling))
        found.update(zip(meaned, results, strict=True))
    return found


def aligned(a: Group, b: Group) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses of both sides to the same questions in the same epochs, indexed by id and epoch."""
    first, second = (
        group.responses.assign(id=group.responses["id"].astype(str)).set_index(["id", "epoch"]) for group in (a, b)
    )
    both = first.index.intersection(second.index)
    return first.loc[both], second.loc[both]


# --- several seeds ----------------------------------------------------------------------------------------------------
def _by_seeds(
    a: pd.DataFrame, b: pd.DataFrame, resampling: Resampling, *, paired: bool, stacked: bool = False
) -> PairedResult | None:
    """From a row per seed and a column per question; None where no question is on both sides.

    With `stacked`, columns are named by benchmark and question; with `paired`, rows by training seed.
    """
    shared = a.columns[a.notna().any()].intersection(b.columns[b.notna().any()])
    if not len(shared):
        return None
    every = a.columns.union(b.columns)
    seeds = [a.index.union(b.index)] * 2 if paired else [a.index, b.index]
    first, second = (table.reindex(index, columns=every) for table, index in zip((a, b), seeds, strict=True))
    return compare_seeds(
        first.to_numpy(dtype=float),
        second.to_numpy(dtype=float),
        strata=every.get_level_values(0).to_numpy() if stacked else None,
        paired_seeds=paired,
        **asdict(resampling),
    )


def question_values(
    sides: Sequence[Sequence[Group]], metric: Metric, *, paired: bool = False
) -> tuple[pd.DataFrame, ...]:
    """Question means of each side, a row per checkpoint (its training seed, with `paired`) and a column per question.

    Of a ratio of sums R, its linearised parts R + (numerator - R x denominator) / mean of denominators: their mean over
    questions is R, and their spread is that of R. R is taken over the questions of which all sides have numbers, which
    are those that are compared.
    """
    means = [
        {group.run.arm.seed if paired else group.run.model_label: _question_means(group, metric) for group in side}
        for side in sides
    ]
    if metric.numerator:
        there = [pd.Index([]).append([one.index for one in side.values()]).unique() for side in means]
        every = reduce(pd.Index.intersection, there)
        parts = [
            {label: _linear(one.loc[one.index.intersection(every)]) for label, one in side.items()} for side in means
        ]
    else:
        parts = [{label: one[metric.key] for label, one in side.items()} for side in means]
    return tuple(pd.DataFrame(side).T for side in parts)


def _linear(means: pd.DataFrame) -> "pd.Series[float]":
    """The linearised parts of a ratio of sums."""
    above, below = (means[key] for key in means)
    if not below.sum() > 0:
        return pd.Series(dtype=float)
    rate = above.sum() / below.sum()
    linear: pd.Series[float] = rate + (above - rate * below) / below.mean()
    return linear


def pilot_numbers(
    comparison: Comparison, groups: Mapping[int, Group], metric: Metric
) -> tuple[pd.DataFrame, pd.DataFrame, float, float]:
    """What a plan needs of two sides: question means, and how far the responses behind them are apart.

    Returns:
        Question means of a and b, a row per checkpoint and a column per question that both have; the variance between a
        checkpoint's responses to a question, NaN of single ones; the harmonic mean of their number.
    """
    sides = _Sides(*([groups[run.index] for run in runs] for runs in (comparison.runs_a, comparison.runs_b)))
    first, second = question_values(sides, metric)
    both = first.columns.intersection(second.columns)
    every = []
    for group in (*sides.a, *sides.b):
        numbers = _numbers(group, metric)
        there = numbers.notna().all(axis=1).to_numpy()
        values = _linear(numbers[there]) if metric.numerator else numbers.loc[there, metric.key]
        every.append(values.groupby(group.clusters[there]).agg(["var", "count"]))
    within = pd.concat(every)
    return first[both], second[both], float(within["var"].mean()), float(1 / (1 / within["count"]).mean())


# --- all benchmarks ---------------------------------------------------------------------------------------------------
def _combined(
    frame: pd.DataFrame, comparisons: Sequence[Comparison], groups: Mapping[int, Group], resampling: Resampling
) -> pd.DataFrame:
    """A row per comparison x primary metric that several benchmarks have."""
    rows = []
    for (a, b, prompts, key), part in frame[frame["primary"]].groupby(["a", "b", "prompts", "metric"], sort=False):
        measured = part[part["standard_error"].notna()]
        if len(measured) < 2:
            continue
        low, high = (float(measured[end].mean()) for end in ("bound_low", "bound_high"))
        there = [
            one
            for one in comparisons
            if (one.a, one.b, one.prompts) == (a, b, prompts) and one.benchmark in set(measured["benchmark"])
        ]
        several = max(max(one.seeds) for one in there) > 1
        rows.append(
            part.iloc[0].to_dict()
            | {"n": int(measured["n"].sum()), "questions": int(measured["questions"].sum())}
            | (_stacked(there, groups, METRICS[str(key)], resampling) if several else _independent(measured))
            | {"benchmark": ALL, "primary": False, "unscored": int(measured["unscored"].sum())}
            | {**dict.fromkeys(("p_adjusted", "low_family", "high_family", "margin"), np.nan), "verdict": "described"}
            | {"family": "", "why": "", "within": ""}
            | {"bound_low": low, "bound_high": high, "open": low < 0 < high}
        )
    return pd.DataFrame(rows)


def _stacked(
    comparisons: Sequence[Comparison], groups: Mapping[int, Group], metric: Metric, resampling: Resampling
) -> dict[str, Any]:
    """One comparison of all questions, because the same seeds answered those of every benchmark."""
    paired = comparisons[0].paired_seeds
    every = [question_values(_sides(one, groups), metric, paired=paired) for one in comparisons]
    names = [one.benchmark for one in comparisons]
    first, second = (pd.concat(tables, axis=1, keys=names) for tables in zip(*every, strict=True))
    found = _by_seeds(first, second, resampling, paired=paired, stacked=True)
    cells = _cells(found, bounded=metric.form in BOUNDED)
    return {key: value for key, value in cells.items() if key not in ("n", "result")}


def _independent(measured: pd.DataFrame) -> dict[str, Any]:
    """Of one checkpoint per side, benchmarks are independent: their questions are."""
    found = combine(measured["difference"].to_numpy(), measured["standard_error"].to_numpy())
    return {
        **{mean: float(measured[mean].mean()) for mean in ("mean_a", "mean_b")},
        **{"difference": found.value, "low": found.low, "high": found.high, "p_value": found.p_value},
        **dict.fromkeys(("standard_error", "effect_size", "mde"), np.nan),
        "method": f"{found.method}; Cochran's Q {found.heterogeneity:.2f}, p {found.heterogeneity_p:.3f}",
    }
