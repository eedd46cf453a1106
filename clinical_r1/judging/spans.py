"""Quote verification: exact alignment of a quote with its source, tolerant of typography and misspellings only.

`verify` compares words, never degrees of likeness: at a likeness of 90 in 100 a fuzzy matcher takes "Na 128" for
"Na 138" and "no fever" for "fever". First the normalised quote is looked for as it is. Then its words are: articles are
dropped from quote and source alike, and a word that is none is read as the source's word that it misspells. Both are
plain searches for a string, so the time is linear in the lengths of quote and source.

Texts are normalised with the way back to the offsets of the original. Numbers keep their sign, point, bound, ratio and
range ("-5", "120/80", "2-3" are one token each); hyphens part words ("45-year-old" has three); punctuation falls away,
but for the end of a sentence within the text.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, islice, pairwise, product
from operator import attrgetter
from typing import NamedTuple

from rapidfuzz.distance import OSA

from clinical_r1.judging.latex import readings, undressed
from clinical_r1.judging.words import is_word
from clinical_r1.sentences import Sentence, clauses, sentences

__all__ = ["Sentence", "Span", "clauses", "sentences", "verify"]


# --- normalised text --------------------------------------------------------------------------------------------------
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


# --- words of a normalised text ---------------------------------------------------------------------------------------
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
        if chunk[0].isalnum():  # as most are: nothing to part or to trim
            yield Token(chunk[0], start, end)
            continue
        for stop, following in [*(parting.span() for parting in _PARTING.finditer(chunk[0])), (end - chunk.start(), 0)]:
            piece = text[start : chunk.start() + stop]
            word = trimmed(piece)
            if word:
                first = start + piece.find(word)
                yield Token(word, first, first + len(word))
            start = chunk.start() + following


# --- quotes found -----------------------------------------------------------------------------------------------------
NEGATED_WITHIN = 3
"""Tokens before a match in which a negation that the quote dropped is looked for; articles do not count."""

_NEGATIONS = frozenset(
    "no not never none nor neither without denies denied deny denying absent absence lack lacks lacked lacking cannot "
    "non nil nothing nobody nowhere unable fails failed w/o negates refuses excludes excluded".split()
)
# Negations of two tokens.
_NEGATING_PAIRS = frozenset(
    (("negative", "for"), ("free", "of"), ("free", "from"), ("ruled", "out"), ("rules", "out"), ("rule", "out"))
)
# What a negation before them does not reach over: "no fever but cough".
_TURNS = frozenset((END, *"but however although though except yet whereas".split()))
_UNITS = frozenset(
    "liter liters litre litres meter meters metre metres gram grams milligram milligrams microgram micrograms kilogram "
    "kilograms milliliter milliliters centimeter centimeters millimeter millimeters micrometer minute minutes second "
    "seconds hours weeks month months years percent degree degrees celsius fahrenheit joule joules pound pounds ounce "
    "ounces units torr mmole mmoles moles beats breaths inches pascal mosmol mmol micromol nanomol".split()
)
_SHORTEST, _LONG, _SAME = 5, 8, 4
"""Letters of a word that may be misspelled, of one that may be so twice, and of its start, which must be right."""
_MISSPELLINGS = 3
"""Misspelled words a quote may have: a quote of odd words is no quote."""
_READINGS = 16
"""Combinations of corrections tried."""

_PLACES = 1_000
"""Places of a quote, and of its letters within other words, looked at: more are a hostile text, not a case."""
_WORK = 1_000_000
"""Characters compared when a long quote stands at many places that overlap."""

_INNER_ELLIPSIS = re.compile(r"\.{2,}")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Span:
    """Where a quote stands in its source."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset behind the last character."""
    text: str
    """The characters of the source between the two."""
    negated_context: bool
    """Whether the source negates, just before it, what the quote states."""

    def overlaps(self, other: "Span | Sentence") -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class _Source:
    """A source made ready for many quotes."""

    normal: Normal

    @cached_property
    def words(self) -> tuple[Token, ...]:
        """Words in order, without articles; "." between sentences."""
        return tuple(tokens_of(self.normal.text))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple(word for word, _, _ in self.words)

    @cached_property
    def line(self) -> str:
        """The tokens, each between single spaces."""
        return f" {' '.join(self.tokens)} "

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Offset of each token in the line."""
        return tuple(accumulate((len(token) + 1 for token in self.tokens), initial=1))

    @cached_property
    def by_opening(self) -> dict[str, list[str]]:
        """First letters -> the words that begin with them and may be misspelled."""
        openings: dict[str, list[str]] = {}
        for token in filter(_may_be_misspelled, dict.fromkeys(self.tokens)):
            openings.setdefault(token[:_SAME], []).append(token)
        return openings


def verify(quote: str, source: str) -> Span | None:
    r"""Find a quote in the text that it is said to be quoted from.

    Case, white space, kinds of quote marks and dashes, punctuation between words and articles may differ. A word may
    differ only as a misspelling: a word of 5 letters or more whose first 4 are right, one edit away (two from 8
    letters), and not itself a word. Numbers, units, negations and all other words must be there as they are. A quote
    with an ellipsis is accepted only where the source has it too. LaTeX may be in the one and not in the other, and in
    the quote it may have been taken for escapes of JSON (`latex.readings`).

    Args:
        quote: What somebody says stands in the source.
        source: The text; repeated calls on the same text are fast.

    Returns:
        The place, or None if the quote is not there, empty or punctuation alone. Of several places the first that is
        not negated, else the first.

    Examples:
        >>> verify("the temperature is 38.5 C", "On arrival, temperature is 38.5 C.")
        Span(start=12, end=33, text='temperature is 38.5 C', negated_context=False)
        >>> verify("temperature is 39.5 C", "On arrival, temperature is 38.5 C.") is None
        True
        >>> verify("fever", "She denies fever.").negated_context
        True
        >>> verify("dysphasia", "He has dysphagia.") is None
        True
        >>> verify("SpO2 of 88%", r"an \(SpO_2\) of 88\%").text
        '\\(SpO_2\\) of 88\\%'
    """
    found = next(filter(None, (_found(reading, source, normalise) for reading in readings(quote))), None)
    # cut within a formula, a quote has half of its braces
    return found or (_found(quote, source, as_written) if undressed(quote) else None)


def has_words(text: str, quote: str) -> bool:
    """Whether a text has the words of a quote and no others, whatever stands between them."""
    said = [_WORD.findall(normalise(one).text) for one in (text, *readings(quote))] if text != quote else []
    return text == quote or said[0] in said[1:]


def _found(quote: str, source: str, read: Callable[[str], Normal]) -> Span | None:
    wanted = trimmed(read(quote).text)
    if not any(character.isalnum() for character in wanted):
        return None
    ready = _ready(source, read)
    verbatim = list(islice(_preferred(ready, _verbatim(wanted, ready)), 1))
    found = verbatim or list(islice(_preferred(ready, _aligned(wanted, ready)), 1))
    if not found:
        return None
    start, end, negated = found[0]
    start, end = ready.normal.origin(start, end)
    return Span(start, end, source[start:end], negated)


def _preferred(source: _Source, places: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Places in the normalised text that are not negated, in order; behind them the first, if it is."""
    first = None
    for start, end in islice(places, _PLACES):
        negated = _is_negated(source, start)
        if not negated:
            yield start, end, False
        first = first or (start, end, negated)
    if first:
        yield first


