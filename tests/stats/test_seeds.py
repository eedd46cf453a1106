"""Comparison of methods over training seeds, and contrasts of several: coverage where the truth is known, limits."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp, ttest_ind

from clinical_r1.stats.families import combine
from clinical_r1.stats.paired import PairedResult, compare
from clinical_r1.stats.seeds import compare_seeds, linear_contrast, ratio_of_means

QUESTIONS = 150


def arms(
    rng: np.random.Generator, seeds: tuple[int, int], spread: tuple[float, float], common: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Two methods without a difference.

    Args:
        rng: Source.
        seeds: Of each arm.
        spread: Standard deviation between the seeds of each arm.
        common: Standard deviation that the i-th seeds of both arms share.
    """
    level = rng.normal(0, 0.3, QUESTIONS)  # of questions, which both arms share
    shared = rng.normal(0, common, (max(seeds), 1))
    return tuple(  # type: ignore[return-value]
        level
        + rng.normal(0, 0.2, QUESTIONS)
        + shared[:number]
        + rng.normal(0, between, (number, 1))
        + rng.normal(0, 0.3, (number, QUESTIONS))
        for number, between in zip(seeds, spread, strict=True)
    )


def covered(seeds: tuple[int, int], spread: tuple[float, float], repetitions: int = 250) -> tuple[float, float]:
    """Shares of intervals that hold the truth, and of p-values of at most .05."""
    rng = np.random.default_rng(0)
    found = [compare_seeds(*arms(rng, seeds, spread), resamples=200) for _ in range(repetitions)]
    return np.mean([one.low <= 0 <= one.high for one in found]), np.mean([one.p_value <= 0.05 for one in found])


