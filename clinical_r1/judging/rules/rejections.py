"""Rejections: options named beside a cue that dismisses them, and the kind of reason that is given.

Whether a medical reason is true cannot be known here: such a reason is `unknown`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from clinical_r1.judging.instances import Citation, Reason, Rejection
from clinical_r1.judging.rules import cues
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.options import Mention
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.reasons import Hit, reason_for, zone_of

_REACH = 90
"""Characters between a cue and the option it dismisses."""
_MOST = 24
"""Cues of one line that are looked at: no sentence has more, a loop may."""
_NEAR = 24
"""The same where the cue is weak: a "not" may belong to anything."""
_JOINED = re.compile(r"\A[)\]\"'\s]*(?:[(][^()]{0,60}[)])?\s*(?:,|/|&|and\b|or\b|nor\b|as well as\b)")


def find_rejections(reading: Reading, citations: Sequence[Sequence[Citation]]) -> tuple[Rejection, ...]:
    """Every rejection of an option in a response.

    Args:
        reading: The response.
        citations: Citations of each of its lines.
    """
    found: list[Rejection] = []
    for number, line in enumerate(reading.lines):
        hits = _hits(reading, number, line)
        for place, hit in enumerate(hits):
            start, end = zone_of(line, hits, place)
            reason, first, last = reason_for(reading, citations, number, (start, end), hit)
            places = [hit.start, hit.end, first, last, *(edge for target in hit.targets for edge in target[1:3])]
            span = reading.span(min(places), max(places))
            found += [Rejection(span, letter, reason) for letter in hit.letters]
    return tuple(_once(found))


def _once(found: list[Rejection]) -> Iterator[Rejection]:
    """Of rejections of one option in overlapping words, the one with the best reason."""
    rank: dict[Reason, int] = {"case_fact": 0, "unknown": 1, "bare": 2}
    kept: list[Rejection] = []
    for one in sorted(found, key=lambda rejection: rank[rejection.reason]):
        if not any(
            one.option == other.option and one.span.start < other.span.end and other.span.start < one.span.end
            for other in kept[-64:]
        ):
            kept.append(one)
    return iter(sorted(kept, key=lambda rejection: (rejection.span.start, rejection.option)))


# --- cue and option ---------------------------------------------------------------------------------------------------
def _hits(reading: Reading, number: int, line: Line) -> list[Hit]:
    words = cues.HOLDING_WORDS if reading.item.negated else cues.WORDS
    named = reading.mentions[number]
    if not (named or reading.topics[number] or (number and reading.mentions[number - 1])):
        return []
    if line.vocabulary.isdisjoint(words) or "?" in line.low[-3:]:
        return []
    hits: list[Hit] = []
    for start, end, before, weak in islice(cues.find(line, reading.item.negated), _MOST):
        start, end = line.start + start, line.start + end
        if any(mention.start < end and start < mention.end for mention in named):
            continue  # the words belong to an option's text
        reach = _NEAR if weak or line.low[start - line.start : end - line.start] == "not" else _REACH
        targets = _targets(line, named, (start, end), before, reach)
        letters = tuple(dict.fromkeys(target.letter for target in targets))
        if not letters and before and start - line.start < 60:
            letters = _spoken_of(reading, number)
        if weak or reading.item.negated:
            letters = tuple(letter for letter in letters if letter != reading.item.answer)
        if letters:
            hits.append(Hit(start, end, targets, letters))
    return hits


def _targets(
    line: Line, named: Sequence[Mention], cue: tuple[int, int], before: bool, reach: int
) -> tuple[Mention, ...]:
    """The options on a cue's side, or on its other side where there are none."""
    start, end = cue
    ahead = [mention for mention in named if mention.end <= start]
    behind = [mention for mention in named if mention.start >= end]
    sides = (("ahead", "behind") if before else ("behind", "ahead")) if named else ()
    for side in sides:
        found = _chain_before(line, ahead, start) if side == "ahead" else _chain_after(line, behind, end, reach)
        if found:
            return found
    return ()


def _chain_before(line: Line, ahead: list[Mention], start: int) -> tuple[Mention, ...]:
    if (
        not ahead
        or start - ahead[-1].end > _REACH
        or cues.BREAK.search(line.low, ahead[-1].end - line.start, start - line.start)
    ):
        return ()
    chain = [ahead[-1]]
    for mention in reversed(ahead[:-1]):
        between = line.low[mention.end - line.start : chain[0].start - line.start]
        if mention.letter != chain[0].letter and not _JOINED.match(between):
            break
        if len(between) > _REACH or cues.BREAK.search(between):
            break
        chain.insert(0, mention)
    return tuple(chain)


def _chain_after(line: Line, behind: list[Mention], end: int, reach: int) -> tuple[Mention, ...]:
    chain: list[Mention] = []
    for mention in behind:
        between = line.low[(chain[-1].end if chain else end) - line.start : mention.start - line.start]
        if len(between) > (40 if chain else reach) or cues.BREAK.search(between):
            break
        if chain and mention.letter != chain[-1].letter and not _JOINED.match(between):
            break
        chain.append(mention)
    return tuple(chain)


def _spoken_of(reading: Reading, number: int) -> tuple[str, ...]:
    """The option that a line without one speaks of: that of its heading, or the only one of the line before."""
    if reading.topics[number]:
        topic = reading.topics[number]
        return (topic,) if topic and set(reading.options_in(number)) <= {topic} else ()
    if number and not reading.mentions[number] and cues.ANAPHORA.match(reading.lines[number].low):
        named = reading.options_in(number - 1)
        return named if len(named) == 1 else ()
    return ()
