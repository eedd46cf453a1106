"""Responses as raters see them: neutral text, and the way back to the raw one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinical_r1.item import Item
from clinical_r1.study.content import OffsetMap, shown_response
from clinical_r1.study.protocol import SECTION_GAP
from clinical_r1.untrusted import escape_controls

WORDS = st.sampled_from([
    "fever", " ", "\n\n", "\r\n", "<dx>", "</dx>", "<conclusion>", "</conclusion>", "<think>", "</think>", "<DX >", "\x1b[31m",
    "a\u0301\u0301\u0301\u0301\u0301\u0301", "\u202e", "🙂", "é", "C.", "\ufeff", "\x85", "<answer>", "ordinary words here",
])  # fmt: skip
RESPONSES = st.lists(WORDS | st.text(max_size=8), max_size=25).map("".join)

SHOWN = {
    "<dx>Fever.</dx><conclusion>So B.</conclusion>": (["Fever.", "So B."], "tags become sections"),
    "Sure.\n<dx>Fever.</dx>\n then \n<conclusion>B</conclusion> bye": (["Sure.", "Fever.", "then", "B", "bye"], "text outside is shown"),
    "<think>hm</think><dx>Fever.</dx><conclusion>B</conclusion>": (["hm", "Fever.", "B"], "a tag of the other style is no text"),
    "no tags at all": (["no tags at all"], "one section"),
    "<dx> \n </dx><conclusion>B</conclusion>": (["B"], "an empty section is none"),
    " \n": ([], "nothing"),
    "": ([], "nothing"),
    "a\x1b[2Jb \u202ec": (["a␛[2Jb ⟨U+202E⟩c"], "what a screen would obey is shown"),
    "one\r\ntwo": (["one\ntwo"], "line ends are plain"),
}  # fmt: skip


@pytest.mark.parametrize("response", SHOWN)
def test_a_response_is_shown_without_its_tags(response: str) -> None:
    sections, reason = SHOWN[response]
    shown = shown_response(response)
    assert [section.text for section in shown.sections] == sections, reason
    assert shown.text == "\n\n".join(sections)
    headings = [section.heading for section in shown.sections]
    assert all(("dx" not in one) and ("think" not in one) for one in headings), "they do not tell the style"
    assert headings == ["Response"] if len(sections) == 1 else set(headings) <= HEADINGS


HEADED = [
    ("<dx>Fever.</dx><conclusion>B</conclusion>", ["Reasoning", "Conclusion"], "the paper's style"),
    ("<think>Fever.</think><answer>B</answer>", ["Reasoning", "Conclusion"], "another style, the same words"),
    ("<think>Fever.</think>So B.", ["Reasoning", "Conclusion"], "a thought and what follows it"),
    ("<dx>Fever.</dx> then <conclusion>B</conclusion> bye",
     ["Reasoning", "Reasoning, continued", "Conclusion", "Conclusion, continued"], "text outside the sections"),
    ("<dx>Fever. So B.", ["Response"], "one part"),
]  # fmt: skip
HEADINGS = {"Reasoning", "Reasoning, continued", "Conclusion", "Conclusion, continued"}


@pytest.mark.parametrize(("response", "headings", "reason"), HEADED, ids=[reason for *_, reason in HEADED])
def test_parts_are_called_by_what_they_are(response: str, headings: list[str], reason: str) -> None:
    assert [section.heading for section in shown_response(response).sections] == headings


@given(RESPONSES)
@example("<dx>" * 3)
@example("<dx><think>\n fever </think></dx><conclusion>B</conclusion>")
def test_pieces_cover_the_text_shown_and_run_forward_in_the_raw_one(response: str) -> None:
    shown = shown_response(response)
    ends = [0]
    raw = 0
    for piece in shown.offsets.pieces:
        assert piece.start == ends[-1]
        assert piece.end > piece.start
        assert raw <= piece.raw_start <= piece.raw_end <= len(response)
        ends.append(piece.end)
        raw = piece.raw_end
    assert ends[-1] == len(shown.text)
    assert all(section.text and section.text == section.text.strip() for section in shown.sections)


@given(RESPONSES, st.data())
def test_a_mark_leads_to_the_raw_text_and_back(response: str, data: st.DataObject) -> None:
    shown = shown_response(response)
    start = data.draw(st.integers(0, len(shown.text)))
    end = data.draw(st.integers(start, len(shown.text)))
    raw = shown.offsets.to_raw(start, end)
    if raw is None:
        assert not shown.text[start:end].strip(), "only what is not in the raw text has no place there"
        return
    back = shown.offsets.to_shown(*raw)
    assert back is not None or not response[slice(*raw)].strip()
    if back is not None:
        low, high = back
        # Widened at most by what stands for a whole, such as a sign and its word, or narrowed by the gap of sections.
        assert low <= start or not shown.text[start:low].strip()
        assert high >= end or not shown.text[high:end].strip()


@given(RESPONSES)
def test_every_piece_shows_what_stands_in_the_raw_text(response: str) -> None:
    shown = shown_response(response)
    for start, end, raw_start, raw_end in shown.offsets.pieces:
        here, there = shown.text[start:end], response[raw_start:raw_end]
        assert here in (escape_controls(there), there, " ", SECTION_GAP) or "accents⟩" in here
        if len(here) == len(there) and there.isprintable():
            assert here == there or here in (" ", SECTION_GAP)


SENTENCE = st.lists(
    st.sampled_from(["Fever", "of 39.4", "C.", "So", "\n", "- rash", "(yes)"]), min_size=1, max_size=9
).map(" ".join)


@given(SENTENCE, SENTENCE)
def test_raters_read_as_many_words_as_the_judge_counts(first: str, second: str) -> None:
    response = f"<dx>{first}</dx>\n<conclusion>{second}</conclusion>"
    raw, shown = (words(text) for text in (response, shown_response(response).text))
    assert shown == raw


def words(response: str) -> int:
    return Item("", 1, "", {}, "", response, None, has_case=False, negated=False, facts=()).words


def test_offsets_survive_a_file() -> None:
    offsets = shown_response("x <dx>Fever \x07now.</dx> <conclusion>B</conclusion>").offsets
    assert OffsetMap.of([list(piece) for piece in offsets.pieces]) == offsets
    assert offsets.to_shown(0, 1) == (0, 1)
    assert offsets.to_shown(2, 6) == (1, 3), "a tag is the gap between two sections"
