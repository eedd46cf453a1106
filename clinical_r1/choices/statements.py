"""Stated answers: "the answer is C", "Answer: C", "I choose C", "option C is correct", "therefore C".

A statement is found from its cue word, so that a long text costs a few plain substring searches. What keeps a cue from
being an answer (a negation, a condition, a question, somebody else's view) is looked for in the same sentence.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from clinical_r1.choices.letters import (
    CALLED,
    LETTER,
    OPENERS,
    Force,
    Found,
    begins_list,
    is_option_letter,
    skip_own,
    together,
)
from clinical_r1.choices.marks import Reading, named_with, repeats, together_end
from clinical_r1.choices.mentions import NEGATED_AFTER, not_ours

_NOUN = (
    r"(?:answer|choice|option|selection|pick|response|solution|respuesta|antwort|réponse|risposta|resposta|"
    r"ответ|答案|正解)"
)
_COPULA = r"(?:is|are|would be|should be|must be|will be|has to be|remains|becomes|es|ist|est|è|é)\b"
_LINK = rf"(?:(?:'s\b|\b{_COPULA})|[:=–—]|\s-+>?|=>|→|是|为|為|は)"
_SOFT = (
    r"(?:\s*(?:therefore|thus|hence|then|clearly|definitely|indeed|simply|most likely|likely|probably|still|actually|"
    r"also|now|best|either|both|going to be|given by|option|choice|answer|letter|number|the|correct|final|"
    r"right|one|is|:|"
    r",|=|-|la|opción|opcion|lettre|letra|buchstabe)(?=[\s:,=(\[\"'-]|[A-Z]\b))*"
)
_TARGET = rf"{_SOFT}{OPENERS}{LETTER}"
# Words up to a copula, in one pass; where no answer follows that copula, on to the next one.
_WORDS = rf"(?:[\s,]+(?!{_COPULA})[\w'/()][\w'/()-]*+){{0,9}}+"
_FILLER = rf"(?P<filler>{_WORDS}(?:[\s,]+{_COPULA}{_WORDS})??)"

# Cue word (lower case, as searched) -> pattern matched from the place of the cue.
_TO_TARGET = rf"{_NOUN}(?:s(?=\s+(?:\w+\s+)?are\b))?\b{_FILLER}[\s,]*{_LINK}"
_FROM_NOUN = re.compile(_TO_TARGET + _TARGET, re.IGNORECASE)
_TO_TEXT = re.compile(rf"{_TO_TARGET}\s*(?:the\s+|a\s+|most likely\s+|likely\s+)?{OPENERS}", re.IGNORECASE)
_NOUN_LINE = re.compile(rf"{_NOUN}\s*[:.#]*\s*\n\s*{OPENERS}{LETTER}(?:\W{{1,3}}(?:\s|\Z)|\s*(?:\n|\Z))", re.IGNORECASE)
# What may stand before such a label on its line; "weigh each option" is followed by a list.
_LABEL_BEFORE = re.compile(
    r"[\W\d_]*(?:(?:so|therefore|thus|the|my|our|final|correct|best|right|most likely|appropriate|step|would be|"
    r"is)\W+(?:\d+\W+)?){0,6}",
    re.IGNORECASE,
)
# "Final answer: ABD" names several.
_RUN = re.compile(r"([A-Z]{2,10})(?!\w)")
_NOUN_BARE = re.compile(rf"(?:answer|ans)\.?[ \t]+[(\[\"']?{LETTER}[)\]\"']?[.!]?[ \t]*(?:\n|\Z)", re.IGNORECASE)
_ANS = re.compile(rf"ans\.?\s*(?:[:=-]|is\b){_TARGET}", re.IGNORECASE)
_FROM_VERB = re.compile(
    r"(?:choose|choosing|chose|select|selecting|selected|pick|picking|picked|go with|going with|opt for|opting for|"
    r"settle on|settling on|(?:go|going|settle|settling|vote) for|(?<=i'd )say|(?<=i would )say|(?<=i'll )say|"
    r"(?<=i )guess)\b"
    rf"(?:\s+(?:the|answer|option|choice|letter|is))*[:]?{OPENERS}{LETTER}",
    re.IGNORECASE,
)
# "No wait, it's D": a retraction gives its new answer in fewer words.
_FROM_RETRACTION = re.compile(
    r"(?:wait|actually|correction|sorry|scratch that|i meant|second thoughts?|hold on|misread)\b[\s,.:;!–—-]*"
    r"(?:(?:no|wait|actually|it's|it is|it should be|that's|that should be|should be|must be|i meant|i misread|"
    r"make that)"
    rf"\b[\s,.:;!–—-]*){{0,4}}{OPENERS}{LETTER}(?=[)\]\"']*\s*(?:[.!,;]|\n|\Z))",
    re.IGNORECASE,
)
_FROM_CONCLUSION = re.compile(
    r"(?:therefore|thus|hence|consequently|accordingly|(?<!and )so|conclusion|summary|∴|=>|⇒|→)"
    r"[\s,:]*(?:(?:it's|it|this|that|the|is|must|be|has|to|we|i|would|say|have|get|option|choice|letter|final|best|"
    r"most|"
    rf"likely|correct)\s+){{0,5}}{OPENERS}{LETTER}(?=[)\]\"'*]*\s*(?:[.!,;:(]|\n|\Z|[-–—]|because|since|as\b|given))",
    re.IGNORECASE,
)
_IS_RIGHT = re.compile(
    r"\s(?:is|are|would be|must be|has to be|should be|seems|remains|=)\s+"
    r"(?!partial)(?:\w+ly\s+|thus\s+|most\s+likely\s+|indeed\s+)?(?:the\s+|our\s+|my\s+)?(?:single\s+|one\s+|only\s+)?"
    r"(?:(?:most\s+(?:likely|appropriate|accurate|suitable|plausible|probable|consistent|fitting)|correct|right|"
    r"best|final|"
    r"likeliest)(?:\s+(?:and\s+\w+\s+)?(?:answer|choice|option|diagnosis|selection|response|one|fit|explanation|match|"
    r"treatment|next step|step|management|cause))?|answer|choice)\b(?!\s*\?)",
    re.IGNORECASE,
)
_VERB_TO_TEXT = re.compile(
    r"(?:choose|chose|select|selected|pick|opt for|(?:go|going) with|go for|settle (?:on|"
    r"for))\b(?P<filler>)\s+(?:the\s+|an?\s+)?"
    rf"{OPENERS}",
    re.IGNORECASE,
)
# Beginning of a cue word -> patterns of a letter tried there, and patterns of an option's text.
_CUES: dict[str, tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]] = {
    "ans": ((_FROM_NOUN, _NOUN_LINE, _NOUN_BARE, _ANS), (_TO_TEXT,)),
    **dict.fromkeys(("cho", "selec", "pick", "opt"), ((_FROM_NOUN, _NOUN_LINE, _FROM_VERB), (_TO_TEXT, _VERB_TO_TEXT))),
    **dict.fromkeys(("resp", "solution"), ((_FROM_NOUN, _NOUN_LINE), (_TO_TEXT,))),
    **dict.fromkeys(
        ("go with", "going with", "go for", "going for", "vote for", "settl"), ((_FROM_VERB,), (_VERB_TO_TEXT,))
    ),
    **dict.fromkeys(("say", "guess"), ((_FROM_VERB,), ())),
    **dict.fromkeys(
        ("wait", "actually", "correction", "sorry", "scratch", "i meant", "second thought", "hold on", "misread"),
        ((_FROM_RETRACTION,), ()),
    ),
    **dict.fromkeys(
        ("therefore", "thus", "hence", "consequently", "so", "conclusion", "summary", "∴", "=>", "⇒", "→"),
        ((_FROM_CONCLUSION,), ()),
    ),
}
_RIGHT_CUES = ("correct", "best", "right", "answer", "most ", "likeliest", "final")
_BY_LETTER = {
    first: "|".join(re.escape(cue[1:]) for cue in cues)
    for first, cues in groupby(
        sorted({*_CUES, *_RIGHT_CUES} - {"answer"}, key=lambda cue: (cue[0], -len(cue))), key=lambda cue: cue[0]
    )
}
# One search for all of them; a cue begins a word.
_CUE = re.compile(f"[^a-z](?=({'|'.join(f'{first}(?:{rest})' for first, rest in _BY_LETTER.items())}))")
_NO_CUE: tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]] = ((), ())
Cue = tuple[str, int]
"""The beginning of a cue word, and where it stands."""
_MOST_CUES = 2000
"""How many cues are looked at, the last ones: no answer repeats itself more often, a loop does."""

_NEGATION = re.compile(
    r"\b(?:not|never|cannot|no|nor|neither|none|without|except|unlikely|wrong|incorrect|mistaken|mistake|tempt\w*|"
    r"eliminate|exclude|avoid|reject|rule out|ruling out|rather than|instead of)\b|n't\b",
    re.IGNORECASE,
)
# "The answer to this EXCEPT question is D."
_FILLER_NEGATION = re.compile(_NEGATION.pattern.replace("|except|", "|"), re.IGNORECASE)
# "To find the answer, let's analyze each option:" is followed by a list.
_NO_STATEMENT = re.compile(
    r"\b(?:let's|let us|each|all|every|consider|analy\w+|evaluat\w+|review\w*|compar\w+|others?|given)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:others?|remaining|rest of the|incorrect|wrong|each|every|all|following|given)\s+(?:\w+\s+)?\Z", re.IGNORECASE
)
_TAKEN_BACK = re.compile(
    r"[)\]\"'.]*\s*(?:is|are|would be|seems)\s+(?:(?:also|therefore|\w+ly)\s+)*(?:(?<=partially )correct|"
    r"(?<=partly )correct|incorrect|wrong|false|not (?:the |a )?(?:correct|right|answer|true))\b",
    re.IGNORECASE,
)
_FINAL = re.compile(r"\bfinal (?:answer|choice|response)\b", re.IGNORECASE)
_SUBQUESTION = re.compile(r"(?<![A-Za-z])[a-e\ue041-\ue045]\)")  # hidden letters of option texts among them
_OPTION_HEAD = re.compile(r"\W*[A-Z]\W*")
_NOT_YET = re.compile(
    r"\b(?:if|unless|whether|had|were|suppose|assum\w*|might|could|may|maybe|perhaps|possibly|at first|initially|"
    r"first impression|first thought|thought|one would|some|someone|students?|many|often|people)\b",
    re.IGNORECASE,
)
_CONDITION_AFTER = re.compile(
    r"[^.?!\n]{0,60}?\b(?:if|unless|only (?:if|when|in)|had (?:the|he|she|it|there)|were (?:the|he|she|it|there))\b"
)
_QUALIFIED = re.compile(
    r"\s*,?\s*(?:only|about|that|if|when|unless|in (?:general|theory)|"
    r"in (?:children|adults|patients|pregnan\w+)|for (?:children|adults))\b"
)
_ASSURANCE = re.compile(
    r"\bno (?:doubt|question)\b|\bwithout (?:a |any )?(?:doubt|question)\b|\bnot only\b", re.IGNORECASE
)
_SENTENCE_BREAK = re.compile(r"[.!?]\s|\n|;\s")


def statements(reading: Reading) -> list[Found]:
    """Every stated answer in a text, in letters or in an option's words."""
    text, options = reading.text, reading.options
    cues = deque(((cue[1], cue.start()) for cue in _CUE.finditer(f"\n{reading.lower}")), maxlen=_MOST_CUES)
    found: dict[int, Found] = {}
    for match, cue_start in _matches(reading, cues):
        place = match.start("letter")
        if not is_option_letter(text, place, options) or not _stands(text, match, cue_start, options):
            continue
        if match.re is _NOUN_LINE and not _LABEL_BEFORE.fullmatch(text, text.rfind("\n", 0, cue_start) + 1, cue_start):
            continue
        # A retraction's own word must stand between its answer and the one before.
        start = place if match.re is _FROM_RETRACTION else min(cue_start, place)
        end, letter = place + 1, text[place].upper()
        if begins_list(text, place, options):
            continue
        letters = together(text, place, options) | named_with(reading, place)
        if len(letters) > 2 and letters == options.keys():
            continue  # "answer with A, B, C or D" repeats the question
        several = frozenset(letters) if len(letters) > 1 else frozenset()
        if several and repeats(reading, place, several):
            continue  # "B, D, D, A" answers a list of questions
        if several and NEGATED_AFTER.match(text, together_end(reading, place, several)):
            continue
        sentence = _clause(_before(text, start)) + match[0]
        doubtful = _NOT_YET.search(sentence) and match.re is not _FROM_RETRACTION
        force = Force.TENTATIVE if doubtful else Force.JUDGED if match.re is _SUBJECT else Force.STATED
        if force == Force.STATED and _FINAL.search(text, max(0, start - 24), place):
            force = Force.FINAL
        claim = Found(None if several else letter, start, end, force, several)
        if place not in found or found[place].force < force:
            found[place] = claim
    taken = {claim.start for claim in found.values()}
    return [*found.values(), *(claim for claim in _stated_texts(reading, cues) if claim.start not in taken)]