@pytest.mark.parametrize(
    ("seeds", "spread"),
    [
        ((3, 3), (0.0, 0.0)),  # seeds do not matter
        ((3, 3), (0.05, 0.05)),  # they matter more than questions
        ((2, 2), (0.3, 0.3)),  # they are nearly all that matters
        ((3, 3), (0.0, 0.3)),  # of one method alone
        ((2, 4), (0.1, 0.1)),
        ((1, 3), (0.0, 0.1)),  # a base model against a method
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(seeds: tuple[int, int], spread: tuple[float, float]) -> None:
    coverage, rejected = covered(seeds, spread)
    assert 0.925 <= coverage <= 0.995
    assert rejected == pytest.approx(1 - coverage, abs=1e-9), "the p-value and the interval say the same"


def test_questions_alone_know_nothing_of_seeds() -> None:
    """What `compare` says of one checkpoint each is no statement about methods."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(100):
        a, b = arms(rng, (1, 1), (0.3, 0.3))
        found.append(compare(a[0], b[0], resamples=200))
    assert np.mean([one.low <= 0 <= one.high for one in found]) < 0.4


def test_paired_seeds_take_away_what_they_share() -> None:
    rng = np.random.default_rng(0)
    paired, unpaired = [], []
    for _ in range(120):
        a, b = arms(rng, (4, 4), (0.03, 0.03), common=0.3)
        paired.append(compare_seeds(a, b, resamples=200, paired_seeds=True))
        unpaired.append(compare_seeds(a, b, resamples=200))
    assert 0.91 <= np.mean([one.low <= 0 <= one.high for one in paired]) <= 0.99
    width, wide = (np.median([one.high - one.low for one in found]) for found in (paired, unpaired))
    assert width < wide / 2


def test_seeds_that_spread_make_the_interval_wider() -> None:
    questions = np.random.default_rng(2).standard_normal(200)
    close, far = (np.array([questions + spread * offset for offset in (-1, 0, 1)]) for spread in (0.01, 0.5))
    narrow, wide = (compare_seeds(arm, arm + 0.1, resamples=500) for arm in (close, far))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
    assert wide.difference == pytest.approx(0.1)


def test_where_seeds_are_all_that_differs_it_is_welchs_test() -> None:
    a, b = np.array([[0.1], [0.3], [0.2]]), np.array([[0.9], [0.4], [0.7], [0.8]])
    questions = np.linspace(0, 1, 50)
    found = compare_seeds(a + questions, b + questions)
    welch = ttest_ind(b[:, 0], a[:, 0], equal_var=False)
    assert found.p_value == pytest.approx(welch.pvalue, rel=0.3)  # the bootstrap's shape is a little skewed
    assert found.high - found.low == pytest.approx(np.ptp(welch.confidence_interval()), rel=1e-6)
    assert found.standard_error == pytest.approx((b.mean() - a.mean()) / welch.statistic)


def test_where_paired_seeds_are_all_that_differs_it_is_the_paired_t_test() -> None:
    a, b = np.array([[0.1], [0.3], [0.2]]), np.array([[0.5], [0.8], [0.9]])
    questions = np.linspace(0, 1, 50)
    found = compare_seeds(a + questions, b + questions, paired_seeds=True)
    assert found.high - found.low == pytest.approx(np.ptp(ttest_1samp((b - a)[:, 0], 0).confidence_interval()))


def test_where_seeds_do_not_matter_it_is_the_comparison_of_questions() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    found = compare_seeds(np.vstack([a, a, a]), np.vstack([b, b]))
    plain = compare(a, b)
    assert found.difference == pytest.approx(plain.difference)
    assert found.standard_error == pytest.approx(plain.standard_error)
    assert found.effect_size == pytest.approx(plain.effect_size)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.03 * (plain.high - plain.low))
    assert found.p_value == pytest.approx(plain.p_value, abs=0.02)
    assert found.mde == pytest.approx(plain.mde)


def test_one_seed_on_both_sides_is_compare() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 1, 60))
    a[0, 3] = nan
    assert compare_seeds(a, b, resamples=500, seed=3) == compare(a[0], b[0], resamples=500, seed=3)


def test_missing_numbers_are_left_out_and_questions_without_any_counted() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((3, 300)), rng.random((3, 300)) + 0.1
    whole = compare_seeds(a, b)
    a[rng.random(a.shape) < 0.02] = nan
    b[:, :5] = nan
    found = compare_seeds(a, b)
    assert (found.n, found.clusters, found.unscored) == (295, 295, np.isnan(a).sum() + 15), "numbers, not questions"
    assert (found.seeds_a, found.seeds_b) == (3, 3)
    assert found.mean_a == pytest.approx(np.nanmean(a[:, 5:], axis=0).mean()), "of the questions, not of all numbers"
    assert found.difference == pytest.approx(whole.difference, abs=0.01)
    assert found.high - found.low == pytest.approx(whole.high - whole.low, rel=0.3)
    paired = compare_seeds(a, b, paired_seeds=True)
    assert paired.difference == pytest.approx(np.nanmean((b - a)[:, 5:], axis=0).mean())


# --- failures of a judge ----------------------------------------------------------------------------------------------
def with_failures(seeds: int, between: float, failing: float, anywhere: float, repetitions: int) -> list[PairedResult]:
    """Equal methods on 800 questions with right and wrong answers.

    Args:
        seeds: Of each.
        between: Standard deviation between seeds.
        failing: Share of b's numbers on the hardest sixth of questions that are missing.
        anywhere: Share of all numbers that are missing.
        repetitions: How often.
    """
    rng = np.random.default_rng(1)
    found = []
    for _ in range(repetitions):
        level = rng.beta(1.5, 1.5, 800)
        a, b = ((rng.random((seeds, 800)) < level + rng.normal(0, between, (seeds, 1))).astype(float) for _ in range(2))
        b[(rng.random(b.shape) < failing) & (level <= np.quantile(level, 1 / 6))] = nan
        for side in (a, b):
            side[rng.random(side.shape) < anywhere] = nan
        found.append(compare_seeds(a, b, resamples=200))
    return found


def test_failures_on_hard_questions_of_one_side_shift_nothing() -> None:
    """Means over all numbers of a side would differ by .027."""
    found = with_failures(3, 0.0, 0.5, 0.0, 60)
    assert abs(np.mean([one.difference for one in found])) < 0.008
    assert 120 < np.mean([one.unscored for one in found]) < 280


FAILURES = [
    (3, 0.014, 0.5, 0.0, "half of the hardest sixth, on one side"),
    (3, 0.03, 0.8, 0.0, "most of it"),
    (2, 0.014, 0.5, 0.0, "two seeds"),
    (3, 0.03, 0.0, 0.1, "anywhere on both sides"),
    (2, 0.05, 0.0, 0.2, "two seeds that spread, a fifth of all"),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("seeds", "between", "failing", "anywhere", "why"), FAILURES, ids=[why for *_, why in FAILURES]
)
def test_failures_leave_the_level_of_the_test(
    seeds: int, between: float, failing: float, anywhere: float, why: str
) -> None:
    found = with_failures(seeds, between, failing, anywhere, 800)
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.065
    spread = np.std([one.difference for one in found])
    assert np.sqrt(np.mean([one.standard_error**2 for one in found])) == pytest.approx(spread, rel=0.1)


def test_seeds_without_a_question_in_common_cannot_be_told_apart() -> None:
    found = compare_seeds([[0, 1, nan, nan], [nan, nan, 1, 0]], [[1, 1, 1, 0], [0, 1, 1, 1]])
    assert found.difference == pytest.approx(0.25)
    assert isnan(found.low)
    assert isnan(found.p_value)


# --- several benchmarks -----------------------------------------------------------------------------------------------
def test_benchmarks_count_the_same_whatever_their_size() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 70)), rng.random((3, 70))
    a[:, 3], b[0, 40:] = nan, nan  # a seed may lack a benchmark
    strata = np.array(["small"] * 10 + ["large"] * 60)
    each = [compare_seeds(a[:, strata == name], b[:, strata == name], resamples=100) for name in ("small", "large")]
    found = compare_seeds(a, b, strata=strata, resamples=500)
    for name in ("difference", "mean_a", "mean_b"):
        assert getattr(found, name) == pytest.approx(np.mean([getattr(one, name) for one in each]))
    assert (found.n, found.unscored) == (69, 2 + 30)
    assert "69 questions of 2 benchmarks" in found.method


def test_one_benchmark_is_all_of_them() -> None:
    a, b = np.random.default_rng(0).random((2, 3, 50))
    alone, only = compare_seeds(a, b), compare_seeds(a, b, strata=["medqa"] * 50)
    assert figures(only) == pytest.approx(figures(alone))


def test_benchmarks_that_disagree_are_no_spread_between_questions() -> None:
    """The mean is over these benchmarks, and not about others."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 2, 200))
    strata = np.repeat([0, 1], 100)
    apart = compare_seeds(a, b + np.where(strata, 5, -5), strata=strata)
    assert figures(apart) == pytest.approx(figures(compare_seeds(a, b, strata=strata)))


def figures(found: PairedResult) -> list[float]:
    return [found.difference, found.low, found.high, found.p_value, found.standard_error, found.mde]


def over_benchmarks(seeds: int, shared: float, separate: float, repetitions: int) -> tuple[list[float], list[float]]:
    """p-values of equal methods over three benchmarks of 300 questions, stacked, and as if they were independent.

    Args:
        seeds: Of each method.
        shared: Standard deviation between seeds that all benchmarks share.
        separate: Of each benchmark's own.
        repetitions: How often.
    """
    rng = np.random.default_rng(1)
    stacked, independent = [], []
    for _ in range(repetitions):
        level = rng.beta(2, 2, (3, 300))
        a, b = (
            (
                rng.random((3, seeds, 300))
                < level[:, None] + rng.normal(0, shared, (seeds, 1)) + rng.normal(0, separate, (3, seeds, 1))
            ).astype(float)
            for _ in range(2)
        )
        stacked.append(
            compare_seeds(np.hstack([*a]), np.hstack([*b]), strata=np.repeat([0, 1, 2], 300), resamples=200).p_value
        )
        each = [compare_seeds(*both, resamples=50) for both in zip(a, b, strict=True)]
        independent.append(combine([one.difference for one in each], [one.standard_error for one in each]).p_value)
    return stacked, independent


def test_seeds_that_benchmarks_share_are_no_independent_evidence() -> None:
    stacked, independent = (np.array(found) for found in over_benchmarks(3, 0.03, 0.0, 150))
    assert np.mean(stacked <= 0.05) <= 0.09
    assert np.mean(independent <= 0.05) > 0.1


@pytest.mark.exhaustive
@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(("shared", "separate"), [(0.03, 0.0), (0.0, 0.03), (0.0, 0.0), (0.03, 0.02)])
def test_all_benchmarks_together_hold_the_level(seeds: int, shared: float, separate: float) -> None:
    assert np.mean(np.array(over_benchmarks(seeds, shared, separate, 600)[0]) <= 0.05) <= 0.065


# --- contrasts of several methods -------------------------------------------------------------------------------------
MAIN, INTERACTION = ((0.5, 0.5, 0, 0), (0, 0, 0.5, 0.5)), ((-1, 0, 1, 0), (0, -1, 0, 1))
"""Weights of four arms: of the third and fourth against the first two, and of a difference of differences."""
OF_MEANS, OF_RATIOS = ([MAIN[1]], [MAIN[0]]), (np.eye(4)[[3, 0]], np.eye(4)[[1, 2]])


def test_an_arm_without_weight_only_says_which_questions_count() -> None:
    rng = np.random.default_rng(0)
    a, b, other = rng.random((3, 2, 40))
    other[:, :10] = nan
    found = linear_contrast([a, other, b], (1, 0, 0), (0, 0, 1), resamples=300)
    assert figures(found) == figures(compare_seeds(a[:, 10:], b[:, 10:], resamples=300))
    assert (found.n, found.unscored) == (30, 20)


def test_with_one_seed_in_every_arm_it_is_the_comparison_of_the_sums() -> None:
    arms = np.random.default_rng(0).random((4, 1, 60))
    arms[1, 0, :5] = nan
    for a, b in (MAIN, INTERACTION):
        first, second = (sum(weight * arm[0] for weight, arm in zip(side, arms, strict=True)) for side in (a, b))
        found, plain = linear_contrast(arms, a, b, resamples=300), compare(first, second, resamples=300)
        assert figures(found) == pytest.approx(figures(plain))
        assert (found.n, found.method) == (55, plain.method)


def test_where_seeds_are_all_that_differs_variances_add_up_with_the_squares_of_weights() -> None:
    levels = [[0.1, 0.3, 0.2], [0.4, 0.1], [0.9, 0.4, 0.7, 0.8], [0.5, 0.9]]
    arms = [np.array(level)[:, None] + np.linspace(0, 1, 50) for level in levels]
    variances = np.array([np.var(level, ddof=1) / len(level) for level in levels])
    for (a, b), by in ((MAIN, 0.25), (INTERACTION, 1.0)):
        found = linear_contrast(arms, a, b, resamples=300)
        means = np.array([np.mean(level) for level in levels]) + 0.5
        assert found.difference == pytest.approx(float((np.array(b) - a) @ means))
        assert found.standard_error == pytest.approx(sqrt(by * variances.sum()))
        freedom = variances.sum() ** 2 / sum(
            v**2 / (len(level) - 1) for v, level in zip(variances, levels, strict=True)
        )
        assert f"{freedom:.1f} degrees of freedom" in found.method
        assert found.high - found.low == pytest.approx(2 * t.ppf(0.975, freedom) * found.standard_error)
    assert (found.seeds_a, found.seeds_b) == (3, 2), "of the arms in either sum, those of the one with fewest"


def test_a_ratio_of_shares_has_the_error_of_matched_pairs() -> None:
    """(n10 + n01) / (n1. n.1), as Desu and Raghavarao (2004) have it, times n / (n - 1)."""
    a, b = np.array([[1] * 30 + [0] * 70]), np.array([[1] * 25 + [0] * 5 + [1] * 20 + [0] * 50])
    found = ratio_of_means([a, b], [(0, 1)], [(1, 0)])
    error = sqrt((5 + 20) / (30 * 45) * 100 / 99)
    assert (found.value, found.standard_error) == pytest.approx((1.5, error))
    ends = 1.5 * np.exp(np.array([-1, 1]) * t.ppf(0.975, 99) * error)
    assert (found.low, found.high) == pytest.approx(tuple(ends))
    many = ratio_of_means([np.vstack([a, a]), np.vstack([b, b, b])], [(0, 1)], [(1, 0)])
    assert (many.value, many.standard_error) == pytest.approx((1.5, error)), "seeds that are alike tell nothing more"


def test_seeds_that_spread_make_the_interval_of_a_ratio_wider() -> None:
    levels = ([0.4, 0.6], [0.7, 0.8])
    arms = [np.array(level)[:, None] + np.zeros(20) for level in levels]
    found = ratio_of_means(arms, [(0, 1)], [(1, 0)])
    assert found.value == pytest.approx(1.5)
    assert found.standard_error == pytest.approx(sqrt((0.1 / 0.5) ** 2 + (0.05 / 0.75) ** 2))


def test_no_ratio_to_nothing_and_no_interval_without_spread() -> None:
    nothing, same = np.zeros((2, 9)), np.full((2, 9), 0.5)
    found = ratio_of_means([nothing, same], [(0, 1)], [(1, 0)])
    assert isnan(found.value)
    assert found.why == "a mean is 0"
    alike = ratio_of_means([same, 2 * same], [(0, 1)], [(1, 0)])
    assert alike.value == 2
    assert isnan(alike.low)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=4, max_size=4), st.integers(2, 9), st.integers(0, 99))
