"""What must agree before two runs may be compared, and what to call it when it does not."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from clinical_r1.logs import Run

FORMAT = ("prompt", "prompt_version", "prompt_sha256")
"""Conditions that differ between checkpoints trained on different formats."""
DATA = ("dataset", "dataset_revision", "dataset_split")
"""What names the data where no digest does."""
JUDGES = ("grounding_judge", "behaviours_judge")
_NOT_COMPARED = ("dataset_sha256", *DATA)  # looked at together, as the data

_NAMES = {
    "prompt": "prompt",
    "prompt_sha256": "prompt text",
    "max_tokens": "token limit",
    "shuffle": "option shuffle",
    "tie": "tie rule",
    "grounding_judge": "judge of grounding",
    "behaviours_judge": "judge of behaviours",
}


@dataclass(frozen=True)
class Mismatch:
    """One condition under which two runs differ."""

    key: str
    """A key of `Run.conditions`, one of `JUDGES`, `data` or `questions`."""
    a: str
    b: str

    def __str__(self) -> str:
        return f"{_NAMES.get(self.key, self.key.replace('_', ' '))}: {self.a} against {self.b}"


def mismatches(a: Run, b: Run, ids_a: Set[str], ids_b: Set[str]) -> list[Mismatch]:
    """Everything that differs between two runs of a benchmark and should not.

    A judge that only one side has is no mismatch: its metrics are then not measured.

    Args:
        a: One run.
        b: The other.
        ids_a: Ids of the questions of a.
        ids_b: Ids of the questions of b.
    """
    found = [
        Mismatch(key, _shown(a.conditions.get(key)), _shown(b.conditions.get(key)))
        for key in _keys(a, b)
        if a.conditions.get(key) != b.conditions.get(key)
    ]
    found += _data(a, b)
    missing = (a.found < a.expected and ids_a <= ids_b) or (b.found < b.expected and ids_b <= ids_a)
    if ids_a != ids_b and not missing:  # what an unfinished run lacks is missing, not another question
        both = len(ids_a & ids_b)
        found.append(Mismatch("questions", f"{len(ids_a)} ({both} of them in both)", f"{len(ids_b)}"))
    for key in JUDGES:
        one, other = getattr(a, key), getattr(b, key)
        if one is not None and other is not None and one != other:
            found.append(Mismatch(key, one, other))
    return found


def other_training(a: Run, b: Run) -> list[Mismatch]:
    """What two checkpoints on one side, taken for seeds of one method, are known not to share."""
    pairs = [(name, getattr(a.arm, name), getattr(b.arm, name)) for name in ("reward", "cold_start", "k", "seed")]
    return [
        Mismatch(f"training ({name})", str(one), str(other))
        for name, one, other in pairs
        if None not in (one, other) and (one == other) == (name == "seed")
    ]


def of_format(found: Iterable[Mismatch]) -> bool:
    """Whether nothing but the format of prompts differs."""
    return all(mismatch.key in FORMAT for mismatch in found)


def _keys(a: Run, b: Run) -> list[str]:
    return [key for key in dict.fromkeys([*a.conditions, *b.conditions]) if key not in _NOT_COMPARED]


def _data(a: Run, b: Run) -> list[Mismatch]:
    one, other = a.conditions.get("dataset_sha256"), b.conditions.get("dataset_sha256")
    named = all(a.conditions.get(key) == b.conditions.get(key) for key in DATA)
    same = one == other if one and other else named
    return [] if same else [Mismatch("data", _source(a), _source(b))]


def _source(run: Run) -> str:
    parts = [str(run.conditions[key]) for key in DATA if run.conditions.get(key)]
    digest = run.conditions.get("dataset_sha256")
    return " ".join([*parts, f"(sha256 {digest[:8]})"] if digest else parts) or "not said"


def _shown(value: Any) -> str:
    return "not said" if value is None else str(value)
