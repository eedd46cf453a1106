"""`clinical-r1 distil`: traces from a real teacher behind a real server, or from an embedded model."""

import json
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from inspect_ai.log import read_eval_log
from scipy.stats import binomtest

from clinical_r1.cli import main
from clinical_r1.datasets import BENCHMARKS, load, write_questions
from clinical_r1.datasets.questions import Question
from clinical_r1.distil.teacher import check_passed_on
from clinical_r1.distil.traces import Distillation, Proportion, prepare, select
from clinical_r1.errors import UserError
from clinical_r1.grammar import parse
from clinical_r1.item import Item
from clinical_r1.logs import LoggedCompletion
from clinical_r1.train.data import read_traces
from tests.loopback import Chat, chat_server
from tests.running import DRUGS, ROOT, environment

GOOD = "<dx>A clot, so heparin.</dx>\n<conclusion>The clot decides. \\boxed{B}</conclusion>"
KINDS = {
    "fine": GOOD,
    "thoughtful": f"<think>Let me think of <dx> first.</think>\n{GOOD}",
    "mistaken": GOOD.replace("{B}", "{C}"),
    "speechless": "<dx>A clot.</dx><conclusion>I do not know.</conclusion>",
    "chatty": f"Sure! {GOOD}",
    "hasty": GOOD.replace("</dx>", ""),
}
"""Kind of case -> what the teacher says to it. Heparin, B, is right."""
TEACHER = ("--teacher", "openai-api/loop/m")
NO_RETRIES = ("--max-retries", "0", "--retry-attempts", "0")


def kind_of(text: str) -> str:
    return next(kind for kind in KINDS if f"a {kind} patient" in text)


def reply(prompt: str) -> str:
    return KINDS[kind_of(prompt)]


