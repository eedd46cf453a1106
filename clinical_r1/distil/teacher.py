"""Asking a teacher, through `inspect eval-set` in a process of its own: with its retries, cache, rate limits, resume.

The process ends when ours does, however ours ends: a teacher that is paid by the call must not go on alone, and a run
that is started again must not find another one at work in its folder.
"""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence

from clinical_r1.errors import UserError

# Reading blocks until the other end of the pipe is closed, which the system does whatever ends the process that holds
# it. An interrupt, unlike a kill, lets Inspect log what is finished.
_CHILD = """
import os, re, runpy, signal, sys, threading
def end_with_parent(pipe=int(sys.argv.pop(1))):
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv[0] = "inspect"
try:
    runpy.run_module("inspect_ai", run_name="__main__")
except Exception as error:
    sys.exit(f"{type(error).__name__}: " + re.sub(r"\\[/?\\w+\\]", "", str(error)))
"""

RESERVED = {
    "--model": "--teacher",
    "--log-dir": "-o",
    "--log-dir-allow-dirty": "-o",
    "--limit": "--limit",
    "--sample-id": "--limit",
    "--epochs": "--votes",
    "-T dataset": "--dataset",
    "-T prompt": "--prompt",
    "-T votes": "--votes",
}
"""Arguments of Inspect that may not be passed on, and the flag of our own that sets them."""

_SECRET = ("api_key", "api-key", "apikey", "secret", "password")


def ask_teacher(arguments: Sequence[str], say: Callable[[str], None]) -> None:
    """Run `inspect eval-set` to its end.

    On a terminal Inspect draws its own display; elsewhere its lines go to `say`.

    Args:
        arguments: Arguments after `inspect eval-set`.
        say: Receives each line.

    Raises:
        UserError: If Inspect fails, with the last line that it wrote, or is interrupted.
    """
    readable, writable = os.pipe()
    try:
        code, last = _run(arguments, readable, say)
    finally:
        os.close(writable)
        os.close(readable)
    if code:
        said = f" ({last})" if last else ""
        raise UserError(
            f"the teacher's run failed{said}; the same command goes on where it stopped (other settings: another -o; "
            "without the calls that fail: -- --no-fail-on-error)"
        )


def _run(arguments: Sequence[str], pipe: int, say: Callable[[str], None]) -> tuple[int, str]:
    """Exit status, and the last line unless it went to the terminal."""
    draws = sys.stdout.isatty()
    command = [sys.executable, "-c", _CHILD, str(pipe), "eval-set", *([] if draws else ["--display", "plain"])]
    output = None if draws else subprocess.PIPE
    last: deque[str] = deque(maxlen=1)
    with subprocess.Popen(
        [*command, *arguments], pass_fds=[pipe], stdout=output, stderr=output and subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in filter(None, map(str.strip, process.stdout or ())):
                say(line)
                last.append(line)
            return process.wait(), "".join(last)
        except KeyboardInterrupt:
            process.wait()  # it was interrupted too, and is writing what is finished
            raise UserError("interrupted: run again to go on where it stopped") from None


def redacted(arguments: Sequence[str]) -> list[str]:
    """Arguments without the values of what looks like a secret.

    Examples:
        >>> redacted(["-M", "api_key=123", "--max-tokens=9"])
        ['-M', 'api_key=***', '--max-tokens=9']
    """
    parts = [argument.partition("=") for argument in arguments]
    return [
        f"{name}=***" if equals and any(word in name.lower() for word in _SECRET) else f"{name}{equals}{value}"
        for name, equals, value in parts
    ]


def check_passed_on(arguments: Sequence[str]) -> None:
    """Refuse arguments for Inspect that a flag of our own sets.

    Raises:
        UserError: With the flag to use.
    """
    for before, argument in zip(("", *arguments), arguments, strict=False):
        is_task_argument = before == "-T" or argument.startswith("-T")
        name = (f"-T {argument.removeprefix('-T')}" if is_task_argument else argument).split("=")[0]
        if name in RESERVED:
            raise UserError(f"-- {name}: is set by {RESERVED[name]}; leave it out after --")
