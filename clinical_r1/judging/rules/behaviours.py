"""Reasoning behaviours, by the words that announce them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.vocabulary import is_specific


def find_steps(reading: Reading) -> tuple[Step, ...]:
    """Every step of a response that its words announce."""
    kinds = (_backtracking, _verification, _subgoals, _backward_chaining)
    return tuple(step for kind in kinds for step in kind(reading))


# --- backtracking -----------------------------------------------------------------------------------------------------
_TURNS = re.compile(
    r"(?:\A|[.,;:—–-]\s*|\b(?:but|oh|and|so)\s+)\W*(?:wait|hmm+|hold on|actually|on (?:second thought|reflection|further (?:thought|review|reflection))|"
    r"no,|scratch that|correction|let me (?:reconsider|rethink|re-?think|re-?evaluate|re-?think|revise)|i (?:need|should|have|must) to? ?(?:reconsider|rethink|"
    r"revise|change)|i was wrong|i made (?:a mistake|an error)|that(?:'s| is) (?:not right|wrong|not correct)|reconsidering|"
    r"looking again|going back|i (?:change|revise|retract)|(?:this|that) changes my)\b"
)
_AT_FIRST = re.compile(
    r"\b(?:at first|initially|first impression|my first (?:thought|instinct|guess)|first thought|at first glance|i (?:first|initially) (?:thought|considered|suspected)|"
    r"my (?:initial|intuitive) (?:thought|impression|guess))\b"
)
_CONTRARY = re.compile(r"\b(?:but|however|yet|instead|rather|on the other hand|nevertheless|on closer)\b")
_INSTEAD = re.compile(r"\b(?:instead|after all|so (?:it|the answer) (?:is|must be|should be)|rather than|not)\b")
_PROPOSED = re.compile(
    r"\b(?:likely|suggest\w*|points? to|impression|at first|initially|think|seems?|appears?|could be|looks like|answer|"
    r"go with|leaning|diagnosis|consistent with|must be|might be|would be|is|fits?|suspect|favou?rs?|choose|start with)\b"
)
_LOOK_BACK, _LOOK_AHEAD = 5, 3
_HYPOTHESIS = re.compile(
    r"(?:itis|osis|[aeo]emia|oma|pathy|trophy|plasia|syndrome|embol\w+|infarct\w+|sepsis|stroke|cancer|asthma|pneumonia|lupus|"
    r"diabet\w+|angina|migraine|failure|abscess|malaria|measles|gout|goiter|anemia|infection)\Z"
)


_TURN_WORDS = frozenset(
    "wait hmm hmmm hold actually second reflection further no scratch correction reconsider rethink revise wrong mistake error "
    "re reevaluate that's right reconsidering looking going change retract changes correct".split()
)


@lru_cache(maxsize=1 << 14)
def _is_disease(word: str) -> bool:
    return len(word) > 3 and _HYPOTHESIS.search(word) is not None


def _hypotheses(reading: Reading, number: int) -> frozenset[str]:
    """Options that a line names, and diseases that are no option."""
    named = frozenset(reading.options_in(number))
    line, mask = reading.lines[number], reading.masks[number]
    return named | {
        word for place, word in enumerate(line.words) if _is_disease(word) and place not in mask
    }


def _held(reading: Reading, number: int, rejected: frozenset[str]) -> frozenset[str]:
    """Hypotheses that a line puts forward."""
    line = reading.lines[number]
    proposes = _PROPOSED.search(line.low) or len(line.words) < 8
    return _hypotheses(reading, number) - rejected if proposes else frozenset()


def _backtracking(reading: Reading) -> Iterator[Step]:
    last = -1
    for number, line in enumerate(reading.lines):
        turn = None if line.vocabulary.isdisjoint(_TURN_WORDS) else _TURNS.search(line.low)
        begun = _CONTRARY.search(line.low) is not None and _was_first(reading, number)
        if not (turn or begun):
            continue
        step = _inside(reading, line, turn) if turn and turn.start() else None
        step = step or _turned(reading, number, max(last, number - _LOOK_BACK - 1), bool(turn))
        if step and step.second and step.second.start >= last:
            yield step
            last = number


def _was_first(reading: Reading, number: int) -> bool:
    return any(_AT_FIRST.search(reading.lines[at].low) for at in range(max(0, number - 2), number + 1))


def _turned(reading: Reading, number: int, after: int, explicit: bool) -> Step | None:
    """The last line before that holds a hypothesis, and the first from here on that holds another."""
    lines = reading.lines
    for back in range(number - 1 if explicit or not _AT_FIRST.search(lines[number].low) else number, max(-1, after), -1):
        dropped = _held(reading, back, _rejected(reading, back))
        if not explicit and not _AT_FIRST.search(lines[back].low):
            continue
        if dropped:
            break
    else:
        return None
    if back == number:
        return _inside(reading, lines[number], _CONTRARY.search(lines[number].low))
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


def _inside(reading: Reading, line: Line, turn: re.Match[str] | None) -> Step | None:
    """A change of line within one sentence: "At first A, but the rash suggests B"."""
    if turn is None:
        return None
    number = reading.lines.index(line)
    cut = line.start + turn.start()
    before = {mention.letter for mention in reading.mentions[number] if mention.end <= cut}
    rejected = _rejected(reading, number)
    behind = [mention for mention in reading.mentions[number] if mention.start >= cut and mention.letter not in rejected]
    if before and {mention.letter for mention in behind} - before:
        return Step("backtracking", reading.span(line.start, cut), reading.span(cut, line.end))
    return None


_PART = re.compile("[,:;]")
_DISMISSED = re.compile(r"\b(?:not|isn't|unlikely|rules? out|ruled out|against|wrong|incorrect|excluded?|cannot be|doesn't fit|no)\b")


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


# --- verification -----------------------------------------------------------------------------------------------------
_CHECKS = re.compile(
    r"\b(?:(?:let me|let's|let us|i will|i'll|i should|i want to|i need to|we should|we can|to|now) (?:just |now |also |quickly )?"
    r"(?:double[- ]?check|verify|re-?check|cross[- ]?check|re-?verify|re-?examine|make sure|sanity[- ]check|confirm|check)|"
    r"double[- ]?checking|re-?checking|cross[- ]?checking|re-?verifying|to be (?:sure|certain|safe)|to make sure|"
    r"sanity check|as a check|does (?:this|that|it) (?:fit|hold|match|explain)|(?:checking|verifying|confirming) (?:this|that|the answer|each|"
    r"it|my|our|against|whether|the (?:other )?options?))\b|\A\W*(?:checking|verifying|verification|check)\b"
)
# Tests that are ordered are no check of a thought.
_OF_CARE = re.compile(
    r"\bto (?:confirm|verify|check|make sure)\b(?! (?:this (?:answer|conclusion|reasoning)|that (?:this|it)|my|our|against|whether (?:this|it)))"
)
_STRONG_CHECK = re.compile(r"double|re-?check|cross|sanity|to be (?:sure|certain|safe)|let me|let's|i will|i'll|i should")
_TESTS = re.compile(r"\b(?:biopsy|serum|levels?|blood|ct|mri|ultrasound|x-ray|ecg|culture|titers?|imaging|glucose|weekly|monthly|renal function)\b")
_CONDITION = re.compile(r"\b(?:against|that|whether|if|with|each|all|every|for|option|answer|diagnosis|age|findings?|case|stem|fit\w*|explains?|again)\b")


_CHECK_WORDS = frozenset(
    "check checking recheck rechecking verify verifying reverify reverifying verification confirm confirming sure certain safe "
    "examine reexamine double doublecheck crosscheck cross sanity does checked".split()
)


def _verification(reading: Reading) -> Iterator[Step]:
    for number, line in enumerate(reading.lines):
        match = None if line.vocabulary.isdisjoint(_CHECK_WORDS) else _CHECKS.search(line.low)
        if match is None or not _proposed_before(reading, number, line.start + match.start()):
            continue
        if _OF_CARE.search(match[0] + line.low[match.end() : match.end() + 30]) and not _STRONG_CHECK.search(line.low):
            continue
        rest = line.low[match.end() :]
        if _TESTS.search(rest[:50]) and not reading.options_in(number) and not _CONDITION.search(rest[:12]):
            continue
        place = line.start + match.end()
        firm = _CONDITION.search(rest) or _STRONG_CHECK.search(match[0]) or line.low.endswith("?")
        named = reading.options_in(number, place, line.end) or (firm and _specific(line, place)) or _ALL.search(rest)
        if named or _goes_on(reading, number + 1):
            yield Step("verification", reading.span(line.start, line.end))


_ALL = re.compile(r"\b(?:each|every|all)\b")


def _proposed_before(reading: Reading, number: int, offset: int) -> bool:
    """Whether there is already something to check: an option or a disease has been named."""
    if any(mention.end <= offset for mention in reading.mentions[number]):
        return True
    return any(_hypotheses(reading, at) for at in range(max(0, number - 40), number))


def _specific(line: Line, start: int) -> int:
    return sum(begin >= start and is_specific(word) for begin, word in zip(line.starts, line.keys, strict=True))


def _goes_on(reading: Reading, number: int) -> bool:
    if number >= len(reading.lines):
        return False
    words = {word for word in reading.lines[number].keys if is_specific(word)}
    there, gone = reading.in_stem
    return bool(reading.options_in(number)) or len(words & (there | gone)) > 0


# --- subgoals ---------------------------------------------------------------------------------------------------------
_THINK = (
    r"(?:identify|determine|figure out|find (?:out)?|consider|evaluate|assess|analy[sz]e|examine|compare|review|look (?:at|for|into)|go through|"
    r"understand|establish|work out|narrow|list|recall|rule out|check|weigh|summari[sz]e|break (?:down|this)|think about|interpret|"
    r"clarify|decide|differentiate|distinguish|locate|localize|classify|explore|exclude|eliminate|calculate|match|test|sort out|pin down|see (?:which|what|whether))"
)
_GOAL = re.compile(
    rf"\b(?:(?:first|next|then|second|third|finally|now|secondly|afterwards?|to (?:start|begin)|after that|step \d)\b[,:]?\s+(?:\w+ )?"
    rf"(?:i(?:'ll| will| need to| must| should| want to| have to)|we(?:'ll| will| need to| must| should| have to)?|let's|let us|let me)(?: (?:need to|must|first|now|then|also|have to))*|"
    rf"(?:let's|let us|let me|i will|i'll|i need to|we need to|we must|i must|we have to) (?:first|start by|begin by|begin with|next|now|then)|"
    rf"(?:my|the|our) (?:first|next|second|third) (?:step|task|goal|question) (?:here )?is to|(?:we|i) (?:first |now |then )?need to|(?:let's|let us|let me)|"
    rf"the (?:goal|task|question) (?:now|here) is(?: to)?|before (?:answering|deciding|choosing)[^,]{{0,30}},)\s+"
    rf"(?:\w+ly )?(?P<verb>{_THINK}|{_THINK[3:-1].split('|')[0]}ing)\b"
)
_GERUND = re.compile(r"\b(?:start|begin) by (?P<verb>\w+ing)\b")
_FINAL = re.compile(r"\A[^.;]{0,40}?\b(?:final answer|(?:best|correct|right) (?:answer|option|choice)|the answer|answer the question)\b|\A\s+(?:my|the) (?:first|intuitive) impression")
_ITEM = re.compile(rf"\A\W*(?:(?:step\s+)?\d{{1,2}}[.):]|step\s+\d{{1,2}}\b[.:)—–-]*)\W*(?:first,? )?(?:{_THINK})\b")
_STEP_HEAD = re.compile(r"\A\W*step\s+\d{1,2}\s*[.:)—–-]+\s*\w+ing\b")
_NO_GOAL = re.compile(r"\bfirst[- ]line\b|\bnext (?:best )?step in (?:the )?(?:management|treatment|evaluation|diagnosis)\b|\bif we\b")


def _subgoals(reading: Reading) -> Iterator[Step]:
    for line in reading.lines:
        if line.low.endswith("?") and "let" not in line.low:
            continue
        if _ITEM.match(line.low) or _STEP_HEAD.match(line.low):
            if not _FINAL.search(line.low):
                yield Step("subgoal_setting", reading.span(line.start, line.end))
            continue
        if line.vocabulary.isdisjoint(_GOAL_WORDS) or _NO_GOAL.search(line.low):
            continue
        for match in _goals(line.low):
            if not _FINAL.search(line.low[match.end() :]) and not _is_check(line.low, match):
                end = _end_of_goal(line.low, match.end())
                yield Step("subgoal_setting", reading.span(line.start + match.start(), line.start + end))


_GOAL_WORDS = frozenset("i we let let's i'll we'll me goal task question step by".split())


def _goals(low: str) -> Iterator[re.Match[str]]:
    end = 0
    for match in sorted([*_GOAL.finditer(low), *_GERUND.finditer(low)], key=lambda one: one.start()):
        if match.start() >= end:
            yield match
            end = match.end()


def _is_check(low: str, match: re.Match[str]) -> bool:
    """Whether it announces a re-check, which is verification."""
    return match["verb"] in ("check", "test") and re.search(r"\b(?:again|answer|this|that|against)\b", low[match.end() :][:40]) is not None


def _end_of_goal(low: str, start: int) -> int:
    stop = re.compile(r"[;.]|, (?:then|and then|next|before|so)\b").search(low, start)
    return stop.start() if stop else len(low)


# --- backward chaining ------------------------------------------------------------------------------------------------
_EXPECTS = r"(?:would|should|'d|ought to|will)\s+(?:\w+ly |also |then )?(?:expect|see|find|have|be|present|show|cause|produce|predict|anticipate|lead|manifest|give|explain|need|require)\w*"
_IF = re.compile(
    r"\b(?:if|suppose|supposing|assuming|were)\b(?! (?:untreated|left|needed|necessary|possible|so\b|not\b|present|the patient (?:is|were) (?:stable|unstable)))"
    rf"(?P<supposed>[^.;]{{3,90}}?)[,:;—–-]*\s+(?:then )?(?:\w+ ){{0,6}}?(?P<expects>{_EXPECTS})"
)
_PREDICTS = re.compile(rf"(?P<expects>{_EXPECTS.replace('|be|', '|')}|predicts?|implies)\b")
_HERE = re.compile(
    r"\b(?:here|this (?:patient|case|man|woman|boy|girl|child)|the (?:patient|case|man|woman|boy|girl|child|stem|vignette)|our patient|he|she|his|her|which (?:is|are|was|were)|"
    r"which|but|however|yet|and (?:indeed|there)|there (?:is|are|was|were)|indeed|absent|present|lacks?|denies|neither)\b"
)
_NOW = re.compile(r"\W*(?:but |however,? |and |yet |indeed,? |in fact,? |in this case,? )*(?:here|this|the|these|those|our|he|she|there|we|no|his|her|neither|none|that|it|both|in this)\b")


def _backward_chaining(reading: Reading) -> Iterator[Step]:
    for number, line in enumerate(reading.lines):
        if line.vocabulary.isdisjoint(("would", "should", "we'd", "predicts", "predict", "implies", "will", "i'd")):
            continue
        step = _supposed(reading, number, line) or _predicted(reading, number, line)
        if step:
            yield step


def _supposed(reading: Reading, number: int, line: Line) -> Step | None:
    match = _IF.search(line.low)
    if match is None:
        return None
    start, end = line.start + match.start(), line.start + match.end("supposed")
    named = reading.options_in(number, start, end) or _HYPOTHESIS_IN.search(match["supposed"])
    pronoun = re.match(r"\W*(?:this|it|the (?:diagnosis|cause|answer|culprit|disease)|that)\b", match["supposed"])
    if not (named or pronoun):
        return None
    return _tested(reading, number, (start, end), line.start + match.start("expects"), match.end())


_HYPOTHESIS_IN = re.compile(_HYPOTHESIS.pattern.replace(r"\Z", r"\b"))


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
        if following >= len(reading.lines) or not _NOW.match(reading.lines[following].low):
            return None
        if not _about_case(reading, following, 0):
            return None
        end = reading.lines[following].end
    return Step("backward_chaining", reading.span(*hypothesis), reading.span(start, end))


def _about_case(reading: Reading, number: int, start: int) -> bool:
    """Whether a line speaks of this patient from an offset on: by name, by a word of the case, or by an absence."""
    line = reading.lines[number]
    there, gone = reading.in_stem
    low = line.low[max(0, start - line.start) :]
    if re.search(r"\b(?:patient|here|he|she|his|her|this case|absent|present|lacks?|denies)\b", low):
        return True
    return any(
        begin >= start and is_specific(word) and (word in there or word in gone or line.absent[place])
        for place, (begin, word) in enumerate(zip(line.starts, line.keys, strict=True))
    )
