"""The demo: a study in miniature, through the commands that a researcher runs on real models."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole

ARMS = ("cold_start", "grpo", "crpo")
NOTES = (
    "This is a small world: its diseases are invented, its model is tiny, and its raters are simulated. It shows how "
    "the numbers come about and nothing about medicine, about larger models, or about real clinicians.",
    "Rules judge the reasoning unless --grader names a model; rules know no medicine, so claims are neither supported "
    "nor hallucinated to them. What is true of each response is known here and stands in a chapter of its own.",
    "commands.sh in the demo's folder has every command behind this page.",
)
QUICK_NOTE = "A quick demo trains for a few updates only: nothing was learned, and no number here says anything."
_PARALLEL = 2
_OFFLINE = {"HF_HUB_OFFLINE": "1"}
"""Else the hub is asked about a model called "local" first."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Sizes:
    """How much is done."""

    world: tuple[str, ...] = ()
    """Further arguments of `clinical-r1 world`."""
    cases: int = 200
    votes: int = 3
    questions: int = 30
    """Labelled in the simulated study."""
    resamples: int = 10_000
    samples: int = 40


FULL = Sizes()
QUICK = Sizes(
    world=("--traces", "800", "--rl", "80", "--test", "60", "--steps", "3"),
    cases=40,
    votes=2,
    questions=10,
    resamples=500,
    samples=6,
)


