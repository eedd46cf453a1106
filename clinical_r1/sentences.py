"""Sentences of clinical text with their offsets, and the facts of a case, one per clause: what a response can cite.

Rules, and no model: a full stop ends a sentence unless what stands before it (an abbreviation, an initial, the label of
a list item) or behind it (a small letter, a digit after "Fig.") says otherwise. Every decision looks at a few
characters around one place, so the time is linear in the length of the text.

For clauses a sentence is parted at commas, semicolons, "and", "with" and the like, so that each vital sign, laboratory
value, symptom and item of history stands alone. A negation in front of a list ("denies fever, chills, and cough") stays
with the first item: what the others say is theirs only together with it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clinical_r1.datasets.wording import has_case


# --- sentences --------------------------------------------------------------------------------------------------------
class Sentence(NamedTuple):
    """A stretch of a text, without white space around it."""

    start: int
    """Offset of the first character."""
    end: int
    """Offset behind the last character."""
    text: str
    """The characters between the two."""


# Always followed by what they belong to.
NEVER_LAST = frozenset(
    "vs dr drs mr mrs ms prof st fig figs approx e.g i.e eg ie cf ca viz eq ref refs vol incl esp abbr lt col".split()
)
"""Abbreviations behind whose stop the sentence goes on."""
# May end a sentence, but not in front of a digit ("No. 5", "Temp. 38").
_SELDOM_LAST = frozenset("no nos temp wt ht resp para grav dept pt pts hx dx tx rx p pp ch sec art tab max min".split())
# A capital behind a single letter or a dotted abbreviation says little ("J. Smith", "U.S. Army"); these words do.
_OPENERS = frozenset(
    "a about after all although an and another any as at because before besides both but by despite during each "
    "either examination exam family finally first following for from further given he hence her his how however i if "
    "in initial initially is it its laboratory labs last let likewise moreover most my neither next no none nor not "
    "now of on one option or other our over overall past patient patients physical she since so some still that the "
    "their then there therefore these they this those though thus to two under unlike until upon urinalysis vital we "
    "what when where which while who why with without would you your wait hold hmm actually okay ok let let's can "
    "could should does did do has have therefore thus hence yes well perhaps maybe sorry reconsidering checking "
    "looking going only moreover furthermore additionally instead indeed overall clearly together".split()
)
_UNITS = frozenset(
    "ms s sec min h hr hrs d wk wks yr yrs mg g kg mcg ug ng pg ml l dl fl cm mm m nm km iu u meq mmol mosm hz kpa bpm "
    "mmhg hg cal kcal c f".split()
)
# A letter or a number behind one of these belongs to it, and the stop behind that is a stop.
_NUMBERED = frozenset(
    "answer anti case choice class day days factor figure gcs grade grades group hepatitis influenza is level month "
    "number of option phase score stage step table to type types vitamin was week were year are be likely choose "
    "chose pick select letter".split()
)
# One set of characters in front, so that the search leaps from mark to mark.
_MARK = re.compile(r"[.!?…\n)](?:(?<=[.!?…])[.!?…]*+(?:[\"')\]}”’»*_]|\[\d{1,3}\])*+|(?<=\n)\s*+|(?<=\)))")
_CONTENT = re.compile(r"[^ \t\r\n*_>\-•(.!?…]")
_ITEM_LINE = re.compile(r"[-*•·▪◦‣–—]\s|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]\s|#{1,6}\s|\||</?\w|\*\*|>\s|```")
_ITEM_OR_HEADING = re.compile(r"\s{0,20}(?:[-*•·▪◦‣–—]\s|(?:\d{1,3}|[A-Za-z])[.)]\s|#{1,6}\s|\|)")
_VALUE_LINE = re.compile(r"[^\W\d_][^\n:|.]{0,40}:[ \t]*[\w<>+-]")  # "Na+: 128 mEq/L", one of a table's lines
_NEXT = re.compile(r"\s*+[\"'“‘(\[«*_¿-]{0,4}(\w[\w'’]{0,20})?")
_CAPITAL = re.compile(r"[A-Z0-9]|[a-z]{1,2}[A-Z]|[^\W\d_a-z]")  # "pH" and "mRNA" begin sentences too
_SMALL_WORD = re.compile(r"[a-z]{3,}")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_BEFORE = 40
"""Characters looked at in front of a stop: no abbreviation is longer."""


def sentences(text: str) -> tuple[Sentence, ...]:
    """Split a text into sentences.

    A list item, a heading and a table line are sentences; a semicolon does not end one.

    Returns:
        The sentences in order. They do not overlap, and every character that is not white space is in exactly one.

    Examples:
        >>> [s.text for s in sentences("Na 128 mEq/L. Dr. St. John gave 3.5 mg b.i.d. He improved.")]
        ['Na 128 mEq/L.', 'Dr. St. John gave 3.5 mg b.i.d.', 'He improved.']
        >>> [s.text for s in sentences("1. Aspirin 2. Heparin")]
        ['1. Aspirin', '2. Heparin']
        >>> sentences("  E. coli grew. ")
        (Sentence(start=2, end=15, text='E. coli grew.'),)
    """
    found, start = [], 0
    for end in (*_ends(text), len(text)):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(first, first + len(stripped), stripped))
        start = end
    return tuple(found)


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, in order; white space may follow."""
    start, item = 0, ""  # of this sentence; the label of the last list item
    content = -1  # where something else than white space and markup stands in it
    for mark in _MARK.finditer(text):
        place, behind = mark.span()
        kind, end = text[place], None
        if content < start:
            begins = _CONTENT.search(text, start)
            content = begins.start() if begins else len(text)
        if kind == "\n":
            end = place if _line_ends(text, start, mark) else None
        elif label := _label(text, place, behind):
            first = place - len(label)
            opens = first <= content and first - start < _BEFORE
            if opens or _continues_list(text, first, label, item):
                item = label
                end = None if opens else first
            elif kind == "." and _stops(text, place, behind):
                end = behind
        elif kind != ")" and (content < place or place - start >= _BEFORE):  # ". . ." is no row of sentences
            end = behind if _stops(text, place, behind) else None
        if end is not None:
            start = end
            yield end


