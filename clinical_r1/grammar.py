r"""THE answer grammar: the tags of each style, `parse`, and the instructions that ask for them.

A response is written in one of three styles:

- `crpo`: `<dx>analysis</dx><conclusion>conclusion</conclusion>` (Clinical-R1, arXiv 2512.00601, section 3);
- `think`: `<think>analysis</think><answer>conclusion</answer>` (the generic format of GRPO baselines);
- `free`: no section tags at all.

Evaluation, reward, judges and prompts all read the one table `STYLES`; nothing else in the package spells a tag. How
thoughts begin and end in the models' own formats stands in `THOUGHTS`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Style = Literal["crpo", "think", "free"]


@dataclass(frozen=True)
class Section:
    """One tagged section of a style."""

    tag: str
    """Tag name, lower case, without brackets."""
    request: str
    """What the instructions ask the model to write between the tags."""


BOX = r"\boxed{letter}"

STYLES: dict[Style, tuple[Section, ...]] = {
    "crpo": (
        Section(
            "dx",
            "First give your intuitive first impression: the diagnosis or answer that the case brings to mind at once, "
            "and why. Then check it analytically: cite the specific findings of the case, say what each of them "
            "supports or speaks against, go through the options one by one, and reject every distractor for a stated "
            "reason. Say so when the check changes your first impression.",
        ),
        Section(
            "conclusion",
            "Refer back to the findings of your analysis that decide the question, and end with your final answer as "
            f"{BOX}.",
        ),
    ),
    "think": (
        Section("think", "Your reasoning."),
        Section("answer", f"Your final answer as {BOX}."),
    ),
    "free": (),
}

FAULTS: dict[str, str] = {
    "missing": "a section has neither an opening nor a closing tag",
    "duplicate": "a tag occurs more than once",
    "unclosed": "an opening tag has no closing tag",
    "unopened": "a closing tag has no opening tag",
    "out_of_order": "the tags do not follow each other as opening, closing, opening, closing",
    "empty": "a section holds no letter and no number that can be seen",
    "text_before": "there is text before the first tag",
    "text_between": "there is text between the two sections",
    "text_after": "there is text after the last tag",
    "variant": "a tag is not written as in the table: upper case, attributes, white space, a backslash",
}
"""Fault kinds. A reported fault is `kind` for text outside the sections, else `kind:tag`."""

_THOUGHT_TAGS = r"(?:\w+:)?(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis|dx)"
THOUGHTS: tuple[tuple[str, str], ...] = (
    # CRPO's own first section, DeepSeek-R1, QwQ, Qwen3, Seed and their like; what begins to answer ends a thought, too.
    (
        rf"<\s*{_THOUGHT_TAGS}(?:\s[^<>]{{0,80}})?>",
        rf"<\s*[/\\]\s*{_THOUGHT_TAGS}\s*>|<\s*(?:conclusion|(?:final_)?answer)(?:\s[^<>]{{0,80}})?>",
    ),
    (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
    (r"◁think▷", r"◁/think▷"),  # Kimi
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # Sky-T1
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A Reasoning
    (r"<unused94>", r"<unused95>"),  # MedGemma
    # gpt-oss, with its marks and where a server drops them.
    (r"<\|channel\|>\s*(?:analysis|commentary)\b", r"<\|channel\|>\s*final\b[^<]{0,80}<\|message\|>"),
    (r"\A\s*analysis(?=(?-i:[A-Z]))", r"assistant\s*final(?!(?-i:[a-z]))"),
    # HuatuoGPT-o1, and thoughts in plain words.
    (
        r"\A\s*(?:#{1,4}\s*|\*\*)?(?:Thinking|Thoughts?|(?:Thinking|Thought) Process)(?:\*\*)?[ \t]*(?::|\n)",
        r"</think>|\n[ \t]*(?:#{1,4}[ \t]*|\*\*)?(?:Final (?:Response|Answer|Output)|Response|Answer|Conclusion)\b",
    ),
)
"""How thoughts begin and end in the models' own formats, as regular expressions."""

_OPENINGS = re.compile(
    "|".join(f"(?P<t{number}>{opening})" for number, (opening, _) in enumerate(THOUGHTS)), re.IGNORECASE
)
_CLOSINGS = [re.compile(closing, re.IGNORECASE) for _, closing in THOUGHTS]
# A chat template may have written the opening: what then comes before the first closing is the thought.
_CLOSES = re.compile(rf"<\s*[/\\]\s*{_THOUGHT_TAGS}\s*>|\[/THINK\]|◁/think▷|<unused95>", re.IGNORECASE)

# A letter or a digit; the fillers of Hangul are letters without a shape.
_SEEN = re.compile("(?![\u115f\u1160\u3164\uffa0])[^\\W_]")

