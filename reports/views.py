"""How each table of a comparison is laid out. Frames are those of `clinical_r1.analysis`."""

import numpy as np
import pandas as pd

from .tables import Column, Derived, TableView, across, counts, decimal, joined, layout, measured, typeset

QUANTITIES = {
    "accuracy": "accuracy",
    "majority": "majority vote",
    "tied": "tied votes",
    "parsed": "answers read",
    "truncated": "cut off",
}
FORMS = {"count": "count", "per_1k": "per 1,000 words", "share": "share", "any": "share of responses"}
_CHECKPOINT = Column("checkpoint", "checkpoint")
PAIR = joined("b", " − ", "a", " on ", "benchmark")
"""A heading of differences."""
PROBED_PAIR = joined("base", ": ", "b", " − ", "a", " on ", "benchmark")
"""The same, of a probe."""


def accuracy(frame: pd.DataFrame) -> TableView:
    """A column per checkpoint, the quantities of a benchmark below each other."""
    rows = frame.assign(quantity=frame["quantity"].map(QUANTITIES))
    return across(rows, {"quantity": ""}, "checkpoint", group="benchmark")


published = layout(
    _CHECKPOINT,
    measured("value", "ours, majority vote", n="n"),
    Column("published", "published", "number"),
    group="benchmark",
)
"""Ours beside what the paper prints."""


def estimates(frame: pd.DataFrame) -> TableView:
    """A column per checkpoint, the metrics of a benchmark below each other."""
    why = np.select([frame["undefined"] > 0, frame["unscored"] > 0], ["no number", "judge failed"], "")
    shown = frame.assign(metric=frame["label"], form=frame["form"].map(FORMS), why=why)
    return across(shown, {"metric": "metric", "form": "form"}, "checkpoint", group="benchmark", why="why")


truth = layout(
    _CHECKPOINT,
    measured("value", "true", n="n"),
    Column("judge_metric", "the judge's number"),
    measured("judge_value", "judged"),
    group="heading",
    heading=joined("label", " on ", "benchmark"),
)
"""What is true beside what the judge says, a row per checkpoint."""


def probed(frame: pd.DataFrame) -> TableView:
    """What became of answers when checkpoints were asked again: a column per checkpoint, a row per number."""
    return across(frame, {"label": "number"}, "checkpoint", group="benchmark")


def described_differences(frame: pd.DataFrame, pair: Derived = PAIR) -> TableView:
    """Differences that are in no family: in what is true, of votes, and of probes; `pair` heads those of two sides."""
    columns = (
        Column("label", "metric"),
        *_sides(frame),
        measured("difference", "difference", "signed", stem="", n="n"),
        Column("p_value", "p, uncorrected", "p"),
    )
    return TableView(frame.assign(pair=pair(frame)), columns, group="pair", data=frame)


def _sides(frame: pd.DataFrame) -> tuple[Column, Column]:
    """The columns of both sides, under their names where there is one pair."""
    heads = [names.pop() if len(names := set(frame[side])) == 1 else side.upper() for side in ("a", "b")]
    return Column("mean_a", heads[0], "number"), Column("mean_b", heads[1], "number")


bounds = layout(
    _CHECKPOINT,
    Column("label", "metric"),
    Column("value", "as judged", "number", n="n"),
    Column("unscored", "failed judgements", "count"),
    Column("bound_low", "all failed lowest", "number"),
    Column("bound_high", "all failed highest", "number"),
    group="benchmark",
)
"""What failed judgements can hide."""

published_counts = layout(
    _CHECKPOINT,
    Column("label", "ours"),
    measured("value", "count a response", n="n"),
    Column("base", "published metric"),
    Column("published", "published count", "number", digits=2),
    group="benchmark",
)
"""Counts beside those that the paper prints under the same name."""


