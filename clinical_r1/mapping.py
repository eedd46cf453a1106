"""Records in a layout of the user's own: which field holds what.

The way of a file: `field_map` reads what the user says, `FieldMap.check` holds it against the fields that the file has,
`clinical_r1.answer_keys` finds out how it names the right option, and `FieldMap.fields` reads one record.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clinical_r1.answer_keys import AnswerKey, Labelled
from clinical_r1.errors import UserError
from clinical_r1.fields import (
    UnusableError,
    field,
    is_missing,
    options,
    own_id,
    single,
    stratum,
    text,
)
from clinical_r1.layouts import Fields
from clinical_r1.questions import STRATA
from clinical_r1.records import Row

REQUIRED = ("question", "options", "answer")
"""Our names of what every record needs; a file's fields of these names need not be mapped."""
_SEVERAL = ("context", "options")
"""Our names that may stand for several fields, joined with `+`."""
NAMES = ("question", "context", "options", "answer", "id", *STRATA)
"""Our names, in the order in which a log shows them."""
_SHOWN = ("question", "context", "options", "answer")
"""Those that change what a model is asked, or what is right."""


@dataclass(frozen=True)
class FieldMap:
    """Which field of a record holds what."""

    names: Mapping[str, tuple[str, ...]]
    """Some of `NAMES` -> the file's names; all of `REQUIRED` are there."""

    def __str__(self) -> str:
        """What of it changes a question, as a user would write it."""
        return ",".join(f"{ours}:{'+'.join(self.names[ours])}" for ours in _SHOWN if ours in self.names)

    def check(self, rows: Iterable[Row], source: str) -> None:
        """Refuse a map that names fields which no record has.

        Raises:
            UserError: With the fields that are missing and those that are there.
        """
        there = dict.fromkeys(name for row in rows for name in row.record)
        missing = [(ours, name) for ours, names in self.names.items() for name in names if name not in there]
        if missing and there:
            said = ", ".join(f"{name!r} for {ours}" for ours, name in missing)
            mend = ",".join(dict.fromkeys(f"{ours}:NAME" for ours, _ in missing))
            has = ", ".join(map(str, there))
            raise UserError(f"{source}: no field {said} (the file has: {has}): say it with -T fields={mend}")

    def options(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Letter -> text; several fields are options A, B, C and so on, and those at the end may be empty.

        Raises:
            UnusableError: If there are no usable options.
        """
        names = self.names["options"]
        if len(names) == 1:
            return options(field(record, names[0]))
        values = [field(record, name) for name in names]
        while values and is_missing(values[-1]):
            values.pop()
        return options(["" if is_missing(value) else value for value in values])

    @property
    def answer(self) -> str:
        """The field of the right option."""
        return self.names["answer"][0]

    def labelled(self, rows: Iterable[Row]) -> Iterator[Labelled]:
        """Options and label of every row that has both."""
        for row in rows:
            try:
                yield Labelled(row.number, self.options(row.record), single(row.record.get(self.answer), self.answer))
            except UnusableError:
                continue

    def fields(self, record: Mapping[str, Any], key: AnswerKey) -> Fields:
        """Read one record.

        Args:
            record: Field name to value.
            key: How the file names the right option.

        Raises:
            UnusableError: If it cannot be used, with the reason.
        """
        name = self.names["question"][0]
        stem = "\n\n".join([*self._context(record), text(field(record, name), name)])
        choices = self.options(record)
        target = key.letter(field(record, self.answer), choices, self.answer)
        strata = {ours: stratum(record, self.names[ours][0]) for ours in STRATA if ours in self.names}
        return Fields(own_id(record, self.names.get("id", ("id",))[0]), stem, choices, target, strata)

    def _context(self, record: Mapping[str, Any]) -> list[str]:
        """The paragraphs that stand before the question: each field is a text, a list of texts, or empty."""
        found = [(name, record.get(name)) for name in self.names.get("context", ())]
        listed = [(name, part) for name, value in found for part in (value if isinstance(value, list) else [value])]
        return [text(part, name) for name, part in listed if not is_missing(part)]


def field_map(given: object) -> FieldMap:
    """Read what a user says about the fields of a file.

    Args:
        given: `question:stem,options:opa+opb,answer:gold`, as one text, as a list of its parts, or as a mapping whose
            values are names (a list of several): the forms in which Inspect hands over what stands behind `-T fields=`.
            Of `question`, `options` and `answer`, those left out stand for the fields of these names.

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
            raise UserError(f"fields={ours}:{'+'.join(theirs)}: allowed before the colon are {', '.join(NAMES)}")
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
    if isinstance(given, str):
        return _pairs(given.split(",")) if "," in given else [_pair(given)] if given.strip() else []
    if isinstance(given, Mapping):
        return [(str(ours).strip(), _several(theirs)) for ours, theirs in given.items()]
    if isinstance(given, list | tuple):
        return [pair for part in given for pair in _pairs(part)]
    raise UserError(f"fields={given!r}: allowed is question:NAME,options:NAME,answer:NAME")


def _pair(part: str) -> tuple[str, tuple[str, ...]]:
    ours, colon, theirs = part.partition(":")
    if not colon:
        raise UserError(f"fields={part.strip()}: allowed is OURS:NAME, where OURS is one of {', '.join(NAMES)}")
    return ours.strip(), _several(theirs)


def _several(theirs: object) -> tuple[str, ...]:
    """Names as they stand in a list; in a text they are joined with `+`."""
    listed = theirs if isinstance(theirs, list | tuple) else ("" if theirs is None else str(theirs)).split("+")
    return tuple(str(name).strip() for name in listed)
