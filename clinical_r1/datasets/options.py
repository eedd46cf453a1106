"""The options of a record, whatever holds them: a mapping, a list, JSON in a cell, lines of one text, the question.

What is clearly no option goes: the padding of a record with fewer options, and a letter that each option repeats in
front of its text. What contradicts itself cannot be used.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from clinical_r1.choices import LETTERS, same_text
from clinical_r1.datasets.fields import UnusableError, is_missing, option_key, shortened, text, unpacked

MIN_OPTIONS = 2

_LETTER_NAMES = ("letter", "key", "label", "aid", "id")
_TEXT_NAMES = ("content", "value", "text", "atext")

_DASHES = frozenset({"-", "--", "---", "–", "—"})
_PADDING = _DASHES | {"n/a", "n.a", "#n/a", "<na>", "nan", "null", "none given", "none provided", "not provided"}
"""What stands for a missing option, as `same_text` has it; "None" and "Not applicable" are answers."""

# "A and B", "(A) or (C)" and "B) only" cite options.
_CITES = r"(?:and|or)\b|(?:only|alone)\W*\Z|[-–,;&+/→>=]+\s*[(\[]?[A-Z]\b"
_OWN = re.compile(
    rf"\s*(?:(?:option|choice)\s+)?[(\[]?([A-Z])\s?([).:\]、．：）]|\s[-–—](?=\s))(?!\s*(?:{_CITES}))\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_GENUS = re.compile(r"\s*[A-Z]\.\s?[a-z]+\b")

_MARK = r"(?:[(\[]?([A-Z])[.:、．：]|[(\[]?([A-Za-z])[)\]）])"
_LINES = re.compile(rf"^[ \t]*{_MARK}", re.MULTILINE)
_BARE_LINES = re.compile(r"^[ \t]*([A-Z])[ \t]", re.MULTILINE)
_INLINE = re.compile(rf"(?<![^\s;,.?:。？：；，]){_MARK}(?:(?<=[)\]）])|(?=[^\x21-\x7f]))")
_MOST_MARKS = 100
_ASKING = ("?", "？", ":", "：")
_HEADING = re.compile(r"(?<!\s)\s*\b(?:answer choices|choices|options)\s*:?\s*\Z", re.IGNORECASE)
_KEY_AFTER = re.compile(r"(?<!\s)\s*\b(?:correct )?answer(?: is)?\s*:\s*\(?[A-Z]?\)?\.?\s*\Z", re.IGNORECASE)


def options(value: object) -> dict[str, str]:
    """Options from any container: letter -> text in the order of the letters, which run from A without a gap.

    Args:
        value: A mapping of letters, numbers or names such as `option1` and `opa` to texts; a list of `{letter,
            content}`, `{key, value}`, `{label, text}` or `{aid, atext}`; a list of texts; one of these written out in a
            text; or a text that lists them behind their letters. Members at the end that are null, empty or "n/a" are
            not there: that is how records with fewer options are padded.

    Raises:
        UnusableError: Without 2 to 26 options, with an empty one, or with other letters.
    """
    pairs = _pairs(value)
    first = first_key(key for key, _ in pairs)
    return lettered([(_letter(key, first), member) for key, member in pairs])


def lettered(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Checked options from pairs of letter and text, see `options`."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    if not MIN_OPTIONS <= len(ordered) <= len(LETTERS):
        raise UnusableError(f"{len(ordered)} options, allowed are {MIN_OPTIONS} to {len(LETTERS)}")
    texts = _without_own_letters([member for _, member in ordered])
    padding = _PADDING - _DASHES if any("+" in str(member) for member in texts) else _PADDING
    while len(texts) > MIN_OPTIONS and is_padding(texts[-1], padding):
        texts.pop()
    letters = "".join(letter for letter, _ in ordered[: len(texts)])
    if letters != LETTERS[: len(letters)]:
        raise UnusableError(f"option letters {', '.join(letters)}: allowed are A, B, C and so on, each once")
    options = {letter: text(member, f"option {letter}") for letter, member in zip(letters, texts, strict=True)}
    for letter, option in options.items():
        if is_padding(option, padding):
            raise UnusableError(
                f"option {letter} is {option}, which stands for none: allowed is that behind all others"
            )
    return options


def is_padding(member: object, padding: Collection[str] = _PADDING) -> bool:
    """Whether a value only stands for one that is not there: null, empty, "n/a", "-" and the like."""
    return is_missing(member) or (isinstance(member, str) and same_text(member).strip("()[] ") in padding)


def _without_own_letters(members: Sequence[object]) -> list[object]:
    """Texts without letters of their own, where all of them carry those of their places.

    Letters of names ("E. coli", "J. Smith") are not those of their places, and stay.
    """
    own = [_OWN.match(member) if isinstance(member, str) else None for member in members]
    there = [index for index, member in enumerate(members) if not is_padding(member)]
    carried = [match for index in there if (match := own[index])]
    letters, places = [match[1].upper() for match in carried], [LETTERS[index] for index in there]
    if len(carried) < max(len(there), MIN_OPTIONS) or not any(match[3] for match in carried):
        return list(members)
    if letters == places:
        return [match[3] if match else member for match, member in zip(own, members, strict=True)]
    bracketed = len(set(letters)) == len(letters) and all(match[2] in ")]）" for match in carried)
    named = all(_GENUS.match(match[0]) for match in carried)
    if bracketed or (sorted(letters) == places and not named):
        raise UnusableError(f"options carry the letters {', '.join(letters)} and stand at {', '.join(places)}")
    return list(members)


def first_key(keys: Iterable[object]) -> int | None:
    """The number of option A where a record numbers its options, 0 or 1; None where they have letters or no keys."""
    names = [option_key(key) for key in keys]
    if not names or not all(key.isdigit() for key in names):
        return None
    return min(1, *map(int, names))


def first_key_in(value: object) -> int | None:
    """The number of option A in a container of options, see `first_key`.

    Raises:
        UnusableError: If it is no such container.
    """
    return first_key(key for key, _ in _pairs(value))


def _letter(key: object, first: int | None) -> str:
    name = option_key(key)
    if first is not None and int(name) - first < len(LETTERS):
        return LETTERS[int(name) - first]
    if first is not None or not name.isalpha():
        raise UnusableError(f"option letter {key!r}: allowed are A to Z, or numbers from 0 or 1")
    return name


def _pairs(value: object) -> list[tuple[object, object]]:
    """What names each option in its container, a letter or a number, and its text."""
    value = unpacked(value)
    if isinstance(value, Mapping):
        letters, texts = _members(value)
        # A mapping of two lists is how `datasets` returns a sequence of structs.
        if len(value) == 2 and isinstance(letters, list) and isinstance(texts, list) and letters and texts:
            return list(zip(letters, texts, strict=False))
        return list(value.items())
    if isinstance(value, list | tuple):
        return [_pair(item, index) for index, item in enumerate(value)]
    if isinstance(value, str):
        for mark in (_LINES, _BARE_LINES, _INLINE):
            if (listed := _listed(value, mark)) and not listed[0]:
                return list(listed[1].items())
    raise UnusableError(f"options are a {type(value).__name__}, allowed are a mapping or a list")


_NONE = object()


def _members(item: Mapping[Any, Any]) -> tuple[object, object]:
    """What an option's mapping holds under the names of a letter and of a text; `_NONE` where there is no such name."""
    letter = next((item[name] for name in _LETTER_NAMES if name in item), _NONE)
    return letter, next((item[name] for name in _TEXT_NAMES if name in item), _NONE)


