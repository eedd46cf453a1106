"""The alternative annotator test at every margin."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["epsilon", "omega", "raters"]
_APART = 0.012  # of the axis, so that lines of several judges on one value are all seen


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric, a line per judge: the share of raters it is as good as, over the margin.

    Args:
        frame: A row per judge x metric x `epsilon`: `label` and the winning rate `omega`.
        palette: Label -> appearance, of all judges of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["judge"], palette, lines=True)
    parts = plot.split(frame, "metric")
    key["passed from here"] = plot.mark(plot.GREY, "none", ":", linewidth=1.4)
    columns = 2 if len(parts) > 1 else 1
    drawn, every = plot.panels([1.0] * -(-len(parts) // columns), columns=columns, legend=key)
    for place, (axes, (_, part)) in enumerate(zip(every, parts, strict=False)):
        plot.heading(axes, plot.short(part["label"].iloc[0], 30), left=place % columns / columns)
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
    for axes in every[len(parts) :]:
        axes.set_axis_off()
    for axes in every[max(0, len(parts) - columns) : len(parts)]:
        axes.set_xlabel("margin ε")
    for axes in every[: len(parts) : columns]:
        axes.set_ylabel("raters won")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n; a winning rate is a count of tests and has no interval."""
    found = _tidy(frame)
    margins = sorted({row.epsilon for row in plot.records(found)})
    return (
        f"Alternative annotator test: the share of raters ({plot.counted(found, 'raters', 'raters')}) with whose "
        f"colleagues "
        f"the judge agrees as well as they do, less the margin ε, for ε from {margins[0]:g} to {margins[-1]:g}. A "
        f"winning rate counts tests (Benjamini-Yekutieli at .05) and has no interval."
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["judge", "metric", "label"], _NUMBERS, need=["omega"])
