"""The demo: the whole story through the command line, stopped in the middle and gone on with."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from clinical_r1.reports.contents import CHAPTERS
from inspect_ai.log import list_eval_logs, read_eval_log
from markupsafe import escape

from clinical_r1.demo import QUICK, QUICK_NOTE, planned, run_demo
from clinical_r1.errors import UserError
from clinical_r1.workflow import makes, needs, note_of, script, unfinished
from tests import DEMO
from tests.loopback import chat_server

pytest.importorskip("torch")
COMMAND = [sys.executable, "-m", "clinical_r1.cli", "demo", "--quick"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A quick demo that was stopped when it began to evaluate, and gone on with: its folder and what it said then."""
    home = tmp_path_factory.mktemp("home")
    # a shell that runs tests in the background has them ignore the interrupt, and their children too
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    first = subprocess.Popen(COMMAND, cwd=home, stdout=subprocess.DEVNULL, preexec_fn=heard)
    output = home / "demo-quick"
    end = monotonic() + 240
    while not (output / "logs").exists() and monotonic() < end and first.poll() is None:
        sleep(0.2)
    assert first.poll() is None, "the demo ended before it could be stopped"
    first.send_signal(signal.SIGINT)
    try:
        assert first.wait(30) == 130
    finally:
        first.kill()
    trained = weights(output)
    assert len(trained) >= 3
    done = subprocess.run(COMMAND, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert weights(output) == trained, "nothing is trained twice"
    return output, done


def weights(output: Path) -> dict[Path, int]:
    """Files of weights and when they were written."""
    return {path: path.stat().st_mtime_ns for path in output.rglob("model.safetensors")}


def tables(output: Path) -> dict[str, list[dict[str, Any]]]:
    found = json.loads((output / "report" / "results.json").read_text(encoding="utf-8"))["tables"]
    assert isinstance(found, dict)
    return found


@pytest.mark.skipif(not DEMO, reason="takes minutes: CLINICAL_R1_DEMO=1 make test, or make test-all")
def test_the_quick_demo_is_stopped_goes_on_and_tells_what_it_is(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    output, done = demo
    assert done.stdout.splitlines()[-1] == "report: demo-quick/report/index.html"
    page = (output / "report" / "index.html").read_text(encoding="utf-8")
    for words in (
        QUICK_NOTE,
        "What is true?",
        "Does the reasoning drive the answer?",
        "What would raters say?",
        "One training run each",
    ):
        assert words in page, words
    for line in (output / "commands.sh").read_text(encoding="utf-8").splitlines()[1:]:
        assert str(escape(line.removeprefix("# "))) in page, "every command stands on the page"
    for name in (
        "accuracy",
        "estimates",
        "paired",
        "maj_at_k",
        "training",
        "truth",
        "truth_differences",
        "corrected",
        "probed",
    ):
        assert tables(output)[name], name
    probes = [read_eval_log(info) for info in list_eval_logs(str(output / "probes"))]
    ways = {arm.get("how") for log in probes for one in log.samples or [] for arm in one.metadata["arms"].values()}
    assert ways == {None, "continued"}, "the world's model goes on from a begun reply"
    assert {row["checkpoint"] for row in tables(output)["truth"]} == {"cold_start", "grpo", "crpo"}
    again = subprocess.run(COMMAND, cwd=output.parent, capture_output=True, text=True, check=True)
    said = [sorted(one.stdout.splitlines()) for one in (done, again)]  # results stand in the order in which they came
    assert said[0] == said[1], "nothing is run twice, and the same is said"


@pytest.mark.exhaustive
def test_an_endpoint_and_a_judge_of_ones_own(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """A server stands for both: what it says is poor, and counted."""
    output, _ = demo
    trained = weights(output)
    with chat_server(answered) as server:
        own = ("--model", "openai-api/loop/mine", "--grader", "openai-api/loop/judge")
        done = subprocess.run(
            [*COMMAND, *own],
            cwd=output.parent,
            env=os.environ | server.env,
            capture_output=True,
            text=True,
            check=False,
        )
        asked = Counter(request["model"] for request in server.requests)
    assert done.returncode == 0, done.stderr
    assert weights(output) == trained
    assert asked["mine"] > QUICK["cases"] * QUICK["votes"], "it is asked again by the probes"
    assert asked["judge"] > 0
    accuracy = {row["checkpoint"] for row in tables(output)["accuracy"]}
    assert accuracy == {"cold_start", "grpo", "crpo", "loop/mine"}, accuracy
    assert any(row["judge"].startswith("openai-api/loop/judge ") for row in tables(output)["judges"])
    assert sum("mine: accuracy" in line for line in done.stdout.splitlines()) == 1


def answered(prompt: str) -> str:
    """What the server says: to a judge's question one fact and one claim, else a well-formed answer."""
    if case := re.search(r"^Case\n\n(.+)", prompt, re.MULTILINE):
        return json.dumps({"facts": [case[1].split(".")[0]]})
    if sentence := re.search(r"^\[1\] (.*)$", prompt, re.MULTILINE):
        lists = ("citations", "rejections", "backtracking", "verification", "subgoal_setting", "backward_chaining")
        claim = {"s": 1, "q": sentence[1], "is": "supported"}
        return json.dumps({key: [] for key in lists} | {"claims": [claim]})
    return "<dx>Something is the matter.</dx>\n<conclusion>So it is \\boxed{A}.</conclusion>"


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    with pytest.raises(UserError, match="something else than a demo"):
        run_demo(tmp_path, quick=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "demo.json").write_text('{"kind": "whole"}')
    with pytest.raises(UserError, match="holds a whole demo, and this is a quick one"):
        run_demo(other, quick=True)
    (other / "demo.json").write_text("[]")
    with pytest.raises(UserError, match="holds no demo"):
        run_demo(other, quick=True)


def test_every_command_of_the_plan_is_public_and_comes_once(tmp_path: Path) -> None:
    plan = planned(tmp_path, quick=False, seeds=2, models=["openai-api/lab/m"], grader="openai/g")
    lines = [line.removeprefix("HF_HUB_OFFLINE=1 ") for line in plan]
    assert {line.split()[0] for line in lines} == {"clinical-r1", "inspect"}
    assert len(lines) == 1 + 7 + 3 * 7 + 7 + 4 + 2
    evaluated, probed = (
        [line for line in lines if f"eval-set clinical_r1/{task}" in line] for task in ("medqa", "evidence")
    )
    assert len(evaluated) == len(probed) == 7, "two seeds of three arms, and the model of one's own"
    assert all("grader=openai/g" in line for line in lines if "clinical_r1/grounding" in line)
    assert sum("--own-format" in line for line in lines) == 1
    assert not any("--baseline" in line for line in lines), "with several seeds, methods are compared"
    once = 'tokenizer_call_args={"add_special_tokens": false}'
    for local in (evaluated, probed):
        assert [once in line for line in local] == [True] * 6 + [False], "hf alone writes a first token twice"


def test_every_chapter_of_a_report_is_behind_one_stage(tmp_path: Path) -> None:
    headings = dict.fromkeys(planned(tmp_path, quick=False, seeds=1, models=[], grader=None).values())
    named = [title for heading in headings for title in re.findall(r"(?:\(behind: |; )([^;)]+)", heading)]
    # no arm without a cold start is trained, so that reward and cold start cannot be told apart
    assert Counter(named) == Counter(one.title for one in CHAPTERS if one.id != "factorial")


def test_a_command_needs_what_makes_the_paths_that_it_names() -> None:
    commands = list(planned(Path("d"), quick=True, seeds=1, models=["a/b"], grader=None))

    def before(words: str) -> set[str]:
        [command] = [command for command in commands if words in command]
        return {str(makes(other)) for other in commands[: commands.index(command)] if needs(command, makes(other))}

    judged = {f"d/judged/world/seed-0-{arm}.eval" for arm in ("cold_start", "grpo", "crpo")}
    assert before("--log-dir d/logs/seed-0-grpo") == {"d/world"}
    assert before("judging/world/seed-0-grpo-grounding.eval --display") == {"d/logs/seed-0-grpo"}
    assert before("--output-file d/judged/own/a-b.eval") == {"d/world", "d/judging/own/a-b-behaviours.eval"}
    assert before("study new") == judged
    assert before("study import") == {"d/study", "d/answers"}
    probed = {f"d/probes/world/seed-0-{arm}" for arm in ("cold_start", "grpo", "crpo")}
    assert before("--log-dir d/probes/own/a-b") == {"d/world", "d/logs/a-b"}
    pages = {*judged, *probed, "d/judged/own/a-b.eval", "d/probes/own/a-b", "d/world", "d/study"}
    assert before("clinical-r1 report") == pages
    assert before("clinical-r1 compare") == {"d/world", "d/study", *(path for path in judged if "cold" not in path)}


def test_a_command_is_run_again_where_anything_before_it_changed(tmp_path: Path) -> None:
    def run(grader: str | None, *models: str) -> list[str]:
        """What is left to do; then all of it is done."""
        plan = planned(tmp_path, quick=False, seeds=1, models=models, grader=grader)
        left = unfinished(plan, tmp_path)
        (tmp_path / "commands.sh").write_text(script(plan))
        for command in left:
            for path in (makes(command) / "x", note_of(command, tmp_path)):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{command}\n")
        return left

    whole = run(None)
    assert len(whole) == 1 + 3 + 9 + 3 + 4 + 2
    assert run(None) == []
    for grader in ("openai/g", None):
        again = run(grader)
        assert len(again) == len(whole) - 7, "training, evaluations and probes are kept"
        assert not any("eval-set" in command or "clinical-r1 world" in command for command in again)
    own = run(None, "a/b")
    assert len(own) == 1 + 3 + 1 + 2, "a model of one's own, and the pages, which hold all commands"
    shutil.rmtree(tmp_path / "answers")
    again = [command.split()[1:3] for command in run(None, "a/b")]
    assert [words[1] for words in again if words[0] == "study"] == ["simulate", "import", "report"]
    assert [words[0] for words in again if words[0] != "study"] == ["report", "compare"], "both read answers"
