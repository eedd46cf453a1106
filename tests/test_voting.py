"""Plurality votes and exact maj@k: hand cases, brute force over all subsets, and independent formulas at n = 64."""

from fractions import Fraction
from itertools import combinations, permutations
from math import comb, isclose
from random import Random
from statistics import fmean

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from clinical_r1.errors import UserError
from clinical_r1.voting import TIE_RULES, TieRule, Vote, majority_at_k, majority_curve, plurality, vote_credit

Answers = list[str | None]

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
a_tie_rule = st.sampled_from(TIE_RULES)
few_answers = st.lists(st.sampled_from(["A", "B", "C", "D", None]), min_size=1, max_size=10)
many_answers = st.integers(1, 26).flatmap(
    lambda labels: st.lists(st.sampled_from([*LABELS[:labels], None]), min_size=1, max_size=64)
)


def votes(text: str) -> Answers:
    """Answers from one character each, `-` for an answer that could not be read."""
    return [None if character == "-" else character for character in text]


def brute_force(answers: Answers, target: str, k: int, tie: TieRule) -> float:
    return fmean(vote_credit(plurality(subset), target, tie) for subset in combinations(answers, k))


PLURALITY = [
    ("A", ("A",), "a single vote wins"),
    ("ABCDA", ("A",), "two of five are enough: no absolute majority is needed"),
    ("AAB", ("A",), "an absolute majority wins"),
    ("BAAB", ("B", "A"), "a tie lists its winners in order of first appearance, not of the alphabet"),
    ("CBAA", ("A",), "coming first is no advantage without a tie"),
    ("DCBA", ("D", "C", "B", "A"), "all different: everybody ties"),
    ("---A", ("A",), "one readable answer beats any number of unreadable ones"),
    ("--AB", ("A", "B"), "unreadable answers neither win nor break a tie"),
    ("---", (), "nobody answered: nobody wins"),
    ("", (), "no votes at all: nobody wins"),
]


@pytest.mark.parametrize(("answers", "winners", "reason"), PLURALITY)
def test_plurality(answers: str, winners: tuple[str, ...], reason: str) -> None:
    vote = plurality(votes(answers))
    assert vote.winners == winners, reason
    assert vote.tied == (len(winners) > 1), reason
    assert vote.winner == (winners[0] if len(winners) == 1 else None), reason


def test_counts_leave_out_unreadable_answers_and_keep_the_order_of_appearance() -> None:
    vote = plurality(["B", None, "A", "B", None])
    assert vote == Vote(winners=("B",), counts={"B": 2, "A": 1})
    assert list(vote.counts) == ["B", "A"]


CREDIT = [
    ("ABCDA", 1.0, 1.0, 1.0, "a sole winner takes everything under every rule, though most votes are wrong"),
    ("BBA", 0.0, 0.0, 0.0, "outvoted"),
    ("ABAB", 1 / 2, 0.0, 1.0, "two winners, the target named first"),
    ("BABA", 1 / 2, 0.0, 0.0, "two winners, the target named second"),
    ("CBA", 1 / 3, 0.0, 0.0, "three winners, the target named last"),
    ("-ABCD", 1 / 4, 0.0, 1.0, "an unreadable answer in front is not an answer"),
    ("BBCC", 0.0, 0.0, 0.0, "a tie among the others is worth nothing"),
    ("ABBCC", 0.0, 0.0, 0.0, "named first, but not among the winners"),
    ("BCD", 0.0, 0.0, 0.0, "the target got no vote"),
    ("---", 0.0, 0.0, 0.0, "nobody answered: wrong, not an error"),
]


@pytest.mark.parametrize(("answers", "share", "incorrect", "first", "reason"), CREDIT)
def test_credit_of_one_vote(answers: str, share: float, incorrect: float, first: float, reason: str) -> None:
    vote = plurality(votes(answers))
    assert vote_credit(vote, "A") == share, reason
    assert [vote_credit(vote, "A", tie) for tie in TIE_RULES] == [share, incorrect, first], reason