# --- as it is ---------------------------------------------------------------------------------------------------------
def _verbatim(wanted: str, source: _Source) -> Iterator[tuple[int, int]]:
    text, place = source.normal.text, -1
    for _ in range(min(_PLACES, 1 + _WORK // len(wanted))):
        place = text.find(wanted, place + 1)
        if place < 0:
            return
        if _is_whole(text, place, place + len(wanted)):
            yield place, place + len(wanted)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no word and no number is cut at the ends of a stretch of normalised text."""
    return not (_CUT_BEFORE.search(text[max(0, start - 4) : start] + "\n" + text[start : start + 2])) and not (
        _CUT_BEHIND.search(text[max(0, end - 2) : end] + "\n" + text[end : end + 4])
    )


# The line break stands for the edge; a normalised text has none.
_CUT_BEFORE = re.compile(
    r"\w\n\w|\w'\n\w"  # within a word
    r"|\d[.,/:^-]\n[-+.]?\d"  # within a number, a ratio or a range: 3.5, 120/80, 2-3
    r"|(?:(?<![^\W\d])[-+]|[.±^])\n\.?\d|[<>]=?\n[-+.]?\d"  # a sign, a point or a bound lost; not the "-" of IL-6
    r"|\d\n[.,/:^]\d"
)
_CUT_BEHIND = re.compile(
    r"\w\n\w|\w\n't\b"  # the "n't" lost
    r"|\d\n[.,/:^-]\.?\d|\d\n\^"
    r"|\w\n[+-](?!\w)"  # the sign of "CD4+" or "Rh-" lost
)


# --- word by word -----------------------------------------------------------------------------------------------------
def _aligned(wanted: str, source: _Source) -> Iterator[tuple[int, int]]:
    """Places where the words of the quote stand, misspellings corrected and articles left out."""
    openings = (word[:_SAME] for word in _WORD.findall(wanted) if word not in _ARTICLES)
    if not all(opening in source.normal.text for opening in openings):  # invented, as no misspelling changes these
        return
    words = [word for word, _, _ in tokens_of(wanted)]
    if not words or _INNER_ELLIPSIS.search(wanted):
        return
    readings = [[word] if f" {word} " in source.line else _corrections(word, source) for word in words]
    misspelled = sum(reading != [word] for reading, word in zip(readings, words, strict=True))
    if misspelled > _MISSPELLINGS or not all(readings):
        return
    for reading in islice(product(*readings), _READINGS):
        yield from _places(f" {' '.join(reading)} ", source)


def _places(words: str, source: _Source) -> Iterator[tuple[int, int]]:
    place = source.line.find(words)
    while place >= 0:
        first = bisect_right(source.starts, place + 1) - 1
        start, end = source.words[first].start, source.words[first + words.count(" ") - 2].end
        if _is_whole(source.normal.text, start, end):
            yield start, end
        place = source.line.find(words, place + len(words) - 1)


def _corrections(word: str, source: _Source) -> list[str]:
    """Words of the source that the word may be a misspelling of."""
    if not _may_be_misspelled(word):
        return []
    edits = {
        other: 2 if min(len(word), len(other)) >= _LONG else 1 for other in source.by_opening.get(word[:_SAME], ())
    }
    near = [other for other, most in edits.items() if OSA.distance(word, other, score_cutoff=most) <= most]
    return near if near and not is_word(word) else []


def _may_be_misspelled(word: str) -> bool:
    plain = word.isalpha() and _SHORTEST <= len(word) <= 40
    return plain and word not in _UNITS and not _negates(word)


@lru_cache(maxsize=256)
def _ready(source: str, read: Callable[[str], Normal]) -> _Source:
    return _Source(read(source))


# --- negation ---------------------------------------------------------------------------------------------------------
def _is_negated(source: _Source, start: int) -> bool:
    """Whether one of the last tokens before a place in the normalised text negates what follows."""
    first = bisect_left(source.words, start, key=attrgetter("start"))
    before = source.tokens[max(0, first - NEGATED_WITHIN) : first]
    turn = max((number for number, token in enumerate(before) if token in _TURNS), default=-1)
    before = before[turn + 1 :]
    return any(map(_negates, before)) or any(pair in _NEGATING_PAIRS for pair in pairwise(before))


def _negates(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")
