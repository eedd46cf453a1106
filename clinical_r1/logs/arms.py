"""What a run's model was trained with, where that can be told, and which published system it is."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import yaml

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.files import as_typed
from clinical_r1.logs.header import Header
from clinical_r1.logs.labels import Model, telling_part

Reward = Literal["none", "grpo", "crpo"]
REWARDS: tuple[Reward, ...] = ("none", "grpo", "crpo")
SYSTEMS = ("baseline_cot", "grpo", "crpo", "cold_start_grpo", "cold_start_crpo")
"""Keys of the systems for which numbers were published."""
RECIPE = "recipe.yaml"
"""What training leaves beside its final model."""


@dataclass(frozen=True)
class Arm:
    """How a checkpoint was trained; None is not known."""

    reward: Reward | None = None
    """`none` for a model that saw no RL."""
    cold_start: bool | None = None
    """Whether it was fine-tuned on a teacher's traces, at first or at all."""
    k: float | None = None
    """Weight of the accuracy reward."""
    seed: int | None = None
    """Of the training."""


BASE = Arm("none", cold_start=False)
_NAMED = {
    "baseline_cot": BASE,
    "grpo": Arm("grpo", cold_start=False),
    "crpo": Arm("crpo", cold_start=False),
    "cold_start_grpo": Arm("grpo", cold_start=True),
    "cold_start_crpo": Arm("crpo", cold_start=True),
}


def arm_of(header: Header, model: Model, label: str, labels: Collection[str]) -> Arm:
    """How a model was trained.

    What the run's metadata says counts first (`--metadata reward=crpo` and the like), then the recipe beside the model,
    then the words of its label.

    Args:
        header: Of a log of the run.
        model: The model.
        label: Its label.
        labels: Those of all models in the study.
    """
    known = _told(header.metadata)
    for other in (_of_recipe(model.path), _NAMED.get(_named(header) or ""), _of_words(label, model.path, labels)):
        known = _completed(known, other or Arm())
    return known


def _completed(arm: Arm, other: Arm) -> Arm:
    missing = [field.name for field in fields(Arm) if getattr(arm, field.name) is None]
    return replace(arm, **{name: getattr(other, name) for name in missing})


def _told(metadata: Mapping[str, Any]) -> Arm:
    reward = str(metadata.get("reward", "")).strip().lower()
    return Arm(
        next((known for known in REWARDS if known == reward), None),
        _truth(metadata.get("cold_start")),
        _number(metadata.get("k")),
        _whole(metadata.get("seed")),
    )


def _truth(value: Any) -> bool | None:
    said = str(value).strip().lower()
    return True if said in ("true", "yes", "1") else False if said in ("false", "no", "0") else None


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _of_recipe(path: str | None) -> Arm | None:
    """What the recipe beside a model says; None where there is none on this machine."""
    recipe = _recipe(path)
    if not recipe:
        return None
    seed = _whole(recipe.get("seed"))
    if recipe.get("method") == "sft":
        return Arm("none", cold_start=True, seed=seed)
    weights = recipe.get("rewards")
    weights = {name: weight for name, weight in weights.items() if weight} if isinstance(weights, Mapping) else {}
    start = str(recipe.get("model", ""))
    return Arm(_reward(weights), _cold(start), _number(weights.get("accuracy")), seed)


def _reward(weights: Mapping[str, Any]) -> Reward | None:
    """CRPO adds two terms to GRPO; with one of them it is an ablation, which has no name here."""
    added = {"cross_reference", "consistency"} & weights.keys()
    layout = {"format", "think_format"} & weights.keys()
    if not layout:
        return None
    return "crpo" if len(added) == 2 else None if added else "grpo"


def _cold(start: str) -> bool | None:
    """Whether a model from which RL started had had a cold start."""
    for _ in range(_MOST_STAGES):
        before = _recipe(start)
        if not before:
            break
        if before.get("method") == "sft":
            return True
        start = str(before.get("model", ""))
    if _COLD.search(telling_part(start).lower()):
        return True
    return False if _HUB_ID.fullmatch(start) and not as_typed(start).exists() else None


def _recipe(path: str | None) -> Mapping[str, Any] | None:
    """The recipe of a local model: beside the folder of a final model, or of a checkpoint."""
    if not path:
        return None
    try:
        found = yaml.safe_load((as_typed(path).parent / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return found if isinstance(found, Mapping) else None


_MOST_STAGES = 10  # of training one after the other: a recipe may name its own output
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_COLD = re.compile(r"cold[-_ ]?start")
_REWARD = re.compile(r"(?<![a-z])(?:crpo|grpo)(?![a-z])")
_SEED = re.compile(r"(?<![a-z])seed[-_=]?(\d+)")
_K = re.compile(r"(?<![a-z0-9])k[-_=]?(\d+(?:\.\d+)?)(?![a-z0-9])")


def _of_words(label: str, path: str | None, labels: Collection[str]) -> Arm:
    """What a label says in so many words; two rewards in one label say nothing."""
    text = label.lower()
    if text.rsplit("/", 1)[-1] == "base":
        return BASE
    rewards = set(_REWARD.findall(text))
    cold = True if _COLD.search(text) else None
    reward: Reward | None = None
    if len(rewards) == 1:
        reward = "crpo" if "crpo" in rewards else "grpo"
        if not cold and any(_without_cold(other.lower()) == text for other in labels if other.lower() != text):
            cold = False  # its counterpart says that it had one
    elif cold and not rewards:
        reward = "none"
    k, seed = _K.search(text), _SEED.search(text) or _SEED.search((path or "").lower())
    return Arm(reward, cold, float(k[1]) if k else None, int(seed[1]) if seed else None)


def _without_cold(label: str) -> str:
    return re.sub(rf"{_COLD.pattern}[-_ +]*|[-_ +]*{_COLD.pattern}", "", label, count=1)


def system_of(header: Header) -> str | None:
    """The published system that a run is one of, when it ran on the data that the numbers were published for."""
    benchmark = BENCHMARKS.get(header.task)
    if benchmark is None:
        return None
    said = header.conditions
    edition = said.get("dataset") == benchmark.hub.id and said.get("dataset_split") in (benchmark.hub.split, None)
    return _named(header) if edition else None


def _named(header: Header) -> str | None:
    told = header.metadata.get("system")
    if told in SYSTEMS:
        return str(told)
    name = header.model.rsplit("/", 1)[-1].lower()
    return {"qwen2.5-3b-instruct": "baseline_cot", "clinical-r1-3b": "cold_start_crpo"}.get(name)
