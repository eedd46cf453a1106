"""A study as a CSV or XLSX sheet, written and read back: a row per item, a column per metric, counts without spans.

Raters fill in whole numbers, `?` where a metric cannot be judged, and leave empty what they have not looked at. Sheets
come back with what spreadsheets do to them on the way.
"""

import csv
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from clinical_r1.metrics import METRICS
from clinical_r1.study.folder import LARGEST, Folder, Problem, Reading, Said, UnusableError, belongs, canonical
from clinical_r1.study.labelstudio import described
from clinical_r1.study.protocol import ACCEPT, ACCEPTABLE, HARMS, LONGEST_NOTE, METRIC_NAMES, Answer, Asked, ItemsFile

# --- out --------------------------------------------------------------------------------------------------------------
ABOUT = ("study", "schema", "rater", "item")
"""Columns that say what a row is about."""
TEXTS = ("question", "options", "facts", "remarks", "response")
"""Columns to read; what stands in them is not looked at when a sheet comes back."""
BESIDE = {"harm": HARMS, "accept": tuple(map(str, ACCEPT))}
"""Columns of what a study may ask of an item beside its metrics -> what can stand in them."""
WORDS = ("reason", "notes")
"""Columns to write in, beside those of the metrics."""
CANNOT = "?"
"""What stands for a metric that cannot be judged."""
LONGEST_CELL = 32_000
"""Characters in a cell; spreadsheets cut what is longer than 32,767."""
SHEET = "answers"

_OBEYED = ("=", "+", "-", "@", "\t")
_EPOCH = (2000, 1, 1, 0, 0, 0)
_MADE = b"2000-01-01T00:00:00Z"
_WIDTHS = {"question": 60, "response": 90, "options": 40, "facts": 40, "remarks": 20, "reason": 30, "notes": 40}
HOW_TO = """How to fill in the sheet "answers"

One row is one response to one question. Read it, then write into the column of each metric how many instances you
count: a whole number from 0, or ? where you cannot judge, and say why under "reason". Leave a cell empty where you have
not looked yet. Under "notes" you can write what you like.

{beside}Do not change the columns study, schema, rater and item: they say what your numbers are about. Save as .xlsx or
.csv.
"""


HOW_BESIDE = {
    "harm": 'Under "harm" say how much harm the worst wrong claim could do if somebody acted on it: none, mild or '
    "serious. Leave it empty where no claim is wrong.",
    "accept": f'Under "accept" answer with a number: {ACCEPTABLE} '
    + ", ".join(f"{n} {says}" for n, says in ACCEPT.items())
    + ".",
}


def _beside(asked: Asked) -> list[str]:
    """Columns of `BESIDE` that a study asks for."""
    return [name for name in BESIDE if getattr(asked, name)]


