"""Prediction-powered figures of a study: what raters would say of all judged responses; tables and `corrected.json`.

The responses that a corrected figure is about are its pool: those with items first, then all others that the judge
judged.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations
from math import isfinite, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.analysis.judged import BOUNDED
from clinical_r1.analysis.tables import ends
from clinical_r1.errors import UserError
from clinical_r1.files import jsonable, write_whole
from clinical_r1.metrics import METRICS, Metric
from clinical_r1.stats.calibration import calibrated_judge
from clinical_r1.stats.correction import (
    Corrected,
    judge_error_by_group,
    ppi_difference,
    ppi_mean,
    ppi_ratio,
    ppi_ratio_difference,
)
from clinical_r1.stats.estimates import Estimate, mean, ratio, share
from clinical_r1.stats.families import holm
from clinical_r1.stats.label_weights import beyond_labels
from clinical_r1.stats.paired import compare, compare_ratios
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.ratings import NOTHING, Labelled, row_of

# --- the pool ---------------------------------------------------------------------------------------------------------
Array = NDArray[np.float64]
_PLACE = ["question", "epoch"]


def failed_column(metric: Metric) -> str:
    """Column of a frame of responses that says whether the judge failed where it was to measure a metric."""
    return f"{metric.base}_failed"


@dataclass(frozen=True, eq=False)
class Pool:
    """Responses to the questions of one benchmark, of one checkpoint or of two side by side."""

    items: tuple[tuple[str, ...], ...]
    """Of each place with items: one id per checkpoint."""
    labelled: Labelled
    rows: tuple[pd.DataFrame, ...]
    """A frame per checkpoint, rows in the same places: those of `items` first."""

    @property
    def drawn(self) -> int:
        """Places with items."""
        return len(self.items)

    @cached_property
    def clusters(self) -> NDArray[np.intp]:
        """Number of each place's question."""
        return np.asarray(pd.factorize(self.rows[0]["question"])[0])

    @cached_property
    def weights(self) -> Array:
        """Of the places with items: 1 / the chance of having been drawn, up to a factor."""
        return np.array([self.labelled.weights[ids[0]] for ids in self.items])

    def human(self, key: str) -> Array:
        """Mean of raters, shape (checkpoints, places with items)."""
        return self._given(self.labelled.means.get(key, {}))

    def raters(self, key: str) -> Array:
        """Values of each rater, shape (raters, checkpoints, places with items); NaN where one did not rate."""
        given = self.labelled.ratings.get(key, {})
        return np.array([self._given(given.get(rater, {})) for rater in self.labelled.raters])

    def _given(self, values: Mapping[str, float]) -> Array:
        flat = [values.get(ids[number], nan) for number in range(len(self.rows)) for ids in self.items]
        return np.array(flat, dtype=float).reshape(len(self.rows), self.drawn)

    def judge(self, key: str) -> Array:
        """Values of the judge, shape (checkpoints, places)."""
        return np.array([rows[key].to_numpy(dtype=float) for rows in self.rows])

    def judged_weights(self, key: str) -> Array | None:
        """1 / chance of having been given to the judge; None where all were."""
        column = f"{METRICS[key].judge}_weight"
        if column not in self.rows[0]:
            return None
        found = self.rows[0][column].to_numpy(dtype=float)
        found = np.where(found > 0, found, 1.0)
        return found if len(np.unique(found)) > 1 else None

    def draw(self, key: str) -> dict[str, Any]:
        """How items and judged responses were drawn, as `clinical_r1.stats.correction` takes it."""
        strata = self.labelled.items["stratum"].loc[[ids[0] for ids in self.items]].astype(str).tolist()
        of_items = {"weights": self.weights, "strata": strata, "clusters": self.clusters}
        return of_items | {"pool": "both", "pool_weights": self.judged_weights(key)}


