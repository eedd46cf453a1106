"""PPI++ against its authors' library and closed forms, and its coverage in simulations with known truth."""

from collections.abc import Callable, Sequence
from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import stdtrit

from clinical_r1.stats import estimates
from clinical_r1.stats.correction import Corrected, ppi_difference, ppi_mean, ppi_ratio, ppi_ratio_difference
from clinical_r1.stats.label_weights import beyond_labels
from clinical_r1.stats.prediction_powered import rater_rows

Array = NDArray[np.float64]
Maker = Callable[[np.random.Generator], Corrected]


def waves(items: int = 400) -> tuple[Array, Array]:
    """Human and judge values without a random number, so that other libraries' results can be written down."""
    i = np.arange(items)
    return np.sin(i) + 0.01 * (i % 7), 0.6 * np.sin(i) + 0.5 * np.cos(7 * i)


# --- known values -----------------------------------------------------------------------------------------------------
# ppi_mean_pointestimate and ppi_mean_ci of ppi-python 0.2.3, 60 labelled of 400 `waves`: lambda, estimate, 95 % limits
THEIRS = [
    (None, 0.051369933, -0.070528752, 0.173268619),
    (0, 0.061322322, -0.117260890, 0.239905534),
    (0.3, 0.057973264, -0.089646134, 0.205592663),
    (1, 0.050158798, -0.074169566, 0.174487161),
]


@pytest.mark.parametrize(("lam", "value", "low", "high"), THEIRS)
def test_it_is_the_one_of_its_authors(lam: float | None, value: float, low: float, high: float) -> None:
    human, judge = waves()
    found = ppi_mean(human[:60], judge[:60], judge[60:], lam=lam, pool="unlabelled")
    error = (high - low) / 2 / 1.959964
    if lam is None:  # they take the variance of the judge from other items
        assert found.value == pytest.approx(value, abs=0.02 * error)
        assert found.standard_error == pytest.approx(error, rel=0.02)
    else:
        assert found.value == pytest.approx(value, abs=1e-8)
        # theirs divides the variance of labelled items by n, where this divides by n - 1
        theirs = sqrt(error**2 + np.var(human[:60] - lam * judge[:60]) / 60 * (1 / 59))
        assert found.standard_error == pytest.approx(theirs, rel=2e-4)


def test_it_is_the_one_of_its_authors_where_that_is_installed() -> None:
    ppi_py = pytest.importorskip("ppi_py")
    for seed in range(5):
        rng = np.random.default_rng(seed)
        human = rng.normal(size=3000)
        judge = 0.8 * human + rng.normal(size=3000)
        theirs = ppi_py.ppi_mean_ci(human[:500], judge[:500], judge[500:], alpha=0.1)
        found = ppi_mean(human[:500], judge[:500], judge[500:], alpha=0.1, pool="unlabelled")
        assert (found.low, found.high) == pytest.approx([float(np.squeeze(end)) for end in theirs], abs=0.004)


def test_with_weights_of_an_active_draw_too_it_is_the_one_of_its_authors() -> None:
    ppi_py = pytest.importorskip("ppi_py")
    rng = np.random.default_rng(0)
    human = rng.normal(size=6000)
    judge = 0.8 * human + rng.normal(size=6000)
    chances = 0.1 + 0.2 * (np.abs(judge) > 1)
    drawn = rng.random(6000) < chances
    weights = 1 / chances[drawn]
    theirs = ppi_py.ppi_mean_ci(human[drawn], judge[drawn], judge, alpha=0.1, lam=0.7, w=weights)
    found = ppi_mean(human[drawn], judge[drawn], judge, alpha=0.1, lam=0.7, weights=weights, pool="unlabelled")
    assert (found.low, found.high) == pytest.approx([float(np.squeeze(end)) for end in theirs], abs=0.001)


@pytest.mark.parametrize("lam", [0.0, 0.4, 1.0])
def test_the_variance_is_that_of_the_paper(lam: float) -> None:
    human, judge = waves()
    found = ppi_mean(human[:60], judge[:60], judge[60:], lam=lam, pool="unlabelled")
    labelled, unlabelled = human[:60] - lam * judge[:60], judge[60:]
    variance = labelled.var(ddof=1) / 60 + lam**2 * unlabelled.var() / 340
    assert found.value == pytest.approx(labelled.mean() + lam * unlabelled.mean())
    assert found.standard_error == pytest.approx(sqrt(variance))
    half = float(stdtrit(59, 0.975)) * sqrt(variance)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))


def test_lambda_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    human = rng.normal(size=2500)
    judge = human + 2 * rng.normal(size=2500)
    near, far = slice(500), slice(500, None)
    found = ppi_mean(human[near], judge[near], judge[far], pool="unlabelled")
    tuned = np.cov(human[near], judge[near])[0, 1] / ((1 + 500 / 2000) * judge.var())
    assert found.lam == pytest.approx(tuned, rel=0.05)
    # with both as the pool it is the slope of the regression of human on judge, and the estimate is the same
    both = ppi_mean(human[near], judge[near], judge[far])
    assert both.lam == pytest.approx(found.lam * 1.25, rel=0.01)
    assert both.value == pytest.approx(found.value, abs=0.01 * found.standard_error)
    assert both.standard_error == pytest.approx(found.standard_error, rel=0.01)


def test_tuning_costs_a_degree_of_freedom() -> None:
    human, judge = waves()
    tuned = ppi_mean(human[:60], judge[:60], judge[60:])
    told = ppi_mean(human[:60], judge[:60], judge[60:], lam=tuned.lam)
    assert tuned.standard_error == pytest.approx(told.standard_error * sqrt(59 / 58))
    assert (tuned.high - tuned.value) / tuned.standard_error == pytest.approx(float(stdtrit(58, 0.975)))
    assert (told.high - told.value) / told.standard_error == pytest.approx(float(stdtrit(59, 0.975)))


