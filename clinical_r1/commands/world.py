"""`clinical-r1 world`."""

import argparse
from functools import partial
from pathlib import Path

from clinical_r1.commands import Commands, add_command, count, doing

DESCRIPTION = """Write a small world: invented diseases, readable cases in MedQA's layout, traces of an imperfect
teacher, the truth about every case, and an untrained model that is small enough to be trained on a laptop. With
--train, also train it: a cold start, then GRPO and CRPO from it, side by side. Nothing in a world is medicine."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(commands, "world", "write a small invented world, and train in it", description=DESCRIPTION)
    parser.add_argument("folder", type=Path, help="where to write; a world that is there already is kept")
    parser.add_argument("--seed", type=_seed, default=0, help="another seed is another world (0)")
    parser.add_argument("--traces", type=count, help="traces of the teacher (8000)")
    parser.add_argument("--rl", type=count, help="cases for reinforcement learning (2000)")
    parser.add_argument("--test", type=count, help="cases for evaluation (400)")
    parser.add_argument("--dev", type=count, help="cases to choose a checkpoint by while training runs (200)")
    parser.add_argument("--width", type=count, help="hidden size of the model, a multiple of 32 (64)")
    parser.add_argument("--layers", type=count, help="layers of the model (3)")
    parser.add_argument(
        "--train", type=_seed, nargs="+", metavar="SEED", help="train cold start, GRPO and CRPO, once for each seed"
    )
    parser.add_argument("--steps", type=count, help="updates of GRPO and of CRPO, with --train (the recipes' 120)")
    parser.set_defaults(run=_run)


def _seed(text: str) -> int:
    if not (text.isdecimal() and int(text) < 1 << 32):
        raise argparse.ArgumentTypeError(f"{text}: allowed is a whole number from 0 to {(1 << 32) - 1}")
    return int(text)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.commands.train import require_training
    from clinical_r1.world.arms import train_arms
    from clinical_r1.world.build import Size, build_world

    require_training()
    say = partial(print, flush=True)
    given = {name: getattr(arguments, name) for name in ("traces", "rl", "test", "dev", "width", "layers")}
    size = Size(**{name: value for name, value in given.items() if value is not None})
    doing("making a medicine, its cases and a model")
    folder = build_world(arguments.folder, seed=arguments.seed, size=size)
    say(f"world: {folder}")
    for seed in arguments.train or ():
        for run, final in train_arms(folder, seed, say, steps=arguments.steps).items():
            say(f"{run}, seed {seed}: {final}")
