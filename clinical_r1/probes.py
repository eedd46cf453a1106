"""Probes: a checkpoint is asked again, after an edit, behind half of its reasoning, after a hint, and answers compared.

What the four have in common. A probe plans *arms* for a response (what is asked again, and how it differs), all are
asked, and their answers give numbers of `clinical_r1.metrics.PROBED`, one score per response. Two checkpoints get the
same edits: what is drawn depends on the seed and the question alone.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import isnan, nan
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from inspect_ai import Task, task_with
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, EvalSample, read_eval_log, read_eval_log_samples
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, Model, ModelAPI, ModelOutput, get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import collect

from clinical_r1.choices import extract_answer
from clinical_r1.datasets import load
from clinical_r1.edits import Edit, Kind
from clinical_r1.edits.editors import edits_of
from clinical_r1.edits.files import read_edits
from clinical_r1.errors import UserError
from clinical_r1.files import as_typed
from clinical_r1.item import Item
from clinical_r1.judging.scorer import item_of
from clinical_r1.logs.find import UNREADABLE, LogFile, find_logs
from clinical_r1.metrics import PROBED, Probe
from clinical_r1.prompts import Prompt, load_prompt, render
from clinical_r1.solvers import response_text
from clinical_r1.tasks import question_task, versions

VERSION, INTERFACE = 1, "A"
"""Raised as those in `clinical_r1.tasks` are."""
ARMS = "arms"
"""Sample metadata: name of an arm -> what was changed, the response and its letter."""
GO_ON = "That is the reasoning so far. Give the final answer now, in the format asked for, without further reasoning."
"""The second prompt, for providers that cannot go on from the beginning of a reply."""
_CONTINUE = ("VLLMAPI", "SGLangAPI", "SageMakerAPI")
"""Providers that go on from a last message of the assistant."""

_log = logging.getLogger(__name__)


class Arm(NamedTuple):
    """What a checkpoint is asked again."""

    stem: str = ""
    """Instead of the question's stem; the same one if empty."""
    hint: str = ""
    """A sentence behind the options."""
    begun: str = ""
    """The beginning of the reply, from which the checkpoint goes on."""
    about: Mapping[str, Any] = MappingProxyType({})
    """What differs, for the log."""


class Answered(NamedTuple):
    """What came of an arm."""

    response: str
    """All of it, with what was begun."""
    letter: str | None
    """Letter shown; None where no answer can be read."""
    about: Mapping[str, Any] = MappingProxyType({})
    """As the arm has it."""


Plan = Callable[[Item, Mapping[str, Any]], Mapping[str, Arm | None]]
"""From a response and the sample's metadata to its arms; None where there can be none."""
Numbers = Callable[[Item, Mapping[str, Answered]], Mapping[str, float]]
"""From a response and its arms to numbers of `PROBED`; those left out are NaN."""


@dataclass(frozen=True)
class Asked:
    """Where the responses come from that are asked about: a log, or a run of the questions that comes first."""

    log: str | None = None
    """A log of an evaluation."""
    benchmark: str | None = None
    """Without a log, the benchmark of the questions; `medqa` by default."""
    dataset: str | None = None
    """File of the questions, see `clinical_r1.datasets.load`; the benchmark's own by default."""
    split: str | None = None
    prompt: str = "crpo"
    """Prompt style."""
    votes: int = 1
    """Responses per question."""
    name: str | None = None
    """What reports call the data."""
    seed: int = 0
    """Of all that is drawn."""
    edits: str | None = None
    """File of edits in place of those that rules make, see `clinical_r1.edits.files.read_edits`."""

    def __post_init__(self) -> None:
        fresh = {"benchmark": self.benchmark, "dataset": self.dataset, "split": self.split, "name": self.name}
        if self.log and any(fresh.values()):
            given = next(name for name, value in fresh.items() if value)
            raise UserError(f"{given}: is of a run without log=; questions of a log are its own")


def probe_task(
    probe: Probe, asked: Asked, plan: Plan, numbers: Numbers, keep: Callable[[str, str], bool] = lambda id, stem: True
) -> Task:
    """The task of a probe.

    Args:
        probe: Its name, and that of its score.
        asked: Where responses come from.
        plan: The arms of a response.
        numbers: What they come to.
        keep: Whether a question, by its id and stem, can be probed at all; the log's metadata says how many cannot.

    Raises:
        UserError: If the log or the questions cannot be read, or none can be probed.
    """
    of_log = logged(asked.log) if asked.log else None
    base = _over(of_log, probe) if of_log else _fresh(asked)
    samples = [one for one in base.dataset if keep(str(one.id), str(one.input))]
    if not samples:
        raise UserError(f"{asked.log or base.dataset.name}: none of {len(base.dataset)} questions can be edited")
    prompt = load_prompt(str((base.metadata or {})["prompt"]))
    about = {"seed": asked.seed, "judge": f"probe (seed {asked.seed})"}
    again = _asking(probe, plan, prompt, of_log)
    score = _scoring(probe, numbers, about)
    return task_with(
        base,
        dataset=MemoryDataset(samples, name=base.dataset.name, location=base.dataset.location),
        solver=again if of_log else [base.solver, again],
        scorer=score if of_log else [*(base.scorer or []), score],
        metadata={
            **(base.metadata or {}),
            "probe": probe,
            **about,
            "cannot_be_edited": len(base.dataset) - len(samples),
        },
    )


