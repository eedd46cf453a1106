"""Combination over benchmarks, against closed forms and statsmodels."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, norm
from statsmodels.stats.meta_analysis import combine_effects

from clinical_r1.stats.families import combine

parts = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 0.5)), min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(parts)
def test_it_is_the_plain_mean_with_the_error_of_a_sum(rows: list[tuple[float, float]]) -> None:
    differences, errors = map(np.array, zip(*rows, strict=True))
    found = combine(differences, errors)
    error = sqrt((errors**2).sum()) / len(rows)
    assert (found.value, found.standard_error) == pytest.approx((differences.mean(), error))
    assert (found.low, found.high) == pytest.approx(norm.interval(0.95, differences.mean(), error))
    assert found.p_value == pytest.approx(2 * norm.sf(abs(differences.mean()) / error))


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # theirs, where all differences are the same
@settings(max_examples=60, deadline=None)
@given(parts)
def test_the_heterogeneity_is_statsmodels(rows: list[tuple[float, float]]) -> None:
    differences, errors = map(np.array, zip(*rows, strict=True))
    found, theirs = combine(differences, errors), combine_effects(differences, errors**2).test_homogeneity()
    assert found.heterogeneity == pytest.approx(theirs.statistic, abs=1e-9)
    assert found.heterogeneity_p == pytest.approx(chi2.sf(found.heterogeneity, len(rows) - 1))
    if theirs.statistic > 1e-6:  # below, rounding shows in the p-value
        assert found.heterogeneity_p == pytest.approx(theirs.pvalue)


def test_the_mean_differs_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(0)
    errors = np.array([0.01, 0.02, 0.05])
    found = [combine(rng.normal(0, errors), errors) for _ in range(3000)]
    assert np.mean([one.p_value <= 0.05 for one in found]) == pytest.approx(0.05, abs=0.012)
    assert np.mean([one.heterogeneity_p <= 0.05 for one in found]) == pytest.approx(0.05, abs=0.012)


def test_benchmarks_without_a_figure_are_left_out_and_counted() -> None:
    found = combine([0.1, nan, 0.3, 0.5], [0.1, 0.1, 0.2, nan])
    assert (found.parts, found.left_out) == (2, 2)
    assert found.value == pytest.approx(0.2)
    assert found.method == "equal-weight mean of 2 benchmarks, normal interval and test"


def test_one_benchmark_agrees_with_itself() -> None:
    found = combine([0.1], [0.1])
    assert found.value == 0.1
    assert isnan(found.heterogeneity)
    assert isnan(found.heterogeneity_p)


def test_nothing_to_combine() -> None:
    found = combine([nan], [0.1])
    assert (found.parts, found.left_out) == (0, 1)
    assert isnan(found.value)


def test_a_benchmark_without_spread_has_no_weight_to_compare_by() -> None:
    found = combine([0.1, 0.2], [0.0, 0.1])
    assert found.standard_error == pytest.approx(0.05)
    assert isnan(found.heterogeneity)


def test_what_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="one standard error per difference"):
        combine([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="standard errors from 0"):
        combine([0.1], [-0.1])
