"""Statements about the patient that the case does not have, or that go against it.

Only what can be read off the words: a finding stated of this patient of which the stem has no word, not even a related
one, a number that differs from the stem's, a finding denied that the stem reports, or reported that the stem denies.
Whatever could be a conclusion, a supposition or general medicine is left alone: precision before recall.
"""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Claim
from clinical_r1.judging.rules import quantities
from clinical_r1.judging.rules.findings import is_finding
from clinical_r1.judging.rules.inventions import inventions
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading, has_relative
from clinical_r1.judging.rules.vocabulary import MODIFIER_KEYS, STOP_KEYS, is_specific

_WHO = r"(?:(?:the|this|our) (?:patient|man|woman|boy|girl|child|infant|lady|gentleman|case)|he|she|patient)"
_ALSO = r"(?:(?:also|clearly|initially|now|currently|typically) )?"
# What follows one of these, up to the end of the statement, is stated of the patient.
_STATED = re.compile(
    rf"\b{_WHO}'?s? {_ALSO}(?:has|had|presents? with|presented with|presenting with|complain(?:s|ed) of|reports?|"
    rf"reported|"
    r"experiences?|experienced|exhibits?|exhibited|shows?|showed|demonstrates?|develops?|developed|suffers? from|"
    r"has been having|"
    r"is a|is an|was a)\b"
    r"|\bwith (?:a |an )?(?:\w+ )?history of\b|\bgiven (?:the|his|her|this patient's|the patient's)\b"
    r"|\b(?:presence|combination|onset) of\b|\b(?:his|her|the patient's|this patient's) (?!mother|father|sister|"
    r"brother|son|"
    r"daughter|husband|wife|family)"
    r"|\b(?:examination|exam|laboratory (?:tests|studies|results)|labs|imaging|x-ray|ecg|ekg|ct|mri|ultrasound) "
    r"(?:also )?(?:shows?|showed|reveals?|revealed|demonstrates?|demonstrated)\b"
)
# A definite finding that is the subject of an argument: "The fever and the rash suggest".
_ARGUES = (
    r"(?:suggest|point|indicat|support|argu|make|made|rule|exclude|favou?r|(?:is|are|was|were) (?:consistent|"
    r"typical|classic|"
    r"characteristic|suggestive))"
)
_SUBJECT = re.compile(
    rf"\A\W*(?:but |and |so |here,? )?(?:the|only|this|these|his|her)\b(?P<what>[^.;:]{{2,200}}?)\b{_ARGUES}"
)
_STOP = re.compile(
    r"[;:.(]|\b(?:which|that|because|since|so|suggest\w*|point\w*|indicat\w*|support\w*|consistent|mak\w+|but|"
    r"however|although|while|"
    r"whereas|raising|concerning|typical|due|caused|therefore|thus|if|rather|risk|who|when|after|before|argu\w+|"
    r"from|secondary)\b"
)
_SUPPOSED = frozenset(
    "would if typically usually commonly often generally classically patients should could may might suppose "
    "assuming expect "
    "expected unless whether suspect suspected possible possibly family mother father sister brother son daughter "
    "husband wife imagine hypothetically develop developing prevent example another".split()
)
_COMPARED = re.compile(
    r"(?:above|below|over|under|than|least|most|normal|range|reference|limit|threshold|target|cut-?off|between|"
    r"up to|[<>≥≤])"
)
_NO_PATIENT = re.compile(
    r"\b(?:patients|people|adults|children|infants|individuals|women|men) (?:with|who|have|aged?)\b"
)
_OTHERS = frozenset("patients people adults children infants individuals women men".split())
_REACH = 160
_DENIED = re.compile(
    rf"\b(?:{_WHO} (?:has no|had no|does not have|did not have|denies|denied|lacks|is without)|there (?:is|was|are|"
    rf"were) no|(?:the )?absence of|without|no)\b"
)


def find_claims(reading: Reading) -> tuple[Claim, ...]:
    """Invented patient facts and contradictions of the case; none where the question has no case."""
    if not reading.item.has_case:
        return ()
    found: list[Claim] = []
    known = _known(reading)
    for number, line in enumerate(reading.lines):
        if "?" in line.low[-3:] or (line.vocabulary & _OTHERS and _NO_PATIENT.search(line.low)):
            continue
        if not line.vocabulary.isdisjoint(quantities.WORDS) and any(word[:1].isdigit() for word in line.vocabulary):
            found += _numbers(reading, line, known)
        if line.vocabulary.isdisjoint(_SUPPOSED):
            found += _findings(reading, number, line)
            found += _flipped(reading, number, line)
            found += inventions(reading, number)
    return tuple(found)


