"""Logs for tests: one small real run, and variants of it that are written in no time."""

import copy
from collections.abc import Callable
from functools import cache
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, read_eval_log, write_eval_log
from inspect_ai.scorer import Score

from clinical_r1.logs.table import KEYS
from tests.running import make_task, model_that_says, question, run_task

VOTES = 2
LETTERS = {("q1", 1): "C", ("q1", 2): "A", ("q2", 1): "C", ("q2", 2): "C", ("q3", 1): "B", ("q3", 2): "?"}
"""What is answered; C is right."""
PLACES = tuple(LETTERS)


@cache
def real_log() -> EvalLog:
    """Three questions, two epochs, five readable answers, three of them right."""
    replies = {place: rf"\boxed{{{letter}}}" if letter != "?" else "No idea." for place, letter in LETTERS.items()}
    ids = dict.fromkeys(id for id, _ in PLACES)
    task = make_task([question(id, has_case=id != "q3", negated=False) for id in ids], votes=VOTES)
    with TemporaryDirectory() as folder:
        run_task(task, model_that_says(replies), Path(folder))
        [path] = Path(folder).glob("*.eval")
        log = read_eval_log(str(path))
    log.eval.task, log.eval.model = "medqa", "vllm/lab/one"
    return log


def write(path: Path, change: Callable[[EvalLog], None] | None = None, **given: Any) -> Path:
    """A variant of the log: fields of its header by name, and whatever `change` does to it."""
    log = copy.deepcopy(real_log())
    for name, value in given.items():
        if name in ("status", "samples"):
            setattr(log, name, value)
        elif name == "completed":
            log.stats.completed_at = value
        elif name == "metadata":
            log.eval.metadata = (log.eval.metadata or {}) | value
        else:
            setattr(log.eval, name, value)
    log.location, log.etag = str(path), None
    if change:
        change(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_eval_log(log, str(path))
    return path


def samples(log: EvalLog) -> dict[tuple[str, int], EvalSample]:
    return {(str(sample.id), sample.epoch): sample for sample in log.samples or []}


def judgement(kind: str, number: float = 1.0, **metadata: Any) -> Score:
    """A judge's score in which every metric is one number."""
    keys = metadata.pop("keys", KEYS[kind])  # type: ignore[index]
    about = {"judge": "openai/j", "backend": "llm", "profile": "spans", "gold": False, "prompt_hash": "abc"}
    about |= {"weight": 1.0, "words": 7, "facts": 4, "spans": []}
    if "unscored" in metadata:
        number = nan
    return Score(value=dict.fromkeys(keys, number), metadata=about | metadata)


def judged(name: str, score: Score | Callable[[str, int], Score | None]) -> Callable[[EvalLog], None]:
    """Gives a score of that name to every sample, or to those for which the function gives one."""

    def change(log: EvalLog) -> None:
        for (id, epoch), sample in samples(log).items():
            made = score(id, epoch) if callable(score) else score
            if made is not None:
                sample.scores = (sample.scores or {}) | {name: made}

    return change


def both(*changes: Callable[[EvalLog], None]) -> Callable[[EvalLog], None]:
    """One change after the other."""

    def change(log: EvalLog) -> None:
        for one in changes:
            one(log)

    return change
