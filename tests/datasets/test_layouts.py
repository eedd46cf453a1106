"""Field layouts of the benchmarks: every way in which a record keeps its options and its label."""

import json
from typing import Any

import pytest

from clinical_r1.datasets.fields import UnusableError
from clinical_r1.datasets.medmcqa import MEDMCQA, cop_base
from clinical_r1.datasets.medqa import MEDQA
from clinical_r1.datasets.medxpertqa import MEDXPERTQA, without_inline_options
from clinical_r1.datasets.read import Row
from clinical_r1.errors import UserError

FOUR = {"A": "Iron", "B": "Zinc", "C": "Lead", "D": "Gold"}
PAIRS = list(FOUR.items())

CONTAINERS: list[tuple[Any, str]] = [
    (FOUR, "mapping: original MedQA, hub MedXpertQA"),
    (dict(reversed(PAIRS)), "mapping in another order: the letters count"),
    ({letter.lower(): text for letter, text in PAIRS}, "small letters"),
    (FOUR | {"E": None}, "a parquet struct holds null for what is not there"),
    ([{"letter": letter, "content": text} for letter, text in PAIRS], "GitHub MedXpertQA"),
    ([{"key": letter, "value": text} for letter, text in PAIRS], "key and value"),
    ({"letter": list(FOUR), "content": list(FOUR.values())}, "a sequence of structs, as `datasets` returns it"),
    (PAIRS, "a parquet map"),
    (list(FOUR.values()), "a list of texts"),
    (json.dumps(FOUR), "JSON in a CSV cell"),
    (str(FOUR), "a Python literal in a CSV cell"),
    (str(list(FOUR.values())), "a Python list in a CSV cell"),
    ({letter: f" {text}\n" for letter, text in PAIRS}, "white space around a text"),
]


@pytest.mark.parametrize(("options", "why"), CONTAINERS)
def test_containers_of_options(options: Any, why: str) -> None:
    found = MEDQA.question({"question": "Q", "options": options, "answer_idx": "C"})
    assert list(found.options.items()) == PAIRS
    assert found.target == "C"


BAD_OPTIONS: list[tuple[Any, str, str]] = [
    ({"A": "Iron"}, "1 options, allowed are 2 to 26", "one"),
    ({}, "0 options, allowed are 2 to 26", "none"),
    ([str(number) for number in range(27)], "more than 26", "27"),
    ({"A": "Iron", "B": ""}, "option B is empty", "empty"),
    ({"A": "Iron", "B": " \n"}, "option B is empty", "white space"),
    ({"A": "Iron", "C": "Zinc"}, "option letters A, C", "a gap"),
    ({"A": "Iron", "B": None, "C": "Zinc"}, "option B is empty", "null in the middle"),
    ([{"letter": "A", "content": "x"}, {"letter": "A", "content": "y"}], "option letters A, A", "a letter twice"),
    ([{"text": "Iron"}, {"text": "Zinc"}], "allowed are letter, content", "unknown members"),
    ("Iron; Zinc", "options are a str", "plain text"),
    ("{'A': open('x')}", "options are a str", "no literal"),
    (None, "options are a NoneType", "null"),
    ({"A": "Iron", "B": True}, "option B is a bool", "not a text"),
    ({"A": "Iron", "B": "\ud800"}, "surrogate", "text that UTF-8 cannot hold"),
    ({"A": "Iron", "B": "\0"}, "NUL", "a NUL character"),
]


@pytest.mark.parametrize(("options", "reason", "why"), BAD_OPTIONS)
def test_options_that_cannot_be_used(options: Any, reason: str, why: str) -> None:
    with pytest.raises(UnusableError) as error:
        MEDQA.question({"question": "Q", "options": options, "answer_idx": "A"})
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


MEDQA_LABELS: list[tuple[dict[str, Any], str, str]] = [
    ({"answer_idx": "B", "answer": "Zinc"}, "B", "original"),
    ({"answer_idx": "b"}, "B", "small letter"),
    ({"answer_idx": "(B)"}, "B", "in brackets"),
    ({"answer": "zinc "}, "B", "text alone"),
    ({"answer": "B"}, "B", "a letter where the text should be"),
    ({"answer_idx": "B", "answer": "B"}, "B", "both letters"),
    ({"answer_idx": None, "answer": "Zinc"}, "B", "null"),
    ({"answer_idx": "B", "answer": float("nan")}, "B", "NaN is no value"),
    ({"answer_idx": "B", "answer": "B. Zinc"}, "B", "the text behind its letter"),
]


