"""What `--dry-run` shows: the whole recipe, what it comes to, and the memory it takes. Nothing heavy is loaded."""

from dataclasses import fields
from pathlib import Path

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.sources import has_splits
from clinical_r1.train.data import read_traces, training_questions
from clinical_r1.train.recipes import resolved
from clinical_r1.train.recipes.memory import Memory, ModelSize, Sharding, estimate, model_size
from clinical_r1.train.recipes.plan import gradient_accumulation_steps, plan, steps_per_generation
from clinical_r1.train.recipes.schema import Data, Recipe, RlRecipe

TRAINING_ROWS = {"medqa": 10_178, "medmcqa": 182_822}
"""Records of the split `train` on the hub, for counts without a network; MedXpertQA has no such split."""

SHARDINGS: dict[Sharding, str] = {"none": "whole copies", "zero2": "ZeRO-2", "zero3": "ZeRO-3, FSDP"}
"""How GPUs can share a model -> the heading of the column."""

UNKNOWN = "unknown"


def dry_run(recipe: Recipe, processes: int = 1) -> str:
    """The text of a dry run.

    Args:
        recipe: See `clinical_r1.train.recipes.load`.
        processes: Processes that would train, one a GPU.

    Raises:
        UserError: If batch sizes do not divide, or a local data set or model folder cannot be used.
    """
    parts = [resolved(recipe), _counts_table(recipe, processes), _memory_table(recipe, processes)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def count_questions(recipe: Recipe) -> tuple[int | None, str]:
    """Questions of a run, or traces of a cold start, as far as they can be known without a network.

    Returns:
        The number, None if it is unknown, and how it is known or why not.

    Raises:
        UserError: If a local file cannot be used.
    """
    if isinstance(recipe, RlRecipe):
        return _count(recipe.data)
    traces = Path(recipe.traces)
    if not traces.exists():
        return None, f"{traces} is not there yet"
    return len(read_traces(traces)), f"counted in {traces}"


def _count(data: Data) -> tuple[int | None, str]:
    if not has_splits(data.dataset):
        return len(training_questions(data)), f"counted in {data.dataset}; too long prompts are left out later"
    benchmark = BENCHMARKS[data.benchmark]
    rows = benchmark.rows if data.split == benchmark.hub.split else None
    if data.split == "train":
        rows = TRAINING_ROWS.get(data.benchmark)
    if data.dataset not in (None, benchmark.hub.id) or rows is None:
        return None, f"{data.dataset or benchmark.hub.id}, split {data.split}, is not here to be counted"
    part = "all" if data.half == "both" else f"the {data.half} half"
    about = f"at most: {part} of the {rows:,} of {data.benchmark} {data.split}"
    share = rows if data.half == "both" else rows // 2
    return min(share, data.limit or share), about + (f", limit {data.limit:,}" if data.limit else "")


def _counts_table(recipe: Recipe, processes: int) -> str:
    questions, source = count_questions(recipe)
    of = "questions" if isinstance(recipe, RlRecipe) else "traces"
    rows = [(of, UNKNOWN if questions is None else f"{questions:,}", source)]
    if questions is not None:
        rows += _run_rows(recipe, questions)
    rows.append(
        (
            *_number("device batches an update", gradient_accumulation_steps(recipe, processes)),
            _at_once(recipe, processes),
        )
    )
    if isinstance(recipe, RlRecipe):
        rows.append((*_number("device batches a batch of rollouts", steps_per_generation(recipe, processes)), ""))
    return "\n".join(f"{name:<36}{number:>16}   {note}".rstrip() for name, number, note in rows)


def _run_rows(recipe: Recipe, questions: int) -> list[tuple[str, str, str]]:
    run = plan(recipe, questions)
    rows = [(*_number("updates", run.updates), f"at most; {run.updates_an_epoch:,} an epoch")]
    if isinstance(recipe, RlRecipe):
        each = f"{recipe.prompts_per_batch:,} prompts x {recipe.rollouts} rollouts each"
        rows.append((*_number("batches of rollouts", run.batches), each))
        rows.append((*_number("rollouts", run.rollouts), ""))
        rows.append((*_number("tokens sampled", run.sampled_tokens), "at most"))
    rows.append((*_number("tokens trained on", run.trained_tokens), "at most"))
    return rows


def _number(name: str, number: int) -> tuple[str, str]:
    return name, f"{number:,}"


def _at_once(recipe: Recipe, processes: int) -> str:
    return f"{processes} processes x {recipe.device_batch} sequences at once"


def _memory_table(recipe: Recipe, processes: int) -> str:
    size = model_size(recipe.model)
    if size.parameters is None:
        return f"memory: unknown, the size of {recipe.model} is not known without loading it"
    columns = {name: estimate(recipe, size, processes, kind) for kind, name in SHARDINGS.items()}
    if processes == 1:
        columns = {"one GPU": columns[SHARDINGS["none"]]}
    lines = ["".join([f"{'GiB a GPU, an estimate':<36}", *(f"{name:>16}" for name in columns)])]
    names = [part.name for part in fields(Memory)]
    lines += [_memory_line(name, [getattr(memory, name) for memory in columns.values()]) for name in names]
    lines.append(_memory_line("a GPU needs at least", [memory.total for memory in columns.values()]))
    return "\n".join([*lines, *_remarks(size)])


def _memory_line(name: str, found: list[float | None]) -> str:
    return f"{name:<36}" + "".join(f"{UNKNOWN if part is None else f'{part / 2**30:.1f}':>16}" for part in found)


def _remarks(size: ModelSize) -> list[str]:
    known = size.hidden is not None and size.linear is not None
    return [] if known else ["unknown: only the number of parameters is known, from the model's name"]
