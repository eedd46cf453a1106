"""The reader of single samples: responses to one question, with the spans of judges and raters highlighted.

Each response is a document of its own in a sandboxed frame, so that nothing a model wrote can run, load, link or
restyle anything. Spans may overlap, HTML elements may not: a response is cut into segments with one set of highlights
each.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, isfinite
from typing import Any, NamedTuple

from markupsafe import Markup

from clinical_r1.choices import extract_answer
from clinical_r1.metrics import LISTED, METRICS
from clinical_r1.study.analysis import Disagreement, short_number
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import Answer, Marks
from clinical_r1.study.ratings import Labelled

from .html import asset, fill
from .plotting import INK

# --- spans as highlights, and the response cut at them ----------------------------------------------------------------
SPANS = 500
"""Highlights of a response that are shown; more are no reading aid."""


@dataclass(frozen=True)
class Kind:
    """A kind of highlight, which the reader can switch off."""

    key: str
    """Its class in the style sheet."""
    label: str
    """What the legend says."""
    example: str
    """The tag before such a passage; some name a number or a letter in place of the one here."""


KINDS = tuple(
    kind
    for listed in LISTED.values()
    for kind in (
        [Kind(name, f"{listed.legend}: {label.name}", label.tag) for name, label in listed.labels.items()]
        if listed.marks == "claims"
        else [Kind(listed.marks, listed.legend, listed.tag)]
    )
)
"""In the order of the legend: claims have one for each label."""

_UNKNOWN_REASON = "for a reason that this judge cannot weigh"


class Highlight(NamedTuple):
    """A highlighted passage; `text[start:end]` is all of it."""

    start: int
    end: int
    kind: str
    """A key of `KINDS`."""
    tag: str
    """A word or two before the passage."""
    tip: str
    """What it points to."""


class Segment(NamedTuple):
    """A piece of text with one set of highlights."""

    text: str
    highlights: tuple[Highlight, ...]
    """All that cover it."""
    opens: tuple[Highlight, ...]
    """Those that start here."""


def highlights_of(
    response: str,
    spans: Iterable[Any],
    *,
    facts: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
) -> tuple[Highlight, ...]:
    """What spans of a log say, in the order of the text.

    Args:
        response: The text in which they stand.
        spans: Records as `clinical_r1.judging.judge.spans_of` makes them. Whatever is none is left out: an offset
            outside the text, an empty span, a quote that does not stand there, a kind unknown here.
        facts: Texts of the facts, the first of which is fact 1.
        options: Letter -> text of the options as shown.
    """
    known = (span for span in spans if isinstance(span, Mapping))
    found = {one for span in known for one in _highlights(span, response, facts, options or {})}
    return tuple(sorted(found, key=lambda one: (one.start, -one.end, one.kind, one.tip)))


def segments(text: str, highlights: Sequence[Highlight]) -> list[Segment]:
    """Cut a text at the ends of its highlights; the pieces joined are the text.

    Args:
        text: May be the start of a longer text: highlights are cut with it.
        highlights: In the order of their starts.

    Examples:
        >>> pair = [Highlight(0, 5, "cecd", "fact 1", ""), Highlight(3, 8, "drc", "not B", "")]
        >>> [(piece.text, [one.kind for one in piece.highlights]) for piece in segments("no fever today", pair)]
        [('no ', ['cecd']), ('fe', ['cecd', 'drc']), ('ver', ['drc']), (' today', [])]
    """
    cuts = sorted({0, len(text), *(min(end, len(text)) for one in highlights for end in one[:2])})
    pieces: list[Segment] = []
    active: list[Highlight] = []
    waiting = deque(highlights)
    for start, end in pairwise(cuts):
        opens = []
        while waiting and waiting[0].start <= start:
            opens.append(waiting.popleft())
        active = [*(one for one in active if one.end > start), *opens]
        pieces.append(Segment(text[start:end], tuple(active), tuple(opens)))
    return pieces


def _highlights(
    span: Mapping[Any, Any], response: str, facts: Sequence[str], options: Mapping[str, str]
) -> list[Highlight]:
    of = span.get("of")
    if of == "cecd":
        return _placed(span, response, "cecd", f"fact {_word(span.get('fact'))}", _citation(span, facts, options))
    if of == "drc":
        reason = _word(span.get("reason"))
        why = LISTED["drc"].labels[reason].tip if reason in LISTED["drc"].labels else ""
        tip = f"{_option(span.get('option'), options)} rejected {_UNKNOWN_REASON if reason == 'unknown' else why}"
        return _placed(span, response, "drc", f"not {_word(span.get('option'))}", tip.rstrip())
    if of == "claims" and (claim := LISTED["claims"].labels.get(label := _word(span.get("label")))):
        return _placed(span, response, label, claim.tag, claim.tip)
    if isinstance(of, str) and of in LISTED and of != "claims":
        listed, then = LISTED[of], span.get("then")
        first = _placed(span, response, of, listed.tag, f"{listed.legend}: {listed.tip}")
        if listed.second is None or not isinstance(then, Mapping):
            return first
        tag, tip = listed.second
        return first + _placed(then, response, of, tag, f"{listed.legend}: {tip}")
    return []


def _placed(span: Mapping[Any, Any], response: str, kind: str, tag: str, tip: str) -> list[Highlight]:
    """The highlight, if its span lies in the response and says what stands there."""
    start, end = span.get("start"), span.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(response):
        return []
    if span.get("text", response[start:end]) != response[start:end]:
        return []
    return [Highlight(start, end, kind, tag, tip)]


def _citation(span: Mapping[Any, Any], facts: Sequence[str], options: Mapping[str, str]) -> str:
    number = span.get("fact")
    known = type(number) is int and 1 <= number <= len(facts)
    fact = f": {_short(facts[number - 1])}" if type(number) is int and known else ""
    for_what = span.get("option")
    about = f", for or against {_option(for_what, options)}" if for_what is not None else ""
    return f"cites fact {_word(number)}{fact}{about}"


def _option(letter: object, options: Mapping[str, str]) -> str:
    text = options.get(letter) if isinstance(letter, str) else None
    return f"option {_word(letter)}" + (f" ({_short(text)})" if text else "")


def _word(value: object) -> str:
    """A number, letter or key of a record, which may be anything."""
    return str(value)[:20]


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"


# --- frames of a pair of responses ------------------------------------------------------------------------------------
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
    """The case's facts, the first of which is fact 1; empty where they are not known."""


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
    highlights: tuple[Highlight, ...]


