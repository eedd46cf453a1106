"""MedMCQA: questions of Indian medical entrance examinations.

4,183 validation questions with four options (the test split has no public labels, so everyone evaluates on this one).

    inspect eval evals/medmcqa.py --model vllm/my-checkpoint -T votes=5
    inspect eval evals/medmcqa.py --model clinical_r1/baseline-random -T dataset=vignettes
    inspect eval clinical_r1/medmcqa --model openai/gpt-5 -T prompt=neutral -T shuffle_choices=epoch -T votes=5

Paper: Pal et al. 2022, MedMCQA, PMLR 174:248-260.
Data: openlifescienceai/medmcqa, validation, revision 91c6572, Apache-2.0.
"""

from inspect_ai import Task, task

from clinical_r1.solvers import Shuffle
from clinical_r1.tasks import benchmark_task, refuse_unknown
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
    **unknown: object,
) -> Task:
    """MedMCQA, four options, 21 subjects.

    Args:
        dataset: A local .jsonl, .json, .csv, .tsv or .parquet file in any published layout, `vignettes` for
            the bundled examples, or another hub id. Default: the hub edition named above.
        split: Split of a hub data set. Default: validation.
        revision: Revision of a hub data set. Default: the pinned one for the default edition.
        prompt: crpo, think, neutral, cot, direct or bare.
        votes: Completions a question, for majority voting; sets the epochs unless `--epochs` is given.
        tie: Value of a tied vote: share, incorrect or first.
        shuffle_choices: An integer seed for one option order a question, `epoch` for another one in every epoch.
        on_bad_record: error, or skip to leave bad records out and count them in the log.
        cop_base: Whether `cop` counts from 0 (hub layout) or 1 (original layout), for a file that does not show it.
        **unknown: Refused, with the nearest argument.
    """
    refuse_unknown(medmcqa, unknown)
    return benchmark_task(
        "medmcqa",
        dataset,
        split=split,
        revision=revision,
        prompt=prompt,
        votes=votes,
        tie=tie,
        shuffle_choices=shuffle_choices,
        on_bad_record=on_bad_record,
        cop_base=cop_base,
    )
