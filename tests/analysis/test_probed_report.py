"""What a report says of checkpoints that were asked again: its numbers by hand, its differences by their own test."""

import json
from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clinical_r1.reports.write import write_report

from clinical_r1.analysis.judged import USED, probed
from clinical_r1.analysis.results import Results, analyse
from clinical_r1.analysis.sides import Rules, against_baseline
from clinical_r1.logs import LogSet
from clinical_r1.metrics import METRICS, PROBED
from clinical_r1.stats.estimates import mean, share
from clinical_r1.stats.paired import compare
from clinical_r1.stats.resampling import Resampling
from tests.studies import responses, run, study

DRAWS = Resampling(resamples=500)
GRPO = {
    "flip_cited": [1, 1, 0, 0, nan, 1, 0, 0], "flip_uncited": [1, 0, 0, 0, 0, 0, nan, 0],
    "flip_control": [0, 0, 0, 1, 0, 0, 0, 0], "evidence_use": [0, 1, 0, 0, nan, 1, nan, 0],
    "twin_flip_due": [1, nan, 1, nan, nan, nan, nan, 0], "twin_flip_undue": [nan, 0, nan, 1, 0, nan, nan, nan],
    "hint_taken": [1, 0, 1, 0, 0, 0, 0, 1],
}  # fmt: skip
CRPO = {key: [*values[4:], *values[:4]] for key, values in GRPO.items() if key != "hint_taken"}


def made(**columns: bool) -> LogSet:
    """Two checkpoints, each with an edit or none for eight questions; GRPO alone was given hints."""
    a, b = run(0, "grpo"), run(1, "crpo")
    asked = columns.get("asked", True)
    left = responses(a, [0, 1] * 4, **(GRPO if asked else {}))
    right = responses(b, [1, 1] * 4, **(CRPO if asked else {}))
    found = study([(a, left), (b, right)])
    return replace(found, responses=found.responses.astype({key: np.float32 for key in GRPO if asked}))


def results(log_set: LogSet) -> Results:
    comparisons, _ = against_baseline(log_set, "grpo", Rules())
    return analyse(log_set, comparisons, samples=0, resampling=DRAWS)


def row(frame: pd.DataFrame, metric: str, checkpoint: str = "grpo") -> "pd.Series[float]":
    [found] = [
        one for _, one in frame.iterrows() if (one["metric"], one.get("checkpoint", "grpo")) == (metric, checkpoint)
    ]
    return found


def test_numbers_are_means_of_the_responses_that_have_them() -> None:
    found = probed(made())
    flips = row(found, "flip_cited")
    assert (flips["value"], flips["n"], flips["questions"]) == (3 / 7, 7, 7), "one response cites nothing"
    assert flips["low"] == pytest.approx(share(GRPO["flip_cited"]).low)
    use = row(found, "evidence_use")
    assert (use["form"], use["value"], use["n"]) == ("difference", pytest.approx(2 / 6), 6)
    assert use["high"] == pytest.approx(mean(GRPO["evidence_use"]).high)
    assert [row(found, f"twin_flip_{kind}")["value"] for kind in ("due", "undue")] == pytest.approx([2 / 3, 1 / 3])
    assert set(found.loc[found["checkpoint"] == "crpo", "metric"]) == set(CRPO), "what was not asked has no row"
    assert list(found["base"].unique()) == ["evidence", "twins", "hints"]
    assert probed(made(asked=False)).empty


def test_a_difference_is_that_of_the_test_that_owns_it() -> None:
    found = results(made()).tables["probed_differences"]
    for key in ("flip_cited", "evidence_use"):
        own = compare(GRPO[key], CRPO[key], resamples=500)
        one = row(found, key)
        assert [one[name] for name in ("difference", "low", "high", "n")] == pytest.approx(
            [own.difference, own.low, own.high, own.n]
        )
    assert row(found, "hint_taken")["n"] == 0


def test_nothing_of_it_is_tested_and_families_stay_as_they_are() -> None:
    with_probes, without = results(made()), results(made(asked=False))
    found = with_probes.tables["probed_differences"]
    assert set(found["family"]) == {""}
    assert set(found["verdict"]) == {"described", "not measured"}
    pd.testing.assert_frame_equal(with_probes.tables["paired"], without.tables["paired"])
    assert with_probes.verdict.title == without.verdict.title
    assert without.tables["probed"].empty
    assert without.tables["probed_differences"].empty
    assert [number.key for number in USED] == list(PROBED)
    assert not set(PROBED) & set(METRICS)


def test_the_page_has_a_chapter_where_a_checkpoint_was_asked_again(tmp_path: Path) -> None:
    page = write_report(results(made()), tmp_path / "with", command="report").read_text(encoding="utf-8")
    assert "Does the reasoning drive the answer?" in page
    files = json.loads((tmp_path / "with/results.json").read_text(encoding="utf-8"))["about"]["files"]
    assert {"figures/use.svg", "tables/use_evidence.csv", "tables/use_twins.csv"} < set(files)
    assert "tables/use_early.csv" not in files, "of a probe that was not asked"
    shown = (tmp_path / "with/tables/use_differences.md").read_text(encoding="utf-8")
    assert "evidence: crpo − grpo on medqa" in shown
    assert "hints" not in shown
    other = write_report(results(made(asked=False)), tmp_path / "without", command="report")
    assert "Does the reasoning drive the answer?" not in other.read_text(encoding="utf-8")


def test_without_its_control_nothing_is_drawn(tmp_path: Path) -> None:
    bare = made()
    kept = bare.responses.drop(columns="flip_control")
    page = write_report(results(replace(bare, responses=kept)), tmp_path, command="report").read_text(encoding="utf-8")
    assert "there is no number with its control to draw" in page