_NAMES = "|".join(section.tag for sections in STYLES.values() for section in sections)
_TAGS_OF: dict[Style, tuple[str, ...]] = {style: tuple(section.tag for section in STYLES[style]) for style in STYLES}
# Of a style: name and closing of a tag -> its place in a well-formed text.
_PLACES = {
    style: {tag: place for place, tag in enumerate((name, closing) for name in names for closing in (False, True))}
    for style, names in _TAGS_OF.items()
}
# A tag as written in the table -> name, closing, exact.
_EXACT = {
    f"<{'/' * closing}{name}>": (name, closing, True)
    for names in _TAGS_OF.values()
    for name in names
    for closing in (False, True)
}
# Possessive white space and bounded attributes keep the scan linear in text made of "<" and blanks.
_TAG = re.compile(rf"<\s*+([/\\]?)\s*+({_NAMES})(?:\s[^<>]{{0,80}})?\s*+/?>", re.IGNORECASE)


class Tag(NamedTuple):
    """One tag as it stands in the text."""

    name: str
    """Tag name, lower case."""
    closing: bool
    """True for `</dx>` (and for its variant `<\\dx>`)."""
    exact: bool
    """True when written exactly as in the table, False for a variant."""
    start: int
    """Offset of the tag's first character."""
    end: int
    """Offset after the tag's last character."""


@dataclass(frozen=True)
class Response:
    """A parsed response."""

    style: Style
    """The style whose tags the text uses, `free` when it uses none."""
    analysis: str
    """Text of the first section, stripped; the whole text in style `free`; empty when not delimited exactly once."""
    conclusion: str
    """Text of the second section, stripped; empty when it is not delimited exactly once."""
    faults: tuple[str, ...]
    """What keeps the text from being well formed, as `kind` or `kind:tag` (kinds: `FAULTS`); empty if nothing does."""
    tags: tuple[Tag, ...] = ()
    """Every tag of the style that stands in the text, variants included, in order."""
    has_conclusion: bool = False
    """True when there is exactly one conclusion section, even an empty one."""

    @property
    def well_formed(self) -> bool:
        """Each tag exactly once, lower case, in order, both sections non-empty, only white space outside.

        An opening `<think>` at the beginning may be missing: chat templates of R1 distills, QwQ and their like write
        it into the prompt, so that no completion of theirs holds it.
        """
        return not self.faults

    @property
    def conclusion_span(self) -> tuple[int, int] | None:
        """Where the one closed conclusion stands, however its tags are spelled; None without one, or with several."""
        tags = [tag for tag in self.tags if tag.name == _TAGS_OF[self.style][1]]
        return (tags[0].end, tags[1].start) if [tag.closing for tag in tags] == [False, True] else None


@lru_cache(maxsize=1024)  # the rewards of a group, and a scorer and its extractor, each read the same completion
def parse(text: str) -> Response:
    """Read the sections of a response. Never raises; linear in the length of the text.

    When tags of two styles occur, the style with fewer faults is taken (`crpo` on a tie), so that a `<think>` block
    in front of a CRPO answer is text before the sections.

    Args:
        text: A completion.

    Returns:
        The sections found and every fault. A section's text is there whenever its opening and closing tag each occur
        exactly once, in that order, whatever else is wrong.

    Examples:
        >>> parse("<dx>Fever.</dx> <conclusion>B</conclusion>").well_formed
        True
        >>> parse("Sure! <dx>Fever.<conclusion>B</conclusion>").faults
        ('unclosed:dx', 'text_before')
    """
    found = [
        Tag(*(_EXACT.get(tag[0]) or (tag[2].lower(), tag[1] != "", False)), *tag.span()) for tag in _TAG.finditer(text)
    ]
    readings = []
    for style, names in _TAGS_OF.items():
        tags = tuple([tag for tag in found if tag.name in names])
        if tags:
            readings.append(_read(text, style, tags))
    if not readings:
        return Response("free", text.strip(), "", ("missing:sections",))
    return min(readings, key=lambda response: len(response.faults))


def _read(text: str, style: Style, tags: tuple[Tag, ...]) -> Response:
    """Read the text as one given style, whose tags (at least one) are given in order."""
    names, places = _TAGS_OF[style], _PLACES[style]
    order: list[int] = []
    exact: tuple[list[Tag], ...] = ([], [], [], [])
    found = tags
    if style == "think" and tags[0][:2] == (names[0], True) and (names[0], False) not in [tag[:2] for tag in tags]:
        tags = (Tag(names[0], False, True, 0, 0), *tags)  # the chat template had written it
    for tag in tags:
        if tag.exact:
            place = places[tag.name, tag.closing]
            order.append(place)
            exact[place].append(tag)
    faults: list[str] = []
    first = _section(text, names[0], exact[0], exact[1], faults)
    second = _section(text, names[1], exact[2], exact[3], faults)
    if order != sorted(order):
        faults.append("out_of_order")
    faults += _outside(text, names, tags)
    if len(order) < len(tags):
        inexact = {tag.name for tag in tags if not tag.exact}
        faults += [f"variant:{name}" for name in names if name in inexact]
    return Response(style, first or "", second or "", tuple(faults), found, second is not None)


