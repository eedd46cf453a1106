"""How far a judge agrees with itself: the same responses judged several times."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import isnan, nan
from statistics import covariance, fmean
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


def noise_of(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """How far the mean over draws of one response varies by the judge's own noise.

    Args:
        values: Key -> the number of each draw; NaN is unscored.

    Returns:
        The keys that the primary forms are made from, each with its variance between draws divided by their number; for
        a rate, its numerator and denominator, and under its own key their covariance. NaN with fewer than two draws.

    Examples:
        >>> noise_of({"harm_any": [1.0, 0.0, 0.0, 1.0]})
        {'harm_any': 0.08333333333333333}
    """
    found = {}
    for key, metric in METRICS.items():
        pair = (metric.numerator or key, metric.denominator or key)
        if metric.primary and {key, *pair} <= values.keys():
            for name, (one, other) in {pair[0]: (pair[0],) * 2, pair[1]: (pair[1],) * 2, key: pair}.items():
                found[name] = _covariance_of_means(values[one], values[other])
    return found


def _covariance_of_means(one: Sequence[float], other: Sequence[float]) -> float:
    pairs = [pair for pair in zip(one, other, strict=True) if not any(map(isnan, pair))]
    return covariance(*zip(*pairs, strict=True)) / len(pairs) if len(pairs) > 1 else nan


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
