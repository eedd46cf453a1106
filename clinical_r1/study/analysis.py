"""All tables of a study's report, the items on which judge and raters differ most, and a card per judge.

A judge card holds what a study found about a judge, in a file of its own for whoever uses the judge next.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.judged import BOUNDED
from clinical_r1.analysis.summary import Kind, Sentence
from clinical_r1.analysis.tables import ends, estimate_of
from clinical_r1.analysis.words import points
from clinical_r1.files import jsonable, write_whole
from clinical_r1.metrics import METRICS
from clinical_r1.stats.estimates import ALPHA, mean_of_defined
from clinical_r1.stats.ratings import Array
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.agreements import agreement_tables, consistency_table, rivals_table, spans_table
from clinical_r1.study.corrected import corrected_tables
from clinical_r1.study.judge_against_raters import (
    alt_test_tables,
    bias_tables,
    binary_table,
    drivers_table,
    strata_table,
)
from clinical_r1.study.opinions import opinion_tables
from clinical_r1.study.ratings import Labelled, Panel, Panels, panel
from clinical_r1.study.verdict import EPSILON, VERDICTS, Evidence, decide


# --- items to look at -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Disagreement:
    """An item and why it is worth a look."""

    item: str
    why: str
    """The metric on which sides are farthest apart, and what each said."""


def disagreements(labelled: Labelled, number: int) -> list[Disagreement]:
    """Items by how far the first judge is from raters, in standard deviations of ratings summed over metrics.

    Items on which the judge agrees with raters exactly come last, by how far raters are from each other.

    Args:
        labelled: The study.
        number: Items at most.
    """
    judge = next(iter(labelled.judges), None)
    panels = [panel(labelled, key) for key in labelled.keys]
    found: dict[str, tuple[float, float, str]] = {}
    for item in map(str, labelled.originals.index):
        if apart := [_apart(one, item, judge) for one in panels if item in one.clusters]:
            found[item] = (sum(one[0] for one in apart), sum(one[1] for one in apart), max(apart)[2])
    ranked = sorted(found, key=lambda item: (-round(found[item][0], 9), -round(found[item][1], 9), item))
    return [Disagreement(item, found[item][2]) for item in ranked[:number] if max(found[item][:2]) > 0]


def _apart(one: Panel, item: str, judge: str | None) -> tuple[float, float, str]:
    """Distance of judge from raters, and of raters from each other; what each said."""
    place = one.items.index.get_loc(item)
    ratings = one.scores[:, place]
    given = ratings[~np.isnan(ratings)]
    machine = float(one.judges[judge][place]) if judge is not None else nan
    spread = float(np.nanstd(one.scores)) or 1.0
    from_judge = 0.0 if np.isnan(machine) else abs(machine - given.mean()) / spread
    said = f"{one.metric.label}: judge {short_number(machine)}, raters {', '.join(map(short_number, given))}"
    return float(from_judge), float(given.std()) / spread, said


def short_number(value: float) -> str:
    """At most two decimals, a dash where there is no number."""
    return "–" if np.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")


# --- tables -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Analysis:
    """What a study has shown."""

    labelled: Labelled
    epsilon: float
    tables: dict[str, pd.DataFrame]
    """By name; see the modules that make them."""
    summary: tuple[Sentence, ...]


def analyse(
    labelled: Labelled,
    resampling: Resampling | None = None,
    *,
    epsilon: float = EPSILON,
    margins: Mapping[str, float] | None = None,
) -> Analysis:
    """Make every table.

    Args:
        labelled: The study.
        resampling: Resamples (2,000 by default) and seed.
        epsilon: Margin of the alternative annotator test that verdicts go by, from 0 to less than 1.
        margins: Of the judge's errors between checkpoints, see `corrected_tables`.
    """
    resampling = resampling or Resampling(2000)
    panels = {key: panel(labelled, key) for key in labelled.keys}
    tables = {
        **agreement_tables(panels, resampling),
        **bias_tables(panels, resampling),
        "binary": binary_table(panels),
        **alt_test_tables(panels, epsilon),
        "strata": strata_table(panels, resampling),
        "drivers": drivers_table(panels, resampling),
        "rivals": rivals_table(panels, resampling),
        "consistency": consistency_table(labelled),
        "spans": spans_table(labelled),
        **corrected_tables(labelled, resampling, margins),
        **opinion_tables(labelled, resampling),
        "labels": pd.DataFrame([_labels(one) for one in panels.values()]),
        "work": labelled.work,
    }
    tables["verdicts"] = verdicts_table(panels, tables)
    return Analysis(labelled, epsilon, tables, tuple(_summary(labelled, tables)))


def _labels(one: Panel) -> dict[str, Any]:
    """How much was rated of a metric."""
    rated = ~np.isnan(one.scores)
    per_item = rated.sum(axis=0)
    return {
        **one.about,
        "items": len(one.items),
        "questions": len(np.unique(one.places)),
        "raters": len(one.raters),
        "ratings": int(rated.sum()),
        "fewest": int(per_item.min()) if len(per_item) else 0,
        "most": int(per_item.max(initial=0)),
        "fewest_items": int(rated.sum(axis=1).min()) if len(one.raters) else 0,
    }


# --- verdicts ---------------------------------------------------------------------------------------------------------
def verdicts_table(panels: Panels, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One verdict per judge and metric, with the figures of the tables `agreement`, `alt_test` and `bias` behind it.

    Returns:
        A row per judge x metric: `verdict`, `reason`; `agreement` beyond chance, `ceiling` (raters among themselves)
        and `gap` (judge less rater), each with `_low` and `_high`; `prevalence` (share of items in which raters found
        an instance); `omega`, `rho`, `epsilon`; `bias` with `_low`, `_high`; `raters`, `fewest` items of one, `n`,
        `primary`, `method`.
    """
    rows = []
    for one in panels.values():
        for judge in one.judges:
            [agreed] = [row for row in _rows(tables["agreement"], judge, one.key) if row["headline"]]
            [tested] = [row for row in _rows(tables["alt_test"], judge, one.key) if row["chosen"]]
            [off] = _rows(tables["bias"], judge, one.key)
            evidence = _evidence(one, judge, agreed, tested)
            decision = decide(evidence)
            rows.append(
                {
                    **{"judge": judge, **one.about, "primary": one.metric.primary},
                    **{"verdict": decision.verdict, "reason": decision.reason},
                    **ends(estimate_of(agreed), "agreement"),
                    **ends(estimate_of(agreed, "raters_value"), "ceiling"),
                    **ends(estimate_of(agreed, "gap"), "gap"),
                    "prevalence": evidence.prevalence,
                    **{name: tested[name] for name in ("omega", "rho", "epsilon")},
                    **ends(estimate_of(off), "bias"),
                    **{"raters": evidence.raters, "fewest": evidence.fewest, "n": off["n"], "method": agreed["method"]},
                }
            )
    return pd.DataFrame(rows)


