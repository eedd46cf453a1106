"""The Wilson interval against scipy's, at its edges, and for sizes that are not whole; Tango's by another way to it."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binomtest

from clinical_r1.stats.estimates import Interval, agreeing, score_difference, wilson

SHARES = st.floats(0, 1)
SIZES = st.floats(1e-3, 1e9)
CONFIDENCES = st.floats(0.5, 0.999)


def quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), CONFIDENCES)
def test_it_is_scipys(counts: tuple[int, int], confidence: float) -> None:
    expected = binomtest(*counts).proportion_ci(confidence, method="wilson")
    assert wilson(*counts, quantile(confidence)) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_95_percent_unless_told() -> None:
    expected = binomtest(3, 10).proportion_ci(0.95, method="wilson")
    assert wilson(3, 10) == pytest.approx((expected.low, expected.high))


@given(SHARES, SIZES, CONFIDENCES)
def test_the_proportion_lies_in_it_and_it_in_0_to_1(share: float, n: float, confidence: float) -> None:
    successes = share * n
    low, high = wilson(successes, n, quantile(confidence))
    assert 0 <= low <= successes / n <= high <= 1


@given(SHARES, SIZES)
def test_failures_mirror_it_and_more_trials_or_less_confidence_narrow_it(share: float, n: float) -> None:
    low, high = wilson(share * n, n)
    mirrored = wilson(n - share * n, n)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-9)
    for narrower in (wilson(share * 4 * n, 4 * n), wilson(share * n, n, quantile(0.8))):
        assert narrower.high - narrower.low < high - low


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [
        (0, 0, Interval(0, 1)),  # no trial says nothing
        (0, 10, Interval(0, 0.27753)),  # exactly 0, no rounding error below or above it
        (10, 10, Interval(0.72247, 1)),
        (0.5, 1.0, Interval(0.05462, 0.94538)),  # an effective sample size
    ],
)
def test_edges(successes: float, n: float, expected: Interval) -> None:
    found = wilson(successes, n)
    assert found == pytest.approx(tuple(expected), abs=1e-5)
    assert (found.low == 0) == (expected.low == 0)
    assert (found.high == 1) == (expected.high == 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((11, 10), "successes=11"),  # more than trials
        ((-1, 10), "successes=-1"),
        ((math.nan, 10), "successes=nan"),
        ((0, math.nan), "n=nan"),
        ((0, -1), "n=-1"),
        ((1, 2, 0.0), "z=0.0"),
        ((1, 2, -1.0), "z=-1.0"),
        ((1, 2, math.nan), "z=nan"),
    ],
)
def test_arguments_out_of_range_are_named(arguments: tuple[float, ...], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        wilson(*arguments)


# --- differences of paired shares ---------------------------------------------------------------------------------------
Z = 1.959964


def tangos_statistic(only_b: int, only_a: int, n: int, true: float) -> float:
    """The score statistic with the nuisance share that maximises the multinomial likelihood by search."""

    def less_likely(share_a: float) -> float:
        cells = ((only_b, share_a + true), (only_a, share_a), (n - only_a - only_b, 1 - 2 * share_a - true))
        return -sum(count * (math.log(share) if share > 0 else -math.inf) for count, share in cells if count)

    ends = max(0.0, -true), (1 - true) / 2
    share_a = minimize_scalar(less_likely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
    return (only_b - only_a - n * true) / math.sqrt(n * (2 * share_a + true - true**2))


@pytest.mark.parametrize(("only_b", "only_a", "n"), [(12, 2, 50), (9, 1, 120), (3, 0, 120), (1, 1, 40), (40, 30, 90)])
def test_a_difference_of_paired_shares_is_tangos(only_b: int, only_a: int, n: int) -> None:
    low, high = score_difference((only_b - only_a) / n, (only_b + only_a) / n, n, Z)
    middle = (only_b - only_a) / n
    for end, z, other in ((low, Z, -0.99), (high, -Z, 0.99)):
        theirs = brentq(lambda true, z=z: tangos_statistic(only_b, only_a, n, true) - z, other, middle + 1e-9 * z)
        assert end == pytest.approx(theirs, abs=2e-5)


def test_where_no_pair_differs_it_is_the_score_interval_of_none() -> None:
    edge = Z**2 / (120 + Z**2)
    assert score_difference(0, 0, 120, Z) == pytest.approx((-edge, edge))


counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 400)).filter(lambda found: sum(found) > 0)


@given(counts, st.floats(0.5, 6))
def test_ends_hold_the_difference_stay_in_range_and_mirror(found: tuple[int, int, int], z: float) -> None:
    only_b, only_a, _ = found
    n = sum(found)
    difference, opposed = (only_b - only_a) / n, (only_b + only_a) / n
    low, high = score_difference(difference, opposed, n, z)
    assert -1 <= low <= difference <= high <= 1
    assert low < high
    assert score_difference(-difference, opposed, n, z) == pytest.approx((-high, -low), abs=1e-9)
    wider = score_difference(difference, opposed, n, z + 0.5)
    assert wider.low <= low + 1e-12
    assert wider.high >= high - 1e-12


@pytest.mark.parametrize(
    ("interval", "difference", "rejected", "said"),
    [
        ((0.01, 0.2), 0.1, False, (0, 0.2)),  # what is not rejected is held
        ((-0.2, -0.01), -0.1, False, (-0.2, 0)),
        ((-0.01, 0.2), 0.1, True, (1e-7, 0.2)),  # all below 0 is rejected with it
        ((-0.2, 0.01), -0.1, True, (-0.2, -1e-7)),
        ((0.01, 0.2), 0.1, True, (0.01, 0.2)),
        ((-0.1, 0.2), 0.1, False, (-0.1, 0.2)),
    ],
)
def test_an_interval_agrees_with_its_test(
    interval: tuple[float, float], difference: float, rejected: bool, said: tuple[float, float]
) -> None:
    assert agreeing(Interval(*interval), difference, rejected=rejected) == pytest.approx(said)
