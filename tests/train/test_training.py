"""Training runs of a few steps on a tiny model: real TRL, no GPU, no network."""

import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("trl", reason="needs the extra train")

import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.train import recipe as recipes
from clinical_r1.train.checkpoints import is_whole, newest_whole
from clinical_r1.train.cross_reference import semantic
from clinical_r1.train.crpo import rl_settings
from clinical_r1.train.data import traces_manifest
from clinical_r1.train.model_card import model_card, write_card
from clinical_r1.train.reward_functions import CRPO_TERMS, Rollout, find_term, trl_reward
from clinical_r1.train.run import train
from clinical_r1.train.trl_settings import reply_end
from clinical_r1.world.build import Size, build_world

SMALL = Size(traces=80, rl=40, test=10, width=32, layers=1)
LEARNT = 120
"""Updates after which the small model writes boxes, so that rewards differ."""
SFT = ["batch=8", "device_batch=8", "max_steps=5", "save_steps=5", "learning_rate=1e-3"]
RL = ["prompts_per_batch=4", "prompts_per_update=4", "device_batch=20", "max_steps=5", "save_steps=2", "max_completion_tokens=12"]  # fmt: skip


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_world(tmp_path_factory.mktemp("small") / "world", size=SMALL)


@pytest.fixture(scope="session")
def cold_start(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has begun to write in the style of the traces."""
    output = tmp_path_factory.mktemp("cold") / "run"
    settings = [*SFT, f"max_steps={LEARNT}", f"save_steps={LEARNT}", "learning_rate=1e-2", "epochs=50"]
    return train(sft(world, output, *settings), say=lambda _: None)


def sft(world: Path, output: Path, *overrides: str) -> Any:
    paths = [f"model={world / 'model'}", f"traces={world / 'traces.jsonl'}", f"output={output}"]
    return recipes.load("world_cold_start", [*paths, *SFT, *overrides])


def rl(world: Path, model: Path, output: Path, *overrides: str, recipe: str = "world_crpo") -> Any:
    paths = [f"model={model}", f"data.dataset={world / 'rl.jsonl'}", f"output={output}"]
    return recipes.load(recipe, [*paths, *RL, *overrides])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def record(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "record.csv")


def completions(run: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted((run / "completions").glob("*.parquet"))])


def copy_up_to(run: Path, step: int, to: Path) -> Path:
    """What a run would have left, had it been killed after a checkpoint."""
    shutil.copytree(run, to, ignore=shutil.ignore_patterns("final", "adapter", "checkpoint-*"))
    return Path(shutil.copytree(run / f"checkpoint-{step}", to / f"checkpoint-{step}"))


# --- the cold start ---------------------------------------------------------------------------------------------------
def test_a_cold_start_learns_and_leaves_a_model_that_loads(world: Path, cold_start: Path) -> None:
    run = record(cold_start.parent)
    assert list(run["step"]) == list(range(1, LEARNT + 1))
    assert run["loss"].iloc[-1] < run["loss"].iloc[0]
    assert run["eval_loss"].notna().sum() == 1  # the held-out loss, beside the step it belongs to
    assert not same(weights(cold_start), weights(world / "model"))
    assert AutoTokenizer.from_pretrained(cold_start).chat_template


def test_a_final_model_has_its_card_and_recipe(world: Path, cold_start: Path) -> None:
    card = ModelCard.load(cold_start / "README.md")
    assert card.data.to_dict() == {"library_name": "transformers", "pipeline_tag": "text-generation", "tags": ["clinical-r1", "trl", "sft"]}  # fmt: skip
    assert recipes.load(cold_start / "recipe.yaml") == recipes.load(cold_start.parent / "recipe.yaml")
    digests = [sha256(path.read_bytes()).hexdigest() for path in (cold_start / "recipe.yaml", world / "traces.jsonl")]
    lowest = f"{record(cold_start.parent)['eval_loss'].min():.4g} at update {LEARNT}"
    for part in (*digests, "**Not for clinical use.**", f"{LEARNT} updates on 1 process", "| traces | 76 |", lowest):
        assert part in card.text
    assert not (cold_start.parent / "README.md").exists()  # TRL's, which knows neither model nor data
    assert not list(cold_start.glob("*.bin"))  # no pickles


def test_a_card_names_hub_and_teacher_where_there_are_any(tmp_path: Path) -> None:
    recipe = recipes.load("crpo", [f"output={tmp_path}", "rewards.accuracy=5"])
    rows = [f"{step},{step},{0.1 * step:.1f},,0.5" for step in range(1, 31)]
    (tmp_path / "record.csv").write_text("\n".join(["step,reward,kl,entropy,accuracy", *rows, ""]))
    traces = tmp_path / "traces.jsonl"
    traces.write_text("{}\n")
    questions = {"source": "GBaker/MedQA-USMLE-4-options", "split": "train", "revision": "0fb93dd", "sha256": None}
    made = {"teacher": {"model": "openai/gpt-5"}, "prompt": {"name": "crpo"}, "dataset": questions}
    manifest = made | {"files": {"traces.jsonl": sha256(traces.read_bytes()).hexdigest()}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    write_card(recipe, traces_manifest(traces), tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert (card.data.base_model, card.data.datasets) == (recipe.model, [questions["source"]])
    for part in ("accuracy 5", "| reward | 5.5 | 25.5 |", "| kl | 0.55 | 2.55 |", "| teacher | openai/gpt-5 |"):
        assert part in card.text
    after = recipes.load("crpo", [f"model={tmp_path}", f"output={tmp_path}"])
    assert model_card(after, {"source": "rl.jsonl"}).data.base_model == recipe.model  # what the first run began with
    traces.write_text("{}\n{}\n")
    assert "teacher" not in traces_manifest(traces)  # a manifest of other traces says nothing of these


def test_the_checkpoint_with_the_lowest_held_out_loss_is_kept(world: Path, tmp_path: Path) -> None:
    settings = ["learning_rate=0.5", "max_steps=6", "save_steps=1", "patience=2", "keep_checkpoints=6"]
    final = train(sft(world, tmp_path / "run", *settings), say=lambda _: None)
    run = record(tmp_path / "run")
    best = int(run.loc[run["eval_loss"].idxmin(), "step"])
    assert same(weights(final), weights(tmp_path / "run" / f"checkpoint-{best}"))
    assert len(run) == min(best + 2, 6)  # and patience ends the run


# --- GRPO and CRPO ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arm", ["world_grpo", "world_crpo"])
def test_logged_rewards_are_those_of_the_pure_functions(
    arm: str, world: Path, cold_start: Path, tmp_path: Path
) -> None:
    recipe = rl(world, cold_start, tmp_path / "run", "max_completion_tokens=48", recipe=arm)
    final = train(recipe, say=lambda _: None)
    assert not same(weights(final), weights(cold_start))
    logged = completions(tmp_path / "run")
    assert len(logged) == 5 * 4 * 5
    assert logged["accuracy"].nunique() == 2  # else the comparison below shows nothing
    for row in logged.to_dict("records"):
        rollout = Rollout(row["completion"], row["target"], json.loads(row["options"]), row["question"])
        assert [row[name] for name in CRPO_TERMS] == pytest.approx([find_term(name)(rollout) for name in CRPO_TERMS])
    run = record(tmp_path / "run")
    mean = sum(weight * run[name] for name, weight in recipe.rewards.items())
    assert list(run["reward"]) == pytest.approx(list(mean), abs=1e-4)
    assert {"kl", "beta", "completion_tokens", "groups_without_variance", *CRPO_TERMS} <= set(run.columns)


def test_advantages_are_the_formula_by_hand(world: Path, cold_start: Path, tmp_path: Path) -> None:
    recipe = rl(world, cold_start, tmp_path / "run", "max_steps=1", "max_completion_tokens=48")
    train(recipe, say=lambda _: None)
    logged = completions(tmp_path / "run")
    assert (logged.groupby(np.arange(20) // 5)["id"].nunique() == 1).all()  # a group is one question's rollouts
    totals = 10 * logged["accuracy"] + logged["format"] + 0.5 * logged["cross_reference"] + 0.5 * logged["consistency"]
    groups = np.array(totals).reshape(-1, 5)
    expected = (groups - groups.mean(1, keepdims=True)) / (groups.std(1, ddof=1, keepdims=True) + 1e-4)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(np.array(logged["advantage"]).reshape(-1, 5), expected, atol=1e-4)


def test_a_term_of_ones_own_is_one_line(
    world: Path, cold_start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_terms.py").write_text("def brevity(rollout):\n    return 1 / (1 + len(rollout.completion))\n")
    monkeypatch.syspath_prepend(tmp_path)
    train(rl(world, cold_start, tmp_path / "run", "rewards.my_terms:brevity=2", "max_steps=1"), say=lambda _: None)
    logged = completions(tmp_path / "run")
    assert list(logged["my_terms:brevity"]) == pytest.approx([1 / (1 + len(text)) for text in logged["completion"]])


@pytest.mark.parametrize("kind", ["sft", "rl"])
def test_adapters_are_merged_into_the_final_model(kind: str, world: Path, cold_start: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    lora = ["lora.rank=4", "lora.alpha=8", "learning_rate=1e-2"]
    if kind == "sft":
        start, recipe = world / "model", sft(world, tmp_path / "run", *lora)
    else:
        start, recipe = cold_start, rl(world, cold_start, tmp_path / "run", "max_completion_tokens=48", *lora)
    final = train(recipe, say=lambda _: None)
    assert not [*(final.parent / "adapter").glob("*.md")]  # PEFT leaves an empty form of a card
    assert not list(final.glob("adapter*"))  # whole weights: nothing else is needed to run it
    ids = torch.tensor([[5, 6, 7, 8]])
    base = AutoModelForCausalLM.from_pretrained(start)
    with torch.no_grad():
        before = base(ids).logits
        adapted = PeftModel.from_pretrained(base, final.parent / "adapter")(ids).logits
        merged = AutoModelForCausalLM.from_pretrained(final)(ids).logits
    assert not torch.allclose(before, merged, atol=1e-4)
    torch.testing.assert_close(adapted, merged, atol=1e-4, rtol=1e-4)


def test_merged_weights_are_as_wide_as_those_of_the_base(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world / "model", tmp_path / "base")
    AutoModelForCausalLM.from_pretrained(world / "model", dtype=torch.bfloat16).save_pretrained(tmp_path / "base")
    recipe = sft(world, tmp_path / "run", f"model={tmp_path / 'base'}", "lora.rank=4", "max_steps=1")
    final = train(recipe, say=lambda _: None)
    assert {value.dtype for value in weights(final).values()} == {torch.bfloat16}
    assert AutoModelForCausalLM.from_pretrained(final, dtype="auto").dtype == torch.bfloat16


# --- what a model is told of ends and of sampling ----------------------------------------------------------------------
GREEDY_DEFAULTS = {"repetition_penalty": 1.05, "top_k": 20, "top_p": 0.8, "temperature": 0.7, "do_sample": True}
"""Such as a published model brings."""


def base(model: Path, to: Path, *, end: str | None = None, **generation: Any) -> Path:
    """A copy of a model with other generation settings and, if named, another end-of-text token."""
    shutil.copytree(model, to)
    tokenizer = AutoTokenizer.from_pretrained(to)
    if end is not None:
        tokenizer.eos_token = end
        tokenizer.save_pretrained(to)
        config = json.loads((to / "config.json").read_text()) | {"eos_token_id": tokenizer.eos_token_id}
        (to / "config.json").write_text(json.dumps(config))
    generation |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    (to / "generation_config.json").write_text(json.dumps(generation))
    return to


@pytest.mark.parametrize("adapted", [[], ["lora.rank=4"]])
@pytest.mark.parametrize("kind", ["sft", "rl"])
def test_a_trained_model_keeps_none_of_its_base_sampling_defaults(
    kind: str, adapted: list[str], world: Path, cold_start: Path, tmp_path: Path
) -> None:
    model = base(cold_start, tmp_path / "base", **GREEDY_DEFAULTS)
    settings = ["max_steps=1", "save_steps=1", f"model={model}", *adapted]
    recipe = sft(world, tmp_path / "run", *settings) if kind == "sft" else rl(world, model, tmp_path / "run", *settings)
    final = train(recipe, say=lambda _: None)
    expected = json.loads((model / "generation_config.json").read_text())
    for folder in [final] if adapted else [final, tmp_path / "run" / "checkpoint-1"]:
        kept = json.loads((folder / "generation_config.json").read_text())
        assert {key: kept[key] for key in kept if key not in {"transformers_version", "_from_model_config"}} == {
            "eos_token_id": [expected["eos_token_id"]],
            "pad_token_id": expected["pad_token_id"],
        }


def test_completions_of_a_base_model_end_where_its_template_ends_a_reply(
    world: Path, cold_start: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = base(
        cold_start, tmp_path / "base", end="<|pad|>"
    )  # as Qwen2.5: <|endoftext|>, and a template with <|im_end|>
    with caplog.at_level(logging.INFO, "clinical_r1.train.trl_settings"):
        final = train(rl(world, model, tmp_path / "run", "max_steps=1", "max_completion_tokens=90"), say=lambda _: None)
    assert record(tmp_path / "run")["truncated"].iloc[0] < 1
    told = [text for text in caplog.messages if "<|im_end|>" in text]
    assert len(told) == 1
    assert "<|pad|>" in told[0]
    tokenizer = AutoTokenizer.from_pretrained(final)
    assert tokenizer.eos_token == "<|im_end|>"
    kept = json.loads((final / "generation_config.json").read_text())
    assert kept["eos_token_id"] == tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|pad|>"])


@pytest.mark.parametrize(
    ("behind", "end"),
    [
        ("<|im_end|>\n", "<|im_end|>"),  # Qwen: a line break behind it
        ("<|end|>\n<|pad|>", "<|end|>"),  # Phi-3: the chat ends with another
        ("{{ eos_token }}", "<|im_end|>"),  # Llama 2, Mistral
        ("\n\n", None),  # GLM, Alpaca: nothing that a model could learn to end with
    ],
)
def test_the_end_of_a_reply_is_read_from_the_template(behind: str, end: str | None, world: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|end|>", "<|user|>"]})
    tokenizer.chat_template = f"{{% for m in messages %}}<|user|>{{{{ m['content'] }}}}{behind}{{% endfor %}}"
    assert reply_end(tokenizer) == end


def test_vllm_is_told_where_a_reply_ends(tmp_path: Path) -> None:
    recipe = rl(tmp_path, tmp_path, tmp_path, "vllm.mode=colocate")
    assert rl_settings(recipe, [1.0], end=7).generation_kwargs == {"stop_token_ids": [7]}
    assert rl_settings(rl(tmp_path, tmp_path, tmp_path), [1.0], end=7).generation_kwargs is None


def test_rollouts_by_a_template_without_an_end_are_warned_of(
    world: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    template = tmp_path / "endless.jinja"
    template.write_text("{% for m in messages %}{{ m['content'] }}\n{% endfor %}")
    recipe = rl(world, world / "model", tmp_path / "run", "max_steps=1", f"chat_template={template}")
    with caplog.at_level(logging.INFO, "clinical_r1.train.trl_settings"):
        train(recipe, say=lambda _: None)
    assert sum("no special token" in text and "chat_template=" in text for text in caplog.messages) == 1


def test_a_cold_start_that_could_not_learn_to_end_is_one_line(world: Path, tmp_path: Path) -> None:
    template = tmp_path / "endless.jinja"
    template.write_text("{% for m in messages %}{{ m['content'] }}\n{% endfor %}")
    with pytest.raises(UserError, match=r"^model=.*ends a reply with no special token.*chat_template="):
        train(sft(world, tmp_path / "run", f"chat_template={template}"), say=lambda _: None)


OPENS = "{% for m in messages %}{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<think>\n{% endif %}"
"""As of DeepSeek-R1's distillations: the prompt ends inside the thought."""


@pytest.mark.parametrize(
    ("completion", "share"),
    [
        ("Fever.\n</think>\n<answer>\\boxed{B}</answer>", 1.0),  # the prompt holds the opening
        ("<think>Fever.</think><answer>\\boxed{B}</answer>", 1.0),  # and where it does not
        ("\n</think>\n<answer>\\boxed{B}</answer>", 0.0),  # nothing was thought
        ("Fever.\n<answer>\\boxed{B}</answer>", 0.0),  # the thought never ends
        ("Fever.</think></think><answer>\\boxed{B}</answer>", 0.0),  # or twice
    ],
)
def test_a_template_that_opens_the_thought_costs_no_format(completion: str, share: float, world: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    prompt = [{"role": "user", "content": "Fever?"}]
    shown = tokenizer.apply_chat_template(prompt, chat_template=OPENS, add_generation_prompt=True, return_dict=False)
    assert tokenizer.decode(shown).endswith("<think>\n")
    row = {"target": ["B"], "options": ['{"A": "x", "B": "y"}'], "question": ["Fever?"], "prompts": [prompt]}
    written = [[{"role": "assistant", "content": tokenizer.decode(tokenizer(completion)["input_ids"])}]]
    assert trl_reward("think_format")(completions=written, completion_ids=[[]], **row) == [share]


# --- going on ---------------------------------------------------------------------------------------------------------
def test_a_resumed_cold_start_ends_in_the_same_weights(world: Path, tmp_path: Path) -> None:
    settings = ["max_steps=6", "save_steps=2", "keep_checkpoints=5"]
    final = train(sft(world, tmp_path / "whole", *settings), say=lambda _: None)
    copy_up_to(tmp_path / "whole", 4, tmp_path / "stopped")
    said: list[str] = []
    again = train(sft(world, tmp_path / "stopped", *settings), say=said.append)
    assert any("checkpoint-4" in line for line in said)
    assert same(weights(final), weights(again))
    assert list(record(tmp_path / "stopped")["loss"]) == list(record(tmp_path / "whole")["loss"])


@pytest.mark.parametrize("reuse", [[], ["num_iterations=2", "prompts_per_update=2", "device_batch=10"]])
def test_a_resumed_run_ends_in_the_same_weights_and_beta(
    reuse: list[str], world: Path, cold_start: Path, tmp_path: Path
) -> None:
    settings = [
        "max_steps=8",
        "save_steps=4",
        "keep_checkpoints=5",
        "adaptive_kl.target=0.001",
        "adaptive_kl.gain=1",
        *reuse,
    ]
    final = train(rl(world, cold_start, tmp_path / "whole", *settings), say=lambda _: None)
    copy_up_to(tmp_path / "whole", 4, tmp_path / "stopped")
    again = train(rl(world, cold_start, tmp_path / "stopped", *settings), say=lambda _: None)
    whole, stopped = record(tmp_path / "whole"), record(tmp_path / "stopped")
    assert whole["beta"].nunique() > 4  # the controller moves it, also after the checkpoint
    assert list(stopped["beta"]) == list(whole["beta"])
    assert same(weights(final), weights(again))
    pd.testing.assert_frame_equal(completions(tmp_path / "whole"), completions(tmp_path / "stopped"))


def test_a_run_resumed_in_a_later_epoch_asks_what_an_unstopped_one_asks(
    world: Path, cold_start: Path, tmp_path: Path
) -> None:
    epochs = ["data.limit=13", "epochs=3", "max_steps=null", "save_steps=2", "keep_checkpoints=9"]
    final = train(rl(world, cold_start, tmp_path / "whole", *epochs), say=lambda _: None)
    asked = completions(tmp_path / "whole")["id"].to_numpy()[::5].reshape(3, 12)
    assert len({tuple(epoch) for epoch in asked}) == 3  # each epoch has an order of its own
    assert all(len(set(epoch)) == 12 for epoch in asked)
    for step in (4, 6, 8):  # inside the second epoch, between two, inside the third
        copy_up_to(tmp_path / "whole", step, tmp_path / str(step))
        again = train(rl(world, cold_start, tmp_path / str(step), *epochs), say=lambda _: None)
        pd.testing.assert_frame_equal(completions(tmp_path / "whole"), completions(tmp_path / str(step)))
        assert same(weights(final), weights(again))


def test_a_killed_command_goes_on_and_a_finished_one_rests(
    world: Path, cold_start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [f"model={cold_start}", f"data.dataset={world / 'rl.jsonl'}", f"output={tmp_path / 'run'}"]
    command = ["train", "world_crpo", *paths, *RL, "max_steps=8"]
    first = subprocess.Popen(
        [sys.executable, "-m", "clinical_r1.cli", *command],
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: newest_whole(tmp_path / "run") is not None, first)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (tmp_path / "run" / "final").exists()
    capsys.readouterr()
    assert main(command) == 0
    second = capsys.readouterr()
    assert "going on from" in second.out
    assert second.out.splitlines()[-1] == f"model: {tmp_path / 'run' / 'final'}"
    assert "reward=" in second.err  # the bar
    assert "kl=" in second.err
    assert list(record(tmp_path / "run")["step"]) == list(range(1, 9))
    said: list[str] = []
    train(recipes.load("world_crpo", [*paths, *RL, "max_steps=8"]), say=said.append)
    assert said == [f"{tmp_path / 'run'}: finished before"]


def wait_for(happens: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if happens():
            return
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.1)
    raise AssertionError("nothing happened in ten minutes")


def test_a_half_written_checkpoint_is_not_taken_for_a_whole_one(world: Path, tmp_path: Path) -> None:
    settings = ["max_steps=6", "save_steps=2", "keep_checkpoints=5"]
    final = train(sft(world, tmp_path / "run", *settings), say=lambda _: None)
    expected = weights(final)
    shutil.rmtree(final)
    torn = tmp_path / "run" / "checkpoint-6" / "optimizer.pt"
    torn.write_bytes(torn.read_bytes()[:100])
    (tmp_path / "run" / "checkpoint-4" / "whole.json").unlink()  # as if killed before it was done
    assert newest_whole(tmp_path / "run") == tmp_path / "run" / "checkpoint-2"
    again = train(sft(world, tmp_path / "run", *settings), say=lambda _: None)
    assert same(weights(again), expected)
    assert is_whole(tmp_path / "run" / "checkpoint-6")


def test_going_back_to_an_earlier_checkpoint_sets_the_later_ones_aside(world: Path, tmp_path: Path) -> None:
    recipe = sft(world, tmp_path / "run", "max_steps=4", "save_steps=2", "keep_checkpoints=5")
    train(recipe, say=lambda _: None)
    said: list[str] = []
    train(recipe, resume=tmp_path / "run" / "checkpoint-2", say=said.append)
    assert any("superseded-checkpoint-4" in line for line in said)
    assert (tmp_path / "run" / "superseded-checkpoint-4").is_dir()  # nothing is lost
    with pytest.raises(UserError, match="no such folder"):
        train(recipe, resume=tmp_path / "run" / "checkpoint-3")


# --- KL ---------------------------------------------------------------------------------------------------------------
def test_the_guard_stops_a_collapse_and_keeps_the_last_good_checkpoint(
    world: Path, cold_start: Path, tmp_path: Path
) -> None:
    settings = ["learning_rate=0.03", "max_steps=30", "save_steps=1", "kl_guard.limit=0.5", "kl_guard.patience=3"]
    with pytest.raises(UserError) as stopped:
        train(rl(world, cold_start, tmp_path / "run", *settings), say=lambda _: None)
    run = record(tmp_path / "run")
    assert len(run) < 30
    assert (run["kl"].iloc[-3:] > 0.5).all()
    good = newest_whole(tmp_path / "run")
    assert good is not None
    assert good.name == f"checkpoint-{run.loc[run['kl'] <= 0.5, 'step'].max()}"
    assert str(good) in str(stopped.value)
    assert not (tmp_path / "run" / "final").exists()


# --- what a user can mend ---------------------------------------------------------------------------------------------
def no_template(model: Path, to: Path) -> Path:
    shutil.copytree(model, to)
    (to / "chat_template.jinja").unlink()
    return to


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model={tmp}/nowhere"], ["model=", "nowhere", "cannot be loaded"]),  # no such folder
        (["model={bare}"], ["chat template", "chat_template="]),  # a base model's tokenizer
        (["device_batch=7"], ["device_batch=7", "1, 2, 4, 5, 10, 20"]),  # a group that does not divide
        (["prompts_per_batch=400", "prompts_per_update=400", "device_batch=20"], ["prompts_per_batch=400", "40"]),
        (["data.dataset={tmp}/unlabelled.jsonl"], ["unlabelled.jsonl", "answer"]),  # no targets
        (["data.max_prompt_tokens=3"], ["data.max_prompt_tokens=3", "40"]),  # nothing is short enough
        (["output={tmp}/file/run"], ["output=", "cannot be written"]),  # below a file
        (["chat_template={tmp}/open.jinja"], ["open.jinja", "cannot be rendered"]),  # Jinja of one's own
    ],
)
def test_bad_input_of_an_rl_run_is_one_line(
    overrides: list[str], words: list[str], world: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "open.jinja").write_text("{% for m in messages %}")
    (tmp_path / "unlabelled.jsonl").write_text(json.dumps({"question": "Why?", "options": {"A": "x", "B": "y"}}) + "\n")
    names = {"tmp": tmp_path, "bare": no_template(world / "model", tmp_path / "bare")}
    recipe = rl(world, world / "model", tmp_path / "run", *[text.format(**names) for text in overrides])
    with pytest.raises(UserError) as error:
        train(recipe, say=lambda _: None)
    assert all(word in str(error.value) for word in words), error.value


def test_bf16_without_such_a_gpu_is_one_line(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinical_r1.train.trl_settings.is_torch_bf16_gpu_available", lambda: False)
    with pytest.raises(UserError, match=r"^precision=bf16: .*allowed here: precision=fp32$"):
        train(rl(world, world / "model", tmp_path / "run", "precision=bf16"), say=lambda _: None)
    assert not (tmp_path / "run").exists()


def test_a_missing_extra_ends_a_run_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    semantic.cache_clear()
    recipe = rl(tmp_path / "no-world", tmp_path / "no-model", tmp_path / "run", "cross_reference=semantic")
    words = r"^cross_reference=semantic needs sentence_transformers: .*clinical-r1\[semantic"
    with pytest.raises(UserError, match=words):
        train(recipe, say=lambda _: None)
    assert not (tmp_path / "run").exists()  # another detector may take the folder


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_vllm_that_is_not_there_is_one_line_before_anything_is_loaded(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinical_r1.train.trl_settings.find_spec", lambda name: None)
    recipe = rl(tmp_path / "no-world", tmp_path / "no-model", tmp_path / "run", f"vllm.mode={mode}")
    with pytest.raises(UserError, match=rf"^vllm\.mode={mode}: needs vLLM.*clinical-r1\[train,vllm\].*vllm=null$"):
        train(recipe, say=lambda _: None)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], ["0 traces"]),  # an empty file
        (['{"prompt": "Why?", "completion": "So."}'] * 3, ["traces.jsonl:1", "lists of {role, content}"]),  # no chat
        (['{"prompt": [{"role": "user", "content": "Why?"}]}'] * 3, ["traces.jsonl:1", "completion"]),  # half a trace
        (["{"], ["traces.jsonl:1", "not JSON"]),  # no JSON
    ],
)
def test_bad_traces_are_one_line(lines: list[str], words: list[str], world: Path, tmp_path: Path) -> None:
    (tmp_path / "traces.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(UserError) as error:
        train(sft(world, tmp_path / "run", f"traces={tmp_path / 'traces.jsonl'}"), say=lambda _: None)
    assert all(word in str(error.value) for word in words), error.value


def test_a_folder_holds_one_recipes_run(world: Path, tmp_path: Path) -> None:
    train(sft(world, tmp_path / "run"), say=lambda _: None)
    with pytest.raises(UserError, match=r"learning_rate: 0.001 -> 0.002.*another output="):
        train(sft(world, tmp_path / "run", "learning_rate=2e-3"), say=lambda _: None)


def test_a_start_that_failed_leaves_the_folder_to_another_recipe(world: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data\.max_prompt_tokens=3"):
        train(rl(world, world / "model", tmp_path / "run", "data.max_prompt_tokens=3"), say=lambda _: None)
    final = train(rl(world, world / "model", tmp_path / "run", "max_steps=1"), say=lambda _: None)
    assert "max_prompt_tokens: 1024" in (tmp_path / "run" / "recipe.yaml").read_text()
    (tmp_path / "run" / "record.csv").unlink()  # and one that has trained keeps it, whatever was cleared away
    with pytest.raises(UserError, match="another output="):
        train(rl(world, world / "model", tmp_path / "run", "max_steps=1", "beta=0.5"), say=lambda _: None)
    assert final.is_dir()


def test_a_full_disk_is_one_line_and_leaves_what_was_whole(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["max_steps=4", "save_steps=2", "keep_checkpoints=5"]
    train(sft(world, tmp_path / "run", *settings, "max_steps=4"), say=lambda _: None)
    for later in ("final", "checkpoint-4"):
        shutil.rmtree(tmp_path / "run" / later)
    paths = [f"model={world / 'model'}", f"traces={world / 'traces.jsonl'}", f"output={tmp_path / 'run'}"]
    capsys.readouterr()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))  # bytes of a file: fewer than the weights have
    try:
        assert main(["train", "world_cold_start", *paths, *SFT, *settings]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert "cannot be written" in message
    assert "checkpoint-2" in message
    assert newest_whole(tmp_path / "run") == tmp_path / "run" / "checkpoint-2"
