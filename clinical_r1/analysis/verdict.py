"""What a report concludes: a title, two sentences, a row per number, and what to know before quoting them.

Everything is decided here and in `clinical_r1.analysis.words`, from the rows of
`clinical_r1.analysis.comparisons.paired`; pages and terminals print it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clinical_r1.analysis.beside import contradictions, left_by_length, standing
from clinical_r1.analysis.contrast import BY_DEFAULT, Contrast
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.words import NAMES, listed, of_100, percent, points, shown_name, words_of
from clinical_r1.logs import LogSet, Run
from clinical_r1.logs.labels import without_seed
from clinical_r1.metrics import ENDPOINTS, METRICS

_SAID = {
    "answer": ("answers more questions correctly", "answers fewer questions correctly"),
    "cecd_coverage": ("cites more of the case", "cites less of the case"),
    "harm_any": ("invents less", "invents more"),
}
"""Endpoint -> what is said of a method that is better, and of one that is worse."""
_SAME = {
    "answer": "its answers are not shown to be more or less accurate",
    "cecd_coverage": "it is not shown to cite more or less of the case",
    "harm_any": "it is not shown to invent more or less",
}
_ABOUT = {
    "answer": ("its answers are", "how many answers are right"),
    "cecd_coverage": ("its use of the case is", "how much of the case is cited"),
    "harm_any": ("in what it invents it is", "whether it invents more"),
}
"""Endpoint -> what stands before a margin, and before "is not measured"."""
RARE = 0.01
"""Share up to which something is too rare on both sides to be worth a row, if no difference is shown."""


# --- the whole --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Verdict:
    """The first screen of a report."""

    context: str
    """What was compared, in a line: data, questions, answers, training runs."""
    title: str
    lead: str
    """Two sentences or three."""
    cautions: tuple[str, ...]
    """What to know before quoting it."""
    rows: pd.DataFrame
    """A row per number shown, in the order of the page: the columns of `paired`, `name` (what it is), `tone`, `words`,
    `detail`, `kind` (`tested`; or, beside the row of a metric, `truth`, `raters`, `like length`, `judge`), `of` (that
    metric) and `source` (whose number it is)."""
    rest: tuple[str, ...] = ()
    """A sentence for what has no row: too rare, not measured."""
    a: str = ""
    b: str = ""
    """Names of the methods; empty where there is no contrast."""

    def lines(self) -> list[str]:
        """The verdict for a terminal: title, sentences, a line per tested number, cautions."""
        rows = self.rows[self.rows["kind"] == "tested"].to_dict("records") if len(self.rows) else []
        several = len({row["benchmark"] for row in rows}) > 1
        names = [f"{row['name']}, {row['benchmark']}" if several else str(row["name"]) for row in rows]
        width = max(map(len, names), default=0)
        numbers = [
            f"  {name:{width}}  {_both(row):>14}  {row['words']}" + (f" ({row['detail']})" if row["detail"] else "")
            for name, row in zip(names, rows, strict=True)
        ]
        before = ["Before you quote this: " + " ".join(self.cautions)] if self.cautions else []
        return [self.title, self.lead, *numbers, *self.rest, *before]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            **{"title": self.title, "context": self.context, "lead": self.lead, "a": self.a, "b": self.b},
            **{"cautions": list(self.cautions), "rest": list(self.rest), "rows": self.rows.to_dict("records")},
        }


def _both(row: Mapping[Any, Any]) -> str:
    return f"{percent(row['mean_a'])} -> {percent(row['mean_b'])}" if row["n"] else ""


def rows_of(contrast: Contrast, paired: pd.DataFrame) -> pd.DataFrame:
    """The differences of a contrast as rows of the first screen: endpoints first, then what differs, then others."""
    part = paired[paired["contrast"] & paired["primary"]]
    order = {key: place for place, key in enumerate(dict.fromkeys([*contrast.endpoints, *METRICS]))}
    differs = part["verdict"].isin(("higher", "lower", "open")) | part["metric"].isin(contrast.endpoints)
    part = part.assign(_late=~differs, _place=part["metric"].map(order))
    part = part.sort_values(["_late", "_place"], kind="stable").drop(columns=["_late", "_place"])
    return worded(part.assign(kind="tested", of=part["metric"]), contrast)


def worded(rows: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """Rows with `name`, `tone`, `words` and `detail`."""
    said = [words_of(row, shown_name(contrast.a), shown_name(contrast.b)) for row in rows.to_dict("records")]
    return rows.assign(
        name=[NAMES.get(key, label) for key, label in zip(rows["metric"], rows["label"], strict=True)],
        tone=[one.tone for one in said],
        words=[one.verdict for one in said],
        detail=[one.detail for one in said],
    ).reset_index(drop=True)


def folded(rows: pd.DataFrame, endpoints: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The rows that say something, and a sentence for those that do not: too rare to compare, or not measured."""
    other = ~rows["metric"].isin(endpoints)
    rare = other & (rows[["mean_a", "mean_b"]].max(axis=1) <= RARE) & ~rows["tone"].isin(("better", "worse", "open"))
    lost = other & (rows["tone"] == "missing")
    said = []
    if names := _called(rows[rare & ~lost]):
        said.append(f"Too rare to compare, at most {percent(RARE)} on either side: {names}.")
    for why, part in rows[lost].groupby("detail", sort=False):
        said.append(f"Not measured: {_called(part)} ({why}).")
    return rows[~rare & ~lost].reset_index(drop=True), said


