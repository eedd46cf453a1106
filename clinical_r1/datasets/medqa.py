"""MedQA: record -> stem, options, right letter, strata; and back.

A layout is recognised record by record from the fields that are there, so the original, GitHub and hub editions of a
benchmark need no switch.
"""

from collections.abc import Mapping
from typing import Any

from clinical_r1.datasets.fields import (
    Fields,
    UnusableError,
    field,
    is_missing,
    is_text_of,
    label,
    label_by_text,
    option_key,
    own_id,
    shortened,
    stratum,
    text,
)
from clinical_r1.datasets.options import options
from clinical_r1.datasets.questions import Question, record_of, strata_of


def medqa_fields(record: Mapping[str, Any], cop_base: int | None = None) -> Fields:
    """MedQA: `{question, options: {A: …}, answer: text, answer_idx: letter, meta_info: "step1"}`.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    stem = text(field(record, "question"), "question")
    choices = options(field(record, "options"))
    target = _medqa_target(record, choices)
    return Fields(own_id(record), stem, choices, target, {"step": stratum(record, "meta_info")})


def _medqa_target(record: Mapping[str, Any], choices: Mapping[str, str]) -> str:
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
    """A record from which `medqa_fields` reads this question."""
    label = {"answer": question.options[question.target], "answer_idx": question.target}
    return record_of(question) | label | strata_of(question, {"step": "meta_info"})
