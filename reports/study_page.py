"""Write the report of a study: page, tables, figures, every number in one file, and a judge card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pandas as pd
from clinical_r1.reports.page import Block, Page, Section, Text, render
from clinical_r1.reports.reader import SamplePair
from clinical_r1.reports.tables import TableView
from matplotlib.figure import Figure

import clinical_r1
from clinical_r1.files import make_folder, write_whole
from clinical_r1.metrics import METRICS
from clinical_r1.study.analysis import Analysis, write_cards
from clinical_r1.study.corrected import FILE, MAIN, write_corrected
from clinical_r1.study.span_agreement import EVERYONE
from clinical_r1.study.verdict import MARGIN, SHARE, UNCORRECTED

from . import study_views
from .figures import agreement, alt_test_margins, bland_altman, corrected
from .page import figure_block, table_block
from .plotting import Appearance, palette
from .write import write_results

LONG = 40
"""Rows of a table beyond which it is folded away."""
SAMPLES = (
    "Items on which the judge is farthest from raters stand first, in units of each metric's spread; then those on "
    "which raters are farthest from each other. Marks at the left are the judge's, those at the right all raters'."
)


View = Callable[[pd.DataFrame], TableView]


@dataclass(frozen=True)
class About:
    """What a report says about itself."""

    title: str
    command: str
    study: str
    """The study's id."""
    date: str
    """Of the newest answer, or of the study where there is none."""
    facts: Sequence[tuple[str, str]] = ()
    """More for the foot of the page: label and value."""


@dataclass(frozen=True)
class _Output:
    """Where a report goes, and what its parts share."""

    folder: Path
    analysis: Analysis

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return self.analysis.tables

    @cached_property
    def judges(self) -> dict[str, Appearance]:
        found: dict[str, Appearance] = palette(self.analysis.labelled.judges)
        return found

    @cached_property
    def checkpoints(self) -> dict[str, Appearance]:
        found: dict[str, Appearance] = palette(dict.fromkeys(self.analysis.labelled.items["checkpoint"].astype(str)))
        return found


def write_study_report(analysis: Analysis, folder: Path, about: About, samples: Sequence[SamplePair] = ()) -> Path:
    """Write everything; the page comes last, so that a page that is there is whole.

    Args:
        analysis: The tables.
        folder: Made if it is not there; what an earlier report left in it under the same names is replaced.
        about: Title, command, study, date.
        samples: For the disagreement browser.

    Returns:
        The page.

    Raises:
        UserError: If a file cannot be written.
    """
    output = _Output(folder, analysis)
    make_folder(folder)
    sections = [section for make in _CHAPTERS if (section := make(output)).blocks]
    summary = [(sentence.kind, sentence.text) for sentence in analysis.summary]
    facts = {"study": about.study, "date": about.date, "command": about.command, "version": clinical_r1.__version__}
    more = {
        "epsilon": analysis.epsilon,
        "margin": {"absolute": MARGIN, "share": SHARE},
        "verdicts": UNCORRECTED,
        "corrected": MAIN,
        "summary": [text for _, text in summary],
        "notes": list(analysis.labelled.notes),
    }
    write_results(folder / "results.json", analysis.tables, facts | more)
    write_corrected(folder / FILE, analysis.tables, {"judge": next(iter(analysis.labelled.judges), ""), **facts})
    write_cards(folder, analysis, facts)
    page = Page(
        title=about.title,
        subtitle=f"{', '.join(analysis.labelled.judges) or 'no judge'} against {_counted(analysis.labelled.raters)}",
        summary=summary,
        sections=sections,
        samples=list(samples),
        samples_intro=SAMPLES,
        facts=[
            *((label.capitalize(), value) for label, value in facts.items()),
            ("All numbers", "results.json"),
            ("Corrected numbers", "corrected.json (clinical-r1 report --study)"),
            *about.facts,
        ],
    )
    return write_whole(folder / "index.html", render(page))


def _counted(raters: Sequence[str]) -> str:
    return f"{len(raters)} rater{'s' * (len(raters) != 1)}"


