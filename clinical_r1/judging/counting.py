"""From instances to numbers: what counts once, what does not count, and the bounded forms.

- The same instance twice is one: two instances are the same when they point to the same thing (fact, option, label,
  behaviour) from overlapping spans. A claim is the same when it is said in the same words, wherever, or when one of two
  quotes of one kind holds the other. A rejection without a reason is none beside one with a reason in the same place,
  nor is a citation that is only mentioned beside one of the same fact for or against an option.
- A sentence that stands in a response three times or more is a loop and is counted as if it stood there once.
- Copying the case says nothing: whatever lies in a wholesale copy of the stem is dropped and flagged, and its words
  are not counted. Otherwise a pasted case, all of it true, would dilute every rate.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from typing import Any, TypeVar

from clinical_r1.item import Item, Passages, restatements
from clinical_r1.judging.instances import Citation, Claim, Found, Rejection, Step
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import LISTED, METRICS_OF, counted_labels, keys_of
from clinical_r1.sentences import Sentence

LOOP = 3
"""Occurrences from which a sentence is a loop."""

_WORD = re.compile(r"[^\W_]+")
_SIGN_OR_WORD = re.compile(r"[^\W_]+|[<>≤≥±+%=−-]")
Instance = TypeVar("Instance", Citation, Rejection, Claim, Step)
Told = TypeVar("Told", Citation, Rejection)


@dataclass(frozen=True)
class Counts:
    """The numbers of one response."""

    values: dict[str, float]
    """Every key that was asked for; NaN where there is no number."""
    found: Found
    """The instances that were counted."""
    flags: dict[str, int]
    """`looped` and `restated`: instances that were dropped for it; `restated_words`: words copied from the stem;
    `unknown_reasons`: rejections of wrong options for a reason that this judge cannot weigh: `drc` may be too low."""


def count(found: Found, item: Item, metrics: Sequence[str]) -> Counts:
    """Count what a judge found.

    Args:
        found: Its instances; what is None there is unscored.
        item: The response.
        metrics: Names among those of `clinical_r1.metrics.METRICS_OF`.

    Returns:
        A value for every key of these metrics.
    """
    loops = _Loops(item)
    restated = restatements(item.stem, item.response)
    own = Found(
        citations=_outside(found.citations, restated),
        rejections=_outside(found.rejections, restated),
        claims=_outside(found.claims, restated),
        steps=_outside(found.steps, restated),
        unknown=found.unknown,
    )
    kept = Found(
        citations=_distinct(_told(own.citations), loops),
        rejections=_distinct(_told(own.rejections), loops),
        claims=_disjoint(_distinct(own.claims, loops)),
        steps=_distinct(own.steps, loops),
        unknown=found.unknown,
    )
    values = {**_cecd(kept, item), **_drc(kept, item), **_claims(kept), **_behaviours(kept)}
    values |= {f"{base}_per_1k": per_1k(values[base], item.words) for bases in METRICS_OF.values() for base in bases}
    flags = {
        "looped": loops.dropped,
        "restated": _size(found) - _size(own),
        "restated_words": sum(len(_WORD.findall(item.response[start:end])) for start, end in restated),
        "unknown_reasons": sum(
            one.reason == "unknown" and one.option in item.distractors for one in kept.rejections or ()
        ),
    }
    wanted = keys_of(tuple(metrics))
    return Counts({key: nan if key in found.unknown else float(values[key]) for key in wanted}, kept, flags)


def unscored(metrics: Sequence[str]) -> dict[str, float]:
    """NaN for every key of some metrics."""
    return dict.fromkeys(keys_of(tuple(metrics)), nan)


# --- what counts once -------------------------------------------------------------------------------------------------
class _Loops:
    """Moves what is found in the repetitions of a looping sentence to its first occurrence."""

    def __init__(self, item: Item) -> None:
        self.moves = _loop_moves(item.sentences)
        self.dropped = 0

    def place(self, span: Span) -> tuple[int, int]:
        for start, end, by in self.moves:
            if start <= span.start < end:
                return span.start + by, span.end + by
        return span.start, span.end


@lru_cache(maxsize=8)  # both judges, and each judge of a panel, ask for the same response
def _loop_moves(sentences: tuple[Sentence, ...]) -> tuple[tuple[int, int, int], ...]:
    """Start and end of each sentence of a loop, and how far it is moved to the loop's first one."""
    texts = [_plain(sentence.text) for sentence in sentences]
    often = {text for text, number in Counter(texts).items() if number >= LOOP and text}
    first: dict[str, int] = {}
    return tuple(
        (sentence.start, sentence.end, first.setdefault(text, sentence.start) - sentence.start)
        for text, sentence in zip(texts, sentences, strict=True)
        if text in often
    )


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _points_to(instance: Citation | Rejection | Claim | Step) -> object:
    match instance:
        case Citation():
            return instance.fact
        case Rejection():
            return instance.option, instance.reason
        case Claim():
            return " ".join(_SIGN_OR_WORD.findall(instance.span.text.casefold()))
        case Step():
            return instance.behaviour


