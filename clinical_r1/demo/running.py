"""Run stages of commands, show how far they are, and go on where they were stopped."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from clinical_r1.demo.steps import Stage, Step
from clinical_r1.errors import UserError

_PARALLEL = 2
_OFFLINE = {"HF_HUB_OFFLINE": "1"}
"""Else the hub is asked about a model called "local" first."""
_POLL_SECONDS = 0.2


class Runner:
    """Runs stages one after the other, chains of a stage side by side, and shows how far it is."""

    def __init__(self, output: Path, stages: Sequence[Stage], say: Callable[[str], None]) -> None:
        self._output, self._stages = output, stages
        total = round(sum(stage.seconds for stage in stages))
        shape = "{desc} |{bar}| {elapsed}, about {remaining} left"
        self._bar: tqdm[Any] = tqdm(total=total, bar_format=shape, disable=None, leave=False, dynamic_ncols=True)
        self._say = say if self._bar.disable else self._bar.write
        self._running: dict[int, tuple[Step, subprocess.Popen[bytes], Path]] = {}

    def run(self) -> None:
        """Run all stages.

        Raises:
            UserError: If a command fails, with its last words.
        """
        done = 0.0
        try:
            for number, stage in enumerate(self._stages, 1):
                self._say(f"[{number}/{len(self._stages)}] {stage.title} (about {_clock(stage.seconds)})")
                self._stage(stage, done)
                done += stage.seconds
        finally:
            for _, process, _ in self._running.values():  # if the demo is stopped, so are its commands
                process.terminate()
            for _, process, _ in self._running.values():
                process.wait()
            self._bar.close()

    def _stage(self, stage: Stage, done: float) -> None:
        places = {place: list(chain) for place, chain in enumerate(stage.chains)}
        started, began = self._running, time.monotonic()
        while places or started:
            for place in list(places):
                if place not in started and len(started) < _PARALLEL:
                    self._next(place, places)
            for place, (step, process, log) in list(started.items()):
                if process.poll() is not None:
                    del started[place]
                    self._finished(step, process.returncode, log)
            self._show(stage, done, time.monotonic() - began)
            if started:
                time.sleep(_POLL_SECONDS)

    def _next(self, place: int, places: dict[int, list[Step]]) -> None:
        """Start the next step of a chain that is not done yet."""
        while places[place]:
            step = places[place].pop(0)
            log = self._output / "done" / f"{step.key}.log"
            if log.exists():
                self._tell(step, log)
                continue
            self._running[place] = (step, _start(step, log), log)
            return
        del places[place]

    def _finished(self, step: Step, code: int, log: Path) -> None:
        running = log.with_suffix(".running")
        if code:
            said = (_text(log.with_suffix(".err")).strip() or _text(running).strip()).splitlines() or ["no output"]
            why = f"{said[-1].removeprefix('clinical-r1: ')} (see {log.with_suffix('.err')}: {step.line})"
            raise UserError(f"{step.name} failed: {why}")
        running.replace(log)
        self._tell(step, log)

    def _tell(self, step: Step, log: Path) -> None:
        """A line where there is one result, else under the step's name."""
        if len(lines := step.shown(_text(log))) > 1:
            lines = [f"{step.name}:", *(f"  {line}" for line in lines)]
        for line in lines:
            self._say(f"    {line}")

    def _show(self, stage: Stage, done: float, seconds: float) -> None:
        self._bar.set_description(
            next((step.name for step, _, _ in self._running.values()), stage.title), refresh=False
        )
        self._bar.n = round(done + min(seconds, 0.98 * stage.seconds))
        self._bar.refresh()


def _start(step: Step, log: Path) -> "subprocess.Popen[bytes]":
    if step.output:
        _clear(step.output)
        step.output.parent.mkdir(parents=True, exist_ok=True)
    command = [*_PROGRAMS[step.command[0]], *_files(step.command[1:])]
    environment = {"OMP_NUM_THREADS": "1"} | dict(os.environ)
    if "hf/local" in step.command:
        environment |= _OFFLINE
    with log.with_suffix(".running").open("wb") as said, log.with_suffix(".err").open("wb") as errors:
        return subprocess.Popen(command, stdout=said, stderr=errors, env=environment)


_PROGRAMS: Mapping[str, list[str]] = {
    "clinical-r1": [sys.executable, "-m", "clinical_r1.cli"],
    "inspect": [sys.executable, "-m", "inspect_ai"],
}


def _files(parts: Sequence[str]) -> list[str]:
    """With the newest log in place of a pattern: Inspect names logs by their time."""
    return [
        str(max(Path(part).parent.glob("*.eval"), default=part)) if part.endswith("*.eval") else part for part in parts
    ]


def _clear(output: Path) -> None:
    """Take away what a step that was stopped left."""
    if output.is_dir():
        shutil.rmtree(output)
    else:
        output.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