def _section(text: str, name: str, opening: list[Tag], closing: list[Tag], faults: list[str]) -> str | None:
    """Body of one section, stripped (None unless delimited exactly once); faults of its own tags are added."""
    if not opening and not closing:
        faults.append(f"missing:{name}")
        return None
    if len(opening) > 1 or len(closing) > 1:
        faults.append(f"duplicate:{name}")
    if not closing:
        faults.append(f"unclosed:{name}")
    if not opening:
        faults.append(f"unopened:{name}")
    if len(opening) != 1 or len(closing) != 1 or opening[0].end > closing[0].start:
        return None
    body = text[opening[0].end : closing[0].start].strip()
    if not _SEEN.search(body):
        faults.append(f"empty:{name}")
    return body


def _outside(text: str, names: tuple[str, ...], tags: tuple[Tag, ...]) -> list[str]:
    """Faults for text that is not white space before, between and after the sections."""
    faults = []
    if text[: tags[0].start].strip():
        faults.append("text_before")
    ends = [tag.end for tag in tags if tag.name == names[0] and tag.closing]
    starts = [tag.start for tag in tags if tag.name == names[1] and not tag.closing]
    if ends and starts and ends[-1] < starts[0] and text[ends[-1] : starts[0]].strip():
        faults.append("text_between")
    if tags[-1].closing and text[tags[-1].end :].strip():
        faults.append("text_after")
    return faults


@dataclass(frozen=True)
class Spoken:
    """What a text says outside its thoughts."""

    text: str
    """Everything but the thoughts."""
    unfinished: bool
    """Whether a thought was opened and never closed; nothing of it is in `text`."""


def spoken(text: str) -> Spoken:
    """Take the thoughts out of a completion (`THOUGHTS`). Never raises; linear in the length of the text.

    Examples:
        >>> spoken("[THINK]Perhaps A.[/THINK]B")
        Spoken(text='B', unfinished=False)
        >>> spoken("Perhaps A.</think>B").text
        'B'
        >>> spoken("<think>The answer is A. No, wait")
        Spoken(text='', unfinished=True)
    """
    place, parts = 0, []
    if "<" not in text and "[" not in text and "◁" not in text and not _OPENINGS.match(text):
        return Spoken(text, False)  # nothing to search for
    first = _search(text, 0)
    for closing in _CLOSES.finditer(text, 0, first.start() if first else len(text)):
        place = closing.end()
    while opening := _search(text, place):
        parts.append(text[place : opening.start()])
        end = _CLOSINGS[int((opening.lastgroup or "t0")[1:])].search(text, opening.end())
        if end is None:
            return Spoken("".join(parts), True)
        place = end.end() if _ENDS_THOUGHT.match(end[0]) else end.start()
    return Spoken("".join([*parts, text[place:]]), False)


_ENDS_THOUGHT = re.compile(r"<\s*[/\\]|[\[◁]/|<\||<unused|assistant", re.IGNORECASE)


def _search(text: str, place: int) -> re.Match[str] | None:
    """The next opening of a thought; it begins with one of few characters, unless it begins the text."""
    if place == 0 and (opening := _OPENINGS.match(text)):
        return opening
    return next(
        (opening for sign in _SIGNS.finditer(text, place) if (opening := _OPENINGS.match(text, sign.start()))), None
    )


_SIGNS = re.compile(r"[<\[◁]")


def format_instructions(style: Style) -> str:
    r"""Tell a model how to lay out its answer, generated from `STYLES`.

    Args:
        style: One of `STYLES`.

    Returns:
        Instructions ending in the place of the final `\boxed{letter}`.

    Raises:
        ValueError: If the style is unknown.
    """
    if style not in STYLES:
        raise ValueError(f"style {style!r} is unknown; allowed: {', '.join(STYLES)}")
    sections = STYLES[style]
    if not sections:
        return f"Explain your reasoning, then give your final answer as {BOX}."
    layout = "\n".join(f"<{s.tag}>\n{s.request}\n</{s.tag}>" for s in sections)
    return f"Answer in exactly this form, with nothing before, between or after the two sections:\n{layout}"
