"""Backtracking: a hypothesis put forward is dropped and another one taken up."""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.hypotheses import hypotheses
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading

_TURNS = re.compile(
    r"(?:\A|[.,;:—–-]\s*|\b(?:but|oh|and|so)\s+)\W*(?:wait|hmm+|hold on|actually|on (?:second thought|reflection|"
    r"further (?:thought|review|reflection))|"
    r"no,|scratch that|correction|let me (?:reconsider|rethink|re-?think|re-?evaluate|re-?think|revise)|i (?:need|"
    r"should|have|must) to? ?(?:reconsider|rethink|"
    r"revise|change)|i was wrong|i made (?:a mistake|an error)|that(?:'s| is) (?:not right|wrong|not correct)|"
    r"reconsidering|"
    r"looking again|going back|i (?:change|revise|retract)|(?:this|that) changes my)\b"
)
_AT_FIRST = re.compile(
    r"\b(?:at first|initially|first impression|my first (?:thought|instinct|guess)|first thought|at first glance|"
    r"i (?:first|initially) (?:thought|considered|suspected)|"
    r"my (?:initial|intuitive) (?:thought|impression|guess))\b"
)
_CONTRARY = re.compile(r"\b(?:but|however|yet|instead|rather|on the other hand|nevertheless|on closer)\b")
_INSTEAD = re.compile(r"\b(?:instead|after all|so (?:it|the answer) (?:is|must be|should be)|rather than|not)\b")
_PROPOSED = re.compile(
    r"\b(?:likely|suggest\w*|points? to|impression|at first|initially|think|seems?|appears?|could be|looks like|answer|"
    r"go with|leaning|diagnosis|consistent with|must be|might be|would be|is|fits?|suspect|favou?rs?|choose|"
    r"start with)\b"
)
_CONTRARY_WORDS = frozenset("but however yet instead rather other nevertheless closer".split())
_FIRST_WORDS = frozenset("first initially initial intuitive".split())
_LOOK_BACK, _LOOK_AHEAD = 5, 3


_TURN_WORDS = frozenset(
    "wait hmm hmmm hold actually second reflection further no scratch correction reconsider rethink revise wrong "
    "mistake error "
    "re reevaluate that's right reconsidering looking going change retract changes correct".split()
)


def _held(reading: Reading, number: int, rejected: frozenset[str]) -> frozenset[str]:
    """Hypotheses that a line puts forward."""
    line = reading.lines[number]
    held = hypotheses(reading, number) - rejected
    proposes = held and (len(line.words) < 8 or _PROPOSED.search(line.low))
    return held if proposes else frozenset()


def backtracking(reading: Reading) -> Iterator[Step]:
    """Every change from one hypothesis to another."""
    last = -1
    for number, line in enumerate(reading.lines):
        turn = None if line.vocabulary.isdisjoint(_TURN_WORDS) else _TURNS.search(line.low)
        begun = (
            not line.vocabulary.isdisjoint(_CONTRARY_WORDS)
            and _was_first(reading, number)
            and _CONTRARY.search(line.low) is not None
        )
        if not (turn or begun):
            continue
        step = _inside(reading, number, turn) if turn and turn.start() else None
        step = step or _turned(reading, number, max(last, number - _LOOK_BACK - 1), bool(turn))
        if step and step.second and step.second.start >= last:
            yield step
            last = number


def _was_first(reading: Reading, number: int) -> bool:
    return any(_says_first(line) for line in reading.lines[max(0, number - 2) : number + 1])


def _says_first(line: Line) -> bool:
    return not line.vocabulary.isdisjoint(_FIRST_WORDS) and _AT_FIRST.search(line.low) is not None


def _turned(reading: Reading, number: int, after: int, explicit: bool) -> Step | None:
    """The last line before that holds a hypothesis, and the first from here on that holds another."""
    lines = reading.lines
    for back in range(number - 1 if explicit or not _says_first(lines[number]) else number, max(-1, after), -1):
        if not explicit and not _says_first(lines[back]):
            continue
        dropped = _held(reading, back, _rejected(reading, back))
        if dropped:
            break
    else:
        return None
    if back == number:
        return _inside(reading, number, _CONTRARY.search(lines[number].low))
    for ahead in range(number, min(len(lines), number + _LOOK_AHEAD)):
        taken = _held(reading, ahead, _rejected(reading, ahead)) - dropped
        if taken:
            first, second = lines[back], lines[number]
            return Step(
                "backtracking",
                reading.span(first.start, first.end),
                reading.span(second.start, lines[ahead].end),
            )
    return None


def _inside(reading: Reading, number: int, turn: re.Match[str] | None) -> Step | None:
    """A change of line within one sentence: "At first A, but the rash suggests B"."""
    if turn is None:
        return None
    line = reading.lines[number]
    cut = line.start + turn.start()
    before = {mention.letter for mention in reading.mentions[number] if mention.end <= cut}
    rejected = _rejected(reading, number)
    behind = [
        mention for mention in reading.mentions[number] if mention.start >= cut and mention.letter not in rejected
    ]
    if before and {mention.letter for mention in behind} - before:
        return Step("backtracking", reading.span(line.start, cut), reading.span(cut, line.end))
    return None


_PART = re.compile("[,:;]")
_DISMISSED = re.compile(
    r"\b(?:not|isn't|unlikely|rules? out|ruled out|against|wrong|incorrect|excluded?|cannot be|doesn't fit|no)\b"
)


def _rejected(reading: Reading, number: int) -> frozenset[str]:
    """Options right beside a dismissal."""
    line = reading.lines[number]
    letters = set()
    for mention in reading.mentions[number]:
        before = line.low[max(0, mention.start - line.start - 24) : mention.start - line.start]
        after = line.low[mention.end - line.start : mention.end - line.start + 24]
        if _DISMISSED.search(_PART.split(before)[-1]) or _DISMISSED.search(_PART.split(after)[0]):
            letters.add(mention.letter)
    return frozenset(letters)
