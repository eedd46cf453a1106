"""Figures of an experiment: a panel per number, a row per arm, seeds as dots, their mean with its interval.

    python examples/experiments/figures.py k/results.csv k.svg accuracy true_invented_any true_drc_coverage
    python examples/experiments/figures.py --curves kl stability/runs stability.svg

`results.csv` is what `clinical-r1 experiment` writes; for curves, the folder of its runs.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

from clinical_r1.experiment import summary

COLOURS = ("#1a6faf", "#c2571a", "#2e7d4f", "#7a4ea3", "#8a6d00")
LIMIT = 0.5
"""Nats of KL per token above which a run is called lost."""


def dots(results: pd.DataFrame, numbers: list[str]) -> plt.Figure:
    """Rows are arms, as they stand in the file."""
    labels = list(dict.fromkeys(results["label"]))
    drawn, axes = plt.subplots(
        1, len(numbers), figsize=(3.1 * len(numbers) + 1.2, 0.36 * len(labels) + 1.1), sharey=True
    )
    for axis, number in zip(axes if len(numbers) > 1 else [axes], numbers, strict=True):
        shown = results[results["number"] == number]
        means = summary(shown).set_index("label")
        for place, label in enumerate(labels):
            values = shown.loc[shown["label"] == label, "value"]
            axis.plot(values, [place] * len(values), "o", color="#8a8a8a", markersize=4, alpha=0.7, zorder=1)
            if label in means.index:
                low, mean, high = (float(means.loc[label, name]) for name in ("low", "mean", "high"))
                axis.plot([low, high], [place, place], color=COLOURS[0], linewidth=2, zorder=2)
                axis.plot(mean, place, "D", color=COLOURS[0], markersize=6, zorder=3)
        axis.set_title(number.replace("_", " "), fontsize=10, loc="left")
        axis.grid(axis="x", color="#dddddd")
        axis.set_axisbelow(True)
        spread = shown["value"].max() - shown["value"].min()
        axis.set_xlim(shown["value"].min() - 0.15 * spread - 1e-3, shown["value"].max() + 0.15 * spread + 1e-3)
    first = drawn.axes[0]
    first.set_yticks(range(len(labels)), labels, fontsize=9)
    first.invert_yaxis()
    return drawn


def curves(runs: Path, column: str) -> plt.Figure:
    """A panel per last level, a colour per first one, a thin line per seed and a thick one for their median."""
    paths = sorted(runs.glob("seed-*/*/record.csv"))
    records = [_record(path) for path in paths if not path.parent.name.startswith("cold_start")]
    found = pd.concat(records)
    panels = list(dict.fromkeys(found["variant"]))
    across = min(4, len(panels))
    down = -(-len(panels) // across)
    drawn, axes = plt.subplots(
        down, across, figsize=(2.6 * across, 2.2 * down), sharex=True, sharey=True, squeeze=False
    )
    for axis, panel in zip(axes.flat, panels, strict=False):
        for colour, (start, part) in zip(COLOURS, found[found["variant"] == panel].groupby("start"), strict=False):
            for _, run in part.groupby("seed"):
                axis.plot(run["step"], run[column], color=colour, alpha=0.35, linewidth=0.8)
            middle = part.groupby("step")[column].median()
            axis.plot(middle.index, middle, color=colour, linewidth=1.8, label=start)
        axis.set_title(panel, fontsize=9, loc="left")
        axis.grid(color="#e5e5e5")
        if column == "kl":
            axis.set_yscale("log")
            axis.axhline(LIMIT, color="#b00020", linewidth=0.8, linestyle="--")
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    axes.flat[0].legend(title="cold start", fontsize=7, title_fontsize=7)
    drawn.supxlabel("update", fontsize=9)
    drawn.supylabel({"kl": "KL per token (nats)"}.get(column, column.replace("_", " ")), fontsize=9)
    return drawn


def _record(path: Path) -> pd.DataFrame:
    _, start, variant = path.parent.name.split("-", 2)
    record = pd.read_csv(path)
    return record[record["step"] > 0].assign(start=start, variant=variant, seed=path.parent.parent.name)


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", metavar="COLUMN", help="draw a column of the runs' records by update")
    parser.add_argument("source", type=Path)
    parser.add_argument("figure", type=Path)
    parser.add_argument("numbers", nargs="*")
    given = parser.parse_args()
    with plt.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        drawn = curves(given.source, given.curves) if given.curves else dots(pd.read_csv(given.source), given.numbers)
        drawn.tight_layout()
        drawn.savefig(given.figure, dpi=150)


if __name__ == "__main__":
    main()