def test_heavy_items_are_few() -> None:
    human, judge = waves(40)
    weights = np.r_[np.ones(35), np.full(5, 50.0)]  # the five are nearly all
    found = ppi_mean(human, judge, judge, weights=weights, lam=0)
    units = (weights**2).sum() ** 2 / (weights**4).sum()
    assert 5 < units < 5.1
    assert (found.high - found.value) / found.standard_error == pytest.approx(float(stdtrit(units - 1, 0.975)))


def test_degrees_of_freedom_are_those_of_a_sum_of_variances() -> None:
    """Twelve strata of two, and one of six that stands for most: what the small ones lack costs next to nothing.

    The small ones hold a tenth of the pool, so that nearly all of the variance is known from the five degrees of
    freedom of the large one.
    """
    strata = np.r_[np.repeat(np.arange(12), 2), np.full(6, 12)]
    human, judge = waves(30)
    weights = np.r_[np.full(24, 0.1 / 24), np.full(6, 0.9 / 6)]
    found = ppi_mean(human, judge, judge, weights=weights, strata=strata, lam=0)
    parts = np.r_[np.full(12, 2 * (0.1 / 24) ** 2), 6 * 0.15**2]
    freedom = parts.sum() ** 2 / (parts**2 / np.r_[np.ones(12), 5]).sum()
    assert 5 < freedom < 5.1
    assert (found.high - found.value) / found.standard_error == pytest.approx(float(stdtrit(freedom, 0.975)))


@pytest.mark.exhaustive
def test_a_rare_behaviour_that_several_raters_look_for_is_covered() -> None:
    """30 of 300 are labelled by three raters each, whose means are thirds; without the added items .89 are held."""
    truth, held = 0.1 * 0.93 + 0.9 * 0.05, []
    for seed in range(800):
        rng = np.random.default_rng([seed, 30])
        true = rng.random(300) < 0.1
        human = np.mean([np.where(true, rng.random(300) < 0.93, rng.random(300) < 0.05) for _ in range(3)], axis=0)
        judge = (rng.random(300) < np.where(true, 0.9, 0.1)).astype(float)
        found = ppi_mean(human[:30], judge[:30], judge[30:])
        held.append(found.low <= truth <= found.high)
    assert 0.94 <= np.mean(held) <= 0.99


def test_a_behaviour_that_raters_did_not_meet_may_still_be_there() -> None:
    human, judge = np.zeros(30), np.tile([0.0, 0.0, 1.0], 100)
    found = ppi_mean(human, judge[:30], judge[30:])
    assert found.value == pytest.approx(0, abs=1e-12)
    assert 0.05 < found.high < 0.2
    thirds = ppi_mean(np.r_[1 / 3, human[1:]], judge[:30], judge[30:])
    assert found.high < thirds.high < 0.2


@pytest.mark.parametrize("strata", [1, 5, 10])
def test_equal_weights_leave_clusters_less_strata(strata: int) -> None:
    human, judge = waves(40)
    found = ppi_mean(human, judge, judge, strata=np.arange(40) % strata, lam=0)
    assert (found.high - found.value) / found.standard_error == pytest.approx(float(stdtrit(40 - strata, 0.975)))


def test_without_trust_in_the_judge_it_is_the_mean_of_labels() -> None:
    rng = np.random.default_rng(1)
    human, judge, weights, questions = (
        rng.normal(size=80),
        rng.normal(size=80),
        rng.random(80) + 0.1,
        rng.integers(0, 30, 80),
    )
    classical = estimates.mean(human, questions, weights=weights)
    found = ppi_mean(human, judge, rng.normal(size=200), lam=0, weights=weights, clusters=questions)
    for one in (found, found.labels_only):
        assert one is not None
        assert one.value == pytest.approx(classical.value)
        assert one.standard_error == pytest.approx(classical.standard_error)
        assert one.high - one.low > classical.high - classical.low  # some questions are heavy
        assert (one.n, one.clusters) == (80, classical.clusters)


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e6])
def test_a_constant_judge_is_not_trusted(constant: float) -> None:
    human = np.random.default_rng(2).random(50) < 0.4
    found = ppi_mean(human, np.full(50, constant), np.full(500, constant))
    assert found.lam == 0
    assert found.value == human.mean()
    assert found.labels_only is not None
    assert (found.low, found.high) == (found.labels_only.low, found.labels_only.high)


def test_a_perfect_judge_is_believed() -> None:
    human = np.random.default_rng(3).normal(size=2000)
    found = ppi_mean(human[:100], human[:100], human[100:])
    assert found.lam == pytest.approx(1, abs=0.1)
    assert found.value == pytest.approx(human.mean(), abs=0.01)
    assert ppi_mean(human[:100], human[:100], human[100:], lam=1).value == pytest.approx(human.mean())
    assert found.standard_error == pytest.approx(human.std() / sqrt(2000), rel=0.15)
    assert found.judge_only == pytest.approx(human.mean())


def test_where_all_is_labelled_it_is_the_mean_of_labels() -> None:
    human, judge = waves(60)
    for weights in (None, 1 + np.arange(60) % 3):
        found = ppi_mean(human, judge, [], weights=weights)
        assert found.lam == 0
        assert found.value == pytest.approx(np.average(human, weights=weights))
        assert found.pool == 60


def test_the_pool_is_both_or_the_unlabelled() -> None:
    human, judge = waves(300)
    weights = np.where(judge[:100] > 0, 1.5, 6)
    plain = weights / weights.sum() @ (human[:100] - judge[:100])
    both = ppi_mean(human[:100], judge[:100], judge[100:], weights=weights, lam=1)
    assert both.value == pytest.approx(plain + judge.mean())
    assert both.pool == 300
    alone = ppi_mean(human[:100], judge[:100], judge[100:], weights=weights, lam=1, pool="unlabelled")
    assert alone.value == pytest.approx(plain + judge[100:].mean())
    assert alone.pool == 200


