"""Sentences that captions share: n, intervals, what is left blank."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from .frames import numbers


def counted(frame: pd.DataFrame, column: str, unit: str) -> str:
    """The range of a column of counts.

    Examples:
        >>> counted(pd.DataFrame({"n": [1273, 1200]}), "n", "questions")
        'n = 1,200 to 1,273 questions'
    """
    found = numbers(frame, column)
    found = found[np.isfinite(found)]
    if not found.size:
        return f"n of {unit} unknown"
    least, most = int(found.min()), int(found.max())
    said = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"n = {said} {unit}"


def intervals(frame: pd.DataFrame, drawn: str = "Lines") -> str:
    """What the intervals are."""
    known = [text for text in dict.fromkeys(frame["method"].dropna().astype(str)) if text] if "method" in frame else []
    said = f" ({'; '.join(known)})" if 0 < len(known) <= 2 else " (methods: see the table)" if known else ""
    return f"{drawn} are 95 % intervals{said}."


def blanks(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """How many numbers are not drawn, as a sentence to append; empty where all are."""
    missing = sum(int((~np.isfinite(numbers(frame, column))).sum()) for column in columns)
    if not missing:
        return ""
    return (
        " One number does not exist, and is left blank."
        if missing == 1
        else (f" {missing:,} numbers do not exist, and are left blank.")
    )
