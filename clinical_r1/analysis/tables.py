"""Parts that all tables share: groups of responses, and an estimate as cells of a row."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.logs import LogSet, Run
from clinical_r1.stats.estimates import Estimate

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

    def within(self, rows: NDArray[np.bool_]) -> "Group":
        """Some of the responses."""
        return self._replace(responses=self.responses[rows], clusters=self.clusters[rows])

    def column(self, key: str) -> Array:
        """A column of numbers; all NaN where the study has none of it."""
        if key not in self.responses:
            return np.full(len(self.responses), np.nan)
        return self.responses[key].to_numpy(dtype=float)


def groups(study: LogSet) -> Iterator[Group]:
    """The runs of a study, in its order, each with its responses."""
    by_run = dict(list(study.responses.groupby("run", observed=True)))
    for run in study.runs:
        if run.index in by_run:
            part = by_run[run.index]
            yield Group(run, part, part["id"].cat.codes.to_numpy().astype(np.int64))


def cells(estimate: Estimate, prefix: str = "") -> dict[str, Any]:
    """An estimate as cells: value, ends, numbers of responses and questions, unscored, method."""
    ends = {"low": estimate.low, "high": estimate.high}
    if prefix:
        return {prefix: estimate.value, **{f"{prefix}_{name}": end for name, end in ends.items()}}
    counts = {"n": estimate.n, "questions": estimate.clusters, "unscored": estimate.unscored}
    return {"value": estimate.value, **ends, **counts, "method": estimate.method}
