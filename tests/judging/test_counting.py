"""From instances to numbers: what counts once, what does not count, and every bounded form."""

from math import isnan
from typing import get_args

import pytest

from clinical_r1.errors import UserError
from clinical_r1.item import Item, restatements
from clinical_r1.judging.counting import count, unscored
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step
from clinical_r1.judging.replies import LISTS
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import LISTED, METRICS, METRICS_OF, ClaimLabel, RejectionReason, chosen_metrics, keys_of
from clinical_r1.sentences import Sentence
from clinical_r1.study.protocol import Marks

STEM = "A man of 40 has fever, cough and weight loss. What is the diagnosis?"
OPTIONS = {"A": "Tuberculosis", "B": "Asthma", "C": "Gout", "D": "Scabies"}
ALL = METRICS_OF["grounding"] + METRICS_OF["behaviours"]


def item(response: str, stem: str = STEM, answer: str | None = "A", **changes: object) -> Item:
    facts = tuple(fact(stem, text) for text in ("fever", "cough", "weight loss") if text in stem)
    settings: dict[str, object] = {"has_case": True, "negated": False} | changes
    return Item("q1", 1, stem, OPTIONS, "A", response, answer, facts=facts, **settings)  # type: ignore[arg-type]


def fact(stem: str, text: str) -> Sentence:
    return Sentence(stem.index(text), stem.index(text) + len(text), text)


def span(response: str, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = response.index(text, start + 1)
    return Span(start, start + len(text), text, False)


def values(response: str, found: Found, **changes: object) -> dict[str, float]:
    return count(found, item(response, **changes), ALL).values


NOTHING = Found(citations=(), rejections=(), claims=(), steps=())


# --- the table --------------------------------------------------------------------------------------------------------
def test_every_metric_has_a_count_a_rate_and_one_primary_form() -> None:
    for base in ALL:
        forms = [METRICS[key] for key in keys_of((base,))]
        assert {"count", "per_1k"} <= {metric.form for metric in forms}
        primary = [metric.key for metric in forms if metric.primary and metric.key != "harm_any"]
        assert len(primary) == 1, (
            "harm stands beside the rate of hallucinated claims: judges that know no medicine, too"
        )


def test_ratios_name_counts_that_exist() -> None:
    for metric in METRICS.values():
        if metric.numerator or metric.denominator:
            assert METRICS[metric.numerator or ""].form == METRICS[metric.denominator or ""].form == "count"


# --- citations --------------------------------------------------------------------------------------------------------
def test_five_facts_in_a_sentence_are_five_and_the_same_pair_twice_is_one() -> None:
    said = "The fever, the cough and the fever again point to tuberculosis. Fever!"
    found = (
        Citation(span(said, "fever"), 1, "A"),
        Citation(span(said, "fever"), 1, "A"),  # the same pair
        Citation(span(said, "The fever"), 1, "A"),  # the same words quoted wider
        Citation(span(said, "cough"), 2),
        Citation(span(said, "fever", 1), 1),  # said again: another span
        Citation(span(said, "Fever"), 1),
    )
    got = values(said, Found(citations=found))
    assert (got["cecd"], got["cecd_coverage"], got["cecd_linked"]) == (4, 2 / 3, 1 / 3)
    assert got["cecd_per_1k"] == pytest.approx(1000 * 4 / 12)


def test_a_question_without_a_case_has_no_citations_to_count() -> None:
    got = values("The fever.", Found(citations=(Citation(span("The fever.", "fever"), 1),)), has_case=False)
    assert all(isnan(got[key]) for key in keys_of(("cecd",)))


def test_a_sentence_said_three_times_counts_once_and_twice_counts_twice() -> None:
    for times, expected in ((2, 2), (3, 1), (50, 1)):
        said = "The fever fits. " * times
        found = tuple(Citation(span(said, "fever", nth), 1) for nth in range(times))
        counts = count(Found(citations=found), item(said), ("cecd",))
        assert counts.values["cecd"] == expected
        assert counts.flags["looped"] == times - expected


LONG = "A man of 40 has " + ", ".join(f"finding number{i}" for i in range(20)) + " and fever. What is it?"
COPY = LONG.removesuffix(" What is it?") + " "


def test_copying_the_stem_says_nothing() -> None:
    copied = f"{COPY}So the fever decides. He has a rash."
    found = Found(
        citations=(Citation(span(copied, "fever"), 1), Citation(span(copied, "fever", 1), 1)),
        claims=(
            *(Claim(span(copied, f"finding number{i}"), "supported") for i in range(11, 19)),
            *(Claim(span(copied, quote), "invented") for quote in ("So the fever decides", "He has a rash")),
        ),
        rejections=(Rejection(span(copied, "finding number3"), "B", "case_fact"),),
        steps=(Step("verification", span(copied, "finding number4")),),
    )
    counts = count(found, item(copied, stem=LONG), ALL)
    assert (counts.values["cecd"], counts.values["claims"], counts.values["hallucination_rate"]) == (1, 2, 1)
    assert (counts.values["drc"], counts.values["verification"]) == (0, 0)
    assert counts.values["cecd_per_1k"] == pytest.approx(1000 / 8), "of the words that are its own"
    assert counts.flags["restated"] == 11
    assert counts.flags["restated_words"] > 30


@pytest.mark.parametrize(
    ("stem", "response", "passages", "reason"),
    [
        (STEM, STEM, 1, "all of a short stem, its question too"),
        (STEM, "A man of 40 has fever, cough and weight loss, so A.", 0, "its findings alone make a point"),
        ("Which drug cures gout?", "Which drug cures gout? A.", 0, "too short to be told from an answer"),
        (LONG, "He has " + ", ".join(f"finding number{i}" for i in range(14)), 0, "28 words of a long one"),
        (LONG, f"{LONG} So A. {LONG}", 2, "twice"),
        (LONG, f"{COPY}{LONG}", 2, "twice without a gap"),
    ],
)
def test_what_is_a_copy_of_the_case(stem: str, response: str, passages: int, reason: str) -> None:
    assert len(restatements(stem, response)) == passages, reason


def test_judges_do_not_see_sentences_that_only_copy_the_case() -> None:
    own = ["The fever decides.", "He has a rash."]
    for said in (f"{LONG} {' '.join(own)}", f"<dx>{own[0]}\n{LONG}</dx>{own[1]}", f"{own[0]} {LONG}\n\n{own[1]}"):
        shown = item(said, stem=LONG)
        assert [sentence.text for sentence in shown.sentences] == own
        assert shown.words == 7
    changed = item(f"{LONG.replace('number10', 'number99')} A.", stem=LONG)
    assert "number99" in changed.sentences[0].text, "a changed value is the response's own, with its sentence"


@pytest.mark.parametrize("order", [1, -1])
def test_a_fact_returned_twice_is_linked_whichever_came_first(order: int) -> None:
    said = "The fever fits B."
    given = (Citation(span(said, "The fever"), 1), Citation(span(said, "fever fits B"), 1, "B"))[::order]
    got = values(said, Found(citations=given))
    assert (got["cecd"], got["cecd_linked"]) == (1, 1 / 3)


# --- rejections -------------------------------------------------------------------------------------------------------
def test_only_true_reasons_against_wrong_options_count() -> None:
    said = "Not asthma: no wheeze. Not gout. Scabies itches. Not tuberculosis."
    found = Found(
        rejections=(
            Rejection(span(said, "Not asthma"), "B", "case_fact"),
            Rejection(span(said, "no wheeze"), "B", "medical_fact"),
            Rejection(span(said, "Not gout"), "C", "bare"),
            Rejection(span(said, "Scabies itches"), "D", "false"),
            Rejection(span(said, "Not tuberculosis"), "A", "medical_fact"),
        )
    )
    got = values(said, found)
    assert (got["drc"], got["drc_coverage"]) == (2, 1 / 3)
    kinds = ("drc_case_fact", "drc_medical_fact", "drc_bare", "drc_false", "gold_rejected")
    assert [got[key] for key in kinds] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "coverage"),
    [
        ("A", 1 / 3),  # right: three distractors, one rejected
        ("B", 0.0),  # chosen itself: of the other two none is rejected
        ("C", 1 / 2),
        (None, 1 / 3),  # nothing chosen: all distractors stay
    ],
)
def test_the_chosen_option_leaves_the_denominator(answer: str | None, coverage: float) -> None:
    found = Found(rejections=(Rejection(span("Not asthma.", "asthma"), "B", "case_fact"),))
    assert values("Not asthma.", found, answer=answer)["drc_coverage"] == coverage


