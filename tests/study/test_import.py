"""`clinical-r1 study import`: three forms, whatever happened to them on the way, all of a file or nothing."""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import PatternFill

from clinical_r1.cli import main
from clinical_r1.metrics import METRICS
from clinical_r1.study.answers import check, import_files, place, read_answer_file
from clinical_r1.study.folder import Folder, UnusableError, dump, read_folder
from clinical_r1.study.loading import load
from clinical_r1.study.protocol import Answer, Mark
from clinical_r1.study.ratings import ratings
from clinical_r1.untrusted import escape_controls
from tests.study_files import (
    answers_of,
    csv_text,
    filled,
    form_file,
    labelstudio_file,
    new_study,
    reasoned_logs,
    sheet_rows,
    snapshot,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return new_study(tmp_path_factory.mktemp("study") / "made", reasoned_logs(), raters=2, overlap=2)


@pytest.fixture
def study(made: Folder, tmp_path: Path) -> Folder:
    """A study of one's own."""
    shutil.copytree(made.path, tmp_path / "study")
    return read_folder(tmp_path / "study")


def answers(study: Folder) -> dict[str, bytes]:
    return {name: content for name, content in snapshot(study.path).items() if name.startswith("answers/")}


def kept(study: Folder, rater: str = "r1") -> dict[str, Answer]:
    return read_folder(study.path).answers[rater].items


def first(study: Folder, rater: str = "r1") -> str:
    return study.protocol.orders[rater][0]


# --- the three forms --------------------------------------------------------------------------------------------------
def test_new_then_answers_in_three_forms_then_imported_twice(study: Folder, tmp_path: Path) -> None:
    form = form_file(tmp_path / "whatever.txt", answers_of(study, "r1", notes="<b>hm</b>"))
    project = labelstudio_file(tmp_path / "export", study, answers_of(study, "r2", notes="hm"))
    sheet = tmp_path / "table.json"
    sheet.write_text(csv_text(filled(study, "r2", {"cecd": "2", "drc": "?", "verification": ""})), encoding="utf-8-sig")
    os.utime(sheet, (0, 0))  # older than the project
    done = import_files(study.path, [form, project, sheet])
    assert done.rejected == {}
    assert len(done.written) == 2
    once = answers(study)
    assert import_files(study.path, [sheet, project, form]).written == []
    assert answers(study) == once
    assert kept(study)[first(study)].notes == "<b>hm</b>", "notes are text, whatever stands in them"
    assert {answer.source for answer in kept(study, "r2").values()} == {"labelstudio"}, "the newest counts"


def test_what_the_judge_found_comes_back_the_same_from_a_form_and_from_label_studio(
    study: Folder, tmp_path: Path
) -> None:
    form = form_file(tmp_path / "form.json", answers_of(study, "r1"))
    project = labelstudio_file(tmp_path / "project.json", study, answers_of(study, "r2"))
    assert import_files(study.path, [form, project]).rejected == {}
    for key, by_rater in ratings(read_folder(study.path)).items():
        assert repr(by_rater["r1"]) == repr({id: by_rater["r2"][id] for id in by_rater["r1"]}), key
    assert kept(study, "r1")[first(study)].marks == kept(study, "r2")[first(study)].marks


@pytest.mark.parametrize(
    "damage", ["none", "semicolons", "tabs and UTF-16", "Windows letters", "a sep line", "decimals"]
)
def test_what_spreadsheets_make_of_a_csv_is_read(damage: str, study: Folder, tmp_path: Path) -> None:
    rows = filled(study, "r1", {"cecd": "0", "drc": "3", "notes": "für später"})
    text = csv_text(rows, {"semicolons": ";", "tabs and UTF-16": "\t"}.get(damage, ","))
    if damage == "decimals":
        text = csv_text([row | {"drc": "3,0"} for row in rows], ";")
    content = {
        "tabs and UTF-16": lambda: text.encode("utf-16"),
        "Windows letters": lambda: text.encode("cp1252", "replace"),
        "a sep line": lambda: b"sep=,\r\n" + text.encode("utf-8"),
    }.get(damage, lambda: text.encode("utf-8-sig"))()
    (tmp_path / "sheet").write_bytes(content)
    assert import_files(study.path, [tmp_path / "sheet"]).rejected == {}
    answer = kept(study)[first(study)]
    assert (answer.counts, answer.notes, answer.status) == ({"cecd": 0, "drc": 3}, "für später", "open")


def workbook(study: Folder, change: Callable[[Any, dict[str, int]], None] | None = None) -> bytes:
    """A rater's workbook with a 1 in each cell of `cecd`."""
    book = openpyxl.load_workbook(study.path / "sheets/rater-r1.xlsx")
    sheet = book["answers"]
    columns = {str(sheet.cell(1, column).value): column for column in range(1, sheet.max_column + 1)}
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, columns["cecd"]).value = 1
    if change:
        change(sheet, columns)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_is_read_and_its_own_time_counts(study: Folder, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(workbook(study))
    os.utime(tmp_path / "x", (0, 0))
    assert import_files(study.path, [tmp_path / "x"]).rejected == {}
    answer = kept(study)[first(study)]
    assert answer.counts == {"cecd": 1}
    assert (answer.exported or "") > "2026", "copying a file does not make it old"


def coloured(*ranges: str) -> Callable[[Any, dict[str, int]], None]:
    def change(sheet: Any, columns: dict[str, int]) -> None:
        for cells in ranges:
            for row in sheet[cells]:
                for cell in row:
                    cell.fill = PatternFill("solid", fgColor="FFFF00")

    return change


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        (("XFD1:XFD1",), "a whole row, of which the last cell is written"),
        (("A1048576:A1048576",), "a whole column, likewise"),
        (("XFD1048576:XFD1048576",), "the whole sheet"),
        (("A2:XFD3", "A60000:B60000"), "every cell of two rows, and one row far below"),
        pytest.param(("A2:XFD3", "A1:B60000"), "every cell of two rows and two columns", marks=pytest.mark.exhaustive),
    ],
)
def test_coloured_cells_do_not_make_a_sheet_too_large(
    ranges: tuple[str, ...], reason: str, study: Folder, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(workbook(study, coloured(*ranges)))
    reading = read_answer_file(tmp_path / "x", study)
    assert reading.problems == [], reason
    assert [said.item for said in reading.said] == study.protocol.orders["r1"], reason
    assert all(said.answer.counts == {"cecd": 1} for said in reading.said), reason


def test_a_sheet_as_it_was_made_holds_nothing(study: Folder, tmp_path: Path) -> None:
    done = import_files(study.path, [study.path / "sheets/rater-r1.csv", study.path / "sheets/rater-r2.xlsx"])
    assert done.rejected == {}
    assert done.written == []
    assert all("holds no answer yet" in line for line in done.lines)


# --- late, partial, again ---------------------------------------------------------------------------------------------
def test_the_newest_answer_to_each_item_is_kept_in_whatever_order_files_come(study: Folder, tmp_path: Path) -> None:
    items = study.protocol.orders["r1"]
    early, late = (
        answers_of(study, "r1", "2026-03-01T00:00:00Z"),
        answers_of(study, "r1", "2026-03-05T00:00:00+02:00", notes="late"),
    )
    part = late.model_copy(update={"items": {id: late.items[id] for id in items[:3]}})
    same = part.model_copy(update={"items": {items[0]: late.items[items[0]].model_copy(update={"notes": "same time"})}})
    files = [form_file(tmp_path / f"{n}.json", one) for n, one in enumerate([early, part, same])]
    found = set()
    for order in permutations(files):
        shutil.rmtree(study.path / "answers", ignore_errors=True)
        for file in order:
            import_files(study.path, [file])
        found.add(answers(study)["answers/r1.json"])
    assert len(found) == 1
    assert [kept(study)[id].notes for id in (items[1], items[2], items[4])] == ["late", "late", ""]
    lines = import_files(study.path, [files[0]]).lines
    assert f"{len(items)} answers (3 older than what is there and left out, {len(items) - 3} already there)" in lines[0]


def test_each_answer_has_its_own_time_where_the_form_gives_one(study: Folder, tmp_path: Path) -> None:
    def stamped(record: dict[str, Any]) -> None:
        record["items"][first(study)]["exported"] = "2026-03-09T00:00:00.5Z"

    newer = form_file(tmp_path / "a", answers_of(study, "r1", "2026-03-01T00:00:00Z", notes="own time"), stamped)
    older = form_file(tmp_path / "b", answers_of(study, "r1", "2026-03-08T00:00:00Z", notes="file's time"))
    import_files(study.path, [newer, older])
    notes = [kept(study)[id].notes for id in study.protocol.orders["r1"][:2]]
    assert notes == ["own time", "file's time"]


def test_it_is_said_what_became_of_a_file(study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_to = study.protocol.orders["r1"]
    some = answers_of(study, "r1")
    some = some.model_copy(update={"items": {id: some.items[id] for id in given_to[:4]}})
    file = form_file(tmp_path / "r1.json", some)
    assert main(["study", "import", str(study.path), str(file)]) == 0
    said = capsys.readouterr().out
    assert f"r1, form: 4 answers (4 new); {len(given_to) - 4} of {len(given_to)} items are still open" in said
    assert f"written: {study.path / 'answers' / 'r1.json'}" in said
    assert main(["study", "import", str(study.path), str(file)]) == 0
    again = capsys.readouterr().out
    assert "4 already there" in again
    assert "written" not in again


def test_answers_that_look_odd_are_taken_and_pointed_out(study: Folder, tmp_path: Path) -> None:
    def everything(record: dict[str, Any]) -> None:
        for id, item in record["items"].items():
            text = study.items[id].text
            item["marks"] = {"verification": [{"start": 0, "end": len(text), "text": text}]}
            item["none"] = []

    file = form_file(tmp_path / "all.json", answers_of(study, "r1", "2999-01-01T00:00:00Z"), everything)
    done = import_files(study.path, [file])
    said = " ".join(done.lines)
    number = len(study.protocol.orders["r1"])
    assert f"r1 marked the whole response in {number} of {number} items" in said
    assert "from the future" in said
    assert done.rejected == {}


LATER, EARLIER = "2026-03-03T00:00:00Z", "2026-03-01T00:00:00Z"
ANNOTATIONS = [
    ({"updated_at": LATER}, "done", "annotated more than once", "one person's later annotation counts"),
    ({"updated_at": EARLIER}, "cannot_judge", "annotated more than once", "an earlier one does not"),
    ({"updated_at": EARLIER, "result": [{"from_name": "mood"}]}, "cannot_judge", "annotated more than once", "nor is it read"),
    ({"updated_at": LATER, "was_cancelled": True}, "cannot_judge", "", "a skipped one does not"),
    ({"updated_at": LATER, "was_cancelled": True, "completed_by": 2}, "cannot_judge", "", "nor makes another person one"),
]  # fmt: skip


@pytest.mark.parametrize(("second", "status", "note", "reason"), ANNOTATIONS, ids=[row[-1] for row in ANNOTATIONS])
def test_the_annotation_submitted_last_counts(
    second: dict[str, Any], status: str, note: str, reason: str, study: Folder, tmp_path: Path
) -> None:
    def change(tasks: list[dict[str, Any]]) -> None:
        done = {"from_name": "status", "to_name": "text", "type": "choices", "value": {"choices": ["done"]}}
        cannot = done | {"value": {"choices": ["cannot_judge"]}}
        again(tasks[0], **{"result": [done]} | second)
        tasks[0]["annotations"][0] |= {"result": [cannot]}

    (tmp_path / "x").write_bytes(exported(study, change))
    done = import_files(study.path, [tmp_path / "x"])
    assert done.rejected == {}, reason
    assert kept(study)[first(study)].status == status, reason
    assert (f"counts: {first(study)}" in " ".join(done.lines)) == bool(note), reason
    assert note in " ".join(done.lines), reason


def test_drafts_and_a_rater_who_is_two_people_are_pointed_out(study: Folder, tmp_path: Path) -> None:
    def change(tasks: list[dict[str, Any]]) -> None:
        tasks[0] |= {"annotations": [], "drafts": [{"result": []}]}
        tasks[1] |= {"drafts": [{"result": []}]}  # of an annotation that was submitted
        tasks[2]["annotations"][0] |= {"completed_by": 2}

    (tmp_path / "x").write_bytes(exported(study, change))
    lines = import_files(study.path, [tmp_path / "x"]).lines
    number = len(study.protocol.orders["r1"])
    assert [line.partition(": ")[2] for line in lines[1:]] == [
        "only drafts, which are not read: task 1",
        f"r1 is 2 people in Label Studio (items: {number - 2} by 1, 1 by 2), who count as one rater",
    ]
    assert f"1 of {number} items are still open ({first(study)})" in lines[0]


def test_what_is_missing_is_named(study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = study.protocol.orders["r1"]
    rows = filled(study, "r1", dict.fromkeys(study.protocol.metrics, "1"))
    (tmp_path / "sheet").write_text(csv_text(rows[:-2]))
    assert main(["study", "import", str(study.path), str(tmp_path / "sheet")]) == 0
    said = capsys.readouterr().out
    assert f"; 2 of {len(order)} items are still open ({order[-2]}, {order[-1]})" in said
    assert f"r2: no answers yet, all {len(study.protocol.orders['r2'])} items are open" in said
    notes = load(read_folder(study.path)).labelled.notes
    assert any(note.startswith(f"r1: 2 of {len(order)} items are still open ({order[-2]},") for note in notes)
    assert any(note.startswith("r2: no answers yet") for note in notes)
    [lost] = [note for note in notes if "Sheets hold counts without passages" in note]
    assert "(r1)" in lost
    assert METRICS["cecd_coverage"].label in lost


# --- marks ------------------------------------------------------------------------------------------------------------
PLACED = [
    (Mark(start=4, end=9, text="fever"), (4, 9), "where it says"),
    (Mark(start=3, end=10, text=" fever "), (4, 9), "white space around it is left out"),
    (Mark(start=0, end=3, text="rash"), (19, 23), "found again where it stands once"),
    (Mark(start=13, end=18, text="and a"), (12, 17), "counted in UTF-16 units behind a 🙂"),
    (Mark(start=4, end=9, text=""), (4, 9), "offsets alone"),
    (Mark(start=12, end=23, text="and a  rash"), (12, 23), "other white space"),
]  # fmt: skip
TEXT = "Has fever 🙂 and a\n rash. Has"


@pytest.mark.parametrize(("mark", "where", "reason"), PLACED, ids=[reason for *_, reason in PLACED])
def test_a_mark_is_where_its_words_are(mark: Mark, where: tuple[int, int], reason: str) -> None:
    found = place(mark, TEXT)
    assert isinstance(found, Mark), reason
    assert (found.start, found.end) == where, reason
    assert found.text == TEXT[slice(*where)]


NOWHERE = [
    (Mark(start=0, end=5, text="cough"), "nowhere in the text"),
    (Mark(start=5, end=8, text="Has"), "in 2 other places in the text"),
    (Mark(start=9, end=10, text=" "), "marks nothing"),
    (Mark(start=9, end=4, text=""), "marks nothing"),
    (Mark(start=4, end=900, text=""), "marks nothing"),
    (
        Mark(start=13, end=18, text=""),
        "marks nothing",
    ),  # two ways to count behind a 🙂, and no words to tell them apart
]


@pytest.mark.parametrize(("mark", "reason"), NOWHERE, ids=[reason for _, reason in NOWHERE])
def test_a_mark_without_a_place_is_refused(mark: Mark, reason: str) -> None:
    found = place(mark, TEXT)
    assert isinstance(found, str)
    assert reason in found


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab 🙂\n"), min_size=1, max_size=20), st.data())
def test_every_selection_is_found_however_it_was_counted(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if not text[start:end].strip():
        return
    for unit in (1, 2):  # characters, UTF-16 units
        counted = [at if unit == 1 else len(text[:at].encode("utf-16-le")) // 2 for at in (start, end)]
        found = place(Mark(start=counted[0], end=counted[1], text=text[start:end]), text)
        assert isinstance(found, Mark)
        assert found.text.split() == text[start:end].split()
        if unit == 1:
            assert found.text == text[start:end].strip()
            assert text[found.start : found.end] == found.text


# --- what is refused --------------------------------------------------------------------------------------------------
Change = Callable[[dict[str, Any], Folder], None]


def item(record: dict[str, Any]) -> dict[str, Any]:
    return next(iter(record["items"].values()))


def mark(record: dict[str, Any], **given: Any) -> None:
    item(record)["marks"] = {"drc": [{"start": 0, "end": 5, "text": "First", "option": "A", "reason": "bare"} | given]}
    item(record)["none"] = []


def claim(record: dict[str, Any], **given: Any) -> None:
    item(record)["marks"] = {"claims": [{"start": 0, "end": 5, "text": "First", "label": "invented"} | given]}
    item(record)["none"] = []


def renamed(record: dict[str, Any], name: str) -> None:
    record["items"] = {name: item(record)}


FORMS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another study": (lambda r: r.update(study="0123456789ab"), "of study 0123456789ab, not of"),
    "another version": (lambda r: r.update(schema=2), "schema 2; this version of clinical-r1 reads schema 1"),
    "another rater": (lambda r: r.update(rater="r9"), "rater r9 is not in this study; there are r1, r2"),
    "an edited id": (lambda r: renamed(r, "i900"), "item i900: no item of this study is called i900"),
    "an id without its zeros": (lambda r: renamed(r, "1"), "i001 may have lost letters or zeros in a spreadsheet"),
    "a word that is not there": (lambda r: mark(r, text="Wurst"), "drc: mark 1 ('Wurst') does not stand at 0 to 5, and nowhere in the text"),
    "an option that is not there": (lambda r: mark(r, option="Z"), "drc: mark 1 names option Z; there are A, B, C, D"),
    "a reason that is none": (lambda r: mark(r, reason="because"), "marks.drc.0.reason: Input should be 'case_fact'"),
    "a negative offset": (lambda r: mark(r, start=-1), "marks.drc.0.start: Input should be greater than or equal to 0, not -1"),
    "a key that is misspelt": (lambda r: item(r).update(nots="x"), "nots: no such key (nearest: notes)"),
    "marks and none at once": (lambda r: (mark(r), item(r).update(none=["drc"])), "drc: has marks and is said to have no instance"),
    "a metric that is not asked": (lambda r: item(r).update(none=["subgoal_setting"]), "none: subgoal_setting is no metric of this study"),
    "marks that are not asked": (lambda r: item(r)["marks"].update(subgoal_setting=[{"start": 0, "end": 5, "text": "First"}]), "this study does not ask for"),
    "a fact that is not there": (lambda r: (item(r)["marks"].update(cecd=[{"start": 0, "end": 5, "text": "First", "fact": 99}]), item(r).update(none=[])), "cecd: mark 1 names fact 99; there are"),
    "harm of what is right": (lambda r: claim(r, label="supported", harm="mild"), "claims: mark 1 has harm mild; only wrong claims have one"),
    "a degree of harm that is none": (lambda r: claim(r, harm="awful"), "marks.claims.0.harm: Input should be 'none', 'mild' or 'serious'"),
    "a sixth degree of acceptance": (lambda r: item(r).update(accept=6), "accept: Input should be less than or equal to 5"),
    "no time": (lambda r: r.update(exported="yesterday"), "exported: 'yesterday' is no time"),
    "no items": (lambda r: r.pop("items"), "no answers: a form's export has"),
    "a note of a book's length": (lambda r: item(r).update(notes="x" * 30_000), "notes: String should have at most 20000 characters"),
}  # fmt: skip


@pytest.mark.parametrize("reason", FORMS)
def test_a_form_that_does_not_fit_is_refused_by_name(
    reason: str, study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, said = FORMS[reason]
    one = answers_of(study, "r1")
    id = next(id for id in study.protocol.orders["r1"] if study.items[id].text.startswith("First"))
    one = one.model_copy(update={"items": {id: one.items[id]}})
    path = form_file(tmp_path / "form.json", one, change)
    refused(study, path, said, capsys)


def refused(study: Folder, path: Path, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(study.path)
    assert main(["study", "import", str(study.path), str(path)]) == 2
    output = capsys.readouterr()
    complaint = output.err.strip()
    assert len(complaint.splitlines()) == 1
    assert str(path) in complaint
    assert said in complaint + output.out
    assert snapshot(study.path) == before


def sheet(**cells: str) -> Callable[[Folder], bytes]:
    return lambda study: csv_text(filled(study, "r1", {"cecd": "1", **cells})[:1]).encode()


def edited(change: Callable[[Any, dict[str, int]], None]) -> Callable[[Folder], bytes]:
    return lambda study: workbook(study, change)


def assign(name: str, value: Any) -> Callable[[Any, dict[str, int]], None]:
    def change(sheet: Any, columns: dict[str, int]) -> None:
        sheet.cell(2, columns[name]).value = value

    return change


def bomb(study: Folder) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (70 << 20))
    return made.getvalue()


def nested(study: Folder) -> bytes:
    return b"[" * 100_000


def without(study: Folder, *names: str) -> bytes:
    return csv_text([{k: v for k, v in row.items() if k not in names} for row in sheet_rows(study, "r1")]).encode()


def exported(study: Folder, change: Callable[[list[dict[str, Any]]], Any]) -> bytes:
    path = labelstudio_file(study.path.with_name("made.json"), study, answers_of(study, "r1"))
    tasks = json.loads(path.read_text())
    path.unlink()
    change(tasks)
    return json.dumps(tasks).encode()


def region(**given: Any) -> dict[str, Any]:
    value = {"start": 0, "end": 5, "text": "First", "labels": ["bare"]}
    return {"id": "x", "from_name": "drc", "to_name": "text", "type": "labels", "value": value} | given


PLACE = {"start": 0, "end": 5, "text": "First"}


def again(task: dict[str, Any], *, only: bool = False, **changes: Any) -> dict[str, Any]:
    """The task with its annotation once more, changed."""
    task["annotations"] = [*([] if only else task["annotations"]), task["annotations"][0] | changes]
    return task


FILES: dict[str, tuple[Callable[[Folder], bytes], str]] = {
    "nothing": (lambda _: b"", "the file is empty"),
    "white space": (lambda _: b"\xef\xbb\xbf \n", "the file is empty"),
    "the form itself": (lambda s: (s.path / "forms/rater-r1.html").read_bytes(), "a web page and no answers"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither a form's export, nor Label Studio's, nor a sheet"),
    "an old workbook": (lambda _: b"\xd0\xcf\x11\xe0" + b"x" * 100, "an old or a protected Excel workbook"),
    "half a file": (lambda s: (s.path / "items.json").read_bytes()[:500], "not whole JSON"),
    "brackets without end": (nested, "not whole JSON"),
    "the items": (lambda s: (s.path / "items.json").read_bytes(), "items"),
    "the key": (lambda s: (s.path / "key.json").read_bytes(), "note: no such key"),
    "a key twice": (lambda _: b'{"study": 1, "study": 2}', "'study' stands twice in one record"),
    "some other list": (lambda _: b"[1, 2]", "a list that is no Label Studio export"),
    "the tasks": (lambda s: (s.path / "labelstudio/tasks-r1.json").read_bytes(), "export from Label Studio as JSON, not as JSON-MIN"),
    "tasks of another study": (lambda s: exported(s, lambda t: [one["data"].update(study="abc") for one in t]), "of study abc, not of"),
    "one task of another study": (lambda s: exported(s, lambda t: t[0]["data"].update(study="abc")), "task 1: of study abc"),
    "a rejection of nothing": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region())), "a rejection ('First') without its option"),
    "a control that is no name": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(from_name=["drc"]))), "from_name is \"['drc']\", allowed is the name of a control"),
    "an id that is a list": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(id=["x"]))), "without its option"),
    "a label of one's own": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(from_name="mood"))), "marks.mood: no such key"),
    "two people's annotations": (lambda s: exported(s, lambda t: again(t[0], completed_by=2)), "task 1, item"),
    "two people, one by address": (lambda s: exported(s, lambda t: again(t[0], completed_by={"id": 7, "email": "b@x.org"})), "annotated by 2 people (1, b@x.org), but a rater is one person"),
    "two people in two tasks of an item": (lambda s: exported(s, lambda t: t.append(again(deepcopy(t[0]) | {"id": 99}, completed_by=2, only=True))), "task 1, task 99, item"),
    "a region that lost its label": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(value=PLACE))), "marked without a label: 'First' at 0 to 5"),
    "a region with no labels": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(value=PLACE | {"labels": []}))), "marked without a label: 'First' at 0 to 5"),
    "an option beside no label": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append(region(from_name="drc_option", type="choices", value=PLACE | {"choices": ["A"]}))), "marked without a label: 'First' at 0 to 5"),
    "a region of no control": (lambda s: exported(s, lambda t: t[0]["annotations"][0]["result"].append({"id": "x", "to_name": "text", "value": PLACE})), "marked without a label: 'First' at 0 to 5"),
    "results that are no list": (lambda s: exported(s, lambda t: t[0]["annotations"][0].update(result=5)), "result is '5', allowed is a list"),
    "a text far below the table": (edited(lambda sheet, _: sheet.cell(60_000, 1, "x")), "60,000 rows and 19 columns; allowed are 50,000 and 500: delete"),
    "a 100 MB text": (lambda _: b"x" * (100 << 20), "100 MB; allowed are 64 MB"),
    "a zip bomb": (bomb, "an Excel workbook that unpacks to more than 64 MB"),
    "an archive": (lambda _: b"PK\x05\x06" + b"\0" * 18, "an archive and no Excel workbook"),
    "a broken workbook": (lambda s: workbook(s)[:2000], "a damaged Excel workbook"),
    "a date in a cell": (edited(assign("cecd", date(2026, 3, 1))), "row 2, item i"),
    "a date in a workbook": (edited(assign("drc", datetime(2026, 3, 1, tzinfo=None))), "is a date that a spreadsheet made of a number"),
    "half an instance": (edited(assign("drc", 2.5)), "drc: '2.5' is no whole number; allowed are 0, 1, 2, … and ?"),
    "merged cells": (edited(lambda sheet, columns: sheet.merge_cells("A2:A3")), "cells A2:A3 are merged"),
    "an id that became a number": (edited(assign("item", 7)), "no item of this study is called 7; i007 may have lost letters or zeros"),
    "a date in a csv": (sheet(drc="01. Mrz"), "drc: 01. Mrz is a date that a spreadsheet made of a number"),
    "a decimal comma": (sheet(drc="2,5"), "drc: '2,5' is no whole number"),
    "a thousand": (sheet(drc="1,000"), "drc: '1,000' is no whole number"),
    "a word": (sheet(drc="many"), "drc: 'many' is no whole number"),
    "less than nothing": (sheet(drc="-1"), "drc: '-1' is no whole number"),
    "more instances than words": (sheet(drc="5000"), "drc: 5,000 instances in a response of"),
    "a sheet of another study": (sheet(study="123456789012"), "of study 123456789012, not of"),
    "a study's name as a number": (sheet(study="1.23E+11"), "of study 1.23E+11, not of"),
    "nobody's sheet": (sheet(rater=""), "rater (none) is not in this study"),
    "a sheet without ids": (lambda s: without(s, "study"), "no column study"),
    "a sheet without metrics": (lambda s: without(s, *s.protocol.metrics), "no column of a metric"),
    "a metric misspelt": (lambda s: (s.path / "sheets/rater-r1.csv").read_bytes().replace(b",cecd,", b",cedc,", 1), "no column cedc; is it cecd?"),
    "cells too many": (lambda s: csv_text(filled(s, "r1", {"cecd": "1"})[:1]).rstrip().encode() + b",x,y", "cells, but"),
    "an item twice": (lambda s: csv_text([row | {"cecd": str(n)} for n in (1, 2) for row in sheet_rows(s, "r1")[:1]]).encode(), "a second and different answer"),
}  # fmt: skip


