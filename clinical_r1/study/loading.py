"""A study's folder and its logs, put together for the analysis."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from clinical_r1.logs import Study, read_texts
from clinical_r1.metrics import METRICS, METRICS_OF, Judge, keys_of
from clinical_r1.study.content import OffsetMap
from clinical_r1.study.folder import Folder, still_open
from clinical_r1.study.judged import PLACE, JudgedBy, own_name, read_judges, run_names
from clinical_r1.study.labelled import Labelled
from clinical_r1.study.protocol import AnswersFile, KeyItem
from clinical_r1.study.values import follows_from_count, judge_marked, judge_values, marked, ratings


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a report reads."""

    labelled: Labelled
    main: Folder
    """The study with the first judge's values and spans in its key."""


def load(folder: Folder, judge_logs: Sequence[Path | str] = (), *, cache: Path | None = None) -> Loaded:
    """Put a study's answers, the judges' values of its items, and all judged responses together.

    Args:
        folder: The study.
        judge_logs: Logs of the same runs scored by other judges.
        cache: See `clinical_r1.logs.read_study`.

    Raises:
        UserError: If a log cannot be read, or `judge_logs` hold no other judge.
    """
    judged, notes = read_judges(folder.key, judge_logs, cache=cache)
    own = own_name(folder.key)
    folders = {own: folder} if any(item.judge and _any(item) for item in folder.key.items.values()) else {}
    folders |= {one.name: with_judge(folder, one) for one in judged if one.name != own}
    if not folders:
        notes.append("No judge scored these responses: name logs that one did with --judge.")
    metrics = tuple(folder.protocol.metrics)
    labelled = Labelled(
        study=folder.protocol.study,
        metrics=metrics,
        items=items_frame(folder),
        ratings={key: {rater: _given(row) for rater, row in rows.items()} for key, rows in ratings(folder).items()},
        judges={name: {key: _given(row) for key, row in judge_values(one).items()} for name, one in folders.items()},
        responses={one.name: one.responses for one in judged},
        spans={**marked(folder), **{name: judge_marked(one) for name, one in folders.items()}},
        work=work_frame(folder),
        notes=(*notes, *_unfinished(folder)),
    )
    return Loaded(labelled, next(iter(folders.values()), folder))


def _any(item: KeyItem) -> bool:
    return any(value is not None for value in item.judge.values())


DECIMALS = 6
"""To which values are compared: those of judges come from tables of single precision, in which 0.6 is 0.60000002, and
a judge that says just what a rater says must tie."""


def _given(row: Mapping[str, float]) -> dict[str, float]:
    return {item: round(value, DECIMALS) for item, value in row.items() if not isnan(value)}