def test_weights_that_speak_of_another_pool_are_refused() -> None:
    rng = np.random.default_rng(0)
    human, judge, drawn, weights = draw_by_judge(rng, 200, 2000)
    near = (human[drawn], judge[drawn])
    assert ppi_mean(*near, judge[~drawn], weights=weights).pool == 2000
    relative = weights / weights.mean()  # say nothing
    assert ppi_mean(*near, judge, weights=relative).pool == 2000 + drawn.sum()
    assert ppi_mean(*near, judge, weights=weights, pool="unlabelled").pool == 2000
    stratum = np.full(10, 20.0)  # a draw of ten from 200
    for told, far in ((weights, judge), (stratum, judge[:200])):
        with pytest.raises(
            ValueError, match=f"^pool: the weights add up to the {len(far)} unlabelled items .* say pool="
        ):
            ppi_mean(human[drawn][: len(told)], judge[drawn][: len(told)], far, weights=told)


def test_strata_of_the_pool_give_the_weights() -> None:
    human, judge = waves(300)
    strata = np.array(["case", "no case"])[(np.arange(300) % 5 == 0).astype(int)]
    drawn = np.r_[:60, 60:300:5]  # all strata, unevenly
    rest = np.setdiff1d(np.arange(300), drawn)
    both = np.concatenate([strata[drawn], strata[rest]])
    sizes = {name: (strata == name).sum() / (strata[drawn] == name).sum() for name in ("case", "no case")}
    weights = np.array([sizes[name] for name in strata[drawn]])
    by_strata = ppi_mean(human[drawn], judge[drawn], judge[rest], strata=both)
    by_hand = ppi_mean(human[drawn], judge[drawn], judge[rest], strata=both, weights=weights)
    assert by_strata.value == pytest.approx(by_hand.value)
    assert by_strata.value == pytest.approx(
        ppi_mean(human[drawn], judge[drawn], judge[rest], weights=weights, lam=by_strata.lam).value
    )
    assert by_strata.strata == 2


def test_strata_leave_the_variance_within_them() -> None:
    human = np.r_[np.zeros(50), np.full(50, 10.0)] + np.tile([0.0, 0.5], 50)
    strata = np.repeat(["low", "high"], 50)
    pool = np.zeros(10**6)
    found = ppi_mean(human, np.zeros(100), pool, strata=np.append(strata, np.resize(["low", "high"], len(pool))), lam=0)
    within = human[:50].var(ddof=1) / 50 / 2  # the mean of two strata
    assert found.standard_error == pytest.approx(sqrt(within + human.var() / (10**6 + 100)), rel=1e-4)
    # of labelled items alone the strata's share of the variance is spread over the pool's size as well
    alone = ppi_mean(human, np.zeros(100), pool, strata=strata, lam=0)
    assert alone.standard_error == pytest.approx(found.standard_error, rel=1e-3)
    assert ppi_mean(human, np.zeros(100), pool, lam=0).standard_error > 10 * found.standard_error


def test_small_strata_are_merged() -> None:
    human, judge = waves(200)
    strata = np.array([*["a"] * 20, *["b"] * 18, "c", "d", *["a"] * 100, *["b"] * 50, *["e"] * 10])
    found = ppi_mean(human[:40], judge[:40], judge[40:], strata=strata)
    assert found.strata == 3  # a, b, and what c, d and e have in common: two labels
    assert "3 strata (3 small ones merged)" in found.method
    alone = ppi_mean(human[:3], judge[:3], judge[3:], strata=["a", "a", "b"])
    assert alone.strata == 1
    assert not isnan(alone.low)


# --- what has no number -----------------------------------------------------------------------------------------------
def test_unrated_items_stay_in_the_pool() -> None:
    human, judge = waves(200)
    human[:5] = nan
    found = ppi_mean(human[:60], judge[:60], judge[60:])
    moved = ppi_mean(human[5:60], judge[5:60], np.append(judge[60:], judge[:5]))
    assert (found.n, found.unscored) == (55, 5)
    assert found.value == pytest.approx(moved.value)
    assert found.standard_error == pytest.approx(moved.standard_error)


def test_the_judges_failures_count_as_its_mean() -> None:
    human, judge = waves(200)
    gaps = judge.copy()
    gaps[[3, 70, 71]] = nan
    filled = np.where(np.isnan(gaps), np.nanmean(gaps), gaps)
    found = ppi_mean(human[:60], gaps[:60], gaps[60:])
    assert (found.n, found.unjudged, found.unscored) == (60, 3, 0)
    assert found.value == pytest.approx(ppi_mean(human[:60], filled[:60], filled[60:]).value)
    assert "3 items without a judge's value" in found.method
    nothing = ppi_mean(human[:60], np.full(60, nan), np.full(140, nan))
    assert (nothing.lam, nothing.value) == (0, pytest.approx(human[:60].mean()))


@pytest.mark.parametrize("shared", [True, False])
def test_failures_that_depend_on_the_truth_do_not_bias(shared: bool) -> None:
    """The judge breaks down where there is something to find; leaving these responses out would lose a third of it."""
    rng = np.random.default_rng(4)
    values = []
    for _ in range(300):
        human = (rng.random(1200) < 0.3).astype(float)
        judge = np.where((human == 1) & (rng.random(1200) < 0.4), nan, human if shared else 1 - human)
        values.append(ppi_mean(human[:150], judge[:150], judge[150:]).value)
    assert np.mean(values) == pytest.approx(0.3, abs=0.006)


def test_few_labels_say_so() -> None:
    one = ppi_mean([1.0], [0.0], [0.0, 1.0])
    assert (one.value, one.lam) == (1, 0)
    assert isnan(one.low)
    assert isnan(one.high)
    assert "no interval" in one.method
    same = ppi_mean([1.0, 0.0, 0.5], [1.0, 0.0, 1.0], [0.0, 1.0], clusters=["q", "q", "q"])
    assert isnan(same.low)
    two = ppi_mean([1.0, 0.2], [0.0, 1.0], [0.0, 1.0])
    assert two.low < two.value < two.high


