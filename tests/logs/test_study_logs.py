"""Studies read from logs that Inspect itself wrote: what the frame says is what the logs say."""

import shutil
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from clinical_r1.judges.behaviours import behaviours
from clinical_r1.judges.grounding import grounding
from inspect_ai import Task, task_with
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample, read_eval_log, write_eval_log
from inspect_ai.model import Model, get_model
from inspect_ai.scorer import answer as builtin_answer

from clinical_r1.errors import UserError
from clinical_r1.judging.judge import RULES_VERSION
from clinical_r1.logs import NOT_JUDGED, UNDEFINED, LogSet, read_logs, read_texts
from clinical_r1.metrics import METRICS, METRICS_OF, keys_of
from clinical_r1.scorers import answer
from tests.loopback import chat_server
from tests.running import ROOT, evaluate, inspect, make_task, model_that_says, question, run_task, said

QUESTIONS, VOTES = 5, 2
COLUMNS = """
run model checkpoint benchmark id epoch has_case negated n_options step subject topic choice_type body_system
medical_task question_type target gold_position shown_position letter vote method style truncated stop_reason error words
output_tokens answer
""".split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One benchmark run by file and judged by rules, and run by package with another model and not judged."""
    logs = tmp_path_factory.mktemp("logs")
    args = ("-T", "dataset=vignettes", "-T", f"votes={VOTES}", "-T", "shuffle_choices=epoch", "--limit", str(QUESTIONS))
    evaluate("evals/medqa.py", "--model", "clinical_r1/baseline-overlap", *args, folder=logs / "file", cwd=ROOT)
    evaluate("clinical_r1/medqa", "--model", "clinical_r1/baseline-random", *args, folder=logs / "package", cwd=logs)
    [log] = (logs / "file").glob("*.eval")
    for judge in ("grounding", "behaviours"):
        scorer = ("--scorer", f"judges/{judge}.py@{judge}", "-S", "backend=rules", "--model", "none/none")
        done = inspect("score", str(log), *scorer, "--action", "append", "--overwrite", cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
    return logs


@pytest.fixture(scope="module")
def study(folder: Path) -> LogSet:
    return read_logs([folder])


def whole(folder: Path) -> Iterator[tuple[int, EvalSample]]:
    """Every sample as Inspect reads it, with the number of its run."""
    for run, part in enumerate(("file", "package")):
        [log] = (folder / part).glob("*.eval")
        for sample in read_eval_log(str(log)).samples or []:
            yield run, sample


def row_of(study: LogSet, run: int, id: str, epoch: int) -> "pd.Series[Any]":
    frame = study.responses
    [row] = frame.index[(frame["run"] == run) & (frame["id"].astype(str) == id) & (frame["epoch"] == epoch)]
    return frame.loc[row]


def same(found: object, expected: object) -> bool:
    """Equal, a NaN being equal to a NaN and to None."""
    missing = expected is None or (isinstance(expected, float) and isnan(expected))
    return bool(pd.isna(found)) if missing else bool(found == expected)  # type: ignore[call-overload]


def test_a_task_by_file_and_by_package_is_one_benchmark(study: LogSet) -> None:
    assert [(run.task, run.benchmark, run.checkpoint) for run in study.runs] == [
        ("medqa", "medqa", "baseline-overlap"),
        ("medqa", "medqa", "baseline-random"),
    ]
    assert [(run.expected, run.found, run.status) for run in study.runs] == [
        (QUESTIONS * VOTES,) * 2 + ("success",)
    ] * 2
    assert study.notes == ()


def test_every_cell_is_what_the_whole_sample_says(study: LogSet, folder: Path) -> None:
    seen = 0
    for run, sample in whole(folder):
        row, scores = row_of(study, run, str(sample.id), sample.epoch), sample.scores or {}
        given = scores["answer"]
        about, order = given.metadata or {}, sample.metadata["shown_order"]
        expected: dict[str, object] = {
            name: about[name] for name in ("vote", "method", "style", "truncated", "stop_reason", "words")
        }
        expected |= {name: sample.metadata[name] for name in ("has_case", "negated", "n_options", "step")}
        expected |= {
            "letter": given.answer,
            "answer": float(given.value == "C"),
            "target": sample.target,
            "error": None,
        }
        expected |= {"gold_position": order.index(sample.target), "shown_position": order.index(given.answer)}
        expected |= {"output_tokens": sample.output.usage.output_tokens if sample.output.usage else None}
        for judge, metrics in METRICS_OF.items():
            score = scores.get(judge)
            value = score.value if score else {}
            assert isinstance(value, dict)
            expected |= {key: value.get(key) for key in keys_of(metrics)}
            expected[f"{judge}_reason"] = None if score else NOT_JUDGED
            expected[f"{judge}_weight"] = 1.0 if score else None
        wrong = {name: (row[name], value) for name, value in expected.items() if not same(row[name], _float32(value))}
        assert wrong == {}
        seen += 1
    assert seen == len(study.responses) == 2 * QUESTIONS * VOTES
    assert study.responses["gold_position"].nunique() > 1, "else options were not shuffled"


def _float32(value: object) -> object:
    return float(np.float32(value)) if isinstance(value, float) else value


def test_columns_and_their_types(study: LogSet) -> None:
    frame = study.responses
    judged = [
        f"{judge}_{name}" for judge in METRICS_OF for name in ("reason", "parts", "weight", "returned", "verified")
    ]
    assert {*COLUMNS, *METRICS, *judged, "facts"} <= {*frame.columns}
    texts = ["model", "checkpoint", "benchmark", "id", "letter", "vote", "method", "style", "stop_reason", "step"]
    assert all(isinstance(frame[name].dtype, pd.CategoricalDtype) for name in (*texts, "grounding_reason"))
    assert all(frame[key].dtype == "float32" for key in METRICS)
    kinds = {name: str(frame[name].dtype) for name in ("epoch", "n_options", "gold_position", "truncated")}
    assert kinds == {"epoch": "int16", "n_options": "int8", "gold_position": "int8", "truncated": "bool"}


def test_questions_come_in_the_order_of_the_data_and_epochs_in_theirs(study: LogSet, folder: Path) -> None:
    for run, part in enumerate(("file", "package")):
        [log] = (folder / part).glob("*.eval")
        ids = read_eval_log(str(log), header_only=True).eval.dataset.sample_ids or []
        frame = study.responses[study.responses["run"] == run]
        assert list(zip(frame["id"], frame["epoch"], strict=True)) == [
            (id, epoch) for id in ids for epoch in range(1, VOTES + 1)
        ]


def test_the_judge_is_named_with_backend_profile_and_prompt(study: LogSet) -> None:
    judged, not_judged = study.runs
    assert judged.grounding_judge == judged.behaviours_judge == f"rules (spans, rules-{RULES_VERSION})"
    assert not_judged.grounding_judge is not_judged.behaviours_judge is None


def test_conditions_are_those_of_the_run(study: LogSet) -> None:
    conditions = study.runs[0].conditions
    known = {
        "prompt": "crpo",
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 4096,
        "votes": VOTES,
        "shuffle": "epoch",
    }
    assert conditions | known == conditions
    assert {"prompt_sha256", "dataset", "dataset_revision", "dataset_sha256", "task_version", "tie"} <= {*conditions}
    assert study.runs[1].conditions == conditions, "what is compared ran under the same conditions"


def test_the_tidy_frame_has_a_row_a_response_and_metric(study: LogSet) -> None:
    tidy = study.tidy()
    assert len(tidy) == len(study.responses) * len(METRICS)
    assert tidy.loc[tidy["metric"] == "cecd", "score"].tolist() == pytest.approx(study.responses["cecd"], nan_ok=True)
    assert (tidy["score"].isna() == tidy["reason"].notna()).all(), "a reason wherever there is no score"
    reasons = tidy[tidy["checkpoint"] == "baseline-overlap"].groupby("metric", observed=True)["reason"]
    assert set(reasons.get_group("h_medical")) == {UNDEFINED}, "rules cannot know it"
    unjudged = tidy[(tidy["checkpoint"] == "baseline-random") & (tidy["metric"] != "answer")]
    assert set(unjudged["reason"]) == {NOT_JUDGED}
    assert len(study.tidy(["answer", "drc"])) == 2 * len(study.responses)


def test_texts_are_read_for_single_responses(study: LogSet, folder: Path) -> None:
    wanted = [(int(row.run), str(row.id), int(row.epoch)) for row in study.responses.iloc[[3, 11, 4]].itertuples()]
    texts = read_texts(study, wanted)
    assert list(texts) == wanted
    samples = {(run, str(sample.id), sample.epoch): sample for run, sample in whole(folder)}
    for place, shown in texts.items():
        sample, row = samples[place], row_of(study, *place)
        item = shown.item
        assert (item.stem, item.response) == (sample.input, sample.output.completion)
        assert item.options[item.target] == (sample.choices or [])["ABCDE".index(str(sample.target))]
        assert list(item.options)[row["shown_position"]] == item.answer
        assert item.answer == (sample.scores or {})["answer"].metadata["shown_letter"]  # type: ignore[index]
        assert all(item.response[span["start"] : span["end"]] == span["text"] for span in shown.spans)
        assert shown.explanations["answer"].startswith("read as")
    assert any(shown.spans for shown in texts.values())
    assert not texts[wanted[1]].spans, "that run was not judged"


def test_a_study_on_some_benchmarks(study: LogSet) -> None:
    assert len(study.only(["medqa"]).responses) == len(study.responses)
    assert (study.only([]).runs, len(study.only([]).responses)) == ((), 0)


# --- failures ---------------------------------------------------------------------------------------------------------
def refusing(answered: list[str]) -> Model:
    """A grader that cannot be read, but for behaviours."""

    def reply(messages: list[Any], *_: Any) -> Any:
        asked = " ".join(message.text for message in messages)
        answered.append(asked)
        return said("I would rather not say." if "case_facts" in asked or "citations" in asked else '{"steps": []}')

    return get_model("mockllm/model", custom_outputs=reply, memoize=False)


def test_failures_of_model_and_judge_stay_apart(tmp_path: Path) -> None:
    replies = {("q1", 1): "No idea.", ("q2", 1): said("The answer is C and", "max_tokens"), ("q3", 1): ""}
    task = make_task([question("q1"), question("q2"), question("q3")])
    scored = task_with(task, scorer=[answer(), grounding(facts="rules"), behaviours(backend="rules")])
    grader = refusing([])
    run_task(scored, model_that_says(replies), tmp_path, model_roles={"grader": grader})
    study = read_logs([tmp_path])
    frame = study.responses.set_index("id")
    assert frame["answer"].to_dict() == {"q1": 0, "q2": 1, "q3": 0}, "unreadable is wrong, not missing"
    assert frame["letter"].isna().to_dict() == {"q1": True, "q2": False, "q3": True}
    assert frame["shown_position"].to_dict() == {"q1": -1, "q2": 2, "q3": -1}
    assert frame["stop_reason"].to_dict() == {"q1": "stop", "q2": "max_tokens", "q3": "stop"}
    assert frame["words"].to_dict() == {"q1": 2, "q2": 5, "q3": 0}
    for id in ("q1", "q2"):
        assert str(frame["grounding_reason"][id]).startswith(("unreadable", "refused"))
        assert isnan(frame["drc"][id])
        assert frame["backtracking"][id] == 0, "the other judge is none the worse for it"
    assert (pd.isna(frame["grounding_reason"]["q3"]), frame["drc"]["q3"]) == (True, 0), (
        "an empty response needs no call"
    )
    [run] = study.runs
    assert run.grounding_judge is not None
    assert run.grounding_judge.startswith("mockllm/model (llm, spans, facts by rules, prompt ")
    reasons = study.reasons("drc")
    assert [pd.isna(reason) for reason in reasons] == [False, False, True]


def test_a_failed_sample_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    def replies(id: str, epoch: int) -> str:
        if id == "q2":
            raise RuntimeError("the provider is down")
        return r"\boxed{C}"

    task = make_task([question("q1"), question("q2")])
    run_task(task, model_that_says(replies), tmp_path, fail_on_error=False)
    study = read_logs([tmp_path])
    fine, failed = (row for _, row in study.responses.iterrows())
    assert (fine["answer"], pd.isna(fine["error"]), fine["stop_reason"]) == (1, True, "stop")
    assert isnan(failed["answer"])
    assert (failed["error"], failed["stop_reason"]) == ("RuntimeError('the provider is down')", "error")
    assert failed["grounding_reason"] == NOT_JUDGED
    [note] = study.notes
    assert note.endswith("1 of 2 samples failed and count as neither right nor wrong.")
    assert list(study.tidy(["answer"])["reason"])[1] == "failed"


def test_a_run_that_broke_and_was_retried_is_one_run(tmp_path: Path) -> None:
    broken = [True]

    def reply(prompt: str) -> str | int:
        return 404 if broken[0] and "Minimal change" in prompt else r"\boxed{A}"

    args = ("-T", "dataset=vignettes", "-T", "votes=2", "--model", "openai-api/loop/m", "--max-connections", "1")
    with chat_server(reply) as server:
        inspect("eval", "clinical_r1/medqa", *args, "--log-dir", str(tmp_path), cwd=tmp_path, env=server.env)
        [first] = tmp_path.glob("*.eval")
        broken[0] = False
        done = inspect("eval-retry", str(first), "--log-dir", str(tmp_path), cwd=tmp_path, env=server.env)
        assert done.returncode == 0, done.stdout + done.stderr
    before, after = read_logs([first]), read_logs([tmp_path])
    [run] = after.runs
    assert (len(run.paths), run.expected, run.found, run.status) == (2, 48, 48, "success")
    assert run.paths[1] == str(first), "the newest log comes first"
    assert after.responses["answer"].notna().all()
    assert any("2 logs are read as one run" in note for note in after.notes)
    [part] = before.runs
    assert part.status == "error"
    assert part.found < part.expected or before.responses["error"].notna().any()
    assert before.responses.loc[before.responses["error"].notna(), "answer"].isna().all()
    assert read_texts(after, [(0, str(after.responses["id"][0]), 1)])


# --- what is no log of a benchmark ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of a task whose scorer has the name of ours."""
    folder = tmp_path_factory.mktemp("foreign")
    task = Task(dataset=[Sample(input="Say hello", target="hello")], scorer=builtin_answer("word"), name="greeting")
    run_task(task, model_that_says(lambda *_: "ANSWER: hello"), folder)
    return folder


