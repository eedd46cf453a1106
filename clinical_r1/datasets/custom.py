"""Any multiple-choice questions from the hub or from a local file, in a published layout or in the user's own.

In order: `field_map` parses the user's mapping, `FieldMap.fitted` fits it to the fields that the file has,
`clinical_r1.datasets.fields.find_key` finds out how it names the right option, and `FieldMap.question` reads a record.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clinical_r1.choices import LETTERS
from clinical_r1.datasets import BENCHMARKS, check_choices
from clinical_r1.datasets.fields import (
    AnswerKey,
    Labelled,
    field,
    find_key,
    is_missing,
    option_key,
    or_none,
    own_id,
    single,
    stratum,
    text,
)
from clinical_r1.datasets.options import MIN_OPTIONS, first_key, first_key_in, options, parted
from clinical_r1.datasets.questions import STRATA, Benchmark, Question, QuestionSet, question_set
from clinical_r1.datasets.read import VIGNETTES, HubEdition, Row, Source, open_source
from clinical_r1.errors import UserError, names_near, nearest
from clinical_r1.files import as_typed
from clinical_r1.yaml_text import parse_mapping

# --- fields by name ---------------------------------------------------------------------------------------------------
REQUIRED = ("question", "options", "answer")
"""Our names of what every record needs; a file's fields of these names need not be mapped."""
_SEVERAL = ("context", "options")
"""Our names that may stand for several fields, joined with `+`."""
NAMES = ("question", "context", "options", "answer", "id", *STRATA)
"""Our names, in the order in which a log shows them."""
_SHOWN = ("question", "context", "options", "answer")
"""Those that change what a model is asked, or what is right."""
_KNOWN = {
    "question": ("full_question", "qtext"),
    "options": ("answer_options", "answers", "option"),
    "answer": ("correct_option", "correct_answer", "ra", "answer_idx", "answer_key", "label", "cop"),
}
"""What published sets call the fields: MedExpQA, HEAD-QA, AfriMed-QA and others."""


@dataclass(frozen=True)
class FieldMap:
    """Which field of a record holds what."""

    names: Mapping[str, tuple[str, ...]]
    """Some of `NAMES` -> the file's names; all of `REQUIRED` are there."""

    def __str__(self) -> str:
        """What of it changes a question, as a user would write it."""
        return ",".join(f"{ours}:{'+'.join(self.names[ours])}" for ours in _SHOWN if ours in self.names)

    def fitted(self, rows: Sequence[Row], source: str) -> "FieldMap":
        """The map with what a file calls the fields that it does not name, see `_KNOWN`.

        Options may also stand in fields of their own, such as `A` or `option1`, or at the end of the question.

        Raises:
            UserError: If it names fields which no record has, with these and those that are there.
        """
        there = dict.fromkeys(name for row in rows for name in row.record)
        filled = dict.fromkeys(name for row in rows for name, value in row.record.items() if not is_missing(value))
        names = dict(self.names)
        for ours in REQUIRED:
            if names[ours] == (ours,) and ours not in filled:
                names[ours] = _called(ours, filled, source) or names[ours]
        if names["options"] == ("options",) and "options" not in filled:
            questions = (row.record.get(names["question"][0]) for row in rows)
            listing = (isinstance(asked, str) and or_none(parted, asked) is not None for asked in questions)
            taken = {name for theirs in names.values() for name in theirs}  # a question called Q is no option Q
            series = _series(name for name in filled if name not in taken)
            names["options"] = series or (names["question"] if any(listing) else ("options",))
        missing = [(ours, name) for ours, theirs in names.items() for name in theirs if name not in there]
        if missing and there:
            fields = ", ".join(f"{name!r} for {ours}{nearest(name, map(str, there))}" for ours, name in missing)
            mend = ",".join(dict.fromkeys(f"{ours}:NAME" for ours, _ in missing))
            has = ", ".join(map(str, there))
            raise UserError(f"{source}: no field {fields} (the file has: {has}): say it with -T fields={mend}")
        return FieldMap(names)

    @property
    def answer(self) -> str:
        """The field of the right option."""
        return self.names["answer"][0]

    def _read(self, record: Mapping[str, Any]) -> tuple[str, Labelled]:
        """A record's question without its context, and its options with the label."""
        [question], names = self.names["question"], self.names["options"]
        held: object
        if names == (question,):
            stem, held = parted(text(field(record, question), question))
        else:
            values = [field(record, name) for name in names]  # of several, the last ones may be empty
            stem, held = text(field(record, question), question), values[0] if len(names) == 1 else values
        choices, label = options(held), field(record, self.answer)
        folded = [name.casefold() for name in names]
        spelled = label.strip().casefold() if isinstance(label, str) else ""
        if len(names) > 1 and len(spelled) > 1 and spelled in folded:  # a field's own name, such as "option2"
            label = LETTERS[folded.index(spelled)]
        return stem, Labelled(choices, single(label, self.answer), first_key_in(held))

    def key(self, rows: Iterable[Row], source: str, answer_base: int | None) -> AnswerKey:
        """How a file names the right option, see `find_key`."""
        labelled = {row.number: read[1] for row in rows if (read := or_none(self._read, row.record))}
        # Where options stand in fields that are numbered, such as `option1`, the first one's number.
        first = first_key(self.names["options"]) if len(self.names["options"]) > 1 else None
        return find_key(labelled, source, answer_base, self.answer, first)

    def question(self, record: Mapping[str, Any], key: AnswerKey) -> Question:
        """A record as `question_set` takes it; `key`: how the file names the right option. Raises `UnusableError`."""
        question, labelled = self._read(record)
        # The context's fields hold a text, a list of texts, or nothing.
        given = [(name, record.get(name)) for name in self.names.get("context", ())]
        listed = [(name, part) for name, value in given for part in (value if isinstance(value, list) else [value])]
        stem = "\n\n".join([*(text(part, name) for name, part in listed if not is_missing(part)), question])
        target = key.letter(labelled, self.answer)
        strata = {ours: stratum(record, self.names[ours][0]) for ours in STRATA if ours in self.names}
        id = own_id(record, self.names.get("id", ("id",))[0]) or ""
        return Question(id, stem, dict(labelled.options), target, strata)


