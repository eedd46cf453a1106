"""The stratified sample of questions that a study takes from logs, and who labels what in which order, from one seed.

Questions are drawn without replacement from strata. Within a stratum every question has the same probability, drawn /
there, which is stored: one over it is the weight with which an estimate over all questions is unbiased (Horvitz and
Thompson 1952). Rare strata get at least `FLOOR` questions, the rest is shared out in proportion to size.

Benchmark, patient case, which checkpoints are right, what the judge found and length make the strata, in this order
and as far as there are `QUESTIONS_PER_STRATUM`: each stratum costs an interval a degree of freedom. What makes no
stratum spreads the draw within strata all the same: there it is systematic along an order by it, with a random start,
which leaves every probability as it is.

An active draw (Zrnic and Candes 2024, arXiv:2403.03208) has strata of benchmark and patient case alone. Within one a
question's probability is in proportion to floor + (1 - floor) x its expected error / the mean of these, at most 1:
labels go where the judge may err, and the floor bounds every weight, whatever the errors are.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isnan, nan
from random import Random
from typing import NamedTuple

import pandas as pd

from clinical_r1.errors import UserError
from clinical_r1.logs import NOT_JUDGED, LogSet, Run
from clinical_r1.metrics import Judge
from clinical_r1.study.protocol import StratumNote, judges_of

# --- the draw ---------------------------------------------------------------------------------------------------------
FLOOR = 2
"""Questions of each stratum that are drawn at least, if it has as many: two show its spread."""
QUESTIONS_PER_STRATUM = 5
"""Questions per stratum, on average, below which a trait makes no strata."""
ACTIVE_FLOOR = 0.5
"""Share of an active draw's probability that does not depend on expected errors, unless told otherwise."""
GRAIN = 10**6
"""Grain of the probabilities of an active draw."""
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
class Drawn:
    """A question that was drawn."""

    candidate: Candidate
    epoch: int
    """One of the candidate's, each as likely as any other."""
    stratum: str
    inclusion: Fraction
    """Probability with which it was to be drawn; in an active draw its own, else that of its stratum."""


@dataclass(frozen=True)
class Draw:
    """All of a draw."""

    questions: tuple[Drawn, ...]
    """By benchmark and id."""
    strata: tuple[StratumNote, ...]
    unused: tuple[str, ...]
    """What was too fine to make strata, and spreads the draw within them."""


def draw_questions(
    candidates: Sequence[Candidate],
    number: int,
    seed: int,
    *,
    errors: Mapping[Candidate, float] | None = None,
    floor: float = ACTIVE_FLOOR,
) -> Draw:
    """Draw questions.

    Args:
        candidates: Distinct in benchmark and question; their order does not matter.
        number: How many, from 1.
        seed: Of the draw.
        errors: Of an active draw: the judge's expected error on each candidate, from 0.
        floor: Of an active draw: share of probability that does not depend on errors, above 0 and up to 1.

    Returns:
        The draw. Which strata there are, and all probabilities, are the same for every seed.

    Raises:
        UserError: If there are fewer candidates, or more benchmarks than questions.
    """
    if number > len(candidates):
        raise UserError(f"{number:,} questions are to be drawn, and {len(candidates):,} can be")
    ordered = sorted(candidates, key=lambda one: (one.benchmark, one.question))
    traits = _traits(ordered)
    if errors is None:
        cells, unused = _cells(ordered, traits, number)
    else:
        cells, unused = _cells(ordered, {name: traits[name] for name in ("benchmark", "patient case")}, number)
        unused += ("correctness pattern", "judge count", "length")
    given = _allocated({cell: len(members) for cell, members in cells.items()}, number)
    found: list[Drawn] = []
    strata: list[StratumNote] = []
    for cell, members in cells.items():
        name, drawn, there = ", ".join(cell), given[cell], len(members)
        chances = dict.fromkeys(members, Fraction(drawn, there))
        if errors is not None:
            chances = _chances({one: errors[one] for one in members}, drawn, floor)
        for one in _systematic(chances, [traits[trait] for trait in unused], f"{seed}:draw:{name}"):
            epoch = Random(f"{seed}:epoch:{one.benchmark}:{one.question}").choice(one.epochs)
            found.append(Drawn(one, epoch, name, chances[one]))
        strata.append(StratumNote(stratum=name, benchmark=cell[0], questions=there, drawn=drawn))
    found.sort(key=lambda one: (one.candidate.benchmark, one.candidate.question))
    return Draw(tuple(found), tuple(strata), unused)


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
    edges = {}  # the greatest values of the first and of the second third
    for name, known in values.items():
        known.sort()
        edges[name] = known[ceil(len(known) / 3) - 1], known[ceil(2 * len(known) / 3) - 1]

    def tercile(one: Candidate) -> str:
        return NOT_KNOWN if isnan(value(one)) else TERCILES[sum(value(one) > edge for edge in edges[one.benchmark])]

    return {one: tercile(one) for one in candidates}


