"""How each table of a study's report is laid out. Frames are those of `clinical_r1.study.analysis`."""

from dataclasses import replace

import pandas as pd
from clinical_r1.reports.tables import Column, TableView, by_group

from clinical_r1.study.by_stratum import DRIVERS, ERRORS
from clinical_r1.study.judge_against_raters import QUANTITIES

from .tables import across

_METRIC = Column("label", "metric")
_JUDGE = "judge"


def verdicts(frame: pd.DataFrame) -> TableView:
    """A verdict a row, with what it rests on."""
    columns = (
        _METRIC,
        Column("verdict", "verdict"),
        Column("reason", "why"),
        Column("agreement", "agreement beyond chance", "number", "agreement_low", "agreement_high", "n", digits=2),
        Column("ceiling", "raters among themselves", "number", "ceiling_low", "ceiling_high", digits=2),
        Column("gap", "gap (judge − rater)", "signed", "gap_low", "gap_high", digits=2),
        Column("prevalence", "found by raters", "share", digits=2),
        Column("bias", "bias (judge − raters)", "signed", "bias_low", "bias_high", digits=2),
    )
    return by_group(frame, columns, _JUDGE)


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
    view = across(short, {"label": "raters among themselves"}, "column", show="number", why="why", digits=2)
    rows_in_order = view.frame.sort_values("label", key=lambda column: column.map(order), ignore_index=True)
    return replace(view, frame=rows_in_order)


def all_of_raters(frame: pd.DataFrame) -> TableView:
    """Agreement of raters, a row a statistic, headed by the metric."""
    columns = (
        Column("statistic_label", "raters among themselves"),
        Column("value", "agreement", "number", "low", "high", "n", why="why", digits=2),
        Column("raters", "raters", "count"),
    )
    return by_group(frame, columns, "label")


def headlines(frame: pd.DataFrame) -> TableView:
    """Agreement beyond chance of judges in raters' places, a row a metric."""
    columns = (
        _METRIC,
        Column(
            "judge_value", "judge in a rater's place", "number", "judge_low", "judge_high", "n", why="why", digits=2
        ),
        Column("raters_value", "that rater", "number", "raters_low", "raters_high", digits=2),
        Column("gap", "judge − rater", "signed", "gap_low", "gap_high", digits=2),
    )
    return by_group(frame, columns, _JUDGE)


def agreement(frame: pd.DataFrame) -> TableView:
    """Agreement of a judge with raters beside the human ceiling."""
    columns = (
        Column("statistic_label", "judge with raters"),
        Column("value", "all items", "number", "low", "high", "n", why="why", digits=2),
        Column("judge_value", "judge in a rater's place", "number", "judge_low", "judge_high", digits=2),
        Column("raters_value", "that rater", "number", "raters_low", "raters_high", digits=2),
        Column("gap", "judge − rater", "signed", "gap_low", "gap_high", why="ceiling_why", digits=2),
    )
    return by_group(_headed(frame, "judge", "label"), columns, "heading", frame)


def bias(frame: pd.DataFrame) -> TableView:
    """Bias and limits of agreement."""
    columns = (
        _METRIC,
        Column("mean_raters", "raters", "number", digits=2),
        Column("mean_judge", "judge", "number", digits=2),
        Column("value", "judge − raters", "signed", "low", "high", "n", why="why", digits=2),
        Column("limit_low", "lower limit of agreement", "signed", "limit_low_low", "limit_low_high", digits=2),
        Column("limit_high", "upper limit of agreement", "signed", "limit_high_low", "limit_high_high", digits=2),
    )
    return by_group(frame, columns, _JUDGE)


def binary(frame: pd.DataFrame) -> TableView:
    """Sensitivity, specificity, prevalence: a column each."""
    shown = frame.assign(quantity=frame["quantity"].map(QUANTITIES))
    return across(shown, {"label": "at least one"}, "quantity", group=_JUDGE, why="why", digits=2)


