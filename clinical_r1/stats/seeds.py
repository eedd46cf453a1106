"""Comparison of two methods, each trained with several seeds: seeds and questions are both samples.

A bootstrap that resamples the questions (once for all seeds) and the seeds of each arm gives the interval its shape. As
it is far too narrow with two or three seeds, variance components give the width: between seeds V_s (of each arm),
between questions V_q, and their interaction V_r (subtracted once). Half the width is

    sqrt(t^2 V_s + z^2 (V_q - V_r)),

with t of Welch's and Satterthwaite's degrees of freedom of V_s. The p-value is one less the confidence at which the
interval ends at zero.

How often the 95 % intervals held a true difference of zero in simulations (normal components, 200 questions, 2,000
repetitions: +- .010), by the standard deviation that seeds give the difference over the one that questions give it,
where the seeds of both arms differ and where those of one arm do; in brackets, the percentiles of the bootstrap alone:

    seeds per arm  both: 0       1             3             10            one: 3        10
    2              .984 (.975)   .985 (.956)   .981 (.850)   .978 (.709)   .970 (.837)   .941 (.634)
    3              .975 (.984)   .976 (.967)   .967 (.891)   .956 (.806)   .951 (.854)   .946 (.733)
    5              .961 (.981)   .967 (.963)   .961 (.908)   .952 (.880)   .957 (.885)   .945 (.831)

Two seeds per arm make intervals two to three times as wide as they would be with many, three make them a quarter to a
half wider. tests/stats/test_seeds.py repeats a part of this.

A number that is missing (a failed judgement) leaves its question to the other seeds of its side, and how far seeds are
apart is taken within questions, so that failures on hard questions of one side alone shift nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import exp, log, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr, ndtri, stdtrit

from clinical_r1.stats.contrast import POWER, Level, PairedResult, nothing
from clinical_r1.stats.estimates import (
    ALPHA,
    Array,
    Clusters,
    Estimate,
    Interval,
    error_of_sum,
    places_of,
    quotient,
    score_difference,
)
from clinical_r1.stats.paired import compare
from clinical_r1.stats.resampling import bootstrap_totals


def compare_seeds(
    a: ArrayLike,
    b: ArrayLike,
    *,
    strata: Clusters = None,
    resamples: int = 10_000,
    seed: int = 0,
    paired_seeds: bool = False,
) -> PairedResult:
    """Compare methods by their training seeds: crossed bootstrap with corrected width (see the module).

    An arm with one seed is a fixed checkpoint (a base model has no training seed), and with one seed on both sides,
    and no strata, this is `compare`. The estimate is the mean over questions of the mean over b's seeds less that over
    a's, over the questions that both sides have a number for; with strata, the mean of such means.

    Args:
        a: Question means (over epochs) of one method, shape (seeds, questions). NaN is unscored.
        b: Question means of the other for the same questions, shape (seeds, questions).
        strata: Label of each question's benchmark, shape (questions,): each counts the same, whatever its size. They
            share the seeds, so that their differences are not independent.
        resamples: Of the bootstrap, at least 1.
        seed: Of the bootstrap.
        paired_seeds: Whether the i-th checkpoint of b was trained from that of a, or with the same data order: pairs of
            checkpoints are then resampled, and a number that is missing on one side is left out on both.

    Returns:
        The comparison. `n` and `clusters` are the questions, `unscored` the numbers (of a seed and a question) that are
        NaN; seeds without any number are left out.

    Raises:
        ValueError: If the numbers of questions differ, or those of paired seeds, or nothing is scored on both sides.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> base, trained = rng.random((1, 500)), rng.random((3, 500)) + [[0.09], [0.1], [0.11]]
        >>> result = compare_seeds(base, trained, resamples=2000)
        >>> f"{result.difference:.2f} [{result.low:.2f}, {result.high:.2f}]; {result.about}"
        '0.06 [0.03, 0.09]; checkpoint a and method b (3 training seeds)'
    """
    return linear_contrast(
        [a, b], (1, 0), (0, 1), strata=strata, resamples=resamples, seed=seed, paired_seeds=paired_seeds
    )


def linear_contrast(
    arms: Sequence[ArrayLike],
    weights_a: ArrayLike,
    weights_b: ArrayLike,
    *,
    strata: Clusters = None,
    resamples: int = 10_000,
    seed: int = 0,
    paired_seeds: bool = False,
) -> PairedResult:
    """Compare two weighted sums of the means of any number of methods, such as an effect in a factorial design.

    What `compare_seeds` is for a and b, with the same errors. Variances between seeds are those of the weighted arms
    and sum over them; questions are those that every arm has a number for, one without a weight too.

    Args:
        arms: Question means of each method, each of shape (seeds, questions). NaN is unscored.
        weights_a: What is subtracted: the weight of each arm, shape (arms,).
        weights_b: What it is subtracted from, shape (arms,).
        strata: As for `compare_seeds`, as the following are.
        resamples: At least 1.
        seed: Of the bootstrap.
        paired_seeds: Of all arms.

    Returns:
        The comparison; `mean_a` and `mean_b` are the weighted sums, `seeds_a` and `seeds_b` the fewest seeds of an arm
        in them. With one seed in every arm that has a weight it is `compare` of the sums.

    Examples:
        >>> grpo, crpo = np.array([[0.0, 0, 1, 0], [1, 0, 1, 0]]), np.array([[1.0, 0, 1, 0], [1, 1, 1, 0]])
        >>> found = linear_contrast([grpo, crpo, grpo + 0.5], (0.5, 0, 0.5), (0, 1, 0), resamples=500)
        >>> found.mean_a, found.mean_b, found.difference
        (0.625, 0.625, 0.0)
    """
    tables, a, b = _checked(arms, paired_seeds), np.asarray(weights_a, dtype=float), np.asarray(weights_b, dtype=float)
    if all(len(arm) == 1 for arm, weight in zip(tables, b - a, strict=True) if weight) and strata is None:
        there = [arm if len(arm) == 1 else np.where(np.isnan(arm).all(axis=0), nan, 0.0) for arm in tables]
        values = np.vstack(there)  # of several seeds, which have no weight, only where there are numbers
        return compare(a @ values, b @ values, resamples=resamples, seed=seed)
    unscored = sum(int(np.isnan(arm).sum()) for arm in tables)
    tables, places, weights = _scored(tables, strata)
    questions = len(places)
    means = _means(tables, weights)
    mean_a, mean_b = float(a @ means), float(b @ means)
    parts = _parts(_weighted(tables, b - a, paired_seeds), weights, places)
    difference, spread, by_question = mean_b - mean_a, _spread(parts), sqrt(_between_questions(parts))
    are_shares = all(((arm >= 0) & (arm <= 1)).all() for arm in tables) and max(abs(a).sum(), abs(b).sum()) <= 1
    p_value, level = _inferred(
        difference, spread, _bootstrap(parts, resamples, seed), questions if are_shares else None
    )
    low, high, mde = level(ALPHA)
    sampled = "pairs of seeds" if paired_seeds else "seeds"
    where = f" of {len(parts.strata)} benchmarks with equal weights" if strata is not None else ""
    seeds_a, seeds_b = (
        min((len(arm) for arm, weight in zip(tables, side, strict=True) if weight), default=1) for side in (a, b)
    )
    return PairedResult(
        n=questions,
        clusters=questions,
        unscored=unscored,
        mean_a=mean_a,
        mean_b=mean_b,
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        standard_error=sqrt(spread.seeds + spread.questions),
        effect_size=difference / (by_question * sqrt(questions)) if by_question > 1e-9 * abs(difference) else nan,
        method=f"crossed bootstrap of {sampled} and {questions:,} questions{where}, {resamples:,} resamples; width and "
        f"p-value from variance components, {spread.freedom:.1f} degrees of freedom between seeds",
        mde=mde,
        seeds_a=seeds_a,
        seeds_b=seeds_b,
        level=level,
    )


def ratio_of_means(arms: Sequence[ArrayLike], above: Sequence[ArrayLike], below: Sequence[ArrayLike]) -> Estimate:
    """Ratio of weighted means of methods, or of such ratios, with an interval that is symmetric on the log scale.

    Its log is the sum of logs of means, linearised about them (delta method; of risks: Katz et al. 1978, Biometrics
    34:469): a linear contrast in which each mean weighs 1 / mean, with the variances of `linear_contrast` over seeds
    and questions. With one seed in every arm its quantile is that of t over questions. Errors are those of
    `compare_seeds`.

    Args:
        arms: Question means of each method, each of shape (seeds, questions), from 0. NaN is unscored.
        above: Weights of the arms in each mean above the line, each of shape (arms,); their product is taken.
        below: The same below it.

    Returns:
        The ratio, `n` and `clusters` the questions; NaN where a mean is not above 0, which `why` says.

    Examples:
        >>> grpo, crpo = [[0, 1, 0, 1, 1, 0, 1, 0]], [[1, 1, 0, 1, 1, 1, 1, 0]]
        >>> found = ratio_of_means([grpo, crpo], above=[[0, 1]], below=[[1, 0]])
        >>> f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
        '1.50 [0.72, 3.11]'
    """
    tables, places, weights = _scored(_checked(arms, paired_seeds=False), None)
    questions = len(places)
    signed = [(np.asarray(one, dtype=float), sign) for side, sign in ((above, 1), (below, -1)) for one in side]
    means = _means(tables, weights)
    if not all(one @ means > 0 for one, _ in signed):
        return Estimate(nan, nan, nan, questions, questions, method="undefined; a mean is 0")
    slopes = np.sum([sign * one / (one @ means) for one, sign in signed], axis=0)
    spread = _spread(_parts(_weighted(tables, slopes), weights, places))
    error, log_ratio = sqrt(spread.seeds + spread.questions), sum(sign * log(one @ means) for one, sign in signed)
    fixed = not spread.freedom
    half = -float(stdtrit(questions - 1, ALPHA / 2)) * error if fixed else spread.half(ALPHA)
    low, high = np.exp([log_ratio - half, log_ratio + half]).tolist() if half > 1e-9 else (nan, nan)
    over = f"{questions:,} questions" if fixed else f"seeds and {questions:,} questions"
    named = f"log ratio linearised over {over}" if half > 1e-9 else "no interval: neither seeds nor questions vary"
    return Estimate(exp(log_ratio), low, high, questions, questions, 0, named, error)


def _checked(arms: Sequence[ArrayLike], paired_seeds: bool) -> list[Array]:
    tables = [np.asarray(arm, dtype=float) for arm in arms]
    shapes = ", ".join(str(arm.shape) for arm in tables)
    if any(arm.ndim != 2 for arm in tables) or len({arm.shape[1] for arm in tables}) > 1:
        raise ValueError(f"arms must be (seeds, questions) with the same questions: {shapes}")
    if not paired_seeds:
        return tables
    if len({len(arm) for arm in tables}) > 1:
        raise ValueError(f"paired seeds must be as many on both sides: {', '.join(str(len(arm)) for arm in tables)}")
    missing = np.isnan(tables).any(axis=0)
    return [np.where(missing, nan, arm) for arm in tables]


def _scored(tables: list[Array], strata: Clusters) -> tuple[list[Array], NDArray[np.intp], Array]:
    """Questions that all arms have a number for, seeds that have any; the stratum of each question and its weight."""
    scored = np.asarray(~np.any([np.isnan(arm).all(axis=0) for arm in tables], axis=0))
    if not scored.any():
        raise ValueError("nothing is scored on both sides")
    tables = [arm[~np.isnan(arm).all(axis=1)] for arm in (table[:, scored] for table in tables)]
    places = np.zeros(len(scored), dtype=np.intp) if strata is None else places_of(strata, len(scored))
    places = np.unique(places[scored], return_inverse=True)[1]
    sizes = np.bincount(places)
    return tables, places, 1 / (len(sizes) * sizes[places])


def _means(tables: list[Array], weights: Array) -> Array:
    """Of each arm, over questions of the mean over its seeds."""
    return np.array([weights @ np.nanmean(arm, axis=0) for arm in tables])


def _weighted(tables: list[Array], weights: Array, paired_seeds: bool = False) -> list[Array]:
    """The arms that have a weight, times it; of paired seeds, their sum."""
    arms = [weight * arm for arm, weight in zip(tables, weights, strict=True) if weight]
    return [np.sum(arms, axis=0)] if paired_seeds else arms


# --- variance components: what each question, and each seed in it, adds to the difference -----------------------------
class _Arm(NamedTuple):
    """An arm with several seeds."""

    shares: Array
    """Weight of each number: that of its question, shared by the seeds that have it; shape (seeds, questions)."""
    apart: Array
    """How far each number is from the mean of its question, times its share."""


class _Parts(NamedTuple):
    """What the numbers add to a difference, less its expectation."""

    questions: Array
    """Of each question, with these seeds; sums to zero in each stratum."""
    arms: list[_Arm]
    strata: list[NDArray[np.bool_]]
    """Which questions each stratum has."""


def _parts(arms: list[Array], weights: Array, places: NDArray[np.intp]) -> _Parts:
    """Of a contrast that is the sum of the means of its arms, each times its weight."""
    by_question = np.sum([np.nanmean(arm, axis=0) for arm in arms], axis=0)
    strata = [places == place for place in np.unique(places)]
    for stratum in strata:
        by_question[stratum] -= by_question[stratum].mean()
    found = []
    for arm in arms:
        there = ~np.isnan(arm)
        shares = weights * there / there.sum(axis=0)
        if len(arm) > 1:
            found.append(_Arm(shares, shares * np.nan_to_num(arm - np.nanmean(arm, axis=0))))
    return _Parts(weights * by_question, found, strata)


def spread_between(a: ArrayLike, b: ArrayLike) -> "Spread":
    """Where the variance of the difference between two methods comes from; arguments and errors of `compare_seeds`."""
    tables, places, weights = _scored(_checked([a, b], paired_seeds=False), None)
    return _spread(_parts(_weighted(tables, np.array([-1.0, 1.0])), weights, places))


def half_width(alpha: float, seeds: ArrayLike, freedom: ArrayLike, questions: float) -> Array:
    """Half the width of intervals with confidence 1 - alpha, see the module.

    Args:
        alpha: One less the confidence, in (0, 1).
        seeds: Variances between seeds, from 0; any shape.
        freedom: Their degrees of freedom, above 0.
        questions: Variance between questions, from 0, without what the one between seeds holds already.
    """
    between = stdtrit(freedom, alpha / 2) ** 2 * np.asarray(seeds)
    return np.asarray(np.sqrt(between + ndtri(alpha / 2) ** 2 * questions))


def expected_halves(alpha: float, arms: Sequence[tuple[float, float]], questions: float) -> Array:
    """Half the widths of intervals at equally likely estimates of the variances between seeds.

    Args:
        alpha: See `half_width`.
        arms: Variance between seeds and its degrees of freedom, of each arm with several.
        questions: See `half_width`.
    """
    if not arms:
        return half_width(alpha, np.zeros(1), 1.0, questions)
    expected, freedoms = np.transpose(arms)[:, :, None]
    drawn = expected / freedoms * chdtri(freedoms, _likely(len(arms)))
    total, squares = drawn.sum(axis=0), (drawn**2 / freedoms).sum(axis=0)
    freedom = np.maximum(total**2 / np.maximum(squares, np.finfo(float).tiny), freedoms.min())
    return half_width(alpha, total, freedom, questions)


@cache
def _likely(arms: int) -> Array:
    """Quantiles at which estimates are looked at, evenly spread over all arms, of shape (arms, 4096)."""
    from scipy.stats.qmc import Sobol

    return np.asarray(Sobol(arms, scramble=False).random_base2(12).T + 1 / 2**13)


def detectable(halves: Array, standard_error: float, power: float = POWER) -> float:
    """Smallest true difference, in the unit of the widths, of which an interval excludes 0 with this chance.

    The chance is the mean over the estimates of the variance between seeds: a noncentral t with the expected degrees of
    freedom promises 80 % where two seeds per side have 28 to 60 % and three 53 to 78 %.

    Args:
        halves: Half the widths that are equally likely.
        standard_error: Of the difference; where it is not above 0 nothing can be said: NaN.
        power: In [.5, 1).

    Examples:
        >>> round(detectable(np.array([0.0196]), 0.01), 4)
        0.028
        >>> wide = expected_halves(0.05, [(0.01**2 / 2, 1)] * 2, 0.0)  # two seeds per side, questions beyond number
        >>> round(detectable(wide, 0.01), 4)
        0.1039
    """
    if not standard_error > 0:
        return nan
    highest = float(halves.max()) + (float(ndtri(power)) + 1) * standard_error
    return float(brentq(lambda true: ndtr((true - halves) / standard_error).mean() - power, 0.0, highest))


@dataclass(frozen=True)
class Spread:
    """Where the variance of a difference comes from."""

    seeds: float
    """Variance between seeds."""
    freedom: float
    """Its degrees of freedom."""
    questions: float
    """Variance between questions, without what the one between seeds holds already."""
    both: float
    """Variance of what is neither seeds nor questions, which the one between seeds holds."""
    arms: tuple[tuple[float, float], ...]
    """Of each arm with several seeds: variance between them, and its degrees of freedom."""

    def half(self, alpha: float) -> float:
        """Half the width of the interval with confidence 1 - alpha."""
        freedom = self.freedom if self.seeds else 1.0  # of nothing any will do
        return float(half_width(alpha, self.seeds, freedom, self.questions))


def _spread(parts: _Parts) -> Spread:
    between = [(_between_seeds(arm), float(len(arm.shares) - 1)) for arm in parts.arms]
    seeds = sum(variance for variance, _ in between)
    squares = sum(variance**2 / freedom for variance, freedom in between)
    freedom = seeds**2 / squares if squares > 0 else float(sum(freedom for _, freedom in between))
    both = sum(_interaction(arm, stratum) for arm in parts.arms for stratum in parts.strata)
    return Spread(seeds, freedom, max(_between_questions(parts) - both, 0.0), both, tuple(between))


def _between_seeds(arm: _Arm) -> float:
    """Variance of an arm's mean over its seeds; NaN where a seed has no question with another."""
    seeds = len(arm.shares)
    # a seed is compared with the mean of those that have the question: the fewer, the less far apart they seem
    shown = (arm.shares * (1 - 1 / (arm.shares > 0).sum(axis=0))).sum(axis=1)
    return error_of_sum(arm.apart.sum(axis=1) * quotient((1 - 1 / seeds) * arm.shares.sum(axis=1), shown)) ** 2


