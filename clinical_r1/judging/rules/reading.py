"""Tokens of a text with their sentence, lemma-like form, and the scope of negations and suppositions."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Any, NamedTuple

import yaml

from clinical_r1.choices.letters import LETTERS, called, is_option_letter, merge_identical
from clinical_r1.item import Item
from clinical_r1.judging.spans import Span
from clinical_r1.sentences import Sentence, sentences

LONGEST = 1_200
"""Characters of the longest sentence: what is longer without an end is read in pieces."""
_REACH, _GAP, _NEAR = 9, 12, 5
"""Words that a negation reaches, that "..." stands for in a phrase, and between two words of an option's text."""

WORDS: Mapping[str, Any] = yaml.safe_load(
    files("clinical_r1.judging.rules").joinpath("words.yaml").read_text(encoding="utf-8")
)
_TOKEN = re.compile(r"(\d+(?:[.,/]\d+)*|[^\W\d_][^\W_]*+(?:'[a-z]{1,3}\b)?|[,;:()—–])")
_ASCII_TOKEN = re.compile(r"([a-z][a-z0-9]*+(?:'[a-z]{1,3}\b)?|[0-9]+(?:[.,/][0-9]+)*|[,;:()])")  # the same, faster
_LOOK_ALIKES = tuple(zip("*`$_’‘\u00a0‐‑", "    '' --", strict=True))
_NUMBERS = {word: str(number) for number, word in enumerate("two three four five six seven eight nine ten".split(), 2)}
_HEADING = re.compile(r"[)\]*_ ]{0,4}[:.–—-](?!\w)")


@lru_cache(maxsize=1 << 16)
def key(word: str) -> str:
    """The common form of a lower-case word or number: without inflection, trailing zeros and thousands commas.

    Examples:
        >>> key("vomited") == key("vomiting"), key("rashes") == key("rash"), key("38.0"), key("1,200"), key("doesn't")
        (True, True, '38', '1200', 'not')
    """
    if len(word) > 40:  # no word is longer
        return ""
    if word[0].isdigit():
        plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", word)
        return plain.rstrip("0").rstrip(".") if "." in plain and "/" not in plain else plain
    if word.endswith("n't") or word == "cannot":
        return "not"
    if word in _NUMBERS:
        return _NUMBERS[word]
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("shes", "ches", "xes", "sses", "oes")) else word[:-1]
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) > 3 and re.search("[aeiouy]", base):
            word = base[:-1] if base[-1] == base[-2] and base[-1] not in "lsz" else base
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def words(name: str) -> frozenset[str]:
    """A list of `words.yaml` as it is written."""
    return frozenset(WORDS[name].split())


def keys(name: str) -> frozenset[str]:
    """The common forms of a list of `words.yaml`."""
    return frozenset(map(key, words(name)))


_STOP = keys("stop")
_VAGUE = _STOP.union(*map(keys, ("generic", "modifier", "unit", "time")))
OPPOSITE = {key(one): frozenset(map(key, others.split())) for one, others in WORDS["opposite"].items()}
"""Qualifying word -> those that say the contrary."""
_NEGATION, _GONE, _SEEN, _EXPLANATION, _IDLE, _EXCUSES, _TERM, _GENERAL_FORMS = map(
    keys, ("negation", "gone", "seen", "explanation", "idle", "excuses", "term", "general")
)
_BREAK, _VERB, _SUBJECT, _GENERAL, _TURNS, _JOINS, _PATIENT = map(
    words, ("break", "verb", "subject", "general", "specific", "joining", "patient")
)
_OPENERS = frozenset((",", ";", ":", "—", "–", "(", "but", "oh", "and", "so"))
_HEADS = frozenset(("(", "option", "choice"))
_LONE = frozenset(LETTERS.lower())


@lru_cache(maxsize=1 << 16)
def is_specific(word: str) -> bool:
    """Whether a common form has a meaning of its own: no stop word, generic or qualifying word, unit or number."""
    return len(word) > 1 and word[0].isalpha() and word not in _VAGUE


# --- texts ------------------------------------------------------------------------------------------------------------
class Line(NamedTuple):
    """A sentence: its first word and the one behind its last, its offset and the one behind it."""

    first: int
    end: int
    start: int
    stop: int


def _folded(text: str) -> str:
    """A text in lower case without markup, as long as the text."""
    for mark, plain in _LOOK_ALIKES:
        text = text.replace(mark, plain)
    low = text.lower()
    longer = len(low) != len(text)  # a few characters become two
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text) if longer else low


