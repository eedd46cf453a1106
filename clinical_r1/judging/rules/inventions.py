"""Things that a response says the patient has, or had, of which the stem has no word: devices, operations, diseases.

Only after words that state them of this patient, and only whole phrases without any word of the case or of an option:
"has a pacemaker", "has a history of gout". What may be a conclusion ("has a pneumonia") counts only as history.
"""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Claim
from clinical_r1.judging.rules import quantities
from clinical_r1.judging.rules.findings import is_finding
from clinical_r1.judging.rules.hypotheses import DISEASE_WITHIN
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading, has_relative
from clinical_r1.judging.rules.vocabulary import is_specific

_WHO = (
    r"(?:(?:the|this|our) (?:[\w-]+ ){0,2}?(?:patient|man|woman|boy|girl|child|infant|lady|gentleman)|he|she|patient)"
    r"(?: (?:also|already|currently|now|previously|recently|once))?"
)
# Stated as history: no conclusion of the response's.
_HISTORY = re.compile(
    rf"\b(?:{_WHO} (?:has|had) (?:a |an )?(?:(?!family|no)[\w-]+ ){{0,3}}?history of|"
    rf"{_WHO} (?:is|was) (?:known to have|known for|(?:previously |once )?(?:diagnosed with|treated for))|"
    rf"{_WHO} (?:has |had )?(?:undergone|underwent)|"
    r"(?:his|her|the patient's) (?:past )?(?:medical |surgical )?history (?:includes|is (?:notable|significant|"
    r"remarkable) for))(?: (?:a|an|the))? "
)
_HAD = re.compile(rf"\b{_WHO} (?:had|has had)(?: (?:a|an))? ")
_HAS = re.compile(rf"\b{_WHO} (?:has|had|wears|carries|uses) an? ")
_PHRASE = re.compile(
    r"(?:[\w'-]+ ){0,4}?[\w'-]+(?= *(?:[,.;:)!]|\Z| (?:and|in|on|since|last|from|at|placed|as|after|\w+ \w+ ago)\b))"
)
_PAST = re.compile(
    r" *(?:last (?:year|month|week|spring|summer|autumn|fall|winter)|(?:\w+ ){1,3}ago\b|in (?:childhood|\d{4}|"
    r"the past)|as a (?:child|teenager|boy|girl)|at (?:the )?age)"
)
# Words of conclusions and judgements, which are no facts of a case.
_JUDGES = frozenset(
    "therefore thus so hence likely probably must suggest suggests suggesting consistent indicate indicates "
    "diagnosis confirm confirms confirming conclude means mean because clearly since making".split()
)
_NO_THING = re.compile(
    r"\b(?:\w*(?:ness|tion|sion|ity|ance|ence|ment|ship|emia|itis|osis|oma|pathy)|picture|pattern|triad|course|tendency|"
    r"chance|risk|need|problem|process|system|mass|lesion|tumou?r|cancer|bleed|clot|block|defect|injury|damage|failure|"
    r"syndrome|disease|disorder|condition|state|cause|reason|background|profile|set|group|series|lot|score|classic|"
    r"typical|form|variant|severe|mild|acute|chronic|sign|clue|feature|finding|symptom|count|level|value|rate|pressure|"
    r"range|shift|gap|hallmark|exposure|rupture|rise|fall|drop)s?\b"
)


def inventions(reading: Reading, number: int) -> Iterator[Claim]:
    """The things of a line that the patient is said to have and that the case does not know."""
    line = reading.lines[number]
    if line.vocabulary.isdisjoint(_VERBS):
        return
    behind = 0
    for start, end in sorted({*_stated(line)}):
        if start >= behind and _is_new(reading, number, start, end):
            behind = end
            yield Claim(reading.span(line.start + start, line.start + end), "invented")


_SUBJECTS = frozenset("the this our he she his her patient".split())
_VERBS = frozenset("has had history known diagnosed treated undergone underwent wears carries uses".split())


def _stated(line: Line) -> Iterator[tuple[int, int]]:
    """Phrases that are stated of the patient, as offsets in the line."""
    for match in line.matches(_HISTORY, _SUBJECTS):
        if phrase := _PHRASE.match(line.low, match.end()):
            yield phrase.span()
    for match in line.matches(_HAD, _SUBJECTS) if "had" in line.vocabulary else ():
        phrase = _PHRASE.match(line.low, match.end())
        if phrase and _PAST.match(line.low, phrase.end()):
            yield phrase.span()
    for match in line.matches(_HAS, _SUBJECTS) if line.vocabulary.isdisjoint(_JUDGES) else ():
        phrase = _PHRASE.match(line.low, match.end())
        if phrase and not _NO_THING.search(phrase[0]) and not DISEASE_WITHIN.search(phrase[0]):
            yield phrase.span()


def _is_new(reading: Reading, number: int, start: int, end: int) -> bool:
    """Whether a phrase names something and shares no word with the case, the options or a measured quantity."""
    line, mask = reading.lines[number], reading.masks[number]
    places = [place for place, at in enumerate(line.starts) if start <= at - line.start < end]
    named = [place for place in places if is_specific(line.keys[place])]
    return bool(named) and not any(
        place in mask
        or line.absent[place]
        or line.general[place]
        or line.words[place] in quantities.WORDS
        or is_finding(line.keys[place])
        or has_relative(reading, line.keys[place])
        for place in named
    )
