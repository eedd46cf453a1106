"""Single values of a record (a text, an id, a label), and which option its label names.

A file names the right option by letter, by number or by text; where numbers count from is found out once for a file.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from clinical_r1.choices import merge_identical, same_text
from clinical_r1.errors import UserError

T = TypeVar("T")


# --- one value --------------------------------------------------------------------------------------------------------
_KEY = re.compile(
    r"(?:(?:op|opt|option|choice|ending|alternative)[ _.-]?)?(?:([a-z])|(\d{1,2})(?:\.0)?)", re.IGNORECASE | re.ASCII
)
_SEVERAL = re.compile(r"\s*[,;/&+|]\s*|\s+and\s+")


class UnusableError(ValueError):
    """A record cannot be used; the message is the reason, in one line."""


def or_none(read: Callable[..., T | None], *given: object) -> T | None:
    """What a reader makes of values, None where it finds them unusable."""
    try:
        return read(*given)
    except UnusableError:
        return None


def is_missing(value: object) -> bool:
    """Whether a field has no value: null, NaN, or nothing but white space."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def field(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field that must be there.

    Raises:
        UnusableError: If the record has no such field.
    """
    if name not in record:
        raise UnusableError(f"missing field {name!r} (the record has: {', '.join(map(str, record)) or 'nothing'})")
    return record[name]


def text(value: object, what: str) -> str:
    """A text as it stands in the record, without white space around it; a number becomes its digits.

    Raises:
        UnusableError: If it is empty, not a text, or holds characters that no UTF-8 text can hold.
    """
    if is_missing(value):
        raise UnusableError(f"{what} is empty")
    if not isinstance(value, str):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise UnusableError(f"{what} is a {type(value).__name__}, allowed is text")
    if "\0" in value:
        raise UnusableError(f"{what} holds a NUL character")
    if not value.isascii() and re.search("[\ud800-\udfff]", value):
        raise UnusableError(f"{what} holds half of a surrogate pair (a broken \\u escape)")
    return value.strip()


def stratum(record: Mapping[str, Any], name: str) -> str | None:
    """A field that only describes the record, as text; None where it is absent or empty."""
    value = record.get(name)
    return None if is_missing(value) else text(value if isinstance(value, str) else str(value), name)


def own_id(record: Mapping[str, Any], name: str = "id") -> str | None:
    """The record's own id as text, from the field of that name; None where it has none."""
    value = record.get(name)
    if is_missing(value):
        return None
    # A whole number that passed through a float column is the same id.
    return text(int(value) if isinstance(value, float) and value.is_integer() else value, "id")


def unpacked(value: object) -> object:
    """A list or mapping that a CSV cell holds as JSON or as a Python literal; any other value as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def option_key(value: object) -> str:
    """What names an option: the letter, or the digits of the number, of "(b)", 2, "option2", "opb"; empty if nothing.

    Examples:
        >>> [option_key(value) for value in ("(b)", 2, "option_2", "opb", "Iron")]
        ['B', '2', '2', 'B', '']
    """
    named = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    key = _KEY.fullmatch(named.strip(" ().:[]"))
    return (key[1] or key[2]).upper() if key else ""


def single(value: object, name: str) -> object:
    """A label from a list of one, or as it is.

    Raises:
        UnusableError: If it is missing or more than one.
    """
    value = unpacked(value)
    if isinstance(value, list | tuple):
        if len(value) > 1:
            raise UnusableError(f"label missing or not single: {name} holds {len(value)} labels, allowed is one")
        value = value[0] if value else None
    if is_missing(value):
        raise UnusableError(f"label missing: {name} is empty")
    return value


def label(value: object, among: Mapping[str, str], name: str, first: int | None = None) -> str:
    """The letter of the right option, from a text or a list of one.

    Args:
        value: What the record holds.
        among: Letter -> text.
        name: The field, for messages.
        first: The number of option A, where the record itself numbers its options.

    Raises:
        UnusableError: If it is missing, more than one, or not the letter or number of an option.
    """
    value = single(value, name)
    keys = {letter: letter for letter in among}
    if first is not None:
        keys |= {str(first + index): letter for index, letter in enumerate(among)}
    if (found := keys.get(option_key(value))) is not None:
        return found
    several = [option_key(part) for part in _SEVERAL.split(value)] if isinstance(value, str) else []
    if len(several) > 1 and all(several):
        raise UnusableError(f"label missing or not single: {name} holds {len(several)} labels, allowed is one")
    raise UnusableError(f"label {shortened(value)} ({name}) is not among the options {', '.join(keys)}")


def label_by_text(value: object, among: Mapping[str, str]) -> str | None:
    """The letter of the first option with this text, or with this text behind its letter; None where there is none."""
    return next((letter for letter in among if is_text_of(value, letter, among)), None)


def is_text_of(value: object, letter: str, among: Mapping[str, str]) -> bool:
    """Whether a label is the text of an option: "Iron", or "B. Iron" where that is option B."""
    given, choice = same_text(str(value)), same_text(among[letter])
    before = given.removesuffix(choice)
    return given == choice or (before != given and not before[-1].isalnum() and option_key(before) == letter)


def number(value: object, name: str) -> int | None:
    """The number that a label is; None where there is no label, which the hub's MedMCQA writes as -1.

    Raises:
        UnusableError: If it is not a whole number.
    """
    if is_missing(value):
        return None
    digits = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,4}(?:\.0*)?", digits, re.ASCII):
        raise UnusableError(f"label {shortened(value)} ({name}): allowed is a whole number")
    return None if int(float(digits)) == -1 else int(float(digits))


def label_by_number(place: int, among: Mapping[str, str], base: int, name: str, argument: str) -> str:
    """The letter of the option in a place that is counted from `base`.

    Raises:
        UnusableError: If there is no such option; `argument` is what `base` is called.
    """
    if not 0 <= place - base < len(among):
        allowed = f"with {argument}={base}, allowed are {base} to {base + len(among) - 1}"
        raise UnusableError(f"label {place} ({name}) is not among the options: {allowed}")
    return list(among)[place - base]


def shortened(value: object) -> str:
    """A value as a message shows it: on one line and not long."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


