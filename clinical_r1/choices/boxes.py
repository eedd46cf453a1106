r"""Answers in `\boxed{…}`: the strict reading for rewards and the tolerant one for evaluation."""

import re
from collections.abc import Mapping

from clinical_r1.choices.found import Found
from clinical_r1.choices.letters import fold, same_text

_STRICT_OPENING = re.compile(r"\\boxed\s*+\{")
_STRICT = re.compile(r"\s*+(?:([A-Z])|\\text\s*+\{\s*+([A-Z])\s*+\})\s*+\}")
# "\b" read as an escape leaves a backspace and "oxed"; some models drop the backslash or write \fbox.
_OPENING = re.compile(
    r"(?:\\|\x08|(?<![A-Za-z\\]))(?:boxed|oxed|fbox|framebox)\s*+(?:(\{)|(?<=\s)(?=[A-Z](?!\w))|(?=\([A-Z]\)))"
)
# Two levels of inner braces; an unclosed box fails at the third, so that thousands of them cost linear time.
_CONTENT = re.compile(r"((?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+)\}")
_BARE = re.compile(r"(\(?[A-Z]\)?)")
_LETTER_FIRST = re.compile(
    r"\s*(?:(?:final |correct )?(?:answer|option|choice|letter)\s*[:=]?\s*)?"
    r"[(\[\"']?\s*([A-Za-z])\s*(?:\Z|[)\].:,=\"'–—]|-|\s+-)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\s*[(\[]?([A-Z])[)\]]?\s*(?:,|/|;|&|and|or|\+)\s*[(\[]?([A-Z])(?![\w])", re.IGNORECASE)


def strict_box(text: str, options: Mapping[str, str]) -> str | None:
    r"""The letter of the only `\boxed{…}` in the text, or None.

    One legal upper-case letter, white space and `\text{}` tolerated; two boxes, even equal ones, are no answer.
    """
    first = _STRICT_OPENING.search(text)
    if first is None or _STRICT_OPENING.search(text, first.end()):
        return None
    content = _STRICT.match(text, first.end())
    letter = (content[1] or content[2]) if content else None
    return letter if letter in options else None


def strict_place(text: str) -> tuple[int, int]:
    """Where the box begins and ends that `strict_box` has found in the text."""
    opening = _STRICT_OPENING.search(text)
    content = _STRICT.match(text, opening.end()) if opening else None
    return (opening.start(), content.end()) if opening and content else (len(text), len(text))


def boxes(text: str, options: Mapping[str, str]) -> list[Found]:
    """Every box that names an option, by letter or by the option's exact text, in order."""
    if "oxed" not in text and "box" not in text:
        return []
    found = []
    for opening in _OPENING.finditer(text):
        content = _CONTENT.match(text, opening.end()) if opening[1] else _BARE.match(text, opening.end())
        if content is None:
            continue
        item = _read(content[1], options)
        if item != _NOTHING:
            found.append(Found(item, opening.start(), content.end()))
    return found


_NOTHING = ""


def _read(content: str, options: Mapping[str, str]) -> str | None:
    """An option letter, None for several letters, or `_NOTHING`."""
    plain = fold(content).strip(" \t\r\n.{}")
    for letter, option in options.items():
        if same_text(plain) == same_text(option):
            return letter if len(plain) > 1 else _legal(plain, options) or letter
    if (several := _SEVERAL.match(plain)) and len({several[1].upper(), several[2].upper()} & options.keys()) == 2:
        return None
    if len(plain) == 3 and plain[0] in "([" and plain[2] in ")]":
        plain = plain[1]
    head = _LETTER_FIRST.match(plain)
    return _legal(head[1], options) if head else _NOTHING


def _legal(letter: str, options: Mapping[str, str]) -> str:
    return letter.upper() if letter.upper() in options else _NOTHING
