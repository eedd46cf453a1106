"""Import of raters' answers: the format of a file is recognised, its answers are checked against the items and merged.

A file is a form's export, a Label Studio export or a sheet. What an answer marks must stand in its item, what it names
must exist. All of a file is taken or nothing of it, and of several answers to one item the newest: which one is kept
depends on the answers alone and not on the order or number of imports. It is the one with the latest time, and of two
with the same time the one whose text sorts last. So importing a file twice changes nothing, and neither does importing
an older one later.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from clinical_r1.files import make_folder, write_whole
from clinical_r1.metrics import LISTED, counted_labels, list_of, lists_of
from clinical_r1.study.folder import (
    ADJUDICATED,
    ADJUDICATOR,
    ANSWERS,
    LARGEST,
    Folder,
    Problem,
    Reading,
    Said,
    Source,
    UnusableError,
    belongs,
    canonical,
    dump,
    problems_of,
    read_folder,
    still_open,
    time_of,
)
from clinical_r1.study.labelstudio import from_labelstudio
from clinical_r1.study.protocol import (
    Answer,
    AnswersFile,
    Asked,
    CitationMark,
    ClaimMark,
    Mark,
    Marks,
    RejectionMark,
    StudyItem,
)

# --- files that come back ---------------------------------------------------------------------------------------------
CALLED: dict[Source, str] = {"form": "form", "labelstudio": "Label Studio export", "sheet": "sheet"}


def read_answer_file(path: Path, folder: Folder) -> Reading:
    """Read a file that a rater sent back.

    Args:
        path: Of the file; its name does not matter.
        folder: The study that it should belong to.

    Raises:
        UnusableError: If nothing in it can be read, or it belongs to another study.
    """
    from clinical_r1.study.sheets import from_csv, from_xlsx

    try:
        about = path.stat()
        if about.st_size > LARGEST:
            large = f"{about.st_size / (1 << 20):,.0f} MB"
            raise UnusableError(f"{large}; allowed are {LARGEST >> 20} MB, and answers take far less")
        content = path.read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot be read ({error.strerror or error})") from error
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnusableError("the file is empty")
    written = canonical(datetime.fromtimestamp(int(about.st_mtime), UTC))  # a sheet itself does not say when
    if content.startswith(b"PK"):
        return from_xlsx(content, written, folder)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableError("an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV")
    text = _text(content)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _from_json(text, folder)
    if start == "<":
        raise UnusableError("a web page and no answers: open it in a browser and export the answers to a file")
    return from_csv(text, written, folder)


def _text(content: bytes) -> str:
    """The text of a file; spreadsheets write it in several ways."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# --- JSON -------------------------------------------------------------------------------------------------------------
def _from_json(text: str, folder: Folder) -> Reading:
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"not whole JSON ({str(error)[:100]}): the file is cut off or was edited") from error
    return _from_form(content, folder) if isinstance(content, dict) else from_labelstudio(content, folder)


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        again = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise UnusableError(f"{again[:40]!r} stands twice in one record: the file was edited")
    return found


def _from_form(content: Mapping[str, Any], folder: Folder) -> Reading:
    if "study" not in content or "items" not in content:
        raise UnusableError('no answers: a form\'s export has "study" and "items"')
    if wrong := belongs(content["study"], content.get("schema"), folder):
        raise UnusableError(wrong)
    reading = Reading("form")
    try:
        file = AnswersFile.model_validate(content)
    except ValidationError as error:
        for where, what in problems_of(error, AnswersFile):  # of the file, or of the item that its place names
            first, item, key = [*where.split(".", 2), "", ""][:3]
            of_item = Problem(f"item {item}", f"{key}: {what}" if key else what)
            reading.problems.append(of_item if first == "items" and item else Problem("", f"{where}: {what}"))
        return reading
    exported = time_of(file.exported)
    for id, answer in file.items.items():
        time = time_of(answer.exported) if answer.exported else exported
        answer = answer.model_copy(update={"exported": time, "source": answer.source or "form"})
        reading.said.append(Said(file.rater, id, answer))
    return reading


# --- whether an answer fits its item ----------------------------------------------------------------------------------
SHOWN_PROBLEMS = 3
"""Problems of one item that are spelled out."""


class Checked(NamedTuple):
    """An answer after the comparison with its item."""

    answer: Answer
    """Every mark stands where it says, without white space around it."""
    problems: tuple[str, ...]
    """Why the answer cannot be kept."""
    moved: int = 0
    """Marks that were found again in another place than they said."""


def check(said: Said, folder: Folder) -> Checked:
    """Compare an answer with the study."""
    if problem := _stranger(said, folder):
        return Checked(said.answer, (problem,))
    item, answer, asked = folder.items[said.item], said.answer, folder.protocol.metrics
    problems = list(_wrong(answer, item, asked))
    if answer.accept is not None and not folder.protocol.asked.accept:
        problems.append("accept: this study does not ask for it")
    if answer.harm and not folder.protocol.asked.harm:
        problems.append("harm: this study does not ask for it")
    if answer.harm and answer.counts.get("hallucination") == 0:
        problems.append(f"harm {answer.harm}: only wrong claims have one, and hallucination is 0")
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
            problems += [f"{name}: mark {number} {wrong}" for wrong in _unknown(mark, item, folder.protocol.asked)]
            moved += (placed.start, placed.end) != _stripped(mark.start, mark.end, item.text)
            marks[name].append(placed)
    if len(problems) > SHOWN_PROBLEMS:
        problems = [*problems[:SHOWN_PROBLEMS], f"and {len(problems) - SHOWN_PROBLEMS} more"]
    return Checked(answer.model_copy(update={"marks": Marks.model_validate(marks)}), tuple(problems), moved)


