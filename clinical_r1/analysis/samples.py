"""Selection of single responses to show: the largest disagreements between two checkpoints first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical_r1.analysis.comparisons import aligned, comparable
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Group
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


def disagreements(comparisons: Sequence[Comparison], groups: dict[int, Group], number: int) -> list[Shown]:
    """The responses in which two checkpoints differ most, as many from each comparison.

    How much two responses differ is the sum of the differences of their primary bounded metrics, a right answer
    against a wrong one counting `ANSWER_WEIGHT`. Of several seeds, the first of each side is shown.

    Args:
        comparisons: That may be shown.
        groups: Run -> its responses.
        number: Samples in all.
    """
    parts = zip(comparisons, _shares(number, len(comparisons)), strict=True)
    return [shown for comparison, share in parts for shown in _largest(comparison, groups, share)]


def _shares(number: int, parts: int) -> list[int]:
    """A number in parts as equal as can be."""
    return [number // parts + (place < number % parts) for place in range(parts)]


def _largest(comparison: Comparison, groups: dict[int, Group], number: int) -> list[Shown]:
    runs = (comparison.runs_a[0].index, comparison.runs_b[0].index)
    first, second = aligned(*(groups[run] for run in runs))
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
            runs=runs,
            why=_why(comparison, first[keys].iloc[place], second[keys].iloc[place]),
        )
        for place in order
    ]


def _why(comparison: Comparison, a: "pd.Series[float]", b: "pd.Series[float]") -> str:
    """The answers, and the two metrics that differ most."""
    said = {1.0: "right", 0.0: "wrong"}
    parts = [f"{comparison.a} {said.get(a['answer'], 'failed')}, {comparison.b} {said.get(b['answer'], 'failed')}"]
    gaps = (b - a).astype(float).drop("answer").abs().dropna()
    for key in gaps[gaps > 0].sort_values(ascending=False, kind="stable").index[:2]:
        parts.append(f"{METRICS[key].label} {a[key]:.2f} against {b[key]:.2f}")
    return "; ".join(parts)


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
