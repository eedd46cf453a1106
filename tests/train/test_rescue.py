"""Runs that go on for longer or after a mishap, and mishaps that end in one line: real TRL on a tiny model."""

import socket
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="needs the extra train")

import torch
from trl import GRPOTrainer

from clinical_r1.errors import UserError
from clinical_r1.train import recipe as recipes
from clinical_r1.train.dry_run import KNOWN, SAMPLED, dry_run, estimate, model_size
from clinical_r1.train.run import train
from tests.train.test_training import cold_start, record, rl, same, sft, weights, world

__all__ = ["cold_start", "world"]


def quiet(line: str) -> None:
    """Says nothing."""


def test_a_finished_run_can_go_on_and_ends_as_one_that_was_longer(
    world: Path, cold_start: Path, tmp_path: Path
) -> None:
    whole = train(rl(world, cold_start, tmp_path / "whole", "max_steps=3"), say=quiet)
    train(rl(world, cold_start, tmp_path / "run", "max_steps=2"), say=quiet)
    rescued = ["max_steps=3", "save_steps=1", "gradient_checkpointing=true", "keep_checkpoints=3"]
    final = train(rl(world, cold_start, tmp_path / "run", *rescued), say=quiet)
    assert list(record(tmp_path / "run")["step"]) == [1, 2, 3]
    assert same(weights(final), weights(whole))
    said: list[str] = []
    train(rl(world, cold_start, tmp_path / "run", *rescued), say=said.append)
    assert said == [f"{tmp_path / 'run'}: finished before"]
    with pytest.raises(UserError, match="max_steps: 3 -> 2"):  # what was learned cannot be taken back
        train(rl(world, cold_start, tmp_path / "run", "max_steps=2"), say=quiet)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (["schedule=cosine"], ["schedule=cosine", "max_steps=2"], "max_steps: 1 -> 2"),  # every rate would be another
        (["loss_type=bnpo"], ["loss_type=bnpo", "device_batch=10"], "device_batch: 20 -> 10"),  # a mean over a device
        ([], ["beta=0.5"], "beta: 0.04 -> 0.5"),
    ],
)
def test_what_changes_the_gradient_is_another_run(
    first: list[str], then: list[str], said: str, world: Path, cold_start: Path, tmp_path: Path
) -> None:
    train(rl(world, cold_start, tmp_path / "run", "max_steps=1", *first), say=quiet)
    with pytest.raises(UserError, match=rf"another recipe \({said}\)"):
        train(rl(world, cold_start, tmp_path / "run", "max_steps=1", *then), say=quiet)


def test_without_vllm_rollouts_are_sampled_in_parts(
    world: Path, cold_start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    sample = GRPOTrainer._generate_single_turn

    def counted(self: Any, prompt_ids: Any, *given: Any) -> Any:
        seen.append(len(prompt_ids))
        return sample(self, prompt_ids, *given)

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", counted)
    train(rl(world, cold_start, tmp_path / "run", "max_steps=1", "device_batch=2"), say=quiet)
    assert seen == [2 * SAMPLED, 2 * SAMPLED, 4]
    assert list(record(tmp_path / "run")["step"]) == [1]


def test_the_cache_of_sampling_without_vllm_is_in_the_dry_run(tmp_path: Path) -> None:
    one = recipes.load("crpo", ["vllm=null", "device_batch=2"])
    size = KNOWN["Qwen/Qwen2.5-3B-Instruct"]
    assert estimate(one, size).cache == SAMPLED * 2 * 5120 * 36 * 1024  # 36 KiB of keys and values a token
    assert estimate(recipes.load("crpo"), size).cache == 0
    assert "cache" in dry_run(one)


def test_a_folder_of_another_family_is_measured(world: Path) -> None:
    size = model_size(str(world / "model"))
    assert (size.hidden, size.layers, size.keys) == (32, 1, 32)
    shown = dry_run(recipes.load("world_crpo", [f"model={world / 'model'}", f"data.dataset={world / 'rl.jsonl'}"]))
    assert "unknown" not in shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
            "out of GPU memory .* lower device_batch",
        ),
        (torch.distributed.DistBackendError("NCCL error"), "the processes of this run lost each other .NCCL error."),
        (ConnectionError("Server is not reachable"), "a server does not answer"),
    ],
)
def test_a_mishap_ends_in_one_line_that_names_what_is_left(
    error: Exception, said: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("transformers.Trainer.train", fail)
    with pytest.raises(UserError, match=f"^{said}.*no whole checkpoint yet$"):
        train(sft(world, tmp_path / "run"), say=quiet)


def test_a_tracker_or_a_server_that_is_not_there_is_told_first(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"^report_to=wandb: is not installed \(pip install wandb\)"):
        train(rl(world, world / "model", tmp_path / "run", "report_to=[wandb]"), say=quiet)
    monkeypatch.setattr("clinical_r1.train.trl_settings.find_spec", lambda name: True)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(UserError, match=rf"^vllm.host=127.0.0.1, vllm.port={port}: nobody answers"):
        train(rl(world, world / "model", tmp_path / "run", "vllm.mode=server", f"vllm.port={port}"), say=quiet)
    assert not (tmp_path / "run").exists()