def _between_questions(parts: _Parts) -> float:
    """Variance of the difference between questions, with these seeds; NaN where a stratum has a single question."""
    return sum(error_of_sum(parts.questions[stratum]) ** 2 for stratum in parts.strata)


def _interaction(arm: _Arm, stratum: NDArray[np.bool_]) -> float:
    """Variance of an arm's mean from what is neither its seeds nor its questions."""
    shares, apart = (one[:, stratum & ((arm.shares > 0).sum(axis=0) > 1)] for one in arm)
    questions = shares.shape[1]
    cells = int((shares > 0).sum())
    freedom = cells - int((shares > 0).any(axis=1).sum()) - questions + 1
    if freedom < 1:
        return 0.0
    by_seed = np.nan_to_num(quotient(apart.sum(axis=1), shares.sum(axis=1)))
    return float(((apart - shares * by_seed[:, None]) ** 2).sum() * cells / freedom)


# --- interval and test ------------------------------------------------------------------------------------------------
def _inferred(
    difference: float, spread: Spread, drawn: Array, shares: int | None
) -> tuple[float, Callable[[float], Level]]:
    """p-value, and interval and detectable difference of alpha; `shares` is the number of questions of shares."""
    ends = _interval(difference, spread.half(ALPHA), drawn)
    p_value = _p_value(difference, *ends, spread)
    if spread.half(ALPHA) != 0:
        return p_value, partial(_level, difference, ends, spread)
    if difference != 0 or shares is None:  # all seeds answer all questions alike, which they need not on others
        return p_value, nothing
    return p_value, lambda alpha: Level(*score_difference(0.0, 0.0, shares, float(ndtri(1 - alpha / 2))), nan)


