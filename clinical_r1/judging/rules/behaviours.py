"""Backtracking, verification, subgoal setting and backward chaining, by the words that announce them.

A change of line is one from sentence to sentence, between options; a hypothesis that is no option is not followed.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.reading import Phrases, Reading, Text, is_specific, keys, words
from clinical_r1.judging.rules.rejections import find_hits

_LOOK_BACK, _LOOK_AHEAD, _PROPOSED = 5, 3, 40
"""Sentences in which the option before a turn, the one behind it, and an option to check are looked for."""
_OPENING = 4
"""Words within which a sentence begins, or an option stands before what it predicts."""

_TURNS, _BEGINS, _CHECKS, _GOALS, _PREDICTS, _TESTS = map(
    Phrases, ("turns", "begins", "checks", "goals", "predicts", "tests")
)
_CONTRARY, _CONDITIONS, _THINK, _FINAL, _SUPPOSES = map(keys, ("contrary", "conditions", "think", "final", "supposes"))
_LABELS = words("labels")


def find_steps(reading: Reading) -> tuple[Step, ...]:
    """Every step of a response that its words announce."""
    return (*_backtracking(reading), *_verification(reading), *_subgoals(reading), *_backward_chaining(reading))


def _backtracking(reading: Reading) -> Iterator[Step]:
    """An option put forward is dropped, and another one taken up: "At first A. Wait, ... it is B"."""
    text, last = reading.text, -1
    begun = {text.line_of[first] for first, _ in _BEGINS.find(text)}
    turns: dict[int, Collection[int]] = {}  # sentence with a turn -> the sentences that it may drop
    for first, _ in _TURNS.find(text):
        turns[text.line_of[first]] = range(len(text.lines))
    for place in text.places(_CONTRARY) if begun else ():
        if not begun.isdisjoint(range(text.line_of[place] - 2, text.line_of[place] + 1)):
            turns.setdefault(text.line_of[place], begun)
    hits = find_hits(reading) if turns else {}
    held = [
        {one.letter for one in named}.difference(*(hit.letters for hit in hits.get(number, ())))
        for number, named in enumerate(reading.mentions if turns else ())
    ]
    for number in sorted(turns):
        earlier = range(number - 1, max(-1, last - 1, number - _LOOK_BACK - 1), -1)
        dropped = next((at for at in earlier if held[at] and at in turns[number]), number)
        later = range(number, min(len(text.lines), number + _LOOK_AHEAD) if dropped < number else number)
        taken = next((at for at in later if held[at] - held[dropped]), None)
        if taken is not None:
            resumed = reading.span(text.lines[number].start, text.lines[taken].stop)
            yield Step("backtracking", reading.span(*text.lines[dropped][2:]), resumed)
            last = number


def _verification(reading: Reading) -> Iterator[Step]:
    """An option named before is checked again, against something named: "Let me double-check B against the age"."""
    text, last = reading.text, -1
    for first, end in _CHECKS.find(text):
        number, line = text.line_of[first], text.line(first)
        before = reading.mentions[max(0, number - _PROPOSED) : number]
        if number == last or not (any(before) or reading.options(number, 0, first)):
            continue
        following = [text.keys[at] for other in text.lines[number + 1 : number + 2] for at in range(*other[:2])]
        if any(word in _CONDITIONS or is_specific(word) for word in (*text.keys[end : line.end], *following)):
            yield Step("verification", reading.span(line.start, line.stop))
            last = number


def _subgoals(reading: Reading) -> Iterator[Step]:
    """An intermediate goal is announced; each step of a numbered plan is one."""
    text = reading.text
    goals = _GOALS.find(text)
    taken = {end - 1 for _, end in goals}
    goals += [(place, place + 1) for place in text.places(_THINK) if place not in taken and _is_numbered(text, place)]
    for first, end in sorted(goals):
        line = text.line(first)
        stop = next((at for at in range(end, line.end) if text.words[at] in (";", "(")), line.end)
        if not text.asks(text.line_of[first]) and not text.has(_FINAL, end, min(stop, end + 6)):
            yield Step("subgoal_setting", reading.words(first, stop - 1))


def _is_numbered(text: Text, place: int) -> bool:
    """Whether a number stands in front of a word as its label: "1. Identify", "(1) identify", "Step 1: identify"."""
    first = text.line(place).first
    number = next((at for at in range(place - 1, first - 1, -1) if text.words[at] not in (")", ":", "—", "–")), first)
    return text.words[number].isdecimal() and (number == first or text.words[number - 1] in _LABELS)


def _backward_chaining(reading: Reading) -> Iterator[Step]:
    """What a stated candidate predicts is held against the case: "If this were A, we would expect ...; he has none"."""
    text, last = reading.text, -1
    tests = [first for first, _ in _TESTS.find(text)]
    for first, end in _PREDICTS.find(text):
        number, start = text.line_of[first], _candidate(reading, first)
        test = next(iter(tests[bisect_left(tests, end) :][:1]), -1)
        beside = (
            test - text.line(test).first < _OPENING
            if text.line_of[test] == number + 1
            else text.line_of[test] == number
        )
        if start is not None and number != last and test >= 0 and beside:
            prediction = reading.span(text.starts[first], text.line(test).stop)
            yield Step("backward_chaining", reading.words(start, first - 1), prediction)
            last = number


def _candidate(reading: Reading, predicts: int) -> int | None:
    """The first word of the option that is supposed in a sentence ("if this were A"), or that predicts something."""
    text, number = reading.text, reading.text.line_of[predicts]
    supposed = next((at for at in range(text.lines[number].first, predicts) if text.keys[at] in _SUPPOSES), None)
    if supposed is not None:
        return supposed if reading.options(number, supposed, predicts) else None
    near = [one.first for one in reading.mentions[number] if 0 <= predicts - one.last - 1 < _OPENING]
    return near[-1] if near else None