def training_file(folder: Path, count: int = 48) -> Path:
    kinds = list(KINDS)
    questions = [
        Question(f"q{n}", f"In case {n}, a {kinds[n % len(kinds)]} patient has {'pain ' * (n // 6)}in room{n} ward{n}. Which drug helps?", DRUGS, "B")
        for n in range(count)
    ]  # fmt: skip
    write_questions(folder / "train.jsonl", questions, "medqa")
    return folder / "train.jsonl"


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def served(monkeypatch: pytest.MonkeyPatch, server: Chat) -> None:
    for name, value in environment(server.env).items():
        monkeypatch.setenv(name, value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_traces_are_what_the_teacher_did_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = training_file(tmp_path), tmp_path / "out"
    command = [
        "distil",
        *TEACHER,
        "--dataset",
        str(data),
        "--votes",
        "2",
        "-o",
        str(out),
        "--",
        "--max-connections",
        "20",
    ]
    with chat_server(reply) as server:
        served(monkeypatch, server)
        assert main(command) == 0
        printed = capsys.readouterr().out.splitlines()
        assert printed[0].startswith("openai-api/loop/m: 24 questions x 2 attempts = 48 calls, about ")
        assert len(server.requests) == 48
        before = contents(out)
        assert main(command) == 0
        assert len(server.requests) == 48, "what is answered is not paid for twice"
        assert contents(out) == before, "same inputs and logs, same bytes"
        assert main([*command, "--temperature", "0.1"]) == 2, "other settings are not mixed with what is there"
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert "other settings: another -o" in message
        assert "[bold]" not in message
        assert len(server.requests) == 48
        assert contents(out) == before
        sent = {message["content"] for request in server.requests for message in request["messages"]}
    assert printed[-1] == f"traces: {out / 'traces.jsonl'}"

    first, second = (load("medqa", str(out / name)).questions for name in ("asked.jsonl", "rl.jsonl"))
    whole = {question.id: question for question in load("medqa", str(data)).questions}
    assert {q.id: q for q in (*first, *second)} == whole
    assert len(first) == len(second) == 24

    traces, kinds = read_lines(out / "traces.jsonl"), Counter(kind_of(q.stem) for q in first)
    assert {trace["id"] for trace in traces} == {q.id for q in first if kind_of(q.stem) in ("fine", "thoughtful")}
    assert len(traces) == kinds["fine"] + kinds["thoughtful"] >= 2, "one a question"
    for trace in traces:
        assert list(trace) == ["id", "prompt", "completion"]
        [asked], [answer] = trace["prompt"], trace["completion"]
        assert (asked["role"], answer["role"]) == ("user", "assistant")
        assert asked["content"] in sent, "the student is asked what the teacher was asked"
        assert answer["content"] == GOOD, "the thought in front has no place in this form"
        assert parse(answer["content"]).well_formed
    assert len(read_traces(out / "traces.jsonl")) == len(traces)

    manifest = json.loads(before["manifest.json"])
    assert manifest["completions"]["rejected"] == {
        "error": 0,
        "truncated": 0,
        "unreadable": 2 * kinds["speechless"],
        "wrong": 2 * kinds["mistaken"],
        "badly formed": 2 * (kinds["chatty"] + kinds["hasty"]),
        "over the limit": len(traces),
    }
    assert manifest["completions"]["faults"] == {"text_before": 2 * kinds["chatty"], "unclosed:dx": 2 * kinds["hasty"]}
    assert manifest["completions"]["thoughts_removed"] == kinds["thoughtful"]
    assert manifest["acceptable_completions"]["n"] == 48
    assert manifest["acceptable_completions"]["share"] == round(2 * len(traces) / 48, 4)
    assert manifest["questions_with_a_trace"]["n"] == 24
    assert manifest["halves"] == {"seed": 0, "first": 24, "second": 24, "shared_questions": 0, "asked": 24}
    assert str(tmp_path) not in before["manifest.json"].decode()
    assert any(line.startswith("acceptable completions: 0.") and "(n = 48)" in line for line in printed)


def test_a_run_that_was_killed_goes_on_and_pays_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, out, connections = training_file(tmp_path), tmp_path / "out", 2
    passed_on = ["--", "--max-connections", str(connections)]
    command = ["distil", *TEACHER, "--dataset", str(data), "--votes", "2", "-o", str(out), *passed_on]
    with chat_server(reply, delay=0.5) as server:
        served(monkeypatch, server)
        process = subprocess.Popen([sys.executable, "-m", "clinical_r1.cli", *command], stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: len(server.requests) >= 12 or process.poll() is not None)
            assert process.poll() is None, "the run ended before it could be killed"
            server.delay = 3600  # who asks now gets no answer, however long the end takes
        finally:
            process.kill()
            process.wait()
        assert 12 <= len(server.requests) < 40, "the teacher is asked no more when we are gone"
        assert not (out / "traces.jsonl").exists()
        server.delay = 0
        assert main(command) == 0
        assert len(server.requests) <= 48 + connections, "only what was under way is asked again"
    assert json.loads((out / "manifest.json").read_text())["completions"]["total"] == 48
    # Inspect removes the log of the killed run only if that run had time to say that it ended: see `read_completions`
    logs = [read_eval_log(str(path), header_only=True) for path in (out / "logs").rglob("*.eval")]
    assert [log.status for log in logs].count("success") == 1
    assert len({log.eval.task_id for log in logs}) == 1, "what both logs hold is read once"


def test_an_interrupted_run_is_not_taken_for_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, out = training_file(tmp_path), tmp_path / "out"
    command = ["distil", *TEACHER, "--dataset", str(data), "-o", str(out), "--", "--max-connections", "2"]
    with chat_server(reply, delay=0.5) as server:
        served(monkeypatch, server)
        process = subprocess.Popen(
            [sys.executable, "-m", "clinical_r1.cli", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # a shell that runs tests in the background has them ignore the interrupt, and their children too
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        wait_for(lambda: len(server.requests) >= 4 or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        message = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert message == "clinical-r1: interrupted; the same command goes on where it was\n"
    assert not (out / "traces.jsonl").exists()


def wait_for(condition: Any, seconds: float = 600) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "waited in vain"
        sleep(0.05)


def test_a_teacher_that_fails_halfway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = training_file(tmp_path), tmp_path / "out"
    command = ["distil", *TEACHER, "--dataset", str(data), "-o", str(out), "--", *NO_RETRIES]
    with chat_server(lambda prompt: 500 if "fine" in prompt or "hasty" in prompt else reply(prompt)) as server:
        served(monkeypatch, server)
        assert main(command) == 2
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert "the teacher's run failed" in message
        assert "the same command goes on" in message
        assert "--no-fail-on-error" in message
        assert not (out / "traces.jsonl").exists()
        asked = len(server.requests)
        assert main([*command, "--no-fail-on-error"]) == 0
        again = [kind_of(request["messages"][0]["content"]) for request in server.requests[asked:]]
        assert set(again) == {"fine", "hasty"}, "only what failed is asked again"
        kinds = Counter(kind_of(line["question"]) for line in read_lines(out / "asked.jsonl"))
        failed = kinds["fine"] + kinds["hasty"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["completions"]["rejected"]["error"] == failed
    assert manifest["acceptable_completions"]["n"] == 24 - failed, "an error says nothing about the teacher"
    assert manifest["traces"] == kinds["thoughtful"]


def test_nothing_kept_is_an_error_that_leaves_the_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traces.jsonl").write_text("of an earlier run")
    command = [
        "distil",
        "--teacher",
        "clinical_r1/baseline-longest",
        "--benchmark",
        "medmcqa",
        "--dataset",
        "vignettes",
    ]
    assert main([*command, "--limit", "4", "-o", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "none of 4 completions was kept" in message
    assert str(tmp_path / "manifest.json") in message
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert sum(manifest["completions"]["rejected"].values()) == 4
    assert manifest["traces"] == 0
    assert "traces.jsonl" not in contents(tmp_path)


def test_an_unknown_teacher_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "distil",
                "--teacher",
                "nobody/m",
                "--dataset",
                "vignettes",
                "-o",
                str(tmp_path),
                "--",
                "-M",
                "api_key=123",
            ]
        )
        == 2
    )
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "Model API nobody of model 'nobody/m' not recognized" in printed.err
    assert "123" not in printed.err
    assert "Traceback" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dataset", "nowhere.jsonl"], ["nowhere.jsonl", "no such file"]),
        (["--dataset", "{dir}/unlabelled.jsonl"], ["unlabelled.jsonl:1", "label missing"]),
        (["--dataset", "{dir}/one.jsonl"], ["0 and 1 questions", "one at least"]),
        (["--dataset", "vignettes", "-o", "{dir}/one.jsonl/x"], ["one.jsonl/x", "cannot be made"]),
        (["--dataset", "vignettes", "--test", "medqa=vignettes"], ["0 and 0 questions", "24 near-duplicates"]),
        (["--dataset", "vignettes", "--test", "mmlu"], ["--test mmlu", "medqa, medmcqa, medxpertqa"]),
        (["--dataset", "vignettes", "--test", "medqa=nowhere.csv"], ["nowhere.csv", "no such file"]),
        (["--dataset", "vignettes", "--split", "train"], ["split=train", "local"]),
        (["--benchmark", "mmlu"], ["benchmark=mmlu", "medqa"]),
        (["--prompt", "haiku"], ["prompt=haiku", "crpo"]),
        (["--keep", "some"], ["--keep some", "both, correct, well-formed, all"]),
        (["--votes", "0"], ["--votes 0", "from 1"]),
        (["--limit", "-1"], ["--limit -1", "from 1"]),
        (["--per-question", "0"], ["--per-question 0", "from 1"]),
        (["--", "--model", "other"], ["--model", "--teacher"]),
    ],
)  # fmt: skip
def test_what_the_user_can_mend_is_one_line_before_the_teacher_is_asked(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"question": "Which?", "options": DRUGS}
    (tmp_path / "unlabelled.jsonl").write_text(json.dumps({**record, "answer_idx": None}) + "\n")
    (tmp_path / "one.jsonl").write_text(json.dumps({**record, "answer_idx": "A"}) + "\n")
    given = [argument.format(dir=tmp_path) for argument in arguments]
    assert main(["distil", "--teacher", "nobody/m", "-o", str(tmp_path / "out"), *given]) == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words), message
    assert "teacher's run" not in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["-T", "votes=3"], "--votes"),
        (["-Tprompt=cot"], "--prompt"),
        (["--temperature", "1", "--epochs=4"], "--votes"),
        (["--log-dir", "x"], "-o"),
        (["--log-dir-allow-dirty"], "-o"),
        (["-T", "shuffle_choices=epoch", "-M", "prompt=x", "--max-tokens", "9"], None),
    ],
)
def test_arguments_that_our_own_flags_set_are_not_passed_on(arguments: list[str], flag: str | None) -> None:
    if flag is None:
        check_passed_on(arguments)
    else:
        with pytest.raises(UserError, match=f"is set by {flag};"):
            check_passed_on(arguments)


