"""Loading benchmark questions: from every kind of source, in every layout, with an account of every record."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_r1.choices import LETTERS, copies, same_text
from clinical_r1.datasets import BENCHMARKS, QuestionSet, load, to_sample
from clinical_r1.datasets.options import is_padding
from clinical_r1.errors import UserError

Record = dict[str, Any]

MEDQA: list[Record] = [
    {"question": "A 20-year-old man has gout. Drug?", "answer": "Colchicine", "options": {"A": "Insulin", "B": "Colchicine", "C": "Iron"},
     "meta_info": "step1", "answer_idx": "B"},
    {"question": "Which is NOT a vitamin?", "answer": "Iron", "options": {"A": "Iron", "B": "Retinol", "C": "Niacin"},
     "meta_info": "step2&3", "answer_idx": "A"},
]  # fmt: skip
MEDMCQA: list[Record] = [
    {"id": "m1", "question": "Seen in rickets:", "opa": "Craniotabes", "opb": "Genu varum", "opc": "Both A and B", "opd": "None",
     "cop": 2, "choice_type": "multi", "exp": None, "subject_name": "Pediatrics", "topic_name": None},
    {"id": "m2", "question": "Ribs on each side", "opa": "12", "opb": "11", "opc": "10", "opd": "12 ",
     "cop": 0, "choice_type": "single", "exp": "Ans. is 'a'", "subject_name": "Anatomy", "topic_name": "Thorax"},
]  # fmt: skip
MEDXPERTQA: list[Record] = [
    {"id": "Text-1", "question": "Which nerve?\nAnswer Choices: (A) Ulnar (B) Median", "options": {"A": "Ulnar", "B": "Median"},
     "label": "B", "medical_task": "Basic Science", "body_system": "Nervous", "question_type": "Understanding"},
]  # fmt: skip
EXAMPLES = {"medqa": MEDQA, "medmcqa": MEDMCQA, "medxpertqa": MEDXPERTQA}


def write(path: Path, records: list[Record]) -> str:
    """Write records in the format that the file's suffix says."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(records), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    return str(path)


@pytest.mark.parametrize("benchmark", EXAMPLES)
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
def test_every_format_gives_the_same_questions(tmp_path: Path, benchmark: str, suffix: str) -> None:
    reference = load(benchmark, write(tmp_path / "reference.jsonl", EXAMPLES[benchmark]))
    found = load(benchmark, write(tmp_path / f"x{suffix}", EXAMPLES[benchmark]))
    assert found.questions == reference.questions
    assert found.source == str(tmp_path / f"x{suffix}")
    assert (found.split, found.revision) == (None, None)


def test_the_medqa_edition_with_a_dev_split_gives_the_same_questions(tmp_path: Path) -> None:
    dev = [record | {"options": {**record["options"], "D": "Zinc"}} for record in MEDQA]
    other = [
        {"id": f"dev-{row}", "sent1": record["question"], "sent2": "", "label": "ABCD".index(record["answer_idx"])}
        | {f"ending{place}": text for place, text in enumerate(record["options"].values())}
        for row, record in enumerate(dev)
    ]
    found = load("medqa", write(tmp_path / "dev.parquet", other)).questions
    expected = load("medqa", write(tmp_path / "x.jsonl", dev)).questions
    assert [(q.stem, q.options, q.target) for q in found] == [(q.stem, q.options, q.target) for q in expected]
    assert [q.id for q in found] == ["dev-0", "dev-1"]


def test_what_a_question_holds(tmp_path: Path) -> None:
    question = load("medmcqa", write(tmp_path / "x.jsonl", MEDMCQA)).questions[1]
    assert (question.id, question.stem, question.target, copies(question.target, question.options)) == (
        "m2",
        "Ribs on each side",
        "A",
        ("A", "D"),
    )
    assert list(question.options.items()) == [("A", "12"), ("B", "11"), ("C", "10"), ("D", "12")]
    assert question.metadata == {
        "benchmark": "medmcqa", "step": None, "subject": "Anatomy", "topic": "Thorax", "choice_type": "single",
        "body_system": None, "medical_task": None, "question_type": None, "n_options": 4,
        "duplicate_options": True, "has_case": False, "negated": False, "letters_cited": False, "contradicted": False,
    }  # fmt: skip


