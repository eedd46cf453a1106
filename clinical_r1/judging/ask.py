"""Ask an LLM judge about one response, and keep of its reply what code can verify.

A structured question to a grader is asked once, never paid twice, repaired once.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, TypeVar
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

from clinical_r1.item import Item
from clinical_r1.judging.budget import budget_of_pass
from clinical_r1.judging.evidence import check
from clinical_r1.judging.instances import Found, Tally
from clinical_r1.judging.replies import SCHEMA_VERSION, CountReply, Unreadable, read_reply, reply_with, response_schema
from clinical_r1.judging.rubric import Profile, compact, digest, load_rubric, read_prompt, render_item, sections_of
from clinical_r1.metrics import Judge
from clinical_r1.prompts import fill

# --- one structured question ------------------------------------------------------------------------------------------
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
    """Why there is none: one line that begins with `unreadable`, `unusable`, `refused`, `empty` or `truncated`."""
    usage: ModelUsage | None
    """Sum over the calls, those answered from the cache included; None if the provider says nothing."""
    calls: int
    """1, or 2 with a repair."""
    cached: int
    """Of the calls: answered from Inspect's cache, so not paid now."""


async def exchange(
    model: Model,
    name: str,
    system: str,
    user: str,
    expected: type[Reply],
    *,
    problem_of: Callable[[Reply], str | None] = lambda _: None,
    cached: bool = True,
    draw: int = 1,
) -> Exchange[Reply]:
    """Ask for a reply on a schema, and once more with the error if it cannot be read.

    Temperature is 0 unless the model was bound with another. Replies are kept in Inspect's cache
    (`INSPECT_CACHE_DIR`), so that a killed or repeated pass pays for nothing twice; the same question asked at the same
    time waits for the first answer.

    Args:
        model: The grader.
        name: Of the schema: letters, digits and underscores.
        system: The static part of the prompt, which ends in the schema for providers that ignore `ResponseSchema`.
        user: The item.
        expected: The reply.
        problem_of: What is wrong with a reply that could be read, None if nothing; then it is asked for once more too.
        cached: Whether a reply that is kept will do.
        draw: The first, second, … reply to the same question; each is kept apart.

    Raises:
        OverBudgetError: If the call might cost more than is left of the pass's budget.
        Exception: Whatever the provider raises once Inspect has used up its retries: a grader that cannot be reached is
            no judgement.
    """
    schema = response_schema(name, expected)
    config = GenerateConfig(temperature=model.config.temperature or 0, response_schema=schema)
    policy = CACHE if draw == 1 else CACHE.model_copy(update={"scopes": {"draw": str(draw)}})
    messages: list[ChatMessage] = [
        ChatMessageSystem(content=_sendable(system)),
        ChatMessageUser(content=_sendable(user)),
    ]
    usage: ModelUsage | None = None
    kept = 0
    async with one_at_a_time(str(model), system, user, str(draw)):
        for calls in (1, 2):
            async with budget_of_pass().call(str(model), name) as pay:
                output = await model.generate(messages, config=config, cache=policy if cached else False)
                if not (again := _from_cache(model, messages)):
                    pay(output.usage)
            kept += again
            usage = usage + output.usage if usage and output.usage else usage or output.usage
            reply, problem, mendable = _read(output, expected)
            if reply is not None and (wrong := problem_of(reply)):
                reply, problem, mendable = None, f"unusable: {wrong}", True
            if reply is not None or not mendable or calls == 2:
                break
            shown = compact(schema.json_schema.model_dump(exclude_none=True))
            error = fill(read_prompt("repair").intro, {"error": problem or "", "schema": shown})
            said = ChatMessageAssistant(content=_sendable(output.completion[:_SHOWN_AGAIN]) or "(nothing)")
            messages = [*messages, said, ChatMessageUser(content=_sendable(error))]
    return Exchange(reply, problem, usage, calls, kept)


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


# --- one response judged ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Verdict:
    """What a judge said about one response, and how that came about."""

    judge: str
    """Name of the grader's model."""
    prompt_hash: str
    """First 12 hexadecimal digits of the hash of all that is sent to every item: rubric, schema, and templates."""
    found: Found | None = None
    """Verified instances; lists that were not asked for are None. None if unscored, and in profile `counts`."""
    counts: dict[str, float] | None = None
    """Profile `counts`: metric -> the number that was read; metrics whose reply could not be read are absent."""
    tally: Tally = field(default_factory=Tally)
    """What became of the instances returned."""
    unscored: str | None = None
    """Why there is no judgement at all, in a line that begins with `unreadable`, `refused`, `empty` or `truncated`."""
    schema_version: int = SCHEMA_VERSION
    """Of the replies."""
    usage: dict[str, Any] | None = None
    """Tokens, and the cost where Inspect knows the price, summed over the calls; cached calls count as when paid."""
    calls: int = 0
    """Calls made, repairs included; 0 for an empty response."""
    cached: int = 0
    """Of the calls: answered from the cache, so not paid now."""
    unread: dict[str, str] = field(default_factory=dict)
    """Profile `counts`: metric -> why its reply could not be read."""


