"""Invented diseases with invented signs, and readable cases of them in MedQA's layout, with the truth about each.

Nothing here is medicine.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import comb
from typing import Any

from clinical_r1.edits import Edit

# --- diseases ---------------------------------------------------------------------------------------------------------
SIGNATURE = 4
"""Findings that belong to one disease and to no other."""

DISEASES = (
    "Arvelosis Bratenia Corvitis Dremalgia Elvosis Fentaria Gorvemia Hultitis Ismarosis Jorvenia Kelmitis Lorvosis "
    "Mirtenia Norvalgia Ostemria Palvosis Quorvitis Rastemia Selvosis Torvania Ulmeria Vantosis Wexitis Yarvemia"
).split()
FINDINGS = tuple(
    "cough fever chills hiccups bloating dizziness fatigue nausea vomiting thirst itching rash blisters bruising "
    "cramps tremor hoarseness wheezing sneezing snoring drooling yawning sweating flushing pallor jaundice swelling "
    "stiffness numbness tingling weakness limping fainting headache earache toothache backache heartburn diarrhea "
    "insomnia drowsiness confusion forgetfulness irritability restlessness anxiety sadness apathy hunger belching "
    "flatulence squinting tearing redness dryness peeling scaling warts freckles acne baldness shivering clumsiness "
    "stumbling twitching spasms seizures palpitations breathlessness choking gagging deafness blindness mumbling "
    "stuttering slurring lisping nosebleeds bleeding scabs boils ulcers nodules lumps cysts dandruff hives welts "
    "crusts fissures sores paleness coldness burning stinging throbbing".split()
)
"""All findings: one word each, real words in an invented arrangement."""


@dataclass(frozen=True)
class Medicine:
    """What is true in one world."""

    signatures: dict[str, tuple[str, ...]]
    """Disease -> its `SIGNATURE` findings."""

    @cached_property
    def disease_of(self) -> dict[str, str]:
        """Finding -> the one disease it belongs to."""
        return {finding: disease for disease, findings in self.signatures.items() for finding in findings}


def invent(seed: int) -> Medicine:
    """Deal the findings out to the diseases: another seed is another medicine."""
    findings = list(FINDINGS)
    random.Random(f"medicine {seed}").shuffle(findings)
    hands = (tuple(findings[start : start + SIGNATURE]) for start in range(0, len(findings), SIGNATURE))
    return Medicine(dict(zip(DISEASES, hands, strict=True)))


# --- cases ------------------------------------------------------------------------------------------------------------
SHOWN = 3
"""Findings of the right disease in a case."""
CONFOUNDERS = 2
"""Findings of wrong options in a case, one each."""
OPTIONS = "ABCD"


@dataclass(frozen=True)
class Case:
    """One case and what is true about it."""

    id: str
    stem: str
    """The question without its options."""
    options: dict[str, str]
    """Letter -> disease."""
    target: str
    """Letter of the right disease."""
    findings: tuple[str, ...]
    """In the order of the text."""
    supports: dict[str, str]
    """Finding -> letter of the option it belongs to."""

    def findings_for(self, letter: str) -> tuple[str, ...]:
        """Findings of the case that belong to an option."""
        return tuple(finding for finding in self.findings if self.supports[finding] == letter)

    @property
    def plausible(self) -> tuple[str, ...]:
        """Letters of the options that any finding belongs to, in the order of the text."""
        return tuple(dict.fromkeys(self.supports[finding] for finding in self.findings))

    def record(self) -> dict[str, Any]:
        """The case as a record of MedQA."""
        answer = {"answer": self.options[self.target], "answer_idx": self.target, "meta_info": "invented"}
        return {"id": self.id, "question": self.stem, "options": self.options, **answer}

    def truth(self, medicine: Medicine) -> dict[str, Any]:
        """What judges can be checked against: findings of the case, the option of each, what each option would show."""
        signatures = {letter: list(medicine.signatures[disease]) for letter, disease in self.options.items()}
        return {**asdict(self), "findings": list(self.findings), "signatures": signatures}

    @classmethod
    def of_truth(cls, truth: dict[str, Any]) -> "Case":
        """The case that a `truth` was made of."""
        values = {name: truth[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "findings": tuple(truth["findings"])})


def possible_cases(medicine: Medicine) -> int:
    """Cases that differ in their findings or options: as many as `make_cases` gives."""
    diseases = len(medicine.signatures)
    options = diseases * comb(diseases - 1, len(OPTIONS) - 1)  # the right one, and the others
    confounders: int = comb(len(OPTIONS) - 1, CONFOUNDERS) * SIGNATURE**CONFOUNDERS
    return options * comb(SIGNATURE, SHOWN) * confounders


def make_cases(medicine: Medicine, seed: int) -> Iterator[Case]:
    """Cases until all that are possible are made, no two alike in their findings and options."""
    rng = random.Random(f"cases {seed}")
    seen: set[tuple[frozenset[str], frozenset[str]]] = set()
    possible = possible_cases(medicine)
    while len(seen) < possible:
        diseases = rng.sample(list(medicine.signatures), len(OPTIONS))
        right, wrong = diseases[0], diseases[1:]
        findings = rng.sample(medicine.signatures[right], SHOWN)
        findings += [rng.choice(medicine.signatures[disease]) for disease in wrong[:CONFOUNDERS]]
        key = frozenset(findings), frozenset(diseases)
        if key in seen:
            continue
        seen.add(key)
        rng.shuffle(findings)
        rng.shuffle(diseases)
        options = dict(zip(OPTIONS, diseases, strict=True))
        letter_of = {disease: letter for letter, disease in options.items()}
        yield Case(
            id=f"case-{len(seen):05d}",
            stem=f"A {rng.choice(('woman', 'man'))} of {rng.randint(20, 79)} has {join(findings)}. "
            "Which disease is most likely?",
            options=options,
            target=letter_of[right],
            findings=tuple(findings),
            supports={finding: letter_of[medicine.disease_of[finding]] for finding in findings},
        )


def join(findings: list[str] | tuple[str, ...]) -> str:
    """Findings in a sentence: `a, b and c`."""
    return f"{', '.join(findings[:-1])} and {findings[-1]}" if len(findings) > 1 else findings[0]


# --- twins ------------------------------------------------------------------------------------------------------------
def posterior(findings: Iterable[str], medicine: Medicine, options: Mapping[str, str]) -> dict[str, float]:
    """How likely each option is, given the findings of a case.

    Of the findings that cases are dealt, `SHOWN` of `SHOWN + CONFOUNDERS` belong to the right option and the rest to
    the others alike: 3/5 and (2/5)/3 = 2/15 each. So every finding of an option makes it (3/5) / (2/15) = 4.5 times as
    likely as it was beside the others: P(option | findings) is proportional to 4.5 ** (its findings).

    Returns:
        Letter -> probability.

    Examples:
        >>> medicine = Medicine({"Elvosis": ("fever", "rash"), "Kelmitis": ("cough", "hives")})
        >>> likely = posterior(["fever", "rash", "cough"], medicine, {"A": "Elvosis", "B": "Kelmitis"})
        >>> {letter: round(chance, 2) for letter, chance in likely.items()}
        {'A': 0.82, 'B': 0.18}
    """
    odds = SHOWN / (CONFOUNDERS / (len(OPTIONS) - 1))
    belong_to = [medicine.disease_of.get(finding) for finding in findings]
    weights = {letter: odds ** belong_to.count(disease) for letter, disease in options.items()}
    return {letter: weight / sum(weights.values()) for letter, weight in weights.items()}


def make_twin(case: Case, medicine: Medicine, rng: random.Random, *, moves: bool) -> Edit:
    """An edit after which a case is another one that could have been made, with another right answer or the same.

    Args:
        case: Of the medicine.
        medicine: The world's.
        rng: Draws which findings are replaced by which.
        moves: Whether two findings of the right disease become two that a confounder's disease has beside its one, so
            that the right answer is the confounder; else one becomes the fourth of the right disease, and it stays.
    """
    letter = rng.choice([letter for letter in case.plausible if (letter != case.target) is moves])
    others = [finding for finding in medicine.signatures[case.options[letter]] if finding not in case.findings]
    replaced = rng.sample(case.findings_for(case.target), SHOWN - 1 if moves else 1)
    return _replaced(case, medicine, dict(zip(replaced, rng.sample(others, len(replaced)), strict=True)))


def make_blanks(case: Case, medicine: Medicine, rng: random.Random) -> list[Edit]:
    """For each finding an edit that takes what it says away: one of no option's disease stands in its place.

    A finding that is left out would say no more, but it would leave a case shorter than any that a world's model has
    seen: its answer then changes for the form, whatever was left out.
    """
    of_options = {finding for disease in case.options.values() for finding in medicine.signatures[disease]}
    others = [finding for finding in FINDINGS if finding not in of_options]
    blanks = (_replaced(case, medicine, {finding: rng.choice(others)}) for finding in case.findings)
    return [replace(edit, kind="removal") for edit in blanks]


def _replaced(case: Case, medicine: Medicine, by: Mapping[str, str]) -> Edit:
    """The edit that puts findings in place of others, and the option that is then most likely."""
    spans = [(found.start(), found.end()) for found in re.finditer(r"\w+", case.stem) if found[0] in by]
    start, end = min(spans)[0], max(spans)[1]
    old = case.stem[start:end]
    new = re.sub(r"\w+", lambda word: by.get(word[0], word[0]), old)
    likely = posterior((by.get(finding, finding) for finding in case.findings), medicine, case.options)
    return Edit("given", start, old, new, answer=max(likely, key=likely.__getitem__))