def test_counts_account_for_every_record(tmp_path: Path) -> None:
    found = load("medmcqa", write(tmp_path / "x.jsonl", [*MEDMCQA, MEDMCQA[0]]), on_bad_record="skip")
    assert found.counts == {
        "records": 3, "questions": 2, "skipped": 1, "repeated_records": 0,
        "duplicate_options": 1, "has_case": 0, "negated": 0, "letters_cited": 1, "contradicted": 0,
    }  # fmt: skip
    flags = load("medqa", write(tmp_path / "y.jsonl", MEDQA)).counts
    assert (flags["has_case"], flags["negated"]) == (1, 1)


def test_a_file_is_named_by_its_bytes(tmp_path: Path) -> None:
    first = load("medqa", write(tmp_path / "x.jsonl", MEDQA)).sha256
    assert first == load("medqa", write(tmp_path / "y.jsonl", MEDQA)).sha256
    assert first != load("medqa", write(tmp_path / "z.jsonl", MEDQA[:1])).sha256


def test_a_sample_shows_the_record(tmp_path: Path) -> None:
    question = load("medxpertqa", write(tmp_path / "x.jsonl", MEDXPERTQA)).questions[0]
    sample = to_sample(question)
    assert (sample.id, sample.input, sample.choices, sample.target) == (
        "Text-1",
        "Which nerve?",
        ["Ulnar", "Median"],
        "B",
    )
    assert sample.metadata == {name: value for name, value in question.metadata.items() if value is not None}
    assert json.loads(json.dumps(sample.metadata)) == sample.metadata


# --- ids --------------------------------------------------------------------------------------------------------------
def test_made_ids_do_not_depend_on_the_order_of_rows_or_on_the_label(tmp_path: Path) -> None:
    forward = load("medqa", write(tmp_path / "x.jsonl", MEDQA))
    backward = load("medqa", write(tmp_path / "y.jsonl", MEDQA[::-1]))
    assert [q.id for q in forward.questions] == [q.id for q in backward.questions][::-1]
    relabelled = load("medqa", write(tmp_path / "z.jsonl", [MEDQA[0] | {"answer_idx": "A", "answer": "Insulin"}]))
    assert relabelled.questions[0].id == forward.questions[0].id
    # Pinned: a changed id would part the logs of two versions.
    assert forward.questions[0].id == "medqa-5dcefbd72064"


def test_repeated_records_without_ids_are_kept_and_counted(tmp_path: Path) -> None:
    found = load("medqa", write(tmp_path / "x.jsonl", [MEDQA[0], MEDQA[1], MEDQA[0], MEDQA[0]]))
    first = found.questions[0].id
    assert [q.id for q in found.questions] == [first, found.questions[1].id, f"{first}-2", f"{first}-3"]
    assert found.counts["repeated_records"] == 2


def test_a_made_id_that_another_record_brings_as_its_own_is_not_used_again(tmp_path: Path) -> None:
    made = load("medqa", write(tmp_path / "x.jsonl", MEDQA)).questions[0].id
    records = [MEDQA[1] | {"id": f"{made}-2"}, MEDQA[0] | {"id": None}, MEDQA[0] | {"id": None}]
    found = load("medqa", write(tmp_path / "y.jsonl", records))
    assert [q.id for q in found.questions] == [f"{made}-2", made, f"{made}-3"]


@pytest.mark.parametrize("ids", [("a", "a"), (1, "1"), (2.0, 2)])
def test_own_ids_must_differ(tmp_path: Path, ids: tuple[object, object]) -> None:
    records = [record | {"id": id} for record, id in zip(MEDMCQA, ids, strict=True)]
    with pytest.raises(UserError, match=r"jsonl:2: id '.' is also in row 1"):
        load("medmcqa", write(tmp_path / "x.jsonl", records))


def other_key(record: Record, letter: str, **more: object) -> Record:
    return record | {"answer_idx": letter, "answer": record["options"][letter], **more}


SAME_QUESTION: list[tuple[Record, int, str]] = [
    (MEDQA[0], 0, "a repeat"),
    (other_key(MEDQA[0], "A"), 2, "another key"),
    (other_key(MEDQA[0], "A", id="x"), 2, "another key, and an id"),
    (MEDQA[0] | {"options": {"A": "Colchicine", "B": "Insulin", "C": "iron."}, "answer_idx": "A"}, 0, "another order"),
    (other_key(MEDQA[0] | {"options": {"A": "Colchicine", "B": "Iron", "C": "Insulin"}}, "B"), 2, "another order and key"),
    (other_key(MEDQA[0] | {"options": {"A": "Insulin", "B": "Colchicine", "C": "Zinc"}}, "A"), 0, "another option"),
    (other_key(MEDQA[0] | {"question": "Whose?"}, "A"), 0, "another stem"),
]  # fmt: skip


