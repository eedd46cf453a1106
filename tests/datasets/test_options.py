"""Options as records keep them: padding, letters of their own, numbers as keys, and lists inside a text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.choices import LETTERS
from clinical_r1.datasets.fields import UnusableError, label, label_by_text
from clinical_r1.datasets.options import first_key_in, options, parted

BONES = ["Femur", "Tibia", "Fibula"]


# --- letters of their own ---------------------------------------------------------------------------------------------
OWN_LETTERS: list[tuple[Any, list[str], str]] = [
    (["A. Femur", "B. Tibia", "C. Fibula"], BONES, "a full stop"),
    (["(A) Femur", "(B) Tibia", "(C) Fibula"], BONES, "brackets"),
    (["A) Femur", "B) Tibia", "C) Fibula"], BONES, "one bracket"),
    (["A: Femur", "B: Tibia", "C: Fibula"], BONES, "a colon"),
    (["a.Femur", "b.Tibia", "c.Fibula"], BONES, "small letters, no space"),
    (["A - Femur", "B - Tibia", "C - Fibula"], BONES, "a dash"),
    (["A、Femur", "B．Tibia", "C：Fibula"], BONES, "full-width marks"),
    (["Option A: Femur", "Option B: Tibia", "Option C: Fibula"], BONES, "the word option"),
    ({"A": "A. Femur", "B": "B. Tibia", "C": "C. Fibula"}, BONES, "in a mapping"),
    ({"C": "C. Fibula", "A": "A. Femur", "B": "B. Tibia"}, BONES, "in a mapping in another order"),
    (["A. Femur", "B. Tibia", "C. Fibula", "D. n/a", "E."], BONES, "padding with letters"),
    (["A. Femur", "B. Tibia", "C. Fibula", "n/a"], BONES, "padding without"),
    (["A. A", "B. B", "C. AB", "D. O"], ["A", "B", "AB", "O"], "texts that are letters"),
]


@pytest.mark.parametrize(("given", "texts", "why"), OWN_LETTERS)
def test_letters_of_their_places_are_taken_off(given: Any, texts: list[str], why: str) -> None:
    assert list(options(given).values()) == texts, why


AS_THEY_ARE: list[tuple[list[str], str]] = [
    (["A. baumannii", "C. difficile", "E. coli", "B. cereus"], "species"),
    (["B. cereus", "A. baumannii", "C. difficile"], "species whose letters are those of other places"),
    (["S. pneumonia", "H. influenzae", "P. aeruginosa", "M. catarrhalis", "Syncytial virus"], "a real record"),
    (["A. Fleming", "E. Jenner", "R. Koch"], "people"),
    (["A and B", "B and C", "C and D", "D"], "cited options"),
    (["(A) and (B)", "(B) and (C)", "(C) and (D)"], "cited options in brackets"),
    (["A) only", "B) only", "C) only"], "cited options, one each"),
    (["(A)-(B)-(C)", "(B)-(A)-(C)", "(C)-(A)-(B)"], "orders of cited options"),
    (["A", "B", "AB", "O"], "texts that are letters"),
    (["A.", "B.", "C."], "nothing behind the letters"),
    (["A. Femur", "Tibia", "C. Fibula"], "not all have one"),
    (["T - cell", "B - cell"], "names with a dash"),
    (["A: T, B: T", "A: T, B: F", "A: F, B: T"], "the same letter throughout"),
    (["A wave", "B wave", "C wave"], "no mark behind the letter"),
]


@pytest.mark.parametrize(("given", "why"), AS_THEY_ARE)
def test_other_letters_are_part_of_the_text(given: list[str], why: str) -> None:
    assert list(options(given).values()) == given, why


CONTRADICTIONS: list[tuple[Any, str]] = [
    (["B. Femur", "A. Tibia", "C. Fibula"], "two places exchanged"),
    ({"A": "B) Femur", "B": "A) Tibia"}, "in a mapping"),
    (["B) Femur", "C) Tibia", "D) Fibula"], "one too far"),
    (["B. Femur", "A. Tibia", "n/a"], "with padding"),
]


@pytest.mark.parametrize(("given", "why"), CONTRADICTIONS)
def test_letters_of_other_places_are_a_contradiction(given: Any, why: str) -> None:
    with pytest.raises(UnusableError, match="carry the letters B, "):
        options(given)


def test_a_label_may_repeat_the_letter_too() -> None:
    among = options(["A. Femur", "B. Tibia", "C. Fibula"])
    assert [label_by_text(said, among) for said in ("B. Tibia", "(b) tibia", "Tibia", "A. Tibia")] == [
        "B",
        "B",
        "B",
        None,
    ]


# --- padding ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("padding", ["n/a", "N/A", "-", "–", "none given", "", " ", None, "nan", float("nan"), "(N/A)"])
def test_padding_at_the_end_is_no_option(padding: object) -> None:
    assert list(options([*BONES, padding, padding]).values()) == BONES
    assert list(options({"A": "Film", "B": "Wait", "C": padding})) == ["A", "B"]


REAL: list[tuple[list[str], str]] = [
    (["Film", "Wait", "None"], "MedMCQA's way to say none of the above"),
    (["Film", "Wait", "None of the above"], "an answer"),
    (["Film", "Wait", "Not applicable"], "may be an answer"),
    (["K", "Cl", "Na"], "sodium"),
    (["+", "++", "-"], "a sign"),
    (["+", "-"], "of two"),
]


@pytest.mark.parametrize(("given", "why"), REAL)
def test_what_may_be_an_answer_stays(given: list[str], why: str) -> None:
    assert list(options(given).values()) == given, why


@pytest.mark.parametrize(
    ("padding", "reason"), [("n/a", "option B is n/a"), ("", "option B is empty"), (None, "option B is empty")]
)
def test_padding_before_other_options_cannot_be_used(padding: object, reason: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        options(["Film", padding, "Wait"])
    with pytest.raises(UnusableError, match=reason):
        options(["Film", padding])


# --- keys -------------------------------------------------------------------------------------------------------------
KEYS: list[tuple[Any, object, str, str]] = [
    ({"1": "x", "2": "y", "3": "z", "4": None}, 3, "C", "MedExpQA"),
    ({1: "x", 2: "y", 3: "z"}, "3", "C", "numbers"),
    ({"0": "x", "1": "y", "2": "z"}, 2, "C", "from 0"),
    ([{"aid": 1, "atext": "x"}, {"aid": 2, "atext": "y"}, {"aid": 3, "atext": "z"}], 3, "C", "HEAD-QA"),
    ({"aid": [1, 2, 3], "atext": ["x", "y", "z"]}, 3, "C", "HEAD-QA, as `datasets` returns it"),
    (json.dumps({"option1": "x", "option2": "y", "option3": "z"}), "option3", "C", "AfriMed-QA"),
    ({"opa": "x", "opb": "y", "opc": "z"}, "opc", "C", "names with letters"),
    ({"choice_a": "x", "choice_b": "y", "choice_c": "z"}, "C", "C", "a letter"),
    ({"2": "y", "10": None, "1": "x", "3": "z"}, 2, "B", "in another order"),
]


@pytest.mark.parametrize(("given", "said", "letter", "why"), KEYS)
def test_a_label_names_the_key_of_its_option(given: Any, said: object, letter: str, why: str) -> None:
    found = options(given)
    assert list(found.values()) == ["x", "y", "z"], why
    assert label(said, found, "answer", first_key_in(given)) == letter, why


BAD_KEYS: list[tuple[Any, str, str]] = [
    ({"1": "x", "B": "y"}, "option letter '1'", "numbers and letters"),
    ({"2": "x", "3": "y"}, "option letters B, C", "not from the start"),
    ({"1": "x", "3": "y"}, "option letters A, C", "a gap"),
    ({"option1": "x", "opt_1": "y"}, "option letters A, A", "a number twice"),
]


@pytest.mark.parametrize(("given", "reason", "why"), BAD_KEYS)
def test_keys_that_name_no_places(given: Any, reason: str, why: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        options(given)


@pytest.mark.parametrize("said", ["option1,option2", "1, 2", "A and B", "A/B"])
def test_a_label_that_names_several_options(said: str) -> None:
    with pytest.raises(UnusableError, match="answer holds 2 labels, allowed is one"):
        label(said, {"A": "x", "B": "y"}, "answer", 1)


# --- options in a text ------------------------------------------------------------------------------------------------
LISTS: list[tuple[str, list[str], str]] = [
    ("A 白细胞\nB 红细胞\nC 血小板", ["白细胞", "红细胞", "血小板"], "CMExam"),
    ("A. x\nB. y z\n\nC. w", ["x", "y z", "w"], "one a line"),
    ("A. x, B. y, C. z", ["x", "y", "z"], "on one line"),
    ("(A) x; (B) y; (C) z", ["x", "y", "z"], "with semicolons"),
    ("A．白 B．红 C．蓝", ["白", "红", "蓝"], "full-width marks"),
    ("A. x\nB. y\nC. n/a", ["x", "y"], "padded"),
]


@pytest.mark.parametrize(("given", "texts", "why"), LISTS)
def test_options_in_one_text(given: str, texts: list[str], why: str) -> None:
    assert list(options(given).values()) == texts, why


QUESTIONS: list[tuple[str, str, list[str], str]] = [
    ("A man coughs.\nWhat next?\n(A) Film\n(B) CT\n(C) Wait", "A man coughs.\nWhat next?", ["Film", "CT", "Wait"], "lines"),
    ("What next?\na) Film\nb) CT", "What next?", ["Film", "CT"], "two lines, small letters"),
    ("A man took vitamin A. What next? A. Film B. CT C. Wait", "A man took vitamin A. What next?", ["Film", "CT", "Wait"], "one line"),
    ("Is it so? A. True B. False", "Is it so?", ["True", "False"], "two behind a question mark"),
    ("Which? A. E. coli B. C. difficile C. None", "Which?", ["E. coli", "C. difficile", "None"], "species"),
    ("Which? Options: (A) x (B) y (C) z\nAnswer:", "Which?", ["x", "y", "z"], "a heading, and where to answer"),
    ("Which?\nA. x\nB. y\nC. z\nAnswer: B", "Which?", ["x", "y", "z"], "the key"),
    ("哪一个？A．白 B．红 C．蓝", "哪一个？", ["白", "红", "蓝"], "without spaces"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "stem", "texts", "why"), QUESTIONS)
def test_options_at_the_end_of_a_question(given: str, stem: str, texts: list[str], why: str) -> None:
    assert parted(given) == (stem, dict(zip(LETTERS, texts, strict=False))), why


NO_LISTS: list[tuple[str, str]] = [
    ("(A) Heart (B) Lung (C) Liver are marked. Which is hit?", "a list inside a sentence"),
    ("Vitamin A. Vitamin B. What else?", "names"),
    ("Given to A. Smith and B. Jones", "two that nothing asks for"),
    ("A. x B. y C. z", "no question"),
    ("Which bone?", "nothing"),
]


@pytest.mark.parametrize(("given", "why"), NO_LISTS)
def test_a_question_that_does_not_end_with_options(given: str, why: str) -> None:
    with pytest.raises(UnusableError, match="does not end with"):
        parted(given)


WORDS = st.text("abcdefgh", min_size=3, max_size=9)


@given(
    WORDS,
    st.lists(WORDS, min_size=3, max_size=9, unique=True),
    st.sampled_from(["{}. {}", "({}) {}", "{}) {}", "{}: {}"]),
    st.sampled_from(["\n", " "]),
)
def test_a_question_and_its_options_come_apart(stem: str, texts: list[str], form: str, between: str) -> None:
    listed = between.join(form.format(letter, text) for letter, text in zip(LETTERS, texts, strict=False))
    assert parted(f"{stem}?{between}{listed}") == (f"{stem}?", dict(zip(LETTERS, texts, strict=False)))


MEMBER = st.one_of(
    st.text("ABab .():-1\n", max_size=8),
    st.sampled_from(["A. x", "n/a", None, "option1"]),
    st.integers(-1, 30),
    st.floats(),
)
KEY = st.sampled_from(["A", "B", "1", "2", "opa", "option2", "aid", "atext", "key", "value"])


@given(st.recursive(MEMBER, lambda part: st.lists(part, max_size=5) | st.dictionaries(KEY, part, max_size=5)), MEMBER)
def test_any_container_gives_options_or_a_reason(held: object, said: object) -> None:
    try:
        found = options(held)
        right = label(said, found, "answer", first_key_in(held))
    except UnusableError:
        return  # any other exception fails the test
    assert list(found) == list(LETTERS[: len(found)])
    assert all(text.strip() for text in found.values())
    assert right in found
