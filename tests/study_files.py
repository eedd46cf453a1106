"""Studies for tests: logs of two embedded models, judged by rules, and raters who mark what the judge found."""

import atexit
import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from clinical_r1.evals.medqa import medqa
from clinical_r1.judges.behaviours import behaviours
from clinical_r1.judges.grounding import grounding
from inspect_ai import Task, task_with

from clinical_r1.analysis.sides import labelled
from clinical_r1.logs import read_logs
from clinical_r1.metrics import list_of, lists_of
from clinical_r1.scorers import answer
from clinical_r1.study.folder import Folder, dump, read_folder
from clinical_r1.study.material import Material, Settings, make_material
from clinical_r1.study.packet import write_study
from clinical_r1.study.protocol import ACCEPT, Answer, AnswersFile, Marks
from tests.running import make_task, model_that_says, question, run_task

MODELS = ("baseline-random", "baseline-overlap")
CREATED = "2026-03-01T09:00:00Z"
WRONG = ("contradicts", "invented", "medically_false")
ASKED = ("cecd", "drc", "faithfulness", "hallucination", "backtracking", "verification")


def judged_by_rules(task: Task) -> Task:
    return task_with(task, scorer=[answer(), grounding(backend="rules"), behaviours(backend="rules")])


@cache
def baseline_logs() -> Path:
    """Ten vignettes, two votes, by two embedded models."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for model in MODELS:
        task = judged_by_rules(medqa(dataset="vignettes", votes=2, shuffle_choices="epoch"))
        run_task(task, f"clinical_r1/{model}", folder / model, limit=10)
    return folder


def material(logs: Path | None = None, **given: Any) -> Material:
    settings: dict[str, Any] = {"metrics": ASKED, "items": 12, "raters": 3, "seed": 1} | given
    study = labelled(read_logs([logs or baseline_logs()]))
    return make_material(study, Settings(**settings), created=CREATED, command="clinical-r1 study new")


def new_study(folder: Path, logs: Path | None = None, **given: Any) -> Folder:
    return read_folder(write_study(material(logs, **given), folder))


CASE = (
    "A 40-year-old man, number {}, takes warfarin daily. He has chest pain and a fever of 39 C. He has no rash. His "
    "sodium is 128 mEq/L. Which drug helps?"
)
REASONED = (
    "<dx>First impression: Aspirin. The patient has chest pain and a fever of 39 C, which point to option B. There is no "
    "rash, so option A is out because there is no rash. Wait, that is not right: I should reconsider, and heparin fits "
    "better.\nLet me double-check the answer against the sodium of 128 mEq/L: it holds.</dx>\n<conclusion>Chest pain "
    r"decides. \boxed{B} 🙂</conclusion>",
    "First impression only: he has a fever of 41 C and a rash. Aspirin is wrong. Option D is rejected. "
    r"So, after the chest pain and sodium of 128 mEq/L, \boxed{C}",
)


@cache
def reasoned_logs() -> Path:
    """Six cases, reasoned about by two models in words of which rules find something, and judged by them."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cases = [replace(question(f"q{n}", target="BCA"[n % 3], has_case=True), stem=CASE.format(n)) for n in range(6)]
    for name, said in zip(("one-7b", "two-7b"), REASONED, strict=True):
        task = make_task(cases)
        task.metadata = {**(task.metadata or {}), "checkpoint": name}
        run_task(judged_by_rules(task), model_that_says({(case.id, 1): said for case in cases}), folder / name)
    return folder


