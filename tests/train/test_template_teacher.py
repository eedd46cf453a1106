"""`examples/real_model/traces.py`: a teacher without a model, from records alone."""

import importlib.util
import json
from pathlib import Path

import pytest

from clinical_r1.datasets import Question, load
from clinical_r1.datasets.overlap import shared
from clinical_r1.train.data import read_traces
from clinical_r1.train.rewards import crpo_reward
from tests.running import ROOT

_SPEC = importlib.util.spec_from_file_location("traces", ROOT / "examples" / "real_model" / "traces.py")
assert _SPEC
assert _SPEC.loader
traces = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(traces)


def test_the_bundled_cases_become_traces_that_earn_the_whole_reward_and_parts_that_share_no_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["traces.py", str(tmp_path), "medqa=vignettes"])
    traces.main()
    said = dict(part.split() for part in capsys.readouterr().out.strip().split(", "))
    taught = read_traces(tmp_path / "traces.jsonl")
    assert int(said["traces"]) == len(taught) >= 2
    parts = {name: load("medqa", str(tmp_path / f"{name}.jsonl")).questions for name in ("rl", "dev", "test")}
    assert {name: len(questions) for name, questions in parts.items()} == {name: int(said[name]) for name in parts}
    assert not shared(parts["rl"], parts["dev"])
    assert not shared([*parts["rl"], *parts["dev"]], parts["test"])
    asked = [json.loads(line)["prompt"][0]["content"] for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    assert not [
        question for part in parts.values() for question in part if any(question.stem in text for text in asked)
    ]


def test_a_trace_quotes_the_case_names_every_option_and_boxes_the_right_one() -> None:
    stem = "A man of 70 has neck stiffness, photophobia since noon, a purpuric rash and fever. What is it?"
    options = {"A": "Migraine", "B": "Meningococcal meningitis", "C": "Influenza"}
    said = traces.teach(Question("1", stem, options, "B"))
    assert '"photophobia since noon"' in said
    assert all(text in said for text in options.values())
    assert crpo_reward(said, "B", options, question=stem).total == 12


def test_a_question_that_tells_no_case_has_no_trace() -> None:
    options = {"A": "Iron", "B": "Zinc"}
    assert traces.teach(Question("1", "Which metal does haemoglobin hold?", options, "A")) is None
