"""One response with its question as the model saw it, cut into the numbered sentences and facts that judges are shown.

Copies of the case within a response are the question's text and nothing that the response says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clinical_r1.choices import LETTERS, copies, extract_answer
from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.grammar import parse
from clinical_r1.sentences import Sentence, sentences

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ModelOutput

# --- what a response repeats of its case ------------------------------------------------------------------------------
RESTATED_WORDS = 30
"""Consecutive words of the stem from which a passage is a restatement: longer than any quotation that makes a point."""
SHORTEST_STEM = 8
"""Words from which a shorter stem can be restated, by a copy of all of it: no point needs its question too."""

_WORD = re.compile(r"[^\W_]+")
Passages = tuple[tuple[int, int], ...]


@lru_cache(maxsize=8)  # both judges, and each judge of a panel, ask for the same response
def restatements(stem: str, response: str) -> Passages:
    """Passages of a response that copy `RESTATED_WORDS` words or more of the stem, or all of a short one.

    Returns:
        Start of the first and end of the last word of each, in order.

    Examples:
        >>> stem = "A woman of 45 has fever and a rash. Which disease is most likely?"
        >>> restatements(stem, f"So: {stem} Measles, for the rash.")
        ((4, 68),)
        >>> restatements(stem, "A woman of 45 has fever and a rash: measles.")
        ()
    """
    known = _WORD.findall(stem.casefold())
    size = min(RESTATED_WORDS, len(known))
    if size < SHORTEST_STEM:
        return ()
    half = size // 2
    words = _WORD.findall(response.casefold())
    blocks = {tuple(known[at : at + half]) for at in range(len(known) - half + 1)}
    # Whatever copies so many words holds one of the blocks that begin at every half of it: most responses hold none.
    if not any(tuple(words[at : at + half]) in blocks for at in range(0, len(words) - half + 1, half)):
        return ()
    runs = {tuple(known[at : at + size]) for at in range(len(known) - size + 1)}
    said = [(match[0].casefold(), match.start(), match.end()) for match in _WORD.finditer(response)]
    words = [word for word, _, _ in said]
    passages: list[tuple[int, int]] = []
    for at in range(len(words) - size + 1):
        if tuple(words[at : at + size]) in runs:
            start, end = said[at][1], said[at + size - 1][2]
            if passages and start < passages[-1][1]:
                passages[-1] = (passages[-1][0], end)
            else:
                passages.append((start, end))
    return tuple(passages)


def is_restated(start: int, end: int, response: str, passages: Passages) -> bool:
    """Whether all words of a stretch of a response stand in one of its restatements."""
    return any(
        start < last and first < end and not _WORD.search(response[start:first] + " " + response[last:end])
        for first, last in passages
    )


def outside(text: str, passages: Iterable[tuple[int, int]]) -> str:
    """A text with a line break for each of some passages, in order."""
    ends = [0, *(edge for passage in passages for edge in passage), len(text)]
    return "\n".join(text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True))


def parts_of(response: str, copies: Passages = ()) -> tuple[tuple[Sentence, ...], ...]:
    """The sentences of a response, part by part: its section tags divide it and belong to no part.

    Args:
        response: The model's text; offsets of sentences are its own.
        copies: Its restatements: sentences within one are left out. So are parts without a sentence.
    """
    edges = [0, *(edge for tag in parse(response).tags for edge in (tag.start, tag.end)), len(response)]
    parts = (
        tuple(
            Sentence(start + sentence.start, start + sentence.end, sentence.text)
            for sentence in sentences(response[start:end])
            if not is_restated(start + sentence.start, start + sentence.end, response, copies)
        )
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
    return tuple(part for part in parts if part)


# --- the item ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Item:
    """One response and its question, without anything that says which model wrote it."""

    id: str
    """The question's id."""
    epoch: int
    """Epoch, from 1."""
    stem: str
    """The question without its options."""
    options: Mapping[str, str]
    """Letter -> option text, in the order that the model saw."""
    target: str
    """Letter shown of the right option. Judges are told only where they are asked to judge with it (`gold`)."""
    response: str
    """The model's text as it wrote it; empty where there is none."""
    answer: str | None
    """Letter shown that the response gives, None where none can be read."""
    has_case: bool
    """Whether the stem describes a patient; without one nothing can be cited."""
    negated: bool
    """Whether the question asks for the option that does not hold: then "it holds" is a rejection."""
    facts: tuple[Sentence, ...]
    """The case's fact inventory, the same for every response and judge: parts of the stem, numbered from 1."""
    truncated: bool = False
    """Whether the response was cut off."""

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Letters of the right option and of those with the same text, in the order shown."""
        return copies(self.target, self.options)

    @property
    def distractors(self) -> tuple[str, ...]:
        """Letters of the wrong options, in the order shown."""
        return tuple(letter for letter in self.options if letter not in self.targets)

    @cached_property
    def parts(self) -> tuple[tuple[Sentence, ...], ...]:
        """The response's sentences, part by part (`parts_of`), without those that only copy the case.

        No judge sees those, and none takes them for the first place of what is said.
        """
        return parts_of(self.response, restatements(self.stem, self.response))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences of the response in order; a judge calls the first one 1."""
        return tuple(sentence for part in self.parts for sentence in part)

    @cached_property
    def words(self) -> int:
        """Words of the response, section tags and sentences that only copy the case left out."""
        return sum(len(sentence.text.split()) for sentence in self.sentences)

    @cached_property
    def own_text(self) -> str:
        """The response with a line break for each copy of the case."""
        return outside(self.response, restatements(self.stem, self.response))


