"""maj@k: accuracy of the majority vote by number of votes."""

from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

MARKED = 7
"""Points of one curve that get a marker and an interval; the line goes through all."""


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark, a curve per checkpoint; points of one k stand side by side.

    The frame has a row per benchmark x checkpoint x k, with `value`, `low`, `high` as shares.
    """
    frame = plot.tidy(frame, ["benchmark", "checkpoint"], ["k", "value", "low", "high"], need=["value"])
    here, key = plot.legend_of(frame["checkpoint"], palette, lines=True)
    parts = plot.split(frame, "benchmark")
    titles = [plot.short(benchmark, 50) for (benchmark,), _ in parts]
    labels: dict[str, Any] = {"x": "k, votes per question", "y": "share of questions right"}
    drawn, every = plot.panels(titles, repeat(2.1), legend=key, **labels)
    for axes, (_, part) in zip(every, parts, strict=True):
        _panel(axes, part, here)
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Accuracy of the majority vote over k of the responses to a question, exact over all choices of k "
        f"({plot.counted(frame, 'n', 'questions')}). {plot.intervals(frame)}{plot.blanks(frame, ['value'])}"
    )


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    steps = np.sort(part["k"].unique())
    few = len(steps) <= MARKED
    offsets = plot.dodges(len(chosen), 0.5 if few else 0.0)
    for place, (offset, (label, look)) in enumerate(zip(offsets, chosen.items(), strict=True)):
        curve = part[part["checkpoint"] == label].sort_values("k")
        axes.plot(curve["k"] + offset, curve["value"], color=look.colour, linestyle=look.line, linewidth=1.5, zorder=2)
        marked = steps if few else _staggered(steps, place / len(chosen))
        for row in plot.records(curve[curve["k"].isin(marked)]):
            plot.dot(axes, row.k + offset, row.value, (row.low, row.high), look, upright=True, size=5)
    room = 0.5 + 0.02 * float(steps[-1] - steps[0])
    axes.set_xlim(float(steps[0]) - room, float(steps[-1]) + room)
    axes.set_xticks(steps if few else _staggered(steps, 0))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(plot.limits(part["value"], part["low"], part["high"], **plot.SHARE))
    plot.grid(axes, "y")


def _staggered(steps: plot.Array, phase: float) -> plot.Array:
    """`MARKED` of many steps; a phase in [0, 1) moves them towards the next."""
    stride = (len(steps) - 1) / (MARKED - 1)
    found: plot.Array = steps[np.minimum(((np.arange(MARKED) + phase) * stride).round().astype(int), len(steps) - 1)]
    return found
