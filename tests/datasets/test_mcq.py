"""Any multiple-choice file by the task `mcq`: maps of fields, ways to name the right option, and what a log is called."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clinical_r1.evals.mcq import mcq
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai._util.error import PrerequisiteError

from clinical_r1.datasets import load
from clinical_r1.datasets.custom import NAMES, field_map, load_custom
from clinical_r1.datasets.questions import STRATA
from clinical_r1.errors import UserError
from clinical_r1.logs import read_logs
from tests.running import ROOT, evaluate, inspect, run_task

Record = dict[str, Any]

FOUR = {"A": "Lung", "B": "Liver", "C": "Spleen", "D": "Colon"}
PAIRS = list(FOUR.items())
COLUMNS = {f"op{letter.lower()}": text for letter, text in PAIRS}
MAP = "question:stem,options:choices,answer:gold"
RANDOM = ("--model", "clinical_r1/baseline-random")


def write(path: Path, records: Sequence[Record]) -> str:
    """Write records in the format that the file's suffix says; containers in a `.csv` as JSON."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    elif path.suffix == ".json":
        path.write_text(json.dumps(records))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            for record in records:
                packed = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in record.items()}
                writer.writerow(packed)
    return str(path)


def records(golds: Sequence[object], choices: object = FOUR, **more: object) -> list[Record]:
    return [{"stem": f"Which organ {n}?", "choices": choices, "gold": gold, **more} for n, gold in enumerate(golds)]


def targets(path: Path, golds: Sequence[object], choices: object = FOUR, answer_base: int | None = None) -> list[str]:
    found = load_custom(write(path, records(golds, choices)), fields=MAP, answer_base=answer_base)
    return [question.target for question in found.questions]


# --- options ----------------------------------------------------------------------------------------------------------
CONTAINERS: list[tuple[object, str]] = [
    (FOUR, "a mapping"),
    (list(FOUR.values()), "a list of texts"),
    ([{"key": letter, "value": text} for letter, text in PAIRS], "key and value"),
    ([{"label": letter, "text": text} for letter, text in PAIRS], "label and text"),
    ([{"key": letter, "text": text} for letter, text in PAIRS], "names of two customs"),
    ([{"letter": letter, "content": text} for letter, text in PAIRS], "letter and content"),
    ({"text": list(FOUR.values()), "label": list(FOUR)}, "two lists, as hub sets have them"),
]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
@pytest.mark.parametrize(("choices", "why"), CONTAINERS)
def test_containers_of_options_in_every_format(tmp_path: Path, choices: object, why: str, suffix: str) -> None:
    path = write(tmp_path / f"x{suffix}", records(["B", "D"], choices))
    found = load_custom(path, fields=MAP).questions
    assert [(list(one.options.items()), one.target) for one in found] == [(PAIRS, "B"), (PAIRS, "D")], why


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_options_in_fields_of_their_own(tmp_path: Path, suffix: str) -> None:
    rows = [{"stem": "Which?", **COLUMNS, "gold": "D"}, {"stem": "What?", **COLUMNS, "opd": None, "gold": "B"}]
    fields = "question:stem,options:opa+opb+opc+opd,answer:gold"
    first, second = load_custom(write(tmp_path / f"x{suffix}", rows), fields=fields).questions
    assert (list(first.options.items()), first.target) == (PAIRS, "D")
    assert (list(second.options), second.target) == (["A", "B", "C"], "B"), "an empty field at the end is no option"


COLUMN_FAULTS: list[tuple[Record, str, str]] = [
    (COLUMNS | {"opb": " "}, "option B is empty", "a gap is no shorter question"),
    (COLUMNS | {"opb": "n/a"}, "option B is n/a", "nor is padding"),
    ({"opa": "Lung", "opb": None, "opc": None, "opd": None}, "option B is empty", "one left"),
]


@pytest.mark.parametrize(("columns", "reason", "why"), COLUMN_FAULTS)
def test_options_in_fields_that_cannot_be_used(tmp_path: Path, columns: Record, reason: str, why: str) -> None:
    path = write(tmp_path / "x.jsonl", [{"stem": "Which?", **columns, "gold": "A"}])
    with pytest.raises(UserError, match=reason):
        load_custom(path, fields="question:stem,options:opa+opb+opc+opd,answer:gold")


