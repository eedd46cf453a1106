"""Planned widths of intervals, against the widths that simulated studies have."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from clinical_r1.stats.correction import (
    Corrected,
    expected_values,
    expected_width,
    labels_for_width,
    ppi_difference,
    ppi_mean,
)

shares, rates = st.floats(0.02, 0.98), st.floats(0, 1)


def judged(rng: np.random.Generator, human: np.ndarray, sensitivity: float, specificity: float) -> np.ndarray:
    return (rng.random(human.shape) < np.where(human == 1, sensitivity, 1 - specificity)).astype(float)


def study(seed: int, labelled: int, pool: int, prevalence: float, sensitivity: float, specificity: float) -> Corrected:
    rng = np.random.default_rng(seed)
    human = (rng.random(pool) < prevalence).astype(float)
    judge = judged(rng, human, sensitivity, specificity)
    return ppi_mean(human[:labelled], judge[:labelled], judge[labelled:])


@pytest.mark.parametrize(
    ("labelled", "pool", "prevalence", "sensitivity", "specificity"),
    [(150, 3000, 0.3, 0.85, 0.9), (300, 1500, 0.5, 0.95, 0.95), (200, 2000, 0.2, 0.5, 0.5), (200, 2000, 0.7, 0.6, 0.9)],
)
def test_studies_become_as_exact_as_planned(
    labelled: int, pool: int, prevalence: float, sensitivity: float, specificity: float
) -> None:
    found = [study(seed, labelled, pool, prevalence, sensitivity, specificity) for seed in range(60)]
    planned = expected_width(labelled, pool, prevalence=prevalence, sensitivity=sensitivity, specificity=specificity)
    assert np.mean([one.high - one.low for one in found]) == pytest.approx(planned.width, rel=0.04)
    assert np.mean([one.labels_only.high - one.labels_only.low for one in found if one.labels_only]) == pytest.approx(
        planned.labels_only, rel=0.03
    )


def test_differences_become_as_exact_as_planned() -> None:
    def width(seed: int) -> float:
        rng = np.random.default_rng(seed)
        first = rng.random(2000) < 0.3
        second = np.where(rng.random(2000) < 0.6, first, rng.random(2000) < 0.3)  # a correlation of .6
        human = np.array([first, second], dtype=float)
        judge = judged(rng, human, 0.85, 0.9)
        one = ppi_difference(human[:, :200], judge[:, :200], judge[:, 200:])
        return one.high - one.low

    planned = expected_width(200, 2000, prevalence=0.3, sensitivity=0.85, specificity=0.9, similarity=0.6)
    assert np.mean([width(seed) for seed in range(80)]) == pytest.approx(planned.width, rel=0.05)


@given(shares, rates, rates)
def test_spread_and_correlation_are_those_of_a_four_field_table(
    share: float, sensitivity: float, specificity: float
) -> None:
    cells = np.array(
        [[share * sensitivity, share * (1 - sensitivity)], [(1 - share) * (1 - specificity), (1 - share) * specificity]]
    )
    positive = cells[:, 0].sum()
    spread, correlation = expected_values(share, sensitivity, specificity)
    assert spread == pytest.approx(sqrt(share * (1 - share)))
    if 1e-6 < positive < 1 - 1e-6:
        phi = (cells[0, 0] * cells[1, 1] - cells[0, 1] * cells[1, 0]) / sqrt(
            share * (1 - share) * positive * (1 - positive)
        )
        assert correlation == pytest.approx(phi, abs=1e-6)
        assert -1 - 1e-9 <= correlation <= 1 + 1e-9


def test_judges_at_both_ends() -> None:
    useless = expected_width(100, 5000, prevalence=0.3, sensitivity=0.4, specificity=0.6)
    assert useless.correlation == pytest.approx(0)
    assert useless.width == pytest.approx(useless.labels_only, rel=1e-3)
    silent = expected_width(100, 5000, prevalence=0.3, sensitivity=0, specificity=1)
    assert silent.correlation == 0
    contrary = expected_width(100, 5000, prevalence=0.3, sensitivity=0.1, specificity=0.1)
    assert contrary.width == pytest.approx(silent.width)
    perfect = expected_width(100, 5000, prevalence=0.3, sensitivity=1, specificity=1)
    assert perfect.width == pytest.approx(-2 * stdtrit(98, 0.025) * sqrt(0.21 / 5000))
    everything = expected_width(5000, 5000, prevalence=0.3, sensitivity=0.7, specificity=0.7)
    assert everything.width == pytest.approx(everything.labels_only, rel=1e-3)


def test_several_responses_a_question_cost_their_design_effect() -> None:
    plain, doubled = (
        expected_width(100, 900, prevalence=0.3, sensitivity=0.8, specificity=0.8, design_effect=effect).width
        for effect in (1, 2)
    )
    assert doubled == pytest.approx(sqrt(2) * plain)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.02, 0.5), shares, rates, rates)
def test_the_number_of_labels_is_the_smallest(
    width: float, share: float, sensitivity: float, specificity: float
) -> None:
    def planned(labelled: int) -> float:
        return expected_width(labelled, 3000, prevalence=share, sensitivity=sensitivity, specificity=specificity).width

    found = labels_for_width(width, 3000, prevalence=share, sensitivity=sensitivity, specificity=specificity)
    if found is None:
        assert planned(3000) > width
    else:
        assert planned(found) <= width
        assert found == 3 or planned(found - 1) > width


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prevalence": 0}, "prevalence=0"),
        ({"sensitivity": 1.1}, r"sensitivity=1\.1"),
        ({"specificity": -0.1}, r"specificity=-0\.1"),
        ({"similarity": 1}, "similarity=1"),
        ({"design_effect": 0}, "design_effect=0"),
        ({"alpha": 0}, "alpha=0"),
        ({"labelled": 2}, "labelled=2"),
        ({"labelled": 600}, "labelled=600: allowed is 3 to judged=500"),
    ],
)
def test_arguments_out_of_range_are_named(changed: dict[str, float], said: str) -> None:
    arguments = {"labelled": 100, "judged": 500, "prevalence": 0.2, "sensitivity": 0.8, "specificity": 0.8, **changed}
    with pytest.raises(ValueError, match=said):
        expected_width(**arguments)  # type: ignore[arg-type]


def test_a_width_is_positive() -> None:
    with pytest.raises(ValueError, match="width=0"):
        labels_for_width(0, 500, prevalence=0.2, sensitivity=0.8, specificity=0.8)
