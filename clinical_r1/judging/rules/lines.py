"""A text as the rules read it: lines of words that know whether a negation or a generality reaches them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from clinical_r1.judging.rules.vocabulary import TOKEN, fold, is_specific, key, lower
from clinical_r1.judging.sentences import Sentence, sentences

LONGEST = 1_200
"""Characters of the longest line: what is longer without an end is read in pieces."""
REACH = 9
"""Words that a negation reaches."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, word by word. The lists run in parallel, one entry a word."""

    start: int
    """Offset in the text."""
    end: int
    low: str
    """The sentence in lower case, as long as it is."""
    words: list[str]
    """In lower case; marks that end a clause are words too."""
    keys: list[str]
    """Common forms."""
    starts: list[int]
    """Offsets in the text."""
    ends: list[int]
    absent: list[int]
    """0: not negated, 1: by a "not", 2: said to be absent."""
    general: list[bool]
    """Whether it is said of a disease or a supposed case, not of this patient."""
    vocabulary: frozenset[str]
    """Its words, for a quick look."""

    def place(self, offset: int) -> int:
        """Number of the first word that ends behind an offset in the text."""
        for number, end in enumerate(self.ends):
            if end > offset:
                return number
        return len(self.ends)


def read_lines(text: str, cut: Iterable[Sentence]) -> tuple[str, tuple[Line, ...]]:
    """Read the sentences of a text.

    Args:
        text: The text.
        cut: Its sentences, with their offsets in it.

    Returns:
        The folded text, as long as the text, and its lines.
    """
    folded = fold(text)
    low = lower(folded)
    return folded, tuple(_line(low, start, end) for start, end in _pieces(low, cut))


@lru_cache(maxsize=256)
def read_stem(stem: str) -> tuple[Line, ...]:
    """The lines of a question's stem; every response to the question needs them."""
    return read_lines(stem, sentences(stem))[1]


