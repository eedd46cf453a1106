"""MedQA: hub edition, and how its records are read and written.

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
from clinical_r1.datasets.questions import Benchmark
from clinical_r1.datasets.read import HubEdition


def _read(record: Mapping[str, Any], base: int | None) -> tuple[str, dict[str, str], str]:
    """`{question, options: {A: …}, answer: text, answer_idx: letter, meta_info: "step1"}`, or `{id, sent1, ending0, …,
    ending3, label: number from 0}`, which is the hub edition with the dev split, `GBaker/MedQA-USMLE-4-options-hf`.
    """
    if "sent1" in record:
        choices = options([field(record, f"ending{place}") for place in range(4)])
        return text(record["sent1"], "sent1"), choices, label(field(record, "label"), choices, "label", 0)
    stem = text(field(record, "question"), "question")
    choices = options(field(record, "options"))
    return stem, choices, _target(record, choices)


def _target(record: Mapping[str, Any], choices: Mapping[str, str]) -> str:
    answer, letter = record.get("answer"), record.get("answer_idx")
    if "answer" not in record and "answer_idx" not in record:
        field(record, "answer_idx")
    if is_missing(letter):
        same = label_by_text(answer, choices) if isinstance(answer, str) else None
        return same or label(answer, choices, "answer")
    target = label(letter, choices, "answer_idx")
    if not is_missing(answer) and option_key(answer) != target and not is_text_of(answer, target, choices):
        shown = shortened(choices[target]), shortened(answer)
        raise UnusableError(f"label contradicts itself: answer_idx {target} is {shown[0]}, answer is {shown[1]}")
    return target


MEDQA = Benchmark(
    name="medqa",
    hub=HubEdition("GBaker/MedQA-USMLE-4-options", None, "test", "0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18"),
    rows={"test": 1273, "train": 10_178},
    licence="CC-BY-4.0",
    strata={"step": "meta_info"},
    label="answer_idx",
    read=_read,
    label_of=lambda question: {"answer": question.options[question.target], "answer_idx": question.target},
)
