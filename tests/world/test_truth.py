"""True counts of responses about invented cases: what judges are compared with."""

import os
import random
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log

from clinical_r1.datasets import QuestionSet, load
from clinical_r1.item import Item
from clinical_r1.tasks import question_task
from clinical_r1.world.build import Size, build_world, read_world
from clinical_r1.world.cases import Case, invent, make_cases
from clinical_r1.world.teacher import write_trace
from clinical_r1.world.truth import true_counts
from tests.running import ROOT, inspect, model_that_says, run_task, scores

MEDICINE = invent(0)
CASE = next(make_cases(MEDICINE, 0))


def counts(response: str, answer: str | None = None, case: Case = CASE) -> dict[str, float]:
    item = Item(case.id, 1, case.stem, case.options, case.target, response, answer, True, False, ())
    return true_counts(item, case, MEDICINE)


def test_findings_named_and_invented_are_counted_once() -> None:
    there, absent = CASE.findings[:2], next(f for f in MEDICINE.disease_of if f not in CASE.findings)
    got = counts(f"The {there[0]}, the {there[1]} and the {there[0]} suggested it. The {absent} too.")
    assert (got["true_cited"], got["true_coverage"]) == (2, 2 / 5)
    assert (got["true_invented"], got["true_invented_any"]) == (1, 1)


def test_reasons_against_wrong_options_are_weighed() -> None:
    wrong = [letter for letter in CASE.options if letter != CASE.target]
    empty = next(letter for letter in wrong if not CASE.findings_for(letter))
    other = next(letter for letter in wrong if letter != empty)
    said = f"Nothing suggested {CASE.options[empty]} ({empty}). Not {CASE.options[other]} ({other})."
    got = counts(said, CASE.target)
    assert [got[f"true_{kind}"] for kind in ("valid", "false", "bare")] == [1, 0, 1]
    assert got["true_drc_coverage"] == 1 / 3
    assert counts(said, empty)["true_drc_coverage"] == 0  # the option chosen leaves the denominator


def test_an_empty_response_claims_nothing() -> None:
    assert set(counts("").values()) == {0.0}


def test_a_copy_of_the_case_cites_nothing() -> None:
    own = f"The {CASE.findings[0]} suggested it."
    for said in (f"{CASE.stem} {own}", f"{own}\n{CASE.stem}", f"<dx>{CASE.stem}\n{own}</dx>"):
        assert counts(said) == counts(own)
    assert counts(CASE.stem.removesuffix(" Which disease is most likely?"))["true_coverage"] == 1


# --- as a scorer ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return build_world(
        tmp_path_factory.mktemp("small") / "world", size=Size(traces=4, rl=4, test=6, width=32, layers=1)
    )


@pytest.fixture
def log(world: Path, tmp_path: Path) -> Path:
    """What the teacher says about the test cases, with options in another order in every epoch."""
    medicine, cases = read_world(world)
    questions: QuestionSet = load("medqa", str(world / "test.jsonl"))

    def teacher(id: str, epoch: int) -> str:
        return write_trace(cases[id], medicine, random.Random(f"{id} {epoch}")).text

    task = question_task(questions, "bare", 2, "share", "epoch")
    return Path(run_task(task, model_that_says(teacher), tmp_path).location)


def score_truth(log: Path, world: Path) -> str:
    world = Path(os.path.relpath(world, ROOT))  # as a user types it
    args = ("--action", "append", "--overwrite", "--model", "none/none", "-S", f"world={world}")
    done = inspect("score", str(log), "--scorer", "judges/world_truth.py@world_truth", *args, cwd=ROOT)
    return done.stdout + done.stderr


def test_a_log_gets_the_truth_of_each_response(log: Path, world: Path) -> None:
    said = score_truth(log, world)
    medicine, cases = read_world(world)
    found = scores(read_eval_log(str(log)), "world_truth")
    assert len(found) == 12, said
    for (id, epoch), score in found.items():
        text = write_trace(cases[id], medicine, random.Random(f"{id} {epoch}")).text
        assert isinstance(score.value, dict)
        assert score.value["true_cited"] == counts(text, case=cases[id])["true_cited"]


def test_a_log_of_other_questions_is_refused(log: Path, tmp_path: Path) -> None:
    other = build_world(tmp_path / "other", seed=1, size=Size(traces=4, rl=4, test=6, width=32, layers=1))
    assert "is no case of" in score_truth(log, other)
    assert "holds no world" in score_truth(log, tmp_path)
