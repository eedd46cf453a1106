"""The two halves of a training set."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.datasets.overlap import shared, split_halves
from clinical_r1.datasets.questions import Question
from tests.running import DRUGS


def made(number: int, stem: str | None = None) -> Question:
    return Question(f"q{number}", stem or f"Which drug helps in case {number}?", dict(DRUGS), "A")


def ids(questions: list[Question]) -> list[str]:
    return [question.id for question in questions]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 5), st.randoms())
def test_copies_stay_together_and_the_order_of_rows_does_not_matter(cases: list[int], seed: int, rng: Random) -> None:
    questions = [made(number, f"Case {case}?") for number, case in enumerate(cases)]
    split = split_halves(questions, seed)
    assert sorted(ids(split.first + split.second)) == sorted(ids(questions)), "every question once"
    assert {q.stem for q in split.first} & {q.stem for q in split.second} == set()
    assert shared(split.first, split.second) == []
    assert split_halves(rng.sample(questions, len(questions)), seed) == split


@pytest.mark.parametrize("copies", [1, 2])
def test_halves_are_equal(copies: int) -> None:
    split = split_halves(
        [made(n + 10_000 * copy, f"Case {n}?") for n in range(5_000 // copies) for copy in range(copies)]
    )
    assert abs(len(split.first) - len(split.second)) <= 2


def test_another_seed_is_another_split_of_the_same_questions() -> None:
    questions = [made(number) for number in range(200)]
    first = [set(ids(split_halves(questions, seed).first)) for seed in (0, 1)]
    assert first[0] != first[1]
    assert 30 < len(first[0] & first[1]) < 70, "of 100, about 50 stay"


def test_the_start_of_a_half_is_not_the_start_of_the_file() -> None:
    first = [int(id[1:]) for id in ids(split_halves([made(number) for number in range(400)]).first[:100])]
    assert 150 < sum(first) / 100 < 250


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "other"}, "another id"),
        ({"stem": "which  drug helps, in CASE 1"}, "case, punctuation and white space"),
        ({"options": dict(zip("ABCD", reversed(DRUGS.values()), strict=True))}, "another order of options"),
        ({"target": "D"}, "another label"),
    ],
)
def test_what_does_not_make_another_question(change: dict[str, object], why: str) -> None:
    copy = replace(made(1), **change)  # type: ignore[arg-type]
    assert shared([made(1)], [copy]) == [copy.id], why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stem": "Which drug helps in case 2?"}, "another stem"),
        ({"options": DRUGS | {"D": "Tenecteplase"}}, "another option"),
        ({"stem": "Which drug helps in case 1? Aspirin", "options": {"A": "Heparin", "B": "Warfarin"}}, "text moved"),
    ],
)
def test_what_makes_another_question(change: dict[str, object], why: str) -> None:
    assert shared([made(1)], [replace(made(1), **change)]) == [], why  # type: ignore[arg-type]


def test_too_few_questions_leave_a_half_empty() -> None:
    assert split_halves([]) == split_halves([], 1)
    assert [len(half) for half in (split_halves([made(1)]).first, split_halves([made(1)]).second)] == [0, 1]
