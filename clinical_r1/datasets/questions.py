"""Questions written back to a file, in the layout of their benchmark."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from clinical_r1.choices import merge_identical, same_text
from clinical_r1.datasets.fields import Fields, UnusableError, shortened, unpacked
from clinical_r1.datasets.options import is_padding
from clinical_r1.datasets.read import BadRecord, Row
from clinical_r1.datasets.wording import has_case, letters_cited, negated

STRATA = ("step", "subject", "topic", "choice_type", "body_system", "medical_task", "question_type")
"""Metadata that comes from the record's own fields; None where the benchmark has no such field."""

FLAGS = ("duplicate_options", "has_case", "negated", "letters_cited", "contradicted")
"""Metadata that is true or false; a question is contradicted where another of this stem and these options has another
right one."""

_PICTURE = re.compile(
    r"(?:^|_|\b)(?:image|img|picture|pic|photo|figure)s?(?:[_ ]?(?:path|file|name|url|id|byte)s?|[_ ]?\d+)*$",
    re.IGNORECASE,
)
_PICTURE_MARK = re.compile(
    r"<(?:image|img)\b[^<>]*>|!\[[^\]]*\]\([^)]+\)|\\includegraphics|\[image\b[^\]]*\]", re.IGNORECASE
)


@dataclass(frozen=True)
class Question:
    """One multiple-choice question."""

    id: str
    """The record's own id, or one made from its text: it does not depend on the order of rows."""
    stem: str
    """The question without its options."""
    options: dict[str, str]
    """Letter -> text, in order, from A without a gap, 2 to 26 of them."""
    target: str
    """The record's own letter of the right option."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Strata: `benchmark`, `n_options` (number), `STRATA` (text or None), `FLAGS` (true or false)."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Every letter whose text is the right option's: more than one where a record repeats an option."""
        label = merge_identical(self.options)
        return tuple(letter for letter in self.options if label[letter] == label[self.target])


def question_of(record: Mapping[str, Any], benchmark: str, fields: Callable[[Mapping[str, Any]], Fields]) -> Question:
    """Turn a record into a question.

    The id is the record's own, else one made from stem and options.

    Args:
        record: Field name to value.
        benchmark: What `benchmark` says in the metadata, and the start of an id that is made.
        fields: How to read the record; raises `UnusableError` if it cannot be used.
    """
    found = fields(record)
    if picture := picture_in(record, found):
        raise UnusableError(f"the question needs a picture ({picture}), and models are asked in text alone")
    metadata: dict[str, Any] = {"benchmark": benchmark}
    metadata |= {name: found.strata.get(name) for name in STRATA}
    metadata |= {
        "n_options": len(found.options),
        "duplicate_options": len(set(merge_identical(found.options).values())) < len(found.options),
        "has_case": has_case(found.stem),
        "negated": negated(found.stem),
        "letters_cited": letters_cited(found.stem, found.options),
        "contradicted": False,
    }
    made_id = content_id(benchmark, found.stem, found.options)
    return Question(found.id or made_id, found.stem, found.options, found.target, metadata)


def picture_in(record: Mapping[str, Any], found: Fields) -> str | None:
    """What shows that a question is asked with a picture: a field that is not empty, or a mark in its text.

    Examples:
        >>> from clinical_r1.datasets.medqa import medqa_fields
        >>> record = {"question": "Who?", "options": ["Men", "Women"], "answer_idx": "A", "images": ["a.png"]}
        >>> picture_in(record, medqa_fields(record))
        'images'
    """
    named = (str(name) for name, value in record.items() if _PICTURE.search(str(name)) and not _is_empty(value))
    marks = (mark[0] for part in (found.stem, *found.options.values()) if (mark := _PICTURE_MARK.search(part)))
    return next(named, None) or next(marks, None)


def _is_empty(value: object) -> bool:
    value = unpacked(value)
    if isinstance(value, Mapping):
        return all(map(_is_empty, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_empty, value))
    said = isinstance(value, str) and same_text(value) in ("none", "no", "false", "0")
    return said or not value or is_padding(value)


def content_id(benchmark: str, stem: str, options: Mapping[str, str]) -> str:
    """The id of a question that has none of its own: the same wherever the record stands and whatever its label."""
    content = "\x1f".join([stem, *options.values()])
    return f"{benchmark}-{hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()[:12]}"


@dataclass(frozen=True)
class Collected:
    """What `collect` found."""

    questions: list[Question]
    """Usable questions with distinct ids, in order."""
    bad: list[BadRecord]
    """The other records."""
    repeated: int
    """Questions whose made id was given a number."""


def collect(rows: Iterable[Row | BadRecord], read: Callable[[Mapping[str, Any]], Question], source: str) -> Collected:
    """Turn rows into questions with distinct ids and gather the reasons of those that cannot be used.

    An own id that was seen before makes a bad record. A record without an id that repeats an earlier one is kept, and
    its id gets a number: `-2`, `-3`.

    Args:
        rows: As a source gives them.
        read: Record -> question; raises `UnusableError` with the reason.
        source: Path or hub id, for the reasons.
    """
    questions: dict[str, Question] = {}
    rows_of: dict[str, int] = {}
    bad: list[BadRecord] = []
    repeats: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, BadRecord):
            bad.append(row)
            continue
        try:
            question = read(row.record)
            if question.id in questions:
                _refuse_own_id(question, rows_of[question.id])
                repeats[question.id] += 1
                numbered = (f"{question.id}-{number}" for number in count(repeats[question.id] + 1))
                question = replace(question, id=next(id for id in numbered if id not in questions))
        except UnusableError as error:
            bad.append(BadRecord(row.number, str(error), source))
            continue
        questions[question.id] = question
        rows_of[question.id] = row.number
    _mark_contradicted(questions.values())
    return Collected(list(questions.values()), bad, repeats.total())


def _mark_contradicted(questions: Iterable[Question]) -> None:
    """Mark questions whose stem and options, in any order, come with several right texts: one of them is wrong."""
    same: dict[tuple[str, frozenset[str]], list[Question]] = {}
    for question in questions:
        options = frozenset(map(same_text, question.options.values()))
        same.setdefault((same_text(question.stem), options), []).append(question)
    for group in same.values():
        if len({same_text(question.options[question.target]) for question in group}) > 1:
            for question in group:
                question.metadata["contradicted"] = True


def _refuse_own_id(question: Question, first_row: int) -> None:
    """Records that bring an id must bring distinct ones; a made id only says that the text is the same."""
    if question.id != content_id(question.metadata["benchmark"], question.stem, question.options):
        raise UnusableError(f"id {shortened(question.id)} is also in row {first_row}: ids must differ")


def record_of(question: Question) -> dict[str, Any]:
    """What records of all layouts have in common."""
    return {"id": question.id, "question": question.stem, "options": question.options}


def strata_of(question: Question, names: Mapping[str, str]) -> dict[str, Any]:
    """Those strata that the question has; `names` are our name -> the layout's."""
    found = {field: question.metadata.get(name) for name, field in names.items()}
    return {field: value for field, value in found.items() if value is not None}
