"""MedXpertQA Text: expert-level questions with ten options.

2,450 test questions with ten options each, tagged by medical task, body system and question type.

    inspect eval evals/medxpertqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medxpertqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medxpertqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Zuo et al. 2025, MedXpertQA: Benchmarking Expert-Level Medical Reasoning and Understanding, arXiv 2501.18362.
Data: TsinghuaC3I/MedXpertQA, Text, test, revision f4e6fe7, MIT.
"""

from inspect_ai import Task, task

from clinical_r1.datasets import load
from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import errors_of_user, question_task
from clinical_r1.voting import TieRule


@task
def medxpertqa(
    dataset: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    prompt: str = "crpo",
    votes: int = 1,
    tie: TieRule = "share",
    shuffle_choices: Shuffle = None,
    on_bad_record: str = "error",
    name: str | None = None,
    **unknown: object,
) -> Task:
    """MedXpertQA Text, ten options.

    What `dataset`, `split`, `revision` and `on_bad_record` mean: `clinical_r1.datasets.load`; the others:
    `clinical_r1.tasks.question_task`.
    """
    with errors_of_user(medxpertqa, unknown):
        questions = load("medxpertqa", dataset, split=split, revision=revision, on_bad_record=on_bad_record)
        return question_task(questions, prompt, votes, tie, shuffle_choices, name)
