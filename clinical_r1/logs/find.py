"""Which logs a list of paths stands for, and what their headers say."""

import re
from collections.abc import Sequence
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
        if about.type != "directory":
            if not path.endswith(SUFFIXES):
                raise UserError(f"{path}: not a log; allowed are .eval files, .json logs and folders with them")
            return [(_resolved(about.name), _log_file(about, path, named=True))]
        inside = files_below(path)
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file or folder") from error
    except file_system_errors() as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error
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
