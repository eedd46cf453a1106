"""`clinical-r1 study new`: what is drawn, what raters get, and that it tells them nothing."""

import io
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
from inspect_ai import Task

from clinical_r1.analysis.sides import labelled
from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.judging.judge import RULES_VERSION
from clinical_r1.judging.spans import clauses
from clinical_r1.logs import read_logs, read_texts
from clinical_r1.metrics import lists_of
from clinical_r1.study.content import OffsetMap
from clinical_r1.study.folder import Folder, read_folder
from clinical_r1.study.material import Settings, make_material
from clinical_r1.study.packet import write_study
from clinical_r1.study.ratings import judging_item
from tests.running import make_task, model_that_says, question, run_task
from tests.study_files import ASKED, CREATED, MODELS, baseline_logs, judged_by_rules, material, new_study, snapshot

CASE = "A 40-year-old man with chest pain and a fever of 39 C takes warfarin. Which drug helps in case {}?"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return new_study(tmp_path_factory.mktemp("study") / "made", overlap=2)


def rater_files(folder: Path) -> dict[str, str]:
    """All that raters get, as text; workbooks unpacked."""
    found = {}
    for name, content in snapshot(folder).items():
        if name.startswith(("forms/", "labelstudio/", "sheets/")) or name == "items.json":
            if name.endswith(".xlsx"):
                with ZipFile(io.BytesIO(content)) as book:
                    content = b"\n".join(book.read(part) for part in book.namelist())
            found[name] = content.decode("utf-8")
    return found


# --- the draw ---------------------------------------------------------------------------------------------------------
def test_responses_of_all_checkpoints_to_a_question_are_labelled_in_one_epoch(study: Folder) -> None:
    own = [item for item in study.key.items.values() if item.repeat_of is None]
    assert len(own) == study.protocol.items == 12
    places = defaultdict(set)
    for item in own:
        places[item.question].add((item.checkpoint, item.epoch))
    assert all({name for name, _ in found} == set(MODELS) for found in places.values())
    assert all(len({epoch for _, epoch in found}) == 1 for found in places.values())


def test_stored_probabilities_are_those_of_the_strata_and_weights_stand_for_all_questions(study: Folder) -> None:
    strata = {one.stratum: Fraction(one.drawn, one.questions) for one in study.key.strata}
    own = {item.question: item for item in study.key.items.values() if item.repeat_of is None}
    assert all(item.inclusion == float(strata[item.stratum]) for item in own.values())
    assert sum(item.weight for item in own.values()) == pytest.approx(10)
    assert sum(one.drawn for one in study.key.strata) == study.protocol.questions == 6


def test_every_item_has_its_raters_and_five_percent_come_back_far_apart(study: Folder) -> None:
    times = Counter(id for order in study.protocol.orders.values() for id in order)
    own = [id for id, item in study.key.items.items() if item.repeat_of is None]
    assert all(times[id] >= 2 for id in own)
    repeat_of = {id: item.repeat_of for id, item in study.key.items.items() if item.repeat_of is not None}
    for order in study.protocol.orders.values():
        repeats = [id for id in order if id in repeat_of]
        assert len(repeats) == ceil(0.05 * (len(order) - len(repeats)))
        for id in repeats:
            first = order.index(repeat_of[id])
            assert order.index(id) - first >= len(order) // 3
            assert study.items[id].model_copy(update={"id": ""}) == study.items[repeat_of[id]].model_copy(
                update={"id": ""}
            )
    assert len({tuple(order) for order in study.protocol.orders.values()}) == 3


