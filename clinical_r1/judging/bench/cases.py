"""Questions with a known fact inventory, made from the table of diagnoses by a seed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from clinical_r1.judging.bench.content import Condition, Lab, medicine

Asks = Literal["case", "recall", "except"]
"""A patient's most likely diagnosis, a typical finding without a patient, or the finding that is not typical."""
LETTERS = "ABCD"
NONE_OF_THESE = "None of the above"

_TEST = re.compile(r"\b(?:CT|x-ray|ultrasound|cerebrospinal|cortisol)\b")
_EXAM = re.compile(
    r"\b(?:crackles|sign|tenderness|edema|heart sound|jugular|wheezing|rash|rigidity|ecchymosis|bowel sounds|goiter|"
    r"exophthalmos|hyperpigmentation|breath odor|breathing|reflexes|skin)\b"
)


@dataclass(frozen=True)
class Fact:
    """A fact of a case, and how it can be said rightly and wrongly. All phrases are noun phrases."""

    start: int
    end: int
    text: str
    """As it stands in the stem, which has it at `start`:`end`."""
    names: tuple[str, ...]
    """In the words of the stem."""
    others: tuple[str, ...]
    """In other words; may be empty."""
    against: tuple[str, ...]
    """What contradicts it: another value, another side, a negation dropped or put in."""
    hallmark_of: str | None = None
    """Diagnosis that this finding speaks for."""
    absent_of: str | None = None
    """Diagnosis whose hallmark this fact denies, which speaks against it."""


@dataclass(frozen=True)
class Case:
    """A question with four options."""

    asks: Asks
    stem: str
    options: dict[str, str]
    target: str
    conditions: dict[str, Condition]
    """The diagnosis behind each option: the option itself, or the one that a finding is typical of."""
    topic: Condition
    """The patient's diagnosis, or the one that is asked about."""
    facts: tuple[Fact, ...]
    """In the order of the stem; empty without a patient."""


def bare(phrase: str) -> str:
    """A noun phrase without its article."""
    return re.sub(r"^(?:an?|the) ", "", phrase)


def swapped(phrase: str) -> str | None:
    """The phrase with one word turned into its clinical look-alike, or None if it has no such word.

    Examples:
        >>> swapped("tenderness of the left calf")
        'tenderness of the right calf'
    """
    for one, other in (*medicine().swaps, *((b, a) for a, b in medicine().swaps)):
        found = re.search(rf"\b{one}" + ("" if one.startswith("hyp") else r"\b"), phrase)
        if found:
            return phrase[: found.start()] + other + phrase[found.end() :]
    return None


def make_case(random: Random, asks: Asks) -> Case:
    """Make a question."""
    group = list(random.choice(medicine().groups))
    random.shuffle(group)
    return _case(random, group) if asks == "case" else _recall(random, group, asks)


# --- questions without a patient --------------------------------------------------------------------------------------
def _recall(random: Random, group: Sequence[Condition], asks: Asks) -> Case:
    topic, other, *rest = group
    if asks == "except":
        typical = [(topic, finding) for finding in topic.hallmarks]
        choices = [*typical, (other, random.choice(other.hallmarks))]
        wanted = choices[-1]
        stem = f"All of the following are typical findings in {topic.name} EXCEPT:"
    else:
        choices = [(one, random.choice(one.hallmarks)) for one in (topic, other, *rest)]
        wanted = choices[0]
        stem = f"Which of the following findings is most characteristic of {topic.name}?"
    random.shuffle(choices)
    options = {letter: _capital(bare(finding)) for letter, (_, finding) in zip(LETTERS, choices, strict=True)}
    conditions = {letter: condition for letter, (condition, _) in zip(LETTERS, choices, strict=True)}
    return Case(asks, stem, options, LETTERS[choices.index(wanted)], conditions, topic, ())


# --- questions about a patient ----------------------------------------------------------------------------------------
def _case(random: Random, group: Sequence[Condition]) -> Case:
    topic = group[0]
    stem, facts = _story(random, topic, group[1:])
    shown = list(group)
    none_last = random.random() < 0.2
    if none_last:
        shown.pop(0 if random.random() < 0.2 else random.randint(1, 3))
    random.shuffle(shown)
    names = [_capital(one.name) for one in shown] + [NONE_OF_THESE] * none_last
    right = names.index(_capital(topic.name)) if topic in shown else 3
    return Case(
        "case", stem, dict(zip(LETTERS, names, strict=True)), LETTERS[right], dict(zip(LETTERS, shown, strict=False)),
        topic, facts,
    )  # fmt: skip


class _Stem:
    """A stem that grows, and the facts in it."""

    def __init__(self) -> None:
        self.text = ""
        self.facts: list[Fact] = []

    def say(self, text: str) -> None:
        self.text += text

    def state(self, text: str, names: Sequence[str], others: Sequence[str], against: Sequence[str], **of: str) -> None:
        start = len(self.text)
        self.text += text
        self.facts.append(Fact(start, len(self.text), text, tuple(names), tuple(others), tuple(against), **of))

    def list(self, sayings: Sequence[Callable[[], None]]) -> None:
        last = len(sayings) - 1
        for index, saying in enumerate(sayings):
            before = ", " if index < last else ", and " if last > 1 else " and "
            self.say(before if index else "")
            saying()


