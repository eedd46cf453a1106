"""A recipe and its questions for verl, the way to several machines: data, reward and launch line.

verl pins older libraries than TRL needs, so it cannot share an environment with training here. What is written needs
from this package only the pure rewards: an install with `--no-deps` beside verl is enough. The keys are those of verl
in 2026, where the reward function stands under `reward.custom_reward_function`; before it was `custom_reward_function`.
"""

import json
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinical_r1.datasets.questions import Question
from clinical_r1.errors import UserError
from clinical_r1.files import writable, write_whole, writing
from clinical_r1.prompts import fill, load_prompt
from clinical_r1.train.data import rollout_row
from clinical_r1.train.dry_run import plan
from clinical_r1.train.recipe import Recipe, RlRecipe, Vllm

LOSSES = {
    "grpo": "seq-mean-token-mean",
    "bnpo": "token-mean",
    "dapo": "token-mean",
    "dr_grpo": "seq-mean-token-sum-norm",
}
"""`loss_type` -> verl's way to average over tokens."""


@dataclass(frozen=True)
class Exported:
    """The files written."""

    data: Path
    """`train.parquet`."""
    reward: Path
    """`reward.py` with `compute_score`."""
    launch: Path
    """`run.sh`."""


def export(recipe: Recipe, questions: Sequence[Question], folder: Path) -> Exported:
    """Write what verl needs to train by a recipe.

    Args:
        recipe: An RL recipe.
        questions: What to train on, after `half` and `limit`. Prompts that are too long are left out by verl.
        folder: Where to; made if it is not there, files in it are replaced.

    Raises:
        UserError: If the recipe asks for what verl does not have, there are too few questions, or the folder cannot be
            written.
    """
    import pyarrow
    from pyarrow import parquet

    if not isinstance(recipe, RlRecipe):
        raise UserError("method: sft cannot be exported to verl; allowed: rl")
    lacking = {
        "scale_rewards=batch": recipe.scale_rewards == "batch",
        "aggregation=normalize_then_sum": recipe.aggregation == "normalize_then_sum",
        "adaptive_kl": recipe.adaptive_kl,
        "kl_guard": recipe.kl_guard,
        "schedule=linear": recipe.schedule == "linear",
        "precision=fp32": recipe.precision == "fp32",
        "lora.dropout": recipe.lora and recipe.lora.dropout,
        "chat_template": recipe.chat_template,
    }
    if wrong := [name for name, used in lacking.items() if used]:
        raise UserError(f"{', '.join(wrong)}: cannot be exported to verl; leave out, or train with TRL")
    batches = plan(recipe, len(questions)).batches
    paths = Exported(folder / "train.parquet", folder / "reward.py", folder / "run.sh")
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with writing(paths.data) as partial:
            rows = [row(recipe, question, index) for index, question in enumerate(questions)]
            parquet.write_table(pyarrow.Table.from_pylist(rows), partial)
        weights = "".join(f"    {name!r}: {weight!r},\n" for name, weight in recipe.rewards.items())
        settings = [f"{key}={shlex.quote(value)}" for key, value in _settings(recipe, batches).items()]
        filled = {
            "about": json.dumps(recipe.about)[1:-1],
            "weights": weights,
            "cross_reference": repr(recipe.cross_reference),
            "settings": " \\\n    ".join(settings),
        }
        for path, template in ((paths.reward, "verl_reward.txt"), (paths.launch, "verl_run.sh")):
            write_whole(path, fill(Path(__file__).with_name(template).read_text(encoding="utf-8"), filled))
        paths.launch.chmod(0o755)
    return paths


def row(recipe: RlRecipe, question: Question, index: int) -> dict[str, Any]:
    """A question as verl's `RLHFDataset` and reward managers read it."""
    columns = rollout_row(question, load_prompt(recipe.data.prompt))
    return {
        "data_source": f"clinical_r1/{recipe.data.benchmark}",
        "prompt": columns.pop("prompt"),
        "ability": "medicine",
        "reward_model": {"style": "rule", "ground_truth": question.target},
        "extra_info": {"split": "train", "index": index, **columns},
    }


def _settings(recipe: RlRecipe, batches: int) -> dict[str, str]:
    """The recipe's values under verl's keys; one training step of verl is one batch of rollouts."""
    updates_per_batch = recipe.prompts_per_batch // recipe.prompts_per_update * recipe.num_iterations
    micro = recipe.device_batch
    actor, rollout = "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
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
        f"{actor}.optim.lr": recipe.learning_rate,
        f"{actor}.optim.lr_warmup_steps": recipe.warmup_steps,
        f"{actor}.ppo_mini_batch_size": recipe.prompts_per_update,
        f"{actor}.ppo_micro_batch_size_per_gpu": micro,
        f"{actor}.ppo_epochs": recipe.num_iterations,
        f"{actor}.clip_ratio": recipe.epsilon,
        f"{actor}.clip_ratio_low": recipe.epsilon,
        f"{actor}.clip_ratio_high": recipe.epsilon,
        f"{actor}.loss_agg_mode": LOSSES[recipe.loss_type],
        f"{actor}.entropy_coeff": 0,
        f"{actor}.use_kl_loss": recipe.measures_kl,
        f"{actor}.kl_loss_coef": recipe.beta,
        f"{actor}.kl_loss_type": "low_var_kl",
        "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu": micro,
        f"{rollout}.log_prob_micro_batch_size_per_gpu": micro,
        f"{rollout}.name": "vllm",
        f"{rollout}.n": recipe.rollouts,
        f"{rollout}.temperature": recipe.temperature,
        f"{rollout}.top_p": recipe.top_p,
        f"{rollout}.gpu_memory_utilization": (recipe.vllm or Vllm()).gpu_memory,
        f"{rollout}.tensor_model_parallel_size": (recipe.vllm or Vllm()).tensor_parallel,
        "trainer.total_epochs": math.ceil(recipe.epochs),
        "trainer.total_training_steps": batches,
        "trainer.save_freq": max(1, round(recipe.save_steps / updates_per_batch)),
        "trainer.max_actor_ckpt_to_keep": recipe.keep_checkpoints,
        "trainer.val_before_train": False,  # verl wants a validation file, but checkpoints are evaluated with Inspect
        "trainer.test_freq": -1,
        "trainer.default_local_dir": recipe.output,
        "trainer.logger": json.dumps(["console", *recipe.report_to], separators=(",", ":")),
    }
    if recipe.schedule == "cosine":
        values[f"{actor}.optim.lr_scheduler_type"] = "cosine"
    if recipe.lora:
        values["actor_rollout_ref.model.lora_rank"] = recipe.lora.rank
        values["actor_rollout_ref.model.lora_alpha"] = recipe.lora.alpha
        values["actor_rollout_ref.model.target_modules"] = "all-linear"
    return {key: str(value) for key, value in values.items()}
