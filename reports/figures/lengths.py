"""How long responses are, and what a thousand words buy."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_WORDS = ["p5", "p25", "p50", "p75", "p95"]
_BOUGHT = ["per_thousand", "per_thousand_low", "per_thousand_high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """Two panels per benchmark: words per response, and right answers per 1,000 words.

    Args:
        frame: A row per benchmark x checkpoint: `p5`, `p25`, `p50`, `p75`, `p95` of the words a response, and
            `per_thousand` with `_low` and `_high`.
        palette: Label -> appearance, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen)
    parts = plot.split(frame, "benchmark")
    drawn, every = plot.panels([0.3 * len(part) for _, part in parts], columns=2)
    for place, ((benchmark,), part) in enumerate(parts):
        words, bought = every[2 * place : 2 * place + 2]
        plot.heading(words, plot.short(benchmark, 50))
        for line, row in enumerate(plot.records(part)):
            look = chosen[row.checkpoint]
            _spread(words, row, line, look)
            plot.dot(bought, row.per_thousand, line, (row.per_thousand_low, row.per_thousand_high), look)
        plot.rows(words, [called[label] for label in part["checkpoint"]], ticks=3)
        plot.rows(bought, [""] * len(part), ticks=3)
        words.xaxis.set_major_formatter("{x:,.0f}")
        words.set_xlim(0, plot.limits(*(frame[column] for column in _WORDS))[1])
        bought.set_xlim(0, plot.limits(*(frame[column] for column in _BOUGHT))[1])
    every[-2].set_xlabel("words a response")
    every[-1].set_xlabel("right answers\nper 1,000 words")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Left: the median, the middle half (band) and the middle 90 % (line) of response lengths "
        f"({plot.counted(frame, 'n', 'responses')}). Right: right answers per 1,000 words. "
        f"{plot.intervals(frame, 'Lines on the right')}{plot.blanks(frame, [*_WORDS, _BOUGHT[0]])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["benchmark", "checkpoint"], [*_WORDS, *_BOUGHT], need=["p50", "per_thousand"])


def _spread(axes: Axes, row: Any, place: int, look: plot.Appearance) -> None:
    """The distribution of lengths on one row."""
    axes.plot([row.p25, row.p75], [place, place], color=look.colour, linewidth=8, alpha=0.35)
    plot.dot(axes, row.p50, place, (row.p5, row.p95), look)
