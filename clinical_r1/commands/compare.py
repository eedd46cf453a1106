"""`clinical-r1 compare`."""

import argparse
from dataclasses import replace

from clinical_r1.commands import Commands
from clinical_r1.commands.report_options import CACHE, add_options, check_paths, prepared, rules, write

ABOUT = "two checkpoints, or two methods with several training seeds each, on the same questions"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("compare", help=f"compare {ABOUT}", description=f"Compare {ABOUT}.")
    what = "logs of the side that is {}; several checkpoints are training seeds of one method"
    parser.add_argument("--a", nargs="+", required=True, metavar="LOG", help=what.format("subtracted"))
    parser.add_argument("--b", nargs="+", required=True, metavar="LOG", help=what.format("looked at"))
    parser.add_argument(
        "--paired-seeds",
        action="store_true",
        help="checkpoints of both sides with one training seed belong together (one was trained from the other)",
    )
    add_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.analysis.arms import two_arms
    from clinical_r1.logs import read_sides

    check_paths(arguments)
    study, side_a, side_b = read_sides(
        arguments.a, arguments.b, cache=arguments.output / CACHE, judge=arguments.judge, progress=True
    )
    study = prepared(study, arguments)
    kept = {run.index: run for run in study.runs}
    first, second = ([kept[run.index] for run in side if run.index in kept] for side in (side_a, side_b))
    comparisons = two_arms(study, first, second, replace(rules(arguments), paired_seeds=arguments.paired_seeds))
    write(study, comparisons, arguments, "Comparison")