def _rows(table: pd.DataFrame, judge: str, metric: str) -> list[dict[Any, Any]]:
    """What a table says of a judge and a metric."""
    if table.empty:
        return []
    return table[(table["judge"] == judge) & (table["metric"] == metric)].to_dict("records")


def _evidence(one: Panel, judge: str, agreed: Mapping[str, Any], tested: Mapping[str, Any]) -> Evidence:
    machine = one.judges[judge]
    counts = (~np.isnan(one.scores + machine)).sum(axis=1)
    counts = counts[counts > 0]
    values = machine[~np.isnan(machine)]
    no_values = "the judge has no value of a rated item" if len(one.items) else "no item was rated"
    # where every resample gives the same figure there is no interval: agreement of 0 is then no more than chance
    floor = 0.0 if abs(agreed["value"]) < 1e-9 else nan
    # share of each item's raters who found an instance; its mean is weighted as items were drawn
    found = mean_of_defined(np.where(np.isnan(one.scores), np.nan, one.scores > 0))
    return Evidence(
        raters=len(counts),
        fewest=int(counts.min()) if len(counts) else 0,
        agreement=agreed["value"],
        low=agreed["low"] if isfinite(agreed["low"]) else floor,
        ceiling=agreed["raters_value"],
        gap=agreed["gap"],
        gap_low=agreed["gap_low"],
        prevalence=float(np.average(found, weights=one.weights)) if len(found) else nan,
        omega=tested["omega"],
        tested=tested["raters"],
        no_agreement=(agreed["why"] or agreed["method"]) if len(values) else no_values,
        no_gap=agreed["ceiling_why"],
        no_omega=tested["why"],
        constant="it" if _alike(values) else "raters" if _alike(one.scores[~np.isnan(one.scores)]) else "",
    )


def _alike(values: Array) -> bool:
    return bool(len(values) and np.ptp(values) == 0)


# --- in words ---------------------------------------------------------------------------------------------------------
_SAID: dict[str, tuple[Kind, str]] = {
    "stands in for a rater": ("passes", "the judge {judge} agrees with raters well enough to stand in for one"),
    "beyond chance, not as good as a rater": (
        "fails",
        "the judge {judge} agrees with raters more than chance would, but not well enough to replace one",
    ),
    "not beyond chance": ("fails", "the judge {judge} agrees with raters no more than chance would"),
    "too little data": ("unmeasured", "too little data to say how far the judge {judge} agrees with raters"),
    "not measured": ("unmeasured", "the judge {judge} could not be compared with raters"),
}
"""Verdict -> kind of sentence, and what it says."""


