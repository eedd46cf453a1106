"""Where a judge is good and where it is not: by kind of item, by length and by correctness of the answer."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.tables import ends, explained
from clinical_r1.stats.ratings import Array, Statistic
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.agreements import judge_with_raters
from clinical_r1.study.draws import NOTHING, figures, ratio_of_sums
from clinical_r1.study.ratings import Panel

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
    main, exact, bias = figures(panel, [judge_with_raters(panel, judge), _bias(panel, judge)], resampling)
    return ends(main) | ends(exact, "exact") | ends(bias, "bias") | explained(main)


def _bias(panel: Panel, judge: str) -> Statistic:
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
