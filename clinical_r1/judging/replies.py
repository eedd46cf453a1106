"""What judges reply: the schemas they are held to, and reading their text.

The same pydantic models make the JSON schema that is sent and check what comes back. Checking is lenient where the
meaning is plain ("S3" or "sentence 3" for 3, "F1, F2" for [1, 2], "two instances" for 2, "Case fact" for case_fact,
keys that were not asked for, a key around it all) and strict elsewhere: a missing list is a broken reply, not an empty
list.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, TypeVar

from inspect_ai.model import ResponseSchema
from inspect_ai.util import json_schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from clinical_r1.metrics import LISTED, ClaimLabel, RejectionReason

SCHEMA_VERSION = 2
"""Raised whenever a schema or its reading changes."""
MOST_INSTANCES = 200
"""Instances per list; more is a judge out of control."""
MOST_COUNTED = 1000
"""The highest count of profile `counts`."""
LONGEST_QUOTE = 400
"""Characters of a quote; longer ones are dropped one by one."""
_MOST_OBJECTS = 20
"""Places in a reply at which a JSON object is looked for."""
_MOST_WRAPPERS = 6
"""Objects, lists and texts around an object that are taken off."""
_DECODER = json.JSONDecoder(strict=False)  # line breaks within texts are let through
_QUOTED = re.compile(r'[^"{]*("\s*\[?\s*\{)')
NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
"""Numbers from 0 as they are spelled."""

_NUMBER = rf"(?P<number>\d{{1,9}}|{'|'.join(NUMBER_WORDS)})"
# `3`, `[3]`, `F3`, `sentence 3`, `three`
_ONE = re.compile(rf"(?!\W*-\d)\W*(?:(?:sentences?|sent|s|facts?|f|number|no\.)\W*)?{_NUMBER}\W*", re.I)
# `2 instances`
_COUNT = re.compile(
    rf"\W*{_NUMBER}\s+(?:(?:backtracking|clear|different|distinct|explicit|separate|subgoal|such|valid|verification)\s+)*"
    r"(?:behaviou?r|case|citation|claim|example|hallucination|instance|mention|occurrence|place|rejection|step|time)s?"
    r"(?:\s+(?:of|in|were|was|found|counted|total)\b[^\d\n]*)?\W*",
    re.I,
)
_BETWEEN = re.compile(r"[,;/&+]|\band\b")
# A backslash that begins no escape of JSON is one that was not doubled.
_BACKSLASH = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|(\\)')


def _number_in(form: re.Pattern[str]) -> BeforeValidator:
    """Reads an integer out of a text of some form; texts of others, and what is no text, are left as they are."""

    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("a number is expected")
        found = form.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        number = found["number"].lower()
        return int(number) if number.isdecimal() else NUMBER_WORDS.index(number)

    return BeforeValidator(read)


def _numbers(value: Any) -> Any:
    """A list out of one number, or out of a text of several; texts in a list may have several too."""
    given = [] if value is None else value if isinstance(value, list) else [value]
    parts = [part for one in given for part in (_BETWEEN.split(one) if isinstance(one, str) else [one])]
    return [part for part in parts if not isinstance(part, str) or part.strip()]


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


Number = Annotated[int, _number_in(_ONE)]
Entry = TypeVar("Entry")
Instances = Annotated[list[Entry], AfterValidator(_bounded)]


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


class StepReply(_Reply):
    """A place: the number of a sentence, and a quote; of a behaviour, all that is asked for."""

    s: Number
    q: str


class CitationReply(StepReply):
    """Facts of the case that one place names."""

    f: Annotated[list[Number], BeforeValidator(_numbers), AfterValidator(_bounded)]
    o: str | None = None


class RejectionReply(StepReply):
    """A rejected option."""

    o: str
    why: Annotated[RejectionReason, BeforeValidator(_word)]


class ClaimReply(StepReply):
    """A checkable clinical statement."""

    label: Annotated[ClaimLabel, BeforeValidator(_word)] = Field(alias="is")


class PairReply(StepReply):
    """A behaviour that takes two places."""

    s2: Number
    q2: str


class CountReply(_Reply):
    """A number alone."""

    count: Annotated[Number, _number_in(_COUNT), AfterValidator(_countable)]


class FactsReply(_Reply):
    """The facts of a case, word for word."""

    facts: Annotated[list[str], AfterValidator(_bounded)]


_OWN = {"citations": CitationReply, "rejections": RejectionReply, "claims": ClaimReply}
LISTS: dict[str, Any] = {
    listed.key: Instances[_OWN.get(listed.key) or (PairReply if listed.second else StepReply)]  # type: ignore[misc]
    for listed in LISTED.values()
}
"""`clinical_r1.metrics.Listed.key` -> its list in the reply."""


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

    A backslash alone, and a line break within a text, which JSON does not allow, are taken as they are. An object, or
    JSON in a text, that is the only thing in an object or list is read as if it stood alone.

    Raises:
        Unreadable: If no object fits, or several that differ do: a response can contain an object of its own, which a
            talkative judge may repeat.

    Examples:
        >>> read_reply('Sure:\n```json\n{"count": "3"}\n```', CountReply)
        CountReply(count=3)
        >>> read_reply('{"result": {"count": "two instances"}}', CountReply)
        CountReply(count=2)
    """
    said = _doubled(text.rpartition("</think>")[2])
    fitting: list[Reply] = []
    problems: list[str] = []
    for start, found in [*_objects(said)] or _quoted(said):
        read, problem = _fitting(found, reply)
        if read is None:
            # an object behind a broken brace may be a piece of the broken one
            problems += [problem] if problem and start == said.find("{") else []
        else:
            fitting += [] if read in fitting else [read]
    if len(fitting) > 1:
        raise Unreadable(f"{len(fitting)} different JSON objects, where one is expected")
    if not fitting:
        raise Unreadable(problems[0] if problems else "no whole JSON object in it")
    return fitting[0]


