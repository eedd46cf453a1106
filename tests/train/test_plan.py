"""What a recipe comes to, against TRL's own sampler and a real model's own count."""

import json
import math
import struct
from pathlib import Path

import pytest

from clinical_r1.errors import UserError
from clinical_r1.train.dry_run import (
    ModelSize,
    dry_run,
    estimate,
    gradient_accumulation_steps,
    model_size,
    plan,
    steps_per_generation,
)
from clinical_r1.train.recipe import RlRecipe, load

SMALL = ["prompts_per_batch=16", "prompts_per_update=8", "device_batch=4", "epochs=1", "data.limit=null"]


def rl(*overrides: str) -> RlRecipe:
    recipe = load("crpo", [*SMALL, *overrides])
    assert isinstance(recipe, RlRecipe)
    return recipe


@pytest.mark.parametrize(
    ("overrides", "questions", "updates", "batches", "rollouts"),
    [
        ([], 70, 8, 4, 320),  # the last 6 questions do not fill a batch
        ([], 16, 2, 1, 80),
        (["epochs=2.5"], 70, 20, 10, 800),
        (["epochs=0.3"], 70, 3, 2, 160),  # ends inside a batch
        (["num_iterations=3"], 70, 24, 4, 320),  # every batch is used three times
        (["max_steps=5"], 70, 5, 3, 240),
        (["max_steps=500"], 70, 8, 4, 320),  # the epochs end first
        (["prompts_per_update=16"], 70, 4, 4, 320),
        (["rollouts=2"], 70, 8, 4, 128),
    ],
)
def test_counts_of_an_rl_run(overrides: list[str], questions: int, updates: int, batches: int, rollouts: int) -> None:
    recipe = rl(*overrides)
    run = plan(recipe, questions)
    assert (run.updates, run.batches, run.rollouts) == (updates, batches, rollouts)
    assert run.sampled_tokens == rollouts * 4096
    assert run.trained_tokens == updates * recipe.prompts_per_update * recipe.rollouts * (1024 + 4096)


@pytest.mark.parametrize(
    ("overrides", "questions"),
    [([], 70), (["num_iterations=2"], 50), (["prompts_per_update=4", "device_batch=5"], 33)],
)
def test_updates_are_those_of_the_trainers_own_sampler(overrides: list[str], questions: int) -> None:
    utils = pytest.importorskip("trl.trainer.utils")
    recipe = rl(*overrides)
    accumulation, generation = gradient_accumulation_steps(recipe), steps_per_generation(recipe)
    sampler = utils.RepeatSampler(
        range(questions),
        mini_repeat_count=recipe.rollouts,
        batch_size=recipe.device_batch * generation // recipe.rollouts,
        repeat_count=recipe.num_iterations * generation,
    )
    assert recipe.device_batch * generation % recipe.rollouts == 0
    device_batches = len(list(sampler)) / (recipe.device_batch * generation)  # TRL loads a whole generation at once
    assert plan(recipe, questions).updates_per_epoch == device_batches / accumulation


@pytest.mark.parametrize(
    ("overrides", "traces", "trained", "updates"),
    [
        (["epochs=2"], 100, 90, 12),  # 10 held out; 6 updates an epoch, the last of 10
        (["epochs=1"], 2, 1, 1),  # at least one is held out
        (["epochs=1", "held_out=0.9"], 3, 1, 1),  # and at least one trained on
        (["epochs=20", "max_steps=7"], 100, 90, 7),
    ],
)
def test_counts_of_a_cold_start(overrides: list[str], traces: int, trained: int, updates: int) -> None:
    run = plan(load("cold_start", ["batch=16", *overrides]), traces)
    assert (run.questions, run.updates, run.rollouts, run.batches) == (trained, updates, 0, 0)
    assert run.trained_tokens <= updates * 16 * 4096


def test_too_little_data_is_an_error_that_says_how_much_there_is() -> None:
    with pytest.raises(UserError, match=r"prompts_per_batch=16: there are 15 questions; allowed: 1 to 15"):
        plan(rl(), 15)
    with pytest.raises(UserError, match="1 traces; at least 2"):
        plan(load("cold_start"), 1)


