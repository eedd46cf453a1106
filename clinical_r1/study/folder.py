"""The folder of a study: its files, read and validated; and the records into which any answer file is read."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from clinical_r1.errors import UserError, nearest
from clinical_r1.study.protocol import (
    SCHEMA,
    AdjudicationFile,
    Answer,
    AnswersFile,
    ItemsFile,
    KeyFile,
    Protocol,
    StudyItem,
)

PROTOCOL, ITEMS, KEY, ANSWERS = "protocol.json", "items.json", "key.json", "answers"
ADJUDICATION, ADJUDICATED = "adjudication.json", "adjudicated.json"
ADJUDICATOR = "adjudicator"
"""Whose answers stand above those of the raters, under this name in a form."""

File = TypeVar("File", bound=BaseModel)
_NAMED = 20
"""Open items that are named one by one."""
_HALF_A_PAIR = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Folder:
    """A study on disk."""

    path: Path
    protocol: Protocol
    items: dict[str, StudyItem]
    """By id."""
    key: KeyFile
    answers: dict[str, AnswersFile] = field(default_factory=dict)
    """Of the raters whose answers were imported."""
    adjudication: AdjudicationFile | None = None
    """Items given to the adjudicator, if there is one."""
    adjudicated: AnswersFile | None = None
    """The adjudicator's answers, if any were imported."""

    def order(self, rater: str) -> list[str]:
        """Items given to a rater, or to the adjudicator."""
        given = self.protocol.orders
        return self.adjudication.items if rater == ADJUDICATOR and self.adjudication else given[rater]


def read_folder(path: Path) -> Folder:
    """Read a study.

    Raises:
        UserError: If a file is missing, cannot be read, or is of another study.
    """
    path = path.expanduser()
    if not (path / PROTOCOL).is_file():
        raise UserError(f"{path}: no study there, as it has no {PROTOCOL} (clinical-r1 study new makes one)")
    protocol = read_file(path / PROTOCOL, Protocol)
    items = read_file(path / ITEMS, ItemsFile)
    key = read_file(path / KEY, KeyFile)
    for name, study in ((ITEMS, items.study), (KEY, key.study)):
        if study != protocol.study:
            raise UserError(f"{path / name}: of study {study}, but {PROTOCOL} is of study {protocol.study}")
    known = {item.id: item for item in items.items}
    if odd := sorted(known.keys() ^ key.items.keys()):
        raise UserError(f"{path / KEY}: item {odd[0]} is not in both this file and {ITEMS}")
    answers = {}
    for rater in protocol.raters:
        if (file := path / ANSWERS / f"{rater}.json").is_file():
            answers[rater] = read_file(file, AnswersFile)
            if answers[rater].study != protocol.study:
                raise UserError(f"{file}: of study {answers[rater].study}, not {protocol.study}")
            if odd := sorted(answers[rater].items.keys() - known.keys()):
                raise UserError(f"{file}: item {odd[0]} is not in this study")
    adjudication = _layer(path / ADJUDICATION, AdjudicationFile, protocol, known)
    adjudicated = _layer(path / ADJUDICATED, AnswersFile, protocol, known)
    return Folder(path, protocol, known, key, answers, adjudication, adjudicated)


Layer = TypeVar("Layer", AdjudicationFile, AnswersFile)


def _layer(path: Path, kind: type[Layer], protocol: Protocol, items: Collection[str]) -> Layer | None:
    """A file that is there only after adjudication; None if it is not."""
    if not path.is_file():
        return None
    found = read_file(path, kind)
    if found.study != protocol.study:
        raise UserError(f"{path}: of study {found.study}, not {protocol.study}")
    if odd := sorted(set(found.items) - set(items)):
        raise UserError(f"{path}: item {odd[0]} is not in this study")
    return found


def still_open(order: Sequence[str], answers: Mapping[str, Answer]) -> str:
    """Which of a rater's items have no finished answer, in words; nothing if all have one."""
    if not answers:
        return f"no answers yet, all {len(order)} items are open"
    left = [id for id in order if id not in answers or answers[id].status == "open"]
    named = ", ".join(left[:_NAMED]) + (f" and {len(left) - _NAMED} more" if len(left) > _NAMED else "")
    return f"{len(left)} of {len(order)} items are still open ({named})" if left else ""


def read_file(path: Path, kind: type[File]) -> File:
    """Read one file.

    Raises:
        UserError: If it cannot be read or does not hold what it should.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({error})") from error
    if isinstance(content, Mapping) and content.get("schema") != SCHEMA:
        raise UserError(f"{path}: schema {content.get('schema')}; this version of clinical-r1 reads schema {SCHEMA}")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        where, what = problems_of(error, kind)[0]
        raise UserError(f"{path}: {where}: {what}") from error


def problems_of(error: ValidationError, kind: type[BaseModel]) -> list[tuple[str, str]]:
    """All that is wrong with a record: the place, as keys with dots between, and what is wrong there."""
    schema = kind.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]  # of the record, and of the records in it
    names = list(dict.fromkeys(name for part in parts for name in part.get("properties", {})))
    found = []
    for one in error.errors(include_url=False):
        where = ".".join(map(str, one["loc"])) or "the file"
        what = str(one["msg"])
        if one["type"] == "extra_forbidden":
            what = f"no such key{nearest(str(one['loc'][-1]), names)}"
        elif one["type"] == "missing":
            what = "is missing"
        elif isinstance(given := one.get("input"), str | int | float):
            text = repr(given)
            what += f", not {text if len(text) <= 60 else f'{text[:57]}…'}"
        found.append((where, what))
    return found


def dump(record: BaseModel) -> str:
    """A record as the text of its file: the same record gives the same bytes, and any text can be written."""
    text = json.dumps(record.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1)
    return _HALF_A_PAIR.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


# --- what stands in a file that comes back ----------------------------------------------------------------------------
LARGEST = 64 << 20
"""Bytes of a file that is read; a study's own files are far smaller."""

Source = Literal["form", "labelstudio", "sheet"]


class UnusableError(Exception):
    """A file of which nothing can be read; the message says why."""


class Problem(NamedTuple):
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
