"""Files that raters send back, told apart by what stands in them: a form's export, a Label Studio export, a sheet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from clinical_r1.study.folder import Folder, problems_of
from clinical_r1.study.protocol import SCHEMA, Answer, AnswersFile

LARGEST = 64 << 20
"""Bytes of a file that is read; a study's own files are far smaller."""

Source = Literal["form", "labelstudio", "sheet"]
CALLED: dict[Source, str] = {"form": "form", "labelstudio": "Label Studio export", "sheet": "sheet"}


class UnusableError(Exception):
    """A file of which nothing can be read; the message says why."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file."""

    where: str
    """`item i003`, `row 5`; empty where it is the file."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True)
class Said:
    """What one rater said about one item, not yet compared with the item."""

    rater: str
    item: str
    answer: Answer
    """With `exported` and `source`."""
    where: str = ""
    """Where it stands in the file, if not under the item's id."""


@dataclass
class Reading:
    """What stands in a file."""

    source: Source
    said: list[Said] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_answer_file(path: Path, folder: Folder) -> Reading:
    """Read a file that a rater sent back.

    Args:
        path: Of the file; its name does not matter.
        folder: The study that it should belong to.

    Raises:
        UnusableError: If nothing in it can be read, or it belongs to another study.
    """
    content = _bytes(path)
    if content.startswith(b"PK"):
        from clinical_r1.study.reading_sheets import from_xlsx

        return from_xlsx(content, _written(path), folder)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableError("an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV")
    text = _text(content)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _from_json(text, folder)
    if start == "<":
        raise UnusableError("a web page and no answers: open it in a browser and export the answers to a file")
    from clinical_r1.study.reading_sheets import from_csv

    return from_csv(text, _written(path), folder)


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise UnusableError(
                f"{size / (1 << 20):,.0f} MB; allowed are {LARGEST >> 20} MB, and answers take far less"
            )
        content = path.read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot be read ({error.strerror or error})") from error
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnusableError("the file is empty")
    return content


def _text(content: bytes) -> str:
    """The text of a file; spreadsheets write it in several ways."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _written(path: Path) -> str:
    """When a file was last written: what a sheet itself does not say."""
    return canonical(datetime.fromtimestamp(int(path.stat().st_mtime), UTC))


def canonical(time: datetime) -> str:
    """A time so that later ones sort behind earlier ones; one without a zone is taken as UTC."""
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def time_of(text: object) -> str:
    """A time in ISO 8601 as `canonical` has it.

    Raises:
        UnusableError: If it is none.
    """
    try:
        return canonical(datetime.fromisoformat(str(text)))
    except (ValueError, OverflowError) as error:
        raise UnusableError(f"exported: {str(text)[:40]!r} is no time (2026-03-01T12:00:00Z is one)") from error


def belongs(study: object, schema: object, folder: Folder) -> str | None:
    """Why something does not belong to a study; None if it does."""
    if str(study) != folder.protocol.study:
        return f"of study {str(study)[:40]}, not of {folder.protocol.study} ({folder.path})"
    if str(schema) != str(SCHEMA):
        return f"schema {str(schema)[:40]}; this version of clinical-r1 reads schema {SCHEMA}"
    return None


# --- JSON -------------------------------------------------------------------------------------------------------------
class _RepeatedError(ValueError):
    pass


def _from_json(text: str, folder: Folder) -> Reading:
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except _RepeatedError as error:
        raise UnusableError(f"{error}: the file was edited") from error
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"not whole JSON ({str(error)[:100]}): the file is cut off or was edited") from error
    if isinstance(content, dict):
        return from_form(content, folder)
    from clinical_r1.study.reading_labelstudio import from_labelstudio

    return from_labelstudio(content, folder)


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        again = next(name for name in names if names.count(name) > 1)
        raise _RepeatedError(f"{again[:40]!r} stands twice in one record")
    return found


def from_form(content: Mapping[str, Any], folder: Folder) -> Reading:
    """What stands in a form's export.

    Args:
        content: The file's.
        folder: The study.

    Raises:
        UnusableError: If it is no export, or of another study.
    """
    if "study" not in content or "items" not in content:
        raise UnusableError('no answers: a form\'s export has "study" and "items"')
    if wrong := belongs(content["study"], content.get("schema"), folder):
        raise UnusableError(wrong)
    reading = Reading("form")
    try:
        file = AnswersFile.model_validate(content)
    except ValidationError as error:
        reading.problems = [_placed(where, what) for where, what in problems_of(error, AnswersFile)]
        return reading
    exported = time_of(file.exported)
    for id, answer in file.items.items():
        time = time_of(answer.exported) if answer.exported else exported
        answer = answer.model_copy(update={"exported": time, "source": answer.source or "form"})
        reading.said.append(Said(file.rater, id, answer))
    return reading


def _placed(where: str, what: str) -> Problem:
    """A problem of the file, or of the item that its place names."""
    first, _, rest = where.partition(".")
    item, _, key = rest.partition(".")
    if first != "items" or not item:
        return Problem("", f"{where}: {what}")
    return Problem(f"item {item}", f"{key}: {what}" if key else what)
