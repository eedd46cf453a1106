"""Questions, the sets and benchmarks that they come from, and the account of records that cannot be used."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from clinical_r1.choices import merge_identical, same_text
from clinical_r1.datasets.fields import UnusableError, own_id, shortened, stratum, unpacked
from clinical_r1.datasets.options import is_padding
from clinical_r1.datasets.read import BadRecord, HubEdition, Row, Source
from clinical_r1.datasets.wording import has_case, letters_cited, negated
from clinical_r1.errors import UserError

STRATA = ("step", "subject", "topic", "choice_type", "body_system", "medical_task", "question_type")
"""Metadata that comes from the record's own fields; None where the benchmark has no such field."""

FLAGS = ("duplicate_options", "has_case", "negated", "letters_cited", "contradicted")
"""Metadata that is true or false; a question is contradicted where another of this stem and these options has another
right one."""

ON_BAD_RECORD = ("error", "skip")
"""What to do with records that cannot be used."""

_SKIP = "-T on_bad_record=skip in inspect eval, --on-bad-record skip in clinical-r1 distil"
"""How a user says so; `clinical-r1 train` has no such choice, it reads what `distil` has left."""

MAX_REASONS = 20
"""Bad records that an error message lists; the rest are counted."""

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


@dataclass(frozen=True)
class QuestionSet:
    """The usable questions of a source, and an account of the rest."""

    questions: list[Question]
    """In the order of the source."""
    source: str
    """Path or hub id."""
    revision: str | None
    """Hub revision; None for what is local, and for the newest."""
    split: str | None
    """Split; None for a file."""
    records: int
    """Records in the source, the unusable ones included."""
    skipped: list[BadRecord]
    """Records that cannot be used."""
    repeated_records: int = 0
    """Questions that repeat the stem and options of an earlier one, in a source without ids of its own."""
    sha256: str | None = None
    """Digest of a local file's bytes."""
    cop_base: int | None = None
    """The number of option A in MedMCQA's `cop`; None for the other benchmarks."""
    name: str | None = None
    """What a set is called that is not a named benchmark."""
    fields: str | None = None
    """Which field holds what, where the user's own layout was read."""
    answer_base: int | None = None
    """The number of option A, where the labels of such a layout are numbers."""

    @property
    def origin(self) -> dict[str, str | None]:
        """Where the questions come from; of a local file the name alone: its folder differs between machines."""
        name = Path(self.source).name if self.sha256 else self.source
        return {"source": name, "split": self.split, "revision": self.revision, "sha256": self.sha256}

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of records for the log: `records` = `questions` + `skipped`; the others count among the questions."""
        flags = {flag: sum(bool(question.metadata.get(flag)) for question in self.questions) for flag in FLAGS}
        return {
            "records": self.records,
            "questions": len(self.questions),
            "skipped": len(self.skipped),
            "repeated_records": self.repeated_records,
            **flags,
        }


@dataclass(frozen=True)
class Benchmark:
    """What is known of one benchmark: where it is, and how its records are read and written."""

    name: str
    """Short name: the task's, and the value of `benchmark` in metadata."""
    hub: HubEdition
    """What is loaded by default."""
    rows: Mapping[str, int]
    """Split of the hub edition -> number of records: those to evaluate on and, if there are any, to train on."""
    licence: str
    """SPDX identifier."""
    strata: Mapping[str, str]
    """Our name of a stratum -> the field that holds it."""
    label: str
    """Field of the right option, which tells its layout from the others."""
    read: Callable[[Mapping[str, Any], int | None], tuple[str, dict[str, str], str]]
    """Record and the number of option A in its label -> stem, options, letter; raises `UnusableError`."""
    label_of: Callable[[Question], dict[str, Any]]
    """Question -> the fields that say which option is right."""
    held_in: frozenset[str] = frozenset({"options"})
    """Fields of which a record of this layout has one, and options in it."""
    find_base: Callable[[Iterable[Row], str, int | None, str], int | None] | None = None
    """Finds the number of option A from rows, source, what is stated and the argument's name; None for other labels."""
    hub_base: int | None = None
    """That number in the hub edition, and in files written here."""

    def question(self, record: Mapping[str, Any], base: int | None = None) -> Question:
        """A record as `question_set` takes it: with its own id or none, and strata alone; raises `UnusableError`."""
        stem, options, target = self.read(record, base)
        metadata = {ours: stratum(record, theirs) for ours, theirs in self.strata.items()}
        return Question(own_id(record) or "", stem, options, target, metadata)

    def record(self, question: Question) -> dict[str, Any]:
        """A record from which `question` reads this question."""
        named = {theirs: question.metadata.get(ours) for ours, theirs in self.strata.items()}
        held = {theirs: value for theirs, value in named.items() if value is not None}
        whole = {"id": question.id, "question": question.stem, "options": question.options}
        return {**whole, **self.label_of(question), **held}


