r"""The one extractor of answers.

Strict, for rewards: exactly one `\boxed{…}` in the conclusion. Lenient, for evaluation: the readings below in order,
each tried on the part of the text that speaks last before the whole of it. The reading that succeeded is part of the
result, so that a difference in format can be told from a difference in knowledge.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from clinical_r1.choices.boxes import boxes, strict_box
from clinical_r1.choices.found import Found, settle
from clinical_r1.choices.letters import fold, set_own_texts
from clinical_r1.choices.mentions import concluding_letter, leading_letter, named_text, whole_text
from clinical_r1.choices.statements import stated_texts, statements
from clinical_r1.grammar import Response, parse

Method = Literal["strict", "box", "stated", "answer_tag", "concluding", "option_text", "ambiguous", "none"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Answer:
    """The answer that a text gives."""

    letter: str | None
    """A letter of the options, or None when nothing or nothing unambiguous was said."""
    method: Method
    """How it was read; `ambiguous` for contradicting answers, `none` where nothing was found."""


_ANSWER_TAG = re.compile(r"<\s?answer\s?>\s*[(\[*`\"']*([A-Za-z])[)\]*`\"'.]*\s*<\s?[/\\]\s?answer\s?>", re.IGNORECASE)
# Base models go on with the next question of an imagined list; what they answer there is not this answer.
_NEXT_TURN = re.compile(
    r"\n[ \t]*+(?:#{1,6}[ \t]*|\*\*|<\|[a-z_]+\|>)?(?:Question|Q|Human|User|Problem|Case)\b[ \t]*+\d*+[ \t]*+[:.)]"
)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning|dx)>", re.IGNORECASE)
# Cut off while thinking: an option named on the way is no answer.
_UNFINISHED_THOUGHT = re.compile(r"\s*<(?:think|thinking|thought|reasoning|dx)>(?!.*</)", re.IGNORECASE | re.DOTALL)


def extract_answer(text: str, options: Mapping[str, str], *, strict: bool = False) -> Answer:
    r"""Read which option a completion answers with.

    Never raises, never returns a letter that is not an option, linear in the length of the text.

    Args:
        text: A completion.
        options: Letter (upper case) to option text, as the model saw them; at most 26.
        strict: Read as the reward does: exactly one `\boxed{…}` in the conclusion (in the whole text when there is
            not exactly one conclusion section), holding one upper-case letter of the options.

    Returns:
        The letter and how it was read. Lenient readings are, in order: strict, a box, a stated answer, an `<answer>`
        that holds only a letter, a concluding letter, the exact text of exactly one option.

    Examples:
        >>> options = {"A": "Migraine", "B": "Meningitis", "C": "Stroke"}
        >>> extract_answer(r"Fever and neck stiffness: \boxed{B}", options)
        Answer(letter='B', method='strict')
        >>> extract_answer("A is unlikely. The answer is (b).", options)
        Answer(letter='B', method='stated')
        >>> extract_answer("The answer is (b).", options, strict=True)
        Answer(letter=None, method='none')
    """
    response = parse(text)
    letter = strict_box(response.conclusion if response.has_conclusion else text, options)
    if letter or strict:
        return Answer(letter, "strict" if letter else "none")
    folded = {letter: fold(option).strip(" \n.\"'") or option for letter, option in options.items()}
    for part in _parts(text, response):
        answer = _read(part, folded)
        if answer.method == "concluding" and _ANSWER_TAG.search(text):
            return Answer(answer.letter, "answer_tag")
        if answer.method != "none":
            return answer
    return Answer(None, "none")


def _parts(text: str, response: Response) -> Iterator[str]:
    """Parts of the text to read, the one that speaks last first, each cut where a next question begins."""
    seen = {""}
    for part in (_final_part(text, response), text):
        for piece in (_NEXT_TURN.split(part, maxsplit=1)[0], part):
            if piece not in seen:
                seen.add(piece)
                yield piece


def _final_part(text: str, response: Response) -> str:
    """The conclusion, however badly delimited; without one, what follows the analysis."""
    if response.has_conclusion:
        return response.conclusion
    opening = [tag for tag in response.tags if tag.name in ("conclusion", "answer") and not tag.closing]
    if opening:
        closing = [tag for tag in response.tags if tag.closing and tag.start >= opening[0].end]
        return text[opening[0].end : closing[-1].start if closing else len(text)]
    ends = [match.end() for match in _THOUGHT_END.finditer(text)]
    return text[ends[-1] :] if ends else ""


def _read(text: str, options: Mapping[str, str]) -> Answer:
    """The first lenient reading of one part of the text that finds something; options are folded."""
    if found := boxes(text, options):
        return _settled(found, text, "box")
    plain, options = set_own_texts(fold(text), options)
    firm, tentative = statements(plain, options)
    if found := firm or tentative:
        return _settled(found, plain, "stated")
    if letter := whole_text(plain, options):
        return Answer(letter, "option_text")
    if found := stated_texts(plain, options):
        return _settled(found, plain, "option_text")
    if letter := leading_letter(plain, options):
        return Answer(letter, "stated")
    if letter := concluding_letter(plain, options):
        return Answer(letter, "concluding")
    letter = None if _UNFINISHED_THOUGHT.match(text) else named_text(plain, options)
    return Answer(letter, "option_text" if letter else "none")


def _settled(found: list[Found], text: str, method: Method) -> Answer:
    letter = settle(found, text)
    return Answer(letter, method if letter else "ambiguous")
