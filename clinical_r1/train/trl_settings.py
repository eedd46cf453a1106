"""What the cold start and RL tell TRL alike."""

import os
import socket
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from accelerate.logging import get_logger
from jinja2 import TemplateError
from peft import LoraConfig
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PretrainedConfig, PreTrainedTokenizerBase
from transformers.utils import is_torch_bf16_gpu_available

from clinical_r1.errors import UserError, nearest
from clinical_r1.train.checkpoints import ending_tokens
from clinical_r1.train.recipe import Recipe, RlRecipe, SftRecipe

_log = get_logger(__name__)  # one of several processes speaks


def shared_settings(recipe: Recipe) -> dict[str, Any]:
    """Arguments that both trainers take."""
    bf16 = recipe.precision == "bf16"
    # Adapters leave the base model frozen, which may then rest in bf16; trained weights stay in float32 under autocast.
    dtype = "bfloat16" if bf16 and recipe.lora else "float32"
    return {
        "output_dir": recipe.output,
        "seed": recipe.seed,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.max_steps or -1,
        "learning_rate": recipe.learning_rate,
        "adam_beta2": recipe.adam_beta2,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": recipe.warmup_steps,
        "per_device_train_batch_size": recipe.device_batch,
        "bf16": bf16,
        "model_init_kwargs": {"dtype": dtype},
        "gradient_checkpointing": recipe.gradient_checkpointing,
        "logging_steps": 1,
        "save_steps": recipe.save_steps,
        "save_total_limit": recipe.keep_checkpoints,
        "report_to": list(recipe.report_to),
        "disable_tqdm": True,  # our own bar shows reward and KL
    }


def check_precision(recipe: Recipe) -> None:
    """Refuse bf16 where nothing can train in it.

    Raises:
        UserError: If the recipe asks for bf16 and there is no such GPU.
    """
    if recipe.precision == "bf16" and not is_torch_bf16_gpu_available():
        raise UserError("precision=bf16: there is no GPU here that trains in it; allowed here: precision=fp32")


def check_helpers(recipe: Recipe) -> None:
    """Refuse trackers and vLLM where they are not there; TRL would, once all models are loaded.

    Raises:
        UserError: With what brings them, and the way without.
    """
    if missing := [tracker for tracker in recipe.report_to if find_spec(tracker) is None]:
        raise UserError(f"report_to={missing[0]}: is not installed (pip install {missing[0]}); or leave it out")
    vllm = recipe.vllm if isinstance(recipe, RlRecipe) else None
    if vllm is None:
        return
    without = "or sample with transformers, many times slower: vllm=null"
    if find_spec("vllm") is None:
        raise UserError(
            f"vllm.mode={vllm.mode}: needs vLLM in this environment, install the extra vllm (pip install "
            f"'clinical-r1[train,vllm]'); {without}"
        )
    if vllm.mode == "server":
        try:
            socket.create_connection((vllm.host, vllm.port), timeout=10).close()
        except OSError as error:
            raise UserError(
                f"vllm.host={vllm.host}, vllm.port={vllm.port}: nobody answers ({error}); {without}"
            ) from error