MAJORITY = [
    ("A", 1, 1, 1, 1, "one right answer"),
    ("B", 1, 0, 0, 0, "one wrong answer"),
    ("-", 1, 0, 0, 0, "one unreadable answer"),
    ("ABCDA", 5, 1, 1, 1, "the whole vote, won with two of five"),
    ("ABCDA", 1, 2 / 5, 2 / 5, 2 / 5, "one vote is the mean accuracy"),
    (
        "ABCDA",
        2,
        4 / 10,
        1 / 10,
        4 / 10,
        "AA wins; 6 pairs AX tie, 3 with the first A in front and 3 with the last behind",
    ),
    ("AB", 2, 1 / 2, 0, 1, "the only pair ties, target in front"),
    ("BA", 2, 1 / 2, 0, 0, "the only pair ties, target behind"),
    ("A-", 2, 1, 1, 1, "an unreadable vote cannot outvote or tie"),
    ("A--", 2, 2 / 3, 2 / 3, 2 / 3, "the pair of two unreadable votes is wrong and stays in the denominator"),
    ("---", 2, 0, 0, 0, "nobody answered: wrong, not an error"),
    ("BBBC", 3, 0, 0, 0, "a target nobody named never wins"),
    ("AABB", 3, 1 / 2, 1 / 2, 1 / 2, "three of two and two: AAB twice, ABB twice"),
    (
        "BACA",
        3,
        2 / 3,
        1 / 2,
        1 / 2,
        "of four, BAA and ACA win, BAC and BCA tie threefold with B in front: 2 + 2/3",
    ),
]


@pytest.mark.parametrize(("answers", "k", "share", "incorrect", "first", "reason"), MAJORITY)
def test_majority_at_k(answers: str, k: int, share: float, incorrect: float, first: float, reason: str) -> None:
    assert majority_at_k(votes(answers), "A", k) == share, reason
    assert [majority_at_k(votes(answers), "A", k, tie) for tie in TIE_RULES] == [share, incorrect, first], reason


def test_k_may_be_a_numpy_integer() -> None:
    answers: Answers = [*"A" * 40, *"B" * 24]
    assert majority_at_k(answers, "A", np.int64(20)) == majority_at_k(answers, "A", 20)  # type: ignore[arg-type]


REFUSED = [
    ("", 1, "share", "at least 1", "no answers"),
    ("AAB", 0, "share", "allowed: 1 to 3", "no votes"),
    ("AAB", -1, "share", "allowed: 1 to 3", "fewer than no votes"),
    ("AAB", 4, "share", "allowed: 1 to 3", "more votes than answers"),
    ("AAB", 1, "random", "allowed: share, incorrect, first", "unknown tie rule"),
]


@pytest.mark.parametrize(("answers", "k", "tie", "allowed", "reason"), REFUSED)
def test_refusals_are_one_line_that_says_what_is_allowed(
    answers: str, k: int, tie: TieRule, allowed: str, reason: str
) -> None:
    with pytest.raises(UserError, match=allowed) as caught:
        majority_at_k(votes(answers), "A", k, tie)
    assert "\n" not in str(caught.value), reason


def test_an_unknown_tie_rule_is_refused_even_when_no_rule_is_needed() -> None:
    with pytest.raises(UserError, match="'mode'"):
        vote_credit(plurality("A"), "A", "mode")  # type: ignore[arg-type]


@given(answers=few_answers, tie=a_tie_rule)
@example(answers=votes("AABBCCDD--"), tie="share")
@example(answers=votes("BACADABACA"), tie="first")
def test_equals_brute_force_over_all_subsets(answers: Answers, tie: TieRule) -> None:
    for k in range(1, len(answers) + 1):
        assert isclose(majority_at_k(answers, "A", k, tie), brute_force(answers, "A", k, tie), abs_tol=1e-12)


@given(answers=many_answers, tie=a_tie_rule)
def test_one_vote_is_the_mean_accuracy(answers: Answers, tie: TieRule) -> None:
    assert majority_at_k(answers, "A", 1, tie) == answers.count("A") / len(answers)


@given(answers=many_answers, tie=a_tie_rule)
def test_all_votes_are_the_vote_over_everything(answers: Answers, tie: TieRule) -> None:
    assert majority_at_k(answers, "A", len(answers), tie) == vote_credit(plurality(answers), "A", tie)


@given(answers=many_answers, data=st.data())
def test_order_matters_to_first_alone(answers: Answers, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(answers))
    k = data.draw(st.integers(1, len(answers)))
    for tie in ("share", "incorrect"):
        assert majority_at_k(shuffled, "A", k, tie) == majority_at_k(answers, "A", k, tie)


@given(answers=st.lists(st.sampled_from(["A", "B", "C", None]), min_size=1, max_size=5))
def test_share_is_first_averaged_over_all_orders(answers: Answers) -> None:
    for k in range(1, len(answers) + 1):
        mean = fmean(majority_at_k(order, "A", k, "first") for order in permutations(answers))
        assert isclose(majority_at_k(answers, "A", k, "share"), mean, abs_tol=1e-12)


