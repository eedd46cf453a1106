"""The answer grammar: the shared table, properties, and the instructions."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.grammar import FAULTS, STYLES, format_instructions, parse, spoken
from tests import HOSTILE_SIZE
from tests.tables.grammar import GRAMMAR_CASES, GrammarCase

PIECES = st.sampled_from(
    [
        "<dx>",
        "</dx>",
        "<conclusion>",
        "</conclusion>",
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        "<DX>",
        "<\\dx>",
        "< dx >",
        "<dx id=1>",
        "\n",
        " ",
        "fever",
        "\\boxed{B}",
        "<",
        ">",
        "é",
    ]
)


@pytest.mark.parametrize("case", GRAMMAR_CASES, ids=lambda case: case.why)
def test_table(case: GrammarCase) -> None:
    response = parse(case.text)
    assert response.style == case.style
    assert response.well_formed == case.well_formed, response.faults
    assert case.fault_kinds <= {fault.split(":")[0] for fault in response.faults}
    if case.analysis is not None:
        assert response.analysis == case.analysis
    if case.conclusion is not None:
        assert response.conclusion == case.conclusion


@given(st.lists(PIECES, max_size=14).map("".join))
def test_well_formed_means_exactly_what_the_definition_says(text: str) -> None:
    response = parse(text)
    assert all(fault.split(":")[0] in FAULTS for fault in response.faults)
    expected = False
    for first, second in (("dx", "conclusion"), ("think", "answer")):
        tags = [f"<{first}>", f"</{first}>", f"<{second}>", f"</{second}>"]
        if all(text.count(tag) == 1 for tag in tags):
            a, b, c, d = (text.index(tag) for tag in tags)
            sections = text[a + len(tags[0]) : b], text[c + len(tags[2]) : d]
            outside = text[:a] + text[b + len(tags[1]) : c] + text[d + len(tags[3]) :]
            variants = [v for v in ("<DX>", "<\\dx>", "< dx >", "<dx id=1>") if v in text and first == "dx"]
            ordered = a < b < c < d
            expected |= ordered and all(s.strip() for s in sections) and not outside.strip() and not variants
        elif first == "think" and [text.count(tag) for tag in tags] == [0, 1, 1, 1]:  # the chat template had opened it
            b, c, d = (text.index(tag) for tag in tags[1:])
            between, behind = text[b + len(tags[1]) : c], text[d + len(tags[3]) :]
            sections = text[:b], text[c + len(tags[2]) : d]
            expected |= b < c < d and all(s.strip() for s in sections) and not (between + behind).strip()
    assert response.well_formed == expected


SPOKEN = [
    ("Fever. B", "Fever. B", False, "no thought"),
    ("<think>Perhaps A.</think>B", "B", False, "DeepSeek-R1, Qwen3"),
    ("Perhaps A.</think>B", "B", False, "the chat template had opened it"),
    ("a</think>b</think>B", "B", False, "closed twice: what stands behind the last is said"),
    ("<think>The answer is A. No, wait", "", True, "cut off"),
    ("<think>a</think><think>b", "", True, "a second thought, cut off"),
    ("B <think>Or A?", "B ", True, "said before a thought that was cut off"),
    ("<THINK>A.</THINK>B", "B", False, "upper case"),
    ("<reasoning>A.</reasoning>B", "B", False, "another tag"),
    ("<seed:think>A.</seed:think>B", "B", False, "Seed"),
    ("[THINK]A.[/THINK]B", "B", False, "Magistral"),
    ("◁think▷A.◁/think▷B", "B", False, "Kimi"),
    ("<|begin_of_thought|>A.<|end_of_thought|>B", "B", False, "Sky-T1"),
    ("<|START_THINKING|>A.<|END_THINKING|>B", "B", False, "Command A Reasoning"),
    ("<unused94>thought\nA.<unused95>B", "B", False, "MedGemma"),
    ("<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>final<|message|>B", "B", False, "gpt-oss"),
    ("<|channel|>analysis<|message|>A or B", "", True, "gpt-oss, cut off"),
    ("analysisFever.assistantfinalB", "B", False, "gpt-oss, its marks dropped"),
    ("analysis of the case: B", "analysis of the case: B", False, "a word that only looks like a mark"),
    ("## Thinking\n\nA.\n\n## Final Response\n\nB", "\n## Final Response\n\nB", False, "HuatuoGPT-o1"),
    ("## Thinking\n\nPerhaps A", "", True, "HuatuoGPT-o1, cut off"),
    ("Thinking Process:\n1. A?\n</think>\nB", "\nB", False, "a thought in plain words"),
    ("<dx>Fever.<conclusion>B</conclusion>", "<conclusion>B</conclusion>", False, "the conclusion ends an analysis"),
]


@pytest.mark.parametrize(("text", "said", "unfinished", "why"), SPOKEN)
def test_what_is_said_outside_thoughts(text: str, said: str, unfinished: bool, why: str) -> None:
    assert (spoken(text).text, spoken(text).unfinished) == (said, unfinished)


@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", "<think></think>", "[THINK]", "<", "[", "◁", "<|channel|>analysis"]
)
def test_a_long_text_of_marks_is_read(piece: str) -> None:
    assert len(spoken(piece * (HOSTILE_SIZE // len(piece))).text) <= HOSTILE_SIZE


@given(st.text())
def test_any_text_parses(text: str) -> None:
    response = parse(text)
    assert response.well_formed == (not response.faults)


@pytest.mark.parametrize("style", ["crpo", "think"])
def test_an_answer_in_the_form_that_the_instructions_show_is_well_formed(style: str) -> None:
    instructions = format_instructions(style)  # type: ignore[arg-type]
    layout = instructions[instructions.index("<") :]
    assert parse(layout).well_formed
    assert parse(layout).style == style


def test_instructions_name_every_tag_and_what_the_style_asks_for() -> None:
    for style, sections in STYLES.items():
        text = format_instructions(style)
        assert text.count("\\boxed{letter}") == 1
        assert all(f"<{s.tag}>" in text and f"</{s.tag}>" in text for s in sections)
    crpo = format_instructions("crpo")
    assert all(
        word in crpo for word in ("first impression", "analytically", "findings of the case", "every distractor")
    )
    assert not set("<>") & set(format_instructions("free"))


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="crpo, think, free"):
        format_instructions("xml")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "<dx>" * (HOSTILE_SIZE // 4),  # only openings
        "<" * HOSTILE_SIZE,  # only brackets
        "<" + " " * HOSTILE_SIZE,  # white space that a tag could begin with
        "< " * (HOSTILE_SIZE // 2),  # many beginnings
        "<dx " + "a" * HOSTILE_SIZE,  # an attribute that never ends
        "<dx a" * (HOSTILE_SIZE // 5),  # many of them
        "<dx>" + string.printable * (HOSTILE_SIZE // 100),  # unclosed
        "</conclusion><dx>" * (HOSTILE_SIZE // 17),  # always out of order
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    # Not a timing: with quadratic scanning one of these takes minutes, and the run would be stopped.
    assert not parse(text).well_formed
