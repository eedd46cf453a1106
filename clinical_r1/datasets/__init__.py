"""Benchmark questions from the hub or from a local file, checked, with nothing dropped silently.

In order: a source gives rows (`read`), a benchmark's module (`medqa`, `medmcqa`, `medxpertqa`) turns a row
into fields (`fields`, `options`), and `questions` makes questions of them and keeps account of what cannot be used.
`load` does all of it for one of `BENCHMARKS`, `custom` for any other set. `wording` says what kind of question one is,
`overlap` parts a set in two and finds near-duplicates between sets.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinical_r1.datasets.medmcqa import MEDMCQA
from clinical_r1.datasets.medqa import MEDQA
from clinical_r1.datasets.medxpertqa import MEDXPERTQA
from clinical_r1.datasets.questions import MAX_REASONS, ON_BAD_RECORD, Benchmark, Question, QuestionSet, question_set
from clinical_r1.datasets.read import BadRecord, HubEdition, open_source
from clinical_r1.errors import UserError, names_near
from clinical_r1.files import write_whole

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample

__all__ = [
    "BENCHMARKS",
    "MAX_REASONS",
    "BadRecord",
    "Benchmark",
    "HubEdition",
    "Question",
    "QuestionSet",
    "load",
    "to_sample",
]

BENCHMARKS = {benchmark.name: benchmark for benchmark in (MEDQA, MEDMCQA, MEDXPERTQA)}
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
        raise UserError(f"benchmark={benchmark}: allowed are {names_near(benchmark, BENCHMARKS)}")
    chosen, base = BENCHMARKS[benchmark], None
    if cop_base is not None and not chosen.find_base:
        raise UserError(f"cop_base={cop_base}: only medmcqa has a field cop: leave cop_base out for {benchmark}")
    check_choices(on_bad_record, cop_base=cop_base)
    source = open_source(dataset, chosen.hub, f"{benchmark}.jsonl", split=split, revision=revision)
    if chosen.find_base:
        stated = chosen.hub_base if cop_base is None and source.is_hub_layout else cop_base
        base = chosen.find_base(source.readable, source.name, stated, "cop_base")
    questions = question_set(source, benchmark, lambda record: chosen.question(record, base), on_bad_record)
    return replace(questions, cop_base=base)


def check_choices(on_bad_record: str, **base: int | None) -> None:
    """Refuse a policy for bad records that is not one, and a number of the first option other than 0 and 1.

    Raises:
        UserError: With what is allowed.
    """
    if on_bad_record not in ON_BAD_RECORD:
        raise UserError(f"on_bad_record={on_bad_record}: allowed are {names_near(on_bad_record, ON_BAD_RECORD)}")
    for name, value in base.items():
        if value is not None and (isinstance(value, bool) or value not in (0, 1)):
            raise UserError(f"{name}={value!r}: allowed are 0 and 1")


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

    Raises:
        UserError: If the file cannot be written.
    """
    write_json_lines(path, map(BENCHMARKS[benchmark].record, questions))


def write_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write one object per line."""
    write_whole(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
