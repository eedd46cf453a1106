"""The rule-based judges: tables of strings with the reason at the end of each row, properties, hostile input."""

import math
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.item import Item
from clinical_r1.judging.counting import count
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step
from clinical_r1.judging.rubric import render_item
from clinical_r1.judging.rules import UNKNOWN, judge_by_rules
from clinical_r1.metrics import METRICS, METRICS_OF
from clinical_r1.sentences import Sentence, clauses

ALL = (*METRICS_OF["grounding"], *METRICS_OF["behaviours"])
STEM = (
    "A 45-year-old man has had fever, neck stiffness, photophobia and vomiting for 3 days. He denies cough. His "
    "temperature is 38.9°C, pulse is 112/min, and blood pressure is 118/76 mm Hg. He has weakness of the left arm. "
    "Serum sodium is 128 mEq/L. There is no rash. He takes methotrexate. Which is the most likely diagnosis?"
)
OPTIONS = {"A": "Migraine with aura", "B": "Bacterial meningitis", "C": "Ischemic stroke", "D": "Tension headache"}
FACTS = (
    "45-year-old man", "fever", "neck stiffness", "photophobia", "vomiting", "denies cough", "temperature is 38.9°C",
    "pulse is 112/min", "blood pressure is 118/76 mm Hg", "weakness of the left arm", "Serum sodium is 128 mEq/L",
    "no rash", "takes methotrexate",
)  # fmt: skip


def item(response: str, stem: str = STEM, options: Mapping[str, str] = OPTIONS, facts: Any = None, **more: Any) -> Item:
    quotes = FACTS if facts is None and stem == STEM else facts
    cut = clauses(stem) if quotes is None else tuple(
        Sentence(stem.index(quote), stem.index(quote) + len(quote), quote) for quote in quotes
    )  # fmt: skip
    given_: dict[str, Any] = {"target": "B", "answer": "B", "has_case": has_case(stem), "negated": negated(stem)} | more
    return Item(id="q", epoch=1, stem=stem, options=options, response=response, facts=cut, **given_)


def found(response: str, **more: Any) -> Found:
    return judge_by_rules(item(response, **more), ALL)


# response, numbers of the facts cited, reason
CITATIONS: list[tuple[str, set[int], str]] = [
    ("The fever and neck stiffness point to meningitis.", {2, 3}, "two facts in one sentence are two citations"),
    (
        "Fever, neck stiffness, photophobia and vomiting fit, as does his pulse of 112.",
        {2, 3, 4, 5, 8},
        "five are five",
    ),
    ("FEVER is typical.", {2}, "case does not matter"),
    ("He has **photophobia**.", {4}, "nor does markup"),
    ("His temperature of 38.9 °C is striking.", {7}, "a number with its name"),
    ("At 38.9 C he is ill.", {7}, "a number with its unit"),
    ("His temperature of 39.8 °C is striking.", set(), "a changed number"),
    ("His temperature is raised.", set(), "a measurement without its number"),
    ("The number 112 is lucky.", set(), "a number without its neighbour"),
    ("Sodium is 128.", {11}, "a laboratory value"),
    ("Sodium is 138.", set(), "another laboratory value"),
    ("A blood pressure of 118/76 is normal.", {9}, "two numbers that are one"),
    ("A blood pressure of 118/67 is normal.", set(), "one of the two has changed"),
    ("He has no cough.", {6}, "no cough: denies cough"),
    ("He denies having a cough.", {6}, "denies: in other words"),
    ("The cough suggests pneumonia.", set(), "a denied finding taken as present"),
    ("There is no fever.", set(), "a present finding taken as absent"),
    ("Without a rash, meningococcemia is less likely.", {12}, "without: no"),
    ("The rash suggests meningococcemia.", set(), "negation flipped"),
    ("Rash is absent here.", {12}, "a negation that follows"),
    ("The weakness of his left arm matters.", {10}, "the words of the fact"),
    ("The weakness of the right arm matters.", set(), "the other side"),
    ("This 45-year-old is at risk.", {1}, "the age with its unit"),
    ("This 54-year-old man is at risk.", set(), "another age"),
    ("The patient has a history of being a man.", set(), "generic words are no citation"),
    ("Bacterial meningitis is the best option.", set(), "an option's text is no fact"),
    ("Febrile and photophobic, he is ill.", set(), "a paraphrase is out of reach"),
    ("Meningitis typically presents with fever and photophobia.", set(), "said of the disease"),
    ("Migraine would not explain the fever.", {2}, "said of the fever that is there"),
    ("If he had vomiting, it would be migraine.", set(), "a supposition"),
    ("The methotrexate may matter.", {13}, "a drug"),
    ("", set(), "nothing said"),
    ("I cannot help with that.", set(), "a refusal"),
]


