"""Tables of many logs, from the cache where they are there; big ones are read by several processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from clinical_r1.logs.cache import keep, kept
from clinical_r1.logs.find import UNREADABLE, LogFile, read_header, unreadable
from clinical_r1.logs.header import header_of
from clinical_r1.logs.summaries import sample_summaries
from clinical_r1.logs.table import LogTable, table_of

Progress = bool | Callable[[int, int], None]
"""True shows a bar on standard error once reading takes long; a function receives bytes of logs read, and of all."""

WORTH_HELP = 100_000_000
"""Bytes of logs below which a second process would take longer to start than it saves."""
QUICK = 1.0
"""Seconds after which a bar is shown."""
MOST_HELPERS = 3
"""Processes beside this one: each holds one log's table at a time."""


def load_tables(files: Sequence[LogFile], cache: Path | None, progress: Progress = False) -> list[LogTable]:
    """The table of each log.

    Args:
        files: The logs.
        cache: Folder where tables are kept; None keeps nothing.
        progress: See `Progress`.

    Raises:
        UserError: If a log cannot be read, or the cache not be written.
    """
    found = {file: table for file in files if cache and (table := kept(cache, file))}
    missing = sorted((file for file in files if file not in found), key=lambda file: -file.size)
    own, shares = _shared_out(missing)
    with (
        _counting(missing, progress) as done,
        _folder(cache, bool(shares)) as folder,
        _helpers(shares, folder) as helpers,
    ):
        for file in own:
            found[file] = _read(file, folder)
            done(file)
        for helper in helpers:
            helper.wait()
        for file in (file for share in shares for file in share):
            # What a helper has not managed is read here, so that its error is told as any other.
            found[file] = (kept(folder, file) if folder else None) or _read(file, folder)
            done(file)
    return [found[file] for file in files]


def _read(file: LogFile, folder: Path | None) -> LogTable:
    header = header_of(read_header(file))
    try:
        table = table_of(header, sample_summaries(file.path))
    except UNREADABLE as error:
        raise unreadable(file, error) from error
    if folder:
        keep(folder, file, table)
    return table


def _shared_out(files: Sequence[LogFile]) -> tuple[list[LogFile], list[list[LogFile]]]:
    """What this process reads, and what each helper does."""
    helpers = min(_processors() - 1, MOST_HELPERS, len(files) - 1)
    if helpers < 1 or sum(file.size for file in files) < WORTH_HELP or not sys.executable:
        return list(files), []
    shares = [list(files[place :: helpers + 1]) for place in range(helpers + 1)]
    return shares[0], shares[1:]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _folder(cache: Path | None, needed: bool) -> Iterator[Path | None]:
    """Where tables are kept: the cache, or a folder that is gone afterwards where helpers need one."""
    if cache or not needed:
        yield cache
    else:
        with TemporaryDirectory() as name:
            yield Path(name)


@contextmanager
def _helpers(shares: Sequence[Sequence[LogFile]], folder: Path | None) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that read logs and keep their tables in the folder."""
    # Not multiprocessing: a new interpreter would import the user's script again, and a fork of threads may hang.
    command = [sys.executable, "-c", "from clinical_r1.logs.load import help_reading; help_reading()"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started: list[subprocess.Popen[bytes]] = []
    try:
        for share in shares:
            helper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
            )
            started.append(helper)
            _ask(helper, json.dumps([str(folder), [asdict(file) for file in share]]).encode())
        yield started
    finally:
        for helper in started:
            helper.terminate()
            helper.wait()


def _ask(helper: subprocess.Popen[bytes], what: bytes) -> None:
    if helper.stdin:
        with suppress(OSError):  # one that could not start: its logs are read here then
            helper.stdin.write(what)
            helper.stdin.close()


def help_reading() -> None:
    """Read the logs that standard input names; what goes wrong is left to the process that asked."""
    folder, files = json.load(sys.stdin)
    for file in files:
        _read(LogFile(**file), Path(folder))


@contextmanager
def _counting(files: Sequence[LogFile], progress: Progress) -> Iterator[Callable[[LogFile], None]]:
    """A function to be called with each log that is read."""
    total = sum(file.size for file in files)
    sizes: list[int] = []
    with tqdm(
        desc="reading logs",
        total=total,
        unit="B",
        unit_scale=True,
        delay=QUICK,
        disable=progress is not True,
        leave=False,
    ) as bar:

        def done(file: LogFile) -> None:
            sizes.append(file.size)
            bar.update(file.size)
            if callable(progress):
                progress(sum(sizes), total)

        yield done
