"""Claims about the patient that contradict the case, or that it does not contain.

A number that differs from the stem's, a finding denied that the stem reports or reported that it denies, and a finding
stated of this patient of which the stem has no word, not even a related one. Precision goes before recall.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from clinical_r1.judging.instances import Claim
from clinical_r1.judging.rules.reading import WORDS, Phrases, Reading, Text, is_specific, key, keys, words

_REACH, _NEAR = 16, 8
"""Words that a statement reaches, and between the name of a quantity and its number."""
_FINDING, _MODIFIER, _BETWEEN, _COMPARED = map(keys, ("finding", "modifier", "between", "compared"))
_STOPS, _ARGUES, _OPENS = map(words, ("stops", "argues", "opens"))
_STATES = Phrases("states")
_QUANTITY = {tuple(map(key, name.split())): of for of, names in WORDS["quantity"].items() for name in names}
_SAME: dict[str, set[str]] = {}
for _line in WORDS["same"]:
    for _word in map(key, _line.split()):
        _SAME.setdefault(_word, {_word}).update(map(key, _line.split()))


def find_claims(reading: Reading) -> tuple[Claim, ...]:
    """Contradictions of the case and invented patient facts; none where the question has no case."""
    return (*_numbers(reading), *_findings(reading)) if reading.has_case else ()


class _Quantity(NamedTuple):
    """A quantity with a number, from its first word to its last."""

    name: str
    number: str
    first: int
    last: int


def _quantities(text: Text) -> Iterator[_Quantity]:
    """The named numbers of a text: "temperature of 39", "pulse is 99/min", "54-year-old"."""
    for place in text.places([form for form in text.forms if form[:1].isdigit()]):
        line = text.line(place)
        if text.behind(place, 2) == ["year", "old"]:
            yield _Quantity("age", text.keys[place], place, place + 2)
        end = place
        while end > max(line.first, place - _NEAR) and text.keys[end - 1] in _BETWEEN:
            end -= 1
        for first in range(max(line.first, end - 4), end):
            if name := _QUANTITY.get(tuple(text.keys[first:end])):
                yield _Quantity(name, text.keys[place], first, place)
                break


def _numbers(reading: Reading) -> Iterator[Claim]:
    """Numbers of the patient that differ from the case's, or belong to a quantity that it does not name."""
    text, stem = reading.text, reading.stem
    known = defaultdict(set)
    for one in _quantities(stem.text):
        known[one.name].add(one.number)
    for one in _quantities(text):
        line = text.line(one.first)
        compared = text.has(_COMPARED, max(line.first, one.first - 3), min(line.end, one.last + 4))
        if one.first in text.general or compared or text.asks(text.line_of[one.first]):
            continue
        if one.name in known and not _is_among(one, known[one.name] | (stem.words if one.name != "age" else set())):
            yield Claim(reading.words(one.first, one.last), "contradicts")
        elif one.name not in (*known, "age") and stem.words.isdisjoint(
            word for word in text.keys[one.first : one.last + 1] if is_specific(word) or word == one.number
        ):
            yield Claim(reading.words(one.first, one.last), "invented")


def _is_among(one: _Quantity, numbers: Collection[str]) -> bool:
    """Whether a number is one of these, rounded, or in the other unit of temperature."""
    plain = [float(number) for number in (one.number, *numbers) if number.replace(".", "", 1).isdecimal()]
    if one.number in numbers or "/" in one.number or not plain:  # 118/76
        return one.number in numbers
    said, *values = plain
    if one.name == "temperature":
        return any(
            abs(other - said) < 0.3 for value in values for other in (value, value * 1.8 + 32, (value - 32) / 1.8)
        )
    return any(round(value, len(one.number.partition(".")[2])) == said for value in values)


def _findings(reading: Reading) -> Iterator[Claim]:
    """Findings denied or stated of the patient against the case, or that the case does not have."""
    text, stem = reading.text, reading.stem
    places = [at for at in text.places(_FINDING) if at not in reading.option_words and at not in text.general]
    states = defaultdict(list)
    for first, end in _STATES.find(text) if places else ():
        states[text.line_of[first]].append(end)
    for place in places:
        word, line = text.keys[place], text.line(place)
        if text.asks(text.line_of[place]):
            continue
        if place in text.absent:
            first = next((at for at in range(place, line.first, -1) if at not in text.absent), line.first)
            if word in stem.there - stem.gone and text.keys[first] != "not" and not _is_qualified(text, place):
                yield Claim(reading.words(first, place), "contradicts")
        elif _is_stated(text, states[text.line_of[place]], place):
            if word in stem.gone - stem.there:
                yield Claim(reading.words(place, place), "contradicts")
            elif stem.words.isdisjoint(_SAME.get(word, {word})) and not any(
                len(other) > 5 and other[:5] == word[:5] for other in stem.words
            ):
                yield Claim(reading.words(place, place), "invented")


def _is_stated(text: Text, states: Sequence[int], place: int) -> bool:
    """Whether a word is stated of the patient: behind "the patient has", or as what argues: "the fever suggests"."""
    if any(end <= place < end + _REACH and _STOPS.isdisjoint(text.words[end:place]) for end in states):
        return True
    line = text.line(place)
    argues = not _ARGUES.isdisjoint(text.words[place : min(line.end, line.first + 2 * _REACH)])
    return argues and not _OPENS.isdisjoint(text.words[line.first : min(line.end, line.first + 2)])


def _is_qualified(text: Text, place: int) -> bool:
    """Whether a word beside a denied finding qualifies it ("no bilious vomiting", "no fever at night")."""
    line = text.line(place)
    around = text.keys[max(line.first, place - 1) : min(line.end, place + 2)]
    return any((is_specific(word) and word != text.keys[place]) or word in _MODIFIER for word in around)
