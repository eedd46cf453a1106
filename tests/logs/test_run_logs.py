"""Which logs make one run, which repeat another, and whose scores count."""

import shutil
from math import isnan
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score

from clinical_r1.errors import UserError
from clinical_r1.logs import NOT_JUDGED, UNDEFINED, LogSet, read_logs, read_sides, read_texts
from clinical_r1.logs.table import KEYS
from clinical_r1.tasks import VERSION
from tests.logged import LETTERS, PLACES, both, judged, judgement, real_log, samples, write

ANSWERS = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
EARLY, LATE = "2026-01-01T10:00:00+00:00", "2026-02-01T10:00:00+00:00"


def answers(study: LogSet, run: int = 0) -> list[float]:
    return study.responses.loc[study.responses["run"] == run, "answer"].tolist()


def column(study: LogSet, name: str) -> dict[tuple[str, int], Any]:
    frame = study.responses
    return dict(zip(zip(frame["id"], frame["epoch"], strict=True), frame[name], strict=True))


def without(*places: tuple[str, int]) -> Any:
    def change(log: EvalLog) -> None:
        log.samples = [sample for place, sample in samples(log).items() if place not in places]

    return change


def failing(*places: tuple[str, int]) -> Any:
    """These samples failed, as the provider did."""

    def change(log: EvalLog) -> None:
        from inspect_ai._util.error import EvalError

        for place in places:
            sample = samples(log)[place]
            sample.scores, sample.output = {}, ModelOutput()
            sample.error = EvalError(message="no answer", traceback="", traceback_ansi="")

    return change


# --- one run ----------------------------------------------------------------------------------------------------------
def test_a_log_of_one_run(tmp_path: Path) -> None:
    study = read_logs([write(tmp_path / "a.eval")])
    assert answers(study) == ANSWERS
    assert list(column(study, "letter")) == list(PLACES)
    assert [None if pd.isna(letter) else letter for letter in study.responses["letter"]] == [
        None if letter == "?" else letter for letter in LETTERS.values()
    ]
    assert study.notes == ()


def test_copies_are_one_run(tmp_path: Path) -> None:
    log = write(tmp_path / "a.eval")
    shutil.copy(log, tmp_path / "copy.eval")
    study = read_logs([tmp_path])
    assert answers(study) == ANSWERS
    assert [run.found for run in study.runs] == [6]
    assert study.notes == ("lab/one on medqa: 2 logs are read as one run (copy.eval, a.eval).",)


@pytest.mark.parametrize("again", [[0], [0, 0], [1, 0], [0, 1, 0]])
def test_a_log_counts_once_however_it_is_named(again: list[int], tmp_path: Path) -> None:
    log = write(tmp_path / "a.eval")
    assert answers(read_logs([[log, tmp_path][one] for one in again])) == ANSWERS


