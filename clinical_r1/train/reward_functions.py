"""The terms of a reward by name, and their form for TRL.

A term takes a `Rollout` and returns a number; its weight stands in the recipe. A new term is one function and one line:
`my_module:my_term: 0.2` under `rewards`.
"""

import importlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import fmean
from typing import Any

from clinical_r1.edits.values import cites
from clinical_r1.errors import UserError, names_near
from clinical_r1.train.cross_reference import CrossReference, Detector
from clinical_r1.train.rewards import (
    DETECTORS,
    Reward,
    crpo_reward,
    find_detector,
    grpo_reward,
    loop_share,
    released_reward,
)


@dataclass(frozen=True)
class Rollout:
    """A completion and the question it answers."""

    completion: str
    """The model's text."""
    target: str
    """Letter of the right option."""
    options: Mapping[str, str]
    """Letter to option text."""
    question: str
    """The question without its options."""
    cross_reference: str | Detector = "specific"
    """Detector behind the term `cross_reference`."""

    @property
    def crpo(self) -> Reward:
        """The composite reward, computed once for all terms that read it."""
        return self._scored[0]

    @property
    def detected(self) -> Mapping[str, bool]:
        """What each of `WATCHED` says, computed along with it."""
        return self._scored[1]

    @cached_property
    def _scored(self) -> tuple[Reward, Mapping[str, bool]]:
        found, paid = dict.fromkeys(WATCHED, False), self.cross_reference

        def detect(texts: CrossReference) -> bool:
            found.update({name: DETECTORS[name](texts) for name in WATCHED})
            return found[paid] if paid in found else (paid if callable(paid) else find_detector(paid))(texts)

        given = (self.completion, self.target, self.options)
        return crpo_reward(*given, question=self.question, cross_reference=detect), found


WATCHED = ("presence", "lexical", "grounded", "specific")
"""Detectors that every record has a column of, whichever is paid for: a policy may learn to please one of them."""


@lru_cache(maxsize=8192)  # of a process: terms go over a batch one after the other
def _rollout(completion: str, target: str, options: str, question: str, cross_reference: str) -> Rollout:
    return Rollout(completion, target, json.loads(options), question, cross_reference)


CRPO_TERMS = ("accuracy", "format", "cross_reference", "consistency")
"""The terms of CRPO; every record has their columns, weighted or not."""

WITHOUT_TARGET = ("format", "cross_reference", "consistency", "think_format", "loop")
"""Terms that do not ask which option is right: where that is unknown, the rollout has these alone."""

TWINS_TERM = "counterfactual_citation"
"""Paid where what is cited changes with the case; see `paired_reward`."""

Term = Callable[[Rollout], float]
TrlReward = Callable[..., list[float | None]]
"""A term as TRL calls it; None leaves it out of a rollout's sum."""


def _needs_twins(rollout: Rollout) -> float:
    raise UserError(
        f"rewards.{TWINS_TERM}: needs the rollouts of a question's twin; only training with data.twins has them"
    )


REWARDS: dict[str, Term] = {
    "accuracy": lambda rollout: rollout.crpo.accuracy,
    "format": lambda rollout: rollout.crpo.format,
    "cross_reference": lambda rollout: float(rollout.crpo.cross_reference > 0),
    "consistency": lambda rollout: rollout.crpo.consistency,
    "think_format": lambda rollout: grpo_reward(rollout.completion, rollout.target, rollout.options, k=0.0).clinical,
    "loop": lambda rollout: loop_share(rollout.completion),
    "released": lambda rollout: released_reward(rollout.completion, rollout.target).total,
    TWINS_TERM: _needs_twins,
}
"""Name -> term, each from 0 to 1. CRPO is accuracy 10 (k), format 1, cross_reference 0.5, consistency 0.5; GRPO is
accuracy and a format. `loop` wants a negative weight. `released` is a whole reward, that of the paper's released code,
at most 12."""


def find_term(name: str) -> Term:
    """The term of a name: one of `REWARDS`, or `module:function`.

    Raises:
        UserError: If there is no such term.
    """
    if name in REWARDS:
        return REWARDS[name]
    module, colon, function = name.partition(":")
    if not colon:
        raise UserError(f"rewards.{name}: unknown reward; allowed: {names_near(name, REWARDS)}, or module:function")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UserError(f"rewards.{name}: cannot be imported ({error})") from error
    if not callable(found):
        raise UserError(f"rewards.{name}: is not a function")
    term: Term = found
    return term


