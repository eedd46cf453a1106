r"""Answers in `\boxed{…}`: tolerant for evaluation, and strict for rewards.

Strict is one box in the one closed conclusion, which nothing around it contradicts. A policy is paid for this reading,
so it finds every way to have a box read that it does not stand by. An answer counts only where the words agree with it.
The lenient reading remains for what a reader would still understand.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from clinical_r1.choices.letters import LETTERS, Force, Found, fold, fold_option, same_text, set_own_texts, settle
from clinical_r1.choices.marks import Reading, ends
from clinical_r1.choices.roles import conclusions, taken_back
from clinical_r1.choices.statements import statements
from clinical_r1.grammar import Response, Spoken, parse

# --- boxes ------------------------------------------------------------------------------------------------------------
_STRICT_OPENING = re.compile(r"\\boxed\s*+\{")
_STRICT = re.compile(r"\s*+(?:([A-Z])|\\text\s*+\{\s*+([A-Z])\s*+\})\s*+\}")
# "\b" read as an escape leaves a backspace and "oxed"; some models drop the backslash or write \fbox.
_OPENING = re.compile(
    r"(?:\\|\x08|(?<![A-Za-z\\]))(?:boxed|oxed|fbox|framebox)\s*+(?:(\{)|(?<=\s)(?=[A-Z](?!\w))|(?=\([A-Z]\)))"
)
# Two levels of inner braces; an unclosed box fails at the third, so that thousands of them cost linear time.
_CONTENT = re.compile(r"((?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+)\}")
_BARE = re.compile(r"(\(?[A-Z]\)?)")
_LETTER_FIRST = re.compile(
    r"\s*(?:(?:final |correct )?(?:answer|option|choice|letter)\s*[:=]?\s*)?"
    r"[(\[\"']?\s*([A-Za-z])\s*(?:\Z|[)\].:,=\"'–—]|-|\s+-)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\s*[(\[]?([A-Z])[)\]]?\s*(?:,|/|;|&|and|or|\+)\s*[(\[]?([A-Z])(?![\w])", re.IGNORECASE)


def strict_box(text: str, options: Mapping[str, str]) -> Found | None:
    r"""The only `\boxed{…}` in the text, or None.

    One legal upper-case letter, white space and `\text{}` tolerated; two boxes, even equal ones, are no answer.
    """
    first = _STRICT_OPENING.search(text)
    if first is None or _STRICT_OPENING.search(text, first.end()):
        return None
    content = _STRICT.match(text, first.end())
    letter = (content[1] or content[2]) if content else None
    return Found(letter, first.start(), content.end()) if content and letter in options else None


def boxes(text: str, options: Mapping[str, str]) -> list[Found]:
    """Every box that names an option, by letter or by the option's exact text, in order."""
    if "oxed" not in text and "box" not in text:
        return []
    found = []
    for opening in _OPENING.finditer(text):
        content = _CONTENT.match(text, opening.end()) if opening[1] else _BARE.match(text, opening.end())
        if content is None:
            continue
        item = _read(content[1], options)
        if item != _NOTHING:
            found.append(Found(item, opening.start(), content.end()))
    return found


_NOTHING = ""


def _read(content: str, options: Mapping[str, str]) -> str | None:
    """An option letter, None for several letters, or `_NOTHING`."""
    plain = fold(content).strip(" \t\r\n.{}")
    for letter, option in options.items():
        if same_text(plain) == same_text(option):
            return letter if len(plain) > 1 else _legal(plain, options) or letter
    if (several := _SEVERAL.match(plain)) and len({several[1].upper(), several[2].upper()} & options.keys()) == 2:
        return None
    if len(plain) == 3 and plain[0] in "([" and plain[2] in ")]":
        plain = plain[1]
    head = _LETTER_FIRST.match(plain)
    return _legal(head[1], options) if head else _NOTHING


def _legal(letter: str, options: Mapping[str, str]) -> str:
    return letter.upper() if letter.upper() in options else _NOTHING


