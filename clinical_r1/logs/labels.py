"""What runs are called and what their models were trained with: short labels of checkpoints and benchmarks, arms."""

import json
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

import yaml

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.files import RECIPE, as_typed
from clinical_r1.logs.find import Header

# Arguments of providers that choose the weights; others, such as the device, leave the model what it is.
_WEIGHTS = re.compile(r"path|revision|adapter|lora|checkpoint|weights|subfolder", re.IGNORECASE)
_NOT_WEIGHTS = re.compile(r"tokenizer|template|cache|max_lora|enable_lora", re.IGNORECASE)
_OWN_PROVIDER = "clinical_r1"  # embedded baselines: every argument changes what they answer
_ANY_SERVICE = "openai-api"  # then the service, then the model
_PATH = re.compile(r"[./~]|[A-Za-z]:[\\/]")
Labelled = TypeVar("Labelled", bound=Hashable)
FINAL = "final"
"""Folder in which training leaves its model."""


@dataclass(frozen=True)
class Model:
    """What a run asked: two runs with the same are of one checkpoint."""

    name: str
    """As Inspect names it; empty where `given` or `path` says which model it is."""
    path: str | None = None
    """Folder of its weights."""
    arguments: tuple[str, ...] = ()
    """Other arguments that choose weights, as `name=value`."""
    given: str | None = None
    """What the run's metadata calls it (`--metadata checkpoint=NAME`)."""


def model_of(header: Header) -> Model:
    """Which model a log is about."""
    given = header.metadata.get("checkpoint")
    if isinstance(given, str | int | float) and str(given).strip():
        return Model("", given=str(given).strip())
    own = header.model.startswith(f"{_OWN_PROVIDER}/")
    chosen = {
        name: value
        for name, value in header.model_args.items()
        if own or (_WEIGHTS.search(name) and not _NOT_WEIGHTS.search(name))
    }
    path = chosen.pop("model_path", None) or _path_in(header.model)
    arguments = tuple(sorted(f"{name}={value}" for name, value in chosen.items() if value is not None))
    if path:
        return Model("", str(PurePosixPath(str(path).replace("\\", "/"))), arguments)
    return Model(header.model, None, arguments)


def _path_in(model: str) -> str | None:
    """The folder in a model's name, which is `provider/folder`; None for a hub id and the like."""
    provider, _, rest = model.partition("/")
    if provider == _ANY_SERVICE:
        rest = rest.partition("/")[2]
    # A hub id has two parts. Where a relative path has two as well, only its files tell.
    if _PATH.match(rest) or rest.count("/") > 1 or (Path(rest) / "config.json").is_file():
        return rest
    return None


def checkpoint_labels(models: Iterable[Model]) -> dict[Model, str]:
    """A distinct label for each model, as short as that allows.

    A folder loses the parts that all folders share at its beginning and end; a name loses its provider.

    Examples:
        >>> list(checkpoint_labels([Model("", "runs/crpo/final"), Model("", "runs/grpo/final")]).values())
        ['crpo', 'grpo']
    """
    every = list(dict.fromkeys(models))
    short = _short_paths([model.path for model in every if model.path])

    def names(model: Model) -> list[str]:
        brief = model.given or short.get(model.path or "") or model.name.partition("/")[2] or model.name
        arguments = f" ({', '.join(model.arguments)})" if model.arguments else ""
        return [name + end for name in (brief, model.given or model.path or model.name) for end in ("", arguments)]

    return _distinct({model: names(model) for model in every})


