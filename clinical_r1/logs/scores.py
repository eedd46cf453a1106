"""What kind of score a summary holds, whose it is, and what of it becomes columns."""

import re
from collections.abc import Callable, Mapping
from math import nan
from operator import itemgetter
from typing import Any, Literal

from clinical_r1.metrics import METRICS_OF, Judge, keys_of

Kind = Literal["answer", "grounding", "behaviours", "truth"]
"""Whose score it is: the answer scorer's, one of the judges', or the truth of an invented case."""

JUDGES: tuple[Judge, ...] = ("grounding", "behaviours")
KEYS: dict[Kind, tuple[str, ...]] = {
    "grounding": keys_of(METRICS_OF["grounding"]),
    "behaviours": keys_of(METRICS_OF["behaviours"]),
    "truth": (
        "true_cited", "true_coverage", "true_invented", "true_invented_any", "true_valid", "true_false", "true_bare",
        "true_drc_coverage", "true_switch",
    ),
}  # fmt: skip
"""Keys of the scores that hold several numbers, see `clinical_r1.metrics` and `clinical_r1.judging.truth`."""
ABOUT = ("weight", "words", "facts", "judges_failed", "split", "returned", "verified", "repaired", "rejected")
"""Numbers about a judgement: the sampling weight, words of the response, facts of the case; of a panel, its judges that
gave no numbers and the questions of yes or no on which it was split; what became of the spans that a judge returned."""

IDENTITY = ("judge", "backend", "profile", "gold", "facts_by", "prompt_hash")
"""Metadata of a score by which judges are told apart."""

Record = Mapping[str, Any]
_SUFFIX = re.compile(r"\d*$")


def kind_of(score: Record) -> Kind | None:
    """What a score is, by what stands in it: scorers may go by any name.

    Args:
        score: With `value` and `metadata`.
    """
    value = score.get("value")
    if not isinstance(value, dict):
        return "answer" if "vote" in (score.get("metadata") or {}) else None
    return next((kind for kind, keys in KEYS.items() if not value.keys().isdisjoint(keys)), None)


def numbers_of(kind: Kind, score: Record) -> tuple[Any, ...]:
    """Values of `KEYS[kind]` and `ABOUT`, NaN where there is none."""
    value, metadata = score["value"], score.get("metadata") or {}
    if not isinstance(value, dict):
        value = {}
    try:
        values = _ALL[kind](value)
    except KeyError:  # the judge was asked for some of its metrics
        values = tuple([value.get(key, nan) for key in KEYS[kind]])
    tally = metadata.get("tally")
    about = [metadata.get(name, nan) for name in ("weight", "words", "facts", "judges_failed")]
    split = len(metadata["split"]) if isinstance(metadata.get("split"), list) else nan
    return (*values, *about, split, *(_spans(tally) if isinstance(tally, dict) else _NO_SPANS))


_ALL: dict[Kind, Callable[[Record], tuple[Any, ...]]] = {kind: itemgetter(*keys) for kind, keys in KEYS.items()}
_NO_SPANS = (nan,) * 4


def _spans(tally: Record) -> tuple[Any, ...]:
    rejected = tally.get("rejected")
    dropped = sum(rejected.values()) if isinstance(rejected, dict) else nan
    return tally.get("returned", nan), tally.get("verified", nan), tally.get("repaired", nan), dropped


def identity(metadata: Record) -> str:
    """Who judged, and how: scores of different identities are never put together.

    Examples:
        >>> identity({"judge": "openai/gpt-5", "backend": "llm", "profile": "spans", "prompt_hash": "3f9c"})
        'openai/gpt-5 (llm, spans, prompt 3f9c)'
        >>> identity({"judge": "rules", "backend": "rules", "profile": "spans", "prompt_hash": "rules-1"})
        'rules (spans, rules-1)'
    """
    judge, backend, profile, gold, facts, prompt = (metadata.get(name) for name in IDENTITY)
    by_rules = backend == "rules"
    how = [
        None if by_rules else backend,
        profile,
        "told the right answer" if gold else None,
        f"facts by {facts}" if facts and facts != backend else None,
        prompt if by_rules else prompt and f"prompt {prompt}",
    ]
    said = ", ".join(str(part) for part in how if part)
    return f"{judge or 'unnamed'} ({said})" if said else str(judge or "unnamed")


def unscored(score: Record) -> tuple[str | None, dict[str, str]]:
    """Why a judge gave no numbers: for all of them, and for single metrics by their base."""
    metadata = score.get("metadata") or {}
    failed, reason = metadata.get("unscored"), score.get("reason")
    if failed is None and reason is not None:
        failed = str(score.get("explanation") or reason)
    parts: dict[str, str] = {}
    for name in ("unscored_metrics", "unread"):
        if isinstance(part := metadata.get(name), dict):
            parts |= {str(base): " ".join(str(why).split()) for base, why in part.items()}
    return failed, parts


def order_of(name: str) -> int:
    """The number that Inspect puts behind the name of a score that was there before; 0 for the first.

    Examples:
        >>> [order_of(name) for name in ("grounding", "grounding1", "grounding12")]
        [0, 1, 12]
    """
    found = _SUFFIX.search(name)
    return int(found[0]) if found and found[0] else 0
