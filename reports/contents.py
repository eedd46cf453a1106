"""The chapters of a report: which tables and figures, in which order, with which words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Literal

import pandas as pd
from clinical_r1.reports.tables import TableView

from . import study_views, views
from .figures import (
    accuracy,
    corrected,
    factorial,
    forest,
    judges,
    lengths,
    methods,
    positions,
    strata,
    tradeoff,
    training,
    use,
    voting,
)

Rows = Callable[[pd.DataFrame], pd.DataFrame]
"""Which rows of a table are shown; it is never asked of an empty one."""
View = Callable[[pd.DataFrame], TableView]
"""How a table is laid out."""


def _all(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def flagged(column: str) -> Rows:
    """The rows with a flag."""
    return lambda frame: frame[frame[column].astype(bool)]


def unflagged(column: str) -> Rows:
    """The rows without it."""
    return lambda frame: frame[~frame[column].astype(bool)]


@dataclass(frozen=True)
class FigureOf:
    """A figure and the table it draws."""

    name: str
    """Its file's."""
    table: str
    module: ModuleType
    """With `figure(frame, palette=…)` and `caption(frame)`."""
    rows: Rows = _all
    drawn_with: Mapping[str, str] = field(default_factory=dict)
    """Other tables that it draws: argument of `figure` -> table."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Other tables that its caption speaks of: argument of `caption` -> table."""
    labels: Literal["checkpoints", "judges"] = "checkpoints"
    """Whose palette it is drawn in."""


@dataclass(frozen=True)
class TableOf:
    """A table and how it is laid out."""

    name: str
    """Its file's."""
    table: str
    view: View
    caption: str
    folded: str = ""
    """The line behind which it is folded away; open where it is empty and the table is not long."""
    rows: Rows = _all
    long: int = 60
    """Rows beyond which it is folded away."""


@dataclass(frozen=True)
class Absent:
    """What is said where a table has no row."""

    table: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """A section of the page; it is left out where none of its parts has anything to show."""

    id: str
    title: str
    intro: str
    parts: tuple[FigureOf | TableOf | Absent, ...]


def _measured(frame: pd.DataFrame, *, primary: bool) -> pd.DataFrame:
    return frame[(frame["primary"] == primary) & (frame["n"] > 0)]


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    """Bounded forms of what a judge gave a number of, or failed to: what it cannot know has no row."""
    known = frame.groupby(["benchmark", "metric"], sort=False)[["n", "unscored"]].transform("max").max(axis=1) > 0
    return frame[frame["form"].isin(("share", "any")) & known]


def _published(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["published"].notna()]


def _of(probe: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["base"] == probe]


INTERVALS = "Intervals are 95 %, clustered by question."
PROBES_SAID = {
    "evidence": "`evidence`: the case without one of its facts.",
    "twins": "`twins`: the case with another value.",
    "early": "`early`: an answer demanded behind part of the reasoning, or behind reasoning that was changed.",
    "hints": "`hints`: a wrong hint behind the question.",
}

