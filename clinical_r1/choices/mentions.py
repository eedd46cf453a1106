"""Answers that are only mentioned: a concluding letter, or the exact text of one option."""

import re
from collections.abc import Iterator, Mapping

from clinical_r1.choices.letters import LETTER, begins_list, is_option_letter, same_text

_NEGATED_BEFORE = re.compile(
    r"\b(?:not|never|cannot|no|nor|neither|none|without|except|unlike|unlikely|wrong|incorrect|lacks?|absence of|against|"
    r"eliminat\w*|exclud\w*|reject\w*|rul(?:e|es|ed|ing) out|argu\w+ against|rather than|instead of|over|than|"
    r"as opposed to|versus|vs\.?|differentiat\w+|dismiss\w*|discard\w*|less likely|avoid\w*|contraindicat\w*)\b|n't\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:is|are|was|were|seems?|appears?|looks?|would|can|could|may|might|does|do|did|has|have|being|be)\b\s*(?:\w+\s+){0,3}?"
)
_WRONG = (
    r"(?:wrong|incorrect|false|unlikely|less likely|excluded|eliminated|ruled out|rejected|cannot|lacks?\b|inconsistent|"
    r"inappropriate|contraindicated|implausible|dismissed|improbable)"
)
_NEGATED_AFTER = re.compile(
    r"[)\]\"'.]*(?:\s*(?:,|and|or|/|&)\s*(?:and\s+|or\s+)?(?:options?\s+)?[(\[]?[A-Z]\b[)\]]?)*\s*(?:\([^()\n]{0,80}\)\s*)?[,:–—-]?\s*"
    rf"(?:(?:{_VERB})?{_WRONG}|{_VERB}(?:not|out)\b|(?:is|are|was|were|does|do|did|ca|could|would|has|have)n't\b)",
    re.IGNORECASE,
)
_NAMED_WRONG = re.compile(
    r"(?:\b(?:incorrect|wrong|eliminated|excluded|rejected)\s+(?:\w+\s*)?(?::|is|are|,)?|\b(?:anything|everything|all|nothing)\s+"
    r"(?:but|except|other than)|\b(?:other than|apart from|besides|except(?: for)?))\s*(?:option\s+|choice\s+)?[(\[\"']?\Z",
    re.IGNORECASE,
)
_CLAUSE_BREAK = re.compile(
    r"[.;:!?]\s|\n|,\s+(?:but|so|instead|therefore|making|leaving|(?:and\s+)?(?:the|it|this|that|we|so)\b)|\b(?:but|whereas|while|leaving|leaves|favou?r\w*|points? to\w*|therefore|instead,?)\b|—|–",
    re.IGNORECASE,
)
_OWN_PREDICATE = re.compile(r"[)\]]?\s+(?:is|fits|explains|remains)\b(?!\s+(?:not|also not)\b)")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z(\"'\[\d#])|\n+")
_LIST_HEAD = re.compile(r"\s*(?:[-+•]\s*)?(?:option\s+|choice\s+)?[(\[]?([A-Z])(?:[)\]]|[.:)]|\s+[-–—:])(?:\s|\Z)", re.IGNORECASE)
_WHOLE_LINE = re.compile(r"[\W_]*(?:option|choice|letter|answer)?\s*[\W_]*([A-Za-z])[\W_]*\Z", re.IGNORECASE)
_LONE = re.compile(LETTER)
_SHORT = 80
_LAST_LINE = 1500
"""Characters of the last line that are read: a line that goes on for pages concludes at its end."""
_LETTER_AFTER = re.compile(r"[)\]]?\s*(?:,|/|and|or|&)\s*(?:or\s+|and\s+)?(?:option\s+)?[(\[]?[A-Z]\b(?!')")
_LETTER_BEFORE = re.compile(r"(?<![A-Za-z])[A-Z][)\]]?\s*(?:,|/|and|or|&)\s*(?:or\s+|and\s+)?(?:option\s+)?[(\[]?\Z")
_MIN_TEXT = 3
_CLEARLY_NAMED = re.compile(r"(?:option|choice|answer|letter)\s*[(\[\"']*\Z", re.IGNORECASE)


def concluding_letter(text: str, options: Mapping[str, str]) -> str | None:
    """The letter on the last line or in the last sentence of a folded text, if there is exactly one.

    A line that continues a list of the options ("C. …" then "D. …") concludes nothing.
    """
    lines = [line for line in text.splitlines() if line.strip(" \t#>-=_.")]
    if not lines:
        return None
    last = lines[-1].strip()[-_LAST_LINE:]
    if _continues_list(lines):
        return None
    if len(last) <= _SHORT and (whole := _WHOLE_LINE.match(last)) and whole[1].upper() in options:
        return None if last.endswith("?") else whole[1].upper()
    if (head := _LIST_HEAD.match(last)) and head[1] in options and not begins_list(last, head.start(1), options):
        if _only_own_text(last[head.end() :], head[1], options):
            return head[1]
    for sentences in (_sentences(last)[-1:], _sentences(last)):
        letters = {letter for sentence in sentences for letter in _named(sentence, options)}
        if len(letters) == 1:
            return letters.pop()
        if letters:
            return None
    return None


