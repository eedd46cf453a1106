"""One training run, from a recipe to the folder of the final model; begun again, it goes on where it stopped."""

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from transformers.trainer import TRAINING_ARGS_NAME

from clinical_r1.errors import UserError
from clinical_r1.files import RECIPE, RECORD, disk_error, writable, write_whole
from clinical_r1.train.callbacks import KlStop, Progress
from clinical_r1.train.checkpoints import (
    ADAPTER,
    FINAL,
    MarkWhole,
    NoSamplingDefaults,
    checked,
    finish,
    merge_adapter,
    newest_whole,
    partial_final,
    set_later_aside,
    step_of,
)
from clinical_r1.train.cross_reference import semantic
from clinical_r1.train.data import Manifest
from clinical_r1.train.model_card import CARD, write_card
from clinical_r1.train.recipe import Recipe, RlRecipe, SftRecipe, load, resolved
from clinical_r1.train.reward_functions import Term
from clinical_r1.train.trl_settings import check_helpers, check_precision, prepare_cpu

FREE_KEYS = frozenset(
    "about cpu_threads device_batch gradient_checkpointing keep_checkpoints output report_to save_steps vllm "
    "watch_kl".split()
)
"""Keys that may change between the parts of one run: none of them is part of the gradient."""
GROWING = ("max_steps", "epochs")
"""Keys that may grow, so that a run goes on for longer, where the learning rate does not hang on them."""


def train(
    recipe: Recipe,
    *,
    resume: Path | None = None,
    say: Callable[[str], None] = print,
    watch: Mapping[str, Term] = MappingProxyType({}),
) -> Path:
    """Train as a recipe says.

    A run that was stopped goes on from its newest whole checkpoint, a finished one is left as it is.

    Args:
        recipe: The run.
        resume: A checkpoint to go on from, of this run or another; the newest of this run by default.
        say: Receives a line now and then.
        watch: Column of the record -> what a sample of rollouts is asked (see `clinical_r1.train.record`).

    Returns:
        Folder of the final model: whole weights and tokenizer, adapters merged, with its card and recipe.

    Raises:
        UserError: If the recipe's model, data, detector, precision or output cannot be used, vLLM is missing, the disk
            is full, or the KL guard stopped the run; the message names the checkpoint that is left.
    """
    state = PartialState()
    main = state.is_main_process
    tell = say if main else lambda _: None
    output = Path(recipe.output)
    check_precision(recipe)
    check_helpers(recipe)
    if isinstance(recipe, RlRecipe) and recipe.cross_reference == "semantic":
        semantic()  # kept, and used for every completion: a run without its model ends before it has begun
    if main:
        _claim(output, recipe)
    state.wait_for_everyone()
    if _is_finished(output, recipe) and resume is None:
        tell(f"{output}: finished before")
        return output / FINAL
    checkpoint = newest_whole(output) if resume is None else checked(resume)
    if len(set(gather_object([str(checkpoint)]))) > 1:
        raise UserError(f"output={output}: processes find different checkpoints; it must be on a disk that all share")
    resumed_at = step_of(checkpoint) if checkpoint else 0
    if main and checkpoint:
        tell(f"going on from {checkpoint}")
        for path in set_later_aside(output, resumed_at):
            tell(f"set aside: {path}")
    prepare_cpu(recipe.cpu_threads)
    progress = Progress()
    try:
        trainer, data = _trainer(recipe, checkpoint, resumed_at, watch)
        for callback in (progress, NoSamplingDefaults(), MarkWhole()):
            trainer.add_callback(callback)
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            progress.close()
        _refuse_collapse(trainer, output, recipe)
        final = _save(trainer, recipe, data, output, main)
    except Exception as error:  # of any class: safetensors, torch and tokenizers each have their own for a full disk
        if (reason := _mendable(error, recipe)) is None:
            raise
        left = newest_whole(output)
        whole = f"{left} is whole, and the same command goes on from it" if left else "no whole checkpoint yet"
        raise UserError(f"{reason}; {whole}") from error
    state.wait_for_everyone()
    return final


