"""Do raters repeat themselves, and do they and judges mark the same places?"""

from collections.abc import Mapping
from itertools import combinations
from math import nan
from typing import Any

import pandas as pd

from clinical_r1.analysis.tables import explained
from clinical_r1.metrics import METRICS
from clinical_r1.stats.agreement import Consistency, pooled_span_f1, rater_consistency
from clinical_r1.study.ratings import Labelled, Values

OVERLAP = 0.5
"""Share of the longer of two spans that both must cover to be one."""
EVERYONE = "all raters"

Places = Mapping[str, tuple[tuple[int, int], ...]]


# --- hidden repeats ---------------------------------------------------------------------------------------------------
def consistency_table(labelled: Labelled) -> pd.DataFrame:
    """How often raters gave an item that came back the same value.

    Args:
        labelled: The study.

    Returns:
        A row per metric x `rater` (and `EVERYONE`) x `within` (0, for counts also 1): `value`, `low`, `high`, `n`
        repeats, `why`, `method`; no row for metrics without a repeat.
    """
    rows: list[dict[str, Any]] = []
    repeat_of = labelled.repeat_of
    for key in labelled.keys:
        ratings = labelled.ratings.get(key, {})
        first = {rater: {item: v for item, v in row.items() if item not in repeat_of} for rater, row in ratings.items()}
        again = {rater: {repeat_of[i]: v for i, v in row.items() if i in repeat_of} for rater, row in ratings.items()}
        if not any(_both(first[rater], again[rater]) for rater in ratings):
            continue
        for within in (0.0, 1.0) if METRICS[key].form == "count" else (0.0,):
            rows += _rows(key, within, rater_consistency(first, again, within=within))
    return pd.DataFrame(rows)


def _both(first: Values, again: Values) -> bool:
    return any(item in first for item in again)


def _rows(key: str, within: float, found: Consistency) -> list[dict[str, Any]]:
    about = {"metric": key, "label": METRICS[key].label, "within": within}
    each = {rater: one for rater, one in found.raters.items() if one.n}
    return [about | {"rater": rater} | explained(one) for rater, one in {EVERYONE: found.pooled, **each}.items()]


# --- marked places ----------------------------------------------------------------------------------------------------
def spans_table(labelled: Labelled) -> pd.DataFrame:
    """Whether two sides marked the same places: F1 of spans that overlap by `OVERLAP`, pooled over pairs of sides.

    Args:
        labelled: The study.

    Returns:
        A row per metric (one of `Labelled.metrics`) x `who` ("raters" among themselves, or a judge with them): `value`,
        `low`, `high`, `n` (comparisons: items x pairs), `pairs`, `why`, `method`.
    """
    rows = []
    known = set(labelled.originals.index)
    for metric in labelled.metrics:
        marked = {
            who: {item: spans for item, spans in by_metric.get(metric, {}).items() if item in known}
            for who, by_metric in labelled.spans.items()
        }
        raters = [who for who in labelled.raters if marked.get(who)]
        sides = {"raters": list(combinations(raters, 2))}
        sides |= {judge: [(judge, rater) for rater in raters] for judge in labelled.judges}
        for who, pairs in sides.items():
            pairs = [(one, other) for one, other in pairs if marked.get(one) and marked.get(other)]
            label = METRICS[metric].label
            rows.append({"who": who, "metric": metric, "label": label} | _f1(labelled, marked, pairs))
    return pd.DataFrame(rows)


def _f1(labelled: Labelled, marked: Mapping[str, Places], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    if not pairs:
        empty = {"value": nan, "low": nan, "high": nan, "n": 0, "pairs": 0, "method": ""}
        return empty | {"why": "fewer than two sides marked spans of it (sheets have none)"}
    keys = {(one, other, item): item for one, other in pairs for item in marked[one] if item in marked[other]}
    found = pooled_span_f1(
        {key: marked[key[0]][item] for key, item in keys.items()},
        {key: marked[key[1]][item] for key, item in keys.items()},
        OVERLAP,
        clusters={key: labelled.questions[item] for key, item in keys.items()},
        item_weights={key: labelled.weights[item] for key, item in keys.items()},
    )
    cells = explained(found) | {"pairs": len(pairs)}
    return cells | ({"why": "nobody marked any"} if cells["why"] else {})