def processes() -> int:
    """Processes of this run, as `accelerate launch` sets them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def adapters(recipe: Recipe) -> LoraConfig | None:
    """The recipe's LoRA configuration, if any.

    Raises:
        UserError: As `configuration`, about `peft`.
    """
    if recipe.lora is None:
        return None
    lora = recipe.lora
    ours = {"r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": lora.dropout, "task_type": "CAUSAL_LM"}
    return configuration(LoraConfig, ours, {"target_modules": "all-linear"} | recipe.peft, "peft")


OUR_KEYS = {
    "r": "lora.rank",
    "num_train_epochs": "epochs",
    "lr_scheduler_type": "schedule",
    "per_device_train_batch_size": "device_batch",
    "gradient_accumulation_steps": "device_batch, and what an update holds",
    "steps_per_generation": "prompts_per_batch",
    "bf16": "precision",
    "model_init_kwargs": "precision",
    "save_total_limit": "keep_checkpoints",
    "max_length": "max_tokens",
    "num_generations": "rollouts",
    "reward_weights": "rewards",
    "multi_objective_aggregation": "aggregation",
    "max_completion_length": "max_completion_tokens",
    "use_vllm": "vllm",
    "generation_kwargs": "vllm",
}
"""Arguments of TRL and PEFT -> the key of a recipe that sets them, where it has another name."""


def configuration(kind: type[Any], ours: dict[str, Any], given: dict[str, Any], section: str) -> Any:
    """A configuration of TRL or PEFT: what our keys say, and what a section of the recipe adds by its names there.

    Raises:
        UserError: If a name is none of the installed version or is set by a key of ours, or a value cannot be.
    """
    allowed = [field.name for field in fields(kind) if field.init and field.name not in ours]
    for name in given:
        if name in ours:
            by = OUR_KEYS.get(name, name.replace("vllm_", "vllm.") if name.startswith("vllm_") else name)
            raise UserError(f"{section}.{name}: is set by the recipe's own {by}")
        if name not in allowed:
            raise UserError(f"{section}.{name}: {kind.__name__} has no such argument{nearest(name, allowed)}")
    try:
        return kind(**ours, **given)
    except (TypeError, ValueError) as error:
        raise UserError(f"{section}: {' '.join(str(error).split())}") from error


def tokenizer_of(recipe: Recipe) -> PreTrainedTokenizerBase:
    """The tokenizer of the recipe's model, with a chat template whose replies end where TRL ends them.

    Raises:
        UserError: If the model is not there, no chat template is, or a cold start would not learn to end.
    """
    try:
        config = AutoConfig.from_pretrained(recipe.model)
        tokenizer = AutoTokenizer.from_pretrained(recipe.model, padding_side="left")
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"model={recipe.model}: cannot be loaded as a folder or from the hub ({reason})") from error
    if recipe.chat_template is not None:
        try:
            tokenizer.chat_template = Path(recipe.chat_template).read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"chat_template={recipe.chat_template}: cannot be read ({error.strerror})") from error
    if tokenizer.chat_template is None:
        raise UserError(
            f"model={recipe.model}: its tokenizer has no chat template; name a Jinja file as chat_template="
        )
    _end_replies(recipe, tokenizer, config)
    return tokenizer


def _end_replies(recipe: Recipe, tokenizer: PreTrainedTokenizerBase, config: PretrainedConfig) -> None:
    """Make the token with which the template ends a reply one that ends a text: else every rollout of a base model runs
    to the limit. TRL takes it from this tokenizer, and whatever samples later from the one saved with the model.
    """
    try:
        end = reply_end(tokenizer)
    except TemplateError as error:
        named = f"chat_template={recipe.chat_template}" if recipe.chat_template else f"model={recipe.model}"
        raise UserError(f"{named}: the chat template cannot be rendered ({error})") from error
    if end is None:
        said = f"model={recipe.model}: its chat template ends a reply with no special token of its tokenizer"
        remedy = "a Jinja file as chat_template= that writes one, such as {{ eos_token }}, behind each reply"
        if isinstance(recipe, SftRecipe):
            raise UserError(f"{said}, so that no trace shows where to end; name {remedy}")
        _log.warning(f"{said}; completions that run to the limit want {remedy}")
        return
    try:
        generation = GenerationConfig.from_pretrained(recipe.model)
    except OSError:
        generation = GenerationConfig.from_model_config(config)
    if tokenizer.convert_tokens_to_ids(end) not in ending_tokens(tokenizer, generation):
        _log.warning(
            f"model={recipe.model}: its chat template ends a reply with {end}, the model with {tokenizer.eos_token}; "
            f"{end} ends texts too from here on, and is the end-of-text token of the tokenizer that is saved"
        )
        tokenizer.eos_token = end


def reply_end(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """The token with which a chat template ends a reply: the first special one behind its text, for some templates
    close the whole chat with another. None if there is none.
    """
    reply = "Reply."
    chat = [{"role": "user", "content": "Question?"}, {"role": "assistant", "content": reply}]
    behind = str(tokenizer.apply_chat_template(chat, tokenize=False)).rpartition(reply)[2]
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    special |= set(tokenizer.all_special_ids)
    ids = tokenizer(behind, add_special_tokens=False)["input_ids"]
    return next((str(tokenizer.convert_ids_to_tokens(number)) for number in ids if number in special), None)


def prepare_cpu(threads: int) -> None:
    """Without a GPU, keep to the recipe's threads: on small machines more of them are slower, not faster."""
    if not torch.cuda.is_available():
        torch.set_num_threads(threads)