def alt_test(frame: pd.DataFrame) -> TableView:
    """The alternative annotator test, a column a margin; a winning rate has no interval."""
    shown = frame.assign(margin=[f"ε = {margin:g}" for margin in frame["epsilon"]])
    view = across(
        shown,
        {"label": "metric"},
        "margin",
        group=_JUDGE,
        value="omega",
        low=None,
        high=None,
        n=None,
        why="why",
        digits=2,
    )
    return replace(view, columns=[*view.columns, *_tested(shown, view)])


def _tested(frame: pd.DataFrame, view: TableView) -> list[Column]:
    """How many raters were tested, once a row."""
    raters = frame.drop_duplicates([_JUDGE, "label"]).set_index([_JUDGE, "label"])["raters"]
    keys = zip(view.frame[_JUDGE], view.frame["label"], strict=True)
    view.frame["raters"] = [raters[key] for key in keys]
    return [Column("raters", "raters tested", "count")]


def annotators(frame: pd.DataFrame) -> TableView:
    """The test against each rater."""
    columns = (
        Column("rater", "rater left out"),
        Column("rho_judge", "judge wins or ties", "share", n="n", why="why", digits=2),
        Column("rho_rater", "rater wins or ties", "share", digits=2),
        Column("p_value", "p", "p"),
        Column("p_adjusted", "p, Benjamini-Yekutieli", "p"),
        Column("won", "judge as good"),
    )
    return by_group(_headed(frame, "judge", "label"), columns, "heading", frame)


def strata(frame: pd.DataFrame) -> TableView:
    """Kinds of items."""
    shown = frame.assign(kind=[f"{by}: {name}" for by, name in zip(frame["by"], frame["stratum"], strict=True)])
    shown["kind"] = shown["kind"] + shown["worst"].map({True: " (lowest)", False: ""})
    columns = (
        Column("kind", "items"),
        Column("value", "agreement beyond chance", "number", "low", "high", "n", why="why", digits=2),
        Column("exact", "same value", "share", "exact_low", "exact_high", digits=2),
        Column("bias", "judge − raters", "signed", "bias_low", "bias_high", digits=2),
    )
    return by_group(_headed(shown, "judge", "label"), columns, "heading", frame)


def worst(frame: pd.DataFrame) -> TableView:
    """The kind of item on which each judge is worst."""
    shown = frame.assign(kind=[f"{by}: {name}" for by, name in zip(frame["by"], frame["stratum"], strict=True)])
    columns = (
        _METRIC,
        Column("kind", "lowest agreement in"),
        Column("value", "agreement beyond chance", "number", "low", "high", "n", digits=2),
        Column("bias", "judge − raters", "signed", "bias_low", "bias_high", digits=2),
    )
    return by_group(shown, columns, _JUDGE, frame)


def drivers(frame: pd.DataFrame) -> TableView:
    """What errors go with."""
    shown = frame.assign(error=frame["error"].map(ERRORS), driver=frame["driver"].map(DRIVERS))
    columns = (
        _METRIC,
        Column("error", "error"),
        Column("driver", "with"),
        Column("value", "change of the error", "signed", "low", "high", "n", why="why"),
    )
    return by_group(shown, columns, _JUDGE, frame)


def rivals(frame: pd.DataFrame) -> TableView:
    """Judges in pairs."""
    pair = frame["b"] + " − " + frame["a"]
    columns = (
        _METRIC,
        Column("agreement_a", "subtracted", "number", digits=2),
        Column("agreement_b", "looked at", "number", digits=2),
        Column("difference", "difference of agreement", "signed", "low", "high", "n", why="why", digits=2),
        Column("error_difference", "difference of distance", "signed", "error_low", "error_high", digits=2),
        Column("p_value", "p of distance", "p"),
        Column("p_holm", "p, Holm", "p"),
    )
    return by_group(frame.assign(pair=pair), columns, "pair", frame)


