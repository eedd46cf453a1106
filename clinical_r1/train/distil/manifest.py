"""What one needs to know of a set of traces before training on it.

Nothing in a manifest changes from one run over the same logs to the next: no time, no folder.
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import clinical_r1
from clinical_r1.datasets import QuestionSet
from clinical_r1.prompts import load_prompt
from clinical_r1.train.distil.near_duplicates import THRESHOLD
from clinical_r1.train.distil.preparation import Distillation, Prepared, TestSet
from clinical_r1.train.distil.rejection import REASONS, Proportion, Selection
from clinical_r1.train.distil.teacher import redacted
from clinical_r1.train.halves import Halves, shared


def manifest(job: Distillation, prepared: Prepared, selection: Selection, files: dict[str, str]) -> dict[str, Any]:
    """Everything, as JSON values.

    Args:
        job: What was asked for.
        prepared: The questions.
        selection: What was kept of the completions.
        files: Name of each file that was written -> its SHA-256.
    """
    prompt = load_prompt(job.prompt)
    return {
        "teacher": {"model": job.teacher, "inspect_args": redacted(job.inspect_args)},
        "prompt": {"name": prompt.name, "version": prompt.version, "sha256": prompt.sha256},
        "dataset": {"benchmark": job.benchmark, **_origin(prepared.training), **prepared.training.counts},
        "halves": _halves(job, prepared),
        "near_duplicates": {
            "threshold": THRESHOLD,
            "action": "kept" if job.keep_near_duplicates else "dropped",
            "tests": [_near(test, prepared.split) for test in prepared.tests],
        },
        "completions": _completions(job, selection),
        "acceptable_completions": _proportion(selection.acceptance),
        "questions_with_a_trace": _proportion(selection.coverage),
        "traces": len(selection.traces),
        "versions": {"clinical-r1": clinical_r1.__version__, "inspect-ai": version("inspect-ai")},
        "files": files,
    }


def summary(job: Distillation, prepared: Prepared, selection: Selection) -> Sequence[str]:
    """The same in a few lines."""
    rejected = ", ".join(f"{reason} {selection.rejected[reason]:,}" for reason in REASONS if selection.rejected[reason])
    lines = [
        f"kept: {len(selection.traces):,} traces",
        f"acceptable completions: {selection.acceptance}",
        f"questions with a trace: {selection.coverage}",
        f"rejected: {rejected or 'none'}",
    ]
    for test in prepared.tests:
        near = len({pair.training_id for pair in test.pairs})
        action = "kept" if job.keep_near_duplicates else "dropped"
        total = len(prepared.training.questions)
        lines.append(f"near-duplicates of {test.questions.source}: {near:,} of {total:,} training questions, {action}")
    return lines


def _origin(questions: QuestionSet) -> dict[str, Any]:
    """Where questions come from; of a local file the name alone, because its folder differs between machines."""
    name = Path(questions.source).name if questions.sha256 else questions.source
    return {"source": name, "split": questions.split, "revision": questions.revision, "sha256": questions.sha256}


def _halves(job: Distillation, prepared: Prepared) -> dict[str, int]:
    usable = prepared.usable
    return {
        "seed": job.seed,
        "first": len(usable.first),
        "second": len(usable.second),
        "shared_questions": len(shared(usable.first, usable.second)),
        "asked": len(prepared.asked),
    }


def _near(test: TestSet, split: Halves) -> dict[str, Any]:
    near = {pair.training_id for pair in test.pairs}
    return {
        "benchmark": test.benchmark,
        **_origin(test.questions),
        **{name: test.questions.counts[name] for name in ("questions", "skipped")},
        "in_first_half": sum(question.id in near for question in split.first),
        "in_second_half": sum(question.id in near for question in split.second),
        "pairs": [
            {"training": pair.training_id, "test": pair.test_id, "similarity": round(pair.similarity, 3)}
            for pair in test.pairs
        ],
    }


def _completions(job: Distillation, selection: Selection) -> dict[str, Any]:
    return {
        "attempts_a_question": job.votes,
        "total": selection.completions,
        "keep": job.keep,
        "per_question": job.per_question,
        "rejected": {reason: selection.rejected[reason] for reason in REASONS},
        "faults": dict(sorted(selection.faults.items())),
        "thoughts_removed": selection.thoughts_removed,
    }


def _proportion(found: Proportion) -> dict[str, Any]:
    low, high = found.interval
    return {"share": round(found.share, 4), "low": round(low, 4), "high": round(high, 4), "n": found.n}
