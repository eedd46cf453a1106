"""Comparison of two methods, each trained with several seeds: seeds and questions are both samples.

One log an arm compares two checkpoints: a difference between them may be luck of a training seed. With several seeds an
arm, a bootstrap that resamples the questions (once for all seeds) and the seeds of each arm speaks about the methods.

With two or three seeds that bootstrap alone is far too narrow: it knows the spread of seeds only from themselves, and
draws among S seeds as if S - 1 were S. It gives the interval its shape here, and variance components its width: the
variance between seeds V_s (jackknife of each arm), between questions V_q, and what is in both, the interaction V_r
(subtracted once). Half the width is

    sqrt(t^2 V_s + z^2 (V_q - V_r)),

with t of Welch's and Satterthwaite's degrees of freedom of V_s: at least the smaller number of seeds less one. The
p-value is one less the confidence at which the interval ends at zero.

How often the 95 % intervals held a true difference of zero in simulations (normal components, 200 questions, 2,000
repetitions: +- .010), by the standard deviation that seeds give the difference over the one that questions give it,
where the seeds of both arms differ and where those of one arm do; in brackets, the percentiles of the bootstrap alone:

    seeds an arm   both: 0       1             3             10            one: 3        10
    2              .984 (.975)   .985 (.956)   .981 (.850)   .978 (.709)   .970 (.837)   .941 (.634)
    3              .975 (.984)   .976 (.967)   .967 (.891)   .956 (.806)   .951 (.854)   .946 (.733)
    5              .961 (.981)   .967 (.963)   .961 (.908)   .952 (.880)   .957 (.885)   .945 (.831)

Two seeds an arm make intervals two to three times as wide as they would be with many, three make them a quarter to a
half wider. tests/test_stats_seeds.py repeats a part of this.
"""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from clinical_r1.stats.bootstrap import bootstrap_totals
from clinical_r1.stats.clusters import error_of_sum
from clinical_r1.stats.contrast import quotient
from clinical_r1.stats.intervals import ALPHA, Interval
from clinical_r1.stats.paired import PairedResult, compare
from clinical_r1.stats.power import minimum_detectable_effect

Array = NDArray[np.float64]


def compare_seeds(
    a: ArrayLike, b: ArrayLike, *, resamples: int = 10_000, seed: int = 0, paired_seeds: bool = False
) -> PairedResult:
    """Compare methods by their training seeds: crossed bootstrap with corrected width (see the module).

    An arm with one seed is a fixed checkpoint (a base model has no training seed), and with one seed on both sides this
    is `compare`. The estimate is the mean over all numbers of b less that of a, over the questions that both sides have
    a number for.

    Args:
        a: Question means (over epochs) of one method, shape (seeds, questions). NaN is unscored.
        b: Question means of the other for the same questions, shape (seeds, questions).
        resamples: Of the bootstrap, at least 1.
        seed: Of the bootstrap.
        paired_seeds: Whether the i-th checkpoint of b was trained from that of a, or with the same data order: pairs of
            checkpoints are then resampled, and a number that is missing on one side is left out on both.

    Returns:
        The comparison. `n` and `clusters` are the questions, `unscored` those that one side has no number for.

    Raises:
        ValueError: If the numbers of questions differ, or those of paired seeds, or nothing is scored on both sides.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> base, trained = rng.random((1, 500)), rng.random((3, 500)) + [[0.09], [0.1], [0.11]]
        >>> result = compare_seeds(base, trained, resamples=2000)
        >>> f"{result.difference:.2f} [{result.low:.2f}, {result.high:.2f}]; {result.about}"
        '0.06 [0.03, 0.09]; checkpoint a and method b (3 training seeds)'
    """
    first, second = _checked(a, b, paired_seeds)
    if len(first) == len(second) == 1:
        return compare(first[0], second[0], resamples=resamples, seed=seed)
    scored = ~(np.isnan(first).all(axis=0) | np.isnan(second).all(axis=0))
    if not scored.any():
        raise ValueError("nothing is scored on both sides")
    first, second = first[:, scored], second[:, scored]
    arms = [second - first] if paired_seeds else [-first, second]
    difference, spread, by_question = _total(arms), _spread(arms), _error_of_questions(arms)
    low, high = _interval(difference, spread.half(ALPHA), _bootstrap(arms, resamples, seed))
    questions = int(scored.sum())
    effect = difference / (by_question * sqrt(questions)) if by_question > 1e-9 * abs(difference) else nan
    return PairedResult(
        n=questions,
        clusters=questions,
        unscored=int((~scored).sum()),
        mean_a=float(np.nanmean(first)),
        mean_b=float(np.nanmean(second)),
        difference=difference,
        low=low,
        high=high,
        p_value=_p_value(difference, low, high, spread),
        standard_error=sqrt(spread.seeds + spread.questions),
        effect_size=effect,
        method=f"crossed bootstrap of seeds and {questions:,} questions, {resamples:,} resamples; width and p-value "
        f"from variance components, {spread.freedom:.1f} degrees of freedom between seeds",
        mde=minimum_detectable_effect(spread.half(ALPHA) / float(ndtri(1 - ALPHA / 2))),
        seeds_a=len(first),
        seeds_b=len(second),
    )


