"""What `hf` does unasked: a first token written twice, sampling defaults of the base. A real model, tiny and untrained."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from clinical_r1.evals.medqa import medqa
from inspect_ai import eval as run
from inspect_ai.model import ChatMessageUser, get_model
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

from clinical_r1.solvers import unasked
from clinical_r1.world.student import make_student, make_tokenizer

START = "<bos>"
ONCE = {"tokenizer_call_args": {"add_special_tokens": False}}


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As Llama, Gemma and Mistral: the template writes <bos>, and so does the tokenizer where nobody forbids it."""
    folder = tmp_path_factory.mktemp("gemma")
    tokenizer = make_tokenizer(["Fever and a stiff neck?"], context=4096)
    tokenizer.add_special_tokens({"bos_token": START})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{START} $A", special_tokens=[(START, tokenizer.bos_token_id)]
    )
    tokenizer.chat_template = START + str(tokenizer.chat_template)
    make_student(folder, tokenizer, width=32, layers=1, seed=0)
    return folder


def api(folder: Path, **arguments: Any) -> Any:
    return get_model("hf/local", model_path=str(folder), memoize=False, **arguments).api


def prompt_ids(api: Any) -> list[int]:
    """What `hf` puts before the model."""
    chat = api.hf_chat([ChatMessageUser(content="Fever?")], [])
    return list(api.tokenizer(chat, **api.tokenizer_call_args)["input_ids"])


def test_prompts_are_those_of_training_with_the_argument_alone(gemma: Path) -> None:
    chat = [{"role": "user", "content": "Fever?"}]
    trained = AutoTokenizer.from_pretrained(gemma).apply_chat_template(chat, add_generation_prompt=True)["input_ids"]
    assert prompt_ids(api(gemma, **ONCE)) == trained
    assert prompt_ids(api(gemma)) == [trained[0], *trained]


def test_a_start_written_twice_is_said_with_its_remedy(gemma: Path) -> None:
    [said] = unasked(api(gemma))
    assert "-M 'tokenizer_call_args={\"add_special_tokens\": false}'" in said
    assert unasked(api(gemma, **ONCE)) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"repetition_penalty": 1.05, "top_k": 20}, ["repetition_penalty=1.05", "top_k=20"]),  # Qwen2.5
        ({"repetition_penalty": 1.0, "top_k": 50}, []),  # what transformers does anyway
        ({"temperature": 0.6, "top_p": 0.9, "do_sample": True}, []),  # Llama 3: every task asks for its own
        ({}, []),
    ],
)
def test_sampling_defaults_of_a_base_are_said(settings: dict[str, Any], words: list[str], gemma: Path) -> None:
    loaded = api(gemma, **ONCE)
    loaded.model.generation_config.update(**settings)
    said = " ".join(unasked(loaded))
    assert all(word in said for word in words)
    assert bool(said) is bool(words)


def test_an_evaluation_says_it_once(
    gemma: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # else `hf` asks about a model called local
    rows = [{"question": f"Fever {n}?", "options": {"A": "x", "B": "y"}, "answer": "A"} for n in range(3)]
    (tmp_path / "three.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = get_model("hf/local", model_path=str(gemma), memoize=False)
    with caplog.at_level(logging.WARNING):
        [log] = run(
            medqa(dataset=str(tmp_path / "three.jsonl")),
            model=model,
            max_tokens=4,
            max_connections=3,  # `hf` waits until so many ask
            log_dir=str(tmp_path),
            display="none",
        )
    assert log.status == "success"
    assert sum("add_special_tokens" in text for text in caplog.messages) == 1
