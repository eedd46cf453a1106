"""Held-out answers during RL, and arguments that go through to TRL and PEFT: real TRL on a tiny model."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="needs the extra train")

from clinical_r1.errors import UserError
from clinical_r1.train import recipe as recipes
from clinical_r1.train.crpo import rl_settings
from clinical_r1.train.data import held_out_questions
from clinical_r1.train.held_out import rates
from clinical_r1.train.reward_functions import trl_reward
from clinical_r1.train.run import train
from clinical_r1.train.trl_settings import adapters
from tests.train.test_training import cold_start, record, rl, same, weights, world

__all__ = ["cold_start", "world"]


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("AAA", {"accuracy": 1, "majority": 1, "unread": 0}),
        ("AAB", {"accuracy": 2 / 3, "majority": 1, "unread": 0}),
        (
            "A-B",
            {"accuracy": 1 / 3, "majority": 1 / 2, "unread": 1 / 3},
        ),  # a tie is shared, what cannot be read is wrong
        ("---", {"accuracy": 0, "majority": 0, "unread": 1}),
        ("ABBAA", {"accuracy": 1 / 3, "majority": 0, "unread": 0}),  # what fills the last batch of a process counts not
    ],
)
def test_rates_are_over_questions(heard: str, expected: dict[str, float]) -> None:
    votes = [("q", None if letter == "-" else letter, "A") for letter in heard]
    assert rates(votes, 3) == pytest.approx(expected)
    other = [("other", "C", "C")] * 3
    assert rates([*other, *votes], 3)["accuracy"] == pytest.approx((1 + expected["accuracy"]) / 2)


def held_out(world: Path, **given: Any) -> str:
    values = {"dataset": str(world / "test.jsonl"), "every": 1, "limit": 8, "votes": 3, **given}
    return f"held_out={{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"


def test_what_is_kept_and_when_to_stop_is_told_by_held_out_answers(
    world: Path, cold_start: Path, tmp_path: Path
) -> None:
    ruin = ["learning_rate=0.05", "max_steps=6", "max_completion_tokens=32", "keep_checkpoints=6", "save_steps=1"]
    final = train(rl(world, cold_start, tmp_path / "run", *ruin, held_out(world, patience=2)), say=lambda _: None)
    run = record(tmp_path / "run")
    assert run["step"].iloc[0] == 0  # where it starts from, which is no checkpoint of it
    trained = run[run["step"] > 0]
    best = int(trained.loc[trained["held_out_accuracy"].idxmax(), "step"])
    assert len(trained) == best + 2 < 6
    assert same(weights(final), weights(tmp_path / "run" / f"checkpoint-{best}"))
    assert f"update {best}" in (final / "README.md").read_text()
    assert not [name for name in run if name.startswith("eval_")]
    assert {"held_out_majority", "held_out_unread", "held_out_format", "held_out_truncated"} <= set(run.columns)


def test_a_run_learns_the_same_with_held_out_answers_and_without(world: Path, cold_start: Path, tmp_path: Path) -> None:
    short = ["max_steps=2", "max_completion_tokens=32"]
    plain = train(rl(world, cold_start, tmp_path / "plain", *short), say=lambda _: None)
    train(rl(world, cold_start, tmp_path / "watched", *short, held_out(world)), say=lambda _: None)
    assert same(weights(plain), weights(tmp_path / "watched" / "checkpoint-2"))


def test_no_held_out_question_is_trained_on(world: Path, tmp_path: Path) -> None:
    lines = (world / "rl.jsonl").read_text().splitlines()
    fresh = (world / "test.jsonl").read_text().splitlines()
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("\n".join([*lines[:5], *fresh]))
    paths = [f"data.dataset={world / 'rl.jsonl'}", held_out(world, dataset=mixed, limit=3)]
    recipe = recipes.load("world_crpo", paths)
    assert len(held_out_questions(recipe, recipe.held_out).questions) == 3
    mixed.write_text("\n".join(lines[:5]))
    with pytest.raises(UserError, match="held_out: all 5 questions are trained on"):
        held_out_questions(recipe, recipe.held_out)


# --- what goes through to TRL and PEFT --------------------------------------------------------------------------------
def test_arguments_go_through_by_their_own_names(tmp_path: Path) -> None:
    given = ["trl.importance_sampling_level=sequence", "trl.epsilon_high=0.28", "trl.entropy_coef=0.001", "trl.top_k=5"]
    recipe = recipes.load("world_crpo", [f"output={tmp_path}", *given, "loss_type=cispo"])
    settings = rl_settings(recipe, [1.0], 0)
    assert (settings.importance_sampling_level, settings.epsilon_high, settings.top_k) == ("sequence", 0.28, 5)
    assert (settings.entropy_coef, settings.loss_type) == (0.001, "cispo")
    adapted = adapters(recipes.load("world_crpo", ["lora.rank=4", "peft.use_rslora=true", "peft.target_modules=[q]"]))
    assert adapted is not None
    assert (adapted.r, adapted.use_rslora, adapted.target_modules) == (4, True, {"q"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["trl.epsilon_hihg=0.28"], "trl.epsilon_hihg: GRPOConfig has no such argument (nearest: epsilon_high)"),
        (["trl.num_generations=8"], "trl.num_generations: is set by the recipe's own rollouts"),
        (["trl.beta=0.1"], "trl.beta: is set by the recipe's own beta"),
        (["trl.optim=sgdd"], "trl: sgdd is not a valid OptimizerNames"),
        (
            ["trl.gradient_accumulation_steps=2"],
            "trl.gradient_accumulation_steps: is set by the recipe's own device_batch",
        ),
    ],
)
def test_what_cannot_go_through_is_one_line(given: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        rl_settings(recipes.load("world_crpo", [f"output={tmp_path}", *given]), [1.0], 0)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_peft_without_adapters_is_refused() -> None:
    with pytest.raises(UserError, match="peft: needs lora"):
        recipes.load("world_crpo", ["peft.use_rslora=true"])


def test_ratios_of_vllm_correct_tokens_unless_said_otherwise(tmp_path: Path) -> None:
    vllm = [f"output={tmp_path}", "vllm.mode=server", "data.max_prompt_tokens=100", "max_completion_tokens=50"]
    settings = rl_settings(recipes.load("world_crpo", vllm), [1.0], 0)
    assert (settings.vllm_importance_sampling_mode, settings.vllm_max_model_length) == ("token_truncate", 150)
    settings = rl_settings(
        recipes.load("world_crpo", [*vllm, "trl.vllm_importance_sampling_mode=token_mask"]), [1.0], 0
    )
    assert settings.vllm_importance_sampling_mode == "token_mask"


def test_a_model_that_thinks_first_is_paid_for_what_follows() -> None:
    answer = r"<dx>Fever with neck stiffness points to meningitis.</dx><conclusion>\boxed{A}</conclusion>"
    texts = [answer, f"<think>Perhaps B.</think>\n\n{answer}", f"<think>Perhaps {answer}"]
    asked: dict[str, Any] = {
        "completions": [[{"role": "assistant", "content": text}] for text in texts],
        "target": ["A"] * 3,
        "options": ['{"A": "Meningitis", "B": "Migraine"}'] * 3,
        "question": ["A man has fever and a stiff neck."] * 3,
    }
    assert trl_reward("format", thinks_first=True)(**asked) == [1, 1, 0]
    assert trl_reward("format")(**asked) == [1, 0, 0]
    assert trl_reward("accuracy", thinks_first=True)(**asked) == [1, 1, 0]