def _cells(
    candidates: Sequence[Candidate], traits: Mapping[str, Trait], number: int
) -> tuple[dict[Cell, list[Candidate]], tuple[str, ...]]:
    """The strata, and the traits that would have made too many."""
    used, unused = ["benchmark"], []
    cells = _grouped(candidates, [traits["benchmark"]])
    if len(cells) > number:
        raise UserError(f"{number:,} questions are fewer than benchmarks: name fewer of these, or more items")
    for name in list(traits)[1:]:
        if name == "correctness" and "correctness pattern" in used:
            continue
        finer = _grouped(candidates, [traits[one] for one in (*used, name)])
        if len(finer) == len(cells) or QUESTIONS_PER_STRATUM * len(finer) <= number:
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


def _chances(errors: Mapping[Candidate, float], number: int, floor: float) -> dict[Candidate, Fraction]:
    """Probabilities that sum to the number, in proportion to floor + (1 - floor) x error / mean error, at most 1."""
    mean = sum(errors.values()) / len(errors)
    share = {one: floor + (1 - floor) * (error / mean if mean > 0 else 1.0) for one, error in errors.items()}
    sizes = {one: max(1, round(GRAIN * size)) for one, size in share.items()}  # whole, so that sums are exact
    found: dict[Candidate, Fraction] = {}
    while sizes:
        left, total = number - len(found), sum(sizes.values())
        if not (certain := [one for one, size in sizes.items() if size * left >= total]):
            return found | {one: Fraction(size * left, total) for one, size in sizes.items()}
        for one in certain:
            found[one] = Fraction(1)
            del sizes[one]
    return found


def _systematic(chances: Mapping[Candidate, Fraction], along: Sequence[Trait], seed: str) -> Iterator[Candidate]:
    """Those on whose stretch a point falls: points at every whole number from a random start, stretches as long as
    probabilities, in an order by some traits, and by chance among equals.

    Each probability is exact up to the grain of the start (one in 2^53).
    """
    rng = Random(seed)
    shuffled = rng.sample(list(chances), len(chances))
    ordered = sorted(shuffled, key=lambda one: tuple(trait(one) for trait in along))
    point, end = Fraction(rng.getrandbits(53), 1 << 53), Fraction(0)
    for one in ordered:
        end += chances[one]
        if point < end:
            yield one
            point += 1


# --- what can be drawn ------------------------------------------------------------------------------------------------
RIGHT_FROM = 0.5
"""Share of epochs from which a checkpoint counts as right on a question, for strata."""

_PLACE = ["benchmark", "id", "epoch"]


@dataclass(frozen=True, eq=False)
class Frame:
    """What can be drawn."""

    checkpoints: tuple[str, ...]
    """Those compared, in the order of the runs."""
    runs: dict[tuple[str, str], Run]
    """(Checkpoint, benchmark) -> its run."""
    candidates: tuple[Candidate, ...]
    rows: pd.DataFrame
    """Responses that can become items, a row per response, by (checkpoint, benchmark, id, epoch)."""
    judges: tuple[Judge, ...]
    """Those that give the metrics asked for."""
    notes: tuple[str, ...]
    """Sentences: what cannot be drawn and why."""


