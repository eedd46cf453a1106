"""Tables of a judge against raters: bias, limits of agreement, sensitivity, specificity, alternative annotator test."""

from collections.abc import Iterator, Mapping
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.stats.agreement import AltTest, Scoring, alt_test_sweep, judge_rates
from clinical_r1.stats.coefficients import limits
from clinical_r1.stats.estimates import mean
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.agreements import judge_with_raters
from clinical_r1.study.draws import NOTHING, figures, ratio_of_sums
from clinical_r1.study.ratings import Panel

# --- over all items ---------------------------------------------------------------------------------------------------
EPSILONS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Margins of the sweep."""
_SPECKS = 3
"""Decimals to which points of one place are told apart."""


def _about(judge: str, panel: Panel) -> dict[str, Any]:
    return {"judge": judge, "metric": panel.key, "label": panel.metric.label, "form": panel.metric.form}


# --- bias -------------------------------------------------------------------------------------------------------------
def bias_tables(panels: Mapping[str, Panel], resampling: Resampling) -> dict[str, pd.DataFrame]:
    """How far judges are off, item by item, from the mean of raters.

    Args:
        panels: Key -> panel.
        resampling: For the intervals of limits.

    Returns:
        `bias`: a row per judge x metric: `value` (judge less raters) with `low`, `high`, `n`, `questions`, `why`,
        `method`; `mean_judge`, `mean_raters`; `limit_low` and `limit_high` (Bland and Altman's limits of agreement)
        with ends `_low` and `_high`, and `limits_why` there are none.

        `points`: a row per judge x metric x place of Bland and Altman's plot: `mean`, `difference`, `items` there.
    """
    lines, points = [], []
    for panel in panels.values():
        for judge in panel.judges:
            lines.append(_bias(judge, panel, resampling))
            points += _points(judge, panel)
    return {"bias": pd.DataFrame(lines), "points": pd.DataFrame(points)}


def _bias(judge: str, panel: Panel, resampling: Resampling) -> dict[str, Any]:
    human, machine = panel.consensus, panel.judges[judge]
    there = ~np.isnan(human - machine)
    off = mean((machine - human)[there], panel.places[there], weights=panel.weights[there])
    _, low, high = figures(panel, [limits(machine, human)], resampling)
    weights = panel.weights[there]
    means = {
        name: float(np.average(side[there], weights=weights)) if there.any() else nan
        for name, side in (("mean_judge", machine), ("mean_raters", human))
    }
    sides = ends(low, "limit_low") | ends(high, "limit_high")
    cells = explained(off) | {"questions": off.clusters}
    if not there.any():
        cells["why"] = "no item has both a rating and a value of the judge"
    return _about(judge, panel) | cells | means | sides | {"limits_why": low.why}


def _points(judge: str, panel: Panel) -> list[dict[str, Any]]:
    human, machine = panel.consensus, panel.judges[judge]
    there = ~np.isnan(human - machine)
    both = np.column_stack([(human + machine)[there] / 2, (machine - human)[there]]).round(_SPECKS)
    places, counts = np.unique(both, axis=0, return_counts=True) if len(both) else (both, np.zeros(0, dtype=int))
    return [
        _about(judge, panel) | {"mean": float(x), "difference": float(y) + 0.0, "items": int(count)}
        for (x, y), count in zip(places, counts, strict=True)
    ]


# --- sensitivity and specificity --------------------------------------------------------------------------------------
def binary_table(panels: Mapping[str, Panel]) -> pd.DataFrame:
    """Sensitivity, specificity and prevalence of "at least one instance", against the majority of raters.

    Args:
        panels: Key -> panel; shares are passed over.

    Returns:
        A row per judge x metric x `quantity` (sensitivity, specificity, prevalence, called): `value`, `low`, `high`,
        `n`, `why`, `method`, and `ties`, the items without a majority, which are left out.
    """
    rows = []
    for panel in panels.values():
        if panel.metric.form == "share" or _has_any(panel, panels):
            continue
        for judge in panel.judges:
            found = judge_rates(
                panel.humans,
                panel.judge(judge),
                clusters=panel.clusters,
                item_weights=panel.item_weights,
            )
            for quantity in QUANTITIES:
                cells = explained(getattr(found, quantity))
                if cells["why"]:
                    cells["why"] = _EMPTY[quantity] if len(panel.items) else "no item was rated"
                rows.append(_about(judge, panel) | {"quantity": quantity} | cells | {"ties": found.ties})
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


def _has_any(panel: Panel, panels: Mapping[str, Panel]) -> bool:
    """Whether the yes or no of the same metric is a panel of its own."""
    of_base = [other.metric for other in panels.values() if other.metric.base == panel.metric.base]
    return panel.metric.form == "count" and any(metric.form == "any" for metric in of_base)


# --- alternative annotator test ---------------------------------------------------------------------------------------
def alt_test_tables(panels: Mapping[str, Panel], epsilon: float) -> dict[str, pd.DataFrame]:
    """The alternative annotator test at every margin, and rater by rater at the one that counts.

    Args:
        panels: Key -> panel.
        epsilon: The margin that counts.

    Returns:
        `alt_test`: a row per judge x metric x `epsilon`: winning rate `omega`, advantage probability `rho`, `raters`
        tested, `n` items, `scoring`, `chosen` (it is the margin that counts), `why` there is none.

        `annotators`: a row per judge x metric x `rater`: `rho_judge`, `rho_rater` (shares of items won, ties included),
        `n`, `p_value`, `p_adjusted` (Benjamini-Yekutieli), `won`, `why` the rater was not tested.
    """
    sweep, each = [], []
    for panel in panels.values():
        for judge in panel.judges:
            tests, why = _tested(panel, judge, epsilon)
            for margin in sorted({*EPSILONS, epsilon}):
                sweep.append(
                    _about(judge, panel) | {"epsilon": margin, "chosen": margin == epsilon} | _cells(tests, margin, why)
                )
            if epsilon in tests:
                each += [_about(judge, panel) | row for row in _by_rater(tests[epsilon])]
    return {"alt_test": pd.DataFrame(sweep), "annotators": pd.DataFrame(each)}


def _tested(panel: Panel, judge: str, epsilon: float) -> tuple[Mapping[float, AltTest], str]:
    scoring: Scoring = "accuracy" if panel.metric.form == "any" else "neg_rmse"
    try:
        margins = sorted({*EPSILONS, epsilon})
        clusters = panel.clusters
        return alt_test_sweep(panel.humans, panel.judge(judge), margins, scoring=scoring, clusters=clusters), ""
    except ValueError as error:  # too few raters or items, which it says
        return {}, str(error)


def _cells(tests: Mapping[float, AltTest], margin: float, why: str) -> dict[str, Any]:
    if margin not in tests:
        return {"omega": nan, "rho": nan, "raters": 0, "n": 0, "scoring": "", "why": why}
    found = tests[margin]
    counts = {"raters": len(found.annotators), "n": found.items}
    return {"omega": found.omega, "rho": found.rho, **counts, "scoring": found.scoring, "why": ""}


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


def strata_table(panels: Mapping[str, Panel], resampling: Resampling) -> pd.DataFrame:
    """Agreement beyond chance, same values and bias within each kind of item.

    Args:
        panels: Key -> panel.
        resampling: How to resample.

    Returns:
        A row per judge x metric x `by` x `stratum`: `value` (the headline agreement) with `low`, `high`; `exact` and
        `bias` with `_low`, `_high`; `n` items, `why`, `method`; `worst` marks the lowest of a judge and metric, among
        strata with at least `FEWEST` items.
    """
    rows: list[dict[str, Any]] = []
    for panel in panels.values():
        for judge in panel.judges:
            own = [
                {"judge": judge, "metric": panel.key, "label": panel.metric.label, "by": by, "stratum": name}
                | _stratum(panel.only(inside), judge, resampling)
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
        shown = column.map(
            lambda value: {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        )
        names = sorted(shown.dropna().astype(str).unique(), key=_in_order)
        if 2 <= len(names) <= MOST:
            for name in names:
                yield title, name, (shown.astype(str) == name).to_numpy() & column.notna().to_numpy()


def _in_order(name: str) -> tuple[int, str]:
    known = ("short", "middle", "long", "yes", "no")
    return (known.index(name), "") if name in known else (len(known), name)


def _stratum(panel: Panel, judge: str, resampling: Resampling) -> dict[str, Any]:
    main, exact, bias = figures(panel, [judge_with_raters(panel, judge), _by_stratum_bias(panel, judge)], resampling)
    return ends(main) | ends(exact, "exact") | ends(bias, "bias") | explained(main)


def _by_stratum_bias(panel: Panel, judge: str) -> Statistic:
    """Mean of judge less mean of raters."""
    off = panel.judges[judge] - panel.consensus
    there = ~np.isnan(off)
    return ratio_of_sums("bias", np.nan_to_num(off), there.astype(float), there)


# --- what errors go with ----------------------------------------------------------------------------------------------
DRIVERS = {
    "words": "100 words more",
    "correct": "right answer instead of wrong",
}
"""What errors may go with -> what the slope is per."""
ERRORS = {"signed": "judge less raters", "absolute": "distance from raters"}


def drivers_table(panels: Mapping[str, Panel], resampling: Resampling) -> pd.DataFrame:
    """Whether a judge errs more on long responses, or by whether the answer is right.

    Slopes of least squares with both in one equation, so that neither stands for the other.

    Args:
        panels: Key -> panel.
        resampling: How to resample.

    Returns:
        A row per judge x metric x `error` (signed, absolute) x `driver`: `value` with `low`, `high` (in units of the
        metric), `n`, `why`, `method`.
    """
    rows: list[dict[str, Any]] = []
    for panel in panels.values():
        for judge in panel.judges:
            cells = [(error, driver) for error in ERRORS for driver in DRIVERS]
            found = figures(panel, [_slopes(panel, judge, error) for error in ERRORS], resampling)
            for (error, driver), figure in zip(cells, found, strict=True):
                about = {"judge": judge, "metric": panel.key, "label": panel.metric.label}
                rows.append(about | {"error": error, "driver": driver} | explained(figure))
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
    varies = {
        name: bool(np.ptp(x[there, place]) > 0) if there.any() else False
        for place, name in ((1, "words"), (2, "correct"))
    }
    whys = tuple("" if varies[name] else _FLAT[name] if there.any() else NOTHING for name in DRIVERS)
    kept = [0, *(place for place, name in ((1, "words"), (2, "correct")) if varies[name])]

    def of(often: Array) -> Array:
        sums = often @ columns
        squares = sums[:, :9].reshape(-1, 3, 3)[:, kept][:, :, kept]
        found = np.full((len(often), 3), np.nan)
        found[:, kept] = _solved(squares, sums[:, 9:][:, kept])
        return found[:, 1:]

    return Statistic(tuple(DRIVERS), of, (there, there), whys)


_FLAT = {"words": "all items are of one length", "correct": "all answers are right, or all are wrong"}


def _solved(squares: Array, products: Array) -> Array:
    """Least squares of each resample; NaN where they are not determined."""
    size = np.abs(np.linalg.det(squares))
    scale = np.prod(np.diagonal(squares, axis1=1, axis2=2), axis=1)
    determined = size > 1e-10 * scale
    found = np.full(products.shape, np.nan)
    found[determined] = np.linalg.solve(squares[determined], products[determined][..., None])[..., 0]
    return found
