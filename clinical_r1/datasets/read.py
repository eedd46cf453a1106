"""Rows of a local file, the bundled vignettes, a dataset folder or a repository on the hub, one at a time.

A row that cannot be read does not take the others with it: it comes out as a `BadRecord` in its place. Only what makes
the whole file unreadable (missing, broken parquet) is a `UserError`. Text is UTF-8, UTF-16 with its mark, or cp1252
where no line shows that it is UTF-8; the cells of a `.csv` are parted by commas, semicolons, tabs or bars.

Row numbers are what a user finds in the file: the line for `.jsonl` and `.csv` (where a record starts; the header of a
`.csv` is line 1), the position counted from 1 for a `.json` list and for `.parquet`.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from clinical_r1.errors import UserError
from clinical_r1.files import as_typed


# --- rows of a file ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """One record as it stands in its source."""

    number: int
    """Line or position, from 1, see the module's text."""
    record: dict[str, Any]
    """Field name to value."""


@dataclass(frozen=True)
class BadRecord:
    """One record that cannot be used, and why."""

    row: int | None
    """Line or position, from 1; None where the source as a whole is meant."""
    reason: str
    """What is wrong and what is allowed, in one line."""
    source: str
    """Path or hub id."""

    def __str__(self) -> str:
        return f"{self.source}:{self.row}: {self.reason}" if self.row else f"{self.source}: {self.reason}"


