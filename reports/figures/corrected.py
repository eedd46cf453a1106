"""Judged metrics per checkpoint, as judged and corrected by raters' labels."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["value", "low", "high", "raw", "raw_low", "raw_high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric and benchmark, a row per checkpoint: as judged (hollow) and corrected (filled).

    The frame has a row per benchmark x checkpoint x metric: `label`, `value` with `low` and `high`, and as judged
    `raw` with `raw_low` and `raw_high`.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen, 28)
    parts = plot.split(frame, "metric", "benchmark")
    key = {
        "corrected by raters": plot.mark(plot.INK, "o"),
        "as judged": plot.mark(plot.INK, "o", markerfacecolor="none"),
    }
    titles = []
    for (metric, benchmark), part in parts:
        label, unit = part["label"].iloc[0], plot.unit(metric)
        said = f"{plot.short(label, 34)} ({unit})" if unit else plot.short(label, 50)
        titles.append(f"{said}\n{plot.short(benchmark, 40)}" if frame["benchmark"].nunique() > 1 else said)
    drawn, every = plot.panels(titles, [0.36 * len(part) for _, part in parts], legend=key)
    for axes, ((metric, _), part) in zip(every, parts, strict=True):
        for place, row in enumerate(plot.records(part)):
            look = chosen[row.checkpoint]
            plot.dot(axes, row.raw, place - 0.18, (row.raw_low, row.raw_high), look, hollow=True)
            plot.dot(axes, row.value, place + 0.18, (row.low, row.high), look)
        plot.rows(axes, [called[label] for label in part["checkpoint"]])
        ends = plot.share_of(metric) or {"low": 0.0, "span": 0.2}
        axes.set_xlim(plot.limits(*(part[column] for column in _NUMBERS), **ends))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    labelled = frame[frame["value"].notna()]
    return (
        f"Each checkpoint as the judge counts it over all judged responses (hollow), and corrected by what raters say "
        f"of the labelled ones (filled; {plot.counted(labelled, 'n_labelled', 'labelled responses')}). "
        f"{plot.intervals(labelled)}{plot.blanks(_tidy(frame), ['value', 'raw'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["benchmark", "checkpoint", "metric", "label"], _NUMBERS, need=["value", "raw"])
