"""Spans as marks: whatever a log says about a response, all of the text is shown, and each mark is where it belongs."""

from typing import Any

import pytest
from clinical_r1.reports.reader import KINDS, Highlight, highlights_of, segments
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step, spans_of
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import METRICS_OF

TEXT = "No fever. B is wrong."
OPTIONS = {"A": "Aspirin", "B": "Heparin"}


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, tuple[Highlight, ...]]:
    """A text, and spans that lie anywhere: across, inside and upon each other, and outside."""
    text = draw(st.text(max_size=60))
    offset = st.integers(-3, len(text) + 3)
    of = st.fixed_dictionaries({"of": st.just("cecd"), "start": offset, "end": offset, "fact": st.integers(1, 3)})
    return text, highlights_of(text, draw(st.lists(of, max_size=12)))


@given(marked())
def test_the_pieces_joined_are_the_text(given: tuple[str, tuple[Highlight, ...]]) -> None:
    text, marks = given
    assert "".join(piece.text for piece in segments(text, marks)) == text


@given(marked())
def test_a_mark_is_on_its_span_and_nowhere_else(given: tuple[str, tuple[Highlight, ...]]) -> None:
    text, marks = given
    covered: dict[Highlight, list[int]] = {mark: [] for mark in marks}
    opened: dict[Highlight, list[int]] = {mark: [] for mark in marks}
    place = 0
    for piece in segments(text, marks):
        for mark in piece.highlights:
            covered[mark] += range(place, place + len(piece.text))
        for mark in piece.opens:
            opened[mark].append(place)
        place += len(piece.text)
    assert covered == {mark: list(range(mark.start, mark.end)) for mark in marks}
    assert opened == {mark: [mark.start] for mark in marks}


@given(marked(), st.integers(0, 60))
def test_the_start_of_a_text_has_the_start_of_its_marks(given: tuple[str, tuple[Highlight, ...]], length: int) -> None:
    text, marks = given
    start = [(char, piece.highlights) for piece in segments(text[:length], marks) for char in piece.text]
    whole = [(char, piece.highlights) for piece in segments(text, marks) for char in piece.text]
    assert start == whole[:length]


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.dictionaries(
                st.sampled_from(["of", "start", "end", "text", "fact", "option", "reason", "label", "then"]), inner
            ),
        )
    )
)
def test_whatever_is_no_span_is_left_out(records: list[Any]) -> None:
    for mark in highlights_of(TEXT, records):
        assert 0 <= mark.start < mark.end <= len(TEXT)


WRONG = [
    ({"of": "drc", "start": 10, "end": 99}, "beyond the end"),
    ({"of": "drc", "start": -5, "end": 4}, "before the start"),
    ({"of": "drc", "start": 4, "end": 4}, "empty"),
    ({"of": "drc", "start": 8, "end": 4}, "backwards"),
    ({"of": "drc", "start": 0.0, "end": 4.0}, "no whole numbers"),
    ({"of": "drc", "start": False, "end": True}, "no numbers"),
    ({"of": "drc", "start": 0, "end": 8, "text": "No cough"}, "a quote that does not stand there"),
    ({"of": "charm", "start": 0, "end": 8}, "a kind that nobody knows"),
    ({"of": "claims", "start": 0, "end": 8, "label": "charming"}, "a label that nobody knows"),
    ({"of": ["drc"], "start": 0, "end": 8}, "a list"),
    ("drc", "no record"),
    (None, "nothing"),
]


@pytest.mark.parametrize(("record", "reason"), WRONG)
def test_a_wrong_span_is_left_out(record: Any, reason: str) -> None:
    assert highlights_of(TEXT, [record, {"of": "drc", "start": 0, "end": 8}]) == highlights_of(
        TEXT, [{"of": "drc", "start": 0, "end": 8}]
    ), reason


def test_all_that_judges_write_is_marked() -> None:
    first, second = Span(0, 8, "No fever", False), Span(10, 20, "B is wrong", False)
    claims = ("supported", "contradicts", "invented", "medically_false", "unverifiable")
    found = Found(
        citations=(Citation(first, 1, "B"), Citation(first, 9)),
        rejections=(Rejection(second, "B", "case_fact"), Rejection(second, "C", "bare")),
        claims=tuple(Claim(first, label) for label in claims),
        steps=tuple(Step(of, first, second) for of in METRICS_OF["behaviours"]),
    )
    marks = highlights_of(TEXT, spans_of(found), facts=["denies fever"], options=OPTIONS)
    assert {mark.kind for mark in marks} == {kind.key for kind in KINDS}
    said = {(mark.tag, mark.tip) for mark in marks}
    assert ("fact 1", "cites fact 1: denies fever, for or against option B (Heparin)") in said
    assert ("fact 9", "cites fact 9") in said
    assert ("not B", "option B (Heparin) rejected for a fact of the case") in said
    assert ("not C", "option C rejected without a reason") in said
    assert ("against case", "claim that contradicts the case") in said
    assert ("turns back", "backtracking: the line that is given up") in said
    assert ("instead", "backtracking: the line taken up instead") in said
    assert len(marks) == 2 + 2 + 5 + 2 * 2 + 2  # two of the behaviours are pairs of places
