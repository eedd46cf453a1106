"""Completions to audit, from `.eval` logs or from files with a row a completion."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clinical_r1.errors import UserError
from clinical_r1.records import BadRecord, read_rows

COLUMNS = ("completion", "target", "options", "question")
"""What a row must have; `id` is the question itself where there is none."""

FILES = (".jsonl", ".parquet")
"""Suffixes of files with a row a completion; anything else is read as logs."""


class Completion(NamedTuple):
    """A completion and the question that it answers."""

    id: str
    """Id of the question."""
    question: str
    """The question without its options."""
    options: tuple[tuple[str, str], ...]
    """Letter and text of each option."""
    target: str
    """Letter of the right option."""
    text: str
    """The model's text."""


def completions_to_audit(paths: Sequence[Path]) -> Iterator[Completion]:
    """Read completions from files and logs, in the order of the paths; samples that failed are left out.

    Args:
        paths: Logs, folders of them, and `.jsonl` or `.parquet` files with the columns `COLUMNS`. A completion is a
            text or a list of chat messages; options are a mapping or its JSON text.

    Raises:
        UserError: If a path is not there or a row cannot be used.
    """
    for path in paths:
        if path.suffix.lower() in FILES:
            yield from map(_from_row, _rows(path))
        else:
            yield from _from_logs(path)


def _from_logs(path: Path) -> Iterator[Completion]:
    from clinical_r1.logs import read_completions as read_logs

    if path.is_file() and path.suffix not in (".eval", ".json"):
        raise UserError(f"{path}: allowed are .eval and .json logs, folders of them, {' and '.join(FILES)} files")
    for logged in read_logs([path]):
        if logged.faulty is None:
            options = tuple(logged.options.items())
            yield Completion(logged.id, logged.question, options, logged.target, logged.completion)


class _Row(NamedTuple):
    where: str
    """File and line, for messages."""
    record: Mapping[str, Any]


def _rows(path: Path) -> Iterator[_Row]:
    for row in read_rows(path):
        if isinstance(row, BadRecord):
            raise UserError(str(row))
        yield _Row(f"{path}:{row.number}", row.record)


def _from_row(row: _Row) -> Completion:
    missing = [name for name in COLUMNS if row.record.get(name) is None]
    if missing:
        raise UserError(f"{row.where}: no {', '.join(missing)}; a row has {', '.join(COLUMNS)}, and id if known")
    question, target = str(row.record["question"]), str(row.record["target"])
    options = _options(row)
    if target not in dict(options):
        raise UserError(f"{row.where}: target {target} is no option; allowed: {', '.join(dict(options))}")
    id = row.record.get("id")
    return Completion(question if id is None else str(id), question, options, target, _text(row))


def _options(row: _Row) -> tuple[tuple[str, str], ...]:
    options = row.record["options"]
    if isinstance(options, str):
        try:
            options = json.loads(options)
        except ValueError as error:
            raise UserError(f"{row.where}: options: not JSON: {error}") from error
    if not isinstance(options, Mapping):
        raise UserError(f"{row.where}: options: allowed is a mapping of letters to texts, or its JSON text")
    # A parquet column of mappings has every letter that any row has.
    return tuple((str(letter), str(text)) for letter, text in options.items() if text is not None)


def _text(row: _Row) -> str:
    completion = row.record["completion"]
    if isinstance(completion, str):
        return completion
    try:
        return str(completion[-1]["content"])
    except (LookupError, TypeError) as error:
        raise UserError(f"{row.where}: completion: allowed is a text, or a list of chat messages") from error
