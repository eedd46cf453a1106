"""The keys of a recipe, what they may hold, and how they must fit together."""

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from clinical_r1.errors import UserError, nearest
from clinical_r1.train.cross_reference import DETECTORS
from clinical_r1.train.reward_functions import REWARDS, check_detector, find_term

Share = Annotated[float, Field(gt=0, lt=1)]


class _Section(BaseModel):
    # Strict: true is no number and 5.0 no count. Finite: YAML has .inf and .nan.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Data(_Section):
    """The questions that a policy is trained on."""

    benchmark: Literal["medqa", "medmcqa", "medxpertqa"] = "medqa"
    dataset: str | None = None
    """File or hub id; the benchmark's own by default."""
    split: str = "train"
    half: Literal["first", "second", "both"] = "second"
    """The cold start is made from the first half, RL takes the second (see `clinical_r1.train.halves`)."""
    half_seed: int = 0
    """Of the cut into halves, the `--seed` of `clinical-r1 distil`."""
    prompt: Literal["crpo", "think", "neutral", "cot", "direct", "bare"] = "crpo"
    limit: PositiveInt | None = None
    """At most so many questions, the first ones of the half."""
    max_prompt_tokens: PositiveInt = 1024
    """Questions with longer prompts are left out and counted."""


class Lora(_Section):
    """Low-rank adapters on all linear layers, merged at the end."""

    rank: PositiveInt = 32
    alpha: PositiveInt = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class AdaptiveKl(_Section):
    """A controller that moves `beta` so that the KL divergence stays at a target (Ziegler et al. 2019, section 2.2)."""

    target: PositiveFloat
    """Nats a token, as TRL logs it."""
    gain: PositiveFloat = 0.1
    """Largest relative change of beta a step is `0.2 * gain`."""
    low: PositiveFloat = 1e-4
    high: PositiveFloat = 1.0


class KlGuard(_Section):
    """Stops a run whose policy runs away from the reference."""

    limit: PositiveFloat = 0.5
    """Nats a token."""
    patience: PositiveInt = 3
    """Steps in a row above the limit before the run stops."""


class Vllm(_Section):
    """Rollouts by vLLM."""

    mode: Literal["colocate", "server"] = "colocate"
    gpu_memory: Share = 0.3
    """Share of each GPU's memory for a colocated engine."""
    tensor_parallel: PositiveInt = 1
    host: str = "127.0.0.1"
    port: PositiveInt = 8000


class _Training(_Section):
    """What both methods share."""

    about: str
    """What this run is for, in a sentence."""
    model: str
    """Folder or hub id of the model to start from."""
    output: str
    """Folder of the run."""
    chat_template: str | None = None
    """Jinja file, for a model whose tokenizer has no chat template of its own."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    epochs: PositiveFloat = 1.0
    max_steps: PositiveInt | None = None
    """Updates after which to stop; ends the run before `epochs` do."""
    learning_rate: PositiveFloat
    adam_beta2: Share = 0.999
    """AdamW's decay of squared gradients; lower adapts faster, for models from scratch."""
    schedule: Literal["constant", "constant_with_warmup", "linear", "cosine"] = "constant"
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    device_batch: PositiveInt
    """Sequences that a device holds at once."""
    lora: Lora | None = None
    precision: Literal["bf16", "fp32"] = "bf16"
    gradient_checkpointing: bool = True
    save_steps: PositiveInt = 50
    """Updates between checkpoints."""
    keep_checkpoints: Annotated[int, Field(ge=2)] = 2
    cpu_threads: PositiveInt = 1
    """Torch threads of a process without a GPU."""
    report_to: list[Literal["wandb", "trackio", "tensorboard", "mlflow"]] = []
    """Trackers beside the run's own record."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if wrong := self._conflicts():
            raise ValueError("; ".join(wrong))
        return self

    def _conflicts(self) -> list[str]:
        return []


class SftRecipe(_Training):
    """Cold start: supervised fine-tuning on a teacher's traces."""

    method: Literal["sft"]
    traces: str
    """JSON lines of `prompt` and `completion` in chat format, as `clinical-r1 distil` and `world` write them."""
    held_out: Share = 0.05
    """Share of the traces whose loss decides when to stop."""
    patience: PositiveInt = 3
    """Evaluations in a row without a lower held-out loss before the run stops."""
    batch: PositiveInt = 16
    """Traces an update."""
    max_tokens: PositiveInt = 4096
    """Longer traces are cut."""


