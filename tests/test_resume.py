"""What may not change a result: a kill and a retry, scores appended or made again in another process, an eval set."""

import os
import shutil
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlparse
from urllib.request import url2pathname
from zipfile import BadZipFile, ZipFile
from zlib import crc32

import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from tests import warm
from tests.loopback import Chat, chat_server
from tests.running import environment, evaluate, inspect, metrics, only_log, said_by, scores

VOTES = 3
TASK = ("clinical_r1/medqa", "-T", "dataset=vignettes", "-T", f"votes={VOTES}", "-T", "shuffle_choices=epoch")
SAMPLES = 24 * VOTES
MODEL = ("--model", "openai-api/loop/m")

LENGTH_SCORER = """
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState

@scorer(metrics=[mean()])
def length() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=len(state.output.completion))
    return score
"""


def guess(prompt: str) -> str:
    """A guess that hangs on the prompt alone, and so on the order that an epoch shows; one in five cannot be read."""
    letter = "ABCD?"[crc32(prompt.encode()) % 5]
    return "No idea." if letter == "?" else f"<dx>A guess.</dx><conclusion>\\boxed{{{letter}}}</conclusion>"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    with chat_server(guess) as server:
        return evaluate(*TASK, *MODEL, folder=folder, cwd=folder, env=server.env)


def logged(folder: Path) -> int:
    """Samples in the one log of a folder, which another process is writing."""
    logs = list(folder.glob("*.eval"))
    try:
        return sum(name.startswith("samples/") for log in logs for name in ZipFile(log).namelist())
    except BadZipFile:
        return 0


def kill_in_the_middle(folder: Path, server: Chat) -> None:
    """Start the run and kill it when a part of its samples is in the log."""
    args = ("eval", *TASK, *MODEL, "--max-connections", "2", "--log-buffer", "1", "--log-dir", str(folder))
    with open(os.devnull, "wb") as nowhere:
        process = warm.start(
            [*args, "--display", "plain"], cwd=folder, env=environment(server.env), said=nowhere, errors=nowhere
        )
        try:
            end = monotonic() + 600
            while logged(folder) < 6:
                assert process.is_alive(), "the run ended before it could be killed"
                assert monotonic() < end, "the run logged nothing"
                sleep(0.02)
        finally:
            process.kill()
            process.join()


def test_a_run_that_was_killed_and_retried_equals_one_that_was_not(whole: EvalLog, tmp_path: Path) -> None:
    with chat_server(guess, delay=0.15) as server:
        kill_in_the_middle(tmp_path, server)
        [killed] = list_eval_logs(str(tmp_path))
        before = read_eval_log(killed)
        assert before.status == "started"
        assert 6 <= len(before.samples or []) < SAMPLES
        server.delay = 0
        asked = len(server.requests)
        done = inspect("eval-retry", killed.name, "--log-dir", str(tmp_path), cwd=tmp_path, env=server.env)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(server.requests) - asked <= SAMPLES - len(before.samples or []), "what was logged is not asked again"
    [final] = [log for log in map(read_eval_log, list_eval_logs(str(tmp_path))) if log.status == "success"]
    assert said_by(final) == said_by(whole)
    assert metrics(final) == pytest.approx(metrics(whole))
    assert final.eval.metadata == whole.eval.metadata


def test_the_run_has_something_to_lose(whole: EvalLog) -> None:
    """The comparisons above and below show nothing unless votes differ, tie and fail to be read."""
    found = metrics(whole)
    assert len(scores(whole)) == SAMPLES
    assert 0 < found["accuracy"] < 1
    assert 0 < found["tied"] < 1
    assert 0.5 < found["parsed"] < 1
    assert found["majority_accuracy"] != found["accuracy"]
    assert len({sample.metadata["shown_order"] for sample in whole.samples or []}) > 4


def rescored(whole: EvalLog, folder: Path, *args: str) -> EvalLog:
    """A copy of the log after `inspect score` in another process."""
    shutil.copy(url2pathname(urlparse(whole.location).path), folder / "copy.eval")
    (folder / "length.py").write_text(LENGTH_SCORER)
    done = inspect("score", "copy.eval", *args, "--overwrite", "--model", "none/none", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return only_log(folder)


def test_appending_a_score_in_another_process_leaves_ours_as_it_was(whole: EvalLog, tmp_path: Path) -> None:
    after = rescored(whole, tmp_path, "--scorer", "length.py@length", "--action", "append")
    assert metrics(after, "length")["mean"] > 0
    assert said_by(after) == said_by(whole)
    assert metrics(after) == pytest.approx(metrics(whole))


def test_scoring_again_from_the_log_gives_the_same_numbers(whole: EvalLog, tmp_path: Path) -> None:
    again = rescored(whole, tmp_path, "--scorer", "clinical_r1/answer", "--action", "overwrite")
    assert said_by(again) == said_by(whole)
    assert metrics(again) == pytest.approx(metrics(whole))
    assert {key: score.metadata for key, score in scores(again).items()} == {
        key: score.metadata for key, score in scores(whole).items()
    }


def test_an_eval_set_completes_and_has_nothing_to_do_the_second_time(tmp_path: Path) -> None:
    args = ("clinical_r1/medqa", "clinical_r1/medmcqa", "-T", "dataset=vignettes", "-T", "votes=2")
    where = ("--model", "clinical_r1/baseline-random", "--log-dir", "logs")
    states: list[dict[str, bytes]] = []
    for _ in range(2):
        done = inspect("eval-set", *args, *where, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        states.append({file.name: file.read_bytes() for file in (tmp_path / "logs").glob("*.eval")})
    assert states[0] == states[1]
    logs = [read_eval_log(log) for log in list_eval_logs(str(tmp_path / "logs"))]
    assert sorted((log.eval.task, log.status) for log in logs) == [
        ("clinical_r1/medmcqa", "success"),
        ("clinical_r1/medqa", "success"),
    ]
    assert all(set(metrics(log)) >= {"accuracy", "majority_accuracy"} for log in logs)
