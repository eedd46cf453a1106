"""What a pass over a log will cost, said before its first call."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import get_model_info

from clinical_r1.errors import UserError
from clinical_r1.judging.rubric import Profile, load_rubric
from clinical_r1.judging.subset import ScoredLog, Subset
from clinical_r1.metrics import Judge

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
class Plan:
    """Calls, tokens and price of a pass, all estimates but the number of responses."""

    judge: str
    grader: str
    responses: int
    calls: int
    tokens_in: float
    tokens_out: float
    price: float | None
    """US dollars, None where no price is known."""

    def __str__(self) -> str:
        price = f"about ${self.price:,.2f}" if self.price is not None else "price unknown (-S price=IN,OUT)"
        return (
            f"{self.judge}: {self.responses:,} responses, {self.calls:,} calls to {self.grader}, about "
            f"{self.tokens_in / 1e6:,.2f} M tokens in and {self.tokens_out / 1e6:,.2f} M out, {price}; "
            "a broken reply costs a second call; empty responses and what is in the cache cost nothing"
        )


def plan(
    judge: Judge,
    grader: str,
    log: ScoredLog,
    subset: Subset,
    profile: Profile,
    calls: int,
    inventories: bool,
    prices: tuple[float, float] | None = None,
) -> Plan:
    """Estimate what one grader costs.

    Args:
        judge: `grounding` or `behaviours`.
        grader: The model's name.
        log: The log to be judged.
        subset: What of it is judged.
        profile: `spans` or `counts`.
        calls: Calls a response: one, in profile `counts` one a metric, none for rules.
        inventories: Whether graders list the facts of each case, one call a question.
        prices: US dollars a million tokens in and out; by default what Inspect knows of the model.
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
    price = (tokens_in * prices[0] + tokens_out * prices[1]) / 1e6 if prices else None
    return Plan(judge, grader, responses, responses * calls + questions, tokens_in, tokens_out, price)


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
