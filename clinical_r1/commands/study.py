"""`clinical-r1 study plan`, `new`, `simulate`, `import`, `adjudicate` and `report`."""

import argparse
import shlex
import sys
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from clinical_r1.commands import (
    CACHE,
    Commands,
    add_command,
    add_link,
    check_known,
    complete_by,
    count,
    counts,
    metrics_judged,
    names,
    number,
)
from clinical_r1.errors import UserError, names_near
from clinical_r1.study.verdict import EPSILON


def _say(line: str) -> None:
    """Print one line of text that others may have written."""
    from clinical_r1.untrusted import escape_controls

    print(escape_controls(line, one_line=True))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _command() -> str:
    return shlex.join(["clinical-r1", *sys.argv[1:]])


# --- report -----------------------------------------------------------------------------------------------------------
REPORT = "how far judges agree with raters, whether one may stand in for them, and the corrected numbers of checkpoints"


def _add_report(actions: Commands) -> None:
    """Declare the command among those of `clinical-r1 study`."""
    parser = add_command(actions, "report", REPORT)
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="the study's folder")
    add("--judge", nargs="+", default=[], metavar="LOG", help="logs of the same runs that other judges scored")
    add("-o", "--output", type=Path, metavar="OUT", help="folder for page, tables and figures (DIR/report)")
    add(
        "--epsilon",
        type=_margin,
        default=EPSILON,
        metavar="E",
        help=f"margin of the alternative annotator test ({EPSILON:g})",
    )
    add(
        "--margin",
        nargs="+",
        default=[],
        metavar="METRIC=X",
        help="difference between checkpoints in a judge's mean error that does not matter (0.05 of shares)",
    )
    add_link(parser)
    add("--samples", type=number, default=40, metavar="N", help="items in the disagreement browser (40)")
    add("--resamples", type=count, default=2000, metavar="N", help="of bootstrap and permutations (2000)")
    add("--seed", type=int, default=0, help="of every random choice (0)")
    parser.set_defaults(run=_report)


def _margin(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}: allowed is 0 to less than 1")
    return value


def _margins(given: list[str]) -> dict[str, float]:
    """Key of a metric -> margin."""
    from clinical_r1.metrics import METRICS

    found = {}
    for text in given:
        key, _, value = text.partition("=")
        if key not in METRICS:
            raise UserError(f"--margin {text}: no such metric; allowed are {names_near(key, METRICS)}")
        try:
            found[key] = float(value)
        except ValueError:
            found[key] = -1.0
        if not 0 < found[key] < inf:
            raise UserError(f"--margin {text}: allowed is METRIC=X with a number above 0")
    return found


def _report(arguments: argparse.Namespace) -> None:
    """Read the study, analyse it, and write the report.

    Raises:
        UserError: If the study or a log cannot be read, the study has no answers, or the report cannot be written.
    """
    from clinical_r1.reports.reader import sample_pairs
    from clinical_r1.reports.write import About, write_study_report
    from clinical_r1.stats.resampling import Resampling
    from clinical_r1.study.analysis import analyse, disagreements
    from clinical_r1.study.folder import read_folder
    from clinical_r1.study.loading import load

    margins = _margins(arguments.margin)
    folder = read_folder(arguments.folder)
    if not folder.answers:
        raise UserError(f"{arguments.folder}: no answers yet (clinical-r1 study import {arguments.folder} FILES…)")
    output: Path = arguments.output or arguments.folder / "report"
    loaded = load(folder, arguments.judge, cache=output / CACHE)
    resampling = Resampling(arguments.resamples, arguments.seed)
    analysis = analyse(loaded.labelled, resampling, epsilon=arguments.epsilon, margins=margins)
    chosen = disagreements(loaded.labelled, arguments.samples)
    about = About(
        title=f"Report: {folder.protocol.title}",
        command=_command(),
        study=folder.protocol.study,
        date=max(file.exported for file in folder.answers.values()),
        facts=[("Made", folder.protocol.created), ("Asked of raters", ", ".join(folder.protocol.metrics))],
        links=arguments.link,
    )
    page = write_study_report(analysis, output, about, sample_pairs(chosen, loaded.main, loaded.labelled))
    for sentence in analysis.summary:
        _say(sentence.text)
    print(f"report: {page}")


