"""`clinical-r1 train`."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clinical_r1.commands import Commands, add_command, complete_by
from clinical_r1.errors import UserError
from clinical_r1.recipes import bundled

if TYPE_CHECKING:
    from clinical_r1.train.recipe import Recipe
    from clinical_r1.train.reward_functions import Rollout, Term

EXTRA = ("torch", "transformers", "trl", "peft", "accelerate")
"""What a run needs beside the package: its extra `train`."""


def add(commands: Commands) -> None:
    """Declare the command."""
    about = "train by a recipe: cold start, GRPO or CRPO"
    parser = add_command(commands, "train", about)
    about = "a .yaml file, or the name of a bundled recipe (see --list)"
    complete_by(parser.add_argument("recipe", nargs="?", help=about), bundled)
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="other values: learning_rate=1e-5 lora.rank=16 rewards.consistency=null (null removes a key)",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--list", action="store_true", help="list the bundled recipes")
    mode.add_argument("--dry-run", action="store_true", help="print steps, rollouts, tokens, memory and the recipe")
    mode.add_argument("--resume", type=Path, metavar="CHECKPOINT", help="go on from a checkpoint folder")
    mode.add_argument("--export-verl", type=Path, metavar="DIR", help="write data, reward and launch line for verl")
    mode.add_argument("--import-verl", type=Path, metavar="LOG", help="write the run's record from verl's console")
    parser.add_argument("--processes", type=int, help="GPUs that --dry-run counts with (1, or what accelerate set)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.train.recipe import abouts, load

    if arguments.list:
        names = abouts()
        width = max(map(len, names))
        print("\n".join(f"{name:{width}}  {about}" for name, about in names.items()))
        return
    if arguments.recipe is None:
        raise UserError("no recipe: name one, such as crpo, or see them with --list")
    recipe = load(arguments.recipe, arguments.overrides)
    if arguments.dry_run:
        from clinical_r1.train.dry_run import dry_run

        given: int | None = arguments.processes
        processes = int(os.environ.get("WORLD_SIZE", "1")) if given is None else given
        print(dry_run(recipe, processes), end="")
    elif arguments.processes is not None:
        raise UserError("--processes: only with --dry-run; a run takes its processes from accelerate launch")
    elif arguments.export_verl:
        _export(recipe, arguments.export_verl)
    elif arguments.import_verl:
        from clinical_r1.verl import write_record

        print(f"record: {write_record(recipe, arguments.import_verl)}")
    else:
        _train(recipe, arguments.resume)


def _export(recipe: "Recipe", folder: Path) -> None:
    from clinical_r1.train.data import held_out_questions, training_questions
    from clinical_r1.train.recipe import RlRecipe
    from clinical_r1.verl import export

    questions, held_out = [], []
    if isinstance(recipe, RlRecipe):
        questions = training_questions(recipe.data).questions
        if recipe.held_out:
            held_out = held_out_questions(recipe, recipe.held_out, questions).questions
    export(recipe, questions, held_out, folder)
    print(f"data: {folder / 'train.parquet'} ({len(questions)} questions, {len(held_out)} held out)")
    print(f"launch: {folder / 'run.sh'}")


def _train(recipe: "Recipe", resume: Path | None) -> None:
    require_training()
    from clinical_r1.train.run import train

    folder = train(recipe, resume=resume, say=partial(print, flush=True), watch=watched())
    if os.environ.get("RANK", "0") == "0":  # `accelerate launch` runs this in every process
        print(f"model: {folder}")


def watched() -> "dict[str, Term]":
    """Column of a training record -> what a sample of rollouts is asked that training itself cannot know."""
    return {"harm_any": _harms}


def _harms(rollout: "Rollout") -> float:
    """Whether the rules judge reads a finding that is invented or against the case, as `clinical-r1 judge --rules`."""
    from clinical_r1.item import item_of
    from clinical_r1.judging.counting import count
    from clinical_r1.judging.rules import judge_by_rules

    asked = ("hallucination",)
    item = item_of("", 1, rollout.question, rollout.options, rollout.target, rollout.completion)
    return count(judge_by_rules(item, asked), item, asked).values["harm_any"]


def require_training() -> None:
    """Refuse to start without the libraries that training needs.

    Raises:
        UserError: With the missing ones and the extra that brings them.
    """
    from importlib.util import find_spec

    if missing := [name for name in EXTRA if find_spec(name) is None]:
        raise UserError(
            f"training needs {', '.join(missing)}: install the extra train (pip install 'clinical-r1[train]', or "
            "make train-env in a clone)"
        )
