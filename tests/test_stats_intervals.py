"""Score intervals of shares and of their differences, by other ways to the same numbers."""

from math import inf, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from clinical_r1.stats.intervals import Interval, agreeing, score_difference

Z = 1.959964


def tangos_statistic(only_b: int, only_a: int, n: int, true: float) -> float:
    """The score statistic with the nuisance share that maximises the multinomial likelihood by search."""

    def less_likely(share_a: float) -> float:
        cells = ((only_b, share_a + true), (only_a, share_a), (n - only_a - only_b, 1 - 2 * share_a - true))
        return -sum(count * (log(share) if share > 0 else -inf) for count, share in cells if count)

    ends = max(0.0, -true), (1 - true) / 2
    share_a = minimize_scalar(less_likely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
    return (only_b - only_a - n * true) / sqrt(n * (2 * share_a + true - true**2))


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
