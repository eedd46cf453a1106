"""What watches a run: held-out answers, the KL controller, the KL guard, the order of questions, the progress bar."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from clinical_r1.choices import extract_answer, merge_identical
from clinical_r1.files import write_whole
from clinical_r1.train.checkpoints import checkpoint_folder
from clinical_r1.train.recipe import AdaptiveKl, HeldOut, KlGuard
from clinical_r1.train.reward_functions import TrlReward
from clinical_r1.voting import majority_at_k

_log = logging.getLogger(__name__)

# --- held-out answers -------------------------------------------------------------------------------------------------
PREFIX = "held_out_"
"""Of the columns in the record."""


class HeldOutAnswers(TrainerCallback):
    """Counts the answers to questions that a run never learns from, has the best checkpoint saved, logs `held_out_*`.

    Answers are read as evaluation reads them, whatever the rewards are. TRL samples them with the policy's own settings
    and with vLLM where training does; here they are listened to, counted, and the best checkpoint is told from them.
    """

    def __init__(self, settings: HeldOut) -> None:
        self.settings = settings
        self.trainer: Any = None
        self.votes: list[tuple[str, str | None, str]] = []
        """Id, vote and target of each completion; options with the same text are one vote."""
        self.start: float | None = None
        """What the model that the run began from answers; unknown in a run that was resumed."""

    def listen(self, reward: TrlReward) -> TrlReward:
        """A reward function that lets this hear what it is asked about during an evaluation."""

        def heard(**given: Any) -> list[float | None]:
            if not self.trainer.model.training:
                self._read(given["id"], given["completions"], given["options"], given["target"])
            return reward(**given)

        heard.__name__ = reward.__name__
        return heard

    def _read(self, ids: Sequence[str], chats: Sequence[Any], options: Sequence[str], targets: Sequence[str]) -> None:
        for id, messages, choices, target in zip(ids, chats, options, targets, strict=True):
            shown = json.loads(choices)
            label = merge_identical(shown)
            letter = extract_answer(messages[0]["content"], shown).letter
            self.votes.append((id, label[letter] if letter else None, label[target]))

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        *,
        metrics: dict[str, float],
        **_: Any,
    ) -> None:
        """Count, log, and have a checkpoint saved that is better than all before."""
        heard: list[tuple[str, str | None, str]] = gather_object(self.votes)
        self.votes = []
        found = {f"eval_{PREFIX}{name}": value for name, value in rates(heard, self.settings.votes).items()}
        metrics.update(found)
        self.trainer.log(found)
        best, now = state.best_metric, found[best_metric(self.settings)]
        if not state.global_step:
            self.start = now
        elif best is None or now > best:
            control.should_save = True

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Say it where nothing was gained."""
        best = state.best_metric
        if state.is_world_process_zero and self.start is not None and best is not None and best <= self.start:
            _log.warning(
                f"held_out: no checkpoint has a better {self.settings.keep_best} than the model the run began from "
                f"({best:.3f} at best, {self.start:.3f} at the start)"
            )


def best_metric(settings: HeldOut) -> str:
    """The name under which TRL compares checkpoints."""
    return f"eval_{PREFIX}{settings.keep_best}"


def rates(heard: Sequence[tuple[str, str | None, str]], votes: int) -> Mapping[str, float]:
    """Rates over questions, each in [0, 1].

    Args:
        heard: Id, vote (None where no answer can be read, which is wrong) and target of each completion.
        votes: Completions per question; of more, which processes add to fill their last batch, the first count.

    Returns:
        `accuracy`: mean over completions; `majority`: credit of the vote of all, a tie shared; `unread`: completions
        without an answer.
    """
    answers, targets = defaultdict[str, list[str | None]](list), dict[str, str]()
    for id, vote, target in heard:
        targets[id] = target
        if len(answers[id]) < votes:
            answers[id].append(vote)
    shares = [
        (
            sum(vote == targets[id] for vote in given) / len(given),
            majority_at_k(given, targets[id], len(given)),
            given.count(None) / len(given),
        )
        for id, given in answers.items()
    ]
    means = [sum(column) / len(shares) for column in zip(*shares, strict=True)]
    return dict(zip(("accuracy", "majority", "unread"), means, strict=True))


# --- KL, the order of questions, progress -----------------------------------------------------------------------------
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

    SHOWN: Mapping[str, str] = {key: key for key in ("reward", "kl", "loss", "eval_loss")} | {
        "eval_held_out_accuracy": "held out"
    }

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
        self.shown |= {name: f"{logs[key]:.3f}" for key, name in self.SHOWN.items() if isinstance(logs.get(key), float)}
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
