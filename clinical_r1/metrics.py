"""THE table of metric keys: what each is called, what it counts, and how to read it.

Judges write these keys, readers of logs and reports look them up here. The definitions stand in docs/judging.md; they
are this project's operational definitions of the metrics that Clinical-R1 (arXiv 2512.00601) names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from clinical_r1.errors import UserError

Judge = Literal["answer", "grounding", "behaviours"]
Form = Literal["count", "per_1k", "share", "any"]
"""A count of instances, a count per 1,000 words, a share in [0, 1], or 1 where there is at least one instance."""


@dataclass(frozen=True)
class Metric:
    """One number a response gets."""

    key: str
    """Its key in scores."""
    base: str
    """The metric it is a form of: one of `METRICS_OF`'s, or `answer`."""
    judge: Judge
    """The scorer that gives it."""
    form: Form
    label: str
    """A few words for axes and tables."""
    better: Literal["higher", "lower", "neither"] = "neither"
    """Which way is better, where that can be said."""
    primary: bool = False
    """Whether it is the form of its metric that enters families of tests."""
    numerator: str | None = None
    """For a share that is pooled over a set as a ratio of sums: the key of its numerator."""
    denominator: str | None = None
    """For a share that is pooled over a set as a ratio of sums: the key of its denominator."""


METRICS_OF: dict[Judge, tuple[str, ...]] = {
    "grounding": ("cecd", "drc", "faithfulness", "hallucination"),
    "behaviours": ("backtracking", "verification", "subgoal_setting", "backward_chaining"),
}
"""The eight metrics by the judge that counts them."""


def _count(base: str, judge: Judge, label: str) -> tuple[Metric, Metric]:
    return (
        Metric(base, base, judge, "count", label),
        Metric(f"{base}_per_1k", base, judge, "per_1k", f"{label} per 1,000 words"),
    )


def _behaviour(base: str, label: str, any_label: str) -> tuple[Metric, ...]:
    any_of_it = Metric(f"{base}_any", base, "behaviours", "any", any_label, primary=True)
    return (*_count(base, "behaviours", label), any_of_it)


_TABLE = (
    Metric("answer", "answer", "answer", "any", "correct answer", "higher", primary=True),
    *_count("cecd", "grounding", "case evidence citations"),
    Metric("cecd_coverage", "cecd", "grounding", "share", "case facts cited", "higher", primary=True),
    Metric("cecd_linked", "cecd", "grounding", "share", "case facts cited for or against an option", "higher"),
    *_count("drc", "grounding", "valid rejections of distractors"),
    Metric("drc_coverage", "drc", "grounding", "share", "distractors validly rejected", "higher", primary=True),
    Metric("drc_case_fact", "drc", "grounding", "count", "rejections for a case fact"),
    Metric("drc_medical_fact", "drc", "grounding", "count", "rejections for a true medical statement"),
    Metric("drc_false", "drc", "grounding", "count", "rejections for a false reason", "lower"),
    Metric("drc_bare", "drc", "grounding", "count", "rejections without a reason", "lower"),
    Metric("gold_rejected", "drc", "grounding", "any", "right option rejected", "lower"),
    *_count("faithfulness", "grounding", "supported claims"),
    Metric(
        "faithful_rate", "faithfulness", "grounding", "share", "claims that are supported", "higher",
        primary=True, numerator="faithfulness", denominator="claims",
    ),
    *_count("hallucination", "grounding", "hallucinated claims"),
    Metric(
        "hallucination_rate", "hallucination", "grounding", "share", "claims that are hallucinated", "lower",
        primary=True, numerator="hallucination", denominator="claims",
    ),
    Metric("hallucination_any", "hallucination", "grounding", "any", "any hallucinated claim", "lower"),
    Metric("h_contradicts", "hallucination", "grounding", "count", "claims against the case", "lower"),
    Metric("h_invented", "hallucination", "grounding", "count", "invented patient facts", "lower"),
    Metric("h_medical", "hallucination", "grounding", "count", "medically false claims", "lower"),
    Metric("unverifiable", "hallucination", "grounding", "count", "claims that cannot be checked"),
    Metric("claims", "hallucination", "grounding", "count", "checkable and uncheckable claims"),
    *_behaviour("backtracking", "lines of thought abandoned", "any backtracking"),
    *_behaviour("verification", "re-checks of a result", "any verification"),
    *_behaviour("subgoal_setting", "announced subgoals", "any subgoal"),
    *_behaviour("backward_chaining", "tests of a stated candidate", "any backward chaining"),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.key: metric for metric in _TABLE}
"""Key -> metric, in the order in which they are shown."""


def keys_of(bases: tuple[str, ...]) -> tuple[str, ...]:
    """All keys of some metrics, in the table's order.

    Args:
        bases: Names among those of `METRICS_OF`.

    Examples:
        >>> keys_of(("backtracking",))
        ('backtracking', 'backtracking_per_1k', 'backtracking_any')
    """
    return tuple(key for key, metric in METRICS.items() if metric.base in bases)


def chosen_metrics(judge: Judge, metrics: str | Iterable[str] | None) -> tuple[str, ...]:
    """The metrics that an argument names, in the table's order; all of the judge's for None.

    Raises:
        UserError: If a name is not among them.
    """
    allowed = METRICS_OF[judge]
    given = allowed if metrics is None else metrics.split(",") if isinstance(metrics, str) else metrics
    names = [name.strip() for name in given]
    if not names:
        raise UserError(f"metrics: none is named; {judge} has {', '.join(allowed)}")
    for name in names:
        if name not in allowed:
            raise UserError(f"metrics={name}: {judge} has {', '.join(allowed)}")
    return tuple(name for name in allowed if name in names)


MOSTLY_READ = 0.5
"""Share of responses read below which a run is spoken of."""