# --- the questions ----------------------------------------------------------------------------------------------------
def test_near_duplicates_of_test_questions_are_dropped_from_both_halves(tmp_path: Path) -> None:
    data = training_file(tmp_path)
    job = Distillation("none/none", tmp_path / "out", dataset=str(data))
    plain = prepare(job)
    copies = [
        replace(q, id=f"test {q.id}", stem=f"{q.stem}!") for q in (*plain.usable.first[:2], *plain.usable.second[:3])
    ]
    write_questions(tmp_path / "test.jsonl", copies, "medqa")
    tested = replace(job, tests=(f"medqa={tmp_path / 'test.jsonl'}",))
    dropped = {copy.id.removeprefix("test ") for copy in copies}
    clean = prepare(tested)
    assert {q.id for q in plain.split.first} - {q.id for q in clean.usable.first} == dropped & {
        q.id for q in plain.split.first
    }
    assert not dropped & {q.id for q in (*clean.usable.first, *clean.usable.second, *clean.asked)}
    assert {pair.training_id for pair in clean.tests[0].pairs} >= dropped
    assert clean.split == plain.split, "the cut does not hang on the test sets"
    kept = prepare(replace(tested, keep_near_duplicates=True))
    assert kept.usable == plain.usable
    assert kept.tests == clean.tests


