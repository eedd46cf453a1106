"""What a completion about an invented case says, and which of it is true.

The world's sentences have few forms and its findings are known, so this needs no judge: it is the truth that judges are
checked against, beside which their counts can be put. A sentence in another form is searched for findings all the same.
"""

import re
from dataclasses import dataclass
from math import nan
from typing import Literal

from clinical_r1.grammar import parse
from clinical_r1.item import Item, outside
from clinical_r1.world.cases import DISEASES, FINDINGS, Case, Medicine

# --- what is said -----------------------------------------------------------------------------------------------------
Kind = Literal["valid", "false", "bare"]
KINDS: tuple[Kind, ...] = ("valid", "false", "bare")
"""What a reason is worth, best first."""

_FINDING = re.compile(rf"\b(?:{'|'.join(FINDINGS)})\b", re.IGNORECASE)
_DISEASE = re.compile(rf"\b(?:{'|'.join(DISEASES)})\b")
_REJECTION = re.compile(r"^(?:Not|No|Only|Nothing)\b")
_ABSENT = re.compile(r"^No\b")


@dataclass(frozen=True)
class Claims:
    """What a completion claims about a case."""

    cited: tuple[str, ...]
    """Findings of the case that it names as present, each once."""
    invented: tuple[str, ...]
    """Findings it names as present that the case does not have, each once."""
    rejections: dict[str, Kind]
    """Letter of a rejected option -> what its reason is worth: the best one where there are several."""
    switches: bool
    """Whether it drops a first thought for another option."""


def read_claims(completion: str, case: Case, medicine: Medicine) -> Claims:
    """Read what a completion says about a case."""
    # A line break for each tag, so that nothing said outside the sections or in broken ones is lost.
    text = outside(completion, ((tag.start, tag.end) for tag in parse(completion).tags))
    letter_of = {disease: letter for letter, disease in case.options.items()}
    named: dict[str, None] = {}
    rejections: dict[str, Kind] = {}
    first = supported = None
    for sentence in re.split(r"[.\n]+", text):
        sentence = sentence.strip()
        findings = [finding.lower() for finding in _FINDING.findall(sentence)]
        diseases = [letter_of[name] for name in _DISEASE.findall(sentence) if name in letter_of]
        if not _ABSENT.search(sentence):
            named.update(dict.fromkeys(findings))
        if diseases and _REJECTION.search(sentence):
            kinds = {rejections.get(diseases[0]), _kind(sentence, findings, diseases[0], case, medicine)}
            rejections[diseases[0]] = next(kind for kind in KINDS if kind in kinds)
        elif diseases and sentence.startswith("At first"):
            first = diseases[0]
        elif diseases and "suggested" in sentence:
            supported = supported or diseases[0]
    return Claims(
        cited=tuple(finding for finding in named if finding in case.findings),
        invented=tuple(finding for finding in named if finding not in case.findings),
        rejections=rejections,
        switches=first is not None and supported is not None and first != supported,
    )


def _kind(sentence: str, findings: list[str], letter: str, case: Case, medicine: Medicine) -> Kind:
    there = set(case.findings_for(letter))
    if _ABSENT.search(sentence):
        absent = set(medicine.signatures[case.options[letter]]) - there
        return "valid" if findings and set(findings) <= absent and letter != case.target else "false"
    if sentence.startswith("Nothing"):
        return "false" if there else "valid"
    if not findings:
        return "bare"
    return "valid" if set(findings) == there and letter != case.target else "false"


# --- true counts ------------------------------------------------------------------------------------------------------
def true_counts(item: Item, case: Case, medicine: Medicine) -> dict[str, float]:
    """Count what is true in a response.

    Args:
        item: The response, of which copies of the case say nothing. Its letters are those shown.
        case: The case it is about. Its letters are the record's.
        medicine: The world's.

    Returns:
        `true_cited`: distinct findings of the case named as present, and `true_coverage`, their share of all;
        `true_invented`: distinct findings named as present that the case has not, and `true_invented_any`;
        `true_valid`, `true_false`, `true_bare`: wrong options rejected for such a reason (the best one each), and
        `true_drc_coverage`: the share of wrong options, not chosen, that are rejected for a valid one; `true_switch`:
        whether a first thought was dropped for another option.
    """
    claims = read_claims(item.own_text, case, medicine)
    kinds = [kind for letter, kind in claims.rejections.items() if letter != case.target]
    chosen = item.options.get(item.answer or "")
    others = [letter for letter, text in case.options.items() if letter != case.target and text != chosen]
    valid = [letter for letter in others if claims.rejections.get(letter) == "valid"]
    return {
        "true_cited": len(claims.cited),
        "true_coverage": len(claims.cited) / len(case.findings),
        "true_invented": len(claims.invented),
        "true_invented_any": float(bool(claims.invented)),
        "true_valid": kinds.count("valid"),
        "true_false": kinds.count("false"),
        "true_bare": kinds.count("bare"),
        "true_drc_coverage": len(valid) / len(others) if others else nan,
        "true_switch": float(claims.switches),
    }
