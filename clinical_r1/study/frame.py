"""Which questions of a set of logs a study can draw, and what is known about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clinical_r1.errors import UserError
from clinical_r1.logs import NOT_JUDGED, Run, Study
from clinical_r1.metrics import METRICS_OF, Judge
from clinical_r1.study.draw import Candidate

RIGHT_FROM = 0.5
"""Share of epochs from which a checkpoint counts as right on a question, for strata."""

_PLACE = ["benchmark", "id", "epoch"]


@dataclass(frozen=True, eq=False)
class Frame:
    """What can be drawn."""

    checkpoints: tuple[str, ...]
    """Those compared, in the order of the runs."""
    runs: dict[tuple[str, str], Run]
    """(Checkpoint, benchmark) -> its run."""
    candidates: tuple[Candidate, ...]
    rows: pd.DataFrame
    """Responses that can become items, a row each, by (checkpoint, benchmark, id, epoch)."""
    judges: tuple[Judge, ...]
    """Those that give the metrics asked for."""
    notes: tuple[str, ...]
    """Sentences: what cannot be drawn and why."""


def frame_of(study: Study, metrics: Sequence[str]) -> Frame:
    """Look for questions to which every compared checkpoint has a response, and the judge a score where it gave any.

    Args:
        study: With one label a checkpoint, see `clinical_r1.analysis.arms.labelled`; all its runs are compared.
        metrics: What raters are to be asked for.

    Raises:
        UserError: If a checkpoint has no run on a benchmark that another has, or there is no such question.
    """
    runs = {(run.checkpoint, run.benchmark): run for run in study.runs}
    checkpoints = tuple(dict.fromkeys(run.checkpoint for run in study.runs))
    for benchmark in dict.fromkeys(run.benchmark for run in study.runs):
        missing = [name for name in checkpoints if (name, benchmark) not in runs]
        if missing:
            raise UserError(
                f"{missing[0]} has no run on {benchmark}, which is to be compared: name the logs that are, or use "
                "--benchmarks"
            )
    judges = tuple(kind for kind, bases in METRICS_OF.items() if set(bases) & set(metrics))
    rows, notes = _usable(study, len(checkpoints), judges)
    counted = [base for base in metrics if rows[base].notna().any()]
    candidates = tuple(
        candidate
        for benchmark, part in rows.groupby("benchmark", observed=True)
        for candidate in _candidates(str(benchmark), part, checkpoints, counted)
    )
    rows = rows.set_index(["checkpoint", *_PLACE])
    return Frame(checkpoints, runs, candidates, rows, judges, tuple(notes))


def _usable(study: Study, checkpoints: int, judges: Sequence[Judge]) -> tuple[pd.DataFrame, list[str]]:
    """Responses of places where all checkpoints have one, judged where anything was."""
    rows = study.responses.astype(dict.fromkeys(("benchmark", "id", "checkpoint"), object))
    everything = _questions(rows)
    rows = _complete(rows[rows["error"].isna()], checkpoints)
    notes = []
    if _questions(rows) < everything:
        notes.append(
            f"{everything - _questions(rows):,} of {everything:,} questions have no response of every checkpoint and "
            "cannot be drawn."
        )
    for kind in judges:
        judged = rows[rows[f"{kind}_reason"].astype(object) != NOT_JUDGED]
        if judged.empty:
            notes.append(f"No judge has scored {kind}: strata do without it, and a judge can be compared later.")
            continue
        before = _questions(rows)
        rows = _complete(judged, checkpoints)
        if _questions(rows) < before:
            left_out = f"{before - _questions(rows):,} of {before:,} questions"
            notes.append(f"{left_out} were not given to the judge of {kind} and cannot be drawn.")
    if rows.empty:
        raise UserError("no question has a response of every checkpoint (and a score, where a judge gave any)")
    return rows, notes


def _questions(rows: pd.DataFrame) -> int:
    return len(rows[["benchmark", "id"]].drop_duplicates())


def _complete(rows: pd.DataFrame, checkpoints: int) -> pd.DataFrame:
    there = rows.groupby(_PLACE, observed=True)["checkpoint"].transform("nunique")
    return rows[there == checkpoints]


def _candidates(
    benchmark: str, rows: pd.DataFrame, checkpoints: Sequence[str], counted: Sequence[str]
) -> list[Candidate]:
    found = rows.groupby("id", observed=True)[list(counted)].mean().rank(pct=True).mean(axis=1)
    right = rows.pivot_table(index="id", columns="checkpoint", values="answer", observed=True)[list(checkpoints)]
    shared = rows.groupby("id", observed=True).agg(words=("words", "mean"), has_case=("has_case", "first"))
    epochs = rows.groupby("id", observed=True)["epoch"].unique()
    return [
        Candidate(
            benchmark=benchmark,
            question=str(id),
            epochs=tuple(sorted(int(epoch) for epoch in epochs[id])),
            has_case=bool(shared.loc[id, "has_case"]),
            right=tuple(bool(share >= RIGHT_FROM) for share in right.loc[id]),
            words=float(_number(shared.loc[id, "words"])),
            found=float(_number(found.get(id))),
        )
        for id in shared.index
    ]


def _number(value: Any) -> float:
    return float("nan") if value is None or pd.isna(value) else float(value)
