"""Detectable effects, against statsmodels and by simulation."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, norm, t
from statsmodels.stats.power import NormalIndPower

from clinical_r1.stats.contrast import detectable, minimum_detectable_effect


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


@pytest.mark.parametrize(("freedom", "alpha"), [(2.5, 0.05), (4, 0.05 / 27), (60, 0.05 / 108)])
def test_an_estimated_standard_error_makes_less_detectable(freedom: float, alpha: float) -> None:
    half = t.ppf(1 - alpha / 2, freedom) * 0.3
    effect = detectable(half, 0.3, freedom)
    assert nct.sf(half / 0.3, freedom, effect / 0.3) == pytest.approx(0.8, abs=1e-6)
    assert effect > detectable(half, 0.3)
    assert detectable(half, 0.3) == pytest.approx(half + 0.3 * norm.ppf(0.8))


def test_a_known_standard_error_is_one_of_many_degrees_of_freedom() -> None:
    half = norm.ppf(0.975) * 0.01
    assert detectable(half, 0.01) == pytest.approx(minimum_detectable_effect(0.01))
    assert detectable(half, 0.01, 9e5) == pytest.approx(detectable(half, 0.01), rel=1e-5)
    assert isnan(detectable(0.0, 0.0))


def test_without_a_standard_error_there_is_no_effect_to_state() -> None:
    assert isnan(minimum_detectable_effect(nan))
    assert minimum_detectable_effect(0) == 0
