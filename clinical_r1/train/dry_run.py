"""Cost of a recipe before anything is loaded: updates, rollouts, tokens and memory, and the text of `--dry-run`.

TRL is told two numbers that follow from a recipe and the number of processes: `gradient_accumulation_steps`, the
device batches in an update, and `steps_per_generation`, the device batches in a batch of rollouts. Neither needs the
number of questions.

Memory per GPU is an estimate from formulas and not measured. Fragmentation, the CUDA context and buffers for
communication come on top. Per trained parameter mixed precision takes 16 bytes: 4 for the weight in float32, 4 for its
gradient, 8 for AdamW's two moments. (DeepSpeed counts the same 16 as 2 + 2 + 12: Rajbhandari et al. 2020, ZeRO, section
3.1.) What is frozen rests in the recipe's precision.
"""

import json
import math
import re
import struct
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.datasets.read import has_splits
from clinical_r1.errors import UserError
from clinical_r1.train.data import read_traces, training_questions
from clinical_r1.train.recipe import Recipe, RlRecipe, SftRecipe, divisors, resolved


# --- updates, rollouts, tokens ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Plan:
    """Updates, rollouts and tokens of a run."""

    questions: int
    """Questions (RL), or traces that are trained on (SFT)."""
    updates_per_epoch: int
    """Optimizer steps per epoch."""
    updates: int
    """Optimizer steps of the run at most; early stopping and the KL guard may end it before."""
    batches: int
    """Batches of rollouts sampled; 0 for SFT."""
    rollouts: int
    """Completions sampled; 0 for SFT."""
    sampled_tokens: int
    """Tokens sampled at most: every completion at its limit; 0 for SFT."""
    trained_tokens: int
    """Tokens that the optimizer sees at most: every prompt and completion, or trace, at its limit."""


def plan(recipe: Recipe, questions: int) -> Plan:
    """Count what a run comes to.

    Args:
        recipe: See `clinical_r1.train.recipe.load`.
        questions: Questions of the data set after `half` and `limit`; for SFT the traces.

    Raises:
        UserError: If there are fewer questions than a batch needs.

    Examples:
        >>> from clinical_r1.train.recipe import load
        >>> run = plan(load("crpo"), 5000)
        >>> run.updates_per_epoch, run.updates, run.rollouts
        (256, 5120, 409600)
    """
    return _rl(recipe, questions) if isinstance(recipe, RlRecipe) else _sft(recipe, questions)


def _rl(recipe: RlRecipe, questions: int) -> Plan:
    prompts = recipe.prompts_per_batch
    whole = questions // prompts  # TRL leaves an incomplete batch out
    if not whole:
        raise UserError(f"prompts_per_batch={prompts}: there are {questions} questions; allowed: 1 to {questions}")
    updates = _updates(recipe, whole * recipe.updates_per_batch)
    batches = math.ceil(updates / recipe.updates_per_batch)
    rollouts = batches * prompts * recipe.rollouts
    return Plan(
        questions=questions,
        updates_per_epoch=whole * recipe.updates_per_batch,
        updates=updates,
        batches=batches,
        rollouts=rollouts,
        sampled_tokens=rollouts * recipe.max_completion_tokens,
        trained_tokens=updates * recipe.sequences_per_update * recipe.longest,
    )


def _sft(recipe: SftRecipe, traces: int) -> Plan:
    held_out = max(1, round(recipe.held_out * traces))
    trained = traces - min(held_out, traces - 1)
    if traces < 2:
        raise UserError(f"{recipe.traces}: {traces} traces; at least 2 are needed, one of them held out")
    updates_per_epoch = math.ceil(trained / recipe.batch)
    updates = _updates(recipe, updates_per_epoch)
    seen = min(updates * recipe.batch, math.ceil(trained * recipe.epochs))
    return Plan(trained, updates_per_epoch, updates, 0, 0, 0, seen * recipe.max_tokens)


def _updates(recipe: Recipe, an_epoch: int) -> int:
    updates = math.ceil(an_epoch * recipe.epochs)
    return min(updates, recipe.max_steps or updates)


