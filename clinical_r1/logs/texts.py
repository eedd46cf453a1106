"""Texts of single responses, read from the logs only where they are shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.log import EvalSample, read_eval_log_samples_by_id

from clinical_r1.inspect_private import open_archive
from clinical_r1.logs.find import UNREADABLE, LogFile, unreadable
from clinical_r1.logs.runs import Run
from clinical_r1.logs.scores import JUDGES, Record, identity, kind_of, order_of
from clinical_r1.logs.shown import shown_in
from clinical_r1.logs.study import Study
from clinical_r1.logs.summaries import sample_summaries
from clinical_r1.metrics import Judge

CHUNK = 128
"""Samples read at once."""

Place = tuple[int, str, int]
"""Run, id of the question, epoch."""


@dataclass(frozen=True)
class ShownSample:
    """One response with its question, as a reader sees it."""

    question: str
    """The question without its options."""
    options: dict[str, str]
    """Letter to option text as the model saw them."""
    target: str
    """Letter of the right option, in the order shown."""
    response: str
    """The model's text; empty where there is none."""
    spans: list[dict[str, Any]] = field(default_factory=list)
    """What the judges found, see `clinical_r1.judging.judge.spans_of`; offsets are those of the response."""
    explanations: dict[str, str] = field(default_factory=dict)
    """Scorer (`answer`, `grounding`, `behaviours`) to what it said, where it said something."""


def read_texts(study: Study, wanted: Sequence[Place]) -> dict[Place, ShownSample]:
    """Read the texts of some responses.

    Args:
        study: That they are in.
        wanted: Run (`Run.index`), id and epoch of each.

    Returns:
        Place -> texts, in the order asked for; the spans are those of the judges whose scores count in the study.

    Raises:
        UserError: If a log cannot be read any more.
        KeyError: If a run is not in the study, or its logs do not hold the response.
    """
    runs = {run.index: run for run in study.runs}
    found: dict[Place, ShownSample] = {}
    for index in dict.fromkeys(place[0] for place in wanted):
        keys = list(dict.fromkeys((id, epoch) for run, id, epoch in wanted if run == index))
        found |= {(index, *key): sample for key, sample in _of_run(runs[index], keys).items()}
    return {place: found[place] for place in wanted}


def _of_run(run: Run, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], ShownSample]:
    """The response of the newest log in which it did not fail, with scores from all logs that hold the same one."""
    copies: dict[tuple[str, int], list[EvalSample]] = {key: [] for key in keys}
    for path in run.paths:
        for sample in _samples(path, keys):
            copies[str(sample.id), sample.epoch].append(sample)
    return {key: _shown(run, samples) for key, samples in copies.items() if samples}


def _samples(path: str, keys: Sequence[tuple[str, int]]) -> Iterator[EvalSample]:
    """Those of the samples that a log has."""
    try:
        names = _members(path)
        there = [key for key in keys if f"samples/{key[0]}_epoch_{key[1]}.json" in names]
        for start in range(0, len(there), CHUNK):
            yield from read_eval_log_samples_by_id(path, there[start : start + CHUNK])
    except (*UNREADABLE, IndexError) as error:
        raise unreadable(LogFile(path, 0, 0), error) from error


def _members(path: str) -> set[str]:
    """What an `.eval` log calls its samples, and what it would call those of a `.json` log."""
    if path.endswith(".json"):
        return {f"samples/{one['id']}_epoch_{one['epoch']}.json" for one in sample_summaries(path)}
    with open_archive(path) as archive:
        return set(archive.namelist())


def _shown(run: Run, copies: Sequence[EvalSample]) -> ShownSample:
    chosen = next((sample for sample in copies if sample.error is None), copies[0])
    texts = shown_in(chosen)
    if texts is None:
        raise KeyError(f"{run.paths[0]}: sample {chosen.id} is no question with options")
    same = [sample for sample in copies if sample is chosen or (sample.uuid and sample.uuid == chosen.uuid)]
    scores = [
        {"value": score.value, "metadata": score.metadata, "explanation": score.explanation}
        for sample in same
        for _, score in sorted((sample.scores or {}).items(), key=lambda named: order_of(named[0]), reverse=True)
    ]
    whose: dict[Judge, str | None] = {"grounding": run.grounding_judge, "behaviours": run.behaviours_judge}
    counted = {kind: _by(whose[kind], kind, scores) for kind in JUDGES}
    answers = next((score for score in scores if kind_of(score) == "answer"), None)
    said = {"answer": answers, **counted}
    return ShownSample(
        texts.question,
        texts.options,
        texts.target,
        texts.response,
        [span for score in counted.values() if score for span in _spans(score["metadata"])],
        {name: str(score["explanation"]) for name, score in said.items() if score and score["explanation"]},
    )


def _by(judge: str | None, kind: Judge, scores: Sequence[Record]) -> Record | None:
    """The newest score of a judge."""
    return next((one for one in scores if kind_of(one) == kind and identity(one["metadata"] or {}) == judge), None)


def _spans(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a panel those of the first judge that gave any."""
    panel = metadata.get("panel")
    said = [metadata, *(panel if isinstance(panel, list) else [])]
    return list(next((one["spans"] for one in said if one.get("spans")), []))
