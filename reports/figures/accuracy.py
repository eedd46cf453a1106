"""Accuracy per benchmark and checkpoint, of single responses and of the majority vote."""

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_OFFSETS = {"accuracy": -0.17, "majority": 0.17}
"""What is drawn, and where within the row of its checkpoint."""
_NUMBERS = ["value", "low", "high", "chance", "published"]
_CHANCE: dict[str, Any] = {"colour": plot.GREY, "marker": "|", "markersize": 15, "markeredgewidth": 1.5, "zorder": 1}
_PUBLISHED: dict[str, Any] = {"colour": plot.INK, "marker": "x", "markersize": 6.5, "markeredgewidth": 1.5, "zorder": 4}


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark, a row per checkpoint: filled for the mean over responses, hollow for the majority vote.

    The frame has a row per benchmark x checkpoint x quantity (`accuracy` and `majority` are drawn), with `value`,
    `low`, `high`, `chance` and `published` as shares.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen)
    parts = plot.split(frame, "benchmark")
    key: dict[str, Artist] = {
        "a single response": plot.mark(plot.INK, "o"),
        "majority vote": plot.mark(plot.INK, "o", markerfacecolor="none"),
        "chance": plot.mark(**_CHANCE),
    }
    if not frame["quantity"].eq("majority").any():
        del key["majority vote"]
    if not frame["chance"].notna().any():
        del key["chance"]
    if frame["published"].notna().any():
        key["published"] = plot.mark(**_PUBLISHED)
    drawn, every = plot.panels(
        [plot.short(benchmark, 50) for (benchmark,), _ in parts],
        [0.44 * part["checkpoint"].nunique() for _, part in parts],
        legend=key,
        x="share of answers right (0 to 1)",
    )
    ends = plot.limits(*(frame[column] for column in _NUMBERS), low=0, high=1)
    for axes, (_, part) in zip(every, parts, strict=True):
        _rows(axes, part, chosen)
        plot.rows(axes, [called[label] for label in plot.unique(part["checkpoint"])])
        axes.set_xlim(ends)
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    drawn = _tidy(frame)
    chance = " The grey tick is chance." if drawn["chance"].notna().any() else ""
    published = " × is the published accuracy, by majority vote." if drawn["published"].notna().any() else ""
    found = frame[frame["quantity"].isin(_OFFSETS)]
    means, votes = (found[found["quantity"] == name] for name in _OFFSETS)
    of_votes = (
        ""
        if votes.empty
        else (f" and of the majority vote over the responses to a question ({plot.counted(votes, 'n', 'questions')})")
    )
    return (
        f"Accuracy of single responses ({plot.counted(means, 'n', 'responses')}){of_votes}. {plot.intervals(found)}"
        f"{chance}{published}{plot.blanks(found, ['value'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    drawn = frame[frame["quantity"].isin(_OFFSETS)]
    return plot.tidy(drawn, ["benchmark", "checkpoint", "quantity"], _NUMBERS, need=["value"])


def _rows(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    places = {label: place for place, label in enumerate(plot.unique(part["checkpoint"]))}
    for row in plot.records(part):
        place = places[row.checkpoint]
        ends = (row.low, row.high)
        height = place + _OFFSETS[row.quantity]
        plot.dot(axes, row.value, height, ends, chosen[row.checkpoint], hollow=row.quantity == "majority")
        axes.add_line(plot.mark(**_CHANCE, x=[row.chance], y=[place]))
        axes.add_line(plot.mark(**_PUBLISHED, x=[row.published], y=[place + _OFFSETS["majority"]]))
