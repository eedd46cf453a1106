"""How each table of a report is laid out. Frames are those of `clinical_r1.analysis`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from clinical_r1.reports.tables import Column, TableView, by_group

from .tables import across, decimal, typeset

QUANTITIES = {
    "accuracy": "accuracy",
    "majority": "majority vote",
    "tied": "tied votes",
    "parsed": "answers read",
    "truncated": "cut off",
}
FORMS = {"count": "count", "per_1k": "per 1,000 words", "share": "share", "any": "share of responses"}
_CHECKPOINT = Column("checkpoint", "checkpoint")


def accuracy(frame: pd.DataFrame) -> TableView:
    """A column a checkpoint, the quantities of a benchmark below each other."""
    rows = frame.assign(quantity=frame["quantity"].map(QUANTITIES))
    return across(rows, {"quantity": ""}, "checkpoint", group="benchmark", digits=3)


def published(frame: pd.DataFrame) -> TableView:
    """Ours beside what the paper prints."""
    columns = (
        _CHECKPOINT,
        Column("value", "ours, majority vote", "share", "low", "high", "n"),
        Column("published", "published", "share"),
    )
    return TableView(frame, columns, group="benchmark")


def estimates(frame: pd.DataFrame) -> TableView:
    """A column a checkpoint, the metrics of a benchmark below each other."""
    shown = frame.assign(
        metric=frame["label"],
        form=frame["form"].map(FORMS),
        why=[_why(row) for row in frame.to_dict("records")],
    )
    return across(
        shown, {"metric": "metric", "form": "form"}, "checkpoint", group="benchmark", show="number", digits=3, why="why"
    )


def _why(row: Mapping[Any, Any]) -> str:
    if row["unscored"] and not row["undefined"]:
        return "judge failed"
    return "no number" if row["undefined"] else ""


def truth(frame: pd.DataFrame) -> TableView:
    """What is true beside what the judge says, a row a checkpoint."""
    columns = (
        _CHECKPOINT,
        Column("value", "true", "share", "low", "high", "n"),
        Column("judge_metric", "the judge's number"),
        Column("judge_value", "judged", "share", "judge_low", "judge_high"),
    )
    heading = frame["label"] + " on " + frame["benchmark"].astype(str)
    return by_group(frame.assign(heading=heading), columns, "heading", frame)


def described_differences(frame: pd.DataFrame) -> TableView:
    """Differences that are in no family: in what is true, and of votes."""
    columns = (
        Column("label", "metric"),
        Column("mean_a", "subtracted", "share"),
        Column("mean_b", "looked at", "share"),
        Column("difference", "difference", "difference", "low", "high", "n"),
        Column("p_value", "p, uncorrected", "p"),
    )
    pair = frame["b"] + " − " + frame["a"] + " on " + frame["benchmark"].astype(str)
    return TableView(frame.assign(pair=pair), columns, group="pair", data=frame)


def bounds(frame: pd.DataFrame) -> TableView:
    """What failed judgements can hide."""
    columns = (
        _CHECKPOINT,
        Column("label", "metric"),
        Column("value", "as judged", "number", n="n"),
        Column("unscored", "failed judgements", "count"),
        Column("bound_low", "all failed lowest", "number"),
        Column("bound_high", "all failed highest", "number"),
    )
    return TableView(frame, columns, group="benchmark")


def published_counts(frame: pd.DataFrame) -> TableView:
    """Counts beside those that the paper prints under the same name."""
    columns = (
        _CHECKPOINT,
        Column("label", "ours"),
        Column("value", "count a response", "number", "low", "high", "n"),
        Column("base", "published metric"),
        Column("published", "published count", "number", digits=2),
    )
    return TableView(frame, columns, group="benchmark")


def _simultaneous(frame: pd.DataFrame) -> list[Column]:
    """Intervals of a family, of rows that are one."""
    if frame["low_family"].isna().all():
        return []
    return [Column("low_family", "all at once", "interval", "low_family", "high_family")]


def paired(frame: pd.DataFrame) -> TableView:
    """Differences, a row each, headed by the two checkpoints and the benchmark."""
    pair = frame["b"] + " − " + frame["a"] + frame["prompts"].map(_prompts) + " on " + frame["benchmark"].astype(str)
    columns = (
        Column("label", "metric"),
        Column("mean_a", "subtracted", "number"),
        Column("mean_b", "looked at", "number"),
        Column("difference", "difference", "signed", "low", "high", "n"),
        Column("p_value", "p", "p"),
        Column("p_holm", "p, Holm", "p"),
        *_simultaneous(frame),
        Column("mde", "detectable", "number"),
        *([Column("failed", "with failed judgements")] if (bounds := _with_failed(frame)).any() else []),
        Column("verdict", "verdict"),
    )
    return TableView(frame.assign(pair=pair, failed=bounds), columns, group="pair", data=frame)


def _with_failed(frame: pd.DataFrame) -> "pd.Series[str]":
    """What a difference may be, where judgements failed, and whether that leaves it open."""
    rows = zip(frame["bound_low"], frame["bound_high"], frame["open"], strict=True)
    said = [
        typeset(f"{decimal(low, signed=True)} to {decimal(high, signed=True)}") + (", open" if is_open else "")
        if low < high
        else ""
        for low, high, is_open in rows
    ]
    return pd.Series(said, frame.index, dtype=object)


def _prompts(prompts: str) -> str:
    return {"same": "", "neutral": " (neutral prompt)"}.get(prompts, f" ({prompts})")


def factorial(frame: pd.DataFrame) -> TableView:
    """Effects of reward and cold start."""
    columns = (
        Column("label", "metric"),
        Column("effect", "effect"),
        Column("difference", "difference", "signed", "low", "high", "n"),
        Column("p_value", "p, uncorrected", "p"),
    )
    return TableView(frame, columns, group="benchmark")


def tradeoff(frame: pd.DataFrame) -> TableView:
    """Accuracy and what stands against it."""
    columns = (
        _CHECKPOINT,
        Column("k", "k", "number", digits=0),
        Column("accuracy", "accuracy", "share", "accuracy_low", "accuracy_high"),
        Column("label", "against"),
        Column("value", "value", "share", "value_low", "value_high", "n"),
    )
    return TableView(frame, columns, group="benchmark")


def maj_at_k(frame: pd.DataFrame) -> TableView:
    """A column a checkpoint, k down."""
    return across(frame.assign(k=frame["k"].astype(str)), {"k": "k"}, "checkpoint", group="benchmark")


def lengths(frame: pd.DataFrame) -> TableView:
    """Words of responses."""
    percentiles = tuple(Column(f"p{at}", f"{at} %", "number", digits=0) for at in (5, 25, 50, 75, 95))
    columns = (
        _CHECKPOINT,
        Column("mean", "mean words", "number", "low", "high", "n", digits=1),
        *percentiles,
        Column("per_thousand", "right a 1,000 words", "number", "per_thousand_low", "per_thousand_high", digits=2),
    )
    return TableView(frame, columns, group="benchmark")


def methods(frame: pd.DataFrame) -> TableView:
    """How answers were read, a column a checkpoint."""
    return across(frame, {"method": "read as"}, "checkpoint", group="benchmark", value="share")


def positions(frame: pd.DataFrame) -> TableView:
    """Places of options."""
    columns = (
        _CHECKPOINT,
        Column("position", "place"),
        Column("gold", "right option there", "share"),
        Column("chosen", "chosen", "share", "chosen_low", "chosen_high", "n"),
        Column("accuracy", "accuracy if right there", "share", "accuracy_low", "accuracy_high", "n_gold"),
    )
    return TableView(frame, columns, group="benchmark")


def strata(frame: pd.DataFrame) -> TableView:
    """Metrics by stratum, a column a checkpoint."""
    shown = frame.assign(by=frame["by"].str.replace("_", " "))
    rows = {"label": "metric", "by": "by", "stratum": "stratum"}
    return across(shown, rows, "checkpoint", group="benchmark", show="number")


def judges(frame: pd.DataFrame) -> TableView:
    """How the judges did."""
    columns = (
        _CHECKPOINT,
        Column("scorer", "scorer"),
        Column("judge", "judge"),
        Column("responses", "responses", "count"),
        Column("judged", "judged", "count"),
        Column("unscored", "failed judgements", "count"),
        Column("fewer", "without all judges of a panel", "count"),
        Column("split", "panel split on a yes or no", "count"),
        Column("returned", "spans returned", "count"),
        Column("reject_rate", "rejected", "share", "low", "high"),
        Column("repaired", "repaired", "count"),
    )
    return TableView(frame, columns, group="benchmark")


def card(frame: pd.DataFrame) -> TableView:
    """A judge card."""
    columns = (
        Column("level", "responses"),
        Column("metric", "metric"),
        Column("items", "items", "count"),
        *(
            Column(name, name, "number", f"{name}_low", f"{name}_high", digits=2)
            for name in ("precision", "recall", "f1")
        ),
        Column("bias", "count bias", "signed", "bias_low", "bias_high", digits=2),
    )
    return TableView(frame, columns, group="judge")


def runs(frame: pd.DataFrame) -> TableView:
    """What was read."""
    columns = (
        _CHECKPOINT,
        Column("model", "model"),
        Column("found", "samples", "count"),
        Column("expected", "planned", "count"),
        Column("failed", "failed", "count"),
        Column("conditions", "conditions"),
        Column("logs", "logs"),
    )
    return TableView(frame, columns, group="benchmark")
