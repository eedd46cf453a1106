"""A judge and raters: the human ceiling, rates of a binary judge, raters against themselves, marked places."""

from math import isnan, nan

import numpy as np
import pytest

from clinical_r1.stats import agreement as ag
from clinical_r1.stats.estimates import wilson
from tests.ratings import in_places, of_two, rated, rows


@pytest.mark.parametrize("measure", ag.MEASURES)
def test_the_ceiling_compares_rater_and_judge_with_the_same_others_on_the_same_items(measure: ag.Measure) -> None:
    humans = rated(items=60, raters=4, missing=0.3)
    judge = rated(items=60, raters=1, missing=0.2, seed=5)["h0"]
    expected = []
    for left_out, row in humans.items():
        both = [item for item in row if item in judge]
        own, its = {item: row[item] for item in both}, {item: judge[item] for item in both}
        others = [other for rater, other in humans.items() if rater != left_out]
        expected.append([np.mean([of_two(side, other, measure) for other in others]) for side in (own, its)])
    human, machine = np.mean(expected, axis=0)
    assert in_places(humans, judge, measure) == pytest.approx((human, machine, machine - human), abs=1e-12)


def test_a_judge_that_is_one_of_the_raters_is_at_the_ceiling() -> None:
    humans = {
        rater: {item: value % 2 for item, value in row.items()} for rater, row in rated(items=400, missing=0).items()
    }
    judge = {item: value % 2 for item, value in rated(items=400, raters=5, missing=0)["h4"].items()}
    humans_of_five = {
        rater: {item: v % 2 for item, v in row.items()}
        for rater, row in rated(items=400, raters=5, missing=0).items()
        if rater != "h4"
    }
    assert in_places(humans_of_five, judge, "kappa")[2] == pytest.approx(0, abs=0.05)
    wrong = {item: 1 - value for item, value in humans["h0"].items()}
    assert in_places(humans, wrong, "kappa")[2] < -0.3


def test_rates_of_a_binary_judge() -> None:
    humans = rows([1, 1, 1, 0, 0, 0, 1], [1, 1, 1, 0, 0, 0, 0], [1, 0, 1, 0, None, 1, None])
    judge = {0: 1, 1: 1, 2: 0, 3: 0, 4: 1, 5: 0}
    found = ag.judge_rates(humans, judge)
    assert (
        found.sensitivity.value,
        found.specificity.value,
        found.prevalence.value,
        found.called.value,
    ) == pytest.approx((2 / 3, 2 / 3, 0.5, 0.5))
    assert (found.sensitivity.low, found.sensitivity.high) == pytest.approx(tuple(wilson(2, 3)))
    assert (found.sensitivity.n, found.specificity.n, found.prevalence.n) == (3, 3, 6)
    assert found.ties == 1  # item 6
    assert found.unjudged == 0
    assert ag.judge_rates(humans, {0: 1, 1: None}).unjudged == 5
    one = ag.judge_rates({"c": humans["c"]}, judge)
    assert (one.sensitivity.value, one.specificity.value, one.ties) == pytest.approx((1 / 3, 0.5, 0))


def test_rates_of_counts_take_what_is_at_least_one() -> None:
    humans, judge = rows([0, 1, 3, 2]), {0: 0, 1: 2, 2: 1, 3: 5}
    assert ag.judge_rates(humans, judge).sensitivity.value == 1.0


def test_rates_without_cases_are_undefined_and_say_so() -> None:
    found = ag.judge_rates(rows([0, 0]), {0: 0, 1: 1})
    assert isnan(found.sensitivity.value)
    assert "no interval" in found.sensitivity.method
    assert found.specificity.value == 0.5


def test_weights_undo_an_enriched_draw() -> None:
    humans = rows([1] * 50 + [0] * 50)
    judge = {item: int(item < 50) for item in range(100)}
    weights = {item: 1.0 if item < 50 else 9.0 for item in range(100)}
    assert ag.judge_rates(humans, judge).prevalence.value == 0.5
    assert ag.judge_rates(humans, judge, item_weights=weights).prevalence.value == pytest.approx(0.1)


