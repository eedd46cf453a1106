"""How each table of a study's report is laid out. Frames are those of `clinical_r1.study.analysis`."""

from dataclasses import replace
from functools import partial

import pandas as pd

from clinical_r1.study.judge_against_raters import DRIVERS, ERRORS, QUANTITIES

from .plotting import span
from .tables import NOTHING, Column, TableView, across, counts, joined, layout
from .tables import measured as _measured
from .views import PAIR

measured = partial(_measured, digits=2)
_METRIC = Column("label", "metric")


_KIND = joined("by", ": ", "stratum")
_by_judge = partial(layout, group="judge")
_by_judge_and_metric = partial(layout, group="heading", heading=joined("judge", ": ", "label"))

verdicts = _by_judge(
    _METRIC,
    Column("verdict", "verdict"),
    Column("reason", "why"),
    measured("agreement", "agreement beyond chance", n="n"),
    measured("ceiling", "raters among themselves"),
    measured("gap", "gap (judge − rater)", "signed"),
    Column("prevalence", "found by raters", "number", digits=2),
    measured("bias", "bias (judge − raters)", "signed"),
)
"""A verdict per row, with what it rests on."""

_SHORT = {
    "alpha": "Krippendorff's alpha",
    "kappa": "Cohen's kappa",
    "ac": "Gwet's AC",
    "icc_a1_all": "ICC(A,1)",
    "exact": "same value",
    "within_one": "at most 1 apart",
}
"""Columns of the short table of raters."""


def raters(frame: pd.DataFrame) -> TableView:
    """The main coefficients of raters, a column each: weighted where there are numbers."""
    weighted = {"kappa_quadratic": "kappa", "ac2": "ac"}
    plain = {"kappa": "kappa", "ac1": "ac"}
    rows = [
        row | {"column": name}
        for row in frame.to_dict("records")
        for name in ((plain if row["form"] == "any" else weighted).get(row["statistic"], row["statistic"]),)
        if name in _SHORT and not (row["form"] != "any" and row["statistic"] in plain)
    ]
    rows.sort(key=lambda row: list(_SHORT).index(row["column"]))
    short = pd.DataFrame(rows)
    short["column"] = short["column"].map(_SHORT)
    order = {label: place for place, label in enumerate(dict.fromkeys(frame["label"]))}
    view = across(short, {"label": "raters among themselves"}, "column", why="why", digits=2)
    rows_in_order = view.frame.sort_values("label", key=lambda column: column.map(order), ignore_index=True)
    return replace(view, frame=rows_in_order)


all_of_raters = layout(
    Column("statistic_label", "raters among themselves"),
    measured("value", "agreement", n="n", why="why"),
    Column("raters", "raters", "count"),
    group="label",
)
"""Agreement of raters, a row per statistic, headed by the metric."""

headlines = _by_judge(
    _METRIC,
    measured("judge_value", "judge in a rater's place", n="n", why="why"),
    measured("raters_value", "that rater"),
    measured("gap", "judge − rater", "signed"),
)
"""Agreement beyond chance of judges in raters' places, a row per metric."""

agreement = _by_judge_and_metric(
    Column("statistic_label", "judge with raters"),
    measured("value", "all items", n="n", why="why"),
    measured("judge_value", "judge in a rater's place"),
    measured("raters_value", "that rater"),
    measured("gap", "judge − rater", "signed", why="ceiling_why"),
)
"""Agreement of a judge with raters beside the human ceiling."""

bias = _by_judge(
    _METRIC,
    Column("mean_raters", "raters", "number", digits=2),
    Column("mean_judge", "judge", "number", digits=2),
    measured("value", "judge − raters", "signed", n="n", why="why"),
    measured("limit_low", "lower limit of agreement", "signed"),
    measured("limit_high", "upper limit of agreement", "signed"),
)
"""Bias and limits of agreement."""


def binary(frame: pd.DataFrame) -> TableView:
    """Sensitivity, specificity, prevalence: a column each."""
    shown = frame.assign(quantity=frame["quantity"].map(QUANTITIES))
    return across(shown, {"label": "at least one"}, "quantity", group="judge", why="why", digits=2)


def alt_test(frame: pd.DataFrame) -> TableView:
    """The alternative annotator test, a column per margin; a winning rate has no interval."""
    shown = frame.assign(margin=[f"ε = {margin:g}" for margin in frame["epsilon"]])
    view = across(shown, {"label": "metric"}, "margin", group="judge", value="omega", n=None, why="why", digits=2)
    raters = frame.drop_duplicates(["judge", "label"]).set_index(["judge", "label"])["raters"]
    view.frame["raters"] = [raters[key] for key in zip(view.frame["judge"], view.frame["label"], strict=True)]
    return replace(view, columns=[*view.columns, Column("raters", "raters tested", "count")])


annotators = _by_judge_and_metric(
    Column("rater", "rater left out"),
    Column("rho_judge", "judge wins or ties", "number", n="n", why="why", digits=2),
    Column("rho_rater", "rater wins or ties", "number", digits=2),
    Column("p_value", "p", "p"),
    Column("p_adjusted", "p, Benjamini-Yekutieli", "p"),
    Column("won", "judge as good"),
)
"""The test against each rater."""