def _checked(a: ArrayLike, b: ArrayLike, paired_seeds: bool) -> tuple[Array, Array]:
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"a and b must be (seeds, questions) with the same questions: {first.shape}, {second.shape}")
    if not paired_seeds:
        return first, second
    if len(first) != len(second):
        raise ValueError(f"paired seeds must be as many on both sides: {len(first)}, {len(second)}")
    missing = np.isnan(first) | np.isnan(second)
    return np.where(missing, nan, first), np.where(missing, nan, second)


# --- variance components: a difference is the sum of the means of its arms, that of a with a minus --------------------
@dataclass(frozen=True)
class _Spread:
    """Where the variance of a difference comes from."""

    seeds: float
    """Variance between seeds."""
    freedom: float
    """Its degrees of freedom."""
    questions: float
    """Variance between questions, without what the one between seeds holds already."""

    def half(self, alpha: float) -> float:
        """Half the width of the interval with confidence 1 - alpha."""
        t, z = float(stdtrit(self.freedom, alpha / 2)), float(ndtri(alpha / 2))
        return sqrt(t**2 * self.seeds + z**2 * self.questions)


def _total(arms: list[Array]) -> float:
    return float(sum(np.nanmean(arm) for arm in arms))


def _spread(arms: list[Array]) -> _Spread:
    between = [(_between_seeds(arm), len(arm) - 1) for arm in arms if len(arm) > 1]
    seeds = sum(variance for variance, _ in between)
    squares = sum(variance**2 / freedom for variance, freedom in between)
    freedom = seeds**2 / squares if squares > 0 else float(sum(freedom for _, freedom in between))
    both = sum(_interaction(arm) for arm in arms)
    return _Spread(seeds, freedom, max(_error_of_questions(arms) ** 2 - both, 0.0))


def _between_seeds(arm: Array) -> float:
    """Jackknife variance of an arm's mean over its seeds."""
    without = np.array([np.nanmean(np.delete(arm, seed, axis=0)) for seed in range(len(arm))])
    return float((len(arm) - 1) * without.var())


def _error_of_questions(arms: list[Array]) -> float:
    """Standard error of the difference between questions, with these seeds; NaN for a single question."""
    parts = [np.nansum(arm - np.nanmean(arm), axis=0) / (~np.isnan(arm)).sum() for arm in arms]
    return error_of_sum(np.sum(parts, axis=0))


def _interaction(arm: Array) -> float:
    """Variance of an arm's mean from what is neither its seeds nor its questions; a single seed has none of it."""
    seeds, questions = arm.shape
    cells = int((~np.isnan(arm)).sum())
    freedom = cells - seeds - questions + 1
    if seeds < 2 or freedom < 1:
        return 0.0
    by_seed, by_question = np.nanmean(arm, axis=1, keepdims=True), np.nanmean(arm, axis=0)
    return float(np.nansum((arm - by_seed - by_question + np.nanmean(arm)) ** 2) / freedom / cells)


# --- interval and test ------------------------------------------------------------------------------------------------
def _bootstrap(arms: list[Array], resamples: int, seed: int) -> Array:
    """The difference with questions resampled once for all seeds, and seeds within each arm; shape (resamples,)."""
    rng = np.random.default_rng([seed, 2])
    columns = [part.T for arm in arms for part in (np.nan_to_num(arm), (~np.isnan(arm)).astype(float))]
    totals = bootstrap_totals(np.hstack(columns), resamples, rng)
    parts = iter(np.split(totals, np.cumsum([part.shape[1] for part in columns])[:-1], axis=1))
    difference: Array = np.zeros(resamples)
    for arm in arms:
        drawn = rng.multinomial(len(arm), np.full(len(arm), 1 / len(arm)), size=resamples)
        difference += quotient((drawn * next(parts)).sum(axis=1), (drawn * next(parts)).sum(axis=1))
    return difference


def _interval(difference: float, half: float, drawn: Array) -> Interval:
    """The bootstrap's percentiles, stretched about the difference until they are twice `half` apart."""
    low, high = np.quantile(drawn[np.isfinite(drawn)], [ALPHA / 2, 1 - ALPHA / 2]) - difference
    if not low < 0 < high:
        return Interval(difference - half, difference + half)
    stretch = 2 * half / float(high - low)
    return Interval(difference + float(low) * stretch, difference + float(high) * stretch)


def _p_value(difference: float, low: float, high: float, spread: _Spread) -> float:
    """One less the confidence at which the interval, as skewed as it is, ends at zero."""
    width = difference - low if difference > 0 else high - difference
    if not width > 0:
        return nan if np.isnan(width) else float(difference == 0)
    distance = abs(difference) / width * spread.half(ALPHA)
    if distance == 0:
        return 1.0
    least = 1e-100
    if spread.half(least) <= distance:
        return least
    return float(np.exp(brentq(lambda log_p: spread.half(np.exp(log_p)) - distance, np.log(least), 0.0)))
