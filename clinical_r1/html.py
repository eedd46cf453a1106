"""The one way from values to HTML: templates that escape all they are given, with nothing unseen in it.

A page that is made this way stands in one file and says in a content security policy which scripts and style sheets it
has, by their hashes, so that markup which got through the escaping would still do nothing.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from clinical_r1.visible import visible

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
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
