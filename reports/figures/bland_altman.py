"""Bland-Altman plot: differences between judge and raters over their mean, per item."""

from itertools import repeat
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_POINTS = ["mean", "difference", "items"]
_LIMITS = ["value", "low", "high", "limit_low", "limit_high", "n"]


@plot.styled
def figure(frame: pd.DataFrame, *, points: pd.DataFrame, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric: differences over means of judge and raters, the bias, and the limits of agreement.

    The frame has a row per judge x metric: the bias `value` with `low` and `high`, `limit_low`, `limit_high`, `label`.
    The panels are those of its first judge. `points` has a row per judge x metric x point: `mean`, `difference` (judge
    less raters), and the number of `items` there.
    """
    frame = _tidy(frame)
    judge = frame["judge"].iloc[0]
    points = plot.tidy(points[points["judge"] == judge], ["metric"], _POINTS, need=["difference"])
    look = plot.palette_of([judge], palette)[judge]
    parts = plot.split(frame, "metric")
    key = {
        "mean difference": plot.mark(look.colour, "none", "-", linewidth=2),
        "limits of agreement": plot.mark(look.colour, "none", "--", linewidth=1.2),
    }
    titles = [plot.short(part["label"].iloc[0], 30) for _, part in parts]
    labels: dict[str, Any] = {"x": "mean of judge and raters", "y": "judge − raters"}
    drawn, every = plot.panels(titles, repeat(1.35), columns=min(2, len(parts)), legend=key, **labels)
    for axes, ((metric,), part) in zip(every, parts, strict=True):
        _panel(axes, plot.records(part)[0], points[points["metric"] == metric], look)
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _tidy(frame)
    return (
        f"Judge less the mean of raters, item by item ({plot.counted(found, 'n', 'items')}); larger points are more "
        f"items. The band about the mean difference is its 95 % interval; 95 % of differences are expected between "
        f"the limits of agreement (mean ± 1.96 standard deviations), whose own intervals stand in the table."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame[frame["judge"] == frame["judge"].iloc[0]]
    return plot.tidy(frame, ["judge", "metric", "label"], _LIMITS, need=["value"])


def _panel(axes: Axes, line: Any, points: pd.DataFrame, look: plot.Appearance) -> None:
    axes.axhline(0, color=plot.GREY, linewidth=1, zorder=1)
    axes.axhspan(line.low, line.high, color=look.colour, alpha=0.2, linewidth=0, zorder=0)
    axes.axhline(line.value, color=look.colour, linewidth=2, zorder=3)
    for end in (line.limit_low, line.limit_high):
        axes.axhline(end, color=look.colour, linewidth=1.2, linestyle="--", zorder=3)
    faint = {"alpha": 0.45, "markeredgewidth": 0}
    for point in plot.records(points):
        size = 2.5 + 6 * (point.items / points["items"].max()) ** 0.5
        axes.add_line(plot.mark(look.colour, "o", x=[point.mean], y=[point.difference], markersize=size, **faint))
    axes.set_xlim(plot.limits(points["mean"], span=0.1))
    ends = [0.0, line.low, line.high, line.limit_low, line.limit_high]
    axes.set_ylim(plot.limits(ends, points["difference"], span=0.1))
    plot.grid(axes, "both")