def test_logs_of_other_tasks_are_passed_over_in_a_folder_and_refused_by_name(
    foreign: Path, study: LogSet, folder: Path, tmp_path: Path
) -> None:
    [log] = foreign.glob("*.eval")
    shutil.copytree(folder, tmp_path / "logs")
    shutil.copy(log, tmp_path / "logs" / "other.eval")
    mixed = read_logs([tmp_path / "logs"])
    assert len(mixed.responses) == len(study.responses)
    task = read_eval_log(log, header_only=True).eval.task
    assert mixed.notes == (f"Left out, as they are no evaluations of clinical_r1: other.eval ({task}).",)
    for paths in ([log], [folder, log], [foreign]):
        with pytest.raises(UserError, match="answers as clinical_r1 scores them") as caught:
            read_logs(paths)
        assert str(log) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_log_in_json_says_what_the_other_format_says(folder: Path, study: LogSet, tmp_path: Path) -> None:
    for log in folder.rglob("*.eval"):
        write_eval_log(read_eval_log(str(log)), str(tmp_path / f"{log.stem}.json"))
    (tmp_path / "eval-set.json").write_text("{}")  # what else stands in a folder of logs
    assert len(list(tmp_path.glob("2*.json"))) == 2
    found = read_logs([tmp_path], cache=tmp_path / "cache")
    places = [(0, "medqa-142f1ed53127", 2), (1, str(study.responses["id"].iloc[-1]), 1)]
    for again in (found, read_logs([tmp_path], cache=tmp_path / "cache")):
        pd.testing.assert_frame_equal(again.responses, study.responses)
    assert read_texts(found, places) == read_texts(study, places)
    both = read_logs([folder, *tmp_path.glob("2*.json")])
    assert len(both.responses) == len(study.responses), "a log and its copy in the other format are one run"


