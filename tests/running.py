"""Running evaluations in tests: offline, in this process or through the `inspect` command line."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.log._samples import sample_active
from inspect_ai.model import Model, ModelOutput, ModelUsage, StopReason, get_model
from inspect_ai.scorer import Score

from clinical_r1.datasets import Question, QuestionSet
from clinical_r1.tasks import question_task
from tests import warm

ROOT = Path(__file__).resolve().parents[1]

DRUGS = {"A": "Aspirin", "B": "Heparin", "C": "Warfarin", "D": "Alteplase"}
"""Options of most questions made up in tests."""

Reply = str | ModelOutput
Replies = Callable[[str, int], Reply] | Mapping[tuple[str, int], Reply]
"""What the model says to the sample of an id in an epoch."""


def said(text: str, stop_reason: StopReason = "stop", tokens: int = 10) -> ModelOutput:
    """A model's output; without a usage Inspect would download a tokenizer to count tokens."""
    output = ModelOutput.from_content(model="mockllm", content=text, stop_reason=stop_reason)
    output.usage = ModelUsage(input_tokens=1, output_tokens=tokens, total_tokens=1 + tokens)
    return output


def model_that_says(replies: Replies) -> Model:
    def reply(*_: Any) -> ModelOutput:
        active = sample_active()
        assert active is not None
        place = str(active.sample.id), active.epoch
        answer = replies(*place) if callable(replies) else replies[place]
        return answer if isinstance(answer, ModelOutput) else said(answer)

    return get_model("mockllm/model", custom_outputs=reply)


def question(id: str, target: str = "C", options: Mapping[str, str] = DRUGS, **metadata: Any) -> Question:
    return Question(id, f"Which drug helps in case {id}?", dict(options), target, metadata)


def make_task(questions: Sequence[Question], votes: int = 1, **args: Any) -> Task:
    given = QuestionSet(
        list(questions), source="made-up", revision=None, split=None, records=len(questions), skipped=[]
    )
    settings: dict[str, Any] = {"prompt": "bare", "votes": votes, "tie": "share", "shuffle_choices": None} | args
    return question_task(given, **settings)


def run_task(task: Task | str, model: Model | str, folder: Path, **args: Any) -> EvalLog:
    """Run a task in this process."""
    [log] = eval(task, model=model, log_dir=str(folder), display="none", log_level="error", log_realtime=False, **args)
    return log


def inspect(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the `inspect` command in another process."""
    return warm.run([*args, "--display", "plain"], cwd=cwd, env=environment(env))


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, but offline and with room for messages on one line."""
    return os.environ | {"HF_HUB_OFFLINE": "1", "COLUMNS": "500", "PYTHONSAFEPATH": "1"} | dict(env or {})


def evaluate(*args: str, folder: Path, cwd: Path, env: Mapping[str, str] | None = None) -> EvalLog:
    """`inspect eval …` with the log in an empty folder; fails the test with the command's output if it fails."""
    done = inspect("eval", *args, "--log-dir", str(folder), cwd=cwd, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return only_log(folder)


def only_log(folder: Path) -> EvalLog:
    [info] = list_eval_logs(str(folder))
    return read_eval_log(info)


def scores(log: EvalLog, scorer: str = "answer") -> dict[tuple[str, int], Score]:
    """(Sample id, epoch) -> score."""
    return {(str(s.id), s.epoch): s.scores[scorer] for s in log.samples or [] if s.scores}


def metrics(log: EvalLog, scorer: str = "answer") -> dict[str, float]:
    """Metric -> value, of reduced and unreduced scores together."""
    assert log.results is not None, log.error
    found = [score.metrics for score in log.results.scores if score.name == scorer]
    return {name: float(metric.value) for part in found for name, metric in part.items()}


def said_by(log: EvalLog) -> dict[tuple[str, int], tuple[object, ...]]:
    """What may not change from one run to the next: value, answer, vote and shown order of each score."""
    orders = {(str(s.id), s.epoch): s.metadata["shown_order"] for s in log.samples or []}
    found = scores(log)
    return {key: (s.value, s.answer, (s.metadata or {})["vote"], orders[key]) for key, s in found.items()}