WRONG = [
    (lambda: ppi_mean([], [], [1.0]), "labelled_human: there is no number"),
    (lambda: ppi_mean([nan, nan], [1.0, 0.0], [1.0]), "labelled_human: there is no number"),
    (lambda: ppi_mean([1.0], [1.0, 2.0], [1.0]), "allowed is one number per item"),
    (lambda: ppi_mean([[1.0]], [[1.0]], [[1.0]]), "allowed is one number per item"),
    (lambda: ppi_mean([np.inf, 1.0], [1.0, 2.0], [1.0]), "finite numbers"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], alpha=1), "alpha=1"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], weights=[1.0, 0.0]), "weights: allowed are positive"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], weights=[1.0]), "weights: shape"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], weights=[1.0, 2.0, 3.0]), "one per labelled item"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], strata=["a"]), "strata: 1 labels"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], clusters=["a"]), "clusters: 1 labels"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], pool="all"), "pool='all'"),  # type: ignore[arg-type]
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], pool_weights=[1.0]), "pool_weights: shape"),
    (lambda: ppi_mean([0.0, 1.0], [0.0, 1.0], [1.0], pool_weights=[1.0, 1, -1]), "pool_weights: allowed are positive"),
    (lambda: ppi_difference([0.0, 1.0], [0.0, 1.0], [1.0, 0.0]), r"allowed is shape \(2, items\)"),
    (lambda: ppi_ratio([[1.0, 0.0], [-1.0, 2.0]], np.ones((2, 2)), np.ones((2, 3))), "denominators from 0"),
]


