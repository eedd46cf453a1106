"""Which questions and epochs of a log are judged, and what a pass over it will cost, said before its first call."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import click
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.model import get_model_info

from clinical_r1.errors import UserError
from clinical_r1.files import as_typed
from clinical_r1.inspect_private import model_roles
from clinical_r1.judging.rubric import Profile, load_rubric
from clinical_r1.metrics import Judge


# --- what is judged ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Subset:
    """A seeded sample of questions, and of epochs within each."""

    questions: frozenset[str] | None
    """Ids that are judged, None for all."""
    epochs: int | None
    """Epochs judged of each question, None for all."""
    of_epochs: int
    """Epochs that the log has."""
    seed: int
    weight: float
    """One over the probability of a response to be judged."""

    def __contains__(self, place: tuple[str, int]) -> bool:
        id, epoch = place
        if self.questions is not None and id not in self.questions:
            return False
        if self.epochs is None:
            return True
        order = sorted(range(1, self.of_epochs + 1), key=lambda number: _lot(self.seed, id, number))
        return epoch in order[: self.epochs]


GRADER = "grader"
"""The model role that judges are bound to."""

EVERYTHING = Subset(None, None, 1, 0, 1.0)


def _lot(seed: int, id: str, epoch: int) -> bytes:
    return hashlib.sha256(f"{seed}:{id}:{epoch}".encode()).digest()


def subset_of_pass(sample: int | None, epochs: int | None, seed: int) -> Subset:
    """Draw what is judged of the log that `inspect score` works on, the same for every log of the same questions.

    Args:
        sample: Questions to judge; all if None or if there are no more.
        epochs: Epochs to judge of each; all if None or if there are no more.
        seed: Another seed draws others.

    Raises:
        UserError: If an argument is not a whole number from 1, or no log is being scored.
    """
    for name, number in (("sample", sample), ("epochs", epochs)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise UserError(f"{name}={number!r}: allowed is a whole number from 1")
    if sample is None and epochs is None:
        return EVERYTHING
    scored = log_being_scored()
    if scored is None:
        raise UserError("sample and epochs draw from a finished log: give them to `inspect score LOG`")
    of_epochs = scored.header.eval.config.epochs or 1
    kept = sorted(scored.ids, key=lambda id: _lot(seed, id, 0))[:sample]
    judged = min(epochs or of_epochs, of_epochs)
    return Subset(
        questions=frozenset(kept) if len(kept) < len(scored.ids) else None,
        epochs=judged if judged < of_epochs else None,
        of_epochs=of_epochs,
        seed=seed,
        weight=len(scored.ids) / max(1, len(kept)) * of_epochs / judged,
    )


@dataclass(frozen=True)
class ScoredLog:
    """The log that `inspect score` works on."""

    header: EvalLog
    ids: tuple[str, ...]
    """Of the questions with a response in it."""
    responses: int
    graders: tuple[str, ...]
    """Models that the command binds to the role `grader`."""


def log_being_scored() -> ScoredLog | None:
    """The log of the running `inspect score` command; None inside an evaluation and from Python.

    Inspect hands a scorer one sample at a time and no log, so this looks where the command keeps its arguments.

    Raises:
        UserError: If the command would destroy the log.
    """
    context = click.get_current_context(silent=True)
    path = context.params.get("log_file") if context else None
    if context is None or not path:
        return None
    output = context.params.get("output_file") or path
    if context.params.get("stream") and Path(output).resolve() == Path(path).resolve():
        raise UserError(f"{path}: --stream would write over the log while it is read; give --output-file FILE")
    bound = model_roles(context.params.get("model_role") or ()).get(GRADER, [])
    graders = bound if isinstance(bound, list) else [bound]
    return _read(path if "://" in path else str(as_typed(path)), tuple(map(str, graders)))


@lru_cache(maxsize=4)  # two scorers of one pass read the same log
def _read(path: str, graders: tuple[str, ...]) -> ScoredLog:
    ids = [str(summary.id) for summary in read_eval_log_sample_summaries(path)]
    return ScoredLog(read_eval_log(path, header_only=True), tuple(dict.fromkeys(ids)), len(ids), graders)


# --- at what price ----------------------------------------------------------------------------------------------------
CHARACTERS_PER_TOKEN = 4.0
"""Of English clinical prose."""
REPLY_TOKENS = {"grounding": 700, "behaviours": 150}
"""Tokens of a usual reply that lists spans."""
COUNT_TOKENS = 60
"""Tokens of a usual reply that gives one number."""
FACTS_TOKENS = 250
"""Tokens of a usual list of a case's facts."""
SHOWN = 1.2
"""Tokens of a response as a judge sees it, with its sentences numbered, over those of the response."""
UNKNOWN = (300.0, 800.0)
"""Tokens of a prompt and of a response where the log does not say."""


def price_line(
    judge: Judge,
    grader: str,
    log: ScoredLog,
    subset: Subset,
    profile: Profile,
    calls: int,
    inventories: bool,
    prices: tuple[float, float] | None = None,
) -> str:
    """What one grader costs, in a line: calls, tokens and price of a pass, all estimates but the number of responses.

    Args:
        judge: `grounding` or `behaviours`.
        grader: The model's name.
        log: The log to be judged.
        subset: What of it is judged.
        profile: `spans` or `counts`.
        calls: Calls per response: one, in profile `counts` one per metric, none for rules.
        inventories: Whether graders list the facts of each case, one call per question.
        prices: US dollars per million tokens in and out; by default what Inspect knows of the model.
    """
    responses = round(log.responses / subset.weight)
    questions = len(log.ids if subset.questions is None else subset.questions) if inventories else 0
    used = log.header.stats.model_usage.get(log.header.eval.model)
    total = max(1, log.responses)
    prompt, response = (used.input_tokens / total, used.output_tokens / total) if used else UNKNOWN
    rubric = load_rubric(judge, profile)
    parts = len(rubric.sections) if profile == "counts" else 1
    told = (len(rubric.intro) + sum(map(len, rubric.sections.values())) / parts) / CHARACTERS_PER_TOKEN
    reply = COUNT_TOKENS if profile == "counts" else REPLY_TOKENS[judge]
    tokens_in = responses * calls * (told + prompt + SHOWN * response) + questions * 2 * prompt
    tokens_out = float(responses * calls * reply + questions * FACTS_TOKENS)
    known = get_model_info(grader)
    if prices is None and known and known.cost:
        prices = known.cost.input, known.cost.output
    dollars = (tokens_in * prices[0] + tokens_out * prices[1]) / 1e6 if prices else None
    price = f"about ${dollars:,.2f}" if dollars is not None else "price unknown (-S price=IN,OUT)"
    return (
        f"{judge}: {responses:,} responses, {responses * calls + questions:,} calls to {grader}, about "
        f"{tokens_in / 1e6:,.2f} M tokens in and {tokens_out / 1e6:,.2f} M out, {price}; "
        "a broken reply costs a second call; empty responses and what is in the cache cost nothing"
    )


def read_price(given: str | Sequence[float] | None) -> tuple[float, float] | None:
    """Two prices, written as `1.25,10`.

    Raises:
        UserError: If it is anything else.
    """
    if given is None:
        return None
    try:
        into, out = (float(number) for number in (given.split(",") if isinstance(given, str) else given))
    except (TypeError, ValueError) as error:
        raise UserError(f"price={given}: allowed are dollars a million tokens in and out, such as 1.25,10") from error
    return into, out
