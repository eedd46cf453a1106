"""Values as JSON has them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import pandas as pd


def plain(value: Any) -> Any:
    """A value as JSON has it: of numpy and pandas the plain kind, null where there is no finite number.

    Examples:
        >>> plain({"value": float("nan"), "n": 3, "ends": (0.5, float("inf"))})
        {'value': None, 'n': 3, 'ends': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value if isinstance(value, bool | int | str) else str(value)
