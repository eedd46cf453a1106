"""Errors of a judge by checkpoint, against scipy and statsmodels, and under the null."""

from math import isnan, nan

import numpy as np
import pytest
from scipy.stats import ttest_rel
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multivariate import test_mvmean as their_hotelling

from clinical_r1.stats import estimates
from clinical_r1.stats.correction import judge_error_by_group

LABELS = ("base", "grpo", "crpo")


def errors(
    questions: int = 40, shift: float = 0.0, seed: int = 0, groups: int = 3, shared: float = 1.0
) -> tuple[np.ndarray, ...]:
    """Human and judge values, groups and questions; every checkpoint answers every question."""
    rng = np.random.default_rng(seed)
    human = rng.normal(size=(questions, groups))
    judge = human + shared * rng.normal(size=(questions, 1)) + rng.normal(size=(questions, groups))
    judge[:, -1] += shift
    names = np.tile(LABELS[:groups], questions)
    return human.ravel(), judge.ravel(), names, np.repeat(np.arange(questions), groups)


def test_two_checkpoints_are_a_paired_t_test() -> None:
    human, judge, names, questions = errors(shift=0.3, groups=2)
    found = judge_error_by_group(human, judge, names, questions)
    sides = (judge - human).reshape(-1, 2)
    theirs = ttest_rel(sides[:, 1], sides[:, 0])
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert (found.n, found.clusters, found.unscored, found.reason) == (80, 40, 0, "")


def test_three_checkpoints_are_hotellings_test() -> None:
    human, judge, names, questions = errors(shift=0.4)
    found = judge_error_by_group(human, judge, names, questions)
    sides = (judge - human).reshape(-1, 3)
    theirs = their_hotelling(sides[:, 1:] - sides[:, :1])
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.statistic == pytest.approx(theirs.statistic)


def test_unpaired_checkpoints_are_a_robust_regression() -> None:
    human, judge, names, _ = errors(shift=0.5, groups=2, seed=3)
    kept = np.r_[: len(human) - 15]
    found = judge_error_by_group(human[kept], judge[kept], names[kept])
    design = np.column_stack([np.ones(len(kept)), names[kept] == "grpo"])
    theirs = OLS((judge - human)[kept], design).fit(cov_type="HC0", use_t=True)
    n = len(kept)  # theirs lacks n / (n - 1)
    (_, a), (_, b) = found.groups
    assert b.value - a.value == pytest.approx(theirs.params[1])
    assert found.statistic == pytest.approx(theirs.tvalues[1] ** 2 * (n - 1) / n)


def test_errors_of_groups_are_their_means() -> None:
    human, judge, names, questions = errors()
    weights = 1.0 + questions % 3
    human[4], judge[8] = nan, nan
    found = judge_error_by_group(human, judge, names, questions, weights=weights)
    assert [group for group, _ in found.groups] == list(LABELS)
    assert found.unscored == 2
    for group, error in found.groups:
        rows = names == group
        rows &= ~np.isnan(judge - human)
        assert error == estimates.mean((judge - human)[rows], questions[rows], weights=weights[rows])