@pytest.mark.parametrize(("response", "facts", "reason"), CITATIONS, ids=[row[-1] for row in CITATIONS])
def test_citations(response: str, facts: set[int], reason: str) -> None:
    assert {one.fact for one in found(response).citations or ()} == facts, reason


# response, fact, option, reason
LINKS = [
    ("The fever supports B.", 2, "B", "the letter in the sentence"),
    ("The fever supports bacterial meningitis.", 2, "B", "the text in the sentence"),
    ("The fever supports bacterial meningitis (B).", 2, "B", "text and letter are one option"),
    ("There is fever. This argues against migraine with aura.", 2, "A", "the sentence behind it"),
    ("There is fever.", 2, None, "no option"),
    ("The fever is shared by A and C.", 2, None, "two options"),
    ("Fever supports B, but photophobia supports A.", 4, "A", "two options, each in its part"),
    ("(B) Bacterial meningitis: fits.\nThere is fever.", 2, "B", "under an option's heading"),
]


@pytest.mark.parametrize(("response", "fact", "option", "reason"), LINKS, ids=[row[-1] for row in LINKS])
def test_links(response: str, fact: int, option: str | None, reason: str) -> None:
    assert [one.option for one in found(response).citations or () if one.fact == fact] == [option], reason


# response, {(option, reason)}, why
REJECTIONS: list[tuple[str, set[tuple[str, str]], str]] = [
    ("A is unlikely.", {("A", "bare")}, "no reason"),
    ("(A) is unlikely because of the fever.", {("A", "case_fact")}, "a fact of the case"),
    ("Option A is incorrect.", {("A", "bare")}, "option and letter"),
    ("Migraine with aura is unlikely given the neck stiffness.", {("A", "case_fact")}, "the option's text"),
    ("The fever argues against migraine with aura (A).", {("A", "case_fact")}, "cue in front of the option"),
    ("The fever rules out A and D.", {("A", "case_fact"), ("D", "case_fact")}, "several options are several instances"),
    ("A, C and D are unlikely.", {("A", "bare"), ("C", "bare"), ("D", "bare")}, "a list of options"),
    ("Not ischemic stroke.", {("C", "bare")}, "a bare not"),
    ("No seizure, so not ischemic stroke.", {("C", "case_fact")}, "an absence that the stem does not contradict"),
    ("No fever, so not ischemic stroke.", {("C", "unknown")}, "the absence of what the stem reports is no fact"),
    ("Only photophobia suggested migraine with aura (A).", {("A", "case_fact")}, "too little for it"),
    ("Nothing suggested tension headache (D).", {("D", "unknown")}, "names no finding"),
    ("C is unlikely because strokes begin within seconds.", {("C", "unknown")}, "a reason that rules cannot weigh"),
    ("Tension headache does not fit.", {("D", "bare")}, "does not fit"),
    ("D can be excluded.", {("D", "bare")}, "a passive"),
    ("The findings are inconsistent with D.", {("D", "bare")}, "inconsistent with"),
    ("He has fever. This makes tension headache unlikely.", {("D", "case_fact")}, "the reason in the sentence before"),
    ("D is wrong. He has fever.", {("D", "bare")}, "a sentence behind it without a because"),
    ("D is wrong. Because he has fever.", {("D", "case_fact")}, "the reason in the sentence behind"),
    ("A: no aura. Unlikely.", {("A", "case_fact")}, "under the option's heading"),
    (
        "A is unlikely because of the fever, while C is incorrect.",
        {("A", "case_fact"), ("C", "bare")},
        "a reason belongs to its own part",
    ),
    ("The answer is B.", set(), "a conclusion rejects nobody"),
    ("A cannot be ruled out.", set(), "double negation"),
    ("A is not unlikely.", set(), "double negation"),
    ("Fever does not exclude A.", set(), "double negation"),
    ("Is A unlikely?", set(), "a question"),
    ("The fever supports B.", set(), "support"),
    ("A is likely.", set(), "support"),
    ("Vitamin C is not needed.", set(), "a letter that is no option"),
    ("A man with fever is not well.", set(), "an article is no option"),
    (
        "Option A (migraine with aura) is incorrect. The pulse is 112/min.",
        {("A", "bare")},
        "the subject of a sentence heads nothing",
    ),
    ("Option A (migraine with aura): wrong. He has fever.", {("A", "case_fact")}, "a heading does"),
    ("C is excluded, because nerves have no valves.", {("C", "unknown")}, "what is absent in general"),
    ("C is excluded, because the patient has no aphasia.", {("C", "case_fact")}, "what is absent in this patient"),
    ("B would present with fever and neck stiffness, which this patient has.", set(), "what is expected is there"),
    ("Not only B but also the fever matters.", set(), "not only"),
    ("Antibodies against the virus are found in C.", set(), "against, in another sense"),
    ("", set(), "nothing said"),
]


