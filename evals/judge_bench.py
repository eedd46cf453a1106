"""Judge bench: how well a judge finds what was planted in composed responses, before a study's calls are paid.

Generated cases with composed responses, in which every citation, rejection, claim and reasoning step is known; three
levels, and controls that mislead a naive judge. No model is evaluated: the judge is.

    inspect eval evals/judge_bench.py --model none/none --model-role grader=openai/gpt-5 -T card=cards/gpt-5
    inspect eval evals/judge_bench.py --model none/none -T backend=rules -T card=cards/rules
    inspect eval clinical_r1/judge_bench --model none/none --model-role grader=vllm/my-judge -T level=hard -T n=100

What is planted and how it is scored: docs/judge_bench.md. The medicine behind it was not reviewed by a clinician.
"""

from collections.abc import Sequence
from datetime import date

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset

from clinical_r1.judging.bench.content import Level
from clinical_r1.judging.bench.run import against_truth, checked, judge_card, planted, to_sample
from clinical_r1.judging.judge import Backend
from clinical_r1.judging.rubric import Profile
from clinical_r1.tasks import errors_of_user, versions

VERSION, INTERFACE = 1, "A"
"""Raised as those in `clinical_r1.tasks` are."""


@task
def judge_bench(
    n: int = 300,
    seed: int = 0,
    level: Level | None = None,
    backend: Backend = "llm",
    profile: Profile = "spans",
    metrics: str | Sequence[str] | None = None,
    card: str | None = None,
    **unknown: object,
) -> Task:
    """Planted-truth bench for judges.

    Args:
        n: Items; every fifth of a level is a control.
        seed: Of the items.
        level: easy, medium, hard or twins; the first three in turn by default.
        backend: llm judges with the model bound to the role grader, rules with code.
        profile: spans or counts; counts gives bare numbers, of which only the bias is scored.
        metrics: Some of the eight metrics, as a list or with commas; all by default.
        card: Folder for the judge card, as JSON and as a page; not written by default.
        **unknown: Refused, with the nearest argument.
    """
    with errors_of_user(judge_bench, unknown):
        bench = checked(n, seed, level, backend, profile, metrics)
    return Task(
        dataset=MemoryDataset([to_sample(one) for one in bench], name="judge_bench"),
        solver=planted(card),
        scorer=against_truth(n, seed, level, backend, profile, metrics, date=date.today().isoformat()),
        metrics=[judge_card(card)],
        version=VERSION,
        metadata=versions(VERSION, INTERFACE),
    )
