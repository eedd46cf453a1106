"""Who labels what, and in which order: all from one seed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import TypeVar

T = TypeVar("T")


def assign(questions: int, raters: Sequence[str], overlap: int, seed: int) -> list[tuple[str, ...]]:
    """Give each question to some raters, so that loads are even and every two raters share questions.

    Args:
        questions: How many.
        raters: Their names.
        overlap: Raters a question, at most all.
        seed: Decides where several choices are as good.

    Returns:
        Raters of each question. No two raters' loads differ by more than one.
    """
    rng = Random(f"{seed}:assign")
    load: Counter[str] = Counter()
    shared: Counter[frozenset[str]] = Counter()
    given: list[tuple[str, ...]] = []
    for _ in range(questions):
        chosen: list[str] = []
        while len(chosen) < overlap:
            rest = [rater for rater in raters if rater not in chosen]
            ties = {rater: (load[rater], sum(shared[frozenset((rater, one))] for one in chosen)) for rater in rest}
            best = min(ties.values())
            chosen.append(rng.choice([rater for rater in rest if ties[rater] == best]))
        load.update(chosen)
        shared.update(frozenset((one, other)) for one in chosen for other in chosen if one < other)
        given.append(tuple(rater for rater in raters if rater in chosen))
    return given


@dataclass(frozen=True)
class Slot:
    """A place in a rater's order."""

    item: int
    again: bool
    """Whether the item is a hidden repeat of one that came before."""


def order(items: Sequence[int], repeats: float, rater: str, seed: int) -> list[Slot]:
    """A rater's items in random order, some of them twice and far apart.

    Args:
        items: Numbers of the items that the rater labels.
        repeats: Share of them that comes twice, rounded up.
        rater: Whose order it is.
        seed: Of orders and repeats. The same items come twice for all raters who have them, as far as shares allow.

    Returns:
        The order. An item and its repeat are at least a third of it apart (as far as a single item allows).
    """
    ranked = sorted(items, key=lambda item: Random(f"{seed}:repeat:{item}").random())
    twice = ranked[: ceil(repeats * len(items))]
    rng = Random(f"{seed}:order:{rater}")
    places = len(items) + len(twice)
    third = max(len(twice), places // 3)
    slots: dict[int, Slot] = {}
    for here, item in zip(rng.sample(range(third), len(twice)), twice, strict=True):
        slots[here] = Slot(item, again=False)
    for here, item in zip(rng.sample(range(places - third, places), len(twice)), twice, strict=True):
        slots[here] = Slot(item, again=True)
    others = [item for item in items if item not in set(twice)]
    rest = iter(rng.sample(others, len(others)))
    return [slots[place] if place in slots else Slot(next(rest), again=False) for place in range(places)]


def shuffled(things: Sequence[T], seed: int, what: str) -> list[T]:
    """Things in an order that tells nothing."""
    return Random(f"{seed}:{what}").sample(list(things), len(things))
