"""Forest plot: paired differences between checkpoints, per metric."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

MOST = 12
"""Comparisons in one figure; with more it could not be read."""
_ARROWS = {"higher": " ↑", "lower": " ↓"}
_ENDS = ["low", "high", "low_family", "high_family"]
_LABELS = ["benchmark", "a", "b", "prompts", "metric", "label", "better", "verdict"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per comparison and benchmark, a row per metric: the primary forms, all of which are shares.

    Filled where the difference is beyond chance after correction, hollow where it is not. Thick lines are intervals of
    each difference alone, thin ones those that hold all of them at once; the grey band is what this many responses
    could not have shown after correction.

    The frame has a row per comparison x benchmark x metric: `a`, `b`, `benchmark`, `metric`, `label`, `primary`,
    `better`, `difference` (b - a), `low`, `high`, `mde`, `verdict`, `prompts`, and `low_family` and `high_family` if
    there is a family. A comparison has the colour of its `b`.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of([*frame["a"], *frame["b"]], palette)
    called = plot.short_names(chosen, 28)
    parts = plot.split(frame, "a", "b", "benchmark", "prompts")[:MOST]
    key: dict[str, Artist] = {
        "beyond chance": plot.mark(plot.INK, "o"),
        "no difference shown": plot.mark(plot.INK, "o", markerfacecolor="none"),
    }
    if frame["mde"].notna().any():
        key["smaller than detectable"] = plot.mark(**plot.BAND)
    titles = [
        f"{called[b]} − {called[a]}\n{plot.short(benchmark, 40)}{'' if prompts in ('', 'same') else f' ({prompts})'}"
        for (a, b, benchmark, prompts), _ in parts
    ]
    below = "difference (0.1 is 10 points)"
    drawn, every = plot.panels(titles, [0.26 * len(part) for _, part in parts], legend=key, x=below)
    ends = plot.limits([0.0], *(part[column] for _, part in parts for column in ("difference", *_ENDS)), *_bands(parts))
    for axes, ((_, b, *_), part) in zip(every, parts, strict=True):
        _rows(axes, part, chosen[b])
        axes.set_xlim(ends)
    return drawn


def _bands(parts: Sequence[tuple[tuple[str, ...], pd.DataFrame]]) -> list["pd.Series[float]"]:
    """Both ends of every grey band, so that none is cut and looks lopsided."""
    return [side * part["mde"] for _, part in parts for side in (-1, 1)]


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _primary(frame)
    count = len(plot.split(_tidy(frame), "a", "b", "benchmark", "prompts"))
    left = f" The first {MOST} of {count} comparisons are drawn; the table has all." if count > MOST else ""
    measured = found[plot.numbers(found, "n") > 0]
    thin = "Thin lines hold all differences of a family at once (95 %). " if _any(measured, "low_family") else ""
    band = (
        "Within the grey band lie differences too small to be found with 80 % power after correction. "
        if _any(measured, "mde")
        else ""
    )
    return (
        f"Paired differences of the primary metrics ({plot.counted(measured, 'n', 'pairs of responses')}). "
        f"{plot.intervals(measured, 'Thick lines')} {thin}Filled: beyond chance after correction; hollow: no "
        f"difference shown. {band}Arrows say which way is better.{left}{plot.blanks(found, ['difference'])}"
    )


def _any(frame: pd.DataFrame, column: str) -> bool:
    return bool(np.isfinite(plot.numbers(frame, column)).any())


def _primary(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["primary"].astype(bool)]


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(_primary(frame), _LABELS, ["difference", "mde", *_ENDS], need=["difference"])


def _rows(axes: Axes, part: pd.DataFrame, look: plot.Appearance) -> None:
    axes.axvline(0, color=plot.GREY, linewidth=1, zorder=1)
    for place, row in enumerate(plot.records(part)):
        axes.add_line(plot.mark(**plot.BAND, x=[-row.mde, row.mde], y=[place, place]))
        beyond = row.verdict in ("higher", "lower")
        if isfinite(row.low_family):
            axes.plot([row.low_family, row.high_family], [place, place], color=look.colour, linewidth=0.6, zorder=2)
        plot.dot(axes, row.difference, place, (row.low, row.high), look, hollow=not beyond)
    plot.rows(axes, [plot.short(row.label, 34) + _ARROWS.get(row.better, "") for row in plot.records(part)])