def pool(labelled: Labelled, responses: pd.DataFrame, benchmark: str, checkpoints: Sequence[str], key: str) -> Pool:
    """The responses of checkpoints on a benchmark to which a metric applies.

    Where neither raters nor the judge have a number, and the judge did not fail, there is nothing to measure: such
    responses, as those without listed facts, are not among those that the figure is about.

    Args:
        labelled: The study.
        responses: All that the judge judged, see `Labelled.responses`.
        benchmark: Whose questions.
        checkpoints: One, or two that are compared on the places that both have.
        key: The metric; citations need a case.
    """
    of = METRICS[key].numerator or key
    means = labelled.means.get(of, {})
    parts, ids = [], []
    for checkpoint in checkpoints:
        here, drawn = (
            frame[(frame["checkpoint"] == checkpoint) & (frame["benchmark"] == benchmark)]
            for frame in (responses, labelled.originals)
        )
        if METRICS[key].base == "cecd":
            here, drawn = (f[f["has_case"].astype(bool)] if "has_case" in f else f for f in (here, drawn))
        here = here.drop_duplicates(_PLACE).set_index(_PLACE)
        own_ids = pd.Series(drawn.index, pd.MultiIndex.from_frame(drawn[_PLACE]), dtype=object)
        rated = own_ids.index[~np.isnan(row_of(means, drawn.index))]
        failed = here.get(failed_column(METRICS[of]))
        measured = here[of].notna() | (True if failed is None else failed.eq(True))
        parts.append(here[measured | here.index.isin(rated)])
        ids.append(own_ids[own_ids.index.isin(parts[-1].index.union(rated))])
    both = reduce(lambda one, other: one.intersection(other, sort=False), [one.index for one in ids])
    places = reduce(lambda one, other: one.intersection(other, sort=False), [part.index for part in parts])
    order = both.append(places.difference(both, sort=False))
    rows = tuple(part.reindex(order).rename_axis(_PLACE).reset_index() for part in parts)
    items = tuple(zip(*(one.loc[both] for one in ids), strict=True))
    return Pool(items, labelled, rows)


# --- corrected figures ------------------------------------------------------------------------------------------------
FILE = "corrected.json"
SCHEMA = 1
_EMPTY = ("corrected", "corrected_differences", "errors", "errors_by_checkpoint")
_NAMES = ("benchmark", "checkpoint", "a", "b", "metric", "about", "method", "warning")
_NUMBERS = (
    *("value", "low", "high", "other_low", "other_high", "n_labelled", "n_judged", "raw", "raw_low", "raw_high"),
    *("labels", "labels_low", "labels_high", "trust", "p_value", "p_holm"),
)
_COLUMNS = (*_NAMES, *_NUMBERS)


def corrected_tables(
    labelled: Labelled, resampling: Resampling, margins: Mapping[str, float] | None = None
) -> dict[str, pd.DataFrame]:
    """Corrected figures of the study's first judge.

    Args:
        labelled: The study.
        resampling: Of differences as judged.
        margins: Key -> difference between checkpoints in the judge's mean error that does not matter; `ALIKE` by
            default for shares and yes or no, none for counts.

    Returns:
        `corrected`: a row per benchmark x checkpoint x metric: `value` with `low`, `high` (PPI++; `about` says whether
        they are of raters like these or of these raters), `other_low`, `other_high` (of the others), the same figure
        `raw` over all judged responses and by `labels` alone, `trust` (lambda), `n_labelled`, `n_judged`, `primary`,
        `why` there is no number, `method`, `warning`; `calibrated` is `value` with the judge's values calibrated (see
        `clinical_r1.stats.calibration`), `calibrated_why` not.

        `corrected_differences`: the same of `b` less `a`, with `p_value`, `p_holm` (over the primary forms, and over
        the others).

        `errors`: mean error of the judge, a row per benchmark x metric x checkpoint; `errors_by_checkpoint`: a row per
        benchmark x metric: `p_value` of no difference between checkpoints, `p_holm`, `n`, `why`, `method`; the
        `difference` of errors of the pair `b` less `a` that may lie farthest apart with its 90 % interval,
        `margin`, `equivalent` (the interval lies within the margin; false is "not shown") and `equivalent_why` not.

        All are empty where the judge's responses are not known.
    """
    judge = next(iter(labelled.judges), None)
    responses = labelled.responses.get(judge) if judge is not None else None
    if responses is None or not labelled.raters:
        return {name: pd.DataFrame() for name in _EMPTY}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _EMPTY}
    for benchmark, own in labelled.originals.groupby("benchmark", sort=False):
        checkpoints = [str(name) for name in dict.fromkeys(own["checkpoint"])]
        for key in labelled.keys:
            metric = METRICS[key]
            about = {"benchmark": str(benchmark), "metric": key, "label": metric.label, "primary": metric.primary}
            pools = {name: pool(labelled, responses, str(benchmark), [name], key) for name in checkpoints}
            for checkpoint, one in pools.items():
                found["corrected"].append(about | {"checkpoint": checkpoint} | _raw(one, metric) | _corrected(one, key))
            for a, b in combinations(checkpoints, 2):
                both = pool(labelled, responses, str(benchmark), [a, b], key)
                found["corrected_differences"].append(
                    about | {"a": a, "b": b} | _raw_difference(both, key, resampling) | _corrected(both, key)
                )
            errors, test = _errors(pools, key, (margins or {}).get(key, ALIKE if metric.form in BOUNDED else nan))
            found["errors"] += [about | row for row in errors]
            found["errors_by_checkpoint"].append(about | test)
    tables = {name: pd.DataFrame(rows) for name, rows in found.items()}
    for name in ("corrected_differences", "errors_by_checkpoint"):
        if len(frame := tables[name]):  # corrected over the primary forms, and over the others
            by_form = frame["p_value"].astype(float).groupby(frame["primary"])
            tables[name] = frame.assign(p_holm=by_form.transform(lambda p: holm(p.to_numpy())))
    return tables