def _short_paths(paths: Sequence[str]) -> dict[str, str]:
    parts = {path: _parts(path) for path in dict.fromkeys(paths)}
    if len(parts) < 2:
        return {path: telling_part(path) for path in parts}
    cut = list(parts.values())
    while all(len(one) > 1 for one in cut) and len({one[-1] for one in cut}) == 1:
        cut = [one[:-1] for one in cut]
    while all(len(one) > 1 for one in cut) and len({one[0] for one in cut}) == 1:
        cut = [one[1:] for one in cut]
    bare = [one[:-1] if len(one) > 1 and one[-1] == FINAL else one for one in cut]
    cut = bare if len(set(map(tuple, bare))) == len(bare) else cut
    return {path: "/".join(one) for path, one in zip(parts, cut, strict=True)}


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def telling_part(path: str) -> str:
    """The part of a path that says which model it is.

    Examples:
        >>> telling_part("runs/crpo/final"), telling_part("runs/crpo/checkpoint-100")
        ('crpo', 'crpo/checkpoint-100')
    """
    named = [part for part in _parts(path) if part != FINAL] or [path]
    return "/".join(named[-2:] if named[-1].startswith("checkpoint-") else named[-1:])


def _distinct(names: Mapping[Labelled, Sequence[str]]) -> dict[Labelled, str]:
    """The first of the names of each thing that no other thing has; a number where there is none."""
    labels: dict[Labelled, str] = {}
    for choice in zip(*names.values(), strict=True):
        rest = {thing: name for thing, name in zip(names, choice, strict=True) if thing not in labels}
        times = Counter([*labels.values(), *rest.values()])
        labels |= {thing: name for thing, name in rest.items() if times[name] == 1}
    numbered = enumerate((thing for thing in names if thing not in labels), 1)
    labels |= {thing: f"{names[thing][-1]} #{number}" for number, thing in numbered}
    return {thing: labels[thing] for thing in names}


@dataclass(frozen=True)
class Data:
    """The questions of a run."""

    task: str
    digest: str | None
    """Of a local file's bytes: then its name does not matter."""
    source: str | None = None
    revision: str | None = None
    split: str | None = None


def data_of(header: Header) -> Data:
    """Which data a log is about."""
    said = header.conditions
    digest = said.get("dataset_sha256")
    if digest:
        return Data(header.task, str(digest))
    return Data(header.task, None, *(said.get(f"dataset{name}") for name in ("", "_revision", "_split")))


def benchmark_labels(headers: Iterable[Header]) -> dict[Data, str]:
    """A distinct label for each data set: the task, and the data's name where a task comes with several.

    Examples:
        >>> def header(name, digest):
        ...     said = {"dataset": name, "dataset_sha256": digest}
        ...     return Header("medqa", "1", "m", {}, "success", "", "", 1, 1, (), {}, said)
        >>> list(benchmark_labels([header("data/test.jsonl", "ab"), header("data/dev.jsonl", "cd")]).values())
        ['medqa (test.jsonl)', 'medqa (dev.jsonl)']
    """
    sources = {data_of(header): str(header.conditions.get("dataset") or "other data") for header in headers}
    tasks = Counter(data.task for data in sources)

    def names(data: Data) -> list[str]:
        task, source = data.task, sources[data]
        file = source.replace("\\", "/").rsplit("/", 1)[-1]  # a hub id has no suffix
        edition = f"sha256 {data.digest[:8]}" if data.digest else ", ".join(filter(None, (data.split, data.revision)))
        first = task if tasks[task] == 1 else f"{task} ({file if '.' in file else source})"
        return [first, f"{task} ({source})", f"{task} ({source}, {edition})"]

    return _distinct({data: names(data) for data in sources})


# --- how a checkpoint was trained -------------------------------------------------------------------------------------
Reward = Literal["none", "grpo", "crpo"]
REWARDS: tuple[Reward, ...] = ("none", "grpo", "crpo")
SYSTEMS = ("baseline_cot", "grpo", "crpo", "cold_start_grpo", "cold_start_crpo")
"""Keys of the systems for which numbers were published."""


