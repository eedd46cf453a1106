"""MedMCQA: questions of Indian medical entrance examinations.

4,183 validation questions with four options (the test split has no public labels, so everyone evaluates on this one).

    inspect eval evals/medmcqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medmcqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medmcqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Pal et al. 2022, MedMCQA: A Large-scale Multi-Subject Multi-Choice Dataset for Medical domain Question
Answering, PMLR 174:248-260, arXiv 2203.14371.
Data: openlifescienceai/medmcqa, validation, revision 91c6572, Apache-2.0.
"""

from inspect_ai import Task, task

from clinical_r1.datasets import load
from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import errors_of_user, question_task
from clinical_r1.voting import TieRule


@task
def medmcqa(
    dataset: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    prompt: str = "crpo",
    votes: int = 1,
    tie: TieRule = "share",
    shuffle_choices: Shuffle = None,
    on_bad_record: str = "error",
    cop_base: int | None = None,
    name: str | None = None,
    **unknown: object,
) -> Task:
    """MedMCQA, four options, 21 subjects.

    What `dataset`, `split`, `revision`, `on_bad_record` and `cop_base` mean: `clinical_r1.datasets.load`; the others:
    `clinical_r1.tasks.question_task`.
    """
    with errors_of_user(medmcqa, unknown):
        questions = load(
            "medmcqa", dataset, split=split, revision=revision, on_bad_record=on_bad_record, cop_base=cop_base
        )
        return question_task(questions, prompt, votes, tie, shuffle_choices, name)
