"""Per-sample summaries out of a log, one at a time: scores and metadata without the text of responses.

Inspect's own reader makes a validated object of every summary and holds all of them at once, which takes several times
as long and as much memory. A finished log has them in one member of its zip archive, which is read piece by piece here.
"""

import json
from collections.abc import Iterator
from typing import IO, Any

from inspect_ai.log import read_eval_log_sample_summaries
from pydantic_core import from_json

from clinical_r1.inspect_private import open_archive

SUMMARIES = "summaries.json"
"""The member of a finished log; an unfinished one has them in pieces."""
PIECE = 1 << 16
"""Bytes that are parsed at once: the records of a piece stay in the processor's cache until they are used."""
_NEXT = b'},{"id":'  # between two records; within a text its quotes would be escaped


def sample_summaries(path: str) -> Iterator[dict[str, Any]]:
    """The summaries of a log, in the order in which samples were finished.

    Args:
        path: Of the log, local or a URL.

    Yields:
        Records with the fields of `inspect_ai.log.EvalSampleSummary`. A sample that was run again may come twice; then
        the later one counts.

    Raises:
        OSError: If the file cannot be read; so do `ValueError`, `KeyError`, `EOFError` and `BadZipFile`.
    """
    if not path.endswith(".json"):  # which has none: they are made of all that is in it
        with open_archive(path) as archive:
            if SUMMARIES in archive.namelist():
                with archive.open(SUMMARIES) as member:
                    yield from records(member)
                return
    for summary in read_eval_log_sample_summaries(path):
        yield summary.model_dump()


def records(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The objects of a JSON array of records that begin with an id, parsed a piece of the array at a time.

    Args:
        stream: UTF-8. As Inspect writes them, numbers may be NaN or infinite.

    Raises:
        ValueError: If it is anything but an array of objects.
    """
    text, size = b"", PIECE
    while piece := stream.read(size):
        text += piece
        cut = text.rfind(_NEXT)
        try:
            found = from_json(text[: cut + 1] + b"]") if cut >= 0 else []
        except ValueError:  # within a record: more of it must come
            size *= 2
            continue
        if found:
            yield from found
            text, size = b"[" + text[cut + 2 :], PIECE
    last = json.loads(text)  # the last, or all that from_json is too strict for
    if not (isinstance(last, list) and all(isinstance(one, dict) for one in last)):
        raise ValueError("the summaries are no array of objects")
    yield from last
