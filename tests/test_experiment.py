"""`clinical-r1 experiment`: one file becomes training runs, evaluations and a table."""

from pathlib import Path

import pandas as pd
import pytest

from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.experiment import planned, read_experiment, runs_of, summary
from clinical_r1.workflow import parts_of
from tests.running import ROOT

SHIPPED = sorted([*(ROOT / "examples/experiments").glob("*.yaml"), *(ROOT / "examples/real_model").glob("*.yaml")])
SMALL = """
about: a test
seeds: [0, 1]
setup: ["clinical-r1 world {output}/world --traces 20 --rl 8 --test 4 --dev 4 --width 32 --layers 1"]
arms:
  cold:
    recipe: world_cold_start
    set: {model: "{output}/world/model", traces: "{output}/world/traces.jsonl"}
    levels: {length: {short: {max_steps: 1}, long: {max_steps: 2}}}
  crpo:
    recipe: world_crpo
    start: cold
    set: {data.dataset: "{output}/world/rl.jsonl"}
    levels: {k: {"1": {rewards.accuracy: 1}, "10": {}}, rate: {slow: {learning_rate: 1.0e-5}}}
evaluate: ["inspect eval-set clinical_r1/medqa --model hf/local -M model_path={model} --log-dir {output}/logs/{name}"]
report: ["clinical-r1 report {output}/logs -o {output}/report"]
"""


def written(folder: Path, text: str = SMALL) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_combination_is_trained_from_the_start_of_its_own_seed(tmp_path: Path) -> None:
    output = tmp_path / "out put"
    experiment = read_experiment(written(tmp_path))
    runs = runs_of(experiment, output)
    assert len(runs) == 2 * 2 + 2 * 2 * 2 * 1
    last = runs[-1]
    assert (last.name, dict(last.levels)) == ("seed-1-crpo-long-10-slow", {"length": "long", "k": "10", "rate": "slow"})
    given = parts_of(last.command)
    assert f"model={output}/runs/seed-1/cold-long/final" in given
    assert {"seed=1", "learning_rate=1e-05", f"output={output}/runs/seed-1/crpo-long-10-slow"} <= set(given)
    commands = list(planned(experiment, output, runs))
    assert [parts_of(command)[1] for command in commands] == ["world", *["train", "eval-set"] * 12, "report"]
    firsts = [next(place for place, command in enumerate(commands) if f"seed-{seed}" in command) for seed in (0, 1)]
    assert all("seed-1" not in command for command in commands[: firsts[1]])  # whole seeds, one after another


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_experiments_can_be_planned(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", str(path), "-o", str(tmp_path / "out"), "--dry-run"]) == 0
    assert "training runs" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("start: cold", "start: cald", "arms.crpo.start: cald is no arm above; allowed: cold (nearest: cold)"),
        ("start: cold", "strat: cold", "arms.crpo.strat: Extra inputs are not permitted"),
        ("seeds: [0, 1]", "seeds: []", "seeds: List should have at least 1 item"),
        (
            "{max_steps: 2}",
            "{max_stpes: 2}",
            "max_stpes (command line): unknown key; allowed: max_steps (the nearest of",
        ),
        ("recipe: world_crpo", "recipe: world_crop", "world_crop: no such recipe; allowed: world_crpo (the nearest of"),
        ("seeds: [0, 1]", "seeds: [0, 1", "not YAML"),
    ],
)
def test_a_slip_is_one_line_before_anything_is_trained(
    old: str, new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, SMALL.replace(old, new))
    assert main(["experiment", str(path), "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_experiment(tmp_path / "none.yaml")


def test_one_run_that_fails_leaves_the_others_their_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    bad = SMALL[: SMALL.index("  crpo:")].replace("seeds: [0, 1]", "seeds: [3]")
    bad = bad.replace("short: {max_steps: 1}", "short: {max_steps: 1, precision: bf16}")
    path, output = written(tmp_path, bad), tmp_path / "out"
    assert main(["experiment", str(path), "-o", str(output)]) == 2
    error = capsys.readouterr().err
    assert "1 of 3 commands failed" in error, error
    assert "precision=bf16: there is no GPU here" in error
    results = pd.read_csv(output / "results.csv")
    assert set(results["label"]) == {"cold-long"}
    assert "training loss" in set(results["number"])
    stamp = (output / "runs" / "seed-3" / "cold-long" / "record.csv").stat().st_mtime_ns
    assert main(["experiment", str(path), "-o", str(output)]) == 2  # only what failed is tried again
    assert (output / "runs" / "seed-3" / "cold-long" / "record.csv").stat().st_mtime_ns == stamp


def test_means_over_seeds_have_students_interval() -> None:
    rows = [{"arm": "a", "label": "a", "seed": seed, "number": "x", "value": seed} for seed in (1, 2, 3)]
    rows.append({"arm": "b", "label": "b", "seed": 1, "number": "x", "value": 5.0})
    first, second = summary(pd.DataFrame(rows)).to_dict("records")
    assert (first["mean"], first["smallest"], first["largest"], first["seeds"]) == (2, 1, 3, 3)
    assert first["high"] - first["mean"] == pytest.approx(4.302653 / 3**0.5)  # t with 2 degrees of freedom
    assert second["mean"] == 5
    assert pd.isna(second["low"])
