"""A tokenizer and a tiny, untrained model for a world: small enough to be trained in minutes on a laptop."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from transformers.utils import logging

END, PAD = "<|im_end|>", "<|pad|>"

# "A." is one token and " (A)" is one token, so that the letter stands right beside the name in the options and where it
# is written: otherwise a tiny model does not learn to look it up (it learns to guess, and then not to repeat itself).
# The tags of a style are ordinary tokens: TRL strips special ones before the reward sees the text.
_PIECES = r"[A-Z]\.(?= )|</?[a-z]+>|\\boxed\{|\}| \([A-Z]\)| ?\p{L}+| ?\p{N}+|\s|[^\s\p{L}\p{N}]"
# A reply that is begun, and asked for, is left open to be gone on with.
_CHAT = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if message['role'] != 'assistant' %}{{ '\\n' }}{% elif not (loop.last and add_generation_prompt) %}"
    + END
    + "{% endif %}{% endfor %}"
)


def make_tokenizer(texts: Iterable[str], context: int = 256) -> PreTrainedTokenizerFast:
    """Make a byte-level tokenizer in which every word of the texts is one token and any other text can be written."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    split = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    words = {piece for text in texts for piece, _ in split.pre_tokenize_str(text)}
    pieces = dict.fromkeys([PAD, END, *sorted(pre_tokenizers.ByteLevel.alphabet()), *sorted(words)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    # Without merges a piece is one token if the vocabulary has it, and a token a byte if not.
    tokenizer = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, chat_template=_CHAT, model_max_length=context
    )


def make_student(folder: Path, tokenizer: PreTrainedTokenizerFast, *, width: int, layers: int, seed: int) -> int:
    """Write an untrained GPT-2 and its tokenizer.

    GPT-2 has learned positions, with which a tiny model finds its way about the fixed layout of a case. Of Qwen2, which
    learns it more slowly, transformers 5 replaces whatever tokenizer lies beside it by that family's own.

    Args:
        folder: Made if it is not there.
        tokenizer: See `make_tokenizer`.
        width: Hidden size, a multiple of 32.
        layers: Number of layers; with less than 3 the letter of an option is not found.
        seed: Of the weights.

    Returns:
        Number of parameters.
    """
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=tokenizer.model_max_length,
        n_embd=width,
        n_inner=2 * width,
        n_layer=layers,
        n_head=width // 32,
        # The usual 0.02 is meant for wide models: at this width nothing is copied from the prompt after 1,000 updates.
        initializer_range=0.8 * width**-0.5,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPT2LMHeadModel(config)
    # Keys equal to queries: a token attends to tokens like it before anything is learnt. That is half of looking up the
    # letter of an option by its name, which from random keys is learnt late or, from most seeds, not at all (after
    # mimetic initialisation, Trockman and Kolter 2023, arXiv 2305.09828).
    with torch.no_grad():
        for block in model.transformer.h:
            queries, keys, _ = block.attn.c_attn.weight.chunk(3, dim=1)
            keys.copy_(queries)
    with _without_bar():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return int(model.num_parameters())


@contextmanager
def _without_bar() -> Iterator[None]:
    """No progress bar for a model that is written in an instant; afterwards bars are as the caller had them."""
    if not logging.is_progress_bar_enabled():
        yield
        return
    hub_silent = are_progress_bars_disabled()  # both calls below speak for the hub's bars too
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.enable_progress_bar()
        if hub_silent:
            disable_progress_bars()
