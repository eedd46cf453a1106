"""Several judges of one response: the median of each number, with sums and rates that hold as they do for one judge.

Medians alone do not add up: where two of three judges find one hallucination each, of different kinds, the median of
all is 1 and that of each kind 0. So kinds share the median of their total as they share its mean.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, isnan, nan
from statistics import mean, median

from clinical_r1.metrics import METRICS

KINDS = {"drc": ("drc_case_fact", "drc_medical_fact"), "hallucination": ("h_contradicts", "h_invented", "h_medical")}
"""Count -> the counts that it is the sum of."""
CLAIMS = ("faithfulness", "hallucination", "unverifiable")
"""What `claims` is the sum of."""


def combine(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Combine what judges say about one response.

    Args:
        values: Key -> number of each judge; NaN where it is unscored.

    Returns:
        For each key, in the order in which keys appear: the median over the judges that scored it (between the middle
        two of an even number), NaN if none did. `claims` is the sum of its parts' medians, rates are quotients of what
        is returned, and the kinds of `KINDS` add up to their total.

    Examples:
        >>> combine([{"drc": 1.0}, {"drc": 5.0}, {"drc": 2.0}, {"drc": float("nan")}])
        {'drc': 2.0}
        >>> one = {"drc": 1.0, "drc_case_fact": 1.0, "drc_medical_fact": 0.0}
        >>> combine([one, {"drc": 1.0, "drc_case_fact": 0.0, "drc_medical_fact": 1.0}, dict.fromkeys(one, 0.0)])
        {'drc': 1.0, 'drc_case_fact': 0.5, 'drc_medical_fact': 0.5}
    """
    scored = {key: [one[key] for one in values if not isnan(one.get(key, nan))] for one in values for key in one}
    found = {key: float(median(numbers)) if numbers else nan for key, numbers in scored.items()}
    for total, kinds in KINDS.items():
        if _known(found, (total, *kinds)):
            means = [mean(scored[kind]) for kind in kinds]
            share = found[total] / sum(means) if sum(means) else 0.0
            found |= {kind: share * one for kind, one in zip(kinds, means, strict=True)}
    if _known(found, ("claims", *CLAIMS)):
        found["claims"] = sum(found[part] for part in CLAIMS)
    for key, metric in METRICS.items():
        above, below = metric.numerator or "", metric.denominator or ""
        if key in found and _known(found, (above, below)):
            found[key] = found[above] / found[below] if found[below] else nan
    return found


def split(values: Mapping[str, float]) -> list[str]:
    """Keys of yes or no on which an even panel is split: their value is .5, neither of the two.

    Args:
        values: As `combine` gives them.
    """
    return [key for key, value in values.items() if METRICS[key].form == "any" and value == 0.5]


def _known(found: Mapping[str, float], keys: Sequence[str]) -> bool:
    return all(isfinite(found.get(key, nan)) for key in keys)
