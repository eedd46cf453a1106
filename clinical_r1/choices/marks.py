"""A text as it is read: its options, where it names them (by letter, by text, or both), and its sentences.

Of a completion the parts are read that answer its question: not its thoughts, and not what it asks itself next.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from clinical_r1.choices.letters import called, is_option_letter, same_text, shown
from clinical_r1.grammar import Response, Spoken

_GROUP = re.compile(r"[(\[]\s*[A-Z](?:\s*(?:,|/|&|and|or)\s*(?:and\s+|or\s+)?[A-Z])+\s*[)\]]")
_LEAD_IN = re.compile(r"[\s,]*[(\[\"']*(?:option\s+|choice\s+)?[(\[\"']*\Z", re.IGNORECASE)
_HEAD = re.compile(r"[)\].:,]|\s*[-–—](?=\s)|\s*(?:\n|\Z)")
_NOT_HEAD = re.compile(r"option|choice|[\W_\d]", re.IGNORECASE)
_OPENS, _CLOSES = ("(", "["), (")", "]")
# What may follow a letter that is meant; "hepatitis B serology" goes on with a word of its own.
_NAMED_AFTER = re.compile(
    r"\s*(?:[^\w\s]|\n|\Z|(?:is|are|was|were|would|seems?|appears?|may|might|could|and|or|y|because|since|as|given|"
    r"which|rather|over|"
    r"not|due|for|here|fits?|best|most|remains?|represents|has|will|should|must|the|stands|instead|in)\b)"
)
_OPERATOR = re.compile(r"\s?[=+*/^×<>]|_")
# A character class first: the search for it is fast.
_BOUNDARY = re.compile(r"[.!?\n](?:(?<=\n)\n*|[\"')\]]*\s+(?=[A-Z(\"'\[\d#*-]))")
_INITIAL = re.compile(r"(?:^|[\s(\[])[A-Z]\Z")
_MOST = 400
"""How many places of one cue are looked at: no answer repeats itself more often, a loop does."""
_OPENER = re.compile(
    r"(?:The|This|That|These|It|In|Other|Others|However|While|But|So|An?|He|She|Because|Since|As|For|If|All|Only|My|"
    r"I|Thus|Therefore|Hence|"
    r"We|Options?|Choices?|None|Not?)\b(?!\.)"
)
_OPEN_END = re.compile(r"(?:[:=]|\b(?:is|are|be|therefore|thus))\s*\Z", re.IGNORECASE)
_TOGETHER = re.compile(
    r"(?:(?!\b(?:is|are|was|were|because|since|as|which|that|while|whereas|not|but|rather|than|due|given|can|could|"
    r"may|would|has|have|"
    r"does|do|so|instead|unlike|over|followed|then)\b)[^.;:?!\n—]){0,90}?(?:,|/|&|\+|\band\b|\bor\b)[\s,]*"
    r"(?:or\b|and\b|also\b|maybe\b|perhaps\b|possibly\b|even\b|the\b|an?\b|to\b|with\b|option\b|choice\b|\w+(?:ing|"
    r"e|ing the)\b|[(\[\"'\s])*",
    re.IGNORECASE,
)


class Mark(NamedTuple):
    """An option that a text names."""

    letter: str
    """Its letter."""
    start: int
    """Offset of its letter or its text, whichever stands first."""
    end: int
    """Offset behind both."""
    labelled: bool
    """Whether its letter stands there."""
    bare: bool = False
    """Whether nothing but its place in the sentence shows that the letter is meant."""
    heads: bool = False
    """Whether it heads its line."""


@dataclass(frozen=True)
class Reading:
    """A folded text (see `clinical_r1.choices.letters`) and the options that it may name."""

    text: str
    options: Mapping[str, str]
    """Letter to option text, folded."""

    @cached_property
    def lower(self) -> str:
        """The text in lower case, with the same offsets."""
        lower = self.text.lower()
        if len(lower) != len(self.text):  # a few characters change length in lower case
            lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in self.text)
        return lower

    def places(self, cue: str) -> Iterable[int]:
        """Offsets at which a cue, in lower case, begins a word, in order; of very many the last ones."""
        lower = self.lower
        places: deque[int] = deque(maxlen=_MOST)
        place = lower.find(cue)
        while place >= 0:
            if place == 0 or not lower[place - 1].isalpha():
                places.append(place)
            place = lower.find(cue, place + len(cue))
        return places

    @cached_property
    def by_text(self) -> Mapping[str, str]:
        """Text of an option -> the first letter that has it, the longest text first."""
        return _by_text(tuple(self.options.items()))

    @cached_property
    def marks(self) -> list[Mark]:
        """Options that the text names, in order; an option's text inside a longer option's text is none."""
        texts = _texts(self.lower, self.by_text)
        marks = [*_labels(self.text, texts, self.options)]
        marks += [Mark(letter, place, end, False) for place, (end, letter) in texts.items()]
        kept: list[Mark] = []
        for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
            if not kept or mark.end > kept[-1].end:  # else a text that stands beside its letter
                kept.append(mark)
        return kept

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Offsets of sentences; a heading and the line that it announces are one, an initial ends none."""
        return [*split_sentences(self.text)]