# --- layouts that are found ------------------------------------------------------------------------------------------
XYZ = {"A": "x", "B": "y", "C": "z"}
AFRIMED = {"option1": "x", "option2": "y", "option3": "z", "option4": "N/A"}
HEADQA = [{"aid": place, "atext": text} for place, text in enumerate("xyz", start=1)]
FOUND: list[tuple[Record, str, str]] = [
    ({"question": "Q", **XYZ, "answer": "B"}, "question:question,options:A+B+C,answer:answer", "letters"),
    ({"Question": "Q", "Option A": "x", "Option B": "y", "Option C": "z", "Correct Answer": "Option B"},
     "question:Question,options:Option A+Option B+Option C,answer:Correct Answer", "written out"),
    ({"question": "Q", "option1": "x", "option2": "y", "option3": "z", "answer": "option2"},
     "question:question,options:option1+option2+option3,answer:answer", "numbered, and the field's name as key"),
    ({"question": "Q", "option_1": "x", "option_2": "y", "option_3": "z", "answer": 2},
     "question:question,options:option_1+option_2+option_3,answer:answer", "numbered, and the number as key"),
    ({"question": "Q", "op1": "x", "op2": "y", "op3": "z", "answer": "y"},
     "question:question,options:op1+op2+op3,answer:answer", "numbered, and the text as key"),
    ({"question": "Q", "choice_a": "x", "choice_b": "y", "choice_c": "z", "answer": "B"},
     "question:question,options:choice_a+choice_b+choice_c,answer:answer", "with letters"),
    ({"question": "Q", "opa": "x", "opb": "y", "opc": "z", "answer_idx": "B"},
     "question:question,options:opa+opb+opc,answer:answer_idx", "MedBullets"),
    ({"full_question": "Q", "options": {"1": "x", "2": "y", "3": "z", "4": None}, "correct_option": 2},
     "question:full_question,options:options,answer:correct_option", "MedExpQA"),
    ({"question": "Q", "answer_options": json.dumps(AFRIMED), "correct_answer": "option2"},
     "question:question,options:answer_options,answer:correct_answer", "AfriMed-QA"),
    ({"question": "Q", "option": XYZ, "answer": "B"}, "question:question,options:option,answer:answer", "CMB"),
    ({"question": "Q", "(A)": "x", "(B)": "y", "(C)": "z", "options": None, "answer": "B"},
     "question:question,options:(A)+(B)+(C),answer:answer", "in brackets, beside a field that is empty"),
    ({"qtext": "Q", "ra": 2, "answers": HEADQA}, "question:qtext,options:answers,answer:ra", "HEAD-QA"),
    ({"Question": "Q", "Options": "A x\nB y\nC z", "Answer": "B"},
     "question:Question,options:Options,answer:Answer", "CMExam"),
    ({"question": "Q\n(A) x\n(B) y\n(C) z", "answer": "B"}, "question:question,options:question,answer:answer", "in the question"),
]  # fmt: skip


def test_a_question_called_q_is_no_option_beside_a_to_c(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [{"Q": "Which?", **XYZ, "answer": "B"}])
    assert load_custom(path, fields="question:Q").fields == "question:Q,options:A+B+C,answer:answer"


@pytest.mark.parametrize(("record", "fields", "why"), FOUND)
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_layouts_that_need_no_map(tmp_path: Path, record: Record, fields: str, why: str, suffix: str) -> None:
    path = write(tmp_path / f"x{suffix}", [record])
    found = load_custom(path)
    [question] = found.questions
    assert (question.stem, question.options, question.target) == ("Q", XYZ, "B"), why
    assert found.fields == fields
    # Under names that nobody knows they are mapped; a key that is a field's name changes with it.
    theirs = {name: f"their {name}" for name in record}
    renamed = {theirs[name]: theirs.get(str(value), value) for name, value in record.items()}
    said = {
        ours: [theirs[name] for name in names.split("+")] for ours, names in (p.split(":") for p in fields.split(","))
    }
    (tmp_path / "y").mkdir()
    mapped = load_custom(
        write(tmp_path / "y" / f"x{suffix}", [renamed]),
        fields=said,
        answer_base=1 if record.get("answer") == 2 else None,
    )
    assert mapped.questions == [question]


