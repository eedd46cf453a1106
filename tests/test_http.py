"""Runs against a real server that speaks the OpenAI protocol: formats, retries, failures."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

from tests.loopback import Chat, chat_server
from tests.running import make_task, metrics, question, run_task, scores

CRPO = "<dx>\nA clot.\n</dx>\n<conclusion>\nThe clot decides. \\boxed{C}\n</conclusion>"
THINK = "<think>\nA clot.\n</think>\n<answer>\n\\boxed{C}\n</answer>"


def served(reply: Callable[[str], str | int], folder: Path, ids: str = "12", **args: object) -> tuple[EvalLog, Chat]:
    with chat_server(reply) as server:
        model = get_model("openai-api/loop/m", base_url=server.base_url, api_key="none")
        task = make_task([question(id) for id in ids])
        return run_task(task, model, folder, **args), server


@pytest.mark.parametrize(("style", "text"), [("crpo", CRPO), ("think", THINK)])
def test_the_text_that_is_scored_is_the_one_that_the_server_sent(style: str, text: str, tmp_path: Path) -> None:
    log, server = served(lambda _: text, tmp_path)
    assert log.status == "success"
    for score in scores(log).values():
        metadata = score.metadata or {}
        assert (score.value, score.answer) == ("C", "C")
        assert (metadata["style"], metadata["faults"], metadata["method"]) == (style, [], "strict")
    assert {(sent["temperature"], sent["top_p"], sent["max_tokens"]) for sent in server.requests} == {(0.8, 0.95, 4096)}
    assert all(len(sent["messages"]) == 1 for sent in server.requests)


def test_a_thought_that_the_provider_took_out_is_put_back(tmp_path: Path) -> None:
    log, _ = served(lambda _: THINK, tmp_path, ids="1")
    [sample] = log.samples or []
    assert "<think>" not in sample.output.completion, "else this test would show nothing"
    assert (sample.scores or {})["answer"].metadata == {
        "words": 3,
        "stop_reason": "stop",
        **{"method": "strict", "shown_letter": "C", "vote": "C", "epoch": 1, "tie": "share"},
        **{"style": "think", "faults": [], "truncated": False},
    }


def test_a_server_error_is_retried_and_not_scored(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    def fails_once(prompt: str) -> str | int:
        asked[prompt] += 1
        return 500 if asked[prompt] == 1 else CRPO

    log, server = served(fails_once, tmp_path)
    assert log.status == "success"
    assert metrics(log)["accuracy"] == 1.0
    assert len(server.requests) == 4


def test_a_question_that_the_server_never_answers_is_an_error_and_not_a_wrong_answer(tmp_path: Path) -> None:
    def fails(prompt: str) -> str | int:
        return 500 if "case 2" in prompt else CRPO

    log, _ = served(fails, tmp_path, ids="123", max_retries=0, fail_on_error=False)
    errors = {str(sample.id): sample.error is not None for sample in log.samples or []}
    assert errors == {"1": False, "2": True, "3": False}
    assert {id for id, _ in scores(log)} == {"1", "3"}
    assert metrics(log)["accuracy"] == metrics(log)["majority_accuracy"] == metrics(log)["parsed"] == 1.0
    assert log.results is not None
    assert {part.scored_samples for part in log.results.scores} == {2}


def test_by_default_such_a_run_fails_as_a_whole(tmp_path: Path) -> None:
    log, _ = served(lambda _: 500, tmp_path, max_retries=0)
    assert log.status == "error"
    assert log.results is None
