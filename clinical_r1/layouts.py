"""Field layouts of the three benchmarks: one record -> stem, options, right letter, strata.

A layout is recognised record by record from the fields that are there, so the original, GitHub and hub editions of a
benchmark need no switch. The one thing a record cannot show is whether MedMCQA's `cop` counts from 0 (hub) or from 1
(original): `cop_base` decides that once for a whole file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clinical_r1.choices import LETTERS, same_text
from clinical_r1.errors import UserError
from clinical_r1.fields import (
    UnusableError,
    field,
    is_missing,
    is_text_of,
    label,
    label_by_number,
    label_by_text,
    number,
    option_key,
    own_id,
    shortened,
    stratum,
    text,
)
from clinical_r1.options import lettered, options
from clinical_r1.records import Row


@dataclass(frozen=True)
class Fields:
    """What every layout holds."""

    id: str | None
    """The record's own id."""
    stem: str
    """The question without its options."""
    options: dict[str, str]
    """Letter -> text, from A without a gap."""
    target: str
    """Letter of the right option."""
    strata: dict[str, str | None]
    """Some of `step`, `subject`, `topic`, `choice_type`, `body_system`, `medical_task`, `question_type`."""


def medqa_fields(record: Mapping[str, Any], cop_base: int | None = None) -> Fields:
    """MedQA: `{question, options: {A: …}, answer: text, answer_idx: letter, meta_info: "step1"}`.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    stem = text(field(record, "question"), "question")
    choices = options(field(record, "options"))
    target = _medqa_target(record, choices)
    return Fields(own_id(record), stem, choices, target, {"step": stratum(record, "meta_info")})


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


def medxpertqa_fields(record: Mapping[str, Any], cop_base: int | None = None) -> Fields:
    """MedXpertQA: `{id, question, options: [{letter, content}] or {A: …}, label, medical_task, body_system, …}`.

    Raises:
        UnusableError: If the record cannot be used, with the reason.
    """
    choices = options(field(record, "options"))
    stem = text(without_inline_options(text(field(record, "question"), "question"), choices), "question")
    strata = {name: stratum(record, name) for name in ("medical_task", "body_system", "question_type")}
    return Fields(own_id(record), stem, choices, label(field(record, "label"), choices, "label"), strata)


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


def first_number(
    labels: Iterable[tuple[int, int, int]], source: str, stated: int | None, name: str, argument: str
) -> int | None:
    """Find the number that stands for option A where labels are numbers, once for a whole file.

    A 0 shows that the file counts from 0; a number equal to the record's number of options, that it counts from 1.

    Args:
        labels: Row, label and number of options of every record that can be used.
        source: Path or hub id, for messages.
        stated: What the user says or what is known of a hub edition; None to find out.
        name: The field of the label, for messages.
        argument: What `stated` is called, for messages.

    Returns:
        0, 1, or None if no row has a label.

    Raises:
        UserError: If the rows show both, or other than stated, or nothing.
    """
    labels = list(labels)
    starts = {
        base: row for row, place, size in reversed(labels) for base, shown in ((0, 0), (1, size)) if place == shown
    }
    if len(starts) > 1:
        rows = f"from 0 in row {starts[0]} and from 1 in row {starts[1]}"
        raise UserError(f"{source}: {name} counts {rows}: allowed is one")
    if stated is not None and starts.get(1 - stated):
        where, other = f"{source}:{starts[1 - stated]}", 1 - stated
        raise UserError(f"{where}: {name} counts from {other}, which contradicts {argument}={stated}")
    if stated is None and labels and not starts:
        seen = ", ".join(str(place) for place in sorted({place for _, place, _ in labels}))
        unclear = f"{name} holds only {seen}, so it may count from 0 or from 1"
        raise UserError(f"{source}: {unclear}: state it, -T {argument}=0|1")
    return stated if stated is not None else next(iter(starts), None)


def _cop_and_size(record: Mapping[str, Any]) -> tuple[int, int] | None:
    """A usable record's `cop` and its number of options."""
    try:
        cop = number(field(record, "cop"), "cop")
        size = len(_op_fields(record) if "opa" in record else options(field(record, "options")))
    except UnusableError:
        return None
    return None if cop is None else (cop, size)
