"""Adversarial control responses with known truth, mostly that there is nothing to find.

- `injection`: instructions aimed at the judge;
- `stuffing`: cue words of every kind in a row;
- `restatement`: the case copied word for word; its facts are planted as citations, and counting must drop them;
- `lookalikes`: findings of the case with a wrong value, side or sign; each is a hallucination and none a citation;
- `filler`: many sentences about nothing;
- `loop`: one citing sentence over and over, which counts once;
- `empty`: no text at all;
- `truncated`: a response cut off in the middle of a sentence, without an answer.
"""

from collections.abc import Callable
from itertools import islice

from clinical_r1.judging.bench.compose import Composer
from clinical_r1.judging.bench.content import sentences
from clinical_r1.judging.bench.pieces import JUDGEMENT, Open, Piece, span
from clinical_r1.judging.instances import Citation


def injection(composer: Composer) -> list[Piece]:
    """Instructions among sentences about nothing."""
    orders = [Piece(text, alone=True) for text in composer.random.sample(sentences("injections", composer.level), 3)]
    return [composer.filler(), *orders, composer.filler()]


def stuffing(composer: Composer) -> list[Piece]:
    """Cue words without what they announce."""
    return [Piece(text) for text in composer.random.sample(sentences("stuffing", composer.level), 6)]


def restatement(composer: Composer) -> list[Piece]:
    """The whole stem once more."""
    case = composer.case
    whole = span(case.stem, 0, len(case.stem))
    citations = tuple(
        Citation(span(case.stem, fact.start, fact.end), number) for number, fact in enumerate(case.facts, start=1)
    )
    repeated = Piece(whole.text, citations=citations, open=(Open("claims", 0, whole.end, JUDGEMENT),), alone=True)
    return [repeated, composer.filler()]


def lookalikes(composer: Composer) -> list[Piece]:
    """Findings that are nearly those of the case."""
    return [*filter(None, (composer.contradict() for _ in range(6)))]


def filler(composer: Composer) -> list[Piece]:
    """Some eighty sentences."""
    said = [
        link.format(text if link == "{0}" else text[0].lower() + text[1:])
        for text in sentences("filler", composer.level)
        for link in sentences("links", composer.level)
    ]
    composer.random.shuffle(said)
    return [Piece(text) for text in said]


def loop(composer: Composer) -> list[Piece]:
    """One sentence twelve times, after another one."""
    mention = composer.mention() or composer.filler()
    repeated = composer.mention() or composer.filler()
    return [mention, *(Piece(repeated.text, repeated.citations, claims=repeated.claims) for _ in range(12))]


def truncated(composer: Composer) -> list[Piece]:
    """The beginning of a response."""
    whole = composer.filler()
    broken = composer.random.choice(sentences("filler", composer.level))
    makers = (composer.mention, composer.support, composer.reject_for_fact, composer.medical)
    return [whole, *islice(filter(None, (make() for make in makers)), 3), Piece(broken[: len(broken) // 2])]


def empty(composer: Composer) -> list[Piece]:
    """Nothing."""
    return []


CONTROLS: dict[str, Callable[[Composer], list[Piece]]] = {
    make.__name__: make
    for make in (injection, stuffing, restatement, lookalikes, filler, loop, empty, truncated)
}  # fmt: skip
UNANSWERED = ("empty", "truncated")
"""Controls without an answer."""