def _story(random: Random, topic: Condition, rivals: Sequence[Condition]) -> tuple[str, tuple[Fact, ...]]:
    stem = _Stem()
    woman = random.random() < 0.5
    he = "She" if woman else "He"
    present = [*random.sample(topic.hallmarks, 3), random.choice(list(topic.findings)[3:])]
    absent = [(rival, random.choice([f for f in rival.hallmarks if f not in topic.findings])) for rival in rivals]
    _opening(random, stem, topic, woman)
    history = [f for f in present if _section(f) == "history"]
    _sentence(stem, " with ", [_present(stem, f, topic) for f in history])
    background, other = random.choice(list(medicine().background.items()))
    stem.say(f" {he} reports ")
    stem.state(background, [background], [other], [f"the absence of any {bare(background)}"])
    stem.say(".")
    denied = [(rival, f) for rival, f in absent if _section(f) == "history"]
    _sentence(stem, f" {he} has had ", [_denied(stem, f, rival) for rival, f in denied])
    _vitals(random, stem, topic.febrile)
    shown = [_present(stem, f, topic) for f in present if _section(f) == "exam"]
    lacks = [_denied(stem, f, rival) for rival, f in absent if _section(f) == "exam"]
    _sentence(stem, " Physical examination shows ", shown + lacks)
    tests = [_present(stem, f, topic) for f in present if _section(f) == "test"]
    lacks = [_denied(stem, f, rival) for rival, f in absent if _section(f) == "test"]
    if topic.lab:
        tests.insert(0, _measured(random, stem, topic.lab))
    _sentence(stem, " Further studies show ", tests + lacks)
    stem.say(" Which of the following is the most likely diagnosis?")
    return stem.text, tuple(stem.facts)


def _section(finding: str) -> str:
    return "test" if _TEST.search(finding) else "exam" if _EXAM.search(finding) else "history"


def _sentence(stem: _Stem, opening: str, sayings: Sequence[Callable[[], None]]) -> None:
    comes = opening == " with "
    if sayings:
        stem.say(opening)
        stem.list(sayings)
    if sayings or comes:
        stem.say(".")


def _opening(random: Random, stem: _Stem, topic: Condition, woman: bool) -> None:
    age = random.randint(*topic.ages)
    wrong = age + random.choice([-11, -9, 12, 14])
    person = "woman" if woman else "man"
    stem.state(
        f"A {age}-year-old {person}", [f"an age of {age} years"], [f"the patient's {age} years"],
        [f"an age of {wrong} years"],
    )  # fmt: skip
    stem.say(random.choice([" comes to the emergency department", " is seen in the clinic", " comes to the physician"]))


def _present(stem: _Stem, finding: str, topic: Condition) -> Callable[[], None]:
    against = [f"the absence of any {bare(finding)}", *filter(None, [swapped(finding)])]
    of = {"hallmark_of": topic.name} if finding in topic.hallmarks else {}
    return lambda: stem.state(finding, [finding], [topic.findings[finding]], against, **of)


def _denied(stem: _Stem, finding: str, rival: Condition) -> Callable[[], None]:
    names, others = [f"the absence of any {bare(finding)}"], [f"the lack of any {bare(rival.findings[finding])}"]
    return lambda: stem.state(f"no {bare(finding)}", names, others, [finding], absent_of=rival.name)


def _vitals(random: Random, stem: _Stem, febrile: bool) -> None:
    celsius = random.randint(384, 397) / 10 if febrile else random.randint(364, 372) / 10
    upper, lower = random.randint(106, 138), random.randint(62, 84)
    pulse, breaths = random.randint(74, 108), random.randint(14, 22)
    degrees = f"{celsius:.1f}°C ({celsius * 1.8 + 32:.1f}°F)"
    wrong = celsius + random.choice([-1.6, 1.4, 1.7])
    stem.say(" ")
    stem.state(
        f"Temperature is {degrees}", [f"a temperature of {degrees}", f"a temperature of {celsius:.1f}°C"], [],
        [f"a temperature of {wrong:.1f}°C"],
    )  # fmt: skip
    for name, value, other, unit in (
        ("pulse", f"{pulse}", f"{pulse + random.choice([-22, 24, 31])}", "/min"),
        ("respirations", f"{breaths}", f"{breaths + random.choice([9, 11, 13])}", "/min"),
        ("blood pressure", f"{upper}/{lower}", f"{upper + random.choice([-24, 28, 36])}/{lower + 11}", " mm Hg"),
    ):
        stem.say(", and " if name == "blood pressure" else ", ")
        verb = "are" if name == "respirations" else "is"
        article = "" if name == "respirations" else "a "
        stem.state(
            f"{name} {verb} {value}{unit}",
            [f"{article}{name} of {value}{unit}"],
            [],
            [f"{article}{name} of {other}{unit}"],
        )
    stem.say(".")


def _measured(random: Random, stem: _Stem, lab: Lab) -> Callable[[], None]:
    value = round(random.uniform(lab.low, lab.high), lab.decimals)
    wrong = round(value * random.choice([0.4, 0.6, 1.9]) if value > 1 else value + 3.4, lab.decimals)
    others = [f"{_article(lab.abnormal)} {lab.abnormal} {lab.name}"]
    opposite = swapped(lab.abnormal) or "normal"
    against = [
        f"{_article(lab.name)} {lab.name} of {_number(wrong, lab)}",
        f"{_article(opposite)} {opposite} {lab.name}",
    ]
    name = f"{_article(lab.name)} {lab.name} of {_number(value, lab)}"
    return lambda: stem.state(name, [name], others, against)


def _number(value: float, lab: Lab) -> str:
    unit = lab.unit if lab.unit.startswith("/") else f" {lab.unit}"
    return f"{value:,.{max(0, lab.decimals)}f}{unit}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
