"""Columns that grow row by row and stay small: numbers as 32-bit floats, texts that repeat as codes."""

from array import array
from collections.abc import Iterable, Sequence
from math import nan
from typing import Any

import numpy as np
import pandas as pd

_TEXT = pd.Index([], dtype="str").dtype  # "str" where pandas has it, else objects


class Numbers:
    """Rows of numbers of one width; what is no number is NaN."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._values = array("f")

    def add(self, row: Sequence[Any]) -> None:
        """Append a row, one value a name."""
        try:
            self._values.extend(row)
        except TypeError:  # and nothing of the row may stay
            del self._values[len(self._values) // len(self.names) * len(self.names) :]
            self._values.extend(map(_number, row))

    def frame(self) -> pd.DataFrame:
        """All rows, 32-bit floats."""
        values = np.frombuffer(self._values, dtype=np.float32) if self._values else np.empty(0, dtype=np.float32)
        return pd.DataFrame(values.reshape(-1, len(self.names)).copy(), columns=self.names)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else nan


class Texts:
    """A column of texts, many of them the same; None is missing."""

    def __init__(self) -> None:
        self._codes = array("i")
        self._known: dict[str, int] = {}

    def add(self, text: object) -> None:
        """Append a row; anything but None is turned into text."""
        self._codes.append(-1 if text is None else self._known.setdefault(str(text), len(self._known)))

    def column(self) -> pd.Categorical:
        """All rows."""
        return categorical(np.array(self._codes, dtype=np.int32), self._known)


def categorical(codes: "np.ndarray[Any, np.dtype[Any]]", categories: Iterable[str]) -> pd.Categorical:
    """A category column whose categories are text even where there are none."""
    return pd.Categorical.from_codes(codes, pd.Index(list(categories), dtype=_TEXT))


def with_text_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the kind of categories that `categorical` makes, which files of empty ones lose."""
    remade: dict[str, Any] = {
        str(name): categorical(column.cat.codes.to_numpy(), column.cat.categories)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.categories.dtype != _TEXT
    }
    return frame.assign(**remade)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames with the same columns, one below the other; categories are united and rows numbered anew."""
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    return pd.DataFrame({name: _stacked([frame[name] for frame in frames]) for name in frames[0].columns})


def _stacked(parts: Sequence["pd.Series[Any]"]) -> Any:
    if not isinstance(parts[0].dtype, pd.CategoricalDtype):
        return np.concatenate([part.to_numpy() for part in parts])
    known: dict[str, int] = {}
    codes = []
    for part in parts:
        places = np.array([known.setdefault(text, len(known)) for text in part.cat.categories] + [-1], dtype=np.int32)
        codes.append(places[part.cat.codes.to_numpy()])
    return categorical(np.concatenate(codes), known)
