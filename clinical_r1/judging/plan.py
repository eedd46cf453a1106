"""What a pass over a log will cost, said before its first call."""

from dataclasses import dataclass

from inspect_ai.model import get_model_info

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
        price = f"about ${self.price:,.2f}" if self.price is not None else "no price known"
        return (
            f"{self.judge}: {self.responses:,} responses, at most {self.calls:,} calls to {self.grader}, about "
            f"{self.tokens_in / 1e6:,.2f} M tokens in and {self.tokens_out / 1e6:,.2f} M out, {price}; "
            "empty responses are not sent, and what is in the cache is not paid again"
        )


def plan(judge: Judge, grader: str, log: ScoredLog, subset: Subset, rubric: int, calls: int, inventories: bool) -> Plan:
    """Estimate what one grader costs.

    Args:
        judge: `grounding` or `behaviours`.
        grader: The model's name.
        log: The log to be judged.
        subset: What of it is judged.
        rubric: Characters of the rubric.
        calls: Calls a response: one, or in profile `counts` one a metric.
        inventories: Whether graders list the facts of each case, one call a question.
    """
    responses = round(log.responses / subset.weight)
    questions = len(log.ids if subset.questions is None else subset.questions) if inventories else 0
    used = log.header.stats.model_usage.get(log.header.eval.model)
    total = max(1, log.responses)
    prompt, response = (used.input_tokens / total, used.output_tokens / total) if used else UNKNOWN
    tokens_in = responses * calls * (rubric / CHARACTERS_PER_TOKEN + prompt + SHOWN * response) + questions * 2 * prompt
    tokens_out = float(
        responses * calls * (COUNT_TOKENS if calls > 1 else REPLY_TOKENS[judge]) + questions * FACTS_TOKENS
    )
    known = get_model_info(grader)
    cost = known.cost if known else None
    price = (tokens_in * cost.input + tokens_out * cost.output) / 1e6 if cost else None
    return Plan(judge, grader, responses, responses * calls + questions, tokens_in, tokens_out, price)