class Text:
    """A text, word by word. Words go by their number in it; marks that end a clause are words too."""

    def __init__(self, text: str, cut: Sequence[Sentence]) -> None:
        """Read the sentences of a text, cut with their offsets in it."""
        self._low = low = _folded(text)
        parts = (_ASCII_TOKEN if low.isascii() else _TOKEN).split(low)  # a gap, a word, a gap, ...
        self.words = parts[1::2]
        self.keys = list(map(key, self.words))
        self.starts = list(accumulate(map(len, parts)))[:-1:2]
        self.line_of = [-1] * len(self.words)
        self.lines: list[Line] = []
        pieces = [(start, one.end) for one in cut for start in range(one.start, one.end, LONGEST)]
        for start, stop in ((start, min(start + LONGEST, end)) for start, end in pieces):
            first, end = bisect_left(self.starts, start), bisect_left(self.starts, stop)
            self.line_of[first:end] = [len(self.lines)] * (end - first)
            self.lines.append(Line(first, end, start, stop))
        self.forms: defaultdict[str, list[int]] = defaultdict(list)  # common form -> where it stands
        for place, (form, number) in enumerate(zip(self.keys, self.line_of, strict=True)):
            if number >= 0:
                self.forms[form].append(place)

    def line(self, place: int) -> Line:
        """The sentence of a word."""
        return self.lines[self.line_of[place]]

    def word(self, number: int) -> str:
        """The first word of a sentence; nothing if there is no such sentence or no word in it."""
        return next((self.words[line.first] for line in self.lines[number : number + 1] if line.first < line.end), "")

    def places(self, forms: Collection[str]) -> list[int]:
        """Where words of some common forms stand."""
        there = self.forms
        return sorted([place for form in forms if form in there for place in there[form]])

    def has(self, forms: Collection[str], first: int, end: int) -> bool:
        """Whether a word of some common forms stands from one word up to another."""
        return any(form in forms for form in self.keys[first:end])

    def behind(self, place: int, number: int) -> Sequence[str]:
        """The common forms of so many words behind one in its sentence."""
        return self.keys[place + 1 : min(place + 1 + number, self.line(place).end)]

    def asks(self, number: int) -> bool:
        """Whether a sentence is a question."""
        return self._low.endswith("?", self.lines[number].start, self.lines[number].stop)

    def opens(self, place: int) -> bool:
        """Whether a clause begins with a word."""
        return place == self.line(place).first or self.words[place - 1] in _OPENERS

    @cached_property
    def absent(self) -> frozenset[int]:
        """Words that a negation reaches in its clause: those behind it, or before it in "is absent", "was not seen"."""
        found: set[int] = set()
        for place in self.places(_NEGATION | _GONE):
            word, line, following = self.keys[place], self.line(place), self.behind(place, 2)
            if word in _GONE or (word == "not" and not _SEEN.isdisjoint(following[:1])):
                reach = range(place - 1, max(line.first, place - _REACH) - 1, -1)
            elif (_EXPLANATION if word == "not" else _IDLE).isdisjoint(following):
                reach = range(place + 1, min(place + 1 + _REACH, line.end))
            else:
                continue
            reached = False
            for at in reach:
                if self._ends(at, reached):
                    break
                found.add(at)
                reached = reached or is_specific(self.keys[at])
        return frozenset(found)

    def _ends(self, place: int, reached: bool) -> bool:
        """Whether a negation ends at a word; it has reached something specific or not."""
        word = self.words[place]
        following = self.words[place + 1] if place + 1 < self.line(place).end else ""
        if word in (",", "and"):
            return following in _SUBJECT or following in _VERB or (word == "," and following in _BREAK)
        return word in (";", ":", "but", "—") or (reached and (word in _BREAK or word in _VERB))

    @cached_property
    def general(self) -> frozenset[int]:
        """Words that are said of a disease or of a supposed case, up to a "but", or a "he" behind an "and"."""
        found: set[int] = set()
        for place in self.places(_GENERAL_FORMS):
            if self.words[place] in _GENERAL and place not in found and _EXCUSES.isdisjoint(self.behind(place, 2)):
                for at in range(place, self.line(place).end):
                    if self.words[at] in _TURNS or (self.words[at] in _PATIENT and self.words[at - 1] in _JOINS):
                        break
                    found.add(at)
        return frozenset(found)