@pytest.mark.parametrize(("second", "contradicted", "why"), SAME_QUESTION)
def test_one_question_with_two_keys_is_counted_and_marked(
    tmp_path: Path, second: Record, contradicted: int, why: str
) -> None:
    found = load("medqa", write(tmp_path / "x.jsonl", [MEDQA[0], second, MEDQA[1]]))
    assert found.counts["contradicted"] == contradicted, why
    assert [question.metadata["contradicted"] for question in found.questions] == [contradicted > 0] * 2 + [False], why


# --- pictures ---------------------------------------------------------------------------------------------------------
PICTURES: list[tuple[Record, bool, str]] = [
    ({"images": ["MM-1-a.jpeg"]}, True, "MedXpertQA MM"),
    ({"images": "['MM-1-a.jpeg']"}, True, "the same in a CSV cell"),
    ({"image": "a.png"}, True, "a path"),
    ({"image_path": "a.png"}, True, "HEAD-QA"),
    ({"image_1": {"bytes": None, "path": "1.png"}}, True, "MMMU"),
    ({"imageUrl": "x"}, True, "an address"),
    ({"Figures": ["1"]}, True, "another word"),
    ({"has_image": True}, True, "only said"),
    ({"question": "What does <image 1> show?"}, True, "a mark in the question"),
    ({"question": "What is it? ![](a.png)"}, True, "another"),
    ({"images": []}, False, "none"),
    ({"images": "[]"}, False, "none in a CSV cell"),
    ({"image": None}, False, "null"),
    ({"image": {"bytes": None, "path": None}}, False, "null as `datasets` keeps it"),
    ({"image": "N/A"}, False, "padding"),
    ({"has_image": False}, False, "said that there is none"),
    ({"imaging": "CT", "figurative": "yes"}, False, "other words"),
]


@pytest.mark.parametrize(("more", "refused", "why"), PICTURES)
@pytest.mark.parametrize("benchmark", EXAMPLES)
def test_a_question_with_a_picture_is_not_asked(
    tmp_path: Path, benchmark: str, more: Record, refused: bool, why: str
) -> None:
    first = {**EXAMPLES[benchmark][0], "id": "other"}
    path = write(tmp_path / "x.jsonl", [first, EXAMPLES[benchmark][0] | more])
    stated: Any = {"cop_base": 0} if benchmark == "medmcqa" else {}
    found = load(benchmark, path, on_bad_record="skip", **stated)
    assert (found.counts["questions"], found.counts["skipped"]) == ((1, 1) if refused else (2, 0)), why
    assert all("needs a picture" in bad.reason for bad in found.skipped)


# --- bad records ------------------------------------------------------------------------------------------------------
BAD_LINES = [
    ("{", "not JSON"),
    ("[]", "must be an object"),
    (json.dumps(MEDQA[0] | {"answer_idx": "Z"}), "not among the options"),
    (json.dumps(MEDQA[0] | {"answer_idx": None, "answer": ""}), "label missing"),
    (json.dumps(MEDQA[0] | {"answer": "Insulin"}), "contradicts itself"),
    (json.dumps(MEDQA[0] | {"options": {"A": "x", "B": ""}}), "option B is empty"),
    (json.dumps(MEDQA[0] | {"options": {"A": "x"}}), "1 options"),
    (json.dumps(MEDQA[0] | {"question": "  "}), "question is empty"),
    (json.dumps(MEDQA[0] | {"question": 5 * [1]}), "question is a list"),
    (json.dumps({"question": "Q"}), "missing field 'options'"),
    (json.dumps(MEDQA[0] | {"id": ["x"]}), "id is a list"),
]


