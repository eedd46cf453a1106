"""Judges as a second pass over logs, through the `inspect` command line: rules, and a scripted grader over HTTP."""

import json
import os
import re
import shutil
from collections.abc import Callable
from math import isnan
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from clinical_r1.judges.behaviours import behaviours
from clinical_r1.judges.grounding import grounding
from inspect_ai import Task, task_with
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.scorer import Score, includes
from inspect_ai.solver import generate

from clinical_r1.metrics import METRICS_OF, keys_of
from clinical_r1.scorers import answer
from clinical_r1.sentences import clauses
from clinical_r1.solvers import response_text
from tests.loopback import Chat, chat_server
from tests.running import ROOT, evaluate, inspect, make_task, model_that_says, question, run_task, scores

SECOND_PASS = ("--action", "append", "--overwrite", "--model", "none/none")
RULES = ("-S", "backend=rules")
GRADER = ("--model-role", "grader=openai-api/loop/grader")
QUESTIONS, EPOCHS = 5, 2


@pytest.fixture(scope="module")
def first_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of the model that writes in the `crpo` format, options in another order in every epoch."""
    folder = tmp_path_factory.mktemp("first")
    args = ("--model", "clinical_r1/baseline-overlap", "-T", "dataset=vignettes", "-T", "shuffle_choices=epoch")
    more = ("-T", f"votes={EPOCHS}", "--limit", str(QUESTIONS))
    evaluate("evals/medqa.py", *args, *more, folder=folder, cwd=ROOT)
    [path] = folder.glob("*.eval")
    return path


@pytest.fixture
def log(first_log: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(first_log, tmp_path / "log.eval"))


def judge(name: str, log: Path, *args: str, **env: str) -> CompletedProcess[str]:
    cache = {"INSPECT_CACHE_DIR": str(log.parent / "cache"), "CLINICAL_R1_CACHE": str(log.parent / "facts")}
    return inspect(
        "score", str(log), "--scorer", f"judges/{name}.py@{name}", *SECOND_PASS, *args, cwd=ROOT, env=cache | env
    )


def judged(name: str, log: Path, *args: str, **env: str) -> EvalLog:
    done = judge(name, log, *args, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_eval_log(str(log))


def about(score: Score) -> dict[str, Any]:
    assert score.metadata is not None
    return score.metadata


def value(score: Score, key: str) -> float:
    assert isinstance(score.value, dict)
    return float(score.value[key])  # type: ignore[arg-type]


def test_rules_judge_a_finished_log_twice(log: Path) -> None:
    judged("grounding", log, *RULES)
    judged("behaviours", log, *RULES)
    got = judged("grounding", log, *RULES, "-S", "metrics=cecd,drc")
    assert got.samples is not None
    for sample in got.samples:
        assert sample.scores is not None
        assert list(sample.scores) == ["answer", "grounding", "behaviours", "grounding1"]
        for name, metrics in (("grounding", METRICS_OF["grounding"]), ("grounding1", ("cecd", "drc"))):
            found = sample.scores[name]
            assert isinstance(found.value, dict)
            assert tuple(found.value) == keys_of(metrics)
            assert about(found)["judge"] == about(found)["backend"] == "rules"
            assert about(found)["epoch"] == sample.epoch
            assert isinstance(sample.input, str)
            listed = [sample.input[start:end] for start, end in about(found)["fact_spans"]]
            assert listed == [fact.text for fact in clauses(sample.input)] * sample.metadata["has_case"]
            assert about(found)["facts"] == len(listed)
        response = response_text(sample.output.message)
        spans = about(sample.scores["grounding"])["spans"] + about(sample.scores["behaviours"])["spans"]
        assert all(response[span["start"] : span["end"]] == span["text"] for span in spans)
        first, second = (sample.scores[name] for name in ("grounding", "grounding1"))
        assert [value(first, key) for key in ("drc", "cecd")] == [value(second, key) for key in ("drc", "cecd")]
    assert any(about(score)["spans"] for score in scores(got, "grounding").values())


def test_rules_leave_unscored_what_they_cannot_know(log: Path) -> None:
    for score in scores(judged("grounding", log, *RULES), "grounding").values():
        for key in (
            "faithfulness",
            "faithful_rate",
            "h_medical",
            "hallucination_rate",
            "drc_medical_fact",
            "drc_false",
        ):
            assert isnan(value(score, key))
        assert not isnan(value(score, "h_invented"))


@pytest.mark.parametrize("model", [SECOND_PASS[-2:], ()])
def test_a_relative_path_is_where_it_was_typed(log: Path, model: tuple[str, ...]) -> None:
    judges = os.path.relpath(ROOT / "judges" / "grounding.py", log.parent)
    args = ("--scorer", f"{judges}@grounding", "--action", "append", "--overwrite", *model, *RULES)
    done = inspect("score", log.name, *args, "-S", "sample=2", cwd=log.parent, env={"PWD": str(log.parent)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(scores_of(read_eval_log(str(log)), "grounding")) == 2 * EPOCHS


def test_a_judge_runs_inside_an_evaluation(tmp_path: Path) -> None:
    task = make_task([question("q1"), question("q2")])
    scored = task_with(task, scorer=[answer(), grounding(backend="rules"), behaviours(backend="rules")])
    done = run_task(scored, model_that_says(lambda *_: "Not aspirin. The answer is C."), tmp_path)
    assert len(scores(done, "grounding")) == len(scores(done, "behaviours")) == len(scores(done)) == 2


def test_a_log_is_streamed_into_another_file_and_never_onto_itself(log: Path) -> None:
    before = log.read_bytes()
    done = judge("grounding", log, *RULES, "--stream", "2")
    assert done.returncode != 0
    assert "--output-file" in done.stdout + done.stderr
    assert log.read_bytes() == before
    out = log.with_name("judged.eval")
    assert judge("grounding", log, *RULES, "--stream", "2", "--output-file", str(out)).returncode == 0
    assert scores(read_eval_log(str(out)), "grounding").keys() == scores(read_eval_log(str(log))).keys()
    assert log.read_bytes() == before


# --- a grader over HTTP -----------------------------------------------------------------------------------------------
def reply_with(build: Callable[[dict[str, str]], Any]) -> Callable[[str], str]:
    """A grader that sees the numbered sentences of the item and answers with JSON."""

    def reply(prompt: str) -> str:
        sentences = dict(re.findall(r"^\[(\d+)\] (.*)$", prompt, re.MULTILINE))
        answer = build(sentences)
        return answer if isinstance(answer, str) else json.dumps(answer)

    return reply


def words(sentence: str) -> str:
    return " ".join(sentence.split()[:4])


def honest(sentences: dict[str, str]) -> dict[str, Any]:
    """One invented claim, quoted from the first sentence; a second one that stands nowhere."""
    claims = [
        {"s": 1, "q": words(sentences["1"]), "is": "supported"},
        {"s": 1, "q": "the moon is made of cheese", "is": "invented"},
    ]
    return {"citations": [], "rejections": [], "claims": claims}


def served(log: Path, reply: Callable[[str], str | int], *args: str) -> tuple[Chat, CompletedProcess[str]]:
    with chat_server(reply) as server:
        return server, judge("grounding", log, *GRADER, "-S", "facts=rules", *args, **server.env)


def test_a_grader_is_asked_once_a_response_with_a_schema_and_never_paid_twice(log: Path) -> None:
    with chat_server(reply_with(honest)) as server:
        done = judge("grounding", log, *GRADER, "-S", "facts=rules", **server.env)
        assert done.returncode == 0, done.stdout + done.stderr
        first = len(server.requests)
        again = judge("grounding", log, *GRADER, "-S", "facts=rules", **server.env)
        assert again.returncode == 0, again.stdout + again.stderr
        assert len(server.requests) == first  # the second pass is free
    responses = {response_text(sample.output.message) for sample in read_eval_log(str(log)).samples or []}
    assert len(responses) <= len(server.requests) <= QUESTIONS * EPOCHS
    assert all(request["response_format"]["type"] == "json_schema" for request in server.requests)
    assert f"{QUESTIONS * EPOCHS} responses" in done.stdout + done.stderr  # said before the first call
    for score in scores(read_eval_log(str(log)), "grounding").values():
        assert (value(score, "faithfulness"), value(score, "claims")) == (1, 1)
        assert about(score)["tally"]["returned"] == 2
        assert sum(about(score)["tally"]["rejected"].values()) == 1
        assert about(score)["judge"] == "openai-api/loop/grader"
        assert about(score)["prompt_hash"]
    counted = [scores(read_eval_log(str(log)), name) for name in ("grounding", "grounding1")]
    assert all(one.value == counted[1][place].value for place, one in counted[0].items())


def test_a_judgement_reads_as_text_and_holds_what_was_thrown_away(log: Path) -> None:
    served(log, reply_with(honest))
    for score in scores(read_eval_log(str(log)), "grounding").values():
        text = score.explanation or ""
        assert "**Rejected no option**" in text
        assert "**Claims: 1 supported**" in text
        assert "**Thrown away (1)**\n\n- “the moon is made of cheese” [s1]: not in the response" in text
        [thrown] = about(score)["tally"]["quotes"]
        assert thrown == {
            "of": "claims",
            "sentence": 1,
            "quote": "the moon is made of cheese",
            "why": "not in the response",
        }


def test_graders_do_not_see_tags_models_or_the_right_answer(log: Path) -> None:
    server, _ = served(log, reply_with(honest))
    for request in server.requests:
        said = "\n".join(message["content"] for message in request["messages"])
        item = request["messages"][-1]["content"]
        assert "<dx>" not in item
        assert "baseline-overlap" not in said
        assert "right option" not in item.lower()
    [rubric] = {
        request["messages"][0]["content"] for request in server.requests
    }  # the same prefix for all: it can be cached
    assert "citations" in rubric


def test_a_reply_that_cannot_be_read_is_unscored_and_counted(log: Path) -> None:
    server, done = served(log, reply_with(lambda _: "I think it is quite faithful."))
    assert done.returncode == 0, done.stdout + done.stderr
    for score in scores(read_eval_log(str(log)), "grounding").values():
        assert isinstance(score.value, dict)
        assert all(isnan(value(score, key)) for key in score.value)
        assert about(score)["unscored"]
        assert score.reason == "grader_failed"
    assert len(server.requests) >= 2  # each was asked once more


def test_a_judge_that_obeys_the_response_changes_nothing(log: Path) -> None:
    def obeys(sentences: dict[str, str]) -> dict[str, Any]:
        fifty = [{"s": 1, "q": f"a citation that is not there {n}", "f": [1], "o": "A"} for n in range(50)]
        return honest(sentences) | {"citations": fifty}

    assert served(log, reply_with(obeys))[1].returncode == 0
    for score in scores(read_eval_log(str(log)), "grounding").values():
        assert value(score, "cecd") == 0 or isnan(value(score, "cecd"))
        assert about(score)["tally"]["rejected"]


def test_without_a_grader_nothing_is_asked(log: Path) -> None:
    before = log.read_bytes()
    done = judge("grounding", log)
    assert done.returncode != 0
    assert "no model is bound to the role grader" in done.stdout + done.stderr
    assert log.read_bytes() == before


def test_a_broken_grader_is_an_error_and_the_log_stays_as_it_was(log: Path) -> None:
    before = log.read_bytes()
    with chat_server(lambda _: 400) as server:
        done = judge("grounding", log, *GRADER, "-S", "facts=rules", **server.env)
    assert done.returncode != 0
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-S", "backend=magic"), "backend=magic: allowed are llm, rules"),
        (("-S", "metrics=cecd,verification"), "metrics=verification: grounding has cecd, drc, faithfulness"),
        ((*RULES, "-S", "sample=0"), "sample=0: allowed is a whole number from 1"),
        ((*RULES, "-S", "facts=me"), "facts=me: allowed are rules, llm"),
        ((*RULES, "-S", "gold=maybe"), "gold=maybe: allowed are True, False"),
        ((*RULES, "-S", "metrics=[]"), "metrics: none is named"),
        ((*RULES, "-S", "price=cheap"), "price=cheap: allowed are dollars per million tokens in and out"),
    ],
)
def test_what_a_user_can_mend_is_said_in_a_line(log: Path, args: tuple[str, ...], said: str) -> None:
    done = judge("grounding", log, *args)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


# --- parts of a log ---------------------------------------------------------------------------------------------------
def test_a_seeded_part_of_a_log_is_judged_with_its_weight(log: Path) -> None:
    got = judged("behaviours", log, *RULES, "-S", "sample=2", "-S", "epochs=1", "-S", "seed=3")
    found = scores_of(got, "behaviours")
    assert len({id for id, _ in found}) == len(found) == 2
    assert {about(score)["weight"] for score in found.values()} == {QUESTIONS / 2 * EPOCHS}
    assert (
        scores_of(
            judged("behaviours", log, *RULES, "-S", "sample=2", "-S", "epochs=1", "-S", "seed=3"), "behaviours1"
        ).keys()
        == found.keys()
    )


def scores_of(log: EvalLog, scorer: str) -> dict[tuple[str, int], Score]:
    return {(str(s.id), s.epoch): s.scores[scorer] for s in log.samples or [] if s.scores and scorer in s.scores}


def test_a_sample_that_failed_has_no_judgement(log: Path) -> None:
    half = read_eval_log(str(log))
    assert half.samples is not None
    half.samples[0].output.choices = []
    half.status = "error"
    write_eval_log(half, str(log))
    assert len(scores_of(judged("grounding", log, *RULES), "grounding")) == QUESTIONS * EPOCHS - 1


def test_the_plan_names_every_grader_once(log: Path) -> None:
    grader = "grader={model: openai-api/loop/grader, max_tokens: 2000}"
    with chat_server(reply_with(honest)) as server:
        done = judge("grounding", log, "--model-role", grader, "-S", "facts=rules", **server.env)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count(f"{QUESTIONS * EPOCHS} responses") == 1
    assert f"{QUESTIONS * EPOCHS} calls to openai-api/loop/grader" in said
    assert "price unknown" in said


def test_a_question_without_a_case_has_no_citations_in_bare_counts(tmp_path: Path) -> None:
    task = make_task([question("q1", has_case=False)])
    run_task(task, model_that_says(lambda *_: "Not aspirin. The answer is C."), tmp_path)
    [log] = tmp_path.glob("*.eval")
    price = ("-S", "price=2,8")
    with chat_server(lambda _: '{"count": 2}') as server:
        done = judge("grounding", log, *GRADER, "-S", "profile=counts", *price, **server.env)
    assert "about $0.0" in done.stdout + done.stderr
    [score] = scores(read_eval_log(str(log)), "grounding").values()
    assert isnan(value(score, "cecd"))
    assert isnan(value(score, "cecd_per_1k"))
    assert (value(score, "drc"), about(score)["calls"], about(score)["words"]) == (2, 3, 6)


def test_a_fact_list_that_cannot_be_used_leaves_the_other_metrics(log: Path) -> None:
    with chat_server(
        reply_with(lambda seen: honest(seen) if "1" in seen else {"facts": ["not in the case"]})
    ) as server:
        done = judge("grounding", log, *GRADER, **server.env)
    assert done.returncode == 0, done.stdout + done.stderr
    found = scores(read_eval_log(str(log)), "grounding").values()
    for score in found:
        assert isnan(value(score, "cecd_coverage"))
        assert value(score, "claims") == 1
        assert about(score)["prompt_hash"]
    assert any("stands in the case" in about(score)["unscored_metrics"]["cecd"] for score in found)
    assert {about(score)["facts_by"] for score in found} == {"openai-api/loop/grader"}


def test_a_log_without_options_is_refused_in_a_line(tmp_path: Path) -> None:
    task = Task([Sample("What is it?", target="gout")], solver=generate(), scorer=includes())
    run_task(task, model_that_says(lambda *_: "gout"), tmp_path)
    [log] = tmp_path.glob("*.eval")
    done = judge("grounding", log, *RULES)
    assert done.returncode != 0
    assert "no question with options, one of them right" in done.stdout + done.stderr


def test_a_panel_gives_medians_and_each_judges_numbers(log: Path) -> None:
    def claims(number: int) -> Callable[[str], str]:
        def build(sentences: dict[str, str]) -> dict[str, Any]:
            words = sentences["1"].split()
            quotes = [" ".join(words[at : at + 3]) for at in range(0, 3 * number, 3)]
            return {
                "citations": [],
                "rejections": [],
                "claims": [{"s": 1, "q": quote, "is": "supported"} for quote in quotes],
            }

        return reply_with(build)

    with chat_server(claims(1)) as one, chat_server(claims(2)) as two:
        env = {"ONE_BASE_URL": one.base_url, "ONE_API_KEY": "none", "TWO_BASE_URL": two.base_url, "TWO_API_KEY": "none"}
        panel = ("--model-role", "grader=openai-api/one/grader,openai-api/two/grader")
        done = judge("grounding", log, *panel, "-S", "facts=rules", **env)
    assert done.returncode == 0, done.stdout + done.stderr
    for score in scores(read_eval_log(str(log)), "grounding").values():
        assert value(score, "faithfulness") == 1.5
        assert [member["values"]["faithfulness"] for member in about(score)["panel"]] == [1, 2]
        assert about(score)["judge"] == "panel of openai-api/one/grader, openai-api/two/grader"
