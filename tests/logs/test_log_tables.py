"""From the bytes of a log's summaries to columns."""

import json
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.logs.find import Header
from clinical_r1.logs.table import KEYS, LogTable, kind_of, numbers, records, stacked, table_of, texts


# --- records ----------------------------------------------------------------------------------------------------------
def test_records_are_what_was_written() -> None:
    found = [{"id": 1, "x": [None, True, -(2**40), 0.5, "ü"]}, {"id": "b", "x": {"id": '},{"id":'}}]
    assert records(json.dumps(found).encode()) == found
    assert records(json.dumps(found, indent=1, ensure_ascii=False).encode()) == found, "however it is laid out"
    assert records(b"[]") == []


def test_numbers_that_are_none_are_read() -> None:
    [found] = records(b'[{"id":1,"nan":NaN,"most":Infinity,"least":-Infinity}]')
    assert np.isnan(found["nan"])
    assert (found["most"], found["least"]) == (np.inf, -np.inf)


def test_half_a_character_is_no_reason_to_give_up() -> None:
    """JSON may hold half of a surrogate pair, which strict readers refuse."""
    text = rb'[{"id":1,"x":"\ud800"},{"id":2,"x":"b"}]'
    assert [found["id"] for found in records(text)] == [1, 2]


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'[{"id":1}', b'[{"id":1},{"id":2', b"[[]]", b'"x"', b"\xff\xfe"])
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        records(text)


# --- columns ----------------------------------------------------------------------------------------------------------
def test_what_is_no_number_is_nan() -> None:
    column = numbers([1, "no", None, True, nan, 0.5, [], "2"])
    assert column.dtype == np.float32
    np.testing.assert_array_equal(column, np.array([1, nan, nan, 1, nan, 0.5, nan, nan], dtype=np.float32))
    assert numbers([]).dtype == np.float32


def test_texts_of_any_kind_are_text() -> None:
    column = pd.Series(texts(["x", None, 3.0, 7, True, "x"]))
    assert column.tolist()[:1] + column.tolist()[2:] == ["x", "3.0", "7", "True", "x"]
    assert column.isna().tolist() == [False, True, False, False, False, False]


@given(st.lists(st.lists(st.sampled_from([None, "a", "b", "ü", ""]), max_size=5), min_size=1, max_size=4))
def test_stacked_categories_are_those_of_the_parts(parts: list[list[str | None]]) -> None:
    frames = [pd.DataFrame({"t": texts(part), "n": np.arange(len(part), dtype=np.int8)}) for part in parts]
    whole = stacked(frames)
    assert [None if pd.isna(text) else text for text in whole["t"]] == [text for part in parts for text in part]
    assert isinstance(whole["t"].dtype, pd.CategoricalDtype)
    assert whole["n"].dtype == "int8"
    assert list(whole.index) == list(range(sum(map(len, parts))))


# --- tables -----------------------------------------------------------------------------------------------------------
HEADER = Header("medqa", "t", "m", {}, "success", "", "", 3, 1, ("7", "8", "9"), {}, {})


def summary(id: Any, epoch: int = 1, **given: Any) -> dict[str, Any]:
    return {"id": id, "epoch": epoch, "input": "Which?", "choices": ["a", "b"], "target": "B", "uuid": f"{id}"} | given


def table(*found: dict[str, Any]) -> LogTable:
    return table_of(HEADER, found)


def test_ids_may_be_numbers_and_rows_are_in_the_order_of_the_data() -> None:
    made = table(summary(9), summary(7, 2), summary("extra"), summary(7, 1), summary(8))
    assert list(zip(made.samples["id"], made.samples["epoch"], strict=True)) == [
        ("7", 1), ("7", 2), ("8", 1), ("9", 1), ("extra", 1),
    ]  # fmt: skip


def test_of_a_sample_that_was_run_again_the_later_counts() -> None:
    score = {"answer": {"value": "C", "answer": "B", "metadata": {"vote": "B", "shown_letter": "B"}}}
    made = table(summary(7, uuid="first"), summary(8), summary(7, uuid="second", scores=score))
    assert made.samples["response"].tolist() == ["second", "8"]
    [answers] = made.passes
    assert answers.frame["answer"].tolist() == pytest.approx([1, nan], nan_ok=True)