def test_scores_that_were_written_into_several_files_come_together(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.eval")
    write(tmp_path / "grounding.eval", judged("grounding", judgement("grounding", 2)))
    write(tmp_path / "behaviours.eval", judged("behaviours", judgement("behaviours", 3)))
    study = read_logs([tmp_path])
    [run] = study.runs
    assert len(run.paths) == 3
    assert answers(study) == ANSWERS
    assert (set(study.responses["drc"]), set(study.responses["verification"])) == ({2.0}, {3.0})
    assert run.grounding_judge == run.behaviours_judge == "openai/j (llm, spans, prompt abc)"
    assert set(read_logs([plain]).responses["grounding_reason"]) == {NOT_JUDGED}


def test_a_file_in_which_a_judge_replaced_the_answers_needs_the_other_one(tmp_path: Path) -> None:
    def replace(log: EvalLog) -> None:
        for sample in samples(log).values():
            sample.scores = {"grounding": judgement("grounding", 2)}

    log, alone = write(tmp_path / "a.eval"), write(tmp_path / "judged.eval", replace)
    study = read_logs([log, alone])
    assert (answers(study), set(study.responses["drc"])) == (ANSWERS, {2.0})
    with pytest.raises(UserError, match=r"judged\.eval: task medqa has no answers"):
        read_logs([alone])


def test_the_newest_log_gives_the_response_and_a_failure_never_wins(tmp_path: Path) -> None:
    def again(log: EvalLog) -> None:
        for sample in samples(log).values():
            assert sample.scores is not None
            sample.uuid = f"again-{sample.id}-{sample.epoch}"
            sample.scores["answer"].value = "I"

    write(tmp_path / "first.eval", judged("grounding", judgement("grounding", 2)), completed=EARLY)
    failed = both(again, without(PLACES[0], PLACES[1]), failing(PLACES[2]))
    write(tmp_path / "second.eval", failed, completed=LATE)
    study = read_logs([tmp_path])
    assert answers(study) == [*ANSWERS[:3], 0, 0, 0], "what the retry has not, and what failed in it, are of the first"
    assert [isnan(value) for value in study.responses["drc"]] == [False, False, False, True, True, True], (
        "scores of another response are not those of this one"
    )
    assert study.responses["error"].isna().all()
    assert study.runs[0].paths == (str(tmp_path / "second.eval"), str(tmp_path / "first.eval"))


def test_an_answer_that_was_scored_again_counts(tmp_path: Path) -> None:
    def rescored(log: EvalLog) -> None:
        for sample in samples(log).values():
            assert sample.scores is not None
            first = sample.scores["answer"]
            again = first.model_copy(
                update={"value": "C", "answer": "C", "metadata": {**(first.metadata or {}), "vote": "C"}}
            )
            sample.scores |= {"answer1": again}

    study = read_logs([write(tmp_path / "a.eval", rescored)])
    assert (set(answers(study)), set(study.responses["vote"])) == ({1.0}, {"C"})


def test_responses_without_a_score_of_the_answer_are_failures(tmp_path: Path) -> None:
    def unscored(log: EvalLog) -> None:
        samples(log)[PLACES[1]].scores = None

    study = read_logs([write(tmp_path / "a.eval", unscored)])
    assert isnan(answers(study)[1])
    assert column(study, "error")[PLACES[1]] == "no score of the answer"
    assert any("1 of 6 samples failed" in note for note in study.notes)


# --- unfinished runs --------------------------------------------------------------------------------------------------
def unfinished(log: Path, to: Path, keep: int) -> Path:
    """The log of a run that was killed: no header and no summaries, but what had been written by then."""
    import json

    with ZipFile(log) as whole, ZipFile(to, "w", ZIP_DEFLATED) as part:
        summaries = json.loads(whole.read("summaries.json"))[:keep]
        for name in whole.namelist():
            if name not in ("header.json", "summaries.json", "reductions.json") and "summaries/" not in name:
                part.writestr(name, whole.read(name))
        for number, summary in enumerate(summaries, 1):
            part.writestr(f"_journal/summaries/{number}.json", json.dumps([summary]))
    return to


def test_a_run_that_was_killed_gives_what_it_has(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole" / "a.eval")
    log = unfinished(whole, tmp_path / "a.eval", keep=4)
    study = read_logs([log])
    [run] = study.runs
    assert (run.status, run.expected, run.found) == ("started", 6, 4)
    assert column(study, "answer").items() <= dict(zip(PLACES, ANSWERS, strict=True)).items()
    assert study.notes == ("lab/one on medqa: 4 of 6 samples are there, 33.3% are missing (status started).",)
    assert column(read_logs([log, whole]), "answer") == dict(zip(PLACES, ANSWERS, strict=True))


def test_a_run_without_a_sample_is_there_with_none_of_them(tmp_path: Path) -> None:
    started = write(tmp_path / "started.eval", without(*PLACES), status="started", task_id="t2", model="vllm/lab/two")
    study = read_logs([write(tmp_path / "a.eval"), started])
    assert [(run.checkpoint, run.found, run.expected) for run in study.runs] == [("lab/one", 6, 6), ("lab/two", 0, 6)]
    assert any("lab/two on medqa: 0 of 6 samples" in note for note in study.notes)
    with pytest.raises(UserError, match=r"started\.eval: .*no.* finished sample") as caught:
        read_logs([started])
    assert "\n" not in str(caught.value)


# --- repeats ----------------------------------------------------------------------------------------------------------
def test_of_two_complete_runs_the_newer_counts(tmp_path: Path) -> None:
    write(tmp_path / "old.eval", completed=EARLY)
    write(tmp_path / "new.eval", completed=LATE, task_id="t2")
    study = read_logs([tmp_path])
    assert [run.task_id for run in study.runs] == ["t2"]
    assert study.notes == ("old.eval is left out: it repeats new.eval, and it is older.",)


# what the newer run is -> why
LESS = [
    (without(PLACES[0]), {}, "it is not complete"),
    (failing(PLACES[0]), {}, "a sample of it failed"),
    (without(*PLACES[2:]), {"ids": ["q1"]}, "it was a trial run of one question"),
]


@pytest.mark.parametrize(("change", "planned", "reason"), LESS, ids=[row[-1] for row in LESS])
def test_a_newer_run_with_less_in_it_does_not_count(
    change: Any, planned: dict[str, list[str]], reason: str, tmp_path: Path
) -> None:
    def less(log: EvalLog) -> None:
        change(log)
        log.eval.dataset.sample_ids = planned.get("ids", log.eval.dataset.sample_ids)

    write(tmp_path / "old.eval", completed=EARLY)
    write(tmp_path / "new.eval", less, completed=LATE, task_id="t2")
    study = read_logs([tmp_path])
    assert answers(study) == ANSWERS, reason
    [note] = study.notes
    assert note.startswith("new.eval is left out: it repeats old.eval, and it has ")


def test_runs_of_different_questions_are_parts_of_one(tmp_path: Path) -> None:
    def of(*ids: str) -> Any:
        def change(log: EvalLog) -> None:
            log.samples = [sample for sample in log.samples or [] if sample.id in ids]
            log.eval.dataset.sample_ids = list(ids)

        return change

    write(tmp_path / "a.eval", of("q1"), task_id="t1")
    write(tmp_path / "b.eval", of("q2", "q3"), task_id="t2")
    study = read_logs([tmp_path])
    [run] = study.runs
    assert (run.expected, run.found) == (6, 6)
    assert sorted(answers(study)) == sorted(ANSWERS)


# what a second run has otherwise -> it is no repeat
OTHERWISE: list[tuple[dict[str, Any], str]] = [
    ({"model": "vllm/lab/two"}, "another model"),
    ({"metadata": {"prompt": "think"}}, "another prompt"),
    ({"metadata": {"dataset": "another", "dataset_sha256": "1"}}, "other data"),
    ({"metadata": {"shuffle": {"seed": 3}}}, "another order of options"),
    ({"metadata": {"checkpoint": "late"}}, "another checkpoint by its own word"),
    ({"task_version": VERSION + 1}, "another version of the task"),
    ({"model_args": {"revision": "step-100"}}, "other weights"),
]


@pytest.mark.parametrize(("given", "reason"), OTHERWISE, ids=[row[-1] for row in OTHERWISE])
def test_runs_that_differ_are_both_there(given: dict[str, Any], reason: str, tmp_path: Path) -> None:
    write(tmp_path / "a.eval")
    write(tmp_path / "b.eval", task_id="t2", **given)
    study = read_logs([tmp_path])
    assert len(study.runs) == 2, reason
    assert len({(run.checkpoint, run.benchmark, repr(run.conditions)) for run in study.runs}) == 2
    assert study.notes == ()


def test_settings_that_leave_the_model_what_it_is_do_not_tell_runs_apart(tmp_path: Path) -> None:
    write(tmp_path / "a.eval", model_args={"device": "cuda:0", "tokenizer_path": "x"})
    write(tmp_path / "b.eval", task_id="t2", model_args={"device": "cuda:1"})
    assert len(read_logs([tmp_path]).runs) == 1


def test_the_same_data_under_another_name_are_the_same(tmp_path: Path) -> None:
    write(tmp_path / "a.eval", metadata={"dataset": "here/test.jsonl", "dataset_sha256": "ab"})
    write(tmp_path / "b.eval", task_id="t2", metadata={"dataset": "there.jsonl", "dataset_sha256": "ab"})
    assert len(read_logs([tmp_path]).runs) == 1


def test_files_of_one_name_are_told_by_their_paths(tmp_path: Path) -> None:
    first = write(tmp_path / "1" / "log.eval", completed=EARLY)
    second = write(tmp_path / "2" / "log.eval", completed=LATE, task_id="t2")
    [note] = read_logs([tmp_path]).notes
    assert note.startswith(f"{first} is left out: it repeats {second}")


def test_benchmarks_come_in_their_usual_order_and_runs_in_that_of_their_paths(tmp_path: Path) -> None:
    named = [
        write(tmp_path / f"{number}.eval", task=task, task_id=f"t{number}", model=f"vllm/lab/{model}")
        for number, (task, model) in enumerate(
            [("medxpertqa", "b"), ("clinical_r1/medqa", "b"), ("medqa", "a"), ("own", "a")]
        )
    ]
    study = read_logs(named)
    assert [(run.benchmark, run.checkpoint) for run in study.runs] == [
        ("medqa", "lab/b"),
        ("medqa", "lab/a"),
        ("medxpertqa", "lab/b"),
        ("own", "lab/a"),
    ]
    assert [run.index for run in study.runs] == [0, 1, 2, 3]
    assert study.responses["run"].tolist() == [run for run in range(4) for _ in PLACES]


# --- judges -----------------------------------------------------------------------------------------------------------
def two_judges(id: str, epoch: int) -> Score | None:
    return judgement("grounding", 5, judge="openai/other") if id == "q1" else None


def test_the_newest_judge_counts_and_scores_of_two_are_never_mixed(tmp_path: Path) -> None:
    change = both(judged("grounding", judgement("grounding", 2)), judged("grounding1", two_judges))
    log = write(tmp_path / "a.eval", change)
    newest, named = read_logs([log]), read_logs([log], judge="openai/j")
    assert newest.responses["drc"].tolist() == pytest.approx([5, 5] + [float("nan")] * 4, nan_ok=True)
    assert [reason == NOT_JUDGED for reason in newest.responses["grounding_reason"]] == [False, False] + [True] * 4
    assert set(named.responses["drc"]) == {2.0}
    assert (newest.runs[0].grounding_judge or "").startswith("openai/other (")
    assert (named.runs[0].grounding_judge or "").startswith("openai/j (")
    assert newest.notes == (
        "grounding on medqa: scores of openai/other (llm, spans, prompt abc) count, those of openai/j (llm, spans, prompt "
        "abc) do not (scores of different judges are never put together).",
    )


# metadata of a second judge -> why it is another
APART: list[tuple[dict[str, Any], str]] = [
    ({"judge": "openai/k"}, "another model"),
    ({"backend": "rules"}, "another backend"),
    ({"profile": "counts"}, "another profile"),
    ({"gold": True}, "it was told the right answer"),
    ({"prompt_hash": "def"}, "another prompt"),
    ({"facts_by": "rules"}, "other facts"),
]


@pytest.mark.parametrize(("metadata", "reason"), APART, ids=[row[-1] for row in APART])
def test_what_makes_another_judge(metadata: dict[str, Any], reason: str, tmp_path: Path) -> None:
    def some(id: str, epoch: int) -> Score | None:
        return judgement("grounding", 5, **metadata) if id == "q1" else None

    log = write(tmp_path / "a.eval", both(judged("grounding", judgement("grounding", 2)), judged("grounding1", some)))
    assert read_logs([log]).responses["drc"].isna().sum() == 4, reason


def test_one_judge_in_two_passes_is_one_and_each_metric_is_of_the_newest_pass_that_has_it(tmp_path: Path) -> None:
    part = judgement("grounding", 5, keys=KEYS["grounding"][:4])
    log = write(tmp_path / "a.eval", both(judged("grounding", judgement("grounding", 2)), judged("grounding1", part)))
    study = read_logs([log])
    assert (set(study.responses["cecd"]), set(study.responses["drc"])) == ({5.0}, {2.0})
    assert study.notes == ()


def test_of_one_judge_s_draws_the_wider_counts(tmp_path: Path) -> None:
    def drawn(id: str, epoch: int) -> Score | None:
        return judgement("grounding", 5, weight=3.0) if id == "q2" else None

    few = read_logs([write(tmp_path / "few.eval", judged("grounding", drawn))])
    assert few.responses["grounding_weight"].tolist() == pytest.approx(
        [float("nan")] * 2 + [3, 3] + [float("nan")] * 2, nan_ok=True
    )
    change = both(judged("grounding", judgement("grounding", 2)), judged("grounding1", drawn))
    study = read_logs([write(tmp_path / "all.eval", change)])
    assert (set(study.responses["drc"]), set(study.responses["grounding_weight"])) == ({2.0}, {1.0})


def test_the_judge_of_most_runs_is_preferred_so_that_runs_can_be_compared(tmp_path: Path) -> None:
    first = judged("grounding", judgement("grounding", 2))
    second = judged("grounding1", judgement("grounding", 5, judge="openai/other"))
    write(tmp_path / "a.eval", both(first, second))
    write(tmp_path / "b.eval", first, task_id="t2", model="vllm/lab/two")
    study = read_logs([tmp_path])
    assert {run.grounding_judge for run in study.runs} == {"openai/j (llm, spans, prompt abc)"}
    named = read_logs([tmp_path], judge="other")
    assert [run.grounding_judge for run in named.runs] == ["openai/other (llm, spans, prompt abc)", None], (
        "a run that this judge has not scored is not judged"
    )
    with pytest.raises(
        UserError, match=r"^--judge gpt: no such judge in these logs; there are openai/j \(.*openai/other"
    ):
        read_logs([tmp_path], judge="gpt")


def test_reasons_of_a_judge_are_told_for_all_metrics_or_for_some(tmp_path: Path) -> None:
    made = {
        ("q1", 1): judgement("grounding", unscored="unreadable: no JSON"),
        ("q1", 2): judgement("grounding", unscored_metrics={"cecd": "facts: none\nfound"}),
        ("q2", 1): judgement(
            "grounding", tally={"returned": 5, "verified": 3, "repaired": 1, "rejected": {"a": 1, "b": 1}}
        ),
    }
    for key in KEYS["grounding"][:4]:
        made["q1", 2].value[key] = float("nan")  # type: ignore[index,call-overload]
    study = read_logs([write(tmp_path / "a.eval", judged("grounding", lambda id, epoch: made.get((id, epoch))))])
    frame = study.responses
    assert [None if pd.isna(reason) else reason for reason in frame["grounding_reason"]] == [
        "unreadable: no JSON", None, None, NOT_JUDGED, NOT_JUDGED, NOT_JUDGED,
    ]  # fmt: skip
    assert list(study.reasons("cecd_coverage"))[:2] == ["unreadable: no JSON", "facts: none found"]
    assert [pd.isna(reason) for reason in study.reasons("drc")] == [False, True, True, False, False, False]
    tally = frame.loc[2, [f"grounding_{name}" for name in ("returned", "verified", "repaired", "rejected")]]
    assert tally.tolist() == [5, 3, 1, 2]
    assert frame["facts"].tolist()[:3] == [4, 4, 4]


def test_a_metric_that_a_response_has_no_value_for_is_undefined(tmp_path: Path) -> None:
    score = judgement("grounding", 2)
    score.value["faithful_rate"] = float("nan")  # type: ignore[index,call-overload]
    study = read_logs([write(tmp_path / "a.eval", judged("grounding", score))])
    assert set(study.reasons("faithful_rate")) == {UNDEFINED}


def test_judges_are_known_by_what_they_give_and_not_by_name(tmp_path: Path) -> None:
    change = both(judged("my_judge", judgement("grounding", 2)), judged("judges/b", judgement("behaviours", 3)))
    study = read_logs([write(tmp_path / "a.eval", change)])
    assert (set(study.responses["drc"]), set(study.responses["verification_any"])) == ({2.0}, {3.0})


def test_words_of_older_logs_come_from_their_judges(tmp_path: Path) -> None:
    def older(log: EvalLog) -> None:
        for sample in samples(log).values():
            metadata = (sample.scores or {})["answer"].metadata or {}
            del metadata["words"], metadata["stop_reason"]
        (samples(log)[PLACES[0]].scores or {})["answer"].metadata["truncated"] = True  # type: ignore[index]

    plain = read_logs([write(tmp_path / "plain.eval", older)])
    assert plain.responses["words"].isna().all()
    assert plain.responses["stop_reason"].tolist() == ["max_tokens"] + ["stop"] * 5
    study = read_logs([write(tmp_path / "a.eval", both(older, judged("behaviours", judgement("behaviours"))))])
    assert set(study.responses["words"]) == {7}


def test_the_truth_of_a_made_world_stands_beside_the_judges(tmp_path: Path) -> None:
    truth = Score(value=dict.fromkeys(KEYS["truth"], 4.0), metadata={"epoch": 1})
    write(tmp_path / "a.eval", judged("world_truth", truth))
    write(tmp_path / "b.eval", task_id="t2", model="vllm/lab/two")
    frame = read_logs([tmp_path]).responses
    assert frame["true_cited"].dtype == "float32"
    assert frame["true_cited"].tolist() == pytest.approx([4.0] * 6 + [float("nan")] * 6, nan_ok=True)
    assert "true_cited" not in read_logs([tmp_path / "b.eval"]).responses


def test_a_panel_counts_as_one_judge_and_shows_the_spans_of_its_first(tmp_path: Path) -> None:
    span = {"of": "drc", "start": 0, "end": 2, "text": "No", "option": "A", "reason": "bare"}
    panel = judgement(
        "grounding", 2, judge="panel of a, b", panel=[{"judge": "a", "spans": []}, {"judge": "b", "spans": [span]}]
    )
    panel.metadata.pop("spans")  # type: ignore[union-attr]
    study = read_logs([write(tmp_path / "a.eval", judged("grounding", panel))])
    assert (study.runs[0].grounding_judge or "").startswith("panel of a, b (")
    assert read_texts(study, [(0, "q1", 1)])[0, "q1", 1].spans == [span]


# --- texts ------------------------------------------------------------------------------------------------------------
def test_texts_are_of_the_response_and_the_judge_that_count(tmp_path: Path) -> None:
    def span(text: str) -> list[dict[str, Any]]:
        return [{"of": "drc", "start": 0, "end": len(text), "text": text}]

    def old(log: EvalLog) -> None:
        for sample in samples(log).values():
            sample.uuid = "old"
            sample.output.choices[0].message.content = "An old response."

    first = judged("grounding", judgement("grounding", spans=span("by j"), judge="openai/j"))
    second = judged("grounding1", judgement("grounding", spans=span("by k"), judge="openai/k"))
    write(
        tmp_path / "old.eval",
        both(old, judged("grounding", judgement("grounding", spans=span("old")))),
        completed=EARLY,
    )
    write(tmp_path / "plain.eval", failing(PLACES[2]), completed=LATE)
    write(tmp_path / "scored.eval", both(first, second), completed=LATE)
    place = (0, *PLACES[0])
    for judge, text in (("openai/j", "by j"), ("openai/k", "by k")):
        study = read_logs([tmp_path], judge=judge)
        shown = read_texts(study, [place, (0, *PLACES[2])])
        assert [one["text"] for one in shown[place].spans] == [text]
        assert {one.item.response for one in shown.values()} == {r"\boxed{C}"}
    with pytest.raises(KeyError):
        read_texts(study, [(0, "q9", 1)])


@pytest.mark.parametrize(
    ("about", "found", "why"),
    [
        ({"facts": 2, "facts_by": "llm", "fact_spans": [[0, 10], [11, 16]]}, ["Which drug", "helps"], "as logged"),
        ({"facts": 0, "facts_by": "llm", "fact_spans": []}, [], "the case has none"),
        ({"facts": 1, "facts_by": "rules"}, ["A man has fever"], "rules say the same again"),
        ({"facts": 2, "facts_by": "rules"}, [], "other rules: another number"),
        ({"facts": 1, "facts_by": "llm"}, [], "nobody knows which"),
        ({"facts": 1, "facts_by": "llm", "fact_spans": [[5, 9000], [4, 2]]}, [], "no places in the question"),
    ],
)
def test_the_facts_of_a_case_are_those_that_its_judge_was_given(
    tmp_path: Path, about: dict[str, Any], found: list[str], why: str
) -> None:
    def with_a_case(log: EvalLog) -> None:
        samples(log)[PLACES[0]].input = (
            "A man has fever. Which drug?" if "fact_spans" not in about else "Which drug helps?"
        )

    log = write(tmp_path / "a.eval", both(with_a_case, judged("grounding", judgement("grounding", **about))))
    place = (0, *PLACES[0])
    assert [fact.text for fact in read_texts(read_logs([log]), [place])[place].item.facts] == found, why


def test_a_log_that_is_gone_is_named_when_texts_are_asked_for(tmp_path: Path) -> None:
    log = write(tmp_path / "a.eval")
    study = read_logs([log])
    log.unlink()
    with pytest.raises(UserError, match=r"a\.eval: cannot be read as an \.eval log"):
        read_texts(study, [(0, "q1", 1)])


# --- two sides --------------------------------------------------------------------------------------------------------
def test_two_sides_are_one_study(tmp_path: Path) -> None:
    a = [write(tmp_path / f"a{seed}.eval", task_id=f"a{seed}", model=f"vllm/lab/a{seed}") for seed in (1, 2)]
    b = write(tmp_path / "b" / "b.eval", task_id="b", model="vllm/lab/b")
    study, of_a, of_b = read_sides(a, [b.parent])
    assert [run.checkpoint for run in of_a] == ["lab/a1", "lab/a2"]
    assert [run.checkpoint for run in of_b] == ["lab/b"]
    assert {*of_a, *of_b} == {*study.runs}
    assert len(study.responses) == 3 * len(PLACES)


def test_a_repeat_may_be_compared_with_what_it_repeats(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.eval"), write(tmp_path / "b.eval", task_id="t2")
    assert len(read_logs([a, b]).runs) == 1
    study, of_a, of_b = read_sides([a], [b])
    assert (len(study.runs), len(of_a), len(of_b)) == (2, 1, 1)


def test_a_run_cannot_be_compared_with_itself(tmp_path: Path) -> None:
    a = write(tmp_path / "a.eval")
    copy = shutil.copy(a, tmp_path / "copy.eval")
    with pytest.raises(UserError, match=r"a\.eval: this run is on both sides"):
        read_sides([a], [copy])


def test_made_logs_are_of_a_real_run() -> None:
    """The variants above start from a log that Inspect wrote."""
    log = real_log()
    assert log.status == "success"
    assert [str((sample.scores or {})["answer"].value) for sample in samples(log).values()].count("C") == sum(ANSWERS)
