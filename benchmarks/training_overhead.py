"""Seconds per update of RL in the small world: `clinical-r1 train`, everything recorded, against TRL alone.

python benchmarks/training_overhead.py

TRL's own trainer gets the same settings, questions and model, and the reward as one function. Both train from the same
seed, so that an update of one has the rollouts of the other's, and runs alternate. Times are of the processor, one
thread: others on the machine stretch a wall clock more than these. No checkpoint is saved.

Whole updates differ by a tenth from one to the next, more than what is looked for. So the headline is what rewards and
logging take, where all of ours happens, less what they take in TRL alone, as a share of its update.
"""

import json
import logging
import warnings
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from _report import arguments, report, spread
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOTrainer

from clinical_r1.commands.train import watched
from clinical_r1.train.crpo import rl_settings, rl_trainer
from clinical_r1.train.data import rollout_rows, training_questions
from clinical_r1.train.recipe import RlRecipe, load
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.train.run import train
from clinical_r1.train.trl_settings import prepare_cpu, tokenizer_of
from clinical_r1.world.build import Size, build_world

AIM = 2.0
FIRST = 3
"""Updates that warm up and are not counted."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """Seconds of processor time from the beginning of an update to that of the next, its log and record included."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.inside: dict[int, float] = defaultdict(float)
        """Number of updates begun -> seconds in what is `timed`."""

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose time is taken."""

        def run(*given: Any, **named: Any) -> Any:
            start = process_time()
            result = function(*given, **named)
            self.inside[len(self.starts)] += process_time() - start
            return result

        return run

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Look at the clock."""
        self.starts.append(process_time())

    @property
    def seconds(self) -> list[float]:
        """Of each update but the first ones."""
        return [after - before for before, after in zip(self.starts, self.starts[1:], strict=False)][FIRST:]


def ours(recipe: RlRecipe, clock: Clock) -> GRPOTrainer:
    """What `clinical-r1 train` trains with."""
    trainer, _ = rl_trainer(recipe, None, 0, watched())
    trainer.add_callback(clock)
    return trainer


def plain(recipe: RlRecipe, clock: Clock) -> GRPOTrainer:
    """TRL alone, with the reward as one function."""
    tokenizer = tokenizer_of(recipe)

    def reward(completions: Any, target: Any, options: Any, question: Any, **_: Any) -> list[float]:
        return [
            crpo_reward(chat[0]["content"], letter, json.loads(choices), question=stem, cross_reference="lexical").total
            for chat, letter, choices, stem in zip(completions, target, options, question, strict=True)
        ]

    rows, _ = rollout_rows(training_questions(recipe.data), recipe.data, lambda _: 0)
    return GRPOTrainer(
        model=recipe.model,
        reward_funcs=reward,
        args=rl_settings(recipe, [1.0], tokenizer.eos_token_id),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[clock],
    )


def main(args: Namespace) -> None:
    """Measure and report."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with TemporaryDirectory() as name:
        folder = Path(name)
        world = build_world(folder / "world", size=Size(traces=1500, rl=400, test=10))
        cold = load(
            "world_cold_start",
            [f"model={world / 'model'}", f"traces={world / 'traces.jsonl'}", f"output={folder / 'cold'}", "epochs=3"],
        )
        model = train(cold, say=lambda _: None)
        seconds: dict[str, list[float]] = {"ours": [], "plain": []}
        inside: dict[str, list[float]] = {"ours": [], "plain": []}
        prepare_cpu(1)
        for turn in range(args.runs):
            for kind in (("ours", "plain"), ("plain", "ours"))[turn % 2]:
                paths = [f"model={model}", f"data.dataset={world / 'rl.jsonl'}", f"output={folder / f'{kind}-{turn}'}"]
                steps = [f"max_steps={FIRST + args.updates + 1}", "save_steps=10000", f"seed={turn}"]
                recipe = load("world_crpo", [*paths, *steps, "cross_reference=lexical"])
                assert isinstance(recipe, RlRecipe)
                Path(recipe.output).mkdir()
                clock = Clock()
                trainer = {"ours": ours, "plain": plain}[kind](recipe, clock)
                trainer.remove_callback(PrinterCallback)
                for part in ("_calculate_rewards", "log"):
                    setattr(trainer, part, clock.timed(getattr(trainer, part)))
                trainer.train()
                seconds[kind] += clock.seconds
                inside[kind] += [clock.inside[update] for update in range(FIRST + 1, FIRST + 1 + args.updates)]
    more = [100 * (one / other - 1) for one, other in zip(seconds["ours"], seconds["plain"], strict=True)]
    value = 100 * (median(inside["ours"]) - median(inside["plain"])) / median(seconds["plain"])
    report(
        args.output,
        figure="processor time per update of RL in the small world, more than TRL alone takes",
        value=value,
        unit="%",
        aim=f"at most {AIM:g}",
        met=value <= AIM,
        n=len(more),
        whole_updates_percent=spread(more),
        **{f"update_seconds_{kind}": spread(found) for kind, found in seconds.items()},
        **{f"rewards_and_logging_seconds_{kind}": spread(found) for kind, found in inside.items()},
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=4, help="runs of each (4)")
    parser.add_argument("--updates", type=int, default=12, help="updates of each run that count (12)")
    main(parser.parse_args())
