"""A recipe and its questions for verl, the way to several machines: data, reward and launch line.

What is written needs from this package only the pure rewards: an install with `--no-deps` beside verl is enough, and no
library is then of another version than verl wants. The keys are those of verl 0.8 and 0.9; before, the reward function
stood elsewhere.
"""

import json
import math
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinical_r1.datasets.questions import Question
from clinical_r1.errors import UserError
from clinical_r1.files import RECIPE, RECORD, writable, write_whole, writing
from clinical_r1.prompts import fill, load_prompt
from clinical_r1.train.data import rollout_row
from clinical_r1.train.dry_run import plan
from clinical_r1.train.recipe import Recipe, RlRecipe, Vllm, divisors, resolved

ACTOR, ROLLOUT = "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
LOSSES = {
    "grpo": "seq-mean-token-mean",
    "bnpo": "token-mean",
    "dapo": "token-mean",
    "dr_grpo": "seq-mean-token-sum-norm",
}
"""`loss_type` -> verl's way to average over tokens."""
TRL = {
    "weight_decay": f"{ACTOR}.optim.weight_decay",
    "entropy_coef": f"{ACTOR}.entropy_coeff",
    "epsilon_high": f"{ACTOR}.clip_ratio_high",
}
"""Arguments in the section `trl` -> verl's keys."""
LOGGED = {
    "critic/score/mean": "reward",
    "actor/kl_loss": "kl",
    "actor/entropy": "entropy",
    "actor/lr": "learning_rate",
    "response_length/mean": "completion_tokens",
    "response_length/clip_ratio": "truncated",
}
"""What verl says of a step -> columns of a record."""


def export(recipe: Recipe, questions: Sequence[Question], held_out: Sequence[Question], folder: Path) -> None:
    """Write what verl needs to train by a recipe: data, `reward.py` with `compute_score`, the recipe, and `run.sh`.

    Args:
        recipe: An RL recipe.
        questions: What to train on, after `half` and `limit`. Prompts that are too long are left out by verl.
        held_out: What to answer while it trains; may be empty.
        folder: Where to; made if it is not there, files in it are replaced.

    Raises:
        UserError: If the recipe asks for what verl does not have, there are too few questions, or the folder cannot be
            written.
    """
    import pyarrow
    from pyarrow import parquet

    if not isinstance(recipe, RlRecipe):
        raise UserError("method: sft cannot be exported to verl; allowed: rl")
    if wrong := _lacking(recipe):
        raise UserError(f"{', '.join(wrong)}: cannot be exported to verl; leave out, or train with TRL")
    batches = plan(recipe, len(questions)).batches
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        splits = {"train": questions} | ({"val": held_out} if held_out else {})
        for name, split in splits.items():
            with writing(folder / f"{name}.parquet") as partial:
                rows = [row(recipe, question, index, name) for index, question in enumerate(split)]
                parquet.write_table(pyarrow.Table.from_pylist(rows), partial)
        weights = "".join(f"    {name!r}: {weight!r},\n" for name, weight in recipe.rewards.items())
        settings = [f"{key}={shlex.quote(value)}" for key, value in _settings(recipe, batches).items()]
        filled = {
            "about": json.dumps(recipe.about)[1:-1],
            "weights": weights,
            "cross_reference": repr(recipe.cross_reference),
            "thinks_first": repr(recipe.thinks_first),
            "model": repr(recipe.model),
            "template": repr(recipe.trl.get("chat_template_kwargs", {})),
            "validation": f"{[*splits][-1]}.parquet",  # verl wants a file in any case
            "output": shlex.quote(recipe.output),
            "sequences": str(recipe.sequences_per_update),
            "divisors": divisors(recipe.sequences_per_update),
            "settings": " \\\n    ".join(settings),
        }
        write_whole(folder / RECIPE, resolved(recipe))
        for name, template in (("reward.py", "reward.txt"), ("run.sh", "run.sh")):
            write_whole(folder / name, fill(Path(__file__).with_name(template).read_text(encoding="utf-8"), filled))
        (folder / "run.sh").chmod(0o755)


