"""Recipes: one YAML file a training run, checked before anything is loaded."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

Share = Annotated[float, Field(gt=0, lt=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Section):
    """The questions that a policy is trained on."""

    benchmark: Literal["medqa", "medmcqa", "medxpertqa"] = "medqa"
    dataset: str | None = None
    """File or hub id; the benchmark's own by default."""
    split: str = "train"
    half: Literal["first", "second", "both"] = "second"
    """The cold start is made from the first half, RL takes the second (see `clinical_r1.train.halves`)."""
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
    seed: int = 0
    epochs: PositiveFloat = 1.0
    max_steps: PositiveInt | None = None
    """Updates after which to stop; ends the run before `epochs` do."""
    learning_rate: PositiveFloat
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
    cross_reference: str = "lexical"
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


Recipe = SftRecipe | RlRecipe
