"""Results in two formats that others read: the hub's, beside a model, and Every Eval Ever's, a file per evaluation.

- `hub`: `.eval_results/*.yaml` as of huggingface/hub-docs `eval_results.yaml` and huggingface_hub 2.4.0 (in 2026-11).
  The unit of a value is not specified; it is percent here, as in the specification's first example and in what Every
  Eval Ever sends to the hub.
- `every-eval`: `eval.schema.json` 0.3.0 of the package every-eval-ever 0.3.0 (2026-09-27), in the layout of its
  datastore, `data/BENCHMARK/DEVELOPER/MODEL/UUID.json`.

Both are made from the tables `accuracy` and `estimates` and from the headers of the logs. What a log does not know (a
task's id on the hub, a model's id) is given by the user; an evaluation that lacks it is left out, and that is said.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from inspect_ai.log import EvalLog

from clinical_r1.analysis.results import Results
from clinical_r1.datasets import BENCHMARKS
from clinical_r1.errors import UserError, names_near
from clinical_r1.files import make_folder, write_whole
from clinical_r1.logs import Run
from clinical_r1.logs.find import LogFile, header_of, read_header
from clinical_r1.logs.labels import model_of
from clinical_r1.metrics import METRICS

Names = dict[str, str]
"""What others call things: checkpoint -> model id, benchmark -> id of its task on the hub; and keys of `ABOUT`."""
ABOUT = {"organization": "unknown", "relationship": "other"}
"""Who evaluated, and how it stands to the models' makers; with what stands where the user does not say."""
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
_MODEL_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class _Evaluation:
    """A checkpoint on a benchmark: its run, the header of its newest log, and its rows in the tables."""

    run: Run
    log: EvalLog
    accuracy: dict[str, dict[Any, Any]]
    """By quantity."""
    judged: list[dict[Any, Any]]

    @property
    def dataset(self) -> str | None:
        """Id on the hub; None for files and for what has no revision, of which a name alone proves nothing."""
        return self.run.conditions["dataset"] if self.run.conditions.get("dataset_revision") else None

    @property
    def source(self) -> str:
        """Hub id or name of the file, without its folder."""
        return self.dataset or re.split(r"[\\/]", str(self.run.conditions.get("dataset")))[-1]

    @property
    def all_questions(self) -> int:
        """That the data set has; 0 where the log does not say."""
        return int((self.log.metadata or {}).get("records", {}).get("questions", 0))

    @property
    def versions(self) -> dict[str, str]:
        """Of Inspect and of this package, as they ran."""
        own = str((self.log.metadata or {}).get("clinical_r1_version", "unknown"))
        return {"inspect_ai": self.log.eval.packages.get("inspect_ai", "unknown"), "clinical_r1": own}

    def said(self, *keys: str) -> dict[str, Any]:
        """Conditions of the run that are set."""
        return {key: value for key in keys if (value := self.run.conditions.get(key)) is not None}


def check_names(given: Sequence[str], runs: Sequence[Run]) -> Names:
    """Read `NAME=ID` words.

    Args:
        given: Names of checkpoints and benchmarks in the logs, or of `ABOUT`, each with what others call it.
        runs: The runs that there are.

    Raises:
        UserError: If a word has no `=`, or a name or a value is not among those allowed.
    """
    known = dict.fromkeys([*(name for run in runs for name in (run.checkpoint, run.benchmark)), *ABOUT])
    found: Names = {}
    for word in given:
        name, _, id = word.rpartition("=")  # a checkpoint's name may hold one, an id does not
        if name not in known or not id:
            raise UserError(f"--export-as {word}: allowed is NAME=ID of {names_near(name, known)}")
        if name == "relationship" and id not in RELATIONSHIPS:
            raise UserError(f"--export-as {word}: allowed are {names_near(id, RELATIONSHIPS)}")
        found[name] = id
    return found