def test_all_bad_records_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([json.dumps(MEDQA[1]), *(line for line, _ in BAD_LINES)]), encoding="utf-8")
    with pytest.raises(UserError) as error:
        load("medqa", str(path))
    first, *lines = str(error.value).splitlines()
    assert first.startswith(f"{path}: {len(BAD_LINES)} of {len(BAD_LINES) + 1} records cannot be used")
    assert "-T on_bad_record=skip in inspect eval" in first
    assert "--on-bad-record skip in clinical-r1 distil" in first
    for number, (line, (_, reason)) in enumerate(zip(lines, BAD_LINES, strict=True), start=2):
        assert line.startswith(f"{path}:{number}: ")
        assert reason in line


def test_bad_records_can_be_skipped_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([json.dumps(MEDQA[1]), *(line for line, _ in BAD_LINES)]), encoding="utf-8")
    found = load("medqa", str(path), on_bad_record="skip")
    assert [bad.row for bad in found.skipped] == list(range(2, len(BAD_LINES) + 2))
    assert (found.counts["records"], found.counts["questions"]) == (len(BAD_LINES) + 1, 1)


def test_a_long_list_of_bad_records_is_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(MEDQA[0]) + "\n{" * 50, encoding="utf-8")
    with pytest.raises(UserError) as error:
        load("medqa", str(path))
    assert len(str(error.value).splitlines()) == 22
    assert str(error.value).endswith("and 30 more")


@pytest.mark.parametrize("on_bad_record", ["error", "skip"])
@pytest.mark.parametrize(("content", "message"), [("{\n", "none is left"), ("", "no records in it")])
def test_a_file_without_a_usable_record(tmp_path: Path, on_bad_record: str, content: str, message: str) -> None:
    (tmp_path / "x.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        load("medqa", str(tmp_path / "x.jsonl"), on_bad_record=on_bad_record)


def test_a_file_without_labels_says_so_and_does_not_ask_for_the_coding(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="label missing") as error:
        load("medmcqa", write(tmp_path / "x.jsonl", [record | {"cop": -1} for record in MEDMCQA]))
    assert "cop_base" not in str(error.value)


def test_cop_base_is_found_stated_or_refused(tmp_path: Path) -> None:
    unclear = write(tmp_path / "x.jsonl", MEDMCQA[:1])
    with pytest.raises(UserError, match=r"-T cop_base=0\|1$"):
        load("medmcqa", unclear)
    stated = {base: load("medmcqa", unclear, cop_base=base) for base in (0, 1)}
    assert {base: (s.cop_base, s.questions[0].target) for base, s in stated.items()} == {0: (0, "C"), 1: (1, "B")}
    assert load("medmcqa", write(tmp_path / "y.jsonl", MEDMCQA)).cop_base == 0


# --- arguments and sources --------------------------------------------------------------------------------------------
ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("pubmedqa", {}, "benchmark=pubmedqa: allowed are medqa, medmcqa, medxpertqa"),
    ("medqa", {"on_bad_record": "drop"}, "on_bad_record=drop: allowed are error, skip"),
    ("medmcqa", {"cop_base": 2}, "cop_base=2: allowed are 0 and 1"),
    ("medmcqa", {"cop_base": True}, "cop_base=True: allowed are 0 and 1"),
    ("medqa", {"cop_base": 0}, "only medmcqa"),
    ("medqa", {"dataset": "vignettes", "split": "test"}, "split=test: vignettes is local"),
    ("medqa", {"dataset": "vignettes", "revision": "main"}, "revision=main: vignettes is local"),
    ("medqa", {"dataset": "no/such.jsonl"}, "dataset=no/such.jsonl: no such file (allowed are a .jsonl, .json, .csv, .parquet"),
    ("medqa", {"dataset": "no/such.txt"}, "dataset=no/such.txt: no such file"),
    ("medqa", {"dataset": "nothing"}, "dataset=nothing: no such file"),
    ("medqa", {"dataset": "./a/b"}, "dataset=./a/b: no such file"),
]  # fmt: skip


