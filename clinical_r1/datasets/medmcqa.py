"""MedMCQA: hub edition, record -> question, question -> record.

A layout is recognised record by record from the fields that are there, so the original and hub editions need no switch.
The one thing a record cannot show is whether `cop` counts from 0 (hub) or from 1 (original): `cop_base` decides that
once for a whole file.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from clinical_r1.choices import LETTERS
from clinical_r1.datasets.fields import (
    UnusableError,
    field,
    first_number,
    is_missing,
    label_by_number,
    number,
    text,
)
from clinical_r1.datasets.options import lettered, options
from clinical_r1.datasets.questions import Benchmark, Question, read_question, record_of
from clinical_r1.datasets.read import HubEdition, Row

_STRATA = {"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type"}

COP_BASE = 0
"""The number of option A in `cop` on the hub, and in files written here."""


def medmcqa_question(record: Mapping[str, Any], cop_base: int | None = None) -> Question:
    """MedMCQA: `{id, question, opa, opb, opc, opd, cop: number, choice_type, subject_name, topic_name}`.

    Args:
        record: One record.
        cop_base: The number of option A in `cop`, 0 or 1; None only where no record of the file has a label.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    stem = text(field(record, "question"), "question")
    choices = _choices(record)
    cop = number(field(record, "cop"), "cop")
    if cop is None or cop_base is None:
        raise UnusableError("label missing: cop is empty or -1 (the hub's test split has no labels)")
    return read_question(record, stem, choices, label_by_number(cop, choices, cop_base, "cop", "cop_base"), _STRATA)


def _choices(record: Mapping[str, Any]) -> dict[str, str]:
    if "opa" not in record:
        return options(field(record, "options"))
    pairs = [(letter, field(record, f"op{letter.lower()}")) for letter in LETTERS[:4]]
    return lettered(pairs if is_missing(record.get("ope")) else [*pairs, ("E", record["ope"])])


def cop_base(rows: Iterable[Row], source: str, stated: int | None, argument: str = "cop_base") -> int | None:
    """Find the number that stands for option A in MedMCQA's `cop`, once for a whole file, see `first_number`."""
    cops = [(row.number, *cop_and_size) for row in rows if (cop_and_size := _cop_and_size(row.record))]
    return first_number(cops, source, stated, "cop", argument)


def _cop_and_size(record: Mapping[str, Any]) -> tuple[int, int] | None:
    """A usable record's `cop` and its number of options."""
    try:
        cop = number(field(record, "cop"), "cop")
        size = len(_choices(record))
    except UnusableError:
        return None
    return None if cop is None else (cop, size)


def medmcqa_record(question: Question) -> dict[str, Any]:
    """A record from which `medmcqa_question` reads this question."""
    return record_of(question, _STRATA, cop=COP_BASE + list(question.options).index(question.target))


MEDMCQA = Benchmark(
    name="medmcqa",
    # The test split has no labels: the validation split is what everyone evaluates on.
    hub=HubEdition("openlifescienceai/medmcqa", None, "validation", "91c6572c454088bf71b679ad90aa8dffcd0d5868"),
    rows={"validation": 4183, "train": 182_822},
    licence="Apache-2.0",
    paper="Pal et al. 2022, MedMCQA, arXiv:2203.14371",
    label="cop",
    question=medmcqa_question,
    record=medmcqa_record,
    held_in=frozenset({"options", "opa"}),
    find_base=cop_base,
    hub_base=COP_BASE,
)
