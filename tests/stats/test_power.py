"""Detectable effects, against statsmodels and by simulation."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.power import NormalIndPower

from clinical_r1.stats.contrast import minimum_detectable_effect
from clinical_r1.stats.seeds import detectable, expected_halves


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-4, 0.1), st.integers(20, 5000))
def test_the_detectable_effect_is_statsmodels(alpha: float, questions: int) -> None:
    theirs = NormalIndPower(ddof=0).solve_power(nobs1=questions, alpha=alpha, power=0.8, ratio=0)
    ours = minimum_detectable_effect(1 / sqrt(questions), alpha)
    assert ours == pytest.approx(theirs, rel=2e-3)  # they count the wrong direction too


def test_the_effect_is_found_with_the_power() -> None:
    effect = minimum_detectable_effect(0.3, alpha=0.01)
    found = np.abs(np.random.default_rng(0).normal(effect, 0.3, 20_000)) > norm.ppf(0.995) * 0.3
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_of_a_known_error_the_width_and_z_are_all() -> None:
    for arms in ((), [(0.0, 1.0)] * 2, [(1e-4, 1e9)]):
        halves, error = expected_halves(0.05, arms, 1e-4), sqrt(1e-4 + sum(variance for variance, _ in arms))
        assert detectable(halves, error) == pytest.approx(minimum_detectable_effect(error), rel=1e-3)
    assert isnan(detectable(np.zeros(1), 0.0))


@pytest.mark.parametrize(
    "arms",
    [[(1e-4, 1.0)] * 2, [(1e-4, 2.0), (3e-4, 1.0)], [(1e-4, 1.0)], [(1e-4, 2.0)] * 4],
    ids=["two seeds per side", "three and two", "one side has seeds", "four cells of three"],
)
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 27])
def test_few_seeds_find_the_difference_as_often_as_is_said(arms: list[tuple[float, float]], alpha: float) -> None:
    """Estimates of variance as chi-square draws; the width is what the report makes of them."""
    rng, questions, n = np.random.default_rng(0), 5e-5, 40_000
    drawn = np.array([rng.chisquare(freedom, n) * variance / freedom for variance, freedom in arms])
    satterthwaite = drawn.sum(0) ** 2 / sum(one**2 / freedom for one, (_, freedom) in zip(drawn, arms, strict=True))
    half = np.sqrt(t.ppf(alpha / 2, satterthwaite) ** 2 * drawn.sum(0) + norm.ppf(alpha / 2) ** 2 * questions)
    error = sqrt(questions + sum(variance for variance, _ in arms))
    effect = detectable(expected_halves(alpha, arms, questions), error)
    assert (rng.normal(effect, error, n) > half).mean() == pytest.approx(0.8, abs=0.015)


def test_without_a_standard_error_there_is_no_effect_to_state() -> None:
    assert isnan(minimum_detectable_effect(nan))
    assert minimum_detectable_effect(0) == 0
