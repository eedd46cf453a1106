"""The 2 x 2 of reward and cold start."""

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

    Args:
        frame: The cells: `benchmark`, `metric`, `label`, `reward`, `cold_start`, `checkpoint`, `value`, `low`, `high`.
        palette: Label -> appearance, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["checkpoint"], palette)
    parts = plot.split(frame, "benchmark", "metric")[:MOST]
    columns = min(2, len(parts))
    key |= {
        plot.short(reward.upper()): plot.mark(plot.GREY, "none", _LINES.get(reward, "--"))
        for reward in plot.unique(frame["reward"])
    }
    drawn, every = plot.panels([1.5] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, ((benchmark, _), part)) in enumerate(zip(every, parts, strict=False)):
        where = f"\n{plot.short(benchmark, 26)}" if frame["benchmark"].nunique() > 1 else ""
        plot.heading(axes, plot.short(part["label"].iloc[0], 28) + where, left=place % columns / columns)
        _panel(axes, part, here)
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
    parts = plot.split(_tidy(frame), "benchmark", "metric")
    left = f" The first {MOST} of {len(parts)} panels are drawn." if len(parts) > MOST else ""
    said = "" if effects is None or effects.empty else _effects(effects, every=len(parts) <= SPELT)
    return (
        f"Each checkpoint's mean ({plot.counted(frame, 'n', 'responses')}) without and with a cold start; lines join "
        f"the "
        f"checkpoints of one reward. {plot.intervals(frame, 'Upright lines')} Scales differ between panels."
        f"{said}{left}{plot.blanks(frame, ['value'])}"
    )


def _effects(effects: pd.DataFrame, *, every: bool) -> str:
    table = plot.tidy(
        effects, ["benchmark", "metric", "label", "effect"], ["difference", "low", "high"], need=["difference"]
    )
    if not every:
        table = table[table["metric"] == table["metric"].iloc[0]]
    sentences = []
    for (benchmark, label), part in plot.split(table, "benchmark", "label"):
        found = [f"{row.effect} {_signed(row)}" for row in plot.records(part)]
        sentences.append(f" Effects on {label}, {benchmark}: {'; '.join(found)}.")
    return "".join(sentences)


def _signed(row: Any) -> str:
    return typeset(f"{decimal(row.difference, signed=True)} {interval(row.low, row.high, signed=True)}".rstrip())


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    labels = ["benchmark", "metric", "label", "reward", "checkpoint"]
    return plot.tidy(frame, labels, ["cold_start", "value", "low", "high"], need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    lines = plot.split(part.sort_values("cold_start", kind="stable"), "reward")
    for offset, ((reward,), line) in zip(plot.dodges(len(lines), 0.2), lines, strict=True):
        style = _LINES.get(reward, "--")
        axes.plot(line["cold_start"] + offset, line["value"], style, color=plot.GREY, linewidth=1.5, zorder=1)
        for row in plot.records(line):
            plot.dot(
                axes, row.cold_start + offset, row.value, (row.low, row.high), chosen[row.checkpoint], upright=True
            )
    axes.set_xticks([0, 1], ["no cold start", "cold start"])
    axes.set_xlim(-0.5, 1.5)
    metric = part["metric"].iloc[0]
    share: dict[str, Any] = {"low": 0.0, "high": 1.0, "span": 0.1} if plot.is_share(metric) else {}
    axes.set_ylim(plot.limits(part["value"], part["low"], part["high"], **share))
    axes.set_ylabel(plot.unit(metric))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    plot.grid(axes, "y")
