"""Prompts of LLM judges: rubrics read from prompt files, and the item to judge.

A rubric file opens with a header between two lines of `---` (origin and version, for people), goes on with what every
call is told, and has one section `## name` per thing to look for. Only the sections asked for are sent. The rubric is
the same for every item and is sent first, so that the prefix caches of providers and of vLLM hold it; the item comes
last.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from clinical_r1.item import Item
from clinical_r1.metrics import LISTED, Judge
from clinical_r1.prompts import fill, option_lines

Profile = Literal["spans", "counts"]
"""Whether each instance is asked for with its evidence, or only how many there are."""

_HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Rubric:
    """A rubric as read from its file."""

    name: str
    """File name without suffix."""
    version: str
    """Version stated in the file's header."""
    intro: str
    """What every call is told."""
    sections: Mapping[str, str]
    """Name -> text; `reply` says how to answer, the others what to look for."""
    hash: str
    """First 12 hexadecimal digits of the hash of everything in the file below its header."""

    def system(self, sections: Sequence[str], schema: Mapping[str, Any]) -> str:
        """The static part of a call: the introduction, some sections in the file's order, and the schema.

        Args:
            sections: Names among `sections`.
            schema: JSON schema of the reply.
        """
        told = [text for name, text in self.sections.items() if name in sections]
        reply = fill(self.sections["reply"], {"schema": compact(schema)})
        return "\n\n".join(text for text in (self.intro, *told, reply) if text)


def load_rubric(judge: Judge, profile: Profile = "spans") -> Rubric:
    """Read the rubric of a judge.

    Args:
        judge: `grounding` or `behaviours`.
        profile: `counts` has one file for both judges, with one section per metric.
    """
    return read_prompt(judge if profile == "spans" else "counts")


@cache
def read_prompt(name: str) -> Rubric:
    """Read one of the files of `judges/prompts`.

    Raises:
        ValueError: If it has no header with a version.
    """
    # by name: this package stands below the folder of judges and does not import it
    text = files("clinical_r1.judges").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None or not (version := re.search(r"^version: (\S+)$", header[1], re.MULTILINE)):
        raise ValueError(f"{name}.md: no header with a version")
    body = text[header.end() :].strip()
    intro, *parts = _SECTION.split(body)
    sections = {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return Rubric(name, version[1], intro.strip(), sections, digest(body))


def sections_of(metrics: Sequence[str]) -> tuple[str, ...]:
    """Sections of the rubric that metrics need, in one order: faithfulness and hallucination share one list of claims.

    Examples:
        >>> sections_of(("hallucination", "faithfulness", "drc"))
        ('rejections', 'claims')
    """
    return tuple(listed.key for listed in LISTED.values() if set(listed.metrics) & set(metrics))


def render_item(item: Item, *, facts: bool, gold: bool = False) -> str:
    """The item as the judge sees it, filled in one pass: nothing in the item is read as a template.

    Args:
        item: What is judged. Its tags are shown as neutral headings, its model is not named.
        facts: Whether to list the case's facts.
        gold: Whether to name the right option.
    """
    notes = ["The question asks for the option that does not hold."] if item.negated else []
    notes += [f"The right option is {' or '.join(item.targets)}."] if gold else []
    lines = (f"F{number}. {_one_line(fact.text)}" for number, fact in enumerate(item.facts, 1))
    listed = "\n".join(lines) or "(none: there is no case)"
    values = {
        "stem": item.stem.strip(),
        "options": option_lines(item.options),
        "notes": "".join(f"\n{note}\n" for note in notes),
        "facts": f"\nFacts of the case\n\n{listed}\n" if facts else "",
        "response": _response(item),
    }
    # made from the whole item, so that no part of it can hold it
    mark = digest("\0".join(values.values()))
    return fill(read_prompt("item").intro, values | {"mark": mark})


def _response(item: Item) -> str:
    """One line per sentence, numbered through; a line of the response never begins with anything but its number."""
    lines: list[str] = []
    number = 0
    for place, part in enumerate(item.parts, 1):
        if len(item.parts) > 1:
            lines.append(f"Part {place}")
        for sentence in part:
            number += 1
            lines.append(f"[{number}] {_one_line(sentence.text)}")
    return "\n".join(lines) or "(empty: the model wrote nothing)"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def compact(schema: Mapping[str, Any]) -> str:
    """A JSON schema on one line."""
    return json.dumps(schema, separators=(",", ":"))


def digest(text: str) -> str:
    """First 12 hexadecimal digits of a text's hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