# --- means and differences --------------------------------------------------------------------------------------------
LIKE_THESE, THESE = "raters like these", "these raters"
MAIN = (
    "Main intervals of single checkpoints, and of labels alone, are about raters like these: they take in how far "
    "raters differ, as a sample of all who could be asked. Those of these raters alone stand beside them. In a "
    "difference between checkpoints the levels of raters cancel: its main interval and p-value are about these raters, "
    "and the interval for raters like these, which chance makes wide, stands beside it. Where fewer than two raters "
    "share items there are intervals for these raters only, and `about` says so."
)
FEW = 20
"""Labelled questions below which a corrected figure is said to rest on few."""
_FIGURES = (
    *("value", "low", "high", "other_low", "other_high", "labels", "labels_low", "labels_high", "trust", "p_value"),
    *("calibrated", "calibrated_low", "calibrated_high"),
)
_NO_WORDS = {"about": "", "method": "", "warning": "", "calibrated_why": "no corrected figure"}


def _corrected(pool: Pool, key: str) -> dict[str, Any]:
    """Cells of a mean, or of the difference between two checkpoints.

    The main interval of a mean is for raters like these (where they can be compared), that of a difference for these.
    """
    above, below = _parts(METRICS[key], pool)
    sides: Iterable[Array] = (
        np.stack([side(above), side(below)], axis=-2) if below else side(key)
        for side in (pool.human, pool.judge, pool.raters)
    )
    human, judge, raters = sides
    ppi: Callable[..., Corrected] = ppi_ratio_difference if below else ppi_difference
    if single := len(pool.rows) == 1:
        ppi, human, judge, raters = ppi_ratio if below else ppi_mean, human[0], judge[0], raters[:, 0]
    values, draw = (human, judge[..., : pool.drawn], judge[..., pool.drawn :]), pool.draw(key)
    if beyond := _beyond(pool, human, judge):
        nothing = {"n_labelled": 0, "why": beyond, **_NO_WORDS}
        return dict.fromkeys(_FIGURES, nan) | nothing
    try:
        like_these, these = ppi(*values, raters=raters, **draw), ppi(*values, **draw)
    except ValueError as error:
        nothing = {"n_labelled": 0, "why": str(error), **_NO_WORDS}
        return dict.fromkeys(_FIGURES, nan) | nothing
    main, other = (like_these, these) if single else (these, like_these)
    calibrated = _calibrated(human, judge, raters if single else None, draw) if not below else NOT_OF_RATIOS
    few = f"few labels: {main.clusters} questions" if main.clusters < FEW else ""
    alone = "the judge has no value: labels alone" if np.isnan(main.judge_only) else ""
    return {
        "about": LIKE_THESE if main.raters else THESE,
        "other_low": other.low,
        "other_high": other.high,
        **ends(main),
        **ends(main.labels_only or Estimate(nan, nan, nan), "labels"),
        **ends(calibrated, "calibrated"),
        "calibrated_why": calibrated.why,
        "trust": main.lam,
        "n_labelled": main.n,
        "p_value": main.p_value,
        "why": "not defined" if not isfinite(main.value) else "",
        "method": main.method,
        "warning": "; ".join(filter(None, (few, alone))),
    }


