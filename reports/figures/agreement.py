"""How well judges agree with raters, beside how well raters agree with each other."""

from collections.abc import Mapping
from typing import Any

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
    intervals,
    limits,
    looks_of,
    mark,
    model_key,
    numbers,
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

_LABELS = ["judge", "metric", "label", "statistic"]
_NUMBERS = ["value", "low", "high", "raters_value", "raters_low", "raters_high"]
_BAND: dict[str, Any] = {"colour": GREY, "marker": "none", "line": "-", "linewidth": 8, "alpha": 0.3, "zorder": 0}
_TICK: dict[str, Any] = {"colour": GREY, "marker": "|", "markersize": 11, "markeredgewidth": 2}


@styled
def figure(frame: pd.DataFrame, *, statistic: str = "headline", looks: Mapping[str, Look] | None = None) -> Figure:
    """A row a metric, in it a dot a judge, and a grey band where raters stand on the same items.

    Args:
        frame: A row a judge x metric x `statistic`: `label`, `value` with `low` and `high`, and the raters' among
            themselves as `raters_value`, `raters_low`, `raters_high`.
        statistic: Which of its statistics is drawn; it is at most 1, and 0 is chance.
        looks: Label -> look, of all judges of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame, statistic)
    chosen = looks_of(frame["judge"], looks)
    here = {label: chosen[label] for label in unique(frame["judge"])}
    key: dict[str, Artist] = {**model_key(here, short_names(chosen, 44)), "raters among themselves": mark(**_BAND)}
    parts = split(frame, "metric")
    drawn, [axes] = panels([(0.16 + 0.13 * len(here)) * len(parts)], legend=key)
    axes.axvline(0, color=GREY, linewidth=1, zorder=1)
    for place, (_, part) in enumerate(parts):
        _row(axes, part, place, here)
    rows(axes, [short(part["label"].iloc[0], 38) for _, part in parts])
    axes.set_xlim(limits([0.0, 1.0], *(frame[column] for column in _NUMBERS), low=-1, high=1))
    axes.set_xlabel("agreement beyond chance (0 chance, 1 complete)")
    return drawn


def caption(frame: pd.DataFrame, *, statistic: str = "headline") -> str:
    """What the figure shows, with n and what its intervals are."""
    found = frame[frame["statistic"].astype(str) == statistic]
    return (
        f"Agreement beyond chance (kappa with quadratic weights, the mean over raters) of each judge with raters "
        f"({counted(found[numbers(found, 'n') > 0], 'n', 'items')}). {intervals(found)} The grey band is the 95 % "
        f"interval of raters among themselves on the same items, its tick their value: the human ceiling."
        f"{blanks(found, ['value'])}"
    )


def _tidy(frame: pd.DataFrame, statistic: str) -> pd.DataFrame:
    if not frame.empty:
        frame = frame[frame["statistic"].astype(str) == statistic]
    return tidy(frame, _LABELS, _NUMBERS, need=["value", "raters_value"])


def _row(axes: Axes, part: pd.DataFrame, place: int, chosen: Mapping[str, Look]) -> None:
    first = records(part)[0]  # judges are compared with the same raters; items can differ, the first judge's are drawn
    axes.add_line(mark(**_BAND, x=[first.raters_low, first.raters_high], y=[place, place]))
    axes.add_line(mark(**_TICK, x=[first.raters_value], y=[place]))
    offsets = dict(zip(chosen, dodges(len(chosen), 0.6), strict=True))
    for row in records(part):
        dot(axes, row.value, place + offsets[row.judge], (row.low, row.high), chosen[row.judge])
