"""Text made visible: nothing that is obeyed or unseen is left, and everything else is as it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.untrusted import escape_controls

DRAWN = (range(0x600, 0x606), (0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD), range(0x13430, 0x13440))
"""Format characters that are signs of a script: a reader sees them."""

TEXTS = [
    ("plain text, 92/60 mm Hg\n\tB.", "plain text, 92/60 mm Hg\n\tB.", "newlines and tabs stay"),
    ("\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇", "escapes of a terminal"),
    ("\x9b31m", "⟨U+009B⟩31m", "the same escape in one character"),
    ("fine\rRIGHT", "fine␍RIGHT", "what writes over the line"),
    ("a\r\nb", "a\nb", "a newline of another system"),
    ("a\x08b\x7f\x00", "a␈b␡␀", "backspace, delete, null"),
    ("\u202eexe.txt\u2069", "⟨U+202E⟩exe.txt⟨U+2069⟩", "direction"),
    ("gr\u200bpo\ufeff", "gr⟨U+200B⟩po⟨U+FEFF⟩", "two names that look the same"),
    ("a\u2028b\x85c", "a⟨U+2028⟩b⟨U+0085⟩c", "line breaks that some programs know"),
    ("\ud83d", "⟨U+D83D⟩", "half a character"),
    ("\u3164\u115f", "⟨U+3164⟩⟨U+115F⟩", "letters that are blank"),
    ("\U000e0041", "⟨U+E0041⟩", "a tag that hides text"),
    ("⚠\ufe0f 1\ufe0f⃣", "⚠\ufe0f 1\ufe0f⃣", "a symbol in colour"),
    ("a\ufe0f", "a⟨U+FE0F⟩", "the same where there is no symbol"),
    ("e\u0301\u0323", "e\u0301\u0323", "accents"),
    ("e" + "\u0301" * 100, "e" + "\u0301" * 4 + "⟨+96 accents⟩", "a tower of them"),
    ("Ménière, β₂, → 40 °C, 中文, عربى", "Ménière, β₂, → 40 °C, 中文, عربى", "other letters and signs"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown", "reason"), TEXTS)
def test_what_is_obeyed_or_unseen_is_a_sign(text: str, shown: str, reason: str) -> None:
    assert escape_controls(text) == shown, reason


def test_no_control_or_format_character_of_unicode_is_left() -> None:
    drawn = {code for codes in DRAWN for code in codes}
    unseen = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and code not in drawn
    ]
    assert len(unseen) > 2000
    assert [hex(ord(one)) for one in unseen if one in escape_controls(f"a{one}b") and one not in "\n\t"] == []


def test_a_name_is_on_one_line() -> None:
    assert escape_controls("a\tb\r\nc\nd", one_line=True) == "a␉b␊c␊d"


@given(st.text(st.characters(codec=None)))
def test_the_outcome_can_be_written_and_is_final(text: str) -> None:
    shown = escape_controls(text)
    assert shown.encode().decode() == shown
    assert escape_controls(shown) == shown