SHOWN: list[tuple[list[object], str, str]] = [
    ([1, 2], "AB", "by the names of the fields"),
    ([0, 2], "AC", "by a 0, whatever the fields are called"),
    ([1, 3], "AC", "by a 3 of 3"),
]


@pytest.mark.parametrize(("golds", "expected", "why"), SHOWN)
def test_where_numbers_of_numbered_fields_begin(tmp_path: Path, golds: list[object], expected: str, why: str) -> None:
    rows = [
        {"question": f"Q{n}", "option1": "x", "option2": "y", "option3": "z", "answer": g} for n, g in enumerate(golds)
    ]
    assert [one.target for one in load_custom(write(tmp_path / "x.jsonl", rows)).questions] == list(expected), why


NOT_ONE: list[tuple[Record, str, str]] = [
    ({"qtext": "Q", "answers": HEADQA, "ra": 0}, "label 0 (ra) is not among", "annulled, in HEAD-QA"),
    ({"question": "Q", "answer_options": AFRIMED, "correct_answer": "option1,option2"}, "holds 2 labels", "several"),
    ({"question": "Q", "answer_options": AFRIMED, "correct_answer": "option4"}, "not among", "padding"),
    ({"question": "Q", "options": XYZ | {"D": "n/a"}, "answer": "D"}, "not among", "padding, by its letter"),
    ({"question": "Q", "options": XYZ, "answer": "B", "image": "x.png"}, "needs a picture", "a picture"),
]


@pytest.mark.parametrize(("record", "reason", "why"), NOT_ONE)
def test_records_of_these_layouts_without_one_right_option(
    tmp_path: Path, record: Record, reason: str, why: str
) -> None:
    with pytest.raises(UserError) as error:
        load_custom(write(tmp_path / "x.jsonl", [record]))
    assert reason in str(error.value), why


def test_two_fields_that_may_hold_the_answer_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"question": "Q", **XYZ, "correct_answer": "x", "correct_option": "B"}])
    with pytest.raises(UserError, match=r"correct_answer and correct_option may each hold the answer: say which"):
        load_custom(path)
    assert load_custom(path, fields="answer:correct_option").questions[0].target == "B"


# --- the right option -------------------------------------------------------------------------------------------------
BLOOD = {"A": "B", "B": "A", "C": "AB", "D": "O"}
RIBS = {"A": "10", "B": "11", "C": "12", "D": "13"}
COUNTS = {"A": "1", "B": "2", "C": "3", "D": "4"}
LABELS: list[tuple[list[object], dict[str, str], int | None, str, str]] = [
    (["B", "d", "(C)"], FOUR, None, "BDC", "letters"),
    ([["B"]], FOUR, None, "B", "a list of one"),
    (["Liver", "colon. "], FOUR, None, "BD", "texts, but for case, white space and full stop"),
    ([0, 2, 3], FOUR, None, "ACD", "a 0: numbers from 0"),
    ([4, 1], FOUR, None, "DA", "a 4 of 4 options: numbers from 1"),
    (["0", "3"], FOUR, None, "AD", "numbers in texts"),
    ([0.0, 3.0], FOUR, None, "AD", "numbers of a column with gaps"),
    ([1, 2], FOUR, 0, "BC", "stated: from 0"),
    ([1, 2], FOUR, 1, "AB", "stated: from 1"),
    ([12, "13"], RIBS, None, "CD", "numbers that are texts of options, and too large to count them"),
    ([1, 4], COUNTS, 1, "AD", "stated: they count options"),
    (["A", "B", "C", "D"], BLOOD, None, "ABCD", "letters, though two are texts as well: only letters fit all"),
    (["A", "B", "AB", "O"], BLOOD, None, "BACD", "texts, though two are letters as well: only texts fit all"),
]


@pytest.mark.parametrize(("golds", "choices", "base", "expected", "why"), LABELS)
def test_the_right_option(
    tmp_path: Path, golds: list[object], choices: dict[str, str], base: int | None, expected: str, why: str
) -> None:
    assert targets(tmp_path / "x.jsonl", golds, choices, base) == list(expected), why


