"""`clinical-r1 …`: the commands beside Inspect's own."""

# PYTHON_ARGCOMPLETE_OK
import argparse
import os
import sys
from collections.abc import Callable, Sequence

import clinical_r1
from clinical_r1.commands import (
    Parser,
    demo,
    distil,
    experiment,
    judge,
    plan,
    report,
    rewards,
    rollouts,
    study,
    train,
    world,
)
from clinical_r1.errors import UserError

Command = Callable[[argparse.Namespace], None]


ELSEWHERE = {
    "evaluate": "inspect eval clinical_r1/medqa --model MODEL -T votes=5",
    "eval": "inspect eval clinical_r1/medqa --model MODEL -T votes=5",
    "score": "clinical-r1 judge LOG",
    "view": "inspect view --log-dir logs",
}
"""What people type -> the command that does it."""


def parser() -> Parser:
    """All commands with their options."""
    whole = Parser(
        prog="clinical-r1",
        description="Evaluate, judge, train and compare clinical-reasoning language models.",
        epilog="Evaluations run through Inspect:\n  inspect eval clinical_r1/medqa --model MODEL -T votes=5\n"
        'For completion by Tab in bash and zsh:\n  eval "$(register-python-argcomplete clinical-r1)"',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"clinical-r1 {clinical_r1.__version__}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        demo,
        judge,
        report,
        plan,
        study,
        train,
        experiment,
        rollouts,
        distil,
        rewards,
        world,
    ):  # the story's order
        command.add(commands)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        Exit status: 0, or 2 when the user's input cannot be used, with one line on standard error that says why.
    """
    whole = parser()
    if "_ARGCOMPLETE" in os.environ:  # Tab was pressed; imported only then, and ends the process
        import argcomplete

        argcomplete.autocomplete(whole)
    typed = sys.argv[1:] if argv is None else argv
    if typed and typed[0] in ELSEWHERE:
        whole.error(f"{typed[0]}: no command of clinical-r1; type: {ELSEWHERE[typed[0]]}")
    arguments, rest = whole.parse_known_args(argv)
    # `key=value` is taken after an option too, as in `train crpo --dry-run seed=1`: argparse alone would refuse it.
    overrides = [word for word in rest if "overrides" in arguments and "=" in word and not word.startswith("-")]
    if wrong := [word for word in rest if word not in overrides]:
        arguments.parser.unrecognized(wrong)
    if overrides:
        arguments.overrides = [*arguments.overrides, *overrides]
    run: Command = arguments.run
    try:
        run(arguments)
    except UserError as error:
        print(f"clinical-r1: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("clinical-r1: interrupted; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
