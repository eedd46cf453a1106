"""Tables of many logs, kept as parquet files and used again while a log has not changed."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from clinical_r1.files import writing
from clinical_r1.logs.find import Header, LogFile
from clinical_r1.logs.table import LogTable, Pass, read_table, with_text_categories

Progress = bool | Callable[[int, int], None]
"""True shows a bar on standard error once reading takes long; a function receives bytes of logs read, and of all."""

VERSION = 8
"""Of what is read from a log; raised whenever the same log could give another table."""
QUICK = 1.0
"""Seconds after which a bar is shown."""
_ABOUT = b"clinical_r1"
_BETWEEN = "|"  # a pass's number and the name of its column


def load_tables(files: Sequence[LogFile], cache: Path | None, progress: Progress = False) -> list[LogTable]:
    """The table of each log, kept in a folder `cache` if there is one.

    Raises:
        UserError: If a log cannot be read, or the cache not be written.
    """
    tables = {file: table for file in files if cache and (table := _kept(cache, file))}
    missing = [file for file in files if file not in tables]
    with _counting(missing, progress) as done:
        for file in missing:
            tables[file] = read_table(file)
            if cache:
                _keep(cache, file, tables[file])
            done(file)
    return [tables[file] for file in files]


@contextmanager
def _counting(files: Sequence[LogFile], progress: Progress) -> Iterator[Callable[[LogFile], None]]:
    """A function to be called with each log that is read."""
    total, read = sum(file.size for file in files), 0
    hidden = progress is not True
    with tqdm(
        desc="reading logs", total=total, unit="B", unit_scale=True, delay=QUICK, disable=hidden, leave=False
    ) as bar:

        def done(file: LogFile) -> None:
            nonlocal read
            read += file.size
            bar.update(file.size)
            if callable(progress):
                progress(read, total)

        yield done


def _kept(folder: Path, file: LogFile) -> LogTable | None:
    """The table of a log as it was kept; None if there is none, the log has changed since, or the file is damaged."""
    try:
        stored = pq.read_table(_place(folder, file))
        about = json.loads(stored.schema.metadata[_ABOUT])
        if about["of"] != _state(file):
            return None
        return _from_frame(with_text_categories(stored.to_pandas()), about)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):  # whatever is wrong, the log itself is there
        return None


def _from_frame(frame: pd.DataFrame, about: dict[str, Any]) -> LogTable:
    header = about["header"] | {"ids": tuple(about["header"]["ids"])}
    passes = []
    for number, (name, kind, keys) in enumerate(about["passes"]):
        prefix = f"{number}{_BETWEEN}"
        part = frame[[column for column in frame.columns if column.startswith(prefix)]]
        part.columns = part.columns.str.removeprefix(prefix)
        passes.append(Pass(name, kind, tuple(keys), part))
    samples = frame[[column for column in frame.columns if _BETWEEN not in column]]
    return LogTable(Header(**header), samples, tuple(passes))


def _keep(folder: Path, file: LogFile, table: LogTable) -> None:
    passes = [one.frame.add_prefix(f"{number}{_BETWEEN}") for number, one in enumerate(table.passes)]
    about = {
        "of": _state(file),
        "header": asdict(table.header),
        "passes": [[one.name, one.kind, one.keys] for one in table.passes],
    }
    stored = pa.Table.from_pandas(pd.concat([table.samples, *passes], axis=1), preserve_index=False)
    stored = stored.replace_schema_metadata({**stored.schema.metadata, _ABOUT: json.dumps(about).encode()})
    with writing(_place(folder, file)) as partial:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(stored, partial)


def _place(folder: Path, file: LogFile) -> Path:
    return folder / f"{hashlib.sha256(_path(file).encode()).hexdigest()[:20]}.parquet"


def _path(file: LogFile) -> str:
    return file.path if "://" in file.path else str(Path(file.path).resolve())


def _state(file: LogFile) -> list[Any]:
    """What is the same while a log and its reader are."""
    return [VERSION, _path(file), file.size, file.modified, file.etag]
