"""`clinical-r1 report`."""

import argparse

from clinical_r1.commands import Commands
from clinical_r1.commands.report_options import CACHE, add_options, check_paths, prepared, rules, write

ABOUT = "tables, figures and one page about the checkpoints in a set of logs, each against a baseline"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("report", help=ABOUT, description=f"{ABOUT[0].upper()}{ABOUT[1:]}.")
    parser.add_argument("logs", nargs="+", metavar="LOG", help="logs, folders of them, or URLs")
    parser.add_argument("--baseline", metavar="NAME", help="the checkpoint that others are compared with")
    add_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.analysis.arms import against_baseline
    from clinical_r1.logs import read_logs

    check_paths(arguments)
    study = read_logs(arguments.logs, cache=arguments.output / CACHE, judge=arguments.judge, progress=True)
    study = prepared(study, arguments)
    comparisons, left_out = against_baseline(study, arguments.baseline, rules(arguments))
    write(study, comparisons, arguments, "Report", left_out)
