"""Paired comparison, against scipy and closed forms."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import isnan, nan
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test, ttest_rel

from clinical_r1.stats.paired import PairedResult, compare, compare_many, compare_ratios

binary = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=12)


def difference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.mean(y - x, axis=axis)


def gamma(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Skewed numbers, for which percentile and accelerated intervals differ."""
    rng = np.random.default_rng(seed)
    a = rng.gamma(1, size=n)
    return a, a + rng.gamma(1, size=n) - 0.7


@pytest.mark.parametrize("n", [20, 60, 400])
def test_the_interval_is_scipys(n: int) -> None:
    a, b = gamma(n)
    ours = compare(a, b)
    theirs = bootstrap((b - a,), np.mean, method="BCa", n_resamples=10_000, rng=1).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.15 * (theirs.high - theirs.low))


@pytest.mark.parametrize("n", [9, 60])
def test_the_p_value_is_scipys(n: int) -> None:  # 9: all swaps; 60: a sample of them
    a, b = gamma(n, seed=3)
    theirs = permutation_test(
        (a, b), difference, permutation_type="samples", vectorized=True, n_resamples=10_000, rng=1
    )
    assert compare(a, b).p_value == pytest.approx(theirs.pvalue, abs=1e-12 if n == 9 else 0.015)


def test_the_standard_error_is_the_paired_t_tests() -> None:
    a, b = gamma(50)
    assert compare(a, b).standard_error == pytest.approx(abs(compare(a, b).difference / ttest_rel(b, a).statistic))


def test_epochs_of_a_question_are_no_new_questions() -> None:
    a, b = gamma(40)
    once = compare(a, b)
    five = compare(np.repeat(a, 5), np.repeat(b, 5), clusters=np.repeat(np.arange(40), 5))
    naive = compare(np.repeat(a, 5), np.repeat(b, 5))
    assert (five.n, five.clusters) == (200, 40)
    assert (five.low, five.high) == pytest.approx((once.low, once.high))
    assert five.standard_error == pytest.approx(once.standard_error)
    assert naive.standard_error < 0.5 * five.standard_error


def test_questions_with_more_epochs_weigh_more() -> None:
    result = compare([0, 0, 0, 0], [1, 1, 1, 0], clusters=["q1", "q1", "q1", "q2"])
    assert result.difference == 0.75


def test_many_distinct_values_and_few_are_drawn_alike() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, 300).astype(float)
    b = np.where(rng.random(300) < 0.2, 1 - a, a)
    few = compare(a, b)
    many = compare_many(np.column_stack([a, a]), np.column_stack([b, rng.random(300)]))[0]
    assert few != many, "another way of drawing"
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=0.007)
    assert few.p_value == pytest.approx(many.p_value, abs=0.015)


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        a, noise = rng.random((40, 5)) < 0.5, rng.random((40, 1)) < 0.3  # epochs of a question move together
        b = np.where(noise, 1 - a, a).astype(float)
        result = compare(a.ravel(), b.ravel(), clusters=np.repeat(np.arange(40), 5), resamples=1000)
        covered += result.low <= 0 <= result.high
    assert 0.90 <= covered / 300 <= 0.98


