"""Edits of a case, and what a checkpoint answers after them: does the reasoning drive the answer?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clinical_r1.sentences import Sentence, clauses

Kind = Literal["removal", "number", "negation", "side", "opposite", "age", "sex", "paraphrase", "order", "given"]
CHANGES: tuple[Kind, ...] = ("number", "negation", "side", "opposite", "age", "sex")
"""Kinds that put another value in place of one."""
CONTROLS: tuple[Kind, ...] = ("paraphrase", "order")
"""Kinds that change the wording and nothing of what is said. `given` is an edit from a file."""


@dataclass(frozen=True)
class Edit:
    """One edit of a stem."""

    kind: Kind
    start: int
    """Where the old text begins in the stem."""
    old: str
    """What stands there: `stem[start : start + len(old)]`."""
    new: str
    """What takes its place; empty where it is taken out."""
    answer: str | None = None
    """The record's letter of the option that is right afterwards, where that is known."""

    @property
    def end(self) -> int:
        """Where the old text ends in the stem."""
        return self.start + len(self.old)

    def stands_in(self, stem: str) -> bool:
        """Whether the old text stands in a stem where it should."""
        return stem[self.start : self.end] == self.old

    def applied(self, stem: str) -> str:
        """The stem after the edit; nothing but the old text changes.

        Raises:
            ValueError: If the old text does not stand there.

        Examples:
            >>> Edit("number", 3, "128", "141").applied("Na 128 mEq/L")
            'Na 141 mEq/L'
        """
        if not self.stands_in(stem):
            raise ValueError(f"{self.old!r} does not stand at {self.start} of the stem")
        return stem[: self.start] + self.new + stem[self.end :]

    def facts(self, inventory: Sequence[Sentence]) -> tuple[int, ...]:
        """Numbers, from 1, of the facts of a case that the old text has a part of.

        A removal may write again what it leaves ("and" before the last of a list): that is not removed.
        """
        kept = self.new.casefold() if self.kind == "removal" else ""
        return tuple(
            number
            for number, fact in enumerate(inventory, 1)
            if fact.start < self.end and self.start < fact.end and not (kept and fact.text.casefold() in kept)
        )

    def differing_facts(self, stem: str) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
        """Facts that the case has before the edit alone, with offsets into the stem, and those it has only after."""
        before, after = clauses(stem), clauses(self.applied(stem))
        told, told_after = {fact.text for fact in before}, {fact.text for fact in after}
        only = tuple(fact for fact in before if fact.text not in told_after)
        return only, tuple(fact for fact in after if fact.text not in told)
