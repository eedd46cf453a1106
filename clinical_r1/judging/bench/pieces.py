"""Segments of a response with their planted instances: marked-up templates become text with spans."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from clinical_r1.judging.instances import KINDS, Citation, Claim, Found, Kind, Reason, Rejection, Step
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import METRICS_OF

JUDGEMENT = frozenset({"supported", "unverifiable", "medically_false"})
"""What a judge may call "this option fits": readers differ on whether it is a claim at all."""
FITS: tuple[tuple[Kind, frozenset[str]], ...] = (("claims", JUDGEMENT), ("steps", frozenset({"backward_chaining"})))
"""What may be found where a finding is held against an option."""
_MARK = re.compile(r"\[(\w+) |\]")
_SENTENCE_START = re.compile(r"(?:^|[.?!]\s+|\n)([a-z])")


class Place(NamedTuple):
    """A marked place of a text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Open:
    """A place at which a judge may find an instance or not: readers differ, so neither counts.

    Whether "pneumonia is the most likely diagnosis" is a checkable claim is a matter of definition, not of skill.
    """

    kind: Kind
    start: int
    end: int
    values: frozenset[str]
    """The labels, reasons or behaviours that are left open."""


@dataclass(frozen=True)
class Piece:
    """A part of a response; offsets count from its start."""

    text: str
    citations: tuple[Citation, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    claims: tuple[Claim, ...] = ()
    steps: tuple[Step, ...] = ()
    open: tuple[Open, ...] = ()
    alone: bool = False
    """Whether it must stand in a paragraph of its own, away from what could be read as its reason."""
    tags: tuple[str, ...] = field(default=())
    """What it plants, for readers of the bench."""


def marked(text: str) -> tuple[str, tuple[Place, ...]]:
    """Take the marks out of a text.

    Args:
        text: With marks `[name words]`, which may be nested.

    Examples:
        >>> marked("[s If so], [t then so].")
        ('If so, then so.', (Place(name='s', start=0, end=5), Place(name='t', start=7, end=14)))
    """
    plain, marks, open_marks, at = "", [], [], 0
    for found in _MARK.finditer(text):
        plain += text[at : found.start()]
        at = found.end()
        if found[1]:
            open_marks.append((found[1], len(plain)))
        else:
            name, start = open_marks.pop()
            marks.append(Place(name, start, len(plain)))
    plain += text[at:]
    return capitalised(plain), tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))


def filled(template: str, slots: Mapping[str, str]) -> str:
    """Fill a template's slots in one pass."""
    return re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]], template)


def capitalised(text: str) -> str:
    """Every sentence with a capital, the text as long as before."""
    return _SENTENCE_START.sub(lambda found: found[0].upper(), text)


def span(text: str, start: int, end: int) -> Span:
    """The span of a place."""
    return Span(start, end, text[start:end], False)


def assemble(pieces: Iterable[tuple[str, Piece]]) -> tuple[str, Found, tuple[Open, ...]]:
    """Put pieces together.

    Args:
        pieces: Each with the text that stands before it.

    Returns:
        The text, all instances and all open places, with offsets in the text.
    """
    placed: list[tuple[int, Piece]] = []
    text = ""
    for before, piece in pieces:
        text += before
        placed.append((len(text), piece))
        text += piece.text

    lists: dict[str, Any] = {
        kind: tuple(moved(one, text, at.__add__) for at, piece in placed for one in getattr(piece, kind))
        for kind in (*KINDS, "open")
    }
    free = lists.pop("open")
    return text, Found(**lists), free


def mover(at: int, by: int) -> Callable[[int], int]:
    """Where an offset is after what begins `at` became longer `by`."""
    return lambda offset: offset + by * (offset > at)


def moved(one: Any, text: str, to: Callable[[int], int]) -> Any:
    """An instance or an open place in another text, its offsets moved."""
    if isinstance(one, Open):
        return replace(one, start=to(one.start), end=to(one.end))
    second = getattr(one, "second", None)
    then = {"second": span(text, to(second.start), to(second.end))} if second else {}
    return replace(one, span=span(text, to(one.span.start), to(one.span.end)), **then)


def steps_of(text: str, marks: Sequence[Place], tag: str) -> tuple[Step, ...]:
    """The steps of a text: one for every mark `s`, or the whole text; none if the tag is no behaviour."""
    if tag not in METRICS_OF["behaviours"]:
        return ()
    first = [span(text, mark.start, mark.end) for mark in marks if mark.name == "s"] or [span(text, 0, len(text))]
    then = next((span(text, mark.start, mark.end) for mark in marks if mark.name == "t"), None)
    return tuple(Step(tag, place, then) for place in first)


def argued(piece: Piece, letters: Sequence[str], reason: Reason) -> Piece:
    """The piece as a rejection of options."""
    whole = span(piece.text, 0, len(piece.text))
    piece = replace(piece, rejections=tuple(Rejection(whole, letter, reason) for letter in letters))
    return left_open(piece, *FITS)


def left_open(piece: Piece, *what: tuple[Kind, frozenset[str]]) -> Piece:
    """The piece with places left open from end to end: kinds, and the values of them."""
    places = tuple(Open(kind, 0, len(piece.text), values) for kind, values in what)
    return replace(piece, open=(*piece.open, *places))
