"""A teacher with every imperfection of a real one, each at a stated rate.

It writes a few short forms of sentence: a tiny student learns them in minutes, and what they claim can be read without
a judge (`clinical_r1.world.truth`). Findings come before the disease they suggest, which is easier to learn.

Its main bias is to anchor: to answer with the disease that the first finding of the text belongs to. A student that
learns from it is wrong in greedy decoding too, so that there is something for rewards to mend.
"""

import random
from dataclasses import dataclass

from clinical_r1.grammar import STYLES
from clinical_r1.world.cases import Case, Medicine, join

_TAGS = [section.tag for section in STYLES["crpo"]]


@dataclass(frozen=True)
class Teacher:
    """Rates of the imperfections, each from 0 to 1."""

    anchored: float = 0.9
    """Traces that take the disease of the first finding and look no further."""
    invented: float = 0.3
    """Traces whose support names a finding that the case does not have."""
    omitted: float = 0.2
    """Wrong options that are not spoken of."""
    bare: float = 0.2
    """Rejections without a reason."""
    false: float = 0.1
    """Rejections for a reason that is not true."""
    unreferenced: float = 0.7
    """Conclusions that only name the answer."""
    copied: float = 0.05
    """Conclusions that copy a sentence of the analysis."""
    misformed: float = 0.2
    """Traces with a fault of form."""
    mixed_script: float = 0.03
    """Traces with words in another script."""


@dataclass(frozen=True)
class Trace:
    """What the teacher wrote about a case."""

    text: str
    answer: str
    """Letter that it concludes with."""
    imperfections: tuple[str, ...]
    """Names of `Teacher`'s rates that struck, in order, each once."""


FAULTS = ("no closing analysis tag", "no conclusion tags", "text after", "two boxes", "no box")


def write_trace(case: Case, medicine: Medicine, rng: random.Random, teacher: Teacher | None = None) -> Trace:
    """Write about a case as the teacher does."""
    return _Writer(case, medicine, rng, teacher or Teacher()).write()


class _Writer:
    def __init__(self, case: Case, medicine: Medicine, rng: random.Random, teacher: Teacher) -> None:
        self.case, self.medicine, self.rng, self.teacher = case, medicine, rng, teacher
        self.struck: dict[str, None] = {}

    def write(self) -> Trace:
        first = self.case.plausible[0]
        answer = first if self._strikes("anchored") else self.case.target
        sentences = [f"At first {self._name(first)}."] if answer != first and self.rng.random() < 0.5 else []
        support = self._support(answer)
        sentences.append(f"{'But the' if sentences else 'The'} {join(support)} suggested {self._name(answer)}.")
        others = dict.fromkeys([*self.case.plausible, *self.case.options])  # as the text brings them up
        sentences += filter(None, (self._rejection(letter) for letter in others if letter != answer))
        analysis = " ".join(sentences)
        if self._strikes("mixed_script"):
            analysis += " Это верно."
        text = self._form(analysis, self._conclusion(support, answer), answer)
        return Trace(text, answer, tuple(self.struck))

    def _strikes(self, name: str) -> bool:
        struck: bool = self.rng.random() < getattr(self.teacher, name)
        if struck:
            self.struck[name] = None
        return struck

    def _name(self, letter: str) -> str:
        return f"{self.case.options[letter]} ({letter})"

    def _support(self, answer: str) -> list[str]:
        support = list(self.case.findings_for(answer))
        if self._strikes("invented"):
            signature = self.medicine.signatures[self.case.options[answer]]
            support.append(self.rng.choice([finding for finding in signature if finding not in support]))
        return support

    def _rejection(self, letter: str) -> str | None:
        disease = self._name(letter)
        if self._strikes("omitted"):
            return None
        if self._strikes("bare"):
            return f"Not {disease}."
        there = self.case.findings_for(letter)
        absent = [finding for finding in self.medicine.signatures[self.case.options[letter]] if finding not in there]
        if self._strikes("false") or letter == self.case.target:  # whoever is anchored has no true reason against it
            self.struck["false"] = None
            return f"{'Nothing' if there else f'Only {self.rng.choice(absent)}'} suggested {disease}."
        if self.rng.random() < 0.3:
            return f"No {self.rng.choice(absent)}, so not {disease}."
        return f"{f'Only {join(there)}' if there else 'Nothing'} suggested {disease}."

    def _conclusion(self, support: list[str], answer: str) -> str:
        if self._strikes("unreferenced"):
            return f"So {self._name(answer)}."
        if self._strikes("copied"):
            return f"The {join(support)} suggested {self._name(answer)}."
        one, other, *_ = dict.fromkeys([*support, *self.case.findings])
        return f"The {one} and the {other} make it {self._name(answer)}."

    def _form(self, analysis: str, conclusion: str, answer: str) -> str:
        (dx, end_dx), (said, end_said) = ((f"<{tag}>", f"</{tag}>") for tag in _TAGS)
        box = rf"\boxed{{{answer}}}"
        second = rf"\boxed{{{self.rng.choice([letter for letter in self.case.options if letter != answer])}}}"
        fault = self.rng.choice(FAULTS) if self._strikes("misformed") else ""
        text = {
            "no closing analysis tag": f"{dx}{analysis}{said}{conclusion} {box}{end_said}",
            "no conclusion tags": f"{dx}{analysis}{end_dx}{conclusion} {box}",
            "text after": f"{dx}{analysis}{end_dx}{said}{conclusion} {box}{end_said} Done.",
            "two boxes": f"{dx}{analysis} {second}{end_dx}{said}{conclusion} {box}{end_said}",
            "no box": f"{dx}{analysis}{end_dx}{said}{conclusion}{end_said}",
        }
        return text.get(fault, f"{dx}{analysis}{end_dx}{said}{conclusion} {box}{end_said}")
