"""What a judge found, in words for Inspect View."""

from clinical_r1.judging.explain import explain
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step
from clinical_r1.judging.spans import Span
from tests.replies.tables import item

RESPONSE = "Blood in her urine. No fever, so not B. A cavity on the radiograph <b>. I start again with C."


def span(text: str) -> Span:
    start = RESPONSE.index(text)
    return Span(start, start + len(text), text, negated_context=False)


def test_every_kind_of_instance_is_named_with_its_sentence() -> None:
    found = Found(
        (Citation(span("Blood in her urine"), 1, "C"),),
        (Rejection(span("so not B"), "B", "case_fact"),),
        (Claim(span("Blood in her urine"), "supported"), Claim(span("A cavity on the radiograph <b>"), "invented")),
        (Step("backtracking", span("A cavity"), span("I start again")),),
    )
    shown = item(response=RESPONSE, stem="Blood and fever.", facts=("Blood", "fever"))
    thrown = {"of": "claims", "sentence": 2, "quote": "pus [x](http://a)", "why": "not in the response"}
    assert explain(shown, found, [thrown]).split("\n\n") == [
        "**Cited 1 of 2 facts of the case**",
        "- F1 “Blood”: “Blood in her urine” [s1], for or against C",
        "**Rejected options**",
        "- B for a fact of the case: “so not B” [s2]",
        "**Claims: 1 supported, 1 invented finding**",
        "**Invented finding**",
        r"- “A cavity on the radiograph \<b\>” [s3]",
        "**Backtracking**",
        "- “A cavity” [s3], then “I start again” [s4]",
        "**Verification: none**",
        "**Subgoals: none**",
        "**Backward chaining: none**",
        "**Thrown away (1)**",
        r"- “pus \[x\](http://a)” [s2]: not in the response",
    ]


def test_what_was_not_asked_is_not_spoken_of() -> None:
    assert explain(item(response=RESPONSE), Found(rejections=())) == "**Rejected no option**"
