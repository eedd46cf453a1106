"""A judge against raters: bias, limits of agreement, sensitivity, specificity, alternative annotator test, strata."""

from collections.abc import Iterator
from itertools import product
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.stats.agreement import AltTest, Scoring, alt_test_sweep, judge_rates
from clinical_r1.stats.coefficients import limits
from clinical_r1.stats.estimates import mean, quotient
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.agreements import judge_with_raters
from clinical_r1.study.ratings import NOTHING, Panel, Panels


def _each(panels: Panels) -> Iterator[tuple[dict[str, Any], Panel, str]]:
    """Every judge and metric: cells that say so, panel, judge."""
    for panel in panels.values():
        for judge in panel.judges:
            yield {"judge": judge, **panel.about, "form": panel.metric.form}, panel, judge


# --- bias -------------------------------------------------------------------------------------------------------------
_SPECKS = 3
"""Decimals to which points of one place are told apart."""


def bias_tables(panels: Panels, resampling: Resampling) -> dict[str, pd.DataFrame]:
    """How far judges are off, item by item, from the mean of raters.

    Returns:
        `bias`: a row per judge x metric: `value` (judge less raters) with `low`, `high`, `n`, `questions`, `why`,
        `method`; `mean_judge`, `mean_raters`; `limit_low` and `limit_high` (Bland and Altman's limits of agreement)
        with ends `_low` and `_high`, and `limits_why` there are none.

        `points`: a row per judge x metric x place of Bland and Altman's plot: `mean`, `difference`, `items` there.
    """
    lines: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for about, panel, judge in _each(panels):
        there = ~np.isnan(panel.consensus - panel.judges[judge])
        human, machine, weights = panel.consensus[there], panel.judges[judge][there], panel.weights[there]
        off = mean(machine - human, panel.places[there], weights=weights)
        _, low, high = panel.figures([limits(panel.judges[judge], panel.consensus)], resampling)
        cells = explained(off) | {"questions": off.clusters}
        if not there.any():
            cells["why"] = NOTHING
        for name, side in (("mean_judge", machine), ("mean_raters", human)):
            cells[name] = float(np.average(side, weights=weights)) if there.any() else nan
        lines.append(about | cells | ends(low, "limit_low") | ends(high, "limit_high") | {"limits_why": low.why})
        both = np.column_stack([(human + machine) / 2, machine - human]).round(_SPECKS)
        places = zip(*np.unique(both, axis=0, return_counts=True), strict=True) if len(both) else ()
        points += [
            about | {"mean": float(x), "difference": float(y) + 0.0, "items": int(count)} for (x, y), count in places
        ]
    return {"bias": pd.DataFrame(lines), "points": pd.DataFrame(points)}


# --- sensitivity and specificity --------------------------------------------------------------------------------------
def binary_table(panels: Panels) -> pd.DataFrame:
    """Sensitivity, specificity and prevalence of "at least one instance", against the majority of raters; of no share.

    Returns:
        A row per judge x metric x `quantity` (sensitivity, specificity, prevalence, called): `value`, `low`, `high`,
        `n`, `why`, `method`, and `ties`, the items without a majority, which are left out.
    """
    rows = []
    yes_or_no = {panel.metric.base for panel in panels.values() if panel.metric.form == "any"}
    for about, panel, judge in _each(panels):
        if panel.metric.form == "share" or (panel.metric.form == "count" and panel.metric.base in yes_or_no):
            continue
        found = judge_rates(panel.humans, panel.judge(judge), clusters=panel.clusters, item_weights=panel.item_weights)
        for quantity in QUANTITIES:
            cells = explained(getattr(found, quantity))
            if cells["why"]:
                cells["why"] = _EMPTY[quantity] if len(panel.items) else "no item was rated"
            rows.append(about | {"quantity": quantity} | cells | {"ties": found.ties})
    return pd.DataFrame(rows)


QUANTITIES = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "prevalence": "prevalence by raters",
    "called": "prevalence by the judge",
}
"""Quantity -> what tables call it."""
_EMPTY = {
    "sensitivity": "raters found none",
    "specificity": "raters found one in every item",
    "prevalence": "no item has both a majority and a value of the judge",
    "called": "no item has both a majority and a value of the judge",
}


