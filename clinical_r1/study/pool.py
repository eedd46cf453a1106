"""The responses that a corrected figure is about: those with items first, then all others that the judge judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.metrics import METRICS, Metric
from clinical_r1.study.labelled import Labelled, row_of

Array = NDArray[np.float64]
_PLACE = ["question", "epoch"]


def failed_column(metric: Metric) -> str:
    """Column of a frame of responses that says whether the judge failed where it was to measure a metric."""
    return f"{metric.base}_failed"


@dataclass(frozen=True, eq=False)
class Pool:
    """Responses to the questions of one benchmark, of one checkpoint or of two side by side."""

    items: tuple[tuple[str, ...], ...]
    """Of each place with items: one id a checkpoint."""
    labelled: Labelled
    rows: tuple[pd.DataFrame, ...]
    """A frame a checkpoint, rows in the same places: those of `items` first."""

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

    @cached_property
    def strata(self) -> list[str]:
        """Of the places with items: stratum of the draw."""
        strata = self.labelled.items["stratum"].loc[[ids[0] for ids in self.items]]
        return [str(stratum) for stratum in strata]

    def human(self, key: str) -> Array:
        """Mean of raters, shape (checkpoints, places with items)."""
        means = self.labelled.means.get(key, {})
        return np.array([row_of(means, pd.Index(ids)) for ids in zip(*self.items, strict=True)]).reshape(
            len(self.rows), self.drawn
        )

    def raters(self, key: str) -> Array:
        """Values of each rater, shape (raters, checkpoints, places with items); NaN where one did not rate."""
        given, raters = self.labelled.ratings.get(key, {}), self.labelled.raters
        ids = [pd.Index(own) for own in zip(*self.items, strict=True)]
        found = [[row_of(given.get(rater, {}), own) for own in ids] for rater in raters]
        return np.array(found).reshape(len(raters), len(self.rows), self.drawn)

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
        return found if np.ptp(found) > 0 else None

    @property
    def draw(self) -> dict[str, Any]:
        """How items were drawn, as `clinical_r1.stats.correction` takes it."""
        return {"weights": self.weights, "strata": self.strata, "clusters": self.clusters, "pool": "both"}


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
    own = labelled.originals[labelled.originals["benchmark"] == benchmark]
    cited = METRICS[key].base == "cecd"
    of = METRICS[key].numerator or key
    means = labelled.means.get(of, {})
    parts, ids = [], []
    for checkpoint in checkpoints:
        here = responses[(responses["checkpoint"] == checkpoint) & (responses["benchmark"] == benchmark)]
        drawn = own[own["checkpoint"] == checkpoint]
        if cited:
            here = here[_with_case(here)]
            drawn = drawn[_with_case(drawn)]
        here = here.drop_duplicates(_PLACE).set_index(_PLACE)
        own_ids = pd.Series(drawn.index, pd.MultiIndex.from_frame(drawn[_PLACE]), dtype=object)
        rated = own_ids.index[~np.isnan(row_of(means, drawn.index))]
        parts.append(here[_measured(here, of) | here.index.isin(rated)])
        ids.append(own_ids[own_ids.index.isin(parts[-1].index.union(rated))])
    both = ids[0].index
    for other in ids[1:]:
        both = both.intersection(other.index, sort=False)
    places = parts[0].index
    for part in parts[1:]:
        places = places.intersection(part.index, sort=False)
    order = both.append(places.difference(both, sort=False))
    rows = tuple(part.reindex(order).rename_axis(_PLACE).reset_index() for part in parts)
    items = tuple(zip(*(one.loc[both] for one in ids), strict=True))
    return Pool(items, labelled, rows)


def _with_case(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["has_case"].astype(bool) if "has_case" in frame else pd.Series(True, frame.index)


def _measured(frame: pd.DataFrame, key: str) -> "pd.Series[bool]":
    """Where the judge has a number, or would have one had it not failed."""
    failed = frame.get(failed_column(METRICS[key]))
    return frame[key].notna() | (True if failed is None else failed.eq(True))
