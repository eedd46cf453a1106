"""How a file names the right option: by letter, by number or by text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from clinical_r1.choices import merge_identical
from clinical_r1.errors import UserError
from clinical_r1.fields import UnusableError, label, label_by_number, label_by_text, number, shortened, single
from clinical_r1.layouts import first_number

_ARGUMENT = "answer_base"


@dataclass(frozen=True)
class AnswerKey:
    """One way to name the right option."""

    kind: Literal["letter", "text", "number"]
    base: int | None = None
    """The number of the first option, 0 or 1, for numbers."""

    def letter(self, value: object, among: Mapping[str, str], name: str, first: int | None = None) -> str:
        """The letter of the right option.

        Args:
            value: What the record holds.
            among: Letter -> text.
            name: The field, for messages.
            first: See `Labelled`.

        Raises:
            UnusableError: If there is no such option.
        """
        if self.kind == "letter":
            return label(value, among, name, first)
        value = single(value, name)
        if self.kind == "text":
            found = label_by_text(value, among)
            if found is None:
                raise UnusableError(f"label {shortened(value)} ({name}) is the text of no option")
            return found
        place = number(value, name)
        if place is None or self.base is None:
            raise UnusableError(f"label missing: {name} is empty or -1")
        return label_by_number(place, among, self.base, name, _ARGUMENT)


@dataclass(frozen=True)
class Labelled:
    """Options and label of a record."""

    row: int
    """Line or position, from 1."""
    options: Mapping[str, str]
    """Letter -> text."""
    label: object
    """Whatever names the right option."""
    first: int | None = None
    """The number of option A, where the record itself numbers its options."""

    @property
    def by_letter(self) -> str | None:
        """The letter, if the label is what the record itself calls an option."""
        try:
            return label(self.label, self.options, "", self.first)
        except UnusableError:
            return None

    @property
    def by_text(self) -> str | None:
        """The letter of the option with this text."""
        return label_by_text(self.label, self.options)

    @property
    def place(self) -> int | None:
        """The number, if an option has it, counted from 0 or from 1; None where the record itself numbers them."""
        if self.first is not None:
            return None
        try:
            place = number(self.label, "")
        except UnusableError:
            return None
        return place if place is not None and 0 <= place <= len(self.options) else None

    @property
    def contradicts_itself(self) -> bool:
        """Whether it is the letter of one option and the text of another."""
        same = merge_identical(self.options)
        return None not in (self.by_letter, self.by_text) and same[self.by_letter or ""] != same[self.by_text or ""]


def find_key(
    records: Iterable[Labelled], source: str, answer_base: int | None, name: str, first: int | None = None
) -> AnswerKey:
    """Find out how a file names the right option: the way that fits most of its records.

    Records that it does not fit cannot be used and are listed as such. A number may count from 0 or from 1: see
    `clinical_r1.layouts.first_number`.

    Args:
        records: Those of the file.
        source: Path or hub id, for messages.
        answer_base: 0 or 1 says that labels are numbers, and what the first option's is; None to find out.
        name: The field of the label, for messages.
        first: Where numbers begin if they do not show it.

    Raises:
        UserError: If several ways fit as many records and do not agree, or numbers do not show where they begin.
    """
    records = list(records)
    numbers = [(one.row, one.place, len(one.options)) for one in records if one.place is not None]
    if answer_base is None:
        letters = sum(one.by_letter is not None for one in records)
        texts = sum(one.by_text is not None for one in records)
        if len(numbers) < max(letters, texts, 1):
            if letters == texts:
                _refuse_contradiction(records, source, name)
            return AnswerKey("text" if texts > letters else "letter")
        if len(numbers) == max(letters, texts):
            either = f"{name} may hold numbers of options or their {'texts' if texts >= letters else 'letters'}"
            raise UserError(f"{source}: {either}: for numbers state the first one, -T {_ARGUMENT}=0|1")
    if answer_base is None and not any(place in (0, size) for _, place, size in numbers):
        answer_base = first
    return AnswerKey("number", first_number(numbers, source, answer_base, name, _ARGUMENT))


def _refuse_contradiction(records: Iterable[Labelled], source: str, name: str) -> None:
    for one in records:
        if one.contradicts_itself:
            both = f"the letter of option {one.by_letter} and the text of option {one.by_text}"
            raise UserError(f"{source}:{one.row}: {name} is {both}, and the file does not show which is meant")
