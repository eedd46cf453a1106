"""The reward audit as text and as a figure.

Frames are `clinical_r1.reward_audit.Audit.table`: a row per perturbation x profile x detector.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import COLOURS, INK, records
from ..tables import aligned

LOOKS = {
    "presence": (COLOURS[1], "s"),
    "lexical": (COLOURS[0], "o"),
    "grounded": (COLOURS[2], "D"),
    "specific": (COLOURS[4], "P"),
    "semantic": (COLOURS[3], "^"),
    "released": (INK, "X"),
}
"""Detector -> colour and marker."""

ROBUST = "where a robust reward lies"

Row = Any  # a row of a frame: pandas types its fields as anything that fits a cell


def markdown(frame: pd.DataFrame) -> str:
    """The audit as text: how to read it, its reading in two sentences, and five tables."""
    parts = [
        "# Reward audit",
        "Completions were changed in ways that should cost the cross-reference bonus, or should leave it, and scored "
        "before and after. Shares stand with 95 % intervals clustered by question and with the number of completions "
        "behind them. `released` is the scoring of the paper's released code; the others are detectors of the strict "
        "profile.",
        reading(frame),
        "## Unperturbed\n\n" + _unperturbed(frame),
        "## Keeps the bonus, of completions that had it\n\n" + _pivot(frame, "kept", "with_bonus"),
        "## Gains the bonus, of completions that had it not\n\n" + _pivot(frame, "gained", "without_bonus"),
        "## Still counts as the right answer, though the text takes it back\n\n"
        + _pivot(frame[frame.takes_back], "stays_right", "right", should="lose"),
        "## Mean change of the total reward\n\n" + _pivot(frame, "change", "completions", sign="+"),
    ]
    return "\n\n".join(parts) + "\n"


def reading(frame: pd.DataFrame) -> str:
    """What the numbers say, in two sentences; means over perturbations have no interval, their parts do."""
    lost, left = frame[~frame.should_keep], frame[frame.should_keep]
    means = lost.groupby("detector", sort=False).kept.mean().dropna()
    if means.empty:
        return "No completion had the bonus under any rule. There is nothing to keep; see what was gained."
    best = means.idxmin()
    hole = _top(lost[lost.detector == best], "kept")
    unpaid = [f"`{name}`" for name in frame.detector.unique() if name not in means]
    survives = ", ".join(f"{mean:.2f} under `{name}`" for name, mean in means.items())
    survives += f" (none had it under {', '.join(unpaid)})" if unpaid else ""
    first = (
        f"Averaged over the {lost.perturbation.nunique()} changes that should cost the bonus, it survives in "
        f"{survives}; what `{best}` notices least is {_title(hole.perturbation)} (kept in {hole.kept:.2f} of "
        f"{hole.with_bonus})."
    )
    after = left.groupby("detector", sort=False).kept.mean().dropna()
    kept = ", ".join(f"{mean:.2f} under `{name}`" for name, mean in after.items())
    second = f"Averaged over the {left.perturbation.nunique()} that should leave it, it survives in {kept}"
    return f"{first} {second}; {_gain(frame)}."


def _gain(frame: pd.DataFrame) -> str:
    if not frame.gained.max() > 0:
        return "no change earns a bonus that was not there"
    top = _top(frame, "gained")
    return (
        f"a bonus that was not there is earned most often by {_title(top.perturbation)} under `{top.detector}` "
        f"({top.gained:.2f} of {top.without_bonus})"
    )


def _top(frame: pd.DataFrame, column: str) -> Row:
    """The first row with the largest value."""
    return frame.sort_values(column, ascending=False, kind="stable").iloc[0]


def figure(frame: pd.DataFrame) -> Figure:
    """Shares that keep and that gain the bonus, a row per perturbation; grey bars stand where a robust reward lies."""
    rows = frame.drop_duplicates("perturbation")
    drawn = Figure(figsize=(10, 1.8 + 0.5 * len(rows)), layout="constrained")
    left, right = drawn.subplots(1, 2, sharey=True)
    for axes, name in ((left, "kept"), (right, "gained")):
        for place, row in enumerate(records(rows)):
            robust = 1 if name == "kept" and row.should_keep else 0
            ends = [place - 0.42, place + 0.42]
            axes.plot([robust, robust], ends, color="#D9D9D9", linewidth=8, zorder=0, label="" if place else ROBUST)
        _points(axes, frame, name)
        axes.set_xlabel("share of completions, 95 % interval")
    left.set_title("Keeps the bonus, of completions that had it", fontsize=11)
    right.set_title("Gains the bonus, of completions that had it not", fontsize=11)
    _rows(left, right, rows)
    handles, labels = left.get_legend_handles_labels()
    title = "rule (share of completions with the bonus, unperturbed)"
    look = {"fontsize": 9, "columnspacing": 1.2, "handletextpad": 0.4, "frameon": False}
    drawn.legend(handles, labels, loc="outside upper center", ncols=len(labels), title=title, **look)
    return drawn


def _points(axes: Axes, frame: pd.DataFrame, name: str) -> None:
    places = {perturbation: place for place, perturbation in enumerate(frame.perturbation.unique())}
    detectors = list(frame.detector.unique())
    for number, detector in enumerate(detectors):
        part = frame[frame.detector == detector]
        colour, marker = LOOKS.get(detector, (COLOURS[5], "v"))
        heights = part.perturbation.map(places) + 0.17 * (number - (len(detectors) - 1) / 2)
        axes.hlines(heights, part[f"{name}_low"], part[f"{name}_high"], color=colour, linewidth=1.4)
        before = _top(part, "completions").bonus
        label = f"{detector} ({before:.2f})"
        axes.plot(part[name], heights, marker, color=colour, markersize=6, clip_on=False, label=label)
    axes.set_xlim(-0.03, 1.03)
    axes.spines[["top", "right"]].set_visible(False)


def _rows(left: Axes, right: Axes, rows: pd.DataFrame) -> None:
    """Name the rows at the left, and at the right say what a robust reward does with each block of them."""
    labels = [f"{_title(row.perturbation)}\n(n = {row.completions})" for row in records(rows)]
    left.set_yticks(range(len(rows)), labels, fontsize=8.5)
    left.set_ylim(len(rows) - 0.5, -0.5)
    border = float((~rows.should_keep).sum())
    for axes in (left, right):
        axes.axhline(border - 0.5, color="#777777", linewidth=0.8, linestyle=":")
    for middle, text in ((border / 2, "should cost the bonus"), ((border + len(rows)) / 2, "should leave it")):
        right.text(1.05, middle - 0.5, text, rotation=270, va="center", ha="left", fontsize=9)


def _title(perturbation: str) -> str:
    return perturbation.replace("_", " ")


def _unperturbed(frame: pd.DataFrame) -> str:
    """Rates before any change, over the perturbation that applies to the most completions."""
    widest = frame.sort_values("completions", ascending=False, kind="stable").drop_duplicates("detector").sort_index()
    cells = [
        [row.detector, *(_cell(row, name, "completions") for name in ("format", "bonus"))] for row in records(widest)
    ]
    return aligned(["rule", "format", "cross-reference bonus"], cells)


def _pivot(frame: pd.DataFrame, name: str, base: str, *, should: str | None = None, sign: str = "") -> str:
    """A row per perturbation, a column per detector; what it should do is said of the bonus unless given."""
    detectors = list(frame.detector.unique())
    rows = []
    for perturbation, part in frame.groupby("perturbation", sort=False):
        found = {row.detector: _cell(row, name, base, sign) for row in records(part)}
        bonus = "keep" if part.should_keep.iloc[0] else "lose"
        rows.append([_title(str(perturbation)), should or bonus, *(found[detector] for detector in detectors)])
    return aligned(["perturbation", "should", *detectors], rows)


def _cell(row: Row, name: str, base: str, sign: str = "") -> str:
    """A value with its interval and the number of completions behind it; zero has no minus."""
    if not (n := getattr(row, base)):
        return "none"
    value, low, high = (f"{getattr(row, column):{sign}.2f}" for column in (name, f"{name}_low", f"{name}_high"))
    return f"{value} [{low}, {high}] n={n}".replace("-0.00", f"{sign}0.00")
