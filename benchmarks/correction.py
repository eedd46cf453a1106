"""How often 95 % intervals of corrected figures hold the truth, and their width over that of labels alone.

Populations and judges are simulated with known truth; every repetition draws new questions, judgements and labels.

python benchmarks/correction.py
"""

from argparse import Namespace
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from _report import arguments, report
from numpy.typing import NDArray

from clinical_r1.stats.correction import Corrected, Pool, ppi_difference, ppi_mean, ppi_ratio

Array = NDArray[np.float64]
Case = tuple[Callable[[np.random.Generator], Corrected], float]
AIM = (0.93, 0.985)
"""Coverage of every case that gives the function what it needs; shares near 0 and good judges are above .95."""
POOL = 2000


def judged(rng: np.random.Generator, human: Array, sensitivity: float, specificity: float) -> Array:
    """What a judge says."""
    return (rng.random(human.shape) < np.where(human == 1, sensitivity, 1 - specificity)).astype(float)


def uniform(labelled: int, share: float, sensitivity: float, specificity: float) -> Case:
    """Every response is labelled with the same chance."""

    def make(rng: np.random.Generator) -> Corrected:
        human = (rng.random(POOL) < share).astype(float)
        judge = judged(rng, human, sensitivity, specificity)
        return ppi_mean(human[:labelled], judge[:labelled], judge[labelled:])

    return make, share


def enriched(labelled: int, weighted: bool) -> Case:
    """Hard questions, on which the judge is worse, are labelled five times as often."""

    def make(rng: np.random.Generator) -> Corrected:
        hard = rng.random(POOL) < 0.2
        human = (rng.random(POOL) < np.where(hard, 0.4, 0.1)).astype(float)
        judge = np.where(hard, judged(rng, human, 0.5, 0.9), judged(rng, human, 0.9, 0.95))
        drawn, weights = draw(rng, np.where(hard, 5.0, 1.0), labelled)
        return ppi_mean(human[drawn], judge[drawn], judge[~drawn], weights=weights if weighted else None)

    return make, 0.16


def by_finding(labelled: int, whole: bool) -> Case:
    """What the judge finds is labelled eight times as often; the judge's values of the whole pool, or of the rest."""

    def make(rng: np.random.Generator) -> Corrected:
        human = (rng.random(POOL) < 0.15).astype(float)
        judge = judged(rng, human, 0.8, 0.95)
        drawn, weights = draw(rng, np.where(judge == 1, 8.0, 1.0), labelled)
        others: tuple[Array, Pool] = (judge, "unlabelled") if whole else (judge[~drawn], "both")
        return ppi_mean(human[drawn], judge[drawn], others[0], weights=weights, pool=others[1])

    return make, 0.15


def draw(rng: np.random.Generator, sizes: Array, labelled: int) -> tuple[NDArray[np.bool_], Array]:
    """Independent draws with chances in proportion to sizes, and the weights of what was drawn."""
    chances = sizes * labelled / sizes.sum()
    drawn = rng.random(len(sizes)) < chances
    return drawn, 1 / chances[drawn]


def stratified(told: bool) -> Case:
    """Three strata with different shares and judges, labelled in other proportions than they have."""
    shares, taken = np.array([0.05, 0.2, 0.6]), (30, 50, 70)

    def make(rng: np.random.Generator) -> Corrected:
        strata = rng.integers(0, 3, POOL)
        human = (rng.random(POOL) < shares[strata]).astype(float)
        judge = np.where(strata == 2, judged(rng, human, 0.8, 0.6), judged(rng, human, 0.8, 0.95))
        drawn = np.concatenate([rng.choice(np.flatnonzero(strata == k), taken[k], replace=False) for k in range(3)])
        rest = np.setdiff1d(np.arange(POOL), drawn)
        both = strata[np.r_[drawn, rest]] if told else None
        return ppi_mean(human[drawn], judge[drawn], judge[rest], strata=both)

    return make, float(shares.mean())


def clustered(told: bool) -> Case:
    """80 of 500 questions are labelled, two checkpoints with two epochs each; the judge misreads whole questions."""
    questions = np.repeat(np.arange(500), 4)
    typical = float((1 / (1 + np.exp(-np.random.default_rng(0).normal(-0.8, 1.5, 10**6)))).mean())

    def make(rng: np.random.Generator) -> Corrected:
        chances = 1 / (1 + np.exp(-rng.normal(-0.8, 1.5, (500, 1))))
        human = (rng.random((500, 4)) < chances).astype(float)
        judge = np.where(rng.random((500, 1)) < 0.2, 1.0, judged(rng, human, 0.9, 0.9))
        labels = questions if told else None
        return ppi_mean(human[:80].ravel(), judge[:80].ravel(), judge[80:].ravel(), clusters=labels)

    return make, typical


def difference(labelled: int) -> Case:
    """Two checkpoints over the same questions; the judge overlooks more in the second."""

    def make(rng: np.random.Generator) -> Corrected:
        human = (rng.random((2, POOL)) < [[0.2], [0.3]]).astype(float)
        judge = np.stack([judged(rng, human[0], 0.9, 0.95), judged(rng, human[1], 0.6, 0.95)])
        return ppi_difference(human[:, :labelled], judge[:, :labelled], judge[:, labelled:])

    return make, 0.1


