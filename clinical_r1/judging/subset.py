"""Which questions and epochs of a log are judged, and what a pass over it will cost, said before its first call."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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


def whole_number(name: str, number: object) -> None:
    """Refuse what is no whole number from 1."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise UserError(f"{name}={number!r}: allowed is a whole number from 1")


def _lot(seed: int, id: str, epoch: int) -> bytes:
    return hashlib.sha256(f"{seed}:{id}:{epoch}".encode()).digest()


def subset_of_pass(scored: "ScoredLog | None", sample: int | None, epochs: int | None, seed: int) -> Subset:
    """Draw what is judged of the log that is being scored, the same for every log of the same questions.

    Args:
        scored: The log; None inside an evaluation.
        sample: Questions to judge; all if None or if there are no more.
        epochs: Epochs to judge of each; all if None or if there are no more.
        seed: Another seed draws others.

    Raises:
        UserError: If an argument is not a whole number from 1, or there is no log to draw from.
    """
    for name, number in (("sample", sample), ("epochs", epochs)):
        whole_number(name, 1 if number is None else number)
    if sample is None and epochs is None:
        return EVERYTHING
    if scored is None:
        raise UserError("sample and epochs draw from a finished log: give them to `clinical-r1 judge LOG`")
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
    """The log that is being scored."""

    header: EvalLog
    ids: tuple[str, ...]
    """Of the questions with a response in it."""
    responses: int
    graders: tuple[str, ...]
    """Models that are bound to the role `grader` and whose price was not said yet."""


_SCORED: ContextVar[ScoredLog | None] = ContextVar("scored", default=None)


@contextmanager
def scoring(log: ScoredLog) -> Iterator[None]:
    """Scorers made inside judge this log, whose price was said."""
    token = _SCORED.set(log)
    try:
        yield
    finally:
        _SCORED.reset(token)


def log_being_scored() -> ScoredLog | None:
    """The log of the running pass, of `inspect score` or `clinical-r1 judge`; None inside an evaluation.

    Inspect hands a scorer one sample at a time and no log, so this looks where its command keeps its arguments.

    Raises:
        UserError: If the command would destroy the log.
    """
    if (scored := _SCORED.get()) is not None:
        return scored
    context = click.get_current_context(silent=True)
    path = context.params.get("log_file") if context else None
    if context is None or not path:
        return None
    output = context.params.get("output_file") or path
    if context.params.get("stream") and Path(output).resolve() == Path(path).resolve():
        raise UserError(f"{path}: --stream would write over the log while it is read; give --output-file FILE")
    bound = model_roles(context.params.get("model_role") or ()).get(GRADER, [])
    graders = bound if isinstance(bound, list) else [bound]
    return log_to_score(path if "://" in path else str(as_typed(path)), tuple(map(str, graders)))


@lru_cache(maxsize=4)  # two scorers of one pass read the same log
def log_to_score(path: str, graders: tuple[str, ...] = ()) -> ScoredLog:
    """What a pass has to know of a log."""
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


@dataclass(frozen=True)
class Price:
    """What a pass of one grader costs; all is estimated but the number of responses."""

    responses: int = 0
    calls: int = 0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    dollars: float | None = 0.0
    """None where the grader's price is not known."""

    def __add__(self, other: "Price") -> "Price":
        known = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        tokens = self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out
        return Price(self.responses + other.responses, self.calls + other.calls, *tokens, known)

    def line(self, judge: Judge, grader: str) -> str:
        """The price in a line."""
        price = "price unknown (-S price=IN,OUT)" if self.dollars is None else f"about ${self.dollars:,.2f}"
        return (
            f"{judge}: {self.responses:,} responses, {self.calls:,} calls to {grader}, about "
            f"{self.tokens_in / 1e6:,.2f} M tokens in and {self.tokens_out / 1e6:,.2f} M out, {price}; "
            "a broken reply costs a second call; empty responses and what is in the cache cost nothing"
        )


def price_of(
    judge: Judge,
    grader: str,
    log: ScoredLog,
    subset: Subset,
    profile: Profile,
    calls: int,
    inventories: int,
    prices: tuple[float, float] | None = None,
) -> Price:
    """What one grader costs on one log.

    Args:
        judge: `grounding` or `behaviours`.
        grader: The model's name.
        log: The log to be judged.
        subset: What of it is judged.
        profile: `spans` or `counts`.
        calls: Calls per response: one, in profile `counts` one per metric, times the draws; none for rules.
        inventories: Cases whose facts the grader lists, one call each.
        prices: US dollars per million tokens in and out; by default what Inspect knows of the model.
    """
    responses = round(log.responses / subset.weight)
    used = log.header.stats.model_usage.get(log.header.eval.model)
    total = max(1, log.responses)
    prompt, response = (used.input_tokens / total, used.output_tokens / total) if used else UNKNOWN
    rubric = load_rubric(judge, profile)
    parts = len(rubric.sections) if profile == "counts" else 1
    told = (len(rubric.intro) + sum(map(len, rubric.sections.values())) / parts) / CHARACTERS_PER_TOKEN
    reply = COUNT_TOKENS if profile == "counts" else REPLY_TOKENS[judge]
    tokens_in = responses * calls * (told + prompt + SHOWN * response) + inventories * 2 * prompt
    tokens_out = float(responses * calls * reply + inventories * FACTS_TOKENS)
    known = get_model_info(grader)
    if prices is None and known and known.cost:
        prices = known.cost.input, known.cost.output
    dollars = (tokens_in * prices[0] + tokens_out * prices[1]) / 1e6 if prices else None
    return Price(responses, responses * calls + inventories, tokens_in, tokens_out, dollars)


def one_family(grader: str, judged: str) -> bool:
    """Whether two models are of one provider and one name up to its first digit, sign or space.

    Examples:
        >>> one_family("openai/gpt-5", "openai/gpt-4o"), one_family("openai/gpt-5", "anthropic/claude-4")
        (True, False)
        >>> one_family("vllm/Qwen/Qwen2.5-72B", "vllm/runs/qwen-crpo"), one_family("vllm/8B", "vllm/7B")
        (True, False)
    """
    stems = [(name.split("/")[0], re.split(r"[^a-z]", name.rpartition("/")[2].lower())[0]) for name in (grader, judged)]
    return stems[0] == stems[1] and bool(stems[0][1])


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
        raise UserError(f"price={given}: allowed are dollars per million tokens in and out, such as 1.25,10") from error
    return into, out
