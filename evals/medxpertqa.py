"""MedXpertQA Text: expert-level questions with ten options.

2,450 test questions with ten options each, tagged by medical task, body system and question type.

    inspect eval evals/medxpertqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medxpertqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medxpertqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Zuo et al. 2025, MedXpertQA, arXiv 2501.18362.
Data: TsinghuaC3I/MedXpertQA, Text, test, revision f4e6fe7, MIT.
"""

from inspect_ai import Task, task

from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import benchmark_task, refuse_unknown
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
    **unknown: object,
) -> Task:
    """MedXpertQA Text, ten options.

    Args:
        dataset: A local .jsonl, .json, .csv, .tsv or .parquet file in any published layout, `vignettes` for
            the bundled examples, or another hub id. Default: the hub edition named above.
        split: Split of a hub data set. Default: test.
        revision: Revision of a hub data set. Default: the pinned one for the default edition.
        prompt: crpo, think, neutral, cot, direct or bare.
        votes: Completions a question, for majority voting; sets the epochs unless `--epochs` is given.
        tie: Value of a tied vote: share, incorrect or first.
        shuffle_choices: An integer seed for one option order a question, `epoch` for another one in every epoch.
        on_bad_record: error, or skip to leave bad records out and count them in the log.
        **unknown: Refused, with the nearest argument.
    """
    refuse_unknown(medxpertqa, unknown)
    return benchmark_task(
        "medxpertqa",
        dataset,
        split=split,
        revision=revision,
        prompt=prompt,
        votes=votes,
        tie=tie,
        shuffle_choices=shuffle_choices,
        on_bad_record=on_bad_record,
    )
