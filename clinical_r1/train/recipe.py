"""A recipe: one YAML file per run, its keys, and how they must fit together; checked before anything is loaded.

A file may say `extends: NAME`: it is then laid over that recipe, and null takes out a key. Whatever is given on the
command line is laid over the file in the same way.
"""

import math
import textwrap
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.errors import UserError, names_near
from clinical_r1.prompts import PROMPTS
from clinical_r1.recipes import bundled
from clinical_r1.train.reward_functions import TWINS_TERM, find_term
from clinical_r1.train.rewards import find_detector
from clinical_r1.yaml_text import Values, dump, lay_over, parse, parse_mapping

# --- keys -------------------------------------------------------------------------------------------------------------
Share = Annotated[float, Field(gt=0, lt=1)]
if TYPE_CHECKING:
    BenchmarkName = str
    PromptName = str
else:
    BenchmarkName, PromptName = Literal[*BENCHMARKS], Literal[*PROMPTS]


class _Section(BaseModel):
    # Strict: true is no number and 5.0 no count. Finite: YAML has .inf and .nan.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Data(_Section):
    """The questions that a policy is trained on."""

    benchmark: BenchmarkName = "medqa"
    dataset: str | None = None
    """File or hub id; the benchmark's own by default."""
    split: str = "train"
    half: Literal["first", "second", "both"] = "second"
    """The cold start is made from the first half, RL takes the second (see `clinical_r1.datasets.overlap`)."""
    half_seed: int = 0
    """Of the cut into halves, the `--seed` of `clinical-r1 distil`."""
    prompt: PromptName = "crpo"
    limit: PositiveInt | None = None
    """At most so many questions, the first ones of the half."""
    max_prompt_tokens: PositiveInt = 1024
    """Questions with longer prompts are left out and counted."""
    twins: str | None = None
    """JSON lines of edits (`id` of a question, `start`, `old`, `new`, and `answer`, the letter that is right then, if
    known): a question that has one is trained on beside its twin, the stem as edited, and others are left out."""


class Lora(_Section):
    """Low-rank adapters on all linear layers, merged at the end."""

    rank: PositiveInt = 32
    alpha: PositiveInt = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class AdaptiveKl(_Section):
    """A controller that moves `beta` so that the KL divergence stays at a target (Ziegler et al. 2019, section 2.2)."""

    target: PositiveFloat
    """Nats per token, as TRL logs it."""
    gain: PositiveFloat = 0.1
    """Largest relative change of beta per step is `0.2 * gain`."""
    low: PositiveFloat = 1e-4
    high: PositiveFloat = 1.0


class KlGuard(_Section):
    """Stops a run whose policy runs away from the reference."""

    limit: PositiveFloat = 0.5
    """Nats per token."""
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


