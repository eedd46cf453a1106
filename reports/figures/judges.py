"""Quality of the judges: rejected quotes, and responses left unscored."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["judged", "unscored", "reject_rate", "low", "high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """Two panels per benchmark and judge: the share of its quotes that were rejected, and of responses left unscored.

    The frame has a row per benchmark x checkpoint x scorer: `judge`, `judged` and `unscored` responses, `reject_rate`
    with `low` and `high`.
    """
    frame = plot.tidy(frame, ["benchmark", "checkpoint", "scorer"], _NUMBERS, need=["reject_rate", "unscored"])
    frame["share"] = frame["unscored"] / frame["judged"].where(frame["judged"] > 0)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen)
    parts = plot.split(frame, "benchmark", "scorer")
    titles = [title for (name, scorer), _ in parts for title in (f"{plot.short(name, 30)}: {scorer}", "")]
    drawn, every = plot.panels(titles, [0.26 * len(part) for _, part in parts], columns=2)
    for rejected, unscored, (_, part) in zip(every[::2], every[1::2], parts, strict=True):
        for line, row in enumerate(plot.records(part)):
            plot.dot(rejected, row.reject_rate, line, (row.low, row.high), chosen[row.checkpoint])
            plot.dot(unscored, row.share, line, (float("nan"),) * 2, chosen[row.checkpoint])
        plot.rows(rejected, [called[label] for label in part["checkpoint"]], ticks=3)
        plot.rows(unscored, [""] * len(part), ticks=3)
        rates = (frame[column] for column in ("reject_rate", "low", "high"))
        rejected.set_xlim(plot.limits([0.0], *rates, low=0, high=1, span=0.05))
        unscored.set_xlim(plot.limits([0.0], frame["share"], low=0, high=1, span=0.05))
    every[-2].set_xlabel("share of quotes\nthat were rejected")
    every[-1].set_xlabel("share of responses\nleft unscored")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Left: quotes that are not in the response, of all that the judge returned "
        f"({plot.counted(frame, 'n', 'quotes')}). {plot.intervals(frame)} Right: responses whose judgement failed, "
        f"of those given to the judge ({plot.counted(frame, 'judged', 'responses')}); this counts what happened and "
        f"has no interval.{plot.blanks(frame, ['reject_rate'])}"
    )
