"""Answers that are only mentioned: a concluding letter, or the exact text of one option."""

import re
from collections.abc import Iterator, Mapping

from clinical_r1.choices.letters import LETTER, Force, Found, begins_list, is_option_letter, same_text, skip_own
from clinical_r1.choices.marks import LINE_HEAD, Reading, endless, split_sentences

_NEGATED_BEFORE = re.compile(
    r"\b(?:not|never|cannot|no|nor|neither|none|without|except|unlike|unlikely|wrong|incorrect|lacks?|absence of|"
    r"against|eliminat\w*|exclud\w*|reject\w*|rul(?:e|es|ed|ing) out|argu\w+ against|rather than|instead of|over|than|"
    r"as opposed to|versus|vs\.?|differentiat\w+|dismiss\w*|discard\w*|less likely|avoid\w*|contraindicat\w*)\b|n't\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:is|are|was|were|seems?|appears?|looks?|would|can|could|may|might|does|do|did|has|have|"
    r"being|be)\b\s*(?:\w+\s+){0,3}?"
)
_WRONG = (
    r"(?:wrong|incorrect|false|unlikely|less likely|excluded|eliminated|ruled out|rejected|cannot|lacks?\b|"
    r"inconsistent|inappropriate|contraindicated|implausible|dismissed|improbable)"
)
NEGATED_AFTER = re.compile(
    r"[)\]\"'.]*(?:\s*(?:,|and|or|/|&)\s*(?:and\s+|"
    r"or\s+)?(?:options?\s+)?[(\[]?[A-Z]\b[)\]]?)*\s*(?:\([^()\n]{0,80}\)\s*)?[,:–—-]?\s*"
    rf"(?:(?:{_VERB})?{_WRONG}|{_VERB}(?:not|out)\b|(?:is|are|was|were|does|do|did|ca|could|would|has|have)n't\b)",
    re.IGNORECASE,
)
_NAMED_WRONG = re.compile(
    r"(?:\b(?:incorrect|wrong|eliminated|excluded|rejected)\s+(?:\w+\s*)?(?::|is|are|,)?|\b(?:anything|everything|"
    r"all|nothing)\s+"
    r"(?:but|except|other than)|\b(?:other than|apart from|besides|except(?: for)?))"
    r"\s*(?:option\s+|choice\s+)?[(\[\"']?\Z",
    re.IGNORECASE,
)
_CLAUSE_BREAK = re.compile(
    r"[.;:!?]\s|\n|,\s+(?:but|so|instead|therefore|making|leaving|(?:and\s+)?(?:the|it|this|that|we|so)\b)|"
    r"\b(?:but|whereas|while|leaving|leaves|favou?r\w*|"
    r"points? to\w*|therefore|instead,?)\b|—|–",
    re.IGNORECASE,
)
_OWN_PREDICATE = re.compile(r"[)\]]?\s+(?:is|fits|explains|remains)\b(?!\s+(?:not|also not)\b)")
_WHOLE_LINE = re.compile(r"[\W_]*(?:option|choice|letter|answer)?\s*[\W_]*([A-Za-z])[\W_]*\Z", re.IGNORECASE)
_CROSSED = re.compile("[✗✘❌✖☒]")
# What would be right in another case, or what others would say, is no conclusion.
NOT_OURS = re.compile(
    r"\b(?:if|unless)\b.*\bwould\b|\bwould\b.*\b(?:if|unless)\b|^\W*(?:had|were)\b.*\bwould\b|"
    r"\b(?:students?|many|some|people|others)\s+(?:\w+\s+)?(?:would|might|may|think|choose|pick|say|believe)\b|"
    r"\bcommon (?:mistake|error|misconception)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[A-Za-z](?<![A-Za-z\d][A-Za-z])(?=[)\].:])")