NOT_OF_RATIOS = Estimate(nan, nan, nan, method="of a ratio of sums the judge is not calibrated")


def _calibrated(human: Array, judge: Array, raters: Array | None, draw: Mapping[str, Any]) -> Estimate:
    """The same with the judge's values calibrated on those of raters; a judge of two values is so already."""
    if len(np.unique(judge[~np.isnan(judge)])) < 3:
        return Estimate(nan, nan, nan, method="the judge has only two values")
    sides, drawn = judge.size // judge.shape[-1], human.shape[-1]
    near, far = judge[..., :drawn], judge[..., drawn:]
    weights, clusters = (np.tile(draw[name][:drawn], sides) for name in ("weights", "clusters"))
    given = calibrated_judge(human.ravel(), near.ravel(), far.ravel(), weights=weights, clusters=clusters)
    values = human, given[0].reshape(near.shape), given[1].reshape(far.shape)
    return ppi_mean(*values, raters=raters, **draw) if sides == 1 else ppi_difference(*values, **draw)


def _beyond(pool: Pool, human: Array, judge: Array) -> str:
    """Why labels of a checkpoint do not reach over the judge's values of its responses; empty where they do."""
    if not human.size:
        return ""
    rows = judge.reshape(-1, judge.shape[-1])
    rated = ~np.isnan(human.reshape(-1, pool.drawn)).any(axis=0)
    weights = pool.weights[rated]
    return next((why for row in rows if (why := beyond_labels(row[: pool.drawn][rated], row, weights))), "")


def _parts(metric: Metric, pool: Pool) -> tuple[str, str | None]:
    """Keys of numerator and denominator, where a share is pooled as a ratio of sums and raters gave both."""
    above, below = metric.numerator, metric.denominator
    rated = pool.labelled.ratings
    return (above, below) if above and below and rated.get(above) and rated.get(below) else (metric.key, None)


def _raw(pool: Pool, metric: Metric) -> dict[str, Any]:
    """As judged, over everything: as `clinical-r1 report` has it."""
    above, below = _parts(metric, pool)
    weights = pool.judged_weights(metric.key)
    if below:
        found = ratio(pool.judge(above)[0], pool.judge(below)[0], pool.clusters, weights=weights)
    else:
        average = share if metric.form in BOUNDED else mean
        found = average(pool.judge(metric.key)[0], pool.clusters, weights=weights)
    return {"n_judged": found.n, **ends(found, "raw")}


def _raw_difference(both: Pool, key: str, resampling: Resampling) -> dict[str, Any]:
    above, below = _parts(METRICS[key], both)
    settings: dict[str, Any] = {"clusters": both.clusters, "resamples": resampling.resamples, "seed": resampling.seed}
    try:
        if below:
            (one, other), (under, below_other) = both.judge(above), both.judge(below)
            found = compare_ratios(one, under, other, below_other, **settings)
        else:
            found = compare(*both.judge(key), **settings)
    except ValueError:  # nothing is scored on both sides
        return {"raw": nan, "raw_low": nan, "raw_high": nan, "n_judged": 0}
    return {"raw": found.difference, "raw_low": found.low, "raw_high": found.high, "n_judged": found.n}


# --- errors by checkpoint ---------------------------------------------------------------------------------------------
ALIKE = 0.05
"""Difference between checkpoints in the judge's mean error of a share, or a yes or no, that does not matter."""


