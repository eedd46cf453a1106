"""How far a judge agrees with itself: the same responses judged several times."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import isnan, nan
from statistics import fmean
from typing import Any

from clinical_r1.metrics import METRICS


def scored_draws(drawn: Sequence[float]) -> list[float]:
    """The draws that gave a number."""
    return [value for value in drawn if not isnan(value)]


def agreement(drawn: Sequence[float]) -> float:
    """Share of the pairs of draws that say the same of a response; NaN with fewer than two.

    Examples:
        >>> agreement([1.0, 1.0, 0.0]), agreement([1.0])
        (0.3333333333333333, nan)
    """
    pairs = [one == other for one, other in combinations(scored_draws(drawn), 2)]
    return fmean(pairs) if pairs else nan


def reliability(judged: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What two draws have in common, in a phrase per primary form that varies.

    Args:
        judged: Metadata of the scores of one judge; those of a single draw are left out.

    Returns:
        Of yes or no the share of agreeing pairs of draws, of numbers ICC(A,1) between draws, each with its n responses.
    """
    from clinical_r1.stats.coefficients import icc_a1  # imports pandas

    every = [about["draw_values"] for about in judged if "draw_values" in about]
    for key in (key for key, metric in METRICS.items() if metric.primary and any(key in values for values in every)):
        values = {n: list(map(float, of[key])) for n, of in enumerate(every) if len(scored_draws(of[key])) > 1}
        if METRICS[key].form == "any" and values:
            yield f"{key} {fmean(map(agreement, values.values())):.0%} agreement (n {len(values)})"
        elif values:
            draws = range(max(map(len, values.values())))
            icc = icc_a1({str(draw): {n: drawn[draw] for n, drawn in values.items()} for draw in draws})
            yield f"{key} ICC {'undefined' if isnan(icc) else f'{icc:.2f}'} (n {len(values)})"
