"""Selection of single responses to show: the largest disagreements of two checkpoints, those of the contrast first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical_r1.analysis.comparisons import aligned, comparable
from clinical_r1.analysis.contrast import Contrast
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Group
from clinical_r1.analysis.words import percent, shown_name
from clinical_r1.metrics import METRICS

ANSWER_WEIGHT = 2.0
"""What one right answer against one wrong one weighs beside a bounded metric's difference of 1."""


@dataclass(frozen=True)
class Shown:
    """One question and epoch, answered by one checkpoint or by two."""

    benchmark: str
    id: str
    epoch: int
    runs: tuple[int, ...]
    """Runs whose responses stand side by side."""
    why: str
    """Why it is shown."""


def disagreements(
    comparisons: Sequence[Comparison], groups: dict[int, Group], number: int, contrast: Contrast | None = None
) -> list[Shown]:
    """The responses in which two checkpoints differ most: half from the contrast, first, and the rest from the others.

    How much two responses differ is the sum of the differences of their primary bounded metrics, a right answer
    against a wrong one counting `ANSWER_WEIGHT`. Training seeds of a side take turns.

    Args:
        comparisons: That may be shown.
        groups: Run -> its responses.
        number: Samples in all.
        contrast: What the report is about.
    """
    about = [one for one in comparisons if contrast and (one.a, one.b) == (contrast.a, contrast.b)]
    others = [one for one in comparisons if one not in about]
    half = number - number // 2 if about and others else number * bool(about)
    return [*_shared(about, groups, half), *_shared(others, groups, number - half)]


def _shared(comparisons: Sequence[Comparison], groups: dict[int, Group], number: int) -> list[Shown]:
    """As many from each comparison."""
    shares = _shares(number, len(comparisons))
    return [
        one
        for comparison, share in zip(comparisons, shares, strict=True)
        for one in _largest(comparison, groups, share)
    ]


def _shares(number: int, parts: int) -> list[int]:
    """A number parted as evenly as it can be, larger shares first."""
    return [number // parts + (place < number % parts) for place in range(parts)]


def _largest(comparison: Comparison, groups: dict[int, Group], number: int) -> list[Shown]:
    """Of each pair of seeds as many."""
    sides = comparison.runs_a, comparison.runs_b
    pairs = [tuple(side[seed % len(side)].index for side in sides) for seed in range(max(map(len, sides)))]
    shares = _shares(number, len(pairs))
    return [
        one for (a, b), share in zip(pairs, shares, strict=True) for one in _of_pair(comparison, groups, a, b, share)
    ]


def _of_pair(comparison: Comparison, groups: dict[int, Group], a: int, b: int, number: int) -> list[Shown]:
    first, second = aligned(groups[a], groups[b])
    keys = [m.key for m in METRICS.values() if m.primary and m.key in first and comparable(m, comparison)]
    gaps = (second[keys].astype(float) - first[keys].astype(float)).reset_index()
    total = gaps[keys].abs().fillna(0.0)
    total["answer"] *= ANSWER_WEIGHT
    order = np.argsort(-total.sum(axis=1).to_numpy(), kind="stable")[:number]
    return [
        Shown(
            benchmark=comparison.benchmark,
            id=str(gaps["id"].iloc[place]),
            epoch=int(gaps["epoch"].iloc[place]),
            runs=(a, b),
            why=why(comparison, first[keys].iloc[place], second[keys].iloc[place]),
        )
        for place in order
    ]


def why(comparison: Comparison, of_a: "pd.Series[float]", of_b: "pd.Series[float]") -> str:
    """The answers, and the two metrics that differ most: `GRPO wrong, CRPO right; case facts cited 12 % against 40 %`.

    Args:
        comparison: Of the two sides.
        of_a: Primary metrics of one response of side a.
        of_b: The same, side b.
    """
    a, b = shown_name(comparison.a), shown_name(comparison.b)
    said = {1.0: "right", 0.0: "wrong"}
    parts = [f"{a} {said.get(of_a['answer'], 'failed')}, {b} {said.get(of_b['answer'], 'failed')}"]
    gaps = (of_b - of_a).astype(float).drop("answer").abs().dropna()
    for key in gaps[gaps > 0].sort_values(ascending=False, kind="stable").index[:2]:
        metric = METRICS[key]
        if metric.form == "any":
            parts.append(f"{metric.label} in {b if of_b[key] > of_a[key] else a} only")
        else:
            parts.append(f"{metric.label} {percent(of_a[key])} against {percent(of_b[key])}")
    return "; ".join(parts).replace(" %", "\u00a0%")


def random_sample(groups: Sequence[Group], number: int, seed: int) -> list[Shown]:
    """Responses drawn at random, where there is nothing to compare."""
    rng = np.random.default_rng(seed)
    found: list[Shown] = []
    for group, share in zip(groups, _shares(number, len(groups)), strict=True):
        drawn = rng.choice(len(group.responses), min(share, len(group.responses)), replace=False)
        for row in group.responses.iloc[np.sort(drawn)][["id", "epoch"]].to_dict("records"):
            place = (group.run.benchmark, str(row["id"]), int(row["epoch"]))
            found.append(Shown(*place, (group.run.index,), "drawn at random"))
    return found