def test_a_limit_takes_the_first_of_the_half(tmp_path: Path) -> None:
    job = Distillation("none/none", tmp_path, dataset=str(training_file(tmp_path)))
    assert prepare(replace(job, limit=5)).asked == prepare(job).asked[:5]
    assert prepare(replace(job, limit=500)).asked == prepare(job).asked


@pytest.mark.parametrize("benchmark", ["medqa", "medmcqa", "medxpertqa"])
def test_questions_are_read_back_as_they_were_written(benchmark: str, tmp_path: Path) -> None:
    path = tmp_path / "written.jsonl"
    questions = load(benchmark, "vignettes").questions
    write_questions(path, questions, benchmark)
    assert load(benchmark, str(path)).questions == questions
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("benchmark", "file"),
    [("medqa", "medqa_us_5opt_dev.jsonl"), ("medmcqa", "medmcqa_raw_dev_part.jsonl"), ("medxpertqa", "medxpertqa_text_github_part.jsonl")],
)  # fmt: skip
def test_real_questions_too(benchmark: str, file: str, tmp_path: Path, shared_data: Path) -> None:
    questions = load(benchmark, str(shared_data / file), on_bad_record="skip").questions
    write_questions(tmp_path / "written.jsonl", questions, benchmark)
    base = BENCHMARKS[benchmark].hub_base
    assert load(benchmark, str(tmp_path / "written.jsonl"), cop_base=base).questions == questions


# --- rejection --------------------------------------------------------------------------------------------------------
def answered(text: str, id: str = "1", epoch: int = 1, **change: Any) -> LoggedCompletion:
    item = Item(id, epoch, "Which?", DRUGS, "B", text, None, has_case=False, negated=False, facts=())
    made = LoggedCompletion(item, "m", "medqa", faulty=change.pop("faulty", None))
    return replace(made, item=replace(item, **change))


