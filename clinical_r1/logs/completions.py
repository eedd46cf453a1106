"""Completions out of `.eval` logs, a few samples in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from inspect_ai.log import EvalLog, EvalSample, read_eval_log_samples_by_id

from clinical_r1.errors import UserError
from clinical_r1.logs.find import UNREADABLE, LogFile, find_logs, read_header, unreadable
from clinical_r1.logs.shown import shown_in
from clinical_r1.logs.summaries import sample_summaries

CHUNK = 128
"""Samples read at once: each read of a log parses its table of contents, which takes as long as many samples do."""


@dataclass(frozen=True)
class LoggedCompletion:
    """What one model answered to one question in one epoch."""

    id: str
    """The question's id."""
    epoch: int
    """Epoch, from 1."""
    model: str
    """The model, as Inspect names it."""
    benchmark: str | None
    """Benchmark of the question; None where the log does not say."""
    question: str
    """The question without its options."""
    options: dict[str, str]
    """Letter to option text as the model saw them, whatever the record's order."""
    target: str
    """Letter of the right option, in the order shown."""
    completion: str
    """The model's text, see `clinical_r1.solvers.response_text`; empty where there is none."""
    truncated: bool
    """Whether the text ran into the token limit."""
    faulty: str | None
    """Why the sample failed, in one line (a failure of the provider or the machine, not of the model); else None."""


def read_completions(paths: Sequence[Path | str]) -> Iterator[LoggedCompletion]:
    """Read the completions of logs: the newest log first, questions in the order of their dataset, epochs in order.

    Of a task that was retried, several logs may hold the same sample: the newest log's counts. A log of a run that was
    interrupted gives the samples that reached it.

    Args:
        paths: `.eval` files, and folders that are searched for them, subfolders included; local or as URLs.

    Raises:
        UserError: If a path is not there, holds no log, is not a readable log, or was written by a task whose samples
            have no options.
    """
    seen: set[tuple[str, str, int]] = set()
    for file, header in sorted(map(_with_header, find_logs(paths)), key=_age, reverse=True):
        keys = [key for key in _keys(file, header) if (header.eval.task_id, str(key.id), key.epoch) not in seen]
        seen |= {(header.eval.task_id, str(key.id), key.epoch) for key in keys}
        for start in range(0, len(keys), CHUNK):
            for sample in _samples(file, keys[start : start + CHUNK]):
                yield _completion(sample, header, file)


class _Key(NamedTuple):
    id: str | int
    epoch: int


def _with_header(file: LogFile) -> tuple[LogFile, EvalLog]:
    return file, read_header(file)


def _age(log: tuple[LogFile, EvalLog]) -> tuple[str, str]:
    file, header = log
    return header.eval.created, Path(file.path).name


def _keys(file: LogFile, header: EvalLog) -> list[_Key]:
    """Id and epoch of every sample in the log, in the order of the dataset: the log has them as they were finished."""
    try:
        keys = [_Key(summary["id"], summary["epoch"]) for summary in sample_summaries(file.path)]
    except UNREADABLE as error:
        raise unreadable(file, error) from error
    place = {id: number for number, id in enumerate(header.eval.dataset.sample_ids or [])}
    return sorted(dict.fromkeys(keys), key=lambda key: (place.get(key.id, len(place)), str(key.id), key.epoch))


def _samples(file: LogFile, keys: list[_Key]) -> list[EvalSample]:
    try:
        # Whole samples: to leave fields out, Inspect parses step by step, which takes twice as long.
        return read_eval_log_samples_by_id(file.path, keys)
    except (*UNREADABLE, IndexError) as error:
        raise unreadable(file, error) from error


def _completion(sample: EvalSample, header: EvalLog, file: LogFile) -> LoggedCompletion:
    shown = shown_in(sample)
    if shown is None:
        raise UserError(f"{file}: sample {sample.id} of task {header.eval.task} has no options, one of them right")
    return LoggedCompletion(
        id=str(sample.id),
        epoch=sample.epoch,
        model=header.eval.model,
        benchmark=sample.metadata.get("benchmark"),
        question=shown.question,
        options=shown.options,
        target=shown.target,
        completion=shown.response,
        truncated=bool(sample.metadata.get("truncated")),
        faulty=" ".join(sample.error.message.split()) if sample.error else None,
    )
