"""maj@k: how the majority vote gains with the number of votes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import (
    Array,
    Look,
    blanks,
    counted,
    dodges,
    dot,
    grid,
    heading,
    intervals,
    limits,
    looks_of,
    model_key,
    panels,
    records,
    short,
    short_names,
    split,
    styled,
    tidy,
    unique,
)

MARKED = 7
"""Points of one curve that get a marker and an interval; the line goes through all."""


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """A panel a benchmark, a curve a checkpoint; points of one k stand side by side.

    Args:
        frame: A row a benchmark x checkpoint x k, with `value`, `low`, `high` as shares.
        looks: Label -> look, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    here = {label: chosen[label] for label in unique(frame["checkpoint"])}
    parts = split(frame, "benchmark")
    drawn, every = panels([2.1] * len(parts), legend=model_key(here, short_names(chosen, 44), lines=True))
    for axes, ((benchmark,), part) in zip(every, parts, strict=True):
        heading(axes, short(benchmark, 50))
        _panel(axes, part, here)
        axes.set_ylabel("share of questions right")
    every[-1].set_xlabel("k, votes a question")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Accuracy of the majority vote over k of the responses to a question, exact over all choices of k "
        f"({counted(frame, 'n', 'questions')}). {intervals(frame)}{blanks(frame, ['value'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return tidy(frame, ["benchmark", "checkpoint"], ["k", "value", "low", "high"], need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: Mapping[str, Look]) -> None:
    steps = np.sort(part["k"].unique())
    few = len(steps) <= MARKED
    offsets = dodges(len(chosen), 0.5 if few else 0.0)
    for place, (offset, (label, look)) in enumerate(zip(offsets, chosen.items(), strict=True)):
        curve = part[part["checkpoint"] == label].sort_values("k")
        axes.plot(curve["k"] + offset, curve["value"], color=look.colour, linestyle=look.line, linewidth=1.5, zorder=2)
        marked = steps if few else _staggered(steps, place / len(chosen))
        for row in records(curve[curve["k"].isin(marked)]):
            dot(axes, row.k + offset, row.value, (row.low, row.high), look, upright=True, size=5)
    room = 0.5 + 0.02 * float(steps[-1] - steps[0])
    axes.set_xlim(float(steps[0]) - room, float(steps[-1]) + room)
    axes.set_xticks(steps if few else _staggered(steps, 0))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(limits(part["value"], part["low"], part["high"], low=0, high=1, span=0.1))
    grid(axes, "y")


def _staggered(steps: Array, phase: float) -> Array:
    """`MARKED` of many steps; a phase in [0, 1) moves them towards the next."""
    stride = (len(steps) - 1) / (MARKED - 1)
    found: Array = steps[np.minimum(((np.arange(MARKED) + phase) * stride).round().astype(int), len(steps) - 1)]
    return found