UNCLEAR: list[tuple[list[object], dict[str, str], int | None, str, str]] = [
    ([1, 2], FOUR, None, "gold holds only 1, 2, so it may count from 0 or from 1: state it, -T answer_base=0|1", "numbers"),
    ([0, 4], FOUR, None, "counts from 0 in row 1 and from 1 in row 2", "both"),
    ([0, 1], FOUR, 1, "x.jsonl:1: gold counts from 0, which contradicts answer_base=1", "other than stated"),
    ([1, 4], COUNTS, None, "numbers of options or their texts: for numbers state the first one, -T answer_base=0|1", "number or text"),
    (["A", "B"], BLOOD, None, "x.jsonl:1: gold is the letter of option A and the text of option B", "letter or text"),
]  # fmt: skip


@pytest.mark.parametrize(("golds", "choices", "base", "message", "why"), UNCLEAR)
def test_a_file_that_does_not_show_what_is_right_is_refused(
    tmp_path: Path, golds: list[object], choices: dict[str, str], base: int | None, message: str, why: str
) -> None:
    with pytest.raises(UserError) as error:
        targets(tmp_path / "x.jsonl", golds, choices, base)
    assert message in str(error.value), why
    assert "\n" not in str(error.value), why


BAD: list[tuple[list[object], int | None, str, str]] = [
    (["A", "B", "Tin"], None, "x.jsonl:3: label 'Tin' (gold) is not among the options", "a text among letters"),
    (["Lung", "Liver", "Tin"], None, "x.jsonl:3: label 'Tin' (gold) is the text of no option", "no such text"),
    ([0, 1, 7], None, "x.jsonl:3: label 7 (gold) is not among the options: with answer_base=0, allowed are 0 to 3", "too large"),
    ([1, 2, "B"], 1, "x.jsonl:3: label 'B' (gold): allowed is a whole number", "a letter where numbers were stated"),
    ([0, 1, -1], None, "x.jsonl:3: label missing", "-1 stands for no label"),
    (["A", "B", None], None, "x.jsonl:3: label missing", "null"),
    (["A", "B", ["A", "B"]], None, "x.jsonl:3: label missing or not single", "two labels"),
    (["A", "B", True], None, "x.jsonl:3: label True (gold) is not among", "a truth value"),
]  # fmt: skip


@pytest.mark.parametrize(("golds", "base", "message", "why"), BAD)
def test_bad_records_are_listed_with_their_rows_or_skipped(
    tmp_path: Path, golds: list[object], base: int | None, message: str, why: str
) -> None:
    path = write(tmp_path / "x.jsonl", records(golds))
    with pytest.raises(UserError) as error:
        load_custom(path, fields=MAP, answer_base=base)
    assert message in str(error.value), why
    found = load_custom(path, fields=MAP, answer_base=base, on_bad_record="skip")
    assert (found.counts["questions"], found.counts["skipped"]) == (2, 1), why


