"""Any multiple-choice questions from the hub or from a local file, in a published layout or in the user's own."""

import re
from dataclasses import replace
from functools import partial

from clinical_r1.answer_keys import find_key
from clinical_r1.datasets import BENCHMARKS, Benchmark, QuestionSet, check_choices, question_set
from clinical_r1.errors import UserError
from clinical_r1.layouts import cop_base as find_cop_base
from clinical_r1.mapping import field_map
from clinical_r1.records import Row
from clinical_r1.sources import VIGNETTES, HubEdition, Source, open_source

_NO_EDITION = HubEdition("", None, "test", None)
"""Stands for the hub edition that such a set does not have: only its split is used."""


def load_custom(
    dataset: str | None,
    *,
    name: str | None = None,
    fields: object = None,
    answer_base: int | None = None,
    split: str | None = None,
    revision: str | None = None,
    on_bad_record: str = "error",
) -> QuestionSet:
    """Load any multiple-choice questions.

    Args:
        dataset: A file, folder or hub id, as for `load`.
        name: What the set is called in logs and reports; by default a file's name without its suffix, the last part of
            a folder or hub id.
        fields: Which field holds what, see `clinical_r1.mapping.field_map`. None where the layout is that of one of
            `BENCHMARKS`, or where the fields have our names or known ones, see `FieldMap.fitted`.
        answer_base: The number of the first option, 0 or 1, where labels are numbers and a file does not show it.
        split: A split of a folder or hub repository, `test` by default; files have none.
        revision: A revision of a hub repository.
        on_bad_record: `error` raises if any record cannot be used, `skip` counts them.

    Raises:
        UserError: As for `load`, and if `fields` does not fit the file.
    """
    if dataset is None or dataset == VIGNETTES:
        raise UserError(f"dataset={dataset}: allowed are a file, a dataset folder, or a hub id owner/name")
    check_choices(on_bad_record, answer_base=answer_base)
    names = field_map(fields or ())
    source = open_source(dataset, _NO_EDITION, "", split=split, revision=revision)
    called = _called(name, source)
    rows = [row for row in source.rows if isinstance(row, Row)]
    chosen = None if fields else _published(rows, source.name)
    if chosen is not None and (answer_base is None or chosen.label == "cop"):
        base = find_cop_base(rows, source.name, answer_base, "answer_base") if chosen.label == "cop" else None
        found = question_set(source, called, lambda record: chosen.fields(record, base), on_bad_record)
        return replace(found, name=called, cop_base=base)
    names = names.fitted(rows, source.name)
    key = find_key(names.labelled(rows), source.name, answer_base, names.answer, names.first)
    found = question_set(source, called, partial(names.fields, key=key), on_bad_record)
    return replace(found, name=called, fields=str(names), answer_base=key.base)


def _published(rows: list[Row], source: str) -> Benchmark | None:
    """The benchmark whose layout a file has, by the fields of its records; None if it is none of them."""
    there = {name for row in rows for name in row.record}
    fit = [one for one in BENCHMARKS.values() if {"question", one.label} <= there and there & one.held_in]
    if len(fit) > 1:
        fields = " and ".join(one.label for one in fit)
        raise UserError(f"{source}: the fields {fields} may each hold the answer: say which, -T fields=answer:NAME")
    return fit[0] if fit else None


def _called(name: str | None, source: Source) -> str:
    """The name of a set; a slash or an @ in it would part it in a log."""
    found = str(name) if name is not None else source.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    if name is None and source.sha256:
        found = found.rsplit(".", 1)[0]
    if not re.fullmatch(r"[^\s/\\@.][^/\\@\n]*", found):
        raise UserError(f"name={found}: allowed is a name without / and @, with which a log calls the set")
    return found