def test_strata_may_be_numbers_and_are_told_from_the_text_where_they_are_not_given() -> None:
    case = "A 29-year-old woman presents with fever. Which is NOT so?"
    made = table(summary(7, metadata={"step": 3.0, "subject": 7, "topic": None}), summary(8, input=case)).samples
    assert [str(made[name][0]) for name in ("step", "subject")] == ["3.0", "7"]
    assert made["topic"].isna().all()
    assert (made["has_case"].tolist(), made["negated"].tolist()) == ([False, True], [False, True])
    assert made["n_options"].tolist() == [2, 2]


def test_places_are_those_shown_and_unknown_where_nothing_was_shown() -> None:
    shown = summary(7, metadata={"shown_order": "BA"})
    failed = summary(9, error="gone")
    assert table(shown, summary(8), failed).samples["gold_position"].tolist() == [0, 1, -1]


def test_tokens_are_those_of_the_model_and_not_of_graders() -> None:
    used = {"m": {"output_tokens": 5}, "grader": {"output_tokens": 70}}
    made = table(summary(7, model_usage=used), summary(8, model_usage={"other": {"output_tokens": 6}}), summary(9))
    assert made.samples["output_tokens"].tolist() == pytest.approx([5, 6, nan], nan_ok=True)


# value, metadata -> kind
SCORES: list[tuple[Any, dict[str, Any] | None, str | None, str]] = [
    ("C", {"vote": "A"}, "answer", "our answer scorer"),
    ("I", {"vote": None}, "answer", "an answer that could not be read"),
    ("C", {}, None, "a scorer of that name of another project"),
    ("C", None, None, "no metadata at all"),
    (0.5, {"x": 1}, None, "a number"),
    ({"drc": 1.0}, {}, "grounding", "one metric"),
    ({"backtracking": 1.0, "other": 2.0}, {}, "behaviours", "more than we know"),
    ({"true_cited": 1.0}, {}, "truth", "a made world"),
    ({"f1": 1.0}, {}, None, "another dictionary"),
]


@pytest.mark.parametrize(("value", "metadata", "kind", "reason"), SCORES, ids=[row[-1] for row in SCORES])
def test_scores_are_known_by_what_stands_in_them(value: Any, metadata: Any, kind: str | None, reason: str) -> None:
    assert kind_of({"value": value, "metadata": metadata}) == kind, reason


def test_a_judge_s_score_that_is_no_dictionary_is_one_without_numbers() -> None:
    whole = {"value": dict.fromkeys(KEYS["grounding"], 1.0), "metadata": {"judge": "j"}}
    broken = {"value": nan, "reason": "scoring_failed", "explanation": "it broke", "metadata": None}
    [found] = table(summary(7, scores={"grounding": whole}), summary(8, scores={"grounding": broken})).passes
    assert found.frame["drc"].tolist() == pytest.approx([1, nan], nan_ok=True)
    assert [None if pd.isna(reason) else reason for reason in found.frame["reason"]] == [None, "it broke"]


def test_a_judge_that_broke_on_the_first_samples_is_heard_there_too() -> None:
    broken = {"value": nan, "reason": "scoring_failed", "explanation": "it broke", "metadata": None}
    whole = {"value": dict.fromkeys(KEYS["grounding"], 1.0), "metadata": {"judge": "j"}}
    [found] = table(summary(7, scores={"grounding": broken}), summary(8, scores={"grounding": whole})).passes
    assert found.frame["reason"].tolist()[0] == "it broke"


def test_metadata_that_inspect_left_out_of_summaries_is_missing_and_no_error() -> None:
    removed = "Key removed from summary (> 1k)"
    metadata = {"judge": "j", "tally": removed, "spans": removed, "unscored_metrics": removed, "panel": removed}
    score = {"value": {"drc": 1.0}, "metadata": metadata}
    [found] = table(summary(7, scores={"grounding": score})).passes
    assert found.frame["drc"].tolist() == [1]
    assert found.frame[["returned", "rejected", "parts"]].isna().all(axis=None)
    assert found.keys == ("drc",)
