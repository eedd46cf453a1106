"""MedXpertQA: hub edition, and how its records are read and written."""

import re
from collections.abc import Mapping
from typing import Any

from clinical_r1.choices import same_text
from clinical_r1.datasets.fields import field, label, text
from clinical_r1.datasets.options import options
from clinical_r1.datasets.questions import Benchmark
from clinical_r1.datasets.read import HubEdition


def _read(record: Mapping[str, Any], base: int | None) -> tuple[str, dict[str, str], str]:
    """`{id, question, options: [{letter, content}] or {A: …}, label, medical_task, body_system, …}`."""
    choices = options(field(record, "options"))
    stem = text(without_inline_options(text(field(record, "question"), "question"), choices), "question")
    return stem, choices, label(field(record, "label"), choices, "label")


def without_inline_options(stem: str, choices: Mapping[str, str]) -> str:
    """The stem without the options that MedXpertQA repeats after "Answer Choices:" at its end.

    Only an ending that lists exactly these options, in order, is taken away.

    Examples:
        >>> without_inline_options("Which one? Answer Choices: (A) Iron (B) Zinc", {"A": "Iron", "B": "Zinc"})
        'Which one?'
        >>> without_inline_options("Which one? Answer Choices: (A) Iron (B) Lead", {"A": "Iron", "B": "Zinc"})
        'Which one? Answer Choices: (A) Iron (B) Lead'
    """
    listed = "".join(
        rf"[\s,;.]*\(?{letter.casefold()}[).:]\s*{re.escape(same_text(choice))}" for letter, choice in choices.items()
    )
    # An option may hold the words itself: the list starts at the first mark from which all options follow.
    for mark in re.finditer(r"answer choices\s*:", stem, re.IGNORECASE):
        if re.fullmatch(rf"{listed}[ .;]*", same_text(stem[mark.end() :])):
            return stem[: mark.start()].rstrip()
    return stem


MEDXPERTQA = Benchmark(
    name="medxpertqa",
    hub=HubEdition("TsinghuaC3I/MedXpertQA", "Text", "test", "f4e6fe7e5a9e13d6c97d7aa2b91cdd8b80c9cc61"),
    rows={"test": 2450},
    licence="MIT",
    strata={name: name for name in ("medical_task", "body_system", "question_type")},
    label="label",
    read=_read,
    label_of=lambda question: {"label": question.target},
)