@pytest.mark.parametrize(
    ("response", "expected", "reason"), REJECTIONS, ids=[f"{row[-1]}-{row[0][:24]}" for row in REJECTIONS]
)
def test_rejections(response: str, expected: set[tuple[str, str]], reason: str) -> None:
    assert {(one.option, one.reason) for one in found(response).rejections or ()} == expected, reason


EXCEPT_STEM = "All of the following are features of scurvy EXCEPT:"
EXCEPT = {"A": "Bleeding gums", "B": "Diarrhea", "C": "Corkscrew hairs", "D": "All of the above"}
# response, options rejected, reason
INVERTED = [
    ("Bleeding gums are a feature of scurvy.", {"A"}, "it holds, so it is not the exception"),
    ("C is true.", {"C"}, "true"),
    ("A is seen in scurvy.", {"A"}, "seen"),
    ("A and C are features of scurvy.", {"A", "C"}, "two of them"),
    ("Diarrhea is not a feature of scurvy.", set(), "that is the answer"),
    ("B is the exception.", set(), "that is the answer"),
    ("C is the correct answer.", set(), "correct as an answer, not as a statement"),
    ("A is incorrect.", set(), "incorrect is what is asked for"),
]


@pytest.mark.parametrize(("response", "options", "reason"), INVERTED, ids=[row[-1] for row in INVERTED])
def test_questions_for_what_does_not_hold_invert_rejections(response: str, options: set[str], reason: str) -> None:
    given_ = item(response, stem=EXCEPT_STEM, options=EXCEPT)
    assert given_.negated
    assert {one.option for one in judge_by_rules(given_, ALL).rejections or ()} == options, reason


def test_all_of_the_above_is_an_option_like_others() -> None:
    options = {"A": "Aspirin", "B": "Heparin", "C": "All of the above"}
    assert [one.option for one in found("All of the above is incorrect.", options=options).rejections or ()] == ["C"]


