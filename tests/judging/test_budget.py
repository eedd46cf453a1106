"""The budget of a pass: calls that run at the same time, and what they may cost."""

import anyio
import pytest
from inspect_ai.model import ModelUsage

from clinical_r1.judging.budget import Budget, OverBudgetError

PRICE = {"paid": (1e6, 0.0)}  # a dollar per token


def spend(budget: Budget, calls: list[tuple[str, int | None]]) -> tuple[int, int]:
    """Make calls at the same time, each of a grader with the tokens that it turns out to need, None from the cache.

    Returns:
        Calls that were made, and the most that were under way at a time.
    """
    made, under_way = 0, [0]

    async def one(grader: str, tokens: int | None) -> None:
        nonlocal made
        try:
            async with budget.call(grader, "kind") as pay:
                made += 1
                under_way.append(under_way[-1] + 1)
                await anyio.sleep(0.001)
                under_way.append(under_way[-1] - 1)
                if tokens is not None:
                    pay(ModelUsage(input_tokens=tokens))
        except OverBudgetError:
            pass

    async def every() -> None:
        async with anyio.create_task_group() as group:
            for call in calls:
                group.start_soon(one, *call)

    anyio.run(every)
    return made, max(under_way)


CASES: list[tuple[float, list[tuple[str, int | None]], int, float, bool, str]] = [
    (10, [("paid", 1)] * 10, 10, 10, False, "all of it may be spent"),
    (9.5, [("paid", 1)] * 20, 9, 9, True, "and not a cent more"),
    (10, [("paid", None)] * 20, 20, 0, False, "what is in the cache costs nothing"),
    (0, [("paid", 1)], 0, 0, True, "nothing may be spent"),
    (4, [("free", 9)] * 20, 20, 0, False, "a grader without a price costs nothing"),
    (3, [("paid", 9)] * 20, 1, 9, True, "the first call is dearer than all that there was"),
]


@pytest.mark.parametrize(("limit", "calls", "made", "spent", "stopped", "why"), CASES)
def test_a_call_is_made_where_its_price_is_left(
    limit: float, calls: list[tuple[str, int | None]], made: int, spent: float, stopped: bool, why: str
) -> None:
    budget = Budget(limit, PRICE)
    assert spend(budget, calls)[0] == made, why
    assert (budget.spent, budget.stopped) == (spent, stopped), why


def test_without_a_limit_nobody_waits() -> None:
    assert spend(Budget(prices=PRICE), [("paid", 1)] * 20) == (20, 20)


def test_calls_run_at_the_same_time_once_one_has_told_the_price() -> None:
    assert spend(Budget(100, PRICE), [("paid", 1)] * 20) == (20, 19)