@lru_cache(maxsize=1024)  # every completion of a question has the same options
def _by_text(options: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for letter, option in options:
        texts.setdefault(same_text(option), letter)
    texts.pop("", None)
    return {text: texts[text] for text in sorted(texts, key=len, reverse=True)}


def _texts(lower: str, by_text: Mapping[str, str]) -> dict[int, tuple[int, str]]:
    """Offset -> end and letter of every option's text that stands between word boundaries."""
    texts: dict[int, tuple[int, str]] = {}
    taken: list[tuple[int, int]] = []
    for option in by_text:
        if len(option) < 3 or option.replace(".", "").isdigit():
            continue
        longer = [other for other in by_text if len(other) > len(option) and option in other]
        place = lower.find(option)
        while place >= 0:
            after = place + len(option)
            bounded = not (place and lower[place - 1].isalnum()) and not lower[after : after + 1].isalnum()
            if bounded and not (longer and any(start <= place and after <= end for start, end in taken)):
                texts[place] = (after, by_text[option])
                taken.append((place, after))
            place = lower.find(option, after)
    return texts


@lru_cache(maxsize=64)
def _label(letters: str) -> re.Pattern[str]:
    """A letter of the options to which nothing of a word is attached."""
    return re.compile(rf"(?<![^\W_])(?<![-_/^=°])[{letters}](?![\w'’%+]|-\w|\.\w)") if letters else re.compile(r"(?!)")


def _labels(text: str, texts: Mapping[int, tuple[int, str]], options: Mapping[str, str]) -> Iterator[Mark]:
    ends = {end: start for start, (end, _) in texts.items()}
    group_end = 0
    for found in _label("".join(options)).finditer(text):
        place, letter = found.start(), found[0]
        before, opens = text[max(0, place - 16) : place], text[place - 1 : place] in _OPENS
        if not (opens or _NAMED_AFTER.match(text, place + 1) or called(before)):
            continue
        if not is_option_letter(text, place, options):
            continue
        close = place + 1 + (text[place + 1 : place + 2] in _CLOSES)
        if opens and (group := _GROUP.match(text, place - 1)):
            group_end = group.end()
        named = close > place + 1 or place < group_end or called(before)
        if _OPERATOR.match(text, close) or (before[-2:-1] in tuple("=+*/×<>") and before[-1] == " "):
            continue
        line = before.rpartition("\n")[2] if "\n" in before or place < 16 else None
        heads = line is not None and not _NOT_HEAD.sub("", line) and _HEAD.match(text, place + 1) is not None
        after = close + len(text[close : close + 6]) - len(text[close : close + 6].lstrip(" \n.:,-–—\"'"))
        own = options[letter].rstrip(" .")
        if (
            own
            and text[after : after + len(own)].casefold() == own.casefold()
            and not text[after + len(own) : after + len(own) + 1].isalnum()
        ):
            yield Mark(letter, place, after + len(own), True, heads=heads)
            continue
        lead = _LEAD_IN.search(before) if named else None
        behind = ends.get(place - len(lead[0])) if lead else None
        if behind is not None and texts[behind][1] == letter:
            yield Mark(letter, behind, close, True)
        else:
            yield Mark(letter, place, close, True, bare=not (named or heads), heads=heads)


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of a text (see `Reading.sentences`)."""
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        at = boundary.start()
        if (
            text[at] == "."
            and text[at - 1].isupper()
            and _INITIAL.search(text, max(start, at - 3), at)
            and not _OPENER.match(text, boundary.end())
        ):
            continue
        if text[at] == "\n" and text[at - 1] in ":= \tseSE" and _OPEN_END.search(text, max(start, at - 12), at):
            continue
        if at > start:
            yield start, at + (text[at] != "\n")
        start = boundary.end()
    if start < len(text):
        yield start, len(text)


def named_together(text: str, marks: list[Mark]) -> set[str]:
    """The letter of the first mark and those that are named in one breath with it ("A or B")."""
    letters = {marks[0].letter}
    for mark, following in pairwise(marks):
        if following.letter != mark.letter and not _TOGETHER.fullmatch(text, mark.end, following.start):
            break
        letters.add(following.letter)
    return letters


def named_with(reading: Reading, place: int) -> set[str]:
    """Letters of the options that a sentence names in one breath with the one at an offset."""
    near = _near(reading, place)
    stop = _BOUNDARY.search(near.text, near.marks[0].end) if near.marks else None
    return (
        named_together(near.text, [m for m in near.marks if not stop or m.start < stop.start()])
        if near.marks
        else set()
    )


def _near(reading: Reading, place: int) -> Reading:
    """What stands at an offset and some way behind it."""
    return Reading(reading.text[place : place + 400], reading.options)


def together_end(reading: Reading, place: int, several: frozenset[str]) -> int:
    """Offset behind the last of several letters that are named in one breath with the one at an offset."""
    return place + max((m.end for m in _near(reading, place).marks if m.start < 200 and m.letter in several), default=0)


def repeats(reading: Reading, place: int, several: frozenset[str]) -> bool:
    """Whether one of several letters that are named in one breath is named twice."""
    stop = 8 * len(several) + 8
    run = [mark.letter for mark in _near(reading, place).marks if mark.start < stop and mark.letter in several]
    return len(run) > len(set(run)) and "\n" not in reading.text[place : place + 4 * len(run)]


# --- which parts of a completion are read -----------------------------------------------------------------------------
# Base models go on with the next question of an imagined list, and chat models sum up the answers to all examples.
_NEXT_TURN = re.compile(
    r"\n[ \t>*_-]*+(?:"
    r"(?:#{1,6}[ \t]*|\*\*|<\|[a-z_]+\|>)?(?:Question|Q|Human|User|Problem|Case|Example|Exercise|Directions|"
    r"Instruction|MCQ|Item)\b[ \t]*+\d*+(?: of \d+)?[ \t]*+[:.)#\n]|"
    r"#{1,6}[ \t]*Question\b|\[/?INST\]|Next question\b|"
    r"[^\n]{0,20}\b(?:summari[sz]e|summary of)\b[^\n]{0,30}\banswers\b)"
)
_END_OF_TURN = re.compile(r"(?:</s>|<\|(?:im_end|eot_id|endoftext|end_of_text)\|>)\s*(?=\S)")
_ITEM = re.compile(r"\n[ \t]*[(\[]?A[).:\]][ \t]+(?P<a>\S[^\n]*?)(?:\n\s*|[ \t]+)[(\[]?B[).:\]][ \t]+(?P<b>\S[^\n]*)")
LINE_HEAD = re.compile(
    r"^[\s*#>_\"'•-]*(?:(?:option|choice)\s+)?[(\[]?(?P<letter>[A-Z])(?:[)\]]|[.:,](?=\s|\Z)|\s*[-–—:](?=\s)|[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
"""The letter that heads a line, as items of a list of options have it."""
_LIST_AHEAD = re.compile(r"(?:[:=]|\b(?:is|be))\s*\Z")
_LONE_END = re.compile(r"[?:.)]\W*[A-Z]\Z")
_NEAR = 2000
"""Characters before and behind a list of options in which an answer makes it another question's."""
_MOST_LISTS = 50
"""Lists that are looked at, the first ones: no text that answers has more."""
_LOOP = 4000
"""Characters at the end of a text in which a loop is looked for."""
_FIRST, _LAST = 300, 1200
"""Characters at either end of a long text that are read for what their sentences conclude on."""
_ANSWER_WORDS = "answer correct choose respuesta réponse antwort resposta risposta ответ 答 답 选".split()
_ANSWERED = re.compile(r"\n[ \t*#]*(?:the\s+)?(?:correct\s+)?(?:answer|ans)\b", re.IGNORECASE)
_ANSWER = re.compile(r"\b[Aa]nswer(?:\s+is\b|:)\s*[(\[]?[A-Z]\b")
_ANSWERS = re.compile(r"\banswer\b[^\n]{0,40}\Z", re.IGNORECASE)


def parts(text: str, response: Response, said: Spoken, options: Mapping[str, str]) -> Iterator[str]:
    """Parts of the text to read, the one that speaks last first, each cut where a next question begins."""
    seen: set[str] = set()
    whole = said.text if said.unfinished or said.text.strip() else text
    for part in (_conclusion(text, response), whole, "" if said.unfinished else text):
        if part in seen:
            continue
        turns = [found.start() for pattern in (_NEXT_TURN, _END_OF_TURN) if (found := pattern.search(part))]
        item = _next_item(part, options)
        for piece in (part[: min([*turns, len(part) if item is None else item])], part):
            if piece.strip() and piece not in seen:
                seen.add(piece)
                yield piece


def ends(text: str) -> str:
    """Beginning and end of a long text, where answers stand; all of a shorter one."""
    if len(text) <= 2 * (_FIRST + _LAST):
        return text
    head, tail = text.find("\n", _FIRST, 2 * _FIRST), text.find("\n", len(text) - _LAST, len(text) - _LAST // 2)
    return f"{text[: head if head >= 0 else _FIRST]}\n\n{text[tail if tail >= 0 else len(text) - _LAST :]}"


def speaks_of_answer(text: str) -> bool:
    """Whether what a long text says between its ends speaks of an answer."""
    middle = text[_FIRST:-_LAST].lower()
    return any(word in middle for word in (_ANSWER_WORDS[:3] if middle.isascii() else _ANSWER_WORDS))


def _conclusion(text: str, response: Response) -> str:
    """The conclusion, however badly delimited."""
    if response.has_conclusion:
        return response.conclusion
    opening = [tag for tag in response.tags if tag.name in ("conclusion", "answer") and not tag.closing]
    if not opening:
        return ""
    closing = [tag for tag in response.tags if tag.closing and tag.start >= opening[0].end]
    return text[opening[0].end : closing[-1].start if closing else len(text)]


def _next_item(text: str, options: Mapping[str, str]) -> int | None:
    """Where a question of the model's own begins: a stem with options and an answer, or a list of other options."""
    begin = len(text) - len(text.lstrip())
    for item in islice(_ITEM.finditer(text, begin), _MOST_LISTS):
        before = text[max(begin, item.start() - _NEAR) : item.start()].rstrip()
        foreign = not any(
            same_text(item[key.lower()]).startswith(same_text(options.get(key, "\0"))[:12]) for key in "AB"
        )
        if foreign and _ANSWERS.search(before[-60:]):
            return item.start()
        if _ANSWERED.search(text, item.end(), item.end() + _NEAR) and (before.endswith("?") or _ANSWER.search(before)):
            end = item.start() - 1
            stem = text.rfind("\n\n", begin, end)
            return stem if stem >= 0 else max(text.rfind("\n", begin, end), begin)
    return None


def unfinished(text: str) -> bool:
    """Whether a long text goes round in circles at its end, or stops in the middle of a sentence or of a list."""
    tail = text.rstrip()
    if len(tail) < 300:
        return False
    before, _, line = tail.rpartition("\n")
    cut = (len(line) > 80 and not _LONE_END.search(line[-8:]) and (line[-1].isalnum() or line[-1] in ",-")) or any(
        line.count(a) > line.count(b) for a, b in ("()", "{}")
    )
    return cut or endless(tail) or _cut_list(before, line)


def _cut_list(before: str, line: str) -> bool:
    """Whether the last line names the next option of a list, and nothing comes of it."""
    head = LINE_HEAD.match(line)
    if not head or len(line) > 120:
        return False
    previous = chr(ord(head["letter"].upper()) - 1)
    earlier = [item for item in LINE_HEAD.finditer(before[-3000:]) if item["letter"].upper() == previous]
    return (
        bool(earlier)
        and before[-3000:].rstrip().rfind("\n") <= earlier[-1].end() + 400
        and not _LIST_AHEAD.search(before)
    )


def endless(text: str) -> bool:
    """Whether a long text ends in the same words three times over."""
    text = shown(text[-_LOOP:].rstrip())
    period = len(text) - 40 - text.rfind(text[-40:], 0, len(text) - 1)
    span = max(3 * period, 80)
    return span <= len(text) and text[-span:-period] == text[-span + period :]