# response, {(words, label)}, reason
CLAIMS: list[tuple[str, set[tuple[str, str]], str]] = [
    ("The patient has a tremor.", {("tremor", "invented")}, "a finding without a source"),
    ("He presents with diarrhea.", {("diarrhea", "invented")}, "presents with"),
    ("The jaundice and fever suggest sepsis.", {("jaundice", "invented")}, "a definite finding that argues"),
    ("Only hiccups suggested D.", {("hiccups", "invented")}, "only: there is one"),
    ("Given his hematuria, think again.", {("hematuria", "invented")}, "his"),
    ("With a history of asthma, he is at risk.", {("asthma", "invented")}, "history"),
    ("The patient has a pacemaker.", set(), "a device is no finding that one word names"),
    ("The patient has a family history of gout.", set(), "somebody else's"),
    ("The patient has a brain abscess.", set(), "it may be a conclusion"),
    ("The patient has a classic presentation.", set(), "names no thing"),
    ("The patient has a high likelihood of death.", set(), "a judgement"),
    ("The patient has a weak left arm.", set(), "in the stem"),
    ("His hemoglobin of 8.1 is low.", {("hemoglobin of 8.1", "invented")}, "a value without a source"),
    ("His temperature of 40.2 is high.", {("temperature of 40.2", "contradicts")}, "another number"),
    ("Serum sodium is 138 mEq/L.", {("sodium is 138", "contradicts")}, "another laboratory value"),
    ("The blood pressure of 80/40 shows shock.", {("blood pressure of 80/40", "contradicts")}, "another pressure"),
    ("This 54-year-old man is ill.", {("54-year-old", "contradicts")}, "another age"),
    ("The patient has no fever.", {("no fever", "contradicts")}, "denied against the stem"),
    ("There is no photophobia.", {("no photophobia", "contradicts")}, "denied against the stem"),
    ("The patient has a cough.", {("cough", "contradicts")}, "the stem denies it"),
    ("The rash suggests meningococcemia.", {("rash", "contradicts")}, "the stem denies it"),
    ("The patient has fever and vomiting.", set(), "in the stem"),
    ("His temperature is 38.9.", set(), "the stem's number"),
    ("His temperature is 39.", set(), "rounded"),
    ("A temperature of 102.0°F is high.", set(), "in the other unit"),
    ("The patient has no diarrhea.", set(), "an absence where the stem is silent"),
    ("He has no rash.", set(), "absent there and here"),
    ("Meningitis typically causes seizures.", set(), "general medicine"),
    ("If the patient had a tremor, we would think of Parkinson disease.", set(), "a supposition"),
    ("Patients with lupus have arthralgia.", set(), "other patients"),
    ("We would expect jaundice.", set(), "an expectation"),
    ("A temperature above 38 is a fever.", set(), "a threshold"),
    ("The normal sodium is 140.", set(), "a norm"),
    ("The patient has bacterial meningitis.", set(), "a conclusion"),
    ("The patient has tachycardia.", set(), "the pulse in other words"),
    ("Does the patient have a tremor?", set(), "a question"),
    ("The tension headache option is wrong.", set(), "an option's text"),
    ("", set(), "nothing said"),
]


@pytest.mark.parametrize(("response", "expected", "reason"), CLAIMS, ids=[f"{row[-1]}-{row[0][:24]}" for row in CLAIMS])
def test_claims(response: str, expected: set[tuple[str, str]], reason: str) -> None:
    assert {(one.span.text, one.label) for one in found(response).claims or ()} == expected, reason


