"""The text of a response as raters see it, and the map from its offsets to those of the raw text and back.

Section tags give way to neutral headings, as they do for judges; characters that a screen would obey or not show
(terminal escapes, marks of direction) stand there as signs. Marks of raters count characters of the text shown, spans
of judges those of the raw response; `OffsetMap` leads from one to the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from clinical_r1.grammar import STYLES, parse
from clinical_r1.study.protocol import SECTION_GAP, Section
from clinical_r1.untrusted import signs


class Piece(NamedTuple):
    """A stretch of the text shown and the stretch of the raw text that it stands for.

    Of equal lengths, their characters correspond one to one; otherwise only as a whole.
    """

    start: int
    """In the text shown."""
    end: int
    raw_start: int
    """In the raw text."""
    raw_end: int


@dataclass(frozen=True)
class OffsetMap:
    """Where the characters of the text shown stand in the raw text, and the other way round."""

    pieces: tuple[Piece, ...]
    """They follow each other without a gap in the text shown; in the raw text, in the same order."""

    @classmethod
    def of(cls, pieces: Iterable[Sequence[int]]) -> "OffsetMap":
        """The map with these pieces, such as those of a key file.

        Examples:
            >>> offsets = OffsetMap.of([(0, 5, 4, 9), (5, 7, 9, 25), (7, 10, 25, 28)])
            >>> offsets.to_raw(1, 9), offsets.to_shown(5, 27), offsets.to_shown(0, 4)
            ((5, 27), (1, 9), None)
        """
        return cls(tuple(Piece(*piece) for piece in pieces))

    def to_raw(self, start: int, end: int) -> tuple[int, int] | None:
        """A stretch of the text shown in the raw text; None for an empty one."""
        return _carried(self.pieces, start, end)

    def to_shown(self, start: int, end: int) -> tuple[int, int] | None:
        """A stretch of the raw text in the text shown; None where nothing of it is shown."""
        return _carried([Piece(raw, raw_end, one, two) for one, two, raw, raw_end in self.pieces], start, end)

    def span_shown(self, span: Mapping[str, Any], text: str) -> dict[str, Any] | None:
        """A judge's span, and what follows it, with offsets of the text shown; None where nothing of it is shown."""
        place = self.to_shown(int(span["start"]), int(span["end"]))
        if place is None:
            return None
        then = {"then": self.span_shown(span["then"], text)} if span.get("then") else {}
        return {**span, "start": place[0], "end": place[1], "text": text[slice(*place)], **then}


def spans_shown(
    spans: Iterable[Mapping[str, Any]], lists: Sequence[str], offsets: OffsetMap, text: str
) -> list[dict[str, Any]]:
    """What a judge found in some lists, with offsets of the text shown."""
    placed = (offsets.span_shown(span, text) for span in spans if span.get("of") in lists)
    return [span for span in placed if span]


def _carried(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int] | None:
    touched = [piece for piece in pieces if piece.start < end and start < piece.end and piece.raw_start < piece.raw_end]
    if not touched:
        return None
    first, last = touched[0], touched[-1]
    to_start, to_end = first.raw_start, last.raw_end
    if _corresponds(first):
        to_start += max(0, start - first.start)
    if _corresponds(last):
        to_end -= max(0, last.end - end)
    return to_start, to_end


def _corresponds(piece: Piece) -> bool:
    return piece.end - piece.start == piece.raw_end - piece.raw_start


REASONING, CONCLUSION = "Reasoning", "Conclusion"
"""What the parts of a response are called, whatever its tags are: the last section of every style concludes."""


@dataclass(frozen=True)
class Shown:
    """A response as raters see it."""

    sections: tuple[Section, ...]
    text: str
    """The texts of the sections, an empty line between two of them."""
    offsets: OffsetMap


