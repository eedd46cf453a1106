"""The demo: a study in miniature, as a script of commands that a researcher runs on real models.

What a command needs is told by the paths that it names, as in a makefile: it starts when all that makes them is done.
One that ended well leaves a note in `done/`: itself, and what it said. With its note and its result in place it is not
run again, unless something that it needs is; so a demo that was stopped goes on.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import Any

from tqdm import tqdm

from clinical_r1.errors import UserError
from clinical_r1.files import read_csv_rows, writable, write_whole
from clinical_r1.metrics import ENDPOINTS

NOTES = (
    "Invented diseases, a tiny model and simulated raters show how the numbers come about, and nothing about medicine.",
)
QUICK_NOTE = "A quick demo trains for a few updates only: nothing was learned, and no number here says anything."
PAGES = {"comparison": "the two of them alone", "study/report": "what (simulated) raters say"}
"""Pages beside the report's."""
ARMS = ("cold_start", "grpo", "crpo")
FULL = {"cases": 200, "votes": 3, "questions": 30, "resamples": 10_000, "fewer": 1000, "samples": 40}
QUICK = {"cases": 40, "votes": 2, "questions": 10, "resamples": 500, "fewer": 500, "samples": 6}
_SCRIPT = Path(__file__).with_name("demo.sh")
"""Stages, each with the chapters of the report that show what comes out, and commands; `{name}`: one per checkpoint."""
_SECONDS = {"world": 460, "eval-set": 70, "score": 15, "study": 18, "report": 45, "compare": 45}
"""About how long a command of the whole demo takes, times two where it leaves no core for another."""
_AT_ONCE = 2
"""Nearly all commands use one core, and half of them most of their time to start."""


