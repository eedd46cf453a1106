"""Paired comparison, against scipy and closed forms."""

from math import comb, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test, ttest_rel

from clinical_r1.stats.paired import compare, mcnemar

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
    few, many = compare(a, b), compare(a, b + rng.normal(0, 1e-9, 300))
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=0.01)
    assert few.p_value == pytest.approx(many.p_value, abs=0.03)


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


def test_no_difference_at_all() -> None:
    result = compare([1, 0, 1], [1, 0, 1])
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


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


# --- McNemar ----------------------------------------------------------------------------------------------------------
def test_mcnemar_is_the_binomial_test_of_the_discordant_questions() -> None:
    a, b = [1] * 3 + [0] * 9 + [1] * 20, [0] * 3 + [1] * 9 + [1] * 20
    result = mcnemar(a, b)
    assert (result.only_a, result.only_b) == (3, 9)
    assert result.p_value == pytest.approx(2 * sum(comb(12, k) for k in range(4)) / 2**12)


def test_mcnemar_of_many_questions_is_nearly_the_exact_one() -> None:
    a, b = [1] * 560 + [0] * 640, [0] * 560 + [1] * 640
    approximate, exact = mcnemar(a, b), mcnemar(a, b, exact_below=10**6)
    assert approximate.method != exact.method
    assert approximate.p_value == pytest.approx(exact.p_value, abs=1e-3)
    assert sqrt(((640 - 560 - 1) ** 2) / 1200) > 1.96


def test_mcnemar_without_a_discordant_question() -> None:
    assert mcnemar([1, 0], [1, 0]).p_value == 1


def test_mcnemar_wants_one_binary_value_a_question() -> None:
    with pytest.raises(ValueError, match="allowed are 0 and 1"):
        mcnemar([0.5, 1], [1, 0])
