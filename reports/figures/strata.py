"""A metric by kind of question, as a heat map."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .. import plotting as plot

MOST = 40
"""Rows of one panel; with more, those with the most responses are drawn."""
FEW = 4
"""Columns that leave room for long names of strata."""
TITLES = {"has_case": "patient case", "negated": "negated question", "step": "USMLE step", "choice_type": "answers"}
"""Stratum column -> what it is, where its name does not say it."""
_FAINTEST, _STRONGEST = 0.05, 0.75  # opacity: the page's own text colour is read on both, on light and on dark pages
_HEAD = 0.6  # of a row, for the markers above the cells


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark, a row per stratum, a column per checkpoint, in each cell the value and under it n.

    The frame has a row per benchmark x `by` x `stratum` x checkpoint, of one `metric`: its `label`, `value` and `n`.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["checkpoint"], palette)
    titles, parts = [], []
    for (benchmark,), part in plot.split(frame, "benchmark"):
        titles.append(plot.short(f"{plot.short(benchmark, 24)}: {part['label'].iloc[0]}", 56))
        largest = part.groupby("row", sort=False)["n"].max().nlargest(MOST).index
        parts.append(part[part["row"].isin(largest)] if _cut(part) else part)
    heights = [0.37 * (part["row"].nunique() + _HEAD) for part in parts]
    drawn, every = plot.panels(titles, heights, legend=key, x_axis=False)
    ends = _scale(frame)
    for axes, part in zip(every, parts, strict=True):
        _panel(axes, part, here, ends)
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, its unit, n, and what is left out; intervals stand in the table."""
    found = _tidy(frame)
    label, unit = found["label"].iloc[0], plot.unit(found["metric"].iloc[0])
    said = f" ({unit})" if unit else ""
    parts = [part for _, part in plot.split(found, "benchmark")]
    left = f" Of each benchmark, the {MOST} strata with the most responses." if any(map(_cut, parts)) else ""
    low, high = _scale(found)
    cells = sum(part["row"].nunique() * found["checkpoint"].nunique() for part in parts)
    missing = cells - len(found)
    empty = f" {missing:,} cells without a number are blank." if missing else ""
    empty = " One cell without a number is blank." if missing == 1 else empty
    return (
        f"{label[0].upper()}{label[1:]}{said} by kind of question; under each value n, the responses behind it "
        f"({plot.counted(found, 'n', 'responses')} a cell). A stronger shade is a higher value, from "
        f"{low:g} to {high:g}; 95 % intervals stand in the table.{left}{empty}"
    )


def _scale(frame: pd.DataFrame) -> tuple[float, float]:
    """The values of the faintest and the strongest shade: of a share 0 and 1, so that small gaps look small."""
    return 0.0, 1.0 if plot.share_of(frame["metric"].iloc[0]) else round(float(frame["value"].max()), 2)


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    labels = ["benchmark", "by", "stratum", "checkpoint", "metric", "label"]
    found = plot.tidy(frame, labels, ["value", "n"], need=["value"])
    titles = [TITLES.get(by, by.replace("_", " ")) for by in found["by"]]
    return found.assign(row=[f"{title}: {one}" for title, one in zip(titles, found["stratum"], strict=True)])


def _cut(part: pd.DataFrame) -> bool:
    return part["row"].nunique() > MOST


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette, ends: tuple[float, float]) -> None:
    strata, labels = plot.unique(part["row"]), list(chosen)
    for row in plot.records(part):
        x, y = labels.index(row.checkpoint), strata.index(row.row)
        strength = (row.value - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5
        opacity = _FAINTEST + (_STRONGEST - _FAINTEST) * strength
        axes.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor=plot.SHADE, alpha=opacity, linewidth=0))
        axes.text(x, y - 0.19, f"{row.value:.2f}", ha="center", va="center", fontsize=9.5)
        axes.text(x, y + 0.22, _count(row.n), ha="center", va="center", fontsize=8.5)
    for place, look in enumerate(chosen.values()):
        axes.plot([place], [-0.5 - _HEAD / 2], marker=look.marker, color=look.colour, markersize=7)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylim(len(strata) - 0.5, -0.5 - _HEAD)
    width = 36 if len(labels) <= FEW else 28
    axes.set_yticks(range(len(strata)), [plot.short(name, width) for name in strata])
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _count(n: float) -> str:
    """A count in at most five characters up to ten million.

    Examples:
        >>> _count(1273), _count(20915)
        ('1,273', '21k')
    """
    if not np.isfinite(n):
        return ""
    return f"{n:,.0f}" if n < 10_000 else f"{n / 1000:.0f}k"
