"""Text by strangers, made visible: what a screen would obey or hide stands there as a sign.

Models, datasets and file names may hold terminal escapes, marks that turn the writing direction, letters without width,
and towers of accents. Whatever shows such text (a page, a table, a terminal) takes it through `visible` first.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# What is obeyed: control characters, marks of direction and of annotation, separators of lines. What is not seen:
# joiners, fillers, tags, shape selectors, codes that are no letters. And halves of surrogate pairs, which no file can
# hold.
_ACCENT = "[\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_UNSEEN = re.compile(
    "\r\n|"
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # These two choose between a plain and a coloured symbol, and are in order behind one.
    "|(?<![#*0-9\u00a9\u00ae\u2000-\u33ff\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
    # Accents on one letter, which would be piled over the lines above; languages need up to four.
    f"|(?<={_ACCENT * 4}){_ACCENT}+"
)
_ACCENT_RUN = re.compile(f"{_ACCENT}+")
_BREAKS = str.maketrans({"\n": "␊", "\t": "␉"})


class Sign(NamedTuple):
    """What stands in place of a stretch of a text."""

    start: int
    """Offset of the first character that it stands for."""
    end: int
    """Offset behind the last one."""
    shown: str
    """The sign."""


def signs(text: str) -> Iterator[Sign]:
    r"""What `visible` puts in place of what, in order: for whoever shows a text and has to keep its offsets.

    Examples:
        >>> list(signs("a\x07\r\nb"))
        [Sign(start=1, end=2, shown='␇'), Sign(start=2, end=4, shown='\n')]
    """
    return (Sign(found.start(), found.end(), _sign(found)) for found in _UNSEEN.finditer(text))


def visible(text: str, *, one_line: bool = False) -> str:
    r"""The text with a sign in place of each character that would be obeyed or not be seen.

    Newlines and tabs stay; a carriage return stays none, but with its newline it is a newline.

    Args:
        text: Any text.
        one_line: Whether newlines and tabs become signs too: for names, cells and messages.

    Returns:
        Text that can be encoded, printed and shown.

    Examples:
        >>> visible("\x1b[31mred\x07 \u202egnp.exe")
        '␛[31mred␇ ⟨U+202E⟩gnp.exe'
        >>> visible("a\tb\r\nc", one_line=True)
        'a␉b␊c'
        >>> len(visible("a" + 100 * "\u0301"))
        18
    """
    text = _UNSEEN.sub(_sign, text)
    return text.translate(_BREAKS) if one_line else text


def _sign(found: re.Match[str]) -> str:
    if found[0] == "\r\n":
        return "\n"
    if _ACCENT_RUN.fullmatch(found[0]):
        return f"⟨+{len(found[0])} accents⟩"
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode has pictures of these
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