class HeldOut(_Section):
    """Questions that are answered while RL runs and never trained on. Rewards can rise while answers fall to chance:
    what is kept, and when to stop, is decided here, by answers as evaluation reads them and never by reward.
    """

    benchmark: BenchmarkName | None = None
    """`data.benchmark` by default."""
    dataset: str | None = None
    """File or hub id; the benchmark's own by default."""
    split: str = "dev"
    limit: PositiveInt | None = 300
    every: PositiveInt = 64
    """Updates between evaluations, rounded up to whole batches of rollouts."""
    votes: PositiveInt = 5
    """Completions per question."""
    keep_best: Literal["accuracy", "majority"] = "accuracy"
    """What the checkpoint that is kept is best at: the mean over completions, or the vote of all `votes`."""
    patience: PositiveInt | None = None
    """Evaluations in a row without a better one before the run stops."""


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
    trl: dict[str, Any] = {}
    """Further arguments of TRL's `GRPOConfig` or `SFTConfig`, as they are called there; not those that a key sets."""
    peft: dict[str, Any] = {}
    """Further arguments of PEFT's `LoraConfig`, likewise."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if wrong := self._conflicts():
            raise ValueError("; ".join(wrong))
        return self

    def _conflicts(self) -> list[str]:
        return ["peft: needs lora"] if self.peft and self.lora is None else []


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
    """Traces per update."""
    max_tokens: PositiveInt = 4096
    """Longer traces are cut."""

    @property
    def longest(self) -> int:
        """Tokens of a sequence at most."""
        return self.max_tokens

    @property
    def sequences_per_update(self) -> int:
        """Sequences that an update averages over."""
        return self.batch


class RlRecipe(_Training):
    """GRPO with any set of rewards; CRPO is one such set."""

    method: Literal["rl"]
    data: Data = Data()
    rewards: dict[str, float]
    """Reward name -> weight; names are in `clinical_r1.train.reward_functions.REWARDS`, or `module:function`."""
    cross_reference: str = "specific"
    """Detector behind the reward `cross_reference`."""
    rollouts: Annotated[int, Field(ge=2)] = 5
    """Completions per prompt: the group inside which advantages are taken."""
    prompts_per_batch: PositiveInt
    """Prompts whose rollouts are sampled at once."""
    prompts_per_update: PositiveInt
    """Prompts per optimizer step; divides `prompts_per_batch`. When smaller, a batch's later updates are off-policy."""
    temperature: PositiveFloat = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_completion_tokens: PositiveInt = 4096
    beta: Annotated[float, Field(ge=0)] = 0.001
    """Weight of the KL penalty to the frozen reference."""
    watch_kl: bool = False
    """Whether to measure the KL at `beta` 0 too, for the record and `kl_guard`: it costs what a penalty does, a frozen
    reference (none with `lora`) and its forward pass."""
    num_iterations: PositiveInt = 1
    """Times that each batch is used."""
    epsilon: PositiveFloat = 0.2
    """Clipping range of the importance ratio."""
    loss_type: Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"] = "grpo"
    """How the losses of tokens are added up, by TRL's names."""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    aggregation: Literal["sum_then_normalize", "normalize_then_sum"] = "sum_then_normalize"
    adaptive_kl: AdaptiveKl | None = None
    kl_guard: KlGuard | None = None
    held_out: HeldOut | None = None
    thinks_first: bool = False
    """Whether the model thinks before it answers (Qwen3, R1 distills): rewards then read what follows the thought."""
    vllm: Vllm | None = None

    @property
    def measures_kl(self) -> bool:
        """Whether completions are also given to the frozen reference."""
        return self.watch_kl or self.beta > 0

    @property
    def updates_per_batch(self) -> int:
        """Updates that learn from one batch of rollouts."""
        return self.prompts_per_batch // self.prompts_per_update * self.num_iterations

    @property
    def longest(self) -> int:
        """Tokens of a prompt and its completion at most."""
        return self.data.max_prompt_tokens + self.max_completion_tokens

    @property
    def sequences_per_update(self) -> int:
        """Rollouts that an update averages over."""
        return self.prompts_per_update * self.rollouts

    def _conflicts(self) -> list[str]:
        """Every pair of values that cannot stand together, and every name that stands for nothing."""
        kl, batch, update = self.adaptive_kl, self.prompts_per_batch, self.prompts_per_update
        rules = {
            "rewards: at least one is needed": not self.rewards,
            f"prompts_per_update={update}: must divide prompts_per_batch={batch}; allowed: {divisors(batch)}": (
                batch % update
            ),
            f"rewards.{TWINS_TERM}: needs data.twins, a file of edits": (
                TWINS_TERM in self.rewards and not self.data.twins
            ),
            f"prompts_per_batch={batch}: must be even with data.twins, a question and its twin are in one batch": (
                self.data.twins and batch % 2
            ),
            "adaptive_kl: needs beta above 0, from where it starts": kl and not self.beta,
            "kl_guard: at beta 0 no KL is measured; watch_kl=true measures it": self.kl_guard and not self.measures_kl,
        }
        if kl and self.beta:
            bounds = f"adaptive_kl: low={kl.low:g} <= beta={self.beta:g} <= high={kl.high:g} must hold"
            rules[bounds] = not kl.low <= self.beta <= kl.high
        wrong = [rule for rule, broken in rules.items() if broken]
        return super()._conflicts() + wrong + self._unknown_names()

    def _unknown_names(self) -> list[str]:
        checks: list[tuple[Callable[[str], object], str]] = [(find_term, name) for name in self.rewards]
        wrong = []
        for check, name in [*checks, (find_detector, self.cross_reference)]:
            try:
                check(name)
            except UserError as error:
                wrong.append(str(error))
        return wrong


