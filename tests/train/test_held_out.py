"""What is watched while RL runs, held-out answers before all, and arguments that go through to TRL and PEFT: real TRL on a
tiny model."""

import re
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import read_eval_log

pytest.importorskip("trl", reason="needs the extra train")

from clinical_r1.cli import main
from clinical_r1.commands import train as command
from clinical_r1.errors import UserError
from clinical_r1.prompts import load_prompt, render
from clinical_r1.train import callbacks
from clinical_r1.train import recipe as recipes
from clinical_r1.train.callbacks import rates
from clinical_r1.train.crpo import rl_settings
from clinical_r1.train.data import held_out_questions, training_questions
from clinical_r1.train.record import ASK_ONE_IN, _short
from clinical_r1.train.reward_functions import WATCHED, after_thought, trl_reward
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.train.run import train
from clinical_r1.train.trl_settings import adapters
from clinical_r1.yaml_text import parse
from tests.running import ROOT
from tests.train.test_training import cold_start, completions, record, rl, same, weights, world

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
    world: Path, cold_start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(callbacks._log, "warning", said.append)
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
    start = run["held_out_accuracy"].iloc[0]
    nothing_gained = trained["held_out_accuracy"].max() <= start
    assert any("no checkpoint has a better accuracy" in line for line in said) == nothing_gained
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
    learned = training_questions(recipe.data).questions
    assert len(held_out_questions(recipe, recipe.held_out, learned).questions) == 3
    mixed.write_text("\n".join(lines[:5]))
    with pytest.raises(UserError, match="held_out: all 5 questions are trained on"):
        held_out_questions(recipe, recipe.held_out, learned)


# --- what else is watched ---------------------------------------------------------------------------------------------
SHORT = ["beta=0", "max_steps=2", "max_completion_tokens=48"]