def export(results: Results, folder: Path, formats: Sequence[str], names: Names, created: float) -> list[str]:
    """Write results in other formats, each into a folder of its name.

    Args:
        results: The tables.
        folder: Where the formats' folders are made.
        formats: Keys of `FORMATS`.
        names: See `check_names`.
        created: When that is, in seconds since the epoch: records of Every Eval Ever carry it.

    Returns:
        Sentences: how many files are where, and what is left out and why.

    Raises:
        UserError: If there is nothing to export in any of the formats, a log is gone, or a file cannot be written.
    """
    evaluations = list(_evaluations(results)) if formats else []
    lines, written = [], 0
    for name in formats:
        made: dict[Path, str] = {}
        for one in evaluations:
            try:
                place, text = FORMATS[name](one, names, created)
                if folder / name / place in made:
                    raise UserError(f"another one is called {place}, too")
                made[folder / name / place] = text
            except UserError as why:
                lines.append(f"export {name}: {one.run.checkpoint} on {one.run.benchmark} is left out: {why}")
        for path, text in made.items():
            make_folder(path.parent)
            write_whole(path, text)
        lines.append(f"export {name}: {len(made)} of {len(evaluations)} evaluations, in {folder / name}")
        written += len(made)
    if formats and not written:
        raise UserError("; ".join(lines))
    return lines


def _evaluations(results: Results) -> Iterator[_Evaluation]:
    tables = [results.tables[name].to_dict("records") for name in ("accuracy", "estimates")]
    for run in results.log_set.runs:
        whose = run.benchmark, run.checkpoint
        accuracy, judged = ([row for row in rows if (row["benchmark"], row["checkpoint"]) == whose] for rows in tables)
        log = read_header(LogFile(run.paths[0], 0, 0.0))
        yield _Evaluation(run, log, {row["quantity"]: row for row in accuracy}, judged)


# --- beside a model on the hub ----------------------------------------------------------------------------------------
def _hub(one: _Evaluation, names: Names, _: float) -> tuple[str, str]:
    """The file for a model's repository: accuracy over all completions, of a whole data set of the hub."""
    right, run = one.accuracy["accuracy"], one.run
    if not one.dataset:
        raise UserError(f"{one.source} is no data set of the hub at a known revision")
    if right["questions"] != one.all_questions or run.found < run.expected:
        of = f"{right['questions']:,} of {one.all_questions:,} questions, {run.found:,} of {run.expected:,} responses"
        raise UserError(f"it is not of the whole data set ({of})")
    if run.benchmark not in names:
        task = f"the id of its task in {one.dataset}'s eval.yaml is not known"
        raise UserError(f"{task}: --export-as '{run.benchmark}=TASK'")
    said = one.said("dataset_split", "prompt", "temperature", "top_p", "max_tokens", "shuffle") | one.versions
    notes = (
        f"accuracy in percent, {run.conditions['votes']} completions per question, what is unreadable counts as wrong; "
        f"95 % interval {100 * right['low']:.2f} to {100 * right['high']:.2f} ({right['method']}; n = {right['n']} "
        f"responses, {right['unscored']} failed); {', '.join(f'{key} {value}' for key, value in said.items())}"
    )
    entry = {
        "dataset": {"id": one.dataset, "task_id": names[run.benchmark], "revision": run.conditions["dataset_revision"]},
        "value": round(100 * right["value"], 2),
        "date": run.created,
        "notes": notes,
    }
    text = yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=10_000)
    return f"{_file_name(run.checkpoint)}/.eval_results/{_file_name(run.benchmark)}.yaml", text


# --- Every Eval Ever --------------------------------------------------------------------------------------------------
def _every_eval(one: _Evaluation, names: Names, created: float) -> tuple[str, str]:
    """The record of an evaluation: accuracy, majority vote, and what judges counted that has a better direction."""
    run, model, versions = one.run, _model_id(one, names), one.versions
    if not (results := list(_every_eval_results(one))):
        raise UserError("no response of it has a number")
    benchmark = _benchmark(one)
    about = one.said("prompt", "prompt_version", "prompt_sha256", "votes", "tie", "shuffle", "task_version")
    generation = {
        "generation_args": one.said("temperature", "top_p", "max_tokens"),
        "additional_details": _texts(about),
    }
    shared = {"evaluation_name": benchmark, "source_data": _source_data(one), "generation_config": generation}
    model_details = dict.fromkeys(("deployment_type", "model_availability"), "unknown")
    model_details["provider"] = run.model.partition("/")[0]  # the rest may be a folder of this machine
    record = {
        "schema_version": "0.3.0",
        "evaluation_id": f"{benchmark}/{model}/{created}",
        "evaluation_timestamp": str(datetime.fromisoformat(run.created).timestamp()),
        "retrieved_timestamp": str(created),
        "source_metadata": {
            "source_name": "clinical-r1",
            "source_type": "evaluation_run",
            "source_organization_name": (ABOUT | names)["organization"],
            "evaluator_relationship": (ABOUT | names)["relationship"],
        },
        "eval_library": {"name": "inspect_ai", "version": versions["inspect_ai"], "additional_details": versions},
        "model_info": {"name": run.checkpoint, "id": model, "additional_details": model_details},
        "evaluation_results": [result | shared for result in results],
    }
    # The same run has the same name, so that a second export takes the first one's place; its form is a UUID4's.
    digest = hashlib.sha256(f"{run.task_id} {run.checkpoint} {run.benchmark}".encode()).digest()
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    return f"data/{benchmark}/{model}/{UUID(bytes=digest[:16], version=4)}.json", text


