"""Which questions of some logs can be drawn, and whose facts of a case raters see."""

import asyncio
import json
from fractions import Fraction
from math import isnan, nan
from pathlib import Path

import pytest
from inspect_ai.model import get_model

from clinical_r1.errors import UserError
from clinical_r1.item import Item
from clinical_r1.judging.facts import case_facts
from clinical_r1.judging.spans import clauses
from clinical_r1.logs import LogSet, ShownSample
from clinical_r1.study.content import shown_response
from clinical_r1.study.draw import Candidate, Drawn, frame_of
from clinical_r1.study.expected_errors import expected_errors
from clinical_r1.study.material import Unit, inventories
from tests.replies.tables import STEM
from tests.running import said
from tests.studies import responses, run, study

ONE, TWO = run(0, "one"), run(1, "two")
JUDGED = {"grounding_reason": [None] * 4}


def test_a_question_can_be_drawn_in_the_epochs_in_which_all_checkpoints_answered() -> None:
    first = responses(ONE, [1, nan, 0, 1], epochs=2, words=[10, 20, 30, 40])
    second = responses(TWO, [0, 0, 0, nan], epochs=2, words=[50, 60, 70, 80])
    found = frame_of(study({ONE: first, TWO: second}), ["drc"])
    candidates = {one.question: one for one in found.candidates}
    assert {id: one.epochs for id, one in candidates.items()} == {"q000": (1,), "q001": (1,)}
    assert candidates["q000"].right == (True, False)
    assert candidates["q001"].right == (False, False)
    assert candidates["q000"].words == 30
    assert isnan(candidates["q000"].found)
    assert found.notes == ("No judge has scored grounding: strata do without it, and a judge can be compared later.",)


def test_questions_without_a_response_of_every_checkpoint_are_said_to_be_left_out() -> None:
    parts = {ONE: responses(ONE, [1, 0, 1, nan]), TWO: responses(TWO, [1, 0])}
    found = frame_of(study(parts), ["drc"])
    assert len(found.candidates) == 2
    assert found.notes[0] == "2 of 4 questions have no response of every checkpoint and cannot be drawn."


def test_only_what_the_judge_was_given_can_be_drawn_and_its_failures_can() -> None:
    first = responses(ONE, [1, 0, 1, 0], drc=[3, nan, 1, 2], **JUDGED)
    reasons = [None, "unreadable: no JSON", "not judged", None]
    second = responses(TWO, [1, 0, 1, 0], drc=[3, 1, nan, 2], grounding_reason=reasons)
    found = frame_of(study({ONE: first, TWO: second}), ["drc"])
    assert [one.question for one in found.candidates] == ["q000", "q001", "q003"]
    assert found.notes == ("1 of 4 questions were not given to the judge of grounding and cannot be drawn.",)
    ranks = {one.question: one.found for one in found.candidates}
    assert ranks["q000"] > ranks["q003"] > ranks["q001"], "by what the judge found, on average"


def test_every_checkpoint_must_have_run_on_every_benchmark() -> None:
    other = run(2, "one", "medmcqa")
    parts = {ONE: responses(ONE, [1]), TWO: responses(TWO, [1]), other: responses(other, [1])}
    with pytest.raises(UserError, match="two has no run on medmcqa, which is to be compared"):
        frame_of(study(parts), ["drc"])


def test_logs_without_a_common_question_are_refused() -> None:
    with pytest.raises(UserError, match="no question has a response of every checkpoint"):
        frame_of(study({ONE: responses(ONE, [nan]), TWO: responses(TWO, [1])}), ["drc"])


# --- where the judge may err ------------------------------------------------------------------------------------------
def two_judges(first: list[float], second: list[float]) -> list[LogSet]:
    """Two checkpoints' logs, read once for each judge."""
    found = []
    for judge, values in (("a", first), ("b", second)):
        runs = [run(0, "one", grounding_judge=judge), run(1, "two", grounding_judge=judge)]
        right = [1.0] * len(values)
        judged = {"grounding_reason": [None] * len(values), "drc_coverage": values}
        found.append(study({one: responses(one, right, **judged) for one in runs}))
    return found


