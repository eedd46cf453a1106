"""Subgoals: an intermediate goal of the reasoning is announced."""

import re
from collections.abc import Iterator

from clinical_r1.judging.instances import Step
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.reading import Reading

_THINK = (
    r"(?:identify|determine|figure out|find (?:out)?|consider|evaluate|assess|analy[sz]e|examine|compare|review|"
    r"look (?:at|for|into)|go through|"
    r"understand|establish|work out|narrow|list|recall|rule out|check|weigh|summari[sz]e|break (?:down|this)|interpret|"
    r"clarify|decide|differentiate|distinguish|locate|localize|classify|explore|exclude|eliminate|calculate|match|"
    r"test|sort out|pin down|see (?:which|what|whether))"
)
_GOAL = re.compile(
    rf"\b(?:(?:first|next|then|second|third|finally|now|secondly|afterwards?|to (?:start|begin)|after that|"
    rf"step \d)\b[,:]?\s+(?:\w+ )?"
    rf"(?:i(?:'ll| will| need to| must| should| want to| have to)|we(?:'ll| will| need to| must| should| have to)?|"
    rf"let's|let us|let me)(?: (?:need to|must|first|now|then|also|have to))*|"
    rf"(?:let's|let us|let me|i will|i'll|i need to|we need to|we must|i must|we have to) (?:first|start by|"
    rf"begin by|begin with|next|now|then)|"
    rf"(?:my|the|our) (?:first|next|second|third) (?:step|task|goal|question) (?:here )?is to|(?:we|i) (?:first |"
    rf"now |then )?need to|(?:let's|let us|let me)|"
    rf"the (?:goal|task|question) (?:now|here) is(?: to)?|before (?:answering|deciding|choosing)[^,]{{0,30}},)\s+"
    rf"(?:\w+ly )?(?P<verb>{_THINK}|{_THINK[3:-1].split('|')[0]}ing)\b"
)
_GERUND = re.compile(r"\b(?:start|begin) by (?P<verb>\w+ing)\b")
_FINAL = re.compile(
    r"\A[^.;]{0,40}?\b(?:final answer|(?:best|correct|right) (?:answer|option|choice)|the answer|"
    r"answer the question)\b|\A\s+(?:my|the) (?:first|intuitive) impression"
)
_ITEM = re.compile(rf"\A\W*(?:(?:step\s+)?\d{{1,2}}[.):]|step\s+\d{{1,2}}\b[.:)—–-]*)\W*(?:first,? )?(?:{_THINK})\b")
_STEP_HEAD = re.compile(r"\A\W*step\s+\d{1,2}\s*[.:)—–-]+\s*\w+ing\b")
_NO_GOAL = re.compile(
    r"\bfirst[- ]line\b|\bnext (?:best )?step in (?:the )?(?:management|treatment|evaluation|diagnosis)\b|\bif we\b"
)


def subgoals(reading: Reading) -> Iterator[Step]:
    """Every announced intermediate goal; each step of a numbered plan is one."""
    for line in reading.lines:
        if line.low.endswith("?") and "let" not in line.low:
            continue
        if _ITEM.match(line.low) or _STEP_HEAD.match(line.low):
            if not _FINAL.search(line.low):
                yield Step("subgoal_setting", reading.span(line.start, line.end))
            continue
        if line.vocabulary.isdisjoint(_GOAL_WORDS) or _NO_GOAL.search(line.low):
            continue
        for match in _goals(line):
            if not _FINAL.search(line.low[match.end() :]) and not _is_check(line.low, match):
                end = _end_of_goal(line.low, match.end())
                yield Step("subgoal_setting", reading.span(line.start + match.start(), line.start + end))


# What an announced goal begins with.
_FIRST = frozenset(
    "first next then second third finally now secondly afterward afterwards to after step let's let i i'll we we'll my "
    "the our before".split()
)
_GOAL_WORDS = frozenset("i we let let's i'll we'll me goal task question step by".split())


def _goals(line: Line) -> Iterator[re.Match[str]]:
    end = 0
    gerunds = _GERUND.finditer(line.low) if "by" in line.vocabulary else ()
    for match in sorted([*line.matches(_GOAL, _FIRST), *gerunds], key=lambda one: one.start()):
        if match.start() >= end:
            yield match
            end = match.end()


def _is_check(low: str, match: re.Match[str]) -> bool:
    """Whether it announces a re-check, which is verification."""
    return (
        match["verb"] in ("check", "test")
        and re.search(r"\b(?:again|answer|this|that|against)\b", low[match.end() :][:40]) is not None
    )


def _end_of_goal(low: str, start: int) -> int:
    stop = re.compile(r"[;.]|, (?:then|and then|next|before|so)\b").search(low, start)
    return stop.start() if stop else len(low)
