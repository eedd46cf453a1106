"""Planned sizes: by hand, against statsmodels, and by simulation of what the report would conclude."""

from dataclasses import replace
from math import nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from clinical_r1.stats.contrast import minimum_detectable_effect
from clinical_r1.stats.planning import (
    Assumptions,
    Components,
    Design,
    detectable_difference,
    estimated,
    fewest,
    power_of,
    variances,
)
from clinical_r1.stats.seeds import compare_seeds

USUAL = Assumptions(rate=0.6, spread=0.5, correlation=0.8, seed_share=0.5, seed_sd=0.01)


# --- known values -----------------------------------------------------------------------------------------------------
def test_the_variance_of_a_difference_by_hand() -> None:
    found = variances(USUAL.components, Design(questions=100, epochs=5, seeds=3))
    # .24 = .6 x .4; half of it between questions; checkpoints share .8 of that, of what is left half is the methods'
    apart = 2 * 0.2 * 0.12
    assert found.questions == pytest.approx((apart / 2 + apart / 2 / 3) / 100)
    assert found.sampling == pytest.approx(2 * 0.12 / (3 * 5 * 100))
    assert found.seeds == pytest.approx(2 * 0.0001 / 3)


@pytest.mark.parametrize("tests", [1, 9])
def test_of_two_checkpoints_it_is_the_reports_detectable_difference(tests: int) -> None:
    design = Design(questions=400, epochs=2)
    error = sqrt(sum(variances(USUAL.components, design)))
    found = detectable_difference(USUAL.components, design, alpha=0.05 / tests)
    assert found == pytest.approx(minimum_detectable_effect(error, 0.05 / tests))


def test_unrelated_checkpoints_need_what_statsmodels_says_of_two_samples() -> None:
    """Answers without any common difficulty: two samples of independent trials."""
    trials = Assumptions(rate=0.5, spread=0, correlation=0, seed_share=0, seed_sd=0).components
    theirs = NormalIndPower().solve_power(effect_size=0.05 / 0.5, alpha=0.025, power=0.8, alternative="larger")
    assert fewest(trials, Design(2), "questions", 0.05) == pytest.approx(theirs, abs=1.5)


@pytest.mark.parametrize("seeds", [5, 10, 30])
def test_where_seeds_are_all_that_varies_it_is_nearly_the_t_test_of_statsmodels(seeds: int) -> None:
    """Which pools variances; the report does not, and so loses a little power with few seeds."""
    found = detectable_difference(Components(0, 0, 0, 0.01**2), Design(100, seeds=seeds))
    theirs = 0.01 * TTestIndPower().solve_power(nobs1=seeds, alpha=0.025, power=0.8, alternative="larger")
    assert theirs <= found <= theirs * (1 + 0.3 / seeds)


def test_a_margin_is_proved_as_often_as_a_difference_of_its_size_is_found() -> None:
    design = Design(1273, 5, 3)
    margin = detectable_difference(USUAL.components, design)
    assert power_of(USUAL.components, design, margin) == pytest.approx(0.8, abs=1e-6)
    for size, now in (("questions", 1273), ("epochs", 5), ("seeds", 3)):
        assert fewest(USUAL.components, design, size, margin * 1.0001) == now


def test_what_seeds_leave_no_number_of_questions_mends() -> None:
    assert fewest(USUAL.components, Design(1273, 5, 2), "questions", 0.02) is None
    assert fewest(USUAL.components, Design(1273, 5, 1), "questions", 0.02) is not None


def test_where_nothing_varies_nothing_is_planned() -> None:
    with pytest.raises(ValueError, match="nothing varies"):
        power_of(Components(0, 0, 0, 0), Design(100), 0.1)


# --- properties -------------------------------------------------------------------------------------------------------
CHANCES = st.floats(0.05, 0.95)
DESIGNS = st.builds(Design, st.integers(2, 5000), st.integers(1, 20), st.integers(1, 12))
ASSUMPTIONS = st.builds(Assumptions, CHANCES, CHANCES, CHANCES, CHANCES, st.floats(0, 0.05))


@given(ASSUMPTIONS, DESIGNS, st.integers(1, 10), st.integers(1, 30))
def test_more_is_never_worse(assumptions: Assumptions, design: Design, more: int, tests: int) -> None:
    parts = assumptions.components
    now = detectable_difference(parts, design)
    for size in ("questions", "epochs", "seeds"):
        if size == "seeds" and design.seeds == 1:
            continue  # a sentence about methods takes more than one about checkpoints
        larger = replace(design, **{size: getattr(design, size) + more})
        assert detectable_difference(parts, larger) <= now * (1 + 1e-9)
    assert detectable_difference(parts, design, alpha=0.05 / tests) >= now * (1 - 1e-9)
    assert detectable_difference(parts, design, power=0.9) > now


@settings(max_examples=30)
@given(ASSUMPTIONS, DESIGNS, st.floats(0.005, 0.3), st.sampled_from(["questions", "epochs", "seeds"]))
def test_the_fewest_are_enough_and_one_less_is_not(
    assumptions: Assumptions, design: Design, margin: float, size: str
) -> None:
    parts = assumptions.components
    found = fewest(parts, design, size, margin)
    if found is None:
        return
    assert power_of(parts, replace(design, **{size: found}), margin) >= 0.8
    if found > 2:
        assert power_of(parts, replace(design, **{size: found - 1}), margin) < 0.8


