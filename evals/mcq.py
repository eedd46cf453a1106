"""Any multiple-choice questions: a set of your own, named as a benchmark of its own in logs and reports.

For what the published benchmarks leave out, such as radiology or pathology. No code is needed: `fields` says which
field of the file holds what.

    inspect eval evals/mcq.py --model vllm/my-checkpoint -T dataset=examples/imaging.csv \
        -T fields=question:stem,options:opa+opb+opc+opd,answer:gold,subject:organ -T votes=5

`examples/imaging.csv` shows the form; its questions are invented and were not reviewed by a clinician.
"""

from inspect_ai import Task, task

from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import custom_task, refuse_unknown
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

    Args:
        dataset: A local .jsonl, .json, .csv, .tsv or .parquet file, a folder like a hub repository, or a hub id.
        fields: Which field of the file holds what, as `question:stem,options:choices,answer:gold`; also `context` (text
            put before the question), `id`, and the strata `step`, `subject`, `topic`, `choice_type`, `body_system`,
            `medical_task`, `question_type`. Options in fields of their own are joined with a plus: `options:a+b+c`. Or
            a YAML file with this mapping. Not needed for known layouts, or where the fields have our names.
        answer_base: Whether numbers of right options count from 0 or 1, for a file that does not show it.
        name: What logs and reports call the set. Default: the file's name without its suffix, or the last part of the
            hub id.
        split: Split of a hub data set. Default: test.
        revision: Revision of a hub data set. Default: the newest.
        prompt: crpo, think, neutral, cot, direct or bare.
        votes: Completions a question, for majority voting; sets the epochs unless `--epochs` is given.
        tie: Value of a tied vote: share, incorrect or first.
        shuffle_choices: An integer seed for one option order a question, `epoch` for another one in every epoch.
        on_bad_record: error, or skip to leave bad records out and count them in the log.
        **unknown: Refused, with the nearest argument.
    """
    refuse_unknown(mcq, unknown)
    return custom_task(
        dataset,
        name=name,
        fields=fields,
        answer_base=answer_base,
        split=split,
        revision=revision,
        prompt=prompt,
        votes=votes,
        tie=tie,
        shuffle_choices=shuffle_choices,
        on_bad_record=on_bad_record,
    )
