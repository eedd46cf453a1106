"""Backward chaining: what a stated candidate predicts is tested against the case."""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.hypotheses import DISEASE_WITHIN
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.vocabulary import is_specific

_EXPECTS = (
    r"(?:would|should|'d|ought to|will)\s+(?:\w+ly |also |then )?(?:expect|see|"
    r"find|have|be|present|show|cause|produce|predict|anticipate|lead|manifest|give|explain|need|require)\w*"
)
_IF = re.compile(
    r"\b(?:if|suppose|supposing|assuming|were)\b(?! (?:untreated|left|needed|necessary|possible|so\b|not\b|present|"
    r"the patient (?:is|were) (?:stable|unstable)))"
    rf"(?P<supposed>(?:[^.;]|\.(?=\w)){{3,160}}?)[,:;—–-]*\s+(?:then )?(?:\w+ ){{0,6}}?(?P<expects>{_EXPECTS})"
)
_SEEN = r"(?:mentioned|described|reported|documented|recorded|noted|found)"
_OF_CASE = re.compile(
    rf"\b(?:patient|here|he|she|his|her|(?:this|the) (?:case|stem|vignette)|absent|present|lacks?|denies|"
    rf"(?:not|nothing|none|neither|as)(?: \w+){{0,4}}? {_SEEN})\b"
)
# "That is not so", "This does not match": the expectation is weighed, whatever is said of the case.
_VERDICT = re.compile(
    r"\W*(?:but |and |yet |however,? )?(?:that|this|it|these|those|both|neither|none|which)\b(?: \w+){0,2}? "
    r"(?:(?:is|are|was|were|does|do|did)(?: not|n't)|(?:is|are|was|were) (?:absent|missing|lacking|so|true|exactly|"
    r"what|indeed)|(?:fits?|match(?:es)?|holds?|agrees?)\b)"
)
_FOUND = frozenset("find found see seen reported described mentioned documented present absent".split())
_SUPPOSES = frozenset("if suppose supposing assuming were".split())
_PREDICTS = re.compile(rf"(?P<expects>{_EXPECTS.replace('|be|', '|')}|predicts?|implies)\b")
_HERE = re.compile(
    r"\b(?:here|this (?:patient|case|man|woman|boy|girl|child)|the (?:patient|case|man|woman|boy|girl|child|stem|"
    r"vignette)|our patient|he|she|his|her|which (?:is|are|was|were)|"
    r"which|but|however|yet|instead|whereas|although|though|while|"
    r"and (?:indeed|there|yet|the|his|her|this|that)|there (?:is|are|was|were)|indeed|absent|present|lacks?|denies|"
    r"neither|none|nothing|as (?:is |was )?(?:reported|described|seen|found))\b|[;:—–]"
)
_NOW = re.compile(
    r"\W*(?:but |however,? |and |yet |indeed,? |in fact,? |in this case,? )*(?:here|this|the|these|those|our|he|"
    r"she|there|we|no|his|her|neither|none|nothing|instead|that|it|both|such|in (?:this|reality)|on "
    r"(?:physical )?exam\w*|exam\w*)\b"
)


def backward_chaining(reading: Reading) -> Iterator[Step]:
    """Every test of a stated candidate."""
    for number, line in enumerate(reading.lines):
        if line.vocabulary.isdisjoint(("would", "should", "we'd", "predicts", "predict", "implies", "will", "i'd")):
            continue
        step = _supposed(reading, number, line) or _predicted(reading, number, line)
        if step:
            yield step


def _supposed(reading: Reading, number: int, line: Line) -> Step | None:
    match = next(line.matches(_IF, _SUPPOSES), None)
    if match is None:
        return None
    start, end = line.start + match.start(), line.start + match.end("supposed")
    named = reading.options_in(number, start, end) or DISEASE_WITHIN.search(match["supposed"])
    pronoun = re.match(r"\W*(?:this|it|the (?:diagnosis|cause|answer|culprit|disease)|that)\b", match["supposed"])
    if not (named or pronoun):
        return None
    return _tested(reading, number, (start, end), line.start + match.start("expects"), match.end())


def _predicted(reading: Reading, number: int, line: Line) -> Step | None:
    match = _PREDICTS.search(line.low)
    if match is None:
        return None
    place = line.start + match.start()
    before = [mention for mention in reading.mentions[number] if mention.end <= place and place - mention.end < 40]
    if not before:
        return None
    start = before[-1].start
    return _tested(reading, number, (start, before[-1].end), place, match.end())


def _tested(reading: Reading, number: int, hypothesis: tuple[int, int], start: int, after: int) -> Step | None:
    """The step, if the line or the next one holds what was expected against the case."""
    line = reading.lines[number]
    here = _HERE.search(line.low, after)
    end = line.end
    if here is None or not _about_case(reading, number, line.start + here.start()):
        following = number + 1
        if following >= len(reading.lines) or not _looks_at_case(reading.lines[following]):
            return None
        if not _about_case(reading, following, 0):
            return None
        end = reading.lines[following].end
    return Step("backward_chaining", reading.span(*hypothesis), reading.span(start, end))


def _looks_at_case(line: Line) -> bool:
    return _NOW.match(line.low) is not None or not line.vocabulary.isdisjoint(_FOUND)


def _about_case(reading: Reading, number: int, start: int) -> bool:
    """Whether a line speaks of this patient from an offset on: by name, by a word of the case, or by an absence."""
    line = reading.lines[number]
    there, gone = reading.in_stem
    low = line.low[max(0, start - line.start) :]
    if _OF_CASE.search(low) or _VERDICT.match(low):
        return True
    return any(
        begin >= start and is_specific(word) and (word in there or word in gone or line.absent[place])
        for place, (begin, word) in enumerate(zip(line.starts, line.keys, strict=True))
    )
