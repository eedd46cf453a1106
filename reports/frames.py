"""What figures take from tables: texts, floats, and the parts that become panels."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


def tidy(frame: pd.DataFrame, labels: Sequence[str], measures: Sequence[str], *, need: Sequence[str]) -> pd.DataFrame:
    """What a figure draws of a table: texts and floats, and rows that have something to draw.

    Args:
        frame: A table.
        labels: Columns of texts.
        measures: Columns of numbers; what is none, and what the frame lacks, is NaN.
        need: Those of `measures` of which a row has at least one.

    Raises:
        ValueError: If there is no such row.
    """
    if frame.empty:
        raise ValueError("there is no row to draw")
    found = pd.DataFrame(
        {column: frame[column].astype(str) for column in labels} | {c: numbers(frame, c) for c in measures}
    )
    kept: pd.DataFrame = found.loc[np.isfinite(found[list(need)].to_numpy()).any(axis=1)]
    if kept.empty:
        raise ValueError(f"there is no number in {', '.join(need)} to draw")
    return kept.reset_index(drop=True)


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """A column as floats, NaN for what is none; all NaN where the frame lacks it."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    found: Array = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return found


def seen(texts: Iterable[str]) -> list[str]:
    """Each text once, in order."""
    return list(dict.fromkeys(map(str, texts)))


def split(frame: pd.DataFrame, *columns: str) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The parts of a frame by columns of texts, in the order of the frame, with their texts."""
    return [(tuple(map(str, key)), part) for key, part in frame.groupby(list(columns), sort=False)]


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their cells as attributes; pandas types those as anything that fits a cell."""
    return list(frame.itertuples())
