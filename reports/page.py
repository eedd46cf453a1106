"""The report as one self-contained HTML file, safe for untrusted text.

Everything printed is escaped by the templates of `clinical_r1.untrusted`. A content security policy names the page's
one script and its style sheets by their hashes, so that markup which were not escaped would not run either.
"""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar, Literal

from clinical_r1.untrusted import policy

from .first_screen import FirstScreen
from .html import asset, fill
from .reader import STYLE, SamplePair, reader
from .tables import TableView, to_html

Finding = Literal["unread", "differs", "open", "same", "passes", "fails", "unmeasured", "note"]

FINDINGS: dict[Finding, str] = {
    "unread": "mostly unread",
    "differs": "differs",
    "open": "open",
    "same": "no difference shown",
    "passes": "may stand in",
    "fails": "may not stand in",
    "unmeasured": "not measured",
    "note": "note",
}
"""Kind of a sentence of the summary -> the words before it."""


@dataclass(frozen=True)
class FigureBlock:
    """A figure with its caption."""

    svg: bytes
    """The picture as an SVG file: shown as one, so that nothing in it can run, style the page or fetch anything."""
    caption: str
    files: Sequence[str] = ()
    """Files beside the page: the figure as a file, its numbers."""
    template: ClassVar[str] = "figure"


@dataclass(frozen=True)
class TableBlock:
    """A table with its caption."""

    table: TableView
    caption: str
    files: Sequence[str] = ()
    """Files beside the page."""
    template: ClassVar[str] = "table"


@dataclass(frozen=True)
class Text:
    """Paragraphs; what stands in backticks is set as code."""

    paragraphs: Sequence[str]
    heading: str = ""
    """A heading below the section's, for what follows up to the next one."""
    template: ClassVar[str] = "text"


@dataclass(frozen=True)
class Details:
    """Blocks behind a line that opens them; its tables are numbered A1, A2, ... beside the open ones."""

    summary: str
    blocks: "Sequence[Block]"
    template: ClassVar[str] = "details"


Block = FigureBlock | TableBlock | Text | Details


@dataclass(frozen=True)
class Section:
    """A chapter of the page."""

    id: str
    """Its address in the page: small letters, digits and hyphens."""
    title: str
    intro: str = ""
    """What it is about and how to read it, in a paragraph."""
    blocks: Sequence[Block] = ()


@dataclass(frozen=True)
class Page:
    """All that a page shows."""

    title: str
    subtitle: str = ""
    screen: FirstScreen | None = None
    """The verdict, in place of title and subtitle; single samples then follow it at once."""
    summary: Sequence[tuple[Finding, str]] = ()
    """The results in sentences, each with what kind of result it is."""
    sections: Sequence[Section] = ()
    samples: Sequence[SamplePair] = ()
    """For the reader of single samples, in the order in which they are shown."""
    samples_intro: str = ""
    """How the samples were chosen."""
    links: Sequence[tuple[str, str]] = ()
    """Words and address, on the first screen: places of this page, and pages beside it."""
    facts: Sequence[tuple[str, str]] = ()
    """What was read and by what: label and value, at the foot of the page."""


def render(page: Page) -> str:
    """The page as text of an HTML file; the same page gives the same text.

    Raises:
        ValueError: If a section's id is none or is there twice.
    """
    _check_ids(page)
    numbers = {name: count(1).__next__ for name in ("figure", "table", "folded")}
    style, script = asset("page.css"), asset("page.js")
    made = fill(
        "page.html",
        page=page,
        policy=policy(script, [style, asset(STYLE)]),
        style=style,
        script=script,
        findings=FINDINGS,
        numbers=numbers,
        base64=lambda file: b64encode(file).decode(),
        to_html=to_html,
        reader=reader(page.samples) if page.samples else "",
    )
    return str(made)


_TAKEN = ("main", "verdict", "summary", "samples", "facts")
_ID = re.compile(r"[a-z][a-z0-9-]*")


def _check_ids(page: Page) -> None:
    for name, times in Counter([*_TAKEN, *(section.id for section in page.sections)]).items():
        if times > 1:
            raise ValueError(f"section id {name!r} is there {times} times")
        if not _ID.fullmatch(name) or name.startswith("sample-"):
            raise ValueError(f"section id {name!r}: small letters, digits and hyphens; sample-… is taken")
