"""The chapters of a study's report: may a judge stand in for raters, and what would raters say?"""

from functools import partial

import pandas as pd

from clinical_r1.analysis.words import percent
from clinical_r1.metrics import METRICS
from clinical_r1.study.agreements import EVERYONE
from clinical_r1.study.analysis import Analysis
from clinical_r1.study.corrected import MAIN
from clinical_r1.study.verdict import ITEMS, MARGIN, SHARE, UNCORRECTED

from . import study_views as views
from .contents import Absent, Chapter, FigureOf, View, flagged, unflagged
from .contents import TableOf as _TableOf
from .figures import agreement, alt_test_margins, bland_altman, corrected

TableOf = partial(_TableOf, long=40)
_FOUR_A_ROW = 160
"""Rows beyond which a table is folded away that shows four of them in one, or that is one of the main results."""
_NEVER = 1_000_000


def _primary(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["metric"].map(lambda key: METRICS[key].primary).astype(bool)]


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame["metric"].map(lambda key: METRICS[key].primary).astype(bool)]


def _of_enough_items(frame: pd.DataFrame) -> pd.DataFrame:
    """Agreement beyond chance, where there is enough data to say how large it is; the table has the others."""
    return frame[frame["headline"].astype(bool) & (frame["n"] >= ITEMS)]


def _both(name: str, view: View, caption: str) -> tuple[_TableOf, _TableOf]:
    """A table of the primary forms, and folded away the same of counts."""
    return (
        TableOf(name, name, view, caption, rows=_primary, long=_FOUR_A_ROW),
        TableOf(f"{name}_counts", name, view, caption, "The same of counts", rows=_counts),
    )