def _benchmark(one: _Evaluation) -> str:
    """A name under which other questions never stand, whatever the task that asked them."""
    known = BENCHMARKS.get(one.run.task)
    if one.dataset:
        return one.run.task if known and known.hub.id == one.dataset else _file_name(one.dataset)
    return f"{_file_name(one.run.benchmark)}-{str(one.run.conditions.get('dataset_sha256') or 'unpinned')[:8]}"


def _model_id(one: _Evaluation, names: Names) -> str:
    """`OWNER/NAME`: as the user says, else as Inspect calls whole weights of the hub, or a service's model."""
    model, label = model_of(header_of(one.log)), one.run.checkpoint
    named = "" if model.arguments else "/".join(model.name.split("/")[-2:])  # without Inspect's provider before it
    id = names.get(label, named)
    if not _MODEL_ID.fullmatch(id):
        raise UserError(f"the id of its model is not known: --export-as '{label}=OWNER/NAME'")
    return id


def _source_data(one: _Evaluation) -> dict[str, Any]:
    questions = one.accuracy["accuracy"]["questions"]
    name, said = one.source.rsplit("/", 1)[-1], one.said("dataset_revision", "dataset_sha256")
    details = _texts({**said, "task": one.run.task, "questions": questions, "all_questions": one.all_questions})
    if not one.dataset:
        return {"source_type": "other", "dataset_name": name, "additional_details": details}
    split = one.run.conditions["dataset_split"].replace("validation", "val")
    place = {"hf_repo": one.dataset, "hf_split": split, "samples_number": questions}
    return {"source_type": "hf_dataset", "dataset_name": name, **place, "additional_details": details}


def _every_eval_results(one: _Evaluation) -> Iterator[dict[str, Any]]:
    """A result per number; those of which neither direction is better are left out, for the format demands one."""
    answers = {"accuracy": "correct answer", "majority": "correct answer by majority vote"}
    rows = [
        (METRICS["answer"], one.accuracy[key] | {"metric": key, "label": answers[key]})
        for key in answers
        if key in one.accuracy
    ]
    for metric, row in [*rows, *((METRICS[row["metric"]], row) for row in one.judged)]:
        key = row["metric"]
        if not row["n"] or metric.better == "neither":
            continue
        bounded = metric.form in ("share", "any")
        config = {
            "metric_id": key if key == "accuracy" else f"clinical_r1.{key}",
            "metric_name": row["label"],
            "metric_unit": "proportion" if bounded else metric.form,
            "lower_is_better": metric.better == "lower",
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1 if bounded else "Infinity",
            "additional_details": {"scored_by": row.get("judge") or "rules for reading answers"},
        }
        yield {"evaluation_result_id": key, "metric_config": config, "score_details": _score(row)}


def _score(row: dict[Any, Any]) -> dict[str, Any]:
    uncertainty: dict[str, Any] = {"num_samples": row["n"]}
    if isfinite(row["low"]) and isfinite(row["high"]):
        ends = {"lower": row["low"], "upper": row["high"]}
        uncertainty["confidence_interval"] = {**ends, "confidence_level": 0.95, "method": row["method"]}
    beside = ("questions", "unscored", "undefined", "bound_low", "bound_high")
    details = {key: row[key] for key in beside if isfinite(row.get(key, float("nan")))}
    return {"score": row["value"], "details": _texts(details), "uncertainty": uncertainty}


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}


def _file_name(label: str) -> str:
    return re.sub(r"[^\w.-]+", "-", label).strip("-.") or "unnamed"


FORMATS = {"hub": _hub, "every-eval": _every_eval}
"""Name -> what makes a file's path and text of an evaluation."""