def _stated_texts(reading: Reading, cues: Iterable[Cue]) -> Iterator[Found]:
    """Statements of an option's text, "the answer is ischemic stroke", or of several letters run together, "… ABD"."""
    text, options = reading.text, reading.options
    patterns = ((place, pattern) for cue, place in cues for pattern in _CUES.get(cue, _NO_CUE)[1])
    for start, pattern in patterns:
        match = pattern.match(text, start, start + _WINDOW)
        if match is None:
            continue
        rest = " ".join(text[match.end() : match.end() + 300].split()).casefold()
        begun = (key for key in reading.by_text if rest.startswith(key))
        named = next((key for key in begun if not rest[len(key) : len(key) + 1].isalnum()), None)
        run = _RUN.match(text, match.end())
        if not named and not run:
            continue
        before, filler = _before(text, start), match["filler"]
        if _OPTION_HEAD.fullmatch(filler) or _NO_STATEMENT.search(filler) or "\n" in filler or _OTHERS.search(before):
            continue  # "Option C: ischemic stroke" names the option
        if _NEGATION.search(_clause(before)) or _NEGATION.search(filler):
            continue
        if named:
            yield Found(reading.by_text[named], start, match.end(), Force.STATED, how="option_text")
        elif run and set(run[1]) <= options.keys() and len(set(run[1])) == len(run[1]):
            yield Found(None, start, run.end(), Force.STATED, frozenset(run[1]))


