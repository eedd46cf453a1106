"""Invented diseases with invented signs. Nothing here is medicine."""

import random
from dataclasses import dataclass
from functools import cached_property

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
    """Deal the findings out to the diseases.

    Args:
        seed: Another seed is another medicine.
    """
    findings = list(FINDINGS)
    random.Random(f"medicine {seed}").shuffle(findings)
    hands = (tuple(findings[start : start + SIGNATURE]) for start in range(0, len(findings), SIGNATURE))
    return Medicine(dict(zip(DISEASES, hands, strict=True)))
