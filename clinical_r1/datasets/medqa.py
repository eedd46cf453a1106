"""MedQA: hub edition, record -> question, question -> record.

A layout is recognised record by record from the fields that are there, so the original, GitHub and hub editions of a
benchmark need no switch.
"""

from collections.abc import Mapping
from typing import Any

from clinical_r1.datasets.fields import (
    UnusableError,
    field,
    is_missing,
    is_text_of,
    label,
    label_by_text,
    option_key,
    shortened,
    text,
)
from clinical_r1.datasets.options import options
from clinical_r1.datasets.questions import Benchmark, Question, read_question, record_of
from clinical_r1.datasets.read import HubEdition

_STRATA = {"step": "meta_info"}


def medqa_question(record: Mapping[str, Any], cop_base: int | None = None) -> Question:
    """MedQA: `{question, options: {A: …}, answer: text, answer_idx: letter, meta_info: "step1"}`.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    stem = text(field(record, "question"), "question")
    choices = options(field(record, "options"))
    return read_question(record, stem, choices, _target(record, choices), _STRATA)


def _target(record: Mapping[str, Any], choices: Mapping[str, str]) -> str:
    answer, letter = record.get("answer"), record.get("answer_idx")
    if "answer" not in record and "answer_idx" not in record:
        field(record, "answer_idx")
    if is_missing(letter):
        if isinstance(answer, str):
            same = label_by_text(answer, choices)
            if same:
                return same
        return label(answer, choices, "answer")
    target = label(letter, choices, "answer_idx")
    if not is_missing(answer) and option_key(answer) != target and not is_text_of(answer, target, choices):
        shown = shortened(choices[target]), shortened(answer)
        raise UnusableError(f"label contradicts itself: answer_idx {target} is {shown[0]}, answer is {shown[1]}")
    return target


def medqa_record(question: Question) -> dict[str, Any]:
    """A record from which `medqa_question` reads this question."""
    answer = question.options[question.target]
    return record_of(question, _STRATA, answer=answer, answer_idx=question.target)


MEDQA = Benchmark(
    name="medqa",
    hub=HubEdition("GBaker/MedQA-USMLE-4-options", None, "test", "0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18"),
    rows={"test": 1273, "train": 10_178},
    licence="CC-BY-4.0",
    paper="Jin et al. 2020, What Disease does this Patient Have?, arXiv:2009.13081",
    label="answer_idx",
    question=medqa_question,
    record=medqa_record,
)
