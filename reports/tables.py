"""Tables: a frame and how its columns are shown, as HTML, CSV, Markdown and LaTeX; numbers as text.

Cells are escaped for CSV (formulas of spreadsheets too), Markdown and LaTeX: no text is markup or a command.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from math import isfinite, isnan, nan
from operator import add
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from clinical_r1.analysis.tables import end_names
from clinical_r1.files import make_folder, write_whole
from clinical_r1.untrusted import escape_controls

from .html import fill

# --- numbers as text --------------------------------------------------------------------------------------------------
MINUS = "−"


def decimal(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """A number with a fixed number of decimals; no text where it is none, and zero has no sign.

    Examples:
        >>> decimal(0.5126), decimal(0.04, 2, signed=True), decimal(-0.0004), decimal(float("nan"))
        ('0.513', '+0.04', '0.000', '')
    """
    if not isfinite(value):
        return ""
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return text if float(text.replace(",", "")) else f"{0:.{digits}f}"


def whole(value: float) -> str:
    """A count.

    Examples:
        >>> whole(12345), whole(float("nan"))
        ('12,345', '')
    """
    return f"{value:,.0f}" if isfinite(value) else ""


def p_value(p: float, *, bare: bool = False) -> str:
    """A p-value as journals print it.

    Args:
        p: In [0, 1].
        bare: Without the name, for a column that is headed so.

    Examples:
        >>> p_value(0.0031), p_value(0.0000004), p_value(0.9999), p_value(0.25, bare=True)
        ('p = .003', 'p < .001', 'p > .999', '.250')
    """
    if isnan(p):
        return ""
    sign, text = ("<", ".001") if p < 0.001 else (">", ".999") if p > 0.9994 else ("=", f"{p:.3f}"[1:])
    return f"p {sign} {text}" if not bare else text if sign == "=" else f"{sign} {text}"


def interval(low: float, high: float, digits: int = 3, *, signed: bool = False) -> str:
    """An interval; no text where it has no ends.

    Examples:
        >>> interval(0.48, 0.5441)
        '[0.480, 0.544]'
    """
    ends = [decimal(end, digits, signed=signed) for end in (low, high)]
    return f"[{ends[0]}, {ends[1]}]" if all(ends) else ""


def typeset(text: str) -> str:
    """A number's text with a minus that is as wide as a plus."""
    return text.replace("-", MINUS)


# --- escaped cells ----------------------------------------------------------------------------------------------------
_FORMULA = tuple("=+-@＝＋－＠")
"""A spreadsheet takes a cell that begins so for a formula."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_QUOTED = re.compile('[",;|\n]|^ | $')

_MARKDOWN = re.compile(r"[\\`*\[\]<>|~$&!#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"''",
    "`": r"\textasciigrave{}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\dots{}",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
}
_HYPHENS = re.compile("(?<=-)(?=-)")
"""Between hyphens, which would become a dash."""
_LETTERS = "\u017f"
"""The last letter that every LaTeX can print; a code stands for those after it."""


def csv_text(text: str) -> str:
    """A cell for a CSV file; one that a spreadsheet would compute gets a quotation mark before it.

    Examples:
        >>> csv_text("=1+1"), csv_text("-0.5"), csv_text("grpo, k = 10")
        ("'=1+1", '-0.5', '"grpo, k = 10"')
    """
    text = escape_controls(text, one_line=True)
    if text.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def markdown(text: str) -> str:
    r"""A cell for a Markdown table, in which nothing is markup.

    Examples:
        >>> markdown("crpo_cold | <b>k</b> [x](http://y)")
        'crpo_cold \\| \\<b\\>k\\</b\\> \\[x\\](http:\\//y)'
    """
    return _MARKDOWN.sub(r"\\\g<0>", escape_controls(text, one_line=True))


def latex(text: str) -> str:
    r"""A cell for a LaTeX table, in which nothing is a command.

    Examples:
        >>> latex("50 % of crpo_cold")
        '50 \\% of crpo\\_cold'
    """
    parts = _HYPHENS.split(escape_controls(text, one_line=True))
    return "{}".join("".join(map(_latex, part)) for part in parts)


def _latex(character: str) -> str:
    if character in _LATEX or character <= _LETTERS:
        return _LATEX.get(character, character)
    return rf"\texttt{{U+{ord(character):04X}}}"


# --- frames as tables -------------------------------------------------------------------------------------------------
Show = Literal["text", "number", "signed", "count", "p", "interval"]
"""How a column is shown. `signed` has a plus where it is positive, and so have the ends of an `interval`, which has no
value."""

NOTHING = "–"
"""A cell without a value and without a reason."""


@dataclass(frozen=True)
class Column:
    """A column of a table, out of one or more columns of a frame."""

    source: str
    """The frame's column with the value."""
    header: str
    """Any text."""
    show: Show = "text"
    low: str | None = None
    """The frame's column with the lower end of the interval."""
    high: str | None = None
    """The same, upper end."""
    n: str | None = None
    """The frame's column with the number of cases, to stand beside the value."""
    why: str | None = None
    """The frame's column that says why there is no number."""
    digits: int = 3
    """Decimals."""


