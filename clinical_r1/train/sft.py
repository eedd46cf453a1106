"""The cold start: supervised fine-tuning on a teacher's traces, with early stopping on held-out traces.

The recipe `cold_start` has the settings of Clinical-R1's released code (arXiv 2512.00601); docs/training.md lists them.
"""

import random
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import EarlyStoppingCallback
from trl import SFTConfig, SFTTrainer

from clinical_r1.train.data import Manifest, read_traces, traces_manifest
from clinical_r1.train.dry_run import gradient_accumulation_steps
from clinical_r1.train.recipe import SftRecipe
from clinical_r1.train.record import Record
from clinical_r1.train.trl_settings import adapters, configuration, processes, shared_settings, tokenizer_of


def sft_trainer(recipe: SftRecipe, resumed_at: int) -> tuple[SFTTrainer, Manifest]:
    """The trainer of a cold start, ready to run, and what it trains on.

    The loss is that of the completions alone. The held-out traces are a seeded choice; the checkpoint with the lowest
    loss on them is the one that is kept.

    Raises:
        UserError: If the traces or the model cannot be used.
    """
    path = Path(recipe.traces)
    learn, held_out = split_traces(read_traces(path), recipe.held_out, recipe.seed)
    ours = shared_settings(recipe) | {
        "gradient_accumulation_steps": gradient_accumulation_steps(recipe, processes()),
        "max_length": recipe.max_tokens,
        "eval_strategy": "steps",
        "eval_steps": recipe.save_steps,
        "per_device_eval_batch_size": recipe.device_batch,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
    }
    arguments = configuration(SFTConfig, ours, recipe.trl, "trl")
    trainer = SFTTrainer(
        model=recipe.model,
        args=arguments,
        train_dataset=Dataset.from_list(learn),
        eval_dataset=Dataset.from_list(held_out),
        processing_class=tokenizer_of(recipe),
        peft_config=adapters(recipe),
        callbacks=[Record(Path(recipe.output), resumed_at), EarlyStoppingCallback(recipe.patience)],
    )
    return trainer, traces_manifest(path) | {"traces": len(learn), "traces_held_out": len(held_out)}


def split_traces(traces: list[dict[str, Any]], held_out: float, seed: int) -> tuple[list[Any], list[Any]]:
    """Traces to learn from, and the held-out ones: at least one of each."""
    order = list(range(len(traces)))
    random.Random(f"held out {seed}").shuffle(order)
    count = min(max(1, round(held_out * len(traces))), len(traces) - 1)
    return [traces[place] for place in sorted(order[count:])], [traces[place] for place in sorted(order[:count])]
