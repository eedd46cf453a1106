"""`clinical-r1 report` and `clinical-r1 compare`."""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from clinical_r1.commands import CACHE, Commands, add_command, add_link, check_known, count, doing, names
from clinical_r1.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from clinical_r1.analysis.contrast import Contrast
    from clinical_r1.analysis.sides import Comparison
    from clinical_r1.analysis.verdict import Verdict
    from clinical_r1.logs import LogSet


# --- options of both, and what they write -----------------------------------------------------------------------------
def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that both commands have."""
    add = parser.add_argument
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for page, tables and figures")
    add("--benchmarks", type=names, metavar="A,B", help="only these benchmarks")
    add(
        "--margin",
        action="append",
        default=[],
        metavar="METRIC=SHARE",
        help="a difference that does not matter (accuracy=.02); may be repeated",
    )
    add(
        "--paired-seeds",
        action="store_true",
        help="checkpoints of two methods with one training seed belong together (one was trained from the other)",
    )
    add("--json", action="store_true", help="print the verdict as JSON, and nothing else")
    add("--by", type=names, metavar="A,B", help="strata: body_system,question_type,… (those that there are)")
    add("--judge", metavar="NAME", help="whose scores count where a log has several judges (the newest)")
    add(
        "--training",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="output folders of training runs, for curves",
    )
    add("--judge-card", type=Path, nargs="+", default=[], metavar="FILE", help="judge cards that judge_bench wrote")
    add("--study", type=Path, metavar="DIR", help="a study of raters, for corrected numbers beside those of its judge")
    add("--title", metavar="TEXT", help="a few words before the verdict, such as what was trained")
    add_link(parser)
    add(
        "--note",
        action="append",
        default=[],
        metavar="TEXT",
        help="a remark to know before the page is quoted; may be repeated",
    )
    add(
        "--commands", type=Path, metavar="FILE", help="shell script that made the logs, to be shown; `# …` is a heading"
    )
    add("--incomplete", choices=("include", "refuse"), default="include", help="unfinished logs (include)")
    add("--own-format", action="store_true", help="compare checkpoints in the format each was trained on")
    add("--allow-mismatch", action="store_true", help="compare runs that differ, on what both have")
    add("--samples", type=count, default=40, metavar="N", help="single responses on the page (40)")
    add("--resamples", type=count, default=10_000, metavar="N", help="of bootstrap and permutations (10000)")
    add("--seed", type=int, default=0, help="of every random choice (0)")
    add("--export", nargs="+", choices=("hub", "every-eval"), default=[], help="results in formats that others read")
    add("--export-as", nargs="+", default=[], metavar="NAME=ID", help="what others call a checkpoint, or a task")


def check_paths(arguments: argparse.Namespace) -> None:
    """Refuse an output that is no folder and files that are not there, before anything is read.

    Raises:
        UserError: With the option and what is wrong.
    """
    output: Path = arguments.output
    if output.exists() and not output.is_dir():
        raise UserError(f"--output {output}: is a file; allowed is a folder, or a name that is not there yet")
    if any(output.glob("*.eval")):
        raise UserError(f"--output {output}: holds logs, among which a report would be lost; name another folder")
    given = [("--judge-card", path) for path in arguments.judge_card] + [("--commands", arguments.commands)]
    for option, path in given:
        if path is not None and not path.is_file():
            raise UserError(f"{option} {path}: no such file")


def prepared(log_set: "LogSet", arguments: argparse.Namespace) -> "LogSet":
    """The logs of the benchmarks asked for, checkpoints labelled and in order; unfinished ones refused if asked.

    Raises:
        UserError: If a benchmark that is named is not there, or a run is unfinished and that is refused.
    """
    from clinical_r1.analysis.sides import in_order, labelled
    from clinical_r1.analysis.strata import check_strata

    check_known("--benchmarks", arguments.benchmarks, (run.benchmark for run in log_set.runs))
    log_set = labelled(in_order(log_set.only(arguments.benchmarks)))
    check_strata(arguments.by, log_set)
    missing = [run for run in log_set.runs if run.found < run.expected]
    if missing and arguments.incomplete == "refuse":
        said = "; ".join(f"{run.checkpoint} on {run.benchmark} has {run.found} of {run.expected}" for run in missing)
        raise UserError(f"unfinished runs: {said} samples (inspect eval-retry LOG finishes one; --incomplete include)")
    return log_set


def write(
    log_set: "LogSet",
    comparisons: "Sequence[Comparison]",
    arguments: argparse.Namespace,
    left_out: Sequence[str] = (),
    contrast: "Contrast | None" = None,
    judged_by: "Mapping[str, LogSet] | None" = None,
) -> None:
    """Make everything, write it, and say in words what came out."""
    from clinical_r1.analysis.results import analyse
    from clinical_r1.analysis.training import curves
    from clinical_r1.reports.exports import check_names, export
    from clinical_r1.reports.write import write_report
    from clinical_r1.stats.resampling import Resampling
    from clinical_r1.untrusted import escape_controls

    outside = check_names(arguments.export_as, log_set.runs)
    doing(f"comparing {len(log_set.runs)} runs, {len(log_set.responses):,} responses")
    results = analyse(
        log_set,
        comparisons,
        by=arguments.by,
        training=curves(arguments.training) if arguments.training else None,
        samples=arguments.samples,
        resampling=Resampling(arguments.resamples, arguments.seed),
        left_out=[*left_out, *arguments.note],
        corrected=_corrected(arguments.study, log_set),
        contrast=contrast,
        judged_by=judged_by,
    )
    command = shlex.join(["clinical-r1", *sys.argv[1:]])
    doing("drawing figures and writing the page")
    page = write_report(
        results,
        arguments.output,
        title=arguments.title or "",
        command=command,
        cards=arguments.judge_card,
        script=arguments.commands,
        links=arguments.link,
    )
    for line in export(results, arguments.output, arguments.export, outside, time()):
        print(escape_controls(line, one_line=True), file=sys.stderr)
    _say(results.verdict, page, as_json=arguments.json)


def _say(verdict: "Verdict", page: Path, *, as_json: bool) -> None:
    """The verdict on standard output: in words, or as JSON and nothing else."""
    from clinical_r1.files import jsonable
    from clinical_r1.untrusted import escape_controls

    if as_json:
        print(json.dumps(jsonable({**verdict.as_dict(), "page": str(page)}), indent=1))
        return
    for line in verdict.lines():
        print(escape_controls(line, one_line=True))
    print(f"report: {page}")


def _corrected(folder: Path | None, log_set: "LogSet") -> "pd.DataFrame | None":
    """What raters' labels make of the judge's numbers, for the checkpoints and benchmarks of the report.

    Raises:
        UserError: If the study has no report, or is of other checkpoints or benchmarks.
    """
    if folder is None:
        return None
    from clinical_r1.study.corrected import corrected_table

    found = corrected_table(folder)
    known = {(run.benchmark, run.checkpoint) for run in log_set.runs}
    ours = [
        all((benchmark, name) in known for name in names if isinstance(name, str))
        for benchmark, *names in found[["benchmark", "checkpoint", "a", "b"]].itertuples(index=False)
    ]
    if not any(ours):
        single = found[found["checkpoint"].notna()]
        pairs = sorted(set(zip(single["checkpoint"].astype(str), single["benchmark"].astype(str), strict=True)))
        about = ", ".join(f"{checkpoint} on {benchmark}" for checkpoint, benchmark in pairs)
        raise UserError(f"--study {folder}: is of {about or 'no checkpoint'}, which these logs do not have")
    return found[ours]


def add(commands: Commands) -> None:
    """Declare both commands."""
    _add_report(commands)
    _add_compare(commands)


# --- report -----------------------------------------------------------------------------------------------------------
def _add_report(commands: Commands) -> None:
    about = "one page, tables and figures about the checkpoints in a set of logs, and about one contrast of two methods"
    parser = add_command(commands, "report", about)
    parser.add_argument("logs", nargs="*", metavar="LOG", help="logs, folders of them, or URLs")
    parser.add_argument(
        "--side",
        nargs="+",
        action="append",
        default=[],
        metavar=("NAME=LOG", "LOG"),
        help="logs of one method, whose checkpoints are training seeds; may be repeated",
    )
    parser.add_argument(
        "--contrast",
        metavar="B:A",
        help="the two methods that the page is about (CRPO against GRPO), or a YAML file that declares them",
    )
    parser.add_argument("--baseline", metavar="NAME", help="the checkpoint that others are compared with")
    add_options(parser)
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> None:
    from clinical_r1.analysis.contrast import declared_contrast, default_contrast, methods_of, with_margins
    from clinical_r1.analysis.sides import Rules, against_baseline
    from clinical_r1.logs import read_logs

    check_paths(arguments)
    sides = _sides(arguments)
    paths = [*arguments.logs, *(path for logs in sides.values() for path in logs)]
    if not paths:
        raise UserError("no logs: name some, or --side NAME=LOG")
    log_set = read_logs(paths, cache=arguments.output / CACHE, judge=arguments.judge, progress=True)
    log_set = prepared(log_set, arguments)
    methods = methods_of(log_set.runs, _runs_of(sides, log_set))
    contrast = declared_contrast(arguments.contrast, methods) if arguments.contrast else None
    contrast = contrast or default_contrast(methods, arguments.baseline)
    if contrast:
        contrast = with_margins(contrast, arguments.margin)
    rules = Rules(arguments.allow_mismatch, arguments.own_format, arguments.paired_seeds)
    pair = (contrast.a, contrast.b) if contrast else None
    comparisons, left_out = against_baseline(log_set, arguments.baseline, rules, methods, pair)
    others = _other_judges(paths, log_set, arguments) if contrast else {}
    write(log_set, comparisons, arguments, left_out, contrast, others)


def _sides(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Method -> its logs, as `--side` and the file of the contrast name them."""
    from clinical_r1.analysis.contrast import declared_sides, is_file

    found = declared_sides(Path(arguments.contrast)) if arguments.contrast and is_file(arguments.contrast) else {}
    for first, *more in arguments.side:
        name, equals, log = first.partition("=")
        if not (name and equals and log):
            raise UserError(f"--side {first}: allowed is NAME=LOG, and further logs behind it")
        found[name] = [log, *more]
    return found


