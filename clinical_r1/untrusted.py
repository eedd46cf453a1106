"""Text from models, raters and files made safe to show: control characters as symbols, and HTML that runs nothing."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

# --- control characters as signs --------------------------------------------------------------------------------------
# Characters that a screen obeys (control characters, marks of direction and annotation, line separators), characters
# that it does not show (joiners, fillers, tags, variation selectors, unassigned codes), and halves of surrogate pairs,
# which no file can hold.
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
    r"""What `escape_controls` puts in place of what, in order: for whoever shows a text and has to keep its offsets.

    Examples:
        >>> list(signs("a\x07\r\nb"))
        [Sign(start=1, end=2, shown='␇'), Sign(start=2, end=4, shown='\n')]
    """
    return (Sign(match.start(), match.end(), _sign(match)) for match in _UNSEEN.finditer(text))


def escape_controls(text: str, *, one_line: bool = False) -> str:
    r"""The text with a sign in place of each character that would be obeyed or not be seen.

    Newlines and tabs stay; a carriage return stays none, but with its newline it is a newline.

    Args:
        text: Any text.
        one_line: Whether newlines and tabs become signs too: for names, cells and messages.

    Returns:
        Text that can be encoded, printed and shown.

    Examples:
        >>> escape_controls("\x1b[31mred\x07 \u202egnp.exe")
        '␛[31mred␇ ⟨U+202E⟩gnp.exe'
        >>> escape_controls("a\tb\r\nc", one_line=True)
        'a␉b␊c'
        >>> len(escape_controls("a" + 100 * "\u0301"))
        18
    """
    text = _UNSEEN.sub(_sign, text)
    return text.translate(_BREAKS) if one_line else text


def _sign(match: re.Match[str]) -> str:
    if match[0] == "\r\n":
        return "\n"
    if _ACCENT_RUN.fullmatch(match[0]):
        return f"⟨+{len(match[0])} accents⟩"
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode has pictures of these
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|$~&])")
_LONGEST_QUOTE = 240


def quoted(text: str) -> str:
    r"""The first 240 characters in quotation marks on one line, of which nothing is read as Markdown, HTML or LaTeX.

    Examples:
        >>> quoted("a *high*\nfever")
        '“a \\*high\\* fever”'
    """
    line = " ".join(escape_controls(text).split())
    shown = line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"
    shown = _MARKDOWN.sub(r"\\\1", shown)
    return f"“{shown}”"


# --- HTML -------------------------------------------------------------------------------------------------------------
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Templates:
    """A folder of templates, style sheets and scripts."""

    def __init__(self, folder: Path, **filters: Callable[..., object]) -> None:
        self.folder = folder
        self.filters = filters

    def fill(self, template: str, **values: object) -> Markup:
        """A template with values, all of which are text unless they are `Markup`."""
        return Markup(self._environment.get_template(template).render(**values))

    def asset(self, name: str) -> Markup:
        """A style sheet or script, to stand in the page as it is."""
        return Markup((self.folder / name).read_text(encoding="utf-8"))

    @cached_property
    def _environment(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(self.folder),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters |= self.filters
        return made


def _shown(value: object) -> object:
    """Every value that a template prints comes through here before it is escaped."""
    return escape_controls(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def fingerprint(code: str) -> str:
    """How a content security policy names a style sheet or script that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def policy(script: str, styles: Iterable[str]) -> str:
    """The content security policy of a page: these run and style, pictures stand in it, and nothing is loaded."""
    allowed = {
        "default-src": "'none'",
        "script-src": fingerprint(script),
        "style-src": " ".join(map(fingerprint, styles)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in allowed.items())


def data(value: Any) -> Markup:
    r"""A value as JSON that can stand in a `script` element, whatever texts are in it.

    Examples:
        >>> data({"text": "</script>\u2028"})
        Markup('{"text":"\\u003c/script\\u003e\\u2028"}')
    """
    return Markup(json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_IN_SCRIPT))
