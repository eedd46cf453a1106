"""Judge against raters, item by item: the plot of Bland and Altman."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_POINTS = ["mean", "difference", "items"]
_LIMITS = ["value", "low", "high", "limit_low", "limit_high", "n"]


@plot.styled
def figure(frame: pd.DataFrame, *, points: pd.DataFrame, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric: differences over means of judge and raters, the bias, and the limits of agreement.

    Args:
        frame: A row per judge x metric: the bias `value` with `low` and `high`, `limit_low`, `limit_high`, `label`. The
            panels are those of its first judge.
        points: A row per judge x metric x point: `mean`, `difference` (judge less raters), and the `items` there.
        palette: Label -> appearance, of all judges of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    judge = frame["judge"].iloc[0]
    points = plot.tidy(points[points["judge"] == judge], ["metric"], _POINTS, need=["difference"])
    look = plot.palette_of([judge], palette)[judge]
    parts = plot.split(frame, "metric")
    columns = 2 if len(parts) > 1 else 1
    key = {
        "mean difference": plot.mark(look.colour, "none", "-", linewidth=2),
        "limits of agreement": plot.mark(look.colour, "none", "--", linewidth=1.2),
    }
    drawn, every = plot.panels([1.35] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, ((metric,), part)) in enumerate(zip(every, parts, strict=False)):
        plot.heading(axes, plot.short(part["label"].iloc[0], 30), left=place % columns / columns)
        _panel(axes, plot.records(part)[0], points[points["metric"] == metric], look)
    for axes in every[len(parts) :]:
        axes.set_axis_off()
    for axes in every[max(0, len(parts) - columns) : len(parts)]:
        axes.set_xlabel("mean of judge and raters")
    for axes in every[: len(parts) : columns]:
        axes.set_ylabel("judge − raters")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _tidy(frame)
    return (
        f"Judge less the mean of raters, item by item ({plot.counted(found, 'n', 'items')}); larger points are more "
        f"items. "
        f"The band about the mean difference is its 95 % interval; 95 % of differences are expected between the limits "
        f"of agreement (mean ± 1.96 standard deviations), whose own intervals stand in the table."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame.empty:
        frame = frame[frame["judge"] == frame["judge"].iloc[0]]
    return plot.tidy(frame, ["judge", "metric", "label"], _LIMITS, need=["value"])


def _panel(axes: Axes, line: object, points: pd.DataFrame, look: plot.Appearance) -> None:
    value, low, high = (getattr(line, name) for name in ("value", "low", "high"))
    axes.axhline(0, color=plot.GREY, linewidth=1, zorder=1)
    axes.axhspan(low, high, color=look.colour, alpha=0.2, linewidth=0, zorder=0)
    axes.axhline(value, color=look.colour, linewidth=2, zorder=3)
    ends = [getattr(line, name) for name in ("limit_low", "limit_high")]
    for end in ends:
        axes.axhline(end, color=look.colour, linewidth=1.2, linestyle="--", zorder=3)
    most = points["items"].max()
    for point in plot.records(points):
        size = 2.5 + 6 * (point.items / most) ** 0.5
        axes.add_line(
            plot.mark(
                look.colour, "o", x=[point.mean], y=[point.difference], markersize=size, alpha=0.45, markeredgewidth=0
            )
        )
    axes.set_xlim(plot.limits(points["mean"], span=0.1))
    axes.set_ylim(plot.limits([0.0, low, high, *ends], points["difference"], span=0.1))
    plot.grid(axes, "both")
