"""Adjusted p-values, against statsmodels and scipy."""

import gc
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from clinical_r1.stats.families import benjamini_yekutieli, holm


@pytest.fixture(scope="module", autouse=True)
def nothing_to_collect() -> None:
    """`multipletests` collects garbage whenever it is called: all that other tests left would be searched each time."""
    gc.collect()
    gc.freeze()


families = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 1.0])), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(families)
def test_they_are_statsmodels_and_scipys(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    assert benjamini_yekutieli(p_values) == pytest.approx(multipletests(p_values, method="fdr_by")[1], abs=1e-12)
    assert benjamini_yekutieli(p_values) == pytest.approx(false_discovery_control(p_values, method="by"), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(families, st.randoms(use_true_random=False))
def test_adjusting_only_raises_and_keeps_the_order(p_values: list[float], random: object) -> None:
    for adjust in (holm, benjamini_yekutieli):
        adjusted = adjust(p_values)
        assert (adjusted >= np.array(p_values)).all()
        assert (adjusted <= 1).all()
        ranked = adjusted[np.argsort(p_values, kind="stable")]
        assert (np.diff(ranked) >= 0).all()
        places = list(range(len(p_values)))
        random.shuffle(places)  # type: ignore[attr-defined]
        assert adjust(np.array(p_values)[places]) == pytest.approx(adjusted[places])


def test_tests_that_were_not_made_do_not_count() -> None:
    for adjust in (holm, benjamini_yekutieli):
        assert adjust([0.01, nan, 0.2]) == pytest.approx(np.insert(adjust([0.01, 0.2]), 1, nan), nan_ok=True)
        assert np.isnan(adjust([nan, nan])).all()
        assert len(adjust([])) == 0


@pytest.mark.parametrize("p_values", [[0.5, 1.5], [-0.1], [[0.1]]])
def test_what_is_no_p_value(p_values: list) -> None:
    for adjust in (holm, benjamini_yekutieli):
        with pytest.raises(ValueError, match="from 0 to 1"):
            adjust(p_values)
