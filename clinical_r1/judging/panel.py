"""Several judges of one response: the median of each number."""

from collections.abc import Mapping, Sequence
from math import isnan, nan
from statistics import median


def combine(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Combine what judges say about one response.

    Args:
        values: Key -> number of each judge; NaN where it is unscored.

    Returns:
        For each key, in the order in which keys appear: the median over the judges that scored it (between the middle
        two of an even number), NaN if none did.

    Examples:
        >>> combine([{"drc": 1.0}, {"drc": 5.0}, {"drc": 2.0}, {"drc": float("nan")}])
        {'drc': 2.0}
    """
    keys = dict.fromkeys(key for one in values for key in one)
    return {key: _median([one[key] for one in values if key in one]) for key in keys}


def _median(numbers: Sequence[float]) -> float:
    scored = [number for number in numbers if not isnan(number)]
    return float(median(scored)) if scored else nan
