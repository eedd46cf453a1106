"""All that is used of Inspect's private modules, which may change with any version: checked with inspect_ai 0.3.285."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from zipfile import ZipFile

# What an Inspect command prints as one line, without a traceback, and ends with. As of 0.3.285 it has no public name.
from inspect_ai._util.error import PrerequisiteError as PrerequisiteError


def sample_being_answered() -> str | None:
    """Id and epoch, as `id:epoch`, of the sample that a model is asked for; None outside an evaluation.

    Inspect (0.3.285) tells a model's provider nothing about the sample.
    """
    from inspect_ai.log._samples import sample_active

    active = sample_active()
    return f"{active.sample.id}:{active.epoch}" if active else None


def model_roles(arguments: Sequence[str]) -> dict[str, Any]:
    """Which models the values of `--model-role` bind to which role.

    `inspect score` binds them after it has made its scorers, which must know their grader (0.3.285).
    """
    from inspect_ai._cli.util import parse_model_role_cli_args  # imports the command line

    return dict(parse_model_role_cli_args(tuple(arguments)))


def read_dotenv() -> None:
    """Take keys and addresses from a file `.env` in this folder or above, as Inspect's commands do."""
    from inspect_ai._util.dotenv import init_dotenv

    init_dotenv()


def inspect_command(arguments: Sequence[str]) -> bool:
    """Run a command of `inspect` in this process: its options are those of no public function (0.3.285).

    Returns:
        Whether it failed, and has said why.

    Raises:
        PrerequisiteError: If what it needs is not there.
        click.ClickException: If it has no such option or value.
        KeyboardInterrupt: If it is interrupted.
    """
    from click import Abort
    from inspect_ai._cli.main import inspect  # imports the command line

    read_dotenv()
    try:
        return bool(inspect.main(list(arguments), "inspect", standalone_mode=False, auto_envvar_prefix="INSPECT"))
    except Abort:
        raise KeyboardInterrupt from None


def facts_of_file(path: str) -> Any:
    """Of a file or folder, local or a URL: `name`, `type`, `size` (bytes), `mtime` (ms or None) and `etag`.

    `inspect_ai.log.list_eval_logs` (0.3.285) lists folders only.

    Raises:
        OSError: If it is not there or may not be read; see `file_system_errors` for URLs.
    """
    from inspect_ai._util.file import filesystem

    return filesystem(path).info(path)


def files_below(path: str) -> list[Any]:
    """The same of all files in a folder and its subfolders.

    `inspect_ai.log.list_eval_logs` (0.3.285) reads the header of each .json file that it finds, logs or not.

    Raises:
        OSError: See `facts_of_file`.
    """
    from inspect_ai._util.file import filesystem

    return filesystem(path).ls(path, recursive=True)


def file_system_errors() -> tuple[type[Exception], ...]:
    """What `facts_of_file` and `files_below` raise if the user gave a wrong path, or lacks credentials or a driver.

    Amazon's client, which Inspect (0.3.285) installs, has exceptions of its own for missing credentials and the like.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    return OSError, ValueError, ImportError, BotoCoreError, ClientError


@contextmanager
def open_archive(path: str) -> Iterator[ZipFile]:
    """The zip archive that an `.eval` log is, local or a URL.

    Of what is in a log Inspect (0.3.285) gives no list, and summaries only as validated objects, all at once.

    Raises:
        OSError: If the file cannot be read.
        BadZipFile: If it is no archive.
    """
    import inspect_ai._util.zipfile  # noqa: F401  (teaches zipfile the compression of logs)
    from inspect_ai._util.file import file

    with file(path, "rb") as raw, ZipFile(raw) as archive:
        yield archive
