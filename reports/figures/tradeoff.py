"""Accuracy against a metric of the reasoning."""

from itertools import repeat

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clinical_r1.metrics import METRICS

from .. import plotting as plot

_BETTER = {"higher": " Right and up is better.", "lower": " Right and down is better.", "neither": ""}
_NUMBERS = ["k", "accuracy", "accuracy_low", "accuracy_high", "value", "value_low", "value_high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark and metric, a point per checkpoint with both of its intervals.

    Where checkpoints differ in k, the weight of accuracy in the reward, a grey line joins them in its order.

    The frame has a row per benchmark x checkpoint: `accuracy` and `value`, each with `_low` and `_high`, `metric`,
    `label`, `k` (NaN where unknown), and `series`, which keeps lines apart. A row needs both numbers.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["checkpoint"], palette)
    parts = plot.split(frame, "benchmark", "metric")
    titles = [plot.short(benchmark, 50) for (benchmark, _), _ in parts]
    drawn, every = plot.panels(titles, repeat(2.6), legend=key, x="share of answers that are right (0 to 1)")
    for axes, ((_, metric), part) in zip(every, parts, strict=True):
        _panel(axes, part, here)
        axes.set_ylabel("\n".join(filter(None, [plot.short(part["label"].iloc[0], 34), plot.unit(metric)])))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _tidy(frame)
    label = " and ".join(plot.unique(found["label"]))
    ways = {METRICS[metric].better if metric in METRICS else "neither" for metric in found["metric"]}
    better = _BETTER[ways.pop()] if len(ways) == 1 else ""
    joined = any(_curve(part) is not None for _, part in plot.split(found, "benchmark", "metric", "series"))
    line = " The grey line joins checkpoints in the order of k, the weight of accuracy in the reward." if joined else ""
    return (
        f"Accuracy against {label} ({plot.counted(frame, 'n', 'responses')} with the latter). {plot.intervals(frame)}"
        f"{better}{line}{plot.blanks(frame, ['accuracy', 'value'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    labels = ["benchmark", "checkpoint", "metric", "label", "series"]
    found = plot.tidy(frame, labels, _NUMBERS, need=["accuracy", "value"])
    return plot.tidy(found.dropna(subset=["accuracy", "value"]), labels, _NUMBERS, need=["value"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    for _, series in plot.split(part, "series"):
        if (curve := _curve(series)) is not None:
            axes.plot(curve["accuracy"], curve["value"], color=plot.GREY, linewidth=1.5, zorder=1)
            for row in plot.records(curve):
                axes.annotate(f"k = {row.k:g}", (row.accuracy, row.value), (6, 6), textcoords="offset points")
    for row in plot.records(part):
        look = chosen[row.checkpoint]
        plot.dot(axes, row.accuracy, row.value, (row.accuracy_low, row.accuracy_high), look)
        plot.dot(axes, row.accuracy, row.value, (row.value_low, row.value_high), look, upright=True)
    across, upwards = ([part[f"{name}{end}"] for end in ("", "_low", "_high")] for name in ("accuracy", "value"))
    axes.set_xlim(plot.limits(*across, **plot.SHARE))
    axes.set_ylim(plot.limits(*upwards, **plot.share_of(part["metric"].iloc[0])))
    plot.grid(axes, "both")


def _curve(series: pd.DataFrame) -> pd.DataFrame | None:
    """Rows in the order of k, if there are several values of it, each once."""
    known = series[np.isfinite(series["k"])].sort_values("k")
    return known if len(known) > 1 and known["k"].is_unique else None
