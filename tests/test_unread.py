"""A run most of whose responses could not be read says so: at its end, in the log, and in a report's first lines."""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import anyio
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.hooks import TaskEnd
from inspect_ai.log import EvalError, EvalLog, read_eval_log
from inspect_ai.scorer import includes

from clinical_r1.analysis.summary import mostly_unread
from clinical_r1.cli import main
from clinical_r1.logs import read_logs
from clinical_r1.unread import Unread
from tests import warm
from tests.logged import PLACES, samples, write
from tests.loopback import chat_server
from tests.running import environment, inspect, make_task, metrics, model_that_says, only_log, question, run_task

ODD = "My view, \x1b[31mred\x07:\nbeta [bold]blocker[/nope]"
WARNED = "an answer could be read in only"
MODEL = "openai-api/loop/m"
EVAL = ["eval", "clinical_r1/medqa", "--model", MODEL, "-T", "dataset=vignettes", "-T", "prompt=bare", "--limit", "6"]


def said(done: CompletedProcess[str]) -> str:
    """All that a command said, in one line."""
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


# --- at the end of an evaluation --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("display", "format"), [("plain", "eval"), ("rich", "json")])
def test_an_evaluation_that_could_not_be_read_says_so_once(display: str, format: str, tmp_path: Path) -> None:
    with chat_server(lambda _: ODD) as server:
        words = [*EVAL, "--log-dir", str(tmp_path / "logs"), "--display", display, "--log-format", format]
        done = said(warm.run(words, cwd=tmp_path, env=environment(server.env)))
    assert done.count(WARNED) == 1
    assert f"m on medqa: {WARNED} 0 of 6 responses (0%). The others count as wrong: 6 without a recognisable" in done
    assert "“My view, ␛[31mred␇:␊beta [bold]blocker[/nope]”" in done
    assert "accuracy" in done, "Inspect's own table is there as ever"
    assert "hooks enabled" not in done
    assert metrics(only_log(tmp_path / "logs"))["accuracy"] == 0, "and the log holds what it always held"


def test_a_run_that_was_interrupted_says_it_when_it_is_finished(tmp_path: Path) -> None:
    replies = iter(["Beta."] * 4 + [400] + ["Beta."] * 6)
    logs = tmp_path / "logs"
    with chat_server(lambda _: next(replies)) as server:
        words = [*EVAL, "--log-dir", str(logs), "--max-connections", "1"]
        broken = inspect(*words, cwd=tmp_path, env=server.env)
        assert WARNED not in broken.stdout + broken.stderr
        [log] = logs.glob("*.eval")
        assert read_eval_log(str(log)).status == "error"
        done = said(inspect("eval-retry", str(log), "--log-dir", str(logs), cwd=tmp_path, env=server.env))
    assert done.count(WARNED) == 1
    assert f"{WARNED} 0 of 6 responses" in done, "those that were there before count too"


