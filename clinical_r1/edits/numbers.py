"""A number with its unit changed to another plausible one, clearly different."""

import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from clinical_r1.edits import Edit
from clinical_r1.edits.case import Case, lexicon, wording
from clinical_r1.sentences import Sentence

_NUMBER = (
    r"(?<![\w.,/<>≥≤=~±^–−-])(?<![<>≥≤=~±×x] )(?P<value>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
    r"(?![\d]|\.\d|,\d|[–-]\d|/\d| ?(?:to|or|[–-]|×|x|/) ?\d)"
)
_TEMPERATURE = re.compile(
    r"(?<![\w.,/<>–-])(?P<one>\d{2,3}(?:\.\d+)?)(?P<unit>\s*[°º˚]\s*[CF]|\s*[℃℉]|\s?[CF]\b)"
    r"(?:(?P<bracket>\s*\()(?P<two>\d{2,3}(?:\.\d+)?)(?P<other>\s*[°º˚]?\s*[CF]|\s*[℃℉])\))?"
)
_PRESSURE = re.compile(
    r"(?<![\w.,/<>–-])(?P<high>\d{2,3})(?P<slash> ?/ ?)(?P<low>\d{2,3})(?![\d/–-]|\.\d)(?P<unit>\s*mm ?Hg)?"
)
_DURATION = re.compile(
    r"(?<![\w.,/<>–-])(?P<value>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve)(?P<gap>[ -])"
    r"(?P<unit>hour|day|week|month|year)(?P<plural>s?)\b(?P<after>[^.;\n]{0,24})",
    re.IGNORECASE,
)
_DOSE = re.compile(_NUMBER + r"(?P<unit> ?(?:mg|mcg|[µμ]g))\b(?! ?[/(]| per)")
_LENGTH = re.compile(
    _NUMBER + r"(?P<unit>[ -](?:cm|mm))\b(?! ?(?:H|/|x|×|by|\(|in (?:length|height)|tall|below|above))"
)
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()
_STEPS = {
    "hour": (2, 3, 4, 6, 8, 10, 12, 18, 36),
    "day": (2, 3, 4, 5, 6, 8, 10, 12),
    "week": (2, 3, 4, 5, 6, 8, 10),
    "month": (2, 3, 4, 5, 6, 8, 10),
    "year": (2, 3, 4, 6, 8, 10, 12, 15, 20),
}
_AGE = re.compile(r"\b(\d{1,3})[ -]*(?:year|yr)s?[ -]*old\b", re.IGNORECASE)


def numbers(case: Case) -> Iterator[Edit]:
    """Every measured number, put into or out of its usual range or made clearly longer or shorter."""
    stem = case.stem
    child = wording("child").search(stem) is not None
    small = child and re.search(r"month|week|day|infant|newborn", stem) is not None
    age = int(found[1]) if (found := _AGE.search(stem)) else 0
    low = re.search(r"hypotensi|shock", stem) is not None
    contrary = [bool(quantity.words and quantity.words.search(stem)) for quantity in _quantities()]
    for fact in case.facts:
        text = fact.text
        if not any(map(str.isdigit, text)) and not wording("counts").search(text):
            continue
        judged = wording("judged").search(text) is not None
        studied = wording("study").search(text) is not None
        if not studied:
            for match in _DURATION.finditer(text):
                yield from _longer(case, fact, match, age)
        if not judged:
            for match in _TEMPERATURE.finditer(text):
                if re.search(r"\b(?:temp\w*|T)\b", _before(text, match), re.IGNORECASE):
                    yield from _warmer(case, fact.start, match)
            for match in _PRESSURE.finditer(text):
                named = re.search(r"\b(?:blood pressures?|BP)\b[^,;]{0,25}$", _before(text, match), re.IGNORECASE)
                if named and not child and not low:
                    yield from _pressed(case, fact.start, match)
            if not studied:
                for pattern in (_DOSE, _LENGTH):
                    for match in pattern.finditer(text):
                        yield from _scaled(case, fact.start, match)
        if not small:
            for place, quantity in enumerate(_quantities()):
                # Pulse and respirations, the first two, have other ranges in children.
                if not contrary[place] and not (child and place < 2):
                    yield from _measured(case, fact, quantity)


def _before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 80) : match.start()]


class _Quantity(NamedTuple):
    """What is measured, where its value is usual, and how far it goes."""

    pattern: re.Pattern[str]
    words: re.Pattern[str] | None
    """With what another value would not agree."""
    lowest: float
    usual_from: float
    usual_to: float
    highest: float

    def other(self, old: float, random: Random) -> float | None:
        """A value in another range, clearly away from the old one; None where there is none."""
        spans = [(self.usual_from, self.usual_to)]
        if self.lowest:
            spans.append((self.lowest, self.usual_from - 0.3 * (self.usual_from - self.lowest)))
        if self.highest:
            spans.append((self.usual_to + 0.3 * (self.highest - self.usual_to), self.highest))
        away = 0.5 * (self.usual_to - self.usual_from)
        if not self.lowest / 3 <= old <= 4 * (self.highest or self.usual_to):
            return None
        spans = [span for span in spans if not span[0] - away <= old <= span[1] + away]
        return random.uniform(*random.choice(spans)) if spans else None


