"""Sentences of clinical text, with their offsets.

Rules, and no model: a full stop ends a sentence unless what stands before it (an abbreviation, an initial, the label of
a list item) or behind it (a small letter, a digit after "Fig.") says otherwise. Every decision looks at a few
characters around one place, so the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Sentence(NamedTuple):
    """A stretch of a text, without white space around it."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset behind the last character."""
    text: str
    """The characters between the two."""


# Always followed by what they belong to.
_NEVER_LAST = frozenset(
    "vs dr drs mr mrs ms prof st fig figs approx e.g i.e eg ie cf ca viz eq ref refs vol incl esp abbr lt col".split()
)
# May end a sentence, but not in front of a digit ("No. 5", "Temp. 38").
_SELDOM_LAST = frozenset("no nos temp wt ht resp para grav dept pt pts hx dx tx rx p pp ch sec art tab max min".split())
# A capital behind a single letter or a dotted abbreviation says little ("J. Smith", "U.S. Army"); these words do.
_OPENERS = frozenset(
    "a about after all although an and another any as at because before besides both but by despite during each "
    "either examination exam family finally first following for from further given he hence her his how however i if "
    "in initial initially is it its laboratory labs last let likewise moreover most my neither next no none nor not "
    "now of on one option or other our over overall past patient patients physical she since so some still that the "
    "their then there therefore these they this those though thus to two under unlike until upon urinalysis vital we "
    "what when where which while who why with without would you your".split()
)
# A letter or a number behind one of these belongs to it, and the stop behind that is a stop.
_NUMBERED = frozenset(
    "answer anti case choice class day days factor figure gcs grade grades group hepatitis influenza is level month "
    "number of option phase score stage step table to type types vitamin was week were year are".split()
)
_MARK = re.compile(
    r"(?<!\S)(?P<label>\d{1,2}|[A-Za-z])[.)](?=[ \t])"  # the label of a list item
    r"|(?P<stop>[.!?…]++)(?:[\"')\]}”’»*_]|\[\d{1,3}\])*+"
    r"|(?P<line>\n)\s*+"
)
_ITEM_LINE = re.compile(r"[-*•·▪◦‣–—]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]\s|#{1,6}\s|\||</?\w|\*\*|>\s|```")
_ITEM_OR_HEADING = re.compile(r"\s{0,20}(?:[-*•·▪◦‣–—]\s|(?:\d{1,3}|[A-Za-z])[.)]\s|#{1,6}\s|\|)")
_VALUE_LINE = re.compile(r"[^\W\d_][^\n:|.]{0,40}:[ \t]*[\w<>+-]")  # "Na+: 128 mEq/L", one of a table's lines
_NEXT = re.compile(r"\s*+[\"'“‘(\[«*_¿-]{0,4}(\w[\w'’]{0,20})?")
_CAPITAL = re.compile(r"[A-Z0-9]|[a-z]{1,2}[A-Z]|[^\W\d_a-z]")  # "pH" and "mRNA" begin sentences too
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_BEFORE = 40
"""Characters looked at in front of a stop: no abbreviation is longer."""