def read_rows(path: Path, source: str | None = None) -> Iterator[Row | BadRecord]:
    """Read a data file row by row.

    Args:
        path: A `.jsonl`, `.json`, `.csv`, `.tsv` or `.parquet` file (suffix in any case). A `.json` file may hold a
            list of records, one object with such a list in it, or one record per line, as MedMCQA's own files do.
        source: How messages name the file; the path by default.

    Raises:
        UserError: If the file is missing, of another type or unreadable as a whole.
    """
    source = source or str(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{source}: unknown file type {path.suffix or '(no suffix)'}: allowed are {', '.join(READERS)}")
    if not path.is_file():
        raise UserError(f"{source}: no such file")
    try:
        yield from reader(path, source)
    except OSError as error:
        raise UserError(f"{source}: cannot be read: {error.strerror or error}") from error


def _read_bytes(path: Path, source: str) -> bytes:
    """The bytes of a text file in UTF-8, whatever it was saved in; lines that cannot be told stay as they are."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16").encode()
    except UnicodeError as error:
        raise UserError(f"{source}: begins as UTF-16, but is none: {error}: save it as UTF-8") from error
    beyond_ascii = [line for line in data.split(b"\n") if not line.isascii()]
    if beyond_ascii and not any(_is_in(line, "utf-8") for line in beyond_ascii) and _is_in(data, "cp1252"):
        return data.decode("cp1252").encode()
    return data


def _is_in(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


def _jsonl_rows(path: Path, source: str) -> Iterator[Row | BadRecord]:
    # Split at line feeds only: U+2028 and the like are legal inside JSON strings.
    for number, line in enumerate(_read_bytes(path, source).split(b"\n"), start=1):
        if b"\0" in line:
            yield BadRecord(number, "NUL bytes in the line (is the file UTF-16? save it as UTF-8)", source)
        elif line.strip():
            try:
                yield _checked(json.loads(line.decode("utf-8")), number, source)
            except UnicodeDecodeError as error:
                byte = f"byte 0x{line[error.start]:02x} at position {error.start + 1}"
                yield BadRecord(number, f"not UTF-8: {byte}", source)
            except (ValueError, RecursionError) as error:
                yield BadRecord(number, f"not JSON: {error}", source)


def _checked(record: object, number: int, source: str) -> Row | BadRecord:
    if isinstance(record, dict):
        return Row(number, record)
    return BadRecord(number, f"a record must be an object, this is a {type(record).__name__}", source)


def _json_rows(path: Path, source: str) -> Iterator[Row | BadRecord]:
    data = _read_bytes(path, source)
    try:
        whole = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if data.lstrip()[:1] != b"{":
            raise UserError(f"{source}: not a JSON list of records in UTF-8: {error}") from error
        yield from _jsonl_rows(path, source)
        return
    for number, record in enumerate(_records_in(whole, source), start=1):
        yield _checked(record, number, source)


def _records_in(whole: object, source: str) -> list[Any]:
    """The list of records in a JSON document: itself, the only list of objects in it, or the document as one record."""
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        lists = [value for key, value in whole.items() if isinstance(value, list) and key not in _OPTIONS]
        lists = [value for value in lists if value and all(isinstance(item, dict) for item in value)]
        return lists[0] if len(lists) == 1 and "question" not in whole else [whole]
    raise UserError(f"{source}: a JSON file must hold a list of records, this holds a {type(whole).__name__}")


def _csv_rows(path: Path, source: str) -> Iterator[Row | BadRecord]:
    # Undecodable bytes become lone surrogates, so that only the rows that hold them are lost.
    text = _read_bytes(path, source).decode("utf-8", errors="surrogateescape")
    delimiter = delimiter_of(text)
    text = re.sub(r"\Asep=.(?=\r?\n)", "", text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRecord(start, f"not CSV: {error}", source)
            continue
        if cells is None:
            return
        if header is None and cells:
            header = [name.strip() for name in cells]
            while header and not header[-1]:  # spreadsheets write out columns that were once in use
                header.pop()
            if len(set(header)) < len(header):
                raise UserError(f"{source}:{start}: a column name stands twice in the header")
        elif header is not None and cells:
            yield _csv_row(header, cells, start, source)


def delimiter_of(text: str) -> str:
    """What parts the cells of a CSV text: what its line `sep=;` says, else what parts its first two rows alike.

    Examples:
        >>> delimiter_of("question;A, if any;answer")
        ';'
    """

    def fits(delimiter: str) -> tuple[bool, int]:
        """Whether it parts the first two rows into as many cells, and into how many the first."""
        rows = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter, strict=True)
        header = 0
        try:
            header = len(next(rows, []))
            return header == len(next(rows, [])) > 1, header
        except csv.Error:
            return False, header

    stated = re.match(r"sep=(.)\r?\n", text)
    return stated[1] if stated else max(",;\t|", key=fits)


def _csv_row(header: list[str], cells: list[str], number: int, source: str) -> Row | BadRecord:
    joined = "".join(cells)
    if "\0" in joined:
        return BadRecord(number, "NUL bytes in the row (is the file UTF-16? save it as UTF-8)", source)
    if not joined.isascii() and any("\udc80" <= character <= "\udcff" for character in joined):
        return BadRecord(number, "not UTF-8", source)
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        return BadRecord(number, f"{len(cells)} cells where the header has {len(header)}", source)
    return Row(number, {name: cell if cell.strip() else None for name, cell in zip(header, cells, strict=False)})


def _parquet_rows(path: Path, source: str) -> Iterator[Row | BadRecord]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            records = [record for batch in file.iter_batches() for record in batch.to_pylist()]
    except pyarrow.ArrowException as error:
        raise UserError(f"{source}: not a readable parquet file: {str(error).splitlines()[0]}") from error
    for number, record in enumerate(records, start=1):
        yield Row(number, record)


_OPTIONS = ("options", "answers", "choices")

READERS: dict[str, Callable[[Path, str], Iterator[Row | BadRecord]]] = {
    ".jsonl": _jsonl_rows,
    ".json": _json_rows,
    ".csv": _csv_rows,
    ".parquet": _parquet_rows,
    ".tsv": _csv_rows,
}
"""File suffix to the function that reads such a file: the file types that can be loaded."""


# --- files, vignettes, hub sets ---------------------------------------------------------------------------------------
VIGNETTES = "vignettes"
"""The word that stands for the questions bundled with the package."""

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_FILE_SUFFIX = re.compile(
    r"\.(?:jsonl?|ndjson|csv|tsv|parquet|arrow|txt|xlsx?|zip|gz|zst|bz2|pkl|ya?ml)$", re.IGNORECASE
)


@dataclass(frozen=True)
class HubEdition:
    """One edition of a benchmark on the hub."""

    id: str
    """Repository, `owner/name`."""
    config: str | None
    """Configuration; None for the repository's default."""
    split: str
    """Split with the questions to evaluate on."""
    revision: str | None
    """Commit; None for the newest."""


@dataclass(frozen=True)
class Source:
    """Rows and where they came from."""

    name: str
    """Path or hub id, as messages and logs show it."""
    rows: list[Row | BadRecord]
    """Every row, the unreadable ones in their places."""
    split: str | None = None
    """Split; None for a file."""
    revision: str | None = None
    """Commit on the hub; None for what is local, and for the newest."""
    sha256: str | None = None
    """Digest of a file's bytes; None for the hub."""
    is_hub_layout: bool = False
    """Whether the rows are known to be in the benchmark's own hub layout."""

    @property
    def readable(self) -> list[Row]:
        """The rows that could be read."""
        return [row for row in self.rows if isinstance(row, Row)]


def has_splits(dataset: str | None) -> bool:
    """Whether a dataset is a folder or repository; files and the vignettes have no splits to choose from."""
    if dataset is None:
        return True
    path = Path(dataset).expanduser()
    return dataset != VIGNETTES and not path.is_file() and (path.is_dir() or not _FILE_SUFFIX.search(dataset))


def open_source(
    dataset: str | None, default: HubEdition, bundled: str, *, split: str | None = None, revision: str | None = None
) -> Source:
    """Read all rows of a dataset.

    Args:
        dataset: None or the default's id for the default hub edition at its pinned revision; `vignettes`; a file
            (`.jsonl`, `.json`, `.csv`, `.tsv`, `.parquet`); a folder laid out like a hub repository; or another hub id.
        default: The benchmark's hub edition. Its split is the one taken from any folder or repository.
        bundled: Name of the bundled file, such as `medqa.jsonl`.
        split: Another split of a folder or repository.
        revision: Another revision of a repository.

    Raises:
        UserError: If there is no such dataset, it cannot be read, or it has no splits or revisions to choose from.
    """
    if dataset is None or dataset == default.id:
        edition = HubEdition(default.id, default.config, split or default.split, revision or default.revision)
        return _hub_source(edition, is_hub_layout=True)
    if dataset == VIGNETTES:
        _refuse(dataset, split=split, revision=revision)
        with resources.as_file(resources.files("clinical_r1.vignettes") / bundled) as path:
            return _file_source(path, f"clinical_r1/vignettes/{bundled}", is_hub_layout=True)
    path = as_typed(dataset)
    if path.is_dir():
        _refuse(dataset, revision=revision)
        return _hub_source(HubEdition(str(path), None, split or default.split, None))
    if path.exists() or _FILE_SUFFIX.search(dataset) or not _HUB_ID.fullmatch(dataset):
        if not path.exists():
            allowed = f"a {', '.join(READERS)} file, a dataset folder, a hub id owner/name, or {VIGNETTES}"
            raise UserError(f"dataset={dataset}: no such file (allowed are {allowed})")
        _refuse(dataset, split=split, revision=revision)
        return _file_source(path, dataset)
    return _hub_source(HubEdition(dataset, None, split or default.split, revision))


def _refuse(dataset: str, **given: str | None) -> None:
    for name, value in given.items():
        if value is not None:
            raise UserError(f"{name}={value}: {dataset} is local and has no {name} to choose: leave {name} out")


def _file_source(path: Path, name: str, *, is_hub_layout: bool = False) -> Source:
    rows = list(read_rows(path, name))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(name, rows, sha256=digest, is_hub_layout=is_hub_layout)


def _hub_source(edition: HubEdition, *, is_hub_layout: bool = False) -> Source:
    import httpx
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    try:
        dataset = load_dataset(edition.id, edition.config, split=edition.split, revision=edition.revision)
    # What the hub's client raises: its own errors, network errors, unknown splits and configurations, defunct scripts.
    except (DatasetsError, httpx.HTTPError, OSError, ValueError, RuntimeError) as error:
        cause = error.__cause__ or error  # "An error occurred" is wrapped around the one that says what
        what = " ".join(f"{type(cause).__name__} {cause}".split())
        at = f", revision {edition.revision}" if edition.revision else ""
        raise UserError(
            f"dataset={edition.id}: split {edition.split}{at} could not be loaded ({what[:300]}); "
            f"a local file works too: dataset=PATH with {', '.join(READERS)}"
        ) from error
    rows: list[Row | BadRecord] = [Row(number, dict(record)) for number, record in enumerate(dataset, start=1)]
    return Source(edition.id, rows, edition.split, edition.revision, is_hub_layout=is_hub_layout)
