"""Probes of a log: their scores belong to the responses they asked about, and nothing else of them counts."""

from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.scorer import Score

from clinical_r1.errors import UserError
from clinical_r1.judging.passes import plan_pass
from clinical_r1.logs import LogSet, read_completions, read_logs, read_sides, read_texts
from clinical_r1.logs.table import KEYS
from clinical_r1.metrics import PROBED, Probe
from tests.logged import PLACES, both, real_log, samples, write
from tests.logs.test_run_logs import ANSWERS, EARLY, LATE, answers, failing, without

TAKEN: Mapping[tuple[str, int], float] = dict(zip(PLACES, (1.0, 0.0, nan, 1.0, 0.0, 1.0), strict=True))
"""What the probe says of each response: did it take the hint?"""


def score(value: float, probe: Probe = "hints", seed: int = 0) -> Score:
    return Score(value=dict.fromkeys(KEYS[probe], value), metadata={"judge": f"probe (seed {seed})", "seed": seed})


def asked(values: Mapping[tuple[str, int], float] = TAKEN, **how: Any) -> Any:
    """The log of a probe over the log: the samples in another order, each its own sample about a response of the log's."""

    def change(log: EvalLog) -> None:
        for place, sample in samples(log).items():
            sample.metadata = {**sample.metadata, "response_uuid": sample.uuid}
            sample.uuid = f"probe-{sample.id}-{sample.epoch}"
            sample.scores = {"hints": score(values[place], **how)} if place in values else {}
        log.samples = list(reversed(log.samples or []))

    return change


def probe(path: Path, values: Mapping[tuple[str, int], float] = TAKEN, change: Any = None, **given: Any) -> Path:
    how = {name: given.pop(name) for name in ("probe", "seed") if name in given}
    of = {"probe_of": given.pop("of", real_log().eval.task_id)}
    about = {"task_id": "p1", "task": "hints", "completed": LATE, "metadata": of} | given
    return write(path, both(asked(values, **how), *([change] if change else [])), **about)


def taken(study: LogSet, key: str = "hint_taken") -> list[float]:
    return [-1.0 if isnan(value) else value for value in study.responses[key]]


def test_scores_of_a_probe_stand_beside_the_responses_it_asked_about(tmp_path: Path) -> None:
    log = write(tmp_path / "a.eval", completed=EARLY)
    asked_about = probe(tmp_path / "hints.eval", status="error")
    study = read_logs([log, asked_about])
    assert (answers(study), taken(study)) == (ANSWERS, [1.0, 0.0, -1.0, 1.0, 0.0, 1.0])
    [run] = study.runs
    assert (run.task, run.status, run.task_id) == ("medqa", "success", real_log().eval.task_id), "of the evaluation"
    assert (run.found, run.expected, run.paths, run.probes) == (6, 6, (str(log),), (str(asked_about),))
    assert study.notes == ()
    assert set(KEYS["hints"]) < set(study.responses)
    assert "flip_cited" not in study.responses
    [place] = read_texts(study, [(0, *PLACES[0])])
    assert place == (0, *PLACES[0])
    assert len(list(read_completions([tmp_path]))) == 6, "a probe has none of its own"


def test_a_probe_of_one_run_leaves_the_others_without_a_number(tmp_path: Path) -> None:
    write(tmp_path / "a.eval")
    write(tmp_path / "b.eval", task_id="t2", model="vllm/lab/two")
    probe(tmp_path / "hints.eval", dict.fromkeys(PLACES, 1.0))
    study = read_logs([tmp_path])
    assert study.responses.groupby("checkpoint", observed=True)["hint_taken"].count().to_dict() == {
        "lab/one": 6,
        "lab/two": 0,
    }


def test_of_a_retried_evaluation_the_response_counts_that_was_asked_about(tmp_path: Path) -> None:
    def again(log: EvalLog) -> None:
        for sample in samples(log).values():
            if sample.id == "q1":
                sample.uuid = f"again-{sample.epoch}"

    write(tmp_path / "first.eval", failing(PLACES[0], PLACES[1]), completed=EARLY)
    write(tmp_path / "second.eval", again, completed=LATE)
    probe(tmp_path / "hints.eval", {place: TAKEN[place] for place in PLACES[2:]}, completed="2026-03-01T10:00:00+00:00")
    study = read_logs([tmp_path])
    assert (answers(study), taken(study)) == (ANSWERS, [-1.0, -1.0, -1.0, 1.0, 0.0, 1.0])
    assert study.responses["error"].isna().all(), "that a probe did not ask is no failure of the response"
    assert study.runs[0].paths[0] == str(tmp_path / "second.eval")


