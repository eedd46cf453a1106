"""Records in a layout of the user's own: which field holds what, and how the right option is named.

The way of a file: `field_map` reads what the user says, `FieldMap.check` holds it against the fields that the file has,
`find_labels` decides once for the whole file whether the right option is named by letter, number or text, and
`FieldMap.fields` reads one record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clinical_r1.choices import LETTERS, same_text
from clinical_r1.errors import UserError
from clinical_r1.fields import (
    UnusableError,
    field,
    is_missing,
    label,
    label_by_number,
    label_by_text,
    lettered,
    number,
    options,
    own_id,
    shortened,
    single,
    stratum,
    text,
)
from clinical_r1.layouts import Fields, first_number
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
_NUMBER = "answer_base"


@dataclass(frozen=True)
class Labels:
    """How a file names the right option."""

    kind: Literal["letter", "text", "number"]
    base: int | None = None
    """The number of the first option, 0 or 1, for numbers."""

    def letter(self, value: object, among: Mapping[str, str], name: str) -> str:
        """The letter of the right option.

        Args:
            value: What the record holds.
            among: Letter -> text.
            name: The field, for messages.

        Raises:
            UnusableError: If there is no such option.
        """
        if self.kind == "letter":
            return label(value, among, name)
        value = single(value, name)
        if self.kind == "text":
            found = label_by_text(value, among)
            if found is None:
                raise UnusableError(f"label {shortened(value)} ({name}) is the text of no option")
            return found
        place = number(value, name)
        if place is None or self.base is None:
            raise UnusableError(f"label missing: {name} is empty or -1")
        return label_by_number(place, among, self.base, name, _NUMBER)


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
        return lettered(list(zip(LETTERS, values, strict=False)))

    def answer(self, record: Mapping[str, Any]) -> object:
        """What names the right option.

        Raises:
            UnusableError: If the record has no such field.
        """
        return field(record, self.names["answer"][0])

    def fields(self, record: Mapping[str, Any], labels: Labels) -> Fields:
        """Read one record.

        Args:
            record: Field name to value.
            labels: How the file names the right option, see `find_labels`.

        Raises:
            UnusableError: If it cannot be used, with the reason.
        """
        name = self.names["question"][0]
        stem = "\n\n".join([*self._context(record), text(field(record, name), name)])
        choices = self.options(record)
        target = labels.letter(self.answer(record), choices, self.names["answer"][0])
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


def find_labels(names: FieldMap, rows: Iterable[Row], source: str, answer_base: int | None) -> Labels:
    """Find out how a file names the right option: the way that fits most of its records.

    Records that it does not fit cannot be used and are listed as such. A number may count from 0 or from 1: see
    `clinical_r1.layouts.first_number`.

    Args:
        names: Which field holds what.
        rows: All rows of the file.
        source: Path or hub id, for messages.
        answer_base: 0 or 1 says that labels are numbers, and what the first option's is; None to find out.

    Raises:
        UserError: If several ways fit as many records and do not agree, or numbers do not show where they begin.
    """
    name, seen = names.names["answer"][0], [found for row in rows if (found := _label_in(names, row))]
    numbers = [(one.row, one.place, len(one.choices)) for one in seen if one.place is not None]
    fits = {
        "letter": sum(one.letter is not None for one in seen),
        "text": sum(one.text is not None for one in seen),
        "number": len(numbers),
    }
    if answer_base is None and fits["number"] < max(fits["letter"], fits["text"], 1):
        differ = next((one for one in seen if one.letter and one.text and not one.agrees), None)
        if differ and fits["letter"] == fits["text"]:
            both = f"the letter of option {differ.letter} and the text of option {differ.text}"
            raise UserError(f"{source}:{differ.row}: {name} is {both}, and the file does not show which is meant")
        return Labels("text" if fits["text"] > fits["letter"] else "letter")
    if answer_base is None and fits["number"] in (fits["letter"], fits["text"]):
        either = f"{name} may hold the numbers of options or their texts"
        raise UserError(f"{source}: {either}: for numbers state the first one, -T {_NUMBER}=0|1")
    return Labels("number", first_number(numbers, source, answer_base, name, _NUMBER))


@dataclass(frozen=True)
class _Seen:
    """What a record's label may be."""

    row: int
    choices: Mapping[str, str]
    letter: str | None
    """Itself, as the letter of an option."""
    text: str | None
    """The letter of the option with this text."""
    place: int | None
    """The number, where an option has it, counted from 0 or from 1."""

    @property
    def agrees(self) -> bool:
        """Whether letter and text say the same option."""
        texts = [same_text(self.choices[one]) for one in (self.letter, self.text) if one]
        return len(set(texts)) == 1


def _label_in(names: FieldMap, row: Row) -> _Seen | None:
    """What the label of a usable record may be; None where options or label are missing."""
    name = names.names["answer"][0]
    try:
        choices, value = names.options(row.record), single(names.answer(row.record), name)
    except UnusableError:
        return None
    try:
        letter: str | None = label(value, choices, name)
    except UnusableError:
        letter = None
    try:
        place = number(value, name)
    except UnusableError:
        place = None
    within = place is not None and 0 <= place <= len(choices)
    return _Seen(row.number, choices, letter, label_by_text(value, choices), place if within else None)
