"""The demo: the whole story through the command line, stopped in the middle and gone on with."""

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest

from clinical_r1.demo import run_demo
from clinical_r1.demo.plan import FULL, QUICK_NOTE, planned
from clinical_r1.errors import UserError

pytest.importorskip("torch")
COMMAND = [sys.executable, "-m", "clinical_r1.cli", "demo", "--quick"]


def test_the_quick_demo_is_stopped_goes_on_and_tells_what_it_is(tmp_path: Path) -> None:
    # a shell that runs tests in the background has them ignore the interrupt, and their children too
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    first = subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, preexec_fn=heard)
    output = tmp_path / "demo-quick"
    evaluating = output / "logs"
    end = monotonic() + 240
    while not evaluating.exists() and monotonic() < end and first.poll() is None:
        sleep(0.2)
    assert first.poll() is None, "the demo ended before it could be stopped"
    first.send_signal(signal.SIGINT)
    try:
        assert first.wait(30) == 130
    finally:
        first.kill()
    trained = {path: path.stat().st_mtime_ns for path in output.rglob("model.safetensors")}
    assert len(trained) >= 3
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "report: demo-quick/report/index.html"
    assert {path: path.stat().st_mtime_ns for path in output.rglob("model.safetensors")} == trained
    page = (output / "report" / "index.html").read_text(encoding="utf-8")
    for words in (QUICK_NOTE, "What is true?", "What would raters say?", "With one checkpoint a side"):
        assert words in page, words
    tables = json.loads((output / "report" / "results.json").read_text(encoding="utf-8"))["tables"]
    for name in ("accuracy", "estimates", "paired", "maj_at_k", "training", "truth", "truth_differences", "corrected"):
        assert tables[name], name
    assert {row["checkpoint"] for row in tables["truth"]} == {"cold_start", "grpo", "crpo"}
    again = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=True)
    said = [sorted(one.stdout.splitlines()) for one in (done, again)]  # results stand in the order in which they came
    assert said[0] == said[1], "nothing is run twice, and the same is said"


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    with pytest.raises(UserError, match="something else than a demo"):
        run_demo(tmp_path, quick=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "demo.json").write_text('{"kind": "whole"}')
    with pytest.raises(UserError, match="holds a whole demo, and this is a quick one"):
        run_demo(other, quick=True)


def test_every_command_of_the_plan_is_public_and_comes_once(tmp_path: Path) -> None:
    stages = planned(tmp_path, FULL, quick=False, seeds=2, models=["openai-api/lab/m"], grader="openai/g")
    steps = [step for stage in stages for chain in stage.chains for step in chain]
    assert {step.command[0] for step in steps} == {"clinical-r1", "inspect"}
    assert len({step.key for step in steps}) == len(steps)
    lines = [step.line for step in steps]
    assert sum("eval-set" in line for line in lines) == 7, "two seeds of three arms, and the model of one's own"
    assert all("grader=openai/g" in line for line in lines if "clinical_r1/grounding" in line)
    assert sum("--own-format" in line for line in lines) == 1
    assert not any("--baseline" in line for line in lines), "with several seeds, methods are compared"


def test_a_step_is_done_again_where_anything_before_it_changed(tmp_path: Path) -> None:
    def keys(grader: str | None) -> dict[str, str]:
        stages = planned(tmp_path, FULL, quick=False, seeds=1, models=[], grader=grader)
        return {step.line: step.key for stage in stages for chain in stage.chains for step in chain}

    rules, model = keys(None), keys("openai/g")
    kept = {line for line in rules if rules[line] == model.get(line)}
    assert {line.split(" ")[0 if "HF" not in line else 1] for line in kept} == {"clinical-r1", "inspect"}
    assert all("eval-set" in line or "world" in line for line in kept), "evaluations are kept"
    assert not any("clinical-r1 report" in line for line in kept), "the report is made again"
