"""Where a judge may err, from what logs hold: the signal by which an active draw labels some questions more often.

Labels tell most where the judge is off, and by how much is unknown before they are there. Two signs of it are in logs:

- **Disagreement**: where several judges scored the same responses, the standard deviation between them.
- **Indecision**: else, of a share or a yes or no, sqrt(p (1 - p)), which is 0 for a score of 0 or 1 and greatest for
  1/2. A panel that is split, and the mean of several draws of a judge that wavers, are such scores.

A question's expected error is the root mean square over metrics, each divided by its mean square on the benchmark, and
over all responses to it that could become items. Where a response has no sign it counts as the average one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from clinical_r1.errors import UserError
from clinical_r1.logs import LogSet
from clinical_r1.metrics import METRICS, keys_of
from clinical_r1.study.draw import Candidate, Frame

_PLACE = ["checkpoint", "benchmark", "id", "epoch"]


@dataclass(frozen=True)
class ExpectedErrors:
    """How far the judge may be off."""

    of: Mapping[Candidate, float]
    """Question -> its expected error, from 0, on a scale on which questions of one benchmark compare."""
    sign: str
    """What it was read from, in words."""


def expected_errors(frame: Frame, metrics: Sequence[str], judged: Sequence[LogSet]) -> ExpectedErrors:
    """Read the judge's expected errors from logs.

    Args:
        frame: What can be drawn.
        metrics: What raters are to be asked for; their primary forms count, which lie in [0, 1].
        judged: The logs of the frame, read once for each judge that scored them.

    Raises:
        UserError: If no two judges differ anywhere, and every score is 0 or 1.
    """
    keys = [key for key in keys_of(tuple(metrics)) if METRICS[key].primary]
    between = {key: _between_judges(frame, key, judged) for key in keys}
    if found := _by_question(frame, between):
        return ExpectedErrors(found, "how far judges differ")
    scores = {key: frame.rows[key].astype(float).clip(0, 1) for key in keys}
    undecided = {key: (p * (1 - p)) ** 0.5 for key, p in scores.items()}
    if found := _by_question(frame, undecided):
        return ExpectedErrors(found, "how far scores are from 0 and 1")
    raise UserError(
        "--draw active: nothing in these logs tells where the judge may err (no two judges differ, and all scores are "
        f"0 or 1 or missing for {', '.join(metrics)}): judge them again with several draws or by a second judge, or "
        "use --draw stratified"
    )


def _between_judges(frame: Frame, key: str, judged: Sequence[LogSet]) -> pd.Series:
    """Standard deviation between judges of each response; NaN where fewer than two gave a number."""
    by_judge: dict[str, pd.Series] = {}
    for log_set in judged:
        judge_of = {run.index: getattr(run, f"{METRICS[key].judge}_judge") for run in log_set.runs}
        rows = log_set.responses.astype(dict.fromkeys(_PLACE[:3], object)).set_index(_PLACE)
        for name, own in rows.groupby(rows["run"].map(judge_of), observed=True):
            by_judge.setdefault(str(name), own[key].astype(float).reindex(frame.rows.index))
    values = pd.DataFrame(by_judge, index=frame.rows.index)
    return values.std(axis=1, ddof=0).where(values.notna().sum(axis=1) > 1)


def _by_question(frame: Frame, signs: Mapping[str, pd.Series]) -> dict[Candidate, float]:
    """Expected error of each question; empty where nothing differs from 0."""
    squares: dict[tuple[str, str], list[float]] = {}
    for sign in signs.values():
        square = sign**2
        average = square.groupby(level="benchmark").transform("mean")
        scaled = (square / average.where(average > 0)).groupby(level=["benchmark", "id"]).mean()
        for question, value in scaled.items():
            squares.setdefault(question, []).append(float(value))  # type: ignore[arg-type]
    if not any(value > 0 for values in squares.values() for value in values):
        return {}
    found = {}
    for one in frame.candidates:
        known = [1.0 if np.isnan(value) else value for value in squares[one.benchmark, one.question]]
        found[one] = sqrt(sum(known) / len(known))
    return found