# --- the command ------------------------------------------------------------------------------------------------------
ABOUT = "studies of whether judges agree with clinicians, and what their numbers are once corrected"
PLAN = "how many items and raters a study needs, by simulation"
NEW = "draw responses from logs and write the material for raters: forms, Label Studio tasks, sheets"
SIMULATE = "answers of simulated raters to a study of responses in a small world, to try the rest of a study with"
ADJUDICATE = "a form over the items on which raters differ, with what each marked; what comes back is imported, too"
IMPORT = "take in what raters sent back, in any of the three forms; of several answers to an item the newest"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "study", ABOUT)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_plan(actions)
    _add_new(actions)
    _add_simulate(actions)
    _add_import(actions)
    _add_adjudicate(actions)
    _add_report(actions)


# --- plan -------------------------------------------------------------------------------------------------------------
def _add_plan(actions: Commands) -> None:
    parser = add_command(actions, "plan", PLAN)
    add = parser.add_argument
    add("--items", type=counts, default=[60, 120, 240, 480], metavar="N,…", help="responses labelled (60,120,240,480)")
    add("--raters", type=counts, default=[2, 3, 5], metavar="R,…", help="raters per item (2,3,5)")
    add("--prevalence", type=float, default=0.3, help="share of responses with an instance of the metric (0.3)")
    add("--sensitivity", type=float, default=0.8, help="the judge's: share of these that it finds (0.8)")
    add("--specificity", type=float, default=0.9, help="the judge's: share of the others that it passes (0.9)")
    add("--rater-sensitivity", type=float, default=0.9, help="a rater's (0.9)")
    add("--rater-specificity", type=float, default=0.95, help="a rater's (0.95)")
    add("--checkpoints", type=count, default=2, help="compared: all their responses to a question are labelled (2)")
    add("--difference", type=float, default=0.1, help="between two checkpoints, which is to be found (0.1)")
    add("--similarity", type=float, default=0.3, help="of their responses to a question, 0 to 1 (0.3)")
    add("--judged", type=count, default=1000, help="questions that the judge judges (1000)")
    add("--width", type=float, help="widest interval that will do, end to end")
    add("--width-of", default="corrected", help="corrected, difference, alpha or kappa: whose interval (corrected)")
    add("--power", type=float, help="least power that will do, 0 to 1")
    add("--minutes", type=float, metavar="M", help="a rater needs per item: prints hours per rater beside the labels")
    add("--draws", type=count, default=200, help="simulated studies of each size (200)")
    add("--seed", type=int, default=0, help="of the simulation (0)")
    parser.set_defaults(run=_plan)


def _plan(arguments: argparse.Namespace) -> None:
    from clinical_r1.study.plan import ABOUT_TABLE, WIDTHS, Expected, plan, plan_table, smallest

    if arguments.width_of not in WIDTHS:
        raise UserError(f"--width-of {arguments.width_of}: allowed are {names_near(arguments.width_of, WIDTHS)}")
    if arguments.power is not None and not 0 < arguments.power < 1:
        raise UserError(f"--power {arguments.power}: allowed is more than 0 and less than 1")
    if arguments.width is not None and not arguments.width > 0:
        raise UserError(f"--width {arguments.width}: allowed is a number above 0")
    if arguments.minutes is not None and not 0 < arguments.minutes <= 600:
        raise UserError(f"--minutes {arguments.minutes:g}: allowed is more than 0 and at most 600")
    expected = Expected(**{name: getattr(arguments, name) for name in Expected.__dataclass_fields__})
    rows = plan(expected, arguments.items, arguments.raters, draws=arguments.draws, seed=arguments.seed)
    best = smallest(rows, width=arguments.width, of=arguments.width_of, power=arguments.power)
    print(f"{ABOUT_TABLE}.")
    known = f"power to ±{0.98 / arguments.draws**0.5:.2f} or better"  # 1.96 standard errors of a share of one half
    print(f"Means over {arguments.draws} simulated studies of each size, {known}, seed {arguments.seed}.\n")
    print(plan_table(rows, best, arguments.minutes))
    if best is not None and arguments.minutes is not None:
        hours = f"{best.items * arguments.minutes / 60:.0f} h each, at {arguments.minutes:g} minutes per item"
        print(f"\n{best.items} items x {best.raters} raters = {hours}.")
    if best is None and (arguments.width is not None or arguments.power is not None):
        print("\nNo study of these sizes is enough: try more items (--items).")


