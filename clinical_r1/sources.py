"""Where rows come from: a local file, the bundled vignettes, a dataset folder, or a repository on the hub."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from clinical_r1.errors import UserError
from clinical_r1.files import as_typed
from clinical_r1.records import READERS, BadRecord, Row, read_rows

VIGNETTES = "vignettes"
"""The word that stands for the questions bundled with the package."""

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_FILE_SUFFIX = re.compile(
    r"\.(?:jsonl?|ndjson|csv|tsv|parquet|arrow|txt|xlsx?|zip|gz|zst|bz2|pkl|ya?ml)$", re.IGNORECASE
)


@dataclass(frozen=True)
class HubEdition:
    """One edition of a benchmark on the hub."""

    id: str
    """Repository, `owner/name`."""
    config: str | None
    """Configuration; None for the repository's default."""
    split: str
    """Split with the questions to evaluate on."""
    revision: str | None
    """Commit; None for the newest."""


@dataclass(frozen=True)
class Source:
    """Rows and where they came from."""

    name: str
    """Path or hub id, as messages and logs show it."""
    rows: list[Row | BadRecord]
    """Every row, the unreadable ones in their places."""
    split: str | None = None
    """Split; None for a file."""
    revision: str | None = None
    """Commit on the hub; None for what is local, and for the newest."""
    sha256: str | None = None
    """Digest of a file's bytes; None for the hub."""
    is_hub_layout: bool = False
    """Whether the rows are known to be in the benchmark's own hub layout."""


def has_splits(dataset: str | None) -> bool:
    """Whether a dataset is a folder or repository; files and the vignettes have no splits to choose from."""
    if dataset is None:
        return True
    path = Path(dataset).expanduser()
    return dataset != VIGNETTES and not path.is_file() and (path.is_dir() or not _FILE_SUFFIX.search(dataset))


def open_source(
    dataset: str | None, default: HubEdition, bundled: str, *, split: str | None = None, revision: str | None = None
) -> Source:
    """Read all rows of a dataset.

    Args:
        dataset: None or the default's id for the default hub edition at its pinned revision; `vignettes`; a file
            (`.jsonl`, `.json`, `.csv`, `.tsv`, `.parquet`); a folder laid out like a hub repository; or another hub id.
        default: The benchmark's hub edition. Its split is the one taken from any folder or repository.
        bundled: Name of the bundled file, such as `medqa.jsonl`.
        split: Another split of a folder or repository.
        revision: Another revision of a repository.

    Raises:
        UserError: If there is no such dataset, it cannot be read, or it has no splits or revisions to choose from.
    """
    if dataset is None or dataset == default.id:
        edition = HubEdition(default.id, default.config, split or default.split, revision or default.revision)
        return _hub_source(edition, is_hub_layout=True)
    if dataset == VIGNETTES:
        _refuse(dataset, split=split, revision=revision)
        with resources.as_file(resources.files("clinical_r1.vignettes") / bundled) as path:
            return _file_source(path, f"clinical_r1/vignettes/{bundled}", is_hub_layout=True)
    path = as_typed(dataset)
    if path.is_dir():
        _refuse(dataset, revision=revision)
        return _hub_source(HubEdition(str(path), None, split or default.split, None))
    if path.exists() or _FILE_SUFFIX.search(dataset) or not _HUB_ID.fullmatch(dataset):
        _check_file(path, dataset)
        _refuse(dataset, split=split, revision=revision)
        return _file_source(path, dataset)
    return _hub_source(HubEdition(dataset, None, split or default.split, revision))


def _refuse(dataset: str, **given: str | None) -> None:
    for name, value in given.items():
        if value is not None:
            raise UserError(f"{name}={value}: {dataset} is local and has no {name} to choose: leave {name} out")


def _check_file(path: Path, dataset: str) -> None:
    if not path.exists():
        files = ", ".join(READERS)
        raise UserError(
            f"dataset={dataset}: no such file (allowed are a {files} file, a dataset folder, a hub id owner/name, "
            f"or {VIGNETTES})"
        )


def _file_source(path: Path, name: str, *, is_hub_layout: bool = False) -> Source:
    rows = list(read_rows(path, name))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(name, rows, sha256=digest, is_hub_layout=is_hub_layout)


def _hub_source(edition: HubEdition, *, is_hub_layout: bool = False) -> Source:
    return Source(edition.id, list(_hub_rows(edition)), edition.split, edition.revision, is_hub_layout=is_hub_layout)


def _hub_rows(edition: HubEdition) -> Iterator[Row]:
    import httpx
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    try:
        dataset = load_dataset(edition.id, edition.config, split=edition.split, revision=edition.revision)
    # What the hub's client raises: its own errors, network errors, unknown splits and configurations, defunct scripts.
    except (DatasetsError, httpx.HTTPError, OSError, ValueError, RuntimeError) as error:
        cause = error.__cause__ or error  # "An error occurred" is wrapped around the one that says what
        what = " ".join(f"{type(cause).__name__} {cause}".split())
        at = f", revision {edition.revision}" if edition.revision else ""
        raise UserError(
            f"dataset={edition.id}: split {edition.split}{at} could not be loaded ({what[:300]}); "
            f"a local file works too: -T dataset=PATH with {', '.join(READERS)}"
        ) from error
    for number, record in enumerate(dataset, start=1):
        yield Row(number, dict(record))
