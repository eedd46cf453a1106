"""What all benchmarks share: the command line, the facts about the machine, and the JSON they print."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option that every benchmark has."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the JSON there too")
    return parser


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and range of repeated measurements."""
    return {"median": _round(median(values)), "min": _round(min(values)), "max": _round(max(values))}


def report(
    output: Path | None, *, figure: str, value: float, unit: str, aim: str, met: bool, n: int, **more: Any
) -> None:
    """Print one benchmark's result as JSON.

    Args:
        output: File to write it to as well; None for standard output alone.
        figure: What was measured.
        value: The headline figure.
        unit: Its unit.
        aim: What it should be.
        met: Whether it is.
        n: Number of measurements behind it.
        more: Further JSON values.
    """
    result = {"figure": figure, "value": _round(value), "unit": unit, "aim": aim, "met": met, "n": n, **more}
    text = json.dumps({**result, "machine": machine()}, indent=2)
    sys.stdout.write(f"{text}\n")
    if output:
        output.write_text(f"{text}\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """The facts that a figure depends on, without names or paths."""
    return {
        "cpus": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _round(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")