def test_the_judge_may_err_where_two_judges_differ() -> None:
    judged = two_judges([0.0, 0.5, 1.0, nan], [0.0, 0.5, 0.0, 1.0])
    frame = frame_of(judged[0], ["drc"])
    found = expected_errors(frame, ["drc"], judged)
    assert found.sign == "how far judges differ"
    errors = {one.question: value for one, value in found.of.items()}
    assert errors["q000"] == errors["q001"] == 0
    assert errors["q002"] == pytest.approx(3**0.5)
    assert errors["q003"] == 1, "one judge alone: as the average"


def test_the_judge_may_err_where_a_single_one_is_of_two_minds() -> None:
    judged = two_judges([0.0, 0.5, 1.0, 0.1], [nan] * 4)
    found = expected_errors(frame_of(judged[0], ["drc"]), ["drc"], judged[:1])
    assert found.sign == "how far scores are from 0 and 1"
    errors = {one.question: value for one, value in found.of.items()}
    assert errors["q000"] == errors["q002"] == 0 < errors["q003"] < errors["q001"]
    assert errors["q003"] / errors["q001"] == pytest.approx((0.09 / 0.25) ** 0.5)


def test_where_nothing_tells_an_active_draw_is_refused() -> None:
    judged = two_judges([0.0, 1.0, 1.0], [0.0, 1.0, 1.0])
    with pytest.raises(UserError, match="--draw active: nothing in these logs tells where the judge may err") as error:
        expected_errors(frame_of(judged[0], ["drc"]), ["drc"], judged)
    assert "\n" not in str(error.value)


# --- facts ------------------------------------------------------------------------------------------------------------
def unit(judge: str | None, counted: float, *, has_case: bool = True) -> Unit:
    candidate = Candidate("medqa", "q1", (1,), has_case, (True,), 10.0, 1.0)
    item = Item("q1", 1, STEM, {"A": "Aspirin"}, "A", "It is A.", "A", has_case=has_case, negated=False, facts=())
    row = {"has_case": has_case, "facts": counted}
    drawn = Drawn(candidate, 1, "all", Fraction(1))
    return Unit(drawn, run(0, "one", grounding_judge=judge), row, ShownSample(item), shown_response(item.response))


BY_RULES = tuple(" ".join(fact.text.split()) for fact in clauses(STEM))
ASKED = "openai/j (llm, spans, prompt abc)"
CASES = [
    (unit(None, nan), BY_RULES, "there is no judge"),
    (unit("rules (spans, rules-1)", len(BY_RULES)), BY_RULES, "rules judged"),
    (unit("openai/j (llm, spans, facts by rules, prompt abc)", len(BY_RULES)), BY_RULES, "a model judged by facts of rules"),
    (unit(ASKED, 0), BY_RULES, "the model's list failed, so that nothing is compared with it"),
    (unit(ASKED, nan), BY_RULES, "this response was not judged"),
    (unit(ASKED, 4, has_case=False), (), "no case, no facts"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "expected", "reason"), CASES, ids=[reason for *_, reason in CASES])
def test_raters_see_the_facts_that_the_judge_went_by(one: Unit, expected: tuple[str, ...], reason: str) -> None:
    assert inventories([one], "judge")[0] == [expected], reason


def test_facts_that_a_model_listed_are_read_where_they_were_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "inspect"))
    monkeypatch.setenv("CLINICAL_R1_CACHE", str(tmp_path / "kept"))
    with pytest.raises(
        UserError, match=r"question q1: the facts that the judge's model listed are not in .*--facts rules"
    ):
        inventories([unit(ASKED, 2)], "judge")
    facts = ("62-year-old man", "no fever")
    model = get_model("mockllm/model", custom_outputs=[said(json.dumps({"facts": facts}))], memoize=False)
    asyncio.run(case_facts(STEM, "llm", model))
    assert inventories([unit(ASKED, 2)], "judge") == ([facts], [])
    found, notes = inventories([unit(ASKED, 3)], "rules")
    assert found == [BY_RULES]
    assert "Questions that have another number of facts than the judge went by: 1 (q1)" in notes[0]
