"""What Inspect's provider `hf` does to a model unasked, and neither training nor vLLM does."""

from typing import Any

from inspect_ai.model import ChatMessageUser, ModelAPI

_DEFAULTS = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "top_k": 50, "min_p": None, "typical_p": 1.0}
"""Settings that a request leaves open, and what transformers does where the model's folder says nothing."""


def unasked(api: ModelAPI) -> list[str]:
    """Sentences for the user, none for other providers.

    Args:
        api: The model that is asked, loaded.
    """
    if type(api).__name__ != "HuggingFaceAPI":  # its module imports torch
        return []
    return [said for said in (_doubled_start(api), _sampling_defaults(api)) if said]


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
    settings = api.model.generation_config
    found = {name: getattr(settings, name, None) for name in _DEFAULTS}
    odd = [f"{name}={value}" for name, value in found.items() if value not in (None, _DEFAULTS[name])]
    if not odd:
        return None
    return (
        f"the model's generation_config.json sets {', '.join(odd)}, which nobody asked for and training does not use: "
        "take it out there, or use vLLM with --generation-config vllm"
    )
