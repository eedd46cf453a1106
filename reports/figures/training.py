"""Training curves: KL, rewards and completion lengths per update."""

from itertools import repeat

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .. import plotting as plot

UNITS = {
    "held_out_accuracy": "share, 0 to 1",
    "held_out_majority": "share, 0 to 1",
    "kl": "nats a token",
    "reward": "reward",
    "accuracy": "mean, 0 to 1",
    "format": "mean, 0 to 1",
    "cross_reference": "share, 0 to 1",
    "consistency": "mean, 0 to 1",
    "completion_tokens": "tokens",
    "entropy": "nats a token",
    "truncated": "share, 0 to 1",
    "clip_ratio": "share, 0 to 1",
    "importance_ratio": "mean",
    "harm_any": "share, 0 to 1",
    "cross_reference_presence": "share, 0 to 1",
    "cross_reference_specific": "share, 0 to 1",
}
"""Measure -> unit."""
POINTS = 150
"""Most points of one line: of a longer run, means over as many stretches."""
FEW = 4
"""Runs up to which the updates themselves are drawn, behind the running mean."""
WINDOW = 0.05
"""Share of a run over which the thick line is averaged."""


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per measure, a line per run: thin for updates, thick for their running mean.

    The frame has a row per run x step x measure: `run`, `step`, `measure`, `label` (of the measure), `value`.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["run"], palette, lines=True)
    parts = plot.split(frame, "measure")
    labels = [part["label"].iloc[0] for _, part in parts]
    titles = [plot.short(label[0].upper() + label[1:], 30) for label in labels]
    drawn, every = plot.panels(titles, repeat(1.25), columns=min(2, len(parts)), legend=key, x="update")
    for axes, ((measure,), part) in zip(every, parts, strict=True):
        _panel(axes, part, here)
        axes.set_ylabel(UNITS.get(measure, ""))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, and how many runs and updates."""
    found = _tidy(frame)
    longest = found.groupby("run", sort=False)["step"].max().astype(int)
    said = plot.span(longest)
    runs = f"n = {len(longest)} run{'' if len(longest) == 1 else 's'}"
    thin = "Thin: updates; thick: their running mean" if len(longest) <= FEW else "Running means"
    return (
        f"Training by update ({runs} of {said} updates; each line is one run, so there is no interval). {thin} over "
        f"{WINDOW * 100:.0f} % of the run."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["run", "measure", "label"], ["step", "value"], need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    for label, look in chosen.items():
        curve = part[part["run"] == label].sort_values("step")
        if curve.empty:
            continue
        steps, updates = (_stretches(curve[column].to_numpy()) for column in ("step", "value"))
        mean = pd.Series(updates).rolling(max(1, round(WINDOW * len(updates))), center=True, min_periods=1).mean()
        if len(chosen) <= FEW:
            axes.plot(steps, updates, color=look.colour, linewidth=0.7, alpha=0.35, zorder=1)
        every = max(1, len(steps) // 5)
        axes.plot(
            steps, mean, color=look.colour, linestyle=look.line, linewidth=1.6, marker=look.marker, markersize=4,
            markevery=(every // 2, every), zorder=2,
        )  # fmt: skip
    axes.set_ylim(plot.limits(part["value"], span=0.02))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    plot.grid(axes, "y")


def _stretches(numbers: plot.Array) -> plot.Array:
    """At most `POINTS` numbers: means over stretches of equal length."""
    if len(numbers) <= POINTS:
        return numbers
    return np.array([part.mean() for part in np.array_split(numbers, POINTS)])