def _errors(pools: Mapping[str, Pool], key: str, margin: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Mean error of each checkpoint, the test of no difference between them, and that of none beyond a margin."""
    human = np.concatenate([one.human(key)[0] for one in pools.values()])
    judge = np.concatenate([one.judge(key)[0, : one.drawn] for one in pools.values()])
    groups = [name for name, one in pools.items() for _ in range(one.drawn)]
    questions = np.concatenate([one.rows[0]["question"].to_numpy(dtype=object)[: one.drawn] for one in pools.values()])
    weights = np.concatenate([one.weights for one in pools.values()])
    if not (~np.isnan(human + judge)).any():
        return [], {"p_value": nan, "n": 0, "why": NOTHING, "method": "", **_alike(None, margin)}
    found = judge_error_by_group(human, judge, groups, pd.factorize(questions)[0], weights=weights)
    rows = [{"checkpoint": name, **ends(error), "n": error.n, "method": error.method} for name, error in found.groups]
    about = {"p_value": found.p_value, "n": found.n, "why": found.reason, "method": found.method}
    return rows, about | _alike(found.widest, margin)


def _alike(widest: tuple[str, str, Estimate] | None, margin: float) -> dict[str, Any]:
    a, b, apart = widest or ("", "", Estimate(nan, nan, nan))
    cells = {"a": a, "b": b, **ends(apart, "difference"), "margin": margin}
    if widest is None or isnan(margin):
        why = "no margin declared" if isnan(margin) else "no interval"
        return cells | {"equivalent": False, "equivalent_why": why}
    within = max(-apart.low, apart.high) < margin
    return cells | {"equivalent": within, "equivalent_why": "" if within else "the interval reaches beyond the margin"}


# --- the file ---------------------------------------------------------------------------------------------------------
def write_corrected(path: Path, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]) -> Path:
    """Write corrected figures for other reports; see `corrected_table`.

    Args:
        path: Of the file.
        tables: `corrected` and `corrected_differences`.
        about: Study, date, judge, `standing` (metric -> verdict on the judge) and the like: plain values.

    Raises:
        UserError: If the file cannot be written.
    """
    rows = [row for name in ("corrected", "corrected_differences") for row in tables[name].to_dict("records")]
    kept = [{name: jsonable(row[name]) for name in _COLUMNS if name in row} for row in rows if isfinite(row["value"])]
    head = json.dumps({"schema": SCHEMA, **about}, sort_keys=True)
    body = ",\n".join(json.dumps(row, allow_nan=False) for row in kept)
    return write_whole(path, f'{{"about": {head},\n"rows": [\n{body}\n]}}\n')


def corrected_table(path: Path | str) -> pd.DataFrame:
    """Corrected figures that a study's report wrote.

    Args:
        path: `corrected.json`, or a folder that holds it or holds a folder `report` with it.

    Returns:
        A row per figure: `benchmark`, `checkpoint` (or `a` and `b` of a difference b less a), `metric`, its `label` and
        whether it is `primary`; the columns of `corrected_tables`, NaN where a figure has none;
        `standing` (the verdict on the judge, see `clinical_r1.study.verdict`; empty where there is none), `study`,
        `judge` and `date` on every row.

    Raises:
        UserError: If there is none, or it is of another kind.
    """
    given = Path(path).expanduser()
    file = next((file for file in (given, given / FILE, given / "report" / FILE) if file.is_file()), None)
    if file is None:
        raise UserError(f"{given}: no {FILE} there (clinical-r1 study report writes one)")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        about, rows = content["about"], content["rows"]
        if about["schema"] != SCHEMA:
            raise UserError(f"{file}: schema {about['schema']}; this version of clinical-r1 reads schema {SCHEMA}")
        frame = pd.DataFrame([{column: row.get(column) for column in _COLUMNS} for row in rows], columns=_COLUMNS)
        frame[list(_NUMBERS)] = frame[list(_NUMBERS)].astype(float)
        known = [METRICS[str(key)] for key in frame["metric"]]
        frame = frame.assign(label=[one.label for one in known], primary=[one.primary for one in known], why="")
        frame["standing"] = frame["metric"].map(about.get("standing", {})).fillna("")
        return frame.assign(**{name: str(about[name]) for name in ("study", "judge", "date")})
    except UserError:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: not the corrected figures of a study ({error})") from error
