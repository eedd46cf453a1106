"""Bench items: synthetic responses with planted citations, rejections, claims and reasoning steps.

A twin stands under another case than it was composed for: a value that it cites is another one there. In every second
twin the response has the new value too, and is as true as before: who does not read values errs in one half.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count as count_from
from itertools import pairwise
from random import Random
from typing import get_args

from clinical_r1.choices import extract_answer
from clinical_r1.edits import CHANGES, Edit
from clinical_r1.edits.editors import edits_of
from clinical_r1.errors import UserError, names_near
from clinical_r1.item import Item
from clinical_r1.judging.bench.cases import NONE_OF_THESE, Asks, Case, make_case
from clinical_r1.judging.bench.compose import Composer, Maker
from clinical_r1.judging.bench.content import LEVELS, Level
from clinical_r1.judging.bench.controls import CONTROLS, UNANSWERED
from clinical_r1.judging.bench.pieces import Open, Piece, assemble, moved, mover
from clinical_r1.judging.counting import count
from clinical_r1.judging.instances import Citation, Claim, Found, Instance, Rejection
from clinical_r1.metrics import METRICS_OF
from clinical_r1.sentences import Sentence

ALL_METRICS = tuple(metric for metrics in METRICS_OF.values() for metric in metrics)
CONTROL_EVERY = 5
"""Every fifth item of a level is a control."""
SIZES: dict[Level, tuple[int, int]] = {"easy": (5, 8), "medium": (7, 11), "hard": (9, 13)}
"""Planted parts of a response, at least and at most."""

_GROUNDING: tuple[Maker, ...] = (
    Composer.mention, Composer.support, Composer.reject_for_fact, Composer.reject_for_medicine,
    Composer.reject_falsely, Composer.reject_barely, Composer.contradict, Composer.invent, Composer.medical,
    Composer.medically_false, Composer.unverifiable,
)  # fmt: skip
_BEHAVIOURS: tuple[Maker, ...] = (
    Composer.backtrack, Composer.verify, Composer.subgoal, Composer.plan, Composer.chain_backward,
)  # fmt: skip
_POOL: tuple[Maker, ...] = (
    *_GROUNDING, *_BEHAVIOURS, Composer.mention, Composer.reject_for_fact, Composer.reject_falsely,
    Composer.filler,
)  # fmt: skip
_NOTHING: dict[Level, tuple[Maker, ...]] = {
    "easy": (),
    "medium": (Composer.near_miss,),
    "hard": (Composer.near_miss, Composer.decoy, Composer.decoy),
}


@dataclass(frozen=True)
class BenchItem:
    """One response with its truth."""

    item: Item
    """What a judge is shown; its facts are the generator's."""
    truth: Found
    """All that is planted, before counting."""
    open: tuple[Open, ...]
    """Places where a judge may find something or not."""
    level: Level
    control: str | None
    """Name of the control, see `clinical_r1.judging.bench.controls`; None for an ordinary item."""
    asks: Asks
    kinds: tuple[str, ...]
    """What its parts plant, in order."""
    changed: int | None = None
    """Number of the fact that has another value than the response was composed for; None where it is no twin."""

    @cached_property
    def counted(self) -> Found:
        """The truth that counts: loops once, copies of the stem not at all."""
        return count(self.truth, self.item, ALL_METRICS).found


