"""Asking a teacher through `inspect eval-set`: with its retries, cache, rate limits and resume."""

import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from click import ClickException
from inspect_ai.log import list_eval_logs, read_eval_log

from clinical_r1.errors import UserError
from clinical_r1.inspect_private import PrerequisiteError, inspect_command

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


def ask_teacher(arguments: Sequence[str], logs: Path) -> None:
    """Run `inspect eval-set` to its end. On a terminal Inspect draws its own display; elsewhere it prints lines.

    Raises:
        UserError: If Inspect fails.
        KeyboardInterrupt: If it is interrupted.
    """
    display = [] if sys.stdout.isatty() else ["--display", "plain"]
    reason = ""
    try:
        with redirect_stderr(sys.stdout):  # standard error is for the one line that says why a command ends
            failed = inspect_command(["eval-set", *display, "--log-dir", str(logs), *arguments])
    except (PrerequisiteError, ClickException, ValueError) as error:  # the last of a model that is not there
        markup = re.compile(r"\[/?\w+\]")
        failed, reason = True, f" ({' '.join(markup.sub('', str(getattr(error, 'message', error))).split())})"
    if failed:
        raise UserError(
            f"the teacher's run failed{reason}; the same command goes on where it stopped (other settings: another -o; "
            "without the calls that fail: -- --no-fail-on-error)"
        )
    newest = list_eval_logs(str(logs))[0]
    if read_eval_log(newest, header_only=True).status == "cancelled":  # for Inspect a set that is done too
        raise KeyboardInterrupt


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
