"""Judged metrics per run, the quality of the judges, for invented cases the ground truth beside them; probes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis import tables
from clinical_r1.analysis.tables import Array, Group, cells, ends, groups
from clinical_r1.logs import NOT_JUDGED, LogSet
from clinical_r1.logs.log_set import judges_reasons
from clinical_r1.metrics import METRICS, PROBED, Form, Metric
from clinical_r1.stats.estimates import Estimate, bounds, mean, ratio, ratio_bounds, share

# --- what judges counted ----------------------------------------------------------------------------------------------
BOUNDED = ("share", "any")
"""Forms whose values lie in [0, 1]."""

Flags = NDArray[np.bool_]


def estimates(log_set: LogSet) -> pd.DataFrame:
    """The judges' metrics.

    Returns:
        A row per run x metric that has a judge: `benchmark`, `checkpoint`, `metric`, `base`, `form`, `label`,
        `primary`, `value`, `low`, `high`, `n` (responses with a number), `questions`, `unscored` (the judge failed),
        `undefined` (nothing to measure, or beyond this judge), `bound_low` and `bound_high` (if all failed judgements
        were lowest or highest; for forms in [0, 1]), `published`, `judge`, `method`.
    """
    return pd.DataFrame([row for group in groups(log_set) for row in _rows(group)])


def _rows(group: Group) -> Iterator[dict[str, Any]]:
    for metric in METRICS.values():
        if metric.judge == "answer" or getattr(group.run, f"{metric.judge}_judge") is None:
            continue
        failed = failures(group.responses, metric)
        values = group.column(metric.key)
        found = estimate(group, metric)
        yield {
            **group.labels,
            "metric": metric.key,
            **{name: getattr(metric, name) for name in ("base", "form", "label", "primary")},
            **cells(found),
            "unscored": int(failed.sum()),
            "undefined": int((judged(group.responses, metric) & ~failed & np.isnan(values)).sum()),
            **(_bounds(group, metric) if found.n else {"bound_low": np.nan, "bound_high": np.nan}),
            "published": tables.published_count(group.run.system, group.run.task, metric.key),
            "judge": getattr(group.run, f"{metric.judge}_judge"),
        }


def judged(responses: pd.DataFrame, metric: Metric) -> Flags:
    """Which responses were given to the judge, shape (responses,), boolean."""
    given: Flags = responses[f"{metric.judge}_reason"].astype(object).to_numpy() != NOT_JUDGED
    return given


def failures(responses: pd.DataFrame, metric: Metric) -> Flags:
    """Where the judge failed and there was something to measure, shape (responses,), boolean."""
    has_reason: Flags = pd.notna(judges_reasons(responses, metric))
    defined: Flags = responses["has_case"].to_numpy(dtype=bool) | (metric.base != "cecd")
    return judged(responses, metric) & has_reason & defined


def estimate(group: Group, metric: Metric) -> Estimate:
    """One metric over the responses of a run, in the form that METRICS gives it."""
    if metric.numerator and metric.denominator:
        return ratio(group.column(metric.numerator), group.column(metric.denominator), group.clusters)
    return of_form(group.column(metric.key), group.clusters, metric.form)


def of_form(values: Array, clusters: NDArray[np.int64], form: Form) -> Estimate:
    """Mean of values of one form: of hits and of coverages as a share, within [0, 1]."""
    return share(values, clusters) if form in BOUNDED else mean(values, clusters)


def _bounds(group: Group, metric: Metric) -> dict[str, float]:
    """What the figure would be if every failed judgement were lowest or highest."""
    if metric.form not in BOUNDED:
        return {"bound_low": np.nan, "bound_high": np.nan}
    failed = failures(group.responses, metric)
    if metric.numerator and metric.denominator:
        above, below = group.column(metric.numerator), group.column(metric.denominator)
        kept = failed | ~np.isnan(above + below)
        low, high = ratio_bounds(above[kept], below[kept])
    else:
        values = group.column(metric.key)
        low, high = bounds(values[failed | ~np.isnan(values)])
    return {"bound_low": low, "bound_high": high}


def quality(log_set: LogSet) -> pd.DataFrame:
    """How the judges did.

    Returns:
        A row per run x scorer: `benchmark`, `checkpoint`, `scorer`, `judge`, `facts_by` (who listed the facts of cases:
        rules, or models), `responses`, `judged`, `unscored`; of a panel `fewer` (responses on which one of its judges
        failed, so that the others' numbers count) and `split` (responses with a yes or no on which it was split, which
        counts a half), NaN of one judge; `draws` (times that each response was judged) and `draw_agreement` (share of
        pairs of draws that agree on a yes or no), NaN where it was judged once; `returned`, `verified`, `repaired`,
        `rejected` (spans; NaN of a judge that returns none), `reject_rate` with `low` and `high` (of the spans that
        were returned), `n` (spans), `method`.
    """
    return pd.DataFrame([row for group in groups(log_set) for row in _quality(group)])


def _quality(group: Group) -> Iterator[dict[str, Any]]:
    for scorer in ("grounding", "behaviours"):
        judge = getattr(group.run, f"{scorer}_judge")
        if judge is None:
            continue
        reasons = group.responses[f"{scorer}_reason"].astype(object)
        given = (reasons != NOT_JUDGED).to_numpy()
        spans = {name: group.column(f"{scorer}_{name}") for name in ("returned", "verified", "repaired", "rejected")}
        rate = ratio(spans["rejected"], spans["returned"], group.clusters)
        panel = {"fewer": group.column(f"{scorer}_judges_failed"), "split": group.column(f"{scorer}_split")}
        yield {
            **group.labels,
            "scorer": scorer,
            "judge": judge,
            "facts_by": " and ".join(makers_of_facts(group.responses)) if scorer == "grounding" else "",
            "responses": len(group.responses),
            "judged": int(given.sum()),
            "unscored": int((given & reasons.notna().to_numpy()).sum()),
            **{name: np.nan if np.isnan(of).all() else float((of > 0).sum()) for name, of in panel.items()},
            **{name: _mean_of(group.column(f"{scorer}_{name}")) for name in ("draws", "draw_agreement")},
            **{name: np.nan if np.isnan(of).all() else float(np.nansum(of)) for name, of in spans.items()},
            **ends(rate, "reject_rate", ""),
            "n": int(np.nansum(spans["returned"])),
            "method": rate.method,
        }


def makers_of_facts(responses: pd.DataFrame) -> list[str]:
    """Who listed the facts of the cases that were judged; a model that an older log does not name is `a model`."""
    made = responses.loc[responses["has_case"].to_numpy(dtype=bool), "facts_by"].dropna().unique()
    return sorted("a model" if one == "llm" else str(one) for one in made)


def _mean_of(values: Array) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


# --- what is true, beside it ------------------------------------------------------------------------------------------
TRUTH: dict[Metric, str | None] = {
    Metric("true_coverage", "truth", "answer", "share", "findings of the case cited", "higher"): "cecd_coverage",
    Metric("true_drc_coverage", "truth", "answer", "share", "distractors truly rejected", "higher"): "drc_coverage",
    Metric(
        "true_invented_rate", "truth", "answer", "share", "claimed findings that are invented", "lower",
        numerator="true_invented", denominator="true_claims",
    ): "hallucination_rate",
    Metric("true_invented_any", "truth", "answer", "any", "any invented finding", "lower"): "harm_any",
    Metric("true_switch", "truth", "answer", "any", "first thought dropped"): "backtracking_any",
}  # fmt: skip
"""What `clinical_r1.world.truth` knows -> the judge's number of the same thing, where there is one."""


