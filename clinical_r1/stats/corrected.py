"""Corrected figures as they are reported: with intervals, beside labels alone and the judge alone."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.special import stdtr, stdtrit

from clinical_r1.stats.estimates import Estimate
from clinical_r1.stats.intervals import score_interval
from clinical_r1.stats.pools import Array
from clinical_r1.stats.prediction_powered import Fit, Judged, Limits, added_to, limits

Ends = tuple[float, float] | None
LimitsOf = Callable[[Fit], Limits]


@dataclass(frozen=True)
class Corrected(Estimate):
    """A judge's figure corrected by labels. `n` counts labelled items, `clusters` theirs, `unscored` unrated ones."""

    lam: float = 0.0
    """How far the judge was trusted, 0 to 1."""
    labels_only: Estimate | None = None
    """The same from the labelled items alone."""
    judge_only: float = nan
    """The same from the judge's values of the pool alone."""
    pool: int = 0
    """Items that it is about."""
    unjudged: int = 0
    """Items that the judge left without a value, labelled ones included."""
    strata: int = 1
    """Strata of the labelled items, after small ones were merged."""
    p_value: float = nan
    """Of a difference: two-sided, that there is none."""
    raters: int = 0
    """Raters whose spread the interval takes in, so that it is about raters like these; 0 if it is about these."""


def corrected(
    found: Judged, one: Fit, alone: Fit, limits_of: LimitsOf, judge_only: float, ends: Ends, *, test: bool = False
) -> Corrected:
    """Put together what is reported.

    Args:
        found: The items.
        one: The corrected estimate.
        alone: The estimate from labels alone.
        limits_of: Makes their intervals.
        judge_only: The judge's figure.
        ends: What limits cannot pass.
        test: Whether to test for zero.
    """
    items = found.items
    counts = {"n": int(items.labelled.sum()), "clusters": items.clusters}
    counts["unscored"] = found.drawn - counts["n"]
    span, span_alone = limits_of(one), limits_of(alone)
    strata = len(np.unique(items.strata[items.labelled]))
    return Corrected(
        one.value,
        *_clipped(span, one.value, ends),
        **counts,
        method=_method(found, one, strata),
        standard_error=span.standard_error,
        lam=one.lam,
        labels_only=Estimate(
            alone.value,
            *_clipped(span_alone, alone.value, ends),
            **counts,
            method=f"labels alone, {_interval_name(alone, items.clusters)}",
            standard_error=span_alone.standard_error,
        ),
        judge_only=judge_only,
        pool=items.pool,
        unjudged=found.unjudged,
        strata=strata,
        p_value=_p_value(span, one.freedom) if test else nan,
        raters=len(one.raters),
    )


def corrected_mean(
    found: Judged, kinds: Array | None, ends: Ends, alpha: float, lam: float | None, *, test: bool = False
) -> Corrected:
    """A mean of the first row.

    Args:
        found: The items.
        kinds: Human and judge values of items of which halves are added for the interval, shape (kinds, 2).
        ends: What limits cannot pass.
        alpha: One less the confidence.
        lam: Lambda, None to tune it.
        test: Whether to test for zero.
    """
    mean = found.mean(0)

    def limits_of(fitted: Fit) -> Limits:
        return limits(fitted, alpha, None if kinds is None else added_to(mean, fitted.lam, kinds))

    return corrected(found, mean.fit(lam), mean.fit(0.0), limits_of, found.items.pool_mean(mean.judge), ends, test=test)


def kinds_of_shares(found: Judged) -> Array:
    """Human value 0 or 1, with the judge's least or greatest value."""
    low, high = float(found.judge.min()), float(found.judge.max())
    return np.array([[0.0, low], [1.0, high], [1.0, low], [0.0, high]])


def kinds_of_differences(found: Judged) -> Array:
    """A difference for the human alone, either way, and for the judge alone."""
    most = float(np.abs(found.judge).max())
    return np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, most], [0.0, -most]])


def limits_of_ratio(found: Judged, alpha: float, ends: Ends) -> LimitsOf:
    """Of t intervals; of shares, Wilson's with as many trials as the variance implies (without one, as clusters)."""

    def limits_of(fitted: Fit) -> Limits:
        span = limits(fitted, alpha)
        if ends is None or np.isnan(span.standard_error):
            return span
        p = min(max(fitted.value, 0.0), 1.0)
        size = p * (1 - p) / span.standard_error**2 if span.standard_error > 0 else 0.0
        n = size or float(found.items.clusters)
        return span._replace(**score_interval(p * n, n, -float(stdtrit(fitted.freedom, alpha / 2)))._asdict())

    return limits_of


def _clipped(span: Limits, value: float, ends: Ends) -> tuple[float, float]:
    """Limits inside the ends, or at the estimate where that is outside them."""
    if ends is None:
        return span.low, span.high
    return max(span.low, min(ends[0], value)), min(span.high, max(ends[1], value))


def _p_value(span: Limits, freedom: float) -> float:
    if not span.standard_error > 0 or freedom < 1:
        return 1.0 if span.standard_error == 0 and span.middle == 0 else nan
    return float(2 * stdtr(freedom, -abs(span.middle / span.standard_error)))


def _method(found: Judged, one: Fit, strata: int) -> str:
    parts = [f"PPI++, lambda {one.lam:.2f}, pool of {found.items.pool:,}"]
    if strata > 1 or found.items.merged:
        merged = f" ({found.items.merged} small ones merged)" if found.items.merged else ""
        parts.append(f"{strata} strata{merged}")
    if found.unjudged:
        parts.append(f"{found.unjudged:,} items without a judge's value at its mean")
    return ", ".join([*parts, _interval_name(one, found.items.clusters)])


def _interval_name(one: Fit, clusters: int) -> str:
    if one.between <= 0:
        return "no interval: too few clusters"
    others = f", and between {len(one.raters)} raters" if len(one.raters) else ""
    return f"t interval between {clusters:,} labelled clusters{others}"
