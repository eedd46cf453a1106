"""The 2 x 2 factorial design of reward and cold start: means of the four arms."""

from itertools import repeat
from math import isfinite
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .. import plotting as plot
from ..tables import decimal, interval, typeset

MOST = 12
"""Panels in one figure; with more it could not be read."""
SPELT = 2
"""Panels up to which the caption spells the effects on all of them out."""
_LINES = {"grpo": ":", "crpo": "-"}


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark and metric: four points with intervals, a line from no cold start to cold start per reward.

    The frame has the cells: `benchmark`, `metric`, `label`, `reward`, `cold_start`, `checkpoint` (the method), `value`,
    `low`, `high`.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["checkpoint"], palette)
    parts = plot.split(frame, "benchmark", "metric")[:MOST]
    key |= {
        plot.short(reward.upper()): plot.mark(plot.GREY, "none", _LINES.get(reward, "--"))
        for reward in plot.unique(frame["reward"])
    }
    several = frame["benchmark"].nunique() > 1
    titles = [
        plot.short(part["label"].iloc[0], 24) + (f"\n{plot.short(benchmark, 20)}" if several else "")
        for (benchmark, _), part in parts
    ]
    drawn, every = plot.panels(titles, repeat(1.5), columns=min(2, len(parts)), legend=key)
    for axes, (_, part) in zip(every, parts, strict=True):
        _panel(axes, part, here)
    return drawn


def caption(frame: pd.DataFrame, *, effects: pd.DataFrame | None = None) -> str:
    """What the figure shows, with n, what its intervals are, and the effects.

    Args:
        frame: The cells.
        effects: `benchmark`, `metric`, `label`, `effect`, `kind`, `difference`, `low`, `high`, `ratio`, `ratio_low`,
            `ratio_high`. Main effects and interaction are said, with many panels those on the first metric alone; the
            rest is left to the table.
    """
    parts = plot.split(_tidy(frame), "benchmark", "metric")
    left = f" The first {MOST} of {len(parts)} panels are drawn." if len(parts) > MOST else ""
    said = "" if effects is None or effects.empty else _effects(effects, every=len(parts) <= SPELT)
    seeds = plot.numbers(frame, "seeds")
    trained = f"; {plot.span(seeds)} training seeds per arm" if (seeds > 1).any() else ""
    return (
        f"Each arm's mean ({plot.counted(frame, 'n', 'responses')}{trained}) without and with a cold start; lines join "
        f"the arms of one reward. {plot.intervals(frame, 'Upright lines')} Scales differ between panels."
        f"{said}{left}{plot.blanks(frame, ['value'])}"
    )


def _effects(effects: pd.DataFrame, *, every: bool) -> str:
    labels = ["benchmark", "metric", "label", "effect"]
    measures = ["difference", "low", "high", "ratio", "ratio_low", "ratio_high"]
    table = plot.tidy(effects[effects["kind"] != "simple"], labels, measures, need=["difference"])
    if not every:
        table = table[table["metric"] == table["metric"].iloc[0]]
    sentences = []
    for (benchmark, label), part in plot.split(table, "benchmark", "label"):
        said = "; ".join(f"{row.effect} {typeset(_numbers(row))}" for row in plot.records(part))
        sentences.append(f" Effects on {label}, {benchmark}: {said}.")
    return "".join(sentences)


def _numbers(effect: Any) -> str:
    ratio = f", ratio {decimal(effect.ratio, 2)} {interval(effect.ratio_low, effect.ratio_high, 2)}".rstrip()
    difference = f"{decimal(effect.difference, signed=True)} {interval(effect.low, effect.high, signed=True)}".rstrip()
    return difference + (ratio if isfinite(effect.ratio) else "")


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    labels = ["benchmark", "metric", "label", "reward", "checkpoint"]
    return plot.tidy(frame, labels, ["cold_start", "value", "low", "high"], need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    lines = plot.split(part.sort_values("cold_start", kind="stable"), "reward")
    for offset, ((reward,), line) in zip(plot.dodges(len(lines), 0.2), lines, strict=True):
        style = _LINES.get(reward, "--")
        axes.plot(line["cold_start"] + offset, line["value"], style, color=plot.GREY, linewidth=1.5, zorder=1)
        for row in plot.records(line):
            x, ends = row.cold_start + offset, (row.low, row.high)
            plot.dot(axes, x, row.value, ends, chosen[row.checkpoint], upright=True)
    axes.set_xticks([0, 1], ["no cold start", "cold start"])
    axes.set_xlim(-0.5, 1.5)
    metric = part["metric"].iloc[0]
    axes.set_ylim(plot.limits(part["value"], part["low"], part["high"], **plot.share_of(metric)))
    axes.set_ylabel(plot.unit(metric))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    plot.grid(axes, "y")