def _label(text: str, place: int, end: int) -> str:
    """The label of a list item that a single mark closes, or nothing."""
    if end != place + 1 or text[end : end + 1] not in (" ", "\t") or text[place] not in ".)":
        return ""
    start = place - 2 if text[max(0, place - 2) : place].isdecimal() and place > 1 else place - 1
    label = text[max(0, start) : place]
    if start > 0 and not text[start - 1].isspace():
        return ""
    return label if label.isdecimal() or (label.isascii() and label.isalpha()) else ""


def _continues_list(text: str, place: int, label: str, item: str) -> bool:
    """Whether a label within a line is the next one of an inline list, or its first behind a colon."""
    begins = label in ("1", "A", "a")
    if item.isdecimal() and label.isdecimal():
        succeeds = int(label) == int(item) + 1
    else:
        succeeds = len(item) == 1 and item.isalpha() and ord(label[0]) == ord(item) + 1
    if not (begins or succeeds):
        return False
    before = text[max(0, place - _BEFORE) : place].rstrip()
    listed = before.endswith(":")
    if not (begins if listed else succeeds):
        return False
    follower = _next_word(text, place + len(label) + 1)
    word = before.rsplit(None, 1)[-1].casefold() if before else ""
    free = listed or (word not in _NUMBERED and follower.casefold() not in _OPENERS)
    return free and _CAPITAL.match(follower) is not None


def _next_word(text: str, place: int) -> str:
    """The word that follows, or nothing; markup, quotes and brackets in front of it are passed over."""
    match = _NEXT.match(text, place)
    return (match and match[1]) or ""


def _stops(text: str, place: int, end: int) -> bool:
    """Whether the marks at `place`, closed by brackets and quotes up to `end`, end a sentence."""
    if end >= len(text):
        return True
    if not text[end].isspace() and end > place + 1:
        return False
    follower = _next_word(text, end)
    if not text[end].isspace():
        # "fever.The": a stop without a space, but not "3.5", "e.g.", "E.coli"
        return bool(_SMALL_WORD.fullmatch(_last_word(text, place)) and re.match(r"[A-Z][a-z]", follower))
    if follower and not _CAPITAL.match(follower):
        return "\n\n" in text[end : end + 4]
    if text[place] != "." or end > place + 1:
        return True
    return _word_may_end(text, place, follower)


def _last_word(text: str, place: int) -> str:
    """The word right in front of a place, or nothing."""
    word = text[max(0, place - _BEFORE) : place].rsplit(None, 1)[-1:]
    return word[0].lstrip("([{\"'“‘*_") if word and not text[place - 1 : place].isspace() else ""


