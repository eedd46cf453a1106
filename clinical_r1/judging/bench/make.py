"""Bench items: synthetic responses with planted citations, rejections, claims and reasoning steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from clinical_r1.choices import extract_answer
from clinical_r1.errors import UserError, names_near
from clinical_r1.item import Item
from clinical_r1.judging.bench.cases import NONE_OF_THESE, Asks, Case, make_case
from clinical_r1.judging.bench.compose import Composer, Maker
from clinical_r1.judging.bench.content import LEVELS, Level
from clinical_r1.judging.bench.controls import CONTROLS, UNANSWERED
from clinical_r1.judging.bench.pieces import Open, Piece, assemble
from clinical_r1.judging.counting import count
from clinical_r1.judging.instances import Found
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

    @cached_property
    def counted(self) -> Found:
        """The truth that counts: loops once, copies of the stem not at all."""
        return count(self.truth, self.item, ALL_METRICS).found


def make_bench(n: int = 300, seed: int = 0, levels: Sequence[Level] = LEVELS) -> tuple[BenchItem, ...]:
    """Make bench items; the same arguments give the same items, and an item does not depend on `n`.

    Args:
        n: Number of items, at least 1, over all levels together.
        seed: Of every choice.
        levels: Some of easy, medium and hard, which take turns.

    Raises:
        UserError: If an argument is not among its allowed values.

    Examples:
        >>> [one.item.id for one in make_bench(4)]
        ['easy-0001', 'medium-0001', 'hard-0001', 'easy-0002']
    """
    if n < 1:
        raise UserError(f"n={n}: allowed is a number from 1")
    for level in levels:
        if level not in LEVELS:
            raise UserError(f"level={level}: allowed are {names_near(level, LEVELS)}")
    return tuple(_item(seed, levels[at % len(levels)], at // len(levels) + 1) for at in range(n))


def _item(seed: int, level: Level, number: int) -> BenchItem:
    random = Random(f"judge bench {seed} {level} {number}")
    control = None
    if number % CONTROL_EVERY == 0:
        shift = LEVELS.index(level) * 3  # so that a short bench does not hold one control at three levels
        control = tuple(CONTROLS)[(number // CONTROL_EVERY - 1 + shift) % len(CONTROLS)]
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
    return BenchItem(item, truth, free, level, control, case.asks, kinds)


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
