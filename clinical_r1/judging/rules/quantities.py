"""Measured quantities of a patient, by name, and the numbers that a text gives them."""

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.vocabulary import key

_NAMES: Final = {
    "temperature": r"temperature|temp\b|fever of|febrile (?:at|to)",
    "pulse": r"pulse|heart rate|hr\b",
    "blood pressure": r"blood pressure|bp\b",
    "respirations": r"respirations?|respiratory rate|rr\b",
    "saturation": r"oxygen saturation|saturation|spo2|sao2|o2 sat",
    "hemoglobin": r"ha?emoglobin(?! a1c)|hb\b|hgb\b",
    "hematocrit": r"ha?ematocrit|hct\b",
    "leukocytes": r"leukocyte count|leukocytes|white (?:blood )?cell count|wbc(?: count)?",
    "platelets": r"platelet count|platelets",
    "sodium": r"sodium|na\+?\b",
    "potassium": r"potassium|k\+",
    "chloride": r"chloride",
    "bicarbonate": r"bicarbonate|hco3",
    "creatinine": r"creatinine(?! clearance| kinase)",
    "urea": r"urea nitrogen|bun\b",
    "glucose": r"glucose",
    "calcium": r"calcium",
    "magnesium": r"magnesium",
    "albumin": r"albumin",
    "bilirubin": r"bilirubin",
    "ph": r"ph\b",
    "inr": r"inr\b",
    "esr": r"esr\b|erythrocyte sedimentation rate",
    "bmi": r"bmi\b|body mass index",
    "tsh": r"tsh\b|thyroid[- ]stimulating hormone",
    "qtc": r"qtc(?: interval)?",
    "a1c": r"hba1c|ha?emoglobin a1c",
    "ferritin": r"ferritin",
    "lactate": r"lactate(?! dehydrogenase)",
}
_GROUP = {f"q{number}": name for number, name in enumerate(_NAMES)}
_VALUE = r"(?P<value>\d+(?:[.,/]\d+)*)"
# "a temperature of 39", "pulse is 99/min", "Na 128", "(temperature 39 °C)"; no list and no comparison in between.
_NAMED = re.compile(
    rf"(?<![\w-])(?:{'|'.join(f'(?P<{group}>{_NAMES[name]})' for group, name in _GROUP.items())})"
    r"(?P<between>(?:[\s:=(]|\b(?:of|is|was|at|level|levels|concentration|interval|now|only|measured|reading|"
    r"about|approximately|around|count)\b){1,8})" + _VALUE
)
_AGE = re.compile(r"\b(?P<value>\d{1,3})[\s-]+years?[\s-]+old\b")
WORDS: Final = frozenset(
    "temperature temp fever febrile pulse heart hr blood bp respirations respiration respiratory rr saturation "
    "spo2 sao2 o2 "
    "hemoglobin haemoglobin hb hgb hematocrit haematocrit hct leukocyte leukocytes white wbc platelet platelets "
    "sodium na "
    "potassium k chloride bicarbonate hco3 creatinine urea bun glucose calcium magnesium albumin bilirubin ph inr esr "
    "erythrocyte bmi body tsh thyroid qtc hba1c a1c ferritin lactate old".split()
)
"""Words in a sentence without which it names no quantity."""
_FIRST = WORDS | {"oxygen"}
_ABOUT = re.compile(r"about|approximately|around")


class Quantity(NamedTuple):
    """A quantity with a number."""

    name: str
    number: str
    """Its common form."""
    start: int
    """Offset of the name in the text read."""
    end: int
    """Offset behind the number."""
    about: bool
    """Whether the number is only approximate."""


def quantities(line: Line) -> Iterator[Quantity]:
    """Every named number of a line, with offsets in it."""
    for match in line.matches(_NAMED, _FIRST):
        name = next(_GROUP[group] for group in _GROUP if match[group])
        yield Quantity(
            name, key(match["value"]), match.start(), match.end(), _ABOUT.search(match["between"]) is not None
        )
    for match in _AGE.finditer(line.low) if "old" in line.vocabulary else ():
        yield Quantity("age", key(match["value"]), *match.span(), False)


def agrees(quantity: Quantity, numbers: Collection[str]) -> bool:
    """Whether a number is one of these, rounded or in the other unit of temperature."""
    if quantity.number in numbers or quantity.number.split("/")[0] in {number.split("/")[0] for number in numbers}:
        return "/" not in quantity.number or quantity.number in numbers
    values = [value for number in numbers if (value := _float(number)) is not None]
    said = _float(quantity.number)
    if said is None:
        return quantity.number in numbers
    decimals = len(quantity.number.partition(".")[2])
    if any(
        abs(round(value, decimals) - said) < 1e-9 or (quantity.about and abs(value - said) <= 0.05 * abs(value))
        for value in values
    ):
        return True
    return quantity.name == "temperature" and any(
        abs(value * 1.8 + 32 - said) < 0.3 or abs((value - 32) / 1.8 - said) < 0.2 for value in values
    )


def _float(number: str) -> float | None:
    try:
        return float(number)
    except ValueError:
        return None