def test_a_bare_rejection_beside_a_reason_is_none() -> None:
    said = "Not asthma, as there is no wheeze. Not asthma."
    found = (
        Rejection(span(said, "Not asthma, as there is no wheeze"), "B", "case_fact"),
        Rejection(span(said, "Not asthma"), "B", "bare"),
        Rejection(span(said, "Not asthma", 1), "B", "bare"),  # elsewhere
    )
    got = values(said, Found(rejections=found))
    assert (got["drc"], got["drc_bare"]) == (1, 1)


def test_options_with_the_text_of_the_right_one_are_right() -> None:
    said = "Not the second."
    twins = Item("q", 1, STEM, {"A": "Gout", "B": "gout", "C": "Asthma"}, "A", said, None, True, False, ())
    counts = count(Found(rejections=(Rejection(span(said, "Not the second"), "B", "bare"),)), twins, ("drc",))
    assert (twins.targets, twins.distractors) == (("A", "B"), ("C",))
    assert (counts.values["gold_rejected"], counts.values["drc_bare"]) == (1, 0)


def test_reasons_that_cannot_be_weighed_are_flagged() -> None:
    said = "Not asthma, since it is rare."
    counts = count(Found(rejections=(Rejection(span(said, said), "B", "unknown"),)), item(said), ("drc",))
    assert (counts.values["drc"], counts.values["drc_bare"], counts.flags["unknown_reasons"]) == (0, 0, 1)