class Phrases:
    """Cue phrases as `words.yaml` writes them, found in time linear in the words of a text."""

    def __init__(self, name: str) -> None:
        """Read a list of `words.yaml`."""
        # First word -> of each phrase whether it must open a clause, and for each further word how many may be passed
        # over before it, and its forms.
        self._by_first: dict[str, list[tuple[bool, list[tuple[int, frozenset[str]]]]]] = {}
        for phrase in WORDS[name]:
            written = phrase.split()
            first, *rest = written[written[0] == "^" :]
            parts, reach = [], 0
            for part in rest:
                if part in ("*", "..."):
                    reach += 1 if part == "*" else _GAP
                else:
                    parts.append((reach, _forms(part)))
                    reach = 0
            for form in _forms(first):
                self._by_first.setdefault(form, []).append((written[0] == "^", parts))

    def find(self, text: Text) -> list[tuple[int, int]]:
        """The first word of each phrase in a text, and the one behind its last: no two overlap."""
        there = text.forms.keys()
        phrases = {  # without those of which a word stands nowhere in the text
            form: [one for one in self._by_first[form] if not any(there.isdisjoint(forms) for _, forms in one[1])]
            for form in self._by_first.keys() & there
        }
        found: list[tuple[int, int]] = []
        end, forms = 0, text.keys
        for place in text.places([form for form, able in phrases.items() if able]):
            if place >= end:
                stop = text.line(place).end
                for anchored, parts in phrases[forms[place]]:
                    if not anchored or text.opens(place):
                        end = max(end, _end_of(parts, forms, place + 1, stop))
                if end > place:
                    found.append((place, end))
        return found


def _forms(part: str) -> frozenset[str]:
    """The forms that a part of a phrase stands for."""
    return keys(part[1:]) if part[0] == "@" else frozenset(map(key, part.split("|")))


def _end_of(parts: Sequence[tuple[int, frozenset[str]]], forms: Sequence[str], place: int, stop: int) -> int:
    """Where a phrase ends that goes on at a word of a sentence; 0 if it does not."""
    for reach, wanted in parts:
        last = min(place + reach, stop - 1)
        while place <= last and forms[place] not in wanted:
            place += 1
        if place > last:
            return 0
        place += 1
    return place


# --- options ----------------------------------------------------------------------------------------------------------
class Mention(NamedTuple):
    """An option is named, from its first to its last word."""

    letter: str
    first: int
    last: int


class _Wording(NamedTuple):
    """An option's text: so many of its words must be there, and one of its own, which no other option has."""

    letter: str
    needed: int
    own: frozenset[str]


def _mentions(text: Text, response: str, options: Mapping[str, str]) -> list[Mention]:
    """Every mention of an option, by letter or by text, in order."""
    found = [
        Mention(text.words[place].upper(), place, place)
        for place in text.places(_LONE)
        if text.words[place].upper() in options and _is_letter(text, place, response, options)
    ]
    wordings = _wordings(tuple(options.items()))
    places: dict[tuple[int, _Wording], list[int]] = {}
    for place in text.places(wordings):
        for wording in wordings[text.keys[place]]:
            places.setdefault((text.line_of[place], wording), []).append(place)
    for (_, wording), there in places.items():
        for group in clusters(text, there, _NEAR) if len(there) >= wording.needed else ():
            said = {text.keys[place] for place in group}
            if len(said) >= wording.needed and not wording.own.isdisjoint(said):
                found.append(Mention(wording.letter, group[0], group[-1]))
    return sorted(found, key=lambda mention: mention[1:])


def _is_letter(text: Text, place: int, response: str, options: Mapping[str, str]) -> bool:
    """Whether a lone letter names an option: "option b", "(B)", "B is", and not the article or "vitamin C"."""
    start, line = text.starts[place], text.line(place)
    before, behind = response[max(line.start, start - 14) : start], response[start + 1 : start + 2]
    if called(before):
        return True
    if not response[start].isupper() or before[-1:] in tuple("-/{'+\\") or behind in tuple("'’-+/}"):
        return before[-1:] in ("(", "[") and behind in (")", "]")
    previous = text.keys[place - 1] if place > line.first else ""
    return previous not in _TERM and not previous[:1].isdigit() and is_option_letter(response, start, options)