def reader(samples: Sequence[SamplePair]) -> Markup:
    """The reader as a part of the page, samples in the order given: the biggest disagreements first."""
    cards = [(sample, _frames(sample)) for sample in samples]
    seen = {highlight.kind for _, frames in cards for frame in frames for highlight in frame.highlights}
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


def _frames(sample: SamplePair) -> list[_Frame]:
    """A row of frames, all of one height where they stand beside each other."""
    lines = [sum(max(1, ceil(len(line) / _LINE)) for line in side.response.splitlines()) for side in sample.sides]
    frames = []
    for side, own in zip(sample.sides, lines, strict=True):
        highlights = highlights_of(side.response, side.spans, facts=sample.facts, options=sample.options)
        text, rest = shorten(side.response)
        more = f"{len(highlights) - SPANS:,} more marks are not shown." if len(highlights) > SPANS else ""
        document = fill("response.html", css=asset(STYLE), segments=segments(text, highlights[:SPANS]))
        height = f"{_height(own)} row-{_height(max(lines))}"
        frames.append(_Frame(side, document, height, tuple(filter(None, (rest, more))), highlights))
    return frames


def _height(lines: int) -> str:
    return next((name for most, name in _HEIGHTS if lines <= most), "tall")


def _number(value: float | str | None) -> str:
    if value is None or (not isinstance(value, str) and not isfinite(value)):
        return "not scored"
    return value if isinstance(value, str) else short_number(value)


# --- disagreements of a judge with raters -----------------------------------------------------------------------------
MOST_NOTES = 600
"""Characters of a rater's note that are shown."""


def sample_pairs(chosen: Sequence[Disagreement], folder: Folder, labelled: Labelled) -> list[SamplePair]:
    """Items for the reader, the first judge at the left and all raters at the right.

    Args:
        chosen: Which items, in order.
        folder: The study, with the judge's spans in its key.
        labelled: What it came to.
    """
    return [_pair(one, folder, labelled) for one in chosen]


def _pair(chosen: Disagreement, folder: Folder, labelled: Labelled) -> SamplePair:
    id = chosen.item
    item, key = folder.items[id], folder.key.items[id]
    [row] = labelled.items.loc[[id]].to_dict("records")
    answers = {rater: file.items[id] for rater, file in folder.answers.items() if id in file.items}
    judge = next(iter(labelled.judges), "judge")
    by_key = labelled.judges.get(judge, {})
    shared: dict[str, Any] = {
        "response": item.text,
        "answer": extract_answer(item.text, dict(item.options)).letter,
        "correct": None if row["correct"] is None else bool(row["correct"]),
        "words": int(row["words"]) if row["words"] == row["words"] else None,
    }
    numbers = {METRICS[key].label: by_key[key][id] for key in labelled.keys if id in by_key.get(key, {})}
    spans = [
        {"of": name, **mark.model_dump()}  # as the records of judges' spans are
        for answer in answers.values()
        for name in Marks.model_fields
        for mark in answer.marks.of(name)
    ]
    given = {
        METRICS[key].label: "; ".join(
            f"{rater} {short_number(values[id])}" for rater, values in labelled.ratings[key].items() if id in values
        )
        for key in labelled.keys
        if key in labelled.ratings
    }
    said = {**{label: text for label, text in given.items() if text}, **_notes(answers)}
    return SamplePair(
        id=f"{id}: {row['checkpoint']}, {row['question']}",
        benchmark=str(row["benchmark"]),
        question=item.question,
        options=item.options,
        target=key.target,
        why=chosen.why,
        sides=[
            Side(judge, spans=key.judge_spans, numbers=numbers, **shared),
            Side("raters", spans=spans, numbers=said, colour=INK, **shared),
        ],
        facts=item.facts,
    )


def _notes(answers: Mapping[str, Answer]) -> dict[str, str]:
    """What each rater wrote about an item, as far as it is shown."""
    found = {}
    for rater, answer in answers.items():
        reason = f"cannot judge: {answer.reason}" if answer.status == "cannot_judge" else answer.reason
        if note := " ".join(filter(None, (reason.strip(), answer.notes.strip()))):
            found[f"note of {rater}"] = note[:MOST_NOTES] + ("…" if len(note) > MOST_NOTES else "")
    return found
