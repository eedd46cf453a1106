"""Agreement of judges with raters, beside the agreement among raters."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["value", "low", "high", "raters_value", "raters_low", "raters_high"]
_TICK: dict[str, Any] = {"colour": plot.GREY, "marker": "|", "markersize": 11, "markeredgewidth": 2}


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A row per metric, in it a dot per judge, and a grey band where raters stand on the same items.

    The frame has a row per judge x metric, of one statistic that is at most 1 and of which 0 is chance: `label`,
    `value` with `low` and `high`, and the raters' among themselves as `raters_value`, `raters_low`, `raters_high`.
    """
    frame = plot.tidy(frame, ["judge", "metric", "label"], _NUMBERS, need=["value", "raters_value"])
    here, key = plot.legend_of(frame["judge"], palette)
    key["raters among themselves"] = plot.mark(**plot.BAND)
    parts = plot.split(frame, "metric")
    below = "agreement beyond chance (0 chance, 1 complete)"
    drawn, [axes] = plot.panels([""], [(0.16 + 0.13 * len(here)) * len(parts)], legend=key, x=below)
    axes.axvline(0, color=plot.GREY, linewidth=1, zorder=1)
    for place, (_, part) in enumerate(parts):
        _row(axes, part, place, here)
    plot.rows(axes, [plot.short(part["label"].iloc[0], 38) for _, part in parts])
    axes.set_xlim(plot.limits([0.0, 1.0], *(frame[column] for column in _NUMBERS), low=-1, high=1))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Agreement beyond chance (kappa with quadratic weights, the mean over raters) of each judge with raters "
        f"({plot.counted(frame[plot.numbers(frame, 'n') > 0], 'n', 'items')}). {plot.intervals(frame)} The grey band "
        f"is the 95 % interval of raters among themselves on the same items, its tick their value: the human ceiling. "
        f"Metrics with fewer than 30 items are not drawn."
        f"{plot.blanks(frame, ['value'])}"
    )


def _row(axes: Axes, part: pd.DataFrame, place: int, chosen: plot.Palette) -> None:
    # Judges are compared with the same raters; items can differ, the first judge's are drawn.
    first = plot.records(part)[0]
    axes.add_line(plot.mark(**plot.BAND, x=[first.raters_low, first.raters_high], y=[place, place]))
    axes.add_line(plot.mark(**_TICK, x=[first.raters_value], y=[place]))
    offsets = dict(zip(chosen, plot.dodges(len(chosen), 0.6), strict=True))
    for row in plot.records(part):
        plot.dot(axes, row.value, place + offsets[row.judge], (row.low, row.high), chosen[row.judge])
