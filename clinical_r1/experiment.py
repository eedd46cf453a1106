"""An experiment: arms x levels x seeds of training, each evaluated, and one table of what came out.

A YAML file (see `Experiment`, docs/training.md and examples/experiments) becomes the commands that a researcher would
type. They run side by side as far as they can, each once; beside what they write stand `results.csv`, a row per
checkpoint and number, and `summary.csv`, over seeds.
"""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.stats import t as student_t

from clinical_r1.errors import UserError, names_near
from clinical_r1.files import RECORD, read_csv_rows, writing
from clinical_r1.train.recipe import load
from clinical_r1.workflow import OFFLINE, makes, note_of, noted, parts_of, run
from clinical_r1.yaml_text import dump_text, parse_mapping

Keys = dict[str, Any]
"""Dotted key of a recipe -> value."""
ENDS = ("", ".failed")
"""Of the notes of a command that is not under way."""
LAST = 10
"""Updates at the end of a run that its record is averaged over: one batch says little."""


class Arm(BaseModel):
    """A recipe, and what varies in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    recipe: str
    """Name or `.yaml` file."""
    start: str | None = None
    """An arm above, whose final model is this one's `model`: with every level of it, at the same seed."""
    set: Keys = {}
    levels: dict[str, dict[str, Keys]] = {}
    """Factor -> level -> the keys that make it."""


