"""What stands beside the differences of a contrast: the truth, raters, other judges, and responses of like length.

None of it is tested. It is there so that a reader sees whether a difference is the judge's alone, or the length's.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.comparisons import aligned
from clinical_r1.analysis.contrast import Contrast
from clinical_r1.analysis.judged import TRUTH
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Group
from clinical_r1.analysis.words import points, shown_name
from clinical_r1.metrics import METRICS
from clinical_r1.stats.paired import PairedResult, compare
from clinical_r1.stats.resampling import Resampling

Pairs = Sequence[tuple[str, pd.DataFrame]]
LIKE = 1.2
"""Lengths are alike up to this ratio of their words."""
_DESCRIBED = {
    **{"form": "any", "primary": False, "family": "", "verdict": "described", "unscored": 0, "within": "", "why": ""},
    **dict.fromkeys(("low_family", "high_family", "mde", "margin", "p_adjusted", "bound_low", "bound_high"), np.nan),
}


def truth_rows(contrast: Contrast, truth_differences: pd.DataFrame) -> pd.DataFrame:
    """What is true of the contrast, beside the judge's number of the same thing."""
    if truth_differences.empty:
        return pd.DataFrame()
    of = {metric.key: judged for metric, judged in TRUTH.items() if judged in contrast.endpoints}
    part = truth_differences[truth_differences["contrast"] & truth_differences["metric"].isin(of)]
    return part.assign(kind="truth", of=part["metric"].map(of), source="known truth")


def rater_rows(contrast: Contrast, corrected_differences: pd.DataFrame) -> pd.DataFrame:
    """What raters would say of the contrast: the judge's difference, corrected by their labels."""
    rows = []
    for row in corrected_differences.to_dict("records"):
        sign = {(contrast.a, contrast.b): 1, (contrast.b, contrast.a): -1}.get((row["a"], row["b"]), 0)
        if not sign or row["metric"] not in METRICS or not METRICS[row["metric"]].primary or np.isnan(row["value"]):
            continue
        low, high = sorted((sign * row["low"], sign * row["high"]))
        rows.append(
            _DESCRIBED
            | {key: row[key] for key in ("benchmark", "metric", "label", "method")}
            | {"a": contrast.a, "b": contrast.b, "better": METRICS[row["metric"]].better, "n": row["n_judged"]}
            | {"difference": sign * row["value"], "low": low, "high": high, "mean_a": np.nan, "mean_b": np.nan}
            | {
                "kind": "raters",
                "of": row["metric"],
                "source": f"corrected by {row['n_labelled']:,.0f} labels of raters",
            }
        )
    return pd.DataFrame(rows)