def make_bench(n: int = 300, seed: int = 0, levels: Sequence[Level] = LEVELS) -> tuple[BenchItem, ...]:
    """Make bench items; the same arguments give the same items, and an item does not depend on `n`.

    Args:
        n: Number of items, at least 1, over all levels together.
        seed: Of every choice.
        levels: Some of easy, medium, hard and twins, which take turns.

    Raises:
        UserError: If an argument is not among its allowed values.

    Examples:
        >>> [one.item.id for one in make_bench(4)]
        ['easy-0001', 'medium-0001', 'hard-0001', 'easy-0002']
    """
    if n < 1:
        raise UserError(f"n={n}: allowed is a number from 1")
    for level in levels:
        if level not in get_args(Level):
            raise UserError(f"level={level}: allowed are {names_near(level, get_args(Level))}")
    return tuple(_item(seed, levels[at % len(levels)], at // len(levels) + 1) for at in range(n))


def _item(seed: int, level: Level, number: int) -> BenchItem:
    if level == "twins":
        drawn = (Random(f"judge bench {seed} twins {number} {draw}") for draw in count_from())
        twins = (_twin_of(*_composed(random, "medium", number), random, number % 2 == 0) for random in drawn)
        twin = next(filter(None, twins))  # of the first response that cites a value which can be another one
        return replace(twin, item=replace(twin.item, id=f"twins-{number:04d}"), level="twins")
    control = None
    if number % CONTROL_EVERY == 0:
        shift = LEVELS.index(level) * 3  # so that a short bench does not hold one control at three levels
        control = tuple(CONTROLS)[(number // CONTROL_EVERY - 1 + shift) % len(CONTROLS)]
    return _composed(Random(f"judge bench {seed} {level} {number}"), level, number, control)[1]


def _composed(random: Random, level: Level, number: int, control: str | None = None) -> tuple[Case, BenchItem]:
    case = _question(random, control)
    choice = _choice(random, case, always_right=control is not None)
    composer = Composer(random, case, level, choice)
    if control is None:
        makers = [*random.sample(_POOL, random.randint(*SIZES[level])), *_NOTHING[level]]
        random.shuffle(makers)
        pieces = [*filter(None, (make(composer) for make in makers))]
    else:
        pieces = CONTROLS[control](composer)
    answered = control not in UNANSWERED
    text, truth, free = assemble(_laid_out(random, pieces, composer.conclusion() if answered else None))
    item = Item(
        id=f"{level}-{number:04d}",
        epoch=1,
        stem=case.stem,
        options=case.options,
        target=case.target,
        response=text,
        answer=choice if answered else extract_answer(text, case.options).letter,
        has_case=case.asks == "case",
        negated=case.asks == "except",
        facts=tuple(Sentence(fact.start, fact.end, fact.text) for fact in case.facts),
        truncated=control == "truncated",
    )
    kinds = tuple(tag for piece in pieces for tag in piece.tags)
    return case, BenchItem(item, truth, free, level, control, case.asks, kinds)


def _question(random: Random, control: str | None) -> Case:
    if control is None:
        asks: Asks = random.choices(("case", "recall", "except"), weights=(8, 1, 1))[0]
        return make_case(random, asks)
    while True:  # of controls the right option can be named
        case = make_case(random, "case")
        if case.target in case.conditions:
            return case


def _choice(random: Random, case: Case, always_right: bool) -> str:
    wrong = [letter for letter, text in case.options.items() if letter != case.target and text != NONE_OF_THESE]
    return case.target if always_right or random.random() < 0.75 else random.choice(wrong)


def _laid_out(random: Random, pieces: Sequence[Piece], conclusion: Piece | None) -> list[tuple[str, Piece]]:
    """Pieces with what stands before each: blanks, paragraphs and section tags."""
    opening, between, closing = random.choice(
        [
            ("<dx>\n", "\n</dx>\n<conclusion>\n", "\n</conclusion>"),
            ("<think>\n", "\n</think>\n<answer>\n", "\n</answer>"),
            ("", "\n\n", ""),
        ]
    )
    laid: list[tuple[str, Piece]] = []
    for at, piece in enumerate(pieces):
        apart = piece.alone or (at > 0 and pieces[at - 1].alone) or random.random() < 0.3
        laid.append((opening if at == 0 else "\n\n" if apart else " ", piece))
    if conclusion:
        laid += [(between, conclusion), (closing, Piece(""))]
    return laid


# --- twins ------------------------------------------------------------------------------------------------------------
def _twin_of(case: Case, bench: BenchItem, random: Random, rewritten: bool) -> BenchItem | None:
    """A response under a case in which a value that it cites is another one; None if it cites none that can be."""
    item, truth, free = bench.item, bench.truth, bench.open
    against = [one.span for one in truth.rejections or ()]
    changes = [
        (edit, one, old, new)
        for edit, old, new in _changes(case, random.getrandbits(32))
        for one in truth.citations or ()
        if edit.facts(item.facts) == (one.fact,)
        and old in one.span.text
        and (edit.kind == "negation" or case.facts[one.fact - 1].absent_of is None)
        # whether the opposite of a finding still speaks against an option, no code knows
        and not (rewritten and edit.kind != "number" and any(one.span.overlaps(other) for other in against))
    ]
    if not changes:
        return None
    edit, cited, old, new = random.choice(changes)
    stem, to = edit.applied(item.stem), mover(edit.start, len(edit.new) - len(edit.old))
    facts = tuple(Sentence(to(one.start), to(one.end), stem[to(one.start) : to(one.end)]) for one in item.facts)
    text = item.response
    if rewritten:
        at = text.index(old, cited.span.start)
        text, to = text[:at] + new + text[at + len(old) :], mover(at, len(new) - len(old))
        truth = truth.each(lambda those: [moved(one, text, to) for one in those])
        free = tuple(moved(one, text, to) for one in free)
    else:
        truth = truth.each(lambda those: [left for one in those if (left := _after(one, cited))])
        place = cited.span.start  # around it no claim is open to be called supported
        free = tuple(
            replace(one, values=one.values - {"supported"}) if one.start <= place < one.end else one for one in free
        )
    twin = replace(item, stem=stem, facts=facts, response=text)
    return replace(bench, item=twin, truth=truth, open=free, changed=cited.fact)


def _changes(case: Case, seed: int) -> Iterator[tuple[Edit, str, str]]:
    """Edits of a case to another value, each with how a response says the old value and the new one."""
    for edit in edits_of(case.stem, seed, CHANGES):
        yield edit, edit.old, edit.new
    for before, fact in pairwise(case.facts):
        # what follows "no" in a list could be read as denied as well
        if fact.absent_of and not (before.absent_of and "." not in case.stem[before.end : fact.start]):
            yield Edit("negation", fact.start, fact.text, fact.against[0]), fact.names[0], fact.against[0]


def _after(one: Instance, cited: Citation) -> Instance | None:
    """What an instance is when what is cited no longer holds: no citation, a claim against the case, a false reason."""
    match one:
        case Citation() if one.fact == cited.fact:
            return None
        case Claim() if one.span == cited.span:
            return replace(one, label="contradicts")
        case Rejection() if one.span.overlaps(cited.span):
            return replace(one, reason="false")
    return one
