"""Benchmark questions from the hub or from a local file, checked, with nothing dropped silently.

The way of a record: a source gives rows (`read`), a benchmark's module (`medqa`, `medmcqa`, `medxpertqa`) turns a row
into fields (`fields`, `options`), and `questions` makes questions of them and keeps account of what cannot be used.
`load` does all of it for one of `BENCHMARKS`, `custom` for any other set. `wording` says what kind of question one is,
`overlap` parts a set in two and finds near-duplicates between sets.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinical_r1.datasets.fields import Fields
from clinical_r1.datasets.medmcqa import cop_base as find_cop_base
from clinical_r1.datasets.medmcqa import medmcqa_fields, medmcqa_record
from clinical_r1.datasets.medqa import medqa_fields, medqa_record
from clinical_r1.datasets.medxpertqa import medxpertqa_fields, medxpertqa_record
from clinical_r1.datasets.questions import FLAGS, Question, collect, question_of
from clinical_r1.datasets.read import BadRecord, HubEdition, Row, Source, open_source
from clinical_r1.errors import UserError
from clinical_r1.files import write_whole

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample

__all__ = ["BENCHMARKS", "BadRecord", "Benchmark", "HubEdition", "Question", "QuestionSet", "load", "to_sample"]


ON_BAD_RECORD = ("error", "skip")
"""What to do with records that cannot be used."""

_SKIP = "-T on_bad_record=skip in inspect eval, --on-bad-record skip in clinical-r1 distil"
"""How a user says so; `clinical-r1 train` has no such choice, it reads what `distil` has left."""

ReadFields = Callable[[Mapping[str, Any]], Fields]
"""Record -> `Fields`; raises `UnusableError`."""

MAX_REASONS = 20
"""Bad records that an error message lists; the rest are counted."""


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
    """What a set is called that is not one of `BENCHMARKS`."""
    fields: str | None = None
    """Which field holds what, where the user's own layout was read."""
    answer_base: int | None = None
    """The number of option A, where the labels of such a layout are numbers."""

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
    """Facts about one benchmark."""

    name: str
    """Short name: the task's, and the value of `benchmark` in metadata."""
    hub: HubEdition
    """What is loaded by default."""
    rows: int
    """Records in the default split."""
    licence: str
    """SPDX identifier."""
    paper: str
    """Reference."""
    label: str
    """Field of the right option, which tells its layout from the others."""
    fields: Callable[[Mapping[str, Any], int | None], Fields]
    """Record and `cop_base` -> `Fields`; raises `UnusableError`."""
    hub_cop_base: int | None = None
    """`cop_base` of the hub edition."""
    held_in: frozenset[str] = frozenset({"options"})
    """Fields of which a record of this layout has one, and options in it."""


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            name="medqa",
            hub=HubEdition("GBaker/MedQA-USMLE-4-options", None, "test", "0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18"),
            rows=1273,
            licence="CC-BY-4.0",
            paper="Jin et al. 2020, What Disease does this Patient Have?, arXiv:2009.13081",
            label="answer_idx",
            fields=medqa_fields,
        ),
        # The test split has no labels: the validation split is what everyone evaluates on.
        Benchmark(
            name="medmcqa",
            hub=HubEdition("openlifescienceai/medmcqa", None, "validation", "91c6572c454088bf71b679ad90aa8dffcd0d5868"),
            rows=4183,
            licence="Apache-2.0",
            paper="Pal et al. 2022, MedMCQA, arXiv:2203.14371",
            label="cop",
            fields=medmcqa_fields,
            hub_cop_base=0,
            held_in=frozenset({"options", "opa"}),
        ),
        Benchmark(
            name="medxpertqa",
            hub=HubEdition("TsinghuaC3I/MedXpertQA", "Text", "test", "f4e6fe7e5a9e13d6c97d7aa2b91cdd8b80c9cc61"),
            rows=2450,
            licence="MIT",
            paper="Zuo et al. 2025, MedXpertQA, arXiv:2501.18362",
            label="label",
            fields=medxpertqa_fields,
        ),
    )
}
"""Name -> benchmark."""