def judge_rows(contrast: Contrast, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The same differences as other judges have them.

    Args:
        contrast: What the report is about.
        others: Judge -> what `clinical_r1.analysis.comparisons.paired` makes of its scores.
    """
    found = []
    for judge, paired in others.items():
        part = paired[paired["contrast"] & paired["metric"].isin(contrast.endpoints) & (paired["metric"] != "answer")]
        part = part[part["n"] > 0].assign(kind="judge", of=lambda rows: rows["metric"], source=judge)
        found.append(part.assign(family="", verdict="described", low_family=np.nan, high_family=np.nan))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def pairs_of(comparison: Comparison, groups: Mapping[int, Group]) -> pd.DataFrame:
    """Responses of both sides to the same question in the same epoch; of several seeds the first with the first."""
    found = [
        pd.concat(aligned(groups[a.index], groups[b.index]), axis=1, keys=["a", "b"])
        for a, b in zip(comparison.runs_a, comparison.runs_b, strict=False)
    ]
    return pd.concat(found)


def _compared(pairs: pd.DataFrame, key: str, resampling: Resampling) -> PairedResult | None:
    values = pairs.loc[:, [("a", key), ("b", key)]].astype(float).dropna()
    if values.empty:
        return None
    ids = values.index.get_level_values("id").to_numpy()
    a, b = values.to_numpy().T
    return compare(a, b, clusters=ids, resamples=resampling.resamples, seed=resampling.seed)


def like_length_rows(contrast: Contrast, pairs: Pairs, resampling: Resampling) -> pd.DataFrame:
    """The endpoints among pairs of responses to a question whose lengths are alike.

    Args:
        contrast: What the report is about.
        pairs: Benchmark of each comparison of the contrast, and its responses, see `pairs_of`.
        resampling: Resamples and seed.
    """
    rows = []
    for benchmark, both in pairs:
        ratio = both["b"]["words"].to_numpy(float) / np.maximum(both["a"]["words"].to_numpy(float), 1)
        alike = both[(ratio <= LIKE) & (ratio >= 1 / LIKE)]
        for key in contrast.endpoints:
            if METRICS[key].numerator or key not in both["a"]:
                continue
            found = _compared(alike, key, resampling)
            if found is None:
                continue
            rows.append(
                _DESCRIBED
                | {"a": contrast.a, "b": contrast.b, "benchmark": benchmark, "metric": key}
                | {"label": METRICS[key].label, "better": METRICS[key].better, "n": found.n}
                | {"questions": found.clusters, "difference": found.difference, "low": found.low, "high": found.high}
                | {"mean_a": found.mean_a, "mean_b": found.mean_b, "method": found.method, "p_value": found.p_value}
                | {"kind": "like length", "of": key, "source": f"{found.n:,} pairs of responses of like length"}
            )
    return pd.DataFrame(rows)


def lengths_said(contrast: Contrast, pairs: Pairs, resampling: Resampling) -> Iterator[str]:
    """A sentence per benchmark on which one side's responses are longer beyond chance; see `like_length_rows`."""
    for benchmark, both in pairs:
        found = _compared(both, "words", resampling)
        if found is not None and (found.low > 0 or found.high < 0):
            longer = "longer" if found.difference > 0 else "shorter"
            yield (
                f"{shown_name(contrast.b)}'s responses are {longer} on {benchmark}: {found.mean_b:.0f} "
                f"words against {found.mean_a:.0f}. What is counted by presence comes easier to longer ones."
            )


STANDING = {
    "stands in for a rater": "the judge may stand in for raters here",
    "beyond chance, not as good as a rater": "the judge may not stand in for raters here",
    "not beyond chance": "the judge may not stand in for raters here",
}
"""Verdict of a study on a judge -> what stands beside its numbers."""


def standing(metric: str, corrected: pd.DataFrame | None) -> str:
    """Whether the judge of a metric may stand in for raters; nothing where no study was given or nobody judges.

    Args:
        metric: A key of `METRICS`.
        corrected: See `clinical_r1.study.corrected.corrected_table`.
    """
    if corrected is None or METRICS[metric].judge == "answer":
        return ""
    verdicts = corrected.loc[corrected["metric"] == metric, "standing"]
    return STANDING.get(
        verdicts.iloc[0] if len(verdicts) else "", "not known whether the judge may stand in for raters"
    )


def _tested(rows: pd.DataFrame) -> dict[tuple[str, str], Mapping[Any, Any]]:
    """Metric and benchmark -> the row that was tested."""
    return {(row["metric"], row["benchmark"]): row for row in rows[rows["kind"] == "tested"].to_dict("records")}


def left_by_length(rows: pd.DataFrame) -> Iterator[str]:
    """A sentence for each tested difference that is not there among responses of like length."""
    tested = _tested(rows)
    for row in rows[rows["kind"] == "like length"].to_dict("records"):
        of = tested.get((row["of"], row["benchmark"]))
        if of is not None and of["tone"] in ("better", "worse") and row["low"] <= 0 <= row["high"]:
            ends = f"{points(row['difference'])} points [{points(row['low'])}, {points(row['high'])}]"
            yield f"{of['name']}: among responses of like length no difference is shown on {row['benchmark']} ({ends})."


def contradictions(rows: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Where the truth, raters or another judge say otherwise than the number that was tested.

    Returns:
        The metric, who says otherwise (`truth`, `raters` or `judge`), and a sentence.
    """
    tested = _tested(rows)
    for row in rows[rows["kind"].isin(("truth", "raters", "judge"))].to_dict("records"):
        judged = tested.get((row["of"], row["benchmark"]))
        if judged is None or isnan(judged["difference"]) or not (row["low"] > 0 or row["high"] < 0):
            continue
        shown = judged["tone"] in ("better", "worse", "higher", "lower")
        if shown and judged["difference"] * row["difference"] > 0:
            continue
        said = f"{points(judged['difference'])} points as judged" + ("" if shown else ", not shown to differ")
        ends = f"{points(row['difference'])} [{points(row['low'])}, {points(row['high'])}]"
        yield row["of"], row["kind"], f"{judged['name']} on {row['benchmark']}: {said}, but {ends} by {_whose(row)}."


def _whose(row: Mapping[Any, Any]) -> str:
    return {"truth": "the known truth", "raters": "raters' labels"}.get(str(row["kind"]), str(row["source"]))
