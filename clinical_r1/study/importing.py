"""Take answers into a study: all of a file or nothing of it, and of several answers to one item the newest.

Which answer is kept depends on the answers alone and not on the order or number of imports: the one with the latest
time, and of two with the same time the one whose text sorts last. So importing a file twice changes nothing, and
neither does importing an older one later.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clinical_r1.files import make_folder, write_whole
from clinical_r1.study.checking import check
from clinical_r1.study.folder import ANSWERS, Folder, dump, read_folder, still_open
from clinical_r1.study.protocol import Answer, AnswersFile, Marks
from clinical_r1.study.reading import CALLED, Problem, Reading, Said, UnusableError, canonical, read_answer_file

WHOLE = 0.95
"""Share of a response from which a rater has marked all of it."""
_FEW = 5
"""Items from which it is said of a rater that whole responses were marked."""


@dataclass
class Imported:
    """What an import did."""

    lines: list[str] = field(default_factory=list)
    """Sentences about files that were taken."""
    rejected: dict[Path, list[Problem]] = field(default_factory=dict)
    """Files of which nothing was taken, and all that is wrong with them."""
    missing: list[str] = field(default_factory=list)
    """Of raters who have no answers in these files: what is still open."""
    written: list[Path] = field(default_factory=list)
    """Files of answers that changed."""


def import_files(path: Path, files: Sequence[Path], *, now: datetime | None = None) -> Imported:
    """Take the answers in some files into a study.

    Args:
        path: The study's folder.
        files: What raters sent back, in any of the three forms.
        now: The time, to notice answers from the future; the present by default.

    Returns:
        What became of each file. Answers of files that are not rejected are written.

    Raises:
        UserError: If the study cannot be read or written.
    """
    folder = read_folder(path)
    kept = {rater: dict(file.items) for rater, file in folder.answers.items()}
    done, seen = Imported(), set[str]()
    for file in dict.fromkeys(files):
        try:
            reading = read_answer_file(file, folder)
        except UnusableError as error:
            done.rejected[file] = [Problem("", str(error))]
            continue
        answers, problems, notes = _checked(reading, folder)
        if problems:
            done.rejected[file] = problems
        else:
            seen |= {said.rater for said in answers}
            notes += _odd(answers, folder, canonical((now or datetime.now(UTC)) + timedelta(days=1)))
            done.lines += [f"{file}: {line}" for line in [*_taken(reading, answers, kept, folder), *notes]]
    done.missing = [
        f"{rater}: {left}"
        for rater, order in folder.protocol.orders.items()
        if done.lines and rater not in seen and (left := still_open(order, kept.get(rater, {})))
    ]
    done.written = [written for rater in sorted(kept) if (written := _write(folder, rater, kept[rater]))]
    return done


def _checked(reading: Reading, folder: Folder) -> tuple[list[Said], list[Problem], list[str]]:
    """The answers of a file that fit the study, all that is wrong, and what else to say."""
    problems, notes = list(reading.problems), list(reading.notes)
    found: dict[tuple[str, str], Said] = {}
    moved = 0
    for said in reading.said:
        checked = check(said, folder)
        where = f"{said.where}, item {said.item[:40]}" if said.where else f"item {said.item[:40]}"
        problems += [Problem(where, what) for what in checked.problems]
        moved += checked.moved
        one = Said(said.rater, said.item, checked.answer, said.where)
        other = found.get((said.rater, said.item))
        if other and other.answer != one.answer and other.answer.exported == one.answer.exported:
            problems.append(Problem(where, f"a second and different answer, beside that of {other.where or 'above'}"))
        if other is None or _rank(one.answer) > _rank(other.answer):
            found[said.rater, said.item] = one
    if moved:
        notes.append(
            f"{moved} marks did not stand where they said and were found again, each in the only place it can be"
        )
    return list(found.values()), problems, notes


def _rank(answer: Answer) -> tuple[str, str]:
    """Greater is kept."""
    return answer.exported or "", dump(answer)


def _taken(
    reading: Reading, answers: Iterable[Said], kept: dict[str, dict[str, Answer]], folder: Folder
) -> Iterable[str]:
    """Put answers among those that are kept, and say what became of them."""
    fates: dict[str, Counter[str]] = {}
    for said in answers:
        mine = kept.setdefault(said.rater, {})
        before = mine.get(said.item)
        newer = before is None or _rank(said.answer) > _rank(before)
        if before is None:
            fate = "new"
        elif before == said.answer:
            fate = "already there"
        elif before.exported == said.answer.exported:
            fate = "with the time of another answer, of which one is kept"
        else:
            fate = "newer than before" if newer else "older than what is there and left out"
        if newer:
            mine[said.item] = said.answer
        fates.setdefault(said.rater, Counter())[fate] += 1
    for rater, counted in fates.items():
        rest = still_open(folder.protocol.orders[rater], kept[rater]) or "all items are answered"
        became = ", ".join(f"{number} {fate}" for fate, number in counted.items())
        yield f"{rater}, {CALLED[reading.source]}: {counted.total()} answers ({became}); {rest}"
    if not fates:
        yield f"{CALLED[reading.source]}: holds no answer yet"


def _write(folder: Folder, rater: str, answers: dict[str, Answer]) -> Path | None:
    """Write a rater's answers, if they changed."""
    file = AnswersFile(
        study=folder.protocol.study,
        rater=rater,
        exported=max(answer.exported or "" for answer in answers.values()),
        items=dict(sorted(answers.items())),
    )
    if folder.answers.get(rater) == file:
        return None
    place = folder.path / ANSWERS
    make_folder(place)
    return write_whole(place / f"{rater}.json", dump(file))


# --- what to look at --------------------------------------------------------------------------------------------------
def _odd(answers: Sequence[Said], folder: Folder, tomorrow: str) -> list[str]:
    """Sentences about answers that are taken and yet look wrong."""
    notes = []
    if late := sum((said.answer.exported or "") > tomorrow for said in answers):
        notes.append(
            f"{late} answers are from the future by this machine's clock, and newer ones will not replace them"
        )
    for rater in dict.fromkeys(said.rater for said in answers):
        mine = [said for said in answers if said.rater == rater and folder.items[said.item].text]
        whole = [said for said in mine if _marked_whole(said.answer.marks, len(folder.items[said.item].text))]
        if len(whole) >= _FEW and len(whole) > len(mine) / 2:
            notes.append(
                f"{rater} marked the whole response in {len(whole)} of {len(mine)} items: taken as it is, but look at "
                "it before it is used"
            )
        silent = sum(said.answer.status == "cannot_judge" and not said.answer.reason.strip() for said in mine)
        if silent:
            notes.append(f"{rater} gave no reason for {silent} items that cannot be judged")
    return notes


def _marked_whole(marks: Marks, length: int) -> bool:
    """Whether marks of one kind cover a response; claims may, as a response can be made of claims."""
    return any(
        _covered([(mark.start, mark.end) for mark in marks.of(name)]) >= WHOLE * length
        for name in Marks.model_fields
        if name != "claims"
    )


def _covered(places: Sequence[tuple[int, int]]) -> int:
    """Characters under one mark or more."""
    covered, end = 0, 0
    for start, stop in sorted(places):
        covered += max(0, stop - max(start, end))
        end = max(end, stop)
    return covered
