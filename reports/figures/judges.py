"""How the judges did: spans that are not in the response, and responses without a verdict."""

import pandas as pd
from matplotlib.figure import Figure

from .. import plotting as plot

_NUMBERS = ["judged", "unscored", "reject_rate", "low", "high"]


@plot.styled
def figure(frame: pd.DataFrame, *, palette: plot.Palette | None = None) -> Figure:
    """Two panels per benchmark and judge: the share of its quotes that were rejected, and of responses left unscored.

    Args:
        frame: A row per benchmark x checkpoint x scorer: `judge`, `judged` and `unscored` responses, `reject_rate` with
            `low` and `high`.
        palette: Label -> appearance, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = plot.palette_of(frame["checkpoint"], palette)
    called = plot.short_names(chosen)
    parts = plot.split(frame, "benchmark", "scorer")
    drawn, every = plot.panels([0.26 * len(part) for _, part in parts], columns=2)
    for place, ((benchmark, scorer), part) in enumerate(parts):
        rejected, unscored = every[2 * place : 2 * place + 2]
        plot.heading(rejected, f"{plot.short(benchmark, 30)}: {scorer}")
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
        f"of those "
        f"given to the judge ({plot.counted(frame, 'judged', 'responses')}); this counts what happened and has no "
        f"interval."
        f"{plot.blanks(frame, ['reject_rate'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    found = plot.tidy(frame, ["benchmark", "checkpoint", "scorer"], _NUMBERS, need=["reject_rate", "unscored"])
    return found.assign(share=found["unscored"] / found["judged"].where(found["judged"] > 0))
