"""What is exported to verl: loaded, run, and compared with our own rewards."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from clinical_r1.cli import main
from clinical_r1.datasets import load as load_questions
from clinical_r1.datasets.questions import Question
from clinical_r1.errors import UserError
from clinical_r1.prompts import load_prompt, render
from clinical_r1.train.recipe import load
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.train.verl import Exported, export

SMALL = ["data.dataset=vignettes", "data.half=both", "prompts_per_batch=16", "prompts_per_update=8", "epochs=2"]
HEAVY = ("torch", "transformers", "trl", "inspect_ai", "pandas", "numpy", "pyarrow", "pydantic", "yaml", "verl")


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return load_questions("medqa", "vignettes").questions


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, questions: list[Question]) -> Exported:
    return export(load("crpo", SMALL), questions, tmp_path_factory.mktemp("verl") / "new")


def module_at(path: Path) -> ModuleType:
    """A file loaded by its path, as verl does."""
    spec = importlib.util.spec_from_file_location("custom_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def completions(question: Question) -> list[str]:
    """A good one, one that breaks the layout, one in another script, a wrong letter, and nothing."""
    fact = " ".join(question.stem.split()[:6])
    good = f"<dx>{fact} points to one option.</dx><conclusion>With the {fact} seen. \\boxed{{{question.target}}}</conclusion>"
    return [good, f"\\boxed{{{question.target}}}", "診断" + good, good.replace(f"{{{question.target}}}", "{Z}"), ""]


def test_the_parquet_file_has_verls_columns_and_our_prompts(written: Exported, questions: list[Question]) -> None:
    frame = pd.read_parquet(written.data)
    assert list(frame.columns) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert len(frame) == len(questions)
    for (_, row), question in zip(frame.iterrows(), questions, strict=True):
        [message] = row.prompt
        assert message == {"role": "user", "content": render(load_prompt("crpo"), question.stem, question.options)}
        assert row.reward_model == {"style": "rule", "ground_truth": question.target}
        assert json.loads(row.extra_info["options"]) == question.options
        assert (row.extra_info["id"], row.extra_info["question"]) == (question.id, question.stem)
    assert [info["index"] for info in frame.extra_info] == list(range(len(questions)))


def test_the_data_sets_library_reads_it_too(written: Exported, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset("parquet", data_files=str(written.data), cache_dir=str(tmp_path))["train"]
    assert loaded[0]["prompt"][0]["role"] == "user"


def test_the_exported_reward_is_ours(written: Exported, questions: list[Question]) -> None:
    compute_score = module_at(written.reward).compute_score
    rows = pd.read_parquet(written.data).to_dict("records")
    seen = set()
    for row, question in zip(rows, questions, strict=True):
        for completion in completions(question):
            found: dict[str, Any] = compute_score(
                data_source=row["data_source"],
                solution_str=completion,
                ground_truth=row["reward_model"]["ground_truth"],
                extra_info=row["extra_info"] | {"num_turns": None, "rollout_reward_scores": {}},  # verl adds these
            )
            ours = crpo_reward(completion, question.target, question.options, question=question.stem)
            assert found["score"] == pytest.approx(ours.total)
            assert (found["accuracy"], found["format"]) == (ours.accuracy, ours.format)
            assert list(found) == ["score", "accuracy", "format", "cross_reference", "consistency", "loop"]
            seen.add(round(found["score"], 1))
    assert len(seen) >= 4  # the completions differ in what they earn
    assert max(seen) == 12


def test_weights_and_detector_are_the_recipes(questions: list[Question], tmp_path: Path) -> None:
    overrides = [*SMALL, "rewards.accuracy=1", "rewards.format=null", "cross_reference=presence", "rewards.loop=-0.25"]
    module = module_at(export(load("crpo", overrides), questions, tmp_path).reward)
    assert module.WEIGHTS == {"accuracy": 1.0, "cross_reference": 0.5, "consistency": 0.5, "loop": -0.25}
    assert module.CROSS_REFERENCE == "presence"


def test_the_reward_imports_nothing_heavy(written: Exported) -> None:
    code = (
        "import importlib.util as u, json, sys\n"
        "spec = u.spec_from_file_location('custom_module', sys.argv[1])\n"
        "module = u.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "info = {'options': json.dumps({'A': 'x', 'B': 'y'}), 'question': 'Which?'}\n"
        "print(module.compute_score('s', '\\\\boxed{B}', 'B', info)['score'], *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(written.reward)], capture_output=True, text=True, check=True)
    score, *loaded = done.stdout.split()
    assert float(score) == 10.5  # the answer, and one language
    assert "clinical_r1.train.reward_functions" in loaded
    assert [name for name in loaded if name in HEAVY] == []


def launched(script: Path, folder: Path, **environment: str) -> dict[str, str]:
    """The settings that the script gives to `python3 -m verl.trainer.main_ppo`."""
    fake = folder / "python3"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        [str(script), "trainer.experiment_name=mine"],
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, module, *settings = done.stdout.splitlines()
    assert (first, module) == ("-m", "verl.trainer.main_ppo")
    return dict(setting.split("=", 1) for setting in settings)


def test_the_launch_line_carries_the_recipe(written: Exported, tmp_path: Path) -> None:
    found = launched(written.launch, tmp_path, NODES="4")
    expected = {
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": "True",
        "data.train_files": str(written.data),
        "data.train_batch_size": "16",
        "data.max_prompt_length": "1024",
        "data.max_response_length": "4096",
        "actor_rollout_ref.model.path": "Qwen/Qwen2.5-3B-Instruct",
        "actor_rollout_ref.actor.optim.lr": "1e-06",
        "actor_rollout_ref.actor.ppo_mini_batch_size": "8",
        "actor_rollout_ref.actor.use_kl_loss": "True",
        "actor_rollout_ref.actor.kl_loss_coef": "0.001",
        "actor_rollout_ref.actor.kl_loss_type": "low_var_kl",
        "actor_rollout_ref.actor.loss_agg_mode": "seq-mean-token-mean",
        "actor_rollout_ref.rollout.n": "5",
        "actor_rollout_ref.rollout.temperature": "1.0",
        "reward.custom_reward_function.path": str(written.reward),
        "trainer.total_training_steps": "2",  # 24 questions: one batch of 16 an epoch
        "trainer.nnodes": "4",
        "trainer.n_gpus_per_node": "8",
        "trainer.logger": '["console"]',
        "trainer.experiment_name": "mine",
    }
    assert {key: found.get(key) for key in expected} == expected


def test_options_reach_the_launch_line(questions: list[Question], tmp_path: Path) -> None:
    overrides = [
        *SMALL,
        *("lora.rank=16", "scale_rewards=none", "schedule=cosine", "num_iterations=2", "loss_type=dr_grpo"),
        *("model=/models/it's mine", "vllm.tensor_parallel=2", "about=two\nlines"),
    ]
    found = launched(export(load("crpo", overrides), questions, tmp_path / "a b").launch, tmp_path)
    assert found["actor_rollout_ref.model.lora_rank"] == "16"
    assert found["algorithm.norm_adv_by_std_in_grpo"] == "False"
    assert found["actor_rollout_ref.actor.optim.lr_scheduler_type"] == "cosine"
    assert found["actor_rollout_ref.actor.ppo_epochs"] == "2"
    assert found["actor_rollout_ref.actor.loss_agg_mode"] == "seq-mean-token-sum-norm"
    assert found["actor_rollout_ref.model.path"] == "/models/it's mine"
    assert found["actor_rollout_ref.rollout.tensor_model_parallel_size"] == "2"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["scale_rewards=batch"], "scale_rewards=batch: cannot be exported"),
        (["aggregation=normalize_then_sum", "kl_guard.limit=1"], "aggregation=normalize_then_sum, kl_guard"),
        (["adaptive_kl.target=0.1"], "adaptive_kl"),  # verl adapts the penalty in the reward, not the one in the loss
        (["schedule=linear", "precision=fp32"], "schedule=linear, precision=fp32"),
        (["lora.dropout=0.1"], "lora.dropout"),
        (["prompts_per_batch=64", "prompts_per_update=64"], "there are 24 questions"),
    ],
)
def test_what_verl_lacks_is_refused(
    overrides: list[str], words: str, questions: list[Question], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=words):
        export(load("crpo", [*SMALL, *overrides]), questions, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    assert main(["train", "crpo", *SMALL, "--export-verl", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["reward.py", "run.sh", "train.parquet"]
    assert "(24 questions)" in capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["train", "crpo", *SMALL, "--export-verl", str(folder)]) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["train", "crpo", *SMALL, "--export-verl", str(tmp_path / "file" / "x")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "cannot be written" in message