def with_claims(group: Group) -> Group:
    """A run with the findings claimed in each response as `true_claims`, which the log has in two parts."""
    claims = group.column("true_cited") + group.column("true_invented")
    return group._replace(responses=group.responses.assign(true_claims=claims))


def known(group: Group) -> bool:
    """Whether the truth about a run's responses is in its log."""
    return bool(np.isfinite(group.column("true_cited")).any())


def truth(groups: list[Group]) -> pd.DataFrame:
    """What is true, and what the judge says.

    Args:
        groups: The runs whose truth is known, see `with_claims`.

    Returns:
        A row per run x number: `benchmark`, `checkpoint`, `metric`, `label`, `value`, `low`, `high`, `n`, `questions`,
        `method`, and of the judge `judge_metric`, `judge_value`, `judge_low`, `judge_high` (NaN where it says nothing).
    """
    return pd.DataFrame([row for group in groups for row in _truth_rows(group)])


def _truth_rows(group: Group) -> Iterator[dict[str, Any]]:
    for metric, judged in TRUTH.items():
        beside = estimate(group, METRICS[judged]) if judged else Estimate(np.nan, np.nan, np.nan)
        yield {
            **group.labels,
            **{"metric": metric.key, "label": metric.label},
            **cells(estimate(group, metric)),
            "judge_metric": METRICS[judged].label if judged else "",
            **ends(beside, "judge_value"),
        }


# --- what an answer rests on ------------------------------------------------------------------------------------------
USED = tuple(replace(number, judge="answer", primary=False) for number in PROBED.values())
"""Numbers of probes, as they are compared: they are no judge's, and none of them is tested."""


def probed(log_set: LogSet) -> pd.DataFrame:
    """What became of answers after an edit, behind half of the reasoning, or after a hint.

    Returns:
        A row per run x number of `clinical_r1.metrics.PROBED` that it has: `benchmark`, `checkpoint`, `metric`, `base`
        (the probe), `form`, `label`, `value`, `low`, `high`, `n`, `questions`, `unscored` (responses that have no such
        number: they were not asked about, or cite nothing that could go), `method`.
    """
    rows = [
        group.labels
        | {"metric": number.key, "base": number.base, "form": number.form, "label": number.label}
        | cells(found)
        for group in groups(log_set)
        for number in USED
        if (found := estimate(group, number)).n
    ]
    return pd.DataFrame(rows)