# --- the strict reading -----------------------------------------------------------------------------------------------
_NEAR = 2000
"""Characters before a box that are read for what they say of it: more than any conclusion has."""
_CALLED = r"\s*(?:\b(?:is|be|the|an?|my|correct|right|best|answer|option|choice|letter)\b\s*)*[^\w.!?;\n]*\Z"
_DENIED = re.compile(
    r"(?:\b(?:not|never|neither|nor|except|rather than|instead of|wrong|incorrect|rul(?:e|es|ed|ing) out|"
    rf"(?:reject|eliminat|exclud|dismiss)\w*)\b|n't\b){_CALLED}",
    re.IGNORECASE,
)
_LETTERS = r"[(\[]?[A-Z][)\]]?(?:\s*(?:,|/|,?\s*\b(?:and|or)\b)\s*(?:option\s+)?[(\[]?[A-Z]\b[)\]]?)"
# A pair may still be chosen from; who names three or more names everything.
_HEDGE = re.compile(
    rf"\b(?:(?i:may|might|could|can)\s+(?i:also\s+|all\s+|well\s+)?be|(?i:either|perhaps|possibly|maybe|any of))\W+"
    rf"(?i:option\s+|any of\s+)?{_LETTERS}{{2,}}"
)
_DENIED_AFTER = re.compile(r"[^\w.!?;\n]*(?:is|was|would be)(?:n't|\s+not)\b", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"(?:\A|[.!?,;:)}\n]|\b(?:no|but|oh|hmm)\b,?)\s*wait\b(?!-|\s+(?:and|for|times?|until|lists?)\b)|"
    r"\b(?:scratch that|i meant|my mistake|i (?:was|am) (?:wrong|mistaken)|i made (?:a mistake|an error)|i misread|"
    r"correction(?=\s*:)|on (?:second thought|reflection)|change my (?:answer|mind))\b|"
    r"\A\W*(?:(?:no|wait|hmm|but|sorry)\W+){0,3}(?:that|this|it) (?:is|was) (?:wrong|incorrect|not right)\b",
    re.IGNORECASE,
)
# "No, A." and "Actually C" behind a box; "there is no A wave" and "Actually a rash" name nothing instead of it.
_INSTEAD = re.compile(
    r"(?<![\w'])(?i:(?:no|nope|sorry)\s*[,.:;!–—-]+|(?:actually|or rather)\b[\s,:]*)\s*(?i:(?:it|that|this|the answer)"
    r"(?:'s| is| should be| must be)\s+|i (?:meant|mean|say|choose|pick)\s+|make (?:that|it)\s+|"
    r"(?:option|answer)\s*:?\s*)*[(\[]?(?P<letter>[A-Z])(?![\w'-]|\s+\w)"
)
_AT_FIRST = re.compile(r"\b(?:at first|first|initial\w*|intuiti\w*|impression)\b", re.IGNORECASE)
_OR_BEFORE = re.compile(r"(?<![A-Za-z])[A-Z][)\]]?\s*(?:,?\s*\bor\b|/)\s*(?:option\s*)?[\W_]*\Z")
_OR_AFTER = re.compile(
    r"[\W_]*?(?:\b(?:or|and)\b|/)\W*(?:(?:also|maybe|perhaps|possibly|even|option)\s+)*[(\[]?[A-Z](?![\w'])"
)


def strict_letter(text: str, options: Mapping[str, str], response: Response, said: Spoken) -> str | None:
    r"""The letter of the only box outside the thoughts, where it stands in the one closed conclusion and is meant.

    A text without tags is its own conclusion, and so is what follows a thought in a format of the models' own.
    """
    box = strict_box(said.text, options)
    if box is None:
        return None
    if span := response.conclusion_span:
        section, behind = text[span[0] : span[1]], text[max(tag.end for tag in response.tags) :]
    elif response.style == "crpo" or said.unfinished or parse(said.text).style != "free":
        return None
    else:
        section, behind = said.text[said.text.rfind("\n\n", 0, box.start) + 1 :], ""
    own = strict_box(section, options)
    return box.letter if own and own.letter == box.letter and _meant(own, section, behind, options) else None


