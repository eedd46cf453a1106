"""The words of a normalised text, as quotes and sources are compared by.

Numbers keep their sign, point, bound, ratio and range ("-5", "120/80", "2-3" are one token each); hyphens part words
("45-year-old" has three); punctuation falls away, but for the end of a sentence within the text; articles fall away.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# Nothing else may be dropped or added: "is" for "was" moves a finding in time, "of" tells "history of stroke" from
# "history, stroke", "and" for "or" changes what is denied.
_ARTICLES = frozenset(("a", "an", "the"))
# "A" behind one of these is a letter: "vitamin A", "hepatitis A".
_LETTERED = frozenset(
    "answer antigen chain choice class factor grade group hepatitis immunoglobulin influenza option options protein "
    "stage statement strep streptococcus type vitamin".split()
)
END = "."
"""The token that stands for the end of a sentence, or a semicolon, between two words."""

# A run without white space and these marks; a comma or a colon between digits is inside.
_CHUNK = re.compile(r"(?:[^\s,;:!?()\[\]{}\"|<>=±~≈%]|(?<=\d)[,:](?=\d))++|[<>=±~≈%]")
_PARTING = re.compile(r"(?<=[^\W\d])-(?=\w)|(?<=\d)-(?=[^\W\d])|(?<=\w)--+(?=\w)")
_NUMBER = re.compile(r"-\.?\d")
_EDGES = " .,;:!?\"'()[]{}*_`#|•"


class Token(NamedTuple):
    """A word, a number or a symbol."""

    text: str
    """As it is compared."""
    start: int
    """Offset in the normalised text."""
    end: int
    """Offset behind it."""


def trimmed(text: str) -> str:
    """A normalised text without punctuation around it, but with the sign and the point of a number.

    Examples:
        >>> trimmed("- 'fever.'"), trimmed("(-5)"), trimmed(".5 mg;")
        ('fever', '-5', '.5 mg')
    """
    text = text.rstrip(_EDGES).removesuffix(" -").rstrip(_EDGES)
    kept = text.lstrip(_EDGES)
    while kept.startswith("-") and not _NUMBER.match(kept):
        kept = kept.lstrip("-").lstrip(_EDGES)
    has_point = text[: len(text) - len(kept)].endswith(".") and kept[:1].isdigit()
    return f".{kept}" if has_point else kept


def tokens_of(text: str) -> Iterator[Token]:
    """The tokens of a normalised text in order, without articles.

    Examples:
        >>> [token.text for token in tokens_of("a 45-year-old man; bp <120/80, vitamin a low. the end.")]
        ['45', 'year', 'old', 'man', '.', 'bp', '<', '120/80', 'vitamin', 'a', 'low', '.', 'end']
    """
    before, last, behind, ended = "", 0, 0, False
    for token in _words(text):
        gap = text[behind : token.start]
        ended = ended or "." in gap or ";" in gap or "!" in gap or "?" in gap
        behind = token.end
        if token.text in _ARTICLES and before not in _LETTERED and _leads_on(text, token.end):
            continue
        if ended and before:
            yield Token(END, last, last)
        yield token
        before, last, ended = token.text, token.end, False


def _leads_on(text: str, end: int) -> bool:
    """Whether a word follows, or nothing, as behind an article; the letter of an option has a mark behind it."""
    behind = text[end : end + 2]
    return not behind or (behind[0] == " " and (behind[1:].isalnum() or behind[1:] in tuple("\"'(<+-")))


def _words(text: str) -> Iterator[Token]:
    for chunk in _CHUNK.finditer(text):
        start, end = chunk.span()
        if chunk[0] == "-" and text[start - 2 : start - 1].isdigit() and text[end + 1 : end + 2].isdigit():
            yield Token("-", start, end)  # a range: "2 - 3"
            continue
        for stop, following in [*(parting.span() for parting in _PARTING.finditer(chunk[0])), (end - chunk.start(), 0)]:
            piece = text[start : chunk.start() + stop]
            word = trimmed(piece)
            if word:
                first = start + piece.find(word)
                yield Token(word, first, first + len(word))
            start = chunk.start() + following