@dataclass(frozen=True)
class Step:
    """One command."""

    name: str
    """What is shown while it runs."""
    command: tuple[str, ...]
    """As typed, beginning with `clinical-r1` or `inspect`."""
    after: tuple["Step", ...] = ()
    """What it reads the results of."""
    output: Path | None = None
    """A file that the command does not replace by itself."""
    shown: Callable[[str], list[str]] = field(default=lambda said: [], compare=False)
    """From what the command printed to lines of results."""

    @property
    def key(self) -> str:
        """Changes with the command and with everything before it."""
        parts = [*self.command, *(step.key for step in self.after)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """As one would type it."""
        prefix = "HF_HUB_OFFLINE=1 " if "hf/local" in self.command else ""
        return prefix + " ".join(part if part.endswith("*.eval") else shlex.quote(part) for part in self.command)


@dataclass(frozen=True)
class Stage:
    """Steps that may run side by side; each chain of steps in its order."""

    title: str
    seconds: float
    """About how long it takes on two cores."""
    chains: tuple[tuple[Step, ...], ...]


def run_demo(
    output: Path,
    *,
    quick: bool = False,
    seeds: int = 1,
    models: Sequence[str] = (),
    grader: str | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train, evaluate, judge, study and report.

    A demo that was stopped goes on where it was; what is finished is not run again.

    Args:
        output: Folder for everything, made if it is not there.
        quick: A few updates on a few cases: nothing is learned.
        seeds: Training seeds, at least 1.
        models: Further models that Inspect knows, evaluated on the same cases.
        grader: A model that judges instead of rules.
        say: Receives each line of progress and results.

    Returns:
        The report's page.

    Raises:
        UserError: If the folder cannot be written or holds another demo, or a command fails (with its last words).
    """
    if seeds < 1:
        raise UserError(f"--seeds {seeds}: allowed is a whole number from 1")
    _same_demo(output, quick)
    stages = plan(output, QUICK if quick else FULL, quick=quick, seeds=seeds, models=models, grader=grader)
    steps = [step for stage in stages for chain in stage.chains for step in chain]
    write_whole(output / "commands.sh", "".join(["set -e\n", *(f"{step.line}\n" for step in steps)]))
    _Runner(output, stages, say).run()
    return output / "report" / "index.html"


def _same_demo(output: Path, quick: bool) -> None:
    """Make the folder; refuse one that holds anything but such a demo."""
    kind, path = "quick" if quick else "whole", output / "demo.json"
    try:
        if output.exists() and not path.exists() and any(output.iterdir()):
            raise UserError(f"--output {output}: holds something else than a demo; give another folder")
        (output / "done").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {output}: cannot be written ({error.strerror})") from error
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["kind"] if path.exists() else kind
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(f"{path}: not the note of a demo; give another --output") from None
    if found != kind:
        raise UserError(f"--output {output}: holds a {found} demo, and this is a {kind} one; give another --output")
    write_whole(path, json.dumps({"kind": kind}))


# --- the plan ---------------------------------------------------------------------------------------------------------
def plan(
    output: Path, sizes: Sizes, *, quick: bool, seeds: int, models: Sequence[str], grader: str | None
) -> list[Stage]:
    """Every command of the demo, in stages."""
    world = output / "world"
    trained = Step(
        "training",
        ("clinical-r1", "world", str(world), *sizes.world, "--train", *map(str, range(seeds))),
        shown=lambda said: list(_trained(world, seeds)),
    )
    arms = [(seed, arm) for seed in range(seeds) for arm in ARMS]
    evaluated = {
        f"seed-{seed}-{arm}": _evaluate(
            output,
            f"seed-{seed}-{arm}",
            ["hf/local", "-M", f"model_path={world / 'runs' / f'seed-{seed}' / arm / 'final'}", "-T", "prompt=bare"],
            sizes,
            trained,
        )
        for seed, arm in arms
    }
    asked = {
        _name(model): _evaluate(output, _name(model), [model, "-T", "prompt=crpo"], sizes, trained) for model in models
    }
    judged = {name: _judge(output, name, step, grader, own=name in asked) for name, step in (evaluated | asked).items()}
    last = tuple(chain[-1] for chain in judged.values())
    labelled = _study(output, sizes, seeds, tuple(judged[name][-1] for name in evaluated))
    shown = _report(output, sizes, seeds, quick=quick, own=bool(models), after=(*last, labelled[-1]))
    factor = 0.35 if quick else 1.0
    return [
        Stage("train a cold start, then GRPO and CRPO from it", 230 * seeds * (0.2 if quick else 1), ((trained,),)),
        Stage(
            f"evaluate {len(judged)} checkpoints on {sizes.cases} cases, {sizes.votes} votes each",
            35 * len(judged) * factor,
            tuple((step,) for step in (evaluated | asked).values()),
        ),
        Stage("judge their reasoning", 22 * len(judged) * factor, tuple(judged.values())),
        Stage("ask simulated raters", 35 * factor, (labelled,)),
        Stage("report", 45 * factor, tuple((step,) for step in shown)),
    ]


def _name(model: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in model)


def _evaluate(output: Path, name: str, model: Sequence[str], sizes: Sizes, trained: Step) -> Step:
    logs = output / "logs" / name
    command = ("inspect", "eval-set", "clinical_r1/medqa", "--model", *model)
    data = ("-T", f"dataset={output / 'world' / 'test.jsonl'}", "-T", f"votes={sizes.votes}")
    sampling = ("--temperature", "1", "--top-p", "1", "--max-connections", "100")
    length = ("--max-tokens", "96") if model[0] == "hf/local" else ("--max-tokens", "2048")
    rest = ("--limit", str(sizes.cases), "--log-dir", str(logs), "--display", "none")
    whole = (*command, *data, *sampling, *length, *rest)
    return Step(f"evaluating {name}", whole, (trained,), shown=lambda said: [_accuracy(name, logs)])


def _judge(output: Path, name: str, evaluated: Step, grader: str | None, *, own: bool) -> tuple[Step, ...]:
    """Grounding, behaviours, and what is true, each added to the log before."""
    role = ("--model-role", f"grader={grader}", "-S", "sample=40", "-S", "epochs=1") if grader else ()
    by = role or ("-S", "backend=rules")
    scorers = {
        "grounding": by,
        "behaviours": by,
        "world_truth": ("-S", f"world={output / 'world'}"),
    }
    steps: list[Step] = []
    for scorer, options in scorers.items():
        final = scorer == "world_truth"
        to = output / ("judged" if final else "judging") / ("own" if own else "world")
        file = to / (f"{name}.eval" if final else f"{name}-{scorer}.eval")
        source = str(steps[-1].output) if steps else str(output / "logs" / name / "*.eval")
        command = ("inspect", "score", source, "--scorer", f"clinical_r1/{scorer}", *options, "--action", "append")
        rest = ("--model", "none/none", "--output-file", str(file), "--display", "none")
        before = (steps[-1],) if steps else (evaluated,)
        steps.append(Step(f"judging {name}", (*command, *rest), before, file))
    return tuple(steps)


def _study(output: Path, sizes: Sizes, seeds: int, after: tuple[Step, ...]) -> tuple[Step, ...]:
    study, answers = str(output / "study"), str(output / "answers")
    logs, items = str(output / "judged" / "world"), str(sizes.questions * len(ARMS) * seeds)
    what = ("--metrics", "cecd,drc,backtracking", "--items", items, "--raters", "3", "--facts", "rules")
    title = ("--title", "SIMULATED raters on invented cases")
    new = Step("drawing a study", ("clinical-r1", "study", "new", logs, "-o", study, *what, *title), after, Path(study))
    simulate = ("clinical-r1", "study", "simulate", study, "--world", str(output / "world"), "-o", answers)
    answered = Step("simulated raters", simulate, (new,))
    files = [f"{answers}/r{number}.json" for number in (1, 2, 3)]
    imported = Step("reading answers", ("clinical-r1", "study", "import", study, *files), (answered,))
    report = ("clinical-r1", "study", "report", study, "--resamples", str(min(sizes.resamples, 1000)))
    return (new, answered, imported, Step("study report", report, (imported,), shown=_verdicts))


def _report(
    output: Path, sizes: Sizes, seeds: int, *, quick: bool, own: bool, after: tuple[Step, ...]
) -> tuple[Step, ...]:
    world, training = str(output / "judged" / "world"), output / "world" / "runs"
    runs = [str(training / f"seed-{seed}" / arm) for seed in range(seeds) for arm in ("grpo", "crpo")]
    draws = ("--resamples", str(sizes.resamples), "--samples", str(sizes.samples))
    notes = [part for note in ((QUICK_NOTE,) if quick else ()) + NOTES for part in ("--note", note)]
    logs = [world, *([str(output / "judged" / "own"), "--own-format"] if own else [])]
    baseline = ("--baseline", "cold_start") if seeds == 1 else ()
    common = ("--training", *runs, *draws, *notes)
    whole = ("clinical-r1", "report", *logs, "-o", str(output / "report"), "--study", str(output / "study"))
    title = ("--title", "A study in a small world")
    sides = [[f"{world}/seed-{seed}-{arm}.eval" for seed in range(seeds)] for arm in ("grpo", "crpo")]
    against = ("clinical-r1", "compare", "--a", *sides[0], "--b", *sides[1], "-o", str(output / "comparison"))
    titles = ("--title", "CRPO against GRPO in a small world")
    return (
        Step("report", (*whole, *baseline, *title, *common), after, shown=_summary),
        Step("comparison", (*against, *titles, *common), after, shown=_summary),
    )


# --- results as lines -------------------------------------------------------------------------------------------------
def _trained(world: Path, seeds: int) -> Iterator[str]:
    import csv

    for seed in range(seeds):
        for arm in ("grpo", "crpo"):
            with (world / "runs" / f"seed-{seed}" / arm / "record.csv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            ends = [f"{float(row['reward']):.2f}" for row in (rows[0], rows[-1]) if row.get("reward")]
            yield f"{arm}, seed {seed}: reward {' to '.join(ends)} in {rows[-1]['step']} updates"


def _accuracy(name: str, logs: Path) -> str:
    from inspect_ai.log import list_eval_logs, read_eval_log

    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    results = next(header.results for header in headers if header.status == "success")
    metrics = {key: one.value for score in (results.scores if results else []) for key, one in score.metrics.items()}
    voted = f"majority {metrics['majority_accuracy']:.3f} ± {metrics['majority_stderr']:.3f}"
    return f"{name}: accuracy {metrics['accuracy']:.3f} ± {metrics['stderr']:.3f} (standard error), {voted}"


def _verdicts(said: str) -> list[str]:
    return [line for line in said.splitlines() if not line.startswith("report:")]


def _summary(said: str) -> list[str]:
    return [line for line in said.splitlines() if not line.startswith("report:") and line not in (*NOTES, QUICK_NOTE)]


# --- running ----------------------------------------------------------------------------------------------------------
class _Runner:
    """Runs stages one after the other, chains of a stage side by side, and shows how far it is."""

    def __init__(self, output: Path, stages: Sequence[Stage], say: Callable[[str], None]) -> None:
        self._output, self._stages = output, stages
        total = round(sum(stage.seconds for stage in stages))
        shape = "{desc} |{bar}| {elapsed}, about {remaining} left"
        self._bar: tqdm[Any] = tqdm(total=total, bar_format=shape, disable=None, leave=False, dynamic_ncols=True)
        self._say = say if self._bar.disable else self._bar.write
        self._running: dict[int, tuple[Step, subprocess.Popen[bytes], Path]] = {}

    def run(self) -> None:
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
        waiting = [list(chain) for chain in stage.chains]
        started, began = self._running, time.monotonic()
        places = dict(enumerate(waiting))
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
    import shutil

    if output.is_dir():
        shutil.rmtree(output)
    else:
        output.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
