"""A text as the rules read it: lines of words that know whether a negation or a generality reaches them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clinical_r1.judging.rules.generality import GENERAL, general
from clinical_r1.judging.rules.vocabulary import BE, fold, is_specific, key, lower, tokens_of
from clinical_r1.sentences import Sentence, sentences

LONGEST = 1_200
"""Characters of the longest line: what is longer without an end is read in pieces."""
REACH = 9
"""Words that a negation reaches."""


@dataclass(frozen=True)
class Line:
    """A sentence, word by word. The lists run in parallel, one entry a word; what few sentences need is made late."""

    start: int
    """Offset in the text."""
    end: int
    low: str
    """The sentence in lower case, as long as it is."""
    words: list[str]
    """In lower case; marks that end a clause are words too."""
    keys: list[str]
    """Common forms."""
    vocabulary: frozenset[str]
    """Its words, for a quick look."""

    @cached_property
    def starts(self) -> list[int]:
        """Offsets in the text."""
        starts, place, find = [], 0, self.low.find
        for word in self.words:
            place = find(word, place)
            starts.append(self.start + place)
            place += len(word)
        return starts

    @cached_property
    def ends(self) -> list[int]:
        """Offsets behind the words in the text."""
        return [start + len(word) for start, word in zip(self.starts, self.words, strict=True)]

    @cached_property
    def absent(self) -> list[int]:
        """0: not negated, 1: by a "not", 2: said to be absent."""
        if _TRIGGERS.isdisjoint(self.vocabulary) and "n't" not in self.low:
            return [0] * len(self.words)
        return _absent(self.words, self.keys)

    @cached_property
    def general(self) -> list[bool]:
        """Whether it is said of a disease or a supposed case, not of this patient."""
        if GENERAL.isdisjoint(self.vocabulary):
            return [False] * len(self.words)
        return general(self.words, self.low)

    def matches(self, pattern: re.Pattern[str], first: frozenset[str]) -> Iterator[re.Match[str]]:
        """What `pattern.finditer(self.low)` gives, for a pattern that can only begin where one of these words does."""
        if first.isdisjoint(self.vocabulary):
            return
        behind = 0
        for word, start in zip(self.words, self.starts, strict=True):
            if word in first and start - self.start >= behind:
                match = pattern.match(self.low, start - self.start)
                if match:
                    behind = match.end()
                    yield match

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
    sentence = low[start:end]
    words = tokens_of(sentence)
    return Line(start, end, sentence, words, list(map(key, words)), frozenset(words))


# --- negation ---------------------------------------------------------------------------------------------------------
_STRONG = frozenset(
    "no without denies denied deny denying absence lack lacks lacking lacked nor neither never non".split()
)
_WEAK = frozenset("not cannot unable fails failed".split())
_AFTER = frozenset("absent lacking missing denied negative".split())
_SEEN = frozenset(
    "present seen noted described mentioned reported found observed evident apparent documented detected".split()
)
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
        return 0 if words[place - 1 : place] and (words[place - 1] in BE or words[place - 1] == ",") else 2
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
    verbs = [at for at in range(max(0, place - 3), place) if words[at] in BE]
    if not verbs:
        return
    for at in range(verbs[0] - 1, max(-1, verbs[0] - 7), -1):
        if words[at] in _BREAKS or words[at] in (",", "and") or words[at] in _VERBS:
            return
        flags[at] = 2