def _matches(reading: Reading, cues: Iterable[Cue]) -> Iterator[tuple[re.Match[str], int]]:
    """Every match of a cue's pattern, with the offset at which the cue begins."""
    for cue, place in cues:
        for pattern in _CUES.get(cue, _NO_CUE)[0]:
            if match := pattern.match(reading.text, place, place + _WINDOW):
                yield match, place
    yield from _is_right(reading.text, [place for cue, place in cues if cue in _RIGHT_CUES or cue == "ans"])


_WINDOW = 240
"""How far after its cue a statement may reach: it keeps the search linear in the length of the text."""
# A term's letter ("protein C is the best answer") follows a noun, a subject does not.
_SUBJECT = re.compile(
    r"(?:^|[(\[\"',.:;|]\s*|\n\W*|\b(?:option|choice|answer|letter|that|thus|therefore|hence|so|and|or|but|because|"
    r"since|while|"
    rf"then|think|believe|say|conclude|why|only|here|now)\s+){OPENERS}{LETTER}[)\]\"']*",
    re.IGNORECASE,
)


_JUST_RIGHT = re.compile(r"\s(?:is|are)\s+(?:\w+ly\s+|indeed\s+)?(?:correct|right)", re.IGNORECASE)


def _is_right(text: str, places: Iterable[int]) -> Iterator[tuple[re.Match[str], int]]:
    """`C is correct`, `C (ischemic stroke) is the best answer`: from the predicate back to its subject."""
    seen = -1
    found: list[tuple[re.Match[str], bool]] = []
    for place in places:
        predicate = next((m for m in _IS_RIGHT.finditer(text, max(0, place - 24), place + 40) if m.end() > place), None)
        if predicate and predicate.start() != seen and not _QUALIFIED.match(text, predicate.end()):
            seen = predicate.start()
            if subject := _subject(text, predicate.start()):
                found.append((subject, _JUST_RIGHT.fullmatch(predicate[0]) is not None))
    # Three options that are each "correct" are statements found true, as where the question asks for the false one.
    judged = {text[subject.start("letter")].upper() for subject, just_right in found if just_right}
    for subject, just_right in found:
        if not (just_right and len(judged) > 2):
            yield subject, subject.start("letter")