@given(
    st.lists(st.text("abcdefgh ", min_size=3, max_size=12).map(str.strip).filter(lambda t: len(t) > 1), min_size=2, max_size=8, unique=True),
    st.data(),
)  # fmt: skip
def test_letters_texts_and_numbers_name_the_same_options(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    last = len(texts) - 1
    places = [0, last, *data.draw(st.lists(st.integers(0, last), max_size=4))]
    letters = ["ABCDEFGH"[place] for place in places]
    folder = tmp_path_factory.mktemp("same")
    ways: list[list[object]] = [
        [*letters],
        [texts[place] for place in places],
        [*places],
        [place + 1 for place in places],
    ]
    for golds in ways:
        path = write(folder / "x.jsonl", records(golds, texts))
        assert [question.target for question in load_custom(path, fields=MAP).questions] == letters


# --- maps of fields ---------------------------------------------------------------------------------------------------
SAME = "question:stem,options:opa+opb,answer:gold"
FORMS: list[tuple[object, str]] = [
    (SAME, "one text"),
    (SAME.split(","), "a list of parts: what Inspect makes of commas"),
    (" answer : gold, options: opa + opb,question:stem ", "white space, another order"),
    ({"question": "stem", "options": "opa+opb", "answer": "gold"}, "a mapping: what Inspect makes of YAML"),
    ({"question": "stem", "options": ["opa", "opb"], "answer": ["gold"]}, "lists in a mapping"),
    (["question:stem", {"options": "opa+opb"}, "answer:gold"], "both"),
]


@pytest.mark.parametrize(("given", "why"), FORMS)
def test_forms_of_a_map(given: object, why: str) -> None:
    assert str(field_map(given)) == SAME, why


def test_a_map_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("question: stem\noptions: [opa, opb]\nanswer: gold\n")
    assert str(field_map(str(tmp_path / "map.yaml"))) == SAME


WRONG_FILES: list[tuple[str, str | None, str, str]] = [
    ("no.yaml", None, "no.yaml: cannot be read: No such file", "no file"),
    ("x.yaml", "question: [", "x.yaml:1: not YAML", "broken"),
    ("x.yaml", "question: a\nquestion: b", "x.yaml:2: question: stands twice", "a name twice"),
    ("x.yaml", "stem: question", "stem:question: allowed before the colon", "the wrong way round"),
    ("x.yaml", "- question", "x.yaml", "no mapping"),
]


@pytest.mark.parametrize(("name", "content", "message", "why"), WRONG_FILES)
def test_files_that_hold_no_map(tmp_path: Path, name: str, content: str | None, message: str, why: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError) as error:
        field_map(str(tmp_path / name))
    assert message in str(error.value), why
    assert "\n" not in str(error.value), why


def test_names_left_out_stand_for_themselves() -> None:
    assert str(field_map("answer:gold")) == "question:question,options:options,answer:gold"
    assert str(field_map(())) == str(field_map("")) == "question:question,options:options,answer:answer"


def test_a_name_with_a_plus_is_given_in_a_list() -> None:
    assert field_map({"options": ["T1+", "T1-"]}).names["options"] == ("T1+", "T1-")


WRONG_MAPS: list[tuple[object, list[str], str]] = [
    ("stem:question", ["stem:question", *NAMES], "the wrong way round"),
    ("question", ["fields=question", "OURS:NAME"], "no colon"),
    ("question:", ["fields=question", "question:NAME"], "nothing behind it"),
    ("options:a++b", ["fields=options", "options:NAME"], "nothing between two"),
    ("question:a,question:b", ["question stands twice"], "a name twice"),
    ("question:a+b", ["only context and options"], "a question of two fields"),
    (7, ["fields=7", "question:NAME"], "a number"),
    ({"question": None}, ["fields=question"], "null"),
]


@pytest.mark.parametrize(("given", "parts", "why"), WRONG_MAPS)
def test_a_map_that_is_none_is_refused_in_one_line(given: object, parts: list[str], why: str) -> None:
    with pytest.raises(UserError) as error:
        field_map(given)
    assert [part for part in parts if part not in str(error.value)] == [], why
    assert "\n" not in str(error.value), why


MISFITS: list[tuple[str | None, list[str], str]] = [
    (None, ["no field 'question' for question, 'options' for options, 'answer' for answer"], "no map at all"),
    ("question:stem,answer:gold", ["no field 'options' for options", "fields=options:NAME"], "one is not mapped"),
    ("question:stm,options:choices,answer:gold", ["no field 'stm' for question", "question:NAME"], "a slip"),
    (f"{MAP},subject:organ", ["no field 'organ' for subject"], "a stratum"),
    (f"{MAP},id:key", ["no field 'key' for id"], "an id"),
    ("question:stem,options:a+b,answer:gold", ["'a' for options, 'b' for options", "fields=options:NAME"], "columns"),
]


@pytest.mark.parametrize(("fields", "parts", "why"), MISFITS)
def test_a_map_that_does_not_fit_says_what_is_missing_and_what_is_there(
    tmp_path: Path, fields: str | None, parts: list[str], why: str
) -> None:
    with pytest.raises(UserError) as error:
        load_custom(write(tmp_path / "x.jsonl", records("A")), fields=fields)
    message = str(error.value)
    parts = [*parts, "x.jsonl", "(the file has: stem, choices, gold)"]
    assert [part for part in parts if part not in message] == [], why
    assert "\n" not in message, why


def test_a_field_that_only_some_records_lack_makes_those_bad(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [*records("A"), {"stem": "Which?", "choices": FOUR}])
    with pytest.raises(UserError, match=r"x\.jsonl:2: missing field 'gold' \(the record has: stem, choices\)"):
        load_custom(path, fields=MAP)


# --- context, ids, strata ---------------------------------------------------------------------------------------------
CONTEXTS: list[tuple[object, str, str]] = [
    ("A man coughs.", "A man coughs.\n\nWhich organ 0?", "a text"),
    (["A man coughs.", " ", "He smokes."], "A man coughs.\n\nHe smokes.\n\nWhich organ 0?", "paragraphs"),
    (None, "Which organ 0?", "a record without one"),
]


@pytest.mark.parametrize(("context", "stem", "why"), CONTEXTS)
def test_context_stands_before_the_question(tmp_path: Path, context: object, stem: str, why: str) -> None:
    path = write(tmp_path / "x.jsonl", records("A", case=context))
    assert load_custom(path, fields=f"{MAP},context:case").questions[0].stem == stem, why
    assert load_custom(path, fields=MAP).questions[0].stem == "Which organ 0?", "only where it is mapped"


def test_ids_and_strata(tmp_path: Path) -> None:
    path = write(tmp_path / "ct.jsonl", records("A", uid=7, id="own", organ="chest"))
    mapped = load_custom(path, fields=f"{MAP},id:uid,subject:organ").questions[0]
    assert (mapped.id, mapped.metadata["subject"], mapped.metadata["benchmark"]) == ("7", "chest", "ct")
    assert {name for name in STRATA if mapped.metadata[name] is not None} == {"subject"}
    assert load_custom(path, fields=MAP).questions[0].id == "own", "as every layout reads it"
    made = load_custom(write(tmp_path / "mri.jsonl", records("A")), fields=MAP).questions[0].id
    assert made.startswith("mri-")


def test_ids_must_differ(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.jsonl:2: id '7' is also in row 1"):
        load_custom(write(tmp_path / "x.jsonl", records("AB", uid=7)), fields=f"{MAP},id:uid")


# --- layouts that need no map -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("benchmark", ["medqa", "medmcqa", "medxpertqa"])
def test_published_layouts_are_read_as_by_their_own_task(benchmark: str) -> None:
    known = load(benchmark, "vignettes")
    found = load_custom(
        str(ROOT / "clinical_r1" / "vignettes" / f"{benchmark}.jsonl"), answer_base={"medmcqa": 0}.get(benchmark)
    )
    assert found.questions == known.questions, "even by id: the file's name is the benchmark's"
    assert (found.fields, found.cop_base) == (None, known.cop_base)


def test_the_coding_of_medmcqa_is_asked_for_by_the_argument_that_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"question": "Which?", **COLUMNS, "cop": 2}])
    with pytest.raises(UserError, match=r"-T answer_base=0\|1"):
        load_custom(path)
    assert load_custom(path, answer_base=1).questions[0].target == "B"


