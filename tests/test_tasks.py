"""The three benchmark tasks: their arguments, and what a log tells about them."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clinical_r1.evals.medmcqa import medmcqa
from clinical_r1.evals.medqa import medqa
from clinical_r1.evals.medxpertqa import medxpertqa
from inspect_ai import Task
from inspect_ai._util.error import PrerequisiteError

from clinical_r1.prompts import PROMPTS, load_prompt
from clinical_r1.voting import TIE_RULES
from tests.running import run_task

TASKS: dict[str, Callable[..., Task]] = {"medqa": medqa, "medmcqa": medmcqa, "medxpertqa": medxpertqa}
each_task = pytest.mark.parametrize("name", TASKS)

CONTRACT = {
    "dataset": None,
    "split": None,
    "prompt": "crpo",
    "votes": 1,
    "shuffle_choices": None,
    "tie": "share",
    "on_bad_record": "error",
}

RECORD = {
    "question": "Why?",
    "options": {"A": "Tea", "B": "Milk"},
    "answer_idx": "A",
    "answer": "Tea",
    "meta_info": "step1",
}


@each_task
def test_the_arguments_of_the_contract_and_their_defaults(name: str) -> None:
    found = {key: argument.default for key, argument in inspect.signature(TASKS[name]).parameters.items()}
    assert {key: found[key] for key in CONTRACT} == CONTRACT


@each_task
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_style_runs_and_is_named_in_the_log(name: str, prompt: str, tmp_path: Path) -> None:
    log = run_task(TASKS[name](dataset="vignettes", prompt=prompt), "clinical_r1/baseline-overlap", tmp_path, limit=2)
    assert log.status == "success"
    metadata = log.eval.metadata or {}
    template = load_prompt(prompt)
    assert (metadata["prompt"], metadata["prompt_version"], metadata["prompt_sha256"]) == (
        prompt,
        template.version,
        template.sha256,
    )
    assert metadata["dataset"] == f"clinical_r1/vignettes/{name}.jsonl"
    assert metadata["records"]["questions"] == metadata["records"]["records"] == 24
    assert (metadata["tie"], log.eval.task_version, metadata["full_task_version"]) == ("share", 2, "2-A")
    assert "shuffle" not in metadata


@each_task
def test_votes_set_the_epochs_and_samples_keep_their_strata(name: str) -> None:
    task = TASKS[name](dataset="vignettes", votes=5)
    assert task.epochs == 5
    samples = list(task.dataset)
    assert len({sample.id for sample in samples}) == 24
    assert all((sample.metadata or {})["benchmark"] == name for sample in samples)


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"prompt": "crop"}, ["prompt=crop", *PROMPTS], "an unknown style"),
    ({"votes": 0}, ["votes=0", "whole number from 1"], "no votes"),
    ({"votes": -3}, ["votes=-3", "whole number from 1"], "negative votes"),
    ({"votes": 2.5}, ["votes=2.5", "whole number from 1"], "half a vote"),
    ({"votes": True}, ["votes=True", "whole number from 1"], "a truth value is no number"),
    ({"votes": "five"}, ["votes='five'", "whole number from 1"], "a word"),
    ({"tie": "best"}, ["best", *TIE_RULES], "an unknown tie rule"),
    ({"shuffle_choices": True}, ["shuffle_choices=True", "integer seed", "epoch"], "a truth value is no seed"),
    ({"shuffle_choices": 1.5}, ["shuffle_choices=1.5", "integer seed", "epoch"], "no whole number"),
    ({"shuffle_choices": "abc"}, ["shuffle_choices='abc'", "integer seed", "epoch"], "another word"),
    ({"on_bad_record": "ignore"}, ["on_bad_record=ignore", "error", "skip"], "an unknown policy"),
    ({"dataset": "nowhere.jsonl"}, ["nowhere.jsonl", ".jsonl", ".parquet"], "no such file"),
    ({"split": "test"}, ["split"], "the bundled questions have no splits"),
    ({"revision": "main"}, ["revision"], "nor revisions"),
    ({"promt": "crpo"}, ["-T promt: unknown argument; allowed: dataset, split,", "(nearest: prompt)"], "a slip"),
    ({"xyzzy": 1}, ["-T xyzzy: unknown argument; allowed: dataset, split,"], "a name like no other"),
]


@pytest.mark.parametrize(("args", "parts", "reason"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
@each_task
def test_a_wrong_argument_is_refused_in_one_line(
    name: str, args: dict[str, Any], parts: list[str], reason: str
) -> None:
    with pytest.raises(PrerequisiteError) as caught:
        TASKS[name](**({"dataset": "vignettes"} | args))
    message = str(caught.value)
    assert message.startswith(f"{name}: "), reason
    assert [part for part in parts if part not in message] == [], reason
    assert "\n" not in message.strip(), reason


def test_shuffling_is_described_in_the_log(tmp_path: Path) -> None:
    options = {"A": "Tea", "B": "Milk", "C": "None of the above"}
    cites = {"A": "Tea", "B": "Milk", "C": "Both A and B"}
    records = [
        RECORD,
        RECORD | {"question": "Which?", "options": options},
        RECORD | {"question": "What?", "options": cites},
    ]
    file = tmp_path / "three.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    log = run_task(medqa(dataset=str(file), shuffle_choices="epoch"), "clinical_r1/baseline-random", tmp_path)
    assert (log.eval.metadata or {})["shuffle"] == {"seed": "epoch", "order_kept": 1, "option_kept_last": 1}