def test_an_active_draw_labels_more_often_where_a_judge_wavers_and_keeps_the_probabilities(tmp_path: Path) -> None:
    logs = labelled(read_logs([baseline_logs()]))
    rng = np.random.default_rng(0)
    wavering = logs.responses["id"].astype(str).isin(sorted(logs.responses["id"].astype(str).unique())[:3])
    shares = np.where(wavering, 0.5, np.round(rng.random(len(wavering))))
    logs = replace(logs, responses=logs.responses.assign(cecd_coverage=shares.astype("float32")))
    settings = Settings(metrics=("cecd",), items=8, raters=2, draw="active", floor=0.25)
    made = make_material(logs, settings, created=CREATED, command="clinical-r1 study new")
    assert "Drawn by expected error of the judge: how far scores are from 0 and 1; floor 0.25." in made.notes
    assert made.protocol.command.endswith("--draw active --floor 0.25")
    folder = read_folder(write_study(made, tmp_path / "made"))
    own = [item for item in folder.key.items.values() if item.repeat_of is None]
    assert all(item.weight == pytest.approx(1 / item.inclusion) for item in own)
    weights = {item.weight * item.epochs for item in own}
    assert len(weights) > 1, "the correction goes by each item's own probability"
    assert max(weights) <= 2 * 10 / 4 / 0.25 + 1e-9, "two epochs, 4 of 10 questions, and the floor"


