"""Ask an LLM judge about one response, and keep of its reply what code can verify."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from inspect_ai.model import Model, ModelUsage
from pydantic import BaseModel

from clinical_r1.item import Item
from clinical_r1.judging.call import Exchange, exchange
from clinical_r1.judging.evidence import check
from clinical_r1.judging.instances import Found, Tally
from clinical_r1.judging.replies import SCHEMA_VERSION, CountReply, reply_with, response_schema
from clinical_r1.judging.rubric import Profile, digest, load_rubric, read_prompt, render_item, sections_of
from clinical_r1.metrics import Judge


@dataclass(frozen=True)
class Verdict:
    """What a judge said about one response, and how that came about."""

    found: Found | None
    """Verified instances; lists that were not asked for are None. None if unscored, and in profile `counts`."""
    counts: dict[str, float] | None
    """Profile `counts`: metric -> the number that was read; metrics whose reply could not be read are absent."""
    tally: Tally
    """What became of the instances returned."""
    unscored: str | None
    """Why there is no judgement at all, in a line that begins with `unreadable`, `refused`, `empty` or `truncated`."""
    judge: str
    """Name of the grader's model."""
    prompt_hash: str
    """First 12 hexadecimal digits of the hash of all that is sent to every item: rubric, schema, and templates."""
    schema_version: int
    """Of the replies."""
    usage: dict[str, Any] | None
    """Tokens, and the cost where Inspect knows the price, summed over the calls; cached calls count as when paid."""
    calls: int
    """Calls made, repairs included; 0 for an empty response."""
    cached: int
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
) -> Verdict:
    """Have a response judged by a model.

    Profile `spans` makes one call for all metrics. The judge lists instances with quotes; what counts is decided from
    the quotes that stand in the response (`evidence.check`), so that for each list

        returned = verified + rejected,   count = distinct verified instances (`counting.count`)

    and never a number that a model typed. Profile `counts` follows the paper's protocol instead: one call a metric,
    and count = the number in the reply.

    An empty response is judged without a call: it has no instance of anything.

    Args:
        judge: `grounding` or `behaviours`.
        item: The response and its question.
        metrics: Which of the judge's metrics; only their rubrics are sent.
        model: The grader.
        profile: See above.
        gold: Whether the judge is told the right option.

    Returns:
        The verdict. A reply that cannot be read, even after one repair, is a verdict without numbers.

    Raises:
        Exception: Whatever the grader's provider raises once its retries are used up.
    """
    questions = _questions(judge, tuple(metrics), profile)
    about = (str(model), questions.hash, SCHEMA_VERSION)
    if profile == "counts" and not item.has_case:
        metrics = [metric for metric in metrics if metric != "cecd"]  # there is nothing to cite, nor to ask
    if not item.sentences:
        return _nothing(item, metrics, profile, about)
    user = render_item(item, facts=judge == "grounding", gold=gold)
    asked = [questions.asked[metric] for metric in metrics] if profile == "counts" else list(questions.asked.values())
    done = [await exchange(model, judge, question.system, user, question.expected) for question in asked]
    cost = (_total([one.usage for one in done]), sum(one.calls for one in done), sum(one.cached for one in done))
    if profile == "counts":
        return _counted(metrics, done, about, cost)
    [reply] = [one.reply for one in done]
    if reply is None:
        return Verdict(None, None, Tally(), done[0].unscored, *about, *cost)
    found, tally = check(dict(reply), item)
    return Verdict(found, None, tally, None, *about, *cost)


_About = tuple[str, str, int]
_Cost = tuple[dict[str, Any] | None, int, int]


@dataclass(frozen=True)
class _Question:
    """What one call asks, whatever the item."""

    system: str
    expected: type[BaseModel]


@dataclass(frozen=True)
class _Questions:
    """All calls of a verdict."""

    asked: Mapping[str, _Question]
    """Profile `counts`: a call a metric, by its name. Profile `spans`: one call, whatever its key."""
    hash: str


@cache
def _questions(judge: Judge, metrics: tuple[str, ...], profile: Profile) -> _Questions:
    rubric = load_rubric(judge, profile)
    lists = sections_of(metrics)
    groups = [(metric,) for metric in metrics] if profile == "counts" else [lists]
    expected = CountReply if profile == "counts" else reply_with(lists)
    schema = response_schema(rubric.name, expected).json_schema.model_dump(exclude_none=True)
    asked = {group[0]: _Question(rubric.system(group, schema), expected) for group in groups}
    templates = [read_prompt(name).hash for name in ("item", "repair")]
    return _Questions(asked, digest("\0".join([*(question.system for question in asked.values()), *templates])))


def _nothing(item: Item, metrics: Sequence[str], profile: Profile, about: _About) -> Verdict:
    """Of an empty response."""
    if profile == "counts":
        return Verdict(None, dict.fromkeys(metrics, 0.0), Tally(), None, *about, None, 0, 0)
    found, tally = check({name: [] for name in sections_of(metrics)}, item)
    return Verdict(found, None, tally, None, *about, None, 0, 0)


def _counted(metrics: Sequence[str], done: Sequence[Exchange[BaseModel]], about: _About, cost: _Cost) -> Verdict:
    replies = dict(zip(metrics, done, strict=True))
    counts = {metric: float(one.reply.count) for metric, one in replies.items() if isinstance(one.reply, CountReply)}
    unread = {metric: one.unscored for metric, one in replies.items() if one.unscored is not None}
    if unread and not counts:
        return Verdict(None, None, Tally(), next(iter(unread.values())), *about, *cost, unread)
    return Verdict(None, counts, Tally(), None, *about, *cost, unread)


def _total(usages: Sequence[ModelUsage | None]) -> dict[str, Any] | None:
    known = [usage for usage in usages if usage is not None]
    return sum(known[1:], known[0]).model_dump(exclude_none=True) if known else None
