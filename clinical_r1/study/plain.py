"""Values as JSON has them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON has it: of numpy and pandas the plain kind, null where there is no finite number.

    Examples:
        >>> plain({"value": float("nan"), "n": 3, "ends": (0.5, float("inf"))})
        {'value': None, 'n': 3, 'ends': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return value if not isinstance(value, float) or isfinite(value) else None
