"""Judge one response: ask a backend, or several, count what was found, and say how that came about.

Of several judges the numbers are medians, with sums and rates that hold as they do for one judge. Medians alone do not
add up: where two of three judges find one hallucination each, of different kinds, the median of all is 1 and that of
each kind 0. So kinds share the median of their total as they share its mean.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite, isnan, nan
from statistics import mean, median, stdev
from typing import Any, Literal, get_args

from inspect_ai.model import Model, ModelUsage

from clinical_r1.item import Item
from clinical_r1.judging.ask import Verdict, ask
from clinical_r1.judging.counting import count, forms_of, unscored
from clinical_r1.judging.draws import agreement, noise_of, scored_draws
from clinical_r1.judging.instances import Found, spans_of
from clinical_r1.judging.rubric import Profile
from clinical_r1.judging.rules import judge_by_rules
from clinical_r1.metrics import LISTED, METRICS, Judge, list_of

# --- several judges ---------------------------------------------------------------------------------------------------
KINDS = {
    base: tuple(label.key for label in LISTED[list_of(base)].labels.values() if label.counts == base)
    for base in ("drc", "hallucination")
}
"""Count -> the counts that it is the sum of."""
CLAIMS = ("faithfulness", "hallucination", "unverifiable")
"""What `claims` is the sum of."""


def combine(
    values: Sequence[Mapping[str, float]], middle: Callable[[Sequence[float]], float] = median
) -> dict[str, float]:
    """Combine what judges say about one response.

    Args:
        values: Key -> number of each judge; NaN where it is unscored.
        middle: What becomes of the numbers of a key: their median, or for draws of one judge their mean.

    Returns:
        For each key, in the order in which keys appear: the median over the judges that scored it (between the middle
        two of an even number), NaN if none did. `claims` is the sum of its parts' medians, rates are quotients of what
        is returned, and the kinds of `KINDS` add up to their total.

    Examples:
        >>> combine([{"drc": 1.0}, {"drc": 5.0}, {"drc": 2.0}, {"drc": float("nan")}])
        {'drc': 2.0}
        >>> one = {"drc": 1.0, "drc_case_fact": 1.0, "drc_medical_fact": 0.0}
        >>> combine([one, {"drc": 1.0, "drc_case_fact": 0.0, "drc_medical_fact": 1.0}, dict.fromkeys(one, 0.0)])
        {'drc': 1.0, 'drc_case_fact': 0.5, 'drc_medical_fact': 0.5}
    """
    scored = {key: [one[key] for one in values if not isnan(one.get(key, nan))] for one in values for key in one}
    found = {key: float(middle(numbers)) if numbers else nan for key, numbers in scored.items()}
    for total, kinds in KINDS.items():
        if _known(found, (total, *kinds)):
            means = [mean(scored[kind]) for kind in kinds]
            share = found[total] / sum(means) if sum(means) else 0.0
            found |= {kind: share * one for kind, one in zip(kinds, means, strict=True)}
    if _known(found, ("claims", *CLAIMS)):
        found["claims"] = sum(found[part] for part in CLAIMS)
    for key, metric in METRICS.items():
        above, below = metric.numerator or "", metric.denominator or ""
        if key in found and _known(found, (above, below)):
            found[key] = found[above] / found[below] if found[below] else nan
    return found


def split(values: Mapping[str, float]) -> list[str]:
    """Keys of yes or no on which an even panel is split: their value is .5, neither of the two."""
    return [key for key, value in values.items() if METRICS[key].form == "any" and value == 0.5]


def _known(found: Mapping[str, float], keys: Sequence[str]) -> bool:
    return all(isfinite(found.get(key, nan)) for key in keys)


# --- one response -----------------------------------------------------------------------------------------------------
Backend = Literal["llm", "rules"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)
PROFILES: tuple[Profile, ...] = get_args(Profile)
RULES_VERSION = 3
"""Raised whenever the rules could judge the same response differently."""
BY_RULES: dict[str, Any] = {"backend": "rules", "judge": "rules", "profile": "spans", "gold": False}
BY_RULES["prompt_hash"] = f"rules-{RULES_VERSION}"
"""What the metadata of a score say of the rules."""


def name_of(graders: Sequence[str]) -> str:
    """What the metadata of a score call a grader or a panel of several."""
    return graders[0] if len(graders) == 1 else "panel of " + ", ".join(graders)


@dataclass(frozen=True)
class Judged:
    """The numbers of one response, and how they came about."""

    values: dict[str, float]
    """Every key of the metrics asked for; NaN where unscored."""
    found: Found | None
    """The instances that were counted; of a panel, those of the first judge that gave any; None if unscored."""
    metadata: dict[str, Any]
    """For the score: judge, backend, profile, prompt hash, spans, tally, flags, usage, reason if unscored."""


async def judge_item(
    item: Item,
    judge: Judge,
    metrics: Sequence[str],
    *,
    backend: Backend = "llm",
    profile: Profile = "spans",
    graders: Sequence[Model] = (),
    gold: bool = False,
    draws: int = 1,
) -> Judged:
    """Judge a response.

    Args:
        item: The response and its question.
        judge: `grounding` or `behaviours`.
        metrics: Which of that judge's metrics.
        backend: `llm` asks graders, `rules` asks nobody.
        profile: `spans`: every instance is backed by a verified span. `counts`: a number read from one call per metric.
        graders: The models to ask; several are a panel, which gives the median of each number.
        gold: Whether graders are told the right option.
        draws: Times that graders are asked; the numbers are means over draws.

    Raises:
        Exception: Whatever the grader's provider raises once its retries are used up.
    """
    if backend == "rules":
        return _counted(judge_by_rules(item, metrics), item, metrics, BY_RULES | {"calls": 0, "cached": 0})
    about = {"backend": backend, "profile": profile, "gold": gold}
    every = []
    for draw in range(1, draws + 1):
        verdicts = [await ask(judge, item, metrics, one, profile=profile, gold=gold, draw=draw) for one in graders]
        judged = [_of_verdict(verdict, item, metrics) for verdict in verdicts]
        alone = replace(judged[0], metadata=about | judged[0].metadata)
        every.append(_panel(judged, about) if len(judged) > 1 else alone)
    return _drawn(every) if draws > 1 else every[0]


def _counted(found: Found, item: Item, metrics: Sequence[str], about: dict[str, Any]) -> Judged:
    counts = count(found, item, metrics)
    return Judged(counts.values, counts.found, about | {"spans": spans_of(counts.found), "flags": counts.flags})


def _of_verdict(verdict: Verdict, item: Item, metrics: Sequence[str]) -> Judged:
    told = ("judge", "prompt_hash", "schema_version", "calls", "cached", "usage")
    about: dict[str, Any] = {name: getattr(verdict, name) for name in told}
    if verdict.unread:
        about["unread"] = verdict.unread
    if verdict.unscored is not None:
        return Judged(unscored(metrics), None, about | {"unscored": verdict.unscored})
    if verdict.found is not None:
        return _counted(verdict.found, item, metrics, about | {"tally": asdict(verdict.tally)})
    values = unscored(metrics)
    for base in metrics:
        values |= forms_of(base, (verdict.counts or {}).get(base, nan), item.words)
    return Judged(values, None, about)


def _panel(judged: Sequence[Judged], about: dict[str, Any]) -> Judged:
    """The median of each number over the judges that gave one."""
    values = combine([one.values for one in judged])
    found = next((one.found for one in judged if one.found is not None), None)
    reasons = [one.metadata["unscored"] for one in judged if "unscored" in one.metadata]
    about = about | {
        "judge": name_of([one.metadata["judge"] for one in judged]),
        "prompt_hash": judged[0].metadata["prompt_hash"],
        "schema_version": judged[0].metadata["schema_version"],
        "calls": sum(one.metadata["calls"] for one in judged),
        "cached": sum(one.metadata["cached"] for one in judged),
        "judges_scored": len(judged) - len(reasons),
        "judges_failed": len(reasons),
        "split": split(values),
        "panel": [one.metadata | {"values": one.values} for one in judged],
    }
    if len(reasons) == len(judged):
        about["unscored"] = "; ".join(reasons)
    return Judged(values, found, about)


def _drawn(every: Sequence[Judged]) -> Judged:
    """Means over the draws of one judge, with what they were; spans are those of the first draw that gave any.

    Of a panel, so are its members' numbers; a judge of it failed, or it was split, where that was so in any draw.
    """
    first = next((one for one in every if one.found is not None), every[0])
    values = {key: [one.values[key] for one in every] for key in first.values}
    failed = [one.metadata["unscored"] for one in every if "unscored" in one.metadata]
    alike = scored_draws([agreement(drawn) for key, drawn in values.items() if METRICS[key].form == "any"])
    usages = [ModelUsage(**one.metadata["usage"]) for one in every if one.metadata.get("usage")]
    about = {name: value for name, value in first.metadata.items() if name not in ("unscored", "tally")} | {
        "calls": sum(one.metadata["calls"] for one in every),
        "cached": sum(one.metadata["cached"] for one in every),
        "usage": sum(usages[1:], usages[0]).model_dump(exclude_none=True) if usages else None,
        "draws": len(every),
        "draws_failed": len(failed),
        "draw_values": values,
        "spread": {key: stdev(known) for key, drawn in values.items() if len(known := scored_draws(drawn)) > 1},
        "draw_agreement": mean(alike) if alike else nan,
        "noise": noise_of(values),
    }
    if tallies := [one.metadata["tally"] for one in every if "tally" in one.metadata]:
        about["tally"] = {
            name: sum(tally[name] for tally in tallies) for name in ("returned", "verified", "repaired")
        } | {
            "rejected": dict(sum((Counter(tally["rejected"]) for tally in tallies), Counter[str]())),
            "quotes": [quote for tally in tallies for quote in tally["quotes"]],
        }
    if panels := [one.metadata["panel"] for one in every if "panel" in one.metadata]:
        members = [_drawn([Judged(of["values"], None, of) for of in one]) for one in zip(*panels, strict=True)]
        about |= {
            "judges_scored": min(one.metadata["judges_scored"] for one in every),
            "judges_failed": max(one.metadata["judges_failed"] for one in every),
            "split": [*dict.fromkeys(key for one in every for key in one.metadata["split"])],
            "panel": [one.metadata | {"values": one.values} for one in members],
        }
    if len(failed) == len(every):
        about["unscored"] = "; ".join(dict.fromkeys(failed))
    return Judged(combine([one.values for one in every], mean), first.found, about)
