"""The training record: one tidy CSV file per run with a row per update, and the completions behind it.

What is worth watching of what TRL logs, under short names: rewards and terms, `kl`, `entropy`, `truncated`, shares
of clipped tokens (`clip_ratio`), the importance ratio of trainer to vLLM (`importance_ratio`). Beside it:

- `cross_reference_DETECTOR`: the share of completions in which a detector sees one, whichever detector is paid for;
- `TERM_advantage_share`: where the advantages come from, the share of each reward term in their variance;
- `groups_without_variance`: groups in which all rollouts got the same reward and nothing is learned;
- `held_out_*`: answers to questions that are not trained on (see `clinical_r1.train.callbacks`);
- what else a sample of rollouts is asked, such as `harm_any` by the rules judge.
"""

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from json import loads
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from clinical_r1.files import RECORD, read_csv_rows, writable, write_whole, writing
from clinical_r1.train.callbacks import PREFIX
from clinical_r1.train.recipe import RlRecipe
from clinical_r1.train.reward_functions import Rollout, Term

COMPLETIONS = "completions"
FORMAT_RATE = 0.7
"""Below this format rate the clinical reward says little: most groups are compared on form alone."""
CUT_OFF = 0.5
"""Above this share of completions that run into the token limit, the limit is what the rewards measure."""
FORMAT_STEPS = 10
"""Updates in a row below `FORMAT_RATE`, or above `CUT_OFF`, before the run says so."""
_EPSILON = 1e-4
"""What TRL adds to a standard deviation before it divides."""
ASK_ONE_IN = 16
"""One rollout in so many is asked what is watched beside the rewards, and of a large batch `ASK_AT_MOST`: judging one
by rules takes as long as rewarding five."""
ASK_AT_MOST = 64

Array = NDArray[np.float64]
_log = logging.getLogger(__name__)


class Record(TrainerCallback):
    """Writes `record.csv`: a row is on disk as soon as its update is done."""

    def __init__(self, output: Path, resumed_at: int) -> None:
        self.path = output / RECORD
        # A killed process may have cut the last line.
        self.rows: list[dict[str, Any]] = [row for row in read_csv_rows(self.path) if int(row["step"]) <= resumed_at]
        self.header = list(dict.fromkeys(column for row in self.rows for column in row))
        self.is_on_disk = False  # rows of updates that are done again may be

    def columns(self, logs: Mapping[str, Any]) -> dict[str, Any]:
        """What a row holds beside the step."""
        return {key: value for key, value in logs.items() if isinstance(value, int | float)}

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """Add a row. What is logged twice at one step (an evaluation) is one row."""
        if not state.is_world_process_zero or "train_runtime" in logs:
            return
        row = {"step": state.global_step, **self.columns(logs)}
        merged = bool(self.rows) and int(self.rows[-1]["step"]) == state.global_step
        if merged:
            row = self.rows.pop() | row
        self.rows.append(row)
        new = [column for column in row if column not in self.header]
        self.header += new
        self._save(whole=merged or bool(new) or not self.is_on_disk)

    def _save(self, *, whole: bool) -> None:
        """Append the newest row, or write all of them, which is slow in a long run."""
        rows = self.rows if whole else self.rows[-1:]
        text = _csv([row.get(column) for column in self.header] for row in rows)
        if whole:
            write_whole(self.path, _csv([self.header]) + text)
        else:
            with writable(self.path), self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        self.is_on_disk = True


