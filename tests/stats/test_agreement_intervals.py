"""Intervals of agreement: the bootstrap refitted by hand, questions, weights, degenerate ratings, coverage."""

import warnings
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.stats import agreement as ag
from clinical_r1.stats.estimates import wilson
from clinical_r1.stats.resampling import bca, resampled_counts
from tests.ratings import (
    HUMANS,
    JUDGE,
    LEVELS,
    Ratings,
    in_places,
    mean_pairwise,
    of_two,
    rated,
    rows,
    tables,
    wins_by_hand,
)


def duplicated(ratings: Ratings, items: list, counts: np.ndarray) -> Ratings:
    """Every item as often as it was drawn."""
    return {
        rater: {
            (item, copy): row[item]
            for item, often in zip(items, counts, strict=True)
            for copy in range(int(often))
            if item in row
        }
        for rater, row in ratings.items()
    }


def refitted(humans: Ratings, judge: dict, level: ag.Level, categories: list) -> dict[str, float]:
    """Every figure of `agreement_intervals`, each on its own."""
    numbers = level in ("interval", "ratio")
    measures: tuple = ("exact", "kappa") if level == "nominal" else ag.MEASURES
    found = {"humans.alpha": ag.krippendorff_alpha(humans, level), "humans.ac1": ag.gwet_ac(humans, None, categories)}
    if level != "nominal":
        found["humans.ac2"] = ag.gwet_ac(humans, "ordinal" if level == "ordinal" else "quadratic", categories)
    if numbers:
        mean = ag.human_mean(humans)
        limits = ag.bland_altman(judge, mean)
        found |= {
            "humans.icc_a1": ag.icc_a1(humans),
            "humans.icc_a1_all": ag.icc_a1(humans, missing="all"),
            "mean.spearman": of_two(judge, mean, "spearman"),
            "mean.icc_a1": ag.icc_a1({"judge": judge, "mean": mean}),
            "mean.bias": limits.bias,
            "mean.limit_low": limits.low,
            "mean.limit_high": limits.high,
        }
    for measure in measures:
        found[f"humans.{measure}"] = mean_pairwise(humans, measure)
        found[f"judge.{measure}"] = mean_pairwise(humans, measure, judge=judge)
        sides = zip(("ceiling", "matched", "gap"), in_places(humans, judge, measure), strict=True)
        found |= {f"{side}.{measure}": value for side, value in sides}
    wins = wins_by_hand(humans, judge, "neg_rmse" if numbers else "accuracy")
    found["judge.rho"] = np.mean([one[:, 0].mean() for one in wins.values()])
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize("level", LEVELS)
def test_the_bootstrap_is_refitting_on_the_items_drawn(level: ag.Level) -> None:
    humans = rated(items=18, raters=3, missing=0.25)
    judge = rated(items=18, raters=1, missing=0.0, seed=3)["h0"]
    items = list(dict.fromkeys(item for row in humans.values() for item in row))
    found = ag.agreement_intervals(humans, judge, level=level, resamples=8, seed=4)

    def fitted(counts: np.ndarray) -> dict[str, float]:
        drawn = duplicated({**humans, "judge": judge}, items, counts)
        machine = drawn.pop("judge")
        return refitted(drawn, machine, level, list(range(5)))

    whole = fitted(np.ones(len(items)))
    drawn = [fitted(row) for chunk in resampled_counts(len(items), 8, np.random.default_rng(4)) for row in chunk]
    without = [fitted(row) for row in 1 - np.eye(len(items))]
    assert set(found) == set(whole)
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(whole[name], abs=1e-9), name
        ends = bca(np.array([one[name] for one in drawn]), whole[name], np.array([one[name] for one in without]))
        assert (estimate.low, estimate.high) == pytest.approx(tuple(ends), abs=1e-6), name
        assert estimate.low <= estimate.value <= estimate.high


def intervals(**more: Any) -> dict[str, Any]:
    return ag.agreement_intervals(HUMANS, JUDGE, level="ordinal", resamples=300, **more)


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert intervals(seed=1) == intervals(seed=1)
    assert intervals(seed=1)["humans.alpha"] != intervals(seed=2)["humans.alpha"]
    assert intervals(seed=1)["humans.alpha"].value == intervals(seed=2)["humans.alpha"].value


def test_a_judge_adds_figures_and_changes_none() -> None:
    alone = ag.agreement_intervals(HUMANS, level="ordinal", resamples=300)
    with_judge = intervals()
    assert {name.split(".")[0] for name in with_judge} == {"humans", "judge", "ceiling", "matched", "gap"}
    assert alone == {name: one for name, one in with_judge.items() if name.startswith("humans.")}


