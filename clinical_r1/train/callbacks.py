"""What watches a run: the KL controller, the KL guard, the order of questions, the progress bar."""

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from clinical_r1.files import write_whole
from clinical_r1.train.checkpoints import checkpoint_folder
from clinical_r1.train.recipe import AdaptiveKl, KlGuard

LARGEST_ERROR = 0.2
"""The controller's relative error is clipped here (Ziegler et al. 2019), so that one odd batch cannot move beta far."""


class KlController(TrainerCallback):
    """Moves the trainer's `beta` towards a KL target: `beta *= 1 + gain * clip(kl / target - 1, -0.2, 0.2)`."""

    FILE = "kl_controller.json"

    def __init__(self, settings: AdaptiveKl, resume: Path | None) -> None:
        self.settings = settings
        self.resume = resume
        self.trainer: Any = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Take beta from the checkpoint: it is no part of the trainer's own state."""
        if self.resume is not None and (saved := self.resume / self.FILE).is_file():
            self.trainer.beta = json.loads(saved.read_text(encoding="utf-8"))["beta"]

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """Move beta."""
        if (kl := logs.get("kl")) is not None:
            error = min(max(kl / self.settings.target - 1, -LARGEST_ERROR), LARGEST_ERROR)
            moved = self.trainer.beta * (1 + self.settings.gain * error)
            self.trainer.beta = min(max(moved, self.settings.low), self.settings.high)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Keep beta with the checkpoint."""
        if state.is_world_process_zero:
            write_whole(checkpoint_folder(args, state) / self.FILE, json.dumps({"beta": self.trainer.beta}))


class KlStop(TrainerCallback):
    """Stops a run whose KL stays above a limit, and saves nothing while it is above it."""

    def __init__(self, settings: KlGuard) -> None:
        self.settings = settings
        self.above = 0
        self.kl = 0.0
        self.stopped_at: int | None = None

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """Count steps above the limit. NaN is above it."""
        if (kl := logs.get("kl")) is None:
            return
        self.kl = kl
        self.above = 0 if kl <= self.settings.limit else self.above + 1
        if self.above:
            control.should_save = False
        if self.above >= self.settings.patience:
            self.stopped_at = state.global_step
            control.should_training_stop = True


class QuestionOrder(TrainerCallback):
    """Gives a resumed RL run the questions that an unstopped one would ask.

    TRL's sampler draws the order of an epoch from a generator of its own, which a new process begins again: without
    this, the epoch in which a run resumes has the order of the first.
    """

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, *, train_dataloader: Any, **_: Any
    ) -> None:
        """Draw the orders of past epochs; those of the batches done in this one are skipped by transformers."""
        batches = train_dataloader.batch_sampler
        sampler = getattr(batches, "batch_sampler", batches).sampler  # with several processes each has a shard
        for _epoch in range(int(state.epoch or 0)):
            next(iter(sampler))


class Progress(TrainerCallback):
    """A bar with the step's reward and KL, or loss, and what the newest evaluation found."""

    SHOWN = ("reward", "kl", "loss", "eval_loss", "eval_held_out_accuracy")

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None
        self.shown: dict[str, str] = {}

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Open the bar at the step a run resumes from."""
        if state.is_world_process_zero:
            self.bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """Show the newest numbers."""
        self.shown |= {key: f"{logs[key]:.3f}" for key in self.SHOWN if isinstance(logs.get(key), float)}
        if self.bar is not None:
            self.bar.set_postfix(self.shown, refresh=False)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(state.global_step - self.bar.n)

    def close(self) -> None:
        """Close the bar, also after an error: what is said then stands below it."""
        if self.bar is not None:
            self.bar.close()
