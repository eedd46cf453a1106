"""The alternative annotator test: the reference values, the paper's procedure step by step, ties and outcomes alike."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t, ttest_1samp
from statsmodels.stats.multitest import multipletests

from clinical_r1.stats import agreement as ag
from tests.ratings import EXPECTED, HUMANS, JUDGE, Ratings, mean_pairwise, rated, rows, wins_by_hand


@pytest.mark.parametrize("case", EXPECTED["alt_test"])
def test_the_reference_values_of_the_alternative_annotator_test(case: str) -> None:
    scoring, epsilon = case.split("_eps")
    expected = EXPECTED["alt_test"][case]
    found = ag.alt_test(HUMANS, JUDGE, scoring=scoring, epsilon=float(epsilon))
    assert found.omega == pytest.approx(expected["winning_rate"], abs=1e-6)
    assert found.rho == pytest.approx(expected["advantage_prob"], abs=1e-6)
    p_values = {human: one.p_value for human, one in found.annotators.items()}
    assert p_values == pytest.approx(expected["p_values"], abs=1e-6)


def by_hand(
    humans: Ratings, judge: dict, scoring: str, epsilon: float, q: float
) -> tuple[float, float, dict[str, float]]:
    """The winning rate, the advantage probability and the p-values."""
    wins = {human: outcome for human, outcome in wins_by_hand(humans, judge, scoring).items() if len(outcome) >= 30}
    p_values = {
        human: ttest_1samp(one[:, 1] - one[:, 0], epsilon, alternative="less").pvalue for human, one in wins.items()
    }
    rejected = multipletests(list(p_values.values()), alpha=q, method="fdr_by")[0]
    return float(rejected.mean()), float(np.mean([one[:, 0].mean() for one in wins.values()])), p_values


@pytest.mark.parametrize("scoring", ["accuracy", "neg_rmse"])
@pytest.mark.parametrize("seed", range(4))
def test_the_alternative_annotator_test_is_the_papers(scoring: Any, seed: int) -> None:
    humans = rated(items=90, raters=3 + seed % 3, missing=0.3, seed=seed)
    judge = rated(items=90, raters=1, missing=0.1, seed=seed + 10)["h0"]
    humans["late"] = dict(list(humans["h1"].items())[:20])  # too few to be tested, but others are compared with them
    for epsilon in (0.0, 0.1, 0.3):
        omega, rho, p_values = by_hand(humans, judge, scoring, epsilon, 0.2)
        found = ag.alt_test(humans, judge, scoring=scoring, epsilon=epsilon, q=0.2)
        assert (found.omega, found.rho) == pytest.approx((omega, rho), abs=1e-12)
        assert {human: one.p_value for human, one in found.annotators.items()} == pytest.approx(p_values, abs=1e-12)
        assert set(found.left_out) == {"late"}


def test_ties_are_wins_of_both_sides() -> None:
    humans = rows([0] * 20 + [1] * 20, [0] * 40, [0] * 40)
    found = ag.alt_test(humans, dict.fromkeys(range(40), 0), epsilon=0.1)
    assert found.annotators["a"].rho_f == 1.0  # right as often, or more often
    assert found.annotators["a"].rho_h == 0.5
    assert found.annotators["b"].rho_f == found.annotators["b"].rho_h == 1.0
    assert found.rho == 1.0


def test_rounding_does_not_break_ties() -> None:
    humans = rows([0.1] * 30, [0.4] * 30, [0.6] * 30)
    judge = dict.fromkeys(range(30), 0.1 + 1e-13)
    found = ag.alt_test(humans, judge, scoring="neg_rmse", epsilon=0.1)
    assert (found.annotators["a"].rho_f, found.annotators["a"].rho_h) == (1.0, 1.0)


def test_outcomes_without_variance_have_a_p_value() -> None:
    humans = rows(*[[0, 1, 2] * 12] * 3)
    good = ag.alt_test(humans, humans["a"], epsilon=0.1)
    assert [one.p_value for one in good.annotators.values()] == [0, 0, 0]
    bad = ag.alt_test(humans, {item: value + 1 for item, value in humans["a"].items()}, epsilon=0.1)
    assert [one.p_value for one in bad.annotators.values()] == [1, 1, 1]
    exact = ag.alt_test(humans, humans["a"], epsilon=0.0)
    assert [one.p_value for one in exact.annotators.values()] == [1, 1, 1]


def test_a_constant_judge_passes_where_nearly_all_is_of_one_kind_so_kappa_must_be_asked_too() -> None:
    rng = np.random.default_rng(0)
    humans = rows(*(rng.random((3, 200)) < 0.05).astype(int).tolist())
    constant = dict.fromkeys(range(200), 0)
    assert ag.alt_test(humans, constant, epsilon=0.1).omega == 1.0
    assert mean_pairwise(humans, "kappa", judge=constant) == 0.0


def test_items_said_several_times_tell_no_more_than_once() -> None:
    """Three checkpoints that wrote the same: three times the items, and not three times the evidence."""
    humans, judge = rated(items=60, raters=3, missing=0.1, seed=1), rated(items=60, raters=1, missing=0, seed=2)["h0"]
    thrice = {name: {(i, n): value for i, value in of.items() for n in range(3)} for name, of in humans.items()}
    judged = {(i, n): value for i, value in judge.items() for n in range(3)}
    clusters = {item: item[0] for item in judged}
    once = ag.alt_test(humans, judge, epsilon=0.2)
    told = ag.alt_test(thrice, judged, epsilon=0.2, clusters=clusters)
    not_told = ag.alt_test(thrice, judged, epsilon=0.2)
    for name, one in once.annotators.items():
        assert told.annotators[name].p_value == pytest.approx(one.p_value, abs=1e-12)
        assert abs(not_told.annotators[name].p_value - 0.5) > abs(one.p_value - 0.5)
    assert (told.rho, told.items) == (pytest.approx(once.rho), 3 * once.items)


@pytest.mark.parametrize("seed", range(3))
def test_the_t_test_over_clusters_is_that_of_a_robust_regression(seed: int) -> None:
    humans, judge = (
        rated(items=90, raters=3, missing=0.1, seed=seed),
        rated(items=90, raters=1, missing=0, seed=9)["h0"],
    )
    questions = {item: place % 25 + place // 70 for place, item in enumerate(judge)}
    found = ag.alt_test(humans, judge, epsilon=0.1, clusters=questions)
    for human, outcome in wins_by_hand(humans, judge, "accuracy").items():
        used = [item for item in judge if item in humans[human] and sum(item in row for row in humans.values()) > 1]
        apart = outcome[:, 1] - outcome[:, 0] - 0.1
        groups = np.array([questions[item] for item in used])
        assert len(groups) == len(apart)
        fit = sm.OLS(apart, np.ones(len(apart))).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
        expected = t.cdf(fit.tvalues[0], len(set(groups)) - 1)
        assert found.annotators[human].p_value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("clusters", "message"), [({}, "has no cluster"), (dict.fromkeys(JUDGE, "q1"), "are of one cluster")]
)
def test_clusters_that_leave_no_test_are_refused(clusters: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ag.alt_test(HUMANS, JUDGE, epsilon=0.2, clusters=clusters)


def test_the_sweep_is_the_test_at_each_epsilon() -> None:
    sweep = ag.alt_test_sweep(HUMANS, JUDGE, [0.0, 0.1, 0.2, 0.3, 0.5])
    assert sweep[0.2] == ag.alt_test(HUMANS, JUDGE, epsilon=0.2)
    assert sorted(one.omega for one in sweep.values()) == [one.omega for one in sweep.values()]  # easier and easier
    assert len({one.rho for one in sweep.values()}) == 1
    assert list(ag.alt_test_sweep(HUMANS, JUDGE)) == [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]


def test_rejected_is_what_the_adjusted_p_value_says() -> None:
    found = ag.alt_test(HUMANS, JUDGE, epsilon=0.2)
    for one in found.annotators.values():
        assert one.rejected == (one.p_adjusted <= 0.05)
        assert one.p_adjusted >= one.p_value
    assert found.omega == np.mean([one.rejected for one in found.annotators.values()])
    assert found.items == 79
    assert found.annotators["h1"].n == 79