def _called(rows: pd.DataFrame) -> str:
    return listed(name[0].lower() + name[1:] for name in dict.fromkeys(rows["name"]))


def outcome(rows: pd.DataFrame, endpoints: Sequence[str]) -> str:
    """The title's last word, from the endpoints: a harm is never outweighed.

    Args:
        rows: Of the contrast, with `metric` and `tone`.
        endpoints: What counts.
    """
    part = rows[rows["metric"].isin(endpoints) & (rows["tone"] != "missing")]
    tones = set(part["tone"])
    if set(part["metric"]) == {"answer"} and len(endpoints) > 1:
        return f"{_of_tones(tones)} in answers"
    return _of_tones(tones)


def _of_tones(tones: Set[str]) -> str:
    if {"better", "worse"} <= tones:
        return "mixed"
    for tone in ("worse", "better"):
        if tone in tones:
            return f"{tone}, with an open question" if "open" in tones else tone
    if "open" in tones:
        return "open"
    if tones == {"margin"}:
        return "no difference that matters"
    return "no difference shown" if tones & {"same", "margin"} else "not measured"


def lead_of(rows: pd.DataFrame, contrast: Contrast) -> str:
    """What a reader takes away: what is better and what is worse, harm always, and what is not shown to differ."""
    a, b = shown_name(contrast.a), shown_name(contrast.b)
    of_endpoint = {key: rows[rows["metric"] == key] for key in contrast.endpoints}
    good = _phrases(of_endpoint, "better", 0)
    bad = _phrases(of_endpoint, "worse", 1)
    said = " and ".join(good) + (", but also " if good and bad else "") + " and ".join(bad)
    sentences = [f"{b} {said}{_numbers(of_endpoint, a)}"] if said else []
    for key, part in of_endpoint.items():
        tones = set(part["tone"])
        if tones & {"better", "worse"}:
            continue
        label = METRICS[key].label
        within, unknown = _ABOUT.get(key, (f"in {label} it is", label))
        if "open" in tones:
            sentences.append(f"whether it differs in {label} hangs on failed judgements")
        elif tones == {"margin"}:
            sentences.append(f"{within} {_worst(part)}")
        elif tones & {"same", "margin"}:
            sentences.append(_SAME.get(key, f"no difference is shown in {label}"))
        else:
            why = next((str(why) for why in part["detail"] if why), "not judged")
            sentences.append(f"{unknown} is not measured ({why})")
    if sentences and not said:
        sentences[0] = re.sub(r"\b(?:its|it)\b", lambda it: f"{b}'s" if it[0] == "its" else b, sentences[0], count=1)
    return " ".join(one + "." if one.startswith(b) else f"{one[0].upper()}{one[1:]}." for one in sentences)


def _phrases(of_endpoint: Mapping[str, pd.DataFrame], tone: str, which: int) -> list[str]:
    found = []
    for key, part in of_endpoint.items():
        there = part[part["tone"] == tone]
        if there.empty:
            continue
        word = ("higher", "lower")[which] if METRICS[key].better == "higher" else ("lower", "higher")[which]
        phrase = _SAID[key][which] if key in _SAID else f"is {word} in {METRICS[key].label}"
        found.append(phrase + (f" on {listed(there['benchmark'])}" if len(there) < len(part) else ""))
    return found


def _numbers(of_endpoint: Mapping[str, pd.DataFrame], a: str) -> str:
    """How many responses hold a finding of nobody, wherever that differs."""
    part = of_endpoint.get("harm_any", pd.DataFrame({"tone": []}))
    there = part[part["tone"].isin(("better", "worse"))].to_dict("records")
    said = "; ".join(
        f"{of_100(row['mean_b'])} responses{_on(row, several=len(there) > 1)} contain a finding that "
        f"is invented or against the case, against {100 * row['mean_a']:.0f} with {a}"
        for row in there
    )
    return f": {said}" if said else ""


def _on(row: Mapping[Any, Any], *, several: bool) -> str:
    return f" on {row['benchmark']}" if several else ""


def _worst(part: pd.DataFrame) -> str:
    """The weakest of what margins allow to say."""
    words = list(map(str, part["words"]))
    return next((one for one in words if one.startswith("not worse")), words[0])


def declared_how(contrast: Contrast, before: bool | None) -> str:
    """A sentence on how the contrast and its margins came to be."""
    when = {True: ", before the first log was begun", False: ", after the first log was begun", None: ""}[before]
    margins = ", ".join(
        f"{points(margin, signed=False).removesuffix('.0')} points for {METRICS[key].label}"
        for key, margin in contrast.margins.items()
    )
    how = (
        "chosen by default (nobody declared one)"
        if contrast.declared == BY_DEFAULT
        else f"declared {contrast.declared}"
    )
    own = " by default" if contrast.default_margins else ""
    return f"The contrast was {how}{when}; its margin is{own} {margins or 'none'}."


