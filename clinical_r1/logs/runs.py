"""The runs in a set of logs: which logs each is made of, how it is called, under what conditions it ran, who judged it.

Retries, copies, files to which scores were appended and probes of its responses are read as one run.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.errors import UserError, names_near
from clinical_r1.logs.find import Header, LogFile
from clinical_r1.logs.labels import (
    Arm,
    Data,
    Model,
    arm_of,
    benchmark_labels,
    checkpoint_labels,
    data_of,
    model_of,
    system_of,
)
from clinical_r1.logs.table import JUDGES, KEYS, NOISE, Kind, LogTable, Pass, aligned, stacked
from clinical_r1.metrics import PROBES, Judge, Probe

Rows = NDArray[np.int64]
"""For each response the row of its score, -1 where there is none."""
Age = tuple[str, float, str, int]
"""Of scores: when the log was completed, when it was written, its path, and the place among the passes in it."""
Names = dict[str, str]
"""Path of a log -> what to call it in a sentence."""


@dataclass(frozen=True)
class Run:
    """One model on one benchmark, all epochs."""

    index: int
    """Its number in `LogSet.responses`."""
    task_id: str
    """Inspect's id of the run; retries, copies and re-scored files share it."""
    paths: tuple[str, ...]
    """Of its logs, newest first."""
    model: str
    """As Inspect names it."""
    checkpoint: str
    """A short label per model."""
    benchmark: str
    """A label per data set."""
    task: str
    """The benchmark's task, such as `medqa`."""
    status: str
    """Of the newest log: `started`, `success`, `cancelled` or `error`."""
    expected: int
    """Responses planned: questions x epochs."""
    found: int
    """Responses in the logs, failed ones included."""
    created: str
    """When the newest log was begun, ISO 8601 in UTC."""
    conditions: dict[str, Any] = field(hash=False)
    """What must agree between runs that are compared: prompt, sampling, votes, data, task version, rule for ties."""
    arm: Arm = field(default_factory=Arm)
    """How the model was trained."""
    system: str | None = None
    """The published system that it is, if its data are those that numbers were published for."""
    grounding_judge: str | None = None
    """Whose scores of grounding count, with backend, profile and prompt."""
    behaviours_judge: str | None = None
    """Whose scores of behaviours count."""
    probes: tuple[str, ...] = ()
    """Logs of probes that asked about its responses, newest first."""
    variant_of: str | None = None
    """The checkpoint's own label, where `checkpoint` also says under which conditions it ran."""

    @property
    def model_label(self) -> str:
        """The checkpoint's label, whatever the conditions."""
        return self.variant_of or self.checkpoint


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
    """Its identity, see `clinical_r1.logs.table.identity`."""
    weight: float
    """One over the share of responses that it was to judge; NaN for answers."""
    age: Age
    frame: pd.DataFrame
    """A row per response, missing where it was not judged; columns as in `clinical_r1.logs.table.Pass`."""


@dataclass(frozen=True, eq=False)
class Merged:
    """One run."""

    logs: tuple[Log, ...]
    """Newest first."""
    probes: tuple[Log, ...]
    """Probes that asked about its responses, newest first: they have scores for it and nothing else."""
    samples: pd.DataFrame
    """A row per sample and epoch, as in `clinical_r1.logs.table.LogTable`."""
    scores: dict[Kind, tuple[Scores, ...]]
    """Newest first; none for a kind that is not there."""

    @property
    def files(self) -> tuple[Log, ...]:
        """All that it was made of."""
        return (*self.logs, *self.probes)

    @property
    def header(self) -> Header:
        """Of the newest log."""
        return self.logs[0].table.header

    @property
    def answers(self) -> pd.DataFrame | None:
        """The newest scores of answers, a row per response."""
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


@dataclass(frozen=True, eq=False)
class Source:
    """A run and what is in its logs."""

    run: Run
    merged: Merged


def runs_of(logs: Sequence[Log], apart: Sequence[Collection[str]] = ()) -> tuple[list[Source], list[str]]:
    """The runs that logs are of, each model once on each data set under each set of conditions.

    Args:
        logs: In the order in which their paths were given.
        apart: Groups of task ids; runs of different groups never repeat each other.

    Returns:
        The runs, and sentences about what was put together and left out.

    Raises:
        UserError: If a log that the user named holds no answers, or none does.
    """
    names = _file_names(logs)
    groups, alone = _with_evaluation(logs, names)
    answered, notes = _with_answers(list(map(merge, groups)), names)
    kept, more = _without_repeats(answered, apart, names)
    labels = checkpoint_labels(model_of(one.header) for one in kept)
    benchmarks = benchmark_labels(one.header for one in kept)
    usual = list(BENCHMARKS)  # their order; runs keep that of their paths
    tasks = {task: place for place, task in enumerate(usual)}
    kept.sort(key=lambda one: (tasks.get(one.header.task, len(tasks)), benchmarks[data_of(one.header)]))
    sources = [Source(_run(index, one, labels, benchmarks), one) for index, one in enumerate(kept)]
    return sources, [*alone, *notes, *more, *(sentence for source in sources for sentence in _about(source, names))]