# --- chapters ---------------------------------------------------------------------------------------------------------
def _verdicts(output: _Output) -> Section:
    frame = output.tables["verdicts"]
    primary, others = _parted(frame, "primary")
    caption = (
        "Agreement beyond chance is Cohen's kappa, with quadratic weights where there are numbers; means over raters."
    )
    return _section(
        "verdicts",
        "May a judge stand in for a rater?",
        "Asked of each metric: is there enough to go by (3 raters with 30 items each), does the judge agree with "
        "raters beyond chance, is this agreement close to a rater's (the interval of the gap above "
        f"−{MARGIN:g}, and above −{SHARE:.0%} of the raters' own), and is it as good as half of the raters within the "
        f"margin ε = {output.analysis.epsilon:g} (the alternative annotator test, arXiv 2501.10970)? The test alone "
        f"would pass a judge that misses most of what is rare. {UNCORRECTED}",
        [
            _agreement(output),
            _table("verdicts", primary, study_views.verdicts, caption, output),
            _table(
                "verdicts_counts", others, study_views.verdicts, "The same of counts.", output, "Verdicts on counts"
            ),
        ],
    )


def _agreement(output: _Output) -> Block | None:
    headlines, _ = _parted(output.tables["agreement"], "headline")
    draw = partial(agreement.figure, palette=output.judges)
    return _figure("agreement", headlines, output, draw, agreement.caption)


def _corrected(output: _Output) -> Section:
    tables = output.tables
    primary, _ = _parted(tables["corrected"], "primary")
    draw = partial(corrected.figure, palette=output.checkpoints)
    alike = "Judge less raters: where it errs more on one checkpoint, differences as it sees them are biased."
    return _section(
        "corrected",
        "What would raters say of all responses?",
        "The judge's figures over all judged responses, corrected by its errors on the labelled ones (PPI++, weighted "
        "as the items were drawn, clustered by question). They are about what raters would say, not about a truth "
        f"beyond them. {MAIN} The judge's errors are of these raters. `λ` is how far the judge "
        "was trusted: at 0 the labels stand alone.",
        [
            _figure("corrected", primary, output, draw, corrected.caption),
            *_both("corrected", study_views.corrected, "As judged, by labels alone, and corrected.", output),
            *_both("corrected_differences", study_views.corrected_differences, PAIRS, output),
            *_both("errors", study_views.errors, alike, output),
            *_both("errors_by_checkpoint", study_views.errors_by_checkpoint, "Tests of that.", output),
            _missing(output),
        ],
    )


PAIRS = "Between responses to the same questions. Holm's correction is over the primary forms, and over the counts."


def _missing(output: _Output) -> Block | None:
    if len(output.tables["corrected"]):
        return None
    why = [note for note in output.analysis.labelled.notes if "corrected" in note]
    return Text(["There are no corrected numbers.", *why])


def _raters(output: _Output) -> Section:
    tables = output.tables
    again = tables["consistency"]
    everyone = again[(again["rater"] == EVERYONE) & (again["within"] == 0)] if len(again) else again
    spans = "Spans are the same if they share half of the longer one; n counts items times pairs of sides."
    short = "Alpha at the level of the numbers; kappa and AC with quadratic weights where there are numbers."
    return _section(
        "raters",
        "Do raters agree?",
        "No judge can be asked to agree with raters better than they do with each other. Alpha, kappa and AC are 0 "
        "where agreement is what chance gives and 1 where it is complete; kappa and alpha fall where one value is "
        "rare, AC does not. The level is nominal for a yes or no, interval for shares and ratio for counts, where 0 "
        "beside 1 is as far apart as can be.",
        [
            _table("raters", tables["raters"], study_views.raters, short, output),
            _table(
                "raters_all", tables["raters"], study_views.all_of_raters,
                "Of all raters, or means over pairs.", output, "All coefficients",
            ),
            _table("consistency", everyone, study_views.repeats, "Items that came twice.", output),
            _table("consistency_all", again, study_views.consistency, "By rater.", output, "Repeats, rater by rater"),
            _table("spans", tables["spans"], study_views.spans, spans, output),
            _table("labels", tables["labels"], study_views.labels, "How much was rated.", output),
            _table("work", tables["work"], study_views.work, "What raters did; hidden repeats included.", output),
        ],
    )  # fmt: skip