# --- whose responses --------------------------------------------------------------------------------------------------
class Response(NamedTuple):
    """A response in a log."""

    uuid: str | None
    output: ModelOutput
    metadata: Mapping[str, Any]


class Logged(NamedTuple):
    """An evaluation's log."""

    header: EvalLog
    samples: list[Sample]
    """Its questions."""
    responses: Mapping[tuple[str, int], Response]
    """Those that did not fail, by id of the question and epoch."""


def logged(path: str) -> Logged:
    """Read an evaluation's log, without what happened while it ran.

    Raises:
        UserError: If the path is not one log of an evaluation by `clinical_r1`.
    """
    files = find_logs([Path(as_typed(path)) if "://" not in path else path])
    if len(files) != 1:
        raise UserError(f"log={path}: holds {len(files)} logs; name one")
    try:
        header, samples = _finished(files[0])
    except UNREADABLE as error:
        raise UserError(f"log={path}: cannot be read ({error})") from error
    if "prompt" not in (header.eval.metadata or {}) or (header.eval.metadata or {}).get("probe_of"):
        raise UserError(f"log={path}: is no evaluation; allowed is a log of medqa, medmcqa, medxpertqa or mcq")
    if not samples:
        raise UserError(f"log={path}: has no finished sample")
    return Logged(header, _questions(header, samples), {(str(one.id), one.epoch): _response(one) for one in samples})


@lru_cache(maxsize=2)  # probes that run in one command ask about the same log
def _finished(file: LogFile) -> tuple[EvalLog, list[EvalSample]]:
    """Header of a log, and its samples that did not fail."""
    left_out = {"events", "store", "messages", "attachments"}
    found = read_eval_log_samples(file.path, all_samples_required=False, exclude_fields=left_out)
    samples = [sample for sample in found if sample.error is None and sample.output.choices]
    return read_eval_log(file.path, header_only=True), samples


def _questions(header: EvalLog, samples: Sequence[EvalSample]) -> list[Sample]:
    """Each question once, in the order of the data set."""
    order = {str(id): place for place, id in enumerate(header.eval.dataset.sample_ids or [])}
    first = {str(one.id): one for one in reversed(samples)}
    return [
        Sample(input=one.input, choices=one.choices, target=one.target, id=one.id, metadata=dict(one.metadata))
        for one in sorted(first.values(), key=lambda one: order.get(str(one.id), len(order)))
    ]


def _response(sample: EvalSample) -> Response:
    return Response(sample.uuid, sample.output, {key: value for key, value in sample.metadata.items() if key != ARMS})


def _over(log: Logged, probe: Probe) -> Task:
    """The task over the questions of a log, with its prompt, sampling and epochs."""
    header = log.header
    said = header.eval.metadata or {}
    return Task(
        dataset=MemoryDataset(log.samples, name=header.eval.dataset.name, location=header.eval.dataset.location),
        epochs=max(epoch for _, epoch in log.responses),
        config=header.plan.config,
        name=probe,
        version=VERSION,
        metadata={**said, **versions(VERSION, INTERFACE), "probe_of": header.eval.task_id},
    )


def _fresh(asked: Asked) -> Task:
    """The evaluation that comes first."""
    questions = load(asked.benchmark or "medqa", asked.dataset, split=asked.split)
    return question_task(questions, asked.prompt, asked.votes, "share", None, asked.name)


