"""The bench as an Inspect task: planted responses, the judge under test as scorer, the card as metric."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageAssistant, ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from clinical_r1.errors import UserError
from clinical_r1.files import make_folder
from clinical_r1.inspect_private import PrerequisiteError
from clinical_r1.judging.bench.content import LEVELS, Level
from clinical_r1.judging.bench.make import ALL_METRICS, BenchItem, make_bench
from clinical_r1.judging.judge import BACKENDS, PROFILES, Backend, judge_item
from clinical_r1.judging.rubric import Profile
from clinical_r1.judging.scorer import bound_graders, check_allowed
from clinical_r1.metrics import METRICS_OF, Judge

# `card` and what it computes with are imported where they are used: Inspect loads this module with every command.

RECORD = "bench"
"""Key of an item's record in the score's metadata."""
ABOUT = "bench_about"
"""Key of what is said about the run."""


def to_sample(bench: BenchItem) -> Sample:
    """The item as a sample; the response goes into its metadata, from where `planted` takes it."""
    item = bench.item
    about = {"level": bench.level, "control": bench.control, "asks": bench.asks, "kinds": list(bench.kinds)}
    flags = {"has_case": item.has_case, "negated": item.negated, "truncated": item.truncated}
    return Sample(
        id=item.id,
        input=item.stem,
        choices=list(item.options.values()),
        target=item.target,
        metadata={**about, **flags, "planted": item.response},
    )


@solver
def planted(card: str | None = None) -> Solver:
    """Put the planted response where a model's would stand; no model is asked.

    Args:
        card: Folder for the card. It is made here, because a wrong path should cost no calls, and because a relative
            one would mean another folder while Inspect loads the task.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if card is not None:
            make_folder(Path(card))
        text = state.metadata["planted"]
        state.output = ModelOutput.from_content("planted", text)
        state.messages.append(ChatMessageAssistant(content=text))
        return state

    return solve


def checked(
    n: int,
    seed: int,
    level: Level | None,
    backend: str,
    profile: str,
    metrics: str | Sequence[str] | None,
) -> tuple[BenchItem, ...]:
    """Check the task's arguments and make the bench.

    Raises:
        PrerequisiteError: If an argument is not among its allowed values, or a grader is needed and none is bound.
    """
    try:
        check_allowed(backend=(backend, BACKENDS), profile=(profile, PROFILES))
        asked_metrics(metrics)
        if backend == "llm":
            bound_graders("judge_bench", "-T")
        return make_bench(n, seed, LEVELS if level is None else (level,))
    except UserError as error:
        raise PrerequisiteError(f"judge_bench: {error}") from error


def asked_metrics(metrics: str | Sequence[str] | None) -> dict[Judge, tuple[str, ...]]:
    """Judge -> those of its metrics that are asked for; judges without one are left out.

    Raises:
        UserError: If there is no such metric.
    """
    names = ALL_METRICS if metrics is None else metrics.split(",") if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        check_allowed(metrics=(name, ALL_METRICS))
    asked = {judge: tuple(one for one in own if one in names) for judge, own in METRICS_OF.items()}
    return {judge: own for judge, own in asked.items() if own}


@metric(scores="unreduced")
def judge_card(card: str | None = None) -> Metric:
    """The card's main numbers: F1 per line, false accepts per control item, and the share of replies not read.

    Args:
        card: Folder for the whole card. It is written whenever the numbers are computed, at last with all items.
    """

    def compute(scores: list[SampleScore]) -> Value:
        from clinical_r1.judging.bench.card import headline, make_card, read_record, write_card

        logged = [score.score.metadata or {} for score in sorted(scores, key=lambda one: str(one.sample_id))]
        records = [read_record(metadata[RECORD]) for metadata in logged if RECORD in metadata]
        if not records:
            return {}
        made = make_card(records, next((metadata[ABOUT] for metadata in logged if ABOUT in metadata), {}))
        if card is not None:
            write_card(made, Path(card))
        return headline(made)

    return compute


@scorer(metrics=[judge_card()])
def against_truth(
    n: int = 300,
    seed: int = 0,
    level: Level | None = None,
    backend: Backend = "llm",
    profile: Profile = "spans",
    metrics: str | Sequence[str] | None = None,
    date: str | None = None,
) -> Scorer:
    """Judge each planted response and compare with the truth.

    The score's value: instances planted, found and matched, over all lines, and whether the replies could be read. Its
    metadata hold the item's record for the card, and what the judges found.
    """
    bench = {one.item.id: one for one in checked(n, seed, level, backend, profile, metrics)}
    asked = asked_metrics(metrics)
    about = {"backend": backend, "profile": profile, "date": date, "seed": seed, "level": level}

    async def score(state: TaskState, target: Target) -> Score:
        from clinical_r1.judging.bench.card import make_record

        one = bench[str(state.sample_id)]
        graders = bound_graders("judge_bench", "-T") if backend == "llm" else []
        judged = {
            judge: await judge_item(one.item, judge, names, backend=backend, profile=profile, graders=graders)
            for judge, names in asked.items()
        }
        record = make_record(one, judged, asked)
        rows = record.hits.values()
        return Score(
            value={
                "planted": sum(row.true for row in rows),
                "found": sum(row.found for row in rows),
                "matched": sum(row.matched or 0 for row in rows),
                "read": float(all(call.unscored is None for call in record.calls.values())),
            },
            explanation="; ".join(filter(None, (call.unscored for call in record.calls.values()))) or None,
            metadata={
                RECORD: asdict(record),
                ABOUT: about,
                "judged": {judge: answer.metadata for judge, answer in judged.items()},
            },
        )

    return score
