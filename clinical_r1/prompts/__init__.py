"""Prompt files, and filling them in one pass.

A prompt is a `.md` file that opens with a header between two lines of `---` (origin and version, for people) and goes
on with the template. `{question}`, `{options}` and `{format}` are its only placeholders; any other brace, such as the
one in a LaTeX box or in the question itself, is text.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clinical_r1.errors import UserError, names_near
from clinical_r1.grammar import STYLES, Style, format_instructions

PROMPTS = ("crpo", "think", "neutral", "cot", "direct", "bare")
"""Prompt styles of the evaluation tasks."""


@dataclass(frozen=True)
class Prompt:
    """A prompt as read from its file."""

    name: str
    """File name without suffix."""
    version: str
    """Version stated in the file's header."""
    template: str
    """Text with its placeholders, header removed, format instructions already in place."""

    @property
    def sha256(self) -> str:
        """First 12 hexadecimal digits of the template's hash: two logs with the same one asked in the same words."""
        return hashlib.sha256(self.template.encode()).hexdigest()[:12]


_HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{name}` whose name is among the values, in one pass, so that a value is never read as a template.

    Examples:
        >>> fill("{question} {other}", {"question": "Why {options}?", "options": "no"})
        'Why {options}? {other}'
    """
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


@cache
def load_prompt(name: str) -> Prompt:
    """Read one of the evaluation prompts.

    Raises:
        UserError: If there is no prompt of that name.
    """
    if name not in PROMPTS:
        raise UserError(f"prompt={name}: unknown prompt style; allowed: {names_near(name, PROMPTS)}")
    text = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None or not (version := re.search(r"^version: (\S+)$", header[1], re.MULTILINE)):
        raise ValueError(f"{name}.md: no header with a version")
    style: Style = next((style for style in STYLES if style == name), "free")
    template = fill(text[header.end() :].strip(), {"format": format_instructions(style)})
    return Prompt(name, version[1], template)


def option_lines(options: Mapping[str, str]) -> str:
    """Options as the model sees them: `A. text`, one per line, white space inside a text collapsed."""
    return "\n".join(f"{letter}. {' '.join(text.split())}" for letter, text in options.items())


def render(prompt: Prompt, stem: str, options: Mapping[str, str]) -> str:
    """The text that a model is asked, with the stem and the options word for word.

    Args:
        prompt: See `load_prompt`.
        stem: The question without its options.
        options: Letter to option text, in the order shown.
    """
    return fill(prompt.template, {"question": stem, "options": option_lines(options)})