def paired(frame: pd.DataFrame) -> TableView:
    """Differences, a row each, headed by the two methods and the benchmark."""
    kinds = {"same": "", "neutral": " (neutral prompt)"}
    prompts = frame["prompts"].map(lambda prompts: kinds.get(prompts, f" ({prompts})"))
    pair = frame["b"] + " − " + frame["a"] + prompts + " on " + frame["benchmark"].astype(str)
    bounds = _with_failed(frame)
    family = Column("low_family", "all at once", "interval", "low_family", "high_family")
    columns = (
        Column("label", "metric"),
        *_sides(frame),
        measured("difference", "difference", "signed", stem="", n="n"),
        Column("p_value", "p", "p"),
        Column("p_adjusted", "p, adjusted", "p"),
        *([family] if frame["low_family"].notna().any() else []),
        Column("mde", "detectable", "number"),
        *([Column("failed", "with failed judgements")] if bounds.any() else []),
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


factorial = layout(
    Column("effect", "effect"),
    measured("difference", "difference", "signed", stem="", n="n"),
    measured("ratio", "ratio", digits=2, why="why"),
    Column("mean_a", "from", "number"),
    Column("mean_b", "to", "number"),
    Column("p_value", "p, uncorrected", "p"),
    Column("seeds", "seeds per arm"),
    group="heading",
    heading=joined("label", " on ", "benchmark"),
)
"""Effects of reward and cold start, a row each."""

tradeoff = layout(
    _CHECKPOINT,
    Column("k", "k", "number", digits=0),
    measured("accuracy", "accuracy"),
    Column("label", "against"),
    measured("value", "value", stem="value_", n="n"),
    group="benchmark",
)
"""Accuracy and what stands against it."""


def maj_at_k(frame: pd.DataFrame) -> TableView:
    """A column per checkpoint, k down."""
    return across(frame.assign(k=frame["k"].astype(str)), {"k": "k"}, "checkpoint", group="benchmark")


lengths = layout(
    _CHECKPOINT,
    measured("mean", "mean words", stem="", n="n", digits=1),
    *(Column(f"p{at}", f"{at} %", "number", digits=0) for at in (5, 25, 50, 75, 95)),
    measured("per_thousand", "right per 1,000 words", digits=2),
    group="benchmark",
)
"""Words of responses."""


def methods(frame: pd.DataFrame) -> TableView:
    """How answers were read, a column per checkpoint."""
    return across(frame, {"method": "read as"}, "checkpoint", group="benchmark", value="share")


positions = layout(
    _CHECKPOINT,
    Column("position", "place"),
    Column("gold", "right option there", "number"),
    measured("chosen", "chosen", n="n"),
    measured("accuracy", "accuracy if right there", n="n_gold"),
    group="benchmark",
)
"""Places of options."""


def strata(frame: pd.DataFrame) -> TableView:
    """Metrics by stratum, a column per checkpoint."""
    shown = frame.assign(by=frame["by"].str.replace("_", " "))
    rows = {"label": "metric", "by": "by", "stratum": "stratum"}
    return across(shown, rows, "checkpoint", group="benchmark")


judges = layout(
    _CHECKPOINT,
    Column("scorer", "scorer"),
    Column("judge", "judge"),
    Column("facts_by", "facts listed by"),
    *counts("responses", "judged"),
    Column("unscored", "failed judgements", "count"),
    Column("fewer", "without all judges of a panel", "count"),
    Column("split", "panel split on a yes or no", "count"),
    Column("draws", "draws", "count"),
    Column("draw_agreement", "draws that agree on yes or no", "number", digits=2),
    Column("returned", "spans returned", "count"),
    measured("reject_rate", "rejected", stem=""),
    Column("repaired", "repaired", "count"),
    group="benchmark",
)
"""How the judges did."""

judge_noise = layout(
    Column("of", "of"),
    Column("label", "metric"),
    measured("value", "means over draws", stem="", n="n"),
    Column("draws", "draws", "count"),
    Column("standard_error", "standard error", "number"),
    Column("noise", "by the judge alone", "number"),
    Column("noise_share", "share of the variance", "number"),
    Column("one_draw_share", "of a single draw", "number"),
    group="benchmark",
)
"""The judge's part of intervals."""

card = layout(
    Column("level", "responses"),
    Column("metric", "metric"),
    Column("items", "items", "count"),
    *(measured(name, name, digits=2) for name in ("precision", "recall", "f1")),
    measured("bias", "count bias", "signed", digits=2),
    group="judge",
)
"""A judge card."""

runs = layout(
    _CHECKPOINT,
    Column("model", "model"),
    Column("found", "samples", "count"),
    Column("expected", "planned", "count"),
    Column("failed", "failed", "count"),
    Column("conditions", "conditions"),
    Column("logs", "logs"),
    group="benchmark",
)
"""What was read."""
