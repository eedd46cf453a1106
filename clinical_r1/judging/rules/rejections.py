"""Rejections: options named beside a cue that dismisses them, and the kind of reason that is given.

Whether a medical reason is true cannot be known here: such a reason is `unknown`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from clinical_r1.judging.instances import Citation, Reason, Rejection
from clinical_r1.judging.rules import cues
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.options import Mention
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.vocabulary import is_specific

_REACH = 90
"""Characters between a cue and the option it dismisses."""
_MOST = 24
"""Cues of one line that are looked at: no sentence has more, a loop may."""
_NEAR = 24
"""The same where the cue is weak: a "not" may belong to anything."""
_JOINED = re.compile(r"\A[)\]\"'\s]*(?:[(][^()]{0,60}[)])?\s*(?:,|/|&|and\b|or\b|nor\b|as well as\b)")


class Hit(NamedTuple):
    """A cue with the options that it dismisses."""

    start: int
    """Offset in the text."""
    end: int
    targets: tuple[Mention, ...]
    """Empty where the option is named in an earlier line."""
    letters: tuple[str, ...]


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
            start, end = _zone(line, hits, place)
            reason, first, last = _reason(reading, citations, number, (start, end), hit)
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


# --- reason -----------------------------------------------------------------------------------------------------------
def _zone(line: Line, hits: Sequence[Hit], place: int) -> tuple[int, int]:
    """The part of the sentence that belongs to one of its cues."""
    start = line.start if place == 0 else _between(line, hits[place - 1], hits[place])
    end = line.end if place + 1 == len(hits) else _between(line, hits[place], hits[place + 1])
    return (start, end) if start < end else (line.start, line.end)


def _between(line: Line, one: Hit, other: Hit) -> int:
    start = max(one.end, *(target.end for target in one.targets)) if one.targets else one.end
    end = min(other.start, *(target.start for target in other.targets)) if other.targets else other.start
    for pattern in (cues.PART, cues.LOOSE_PART):
        breaks = list(pattern.finditer(line.low, start - line.start, max(start, end) - line.start))
        if breaks:
            return line.start + breaks[-1].start()
    return max(start, min(end, line.end))


def _reason(
    reading: Reading, citations: Sequence[Sequence[Citation]], number: int, zone: tuple[int, int], hit: Hit
) -> tuple[Reason, int, int]:
    """The kind of reason, and the offsets of what names it."""
    line = reading.lines[number]
    for at, (start, end) in _tied(reading, number, zone):
        spans = [one.span for one in citations[at] if start <= one.span.start and one.span.end <= end]
        places = [(span.start, span.end) for span in spans] + _absences(reading, at, start, end)
        if places and at == number:
            return "case_fact", min(place[0] for place in places), max(place[1] for place in places)
        if places:
            return "case_fact", hit.start, hit.end
    low = line.low[zone[0] - line.start : zone[1] - line.start]
    if cues.REASON.search(low) or _other_words(reading, number, zone, hit, 3):
        return "unknown", hit.start, hit.end
    if any(_other_words(reading, at, place, hit, 1) for at, place in _tied(reading, number, zone) if at > number):
        return "unknown", hit.start, hit.end
    return "bare", hit.start, hit.end


def _tied(reading: Reading, number: int, zone: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The part of the line itself, then the neighbours that it is tied to."""
    yield number, zone
    lines = reading.lines
    if number + 1 < len(lines):
        following = lines[number + 1]
        same = reading.topics[number] is not None and reading.topics[number] == reading.topics[number + 1]
        if cues.TIED.match(following.low) or (same and set(reading.options_in(number + 1)) <= {reading.topics[number]}):
            yield number + 1, (following.start, following.end)
    topic = reading.topics[number]
    headed = topic is not None and number > 0 and reading.topics[number - 1] == topic and not reading.mentions[number]
    if headed or (number and cues.FOLLOWS.match(lines[number].low) and not reading.mentions[number - 1]):
        yield number - 1, (lines[number - 1].start, lines[number - 1].end)


def _absences(reading: Reading, number: int, start: int, end: int) -> list[tuple[int, int]]:
    """Findings that are said to be absent and that the case does not have."""
    if not reading.item.has_case:
        return []
    line, mask, (there, _) = reading.lines[number], reading.masks[number], reading.in_stem
    found = []
    for place, kind in enumerate(line.absent):
        word = line.keys[place]
        inside = start <= line.starts[place] and line.ends[place] <= end
        if kind == 2 and inside and place not in mask and not line.general[place] and is_specific(word):
            if word in there or word in cues.NO_FINDING or not _of_patient(reading, number, place):
                return []
            found.append((line.starts[place], line.ends[place]))
    return found


def _of_patient(reading: Reading, number: int, place: int) -> bool:
    """Whether "X lacks Y" is said of the patient and not of an option."""
    line, mask = reading.lines[number], reading.masks[number]
    for at in range(place - 1, max(-1, place - 12), -1):
        if line.words[at].startswith("lack") and line.words[at] != "lack":
            return not any(before in mask for before in range(max(0, at - 3), at))
    return True


def _other_words(reading: Reading, number: int, zone: tuple[int, int], hit: Hit, least: int) -> bool:
    """Whether so many specific words of the part belong to neither an option nor the cue, or one that is absent."""
    line, mask = reading.lines[number], reading.masks[number]
    places = [
        place
        for place, start in enumerate(line.starts)
        if place not in mask
        and zone[0] <= start < zone[1]
        and not hit.start <= start < hit.end
        and is_specific(line.keys[place])
        and line.keys[place] not in cues.NO_REASON
    ]
    return len(places) >= least or any(line.absent[place] == 2 for place in places)
