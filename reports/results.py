"""All numbers of a report in one file for other programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clinical_r1.files import write_whole
from clinical_r1.plain import plain


def write_results(path: Path, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]) -> Path:
    """Write tables as JSON: `{"about": {...}, "tables": {name: [row, ...]}}`, a row of a table on each line.

    What is no finite number is null. Names and `about` are sorted, the fields of a row stand in the order of the
    frame's columns; the same numbers give the same bytes. Text is as it was read, with escapes for all but ASCII.

    Args:
        path: Of the file, which is there whole or not at all.
        tables: Name -> frame; its index is left out.
        about: What was read and how: plain values, lists and mappings.

    Returns:
        The path.

    Raises:
        UserError: If the file cannot be written.
    """
    parts = [f"{json.dumps(name)}: {_rows(frame)}" for name, frame in sorted(tables.items())]
    head = json.dumps(plain(about), sort_keys=True, indent=1)
    body = ",\n".join(parts)
    return write_whole(path, f'{{\n"about": {head},\n"tables": {{\n{body}\n}}\n}}\n')


def _rows(frame: pd.DataFrame) -> str:
    lines = [json.dumps(plain(row), allow_nan=False) for row in frame.to_dict("records")]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"