class RolloutRecord(Record):
    """The record of an RL run, with the parts of the advantages, and the completions of each batch as parquet.

    Args:
        output: Folder of the run.
        resumed_at: Update after which it goes on.
        recipe: Of the run.
        weights: Reward term -> weight.
        watch: Column -> what a sample of each batch is asked, whose mean stands in it.
    """

    def __init__(
        self,
        output: Path,
        resumed_at: int,
        recipe: RlRecipe,
        weights: Mapping[str, float],
        watch: Mapping[str, Term],
    ) -> None:
        super().__init__(output, resumed_at)
        self.recipe = recipe
        self.weights = dict(weights)
        self.watch = watch
        self.trainer: Any = None
        self.warned = False
        self.completions = output / COMPLETIONS
        for path in self.completions.glob("step_*.parquet"):
            if int(path.stem.removeprefix("step_")) > resumed_at:
                path.unlink()  # they belong to updates that are done again

    def columns(self, logs: Mapping[str, Any]) -> dict[str, Any]:
        """TRL's numbers under short names, beta, and what is computed here where a batch is new."""
        row = {name: value for key, value in super().columns(logs).items() if (name := _short(key))}
        row["beta"] = self.trainer.beta if self.recipe.beta else 0.0
        if "reward" in logs:
            sample = self._sample() if self.watch else []
            row |= {column: fmean(map(ask, sample)) for column, ask in self.watch.items()}
            logged, groups = self._logged("rewards"), (-1, self.recipe.rollouts)
            rewards = {name: np.nan_to_num(logged[name]).reshape(groups) for name in self.weights}
            parts = advantage_parts(rewards, self.weights, self.recipe)
            row["groups_without_variance"] = parts.groups_without_variance
            row |= {f"{name}_advantage_share": share for name, share in parts.shares.items() if self.weights[name]}
        return row

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict[str, Any], **_: Any
    ) -> None:
        """Add a row, and write the completions of a new batch."""
        super().on_log(args, state, control, logs)
        if state.is_world_process_zero and "reward" in logs:
            self.completions.mkdir(exist_ok=True)
            texts = [messages[0]["content"] for messages in self._logged("completion")]
            table = {**self._logged("extra"), "completion": texts, **self._logged("rewards")}
            table["advantage"] = self._logged("advantages")
            with writing(self.completions / f"step_{state.global_step:06d}.parquet") as path:
                pd.DataFrame({key: list(values) for key, values in table.items()}).to_parquet(path)
            self._warn()

    def _warn(self) -> None:
        term = next((name for name in ("format", "think_format") if self.weights.get(name)), None)
        cut_off = cut_off_warning(self.rows, self.recipe.max_completion_tokens)
        if not self.warned and (warning := cut_off or (term and format_warning(self.rows, term))):
            self.warned = True
            _log.warning(warning)

    def _sample(self) -> list[Rollout]:
        """Rollouts of the newest batch at equal distances."""
        chats, asked = self._logged("completion"), self._logged("extra")
        rows = zip(chats, asked["target"], asked["options"], asked["question"], strict=True)
        sample = islice(rows, 0, None, max(ASK_ONE_IN, len(chats) // ASK_AT_MOST))
        known = (row for row in sample if row[1] is not None)  # the right answer of a twin may not be
        return [Rollout(chat[0]["content"], target, loads(options), stem) for chat, target, options, stem in known]

    def _logged(self, name: str) -> Any:
        """The newest batch, gathered over processes, groups in order. TRL has no public way to it."""
        return self.trainer._logs[name]


@dataclass(frozen=True)
class AdvantageParts:
    """Where the advantages of a batch come from."""

    shares: dict[str, float]
    """Reward term -> share of the advantages' variance; they add up to 1, and one below 0 works against the rest. NaN
    where no group has variance."""
    groups_without_variance: float
    """Share of groups whose rollouts all got the same reward, in [0, 1]."""


def advantage_parts(rewards: Mapping[str, Array], weights: Mapping[str, float], recipe: RlRecipe) -> AdvantageParts:
    """Split the variance of a batch's advantages by reward term.

    An advantage is a sum of terms' parts, `A = sum_i a_i`, so `var(A) = sum_i cov(a_i, A)`: the share of a term is
    `cov(a_i, A) / var(A)`.

    Args:
        rewards: Term -> rewards before weighting, shape (groups, rollouts).
        weights: Term -> weight.
        recipe: How advantages are made: `aggregation` and `scale_rewards`.
    """
    centred = {name: values - values.mean(axis=1, keepdims=True) for name, values in rewards.items()}
    if recipe.aggregation == "normalize_then_sum":
        parts = {
            n: weights[n] * c / (rewards[n].std(axis=1, ddof=1, keepdims=True) + _EPSILON) for n, c in centred.items()
        }
    else:
        parts = {name: weights[name] * values for name, values in centred.items()}
    total: Array = np.sum(list(parts.values()), axis=0)
    spread = total.std(axis=1, ddof=1, keepdims=True)
    if recipe.aggregation == "sum_then_normalize" and recipe.scale_rewards == "group":
        parts = {name: values / (spread + _EPSILON) for name, values in parts.items()}
        total = total / (spread + _EPSILON)
    variance = float((total**2).sum())
    shares = {name: float((values * total).sum()) / variance if variance else np.nan for name, values in parts.items()}
    return AdvantageParts(shares, float(np.isclose(spread, 0).mean()))


def format_warning(rows: Sequence[Mapping[str, Any]], term: str) -> str | None:
    """A line for the user when the format rate, a reward term of the record, stays low; else None."""
    rates = _newest(rows, term)
    if len(rates) < FORMAT_STEPS or max(rates) >= FORMAT_RATE:
        return None
    return (
        f"the format rate ({term}) was {min(rates):.0%} to {max(rates):.0%} in the last {FORMAT_STEPS} updates, "
        f"below {FORMAT_RATE:.0%}: a longer cold start or a prompt with format instructions gives rewards more to do"
    )


def cut_off_warning(rows: Sequence[Mapping[str, Any]], limit: int) -> str | None:
    """A line for the user when most completions stay cut off, else None. It goes before `format_warning`: what is cut
    off has no format either, and for another reason.
    """
    rates = _newest(rows, "truncated")
    if len(rates) < FORMAT_STEPS or min(rates) <= CUT_OFF:
        return None
    return (
        f"{min(rates):.0%} to {max(rates):.0%} of completions were cut off at max_completion_tokens={limit} in the "
        f"last {FORMAT_STEPS} updates: look at them in {COMPLETIONS}/; where they go on after the answer, or repeat "
        "themselves, the model has not learnt to end (a cold start teaches it), else it needs a higher limit"
    )


def _newest(rows: Sequence[Mapping[str, Any]], column: str) -> list[float]:
    return [float(row[column]) for row in rows[-FORMAT_STEPS:] if row.get(column) not in (None, "")]


_NAMES = {
    "completions/mean_length": "completion_tokens",
    "completions/clipped_ratio": "truncated",
    "num_tokens": "tokens_seen",
    "clip_ratio/region_mean": "clip_ratio",
    "clip_ratio/low_mean": "clip_ratio_low",
    "clip_ratio/high_mean": "clip_ratio_high",
    "cispo_clip_ratio": "clip_ratio",
    "sampling/importance_sampling_ratio/mean": "importance_ratio",
    "sampling/sampling_logp_difference/mean": "sampling_logp_difference",
}
"""Of TRL's names with a slash, others than rewards are left out: extremes, and lengths of what was not cut off."""
_LEFT_OUT = ("frac_reward_zero_std",)  # `groups_without_variance` says it for every kind of scaling
_EVALUATED = ("completion_tokens", "truncated", "kl", "entropy")
"""What is kept of an evaluation beside its answers and its reward terms."""


def _short(key: str) -> str | None:
    """TRL's `rewards/format/mean` is `format`, of an evaluation `held_out_format`; None for what is left out."""
    evaluated = key.startswith("eval_")
    key = key.removeprefix("eval_")
    is_term = key.startswith("rewards/") and key.endswith("/mean")
    name = _NAMES.get(key, key.removeprefix("rewards/").removesuffix("/mean") if is_term else key)
    if key in _LEFT_OUT or "/" in name:
        return None
    if not evaluated or name.startswith(PREFIX):
        return name
    # Accuracy is that of the answers, which are read as evaluation reads them.
    return PREFIX + name if (is_term and name != "accuracy") or name in _EVALUATED else None


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    cells = ([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows)
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue()
