"""Single values of a benchmark record: text, options, a label, whatever container a layout keeps them in."""

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from clinical_r1.choices import same_text

_KEY = re.compile(
    r"(?:(?:op|opt|option|choice|ending|alternative)[ _.-]?)?(?:([a-z])|(\d{1,2})(?:\.0)?)", re.IGNORECASE | re.ASCII
)
_SEVERAL = re.compile(r"\s*[,;/&+|]\s*|\s+and\s+")


class UnusableError(ValueError):
    """A record cannot be used; the message is the reason, in one line."""


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
    found = _KEY.fullmatch(named.strip(" ().:[]"))
    return (found[1] or found[2]).upper() if found else ""


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
        keys |= {str(first + place): letter for place, letter in enumerate(among)}
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
    said, choice = same_text(str(value)), same_text(among[letter])
    before = said.removesuffix(choice)
    return said == choice or (before != said and not before[-1].isalnum() and option_key(before) == letter)


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


def shortened(value: object, limit: int = 60) -> str:
    """A value as a message shows it: on one line and not long."""
    shown = repr(value)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
