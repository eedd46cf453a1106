"""Metric values from verified instances: deduplication, exclusions, and normalised forms.

- The same instance twice is one: two instances are the same when they point to the same thing (fact, option, label,
  behaviour) from overlapping spans. A claim is the same when it is said in the same words, wherever, or when one of two
  quotes of one kind holds the other. A rejection without a reason is none beside one with a reason in the same place,
  nor is a citation that is only mentioned beside one of the same fact for or against an option.
- A sentence that stands in a response three times or more is a loop and is counted as if it stood there once.
- Copying the case says nothing: whatever lies in a wholesale copy of the stem is dropped and flagged, and its words
  are not counted. Otherwise a pasted case, all of it true, would dilute every rate.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan
from operator import itemgetter

from clinical_r1.item import Item, restatements
from clinical_r1.judging.instances import Citation, Claim, Found, Instance, Rejection, Step
from clinical_r1.judging.spans import Span
from clinical_r1.metrics import LISTED, METRICS, METRICS_OF, counted_labels, harm_any, keys_of
from clinical_r1.sentences import Sentence

LOOP = 3
"""Occurrences from which a sentence is a loop."""

_WORD = re.compile(r"[^\W_]+")
_SPACED = {code: " " for code in range(128) if not chr(code).isalnum()}
_SIGN_OR_WORD = re.compile(r"[^\W_]+|[<>≤≥±+%=−-]")


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
    moves = _loop_moves(item.sentences)
    restated = restatements(item.stem, item.response)
    own = found.each(lambda one: [i for i in one if not any(a <= i.span.start < b for a, b in restated)])
    told = own.each(_told)
    distinct = told.each(lambda one: _distinct(one, moves))
    kept = distinct.each(_outermost)
    values = {**unscored(metrics), **_cecd(kept, item), **_drc(kept, item), **_claims(kept)}
    if kept.steps is not None:
        numbers = Counter(step.behaviour for step in kept.steps)
        values |= {base: numbers[base] for base in METRICS_OF["behaviours"]}
    for base in metrics:
        values |= forms_of(base, values[base], item.words)
    flags = {
        "looped": _repeated(told, moves) - _repeated(distinct, moves),
        "restated": len(found.instances) - len(own.instances),
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
Moves = Sequence[tuple[int, int, int]]
"""Start and end of sentences in order, and how far each is moved to where it stands first if it is repeated."""


@lru_cache(maxsize=8)  # both judges, and each judge of a panel, ask for the same response
def _loop_moves(sentences: tuple[Sentence, ...]) -> Moves:
    """What moves the repetitions of each looping sentence to its first occurrence."""
    texts = [_plain(sentence.text.casefold()) for sentence in sentences]
    often = {text for text, number in Counter(texts).items() if number >= LOOP and text}
    first: dict[str, int] = {}
    return tuple(
        (sentence.start, sentence.end, first.setdefault(text, sentence.start) - sentence.start)
        for text, sentence in zip(texts, sentences, strict=True)
        if text in often
    )


def _plain(text: str) -> str:
    """The words of a text between single spaces."""
    return " ".join(text.translate(_SPACED).split() if text.isascii() else _WORD.findall(text))  # the same, faster


def moved(span: Span, moves: Moves) -> tuple[int, int]:
    """Start and end of a span, moved with its sentence."""
    at = bisect_right(moves, span.start, key=itemgetter(0)) - 1
    _, end, by = moves[at] if at >= 0 else (0, 0, 0)
    return (span.start + by, span.end + by) if span.start < end else (span.start, span.end)


def _repeated(found: Found, moves: Moves) -> int:
    """Instances in the repetitions of a loop."""
    return sum(moved(one.span, moves)[0] != one.span.start for one in found.instances) if moves else 0


def _points_to(instance: Instance) -> object:
    match instance:
        case Citation():
            return instance.fact
        case Rejection():
            return instance.option, instance.reason
        case Claim():
            return " ".join(_SIGN_OR_WORD.findall(instance.span.text.casefold()))
        case Step():
            return instance.behaviour


def _distinct(instances: Iterable[Instance], moves: Moves) -> list[Instance]:
    """Each instance once, in the order of the text."""
    kept: list[Instance] = []
    taken: dict[object, list[tuple[int, int]]] = {}
    for instance in sorted(instances, key=lambda one: (one.span.start, one.span.end)):
        start, end = moved(instance.span, moves)
        places = taken.setdefault(_points_to(instance), [])
        overlaps = any(start < other_end and other_start < end for other_start, other_end in places)
        if not overlaps and not (places and isinstance(instance, Claim)):
            places.append((start, end))
            kept.append(instance)
    return kept


def _told(instances: Sequence[Instance]) -> list[Instance]:
    """Without those that say less than another of the same thing in the same place, whichever was listed first."""
    full = [one for one in instances if not _is_bare(one)]
    return [one for one in instances if not _is_bare(one) or not any(_is_told_by(one, other) for other in full)]


def _is_bare(one: Instance) -> bool:
    return one.option is None if isinstance(one, Citation) else isinstance(one, Rejection) and one.reason == "bare"


def _is_told_by(one: Instance, other: Instance) -> bool:
    match one, other:
        case (Citation(fact=of), Citation(fact=same)) | (Rejection(option=of), Rejection(option=same)):
            return of == same and one.span.overlaps(other.span)
    return False


def _outermost(instances: Sequence[Instance]) -> list[Instance]:
    """Without claims whose quote lies inside another's of the same label."""
    claims = [one for one in instances if isinstance(one, Claim)]
    held = [one for one in claims if any(_holds(other, one) for other in claims)]
    return [one for one in instances if one not in held] if held else [*instances]


