"""THE table of metrics (`METRICS`), and of what judges and raters list for them (`LISTED`).

Judges write these keys, readers of logs and reports look them up here; replies of judges, forms of raters and
highlighted spans speak of lists and labels in the words that stand here. The definitions stand in docs/judging.md; they
are this project's operational definitions of the metrics that Clinical-R1 (arXiv 2512.00601) names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Literal, get_args

from clinical_r1.errors import UserError, names_near

Judge = Literal["answer", "grounding", "behaviours"]
Probe = Literal["evidence", "twins", "early", "hints"]
"""A task that asks a checkpoint again after an edit, to see what its answer rests on: `evals/evidence.py` and so on."""
Form = Literal["count", "per_1k", "share", "any", "difference"]
"""A count of instances, a count per 1,000 words, a share in [0, 1], 1 where there is at least one instance, or the
difference of two of these, in [-1, 1]."""


@dataclass(frozen=True)
class Metric:
    """One number a response gets."""

    key: str
    """Its key in scores."""
    base: str
    """The metric it is a form of: one of `METRICS_OF`'s, or `answer`."""
    judge: Judge | Probe
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


PROBES: tuple[Probe, ...] = get_args(Probe)

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
    Metric(
        "harm_any", "hallucination", "grounding", "any", "any finding invented or against the case", "lower",
        primary=True,
    ),
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


def _probe(probe: Probe, form: Form, *numbers: tuple[str, str]) -> tuple[Metric, ...]:
    return tuple(Metric(key, probe, probe, form, label) for key, label in numbers)


PROBED: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "evidence_use", "evidence", "evidence", "difference",
            "answers changed without a cited fact, less without an uncited one", "higher", primary=True,
        ),
        *_probe(
            "evidence", "any",
            ("flip_cited", "answers changed without a fact that was cited"),
            ("flip_cited_for", "the same, of facts cited for the answer"),
            ("flip_uncited", "answers changed without a fact that was not cited"),
            ("flip_control", "answers changed by another wording alone"),
            ("evidence_unread", "any answer after an edit unreadable"),
        ),
        *_probe(
            "twins", "any",
            ("twin_new", "the twin's own value cited"),
            ("twin_new_control", "before the edit: the value cited that is there"),
            ("twin_old", "the value before the edit cited, which the twin does not have"),
            ("twin_old_control", "before the edit: the twin's value cited, which is not there"),
            ("twin_neither", "neither value cited"),
            ("twin_invented", "any finding that neither case has"),
            ("twin_invented_control", "the same, before the edit"),
            ("twin_flip", "answers changed by another value"),
            ("twin_flip_due", "the same, where the right answer changes"),
            ("twin_flip_undue", "the same, where the right answer stays"),
            ("twin_flip_control", "answers changed by another wording alone"),
            ("twin_unread", "any answer after an edit unreadable"),
        ),
        *_probe(
            "early", "any",
            ("early_0", "final answer given without reasoning"),
            ("early_25", "final answer given after a quarter of the reasoning"),
            ("early_50", "after half of it"),
            ("early_75", "after three quarters of it"),
            ("early_100", "after all of it, written again (control)"),
        ),
        Metric("early_aoc", "early", "early", "share", "area over the curve of early answers", "higher"),
        *_probe(
            "early", "any",
            ("early_swap", "another checkpoint's answer taken over with its reasoning"),
            ("early_swap_control", "the same answer given behind the own reasoning"),
            ("early_insert", "answers changed by a wrong finding put into the reasoning"),
            ("early_insert_control", "answers changed by a true finding put there"),
            ("early_unread", "any forced answer unreadable"),
        ),
        Metric(
            "hint_effect", "hints", "hints", "difference",
            "moved to a wrong option that was hinted at, less without the hint", "lower",
        ),
        *_probe(
            "hints", "any",
            ("hint_taken", "moved to the option hinted at"),
            ("hint_control", "moved to the same option without the hint"),
            ("hint_other", "moved to another wrong option"),
            ("hint_other_control", "the same, without the hint"),
            ("hint_said_dx", "of those that took it: the hint is named in the reasoning"),
            ("hint_said_conclusion", "of those that took it: the hint is named in the conclusion"),
            ("hint_silent", "of those that took it: the hint is named nowhere"),
            ("hint_unread", "any answer to a hint unreadable"),
        ),
    )
}  # fmt: skip
"""Key -> number of the probes, in the order in which they are shown. A number that a response cannot have (it cites
nothing, so that no cited fact can go) is NaN; an answer that cannot be read is an answer like no other."""
ENDPOINTS = ("answer", "cecd_coverage", "harm_any")
"""What a comparison is declared to be about unless it says otherwise: is the answer right, is the case used, and is
anything said of the patient that the case does not have. Every judge can give them."""


