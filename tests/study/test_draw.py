"""Which questions are drawn, with what probability, and who labels what."""

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import ceil, nan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.errors import UserError
from clinical_r1.study.draw import FLOOR, QUESTIONS_PER_STRATUM, Candidate, assign, draw_questions, order

NUMBERS = st.floats(0, 1000) | st.just(nan)


def candidate(number: int, **given: object) -> Candidate:
    about = {
        "benchmark": "medqa",
        "epochs": (1,),
        "has_case": True,
        "right": (True, False),
        "words": 100.0,
        "found": 1.0,
    }
    return Candidate(question=f"q{number:03d}", **(about | given))  # type: ignore[arg-type]


CANDIDATES = st.lists(
    st.fixed_dictionaries(
        {
            "benchmark": st.sampled_from(["medqa", "medmcqa"]),
            "has_case": st.booleans(),
            "right": st.tuples(st.booleans(), st.booleans()),
            "words": NUMBERS,
            "found": NUMBERS,
            "epochs": st.sampled_from([(1,), (1, 2, 3), (2, 5)]),
        }
    ),
    min_size=2,
    max_size=60,
).map(lambda given: [candidate(number, **one) for number, one in enumerate(given)])


@settings(max_examples=60, deadline=None)
@given(CANDIDATES, st.data())
def test_probabilities_sum_to_the_questions_drawn_and_are_those_of_their_strata(
    candidates: list[Candidate], data: st.DataObject
) -> None:
    number = data.draw(st.integers(2, len(candidates)))
    found = draw_questions(candidates, number, data.draw(st.integers(0, 99)))
    assert len({(one.candidate.benchmark, one.candidate.question) for one in found.questions}) == number
    strata = {one.stratum: one for one in found.strata}
    assert sum(one.questions for one in found.strata) == len(candidates)
    probability = {name: Fraction(one.drawn, one.questions) for name, one in strata.items()}
    assert sum(one.questions * probability[one.stratum] for one in found.strata) == number
    assert all(0 < one.inclusion == probability[one.stratum] <= 1 for one in found.questions)
    assert Counter(one.stratum for one in found.questions) == {name: one.drawn for name, one in strata.items()}
    assert sum(1 / one.inclusion for one in found.questions) == len(candidates), "weights stand for all questions"
    assert all(one.epoch in one.candidate.epochs for one in found.questions)


def test_questions_come_as_often_as_their_probability_says() -> None:
    candidates = [
        candidate(n, has_case=n % 3 > 0, right=(n % 2 > 0, n < 4), found=float(n % 5), words=10.0 * n)
        for n in range(31)
    ]
    draws, times, expected = 800, Counter[str](), {}
    for seed in range(draws):
        for one in draw_questions(candidates, 12, seed).questions:
            times[one.candidate.question] += 1
            expected[one.candidate.question] = float(one.inclusion)
    assert len(times) == len(candidates)
    for question, p in expected.items():
        away = abs(times[question] / draws - p) / max(1e-9, sqrt(p * (1 - p) / draws))
        assert away < 4.5 or p == 1, (question, p, times[question] / draws)


def test_epochs_come_equally_often() -> None:
    times = Counter(draw_questions([candidate(1, epochs=(1, 2, 3))], 1, seed).questions[0].epoch for seed in range(900))
    assert all(240 < times[epoch] < 360 for epoch in (1, 2, 3))


def test_a_rare_stratum_is_drawn_more_often_than_its_share() -> None:
    candidates = [candidate(n, right=(n >= 5, True)) for n in range(200)]
    found = draw_questions(candidates, 20, 0)
    [rare] = [one for one in found.strata if one.questions == 5]
    assert rare.drawn == FLOOR
    assert sum(one.drawn for one in found.strata) == 20


@given(CANDIDATES, st.data())
@settings(max_examples=40, deadline=None)
def test_strata_leave_degrees_of_freedom(candidates: list[Candidate], data: st.DataObject) -> None:
    number = data.draw(st.integers(2, len(candidates)))
    benchmarks = len({one.benchmark for one in candidates})
    found = draw_questions(candidates, number, 0)
    assert len(found.strata) <= max(benchmarks, number / QUESTIONS_PER_STRATUM)


def test_few_questions_are_drawn_from_few_strata() -> None:
    candidates = [
        candidate(n, right=(n % 2 > 0, n % 3 > 0, n % 5 > 0), found=float(n % 7), words=float(n)) for n in range(200)
    ]
    few, many = (draw_questions(candidates, number, 0) for number in (30, 150))
    assert (len(few.strata), few.unused) == (3, ("correctness pattern", "judge count", "length"))
    assert len(many.strata) > 20
    assert many.unused == ("length",)


def test_what_makes_no_stratum_spreads_the_draw() -> None:
    candidates = [candidate(n, words=float(n), found=float(n % 50), has_case=n % 2 > 0) for n in range(60)]
    for seed in range(20):
        found = draw_questions(candidates, 6, seed)
        assert "length" in found.unused
        drawn = sorted(one.candidate.words for one in found.questions)
        assert drawn[0] < 30 < drawn[-1]