def _runs_of(sides: "Mapping[str, Sequence[str]]", log_set: "LogSet") -> dict[str, list[int]]:
    """Method -> runs with a log among its files."""
    from clinical_r1.logs.find import find_logs

    files = {name: {file.path for file in find_logs(paths)} for name, paths in sides.items()}
    return {name: [run.index for run in log_set.runs if files[name] & set(run.paths)] for name in files}


def _other_judges(paths: "Sequence[str]", log_set: "LogSet", arguments: argparse.Namespace) -> "dict[str, LogSet]":
    """Judges whose scores do not count -> the same logs with theirs."""
    from clinical_r1.logs import judges_in, read_logs

    cache = arguments.output / CACHE
    used = {run.grounding_judge for run in log_set.runs}
    others = [judge for judge in judges_in(paths, cache=cache)["grounding"] if judge not in used]
    return {judge: prepared(read_logs(paths, cache=cache, judge=judge), arguments) for judge in others}


# --- compare ----------------------------------------------------------------------------------------------------------
def _add_compare(commands: Commands) -> None:
    about = "compare two checkpoints, or two methods with several training seeds each, on the same questions"
    parser = add_command(commands, "compare", about)
    what = "logs of {}; several checkpoints are training seeds of one method"
    parser.add_argument(
        "--a", nargs="+", required=True, metavar="LOG", help=what.format("method A: differences are B - A")
    )
    parser.add_argument("--b", nargs="+", required=True, metavar="LOG", help=what.format("method B"))
    add_options(parser)
    parser.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> None:
    from clinical_r1.analysis.contrast import Contrast, with_margins
    from clinical_r1.analysis.sides import Rules, two_arms
    from clinical_r1.logs import read_sides

    check_paths(arguments)
    log_set, side_a, side_b = read_sides(
        arguments.a, arguments.b, cache=arguments.output / CACHE, judge=arguments.judge, progress=True
    )
    log_set = prepared(log_set, arguments)
    kept = {run.index: run for run in log_set.runs}
    first, second = ([kept[run.index] for run in side if run.index in kept] for side in (side_a, side_b))
    rules = Rules(arguments.allow_mismatch, arguments.own_format, arguments.paired_seeds)
    comparisons = two_arms(log_set, first, second, rules)
    contrast = Contrast(comparisons[0].a, comparisons[0].b, declared="on the command line")
    contrast = with_margins(contrast, arguments.margin)
    paths = [*arguments.a, *arguments.b]
    write(log_set, comparisons, arguments, (), contrast, _other_judges(paths, log_set, arguments))
