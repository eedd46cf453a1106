"""McNemar's test and the odds ratio of discordant pairs, against scipy and statsmodels."""

from math import comb, inf, isnan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.proportion import proportion_confint

from clinical_r1.stats import paired
from clinical_r1.stats.paired import McNemarResult, mcnemar


def table(only_a: int, only_b: int, **options: int) -> McNemarResult:
    both = 20
    return mcnemar([1] * only_a + [0] * only_b + [1] * both, [0] * only_a + [1] * only_b + [1] * both, **options)


def test_it_is_the_binomial_test_of_the_discordant_questions() -> None:
    result = table(3, 9)
    assert (result.only_a, result.only_b) == (3, 9)
    assert result.p_value == pytest.approx(2 * sum(comb(12, k) for k in range(4)) / 2**12)
    assert paired.mcnemar is mcnemar


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_it_is_the_one_of_scipy_and_statsmodels(only_a: int, only_b: int) -> None:
    if only_a + only_b:
        exact, chi_square = table(only_a, only_b), table(only_a, only_b, exact_below=0)
        assert exact.p_value == pytest.approx(binomtest(only_b, only_a + only_b).pvalue, rel=1e-9)
        counts = [[20, only_a], [only_b, 0]]
        assert exact.p_value == pytest.approx(their_mcnemar(counts, exact=True).pvalue, rel=1e-9)
        if only_a != only_b:  # there their correction overshoots zero
            assert chi_square.p_value == pytest.approx(their_mcnemar(counts, exact=False).pvalue, rel=1e-9)


def test_that_of_many_questions_is_nearly_the_exact_one() -> None:
    approximate, exact = table(560, 640), table(560, 640, exact_below=10**6)
    assert approximate.method != exact.method
    assert approximate.p_value == pytest.approx(exact.p_value, abs=1e-3)
    assert sqrt(((640 - 560 - 1) ** 2) / 1200) > 1.96


def test_without_a_discordant_question() -> None:
    result = table(0, 0)
    assert result.p_value == 1
    assert isnan(result.odds_ratio)
    assert isnan(result.low)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_the_odds_ratio_has_the_interval_of_bs_share(only_a: int, only_b: int) -> None:
    if only_a + only_b:
        result, swapped = table(only_a, only_b), table(only_b, only_a)
        low, high = proportion_confint(only_b, only_a + only_b, method="beta")
        expected = (low / (1 - low), high / (1 - high) if only_a else inf)
        assert (result.low, result.high) == pytest.approx(expected)
        assert result.low <= result.odds_ratio <= result.high
        assert swapped.low == pytest.approx(1 / result.high if result.high else inf)


def test_mcnemar_wants_one_binary_value_a_question() -> None:
    with pytest.raises(ValueError, match="allowed are 0 and 1"):
        mcnemar([0.5, 1], [1, 0])
    with pytest.raises(ValueError, match="one length"):
        mcnemar([1], [1, 0])