def _lacking(recipe: RlRecipe) -> list[str]:
    """What a recipe asks for and verl does not have, or has under no key that is written here."""
    held = recipe.held_out
    as_in_verl = {"vllm_importance_sampling_correction": False}  # it has none unless asked
    passed = {name for name, value in recipe.trl.items() if as_in_verl.get(name) != value} - TRL.keys()
    if isinstance(recipe.trl.get("chat_template_kwargs"), dict):
        passed -= {"chat_template_kwargs"}
    asked = {
        "scale_rewards=batch": recipe.scale_rewards == "batch",
        "aggregation=normalize_then_sum": recipe.aggregation == "normalize_then_sum",
        "data.twins": recipe.data.twins,
        "adaptive_kl": recipe.adaptive_kl,
        "kl_guard": recipe.kl_guard,
        "schedule=linear": recipe.schedule == "linear",
        "precision=fp32": recipe.precision == "fp32",
        "lora.dropout": recipe.lora and recipe.lora.dropout,
        "chat_template": recipe.chat_template,
        f"loss_type={recipe.loss_type}": recipe.loss_type not in LOSSES,
        "held_out.keep_best=majority": held and held.keep_best == "majority",
        "held_out.patience": held and held.patience,
        "peft": recipe.peft,
        **{f"trl.{name}": True for name in sorted(passed)},
    }
    return [name for name, used in asked.items() if used]


def row(recipe: RlRecipe, question: Question, index: int, split: str) -> dict[str, Any]:
    """A question as verl's `RLHFDataset` and reward managers read it."""
    columns = rollout_row(question, load_prompt(recipe.data.prompt))
    return {
        "data_source": f"clinical_r1/{recipe.data.benchmark}",
        "prompt": columns.pop("prompt"),
        "ability": "medicine",
        "reward_model": {"style": "rule", "ground_truth": question.target},
        "extra_info": {"split": split, "index": index, **columns},
    }