# --- new --------------------------------------------------------------------------------------------------------------
def _add_new(actions: Commands) -> None:
    parser = add_command(actions, "new", NEW)
    add = parser.add_argument
    add("logs", nargs="+", metavar="LOG", help="logs, folders of them, or URLs; all checkpoints are compared")
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the study")
    about = "cecd,drc,faithfulness,hallucination,…"
    complete_by(add("--metrics", type=names, required=True, metavar="A,B", help=about), metrics_judged)
    add("--items", type=count, required=True, metavar="N", help="responses to label, of all checkpoints together")
    add("--raters", type=count, required=True, metavar="R", help="how many there are; they are called r1, r2, …")
    add("--overlap", type=count, metavar="K", help="raters per item (all for up to 120 items, else 3)")
    add("--repeats", type=float, default=0.05, help="share of a rater's items that come twice (0.05)")
    add("--benchmarks", type=names, metavar="A,B", help="only these benchmarks")
    add("--checkpoints", type=names, metavar="A,B", help="only these checkpoints, by their labels in reports")
    add("--judge", metavar="NAME", help="whose scores count where a log has several judges (the newest)")
    add("--facts", choices=("judge", "rules"), default="judge", help="whose list of a case's facts raters see (judge)")
    add(
        "--claims",
        choices=("all", "errors"),
        default="all",
        help="which claims raters mark: all, or only wrong ones (all)",
    )
    add("--practice", type=int, default=2, metavar="N", help="practice items with feedback, 0 to 2 (2)")
    add(
        "--draw",
        choices=("stratified", "active"),
        default="stratified",
        help="alike within strata, or active: likelier where judges differ or waver (stratified)",
    )
    add("--floor", type=float, default=0.5, help="of an active draw: share of probability that is alike for all (0.5)")
    add("--seed", type=int, default=0, help="of every random choice (0)")
    add("--title", default="Study of clinical reasoning", help="what raters read above the form")
    add(
        "--note",
        action="append",
        default=[],
        metavar="TEXT",
        help="what raters read before they begin: whom to ask, until when, what becomes of answers; repeatable",
    )
    parser.set_defaults(run=_new)


def _new(arguments: argparse.Namespace) -> None:
    from clinical_r1.analysis.sides import labelled
    from clinical_r1.logs import judges_in, read_logs
    from clinical_r1.study.material import Settings, make_material
    from clinical_r1.study.packet import write_study

    settings = Settings(
        metrics=tuple(dict.fromkeys(arguments.metrics)),
        items=arguments.items,
        raters=arguments.raters,
        overlap=arguments.overlap,
        seed=arguments.seed,
        title=arguments.title,
        notes=tuple(arguments.note),
        repeats=arguments.repeats,
        facts=arguments.facts,
        claims=arguments.claims,
        practice=arguments.practice,
        draw=arguments.draw,
        floor=arguments.floor,
    )
    log_set = labelled(read_logs(arguments.logs, judge=arguments.judge, progress=True))
    check_known("--benchmarks", arguments.benchmarks, (run.benchmark for run in log_set.runs))
    check_known("--checkpoints", arguments.checkpoints, (run.checkpoint for run in log_set.runs))
    log_set = log_set.only(arguments.benchmarks, arguments.checkpoints)
    if not log_set.runs:
        raise UserError("--benchmarks and --checkpoints leave no run")
    judges: dict[str, None] = {}
    if settings.draw == "active":
        judges = dict.fromkeys(name for names in judges_in(arguments.logs).values() for name in names)
    judged = [
        labelled(read_logs(arguments.logs, judge=name)).only(arguments.benchmarks, arguments.checkpoints)
        for name in judges
    ]
    material = make_material(log_set, settings, created=_now(), command=_command(), judged=judged)
    folder = write_study(material, arguments.output)
    protocol = material.protocol
    for note in material.notes:
        _say(note)
    print(
        f"{protocol.items} items: {protocol.checkpoints} checkpoints x {protocol.questions} questions in "
        f"{len(material.key.strata)} strata; {protocol.overlap} of {len(protocol.raters)} raters each"
    )
    print(f"{folder / 'key.json'} is not for raters: give each only their file in forms/, labelstudio/ or sheets/")
    print(f"study: {folder}")