# --- asking again -----------------------------------------------------------------------------------------------------
def _asking(probe: Probe, plan: Plan, prompt: Prompt, log: Logged | None) -> Solver:
    """A solver that asks the arms of each response; those of a log become the sample's output."""

    @solver(name=f"{probe}_arms")
    def arms() -> Solver:
        is_first = True

        async def solve(state: TaskState, generate: Generate) -> TaskState:
            nonlocal is_first
            model = get_model()
            if is_first and log and log.header.eval.model != str(model):
                _log.warning(f"the log is of {log.header.eval.model}, and {model} is asked: is it the same checkpoint?")
            is_first = False
            if log:
                found = log.responses.get((str(state.sample_id), state.epoch))
                if found is None:  # it failed
                    return state
                state.output = found.output
                state.metadata |= {**found.metadata, "response_uuid": found.uuid}
            item = item_of(state, state.target)
            planned = {name: arm for name, arm in plan(item, state.metadata).items() if arm is not None}
            replies = await collect(*(_answer(model, prompt, item, arm) for arm in planned.values()))
            state.metadata[ARMS] = dict(zip(planned, replies, strict=True))
            return state

        return solve

    return arms()


async def _answer(model: Model, prompt: Prompt, item: Item, arm: Arm) -> dict[str, Any]:
    """Ask an arm: what differs in it, the response, its letter, and how a begun reply was gone on with."""
    asked = render(prompt, arm.stem or item.stem, item.options)
    messages: list[ChatMessage] = [ChatMessageUser(content=f"{asked}\n\n{arm.hint}" if arm.hint else asked)]
    how = {}
    if arm.begun:
        messages.append(ChatMessageAssistant(content=arm.begun))
        how = {"how": "continued" if goes_on(model.api, messages) else "asked again"}
        if how["how"] == "asked again":
            messages.append(ChatMessageUser(content=GO_ON))
    output = await model.generate(messages)
    said = response_text(output.message) if output.choices else ""
    response = arm.begun + said if how.get("how") == "continued" else said
    return {**arm.about, **how, "response": response, "letter": extract_answer(response, item.options).letter}


def goes_on(api: ModelAPI, messages: Sequence[ChatMessage]) -> bool:
    """Whether a provider goes on from a last message of the assistant, so that its reply is the rest of that one."""
    if type(api).__name__ == "HuggingFaceAPI":  # if the chat template does not close that message
        return str(api.hf_chat(list(messages), [])).endswith(messages[-1].text)  # type: ignore[attr-defined]
    return type(api).__name__ in _CONTINUE


# --- numbers ----------------------------------------------------------------------------------------------------------
def _scoring(probe: Probe, numbers: Numbers, about: Mapping[str, Any]) -> Scorer:
    keys = [key for key, number in PROBED.items() if number.judge == probe]  # the last one: unreadable

    @scorer(metrics={"*": [mean(), stderr()]}, name=probe)
    def scoring() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score | None:
            if ARMS not in state.metadata:
                return None
            arms = {name: Answered(one["response"], one["letter"], one) for name, one in state.metadata[ARMS].items()}
            found = dict.fromkeys(keys, nan) | dict(numbers(item_of(state, target), arms))
            if arms:
                found[keys[-1]] = float(any(one.letter is None for one in arms.values()))
            said = "; ".join(f"{key} {value:g}" for key, value in found.items() if not isnan(value))
            return Score(value=found, explanation=said or "nothing to edit", metadata={"epoch": state.epoch, **about})

        return score

    return scoring()


def moved(before: Item, after: Answered | None) -> float:
    """Whether an answer differs from the response's, 0 or 1; NaN without one. What cannot be read is like no option."""
    return nan if after is None else float(after.letter != before.answer)


Edits = Callable[[str, str], Sequence[Edit]]
"""From id and stem of a question to its edits, with a `UserError` where the file has one of another stem."""


def edits_for(asked: Asked, kinds: Collection[Kind]) -> Edits:
    """The edits of some kinds: those of the file, if there is one, or else those that rules make."""
    given = read_edits(as_typed(asked.edits)) if asked.edits else None

    def edits(id: str, stem: str) -> Sequence[Edit]:
        if given is None:
            return edits_of(stem, asked.seed, kinds)
        found = [edit for edit in given.get(id, ()) if (edit.kind == "removal") is ("removal" in kinds)]
        for edit in found:
            if not edit.stands_in(stem):
                raise UserError(f"edits: question {id} has no {edit.old!r} at {edit.start} of its stem")
        return found

    return edits


def nearest(edits: Sequence[Edit], to: Edit, rng: Random) -> Edit | None:
    """Of some edits one whose size is nearest to that of another, so that size is not what differs; None of none."""
    shuffled = rng.sample(list(edits), len(edits))
    return min(shuffled, key=lambda one: abs(size(one) - size(to)), default=None)


def size(edit: Edit) -> int:
    """Characters of the longer of an edit's two texts."""
    return max(len(edit.old), len(edit.new))


def edited(item: Item, edit: Edit | None, **about: Any) -> Arm | None:
    """The arm in which a case is edited."""
    return None if edit is None else Arm(stem=edit.applied(item.stem), about={**asdict(edit), **about})