def test_what_intervals_rest_on() -> None:
    found = ag.agreement_intervals(
        {**HUMANS, "h1": {**HUMANS["h1"], "unseen": None}}, {**JUDGE, "other": 1}, level="ratio", resamples=100
    )
    assert (found["humans.alpha"].n, found["humans.alpha"].unscored) == (
        79,
        3,
    )  # one item has one rating, two have none
    assert (found["humans.icc_a1"].n, found["humans.icc_a1_all"].n) == (61, 80)
    assert found["mean.bias"].method == "BCa bootstrap over 80 items, 100 resamples"


def test_items_without_ratings_do_not_thin_the_resamples_out() -> None:
    padded = {rater: {**row, **{f"none {n}": None for n in range(500)}} for rater, row in HUMANS.items()}
    for name, one in ag.agreement_intervals(padded, JUDGE, level="nominal", resamples=200).items():
        expected = ag.agreement_intervals(HUMANS, JUDGE, level="nominal", resamples=200)[name]
        assert (one.value, one.low, one.high) == (expected.value, expected.low, expected.high)


def test_copies_within_a_question_tell_nothing_new() -> None:
    twice = {
        rater: {(item, copy): v for item, v in row.items() for copy in "xy"}
        for rater, row in {**HUMANS, "judge": JUDGE}.items()
    }
    judge = twice.pop("judge")
    once = intervals()
    questions = {(item, copy): item for item in JUDGE for copy in "xy"}
    together = ag.agreement_intervals(twice, judge, level="ordinal", resamples=300, clusters=questions)
    naive = ag.agreement_intervals(twice, judge, level="ordinal", resamples=300)
    for name in ("judge.kappa", "gap.exact", "humans.ac1", "humans.spearman"):
        one, both = once[name], together[name]
        assert (one.value, one.low, one.high) == pytest.approx((both.value, both.low, both.high), abs=1e-9)
        assert naive[name].high - naive[name].low < 0.85 * (one.high - one.low)
    assert together["judge.kappa"].clusters == 80
    assert together["judge.kappa"].method == "BCa bootstrap over 80 clusters of 160 items, 300 resamples"


def test_weights_count_items_as_often() -> None:
    weights = {item: 1 + place % 3 for place, item in enumerate(JUDGE)}
    copies = {item: range(weight) for item, weight in weights.items()}
    humans = {
        rater: {(item, copy): v for item, v in row.items() for copy in copies[item]} for rater, row in HUMANS.items()
    }
    judge = {(item, copy): v for item, v in JUDGE.items() for copy in copies[item]}
    weighted = ag.agreement_intervals(HUMANS, JUDGE, level="ordinal", resamples=50, item_weights=weights)
    for name in ("judge.kappa", "judge.spearman", "ceiling.exact", "humans.ac2"):
        expected = ag.agreement_intervals(humans, judge, level="ordinal", resamples=50)[name]
        assert weighted[name].value == pytest.approx(expected.value, abs=1e-9)
    scaled = ag.agreement_intervals(
        HUMANS, JUDGE, level="ordinal", resamples=50, item_weights={i: 7.0 * w for i, w in weights.items()}
    )
    assert scaled["humans.alpha"].low == pytest.approx(weighted["humans.alpha"].low, abs=1e-9)


def test_perfect_agreement_has_no_interval_but_that_of_shares() -> None:
    found = ag.agreement_intervals(
        rows([0, 1] * 20, [0, 1] * 20), {item: item % 2 for item in range(40)}, level="nominal", resamples=200
    )
    assert found["humans.kappa"].value == found["humans.alpha"].value == 1
    assert isnan(found["humans.kappa"].low)
    assert found["humans.kappa"].method == "no interval: all resamples are alike"
    share = found["judge.exact"]
    assert (share.low, share.high) == pytest.approx(tuple(wilson(40, 40)))
    assert share.method == "Wilson interval of 40 items"
    assert found["gap.exact"].value == 0
    assert isnan(found["gap.exact"].low)


def test_intervals_of_degenerate_ratings_say_what_is_missing() -> None:
    constant = ag.agreement_intervals(
        rows([0] * 10, [0] * 10), dict.fromkeys(range(10), 0), level="nominal", resamples=50
    )
    assert constant["humans.alpha"].method == "undefined; all ratings are 0: no disagreement is expected"
    assert constant["humans.ac1"].value == 1
    assert (
        constant["judge.kappa"].method
        == "undefined; 2 of 2 pairs left out: the judge and a: both gave 0 to all items in common"
    )
    single = ag.agreement_intervals({"a": {1: 0}}, {1: 0}, level="ratio", resamples=50)
    assert single["humans.kappa"].method == "undefined; fewer than two raters"
    assert single["judge.exact"].method == "no interval: fewer than two independent items"
    assert single["judge.exact"].value == 1
    nothing = ag.agreement_intervals({}, {}, level="interval", resamples=50)
    assert all(isnan(one.value) and one.method.startswith("undefined; ") and one.n == 0 for one in nothing.values())


