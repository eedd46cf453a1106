"""Answer extraction: methods by which answers were read, per checkpoint."""

from itertools import repeat

import pandas as pd
from matplotlib.figure import Figure

from clinical_r1.choices.extract import METHODS

from .. import plotting as plot

_WORDS = {
    "strict": "one box, as asked",
    "box": "a box elsewhere",
    "stated": "a stated answer",
    "answer_tag": "an <answer> tag",
    "concluding": "a concluding letter",
    "option_text": "an option's text",
    "ambiguous": "contradictory: unread",
    "abstained": "declined to answer: unread",
    "none": "nothing found: unread",
}
TITLES: dict[str, str] = {method: _WORDS[method] for method in METHODS}
"""Method of `clinical_r1.choices.extract_answer` -> what it is."""


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """A panel per benchmark, a row per method that occurs, a dot per checkpoint.

    The frame has a row per benchmark x checkpoint x method, with `share`, `low`, `high`; a method that is not there
    has not occurred.
    """
    frame = plot.tidy(frame, ["benchmark", "checkpoint", "method"], ["share", "low", "high"], need=["share"])
    here, key = plot.legend_of(frame["checkpoint"], palette)
    parts = plot.split(frame, "benchmark")
    occur = plot.unique(frame.loc[frame["share"] > 0, "method"])
    if not occur:
        raise ValueError("no method has been seen: there is nothing to draw")
    methods = sorted(occur, key=lambda name: METHODS.index(name) if name in METHODS else len(METHODS))
    height = len(methods) * max(0.3, 0.11 * len(here) + 0.1)
    titles = [plot.short(benchmark, 50) for (benchmark,), _ in parts]
    drawn, every = plot.panels(titles, repeat(height), legend=key, x="share of responses (0 to 1)")
    offsets = dict(zip(here, plot.dodges(len(here), 0.75), strict=True))
    for axes, (_, part) in zip(every, parts, strict=True):
        for row in plot.records(part[part["method"].isin(methods)]):
            place = methods.index(row.method) + offsets[row.checkpoint]
            plot.dot(axes, row.share, place, (row.low, row.high), here[row.checkpoint], size=5)
        plot.rows(axes, [TITLES.get(method, plot.short(method, 22)) for method in methods])
        axes.set_xlim(plot.limits(*(frame[column] for column in ("share", "low", "high")), [0.0], **plot.SHARE))
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    seen = set(frame.loc[plot.numbers(frame, "share") > 0, "method"])
    wrong = "; unread rows count as wrong" if any(TITLES.get(method, "").endswith("unread") for method in seen) else ""
    return (
        f"How the answer was read out of a response ({plot.counted(frame, 'n', 'responses')} per checkpoint){wrong}. "
        f"{plot.intervals(frame.drop(columns='method'))}{plot.blanks(frame, ['share'])}"
    )
