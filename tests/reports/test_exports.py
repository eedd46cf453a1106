"""Results in formats that others read, against the published schema, the hub's own reader, and values from hand."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from clinical_r1.reports.exports import check_names, export
from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml, parse_eval_result_entries
from jsonschema import Draft7Validator

from clinical_r1.analysis.results import Results, analyse
from clinical_r1.analysis.sides import labelled
from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.logs import read_logs
from clinical_r1.stats.resampling import Resampling
from tests.logged import both, judged, judgement, write
from tests.running import ROOT
from tests.study_files import baseline_logs

SCHEMA = json.loads((ROOT / "tests" / "reference" / "every_eval.schema.json").read_text(encoding="utf-8"))
HUB = {
    "dataset": "GBaker/MedQA-USMLE-4-options",
    "dataset_revision": "0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18",
    "dataset_split": "test",
    "records": {"records": 3, "questions": 3, "skipped": 0},
}
"""Of a log of three questions, two completions each: three right answers, two wrong ones, one unreadable."""
LOCAL = {"dataset": "/home/me/worlds/medqa.jsonl", "dataset_sha256": "ab12cd34ef"}
CREATED = 1_790_000_000.5


def results(folder: Path, **metadata: Any) -> Results:
    judges = both(judged("grounding", judgement("grounding", 1.0)), judged("behaviours", judgement("behaviours", 0.0)))
    write(folder / "one.eval", judges, metadata=metadata, packages={"inspect_ai": "0.3.285"})
    return analyse(labelled(read_logs([folder])), [], samples=1, resampling=Resampling(50))


def exported(of: Results, folder: Path, formats: Sequence[str], *given: str) -> tuple[list[str], list[Path]]:
    lines = export(of, folder, formats, check_names(given, of.log_set.runs), CREATED)
    return lines, sorted(path for path in folder.rglob("*.*") if path.is_file())


def test_the_hub_reads_accuracy_in_percent_of_a_data_set_at_its_revision(tmp_path: Path) -> None:
    found = results(tmp_path / "logs", **HUB)
    lines, [path] = exported(found, tmp_path / "out", ["hub"], "medqa=medqa_en")
    assert path == tmp_path / "out" / "hub" / "lab-one" / ".eval_results" / "medqa.yaml"
    assert lines == [f"export hub: 1 of 1 evaluations, in {tmp_path / 'out' / 'hub'}"]
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    [entry] = parse_eval_result_entries(data)
    assert eval_result_entries_to_yaml([entry]) == data, "nothing that the hub does not know"
    assert entry == EvalResultEntry(
        dataset_id="GBaker/MedQA-USMLE-4-options",
        task_id="medqa_en",
        value=50.0,  # 3 of 6
        dataset_revision="0fb93dd23a7339b6dcd27e241cb9b5eca62d4d18",
        date=found.log_set.runs[0].created,
        notes=entry.notes,
    )
    row = found.tables["accuracy"].iloc[0]
    assert f"95 % interval {100 * row['low']:.2f} to {100 * row['high']:.2f}" in str(entry.notes)
    for said in (
        "2 completions per question",
        "n = 6 responses, 0 failed",
        "prompt bare",
        "inspect_ai 0.3.285",
        "test",
    ):
        assert said in str(entry.notes)


def test_every_eval_ever_gets_every_number_that_has_a_better_direction(tmp_path: Path) -> None:
    found = results(tmp_path / "logs", **HUB)
    asked = ("organization=A lab", "relationship=first_party")
    _, [path] = exported(found, tmp_path / "out", ["every-eval"], *asked)
    assert path.parent == tmp_path / "out" / "every-eval" / "data" / "medqa" / "lab" / "one"
    record = json.loads(path.read_text(encoding="utf-8"))
    assert list(Draft7Validator(SCHEMA).iter_errors(record)) == []
    assert record["model_info"]["id"] == "lab/one"
    assert record["evaluation_id"] == f"medqa/lab/one/{CREATED}"
    assert record["retrieved_timestamp"] == str(CREATED)
    assert record["source_metadata"]["source_organization_name"] == "A lab"
    assert record["source_metadata"]["evaluator_relationship"] == "first_party"
    assert record["eval_library"]["version"] == "0.3.285"
    numbers = {one["evaluation_result_id"]: one for one in record["evaluation_results"]}
    assert {"accuracy", "majority", "cecd_coverage", "hallucination_rate"} <= numbers.keys()
    assert "cecd" not in numbers, "more citations are neither better nor worse, and the format knows nothing else"
    right, bad = numbers["accuracy"], numbers["hallucination_rate"]
    assert right["score_details"]["score"] == 0.5
    assert right["score_details"]["uncertainty"]["num_samples"] == 6
    row = found.tables["accuracy"].iloc[0]
    ends = {"lower": row["low"], "upper": row["high"], "confidence_level": 0.95, "method": row["method"]}
    assert right["score_details"]["uncertainty"]["confidence_interval"] == ends
    assert right["source_data"]["hf_repo"] == HUB["dataset"]
    assert right["source_data"]["samples_number"] == 3
    assert right["source_data"]["additional_details"]["dataset_revision"] == HUB["dataset_revision"]
    assert right["generation_config"]["generation_args"]["temperature"] == 0.8
    assert right["generation_config"]["additional_details"]["votes"] == "2"
    assert bad["metric_config"]["lower_is_better"] is True
    assert bad["metric_config"]["additional_details"] == {"scored_by": found.log_set.runs[0].grounding_judge}
    assert numbers["drc_bare"]["metric_config"]["max_score"] == "Infinity"


def test_a_second_export_takes_the_place_of_the_first(tmp_path: Path) -> None:
    found = results(tmp_path / "logs", **HUB)
    first = exported(found, tmp_path / "out", ["hub", "every-eval"], "medqa=medqa_en")[1]
    said = [path.read_bytes() for path in first]
    second = exported(found, tmp_path / "out", ["hub", "every-eval"], "medqa=medqa_en")[1]
    assert second == first
    assert [path.read_bytes() for path in second] == said


def test_questions_of_ones_own_have_no_id_on_the_hub_and_no_place_among_the_benchmarks(tmp_path: Path) -> None:
    """An invented world is asked by the task medqa, but is not MedQA."""
    found = results(tmp_path / "logs", **LOCAL)
    lines, [path] = exported(found, tmp_path / "out", ["hub", "every-eval"], "medqa=medqa_en")
    assert lines[0].endswith("lab/one on medqa is left out: medqa.jsonl is no data set of the hub at a known revision")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert list(Draft7Validator(SCHEMA).iter_errors(record)) == []
    assert path.relative_to(tmp_path / "out" / "every-eval").parts[:2] == ("data", "medqa-ab12cd34")
    assert {one["evaluation_name"] for one in record["evaluation_results"]} == {"medqa-ab12cd34"}
    assert {one["source_data"]["source_type"] for one in record["evaluation_results"]} == {"other"}
    assert "/home/me" not in path.read_text(encoding="utf-8")


LEFT_OUT = {
    "a file": (LOCAL, ["hub"], ("medqa=t",), "medqa.jsonl is no data set of the hub at a known revision"),
    "a name without a revision": (HUB | {"dataset_revision": None}, ["hub"], ("medqa=t",), "at a known revision"),
    "a part of the data set": (
        HUB | {"records": {"questions": 1273}}, ["hub"], ("medqa=t",), "not of the whole data set (3 of 1,273 questions",
    ),
    "a log that does not say how many there are": (HUB | {"records": {}}, ["hub"], ("medqa=t",), "3 of 0 questions"),
    "a task whose id is not known": (HUB, ["hub"], (), "eval.yaml is not known: --export-as 'medqa=TASK'"),
    "a model known by its folder": (
        HUB | {"checkpoint": "crpo, seed 1"}, ["every-eval"], (), "not known: --export-as 'crpo, seed 1=OWNER/NAME'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_what_a_format_cannot_hold_is_left_out_with_the_reason(reason: str, tmp_path: Path) -> None:
    metadata, formats, given, said = LEFT_OUT[reason]
    found = results(tmp_path / "logs", **metadata)
    with pytest.raises(UserError) as error:
        exported(found, tmp_path / "out", formats, *given)
    assert said in str(error.value)
    assert not (tmp_path / "out").exists()


def test_another_data_set_of_the_hub_stands_under_its_own_name(tmp_path: Path) -> None:
    """MedQA has editions with four options and with five."""
    found = results(tmp_path / "logs", **HUB | {"dataset": "lab/five-options"})
    _, [path] = exported(found, tmp_path / "out", ["every-eval"])
    assert path.relative_to(tmp_path / "out" / "every-eval").parts[:2] == ("data", "lab-five-options")


def test_a_name_given_by_the_user_wins(tmp_path: Path) -> None:
    found = results(tmp_path / "logs", **HUB, checkpoint="k=10")
    _, [path] = exported(found, tmp_path / "out", ["every-eval"], "k=10=lab/crpo-k10")
    assert json.loads(path.read_text(encoding="utf-8"))["model_info"] == {
        "name": "k=10",
        "id": "lab/crpo-k10",
        "additional_details": {"deployment_type": "unknown", "model_availability": "unknown", "provider": "vllm"},
    }


WRONG = {
    "medqa": "allowed is NAME=ID of lab/one, medqa, organization, relationship",
    "medqa=": "allowed is NAME=ID of lab/one, medqa, organization, relationship",
    "medq=t": "(nearest: medqa)",
    "relationship=friend": "allowed are first_party, third_party, collaborative, other",
}


@pytest.mark.parametrize("word", WRONG)
def test_an_unknown_name_is_refused(word: str, tmp_path: Path) -> None:
    write(tmp_path / "one.eval")
    with pytest.raises(UserError) as error:
        check_names([word], labelled(read_logs([tmp_path])).runs)
    assert str(error.value).startswith(f"--export-as {word}: ")
    assert WRONG[word] in str(error.value)


def test_the_command_writes_beside_the_report_and_all_its_tables_are_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = ROOT / "cards" / "rules" / "judge_card.json"
    options = ("--export", "hub", "every-eval", "--resamples", "50", "--samples", "1", "--judge-card", str(card))
    assert main(["report", str(baseline_logs()), "-o", str(tmp_path), *options]) == 0
    printed = capsys.readouterr().err
    assert "left out: medqa.jsonl is no data set of the hub" in printed
    assert f"export every-eval: 2 of 2 evaluations, in {tmp_path / 'every-eval'}" in printed
    for path in (tmp_path / "every-eval").rglob("*.json"):
        assert list(Draft7Validator(SCHEMA).iter_errors(json.loads(path.read_text(encoding="utf-8")))) == []
    tables = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tables"]
    told = documented()
    assert tables.keys() == told.keys()
    unknown = {name: sorted(set().union(*rows) - told[name]) for name, rows in tables.items()}
    assert {name: columns for name, columns in unknown.items() if columns} == {}


def documented() -> dict[str, set[str]]:
    """Table of results.json -> columns that docs/reporting.md names for it, ends of intervals among them."""
    page = (ROOT / "docs" / "reporting.md").read_text(encoding="utf-8")
    intro, *lines = page.partition("## `results.json`")[2].partition("\n## ")[0].split("\n| ")
    rows = {line.split("`")[1]: line for line in lines if line.startswith("`")}
    texts = {
        name: intro + line + rows.get("".join(re.findall(r"columns of `(\w+)`", line)), "")
        for name, line in rows.items()
    }
    named = {name: set(re.findall(r"`(\w+)`", text)) for name, text in texts.items()}
    return {
        name: columns | {f"{one}_{end}" for one in columns for end in ("low", "high")}
        for name, columns in named.items()
    }
