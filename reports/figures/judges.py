"""How the judges did: spans that are not in the response, and responses without a verdict."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from ..plotting import (
    Look,
    blanks,
    counted,
    dot,
    heading,
    intervals,
    limits,
    looks_of,
    panels,
    records,
    rows,
    short,
    short_names,
    split,
    styled,
    tidy,
)

_NUMBERS = ["judged", "unscored", "reject_rate", "low", "high"]


@styled
def figure(frame: pd.DataFrame, *, looks: Mapping[str, Look] | None = None) -> Figure:
    """Two panels a benchmark and judge: the share of its quotes that were rejected, and of responses left unscored.

    Args:
        frame: A row a benchmark x checkpoint x scorer: `judge`, `judged` and `unscored` responses, `reject_rate` with
            `low` and `high`.
        looks: Label -> look, of all labels of the page.

    Raises:
        ValueError: If there is no number to draw.
    """
    frame = _tidy(frame)
    chosen = looks_of(frame["checkpoint"], looks)
    called = short_names(chosen)
    parts = split(frame, "benchmark", "scorer")
    drawn, every = panels([0.26 * len(part) for _, part in parts], columns=2)
    for place, ((benchmark, scorer), part) in enumerate(parts):
        rejected, unscored = every[2 * place : 2 * place + 2]
        heading(rejected, f"{short(benchmark, 30)}: {scorer}")
        for line, row in enumerate(records(part)):
            dot(rejected, row.reject_rate, line, (row.low, row.high), chosen[row.checkpoint])
            dot(unscored, row.share, line, (float("nan"),) * 2, chosen[row.checkpoint])
        rows(rejected, [called[label] for label in part["checkpoint"]], ticks=3)
        rows(unscored, [""] * len(part), ticks=3)
        rates = (frame[column] for column in ("reject_rate", "low", "high"))
        rejected.set_xlim(limits([0.0], *rates, low=0, high=1, span=0.05))
        unscored.set_xlim(limits([0.0], frame["share"], low=0, high=1, span=0.05))
    every[-2].set_xlabel("share of quotes\nthat were rejected")
    every[-1].set_xlabel("share of responses\nleft unscored")
    return drawn


def caption(frame: pd.DataFrame) -> str:
    """What the figure shows, with n and what its intervals are."""
    return (
        f"Left: quotes that are not in the response, of all that the judge returned "
        f"({counted(frame, 'n', 'quotes')}). {intervals(frame)} Right: responses whose judgement failed, of those "
        f"given to the judge ({counted(frame, 'judged', 'responses')}); this counts what happened and has no interval."
        f"{blanks(frame, ['reject_rate'])}"
    )


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    found = tidy(frame, ["benchmark", "checkpoint", "scorer"], _NUMBERS, need=["reject_rate", "unscored"])
    return found.assign(share=found["unscored"] / found["judged"].where(found["judged"] > 0))
