"""MedQA: USMLE-style questions.

1,273 test questions of the US edition with four options (the original edition has five; both layouts load).

    inspect eval evals/medqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Jin et al. 2020, What Disease does this Patient Have? arXiv 2009.13081.
Data: GBaker/MedQA-USMLE-4-options, test, revision 0fb93dd, CC-BY-4.0.
"""

from inspect_ai import Task, task

from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import benchmark_task, refuse_unknown
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
    **unknown: object,
) -> Task:
    """MedQA (USMLE), four or five options.

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
    refuse_unknown(medqa, unknown)
    return benchmark_task(
        "medqa",
        dataset,
        split=split,
        revision=revision,
        prompt=prompt,
        votes=votes,
        tie=tie,
        shuffle_choices=shuffle_choices,
        on_bad_record=on_bad_record,
    )
