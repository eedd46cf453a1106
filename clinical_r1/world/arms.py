"""Train a world's cold start and its two arms, each by the same `clinical-r1 train` that a researcher runs."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from clinical_r1.errors import UserError
from clinical_r1.files import RECORD, read_csv_rows, writable
from clinical_r1.yaml_text import dump_text

ARMS = ("grpo", "crpo")
"""What is trained from the cold start, side by side."""

LOG = "train.log"
"""What the process of a run says, in its folder."""

# One thread a process is faster than two on small machines. The allocator's settings (of glibc, others ignore them)
# keep freed memory: giving it back and asking again costs a fifth of a step of a model this small.
_KEPT = {name: str(1 << 32) for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")}
SMALL_RUN = {"OMP_NUM_THREADS": "1", "MALLOC_TOP_PAD_": str(1 << 28), **_KEPT}
"""Environment in which the process of a small model is fastest."""

_POLL_SECONDS = 1.0


def train_arms(
    world: Path, seed: int, say: Callable[[str], None] = print, *, steps: int | None = None
) -> dict[str, Path]:
    """Cold start, then GRPO and CRPO from it at the same time, a process each.

    What is finished is not trained again, what was stopped goes on.

    Args:
        world: Folder that `build_world` wrote.
        seed: Of the training; the world has its own.
        say: Receives each command.
        steps: Updates of the arms; those of their recipes by default.

    Returns:
        Name of the run -> folder of its final model: `cold_start` and `ARMS`.

    Raises:
        UserError: If a run fails, with its own reason.
    """
    runs = world / "runs" / f"seed-{seed}"

    def command(arm: str, paths: Mapping[str, Path], *limit: str) -> list[str]:
        # Values are YAML, and a folder may have any name, such as `yes`.
        given = [f"{key}={dump_text(str(path))}" for key, path in {**paths, "output": runs / arm}.items()]
        return ["train", f"world_{arm}", *given, f"seed={seed}", *limit]

    cold = runs / "cold_start"
    traces = {"model": world / "model", "traces": world / "traces.jsonl"}
    _run_all({cold: command("cold_start", traces)}, say)
    rollouts = {"model": cold / "final", "data.dataset": world / "rl.jsonl"}
    limit = [f"max_steps={steps}"] if steps else []
    _run_all({runs / arm: command(arm, rollouts, *limit) for arm in ARMS}, say)
    return {run: runs / run / "final" for run in ("cold_start", *ARMS)}


def _run_all(commands: Mapping[Path, Sequence[str]], say: Callable[[str], None]) -> None:
    """Do runs (output -> what stands after `clinical-r1`) side by side; wait for all, then tell the first failure."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for output, command in commands.items():
            say(f"clinical-r1 {shlex.join(command)}")
            started.append(_start(output, command))
        _watch(list(commands), started)
    finally:
        for process in started:  # if this process is stopped, so are the runs
            process.terminate()
            process.wait()
    for output, process in zip(commands, started, strict=True):
        if process.returncode:
            lines = (output / LOG).read_text(encoding="utf-8").strip().splitlines() or ["no output"]
            raise UserError(f"{output}: {lines[-1].removeprefix('clinical-r1: ')} (see {output / LOG})")


def _start(output: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    with writable(output):
        output.mkdir(parents=True, exist_ok=True)
        log = (output / LOG).open("ab")  # after what an earlier part of the run said
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "clinical_r1.cli", *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**SMALL_RUN, "HF_HUB_OFFLINE": "1", **os.environ},
        )


def _watch(outputs: Sequence[Path], processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Show each run's record as it grows, until all have ended."""
    bars: list[tqdm[Any]] = [
        tqdm(desc=output.name, unit="step", position=place, dynamic_ncols=True) for place, output in enumerate(outputs)
    ]
    while any(process.poll() is None for process in processes):
        time.sleep(_POLL_SECONDS)
        for bar, output in zip(bars, outputs, strict=True):
            if rows := read_csv_rows(output / RECORD):
                shown = {name: rows[-1][name] for name in ("reward", "kl", "loss") if rows[-1].get(name)}
                bar.set_postfix(shown, refresh=False)
                bar.update(int(rows[-1]["step"]) - bar.n)
    for bar in bars:
        bar.close()