def chapters(analysis: Analysis) -> tuple[Chapter, ...]:
    """The chapters in the order of the page; its margin ε and its notes stand in their words."""
    epsilon, notes = f"{analysis.epsilon:g}", analysis.labelled.notes
    return (
        Chapter(
            "verdicts",
            "May a judge stand in for a rater?",
            "Asked of each metric: is there enough to go by (3 raters with 30 items each), does the judge agree with "
            "raters beyond chance, is this agreement close to a rater's (the interval of the gap above "
            f"−{MARGIN:g}, and above −{percent(SHARE)} of the raters' own), and is it as good as half of the raters "
            f"within the margin ε = {epsilon} (the alternative annotator test, arXiv 2501.10970)? The test alone "
            f"would pass a judge that misses most of what is rare. {UNCORRECTED}",
            (
                FigureOf("agreement", "agreement", agreement, _of_enough_items, labels="judges"),
                TableOf(
                    "verdicts", "verdicts", views.verdicts,
                    "Agreement beyond chance is Cohen's kappa, with quadratic weights where there are numbers; "
                    "means over raters.",
                    rows=flagged("primary"),
                ),
                TableOf(
                    "verdicts_counts", "verdicts", views.verdicts, "The same of counts.", "Verdicts on counts",
                    rows=unflagged("primary"),
                ),
            ),
        ),
        Chapter(
            "corrected",
            "What would raters say of all responses?",
            "The judge's figures over all judged responses, corrected by its errors on the labelled ones (PPI++, "
            "weighted as the items were drawn, clustered by question). They are about what raters would say, not about "
            f"a truth beyond them. {MAIN} The judge's errors are of these raters. `λ` is how far the judge "
            "was trusted: at 0 the labels stand alone.",
            (
                FigureOf("corrected", "corrected", corrected, flagged("primary")),
                *_both(
                    "corrected", views.corrected,
                    "As judged, by labels alone, and corrected. A calibrated judge's values were put on the raters' "
                    "scale before they were corrected (isotonic regression, cross-fitted by question).",
                ),
                *_both(
                    "corrected_differences", views.corrected_differences,
                    "Between responses to the same questions. Holm's correction is over the primary forms, and "
                    "over the counts.",
                ),
                *_both(
                    "errors", views.errors,
                    "Judge less raters: where it errs more on one checkpoint, differences as it sees them are biased.",
                ),
                *_both(
                    "errors_by_checkpoint", views.errors_by_checkpoint,
                    "p tests that errors are the same on all checkpoints, and a large p shows nothing. That the judge "
                    "errs alike is shown where the 90 % interval of the difference of errors, of the pair of "
                    "checkpoints that may lie farthest apart, is within the margin (two one-sided tests at 5 %, "
                    "metric by metric).",
                ),
                Absent(
                    "corrected",
                    ("There are no corrected numbers.", *(note for note in notes if "corrected" in note)),
                ),
            ),
        ),
        Chapter(
            "raters",
            "Do raters agree?",
            "No judge can be asked to agree with raters better than they do with each other. Alpha, kappa and AC are 0 "
            "where agreement is what chance gives and 1 where it is complete; kappa and alpha fall where one value is "
            "rare, AC does not. The level is nominal for a yes or no, interval for shares and ratio for counts, where "
            "0 beside 1 is as far apart as can be.",
            (
                TableOf(
                    "raters", "raters", views.raters,
                    "Alpha at the level of the numbers; kappa and AC with quadratic weights where there are numbers.",
                    long=_NEVER,
                ),
                TableOf(
                    "raters_all", "raters", views.all_of_raters, "Of all raters, or means over pairs.",
                    "All coefficients",
                ),
                TableOf(
                    "consistency", "consistency", views.repeats, "Items that came twice.",
                    rows=lambda frame: frame[(frame["rater"] == EVERYONE) & (frame["within"] == 0)],
                ),
                TableOf("consistency_all", "consistency", views.consistency, "By rater.", "Repeats, rater by rater"),
                TableOf(
                    "spans", "spans", views.spans,
                    "Spans are the same if they share half of the longer one; n counts items times pairs of sides.",
                    long=_NEVER,
                ),
                TableOf("labels", "labels", views.labels, "How much was rated."),
                TableOf("work", "work", views.work, "What raters did; hidden repeats included."),
            ),
        ),
        Chapter(
            "opinions",
            "How much harm, and would they accept it?",
            "What raters said beside their marks: the harm of the worst wrong claim of a response if somebody acted on "
            "it, and whether they would accept its reasoning from a resident. Both are ordinal: agreement is alpha at "
            "the ordinal level, kappa with linear and quadratic weights, and Gwet's AC2 with ordinal weights.",
            (
                TableOf("opinions", "opinions", views.opinions, "Means over raters, weighted as items were drawn."),
                TableOf(
                    "opinion_agreement", "opinion_agreement", views.opinion_agreement,
                    "Of all raters, or means over pairs.",
                ),
            ),
        ),
        Chapter(
            "judges",
            "How does the judge do beside a rater?",
            "Each rater in turn is left out: the rater and the judge in its place are compared with the others, on the "
            "same items. Where the judge's interval lies below the rater's, it agrees less than a rater does.",
            (
                TableOf(
                    "ceiling", "agreement", views.headlines, "Agreement beyond chance (kappa).",
                    rows=lambda frame: _primary(flagged("headline")(frame)),
                ),
                TableOf(
                    "agreement", "agreement", views.agreement, "95 % intervals over questions.", "All coefficients"
                ),
                FigureOf(
                    "bias", "bias", bland_altman, lambda frame: frame[frame["form"] != "any"],
                    drawn_with={"points": "points"}, labels="judges",
                ),
                *_both("bias", views.bias, "Judge less the mean of raters, and limits of agreement (± 1.96 SD)."),
                TableOf(
                    "binary", "binary", views.binary,
                    "At least one instance, by the majority of raters against the judge; items with a tie are left "
                    "out.",
                    long=_FOUR_A_ROW,
                ),
            ),
        ),
        Chapter(
            "alt-test",
            "The alternative annotator test",
            "A judge passes at a margin ε where it is as good as at least half of the raters. Experts' time is dear: "
            ".2 is advised for them, .1 for casual raters.",
            (
                FigureOf("alt_test", "alt_test", alt_test_margins, labels="judges"),
                TableOf("alt_test", "alt_test", views.alt_test, "Share of raters won.", "The numbers"),
                TableOf(
                    "annotators", "annotators", views.annotators, f"Against each rater, at ε = {epsilon}.",
                    "Rater by rater",
                ),
            ),
        ),
        Chapter(
            "where",
            "Where does the judge err?",
            "By kind of item, by length and by whether the answer is right. Small groups have wide intervals, and the "
            "lowest of many is low by chance too; none of these numbers is tested.",
            (
                TableOf(
                    "worst", "strata", views.worst,
                    "The kind of item with the lowest agreement, among those with 10 items or more.",
                    rows=lambda frame: _primary(flagged("worst")(frame)),
                ),
                TableOf("strata", "strata", views.strata, "All kinds of items.", "All kinds of items"),
                *_both(
                    "drivers", views.drivers, "Least squares of the judge's error on length and correctness together."
                ),
            ),
        ),
        Chapter(
            "rivals",
            "Which judge is better?",
            "Judges in pairs, the second less the first: more agreement is better, more distance is worse.",
            (
                *_both(
                    "rivals", views.rivals,
                    "On the items that both judged; `distance` is the mean distance from the mean of raters.",
                ),
            ),
        ),
    )  # fmt: skip