def _claim(output: Path, recipe: Recipe) -> None:
    """Make the output folder this recipe's own, or refuse if it is another's."""
    path = output / RECIPE
    with writable(f"output={output}"):
        output.mkdir(parents=True, exist_ok=True)
        # A start that failed before its first update, for want of memory or of a server, claims nothing.
        has_begun = (output / RECORD).is_file() or (output / FINAL).is_dir() or newest_whole(output) is not None
        if path.is_file() and has_begun and (changes := _changes(load(path), recipe)):
            raise UserError(
                f"output={output}: holds the run of another recipe ({', '.join(changes)}); name another output="
            )
        write_whole(path, resolved(recipe))


def _changes(begun: Recipe, recipe: Recipe) -> list[str]:
    """What makes a recipe another one than that with which a run was begun."""
    before, now = begun.model_dump(), recipe.model_dump()
    free = set(FREE_KEYS)
    if now.get("loss_type") == "bnpo":  # the one loss that is a mean over what a device holds
        free.remove("device_batch")
    if recipe.schedule.startswith("constant") and _length(before) <= _length(now):
        free |= set(GROWING)
    keys = sorted((before.keys() | now.keys()) - free)
    return [f"{key}: {before.get(key)} -> {now.get(key)}" for key in keys if before.get(key) != now.get(key)]


def _length(recipe: dict[str, Any]) -> tuple[float, float]:
    """How long a run may go on; `max_steps` ends it before `epochs` do."""
    return recipe["max_steps"] or math.inf, recipe["epochs"]


def _is_finished(output: Path, recipe: Recipe) -> bool:
    """Whether the final model is that of a run as long as this."""
    done = output / FINAL / RECIPE
    if not done.is_file():  # of a run before final models had their recipe
        return (output / FINAL).is_dir()
    return _length(load(done).model_dump()) >= _length(recipe.model_dump())


def _mendable(error: Exception, recipe: Recipe) -> str | None:
    """What a user can do about an error in a run; None for an error that is ours."""
    if reason := disk_error(error.__cause__ or error):
        return f"output={recipe.output}: cannot be written ({reason})"
    said = " ".join(str(error).split())[:200]
    if isinstance(error, torch.OutOfMemoryError):
        engine = ", vllm.gpu_memory" if isinstance(recipe, RlRecipe) and recipe.vllm else ""
        remedies = f"lower device_batch{engine}, or gradient_checkpointing=true, or adapters (lora)"
        return f"out of GPU memory ({said}); {remedies}"
    if isinstance(error, torch.distributed.DistError):
        return f"the processes of this run lost each other ({said}); see the first process that ended"
    if isinstance(error, ConnectionError):
        return f"a server does not answer ({said})"
    return None


def _trainer(
    recipe: Recipe, checkpoint: Path | None, resumed_at: int, watch: Mapping[str, Term]
) -> tuple[Any, Manifest]:
    from transformers import PrinterCallback

    if isinstance(recipe, SftRecipe):
        from clinical_r1.train.sft import sft_trainer

        trainer, data = sft_trainer(recipe, resumed_at)
    else:
        from clinical_r1.train.crpo import rl_trainer

        trainer, data = rl_trainer(recipe, checkpoint, resumed_at, watch)
    trainer.remove_callback(PrinterCallback)
    trainer.create_model_card = lambda **_: None  # TRL's, at every checkpoint, knows neither model nor data
    return trainer, data


def _refuse_collapse(trainer: Any, output: Path, recipe: Recipe) -> None:
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, KlStop) and callback.stopped_at is not None:
            left = newest_whole(output)
            raise UserError(
                f"kl_guard: kl {callback.kl:.3g} at update {callback.stopped_at}, above limit="
                f"{callback.settings.limit} for {callback.settings.patience} updates; last good model: "
                f"{left or recipe.model}; lower learning_rate or raise beta, and name another output="
            )


def _save(trainer: Any, recipe: Recipe, data: Manifest, output: Path, main: bool) -> Path:
    partial = partial_final(output)
    if main:
        shutil.rmtree(partial, ignore_errors=True)
    if recipe.lora is None:
        trainer.save_model(str(partial))  # by all processes: sharded weights are gathered
    else:
        trainer.save_model(str(output / ADAPTER))
        if main:
            merge_adapter(recipe.model, output / ADAPTER, partial)
    if main:
        (output / ADAPTER / CARD).unlink(missing_ok=True)  # PEFT's form, not filled in
        for folder in (partial, output / ADAPTER):
            (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)  # a pickle; the recipe says the same
        write_card(recipe, data, partial)
        finish(output)
    return output / FINAL