class RlRecipe(_Training):
    """GRPO with any set of rewards; CRPO is one such set."""

    method: Literal["rl"]
    data: Data = Data()
    rewards: dict[str, float]
    """Reward name -> weight; names are in `clinical_r1.train.reward_functions.REWARDS`, or `module:function`."""
    cross_reference: str = "specific"
    """Detector behind the reward `cross_reference`."""
    rollouts: Annotated[int, Field(ge=2)] = 5
    """Completions a prompt: the group inside which advantages are taken."""
    prompts_per_batch: PositiveInt
    """Prompts whose rollouts are sampled at once."""
    prompts_per_update: PositiveInt
    """Prompts an optimizer step; divides `prompts_per_batch`. When smaller, later updates of a batch are off-policy."""
    temperature: PositiveFloat = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_completion_tokens: PositiveInt = 4096
    beta: Annotated[float, Field(ge=0)] = 0.001
    """Weight of the KL penalty to the frozen reference."""
    num_iterations: PositiveInt = 1
    """Times that each batch is used."""
    epsilon: PositiveFloat = 0.2
    """Clipping range of the importance ratio."""
    loss_type: Literal["grpo", "bnpo", "dr_grpo", "dapo"] = "grpo"
    scale_rewards: Literal["group", "batch", "none"] = "group"
    aggregation: Literal["sum_then_normalize", "normalize_then_sum"] = "sum_then_normalize"
    adaptive_kl: AdaptiveKl | None = None
    kl_guard: KlGuard | None = None
    vllm: Vllm | None = None

    def _conflicts(self) -> list[str]:
        """Every pair of values that cannot stand together, and every name that stands for nothing."""
        kl, batch, update = self.adaptive_kl, self.prompts_per_batch, self.prompts_per_update
        rules = {
            "rewards: at least one is needed": not self.rewards,
            f"prompts_per_update={update}: must divide prompts_per_batch={batch}; allowed: {divisors(batch)}": (
                batch % update
            ),
            "adaptive_kl: needs beta above 0, from where it starts": kl and not self.beta,
            "kl_guard: needs beta above 0, without it no KL is measured": self.kl_guard and not self.beta,
        }
        if kl and self.beta:
            bounds = f"adaptive_kl: low={kl.low:g} <= beta={self.beta:g} <= high={kl.high:g} must hold"
            rules[bounds] = not kl.low <= self.beta <= kl.high
        return [rule for rule, broken in rules.items() if broken] + self._unknown_names()

    def _unknown_names(self) -> list[str]:
        checks: list[tuple[Callable[[str], object], str, Iterable[str]]]
        checks = [(find_term, name, REWARDS) for name in self.rewards]
        checks.append((check_detector, self.cross_reference, DETECTORS))
        wrong = []
        for check, name, allowed in checks:
            try:
                check(name)
            except UserError as error:
                wrong.append(f"{error}{nearest(name, allowed)}")
        return wrong


def divisors(number: int, most: int = 20) -> str:
    """The divisors of a positive number in order, for a message; dots in the middle when there are more than `most`.

    Examples:
        >>> divisors(16)
        '1, 2, 4, 8, 16'
    """
    small = [part for part in range(1, math.isqrt(number) + 1) if number % part == 0]
    found = sorted({*small, *(number // part for part in small)})
    if len(found) > most:
        return f"{', '.join(map(str, found[: most - 1]))}, …, {number}"
    return ", ".join(map(str, found))


Recipe = SftRecipe | RlRecipe
