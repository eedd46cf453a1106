"""The numbers that the paper Clinical-R1 (arXiv 2512.00601) prints, to stand beside ours."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("clinical_r1.analysis").joinpath("published.json").read_text("utf-8"))
    return found


def accuracy(system: str | None, benchmark: str) -> float | None:
    """Published accuracy in [0, 1], by majority vote; None where none is known.

    Args:
        system: `baseline_cot`, `grpo`, `crpo`, `cold_start_grpo`, `cold_start_crpo`, or None.
        benchmark: `medqa`, `medmcqa` or `medxpertqa`.

    Examples:
        >>> accuracy("crpo", "medqa")
        0.5241
    """
    percent = _published()["accuracy_percent"].get(benchmark, {}).get(system)
    return None if percent is None else round(percent / 100, 6)


def count(system: str | None, benchmark: str, metric: str) -> float | None:
    """Published count a response; its definition is not published, so it is never "the same metric" as ours.

    Examples:
        >>> count("grpo", "medmcqa", "cecd"), count("grpo", "medqa", "cecd")
        (1.51, None)
    """
    number = _published()["per_response_counts"].get(benchmark, {}).get(metric, {}).get(system)
    return None if number is None else float(number)