def test_fields_of_our_names_need_no_map(tmp_path: Path) -> None:
    rows = [{"question": "Which?", "options": FOUR, "answer": gold} for gold in (0, 3)]
    assert [one.target for one in load_custom(write(tmp_path / "x.jsonl", rows)).questions] == ["A", "D"]


def test_a_file_in_two_published_layouts_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"question": "Which?", "options": FOUR, "label": "A", "answer_idx": "B"}])
    with pytest.raises(UserError, match=r"answer_idx and label may each hold the answer: say which, -T fields=answer:"):
        load_custom(path)
    assert load_custom(path, fields="answer:label").questions[0].target == "A"


# --- names and other arguments ----------------------------------------------------------------------------------------
CALLED: list[tuple[str, object, str, str]] = [
    ("radiology.jsonl", None, "radiology", "the file's name"),
    ("chest x-ray.v2.jsonl", None, "chest x-ray.v2", "only the suffix goes"),
    ("radiology.jsonl", "pathology", "pathology", "as the user says"),
    ("radiology.jsonl", 2024, "2024", "a number, as Inspect hands it over"),
]


@pytest.mark.parametrize(("file", "name", "expected", "why"), CALLED)
def test_what_a_set_is_called(tmp_path: Path, file: str, name: Any, expected: str, why: str) -> None:
    task = mcq(dataset=write(tmp_path / file, records("A")), fields=MAP, name=name)
    assert task.name == expected, why
    assert [(sample.metadata or {})["benchmark"] for sample in task.dataset] == [expected], why


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"dataset": None}, ["dataset=None", "a file", "hub id"], "no set"),
    ({"dataset": "vignettes"}, ["dataset=vignettes"], "the bundled questions belong to the benchmarks"),
    ({"dataset": "nowhere.csv"}, ["nowhere.csv: no such file"], "no such file"),
    ({"split": "test"}, ["split=test"], "a file has no splits"),
    ({"name": "a/b"}, ["name=a/b", "without /"], "a path would be cut in a log"),
    ({"name": ""}, ["name="], "no name"),
    ({"answer_base": 2}, ["answer_base=2: allowed are 0 and 1"], "another number"),
    ({"answer_base": True}, ["answer_base=True"], "a truth value"),
    ({"on_bad_record": "ignore"}, ["on_bad_record=ignore"], "an unknown policy"),
    ({"prompt": "crop"}, ["prompt=crop"], "an unknown style"),
    ({"votes": 0}, ["votes=0"], "no votes"),
    ({"tie": "best"}, ["best"], "an unknown rule"),
    ({"shuffle_choices": True}, ["shuffle_choices=True"], "no seed"),
    ({"promt": "crpo"}, ["-T promt: unknown argument; allowed: dataset, fields,", "(nearest: prompt)"], "a slip"),
]


