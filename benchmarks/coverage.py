"""How often 95 % intervals hold the truth: of rare, nearly sure and skewed figures, and of their differences.

python benchmarks/coverage.py [--cases 1000]
"""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from clinical_r1.stats.estimates import mean, ratio, share
from clinical_r1.stats.paired import compare, compare_ratios

Rng = np.random.Generator
Array = NDArray[np.float64]
COVERAGES = np.array([1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 1])
"""Values of a response that cites anything."""


def hits(rng: Rng, share: float, n: int, epochs: int, alike: float) -> Array:
    """Shape (n, epochs); the smaller `alike`, the more the epochs of a question agree."""
    easy = rng.beta(share * alike, (1 - share) * alike, size=(n, 1)) if 0 < share < 1 else np.full((n, 1), share)
    return (rng.random((n, epochs)) < easy).astype(float)


def coverages(rng: Rng, share: float, n: int, epochs: int) -> Array:
    """Mostly 0; shape (n, epochs)."""
    values: Array = (rng.random((n, epochs)) < share) * rng.choice(COVERAGES, size=(n, epochs))
    return values


def claims(rng: Rng, rate: float, n: int, spread: float, volume: float = 8) -> tuple[Array, Array]:
    """Hallucinated claims and all of them, which are lognormal; shapes (n,)."""
    every = np.maximum(1, np.round(rng.lognormal(np.log(volume), spread, n)))
    return rng.binomial(every.astype(int), rng.beta(3 * rate, 3 * (1 - rate), n)).astype(float), every


Figure = Callable[[Rng], tuple[float, float, float]]
"""Truth and ends of an interval."""


def _of_share(draw: Callable[[Rng], Array], truth: float) -> Figure:
    def figure(rng: Rng) -> tuple[float, float, float]:
        values = draw(rng)
        found = share(values.ravel(), np.repeat(np.arange(len(values)), values.shape[1]))
        return truth, found.low, found.high

    return figure


def _difference(draw: Callable[[Rng, float], Array], a: float, b: float, unit: float = 1.0) -> Figure:
    def figure(rng: Rng) -> tuple[float, float, float]:
        first, second = draw(rng, a), draw(rng, b)
        questions = np.repeat(np.arange(len(first)), first.shape[1])
        found = compare(first.ravel(), second.ravel(), clusters=questions, resamples=500)
        return (b - a) * unit, found.low, found.high

    return figure


def _of_ratio(rate: float, n: int, spread: float) -> Figure:
    def figure(rng: Rng) -> tuple[float, float, float]:
        found = ratio(*claims(rng, rate, n, spread))
        return rate, found.low, found.high

    return figure


def _of_ratios(a: float, b: float, n: int, volume: float) -> Figure:
    def figure(rng: Rng) -> tuple[float, float, float]:
        found = compare_ratios(*claims(rng, a, n, 0.5), *claims(rng, b, n, 0.5, volume), resamples=500)
        return b - a, found.low, found.high

    return figure


def _of_counts(n: int, spread: float) -> Figure:
    def figure(rng: Rng) -> tuple[float, float, float]:
        found = mean(rng.lognormal(0, spread, n))
        return float(np.exp(spread**2 / 2)), found.low, found.high

    return figure


UNIT = float(COVERAGES.mean())


def figures() -> dict[str, Figure]:
    """Name -> a figure, drawn again for each case."""
    found: dict[str, Figure] = {}
    for part, n, epochs in ((0.02, 120, 1), (0.02, 120, 5), (0.01, 500, 1), (0.005, 1272, 1)):
        found[f"coverage, {part:.1%} not 0, {n} x {epochs}"] = _of_share(
            partial(coverages, share=part, n=n, epochs=epochs), part * UNIT
        )
    for truth, alike in ((0.01, 0.5), (0.01, 0.2), (0.97, 1.0), (0.97, 0.3)):
        found[f"share {truth}, 120 x 5, alike {alike}"] = _of_share(
            partial(hits, share=truth, n=120, epochs=5, alike=alike), truth
        )
    for n in (30, 120, 1272):
        found[f"rate .1, heavy-tailed claims, {n}"] = _of_ratio(0.1, n, 1.2)
    for n in (120, 1272):
        found[f"lognormal counts, sd 1.5, {n}"] = _of_counts(n, 1.5)
    for n, a, b in ((120, 0.002, 0.01), (120, 0.0, 0.01), (120, 0.005, 0.02), (120, 0.97, 0.94), (500, 0.002, 0.006)):
        found[f"difference {a} / {b}, {n} x 1"] = _difference(partial(hits, n=n, epochs=1, alike=9), a, b)
    found["difference .01 / .01, 120 x 5"] = _difference(partial(hits, n=120, epochs=5, alike=0.5), 0.01, 0.01)
    for part, n in ((0.02, 120), (0.003, 1272)):
        found[f"difference of coverages, {part:.1%} not 0, {n}"] = _difference(
            partial(coverages, n=n, epochs=1), part, part, UNIT
        )
    for a, b, n, volume in ((0.01, 0.03, 120, 16), (0.15, 0.18, 500, 20)):
        found[f"difference of rates {a} / {b}, {n}, claims 8 / {volume}"] = _of_ratios(a, b, n, volume)
    return found


def main() -> None:
    """Print a line a figure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="of each figure")
    cases = parser.parse_args().cases
    print(f"{'':<48} held  truth above  truth below  median width")
    for name, figure in figures().items():
        rng = np.random.default_rng(0)
        truth, low, high = np.array([figure(rng) for _ in range(cases)]).T
        above, below = (truth > high + 1e-12).mean(), (truth < low - 1e-12).mean()
        print(
            f"{name:<48} {1 - above - below:.3f} {above:12.3f} {below:12.3f} {np.median(high - low):13.4f}", flush=True
        )


if __name__ == "__main__":
    main()