@dataclass(frozen=True)
class Arm:
    """How a checkpoint was trained; None is not known."""

    reward: Reward | None = None
    """`none` for a model that saw no RL."""
    cold_start: bool | None = None
    """Whether it was fine-tuned on a teacher's traces, at first or at all."""
    k: float | None = None
    """Weight of the accuracy reward, that of the layout being 1."""
    seed: int | None = None
    """Of the training."""
    recipe: str | None = None
    """Digest of the recipe without its seed: checkpoints that differ in their seed alone share it."""


def place_of(arm: Arm) -> tuple[bool, int]:
    """The place of an arm among others, to sort by: base, cold start, GRPO, CRPO, and those of unknown training last.

    Of one reward, those without a cold start stand before those with one.
    """
    return arm.reward is None, 2 * REWARDS.index(arm.reward) + bool(arm.cold_start) if arm.reward else 0


BASE = Arm("none", cold_start=False)
_NAMED = {
    "baseline_cot": BASE,
    "grpo": Arm("grpo", cold_start=False),
    "crpo": Arm("crpo", cold_start=False),
    "cold_start_grpo": Arm("grpo", cold_start=True),
    "cold_start_crpo": Arm("crpo", cold_start=True),
}


def arm_of(header: Header, model: Model, label: str, labels: Collection[str]) -> Arm:
    """How a model was trained, from a log's header, its own label and the `labels` of all models in the set.

    What the run's metadata says counts first (`--metadata reward=crpo` and the like), then the recipe beside the model,
    then the words of its label.
    """
    arm = _told(header.metadata)
    for other in (_of_recipe(model.path), _NAMED.get(_named(header) or ""), _of_words(label, model.path, labels)):
        missing = [field.name for field in fields(Arm) if getattr(arm, field.name) is None]
        arm = replace(arm, **{name: getattr(other or Arm(), name) for name in missing})
    return arm


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
        return Arm("none", cold_start=True, seed=seed, recipe=_but_for_seed(recipe))
    weights = recipe.get("rewards")
    weights = {name: weight for name, weight in weights.items() if weight} if isinstance(weights, Mapping) else {}
    start = str(recipe.get("model", ""))
    return Arm(_reward(weights), _cold(start), _k(weights), seed, _but_for_seed(recipe))


def _k(weights: Mapping[str, Any]) -> float | None:
    accuracy, layout = (_number(weights.get(name)) for name in ("accuracy", _layout(weights)))
    return round(accuracy / layout, 3) if accuracy and layout else accuracy


def _but_for_seed(recipe: Mapping[str, Any]) -> str:
    """Digest of a recipe without its seed and output; `seed-3` in the path of what it starts from is any seed."""
    kept = {key: value for key, value in recipe.items() if key not in ("seed", "output")}
    return sha256(_SEED.sub("seed", json.dumps(kept, sort_keys=True, default=str)).encode()).hexdigest()


def without_seed(label: str) -> str:
    """A label without what it says of the training seed; the label itself where nothing else is in it.

    Examples:
        >>> without_seed("seed-1/crpo"), without_seed("crpo_seed2 (prompt neutral)"), without_seed("seed-1")
        ('crpo', 'crpo (prompt neutral)', 'seed-1')
    """
    return re.sub(rf"[-_/. ]*{_SEED.pattern}(?=[-_/. ]|$)", "", label).strip("-_/. ") or label


def _reward(weights: Mapping[str, Any]) -> Reward | None:
    """CRPO adds two terms to GRPO; with one of them it is an ablation, which has no name here."""
    if "released" in weights:
        return "crpo"
    added = {"cross_reference", "consistency"} & weights.keys()
    if not _layout(weights):
        return None
    return "crpo" if len(added) == 2 else None if added else "grpo"


def _layout(weights: Mapping[str, Any]) -> str:
    """The term that pays for tags; empty where none does."""
    return next((name for name in ("format", "think_format") if name in weights), "")


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
    """The recipe of a local model: in the folder of a final model, or beside it, or beside a checkpoint."""
    if not path:
        return None
    folder = as_typed(path)
    file = inside if (inside := folder / RECIPE).is_file() else folder.parent / RECIPE
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
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
