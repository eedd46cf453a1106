"""`clinical-r1 plan`, end to end."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinical_r1.cli import main
from clinical_r1.stats.contrast import minimum_detectable_effect
from tests.running import make_task, model_that_says, question, run_task


def planned(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["plan", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


# --- without a pilot --------------------------------------------------------------------------------------------------
def test_what_is_assumed_is_said_and_what_is_found_proved_and_where_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--questions", "300,1273", "--epochs", "1", "--seeds", "1,3", "--tests", "9"]) == 0
    page = capsys.readouterr().out
    for option in ("--rate 0.6", "--spread 0.5", "--correlation 0.8", "--seed-share 0.5", "--seed-sd 0.01"):
        assert f"Assumed: {option}, " in page
    assert sum(line.split()[:1] in (["300"], ["1,273"]) for line in page.splitlines()) == 4
    for words in (
        "Detectable: with 1,273 questions, 1 epoch and 3 seeds per side",
        "two-sided at 5 % over 9 tests",
        "'not worse by more than 2 points', one-sided 2.5 %",
        "among the intervals of 9 tests that hold at once",
        "Variance of that difference: questions ",
        "Rows with 1 seed are about two checkpoints, not methods",
    ):
        assert words in page


def test_json_holds_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--questions", "500", "--epochs", "4", "--seeds", "1", "--tests", "3", "--margin", "accuracy=.03")
    found = planned(capsys, *words)
    [design] = found["designs"]
    # .24 of variance, half of it between questions, of which two checkpoints do not share .2; the rest is sampling
    error = np.sqrt((2 * 0.2 * 0.12 + 2 * 0.12 / 4) / 500)
    assert design["answers"] == 2000
    assert design["detectable"] == pytest.approx(minimum_detectable_effect(error, 0.05 / 3))
    assert design["margin"] == pytest.approx(minimum_detectable_effect(error))
    assert sum(design["variance"].values()) == pytest.approx(1)
    assert [one["alpha"] for one in found["needed"]] == pytest.approx([0.05, 0.05 / 3])
    assert found["needed"][0]["questions"] == pytest.approx(500 * (design["margin"] / 0.03) ** 2, abs=1)
    main(["plan", *words])
    assert capsys.readouterr().out.splitlines()[-len(found["sentences"]) :] == found["sentences"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rate", "1"], "--rate 1: allowed is 0.001 to 0.999"),  # nothing would vary
        (["--spread", "-0.1"], "--spread -0.1: allowed is 0 to 1"),
        (["--correlation", "1.2"], "--correlation 1.2: allowed is 0 to 1"),
        (["--seed-sd", "1"], "--seed-sd 1: allowed is 0 to 0.5"),  # points for a share
        (["--power", "80"], "--power 80: allowed is 0.5 to 0.999"),  # per cent for a share
        (["--questions", "1"], "--questions 1: allowed are whole numbers from 2"),
        (["--metric", "cecd"], "--metric cecd: allowed are cecd_"),  # a count has no points
        (["--margin", "accuracy=2"], "--margin accuracy=2: allowed is accuracy=D, D above 0 and below 1"),
        (["--margin", ".02"], "--margin .02: allowed is accuracy=D"),
        (["--margin", "cecd_any=.02"], "--margin cecd_any=.02: allowed is accuracy=D"),  # of another metric
        (["--margin", "accuracy=nan"], "--margin accuracy=nan: allowed is accuracy=D"),
        (["--spread", "1", "--correlation", "1"], "both sides answer every question alike: there is nothing to plan"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_exit_code_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words]) == 2
    [complaint] = capsys.readouterr().err.splitlines()
    assert said in complaint


@pytest.mark.parametrize("words", [["--seeds", "0"], ["--questions", "many"], ["--tests", "0"], ["--epochs", "1,,2"]])
def test_sizes_are_whole_numbers(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", *words])
    assert stopped.value.code == 2
    assert "whole number" in capsys.readouterr().err


# --- with a pilot -----------------------------------------------------------------------------------------------------
QUESTIONS, EPOCHS = 30, 2


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of two methods with two seeds each, and of the model they started from; 30 questions, two epochs."""
    folder, rng = tmp_path_factory.mktemp("pilot"), np.random.default_rng(0)
    hard = dict(zip(("grpo", "crpo", "none"), rng.random((3, QUESTIONS)), strict=True))
    for reward, seed in [*product(("grpo", "crpo"), (0, 1)), ("none", 0)]:
        task = make_task([question(f"q{n}") for n in range(QUESTIONS)], votes=EPOCHS)
        about = {"checkpoint": f"seed-{seed}/{reward}", "reward": reward, "cold_start": True, "seed": seed}
        task.metadata = {**(task.metadata or {}), **about}
        right = rng.random((QUESTIONS, EPOCHS)) > hard[reward][:, None]
        said = {
            (f"q{n}", epoch + 1): rf"\boxed{{{'AC'[int(right[n, epoch])]}}}"
            for n, epoch in product(range(QUESTIONS), range(EPOCHS))
        }
        run_task(task, model_that_says(said), folder / f"{reward}-{seed}")
    return folder


def test_a_pilot_with_seeds_leaves_nothing_to_assume(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = planned(capsys, str(pilot), "--questions", "1273")
    assert found["pilot"]["seeds"] == {"grpo": 2, "crpo": 2}, "the two reward methods, not what they started from"
    assert (found["pilot"]["questions"], found["pilot"]["epochs"]) == (QUESTIONS, EPOCHS)
    assert found["assumed"] == []
    assert found["pilot"]["seed_sd"]["low"] <= found["components"][-1]["sd"] <= found["pilot"]["seed_sd"]["high"]
    main(["plan", str(pilot)])
    page = capsys.readouterr().out
    assert page.startswith("Pilot: grpo (2 seeds) and crpo (2 seeds) on task, 30 questions, 2 responses each, mean 0.")
    assert "degrees of freedom)" in page


def test_a_pilot_of_two_checkpoints_knows_no_seeds(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = planned(capsys, str(pilot / "grpo-0"), str(pilot / "crpo-1"), "--seed-sd", ".02")
    assert {one["name"]: one["value"] for one in found["assumed"]} == {"seed_share": 0.5, "seed_sd": 0.02}
    assert [one["name"] for one in found["components"] if one["assumed"]] == ["interaction", "seeds"]
    assert found["components"][-1]["sd"] == 0.02
    assert found["pilot"]["seed_sd"] is None
    assert {design["questions"] for design in found["designs"]} == {QUESTIONS}


def test_a_pilots_detectable_difference_is_the_reports(
    pilot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = [str(pilot / "grpo-0"), str(pilot / "crpo-1")]
    [design] = planned(capsys, *logs, "--epochs", str(EPOCHS), "--seeds", "1")["designs"]
    assert main(["compare", "--a", logs[0], "--b", logs[1], "-o", str(tmp_path), "--resamples", "200"]) == 0
    table = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tables"]["paired"]
    [mde] = [row["mde"] for row in table if row["metric"] == "answer"]
    assert design["detectable"] == pytest.approx(mde)


@pytest.mark.parametrize(
    ("chosen", "words", "said"),
    [
        (["grpo-0"], [], "a pilot is of two sides on one benchmark; these are logs of seed-0/grpo on task"),
        (["none-0", "grpo-0", "grpo-1"], ["--metric", "cecd_coverage"], "--metric cecd_coverage: not judged on both"),
        (["nowhere"], [], "nowhere: no such file or folder"),
    ],
)
def test_a_pilot_that_will_not_do(
    chosen: list[str], words: list[str], said: str, pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *(str(pilot / name) for name in chosen), *words]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
