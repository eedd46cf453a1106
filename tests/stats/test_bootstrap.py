"""Draws of clusters against the multinomial distribution, and the BCa interval against scipy's."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, bootstrap, chisquare, norm, poisson, t

from clinical_r1.stats.resampling import bca, bootstrap_totals, resampled_counts


def counts(units: int, resamples: int, seed: int = 0) -> np.ndarray:
    return np.concatenate(list(resampled_counts(units, resamples, np.random.default_rng(seed))))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 5))
def test_every_resample_has_as_many_draws_as_there_are_clusters(units: int, resamples: int, seed: int) -> None:
    drawn = counts(units, resamples, seed)
    assert drawn.shape == (resamples, units)
    assert (drawn.sum(axis=1) == units).all()
    assert (drawn >= 0).all()


@pytest.mark.parametrize("units", [9, 30, 200, 3000])  # drawn one by one, nearly all one by one, nearly all by Poisson
def test_a_cluster_is_drawn_binomially(units: int) -> None:
    drawn = counts(units, 600_000 // units).ravel()
    observed = np.bincount(drawn.astype(int), minlength=8)
    expected = np.append(binom.pmf(range(6), units, 1 / units), binom.sf(5, units, 1 / units)) * len(drawn)
    assert chisquare([*observed[:6], observed[6:].sum()], expected, sum_check=False).pvalue > 1e-3


@pytest.mark.parametrize("units", [9, 200, 1000])
def test_totals_vary_as_independent_draws_do(units: int) -> None:
    values = np.random.default_rng(1).gamma(1, size=(units, 2))
    totals = bootstrap_totals(values, 20_000, np.random.default_rng(2))
    assert totals.mean(axis=0) == pytest.approx(values.sum(axis=0), abs=4 * np.sqrt(units / 20_000))
    assert np.cov(totals.T) == pytest.approx(units * np.cov(values.T, ddof=0), rel=0.05, abs=0.05 * units)


def test_one_row_in_a_million_has_too_many_draws_and_is_drawn_again() -> None:
    """The Poisson part of a row may not exceed the clusters; the chance that it does is what `mean` leaves."""
    assert poisson.sf(8000, 8000 * (1 - 5 / np.sqrt(8000))) < 1e-6
    crowded = counts(26, 40_000)  # of so few clusters it is five in a hundred million, so what is checked is the sum
    assert (crowded.sum(axis=1) == 26).all()


def test_columns_do_not_change_the_draws() -> None:
    values = np.random.default_rng(0).random((3000, 20))
    values[:, 3] = 2.0
    values[:, 5] = values[:, 4]
    together = bootstrap_totals(values, 300, np.random.default_rng(1))
    for column in (0, 4, 5, 19):
        alone = bootstrap_totals(values[:, [column]], 300, np.random.default_rng(1))
        assert together[:, [column]] == pytest.approx(alone)
    assert (together[:, 3] == 6000).all()


def test_few_kinds_of_clusters_are_drawn_by_kind() -> None:
    values = np.repeat([[0.0, 1], [1, 1], [5, 2]], [50, 30, 20], axis=0)
    totals = bootstrap_totals(values, 20_000, np.random.default_rng(2))
    assert np.cov(totals.T) == pytest.approx(100 * np.cov(values.T, ddof=0), rel=0.05)


@pytest.mark.parametrize("n", [12, 60, 500])
def test_the_interval_is_scipys_at_the_expanded_confidence(n: int) -> None:
    values = np.random.default_rng(n).gamma(1, size=n)
    confidence = 1 - 2 * norm.sf(t.ppf(0.975, n - 1) * sqrt(n / (n - 1)))
    assert 0.95 < confidence < 0.98
    theirs = bootstrap((values,), np.mean, method="BCa", n_resamples=3000, rng=1, confidence_level=confidence)
    without = (values.sum() - values) / (n - 1)
    ours = bca(theirs.bootstrap_distribution, float(values.mean()), without)
    assert ours == pytest.approx(tuple(theirs.confidence_interval), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.integers(0, 9))
def test_the_estimate_lies_in_its_interval(values: list[float], seed: int) -> None:
    array = np.array(values)[:, None]
    drawn = bootstrap_totals(array, 200, np.random.default_rng(seed))[:, 0] / len(values)
    estimate = float(np.mean(array))
    low, high = bca(drawn, estimate, (array.sum() - array[:, 0]) / (len(values) - 1))
    assert low <= estimate <= high


@pytest.mark.exhaustive
@pytest.mark.parametrize("clusters", [8, 12, 30])
def test_a_dozen_clusters_hold_the_truth_as_often_as_many(clusters: int) -> None:
    """Plain BCa held it in .87 to .91 of cases with 12."""
    rng, held = np.random.default_rng(clusters), 0
    for _ in range(1500):
        values = rng.normal(size=clusters)
        drawn = bootstrap_totals(values[:, None], 1000, rng)[:, 0] / clusters
        low, high = bca(drawn, float(values.mean()), (values.sum() - values) / (clusters - 1))
        held += low <= 0 <= high
    assert 0.925 < held / 1500 < 0.97


def test_resamples_without_a_number_are_left_out() -> None:
    drawn = np.random.default_rng(0).normal(size=2000)
    without = np.random.default_rng(1).normal(size=50)
    assert bca(np.append(drawn, [np.nan, np.inf]), 0.0, without) == bca(drawn, 0.0, without)
    assert bca(drawn, 0.0, np.append(without[1:], np.nan)) == pytest.approx(bca(drawn, 0.0, without), abs=0.05)
    assert np.isnan(bca(np.full(5, np.nan), 0.0, without)).all()
    assert np.isnan(bca(drawn, np.nan, without)).all()