def run_demo(
    output: Path,
    *,
    quick: bool = False,
    seeds: int = 1,
    models: Sequence[str] = (),
    grader: str | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train, evaluate, judge, study and report; a demo that was stopped goes on where it was.

    The arguments are the options of `clinical-r1 demo`; `say` receives each line of progress and results.

    Returns:
        The report's page.

    Raises:
        UserError: If the folder cannot be written or holds another demo, or a command fails (with its last words).
    """
    if seeds < 1:
        raise UserError(f"--seeds {seeds}: allowed is a whole number from 1")
    _same_demo(output, *(("quick", "whole") if quick else ("whole", "quick")))
    commands = planned(output, quick=quick, seeds=seeds, models=models, grader=grader)
    times = {**_SECONDS, "world": _SECONDS["world"] * seeds}
    _run(commands, {command: times[_parts(command)[1]] * (0.25 if quick else 1) for command in commands}, output, say)
    report = next(command for command in commands if makes(command) == output / "report")
    title, _, *rest = _noted(report, output)[1:]
    for line in (*[QUICK_NOTE] * quick, title, *[line for line in rest if line.startswith("  ")][: len(ENDPOINTS)]):
        say(line)
    for page, about in PAGES.items():
        say(f"{output / page / 'index.html'}  {about}")
    return output / "report" / "index.html"


def _same_demo(output: Path, kind: str, other: str) -> None:
    """Make the folder; refuse one that holds anything but such a demo."""
    path, note = output / "demo.json", json.dumps({"kind": kind})
    with writable(f"--output {output}"):
        if output.exists() and not path.exists() and any(output.iterdir()):
            raise UserError(f"--output {output}: holds something else than a demo; give another folder")
        (output / "done").mkdir(parents=True, exist_ok=True)
        if path.exists() and (there := path.read_text(encoding="utf-8", errors="replace")) != note:
            what = f"a {other} demo" if other in there else "no demo"
            raise UserError(f"--output {output}: holds {what}, and this is a {kind} one; give another --output")
    write_whole(path, note)


# --- the commands -----------------------------------------------------------------------------------------------------
def planned(output: Path, *, quick: bool, seeds: int, models: Sequence[str], grader: str | None) -> dict[str, str]:
    """Every command of the demo, with the heading of its stage; each needs only what those before it make."""
    demo, sizes, pairs = quote(str(output)), QUICK if quick else FULL, [(s, arm) for s in range(seeds) for arm in ARMS]
    # As in training: `hf` would have the tokenizer write the first token again that a chat template has written.
    once = "-M 'tokenizer_call_args={\"add_special_tokens\": false}'"
    own = {
        "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in model): f"{quote(model)} -T prompt=crpo "
        + once * model.startswith("hf/")
        for model in models
    }
    checkpoints = {
        f"seed-{seed}-{arm}": f"hf/local -M model_path={demo}/world/runs/seed-{seed}/{arm}/final -T prompt=bare {once}"
        for seed, arm in pairs
    } | own
    values = {
        "demo": demo,
        "world": "--traces 800 --rl 80 --test 60 --steps 3" if quick else "",
        "count": len(checkpoints),
        "seeds": " ".join(map(str, range(seeds))),
        "by": f"--model-role grader={quote(grader)} -S sample=40 -S epochs=1" if grader else "-S backend=rules",
        "items": sizes["questions"] * len(pairs),
        "own": f"{demo}/judged/own --own-format" if own else "",
        "baseline": "--baseline cold_start" if seeds == 1 else "",
        "runs": " ".join(f"{demo}/world/runs/seed-{seed}/{arm}" for seed, arm in pairs if arm != "cold_start"),
        "grpo": " ".join(f"{demo}/judged/world/seed-{seed}-grpo.eval" for seed in range(seeds)),
        "crpo": " ".join(f"{demo}/judged/world/seed-{seed}-crpo.eval" for seed in range(seeds)),
        "notes": " ".join(f"--note {quote(note)}" for note in ((QUICK_NOTE,) if quick else ()) + NOTES),
    }
    commands, heading = dict[str, str](), ""
    for line in _SCRIPT.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if line.startswith("#"):
            heading = line.format(**sizes, **values)
            continue
        for name, model in checkpoints.items() if "{name}" in line else [("", "")]:
            group, tokens = ("own", 2048) if name in own else ("world", 96)
            parts = shlex.split(line.format(**sizes, **values, name=name, model=model, group=group, tokens=tokens))
            # a pattern of logs, which Inspect names by their time, stays one; the hub is not asked about "local"
            typed = " ".join(part if part.endswith("*.eval") else quote(part) for part in parts)
            commands["HF_HUB_OFFLINE=1 " * ("hf/local" in parts) + typed] = heading
    return commands


def makes(command: str) -> Path:
    """The file or folder that a command writes."""
    parts = _parts(command)
    named = [parts[parts.index(option) + 1] for option in ("-o", "--output-file", "--log-dir") if option in parts]
    return Path(named[0] if named else parts[3 if parts[1] == "study" else 2])


def needs(command: str, path: Path) -> bool:
    """Whether a command names a path, something in it, or a folder around it."""
    named = [Path(name) for part in _parts(command)[2:] for name in (part, part.split("=", 1)[-1]) if name]
    return any(name.is_relative_to(path) or path.is_relative_to(name) for name in named)


def _parts(command: str) -> list[str]:
    return shlex.split(command.removeprefix("HF_HUB_OFFLINE=1 "))


# --- running them -----------------------------------------------------------------------------------------------------
def unfinished(commands: Mapping[str, str], output: Path) -> list[str]:
    """The commands without their note or result, and those that need what these make or a script that has changed."""
    path, left = output / "commands.sh", list[str]()
    changed = [] if path.exists() and path.read_text(encoding="utf-8") == script(commands) else [path]
    for command in commands:
        whole = makes(command).exists() and _noted(command, output)[:1] == [command]
        if not whole or any(needs(command, path) for path in changed):
            left.append(command)
            changed.append(makes(command))
    return left


def script(commands: Mapping[str, str]) -> str:
    """All commands as a shell script, those of each stage under its heading."""
    stages = groupby(commands, key=commands.__getitem__)
    return "\n".join(["set -e", *(line for heading, stage in stages for line in (heading, *stage)), ""])


def note_of(command: str, output: Path) -> Path:
    """Where it is noted that a command ended well."""
    parts = _parts(command)
    name = f"study-{parts[2]}" if parts[1] == "study" else "-".join(makes(command).relative_to(output).parts)
    return output / "done" / name


def _noted(command: str, output: Path) -> list[str]:
    """A command that ended well, and after it the lines that it printed; nothing if it did not."""
    note = note_of(command, output)
    return note.read_text(encoding="utf-8", errors="replace").splitlines() if note.exists() else []


def _run(commands: Mapping[str, str], seconds: Mapping[str, float], output: Path, say: Callable[[str], None]) -> None:
    """Run what is not done, each command once all that it needs is there, and show how far it is."""
    left, waiting, headings = unfinished(commands, output), list(commands), list(dict.fromkeys(commands.values()))
    for command in left:  # before anything is run, so that no note outlives what it stands for
        note_of(command, output).unlink(missing_ok=True)
    write_whole(output / "commands.sh", script(commands))
    made = {command: makes(command) for command in commands}
    behind = {command: {other for other, path in made.items() if needs(command, path)} for command in commands}
    running, told = dict[str, tuple[subprocess.Popen[bytes], float]](), list[str]()
    shape = "{desc} |{bar}| {elapsed}, about {remaining} left"
    bar: tqdm[Any] = tqdm(total=sum(seconds.values()), bar_format=shape, disable=None, leave=False, dynamic_ncols=True)
    tell = say if bar.disable else bar.write
    try:
        while waiting or running:
            for command in list(waiting):
                ahead = [*running, *waiting[: waiting.index(command)]]
                if len(running) == _AT_ONCE or not behind[command].isdisjoint(ahead):
                    continue
                waiting.remove(command)
                if (heading := commands[command]) not in told:
                    told.append(heading)
                    number, title = headings.index(heading) + 1, heading[2:].split(" (")[0]
                    about = sum(seconds[other] for other in commands if commands[other] == heading) / _AT_ONCE
                    tell(f"[{number}/{len(headings)}] {title} (about {about:.0f} s)")
                if command in left:
                    running[command] = _start(command, output), time.monotonic()
                else:
                    _tell(command, output, tell)
            for command in [command for command, (process, _) in running.items() if process.poll() is not None]:
                note, (process, _) = note_of(command, output), running.pop(command)
                if process.returncode:
                    said = "".join(Path(f"{note}.{kind}").read_text(errors="replace") for kind in ("running", "err"))
                    last = said.strip().splitlines()[-1].removeprefix("clinical-r1: ")
                    raise UserError(f"{note.name} failed: {last} (see {note}.err: {command})")
                Path(f"{note}.running").replace(note)
                _tell(command, output, tell)
            bar.set_description(next((note_of(command, output).name for command in running), None), refresh=False)
            begun = [min(time.monotonic() - start, 0.98 * seconds[command]) for command, (_, start) in running.items()]
            bar.n = sum(seconds[command] for command in commands if command not in (*waiting, *running)) + sum(begun)
            bar.refresh()
            time.sleep(0.2 if running else 0)
    finally:
        for process, _ in running.values():  # if the demo is stopped, so are its commands
            process.terminate()
        for process, _ in running.values():
            process.wait()
        bar.close()


def _start(command: str, output: Path) -> "subprocess.Popen[bytes]":
    """Start a command; where it does not replace its result by itself, what is left of one is taken away."""
    parts, result, note = _parts(command), makes(command), note_of(command, output)
    if "--output-file" in parts or parts[2] == "new":
        shutil.rmtree(result) if result.is_dir() else result.unlink(missing_ok=True)
        result.parent.mkdir(parents=True, exist_ok=True)
    arguments = [
        str(max(Path(part).parent.glob("*.eval"), default=part)) if part.endswith("*.eval") else part for part in parts
    ]
    module = {"clinical-r1": "clinical_r1.cli", "inspect": "inspect_ai"}[parts[0]]
    environment = {"OMP_NUM_THREADS": "1"} | dict(os.environ) | ({"HF_HUB_OFFLINE": "1"} if "hf/local" in parts else {})
    with open(f"{note}.running", "wb") as said, open(f"{note}.err", "wb") as errors:
        said.write(f"{command}\n".encode())
        said.flush()
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments[1:]], stdout=said, stderr=errors, env=environment
        )


def _tell(command: str, output: Path, tell: Callable[[str], None]) -> None:
    """Say what came out of a command: in its line if there is one, else under its name."""
    kind, lines = _parts(command)[1:3], list[str]()
    if kind[0] == "world":
        parts = _parts(command)
        lines = _rewards(makes(command) / "runs", parts[parts.index("--train") + 1 :])
    elif kind[0] == "eval-set":
        lines = [_accuracy(makes(command))]
    if len(lines) > 1:
        lines = [f"{note_of(command, output).name}:", *(f"  {line}" for line in lines)]
    for line in lines:
        tell(f"    {line}")


def _rewards(runs: Path, seeds: Sequence[str]) -> list[str]:
    """The rewards of each arm, at its first update and at its last."""
    lines = []
    for seed, arm in ((seed, arm) for seed in seeds for arm in ARMS[1:]):
        rows = read_csv_rows(runs / f"seed-{seed}" / arm / "record.csv")
        ends = " to ".join(f"{float(row['reward']):.2f}" for row in (rows[0], rows[-1]) if row.get("reward"))
        lines.append(f"{arm}, seed {seed}: reward {ends} in {rows[-1]['step']} updates")
    return lines


def _accuracy(logs: Path) -> str:
    """What the finished log in a folder says of the answers."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    from clinical_r1.analysis.words import percent, points

    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    scores = next(header.results.scores for header in headers if header.results and header.status == "success")
    values = {key: metric.value for score in scores for key, metric in score.metrics.items()}
    right, voted = (
        f"{percent(values[name])} (standard error {points(values[error], signed=False)} points)"
        for name, error in (("accuracy", "stderr"), ("majority_accuracy", "majority_stderr"))
    )
    return f"{logs.name}: accuracy {right}, of votes {voted}"