def shown_response(response: str) -> Shown:
    r"""The text of a response without what would tell how it was asked for.

    The tags of its style (see `clinical_r1.grammar.parse`) divide it into sections, as they do for judges. Tags of the
    other style that stand in it as well are left out.

    Examples:
        >>> shown = shown_response("<dx>A clot.</dx>\n<conclusion>So C.</conclusion>")
        >>> shown.text
        'A clot.\n\nSo C.'
        >>> [section.heading for section in shown.sections]
        ['Reasoning', 'Conclusion']
        >>> shown.offsets.to_raw(9, 14)
        (29, 34)
    """
    tags = parse(response).tags
    edges = [0, *(edge for tag in tags for edge in (tag.start, tag.end)), len(response)]
    last = {sections[-1].tag for sections in STYLES.values() if sections}
    kinds = [REASONING, *(CONCLUSION if tag.name in last else REASONING for tag in tags)]
    if tags and tags[-1].closing:  # what stands behind a thought concludes, with or without a tag
        kinds[-1] = CONCLUSION
    between = zip(kinds, edges[::2], edges[1::2], strict=True)
    named = ((kind, _part(response, start, end)) for kind, start, end in between)
    parts = [(kind, part) for kind, part in named if part]
    sections: list[Section] = []
    pieces: list[Piece] = []
    place = 0
    for kind, part in parts:
        if pieces:
            place += len(SECTION_GAP)
            pieces.append(Piece(pieces[-1].end, place, pieces[-1].raw_end, part[0].start))
        for stretch in part:
            _add(pieces, Piece(place, place + len(stretch.text), stretch.start, stretch.end))
            place += len(stretch.text)
        again = any(section.heading == kind for section in sections)
        heading = "Response" if len(parts) == 1 else f"{kind}, continued" if again else kind
        sections.append(Section(heading=heading, text="".join(stretch.text for stretch in part)))
    return Shown(tuple(sections), SECTION_GAP.join(one.text for one in sections), OffsetMap(tuple(pieces)))


class _Stretch(NamedTuple):
    """A stretch of the raw text and what is shown for it."""

    start: int
    end: int
    text: str


def _part(response: str, start: int, end: int) -> list[_Stretch]:
    """What is shown of one part, white space around it left out."""
    tags = parse(response[start:end]).tags  # of the other style
    places = [start, *(start + edge for tag in tags for edge in (tag.start, tag.end)), end]
    stretches: list[_Stretch] = []
    for index, (one, two) in enumerate(pairwise(places)):
        stretches += [_Stretch(one, two, " ")] if index % 2 else _stretches(response, one, two)
    while stretches and not stretches[0].text.strip():
        stretches.pop(0)
    while stretches and not stretches[-1].text.strip():
        stretches.pop()
    if stretches:
        start, end, text = stretches[0]
        stretches[0] = _Stretch(start + len(text) - len(text.lstrip()), end, text.lstrip())
        start, end, text = stretches[-1]
        stretches[-1] = _Stretch(start, end - len(text) + len(text.rstrip()), text.rstrip())
    return stretches


def _stretches(response: str, start: int, end: int) -> Iterator[_Stretch]:
    """A stretch as it is, but with signs where something in it has to be made visible."""
    place = start
    for sign in signs(response[start:end]):
        if place < start + sign.start:
            yield _Stretch(place, start + sign.start, response[place : start + sign.start])
        yield _Stretch(start + sign.start, start + sign.end, sign.shown)
        place = start + sign.end
    if place < end:
        yield _Stretch(place, end, response[place:end])


def _add(pieces: list[Piece], piece: Piece) -> None:
    """Append a piece, or lengthen the last one where both correspond and follow each other."""
    last = pieces[-1] if pieces else None
    follows = last and (last.end, last.raw_end) == (piece.start, piece.raw_start)
    if last and follows and _corresponds(last) and _corresponds(piece):
        pieces[-1] = Piece(last.start, piece.end, last.raw_start, piece.raw_end)
    else:
        pieces.append(piece)