def _with_evaluation(logs: Sequence[Log], names: Names) -> tuple[list[list[Log]], list[str]]:
    """The logs of each run; probes that lack the log they asked about are passed over where a folder was given."""
    by_run: dict[str, list[Log]] = defaultdict(list)
    for log in logs:
        by_run[log.table.header.run_id].append(log)
    kept = [group for group in by_run.values() if not all(log.table.header.probe_of for log in group)]
    notes = []
    for log in (log for group in by_run.values() if group not in kept for log in group):
        header = log.table.header
        lacks = f"is a probe ({header.task}) of a run whose log is not here: {header.model}, task id {header.probe_of}"
        if log.file.named or not kept:
            raise UserError(f"{log.file}: {lacks}")
        notes.append(f"{names[log.file.path]} is left out: it {lacks}.")
    return kept, notes


def _with_answers(merged: Sequence[Merged], names: Names) -> tuple[list[Merged], list[str]]:
    """Runs of benchmarks; logs of other tasks that were found in a folder are passed over."""

    def begun(one: Merged) -> bool:
        """Whether a run of a benchmark has no finished sample yet."""
        return "prompt_sha256" in one.header.metadata and bool(one.samples["error"].notna().all())

    others = [one for one in merged if one.answers is None and not begun(one)]
    strangers = [log for one in others for log in one.logs]
    for log in strangers:
        if log.file.named:
            raise UserError(f"{log.file}: task {log.table.header.task} has no answers as clinical_r1 scores them")
    kept = [one for one in merged if one not in others]  # compared by identity
    if not kept:
        raise UserError(f"{strangers[0].file}: neither this log nor another has answers as clinical_r1 scores them")
    left = ", ".join(sorted(f"{names[log.file.path]} ({log.table.header.task})" for log in strangers))
    return kept, [f"Left out, as they are no evaluations of clinical_r1: {left}."] if strangers else []


def _without_repeats(
    merged: Sequence[Merged], apart: Sequence[Collection[str]], names: Names
) -> tuple[list[Merged], list[str]]:
    """Of runs of one model on the same data under the same conditions the most complete one, the newest of equals.

    Runs of other questions of the same data do not repeat it: they are put together with it.
    """
    groups: dict[tuple[str, ...], list[Merged]] = defaultdict(list)
    for one in merged:
        side = [str(number) for number, ids in enumerate(apart) if one.header.task_id in ids]
        groups[_sameness(one), *side].append(one)
    kept, notes = [], []
    for group in groups.values():
        best, *rest = sorted(group, key=lambda one: (one.answered, one.logs[0].age), reverse=True)
        parts = [best]
        for other in rest:
            if all(part.planned and part.planned.isdisjoint(other.planned) for part in parts):
                parts.append(other)
                continue
            fewer = other.answered < best.answered
            why = f"it has {other.answered:,} finished samples, not {best.answered:,}" if fewer else "it is older"
            notes.append(f"{_said(other.files, names)} is left out: it repeats {_said(best.files, names)}, and {why}.")
        kept.append(best if len(parts) == 1 else merge([log for part in parts for log in part.files]))
    return kept, notes


def _sameness(one: Merged) -> str:
    header = one.header
    named = ("dataset", "dataset_revision", "dataset_split", "dataset_sha256")
    conditions = sorted((name, repr(value)) for name, value in header.conditions.items() if name not in named)
    return repr((model_of(header), data_of(header), conditions))


def _run(index: int, one: Merged, labels: dict[Model, str], benchmarks: dict[Data, str]) -> Run:
    header, model = one.header, model_of(one.header)
    return Run(
        index=index,
        task_id=header.task_id,
        paths=tuple(log.file.path for log in one.logs),
        model=header.model,
        checkpoint=labels[model],
        benchmark=benchmarks[data_of(header)],
        task=header.task,
        status=header.status,
        expected=one.expected,
        found=len(one.samples),
        created=header.created,
        conditions=header.conditions,
        arm=arm_of(header, model, labels[model], labels.values()),
        system=system_of(header),
        probes=tuple(log.file.path for log in one.probes),
    )


def _about(source: Source, names: Names) -> list[str]:
    """Sentences about one run."""
    run, merged = source.run, source.merged
    name, notes = f"{run.checkpoint} on {run.benchmark}", []
    if len(merged.logs) > 1:
        notes.append(f"{name}: {len(merged.logs)} logs are read as one run ({_said(merged.logs, names)}).")
    if run.found < run.expected:
        missing = 1 - run.found / run.expected
        there = f"{run.found:,} of {run.expected:,} samples are there"
        notes.append(f"{name}: {there}, {missing:.1%} are missing (status {run.status}).")
    failed = run.found - merged.answered
    if failed:
        notes.append(f"{name}: {failed:,} of {run.found:,} samples failed and count as neither right nor wrong.")
    for table in (log.table for log in merged.probes):
        if failed := int(table.samples["error"].notna().sum()):
            of = f"{failed:,} of {len(table.samples):,} samples of the probe {table.header.task}"
            notes.append(f"{name}: {of} failed and have no number.")
    return notes