@dataclass(frozen=True)
class TableView:
    """A table to be shown; rows in the frame's order."""

    frame: pd.DataFrame
    columns: Sequence[Column]
    group: str | None = None
    """The frame's column whose values head groups of rows that follow each other."""
    data: pd.DataFrame | None = None
    """The numbers for the CSV file, where `frame` was arranged for showing."""


class Cell(NamedTuple):
    """What stands in a cell."""

    text: str
    """The value."""
    interval: str = ""
    n: str = ""
    kind: Literal["text", "number", "none"] = "text"
    """`none`: no number, but what stands in its place."""


class Header(NamedTuple):
    """What stands above a column."""

    text: str
    n: str
    """The number of cases, where it is the same for every number below."""
    number: bool


class Group(NamedTuple):
    """Rows under one heading; the heading is empty where the table has no groups."""

    heading: str
    rows: list[list[Cell]]


def without_empty(view: TableView) -> TableView:
    """The table without columns in which no row has anything."""
    rows = view.frame.to_dict("records")
    kept = [one for one in view.columns if any(_cell(row, one).text not in ("", NOTHING) for row in rows)]
    return replace(view, columns=kept)


def headers(view: TableView) -> list[Header]:
    """What stands above the columns."""
    return [Header(column.header, _shared_n(view, column), column.show != "text") for column in view.columns]


def cells(view: TableView) -> list[Group]:
    """The text of every cell; a number of cases that the header has is not there again.

    Raises:
        KeyError: If a column names one that the frame does not have.
    """
    columns = [replace(column, n=None) if _shared_n(view, column) else column for column in view.columns]
    rows: Iterator[tuple[str, list[Cell]]] = (
        (str(row[view.group]) if view.group else "", [_cell(row, column) for column in columns])
        for row in view.frame.to_dict("records")
    )
    return [Group(heading, [row for _, row in part]) for heading, part in groupby(rows, key=lambda row: row[0])]


def to_html(view: TableView) -> Markup:
    """The table as a `<table>` element."""
    return fill("table.html", headers=headers(view), groups=cells(view), typeset=typeset)


def to_csv(view: TableView) -> str:
    """The numbers behind the table, unrounded, with every column of the frame."""
    frame = view.frame if view.data is None else view.data
    lines = [map(str, frame.columns), *frame.itertuples(index=False, name=None)]
    return "".join(",".join(map(_raw, line)) + "\n" for line in lines)


def to_markdown(view: TableView) -> str:
    """The table as Markdown; its columns line up in a terminal too. Groups are a column of their own."""
    first = [view.group] if view.group else []
    header = [*map(markdown, first), *(_beside(markdown(text), n) for text, n, _ in headers(view))]
    lines = [
        [*([markdown(heading)] if view.group else []), *(_marked(cell) for cell in row)]
        for heading, rows in cells(view)
        for row in rows
    ]
    numeric = [*(False for _ in first), *(column.show != "text" for column in view.columns)]
    return aligned(header, lines, numeric) + "\n"


