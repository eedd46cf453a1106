"""What a pass of judges has spent, and the limit that it keeps to.

What a call costs is known when it is paid, and several are under way at a time. So the first call of a kind goes alone,
and from then on as much as the dearest one before it is kept for each call under way: a call is made only where that
much is left. Calls under way may cost more than that, and the pass as much more than its limit.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf

import anyio
from inspect_ai.model import ModelUsage


class OverBudgetError(Exception):
    """A call might cost more than is left."""


@dataclass(eq=False)
class Budget:
    """The dollars of a pass."""

    limit: float = inf
    """That may be spent."""
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Grader -> US dollars per million tokens in and out, where the user gave them; else Inspect knows, or nobody."""
    spent: float = 0.0
    """By the graders whose price is known; replies from the cache cost nothing."""
    used: ModelUsage = field(default_factory=ModelUsage)
    """By all graders."""
    stopped: bool = False
    """Whether a call was refused."""
    _dearest: dict[tuple[str, str], float] = field(default_factory=dict)
    _kept: list[float] = field(default_factory=list)
    _done: anyio.Event | None = None

    @property
    def line(self) -> str:
        """What was used so far."""
        read = self.used.input_tokens + (self.used.input_tokens_cache_read or 0)
        read += self.used.input_tokens_cache_write or 0
        dollars = f", ${self.spent:,.2f}" if self.spent else ""
        of = f" of ${self.limit:,.2f}" if dollars and self.limit < inf else ""
        return f"paid so far: {read:,} tokens in and {self.used.output_tokens:,} out{dollars}{of}"

    @asynccontextmanager
    async def call(self, grader: str, kind: str) -> AsyncIterator[Callable[[ModelUsage | None], None]]:
        """Make one call inside; what is yielded takes its usage, unless it was answered from the cache.

        Args:
            grader: The model.
            kind: Of call: those of one kind cost about the same.

        Raises:
            OverBudgetError: If it might cost more than is left.
        """
        kept = await self._keep(grader, kind)

        def pay(usage: ModelUsage | None) -> None:
            dollars = self._dollars(grader, usage) if usage else 0.0
            self._dearest[grader, kind] = max(dollars, self._dearest.get((grader, kind), 0.0))
            self.spent, self.used = self.spent + dollars, self.used + (usage or ModelUsage())

        try:
            yield pay
        finally:
            self._kept.remove(kept)
            if self._done:
                self._done.set()
                self._done = None

    async def _keep(self, grader: str, kind: str) -> float:
        """Wait until there is enough for a call, and keep it."""
        while True:
            left = self.limit - self.spent - sum(self._kept)
            price = 0.0 if self.limit == inf else self._dearest.get((grader, kind))
            if price is None and left > 0 and not self._kept:
                price = left  # nobody knows yet what it costs: it goes alone
            if price is not None and price <= left:
                self._kept.append(price)
                return price
            if not self._kept:
                self.stopped = True
                raise OverBudgetError
            done = self._done = self._done or anyio.Event()
            await done.wait()

    def _dollars(self, grader: str, usage: ModelUsage) -> float:
        if grader not in self.prices:
            return usage.total_cost or 0.0
        read = usage.input_tokens + (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
        return (read * self.prices[grader][0] + usage.output_tokens * self.prices[grader][1]) / 1e6


_BUDGET: ContextVar[Budget] = ContextVar("budget")


def budget_of_pass() -> Budget:
    """That of the running pass; without limit where none was set."""
    return _BUDGET.get(None) or Budget()


@contextmanager
def spending(budget: Budget) -> Iterator[None]:
    """Calls made inside are paid from a budget."""
    token = _BUDGET.set(budget)
    try:
        yield
    finally:
        _BUDGET.reset(token)
