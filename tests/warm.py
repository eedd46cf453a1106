"""The `inspect` command in processes that need not import Inspect again.

That takes five seconds, and the tests start many. One server for each test worker imports it once; every
command is a fork of the server, with an environment, a folder, arguments and output of its own.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from unittest.mock import patch

_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["warmed"])


def run(
    args: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run(["inspect", *args], cwd=…, env=…, capture_output=True, text=True)` gives.

    Raises:
        subprocess.TimeoutExpired: If the command takes longer; it is ended.
    """
    with TemporaryFile() as said, TemporaryFile() as errors:
        process = start(args, cwd=cwd, env=env, said=said, errors=errors)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["inspect", *args], timeout)
        return subprocess.CompletedProcess(["inspect", *args], process.exitcode, _text(said), _text(errors))


def start(args: Sequence[str], *, cwd: Path, env: Mapping[str, str], said: IO[bytes], errors: IO[bytes]) -> BaseProcess:
    """The command under way, with its output in two files."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), env.get("PYTHONPATH")]))
    with patch.dict(os.environ, {**env, "PYTHONPATH": path}, clear=True):  # libraries read it when they are imported
        forkserver.ensure_running()
    streams = [DupFd(file.fileno()) for file in (said, errors)]
    process = _WARM.Process(target=_command, args=(["inspect", *args], str(cwd), dict(env), streams))
    process.start()
    return process


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _command(words: list[str], cwd: str, env: dict[str, str], streams: list[Any]) -> None:
    """In the fork: become the command."""
    from inspect_ai._cli.main import main  # imported by the server

    for place, stream in enumerate(streams, 1):
        os.dup2(stream.detach(), place)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = words
    try:
        main()
    except Exception:
        sys.excepthook(*sys.exc_info())  # Inspect has one of its own, for errors that a user can mend
        sys.exit(1)
    finally:
        atexit._run_exitfuncs()  # a fork ends without them