# --- numbers ----------------------------------------------------------------------------------------------------------
def _known(reading: Reading) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for line in reading.stem:
        for quantity in quantities.quantities(line):
            known.setdefault(quantity.name, set()).add(quantity.number)
    return known


def _numbers(reading: Reading, line: Line, known: dict[str, set[str]]) -> Iterator[Claim]:
    in_stem = reading.stem_numbers
    for quantity in quantities.quantities(line):
        around = line.low[max(0, quantity.start - 30) : quantity.end + 24]
        place = line.place(line.start + quantity.start)
        if _COMPARED.search(around) or re.match(r"\s?(?:-|–|to)\s?\d", line.low[quantity.end :][:5]):
            continue
        if line.general[place] or not line.vocabulary.isdisjoint(
            ("if", "would", "typically", "normally", "target", "goal", "mg")
        ):
            continue
        span = reading.span(line.start + quantity.start, line.start + quantity.end)
        numbers = known.get(quantity.name, set())
        if numbers and not quantities.agrees(quantity, numbers | (in_stem if quantity.name != "age" else set())):
            yield Claim(span, "contradicts")
        elif (
            not numbers
            and quantity.number not in in_stem
            and quantity.name != "age"
            and not _names(reading, quantity.name)
        ):
            yield Claim(span, "invented")


def _names(reading: Reading, name: str) -> bool:
    """Whether the stem speaks of a quantity in a way that was not read."""
    return any(name.split()[0] in line.vocabulary for line in reading.stem)


# --- findings ---------------------------------------------------------------------------------------------------------
def _findings(reading: Reading, number: int, line: Line) -> Iterator[Claim]:
    places = [
        place
        for place, finding in enumerate(map(is_finding, line.keys))
        if finding
        and not (line.absent[place] or line.general[place] or place in reading.masks[number])
        and not has_relative(reading, line.keys[place])
    ]
    parts = _statements(line) if places else []
    for place in places:
        begin = line.starts[place] - line.start
        if any(start <= begin < end for start, end in parts):
            yield Claim(reading.span(line.starts[place], line.ends[place]), "invented")


def _statements(line: Line) -> list[tuple[int, int]]:
    """Parts of a sentence that state something of the patient, without overlaps."""
    parts = []
    subject = _SUBJECT.match(line.low)
    if subject:
        parts.append(subject.span("what"))
    for match in _STATED.finditer(line.low):
        stop = _STOP.search(line.low, match.end(), match.end() + _REACH)
        end = stop.start() if stop else min(len(line.low), match.end() + _REACH)
        if parts and match.end() < parts[-1][1]:
            parts[-1] = (parts[-1][0], max(end, parts[-1][1]))
        else:
            parts.append((match.end(), end))
    return parts


# --- negations --------------------------------------------------------------------------------------------------------
def _flipped(reading: Reading, number: int, line: Line) -> Iterator[Claim]:
    there, gone = reading.in_stem
    mask = reading.masks[number]
    if not (gone or 2 in line.absent):
        return
    stated = None
    for place, finding in enumerate(map(is_finding, line.keys)):
        if not finding or place in mask or line.general[place]:
            continue
        word = line.keys[place]
        if line.absent[place] == 2 and word in there and word not in gone and _alone(line, place):
            if _DENIED.search(line.low) and not _among_denied(reading, word):
                yield Claim(reading.span(_negation_start(line, place), line.ends[place]), "contradicts")
        elif not line.absent[place] and word in gone and word not in there:
            stated = _statements(line) if stated is None else stated
            offset = line.starts[place] - line.start
            if any(start <= offset < end for start, end in stated):
                yield Claim(reading.span(line.starts[place], line.ends[place]), "contradicts")


def _alone(line: Line, place: int) -> bool:
    """Whether nothing qualifies the denied finding ("no bilious vomiting", "no fever at night")."""
    before, after = line.keys[place - 1 : place], line.keys[place + 1 : place + 2]
    plain = all(not is_specific(word) and word not in MODIFIER_KEYS for word in before)
    return plain and all(
        not word[0].isalpha() or word in STOP_KEYS or line.words[place + 1] in ("is", "was", "noted") for word in after
    )


def _among_denied(reading: Reading, word: str) -> bool:
    """Whether the stem qualifies its finding so that a denial may be right ("fever last week", "resolved")."""
    return any(
        word in line.keys
        and not line.vocabulary.isdisjoint(("resolved", "ago", "previously", "history", "until", "subsided"))
        for line in reading.stem
    )


def _negation_start(line: Line, place: int) -> int:
    for at in range(place - 1, max(-1, place - 12), -1):
        if line.absent[at] != 2:
            return line.starts[at]
    return line.starts[place]
