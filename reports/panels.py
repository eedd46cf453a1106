"""What all figures share: sizes, rows and panels, dots with intervals, legends.

A figure is as wide as a text column and is read down, so that it can be read on a phone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from .frames import Array
from .palette import GREY, Look
from .settings import TICKS

WIDTH = 5.6
"""Inches."""
LINE = 0.21
"""Inches that a line of text takes."""
AROUND = 3.3 * LINE
"""Inches for a panel's heading, tick labels and label of an axis."""
HEADED = 1.5 * LINE
"""Inches for a heading alone."""


def panels(
    heights: Sequence[float], *, columns: int = 1, legend: Mapping[str, Artist] | None = None, x_axis: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure with panels under one another, or in columns, filled row by row, and a legend below.

    Args:
        heights: Of the data area of each row of panels, inches.
        columns: Panels a row.
        legend: Label -> what stands before it.
        x_axis: Whether panels have tick labels below.
    """
    labels = list(legend or {})
    widest = max(map(len, labels), default=0) * 6.1 + 40  # points
    abreast = max(1, min(len(labels), int((WIDTH * 72 - 8) / widest)))
    around = (AROUND if x_axis else HEADED) * len(heights) + LINE * -(-len(labels) // abreast) + 0.1
    drawn = Figure(figsize=(WIDTH, sum(heights) + around), layout="constrained")
    if legend:
        look: dict[str, Any] = {"columnspacing": 1.4, "handletextpad": 0.5, "borderpad": 0.2}
        drawn.legend(list(legend.values()), labels, loc="outside lower center", ncols=abreast, **look)
    every: list[Axes] = list(
        drawn.subplots(len(heights), columns, squeeze=False, gridspec_kw={"height_ratios": list(heights)}).flat
    )
    for axes in every:
        axes.tick_params(**TICKS)
    return drawn, every


def model_key(chosen: Mapping[str, Look], called: Mapping[str, str], *, lines: bool = False) -> dict[str, Artist]:
    """A legend of checkpoints.

    Args:
        chosen: Label -> look, of the labels in the figure.
        called: Label -> the name that is shown.
        lines: Whether they are drawn as lines.
    """
    return {
        called[label]: mark(look.colour, look.marker, look.line if lines else "none") for label, look in chosen.items()
    }


def mark(
    colour: str, marker: str, line: Any = "none", *, x: Sequence[float] = (), y: Sequence[float] = (), **drawn: Any
) -> Line2D:
    """Points or a line, to add to a panel or to stand before a label of a legend.

    Args:
        colour: Of all of it.
        marker: A marker of matplotlib.
        line: A line style of matplotlib.
        x: Places across.
        y: Places upwards.
        **drawn: For `Line2D`.
    """
    return Line2D(x, y, color=colour, marker=marker, linestyle=line, **{"markersize": 6, **drawn})


def heading(axes: Axes, text: str, *, left: float = 0.0) -> None:
    """A panel's heading, which starts at the left edge of the figure, or `left` of its width from there."""
    title = axes.set_title(text, fontweight="bold")
    figure = axes.get_figure(root=True)
    assert figure is not None
    above = ScaledTranslation(0, 7 / 72, figure.dpi_scale_trans)
    title.set_transform(blended_transform_factory(figure.transFigure, axes.transAxes + above))
    title.set_x(left + 4 / 72 / WIDTH)


def rows(axes: Axes, labels: Sequence[str], *, ticks: int = 5) -> None:
    """Name the rows of a panel, the first on top, with a thin line between two; about so many ticks below."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for place in range(1, len(labels)):
        axes.axhline(place - 0.5, color=GREY, alpha=0.25, linewidth=0.6, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    grid(axes, "x")


def grid(axes: Axes, axis: Literal["x", "y", "both"]) -> None:
    """Thin lines at the ticks of an axis."""
    axes.grid(axis=axis, color=GREY, alpha=0.25, linewidth=0.6)


def limits(
    *arrays: Iterable[float], low: float = -np.inf, high: float = np.inf, span: float = 0.0
) -> tuple[float, float]:
    """Ends of an axis that holds all numbers with a little room.

    Args:
        *arrays: What is drawn; what is no finite number does not count.
        low: No number can be lower.
        high: No number can be higher.
        span: The least that the axis holds, so that differences of no weight do not look large.
    """
    every = np.concatenate([np.asarray(list(one), dtype=float) for one in arrays])
    every = every[np.isfinite(every)]
    if not every.size:
        return 0.0, 1.0
    least, most = float(every.min()), float(every.max())
    room = max(0.06 * (most - least), (span - (most - least)) / 2) or 0.05 * max(abs(most), 0.2)
    margin = 0.06 * (most - least + 2 * room)
    return max(least - room, low - margin), min(most + room, high + margin)


def dodges(count: int, width: float = 0.7) -> Array:
    """Distances from the middle of a place at which `count` things stand side by side.

    Examples:
        >>> dodges(2, 0.4).tolist()
        [-0.1, 0.1]
    """
    places: Array = (np.arange(count, dtype=np.float64) - (count - 1) / 2) * (width / max(count, 1))
    return places


# --- data -------------------------------------------------------------------------------------------------------------
def dot(
    axes: Axes,
    x: float,
    y: float,
    ends: tuple[float, float],
    look: Look,
    *,
    upright: bool = False,
    hollow: bool = False,
    size: float = 6,
) -> None:
    """A value with its interval; nothing for a value that is no number.

    Args:
        axes: Where.
        x: Place across.
        y: Place upwards.
        ends: Of the interval, in the units of the value; none is drawn unless both are finite.
        look: Its colour and marker.
        upright: Whether the interval goes upwards: then the value is `y`.
        hollow: Whether the marker is an outline.
        size: Of the marker, points.
    """
    if not np.isfinite(y if upright else x):
        return
    if np.isfinite(ends).all():
        across, along = ([x, x], ends) if upright else (ends, [y, y])
        axes.plot(across, along, color=look.colour, linewidth=1.4, zorder=2)
    fill = {"markerfacecolor": "none"} if hollow else {}
    axes.add_line(mark(look.colour, look.marker, x=[x], y=[y], markersize=size, markeredgewidth=1.3, zorder=3, **fill))