def _doubled(text: str) -> str:
    return _BACKSLASH.sub(lambda found: r"\\" if found[1] else found[0], text)


def _fitting(found: Any, reply: type[Reply]) -> tuple[Reply | None, str]:
    """An object as a reply, else the one that it is wrapped around; or what is wrong with the innermost."""
    problem = ""
    for _ in range(_MOST_WRAPPERS):
        if isinstance(found, dict):
            try:
                return reply.model_validate(found), ""
            except ValidationError as error:
                problem = _said(error)
        if isinstance(found, str):
            found = [inner for _, inner in _objects(_doubled(found))]
        elif isinstance(found, dict):
            found = list(found.values()) if not found.keys() & reply.model_fields.keys() else []
        if not isinstance(found, list) or len(found) != 1:
            break
        [found] = found
    return None, problem


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    """Place and content of the JSON objects in a text that stand in no other; after a broken one, those inside it."""
    start = text.find("{")
    for _ in range(_MOST_OBJECTS):
        if start < 0:
            return
        try:
            found, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):  # not JSON, or nested without end
            start = text.find("{", start + 1)
            continue
        yield start, found
        start = text.find("{", end)


def _quoted(text: str) -> Iterator[tuple[int, Any]]:
    """JSON that was written as a text of JSON: its place and the text."""
    start = _QUOTED.match(text)
    if start:
        with suppress(ValueError):
            yield text.find("{"), _DECODER.raw_decode(text, start.start(1))[0]


def _said(error: ValidationError) -> str:
    """The first problems in few words; what the judge wrote is not repeated."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first = [f"{'.'.join(map(str, problem['loc'])) or 'reply'}: {problem['msg']}" for problem in problems[:3]]
    more = [f"and {len(problems) - 3} more"] if len(problems) > 3 else []
    return "; ".join([*first, *more])
