"""A study as a table, for teams with tools of their own: a row an item, a column a metric, numbers and no places.

Raters fill in whole numbers, `?` where a metric cannot be judged, and leave empty what they have not looked at.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from clinical_r1.metrics import METRICS
from clinical_r1.study.labelstudio import facts_text, options_text, remarks
from clinical_r1.study.protocol import ItemsFile, StudyItem

ABOUT = ("study", "schema", "rater", "item")
"""Columns that say what a row is about."""
TEXTS = ("question", "options", "facts", "remarks", "response")
"""Columns to read; what stands in them is not looked at when a sheet comes back."""
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

Do not change the columns study, schema, rater and item: they say what your numbers are about. Save as .xlsx or .csv.
"""


def columns(items: ItemsFile) -> tuple[str, ...]:
    """The header of a study's sheets. A response that does not fit into one cell goes on in `response 2`, ….

    Args:
        items: Those of the study.
    """
    longest = max((len(item.text) for item in items.items), default=0)
    more = [f"response {number}" for number in range(2, 1 + -(-longest // LONGEST_CELL))]
    return (*ABOUT, *TEXTS, *more, *items.metrics, *WORDS)


def _rows(items: ItemsFile, rater: str, order: Sequence[str]) -> Iterator[list[str]]:
    header = columns(items)
    known = {item.id: item for item in items.items}
    for id in order:
        cells = _cells(known[id], items, rater)
        yield [cells.get(name, "") for name in header]


def _cells(item: StudyItem, items: ItemsFile, rater: str) -> dict[str, str]:
    pieces = [item.text[start : start + LONGEST_CELL] for start in range(0, len(item.text), LONGEST_CELL)]
    responses = {f"response {number}" if number > 1 else "response": text for number, text in enumerate(pieces, 1)}
    return {
        "study": items.study,
        "schema": str(items.schema_version),
        "rater": rater,
        "item": item.id,
        "question": item.question[:LONGEST_CELL],
        "options": options_text(item)[:LONGEST_CELL],
        "facts": facts_text(item)[:LONGEST_CELL],
        "remarks": remarks(item),
        **responses,
    }


def sheet_csv(items: ItemsFile, rater: str, order: Sequence[str]) -> bytes:
    """One rater's sheet as CSV: UTF-8 with a byte order mark, so that Excel reads it as such.

    Args:
        items: Those of the study.
        rater: Whose sheet.
        order: Ids of this rater's items.
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(columns(items))
    for row in _rows(items, rater, order):
        # A spreadsheet would take a text that begins with = and the like for a formula.
        writer.writerow([f"'{cell}" if cell.startswith(_OBEYED) else cell for cell in row])
    return made.getvalue().encode("utf-8-sig")


def sheet_xlsx(items: ItemsFile, rater: str, order: Sequence[str]) -> bytes:
    """One rater's sheet as an Excel workbook; the same arguments give the same bytes.

    Args:
        items: Those of the study.
        rater: Whose sheet.
        order: Ids of this rater's items.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    header = columns(items)
    for place, row in enumerate([list(header), *_rows(items, rater, order)], 1):
        for column, text in enumerate(row, 1):
            if text:
                cell = sheet.cell(place, column)
                cell.value = text
                cell.data_type = "s"  # never a formula
                cell.number_format = "General" if header[column - 1] in METRICS else "@"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    _dress(sheet, header, len(order))
    about = book.create_sheet("how to")
    about.column_dimensions["A"].width = 120
    for place, line in enumerate(HOW_TO.splitlines(), 1):
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
