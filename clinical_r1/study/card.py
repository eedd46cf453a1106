"""Judge cards: what a study found about each judge, in a file of its own for whoever uses the judge next."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clinical_r1.files import write_whole
from clinical_r1.plain import plain
from clinical_r1.study.analysis import Analysis

_FIGURES = {
    "agreement": ("agreement", "agreement_low", "agreement_high"),
    "raters": ("ceiling", "ceiling_low", "ceiling_high"),
    "gap": ("gap", "gap_low", "gap_high"),
    "bias": ("bias", "bias_low", "bias_high"),
}
"""Figure of a card -> columns of the table of verdicts."""


def write_cards(folder: Path, analysis: Analysis, about: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write `judge_card.json` of the first judge, and `judge_card-2.json` and so on of the others.

    Args:
        folder: That is there.
        analysis: The study's tables.
        about: Study, date, version and the like: plain values.

    Returns:
        The paths.

    Raises:
        UserError: If a file cannot be written.
    """
    paths = []
    for number, judge in enumerate(analysis.labelled.judges, 1):
        path = folder / ("judge_card.json" if number == 1 else f"judge_card-{number}.json")
        card = {"kind": "study", **about, **_card(analysis, judge)}
        paths.append(write_whole(path, json.dumps(plain(card), indent=1, allow_nan=False) + "\n"))
    return tuple(paths)


def _card(analysis: Analysis, judge: str) -> dict[str, Any]:
    tables = analysis.tables
    verdicts = tables["verdicts"]
    own = verdicts[verdicts["judge"] == judge] if len(verdicts) else verdicts
    return {
        "judge": judge,
        "raters": len(analysis.labelled.raters),
        "items": len(analysis.labelled.originals),
        "epsilon": analysis.epsilon,
        "metrics": {row["metric"]: _metric(row, judge, tables) for row in own.to_dict("records")},
    }


def _metric(row: Mapping[Any, Any], judge: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    ends = ("value", "low", "high")
    figures = {
        name: {end: row[column] for end, column in zip(ends, columns, strict=True)}
        for name, columns in _FIGURES.items()
    }
    counts = {"n": row["n"], "raters_compared": row["raters"], "fewest_items": row["fewest"]}
    numbers = {name: row[name] for name in ("prevalence", "omega", "rho")}
    return {
        **{"label": row["label"], "verdict": row["verdict"], "reason": row["reason"]},
        **figures,
        **numbers,
        **counts,
        "statistics": {one["statistic"]: _figure(one) for one in _rows(tables["agreement"], judge, row["metric"])},
        "binary": {one["quantity"]: _figure(one) for one in _rows(tables["binary"], judge, row["metric"])},
    }


def _rows(table: pd.DataFrame, judge: str, metric: str) -> list[dict[Any, Any]]:
    if table.empty:
        return []
    return table[(table["judge"] == judge) & (table["metric"] == metric)].to_dict("records")


def _figure(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("value", "low", "high", "n", "why") if row[name] != ""}
