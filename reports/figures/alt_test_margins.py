"""Winning rate of the alternative annotator test by margin."""

from itertools import repeat
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["epsilon", "omega", "raters"]
_APART = 0.012  # of the axis, so that lines of several judges on one value are all seen


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric, a line per judge: the share of raters it is as good as, over the margin.

    The frame has a row per judge x metric x `epsilon`: `label` and the winning rate `omega`.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["judge"], palette, lines=True)
    parts = plot.split(frame, "metric")
    key["passed from here"] = plot.mark(plot.GREY, "none", ":", linewidth=1.4)
    titles = [plot.short(part["label"].iloc[0], 30) for _, part in parts]
    labels: dict[str, Any] = {"x": "margin ε", "y": "raters won"}
    drawn, every = plot.panels(titles, repeat(1.0), columns=min(2, len(parts)), legend=key, **labels)
    for axes, (_, part) in zip(every, parts, strict=True):
        axes.axhline(0.5, color=plot.GREY, linewidth=1.4, linestyle=":", zorder=1)
        for number, (judge, look) in enumerate(here.items()):
            line = part[part["judge"] == judge].sort_values("epsilon")
            axes.plot(
                line["epsilon"], line["omega"] + _APART * number, color=look.colour, marker=look.marker,
                linestyle=look.line, markersize=4, linewidth=1.4,
            )  # fmt: skip
        axes.set_ylim(-0.08, 1.12)
        axes.set_yticks([0, 0.5, 1])
        plot.grid(axes, "both")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n; a winning rate is a count of tests and has no interval."""
    found = _tidy(frame)
    return (
        f"Alternative annotator test: the share of raters ({plot.counted(found, 'raters', 'raters')}) with whose "
        f"colleagues the judge agrees as well as they do, less the margin ε, for ε from {found['epsilon'].min():g} to "
        f"{found['epsilon'].max():g}. A winning rate counts tests (Benjamini-Yekutieli at .05) and has no interval."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["judge", "metric", "label"], _NUMBERS, need=["omega"])