def test_items_of_one_question_widen_the_intervals_of_rates() -> None:
    humans = rows([1] * 60)
    judge = {item: int(item // 3 % 2) for item in range(60)}
    alone = ag.judge_rates(humans, judge).sensitivity
    together = ag.judge_rates(humans, judge, clusters={item: item // 3 for item in range(60)}).sensitivity
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_the_majority_and_the_mean() -> None:
    ratings = rows(["x", "x", None, "y"], ["x", "y", None, "y"], ["y", None, None, "x"])
    assert ag.majority(ratings) == {0: "x", 3: "y"}
    assert ag.human_mean(rows([1, None, 4], [2, None, 4])) == {0: 1.5, 2: 4.0}


def test_raters_against_themselves() -> None:
    first = {"a": {1: 0, 2: 3, 3: 1}, "b": {1: 0, 2: 2}, "c": {1: 0}}
    again = {"a": {1: 0, 2: 4, 3: None}, "b": {2: 5}}
    found = ag.rater_consistency(first, again)
    assert (found.pooled.value, found.pooled.n) == (pytest.approx(1 / 3), 3)
    assert found.raters["a"].value == 0.5
    assert (found.raters["b"].low, found.raters["b"].high) == pytest.approx(tuple(wilson(0, 1)))
    assert ag.rater_consistency(first, again, within=1).pooled.value == pytest.approx(2 / 3)
    assert isnan(ag.rater_consistency(first, {}).pooled.value)
    assert ag.rater_consistency({"a": {1: "x"}}, {"a": {1: "x"}}).pooled.value == 1.0


SPANS = [
    ([(0, 10)], [(0, 10)], 1.0, "the same"),
    ([(0, 10)], [(5, 15)], 1.0, "just half"),
    ([(0, 10)], [(6, 16)], 0.0, "less than half"),
    ([(0, 10)], [(0, 20)], 1.0, "half of the longer one"),
    ([(0, 10)], [(0, 21)], 0.0, "within a span more than twice as long"),
    ([(0, 10)], [(10, 20)], 0.0, "they only touch"),
    ([(0, 10), (10, 20)], [(0, 20)], 2 / 3, "one span matches one"),
    ([(0, 10), (20, 30)], [(21, 31), (1, 11)], 1.0, "in any order"),
    ([(0, 10)], [(0, 10), (0, 10)], 2 / 3, "twice the same place"),
    ([(0, 8), (4, 10)], [(0, 7), (2, 9)], 1.0, "as many pairs as possible, not the best one first"),
    ([], [], nan, "both found nothing"),
    ([], [(0, 3)], 0.0, "one found nothing"),
]


def f1(a: list, b: list, overlap: float = 0.5) -> float:
    return ag.pooled_span_f1({"text": a}, {"text": b}, overlap).value


@pytest.mark.parametrize(("a", "b", "value", "reason"), SPANS, ids=[reason for *_, reason in SPANS])
def test_f1_of_spans(a: list, b: list, value: float, reason: str) -> None:
    assert f1(a, b) == pytest.approx(value, nan_ok=True), reason
    assert f1(b, a) == pytest.approx(value, nan_ok=True), reason


def test_stricter_overlap() -> None:
    assert f1([(0, 10)], [(2, 12)], overlap=0.8) == 1.0
    assert f1([(0, 10)], [(2, 12)], overlap=0.9) == 0.0


def test_f1_of_spans_over_items_is_pooled() -> None:
    a = {"i1": [(0, 10), (20, 30)], "i2": [], "i3": [(0, 5)], "only a": [(0, 5)]}
    b = {"i1": [(0, 10)], "i2": [], "i3": [(50, 60)]}
    found = ag.pooled_span_f1(a, b)
    assert found.value == pytest.approx(2 * 1 / (2 + 1 + 1 + 1))
    assert found.n == 3
    assert 0 <= found.low < found.value < found.high <= 1
    assert isnan(ag.pooled_span_f1({"i2": []}, {"i2": []}).value)
