"""The report's templates, and how its sentences, files and addresses are printed."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup, escape

from clinical_r1.untrusted import Templates, escape_controls

_CODE = re.compile(r"`([^`]+)`")
# Where a line does not break: p < .001, n = 200, 95 %, [0.1, 0.2].
_TOGETHER = re.compile(
    r"(?<=\b[pnk]) (?=[=<>] ?[\d.])|(?<=\b[pnk] [=<>]) (?=[\d.])|(?<=\d) (?=%)|(?<=[\d%],) (?=[-+−]?[\d.]+%?\])"
)

_LONGEST = 18
"""Letters of a word that a column of a table is made wide enough for."""


def fill(template: str, **values: object) -> Markup:
    """A template of `templates/` with values, all of which are text unless they are `Markup`."""
    return _TEMPLATES.fill(template, **values)


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of `templates/`, to stand in the page as it is."""
    return _TEMPLATES.asset(name)


def prose(text: str) -> Markup:
    """A sentence; what stands in backticks is set as code, and a number stays on a line with what belongs to it."""
    text = _TOGETHER.sub("\u00a0", escape_controls(text))
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def ending(path: str) -> str:
    """What kind of file a path names, in a word."""
    suffix = path.rsplit(".", 1)[-1]
    return {"md": "Markdown", "tex": "LaTeX"}.get(suffix, suffix.upper())


def relative(path: str) -> str:
    """The address of a file beside the page: whatever the name is, it is no scheme and no other place."""
    return quote(path.lstrip("/"), safe="/.-_")


def long(text: str) -> bool:
    """Whether a word is too long for a column of a table and is to be broken anywhere; browsers break at hyphens."""
    return any(len(word) > _LONGEST for word in re.split(r"[\s-]+", text))


_TEMPLATES = Templates(Path(__file__).with_name("templates"), prose=prose, relative=relative, ending=ending, long=long)
