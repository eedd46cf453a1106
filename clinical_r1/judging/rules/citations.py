"""Citations: sentences that name a fact of the case in the case's own words and numbers.

A paraphrase is out of reach ("febrile" for "a temperature of 39 °C"): what is counted here is a lower bound.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from clinical_r1.judging.instances import Citation
from clinical_r1.judging.rules.facts import Fact
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.options import clusters
from clinical_r1.judging.rules.reading import Reading
from clinical_r1.judging.rules.vocabulary import OPPOSITE_KEYS, TIME_KEYS

_GAP = 7
"""Words that may lie between two matched ones."""
_NEAR = 4
"""Words between a number and its neighbour."""
_PART = re.compile(r";|,? (?:but|whereas|while|although)\b|,")
_LINKS = re.compile(
    r"\W*(?:all |both |together,? )?(?:this|these|that|those|it|which|such)\b[^.;]{0,60}?\b(?:support|suggest|argu|"
    r"point|rule|exclude|favou?r|"
    r"make|against|consistent|indicat|fit|match|speak|rul|confirm|typical|characteristic)"
)


class Match(NamedTuple):
    """A fact found in a line."""

    fact: int
    """Place in the case's facts, from 0."""
    places: tuple[int, ...]
    """Numbers of the words that name it."""
    share: float
    """Share of the fact's words that are named."""


def find_citations(reading: Reading) -> tuple[tuple[Citation, ...], ...]:
    """The citations of each line of a response."""
    if not reading.item.facts:
        return ((),) * len(reading.lines)
    return tuple(
        tuple(_citation(reading, number, match) for match in _matches(reading, number))
        for number in range(len(reading.lines))
    )


def _citation(reading: Reading, number: int, match: Match) -> Citation:
    line = reading.lines[number]
    start, end = line.starts[match.places[0]], line.ends[match.places[-1]]
    return Citation(reading.span(start, end), match.fact + 1, _option(reading, number, start, end))


# --- which facts ------------------------------------------------------------------------------------------------------
def _matches(reading: Reading, number: int) -> list[Match]:
    line, mask, case = reading.lines[number], reading.masks[number], reading.case
    if case.places.keys().isdisjoint(line.keys):
        return []
    places: dict[int, list[int]] = {}
    for place, word in enumerate(line.keys):
        if word in case.places and place not in mask and not line.general[place]:
            for fact in case.places[word]:
                places.setdefault(fact, []).append(place)
    found = [match for fact, there in places.items() if (match := _match(line, case.facts[fact], fact, there))]
    return sorted(_best(found), key=lambda match: match.places)


def _match(line: Line, fact: Fact, number: int, places: list[int]) -> Match | None:
    """The best group of words that cites the fact, None if none does."""
    agreeing = [place for place in places if _agrees(line, fact, place)]
    best = None
    for group in clusters(agreeing, _GAP):
        words = {line.keys[place] for place in group if line.keys[place] in fact.words}
        numbered = _has_number(line, fact, group)
        if _is_enough(fact, [line.keys[place] for place in group], words, numbered) and not _differs(line, fact, group):
            share = (len(words) + numbered) / (len(fact.words) + 1)
            if best is None or share > best.share:
                best = Match(number, tuple(group), share)
    return best


def _agrees(line: Line, fact: Fact, place: int) -> bool:
    word = line.keys[place]
    if word in fact.words:
        return fact.words[word] == (line.absent[place] > 0)
    return any(_beside(line, place, number.neighbours) for number in fact.numbers if number.key == word)


def _beside(line: Line, place: int, neighbours: frozenset[str]) -> bool:
    return not neighbours.isdisjoint(line.keys[max(0, place - _NEAR) : place + _NEAR + 1])


def _has_number(line: Line, fact: Fact, group: list[int]) -> bool:
    return any(line.keys[place] == number.key for place in group for number in fact.numbers)


def _is_enough(fact: Fact, order: list[str], words: set[str], numbered: bool) -> bool:
    if numbered:
        return True
    if fact.measured or not words:
        return False
    if not fact.strong.isdisjoint(words) or len(words) == len(fact.words):
        return any(len(word) > 2 for word in words)
    if len(words) >= 2 and 2 * len(words) >= len(fact.words):
        return True
    pairs = set(pairwise(fact.order))
    said = [word for word in order if word in fact.words]
    return any(pair in pairs for pair in pairwise(said))


def _differs(line: Line, fact: Fact, group: list[int]) -> bool:
    """Whether the words around say the contrary: another side, another trend, another duration."""
    first, last = max(0, group[0] - 3), min(len(line.keys), group[-1] + 4)
    around = line.keys[first:last]
    for word in around:
        others = OPPOSITE_KEYS.get(word)
        if others and word not in fact.modifiers and not others.isdisjoint(fact.modifiers):
            return others.isdisjoint(around)
    if not fact.numbers or _has_number(line, fact, group):
        return False
    units = {word for number in fact.numbers for word in number.neighbours if word in TIME_KEYS}
    return any(word[:1].isdigit() and not units.isdisjoint(around[at + 1 : at + 3]) for at, word in enumerate(around))


def _best(found: list[Match]) -> Iterator[Match]:
    """Of facts found in the same words, the one that they cover best."""
    for match in found:
        mine = set(match.places)
        if not any(
            other is not match
            and mine <= set(other.places)
            and (mine != set(other.places) or (other.share, -other.fact) > (match.share, -match.fact))
            for other in found
        ):
            yield match


# --- for or against which option --------------------------------------------------------------------------------------
def _option(reading: Reading, number: int, start: int, end: int) -> str | None:
    """The one option that the fact is linked with: in its part of the sentence, the sentence, or the next one."""
    named = reading.options_in(number)
    if len(named) > 1:
        line = reading.lines[number]
        cuts = [line.start + match.start() for match in _PART.finditer(line.low)]
        first = max((cut for cut in cuts if cut <= start), default=line.start)
        last = min((cut for cut in cuts if cut >= end), default=line.end)
        named = reading.options_in(number, first, last)
        return named[0] if len(named) == 1 else None
    if named:
        return named[0]
    if reading.topics[number]:
        return reading.topics[number]
    following = number + 1
    if following < len(reading.lines) and _LINKS.match(reading.lines[following].low):
        named = reading.options_in(following)
        return named[0] if len(named) == 1 else None
    return None