CHAPTERS = (
    Chapter(
        "answers",
        "Are the answers right?",
        "Unreadable answers count as wrong. Samples that failed for reasons outside the model (a server, a machine) "
        "are left out and counted below. `majority vote` is the plurality over a question's epochs, a tie shared.",
        (
            FigureOf("accuracy", "accuracy", accuracy),
            TableOf("accuracy", "accuracy", views.accuracy, INTERVALS),
            TableOf(
                "published_accuracy", "accuracy", views.published,
                "Published numbers (arXiv 2512.00601, as transcribed in public summaries) beside ours.",
                rows=_published,
            ),
        ),
    ),
    Chapter(
        "differences",
        "All differences",
        "Differences between responses to the same questions. One form of each metric was declared for testing. The "
        "endpoints of the contrast come first and share the error of 5 % evenly; each that differs hands its share to "
        "the contrast's other metrics (Holm); all other comparisons are a family of their own (Holm). A difference is "
        "called higher or lower only if its adjusted p-value is below .05. The interval beside a difference is that of "
        "it alone; those under `all at once` hold all differences of its family, in 95 of 100 such reports, and leave "
        "out 0 where the adjusted p-value is below .05. `detectable` is the smallest difference that so many questions "
        "find at that level, with 80 % power.",
        (
            FigureOf("differences", "paired", forest, partial(_measured, primary=True)),
            TableOf(
                "differences", "paired", views.paired,
                "Questions are resampled (bootstrap intervals, permutation tests); with several training seeds "
                "on a side, seeds too. Where judgements failed, the table says what a difference may be: all of "
                "them best for one side and worst for the other, and the reverse. One that would change its sign, or "
                "not be beyond chance, is `open`. The CSV file names the method of each row.",
                rows=partial(_measured, primary=True),
            ),
            TableOf(
                "differences_described", "paired", views.paired,
                "Described, not tested: their p-values are not corrected, and belong to no family.",
                "All other forms, and all benchmarks together", rows=partial(_measured, primary=False),
            ),
        ),
    ),
    Chapter(
        "reasoning",
        "What is in the reasoning?",
        "What judges counted; each counted instance is a quote that code found in the response. Rates per 1,000 words "
        "stand beside counts, because longer responses hold more of everything. A failed judgement is no zero.",
        (
            TableOf(
                "reasoning", "estimates", views.estimates, f"The bounded form of each metric. {INTERVALS}",
                rows=_counted,
            ),
            TableOf(
                "reasoning_all", "estimates", views.estimates, f"Every form of every metric. {INTERVALS}",
                "Counts, rates and kinds",
            ),
            TableOf(
                "bounds", "estimates", views.bounds, "What failed judgements could hide.",
                rows=lambda frame: frame[(frame["unscored"] > 0) & frame["bound_low"].notna()],
            ),
            TableOf(
                "published_counts", "estimates", views.published_counts,
                "The paper prints counts under these names, without their definitions: two numbers of one name are not "
                "the same metric.", rows=_published,
            ),
        ),
    ),
    Chapter(
        "truth",
        "What is true?",
        "These questions are about invented cases, of which everything is known: what a response claims was checked "
        "against the case, without a judge. Where the judge has a number of the same thing, it stands beside.",
        (
            TableOf("truth", "truth", views.truth, INTERVALS),
            TableOf(
                "truth_differences", "truth_differences", views.described_differences,
                "Described, not tested: p-values are not corrected.",
            ),
        ),
    ),
    Chapter(
        "use",
        "Does the reasoning drive the answer?",
        "Checkpoints were asked again, and the answers compared with those they had given: with a fact of the case "
        "taken out, one that the response cited or one that it did not (`evidence`); with another value in the case, "
        "its twin (`twins`); with the beginning of their own reasoning, behind which the answer is demanded (`early`); "
        "and with a hint at a wrong option (`hints`). No figure stands without its control: what the same answers do "
        "when only the wording changes, when all of the reasoning is there, or without a hint. An answer that cannot "
        "be read is an answer like no other, and stays in the denominator. A difference between such figures says "
        "something about what answers rest on, not whether the reasoning is good.",
        (
            FigureOf("use", "probed", use),
            *(
                TableOf(f"use_{probe}", "probed", views.probed, f"{said} {INTERVALS}", rows=partial(_of, probe))
                for probe, said in PROBES_SAID.items()
            ),
            TableOf(
                "use_differences", "probed_differences", partial(views.described_differences, pair=views.PROBED_PAIR),
                "Described, not tested: p-values are not corrected.", rows=partial(_measured, primary=False),
            ),
        ),
    ),
    Chapter(
        "corrected",
        "What would raters say?",
        "The judge's figures over all judged responses, corrected by its errors on those that raters labelled (PPI++, "
        "weighted and stratified as the responses were drawn). What raters say can differ from what is true. Intervals "
        "of single checkpoints are about raters like these: they take in how far raters differ.",
        (
            FigureOf("corrected", "corrected", corrected, flagged("primary")),
            TableOf("corrected", "corrected", study_views.corrected, INTERVALS, rows=flagged("primary")),
            TableOf(
                "corrected_differences", "corrected_differences", study_views.corrected_differences,
                "Over the same questions.", rows=flagged("primary"),
            ),
            TableOf(
                "corrected_all", "corrected", study_views.corrected, INTERVALS, "All other forms",
                rows=unflagged("primary"),
            ),
        ),
    ),
    Chapter(
        "factorial",
        "Reward and cold start",
        "The four arms on the same questions, so that the effect of the reward and that of the cold start can be told "
        "apart. Checkpoints that differ in their training seed alone are one arm.",
        (
            FigureOf("factorial", "factorial", factorial, beside={"effects": "factorial_effects"}),
            TableOf(
                "effects", "factorial_effects", views.factorial,
                "Over questions that all four arms have, their epochs and seeds averaged. A main effect is the mean of "
                "two simple ones; the interaction is the effect of the reward after a cold start (to) less the one "
                "without (from). Ratios are to over from, and of the interaction one such ratio over the other. "
                "Described, not tested: p-values are not corrected.",
            ),
        ),
    ),
    Chapter(
        "tradeoff",
        "Accuracy against reasoning",
        "Whether what is won in answers is lost in reasons: the share of supported claims where a judge could "
        "say so, else the share of case facts cited. k is the weight of the answer in the reward.",
        (
            FigureOf("tradeoff", "tradeoff", tradeoff),
            TableOf("tradeoff", "tradeoff", views.tradeoff, INTERVALS),
        ),
    ),
    Chapter(
        "voting",
        "How much do votes add?",
        "Expected accuracy of a plurality vote over k completions, exactly, from all completions of a question.",
        (
            FigureOf("voting", "maj_at_k", voting),
            TableOf("voting", "maj_at_k", views.maj_at_k, INTERVALS, "The numbers"),
            TableOf(
                "voting_differences", "maj_at_k_differences", views.described_differences,
                "Differences between votes on the same questions. Described, not tested: p-values are not corrected.",
                "Differences",
            ),
        ),
    ),
    Chapter(
        "lengths",
        "How long are the responses?",
        "Words of the response without its section tags.",
        (
            FigureOf("lengths", "lengths", lengths),
            TableOf(
                "lengths", "lengths", views.lengths,
                f"Percentiles describe the responses read. {INTERVALS}", "The numbers",
            ),
        ),
    ),
    Chapter(
        "reading",
        "How were the answers read?",
        "A checkpoint whose answers are read by weaker signs than another's may be punished for its format. One that "
        "declines to answer gives none, which is no fault of its format, and is counted by itself.",
        (
            FigureOf("methods", "methods", methods),
            TableOf("methods", "methods", views.methods, f"Shares of responses. {INTERVALS}", "The numbers"),
        ),
    ),
    Chapter(
        "positions",
        "Is there position bias?",
        "Places are those the model saw. Without position bias, options are chosen as often as the right "
        "one stands there.",
        (
            FigureOf("positions", "positions", positions),
            TableOf(
                "positions", "positions", views.positions,
                f"Where right options stand is known of these questions, and no estimate. {INTERVALS}", "The numbers",
            ),
        ),
    ),
    Chapter(
        "strata",
        "By kind of question",
        "Small strata have wide intervals; none of these numbers is tested.",
        (
            FigureOf("strata", "strata", strata, lambda frame: frame[frame["metric"] == "answer"]),
            TableOf("strata", "strata", views.strata, INTERVALS, "The numbers"),
        ),
    ),
    Chapter(
        "training",
        "Training",
        "From the records of the training runs: rewards are means over the rollouts of an update, held-out numbers "
        "over questions that are not trained on.",
        (FigureOf("training", "training", training),),
    ),
    Chapter(
        "judges",
        "How good are the judges?",
        "A span that a judge returned and code did not find in the response is rejected and counts for nothing.",
        (
            FigureOf("judges", "judges", judges, lambda frame: frame[(frame["n"] > 0) | (frame["unscored"] > 0)]),
            TableOf("judges", "judges", views.judges, "Failed judgements are unscored, never zero."),
            TableOf(
                "judge_noise", "judge_noise", views.judge_noise,
                "How much of an interval is the judge's own noise, by what it says of the same response from draw to "
                "draw: that part is there whatever the checkpoint, and falls with more draws; the rest falls with more "
                "questions alone.",
            ),
            TableOf(
                "judge_card", "judge_card", views.card,
                "Against responses whose truth is planted (inspect eval evals/judge_bench.py).", "Judge card",
            ),
        ),
    ),
)  # fmt: skip
"""In the order of the page."""

RUNS = Chapter(
    "runs",
    "Logs used",
    "",
    (
        TableOf(
            "runs", "runs", views.runs, "Every run, its conditions, and the samples that are missing or failed.",
            "Runs and conditions",
        ),
    ),
)  # fmt: skip
"""Behind the others."""