def _stranger(said: Said, folder: Folder) -> str | None:
    """Why a rater or an item is none of this study's."""
    raters, items = folder.protocol.raters, folder.items
    adjudicates = said.rater == ADJUDICATOR and folder.adjudication is not None
    if said.rater not in raters and not adjudicates:
        return f"rater {said.rater[:40] or '(none)'} is not in this study; there are {', '.join(raters)}"
    if said.item not in items:
        digits = re.fullmatch(r"\D{0,2}0*(\d{1,9})(?:\.0)?", said.item)
        near = [name for name in items if digits and int(name.lstrip("i")) == int(digits[1])]
        meant = f"; {near[0]} may have lost letters or zeros in a spreadsheet" if near else ""
        return f"no item of this study is called {said.item[:40] or '(nothing)'}{meant}"
    if said.item not in folder.order(said.rater):
        return f"was not given to {said.rater}: is this the file of another rater?"
    return None


def _wrong(answer: Answer, item: StudyItem, asked: Sequence[str]) -> Iterator[str]:
    """What is wrong with an answer beside its marks."""
    for metric in answer.none:
        counted = counted_labels(metric) if metric in LISTED["claims"].metrics else None
        if metric not in asked and metric not in lists_of(asked):
            yield f"none: {metric[:40]} is no metric of this study"
        elif any(not counted or getattr(mark, "label", None) in counted for mark in answer.marks.of(list_of(metric))):
            yield f"{metric}: has marks and is said to have no instance"
    for metric in answer.cannot:
        if metric not in asked:
            yield f"{metric[:40]} is no metric of this study"
    words = len(item.text.split())
    for metric, number in answer.counts.items():
        if metric in answer.cannot:
            yield f"{metric}: has a number and is said to be beyond judging"
        elif not 0 <= number <= words:
            yield f"{metric}: {number:,} instances in a response of {words:,} words"


def _unknown(mark: Mark, item: StudyItem, asked: Asked) -> Iterator[str]:
    """Facts and options that a mark names and its item does not have; of a claim, what the study does not ask for."""
    if isinstance(mark, ClaimMark):
        wrong = mark.label in counted_labels("hallucination")
        if asked.claims == "errors" and not wrong:
            yield f"is {mark.label}; this study asks for wrong claims alone"
        if mark.harm and not (asked.harm and wrong):
            yield f"has harm {mark.harm}; " + (
                "only wrong claims have one" if asked.harm else "this study asks for none"
            )
    if isinstance(mark, CitationMark) and mark.fact > len(item.facts):
        yield f"names fact {mark.fact}; there are {len(item.facts)}"
    if isinstance(mark, CitationMark | RejectionMark) and mark.option is not None and mark.option not in item.options:
        yield f"names option {mark.option[:40]}; there are {', '.join(item.options)}"


# --- where a mark stands ----------------------------------------------------------------------------------------------
def place(mark: Mark, text: str) -> Mark | str:
    """A mark where its words stand: where it says, else in the only place where they stand at all.

    Offsets may count UTF-16 units, as browsers do, and white space may differ, as it does where lines are wrapped.

    Returns:
        The mark, or why it has no place.
    """
    said, readings = mark.text.split(), _readings(mark, text)
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


def _readings(mark: Mark, text: str) -> list[tuple[int, int]]:
    """Where the offsets are in the text, by either way of counting: characters, or UTF-16 units."""
    found = [(mark.start, mark.end)] if mark.start < mark.end <= len(text) else []
    units = text.encode("utf-16-le", "surrogatepass")
    if mark.start < mark.end <= len(units) // 2:
        start, end = (len(units[: 2 * edge].decode("utf-16-le", "ignore")) for edge in (mark.start, mark.end))
        found += [(start, end)] if (start, end) not in found else []
    return found


def _at(mark: Mark, start: int, end: int, text: str) -> Mark:
    start, end = _stripped(start, end, text)
    return mark.model_copy(update={"start": start, "end": end, "text": text[start:end]})


def _stripped(start: int, end: int, text: str) -> tuple[int, int]:
    here = text[start:end]
    return start + len(here) - len(here.lstrip()), end - len(here) + len(here.rstrip())


# --- answers taken into the study -------------------------------------------------------------------------------------
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
    if folder.adjudicated:
        kept[ADJUDICATOR] = dict(folder.adjudicated.items)
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
        rest = still_open(folder.order(rater), kept[rater]) or "all items are answered"
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
    if (folder.adjudicated if rater == ADJUDICATOR else folder.answers.get(rater)) == file:
        return None
    if rater == ADJUDICATOR:
        return write_whole(folder.path / ADJUDICATED, dump(file))
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
    kinds = [marks.of(name) for name in Marks.model_fields if name != "claims"]
    covered = [{at for mark in kind for at in range(mark.start, mark.end)} for kind in kinds]
    return any(len(characters) >= WHOLE * length for characters in covered)
