"""A response as the rules read it, made once and shared by all of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from clinical_r1.item import Item
from clinical_r1.judging.rules.facts import Case, read_facts
from clinical_r1.judging.rules.findings import other_words_for
from clinical_r1.judging.rules.lines import Line, read_lines, read_stem
from clinical_r1.judging.rules.options import Mention, mentions, wordings
from clinical_r1.judging.rules.vocabulary import is_specific
from clinical_r1.judging.spans import Span
from clinical_r1.sentences import Sentence

_CONCLUDES = frozenset("therefore thus so hence overall conclusion summary finally answer accordingly".split())


@dataclass(frozen=True)
class Reading:
    """A response, its options and its case."""

    item: Item
    folded: str
    """The response without markup, as long as the response."""
    lines: tuple[Line, ...]
    mentions: tuple[tuple[Mention, ...], ...]
    """Options named in each line."""
    masks: tuple[frozenset[int], ...]
    """Numbers of the words of each line that name an option."""

    @classmethod
    def of(cls, item: Item) -> "Reading":
        """Read an item's response."""
        return cls(item, *_read(item.response, item.sentences, tuple(item.options.items())))

    @cached_property
    def case(self) -> Case:
        """What is looked for as a citation."""
        return read_facts(self.item.stem, self.item.facts)

    @cached_property
    def stem(self) -> tuple[Line, ...]:
        """The question's own lines."""
        return read_stem(self.item.stem)

    @cached_property
    def in_stem(self) -> tuple[frozenset[str], frozenset[str]]:
        """Specific words of the stem: those said to be there, those said to be absent."""
        there: set[str] = set()
        gone: set[str] = set()
        for line in self.stem:
            for word, absent in zip(line.keys, line.absent, strict=True):
                if is_specific(word):
                    (gone if absent else there).add(word)
        return frozenset(there), frozenset(gone)

    @cached_property
    def stem_numbers(self) -> frozenset[str]:
        """All numbers of the stem, in their common form."""
        return frozenset(word for line in self.stem for word in line.keys if word[:1].isdigit())

    @cached_property
    def stem_words(self) -> frozenset[str]:
        """All words of the stem, in their common form; a blood pressure is no blood."""
        return frozenset(
            word
            for line in self.stem
            for word, following in zip(line.keys, [*line.words[1:], ""], strict=False)
            if not (word == "blood" and following in ("pressure", "glucose", "count", "cell"))
        )

    @cached_property
    def topics(self) -> tuple[str | None, ...]:
        """The option under whose heading each line stands, None where there is none."""
        topics: list[str | None] = []
        topic, end = None, 0
        for line, named in zip(self.lines, self.mentions, strict=True):
            if named and named[0].heads:
                topic = named[0].letter
            elif topic and _ends_topic(
                self.item.response[end : line.start], line, {mention.letter for mention in named} - {topic}
            ):
                topic = None
            topics.append(topic)
            end = line.end
        return tuple(topics)

    def span(self, start: int, end: int, negated: bool = False) -> Span:
        """A slice of the response."""
        return Span(start, end, self.item.response[start:end], negated)

    def options_in(self, number: int, start: int | None = None, end: int | None = None) -> tuple[str, ...]:
        """Distinct letters named in a line, or in a part of it."""
        found = self.mentions[number]
        if start is not None and end is not None:
            found = tuple(mention for mention in found if start <= mention.start and mention.end <= end)
        return tuple(dict.fromkeys(mention.letter for mention in found))


def has_relative(reading: Reading, word: str) -> bool:
    """Whether the stem has a word, in its common form, that may speak of the same finding."""
    words = reading.stem_words
    return not words.isdisjoint(other_words_for(word)) or any(
        len(other) > 5 and other[:5] == word[:5] for other in words
    )


def _ends_topic(gap: str, line: Line, others: Collection[str | None]) -> bool:
    """Whether what is said under an option's heading ends before a line: a paragraph, a conclusion, another option."""
    return "\n\n" in gap or not _CONCLUDES.isdisjoint(line.words[:3]) or bool(others)


_NOTHING: frozenset[int] = frozenset()
_Read = tuple[str, tuple[Line, ...], tuple[tuple[Mention, ...], ...], tuple[frozenset[int], ...]]


@lru_cache(maxsize=8)  # both judges read the same response
def _read(response: str, cut: tuple[Sentence, ...], options: tuple[tuple[str, str], ...]) -> _Read:
    folded, lines = read_lines(response, cut)
    shown = dict(options)
    index = wordings(options)
    named = tuple(mentions(folded, line, shown, index) for line in lines)
    return folded, lines, named, tuple(_mask(line, there) for line, there in zip(lines, named, strict=True))


def _mask(line: Line, named: Sequence[Mention]) -> frozenset[int]:
    if not named:
        return _NOTHING
    masked: set[int] = set()
    for mention in named:
        masked.update(range(bisect_left(line.starts, mention.start), bisect_right(line.ends, mention.end)))
    return frozenset(masked)
