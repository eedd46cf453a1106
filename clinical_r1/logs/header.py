"""What the header of a log says about its run, as plain values that can be kept in a cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import EvalLog

_SAMPLING = (
    "temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty", "stop_seqs", "best_of",
    "system_message", "effort", "reasoning_effort", "reasoning_tokens",
)  # fmt: skip
_ALWAYS = ("temperature", "top_p", "max_tokens")
_METADATA = (
    "prompt", "prompt_version", "prompt_sha256", "tie", "dataset", "dataset_revision", "dataset_split",
    "dataset_sha256",
)  # fmt: skip
_WHERE_SAID = ("cop_base", "answer_base", "fields")


@dataclass(frozen=True)
class Header:
    """Facts about one log."""

    task: str
    """The task's short name: the same for a task run by file and by package."""
    task_id: str
    """Of the run; copies, retries and re-scored files have the same."""
    model: str
    """As Inspect names it."""
    model_args: dict[str, Any]
    """As given to the model's provider, plain values only."""
    status: str
    """`started`, `success`, `cancelled` or `error`."""
    created: str
    """When the log was begun, ISO 8601 in UTC."""
    completed: str
    """When its last sample was finished, or what is known of it; re-scoring does not change it."""
    questions: int
    """Planned."""
    epochs: int
    """Planned for each."""
    ids: tuple[str, ...]
    """Of the questions planned, in the order of the data set."""
    metadata: dict[str, Any]
    """Of the run, with later edits."""
    conditions: dict[str, Any]
    """What must agree between two runs that are compared."""


def header_of(log: EvalLog) -> Header:
    """Take down what the header of a log says."""
    spec = log.eval
    ids = tuple(map(str, spec.dataset.sample_ids or ()))
    metadata = _plain(log.metadata)
    return Header(
        task=spec.task.replace("\\", "/").rsplit("/", 1)[-1].split("@")[-1],
        task_id=spec.task_id,
        model=spec.model,
        model_args=_plain(spec.model_args),
        status=log.status,
        created=spec.created,
        completed=log.stats.completed_at or spec.created,
        questions=len(ids) or spec.dataset.samples or 0,
        epochs=spec.config.epochs or 1,
        ids=ids,
        metadata=metadata,
        conditions=_conditions(log, metadata),
    )


def _conditions(log: EvalLog, metadata: Mapping[str, Any]) -> dict[str, Any]:
    shuffle = metadata.get("shuffle")
    task, model = (given.model_dump(exclude_none=True) for given in (log.plan.config, log.eval.model_generate_config))
    config = task | model
    sampling = {name: config.get(name) for name in _SAMPLING if name in _ALWAYS or name in config}
    return {
        **{name: metadata.get(name) for name in _METADATA},
        **{name: metadata[name] for name in _WHERE_SAID if name in metadata},
        "shuffle": shuffle.get("seed") if isinstance(shuffle, Mapping) else shuffle,
        "votes": log.eval.config.epochs or 1,
        "task_version": log.eval.task_version,
        **sampling,
    }


def _plain(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What JSON can hold as it is."""
    return {name: value for name, value in (given or {}).items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_is_plain, value.values()))
    return value is None or isinstance(value, str | int | float | bool)
