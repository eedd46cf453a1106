"""Edits in a file."""

from pathlib import Path

from clinical_r1.datasets.read import BadRecord, read_rows
from clinical_r1.edits import Edit, Kind
from clinical_r1.errors import UserError


def read_edits(path: Path) -> dict[str, list[Edit]]:
    """Read a file of edits: JSON lines with `id` of a question, `start`, `old`, `new`, and `answer` where it is known.

    An edit of the kind `removal` takes what a fact says away; any other one puts another value in place of one.

    Returns:
        Id of a question -> its edits, in the order of the file.

    Raises:
        UserError: If it cannot be read, or a line is no edit.
    """
    found: dict[str, list[Edit]] = {}
    for row in read_rows(path):
        if isinstance(row, BadRecord):
            raise UserError(str(row))
        record = row.record
        start, old, new, answer = (record.get(key) for key in ("start", "old", "new", "answer"))
        kind: Kind = "removal" if record.get("kind") == "removal" else "given"
        known = answer is None or isinstance(answer, str)
        if not ("id" in record and isinstance(start, int) and isinstance(old, str) and isinstance(new, str) and known):
            allowed = "id, start (from 0), old, new, and answer where it is known"
            raise UserError(f"{path}:{row.number}: is no edit; allowed: {allowed}")
        found.setdefault(str(record["id"]), []).append(Edit(kind, start, old, new, answer))
    return found
