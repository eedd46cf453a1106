"""What keeps an RL run honest: questions that it never learns from, answered while it runs.

Answers are read as evaluation reads them, whatever the rewards are. TRL samples them with the policy's own settings and
with vLLM where training does; here they are listened to, counted, and the best checkpoint is told from them.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from json import loads
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOTrainer

from clinical_r1.choices import extract_answer, merge_identical
from clinical_r1.train.dry_run import SAMPLED
from clinical_r1.train.recipe import HeldOut
from clinical_r1.voting import majority_at_k

PREFIX = "held_out_"
"""Of the columns in the record."""


class Trainer(GRPOTrainer):
    """TRL's trainer, whose evaluations draw numbers of their own, and which samples no more at once than fits."""

    def _generate_single_turn(self, prompt_ids: Any, *given: Any, **named: Any) -> tuple[list[Any], Any]:
        """Sample in parts, where TRL alone would hold the keys and values of a whole batch of rollouts."""
        at_once = SAMPLED * self.args.per_device_train_batch_size
        if self.use_vllm or len(prompt_ids) <= at_once:
            sampled: tuple[list[Any], Any] = super()._generate_single_turn(prompt_ids, *given, **named)
            return sampled
        parts = [prompt_ids[start : start + at_once] for start in range(0, len(prompt_ids), at_once)]
        return [
            ids for part in parts for ids in super(Trainer, self)._generate_single_turn(part, *given, **named)[0]
        ], None

    def evaluate(self, *args: Any, **given: Any) -> dict[str, float]:
        """Evaluate as TRL does: a run learns the same with it and without, and all evaluations see the same draws."""
        with torch.random.fork_rng():
            torch.manual_seed(self.args.seed)
            return dict(super().evaluate(*args, **given))


class HeldOutAnswers(TrainerCallback):
    """Counts the answers to held-out questions, has the best checkpoint saved, and logs `held_out_*`."""

    def __init__(self, settings: HeldOut) -> None:
        self.settings = settings
        self.trainer: Any = None
        self.votes: list[tuple[str, str | None, str]] = []
        """Id, vote and target of each completion; options with the same text are one vote."""

    def listen(self, reward: Callable[..., list[float]]) -> Callable[..., list[float]]:
        """A reward function that lets this hear what it is asked about during an evaluation."""

        def heard(**given: Any) -> list[float]:
            if not self.trainer.model.training:
                self._read(given["id"], given["completions"], given["options"], given["target"])
            return reward(**given)

        heard.__name__ = reward.__name__
        return heard

    def _read(self, ids: Sequence[str], chats: Sequence[Any], options: Sequence[str], targets: Sequence[str]) -> None:
        for id, messages, choices, target in zip(ids, chats, options, targets, strict=True):
            shown = loads(choices)
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
        if state.global_step and (best is None or now > best):
            control.should_save = True


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
