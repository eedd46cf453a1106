"""Accuracy by benchmark and checkpoint: of single responses, and of the vote over them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import (
    GREY,
    INK,
    Look,
    blanks,
    counted,
    dot,
    heading,
    intervals,
    limits,
    looks_of,
    mark,
    panels,
    records,
    rows,
    short,
    short_names,
    split,
    styled,
    tidy,
    unique,
)

_OFFSETS = {"accuracy": -0.17, "majority": 0.17}
"""What is drawn, and where within the row of its checkpoint."""
_NUMBERS = ["value", "low", "high", "chance", "published"]
_CHANCE: dict[str, Any] = {"colour": GREY, "marker": "|", "markersize": 15, "markeredgewidth": 1.5, "zorder": 1}
_PUBLISHED: dict[str, Any] = {"colour": INK, "marker": "x", "markersize": 6.5, "markeredgewidth": 1.5, "zorder": 4}


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """A panel a benchmark, a row a checkpoint: filled for the mean over responses, hollow for the majority vote.

    Args:
        frame: A row a benchmark x checkpoint x quantity (`accuracy` and `majority` are drawn), with `value`, `low`,
            `high`, `chance` and `published` as shares.
        looks: Label -> look, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    called = short_names(chosen)
    parts = split(frame, "benchmark")
    drawn, every = panels([0.44 * part["checkpoint"].nunique() for _, part in parts], legend=_key(frame))
    ends = limits(*(frame[column] for column in _NUMBERS), low=0, high=1)
    for axes, ((benchmark,), part) in zip(every, parts, strict=True):
        heading(axes, short(benchmark, 50))
        _rows(axes, part, chosen)
        rows(axes, [called[label] for label in unique(part["checkpoint"])])
        axes.set_xlim(ends)
    every[-1].set_xlabel("share of answers that are right (0 to 1)")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    has_published = _tidy(frame)["published"].notna().any()
    published = " × is the published accuracy, by majority vote." if has_published else ""
    found = frame[frame["quantity"].isin(_OFFSETS)]
    means, votes = (found[found["quantity"] == name] for name in _OFFSETS)
    return (
        f"Accuracy of single responses ({counted(means, 'n', 'responses')}) and of the majority vote over the "
        f"responses to a question ({counted(votes, 'n', 'questions')}). {intervals(found)} The grey tick is chance."
        f"{published}{blanks(found, ['value'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    drawn = frame if frame.empty else frame[frame["quantity"].isin(_OFFSETS)]
    return tidy(drawn, ["benchmark", "checkpoint", "quantity"], _NUMBERS, need=["value"])


def _key(frame: pd.DataFrame) -> dict[str, Artist]:
    key: dict[str, Artist] = {
        "a single response": mark(INK, "o"),
        "majority vote": mark(INK, "o", markerfacecolor="none"),
        "chance": mark(**_CHANCE),
    }
    return key | ({"published": mark(**_PUBLISHED)} if frame["published"].notna().any() else {})


def _rows(axes: Axes, part: pd.DataFrame, chosen: Mapping[str, Look]) -> None:
    places = {label: place for place, label in enumerate(unique(part["checkpoint"]))}
    for row in records(part):
        place = places[row.checkpoint]
        ends = (row.low, row.high)
        height = place + _OFFSETS[row.quantity]
        dot(axes, row.value, height, ends, chosen[row.checkpoint], hollow=row.quantity == "majority")
        axes.add_line(mark(**_CHANCE, x=[row.chance], y=[place]))
        axes.add_line(mark(**_PUBLISHED, x=[row.published], y=[place + _OFFSETS["majority"]]))
