"""The one way from values to HTML: templates that escape all they are given, with nothing unseen in it."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from clinical_r1.visible import visible

TEMPLATES = Path(__file__).with_name("templates")

_CODE = re.compile(r"`([^`]+)`")
# Where a line does not break: p < .001, n = 200, 95 %, [0.1, 0.2].
_TOGETHER = re.compile(
    r"(?<=\b[pnk]) (?=[=<>] ?[\d.])|(?<=\b[pnk] [=<>]) (?=[\d.])|(?<=\d) (?=%)|(?<=[\d%],) (?=[-+−]?[\d.]+%?\])"
)


def fill(template: str, **values: object) -> Markup:
    """A template of `templates/` with values, all of which are text unless they are `Markup`."""
    return Markup(_environment().get_template(template).render(**values))


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of `templates/`, to stand in the page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def fingerprint(code: str) -> str:
    """How a content security policy names a style sheet or script that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def prose(text: str) -> Markup:
    """A sentence; what stands in backticks is set as code, and a number stays on a line with what belongs to it."""
    text = _TOGETHER.sub("\u00a0", visible(text))
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def ending(path: str) -> str:
    """What kind of file a path names, in a word."""
    suffix = path.rsplit(".", 1)[-1]
    return {"md": "Markdown", "tex": "LaTeX"}.get(suffix, suffix.upper())


def relative(path: str) -> str:
    """The address of a file beside the page: whatever the name is, it is no scheme and no other place."""
    return quote(path.lstrip("/"), safe="/.-_")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"prose": prose, "relative": relative, "ending": ending}
    return made


def _shown(value: object) -> object:
    """Every value that a template prints comes through here before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
