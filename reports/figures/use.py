"""What answers rest on: what becomes of them after an edit, behind part of the reasoning, or after a hint."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_CHANGED = "answers changed"
SHOWN = {
    "evidence": (_CHANGED, {
        "flip_cited": "without a cited fact", "flip_uncited": "without an uncited fact",
        "flip_control": "reworded (control)",
    }),
    "twins": (_CHANGED, {
        "twin_flip": "another value", "twin_flip_due": "where they should", "twin_flip_undue": "where they should not",
        "twin_flip_control": "reworded (control)",
    }),
    "early": ("final answer given", {
        "early_0": "without reasoning", "early_25": "after a quarter of it", "early_50": "after half",
        "early_75": "after three quarters", "early_100": "after all (control)",
    }),
    "hints": ("wrong option chosen", {"hint_taken": "with a hint at it", "hint_control": "without (control)"}),
}  # fmt: skip
"""Probe -> what its panel shows, and its rows: number -> name; the last one is the control."""
CONTROLS = [list(names)[-1] for _, names in SHOWN.values()]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per probe and benchmark, a row per number with its control last, in it a dot per checkpoint.

    The frame has a row per benchmark x checkpoint x `metric`: `base` (the probe), and `value`, `low`, `high` as shares.
    """
    frame = _tidy(frame)
    here, key = plot.legend_of(frame["checkpoint"], palette)
    places = dict(zip(here, plot.dodges(len(here), 0.6), strict=True))
    parts = plot.split(frame, "base", "benchmark")
    where = " ({})" if frame["benchmark"].nunique() > 1 else ""
    titles = [f"{of}: {SHOWN[of][0]}{where.format(plot.short(benchmark, 16))}" for (of, benchmark), _ in parts]
    heights = [max(0.28, 0.13 * len(here)) * part["metric"].nunique() for _, part in parts]
    drawn, every = plot.panels(titles, heights, legend=key, x="share of responses")
    for axes, ((probe, _), part) in zip(every, parts, strict=True):
        names = {metric: name for metric, name in SHOWN[probe][1].items() if metric in set(part["metric"])}
        for row in plot.records(part):
            y = list(names).index(row.metric) + places[row.checkpoint]
            plot.dot(axes, row.value, y, (row.low, row.high), here[row.checkpoint], size=5)
        plot.rows(axes, list(names.values()))
        axes.set_xlim(plot.limits(part["value"], part["low"], part["high"], **plot.SHARE))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are; a number whose control is missing is not shown."""
    found = _tidy(frame)
    return (
        "What becomes of an answer when its checkpoint is asked again, and below it the control, which shows how often "
        f"that happens anyway ({plot.counted(found, 'n', 'responses')} a number). {plot.intervals(frame)}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    drawn = frame[frame["metric"].isin([key for _, names in SHOWN.values() for key in names])]
    labels = ["benchmark", "checkpoint", "base", "metric"]
    found = plot.tidy(drawn, labels, ["value", "low", "high", "n"], need=["value"])
    of_one = found["metric"].isin(CONTROLS).groupby([found[name] for name in labels[:3]])
    if not (controlled := found[of_one.transform("any")]).empty:
        return controlled
    raise ValueError("there is no number with its control to draw")
