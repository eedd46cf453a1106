"""Texts of responses, read from logs only where they are needed, a few samples in memory at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, read_eval_log_samples_by_id

from clinical_r1.errors import UserError
from clinical_r1.inspect_private import open_archive
from clinical_r1.item import Item, item_in
from clinical_r1.logs.find import UNREADABLE, LogFile, find_logs, read_header, unreadable
from clinical_r1.logs.log_set import LogSet
from clinical_r1.logs.runs import Run
from clinical_r1.logs.table import JUDGES, Record, identity, kind_of, order_of, sample_summaries
from clinical_r1.metrics import Judge
from clinical_r1.sentences import Sentence, clauses

CHUNK = 128
"""Samples read at once: each read of a log parses its table of contents, which takes as long as many samples do."""

Place = tuple[int, str, int]
"""Run, id of the question, epoch."""
_Key = tuple[str | int, int]  # id of the question, epoch


@dataclass(frozen=True)
class ShownSample:
    """One response with its question, as a reader sees it."""

    item: Item
    """With the facts of its case where a judge of grounding says which they are."""
    spans: list[dict[str, Any]] = field(default_factory=list)
    """What the judges found, see `clinical_r1.judging.judge.spans_of`; offsets are those of the response."""
    explanations: dict[str, str] = field(default_factory=dict)
    """Scorer (`answer`, `grounding`, `behaviours`) to what it said, where it said something."""


@dataclass(frozen=True)
class LoggedCompletion:
    """What one model answered to one question in one epoch."""

    item: Item
    model: str
    """The model, as Inspect names it."""
    benchmark: str | None
    """Benchmark of the question; None where the log does not say."""
    faulty: str | None
    """Why the sample failed, in one line (a failure of the provider or the machine, not of the model); else None."""


def read_completions(paths: Sequence[Path | str]) -> Iterator[LoggedCompletion]:
    """Read the completions of logs: the newest log first, questions in the order of their dataset, epochs in order.

    Of a task that was retried, several logs may hold the same sample: the newest log's counts. A log of a run that was
    interrupted gives the samples that reached it. A probe of a log has no completions of its own.

    Args:
        paths: `.eval` files, and folders that are searched for them, subfolders included; local or as URLs.

    Raises:
        UserError: If a path is not there, holds no log, is not a readable log, or was written by a task whose samples
            have no options.
    """
    logs = [(file, read_header(file)) for file in find_logs(paths)]
    logs = [log for log in logs if "probe_of" not in (log[1].metadata or {})]
    logs.sort(key=lambda log: (log[1].eval.created, Path(log[0].path).name), reverse=True)
    read: set[tuple[str, str, int]] = set()
    for file, header in logs:
        keys = [key for key in _keys(file, header) if (header.eval.task_id, str(key[0]), key[1]) not in read]
        read |= {(header.eval.task_id, str(id), epoch) for id, epoch in keys}
        for sample in _samples(file, keys):
            yield _completion(sample, header, file)


def _keys(file: LogFile, header: EvalLog) -> list[_Key]:
    """Id and epoch of every sample in the log, in the order of the dataset: the log has them as they were finished."""
    keys = dict.fromkeys((summary["id"], summary["epoch"]) for summary in sample_summaries(file))
    place = {id: number for number, id in enumerate(header.eval.dataset.sample_ids or [])}
    return sorted(keys, key=lambda key: (place.get(key[0], len(place)), str(key[0]), key[1]))


def _samples(file: LogFile, keys: Sequence[_Key]) -> Iterator[EvalSample]:
    for start in range(0, len(keys), CHUNK):
        try:
            # Whole samples: to leave fields out, Inspect parses step by step, which takes twice as long.
            samples = read_eval_log_samples_by_id(file.path, keys[start : start + CHUNK])
        except (*UNREADABLE, IndexError) as error:
            raise unreadable(file, error) from error
        yield from samples


def _completion(sample: EvalSample, header: EvalLog, file: LogFile) -> LoggedCompletion:
    item = item_in(sample)
    if item is None:
        raise UserError(f"{file}: sample {sample.id} of task {header.eval.task} has no options, one of them right")
    failure = " ".join(sample.error.message.split()) if sample.error else None
    return LoggedCompletion(item, header.eval.model, sample.metadata.get("benchmark"), failure)


def read_texts(logs: LogSet, wanted: Sequence[Place]) -> dict[Place, ShownSample]:
    """Read the texts of some responses of a set of logs; the spans are those of the judges whose scores count in it.

    Raises:
        UserError: If a log cannot be read any more.
        KeyError: If a run is not in the set, or its logs do not hold the response.
    """
    runs = {run.index: run for run in logs.runs}
    texts: dict[Place, ShownSample] = {}
    for index in dict.fromkeys(place[0] for place in wanted):
        keys = list(dict.fromkeys((id, epoch) for run, id, epoch in wanted if run == index))
        # The response of the newest log in which it did not fail, with scores from all logs that hold the same one.
        copies: dict[tuple[str, int], list[EvalSample]] = {key: [] for key in keys}
        for path in runs[index].paths:
            for sample in _those_of(path, keys):
                copies[str(sample.id), sample.epoch].append(sample)
        texts |= {(index, *key): _shown(runs[index], samples) for key, samples in copies.items() if samples}
    return {place: texts[place] for place in wanted}


def _those_of(path: str, keys: Sequence[tuple[str, int]]) -> Iterator[EvalSample]:
    """Those of the samples that a log has."""
    file = LogFile(path, 0, 0)
    if path.endswith(".json"):
        names = {_member(summary["id"], summary["epoch"]) for summary in sample_summaries(file)}
    else:
        try:
            with open_archive(path) as archive:
                names = set(archive.namelist())
        except UNREADABLE as error:
            raise unreadable(file, error) from error
    yield from _samples(file, [key for key in keys if _member(*key) in names])


def _member(id: str | int, epoch: int) -> str:
    """What an `.eval` log calls a sample."""
    return f"samples/{id}_epoch_{epoch}.json"


def _shown(run: Run, copies: Sequence[EvalSample]) -> ShownSample:
    chosen = next((sample for sample in copies if sample.error is None), copies[0])
    item = item_in(chosen)
    if item is None:
        raise KeyError(f"{run.paths[0]}: sample {chosen.id} is no question with options")
    same = [sample for sample in copies if sample is chosen or (sample.uuid and sample.uuid == chosen.uuid)]
    scores: list[Record] = [
        {"value": score.value, "metadata": score.metadata, "explanation": score.explanation}
        for sample in same
        for _, score in sorted((sample.scores or {}).items(), key=lambda named: order_of(named[0]), reverse=True)
    ]
    judges: dict[Judge, str | None] = {"grounding": run.grounding_judge, "behaviours": run.behaviours_judge}
    counted: dict[Judge, Record | None] = {
        kind: next(
            (one for one in scores if kind_of(one) == kind and identity(one["metadata"] or {}) == judges[kind]), None
        )
        for kind in JUDGES
    }
    answers = next((score for score in scores if kind_of(score) == "answer"), None)
    return ShownSample(
        replace(item, facts=_facts(counted["grounding"], item)),
        spans=[span for score in counted.values() if score for span in _spans(score["metadata"])],
        explanations={
            name: str(score["explanation"])
            for name, score in {"answer": answers, **counted}.items()
            if score and score["explanation"]
        },
    )


def _facts(score: Record | None, item: Item) -> tuple[Sentence, ...]:
    """The facts that a judge was given; logs that hold only their number have those of the rules, which never change.

    None where the case may have had others: an old log whose list a model made.
    """
    about = (score or {}).get("metadata") or {}
    if "fact_spans" not in about and about.get("facts_by") == "rules" and item.has_case:
        facts = clauses(item.stem)
        return facts if len(facts) == about.get("facts") else ()
    spans = [(start, end) for start, end in about.get("fact_spans", ()) if 0 <= start < end <= len(item.stem)]
    return tuple(Sentence(start, end, item.stem[start:end]) for start, end in spans)


def _spans(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a panel those of the first judge that gave any."""
    panel = metadata.get("panel")
    judges = [metadata, *(panel if isinstance(panel, list) else [])]
    return list(next((one["spans"] for one in judges if one.get("spans")), []))