def _measured(case: Case, fact: Sentence, quantity: _Quantity) -> Iterator[Edit]:
    """Values of quantities whose usual range is known, put into or out of it."""
    for match in quantity.pattern.finditer(fact.text):
        before, after = _before(fact.text, match), fact.text[match.end() : match.end() + 30]
        line = before.rpartition("\n")[2] + match[0] + after.partition("\n")[0]
        if wording("judged").search(line) or wording("reference").search(before):
            continue
        start = fact.start + match.start("value")
        new = quantity.other(float(match["value"].replace(",", "")), case.random(start))
        if new is not None:
            yield Edit("number", start, match["value"], _written(new, match["value"]))


@cache
def _quantities() -> list[_Quantity]:
    made = []
    for name, unit, lowest, usual_from, usual_to, highest, words in lexicon()["quantities"]:
        ahead = (
            rf"(?<![\w-])(?:{name})(?![\w-])[\s:]*(?:\([^()]{{1,30}}\)[\s:]*)?"
            r"(?:(?:is|was|of|are|at|=|level|concentration|count)[\s:]+){0,3}"
        )
        judged = rf"(?!\s?(?:{unit})?\s*\((?:\d|H|L|high|low|elev|norm\w+\)))"
        behind = rf"(?=\s?(?:{unit})(?![\w/])){judged}" if unit else r"(?![\w%/]|\.\d)"
        contrary = re.compile(words, re.IGNORECASE) if words else None
        usual = map(float, (lowest, usual_from, usual_to, highest))
        made.append(_Quantity(re.compile(ahead + _NUMBER + behind, re.IGNORECASE), contrary, *usual))
    return made


def _written(value: float, like: str) -> str:
    """A value as another one is written: its decimals, commas between thousands, round where that is."""
    decimals = len(like.partition(".")[2])
    if value >= 1000 and not decimals:
        value = round(value, -2)
    return f"{value:,.{decimals}f}" if "," in like or value >= 10_000 else f"{value:.{decimals}f}"


def _warmer(case: Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    celsius = match["unit"].strip()[-1] in "C℃"
    old = float(match["one"]) if celsius else (float(match["one"]) - 32) / 1.8
    if not 30 < old < 43 or (match["two"] and (match["other"].strip()[-1] in "C℃") == celsius):
        return
    random = case.random(at + match.start())
    spans = [span for span in ((36.5, 37.1), (38.4, 40.2), (34.6, 35.4)) if not span[0] - 0.9 <= old <= span[1] + 0.6]
    new = round(random.uniform(*spans[0]), 1)
    shown = {True: f"{new:.1f}", False: f"{new * 1.8 + 32:.1f}"}
    text = shown[celsius] + match["unit"]
    if match["two"]:
        text += match["bracket"] + shown[not celsius] + match["other"] + ")"
    yield Edit("number", at + match.start(), match[0], text)


def _pressed(case: Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    high, low = int(match["high"]), int(match["low"])
    if not 50 <= high <= 260 or not 20 <= low < high:
        return
    random = case.random(at + match.start())
    spans = [
        s for s in ((76, 90, 40, 56), (110, 126, 66, 80), (166, 198, 98, 118)) if not s[0] - 20 <= high <= s[1] + 20
    ]
    spans = spans or [(110, 126, 66, 80)]
    from_high, to_high, from_low, to_low = random.choice(spans)
    new = f"{random.randint(from_high, to_high)}{match['slash']}{random.randint(from_low, to_low)}"
    yield Edit("number", at + match.start(), match[0][: len(match[0]) - len(match["unit"] or "")], new)


def _longer(case: Case, fact: Sentence, match: re.Match[str], age: int) -> Iterator[Edit]:
    unit, value, start = match["unit"].casefold(), match["value"], fact.start + match.start()
    old = int(value) if value.isdecimal() else _COUNTED.index(value.casefold())
    before = fact.text[max(0, match.start() - 30) : match.start()]
    if wording("no_duration").match(match["after"]) or wording("not_behind").search(before) or old < 1:
        return
    if (old == 1 and match["gap"] == " ") or value[:1].isupper() or "_" in match["after"]:
        return
    steps = [step for step in _STEPS[unit] if step >= 2 * old or 2 * step <= old]
    if unit == "year":
        steps = [step for step in steps if step < age - 16]
    if not value.isdecimal():
        steps = [step for step in steps if step < len(_COUNTED)]
    if not steps or (age < 3 and unit in ("week", "month", "year")):
        return
    new = case.random(start).choice(steps)
    yield Edit("number", start, value, str(new) if value.isdecimal() else _COUNTED[new])


def _scaled(case: Case, at: int, match: re.Match[str]) -> Iterator[Edit]:
    value = match["value"]
    if "," in value or not 0 < float(value) <= 2000:
        return
    start = at + match.start("value")
    news = [float(value) * factor for factor in (2, 3, 0.5)]
    written = [f"{new:g}" for new in news if round(new, 1) == new and new >= 0.2]
    if written:
        yield Edit("number", start, value, case.random(start).choice(written))