# --- alternative annotator test ---------------------------------------------------------------------------------------
EPSILONS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Margins of the sweep."""


def alt_test_tables(panels: Panels, epsilon: float) -> dict[str, pd.DataFrame]:
    """The alternative annotator test at every margin, and rater by rater at `epsilon`, the one that counts.

    Returns:
        `alt_test`: a row per judge x metric x `epsilon`: winning rate `omega`, advantage probability `rho`, `raters`
        tested, `n` items, `scoring`, `chosen` (it is the margin that counts), `why` there is none.

        `annotators`: a row per judge x metric x `rater`: `rho_judge`, `rho_rater` (shares of items won, ties included),
        `n`, `p_value`, `p_adjusted` (Benjamini-Yekutieli), `won`, `why` the rater was not tested.
    """
    sweep: list[dict[str, Any]] = []
    each: list[dict[str, Any]] = []
    margins = sorted({*EPSILONS, epsilon})
    for about, panel, judge in _each(panels):
        scoring: Scoring = "accuracy" if panel.metric.form == "any" else "neg_rmse"
        rows = [about | {"epsilon": margin, "chosen": margin == epsilon} for margin in margins]
        try:
            tests = alt_test_sweep(panel.humans, panel.judge(judge), margins, scoring=scoring, clusters=panel.clusters)
        except ValueError as error:  # too few raters or items, which it says
            nothing = {"omega": nan, "rho": nan, "raters": 0, "n": 0, "scoring": "", "why": str(error)}
            sweep += [row | nothing for row in rows]
            continue
        for row, test in zip(rows, tests.values(), strict=True):
            counts = {"raters": len(test.annotators), "n": test.items}
            sweep.append(row | {"omega": test.omega, "rho": test.rho, **counts, "scoring": test.scoring, "why": ""})
        each += [about | row for row in _by_rater(tests[epsilon])]
    return {"alt_test": pd.DataFrame(sweep), "annotators": pd.DataFrame(each)}


def _by_rater(found: AltTest) -> list[dict[str, Any]]:
    tested = [
        {
            "rater": rater,
            "rho_judge": one.rho_f,
            "rho_rater": one.rho_h,
            "n": one.n,
            "p_value": one.p_value,
            "p_adjusted": one.p_adjusted,
            "won": "yes" if one.rejected else "no",
            "why": "",
        }
        for rater, one in found.annotators.items()
    ]
    empty = {"rho_judge": nan, "rho_rater": nan, "n": 0, "p_value": nan, "p_adjusted": nan, "won": ""}
    return tested + [{"rater": rater, **empty, "why": why} for rater, why in found.left_out.items()]


# --- by stratum: where a judge errs -----------------------------------------------------------------------------------
FEWEST = 10
"""Items below which a stratum is shown and yet not called the worst."""
MOST = 12
"""Strata of one kind that are shown."""
KINDS = {
    "checkpoint": "checkpoint",
    "benchmark": "benchmark",
    "correct": "answer is right",
    "length": "length",
    "has_case": "patient case",
    "negated": "negated question",
    "truncated": "cut off",
}
"""Columns by which items are grouped -> what tables call them."""
_ORDER = ("short", "middle", "long", "yes", "no")


def length_thirds(words: "pd.Series[Any]") -> "pd.Series[Any]":
    """Which third of lengths each item is in, shortest first; equal lengths are in one third.

    Args:
        words: Of each item; NaN is a length that is not known, which is in no third.
    """
    thirds = pd.Series([None] * len(words), words.index, dtype=object)
    known = words.notna().to_numpy()
    if known.any():
        lengths = words.to_numpy(dtype=float)[known]
        edges = np.unique(np.quantile(lengths, [1 / 3, 2 / 3]))
        names = np.array(["short", "middle", "long"] if len(edges) == 2 else ["short", "long"], dtype=object)
        thirds[known] = names[np.searchsorted(edges, lengths, side="left")]
    return thirds


def strata_table(panels: Panels, resampling: Resampling) -> pd.DataFrame:
    """Agreement beyond chance, same values and bias within each kind of item.

    Returns:
        A row per judge x metric x `by` x `stratum`: `value` (the headline agreement) with `low`, `high`; `exact` and
        `bias` with `_low`, `_high`; `n` items, `why`, `method`; `worst` marks the lowest of a judge and metric, among
        strata with at least `FEWEST` items.
    """
    rows: list[dict[str, Any]] = []
    for _, panel, judge in _each(panels):
        own = [
            {"judge": judge, **panel.about, "by": by, "stratum": name} | _stratum(panel.only(inside), judge, resampling)
            for by, name, inside in _strata(panel.items)
        ]
        worst = min(
            (row for row in own if row["n"] >= FEWEST and not np.isnan(row["value"])),
            key=lambda row: row["value"],
            default=None,
        )
        rows += [row | {"worst": row is worst} for row in own]
    return pd.DataFrame(rows)


def _strata(items: pd.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for by, title in KINDS.items():
        column = length_thirds(items["words"]) if by == "length" else items.get(by)
        if column is None:
            continue
        shown = column.map(lambda value: ("no", "yes")[value] if isinstance(value, bool) else value)
        found = set(shown.dropna().astype(str))
        names = [name for name in _ORDER if name in found] + sorted(found.difference(_ORDER))
        if 2 <= len(names) <= MOST:
            for name in names:
                yield title, name, (shown.astype(str) == name).to_numpy() & column.notna().to_numpy()


def _stratum(panel: Panel, judge: str, resampling: Resampling) -> dict[str, Any]:
    off = panel.judges[judge] - panel.consensus
    there = ~np.isnan(off)

    def bias(often: Array) -> Array:
        return np.asarray(quotient(often @ np.nan_to_num(off), often @ there.astype(float)))[:, None]

    statistics = [
        judge_with_raters(panel, judge),
        Statistic(("bias",), bias, (there,), ("" if there.any() else NOTHING,)),
    ]
    main, exact, mean_off = panel.figures(statistics, resampling)
    return ends(main) | ends(exact, "exact") | ends(mean_off, "bias") | explained(main)


# --- what errors go with ----------------------------------------------------------------------------------------------
DRIVERS = {
    "words": "100 words more",
    "correct": "right answer instead of wrong",
}
"""What errors may go with -> what the slope is per."""
ERRORS = {"signed": "judge less raters", "absolute": "distance from raters"}


def drivers_table(panels: Panels, resampling: Resampling) -> pd.DataFrame:
    """Whether a judge errs more on long responses, or by whether the answer is right.

    Slopes of least squares with both in one equation, so that neither stands for the other.

    Returns:
        A row per judge x metric x `error` (signed, absolute) x `driver`: `value` with `low`, `high` (in units of the
        metric), `n`, `why`, `method`.
    """
    rows: list[dict[str, Any]] = []
    for _, panel, judge in _each(panels):
        found = panel.figures([_slopes(panel, judge, error) for error in ERRORS], resampling)
        for (error, driver), figure in zip(product(ERRORS, DRIVERS), found, strict=True):
            rows.append({"judge": judge, **panel.about, "error": error, "driver": driver} | explained(figure))
    return pd.DataFrame(rows)


def _slopes(panel: Panel, judge: str, error: str) -> Statistic:
    off = panel.judges[judge] - panel.consensus
    off = np.abs(off) if error == "absolute" else off
    words = panel.items["words"].to_numpy(dtype=float) / 100
    correct = panel.items["correct"].to_numpy(dtype=float)
    there = ~np.isnan(off + words + correct)
    x = np.column_stack([np.ones(len(off)), words, correct])
    x, y = np.where(there[:, None], x, 0), np.where(there, off, 0)
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), 9)
    columns = np.hstack([products, x * y[:, None]])
    varies = [there.any() and np.ptp(x[there, place]) > 0 for place in (1, 2)]
    flat = ("all items are of one length", "all answers are right, or all are wrong")
    whys = tuple("" if ok else why if there.any() else NOTHING for ok, why in zip(varies, flat, strict=True))
    kept = [0, *(place for place, ok in enumerate(varies, 1) if ok)]

    def of(often: Array) -> Array:
        sums = often @ columns
        squares = sums[:, :9].reshape(-1, 3, 3)[:, kept][:, :, kept]
        found = np.full((len(often), 3), np.nan)
        found[:, kept] = _solved(squares, sums[:, 9:][:, kept])
        return found[:, 1:]

    return Statistic(tuple(DRIVERS), of, (there, there), whys)


def _solved(squares: Array, products: Array) -> Array:
    """Least squares of each resample; NaN where they are not determined."""
    size = np.abs(np.linalg.det(squares))
    scale = np.prod(np.diagonal(squares, axis1=1, axis2=2), axis=1)
    determined = size > 1e-10 * scale
    found = np.full(products.shape, np.nan)
    found[determined] = np.linalg.solve(squares[determined], products[determined][..., None])[..., 0]
    return found
