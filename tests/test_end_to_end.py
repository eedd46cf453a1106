"""The `inspect eval` command line in another process, by file path and by installed name."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from clinical_r1.prompts import load_prompt
from clinical_r1.tasks import VERSION
from tests.loopback import chat_server
from tests.running import ROOT, evaluate, inspect, metrics, said_by, scores

RANDOM = ("--model", "clinical_r1/baseline-random")

RECORDS = [
    {"question": "Which drug?", "options": {"A": "Aspirin", "B": "Heparin", "C": "Iron"}, "answer_idx": "B", "meta_info": "step1"},
    {"question": "Which organ?", "options": {"A": "Liver", "B": "Lung", "C": "None of the above"}, "answer_idx": "A", "meta_info": "step1"},
    {"question": "Which nerve?", "options": {"A": "Ulnar", "B": "Radial", "C": "Median"}, "answer_idx": "A", "meta_info": "step1"},
]  # fmt: skip
NO_LABEL = {
    "question": "Which vein?",
    "options": {"A": "Portal", "B": "Azygos"},
    "answer_idx": "F",
    "meta_info": "step1",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not the repository, with a `data/` of good records and of records of which one is bad."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "data").mkdir()
    for name, records in (("good", RECORDS), ("bad", [*RECORDS, NO_LABEL])):
        (folder / "data" / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def medqa_file(cwd: Path) -> str:
    return os.path.relpath(ROOT / "evals" / "medqa.py", cwd)


@pytest.fixture(scope="module")
def by_path(place: Path) -> EvalLog:
    args = ("-T", "dataset=data/good.jsonl", "-T", "votes=3", "-T", "shuffle_choices=epoch", "-T", "tie=first")
    return evaluate(medqa_file(place), *RANDOM, *args, folder=place / "by_path", cwd=place)


@pytest.fixture(scope="module")
def by_name(place: Path) -> EvalLog:
    args = ("-T", "dataset=data/bad.jsonl", "-T", "on_bad_record=skip", "-T", "votes=3", "--epochs", "2")
    more = ("-T", "shuffle_choices=7", "-T", "prompt=neutral", "--temperature", "0", "--max-tokens", "3")
    return evaluate("clinical_r1/medqa", *RANDOM, *args, *more, folder=place / "by_name", cwd=place)


def test_both_forms_run_all_questions_and_epochs(by_path: EvalLog, by_name: EvalLog) -> None:
    assert (by_path.status, by_name.status) == ("success", "success")
    assert len(scores(by_path)) == 3 * 3, "votes set the epochs"
    assert len(scores(by_name)) == 3 * 2, "an explicit --epochs wins over votes"
    assert {key for key, _ in scores(by_path)} == {key for key, _ in scores(by_name)}, "ids are stable"


def test_all_metrics_of_the_contract_are_in_the_log(by_path: EvalLog, by_name: EvalLog) -> None:
    names = {"accuracy", "stderr", "majority_accuracy", "majority_stderr", "tied", "parsed"}
    assert set(metrics(by_path)) == set(metrics(by_name)) == names
    values = [score.value for score in scores(by_path).values()]
    assert set(values) <= {"C", "I"}
    assert metrics(by_path)["accuracy"] == pytest.approx(values.count("C") / 9)


def test_the_paper_s_settings_are_the_default_and_options_win(by_path: EvalLog, by_name: EvalLog) -> None:
    config = [
        (log.plan.config.temperature, log.plan.config.top_p, log.plan.config.max_tokens) for log in (by_path, by_name)
    ]
    assert config == [(0.8, 0.95, 4096), (0.0, 0.95, 3)]
    assert {(score.metadata or {})["truncated"] for score in scores(by_path).values()} == {False}
    assert {(score.metadata or {})["truncated"] for score in scores(by_name).values()} == {True}, (
        "3 words at a limit of 3"
    )


def test_the_log_names_prompt_tie_rule_version_and_data(by_path: EvalLog, by_name: EvalLog, place: Path) -> None:
    for log, style, tie, file in ((by_path, "crpo", "first", "good"), (by_name, "neutral", "share", "bad")):
        metadata = log.eval.metadata or {}
        assert metadata["prompt_sha256"] == load_prompt(style).sha256
        assert (metadata["prompt"], metadata["prompt_version"]) == (style, load_prompt(style).version)
        assert (metadata["tie"], log.eval.task_version) == (tie, VERSION)
        assert {(score.metadata or {})["tie"] for score in scores(log).values()} == {tie}
        content = (place / "data" / f"{file}.jsonl").read_bytes()
        assert metadata["dataset_sha256"] == hashlib.sha256(content).hexdigest()
        assert metadata["dataset"].endswith(f"data/{file}.jsonl")


def test_records_that_were_skipped_are_counted(by_path: EvalLog, by_name: EvalLog) -> None:
    counts = [(log.eval.metadata or {})["records"] for log in (by_path, by_name)]
    assert [(count["records"], count["questions"], count["skipped"]) for count in counts] == [(3, 3, 0), (4, 3, 1)]


def test_orders_are_shuffled_as_asked(by_path: EvalLog, by_name: EvalLog) -> None:
    def orders(log: EvalLog) -> dict[str, set[Any]]:
        return {id: {order for (other, _), (*_, order) in said_by(log).items() if other == id} for id, _ in scores(log)}

    assert {len(found) for found in orders(by_name).values()} == {1}
    assert max(len(found) for found in orders(by_path).values()) > 1
    [organ] = {str(sample.id) for sample in by_path.samples or [] if sample.input == "Which organ?"}
    assert {order[-1] for order in orders(by_path)[organ]} == {"C"}, "none of the above stays last"
    assert (by_path.eval.metadata or {})["shuffle"]["seed"] == "epoch"
    assert (by_name.eval.metadata or {})["shuffle"] == {"seed": 7, "order_kept": 0, "option_kept_last": 1}


def test_a_relative_data_file_is_found_for_any_model(place: Path) -> None:
    """The command starts in one folder, Inspect loads the task file in its own, and no model of ours was loaded before."""
    with chat_server(lambda _: r"\boxed{A}") as server:
        args = ("--model", "openai-api/loop/m", "-T", "dataset=data/good.jsonl")
        log = evaluate(medqa_file(place), *args, folder=place / "relative", cwd=place, env=server.env)
    assert metrics(log)["accuracy"] == pytest.approx(2 / 3)


FAILS = {
    "a wrong argument": (["clinical_r1/medqa", *RANDOM, "-T", "dataset=vignettes", "-T", "prompt=crop"], ["medqa:", "prompt=crop", "bare"]),
    "a missing file": (["clinical_r1/medxpertqa", *RANDOM, "-T", "dataset=data/none.jsonl"], ["medxpertqa:", "data/none.jsonl"]),
    "a bad record": (["clinical_r1/medqa", *RANDOM, "-T", "dataset=data/bad.jsonl"], ["data/bad.jsonl", "4", "F", "on_bad_record=skip"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def failures(place: Path) -> dict[str, CompletedProcess[str]]:
    with ThreadPoolExecutor(2) as pool:
        runs = {reason: pool.submit(inspect, "eval", *args, cwd=place) for reason, (args, _) in FAILS.items()}
        return {reason: run.result() for reason, run in runs.items()}


@pytest.mark.parametrize("reason", FAILS)
def test_what_a_user_can_mend_is_said_without_a_traceback(
    reason: str, failures: dict[str, CompletedProcess[str]]
) -> None:
    done = failures[reason]
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    assert [part for part in FAILS[reason][1] if part not in said] == []
    lines = [line for line in said.splitlines() if line.strip()]
    assert len(lines) == (2 if reason == "a bad record" else 1), "one line, and one more for each bad record"