# --- the first screen -------------------------------------------------------------------------------------------------
def verdict_of(
    log_set: LogSet,
    comparisons: Sequence[Comparison],
    contrast: Contrast,
    paired: pd.DataFrame,
    beside: Sequence[pd.DataFrame],
    unread: Sequence[str],
    cautions: Sequence[str],
    corrected: pd.DataFrame | None = None,
) -> Verdict:
    """The verdict on a contrast.

    Args:
        log_set: What was read.
        comparisons: Those of the contrast.
        contrast: What the report is about.
        paired: See `clinical_r1.analysis.comparisons.paired`.
        beside: Rows of `clinical_r1.analysis.beside`, each with the metric that they stand beside.
        unread: Sentences on runs that could mostly not be read: then there is no verdict.
        cautions: Sentences on how far the conclusions reach.
        corrected: What a study's report wrote, for what it says of the judge.
    """
    a, b = shown_name(contrast.a), shown_name(contrast.b)
    tested = rows_of(contrast, paired)
    tested = tested.assign(source=[standing(str(metric), corrected) for metric in tested["metric"]])
    under = [worded(rows, contrast) for rows in beside if len(rows)]
    every = pd.concat([tested, *under], ignore_index=True)
    against = [(key in contrast.endpoints and kind != "judge", said) for key, kind, said in contradictions(every)]
    shown, rest = folded(tested, contrast.endpoints)
    place = {key: number for number, key in enumerate(zip(shown["metric"], shown["benchmark"], strict=True))}
    beside_it = every[every["kind"] != "tested"]
    rows = pd.concat([shown, beside_it], ignore_index=True)
    rows["_place"] = [place.get(key) for key in zip(rows["of"], rows["benchmark"], strict=True)]
    rows = rows.dropna(subset="_place").sort_values("_place", kind="stable").drop(columns="_place")
    lead = " ".join([lead_of(tested, contrast), *(said for leads, said in against if leads)])
    title = f"{b} against {a}: {outcome(tested, contrast.endpoints)}"
    if unread:
        title, lead = f"{b} against {a}: no verdict, answers could not be read", " ".join(unread)
    runs = [run for one in comparisons for run in (*one.runs_a, *one.runs_b)]
    said = [*(said for leads, said in against if not leads), *left_by_length(every), *cautions]
    return Verdict(_context(log_set, runs), title, lead, tuple(said), rows.reset_index(drop=True), tuple(rest), a, b)


def without_contrast(
    log_set: LogSet, accuracy: pd.DataFrame, estimates: pd.DataFrame, unread: Sequence[str], cautions: Sequence[str]
) -> Verdict:
    """What is said where no two methods are asked about: how often each checkpoint is right, cites, and invents."""
    names = log_set.checkpoints
    right = accuracy[accuracy["quantity"] == "accuracy"]
    said = [
        f"{shown_name(row['checkpoint'])} gives the right answer in {percent(row['value'])} of {row['n']:,} responses "
        f"to {row['questions']:,} questions of {row['benchmark']} (95 % interval {percent(row['low'])} to "
        f"{percent(row['high'])}; guessing gives {percent(row['chance'])})."
        for row in right.to_dict("records")
    ]
    for row in estimates[estimates["metric"].isin(ENDPOINTS)].to_dict("records") if len(estimates) else ():
        if row["n"]:
            ends = (
                f"95 % interval {percent(row['low'])} to {percent(row['high'])}; judge: {row['judge'].split(' (')[0]}"
            )
            whose = f" of {shown_name(row['checkpoint'])}" if len(names) > 1 else ""
            said.append(f"{NAMES[row['metric']]}{whose}: {percent(row['value'])} ({ends}).")
    title = f"{shown_name(names[0])}: {percent(right['value'].iloc[0])} right" if len(right) == 1 else "Right answers"
    if unread:
        title, said = "No verdict: answers could not be read", [*unread, *said]
    hint = [] if len(names) == 1 else ["No two methods are asked about: --contrast B:A names them."]
    return Verdict(_context(log_set, log_set.runs), title, " ".join(said), (*hint, *cautions), pd.DataFrame())


def _context(log_set: LogSet, runs: Sequence[Run]) -> str:
    """Data, questions, answers and training runs, in a line."""
    parts = []
    for benchmark in dict.fromkeys(run.benchmark for run in runs):
        there = log_set.responses[log_set.responses["benchmark"] == benchmark]
        questions, epochs = there["id"].nunique(), int(there["epoch"].max())
        answers = f" × {epochs} answers" if epochs > 1 else ""
        parts.append(f"{benchmark}: {questions:,} question{'s' * (questions != 1)}{answers}")
    of_method = Counter(without_seed(run.checkpoint) for run in runs if run.benchmark == runs[0].benchmark)
    fewest, most = min(of_method.values()), max(of_method.values())
    trained = f"{fewest} to {most} training runs each" if fewest < most else f"{most} training runs each"
    return " · ".join([*parts, "one training run each" if most == 1 else trained])
