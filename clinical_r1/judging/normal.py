"""Text normalised for comparison, with the way back to the offsets of the original."""

import re
import unicodedata
from array import array
from dataclasses import dataclass
from functools import lru_cache

from clinical_r1.judging.latex import undressed

_SAME_MARKS = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-"),
    **dict.fromkeys("°º˚", " "),  # "38.5°C" and "38.5 C" say the same
    "⁄": "/",
    "≤": "<=",
    "≥": ">=",
    "×": "x",
}
_ASCII_OR_NOT = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]")
_SPACES = re.compile(r"\s+")
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = frozenset("₀₁₂₃₄₅₆₇₈₉")
# "HCO₃⁻", "PO₄³⁻", "CD4⁺", but not "10⁻³", nor the range "10³-10⁴".
_CHARGE = re.compile("([¹²³⁴⁵⁶⁷⁸⁹]?)[⁺⁻+−-](?![0-9⁰¹²³⁴⁵⁶⁷⁸⁹])")
_FRACTIONS = frozenset("¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟")
_MARKS_AT_MOST = 30
"""Combining marks on one letter: more are no text, and sorting them would take quadratic time."""


@dataclass(frozen=True)
class Normal:
    """A normalised text."""

    text: str
    """In NFKC and case-folded, with one kind of each quote mark and dash and single spaces."""
    starts: "array[int]"
    """Offset in the original where each character comes from."""
    ends: "array[int]"
    """Offset behind it."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original behind a stretch of the normalised text that is not empty."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normal:
    r"""Normalise a text.

    Raised digits behind a digit stay an exponent, and a fraction behind one stays apart: 10⁵ is not 105. LaTeX falls
    away.

    Examples:
        >>> normalise("“No  Fever”").text
        '"no fever"'
        >>> normalise("10⁵ to 3½, HCO₃⁻").text
        '10^5 to 3 1/2, hco3-'
        >>> normalise(r"\(10^{5}\) to $3\frac{1}{2}$, \text{HCO}_3^-").text
        '10^5 to 3 1/2, hco3-'
    """
    made = undressed(text)
    if made is None:
        return as_written(text)
    plain = as_written("".join(made.pieces))
    starts = array("q", (made.starts[start] for start in plain.starts))
    return Normal(plain.text, starts, array("q", (made.ends[end - 1] for end in plain.ends)))


def as_written(text: str) -> Normal:
    """Normalise a text and leave its LaTeX as it stands."""
    pieces: list[str] = []
    starts, ends = array("q"), array("q")
    place, size = 0, len(text)
    while place < size:
        run = _ASCII_OR_NOT.match(text, place)
        end = run.end() if run else place + 1
        if end - place > 1 and end < size and _joins(text[end]):
            end -= 1  # the last letter of the run carries a mark
        if text[place] < "\x80" and not (end < size and end - place == 1 and _joins(text[end])):
            pieces.append(text[place:end].lower().replace("`", "'"))
            starts.extend(range(place, end))
            ends.extend(range(place + 1, end + 1))
        else:
            end = place + 1
            while end < size and end - place <= _MARKS_AT_MOST and _joins(text[end]):
                end += 1
            plain = _guard(text, place) + _plain(text[place:end])
            pieces.append(plain)
            starts.extend([place] * len(plain))
            ends.extend([end] * len(plain))
        place = end
    return _single_spaced("".join(pieces), starts, ends)


def _joins(character: str) -> bool:
    """Whether a character changes the one before it: a combining mark, a Korean vowel or final."""
    return character > "\x7f" and (unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff")


def _guard(text: str, place: int) -> str:
    """What keeps a raised digit or a fraction apart from the digit before it."""
    before = text[place - 1] if place else ""
    if not before.isdigit() or before in _RAISED:
        return ""
    if text[place] in _FRACTIONS:
        return " "
    return "^" if text[place] in _RAISED and not _is_charge(text, place) else ""


def _is_charge(text: str, place: int) -> bool:
    """Whether the raised digit or sign behind a digit is an ion's charge; with a digit, only behind a formula."""
    charge = _CHARGE.match(text, place)
    formula = text[place - 1] in _LOWERED or text[max(0, place - 2) : place - 1].isalpha()
    return charge is not None and (formula or not charge[1])


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """One letter with its marks, normalised; nothing for what cannot be seen (zero-width characters)."""
    if letter in _SAME_MARKS:
        return _SAME_MARKS[letter]
    if unicodedata.category(letter[0]) == "Cf":
        return _plain(letter[1:]) if len(letter) > 1 else ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", letter).casefold())
    return "".join(_SAME_MARKS.get(character, character) for character in folded)


def _single_spaced(text: str, starts: "array[int]", ends: "array[int]") -> Normal:
    """Runs of white space made one space."""
    pieces: list[str] = []
    new_starts, new_ends = array("q"), array("q")
    last = 0
    for space in _SPACES.finditer(text):
        first, end = space.span()
        if end - first > 1 or text[first] != " ":
            pieces += text[last:first], " "
            new_starts += starts[last : first + 1]
            new_ends += ends[last:first]
            new_ends.append(ends[end - 1])
            last = end
    if not last:
        return Normal(text, starts, ends)
    return Normal("".join((*pieces, text[last:])), new_starts + starts[last:], new_ends + ends[last:])
