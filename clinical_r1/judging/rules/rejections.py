"""Rejections: options named beside a cue that dismisses them, and the kind of reason that is given.

Whether a medical reason is true cannot be known here: such a reason is `unknown`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from clinical_r1.judging.instances import Citation, Reason, Rejection
from clinical_r1.judging.rules.reading import Mention, Phrases, Reading, Text, is_specific, keys, words

_REACH, _WEAK_REACH, _SPOKEN, _KEPT = 14, 3, 3, 4
"""Words between a cue and its option; between a bare "not", which may belong to anything, and one; before a cue in a
sentence that names no option; and in front of a cue that may be turned round ("cannot be excluded")."""

_DISMISSED, _DISMISSES, _HOLDS = map(Phrases, ("dismissed", "dismisses", "holds"))
_WEAK, _KEEPS, _REASON, _HOLDS_NOT = map(keys, ("weak", "keeps", "reason", "holds not"))
_CLAUSE, _FOLLOWS, _TIES, _PERSONAL, _JOINS = map(words, ("clause", "follows", "ties", "personal", "joins"))
_LOOSE = frozenset((",", "and"))
_PART = _CLAUSE | _LOOSE | {"because", "since"}


class Hit(NamedTuple):
    """Options dismissed by a cue, from the first of their words to the last."""

    letters: tuple[str, ...]
    first: int
    last: int


def find_rejections(reading: Reading, cited: Sequence[Citation]) -> tuple[Rejection, ...]:
    """Every rejection of an option in a response whose citations are given."""
    text, found = reading.text, []
    edges = [(bisect_left(text.starts, one.span.start), bisect_left(text.starts, one.span.end)) for one in cited]
    facts = frozenset(place for first, end in edges for place in range(first, end))
    for number, hits in find_hits(reading).items():
        line = text.lines[number]
        for at, hit in enumerate(hits):
            begin = _break(text, hits[at - 1].last, hit.first) if at else line.first
            end = _break(text, hit.last, hits[at + 1].first) if at + 1 < len(hits) else line.end
            reason, places = _reason(reading, facts, number, range(begin, end), hit)
            span = reading.words(min(hit.first, *places), max(hit.last, *places))
            found += [Rejection(span, letter, reason) for letter in hit.letters]
    return tuple(sorted(found, key=lambda one: (one.span.start, one.option)))


@lru_cache(maxsize=1)  # asked for by both judges
def find_hits(reading: Reading) -> Mapping[int, Sequence[Hit]]:
    """Sentence -> its cues that dismiss options, in order."""
    text = reading.text
    cues: list[tuple[int, int, Phrases | None]] = []
    if reading.negated:  # what holds is not the answer
        cues += [(*cue, _HOLDS) for cue in _HOLDS.find(text) if not text.has(_HOLDS_NOT, *text.line(cue[0])[:2])]
    else:
        kept = set()
        for kind in (_DISMISSED, _DISMISSES):
            for first, end in kind.find(text):
                kept.add(keeping := _keeping(text, first))
                cues += [(first, end, kind)] if keeping is None else []
        cues += [(place, place + 1, None) for place in text.places(_WEAK)]
        cues = [cue for cue in cues if cue[0] not in kept]
    hits: dict[int, list[Hit]] = {}
    behind = 0
    for first, end, side in sorted(cues, key=lambda cue: (cue[0], -cue[1])):
        number = text.line_of[first]
        if first >= behind and (hit := _hit(reading, number, first, end, side)):
            hits.setdefault(number, []).append(hit)
            behind = end
    return hits


def _keeping(text: Text, first: int) -> int | None:
    """The word right in front of a cue that turns it round, in its own part of the sentence; None without one."""
    before = range(first - 1, max(text.line(first).first, first - _KEPT) - 1, -1)
    own = takewhile(lambda at: text.words[at] not in _PART, before)
    return next((at for at in own if text.keys[at] in _KEEPS), None)


def _hit(reading: Reading, number: int, first: int, end: int, kind: Phrases | None) -> Hit | None:
    """The options that a cue dismisses: on its own side, else on the other, else the one that its sentence is about."""
    text, named, topic = reading.text, reading.mentions[number], reading.topics[number]
    if text.asks(number) or not reading.option_words.isdisjoint(range(first, end)):
        return None
    reach = _REACH if kind else _WEAK_REACH
    ahead = _chain(text, [one for one in reversed(named) if one.last < first], first, -1, reach)
    behind = _chain(text, [one for one in named if one.first >= end], end, 1, reach)
    targets = (behind or ahead) if kind is _DISMISSES else (ahead or behind)
    letters = tuple(dict.fromkeys(one.letter for one in targets))
    if not named and topic and kind and first - text.lines[number].first <= _SPOKEN:
        letters = (topic,)  # "It is unlikely", behind a sentence or a heading that names an option
    if kind is None or reading.negated:
        letters = tuple(letter for letter in letters if letter != reading.answer)
    edges = [first, end - 1, *(edge for one in targets for edge in one[1:])]
    return Hit(letters, min(edges), max(edges)) if letters else None


def _chain(text: Text, named: Sequence[Mention], edge: int, step: int, reach: int) -> list[Mention]:
    """The options next to a cue: the nearest one, and those that are joined to it ("A, C and D")."""
    chain: list[Mention] = []
    for one in named:
        between = text.words[edge : one.first] if step > 0 else text.words[one.last + 1 : edge]
        joined = not chain or one.letter == chain[-1].letter or _JOINS.issuperset(between)
        if not joined or len(between) > reach or not _CLAUSE.isdisjoint(between):
            break
        chain.append(one)
        edge = one.last + 1 if step > 0 else one.first
    return chain


def _break(text: Text, left: int, right: int) -> int:
    """Where the part of one cue ends and that of the next one begins, between their words."""
    between = range(left + 1, right)
    breaks = [at for at in between if text.words[at] in _CLAUSE] or [at for at in between if text.words[at] in _LOOSE]
    return breaks[-1] if breaks else max(left + 1, right)


def _reason(
    reading: Reading, facts: frozenset[int], number: int, zone: range, hit: Hit
) -> tuple[Reason, Sequence[int]]:
    """The kind of reason that a part of a sentence gives, and the words that name it."""
    text, own = reading.text, (hit.first, hit.last)
    if places := [*(at for at in zone if at in facts), *_lacking(reading, zone)]:
        return "case_fact", places
    tied = list(_tied(reading, number))
    beside = [range(*text.lines[other][:2]) for other in tied]
    if any(not facts.isdisjoint(part) or _lacking(reading, part) for part in beside):
        return "case_fact", own
    others = [at for at in zone if not hit.first <= at <= hit.last and _is_other(reading, at)]
    given = len(others) > 2 or any(at in text.absent for at in others) or any(other > number for other in tied)
    given = given or text.has(_REASON, zone.start, zone.stop)
    return "unknown" if given else "bare", own


def _is_other(reading: Reading, place: int) -> bool:
    return place not in reading.option_words and is_specific(reading.text.keys[place])


def _lacking(reading: Reading, zone: range) -> list[int]:
    """Words for what the patient is said to lack, and the case does not report: "no aphasia"."""
    text = reading.text
    places = [at for at in zone if at in text.absent and at not in text.general and _is_other(reading, at)]
    if not places or not reading.has_case or any(text.keys[at] in reading.stem.there for at in places):
        return []
    first = text.line(places[0]).first
    negation = next((at for at in range(places[0], first, -1) if at not in text.absent), first)
    before = text.words[max(first, negation - _KEPT) : negation]
    return places if text.opens(negation) or not _PERSONAL.isdisjoint(before) else []


def _tied(reading: Reading, number: int) -> Iterator[int]:
    """Sentences beside one that give its reason: "Because ..." behind it, what "So ..." follows from, its heading's."""
    text, headings = reading.text, reading.headings
    heading = number if headings[number] is None else headings[number]
    if text.word(number + 1) in _TIES or heading in headings[number + 1 : number + 2]:
        yield number + 1
    follows = text.word(number) in _FOLLOWS and number and not reading.mentions[number - 1]
    if follows or (heading in headings[max(0, number - 1) : number] and not reading.mentions[number]):
        yield number - 1
