"""What a report says of responses whose truth is known, and of numbers that raters corrected."""

from math import nan

import numpy as np
import pandas as pd
import pytest

from clinical_r1.analysis.judged import known, truth, with_claims
from clinical_r1.analysis.tables import Group
from clinical_r1.logs import Run


def group(**columns: list[float]) -> Group:
    frame = pd.DataFrame(columns)
    run = Run.__new__(Run)  # its names are all that is read
    object.__setattr__(run, "benchmark", "made up")
    object.__setattr__(run, "checkpoint", "one")
    return Group(run, frame, np.arange(len(frame)))


def test_invented_claims_are_a_ratio_of_sums() -> None:
    """A response with many claims counts more than one with few: 3 invented of 6 claims, not the mean of 1/1 and 2/5."""
    made = with_claims(group(true_cited=[0.0, 3.0], true_invented=[1.0, 2.0]))
    rows = truth([made]).set_index("metric")
    assert rows.loc["true_invented_rate", "value"] == pytest.approx(3 / 6)
    assert rows.loc["true_invented_rate", "n"] == 2


def test_the_judges_number_stands_beside_and_is_missing_where_it_says_nothing() -> None:
    made = with_claims(
        group(true_cited=[1.0, 2.0], true_invented=[0.0, 0.0], true_coverage=[0.2, 0.4], cecd_coverage=[0.3, nan])
    )
    rows = truth([made]).set_index("metric")
    assert rows.loc["true_coverage", "value"] == pytest.approx(0.3)
    assert rows.loc["true_coverage", "judge_value"] == pytest.approx(0.3)
    assert rows.loc["true_coverage", "judge_metric"] == "case facts cited"
    assert np.isnan(rows.loc["true_invented_rate", "judge_value"])
    assert rows.loc["true_switch", "judge_metric"] == "any backtracking"
    assert rows.loc["true_invented_any", "judge_metric"] == "any finding invented or against the case"


def test_logs_of_real_questions_have_no_truth() -> None:
    assert not known(group(answer=[1.0, 0.0]))
    assert known(group(true_cited=[nan, 2.0]))
