"""Single values of a benchmark record: text, options, a label, whatever container a layout keeps them in."""

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from clinical_r1.choices import LETTERS, same_text

MIN_OPTIONS = 2

_LETTER_NAMES = ("letter", "key", "label")
_TEXT_NAMES = ("content", "value", "text")


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


def options(value: object) -> dict[str, str]:
    """Options from any container: letter -> text in the order of the letters, which run from A without a gap.

    Args:
        value: A mapping of letters to texts, a list of `{letter, content}`, `{key, value}` or `{label, text}`, a list
            of texts, or one of these written out in a text. A member that is null is not there: that is how a parquet
            column holds records with fewer options.

    Raises:
        UnusableError: Without 2 to 26 options, with an empty one, or with other letters.
    """
    value = unpacked(value)
    if isinstance(value, Mapping):
        pairs = _pairs_of_columns(value) or list(value.items())
    elif isinstance(value, list | tuple):
        pairs = [_pair(item, place) for place, item in enumerate(value)]
    else:
        raise UnusableError(f"options are a {type(value).__name__}, allowed are a mapping or a list")
    return lettered([(_option_letter(letter), member) for letter, member in pairs if member is not None])


def lettered(pairs: list[tuple[str, object]]) -> dict[str, str]:
    """Checked options from pairs of letter and text, see `options`."""
    letters = sorted(letter for letter, _ in pairs)
    if not MIN_OPTIONS <= len(letters) <= len(LETTERS):
        raise UnusableError(f"{len(letters)} options, allowed are {MIN_OPTIONS} to {len(LETTERS)}")
    if "".join(letters) != LETTERS[: len(letters)]:
        raise UnusableError(f"option letters {', '.join(letters)}: allowed are A, B, C and so on, each once")
    texts = dict(pairs)
    return {letter: text(texts[letter], f"option {letter}") for letter in letters}


def _pairs_of_columns(value: Mapping[Any, Any]) -> list[tuple[object, object]]:
    """Pairs from a mapping of two lists, which is how `datasets` returns a sequence of structs; else nothing."""
    letters, texts = _members(value)
    if len(value) == 2 and isinstance(letters, list) and isinstance(texts, list):
        return list(zip(letters, texts, strict=False))
    return []


_NONE = object()


def _members(item: Mapping[Any, Any]) -> tuple[object, object]:
    """What an option's mapping holds under the names of a letter and of a text; `_NONE` where there is no such name."""
    letter = next((item[name] for name in _LETTER_NAMES if name in item), _NONE)
    return letter, next((item[name] for name in _TEXT_NAMES if name in item), _NONE)


def _pair(item: object, place: int) -> tuple[object, object]:
    if isinstance(item, Mapping):
        letter, content = _members(item)
        if letter is _NONE or content is _NONE:
            fields, allowed = ", ".join(map(str, item)), "letter, content (or key, value; or label, text)"
            raise UnusableError(f"option {place + 1} has the fields {fields}: allowed are {allowed}")
        return letter, content
    if isinstance(item, tuple) and len(item) == 2:  # a member of a parquet map
        return item[0], item[1]
    if place >= len(LETTERS):
        raise UnusableError(f"more than {len(LETTERS)} options")
    return LETTERS[place], item


def _option_letter(value: object) -> str:
    letter = value.strip(" ().:").upper() if isinstance(value, str) else ""
    if len(letter) != 1 or letter not in LETTERS:
        raise UnusableError(f"option letter {value!r}: allowed are A to Z")
    return letter


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


def label(value: object, among: Mapping[str, str], name: str) -> str:
    """The letter of the right option, from a text or a list of one.

    Raises:
        UnusableError: If it is missing, more than one, or not the letter of an option.
    """
    value = single(value, name)
    letter = value.strip(" ().:").upper() if isinstance(value, str) else ""
    if letter not in among or not letter:
        raise UnusableError(f"label {shortened(value)} ({name}) is not among the options {', '.join(among)}")
    return letter


def label_by_text(value: object, among: Mapping[str, str]) -> str | None:
    """The letter of the first option with this text; None where there is none."""
    same = same_text(str(value))
    return next((letter for letter, choice in among.items() if same_text(choice) == same), None)


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
