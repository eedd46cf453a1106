"""Distillation step by step: the questions that a teacher is asked, rejection sampling, and the manifest.

From a training set come the questions that are asked and those that are left for reinforcement learning. Completions
are kept or rejected for a reason that is counted. Nothing in the manifest changes from one run over the same logs to
the next: no time, no folder.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import clinical_r1
from clinical_r1.choices import extract_answer
from clinical_r1.datasets import BENCHMARKS, QuestionSet, load
from clinical_r1.datasets.overlap import THRESHOLD, Halves, Pair, near_duplicates, shared, split_halves
from clinical_r1.datasets.questions import Question
from clinical_r1.datasets.read import has_splits
from clinical_r1.distil.teacher import check_passed_on, redacted
from clinical_r1.errors import UserError, names_near
from clinical_r1.grammar import STYLES, Style, parse
from clinical_r1.item import Item
from clinical_r1.logs import LoggedCompletion
from clinical_r1.prompts import load_prompt
from clinical_r1.stats.estimates import Interval, wilson
from clinical_r1.train.rewards import strict_accuracy

# --- which completions become traces ----------------------------------------------------------------------------------
KEEP = ("both", "correct", "well-formed", "all")
"""What a completion must be to be kept; `all` keeps whatever was finished."""

REASONS = ("error", "truncated", "unreadable", "wrong", "badly formed", "over the limit")
"""Why a completion is rejected, in the order in which they are looked for; it counts under the first that holds."""


@dataclass(frozen=True)
class Proportion:
    """A share and its 95 % interval."""

    count: int
    """Successes."""
    n: int
    """Trials."""

    @property
    def share(self) -> float:
        """Share of successes, in [0, 1]."""
        return self.count / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        """See `clinical_r1.stats.estimates.wilson`."""
        return wilson(self.count, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] (n = {self.n:,})"


@dataclass(frozen=True)
class Selection:
    """What was kept of a teacher's completions."""

    traces: list[Item]
    """Those kept, in the order of the questions; `response` is what the student is to write."""
    completions: int
    """All completions, failed ones included."""
    questions: int
    """Questions asked."""
    rejected: Counter[str]
    """Reason in `REASONS` -> completions."""
    faults: Counter[str]
    """Fault of the format (see `clinical_r1.grammar.FAULTS`) -> completions rejected as badly formed that have it."""
    thoughts_removed: int
    """Kept traces that lost a thought in front of the answer."""

    @property
    def acceptance(self) -> Proportion:
        """Completions that were good enough, those over a question's limit included, among all but errors."""
        good = len(self.traces) + self.rejected["over the limit"]
        return Proportion(good, self.completions - self.rejected["error"])

    @property
    def coverage(self) -> Proportion:
        """Questions with a trace, among those asked."""
        return Proportion(len({trace.id for trace in self.traces}), self.questions)


def select(
    completions: Iterable[LoggedCompletion], prompt: str, keep: str = "both", per_question: int = 1
) -> Selection:
    """Keep the good completions, for each question the first ones.

    Args:
        completions: Epochs of a question in order.
        prompt: Prompt style that asked for them: `crpo` and `think` ask for a form, the others for none.
        keep: One of `KEEP`. Correct means that the strict reading names the right option.
        per_question: Traces per question, at most.
    """
    style: Style = next((style for style in STYLES if style == prompt), "free")
    kept: list[Item] = []
    rejected: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    of_question: Counter[str] = Counter()
    total = thoughts = 0
    for completion in completions:
        total += 1
        text = without_thought(completion.item.response, style)
        reason = reject(completion, text, style, keep)
        of_question[completion.item.id] += reason is None
        if reason is None and of_question[completion.item.id] > per_question:
            reason = "over the limit"
        if reason is None:
            kept.append(replace(completion.item, response=text))
            thoughts += text != completion.item.response
            continue
        rejected[reason] += 1
        if reason == "badly formed":
            faults.update(_faults(text, style))
    return Selection(kept, total, len(of_question), rejected, faults, thoughts)


