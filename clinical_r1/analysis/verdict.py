"""What a report concludes: the words for each difference, a title, two sentences, and what to know before quoting them.

Every word is decided here, from the rows of `clinical_r1.analysis.comparisons.paired`; pages and terminals print it. A
difference that was not tested is described, and no word for a tested one is used of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import pandas as pd

from clinical_r1.analysis.contrast import BY_DEFAULT, Contrast
from clinical_r1.metrics import METRICS

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
_SAID = {
    "answer": ("answers more questions correctly", "answers fewer questions correctly"),
    "cecd_coverage": ("cites more of the case", "cites less of the case"),
    "harm_any": ("invents less", "invents more"),
}
"""Endpoint -> what is said of a method that is better, and of one that is worse."""
_SAME = {
    "answer": "its answers are not shown to be more or less accurate",
    "cecd_coverage": "it is not shown to cite more or less of the case",
    "harm_any": "it is not shown to invent more or less",
}
RARE = 0.01
"""Share up to which something is too rare on both sides to be worth a row, if no difference is shown."""


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
    if not row["n"]:
        return Words("missing", "not measured", str(row.get("why") or ""))
    size = interval_of(row)
    few = " (fewer is better)" if row["better"] == "lower" else ""
    match row["verdict"]:
        case "open":
            ends = f"{points(row['bound_low'])} to {points(row['bound_high'])}"
            return Words("open", "open", f"{size}{few}; {ends} with the {row['unscored']:,} failed judgements")
        case "higher" | "lower" as way:
            tone: Tone = way if row["better"] == "neither" else "better" if row["better"] == way else "worse"
            slight = f", by less than {_margin(row)}" if row["within"] in ("not worse", "equivalent") and tone == "worse" else ""
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


# --- the whole --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Verdict:
    """The first screen of a report."""

    context: str
    """What was compared, in a line: data, questions, answers, training runs."""
    title: str
    lead: str
    """Two sentences or three."""
    cautions: tuple[str, ...]
    """What to know before quoting it."""
    rows: pd.DataFrame
    """A row per number shown, in the order of the page: the columns of `paired`, `name` (what it is), `tone`, `words`,
    `detail`, `kind` (`tested`, `truth`, `raters`, `like length` or another judge's name), `note`."""
    rest: tuple[str, ...] = ()
    """A sentence for what has no row: too rare, not measured."""
    a: str = ""
    b: str = ""
    """Names of the methods; empty where there is no contrast."""


def rows_of(contrast: Contrast, paired: pd.DataFrame) -> pd.DataFrame:
    """The differences of a contrast as rows of the first screen: endpoints first, then what differs, then the others."""
    part = paired[paired["contrast"]].copy() if len(paired) else paired
    if part.empty:
        return part
    order = [*contrast.endpoints, *(key for key in METRICS if key not in contrast.endpoints)]
    place = {"higher": 0, "lower": 0, "open": 0}
    part["_first"] = [
        (order.index(row["metric"]) if row["metric"] in contrast.endpoints else len(order) + place.get(row["verdict"], 1))
        for row in part.to_dict("records")
    ]
    part["_then"] = part["metric"].map(order.index)
    part = part.sort_values(["_first", "_then"], kind="stable").drop(columns=["_first", "_then"])
    a, b = shown_name(contrast.a), shown_name(contrast.b)
    said = [words_of(row, a, b) for row in part.to_dict("records")]
    return part.assign(
        name=[NAMES.get(key, label) for key, label in zip(part["metric"], part["label"], strict=True)],
        tone=[one.tone for one in said],
        words=[one.verdict for one in said],
        detail=[one.detail for one in said],
        kind="tested",
        note="",
    ).reset_index(drop=True)


def outcome(rows: pd.DataFrame, endpoints: Sequence[str]) -> str:
    """The title's last word, from the endpoints: a harm is never outweighed.

    Args:
        rows: Of the contrast, with `metric` and `tone`.
        endpoints: What counts.
    """
    tones = set(rows.loc[rows["metric"].isin(endpoints), "tone"]) if len(rows) else set()
    if {"better", "worse"} <= tones:
        return "mixed"
    for tone in ("worse", "better"):
        if tone in tones:
            return f"{tone}, with an open question" if "open" in tones else tone
    if "open" in tones:
        return "open"
    if tones == {"margin"}:
        return "no difference that matters"
    return "no difference shown" if tones & {"same", "margin"} else "not measured"


def lead_of(rows: pd.DataFrame, contrast: Contrast) -> str:
    """What a reader takes away: what is better and what is worse, harm always, and what is not shown to differ."""
    a, b = shown_name(contrast.a), shown_name(contrast.b)
    of_endpoint = {key: rows[rows["metric"] == key] for key in contrast.endpoints}
    good = _phrases(of_endpoint, "better", 0)
    bad = _phrases(of_endpoint, "worse", 1)
    said = " and ".join(good) + (", but also " if good and bad else "") + " and ".join(bad)
    sentences = [f"{b} {said}{_numbers(of_endpoint, a)}"] if said else []
    for key, part in of_endpoint.items():
        tones = set(part["tone"])
        if tones & {"better", "worse"}:
            continue
        if "open" in tones:
            sentences.append(f"Whether {b} differs in {METRICS[key].label} hangs on failed judgements")
        elif tones and tones <= {"margin"}:
            sentences.append(f"In {METRICS[key].label} it is {_worst(part)}")
        elif "same" in tones or "margin" in tones:
            sentences.append(_SAME.get(key, f"no difference is shown in {METRICS[key].label}"))
        else:
            why = next((str(why) for why in part["detail"] if why), "it was not judged")
            sentences.append(f"{METRICS[key].label} is not measured: {why}")
    if sentences and not said:
        sentences[0] = sentences[0].replace("its answers", f"{b}'s answers", 1).replace("it is", f"{b} is", 1)
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)


