"""Small studies made up in memory: what analysis reads, without logs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.logs import NOT_JUDGED, Arm, LogSet, Run
from clinical_r1.metrics import METRICS

CONDITIONS = {
    "prompt": "crpo", "prompt_version": "1", "prompt_sha256": "aaaa", "temperature": 0.8, "top_p": 0.95, "max_tokens": 4096,
    "votes": 1, "shuffle": None, "tie": "share", "dataset": "hub/medqa", "dataset_revision": "r1", "dataset_split": "test",
    "dataset_sha256": None, "task_version": 1,
}  # fmt: skip


def run(index: int, checkpoint: str, benchmark: str = "medqa", arm: Arm | None = None, **given: Any) -> Run:
    """A finished run under `CONDITIONS`; other conditions and fields by name."""
    conditions = CONDITIONS | {key: value for key, value in given.items() if key in CONDITIONS}
    about = {key: value for key, value in given.items() if key not in CONDITIONS}
    settings: dict[str, Any] = {"expected": 4, "found": 4, "status": "success"} | about
    return Run(
        index=index, task_id=f"task-{index}", paths=(f"{checkpoint}.eval",), model=f"lab/{checkpoint}", checkpoint=checkpoint,
        benchmark=benchmark, task=benchmark, created="2026-01-01", conditions=conditions, arm=arm or Arm(), **settings,
    )  # fmt: skip


def responses(of: Run, answers: Sequence[float], *, epochs: int = 1, **columns: Sequence[Any]) -> pd.DataFrame:
    """A row a question and epoch with these answers (1, 0 or NaN for a failed sample); other columns by name."""
    rows = len(answers)
    right = np.asarray(answers, dtype=float)
    letters = np.where(right == 1, "A", "B")
    judged = [metric.key for metric in METRICS.values() if metric.judge != "answer"]
    frame = pd.DataFrame(
        {
            "run": of.index,
            "model": of.model,
            "checkpoint": of.checkpoint,
            "benchmark": of.benchmark,
            "id": [f"q{number // epochs:03d}" for number in range(rows)],
            "epoch": [number % epochs + 1 for number in range(rows)],
            "has_case": True, "negated": False, "n_options": 4, "step": "step1", "subject": None, "topic": None,
            "choice_type": None, "body_system": None, "medical_task": None, "question_type": None,
            "target": "A", "gold_position": 0, "shown_position": np.where(right == 1, 0, 1),
            "letter": letters, "vote": letters, "method": "strict", "style": "crpo", "truncated": False, "stop_reason": "stop",
            "error": [None if np.isfinite(value) else "the server was gone" for value in right],
            "words": 100.0, "output_tokens": 130.0, "answer": right,
            **dict.fromkeys(judged, np.nan),
            **{f"{judge}_reason": NOT_JUDGED for judge in ("grounding", "behaviours")},
            **{f"{judge}_parts": None for judge in ("grounding", "behaviours")},
            **{f"{judge}_{name}": np.nan for judge in ("grounding", "behaviours")
               for name in ("weight", "returned", "verified", "repaired", "rejected")},
            "facts": np.nan,
            "facts_by": None,
        }
        | {name: list(values) for name, values in columns.items()}
    )  # fmt: skip
    return frame


def study(parts: Mapping[Run, pd.DataFrame] | Sequence[tuple[Run, pd.DataFrame]]) -> LogSet:
    """A study of runs and their responses."""
    pairs = list(parts.items()) if isinstance(parts, Mapping) else list(parts)
    frame = pd.concat([part for _, part in pairs], ignore_index=True)
    judges = [f"{judge}_{name}" for judge in ("grounding", "behaviours") for name in ("reason", "parts")]
    for name in ("id", "checkpoint", "benchmark", *judges, "letter", "vote", "method"):
        frame[name] = frame[name].astype("category")
    return LogSet(tuple(of for of, _ in pairs), frame, ())
