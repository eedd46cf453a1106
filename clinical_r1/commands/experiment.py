"""`clinical-r1 experiment`."""

import argparse
from functools import partial
from pathlib import Path

from clinical_r1.commands import Commands, add_command, count


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "experiment", "train arms x levels x seeds from one file, evaluate and report them")
    parser.add_argument("file", type=Path, help="the experiment, a .yaml file (see docs/training.md)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of everything; a stopped one goes on")
    parser.add_argument("--at-once", type=count, default=2, help="commands that run side by side (2)")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, and about how long they take")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.commands.train import require_training
    from clinical_r1.experiment import run_experiment

    if not arguments.dry_run:
        require_training()
    given = {"at_once": arguments.at_once, "dry_run": arguments.dry_run, "say": partial(print, flush=True)}
    summary = run_experiment(arguments.file, arguments.output, **given)
    if summary:
        print(f"summary: {summary}")
