"""Spans of a response as marks, and the response cut so that each piece knows its marks.

Spans overlap and nest as judges find them, HTML elements cannot: a piece of text between two ends of spans has one set
of marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

SPANS = 500
"""Marks of a response that are shown; more are no reading aid."""


@dataclass(frozen=True)
class Kind:
    """A kind of mark, which the reader can switch off."""

    key: str
    """Its class in the style sheet."""
    label: str
    """What the legend says."""
    example: str
    """The tag before such a passage; some name a number or a letter in place of the one here."""


KINDS = (
    Kind("cecd", "case fact cited", "fact 1"),
    Kind("drc", "option rejected", "not A"),
    Kind("supported", "claim: supported", "supported"),
    Kind("contradicts", "claim: against the case", "against case"),
    Kind("invented", "claim: invented finding", "invented"),
    Kind("medically_false", "claim: medically false", "false"),
    Kind("unverifiable", "claim: cannot be checked", "unchecked"),
    Kind("backtracking", "backtracking", "turns back"),
    Kind("verification", "verification", "re-checks"),
    Kind("subgoal_setting", "subgoal", "subgoal"),
    Kind("backward_chaining", "backward chaining", "candidate"),
)
"""In the order of the legend."""

_KINDS = {kind.key: kind for kind in KINDS}
_REASONS = {
    "case_fact": "for a fact of the case",
    "medical_fact": "for a true medical statement",
    "false": "for a false reason",
    "bare": "without a reason",
    "unknown": "for a reason that this judge cannot weigh",
}
_CLAIMS = {
    "supported": "claim that the case or medical knowledge supports",
    "contradicts": "claim that contradicts the case",
    "invented": "patient fact that the case does not have",
    "medically_false": "medically false claim",
    "unverifiable": "claim that cannot be checked",
}
# Of a behaviour's first span, and the tag and words of its second.
_STEPS = {
    "backtracking": ("backtracking: the line that is given up", "instead", "backtracking: the line taken up instead"),
    "verification": ("verification: a result is checked again", "check", "verification: how it is checked"),
    "subgoal_setting": ("subgoal: a step on the way is announced", "step", "subgoal: the step"),
    "backward_chaining": ("backward chaining: a stated candidate", "its test", "backward chaining: the test of it"),
}


class Mark(NamedTuple):
    """A marked passage; `text[start:end]` is all of it."""

    start: int
    end: int
    kind: str
    """A key of `KINDS`."""
    tag: str
    """A word or two before the passage."""
    tip: str
    """What it points to."""


class Segment(NamedTuple):
    """A piece of text with one set of marks."""

    text: str
    marks: tuple[Mark, ...]
    """All marks that cover it."""
    opens: tuple[Mark, ...]
    """Those that start here."""


def marks_of(
    response: str,
    spans: Iterable[Any],
    *,
    facts: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
) -> tuple[Mark, ...]:
    """What spans of a log say, in the order of the text.

    Args:
        response: The text in which they stand.
        spans: Records as `clinical_r1.judging.judge.spans_of` makes them. Whatever is none is left out: an offset
            outside the text, an empty span, a quote that does not stand there, a kind unknown here.
        facts: Texts of the facts, the first of which is fact 1.
        options: Letter -> text of the options as shown.
    """
    found: list[Mark] = []
    for span in spans:
        if isinstance(span, Mapping):
            found += _marks(span, response, facts, options or {})
    return tuple(sorted(set(found), key=lambda mark: (mark.start, -mark.end, mark.kind, mark.tip)))


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """Cut a text at the ends of its marks; the pieces joined are the text.

    Args:
        text: May be the start of a longer text: marks are cut with it.
        marks: In the order of their starts.

    Examples:
        >>> pair = [Mark(0, 5, "cecd", "fact 1", ""), Mark(3, 8, "drc", "not B", "")]
        >>> [(piece.text, [mark.kind for mark in piece.marks]) for piece in segments("no fever today", pair)]
        [('no ', ['cecd']), ('fe', ['cecd', 'drc']), ('ver', ['drc']), (' today', [])]
    """
    ends = {0, len(text), *(min(end, len(text)) for mark in marks for end in mark[:2])}
    cuts = sorted(ends)
    pieces: list[Segment] = []
    active: list[Mark] = []
    waiting = list(reversed(marks))
    for start, end in pairwise(cuts):
        active = [mark for mark in active if mark.end > start]
        opens = []
        while waiting and waiting[-1].start <= start:
            opens.append(waiting.pop())
        active += opens
        pieces.append(Segment(text[start:end], tuple(active), tuple(opens)))
    return pieces


def _marks(span: Mapping[Any, Any], response: str, facts: Sequence[str], options: Mapping[str, str]) -> list[Mark]:
    of = span.get("of")
    if of == "cecd":
        return _placed(span, response, "cecd", f"fact {_word(span.get('fact'))}", _citation(span, facts, options))
    if of == "drc":
        why = _REASONS.get(_word(span.get("reason")), "")
        tip = f"{_option(span.get('option'), options)} rejected {why}"
        return _placed(span, response, "drc", f"not {_word(span.get('option'))}", tip.rstrip())
    if of == "claims" and (label := _word(span.get("label"))) in _CLAIMS:
        return _placed(span, response, label, _KINDS[label].example, _CLAIMS[label])
    if isinstance(of, str) and of in _STEPS:
        first, tag, second = _STEPS[of]
        then = span.get("then")
        after = _placed(then, response, of, tag, second) if isinstance(then, Mapping) else []
        return _placed(span, response, of, _KINDS[of].example, first) + after
    return []


def _placed(span: Mapping[Any, Any], response: str, kind: str, tag: str, tip: str) -> list[Mark]:
    """The mark, if its span lies in the response and says what stands there."""
    start, end = span.get("start"), span.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(response):
        return []
    if span.get("text", response[start:end]) != response[start:end]:
        return []
    return [Mark(start, end, kind, tag, tip)]


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