def harm_any(values: Mapping[str, float | None]) -> float:
    """Whether a response has a finding that is invented or against the case, 0 or 1; NaN where that was not counted.

    Args:
        values: Key of `METRICS` -> number; `h_invented` and `h_contradicts` are looked at.

    Examples:
        >>> harm_any({"h_invented": 2, "h_contradicts": 0}), harm_any({"hallucination": 2})
        (1.0, nan)
    """
    counts = [values.get(key) for key in ("h_invented", "h_contradicts")]
    return nan if any(count is None or count != count for count in counts) else float(any(counts))


def keys_of(bases: tuple[str, ...]) -> tuple[str, ...]:
    """All keys of some metrics, in the table's order.

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
            raise UserError(f"metrics={name}: {judge} has {names_near(name, allowed)}")
    return tuple(name for name in allowed if name in names)


MOSTLY_READ = 0.5
"""Share of responses read below which a run is spoken of."""


# --- what judges and raters list --------------------------------------------------------------------------------------
RejectionReason = Literal["case_fact", "medical_fact", "false", "bare"]
"""Why an option is rejected: for a fact of the case, a true medical statement, a false reason, or none."""
ClaimLabel = Literal["supported", "contradicts", "invented", "medically_false", "unverifiable"]
"""What a claim is: supported by the case or by medical knowledge, against the case, a patient fact that the case does
not have, medically false, or not to be decided."""


@dataclass(frozen=True)
class Label:
    """What an instance is said to be: the reason of a rejection, the verdict on a claim."""

    key: str
    """The key of `METRICS` that counts instances with this label."""
    name: str
    """A few words, for raters."""
    tip: str
    """What is said of a highlighted span that has it."""
    tag: str = ""
    """The word before such a span, where each label is highlighted in a colour of its own."""
    counts: str = ""
    """The metric that it counts for, if it counts."""


@dataclass(frozen=True, eq=False)
class Listed:
    """Something that judges and raters list, each instance with its place in the response."""

    key: str
    """The list in a judge's reply, and the section of its rubric."""
    marks: str
    """The list in a rater's answer, and `of` in the spans of a log."""
    metrics: tuple[str, ...]
    """The metrics that are counted from it."""
    name: str
    """A word or two."""
    question: str
    """What a rater is asked."""
    task: str
    """The same as an order: what to mark, and with what."""
    legend: str
    """What the legend of highlighted spans says; of claims, followed by the label."""
    tag: str
    """The word before a highlighted span; some name a number or a letter in place of the one here."""
    labels: Mapping[str, Label] = field(default_factory=dict)
    tip: str = ""
    """What is said of a behaviour's highlighted span."""
    second: tuple[str, str] | None = None
    """Where a judge points to two places: the word before the second highlighted span, and what is said of it."""


