r"""The one extractor of answers.

Strict, for rewards: exactly one `\boxed{…}` in the conclusion, by which its words stand. Lenient, for evaluation: the
readings below in order, each tried on the part of the text that speaks last before the whole of it. The reading that
succeeded is part of the result, so that a difference in format can be told from a difference in knowledge.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from clinical_r1.choices.languages import foreign_statements
from clinical_r1.choices.letters import (
    Force,
    Found,
    firmly_retracted,
    fold,
    fold_option,
    restored,
    set_own_texts,
    settle,
)
from clinical_r1.choices.marks import Reading, endless, ends, parts, speaks_of_answer, unfinished
from clinical_r1.choices.mentions import closing, concluding_letter, named_text, whole_text
from clinical_r1.choices.roles import conclusions, none_of_them, opening, taken_back
from clinical_r1.choices.statements import statements
from clinical_r1.choices.strict import boxes, strict_letter, withdrawn
from clinical_r1.grammar import parse, spoken

Method = Literal["strict", "box", "answer_tag", "stated", "concluding", "option_text", "ambiguous", "abstained", "none"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Answer:
    """The answer that a text gives."""

    letter: str | None
    """A letter of the options, or None when nothing or nothing unambiguous was said."""
    method: Method
    """How it was read; `ambiguous` for contradicting answers, `none` where nothing was found."""


_ANSWER_TAG = re.compile(
    r"(?:<\s?(?P<tag>\w{0,12}[_ -]?(?:answer|choice|option|final|ans|response|result|letter|"
    r"prediction)\w{0,10})\s?>|\[ANSWER\])"
    r"\s*(?:(?:option|choice|answer)\s*:?\s*)?[(\[*`\"']*(?P<letter>[A-Za-z])[)\]*`\"'.]*\s*"
    r"(?:<\s?[/\\]\s?(?P=tag)\s?>|\[/ANSWER\])",
    re.IGNORECASE,
)
_ANSWER_KEY = re.compile(
    r"[\"'](?:final[_ ]?)?answer[\"']\s*:\s*[\"']?\(?(?P<letter>[A-Z])(?:[\"').:,}\s]|\Z)", re.IGNORECASE
)
_ABSTAINS = re.compile(
    r"\b(?:I|we)\s*(?:cannot|can't|can not|could not|couldn't|won't|will not|(?:am|'m|are|'re) (?:unable|not able|"
    r"not qualified|not comfortable|not in a position)"
    r"|(?:do not|don't) (?:have enough|know)|must decline|decline)\b(?:\s+(?:to|\w+ly|the|this|any|enough|a|"
    r"which)){0,3}\s*"
    r"(?:answer|provide|give|offer|determine|diagnos\w+|make|advise|assist|help|say|tell|recommend|choose|select|"
    r"pick|decide|information|"
    r"comply|discuss|respond|conclude|identify|option|[.,;!]|\Z)|"
    r"\b(?:cannot|can't|can not|could not) be (?:determined|answered|diagnosed|decided)\b|"
    r"\b(?:not enough|insufficient|no sufficient) (?:\w+ )?information\b",
    re.IGNORECASE,
)


_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
"""What no reader of the page would see."""
_ABSTAIN_HINTS = (
    "cannot, can't, can not, could not, couldn't, "
    "won't, will not, unable, not able, not qualified, not comfortable, not in a, do not, don't, decline, information"
).split(", ")


def extract_answer(text: str, options: Mapping[str, str], *, strict: bool = False) -> Answer:
    r"""Read which option a completion answers with.

    Never raises, never returns a letter that is not an option, linear in the length of the text.

    Args:
        text: A completion.
        options: Letter (upper case) to option text, as the model saw them; at most 26.
        strict: Read as the reward does: exactly one `\boxed{…}` outside the thoughts, in the one closed conclusion (in
            a text without section tags: anywhere), holding one upper-case letter of the options, and no words around
            it that say otherwise (`clinical_r1.choices.strict`).

    Returns:
        The letter and how it was read. Lenient readings are, in order: strict, a tag or key for an answer, a box, the
        claims that sentences make (`stated`, `concluding`), a concluding letter, the text of exactly one option.
        Without a letter the method is `ambiguous`, `abstained` or `none`.

    Examples:
        >>> options = {"A": "Migraine", "B": "Meningitis", "C": "Stroke"}
        >>> extract_answer(r"Fever and neck stiffness: \boxed{B}", options)
        Answer(letter='B', method='strict')
        >>> extract_answer("A is unlikely. The answer is (b).", options)
        Answer(letter='B', method='stated')
        >>> extract_answer("The answer is (b).", options, strict=True)
        Answer(letter=None, method='none')
    """
    text = _COMMENT.sub(" ", text) if "<!--" in text else text
    response, said = parse(text), spoken(text)
    letter = strict_letter(text, options, response, said)
    if letter or strict:
        return Answer(letter, "strict" if letter else "none")
    folded = {letter: fold_option(option) for letter, option in options.items()}
    if "box" not in said.text and (tagged := _tagged(said.text, options)) and (held := settle(tagged, said.text)):
        return Answer(held.letter, "answer_tag")
    for part in parts(text, response, said, options):
        answer = _read(part, folded)
        if answer.method != "none":
            return answer
    return Answer(None, "none")


def _read(text: str, options: Mapping[str, str]) -> Answer:
    """The first lenient reading of one part of the text that finds something; options are folded."""
    if found := boxes(text, options):
        rest = withdrawn(text, found[0].start, found[0].end) if len(found) == 1 else None
        if rest is None:
            return _settled(found, text, "box")
        answer = _read(rest, options)
        return answer if answer.letter else Answer(None, "ambiguous")
    near = ends(text)
    plain, given = set_own_texts(fold(near), options)
    if letter := whole_text(plain, given):
        return Answer(letter, "option_text")
    reading = Reading(plain, restored(given, plain))
    explicit = _explicit(reading)
    if _stated(explicit, reading):
        return _settled(explicit, plain)
    if near is not text and speaks_of_answer(text):
        everywhere = Reading(*set_own_texts(fold(text), options))
        if _stated(stated := _explicit(everywhere), everywhere):
            return _settled(stated, everywhere.text)
    made, broken = [*explicit, *conclusions(reading)], unfinished(plain)
    kept = [claim for claim in made if not taken_back(plain, claim)]
    firm = bool(kept) and all(claim.force >= Force.CONCLUDED for claim in kept)
    abstains = (broken or not firm) and _abstains(reading)
    if claims := [claim for claim in kept if _counts(claim, reading, broken, abstains)]:
        return _settled(claims, plain)
    if abstains or broken or len(kept) < len(made):
        return Answer(None, "abstained" if abstains else "none")
    if letter := concluding_letter(reading):
        return Answer(letter, "concluding")
    letter = named_text(reading)
    return Answer(letter, "option_text" if letter else "none")


def _explicit(reading: Reading) -> list[Found]:
    """Claims that are made in so many words, or by standing alone at either end of a text."""
    found = [*statements(reading), *foreign_statements(reading)]
    return found + [claim for claim in (opening(reading), closing(reading), none_of_them(reading)) if claim]


def _stated(explicit: list[Found], reading: Reading) -> bool:
    """Whether an answer is stated so that what other sentences conclude on cannot change it."""
    stated = [claim.end for claim in explicit if claim.force >= Force.STATED]
    taken = any(taken_back(reading.text, claim) for claim in explicit)
    return bool(stated) and not taken and not firmly_retracted(reading.text, min(stated))


def _counts(claim: Found, reading: Reading, broken: bool, abstains: bool) -> bool:
    """Whether a claim counts in a text that breaks off, goes round in circles or declines to answer."""
    if abstains and claim.force < Force.CONCLUDED:
        return False
    if not broken or claim.force >= Force.JUDGED:
        return True
    return claim.force == Force.CONCLUDED and claim.start > 0.4 * len(reading.text) and not endless(reading.text)


def _abstains(reading: Reading) -> bool:
    """Whether a text declines to answer, in words that are no option's."""
    return (
        any(hint in reading.lower for hint in _ABSTAIN_HINTS)
        and _ABSTAINS.search(reading.text) is not None
        and not any(_ABSTAINS.search(option) for option in reading.options.values())
    )


def _tagged(text: str, options: Mapping[str, str]) -> list[Found]:
    """Letters that stand alone in a tag for an answer, or are the value of such a key in JSON."""
    found = [*_ANSWER_TAG.finditer(text)] if "<" in text or "[" in text else []
    found += _ANSWER_KEY.finditer(text) if "nswer" in text and "{" in text else []
    return [Found(match["letter"].upper(), *match.span()) for match in found if match["letter"].upper() in options]


_METHOD: dict[Force, Method] = {
    Force.TENTATIVE: "concluding",
    Force.CONCLUDED: "concluding",
    Force.JUDGED: "stated",
    Force.ODD_ONE: "stated",
    Force.STATED: "stated",
    Force.FINAL: "stated",
}


def _settled(found: list[Found], text: str, method: Method | None = None) -> Answer:
    held = settle(found, text)
    if held is None or held.letter is None:
        return Answer(None, "none" if held and held.nothing else "ambiguous")
    return Answer(held.letter, method or cast(Method, held.how) or _METHOD[held.force])
