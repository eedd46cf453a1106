"""`clinical-r1 demo`."""

import argparse
from functools import partial
from pathlib import Path

from clinical_r1.commands import Commands, add_command

DESCRIPTION = """A study in miniature, by the commands that a researcher runs: train a tiny model in an invented world
(a cold start, then GRPO and CRPO from it), evaluate the checkpoints, judge their reasoning, ask simulated raters, and
report. No key, no GPU, no download. If you stop it, run it again to resume."""


def add(commands: Commands) -> None:
    """Declare the command."""
    about = "train, evaluate, judge, study and report in a small invented world: no key, no GPU, no download"
    parser = add_command(commands, "demo", about, description=DESCRIPTION)
    add = parser.add_argument
    add("-o", "--output", type=Path, metavar="DIR", help="folder for everything (demo, or demo-quick)")
    add("--quick", action="store_true", help="a 3-minute smoke test; its results mean nothing")
    add("--seeds", type=int, default=1, metavar="N", help="training seeds; several speak about the methods (1)")
    add(
        "--model",
        action="append",
        default=[],
        metavar="MODEL",
        help="a model of your own on the same cases, as Inspect calls it",
    )
    add("--grader", metavar="MODEL", help="a model that judges, instead of rules; of each checkpoint 40 responses")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.commands.train import require_training
    from clinical_r1.demo import run_demo

    require_training()
    page = run_demo(
        arguments.output or Path("demo-quick" if arguments.quick else "demo"),
        quick=arguments.quick,
        seeds=arguments.seeds,
        models=arguments.model,
        grader=arguments.grader,
        say=partial(print, flush=True),
    )
    print(f"report: {page}")