def divisors(number: int) -> str:
    """The divisors of a positive number in order, for a message; dots in the middle when there are more than 20.

    Examples:
        >>> divisors(16)
        '1, 2, 4, 8, 16'
    """
    small = [part for part in range(1, math.isqrt(number) + 1) if number % part == 0]
    found = sorted({*small, *(number // part for part in small)})
    if len(found) > 20:
        return f"{', '.join(map(str, found[:19]))}, …, {number}"
    return ", ".join(map(str, found))


Recipe = SftRecipe | RlRecipe


# --- from a name and overrides to a recipe ----------------------------------------------------------------------------
METHODS: dict[str, type[SftRecipe] | type[RlRecipe]] = {"sft": SftRecipe, "rl": RlRecipe}
"""Value of `method` -> the keys that such a recipe has."""

EXTENDS = "extends"
"""The key of a file that names the recipe it is laid over."""


def abouts() -> dict[str, str]:
    """Name of each bundled recipe -> what it is about."""
    return {name: str(_read(name)[0].get("about", "")) for name in bundled()}


def load(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe.

    Args:
        recipe: A `.yaml` file, or the name of a bundled recipe (see `clinical_r1.recipes.bundled`).
        overrides: `key=value`, dotted for what lies deeper (`lora.rank=16`); the value is read as YAML. Null takes the
            key out: `lora=null`, `rewards.consistency=null`.

    Raises:
        UserError: If there is no such recipe, it is no YAML mapping, or keys or values are wrong: one line with all of
            them, the nearest name for an unknown key, and what is allowed.

    Examples:
        >>> load("crpo", ["rewards.accuracy=5", "lora.rank=16"]).rewards["accuracy"]
        5.0
    """
    values, source = _read(str(recipe))
    given = [_override(text) for text in overrides]
    for _, value in given:
        values = lay_over(values, value)
    return _checked(values, source, {path for path, _ in given})


def resolved(recipe: Recipe) -> str:
    """The YAML text of a recipe with every key in it; loading it gives an equal recipe."""
    return dump(recipe.model_dump(mode="json"))


def _read(recipe: str) -> tuple[Values, str]:
    """Values of a recipe as its file and what it extends give them, and how messages name the file."""
    file, source = _find(recipe)
    values = _mapping(file, source)
    parent = values.pop(EXTENDS, None)
    if parent is None:
        return values, source
    if not isinstance(parent, str):
        raise UserError(f"{source}: extends: must be the name of a bundled recipe, or a .yaml file beside this one")
    beside = Path(source).parent / parent
    above, above_source = _find(str(beside) if beside.suffix in (".yaml", ".yml") else parent)
    base = _mapping(above, above_source)
    if EXTENDS in base:
        raise UserError(f"{source}: extends: {parent} itself extends {base[EXTENDS]}; one level is allowed")
    _checked(base, above_source, set())
    return lay_over(base, values), source


def _find(recipe: str) -> tuple[Traversable, str]:
    path = Path(recipe).expanduser()
    if path.is_file() or path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path, recipe
    names = bundled()
    if recipe not in names:
        raise UserError(f"{recipe}: no such recipe; allowed: {names_near(recipe, names)}, or a .yaml file")
    return files("clinical_r1.recipes") / f"{recipe}.yaml", f"clinical_r1/recipes/{recipe}.yaml"


def _mapping(file: Traversable, source: str) -> Values:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{source}: not UTF-8: byte {error.start + 1}") from error
    except OSError as error:
        raise UserError(f"{source}: cannot be read: {error.strerror or error}") from error
    return parse_mapping(text, source)


def _override(text: str) -> tuple[str, Values]:
    """The dotted key of `key=value`, and the value inside mappings, ready to be laid over a recipe."""
    key, equals, written = text.partition("=")
    parts = key.split(".", 1) if key.startswith("rewards.") else key.split(".")  # a reward's module may have dots
    source = f"override {textwrap.shorten(text, 80, placeholder='…')}"
    if key == EXTENDS:
        raise UserError(f"{source}: only a file can extend a recipe")
    if not equals or not all(parts):
        raise UserError(f"{source}: must be key=value, such as learning_rate=1e-5 or lora.rank=16")
    value: Any = parse(written, source)
    for part in reversed(parts):
        value = {part: value}
    return key, value


def _checked(values: Values, source: str, overridden: set[str]) -> Recipe:
    method = values.get("method")
    kind = METHODS.get(method) if isinstance(method, str) else None
    if kind is None:
        said = "is missing" if "method" not in values else f"{method} is unknown"
        raise UserError(f"{source}: method: {said}; allowed: {names_near(str(method), METHODS)}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = [_error_line(dict(found), kind, overridden) for found in error.errors(include_url=False)]
        raise UserError(" ".join(f"{source}: {'; '.join(lines)}".split())) from error


def _error_line(found: dict[str, Any], kind: type[BaseModel], overridden: set[str]) -> str:
    """One wrong key in words: where it stands, what is wrong, what is allowed."""
    path = [str(part) for part in found["loc"]]
    key = ".".join(path)
    if not path:
        return str(found["ctx"]["error"])  # several keys that do not fit together
    where = f"{key} (command line)" if key in overridden else key
    if found["type"] == "extra_forbidden":
        allowed = [*_section(kind, path[:-1]).model_fields, *([] if path[:-1] else [EXTENDS])]
        return f"{where}: unknown key; allowed: {names_near(path[-1], allowed)}"
    if found["type"] == "missing":
        return f"{where}: is missing"
    said = "null" if found["input"] is None else repr(found["input"])
    return f"{where}: {found['msg'].replace('Input should be', 'must be')}, not {said if len(said) < 80 else 'this'}"


def _section(kind: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """The keys at a place: `lora` is an annotation such as `Lora | None`."""
    for part in path:
        annotation = kind.model_fields[part].annotation
        sections = [annotation, *getattr(annotation, "__args__", ())]
        kind = next(section for section in sections if isinstance(section, type) and issubclass(section, BaseModel))
    return kind
