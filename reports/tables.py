"""Tables: a frame and how its columns are shown, as HTML, CSV, Markdown and LaTeX."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isnan, nan
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from clinical_r1.files import make_folder, write_whole

from .escapes import csv_text, latex, markdown
from .html import fill
from .numbers import decimal, interval, p_value, typeset, whole

Show = Literal["text", "number", "signed", "share", "difference", "count", "p", "interval"]
"""How a column is shown. `share` and `difference` (of shares) become percent where the table says so; `signed` and
`difference` have a plus where they are positive, and so have the ends of an `interval`, which has no value."""

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
    """Decimals; two fewer in percent."""


@dataclass(frozen=True)
class TableView:
    """A table to be shown; rows in the frame's order."""

    frame: pd.DataFrame
    columns: Sequence[Column]
    group: str | None = None
    """The frame's column whose values head groups of rows that follow each other."""
    percent: bool = False
    """Shares in percent and their differences in percentage points, instead of decimals."""
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
        (str(row[view.group]) if view.group else "", [_cell(row, column, view.percent) for column in columns])
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
    widths = [max(len(line[place]) for line in (header, *lines)) for place in range(len(header))]
    numeric = [*(False for _ in first), *(column.show != "text" for column in view.columns)]
    rule = ["-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)]
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |\n"
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


def by_group(frame: pd.DataFrame, columns: Sequence[Column], group: str, data: pd.DataFrame | None = None) -> TableView:
    """A table in groups, whose rows stand behind each other; groups in the order in which they first come."""
    places = {name: place for place, name in enumerate(dict.fromkeys(frame[group]))}
    gathered = frame.sort_values(group, key=lambda column: column.map(places), kind="stable", ignore_index=True)
    return TableView(gathered, tuple(columns), group=group, data=data)


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


def _cell(row: Mapping[Any, Any], column: Column, percent: bool) -> Cell:
    value = row[column.source]
    if column.show == "text":
        return Cell(_text(value))
    number, low, high = (_number(row[name]) if name else nan for name in (column.source, column.low, column.high))
    if isnan(number):
        why = row[column.why] if column.why else None
        return Cell(_text(why) or NOTHING, kind="none")
    n = whole(_number(row[column.n])) if column.n else ""
    return Cell(*_written(number, low, high, column, percent), n, "number")


def _written(number: float, low: float, high: float, column: Column, percent: bool) -> tuple[str, str]:
    """A number and its interval."""
    if column.show == "count":
        return whole(number), ""
    if column.show == "p":
        return p_value(number, bare=True), ""
    if column.show == "interval":
        return interval(low, high, column.digits, signed=True), ""
    signed = column.show in ("signed", "difference")
    unit = {"share": " %", "difference": " pp"}.get(column.show, "") if percent else ""
    scale, digits = (100, max(column.digits - 2, 0)) if unit else (1, column.digits)
    ends = interval(low * scale, high * scale, digits, signed=signed)
    return decimal(number * scale, digits, signed=signed) + unit, ends


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
