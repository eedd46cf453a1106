"""`clinical-r1 study report`."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clinical_r1.commands import Commands
from clinical_r1.commands.arguments import count, number
from clinical_r1.errors import UserError
from clinical_r1.study.verdict import EPSILON

if TYPE_CHECKING:
    from clinical_r1.study.analysis import Analysis
    from clinical_r1.study.folder import Folder
    from clinical_r1.study.loading import Loaded

ABOUT = "how far judges agree with raters, whether one may stand in for them, and the corrected numbers of checkpoints"
CACHE = "cache"
"""Folder in the output for what was read from logs."""


def add_report(actions: Commands) -> None:
    """Declare the command among those of `clinical-r1 study`."""
    parser = actions.add_parser("report", help=ABOUT, description=f"{ABOUT[0].upper()}{ABOUT[1:]}.")
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
    add("--samples", type=number, default=40, metavar="N", help="items in the disagreement browser (40)")
    add("--resamples", type=count, default=2000, metavar="N", help="of bootstrap and permutations (2000)")
    add("--seed", type=int, default=0, help="of every random choice (0)")
    parser.set_defaults(run=run)


def _margin(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}: allowed is 0 to less than 1")
    return value


def run(arguments: argparse.Namespace) -> None:
    """Read the study, analyse it, and write the report.

    Raises:
        UserError: If the study or a log cannot be read, the study has no answers, or the report cannot be written.
    """
    from clinical_r1.study.analysis import analyse
    from clinical_r1.study.draws import Draws
    from clinical_r1.study.folder import read_folder
    from clinical_r1.study.loading import load
    from clinical_r1.untrusted import escape_controls

    folder = read_folder(arguments.folder)
    if not folder.answers:
        raise UserError(f"{arguments.folder}: no answers yet (clinical-r1 study import {arguments.folder} FILES…)")
    output: Path = arguments.output or arguments.folder / "report"
    loaded = load(folder, arguments.judge, cache=output / CACHE)
    draws = Draws(arguments.resamples, arguments.seed)
    analysis = analyse(loaded.labelled, draws, epsilon=arguments.epsilon)
    page = _write(analysis, folder, loaded, output, arguments.samples)
    for sentence in analysis.summary:
        print(escape_controls(sentence.text, one_line=True))
    print(f"report: {page}")


def _write(analysis: "Analysis", folder: "Folder", loaded: "Loaded", output: Path, samples: int) -> Path:
    from clinical_r1.reports.reader import sample_pairs, shown_items
    from clinical_r1.reports.study_page import About, write_study_report
    from clinical_r1.study.analysis import disagreements

    chosen = disagreements(loaded.labelled, samples)
    shown = shown_items(loaded.main, [one.item for one in chosen])
    newest = max((file.exported for file in folder.answers.values()), default=folder.protocol.created)
    about = About(
        title=f"Report: {folder.protocol.title}",
        command=shlex.join(["clinical-r1", *sys.argv[1:]]),
        study=folder.protocol.study,
        date=newest,
        facts=[("Made", folder.protocol.created), ("Asked of raters", ", ".join(folder.protocol.metrics))],
    )
    page: Path = write_study_report(analysis, output, about, sample_pairs(chosen, shown, loaded.labelled))
    return page