# --- simulated pilots and studies -------------------------------------------------------------------------------------
def answered(
    rng: np.random.Generator, assumptions: Assumptions, design: Design, difference: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong answers of both sides, shape (2, seeds, questions, epochs), as the assumptions have them.

    A question is easy or hard; a method takes that over or draws anew, and so does a checkpoint from its method.
    """
    q, s = design.questions, design.seeds
    deep = sqrt(assumptions.spread * assumptions.rate * (1 - assumptions.rate))
    of_seed = 1 - assumptions.seed_share * (1 - assumptions.correlation)  # correlation of two seeds of a method

    def taken(level: np.ndarray, shape: tuple[int, ...], share: float) -> np.ndarray:
        return np.where(rng.random(shape) < share, level, rng.choice([-1, 1], shape))

    method = taken(rng.choice([-1, 1], q), (2, 1, q), sqrt(assumptions.correlation / of_seed))
    level = taken(method, (2, s, q), sqrt(of_seed))
    chance = assumptions.rate + deep * level + rng.normal(0, assumptions.seed_sd, (2, s, 1))
    chance += np.reshape([-difference / 2, difference / 2], (2, 1, 1))
    right = rng.random((2, s, q, design.epochs)) < chance[..., None]
    return right[0].astype(float), right[1].astype(float)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("tests", [1, 9])
def test_few_seeds_have_the_power_that_is_promised(seeds: int, tests: int) -> None:
    """Intervals of normal seeds and questions, as `stats.seeds` makes them."""
    parts, design, alpha, n = USUAL.components, Design(400, 2, seeds), 0.05 / tests, 40_000
    effect = detectable_difference(parts, design, alpha=alpha)
    shared = parts.questions / 400
    means = sqrt((sum(variances(parts, design)) - shared) * seeds / 2)
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, means, (2, n, seeds))
    found = effect + b.mean(1) - a.mean(1) + rng.normal(0, sqrt(shared), n)
    of_a, of_b = (side.var(1, ddof=1) / seeds for side in (a, b))
    freedom = (of_a + of_b) ** 2 / (of_a**2 + of_b**2) * (seeds - 1)
    half = np.sqrt(t.ppf(alpha / 2, freedom) ** 2 * (of_a + of_b) + norm.ppf(alpha / 2) ** 2 * shared)
    assert (found > half).mean() == pytest.approx(0.8, abs=0.01)


ROOM = replace(USUAL, rate=0.5, spread=0.3)
"""Chances to which half of a large difference can be added."""
STUDIES = [Design(500, 4, 1), Design(300, 2, 3), Design(800, 1, 5)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("design", STUDIES, ids=str)
@pytest.mark.parametrize("tests", [1, 9])
def test_at_the_planned_size_the_report_finds_differences_and_proves_margins(design: Design, tests: int) -> None:
    alpha, rng = 0.05 / tests, np.random.default_rng(0)
    size = detectable_difference(ROOM.components, design, alpha=alpha)
    true = ROOM if design.seeds > 1 else replace(ROOM, seed_sd=0)  # two checkpoints differ by what they differ by

    def low(difference: float) -> float:
        a, b = (side.mean(axis=-1) for side in answered(rng, true, design, difference))
        return compare_seeds(a, b, resamples=400).level(alpha).low

    found, proved = (np.mean([low(by) > least for _ in range(600)]) for by, least in ((size, 0), (0, -size)))
    assert found == pytest.approx(0.8, abs=0.05)  # three standard errors
    assert proved == pytest.approx(0.8, abs=0.05)


def test_a_pilot_gives_back_what_it_was_made_with() -> None:
    wide = replace(USUAL, seed_sd=0.03)
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        a, b = answered(rng, wide, Design(400, 3, 4))
        sampling = float(np.mean([side.var(axis=-1, ddof=1).mean() for side in (a, b)]))
        found.append(estimated(a.mean(-1), b.mean(-1), sampling=sampling, epochs=3, otherwise=USUAL))
    truth = wide.components
    for name in ("questions", "interaction", "sampling", "seeds"):
        values = [getattr(pilot.components, name) for pilot in found]
        assert np.mean(values) == pytest.approx(getattr(truth, name), rel=0.15), name
    assert {pilot.lacking for pilot in found} == {()}
    assert np.mean([pilot.seed_sd.low <= 0.03 <= pilot.seed_sd.high for pilot in found]) >= 0.85


def test_what_a_pilot_of_two_checkpoints_cannot_tell_is_assumed() -> None:
    a, b = (side.mean(-1) for side in answered(np.random.default_rng(1), USUAL, Design(5000, 1, 1)))
    one = estimated(a, b, sampling=nan, epochs=1, otherwise=USUAL)
    assert one.lacking == ("sampling", "interaction", "seeds")
    truth = USUAL.components
    assert one.components.sampling == truth.sampling
    assert one.components.seeds == truth.seeds
    assert one.components.questions == pytest.approx(truth.questions, rel=0.2)
    assert one.components.questions == pytest.approx(2 * one.components.interaction), "parted as assumed"
    alike = estimated(a, a, sampling=nan, epochs=1, otherwise=USUAL).components
    assert (alike.questions, alike.interaction, alike.sampling) == (0, 0, 0)


def test_a_base_model_against_seeds_of_a_method() -> None:
    rng, found = np.random.default_rng(2), []
    for _ in range(40):
        a, b = (side.mean(-1) for side in answered(rng, USUAL, Design(400, 4, 4)))
        found.append(estimated(a[:1], b, sampling=USUAL.components.sampling, epochs=4, otherwise=USUAL).components)
    assert np.mean([one.questions for one in found]) == pytest.approx(USUAL.components.questions, rel=0.2)
    assert np.mean([one.interaction for one in found]) == pytest.approx(USUAL.components.interaction, rel=0.2)
