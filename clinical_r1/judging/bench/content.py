"""What the bench is made of: textbook medicine and sentences, read once from `medicine.yaml` and `templates.yaml`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from clinical_r1.errors import UserError

Level = Literal["easy", "medium", "hard", "twins"]
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")
"""Those that take turns by default."""
ByLevel = dict[Level, tuple[str, ...]]


@dataclass(frozen=True)
class Lab:
    """A laboratory value that a diagnosis makes abnormal."""

    name: str
    unit: str
    low: float
    high: float
    decimals: int
    abnormal: str
    """What such a value is called: raised, reduced, suppressed."""


@dataclass(frozen=True)
class Condition:
    """A diagnosis."""

    name: str
    ages: tuple[int, int]
    findings: dict[str, str]
    """Noun phrase -> the same in other words. The first three are hallmarks within the group."""
    correct: tuple[str, ...]
    """True statements about it."""
    incorrect: tuple[str, ...]
    febrile: bool = False
    lab: Lab | None = None

    @property
    def hallmarks(self) -> list[str]:
        """Findings that its competitors do not have."""
        return list(self.findings)[:3]


@dataclass(frozen=True)
class Medicine:
    """The table of `medicine.yaml`, where each field is explained."""

    groups: tuple[tuple[Condition, ...], ...]
    background: dict[str, str]
    invented: tuple[str, ...]
    unverifiable: tuple[str, ...]
    swaps: tuple[tuple[str, str], ...]


@cache
def medicine() -> Medicine:
    """The table of diagnoses, findings and statements.

    Raises:
        UserError: If the file is damaged.
    """
    table: Medicine = _read("medicine.yaml", Medicine)
    return table


def sentences(name: str, level: Level) -> tuple[str, ...]:
    """The sentences of `templates.yaml` for a purpose, some of which are the same at every level.

    Raises:
        UserError: If the file is damaged.
    """
    texts = _templates()[name]
    return texts if isinstance(texts, tuple) else texts[level]


@cache
def _templates() -> dict[str, ByLevel | tuple[str, ...]]:
    texts: dict[str, ByLevel | tuple[str, ...]] = _read("templates.yaml", dict[str, ByLevel | tuple[str, ...]])
    return texts


def _read(name: str, kind: Any) -> Any:
    path = Path(__file__).parent / name
    try:
        return TypeAdapter(kind).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read ({' '.join(str(error).split())})") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