def _word_may_end(text: str, place: int, follower: str) -> bool:
    """Whether a full stop at a place, with a capital or a digit behind it, ends a sentence."""
    last = _last_word(text, place)
    folded = last.casefold()
    if folded in _UNITS and text[max(0, place - _BEFORE) : place - len(last)].rstrip()[-1:].isdigit():
        return not follower[:1].isdigit() or folded not in _SELDOM_LAST
    if folded in NEVER_LAST:
        return False
    if folded in _SELDOM_LAST:
        return not follower[:1].isdigit()
    if len(last) == 1:
        return not last.isalpha() or follower.casefold() in _OPENERS or _is_counted(text, place - 1)
    if "." in last and _DOTTED.fullmatch(last):
        return follower.casefold() in _OPENERS or (last.islower() and follower[1:2].islower())
    return True


def _is_counted(text: str, place: int) -> bool:
    """Whether a letter belongs to the word in front of it: "hepatitis B", "38 C"."""
    before = text[max(0, place - _BEFORE) : place]
    previous = before.rstrip(" :").rsplit(None, 1)[-1:]
    counted = bool(previous) and (previous[0][-1].isdigit() or previous[0].casefold() in _NUMBERED)
    return counted or "°" in before[-2:]


def _line_ends(text: str, start: int, mark: re.Match[str]) -> bool:
    """Whether a line break, with the white space behind it, ends the sentence that began at `start`."""
    following = mark.end()
    if following >= len(text) or _ITEM_LINE.match(text, following) or _VALUE_LINE.match(text, following):
        return True
    if not _CAPITAL.match(_next_word(text, following)):
        return False
    line = text[max(start, mark.start() - _BEFORE) : mark.start()].rstrip()
    return "\n" in mark[0][1:] or line.endswith((":", "**", ">")) or _ITEM_OR_HEADING.match(text, start) is not None


# --- clauses ----------------------------------------------------------------------------------------------------------
# What a clause ends at. A comma within a number, and what brackets hold, part nothing.
_BREAK = re.compile(
    r"(?P<held>\([^()]{0,300}\)|\[[^\[\]]{0,300}\])"
    r"|[,;](?=\s)\s*(?:(?:and|but|or|as well as)\b\s*(?:with(?:out)?\b\s*)?)?"
    r"|\s(?P<link>and|but|or|nor|plus)\s"
    r"|\s(?P<ahead>(?:with(?! (?:urination|exertion|exercise|movement|motion|swallowing|breathing|inspiration|walking"
    r"|defecation|intercourse|activity|eating|food|meals|light|palpation|coughing|rest)\b)|without|because of|due to"
    r"|who|whose|which|that began|that started|that has|accompanied by"
    r"|associated with|followed by|complains of|complaining of|presents|presented|comes to|is brought|was brought"
    r"|although|despite|except for|unlike)\b)",
    re.IGNORECASE,
)
# "between 3 and 5", "upper and lower extremities", "signs and symptoms": two words, one fact.
_PAIRED_BEFORE = re.compile(
    r"(?:\bbetween [^,;]{1,30}|\bboth(?: \w+){1,2}|\d|\b(?:upper|lower|left|right|anterior|posterior|medial|lateral"
    r"|proximal|distal|active|passive|more|mother|father|black|white|hands?|arms?|weight|signs?|head|neck|ears?|nose"
    r"|heart|sitting|standing|systolic|diastolic|light|oriented to|alert|warm|well|S1|S2|weaker|course|up|day|food))$",
    re.IGNORECASE,
)
# A preposition behind one of these belongs to it: "presents with fever", "consistent with".
_GOVERNS = re.compile(
    r"\b(?:present(?:s|ed|ing)?|associated|consistent|diagnosed|treated|managed|patients?|compared|along|together"
    r"|accompanied|covered|filled|lives?|living|contact|contacts|compliant|adherent|relations?|seen|is|are|was|were"
    r"|has|had|man|woman|boy|girl|begins?|starts?|beginning|improves?|worsens?|worse|better|treatment|therapy)$",
    re.IGNORECASE,
)
_PERSON_ONLY = re.compile(r"\b(?:man|woman|boy|girl|patients?)$", re.IGNORECASE)
_AGE_ONLY = re.compile(r"^\W*(?:an?|the|this|your)?\s*[\w-]+[\s-](?:year|month|week|day)s?[\s-]old$", re.IGNORECASE)
# Words of a clause that says nothing of the patient by itself.
_SAYS_NOTHING = frozenset(
    "a additionally after ago also an and are as at before brought but by clinic comes complains currently day days "
    "department doctor earlier emergency evaluated exam examination few findings five for four from further "
    "furthermore general has have he her his hospital hour hours however in include including initial is it its lab "
    "laboratory labs last later month months moreover of office on one or otherwise past patient patients physical "
    "physician present presented presents recently reveal revealed reveals room s several she show showed shows "
    "significant signs six studies test tests that the their then there these they this three to today two upon vital "
    "vitals was week weeks were which who whose with year years you your".split()
)
_ASKS = re.compile(
    r"^\W*(?:which|what|who|how|why|where|when|in which|for which|of the following|based on|given (?:the|this|these)"
    r"|the (?:most|best|next|likely|probable|diagnosis|treatment|drug|cause|investigation|following)"
    r"|most (?:likely|prob|common|appropriate)|all (?:of )?the following|all are|true|false|likely|probable|diagnosis"
    r"|next (?:best )?step|best|identify|treatment|management|drug of choice|investigation|select|choose)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\?\W*$|:\W*$|\b(?:is|are|except|not|by|of|in|include|includes|be|due to|as|for|following|likely|diagnosis|with"
    r"|to|the|best|management|treatment|on|at|within|from|between|through|than|called|known as|used|caused)\W*$|_{2,}",
    re.IGNORECASE,
)


