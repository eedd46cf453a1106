"""maj@k over questions: the estimator is tested in test_voting.py; here are the mean, the interval and who is left out."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.errors import UserError
from clinical_r1.stats.estimates import mean, share
from clinical_r1.stats.votes import maj_at_k
from clinical_r1.voting import TIE_RULES, TieRule, majority_at_k, plurality, vote_credit

label = st.sampled_from(["A", "B", "C", "D", "E", None])
benchmarks = st.lists(st.tuples(st.lists(label, max_size=6), st.sampled_from("ABC")), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(benchmarks, st.sampled_from(TIE_RULES))
def test_every_point_is_the_mean_over_the_questions_that_reach_it(rows: list, tie: TieRule) -> None:
    answers, targets = zip(*rows, strict=True)
    for k, point in maj_at_k(answers, targets, tie=tie).items():
        credits = [majority_at_k(one, target, k, tie) for one, target in rows if len(one) >= k]
        assert point.value == pytest.approx(np.mean(credits))
        assert (point.n, point.unscored) == (len(credits), len(rows) - len(credits))
        assert 0 <= point.low <= point.value <= point.high <= 1


def drawn(questions: int, epochs: int) -> tuple[list[list[str]], list[str]]:
    rng = np.random.default_rng(0)
    targets = rng.choice(list("ABCD"), questions)
    right = rng.random((questions, epochs)) < rng.beta(2, 2, questions)[:, None]
    return np.where(right, targets[:, None], rng.choice(list("ABCD"), (questions, epochs))).tolist(), targets.tolist()


def test_its_ends_are_accuracy_and_the_vote_over_everything() -> None:
    answers, targets = drawn(300, 5)
    curve = maj_at_k(answers, targets)
    assert list(curve) == [1, 2, 3, 4, 5]
    hits = [[answer == target for answer in one] for one, target in zip(answers, targets, strict=True)]
    accuracy = share(np.ravel(hits), np.repeat(np.arange(300), 5))
    assert (curve[1].value, curve[1].low, curve[1].high) == pytest.approx(
        (accuracy.value, accuracy.low, accuracy.high), abs=1e-4
    )
    votes = [vote_credit(plurality(one), target) for one, target in zip(answers, targets, strict=True)]
    whole = mean(votes)
    assert (curve[5].value, curve[5].low, curve[5].high) == pytest.approx(
        (whole.value, whole.low, whole.high), abs=4e-3
    )
    assert "300 questions" in curve[5].method


def test_some_ks_and_a_k_that_no_question_reaches() -> None:
    curve = maj_at_k([["A", "A"], ["B"]], ["A", "A"], ks=(2, 3, 2))
    assert list(curve) == [2, 3]
    assert (curve[2].value, curve[2].n, curve[2].unscored) == (1, 1, 1)
    assert (curve[3].n, curve[3].unscored) == (0, 2)
    assert isnan(curve[3].value)


def test_what_was_not_read_takes_a_place_and_never_wins() -> None:
    unread = maj_at_k([["A", None, None], ["A", nan, nan]], ["A", "A"])
    assert [point.value for point in unread.values()] == pytest.approx([1 / 3, 2 / 3, 1])
    assert maj_at_k([["A", "B", "B"]], ["A"])[3].value == 0


def test_no_question_has_no_curve() -> None:
    assert maj_at_k([], []) == {}


def test_what_cannot_be_voted_on() -> None:
    with pytest.raises(ValueError, match="one target per question"):
        maj_at_k([["A"]], [])
    with pytest.raises(UserError, match="k = 0"):
        maj_at_k([["A"]], ["A"], ks=[0])
    with pytest.raises(UserError, match="unknown tie rule"):
        maj_at_k([["A"]], ["A"], tie="often")  # type: ignore[arg-type]
