"""Completions out of `.eval` logs, a few samples in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlparse
from urllib.request import url2pathname
from zipfile import BadZipFile

from inspect_ai.log import (
    EvalLog,
    EvalSample,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
    read_eval_log_samples_by_id,
)

from clinical_r1.choices import LETTERS
from clinical_r1.errors import UserError
from clinical_r1.solvers import SHOWN_ORDER, response_text, shown_options

CHUNK = 128
"""Samples read at once: each read of a log parses its table of contents, which takes as long as many samples do."""

_UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)  # what reading anything but a whole log raises


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
        paths: `.eval` files, and folders that are searched for them, subfolders included.

    Raises:
        UserError: If a path is not there, holds no log, is not a readable log, or was written by a task whose samples
            have no options.
    """
    seen: set[tuple[str, str, int]] = set()
    for path, header in sorted(map(_header, _files(paths)), key=_age, reverse=True):
        keys = [key for key in _keys(path, header) if (header.eval.task_id, str(key.id), key.epoch) not in seen]
        seen |= {(header.eval.task_id, str(key.id), key.epoch) for key in keys}
        for start in range(0, len(keys), CHUNK):
            for sample in _samples(path, keys[start : start + CHUNK]):
                yield _completion(sample, header, path)


class _Key(NamedTuple):
    id: str | int
    epoch: int


def _files(paths: Sequence[Path | str]) -> list[Path]:
    """The files that the paths stand for, each once, in order."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(_local(info.name) for info in list_eval_logs(str(path), formats=["eval"]))
            if not found:
                raise UserError(f"{path}: no .eval log in this folder")
            files += found
        elif not path.exists():
            raise UserError(f"{path}: no such file or folder")
        elif path.suffix != ".eval":
            raise UserError(f"{path}: not a log; allowed are .eval files and folders with such files in them")
        else:
            files.append(path)
    return list({file.resolve(): file for file in files}.values())


def _local(name: str) -> Path:
    """Inspect lists files as URLs."""
    return Path(url2pathname(urlparse(name).path)) if name.startswith("file:") else Path(name)


def _header(path: Path) -> tuple[Path, EvalLog]:
    try:
        return path, read_eval_log(str(path), header_only=True)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error


def _age(log: tuple[Path, EvalLog]) -> tuple[str, str]:
    path, header = log
    return header.eval.created, path.name


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: cannot be read as an .eval log ({' '.join(str(error).split()) or type(error).__name__})")


def _keys(path: Path, header: EvalLog) -> list[_Key]:
    """Id and epoch of every sample in the log, in the order of the dataset: the log has them as they were finished."""
    try:
        keys = [_Key(summary.id, summary.epoch) for summary in read_eval_log_sample_summaries(str(path))]
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    place = {id: number for number, id in enumerate(header.eval.dataset.sample_ids or [])}
    return sorted(keys, key=lambda key: (place.get(key.id, len(place)), str(key.id), key.epoch))


def _samples(path: Path, keys: list[_Key]) -> list[EvalSample]:
    try:
        # Whole samples: to leave fields out, Inspect parses step by step, which takes twice as long.
        return read_eval_log_samples_by_id(str(path), keys)
    except (*_UNREADABLE, IndexError) as error:
        raise _unreadable(path, error) from error


def _completion(sample: EvalSample, header: EvalLog, path: Path) -> LoggedCompletion:
    texts = dict(zip(LETTERS, sample.choices or [], strict=False))
    if sample.target not in list(texts):
        raise UserError(f"{path}: sample {sample.id} of task {header.eval.task} has no options, one of them right")
    order = sample.metadata.get(SHOWN_ORDER) or "".join(texts)
    return LoggedCompletion(
        id=str(sample.id),
        epoch=sample.epoch,
        model=header.eval.model,
        benchmark=sample.metadata.get("benchmark"),
        question=sample.input if isinstance(sample.input, str) else sample.input[-1].text,
        options=shown_options(texts, order),
        target=LETTERS[order.index(str(sample.target))],
        completion=response_text(sample.output.message) if sample.output.choices else "",
        truncated=bool(sample.metadata.get("truncated")),
        faulty=" ".join(sample.error.message.split()) if sample.error else None,
    )