def _said(logs: Sequence[Log], names: Names) -> str:
    return ", ".join(names[log.file.path] for log in logs)


def _file_names(logs: Sequence[Log]) -> Names:
    """Logs by their files' names, and by their paths where names are not distinct."""
    names = {log.file.path: Path(log.file.path).name for log in logs}
    times = Counter(names.values())
    return {path: name if times[name] == 1 else path for path, name in names.items()}


# --- logs of one run --------------------------------------------------------------------------------------------------
def merge(logs: Sequence[Log]) -> Merged:
    """Put the logs of one run, or of different questions of the same data, together.

    The response to a question in an epoch comes from the newest log in which it did not fail, and its scores from every
    log that holds the same response, or of a probe that asked about it. Scores of one judge with the same weight are
    united, the newest for each response; those of different judges stay apart.
    """
    newest = sorted(logs, key=lambda log: log.age, reverse=True)
    own, probes = ([log for log in newest if bool(log.table.header.probe_of) == probe] for probe in (False, True))
    samples = _samples([log.table for log in own])
    passes: dict[Kind, list[tuple[Age, Pass, Rows]]] = defaultdict(list)
    for log in (*own, *probes):
        rows = _same_response(samples, log.table.samples)
        for place, one in reversed(list(enumerate(log.table.passes))):
            passes[one.kind].append(((*log.age, place), one, rows))
    scores = {kind: tuple(_by_judge(kind, found)) for kind, found in passes.items()}
    return Merged(tuple(own), tuple(probes), samples, scores)


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
            noises = [name for key in keys if (name := f"{key}_noise") in NOISE.get(kind, ())]
            united[keys + noises] = aligned(every[keys + noises], source)
    return united


def _first(places: Sequence[Rows]) -> Rows:
    """For each response the first place that is one."""
    return reduce(lambda first, other: np.where(first >= 0, first, other), places)


def widest(scores: Sequence[Scores]) -> Scores | None:
    """Of one judge's scores those that it was to give to the most responses; the newest of equals."""
    return min(scores, key=lambda one: 1.0 if isnan(one.weight) else one.weight, default=None)


# --- whose scores count -----------------------------------------------------------------------------------------------
Chosen = dict[tuple[int, Judge | Probe], Scores]
"""(Run, scorer or probe) -> the scores that count; nothing where a run was not judged."""


def choose_judges(sources: Sequence[Source], judge: str | None) -> tuple[Chosen, list[str]]:
    """For each run and scorer the one judge whose scores count: scores of several are never put together.

    On each benchmark the judge that has scored the most runs is preferred, so that runs can be compared, and of several
    such the newest.

    Args:
        sources: The runs.
        judge: Part of a judge's name: judges with it are preferred.

    Returns:
        The choice, and sentences about what it leaves out.

    Raises:
        UserError: If no judge has this name.
    """
    kinds = (*JUDGES, *PROBES)
    known = {one.judge for source in sources for kind in kinds for one in source.merged.scores.get(kind, ())}
    if judge is not None and not any(judge in name for name in known):
        raise UserError(
            f"--judge {judge}: no such judge in these logs; there are {names_near(judge, sorted(known)) or 'none'}"
        )
    chosen: Chosen = {}
    notes: list[str] = []
    by_benchmark: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_benchmark[source.run.benchmark].append(source)
    for benchmark, group in by_benchmark.items():
        for kind in kinds:
            ranked = _ranked(group, kind, judge)
            for source in group:
                offered = [one for one in source.merged.scores.get(kind, ()) if one.judge in ranked]
                first = min((ranked.index(one.judge) for one in offered), default=None)
                best = widest([one for one in offered if ranked.index(one.judge) == first])
                if best:
                    chosen[source.run.index, kind] = best
            notes += _left_out(benchmark, group, kind, chosen)
    return chosen, notes


def _ranked(group: Sequence[Source], kind: Judge | Probe, judge: str | None) -> list[str]:
    """Names of judges on one benchmark, the preferred one first; only those asked for where there are any."""
    found = [one for source in group for one in source.merged.scores.get(kind, ())]
    times = Counter(name for source in group for name in {one.judge for one in source.merged.scores.get(kind, ())})
    newest = {one.judge: one.age for one in sorted(found, key=lambda one: one.age)}
    names = [name for name in newest if judge is not None and judge in name] or list(newest)
    return sorted(names, key=lambda name: (times[name], newest[name]), reverse=True)


def _left_out(benchmark: str, group: Sequence[Source], kind: Judge | Probe, chosen: Chosen) -> list[str]:
    taken = {one.judge for source in group if (one := chosen.get((source.run.index, kind)))}
    offered = {one.judge: None for source in group for one in source.merged.scores.get(kind, ())}
    others, counted = " and ".join(name for name in offered if name not in taken), " and ".join(sorted(taken))
    notes = []
    if others:
        notes.append(
            f"{kind} on {benchmark}: scores of {counted} count, those of {others} do not "
            "(scores of different judges are never put together)."
        )
    if len(taken) > 1:
        notes.append(f"{kind} on {benchmark}: not all runs have the same judge ({counted}).")
    return notes