def _meant(found: Found, section: str, behind: str, options: Mapping[str, str]) -> bool:
    """Whether the words around the box of a section, and behind the last tag, agree with it."""
    letter = found.letter or ""
    before = fold(section[max(0, found.start - _NEAR) : found.start])
    after = fold(ends(f"{section[found.end :]}\n\n{behind}"))
    if _undisputed(letter, before, after, options):
        return True
    folded = {key: fold_option(option) for key, option in options.items()}
    before, given = set_own_texts(before, folded)
    after, _ = set_own_texts(after, folded)
    if (
        _denied(before, after)
        or _HEDGE.search(before)
        or any(found["letter"] != letter and found["letter"] in options for found in _INSTEAD.finditer(after))
    ):
        return False
    # Behind a full stop the box begins anew: "A is the answer. \boxed{B}" does not say that the answer is B.
    shown = "\n" if re.search(r"[.!?]\s*\Z", before) else f" {letter}"
    text, place = before + shown + after, len(before) + len(shown)
    if taken_back(text, box := Found(letter, place, place)):
        return False
    reading = Reading(text, given)
    said = [claim for claim in statements(reading) if claim.force > Force.TENTATIVE]
    said += [claim for claim in conclusions(reading) if not _AT_FIRST.search(text[: claim.start][-60:])]
    held = settle([box, *(claim for claim in said if claim.force >= Force.STATED and claim.letter)], text)
    concluded = {claim.letter for claim in said if claim.letter}
    if held is None or held.letter != letter:
        return False
    named = re.search(rf"\b{letter}\b", f"{before}\n{after}") or letter in {
        mark.letter for mark in reading.marks if mark.start != place - 1
    }
    if len(concluded) == 1 and letter not in concluded and not named:
        return False  # "So Migraine (A). \boxed{B}"
    # What takes the box back, unless the same letter is said again.
    return not _TAKES_BACK.search(after) or any(claim.start > place and claim.letter == letter for claim in said)


def _undisputed(letter: str, before: str, after: str, options: Mapping[str, str]) -> bool:
    """Whether the words around a box name no other option and deny nothing: most boxes, and quick to see.

    May say no of a box that is undisputed, never yes of another one.
    """
    words = f"{before}\n{after}"
    if not words.strip():
        return True
    if _other_letter(letter, "I" in options).search(words):
        return False
    lower = words.lower()
    if any(_first_word(option) in lower for key, option in options.items() if key != letter):
        return False
    return not (_denied(before, after) or _TAKES_BACK.search(after) or taken_back(after, Found(letter, 0, 0)))


def _denied(before: str, after: str) -> bool:
    """Whether the words next to a box deny it, or set another letter beside it."""
    return bool(
        _DENIED.search(before[-80:])
        or _OR_BEFORE.search(before[-24:])
        or _OR_AFTER.match(after)
        or _DENIED_AFTER.match(after)
    )


@lru_cache(maxsize=64)
def _other_letter(letter: str, pronoun: bool) -> re.Pattern[str]:
    """A lone letter but this one; an article is none, unless it stands where an answer does."""
    others = "".join(other for other in LETTERS if other != letter and (pronoun or other != "I"))
    article = r"|a(?! [a-z])|(?<=[(:])a|(?<=(?:is|on) )a|(?<=answer )a|(?<=letter )a" if letter != "A" else ""
    return re.compile(rf"(?<![A-Za-z\d'])(?:[{others}{others.lower().replace('a', '')}]{article})(?![A-Za-z\d])")


@lru_cache(maxsize=4096)
def _first_word(option: str) -> str:
    """What a mention of an option holds, however its white space and its end are written."""
    return (fold_option(option).lower().split() or [""])[0].rstrip(".")


def withdrawn(text: str, start: int, end: int) -> str | None:
    """What is left to be read of a text whose words deny its one box or take it back; None where they do neither."""
    if _TAKES_BACK.search(ends(fold(text[end:]))):
        return text[end:]
    return text[:start] + text[end:] if _DENIED.search(fold(text[max(0, start - 80) : start])) else None
