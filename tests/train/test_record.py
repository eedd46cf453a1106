"""The file of a record, where advantages come from, and when a run warns of its format rate."""

import csv
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("trl", reason="needs the extra train")

from transformers import TrainerControl, TrainerState, TrainingArguments

from clinical_r1.errors import UserError
from clinical_r1.train.recipe import load
from clinical_r1.train.record import Record, advantage_parts, cut_off_warning, format_warning

CRPO = load("crpo")


# --- the file ---------------------------------------------------------------------------------------------------------
def log(record: Record, step: int, **logs: Any) -> None:
    record.on_log(TrainingArguments("unused"), TrainerState(global_step=step), TrainerControl(), logs)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grown(path: Path, record: Record, step: int, **logs: Any) -> bool:
    """Whether a line was put after what stood in the file, which was not written anew."""
    with path.open("rb") as held:
        before, number = held.read(), os.fstat(held.fileno()).st_ino
        log(record, step, **logs)
    lines = path.read_bytes().removeprefix(before)
    return path.stat().st_ino == number and len(lines) < len(path.read_bytes()) and lines.count(b"\n") == 1


def test_a_row_is_added_to_the_file_and_the_file_is_written_anew_only_where_it_must_be(tmp_path: Path) -> None:
    record, path = Record(tmp_path, 0), tmp_path / "record.csv"
    log(record, 1, loss=0.5)
    assert grown(path, record, 2, loss=0.25)
    assert not grown(path, record, 2, eval_loss=0.75)  # the same step, and a new column
    assert grown(path, record, 3, loss=0.125)  # a column may be empty
    assert not grown(path, record, 3, eval_loss=1.0)  # the same step
    assert grown(path, record, 4, eval_loss=1.5, loss=0.0625)  # in any order
    assert path.read_text() == "step,loss,eval_loss\n1,0.5,\n2,0.25,0.75\n3,0.125,1\n4,0.0625,1.5\n"


LOGS = st.dictionaries(st.sampled_from(["loss", "kl", "a,b", 'a "term"', "é"]), st.integers(-9, 9), min_size=1)


@given(st.lists(st.tuples(st.integers(0, 2), LOGS), min_size=1), st.integers(0, 8))
def test_the_file_holds_what_was_logged_at_every_moment(logged: list[tuple[int, dict[str, Any]]], stopped: int) -> None:
    with TemporaryDirectory() as folder:
        record, step, expected = Record(Path(folder), 0), 0, {}
        for place, (ahead, logs) in enumerate(logged):
            if place == stopped:  # and a new process goes on
                record = Record(Path(folder), step)
            step += ahead
            log(record, step, **logs)
            expected[step] = expected.get(step, {"step": step}) | logs
            found = rows(Path(folder) / "record.csv")
            assert [{k: int(v) for k, v in row.items() if v} for row in found] == list(expected.values())


def test_a_line_that_was_cut_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "record.csv"
    first = Record(tmp_path, 0)
    for step in (9, 10, 11):
        log(first, step, loss=0.123, kl=0.5)
    whole = path.read_bytes()
    start = whole.rindex(b"11,")
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        again = Record(tmp_path, 11)
        assert [row["step"] for row in again.rows] == ["9", "10"]
        log(again, 11, loss=0.123, kl=0.5)
        assert path.read_bytes() == whole


def test_updates_that_are_done_again_are_written_again(tmp_path: Path) -> None:
    first = Record(tmp_path, 0)
    for step in range(1, 6):
        log(first, step, loss=1.0)
    again = Record(tmp_path, 3)
    for step in (4, 5):
        log(again, step, loss=2.0)
        assert [row["loss"] for row in rows(tmp_path / "record.csv")] == ["1"] * 3 + ["2"] * (step - 3)


def test_a_record_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    record, path = Record(tmp_path, 0), tmp_path / "record.csv"
    log(record, 1, loss=1.0)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match=r"record\.csv: cannot be written"):
        log(record, 2, loss=1.0)


# --- the advantages ---------------------------------------------------------------------------------------------------


