"""`clinical-r1 demo`."""

import argparse
from functools import partial
from pathlib import Path

from clinical_r1.commands import Commands


def add(commands: Commands) -> None:
    """Declare the command."""
    about = "evaluate the embedded baselines on the bundled vignettes and print the table: no key, no GPU, no download"
    parser = commands.add_parser("demo", help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for logs and report (demo)")
    parser.add_argument("--votes", type=int, default=5, help="completions a question (5)")
    parser.add_argument("--quick", action="store_true", help="MedQA alone")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.demo import run_demo

    say = partial(print, flush=True)
    report = run_demo(arguments.output, votes=arguments.votes, quick=arguments.quick, say=say)
    print(f"report: {report}")