_FORCED = re.compile(
    r"\bif (?:I|we|one|you) (?:had|have|were|must)\b.{0,24}\b(?:choose|pick|select|guess|answer|decide)\b",
    re.IGNORECASE,
)
_LONE = re.compile(LETTER)
_OPERATOR = re.compile(r"[=+*/×]\s?\Z")
_SHORT = 80
_LAST_LINE = 1500
"""Characters of the last line that are read: a line that goes on for pages concludes at its end."""
_LETTER_AFTER = re.compile(r"[)\]]?\s*(?:,|/|and|or|&)\s*(?:or\s+|and\s+)?(?:option\s+)?[(\[]?[A-Z]\b(?!')")
_LETTER_BEFORE = re.compile(r"(?<![A-Za-z])[A-Z][)\]]?\s*(?:,|/|and|or|&)\s*(?:or\s+|and\s+)?(?:option\s+)?[(\[]?\Z")
_CALLED_LINE = re.compile(r"\W*(?:option|choice)\b", re.IGNORECASE)
_EDGE = " ).:]-\"'"
_CLEARLY_NAMED = re.compile(r"(?:(?:option|choice|answer|letter)\s*[(\[\"']*|\S\s*[(\[\"'])\Z", re.IGNORECASE)
_CALLED = r"(?:the\s+)?(?:(?:best|correct|final|right)\s+)?(?:(?:option|choice|answer|letter)\s*)?[(\[\"']*\Z"
_LEADS_TO = re.compile(
    r"(?:\b(?:is|are|be|remains?|leav(?:es?|ing)|mak(?:es?|ing)|support(?:s|ing)?|favou?r(?:s|ing)?|suggest(?:s|ing)?|"
    r"indicat(?:es?|ing)|confirm(?:s|ing)?|identif(?:y|ies)|match(?:es|ing)?|fits?|to|towards?|with|by|but|it's|that's|"
    r"namely|therefore|thus|hence|likely|probably|clearly|definitely)|[:=→>{]|[^\W\dA-Za-zÀ-ɏ])\s*" + _CALLED,
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\w[^\w]*\s(?:option\s*)?[(\[\"]\Z|\w\s*[(\[\"](?:option|choice)\s*\Z", re.IGNORECASE)
_ENDS = re.compile(
    r"[)\]\"']*\s*(?:[.,;:!(–—-]|\Z|(?:as|because|since|rather|over|instead|not|given|which|due|here|in this|for|the)"
    r"\b)"
)
_CLAUSE_START = re.compile(rf"(?:^|[,;:]\s*|\b(?:so|that|only|thus|and|hence|while)\s+){_CALLED}", re.IGNORECASE)
_FITS = re.compile(
    r"[)\]\"']*\s*(?:\([^()]*\)\s*|,[^,]*,\s*)?(?:\w+ly\s+|best\s+|is\s*[.!]?\Z|is\s+(?=(?:best|most|strongly)\b))?"
    r"(?:fits?|match(?:es)?|explains?|accounts?|remains?|stands out|applies|wins|best|most)\b|[)\]\"']*\s+is\s*[.!]?\Z"
)
_STANDS_ALONE = re.compile(r"[)\]\"']*(?:\s*[.!]?\Z|,?\s*(?:not|rather than|instead of|over)\b)")


def not_ours(sentence: str) -> bool:
    """Whether a sentence says what would be right in another case, or what others would say."""
    return NOT_OURS.search(sentence) is not None and not _FORCED.search(sentence)


def closing(reading: Reading) -> Found | None:
    """The letter that is all that the last line says, unless the line ends a list of letters."""
    text = reading.text.rstrip(" \t\n#>-=_.")
    last = text.rpartition("\n")[2]
    letter = _alone(last.strip(), reading.options)
    if letter is None or (
        len(text) > len(last)
        and len({_alone(line.strip(), reading.options) for line in text.splitlines()} - {None}) > 2
    ):
        return None
    if _CALLED_LINE.match(last) and _continues_list(text.splitlines(), reading.options):
        return None
    return Found(letter, len(text) - len(last), len(text), Force.STATED, how="concluding")


def concluding_letter(reading: Reading) -> str | None:
    """The letter on which the last line or its last sentence concludes, if there is exactly one.

    A line that continues a list of the options ("C. …" then "D. …") concludes nothing.
    """
    options = reading.options
    text = reading.text.rstrip(" \t\n#>-=_.")
    last = text.rpartition("\n")[2].strip()[-_LAST_LINE:]
    letter = None
    if head := LINE_HEAD.match(last):
        own, rest = options.get(head["letter"].upper(), ""), last[head.end() :]
        if _begins_with(rest, own) and not NEGATED_AFTER.match(" " + rest[len(own) :]):
            letter = head["letter"].upper()
    sentences = [last[slice(*place)] for place in split_sentences(last)] if letter is None else []
    for part in (sentences[-1:], sentences[-6:-1]):
        named = [(sentence, letter) for sentence in part for letter in _named(sentence, options)]
        letters = {letter for sentence, letter in named if not not_ours(sentence)}
        if letters:
            letter = letters.pop() if len(letters) == 1 else None
            break
    if letter is None or any(begins_list(last, match.start(), options) for match in _LISTED.finditer(last)):
        return None
    lines = [line for line in text.splitlines() if line.strip(" \t#>-=_.")]
    listed = _continues_list(lines, options) or len({_alone(line, options) for line in lines} - {None}) > 2
    return None if listed else letter


def _alone(line: str, options: Mapping[str, str]) -> str | None:
    """The letter that is all there is on a line, with or without the word option."""
    if len(line) > _SHORT or line.endswith("?") or _CROSSED.search(line) or not (whole := _WHOLE_LINE.match(line)):
        return None
    return whole[1].upper() if whole[1].upper() in options else None


def _continues_list(lines: list[str], options: Mapping[str, str]) -> bool:
    """Whether the last line stands in a list of options: behind the letter before it, or weighed as others are."""
    last = LINE_HEAD.match(lines[-1])
    earlier = next((head for line in reversed(lines[:-1]) if (head := LINE_HEAD.match(line))), None)
    if last is None or earlier is None:
        return False
    weighed = skip_own(lines[-1][last.end() :], options.get(last["letter"].upper(), "")).strip(_EDGE)
    return ord(earlier["letter"].upper()) == ord(last["letter"].upper()) - 1 or weighed != ""


def _named(sentence: str, options: Mapping[str, str]) -> Iterator[str]:
    """Option letters on which a sentence concludes, or that stand beside one another ("A or B"), not negated."""
    if sentence.rstrip(" \"')]").endswith("?"):
        return
    for match in _LONE.finditer(sentence):
        place = match.start()
        before, after = sentence[max(0, place - 160) : place], sentence[place + 1 : place + 160]
        beside = _LETTER_AFTER.match(after) or _LETTER_BEFORE.search(before[-24:])
        if _OPERATOR.search(before[-2:]) or (sentence[place].islower() and not _CLEARLY_NAMED.search(before[-16:])):
            continue
        if not beside and not _supported(before, after, options.get(sentence[place].upper(), "")):
            continue
        if is_option_letter(sentence, place, options) and not negated(before, after):
            yield sentence[place].upper()


def _supported(before: str, after: str, own: str) -> bool:
    """Whether the words around a letter conclude on it; a letter in passing has no such support."""
    if _IN_BRACKETS.search(before) and after[:1] in ')]"':
        # "Bronchiectasis (C) widens the airways": the subject of a description
        return not (
            re.match(r"[)\]\"']\s+[a-z]", after)
            and len(_CLAUSE_BREAK.split(before)[-1]) <= len(own) + 16
            and same_text(own) in before.casefold()
        )
    if _LEADS_TO.search(before[-48:]) and (_ENDS.match(after) or _begins_with(after, own)):
        return True
    starts = _CLAUSE_START.search(before[-48:]) if len(before) > 48 else _CLAUSE_START.search(before)
    return starts is not None and (_FITS.match(after) or _STANDS_ALONE.match(after)) is not None


def _begins_with(after: str, own: str) -> bool:
    own = own.lstrip(_EDGE).casefold()[:24]
    return own != "" and after.lstrip(_EDGE).casefold().startswith(own)


def negated(before: str, after: str) -> bool:
    """Whether the words around an option dismiss it."""
    clause = _CLAUSE_BREAK.split(before)[-1]
    if before.rstrip().endswith(",") and _OWN_PREDICATE.match(after):
        clause = ""  # "A is not the answer, B is."
    return bool(_NEGATED_BEFORE.search(clause) or _NAMED_WRONG.search(before) or NEGATED_AFTER.match(after))


def named_text(reading: Reading) -> str | None:
    """The letter of the only option whose exact text is mentioned near the end of a text and not negated, else None.

    Very short texts and bare numbers are no mention, nor is the text of an item of a list.
    """
    text = reading.text
    named: dict[str, int] = {}
    texts = [mark for mark in reading.marks if not mark.labelled or (mark.end - mark.start > 3 and not mark.heads)]
    if len({mark.letter for mark in texts}) > 2:
        return None
    for mark in reversed(texts):
        if mark.letter in named:
            continue
        if not negated(text[max(0, mark.start - 100) : mark.start], text[mark.end : mark.end + 160]):
            named[mark.letter] = mark.start
    if len(named) != 1 or endless(text):
        return None
    ((letter, place),) = named.items()
    return letter if len(text) < 400 or place >= reading.sentences[-2:][0][0] else None


def whole_text(text: str, options: Mapping[str, str]) -> str | None:
    """The first letter whose option text is all that the text says, else None."""
    if len(text) > 2 * max(map(len, options.values()), default=0) + 40:
        return None
    said = same_text(text)
    if said.upper() in options:
        return None  # a letter, even where it is also some option's text
    return next((letter for letter, option in options.items() if same_text(option) == said != ""), None)