def test_an_eval_set_says_it_once_and_scoring_again_does_not(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    with chat_server(lambda _: "Beta.") as server:
        done = inspect("eval-set", *EVAL[1:], "--log-dir", str(logs), cwd=tmp_path, env=server.env)
        assert said(done).count(WARNED) == 1
    [log] = logs.glob("*.eval")
    again = ["score", str(log), "--scorer", "clinical_r1/answer", "--action", "overwrite", "--overwrite"]
    assert WARNED not in said(inspect(*again, "--model", "none/none", cwd=tmp_path))


def warned(log: EvalLog, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the hook says of a log; where it is loaded, it has also spoken at the end of the run."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        anyio.run(Unread().on_task_end, TaskEnd(None, "run", "eval", log))
    return [record.getMessage() for record in caplog.records if record.name == "clinical_r1.unread"]


@pytest.mark.parametrize(
    ("readable", "expected", "reason"),
    [(2, [], "half of them is enough"), (1, [f"model on task: {WARNED} 1 of 4 responses (25%)"], "fewer are not")],
)
def test_half_of_the_responses_is_enough_to_be_quiet(
    readable: int, expected: list[str], reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = make_task([question(str(number)) for number in range(4)])
    log = run_task(task, model_that_says(lambda id, _: r"\boxed{A}" if int(id) < readable else "Hm."), tmp_path)
    log.samples = None  # as in an eval set, where the hook is given the header alone
    found = warned(log, caplog)
    assert [line[: len(words)] for line, words in zip(found, expected, strict=True)] == expected, reason


def test_samples_that_are_not_logged_are_spoken_of_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = run_task(make_task([question("q")]), model_that_says(lambda *_: "Hm."), tmp_path, log_samples=False)
    [found] = warned(log, caplog)
    assert found.endswith(f"{WARNED} 0% of the responses")


def test_logs_of_other_tasks_are_none_of_its_business(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = Task([Sample("What is it?", target="gout")], scorer=includes())
    assert warned(run_task(task, model_that_says(lambda *_: "flu"), tmp_path), caplog) == []


# --- what is said -----------------------------------------------------------------------------------------------------
def unread(responses: dict[tuple[str, int], tuple[str, dict[str, object]]]) -> Callable[[EvalLog], None]:
    """Turns responses into ones without an answer: text, and what the score's metadata say."""

    def change(log: EvalLog) -> None:
        for place, (text, about) in responses.items():
            sample = samples(log)[place]
            sample.output.choices[0].message.content = text
            score = (sample.scores or {})["answer"]
            score.value, score.answer = "I", None
            score.metadata = (score.metadata or {}) | {"vote": None, "shown_letter": None, "method": "none"} | about

    return change


NONE: dict[str, object] = {}
CUT: dict[str, object] = {"truncated": True}
LONG = "First words. " + "and so on " * 100 + "Last words."
# of six responses; what is said of them; reason
SPOKEN: list[tuple[list[tuple[str, dict[str, object]]], list[str], str]] = [
    ([("Hm.", NONE)] * 3, [], "half of them were read"),
    ([("Hm.", NONE)] * 4, ["only 2 of 6 responses (33%)", "4 without a recognisable answer", "“Hm.”"], "fewer than half"),
    ([("So the", CUT)] * 6, ["only 0 of 6", "6 cut off by the token limit (--max-tokens)"], "all cut off"),
    ([("", CUT)] * 6, ["6 cut off by the token limit", "is empty"], "cut off while it thought in silence"),
    ([("", {"stop_reason": "content_filter", "words": 0})] * 6, ["6 stopped by the provider's filter"], "a filter"),
    ([("", {"words": 0})] * 6, ["6 empty", "is empty"], "nothing was said"),
    (
        [("I cannot answer.", {"method": "abstained"})] * 4 + [("A. B.", {"method": "ambiguous"})],
        ["4 declined to answer, 1 with contradicting answers"],
        "each way of not answering by itself, the most frequent first",
    ),
    ([("I can't.", {"method": "abstained"} | CUT)] * 6, ["6 declined to answer"], "more tokens would not help"),
    ([(LONG, NONE)] * 6, ["“First words. and", " […] ", "Last words.”"], "beginning and end of a long one"),
    ([("`A`\x1b[2J\u202e", NONE)] * 6, ["'A'␛[2J⟨U+202E⟩"], "nothing that a terminal would obey or a page set as code"),
]  # fmt: skip


@pytest.mark.parametrize(("responses", "expected", "reason"), SPOKEN, ids=[row[-1] for row in SPOKEN])
def test_what_is_said(
    responses: list[tuple[str, dict[str, object]]], expected: list[str], reason: str, tmp_path: Path
) -> None:
    # q3 in its second epoch is the one that is unread already: it comes first
    places = [PLACES[-1], *PLACES[:-1]]
    log = write(tmp_path / "log.eval", unread(dict(zip(places, responses, strict=False))))
    found = list(mostly_unread(read_logs([log])))
    assert len(found) == bool(expected), reason
    assert [words for words in expected if words not in found[0]] == [], reason


def test_failed_samples_are_neither_read_nor_unread(tmp_path: Path) -> None:
    def fail(log: EvalLog) -> None:
        for place in PLACES[:5]:
            samples(log)[place].error = EvalError(message="gone", traceback="", traceback_ansi="")
            samples(log)[place].scores = {}

    [found] = mostly_unread(read_logs([write(tmp_path / "log.eval", fail)]))
    assert "only 0 of 1 responses" in found


# --- in reports -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("command_", ["report", "compare"])
def test_it_stands_in_the_first_lines_of_a_report(
    command_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unreadable = unread(dict.fromkeys(PLACES, ("<b>Beta</b>, I think.", NONE)))
    bad = write(tmp_path / "bad.eval", unreadable, model="vllm/lab/two", task_id="bad", run_id="bad")
    good = write(tmp_path / "good.eval")
    sides = [str(good), str(bad)] if command_ == "report" else ["--a", str(good), "--b", str(bad)]
    capsys.readouterr()
    assert main([command_, *sides, "-o", str(tmp_path / "out"), "--resamples", "100"]) == 0
    title, first, *_ = capsys.readouterr().out.splitlines()
    assert title.endswith("no verdict, answers could not be read")
    assert first.startswith("lab/two on medqa: an answer could be read in only 0 of 6 responses (0%)")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<h1>[^<]*no verdict, answers could not be read</h1>\s*<p class="lead">lab/two on medqa', page)
    assert "<b>Beta" not in page
    assert json.loads((tmp_path / "out" / "results.json").read_text())["about"]["verdict"]["lead"].startswith(first)
    assert page.count("an answer could be read in only") == 1, "the other run is read"
