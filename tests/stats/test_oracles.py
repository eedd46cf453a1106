"""Corrected figures and the calibrated judge against other people's libraries, where these are installed.

ppi-python is that of PPI++'s authors (see also `test_correction.py`); glide-py has its stratified, clustered and active
forms, with normal intervals where ours are t; cje-eval has the cross-fitted isotonic calibration. See `docs/studies.md`.
"""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinical_r1.stats.calibration import calibrated_judge
from clinical_r1.stats.correction import Corrected, ppi_mean

Array = NDArray[np.float64]


def pairs(seed: int, items: int = 1200) -> tuple[Array, Array, np.random.Generator]:
    """Human and judge values of items."""
    rng = np.random.default_rng(seed)
    human = rng.normal(size=items)
    return human, 0.8 * human + 0.6 * rng.normal(size=items), rng


def unlabelled(human: Array, drawn: NDArray[np.bool_]) -> Array:
    return np.where(drawn, human, np.nan)


# --- glide ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def glide() -> ModuleType:
    return pytest.importorskip("glide.estimators")


def close(found: Corrected, theirs: Any, *, value: float, error: float) -> None:
    """Whether estimates are within so many standard errors, and these within a share, of theirs."""
    interval = theirs.confidence_interval
    assert found.value == pytest.approx(interval.mean, abs=value * interval.std + 1e-12)
    assert found.standard_error == pytest.approx(interval.std, rel=error)


@pytest.mark.parametrize(("tuned", "value", "error"), [(True, 0.05, 0.01), (False, 0, 0.001)])
def test_a_mean(glide: ModuleType, tuned: bool, value: float, error: float) -> None:
    """With lambda tuned, it is chosen by other estimates of the same variances, and costs a degree of freedom."""
    human, judge, _ = pairs(3)
    drawn = np.arange(1200) < 200
    theirs = glide.PPIMeanEstimator().estimate(unlabelled(human, drawn), judge, power_tuning=tuned)
    found = ppi_mean(human[:200], judge[:200], judge[200:], lam=None if tuned else 1.0, pool="unlabelled")
    close(found, theirs, value=value, error=error)


@pytest.mark.parametrize(("tuned", "value", "error"), [(True, 0.05, 0.02), (False, 0, 0.002)])
def test_a_mean_of_questions_with_several_items(glide: ModuleType, tuned: bool, value: float, error: float) -> None:
    human, judge, rng = pairs(4)
    questions = np.arange(1200) // 3
    level = rng.normal(size=400)[questions]
    human, judge = human + level, judge + 0.7 * level
    known = unlabelled(human, np.arange(1200) < 198)
    theirs = glide.ClusteredPPIMeanEstimator().estimate(known, judge, questions, power_tuning=tuned)
    lam = None if tuned else 1.0
    found = ppi_mean(human[:198], judge[:198], judge[198:], clusters=questions, lam=lam, pool="unlabelled")
    close(found, theirs, value=value, error=error)


@pytest.mark.parametrize(("tuned", "value", "error"), [(True, 0.1, 0.05), (False, 0, 0.01)])
def test_a_mean_of_strata(glide: ModuleType, tuned: bool, value: float, error: float) -> None:
    """Labels in proportion, which theirs needs. Theirs has a lambda per stratum, ours one, and strata of a sample."""
    human, judge, _ = pairs(5)
    strata = np.arange(1200) % 3
    human, judge = human + 0.2 * strata, judge + 0.1 * strata
    known = unlabelled(human, np.arange(1200) < 240)
    theirs = glide.StratifiedPPIMeanEstimator().estimate(known, judge, strata, power_tuning=tuned)
    lam = None if tuned else 1.0
    found = ppi_mean(human[:240], judge[:240], judge[240:], strata=strata, lam=lam, pool="unlabelled")
    close(found, theirs, value=value, error=error)


@pytest.mark.parametrize("tuned", [True, False])
def test_a_mean_of_an_active_draw(glide: ModuleType, tuned: bool) -> None:
    """Theirs divides by the items (Horvitz-Thompson), ours by the weights that were drawn (Hajek): alike on average."""
    apart = []
    for seed in range(12):
        human, judge, rng = pairs(seed, 6000)
        chance = 0.05 + 0.25 * (np.abs(judge) > 1)
        drawn = rng.random(6000) < chance
        theirs = glide.ASIMeanEstimator().estimate(unlabelled(human, drawn), judge, chance, power_tuning=tuned)
        lam = None if tuned else 1.0
        found = ppi_mean(human[drawn], judge[drawn], judge[~drawn], weights=1 / chance[drawn], lam=lam)
        close(found, theirs, value=0.25, error=0.15)
        apart.append(found.standard_error / theirs.confidence_interval.std)
    assert np.mean(apart) == pytest.approx(1, abs=0.04)


# --- cje --------------------------------------------------------------------------------------------------------------
def steps(items: int, seed: int = 8) -> tuple[Array, Array, np.random.Generator]:
    """Shares by humans, 0 to 1, and a judge that orders responses well and is not in proportion."""
    rng = np.random.default_rng(seed)
    human = rng.beta(1, 2, items)
    return human, np.round(human**3 + 0.05 * rng.normal(size=items), 2), rng


def test_calibration_is_cross_fitted_alike() -> None:
    """On the same folds of questions the values are theirs; questions are named so that their folds become ours."""
    calibrator = pytest.importorskip("cje.calibration.judge").JudgeCalibrator
    human, judge, rng = steps(160)
    questions, weights, pool = np.arange(160) // 4, rng.uniform(0.5, 2, 160), np.linspace(-0.2, 1.2, 50)
    near, far = calibrated_judge(human, judge, pool, weights=weights, clusters=questions, folds=5, seed=2)
    folds = np.random.default_rng(2).permutation(40) % 5
    names = np.array([f"q{number}" for number in range(40)])

    def fitted(named: NDArray[np.str_]) -> tuple[Any, NDArray[np.int_]]:
        model = calibrator(calibration_mode="monotone")
        done = model.fit_cv(judge, human, n_folds=5, prompt_ids=[*named[questions]], sample_weight=weights)
        return model, done.fold_ids

    theirs = fitted(names)[1][::4]
    dealt = names.copy()
    for fold in range(5):
        dealt[folds == fold] = names[theirs == fold]
    model, own = fitted(dealt)
    assert own.tolist() == folds[questions].tolist()
    assert near == pytest.approx(model.predict_oof(judge, own))
    means = np.mean([model.predict_oof(pool, np.full(50, fold)) for fold in range(5)], axis=0)
    assert far == pytest.approx(means)


def test_a_mean_by_a_calibrated_judge() -> None:
    """Theirs deals other folds and adds a variance of the calibration, so that its errors are 2 to 3 % larger."""
    cje = pytest.importorskip("cje")
    apart = []
    for seed in range(8):
        human, judge, _ = steps(900, seed)
        questions = np.arange(900) // 3
        theirs = cje.calibrated_mean_ci(judge, unlabelled(human, np.arange(900) < 240), cluster_ids=questions)
        near, far = calibrated_judge(human[:240], judge[:240], judge[240:], clusters=questions[:240])
        found = ppi_mean(human[:240], near, far, clusters=questions, lam=1.0)
        assert found.value == pytest.approx(theirs.estimate, abs=0.4 * theirs.se)
        apart.append(found.standard_error / theirs.se)
    assert np.mean(apart) == pytest.approx(0.975, abs=0.025)