def _called(ours: str, there: Iterable[str], source: str) -> tuple[str, ...]:
    """What a file calls a field: our name or a known one in any spelling, such as "Correct Answer"; else nothing."""
    spelled = [(str(name).strip().casefold().replace(" ", "_"), name) for name in there]
    own = [name for spelling, name in spelled if spelling == ours]
    called = own or [name for spelling, name in spelled if spelling in _KNOWN[ours]]
    if len(called) > 1:
        fields = " and ".join(called)
        raise UserError(f"{source}: the fields {fields} may each hold the {ours}: say which, -T fields={ours}:NAME")
    return tuple(called)


def _series(there: Iterable[str]) -> tuple[str, ...]:
    """Fields that hold an option each, by their names: `A`, `B`, `C`; `option1`, `option2`; `choice_a`, `choice_b`."""
    named: dict[str, dict[str, str]] = {}
    for name in there:
        if key := option_key(name):
            named.setdefault(str(name).strip(" ().:[]").casefold()[: -len(key)], {})[key] = name
    runs = [[*LETTERS], [*map(str, range(len(LETTERS)))], [*map(str, range(1, len(LETTERS) + 1))]]
    whole = [keys for keys in named.values() if any(set(run[: len(keys)]) == keys.keys() for run in runs)]
    if len(whole) != 1 or len(whole[0]) < MIN_OPTIONS:
        return ()
    return tuple(whole[0][key] for key in sorted(whole[0], key=lambda key: (len(key), key)))


def field_map(given: object) -> FieldMap:
    """Read what a user says about the fields of a file.

    Args:
        given: `question:stem,options:opa+opb,answer:gold`, as one text, as a list of its parts, or as a mapping whose
            values are names (a list of several): the forms in which Inspect hands over what stands behind `-T fields=`.
            Or the path of a YAML file that holds the mapping. Of `question`, `options` and `answer`, those left out
            stand for the fields of these names.

    Raises:
        UserError: If it is none of these, or holds a name that is not one of `NAMES` or stands twice.

    Examples:
        >>> print(field_map("answer:gold,question:stem,options:opa+opb"))
        question:stem,options:opa+opb,answer:gold
        >>> field_map({"subject": "organ"}).names["subject"]
        ('organ',)
    """
    names: dict[str, tuple[str, ...]] = {}
    for ours, theirs in _pairs(given):
        if ours not in NAMES:
            raise UserError(f"fields={ours}:{'+'.join(theirs)}: allowed before the colon are {names_near(ours, NAMES)}")
        if ours in names:
            raise UserError(f"fields: {ours} stands twice: allowed is once")
        if not theirs or not all(theirs):
            raise UserError(f"fields={ours}: a field's name must follow, as in {ours}:NAME")
        if len(theirs) > 1 and ours not in _SEVERAL:
            allowed = " and ".join(_SEVERAL)
            raise UserError(f"fields={ours}:{'+'.join(theirs)}: only {allowed} may stand for several fields")
        names[ours] = theirs
    own = {name: (name,) for name in REQUIRED}
    return FieldMap({ours: (own | names)[ours] for ours in NAMES if ours in own or ours in names})


