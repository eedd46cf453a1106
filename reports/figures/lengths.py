"""Response lengths, and right answers per 1,000 words."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_WORDS = ["p5", "p25", "p50", "p75", "p95"]
_BOUGHT = ["per_thousand", "per_thousand_low", "per_thousand_high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """Two panels per benchmark: words per response, and right answers per 1,000 words.

    The frame has a row per benchmark x checkpoint: `p5`, `p25`, `p50`, `p75`, `p95` of the words per response, and
    `per_thousand` with `_low` and `_high`.
    """
    frame = plot.tidy(frame, ["benchmark", "checkpoint"], [*_WORDS, *_BOUGHT], need=["p50", "per_thousand"])
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen)
    parts = plot.split(frame, "benchmark")
    titles = [title for (benchmark,), _ in parts for title in (plot.short(benchmark, 50), "")]
    drawn, every = plot.panels(titles, [0.3 * len(part) for _, part in parts], columns=2)
    for words, bought, (_, part) in zip(every[::2], every[1::2], parts, strict=True):
        for line, row in enumerate(plot.records(part)):
            look = chosen[row.checkpoint]
            words.plot([row.p25, row.p75], [line, line], color=look.colour, linewidth=8, alpha=0.35)
            plot.dot(words, row.p50, line, (row.p5, row.p95), look)
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
