"""From a set of questions to an Inspect task: the part that all benchmark files share."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from inspect_ai import Epochs, Task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig
from inspect_ai.viewer import ScoreColorScale, TaskSamplesColumn, TaskSamplesView, ViewerConfig

import clinical_r1
from clinical_r1.datasets import MAX_REASONS, QuestionSet, to_sample
from clinical_r1.datasets.wording import stays_last
from clinical_r1.errors import UserError, names_near
from clinical_r1.inspect_private import PrerequisiteError
from clinical_r1.metrics import METRICS
from clinical_r1.prompts import load_prompt
from clinical_r1.scorers import answer
from clinical_r1.solvers import Shuffle, ask, fixed_order
from clinical_r1.voting import TieRule

VERSION = 2
"""Task version: raised whenever the same model on the same data could score differently. Reports compare within one."""
INTERFACE = "A"
"""The next letter whenever a call that worked, or a reader of the log, could fail or mean something else."""

PAPER_CONFIG = GenerateConfig(temperature=0.8, top_p=0.95, max_tokens=4096)
"""Generation settings of the paper's evaluation; `--temperature` and the like win over them."""

_LISTED = {
    "cecd_coverage": "facts cited",
    "drc_coverage": "options rejected",
    "faithful_rate": "supported",
    "hallucination_rate": "hallucinated",
    "harm_any": "harm",
    "backtracking_any": "backtracks",
    "verification_any": "re-checks",
    "subgoal_setting_any": "subgoals",
    "backward_chaining_any": "chains back",
}
VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="answers and judgements",
        columns=[
            *(TaskSamplesColumn(id=name) for name in ("sampleId", "epoch", "target", "answer")),
            *(TaskSamplesColumn.score(METRICS[key].judge, key) for key in ("answer", *_LISTED)),
            *(TaskSamplesColumn(id=name, visible=False) for name in ("input", "tokens", "duration")),
        ],
        score_labels={"answer": "right", **_LISTED},
        score_color_scales={
            key: ScoreColorScale(palette="good-high" if METRICS[key].better == "higher" else "good-low", min=0, max=1)
            for key in _LISTED
            if METRICS[key].better != "neither"
        },
        compact_scores=True,
        multiline=False,
    )
)
"""What Inspect View lists of each response: what is right, what was answered, and the primary forms of metrics."""


def versions(comparability: int, interface: str) -> dict[str, Any]:
    """What the log's metadata says of a task's version, under the keys of inspect_evals.

    Examples:
        >>> versions(2, "A")["full_task_version"]
        '2-A'
    """
    return {
        "full_task_version": f"{comparability}-{interface}",
        "task_comparability_version": comparability,
        "task_interface_version": interface,
    }


@contextmanager
def errors_of_user(task: Callable[..., Task], unknown: Iterable[str]) -> Iterator[None]:
    """Report what the user can mend as Inspect does: in one line, without a traceback.

    Arguments that a task does not have are refused; Inspect by itself warns and runs with the default.

    Args:
        task: Its last parameter takes what has no parameter of its own.
        unknown: Names that it took.

    Raises:
        PrerequisiteError: For a `UserError` inside, and for an unknown argument, with the nearest one and all that
            there are.
    """
    try:
        *allowed, _ = inspect.signature(task).parameters
        for name in unknown:
            raise UserError(f"-T {name}: unknown argument; allowed: {names_near(name, allowed)}")
        yield
    except UserError as error:
        raise PrerequisiteError(f"{task.__name__}: {error}") from error


def question_task(
    questions: QuestionSet, prompt: str, votes: int, tie: TieRule, shuffle_choices: Shuffle, name: str | None = None
) -> Task:
    """Build the task over a set of questions.

    Args:
        questions: See `clinical_r1.datasets.load`.
        prompt: Prompt style: crpo, think, neutral, cot, direct or bare.
        votes: Completions per question for majority voting, at least 1; sets the epochs unless `--epochs` is given.
        tie: Value of a tied vote: share, incorrect or first.
        shuffle_choices: An integer seed for one option order per question, `epoch` for another one in every epoch.
        name: What logs and reports call the data, where that is not the benchmark's own, such as `small world`.

    Raises:
        UserError: If an argument is not among its allowed values.
    """
    if isinstance(votes, bool) or not isinstance(votes, int) or votes < 1:
        raise UserError(f"votes={votes!r}: allowed is a whole number from 1")
    return Task(
        dataset=MemoryDataset(
            [to_sample(question) for question in questions.questions], name=questions.source, location=questions.source
        ),
        solver=ask(prompt, shuffle_choices),
        scorer=answer(tie),
        epochs=Epochs(votes, "mean"),
        config=PAPER_CONFIG,
        name=name or questions.name,
        version=VERSION,
        metadata=_metadata(questions, prompt, tie, shuffle_choices),
        viewer=VIEWER,
    )


def _metadata(questions: QuestionSet, prompt: str, tie: TieRule, shuffle: Shuffle) -> dict[str, Any]:
    """What a reader of the log needs to tell whether two runs can be compared."""
    template = load_prompt(prompt)
    metadata: dict[str, Any] = {
        "clinical_r1_version": clinical_r1.__version__,
        **versions(VERSION, INTERFACE),
        "prompt": prompt,
        "prompt_version": template.version,
        "prompt_sha256": template.sha256,
        "tie": tie,
        "dataset": questions.source,
        "dataset_revision": questions.revision,
        "dataset_split": questions.split,
        "dataset_sha256": questions.sha256,
        "records": questions.counts,
        "skipped_records": [str(record) for record in questions.skipped[:MAX_REASONS]],
    }
    read = {"cop_base": questions.cop_base, "answer_base": questions.answer_base, "fields": questions.fields}
    metadata |= {key: value for key, value in read.items() if value is not None}
    if shuffle is not None:
        metadata["shuffle"] = {
            "seed": shuffle,
            "order_kept": sum(fixed_order(q.metadata) for q in questions.questions),
            "option_kept_last": sum(any(map(stays_last, q.options.values())) for q in questions.questions),
        }
    return metadata