# --- raters -----------------------------------------------------------------------------------------------------------
def marked_as_judged(folder: Folder, id: str, **given: Any) -> Answer:
    """What the judge found in an item, as a rater's answer; what it did not find is said to be not there."""
    metrics = folder.protocol.metrics
    marks: dict[str, list[dict[str, Any]]] = {name: [] for name in lists_of(metrics)}
    for span in folder.key.items[id].judge_spans:
        mark = {
            name: span[name] for name in ("start", "end", "text", "fact", "option", "reason", "label") if name in span
        }
        if mark.get("reason") == "unknown":
            mark["reason"] = "medical_fact"
        if folder.protocol.asked.claims == "all" or span["of"] != "claims" or mark["label"] in WRONG:
            marks[span["of"]].append(mark)
    about = {
        "status": "done",
        "marks": Marks.model_validate(marks),
        "none": [metric for metric in metrics if not marks[list_of(metric)]],
        "seconds": 30,
    }
    return Answer(**(about | given))


def answers_of(folder: Folder, rater: str, exported: str = "2026-03-02T10:00:00Z", **given: Any) -> AnswersFile:
    """Answers of a rater to all given items."""
    items = {id: marked_as_judged(folder, id, **given) for id in folder.protocol.orders[rater]}
    return AnswersFile(study=folder.protocol.study, rater=rater, exported=exported, items=items)


def form_file(path: Path, answers: AnswersFile, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """A form's export, without what only an import adds; `change` edits the record."""
    record = json.loads(dump(answers))
    for item in record["items"].values():
        for name in ("counts", "cannot", "source", "exported"):
            item.pop(name)
    if change:
        change(record)
    path.write_text(json.dumps(record))
    return path


def labelstudio_file(path: Path, folder: Folder, answers: AnswersFile) -> Path:
    """The same answers as Label Studio exports them: offsets in UTF-16 units, options beside their regions."""
    tasks = json.loads((folder.path / f"labelstudio/tasks-{answers.rater}.json").read_text(encoding="utf-8"))
    for number, task in enumerate(tasks, 1):
        made = answers.items[task["data"]["item"]]
        result = [
            part for name in Marks.model_fields for part in _regions(name, made.marks.of(name), task["data"]["text"])
        ]
        if made.none:
            result.append({"from_name": "none", "to_name": "text", "type": "choices", "value": {"choices": made.none}})
        if made.accept:
            said = {"choices": [f"{made.accept} {ACCEPT[made.accept]}"]}
            result.append({"from_name": "accept", "to_name": "text", "type": "choices", "value": said})
        if made.notes:
            result.append(
                {"from_name": "notes", "to_name": "text", "type": "textarea", "value": {"text": [made.notes]}}
            )
        about = {
            "id": number,
            "result": result,
            "was_cancelled": False,
            "updated_at": answers.exported,
            "lead_time": 30.5,
        }
        task |= {
            "id": number,
            "annotations": [about | {"completed_by": 1, "created_at": "2026-01-01T00:00:00.000000Z"}],
        }
    path.write_text(json.dumps(tasks))
    return path


def _regions(name: str, marks: list[Any], text: str) -> list[dict[str, Any]]:
    found = []
    for number, mark in enumerate(marks):
        start, end = (len(text[:place].encode("utf-16-le")) // 2 for place in (mark.start, mark.end))
        label = {"cecd": lambda m: f"F{m.fact}", "drc": lambda m: m.reason, "claims": lambda m: m.label}.get(
            name, lambda m: name
        )(mark)
        region = {"id": f"{name}{number}", "to_name": "text"}
        place = {"start": start, "end": end, "text": mark.text}
        found.append(region | {"from_name": name, "type": "labels", "value": place | {"labels": [label]}})
        if option := getattr(mark, "option", None):
            choice = {"from_name": f"{name}_option", "type": "choices", "value": place | {"choices": [option]}}
            found.append(region | choice)
        if harm := getattr(mark, "harm", None):
            found.append(region | {"from_name": "harm", "type": "choices", "value": place | {"choices": [harm]}})
    return found


def sheet_rows(folder: Folder, rater: str) -> list[dict[str, str]]:
    """The rows of a rater's sheet."""
    text = (folder.path / f"sheets/rater-{rater}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def csv_text(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def filled(folder: Folder, rater: str, numbers: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows with the same numbers in each."""
    return [row | dict(numbers) for row in sheet_rows(folder, rater)]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
