"""Whether an answer fits the item that it is about: what it marks must stand there, what it names must exist."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clinical_r1.study.folder import Folder
from clinical_r1.study.labelstudio import lists_of
from clinical_r1.study.protocol import Answer, CitationMark, Mark, Marks, RejectionMark, StudyItem, marks_of
from clinical_r1.study.reading import Said

SHOWN_PROBLEMS = 3
"""Problems of one item that are spelled out."""
_LABEL_OF = {"faithfulness": {"supported"}, "hallucination": {"contradicts", "invented", "medically_false"}}


@dataclass(frozen=True)
class Checked:
    """An answer after the comparison with its item."""

    answer: Answer
    """Every mark stands where it says, without white space around it."""
    problems: tuple[str, ...]
    """Why the answer cannot be kept."""
    moved: int = 0
    """Marks that were found again in another place than they said."""


def check(said: Said, folder: Folder) -> Checked:
    """Compare an answer with the study.

    Args:
        said: What a file says.
        folder: The study.
    """
    if problem := _stranger(said, folder):
        return Checked(said.answer, (problem,))
    item, answer, asked = folder.items[said.item], said.answer, folder.protocol.metrics
    problems = [*_names(answer, asked), *_counts(answer, item)]
    marks: dict[str, list[Mark]] = {}
    moved = 0
    for name in Marks.model_fields:
        given = answer.marks.of(name)
        if given and name not in lists_of(asked):
            problems.append(f"{name}: marks of a metric that this study does not ask for")
            continue
        marks[name] = []
        for number, mark in enumerate(given, 1):
            placed = place(mark, item.text)
            if isinstance(placed, str):
                problems.append(f"{name}: mark {number} {placed}")
                continue
            problems += [f"{name}: mark {number} {wrong}" for wrong in _pointing(mark, item)]
            moved += (placed.start, placed.end) != _stripped(mark.start, mark.end, item.text)
            marks[name].append(placed)
    if len(problems) > SHOWN_PROBLEMS:
        problems = [*problems[:SHOWN_PROBLEMS], f"and {len(problems) - SHOWN_PROBLEMS} more"]
    return Checked(answer.model_copy(update={"marks": Marks.model_validate(marks)}), tuple(problems), moved)


def _stranger(said: Said, folder: Folder) -> str | None:
    """Why a rater or an item is none of this study's."""
    raters, items = folder.protocol.raters, folder.items
    if said.rater not in raters:
        return f"rater {said.rater[:40] or '(none)'} is not in this study; there are {', '.join(raters)}"
    if said.item not in items:
        return f"no item of this study is called {said.item[:40] or '(nothing)'}{_meant(said.item, folder)}"
    if said.item not in folder.protocol.orders[said.rater]:
        return f"was not given to {said.rater}: is this the file of another rater?"
    return None


def _meant(id: str, folder: Folder) -> str:
    """What an id may have been before a spreadsheet changed it."""
    digits = re.fullmatch(r"\D{0,2}0*(\d{1,9})(?:\.0)?", id)
    near = [name for name in folder.items if digits and int(name.lstrip("i")) == int(digits[1])]
    return f"; {near[0]} may have lost letters or zeros in a spreadsheet" if near else ""


def _names(answer: Answer, asked: Sequence[str]) -> Iterator[str]:
    for metric in answer.none:
        if metric not in asked and metric not in lists_of(asked):
            yield f"none: {metric[:40]} is no metric of this study"
        elif _marked(answer, metric):
            yield f"{metric}: has marks and is said to have no instance"
    for metric in answer.cannot:
        if metric not in asked:
            yield f"{metric[:40]} is no metric of this study"


def _marked(answer: Answer, metric: str) -> bool:
    labels = _LABEL_OF.get(metric)
    marks: Sequence[Any] = answer.marks.of(marks_of(metric))
    return any(labels is None or mark.label in labels for mark in marks)


def _counts(answer: Answer, item: StudyItem) -> Iterator[str]:
    words = len(item.text.split())
    for metric, number in answer.counts.items():
        if metric in answer.cannot:
            yield f"{metric}: has a number and is said to be beyond judging"
        elif not 0 <= number <= words:
            yield f"{metric}: {number:,} instances in a response of {words:,} words"


def _pointing(mark: Mark, item: StudyItem) -> Iterator[str]:
    if isinstance(mark, CitationMark) and mark.fact > len(item.facts):
        yield f"names fact {mark.fact}; there are {len(item.facts)}"
    if isinstance(mark, CitationMark | RejectionMark) and mark.option is not None and mark.option not in item.options:
        yield f"names option {mark.option[:40]}; there are {', '.join(item.options)}"


# --- where a mark stands ----------------------------------------------------------------------------------------------
def place(mark: Mark, text: str) -> Mark | str:
    """A mark where its words stand: where it says, else in the only place where they stand at all.

    Offsets may count UTF-16 units, as browsers do, and white space may differ, as it does where lines are wrapped.

    Args:
        mark: What a file says.
        text: The item's.

    Returns:
        The mark, or why it has no place.
    """
    said, readings = mark.text.split(), list(_readings(mark, text))
    for start, end in readings:
        # Without words to compare, a place is taken only where there is one way to count it.
        if text[start:end].strip() and (text[start:end].split() == said or (not mark.text and len(readings) == 1)):
            return _at(mark, start, end, text)
    if said:
        found = [one.span() for one in re.finditer(r"\s+".join(map(re.escape, said)), text)]
        if len(found) == 1:
            return _at(mark, *found[0], text)
        times = "nowhere" if not found else f"in {len(found)} other places"
        return f"({mark.text[:40]!r}) does not stand at {mark.start} to {mark.end}, and {times} in the text"
    return f"marks nothing ({mark.start} to {mark.end} of {len(text)} characters)"


def _readings(mark: Mark, text: str) -> Iterator[tuple[int, int]]:
    """Where the offsets are in the text, by either way of counting."""
    if mark.start < mark.end <= len(text):
        yield mark.start, mark.end
    if not text.isascii() and mark.start < mark.end <= len(text.encode("utf-16-le")) // 2:
        units = _points(text, mark.start), _points(text, mark.end)
        if units != (mark.start, mark.end):
            yield units


def _at(mark: Mark, start: int, end: int, text: str) -> Mark:
    start, end = _stripped(start, end, text)
    return mark.model_copy(update={"start": start, "end": end, "text": text[start:end]})


def _stripped(start: int, end: int, text: str) -> tuple[int, int]:
    here = text[start:end]
    return start + len(here) - len(here.lstrip()), end - len(here) + len(here.rstrip())


def _points(text: str, units: int) -> int:
    """An offset in UTF-16 units as one in characters."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