def gradient_accumulation_steps(recipe: Recipe, processes: int = 1) -> int:
    """Device batches in an update.

    Args:
        recipe: See `clinical_r1.train.recipe.load`.
        processes: Processes that train, one per GPU.

    Raises:
        UserError: If `device_batch` times `processes` does not divide the sequences of an update; with what would.

    Examples:
        >>> from clinical_r1.train.recipe import load
        >>> gradient_accumulation_steps(load("crpo"), processes=8)
        5
    """
    if processes < 1:
        raise UserError(f"processes={processes}: allowed is a whole number from 1")
    sequences = recipe.sequences_per_update
    if sequences % (recipe.device_batch * processes) == 0:
        return sequences // (recipe.device_batch * processes)
    parts = "prompts_per_update x rollouts" if isinstance(recipe, RlRecipe) else "batch"
    wrong = f"device_batch={recipe.device_batch} on {processes} processes does not divide the {sequences} of {parts}"
    if sequences % processes:
        raise UserError(f"{wrong}; allowed numbers of processes: {divisors(sequences)}")
    raise UserError(f"{wrong}; allowed: device_batch of {divisors(sequences // processes)}")


def steps_per_generation(recipe: RlRecipe, processes: int = 1) -> int:
    """Device batches in a batch of rollouts.

    `device_batch * processes * steps_per_generation` is `prompts_per_batch * rollouts`: whole groups, as TRL demands.

    Raises:
        UserError: As `gradient_accumulation_steps`.
    """
    return gradient_accumulation_steps(recipe, processes) * (recipe.prompts_per_batch // recipe.prompts_per_update)


# --- memory -----------------------------------------------------------------------------------------------------------
Sharding = Literal["none", "zero2", "zero3"]
"""What `accelerate launch` divides among the GPUs: nothing, gradients and optimizer (ZeRO-2), all (ZeRO-3, FSDP)."""

LAYER_VALUES = 17
"""Activations that a layer keeps for the backward pass, in units of tokens x hidden size: 34 bytes of two (Korthikanti
et al. 2022, section 4.1, without the attention scores, which fused attention does not keep)."""

SAMPLED = 4
"""Device batches that are sampled at once without vLLM: sampling keeps less of a sequence than learning does."""

LOGIT_SLICE = (4096, 32_768)
"""TRL 1.16 computes log probabilities in slices of so many tokens and words and never holds all logits."""


@dataclass(frozen=True)
class ModelSize:
    """What is known about a model without loading it; NaN is unknown."""

    parameters: float = math.nan
    hidden: float = math.nan
    """Width of the residual stream."""
    layers: float = math.nan
    vocabulary: float = math.nan
    linear: float = math.nan
    """Inputs plus outputs, summed over the linear layers: an adapter has `rank` times as many parameters."""
    keys: float = math.nan
    """Width of a token's keys in a layer, which is that of its values: heads that share them count once."""


KNOWN = {
    "Qwen/Qwen2.5-3B-Instruct": ModelSize(3_085_938_688, 2048, 36, 151_936, 1_870_848, 256),
    "Qwen/Qwen3-4B": ModelSize(4_022_468_096, 2560, 36, 151_936, 2_064_384, 1024),
    "m42-health/Llama3-Med42-8B": ModelSize(8_030_261_248, 4096, 32, 128_256, 2_621_440, 1024),
}
"""Hub models whose size stands here, because without a network it cannot be looked up."""


@dataclass(frozen=True)
class Memory:
    """Bytes on each GPU; NaN where the model's size is unknown."""

    weights: float
    """4 per trained parameter; under LoRA 2 (bf16) or 4 (fp32) per frozen one, and 4 per parameter of the adapters."""
    gradients: float
    """4 per trained parameter."""
    optimizer: float
    """8 per trained parameter (AdamW)."""
    reference: float
    """The frozen reference: as large as the weights. None is needed with LoRA, whose adapters are switched off for it,
    nor where no KL is measured, nor for SFT."""
    activations: float
    """`LAYER_VALUES` values per token in each layer; with gradient checkpointing one, and a whole layer once."""
    logits: float
    """Two float32 slices of `LOGIT_SLICE`, forward and backward."""
    cache: float
    """Keys and values of `SAMPLED` x `device_batch` sequences, where transformers samples."""
    vllm: float
    """A colocated engine takes its share of the whole GPU, and at least its bf16 weights."""

    @property
    def total(self) -> float:
        """The sum: what a GPU needs at least."""
        return math.fsum(astuple(self))


def estimate(recipe: Recipe, size: ModelSize, processes: int = 1, sharding: Sharding = "none") -> Memory:
    """Estimate what each GPU holds.

    Examples:
        >>> from clinical_r1.train.recipe import load
        >>> one = estimate(load("crpo"), ModelSize(parameters=1000))
        >>> one.weights, one.gradients, one.optimizer, one.reference
        (4000.0, 4000.0, 8000.0, 4000.0)
    """
    lora = recipe.lora
    value_bytes = 2 if recipe.precision == "bf16" else 4
    trained = size.linear * lora.rank if lora else size.parameters
    weights = 4 * trained + (value_bytes * size.parameters if lora else 0)
    has_reference = isinstance(recipe, RlRecipe) and recipe.measures_kl and not lora
    tokens = recipe.device_batch * recipe.longest
    all_shared = processes if sharding == "zero3" else 1
    state_shared = 1 if sharding == "none" else processes
    kept = size.layers + LAYER_VALUES if recipe.gradient_checkpointing else size.layers * LAYER_VALUES
    slice_tokens, slice_words = LOGIT_SLICE
    parts = (
        weights / all_shared,
        4 * trained / state_shared,
        8 * trained / state_shared,
        weights / all_shared if has_reference else 0.0,
        value_bytes * tokens * size.hidden * kept,
        2 * 4 * min(tokens, slice_tokens) * min(size.vocabulary, slice_words),  # `min` keeps NaN where it is the first
    )
    cache = engine = 0.0
    if isinstance(recipe, RlRecipe) and recipe.vllm is None:
        cache = SAMPLED * tokens * 2 * size.layers * size.keys * value_bytes
    elif isinstance(recipe, RlRecipe) and recipe.vllm is not None and recipe.vllm.mode == "colocate":
        share = recipe.vllm.gpu_memory
        engine = max(math.fsum(parts) * share / (1 - share), 2 * size.parameters / recipe.vllm.tensor_parallel)
    return Memory(*parts, cache, engine)


def model_size(model: str) -> ModelSize:
    """Find out a model's size without loading it and without a network.

    A folder is measured exactly, from the shapes in its safetensors files and its `config.json`. Of a hub id only what
    `KNOWN` has, or the parameters that its name states (`8B`, `360M`), is known.

    Raises:
        UserError: If a folder's files cannot be read.

    Examples:
        >>> model_size("owner/model-8B").parameters
        8000000000
    """
    folder = Path(model)
    if folder.is_dir():
        return _measured(folder)
    stated = re.findall(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)([BM])(?![A-Za-z0-9])", model)
    named = ModelSize(round(float(stated[-1][0]) * {"B": 1e9, "M": 1e6}[stated[-1][1]])) if stated else ModelSize()
    return KNOWN.get(model, named)


def _measured(folder: Path) -> ModelSize:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        shapes = [shape for file in sorted(folder.glob("*.safetensors")) for shape in _shapes(file).items()]
        config = config.get("text_config") or config  # of a model that also sees

        def known(name: str, of_gpt2: str) -> float:
            return float(config.get(name, config.get(of_gpt2, math.nan)))

        hidden, layers = known("hidden_size", "n_embd"), known("num_hidden_layers", "n_layer")
        heads, vocabulary = known("num_attention_heads", "n_head"), known("vocab_size", "vocab_size")
        keys = (config.get("num_key_value_heads") or heads) * (config.get("head_dim") or hidden / heads)
    except (OSError, ValueError, TypeError, struct.error, AttributeError) as error:
        raise UserError(f"model={folder}: cannot be measured: {error}") from error
    # Embeddings and the output layer are not adapted.
    linear = [shape for name, shape in shapes if len(shape) == 2 and "embed" not in name and "lm_head" not in name]
    if not shapes:
        return ModelSize(math.nan, hidden, layers, vocabulary, keys=keys)
    return ModelSize(sum(math.prod(s) for _, s in shapes), hidden, layers, vocabulary, sum(map(sum, linear)), keys)


def _shapes(file: Path) -> dict[str, list[int]]:
    """Name of each tensor -> its shape, from the file's header: 8 bytes with the length of the JSON that follows."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    return {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}


# --- what is shown ----------------------------------------------------------------------------------------------------
SHARDINGS: dict[Sharding, str] = {"none": "whole copies", "zero2": "ZeRO-2", "zero3": "ZeRO-3, FSDP"}
"""How GPUs can share a model -> the heading of the column."""

UNKNOWN = "unknown"


def dry_run(recipe: Recipe, processes: int = 1) -> str:
    """The text of a dry run: what it comes to first, then the recipe with every key.

    Raises:
        UserError: If batch sizes do not divide, or a local data set or model folder cannot be used.
    """
    parts = [_counts_table(recipe, processes), _memory_table(recipe, processes), f"# the recipe\n{resolved(recipe)}"]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def count_questions(recipe: Recipe) -> tuple[int | None, str]:
    """Questions of a run, or traces of a cold start, as far as they can be known without a network.

    Returns:
        The number, None if it is unknown, and how it is known or why not.

    Raises:
        UserError: If a local file cannot be used.
    """
    if not isinstance(recipe, RlRecipe):
        traces = Path(recipe.traces)
        if not traces.exists():
            return None, f"{traces} is not there yet"
        return len(read_traces(traces)), f"counted in {traces}"
    data = recipe.data
    if not has_splits(data.dataset):
        return len(
            training_questions(data).questions
        ), f"counted in {data.dataset}; too long prompts are left out later"
    if data.twins is not None:
        return None, f"how many have a twin in {data.twins} is known once they are loaded"
    benchmark = BENCHMARKS[data.benchmark]
    rows = benchmark.rows.get(data.split)
    if data.dataset not in (None, benchmark.hub.id) or rows is None:
        return None, f"{data.dataset or benchmark.hub.id}, split {data.split}, is not here to be counted"
    part = "all" if data.half == "both" else f"the {data.half} half"
    about = f"at most: {part} of the {rows:,} of {data.benchmark} {data.split}"
    share = rows if data.half == "both" else rows // 2
    return min(share, data.limit or share), about + (f", limit {data.limit:,}" if data.limit else "")


def _counts_table(recipe: Recipe, processes: int) -> str:
    questions, source = count_questions(recipe)
    rows = [("questions" if isinstance(recipe, RlRecipe) else "traces", questions, source)]
    if questions is not None:
        run = plan(recipe, questions)
        rows.append(("updates", run.updates, f"at most; {run.updates_per_epoch:,} per epoch"))
        if isinstance(recipe, RlRecipe):
            each = f"{recipe.prompts_per_batch:,} prompts x {recipe.rollouts} rollouts each"
            rows += [("batches of rollouts", run.batches, each), ("rollouts", run.rollouts, "")]
            rows.append(("tokens sampled", run.sampled_tokens, "at most"))
            rows += _held_out_row(recipe, run.updates)
        rows.append(("tokens trained on", run.trained_tokens, "at most"))
    at_once = f"{processes} process{'es' * (processes != 1)} x {recipe.device_batch} sequences at once"
    rows.append(("device batches per update", gradient_accumulation_steps(recipe, processes), at_once))
    if isinstance(recipe, RlRecipe):
        rows.append(("device batches per batch of rollouts", steps_per_generation(recipe, processes), ""))
    return "\n".join(
        f"{name:<36}{UNKNOWN if number is None else f'{number:,}':>16}   {note}".rstrip() for name, number, note in rows
    )


def _held_out_row(recipe: RlRecipe, updates: int) -> list[tuple[str, int | None, str]]:
    if (held := recipe.held_out) is None:
        return []
    every = -(-held.every // recipe.updates_per_batch) * recipe.updates_per_batch
    times = 1 + updates // every  # the first one before any update
    number = held.limit and times * held.limit * held.votes
    return [("held-out answers", number, f"at most: {times} times {held.limit or 'all'} questions x {held.votes}")]


def _memory_table(recipe: Recipe, processes: int) -> str:
    size = model_size(recipe.model)
    if math.isnan(size.parameters):
        return f"memory: unknown, the size of {recipe.model} is not known without loading it"
    columns = {name: estimate(recipe, size, processes, kind) for kind, name in SHARDINGS.items()}
    if processes == 1:
        columns = {"one GPU": columns[SHARDINGS["none"]]}
    rows = {part.name: [getattr(memory, part.name) for memory in columns.values()] for part in fields(Memory)}
    rows["a GPU needs at least"] = [memory.total for memory in columns.values()]
    lines = [f"{'GiB per GPU, an estimate':<36}" + "".join(f"{name:>16}" for name in columns)]
    for name, numbers in rows.items():
        cells = (UNKNOWN if math.isnan(number) else f"{number / 2**30:.1f}" for number in numbers)
        lines.append(f"{name:<36}" + "".join(f"{cell:>16}" for cell in cells))
    if math.isnan(size.hidden) or math.isnan(size.linear):
        lines.append("unknown: of this model only the number of parameters is known")
    return "\n".join(lines)