def aligned(header: Sequence[str], lines: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """Lines of cells as a Markdown table whose columns line up in a terminal too.

    Args:
        header: A cell per column.
        lines: The same, per row.
        right: Whether each column is set at the right; none is by default.
    """
    widths = [max(len(line[place]) for line in (header, *lines)) for place in range(len(header))]
    flags = right or [False] * len(header)
    rule = ["-" * (width - 1) + (":" if flag else "-") for width, flag in zip(widths, flags, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in (header, rule, *lines)
    )


def to_latex(view: TableView) -> str:
    """The table as a `tabular` environment for the package booktabs; any LaTeX prints it."""
    layout = "".join("l" if column.show == "text" else "r" for column in view.columns)
    lines = ["% needs \\usepackage{booktabs}", rf"\begin{{tabular}}{{{layout}}}", r"\toprule"]
    lines += [_row([_beside(latex(text), n) for text, n, _ in headers(view)]), r"\midrule"]
    for place, (heading, rows) in enumerate(cells(view)):
        if view.group:
            lines += [r"\addlinespace"] if place else []
            lines.append(rf"\multicolumn{{{len(layout)}}}{{l}}{{\textit{{{latex(heading)}}}}} \\")
        lines += [_row([_typed(cell) for cell in row]) for row in rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def measured(source: str, header: str, show: Show = "number", *, stem: str | None = None, **more: Any) -> Column:
    """A column with an interval, whose cells are named as `clinical_r1.analysis.tables.ends` names them."""
    _, low, high = end_names(source, stem)
    return Column(source, header, show, low, high, **more)


def counts(*sources: str) -> list[Column]:
    """Columns of counts, headed as they are called."""
    return [Column(source, source.replace("_", " "), "count") for source in sources]


Derived = Callable[[pd.DataFrame], Any]
"""How a column is made for showing out of those of a frame."""


def joined(*parts: str) -> Derived:
    """Columns of a frame as one text, with the texts that stand between them.

    Examples:
        >>> joined("b", " − ", "a")(pd.DataFrame({"a": ["grpo"], "b": ["crpo"]})).tolist()
        ['crpo − grpo']
    """
    return lambda frame: reduce(add, (frame[part].astype(str) if part in frame else part for part in parts))


def layout(*columns: Column, group: str | None = None, **derived: Derived) -> Callable[[pd.DataFrame], TableView]:
    """A way to lay a frame out.

    Args:
        *columns: Of the table; those that a frame does not have are left out.
        group: Column whose values head groups of rows. Rows of a group stand behind each other, groups in the order in
            which they first come.
        **derived: Columns that are made for showing -> how; the CSV file has the frame without them.
    """

    def view(frame: pd.DataFrame) -> TableView:
        made = _gathered(frame.assign(**derived), group)
        there = tuple(column for column in columns if column.source in made)
        return TableView(made, there, group, data=frame if derived else None)

    return view


def write_tables(folder: Path, name: str, view: TableView) -> tuple[Path, ...]:
    """Write a table as `.csv`, `.md` and `.tex`, each there whole or not at all.

    Args:
        folder: Is made where there is none.
        name: Of the files, without an ending.
        view: The table.

    Returns:
        The paths.

    Raises:
        UserError: If a file cannot be written.
    """
    make_folder(folder)
    texts = {"csv": to_csv(view), "md": to_markdown(view), "tex": to_latex(view)}
    return tuple(write_whole(folder / f"{name}.{ending}", text) for ending, text in texts.items())


def _cell(row: Mapping[Any, Any], column: Column) -> Cell:
    value = row[column.source]
    if column.show == "text":
        return Cell(_text(value))
    number, low, high = (_number(row[name]) if name else nan for name in (column.source, column.low, column.high))
    if isnan(number):
        why = row[column.why] if column.why else None
        return Cell(_text(why) or NOTHING, kind="none")
    n = whole(_number(row[column.n])) if column.n else ""
    return Cell(*_written(number, low, high, column), n, "number")


def _written(number: float, low: float, high: float, column: Column) -> tuple[str, str]:
    """A number and its interval."""
    if column.show == "count":
        return whole(number), ""
    if column.show == "p":
        return p_value(number, bare=True), ""
    if column.show == "interval":
        return interval(low, high, column.digits, signed=True), ""
    signed = column.show == "signed"
    return decimal(number, column.digits, signed=signed), interval(low, high, column.digits, signed=signed)


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return NOTHING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)


def _number(value: object) -> float:
    return nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]


def _raw(value: object) -> str:
    if isinstance(value, str):
        return csv_text(value)
    text = "" if value is None or value is pd.NA else str(value)
    return "" if text in ("nan", "NaT") else text


def _shared_n(view: TableView, column: Column) -> str:
    if column.n is None:
        return ""
    seen = {_number(n) for n in view.frame.loc[view.frame[column.source].notna(), column.n]}
    return whole(seen.pop()) if len(seen) == 1 else ""


def _beside(text: str, n: str) -> str:
    return " ".join(filter(None, (text, n and f"(n = {n})")))


def _marked(cell: Cell) -> str:
    text = cell.text if cell.kind == "number" else markdown(cell.text)
    return _beside(" ".join(filter(None, (text, cell.interval))), cell.n)


def _typed(cell: Cell) -> str:
    text = typeset(cell.text) if cell.kind == "number" else cell.text
    return latex(_beside(" ".join(filter(None, (text, typeset(cell.interval)))), cell.n))


def _row(line: list[str]) -> str:
    """A row; TeX would take a bracket or a star after the row above for an argument of it."""
    first = "{}" + line[0] if line[:1] and line[0][:1] in ("[", "*") else "".join(line[:1])
    return " & ".join([first, *line[1:]]) + r" \\"


# --- long frames as wide tables: a column per checkpoint --------------------------------------------------------------
def across(
    frame: pd.DataFrame,
    rows: Mapping[str, str],
    by: str,
    *,
    group: str | None = None,
    value: str = "value",
    n: str | None = "n",
    why: str | None = None,
    show: Show = "number",
    digits: int = 3,
) -> TableView:
    """A table with a column for each value of one column of the frame.

    Rows, groups and columns stand in the order in which the frame has them first.

    Args:
        frame: One row per cell; `low` and `high` are the ends of its interval, where there are such columns.
        rows: Columns that name a row of the table -> their headers.
        by: Column whose values are the columns of the table.
        group: Column whose values head groups of rows.
        value: Column with the numbers.
        n: Column with numbers of cases; None where they are not shown.
        why: The same, with what says why there is no number.
        show: How the numbers are shown.
        digits: Decimals.

    Raises:
        ValueError: If two rows of the frame belong into one cell.
    """
    keys = [*([group] if group else []), *rows]
    if frame.duplicated([*keys, by]).any():
        raise ValueError(f"more than one row for a cell of {', '.join(keys)} by {by}")
    fields = {"value": value} | {end: end for end in ("low", "high") if end in frame}
    fields |= {name: source for name, source in (("n", n), ("why", why)) if source}
    wide = _gathered(frame[keys].drop_duplicates(ignore_index=True), group)
    columns = [Column(source, header) for source, header in rows.items()]
    for place, name in enumerate(dict.fromkeys(frame[by])):
        names = {source: f"{field} {place}" for field, source in fields.items()}
        part = frame.loc[frame[by] == name, [*keys, *names]].rename(columns=names)
        wide = wide.merge(part, on=keys, how="left")
        others = {field: names[source] for field, source in fields.items() if field != "value"}
        columns.append(Column(names[value], str(name), show, digits=digits, **others))
    return TableView(wide, columns, group=group, data=frame)


def _gathered(frame: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """Rows of one group behind each other."""
    if group is None:
        return frame
    places = {name: place for place, name in enumerate(dict.fromkeys(frame[group]))}
    return frame.sort_values(group, key=lambda column: column.map(places), kind="stable", ignore_index=True)