# --- claims -----------------------------------------------------------------------------------------------------------
def test_claims_are_one_inventory() -> None:
    said = "He has fever. He has a rash. Gout is viral. It may be so. He has fever."
    found = Found(
        claims=(
            Claim(span(said, "He has fever"), "supported"),
            Claim(span(said, "He has a rash"), "invented"),
            Claim(span(said, "Gout is viral"), "medically_false"),
            Claim(span(said, "It may be so"), "unverifiable"),
            Claim(span(said, "He has fever", 1), "supported"),  # said again
        )
    )
    got = values(said, found)
    keys = ("claims", "faithfulness", "hallucination", "h_contradicts", "h_invented", "h_medical", "unverifiable")
    assert [got[key] for key in keys] == [4, 1, 2, 0, 1, 1, 1]
    assert (got["faithful_rate"], got["hallucination_rate"], got["hallucination_any"]) == (0.25, 0.5, 1)


@pytest.mark.parametrize(
    ("said", "quotes", "number", "reason"),
    [
        ("WBC < 5 here. WBC > 5 here.", ["WBC < 5 here", "WBC > 5 here"], 2, "a sign is a word"),
        ("Fever (high). Fever, high.", ["Fever (high)", "Fever, high"], 1, "punctuation is none"),
        ("He has fever and cough.", ["He has fever", "fever", "cough"], 2, "a quote inside another"),
    ],
)
def test_which_claims_are_one(said: str, quotes: list[str], number: int, reason: str) -> None:
    found = Found(claims=tuple(Claim(span(said, quote), "supported") for quote in quotes))
    assert values(said, found)["claims"] == number, reason


def test_without_claims_there_is_no_rate() -> None:
    got = values("Yes.", NOTHING)
    assert isnan(got["faithful_rate"])
    assert isnan(got["hallucination_rate"])
    assert (got["claims"], got["hallucination_any"]) == (0, 0)


# --- behaviours, failures ---------------------------------------------------------------------------------------------
def test_behaviours_are_counted_by_name() -> None:
    said = "Perhaps asthma. No, tuberculosis. Check the cough. Check the fever."
    steps = (
        Step("backtracking", span(said, "Perhaps asthma"), span(said, "No, tuberculosis")),
        Step("verification", span(said, "Check the cough")),
        Step("verification", span(said, "Check the fever")),
    )
    got = values(said, Found(steps=steps))
    assert [got[base] for base in METRICS_OF["behaviours"]] == [1, 2, 0, 0]
    assert [got[f"{base}_any"] for base in METRICS_OF["behaviours"]] == [1, 1, 0, 0]


def test_an_empty_response_is_judged_as_it_stands() -> None:
    got = values("", NOTHING, answer=None)
    assert (got["cecd"], got["cecd_coverage"], got["cecd_per_1k"], got["drc_coverage"]) == (0, 0, 0, 0)
    assert isnan(got["faithful_rate"])


def test_what_was_not_asked_or_cannot_be_known_is_no_zero() -> None:
    got = values("Yes.", Found(citations=(), claims=(), unknown=frozenset({"faithfulness", "hallucination"})))
    assert got["cecd"] == 0
    assert all(isnan(got[key]) for key in ("drc", "gold_rejected", "faithfulness", "hallucination", "backtracking"))
    assert all(isnan(value) for value in unscored(ALL).values())
    assert unscored(ALL).keys() == got.keys()


def test_metrics_are_chosen_by_name() -> None:
    assert chosen_metrics("grounding", None) == METRICS_OF["grounding"]
    assert chosen_metrics("grounding", "drc,cecd") == chosen_metrics("grounding", ["cecd", "drc"]) == ("cecd", "drc")
    assert chosen_metrics("grounding", "cecd, drc") == ("cecd", "drc")
    with pytest.raises(UserError, match="none is named; grounding has cecd"):
        chosen_metrics("grounding", [])
    with pytest.raises(UserError, match="metrics=verification: grounding has cecd, drc"):
        chosen_metrics("grounding", "verification")


# --- the item ---------------------------------------------------------------------------------------------------------
def test_section_tags_divide_a_response_and_belong_to_no_sentence() -> None:
    said = "Sure. <dx>Fever. Cough.</dx>\n<conclusion>A.</conclusion>"
    shown = item(said)
    assert [[sentence.text for sentence in part] for part in shown.parts] == [["Sure."], ["Fever.", "Cough."], ["A."]]
    assert all(said[one.start : one.end] == one.text for one in shown.sentences)
    assert shown.words == 4


# --- what is listed ----------------------------------------------------------------------------------------------------
def test_one_table_names_all_that_judges_and_raters_list() -> None:
    assert [metric for listed in LISTED.values() for metric in listed.metrics] == [
        metric for bases in METRICS_OF.values() for metric in bases
    ]
    assert {listed.key for listed in LISTED.values()} == set(LISTS)
    assert set(LISTED) == set(Marks.model_fields)
    assert set(LISTED["drc"].labels) == set(get_args(RejectionReason))
    assert set(LISTED["claims"].labels) == set(get_args(ClaimLabel))
    for listed in LISTED.values():
        for label in listed.labels.values():
            assert METRICS[label.key].base in (*listed.metrics, "hallucination")
            assert label.counts in (*listed.metrics, "")