class Experiment(BaseModel):
    """What an experiment's file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    about: str
    seeds: list[int] = Field(min_length=1)
    setup: list[str] = []
    """Commands that come first."""
    arms: dict[str, Arm] = Field(min_length=1)
    evaluate: list[str] = []
    """Commands per checkpoint."""
    report: list[str] = []
    """Commands that come last."""
    seconds: dict[str, float] = {}
    """Second word of a command (`train`, `eval-set`, ...) -> about how long one takes, for the progress bar."""


@dataclass(frozen=True)
class Run:
    """One training run of an experiment."""

    arm: str
    levels: Mapping[str, str]
    """Factor -> level, those of the arms it starts from included."""
    seed: int
    command: str
    """What trains it."""
    folder: Path

    @property
    def label(self) -> str:
        """Arm and levels."""
        return "-".join([self.arm, *self.levels.values()])

    @property
    def name(self) -> str:
        """Seed, arm and levels: reports know by it what differs in the seed alone."""
        return f"seed-{self.seed}-{self.label}"


def read_experiment(path: Path) -> Experiment:
    """Read and check an experiment's file.

    Raises:
        UserError: If it cannot be read, or a key, an arm or a recipe is not known.
    """
    try:
        experiment = Experiment.model_validate(parse_mapping(path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors(include_url=False))
        raise UserError(f"{path}: {'; '.join(wrong)}") from error
    for place, (name, arm) in enumerate(experiment.arms.items()):
        if arm.start is not None and arm.start not in (above := list(experiment.arms)[:place]):
            said = names_near(arm.start, above) if above else "none, it is the first"
            raise UserError(f"{path}: arms.{name}.start: {arm.start} is no arm above; allowed: {said}")
    return experiment


def runs_of(experiment: Experiment, output: Path) -> list[Run]:
    """All training runs, those that others start from before them.

    Raises:
        UserError: If a recipe or a key of it is not known.
    """
    found = list[Run]()
    for name, arm in experiment.arms.items():
        starts: list[Run | None] = [run for run in found if run.arm == arm.start] if arm.start else [None]
        combinations = list(product(*(levels.items() for levels in arm.levels.values())))
        for start, chosen in product(starts, combinations):
            own = dict(zip(arm.levels, (level for level, _ in chosen), strict=True))
            keys = {key: value for given in (arm.set, *(keys for _, keys in chosen)) for key, value in given.items()}
            if start:
                keys["model"] = str(start.folder / "final")
            for seed in [start.seed] if start else experiment.seeds:
                levels = {**start.levels, **own} if start else own
                folder = output / "runs" / f"seed-{seed}" / "-".join([name, *levels.values()])
                given = {**keys, "seed": seed, "output": str(folder)}.items()
                written = [_written(key, value, output) for key, value in given]
                load(arm.recipe, written)  # a slip is told before any training
                command = shlex.join(["clinical-r1", "train", arm.recipe, *written])
                found.append(Run(name, levels, seed, command, folder))
    return found


def _written(key: str, value: object, output: Path) -> str:
    """`key=value` as `clinical-r1 train` takes it."""
    text = dump_text(value.replace("{output}", str(output))) if isinstance(value, str) else json.dumps(value)
    return f"{key}={text}"


def planned(experiment: Experiment, output: Path, runs: Sequence[Run]) -> dict[str, str]:
    """Every command of an experiment with the heading of its stage, in an order in which they could be run."""
    commands = dict[str, str]()
    for line in experiment.setup:
        commands[_typed(line, output)] = "# Set up"
    for one in sorted(runs, key=lambda run: run.seed):  # whole seeds, so that a part of an experiment says something
        commands[one.command] = f"# Seed {one.seed}: train and evaluate"
        for line in experiment.evaluate:
            commands[_typed(line, output, one)] = f"# Seed {one.seed}: train and evaluate"
    for line in experiment.report:
        commands[_typed(line, output)] = "# Report"
    return commands


def _typed(line: str, output: Path, one: Run | None = None) -> str:
    values = {"output": str(output)} | ({"name": one.name, "model": str(one.folder / "final")} if one else {})
    for name, value in values.items():
        line = line.replace(f"{{{name}}}", shlex.quote(value))
    return OFFLINE * ("hf/local" in line) + " ".join(line.split())


def run_experiment(
    path: Path, output: Path, *, at_once: int, dry_run: bool = False, say: Callable[[str], None] = print
) -> Path | None:
    """Train, evaluate and report; what was stopped goes on.

    Args:
        path: The experiment's file.
        output: Folder of everything.
        at_once: Commands that run side by side.
        dry_run: Whether to say the commands and their number, and do nothing.
        say: Receives each line.

    Returns:
        `summary.csv`; None after a dry run.

    Raises:
        UserError: If the file is wrong, or, once all others are done, a command has failed (with its last words).
    """
    experiment = read_experiment(path)
    runs = runs_of(experiment, output)
    commands = planned(experiment, output, runs)
    seconds = {command: experiment.seconds.get(parts_of(command)[1], 60.0) for command in commands}
    hours = sum(seconds.values()) / at_once / 3600
    say(f"{len(runs)} training runs, {len(commands)} commands, about {hours:.1f} hours with {at_once} at once")
    if dry_run:
        for command in commands:
            say(command)
        return None
    (output / "done").mkdir(parents=True, exist_ok=True)
    try:
        failed = run(commands, seconds, output, say, at_once=at_once, keep_going=True)
    finally:  # what there is, also of an experiment that was stopped
        _write_tables(experiment, runs, output)
    if failed:
        raise UserError(
            f"{len(failed)} of {len(commands)} commands failed, {output} holds what others gave: {failed[0]}"
        )
    return output / "summary.csv"


def _write_tables(experiment: Experiment, runs: Sequence[Run], output: Path) -> None:
    rows = list[dict[str, Any]]()
    ended = [one for one in runs if any(Path(f"{note_of(one.command, output)}{kind}").exists() for kind in ENDS)]
    for one in ended:  # a guard ends a run, too
        last = [_typed(line, output, one) for line in experiment.evaluate[-1:]]
        rows += _rows(one, makes(last[0]) if last and noted(last[0], output) else None)
    results = pd.DataFrame(rows)
    for name, table in (("results.csv", results), ("summary.csv", summary(results))) if rows else ():
        with writing(output / name) as partial:
            table.to_csv(partial, index=False, float_format="%.6g")


def _rows(one: Run, log: Path | None) -> list[dict[str, Any]]:
    """What a run's record and its log say, a row per number."""
    found = dict[str, float]()
    records = [row for row in read_csv_rows(one.folder / RECORD) if int(row["step"])]
    if records:
        found["training updates"] = len(records)
    for column in dict.fromkeys(name for row in records for name in row if name != "step"):
        values = [float(row[column]) for row in records if row.get(column)]
        if values:
            found[f"training {column}"] = sum(values[-LAST:]) / len(values[-LAST:])
            found[f"training {column}, largest"] = max(values)
    found |= _scores(log) if log else {}
    about = {"arm": one.arm, **one.levels, "label": one.label, "seed": one.seed}
    return [{**about, "number": name, "value": value} for name, value in found.items()]


def _scores(log: Path) -> dict[str, float]:
    """Metrics of each score in a log, or in the newest one of a folder."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    header = read_eval_log(list_eval_logs(str(log))[0] if log.is_dir() else str(log), header_only=True)
    scores = header.results.scores if header.results else []
    named = [(score.name, metric.name, metric.value) for score in scores for metric in score.metrics.values()]
    return {score if name == "mean" else f"{score} {name}": value for score, name, value in named}


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, a row per arm and number: `mean`, `low` and `high` (95 %, t over seeds; NaN for one), ends."""
    keys = [column for column in results if column not in ("seed", "value")]
    rows = []
    for key, group in results.groupby(keys, sort=False, dropna=False):
        values, mean = group["value"], group["value"].mean()
        half = student_t.ppf(0.975, len(values) - 1) * values.sem()
        ends = {"smallest": values.min(), "largest": values.max(), "seeds": len(values)}
        rows.append(dict(zip(keys, key, strict=True)) | {"mean": mean, "low": mean - half, "high": mean + half} | ends)
    return pd.DataFrame(rows)
