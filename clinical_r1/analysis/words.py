"""The words for numbers and differences, as pages and terminals print them.

A difference that was not tested is described, and no word for a tested one is used of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

Tone = Literal["better", "worse", "higher", "lower", "same", "margin", "open", "described", "missing"]
"""What a difference is: `better`, `worse`, `higher` and `lower` are beyond chance; `margin` is not beyond chance and
within a margin; `same` is neither; `open` hangs on failed judgements; `described` was not tested."""

NAMES = {
    "answer": "Correct answers",
    "cecd_coverage": "Case facts cited",
    "harm_any": "Responses with a finding that is invented or against the case",
    "drc_coverage": "Wrong options rejected for a valid reason",
    "faithful_rate": "Claims that are supported",
    "hallucination_rate": "Claims that are hallucinated",
    "backtracking_any": "Responses that backtrack",
    "verification_any": "Responses that re-check a result",
    "subgoal_setting_any": "Responses that set subgoals",
    "backward_chaining_any": "Responses that test a stated candidate",
}
"""Metric -> what the first screen calls it."""


# --- numbers in words -------------------------------------------------------------------------------------------------
def percent(share: float) -> str:
    """A share in percent: whole from 10 %, with a decimal below.

    Examples:
        >>> percent(0.832), percent(0.0123), percent(0.0)
        ('83 %', '1.2 %', '0 %')
    """
    digits = 0 if share == 0 or round(100 * share, 1) >= 10 else 1
    return f"{100 * share:.{digits}f} %"


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of shares in percentage points, with one decimal.

    Examples:
        >>> points(0.183), points(-0.0351), points(0.0), points(0.047, signed=False)
        ('+18.3', '−3.5', '0.0', '4.7')
    """
    rounded = round(100 * difference, 1) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.1f}".replace("-", "−")


def of_100(share: float) -> str:
    """A share as responses out of a hundred.

    Examples:
        >>> of_100(0.832), of_100(0.0025)
        ('83 of 100', '0.2 of 100')
    """
    return f"{100 * share:.{0 if share == 0 or share >= 0.01 else 1}f} of 100"


def shown_name(method: str) -> str:
    """How a method is called in a sentence.

    Examples:
        >>> shown_name("crpo"), shown_name("cold_start_crpo (prompt neutral)"), shown_name("lab/my-model")
        ('CRPO', 'cold start CRPO (prompt neutral)', 'lab/my-model')
    """
    if not re.search(r"(?<![a-z])(?:crpo|grpo|cold_start|baseline_cot)(?![a-z])", method):
        return method
    said = re.sub(r"(?<![a-z])(?:crpo|grpo|cot)(?![a-z])", lambda found: found[0].upper(), method)
    return said.replace("cold_start", "cold start").replace("_", " ")


def listed(things: Iterable[object]) -> str:
    """Things in a sentence.

    Examples:
        >>> listed(["medqa"]), listed(["a", "b", "c"])
        ('medqa', 'a, b and c')
    """
    every = list(map(str, things))
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


# --- one difference ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Words:
    """What is said of one difference."""

    tone: Tone
    verdict: str
    detail: str


def words_of(row: Mapping[Any, Any], a: str, b: str) -> Words:
    """The words for a row of `paired`, for methods that are called a and b.

    Args:
        row: With `n`, `family`, `verdict`, `better`, `difference`, `low`, `high`, `low_family`, `high_family`, `mde`,
            `margin`, `within`, `bound_low`, `bound_high`, `unscored`, and `why` where it has no number.
        a: The side that is subtracted.
        b: The other.
    """
    if not row["n"] or not isfinite(row["difference"]):
        return Words("missing", "not measured", str(row.get("why") or "nothing of it on a side"))
    size = interval_of(row)
    few = " (fewer is better)" if row["better"] == "lower" else ""
    match row["verdict"]:
        case "open":
            ends = f"{points(row['bound_low'])} to {points(row['bound_high'])}"
            return Words("open", "open", f"{size}{few}; {ends} with the {row['unscored']:,} failed judgements")
        case "higher" | "lower" as way:
            tone: Tone = way if row["better"] == "neither" else "better" if row["better"] == way else "worse"
            slight = (
                f", by less than {_margin(row)}"
                if row["within"] in ("not worse", "equivalent") and tone == "worse"
                else ""
            )
            return Words(tone, f"{b} {tone}{slight}", f"{size}{few}")
        case "no difference shown":
            found = f"; could detect {points(row['mde'], signed=False)}" if isfinite(row["mde"]) else ""
            if row["within"] == "equivalent":
                return Words("margin", f"equivalent within {_margin(row)}", f"{size}{few}")
            if row["within"] == "not worse":
                return Words("margin", f"not worse by more than {_margin(row)}", f"{size}{few}")
            short = f"; {_margin(row)} worse is not ruled out" if row["within"] == "not shown" else ""
            return Words("same", "not shown to differ", f"{size}{few}{found}{short}")
        case "not tested":
            return Words("described", "not tested", f"{size}{few}" + (f"; {row['why']}" if row.get("why") else ""))
    return Words("described", "described, not tested", f"{size}{few}")


def _margin(row: Mapping[Any, Any]) -> str:
    size = f"{100 * row['margin']:g}"
    return f"{size} point{'s' * (size != '1')}"


def interval_of(row: Mapping[Any, Any]) -> str:
    """The difference in points with its interval: that of the family where it has one, else its own.

    Examples:
        >>> interval_of({"difference": -0.035, "low": -0.068, "high": 0.0, "low_family": float("nan")})
        '−3.5 points [−6.8, 0.0]'
    """
    low, high = ends_of(row)
    return f"{points(row['difference'])} points [{points(low)}, {points(high)}]"


def ends_of(row: Mapping[Any, Any]) -> tuple[float, float]:
    """The ends of the interval that a row's words go by."""
    return (row["low_family"], row["high_family"]) if isfinite(row["low_family"]) else (row["low"], row["high"])
