"""True counts of responses about invented cases, beside which a judge's counts can be put."""

from math import nan

from clinical_r1.judging.item import Item
from clinical_r1.train.world.cases import Case
from clinical_r1.train.world.medicine import Medicine
from clinical_r1.train.world.truth import read_claims


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
