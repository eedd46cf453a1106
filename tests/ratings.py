"""Ratings that several tests of agreement start from."""

import json
from itertools import combinations
from math import nan
from pathlib import Path
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st

from clinical_r1.stats import agreement as ag
from clinical_r1.stats.pairwise import Pairs, pair
from clinical_r1.stats.ratings import paired_scores, read_table

FIXTURE = json.loads((Path(__file__).parent / "reference" / "agreement_fixture.json").read_text(encoding="utf-8"))
HUMANS, JUDGE, EXPECTED = FIXTURE["humans"], FIXTURE["judge"], FIXTURE["expected"]
MEAN = ag.human_mean(HUMANS)
COMPLETE = [item for item in JUDGE if all(item in row for row in HUMANS.values())]
LEVELS = get_args(ag.Level)
KAPPAS = {None: "kappa", "linear": "kappa_linear", "quadratic": "kappa_quadratic"}
Ratings = dict[str, dict[Any, Any]]


def rows(*values: list) -> Ratings:
    """Raters a, b, ... with items 0, 1, ...; None is missing."""
    return {"abcdefgh"[place]: dict(enumerate(row)) for place, row in enumerate(values)}


def rated(items: int = 40, raters: int = 4, top: int = 4, missing: float = 0.2, seed: int = 0) -> Ratings:
    """Counts that go together, with gaps."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, top + 1, items)
    values = np.clip(truth + rng.integers(-1, 2, (raters, items)), 0, top)
    there = rng.random((raters, items)) >= missing
    return {
        f"h{rater}": {f"i{item}": int(values[rater, item]) for item in range(items) if there[rater, item]}
        for rater in range(raters)
    }


def of_two(a: Any, b: Any, measure: str, categories: Any = None) -> ag.Coefficient:
    """One of the measures of two raters."""
    table = paired_scores(a, b, categories, ordered=measure not in ("exact", "kappa"))
    return pair(table, *table.scores, (measure,)).values[0]


def mean_pairwise(ratings: Ratings, measure: str, *, judge: dict | None = None) -> ag.Coefficient:
    """Mean of a measure over pairs of raters, or over the raters with a judge."""
    table = read_table(ratings | ({} if judge is None else {"the judge": judge}))
    pairs, humans = Pairs(table, (measure,)), range(len(ratings))
    chosen = combinations(humans, 2) if judge is None else ((len(ratings), row) for row in humans)
    return pairs.statistic([pairs.mean(list(chosen))]).values[0]


def in_places(humans: Ratings, judge: dict, measure: str) -> tuple[ag.Coefficient, ...]:
    """Mean agreement of each rater with the others, of the judge in each one's place, and judge less raters."""
    pairs = Pairs(read_table(humans | {"the judge": judge}), (measure,))
    return pairs.statistic([pairs.in_places()]).values


def matrix(ratings: Ratings) -> np.ndarray:
    """Shape (raters, items), NaN where missing."""
    items = sorted({item for row in ratings.values() for item in row})
    return np.array([[nan if row.get(item) is None else row[item] for item in items] for row in ratings.values()])


values = st.one_of(st.none(), st.integers(0, 3))
tables = st.integers(2, 4).flatmap(
    lambda raters: st.lists(st.lists(values, min_size=raters, max_size=raters), min_size=1, max_size=8).map(
        lambda items: rows(*map(list, zip(*items, strict=True)))
    )
)
"""Two to four raters, one to eight items, counts up to 3 with gaps."""


def wins_by_hand(humans: Ratings, judge: dict, scoring: str) -> dict[str, np.ndarray]:
    """The comparison as the paper words it, item by item: of each human left out, rows (judge wins, human wins)."""
    raters = {item: [h for h, row in humans.items() if item in row] for row in humans.values() for item in row}

    def score(value: float, others: list[float]) -> float:
        if scoring == "accuracy":
            return float(np.mean([value == other for other in others]))
        return -float(np.sqrt(np.mean([(value - other) ** 2 for other in others])))

    found = {}
    for left_out, row in humans.items():
        wins = []
        for item in (item for item in row if len(raters[item]) >= 2 and item in judge):
            others = [humans[h][item] for h in raters[item] if h != left_out]
            mine, its = score(row[item], others), score(judge[item], others)
            wins.append((its >= mine, mine >= its))
        found[left_out] = np.array(wins, dtype=float)
    return found