def ratio(labelled: int, rate: float) -> Case:
    """Wrong claims over claims; the judge misses some and invents others."""

    def make(rng: np.random.Generator) -> Corrected:
        total = rng.poisson(8, POOL)
        wrong = rng.binomial(total, rng.beta(5 * rate, 5 * (1 - rate), POOL))
        seen = rng.binomial(wrong, 0.8) + rng.binomial(total - wrong, 0.05)
        human, judge = np.stack([wrong, total]).astype(float), np.stack([seen, np.maximum(total, seen)]).astype(float)
        return ppi_ratio(human[:, :labelled], judge[:, :labelled], judge[:, labelled:])

    return make, rate


def raters(spread: float, told: bool) -> Case:
    """Three raters, a sample of raters whose thresholds differ (standard deviation in logits), label 120 responses."""
    rng = np.random.default_rng(0)
    truth = float(logistic(rng.normal(-1.2, np.hypot(2, spread), 4 * 10**6)).mean())

    def make(rng: np.random.Generator) -> Corrected:
        said = rng.normal(-1.2, 2, POOL)
        ratings = (rng.random((3, 120)) < logistic(said[:120] + rng.normal(0, spread, (3, 1)))).astype(float)
        judge = (rng.random(POOL) < logistic(1.2 * said + 0.3)).astype(float)
        return ppi_mean(ratings.mean(axis=0), judge[:120], judge[120:], raters=ratings if told else None)

    return make, truth


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    return np.asarray(1 / (1 + np.exp(-x)))


CASES: dict[str, Case] = {
    "uniform, 100 labels, good judge": uniform(100, 0.3, 0.85, 0.9),
    "uniform, 300 labels, good judge": uniform(300, 0.3, 0.85, 0.9),
    "uniform, 100 labels, rare": uniform(100, 0.1, 0.85, 0.95),
    "uniform, 100 labels, biased judge": uniform(100, 0.3, 0.95, 0.6),
    "uniform, 100 labels, random judge": uniform(100, 0.3, 0.5, 0.5),
    "uniform, 100 labels, constant judge": uniform(100, 0.3, 0.0, 1.0),
    "uniform, 300 labels, nearly perfect judge": uniform(300, 0.3, 0.98, 0.98),
    "hard ones enriched, 100 labels": enriched(100, True),
    "hard ones enriched, 200 labels": enriched(200, True),
    "findings enriched, 200 labels, the rest unlabelled": by_finding(200, False),
    "findings enriched, 200 labels, all as unlabelled": by_finding(200, True),
    "stratified, 150 labels": stratified(True),
    "clustered, 80 questions x 4": clustered(True),
    "difference, 150 pairs": difference(150),
    "ratio of sums .1, 150 labels": ratio(150, 0.1),
    "ratio of sums .4, 150 labels": ratio(150, 0.4),
    "3 raters alike": raters(0, True),
    "3 raters, thresholds of SD .5": raters(0.5, True),
}
CONTRASTS: dict[str, Case] = {
    "hard ones enriched, 200 labels, without weights": enriched(200, False),
    "stratified, 150 labels, strata not told": stratified(False),
    "clustered, 80 questions x 4, clusters not told": clustered(False),
    "3 raters, thresholds of SD .5, taken as these": raters(0.5, False),
}
"""What goes wrong when the function is not told how items were drawn."""


def measured(case: Case, repeats: int) -> dict[str, Any]:
    """Coverage with its standard error, misses on both sides, width over that of labels alone, milliseconds a call."""
    make, truth = case
    start = perf_counter()
    found = [make(np.random.default_rng([number, repeats])) for number in range(repeats)]
    seconds = perf_counter() - start
    below = float(np.mean([one.high < truth for one in found]))
    above = float(np.mean([one.low > truth for one in found]))
    held = 1 - below - above
    alone = [one.labels_only for one in found if one.labels_only is not None]
    return {
        "coverage": round(held, 4),
        "standard_error": round(float(np.sqrt(held * (1 - held) / repeats)), 4),
        "interval_below": round(below, 4),
        "interval_above": round(above, 4),
        "labels_only_coverage": round(float(np.mean([one.low <= truth <= one.high for one in alone])), 4),
        "judge_only_bias": round(float(np.mean([one.judge_only for one in found])) - truth, 4),
        "width_ratio": round(sum(one.high - one.low for one in found) / sum(one.high - one.low for one in alone), 3),
        "milliseconds": round(1000 * seconds / repeats, 2),
    }


def main(args: Namespace) -> None:
    """Measure and report."""
    cases = {name: measured(case, args.repeats) for name, case in CASES.items()}
    contrasts = {name: measured(case, args.repeats) for name, case in CONTRASTS.items()}
    found = [case["coverage"] for case in cases.values()]
    report(
        args.output,
        figure="least coverage of nominal 95 % intervals over all cases",
        value=min(found),
        unit="share of repetitions",
        aim=f"every case from {AIM[0]} to {AIM[1]}",
        met=AIM[0] <= min(found) and max(found) <= AIM[1],
        n=args.repeats,
        greatest=max(found),
        cases=cases,
        not_told=contrasts,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=2000, help="repetitions of every case (2000)")
    main(parser.parse_args())