def _distinct(instances: Iterable[Instance] | None, loops: _Loops) -> tuple[Instance, ...] | None:
    """Each instance once, in the order of the text."""
    if instances is None:
        return None
    kept: list[Instance] = []
    taken: dict[object, list[tuple[int, int]]] = {}
    for instance in sorted(instances, key=lambda one: (one.span.start, one.span.end)):
        start, end = loops.place(instance.span)
        places = taken.setdefault(_points_to(instance), [])
        overlaps = any(start < other_end and other_start < end for other_start, other_end in places)
        if overlaps or (places and isinstance(instance, Claim)):
            loops.dropped += (start, end) != (instance.span.start, instance.span.end)
            continue
        places.append((start, end))
        kept.append(instance)
    return tuple(kept)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _told(instances: tuple[Told, ...] | None) -> tuple[Told, ...] | None:
    """Without those that say less than another of the same thing in the same place, whichever was listed first."""
    if instances is None:
        return None
    full = [one for one in instances if not _is_bare(one)]
    return tuple(
        one
        for one in instances
        if not _is_bare(one) or not any(_of(one) == _of(other) and _overlap(one.span, other.span) for other in full)
    )


def _is_bare(one: Citation | Rejection) -> bool:
    return one.option is None if isinstance(one, Citation) else one.reason == "bare"


def _of(one: Citation | Rejection) -> object:
    return one.fact if isinstance(one, Citation) else one.option


def _disjoint(claims: tuple[Claim, ...] | None) -> tuple[Claim, ...] | None:
    """Claims without those whose quote lies inside another's of the same label."""
    if claims is None:
        return None
    return tuple(one for one in claims if not any(_inside(one, other) for other in claims))


def _inside(claim: Claim, other: Claim) -> bool:
    longer = len(other.span.text) > len(claim.span.text)
    within = other.span.start <= claim.span.start and claim.span.end <= other.span.end
    return longer and within and claim.label == other.label


def _size(found: Found) -> int:
    return sum(len(one or ()) for one in (found.citations, found.rejections, found.claims, found.steps))


def _outside(instances: tuple[Instance, ...] | None, passages: Passages) -> tuple[Instance, ...] | None:
    if instances is None:
        return None
    return tuple(one for one in instances if not any(start <= one.span.start < end for start, end in passages))


# --- numbers ----------------------------------------------------------------------------------------------------------
def _cecd(found: Found, item: Item) -> dict[str, float]:
    if found.citations is None or not item.has_case or not item.facts:
        return dict.fromkeys(("cecd", "cecd_coverage", "cecd_linked"), nan)
    cited = {one.fact for one in found.citations}
    linked = {one.fact for one in found.citations if one.option is not None}
    facts = len(item.facts)
    return {
        "cecd": len(found.citations),
        "cecd_coverage": len(cited) / facts,
        "cecd_linked": len(linked) / facts,
    }


def _drc(found: Found, item: Item) -> dict[str, float]:
    reasons, counted = LISTED["drc"].labels, counted_labels("drc")
    if found.rejections is None:
        return dict.fromkeys(("drc", "drc_coverage", "gold_rejected", *(why.key for why in reasons.values())), nan)
    wrong = [one for one in found.rejections if one.option in item.distractors]
    kinds = Counter[str](one.reason for one in wrong)
    valid = {one.option for one in wrong if one.reason in counted}
    others = [letter for letter in item.distractors if letter != item.answer]
    return {
        "drc": sum(kinds[reason] for reason in counted),
        "drc_coverage": sum(letter in valid for letter in others) / len(others) if others else nan,
        **{why.key: kinds[reason] for reason, why in reasons.items()},
        "gold_rejected": any(one.option in item.targets for one in found.rejections),
    }


def _claims(found: Found) -> dict[str, float]:
    if found.claims is None:
        return dict.fromkeys(keys_of(LISTED["claims"].metrics), nan)
    labels = Counter[str](claim.label for claim in found.claims)
    total = len(found.claims)
    true, false = (sum(labels[name] for name in counted_labels(base)) for base in LISTED["claims"].metrics)
    return {
        **{label.key: labels[name] for name, label in LISTED["claims"].labels.items()},
        "faithfulness": true,
        "hallucination": false,
        "claims": total,
        "faithful_rate": true / total if total else nan,
        "hallucination_rate": false / total if total else nan,
        "hallucination_any": false > 0,
    }


def _behaviours(found: Found) -> dict[str, float]:
    values: dict[str, float] = {}
    numbers: Any = Counter(step.behaviour for step in found.steps or ())
    for base in METRICS_OF["behaviours"]:
        values[base] = nan if found.steps is None else numbers[base]
        values[f"{base}_any"] = nan if found.steps is None else numbers[base] > 0
    return values


def per_1k(count: float, words: int) -> float:
    """A count per 1,000 words; without a word 0 for nothing, and NaN for anything else."""
    return 1000 * count / words if words else (0.0 if count == 0 else nan)