async def ask(
    judge: Judge,
    item: Item,
    metrics: Sequence[str],
    model: Model,
    *,
    profile: Profile = "spans",
    gold: bool = False,
    draw: int = 1,
) -> Verdict:
    """Have a response judged by a model.

    Profile `spans` makes one call for all metrics. The judge lists instances with quotes; what counts is decided from
    the quotes that stand in the response (`evidence.check`), so that for each list

        returned = verified + rejected,   count = distinct verified instances (`counting.count`)

    and never a number that a model typed. Profile `counts` follows the paper's protocol instead: one call per metric,
    and count = the number in the reply.

    An empty response is judged without a call: it has no instance of anything.

    Args:
        judge: `grounding` or `behaviours`.
        item: The response and its question.
        metrics: Which of the judge's metrics; only their rubrics are sent.
        model: The grader.
        profile: See above.
        gold: Whether the judge is told the right option.
        draw: See `exchange`.

    Returns:
        The verdict. A reply that cannot be read, even after one repair, is a verdict without numbers.

    Raises:
        Exception: Whatever the grader's provider raises once its retries are used up.
    """
    calls = _calls(judge, tuple(metrics), profile)
    verdict = Verdict(str(model), calls.hash)
    if profile == "counts" and not item.has_case:
        metrics = [metric for metric in metrics if metric != "cecd"]  # there is nothing to cite, nor to ask
    asked = [calls.systems[metric] for metric in metrics] if profile == "counts" else [*calls.systems.values()]
    if not item.sentences:
        if profile == "counts":
            return replace(verdict, counts=dict.fromkeys(metrics, 0.0))
        found, tally = check({name: [] for name in sections_of(metrics)}, item)
        return replace(verdict, found=found, tally=tally)
    user = render_item(item, facts=judge == "grounding", gold=gold)
    done = [await exchange(model, judge, system, user, calls.expected, draw=draw) for system in asked]
    usages = [one.usage for one in done if one.usage is not None]
    verdict = replace(
        verdict,
        usage=sum(usages[1:], usages[0]).model_dump(exclude_none=True) if usages else None,
        calls=sum(one.calls for one in done),
        cached=sum(one.cached for one in done),
    )
    if profile == "counts":
        replies = dict(zip(metrics, done, strict=True))
        counts = {name: float(one.reply.count) for name, one in replies.items() if isinstance(one.reply, CountReply)}
        unread = {name: one.unscored for name, one in replies.items() if one.unscored is not None}
        if unread and not counts:
            return replace(verdict, unscored=next(iter(unread.values())), unread=unread)
        return replace(verdict, counts=counts, unread=unread)
    [only] = done
    if only.reply is None:
        return replace(verdict, unscored=only.unscored)
    found, tally = check(dict(only.reply), item)
    return replace(verdict, found=found, tally=tally)


def prompt_hash(judge: Judge, metrics: Sequence[str], profile: Profile) -> str:
    """Of what graders are told of any response, see `Verdict.prompt_hash`."""
    return _calls(judge, tuple(metrics), profile).hash


@dataclass(frozen=True)
class _Calls:
    """What the calls of a verdict are told, whatever the item."""

    systems: Mapping[str, str]
    """Profile `counts`: a call per metric, by its name. Profile `spans`: one call, whatever its key."""
    expected: type[BaseModel]
    hash: str


@cache
def _calls(judge: Judge, metrics: tuple[str, ...], profile: Profile) -> _Calls:
    rubric = load_rubric(judge, profile)
    lists = sections_of(metrics)
    groups = [(metric,) for metric in metrics] if profile == "counts" else [lists]
    expected = CountReply if profile == "counts" else reply_with(lists)
    schema = response_schema(rubric.name, expected).json_schema.model_dump(exclude_none=True)
    systems = {group[0]: rubric.system(group, schema) for group in groups}
    templates = [read_prompt(name).hash for name in ("item", "repair")]
    return _Calls(systems, expected, digest("\0".join([*systems.values(), *templates])))
