"""The runs of a study: which logs each is made of, how it is called, and under what conditions it ran."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.errors import UserError
from clinical_r1.logs.arms import Arm, arm_of, system_of
from clinical_r1.logs.labels import Data, Model, benchmark_labels, checkpoint_labels, data_of, model_of
from clinical_r1.logs.merge import Log, Merged, merge

Names = dict[str, str]
"""Path of a log -> what to call it in a sentence."""


@dataclass(frozen=True)
class Run:
    """One model on one benchmark, all epochs."""

    index: int
    """Its number in `Study.responses`."""
    task_id: str
    """Inspect's id of the run; retries, copies and re-scored files share it."""
    paths: tuple[str, ...]
    """Of its logs, newest first."""
    model: str
    """As Inspect names it."""
    checkpoint: str
    """A short label, one a model."""
    benchmark: str
    """A label, one a data set."""
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
    variant_of: str | None = None
    """The checkpoint's own label, where `checkpoint` also says under which conditions it ran."""

    @property
    def model_label(self) -> str:
        """The checkpoint's label, whatever the conditions."""
        return self.variant_of or self.checkpoint


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
    by_run: dict[str, list[Log]] = defaultdict(list)
    for log in logs:
        by_run[log.table.header.task_id].append(log)
    merged = [merge(group) for group in by_run.values()]
    names = _file_names(logs)
    answered, notes = _with_answers(merged, names)
    kept, more = _without_repeats(answered, apart, names)
    labels = checkpoint_labels(model_of(one.header) for one in kept)
    benchmarks = benchmark_labels(one.header for one in kept)
    kept.sort(key=lambda one: _rank(one, benchmarks))
    sources = [Source(_run(index, one, labels, benchmarks), one) for index, one in enumerate(kept)]
    return sources, [*notes, *more, *(sentence for source in sources for sentence in _about(source, names))]


def _with_answers(merged: Sequence[Merged], names: Names) -> tuple[list[Merged], list[str]]:
    """Runs of benchmarks; logs of other tasks that were found in a folder are passed over."""
    others = [one for one in merged if one.answers is None and not _begun(one)]
    strangers = [log for one in others for log in one.logs]
    for log in strangers:
        if log.file.named:
            raise UserError(f"{log.file}: task {log.table.header.task} has no answers as clinical_r1 scores them")
    kept = [one for one in merged if one not in others]  # compared by identity
    if not kept:
        raise UserError(f"{strangers[0].file}: neither this log nor another has answers as clinical_r1 scores them")
    left = ", ".join(sorted(names[log.file.path] for log in strangers))
    return kept, [f"Left out, without answers as clinical_r1 scores them: {left}."] if strangers else []


def _begun(one: Merged) -> bool:
    """Whether a run of a benchmark has no finished sample yet."""
    return "prompt_sha256" in one.header.metadata and bool(one.samples["error"].notna().all())


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
            notes.append(f"{_said(other, names)} is left out: it repeats {_said(best, names)}, and {why}.")
        kept.append(best if len(parts) == 1 else merge([log for part in parts for log in part.logs]))
    return kept, notes


def _sameness(one: Merged) -> str:
    header = one.header
    named = ("dataset", "dataset_revision", "dataset_split", "dataset_sha256")
    conditions = sorted((name, repr(value)) for name, value in header.conditions.items() if name not in named)
    return repr((model_of(header), data_of(header), conditions))


def _rank(one: Merged, benchmarks: dict[Data, str]) -> tuple[int, str]:
    """Benchmarks in their usual order; runs keep that of their paths."""
    known = list(BENCHMARKS)
    task = one.header.task
    return known.index(task) if task in known else len(known), benchmarks[data_of(one.header)]


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
    )


def _about(source: Source, names: Names) -> list[str]:
    """Sentences about one run."""
    run, merged = source.run, source.merged
    name, notes = f"{run.checkpoint} on {run.benchmark}", []
    if len(merged.logs) > 1:
        notes.append(f"{name}: {len(merged.logs)} logs are read as one run ({_said(merged, names)}).")
    if run.found < run.expected:
        missing = 1 - run.found / run.expected
        there = f"{run.found:,} of {run.expected:,} samples are there"
        notes.append(f"{name}: {there}, {missing:.1%} are missing (status {run.status}).")
    failed = run.found - merged.answered
    if failed:
        notes.append(f"{name}: {failed:,} of {run.found:,} samples failed and count as neither right nor wrong.")
    return notes


def _said(one: Merged, names: Names) -> str:
    return ", ".join(names[log.file.path] for log in one.logs)


def _file_names(logs: Sequence[Log]) -> Names:
    """Logs by their files' names, and by their paths where names are not distinct."""
    names = {log.file.path: Path(log.file.path).name for log in logs}
    times = Counter(names.values())
    return {path: name if times[name] == 1 else path for path, name in names.items()}
