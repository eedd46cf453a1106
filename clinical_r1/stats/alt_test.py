"""The alternative annotator test: may a judge stand in for human raters?

Of Calderon, Reichart & Dror (2025, arXiv 2501.10970). Each human in turn is left out. On every item, the human and the
judge are scored by how well they agree with the other humans; who scores at least as well wins, with a tie both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import stdtr

from clinical_r1.stats.estimates import Places, cluster_sums, error_of_sum, places_of
from clinical_r1.stats.families import benjamini_yekutieli
from clinical_r1.stats.ratings import JUDGE, Array, Flags, Ratings, Table, of_items, one_of, read_table

Scoring = Literal["accuracy", "neg_rmse"]
MIN_HUMANS = 2
"""Humans that an item needs to be used."""
MIN_ITEMS = 30
"""Such items that a human needs to be tested against the judge."""


@dataclass(frozen=True)
class Annotator:
    """The judge against one human who was left out."""

    n: int
    """Items compared."""
    rho_f: float
    """Share of items that the judge wins, ties included."""
    rho_h: float
    """Share of items that the human wins, ties included."""
    p_value: float
    """Of the human's advantage rho_h - rho_f being at least epsilon: one-sided t-test over clusters of items."""
    p_adjusted: float
    """The same after Benjamini and Yekutieli, over the humans tested."""
    rejected: bool
    """Whether the judge wins against this human: `p_adjusted` is at most q."""


@dataclass(frozen=True)
class AltTest:
    """May the judge stand in for the humans? It may if omega is at least 0.5."""

    omega: float
    """Winning rate: share of the humans tested whom the judge wins against."""
    rho: float
    """Advantage probability: mean over humans of the share of items that the judge wins, ties included."""
    annotators: Mapping[Any, Annotator]
    """Per human tested."""
    left_out: Mapping[Any, str]
    """Why a human was not tested; the others were still compared with him or her."""
    epsilon: float
    """Advantage that is granted to the judge for being cheaper."""
    scoring: Scoring
    q: float
    """False discovery rate."""
    items: int
    """Items used: judged, and rated by at least two humans."""


def alt_test(
    humans: Ratings,
    judge: Mapping[Any, Any],
    *,
    scoring: Scoring = "accuracy",
    epsilon: float,
    q: float = 0.05,
    clusters: Mapping[Any, Any] | None = None,
) -> AltTest:
    """Run the alternative annotator test.

    A judge that always gives the commonest value can pass it where that value is nearly always right: ask for agreement
    above chance as well. Where all items of a human have the same outcome, p is 0 if it is below epsilon, else 1.

    Args:
        humans: {human: {item: value}}; None and NaN are missing.
        judge: {item: value}; items that it lacks are left out.
        scoring: "accuracy", the share of the other humans with the same value, or "neg_rmse", less the root mean square
            distance to them, for numbers.
        epsilon: In [0, 1). The paper takes 0.2 against experts, 0.15 against skilled annotators, 0.1 against crowds.
        q: False discovery rate, in (0, 1).
        clusters: {item: label} of items that are not independent (responses to one question), over which the t-test is
            made; every item on its own by default, as in the paper.

    Raises:
        ValueError: If an argument is out of its range, there are fewer than 2 humans, no human has 30 items that are
            judged and rated by another human too, an item has no cluster, or all items of a human are of one.

    Examples:
        >>> humans = {name: {item: item % 3 for item in range(40)} for name in ("h1", "h2", "h3")}
        >>> good, bad = ({item: (item + shift) % 3 for item in range(40)} for shift in (0, 1))
        >>> [(found.omega, found.rho) for found in (alt_test(humans, judge, epsilon=0.1) for judge in (good, bad))]
        [(1.0, 1.0), (0.0, 0.0)]
    """
    return alt_test_sweep(humans, judge, [epsilon], scoring=scoring, q=q, clusters=clusters)[epsilon]