def test_the_order_of_candidates_changes_nothing_and_the_seed_does() -> None:
    candidates = [candidate(n, words=float(n)) for n in range(40)]
    one = draw_questions(candidates, 10, 1)
    assert draw_questions(candidates[::-1], 10, 1) == one
    assert {q.candidate for q in draw_questions(candidates, 10, 2).questions} != {q.candidate for q in one.questions}


def test_many_checkpoints_are_summed_up_when_patterns_are_too_many() -> None:
    candidates = [candidate(n, right=tuple(bool(n >> bit & 1) for bit in range(6))) for n in range(64)]
    found = draw_questions(candidates, 16, 0)
    assert any("some right" in one.stratum for one in found.strata)
    assert "correctness pattern" in found.unused


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(UserError, match="5 questions are to be drawn, and 4 can be"):
        draw_questions([candidate(n) for n in range(4)], 5, 0)
    with pytest.raises(UserError, match="fewer than benchmarks"):
        draw_questions([candidate(n, benchmark=f"b{n}") for n in range(4)], 2, 0)


@given(st.integers(1, 60), st.integers(1, 7), st.data())
@settings(max_examples=40, deadline=None)
def test_loads_are_even_and_every_question_has_its_raters(questions: int, raters: int, data: st.DataObject) -> None:
    names = [f"r{n}" for n in range(1, raters + 1)]
    overlap = data.draw(st.integers(1, raters))
    given_to = assign(questions, names, overlap, data.draw(st.integers(0, 9)))
    assert all(len(set(chosen)) == overlap for chosen in given_to)
    load = Counter(rater for chosen in given_to for rater in chosen)
    assert max(load.values()) - min(load[name] for name in names) <= 1


# --- an active draw ---------------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(CANDIDATES, st.data())
def test_an_active_draw_has_the_number_asked_for_and_the_probabilities_that_errors_and_floor_give(
    candidates: list[Candidate], data: st.DataObject
) -> None:
    number, floor = data.draw(st.integers(2, len(candidates))), data.draw(st.sampled_from([0.25, 0.5, 1.0]))
    errors = {one: data.draw(st.sampled_from([0.0, 0.1, 5.0])) for one in candidates}
    found = draw_questions(candidates, number, data.draw(st.integers(0, 99)), errors=errors, floor=floor)
    assert len({one.candidate for one in found.questions}) == number
    assert Counter(one.stratum for one in found.questions) == {one.stratum: one.drawn for one in found.strata}
    sizes = {one.stratum: Fraction(one.drawn, one.questions) for one in found.strata}
    for one in found.questions:
        assert float(sizes[one.stratum]) * floor - 1e-5 <= float(one.inclusion) <= 1, "the floor bounds weights"
        assert floor < 1 or float(one.inclusion) == pytest.approx(float(sizes[one.stratum]))


def test_questions_of_an_active_draw_come_as_often_as_their_probability_says_and_errors_make_them_likelier() -> None:
    candidates = [candidate(n, right=(n % 2 > 0, n < 4), found=float(n % 5)) for n in range(24)]
    errors = {one: 6.0 * (place == 0) + (place % 3 == 0) for place, one in enumerate(candidates)}
    draws, times, expected = 800, Counter[str](), {}
    for seed in range(draws):
        for one in draw_questions(candidates, 8, seed, errors=errors).questions:
            times[one.candidate.question] += 1
            expected[one.candidate.question] = float(one.inclusion)
    assert sum(expected.values()) == pytest.approx(8)
    assert expected["q000"] == 1, "an error so large is certain to be labelled"
    assert expected["q003"] > 1.5 * expected["q001"] > 0
    for question, chance in expected.items():
        assert times[question] / draws == pytest.approx(chance, abs=4.5 * sqrt(chance * (1 - chance) / draws) + 1e-9)


def test_where_errors_are_alike_an_active_draw_is_a_plain_one() -> None:
    candidates = [candidate(n) for n in range(20)]
    found = draw_questions(candidates, 7, 3, errors=dict.fromkeys(candidates, 0.4))
    assert {one.inclusion for one in found.questions} == {Fraction(7, 20)}


def test_every_two_raters_share_questions() -> None:
    given_to = assign(40, ["a", "b", "c", "d"], 2, 0)
    shared = Counter(pair for chosen in given_to for pair in combinations(chosen, 2))
    assert len(shared) == 6
    assert min(shared.values()) >= 4


@given(st.integers(1, 80), st.sampled_from([0.0, 0.05, 0.2, 0.5]), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_repeats_are_far_apart_and_as_many_as_asked(items: int, share: float, seed: int) -> None:
    slots = order(range(items), share, "r1", seed)
    again = [slot.item for slot in slots if slot.again]
    assert len(again) == len(set(again)) == ceil(share * items)
    first = {slot.item: place for place, slot in enumerate(slots) if not slot.again}
    assert sorted(first) == list(range(items))
    for place, slot in enumerate(slots):
        if slot.again:
            assert place > first[slot.item]
            assert share > 0.3 or place - first[slot.item] >= len(slots) // 3


def test_raters_have_orders_of_their_own_and_the_same_repeats() -> None:
    one, other = (order(range(40), 0.05, rater, 0) for rater in ("r1", "r2"))
    assert one != other
    assert {slot.item for slot in one if slot.again} == {slot.item for slot in other if slot.again}