def trl_reward(
    name: str, cross_reference: str = "specific", *, read: Callable[[str], str] = str, log_rows: bool = False
) -> TrlReward:
    """A term as TRL calls it: with lists of completions and of the data set's columns, returning a list of rewards.

    Args:
        name: See `find_term`.
        cross_reference: Detector behind the term of that name.
        read: Completion -> what of it is scored, such as `after_thought`.
        log_rows: Have TRL keep the question and the number of tokens beside each completion, so that it can be scored
            again, and log the share of completions in which each of `WATCHED` sees a cross-reference. For one term per
            run.

    Raises:
        UserError: If there is no such term.
    """
    if name == TWINS_TERM:
        return paired_reward(read)
    term = find_term(name)

    def reward(
        *,
        completions: Sequence[Sequence[Mapping[str, str]]],
        target: Sequence[str | None],
        options: Sequence[str],
        question: Sequence[str],
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        id: Sequence[str] = (),
        completion_ids: Sequence[Sequence[int]] = (),
        **_: Any,
    ) -> list[float | None]:
        rollouts = [
            _rollout(read(messages[0]["content"]), letter or "A", choices, stem, cross_reference)
            for messages, letter, choices, stem in zip(completions, target, options, question, strict=True)
        ]
        if log_rows and log_extra is not None and log_metric is not None:
            rows = {"id": id, "target": target, "options": options, "question": question}
            for column, values in (rows | {"tokens": list(map(len, completion_ids))}).items():
                log_extra(column, list(values))
            for detector in WATCHED:
                log_metric(f"cross_reference_{detector}", fmean(one.detected[detector] for one in rollouts))
        asks = name not in WITHOUT_TARGET
        return [
            None if asks and letter is None else float(term(one)) for one, letter in zip(rollouts, target, strict=True)
        ]

    reward.__name__ = name  # TRL logs it under this name
    return reward


def paired_reward(read: Callable[[str], str] = str) -> TrlReward:
    """`TWINS_TERM` as TRL calls it, with rollouts of questions and of their twins in one batch.

    A rollout earns `s * t`. `s` is 1 if it cites a word or number that its stem has and the twin's has not, and none
    that the twin's alone has (`clinical_r1.edits.values`), else 0; `t` is the share of the twin's rollouts that do so.
    A text that does not depend on the case does so for one of the two at most, and one of the two factors is 0.

    The share of rollouts with `s` = 1 is logged as `own_case_cited`. Questions without a twin, held-out ones, get None.
    """

    def reward(
        *,
        completions: Sequence[Sequence[Mapping[str, str]]],
        id: Sequence[str] = (),
        twin: Sequence[str] = (),
        own: Sequence[Sequence[str]] = (),
        other: Sequence[Sequence[str]] = (),
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        if not twin:
            return [None] * len(completions)
        from accelerate.utils import gather_object

        rows = zip(completions, own, other, strict=True)
        cited = [float(cites(read(messages[0]["content"]), mine, theirs)) for messages, mine, theirs in rows]
        found = defaultdict[str, list[float]](list)
        for one, value in gather_object(list(zip(id, cited, strict=True))):  # a pair may lie on two processes
            found[one].append(value)
        if log_metric is not None:
            log_metric("own_case_cited", fmean(cited))
        return [value * fmean(found[one]) for value, one in zip(cited, twin, strict=True)]

    reward.__name__ = TWINS_TERM
    return reward


def after_thought(completion: str, opening: str = "") -> str:
    """What a model that thinks first says after its thought; nothing if that never ends.

    Args:
        completion: The model's text.
        opening: What the prompt ends with, where the chat template has opened the thought: `<think>`.

    Examples:
        >>> after_thought("<think>Perhaps B.</think> It is A."), after_thought("Perhaps B. No,", "<think>")
        ('It is A.', '')
    """
    thought, closing, rest = (opening + completion).partition("</think>")
    if closing:
        return rest.strip()
    return "" if thought.lstrip().startswith("<think>") else completion
