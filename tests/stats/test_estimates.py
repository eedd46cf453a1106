"""Means, shares and ratios with clustered intervals, against statsmodels and closed forms."""

from collections.abc import Callable
from math import isnan, nan, sqrt

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binomtest, kurtosis, skew, t, ttest_1samp
from statsmodels.stats.proportion import proportion_confint

from clinical_r1.stats.estimates import (
    Estimate,
    bounds,
    mean,
    ratio,
    ratio_bounds,
    share,
    wilson,
)

responses = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7), st.floats(0.1, 9)), min_size=1, max_size=40)


def epochs(questions: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of one to five epochs a question, their questions, and weights of the questions."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, questions)
    clusters = np.repeat(np.arange(questions), sizes)
    values = rng.normal(size=questions)[clusters] + rng.normal(size=len(clusters))
    return values, clusters, rng.uniform(0.5, 4, questions)[clusters]


def regression(values: np.ndarray, clusters: np.ndarray, weights: np.ndarray) -> tuple[float, float, float, float]:
    """Mean, standard error and interval from a regression on a constant with cluster-robust variance."""
    fit = sm.WLS(values, np.ones_like(values), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    return (float(fit.params[0]), float(fit.bse[0]), *map(float, fit.conf_int()[0]))


def numbers(found: Estimate) -> tuple[float, float, float, float]:
    return found.value, found.standard_error, found.low, found.high


def halls(sums: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """Ends of Hall's interval of a ratio of sums over clusters, by search for where g is a quantile of t."""
    units, value = len(sums), sums.sum() / sizes.sum()
    parts = sums - value * sizes
    error = sqrt(units / (units - 1) * (parts**2).sum()) / sizes.sum()
    a = (skew(parts) / 3 - (parts * sizes).mean() / sizes.mean() / parts.std()) / sqrt(units)
    freedom = min(units - 1, 2 * units / (kurtosis(parts, fisher=False) - 1))

    def end(sign: int) -> float:
        def excess(true: float) -> float:
            at = (value - true) / error
            g = at + a * at**2 + a**2 * at**3 / 3 + skew(parts) / (6 * sqrt(units))
            return float(g - sign * t.ppf(0.975, freedom))

        return float(brentq(excess, value - 99 * error, value + 99 * error))

    return end(1), end(-1)


# --- means ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("questions", [2, 7, 300])
def test_a_mean_is_a_cluster_robust_regression_on_a_constant(questions: int) -> None:
    values, clusters, weights = epochs(questions)
    assert numbers(mean(values, clusters))[:2] == pytest.approx(regression(values, clusters, np.ones_like(values))[:2])
    expected = regression(values, clusters, weights)
    assert numbers(mean(values, clusters, weights=weights))[:2] == pytest.approx(expected[:2])


def test_a_mean_of_independent_values_has_the_t_tests_interval() -> None:
    values = np.concatenate([epochs(30)[0], -epochs(30)[0]]) + 3  # symmetric, so that there is no skewness to correct
    found = mean(values)
    assert (found.low, found.high) == pytest.approx(tuple(ttest_1samp(values, 0).confidence_interval()))
    assert (found.n, found.clusters) == (len(values), len(values))


@pytest.mark.parametrize("questions", [7, 60])
def test_an_interval_of_skewed_numbers_is_halls(questions: int) -> None:
    rng = np.random.default_rng(questions)
    clusters = np.repeat(np.arange(questions), rng.integers(1, 6, questions))
    values = rng.lognormal(0, 1, questions)[clusters] + rng.gamma(1, size=len(clusters))
    sums, sizes = np.bincount(clusters, weights=values), np.bincount(clusters).astype(float)
    found, plain = mean(values, clusters), regression(values, clusters, np.ones_like(values))
    assert (found.low, found.high) == pytest.approx(halls(sums, sizes))
    assert found.high > plain[3], "the long tail may be longer than was seen"


def test_numbers_that_are_all_alike_have_no_interval() -> None:
    found = mean([3, 3, 3], ["a", "b", "c"])
    assert isnan(found.low)
    assert found.method == "no interval: no two clusters that differ"


def test_epochs_that_repeat_their_question_count_as_one() -> None:
    values = epochs(40)[0][:40]
    once, five = mean(values), mean(np.repeat(values, 5), np.repeat(np.arange(40), 5))
    assert numbers(five) == pytest.approx(numbers(once))
    assert (five.n, five.clusters) == (200, 40)


def test_intervals_of_means_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(12), 5)
    covered = 0
    for _ in range(500):
        found = mean(rng.normal(size=12)[clusters] + rng.normal(size=60), clusters)
        covered += found.low <= 0 <= found.high
    assert 0.92 <= covered / 500 <= 0.98


# --- shares -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("hits", "n"), [(7, 30), (0, 20), (20, 20), (1, 2), (600, 1273)])
def test_a_share_of_independent_completions_has_wilsons_interval(hits: int, n: int) -> None:
    found = share([True] * hits + [False] * (n - hits))
    scipys = binomtest(hits, n).proportion_ci(method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((hits / n, scipys.low, scipys.high), abs=1e-9)
    assert (found.low, found.high) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-9)


def test_completions_that_repeat_their_question_count_as_one() -> None:
    hits, questions = [True] * 4 + [False] * 16, [str(n) for n in range(20)]
    once, repeated = share(hits, questions), share(hits * 5, questions * 5)
    assert (repeated.value, repeated.low, repeated.high) == pytest.approx((once.value, once.low, once.high), abs=0.025)
    certain = binomtest(20, 20).proportion_ci(method="wilson")
    assert share([True] * 100, questions * 5).low == pytest.approx(certain.low, abs=1e-4)


def test_a_share_between_questions_has_the_size_that_its_variance_implies() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(200), 5)
    hits = rng.random(1000) < rng.beta(1, 1, 200)[clusters]
    found = share(hits, clusters)
    p, error = found.value, mean(hits, clusters).standard_error
    n = 1000 / (error**2 / (p * (1 - p) / 999))
    freedom = 2 * 200 / (kurtosis(np.bincount(clusters, weights=hits) - 5 * p, fisher=False) - 1)
    ends = wilson(p * n, n, t.ppf(0.975, min(199, freedom)))
    assert (found.low, found.high) == pytest.approx(tuple(ends))
    assert 300 < n < 600


def test_the_same_share_in_every_question_is_no_reason_to_divide_by_zero() -> None:
    assert share([True, False, True, False], ["a", "a", "b", "b"]).value == 0.5
    assert share([True], ["a"]).high == 1
    assert isnan(share([]).value)


def test_weights_stand_for_the_responses_that_were_not_judged() -> None:
    rng = np.random.default_rng(3)
    hits, weights = rng.random(4000) < 0.3, rng.choice([1.0, 5.0], 4000)
    found = share(hits, weights=weights)
    assert found.value == pytest.approx(np.average(hits, weights=weights))
    n = weights.sum() ** 2 / (weights**2).sum()  # Kish
    assert (found.low, found.high) == pytest.approx(wilson(found.value * n, n), abs=1e-3)
    assert share(np.ones(50), weights=weights[:50]).high == 1
    alike = share(hits, weights=np.full(4000, 7.0))
    assert numbers(alike) == pytest.approx(numbers(share(hits)))


def test_a_coverage_differs_less_than_trials_do() -> None:
    coverages = np.random.default_rng(2).beta(5, 5, 400)
    found, plain = share(coverages), t.ppf(0.975, 399) * coverages.std(ddof=1) / 20
    assert (found.low, found.high) == pytest.approx((found.value - plain, found.value + plain), abs=5e-4)
    zeros = share(np.zeros(120))
    assert (zeros.low, zeros.high) == pytest.approx(tuple(wilson(0, 120)))


# --- skewed numbers and rare events -----------------------------------------------------------------------------------
def sparse(rng: np.random.Generator) -> tuple[float, Estimate]:
    sizes = [1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 1]
    return 0.02 * float(np.mean(sizes)), share((rng.random(120) < 0.02) * rng.choice(sizes, 120))


def crowded(rng: np.random.Generator) -> tuple[float, Estimate]:
    hits = rng.random((120, 5)) < rng.beta(0.005, 0.495, size=(120, 1))
    return 0.01, share(hits.ravel(), np.repeat(np.arange(120), 5))


def heavy(rng: np.random.Generator) -> tuple[float, Estimate]:
    claims = np.maximum(1, np.round(rng.lognormal(2, 1, 120)))
    return 0.1, ratio(rng.binomial(claims.astype(int), rng.beta(0.3, 2.7, 120)), claims)


def loops(rng: np.random.Generator) -> tuple[float, Estimate]:
    return float(np.exp(1.5**2 / 2)), mean(rng.lognormal(0, 1.5, 120))


SKEWED = [sparse, crowded, heavy, loops]  # held in .75, .89, .90 and .86 of cases by plain t and Wilson intervals


def held(figure: Callable[[np.random.Generator], tuple[float, Estimate]], cases: int) -> float:
    rng = np.random.default_rng(0)
    found = [figure(rng) for _ in range(cases)]
    return float(np.mean([one.low <= truth <= one.high for truth, one in found]))


@pytest.mark.parametrize("figure", SKEWED)
def test_intervals_of_skewed_figures_hold_the_truth(
    figure: Callable[[np.random.Generator], tuple[float, Estimate]],
) -> None:
    assert held(figure, 200) >= 0.89


@pytest.mark.exhaustive
@pytest.mark.parametrize("figure", SKEWED)
def test_intervals_of_skewed_figures_hold_the_truth_as_often_as_they_say(
    figure: Callable[[np.random.Generator], tuple[float, Estimate]],
) -> None:
    assert held(figure, 3000) >= 0.925


# --- ratios -----------------------------------------------------------------------------------------------------------
def test_a_ratio_is_a_weighted_regression_of_quotients() -> None:
    values, clusters, _ = epochs(60)
    below = np.random.default_rng(2).integers(1, 9, len(values)).astype(float)
    above = below + values
    expected = regression(above / below, clusters, below)
    assert numbers(ratio(above, below, clusters))[:2] == pytest.approx(expected[:2])
    sums, sizes = (np.bincount(clusters, weights=column) for column in (above, below))
    assert numbers(ratio(above, below, clusters))[2:] == pytest.approx(halls(sums, sizes))


def test_a_ratio_of_claims_is_the_share_of_claims() -> None:
    below = np.random.default_rng(4).integers(0, 6, 200)
    above = np.random.default_rng(5).binomial(below, 0.1)
    claims = np.concatenate([np.arange(size) < hits for hits, size in zip(above, below, strict=True)])
    found, expected = ratio(above, below), share(claims, np.repeat(np.arange(200), below))
    assert numbers(found) == pytest.approx(numbers(expected))
    assert (found.n, found.clusters) == (200, expected.clusters)
    assert 0 < found.low < found.value < found.high < 1


def test_a_ratio_without_a_hit_is_not_certainly_zero() -> None:
    found = ratio([0] * 20, [5] * 20)
    assert (found.value, found.low, found.high) == pytest.approx((0, *wilson(0, 20)))


def test_responses_without_a_claim_add_nothing_but_are_scored() -> None:
    found = ratio([1, 0, 1, 0, nan], [3, 0, 2, 0, 4])
    assert (found.value, found.n, found.clusters, found.unscored) == (0.4, 4, 2, 1)
    assert numbers(found) == numbers(ratio([1, 1], [3, 2]))


def test_a_ratio_of_nothing() -> None:
    found = ratio([0, 0], [0, 0])
    assert (found.n, found.clusters) == (2, 0)
    assert all(isnan(value) for value in numbers(found))


# --- what all of them do ----------------------------------------------------------------------------------------------
@settings(max_examples=100, deadline=None)
@given(responses)
def test_the_estimate_lies_in_its_interval(rows: list[tuple[float, int, float]]) -> None:
    values, clusters, weights = (list(column) for column in zip(*rows, strict=True))
    for found in (
        mean(values, clusters, weights=weights),
        share(values, clusters, weights=weights),
        ratio(values, weights, clusters),
        ratio([value * weight for value, weight in zip(values, weights, strict=True)], weights, clusters),
    ):
        assert isnan(found.low) or found.low <= found.value <= found.high
        assert found.n == len(rows)
    assert 0 <= share(values, clusters).low <= share(values, clusters).high <= 1


@settings(max_examples=50, deadline=None)
@given(responses)
def test_unscored_values_are_left_out_and_counted(rows: list[tuple[float, int, float]]) -> None:
    values, clusters, weights = (list(column) for column in zip(*rows, strict=True))
    for estimate in (mean, share):
        found = estimate([nan, *values, nan], [99, *clusters, clusters[0]], weights=[nan, *weights, 1])
        clean = estimate(values, clusters, weights=weights)
        assert numbers(found) == pytest.approx(numbers(clean), nan_ok=True)
        assert (found.n, found.clusters, found.unscored) == (clean.n, clean.clusters, 2)


@pytest.mark.parametrize(
    "estimate", [mean, share, lambda values: ratio(values, values), lambda values: share(values, trials=1)]
)
@pytest.mark.parametrize("values", [[], [nan], [nan, nan]])
def test_nothing_is_no_number(estimate: object, values: list[float]) -> None:
    found = estimate(values)  # type: ignore[operator]
    assert all(isnan(value) for value in numbers(found))
    assert (found.n, found.clusters, found.unscored) == (0, 0, len(values))


def test_one_question_has_no_interval_but_that_of_one_trial() -> None:
    found = mean([1, 0, 1], ["q", "q", "q"])
    assert found.value == pytest.approx(2 / 3)
    assert isnan(found.low)
    assert isnan(found.standard_error)
    assert isnan(ratio([3, 1], [1, 2], ["q", "q"]).high)
    alone = share([1, 0, 1], ["q", "q", "q"])
    assert (alone.low, alone.high) == pytest.approx(wilson(2 / 3, 1))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mean([1, 2], ["q"]), "one length"),
        (lambda: mean([1, 2], weights=[1]), "one length"),
        (lambda: mean([1, 2], weights=[1, 0]), "weights must be positive"),
        (lambda: mean([[1], [2]]), "one value per response"),
        (lambda: share([0, 2]), "from 0 to 1"),
        (lambda: share([-1, 1]), "from 0 to 1"),
        (lambda: share([0, 2], trials=2), "from 0 to 1"),
        (lambda: ratio([1], [1, 2]), "one value per response"),
        (lambda: ratio([1, 1], [-1, 2]), "denominators not negative"),
    ],
)
def test_what_cannot_be_estimated(call: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()  # type: ignore[operator]


def test_the_method_says_how() -> None:
    assert mean([1, 2, 3]).method == "t interval between 3 clusters, corrected for skewness"
    assert share([1, 0, 0, 0]).method == "Wilson interval, effective size 4 of 4 clusters"


# --- credits and bounds -----------------------------------------------------------------------------------------------
def test_a_credit_is_at_most_as_sure_as_its_answers() -> None:
    rng = np.random.default_rng(0)
    credits = rng.binomial(5, rng.beta(1, 1, 400)) / 5
    found = share(credits, trials=2000)
    half = t.ppf(0.975, 399) * sqrt(credits.var(ddof=1) / 400)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=5e-4)
    alike = share(np.full(100, 0.5), trials=500)
    assert (alike.low, alike.high) == pytest.approx(wilson(250, 500))
    assert share(np.ones(30), trials=150).low == pytest.approx(wilson(30, 30).low)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.just(nan), st.floats(0, 1)), min_size=1, max_size=30))
def test_bounds_hold_whatever_the_unscored_ones_were(values: list[float]) -> None:
    low, high = bounds(values)
    missing = sum(isnan(value) for value in values)
    assert high - low == pytest.approx(missing / len(values))
    for filled in (0.0, 0.3, 1.0):
        assert low - 1e-9 <= np.mean([filled if isnan(value) else value for value in values]) <= high + 1e-9


def test_bounds_of_nothing() -> None:
    assert all(isnan(end) for end in bounds([]))


def test_bounds_of_a_ratio_take_the_mean_number_of_claims() -> None:
    low, high = ratio_bounds([1, 3, nan, nan], [4, 6, nan, 2])
    assert (low, high) == pytest.approx((4 / 20, 14 / 20))
    assert ratio_bounds([1, 3], [4, 6]) == pytest.approx((0.4, 0.4))
    assert all(isnan(end) for end in ratio_bounds([nan], [nan]))
