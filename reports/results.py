"""All numbers of a report in one file for other programs."""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from clinical_r1.files import write_whole


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
    head = json.dumps(_plain(about), sort_keys=True, indent=1)
    body = ",\n".join(parts)
    return write_whole(path, f'{{\n"about": {head},\n"tables": {{\n{body}\n}}\n}}\n')


def _rows(frame: pd.DataFrame) -> str:
    lines = [json.dumps(_plain(row), allow_nan=False) for row in frame.to_dict("records")]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _plain(value: Any) -> Any:
    """A value as JSON has it: of numpy and pandas the plain kind, no number where there is none."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value if isinstance(value, bool | int | str) else str(value)