def _holds(claim: Claim, one: Claim) -> bool:
    within = claim.span.start <= one.span.start and one.span.end <= claim.span.end
    return within and one.label == claim.label and len(claim.span.text) > len(one.span.text)


# --- numbers ----------------------------------------------------------------------------------------------------------
def _cecd(found: Found, item: Item) -> dict[str, float]:
    if found.citations is None or not item.has_case or not item.facts:
        return {}
    linked = {one.fact for one in found.citations if one.option is not None}
    return {
        "cecd": len(found.citations),
        "cecd_coverage": len({one.fact for one in found.citations}) / len(item.facts),
        "cecd_linked": len(linked) / len(item.facts),
    }


def _drc(found: Found, item: Item) -> dict[str, float]:
    if found.rejections is None:
        return {}
    wrong = [one for one in found.rejections if one.option in item.distractors]
    kinds, counted = Counter[str](one.reason for one in wrong), counted_labels("drc")
    valid = {one.option for one in wrong if one.reason in counted}
    others = [letter for letter in item.distractors if letter != item.answer]
    return {
        "drc": sum(kinds[reason] for reason in counted),
        "drc_coverage": sum(letter in valid for letter in others) / len(others) if others else nan,
        **{why.key: kinds[reason] for reason, why in LISTED["drc"].labels.items()},
        "gold_rejected": any(one.option in item.targets for one in found.rejections),
    }


def _claims(found: Found) -> dict[str, float]:
    if found.claims is None:
        return {}
    labels, total = Counter[str](claim.label for claim in found.claims), len(found.claims)
    true, false = (sum(labels[name] for name in counted_labels(base)) for base in LISTED["claims"].metrics)
    kinds = {label.key: float(labels[name]) for name, label in LISTED["claims"].labels.items()}
    return {
        **kinds,
        "harm_any": harm_any(kinds),
        "faithfulness": true,
        "hallucination": false,
        "claims": total,
        "faithful_rate": true / total if total else nan,
        "hallucination_rate": false / total if total else nan,
    }


def forms_of(base: str, count: float, words: int) -> dict[str, float]:
    """The forms of a metric that follow from a count alone; NaN where it is.

    Without a word there are 0 instances per 1,000 words if there are none, and else NaN.

    Examples:
        >>> forms_of("verification", 2, 400)
        {'verification': 2.0, 'verification_per_1k': 5.0, 'verification_any': 1.0}
        >>> forms_of("cecd", 0, 0)
        {'cecd': 0.0, 'cecd_per_1k': 0.0}
    """
    per_1k = 1000 * count / words if words else (0.0 if count == 0 else nan)
    forms = {base: count, f"{base}_per_1k": per_1k, f"{base}_any": nan if isnan(count) else count > 0}
    return {key: float(value) for key, value in forms.items() if key in METRICS}