def _pairs(given: object) -> list[tuple[str, tuple[str, ...]]]:
    """Our names and the file's, in whatever form they come."""
    if isinstance(given, str) and ":" not in given and Path(given.strip()).suffix.lower() in (".yaml", ".yml"):
        path = given.strip()
        try:
            return _pairs(parse_mapping(as_typed(path).read_text(encoding="utf-8"), path))
        except (OSError, UnicodeError) as error:
            raise UserError(f"fields={path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if isinstance(given, str) and "," in given:
        return _pairs(given.split(","))
    if isinstance(given, str):
        ours, colon, theirs = given.partition(":")
        if given.strip() and not colon:
            raise UserError(f"fields={given.strip()}: allowed is OURS:NAME, where OURS is one of {', '.join(NAMES)}")
        return [(ours.strip(), _several(theirs))] if given.strip() else []
    if isinstance(given, Mapping):
        return [(str(ours).strip(), _several(theirs)) for ours, theirs in given.items()]
    if isinstance(given, list | tuple):
        return [pair for part in given for pair in _pairs(part)]
    raise UserError(f"fields={given!r}: allowed is question:NAME,options:NAME,answer:NAME")


def _several(theirs: object) -> tuple[str, ...]:
    """Names as they stand in a list; in a text they are joined with `+`."""
    listed = theirs if isinstance(theirs, list | tuple) else ("" if theirs is None else str(theirs)).split("+")
    return tuple(str(name).strip() for name in listed)


# --- a set of one's own -----------------------------------------------------------------------------------------------
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
        fields: Which field holds what, as `question:stem,options:a+b+c,answer:gold` (see `field_map`); also `context`
            (text put before the question), `id`, and the strata `step`, `subject`, `topic`, `choice_type`,
            `body_system`, `medical_task`, `question_type`. None where the layout is that of one of `BENCHMARKS`, or
            where the fields have our names or known ones, see `FieldMap.fitted`.
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
    called = _name_of_set(name, source)
    rows = source.readable
    chosen = None if fields else _published(rows, source.name)
    if chosen is not None and (answer_base is None or chosen.find_base):
        base = chosen.find_base(rows, source.name, answer_base, "answer_base") if chosen.find_base else None
        questions = question_set(source, called, lambda record: chosen.question(record, base), on_bad_record)
        return replace(questions, name=called, cop_base=base)
    names = names.fitted(rows, source.name)
    key = names.key(rows, source.name, answer_base)
    questions = question_set(source, called, lambda record: names.question(record, key), on_bad_record)
    return replace(questions, name=called, fields=str(names), answer_base=key.base)


def _published(rows: list[Row], source: str) -> Benchmark | None:
    """The benchmark whose layout a file has, by the fields of its records; None if it is none of them."""
    there = {name for row in rows for name in row.record}
    fitting = [
        benchmark
        for benchmark in BENCHMARKS.values()
        if {"question", benchmark.label} <= there and there & benchmark.held_in
    ]
    if len(fitting) > 1:
        fields = " and ".join(benchmark.label for benchmark in fitting)
        raise UserError(f"{source}: the fields {fields} may each hold the answer: say which, -T fields=answer:NAME")
    return fitting[0] if fitting else None


def _name_of_set(name: str | None, source: Source) -> str:
    """The name of a set; a slash or an @ in it would part it in a log."""
    called = str(name) if name is not None else source.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    if name is None and source.sha256:
        called = called.rsplit(".", 1)[0]
    if not re.fullmatch(r"[^\s/\\@.][^/\\@\n]*", called):
        raise UserError(f"name={called}: allowed is a name without / and @, with which a log calls the set")
    return called