def _pair(item: object, index: int) -> tuple[object, object]:
    if isinstance(item, Mapping):
        letter, content = _members(item)
        if letter is _NONE or content is _NONE:
            fields, allowed = ", ".join(map(str, item)), "letter, content (or key, value; label, text; aid, atext)"
            raise UnusableError(f"option {index + 1} has the fields {fields}: allowed are {allowed}")
        return letter, content
    if isinstance(item, tuple) and len(item) == 2:  # a member of a parquet map
        return item[0], item[1]
    if index >= len(LETTERS):
        raise UnusableError(f"more than {len(LETTERS)} options")
    return LETTERS[index], item


# --- options in a text ------------------------------------------------------------------------------------------------
def parted(question: str) -> tuple[str, dict[str, str]]:
    """A question that ends with its options, parted into its stem and letter -> text.

    Raises:
        UnusableError: If it does not end with options.

    Examples:
        >>> parted("Which bone? A. Femur B. Tibia C. Fibula")
        ('Which bone?', {'A': 'Femur', 'B': 'Tibia', 'C': 'Fibula'})
    """
    listed = _listed(question, _LINES) or _listed(question, _INLINE)
    if not listed or not listed[0]:
        raise UnusableError(f"no options: the question does not end with A. … B. … ({shortened(question[-40:])})")
    return listed


def _listed(whole: str, mark: re.Pattern[str]) -> tuple[str, dict[str, str]] | None:
    """What stands before a list of options at the end of a text, and the list; None where there is none."""
    listing = _KEY_AFTER.sub("", whole)
    marks = list(mark.finditer(listing))[-_MOST_MARKS:]
    for index in reversed(range(len(marks))):
        chain = _chain(marks[index:], listing)
        if len(chain) < MIN_OPTIONS:
            continue
        ends = [*(match.start() for match in chain[1:]), len(listing)]
        texts = [listing[match.end() : end].strip(" \t\n;,|") for match, end in zip(chain, ends, strict=True)]
        stem = _HEADING.sub("", listing[: chain[0].start()]).strip()
        # A list inside a sentence: "(A) and (B) are marked. Which ...?"; of two options it may be anything.
        if texts[-1].endswith(_ASKING) or (
            len(chain) == MIN_OPTIONS and mark is _INLINE and stem and not stem.endswith(_ASKING)
        ):
            continue
        return stem, dict(zip(LETTERS, texts, strict=False))
    return None


def _chain(marks: Sequence[re.Match[str]], listing: str) -> list[re.Match[str]]:
    """The marks of A, B, C and so on, each behind the text of the one before it; none where the first is not A's."""
    chain: list[re.Match[str]] = []
    for mark in marks:
        letter = mark[mark.lastindex or 1].upper()
        if letter == LETTERS[len(chain) : len(chain) + 1] and (
            not chain or listing[chain[-1].end() : mark.start()].strip()
        ):
            chain.append(mark)
        elif not chain:
            break
    return chain