def item_as_shown(
    id: int | str,
    epoch: int,
    *,
    stem: str,
    choices: Sequence[str],
    target: str,
    metadata: Mapping[str, Any],
    output: "ModelOutput",
) -> Item | None:
    """The item that a sample of an evaluation is, with the options as the model saw them and without facts.

    Args:
        id: Of the sample.
        epoch: From 1.
        stem: The question without its options.
        choices: Texts of the record's options, in the record's order.
        target: The record's letter of the right option.
        metadata: Of the sample: the order shown, and what is known of question and response.
        output: What the model gave; empty where the sample failed.

    Returns:
        The item; None if the sample is no question with options, one of them right.
    """
    from clinical_r1.solvers import SHOWN_ORDER, response_text, shown_options  # imports Inspect

    texts = dict(zip(LETTERS, choices, strict=False))
    if target not in texts:
        return None
    order = metadata.get(SHOWN_ORDER) or "".join(texts)
    response = response_text(output.message) if output.choices else ""
    return item_of(str(id), epoch, stem, shown_options(texts, order), LETTERS[order.index(target)], response, metadata)


def item_of(
    id: str,
    epoch: int,
    stem: str,
    options: Mapping[str, str],
    target: str,
    response: str,
    metadata: Mapping[str, Any] = MappingProxyType({}),
) -> Item:
    """The item of a response, without facts; what its metadata do not say of the stem is read from it."""
    return Item(
        id=id,
        epoch=epoch,
        stem=stem,
        options=options,
        target=target,
        response=response,
        answer=extract_answer(response, options).letter,
        has_case=bool(metadata["has_case"] if "has_case" in metadata else has_case(stem)),
        negated=bool(metadata["negated"] if "negated" in metadata else negated(stem)),
        facts=(),
        truncated=bool(metadata.get("truncated")),
    )


def item_in(sample: "EvalSample") -> Item | None:
    """The item that a sample of a log is; see `item_as_shown`."""
    return item_as_shown(
        sample.id,
        sample.epoch,
        stem=sample.input if isinstance(sample.input, str) else sample.input[-1].text,
        choices=sample.choices or [],
        target=sample.target if isinstance(sample.target, str) else "",
        metadata=sample.metadata,
        output=sample.output,
    )
