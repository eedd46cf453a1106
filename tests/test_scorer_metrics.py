"""Metrics over several epochs: by hand, against brute force, and whatever the order in which samples are completed."""

from itertools import product
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.scorer import SampleScore, Score

from clinical_r1.scorers import majority
from clinical_r1.voting import TIE_RULES, TieRule, majority_at_k
from tests.running import make_task, metrics, model_that_says, question, run_task

# Inspect's own type of a metric does not know the form that takes sample scores.
COMPUTE: Any = majority()
NAMES = ("majority_accuracy", "majority_stderr", "tied", "parsed")

# votes of the epochs, `-` unreadable, the target is C; credit under share, incorrect, first; tied; reason
VOTES: list[tuple[str, float, float, float, bool, str]] = [
    ("CCC", 1, 1, 1, False, "all agree"),
    ("CAB", 1 / 3, 0, 1, True, "three winners, the target first"),
    ("ABC", 1 / 3, 0, 0, True, "three winners, the target last"),
    ("ACC", 1, 1, 1, False, "two of three"),
    ("AAC", 0, 0, 0, False, "outvoted"),
    ("--C", 1, 1, 1, False, "one readable vote wins"),
    ("-CA", 1 / 2, 0, 1, True, "an unreadable vote breaks no tie"),
    ("---", 0, 0, 0, False, "nobody answered: wrong, and not a tie"),
    ("ABD", 0, 0, 0, True, "a tie without the target"),
]


def sample_scores(votes: str, id: str = "q", tie: TieRule = "share") -> list[SampleScore]:
    return [
        SampleScore(
            sample_id=id,
            score=Score(
                value="C" if letter == "C" else "I",
                answer=None if letter == "-" else letter,
                metadata={
                    "vote": None if letter == "-" else letter,
                    "epoch": epoch,
                    "tie": tie,
                },
            ),
        )
        for epoch, letter in enumerate(votes, start=1)
    ]


def inspect_run(rows: list[str], folder: Path, tie: TieRule = "share") -> dict[str, float]:
    """Metrics of a run in which question i says rows[i][epoch]."""
    task = make_task([question(f"{row}") for row in range(len(rows))], votes=len(rows[0]), tie=tie)
    said = {(f"{row}", epoch): rows[row][epoch - 1] for row in range(len(rows)) for epoch in range(1, len(rows[0]) + 1)}
    model = model_that_says(lambda id, epoch: "?" if said[id, epoch] == "-" else rf"\boxed{{{said[id, epoch]}}}")
    return metrics(run_task(task, model, folder))


@pytest.mark.parametrize(("column", "tie"), [(1, "share"), (2, "incorrect"), (3, "first")])
def test_a_run_gives_the_metrics_worked_out_by_hand(column: int, tie: TieRule, tmp_path: Path) -> None:
    rows = [row[0] for row in VOTES]
    found = inspect_run(rows, tmp_path, tie)
    credits = [float(row[column]) for row in VOTES]
    assert found["majority_accuracy"] == pytest.approx(fmean(credits))
    assert found["majority_stderr"] == pytest.approx(stdev(credits) / len(rows) ** 0.5)
    assert found["tied"] == pytest.approx(fmean(row[4] for row in VOTES))
    assert found["parsed"] == pytest.approx(fmean(letter != "-" for row in rows for letter in row))
    assert found["accuracy"] == pytest.approx(fmean(letter == "C" for row in rows for letter in row))


def test_the_standard_error_of_accuracy_is_clustered_by_question(tmp_path: Path) -> None:
    """Against the sandwich estimator over single responses, with its usual correction G / (G - 1)."""
    rng = Random(5)
    rows = ["".join(rng.choices("CA", [skill, 1 - skill], k=6)) for skill in (1, 1, 0.9, 0.5, 0.1, 0, 0)]
    right = np.array([[letter == "C" for letter in row] for row in rows], dtype=float)
    residual_sums = (right - right.mean()).sum(axis=1)
    groups = len(rows)
    clustered = np.sqrt(groups / (groups - 1) * (residual_sums**2).sum()) / right.size
    naive = right.std(ddof=1) / np.sqrt(right.size)
    found = inspect_run(rows, tmp_path)
    assert found["stderr"] == pytest.approx(clustered)
    assert found["stderr"] > 1.5 * naive, "treating the epochs as independent would be too sure"


@pytest.mark.parametrize("tie", TIE_RULES)
def test_the_majority_is_the_end_point_of_the_maj_at_k_curve(tie: TieRule, tmp_path: Path) -> None:
    rows = ["".join(letters) for letters in product("CA-", repeat=3)]
    wanted = [majority_at_k([None if v == "-" else v for v in row], "C", 3, tie) for row in rows]
    assert inspect_run(rows, tmp_path, tie)["majority_accuracy"] == pytest.approx(fmean(wanted))


@pytest.mark.parametrize("row", VOTES, ids=lambda row: row[-1])
def test_metrics_of_one_question(row: tuple[str, float, float, float, bool, str]) -> None:
    for tie, credit in zip(TIE_RULES, row[1:4], strict=True):
        scores = sample_scores(row[0], tie=tie)
        assert COMPUTE(scores)["majority_accuracy"] == pytest.approx(credit), tie
        assert COMPUTE(scores)["tied"] == row[4], tie


@given(
    rows=st.lists(st.text("CAB-", min_size=4, max_size=4), min_size=1, max_size=5),
    tie=st.sampled_from(TIE_RULES),
    random=st.randoms(use_true_random=False),
)
def test_metrics_do_not_hang_on_the_order_of_completion(rows: list[str], tie: TieRule, random: Random) -> None:
    scores = [score for id, row in enumerate(rows) for score in sample_scores(row, f"{id}", tie)]
    shuffled = random.sample(scores, len(scores))
    assert COMPUTE(shuffled) == pytest.approx(COMPUTE(scores))


def test_the_metric_accepts_no_scores() -> None:
    assert COMPUTE([]) == dict.fromkeys(NAMES, 0.0)


def test_one_question_has_no_standard_error() -> None:
    assert COMPUTE(sample_scores("CAC"))["majority_stderr"] == 0.0