@pytest.mark.parametrize(("args", "parts", "why"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_argument_is_refused_in_one_line(
    tmp_path: Path, args: dict[str, Any], parts: list[str], why: str
) -> None:
    given: dict[str, Any] = {"dataset": write(tmp_path / "x.jsonl", records("A")), "fields": MAP}
    with pytest.raises(PrerequisiteError) as caught:
        mcq(**(given | args))
    message = str(caught.value)
    assert message.startswith("mcq: "), why
    assert [part for part in parts if part not in message] == [], why
    assert "\n" not in message.strip(), why


def test_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no records in it"):
        load_custom(write(tmp_path / "x.jsonl", []), fields=MAP)


# --- logs and reports -------------------------------------------------------------------------------------------------
def test_each_set_is_a_benchmark_of_its_own_in_a_study(tmp_path: Path) -> None:
    for name, golds in (("radiology", "ABC"), ("pathology", "DA")):
        task = mcq(dataset=write(tmp_path / f"{name}.jsonl", records(golds)), fields=MAP)
        run_task(task, "clinical_r1/baseline-random", tmp_path / "logs")
    runs = read_logs([tmp_path / "logs"]).runs
    assert {(run.benchmark, run.expected, run.conditions["fields"]) for run in runs} == {
        ("radiology", 3, MAP),
        ("pathology", 2, MAP),
    }


def test_the_command_line(tmp_path: Path) -> None:
    rows = [{"stem": f"Which organ {n}?", **COLUMNS, "gold": n, "case": f"Case {n}."} for n in (1, 4)]
    write(tmp_path / "radiology.csv", rows)
    fields = "fields=question:stem,context:case,options:opa+opb+opc+opd,answer:gold"
    args = ("-T", "dataset=radiology.csv", "-T", fields, "-T", "votes=3", "-T", "shuffle_choices=epoch")
    log = evaluate("clinical_r1/mcq", *RANDOM, *args, folder=tmp_path / "logs", cwd=tmp_path)
    metadata = log.eval.metadata or {}
    assert (log.status, log.eval.task, log.eval.config.epochs) == ("success", "radiology", 3)
    assert (metadata["fields"], metadata["answer_base"]) == (fields.removeprefix("fields="), 1)
    samples = log.samples or []
    assert {(sample.input, sample.target) for sample in samples} == {
        ("Case 1.\n\nWhich organ 1?", "A"),
        ("Case 4.\n\nWhich organ 4?", "D"),
    }
    assert all(sample.scores and "answer" in sample.scores for sample in samples)


def test_the_command_line_reports_a_misfit_in_one_line(tmp_path: Path) -> None:
    write(tmp_path / "x.csv", records("A"))
    done = inspect(
        "eval", "clinical_r1/mcq", *RANDOM, "-T", "dataset=x.csv", "-T", "fields=question: stm", cwd=tmp_path
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "mcq: x.csv: no field 'stm' for question" in said
    assert "Traceback" not in said