def test_resamples_without_a_value_are_counted() -> None:
    rare = rows([1] + [0] * 19, [1] + [0] * 19)
    found = ag.agreement_intervals(rare, level="nominal", resamples=2000)["humans.kappa"]
    assert found.value == 1
    assert found.method == "no interval: all resamples are alike"
    mixed = rows([1, 1] + [0] * 18, [1, 0] + [0] * 18)
    found = ag.agreement_intervals(mixed, level="nominal", resamples=2000)["humans.kappa"]
    lost = int(found.method.split("resamples, ")[1].split(" of them")[0].replace(",", ""))
    assert lost == pytest.approx(2000 * (18 / 20) ** 20, rel=0.3)  # neither of the first two was drawn


@settings(max_examples=25, deadline=None)
@given(tables, st.sampled_from(LEVELS), st.booleans())
def test_intervals_of_any_ratings_are_numbers_or_say_why_not(ratings: Ratings, level: ag.Level, judged: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge = ratings.pop("a") if judged else None
        found = ag.agreement_intervals(ratings, judge, level=level, resamples=20)
    for name, one in found.items():
        if isnan(one.value):
            assert one.method.startswith("undefined; "), name
        elif isnan(one.low):
            assert one.method.startswith("no interval: "), name
        else:
            assert one.low <= one.value <= one.high, name


def simulated(items: int, rng: np.random.Generator) -> tuple[Ratings, dict]:
    values = (rng.random(items) < 0.3) ^ (rng.random((4, items)) < 0.15)
    *humans, judge = ({item: int(v) for item, v in enumerate(row) if rng.random() > 0.1} for row in values)
    return dict(zip("abc", humans, strict=True)), judge


def random_yes(items: int, share: float, seed: int) -> tuple[Ratings, dict]:
    """Raters who agree, and a judge who says a rare yes whatever the item."""
    rng = np.random.default_rng(seed)
    yes = rng.random(items) < share
    humans = {rater: dict(enumerate((yes ^ (rng.random(items) < 0.01)).astype(int).tolist())) for rater in "abc"}
    return humans, dict(enumerate((rng.random(items) < share).astype(int).tolist()))


@pytest.mark.parametrize(("items", "share"), [(60, 0.1), (120, 0.05)])
def test_a_judge_at_random_is_not_said_to_agree_less_than_chance(items: int, share: float) -> None:
    """Without the standard error under independence, half of the intervals lay below 0."""
    found = [
        ag.agreement_intervals(*random_yes(items, share, seed), level="nominal", resamples=200)["judge.kappa"]
        for seed in range(20)
    ]
    assert sum(one.high < 0 for one in found) <= 1
    assert sum(one.low > 0 for one in found) <= 2
    stretched = [one for one in found if "stretched" in one.method]
    assert len(stretched) >= 5
    assert all(one.low < one.value < one.high == 0 for one in stretched)


def test_a_judge_who_contradicts_raters_agrees_less_than_chance() -> None:
    humans = {rater: {item: item % 2 for item in range(40)} for rater in "ab"}
    judge = {item: 1 - item % 2 if item > 3 else item % 2 for item in range(40)}
    found = ag.agreement_intervals(humans, judge, level="nominal", resamples=500)["judge.kappa"]
    assert found.high < -0.3


@pytest.mark.exhaustive
def test_intervals_cover_the_truth() -> None:
    found_by_one = 0.3 * 0.85 + 0.7 * 0.15
    exact, by_chance = 0.85**2 + 0.15**2, found_by_one**2 + (1 - found_by_one) ** 2
    kappa = (exact - by_chance) / (1 - by_chance)
    truth = {"humans.alpha": kappa, "humans.kappa": kappa, "judge.kappa": kappa, "judge.exact": exact, "gap.kappa": 0.0}
    rng = np.random.default_rng(7)
    found = [
        ag.agreement_intervals(*simulated(80, rng), level="nominal", resamples=300, seed=seed) for seed in range(120)
    ]
    for name, value in truth.items():
        share = np.mean([one[name].low <= value <= one[name].high for one in found])
        assert 0.89 < share < 1, name  # 95 % less three standard errors of 120 draws