def reject(completion: LoggedCompletion, text: str, style: Style, keep: str) -> str | None:
    """Why a completion is not kept; None if it is."""
    if completion.faulty is not None:
        return "error"
    if completion.item.truncated:
        return "truncated"
    correct, formed = keep in ("both", "correct"), keep in ("both", "well-formed")
    if not text.strip() or (correct and not extract_answer(text, completion.item.options, strict=True).letter):
        return "unreadable"
    if correct and not strict_accuracy(text, completion.item.target, completion.item.options):
        return "wrong"
    return "badly formed" if formed and _faults(text, style) else None


def without_thought(text: str, style: Style) -> str:
    """A completion without the thought in front of it, where the form that was asked for has no place for one.

    Teachers such as DeepSeek-R1 think in a format of their own before they answer in ours. Some servers put the opening
    tag into the prompt, so that only the closing one is in the text.
    """
    if style != "crpo":
        return text
    _, end, answer = text.partition(f"</{STYLES['think'][0].tag}>")
    return answer.lstrip() if end else text


def _faults(text: str, style: Style) -> tuple[str, ...]:
    if style == "free":
        return ()
    response = parse(text)
    return response.faults if response.style == style else tuple(f"missing:{part.tag}" for part in STYLES[style])


# --- which questions are asked ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Distillation:
    """What to distil, from whom."""

    teacher: str
    """An Inspect model."""
    output: Path
    """Folder for the traces and all else."""
    benchmark: str = "medqa"
    """A name in `clinical_r1.datasets.BENCHMARKS`."""
    dataset: str | None = None
    """See `clinical_r1.datasets.load`."""
    split: str | None = None
    """Split of a hub repository or folder; `train` by default."""
    prompt: str = "crpo"
    """Prompt style: what the teacher is asked and what the student will be asked."""
    limit: int | None = None
    """Questions to ask at most, a random sample of the first half."""
    votes: int = 1
    """Attempts per question."""
    per_question: int = 1
    """Traces per question, at most."""
    keep: str = "both"
    """See `clinical_r1.distil.traces.KEEP`."""
    tests: tuple[str, ...] = ()
    """Test sets, `BENCHMARK` or `BENCHMARK=DATASET`, from which training questions must differ."""
    keep_near_duplicates: bool = False
    """Report near-duplicates of test questions but keep them."""
    seed: int = 0
    """Of the cut into halves, `data.half_seed` of a recipe."""
    on_bad_record: str = "error"
    """`error` or `skip`, see `clinical_r1.datasets.load`."""
    inspect_args: tuple[str, ...] = ()
    """Further arguments of `inspect eval-set`."""

    def check(self) -> None:
        """Raise a `UserError` for a value that is not allowed."""
        for name, value in (("votes", self.votes), ("per-question", self.per_question), ("limit", self.limit)):
            if value is not None and value < 1:
                raise UserError(f"--{name} {value}: allowed is a whole number from 1")
        if self.keep not in KEEP:
            raise UserError(f"--keep {self.keep}: allowed are {names_near(self.keep, KEEP)}")
        load_prompt(self.prompt)
        check_passed_on(self.inspect_args)


@dataclass(frozen=True)
class TestSet:
    """A test set, and what in the training set is nearly in it."""

    __test__ = False  # not a test, whatever pytest thinks of the name
    benchmark: str
    """Its benchmark."""
    questions: QuestionSet
    """Its questions."""
    pairs: list[Pair]
    """Training and test questions that are nearly the same."""


@dataclass(frozen=True)
class Prepared:
    """Questions, checked and divided."""

    training: QuestionSet
    """The training set as loaded."""
    split: Halves
    """Its halves."""
    tests: list[TestSet]
    """The test sets."""
    usable: Halves
    """The halves without near-duplicates of test questions, unless these are kept."""
    asked: list[Question]
    """Questions for the teacher."""