@pytest.mark.parametrize(("paired", "weighted"), [(True, False), (True, True), (False, False)])
def test_a_judge_without_favourites_is_seldom_accused(paired: bool, weighted: bool) -> None:
    def p_value(seed: int, shift: float) -> float:
        human, judge, names, questions = errors(60, shift, seed, shared=paired)
        weights = 1.0 + 3 * (questions % 4 == 0) if weighted else None
        return judge_error_by_group(human, judge, names, questions if paired else None, weights=weights).p_value

    assert np.mean([p_value(seed, 0.0) < 0.05 for seed in range(600)]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([p_value(seed, 0.9) < 0.05 for seed in range(50)]) > 0.8


# --- alike within a margin --------------------------------------------------------------------------------------------
def test_the_interval_of_a_difference_of_errors_is_that_of_a_paired_t_test() -> None:
    human, judge, names, questions = errors(shift=0.3)
    found = judge_error_by_group(human, judge, names, questions)
    sides = (judge - human).reshape(-1, 3)
    assert [(a, b) for a, b, _ in found.differences] == [("base", "grpo"), ("base", "crpo"), ("grpo", "crpo")]
    for (a, b, one), (place_a, place_b) in zip(found.differences, [(0, 1), (0, 2), (1, 2)], strict=True):
        theirs = ttest_rel(sides[:, place_b], sides[:, place_a]).confidence_interval(0.9)
        assert (one.low, one.high) == pytest.approx((theirs.low, theirs.high)), (a, b)
    assert found.widest == max(found.differences, key=lambda pair: max(-pair[2].low, pair[2].high))


def alike(rng: np.random.Generator, questions: int, difference: float, margin: float) -> bool:
    """Whether a judge of a yes or no is found to err alike; it says yes too often by some more in the second group."""
    human = (rng.random((questions, 2)) < 0.3).astype(float)
    judge = np.where(rng.random((questions, 2)) < 0.05, 1 - human, human)
    judge[(rng.random(questions) < difference / 0.68) & (judge[:, 1] == 0), 1] = 1
    found = judge_error_by_group(human.ravel(), judge.ravel(), list("ab") * questions, np.arange(2 * questions) // 2)
    assert found.widest is not None
    return max(-found.widest[2].low, found.widest[2].high) < margin


def test_a_judge_whose_errors_differ_by_the_margin_is_seldom_found_alike_and_one_without_favourites_often() -> None:
    assert np.mean([alike(np.random.default_rng(seed), 120, 0.1, 0.1) for seed in range(400)]) < 0.085
    assert np.mean([alike(np.random.default_rng(seed), 120, 0.0, 0.1) for seed in range(100)]) > 0.8


def test_a_judge_that_did_not_happen_to_err_is_alike_only_within_what_so_few_questions_can_tell() -> None:
    reach = {}
    for questions in (10, 100):
        values, groups = [0, 1] * questions, list("ab") * questions
        found = judge_error_by_group(values, values, groups, np.arange(2 * questions) // 2)
        assert found.widest is not None
        reach[questions] = found.widest[2].high
    assert reach[10] > 0.15
    assert 0.01 < reach[100] < 0.02
    counts = judge_error_by_group([0, 9] * 10, [0, 9] * 10, list("ab") * 10, np.arange(20) // 2)
    assert counts.widest is None, "counts that are all right say nothing about how wrong others may be"


DEGENERATE = [
    ([0, 1, 0], [0, 1, 0], ["a", "a", "a"], None, "there are no two groups"),
    ([], [], [], None, "there are no two groups"),
    ([0, 1], [1, 1], ["a", "b"], ["q", "q"], "1 clusters are too few for 2 groups"),
    ([0, 0, 0, 0], [0, 1, 0, 1], list("abab"), [1, 1, 2, 2], "errors of some groups do not vary"),
]


@pytest.mark.parametrize(("human", "judge", "groups", "clusters", "reason"), DEGENERATE)
def test_where_there_is_no_test_it_says_why(
    human: list[float], judge: list[float], groups: list[str], clusters: list[object] | None, reason: str
) -> None:
    found = judge_error_by_group(human, judge, groups, clusters)
    assert isnan(found.p_value)
    assert reason in found.reason


def test_a_judge_that_never_errs_has_no_favourites() -> None:
    found = judge_error_by_group([0, 1] * 10, [0, 1] * 10, list("ab") * 10, np.arange(20) // 2)
    assert (found.p_value, found.reason) == (1, "")


def test_lengths_must_fit() -> None:
    with pytest.raises(ValueError, match="one value per item"):
        judge_error_by_group([1, 2], [1, 2], ["a"])
    with pytest.raises(ValueError, match="weights"):
        judge_error_by_group([1, 2], [1, 2], ["a", "b"], weights=[1, 0])
