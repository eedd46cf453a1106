"""Numbers and places from answers: raters are counted as judges are."""

from math import isnan, nan
from pathlib import Path
from typing import Any

import pytest

from clinical_r1.metrics import METRICS
from clinical_r1.study.answers import import_files
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import Answer, Marks
from clinical_r1.study.ratings import judge_marked, judge_values, judged_metrics, marked, ratings, values_of
from tests.study_files import ASKED, answers_of, csv_text, filled, form_file, new_study, read_folder, reasoned_logs

UNWEIGHED = ("drc", "drc_per_1k", "drc_coverage")
"""Rules cannot weigh a medical reason, which our rater takes for a true one."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Imported answers of a rater who marks what the judge found, and of one who fills in a sheet."""
    folder = tmp_path_factory.mktemp("study")
    made = new_study(folder / "made", reasoned_logs(), raters=2, overlap=2)
    sheet = csv_text(filled(made, "r2", {"cecd": "2", "drc": "?", "hallucination": "1", "verification": "0"}))
    (folder / "sheet.csv").write_text(sheet, encoding="utf-8")
    done = import_files(made.path, [form_file(folder / "form.json", answers_of(made, "r1")), folder / "sheet.csv"])
    assert done.rejected == {}
    return read_folder(made.path)


def test_a_rater_who_marks_what_the_judge_found_has_the_judges_numbers_and_places(study: Folder) -> None:
    found, judge = ratings(study), judge_values(study.key.items, ASKED)
    compared = 0
    for key, by_rater in found.items():
        for id, value in by_rater["r1"].items():
            if key not in UNWEIGHED and id in judge[key]:
                assert value == judge[key][id], (key, id)
                compared += value > 0
    assert compared > 50, "there was something to count"
    places, of_judge = marked(study)["r1"], judge_marked(study.key.items, ASKED)
    for metric in ("cecd", "drc", "backtracking", "verification"):
        both = places[metric].keys() & of_judge[metric].keys()
        assert both
        assert {id: places[metric][id] for id in both} == {id: of_judge[metric][id] for id in both}


def test_a_sheets_numbers_are_taken_with_the_forms_that_follow_from_them(study: Folder) -> None:
    found = ratings(study)
    for id in study.protocol.orders["r2"]:
        said = {key: found[key]["r2"][id] for key in found}
        words = study.key.items[id].words
        assert said["verification"] == said["verification_any"] == 0
        assert said["hallucination"] == 1
        assert said["hallucination_any"] == 1
        assert said["hallucination_per_1k"] == pytest.approx(1000 / words, rel=1e-5)
        assert isnan(said["hallucination_rate"]), "how many claims there are is not known"
        assert isnan(said["drc"]), "cannot be judged"
        assert isnan(said["backtracking"]), "not looked at"
        assert isnan(said["cecd_coverage"])
        assert (said["cecd"] == 2) == study.items[id].has_case, "without a case nothing can be cited"
    assert marked(study)["r2"] == {metric: {} for metric in ASKED}, "a sheet has no places"


def test_every_key_has_every_rater_and_every_answered_item(study: Folder) -> None:
    found = ratings(study)
    assert {METRICS[key].base for key in found} == set(ASKED)
    for by_rater in found.values():
        assert {rater: set(values) for rater, values in by_rater.items()} == {
            rater: set(study.protocol.orders[rater]) for rater in ("r1", "r2")
        }
    again = {id for id, item in study.key.items.items() if item.repeat_of}
    assert again <= set(found["drc"]["r1"]), "repeats have values under their own ids"


CLAIM = {"start": 0, "end": 5, "text": "First"}
OTHER = {"start": 6, "end": 16, "text": "impression"}
SAID: list[tuple[dict[str, Any], dict[str, float], str]] = [
    ({"none": ["verification"]}, {"verification": 0, "verification_any": 0, "backtracking": nan}, "none is a number, silence is not"),
    ({"none": ["faithfulness"]}, {"faithfulness": 0, "hallucination": nan}, "one of two metrics of one list"),
    ({"none": ["claims"]}, {"faithfulness": 0, "hallucination": 0, "hallucination_rate": nan}, "no claims: no rate"),
    (
        {"marks": {"claims": [{**CLAIM, "label": "supported"}, {**OTHER, "label": "invented"}]}},
        {"faithfulness": 1, "hallucination": 1, "h_invented": 1, "faithful_rate": 0.5, "hallucination_any": 1},
        "one list of claims judges both metrics",
    ),
    ({"marks": {"verification": [CLAIM, CLAIM]}}, {"verification": 1, "verification_any": 1}, "the same place twice is one"),
    ({"marks": {"verification": [CLAIM]}, "status": "cannot_judge"}, {"verification": nan, "backtracking": nan}, "an item that cannot be judged"),
    ({"counts": {"verification": 3}}, {"verification": 3, "verification_any": 1, "backtracking": nan}, "a number"),
    ({"counts": {"verification": 3}, "none": ["verification"]}, {"verification": 0}, "what was marked counts before a number"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected", "reason"), SAID, ids=[reason for *_, reason in SAID])
def test_an_answer_as_numbers(given: dict[str, Any], expected: dict[str, float], reason: str, study: Folder) -> None:
    id = next(id for id, item in study.items.items() if item.text.startswith("First impression"))
    answer = Answer.model_validate(given)
    values = values_of(answer, study.items[id], study.key.items[id], ASKED)
    assert {key: values[key] for key in expected} == pytest.approx(expected, nan_ok=True), reason


def test_what_is_rejected_is_a_distractor_only_if_it_is_wrong(study: Folder) -> None:
    id = next(id for id, item in study.items.items() if item.text.startswith("First impression"))
    key = study.key.items[id]
    marks = [{**CLAIM, "option": letter, "reason": "case_fact"} for letter in study.items[id].options]
    values = values_of(Answer(marks=Marks.model_validate({"drc": marks})), study.items[id], key, ASKED)
    assert values["drc"] == len(marks) - 1
    assert values["gold_rejected"] == 1
    assert values["drc_coverage"] == 1


def test_only_metrics_of_the_study_are_judged() -> None:
    assert judged_metrics(Answer(none=["claims", "drc"]), ["faithfulness"]) == {"faithfulness"}


def test_answers_of_nobody_are_no_ratings(tmp_path: Path) -> None:
    folder = new_study(tmp_path / "made", reasoned_logs(), metrics=("drc",))
    assert ratings(folder)["drc"] == {}
    assert marked(folder) == {}