def _summary(labelled: Labelled, tables: Mapping[str, pd.DataFrame]) -> Iterator[Sentence]:
    raters = len(labelled.raters)
    rated = {item for rows in labelled.ratings.values() for row in rows.values() for item in row}
    rated &= set(labelled.originals.index)
    work = f"{raters} rater{'s' * (raters != 1)} on {len(rated):,} response{'s' * (len(rated) != 1)}"
    if not labelled.raters:
        yield Sentence("unmeasured", "No rater's answers were imported yet, so nothing can be said about a judge.")
    else:
        yield Sentence("note", f"Judges were compared with {work}.")
    verdicts = tables["verdicts"]
    primary = verdicts[verdicts["primary"]] if len(verdicts) else verdicts
    if len(primary) and labelled.raters:
        for judge in labelled.judges:
            own = primary[primary["judge"] == judge]
            for verdict in (one for one in VERDICTS if (own["verdict"] == one).any()):
                labels = "; ".join(own.loc[own["verdict"] == verdict, "label"])
                kind, says = _SAID[verdict]
                yield Sentence(kind, f"{labels[:1].upper()}{labels[1:]}: {says.format(judge=judge)}.")
    yield from _of_corrected(tables["corrected_differences"])
    yield from _of_errors(tables["errors_by_checkpoint"])
    for note in labelled.notes:
        yield Sentence("note", note)


def _of_corrected(table: pd.DataFrame) -> Iterator[Sentence]:
    """Differences between checkpoints that correction makes or unmakes."""
    for row in table.to_dict("records"):
        raw, corrected = row["raw_low"] > 0 or row["raw_high"] < 0, row["p_holm"] < ALPHA
        if row["primary"] and isfinite(row["value"]) and raw != corrected:
            now = "a difference beyond chance" if corrected else "no difference beyond chance"
            label, ends = f"{row['label'][:1].upper()}{row['label'][1:]}", ("value", "low", "high")
            as_judged = _size(row, "raw", "raw_low", "raw_high")
            yield Sentence(
                "differs" if corrected else "same",
                f"{label}, {row['b']} less {row['a']} on {row['benchmark']}: corrected by raters there is {now}: "
                f"{_size(row, *ends)}; as judged {as_judged}.",
            )


def _size(row: Mapping[Any, Any], *names: str) -> str:
    """A difference with its interval: of shares in points."""
    shares = METRICS[row["metric"]].form in BOUNDED
    value, low, high = (points(row[name]) if shares else f"{row[name]:+.2f}".replace("-", "−") for name in names)
    return f"{value}{' points' * shares} [{low}, {high}]"


def _of_errors(table: pd.DataFrame) -> Iterator[Sentence]:
    """Where the judge errs alike on all checkpoints, and where that is not shown."""
    primary = table[table["primary"] & (table["a"] != "")] if len(table) else table
    for benchmark, own in primary.groupby("benchmark", sort=False) if len(primary) else ():
        for alike, says in ((True, "is shown to err alike"), (False, "is not shown to err alike")):
            if labels := [
                f"{row['label']} (within ±{row['margin']:g})"
                for row in own[own["equivalent"] == alike].to_dict("records")
            ]:
                yield Sentence("note", f"The judge {says} on all checkpoints of {benchmark}: {'; '.join(labels)}.")


# --- judge cards ------------------------------------------------------------------------------------------------------
_FIGURES = {"agreement": "agreement", "raters": "ceiling", "gap": "gap", "bias": "bias"}
"""Figure of a card -> column of the table of verdicts."""


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
    paths, verdicts = [], analysis.tables["verdicts"].to_dict("records")
    for number, judge in enumerate(analysis.labelled.judges, 1):
        path = folder / ("judge_card.json" if number == 1 else f"judge_card-{number}.json")
        card = {
            "kind": "study",
            **about,
            "judge": judge,
            "raters": len(analysis.labelled.raters),
            "items": len(analysis.labelled.originals),
            "epsilon": analysis.epsilon,
            "metrics": {row["metric"]: _metric(row, analysis.tables) for row in verdicts if row["judge"] == judge},
        }
        paths.append(write_whole(path, json.dumps(jsonable(card), indent=1, allow_nan=False) + "\n"))
    return tuple(paths)


def _metric(row: Mapping[Any, Any], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    judge, metric = row["judge"], row["metric"]
    return {
        **{name: row[name] for name in ("label", "verdict", "reason")},
        **{name: ends(estimate_of(row, column)) for name, column in _FIGURES.items()},
        **{name: row[name] for name in ("prevalence", "omega", "rho")},
        **{"n": row["n"], "raters_compared": row["raters"], "fewest_items": row["fewest"]},
        "statistics": {one["statistic"]: _figure(one) for one in _rows(tables["agreement"], judge, metric)},
        "binary": {one["quantity"]: _figure(one) for one in _rows(tables["binary"], judge, metric)},
    }


def _figure(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("value", "low", "high", "n", "why") if row[name] != ""}
