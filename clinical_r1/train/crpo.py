"""GRPO and CRPO on TRL. They are the same function with other rewards.

What CRPO (Clinical-R1, arXiv 2512.00601, section 3) adds to GRPO:

1. Reward. GRPO is paid for the right answer and its format. CRPO for `10 * accuracy + format + 0.5 * cross_reference
   + 0.5 * consistency`: a conclusion that refers back to the analysis, and text in one language, are worth something.
   The terms are in `clinical_r1.train.reward_functions`, their weights in the recipe.
2. Sections. `<dx>` and `<conclusion>` in place of `<think>` and `<answer>`: another prompt in the recipe.

Nothing else: groups, advantages, clipping and the KL penalty are those of GRPO. Where TRL's defaults are not those of
the paper or of its released code they are set here or in the recipe; docs/training.md has them all:

3. `loss_type`: recipes of the paper's runs take the mean over all tokens of an update (`dapo`), as the released code
   nearly does; otherwise it is `grpo`, the mean over a completion's tokens, then over completions.
4. `beta` > 0: the KL penalty to the frozen starting model, k3 estimator without the importance weight of
   `use_bias_correction_kl` (TRL: no penalty; with one, the weighted estimator).
5. `sum_then_normalize`, `scale_rewards="group"`: terms are added before they are normalised inside a group. In a group
   whose rollouts agree on the answer the weight k = 10 then cancels; the record shows each term's share.
6. With vLLM, `vllm_importance_sampling_mode="token_truncate"` (TRL: `sequence_mask`): the ratio of the probabilities of
   trainer and engine corrects each token and is cut at 3. TRL's product over a whole sequence weighs long completions
   down, which are the ones that cite and explain; its mean is in the record. The paper's released code has no such
   correction: `trl.vllm_importance_sampling_correction=false`.

What else TRL has goes through `trl:` by its own names.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import EarlyStoppingCallback
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import RepeatSampler

from clinical_r1.errors import UserError
from clinical_r1.train.callbacks import HeldOutAnswers, KlController, KlStop, QuestionOrder, best_metric
from clinical_r1.train.data import Manifest, held_out_questions, rollout_rows, training_questions
from clinical_r1.train.dry_run import SAMPLED, gradient_accumulation_steps, steps_per_generation
from clinical_r1.train.recipe import RlRecipe
from clinical_r1.train.record import RolloutRecord
from clinical_r1.train.reward_functions import CRPO_TERMS, Term, after_thought, trl_reward
from clinical_r1.train.trl_settings import adapters, configuration, processes, shared_settings, tokenizer_of

NEXT_TO_NOTHING = 5e-324
"""Above 0, so that TRL measures the KL, and 0 in float32: losses and gradients are those without a penalty."""


class PairSampler(RepeatSampler):
    """TRL's order of rows, drawn of pairs: rows 2n and 2n + 1, a question and its twin, are always in one batch."""

    def __init__(self, rows: RepeatSampler) -> None:
        drawn = (rows.repeat_count, rows.shuffle, rows.seed)
        super().__init__(range(rows.num_samples // 2), 2 * rows.mini_repeat_count, rows.batch_size // 2, *drawn)

    def __iter__(self) -> Iterator[int]:
        """First the rollouts of the one, then those of the other."""
        each = self.mini_repeat_count // 2
        return (2 * pair + place // each % 2 for place, pair in enumerate(super().__iter__()))


class Trainer(GRPOTrainer):
    """TRL's trainer, whose evaluations draw numbers of their own, which samples no more at once than fits, and keeps
    twins in one batch.
    """

    def _get_train_sampler(self, dataset: Dataset | None = None) -> RepeatSampler:
        sampler = super()._get_train_sampler(dataset)
        return PairSampler(sampler) if "twin" in self.train_dataset.column_names else sampler

    def _generate_single_turn(self, prompt_ids: Any, *given: Any, **named: Any) -> tuple[list[Any], Any]:
        """Sample in parts, where TRL alone would hold the keys and values of a whole batch of rollouts."""
        if self.use_vllm:
            sampled: tuple[list[Any], Any] = super()._generate_single_turn(prompt_ids, *given, **named)
            return sampled
        at_once, completions = SAMPLED * self.args.per_device_train_batch_size, list[Any]()
        for start in range(0, len(prompt_ids), at_once):
            part, _ = super()._generate_single_turn(prompt_ids[start : start + at_once], *given, **named)
            completions += part
        return completions, None

    def evaluate(self, *args: Any, **given: Any) -> dict[str, float]:
        """Evaluate as TRL does: a run learns the same with it and without, and all evaluations see the same draws."""
        with torch.random.fork_rng():
            torch.manual_seed(self.args.seed)
            return dict(super().evaluate(*args, **given))


THOUGHT = "<think>"
"""What a chat template that opens the model's thought ends a prompt with."""


def rl_trainer(
    recipe: RlRecipe, resume: Path | None, resumed_at: int, watch: Mapping[str, Term]
) -> tuple[GRPOTrainer, Manifest]:
    """The trainer of an RL run, ready to run, and what it trains on; `watch` as in `RolloutRecord`.

    Raises:
        UserError: If the questions, the model or a reward cannot be used, or batch sizes do not divide.
    """
    # Terms of the other arm are recorded at weight 0, so that the records of GRPO and CRPO have the same columns.
    weights = dict.fromkeys(CRPO_TERMS, 0.0) | recipe.rewards
    tokenizer = tokenizer_of(recipe)
    settings = rl_settings(recipe, list(weights.values()), tokenizer.eos_token_id)
    rendered = partial(
        tokenizer.apply_chat_template, add_generation_prompt=True, **(settings.chat_template_kwargs or {})
    )

    def length(chat: list[dict[str, str]]) -> int:
        return len(rendered(chat, return_dict=False))

    learned = training_questions(recipe.data)
    rows, data = rollout_rows(learned, recipe.data, length)
    if len(rows) < recipe.prompts_per_batch:
        raise UserError(
            f"prompts_per_batch={recipe.prompts_per_batch}: there are {len(rows)} questions; allowed: up to it"
        )
    opens = str(rendered(rows[0]["prompt"], tokenize=False)).rstrip().endswith(THOUGHT)
    read = partial(after_thought, opening=THOUGHT if opens else "") if recipe.thinks_first else str
    rewards = [
        trl_reward(name, recipe.cross_reference, read=read, log_rows=place == 0) for place, name in enumerate(weights)
    ]
    watchers: list[Any] = [RolloutRecord(Path(recipe.output), resumed_at, recipe, weights, watch)]
    held_out = None
    if recipe.held_out is not None:
        settings.eval_on_start = resume is None
        held = held_out_questions(recipe, recipe.held_out, learned.questions)
        asked, _ = rollout_rows(held, recipe.data, length)
        held_out = Dataset.from_list(asked)
        watchers.append(answers := HeldOutAnswers(recipe.held_out))
        rewards[0] = answers.listen(rewards[0])
    if recipe.adaptive_kl is not None:
        watchers.append(KlController(recipe.adaptive_kl, resume))
    if recipe.kl_guard is not None:
        watchers.append(KlStop(recipe.kl_guard))
    patience = recipe.held_out and recipe.held_out.patience
    trainer = Trainer(
        model=recipe.model,
        reward_funcs=rewards,
        args=settings,
        train_dataset=Dataset.from_list(rows),
        eval_dataset=held_out,
        processing_class=tokenizer,
        peft_config=adapters(recipe),
        callbacks=[*watchers, *([EarlyStoppingCallback(patience)] if patience else []), QuestionOrder()],
    )
    for watcher in watchers:
        watcher.trainer = trainer
    return trainer, data


def rl_settings(recipe: RlRecipe, weights: list[float], end: int) -> GRPOConfig:
    """What TRL is told of a recipe; `weights` are those of the reward terms, `end` is the token that ends a reply.

    Raises:
        UserError: If batch sizes do not divide, or the section `trl` holds what TRL does not have.
    """
    ours = shared_settings(recipe) | {
        "gradient_accumulation_steps": gradient_accumulation_steps(recipe, processes()),
        "steps_per_generation": steps_per_generation(recipe, processes()),
        "num_generations": recipe.rollouts,
        "reward_weights": weights,
        "multi_objective_aggregation": recipe.aggregation,
        "scale_rewards": recipe.scale_rewards,
        "temperature": recipe.temperature,
        "top_p": recipe.top_p,
        "max_completion_length": recipe.max_completion_tokens,
        "beta": recipe.beta or (NEXT_TO_NOTHING if recipe.watch_kl else 0.0),
        "num_iterations": recipe.num_iterations,
        "epsilon": recipe.epsilon,
        "loss_type": recipe.loss_type,
    }
    # A checkpoint inside a batch would lose the rollouts that are still to be learned from.
    every = batch = recipe.updates_per_batch
    if (held := recipe.held_out) is not None:
        every = -(-held.every // batch) * batch
        ours |= {
            "eval_strategy": "steps",
            "eval_steps": every,
            "num_generations_eval": held.votes,
            "per_device_eval_batch_size": held.votes * max(1, recipe.device_batch // held.votes),
            "load_best_model_at_end": True,
            "metric_for_best_model": best_metric(held),
            "greater_is_better": True,
        }
    ours["save_steps"] = -(-recipe.save_steps // every) * every
    not_the_papers = {"top_k": 0, "use_bias_correction_kl": False, "disable_dropout": True}
    given = not_the_papers | _vllm_defaults(recipe) | recipe.trl
    settings: GRPOConfig = configuration(GRPOConfig, ours | _vllm_settings(recipe, end), given, "trl")
    return settings


def _vllm_defaults(recipe: RlRecipe) -> dict[str, Any]:
    if recipe.vllm is None:
        return {}
    # Without a length vLLM makes room for all that the model can read.
    return {"vllm_importance_sampling_mode": "token_truncate", "vllm_max_model_length": recipe.longest}


def _vllm_settings(recipe: RlRecipe, end: int) -> dict[str, Any]:
    if recipe.vllm is None:
        return {}
    vllm = recipe.vllm
    return {
        "use_vllm": True,
        "vllm_mode": vllm.mode,
        "vllm_gpu_memory_utilization": vllm.gpu_memory,
        "vllm_tensor_parallel_size": vllm.tensor_parallel,
        "vllm_server_host": vllm.host,
        "vllm_server_port": vllm.port,
        # vLLM reads the tokenizer of the model's folder, which may end texts with another token than ours.
        "generation_kwargs": {"stop_token_ids": [end]},
    }