def alt_test_sweep(
    humans: Ratings,
    judge: Mapping[Any, Any],
    epsilons: Iterable[float] = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
    *,
    scoring: Scoring = "accuracy",
    q: float = 0.05,
    clusters: Mapping[Any, Any] | None = None,
) -> dict[float, AltTest]:
    """`alt_test` at several values of epsilon: {epsilon: result}. Arguments and errors are its own."""
    values = list(epsilons)
    if outside := [epsilon for epsilon in values if not 0 <= epsilon < 1]:
        raise ValueError(f"epsilon={outside[0]}: allowed is 0 to less than 1")
    if not 0 < q < 1:
        raise ValueError(f"q={q}: allowed is more than 0 and less than 1")
    if len(humans) < MIN_HUMANS:
        raise ValueError(f"the alternative annotator test needs at least {MIN_HUMANS} humans, there are {len(humans)}")
    one_of("scoring", scoring, *get_args(Scoring))
    table = read_table({**humans, JUDGE: judge}, ordered=scoring == "neg_rmse")
    wins = Wins.of(table, scoring)
    places = places_of(of_items(clusters, table.items, "cluster"), len(table.items))
    numbers = dict(zip(humans, wins.used.sum(axis=1).tolist(), strict=True))
    tested = [place for place, number in enumerate(numbers.values()) if number >= MIN_ITEMS]
    if not tested:
        found = ", ".join(f"{human} {number}" for human, number in numbers.items())
        raise ValueError(f"no human has {MIN_ITEMS} items that are judged and rated by another human too: {found}")
    if any(len(np.unique(places[wins.used[place]])) < 2 for place in tested):
        raise ValueError("all items of a human are of one cluster, which leaves nothing to test with")
    return {epsilon: _tested(wins, places, tuple(humans), tested, epsilon, scoring, q) for epsilon in values}


@dataclass(frozen=True)
class Wins:
    """Who agrees at least as well with the other humans, for each human left out and each item."""

    used: Flags
    """Items compared, shape (humans, items)."""
    judge: Flags
    human: Flags

    @classmethod
    def of(cls, table: Table, scoring: Scoring) -> "Wins":
        """Compare; the judge is the table's last row."""
        humans, judge = table.scores[:-1], table.scores[-1]
        there = ~np.isnan(humans)
        used = there & (there.sum(axis=0) >= MIN_HUMANS) & ~np.isnan(judge)
        lost, lost_by_judge = (
            np.array([_losses(humans, row, left_out, scoring) for left_out, row in enumerate(rows)]).reshape(
                humans.shape
            )
            for rows in (humans, [judge] * len(humans))
        )
        near = 1e-9 * np.maximum(lost, lost_by_judge)  # rounding must not decide a tie
        return cls(used, used & (lost_by_judge <= lost + near), used & (lost <= lost_by_judge + near))


def _losses(humans: Array, scores: Array, left_out: int, scoring: Scoring) -> Array:
    """Sum of losses against the other humans, in which candidates rank as in the root of their mean."""
    apart = np.delete(humans, left_out, axis=0) - scores
    loss = np.where(np.isnan(apart), 0, apart != 0) if scoring == "accuracy" else np.nan_to_num(apart) ** 2
    return np.asarray(loss.sum(axis=0, dtype=float))


def _tested(
    wins: Wins, places: Places, humans: tuple[Any, ...], tested: list[int], epsilon: float, scoring: Scoring, q: float
) -> AltTest:
    p_values = [_p_value(wins, place, places, epsilon) for place in tested]
    annotators = {
        humans[place]: Annotator(
            n=int(wins.used[place].sum()),
            rho_f=float(wins.judge[place, wins.used[place]].mean()),
            rho_h=float(wins.human[place, wins.used[place]].mean()),
            p_value=p_value,
            p_adjusted=float(adjusted),
            rejected=bool(adjusted <= q),
        )
        for place, p_value, adjusted in zip(tested, p_values, benjamini_yekutieli(p_values), strict=True)
    }
    return AltTest(
        omega=float(np.mean([one.rejected for one in annotators.values()])),
        rho=float(np.mean([one.rho_f for one in annotators.values()])),
        annotators=annotators,
        left_out={
            human: f"{wins.used[place].sum()} items, fewer than {MIN_ITEMS}"
            for place, human in enumerate(humans)
            if place not in tested
        },
        epsilon=epsilon,
        scoring=scoring,
        q=q,
        items=int(wins.used.any(axis=0).sum()),
    )


def _p_value(wins: Wins, place: int, places: Places, epsilon: float) -> float:
    """One-sided t-test of the mean difference of wins, human less judge, being below epsilon."""
    used = wins.used[place]
    apart = wins.human[place, used].astype(float) - wins.judge[place, used]
    clusters = np.unique(places[used], return_inverse=True)[1]
    distance = float(apart.mean()) - epsilon
    error = error_of_sum(cluster_sums((apart - apart.mean()) / len(apart), clusters))
    t = distance / error if error > 0 else -inf if distance < 0 else inf
    return float(stdtr(clusters.max(), t))
