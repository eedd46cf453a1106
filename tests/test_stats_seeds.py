"""Comparison of methods by their training seeds: what it reduces to, and how often its intervals cover the truth."""

import numpy as np
import pytest

from clinical_r1.stats.paired import compare
from clinical_r1.stats.seeds import compare_seeds


def drawn(rng: np.random.Generator, seeds: int, spread: float, questions: int = 100) -> np.ndarray:
    """Question means of a method whose expected value is 0: shared questions are added by the caller."""
    return spread * rng.standard_normal((seeds, 1)) + rng.standard_normal((seeds, questions))


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.0), (3, 0.3), (5, 0.3)])
def test_intervals_cover_a_true_difference_of_zero(seeds: int, spread: float) -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for number in range(120):
        shared = rng.standard_normal(100)
        result = compare_seeds(
            shared + drawn(rng, seeds, spread), shared + drawn(rng, seeds, spread), resamples=300, seed=number
        )
        hits += result.low <= 0 <= result.high
    assert hits >= 106, "fewer would be 3 standard errors below 95 % of 120"


def test_one_seed_a_side_is_a_comparison_of_checkpoints() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random(50), rng.random(50)
    assert compare_seeds(a[None], b[None], resamples=500) == compare(a, b, resamples=500)


def test_seeds_that_spread_make_the_interval_wider() -> None:
    rng = np.random.default_rng(2)
    questions = rng.standard_normal(200)
    close = [questions + 0.01 * offset for offset in (-1, 0, 1)]
    far = [questions + 0.5 * offset for offset in (-1, 0, 1)]
    narrow, wide = (compare_seeds(np.array(arm), np.array(arm) + 0.1, resamples=500) for arm in (close, far))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
    assert wide.difference == pytest.approx(0.1)


def test_sides_with_other_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="question"):
        compare_seeds(np.zeros((2, 3)), np.zeros((2, 4)))
