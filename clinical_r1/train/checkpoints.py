"""Checkpoints that are whole, and the final model.

A killed run or a full disk leaves a checkpoint half written. Only one that carries the mark written after it is whole.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from transformers import GenerationConfig, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole

MARK = "whole.json"
FINAL = "final"
ADAPTER = "adapter"


class NoSamplingDefaults(TrainerCallback):
    """Takes a base model's sampling defaults out of what is trained and saved."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Here, once transformers has told the model the tokenizer's special tokens."""
        drop_sampling_defaults(given["model"], given["processing_class"])


def drop_sampling_defaults(model: Any, tokenizer: Any) -> None:
    """Leave of a model's generation settings the tokens that end and pad a text alone.

    Whatever samples from the saved model fills in from them what it is not told: evaluation would have, say, the base's
    repetition penalty, which training did not have and which punishes the cross-references that CRPO trains.
    """
    ends = ending_tokens(tokenizer, model.generation_config)
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id)


def ending_tokens(tokenizer: Any, generation: Any) -> list[int]:
    """Ids of all tokens that end a text: the tokenizer's, and those of a model's generation settings."""
    ends = generation.eos_token_id
    known = [tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])]
    return list(dict.fromkeys(end for end in known if end is not None))


class MarkWhole(TrainerCallback):
    """Marks a checkpoint once all of it is written. The last of the callbacks, so that it covers their files too."""

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Write the mark: the files and their sizes."""
        if state.is_world_process_zero:
            folder = checkpoint_folder(args, state)
            files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MARK)
            sizes = {str(file.relative_to(folder)): file.stat().st_size for file in files}
            write_whole(folder / MARK, json.dumps(sizes, indent=1))


def checkpoint_folder(args: TrainingArguments, state: TrainerState) -> Path:
    """Where the checkpoint of the current step is."""
    return Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"


def step_of(checkpoint: Path) -> int:
    """Updates done at a checkpoint."""
    return int(checkpoint.name.rpartition("-")[2])


def is_whole(checkpoint: Path) -> bool:
    """Whether everything that was written is still there at its size."""
    try:
        sizes = json.loads((checkpoint / MARK).read_text(encoding="utf-8"))
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def newest_whole(output: Path) -> Path | None:
    """The newest whole checkpoint of a run, if any."""
    return max(filter(is_whole, _checkpoints(output)), key=step_of, default=None)


def _checkpoints(output: Path) -> list[Path]:
    return sorted(path for path in output.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if path.name.rpartition("-")[2].isdigit())


def checked(checkpoint: Path) -> Path:
    """A checkpoint that somebody named.

    Raises:
        UserError: If it is not there or not whole.
    """
    if not checkpoint.is_dir():
        raise UserError(f"--resume {checkpoint}: no such folder")
    if not is_whole(checkpoint):
        raise UserError(f"--resume {checkpoint}: is not a whole checkpoint (no {MARK}, or files of another size)")
    return checkpoint


def set_later_aside(output: Path, step: int) -> list[Path]:
    """Rename what a run wrote after a step, so that a resumed run cannot take it for its own.

    Returns:
        The new names.
    """
    moved = []
    for path in _checkpoints(output):
        if step_of(path) > step:
            aside = path.with_name(f"superseded-{path.name}")
            shutil.rmtree(aside, ignore_errors=True)
            moved.append(path.rename(aside))
    return moved


def partial_final(output: Path) -> Path:
    """Where the final model is written before it is whole."""
    return output / f"{FINAL}.partial"


def finish(output: Path) -> Path:
    """Give the final model its name; one that was there before (a run begun again from a checkpoint) gives way."""
    shutil.rmtree(output / FINAL, ignore_errors=True)
    return partial_final(output).rename(output / FINAL)


def merge_adapter(base: str, adapter: Path, folder: Path) -> None:
    """Write the base model with an adapter merged into its weights, in the base's precision, and the tokenizer.

    Args:
        base: Folder or hub id of the base model.
        adapter: Folder of the adapter and tokenizer.
        folder: Where to write.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    dtype = AutoConfig.from_pretrained(base).dtype or torch.float32  # of the files: loading sets that of the model
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merged = PeftModel.from_pretrained(model, adapter).merge_and_unload()  # in float32: merging in bf16 loses bits
    tokenizer = AutoTokenizer.from_pretrained(adapter)
    drop_sampling_defaults(merged, tokenizer)
    merged.to(dtype).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
