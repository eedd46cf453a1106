"""Which logs a list of paths stands for, and what their headers say about their runs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname
from zipfile import BadZipFile

from inspect_ai.log import EvalLog, read_eval_log

from clinical_r1.errors import UserError
from clinical_r1.inspect_private import facts_of_file, file_system_errors, files_below

UNREADABLE = (OSError, ValueError, KeyError, EOFError, BadZipFile)
"""What reading anything but a whole log raises."""
SUFFIXES = (".eval", ".json")
"""Of Inspect's two formats of logs (`--log-format`)."""
# A folder may hold any .json files: logs among them are those that have the name that Inspect gives them.
_IN_FOLDER = re.compile(r"\.eval$|(?:^|[/\\])\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d[^/\\]*\.json$")

_SAMPLING = (
    "temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty", "stop_seqs", "best_of",
    "system_message", "effort", "reasoning_effort", "reasoning_tokens",
)  # fmt: skip
_ALWAYS = ("temperature", "top_p", "max_tokens")
_METADATA = (
    "prompt", "prompt_version", "prompt_sha256", "tie", "dataset", "dataset_revision", "dataset_split",
    "dataset_sha256",
)  # fmt: skip
_WHERE_SAID = ("cop_base", "answer_base", "fields")


@dataclass(frozen=True)
class LogFile:
    """A log file."""

    path: str
    """Local path or URL, as Inspect reads it."""
    size: int
    """Bytes."""
    modified: float
    """When it was last written, in seconds since the epoch; 0 where the file system does not say."""
    etag: str | None = None
    """Of its content, where the file system gives one."""
    named: bool = True
    """Whether the user named it, rather than a folder that it is in."""

    def __str__(self) -> str:
        return self.path


def find_logs(paths: Sequence[Path | str]) -> list[LogFile]:
    """The logs that paths stand for, each once, in order.

    Args:
        paths: Logs, and folders that are searched for them, subfolders included; local, or URLs of any file system that
            Inspect reads (`s3://…`).

    Raises:
        UserError: If a path is not there, holds no log, or is no log.
    """
    found: dict[str, LogFile] = {}
    for path in map(_typed, paths):
        for identity, file in _logs_at(path):
            if file.named or identity not in found:
                found[identity] = file
    return list(found.values())


def _typed(path: Path | str) -> str:
    return str(path) if "://" in str(path) else str(Path(path).expanduser())


def _logs_at(path: str) -> list[tuple[str, LogFile]]:
    """The logs of one path, each with the name that its file system gives it."""
    try:
        about = facts_of_file(path)
        inside = files_below(path) if about.type == "directory" else None
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file or folder") from error
    except file_system_errors() as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error
    if inside is None:
        if not path.endswith(SUFFIXES):
            raise UserError(f"{path}: not a log; allowed are .eval files, .json logs and folders with them")
        return [(_resolved(about.name), _log_file(about, path, named=True))]
    logs = [one for one in inside if _IN_FOLDER.search(one.name)]
    if not logs:
        raise UserError(f"{path}: no .eval log in this folder, and no .json log that still has Inspect's name")
    logs.sort(key=lambda one: one.name)
    return [(_resolved(one.name), _log_file(one, one.name, named=False)) for one in logs]


def _log_file(about: Any, path: str, *, named: bool) -> LogFile:
    return LogFile(_local(path), about.size, (about.mtime or 0) / 1000, about.etag, named)


def _local(name: str) -> str:
    """Inspect lists local files as URLs."""
    return url2pathname(urlparse(name).path) if name.startswith("file:") else name


def _resolved(name: str) -> str:
    local = _local(name)
    return local if "://" in local else str(Path(local).resolve())


def read_header(file: LogFile) -> EvalLog:
    """A log without its samples.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        return read_eval_log(file.path, header_only=True)
    except UNREADABLE as error:
        raise unreadable(file, error) from error


def unreadable(file: LogFile, error: Exception) -> UserError:
    """What to tell the user of a log that cannot be read."""
    kind = "a .json log of Inspect" if file.path.endswith(".json") else "an .eval log"
    return UserError(f"{file}: cannot be read as {kind} ({reason(error)})")


def reason(error: Exception) -> str:
    """An exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__


@dataclass(frozen=True)
class Header:
    """Facts about one log."""

    task: str
    """The task's short name: the same for a task run by file and by package."""
    task_id: str
    """Of the run; copies, retries and re-scored files have the same."""
    model: str
    """As Inspect names it."""
    model_args: dict[str, Any]
    """As given to the model's provider, plain values only."""
    status: str
    """`started`, `success`, `cancelled` or `error`."""
    created: str
    """When the log was begun, ISO 8601 in UTC."""
    completed: str
    """When its last sample was finished, or what is known of it; re-scoring does not change it."""
    questions: int
    """Planned."""
    epochs: int
    """Planned for each."""
    ids: tuple[str, ...]
    """Of the questions planned, in the order of the data set."""
    metadata: dict[str, Any]
    """Of the run, with later edits."""
    conditions: dict[str, Any]
    """What must agree between two runs that are compared."""

    @property
    def probe_of(self) -> str | None:
        """Of a probe over a log (`clinical_r1.probes`), the id of the run whose responses it asked about."""
        return self.metadata.get("probe_of")

    @property
    def run_id(self) -> str:
        """Of the run that the log tells of."""
        return self.probe_of or self.task_id


def header_of(log: EvalLog) -> Header:
    """Take down what the header of a log says."""
    spec = log.eval
    ids = tuple(map(str, spec.dataset.sample_ids or ()))
    metadata = _plain(log.metadata)
    return Header(
        task=spec.task.replace("\\", "/").rsplit("/", 1)[-1].split("@")[-1],
        task_id=spec.task_id,
        model=spec.model,
        model_args=_plain(spec.model_args),
        status=log.status,
        created=spec.created,
        completed=log.stats.completed_at or spec.created,
        questions=len(ids) or spec.dataset.samples or 0,
        epochs=spec.config.epochs or 1,
        ids=ids,
        metadata=metadata,
        conditions=_conditions(log, metadata),
    )


def _conditions(log: EvalLog, metadata: Mapping[str, Any]) -> dict[str, Any]:
    shuffle = metadata.get("shuffle")
    task, model = (given.model_dump(exclude_none=True) for given in (log.plan.config, log.eval.model_generate_config))
    config = task | model
    sampling = {name: config.get(name) for name in _SAMPLING if name in _ALWAYS or name in config}
    return {
        **{name: metadata.get(name) for name in _METADATA},
        **{name: metadata[name] for name in _WHERE_SAID if name in metadata},
        "shuffle": shuffle.get("seed") if isinstance(shuffle, Mapping) else shuffle,
        "votes": log.eval.config.epochs or 1,
        "task_version": log.eval.task_version,
        **sampling,
    }


def _plain(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What JSON can hold as it is."""
    return {name: value for name, value in (given or {}).items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_is_plain, value.values()))
    return value is None or isinstance(value, str | int | float | bool)
