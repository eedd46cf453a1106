"""The solver: show the question in one prompt style, ask once, record what was shown."""

import logging
from collections.abc import Mapping
from random import Random
from typing import Any

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageUser, ModelAPI, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from clinical_r1.choices import LETTERS
from clinical_r1.datasets.wording import stays_last
from clinical_r1.errors import UserError
from clinical_r1.prompts import load_prompt, render

_DEFAULTS = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "top_k": 50, "min_p": None, "typical_p": 1.0}
"""Settings that a request leaves open, and what transformers does where the model's folder says nothing."""


def unasked(api: ModelAPI) -> list[str]:
    """Warnings about what the provider `hf` adds to a request without being asked; none for other providers."""
    if type(api).__name__ != "HuggingFaceAPI":  # its module imports torch
        return []
    return [warning for warning in (_doubled_start(api), _sampling_defaults(api)) if warning]


def _doubled_start(api: Any) -> str | None:
    """The chat template may write the tokenizer's first token, which `hf` then has the tokenizer write again."""
    start = api.tokenizer.bos_token_id
    ids = api.tokenizer(api.hf_chat([ChatMessageUser(content="?")], []), **api.tokenizer_call_args)["input_ids"]
    if start is None or ids[:2] != [start, start]:
        return None
    return (
        f"prompts begin with {api.tokenizer.bos_token} twice, by the chat template and by the tokenizer; in training "
        "and under vLLM they do so once: add -M 'tokenizer_call_args={\"add_special_tokens\": false}'"
    )


def _sampling_defaults(api: Any) -> str | None:
    """The model's folder may set sampling parameters, which `hf` takes where a request leaves them open."""
    settings = api.model.generation_config
    stated = {name: getattr(settings, name, None) for name in _DEFAULTS}
    odd = [f"{name}={value}" for name, value in stated.items() if value not in (None, _DEFAULTS[name])]
    if not odd:
        return None
    return (
        f"the model's generation_config.json sets {', '.join(odd)}, which nobody asked for and training does not use: "
        "take it out there, or use vLLM with --generation-config vllm"
    )


SHOWN_ORDER = "shown_order"
"""Sample metadata: the record's letters in the order in which the model saw their options, such as `CABD`."""

_log = logging.getLogger(__name__)

Shuffle = int | str | None
"""`None` keeps the record's order, a seed gives each question one order for all epochs, `epoch` one for each epoch."""


@solver
def ask(prompt: str = "crpo", shuffle_choices: Shuffle = None) -> Solver:
    """Ask the question once.

    Writes into the sample's metadata what scorers and judges must know and cannot find elsewhere: `shown_order`, and
    `truncated` where the answer ran into the token limit.

    Args:
        prompt: Prompt style, see `clinical_r1.prompts.PROMPTS`.
        shuffle_choices: See `Shuffle`.

    Raises:
        UserError: If an argument is not among its allowed values.
    """
    template = load_prompt(prompt)
    check_shuffle(shuffle_choices)
    is_first = True

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        nonlocal is_first
        for warning in unasked(get_model().api) if is_first else ():
            _log.warning(warning)
        is_first = False
        texts = {LETTERS[index]: choice.value for index, choice in enumerate(state.choices)}
        fixed = fixed_order(state.metadata)
        order = order_shown(texts, shuffle_choices, str(state.sample_id), state.epoch, fixed=fixed)
        state.metadata[SHOWN_ORDER] = order
        shown = shown_options(texts, order)
        state.messages = [ChatMessageUser(content=render(template, state.input_text, shown))]
        state = await generate(state)
        # The limit under which the answer was generated, whoever set it.
        asked = (event.config for event in reversed(transcript().events) if isinstance(event, ModelEvent))
        state.metadata["truncated"] = truncated(state.output, next((config.max_tokens for config in asked), None))
        return state

    return solve


def check_shuffle(shuffle: Shuffle) -> None:
    """Raise a `UserError` unless the value is None, an integer seed or the word `epoch`."""
    if not (shuffle is None or shuffle == "epoch" or (isinstance(shuffle, int) and not isinstance(shuffle, bool))):
        raise UserError(f"shuffle_choices={shuffle!r}: allowed are an integer seed or the word epoch")


def fixed_order(metadata: Mapping[str, Any]) -> bool:
    """Whether a record's text cites its option letters, so that any other order would change its meaning."""
    return bool(metadata.get("letters_cited"))


def order_shown(options: Mapping[str, str], shuffle: Shuffle, sample_id: str, epoch: int, *, fixed: bool) -> str:
    """Record letters in the order in which they are shown.

    Options such as "None of the above" keep their places, which are at the end; the others are permuted.

    Args:
        options: Record letter to option text.
        shuffle: See `Shuffle`.
        sample_id: The sample's id: it seeds the order together with `shuffle`, whatever else is in the run.
        epoch: Epoch from 1, which matters to `epoch` alone.
        fixed: Keep the record's order.
    """
    letters = list(options)
    if shuffle is None or fixed:
        return "".join(letters)
    free = [letter for letter in letters if not stays_last(options[letter])]
    shuffled = free.copy()
    Random(f"{shuffle}:{sample_id}:{epoch}" if shuffle == "epoch" else f"{shuffle}:{sample_id}").shuffle(shuffled)
    replaced = iter(shuffled)
    return "".join(next(replaced) if letter in free else letter for letter in letters)


def shown_options(options: Mapping[str, str], order: str) -> dict[str, str]:
    """Options as the model saw them: shown letter to option text, in the order shown."""
    return {LETTERS[index]: options[letter] for index, letter in enumerate(order)}


def truncated(output: ModelOutput, max_tokens: int | None) -> bool:
    """Whether an answer was cut off: the provider says so, or it used every token it had (some never say so)."""
    if output.stop_reason in ("max_tokens", "model_length"):
        return True
    return bool(output.usage and max_tokens and output.usage.output_tokens >= max_tokens)


def response_text(message: ChatMessage) -> str:
    """The text of a model's message as the model wrote it.

    Some providers take a leading `<think>…</think>` out of the text and hand it over as reasoning content. Here it is
    put back in front, so that a checkpoint trained on that format reads the same whatever serves it. Reasoning that
    the provider keeps to itself is left out.
    """
    if isinstance(message.content, str):
        return message.content
    parts = [p.text for p in message.content if p.type == "text" or (p.type == "reasoning" and not p.redacted)]
    return "\n".join(part for part in parts if part)
