"""Training curves: KL, rewards, lengths by update."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .. import plotting as plot

UNITS = {
    "kl": "nats a token",
    "reward": "reward",
    "accuracy": "mean, 0 to 1",
    "format": "mean, 0 to 1",
    "cross_reference": "share, 0 to 1",
    "consistency": "mean, 0 to 1",
    "completion_tokens": "tokens",
    "entropy": "nats a token",
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

    Args:
        frame: A row per run x step x measure: `run`, `step`, `measure`, `value`, and `label` (of the measure) if there
            is one.
        palette: Label -> appearance, of all labels of the page; runs that have none get one.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["run"], palette, lines=True)
    parts = plot.split(frame, "measure")
    columns = min(2, len(parts))
    key = key
    drawn, every = plot.panels([1.25] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, ((measure,), part)) in enumerate(zip(every, parts, strict=False)):
        label = part["label"].iloc[0]
        plot.heading(axes, plot.short(label[0].upper() + label[1:], 30), left=place % columns / columns)
        _panel(axes, part, here)
        axes.set_ylabel(UNITS.get(measure, ""))
        if place >= len(parts) - columns:
            axes.set_xlabel("update")
    for axes in every[len(parts) :]:
        axes.remove()
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, and how many runs and updates."""
    found = _tidy(frame)
    longest = [int(part["step"].max()) for _, part in plot.split(found, "run")]
    said = f"{min(longest):,}" if min(longest) == max(longest) else f"{min(longest):,} to {max(longest):,}"
    runs = f"n = {len(longest)} run{'' if len(longest) == 1 else 's'}"
    thin = "Thin: updates; thick: their running mean" if len(longest) <= FEW else "Running means"
    return (
        f"Training by update ({runs} of {said} updates; each line is one run, so there is no interval). {thin} over "
        f"{WINDOW * 100:.0f} % of the run."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame.empty and "label" not in frame:
        frame = frame.assign(label=frame["measure"].astype(str).str.replace("_", " "))
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
