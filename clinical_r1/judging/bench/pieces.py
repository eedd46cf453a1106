"""Parts of a response with what is planted in them: text with marks becomes text with instances."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from clinical_r1.judging.instances import Citation, Claim, Found, Reason, Rejection, Step
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import METRICS_OF

Kind = Literal["citations", "rejections", "claims", "steps"]
JUDGEMENT = frozenset({"supported", "unverifiable", "medically_false"})
"""What a judge may call "this option fits": readers differ on whether it is a claim at all."""
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

    def moved(one: Span, by: int) -> Span:
        return span(text, one.start + by, one.end + by)

    steps = tuple(
        replace(one, span=moved(one.span, at), second=moved(one.second, at) if one.second else None)
        for at, piece in placed
        for one in piece.steps
    )
    found = Found(
        citations=tuple(replace(one, span=moved(one.span, at)) for at, piece in placed for one in piece.citations),
        rejections=tuple(replace(one, span=moved(one.span, at)) for at, piece in placed for one in piece.rejections),
        claims=tuple(replace(one, span=moved(one.span, at)) for at, piece in placed for one in piece.claims),
        steps=steps,
    )
    free = tuple(replace(one, start=one.start + at, end=one.end + at) for at, piece in placed for one in piece.open)
    return text, found, free


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
    return left_open(piece, ("claims", JUDGEMENT), ("steps", frozenset({"backward_chaining"})))


def left_open(piece: Piece, *what: tuple[Kind, frozenset[str]]) -> Piece:
    """The piece with places left open from end to end: kinds, and the values of them."""
    places = tuple(Open(kind, 0, len(piece.text), values) for kind, values in what)
    return replace(piece, open=(*piece.open, *places))