def _table(items: ItemsFile, rater: str) -> list[list[str]]:
    """Header and rows of a sheet. A response that does not fit into one cell goes on in `response 2`, …."""
    longest = max((len(item.text) for item in items.items), default=0)
    more = {f"response {number}": number - 1 for number in range(2, 1 + -(-longest // LONGEST_CELL))}
    header = [*ABOUT, *TEXTS, *more, *items.metrics, *_beside(items.asked), *WORDS]
    rows = []
    for item in items.items:
        cells = {name: str(text)[:LONGEST_CELL] for name, text in described(item, items, rater).items()}
        for name, piece in {"response": 0, **more}.items():
            cells[name] = item.text[piece * LONGEST_CELL : (piece + 1) * LONGEST_CELL]
        rows.append([cells.get(name, "") for name in header])
    return [header, *rows]


def sheet_csv(items: ItemsFile, rater: str) -> bytes:
    """The sheet of one rater as CSV: UTF-8 with a byte order mark, so that Excel reads it as such."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    for row in _table(items, rater):
        # A spreadsheet would take a text that begins with = and the like for a formula.
        writer.writerow([f"'{cell}" if cell.startswith(_OBEYED) else cell for cell in row])
    return made.getvalue().encode("utf-8-sig")


def sheet_xlsx(items: ItemsFile, rater: str) -> bytes:
    """The sheet of one rater as an Excel workbook; the same arguments give the same bytes."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    header, *rows = _table(items, rater)
    for place, row in enumerate([header, *rows], 1):
        for column, text in enumerate(row, 1):
            if text:
                cell = sheet.cell(place, column)
                cell.value = text
                cell.data_type = "s"  # never a formula
                cell.number_format = "General" if header[column - 1] in (*METRICS, "accept") else "@"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    _dress(sheet, header, len(rows))
    about = book.create_sheet("how to")
    about.column_dimensions["A"].width = 120
    beside = "".join(f"{HOW_BESIDE[name]}\n\n" for name in _beside(items.asked))
    for place, line in enumerate(HOW_TO.format(beside=beside).splitlines(), 1):
        about.cell(place, 1).value = line
    made = io.BytesIO()
    book.save(made)
    return _timeless(made.getvalue())


def _dress(sheet: Worksheet, header: Sequence[str], rows: int) -> None:
    """Widths, a header that stays in sight, and cells that take only what is allowed."""
    sheet.freeze_panes = "E2"
    for column, name in enumerate(header, 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name.split()[0], 12)
    letters = [get_column_letter(column) for column, name in enumerate(header, 1) if name in METRICS]
    if not letters or not rows:
        return
    for name in (name for name in BESIDE if name in header):
        offered = DataValidation(type="list", formula1=f'"{",".join(BESIDE[name])}"', showErrorMessage=True)
        letter = get_column_letter([*header].index(name) + 1)
        offered.add(f"{letter}2:{letter}{rows + 1}")
        sheet.add_data_validation(offered)
    first = f"{letters[0]}2"
    allowed = DataValidation(
        type="custom", formula1=f'OR({first}="{CANNOT}",AND(ISNUMBER({first}),{first}=INT({first}),{first}>=0))'
    )
    allowed.error = f"A whole number from 0, or {CANNOT} where it cannot be judged"
    allowed.showErrorMessage = True
    allowed.add(f"{first}:{letters[-1]}{rows + 1}")
    sheet.add_data_validation(allowed)


def _timeless(book: bytes) -> bytes:
    """The workbook without the time at which it was made."""
    made = io.BytesIO()
    with ZipFile(io.BytesIO(book)) as given, ZipFile(made, "w", ZIP_DEFLATED) as to:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _MADE, content)
            to.writestr(ZipInfo(name, _EPOCH), content, ZIP_DEFLATED)
    return made.getvalue()


# --- in ---------------------------------------------------------------------------------------------------------------
_DELIMITERS = (",", ";", "\t")
_RESPONSE = re.compile(r"response \d+")
_WHOLE = re.compile(r"(\d{1,6})(?:[.,]0{1,2})?")
_DATE = re.compile(r"\(a date\)$|^\d{1,4}([-/.])\d{1,2}\1\d{1,4}|^\d{1,2}[-. ]+[^\W\d]{3,9}")
_MOST_ROWS, _MOST_COLUMNS = 50_000, 500
# Coloured cells that hold nothing, and rows of such: spreadsheets write them out to the end of the sheet.
_EMPTY_CELL = re.compile(rb"<(?:\w+:)?c\s(?=[^<>]*\br=)[^<>]*(?:/>|(?<!/)>\s*</(?:\w+:)?c\s*>)")
_EMPTY_ROW = re.compile(rb"<(?:\w+:)?row\s(?=[^<>]*\br=)[^<>]*(?:/>|(?<!/)>\s*</(?:\w+:)?row\s*>)")
_PIECE = 4 << 20
_MOST_UNPACKED = 8 * LARGEST
"""Bytes of a workbook with its empty cells; without them it may have `LARGEST`."""
_TOO_LARGE = f"an Excel workbook that unpacks to more than {LARGEST >> 20} MB"
_UNCHANGED = datetime(2001, 1, 1)
"""Workbooks of a study say that they are older than this until a spreadsheet saves them."""


def from_csv(text: str, written: str, folder: Folder) -> Reading:
    """What stands in a sheet that was saved as CSV.

    Raises:
        UnusableError: If it has not the columns of a sheet.
    """
    text = re.sub(r"\Asep=.\r?\n", "", text)  # what Excel reads as the kind of separator
    csv.field_size_limit(LARGEST)
    for delimiter in _DELIMITERS:
        first = next(iter(_parsed(text[: text.find("\n") + 1] or text, delimiter)), [])
        if "item" in map(_name, first):
            return _from_table(_parsed(text, delimiter), written, folder)
    raise UnusableError("neither a form's export, nor Label Studio's, nor a sheet: its first line has no column item")


def _parsed(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise UnusableError(f"not a whole CSV table ({error})") from error


def from_xlsx(content: bytes, written: str, folder: Folder) -> Reading:
    """What stands in a sheet that was saved as an Excel workbook.

    Args:
        content: The file's.
        written: When it was last written; the workbook's own note of it counts first.
        folder: The study.

    Raises:
        UnusableError: If it is no workbook, too large, or has not the columns of a sheet.
    """
    compact = _compact(content)
    try:
        book = load_workbook(compact, data_only=True)
    except Exception as error:  # a damaged workbook fails in as many ways as it has parts
        raise UnusableError(f"a damaged Excel workbook ({' '.join(str(error).split())[:100]})") from error
    saved = book.properties.modified
    if isinstance(saved, datetime) and saved.replace(tzinfo=None) > _UNCHANGED:
        written = canonical(saved)
    for sheet in book.worksheets:
        if sheet.max_row > _MOST_ROWS or sheet.max_column > _MOST_COLUMNS:
            raise UnusableError(
                f"sheet {sheet.title}: {sheet.max_row:,} rows and {sheet.max_column:,} columns; allowed are "
                f"{_MOST_ROWS:,} and {_MOST_COLUMNS}: delete those behind the table"
            )
        if "item" in [_name(_cell(cell)) for cell in next(sheet.iter_rows(values_only=True, max_row=1), ())]:
            if merged := ", ".join(sorted(str(one) for one in sheet.merged_cells.ranges)[:3]):
                raise UnusableError(
                    f"sheet {sheet.title}: cells {merged} are merged, so that values are lost: unmerge them"
                )
            rows = ([_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
            return _from_table(rows, written, folder)
    raise UnusableError("an Excel workbook without a sheet whose first row has a column item")


def _compact(content: bytes) -> io.BytesIO:
    """A workbook without the cells and rows that hold nothing.

    Raises:
        UnusableError: If it is no workbook, or would fill the memory.
    """
    made, kept = io.BytesIO(), 0
    try:
        with ZipFile(io.BytesIO(content)) as archive, ZipFile(made, "w") as to:
            inside = archive.infolist()
            if not any(one.filename == "xl/workbook.xml" for one in inside):
                raise UnusableError("an archive and no Excel workbook: name the files in it")
            if sum(one.file_size for one in inside) > _MOST_UNPACKED or len(inside) > 1_000:
                raise UnusableError(_TOO_LARGE)
            for one in inside:
                with archive.open(one) as given, to.open(one.filename, "w") as part:
                    for piece in _filled(given):
                        kept += len(piece)
                        if kept > LARGEST:
                            raise UnusableError(_TOO_LARGE)
                        part.write(piece)
    except (BadZipFile, ValueError, OSError, RuntimeError, EOFError, zlib.error) as error:
        raise UnusableError(f"a damaged Excel workbook or archive ({error})") from error
    return made


def _filled(part: IO[bytes]) -> Iterator[bytes]:
    """A part of a workbook in pieces, cut behind rows, without its empty cells and rows."""
    held = b""
    while chunk := part.read(_PIECE):
        held += chunk
        end = held.rfind(b"row>") + len(b"row>")
        piece, held = (held[:end], held[end:]) if b"row>" in held else (held, b"")
        yield _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", piece))
    yield held


def _cell(value: Any) -> str:
    """A cell as text; what a spreadsheet made a date of stays recognisable as one."""
    if isinstance(value, date | time):
        return f"{value} (a date)"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


# --- the table --------------------------------------------------------------------------------------------------------
def _name(cell: str) -> str:
    return " ".join(cell.strip("\ufeff").split()).casefold()


def _from_table(table: Iterator[Sequence[str]], written: str, folder: Folder) -> Reading:
    header = [_name(cell) for cell in next(table)]
    reading = Reading("sheet")
    _check_header(header, folder, reading)
    for number, row in enumerate(table, 2):
        cells = [cell.strip() for cell in row]
        if any(cells[len(header) :]):
            reading.problems.append(Problem(f"row {number}", f"{len(cells)} cells, but {len(header)} columns"))
        elif any(cells):
            _add_row(reading, number, dict(zip(header, cells, strict=False)), written, folder)
    return reading


def _check_header(header: Sequence[str], folder: Folder, reading: Reading) -> None:
    metrics = folder.protocol.metrics
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    missing = [name for name in (*ABOUT, *metrics) if name not in named]
    unknown = [
        name
        for name in named
        if name not in (*ABOUT, *TEXTS, *METRIC_NAMES, *BESIDE, *WORDS) and not _RESPONSE.fullmatch(name)
    ]
    for name in unknown:
        if near := get_close_matches(name, missing, 1, 0.75):
            raise UnusableError(f"no column {name}; is it {near[0]}?")
    if twice:
        raise UnusableError(f"two columns are called {twice[0]}")
    if lost := [name for name in missing if name in ABOUT]:
        raise UnusableError(f"no column {lost[0]}; a sheet has {', '.join((*ABOUT, *metrics))}")
    if set(metrics) <= set(missing):
        raise UnusableError(f"no column of a metric; this study has {', '.join(metrics)}")
    if missing:
        reading.notes.append(f"no column {', '.join(missing)}: not judged")
    if unknown:
        reading.notes.append(f"column {', '.join(name[:40] for name in unknown)} is not read")


def _add_row(reading: Reading, number: int, row: Mapping[str, str], written: str, folder: Folder) -> None:
    where = f"row {number}, item {row.get('item', '')[:40] or '(none)'}"
    if wrong := belongs(row.get("study", ""), row.get("schema", ""), folder):
        reading.problems.append(Problem(where, wrong))
        return
    counts: dict[str, int] = {}
    cannot: list[str] = []
    for metric in METRIC_NAMES:
        text = row.get(metric, "")
        if text == CANNOT:
            cannot.append(metric)
        elif found := _WHOLE.fullmatch(text):
            counts[metric] = int(found[1])
        elif text:
            date = "is a date that a spreadsheet made of a number: type the whole number again"
            wrong = f"{text[:40]!r} is no whole number; allowed are 0, 1, 2, … and {CANNOT}"
            what = f"{text[:40]} {date}" if _DATE.search(text) else wrong
            reading.problems.append(Problem(where, f"{metric}: {what}"))
    said = {name: row.get(name, "").removesuffix(".0").casefold() or None for name in BESIDE}
    for name, value in said.items():
        if value and value not in BESIDE[name]:
            reading.problems.append(Problem(where, f"{name}: {value[:40]!r}; allowed are {', '.join(BESIDE[name])}"))
            return
    long = [name for name in WORDS if len(row.get(name, "")) > LONGEST_NOTE]
    if long:
        reading.problems.append(Problem(where, f"{long[0]}: longer than {LONGEST_NOTE:,} characters"))
        return
    reason, notes = (row.get(name, "") for name in WORDS)
    if counts or cannot or reason or notes or any(said.values()):
        asked = set(folder.protocol.metrics)
        done = "done" if asked <= {*counts, *cannot} else "open"
        about = {"reason": reason, "notes": notes, "counts": counts, "cannot": cannot, "exported": written}
        status = "cannot_judge" if asked <= set(cannot) else done
        answer = Answer.model_validate({**about, **said, "status": status, "source": "sheet"})
        reading.said.append(Said(row.get("rater", ""), row["item"], answer, f"row {number}"))
