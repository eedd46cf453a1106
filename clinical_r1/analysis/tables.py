"""Elements of all tables: the responses per run, an estimate as cells of a row, the published numbers."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.logs import LogSet, Run
from clinical_r1.stats.correction import Corrected
from clinical_r1.stats.estimates import Estimate
from clinical_r1.voting import TieRule

# --- what all tables share --------------------------------------------------------------------------------------------
Array = NDArray[np.float64]


class Group(NamedTuple):
    """The responses of one run."""

    run: Run
    responses: pd.DataFrame
    clusters: NDArray[np.int64]
    """The question of each response, as a number."""

    @property
    def labels(self) -> dict[str, str]:
        """Cells that say whose row it is."""
        return {"benchmark": self.run.benchmark, "checkpoint": self.run.checkpoint}

    @property
    def tie(self) -> TieRule:
        """How tied votes of the run are resolved."""
        rule: TieRule = self.run.conditions.get("tie") or "share"
        return rule

    def within(self, rows: NDArray[np.bool_]) -> "Group":
        """Some of the responses."""
        return self._replace(responses=self.responses[rows], clusters=self.clusters[rows])

    def column(self, key: str) -> Array:
        """A column of numbers; all NaN where the logs have none of it."""
        if key not in self.responses:
            return np.full(len(self.responses), np.nan)
        return self.responses[key].to_numpy(dtype=float)


def groups(log_set: LogSet) -> Iterator[Group]:
    """The runs of a set of logs, in its order, each with its responses."""
    by_run = dict(list(log_set.responses.groupby("run", observed=True)))
    for run in log_set.runs:
        if run.index in by_run:
            part = by_run[run.index]
            yield Group(run, part, part["id"].cat.codes.to_numpy().astype(np.int64))


def ends(estimate: Estimate | Corrected, name: str = "value", stem: str | None = None) -> dict[str, float]:
    """An estimate as the cells `name`, `<stem>low` and `<stem>high`.

    Args:
        estimate: A value and the ends of its interval.
        name: Column of the value.
        stem: Before the names of the ends; by default the name without `value`, or with `_` behind it.

    Examples:
        >>> list(ends(Estimate(0.5, 0.4, 0.6))), list(ends(Estimate(0.5, 0.4, 0.6), "bias"))
        (['value', 'low', 'high'], ['bias', 'bias_low', 'bias_high'])
    """
    value, low, high = end_names(name, stem)
    return {value: estimate.value, low: estimate.low, high: estimate.high}


def estimate_of(row: Mapping[Any, Any], name: str = "value", stem: str | None = None) -> Estimate:
    """The estimate that `ends` made cells of; NaN where the row has none."""
    return Estimate(*(row.get(column, np.nan) for column in end_names(name, stem)))


def end_names(name: str, stem: str | None) -> tuple[str, str, str]:
    """Columns of a value and the ends of its interval, see `ends`."""
    if stem is None:
        stem = name.removesuffix("value") if name.endswith("value") else f"{name}_"
    return name, f"{stem}low", f"{stem}high"


def cells(estimate: Estimate) -> dict[str, Any]:
    """An estimate as cells: `value`, `low`, `high`, `n`, `questions`, `unscored`, `method`."""
    counts = {"n": estimate.n, "questions": estimate.clusters, "unscored": estimate.unscored}
    return {**ends(estimate), **counts, "method": estimate.method}


def explained(estimate: Estimate, name: str = "value") -> dict[str, Any]:
    """An estimate as cells: `name`, `low`, `high`, `n`, `why` there is no number, `method`."""
    why = estimate.why
    return {**ends(estimate, name, ""), "n": estimate.n, "why": why, "method": "" if why else estimate.method}


# --- the numbers that the paper prints --------------------------------------------------------------------------------
@cache
def _published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("clinical_r1.analysis").joinpath("published.json").read_text("utf-8"))
    return found


def published_accuracy(system: str | None, benchmark: str) -> float | None:
    """Published accuracy in [0, 1], by majority vote; None where none is known.

    Args:
        system: `baseline_cot`, `grpo`, `crpo`, `cold_start_grpo`, `cold_start_crpo`, or None.
        benchmark: `medqa`, `medmcqa` or `medxpertqa`.

    Examples:
        >>> published_accuracy("crpo", "medqa")
        0.5241
    """
    percent = _published()["accuracy_percent"].get(benchmark, {}).get(system)
    return None if percent is None else round(percent / 100, 6)


def published_count(system: str | None, benchmark: str, metric: str) -> float | None:
    """Published count a response; its definition is not published, so it is never "the same metric" as ours.

    Examples:
        >>> published_count("grpo", "medmcqa", "cecd"), published_count("grpo", "medqa", "cecd")
        (1.51, None)
    """
    number = _published()["per_response_counts"].get(benchmark, {}).get(metric, {}).get(system)
    return None if number is None else float(number)
