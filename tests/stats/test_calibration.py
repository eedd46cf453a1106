"""A judge's values put on the raters' scale, against scikit-learn, and what that does to corrected figures."""

from math import nan

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from clinical_r1.stats.calibration import calibrated_judge
from clinical_r1.stats.correction import Corrected, ppi_mean


def leap(rng: np.random.Generator, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of raters, and of a judge that leaps from 0 to 5 where raters count 1, and then goes on by one."""
    human = rng.poisson(1.0, items).astype(float)
    return human, np.where(human == 0, 0.0, 4 + human) + (rng.random(items) < 0.2)


def test_items_of_a_fold_get_what_the_others_say_as_scikit_learn_has_it() -> None:
    rng = np.random.default_rng(1)
    human, judge = leap(rng, 80)
    weights, pool = rng.uniform(0.5, 2, 80), rng.uniform(0, 9, 50)
    questions = np.arange(80) // 2
    near, far = calibrated_judge(human, judge, pool, weights=weights, clusters=questions, folds=4, seed=7)
    fold = (np.random.default_rng(7).permutation(40) % 4)[questions]
    others = []
    for one in range(4):
        rest = fold != one
        theirs = IsotonicRegression(out_of_bounds="clip").fit(judge[rest], human[rest], sample_weight=weights[rest])
        assert near[~rest] == pytest.approx(theirs.predict(judge[~rest]))
        others.append(theirs.predict(pool))
    assert far == pytest.approx(np.mean(others, axis=0))


def test_an_item_does_not_see_its_own_label_nor_those_of_its_question() -> None:
    human, judge = leap(np.random.default_rng(2), 40)
    questions = np.arange(40) // 2
    before, _ = calibrated_judge(human, judge, [0.0], clusters=questions)
    human[:2] = 50
    after, far = calibrated_judge(human, judge, [9.0], clusters=questions)
    assert after[:2].tolist() == before[:2].tolist()
    assert far[0] > before.max()


def test_what_is_missing_stays_so_and_too_few_questions_change_nothing() -> None:
    near, far = calibrated_judge([0, 1, 2, nan, 3], [0, 2, nan, 4, 6], [nan, 6.0])
    assert np.isnan(near).tolist() == [False, False, True, False, False]
    assert np.isnan(far).tolist() == [True, False]
    near, far = calibrated_judge([1.0, 2.0], [3.0, 4.0], [5.0], clusters=["q", "q"])
    assert (near.tolist(), far.tolist()) == ([3.0, 4.0], [5.0])
    with pytest.raises(ValueError, match="one value per item"):
        calibrated_judge([1.0], [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="folds=1"):
        calibrated_judge([1.0], [1.0], [1.0], folds=1)


def figures(seed: int, labelled: int = 60) -> tuple[Corrected, Corrected]:
    human, judge = leap(np.random.default_rng(seed), 600)
    near, far = calibrated_judge(human[:labelled], judge[:labelled], judge[labelled:])
    return ppi_mean(human[:labelled], judge[:labelled], judge[labelled:]), ppi_mean(human[:labelled], near, far)


def test_where_counts_are_not_linear_intervals_are_narrower_and_hold_the_truth() -> None:
    found = [figures(seed) for seed in range(300)]
    plain, calibrated = (np.array([[one.low, one.high] for one in side]) for side in zip(*found, strict=True))
    assert np.ptp(calibrated, axis=1).mean() < 0.9 * np.ptp(plain, axis=1).mean()
    assert np.mean((calibrated[:, 0] <= 1) & (calibrated[:, 1] >= 1)) == pytest.approx(0.95, abs=0.035)
    assert np.mean([one.value for _, one in found]) == pytest.approx(1, abs=0.012)