@pytest.mark.parametrize(("benchmark", "arguments", "message"), ARGUMENTS)
def test_arguments_that_are_not_allowed(benchmark: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        load(benchmark, **arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_split_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"split=test: .*x\.jsonl is local and has no split"):
        load("medqa", write(tmp_path / "x.jsonl", MEDQA), split="test")
    (tmp_path / "x.txt").write_text("Q")
    with pytest.raises(UserError, match=r"unknown file type \.txt"):
        load("medqa", str(tmp_path / "x.txt"))


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_bundled_vignettes(benchmark: str) -> None:
    found = load(benchmark, "vignettes")
    assert found.source == f"clinical_r1/vignettes/{benchmark}.jsonl"
    assert found.counts["questions"] == found.records > 0
    assert all("Answer Choices" not in question.stem for question in found.questions)


@pytest.fixture
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out like a hub repository, with a cache of its own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("benchmark", EXAMPLES)
def test_a_folder_like_a_hub_repository(hub_folder: Path, tmp_path: Path, benchmark: str) -> None:
    split = BENCHMARKS[benchmark].hub.split
    write(hub_folder / "data" / f"{split}-00000-of-00001.parquet", EXAMPLES[benchmark])
    write(hub_folder / "data" / "train-00000-of-00001.parquet", EXAMPLES[benchmark][::-1])
    found = load(benchmark, str(hub_folder))
    assert found.questions == load(benchmark, write(tmp_path / "x.jsonl", EXAMPLES[benchmark])).questions
    assert (found.split, found.revision, found.sha256) == (split, None, None)
    assert load(benchmark, str(hub_folder), split="train").questions == found.questions[::-1]
    with pytest.raises(UserError, match=r"split dev could not be loaded .*a local file works too") as error:
        load(benchmark, str(hub_folder), split="dev")
    assert "\n" not in str(error.value)


HUB_CALLS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("medqa", {}, ("GBaker/MedQA-USMLE-4-options", None, "test", "0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18")),
    ("medmcqa", {}, ("openlifescienceai/medmcqa", None, "validation", "91c6572c454088bf71b679ad90aa8dffcd0d5868")),
    ("medxpertqa", {}, ("TsinghuaC3I/MedXpertQA", "Text", "test", "f4e6fe7e5a9e13d6c97d7aa2b91cdd8b80c9cc61")),
    ("medqa", {"revision": "main", "split": "train"}, ("GBaker/MedQA-USMLE-4-options", None, "train", "main")),
    ("medxpertqa", {"dataset": "TsinghuaC3I/MedXpertQA"},
     ("TsinghuaC3I/MedXpertQA", "Text", "test", "f4e6fe7e5a9e13d6c97d7aa2b91cdd8b80c9cc61")),
    ("medqa", {"dataset": "someone/medqa"}, ("someone/medqa", None, "test", None)),
    ("medqa", {"dataset": "someone/medqa", "revision": "v2"}, ("someone/medqa", None, "test", "v2")),
]  # fmt: skip


@pytest.mark.parametrize(("benchmark", "arguments", "asked"), HUB_CALLS)
def test_what_is_asked_of_the_hub(
    monkeypatch: pytest.MonkeyPatch, benchmark: str, arguments: dict[str, Any], asked: tuple[Any, ...]
) -> None:
    calls: list[tuple[Any, ...]] = []

    def load_dataset(path: str, name: str | None, *, split: str, revision: str | None) -> list[Record]:
        calls.append((path, name, split, revision))
        return EXAMPLES[benchmark]

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    found = load(benchmark, **arguments)
    assert calls == [asked]
    assert (found.source, found.split, found.revision) == (asked[0], asked[2], asked[3])


def test_the_hub_edition_of_medmcqa_counts_from_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: MEDMCQA[:1])
    assert load("medmcqa").questions[0].target == "C"
    with pytest.raises(UserError, match="cop_base"):
        load("medmcqa", "someone/medmcqa")


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    with pytest.raises(UserError) as error:
        load("medqa")
    assert "\n" not in str(error.value)
    for part in ("GBaker/MedQA-USMLE-4-options", "no route to host", "local file", ".jsonl"):
        assert part in str(error.value)


# --- round trips ------------------------------------------------------------------------------------------------------
TEXT = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda t: not is_padding(t))
)
QUESTIONS = st.lists(
    st.tuples(TEXT, st.lists(TEXT, min_size=4, max_size=4, unique_by=same_text), st.integers(0, 3)),
    min_size=1, max_size=5, unique_by=lambda question: question[0],
)  # fmt: skip
Drawn = list[tuple[str, list[str], int]]


def medqa_records(questions: Drawn) -> list[Record]:
    return [
        {"id": f"q{n}", "question": stem, "options": dict(zip(LETTERS, texts, strict=False)), "answer_idx": LETTERS[right], "answer": texts[right]}
        for n, (stem, texts, right) in enumerate(questions)
    ]  # fmt: skip


