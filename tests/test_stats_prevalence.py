"""Rogan-Gladen: published examples, coverage, and what makes it unstable."""

from math import isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.stats.correction import effective_count, rogan_gladen
from clinical_r1.stats.prevalence import Count

# Lang & Reiczigel (2014), examples 1 to 4: positives, sensitivity and specificity as counts, limits as published
PUBLISHED = [
    ((4060, 11284), (178, 179), (358, 359), 0.349, 0.372, 3),
    ((51, 2971), (32, 33), (20, 20), 0, 0.053, 3),
    ((0.06 * 11862, 11862), (8, 10), (12, 12), 0, 0.147, 3),
    ((259, 509), (84, 127), (96, 109), 0.58, 0.87, 2),
    ((51, 509), (23, 41), (187, 195), 0.037, 0.195, 3),
]


@pytest.mark.parametrize(("positive", "sensitivity", "specificity", "low", "high", "digits"), PUBLISHED)
def test_the_interval_is_the_published_one(
    positive: Count, sensitivity: Count, specificity: Count, low: float, high: float, digits: int
) -> None:
    found = rogan_gladen(positive, sensitivity, specificity)
    assert (round(found.low, digits), round(found.high, digits)) == (low, high)


def test_with_exact_knowledge_it_is_the_share_rescaled() -> None:
    found = rogan_gladen((300, 1000), (90 * 10**9, 10**11), (95 * 10**9, 10**11))
    assert found.value == pytest.approx((0.3 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert (found.apparent, found.sensitivity, found.specificity) == (0.3, 0.9, 0.95)
    assert found.standard_error == pytest.approx(sqrt(0.3 * 0.7 / 1000) / 0.85, rel=0.01)
    assert found.warning == ""


def test_a_perfect_judge_needs_no_correction() -> None:
    found = rogan_gladen((30, 200), (10**6, 10**6), (10**6, 10**6))
    assert found.value == pytest.approx(0.15)


counts = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (pair[0], sum(pair)))


@settings(max_examples=200, deadline=None)
@given(counts, counts, counts)
def test_whatever_the_counts_it_is_a_share_or_says_why_not(
    positive: tuple[int, int], sensitivity: tuple[int, int], specificity: tuple[int, int]
) -> None:
    found = rogan_gladen(positive, sensitivity, specificity)
    assert 0 <= found.low <= found.high <= 1
    if isnan(found.value):
        assert found.warning.startswith("undefined")
        assert (found.low, found.high) == (0, 1)
    else:
        assert found.low <= found.value <= found.high
        if found.sensitivity + found.specificity < 1.2 or found.clipped:
            assert found.warning


UNRELIABLE = [
    ((30, 100), (6, 10), (5, 10), "unstable: sensitivity + specificity is 1.10 and may be 1", "a judge of few labels"),
    ((30, 100), (60, 100), (60, 100), "unstable: sensitivity + specificity is 1.20 and may be 1.06", "a poor judge"),
    ((30, 100), (5, 10), (5, 10), "undefined: sensitivity + specificity is 1.00", "a coin"),
    ((30, 100), (3, 10), (3, 10), "undefined: sensitivity + specificity is 0.60", "worse than a coin"),
    ((30, 100), (0, 0), (90, 100), "undefined: there is no item that raters call positive", "nothing was found"),
    ((0, 0), (9, 10), (90, 100), "undefined: there is no item judged", "nothing was judged"),
    ((3, 1000), (90, 100), (90, 100), "set to 0: the formula gives -0.121", "fewer positives than false alarms"),
    ((990, 1000), (90, 100), (90, 100), "set to 1: the formula gives 1.113", "more positives than there can be"),
]


@pytest.mark.parametrize(("positive", "sensitivity", "specificity", "said", "reason"), UNRELIABLE)
def test_what_cannot_be_relied_on_is_said(
    positive: Count, sensitivity: Count, specificity: Count, said: str, reason: str
) -> None:
    assert rogan_gladen(positive, sensitivity, specificity).warning.startswith(said), reason


def test_where_the_judge_may_know_nothing_anything_is_possible() -> None:
    found = rogan_gladen((300, 1000), (6, 10), (5, 10))
    assert (found.low, found.high) == (0, 1)


def test_the_interval_covers_the_truth() -> None:
    rng, held, naive = np.random.default_rng(0), 0, 0
    for _ in range(2000):
        positive = (rng.binomial(1000, 0.2 * 0.85 + 0.8 * 0.1), 1000)
        sensitivity, specificity = (rng.binomial(60, 0.85), 60), (rng.binomial(140, 0.9), 140)
        found = rogan_gladen(positive, sensitivity, specificity)
        held += found.low <= 0.2 <= found.high
        certain = rogan_gladen(positive, *((1000 * hits, 1000 * n) for hits, n in (sensitivity, specificity)))
        naive += certain.low <= 0.2 <= certain.high
    assert 0.94 <= held / 2000 <= 0.975
    assert naive / 2000 < 0.75  # sensitivity and specificity as if they were known


# --- counts -----------------------------------------------------------------------------------------------------------
def test_independent_hits_count_as_they_are() -> None:
    hits = np.arange(100) % 4 == 0
    assert effective_count(hits) == pytest.approx((25, 100))
    assert effective_count(np.append(hits, np.nan)) == pytest.approx((25, 100))
    assert effective_count([]) == (0, 0)


def test_copies_tell_nothing_new() -> None:
    hits = np.arange(60) % 3 == 0
    assert effective_count(np.repeat(hits, 5), np.repeat(np.arange(60), 5)) == pytest.approx((20, 60), rel=0.02)
    assert effective_count(np.ones(50), np.arange(50) // 5) == pytest.approx((10, 10))


def test_weights_change_the_share_and_cost_some_size() -> None:
    hits, weights = np.array([1.0] * 50 + [0.0] * 50), np.array([1.0] * 50 + [9.0] * 50)
    found = effective_count(hits, weights=weights)
    assert found.share == pytest.approx(0.1)
    assert found.n <= 100
    assert effective_count(np.ones(100), weights=weights).n == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rogan_gladen((11, 10), (1, 2), (1, 2)), "positive: 11 of 10"),
        (lambda: rogan_gladen((1, 10), (-1, 2), (1, 2)), "sensitivity: -1 of 2"),
        (lambda: rogan_gladen((1, 10), (1, 2), (1, float("nan"))), "specificity: 1 of nan"),
        (lambda: rogan_gladen((1, 10), (1, 2), (1, 2), alpha=0), "alpha=0"),
        (lambda: effective_count([2.0]), "0 to 1"),
    ],
)
def test_arguments_out_of_range_are_named(call: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()  # type: ignore[operator]
