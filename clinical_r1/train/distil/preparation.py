"""From a training set to the questions that a teacher is asked and those that are left for reinforcement learning."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clinical_r1.datasets import BENCHMARKS, QuestionSet, load
from clinical_r1.errors import UserError
from clinical_r1.prompts import load_prompt
from clinical_r1.questions import Question
from clinical_r1.sources import has_splits
from clinical_r1.train.distil.near_duplicates import Pair, near_duplicates
from clinical_r1.train.distil.rejection import KEEP
from clinical_r1.train.distil.teacher import check_passed_on
from clinical_r1.train.halves import Halves, halves, shared


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
    """Attempts a question."""
    per_question: int = 1
    """Traces a question, at most."""
    keep: str = "both"
    """See `clinical_r1.train.distil.rejection.KEEP`."""
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
            raise UserError(f"--keep {self.keep}: allowed are {', '.join(KEEP)}")
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
    split = halves(training.questions, job.seed)
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
        raise UserError(f"--test {given}: allowed are {', '.join(BENCHMARKS)}, each also as BENCHMARK=FILE")
    test = load(benchmark, dataset or None, on_bad_record="skip")
    return TestSet(benchmark, test, near_duplicates(training, test.questions))
