"""What checkpoints and benchmarks are called, and how a checkpoint was trained."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinical_r1.datasets import BENCHMARKS
from clinical_r1.logs.find import Header
from clinical_r1.logs.labels import Arm, arm_of, benchmark_labels, checkpoint_labels, model_of, system_of


def header(model: str = "vllm/lab/one", *, path: str | None = None, task: str = "medqa", **given: Any) -> Header:
    args = given.pop("args", {}) | ({"model_path": path} if path else {})
    conditions = {"dataset": "made-up"} | given.pop("data", {})
    return Header(task, "t", model, args, "success", "", "", 1, 1, (), given, conditions)


def hf(path: str, **given: Any) -> Header:
    return header("hf/local", path=path, **given)


# headers -> labels
LABELS: list[tuple[list[Header], list[str], str]] = [
    ([hf("runs/seed-0/crpo/final"), hf("runs/seed-0/grpo/final")], ["crpo", "grpo"], "what all paths share goes"),
    ([hf("/abs/runs/crpo/final")], ["crpo"], "a single path: its telling part"),
    ([hf("models/Qwen2.5-3B")], ["Qwen2.5-3B"], "a single path that no training here made"),
    ([hf("runs/crpo/checkpoint-100")], ["crpo/checkpoint-100"], "a single checkpoint in the middle of a run"),
    ([hf("runs/crpo/checkpoint-100"), hf("runs/crpo/checkpoint-200")], ["checkpoint-100", "checkpoint-200"], "two of a run"),
    ([hf("r/seed-0/crpo/final"), hf("r/seed-1/crpo/final")], ["seed-0", "seed-1"], "seeds of one method"),
    (
        [hf("r/seed-0/crpo/final"), hf("r/seed-1/crpo/final"), hf("r/seed-0/grpo/final")],
        ["seed-0/crpo", "seed-1/crpo", "seed-0/grpo"],
        "seeds of two methods",
    ),
    ([hf("world/model"), hf("world/runs/crpo/final")], ["model", "runs/crpo"], "a model that training started from"),
    ([hf("./a/crpo"), hf("a/crpo")], ["crpo"], "one folder, written in two ways"),
    ([header("vllm//abs/a/final"), header("vllm/./b/final")], ["abs/a", "b"], "paths as names of models"),
    ([header("openai-api/loop/runs/seed-0/crpo/final")], ["crpo"], "a path behind a service"),
    ([header("openai-api/loop/m")], ["loop/m"], "a service's model"),
    ([header("hf/Qwen/Qwen2.5-3B-Instruct")], ["Qwen/Qwen2.5-3B-Instruct"], "a hub id"),
    ([header("openai/gpt-5"), header("azureai/gpt-5")], ["openai/gpt-5", "azureai/gpt-5"], "the same model of two providers"),
    ([hf("a/crpo"), header("vllm//x/grpo")], ["a/crpo", "x/grpo"], "served in different ways"),
    ([header(checkpoint="mine"), header("openai/gpt-5")], ["mine", "gpt-5"], "the run's own word"),
    ([header(checkpoint="mine"), header("hf/local", path="x", checkpoint="mine")], ["mine"], "one checkpoint in two places"),
    ([header(checkpoint="crpo"), hf("runs/crpo/final")], ["crpo", "runs/crpo/final"], "its own word is taken already"),
    ([header(args={"revision": "a"}), header(args={"revision": "b"})], ["lab/one (revision=a)", "lab/one (revision=b)"], "two revisions"),
    ([header(), header(args={"revision": "b"})], ["lab/one", "lab/one (revision=b)"], "one of them the default"),
    ([header(args={"device": "cuda"}), header(args={"max_lora_rank": 8})], ["lab/one"], "settings of the machine"),
    (
        [header("clinical_r1/baseline-random", args={"seed": 1}), header("clinical_r1/baseline-random")],
        ["baseline-random (seed=1)", "baseline-random"],
        "an embedded model answers by its seed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "labels", "reason"), LABELS, ids=[row[-1] for row in LABELS])
def test_checkpoints(headers: list[Header], labels: list[str], reason: str) -> None:
    assert list(checkpoint_labels(map(model_of, headers)).values()) == labels, reason


def test_a_relative_path_of_two_parts_is_known_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert model_of(header("vllm/runs/crpo")).path is None
    (tmp_path / "runs" / "crpo").mkdir(parents=True)
    assert model_of(header("vllm/runs/crpo")).path is None
    (tmp_path / "runs" / "crpo" / "config.json").write_text("{}")
    assert model_of(header("vllm/runs/crpo")).path == "runs/crpo"


def of(dataset: str, digest: str | None = None, task: str = "medqa", **more: Any) -> Header:
    return header(task=task, data={"dataset": dataset, "dataset_sha256": digest, **more})


# headers -> labels
DATA: list[tuple[list[Header], list[str], str]] = [
    ([of("a.jsonl", "1"), of("b.jsonl", "1")], ["medqa"], "one file under two names"),
    ([of("x/test.jsonl", "1"), of("x/dev.jsonl", "2")], ["medqa (test.jsonl)", "medqa (dev.jsonl)"], "two files"),
    ([of("x/t.jsonl", "1"), of("y/t.jsonl", "2")], ["medqa (x/t.jsonl)", "medqa (y/t.jsonl)"], "two files of one name"),
    ([of("t.jsonl", "11"), of("t.jsonl", "22")], ["medqa (t.jsonl, sha256 11)", "medqa (t.jsonl, sha256 22)"], "a file that changed"),
    ([of("G/MedQA"), of("t.jsonl", "1")], ["medqa (G/MedQA)", "medqa (t.jsonl)"], "the hub and a file"),
    (
        [of("G/M", dataset_split="test"), of("G/M", dataset_split="dev")],
        ["medqa (G/M, test)", "medqa (G/M, dev)"],
        "two splits",
    ),
    ([of("a", "1"), of("a", "1", task="medmcqa")], ["medqa", "medmcqa"], "two tasks need no more"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "labels", "reason"), DATA, ids=[row[-1] for row in DATA])
def test_benchmarks(headers: list[Header], labels: list[str], reason: str) -> None:
    assert list(benchmark_labels(headers).values()) == labels, reason


# --- arms -------------------------------------------------------------------------------------------------------------
# label, all labels -> arm
WORDS: list[tuple[str, list[str], Arm, str]] = [
    ("crpo", [], Arm("crpo"), "a reward"),
    ("GRPO", [], Arm("grpo"), "in capitals"),
    ("cold_start_crpo", [], Arm("crpo", cold_start=True), "with a cold start"),
    ("cold-start+grpo", [], Arm("grpo", cold_start=True), "the same otherwise"),
    ("coldstart", [], Arm("none", cold_start=True), "nothing but a cold start"),
    ("crpo", ["crpo", "cold_start_crpo"], Arm("crpo", cold_start=False), "its counterpart has one, so it has none"),
    ("crpo", ["crpo", "cold_start_grpo", "cold_start"], Arm("crpo"), "another's says nothing"),
    ("seed-3/crpo_k5", [], Arm("crpo", k=5, seed=3), "k and seed"),
    ("crpo_k0.5", [], Arm("crpo", k=0.5), "a fraction"),
    ("base", [], Arm("none", cold_start=False), "the base model"),
    ("database", [], Arm(), "no word of its own"),
    ("grpo-vs-crpo", [], Arm(), "two rewards say nothing"),
    ("lab/one", [], Arm(), "nothing is said, nothing is guessed"),
    ("rank5", [], Arm(), "no k"),
]


@pytest.mark.parametrize(("label", "labels", "arm", "reason"), WORDS, ids=[row[-1] for row in WORDS])
def test_what_a_label_says(label: str, labels: list[str], arm: Arm, reason: str) -> None:
    assert arm_of(header(), model_of(header()), label, labels) == arm, reason


def recipe(folder: Path, **keys: Any) -> str:
    (folder / "final").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(keys))
    return str(folder / "final")


CRPO = {"accuracy": 10.0, "format": 1.0, "cross_reference": 0.5, "consistency": 0.5}
# recipe -> arm
RECIPES: list[tuple[dict[str, Any], Arm, str]] = [
    ({"method": "sft", "model": "Q/Q", "seed": 2}, Arm("none", cold_start=True, seed=2), "supervised fine-tuning"),
    ({"method": "rl", "model": "Q/Q", "rewards": CRPO, "seed": 0}, Arm("crpo", False, 10, 0), "CRPO from a hub model"),
    ({"method": "rl", "model": "r/cold_start/final", "rewards": CRPO}, Arm("crpo", True, 10), "CRPO after a cold start"),
    ({"method": "rl", "model": "Q/Q", "rewards": {"accuracy": 5, "think_format": 1}}, Arm("grpo", False, 5), "GRPO"),
    ({"method": "rl", "model": "Q/Q", "rewards": {"accuracy": 5, "format": 1}}, Arm("grpo", False, 5), "GRPO in tags"),
    ({"method": "rl", "model": "Q/Q", "rewards": CRPO | {"consistency": None}}, Arm(None, False, 10), "an ablation"),
    ({"method": "rl", "model": "Q/Q", "rewards": {name: 4 * weight for name, weight in (CRPO | {"accuracy": 1.0}).items()}},
     Arm("crpo", False, 1), "weights brought to another maximum"),
    ({"method": "rl", "model": "Q/Q", "rewards": {"released": 1}}, Arm("crpo", False), "the released code's reward"),
    ({"method": "rl", "model": "Q/Q", "rewards": {"accuracy": 1}}, Arm(None, False, 1), "no layout is rewarded"),
    ({"method": "rl", "model": "/models/Q", "rewards": CRPO}, Arm("crpo", None, 10), "a folder that says nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "arm", "reason"), RECIPES, ids=[row[-1] for row in RECIPES])
def test_what_a_recipe_says(keys: dict[str, Any], arm: Arm, reason: str, tmp_path: Path) -> None:
    one = hf(recipe(tmp_path / "run", **keys))
    assert replace(arm_of(one, model_of(one), "run", []), recipe=None) == arm, reason


def test_a_model_that_was_moved_takes_its_recipe_along(tmp_path: Path) -> None:
    moved = Path(recipe(tmp_path / "run", method="rl", model="Q/Q", rewards=CRPO)).rename(tmp_path / "published")
    (tmp_path / "run" / "recipe.yaml").rename(moved / "recipe.yaml")
    one = hf(str(moved))
    assert arm_of(one, model_of(one), "published", []).reward == "crpo"


def test_recipes_that_differ_in_their_seed_alone_have_one_digest(tmp_path: Path) -> None:
    def digest(name: str, **keys: Any) -> str | None:
        path = recipe(tmp_path / name, method="rl", rewards=CRPO, **keys)
        return arm_of(hf(path), model_of(hf(path)), name, []).recipe

    first = digest("a", seed=0, model="runs/seed-0/cold_start/final", output="runs/seed-0/crpo")
    assert first == digest("b", seed=1, model="runs/seed-1/cold_start/final", output="runs/seed-1/crpo")
    assert first != digest("c", seed=2, model="runs/seed-2/cold_start/final", learning_rate=1e-6)


def test_a_cold_start_is_known_by_the_recipe_of_the_model_that_rl_started_from(tmp_path: Path) -> None:
    first = recipe(tmp_path / "warm", method="sft", model="Q/Q")
    second = recipe(tmp_path / "a", method="rl", model=first, rewards=CRPO)
    third = recipe(tmp_path / "b", method="rl", model=second, rewards=CRPO)
    plain = recipe(
        tmp_path / "c", method="rl", model=recipe(tmp_path / "d", method="rl", model="Q/Q", rewards=CRPO), rewards=CRPO
    )
    arms = {path: arm_of(hf(path), model_of(hf(path)), "x", []).cold_start for path in (second, third, plain)}
    assert arms == {second: True, third: True, plain: False}
    circle = recipe(tmp_path / "e", method="rl", model=str(tmp_path / "e" / "final"), rewards=CRPO)
    assert arm_of(hf(circle), model_of(hf(circle)), "x", []).cold_start is None


def test_a_damaged_recipe_says_nothing(tmp_path: Path) -> None:
    path = recipe(tmp_path / "crpo")
    for text in ("[", "- a", "", "rewards: 5\nmethod: rl"):
        (tmp_path / "crpo" / "recipe.yaml").write_text(text)
        assert replace(arm_of(hf(path), model_of(hf(path)), "x", []), recipe=None) == Arm()


# metadata -> arm
TOLD: list[tuple[dict[str, Any], Arm, str]] = [
    ({"reward": "crpo", "cold_start": "true", "k": 5, "seed": 1}, Arm("crpo", True, 5, 1), "all of it"),
    ({"cold_start": False}, Arm("grpo", False), "the rest by the label"),
    ({"reward": "dpo", "k": "many", "seed": 1.5}, Arm("grpo"), "what is no value is not told"),
    ({"reward": "None"}, Arm("none"), "none is a reward, and wins over the label"),
]


@pytest.mark.parametrize(("metadata", "arm", "reason"), TOLD, ids=[row[-1] for row in TOLD])
def test_what_the_run_says_counts_first(metadata: dict[str, Any], arm: Arm, reason: str) -> None:
    one = header(**metadata)
    assert arm_of(one, model_of(one), "grpo", []) == arm, reason


# --- published systems ------------------------------------------------------------------------------------------------
HUB = BENCHMARKS["medqa"].hub
DEFAULT = {"dataset": HUB.id, "dataset_split": HUB.split}
# header -> system
SYSTEMS: list[tuple[Header, str | None, str]] = [
    (header("hf/Qwen/Qwen2.5-3B-Instruct", data=DEFAULT), "baseline_cot", "the paper's base model"),
    (header("vllm/someone/Clinical-R1-3B", data=DEFAULT), "cold_start_crpo", "the paper's model"),
    (header(system="crpo", data=DEFAULT), "crpo", "the run says so"),
    (header(system="mine", data=DEFAULT), None, "no published system"),
    (header("hf/Qwen/Qwen2.5-7B-Instruct", data=DEFAULT), None, "another size"),
    (header("hf/Qwen/Qwen2.5-3B-Instruct"), None, "other data"),
    (header("hf/Qwen/Qwen2.5-3B-Instruct", data=DEFAULT | {"dataset_split": "train"}), None, "another split"),
    (header("hf/Qwen/Qwen2.5-3B-Instruct", task="own", data=DEFAULT), None, "another task"),
]


@pytest.mark.parametrize(("one", "system", "reason"), SYSTEMS, ids=[row[-1] for row in SYSTEMS])
def test_published_systems(one: Header, system: str | None, reason: str) -> None:
    assert system_of(one) == system, reason
