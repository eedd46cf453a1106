"""The 2 x 2 of reward and cold start."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..plotting import (
    GREY,
    Look,
    blanks,
    counted,
    dodges,
    dot,
    grid,
    heading,
    intervals,
    is_share,
    limits,
    looks_of,
    mark,
    model_key,
    panels,
    records,
    short,
    short_names,
    split,
    styled,
    tidy,
    unique,
    unit,
)
from ..tables import decimal, interval, typeset

MOST = 12
"""Panels in one figure; with more it could not be read."""
SPELT = 2
"""Panels up to which the caption spells the effects on all of them out."""
_LINES = {"grpo": ":", "crpo": "-"}


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """A panel a benchmark and metric: four points with intervals, a line from no cold start to cold start a reward.

    Args:
        frame: The cells: `benchmark`, `metric`, `label`, `reward`, `cold_start`, `checkpoint`, `value`, `low`, `high`.
        looks: Label -> look, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    parts = split(frame, "benchmark", "metric")[:MOST]
    columns = min(2, len(parts))
    key = model_key({label: chosen[label] for label in unique(frame["checkpoint"])}, short_names(chosen, 44))
    key |= {short(reward.upper()): mark(GREY, "none", _LINES.get(reward, "--")) for reward in unique(frame["reward"])}
    drawn, every = panels([1.5] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, ((benchmark, _), part)) in enumerate(zip(every, parts, strict=False)):
        where = f"\n{short(benchmark, 26)}" if frame["benchmark"].nunique() > 1 else ""
        heading(axes, short(part["label"].iloc[0], 28) + where, left=place % columns / columns)
        _panel(axes, part, chosen)
    for axes in every[len(parts) :]:
        axes.remove()
    return drawn


def caption(frame: pd.DataFrame, *, effects: pd.DataFrame | None = None) -> str:
    """What the figure shows, with n, what its intervals are, and the effects.

    Args:
        frame: The cells.
        effects: `benchmark`, `metric`, `label`, `effect`, `difference`, `low`, `high`. Where there are many panels, the
            effects on the first metric are said and the rest is left to the table.
    """
    parts = split(_tidy(frame), "benchmark", "metric")
    left = f" The first {MOST} of {len(parts)} panels are drawn." if len(parts) > MOST else ""
    said = "" if effects is None or effects.empty else _effects(effects, every=len(parts) <= SPELT)
    return (
        f"Each checkpoint's mean ({counted(frame, 'n', 'responses')}) without and with a cold start; lines join the "
        f"checkpoints of one reward. {intervals(frame, 'Upright lines')} Scales differ between panels."
        f"{said}{left}{blanks(frame, ['value'])}"
    )


def _effects(effects: pd.DataFrame, *, every: bool) -> str:
    table = tidy(
        effects, ["benchmark", "metric", "label", "effect"], ["difference", "low", "high"], need=["difference"]
    )
    if not every:
        table = table[table["metric"] == table["metric"].iloc[0]]
    sentences = []
    for (benchmark, label), part in split(table, "benchmark", "label"):
        found = [f"{row.effect} {_signed(row)}" for row in records(part)]
        sentences.append(f" Effects on {label}, {benchmark}: {'; '.join(found)}.")
    return "".join(sentences)


def _signed(row: Any) -> str:
    return typeset(f"{decimal(row.difference, signed=True)} {interval(row.low, row.high, signed=True)}".rstrip())


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    labels = ["benchmark", "metric", "label", "reward", "checkpoint"]
    return tidy(frame, labels, ["cold_start", "value", "low", "high"], need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: Mapping[str, Look]) -> None:
    lines = split(part.sort_values("cold_start", kind="stable"), "reward")
    for offset, ((reward,), line) in zip(dodges(len(lines), 0.2), lines, strict=True):
        style = _LINES.get(reward, "--")
        axes.plot(line["cold_start"] + offset, line["value"], style, color=GREY, linewidth=1.5, zorder=1)
        for row in records(line):
            dot(axes, row.cold_start + offset, row.value, (row.low, row.high), chosen[row.checkpoint], upright=True)
    axes.set_xticks([0, 1], ["no cold start", "cold start"])
    axes.set_xlim(-0.5, 1.5)
    metric = part["metric"].iloc[0]
    share: dict[str, Any] = {"low": 0.0, "high": 1.0, "span": 0.1} if is_share(metric) else {}
    axes.set_ylim(limits(part["value"], part["low"], part["high"], **share))
    axes.set_ylabel(unit(metric))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    grid(axes, "y")