@pytest.mark.parametrize("reason", FILES)
def test_a_file_that_cannot_be_used_is_refused_by_name(
    reason: str, study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, said = FILES[reason]
    path = tmp_path / "file"
    path.write_bytes(make(study))
    refused(study, path, said, capsys)


def test_every_bad_item_is_listed_and_nothing_of_its_file_is_taken_while_other_files_are(
    study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(record: dict[str, Any]) -> None:
        for item in list(record["items"].values())[:3]:
            item["none"] = ["mood"]

    bad = form_file(tmp_path / "bad.json", answers_of(study, "r1"), wrong)
    good = form_file(tmp_path / "good.json", answers_of(study, "r2"))
    assert main(["study", "import", str(study.path), str(bad), str(good), str(tmp_path / "gone.json")]) == 2
    output = capsys.readouterr()
    listed = [line for line in output.out.splitlines() if line.startswith("rejected: ")]
    ids = study.protocol.orders["r1"][:3]
    assert [line.split(": ")[2] for line in listed] == [
        *(f"item {id}" for id in ids),
        "cannot be read (No such file or directory)",
    ]
    assert output.err.count("\n") == 1
    assert "(and 3 more, listed above); 1 of 3 files were imported, nothing of the others" in output.err
    assert list(answers(study)) == ["answers/r2.json"]


def test_an_item_of_another_rater_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = new_study(tmp_path / "study", reasoned_logs(), raters=3, overlap=1)
    swapped = answers_of(study, "r1").model_copy(update={"rater": "r2"})
    refused(
        study,
        form_file(tmp_path / "swapped.json", swapped),
        "was not given to r2: is this the file of another rater?",
        capsys,
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("protocol.json", None, "no study there, as it has no protocol.json"),
        ("items.json", "{", "items.json: not JSON"),
        ("key.json", '{"schema": 7}', "key.json: schema 7; this version of clinical-r1 reads schema 1"),
        ("answers/r1.json", '{"schema": 1}', "answers/r1.json: study: is missing"),
    ],
)
def test_a_damaged_study_is_named(
    name: str, content: str | None, said: str, study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.path / "answers").mkdir()
    if content is None:
        (study.path / name).unlink()
    else:
        (study.path / name).write_text(content)
    assert main(["study", "import", str(study.path), str(tmp_path / "any")]) == 2
    assert said in capsys.readouterr().err


def test_times_are_compared_across_zones(study: Folder, tmp_path: Path) -> None:
    late = form_file(
        tmp_path / "a", answers_of(study, "r1", "2026-03-02T01:00:00+05:00", notes="20:00 UTC the day before")
    )
    later = form_file(tmp_path / "b", answers_of(study, "r1", "2026-03-01T21:00:00Z", notes="21:00 UTC"))
    import_files(study.path, [later, late], now=datetime(2026, 4, 1, tzinfo=UTC))
    assert kept(study)[first(study)].notes == "21:00 UTC"


# --- anything at all --------------------------------------------------------------------------------------------------
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1 << 70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def with_a_change(value: Any, data: st.DataObject) -> Any:
    """The record with another value somewhere in it."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: with_a_change(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], with_a_change(value[place], data), *value[place + 1 :]]
    return data.draw(VALUES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_that_was_edited_anywhere_is_taken_or_refused(made: Folder, tmp_path: Path, data: st.DataObject) -> None:
    one = answers_of(made, "r1")
    one = one.model_copy(update={"items": dict(list(one.items.items())[:2])})
    path = data.draw(st.sampled_from(["form", "project", "sheet"]))
    file = tmp_path / "file"
    if path == "sheet":
        rows = [
            list(made_rows) for made_rows in csv.reader(io.StringIO(csv_text(filled(made, "r1", {"cecd": "1"})[:2])))
        ]
        row, column = data.draw(st.integers(0, 2)), data.draw(st.integers(0, len(rows[0]) - 1))
        rows[row][column] = data.draw(st.text(max_size=9))
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        file.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
    else:
        whole = form_file(file, one) if path == "form" else labelstudio_file(file, made, answers_of(made, "r1"))
        file.write_text(json.dumps(with_a_change(json.loads(whole.read_text()), data)))
    try:
        reading = read_answer_file(file, made)
    except UnusableError:
        return
    for said in reading.said:
        checked = check(said, made)
        assert all("\n" not in escape_controls(problem, one_line=True) for problem in checked.problems)
        assert Answer.model_validate_json(dump(checked.answer)) == checked.answer


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_in_one_line(made: Folder, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UnusableError):
        read_answer_file(tmp_path / "file", made)
