"""The logs of one run as one: retries, copies, and files to which scores were appended."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.logs.columns import stacked
from clinical_r1.logs.find import LogFile
from clinical_r1.logs.header import Header
from clinical_r1.logs.scores import KEYS, Kind
from clinical_r1.logs.table import LogTable, Pass, aligned

Rows = NDArray[np.int64]
"""For each response the row of its score, -1 where there is none."""
Age = tuple[str, float, str, int]
"""Of scores: when the log was completed, when it was written, its path, and the place among the passes in it."""


@dataclass(frozen=True, eq=False)
class Log:
    """A log and what is in it."""

    file: LogFile
    table: LogTable

    @property
    def age(self) -> tuple[str, float, str]:
        """Greater is newer."""
        return self.table.header.completed, self.file.modified, self.file.path


@dataclass(frozen=True, eq=False)
class Scores:
    """What one judge gave to the responses of a run, in one sampling design."""

    judge: str
    """Its identity, see `clinical_r1.logs.scores.identity`."""
    weight: float
    """One over the share of responses that it was to judge; NaN for answers."""
    age: Age
    frame: pd.DataFrame
    """A row a response, missing where it was not judged; columns as in `clinical_r1.logs.table.Pass`."""


@dataclass(frozen=True, eq=False)
class Merged:
    """One run."""

    logs: tuple[Log, ...]
    """Newest first."""
    samples: pd.DataFrame
    """A row a sample x epoch, as in `clinical_r1.logs.table.LogTable`."""
    scores: dict[Kind, tuple[Scores, ...]]
    """Newest first; none for a kind that is not there."""

    @property
    def header(self) -> Header:
        """Of the newest log."""
        return self.logs[0].table.header

    @property
    def answers(self) -> pd.DataFrame | None:
        """The newest scores of answers, a row a response."""
        return next((one.frame for one in self.scores.get("answer", ())), None)

    @cached_property
    def answered(self) -> int:
        """Responses that did not fail and have a score of their answer."""
        if self.answers is None:
            return 0
        return int((self.samples["error"].isna() & self.answers["judge"].notna()).sum())

    @cached_property
    def planned(self) -> frozenset[str]:
        """Ids of the questions planned; none where the logs do not say."""
        return frozenset(id for log in self.logs for id in log.table.header.ids)

    @property
    def expected(self) -> int:
        """Responses planned."""
        questions = len(self.planned) or max(log.table.header.questions for log in self.logs)
        return questions * max(log.table.header.epochs for log in self.logs)


def merge(logs: Sequence[Log]) -> Merged:
    """Put the logs of one run together.

    The response to a question in an epoch comes from the newest log in which it did not fail, and its scores from every
    log that holds the same response. Scores of one judge with the same weight are united, the newest for each
    response; those of different judges stay apart.

    Args:
        logs: Of one task id, or of different questions.
    """
    ordered = sorted(logs, key=lambda log: log.age, reverse=True)
    samples = _samples([log.table for log in ordered])
    passes: dict[Kind, list[tuple[Age, Pass, Rows]]] = defaultdict(list)
    for log in ordered:
        rows = _same_response(samples, log.table.samples)
        for place, one in reversed(list(enumerate(log.table.passes))):
            passes[one.kind].append(((*log.age, place), one, rows))
    scores = {kind: tuple(_by_judge(kind, found)) for kind, found in passes.items()}
    return Merged(tuple(ordered), samples, scores)


def _samples(tables: Sequence[LogTable]) -> pd.DataFrame:
    """Each sample and epoch once, in the order of the data set."""
    if len(tables) == 1:
        return tables[0].samples
    every = stacked([table.samples for table in tables])
    ranked = every.iloc[np.argsort(every["error"].notna().to_numpy(), kind="stable")]  # finished first, then the newest
    chosen = ranked.drop_duplicates(["id", "epoch"])
    ids = dict.fromkeys(id for table in tables for id in (*table.header.ids, *table.samples["id"]))
    places = {id: place for place, id in enumerate(ids)}
    order = np.lexsort((chosen["epoch"].to_numpy(), chosen["id"].map(places).to_numpy(dtype=np.int64)))
    return chosen.iloc[order].reset_index(drop=True)


def _same_response(samples: pd.DataFrame, others: pd.DataFrame) -> Rows:
    """For each sample the row among others that holds the same response."""
    if others is samples:
        return np.arange(len(samples))
    key = ["id", "epoch", "response"]
    return pd.MultiIndex.from_frame(others[key]).get_indexer(pd.MultiIndex.from_frame(samples[key])).astype(np.int64)


def _by_judge(kind: Kind, passes: Sequence[tuple[Age, Pass, Rows]]) -> list[Scores]:
    """The scores of a kind, judge by judge, newest first."""
    groups: dict[tuple[str, float], list[tuple[Age, Pass, Rows]]] = defaultdict(list)
    for age, one, rows in passes:
        weights = one.frame["weight"].fillna(1).to_numpy() if "weight" in one.frame else np.zeros(len(one.frame))
        judges = one.frame["judge"].astype(object).to_numpy()
        present = rows[rows >= 0]
        for judge, weight in dict.fromkeys(zip(judges[present], weights[present], strict=True)):
            if isinstance(judge, str):
                whose = np.append((judges == judge) & (weights == weight), False)  # the last for rows of -1
                groups[judge, float(weight)].append((age, one, np.where(whose[rows], rows, -1)))
    return [
        Scores(judge, weight, found[0][0], _united(kind, [(one, rows) for _, one, rows in found]))
        for (judge, weight), found in groups.items()
    ]


def _united(kind: Kind, passes: Sequence[tuple[Pass, Rows]]) -> pd.DataFrame:
    """Passes of one judge as one; each metric from the newest that was asked for it."""
    if len(passes) == 1:
        return aligned(passes[0][0].frame, passes[0][1])
    every = stacked([one.frame for one, _ in passes])
    starts = np.cumsum([0, *(len(one.frame) for one, _ in passes)])
    places = [np.where(rows >= 0, rows + start, -1) for (_, rows), start in zip(passes, starts, strict=False)]
    united = aligned(every, _first(places))
    asked: dict[tuple[bool, ...], list[str]] = defaultdict(list)
    for key in KEYS.get(kind, ()):
        asked[tuple(key in one.keys for one, _ in passes)].append(key)
    for offered, keys in asked.items():
        if any(offered) and not all(offered):
            source = _first([place for place, there in zip(places, offered, strict=True) if there])
            united[keys] = aligned(every[keys], source)
    return united


def _first(places: Sequence[Rows]) -> Rows:
    """For each response the first place that is one."""
    found = places[0]
    for other in places[1:]:
        found = np.where(found >= 0, found, other)
    return found


def widest(scores: Sequence[Scores]) -> Scores | None:
    """Of one judge's scores those that it was to give to the most responses; the newest of equals."""
    return min(scores, key=lambda one: 1.0 if isnan(one.weight) else one.weight, default=None)