def test_the_test_is_right_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    p_values = [compare(rng.random(30) < 0.5, rng.random(30) < 0.5, resamples=999).p_value for _ in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.075


@settings(max_examples=40, deadline=None)
@given(binary)
def test_swapping_the_sides_swaps_the_sign(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    one, other = compare(a, b, resamples=5000), compare(b, a, resamples=5000)
    assert one.difference == -other.difference
    assert one.p_value == other.p_value  # all swaps are tried
    assert one.low <= one.difference <= one.high


def test_the_same_seed_gives_the_same_result() -> None:
    a, b = gamma(100)
    assert compare(a, b) == compare(a, b)
    assert compare(a, b).low != compare(a, b, seed=1).low


def test_unscored_pairs_are_left_out_and_counted() -> None:
    result = compare([1, nan, 0, 0], [1, 1, nan, 1])
    assert (result.n, result.unscored, result.difference) == (2, 2, 0.5)


def test_without_two_questions_there_is_no_uncertainty_to_state() -> None:
    result = compare([0, 1], [1, 1], clusters=["q", "q"])
    assert result.difference == 0.5
    assert all(isnan(value) for value in (result.low, result.high, result.p_value, result.standard_error))


def test_no_difference_at_all_is_no_proof_of_none() -> None:
    result = compare([1, 0, 1], [1, 0, 1])
    assert (result.difference, result.p_value) == (0, 1)
    assert result.low < -0.5
    assert result.high > 0.5
    many_questions = compare(np.zeros(120), np.zeros(120))
    assert (many_questions.low, many_questions.high) == pytest.approx((-0.032, 0.032), abs=5e-4)
    counts = compare([3, 3, 3], [3, 3, 3])
    assert isnan(counts.low), "nothing bounds what a fourth one could be"
    assert "no interval" in counts.method


@pytest.mark.parametrize(
    ("a", "b", "clusters", "said"),
    [
        ([1, 0], [1], None, "one length"),
        ([1, 0], [1, 0], ["q"], "one length"),
        ([[1, 0]], [[1, 0]], None, "one length"),
        ([nan], [1], None, "nothing is scored"),
        ([], [], None, "nothing is scored"),
    ],
)
def test_what_cannot_be_compared(a: list, b: list, clusters: list | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compare(a, b, clusters=clusters)


# --- rare and nearly sure events --------------------------------------------------------------------------------------
def pairs_of(a: float, b: float, n: int, epochs: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Epochs of a question that are right as often as its difficulty says."""
    rng, alike = np.random.default_rng(seed), 0.5
    sides = []
    for share in (a, b):
        easy = rng.beta(share * alike, (1 - share) * alike, size=(n, 1)) if 0 < share < 1 else np.full((n, 1), share)
        sides.append((rng.random((n, epochs)) < easy).astype(float).ravel())
    return sides[0], sides[1], np.repeat(np.arange(n), epochs)


RARE = [  # BCa intervals held the truth in .60 to .92 of cases
    (0.002, 0.010, 120, 1), (0.0, 0.010, 120, 1), (0.005, 0.020, 120, 1), (0.97, 0.94, 120, 1),
    (0.002, 0.006, 500, 1), (0.010, 0.010, 120, 5), (0.010, 0.030, 120, 5),
]  # fmt: skip


def held(a: float, b: float, n: int, epochs: int, cases: int) -> float:
    results = [compare(*sides[:2], clusters=sides[2], resamples=200) for sides in (pairs_of(a, b, n, epochs, seed) for seed in range(cases))]  # fmt: skip
    assert all(result.low < result.high for result in results)
    return float(np.mean([result.low <= b - a <= result.high for result in results]))


@pytest.mark.parametrize(("a", "b", "n", "epochs"), RARE)
def test_intervals_of_rare_events_hold_the_truth(a: float, b: float, n: int, epochs: int) -> None:
    assert held(a, b, n, epochs, 40) >= 0.85


@pytest.mark.exhaustive
@pytest.mark.parametrize(("a", "b", "n", "epochs"), RARE)
def test_intervals_of_rare_events_hold_the_truth_as_often_as_they_say(a: float, b: float, n: int, epochs: int) -> None:
    assert held(a, b, n, epochs, 1000) >= 0.93


@pytest.mark.parametrize(("differing", "name"), [(48, "score interval"), (52, "BCa")])
def test_a_bootstrap_needs_fifty_questions_that_differ(differing: int, name: str) -> None:
    question = np.arange(1000)
    a, b = question < differing / 2, (question >= differing / 2) & (question < differing)
    assert compare(a, b, resamples=100).method.startswith(name)


@pytest.mark.parametrize("scale", [1, 7])  # of shares, and of counts, which have BCa intervals
@pytest.mark.parametrize("b", [0.02, 0.06, 0.1, 0.15, 0.3])
def test_an_interval_holds_zero_if_and_only_if_the_test_does_not_reject_it(b: float, scale: int) -> None:
    rejected = 0
    for seed in range(12):
        sides = pairs_of(0.02, b, 60, 2, seed)
        result = compare(scale * sides[0], scale * sides[1], clusters=sides[2], resamples=400)
        assert (result.low <= 0 <= result.high) == (result.p_value >= 0.05), seed
        rejected += result.p_value < 0.05
    assert b not in (0.02, 0.3) or (rejected >= 9) == (b == 0.3)


def test_claims_without_a_hallucination_on_either_side_may_yet_have_some() -> None:
    result = compare_ratios(np.zeros(50), np.full(50, 8), np.zeros(50), np.full(50, 9))
    assert (result.low, result.high) == pytest.approx((-0.075, 0.075), abs=2e-3)


# --- invariants -------------------------------------------------------------------------------------------------------
numbers = st.integers(-40, 40).map(lambda number: number / 8)  # sums are exact, so that ties stay ties
measured = st.integers(2, 30).flatmap(
    lambda n: st.tuples(*(st.lists(numbers, min_size=n, max_size=n) for _ in range(2)), st.lists(st.integers(0, 9), min_size=n, max_size=n))
)  # fmt: skip


def figures(result: PairedResult) -> list[float]:
    return [result.difference, result.low, result.high, result.standard_error, result.mde]


@settings(max_examples=60, deadline=None)
@given(measured)
def test_b_against_a_is_the_mirror_of_a_against_b(data: tuple[list[float], list[float], list[int]]) -> None:
    a, b, clusters = data
    one, other = (compare(x, y, clusters=clusters, resamples=500) for x, y in ((a, b), (b, a)))
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)
    assert one.effect_size == pytest.approx(-other.effect_size, nan_ok=True)
    assert isnan(one.low) == (one.clusters < 2 or "no interval" in one.method)
    assert isnan(one.low) or one.low <= one.difference <= one.high


@settings(max_examples=60, deadline=None)
@given(measured, st.randoms(use_true_random=False))
def test_the_order_of_pairs_says_nothing(data: tuple[list[float], list[float], list[int]], random: Random) -> None:
    rows = list(zip(*data, strict=True))
    one = compare(*data[:2], clusters=data[2], resamples=500)
    random.shuffle(rows)
    a, b, clusters = zip(*rows, strict=True)
    other = compare(a, b, clusters=clusters, resamples=500)
    assert figures(one) == pytest.approx(figures(other), nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(measured, st.integers(-30, 30), numbers)
def test_units_and_a_common_offset_say_nothing(
    data: tuple[list[float], list[float], list[int]], power: int, offset: float
) -> None:
    a, b, clusters = data
    scaled = [[2.0**power * (value + offset) for value in side] for side in (a, b)]
    # shares, which [0, 1] bounds, are no numbers of any unit
    assume(all(min(*x, *y) < 0 or max(*x, *y) > 1 for x, y in ((a, b), scaled)))
    one = compare(a, b, clusters=clusters, resamples=500)
    other = compare(*scaled, clusters=clusters, resamples=500)
    assert figures(other) == pytest.approx([2.0**power * figure for figure in figures(one)], rel=1e-6, nan_ok=True)
    assert other.p_value == pytest.approx(one.p_value, nan_ok=True)
    assert other.effect_size == pytest.approx(one.effect_size, rel=1e-6, nan_ok=True)


def test_ties_are_ties_whatever_rounding_says() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 4, size=(2, 30))
    whole, thirds = compare(a, b), compare(a * 10 / 3, b * 10 / 3)  # not in [0, 1], where they would be shares
    assert thirds.p_value == whole.p_value
    assert (0.3 * thirds.low, 0.3 * thirds.high) == pytest.approx((whole.low, whole.high))


def test_the_same_difference_everywhere() -> None:
    a = np.linspace(0, 1, 30)
    result = compare(a, a + 0.1)
    assert result.standard_error == pytest.approx(0)
    assert all(isnan(value) for value in (result.low, result.high, result.effect_size)), "no spread to take them from"
    assert result.p_value == pytest.approx(2 / 2**30, rel=0.1)


def test_a_strong_difference_is_not_stopped_by_the_number_of_permutations() -> None:
    a, b = gamma(300)
    result = compare(a, b + 1)
    assert 0 < result.p_value < 1e-20
    assert "saddlepoint" in result.method


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    mde = compare(np.zeros(400), rng.normal(size=400)).mde
    assert mde == pytest.approx((1.959964 + 0.841621) / 20, rel=0.1)
    found = [compare(np.zeros(400), rng.normal(0.14008, 1, 400), resamples=400).p_value <= 0.05 for _ in range(200)]
    assert 0.72 <= np.mean(found) <= 0.88


# --- many metrics at once ---------------------------------------------------------------------------------------------
def many(questions: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three epochs a question, four metrics."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(questions), 3)
    level = rng.normal(size=(questions, 4))[clusters]
    a = level + rng.normal(size=level.shape)
    return a, a + rng.gamma(1, size=(questions, 4))[clusters] - 0.9 + rng.normal(size=level.shape), clusters


def test_every_metric_is_compared_as_it_would_be_alone() -> None:
    a, b, clusters = many(80)
    together = compare_many(a, b, clusters=clusters, resamples=2000, seed=5)
    for metric, result in enumerate(together):
        alone = compare(a[:, metric], b[:, metric], clusters=clusters, resamples=2000, seed=5)
        assert figures(result) == pytest.approx(figures(alone), rel=1e-9)
        assert (result.p_value, result.n, result.method) == (alone.p_value, alone.n, alone.method)


def test_every_metric_leaves_out_its_own_unscored() -> None:
    a, b, clusters = many(300)
    a[np.random.default_rng(1).random(a.shape) < [0, 0.05, 0.3, 0.9]] = nan
    together = compare_many(a, b, clusters=clusters)
    assert [result.unscored for result in together] == np.isnan(a).sum(axis=0).tolist()
    for metric, result in enumerate(together):
        alone = compare(a[:, metric], b[:, metric], clusters=clusters)
        assert (result.n, result.clusters) == (alone.n, alone.clusters)
        for name in ("difference", "mean_a", "mean_b", "standard_error", "effect_size"):
            assert getattr(result, name) == pytest.approx(getattr(alone, name), rel=1e-12)
        width = alone.high - alone.low
        assert (result.low, result.high) == pytest.approx((alone.low, alone.high), abs=0.05 * width)
        assert result.p_value == pytest.approx(alone.p_value, abs=0.02)


def test_a_metric_of_few_questions_among_many_has_an_interval() -> None:
    a, b, clusters = many(2000)
    a[np.ix_(clusters >= 4, [1])] = nan
    a[:, 2] = nan
    a[np.ix_(clusters >= 1, [3])] = nan
    whole, few, none, one = compare_many(a, b, clusters=clusters, resamples=500)
    assert whole.clusters == 2000
    alone = compare(a[:12, 1], b[:12, 1], clusters=clusters[:12], resamples=500)
    assert few == replace(alone, unscored=5988)
    assert (none.n, none.clusters, none.unscored) == (0, 0, 6000)
    assert (one.n, one.clusters) == (3, 1)
    for result in (none, one):
        assert all(isnan(value) for value in (result.low, result.high, result.p_value, result.effect_size, result.mde))


# --- ratios of sums ---------------------------------------------------------------------------------------------------
def claims(n: int, seed: int = 0) -> list[np.ndarray]:
    """Hallucinated claims and all claims of two checkpoints; b states more, and more of it is wrong."""
    rng = np.random.default_rng(seed)
    below_a, below_b = rng.poisson(6, n), rng.poisson(8, n)
    above = [rng.binomial(below, rng.beta(1, 6, n)) for below in (below_a, below_b)]
    return [above[0], below_a, above[1], below_b]


def gap(*sums: np.ndarray, axis: int = -1) -> np.ndarray:
    above_a, below_a, above_b, below_b = (part.sum(axis=axis) for part in sums)
    return above_b / below_b - above_a / below_a


def test_the_interval_of_ratios_is_scipys() -> None:
    data = claims(120)
    ours = compare_ratios(*data)
    theirs = bootstrap(data, gap, paired=True, method="BCa", n_resamples=10_000, rng=1)
    low, high = theirs.confidence_interval
    assert ours.difference == pytest.approx(float(gap(*data)))
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.04 * (high - low))
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.04)


def test_the_test_of_ratios_swaps_whole_questions_where_both_sides_claim_as_much() -> None:
    above_a, below, above_b, _ = np.array(claims(9, seed=4))
    data = np.array([np.minimum(above_a, below), below, np.minimum(above_b, below), below])
    swapped = np.array(list(product([False, True], repeat=9)))[:, None]
    statistics = np.abs(gap(*np.where(swapped, data[[2, 3, 0, 1]], data).swapaxes(0, 1)))
    assert compare_ratios(*data).p_value == pytest.approx(np.mean(statistics >= statistics[0] - 1e-9))


def rejected(
    volumes: tuple[int, int], rates: tuple[float, float], spread: float, repetitions: int, noise: float = 8.0
) -> tuple[float, float]:
    """How often p-values of ratios are at most .05, and how often intervals exclude 0.

    Args:
        volumes: Mean claims of each side.
        rates: Share of each side's claims that are hits.
        spread: Variance of a response's expected claims over their squared mean.
        repetitions: Data sets of 500 questions.
        noise: Of side a's rate between questions: parameters of its beta distribution sum to this.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(repetitions):
        data: list[np.ndarray] = []
        for volume, rate, sum_ in zip(volumes, rates, (noise, 8.0), strict=True):
            below = rng.poisson(volume * (rng.gamma(1 / spread, spread, 500) if spread else np.ones(500)))
            data += [rng.binomial(below, rng.beta(rate * sum_, (1 - rate) * sum_, 500)), below]
        found.append(compare_ratios(*data, resamples=400))
    excluded = [not one.low <= 0 <= one.high for one in found]
    return float(np.mean([one.p_value <= 0.05 for one in found])), float(np.mean(excluded))


VOLUMES = [
    ((5, 20), 0.0, 8.0, "one side claims four times as much"),
    ((6, 12), 0.0, 8.0, "twice"),
    ((4, 12), 1.0, 8.0, "three times, and responses differ much in how much they claim"),
    ((4, 12), 1.0, 1.5, "and the side that claims less is wrong in whole responses"),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("volumes", "spread", "noise", "why"), VOLUMES, ids=[why for *_, why in VOLUMES])
def test_equal_rates_are_called_different_as_often_as_the_level_says(
    volumes: tuple[int, int], spread: float, noise: float, why: str
) -> None:
    level, _ = rejected(volumes, (0.15, 0.15), spread, 1500, noise)
    assert 0.035 <= level <= 0.068  # .04 to .065, and what 1,500 repetitions leave open
    power, intervals = rejected(volumes, (0.15, 0.18), spread, 600, noise)
    assert power > intervals - 0.03


def test_rates_are_compared_however_much_more_one_side_claims() -> None:
    """Swapping claims instead of what they add to the rates never found equal rates different, and .28 of these."""
    level, _ = rejected((5, 20), (0.15, 0.15), 0.0, 200)
    power, intervals = rejected((5, 20), (0.15, 0.18), 0.0, 100)
    assert 0.01 <= level <= 0.10
    assert power > 0.55
    assert power == pytest.approx(intervals, abs=0.05)


def test_a_ratio_over_ones_is_a_mean() -> None:
    a, b, clusters = (one[:, 0] if one.ndim > 1 else one for one in many(60))
    ratios = compare_ratios(a, np.ones(180), b, np.ones(180), clusters=clusters)
    means = compare(a, b, clusters=clusters)
    assert figures(ratios) == pytest.approx(figures(means))
    assert (ratios.mean_a, ratios.mean_b, ratios.p_value) == pytest.approx((means.mean_a, means.mean_b, means.p_value))


def test_ratios_leave_out_what_one_side_lacks_and_questions_without_a_claim_say_nothing() -> None:
    data = [one.astype(float) for one in claims(50)]
    whole = compare_ratios(*data)
    more = [np.append(one, end) for one, end in zip(data, ([0, 1], [0, nan], [0, 1], [0, 1]), strict=True)]
    found = compare_ratios(*more)
    assert (found.n, found.clusters, found.unscored) == (51, 50, 1)
    assert figures(found) == pytest.approx(figures(whole))


def test_a_side_without_a_claim_has_no_ratio() -> None:
    result = compare_ratios([0, 0, 0], [0, 0, 0], [1, 0, 2], [3, 2, 4])
    assert isnan(result.mean_a)
    assert result.mean_b == pytest.approx(1 / 3)
    assert all(isnan(value) for value in (result.difference, result.low, result.p_value))


def test_one_question_with_claims_gives_no_interval() -> None:
    result = compare_ratios([1, 0, 0], [4, 0, 0], [2, 0, 0], [4, 0, 0])
    assert (result.difference, result.clusters) == (0.25, 1)
    assert isnan(result.low)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: compare_ratios([1], [2], [1, 2], [3, 3]), "one length"),
        (lambda: compare_ratios([1], [-2], [1], [3]), "denominators"),
        (lambda: compare_ratios([nan], [2], [1], [3]), "nothing is scored"),
        (lambda: compare_many([1, 2], [1, 2]), "one shape"),
        (lambda: compare_many([[1], [2]], [[1], [2]], clusters=["q"]), "one length"),
        (lambda: compare([0, 1], [1, 0], resamples=0), "resamples=0"),
    ],
)
def test_what_else_cannot_be_compared(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_a_result_says_what_it_speaks_about() -> None:
    result = compare([0, 1], [1, 1])
    assert result.about == "these two checkpoints"
    assert replace(result, seeds_b=3).about == "checkpoint a and method b (3 training seeds)"
