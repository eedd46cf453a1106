"""Commands that need what others make, run as a makefile would, in any number of parts.

What a command needs is told by the paths that it names: it starts when all that makes them is done. One that ended well
leaves a note in `done/`: itself, and what it said. With its note and its result in place it is not run again, unless
something that it needs is; so what was stopped goes on.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from tqdm import tqdm

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole
from clinical_r1.world.arms import SMALL_RUN

AT_ONCE = 2
"""Nearly all commands use one core, and half of them most of their time to start."""
OFFLINE = "HF_HUB_OFFLINE=1 "
"""Before a command with a model from a folder: the hub is not asked about it."""


def makes(command: str) -> Path:
    """The file or folder that a command writes."""
    parts = parts_of(command)
    named = [parts[parts.index(option) + 1] for option in ("-o", "--output-file", "--log-dir") if option in parts]
    named += [part.removeprefix("output=") for part in parts if part.startswith("output=")]
    return Path(named[0] if named else parts[3 if parts[1] == "study" else 2])


def needs(command: str, path: Path) -> bool:
    """Whether a command names a path, something in it, or a folder around it."""
    named = [Path(name) for part in parts_of(command)[2:] for name in (part, part.split("=", 1)[-1]) if name]
    return any(name.is_relative_to(path) or path.is_relative_to(name) for name in named)


def parts_of(command: str) -> list[str]:
    """A command's words."""
    return shlex.split(command.removeprefix(OFFLINE))


def unfinished(commands: Mapping[str, str], output: Path) -> list[str]:
    """The commands without their note or result, and those that need what these make or a script that has changed."""
    path, left = output / "commands.sh", list[str]()
    changed = [] if path.exists() and path.read_text(encoding="utf-8") == script(commands) else [path]
    for command in commands:
        whole = makes(command).exists() and noted(command, output)[:1] == [command]
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
    parts = parts_of(command)
    name = f"study-{parts[2]}" if parts[1] == "study" else "-".join(makes(command).relative_to(output).parts)
    return output / "done" / name


def noted(command: str, output: Path) -> list[str]:
    """A command that ended well, and after it the lines that it printed; nothing if it did not."""
    note = note_of(command, output)
    return note.read_text(encoding="utf-8", errors="replace").splitlines() if note.exists() else []


