"""Commands that wait for each other, and the stages that they form."""

import hashlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One command."""

    name: str
    """What is shown while it runs."""
    command: tuple[str, ...]
    """As typed, beginning with `clinical-r1` or `inspect`."""
    after: tuple["Step", ...] = ()
    """What it reads the results of."""
    output: Path | None = None
    """A file that the command does not replace by itself."""
    shown: Callable[[str], list[str]] = field(default=lambda said: [], compare=False)
    """From what the command printed to lines of results."""

    @property
    def key(self) -> str:
        """Changes with the command and with everything before it."""
        parts = [*self.command, *(step.key for step in self.after)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """As one would type it."""
        prefix = "HF_HUB_OFFLINE=1 " if "hf/local" in self.command else ""
        return prefix + " ".join(part if part.endswith("*.eval") else shlex.quote(part) for part in self.command)


@dataclass(frozen=True)
class Stage:
    """Steps that may run side by side; each chain of steps in its order."""

    title: str
    seconds: float
    """About how long it takes on two cores."""
    chains: tuple[tuple[Step, ...], ...]
    behind: tuple[str, ...] = ()
    """Chapters of the report that show what comes out, by their titles."""
