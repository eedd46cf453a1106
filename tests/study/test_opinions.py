"""What raters say beside their marks: harm of wrong claims, whether they accept a response, and studies of errors alone."""

import io
import json
import shutil
from math import isnan
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from sklearn.metrics import cohen_kappa_score

from clinical_r1.cli import main
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.answers import import_files
from clinical_r1.study.folder import Folder, read_folder
from clinical_r1.study.loading import load
from clinical_r1.study.opinions import opinion_tables, opinions
from clinical_r1.study.protocol import NEED_ALL_CLAIMS, Asked, Protocol
from clinical_r1.study.ratings import ratings
from tests.study_files import (
    WRONG,
    answers_of,
    csv_text,
    form_file,
    labelstudio_file,
    new_study,
    reasoned_logs,
    sheet_rows,
)

HARMS = ("none", "mild", "serious")


def said_by(folder: Folder, rater: str, to: Path) -> Path:
    """A form's export of a rater who finds what the judge found, and has opinions of their own."""
    rng = Random(rater)

    def opine(record: dict[str, Any]) -> None:
        for answer in record["items"].values():
            answer["accept"] = rng.randint(1, 5)
            for claim in answer["marks"]["claims"]:
                if claim["label"] in WRONG:
                    claim["harm"] = rng.choice(HARMS)

    return form_file(to / f"{rater}.json", answers_of(folder, rater), opine)


def answered(folder: Folder, to: Path) -> Folder:
    done = import_files(folder.path, [said_by(folder, rater, to) for rater in folder.protocol.raters])
    assert done.rejected == {}
    return read_folder(folder.path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    made = new_study(tmp_path_factory.mktemp("made") / "study", reasoned_logs(), metrics=("cecd", "hallucination"))
    return answered(made, tmp_path_factory.mktemp("sent"))


def test_what_raters_said_is_imported_and_is_a_number_per_item(study: Folder) -> None:
    assert study.protocol.asked == Asked(harm=True, accept=True, practice=2)
    found = opinions(study)
    for rater, file in study.answers.items():
        for id, answer in file.items.items():
            assert found["accept"][rater][id] == answer.accept
            harms = [HARMS.index(claim.harm) + 1 for claim in answer.marks.claims if claim.harm]
            assert found["harm"][rater][id] == max(harms, default=0)
    assert {value for row in found["harm"].values() for value in row.values()} > {0.0, 3.0}


def test_label_studio_and_sheets_ask_the_same(study: Folder, tmp_path: Path) -> None:
    config = (study.path / "labelstudio" / "config.xml").read_text(encoding="utf-8")
    assert 'name="harm" toName="text" perRegion="true"' in config
    assert 'whenLabelValue="contradicts,invented,medically_false"' in config
    assert '<Choice value="5 yes"/>' in config
    folder, found = Path(shutil.copytree(study.path, tmp_path / "study")), opinions(study)
    shutil.rmtree(folder / "answers")
    own = [labelstudio_file(tmp_path / "ls.json", study, study.answers["r1"])]
    rows = sheet_rows(study, "r2")
    assert [*rows[0]][-6:] == ["cecd", "hallucination", "harm", "accept", "reason", "notes"]
    for row in rows:
        answer = study.answers["r2"].items[row["item"]]
        wrong = [claim.harm for claim in answer.marks.claims if claim.harm]
        row |= {"cecd": "1", "hallucination": str(len(wrong)), "accept": f"{answer.accept}.0"}
        row["harm"] = max(wrong, key=HARMS.index).upper() if wrong else ""
    own.append(tmp_path / "sheet.csv")
    own[-1].write_text(csv_text(rows), encoding="utf-8")
    assert import_files(folder, own).rejected == {}
    again = opinions(read_folder(folder))
    assert {key: by_rater | again[key] for key, by_rater in found.items()} == found, "the same as from forms"
    assert set(again["harm"]) == {"r1", "r2"}
    book = openpyxl.load_workbook(io.BytesIO((study.path / "sheets/rater-r1.xlsx").read_bytes()))
    assert {'"none,mild,serious"', '"1,2,3,4,5"'} < {
        v.formula1 for v in book["answers"].data_validations.dataValidation
    }
    assert any("1 no, 2 rather not" in str(cell.value) for [cell] in book["how to"].iter_rows())


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"accept": "6"}, "accept: '6'; allowed are 1, 2, 3, 4, 5"),
        ({"harm": "some"}, "harm: 'some'; allowed are none, mild, serious"),
        ({"harm": "mild", "hallucination": "0"}, "harm mild: only wrong claims have one, and hallucination is 0"),
    ],
)
def test_a_sheet_that_does_not_fit_is_refused(cells: dict[str, str], said: str, study: Folder, tmp_path: Path) -> None:
    rows = sheet_rows(study, "r2")
    rows[0] |= {"cecd": "1", "hallucination": "2"} | cells
    (tmp_path / "sheet.csv").write_text(csv_text(rows), encoding="utf-8")
    [problems] = import_files(study.path, [tmp_path / "sheet.csv"]).rejected.values()
    assert said in str(problems[0])


