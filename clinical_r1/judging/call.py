"""One structured question to a grader: asked once, never paid twice, repaired once."""

import hashlib
import re
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

import anyio
from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
)
from pydantic import BaseModel

from clinical_r1.judging.replies import Unreadable, read_reply, response_schema
from clinical_r1.judging.rubric import compact, read_prompt
from clinical_r1.prompts import fill

CACHE = CachePolicy(expiry=None, per_epoch=False)
"""Of judge calls: for ever, and for all epochs, since the same words get the same judgement."""
_SHOWN_AGAIN = 20_000
"""Characters of a broken reply that are sent back with the error."""
_RECENT = 50
"""Events of the transcript among which the one of the last call is looked for."""
_REFUSAL = re.compile(
    r"\b(?:I['’]m|I am) (?:sorry|unable|not able)|\bI (?:cannot|can['’]t|can not|won['’]t|must decline)\b|\bas an AI\b",
    re.I,
)

Reply = TypeVar("Reply", bound=BaseModel)


@dataclass(frozen=True)
class Exchange(Generic[Reply]):
    """A question to a grader and what came of it."""

    reply: Reply | None
    """None if none could be read."""
    unscored: str | None
    """Why there is none: one line that begins with `unreadable`, `refused`, `empty` or `truncated`."""
    usage: ModelUsage | None
    """Sum over the calls, those answered from the cache included; None if the provider says nothing."""
    calls: int
    """1, or 2 with a repair."""
    cached: int
    """Of the calls: answered from Inspect's cache, so not paid now."""


async def exchange(model: Model, name: str, system: str, user: str, expected: type[Reply]) -> Exchange[Reply]:
    """Ask for a reply on a schema, and once more with the error if it cannot be read.

    Temperature is 0. Replies are kept in Inspect's cache (`INSPECT_CACHE_DIR`), so that a killed or repeated pass pays
    for nothing twice; the same question asked at the same time waits for the first answer.

    Args:
        model: The grader.
        name: Of the schema: letters, digits and underscores.
        system: The static part of the prompt, which ends in the schema for providers that ignore `ResponseSchema`.
        user: The item.
        expected: The reply.

    Raises:
        Exception: Whatever the provider raises once Inspect has used up its retries: a grader that cannot be reached is
            no judgement.
    """
    messages: list[ChatMessage] = [
        ChatMessageSystem(content=_sendable(system)),
        ChatMessageUser(content=_sendable(user)),
    ]
    async with one_at_a_time(str(model), system, user):
        return await _exchange(model, name, messages, expected)


async def _exchange(model: Model, name: str, messages: list[ChatMessage], expected: type[Reply]) -> Exchange[Reply]:
    schema = response_schema(name, expected)
    config = GenerateConfig(temperature=0, response_schema=schema)
    usage: ModelUsage | None = None
    cached = 0
    for calls in (1, 2):
        output = await model.generate(messages, config=config, cache=CACHE)
        cached += _from_cache(model, messages)
        usage = usage + output.usage if usage and output.usage else usage or output.usage
        reply, problem, mendable = _read(output, expected)
        if reply is not None or not mendable or calls == 2:
            return Exchange(reply, problem, usage, calls, cached)
        shown = compact(schema.json_schema.model_dump(exclude_none=True))
        error = fill(read_prompt("repair").intro, {"error": problem or "", "schema": shown})
        said = ChatMessageAssistant(content=_sendable(output.completion[:_SHOWN_AGAIN]) or "(nothing)")
        messages = [*messages, said, ChatMessageUser(content=_sendable(error))]
    raise AssertionError("the second call returns")


def _read(output: ModelOutput, expected: type[Reply]) -> tuple[Reply | None, str | None, bool]:
    """The reply, else why there is none and whether asking again can help."""
    stopped = None if output.empty else output.stop_reason
    text = output.completion
    if stopped == "content_filter":
        return None, "refused: stopped by the provider's content filter", False
    try:
        return read_reply(text, expected), None, False
    except Unreadable as error:
        problem = str(error)
    if stopped in ("max_tokens", "model_length"):
        return None, f"truncated: the reply stopped at a limit of the grader ({stopped})", False
    if not text.strip():
        return None, "empty: the grader wrote nothing", True
    if "{" not in text and _REFUSAL.search(text):
        return None, "refused: " + " ".join(text.split())[:100], True
    return None, f"unreadable: {problem}", True


def _from_cache(model: Model, messages: list[ChatMessage]) -> bool:
    """Whether the last call was answered from the cache, which only its event tells."""
    asked = [message.text for message in messages]
    for event in reversed(transcript().history.recent_events(_RECENT)):
        if not isinstance(event, ModelEvent) or event.model != str(model):
            continue
        if [message.text for message in event.input] == asked:
            return event.cache == "read"
    return False


def _sendable(text: str) -> str:
    """The text without halves of surrogate pairs, which no provider's client can encode."""
    return text.encode("utf-8", "replace").decode()


_locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()


def one_at_a_time(*key: str) -> anyio.Lock:
    """The lock of a key: one for all who hold it or wait for it."""
    name = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()
    lock = _locks.get(name)
    if lock is None:
        lock = _locks[name] = anyio.Lock()
    return lock
