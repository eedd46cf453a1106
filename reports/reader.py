"""The reader of single samples: responses to one question, with what judges and raters found in them highlighted.

Each response is a document of its own in a sandboxed frame. It cannot run, load, link or restyle anything, whatever
a model wrote into it.

Spans overlap and nest as judges find them, HTML elements cannot: a piece of text between two ends of spans has one set
of highlights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, isfinite
from typing import Any, NamedTuple

from markupsafe import Markup

from clinical_r1.choices import extract_answer
from clinical_r1.metrics import LISTED, METRICS
from clinical_r1.study.analysis import Disagreement
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
    found: list[Highlight] = []
    for span in spans:
        if isinstance(span, Mapping):
            found += _highlights(span, response, facts, options or {})
    return tuple(sorted(set(found), key=lambda one: (one.start, -one.end, one.kind, one.tip)))


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
    ends = {0, len(text), *(min(end, len(text)) for one in highlights for end in one[:2])}
    cuts = sorted(ends)
    pieces: list[Segment] = []
    active: list[Highlight] = []
    waiting = list(reversed(highlights))
    for start, end in pairwise(cuts):
        active = [one for one in active if one.end > start]
        opens = []
        while waiting and waiting[-1].start <= start:
            opens.append(waiting.pop())
        active += opens
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
    seen = {one.kind for sample in samples for side in sample.sides for one in _highlights_of_side(sample, side)}
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


def _highlights_of_side(sample: SamplePair, side: Side) -> tuple[Highlight, ...]:
    return highlights_of(side.response, side.spans, facts=sample.facts, options=sample.options)


def _frames(sample: SamplePair) -> list[_Frame]:
    """A row of frames, all of one height where they stand beside each other."""
    lines = [_lines(side.response) for side in sample.sides]
    return [
        _frame(sample, side, f"{_height(own)} row-{_height(max(lines))}")
        for side, own in zip(sample.sides, lines, strict=True)
    ]


def _frame(sample: SamplePair, side: Side, height: str) -> _Frame:
    highlights = _highlights_of_side(sample, side)
    text, rest = shorten(side.response)
    more = f"{len(highlights) - SPANS:,} more marks are not shown." if len(highlights) > SPANS else ""
    document = fill("response.html", css=asset(STYLE), segments=segments(text, highlights[:SPANS]))
    return _Frame(side, document, height, tuple(filter(None, (rest, more))))


def _lines(text: str) -> int:
    return sum(max(1, ceil(len(line) / _LINE)) for line in text.splitlines())


def _height(lines: int) -> str:
    return next((name for most, name in _HEIGHTS if lines <= most), "tall")


def _number(value: float | str | None) -> str:
    if value is None or (not isinstance(value, str) and not isfinite(value)):
        return "not scored"
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


# --- disagreements of a judge with raters -----------------------------------------------------------------------------
MOST_NOTES = 600
"""Characters of a rater's note that are shown."""


@dataclass(frozen=True)
class ShownItem:
    """An item as raters saw it."""

    question: str
    options: Mapping[str, str]
    """Letter -> text."""
    facts: Sequence[str]
    text: str
    """The response."""
    target: str
    """Letter of the right option; empty where it is not known."""
    judge_spans: Sequence[Mapping[str, Any]] = ()
    """The first judge's, offsets in `text`."""
    rater_spans: Sequence[Mapping[str, Any]] = ()
    """Of all raters."""
    notes: Mapping[str, str] | None = None
    """Rater -> what he or she wrote about the item: any text."""


def shown_items(folder: Folder, ids: Sequence[str]) -> dict[str, ShownItem]:
    """Items of a study as the browser takes them.

    Args:
        folder: The study, with the judge's spans in its key.
        ids: Which items.
    """
    return {id: _shown(folder, id) for id in ids}


def _shown(folder: Folder, id: str) -> ShownItem:
    item, key = folder.items[id], folder.key.items[id]
    answers = {rater: file.items[id] for rater, file in folder.answers.items() if id in file.items}
    notes = {}
    for rater, answer in answers.items():
        reason = f"cannot judge: {answer.reason}" if answer.status == "cannot_judge" else answer.reason
        notes[rater] = " ".join(filter(None, (reason.strip(), answer.notes.strip())))
    return ShownItem(
        question=item.question,
        options=item.options,
        facts=item.facts,
        text=item.text,
        target=key.target,
        judge_spans=key.judge_spans,
        rater_spans=[span for answer in answers.values() for span in _records(answer)],
        notes=notes,
    )


def _records(answer: Answer) -> list[dict[str, Any]]:
    """A rater's marks as the records of judges' spans."""
    return [{"of": name, **mark.model_dump()} for name in Marks.model_fields for mark in answer.marks.of(name)]


def sample_pairs(
    chosen: Sequence[Disagreement], items: Mapping[str, ShownItem], labelled: Labelled, colour: str = ""
) -> list[SamplePair]:
    """Items for the reader, the judge at the left and raters at the right.

    Args:
        chosen: Which items, in order.
        items: Id -> item.
        labelled: The study.
        colour: Of the judge in figures.
    """
    judge = next(iter(labelled.judges), "judge")
    return [_pair(one, items[one.item], labelled, judge, colour) for one in chosen if one.item in items]


def _pair(one: Disagreement, item: ShownItem, labelled: Labelled, judge: str, colour: str) -> SamplePair:
    facts: dict[str, Any] = {str(name): value for name, value in labelled.items.loc[one.item].items()}
    answer = extract_answer(item.text, dict(item.options)).letter
    shared: dict[str, Any] = {
        "response": item.text,
        "answer": answer,
        "correct": None if facts["correct"] is None else bool(facts["correct"]),
        "words": int(facts["words"]) if facts["words"] == facts["words"] else None,
    }
    numbers = {
        METRICS[key].label: value
        for key in labelled.keys
        if (value := _of_judge(labelled, judge, key, one.item)) is not None
    }
    return SamplePair(
        id=f"{one.item}: {facts['checkpoint']}, {facts['question']}",
        benchmark=str(facts["benchmark"]),
        question=item.question,
        options=dict(item.options),
        target=item.target,
        why=one.why,
        sides=[
            Side(judge, spans=item.judge_spans, numbers=numbers, colour=colour, **shared),
            Side(
                "raters",
                spans=item.rater_spans,
                numbers=_said(labelled, one.item, item.notes or {}),
                colour=INK,
                **shared,
            ),
        ],
        facts=list(item.facts),
    )


def _of_judge(labelled: Labelled, judge: str, key: str, item: str) -> float | None:
    return labelled.judges.get(judge, {}).get(key, {}).get(item)


def _said(labelled: Labelled, item: str, notes: Mapping[str, str]) -> dict[str, float | str | None]:
    """What raters gave, and what they wrote."""
    found: dict[str, float | str | None] = {}
    for key in labelled.keys:
        given = {rater: row[item] for rater, row in labelled.ratings.get(key, {}).items() if item in row}
        if given:
            found[METRICS[key].label] = "; ".join(f"{rater} {_rating(value)}" for rater, value in given.items())
    for rater, note in notes.items():
        if note.strip():
            found[f"note of {rater}"] = note[:MOST_NOTES] + ("…" if len(note) > MOST_NOTES else "")
    return found


def _rating(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
