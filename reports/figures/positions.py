"""Position bias: which places attract answers, and where the right option is found."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import (
    GREY,
    Look,
    blanks,
    counted,
    dodges,
    dot,
    grid,
    heading,
    intervals,
    limits,
    looks_of,
    mark,
    model_key,
    panels,
    records,
    short,
    short_names,
    split,
    styled,
    tidy,
    unique,
)

_SIDES = {"chosen": "share of answers", "accuracy": "share right"}
_TITLES = {"chosen": "answers by place", "accuracy": "accuracy by place of the right option"}
_ENDS = [f"{side}{end}" for side in _SIDES for end in ("", "_low", "_high")]


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """Two panels a benchmark: answers by the place that was chosen, accuracy by the place of the right option.

    Args:
        frame: A row a benchmark x checkpoint x `position` (A, B, ...): `chosen` and `accuracy`, each with `_low` and
            `_high`, and `gold`, the share of questions whose right option stands there.
        looks: Label -> look, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    here = {label: chosen[label] for label in unique(frame["checkpoint"])}
    parts = split(frame, "benchmark")
    gold = {"share of right options": mark(GREY, "_", markersize=12, markeredgewidth=2)}
    key: dict[str, Artist] = {**model_key(here, short_names(chosen, 44)), **gold}
    drawn, every = panels([1.25, 1.25] * len(parts), legend=key)
    for place, ((benchmark,), part) in enumerate(parts):
        for axes, side in zip(every[2 * place :], _SIDES, strict=False):
            heading(axes, f"{short(benchmark, 18)}: {_TITLES[side]}")
            _panel(axes, part, side, here)
            axes.set_ylabel(_SIDES[side])
    every[-1].set_xlabel("place among the options as shown")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Shares of answers by the place chosen ({counted(frame, 'n', 'answers read')} a checkpoint), grey for the "
        f"share of right options there; and accuracy by the place of the right option "
        f"({counted(frame, 'n_gold', 'responses')} a place). {intervals(frame)}{blanks(frame, _SIDES)}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return tidy(frame, ["benchmark", "checkpoint", "position"], [*_ENDS, "gold"], need=list(_SIDES))


def _panel(axes: Axes, part: pd.DataFrame, side: str, chosen: Mapping[str, Look]) -> None:
    places = {position: place for place, position in enumerate(sorted(part["position"].unique()))}
    width = 0.75 / len(chosen)
    offsets = dict(zip(chosen, dodges(len(chosen), 0.75), strict=True))
    for row in records(part):
        x = places[row.position] + offsets[row.checkpoint]
        value, *ends = (getattr(row, f"{side}{end}") for end in ("", "_low", "_high"))
        dot(axes, x, value, (ends[0], ends[1]), chosen[row.checkpoint], upright=True, size=5)
        if side == "chosen":
            axes.plot([x - width / 2, x + width / 2], [row.gold, row.gold], color=GREY, linewidth=2, zorder=1)
    axes.set_xticks(range(len(places)), list(places))
    axes.set_xlim(-0.5, len(places) - 0.5)
    drawn = [part[f"{side}{end}"] for end in ("", "_low", "_high")] + ([part["gold"]] if side == "chosen" else [])
    axes.set_ylim(0, limits(*drawn, low=0, high=1, span=0.1)[1])
    grid(axes, "y")