@pytest.mark.parametrize(
    ("recipe", "processes", "accumulation", "generation"),
    [("crpo", 1, 40, 2560), ("crpo", 8, 5, 320), ("crpo", 40, 1, 64), ("world_crpo", 1, 1, 1)],
)
def test_device_batches_of_an_update_and_of_a_generation(
    recipe: str, processes: int, accumulation: int, generation: int
) -> None:
    loaded = load(recipe)
    assert isinstance(loaded, RlRecipe)
    assert gradient_accumulation_steps(loaded, processes) == accumulation
    assert steps_per_generation(loaded, processes) == generation
    at_once = loaded.device_batch * processes
    assert at_once * generation == loaded.prompts_per_batch * loaded.rollouts
    assert at_once * accumulation == loaded.prompts_per_update * loaded.rollouts


@pytest.mark.parametrize(
    ("recipe", "overrides", "processes", "words"),
    [
        ("crpo", ["device_batch=3"], 8, "allowed: device_batch of 1, 2, 5, 10"),
        ("crpo", [], 7, "allowed numbers of processes: 1, 2, 4, 5, 8, 10, 16, 20, 40, 80"),
        ("crpo", ["device_batch=160"], 1, "allowed: device_batch of 1, 2, 4, 5, 8, 10, 16, 20, 40, 80"),
        ("cold_start", ["device_batch=3"], 8, "does not divide the 256 of batch; allowed: device_batch of 1, 2, 4"),
        ("crpo", [], 0, "processes=0"),
    ],
)
def test_sizes_that_do_not_divide(recipe: str, overrides: list[str], processes: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        gradient_accumulation_steps(load(recipe, overrides), processes)


# --- memory ----------------------------------------------------------------------------------------------------------

SIZE = ModelSize(parameters=1000, hidden=8, layers=3, vocabulary=50, linear=100)


def test_a_full_fine_tune_holds_weights_gradients_moments_and_a_reference() -> None:
    found = estimate(rl("vllm=null"), SIZE)
    assert (found.weights, found.gradients, found.optimizer, found.reference) == (4000, 4000, 8000, 4000)
    assert found.vllm == 0
    assert estimate(rl("vllm=null", "beta=0"), SIZE).reference == 0  # no penalty, no reference
    assert estimate(rl("vllm=null", "beta=0", "watch_kl=true"), SIZE).reference > 0


def test_lora_trains_adapters_alone_and_needs_no_reference() -> None:
    found = estimate(rl("lora.rank=2", "vllm=null"), SIZE)
    assert (found.weights, found.gradients, found.optimizer, found.reference) == (2000 + 800, 800, 1600, 0)
    assert estimate(rl("lora.rank=2", "precision=fp32"), SIZE).weights == 4000 + 800


def test_sharing_divides_what_it_says_among_the_gpus() -> None:
    recipe = rl("vllm=null")
    one, two, three = (estimate(recipe, SIZE, 8, sharding) for sharding in ("none", "zero2", "zero3"))
    assert (two.weights, two.gradients, two.optimizer, two.reference) == (4000, 500, 1000, 4000)
    assert (three.weights, three.gradients, three.optimizer, three.reference) == (500, 500, 1000, 500)
    assert one.activations == two.activations == three.activations


def test_activations_with_and_without_checkpointing() -> None:
    tokens = 4 * (1024 + 4096)
    assert estimate(rl(), SIZE).activations == 2 * tokens * 8 * (3 + 17)
    assert estimate(rl("gradient_checkpointing=false"), SIZE).activations == 2 * tokens * 8 * 3 * 17
    assert estimate(rl("gradient_checkpointing=false", "precision=fp32"), SIZE).activations == 4 * tokens * 8 * 3 * 17


@pytest.mark.parametrize("name", ["crpo", "crpo_medical_backbone", "crpo_thinking"])
def test_recipes_for_8_gpus_of_48_gb_fit_when_all_is_shared(name: str) -> None:
    recipe = load(name)
    assert isinstance(recipe, RlRecipe)
    assert recipe.vllm is not None
    size = model_size(recipe.model)
    needed = estimate(recipe, size, 8, "zero3")
    share = recipe.vllm.gpu_memory * 48 * 2**30
    assert needed.total - needed.vllm + share < 48 * 2**30
    assert share > 2 * size.parameters + 2**30  # the engine's weights, and a cache


def test_a_colocated_engine_takes_its_share_and_a_server_none() -> None:
    found = estimate(rl(), SIZE)
    assert found.vllm / found.total == pytest.approx(0.3)
    assert estimate(rl("vllm.mode=server"), SIZE).vllm == 0
    big = ModelSize(parameters=10**12, hidden=8, layers=3, vocabulary=50, linear=100)
    assert estimate(rl("lora.rank=1", "vllm.gpu_memory=0.01"), big).vllm == 2 * 10**12  # its weights at least


def test_what_is_unknown_stays_unknown() -> None:
    found = estimate(rl(), ModelSize(parameters=1000))
    assert found.weights == 4000
    assert all(map(math.isnan, (found.activations, found.logits, found.vllm, found.total)))
    assert math.isnan(estimate(rl("lora.rank=2"), ModelSize(parameters=1000)).weights)
    assert math.isnan(estimate(rl(), ModelSize()).total)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("m42-health/Llama3-Med42-8B", 8_030_261_248),  # known exactly
        ("owner/model-8B", 8e9),
        ("owner/model-0.5B-Instruct", 0.5e9),
        ("owner/model-360M", 360e6),
        ("Qwen/Qwen2.5-3B-Instruct", 3_085_938_688),
        ("owner/llama3", None),  # 3 is a version
        ("owner/A3Bit", None),  # no word of its own
        ("runs/cold_start/final", None),  # not there yet
    ],
)
def test_the_size_of_a_model_by_its_name(model: str, parameters: float | None) -> None:
    assert model_size(model).parameters == pytest.approx(math.nan if parameters is None else parameters, nan_ok=True)