@pytest.mark.parametrize(("label", "target", "why"), MEDQA_LABELS)
def test_medqa_labels(label: dict[str, Any], target: str, why: str) -> None:
    assert MEDQA.question({"question": "Q", "options": FOUR, **label}).target == target


BAD_LABELS: list[tuple[dict[str, Any], str, str]] = [
    ({"answer_idx": "B", "answer": "Iron"}, "contradicts itself", "letter and text disagree"),
    ({"answer_idx": "B", "answer": "A. Iron"}, "contradicts itself", "the other one behind its letter"),
    ({"answer_idx": "E"}, "not among the options A, B, C, D", "no such option"),
    ({"answer": "Tin"}, "not among the options", "no such text"),
    ({"answer_idx": ""}, "label missing", "empty"),
    ({"answer_idx": None, "answer": None}, "label missing", "null"),
    ({}, "missing field 'answer_idx'", "no field"),
    ({"answer_idx": 1}, "not among the options", "a number could count from 0 or from 1"),
]


@pytest.mark.parametrize(("label", "reason", "why"), BAD_LABELS)
def test_medqa_labels_that_cannot_be_used(label: dict[str, Any], reason: str, why: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        MEDQA.question({"question": "Q", "options": FOUR, **label})


def test_a_missing_field_is_named_with_those_that_are_there() -> None:
    with pytest.raises(UnusableError, match=r"missing field 'options' .*question, opa"):
        MEDQA.question({"question": "Q", "opa": "Iron"})


def mcqa(cop: object, **more: object) -> dict[str, Any]:
    return {"question": "Q", "opa": "Iron", "opb": "Zinc", "opc": "Lead", "opd": "Gold", "cop": cop, **more}


COPS: list[tuple[object, int, str, str]] = [
    (0, 0, "A", "hub"),
    (3, 0, "D", "hub"),
    (1, 1, "A", "original"),
    (4, 1, "D", "original"),
    ("2", 0, "C", "CSV"),
    ("2.0", 0, "C", "CSV of a column with gaps"),
    (2.0, 0, "C", "parquet of a column with gaps"),
]


@pytest.mark.parametrize(("cop", "base", "target", "why"), COPS)
def test_cop(cop: object, base: int, target: str, why: str) -> None:
    assert MEDMCQA.question(mcqa(cop), base).target == target


BAD_COPS: list[tuple[object, str, str]] = [
    (-1, "label missing", "the hub's test split"),
    ("-1", "label missing", "the same, from CSV"),
    (None, "label missing", "null"),
    ("", "label missing", "empty"),
    (float("nan"), "label missing", "NaN"),
    (True, "whole number", "a bool is not a 1"),
    ("a", "whole number", "a letter"),
    (1.5, "whole number", "a fraction"),
    (7, "allowed are 0 to 3", "too large"),
]


@pytest.mark.parametrize(("cop", "reason", "why"), BAD_COPS)
def test_cops_that_cannot_be_used(cop: object, reason: str, why: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        MEDMCQA.question(mcqa(cop), 0)


def test_medmcqa_with_a_fifth_option_and_without_a_fourth() -> None:
    assert MEDMCQA.question(mcqa(4, ope="Tin"), 0).target == "E"
    assert list(MEDMCQA.question(mcqa(0, ope=None), 0).options) == list("ABCD")
    assert list(MEDMCQA.question(mcqa(0) | {"opd": None}, 0).options) == list("ABC")
    with pytest.raises(UnusableError, match="allowed are 0 to 2"):
        MEDMCQA.question(mcqa(3) | {"opd": "n/a"}, 0)


CODINGS: list[tuple[list[object], int | None, int | None, str]] = [
    ([2, 0, 1], None, 0, "a 0"),
    ([2, 4, 1], None, 1, "a 4"),
    (["2", "0"], None, 0, "from CSV"),
    ([1, 2, 3], 0, 0, "stated"),
    ([1, 2, 3], 1, 1, "stated"),
    ([0, -1, None], None, 0, "records without label say nothing"),
    ([True, "x", 4], None, 1, "records that cannot be used say nothing"),
    ([-1, None], None, None, "no label at all"),
    ([], None, None, "no record at all"),
]


@pytest.mark.parametrize(("cops", "stated", "base", "why"), CODINGS)
def test_the_coding_of_a_file(cops: list[object], stated: int | None, base: int | None, why: str) -> None:
    rows = [Row(number, mcqa(cop)) for number, cop in enumerate(cops, start=1)]
    assert cop_base(rows, "x.csv", stated) == base


REFUSED: list[tuple[list[object], int | None, str, str]] = [
    ([1, 2, 3], None, "-T cop_base=0|1", "nothing shows it"),
    ([1, 0, 4], None, "counts from 0 in row 2 and from 1 in row 3", "both in one file"),
    ([1, 0, 4], 0, "counts from 0 in row 2 and from 1 in row 3", "both, whatever is stated"),
    ([1, 0], 1, "x.csv:2: cop counts from 0, which contradicts cop_base=1", "other than stated"),
    ([1, 4], 0, "x.csv:2: cop counts from 1, which contradicts cop_base=0", "other than stated"),
]


@pytest.mark.parametrize(("cops", "stated", "message", "why"), REFUSED)
def test_codings_that_are_refused(cops: list[object], stated: int | None, message: str, why: str) -> None:
    rows = [Row(number, mcqa(cop)) for number, cop in enumerate(cops, start=1)]
    with pytest.raises(UserError) as error:
        cop_base(rows, "x.csv", stated)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_4_says_nothing_beside_five_options() -> None:
    with pytest.raises(UserError, match=r"cop_base=0\|1"):
        cop_base([Row(1, mcqa(4, ope="Tin"))], "x.csv", None)
    assert cop_base([Row(1, mcqa(4, ope="Tin")), Row(2, mcqa(5, ope="Tin"))], "x.csv", None) == 1


@pytest.mark.parametrize("label", ["B", ["B"], "['B']", '["B"]', "b"])
def test_medxpertqa_labels(label: object) -> None:
    assert MEDXPERTQA.question({"question": "Q", "options": FOUR, "label": label}).target == "B"


@pytest.mark.parametrize(
    ("label", "reason"), [(["A", "B"], "2 labels"), ([], "missing"), ("K", "not among"), (None, "missing")]
)
def test_medxpertqa_labels_that_cannot_be_used(label: object, reason: str) -> None:
    with pytest.raises(UnusableError, match=reason):
        MEDXPERTQA.question({"question": "Q", "options": FOUR, "label": label})


TWO = {"A": "Iron", "B": "Zinc"}
INLINE = [
    ("Which?\nAnswer Choices: (A) Iron (B) Zinc", "Which?", "as published"),
    ("Which?\nANSWER CHOICES:\nA. Iron\nB. Zinc\n", "Which?", "one a line"),
    ("Which? Answer Choices: (A) iron  (B)  zinc.", "Which?", "white space, case and full stop"),
    (
        "Answer Choices: were lost. Which? Answer Choices: (A) Iron (B) Zinc",
        "Answer Choices: were lost. Which?",
        "words twice",
    ),
    ("Which?\nAnswer Choices: (A) Iron (B) Lead", None, "other options"),
    ("Which?\nAnswer Choices: (A) Iron", None, "not all options"),
    ("Which?\nAnswer Choices: (B) Zinc (A) Iron", None, "another order"),
    ("Answer Choices: (A) Iron (B) Zinc. Which?", None, "not at the end"),
    ("Which answer choices: iron or zinc?", None, "no list"),
    ("Which? (A) Iron (B) Zinc", None, "without the words it may belong to the question"),
]


@pytest.mark.parametrize(("stem", "expected", "why"), INLINE)
def test_options_repeated_in_the_stem(stem: str, expected: str | None, why: str) -> None:
    assert without_inline_options(stem, TWO) == (stem if expected is None else expected)


def test_an_option_that_holds_the_words_itself() -> None:
    options = {"A": "Answer choices: (A) Iron", "B": "Zinc"}
    assert without_inline_options("Which? Answer Choices: (A) Answer choices: (A) Iron (B) Zinc", options) == "Which?"


def test_strata_of_each_benchmark() -> None:
    medqa = MEDQA.question({"question": "Q", "options": FOUR, "answer_idx": "A", "meta_info": "step2&3"})
    assert medqa.metadata == {"step": "step2&3"}
    medmcqa = MEDMCQA.question(mcqa(0, subject_name="Dental", topic_name=None, choice_type="multi", id="x"), 0)
    assert medmcqa.metadata == {"subject": "Dental", "topic": None, "choice_type": "multi"}
    assert medmcqa.id == "x"
    medxpert = MEDXPERTQA.question(
        {
            "question": "Q",
            "options": FOUR,
            "label": "A",
            "medical_task": "Diagnosis",
            "body_system": "",
            "new": object(),
        }
    )
    assert medxpert.metadata == {"medical_task": "Diagnosis", "body_system": None, "question_type": None}
