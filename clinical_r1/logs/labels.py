"""Short names: of checkpoints, one a model, and of benchmarks, one a data set."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from clinical_r1.logs.header import Header

# Arguments of providers that choose the weights; others, such as the device, leave the model what it is.
_WEIGHTS = re.compile(r"path|revision|adapter|lora|checkpoint|weights|subfolder", re.IGNORECASE)
_NOT_WEIGHTS = re.compile(r"tokenizer|template|cache|max_lora|enable_lora", re.IGNORECASE)
_OWN_PROVIDER = "clinical_r1"  # embedded baselines: every argument changes what they answer
_ANY_SERVICE = "openai-api"  # then the service, then the model
_PATH = re.compile(r"[./~]|[A-Za-z]:[\\/]")
FINAL = "final"
"""Folder in which training leaves its model."""


@dataclass(frozen=True)
class Model:
    """What a run asked: two runs with the same are of one checkpoint."""

    name: str
    """As Inspect names it; empty where `given` or `path` says which model it is."""
    path: str | None = None
    """Folder of its weights."""
    arguments: tuple[str, ...] = ()
    """Other arguments that choose weights, as `name=value`."""
    given: str | None = None
    """What the run's metadata calls it (`--metadata checkpoint=NAME`)."""


def model_of(header: Header) -> Model:
    """Which model a log is about."""
    given = header.metadata.get("checkpoint")
    if isinstance(given, str | int | float) and str(given).strip():
        return Model("", given=str(given).strip())
    chosen = {name: value for name, value in header.model_args.items() if _chooses(header.model, name)}
    path = chosen.pop("model_path", None) or _path_in(header.model)
    arguments = tuple(sorted(f"{name}={value}" for name, value in chosen.items() if value is not None))
    if path:
        return Model("", str(PurePosixPath(str(path).replace("\\", "/"))), arguments)
    return Model(header.model, None, arguments)


def _chooses(model: str, argument: str) -> bool:
    if model.startswith(f"{_OWN_PROVIDER}/"):
        return True
    return bool(_WEIGHTS.search(argument)) and not _NOT_WEIGHTS.search(argument)


def _path_in(model: str) -> str | None:
    """The folder in a model's name, which is `provider/folder`; None for a hub id and the like."""
    provider, _, rest = model.partition("/")
    if provider == _ANY_SERVICE:
        rest = rest.partition("/")[2]
    # A hub id has two parts. Where a relative path has two as well, only its files tell.
    if _PATH.match(rest) or rest.count("/") > 1 or (Path(rest) / "config.json").is_file():
        return rest
    return None


def checkpoint_labels(models: Iterable[Model]) -> dict[Model, str]:
    """A distinct label for each model, as short as that allows.

    A folder loses the parts that all folders share at its beginning and end; a name loses its provider.

    Examples:
        >>> list(checkpoint_labels([Model("", "runs/crpo/final"), Model("", "runs/grpo/final")]).values())
        ['crpo', 'grpo']
    """
    every = list(dict.fromkeys(models))
    short = _short_paths([model.path for model in every if model.path])

    def brief(model: Model) -> str:
        return model.given or short.get(model.path or "") or model.name.partition("/")[2] or model.name

    def whole(model: Model) -> str:
        return model.given or model.path or model.name

    return _distinct(every, [brief, _with_arguments(brief), whole, _with_arguments(whole)])


def _with_arguments(name: Callable[[Model], str]) -> Callable[[Model], str]:
    return lambda model: f"{name(model)} ({', '.join(model.arguments)})" if model.arguments else name(model)


def _short_paths(paths: Sequence[str]) -> dict[str, str]:
    parts = {path: _parts(path) for path in dict.fromkeys(paths)}
    if len(parts) < 2:
        return {path: telling_part(path) for path in parts}
    cut = list(parts.values())
    while all(len(one) > 1 for one in cut) and len({one[-1] for one in cut}) == 1:
        cut = [one[:-1] for one in cut]
    while all(len(one) > 1 for one in cut) and len({one[0] for one in cut}) == 1:
        cut = [one[1:] for one in cut]
    bare = [one[:-1] if len(one) > 1 and one[-1] == FINAL else one for one in cut]
    cut = bare if len(set(map(tuple, bare))) == len(bare) else cut
    return {path: "/".join(one) for path, one in zip(parts, cut, strict=True)}


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def telling_part(path: str) -> str:
    """The part of a path that says which model it is.

    Examples:
        >>> telling_part("runs/crpo/final"), telling_part("runs/crpo/checkpoint-100")
        ('crpo', 'crpo/checkpoint-100')
    """
    named = [part for part in _parts(path) if part != FINAL] or [path]
    return "/".join(named[-2:] if named[-1].startswith("checkpoint-") else named[-1:])


def _distinct(things: Sequence[Any], names: Sequence[Callable[[Any], str]]) -> dict[Any, str]:
    """The first name of each thing that no other thing has; a number where there is none."""
    found: dict[Any, str] = {}
    for name in names:
        said = {thing: name(thing) for thing in things}
        times = Counter([*found.values(), *(said[thing] for thing in things if thing not in found)])
        found |= {thing: said[thing] for thing in things if thing not in found and times[said[thing]] == 1}
    rest = [thing for thing in things if thing not in found]
    found |= {thing: f"{names[-1](thing)} #{number}" for number, thing in enumerate(rest, 1)}
    return {thing: found[thing] for thing in things}


@dataclass(frozen=True)
class Data:
    """The questions of a run."""

    task: str
    digest: str | None
    """Of a local file's bytes: then its name does not matter."""
    source: str | None = None
    revision: str | None = None
    split: str | None = None


def data_of(header: Header) -> Data:
    """Which data a log is about."""
    said = header.conditions
    digest = said.get("dataset_sha256")
    if digest:
        return Data(header.task, str(digest))
    return Data(header.task, None, *(said.get(f"dataset{name}") for name in ("", "_revision", "_split")))


def benchmark_labels(headers: Iterable[Header]) -> dict[Data, str]:
    """A distinct label for each data set: the task, and the data's name where a task comes with several.

    Examples:
        >>> def header(name, digest):
        ...     said = {"dataset": name, "dataset_sha256": digest}
        ...     return Header("medqa", "1", "m", {}, "success", "", "", 1, 1, (), {}, said)
        >>> list(benchmark_labels([header("data/test.jsonl", "ab"), header("data/dev.jsonl", "cd")]).values())
        ['medqa (test.jsonl)', 'medqa (dev.jsonl)']
    """
    sources = {data_of(header): str(header.conditions.get("dataset") or "other data") for header in headers}
    tasks = Counter(data.task for data in sources)
    names: list[Callable[[Data], str]] = [
        lambda data: data.task if tasks[data.task] == 1 else f"{data.task} ({_file_name(sources[data])})",
        lambda data: f"{data.task} ({sources[data]})",
        lambda data: f"{data.task} ({sources[data]}, {_edition(data)})",
    ]
    return _distinct(list(sources), names)


def _file_name(source: str) -> str:
    """The name of a file; a hub id as it is."""
    name = source.replace("\\", "/").rsplit("/", 1)[-1]
    return name if "." in name else source


def _edition(data: Data) -> str:
    return f"sha256 {data.digest[:8]}" if data.digest else ", ".join(filter(None, (data.split, data.revision)))