@pytest.mark.parametrize(("call", "said"), WRONG)
def test_arguments_out_of_range_are_named(call: Callable[[], Corrected], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


# --- properties -------------------------------------------------------------------------------------------------------
@st.composite
def studies(draw: st.DrawFn) -> dict[str, Array]:
    labelled, others = draw(st.integers(2, 40)), draw(st.integers(0, 60))
    numbers = st.floats(-5, 5, allow_subnormal=False).map(lambda x: round(x, 3))
    column = lambda size: np.array(draw(st.lists(numbers, min_size=size, max_size=size)))  # noqa: E731
    return {
        "human": column(labelled),
        "near": column(labelled),
        "far": column(others),
        "weights": np.array(draw(st.lists(st.floats(0.5, 20), min_size=labelled, max_size=labelled))),
        "strata": np.array(draw(st.lists(st.integers(0, 3), min_size=labelled + others, max_size=labelled + others))),
        "clusters": np.array(draw(st.lists(st.integers(0, 9), min_size=labelled, max_size=labelled))),
    }


def of(study: dict[str, Array], **changed: object) -> Corrected:
    values = {**study, **changed}
    human, near, far = (values.pop(name) for name in ("human", "near", "far"))
    return ppi_mean(human, near, far, **{"pool": "both", **values})  # type: ignore[arg-type]


def numbers(found: Corrected) -> list[float]:
    return [found.value, found.low, found.high, found.lam]


@settings(max_examples=80, deadline=None)
@given(studies())
def test_the_estimate_lies_in_its_interval(study: dict[str, Array]) -> None:
    for keys in ((), ("weights",), ("strata",), ("clusters",), ("weights", "strata", "clusters")):
        given = {name: study[name] for name in ("human", "near", "far", *keys)}
        found = of(given)
        assert np.isfinite(found.value)
        assert 0 <= found.lam <= 1
        if not isnan(found.low):
            assert found.low <= found.value <= found.high
            assert np.isfinite([found.low, found.high]).all()


@settings(max_examples=60, deadline=None)
@given(studies(), st.floats(0.1, 50), st.floats(2, 100))
def test_units_do_not_matter(study: dict[str, Array], unit: float, zero: float) -> None:
    human = study["human"] + 2  # neither yes or no nor a share, before and after
    plain = of(study, human=human)
    moved = of(study, human=unit * human + zero, **{name: unit * study[name] + zero for name in ("near", "far")})
    wanted = [unit * end + zero for end in numbers(plain)[:3]]
    assert numbers(moved)[:3] == pytest.approx(wanted, nan_ok=True, rel=1e-6, abs=1e-6 * (unit + abs(zero)))


@settings(max_examples=60, deadline=None)
@given(studies(), st.floats(-10, 10))
def test_a_shift_of_the_judge_does_not_matter(study: dict[str, Array], shift: float) -> None:
    found = of(study, near=study["near"] + shift, far=study["far"] + shift)
    assert found.value == pytest.approx(of(study).value, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(studies(), st.integers(0, 100))
def test_order_and_names_do_not_matter(study: dict[str, Array], seed: int) -> None:
    labelled, others = len(study["human"]), len(study["far"])
    rng = np.random.default_rng(seed)
    near, far = rng.permutation(labelled), rng.permutation(others)
    moved = of(
        {name: study[name][near] for name in ("human", "near", "weights")},
        far=study["far"][far],
        strata=np.array(["a", "b", "c", "d"])[study["strata"][np.r_[near, labelled + far]]],
        clusters=np.array([f"question {9 - number}" for number in study["clusters"]])[near],
    )
    assert moved.value == pytest.approx(of(study).value, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(studies(), st.floats(0.01, 100))
def test_only_proportions_of_weights_matter(study: dict[str, Array], factor: float) -> None:
    assert numbers(of(study, weights=factor * study["weights"])) == pytest.approx(
        numbers(of(study)), nan_ok=True, abs=1e-7
    )


@settings(max_examples=80, deadline=None)
@given(studies())
def test_a_judge_never_costs_more_than_a_degree_of_freedom(study: dict[str, Array]) -> None:
    found = of({name: study[name] for name in ("human", "near", "far")})
    alone, degrees = found.labels_only, len(study["human"]) - 1
    assert alone is not None
    if found.lam and not np.isin(study["human"], (0, 1)).all():
        assert found.standard_error <= alone.standard_error * sqrt(degrees / (degrees - 1)) * (1 + 1e-9)


# --- shares that are rare, judges that do not err ---------------------------------------------------------------------
def test_what_raters_did_not_meet_is_not_taken_for_absent() -> None:
    found = ppi_mean(np.zeros(100), np.zeros(100), np.zeros(900))
    assert (found.value, found.low) == (0, 0)
    assert 0.02 < found.high < 0.06  # the rule of three says 0.03
    clustered = ppi_mean(np.zeros(100), np.zeros(100), np.zeros(900), clusters=np.arange(100) // 5)
    assert clustered.high > 2 * found.high


def test_no_error_among_few_labels_is_no_perfect_judge() -> None:
    human = (np.random.default_rng(5).random(20_100) < 0.3).astype(float)
    found = ppi_mean(human[:100], human[:100], human[100:])
    plain = ppi_mean(2 * human[:100], 2 * human[:100], 2 * human[100:])  # no share: nothing is added
    assert plain.high - plain.low < 2 * 0.015
    assert 0.04 < found.high - found.low < 0.08


def test_limits_of_shares_stay_among_shares() -> None:
    found = ppi_mean([1.0] * 30 + [0.0], [1.0] * 31, [1.0] * 100)
    assert found.high == 1
    assert found.low > 0.7


# --- differences and ratios -------------------------------------------------------------------------------------------
def test_a_difference_is_the_mean_of_differences() -> None:
    human, judge = waves(300)
    a, b = np.array([human, judge]), np.array([judge**2, human**2])
    found = ppi_difference([a[0, :80], b[0, :80]], [a[1, :80], b[1, :80]], [a[1, 80:], b[1, 80:]])
    alone = ppi_mean((b - a)[0, :80], (b - a)[1, :80], (b - a)[1, 80:])
    assert numbers(found) == pytest.approx(numbers(alone))
    assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)
    other = ppi_difference([b[0, :80], a[0, :80]], [b[1, :80], a[1, :80]], [b[1, 80:], a[1, 80:]])
    assert (other.value, other.low, other.high) == pytest.approx((-found.value, -found.high, -found.low))
    assert other.p_value == pytest.approx(found.p_value)


def test_a_pair_is_unrated_if_a_side_is() -> None:
    human = np.array([[0.0, 1, nan, 1, 0, 1], [1.0, 1, 1, nan, 0, 1]])
    found = ppi_difference(human, np.nan_to_num(human), np.zeros((2, 3)))
    assert (found.n, found.unscored) == (4, 2)
    assert found.labels_only is not None
    assert found.labels_only.value == 0.25


def test_no_difference_anywhere_is_no_evidence_of_one() -> None:
    same = np.ones((2, 50))
    found = ppi_difference(same, same, np.ones((2, 200)))
    assert (found.value, found.p_value) == (0, pytest.approx(1))
    assert found.low < 0 < found.high


def claims(rng: np.random.Generator, items: int, rate: float) -> tuple[Array, Array]:
    """Wrong claims and claims of responses: as they are, and as a judge sees them that misses some and invents others."""
    total = rng.poisson(8, items)
    wrong = rng.binomial(total, rng.beta(5 * rate, 5 * (1 - rate), items))
    seen = rng.binomial(wrong, 0.8) + rng.binomial(total - wrong, 0.05)
    return np.array([wrong, total], float), np.array(
        [seen, np.maximum(total + rng.integers(-1, 2, items), seen)], float
    )


def test_a_ratio_without_trust_is_that_of_labels() -> None:
    human, judge = claims(np.random.default_rng(6), 100, 0.2)
    weights = 1 + np.arange(100) % 4
    classical = estimates.ratio(*human, weights=weights)
    found = ppi_ratio(human, judge, judge, lam=0, weights=weights, pool="unlabelled")
    assert found.value == pytest.approx(classical.value)
    assert found.standard_error == pytest.approx(classical.standard_error)
    assert found.judge_only == pytest.approx(judge[0].sum() / judge[1].sum())


def test_a_ratio_over_one_claim_each_is_a_mean() -> None:
    human, judge = waves(300)
    ones = np.ones(300)
    pairs = [np.array([column, ones[: len(column)]]) for column in (human[:80], judge[:80], judge[80:])]
    assert numbers(ppi_ratio(*pairs)) == pytest.approx(numbers(ppi_mean(human[:80], judge[:80], judge[80:])))
    tens = [10 * pair for pair in pairs]
    assert numbers(ppi_ratio(*tens)) == pytest.approx(numbers(ppi_ratio(*pairs)))


def test_a_ratio_corrects_both_of_its_parts() -> None:
    """A judge that sees every second claim and half of the wrong ones has the ratio right and both parts wrong."""
    human, _ = claims(np.random.default_rng(7), 1000, 0.2)
    for judge, ratio in ((human / 2, 1.0), (human * [[2.0], [1.0]], 2.0)):
        found = ppi_ratio(human[:, :300], judge[:, :300], judge[:, 300:], lam=1)
        assert found.judge_only == pytest.approx(ratio * human[0].sum() / human[1].sum())
        assert found.low <= human[0].sum() / human[1].sum() <= found.high


def test_a_ratio_of_nothing_is_none() -> None:
    found = ppi_ratio(np.zeros((2, 5)), np.zeros((2, 5)), np.zeros((2, 5)))
    assert isnan(found.value)
    assert isnan(found.low)
    rare = ppi_ratio([[0.0] * 50, [4.0] * 50], [[0.0] * 50, [4.0] * 50], np.zeros((2, 5)))
    assert (rare.value, rare.low) == (0, 0)
    assert 0 < rare.high < 0.1


def test_a_difference_of_ratios_knows_that_questions_are_shared() -> None:
    rng = np.random.default_rng(8)
    human, judge = claims(rng, 400, 0.2)
    both = np.stack([human, human]), np.stack([judge, judge])
    same = ppi_ratio_difference(both[0][..., :100], both[1][..., :100], both[1][..., 100:])
    assert (same.value, same.low, same.high) == pytest.approx((0, 0, 0), abs=1e-12)
    other_human, other_judge = claims(rng, 400, 0.4)
    people, machine = np.stack([human, other_human]), np.stack([judge, other_judge])
    found = ppi_ratio_difference(people[..., :100], machine[..., :100], machine[..., 100:])
    a, b = (ppi_ratio(h[:, :100], j[:, :100], j[:, 100:]) for h, j in zip(people, machine, strict=True))
    assert found.value == pytest.approx(b.value - a.value)
    assert found.standard_error == pytest.approx(sqrt(a.standard_error**2 + b.standard_error**2), rel=0.15)
    assert found.p_value < 1e-4


# --- raters vary ------------------------------------------------------------------------------------------------------
def crossed(raters: int = 3, items: int = 60, seed: int = 0) -> tuple[Array, Array]:
    """Ratings on an interval scale by raters with levels of their own, and a judge's values of 300 items."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(5, 2, 300)
    ratings = truth[:items] + rng.normal(0, 1, (raters, 1)) + rng.normal(0, 1, (raters, items))
    return ratings, truth + rng.normal(0, 1, 300)


def test_the_spread_between_raters_is_added() -> None:
    ratings, judge = crossed()
    these, like = (ppi_mean(ratings.mean(axis=0), judge[:60], judge[60:], raters=r, lam=0.5) for r in (None, ratings))
    assert (these.raters, like.raters) == (0, 3)
    assert these.value == like.value
    added = ratings.mean(axis=1).var(ddof=1) / 3
    assert like.standard_error**2 == pytest.approx(these.standard_error**2 + added)
    freedom = like.standard_error**4 / (these.standard_error**4 / 59 + added**2 / 2)
    assert like.high - like.value == pytest.approx(stdtrit(freedom, 0.975) * like.standard_error)
    assert "between 3 raters" in like.method


def test_it_does_not_matter_who_rated_which_items() -> None:
    rng = np.random.default_rng(1)
    ratings, _ = crossed(raters=5)
    ratings[rng.permuted(np.tile(np.arange(5)[:, None], 60), axis=0) >= 2] = np.nan  # two of five rate an item
    rater, item = np.nonzero(~np.isnan(ratings))
    columns = np.hstack([np.eye(5)[rater], np.eye(60)[item]])
    effects = np.linalg.lstsq(columns, ratings[rater, item], rcond=None)[0][:5]
    parts = np.bincount(rater) / 120
    rows = rater_rows(ratings, np.full(60, 1 / 60))
    assert (rows**2).sum() == pytest.approx(effects.var(ddof=1) * (parts**2).sum())


@pytest.mark.parametrize(
    ("there", "raters", "reason"),
    [
        (["xx..", "..xx"], 0, "nobody shares an item"),
        (["xx..", "xx..", "..xx", "..xx"], 0, "two pairs that share none"),
        (["xxxx"], 0, "one rater"),
        (["xxxx", "...."], 0, "the other rated nothing"),
        (["xx..", ".xx.", "..xx"], 3, "a chain"),
    ],
)
def test_raters_are_compared_where_shared_items_link_them(there: list[str], raters: int, reason: str) -> None:
    ratings = np.array([[float(at) if mark == "x" else nan for at, mark in enumerate(row)] for row in there])
    found = ppi_mean(np.nanmean(ratings, axis=0), np.arange(4.0), np.arange(9.0), raters=ratings)
    assert found.raters == raters, reason


def test_what_raters_share_on_both_sides_cancels_in_a_difference() -> None:
    ratings, judge = crossed()
    other = ratings + np.random.default_rng(2).normal(1, 1, 60)  # raters' levels and their noise are those of the first
    both = np.stack([ratings, other], axis=1)
    sides = both.mean(axis=0), np.stack([judge[:60], judge[:60] + 1]), np.stack([judge[60:], judge[60:] + 1])
    these, like = ppi_difference(*sides), ppi_difference(*sides, raters=both)
    assert like.raters == 3
    assert (like.low, like.high) == pytest.approx((these.low, these.high))
    one = np.stack([both, np.full_like(both, 2.0)], axis=2)  # over 2 each: half of it
    ratio_sides = [np.stack([side, np.full_like(side, 2.0)], axis=1) for side in sides]
    found = ppi_ratio_difference(*ratio_sides, raters=one)
    assert (found.raters, found.value) == (3, pytest.approx(like.value / 2, abs=0.05))
    plain = ppi_ratio(*(side[0] for side in ratio_sides), raters=one[:, 0], lam=0.5)
    mean_of = ppi_mean(*(side[0] for side in sides), raters=ratings, lam=0.5)
    assert plain.standard_error == pytest.approx(mean_of.standard_error / 2)


def test_ratings_have_the_shape_of_labels() -> None:
    with pytest.raises(
        ValueError, match=r"raters: shape \(2, 3\), allowed is \(raters, ...\), each shaped as labelled"
    ):
        ppi_mean([0.0, 1.0], [0, 1], [1], raters=np.zeros((2, 3)))


def lenient(rng: np.random.Generator, spread: float, raters: int, told: bool) -> Corrected:
    """Raters whose thresholds differ, on 120 of 1,200 responses."""
    said = rng.normal(-1.2, 2, 1200)
    ratings = (rng.random((raters, 120)) < logistic(said[:120] + rng.normal(0, spread, (raters, 1)))).astype(float)
    judge = (rng.random(1200) < logistic(1.2 * said + 0.3)).astype(float)
    return ppi_mean(ratings.mean(axis=0), judge[:120], judge[120:], raters=ratings if told else None)


def logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def share_of_all_raters(spread: float) -> float:
    """What all raters who could be asked would say on average."""
    at = np.linspace(-8, 8, 2001)
    return float(np.average(logistic(-1.2 + np.hypot(2, spread) * at), weights=np.exp(-(at**2) / 2)))


@pytest.mark.parametrize(
    ("spread", "raters", "least"),
    [(0.5, 3, 0.90), pytest.param(1.0, 3, 0.90, marks=pytest.mark.exhaustive),
     pytest.param(0.0, 3, 0.93, marks=pytest.mark.exhaustive), pytest.param(0.5, 5, 0.90, marks=pytest.mark.exhaustive)],
)  # fmt: skip
def test_raters_like_these_are_covered(spread: float, raters: int, least: float) -> None:
    truth = share_of_all_raters(spread)
    assert coverage(lambda rng: lenient(rng, spread, raters, True), truth) >= least
    if spread == 0.5 and raters == 3:
        assert coverage(lambda rng: lenient(rng, spread, raters, False), truth, 200) < 0.8, "these raters are others"


# --- coverage ---------------------------------------------------------------------------------------------------------
REPEATS = 400
"""Of a simulation: the standard error of a coverage of .95 is .011."""


def coverage(make: Maker, truth: float, repeats: int = REPEATS) -> float:
    found = [make(np.random.default_rng([11, number])) for number in range(repeats)]
    return float(np.mean([one.low <= truth <= one.high for one in found]))


def judged(rng: np.random.Generator, human: Array, sensitivity: float, specificity: float) -> Array:
    chance = np.where(human == 1, sensitivity, 1 - specificity)
    return (rng.random(human.shape) < chance).astype(float)


JUDGES = [
    (100, 0.30, 0.85, 0.90, "good"),
    (300, 0.10, 0.85, 0.95, "good, rare"),
    (100, 0.30, 0.95, 0.60, "biased: says yes too often"),
    (200, 0.30, 0.50, 0.50, "random"),
    (200, 0.30, 0.00, 1.00, "always no"),
]


@pytest.mark.parametrize(("labelled", "share", "sensitivity", "specificity", "judge"), JUDGES)
def test_a_uniform_draw_is_covered(
    labelled: int, share: float, sensitivity: float, specificity: float, judge: str
) -> None:
    def make(rng: np.random.Generator) -> Corrected:
        human = (rng.random(1500) < share).astype(float)
        seen = judged(rng, human, sensitivity, specificity)
        return ppi_mean(human[:labelled], seen[:labelled], seen[labelled:])

    assert 0.92 <= coverage(make, share) <= 0.98, judge


def draw_by_judge(rng: np.random.Generator, labelled: int, pool: int) -> tuple[Array, Array, NDArray[np.bool_], Array]:
    """What the judge finds is labelled eight times as often."""
    human = (rng.random(pool) < 0.15).astype(float)
    judge = judged(rng, human, 0.8, 0.95)
    chances = np.where(judge == 1, 8.0, 1.0)
    chances *= labelled / chances.sum()
    drawn = rng.random(pool) < chances
    return human, judge, drawn, 1 / chances[drawn]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.exhaustive
def test_a_draw_by_the_judges_finding_is_covered(whole: bool) -> None:
    def make(rng: np.random.Generator) -> Corrected:
        human, judge, drawn, weights = draw_by_judge(rng, 200, 1500)
        others = judge if whole else judge[~drawn]
        return ppi_mean(human[drawn], judge[drawn], others, weights=weights, pool="unlabelled" if whole else "both")

    assert 0.92 <= coverage(make, 0.15) <= 0.98


def enriched(rng: np.random.Generator, weighted: bool) -> Corrected:
    """Hard questions, where the judge misses half of what is there, are labelled five times as often."""
    hard = rng.random(1500) < 0.2
    human = (rng.random(1500) < np.where(hard, 0.4, 0.1)).astype(float)
    judge = np.where(hard, judged(rng, human, 0.5, 0.9), judged(rng, human, 0.9, 0.95))
    chances = np.where(hard, 5.0, 1.0)
    chances *= 200 / chances.sum()
    drawn = rng.random(1500) < chances
    weights = 1 / chances[drawn] if weighted else None
    return ppi_mean(human[drawn], judge[drawn], judge[~drawn], weights=weights)


def test_an_enriched_draw_is_covered_with_its_weights_only() -> None:
    assert 0.92 <= coverage(lambda rng: enriched(rng, True), 0.16) <= 0.98
    assert coverage(lambda rng: enriched(rng, False), 0.16, 200) < 0.6


@pytest.mark.parametrize("told", ["strata of all", "strata of the labelled", "nothing"])
@pytest.mark.exhaustive
def test_a_stratified_draw_is_covered(told: str) -> None:
    shares, taken = np.array([0.05, 0.2, 0.6]), (20, 40, 90)

    def make(rng: np.random.Generator) -> Corrected:
        strata = rng.integers(0, 3, 1500)
        human = (rng.random(1500) < shares[strata]).astype(float)
        judge = np.where(strata == 2, judged(rng, human, 0.8, 0.6), judged(rng, human, 0.8, 0.95))
        drawn = np.concatenate([rng.choice(np.flatnonzero(strata == k), taken[k], replace=False) for k in range(3)])
        rest = np.setdiff1d(np.arange(1500), drawn)
        weights = (np.bincount(strata) / taken)[strata[drawn]]
        options: dict[str, dict[str, Array]] = {
            "strata of all": {"strata": strata[np.r_[drawn, rest]]},
            "strata of the labelled": {"strata": strata[drawn], "weights": weights},
            "nothing": {},
        }
        return ppi_mean(human[drawn], judge[drawn], judge[rest], **options[told])  # type: ignore[arg-type]

    held = coverage(make, float(shares.mean()), 200 if told == "nothing" else REPEATS)
    assert held < 0.9 if told == "nothing" else 0.92 <= held <= 0.98


QUESTIONS = np.random.default_rng(0).normal(-0.8, 1.5, 10**6)
TYPICAL = float((1 / (1 + np.exp(-QUESTIONS))).mean())


def clustered(rng: np.random.Generator, told: str) -> Corrected:
    """Two checkpoints x two epochs a question; the judge misreads a fifth of the questions wholly."""
    chances = 1 / (1 + np.exp(-rng.normal(-0.8, 1.5, (500, 1))))
    human = (rng.random((500, 4)) < chances).astype(float)
    judge = np.where(rng.random((500, 1)) < 0.2, 1.0, judged(rng, human, 0.9, 0.9))
    questions = np.repeat(np.arange(500), 4)
    labels = {"all": questions, "labelled": questions[:320], "none": None}[told]
    return ppi_mean(human[:80].ravel(), judge[:80].ravel(), judge[80:].ravel(), clusters=labels)


@pytest.mark.exhaustive
def test_several_responses_a_question_are_covered_as_clusters_only() -> None:
    assert 0.92 <= coverage(lambda rng: clustered(rng, "all"), TYPICAL) <= 0.98
    assert 0.915 <= coverage(lambda rng: clustered(rng, "labelled"), TYPICAL) <= 0.98
    assert coverage(lambda rng: clustered(rng, "none"), TYPICAL, 300) < 0.89


@pytest.mark.exhaustive
def test_one_labelled_epoch_of_five_is_covered() -> None:
    def make(rng: np.random.Generator) -> Corrected:
        chances = 1 / (1 + np.exp(-rng.normal(-0.8, 1.5, (300, 1))))
        human = (rng.random((300, 5)) < chances).astype(float)
        judge = judged(rng, human, 0.9, 0.9)
        first = np.zeros((300, 5), dtype=bool)
        first[:120, 0] = True
        questions = np.repeat(np.arange(300)[:, None], 5, axis=1)
        both = np.concatenate([questions[first], questions[~first]])
        return ppi_mean(human[first], judge[first], judge[~first], clusters=both)

    assert 0.92 <= coverage(make, TYPICAL) <= 0.98


def test_a_difference_is_covered_though_the_judge_favours_a_checkpoint() -> None:
    def make(rng: np.random.Generator) -> Corrected:
        human = (rng.random((2, 1500)) < [[0.2], [0.3]]).astype(float)
        judge = np.stack([judged(rng, human[0], 0.9, 0.95), judged(rng, human[1], 0.6, 0.95)])
        found = ppi_difference(human[:, :150], judge[:, :150], judge[:, 150:])
        biased.append(found.judge_only)
        return found

    biased: list[float] = []
    assert 0.92 <= coverage(make, 0.1) <= 0.98
    assert np.mean(biased) < 0.01  # the judge alone sees no difference


@pytest.mark.parametrize("rate", [0.1, 0.4])
@pytest.mark.exhaustive
def test_a_ratio_is_covered(rate: float) -> None:
    def make(rng: np.random.Generator) -> Corrected:
        human, judge = claims(rng, 1000, rate)
        return ppi_ratio(human[:, :150], judge[:, :150], judge[:, 150:])

    assert 0.91 <= coverage(make, rate, 300) <= 0.985


@pytest.mark.exhaustive
def test_a_difference_of_ratios_is_covered() -> None:
    def make(rng: np.random.Generator) -> Corrected:
        sides = [claims(rng, 1000, rate) for rate in (0.1, 0.15)]
        human, judge = (np.stack(parts) for parts in zip(*sides, strict=True))
        return ppi_ratio_difference(human[..., :150], judge[..., :150], judge[..., 150:])

    assert 0.91 <= coverage(make, 0.05, 200) <= 0.985


def test_labels_are_worth_more_with_a_good_judge() -> None:
    def widths(sensitivity: float, specificity: float) -> Sequence[float]:
        found = []
        for number in range(40):
            rng = np.random.default_rng(number)
            human = (rng.random(2000) < 0.3).astype(float)
            judge = judged(rng, human, sensitivity, specificity)
            one = ppi_mean(human[:200], judge[:200], judge[200:])
            assert one.labels_only is not None
            found.append((one.high - one.low) / (one.labels_only.high - one.labels_only.low))
        return found

    assert np.mean(widths(0.95, 0.95)) < 0.6
    assert 0.97 < np.mean(widths(0.5, 0.5)) < 1.01


@pytest.mark.parametrize("heavy", [2.0, 100.0, 1e4, 1e8])
def test_a_share_of_sums_has_an_interval_however_much_one_item_weighs(heavy: float) -> None:
    """With few degrees of freedom t's quantile is beyond every confidence of a normal one."""
    rng = np.random.default_rng(1)
    claims = rng.integers(1, 5, 60).astype(float)
    human = np.stack([rng.binomial(claims.astype(int), 0.2).astype(float), claims])
    weights = np.ones(60)
    weights[0] = heavy
    found = ppi_ratio(human, human, human, weights=weights, pool="unlabelled", lam=0)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value < found.high


# --- what labels do not reach -----------------------------------------------------------------------------------------
REACH = [
    (np.arange(20.0), np.arange(40.0), "reach 39, labelled ones 19: 50% of responses lie outside"),
    (np.arange(20.0, 40), np.arange(40.0), "reach 0, labelled ones 20"),
    (np.arange(0.0, 40, 2), np.arange(40.0), ""),
    (np.zeros(120), np.r_[np.zeros(900), np.ones(100)], "reach 1, labelled ones 0: 10% of"),
    (np.zeros(20), np.r_[np.zeros(900), np.ones(100)], ""),  # 20 labels miss one response in ten too easily
    (np.zeros(120), np.r_[np.zeros(970), np.ones(30)], ""),  # too few to matter
    (np.full(5, nan), np.arange(5.0), ""),
    (np.r_[np.zeros(119), nan], np.r_[np.zeros(900), np.full(100, nan)], ""),
]


@pytest.mark.parametrize(("labelled", "pool", "why"), REACH)
def test_labels_that_do_not_reach_over_the_judges_scores_are_told(
    labelled: np.ndarray, pool: np.ndarray, why: str
) -> None:
    found = beyond_labels(labelled, pool)
    assert why in found
    assert bool(found) == bool(why)


@pytest.mark.parametrize("drawn", [10, 40, 120])
def test_items_drawn_at_random_reach_far_enough(drawn: int) -> None:
    rng = np.random.default_rng(0)
    pools = rng.normal(size=(2000, 400))
    assert np.mean([beyond_labels(pool[:drawn], pool) != "" for pool in pools]) <= 0.003
