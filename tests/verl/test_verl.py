"""What is exported to verl: loaded, run, and compared with our own rewards."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import clinical_r1
from clinical_r1.analysis.training import curves
from clinical_r1.cli import main
from clinical_r1.datasets import load as load_questions
from clinical_r1.datasets.questions import Question
from clinical_r1.errors import UserError
from clinical_r1.prompts import load_prompt, render
from clinical_r1.train.recipe import Recipe, load
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.verl import export
from clinical_r1.world.student import make_tokenizer

SMALL = [
    "data.dataset=vignettes",
    "data.half=both",
    "prompts_per_batch=16",
    "prompts_per_update=8",
    "epochs=2",
    "held_out=null",
]


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return load_questions("medqa", "vignettes").questions


def exported(recipe: Recipe, questions: list[Question], folder: Path, held_out: Sequence[Question] = ()) -> Path:
    """The folder, with what is exported into it."""
    export(recipe, questions, held_out, folder)
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, questions: list[Question]) -> Path:
    return exported(load("crpo", SMALL), questions, tmp_path_factory.mktemp("verl") / "new")


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


def test_the_parquet_file_has_verls_columns_and_our_prompts(written: Path, questions: list[Question]) -> None:
    frame = pd.read_parquet(written / "train.parquet")
    assert list(frame.columns) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert len(frame) == len(questions)
    for (_, row), question in zip(frame.iterrows(), questions, strict=True):
        [message] = row.prompt
        assert message == {"role": "user", "content": render(load_prompt("crpo"), question.stem, question.options)}
        assert row.reward_model == {"style": "rule", "ground_truth": question.target}
        assert json.loads(row.extra_info["options"]) == question.options
        assert (row.extra_info["id"], row.extra_info["question"]) == (question.id, question.stem)
    assert [info["index"] for info in frame.extra_info] == list(range(len(questions)))


def test_the_data_sets_library_reads_it_too(written: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset("parquet", data_files=str(written / "train.parquet"), cache_dir=str(tmp_path))[
        "train"
    ]
    assert loaded[0]["prompt"][0]["role"] == "user"


def test_the_exported_reward_is_ours(written: Path, questions: list[Question]) -> None:
    compute_score = module_at(written / "reward.py").compute_score
    rows = pd.read_parquet(written / "train.parquet").to_dict("records")
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
            assert found["acc"] == ours.accuracy
            assert list(found) == ["score", "acc", "accuracy", "format", "cross_reference", "consistency", "loop"]
            seen.add(round(found["score"], 1))
    assert len(seen) >= 4  # the completions differ in what they earn
    assert max(seen) == 12


def test_weights_and_detector_are_the_recipes(questions: list[Question], tmp_path: Path) -> None:
    overrides = [*SMALL, "rewards.accuracy=1", "rewards.format=null", "cross_reference=presence", "rewards.loop=-0.25"]
    module = module_at(exported(load("crpo", overrides), questions, tmp_path) / "reward.py")
    assert module.WEIGHTS == {"accuracy": 1.0, "cross_reference": 0.5, "consistency": 0.5, "loop": -0.25}
    assert module.CROSS_REFERENCE == "presence"


def test_the_reward_needs_nothing_but_this_package(written: Path) -> None:
    code = (
        "import importlib.util as u, json, sys\n"
        "sys.path.append(sys.argv[2])\n"
        "spec = u.spec_from_file_location('custom_module', sys.argv[1])\n"
        "module = u.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "info = {'options': json.dumps({'A': 'x', 'B': 'y'}), 'question': 'Which?'}\n"
        "print(module.compute_score('s', '\\\\boxed{B}', 'B', info)['score'])\n"
    )
    # As after `pip install --no-deps`: -I and -S leave the standard library alone on the path.
    package = str(Path(clinical_r1.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", code, str(written / "reward.py"), package]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) == 10.5  # the answer, and one language


def launch(script: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script run in a folder where `python3` prints what it is given."""
    fake = folder / "python3"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    variables = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"} | environment
    command = [str(script), "trainer.experiment_name=mine"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def launched(script: Path, folder: Path, **environment: str) -> dict[str, str]:
    """The settings that the script gives to `python3 -m verl.trainer.main_ppo`."""
    done = launch(script, folder, **environment)
    first, module, *settings = done.stdout.splitlines()
    assert (first, module) == ("-m", "verl.trainer.main_ppo")
    return dict(setting.split("=", 1) for setting in settings)


def test_the_launch_line_carries_the_recipe(written: Path, tmp_path: Path) -> None:
    found = launched(written / "run.sh", tmp_path, NODES="4", GPUS="5")
    expected = {
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": "True",
        "data.train_files": str(written / "train.parquet"),
        "data.val_files": str(written / "train.parquet"),  # verl wants one, and never reads it
        "trainer.test_freq": "-1",
        "data.train_batch_size": "16",
        "data.max_prompt_length": "1024",
        "data.max_response_length": "4096",
        "actor_rollout_ref.model.path": "Qwen/Qwen2.5-3B-Instruct",
        "actor_rollout_ref.actor.optim.lr": "1e-06",
        "actor_rollout_ref.actor.ppo_mini_batch_size": "8",
        "actor_rollout_ref.actor.use_kl_loss": "True",
        "actor_rollout_ref.actor.kl_loss_coef": "0.001",
        "actor_rollout_ref.actor.kl_loss_type": "low_var_kl",
        "actor_rollout_ref.actor.loss_agg_mode": "token-mean",
        "actor_rollout_ref.actor.optim.weight_decay": "0.01",
        "actor_rollout_ref.actor.entropy_coeff": "0.001",
        "actor_rollout_ref.actor.clip_ratio_high": "0.2",
        "actor_rollout_ref.actor.ppo_max_token_len_per_gpu": "10240",
        "actor_rollout_ref.rollout.n": "5",
        "actor_rollout_ref.rollout.temperature": "1.0",
        "reward.custom_reward_function.path": str(written / "reward.py"),
        "trainer.total_training_steps": "2",  # 24 questions: one batch of 16 an epoch
        "trainer.nnodes": "4",
        "trainer.n_gpus_per_node": "5",
        "trainer.logger": '["console"]',
        "trainer.project_name": "clinical_r1",
        "trainer.experiment_name": "mine",
    }
    assert {key: found.get(key) for key in expected} == expected
    assert load(tmp_path / "runs/crpo/recipe.yaml") == load("crpo", SMALL)  # by which reports know a run


def test_gpus_that_do_not_divide_an_update_are_refused_before_anything_loads(written: Path, tmp_path: Path) -> None:
    done = launch(written / "run.sh", tmp_path, NODES="4", GPUS="8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "32 GPUs do not divide the 40 sequences of an update; allowed numbers of GPUs: 1, 2, 4, 5," in done.stderr
    assert done.stderr.count("\n") == 1


def test_held_out_questions_are_verls_validation(questions: list[Question], tmp_path: Path) -> None:
    held_out = "held_out={dataset: dev.jsonl, every: 3, votes: 7}"  # two updates a batch: every second batch
    recipe = load("crpo", [*SMALL, held_out, "save_steps=2", "num_iterations=1"])
    found = launched(exported(recipe, questions[:20], tmp_path / "out", questions[20:]) / "run.sh", tmp_path)
    rows = pd.read_parquet(found["data.val_files"])
    assert [info["id"] for info in rows.extra_info] == [question.id for question in questions[20:]]
    assert {info["split"] for info in rows.extra_info} == {"val"}
    assert len(pd.read_parquet(found["data.train_files"])) == 20
    assert (found["trainer.test_freq"], found["trainer.save_freq"], found["trainer.val_before_train"]) == (
        "2",
        "2",
        "True",
    )
    assert found["trainer.max_actor_ckpt_to_keep"] == "null"
    sampling = {
        name: found[f"actor_rollout_ref.rollout.val_kwargs.{name}"] for name in ("n", "do_sample", "temperature")
    }
    assert sampling == {"n": "7", "do_sample": "True", "temperature": "1.0"}


@pytest.mark.parametrize("opened", ["", "<think>\n"])
def test_a_thinking_model_thinks_and_is_paid_for_what_follows(
    opened: str, questions: list[Question], tmp_path: Path
) -> None:
    tokenizer = make_tokenizer(["?"])
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}" + opened
    tokenizer.save_pretrained(tmp_path / "model")
    written = exported(load("crpo_thinking", [*SMALL, f"model={tmp_path / 'model'}"]), questions, tmp_path / "out")
    assert launched(written / "run.sh", tmp_path)["+data.apply_chat_template_kwargs.enable_thinking"] == "true"
    good = completions(questions[0])[0]
    info = {"options": json.dumps(questions[0].options), "question": questions[0].stem}
    compute_score = module_at(written / "reward.py").compute_score
    scores = [
        compute_score("", text, questions[0].target, info)["score"] for text in (good, f"<think>Or B?</think>{good}")
    ]
    # Where the template has opened the thought, what never closes it is all thought.
    assert scores == [0 if opened else 12, 12]


def test_options_reach_the_launch_line(questions: list[Question], tmp_path: Path) -> None:
    overrides = [
        *SMALL,
        *("lora.rank=16", "scale_rewards=none", "schedule=cosine", "num_iterations=2", "loss_type=dr_grpo"),
        *("trl.epsilon_high=0.28", "trl.weight_decay=null"),
        *("model=/models/it's mine", "vllm.tensor_parallel=2", "about=two\nlines"),
    ]
    found = launched(exported(load("crpo", overrides), questions, tmp_path / "a b") / "run.sh", tmp_path)
    assert found["actor_rollout_ref.model.lora_rank"] == "16"
    assert found["algorithm.norm_adv_by_std_in_grpo"] == "False"
    assert found["actor_rollout_ref.actor.optim.lr_scheduler_type"] == "cosine"
    assert found["actor_rollout_ref.actor.ppo_epochs"] == "2"
    assert found["actor_rollout_ref.actor.loss_agg_mode"] == "seq-mean-token-sum-norm"
    assert found["actor_rollout_ref.actor.clip_ratio_high"] == "0.28"
    assert found["actor_rollout_ref.actor.optim.weight_decay"] == "0.0"  # as TRL without it; verl would take 0.01
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
        (["loss_type=cispo", "trl.delta=4", "trl.top_k=5"], r"loss_type=cispo, trl.delta, trl.top_k: cannot"),
        (["lora.rank=4", "peft.use_rslora=true"], "peft"),
        (["held_out={keep_best: majority, patience: 2}"], "held_out.keep_best=majority, held_out.patience"),
        (["prompts_per_batch=64", "prompts_per_update=64"], "there are 24 questions"),
    ],
)
def test_what_verl_lacks_is_refused(
    overrides: list[str], words: str, questions: list[Question], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=words):
        exported(load("crpo", [*SMALL, *overrides]), questions, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    assert main(["train", "crpo", *SMALL, "--export-verl", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["recipe.yaml", "reward.py", "run.sh", "train.parquet"]
    assert "(24 questions, 0 held out)" in capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["train", "crpo", *SMALL, "--export-verl", str(folder)]) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["train", "crpo", *SMALL, "--export-verl", str(tmp_path / "file" / "x")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "cannot be written" in message


SAID = """\x1b[36m(TaskRunner pid=7)\x1b[0m step:0 - val-core/clinical_r1/medqa/acc/mean@5:np.float64(0.5) - val-aux/x:1
\x1b[36m(TaskRunner pid=7)\x1b[0m step:1 - actor/kl_loss:1e-05 - critic/score/mean:-0.25 - response_length/mean:311.5
Validation
\x1b[36m(TaskRunner pid=7)\x1b[0m step:1 - val-core/clinical_r1/medqa/acc/mean@5:0.625 - val-core/x/acc/best@5/mean:0.9
"""


def test_what_verl_says_becomes_the_record_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "log").write_text(SAID)
    run = [*SMALL, f"output={tmp_path / 'run'}", "--import-verl"]
    assert main(["train", "crpo", *run, str(tmp_path / "log")]) == 0
    table = curves([tmp_path / "run"]).set_index(["step", "measure"])["value"]  # as a report reads it
    assert table.to_dict() == {
        (0, "held_out_accuracy"): 0.5,
        (2, "held_out_accuracy"): 0.625,  # two updates a batch
        (2, "kl"): 1e-5,
        (2, "reward"): -0.25,
        (2, "completion_tokens"): 311.5,
    }
    (tmp_path / "log").write_text("Killed")
    assert main(["train", "crpo", *run, str(tmp_path / "log")]) == 2
    assert "no line of verl's console" in capsys.readouterr().err