@given(answers=many_answers, data=st.data())
def test_values_are_ordered_probabilities(answers: Answers, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    share, incorrect, first = (majority_at_k(answers, "A", k, tie) for tie in TIE_RULES)
    assert 0 <= incorrect <= share <= 1
    assert incorrect <= first <= 1


@given(answers=many_answers, tie=a_tie_rule, data=st.data())
def test_relabelling_changes_nothing(answers: Answers, tie: TieRule, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    names = dict(zip(LABELS, data.draw(st.permutations(LABELS)), strict=True))
    renamed = [None if answer is None else names[answer] for answer in answers]
    assert majority_at_k(renamed, names["A"], k, tie) == majority_at_k(answers, "A", k, tie)


@given(answers=many_answers, tie=st.sampled_from(["share", "first"]), data=st.data())
def test_somebody_wins_unless_nobody_answered(answers: Answers, tie: TieRule, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    credit = (majority_at_k(answers, label, k, tie) for label in set(answers) - {None} if label)
    all_unreadable = comb(answers.count(None), k) / comb(len(answers), k)
    assert isclose(sum(credit), 1 - all_unreadable, abs_tol=1e-12)


@given(answers=few_answers, tie=a_tie_rule)
def test_curve_is_majority_at_every_k(answers: Answers, tie: TieRule) -> None:
    sizes = range(1, len(answers) + 1)
    assert majority_curve(answers, "A", tie) == {k: majority_at_k(answers, "A", k, tie) for k in sizes}


def test_curve_at_chosen_sizes() -> None:
    curve = majority_curve("AABC", "A", ks=(4, 1))
    assert list(curve.items()) == [(4, 1.0), (1, 0.5)], "in the order asked for"
    with pytest.raises(UserError, match="allowed: 1 to 4"):
        majority_curve("AABC", "A", ks=(1, 5))


# Independent formulas at the largest supported size, where brute force would have to visit 10^18 subsets.


@pytest.mark.parametrize("right", [1, 20, 31, 32, 33, 50, 63])
@pytest.mark.parametrize("k", [1, 2, 5, 16, 31, 32, 63, 64])
def test_two_labels_of_64_are_hypergeometric(right: int, k: int) -> None:
    right_votes = hypergeom(64, right, k)
    wins, ties = right_votes.sf(k // 2), right_votes.pmf(k // 2) if k % 2 == 0 else 0.0
    target_in_front: Answers = [*"A" * right, *"B" * (64 - right)]
    target_behind = target_in_front[::-1]
    assert majority_at_k(target_in_front, "A", k, "share") == pytest.approx(wins + ties / 2, abs=1e-12)
    assert majority_at_k(target_in_front, "A", k, "incorrect") == pytest.approx(wins, abs=1e-12)
    assert majority_at_k(target_in_front, "A", k, "first") == pytest.approx(wins + ties, abs=1e-12)
    assert majority_at_k(target_behind, "A", k, "first") == pytest.approx(wins, abs=1e-12)


@pytest.mark.parametrize("k", [3, 17, 32, 60])
@pytest.mark.parametrize("tie", ["share", "incorrect"])
def test_three_labels_of_64_are_multivariate_hypergeometric(k: int, tie: TieRule) -> None:
    collected = {"A": 22, "B": 20, "C": 15}  # and 7 unreadable
    answers: Answers = [label for label, count in collected.items() for _ in range(count)] + [None] * 7
    total = Fraction(0)
    for a in range(23):
        for b in range(21):
            for c in range(16):
                if 0 <= k - a - b - c <= 7:
                    ways = comb(22, a) * comb(20, b) * comb(15, c) * comb(7, k - a - b - c)
                    subset = plurality("A" * a + "B" * b + "C" * c)
                    winners = len(subset.winners) if "A" in subset.winners else 0
                    worth = Fraction(1, winners) if winners and (tie == "share" or winners == 1) else 0
                    total += ways * worth
    assert majority_at_k(answers, "A", k, tie) == float(total / comb(64, k)), "both are exact until rounded once"


def test_26_options_in_64_answers_agree_with_drawn_votes() -> None:
    rng = Random(0)
    answers: Answers = [*"A" * 8, *(rng.choice([*LABELS, None]) for _ in range(56))]
    rng.shuffle(answers)
    for tie in TIE_RULES:
        draws = [
            vote_credit(plurality([answers[i] for i in sorted(rng.sample(range(64), 24))]), "A", tie)
            for _ in range(4000)
        ]
        assert majority_at_k(answers, "A", 24, tie) == pytest.approx(fmean(draws), abs=4 * 0.5 / 4000**0.5)
