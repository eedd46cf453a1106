"""Which questions a study takes: drawn from one seed.

Questions are drawn without replacement from strata. Within a stratum every question has the same probability, drawn /
there, which is stored: one over it is the weight with which an estimate over all questions is unbiased (Horvitz and
Thompson 1952). Rare strata get at least `FLOOR` questions, the rest is shared out in proportion to size.

Benchmark, patient case, which checkpoints are right, what the judge found and length make the strata, in this order
and as far as there are `QUESTIONS_A_STRATUM`: each stratum costs an interval a degree of freedom. What makes no stratum
spreads the draw within strata all the same: there it is systematic along an order by it, with a random start, which
leaves every probability as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isnan
from random import Random

from clinical_r1.errors import UserError

FLOOR = 2
"""Questions of each stratum that are drawn at least, if it has as many: two show its spread."""
QUESTIONS_A_STRATUM = 5
"""Questions a stratum, on average, below which a trait makes no strata."""
TERCILES = ("low", "middle", "high")
NOT_KNOWN = "not known"
"""Tercile of a question without a number."""


@dataclass(frozen=True)
class Candidate:
    """A question that can be drawn."""

    benchmark: str
    question: str
    """Its id."""
    epochs: tuple[int, ...]
    """Those in which every compared checkpoint has a response."""
    has_case: bool
    right: tuple[bool, ...]
    """Of each compared checkpoint, whether it is right in at least half of these epochs."""
    words: float
    """Of a response, on average; NaN if unknown."""
    found: float
    """How much the judge found, on any scale on which questions of one benchmark can be ordered; NaN if unknown."""


@dataclass(frozen=True)
class Stratum:
    """Questions that have the same probability to be drawn."""

    name: str
    benchmark: str
    questions: int
    drawn: int


@dataclass(frozen=True)
class Drawn:
    """A question that was drawn."""

    candidate: Candidate
    epoch: int
    """One of the candidate's, each as likely as any other."""
    stratum: str
    inclusion: Fraction
    """Probability with which it was to be drawn."""


@dataclass(frozen=True)
class Draw:
    """All of a draw."""

    questions: tuple[Drawn, ...]
    """By benchmark and id."""
    strata: tuple[Stratum, ...]
    unused: tuple[str, ...]
    """What was too fine to make strata, and spreads the draw within them."""


def draw_questions(candidates: Sequence[Candidate], number: int, seed: int) -> Draw:
    """Draw questions.

    Args:
        candidates: Distinct in benchmark and question; their order does not matter.
        number: How many, from 1.
        seed: Of the draw.

    Returns:
        The draw. Which strata there are, and all probabilities, are the same for every seed.

    Raises:
        UserError: If there are fewer candidates, or more benchmarks than questions.
    """
    if number > len(candidates):
        raise UserError(f"{number:,} questions are to be drawn, and {len(candidates):,} can be")
    ordered = sorted(candidates, key=lambda one: (one.benchmark, one.question))
    traits = _traits(ordered)
    cells, unused = _cells(ordered, traits, number)
    sizes = {cell: len(members) for cell, members in cells.items()}
    drawn = _allocated(sizes, number)
    names = {cell: ", ".join(cell) for cell in cells}
    found = [
        Drawn(one, _epoch(one, seed), names[cell], Fraction(drawn[cell], sizes[cell]))
        for cell, members in cells.items()
        for one in _systematic(members, drawn[cell], [traits[name] for name in unused], f"{seed}:draw:{names[cell]}")
    ]
    strata = tuple(Stratum(names[cell], cell[0], sizes[cell], drawn[cell]) for cell in cells)
    return Draw(tuple(sorted(found, key=lambda one: (one.candidate.benchmark, one.candidate.question))), strata, unused)


# --- strata -----------------------------------------------------------------------------------------------------------
Cell = tuple[str, ...]
Trait = Callable[[Candidate], str]


