"""`clinical-r1 …`: the commands beside Inspect's own.

Heavy imports wait inside the commands, so that `--help` answers at once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import clinical_r1
from clinical_r1.errors import UserError

Command = Callable[[argparse.Namespace], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        Exit status: 0, or 2 when the user's input cannot be used, with one line on standard error that says why.
    """
    parser = argparse.ArgumentParser(
        prog="clinical-r1",
        description="Evaluate, judge, train and compare clinical-reasoning language models.",
        epilog="Evaluations run through Inspect: inspect eval clinical_r1/medqa --model MODEL -T votes=5",
    )
    parser.add_argument("--version", action="version", version=f"clinical-r1 {clinical_r1.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_demo(commands)
    arguments = parser.parse_args(argv)
    run: Command = arguments.run
    try:
        run(arguments)
    except UserError as error:
        print(f"clinical-r1: {error}", file=sys.stderr)
        return 2
    return 0


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "evaluate the embedded baselines on the bundled vignettes and print the table: no key, no GPU, no download"
    parser = commands.add_parser("demo", help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for logs and report (demo)")
    parser.add_argument("--votes", type=int, default=5, help="completions a question (5)")
    parser.add_argument("--quick", action="store_true", help="MedQA alone")
    parser.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> None:
    from clinical_r1.demo import run_demo

    say = partial(print, flush=True)
    report = run_demo(arguments.output, votes=arguments.votes, quick=arguments.quick, say=say)
    print(f"report: {report}")


if __name__ == "__main__":
    sys.exit(main())
