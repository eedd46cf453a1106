"""The reader of single samples: what two checkpoints wrote about one question, with what judges found in it.

Each response is a document of its own in a sandboxed frame. It cannot run, load, link or restyle anything, whatever
a model wrote into it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Any

from markupsafe import Markup

from .html import asset, fill
from .marks import KINDS, SPANS, Mark, marks_of, segments

SHOWN = 50_000
"""Characters of a text that are shown."""

STYLE = "response.css"
"""Style sheet of the frames, which the page's policy has to allow."""

_LINE = 60  # characters, of a response beside another one on a common screen
_HEIGHTS = ((6, "short"), (14, "medium"))  # up to so many lines; else "tall"


@dataclass(frozen=True)
class Side:
    """What one checkpoint answered."""

    checkpoint: str
    response: str
    """As the model wrote it."""
    answer: str | None
    """Letter chosen, as shown; None where none could be read."""
    correct: bool | None
    """None where the sample failed."""
    words: int | None = None
    spans: Sequence[Mapping[str, Any]] = ()
    """Records as `clinical_r1.judging.judge.spans_of` makes them, offsets in `response`."""
    numbers: Mapping[str, float | str | None] = field(default_factory=dict)
    """Label -> value, shown above the response; NaN and None are numbers that are not there."""
    colour: str = ""
    """The checkpoint's colour in figures, as #rrggbb."""


@dataclass(frozen=True)
class SamplePair:
    """A question and what checkpoints made of it."""

    id: str
    benchmark: str
    question: str
    """Without its options."""
    options: Mapping[str, str]
    """Letter -> text, as shown."""
    target: str
    """Letter of the right option."""
    why: str
    """Why it is shown, in a few words."""
    sides: Sequence[Side]
    """One or two."""
    facts: Sequence[str] = ()
    """The case's facts, the first of which is fact 1; may be left out."""


@dataclass(frozen=True)
class _Frame:
    """A response as the template takes it."""

    side: Side
    document: Markup
    """The page inside the frame."""
    height: str
    """How much room it needs, and how much the longest beside it does."""
    notes: tuple[str, ...]
    """What is not shown of it."""


def reader(samples: Sequence[SamplePair]) -> Markup:
    """The reader as a part of the page, samples in the order given: the biggest disagreements first."""
    cards = [(sample, _frames(sample)) for sample in samples]
    seen = {mark.kind for sample in samples for side in sample.sides for mark in _marks(sample, side)}
    return fill(
        "reader.html",
        cards=cards,
        kinds=[kind for kind in KINDS if kind.key in seen],
        benchmarks=list(dict.fromkeys(sample.benchmark for sample in samples)),
        shorten=shorten,
        number=_number,
    )


def shorten(text: str) -> tuple[str, str]:
    """The start of a text, and a sentence about the rest where there is one."""
    left = len(text) - SHOWN
    return text[:SHOWN], f"{left:,} more characters are in the log." if left > 0 else ""


def _marks(sample: SamplePair, side: Side) -> tuple[Mark, ...]:
    return marks_of(side.response, side.spans, facts=sample.facts, options=sample.options)


def _frames(sample: SamplePair) -> list[_Frame]:
    """A row of frames, all of one height where they stand beside each other."""
    lines = [_lines(side.response) for side in sample.sides]
    return [
        _frame(sample, side, f"{_height(own)} row-{_height(max(lines))}")
        for side, own in zip(sample.sides, lines, strict=True)
    ]


def _frame(sample: SamplePair, side: Side, height: str) -> _Frame:
    marks = _marks(sample, side)
    text, rest = shorten(side.response)
    more = f"{len(marks) - SPANS:,} more marks are not shown." if len(marks) > SPANS else ""
    document = fill("response.html", css=asset(STYLE), segments=segments(text, marks[:SPANS]))
    return _Frame(side, document, height, tuple(filter(None, (rest, more))))


def _lines(text: str) -> int:
    return sum(max(1, ceil(len(line) / _LINE)) for line in text.splitlines())


def _height(lines: int) -> str:
    return next((name for most, name in _HEIGHTS if lines <= most), "tall")


def _number(value: float | str | None) -> str:
    if value is None or (not isinstance(value, str) and not isfinite(value)):
        return "not scored"
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