THINK = "<think>A clot.</think>\n<answer>\\boxed{B}</answer>"
WRONG, ASIDE = GOOD.replace("{B}", "{C}"), f"So: {GOOD}"
TABLE: list[tuple[str, dict[str, Any], str, str, str | None, str]] = [
    (GOOD, {}, "crpo", "both", None, "good"),
    (GOOD, {"faulty": "timeout"}, "crpo", "all", "error", "no completion to speak of"),
    (GOOD, {"truncated": True}, "crpo", "all", "truncated", "a student would learn not to end"),
    ("  ", {}, "crpo", "all", "unreadable", "nothing to learn from"),
    ("No idea.", {}, "crpo", "both", "unreadable", "no box"),
    (GOOD.replace("{B}", "{X}"), {}, "crpo", "both", "unreadable", "a letter outside the options"),
    ("The answer is B.", {}, "crpo", "correct", "unreadable", "only the strict reading counts"),
    (WRONG, {}, "crpo", "both", "wrong", "another option"),
    (WRONG, {"options": DRUGS | {"C": "heparin."}}, "crpo", "both", None, "another letter with the same text"),
    (WRONG, {}, "crpo", "well-formed", None, "the form alone"),
    (ASIDE, {}, "crpo", "both", "badly formed", "text before"),
    (ASIDE, {}, "crpo", "correct", None, "the answer alone"),
    (THINK, {}, "crpo", "both", "badly formed", "the form of another style"),
    (THINK, {}, "think", "both", None, "the thought is the form"),
    (GOOD, {}, "think", "both", "badly formed", "the form of another style"),
    (f"A clot. {GOOD}", {}, "cot", "both", None, "no form was asked for"),
    ("No idea.", {}, "cot", "well-formed", None, "no form was asked for"),
    ("No idea.", {}, "crpo", "all", None, "no rejection sampling"),
    (f"<think>Hm.</think>{GOOD}", {}, "crpo", "both", None, "a thought in front is taken off"),
    (f"Hm, <dx> or not?</think>\n\n{GOOD}", {}, "crpo", "both", None, "its opening tag was in the prompt"),
    (f"<think>Hm. {GOOD}", {}, "crpo", "both", "badly formed", "a thought without an end"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "change", "prompt", "keep", "reason", "why"), TABLE)
def test_why_a_completion_is_rejected(
    text: str, change: dict[str, Any], prompt: str, keep: str, reason: str | None, why: str
) -> None:
    selection = select([answered(text, **change)], prompt, keep)
    assert selection.rejected == ({reason: 1} if reason else {}), why
    assert len(selection.traces) == (reason is None), why


def test_thoughts_are_kept_where_they_belong() -> None:
    for prompt, text, kept in [
        ("crpo", f"<think>Hm.</think>\n{GOOD}", GOOD),
        ("think", THINK, THINK),
        ("cot", f"<think>Hm.</think>\n{GOOD}", f"<think>Hm.</think>\n{GOOD}"),
    ]:
        [trace] = select([answered(text)], prompt).traces
        assert trace.response == kept


@pytest.mark.parametrize(("limit", "kept"), [(1, [("1", 2), ("2", 1)]), (2, [("1", 2), ("1", 3), ("2", 1)])])
def test_a_question_gives_its_first_good_completions(limit: int, kept: list[tuple[str, int]]) -> None:
    texts = {("1", 1): WRONG, ("1", 2): GOOD, ("1", 3): GOOD, ("2", 1): GOOD, ("3", 1): WRONG}
    selection = select([answered(text, id, epoch) for (id, epoch), text in texts.items()], "crpo", per_question=limit)
    assert [(trace.id, trace.epoch) for trace in selection.traces] == kept
    assert selection.acceptance == Proportion(3, 5), "what is over the limit was good enough"
    assert selection.coverage == Proportion(2, 3)
    assert selection.rejected == {"wrong": 2} | ({"over the limit": 1} if limit == 1 else {})


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (1234, 5000)])
def test_the_interval_is_wilsons(count: int, n: int) -> None:
    expected = binomtest(count, n).proportion_ci(method="wilson")
    assert Proportion(count, n).interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_trials_say_nothing() -> None:
    assert Proportion(0, 0).interval == (0.0, 1.0)


# --- the page ---------------------------------------------------------------------------------------------------------
SHOWN = re.findall(r"^    clinical-r1 (distil .+)$", (ROOT / "docs" / "distilling.md").read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip


@pytest.mark.sampled(1)
@pytest.mark.parametrize("command", SHOWN)
def test_a_command_of_the_page_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an embedded teacher and the bundled questions, all else as shown."""
    command = re.sub(r"--teacher \S+", "--teacher clinical_r1/baseline-overlap", command)
    command = re.sub(r"--test (\S+)", "--test medqa=train.jsonl", re.sub(r"--dataset \S+", "", command))
    training_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(command.replace("distil ", "distil --dataset vignettes ", 1))]) == 0
    assert {"traces.jsonl", "rl.jsonl", "manifest.json"} <= {path.name for path in tmp_path.glob("*/*")}


def test_the_page_shows_commands() -> None:
    assert len(SHOWN) == 3
