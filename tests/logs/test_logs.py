"""Completions as they come out of logs."""

from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, read_eval_log_samples_by_id, write_eval_log
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText, ModelOutput, ModelUsage

from clinical_r1.errors import UserError
from clinical_r1.logs import LoggedCompletion, read_completions, texts
from tests.running import DRUGS, make_task, model_that_says, question, run_task, said

REPLIES: dict[tuple[str, int], str | ModelOutput] = {
    ("1", 1): "first",
    ("1", 2): "second",
    ("2", 1): "third",
    ("2", 2): said("cut", "max_tokens"),
}


def made(folder: Path, **args: object) -> Path:
    run_task(make_task([question("1"), question("2", "A")], votes=2, **args), model_that_says(REPLIES), folder)
    return folder


def found(*paths: Path | str) -> list[LoggedCompletion]:
    return list(read_completions(paths))


def test_every_completion_comes_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    completions = found(made(tmp_path))
    assert [(c.item.id, c.item.epoch, c.item.response, c.item.truncated) for c in completions] == [
        ("1", 1, "first", False),
        ("1", 2, "second", False),
        ("2", 1, "third", False),
        ("2", 2, "cut", True),
    ]
    first = completions[0]
    assert (first.item.stem, first.item.options, first.item.target) == ("Which drug helps in case 1?", DRUGS, "C")
    assert (first.model, first.benchmark, first.faulty) == ("mockllm/model", None, None)


def test_a_log_in_json_gives_the_same_completions(tmp_path: Path) -> None:
    [log] = made(tmp_path).glob("*.eval")
    copy = tmp_path / "copy.json"
    write_eval_log(read_eval_log(str(log)), str(copy))
    assert found(copy) == found(log)
    assert found(log, copy) == found(log), "each once"


def test_letters_are_those_that_the_model_saw(tmp_path: Path) -> None:
    orders = set()
    for c in found(made(tmp_path, shuffle_choices="epoch")):
        assert c.item.options[c.item.target] == DRUGS["C" if c.item.id == "1" else "A"]
        assert list(c.item.options) == list("ABCD")
        orders.add(tuple(c.item.options.values()))
    assert len(orders) > 1, "else nothing was shuffled"


def test_a_thought_that_the_provider_took_out_is_put_back(tmp_path: Path) -> None:
    output = ModelOutput.from_message(
        ChatMessageAssistant(content=[ContentReasoning(reasoning="A clot."), ContentText(text="C")])
    )
    output.usage = ModelUsage(output_tokens=2)
    run_task(make_task([question("1")]), model_that_says({("1", 1): output}), tmp_path)
    [completion] = found(tmp_path)
    assert completion.item.response == "<think>A clot.</think>\nC"


def test_a_failed_sample_says_why(tmp_path: Path) -> None:
    def replies(id: str, epoch: int) -> str:
        if id == "2":
            raise RuntimeError("the provider is down")
        return "fine"

    task = make_task([question("1"), question("2")])
    run_task(task, model_that_says(replies), tmp_path, fail_on_error=False)
    fine, failed = found(tmp_path)
    assert (fine.faulty, failed.item.response) == (None, "")
    assert failed.faulty == "RuntimeError('the provider is down')"


def test_of_a_retried_sample_the_newest_log_counts(tmp_path: Path) -> None:
    made(tmp_path)
    [path] = tmp_path.glob("*.eval")
    newer = read_eval_log(str(path))
    assert newer.samples is not None
    newer.samples = newer.samples[:1]
    newer.samples[0].output = said("asked again")
    newer.eval.created = "2099-01-01T00:00:00+00:00"
    write_eval_log(newer, str(tmp_path / "newer.eval"))
    assert [c.item.response for c in found(tmp_path)] == ["asked again", "second", "third", "cut"]
    assert [c.item.response for c in found(path, tmp_path / "newer.eval", path)] == [
        "asked again",
        "second",
        "third",
        "cut",
    ]


def test_two_runs_both_count(tmp_path: Path) -> None:
    assert len(found(made(tmp_path / "a"), made(tmp_path / "b"))) == 8
    assert len(found(tmp_path)) == 8, "subfolders are searched"


def test_an_interrupted_log_gives_the_samples_that_reached_it(tmp_path: Path) -> None:
    made(tmp_path)
    [path] = tmp_path.glob("*.eval")
    log = read_eval_log(str(path))
    log.status, log.samples = "started", (log.samples or [])[1:3]
    write_eval_log(log, str(path))
    assert [c.item.response for c in found(path)] == ["second", "third"]


def test_samples_are_read_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    asked: list[int] = []
    read = read_eval_log_samples_by_id

    def counted(path: str, keys: list[object], **args: object) -> object:
        asked.append(len(keys))
        return read(path, keys, **args)  # type: ignore[arg-type]

    monkeypatch.setattr(texts, "CHUNK", 3)
    monkeypatch.setattr(texts, "read_eval_log_samples_by_id", counted)
    iterator = read_completions([tmp_path])
    next(iterator)
    assert asked == [3], "nothing is read ahead"
    assert len(list(iterator)) == 3
    assert asked == [3, 1]


def test_paths_that_hold_no_completions_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "broken.eval").write_text("not a zip")
    other = Task(dataset=[Sample(input="Say hello", target="hello")])
    run_task(other, model_that_says(lambda *_: "hello"), tmp_path / "other")
    for path, words in [
        ("nowhere", "no such file or folder"),
        ("empty", "no .eval log in this folder"),
        ("notes.txt", "allowed are .eval files"),
        ("broken.eval", "cannot be read as an .eval log"),
        ("other", "has no options"),
    ]:
        with pytest.raises(UserError) as caught:
            found(tmp_path / path)
        assert str(tmp_path / path) in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)