# --- simulate ---------------------------------------------------------------------------------------------------------
def _add_simulate(actions: Commands) -> None:
    parser = add_command(actions, "simulate", SIMULATE)
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="folder of the study")
    add("--world", type=Path, required=True, metavar="WORLD", help="folder that clinical-r1 world wrote: what is true")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help="folder for a file per rater, as if exported")
    add("--seed", type=int, default=0, help="of what they find and miss (0)")
    parser.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> None:
    from clinical_r1.study.folder import read_folder
    from clinical_r1.study.simulated import CLINICIAN, simulate_answers
    from clinical_r1.world.build import read_world

    folder = read_folder(arguments.folder)
    medicine, cases = read_world(arguments.world)
    for path in simulate_answers(folder, medicine, cases, arguments.output, arguments.seed, _now()):
        print(f"written: {path}")
    print(
        f"SIMULATED raters: they find {CLINICIAN.sensitivity:.0%} of what is true, and mark what is not there in "
        f"{1 - CLINICIAN.specificity:.0%} of responses; harm and acceptance follow rules about what is true, and are a "
        f"step off in {CLINICIAN.wavering:.0%}; nothing here is a clinician's judgement"
    )


# --- import -----------------------------------------------------------------------------------------------------------
def _add_import(actions: Commands) -> None:
    parser = add_command(actions, "import", IMPORT)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the study")
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="what raters sent back; names do not matter"
    )
    parser.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> None:
    from clinical_r1.study.answers import import_files
    from clinical_r1.untrusted import escape_controls

    done = import_files(arguments.folder, arguments.files)
    problems = [f"{path}: {problem}" for path, found in done.rejected.items() for problem in found]
    for line in [*done.lines, *done.missing]:
        _say(line)
    for path in done.written:
        print(f"written: {path}")
    for problem in problems if len(problems) > 1 else ():
        _say(f"rejected: {problem}")
    if problems:
        files = len(arguments.files)
        more = f" (and {len(problems) - 1} more, listed above)" if len(problems) > 1 else ""
        taken = files - len(done.rejected)
        rest = f"{taken} of {files} files were imported, nothing of the others" if taken else "nothing was imported"
        raise UserError(escape_controls(f"{problems[0]}{more}; {rest}", one_line=True))


# --- adjudicate -------------------------------------------------------------------------------------------------------
def _add_adjudicate(actions: Commands) -> None:
    parser = add_command(actions, "adjudicate", ADJUDICATE)
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="folder of the study")
    add("-o", "--output", type=Path, required=True, metavar="FORM", help="the adjudicator's form, an HTML file")
    add("--seed", type=int, default=0, help="of the order of items, and of who is A (0)")
    parser.set_defaults(run=_adjudicate)


def _adjudicate(arguments: argparse.Namespace) -> None:
    from clinical_r1.study.adjudication import write_adjudication
    from clinical_r1.study.folder import ADJUDICATION, read_folder

    folder = read_folder(arguments.folder)
    number, compared = write_adjudication(folder, arguments.output, arguments.seed, _now())
    print(f"{number} of {compared} items that two raters or more have finished are to be adjudicated")
    print(f"{folder.path / ADJUDICATION} says which rater is A and which is B: it is not for the adjudicator")
    print(f"form: {arguments.output}")
