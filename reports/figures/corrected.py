"""What judges say of checkpoints, and what raters would say."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["value", "low", "high", "raw", "raw_low", "raw_high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per metric and benchmark, a row per checkpoint: as judged (hollow) and corrected (filled).

    Args:
        frame: A row per benchmark x checkpoint x metric: `label`, `value` with `low` and `high`, and as judged `raw`
            with `raw_low` and `raw_high`.
        palette: Label -> appearance, of all checkpoints of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen, 28)
    parts = plot.split(frame, "metric", "benchmark")
    several = len(plot.unique(frame["benchmark"])) > 1
    key = {
        "corrected by raters": plot.mark(plot.INK, "o"),
        "as judged": plot.mark(plot.INK, "o", markerfacecolor="none"),
    }
    drawn, every = plot.panels([0.36 * len(part) for _, part in parts], legend=key)
    for axes, ((metric, benchmark), part) in zip(every, parts, strict=True):
        said = (
            f"{plot.short(part['label'].iloc[0], 34)} ({plot.unit(metric)})"
            if plot.unit(metric)
            else plot.short(part["label"].iloc[0], 50)
        )
        plot.heading(axes, f"{said}\n{plot.short(benchmark, 40)}" if several else said)
        _panel(axes, part, chosen)
        plot.rows(axes, [called[label] for label in part["checkpoint"]])
        ends = {"low": 0.0, "high": 1.0, "span": 0.1} if plot.is_share(metric) else {"low": 0.0, "span": 0.2}
        axes.set_xlim(plot.limits(*(part[column] for column in _NUMBERS), **ends))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _tidy(frame)
    return (
        f"Each checkpoint as the judge counts it over all judged responses (hollow), and corrected by what raters say "
        f"of the labelled ones (filled; "
        f"{plot.counted(frame[frame['value'].notna()], 'n_labelled', 'labelled responses')}). "
        f"{plot.intervals(frame[frame['value'].notna()])}{plot.blanks(found, ['value', 'raw'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return plot.tidy(frame, ["benchmark", "checkpoint", "metric", "label"], _NUMBERS, need=["value", "raw"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: plot.Palette) -> None:
    for place, row in enumerate(plot.records(part)):
        look = chosen[row.checkpoint]
        plot.dot(axes, row.raw, place - 0.18, (row.raw_low, row.raw_high), look, hollow=True)
        plot.dot(axes, row.value, place + 0.18, (row.low, row.high), look)
