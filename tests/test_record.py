"""Where advantages come from, and when a run warns of its format rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("trl", reason="needs the extra train")

from clinical_r1.train.recipes import load
from clinical_r1.train.record import advantage_parts, format_warning

CRPO = load("crpo")


def crpo(**changes: str):
    return CRPO.model_copy(update=changes)


def test_a_term_that_differs_alone_has_the_whole_share() -> None:
    rewards = {"accuracy": np.array([[1.0, 0, 0, 1, 1]]), "format": np.ones((1, 5))}
    parts = advantage_parts(rewards, {"accuracy": 10, "format": 1}, CRPO)
    assert parts.shares == pytest.approx({"accuracy": 1, "format": 0})
    assert parts.groups_without_variance == 0


def test_by_hand() -> None:
    # One group of two: accuracy 1, 0 and format 0, 1. Totals 10 and 1: centred 4.5, -4.5; parts 5, -5 and -0.5, 0.5.
    rewards = {"accuracy": np.array([[1.0, 0]]), "format": np.array([[0.0, 1]])}
    parts = advantage_parts(rewards, {"accuracy": 10, "format": 1}, crpo(scale_rewards="none"))
    assert parts.shares == pytest.approx({"accuracy": 45 / 40.5, "format": -4.5 / 40.5})  # format works against it


def test_scaling_inside_groups_counts_every_group_alike() -> None:
    rewards = {"accuracy": np.array([[1.0, 0], [1, 1]]), "format": np.array([[1.0, 1], [1, 0]])}
    weights = {"accuracy": 10.0, "format": 1.0}
    assert advantage_parts(rewards, weights, CRPO).shares["format"] == pytest.approx(0.5, abs=1e-3)
    unscaled = advantage_parts(rewards, weights, crpo(scale_rewards="none"))
    assert unscaled.shares["format"] == pytest.approx(1 / 101)


def test_saturated_groups_are_counted_and_a_batch_of_them_has_no_shares() -> None:
    rewards = {"accuracy": np.array([[1.0, 1], [0, 0], [1, 0]])}
    assert advantage_parts(rewards, {"accuracy": 10.0}, CRPO).groups_without_variance == pytest.approx(2 / 3)
    nothing = advantage_parts({"accuracy": np.ones((2, 5))}, {"accuracy": 10.0}, CRPO)
    assert np.isnan(nothing.shares["accuracy"])
    assert nothing.groups_without_variance == 1


@given(
    arrays(float, (3, 4, 5), elements=st.floats(0, 1)),
    st.sampled_from(["group", "batch", "none"]),
    st.sampled_from(["sum_then_normalize", "normalize_then_sum"]),
)
@settings(max_examples=60)
def test_shares_add_up_to_one(values: np.ndarray, scale: str, aggregation: str) -> None:
    names = ["accuracy", "format", "consistency"]
    rewards = dict(zip(names, values, strict=True))
    recipe = crpo(scale_rewards=scale, aggregation=aggregation)
    shares = advantage_parts(rewards, {"accuracy": 10, "format": 1, "consistency": 0.5}, recipe).shares.values()
    assert np.isnan(list(shares)).all() or sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("rates", "warns"),
    [
        ([0.5] * 10, True),
        ([0.9] * 30 + [0.69] * 10, True),  # it fell
        ([0.5] * 9, False),  # too early to say
        ([0.5] * 9 + [0.7], False),  # it recovered
        ([0.9] * 10, False),
    ],
)
def test_a_low_format_rate_is_said(rates: list[float], warns: bool) -> None:
    assert (format_warning([{"format": rate} for rate in rates], "format") is not None) is warns
