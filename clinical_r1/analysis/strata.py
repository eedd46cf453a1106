"""Metrics by kind of question; judged metrics also by whether the answer is right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.judged import estimate
from clinical_r1.analysis.tables import cells, groups
from clinical_r1.errors import UserError, names_near
from clinical_r1.logs import LogSet
from clinical_r1.metrics import METRICS

STRATA = (
    "correct", "has_case", "negated", "step", "choice_type", "question_type", "medical_task", "body_system", "subject",
    "topic",
)  # fmt: skip
"""Columns of `LogSet.responses` that group questions, coarse ones first; `correct`, by its `answer`, groups responses.
Rejecting distractors is another thing where the one chosen is right than where it is itself a distractor."""
MOST = 24
"""Strata of one kind that are shown unless they are asked for; the 2,000 topics of MedMCQA are no table."""


def by_stratum(log_set: LogSet, by: Sequence[str] | None = None, metrics: Sequence[str] = ("answer",)) -> pd.DataFrame:
    """Metrics within each stratum.

    Args:
        log_set: What was read.
        by: Among `STRATA`; by default those that part the questions of a benchmark into 2 to `MOST` groups.
        metrics: Keys of `clinical_r1.metrics.METRICS`.

    Returns:
        A row per run x stratum x metric: `benchmark`, `checkpoint`, `by`, `stratum`, `metric`, `label`, `value`, `low`,
        `high`, `n`, `questions`, `unscored`, `method`.

    Raises:
        UserError: If a name in `by` is not among `STRATA`, or parts nothing in these logs.
    """
    check_strata(by, log_set)
    rows: list[dict[str, Any]] = []
    for group in groups(log_set):
        some = [name for name in STRATA if 2 <= len(_values(group.responses, name)) <= MOST]
        for name in dict.fromkeys(by or some):
            for stratum in _values(group.responses, name):
                inside = group.within((_column(group.responses, name) == stratum).to_numpy())
                for key in metrics if name != "correct" else (key for key in metrics if key != "answer"):
                    found = estimate(inside, METRICS[key])
                    if np.isnan(found.value):
                        continue
                    said = {"True": "yes", "False": "no"}.get(str(stratum), str(stratum))
                    about = {"by": name, "stratum": said, "metric": key, "label": METRICS[key].label}
                    rows.append({**group.labels, **about, **cells(found)})
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    levels = table.groupby(["benchmark", "by", "metric"], sort=False)["stratum"].transform("nunique")
    return table[levels > 1].reset_index(drop=True)  # one alone is no comparison


def check_strata(by: Sequence[str] | None, log_set: LogSet) -> None:
    """Refuse what is no stratum, or parts no question of the logs.

    Raises:
        UserError: With the names that there are.
    """
    there = [name for name in STRATA if len(_values(log_set.responses, name)) > 1]
    for name in by or ():
        if name not in STRATA:
            raise UserError(f"--by {name}: allowed are {names_near(name, STRATA)}")
        if name not in there:
            raise UserError(f"--by {name}: no question of these logs is told apart by it; there are {', '.join(there)}")


def _values(responses: pd.DataFrame, name: str) -> list[Any]:
    return sorted(_column(responses, name).dropna().unique(), key=str)


def _column(responses: pd.DataFrame, name: str) -> "pd.Series[Any]":
    if name == "correct":
        return responses["answer"].map({0.0: False, 1.0: True}).astype(object)
    return responses[name].astype(object) if name in responses else pd.Series(dtype=object)