def load(
    benchmark: str,
    dataset: str | None = None,
    *,
    split: str | None = None,
    revision: str | None = None,
    cop_base: int | None = None,
    on_bad_record: str = "error",
) -> QuestionSet:
    """Load the questions of a benchmark.

    Args:
        benchmark: A name in `BENCHMARKS`.
        dataset: None for the default hub edition at its pinned revision; `vignettes` for the bundled questions; a
            `.jsonl`, `.json`, `.csv`, `.tsv` or `.parquet` file; a folder laid out like a hub repository; or another
            hub id. Files may be in the original, GitHub or hub layout.
        split: A split of a folder or hub repository, the benchmark's by default; files have none.
        revision: A revision of a hub repository.
        cop_base: For MedMCQA, the number that means option A in `cop`, 0 or 1, where a file does not show it.
        on_bad_record: `error` raises if any record cannot be used, `skip` counts them.

    Raises:
        UserError: If an argument is not allowed, the source cannot be read, records cannot be used (the message lists
            file, row and reason) or none is left.

    Examples:
        >>> questions = load("medqa", "vignettes")
        >>> questions.questions[0].target in questions.questions[0].options
        True
    """
    if benchmark not in BENCHMARKS:
        raise UserError(f"benchmark={benchmark}: allowed are {', '.join(BENCHMARKS)}")
    if cop_base is not None and benchmark != "medmcqa":
        raise UserError(f"cop_base={cop_base}: only medmcqa has a field cop: leave cop_base out for {benchmark}")
    check_choices(on_bad_record, cop_base=cop_base)
    chosen = BENCHMARKS[benchmark]
    source = open_source(dataset, chosen.hub, f"{benchmark}.jsonl", split=split, revision=revision)
    base = None
    if benchmark == "medmcqa":
        stated = chosen.hub_cop_base if cop_base is None and source.is_hub_layout else cop_base
        base = find_cop_base((row for row in source.rows if isinstance(row, Row)), source.name, stated)
    found = question_set(source, benchmark, lambda record: chosen.fields(record, base), on_bad_record)
    return replace(found, cop_base=base)


def question_set(source: Source, benchmark: str, fields: ReadFields, on_bad_record: str) -> QuestionSet:
    """Make the questions of a source.

    Args:
        source: Its rows, and where they came from.
        benchmark: What `benchmark` says in the questions' metadata.
        fields: How to read a record.
        on_bad_record: See `load`.

    Raises:
        UserError: If records cannot be used, or none is left.
    """
    read = partial(question_of, benchmark=benchmark, fields=fields)
    collected = collect(source.rows, read, source.name)
    if collected.bad and (on_bad_record == "error" or not collected.questions):
        raise UserError(_report(collected.bad, len(source.rows), source.name, skippable=bool(collected.questions)))
    if not collected.questions:
        raise UserError(f"{source.name}: no records in it")
    return QuestionSet(
        questions=collected.questions,
        source=source.name,
        revision=source.revision,
        split=source.split,
        records=len(source.rows),
        skipped=collected.bad,
        repeated_records=collected.repeated,
        sha256=source.sha256,
    )


def check_choices(on_bad_record: str, **base: int | None) -> None:
    """Refuse a policy for bad records that is not one, and a number of the first option other than 0 and 1.

    Raises:
        UserError: With what is allowed.
    """
    if on_bad_record not in ON_BAD_RECORD:
        raise UserError(f"on_bad_record={on_bad_record}: allowed are {', '.join(ON_BAD_RECORD)}")
    for name, value in base.items():
        if value is not None and (isinstance(value, bool) or value not in (0, 1)):
            raise UserError(f"{name}={value!r}: allowed are 0 and 1")


def _report(bad: list[BadRecord], records: int, source: str, *, skippable: bool) -> str:
    mend = f"mend them, or leave them out with {_SKIP}" if skippable else "none is left"
    lines = [f"{source}: {len(bad)} of {records} records cannot be used ({mend})"]
    lines += [str(record) for record in bad[:MAX_REASONS]]
    if len(bad) > MAX_REASONS:
        lines.append(f"and {len(bad) - MAX_REASONS} more")
    return "\n".join(lines)


def to_sample(question: Question) -> "Sample":
    """Turn a question into an Inspect sample: the stem, the option texts, the record's letter, the strata it has."""
    from inspect_ai.dataset import Sample

    return Sample(
        input=question.stem,
        choices=list(question.options.values()),
        target=question.target,
        id=question.id,
        metadata={name: value for name, value in question.metadata.items() if value is not None},
    )


# --- questions written back -------------------------------------------------------------------------------------------
def write_questions(path: Path, questions: Iterable[Question], benchmark: str) -> None:
    """Write questions so that `clinical_r1.datasets.load` gives the same ones back.

    Args:
        path: A `.jsonl` file.
        questions: Questions of one benchmark.
        benchmark: Its name.

    Raises:
        UserError: If the file cannot be written.
    """
    write_json_lines(path, (_RECORDS[benchmark](question) for question in questions))


def write_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write one object a line."""
    write_whole(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


_RECORDS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "medqa": medqa_record,
    "medmcqa": medmcqa_record,
    "medxpertqa": medxpertqa_record,
}