def sentences(text: str) -> tuple[Sentence, ...]:
    """Split a text into sentences.

    A list item, a heading and a table line are sentences; a semicolon does not end one.

    Args:
        text: Any text.

    Returns:
        The sentences in order. They do not overlap, and every character that is not white space is in exactly one.

    Examples:
        >>> [s.text for s in sentences("Na 128 mEq/L. Dr. St. John gave 3.5 mg b.i.d. He improved.")]
        ['Na 128 mEq/L.', 'Dr. St. John gave 3.5 mg b.i.d.', 'He improved.']
        >>> [s.text for s in sentences("1. Aspirin 2. Heparin")]
        ['1. Aspirin', '2. Heparin']
        >>> sentences("  E. coli grew. ")
        (Sentence(start=2, end=15, text='E. coli grew.'),)
    """
    found, start = [], 0
    for end in (*_ends(text), len(text)):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(first, first + len(stripped), stripped))
        start = end
    return tuple(found)


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, in order; white space may follow."""
    start, item = 0, ""  # of this sentence; the label of the last list item
    for mark in _MARK.finditer(text):
        label, end = mark["label"], None
        if label:
            opens = _is_blank(text, start, mark.start())
            if opens or _continues_list(text, mark, item):
                item = label
                end = None if opens else mark.start()
            elif mark[0].endswith(".") and _stops(text, mark.end() - 1, mark.end()):
                end = mark.end()
        elif mark["stop"]:
            hollow = _is_blank(text, start, mark.start())  # ". . ." is no row of sentences
            end = mark.end() if not hollow and _stops(text, mark.start(), mark.end()) else None
        elif _line_ends(text, start, mark):
            end = mark.start()
        if end is not None:
            start = end
            yield end


def _is_blank(text: str, start: int, end: int) -> bool:
    """Whether nothing but a little white space and markup stands there."""
    return end - start < _BEFORE and not text[start:end].strip(" \t\r\n*_>-•(.!?…")


def _continues_list(text: str, mark: re.Match[str], item: str) -> bool:
    """Whether a label within a line is the next one of an inline list, or its first behind a colon."""
    label, follower = mark["label"], _next_word(text, mark.end())
    succeeds = _is_successor(item, label)
    if not (succeeds or label in ("1", "A", "a")) or not _CAPITAL.match(follower):
        return False
    before = text[max(0, mark.start() - _BEFORE) : mark.start()].rstrip()
    if before.endswith(":"):
        return label in ("1", "A", "a")
    word = before.rsplit(None, 1)[-1].casefold() if before else ""
    return succeeds and word not in _NUMBERED and follower.casefold() not in _OPENERS


def _is_successor(item: str, label: str) -> bool:
    if item.isdecimal() and label.isdecimal():
        return int(label) == int(item) + 1
    return len(item) == 1 and item.isalpha() and ord(label[0]) == ord(item) + 1


def _next_word(text: str, place: int) -> str:
    """The word that follows, or nothing; markup, quotes and brackets in front of it are passed over."""
    match = _NEXT.match(text, place)
    return (match and match[1]) or ""


def _stops(text: str, place: int, end: int) -> bool:
    """Whether the marks at `place`, closed by brackets and quotes up to `end`, end a sentence."""
    if end >= len(text):
        return True
    word = text[max(0, place - _BEFORE) : place].rsplit(None, 1)[-1:]
    last = word[0].lstrip("([{\"'“‘*_") if word and not text[place - 1 : place].isspace() else ""
    follower = _next_word(text, end)
    if not text[end].isspace():
        # "fever.The": a stop without a space, but not "3.5", "e.g.", "E.coli"
        return end == place + 1 and bool(re.fullmatch(r"[a-z]{3,}", last)) and bool(re.match(r"[A-Z][a-z]", follower))
    if follower and not _CAPITAL.match(follower):
        return "\n\n" in text[end : end + 4]
    if text[place] != "." or end > place + 1:
        return True
    return _word_may_end(last, text[max(0, place - _BEFORE) : place - len(last)], follower)


def _word_may_end(last: str, before: str, follower: str) -> bool:
    """Whether a full stop behind the word `last`, with a capital or a digit behind it, ends a sentence."""
    folded = last.casefold()
    if folded in _NEVER_LAST:
        return False
    if folded in _SELDOM_LAST:
        return not follower[:1].isdigit()
    if _DOTTED.fullmatch(last):
        return follower.casefold() in _OPENERS or (last.islower() and follower[1:2].islower())
    if len(last) == 1 and last.isalpha():
        previous = before.rstrip(" :").rsplit(None, 1)[-1:]
        counted = bool(previous) and (previous[0][-1].isdigit() or previous[0].casefold() in _NUMBERED)
        return counted or "°" in before[-2:] or follower.casefold() in _OPENERS
    return True


def _line_ends(text: str, start: int, mark: re.Match[str]) -> bool:
    """Whether a line break, with the white space behind it, ends the sentence that began at `start`."""
    following = mark.end()
    if following >= len(text) or _ITEM_LINE.match(text, following) or _VALUE_LINE.match(text, following):
        return True
    if not _CAPITAL.match(_next_word(text, following)):
        return False
    line = text[max(start, mark.start() - _BEFORE) : mark.start()].rstrip()
    return "\n" in mark[0][1:] or line.endswith((":", "**", ">")) or _ITEM_OR_HEADING.match(text, start) is not None
