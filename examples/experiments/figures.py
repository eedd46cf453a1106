"""Figures of an experiment: a panel per number, a row per arm, a dot per seed, and from 3 seeds on their mean.

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
    """Rows are arms, as they stand in the file; thin lines are 95 % over cases, thick ones over seeds, from 3 on."""
    labels = list(dict.fromkeys(results["label"]))
    size = (3.1 * len(numbers) + 1.2, 0.4 * len(labels) + 1.1)
    drawn, axes = plt.subplots(1, len(numbers), figsize=size, sharey=True, squeeze=False)
    for axis, number in zip(axes[0], numbers, strict=True):
        shown = results[results["number"] == number].set_index(["label", "seed"])["value"]
        error = f"{number.removesuffix(' accuracy')} stderr"
        errors = results[results["number"] == error].set_index(["label", "seed"])["value"]
        means = summary(results[results["number"] == number]).set_index("label")
        for place, label in enumerate(labels):
            seeds = shown.loc[label] if label in means.index else pd.Series(dtype=float)
            for step, (seed, value) in enumerate(seeds.items()):
                at = place + 0.16 * (step - (len(seeds) - 1) / 2)
                half = 1.96 * errors.get((label, seed), 0.0)
                axis.plot([value - half, value + half], [at, at], color="#9a9a9a", linewidth=0.8, zorder=1)
                axis.plot(value, at, "o", color="#6d6d6d", markersize=3.5, zorder=2)
            if len(seeds) > 2:
                low, mean, high = (float(means.loc[label, name]) for name in ("low", "mean", "high"))
                axis.plot([low, high], [place, place], color=COLOURS[0], linewidth=2, zorder=3)
                axis.plot(mean, place, "D", color=COLOURS[0], markersize=5.5, zorder=4)
        axis.set_title(number.replace("_", " "), fontsize=10, loc="left")
        axis.grid(axis="x", color="#dddddd")
        axis.set_axisbelow(True)
    first = axes[0][0]
    first.set_yticks(range(len(labels)), labels, fontsize=9)
    first.invert_yaxis()
    return drawn


def curves(runs: Path, column: str) -> plt.Figure:
    """A panel per last level, a colour per first one, a thin line per seed and a thick one for their median."""
    paths = sorted(runs.glob("seed-*/*/record.csv"))
    records = [_record(path) for path in paths if not path.parent.name.startswith("cold_start")]
    found = pd.concat(records).dropna(subset=column)
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
            axis.set_ylim(3e-3, 1.3 * found[column].max())
            axis.axhline(LIMIT, color="#b00020", linewidth=0.8, linestyle="--")
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    handles, starts = axes.flat[0].get_legend_handles_labels()
    drawn.legend(handles, starts, title="cold start", fontsize=8, title_fontsize=8, loc="lower right")
    drawn.supxlabel("update", fontsize=9)
    drawn.supylabel({"kl": "KL per token (nats)"}.get(column, column.replace("_", " ")), fontsize=9)
    return drawn


def _record(path: Path) -> pd.DataFrame:
    _, start, variant = path.parent.name.split("-", 2)
    record = pd.read_csv(path)
    return record.assign(start=start, variant=variant, seed=path.parent.parent.name)


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