def test_agreement_is_that_of_ordinal_ratings(study: Folder) -> None:
    tables = opinion_tables(load(study).labelled, Resampling(50))
    agreed = tables["opinion_agreement"]
    own = [id for id, key in study.key.items.items() if key.repeat_of is None]
    raters = study.protocol.raters
    for opinion, rows in opinions(study).items():
        pairs = [(a, b) for place, a in enumerate(raters) for b in raters[place + 1 :]]
        weights = [study.key.items[id].weight * study.key.items[id].epochs for id in own]
        values = [0, 1, 2, 3] if opinion == "harm" else [1, 2, 3, 4, 5]
        expected = [
            cohen_kappa_score(
                [rows[a][id] for id in own], [rows[b][id] for id in own],
                labels=values, weights="quadratic", sample_weight=weights,
            )
            for a, b in pairs
        ]  # fmt: skip
        of = agreed[(agreed["opinion"] == opinion) & (agreed["statistic"] == "kappa_quadratic")]
        assert of["value"].item() == pytest.approx(sum(expected) / len(expected))
        assert set(agreed["statistic"]) >= {"alpha", "kappa_quadratic", "ac2"}
    means = tables["opinions"]
    assert set(means["checkpoint"]) == {"one-7b", "two-7b"}
    assert means["value"].between(0, 5).all()


def test_the_report_shows_them(study: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "report", str(study.path), "-o", str(tmp_path), "--resamples", "20"]) == 0
    assert "Judges were compared with 3 raters on 12 responses." in capsys.readouterr().out
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "How much harm, and would they accept it?" in page
    tables = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tables"]
    assert {one["opinion"] for one in tables["opinions"]} == {"harm", "accept"}


def test_a_study_of_errors_alone_says_so_and_has_no_numbers_of_what_is_supported(tmp_path: Path) -> None:
    made = new_study(tmp_path / "study", reasoned_logs(), metrics=("cecd", "hallucination"), claims="errors")
    assert made.protocol.asked.claims == "errors"
    assert "--claims errors" in made.protocol.command
    form = (made.path / "forms" / "rater-r1.html").read_text(encoding="utf-8")
    assert '["invented","invented finding"]' in form
    assert '["supported","supported"]' not in form
    config = (made.path / "labelstudio" / "config.xml").read_text(encoding="utf-8")
    assert "invented" in config
    assert "supported" not in config
    done = answered(made, tmp_path)
    found = ratings(done)
    for key, rows in found.items():
        missing = [isnan(value) for row in rows.values() for value in row.values()]
        assert all(missing) if key in NEED_ALL_CLAIMS else not all(missing), key
    notes = " ".join(load(done).labelled.notes)
    assert "Raters marked wrong claims alone, so these have no number of theirs: claims that are hallucinated" in notes
    record = json.loads((tmp_path / "r1.json").read_text(encoding="utf-8"))
    claims = next(one["marks"]["claims"] for one in record["items"].values() if one["marks"]["claims"])
    claims[0] |= {"label": "supported", "harm": None}
    (tmp_path / "again.json").write_text(json.dumps(record), encoding="utf-8")
    [problems] = import_files(done.path, [tmp_path / "again.json"]).rejected.values()
    assert "this study asks for wrong claims alone" in str(problems[0])
    assert main(["study", "report", str(done.path), "-o", str(tmp_path / "report"), "--resamples", "20"]) == 0


def test_a_study_of_an_earlier_version_asks_for_nothing_of_it(study: Folder, tmp_path: Path) -> None:
    record = json.loads((study.path / "protocol.json").read_text(encoding="utf-8"))
    del record["asked"]
    assert Protocol.model_validate(record).asked == Asked()
    made = new_study(tmp_path / "old", reasoned_logs(), metrics=("drc",))
    for name in ("protocol.json", "items.json"):
        content = json.loads((made.path / name).read_text(encoding="utf-8"))
        del content["asked"]
        (made.path / name).write_text(json.dumps(content), encoding="utf-8")
    old = read_folder(made.path)
    file = form_file(tmp_path / "r1.json", answers_of(old, "r1"))
    assert import_files(old.path, [file]).rejected == {}
    assert opinions(read_folder(old.path)) == {}
    record = json.loads(file.read_text(encoding="utf-8"))
    next(iter(record["items"].values()))["accept"] = 3
    file.write_text(json.dumps(record), encoding="utf-8")
    [problems] = import_files(old.path, [file]).rejected.values()
    assert "accept: this study does not ask for it" in str(problems[0])