def _phrases(of_endpoint: Mapping[str, pd.DataFrame], tone: str, which: int) -> list[str]:
    found = []
    for key, part in of_endpoint.items():
        there = part[part["tone"] == tone]
        if there.empty:
            continue
        word = ("higher", "lower")[which] if METRICS[key].better == "higher" else ("lower", "higher")[which]
        phrase = _SAID[key][which] if key in _SAID else f"is {word} in {METRICS[key].label}"
        found.append(phrase + (f" on {listed(there['benchmark'])}" if len(there) < len(part) else ""))
    return found


def _numbers(of_endpoint: Mapping[str, pd.DataFrame], a: str) -> str:
    """How many responses hold a finding of nobody, wherever that differs."""
    part = of_endpoint.get("harm_any")
    there = part[part["tone"].isin(("better", "worse"))] if part is not None else ()
    said = [
        f"{of_100(row['mean_b'])} responses" + (f" on {row['benchmark']}" if len(there) > 1 else "")
        + " contain a finding that is invented or against the case, "
        + f"against {100 * row['mean_a']:.0f} with {a}"
        for row in (there.to_dict("records") if len(there) else ())
    ]
    return f": {'; '.join(said)}" if said else ""


def _worst(part: pd.DataFrame) -> str:
    """The weakest of what margins allow to say."""
    words = list(part["words"])
    return next((one for one in words if one.startswith("not worse")), words[0])


def listed(things: Iterable[object]) -> str:
    """Things in a sentence.

    Examples:
        >>> listed(["medqa"]), listed(["a", "b", "c"])
        ('medqa', 'a, b and c')
    """
    every = list(map(str, things))
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def declared_how(contrast: Contrast, before: bool | None) -> str:
    """A sentence on how the contrast and its margins came to be."""
    when = {True: ", before the first log was begun", False: ", after the first log was begun", None: ""}[before]
    margins = ", ".join(
        f"{points(margin, signed=False).removesuffix('.0')} points for {METRICS[key].label}"
        for key, margin in contrast.margins.items()
    )
    how = "chosen by default (nobody declared one)" if contrast.declared == BY_DEFAULT else f"declared {contrast.declared}"
    own = " by default" if contrast.default_margins else ""
    return f"The contrast was {how}{when}; its margin is{own} {margins or 'none'}."


def missing(number: float = nan) -> bool:
    """Whether there is no number."""
    return not isfinite(number)