def test_effects_of_a_factorial_design_agree(seeds: list[int], questions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arms = [0.1 + rng.random((number, questions)) for number in seeds]

    def effect(a: tuple[float, ...], b: tuple[float, ...]) -> float:
        return linear_contrast(arms, a, b, resamples=50).difference

    without, after = effect((1, 0, 0, 0), (0, 0, 1, 0)), effect((0, 1, 0, 0), (0, 0, 0, 1))
    assert effect(*MAIN) == pytest.approx((without + after) / 2)
    assert effect(*INTERACTION) == pytest.approx(after - without)
    before, behind = (ratio_of_means(arms, [np.eye(4)[b]], [np.eye(4)[a]]) for a, b in ((0, 2), (1, 3)))
    both = ratio_of_means(arms, *OF_RATIOS)
    assert both.value == pytest.approx(behind.value / before.value)
    upside_down = ratio_of_means(arms, *reversed(OF_RATIOS))
    assert (1 / both.high, 1 / both.low) == pytest.approx((upside_down.low, upside_down.high))


@pytest.mark.exhaustive
@pytest.mark.parametrize("between", [0.0, 0.03, 0.1])
def test_intervals_of_effects_over_three_seeds_hold_the_truth(between: float) -> None:
    """Right and wrong answers of four arms with a main effect, an interaction and ratios."""
    rng, shifts, held = np.random.default_rng(3), np.array([0.0, 0.05, 0.1, 0.25]), []
    shares = 0.4 + shifts
    truths = [shifts[2:].mean() - shifts[:2].mean(), 0.1]
    ratios = [shares[2:].mean() / shares[:2].mean(), shares[3] * shares[0] / (shares[1] * shares[2])]
    for _ in range(1000):
        level = 0.1 + 0.6 * rng.beta(2, 2, QUESTIONS)
        chances = level + shifts[:, None, None] + rng.normal(0, between, (4, 3, 1))
        arms = (rng.random((4, 3, QUESTIONS)) < chances).astype(float)
        found = [linear_contrast(arms, *weights, resamples=200) for weights in (MAIN, INTERACTION)]
        over = [ratio_of_means(arms, *weights) for weights in (OF_MEANS, OF_RATIOS)]
        every = zip([*found, *over], [*truths, *ratios], strict=True)
        held.append([one.low <= truth <= one.high for one, truth in every])
    assert (np.abs(np.mean(held, axis=0) - 0.955) <= 0.025).all(), np.mean(held, axis=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(2, 9), st.integers(0, 99))
def test_b_against_a_is_nearly_the_mirror_of_a_against_b(seeds_a: int, seeds_b: int, questions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random((seeds_a, questions)), rng.random((seeds_b, questions))
    one, other = compare_seeds(a, b, resamples=400), compare_seeds(b, a, resamples=400)
    assert one.difference == pytest.approx(-other.difference)
    assert one.low <= one.difference <= one.high
    assert one.standard_error == pytest.approx(other.standard_error)
    if seeds_a > 1 or seeds_b > 1:
        assert one.high - one.low == pytest.approx(other.high - other.low)
        assert (one.p_value <= 0.05) == (not one.low <= 0 <= one.high)


def test_a_large_difference_has_a_small_p_value() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((5, 400)), rng.random((5, 400)) + 3
    found = compare_seeds(a, b)
    assert 0 < found.p_value < 1e-6


def test_no_spread_and_a_single_question() -> None:
    same = compare_seeds(np.ones((2, 9)), np.ones((3, 9)))
    assert (same.difference, same.p_value) == (0, 1)
    assert (same.low, same.high) == pytest.approx((-0.299, 0.299), abs=1e-3), "nine questions are no proof of none"
    assert isnan(compare_seeds(np.full((2, 9), 3.0), np.full((3, 9), 3.0)).low), "nothing bounds a tenth question"
    single = compare_seeds([[0.1], [0.3]], [[0.5], [0.6]])
    assert single.difference == pytest.approx(0.35)
    assert all(isnan(value) for value in (single.low, single.high, single.p_value, single.effect_size, single.mde))


def test_the_detectable_difference_knows_how_few_seeds_there_are() -> None:
    rng = np.random.default_rng(0)
    two = compare_seeds(*arms(rng, (2, 2), (0.1, 0.1)))
    assert two.mde > 2.8 * two.standard_error
    assert two.standard_error > sqrt(2) * 0.2 / sqrt(QUESTIONS)


@pytest.mark.parametrize(
    ("a", "b", "paired", "said"),
    [
        ([[1, 2]], [[1]], False, "same questions"),
        ([1, 2], [1, 2], False, "same questions"),
        ([[1], [2]], [[1]], True, "as many on both sides: 2, 1"),
        ([[nan], [nan]], [[1]], False, "nothing is scored"),
    ],
)
def test_what_cannot_be_compared(a: list, b: list, paired: bool, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compare_seeds(a, b, paired_seeds=paired)
