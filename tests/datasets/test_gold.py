"""Gold self-check: on every record, the right option said in any form is right and any other option is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clinical_r1.choices import copies
from clinical_r1.datasets import Question, load
from clinical_r1.scorers import grade_response
from clinical_r1.solvers import fixed_order, order_shown, shown_options

SAID: dict[str, Callable[[str, str], str]] = {
    "crpo": lambda letter, text: (
        f"<dx>\nThe findings decide.\n</dx>\n<conclusion>\nThey speak for {text}. \\boxed{{{letter}}}\n</conclusion>"
    ),
    "think": lambda letter, _: f"<think>The findings decide.</think>\n<answer>\\boxed{{{letter}}}</answer>",
    "think, bare letter": lambda letter, _: f"<think>The findings decide.</think>\n<answer>{letter}</answer>",
    "free": lambda letter, _: f"The findings decide.\n\n\\boxed{{{letter}}}",
    "stated": lambda letter, _: f"The findings decide. The answer is {letter}.",
    "last line": lambda letter, text: f"The findings decide.\n\n{letter}. {text}",
    "letter": lambda letter, _: letter,
}

BUNDLED = ["medqa", "medmcqa", "medxpertqa"]
SHARED = [
    ("medqa", "medqa_us_5opt_dev.jsonl", 1272),
    ("medqa", "medqa_hub_layout_4opt_300.jsonl", 300),
    ("medmcqa", "medmcqa_raw_dev_part.jsonl", 1500),
    ("medmcqa", "medmcqa_hub_layout_300.jsonl", 300),
    ("medxpertqa", "medxpertqa_text_github_part.jsonl", 120),
    ("medxpertqa", "medxpertqa_text_hub_layout_120.jsonl", 120),
]


def misjudged(question: Question) -> list[str]:
    """What goes wrong when each option is said in each form, the options being shown in another order."""
    order = order_shown(question.options, 7, question.id, 1, fixed=fixed_order(question.metadata))
    shown = shown_options(question.options, order)
    wrong = []
    for (letter, text), own in zip(shown.items(), order, strict=True):
        for form, say in SAID.items():
            grade = grade_response(say(letter, " ".join(text.split())), question.options, order, question.target)
            if (grade.letter, grade.correct) != (own, own in copies(question.target, question.options)):
                wrong.append(f"{question.id} {form}: {own} ({text}) read as {grade}")
    return wrong


@pytest.mark.parametrize("benchmark", BUNDLED)
def test_every_bundled_question(benchmark: str) -> None:
    questions = load(benchmark, "vignettes").questions
    assert len(questions) == 24
    assert [fault for question in questions for fault in misjudged(question)] == []


@pytest.mark.parametrize(("benchmark", "name", "records"), SHARED)
def test_every_real_question_in_every_layout(benchmark: str, name: str, records: int, shared_data: Path) -> None:
    questions = load(benchmark, str(shared_data / name)).questions
    assert len(questions) == records
    assert [fault for question in questions for fault in misjudged(question)] == []
