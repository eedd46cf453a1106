"""Files written whole or not at all, errors of disks in one line, and values that `json` can write."""

import csv
import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from clinical_r1.errors import UserError

RECIPE, RECORD = "recipe.yaml", "record.csv"
"""What training leaves in the folder of a run; the recipe is beside the final model, too."""

# Inspect changes into the folder of a task or scorer file while it loads it, but the user typed a relative path where
# the process was started. This module is imported before that where Inspect loads the entry points first; else the
# shell's own note of its folder is left.
_STARTED_IN = (Path(os.curdir).absolute(), Path(os.environ.get("PWD", os.curdir)).absolute())


def as_typed(path: Path | str) -> Path:
    """The path as it is, or where there is nothing, as seen from the folder in which the process was started."""
    path = Path(path).expanduser()
    places = (path, *(folder / path for folder in _STARTED_IN))
    return next((place for place in places if place.exists()), path)


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside a file, which takes the file's name once the block is done.

    Raises:
        UserError: If the file cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    with writable(path):
        yield partial
        partial.replace(path)


@contextmanager
def writable(what: object) -> Iterator[None]:
    """An error of the disk inside as a `UserError` that says what cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{what}: cannot be written ({error.strerror or error})") from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are not there.

    Raises:
        UserError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror or error})") from error


def write_whole(path: Path, text: str) -> Path:
    """Write a text so that a file of this name is always a whole one.

    Returns:
        The path.

    Raises:
        UserError: If the file cannot be written.
    """
    with writing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path


def read_csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file that may still be written to: without a last line that is cut, none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if line.endswith("\n")))


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}
_FULL_TEXTS = ("No space left", "File too large", "Disk quota", "PytorchStreamWriter failed", "unexpected pos")


def disk_error(error: BaseException) -> str | None:
    """The reason, when an exception says that a file could not be written; else None.

    The writers of weights raise exceptions of their own, which only their text tells apart.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return error.strerror
    return next((text for text in _FULL_TEXTS if text in str(error)), None)


def jsonable(value: Any) -> Any:
    """A value that `json` can write: numpy and pandas types as plain ones, null for what is not finite or missing.

    Examples:
        >>> jsonable({"value": float("nan"), "n": 3, "ends": (0.5, float("inf"))})
        {'value': None, 'n': 3, 'ends': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # of pandas, not imported for it
        return None
    return value if isinstance(value, bool | int | str) else str(value)
