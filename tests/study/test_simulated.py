"""Simulated raters: what they say beside marks follows what is true of a response, with a step of noise, by seed."""

from random import Random
from typing import Any

import pytest

from clinical_r1.item import Item
from clinical_r1.study.protocol import Answer, Asked
from clinical_r1.study.simulated import CLINICIAN, Response, acceptance, answer_of, harm_of, opine
from clinical_r1.world.cases import invent

MEDICINE = invent(0)


def item(answer: str, target: str = "A") -> Item:
    return Item(
        id="q", epoch=1, stem="s", options=dict(zip("ABCD", MEDICINE.signatures, strict=False)), target=target,
        response="", answer=answer, has_case=True, negated=False, facts=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("disease", "answer", "harm"),
    [
        (1, "B", "serious"),  # a sign of the wrong answer that is given
        (1, "A", "mild"),  # a sign of a wrong option that is not chosen
        (0, "A", "none"),  # a sign of the right one
        (0, "B", "none"),
        (9, "B", "none"),  # of none that is shown
    ],
)
def test_harm_is_what_the_invention_speaks_for(disease: int, answer: str, harm: str) -> None:
    finding = list(MEDICINE.signatures.values())[disease][0]
    assert harm_of(finding.capitalize(), item(answer), MEDICINE) == harm


def mark(of: str, **about: Any) -> dict[str, Any]:
    return {"of": of, "start": 0, "end": 1, **about}


def test_acceptance_falls_with_the_answer_the_harm_and_false_reasons() -> None:
    sign = list(MEDICINE.signatures.values())[1][0]
    invented, false = mark("claims", text=sign, label="invented"), mark("drc", text="x", option="C", reason="false")
    assert acceptance(Response(item("A"), (), ()), MEDICINE) == 5
    assert acceptance(Response(item("A"), (invented, false), ()), MEDICINE) == 3
    assert acceptance(Response(item("B"), (invented, false), ()), MEDICINE) == 1


def test_raters_say_what_is_asked_and_waver_by_a_step() -> None:
    sign = list(MEDICINE.signatures.values())[1][0]
    response = Response(item("A"), (mark("claims", text=sign, label="invented"),), ())  # mild, 4 of 5
    marks = [mark("claims", text=sign, label=label) for label in ("invented", "supported")]

    def said(seed: int, **asked: bool) -> dict[str, Any]:
        answer = answer_of(marks, metrics=("hallucination",))
        opine(CLINICIAN, answer, response, MEDICINE, Asked(**asked), Random(seed))
        return answer

    assert said(0) == answer_of(marks, metrics=("hallucination",))
    assert said(3, harm=True, accept=True) == said(3, harm=True, accept=True)
    found = [said(seed, harm=True, accept=True) for seed in range(500)]
    Answer.model_validate(found[0])
    assert not any("harm" in one["marks"]["claims"][1] for one in found), "what is supported does no harm"
    for values, true in (
        ([one["accept"] for one in found], 4),
        ([one["marks"]["claims"][0]["harm"] for one in found], "mild"),
    ):
        assert len(set(values)) == 3
        assert values.count(true) / 500 == pytest.approx(1 - CLINICIAN.wavering, abs=0.06)