def _subject(text: str, end: int) -> re.Match[str] | None:
    """The letter that is the subject of a predicate at `end`, with at most its option's text in between."""
    start = max(0, end - 120)
    for match in _SENTENCE_BREAK.finditer(text, start, end):
        if not re.search(r"(?:^|[\s(\[])[A-Z]\Z", text[max(0, match.start() - 2) : match.start()]):
            start = match.end()
    found = None
    for match in _SUBJECT.finditer(text, max(0, start - 2), end):
        found = match
    if found is None:
        return None
    between = text[found.end() : end].strip(" ,:.-–—")
    named = re.fullmatch(r"\([^()]{0,90}\)|[^.;?!\n]{0,90}", between)
    capital = text[found.start("letter")].isupper()
    alone = not between and (capital or "option" in found[0].lower() or "(" in found[0])
    described = (
        bool(named and between) and capital and (between[0] == "(" or text[found.end() : found.end() + 1] in ".,:)-–—")
    )
    return found if alone or described else None


def _before(text: str, start: int) -> str:
    """What stands in the same sentence before an offset, 80 characters at the most."""
    window = text[max(0, start - 80) : start]
    breaks = list(_SENTENCE_BREAK.finditer(window))
    return window[breaks[-1].end() :] if breaks else window


def _stands(text: str, match: re.Match[str], cue_start: int, options: Mapping[str, str]) -> bool:
    """Whether nothing around a statement takes it back: negation, condition, question, lower-case article."""
    place = match.start("letter")
    letter = text[place]
    after = skip_own(text[place + 1 : place + 400], options[letter.upper()])[:90]
    before = _before(text, min(cue_start, place))
    filler = match.groupdict().get("filler") or ""
    clause = _clause(before)
    # What stands before "therefore" are the reasons, before "wait" a "no".
    concluded = match.re in (_FROM_CONCLUSION, _FROM_RETRACTION)
    if (not concluded and _NEGATION.search(clause)) or _FILLER_NEGATION.search(filler) or _NO_STATEMENT.search(filler):
        return False
    lower = letter.islower() and not CALLED.search(text, max(0, place - 10), place)
    if lower and re.match(r"\s+[a-z]", after) and not re.match(r"\s+(?:because|since|as|which|due)\b", after):
        return False
    if re.match(r"[)\]\"']*\s*\?", after) or _TAKEN_BACK.match(after) or _OTHERS.search(before):
        return False
    # "a) 20 chromatids and b) …" answers the parts of a question.
    if letter.islower() and after[:1] == ")" and any(_SUBQUESTION.search(option) for option in options.values()):
        return False
    if not_ours(before):
        return False
    would = re.search(r"\bwould\b|'d\b", clause + match[0] + after[:16])
    hypothetical = (
        re.search(r"\b(?:if|unless)\b", clause, re.IGNORECASE)
        or (would and re.search(r"\b(?:if|unless|had|were)\b", before, re.IGNORECASE))
        or (would and _CONDITION_AFTER.match(after))
    )
    return not hypothetical


def _clause(before: str) -> str:
    """The clause in which a sentence's end stands, without the assurances that only sound like a negation."""
    return _ASSURANCE.sub("", re.split(r",|\bbut\b|:\s", before)[-1])
