"""The facts of a case, one a clause: what a response can cite.

Rules, and no model: a sentence is parted at commas, semicolons, "and", "with" and the like, so that each vital sign,
laboratory value, symptom and item of history stands alone. A negation in front of a list ("denies fever, chills, and
cough") stays with the first item: what the others say is theirs only together with it.
"""

import re
from collections.abc import Iterator

from clinical_r1.judging.sentences import Sentence, sentences
from clinical_r1.strata import has_case

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
    found = list(sentences(stem))
    facts: list[Sentence] = []
    while found and _asks(found[-1].text):
        asked = found.pop()
        if has_case(asked.text):
            facts = _before_question(asked)
            break
    return tuple([clause for sentence in found for clause in _parts(sentence)] + facts)


def _asks(sentence: str) -> bool:
    """Whether the last sentence is, or ends with, the question asked."""
    return bool(_ASKED.search(sentence) or _ASKS.match(sentence))


def _before_question(sentence: Sentence) -> list[Sentence]:
    """The facts of a sentence that tells the case and asks: "A man with fever and rash, most likely diagnosis is"."""
    parts = _parts(sentence)
    asked = next((n for n, part in enumerate(parts) if _ASKS.match(part.text)), len(parts) - 1)
    return parts[:asked]


def _parts(sentence: Sentence) -> list[Sentence]:
    """The clauses of one sentence; a piece that says nothing goes with the next one."""
    if sentence.text.endswith((":", "|")) or not any(map(str.isalnum, sentence.text)):
        return []
    kept: list[tuple[int, int]] = []
    pending: int | None = None
    for start, end in _pieces(sentence.text):
        first = start if pending is None else pending
        pending = first if _says_nothing(sentence.text[start:end]) else None
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


def _says_nothing(piece: str) -> bool:
    return all(word in _SAYS_NOTHING for word in re.findall(r"\w+", piece.casefold()))


def _trimmed(sentence: Sentence, start: int, end: int) -> Sentence:
    """A part of a sentence, without the punctuation around it."""
    text = sentence.text[start:end].rstrip(" \t\r\n,;.!?")
    kept = text.lstrip(" \t\r\n,;")
    first = sentence.start + start + len(text) - len(kept)
    return Sentence(first, first + len(kept), kept)