@lru_cache(maxsize=512)
def _wordings(options: tuple[tuple[str, str], ...]) -> Mapping[str, Sequence[_Wording]]:
    """Word -> the wordings it belongs to; of two options with one text the first is meant."""
    first = merge_identical(dict(options))
    said = {}
    for letter, text in options:
        tokens = _TOKEN.findall(_folded(re.sub(r"\([^()]*\)", " ", text)))  # what stands in brackets may be left out
        forms = frozenset(key(word) for word in tokens if word[0].isalnum())
        if first[letter] == letter and any(len(word) > 1 and not word.isdigit() for word in forms):
            said[letter] = forms - _STOP or forms
    index: dict[str, list[_Wording]] = {}
    for letter, forms in said.items():
        own = forms.difference(*(other for one, other in said.items() if one != letter)) or forms
        needed = len(forms) if len(forms) < 3 else -(-2 * len(forms) // 3)
        for form in forms:
            index.setdefault(form, []).append(_Wording(letter, needed, own))
    return index


def clusters(text: Text, places: Sequence[int], gap: int) -> list[list[int]]:
    """Words in groups, a new one wherever more than `gap` lie between two, or where a word comes again."""
    groups: list[list[int]] = []
    said: set[str] = set()
    for place in places:
        if not groups or place - groups[-1][-1] > gap or text.keys[place] in said:
            groups.append([])
            said = set()
        groups[-1].append(place)
        said.add(text.keys[place])
    return groups


# --- a response beside its case ---------------------------------------------------------------------------------------
class Stem(NamedTuple):
    """What a question says: specific words of what is there and of what is said to be absent, and all its words."""

    text: Text
    there: frozenset[str]
    gone: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=256)
def read_stem(stem: str) -> Stem:
    """Read a question; every response to it needs this."""
    text = Text(stem, sentences(stem))
    there, gone = (
        frozenset(word for at, word in enumerate(text.keys) if is_specific(word) and (at in text.absent) is absent)
        for absent in (False, True)
    )
    pairs = zip(text.keys, [*text.words[1:], ""], strict=False)  # a blood pressure is no blood
    return Stem(text, there, gone, frozenset(word for word, other in pairs if f"{word} {other}" != "blood pressure"))


class Reading:
    """A response, its options and its case."""

    def __init__(
        self,
        stem: str,
        response: str,
        cut: tuple[Sentence, ...],
        options: tuple[tuple[str, str], ...],
        answer: str | None,
        negated: bool,
        has_case: bool,
    ) -> None:
        """Read what an `Item` holds."""
        self.response, self.answer, self.negated, self.has_case = response, answer, negated, has_case
        self.stem, self.text = read_stem(stem), Text(response, cut)
        named = _mentions(self.text, response, dict(options))
        self.option_words = frozenset(at for one in named for at in range(one.first, one.last + 1))
        self.mentions: list[list[Mention]] = [[] for _ in self.text.lines]
        for one in named:
            self.mentions[self.text.line_of[one.first]].append(one)
        # Of each sentence: the option that it is about, which is the only one named in it or before it in its
        # paragraph, and the sentence that is, or begins with, this option as a heading ("B. Migraine: ..."), if any.
        self.topics: list[str | None] = []
        self.headings: list[int | None] = []
        topic, heading, stop = None, None, 0
        for number, (line, there) in enumerate(zip(self.text.lines, self.mentions, strict=True)):
            letters = {one.letter for one in there}
            if not letters <= {topic} or "\n\n" in response[stop : line.start]:
                topic, heading = (*letters,)[0] if len(letters) == 1 else None, None
            begins = there and there[0].first - line.first == (self.text.words[line.first] in _HEADS)
            ends = (self.text.starts[one.last] + len(self.text.words[one.last]) for one in there)
            if topic and begins and any(_HEADING.match(response, end) for end in ends):
                heading = number
            self.topics.append(topic)
            self.headings.append(heading)
            stop = line.stop

    def span(self, start: int, stop: int) -> Span:
        """A slice of the response, by offsets."""
        return Span(start, stop, self.response[start:stop], False)

    def words(self, first: int, last: int) -> Span:
        """From one word of the response to another."""
        return self.span(self.text.starts[first], self.text.starts[last] + len(self.text.words[last]))

    def options(self, number: int, first: int = 0, end: int | None = None) -> tuple[str, ...]:
        """Distinct letters named in a sentence, or there from one word up to another."""
        named = [one.letter for one in self.mentions[number] if first <= one.first and (end is None or one.last < end)]
        return tuple(dict.fromkeys(named))


def read_response(item: Item) -> Reading:
    """Read an item's response."""
    options = tuple(item.options.items())
    return _read(item.stem, item.response, item.sentences, options, item.answer, item.negated, item.has_case)


_read = lru_cache(maxsize=8)(Reading)  # both judges read the same response
