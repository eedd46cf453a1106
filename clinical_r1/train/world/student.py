"""A tokenizer and a tiny, untrained model for a world: small enough to be trained in minutes on a laptop."""

from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

END, PAD = "<|im_end|>", "<|pad|>"

# The tags of a style are ordinary tokens: TRL strips special ones before the reward sees the text.
_PIECES = r"</?[a-z]+>|\\boxed\{|\}| ?\p{L}+| ?\p{N}+|\s|[^\s\p{L}\p{N}]"
_CHAT = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}" + END + "{% else %}{{ '\\n' }}{% endif %}{% endfor %}"
)


def make_tokenizer(texts: Iterable[str], context: int = 512) -> PreTrainedTokenizerFast:
    """Make a byte-level tokenizer in which every word of the texts is one token and any other text can be written.

    Args:
        texts: All that will be said.
        context: Tokens that a model with it can hold.
    """
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
    """Write an untrained Qwen3 and its tokenizer.

    Not Qwen2: transformers 5 replaces whatever tokenizer lies beside a Qwen2 by that family's own, without a word.


    Args:
        folder: Made if it is not there.
        tokenizer: See `make_tokenizer`.
        width: Hidden size, a multiple of 32.
        layers: Number of layers.
        seed: Of the weights.

    Returns:
        Number of parameters.
    """
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        num_key_value_heads=width // 32,
        head_dim=32,
        max_position_embeddings=tokenizer.model_max_length,
        tie_word_embeddings=True,
        # The usual 0.02 is meant for wide models: at this width nothing is copied from the prompt after 1,000 updates.
        initializer_range=width**-0.5,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen3ForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return int(model.num_parameters())