# --- facts about items and raters -------------------------------------------------------------------------------------
def items_frame(folder: Folder) -> pd.DataFrame:
    """A row an item, see `Labelled.items`.

    Args:
        folder: The study.
    """
    rows = {
        id: {
            **{name: getattr(key, name) for name in ("checkpoint", "benchmark", "question", "epoch", "stratum")},
            "weight": key.weight * key.epochs,  # one epoch was drawn of so many
            "repeat_of": key.repeat_of,
            "correct": key.correct,
            "words": float(key.words),
            **{name: getattr(folder.items[id], name) for name in ("has_case", "negated", "truncated")},
        }
        for id, key in folder.key.items.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.astype({"repeat_of": object})


def work_frame(folder: Folder) -> pd.DataFrame:
    """A row a rater: items `given`, `done`, `open`, `cannot_judge`, median `minutes` an item."""
    return pd.DataFrame(
        [_work(rater, order, folder.answers.get(rater)) for rater, order in folder.protocol.orders.items()]
    )


def _work(rater: str, order: Sequence[str], file: AnswersFile | None) -> dict[str, Any]:
    answers = file.items.values() if file else ()
    states = [answer.status for answer in answers]
    seconds = [answer.seconds for answer in answers if answer.seconds > 0]
    done, cannot = states.count("done"), states.count("cannot_judge")
    return {
        "rater": rater,
        "given": len(order),
        "done": done,
        "open": len(order) - done - cannot,
        "cannot_judge": cannot,
        "minutes": median(seconds) / 60 if seconds else float("nan"),
    }


def _unfinished(folder: Folder) -> Iterator[str]:
    """What raters have not said, and what sheets cannot say."""
    if not folder.answers:
        return
    for rater, order in folder.protocol.orders.items():
        if left := still_open(order, folder.answers[rater].items if rater in folder.answers else {}):
            yield f"{rater}: {left}, and left out here."
    sheets = [rater for rater, file in folder.answers.items() if any(one.counts for one in file.items.values())]
    primary = [METRICS[key] for key in keys_of(tuple(folder.protocol.metrics)) if METRICS[key].primary]
    lost = [metric.label for metric in primary if not follows_from_count(metric.key)]
    if sheets and lost:
        yield (
            f"Sheets hold counts without passages: where only they came back ({', '.join(sheets)}), these cannot be "
            f"said: {'; '.join(lost)}; nor are there passages to compare."
        )


# --- other judges -----------------------------------------------------------------------------------------------------
def with_judge(folder: Folder, judged: JudgedBy) -> Folder:
    """The study as if its key had been made with another judge.

    Args:
        folder: The study.
        judged: What the other judge said.
    """
    keys = keys_of(tuple(folder.protocol.metrics))
    values = _by_place(judged.responses, keys)
    spans = _spans(folder, judged)
    items = {
        id: item.model_copy(update={"judge": values.get(_place(item), {}), "judge_spans": spans.get(id, [])})
        for id, item in folder.key.items.items()
    }
    return replace(folder, key=folder.key.model_copy(update={"items": items}))


Place = tuple[str, str, str, int]


def _place(item: KeyItem) -> Place:
    return item.checkpoint, item.benchmark, item.question, item.epoch


def _by_place(responses: pd.DataFrame, keys: Sequence[str]) -> dict[Place, dict[str, float | None]]:
    known = [key for key in keys if key in responses]
    places = responses[PLACE].itertuples(index=False, name=None)
    rows = responses[known].itertuples(index=False, name=None)
    return {
        place: {key: None if isnan(value) else float(value) for key, value in zip(known, row, strict=True)}
        for place, row in zip(places, rows, strict=True)
    }


def _spans(folder: Folder, judged: JudgedBy) -> dict[str, list[dict[str, Any]]]:
    """Item -> what the judge found in it, with offsets of the text shown."""
    found: dict[str, list[dict[str, Any]]] = {}
    for study in {id(study): study for study in judged.sources.values()}.values():
        kinds = [kind for kind, source in judged.sources.items() if source is study]
        wanted = _wanted(folder, study)
        texts = read_texts(study, list(dict.fromkeys(wanted.values())))
        for item, place in wanted.items():
            offsets = OffsetMap.of(folder.key.items[item].offsets)
            own = [span for span in texts[place].spans if _kind(span) in kinds]
            found.setdefault(item, []).extend(_placed(own, offsets, folder.items[item].text))
    return found


def _wanted(folder: Folder, study: Study) -> dict[str, tuple[int, str, int]]:
    """Item -> its place in a set of logs that has it."""
    runs = {name: index for index, name in run_names(folder.key, study.runs).items()}
    rows = study.responses
    there = set(zip(rows["run"].astype(int), rows["id"].astype(str), rows["epoch"].astype(int), strict=True))
    places = {
        id: (runs[item.checkpoint, item.benchmark], item.question, item.epoch)
        for id, item in folder.key.items.items()
        if (item.checkpoint, item.benchmark) in runs
    }
    return {id: place for id, place in places.items() if place in there}


def _kind(span: Mapping[str, Any]) -> Judge:
    return "behaviours" if span.get("of") in METRICS_OF["behaviours"] else "grounding"


def _placed(spans: Sequence[Mapping[str, Any]], offsets: OffsetMap, text: str) -> list[dict[str, Any]]:
    placed = []
    for span in spans:
        place = offsets.to_shown(int(span["start"]), int(span["end"]))
        if place:
            kept = {name: value for name, value in span.items() if name != "then"}
            placed.append(kept | {"start": place[0], "end": place[1], "text": text[slice(*place)]})
    return placed
