"""Sign-flip tests, against scipy, closed forms and all sign assignments."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test

from clinical_r1.stats.resampling import saddlepoint, sign_flips


def p_value(scores: np.ndarray, resamples: int = 10_000, seed: int = 0) -> float:
    [test] = sign_flips(np.asarray(scores, dtype=float)[:, None], resamples, seed)
    return test.p_value


def brute(scores: np.ndarray) -> float:
    sums = np.array(list(product([-1, 1], repeat=len(scores)))) @ scores
    return float((np.abs(sums) >= abs(scores.sum()) - 1e-9).mean())


@pytest.mark.parametrize("n", [2, 5, 13])
def test_all_flips_are_tried_where_they_are_few(n: int) -> None:
    scores = np.random.default_rng(n).normal(0.5, 1, n)
    theirs = permutation_test((scores,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert p_value(scores) == pytest.approx(theirs.pvalue)


def test_clusters_without_a_difference_do_not_count() -> None:
    scores = np.random.default_rng(1).normal(0.5, 1, 8)
    [test] = sign_flips(np.append(scores, np.zeros(5000))[:, None], 10_000, 0)
    assert test.p_value == pytest.approx(brute(scores))
    assert test.method.startswith("exact")


@pytest.mark.parametrize(("right", "wrong"), [(30, 20), (300, 260), (5, 5), (13, 4)])
def test_of_equal_differences_it_is_the_binomial_test(right: int, wrong: int) -> None:
    scores = np.repeat([1.0, -1.0, 0.0], [right, wrong, 40])
    assert p_value(scores, resamples=40_000) == pytest.approx(binomtest(right, right + wrong).pvalue, abs=0.008)


def test_of_many_sizes_it_is_what_all_flips_say() -> None:
    scores = np.random.default_rng(4).gamma(1, size=16) * np.repeat([1, -1], [10, 6])
    assert p_value(scores, resamples=40_000) == pytest.approx(brute(scores), abs=0.008)


def test_columns_share_their_draws_but_not_their_results() -> None:
    scores = np.random.default_rng(0).normal(0.05, 1, size=(500, 20))
    scores[:, 3] = 0
    scores[6:, 4] = 0
    together = sign_flips(scores, 999, 7)
    assert together == [sign_flips(scores[:, [column]], 999, 7)[0] for column in range(20)]
    assert together[3].p_value == 1
    assert len({test.p_value for test in together}) > 10


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=14, max_size=30), st.sampled_from([1 / 3, 0.1, 1 / 7, 1e-9, 1e12]))
def test_rounding_breaks_no_ties(whole: list[int], unit: float) -> None:
    scores = np.append(whole, np.arange(4, 40) * (-1) ** np.arange(36))  # many sizes, so that every sign is drawn
    assert p_value(scores * unit, 200) == pytest.approx(p_value(scores, 200), rel=1e-9)


# --- small p-values ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("right", "wrong"), [(14, 0), (19, 1), (30, 2), (40, 5), (90, 10), (100, 0), (563, 437), (750, 250), (5000, 4600)]
)
def test_the_saddlepoint_tail_is_nearly_the_binomial_one(right: int, wrong: int) -> None:
    scores = np.repeat([1.0, -1.0], [right, wrong])
    expected = binomtest(right, right + wrong).pvalue
    assert saddlepoint(scores) == pytest.approx(expected, rel=0.07 if wrong == 0 else 0.025)
    assert saddlepoint(-2.5 * scores) == pytest.approx(saddlepoint(scores))


@pytest.mark.parametrize("seed", range(4))
def test_the_saddlepoint_tail_is_nearly_that_of_all_flips(seed: int) -> None:
    scores = np.random.default_rng(seed).gamma(2, size=16) * np.where(np.arange(16) < 14, 1, -0.3)
    exact = brute(scores)
    assert 1e-5 < exact < 1e-3
    assert exact * 0.85 <= saddlepoint(scores) <= exact * 1.6


def test_small_p_values_do_not_end_at_the_number_of_flips() -> None:
    scores = np.repeat([1.0, -1.0], [800, 600])
    assert p_value(scores) == pytest.approx(binomtest(800, 1400).pvalue, rel=1e-3)
    assert p_value(np.ones(8000)) == 0  # less than the smallest number


def test_no_difference_is_rejected_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(0)
    found = [
        test.p_value for test in sign_flips(rng.gamma(1, size=(60, 2000)) * rng.choice([-1, 1], (60, 2000)), 2000, 0)
    ]
    for level in (0.001, 0.01, 0.05, 0.5):
        assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=4 * np.sqrt(level / 2000))


def test_what_rounding_left_of_a_difference_is_none() -> None:
    """A score of 1e-17 beside scores of 1 must neither count as a cluster nor keep the tail from being found."""
    plain = np.array([1.0] * 30 + [0.0] * 10)
    left = np.where(plain == 0, 1e-17, plain)
    for scores in (plain, left):
        assert sign_flips(scores[:, None], 1000, 0)[0].p_value == pytest.approx(2.0**-29)
    assert saddlepoint(left) == pytest.approx(2.0**-39)  # all of one sign: exact, whatever their sizes