def test_what_is_no_log_is_named(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "others").mkdir()
    for place in ("others/results.json", "results.json"):
        (tmp_path / place).write_text('{"about": {}}')
    (tmp_path / "cut.json").write_text('{"version": 2, "status": "success", "eval": {"run_id": ')
    [log] = (folder / "file").glob("*.eval")
    (tmp_path / "cut.eval").write_bytes(log.read_bytes()[:-2000])
    flipped = bytearray(log.read_bytes())
    start = flipped.rindex(b"summaries.json", 0, flipped.rindex(b"_journal/start.json"))
    flipped[start + 200 : start + 260] = bytes(60)
    (tmp_path / "flipped.eval").write_bytes(flipped)
    for path, words in [
        ("nowhere", "no such file or folder"),
        ("empty", "no .eval log in this folder"),
        ("notes.txt", "allowed are .eval files"),
        ("others", "no .eval log in this folder, and no .json log that still has Inspect's name"),
        ("results.json", "cannot be read as a .json log of Inspect"),
        ("cut.json", "cannot be read as a .json log of Inspect"),
        ("cut.eval", "cannot be read as an .eval log"),
        ("flipped.eval", "cannot be read as an .eval log"),
        ("memory://nowhere/x.eval", "no such file or folder"),
    ]:
        given = path if "://" in path else str(tmp_path / path)
        with pytest.raises(UserError) as caught:
            read_logs([folder, given])
        assert given in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)
