"""Prompts: what the model is asked, word for word."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.errors import UserError
from clinical_r1.grammar import STYLES, parse
from clinical_r1.prompts import PROMPTS, fill, load_prompt, render
from tests.running import DRUGS

STEM = "A 30-year-old has {options}, {format} and  two\nlines, 5 < 7 & \\frac{1}{2}, {question}; <dx>?"
ODD = {"A": "Aspirin {question}", "B": "Heparin\n  5000 U", "C": "{format}", "D": "Option B. is wrong: \\boxed{A}"}

any_text = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("style", PROMPTS)
def test_stem_and_options_stand_in_the_prompt_word_for_word(style: str) -> None:
    asked = render(load_prompt(style), STEM, ODD)
    assert words(STEM) in words(asked)
    lines = asked.splitlines()
    start = lines.index("A. Aspirin {question}")
    assert lines[start : start + 4] == [f"{letter}. {words(text)}" for letter, text in ODD.items()]
    assert asked.count("Aspirin") == 1, "nothing of the question was itself filled in"


@given(style=st.sampled_from(PROMPTS), stem=any_text, first=any_text, second=any_text)
def test_no_question_is_read_as_a_template(style: str, stem: str, first: str, second: str) -> None:
    asked = render(load_prompt(style), stem, {"A": first, "B": second})
    whole = f"{words(stem)} A. {words(first)} B. {words(second)}"
    assert words(whole) in words(asked)


def test_filling_happens_in_one_pass_and_leaves_unknown_names() -> None:
    assert fill("{a}{b}{c}{}", {"a": "{b}", "b": "{a}"}) == "{b}{a}{c}{}"


def test_bare_is_stem_and_options_alone() -> None:
    assert words(render(load_prompt("bare"), "Why?", DRUGS)) == "Why? A. Aspirin B. Heparin C. Warfarin D. Alteplase"


def test_neutral_has_no_tags_and_coaches_nothing_that_judges_count() -> None:
    asked = render(load_prompt("neutral"), "Why?", DRUGS).lower()
    assert r"\boxed{letter}" in asked
    assert not re.search(r"</?\w+>", asked)
    coaching = (
        "impression",
        "intuiti",
        "analytic",
        "finding",
        "cite",
        "reject",
        "distractor",
        "conclusion",
        "step by step",
    )
    assert [word for word in coaching if word in asked] == []


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("crpo", ["<dx>", "</dx>", "<conclusion>", "</conclusion>", "first impression", "analytically", "reject", r"\boxed{letter}"]),
        ("think", ["<think>", "</think>", "<answer>", "</answer>", r"\boxed{letter}"]),
        ("cot", ["step by step", "The answer is X."]),
        ("direct", ["letter"]),
    ],
)  # fmt: skip
def test_each_style_asks_for_its_form(style: str, wanted: list[str]) -> None:
    asked = render(load_prompt(style), "Why?", DRUGS)
    assert [part for part in wanted if part not in asked] == []


@pytest.mark.parametrize("style", [style for style in STYLES if style in PROMPTS])
def test_the_layout_that_a_prompt_shows_is_well_formed_itself(style: str) -> None:
    asked = render(load_prompt(style), "Why?", DRUGS)
    response = parse(asked[asked.index("<") :])
    assert (response.style, response.faults) == (style, ())


def test_the_hash_names_the_words_and_the_version_is_stated() -> None:
    prompts = [load_prompt(style) for style in PROMPTS]
    assert len({prompt.sha256 for prompt in prompts}) == len(PROMPTS)
    assert all(re.fullmatch(r"[0-9a-f]{12}", prompt.sha256) and prompt.version for prompt in prompts)
    changed = replace(prompts[0], template=prompts[0].template + ".")
    assert changed.sha256 != prompts[0].sha256
    assert "origin:" not in "".join(prompt.template for prompt in prompts), "the header is for people"


def test_an_unknown_style_is_refused_in_one_line_that_names_the_styles() -> None:
    with pytest.raises(UserError) as caught:
        load_prompt("crop")
    message = str(caught.value)
    assert "crop" in message
    assert all(style in message for style in PROMPTS)
    assert "\n" not in message