# response, instances, reason
BACKTRACKING: list[tuple[str, int, str]] = [
    ("This is likely migraine with aura. Wait, there is fever. It is bacterial meningitis.", 1, "another option"),
    ("A seems right. On second thought, B fits better.", 1, "letters"),
    ("At first migraine with aura. But the fever suggested bacterial meningitis.", 1, "at first, but"),
    ("Initially I thought of C. However, the neck stiffness points to B instead.", 1, "initially, however"),
    ("I think it is A. Actually, no: the answer is B.", 1, "actually"),
    ("It looks like A. Let me reconsider. The fever points to B.", 1, "the new line in the sentence behind"),
    ("My first impression is C, but the photophobia suggests B.", 0, "a change within one sentence is not seen"),
    ("A is likely. Hold on, that is wrong. It must be stroke (C). Wait, the fever: it is B.", 2, "twice"),
    ("It could be lupus. Wait, no: this is gout.", 0, "hypotheses that are no option are not followed"),
    ("Wait. Hmm.", 0, "no line of thought"),
    ("The answer is B. Wait, let me think. The answer is B.", 0, "the same line again"),
    ("Hmm, the fever is high.", 0, "no hypothesis"),
    ("A is unlikely. However, B fits.", 0, "going through the options"),
    ("The fever suggests B. However, photophobia is also seen.", 0, "however without a change"),
    ("He was actually febrile. The answer is B.", 0, "actually as an adverb"),
    ("B is likely. Actually, A is unlikely.", 0, "the first line stands"),
    ("Initially he was treated with methotrexate.", 0, "initially, of the course"),
    ("He could not wait. B.", 0, "wait as a verb"),
    ("A is wrong. C is wrong. The answer is B.", 0, "elimination"),
    ("", 0, "nothing said"),
    ("At first glance the case is clear: B. The fever confirms B.", 0, "at first, and it stays"),
    ("The patient waits. It is B instead of A.", 0, "instead without a turn"),
    ("Correction of sodium is slow. B is likely.", 0, "a medical correction"),
    ("I reconsidered the sodium. It is B.", 0, "nothing was dropped"),
    ("First A, then B, then C are discussed.", 0, "an order"),
]
VERIFICATION: list[tuple[str, int, str]] = [
    ("The answer is B. Let me double-check against the age.", 1, "against a condition"),
    ("The answer is B. Let me verify that the fever fits B.", 1, "that"),
    ("B. Re-checking the findings: fever and photophobia fit.", 1, "re-checking"),
    ("I choose B. To be sure, I compare it with A again.", 1, "to be sure"),
    ("B is best. Checking this against the stem, all findings fit.", 1, "checking this against"),
    ("So B. Let me double-check. The fever and photophobia fit B.", 1, "the check follows"),
    ("The answer is B. Does this fit the fever? Yes.", 1, "does this fit"),
    ("B it is. Let's confirm that each finding is explained.", 1, "confirm that"),
    ("The answer is B. I will verify it against the sodium.", 1, "I will"),
    ("The answer is B. Double-checking the pulse: 112/min fits.", 1, "double-checking"),
    ("B. Let me double-check the age. Let me re-check the sodium for B.", 2, "two checks"),
    ("Let me verify the findings first.", 0, "nothing to check yet"),
    ("The diagnosis is B. A lumbar puncture should be done to confirm the diagnosis.", 0, "a test that is ordered"),
    ("B is likely. Check serum sodium daily.", 0, "monitoring"),
    ("The fever supports B.", 0, "first-pass evidence"),
    ("B was confirmed by culture.", 0, "a test's result"),
    ("Blood cultures verify bacterial meningitis.", 0, "a test that verifies"),
    ("B. Let me double-check.", 0, "no condition is named"),
    ("We check the reflexes of B cells.", 0, "not an answer"),
    ("The answer is B.", 0, "no check"),
    ("", 0, "nothing said"),
    ("B. To confirm the diagnosis, obtain CSF.", 0, "a test that is ordered"),
    ("Verification is important in medicine.", 0, "nothing to check yet"),
    ("A checkup is due. B.", 0, "a word that only begins so"),
    ("B. His blood pressure was rechecked.", 0, "care"),
]
SUBGOALS: list[tuple[str, int, str]] = [
    ("First, I will identify the key findings.", 1, "first, I will"),
    ("Next, we need to determine the time course.", 1, "next, we need to"),
    ("Let's first identify the syndrome.", 1, "let's first"),
    ("Let me start by listing the findings.", 1, "start by"),
    ("I need to figure out the cause of the fever.", 1, "figure out"),
    ("Now let's compare the remaining options.", 1, "now let's"),
    ("Let us rule out stroke before going on.", 1, "rule out"),
    (
        "Plan:\n1. Identify the findings.\n2. Compare the options.\n3. Eliminate those that do not fit.",
        3,
        "a plan of three steps",
    ),
    ("Step 1: Identify the syndrome.\nStep 2: Evaluate each option.", 2, "steps"),
    ("Step 1: Identifying the findings", 1, "a heading of its own that announces a goal"),
    ("First, I will look at the fever. Then I will examine the options.", 2, "two of them"),
    ("My first step is to narrow the differential.", 1, "my first step"),
    ("First, give the patient antibiotics.", 0, "care"),
    ("Methotrexate is first-line.", 0, "first-line"),
    ("The next step in management is to start antibiotics.", 0, "care"),
    ("First impression: meningitis.", 0, "a heading that the prompt asks for"),
    ("First, I will give my final answer.", 0, "the final answer"),
    ("We need to choose the correct answer.", 0, "the final answer"),
    ("The fever came first, then the rash.", 0, "an order of events"),
    ("1. Fever\n2. Vomiting\n3. Photophobia", 0, "a list of findings"),
    ("1. Migraine is unlikely.\n2. Stroke is unlikely.", 0, "a list of verdicts"),
    ("We need to start antibiotics now.", 0, "care"),
    ("The answer is B.", 0, "no goal"),
    ("", 0, "nothing said"),
    ("Let me know if you have questions.", 0, "let me, in another sense"),
]
BACKWARD: list[tuple[str, int, str]] = [
    ("If this were migraine with aura, we would expect visual symptoms; here there are none.", 1, "if it were"),
    ("If it were C, we would expect a sudden onset. This patient has had fever for 3 days.", 1, "the test behind"),
    ("A would present with visual aura, which this patient lacks.", 1, "would present with, lacks"),
    ("B would present with fever, which this patient has.", 1, "would present with, has"),
    ("Bacterial meningitis would cause fever and photophobia, but there is no rash.", 1, "would cause, but"),
    ("Suppose it is D: we would expect no fever. He has a fever.", 1, "suppose"),
    ("If the diagnosis were ischemic stroke, he would have a facial droop, which is absent.", 1, "the diagnosis were"),
    ("If it were so, we would expect a droop; there is none.", 0, "no candidate is named"),
    ("If this is B, we should see neck stiffness. Indeed, there is neck stiffness.", 1, "indeed"),
    ("C predicts sudden onset; however, this patient fell ill over 3 days.", 1, "predicts"),
    ("If A, he would have an aura, and here he has none. If C, he would have a deficit, and he has left arm weakness.", 2, "two candidates"),
    ("If this were option C (ischemic stroke), we would expect a droop. That is not described.", 1, "letter and text"),
    ("If this were C, a droop would be expected; none is mentioned.", 1, "a passive, and a test behind a semicolon"),
    ("If this were C, we would expect a droop. That does not match.", 1, "a verdict on what was expected"),
    ("If this were C, we would expect a droop. Let us go on.", 0, "no test behind it"),
    ("If this were C, we would expect a droop. Instead, there is fever.", 1, "instead"),
    ("If this were lupus, we would expect a rash; there is no rash.", 0, "a hypothesis that is no option"),
    ("Fever and photophobia suggest B.", 0, "forward reasoning"),
    ("If untreated, this would be fatal.", 0, "a prognosis"),
    ("A would present with visual aura.", 0, "no test"),
    ("Antibiotics should be given to this patient.", 0, "care"),
    ("If the fever persists, we would repeat the culture.", 0, "care"),
    ("B is likely because of fever.", 0, "forward reasoning"),
    ("We would expect the patient to recover.", 0, "a prognosis"),
    ("He would like to go home.", 0, "would, in another sense"),
    ("The patient should be admitted.", 0, "care"),
    ("If you ask me, B.", 0, "a phrase"),
    ("Option B should be chosen here.", 0, "a choice"),
    ("", 0, "nothing said"),
    ("Vomiting would be unusual.", 0, "no hypothesis"),
]  # fmt: skip
STEPS = [
    (behaviour, *row)
    for behaviour, rows in (
        ("backtracking", BACKTRACKING), ("verification", VERIFICATION), ("subgoal_setting", SUBGOALS),
        ("backward_chaining", BACKWARD),
    )
    for row in rows
]  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "response", "number", "reason"), STEPS, ids=[f"{row[0]}-{row[-1]}-{row[1][:20]}" for row in STEPS]
)
def test_steps(behaviour: str, response: str, number: int, reason: str) -> None:
    got = [one for one in found(response).steps or () if one.behaviour == behaviour]
    assert len(got) == number, (reason, got)
    assert all((one.second is not None) == (behaviour in ("backtracking", "backward_chaining")) for one in got)


