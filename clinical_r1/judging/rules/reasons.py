"""The kind of reason for which an option is rejected: a fact of the case, one that rules cannot weigh, or none."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clinical_r1.judging.instances import Citation, Reason
from clinical_r1.judging.rules import cues
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.options import Mention
from clinical_r1.judging.rules.reading import Reading, has_relative
from clinical_r1.judging.rules.vocabulary import is_specific


class Hit(NamedTuple):
    """A cue with the options that it dismisses."""

    start: int
    """Offset in the text."""
    end: int
    targets: tuple[Mention, ...]
    """Empty where the option is named in an earlier line."""
    letters: tuple[str, ...]


def zone_of(line: Line, hits: Sequence[Hit], place: int) -> tuple[int, int]:
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


def reason_for(
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
    if 2 not in line.absent:
        return []
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
    first = place
    while first and line.absent[first - 1] == 2:
        first -= 1
    return not _has_foreign_subject(reading, number, first - 1)


def _has_foreign_subject(reading: Reading, number: int, place: int) -> bool:
    """Whether what a "no" is said of is neither this patient nor anything of the case: "because cats have no"."""
    line = reading.lines[number]
    subject: list[int] = []
    for at in range(place - 1, max(-1, place - 12), -1):
        if line.words[at] in cues.OPENS_REASON:
            break
        subject.append(at)
    else:
        return False
    if any(line.words[at] in cues.PERSONAL for at in subject):
        return False
    there, gone = reading.in_stem
    named = [line.keys[at] for at in subject if is_specific(line.keys[at])]
    return bool(named) and not any(word in there or word in gone or has_relative(reading, word) for word in named)


def _other_words(reading: Reading, number: int, zone: tuple[int, int], hit: Hit, least: int) -> bool:
    """Whether so many specific words of the part belong to neither an option nor the cue, or one that is absent."""
    line, mask = reading.lines[number], reading.masks[number]
    starts, keys = line.starts, line.keys
    places = [
        place
        for place in range(bisect_left(starts, zone[0]), bisect_left(starts, zone[1]))
        if is_specific(keys[place])
        and place not in mask
        and not hit.start <= starts[place] < hit.end
        and keys[place] not in cues.NO_REASON
    ]
    return len(places) >= least or any(line.absent[place] == 2 for place in places)
