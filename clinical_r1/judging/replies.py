"""What judges reply: the schemas they are held to, and reading their text.

The same pydantic models make the JSON schema that is sent and check what comes back. Checking is lenient where the
meaning is plain ("3" for 3, "F2" for 2, "Case fact" for case_fact, keys that were not asked for) and strict elsewhere:
a missing list is a broken reply, not an empty list.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, cast

from inspect_ai.model import ResponseSchema
from inspect_ai.util import json_schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

SCHEMA_VERSION = 1
"""Raised whenever a schema or its reading changes."""
MOST_INSTANCES = 200
"""Instances a list; more is a judge out of control."""
MOST_COUNTED = 1000
"""The highest count of profile `counts`."""
LONGEST_QUOTE = 400
"""Characters of a quote; longer ones are dropped one by one."""
_MOST_OBJECTS = 20
"""Places in a reply at which a JSON object is looked for."""


def _number(value: Any) -> Any:
    """An integer out of `3`, `"3"`, `"[3]"` or `"F3"`."""
    if isinstance(value, bool):
        raise ValueError("a number is expected")
    found = re.fullmatch(r"\W*F?(\d{1,9})\W*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def _numbers(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _word(value: Any) -> Any:
    return re.sub(r"[\s-]+", "_", value.strip().casefold()) if isinstance(value, str) else value


def _bounded(values: list[Any]) -> list[Any]:
    if len(values) > MOST_INSTANCES:
        raise ValueError(f"{len(values)} instances, at most {MOST_INSTANCES} are allowed")
    return values


def _countable(value: int) -> int:
    if not 0 <= value <= MOST_COUNTED:
        raise ValueError(f"allowed is 0 to {MOST_COUNTED}")
    return value


Number = Annotated[int, BeforeValidator(_number)]
Entry = TypeVar("Entry")
Listed = Annotated[list[Entry], AfterValidator(_bounded)]


def _closed(schema: dict[str, Any]) -> None:
    """Every key required and no other allowed, as providers with strict decoding want it."""
    for field in schema["properties"].values():
        field.pop("title", None)
        field.pop("default", None)
    schema.pop("title", None)
    schema.pop("description", None)
    schema |= {"required": list(schema["properties"]), "additionalProperties": False}


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", json_schema_extra=_closed)


class CitationReply(_Reply):
    """Facts of the case that one place names."""

    s: Number
    q: str
    f: Annotated[list[Number], BeforeValidator(_numbers), AfterValidator(_bounded)]
    o: str | None = None


class RejectionReply(_Reply):
    """A rejected option."""

    s: Number
    q: str
    o: str
    why: Annotated[Literal["case_fact", "medical_fact", "false", "bare"], BeforeValidator(_word)]


class ClaimReply(_Reply):
    """A checkable clinical statement."""

    s: Number
    q: str
    label: Annotated[
        Literal["supported", "contradicts", "invented", "medically_false", "unverifiable"], BeforeValidator(_word)
    ] = Field(alias="is")


class StepReply(_Reply):
    """A behaviour at one place."""

    s: Number
    q: str


class PairReply(_Reply):
    """A behaviour that takes two places."""

    s: Number
    q: str
    s2: Number
    q2: str


class CountReply(_Reply):
    """A number alone."""

    count: Annotated[Number, AfterValidator(_countable)]


class FactsReply(_Reply):
    """The facts of a case, word for word."""

    facts: Annotated[list[str], AfterValidator(_bounded)]


LISTS: dict[str, Any] = {
    "citations": Listed[CitationReply],
    "rejections": Listed[RejectionReply],
    "claims": Listed[ClaimReply],
    "backtracking": Listed[PairReply],
    "verification": Listed[StepReply],
    "subgoal_setting": Listed[StepReply],
    "backward_chaining": Listed[PairReply],
}
"""Section of a rubric -> its list in the reply."""


@cache
def reply_with(lists: tuple[str, ...]) -> type[BaseModel]:
    """The reply that has some of the lists of `LISTS`, all of them required."""
    fields: dict[str, Any] = {name: (LISTS[name], ...) for name in lists}
    return create_model("Reply", __base__=_Reply, **fields)


@cache
def response_schema(name: str, reply: type[BaseModel]) -> ResponseSchema:
    """A reply's JSON schema for Inspect, which hands it to providers that can decode on a schema.

    Bounds (numbers of instances, lengths) are not in it, as providers differ in which of them they take; they are
    checked when the reply is read.
    """
    return ResponseSchema(name=name, json_schema=json_schema(reply), strict=True)


class Unreadable(ValueError):
    """A reply cannot be used; the message says why, in a line that a model can act on."""


Reply = TypeVar("Reply", bound=BaseModel)


def read_reply(text: str, reply: type[Reply]) -> Reply:
    r"""Read the one JSON object of a reply; prose, a code fence and thoughts around it are ignored.

    Args:
        text: What the judge wrote.
        reply: What it should be.

    Raises:
        Unreadable: If no object fits, or several that differ do: a response can contain an object of its own, which a
            talkative judge may repeat.

    Examples:
        >>> read_reply('Sure:\n```json\n{"count": "3"}\n```', CountReply)
        CountReply(count=3)
    """
    said = text.rpartition("</think>")[2]
    fitting: list[Reply] = []
    problems: list[str] = []
    for start, found in _objects(said):
        try:
            read = reply.model_validate(found)
        except ValidationError as error:
            # an object behind a broken brace may be a piece of the broken one
            problems += [_said(error)] if start == said.find("{") else []
        else:
            fitting += [] if read in fitting else [read]
    if len(fitting) > 1:
        raise Unreadable(f"{len(fitting)} different JSON objects, where one is expected")
    if not fitting:
        raise Unreadable(problems[0] if problems else "no whole JSON object in it")
    return fitting[0]


def _objects(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Place and content of the JSON objects in a text that stand in no other; after a broken one, those inside it."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _ in range(_MOST_OBJECTS):
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # not JSON, or nested without end
            start = text.find("{", start + 1)
            continue
        yield start, cast(dict[str, Any], found)
        start = text.find("{", end)


def _said(error: ValidationError) -> str:
    """The first problems in few words; what the judge wrote is not repeated."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first = [f"{'.'.join(map(str, problem['loc'])) or 'reply'}: {problem['msg']}" for problem in problems[:3]]
    more = [f"and {len(problems) - 3} more"] if len(problems) > 3 else []
    return "; ".join([*first, *more])