def test_the_size_of_a_folder_is_that_of_its_tensors(tmp_path: Path) -> None:
    shapes = {"model.embed_tokens.weight": [50, 8], "layers.0.mlp.weight": [8, 24], "norm.weight": [8]}
    for place, (name, shape) in enumerate(shapes.items()):  # a file each, as large models are saved
        header = {"__metadata__": {"format": "pt"}, name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}
        text = json.dumps(header).encode()
        (tmp_path / f"{place}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    (tmp_path / "config.json").write_text(
        '{"hidden_size": 8, "num_hidden_layers": 1, "vocab_size": 50, "num_attention_heads": 4, "num_key_value_heads": 2}'
    )
    assert model_size(str(tmp_path)) == ModelSize(400 + 192 + 8, 8, 1, 50, linear=32, keys=4)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_folder_that_is_no_model(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match="cannot be measured"):
        model_size(str(tmp_path))


def test_a_real_model_and_its_adapters_have_the_size_measured(tmp_path: Path) -> None:
    transformers, peft = pytest.importorskip("transformers"), pytest.importorskip("peft")
    config = transformers.Qwen2Config(
        vocab_size=64, hidden_size=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    model = transformers.Qwen2ForCausalLM(config)
    model.save_pretrained(tmp_path)
    size = model_size(str(tmp_path))
    assert size.parameters == model.num_parameters()
    assert (size.hidden, size.layers, size.vocabulary) == (16, 2, 64)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=3, target_modules="all-linear", task_type="CAUSAL_LM"))
    assert adapted.get_nb_trainable_parameters()[0] == 3 * size.linear
    assert math.isfinite(estimate(rl("lora.rank=3"), size).total)


def test_a_dry_run_counts_the_answers_to_held_out_questions() -> None:
    held = ("held_out.every=3", "held_out.limit=10", "held_out.votes=2", "held_out.dataset=dev.jsonl")
    text = dry_run(rl("max_steps=7", "device_batch=5", "prompts_per_batch=4", "prompts_per_update=2", *held))
    (line,) = (line for line in text.splitlines() if line.startswith("held-out answers"))
    # Every 3 updates becomes every 2 batches of rollouts: before the first, after 4; 2 times 10 questions x 2.
    assert line.split() == ["held-out", "answers", "40", *"at most: 2 times 10 questions x 2".split()]