def medmcqa_records(questions: Drawn, base: int) -> list[Record]:
    return [
        {
            "id": f"q{n}",
            "question": stem,
            **dict(zip(("opa", "opb", "opc", "opd"), texts, strict=True)),
            "cop": right + base,
        }
        for n, (stem, texts, right) in enumerate(questions)
    ]


def medxpertqa_records(questions: Drawn) -> list[Record]:
    return [
        {
            "id": f"q{n}",
            "question": f"{stem}\nAnswer Choices: " + " ".join(f"({letter}) {text}" for letter, text in zip("ABCD", texts, strict=True)),
            "options": [{"letter": letter, "content": text} for letter, text in zip("ABCD", texts, strict=True)],
            "label": [LETTERS[right]],
        }
        for n, (stem, texts, right) in enumerate(questions)
    ]  # fmt: skip


def contents(found: QuestionSet) -> Drawn:
    return [(q.stem, list(q.options.values()), LETTERS.index(q.target)) for q in found.questions]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    questions=QUESTIONS, suffix=st.sampled_from([".jsonl", ".json", ".csv", ".parquet"]), base=st.sampled_from([0, 1])
)
def test_any_question_comes_back_from_any_layout(tmp_path: Path, questions: Drawn, suffix: str, base: int) -> None:
    path = tmp_path / f"x{suffix}"
    assert contents(load("medqa", write(path, medqa_records(questions)))) == questions
    assert contents(load("medmcqa", write(path, medmcqa_records(questions, base)), cop_base=base)) == questions
    assert contents(load("medxpertqa", write(path, medxpertqa_records(questions)))) == questions


# --- real records -----------------------------------------------------------------------------------------------------
SHARED = [
    ("medqa", "medqa_us_5opt_dev.jsonl", 1272, 5),
    ("medqa", "medqa_hub_layout_4opt_300.jsonl", 300, 4),
    ("medmcqa", "medmcqa_raw_dev_part.jsonl", 1500, 4),
    ("medmcqa", "medmcqa_hub_layout_300.jsonl", 300, 4),
    ("medxpertqa", "medxpertqa_text_github_part.jsonl", 120, 10),
    ("medxpertqa", "medxpertqa_text_hub_layout_120.jsonl", 120, 10),
]


@pytest.mark.parametrize(("benchmark", "name", "records", "options"), SHARED)
def test_every_real_record_loads(shared_data: Path, benchmark: str, name: str, records: int, options: int) -> None:
    found = load(benchmark, str(shared_data / name))
    assert found.counts["questions"] == found.records == records
    assert len({question.id for question in found.questions}) == records
    assert {len(question.options) for question in found.questions} == {options}
    assert not any("answer choices" in question.stem.lower() for question in found.questions)


@pytest.mark.parametrize(("benchmark", "name", "records", "options"), SHARED)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_real_records_in_other_formats(
    shared_data: Path, tmp_path: Path, benchmark: str, name: str, records: int, options: int, suffix: str
) -> None:
    lines = (shared_data / name).read_text(encoding="utf-8").splitlines()
    raw = [{key: value for key, value in json.loads(line).items() if key != "metamap_phrases"} for line in lines]
    found = load(benchmark, write(tmp_path / f"x{suffix}", raw))
    assert found.questions == load(benchmark, str(shared_data / name)).questions


@pytest.mark.parametrize(
    ("benchmark", "one", "other"),
    [
        ("medmcqa", "medmcqa_raw_dev_part.jsonl", "medmcqa_hub_layout_300.jsonl"),
        ("medxpertqa", "medxpertqa_text_github_part.jsonl", "medxpertqa_text_hub_layout_120.jsonl"),
    ],
)
def test_two_layouts_of_the_same_records_agree(shared_data: Path, benchmark: str, one: str, other: str) -> None:
    first = {question.id: question for question in load(benchmark, str(shared_data / one)).questions}
    second = load(benchmark, str(shared_data / other)).questions
    assert second
    assert [first[question.id] for question in second] == second


def test_real_duplicate_options(shared_data: Path) -> None:
    found = load("medmcqa", str(shared_data / "medmcqa_raw_dev_part.jsonl"))
    assert found.counts["duplicate_options"] == 10
    # In one of them all four options are the same.
    assert Counter(len(copies(q.target, q.options)) for q in found.questions) == {1: 1497, 2: 2, 4: 1}