def _against(output: _Output) -> Section:
    tables = output.tables
    numbers = tables["bias"][tables["bias"]["form"] != "any"] if len(tables["bias"]) else tables["bias"]
    draw = partial(bland_altman.figure, points=tables["points"], palette=output.judges)
    about = "Judge less the mean of raters. Limits of agreement are unweighted."
    binary = "At least one instance, by the majority of raters against the judge; items with a tie are left out."
    headlines, _ = _parted(tables["agreement"], "headline")
    headlines = headlines[headlines["metric"].map(_is_primary)] if len(headlines) else headlines
    every = "95 % intervals over questions."
    return _section(
        "judges",
        "How does the judge do beside a rater?",
        "Each rater in turn is left out: the rater and the judge in its place are compared with the others, on the "
        "same items. Where the judge's interval lies below the rater's, it agrees less than a rater does.",
        [
            _table("ceiling", headlines, study_views.headlines, "Agreement beyond chance (kappa).", output),
            _table("agreement", tables["agreement"], study_views.agreement, every, output, "All coefficients"),
            _figure("bias", numbers, output, draw, bland_altman.caption),
            *_both("bias", study_views.bias, about, output),
            _table("binary", tables["binary"], study_views.binary, binary, output),
        ],
    )


def _margins(output: _Output) -> Section:
    tables = output.tables
    draw = partial(alt_test_margins.figure, palette=output.judges)
    each = f"Against each rater, at ε = {output.analysis.epsilon:g}."
    return _section(
        "alt-test",
        "The alternative annotator test",
        "A judge passes at a margin ε where it is as good as at least half of the raters. Experts' time is dear: .2 "
        "is advised for them, .1 for casual raters.",
        [
            _figure("alt_test", tables["alt_test"], output, draw, alt_test_margins.caption),
            _table("alt_test", tables["alt_test"], study_views.alt_test, "Share of raters won.", output, "The numbers"),
            _table("annotators", tables["annotators"], study_views.annotators, each, output, "Rater by rater"),
        ],
    )


def _where(output: _Output) -> Section:
    strata = output.tables["strata"]
    worst, _ = _parted(strata, "worst")
    worst = worst[worst["metric"].map(_is_primary)] if len(worst) else worst
    lowest = "The kind of item with the lowest agreement, among those with 10 items or more."
    slopes = "Least squares of the judge's error on length and correctness together."
    return _section(
        "where",
        "Where does the judge err?",
        "By kind of item, by length and by whether the answer is right. Small groups have wide intervals, and the "
        "lowest of many is low by chance too; none of these numbers is tested.",
        [
            _table("worst", worst, study_views.worst, lowest, output),
            _table("strata", strata, study_views.strata, "All kinds of items.", output, "All kinds of items"),
            *_both("drivers", study_views.drivers, slopes, output),
        ],
    )


def _rivals(output: _Output) -> Section:
    caption = "On the items that both judged; `distance` is the mean distance from the mean of raters."
    return _section(
        "rivals",
        "Which judge is better?",
        "Judges in pairs, the second less the first: more agreement is better, more distance is worse.",
        _both("rivals", study_views.rivals, caption, output),
    )


_CHAPTERS: tuple[Callable[[_Output], Section], ...] = (
    _verdicts, _corrected, _raters, _against, _margins, _where, _rivals,
)  # fmt: skip


def _is_primary(key: str) -> bool:
    return METRICS[key].primary


def _both(name: str, view: View, caption: str, output: _Output) -> list[Block | None]:
    """A table of the primary forms, and folded away the same of counts."""
    frame = output.tables[name]
    if frame.empty:
        return []
    primary = frame["metric"].map(_is_primary).astype(bool)
    return [
        _table(name, frame[primary], view, caption, output, long=4 * LONG),
        _table(f"{name}_counts", frame[~primary], view, caption, output, "The same of counts"),
    ]


def _parted(frame: pd.DataFrame, flag: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with a flag, and the others."""
    if frame.empty:
        return frame, frame
    return frame[frame[flag]], frame[~frame[flag].astype(bool)]


# --- blocks -----------------------------------------------------------------------------------------------------------
def _section(id: str, title: str, intro: str, blocks: Sequence[Block | None]) -> Section:
    return Section(id, title, intro, [block for block in blocks if block])


def _figure(
    name: str,
    frame: pd.DataFrame,
    output: _Output,
    draw: Callable[[pd.DataFrame], Figure],
    caption: Callable[[pd.DataFrame], str],
) -> Block | None:
    if frame.empty:
        return None
    return figure_block(output.folder, name, partial(draw, frame), partial(caption, frame))


def _table(
    name: str,
    frame: pd.DataFrame,
    view: View,
    caption: str,
    output: _Output,
    folded: str = "",
    long: int = LONG,
) -> Block | None:
    if frame.empty:
        return None
    made = view(frame)
    folded = folded or ("The numbers" if len(made.frame) > long else "")
    return table_block(output.folder, name, made, caption, folded)