def question_set(
    source: Source, benchmark: str, read: Callable[[Mapping[str, Any]], Question], on_bad_record: str
) -> QuestionSet:
    """Turn the rows of a source into questions with distinct ids, and gather the reasons of those that are unusable.

    An own id that was seen before makes a bad record. A record without an id that repeats an earlier one is kept, and
    its id gets a number: `-2`, `-3`.

    Args:
        source: Its rows, and where they came from.
        benchmark: What `benchmark` says in the questions' metadata, and the start of an id that is made.
        read: Record -> question, see `Benchmark.question`; raises `UnusableError`.
        on_bad_record: `error` raises if any record cannot be used, `skip` counts them.

    Raises:
        UserError: If records cannot be used, or none is left.
    """
    questions: dict[str, Question] = {}
    rows_of: dict[str, int] = {}
    bad: list[BadRecord] = []
    repeats: Counter[str] = Counter()
    for row in source.rows:
        if isinstance(row, BadRecord):
            bad.append(row)
            continue
        try:
            question = _described(read(row.record), row.record, benchmark)
            if question.id in questions:
                # A made id only says that the text is the same.
                if question.id != _content_id(benchmark, question.stem, question.options):
                    first = rows_of[question.id]
                    raise UnusableError(f"id {shortened(question.id)} is also in row {first}: ids must differ")
                repeats[question.id] += 1
                numbered = (f"{question.id}-{number}" for number in count(repeats[question.id] + 1))
                question = replace(question, id=next(id for id in numbered if id not in questions))
        except UnusableError as error:
            bad.append(BadRecord(row.number, str(error), source.name))
            continue
        questions[question.id] = question
        rows_of[question.id] = row.number
    if bad and (on_bad_record == "error" or not questions):
        mend = f"mend them, or leave them out with {_SKIP}" if questions else "none is left"
        lines = [f"{source.name}: {len(bad)} of {len(source.rows)} records cannot be used ({mend})"]
        lines += [str(record) for record in bad[:MAX_REASONS]]
        lines += [f"and {len(bad) - MAX_REASONS} more"] if len(bad) > MAX_REASONS else []
        raise UserError("\n".join(lines))
    if not questions:
        raise UserError(f"{source.name}: no records in it")
    _mark_contradicted(questions.values())
    return QuestionSet(
        questions=list(questions.values()),
        source=source.name,
        revision=source.revision,
        split=source.split,
        records=len(source.rows),
        skipped=bad,
        repeated_records=repeats.total(),
        sha256=source.sha256,
    )


def _described(question: Question, record: Mapping[str, Any], benchmark: str) -> Question:
    """A question as read from a record, with an id and all its metadata."""
    stem, options = question.stem, question.options
    named = (str(name) for name, value in record.items() if _PICTURE.search(str(name)) and not _is_empty(value))
    marks = (mark[0] for part in (stem, *options.values()) if (mark := _PICTURE_MARK.search(part)))
    if picture := next(chain(named, marks), None):
        raise UnusableError(f"the question needs a picture ({picture}), and models are asked in text alone")
    metadata: dict[str, Any] = {"benchmark": benchmark}
    metadata |= {name: question.metadata.get(name) for name in STRATA}
    metadata |= {
        "n_options": len(options),
        "duplicate_options": len(set(merge_identical(options).values())) < len(options),
        "has_case": has_case(stem),
        "negated": negated(stem),
        "letters_cited": letters_cited(stem, options),
        "contradicted": False,
    }
    return replace(question, id=question.id or _content_id(benchmark, stem, options), metadata=metadata)


def _is_empty(value: object) -> bool:
    value = unpacked(value)
    if isinstance(value, Mapping | list | tuple):
        return all(map(_is_empty, value.values() if isinstance(value, Mapping) else value))
    negative = isinstance(value, str) and same_text(value) in ("none", "no", "false", "0")
    return negative or not value or is_padding(value)


def _content_id(benchmark: str, stem: str, options: Mapping[str, str]) -> str:
    """The id of a question that has none of its own: the same wherever the record stands and whatever its label."""
    content = "\x1f".join([stem, *options.values()])
    return f"{benchmark}-{hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()[:12]}"


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
