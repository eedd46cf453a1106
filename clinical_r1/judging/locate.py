"""Where in a response a judge's quote stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from clinical_r1.item import Item
from clinical_r1.judging.latex import readings
from clinical_r1.judging.normal import normalise
from clinical_r1.judging.replies import LONGEST_QUOTE
from clinical_r1.judging.spans import Sentence, Span, verify

Drop = Literal[
    "not in the response",
    "unknown sentence",
    "quote too long",
    "unknown fact",
    "unknown option",
    "negated",
    "misquoted value",
    "addressed to the judge",
    "second span not in the response",
    "second span does not follow",
]
"""Why an instance is dropped.

- `not in the response`: neither in the named sentence nor within two sentences of it.
- `unknown sentence`, `unknown fact`, `unknown option`: the item has none of that number or letter.
- `negated`: a citation or claim whose quote left out the negation in front of it.
- `misquoted value`: a citation with a number that stands nowhere in the stem.
- `addressed to the judge`: the span stands in a sentence that instructs whoever judges.
- `second span …`: of backtracking and backward chaining.
"""

NEAR = 2
"""Sentences on either side of the named one in which a quote is looked for."""

_JUDGE = r"(?:judge|grader|evaluator|annotator|rater|scorer)s?"
_ADDRESSED = re.compile(
    rf"\b(?:note|message|memo|instructions?|attention|dear|hello|hey)\b.{{0,20}}\b{_JUDGE}\b|^\W*{_JUDGE}\W*[:,]"
    rf"|\b(?:you are (?:now )?(?:the|an?) {_JUDGE}|(?:the|this|any|every) {_JUDGE} (?:should|must|is to|shall))\b"
    r"|\b(?:return|report|output|list|award|count|emit|reply with|respond with|give)\b.{0,30}"
    r"(?:\b\d+ (?:\w+ ){0,2}(?:citation|rejection|claim|instance|backtracking|verification|subgoal)s?\b"
    r"|\bJSON\b|\b(?:full|perfect|maximum|highest|top) (?:score|mark|point)s?\b)"
    r"|\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions|rubric|(?:system|previous|above) prompt)\b"
    r"|[\"'](?:citations|rejections|claims|backtracking|verification|subgoal_setting|backward_chaining)[\"']\s*:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A verified quote."""

    span: Span
    """Offsets in the raw response."""
    repaired: bool
    """Whether it stands in another sentence than named, or in other words than quoted."""


def locate(number: int, quote: str, item: Item) -> Place | Drop:
    """Find a quote in the sentence of this number, else in the `NEAR` sentences around it.

    Args:
        number: The sentence that the judge named, from 1.
        quote: What it quoted.
        item: What was judged.

    Returns:
        The place, or why the instance is dropped.
    """
    if not 1 <= number <= len(item.sentences):
        return "unknown sentence"
    if len(quote) > LONGEST_QUOTE:
        return "quote too long"
    if not any(map(str.isalnum, quote)):
        return "not in the response"
    named = item.sentences[number - 1]
    span = next(_hits(number, quote, item), None)
    if span is None:
        return "not in the response"
    if any(_ADDRESSED.search(" ".join(one.text.split())) for one in item.sentences if _touch(one, span)):
        return "addressed to the judge"
    inside = named.start <= span.start and span.end <= named.end
    same = span.text == quote or words(span.text) in map(words, readings(quote))
    return Place(span, not (inside and same))


def _hits(number: int, quote: str, item: Item) -> Iterator[Span]:
    """Where the quote stands, the best first: in the sentence, in a near one, over a border; negated places last."""
    around = range(max(1, number - NEAR), min(len(item.sentences), number + NEAR) + 1)
    named, *near = (item.sentences[n - 1] for n in sorted(around, key=lambda n: (abs(n - number), n)))
    found = _verify(quote, named.start, named.end, item.response)
    if found and not found.negated_context:
        yield found
    every = (named, *near)
    start, end = min(one.start for one in every), max(one.end for one in every)
    whole = _verify(quote, start, end, item.response) if _may_stand(quote, item.response[start:end]) else None
    if whole is None:
        return  # nor is it in one of them
    hits = [found, *(_verify(quote, one.start, one.end, item.response) for one in near), whole]
    yield from sorted(filter(None, hits), key=lambda span: span.negated_context)


def _verify(quote: str, start: int, end: int, response: str) -> Span | None:
    span = verify(quote, response[start:end])
    return replace(span, start=start + span.start, end=start + span.end) if span else None


def _may_stand(quote: str, text: str) -> bool:
    """Whether each word's first letters are in the text at all: a quick no for what is invented.

    Neither a misspelling nor an article left out that `verify` accepts changes that.
    """
    said = normalise(text).text
    return any(
        all(word[:4] in said for word in words(reading) if word not in ("a", "an", "the"))
        for reading in readings(quote)
    )


def _touch(one: Sentence | Span, other: Sentence | Span) -> bool:
    return one.start < other.end and other.start < one.end


def words(text: str) -> list[str]:
    """The words of a text, normalised."""
    return re.findall(r"[^\W_]+", normalise(text).text)
