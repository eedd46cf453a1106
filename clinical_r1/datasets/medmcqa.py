"""MedMCQA: hub edition, and how its records are read and written.

A layout is recognised record by record from the fields that are there, so the original and hub editions need no switch.
The one thing a record cannot show is whether `cop` counts from 0 (hub) or from 1 (original): `cop_base` decides that
once for a whole file.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
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
from clinical_r1.datasets.questions import Benchmark
from clinical_r1.datasets.read import HubEdition, Row

_HUB_BASE = 0


def _read(record: Mapping[str, Any], base: int | None) -> tuple[str, dict[str, str], str]:
    """`{id, question, opa, opb, opc, opd, cop: number, …}`; `base` is None only where no record has a label."""
    stem = text(field(record, "question"), "question")
    choices = _choices(record)
    cop = number(field(record, "cop"), "cop")
    if cop is None or base is None:
        raise UnusableError("label missing: cop is empty or -1 (the hub's test split has no labels)")
    return stem, choices, label_by_number(cop, choices, base, "cop", "cop_base")


def _choices(record: Mapping[str, Any]) -> dict[str, str]:
    if "opa" not in record:
        return options(field(record, "options"))
    pairs = [(letter, field(record, f"op{letter.lower()}")) for letter in LETTERS[:4]]
    return lettered(pairs if is_missing(record.get("ope")) else [*pairs, ("E", record["ope"])])


def cop_base(rows: Iterable[Row], source: str, stated: int | None, argument: str = "cop_base") -> int | None:
    """The number that stands for option A in `cop`, once for a whole file, see `first_number`."""
    cops = []
    for row in rows:
        with suppress(UnusableError):
            cop, size = number(field(row.record, "cop"), "cop"), len(_choices(row.record))
            cops += [] if cop is None else [(row.number, cop, size)]
    return first_number(cops, source, stated, "cop", argument)


MEDMCQA = Benchmark(
    name="medmcqa",
    # The test split has no labels: the validation split is what everyone evaluates on.
    hub=HubEdition("openlifescienceai/medmcqa", None, "validation", "91c6572c454088bf71b679ad90aa8dffcd0d5868"),
    rows={"validation": 4183, "train": 182_822},
    licence="Apache-2.0",
    strata={"subject": "subject_name", "topic": "topic_name", "choice_type": "choice_type"},
    label="cop",
    read=_read,
    label_of=lambda question: {"cop": _HUB_BASE + list(question.options).index(question.target)},
    held_in=frozenset({"options", "opa"}),
    find_base=cop_base,
    hub_base=_HUB_BASE,
)
