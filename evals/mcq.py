"""Any multiple-choice questions: a set of your own, named as a benchmark of its own in logs and reports.

For what the published benchmarks leave out, such as radiology or pathology. No code is needed: `fields` says which
field of the file holds what.

    inspect eval evals/mcq.py --model vllm/my-checkpoint -T dataset=examples/imaging.csv \
        -T fields=question:stem,options:opa+opb+opc+opd,answer:gold,subject:organ -T votes=5

`examples/imaging.csv` shows the form; its questions are invented and were not reviewed by a clinician.
"""

from inspect_ai import Task, task

from clinical_r1.datasets.custom import load_custom
from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import errors_of_user, question_task
from clinical_r1.voting import TieRule


@task
def mcq(
    dataset: str | None = None,
    fields: str | list[str] | dict[str, str | list[str]] | None = None,
    answer_base: int | None = None,
    name: str | None = None,
    split: str | None = None,
    revision: str | None = None,
    prompt: str = "crpo",
    votes: int = 1,
    tie: TieRule = "share",
    shuffle_choices: Shuffle = None,
    on_bad_record: str = "error",
    **unknown: object,
) -> Task:
    """Multiple-choice questions with 2 to 26 options each.

    What `dataset` to `revision` and `on_bad_record` mean: `clinical_r1.datasets.custom.load_custom`; the others:
    `clinical_r1.tasks.question_task`.
    """
    with errors_of_user(mcq, unknown):
        questions = load_custom(
            dataset,
            name=name,
            fields=fields,
            answer_base=answer_base,
            split=split,
            revision=revision,
            on_bad_record=on_bad_record,
        )
        return question_task(questions, prompt, votes, tie, shuffle_choices)