def prepare(job: Distillation) -> Prepared:
    """Load, divide and check.

    The cut comes before near-duplicates are dropped, so that it does not hang on which test sets are given.

    Raises:
        UserError: If the data cannot be used, or a half is empty.
    """
    job.check()
    chosen = job.split or ("train" if has_splits(job.dataset) else None)
    training = load(job.benchmark, job.dataset, split=chosen, on_bad_record=job.on_bad_record)
    split = split_halves(training.questions, job.seed)
    tests = [_test_set(given, training.questions) for given in job.tests]
    near = set() if job.keep_near_duplicates else {pair.training_id for test in tests for pair in test.pairs}
    usable = Halves(*([q for q in half if q.id not in near] for half in (split.first, split.second)))
    if not usable.first or not usable.second:
        raise UserError(
            f"{training.source}: the halves hold {len(usable.first)} and {len(usable.second)} questions "
            f"({len(near)} near-duplicates of test questions dropped); each must hold one at least"
        )
    if both := shared(usable.first, usable.second):
        raise AssertionError(f"questions in both halves: {both}")
    return Prepared(training, split, tests, usable, usable.first[: job.limit])


def _test_set(given: str, training: Sequence[Question]) -> TestSet:
    benchmark, _, dataset = given.partition("=")
    if benchmark not in BENCHMARKS:
        raise UserError(f"--test {given}: allowed are {names_near(benchmark, BENCHMARKS)}, each also as BENCHMARK=FILE")
    test = load(benchmark, dataset or None, on_bad_record="skip")
    return TestSet(benchmark, test, near_duplicates(training, test.questions))


# --- the manifest -----------------------------------------------------------------------------------------------------
def manifest(job: Distillation, prepared: Prepared, selection: Selection, files: dict[str, str]) -> dict[str, Any]:
    """Everything, as JSON values; `files`: name of each file that was written -> its SHA-256."""
    prompt, usable = load_prompt(job.prompt), prepared.usable
    return {
        "teacher": {"model": job.teacher, "inspect_args": redacted(job.inspect_args)},
        "prompt": {"name": prompt.name, "version": prompt.version, "sha256": prompt.sha256},
        "dataset": {"benchmark": job.benchmark, **prepared.training.origin, **prepared.training.counts},
        "halves": {
            "seed": job.seed,
            "first": len(usable.first),
            "second": len(usable.second),
            "shared_questions": len(shared(usable.first, usable.second)),
            "asked": len(prepared.asked),
        },
        "near_duplicates": {
            "threshold": THRESHOLD,
            "action": "kept" if job.keep_near_duplicates else "dropped",
            "tests": [_near(test, prepared.split) for test in prepared.tests],
        },
        "completions": {
            "attempts_a_question": job.votes,
            "total": selection.completions,
            "keep": job.keep,
            "per_question": job.per_question,
            "rejected": {reason: selection.rejected[reason] for reason in REASONS},
            "faults": dict(sorted(selection.faults.items())),
            "thoughts_removed": selection.thoughts_removed,
        },
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


def _near(test: TestSet, split: Halves) -> dict[str, Any]:
    near = {pair.training_id for pair in test.pairs}
    return {
        "benchmark": test.benchmark,
        **test.questions.origin,
        **{name: test.questions.counts[name] for name in ("questions", "skipped")},
        "in_first_half": sum(question.id in near for question in split.first),
        "in_second_half": sum(question.id in near for question in split.second),
        "pairs": [
            {"training": pair.training_id, "test": pair.test_id, "similarity": round(pair.similarity, 3)}
            for pair in test.pairs
        ],
    }


def _proportion(found: Proportion) -> dict[str, Any]:
    low, high = found.interval
    return {"share": round(found.share, 4), "low": round(low, 4), "high": round(high, 4), "n": found.n}
