"""Tables of logs kept as parquet files, and used again while the log has not changed."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clinical_r1.files import writing
from clinical_r1.logs.columns import with_text_categories
from clinical_r1.logs.find import LogFile
from clinical_r1.logs.header import Header
from clinical_r1.logs.table import LogTable, Pass

VERSION = 2
"""Of what is read from a log; raised whenever the same log could give another table."""
_ABOUT = b"clinical_r1"
_BETWEEN = "|"


def kept(folder: Path, file: LogFile) -> LogTable | None:
    """The table of a log as it was kept; None if there is none, the log has changed since, or the file is damaged."""
    try:
        stored = pq.read_table(_place(folder, file))
        about = json.loads(stored.schema.metadata[_ABOUT])
        if about["of"] != _state(file):
            return None
        return _from_frame(with_text_categories(stored.to_pandas()), about)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):  # whatever is wrong, the log itself is there
        return None


def keep(folder: Path, file: LogFile, table: LogTable) -> None:
    """Keep the table of a log.

    Raises:
        UserError: If the folder cannot be written.
    """
    frame = pd.concat(
        [table.samples, *(one.frame.add_prefix(f"{place}{_BETWEEN}") for place, one in enumerate(table.passes))], axis=1
    )
    about = {
        "of": _state(file),
        "header": asdict(table.header),
        "passes": [[one.name, one.kind, one.keys] for one in table.passes],
    }
    stored = pa.Table.from_pandas(frame, preserve_index=False)
    stored = stored.replace_schema_metadata({**stored.schema.metadata, _ABOUT: json.dumps(about).encode()})
    path = _place(folder, file)
    with writing(path) as partial:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(stored, partial)


def _place(folder: Path, file: LogFile) -> Path:
    return folder / f"{hashlib.sha256(_path(file).encode()).hexdigest()[:20]}.parquet"


def _path(file: LogFile) -> str:
    return file.path if "://" in file.path else str(Path(file.path).resolve())


def _state(file: LogFile) -> list[Any]:
    """What is the same while a log and its reader are."""
    return [VERSION, _path(file), file.size, file.modified, file.etag]


def _from_frame(frame: pd.DataFrame, about: dict[str, Any]) -> LogTable:
    header: dict[str, Any] = about["header"]
    header["ids"] = tuple(header["ids"])
    passes = []
    for place, (name, kind, keys) in enumerate(about["passes"]):
        prefix = f"{place}{_BETWEEN}"
        part = frame[[column for column in frame.columns if column.startswith(prefix)]]
        part.columns = part.columns.str.removeprefix(prefix)
        passes.append(Pass(name, kind, tuple(keys), part))
    samples = frame[[column for column in frame.columns if _BETWEEN not in column]]
    return LogTable(Header(**header), samples, tuple(passes))