@pytest.fixture(scope="module")
def watched(world: Path, cold_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without a penalty whose KL is measured, and harm as the command has it judged."""
    recipe = rl(world, cold_start, tmp_path_factory.mktemp("watched") / "crpo", *SHORT, "watch_kl=true", "kl_guard={}")
    return train(recipe, say=lambda _: None, watch=command.watched()).parent


def test_a_run_learns_the_same_whatever_is_watched(
    world: Path, cold_start: Path, watched: Path, tmp_path: Path
) -> None:
    plain = train(rl(world, cold_start, tmp_path / "run", *SHORT), say=lambda _: None)
    assert same(weights(plain), weights(watched / "final"))
    run = record(watched)
    assert run["kl"].iloc[1] > 0
    assert set(run["beta"]) == {0}
    assert "kl" not in record(plain.parent)


def test_every_detector_has_a_column_whichever_is_paid(watched: Path) -> None:
    run, logged = record(watched), completions(watched)
    for name in WATCHED:
        seen = [
            crpo_reward(row.completion, row.target, loads(row.options), question=row.question, cross_reference=name)
            for row in logged.itertuples()
        ]
        assert run[f"cross_reference_{name}"].mean() == pytest.approx(
            np.mean([one.cross_reference > 0 for one in seen])
        )
    assert run["cross_reference_presence"].mean() > 0  # else this shows nothing
    assert {"clip_ratio", "clip_ratio_low", "clip_ratio_high", "entropy", "truncated"} <= set(run.columns)
    assert not [name for name in run if "/" in name or "terminated" in name or name.endswith("format_std")]


@pytest.mark.parametrize(
    ("logged", "name"),
    [
        ("sampling/importance_sampling_ratio/mean", "importance_ratio"),
        ("sampling/importance_sampling_ratio/max", None),
        ("sampling/sampling_logp_difference/mean", "sampling_logp_difference"),
        ("rewards/format/mean", "format"),
        ("rewards/my.module:term/mean", "my.module:term"),
        ("rewards/format/std", None),
        ("completions/min_terminated_length", None),
        ("cispo_clip_ratio", "clip_ratio"),
        ("eval_rewards/format/mean", "held_out_format"),
        ("eval_rewards/accuracy/mean", None),  # the answers' own is read as evaluation reads it
        ("eval_clip_ratio/region_mean", None),
        ("loss", "loss"),
    ],
)
def test_columns_have_short_names_and_noise_has_none(logged: str, name: str | None) -> None:
    assert _short(logged) == name


def test_rollouts_become_logs_that_judges_read(watched: Path, tmp_path: Path) -> None:
    assert main(["rollouts", str(watched), "-o", str(tmp_path), "--every", "1"]) == 0
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == ["step_000001.eval", "step_000002.eval"]
    before = paths[0].stat().st_mtime_ns
    assert main(["rollouts", str(watched), "-o", str(tmp_path)]) == 0
    assert paths[0].stat().st_mtime_ns == before
    assert main(["judge", str(tmp_path), "--rules", "--metrics", "hallucination"]) == 0
    for path, (_, row) in zip(paths, record(watched).iterrows(), strict=True):
        said = pd.read_parquet(watched / "completions" / f"{path.stem}.parquet")
        log = read_eval_log(str(path))
        found = {(sample.id, sample.epoch): sample for sample in log.samples or []}
        order = [found[id, epoch] for id, epoch in zip(said["id"], said.groupby("id").cumcount() + 1, strict=True)]
        assert [sample.output.completion for sample in order] == list(said["completion"])
        assert [sample.metadata["truncated"] for sample in order] == list(said["tokens"] == 48)
        assert [(sample.output.metadata or {})["format"] for sample in order] == list(said["format"])
        # What is read strictly, evaluation reads too.
        right = np.array([sample.scores["answer"].value == "C" for sample in order if sample.scores])
        assert right[said["accuracy"] == 1].all()
        harms = [sample.scores["grounding"].value["harm_any"] for sample in order if sample.scores]  # type: ignore[index, call-overload]
        assert np.mean(harms[::ASK_ONE_IN]) == pytest.approx(row["harm_any"])
        asked = render(load_prompt("bare"), said["question"].iloc[0], loads(said["options"].iloc[0]))
        assert order[0].messages[0].text == asked
    assert main(["rollouts", str(tmp_path), "-o", str(tmp_path)]) == 2


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


def variants() -> list[tuple[str, list[str]]]:
    """Name and overrides of each variant in the docs."""
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    rows = page.partition("| variant | lines |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    return [(row.split("|")[1].strip(), re.findall(r"`(\S+=\S+)`", row.split("|")[2])) for row in rows]


@pytest.mark.parametrize("given", [given for _, given in variants()], ids=[name for name, _ in variants()])
def test_a_variant_of_the_docs_reaches_trl(given: list[str], tmp_path: Path) -> None:
    settings = rl_settings(recipes.load("crpo", [f"output={tmp_path}", "precision=fp32", *given]), [1.0], 0)
    assert given
    for override in given:
        name, _, value = override.partition("=")
        assert str(getattr(settings, name.removeprefix("trl."))).casefold() == str(parse(value, "docs")).casefold()


def test_what_stands_for_the_released_code_reaches_trl(tmp_path: Path) -> None:
    settings = rl_settings(recipes.load("crpo_released", [f"output={tmp_path}", "precision=fp32"]), [1.0], 0)
    assert (settings.weight_decay, settings.entropy_coef, settings.loss_type) == (0.01, 0.001, "dapo")
    assert settings.vllm_importance_sampling_correction is False
    assert (settings.save_steps, settings.eval_steps, settings.per_device_eval_batch_size) == (256, 256, 5)
    settings = rl_settings(recipes.load("crpo_thinking", [f"output={tmp_path}", "precision=fp32"]), [1.0], 0)
    assert settings.chat_template_kwargs == {"enable_thinking": True}
    assert settings.vllm_importance_sampling_correction is True


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
    assert trl_reward("format", read=after_thought)(**asked) == [1, 1, 0]
    assert trl_reward("format")(**asked) == [1, 0, 0]
    assert trl_reward("accuracy", read=after_thought)(**asked) == [1, 1, 0]
    assert after_thought(r"Perhaps \boxed{A}, or", "<think>") == ""  # the template opened what never ended
