"""MedMCQA: record -> stem, options, right letter, strata; and back.

A layout is recognised record by record from the fields that are there, so the original and hub editions need no switch.
The one thing a record cannot show is whether `cop` counts from 0 (hub) or from 1 (original): `cop_base` decides that
once for a whole file.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from clinical_r1.choices import LETTERS
from clinical_r1.datasets.fields import (
    Fields,
    UnusableError,
    field,
    first_number,
    is_missing,
    label_by_number,
    number,
    own_id,
    stratum,
    text,
)
from clinical_r1.datasets.options import lettered, options
from clinical_r1.datasets.questions import Question, record_of, strata_of
from clinical_r1.datasets.read import Row


def medmcqa_fields(record: Mapping[str, Any], cop_base: int | None = None) -> Fields:
    """MedMCQA: `{id, question, opa, opb, opc, opd, cop: number, choice_type, subject_name, topic_name}`.

    Args:
        record: One record.
        cop_base: The number of option A in `cop`, 0 or 1; None only where no record of the file has a label.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    stem = text(field(record, "question"), "question")
    choices = lettered(_op_fields(record)) if "opa" in record else options(field(record, "options"))
    strata = {"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type"}
    target = _cop_target(record, choices, cop_base)
    return Fields(own_id(record), stem, choices, target, {key: stratum(record, name) for key, name in strata.items()})


def _op_fields(record: Mapping[str, Any]) -> list[tuple[str, object]]:
    pairs = [(letter, field(record, f"op{letter.lower()}")) for letter in LETTERS[:4]]
    return pairs if is_missing(record.get("ope")) else [*pairs, ("E", record["ope"])]


def _cop_target(record: Mapping[str, Any], choices: Mapping[str, str], base: int | None) -> str:
    cop = number(field(record, "cop"), "cop")
    if cop is None or base is None:
        raise UnusableError("label missing: cop is empty or -1 (the hub's test split has no labels)")
    return label_by_number(cop, choices, base, "cop", "cop_base")


def cop_base(rows: Iterable[Row], source: str, stated: int | None, argument: str = "cop_base") -> int | None:
    """Find the number that stands for option A in MedMCQA's `cop`, once for a whole file, see `first_number`."""
    cops = [(row.number, *found) for row in rows if (found := _cop_and_size(row.record))]
    return first_number(cops, source, stated, "cop", argument)


def _cop_and_size(record: Mapping[str, Any]) -> tuple[int, int] | None:
    """A usable record's `cop` and its number of options."""
    try:
        cop = number(field(record, "cop"), "cop")
        size = len(_op_fields(record) if "opa" in record else options(field(record, "options")))
    except UnusableError:
        return None
    return None if cop is None else (cop, size)


COP_BASE = 0
"""The number of option A in the `cop` of MedMCQA files written here, as on the hub."""


def medmcqa_record(question: Question) -> dict[str, Any]:
    """A record from which `medmcqa_fields` reads this question."""
    names = {"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type"}
    return (
        record_of(question)
        | {"cop": COP_BASE + list(question.options).index(question.target)}
        | strata_of(question, names)
    )