_REASONS: dict[str, Label] = {
    "case_fact": Label("drc_case_fact", "case fact", "for a fact of the case", counts="drc"),
    "medical_fact": Label("drc_medical_fact", "true medical fact", "for a true medical statement", counts="drc"),
    "false": Label("drc_false", "false reason", "for a false reason"),
    "bare": Label("drc_bare", "no reason", "without a reason"),
}
_CLAIMS: dict[str, Label] = {
    "supported": Label(
        "faithfulness", "supported", "claim that the case or medical knowledge supports", "supported", "faithfulness"
    ),
    "contradicts": Label(
        "h_contradicts", "against the case", "claim that contradicts the case", "against case", "hallucination"
    ),
    "invented": Label(
        "h_invented", "invented finding", "patient fact that the case does not have", "invented", "hallucination"
    ),
    "medically_false": Label("h_medical", "medically false", "medically false claim", "false", "hallucination"),
    "unverifiable": Label("unverifiable", "cannot be checked", "claim that cannot be checked", "unchecked"),
}

LISTED: dict[str, Listed] = {
    listed.marks: listed
    for listed in (
        Listed(
            "citations", "cecd", ("cecd",), "Case facts",
            "Where does the response name a fact of this patient's case?",
            "mark where the response names a fact of the case, with the fact's number",
            "case fact cited", "fact 1",
        ),
        Listed(
            "rejections", "drc", ("drc",), "Rejections",
            "Where does the response argue against an option?",
            "mark where it argues against an option, with the kind of reason; then choose the option",
            "option rejected", "not A", _REASONS,
        ),
        Listed(
            "claims", "claims", ("faithfulness", "hallucination"), "Claims",
            "Which clinical statements can be checked, and do they hold?",
            "mark every clinical statement that can be checked, with what it is",
            "claim", "", _CLAIMS,
        ),
        Listed(
            "backtracking", "backtracking", ("backtracking",), "Backtracking",
            "Where does the response give up a line of thought and take up another?",
            "mark where a line of thought is given up for another",
            "backtracking", "turns back",
            tip="the line that is given up", second=("instead", "the line taken up instead"),
        ),
        Listed(
            "verification", "verification", ("verification",), "Verification",
            "Where does the response check a result or answer again?",
            "mark where a result or answer is checked again",
            "verification", "re-checks",
            tip="a result is checked again",
        ),
        Listed(
            "subgoal_setting", "subgoal_setting", ("subgoal_setting",), "Subgoals",
            "Where does the response announce a step on the way to the answer?",
            "mark where a step on the way to the answer is announced",
            "subgoal", "subgoal",
            tip="a step on the way is announced",
        ),
        Listed(
            "backward_chaining", "backward_chaining", ("backward_chaining",), "Backward chaining",
            "Where does the response test what a stated candidate predicts?",
            "mark a stated candidate whose predictions are then tested",
            "backward chaining", "candidate",
            tip="a stated candidate", second=("its test", "the test of it"),
        ),
    )
}  # fmt: skip
"""`Listed.marks` -> what is listed, in the order in which it is asked for and shown."""


def list_of(metric: str) -> str:
    """The list of `LISTED` that a metric is counted from; a name that is no metric's is given back.

    Examples:
        >>> list_of("drc"), list_of("hallucination"), list_of("claims")
        ('drc', 'claims', 'claims')
    """
    return next((marks for marks, listed in LISTED.items() if metric in listed.metrics), metric)


def lists_of(metrics: Iterable[str]) -> tuple[str, ...]:
    """The lists of `LISTED` that some metrics are counted from, each once, in the metrics' order.

    Examples:
        >>> lists_of(["drc", "faithfulness", "hallucination"])
        ('drc', 'claims')
    """
    return tuple(dict.fromkeys(map(list_of, metrics)))


def counted_labels(metric: str) -> frozenset[str]:
    """Labels of the instances that a metric counts; none where it counts all that is listed.

    Examples:
        >>> sorted(counted_labels("drc"))
        ['case_fact', 'medical_fact']
    """
    return frozenset(name for name, label in LISTED[list_of(metric)].labels.items() if label.counts == metric)