def _pieces(low: str, cut: Iterable[Sentence]) -> Iterator[tuple[int, int]]:
    for sentence in cut:
        start = sentence.start
        while sentence.end - start > LONGEST:
            space = low.rfind(" ", start + LONGEST // 2, start + LONGEST)
            end = space if space > 0 else start + LONGEST
            yield start, end
            start = end
        yield start, sentence.end


def _line(low: str, start: int, end: int) -> Line:
    spans = [match.span() for match in TOKEN.finditer(low, start, end)]
    words = [low[first:last] for first, last in spans]
    starts, ends = [first for first, _ in spans], [last for _, last in spans]
    vocabulary = frozenset(words)
    keys = [key(word) for word in words]
    absent = (
        _absent(words, keys) if not _TRIGGERS.isdisjoint(vocabulary) or "n't" in low[start:end] else [0] * len(words)
    )
    general = _general(words, low[start:end]) if vocabulary & _GENERAL else [False] * len(words)
    return Line(start, end, low[start:end], words, keys, starts, ends, absent, general, vocabulary)


# --- negation ---------------------------------------------------------------------------------------------------------
_STRONG = frozenset(
    "no without denies denied deny denying absence lack lacks lacking lacked nor neither never non".split()
)
_WEAK = frozenset("not cannot unable fails failed".split())
_AFTER = frozenset("absent lacking missing denied negative".split())
_SEEN = frozenset(
    "present seen noted described mentioned reported found observed evident apparent documented detected".split()
)
_BE = frozenset("is are was were be been being".split())
_TRIGGERS = _STRONG | _WEAK | _AFTER | {"free"}
# A "not" in front of these says something about an explanation, not about the finding behind it.
_OF_EXPLANATION = frozenset(
    "explain explained account fit match cause caused produce support suggest address consistent typical expected "
    "compatible "
    "characteristic due only explainable correspond align rule exclude ruled excluded likely unlikely a an the because "
    "related associated in enough sufficient indicate point favor favour".split()
)
_NO_NEGATION = frozenset("doubt longer matter need question reason one wonder".split())
_BREAKS = frozenset(
    "; : — ( but however although though because since which who whose so therefore thus hence making while "
    "whereas given "
    "despite except as if when until after before during for also yet".split()
)
_VERBS = frozenset(
    "has have had is are was were shows showed reveals revealed presents presented suggest suggests suggested "
    "argues argue "
    "makes make points point rules rule excludes exclude supports support indicates indicate does do would can "
    "could and/or "
    "reports complains".split()
)
_SUBJECTS = frozenset("the this these he she it his her their there we a an with making patient that i so".split())


def _absent(words: list[str], keys: list[str]) -> list[int]:
    """Which words a negation reaches."""
    flags = [0] * len(words)
    left = kind = reached = 0
    for place, word in enumerate(words):
        begins = (word in _TRIGGERS or word[-3:] == "n't") and _begins(words, place)
        if begins:
            left, kind, reached = REACH, begins, 0
        elif word in _AFTER or (word == "not" and words[place + 1 : place + 2] and words[place + 1] in _SEEN):
            _mark_before(words, flags, place)
            left = 0
        elif left and _ends(words, place, reached):
            left = 0
        elif left:
            flags[place] = kind
            left -= 1
            reached += is_specific(keys[place])
    return flags


def _begins(words: list[str], place: int) -> int:
    """Kind of the negation that begins at a word, 0 if none does."""
    word = words[place]
    following = words[place + 1] if place + 1 < len(words) else ""
    if word in _STRONG:
        return 0 if word in ("no", "without") and following in _NO_NEGATION else 2
    if word in ("negative", "free"):
        return 2 if following in ("for", "of") else 0
    if word == "absent":
        return 0 if words[place - 1 : place] and (words[place - 1] in _BE or words[place - 1] == ",") else 2
    if word in _WEAK or word.endswith("n't"):
        after = words[place + 1 : place + 3]
        return 0 if not after or after[0] in _SEEN or not _OF_EXPLANATION.isdisjoint(after) else 1
    return 0


def _ends(words: list[str], place: int, reached: int) -> bool:
    word = words[place]
    if word in _BREAKS:
        return reached > 0 or word in (";", ":", "but", "—")
    if word == "," or word == "and":
        following = words[place + 1] if place + 1 < len(words) else ""
        return following in _SUBJECTS or following in _VERBS or (word == "," and following in _BREAKS)
    return reached > 0 and word in _VERBS


def _mark_before(words: list[str], flags: list[int], place: int) -> None:
    """`fever is absent`, `fever was not present`: what stands before the verb is negated."""
    verbs = [at for at in range(max(0, place - 3), place) if words[at] in _BE]
    if not verbs:
        return
    for at in range(verbs[0] - 1, max(-1, verbs[0] - 7), -1):
        if words[at] in _BREAKS or words[at] in (",", "and") or words[at] in _VERBS:
            return
        flags[at] = 2


# --- generalities -----------------------------------------------------------------------------------------------------
_HEDGES = frozenset(
    "would should typically usually commonly often classically generally characteristically if unless expect "
    "expected can "
    "may might could suppose assuming patients children adults people individuals infants".split()
)
_OF_DISEASE = frozenset("present presents cause causes characterized characterised manifests manifest".split())
_GENERAL = _HEDGES | _OF_DISEASE
_PATIENTS = ("he", "she", "his", "her", "patient", "man", "woman", "boy", "girl", "case")
_JOINS = frozenset(", and as which while whereas".split())
_PERSON = frozenset(
    "patient patient's who lady gentleman male female he she his her him man woman boy girl child infant i we".split()
)
_LIFTS = re.compile(
    r"\b(?:which|as|that|all of which|both of which|just as|exactly what|and this|and these|and the)\b[^.;]{0,40}?"
    r"\b(?:th(?:is|e) (?:patient|man|woman|boy|girl|child|case)|our patient|here|is present|are present|"
    r"match(?:es)?|fits?|"
    r"he has|she has|in this)\b"
)
_NOT = re.compile(r"\b(?:no|not|lacks?|without|absent|denies|none)\b|n't\b")


def _general(words: list[str], low: str) -> list[bool]:
    """Which words are said of a disease or of a supposed case."""
    lift = _LIFTS.search(low)
    if lift and not _NOT.search(lift[0]) and not _NOT.match(low, lift.end() + 1):
        return [False] * len(words)
    flags = [False] * len(words)
    active = False
    for place, word in enumerate(words):
        if active:
            active = not (word in _ENDS_GENERAL or _is_patient(words, place))
        elif word in _GENERAL:
            active = _turns_general(words, place)
        flags[place] = active
    return flags


_ENDS_GENERAL = frozenset("; — but however here yet".split())


def _turns_general(words: list[str], place: int) -> bool:
    before, following = words[max(0, place - 4) : place], words[place + 1 : place + 3]
    if words[place] in _HEDGES:
        # "would not explain the fever" speaks of the fever that is there
        return not (_explains(following) or (words[place] == "can" and "be" in following))
    told = words[place] == "present" and not _BE.isdisjoint(before)
    return bool(before) and not told and _PERSON.isdisjoint(before)


def _explains(following: list[str]) -> bool:
    return any(
        word in ("explain", "account", "be", "fit", "support", "address", "suggest", "argue", "make")
        for word in following
    )


def _is_patient(words: list[str], place: int) -> bool:
    """Whether a new clause begins with this patient."""
    if not words[place].startswith(_PATIENTS) or _JOINS.isdisjoint(words[max(0, place - 2) : place]):
        return False
    if words[place] in ("he", "she", "his", "her"):
        return True
    return words[place] in _PATIENTS and words[place - 1] in ("this", "the", "our")