def crpo(**changes: str):
    return CRPO.model_copy(update=changes)


def test_a_term_that_differs_alone_has_the_whole_share() -> None:
    rewards = {"accuracy": np.array([[1.0, 0, 0, 1, 1]]), "format": np.ones((1, 5))}
    parts = advantage_parts(rewards, {"accuracy": 10, "format": 1}, CRPO)
    assert parts.shares == pytest.approx({"accuracy": 1, "format": 0})
    assert parts.groups_without_variance == 0


def test_by_hand() -> None:
    # One group of two: accuracy 1, 0 and format 0, 1. Totals 10 and 1: centred 4.5, -4.5; parts 5, -5 and -0.5, 0.5.
    rewards = {"accuracy": np.array([[1.0, 0]]), "format": np.array([[0.0, 1]])}
    parts = advantage_parts(rewards, {"accuracy": 10, "format": 1}, crpo(scale_rewards="none"))
    assert parts.shares == pytest.approx({"accuracy": 45 / 40.5, "format": -4.5 / 40.5})  # format works against it


def test_scaling_inside_groups_counts_every_group_alike() -> None:
    rewards = {"accuracy": np.array([[1.0, 0], [1, 1]]), "format": np.array([[1.0, 1], [1, 0]])}
    weights = {"accuracy": 10.0, "format": 1.0}
    assert advantage_parts(rewards, weights, CRPO).shares["format"] == pytest.approx(0.5, abs=1e-3)
    unscaled = advantage_parts(rewards, weights, crpo(scale_rewards="none"))
    assert unscaled.shares["format"] == pytest.approx(1 / 101)


def test_saturated_groups_are_counted_and_a_batch_of_them_has_no_shares() -> None:
    rewards = {"accuracy": np.array([[1.0, 1], [0, 0], [1, 0]])}
    assert advantage_parts(rewards, {"accuracy": 10.0}, CRPO).groups_without_variance == pytest.approx(2 / 3)
    nothing = advantage_parts({"accuracy": np.ones((2, 5))}, {"accuracy": 10.0}, CRPO)
    assert np.isnan(nothing.shares["accuracy"])
    assert nothing.groups_without_variance == 1


@given(
    arrays(float, (3, 4, 5), elements=st.floats(0, 1)),
    st.sampled_from(["group", "batch", "none"]),
    st.sampled_from(["sum_then_normalize", "normalize_then_sum"]),
)
@settings(max_examples=60)
def test_shares_add_up_to_one(values: np.ndarray, scale: str, aggregation: str) -> None:
    names = ["accuracy", "format", "consistency"]
    rewards = dict(zip(names, values, strict=True))
    recipe = crpo(scale_rewards=scale, aggregation=aggregation)
    shares = advantage_parts(rewards, {"accuracy": 10, "format": 1, "consistency": 0.5}, recipe).shares.values()
    assert np.isnan(list(shares)).all() or sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("rates", "warns"),
    [
        ([0.5] * 10, True),
        ([0.9] * 30 + [0.69] * 10, True),  # it fell
        ([0.5] * 9, False),  # too early to say
        ([0.5] * 9 + [0.7], False),  # it recovered
        ([0.9] * 10, False),
    ],
)
def test_a_low_format_rate_is_said(rates: list[float], warns: bool) -> None:
    assert (format_warning([{"format": rate} for rate in rates], "format") is not None) is warns


@pytest.mark.parametrize(
    ("rates", "warns"),
    [
        ([1.0] * 10, True),
        ([0.1] * 30 + [0.51] * 10, True),  # they grew
        ([1.0] * 9, False),  # too early to say
        ([1.0] * 9 + [0.5], False),  # half of them end
        ([""] * 30, False),  # nothing was logged
    ],
)
def test_completions_that_stay_cut_off_are_said(rates: list[Any], warns: bool) -> None:
    said = cut_off_warning([{"truncated": rate} for rate in rates], 96)
    assert (said is not None) is warns
    assert not warns or "max_completion_tokens=96" in str(said)