def test_an_active_draw_is_refused_in_one_line_where_nothing_tells_where_a_judge_may_err(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = said_logs(tmp_path / "logs", ("a", "b"), "ABCA", judged=False)
    new = ["study", "new", str(logs), "-o", str(tmp_path / "s"), "--metrics", "drc", "--items", "4", "--raters", "2"]
    assert main([*new, "--draw", "active"]) != 0
    [*_, line] = capsys.readouterr().err.strip().splitlines()
    assert "--draw active: nothing in these logs tells where the judge may err" in line
    assert not (tmp_path / "s").exists()
    assert main([*new, "--draw", "active", "--floor", "0"]) != 0
    assert "--floor 0.0: allowed is more than 0 and at most 1" in capsys.readouterr().err


# --- what raters read -------------------------------------------------------------------------------------------------
def test_raters_read_what_the_judge_read(study: Folder) -> None:
    logs = read_logs([baseline_logs()])
    for id, key in study.key.items.items():
        item = study.items[id]
        [sample] = read_texts(logs, [(key.run, key.question, key.epoch)]).values()
        assert item.question == sample.item.stem
        assert item.options == sample.item.options
        assert item.facts == [" ".join(fact.text.split()) for fact in clauses(sample.item.stem)] * item.has_case
        assert len(item.facts) == key.facts or not item.has_case
        assert judging_item(item, key).words == key.words
        offsets = OffsetMap.of(key.offsets)
        for span in key.judge_spans:
            assert item.text[span["start"] : span["end"]] == span["text"]
            raw = offsets.to_raw(span["start"], span["end"])
            assert raw is not None
            assert sample.item.response[slice(*raw)] == span["text"]


def test_nothing_that_raters_get_names_a_model_a_judge_or_where_an_item_comes_from(study: Folder) -> None:
    questions = {item.question for item in study.key.items.values()}
    words = [*MODELS, "key.json", "<dx>", "</dx>", "&lt;dx", "<conclusion>", "baseline_", *questions]
    words += [
        f"rules-{RULES_VERSION}",
        '"target"',
        '"correct"',
        '"judge_spans"',
        '"stratum"',
        '"weight"',
        '"inclusion"',
        '"repeat_of"',
        '"checkpoint"',
        ".eval",
    ]
    for name, text in rater_files(study.path).items():
        assert [word for word in words if word in text] == [], name
    for rater, order in study.protocol.orders.items():
        others = set(study.items) - set(order)
        form = (study.path / f"forms/rater-{rater}.html").read_text(encoding="utf-8")
        assert [id for id in others if re.search(rf"\b{id}\b", form)] == [], "items of other raters are none of theirs"


def said_logs(folder: Path, names: tuple[str, str], targets: str, judged: bool) -> Path:
    """Four cases, answered in the same words whoever is called what, whatever is right, and whoever judged."""
    questions = [question(f"q{n}", target=targets[n]) for n in range(4)]
    questions = [type(one)(one.id, CASE.format(one.id), one.options, one.target, one.metadata) for one in questions]
    for place, name in enumerate(names):
        task: Task = make_task(questions)
        task.metadata = {**(task.metadata or {}), "checkpoint": name}
        replies = {
            (f"q{n}", 1): rf"<dx>Fever of 39 C, thing {place}{n}. Wait, no.</dx><conclusion>\boxed{{C}}</conclusion>"
            for n in range(4)
        }
        run_task(judged_by_rules(task) if judged else task, model_that_says(replies), folder / str(place))
    return folder


def test_raters_get_the_same_whatever_the_models_are_called_whatever_is_right_and_whatever_the_judge_found(
    tmp_path: Path,
) -> None:
    made = []
    for number, about in enumerate([(("one", "two"), "CCCC", True), (("zeta", "alpha"), "ABCD", False)]):
        logs = said_logs(tmp_path / f"logs{number}", *about)
        folder = new_study(tmp_path / f"study{number}", logs, items=8)
        made.append(
            {name: text.replace(folder.protocol.study, "STUDY") for name, text in rater_files(folder.path).items()}
        )
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def test_a_response_that_names_its_model_is_pointed_out(tmp_path: Path) -> None:
    for name in ("first", "second"):
        task = make_task([question("q1")])
        task.metadata = {**(task.metadata or {}), "checkpoint": name}
        run_task(task, model_that_says({("q1", 1): rf"I am {name}. \boxed{{C}}"}), tmp_path / name)
    assert any("2 responses name a checkpoint themselves" in note for note in material(tmp_path, items=2).notes)


def test_hostile_text_is_text_in_every_form(tmp_path: Path) -> None:
    nasty = (
        '=HYPERLINK("x")</script><script>alert(1)</script> \x1b[31m \x00 \u202e 🙂 \ud800 '
        + "a" * 40_000
        + r"\boxed{C}"
    )
    for name in ("first", "second"):
        task = make_task([question("q1")])
        task.metadata = {**(task.metadata or {}), "checkpoint": name}
        run_task(task, model_that_says({("q1", 1): nasty}), tmp_path / "logs" / name)
    folder = new_study(tmp_path / "study", tmp_path / "logs", items=2, raters=1)
    text = next(iter(folder.items.values())).text
    assert "\x1b" not in text
    assert "alert(1)</script>" not in (folder.path / "forms/rater-r1.html").read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(folder.path / "sheets/rater-r1.xlsx")["answers"]
    cells = {str(sheet.cell(1, column).value): sheet.cell(2, column) for column in range(1, sheet.max_column + 1)}
    assert cells["response"].data_type == "s"
    assert f"{cells['response'].value}{cells['response 2'].value}" == text, "nothing is cut off"
    assert "\n=HYPERLINK" not in (folder.path / "sheets/rater-r1.csv").read_text(encoding="utf-8-sig")


def test_the_label_studio_project_asks_for_each_list_of_marks_once(study: Folder) -> None:
    config = (study.path / "labelstudio/config.xml").read_text(encoding="utf-8")
    assert re.findall(r'<Labels name="(\w+)" toName="text"', config) == list(lists_of(ASKED))
    names = set(re.findall(r'value="\$(\w+)"', config))
    for rater, order in study.protocol.orders.items():
        tasks = json.loads((study.path / f"labelstudio/tasks-{rater}.json").read_text(encoding="utf-8"))
        assert [task["data"]["item"] for task in tasks] == order
        assert all(names <= task["data"].keys() and all(task["data"][name] for name in names) for task in tasks)


# --- the folder -------------------------------------------------------------------------------------------------------
def test_the_same_study_is_the_same_bytes_and_another_seed_is_another_study(study: Folder, tmp_path: Path) -> None:
    again = new_study(tmp_path / "made", overlap=2)
    assert snapshot(again.path) == snapshot(study.path)
    other = material(overlap=2, seed=2)
    assert other.protocol.study != study.protocol.study


def test_a_study_is_replaced_until_somebody_has_put_something_there(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "made")
    write_study(material(seed=5), folder.path)
    before = snapshot(folder.path)
    (folder.path / "answers").mkdir()
    (folder.path / "answers" / "r1.json").write_text("{}")
    with pytest.raises(UserError, match="a study with answers of r1; name another folder"):
        write_study(material(), folder.path)
    (folder.path / "answers" / "r1.json").unlink()
    sheet = folder.path / "sheets/rater-r1.csv"
    sheet.write_bytes(sheet.read_bytes() + b"x")
    with pytest.raises(UserError, match=r"rater-r1\.csv: was changed or added since the study was made"):
        write_study(material(), folder.path)
    sheet.write_bytes(before["sheets/rater-r1.csv"])
    assert snapshot(folder.path) == before, "a refusal changes nothing"
    assert [path.name for path in tmp_path.iterdir()] == ["made"], "nothing is left beside it"


def test_a_study_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_study(tmp_path / "made")
    before = snapshot(folder.path)

    def full(*_: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clinical_r1.study.packet.sheet_xlsx", full)
    with pytest.raises(UserError, match="No space left"):
        write_study(material(seed=5), folder.path)
    assert snapshot(folder.path) == before


def test_the_command_writes_a_study_and_says_what_is_not_for_raters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [
        "--metrics",
        "drc,verification",
        "--items",
        "9",
        "--raters",
        "2",
        "--seed",
        "3",
        "-o",
        str(tmp_path / "s"),
    ]
    assert main(["study", "new", str(baseline_logs()), *wanted]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "8 items, not 9: the responses of all 2 checkpoints to a question are labelled." in said
    assert any("key.json is not for raters" in line for line in said)
    assert said[-1] == f"study: {tmp_path / 's'}"
    protocol = (tmp_path / "s" / "protocol.json").read_text(encoding="utf-8")
    assert "baseline" not in protocol, "the coordinator's protocol names no model either"


REFUSED = {
    "an unknown metric": (["--metrics", "cedc"], "--metrics cedc: allowed are cecd, drc"),
    "more items than there are": (["--items", "100"], "--items 100: 10 questions can be drawn, which are 20 items with 2 checkpoints"),
    "fewer items than checkpoints": (["--items", "1"], "--items 1: fewer than the checkpoints compared, 2"),
    "supported claims where errors alone are marked": (["--metrics", "faithfulness,hallucination", "--claims", "errors"], "cannot have faithfulness"),
    "errors of what is not asked": (["--claims", "errors"], "--metrics needs hallucination"),
    "an overlap of more than all": (["--overlap", "4"], "--overlap 4: allowed is 1 to the number of raters, 3"),
    "everything twice": (["--repeats", "1"], "--repeats 1.0: allowed is 0 to 0.5"),
    "an unknown benchmark": (["--benchmarks", "usmle"], "--benchmarks usmle: not in these logs; there are medqa"),
    "an unknown checkpoint": (["--checkpoints", "gpt"], "--checkpoints gpt: not in these logs; there are baseline-"),
    "an unknown judge": (["--judge", "gpt-5"], "gpt-5"),
    "a file in the place of the folder": (["-o", "FILE"], "a file; name a folder that is not there yet"),
    "a folder of other things": (["-o", "OTHERS"], "holds other files (notes.txt)"),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_what_a_user_can_mend_is_one_line(reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, said = REFUSED[reason]
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "notes.txt").write_text("mine")
    places = {"FILE": str(tmp_path / "others" / "notes.txt"), "OTHERS": str(tmp_path / "others")}
    words = ["--metrics", "drc", "--items", "4", "--raters", "3", "-o", str(tmp_path / "s")]
    assert main(["study", "new", str(baseline_logs()), *words, *(places.get(word, word) for word in given)]) == 2
    complaint = capsys.readouterr().err.strip()
    assert said in complaint
    assert len(complaint.splitlines()) == 1
    assert not (tmp_path / "s").exists()
    assert (tmp_path / "others" / "notes.txt").read_text() == "mine"
