"""Long frames as wide tables: a column a checkpoint."""

from collections.abc import Mapping

import pandas as pd

from .tables import Column, Show, TableView


def across(
    frame: pd.DataFrame,
    rows: Mapping[str, str],
    by: str,
    *,
    group: str | None = None,
    value: str = "value",
    low: str | None = "low",
    high: str | None = "high",
    n: str | None = "n",
    why: str | None = None,
    show: Show = "share",
    digits: int = 3,
    percent: bool = False,
) -> TableView:
    """A table with a column for each value of one column of the frame.

    Rows, groups and columns stand in the order in which the frame has them first.

    Args:
        frame: One row a cell.
        rows: Columns that name a row of the table -> their headers.
        by: Column whose values are the columns of the table.
        group: Column whose values head groups of rows.
        value: Column with the numbers.
        low: Column with lower ends of intervals; None where there are none. The same for those after it.
        high: Column with upper ends.
        n: Column with numbers of cases.
        why: Column that says why there is no number.
        show: How the numbers are shown.
        digits: Decimals.
        percent: See `TableView`.

    Raises:
        ValueError: If two rows of the frame belong into one cell.
    """
    keys = [*([group] if group else []), *rows]
    if frame.duplicated([*keys, by]).any():
        raise ValueError(f"more than one row for a cell of {', '.join(keys)} by {by}")
    fields = {"value": value} | {k: v for k, v in {"low": low, "high": high, "n": n, "why": why}.items() if v}
    wide = _gathered(frame[keys].drop_duplicates(ignore_index=True), group)
    columns = [Column(source, header) for source, header in rows.items()]
    for place, name in enumerate(dict.fromkeys(frame[by])):
        names = {source: f"{field} {place}" for field, source in fields.items()}
        part = frame.loc[frame[by] == name, [*keys, *names]].rename(columns=names)
        wide = wide.merge(part, on=keys, how="left")
        others = {field: names[source] for field, source in fields.items() if field != "value"}
        columns.append(Column(names[value], str(name), show, digits=digits, **others))
    return TableView(wide, columns, group=group, percent=percent, data=frame)


def _gathered(frame: pd.DataFrame, group: str | None) -> pd.DataFrame:
    """Rows of one group behind each other."""
    if group is None:
        return frame
    places = {name: place for place, name in enumerate(dict.fromkeys(frame[group]))}
    return frame.sort_values(group, key=lambda column: column.map(places), kind="stable", ignore_index=True)
