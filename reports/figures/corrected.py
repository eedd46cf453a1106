"""What judges say of checkpoints, and what raters would say."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import (
    INK,
    Look,
    blanks,
    counted,
    dot,
    heading,
    intervals,
    is_share,
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
    unit,
)

_NUMBERS = ["value", "low", "high", "raw", "raw_low", "raw_high"]


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """A panel a metric and benchmark, a row a checkpoint: as judged (hollow) and corrected (filled).

    Args:
        frame: A row a benchmark x checkpoint x metric: `label`, `value` with `low` and `high`, and as judged `raw` with
            `raw_low` and `raw_high`.
        looks: Label -> look, of all checkpoints of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    called = short_names(chosen, 28)
    parts = split(frame, "metric", "benchmark")
    several = len(unique(frame["benchmark"])) > 1
    key = {
        "corrected by raters": mark(INK, "o"),
        "as judged": mark(INK, "o", markerfacecolor="none"),
    }
    drawn, every = panels([0.36 * len(part) for _, part in parts], legend=key)
    for axes, ((metric, benchmark), part) in zip(every, parts, strict=True):
        said = (
            f"{short(part['label'].iloc[0], 34)} ({unit(metric)})" if unit(metric) else short(part["label"].iloc[0], 50)
        )
        heading(axes, f"{said}\n{short(benchmark, 40)}" if several else said)
        _panel(axes, part, chosen)
        rows(axes, [called[label] for label in part["checkpoint"]])
        ends = {"low": 0.0, "high": 1.0, "span": 0.1} if is_share(metric) else {"low": 0.0, "span": 0.2}
        axes.set_xlim(limits(*(part[column] for column in _NUMBERS), **ends))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    found = _tidy(frame)
    return (
        f"Each checkpoint as the judge counts it over all judged responses (hollow), and corrected by what raters say "
        f"of the labelled ones (filled; {counted(frame[frame['value'].notna()], 'n_labelled', 'labelled responses')}). "
        f"{intervals(frame[frame['value'].notna()])}{blanks(found, ['value', 'raw'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    return tidy(frame, ["benchmark", "checkpoint", "metric", "label"], _NUMBERS, need=["value", "raw"])


def _panel(axes: Axes, part: pd.DataFrame, chosen: Mapping[str, Look]) -> None:
    for place, row in enumerate(records(part)):
        look = chosen[row.checkpoint]
        dot(axes, row.raw, place - 0.18, (row.raw_low, row.raw_high), look, hollow=True)
        dot(axes, row.value, place + 0.18, (row.low, row.high), look)