def _only_own_text(rest: str, letter: str, options: Mapping[str, str]) -> bool:
    """Whether a line that begins with a letter goes on with that option's text, or with prose that is no verdict."""
    return same_text(rest).startswith(same_text(options[letter])[:24]) and not _NEGATED_AFTER.match(
        " " + rest[len(options[letter]) :]
    )


def _continues_list(lines: list[str]) -> bool:
    """Whether the last line stands in a list of the options, right after the letter before it."""
    last = _LIST_HEAD.match(lines[-1])
    if last is None:
        return False
    for line in reversed(lines[:-1]):
        if head := _LIST_HEAD.match(line):
            return ord(head[1].upper()) == ord(last[1].upper()) - 1
    return False


def leading_letter(text: str, options: Mapping[str, str]) -> str | None:
    """The letter that alone, or with its option's text, makes up the first of several lines of a folded text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return None
    if len(lines[0]) <= _SHORT and (whole := _WHOLE_LINE.match(lines[0])) and whole[1].upper() in options and not lines[0].endswith("?"):
        return whole[1].upper()
    head = _LIST_HEAD.match(lines[0])
    if head and head[1] in options and same_text(lines[0][head.end() :]) == same_text(options[head[1]]):
        following = _LIST_HEAD.match(lines[1])
        return None if following and following[1] in options else head[1]
    return None


def _sentences(line: str) -> list[str]:
    """Sentences of a line; an initial or an option letter with a period ends none."""
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(line):
        if line[end.end() :].strip() and not re.search(r"(?:^|[\s(])[A-Z]\.\Z", line[: end.start()]):
            sentences.append(line[start : end.start()])
            start = end.end()
    return [*sentences, line[start:]]


def _named(sentence: str, options: Mapping[str, str]) -> Iterator[str]:
    """Option letters that a sentence names without negating them."""
    if sentence.rstrip(" \"')]").endswith("?"):
        return
    for match in _LONE.finditer(sentence):
        place = match.start()
        after, before = sentence[place + 1 : place + 160], sentence[max(0, place - 100) : place]
        beside = _LETTER_AFTER.match(after) or _LETTER_BEFORE.search(before)
        clear = beside is not None or _CLEARLY_NAMED.search(before) is not None or (before[-1:] in "([\"'" and after[:1] in ")]\"'" and before != "")
        if sentence[place].islower() and not clear:
            continue
        if not clear and sentence[place] in "AI" and not re.match(r"\s*(?:[.,;:)!]|\Z|is\b|because|fits|matches)", after):
            continue
        if is_option_letter(sentence, place, options) and not _negated(before, after):
            yield sentence[place].upper()


def _negated(before: str, after: str) -> bool:
    clause = _CLAUSE_BREAK.split(before)[-1]
    if before.rstrip().endswith(",") and _OWN_PREDICATE.match(after):
        clause = ""  # "A is not the answer, B is."
    return bool(_NEGATED_BEFORE.search(clause) or _NAMED_WRONG.search(before) or _NEGATED_AFTER.match(after))


def named_text(text: str, options: Mapping[str, str]) -> str | None:
    """The letter of the only option whose exact text is mentioned and not negated, else None.

    An option's text inside a longer option's text is a mention of the longer one alone. Identical options count as
    the first of them. Very short texts and bare numbers are no mention.
    """
    by_text: dict[str, str] = {}
    for letter, option in options.items():
        by_text.setdefault(same_text(option), letter)
    by_text.pop("", None)
    flat = " ".join(text.split())
    lower = flat.casefold()
    if len(lower) != len(flat):
        flat = lower
    named: set[str] = set()
    for option in sorted(by_text, key=len, reverse=True):
        if len(option) < _MIN_TEXT or option.replace(".", "").isdigit():
            continue
        for start, end in _occurrences(lower, option):
            if not _negated(flat[max(0, start - 100) : start], flat[end : end + 160]):
                named.add(by_text[option])
                break
        if len(named) > 1:
            return None
        lower = lower.replace(option, " " * len(option))
    return named.pop() if named else None


def _occurrences(lower: str, option: str) -> Iterator[tuple[int, int]]:
    """Places where an option's text stands between word boundaries."""
    start = lower.find(option)
    while start >= 0:
        end = start + len(option)
        if not (start and lower[start - 1].isalnum()) and not (end < len(lower) and lower[end].isalnum()):
            yield start, end
        start = lower.find(option, start + 1)


def whole_text(text: str, options: Mapping[str, str]) -> str | None:
    """The first letter whose option text is all that the text says, else None."""
    return next((letter for letter, option in options.items() if same_text(option) == same_text(text) != ""), None)