# --- labels that are numbers ------------------------------------------------------------------------------------------
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
        base: row for row, number, size in reversed(labels) for base, shown in ((0, 0), (1, size)) if number == shown
    }
    if len(starts) > 1:
        rows = f"from 0 in row {starts[0]} and from 1 in row {starts[1]}"
        raise UserError(f"{source}: {name} counts {rows}: allowed is one")
    if stated is not None and starts.get(1 - stated):
        where, other = f"{source}:{starts[1 - stated]}", 1 - stated
        raise UserError(f"{where}: {name} counts from {other}, which contradicts {argument}={stated}")
    if stated is None and labels and not starts:
        numbers = ", ".join(str(number) for number in sorted({number for _, number, _ in labels}))
        unclear = f"{name} holds only {numbers}, so it may count from 0 or from 1"
        raise UserError(f"{source}: {unclear}: state it, -T {argument}=0|1")
    return stated if stated is not None else next(iter(starts), None)


# --- what labels of a set mean ----------------------------------------------------------------------------------------
_ARGUMENT = "answer_base"


@dataclass(frozen=True)
class Labelled:
    """Options and label of a record."""

    options: Mapping[str, str]
    """Letter -> text."""
    label: object
    """Whatever names the right option."""
    first: int | None = None
    """The number of option A, where the record itself numbers its options."""


@dataclass(frozen=True)
class AnswerKey:
    """One way to name the right option."""

    kind: Literal["letter", "text", "number"]
    base: int | None = None
    """The number of the first option, 0 or 1, for numbers."""

    def letter(self, record: Labelled, name: str) -> str:
        """The letter of the right option; `name` is the field of the label, for messages.

        Raises:
            UnusableError: If there is no such option.
        """
        if self.kind == "letter":
            return label(record.label, record.options, name, record.first)
        if self.kind == "text":
            letter = label_by_text(record.label, record.options)
            if letter is None:
                raise UnusableError(f"label {shortened(record.label)} ({name}) is the text of no option")
            return letter
        place = number(record.label, name)
        if place is None or self.base is None:
            raise UnusableError(f"label missing: {name} is empty or -1")
        return label_by_number(place, record.options, self.base, name, _ARGUMENT)


def find_key(
    rows: Mapping[int, Labelled], source: str, answer_base: int | None, name: str, first: int | None = None
) -> AnswerKey:
    """Find out how a file names the right option: the way that fits most of its records.

    Records that it does not fit cannot be used and are listed as such. A number may count from 0 or from 1: see
    `first_number`.

    Args:
        rows: Line or position, from 1 -> options and label, of every record that has both.
        source: Path or hub id, for messages.
        answer_base: 0 or 1 says that labels are numbers, and what the first option's is; None to find out.
        name: The field of the label, for messages.
        first: Where numbers begin if they do not show it.

    Raises:
        UserError: If several ways fit as many records and do not agree, or numbers do not show where they begin.
    """
    letters = [or_none(label, record.label, record.options, name, record.first) for record in rows.values()]
    texts = [label_by_text(record.label, record.options) for record in rows.values()]
    numbers = [
        (row, place, len(record.options))
        for row, record in rows.items()
        if record.first is None  # the record itself does not number its options
        and (place := or_none(number, record.label, name)) is not None
        and 0 <= place <= len(record.options)
    ]
    if answer_base is None:
        lettered, textual = (len(ways) - ways.count(None) for ways in (letters, texts))
        if len(numbers) < max(lettered, textual, 1):
            for row, letter, same in zip(rows, letters, texts, strict=True) if lettered == textual else ():
                merged = merge_identical(rows[row].options)
                if letter and same and merged[letter] != merged[same]:
                    both = f"the letter of option {letter} and the text of option {same}"
                    raise UserError(f"{source}:{row}: {name} is {both}, and the file does not show which is meant")
            return AnswerKey("text" if textual > lettered else "letter")
        if len(numbers) == max(lettered, textual):
            either = f"{name} may hold numbers of options or their {'texts' if textual >= lettered else 'letters'}"
            raise UserError(f"{source}: {either}: for numbers state the first one, -T {_ARGUMENT}=0|1")
        if not any(place in (0, size) for _, place, size in numbers):
            answer_base = first
    return AnswerKey("number", first_number(numbers, source, answer_base, name, _ARGUMENT))