def run(
    commands: Mapping[str, str],
    seconds: Mapping[str, float],
    output: Path,
    say: Callable[[str], None],
    outcome: Callable[[str], list[str]] = lambda command: [],
    at_once: int = AT_ONCE,
    keep_going: bool = False,
) -> list[str]:
    """Run what is not done, each command once all that it needs is there, and show how far it is.

    Args:
        commands: In an order in which they could be run, each with the heading of its stage, a line after a `#`.
        seconds: Command -> about how long it takes.
        output: Folder of notes and of `commands.sh`.
        say: Receives each line of progress.
        outcome: What to say of a command that is done.
        at_once: Commands that run side by side.
        keep_going: Whether to go on where a command fails, with all that does not need it.

    Returns:
        A line per command that failed: its note, its last words.

    Raises:
        UserError: With such a line, unless it is to go on.
    """
    left, waiting, headings = unfinished(commands, output), list(commands), list(dict.fromkeys(commands.values()))
    for command in left:  # before anything is run, so that no note outlives what it stands for
        note_of(command, output).unlink(missing_ok=True)
    write_whole(output / "commands.sh", script(commands))
    made = {command: makes(command) for command in commands}
    behind = {command: {other for other, path in made.items() if needs(command, path)} for command in commands}
    running, told, failed = dict[str, tuple[subprocess.Popen[bytes], float]](), list[str](), list[str]()
    shape = "{desc} |{bar}| {elapsed}, about {remaining} left"
    bar: tqdm[Any] = tqdm(total=sum(seconds.values()), bar_format=shape, disable=None, leave=False, dynamic_ncols=True)
    tell = say if bar.disable else bar.write
    try:
        while waiting or running:
            for command in list(waiting):
                ahead = [*running, *waiting[: waiting.index(command)]]
                if len(running) == at_once or not behind[command].isdisjoint(ahead):
                    continue
                waiting.remove(command)
                if (heading := commands[command]) not in told:
                    told.append(heading)
                    number, title = headings.index(heading) + 1, heading[2:].split(" (")[0]
                    about = sum(seconds[other] for other in commands if commands[other] == heading) / at_once
                    tell(f"[{number}/{len(headings)}] {title} (about {about:.0f} s)")
                if command in left:
                    running[command] = _start(command, output), time.monotonic()
                else:
                    _tell(command, output, outcome, tell)
            for command in [command for command, (process, _) in running.items() if process.poll() is not None]:
                process, _ = running.pop(command)
                if _ended_well(command, process, output):
                    _tell(command, output, outcome, tell)
                    continue
                failed.append(_how_it_failed(command, output))
                if not keep_going:
                    raise UserError(failed[-1])
                tell(f"    {failed[-1]}")
                lost = {command}
                for other in waiting:
                    if not behind[other].isdisjoint(lost):
                        lost.add(other)
                waiting = [other for other in waiting if other not in lost]
            bar.set_description(next((note_of(command, output).name for command in running), None), refresh=False)
            begun = [min(time.monotonic() - start, 0.98 * seconds[command]) for command, (_, start) in running.items()]
            bar.n = sum(seconds[command] for command in commands if command not in (*waiting, *running)) + sum(begun)
            bar.refresh()
            time.sleep(0.2 if running else 0)
    finally:
        for process, _ in running.values():  # if this is stopped, so are its commands
            process.terminate()
        for process, _ in running.values():
            process.wait()
        bar.close()
    return failed


def _ended_well(command: str, process: "subprocess.Popen[bytes]", output: Path) -> bool:
    """Whether a command that has ended did its work; what it said becomes its note."""
    note = note_of(command, output)
    Path(f"{note}.running").replace(f"{note}.failed" if process.returncode else note)
    return not process.returncode


def _how_it_failed(command: str, output: Path) -> str:
    """Note and last words of a command that failed."""
    note = note_of(command, output)
    said = "".join(Path(f"{note}.{kind}").read_text(errors="replace") for kind in ("failed", "err"))
    last = said.strip().splitlines()[-1].removeprefix("clinical-r1: ")
    return f"{note.name} failed: {last} (see {note}.err: {command})"


def _start(command: str, output: Path) -> "subprocess.Popen[bytes]":
    """Start a command; where it does not replace its result by itself, what is left of one is taken away."""
    parts, result, note = parts_of(command), makes(command), note_of(command, output)
    if "--output-file" in parts or parts[2] == "new":
        shutil.rmtree(result) if result.is_dir() else result.unlink(missing_ok=True)
        result.parent.mkdir(parents=True, exist_ok=True)
    arguments = [
        str(max(Path(part).parent.glob("*.eval"), default=part)) if part.endswith("*.eval") else part for part in parts
    ]
    module = {"clinical-r1": "clinical_r1.cli", "inspect": "inspect_ai"}[parts[0]]
    environment = {**SMALL_RUN, **os.environ} | ({"HF_HUB_OFFLINE": "1"} if command.startswith(OFFLINE) else {})
    with open(f"{note}.running", "wb") as said, open(f"{note}.err", "wb") as errors:
        said.write(f"{command}\n".encode())
        said.flush()
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments[1:]], stdout=said, stderr=errors, env=environment
        )


def _tell(command: str, output: Path, outcome: Callable[[str], list[str]], tell: Callable[[str], None]) -> None:
    """Say what came out of a command: in its line if there is one, else under its name."""
    lines = outcome(command)
    if len(lines) > 1:
        lines = [f"{note_of(command, output).name}:", *(f"  {line}" for line in lines)]
    for line in lines:
        tell(f"    {line}")