def frame_of(log_set: LogSet, metrics: Sequence[str]) -> Frame:
    """Look for questions to which every compared checkpoint has a response, and the judge a score where it gave any.

    Args:
        log_set: With one label per checkpoint, see `clinical_r1.analysis.sides.labelled`; all its runs are compared.
        metrics: What raters are to be asked for.

    Raises:
        UserError: If a checkpoint has no run on a benchmark that another has, or there is no such question.
    """
    runs = {(run.checkpoint, run.benchmark): run for run in log_set.runs}
    checkpoints = tuple(dict.fromkeys(run.checkpoint for run in log_set.runs))
    for benchmark in dict.fromkeys(run.benchmark for run in log_set.runs):
        for checkpoint in checkpoints:
            if (checkpoint, benchmark) not in runs:
                told = "which is to be compared: name the logs that are, or use --benchmarks"
                raise UserError(f"{checkpoint} has no run on {benchmark}, {told}")
    judges = judges_of(metrics)
    rows, notes = _usable(log_set, len(checkpoints), judges)
    counted = [base for base in metrics if rows[base].notna().any()]
    candidates = tuple(
        candidate
        for benchmark, part in rows.groupby("benchmark", observed=True)
        for candidate in _candidates(str(benchmark), part, checkpoints, counted)
    )
    rows = rows.set_index(["checkpoint", *_PLACE])
    return Frame(checkpoints, runs, candidates, rows, judges, tuple(notes))


def _usable(log_set: LogSet, checkpoints: int, judges: Sequence[Judge]) -> tuple[pd.DataFrame, list[str]]:
    """Responses of places where all checkpoints have one, judged where anything was."""
    rows = log_set.responses.astype(dict.fromkeys(("benchmark", "id", "checkpoint"), object))
    notes: list[str] = []

    def complete(kept: "pd.Series[bool]", why: str) -> pd.DataFrame:
        usable = rows[kept]
        usable = usable[usable.groupby(_PLACE, observed=True)["checkpoint"].transform("nunique") == checkpoints]
        before, after = (len(frame[["benchmark", "id"]].drop_duplicates()) for frame in (rows, usable))
        if after < before:
            notes.append(f"{before - after:,} of {before:,} questions {why} and cannot be drawn.")
        return usable

    rows = complete(rows["error"].isna(), "have no response of every checkpoint")
    for kind in judges:
        judged = rows[f"{kind}_reason"].astype(object) != NOT_JUDGED
        if judged.any():
            rows = complete(judged, f"were not given to the judge of {kind}")
        else:
            notes.append(f"No judge has scored {kind}: strata do without it, and a judge can be compared later.")
    if rows.empty:
        raise UserError("no question has a response of every checkpoint (and a score, where a judge gave any)")
    return rows, notes


def _candidates(
    benchmark: str, rows: pd.DataFrame, checkpoints: Sequence[str], counted: Sequence[str]
) -> list[Candidate]:
    found = rows.groupby("id", observed=True)[list(counted)].mean().rank(pct=True).mean(axis=1)
    right = rows.pivot_table(index="id", columns="checkpoint", values="answer", observed=True)[list(checkpoints)]
    shared = rows.groupby("id", observed=True).agg(words=("words", "mean"), has_case=("has_case", "first"))
    epochs = rows.groupby("id", observed=True)["epoch"].unique()
    return [
        Candidate(
            benchmark=benchmark,
            question=str(id),
            epochs=tuple(sorted(int(epoch) for epoch in epochs[id])),
            has_case=bool(shared.loc[id, "has_case"]),
            right=tuple(bool(share >= RIGHT_FROM) for share in right.loc[id]),
            words=float(shared.loc[id, "words"]),
            found=float(found.get(id, nan)),
        )
        for id in shared.index
    ]


# --- who labels what, in which order ----------------------------------------------------------------------------------
def assign(questions: int, raters: Sequence[str], overlap: int, seed: int) -> list[tuple[str, ...]]:
    """Give each question to some raters, so that loads are even and every two raters share questions.

    Args:
        questions: How many.
        raters: Their names.
        overlap: Raters per question, at most all.
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


class Slot(NamedTuple):
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
