"""MedXpertQA: hub edition, record -> question, question -> record."""

import re
from collections.abc import Mapping
from typing import Any

from clinical_r1.choices import same_text
from clinical_r1.datasets.fields import field, label, text
from clinical_r1.datasets.options import options
from clinical_r1.datasets.questions import Benchmark, Question, read_question, record_of
from clinical_r1.datasets.read import HubEdition

_STRATA = {name: name for name in ("medical_task", "body_system", "question_type")}


def medxpertqa_question(record: Mapping[str, Any], cop_base: int | None = None) -> Question:
    """MedXpertQA: `{id, question, options: [{letter, content}] or {A: …}, label, medical_task, body_system, …}`.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    choices = options(field(record, "options"))
    stem = text(without_inline_options(text(field(record, "question"), "question"), choices), "question")
    return read_question(record, stem, choices, label(field(record, "label"), choices, "label"), _STRATA)


def without_inline_options(stem: str, choices: Mapping[str, str]) -> str:
    """The stem without the options that MedXpertQA repeats after "Answer Choices:" at its end.

    Only an ending that lists exactly these options, in order, is taken away.

    Examples:
        >>> without_inline_options("Which one? Answer Choices: (A) Iron (B) Zinc", {"A": "Iron", "B": "Zinc"})
        'Which one?'
        >>> without_inline_options("Which one? Answer Choices: (A) Iron (B) Lead", {"A": "Iron", "B": "Zinc"})
        'Which one? Answer Choices: (A) Iron (B) Lead'
    """
    marks = list(re.finditer(r"answer choices\s*:", stem, re.IGNORECASE))
    if not marks:
        return stem
    # An option may hold the words itself: the list starts at the first mark from which all options follow.
    for mark in marks:
        rest: str | None = same_text(stem[mark.end() :])
        for letter, choice in choices.items():
            rest = _after(rest, letter.casefold(), same_text(choice)) if rest is not None else None
        if rest is not None and not rest.strip(" .;"):
            return stem[: mark.start()].rstrip()
    return stem


def _after(rest: str, letter: str, choice: str) -> str | None:
    """What follows "(A) text" or "A. text" at the start of `rest`, or None where it does not start so."""
    mark = re.match(rf"[\s,;.]*\(?{letter}[).:]\s*", rest)
    return rest[mark.end() + len(choice) :] if mark and rest.startswith(choice, mark.end()) else None


def medxpertqa_record(question: Question) -> dict[str, Any]:
    """A record from which `medxpertqa_question` reads this question."""
    return record_of(question, _STRATA, label=question.target)


MEDXPERTQA = Benchmark(
    name="medxpertqa",
    hub=HubEdition("TsinghuaC3I/MedXpertQA", "Text", "test", "f4e6fe7e5a9e13d6c97d7aa2b91cdd8b80c9cc61"),
    rows={"test": 2450},
    licence="MIT",
    paper="Zuo et al. 2025, MedXpertQA, arXiv:2501.18362",
    label="label",
    question=medxpertqa_question,
    record=medxpertqa_record,
)