def test_only_what_is_asked_for_is_looked_for() -> None:
    response = "The fever argues against A."
    for metric, field in (
        ("cecd", "citations"), ("drc", "rejections"), ("faithfulness", "claims"), ("hallucination", "claims"),
        ("verification", "steps"),
    ):  # fmt: skip
        got = judge_by_rules(item(response), (metric,))
        assert [name for name in ("citations", "rejections", "claims", "steps") if getattr(got, name) is not None] == [
            field
        ]


def test_what_rules_cannot_know_is_unscored_and_the_rest_is_not() -> None:
    given_ = item("The fever argues against A. The patient has a tremor.")
    values = count(judge_by_rules(given_, ALL), given_, ALL).values
    assert {key for key, value in values.items() if math.isnan(value)} == UNKNOWN
    assert set(METRICS) >= UNKNOWN
    assert (values["cecd"], values["drc"], values["h_invented"]) == (1, 1, 1)


def test_a_question_without_a_case_has_no_claims_about_a_patient() -> None:
    got = judge_by_rules(item("The patient has a tremor.", stem="What treats scurvy?", facts=()), ALL)
    assert (got.citations, got.claims) == ((), ())


def test_section_tags_do_not_hide_or_move_what_is_said() -> None:
    response = "<dx>The fever argues against A.</dx>\n<conclusion>The fever makes it \\boxed{B}</conclusion>"
    got = found(response)
    assert [one.span.text for one in got.citations or ()] == ["fever", "fever"]
    assert [one.option for one in got.rejections or ()] == ["A"]