def _bootstrap(parts: _Parts, resamples: int, seed: int) -> Array:
    """How far a resample is from the difference: questions are drawn once for all seeds, and seeds within each arm."""
    rng = np.random.default_rng([seed, 2])
    sizes = [len(arm.apart) for arm in parts.arms]
    totals = bootstrap_totals(np.column_stack([parts.questions, *(arm.apart.T for arm in parts.arms)]), resamples, rng)
    drawn: Array = totals[:, 0]
    for seeds, part in zip(sizes, np.split(totals, 1 + np.cumsum([0, *sizes]), axis=1)[1:-1], strict=True):
        drawn = drawn + (rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) * part).sum(axis=1)
    return drawn


def _interval(difference: float, half: float, drawn: Array) -> Interval:
    """The bootstrap's percentiles, stretched about the difference until they are twice `half` apart."""
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    if not low < 0 < high:
        return Interval(difference - half, difference + half)
    stretch = 2 * half / float(high - low)
    return Interval(difference + float(low) * stretch, difference + float(high) * stretch)


def _level(difference: float, ends: Interval, spread: Spread, alpha: float) -> Level:
    """With the 95 % interval stretched."""
    by = spread.half(alpha) / spread.half(ALPHA)
    halves = expected_halves(alpha, spread.arms, spread.questions)
    mde = detectable(halves, sqrt(spread.seeds + spread.questions))
    return Level(difference + by * (ends.low - difference), difference + by * (ends.high - difference), mde)


def _p_value(difference: float, low: float, high: float, spread: Spread) -> float:
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
