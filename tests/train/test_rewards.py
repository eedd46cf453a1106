"""Rewards: the reference cases, tables with reasons, properties, and agreement with the evaluation."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.scorers import grade_response
from clinical_r1.train.cross_reference import (
    COPIED_RUN,
    COPIED_SHARE,
    CrossReference,
    is_copy,
    spaced,
    words_of,
)
from clinical_r1.train.reward_functions import REWARDS, Rollout
from clinical_r1.train.rewards import consistency, crpo_reward, grpo_reward, loop_share
from tests.tables.answers import CASES, FOUR

ANALYSIS = "Fever, neck stiffness and photophobia point to bacterial meningitis; migraine lacks fever."
QUESTION = "A man has fever, neck stiffness and photophobia. What is the diagnosis?"


def crpo(conclusion: str, analysis: str = ANALYSIS) -> str:
    return f"<dx>{analysis}</dx>\n<conclusion>{conclusion} \\boxed{{B}}</conclusion>"


def reference_cases() -> list[dict[str, Any]]:
    data = Path(os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[3] / "shared" / "data")
    path = data.parent / "reference" / "reward_cases.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


@pytest.mark.skipif(not reference_cases(), reason="no reward_cases.json beside the real records")
def test_every_reference_case_scores_as_settled_under_both_profiles() -> None:
    for case in reference_cases():
        options = dict(list({**FOUR, "E": "Otitis"}.items())[: case["n_options"]])
        # These were settled for words of the analysis, in whatever language, and without a question.
        reward = crpo_reward(case["completion"], case["target"], options, cross_reference="lexical")
        got = {
            "accuracy": reward.accuracy,
            "format": reward.format,
            "cross_reference": reward.cross_reference,
            "consistency": round(reward.consistency, 3),
        }
        assert got == case["expected"], case["name"]
        other_tags = case["completion"].replace("dx>", "think>").replace("<dx ", "<think ")
        other_tags = other_tags.replace("conclusion>", "answer>")
        released = crpo_reward(other_tags, case["target"], options, profile="released")
        assert released.total == pytest.approx(case["released_code_total"], abs=1e-4), case["name"]


@pytest.mark.skipif(not reference_cases(), reason="no reward_cases.json beside the real records")
def test_a_reference_case_that_restates_the_question_is_specific() -> None:
    for case in reference_cases():
        options = dict(list({**FOUR, "E": "Otitis"}.items())[: case["n_options"]])
        reward = crpo_reward(case["completion"], case["target"], options, question=QUESTION)
        other_language = case["name"] == "spanish"  # no word of the English question
        expected = 0 if other_language else case["expected"]["cross_reference"]
        assert (reward.format, reward.cross_reference) == (case["expected"]["format"], expected), case["name"]


# conclusion, presence, lexical, grounded, specific, reason
REFERENCES = [
    ("Given the fever and the neck stiffness, it is meningitis.", 1, 1, 1, 1, "restates two findings of the case"),
    ("The answer follows.", 1, 0, 0, 0, "prose without a finding"),
    ("", 0, 0, 0, 0, "the box alone"),
    (" . ", 0, 0, 0, 0, "punctuation is no text"),
    (ANALYSIS, 1, 0, 0, 0, "a copy of the analysis"),
    ("fever fever stiffness photophobia fever neck stiffness", 1, 0, 0, 0, "a bag of keywords"),
    ("It is bacterial meningitis and not migraine.", 1, 0, 0, 0, "names options, which is no finding"),
    ("The fever decides it.", 1, 0, 0, 0, "one word is shared by chance"),
    ("The rash and the petechiae above decide it.", 1, 0, 0, 0, "refers to findings that the analysis does not have"),
    ("There is no fever and no neck stiffness.", 1, 1, 1, 1, "a negated reference counts: a documented limit"),
    ("The stiff man with a feverish look decides it.", 1, 0, 0, 0, "whole words: stiff is not stiffness"),
    ("As a man with fever shows, so the point is made.", 1, 0, 0, 0, "whole words: a point is not what points"),
]


@pytest.mark.parametrize(
    ("conclusion", "presence", "lexical", "grounded", "specific", "why"), REFERENCES, ids=lambda v: str(v)[:40]
)
def test_cross_reference(conclusion: str, presence: int, lexical: int, grounded: int, specific: int, why: str) -> None:
    expected = {"presence": presence, "lexical": lexical, "grounded": grounded, "specific": specific}
    for name, wanted in expected.items():
        reward = crpo_reward(crpo(conclusion), "B", FOUR, question=QUESTION, cross_reference=name)
        assert reward.cross_reference == 0.5 * wanted, (name, why)


PROSE = st.lists(
    st.sampled_from("the fever neck stiffness; rash. (acute) pain, and\nchills of 38.5 °C".split(" ")),
    min_size=1,
    max_size=40,
).map(" ".join)


@given(PROSE, PROSE, st.integers(0, 30), st.integers(1, 30))
def test_the_quick_search_for_copies_finds_what_the_definition_says(a: str, b: str, start: int, length: int) -> None:
    """A word is copied if it lies in any run of the analysis; here every run is tried."""
    words = (words_of(a)[start : start + length] + words_of(b)[: length // 3]) or words_of(b)
    said, run = spaced(a.casefold()), min(COPIED_RUN, len(words))
    copied = set()
    for first in range(len(words) - run + 1):
        if f" {' '.join(words[first : first + run])} " in said:
            copied |= {*range(first, first + run)}
    assert is_copy(words, said) == (len(copied) >= COPIED_SHARE * len(words))


def test_an_invented_finding_that_is_repeated_earns_the_lexical_bonus_but_not_the_grounded_one() -> None:
    text = crpo("Because of the purple rash and the petechiae.", "A purple rash with petechiae speaks for meningitis.")
    assert crpo_reward(text, "B", FOUR, cross_reference="lexical").cross_reference == 0.5
    for detector in ("grounded", "specific"):
        assert crpo_reward(text, "B", FOUR, question=QUESTION, cross_reference=detector).cross_reference == 0


def test_a_detector_of_ones_own() -> None:
    seen: list[CrossReference] = []
    reward = crpo_reward(crpo("So."), "B", FOUR, cross_reference=lambda texts: bool(seen.append(texts)) or True)
    assert reward.cross_reference == 0.5
    assert seen[0].conclusion.strip() == "So."


def test_no_bonus_without_the_format() -> None:
    text = "Sure! " + crpo("Given the fever and the neck stiffness.")
    assert crpo_reward(text, "B", FOUR).clinical == 0
    think = "<think>Fever and neck stiffness.</think><answer>The fever and neck stiffness. \\boxed{B}</answer>"
    assert crpo_reward(think, "B", FOUR).clinical == 0
    assert grpo_reward(think, "B", FOUR).total == 11
    assert grpo_reward(crpo("So."), "B", FOUR).total == 10


@pytest.mark.parametrize(
    ("text", "share", "why"),
    [
        ("", 0, "nothing was said"),
        (" \n", 0, "white space is nothing"),
        ("38.5 %, 3/4", 1, "text without letters"),
        ("Fever of 38.5 °C, 5 µg, ≥ 3, β-blocker, naïve", 1, "clinical signs, Greek and accents are on language"),
        ("fever 发热", 5 / 7, "other scripts are not"),
        ("发热", 0, "only another script"),
        ("f" * 995 + "发" * 5, 1, "saturates from .99"),
        ("лихорадка fever", 5 / 14, "Cyrillic"),
        ("BMI 32 kg/m², 150 × 10³/mm³, 10⁻⁹, CO₂", 1, "raised and lowered digits are digits"),
        ("Ca²⁺ 2.1, K⁺ 5.8, PO₄³⁻", 1, "and so are they in ions"),
        ("½, ⅔ or 1⅛ tablets; class Ⅱ, ⅳ, Ↄ; ① a, ⑫ b, ❸ c, ⓪ d", 1, "fractions, Roman and circled numerals"),
        ("37 ℃, 5 Å, 3 Ω, 2 ℓ, 10 K, ℞, №, ™, 3 ‰, 5 ㎎", 1, "letter-like signs and units"),
        ("1ª, 2º, xⁿ, 1ˢᵗ, ᵃ, ₐ, doesnʼt, ﬁbrosis, eﬄuent", 1, "raised letters, an apostrophe, ligatures"),
        ("𝐅𝐞𝐯𝐞𝐫 𝟓, Ｆｅｖｅｒ ３８", 1, "styled and full-width letters and digits"),
        ("² ½ Ⅱ ①", 1, "numerals without letters"),
        ("fever 38² 发热①", 5 / 7, "a numeral lifts no share"),
        ("发热²½①Ⅱ", 0, "nor makes another script on language"),
    ],
)
def test_consistency(text: str, share: float, why: str) -> None:
    assert consistency(text) == pytest.approx(share), why


def test_a_loop_costs_what_the_penalty_says() -> None:
    honest, looping = crpo("So."), crpo("So. " + "the fever is high " * 50)
    assert loop_share(honest) == 0
    assert loop_share(looping) > 0.8
    free, paid = (crpo_reward(looping, "B", FOUR, question=QUESTION, loop_penalty=p).total for p in (0.0, 2.0))
    assert free - paid == pytest.approx(2 * loop_share(looping))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_reward_and_evaluation_agree(case: Any) -> None:
    """r_accuracy is 1 exactly where the scorer says correct and read the answer strictly."""
    order = "".join(case.options)
    for target in case.options:
        grade = grade_response(case.text, case.options, order, target)
        expected = float(grade.correct and grade.method == "strict")
        assert crpo_reward(case.text, target, case.options, question=QUESTION).accuracy == expected
        assert grpo_reward(case.text, target, case.options).accuracy == expected


@given(st.text(alphabet=st.characters() | st.sampled_from("<>/\\{}ABdxconclusionboxed "), max_size=200))
def test_a_reward_stays_in_its_range(text: str) -> None:
    reward = crpo_reward(text, "B", FOUR, question=QUESTION)
    assert reward.accuracy in (0, 1)
    assert reward.clinical in (0, 1, 1.5)
    assert 0 <= reward.consistency <= 1
    assert 0 <= reward.total <= 12
    assert crpo_reward(text, "B", FOUR, question=QUESTION, k=0).total == pytest.approx(
        reward.total - 10 * reward.accuracy
    )


def released_by_patterns(text: str, target: str) -> float:
    """The released scoring as its description says it, with plain patterns: slow, and independent of ours."""
    text = re.split(r"<\|im_end\|>|<\|endoftext\|>|<\|eot_id\|>|</s>", text)[0].strip()
    text = text.replace("<\\think>", "</think>").replace("<\\answer>", "</answer>")
    parts = text.split("## Final Response")
    text = parts[1].strip() if len(parts) > 1 else text
    boxes, wanted = text.count("\\boxed"), re.search(r"\\boxed\{(.*?)\}", text)
    accuracy = float(-boxes)
    if boxes == 1:
        accuracy = -1.0 if wanted is None else -0.5 if not re.fullmatch("[A-Z]", wanted[1]) else wanted[1] == target
    layout = re.search(r"^<think>.*?</think>\s*<answer>(.*?)</answer>$", text, re.DOTALL)
    found = re.findall(r"\\boxed\{.*?\}", layout[1]) if layout else []
    form = 0.0 if layout is None else 1.5 if len(found) == 1 and layout[1].strip() != found[0] else 1.0
    listed = sum(character.isascii() and (character.isprintable() or character == "\n") for character in text)
    return 10 * accuracy + form + (0.5 * listed / len(text) if text else 0.0)


RELEASED = ["<think>", "</think>", "<answer>", "</answer>", "<\\think>", "<\\answer>", "## Final Response", "\\boxed{",
            "\\boxed", "A", "B", "ab", "{", "}", "}", "\n", " ", "\t", "<|im_end|>", "</s>", "热", "é"]  # fmt: skip


@settings(max_examples=20 * settings.default.max_examples)
@given(st.lists(st.sampled_from(RELEASED), max_size=24).map("".join), st.booleans())
def test_released_scoring_is_the_described_one(text: str, wrapped: bool) -> None:
    text = f"<think>{text}</answer>" if wrapped else text
    total = crpo_reward(text, "B", FOUR, profile="released").total
    assert total == pytest.approx(released_by_patterns(text, "B"))
    assert REWARDS["released"](Rollout(text, "B", FOUR, "")) == total


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": "E"}, "A, B, C, D"),
        ({"profile": "loose"}, "strict, released"),
        ({"cross_reference": "vibes"}, "presence, lexical, grounded, specific"),
        ({"cross_reference": "grounded"}, "needs the question"),
        ({}, "cross_reference=specific needs the question: pass question="),
        ({"cross_reference": "specific:no-such.tsv", "question": QUESTION}, "no-such.tsv: cannot be read"),
    ],
)
def test_a_wrong_argument_names_what_is_allowed(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        crpo_reward(**{"completion": crpo("So."), "target": "B", "options": FOUR, **arguments})


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{" * 20_000,  # unclosed boxes
        f"<think>{chr(92)}boxed{{</think><answer>{chr(92) + 'boxed{' * 20_000}</answer>",  # in the answer
        "</think><answer>" * 50_000,  # many beginnings of an answer
        crpo("a " * 300_000),  # one endless sentence
        crpo("The fever and the stiffness. " * 20_000),  # many that qualify
    ],
    ids=["boxes", "boxes in the answer", "sections", "sentence", "sentences"],
)
def test_hostile_text_is_scored_in_linear_time(text: str) -> None:
    for profile in ("strict", "released"):
        crpo_reward(text, "B", FOUR, question=QUESTION, profile=profile)  # type: ignore[arg-type]
    crpo_reward(text, "B", FOUR, cross_reference="lexical")
