"""The first screen of a report: the verdict on its contrast, as lines with small interval plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from clinical_r1.analysis.verdict import Verdict
from clinical_r1.analysis.words import ends_of, percent

WIDTH, MIDDLE = 300, 150
"""Of a plot, and the place of no difference in it."""
_REACH = 140  # from the middle to the farthest end


@dataclass(frozen=True)
class Plot:
    """A difference with its interval; places from 0 to `WIDTH`, what is better for b to the right."""

    value: float
    low: float
    high: float
    band: float
    """Half the width of the band of differences too small to be found; 0 for none."""
    filled: bool
    """Whether it is beyond chance."""


@dataclass(frozen=True)
class Line:
    """A row of the verdict's table."""

    name: str
    source: str
    """The benchmark, where there are several, and whose number it is or what the judge's standing is."""
    a: str
    b: str
    words: str
    detail: str
    tone: str
    plot: Plot | None
    beside: bool
    """Whether it stands beside the line above it, and was not tested."""


@dataclass(frozen=True)
class FirstScreen:
    """What a reader sees first."""

    context: str
    title: str
    lead: str
    a: str
    b: str
    lines: Sequence[Line]
    rest: Sequence[str]
    cautions: Sequence[str]
    legend: str


def first_screen(verdict: Verdict, kicker: str) -> FirstScreen:
    """Lay out a verdict.

    Args:
        verdict: See `clinical_r1.analysis.verdict`.
        kicker: What stands before the context, such as the page's title; may be empty.
    """
    rows = verdict.rows.to_dict("records")
    several = len({row["benchmark"] for row in rows}) > 1
    scale = max([0.01, *(abs(end) for row in rows for end in (*ends_of(row), row["mde"]) if isfinite(end))])
    tests = sum(row["kind"] == "tested" and isfinite(row["low_family"]) for row in rows)
    return FirstScreen(
        context=" · ".join(filter(None, [kicker, verdict.context])),
        title=verdict.title,
        lead=verdict.lead,
        a=verdict.a,
        b=verdict.b,
        lines=[_line(row, scale, several) for row in rows],
        rest=verdict.rest,
        cautions=verdict.cautions,
        legend=(
            f"Differences are {verdict.b} − {verdict.a}, in percentage points, with intervals that hold all of their "
            "family at once (95 %). "
            + ("Endpoints are tested first, other metrics only with what they leave. " if tests > 1 else "")
            + "Grey bands: differences too small to be found. What is described was not tested."
        )
        if rows
        else "",
    )


def _line(row: Mapping[Any, Any], scale: float, several: bool) -> Line:
    beside = row["kind"] != "tested"
    both = [percent(row[name]) if isfinite(row[name]) else "" for name in ("mean_a", "mean_b")]
    place = [str(row["benchmark"])] if several and not beside else []
    return Line(
        name="" if beside else str(row["name"]),
        source=" · ".join(filter(None, [*place, str(row["source"])])),
        a=both[0],
        b=both[1],
        words=f"described: {row['detail'].removesuffix(' (fewer is better)')}" if beside else str(row["words"]),
        detail="" if beside else str(row["detail"]),
        tone=str(row["tone"]),
        plot=_plot(row, scale) if isfinite(row["difference"]) and row["better"] != "neither" else None,
        beside=beside,
    )


def _plot(row: Mapping[Any, Any], scale: float) -> Plot:
    sign = -1 if row["better"] == "lower" else 1
    low, high = sorted(MIDDLE + _REACH * sign * end / scale for end in ends_of(row))
    return Plot(
        value=round(MIDDLE + _REACH * sign * row["difference"] / scale, 1),
        low=round(low, 1),
        high=round(high, 1),
        band=round(_REACH * row["mde"] / scale, 1) if isfinite(row["mde"]) else 0.0,
        filled=row["tone"] in ("better", "worse", "higher", "lower"),
    )