def clauses(stem: str) -> tuple[Sentence, ...]:
    """Part a question's stem into the facts of its case.

    Args:
        stem: The question without its options.

    Returns:
        The clauses in order, with offsets into the stem; without the question that is asked at its end. Empty for a
        question that describes no case.

    Examples:
        >>> [c.text for c in clauses("Temperature is 38.5 C, pulse is 110/min, and WBC is 1,200/mm3. What is it?")]
        ['Temperature is 38.5 C', 'pulse is 110/min', 'WBC is 1,200/mm3']
        >>> [c.text for c in clauses("A 45-year-old man with asthma has fever and chills. The diagnosis is:")]
        ['A 45-year-old man', 'with asthma has fever', 'chills']
    """
    told = list(sentences(stem))
    facts: list[Sentence] = []
    while told and (_ASKED.search(told[-1].text) or _ASKS.match(told[-1].text)):
        asked = told.pop()
        if has_case(asked.text):  # it tells the case and asks: "A man with fever and rash, most likely diagnosis is"
            parts = _parts(asked)
            facts = parts[: next((n for n, part in enumerate(parts) if _ASKS.match(part.text)), len(parts) - 1)]
            break
    return tuple([clause for sentence in told for clause in _parts(sentence)] + facts)


def _parts(sentence: Sentence) -> list[Sentence]:
    """The clauses of one sentence; a piece that says nothing goes with the next one."""
    if sentence.text.endswith((":", "|")) or not any(map(str.isalnum, sentence.text)):
        return []
    kept: list[tuple[int, int]] = []
    pending: int | None = None
    for start, end in _pieces(sentence.text):
        first = start if pending is None else pending
        words = re.findall(r"\w+", sentence.text[start:end].casefold())
        pending = first if all(word in _SAYS_NOTHING for word in words) else None
        if pending is None:
            kept.append((first, end))
    if pending is not None and kept:
        kept[-1] = kept[-1][0], len(sentence.text)
    return [_trimmed(sentence, start, end) for start, end in kept]


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for mark in _BREAK.finditer(text):
        if mark["held"] or _is_one_fact(text, start, mark):
            continue
        yield start, mark.start()
        start = mark.start("ahead") if mark["ahead"] else mark.end()
    yield start, len(text)


def _is_one_fact(text: str, start: int, mark: re.Match[str]) -> bool:
    """Whether what a break would part belongs together."""
    before = text[max(start, mark.start() - 60) : mark.start()]
    if mark["link"]:
        return _PAIRED_BEFORE.search(before) is not None
    if mark["ahead"]:
        return _GOVERNS.search(before) is not None and not _PERSON_ONLY.search(before)
    return _AGE_ONLY.match(before) is not None


def _trimmed(sentence: Sentence, start: int, end: int) -> Sentence:
    """A part of a sentence, without the punctuation around it."""
    text = sentence.text[start:end].rstrip(" \t\r\n,;.!?")
    kept = text.lstrip(" \t\r\n,;")
    first = sentence.start + start + len(text) - len(kept)
    return Sentence(first, first + len(kept), kept)