def _settings(recipe: RlRecipe, batches: int) -> dict[str, str]:
    """The recipe's values under verl's keys; one training step of verl is one batch of rollouts."""
    held = recipe.held_out
    every = -(-held.every // recipe.updates_per_batch) if held else 1
    values: dict[str, Any] = {
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": recipe.scale_rewards == "group",
        "algorithm.use_kl_in_reward": False,
        "data.train_batch_size": recipe.prompts_per_batch,
        "data.max_prompt_length": recipe.data.max_prompt_tokens,
        "data.max_response_length": recipe.max_completion_tokens,
        "data.filter_overlong_prompts": True,
        "data.truncation": "error",
        "data.seed": recipe.seed,
        "actor_rollout_ref.model.path": recipe.model,
        "actor_rollout_ref.model.enable_gradient_checkpointing": recipe.gradient_checkpointing,
        f"{ACTOR}.optim.lr": recipe.learning_rate,
        f"{ACTOR}.optim.lr_warmup_steps": -(-recipe.warmup_steps // recipe.updates_per_batch),
        f"{ACTOR}.optim.betas": f"[0.9,{recipe.adam_beta2}]",
        f"{ACTOR}.ppo_mini_batch_size": recipe.prompts_per_update,
        # As many tokens at once as `device_batch` sequences have at most; short ones are packed.
        f"{ACTOR}.use_dynamic_bsz": True,
        f"{ACTOR}.ppo_max_token_len_per_gpu": recipe.device_batch * recipe.longest,
        f"{ACTOR}.ppo_epochs": recipe.num_iterations,
        f"{ACTOR}.clip_ratio": recipe.epsilon,
        f"{ACTOR}.clip_ratio_low": recipe.epsilon,
        f"{ACTOR}.loss_agg_mode": LOSSES[recipe.loss_type],
        f"{ACTOR}.use_kl_loss": recipe.measures_kl,
        f"{ACTOR}.kl_loss_coef": recipe.beta,
        f"{ACTOR}.kl_loss_type": "low_var_kl",
        "actor_rollout_ref.ref.fsdp_config.param_offload": True,
        f"{ROLLOUT}.name": "vllm",
        f"{ROLLOUT}.n": recipe.rollouts,
        f"{ROLLOUT}.temperature": recipe.temperature,
        f"{ROLLOUT}.top_p": recipe.top_p,
        f"{ROLLOUT}.gpu_memory_utilization": (recipe.vllm or Vllm()).gpu_memory,
        f"{ROLLOUT}.tensor_model_parallel_size": (recipe.vllm or Vllm()).tensor_parallel,
        "trainer.total_epochs": math.ceil(recipe.epochs),
        "trainer.total_training_steps": batches,
        "trainer.save_freq": -(-recipe.save_steps // (every * recipe.updates_per_batch)) * every,
        "trainer.max_actor_ckpt_to_keep": "null" if held else recipe.keep_checkpoints,  # the best is known at the end
        "trainer.val_before_train": bool(held),
        "trainer.test_freq": every if held else -1,
        "trainer.default_local_dir": recipe.output,
        "trainer.project_name": "clinical_r1",
        "trainer.experiment_name": Path(recipe.output).name,
        "trainer.logger": json.dumps(["console", *recipe.report_to], separators=(",", ":")),
    }
    unless_given = {"weight_decay": 0.0, "entropy_coef": 0.0, "epsilon_high": recipe.epsilon}
    values |= {key: recipe.trl.get(name, unless_given[name]) for name, key in TRL.items()}
    for name, value in recipe.trl.get("chat_template_kwargs", {}).items():
        values[f"+data.apply_chat_template_kwargs.{name}"] = json.dumps(value)
    if held:
        sampled = {"n": held.votes, "do_sample": True, "temperature": recipe.temperature, "top_p": recipe.top_p}
        values |= {f"{ROLLOUT}.val_kwargs.{name}": value for name, value in sampled.items()}
    if recipe.schedule == "cosine":
        values[f"{ACTOR}.optim.lr_scheduler_type"] = "cosine"
    if recipe.lora:
        values["actor_rollout_ref.model.lora_rank"] = recipe.lora.rank
        values["actor_rollout_ref.model.lora_alpha"] = recipe.lora.alpha
        values["actor_rollout_ref.model.target_modules"] = "all-linear"
    return {key: str(value) for key, value in values.items()}


def write_record(recipe: Recipe, log: Path) -> Path:
    """Make a run's training record of what verl said on the console: a row per batch, its step counted in updates.

    Raises:
        UserError: If verl says nothing of a step in the log, it cannot be read, or the record cannot be written.
    """
    import pandas as pd

    rows: dict[int, dict[str, float]] = {}
    try:
        said = re.findall(r"\bstep:(\d+) - (.+)", log.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise UserError(f"{log}: cannot be read ({error.strerror})") from error
    if not said or not isinstance(recipe, RlRecipe):
        raise UserError(f"{log}: no line of verl's console in it (step:1 - …), or no recipe of RL")
    for step, text in said:
        columns = rows.setdefault(int(step) * recipe.updates_per_batch, {})
        for name, value in re.findall(r"(\S+):(?:np\.\w+\()?([-+.\de]+)", text):
            is_held_out = re.fullmatch(r"val-core/.*/acc/mean@\d+", name)
            if column := "held_out_accuracy" if is_held_out else LOGGED.get(name):
                columns[column] = float(value)
    record = Path(recipe.output) / RECORD
    with writing(record) as partial:
        pd.DataFrame.from_dict(rows, orient="index").sort_index().to_csv(partial, index_label="step")
    return record