def test_failures_and_plans_of_a_probe_are_not_those_of_the_run(tmp_path: Path) -> None:
    write(tmp_path / "a.eval", completed=EARLY)
    probe(tmp_path / "hints.eval", change=both(failing(PLACES[0]), without(PLACES[1])))
    study = read_logs([tmp_path])
    assert (answers(study), taken(study)) == (ANSWERS, [-1.0, -1.0, -1.0, 1.0, 0.0, 1.0])
    assert "lab/one on medqa: 1 of 5 samples of the probe hints failed and have no number." in study.notes
    assert study.runs[0].conditions == read_logs([tmp_path / "a.eval"]).runs[0].conditions


def test_a_probe_without_its_evaluation_says_what_is_missing(tmp_path: Path) -> None:
    log, other = write(tmp_path / "a.eval"), probe(tmp_path / "hints.eval", of="elsewhere")
    study = read_logs([tmp_path])
    said = "is a probe (hints) of a run whose log is not here: vllm/lab/one, task id elsewhere"
    assert study.notes == (f"hints.eval is left out: it {said}.",)
    assert "hint_taken" not in study.responses
    with pytest.raises(UserError) as error:
        read_logs([log, other])
    assert str(error.value) == f"{other}: {said}"
    log.unlink()
    with pytest.raises(UserError, match="task id elsewhere"):
        read_logs([tmp_path])


def test_a_fresh_run_has_one_more_score(tmp_path: Path) -> None:
    def change(log: EvalLog) -> None:
        for place, sample in samples(log).items():
            sample.scores = (sample.scores or {}) | {"hints": score(TAKEN[place])}

    study = read_logs([write(tmp_path / "a.eval", change)])
    assert (answers(study), taken(study)) == (ANSWERS, [1.0, 0.0, -1.0, 1.0, 0.0, 1.0])


def test_of_two_passes_the_newer_counts_and_edits_of_two_seeds_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path / "a.eval", completed=EARLY)
    probe(tmp_path / "p1.eval", dict.fromkeys(PLACES, 0.0), completed=EARLY)
    probe(tmp_path / "p2.eval", {PLACES[0]: 1.0}, task_id="p2")
    assert taken(read_logs([tmp_path])) == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], "one identity: the newest for each response"
    probe(tmp_path / "p3.eval", {PLACES[0]: 0.5}, task_id="p3", seed=1, completed="2026-03-01T10:00:00+00:00")
    study = read_logs([tmp_path])
    assert taken(study) == [0.5, -1.0, -1.0, -1.0, -1.0, -1.0]
    assert "scores of probe (seed 1) count, those of probe (seed 0) do not" in " ".join(study.notes)
    assert taken(read_logs([tmp_path], judge="seed 0")) == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_probes_go_with_their_run_to_its_side(tmp_path: Path) -> None:
    write(tmp_path / "a" / "a.eval")
    probe(tmp_path / "a" / "hints.eval")
    write(tmp_path / "b" / "b.eval", task_id="t2", model="vllm/lab/two")
    study, of_a, of_b = read_sides([tmp_path / "a"], [tmp_path / "b"])
    assert ([run.checkpoint for run in of_a], [run.checkpoint for run in of_b]) == (["lab/one"], ["lab/two"])
    assert study.responses["hint_taken"].notna().sum() == 5


def test_what_was_read_of_probes_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a.eval")
    probe(tmp_path / "logs" / "hints.eval")
    first, second = (read_logs([tmp_path / "logs"], cache=tmp_path / "cache") for _ in range(2))
    assert first.runs == second.runs
    pd.testing.assert_frame_equal(first.responses, second.responses)


def test_every_number_of_a_probe_is_read() -> None:
    assert sorted(key for probe in ("evidence", "twins", "early", "hints") for key in KEYS[probe]) == sorted(PROBED)


def test_responses_are_judged_in_the_log_of_the_evaluation_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.eval")
    log = probe(tmp_path / "hints.eval")
    plan = plan_pass([tmp_path], {"behaviours": {}}, [], None)
    assert [Path(step.source).name for step in plan.steps] == ["a.eval"]
    said = "its responses are those of another log, which it is a probe of"
    assert plan.notes == (f"{log}: left out, {said}",)
    with pytest.raises(UserError, match=said):
        plan_pass([log], {"behaviours": {}}, [], None)
