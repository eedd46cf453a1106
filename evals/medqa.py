"""MedQA: USMLE-style questions.

1,273 test questions of the US edition with four options (the original edition has five; both layouts load).

    inspect eval evals/medqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Jin et al. 2020, What Disease does this Patient Have? A Large-scale Open Domain Question Answering Dataset from
Medical Exams, arXiv 2009.13081.
Data: GBaker/MedQA-USMLE-4-options, test, revision 0fb93dd, CC-BY-4.0.
"""

from inspect_ai import Task, task

from clinical_r1.datasets import load
from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import errors_of_user, question_task
from clinical_r1.voting import TieRule


@task
def medqa(
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
    """MedQA (USMLE), four or five options.

    What `dataset`, `split`, `revision` and `on_bad_record` mean: `clinical_r1.datasets.load`; the others:
    `clinical_r1.tasks.question_task`.
    """
    with errors_of_user(medqa, unknown):
        questions = load("medqa", dataset, split=split, revision=revision, on_bad_record=on_bad_record)
        return question_task(questions, prompt, votes, tie, shuffle_choices, name)
