"""Prevalence behind an imperfect judge, from its sensitivity and specificity (Rogan & Gladen 1978).

PPI++ needs no such detour; this is what readers of screening studies expect beside it.
"""

from dataclasses import dataclass
from math import isnan, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from clinical_r1.stats.estimates import ALPHA, Clusters, Estimate, cluster_sums, places_of, share

UNSTABLE = 0.2
"""Where sensitivity + specificity - 1 may be below this, the correction is said to be unstable."""


class Count(NamedTuple):
    """Hits among trials; neither need be whole."""

    hits: float
    n: float

    @property
    def share(self) -> float:
        """Hits over trials; NaN without any."""
        return self.hits / self.n if self.n else nan


@dataclass(frozen=True)
class Prevalence(Estimate):
    """A corrected share of positives; `n` and `clusters` are the items that the judge judged."""

    apparent: float = nan
    """Share that the judge calls positive."""
    sensitivity: float = nan
    specificity: float = nan
    clipped: bool = False
    """Whether the formula left [0, 1]."""
    warning: str = ""
    """Why not to rely on it; empty if there is no such reason."""


def rogan_gladen(
    positive: tuple[float, float],
    sensitivity: tuple[float, float],
    specificity: tuple[float, float],
    *,
    alpha: float = ALPHA,
) -> Prevalence:
    """Correct the share that a judge calls positive: (share + specificity - 1) / (sensitivity + specificity - 1).

    The interval is that of Lang & Reiczigel (2014, doi:10.1016/j.prevetmed.2013.09.015), which carries the uncertainty
    of sensitivity and specificity; the three counts are taken as independent. It is all of [0, 1] where sensitivity +
    specificity may be 1, as the judge may then know nothing.

    Args:
        positive: Items that the judge calls positive, and all items it judged.
        sensitivity: Of the items that raters call positive, those that the judge does too, and all.
        specificity: Of the items that raters call negative, those that the judge does too, and all. Where items were
            drawn with unequal chances or several belong to a question, take counts of `effective_count`.
        alpha: One less the confidence of the interval, in (0, 1).

    Returns:
        The prevalence in [0, 1], with a warning if it is not to be relied on; NaN where the formula is not defined.

    Raises:
        ValueError: If a number is out of its range.

    Examples:
        >>> found = rogan_gladen((51, 509), (23, 41), (187, 195))
        >>> f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        '0.114 [0.037, 0.195]'
        >>> rogan_gladen((30, 100), (6, 10), (5, 10)).warning
        'unstable: sensitivity + specificity is 1.10 and may be 1, where the judge knows nothing'
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha}: allowed is more than 0 and less than 1")
    judge, se, sp = _checked(positive=positive, sensitivity=sensitivity, specificity=specificity)
    z = float(ndtri(1 - alpha / 2))
    power = se.share + sp.share - 1
    raw = (judge.share + sp.share - 1) / power if power > 0 else nan
    value = min(max(raw, 0.0), 1.0) if not isnan(raw) else nan
    low, high, error = _lang_reiczigel(judge, se, sp, z)
    least = _least_power(se, sp, z)
    if isnan(value) or least <= 0:
        low, high = 0.0, 1.0
    else:
        low, high = max(0.0, min(low, value)), min(1.0, max(high, value))
    return Prevalence(
        value,
        low,
        high,
        n=round(judge.n),
        clusters=round(judge.n),
        method="Rogan-Gladen, interval of Lang & Reiczigel",
        standard_error=error,
        apparent=judge.share,
        sensitivity=se.share,
        specificity=sp.share,
        clipped=not isnan(raw) and raw != value,
        warning=_warning(judge, se, sp, least, raw),
    )


def effective_count(hits: ArrayLike, clusters: Clusters = None, *, weights: ArrayLike | None = None) -> Count:
    """Hits among as many independent trials as tell as much about their share.

    Args:
        hits: 0 or 1 an item; NaN is left out.
        clusters: Question of each item; every item on its own by default.
        weights: 1 / the chance with which an item was drawn; all alike by default.

    Returns:
        The weighted share of hits, times the effective number of trials: at most the number of items, and that of
        clusters where all hits agree.

    Raises:
        ValueError: If lengths differ, a hit is not between 0 and 1, or a weight is not positive.

    Examples:
        >>> effective_count([1, 1, 0, 0])
        Count(hits=2.0, n=4.0)
        >>> effective_count([1, 1, 0, 0], ["a", "a", "b", "b"])
        Count(hits=1.0, n=2.0)
    """
    found = share(hits, clusters, weights=weights)
    if not found.n:
        return Count(0.0, 0.0)
    if 0 < found.value < 1 and found.standard_error > 0:
        size = min(found.value * (1 - found.value) / found.standard_error**2 + 1, float(found.n))
    else:
        numbers = np.asarray(hits, dtype=float)
        weight = np.where(np.isnan(numbers), 0.0, 1.0 if weights is None else np.asarray(weights, dtype=float))
        size = float(weight.sum() ** 2 / (cluster_sums(weight, places_of(clusters, len(numbers))) ** 2).sum())
    return Count(found.value * size, size)


def _checked(**counts: tuple[float, float]) -> list[Count]:
    for name, (hits, n) in counts.items():
        if not 0 <= hits <= n:
            raise ValueError(f"{name}: {hits} of {n}, allowed are 0 to n of n")
    return [Count(float(hits), float(n)) for hits, n in counts.values()]


def _adjusted(count: Count, each: float) -> Count:
    """With as many more hits and misses, so that the normal approximation holds (Agresti & Coull 1998)."""
    return Count(count.hits + each, count.n + 2 * each)


def _variance(count: Count) -> float:
    return count.share * (1 - count.share) / count.n


def _least_power(se: Count, sp: Count, z: float) -> float:
    """Lower limit of sensitivity + specificity - 1."""
    se, sp = _adjusted(se, 1), _adjusted(sp, 1)
    return se.share + sp.share - 1 - z * sqrt(_variance(se) + _variance(sp))


def _lang_reiczigel(judge: Count, se: Count, sp: Count, z: float) -> tuple[float, float, float]:
    """Both limits and the standard error; equations 6, 7, 16 and 17, and 4 with (1 - P) for its misprint (1 + P)."""
    judge, se, sp = _adjusted(judge, z * z / 2), _adjusted(se, 1), _adjusted(sp, 1)
    power = se.share + sp.share - 1
    if power == 0:
        return 0.0, 1.0, nan
    value = (judge.share + sp.share - 1) / power
    shift = 2 * z * z * (value * _variance(se) - (1 - value) * _variance(sp))
    error = sqrt(_variance(judge) + value**2 * _variance(se) + (1 - value) ** 2 * _variance(sp)) / abs(power)
    return value + shift - z * error, value + shift + z * error, error


def _warning(judge: Count, se: Count, sp: Count, least: float, raw: float) -> str:
    if not (judge.n and se.n and sp.n):
        missing = {"judged": judge, "that raters call positive": se, "that raters call negative": sp}
        return f"undefined: there is no item {next(name for name, count in missing.items() if not count.n)}"
    both = f"sensitivity + specificity is {se.share + sp.share:.2f}"
    if isnan(raw):
        return f"undefined: {both}, so the judge knows nothing"
    if least < UNSTABLE:
        return f"unstable: {both} and may be {'1, where the judge knows nothing' if least <= 0 else f'{1 + least:.2f}'}"
    return f"set to {min(max(raw, 0), 1):.0f}: the formula gives {raw:.3f}" if not 0 <= raw <= 1 else ""