strata = _by_judge_and_metric(
    Column("kind", "items"),
    measured("value", "agreement beyond chance", n="n", why="why"),
    measured("exact", "same value"),
    measured("bias", "judge − raters", "signed"),
    kind=lambda frame: _KIND(frame) + frame["worst"].map({True: " (lowest)", False: ""}),
)
"""Kinds of items."""

worst = _by_judge(
    _METRIC,
    Column("kind", "lowest agreement in"),
    measured("value", "agreement beyond chance", n="n"),
    measured("bias", "judge − raters", "signed"),
    kind=_KIND,
)
"""The kind of item on which each judge is worst."""

drivers = _by_judge(
    _METRIC,
    Column("error", "error"),
    Column("driver", "with"),
    measured("value", "change of the error", "signed", n="n", why="why", digits=3),
    error=lambda frame: frame["error"].map(ERRORS),
    driver=lambda frame: frame["driver"].map(DRIVERS),
)
"""What errors go with."""

rivals = layout(
    _METRIC,
    Column("agreement_a", "A", "number", digits=2),
    Column("agreement_b", "B", "number", digits=2),
    measured("difference", "difference of agreement", "signed", stem="", n="n", why="why"),
    measured("error_difference", "difference of distance", "signed", stem="error_"),
    Column("p_value", "p of distance", "p"),
    Column("p_holm", "p, Holm", "p"),
    group="pair",
    pair=joined("b", " − ", "a"),
)
"""Judges in pairs."""

consistency = layout(
    Column("rater", "rater"),
    Column("what", "repeat"),
    measured("value", "share", n="n", why="why"),
    group="label",
    what=lambda frame: frame["within"].map({0.0: "same value again", 1.0: "at most 1 apart"}),
)
"""Hidden repeats."""

repeats = layout(_METRIC, measured("value", "same value again", n="n", why="why"))
"""Hidden repeats of all raters together, a row per metric."""


def spans(frame: pd.DataFrame) -> TableView:
    """Whether the same places were marked, a column for raters and for each judge."""
    shown = frame.assign(who=frame["who"].replace("raters", "raters among themselves"))
    return across(shown, {"label": "F1 of spans"}, "who", why="why", digits=2)


corrected = layout(
    Column("checkpoint", "checkpoint"),
    measured("raw", "as judged", n="n_judged", digits=3),
    measured("labels", "by labels alone", n="n_labelled", why="why", digits=3),
    measured("value", "corrected", why="why", digits=3),
    measured("value", "for these raters alone", stem="other_", digits=3),
    measured("calibrated", "by a calibrated judge", why="calibrated_why", digits=3),
    Column("trust", "trust in the judge (λ)", "number", digits=2),
    Column("warning", "warning"),
    group="heading",
    heading=joined("label", ": ", "benchmark"),
)
"""As judged and corrected, a row per checkpoint."""

corrected_differences = layout(
    _METRIC,
    measured("raw", "as judged", "signed", n="n_judged", digits=3),
    measured("value", "corrected", "signed", n="n_labelled", why="why", digits=3),
    measured("value", "for raters like these", "signed", stem="other_", digits=3),
    measured("calibrated", "by a calibrated judge", "signed", why="calibrated_why", digits=3),
    Column("p_value", "p", "p"),
    Column("p_holm", "p, Holm", "p"),
    group="pair",
    pair=PAIR,
)
"""Differences as judged and corrected."""


def errors(frame: pd.DataFrame) -> TableView:
    """How far the judge is off, a column per checkpoint."""
    return across(frame, {"label": "judge − raters"}, "checkpoint", group="benchmark", show="signed", digits=2)


errors_by_checkpoint = layout(
    _METRIC,
    Column("p_value", "p of no difference", "p", n="n", why="why"),
    Column("p_holm", "p, Holm", "p"),
    measured("difference", "difference of errors [90 %]", "signed", why="equivalent_why", digits=3),
    Column("pair", "between"),
    Column("margin", "margin ±", "number", digits=3),
    Column("alike", "errs alike"),
    group="benchmark",
    pair=lambda frame: joined("b", " − ", "a")(frame).where(frame["a"] != "", NOTHING),
    alike=lambda frame: (
        frame["equivalent"].map({True: "yes", False: "not shown"}).where(frame["margin"].notna(), NOTHING)
    ),
)
"""Whether the judge errs differently by checkpoint, or alike within a margin."""

opinions = layout(
    Column("checkpoint", "checkpoint"),
    Column("benchmark", "benchmark"),
    measured("value", "mean", n="n", why="why"),
    measured("share", "share", stem="share_"),
    Column("share_label", "share of"),
    group="label",
)
"""What raters said of harm and acceptance, a row per checkpoint."""

opinion_agreement = layout(
    Column("statistic_label", "raters among themselves"),
    measured("value", "agreement", n="n", why="why"),
    Column("raters", "raters", "count"),
    group="label",
)
"""How far raters agree in it."""

work = layout(
    Column("rater", "rater"),
    *counts("given", "done", "open", "cannot_judge"),
    Column("minutes", "median minutes per item", "number", digits=1),
)
"""What raters did."""


labels = layout(
    _METRIC,
    *counts("items", "questions", "ratings", "raters"),
    Column("each", "raters per item"),
    Column("fewest_items", "items of the rater with fewest", "count"),
    each=lambda frame: [span(ends) for ends in zip(frame["fewest"], frame["most"], strict=True)],
)
"""How much was rated."""
