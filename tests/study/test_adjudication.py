"""Adjudication: which items raters differ on, a form that shows both blinded, and what becomes of what comes back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.adjudication import adjudicated_values, comparable, differing, write_adjudication
from clinical_r1.study.agreements import agreement_tables
from clinical_r1.study.answers import import_files
from clinical_r1.study.folder import ADJUDICATION, ADJUDICATOR, Folder, read_folder
from clinical_r1.study.loading import load
from clinical_r1.study.ratings import panel
from tests.chromium import WIDE, Browser, chromium
from tests.study.test_form import Form
from tests.study_files import answers_of, form_file, new_study, reasoned_logs

METRICS = ("cecd", "drc")


def two_minds(folder: Folder, to: Path) -> Folder:
    """Two raters who mark what the judge found, but the second leaves out all facts of the first two items."""

    def forget(record: dict[str, Any]) -> None:
        left = 2
        for answer in record["items"].values():
            answer["accept"] = 4
            if answer["marks"]["cecd"] and left:
                answer["marks"]["cecd"], left = [], left - 1
                answer["none"].append("cecd")

    for rater in folder.protocol.raters:
        change = forget if rater == "r2" else lambda record: [one.update(accept=4) for one in record["items"].values()]
        file = form_file(to / f"{rater}.json", answers_of(folder, rater), change)
        assert import_files(folder.path, [file]).rejected == {}
    return read_folder(folder.path)


@pytest.fixture
def study(tmp_path: Path) -> Folder:
    made = new_study(tmp_path / "study", reasoned_logs(), metrics=METRICS, raters=2, repeats=0)
    return two_minds(made, tmp_path)


def test_only_items_on_which_raters_differ_are_given(study: Folder, tmp_path: Path) -> None:
    apart = differing(study)
    assert len(comparable(study)) == 12
    assert len(apart) == 2
    assert all("cecd" in by_rater["r2"].none and by_rater["r1"].marks.cecd for by_rater in apart.values())
    form = tmp_path / "form.html"
    assert write_adjudication(study, form, 0, "2026-03-05T00:00:00Z") == (2, 12)
    text = form.read_text(encoding="utf-8")
    assert '"r1"' not in text, "raters are letters"
    assert '"r2"' not in text
    first = read_folder(study.path).adjudication
    assert first is not None
    assert set(first.items) == set(apart)
    write_adjudication(read_folder(study.path), form, 5, "2026-03-05T00:00:00Z")
    assert read_folder(study.path).adjudication == first, "made again, nobody changes letters"
    again = form.read_text(encoding="utf-8")
    assert again == text


def test_where_nobody_differs_there_is_nothing_to_adjudicate(tmp_path: Path) -> None:
    made = new_study(tmp_path / "study", reasoned_logs(), metrics=METRICS, raters=2)
    for rater in made.protocol.raters:
        import_files(made.path, [form_file(tmp_path / f"{rater}.json", answers_of(made, rater))])
    with pytest.raises(UserError, match="no two raters have finished the same item and differ on it"):
        write_adjudication(read_folder(made.path), tmp_path / "form.html", 0, "2026-03-05T00:00:00Z")
    assert main(["study", "adjudicate", str(made.path), "-o", str(tmp_path / "form.html")]) == 2
    assert not (made.path / ADJUDICATION).exists()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_what_is_adjudicated_changes_results_and_not_agreement(
    study: Folder, browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "form.html"
    assert main(["study", "adjudicate", str(study.path), "-o", str(form)]) == 0
    assert "2 of 12 items" in capsys.readouterr().out
    before = load(read_folder(study.path)).labelled
    browser.size(*WIDE)
    browser.open(form)
    one = Form(browser)
    assert "You adjudicate" in one.text("#guide")
    one.press(one.key.ENTER)
    assert one.text("#finished") == "0 of 2 items finished"
    assert "Raters agree here." in one.press("2").text("#others")
    assert one.text("#tab-drc .count").endswith("marked"), "what they agree on is there already"
    for _ in range(2):
        one.press("1")
        assert "Raters differ here." in one.text("#others")
        assert one.text("#sum") == "not answered yet"
        takes = one.browser.find("#others section > p button")
        names = [button.text for button in takes]
        assert names == ["Take all of A", "Take all of B"]
        marked = [bool(section.find_elements("css selector", "li")) for section in one.browser.find("#others section")]
        assert sorted(marked) == [False, True]
        takes[marked.index(True)].click()
        assert one.text("#sum") != "none"
        one.holding(one.key.CONTROL, one.key.ENTER)
    assert "All items are finished" in one.text("#message")
    file = tmp_path / "adjudicated.json"
    record = one.exported()
    assert record["rater"] == ADJUDICATOR
    file.write_text(json.dumps(record), encoding="utf-8")
    done = import_files(study.path, [file])
    assert done.rejected == {}
    assert import_files(study.path, [file]).written == []
    folder = read_folder(study.path)
    after = load(folder).labelled
    assert after.ratings == before.ratings
    for labelled in (before, after):
        agreed = agreement_tables({"cecd": panel(labelled, "cecd")}, Resampling(20))["raters"]
        kappa = agreed[agreed["statistic"] == "kappa_quadratic"]["value"].item()
        assert kappa < 1, "agreement is that of the raters"
    truth = {id: by_rater["r1"] for id, by_rater in differing(study).items()}
    for id in truth:
        assert after.means["cecd"][id] == before.ratings["cecd"]["r1"][id] == 2 * before.means["cecd"][id] > 0
    others = set(before.means["cecd"]) - set(truth)
    assert all(after.means["cecd"][id] == before.means["cecd"][id] for id in others)
    assert adjudicated_values(folder)["accept"] == dict.fromkeys(truth, 4.0)
    assert any(note.startswith("Adjudicated: 2 of 2 items") for note in after.notes)


def test_only_what_was_given_to_the_adjudicator_is_taken(study: Folder, tmp_path: Path) -> None:
    record = json.loads(form_file(tmp_path / "a.json", answers_of(study, "r1")).read_text(encoding="utf-8"))
    record["rater"] = ADJUDICATOR
    file = tmp_path / "a.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    [problems] = import_files(study.path, [file]).rejected.values()
    assert "rater adjudicator is not in this study" in str(problems[0]), "before there is anything to adjudicate"
    write_adjudication(study, tmp_path / "form.html", 0, "2026-03-05T00:00:00Z")
    [problems] = import_files(study.path, [file]).rejected.values()
    assert "was not given to adjudicator" in str(problems[0])
