"""Questions written back to a file, in the layout of their benchmark."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from clinical_r1.files import write_whole
from clinical_r1.questions import Question

COP_BASE = 0
"""The number of option A in the `cop` of MedMCQA files written here, as on the hub."""


def write_questions(path: Path, questions: Iterable[Question], benchmark: str) -> None:
    """Write questions so that `clinical_r1.datasets.load` gives the same ones back.

    Args:
        path: A `.jsonl` file.
        questions: Questions of one benchmark.
        benchmark: Its name.

    Raises:
        UserError: If the file cannot be written.
    """
    write_json_lines(path, (_LAYOUTS[benchmark](question) for question in questions))


def write_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write one object a line."""
    write_whole(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


def _base(question: Question) -> dict[str, Any]:
    return {"id": question.id, "question": question.stem, "options": question.options}


def _strata(question: Question, names: Mapping[str, str]) -> dict[str, Any]:
    found = {field: question.metadata.get(name) for name, field in names.items()}
    return {field: value for field, value in found.items() if value is not None}


def _medqa(question: Question) -> dict[str, Any]:
    label = {"answer": question.options[question.target], "answer_idx": question.target}
    return _base(question) | label | _strata(question, {"step": "meta_info"})


def _medmcqa(question: Question) -> dict[str, Any]:
    names = {"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type"}
    return (
        _base(question) | {"cop": COP_BASE + list(question.options).index(question.target)} | _strata(question, names)
    )


def _medxpertqa(question: Question) -> dict[str, Any]:
    names = {name: name for name in ("medical_task", "body_system", "question_type")}
    return _base(question) | {"label": question.target} | _strata(question, names)


_LAYOUTS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "medqa": _medqa,
    "medmcqa": _medmcqa,
    "medxpertqa": _medxpertqa,
}
