"""Instances that judges find: citations, rejections, claims and reasoning steps, each with a verified span."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from clinical_r1.judging.spans import Span
from clinical_r1.metrics import ClaimLabel, RejectionReason

Reason = RejectionReason | Literal["unknown"]
"""Why an option is rejected; `unknown` is a reason that a judge without medical knowledge cannot weigh."""


@dataclass(frozen=True)
class Citation:
    """A fact of the case is cited."""

    span: Span
    fact: int
    """Number of the fact in `Item.facts`, from 1."""
    option: str | None = None
    """Letter of the option that it is cited for or against, None where it is only mentioned."""


@dataclass(frozen=True)
class Rejection:
    """An option is rejected."""

    span: Span
    option: str
    """Letter shown."""
    reason: Reason


@dataclass(frozen=True)
class Claim:
    """A checkable clinical statement."""

    span: Span
    label: ClaimLabel


@dataclass(frozen=True)
class Step:
    """An instance of a reasoning behaviour."""

    behaviour: str
    """One of `clinical_r1.metrics.METRICS_OF["behaviours"]`."""
    span: Span
    """The abandoned line, the re-check, the announced goal, or the stated candidate."""
    second: Span | None = None
    """What follows it: the line taken up instead (backtracking), the test (backward chaining)."""


Instance = Citation | Rejection | Claim | Step
Kind = Literal["citations", "rejections", "claims", "steps"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Found:
    """All that one judge found in one response. None where it was not asked, or could not know."""

    citations: tuple[Citation, ...] | None = None
    rejections: tuple[Rejection, ...] | None = None
    claims: tuple[Claim, ...] | None = None
    steps: tuple[Step, ...] | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)
    """Keys of `clinical_r1.metrics.METRICS` that this judge cannot know; they are unscored."""

    @property
    def instances(self) -> tuple[Instance, ...]:
        """All of them, list by list."""
        return tuple(one for kind in KINDS for one in getattr(self, kind) or ())

    def each(self, change: Callable[[Sequence[Any]], Sequence[Any]]) -> "Found":
        """The same with every list that there is changed."""
        lists = {kind: getattr(self, kind) for kind in KINDS}
        changed: dict[str, Any] = {kind: tuple(change(one)) for kind, one in lists.items() if one is not None}
        return replace(self, **changed)


def spans_of(found: Found) -> list[dict[str, Any]]:
    """Every instance as a plain record: what it is, where it stands in the response, and what it points to."""
    return [_record(instance) for instance in found.instances]


def _record(instance: Instance) -> dict[str, Any]:
    match instance:
        case Citation():
            return {"of": "cecd", **_place(instance.span), "fact": instance.fact, "option": instance.option}
        case Rejection():
            return {"of": "drc", **_place(instance.span), "option": instance.option, "reason": instance.reason}
        case Claim():
            return {"of": "claims", **_place(instance.span), "label": instance.label}
        case Step():
            then = {"then": _place(instance.second)} if instance.second else {}
            return {"of": instance.behaviour, **_place(instance.span), **then}


def _place(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.text}


@dataclass(frozen=True)
class Tally:
    """What became of the spans that a judge returned."""

    returned: int = 0
    verified: int = 0
    """Found in the response; `returned` is `verified` + `rejected`."""
    repaired: int = 0
    """Of the verified: found only in another sentence than named, or with a misspelling."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Reason -> number of instances dropped."""
    quotes: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    """What was dropped: `of` (the list it stood in), `sentence` (the number that the judge named), `quote`, `why`."""