def spans_of(got: Found) -> list[Any]:
    instances: list[Citation | Rejection | Claim | Step] = [
        *(got.citations or ()), *(got.rejections or ()), *(got.claims or ()), *(got.steps or ()),
    ]  # fmt: skip
    return [one.span for one in instances] + [one.second for one in got.steps or () if one.second]


_TABLES = [
    row[0] for table in (CITATIONS, REJECTIONS, CLAIMS, BACKTRACKING, VERIFICATION, SUBGOALS, BACKWARD) for row in table
]
_PIECES = st.sampled_from(
    [*_TABLES, "\n", "\n\n", "<dx>", "</conclusion>", "**", "not ", "(", "İ", "ß", "’", "A.", "\u200b", "38.9", "１"]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=12).map(" ".join)))
def test_any_text_can_be_judged_and_spans_are_slices_of_it(response: str) -> None:
    for given_ in (item(response), item(response, stem=EXCEPT_STEM, options=EXCEPT)):
        got = judge_by_rules(given_, ALL)
        assert got == judge_by_rules(given_, ALL)
        for span in spans_of(got):
            assert 0 <= span.start < span.end <= len(response)
            assert response[span.start : span.end] == span.text


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*filter(None, _TABLES)]), min_size=1, max_size=4),
    st.integers(0, 4),
    st.sampled_from([" ", "\n\n"]),
)
def test_pasting_the_case_changes_no_number(said: list[str], at: int, gap: str) -> None:
    said = [one if one.endswith((".", "!", "?")) else f"{one}." for one in said]
    # what stands between two sentences ends a paragraph as a blank line does
    blank = [*said[:at], "\n\n", *said[at:]] if at < len(said) and at else said
    plain, pasted = item(" ".join(blank)), item(" ".join([*said[:at], f"\n\n{STEM}{gap}", *said[at:]]))
    assert render_item(plain, facts=True) == render_item(pasted, facts=True), "a model is shown the same"
    one, other = (count(judge_by_rules(given_, ALL), given_, ALL).values for given_ in (plain, pasted))
    assert one == pytest.approx(other, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=200),
    st.lists(st.text(max_size=30), min_size=1, max_size=6),
    st.lists(_PIECES, max_size=6).map(" ".join),
)
def test_any_question_can_be_judged(stem: str, texts: list[str], response: str) -> None:
    options = dict(zip("ABCDEF", texts, strict=False))
    judge_by_rules(item(response, stem=stem, options=options, facts=None, target="A", answer=None), ALL)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "<",
        "not ",
        "A ",
        "fever ",
        "\n",
        "wait ",
        "if ",
        "A is not ",
        "38.9 ",
        "(",
        "unlikely ",
        "x. ",
        "no fever, ",
    ],
)
def test_hostile_input_takes_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        given_ = item(piece * (size // len(piece)))
        start = time.process_time()
        judge_by_rules(given_, ALL)
        return time.process_time() - start

    seconds(2_000)
    small, large = seconds(50_000), seconds(200_000)
    assert large < 0.2 + 8 * small  # four times as long: quadratic would be sixteen


LISTED = """**A. Migraine with aura** – Incorrect. Migraine with aura does not raise the temperature for days.
**B. Bacterial meningitis** – Correct.
**C. Ischemic stroke** – Incorrect. He has fever.
**D. Tension headache** – Incorrect."""


def test_a_list_of_options_with_verdicts_is_read_heading_by_heading() -> None:
    got = {(one.option, one.reason) for one in found(LISTED).rejections or ()}
    assert {("A", "unknown"), ("C", "case_fact"), ("D", "bare")} <= got
    assert "B" not in {option for option, _ in got}
