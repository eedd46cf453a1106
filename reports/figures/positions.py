"""Position bias: answers by position chosen, and accuracy by position of the right option."""

from itertools import repeat

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_SIDES = {"chosen": "share of answers", "accuracy": "share right"}
_TITLES = {"chosen": "answers by place", "accuracy": "accuracy by place of the right option"}
_ENDS = [f"{side}{end}" for side in _SIDES for end in ("", "_low", "_high")]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """Two panels per benchmark: answers by the place that was chosen, accuracy by the place of the right option.

    The frame has a row per benchmark x checkpoint x `position` (A, B, ...): `chosen` and `accuracy`, each with `_low`
    and `_high`, and `gold`, the share of questions whose right option stands there.
    """
    labels = ["benchmark", "checkpoint", "position"]
    frame = plot.tidy(frame, labels, [*_ENDS, "gold"], need=list(_SIDES))
    here, key = plot.legend_of(frame["checkpoint"], palette)
    parts = plot.split(frame, "benchmark")
    key["share of right options"] = plot.mark(plot.GREY, "_", markersize=12, markeredgewidth=2)
    both = [(benchmark, part, side) for (benchmark,), part in parts for side in _SIDES]
    titles = [f"{plot.short(benchmark, 12)}: {_TITLES[side]}" for benchmark, _, side in both]
    drawn, every = plot.panels(titles, repeat(1.25), legend=key, x="place among the options as shown")
    for axes, (_, part, side) in zip(every, both, strict=True):
        _panel(axes, part, side, here)
        axes.set_ylabel(_SIDES[side])
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Shares of answers by the place chosen ({plot.counted(frame, 'n', 'answers read')} a checkpoint), grey for "
        f"the share of right options there; and accuracy by the place of the right option "
        f"({plot.counted(frame, 'n_gold', 'responses')} a place). {plot.intervals(frame)}{plot.blanks(frame, _SIDES)}"
    )


def _panel(axes: Axes, part: pd.DataFrame, side: str, chosen: plot.Palette) -> None:
    places = {position: place for place, position in enumerate(sorted(part["position"].unique()))}
    width = 0.75 / len(chosen)
    offsets = dict(zip(chosen, plot.dodges(len(chosen), 0.75), strict=True))
    for row in plot.records(part):
        x = places[row.position] + offsets[row.checkpoint]
        value, *ends = (getattr(row, f"{side}{end}") for end in ("", "_low", "_high"))
        plot.dot(axes, x, value, (ends[0], ends[1]), chosen[row.checkpoint], upright=True, size=5)
        if side == "chosen":
            axes.plot([x - width / 2, x + width / 2], [row.gold, row.gold], color=plot.GREY, linewidth=2, zorder=1)
    axes.set_xticks(range(len(places)), list(places))
    axes.set_xlim(-0.5, len(places) - 0.5)
    drawn = [part[f"{side}{end}"] for end in ("", "_low", "_high")] + ([part["gold"]] if side == "chosen" else [])
    axes.set_ylim(0, plot.limits(*drawn, low=0, high=1, span=0.1)[1])
    plot.grid(axes, "y")
