"""`clinical-r1 judge`: both judges over many logs, at a price that is said first."""

import io
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from clinical_r1.analysis.judged import quality
from clinical_r1.analysis.noise import judge_noise
from clinical_r1.analysis.tables import groups
from clinical_r1.cli import main
from clinical_r1.logs import read_logs
from tests.judging.test_judges import honest, reply_with, value, words
from tests.loopback import Chat, chat_server
from tests.running import environment, make_task, model_that_says, question, run_task, scores

SAID = "The fever is high. Aspirin does not help here. I check again. The answer is C."
GRADER = ("--facts", "rules", "--grader", "openai-api/loop/grader")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two logs with three questions each."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("a", "b"):
        task = make_task([question(f"{name}{n}", has_case=False) for n in (1, 2, 3)])
        run_task(task, model_that_says(lambda id, _: f"Case {id}. {SAID}"), folder / name)
    return folder


@pytest.fixture
def logs(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("CLINICAL_R1_CACHE", str(tmp_path / "facts"))
    return Path(shutil.copytree(made, tmp_path / "logs"))


def both(sentences: dict[str, str]) -> dict[str, Any]:
    """A reply that fits both judges: one claim that is quoted, one that is not."""
    return honest(sentences) | {"backtracking": [], "verification": [], "subgoal_setting": [], "backward_chaining": []}


def use(server: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in server.env.items():
        monkeypatch.setenv(name, text)


def read(folder: Path) -> list[EvalLog]:
    """By their first question: names of files begin with a second, and end in chance."""
    logs = [read_eval_log(str(path)) for path in folder.rglob("*.eval")]
    return sorted(logs, key=lambda log: str(log.samples and log.samples[0].id))


def test_rules_judge_a_folder_and_leave_it_alone_the_second_time(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(logs), "--rules"]) == 0
    said = capsys.readouterr().out
    assert said.count("3 responses judged, 0 of them unscored") == 4
    assert all(len(scores(log, name)) == 3 for log in read(logs) for name in ("grounding", "behaviours"))
    before = [path.read_bytes() for path in sorted(logs.rglob("*.eval"))]
    assert main(["judge", str(logs), "--rules"]) == 0
    said = capsys.readouterr().out
    assert said.count("already judged by rules (grounding, behaviours)") == 2
    assert "nothing is left to be judged" in said
    assert [path.read_bytes() for path in sorted(logs.rglob("*.eval"))] == before
    assert main(["judge", str(logs), "--rules", "--metrics", "drc"]) == 0
    assert "behaviours" not in capsys.readouterr().out
    assert read_logs([logs]).runs[0].grounding_judge == "rules (spans, rules-3)"


def test_a_grader_is_priced_first_asked_once_and_its_quotes_are_counted(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(reply_with(both)) as server:
        use(server, monkeypatch)
        assert main(["judge", str(logs), *GRADER, "--dry-run", "--price", "1,2"]) == 0
        assert "grounding: 6 responses, 6 calls to openai-api/loop/grader" in capsys.readouterr().out
        assert not server.requests
        assert main(["judge", str(logs), *GRADER, "--output", str(tmp_path / "out")]) == 0
        assert len(server.requests) == 12  # both judges
        said = capsys.readouterr().out
        assert said.index("6 calls to") < said.index("3 responses judged")
        assert said.count("grounding: 6 quotes returned, 3 verified (0 of them repaired), 3 rejected (3 × not in") == 2
        assert main(["judge", str(logs), *GRADER, "--output", str(tmp_path / "out")]) == 0
        assert "nothing is left" in capsys.readouterr().out
        assert main(["judge", str(logs), *GRADER]) == 0  # into the logs: from the cache
        assert "3 calls, 3 of them answered from the cache" in capsys.readouterr().out
        assert len(server.requests) == 12
    assert [scores(log, "grounding").keys() for log in read(tmp_path / "out")] == [
        scores(log, "grounding").keys() for log in read(logs)
    ]
    assert main(["judge", str(logs), *GRADER, "--output", str(tmp_path / "copies")]) == 0  # nothing to do but copies
    assert len(read(tmp_path / "copies")) == 2
    assert not [*tmp_path.rglob("*.partial")]


def test_a_judge_whose_quotes_are_nowhere_is_warned_of(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    invented = {"s": 1, "q": "the moon is made of cheese", "is": "invented"}
    with chat_server(reply_with(lambda seen: both(seen) | {"claims": [invented]})) as server:
        use(server, monkeypatch)
        assert main(["judge", str(logs / "a"), *GRADER, "--metrics", "faithfulness"]) == 0
    assert "WARNING grounding: 3 quotes returned, 0 found" in capsys.readouterr().out


def test_what_cannot_be_read_is_said_with_its_reason(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(lambda _: "Quite faithful.") as server:
        use(server, monkeypatch)
        assert main(["judge", str(logs / "a"), *GRADER, "--metrics", "drc"]) == 0
    said = capsys.readouterr().out
    assert "3 responses judged, 3 of them unscored (3 × unreadable: no whole JSON object in it); 6 calls" in said
    [log] = read(logs / "a")
    assert all(isnan(value(score, "drc")) for score in scores(log, "grounding").values())


def test_no_money_is_spent_without_a_word(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_BASE_URL", "https://example.invalid/v1")
    monkeypatch.setenv("FAR_API_KEY", "none")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    far = ["judge", str(logs), "--grader", "openai-api/far/grader"]
    cases: list[tuple[list[str], str]] = [
        ([], "this pass costs an unknown sum: give --max-dollars X or --yes, or look at it with --dry-run"),
        (["--price", "1000,1000"], "this pass costs about $20.0"),
        (["--max-dollars", "5"], "what openai-api/far/grader costs is not known: give --price IN,OUT too"),
        (["--max-dollars", "5", "--price", "1000,1000"], "--max-dollars 5: the estimate is about $20.0"),
    ]
    for more, said in cases:
        assert main([*far, *more]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or "n")
    assert main(far) == 2
    assert asked == ["Go on, for an unknown sum? [y/N] "]
    assert "nothing was asked, and nothing spent" in capsys.readouterr().err
    assert all(list(sample.scores or ()) == ["answer"] for log in read(logs) for sample in log.samples or [])


def test_a_pass_stops_before_it_overspends_and_goes_on_with_more(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(reply_with(both)) as server:
        server.tokens = (9_000, 1_000)  # $10 per call, several times the estimate
        use(server, monkeypatch)
        paid = ["judge", str(logs), *GRADER, "--metrics", "drc", "--price", "1000,1000", "--max-dollars"]
        assert main([*paid, "49"]) == 2
        said, error = capsys.readouterr()
        assert "paid so far: 27,000 tokens in and 3,000 out, $30.00 of $49.00" in said
        assert "--max-dollars 49: stopped, paid so far: 36,000 tokens in and 4,000 out, $40.00 of $49.00" in error
        assert "logs judged and written: 1, " in error
        assert error.count("\n") == 1
        assert len(server.requests) == 4
        assert [set(sample.scores or ()) for log in read(logs) for sample in log.samples or []] == [
            *[{"answer", "grounding"}] * 3,
            *[{"answer"}] * 3,
        ]
        assert main([*paid, "60"]) == 0
        assert len(server.requests) == 6, "what was answered is not paid for again"
        assert "paid so far: 18,000 tokens in and 2,000 out, $20.00 of $60.00" in capsys.readouterr().out
    assert [len(scores(log, "grounding")) for log in read(logs)] == [3, 3]


WRONG: list[tuple[list[str], str]] = [
    (["nope.eval", "--rules"], "nope.eval: no such file or folder"),
    (["README.md", "--rules"], "README.md: not a log; allowed are .eval files"),
    (["tests/tables", "--rules"], "tests/tables: no .eval log in this folder"),
    (["LOGS"], "who judges? give either --rules or --grader MODEL"),
    (["LOGS", "--rules", *GRADER], "who judges? give either --rules or --grader MODEL"),
    (["LOGS", "--grader", "nope/x"], "--grader nope/x: Model API nope of model 'nope/x' not recognized."),
    (["LOGS", "--grader", "gpt-5"], "--grader gpt-5: Model name 'gpt-5' should be in the format of"),
    (["LOGS", "--grader", "openai-api/lost/x"], "--grader openai-api/lost/x: "),
    (["LOGS", "--grader", "{model: mockllm/model, temperature: hot}"], "Input should be a valid number"),
    (["LOGS", "--rules", "--metrics", "cedc"], "--metrics cedc: no such metric; allowed are cecd, drc"),
    (["LOGS", "--rules", "--draws", "2"], "draws=2: rules say the same each time"),
    (["LOGS", "--rules", "--facts-refresh"], "--facts-refresh: rules cut the facts"),
    (["LOGS", "--rules", "--facts", "llm"], "--facts llm: rules have no model"),
    (["LOGS", *GRADER, "--price", "cheap"], "price=cheap: allowed are dollars per million tokens"),
    (["LOGS", *GRADER], "openai-api/loop/grader: nobody answers at http://127.0.0.1:9/v1"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_a_user_can_mend_is_said_in_a_line(
    arguments: list[str], said: str, logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("LOOP_API_KEY", "none")
    monkeypatch.chdir(Path(__file__).parents[2])
    before = [path.read_bytes() for path in sorted(logs.rglob("*.eval"))]
    assert main(["judge", *(str(logs) if word == "LOGS" else word for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert [path.read_bytes() for path in sorted(logs.rglob("*.eval"))] == before


def test_a_pass_that_was_killed_pays_for_nothing_twice(logs: Path, tmp_path: Path) -> None:
    slow = ["--grader", "{model: openai-api/loop/grader, max_connections: 1}", "--facts", "rules", "--metrics", "drc"]
    command = [sys.executable, "-m", "clinical_r1.cli", "judge", str(logs), *slow, "--output", str(tmp_path / "out")]
    with chat_server(reply_with(both), delay=0.2) as server:
        env = environment(server.env)
        with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            wait_for(lambda: len(server.requests) >= 4)  # into the second log
            process.send_signal(signal.SIGKILL)
        asked = len(server.requests)
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "already judged by openai-api/loop/grader (grounding)" in done.stdout
        assert asked < 6 <= len(server.requests) <= 7  # one was under way when it was killed
    assert [len(scores(log, "grounding")) for log in read(tmp_path / "out")] == [3, 3]


def wait_for(there: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


# --- several draws ----------------------------------------------------------------------------------------------------
def test_draws_are_asked_apart_and_their_agreement_is_said(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, int] = {}

    def wavers(prompt: str) -> str:
        """Of case a1 it says something else each time."""
        seen[prompt] = seen.get(prompt, 0) + 1
        label = "invented" if "Case a1" in prompt and seen[prompt] == 2 else "supported"
        return reply_with(lambda one: both(one) | {"claims": [{"s": 1, "q": words(one["1"]), "is": label}]})(prompt)

    draws = ["judge", str(logs / "a"), *GRADER, "--metrics", "hallucination", "--draws", "3"]
    with chat_server(wavers) as server:
        use(server, monkeypatch)
        assert main([*draws, "--dry-run"]) == 0
        assert "3 responses, 9 calls" in capsys.readouterr().out
        assert main(draws) == 0
        assert len(server.requests) == 9
        said = capsys.readouterr().out
        assert "grounding: two of 3 draws: hallucination_rate ICC " in said
        assert "harm_any 78% agreement (n 3)" in said  # (1/3 + 1 + 1) / 3
        assert main(draws) == 0
        assert main([*draws[:-1], "1"]) == 0  # the first draw is the reply that a single one is
        assert len(server.requests) == 9
        assert {request["temperature"] for request in server.requests} == {0}
    [log] = read(logs / "a")
    first, single = scores(log, "grounding")["a1", 1], scores(log, "grounding1")["a1", 1]
    assert (value(first, "harm_any"), value(first, "hallucination")) == pytest.approx((1 / 3, 1 / 3))
    assert (value(single, "harm_any"), value(first, "claims")) == (0, 1)
    metadata = first.metadata or {}
    assert metadata["draw_values"]["harm_any"] == [0, 1, 0]
    assert metadata["spread"]["harm_any"] == pytest.approx(3**-0.5)
    assert metadata["noise"]["harm_any"] == pytest.approx(1 / 9)
    assert metadata["tally"]["returned"] == metadata["calls"] == 3
    assert "Cited" not in (first.explanation or "")
    drawn = read_logs([logs / "a"], judge="openai-api/loop/grader (llm, spans, facts by rules, 3 draws")
    noise = judge_noise(list(groups(drawn)), [], pd.DataFrame()).set_index("metric")
    assert noise.loc["harm_any", ["noise", "value"]].tolist() == pytest.approx([1 / 9, 1 / 9])  # as a1 alone wavers
    judges = quality(drawn)
    assert judges[["draws", "draw_agreement"]].to_numpy().tolist() == [[3.0, pytest.approx(7 / 9)]]


def test_a_panel_of_draws_says_what_became_of_the_quotes_of_all_of_them(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(reply_with(both)) as server:
        use(server, monkeypatch)
        panel = [
            "--grader",
            "openai-api/loop/one,openai-api/loop/two",
            "--facts",
            "rules",
            "--metrics",
            "hallucination",
        ]
        assert main(["judge", str(logs / "a"), *panel, "--draws", "2"]) == 0
        assert len(server.requests) == 12
    assert "grounding: 24 quotes returned, 12 verified (0 of them repaired), 12 rejected" in capsys.readouterr().out
    [log] = read(logs / "a")
    metadata = scores(log, "grounding")["a1", 1].metadata or {}
    assert [(one["judge"], one["draws"], one["tally"]["returned"]) for one in metadata["panel"]] == [
        ("openai-api/loop/one", 2, 4),
        ("openai-api/loop/two", 2, 4),
    ]
    assert (metadata["judges_scored"], metadata["noise"]["hallucination_rate"]) == (2, 0.0)


def test_the_user_s_temperature_is_taken_and_a_model_of_the_same_family_named(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(reply_with(both)) as server:
        use(server, monkeypatch)
        hot = "{model: openai-api/loop/grader-8b, temperature: 0.7}"
        for path in logs.rglob("*.eval"):
            log = read_eval_log(str(path))
            log.eval.model = "openai-api/loop/grader-7b"
            write_eval_log(log, str(path))
        assert main(["judge", str(logs / "a"), "--grader", hot, "--facts", "rules", "--metrics", "drc"]) == 0
    assert {request["temperature"] for request in server.requests} == {0.7}
    assert "grader-8b judges openai-api/loop/grader-7b, a model of its own family" in capsys.readouterr().out