def _traits(candidates: Sequence[Candidate]) -> dict[str, Trait]:
    """What tells questions apart, the most important first."""
    words = _terciles(candidates, lambda one: one.words)
    found = _terciles(candidates, lambda one: one.found)
    return {
        "benchmark": lambda one: one.benchmark,
        "patient case": lambda one: "case" if one.has_case else "no case",
        "correctness pattern": lambda one: f"right {''.join('01'[right] for right in one.right)}",
        "correctness": lambda one: "all right" if all(one.right) else "some right" if any(one.right) else "none right",
        "judge count": lambda one: f"found {found[one]}",
        "length": lambda one: f"length {words[one]}",
    }


def _terciles(candidates: Sequence[Candidate], value: Callable[[Candidate], float]) -> dict[Candidate, str]:
    """Low, middle or high among the questions of a benchmark; equal values are together."""
    values: dict[str, list[float]] = defaultdict(list)
    for one in candidates:
        if not isnan(value(one)):
            values[one.benchmark].append(value(one))
    edges = {name: _edges(sorted(known)) for name, known in values.items()}

    def tercile(one: Candidate) -> str:
        return NOT_KNOWN if isnan(value(one)) else TERCILES[sum(value(one) > edge for edge in edges[one.benchmark])]

    return {one: tercile(one) for one in candidates}


def _edges(known: Sequence[float]) -> tuple[float, float]:
    """The greatest values of the first and of the second third."""
    return known[ceil(len(known) / 3) - 1], known[ceil(2 * len(known) / 3) - 1]


def _cells(
    candidates: Sequence[Candidate], traits: Mapping[str, Trait], number: int
) -> tuple[dict[Cell, list[Candidate]], tuple[str, ...]]:
    """The strata, and the traits that would have made too many."""
    used: list[str] = ["benchmark"]
    if len(_grouped(candidates, [traits["benchmark"]])) > number:
        raise UserError(f"{number:,} questions are fewer than benchmarks: name fewer of these, or more items")
    unused: list[str] = []
    cells = _grouped(candidates, [traits["benchmark"]])
    for name in list(traits)[1:]:
        if name == "correctness" and "correctness pattern" in used:
            continue
        finer = _grouped(candidates, [traits[one] for one in (*used, name)])
        if len(finer) == len(cells) or QUESTIONS_A_STRATUM * len(finer) <= number:
            cells = finer
            used.append(name)
        else:
            unused.append(name)
    return cells, tuple(unused)


def _grouped(candidates: Sequence[Candidate], traits: Sequence[Trait]) -> dict[Cell, list[Candidate]]:
    groups: dict[Cell, list[Candidate]] = defaultdict(list)
    for one in candidates:
        groups[tuple(trait(one) for trait in traits)].append(one)
    return {cell: groups[cell] for cell in sorted(groups)}


def _allocated(sizes: Mapping[Cell, int], number: int) -> dict[Cell, int]:
    """Questions to draw from each stratum: a floor, and the rest in proportion to size (Webster's method)."""
    floors = {cell: min(FLOOR, size) for cell, size in sizes.items()}
    given = floors if sum(floors.values()) <= number else dict.fromkeys(sizes, 1)
    for _ in range(number - sum(given.values())):
        open_ones = [cell for cell, size in sizes.items() if given[cell] < size]
        poorest = max(open_ones, key=lambda cell: Fraction(sizes[cell], 2 * given[cell] + 1))
        given[poorest] += 1
    return given


def _systematic(members: Sequence[Candidate], number: int, along: Sequence[Trait], seed: str) -> Iterator[Candidate]:
    """Every (members / number)th from a random start, in an order by some traits, and by chance among equals.

    Each member has the probability number / members, exactly up to the grain of the start (one in 2^53).
    """
    rng = Random(seed)
    shuffled = rng.sample(members, len(members))
    ordered = sorted(shuffled, key=lambda one: tuple(trait(one) for trait in along))
    step = Fraction(len(members), number)
    start = step * Fraction(rng.getrandbits(53), 1 << 53)
    for place in range(number):
        yield ordered[int(start + place * step)]


def _epoch(one: Candidate, seed: int) -> int:
    return Random(f"{seed}:epoch:{one.benchmark}:{one.question}").choice(one.epochs)
