"""How much memory a GPU needs for a recipe: an estimate before anything is loaded, from formulas and not measured.

Fragmentation, the CUDA context and buffers for communication come on top.

Per trained parameter mixed precision takes 16 bytes: 4 for the weight in float32, 4 for its gradient, 8 for AdamW's two
moments. (DeepSpeed counts the same 16 as 2 + 2 + 12: Rajbhandari et al. 2020, ZeRO, section 3.1.) What is frozen rests
in the recipe's precision.
"""

import json
import math
import re
import struct
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from clinical_r1.errors import UserError
from clinical_r1.train.recipes.schema import Recipe, RlRecipe

Sharding = Literal["none", "zero2", "zero3"]
"""What `accelerate launch` divides among the GPUs: nothing, gradients and optimizer (ZeRO-2), all (ZeRO-3, FSDP)."""

LAYER_VALUES = 17
"""Activations that a layer keeps for the backward pass, in units of tokens x hidden size: 34 bytes of two (Korthikanti
et al. 2022, section 4.1, without the attention scores, which fused attention does not keep)."""

LOGIT_SLICE = (4096, 32_768)
"""TRL 1.16 computes log probabilities in slices of so many tokens and words and never holds all logits."""


@dataclass(frozen=True)
class ModelSize:
    """What is known about a model without loading it; None is unknown."""

    parameters: int | None = None
    hidden: int | None = None
    """Width of the residual stream."""
    layers: int | None = None
    vocabulary: int | None = None
    linear: int | None = None
    """Inputs plus outputs, summed over the linear layers: an adapter has `rank` times as many parameters."""


KNOWN = {"Qwen/Qwen2.5-3B-Instruct": ModelSize(3_085_938_688, 2048, 36, 151_936, 1_870_848)}
"""Hub models whose size stands here, because without a network it cannot be looked up."""


@dataclass(frozen=True)
class Memory:
    """Bytes on each GPU; None where the model's size is unknown."""

    weights: float | None
    """4 a trained parameter; under LoRA 2 (bf16) or 4 (fp32) a frozen one, and 4 a parameter of the adapters."""
    gradients: float | None
    """4 a trained parameter."""
    optimizer: float | None
    """8 a trained parameter (AdamW)."""
    reference: float | None
    """The frozen reference: as large as the weights. None is needed with LoRA, whose adapters are switched off for it,
    nor where `beta` is 0, nor for SFT."""
    activations: float | None
    """`LAYER_VALUES` values a token in each layer; with gradient checkpointing one a layer, and a whole layer once."""
    logits: float | None
    """Two float32 slices of `LOGIT_SLICE`, forward and backward."""
    vllm: float | None
    """A colocated engine takes its share of the whole GPU, and at least its bf16 weights."""

    @property
    def total(self) -> float | None:
        """The sum: what a GPU needs at least; None if a part is unknown."""
        parts = [getattr(self, part.name) for part in fields(self)]
        return None if None in parts else math.fsum(parts)


def estimate(recipe: Recipe, size: ModelSize, processes: int = 1, sharding: Sharding = "none") -> Memory:
    """Estimate what each GPU holds.

    Args:
        recipe: See `clinical_r1.train.recipes.load`.
        size: See `model_size`.
        processes: GPUs that train.
        sharding: What is divided among them.

    Examples:
        >>> from clinical_r1.train.recipes import load
        >>> one = estimate(load("crpo"), ModelSize(parameters=1000))
        >>> one.weights, one.gradients, one.optimizer, one.reference
        (4000.0, 4000.0, 8000.0, 4000.0)
    """
    lora = recipe.lora
    trained = _times(size.linear, lora.rank) if lora else size.parameters
    frozen_bytes = 2 if recipe.precision == "bf16" else 4
    base = _times(size.parameters, frozen_bytes) if lora else 0
    weights = None if trained is None or base is None else base + 4 * trained
    has_reference = isinstance(recipe, RlRecipe) and recipe.beta > 0 and not lora
    all_shared = processes if sharding == "zero3" else 1
    state_shared = 1 if sharding == "none" else processes
    parts = (
        _times(weights, 1 / all_shared),
        _times(trained, 4 / state_shared),
        _times(trained, 8 / state_shared),
        _times(weights, 1 / all_shared) if has_reference else 0.0,
        _activations(recipe, size),
        _logits(recipe, size),
    )
    return Memory(*parts, _vllm(recipe, size, parts))


def _times(number: float | None, factor: float) -> float | None:
    return None if number is None else number * factor


def _tokens(recipe: Recipe) -> int:
    if isinstance(recipe, RlRecipe):
        return recipe.device_batch * (recipe.data.max_prompt_tokens + recipe.max_completion_tokens)
    return recipe.device_batch * recipe.max_tokens


def _activations(recipe: Recipe, size: ModelSize) -> float | None:
    if size.hidden is None or size.layers is None:
        return None
    value = (2 if recipe.precision == "bf16" else 4) * _tokens(recipe) * size.hidden
    kept = size.layers + LAYER_VALUES if recipe.gradient_checkpointing else size.layers * LAYER_VALUES
    return float(value * kept)


def _logits(recipe: Recipe, size: ModelSize) -> float | None:
    if size.vocabulary is None:
        return None
    tokens, words = LOGIT_SLICE
    return float(2 * 4 * min(_tokens(recipe), tokens) * min(size.vocabulary, words))


def _vllm(recipe: Recipe, size: ModelSize, others: tuple[float | None, ...]) -> float | None:
    if not isinstance(recipe, RlRecipe) or recipe.vllm is None or recipe.vllm.mode == "server":
        return 0.0
    if size.parameters is None or None in others:
        return None
    share = recipe.vllm.gpu_memory
    rest = math.fsum(part for part in others if part is not None)
    return max(rest * share / (1 - share), 2 * size.parameters / recipe.vllm.tensor_parallel)


def model_size(model: str) -> ModelSize:
    """Find out a model's size without loading it and without a network.

    A folder is measured exactly, from the shapes in its safetensors files and its `config.json`. Of a hub id only what
    `KNOWN` has, or the parameters that its name states (`8B`, `360M`), is known.

    Raises:
        UserError: If a folder's files cannot be read.

    Examples:
        >>> model_size("m42-health/Llama3-Med42-8B").parameters
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
        hidden, layers, vocabulary = (config.get(k) for k in ("hidden_size", "num_hidden_layers", "vocab_size"))
    except (OSError, ValueError, struct.error, AttributeError) as error:
        raise UserError(f"model={folder}: cannot be measured: {error}") from error
    # Embeddings and the output layer are not adapted.
    linear = [shape for name, shape in shapes if len(shape) == 2 and "embed" not in name and "lm_head" not in name]
    if not shapes:
        return ModelSize(None, hidden, layers, vocabulary)
    return ModelSize(sum(math.prod(s) for _, s in shapes), hidden, layers, vocabulary, sum(map(sum, linear)))


def _shapes(file: Path) -> dict[str, list[int]]:
    """Name of each tensor -> its shape, from the file's header: 8 bytes with the length of the JSON that follows."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    return {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
