"""`clinical-r1 distil`."""

import argparse
from functools import partial
from pathlib import Path

from clinical_r1.commands import Commands, add_command, complete_by


def add(commands: Commands) -> None:
    """Declare the command."""
    about = "cold-start traces from a teacher over the first half of a training set, and the second half for RL"
    epilog = "What stands after -- goes to inspect eval-set: -- --max-connections 20 --temperature 0.6"
    parser = add_command(commands, "distil", about, epilog=epilog)
    parser.add_argument("--teacher", required=True, metavar="MODEL", help="an Inspect model, openai/… or vllm/…")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for all that is made")
    parser.add_argument("--benchmark", default="medqa", help="medqa, medmcqa or medxpertqa (medqa)")
    parser.add_argument(
        "--dataset", metavar="FILE|HUB", help="training set in the benchmark's layout (its hub edition)"
    )
    parser.add_argument("--split", help="split of a hub repository or folder (train)")
    about = "crpo, think, neutral, cot, direct or bare (crpo)"
    complete_by(parser.add_argument("--prompt", default="crpo", help=about), _prompts)
    parser.add_argument("--limit", type=int, metavar="N", help="ask a random sample of N questions")
    parser.add_argument("--votes", type=int, default=1, metavar="N", help="attempts per question (1)")
    parser.add_argument("--per-question", type=int, default=1, metavar="N", help="traces per question, at most (1)")
    parser.add_argument("--keep", default="both", help="correct, well-formed, both or all (both)")
    parser.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="BENCHMARK[=FILE]",
        help="drop training questions that are nearly in this test set; repeatable",
    )
    parser.add_argument("--keep-near-duplicates", action="store_true", help="report them and keep them")
    parser.add_argument("--on-bad-record", default="error", help="error, or skip to leave unusable records out (error)")
    parser.add_argument("--seed", type=int, default=0, help="of the split into halves (0)")
    parser.add_argument("inspect_args", nargs="*", metavar="-- ARGUMENT", help="arguments of inspect eval-set")
    parser.set_defaults(run=_run)


def _prompts() -> tuple[str, ...]:
    from clinical_r1.prompts import PROMPTS

    return PROMPTS


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.distil import distil
    from clinical_r1.distil.traces import Distillation

    given = vars(arguments) | {"tests": tuple(arguments.test), "inspect_args": tuple(arguments.inspect_args)}
    job = Distillation(**{name: given[name] for name in Distillation.__dataclass_fields__})
    traces = distil(job, say=partial(print, flush=True))
    print(f"traces: {traces}")