def consistency(frame: pd.DataFrame) -> TableView:
    """Hidden repeats."""
    what = {0.0: "same value again", 1.0: "at most 1 apart"}
    columns = (
        Column("rater", "rater"),
        Column("what", "repeat"),
        Column("value", "share", "share", "low", "high", "n", why="why", digits=2),
    )
    return by_group(frame.assign(what=frame["within"].map(what)), columns, "label", frame)


def repeats(frame: pd.DataFrame) -> TableView:
    """Hidden repeats of all raters together, a row a metric."""
    columns = (_METRIC, Column("value", "same value again", "share", "low", "high", "n", why="why", digits=2))
    return TableView(frame, columns)


def spans(frame: pd.DataFrame) -> TableView:
    """Whether the same places were marked, a column for raters and for each judge."""
    shown = frame.assign(who=frame["who"].replace("raters", "raters among themselves"))
    return across(shown, {"label": "F1 of spans"}, "who", why="why", digits=2)


def corrected(frame: pd.DataFrame) -> TableView:
    """As judged and corrected, a row a checkpoint."""
    columns = (
        Column("checkpoint", "checkpoint"),
        Column("raw", "as judged", "number", "raw_low", "raw_high", "n_judged"),
        Column("labels", "by labels alone", "number", "labels_low", "labels_high", "n_labelled", why="why"),
        Column("value", "corrected", "number", "low", "high", why="why"),
        Column("value", "for these raters alone", "number", "other_low", "other_high"),
        Column("trust", "trust in the judge (λ)", "number", digits=2),
        Column("warning", "warning"),
    )
    return by_group(_headed(frame, "label", "benchmark"), columns, "heading", frame)


def corrected_differences(frame: pd.DataFrame) -> TableView:
    """Differences as judged and corrected."""
    columns = (
        _METRIC,
        Column("raw", "as judged", "signed", "raw_low", "raw_high", "n_judged"),
        Column("value", "corrected", "signed", "low", "high", "n_labelled", why="why"),
        Column("value", "for raters like these", "signed", "other_low", "other_high"),
        Column("p_value", "p", "p"),
        Column("p_holm", "p, Holm", "p"),
    )
    pair = frame["b"] + " − " + frame["a"] + " on " + frame["benchmark"].astype(str)
    return by_group(frame.assign(pair=pair), columns, "pair", frame)


def errors(frame: pd.DataFrame) -> TableView:
    """How far the judge is off, a column a checkpoint."""
    return across(frame, {"label": "judge − raters"}, "checkpoint", group="benchmark", show="signed", digits=2)


def errors_by_checkpoint(frame: pd.DataFrame) -> TableView:
    """Whether the judge errs differently by checkpoint."""
    columns = (
        _METRIC,
        Column("p_value", "p of no difference", "p", n="n", why="why"),
        Column("p_holm", "p, Holm", "p"),
    )
    return by_group(frame, columns, "benchmark")


def work(frame: pd.DataFrame) -> TableView:
    """What raters did."""
    columns = (
        Column("rater", "rater"),
        Column("given", "given", "count"),
        Column("done", "done", "count"),
        Column("open", "open", "count"),
        Column("cannot_judge", "cannot judge", "count"),
        Column("minutes", "median minutes an item", "number", digits=1),
    )
    return TableView(frame, columns)


def labels(frame: pd.DataFrame) -> TableView:
    """How much was rated."""
    spans = zip(frame["fewest"], frame["most"], strict=True)
    columns = (
        _METRIC,
        Column("items", "items", "count"),
        Column("questions", "questions", "count"),
        Column("ratings", "ratings", "count"),
        Column("raters", "raters", "count"),
        Column("each", "raters an item"),
        Column("fewest_items", "items of the rater with fewest", "count"),
    )
    each = [f"{low}" if low == high else f"{low} to {high}" for low, high in spans]
    return TableView(frame.assign(each=each), columns, data=frame)


def _headed(frame: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    return frame.assign(heading=frame[one].astype(str) + ": " + frame[other].astype(str))
