"""A study's folder and its logs joined for the analysis: items, answers, and all responses that judges scored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from clinical_r1.analysis.judged import failures
from clinical_r1.analysis.sides import labelled
from clinical_r1.errors import UserError
from clinical_r1.judging.counting import forms_of
from clinical_r1.logs import NOT_JUDGED, LogSet, Run, judges_in, read_logs, read_texts
from clinical_r1.logs.table import JUDGES
from clinical_r1.metrics import METRICS, METRICS_OF, Judge, keys_of, lists_of
from clinical_r1.study.adjudication import adjudicated_values, finished
from clinical_r1.study.content import OffsetMap, spans_shown
from clinical_r1.study.corrected import failed_column
from clinical_r1.study.folder import Folder, still_open
from clinical_r1.study.opinions import opinions
from clinical_r1.study.protocol import NEED_ALL_CLAIMS, KeyFile, KeyItem
from clinical_r1.study.ratings import Labelled, judge_marked, judge_values, marked, ratings

# --- what judges scored -----------------------------------------------------------------------------------------------
_PLACE = ["checkpoint", "benchmark", "question", "epoch"]
"""Columns that name a response."""


@dataclass(frozen=True, eq=False)
class _JudgedBy:
    """What one judge said."""

    name: str
    responses: pd.DataFrame
    """A row per response that was given to the judge: `_PLACE` in the names of the key, `words`, `has_case`, keys of
    `METRICS`, where the judge failed at a metric (see `failed_column`), `grounding_weight` and `behaviours_weight` (1 /
    probability of having been given to it)."""
    sources: Mapping[Judge, LogSet]
    """Scorer -> the logs in which this judge's scores count, for reading its spans."""


def _read_judges(
    key: KeyFile, judge_logs: Sequence[Path | str], cache: Path | None
) -> tuple[list[_JudgedBy], list[str]]:
    """The study's own judge, if its logs are where they were, then the others; sentences about what is missing."""
    own = {kind: key.judges.get(kind) for kind in JUDGES}
    logs = list(dict.fromkeys(log for item in key.items.values() for log in item.logs))
    there = [log for log in logs if "://" in log or Path(log).is_file()]
    notes = []
    if gone := [log for log in logs if log not in there]:
        what = "no number is corrected" if not there else "what is corrected leaves their responses out"
        notes.append(f"{len(gone)} of {len(logs)} logs are not where they were, so {what}: {', '.join(gone[:3])}")
    found = [_read(_own_name(key), own, key, there, cache)] if there and any(own.values()) else []
    for name, identities in _others(judge_logs, own, cache).items():
        found.append(_read(name, identities, key, [*there, *map(str, judge_logs)], cache))
    return found, notes


def _own_name(key: KeyFile) -> str:
    return next(iter(_named([name for kind in JUDGES if (name := key.judges.get(kind))])), "judge")


def _others(
    paths: Sequence[Path | str], own: Mapping[Judge, str | None], cache: Path | None
) -> dict[str, dict[Judge, str | None]]:
    """Name of each other judge -> its identity as either scorer."""
    if not paths:
        return {}
    offered: dict[Judge, dict[str, None]] = {kind: {} for kind in JUDGES}
    for path in paths:
        for kind, identities in judges_in([path], cache=cache).items():
            offered[kind] |= {identity: None for identity in identities if identity != own[kind]}
    found: dict[str, dict[Judge, str | None]] = {}
    for kind in JUDGES:
        for name, identity in _named(list(offered[kind])).items():
            found.setdefault(name, dict.fromkeys(JUDGES))[kind] = identity
    if not found:
        raise UserError(f"--judge {paths[0]}: no judge in these logs but the one that the study was made with")
    return found


def _named(identities: Sequence[str]) -> dict[str, str]:
    """Short name -> identity: the model's name alone, where that tells them apart."""
    distinct = list(dict.fromkeys(identities))
    short = [identity.split(" (")[0] for identity in distinct]
    return {
        name if short.count(name) == 1 else identity: identity for name, identity in zip(short, distinct, strict=True)
    }


def _read(
    name: str, identities: Mapping[Judge, str | None], key: KeyFile, paths: Sequence[str], cache: Path | None
) -> _JudgedBy:
    """All responses that a judge judged; its logs are read once for either scorer."""
    logs = {
        identity: labelled(read_logs(paths, cache=cache, judge=identity))
        for identity in dict.fromkeys(identities.values())
        if identity
    }
    sources = {kind: logs[identity] for kind, identity in identities.items() if identity}
    frame, *others = [_of_kind(log_set, kind, identities[kind], key) for kind, log_set in sources.items()]
    for other in others:
        frame = frame.merge(other.drop(columns="words"), on=[*_PLACE, "has_case"], how="outer")
    if frame.empty:
        raise UserError(f"judge {name}: none of the responses that it judged belongs to this study")
    return _JudgedBy(name, frame, sources)


def _of_kind(log_set: LogSet, kind: Judge, identity: str | None, key: KeyFile) -> pd.DataFrame:
    """What a judge said as one scorer, in the names of the key."""
    names = _run_names(key, log_set.runs)
    of_judge = [run.index for run in log_set.runs if getattr(run, f"{kind}_judge") == identity and run.index in names]
    given = (log_set.responses[f"{kind}_reason"].astype(object) != NOT_JUDGED) & log_set.responses["error"].isna()
    rows = log_set.responses[log_set.responses["run"].isin(of_judge).to_numpy() & given.to_numpy()]
    return pd.DataFrame(
        {
            "checkpoint": [names[run][0] for run in rows["run"]],
            "benchmark": [names[run][1] for run in rows["run"]],
            "question": rows["id"].astype(str).to_numpy(),
            "epoch": rows["epoch"].astype(int).to_numpy(),
            "words": rows["words"].to_numpy(dtype=float),
            "has_case": rows["has_case"].to_numpy(dtype=bool),
            **{metric: rows[metric].to_numpy(dtype=float) for metric in keys_of(METRICS_OF[kind])},
            **{failed_column(METRICS[base]): failures(rows, METRICS[base]) for base in METRICS_OF[kind]},
            f"{kind}_weight": rows[f"{kind}_weight"].to_numpy(dtype=float),
        }
    )


def _run_names(key: KeyFile, runs: Iterable[Run]) -> dict[int, tuple[str, str]]:
    """Number of a run -> its checkpoint and benchmark in the key: known by its logs, and by labels if these moved."""
    known = {(item.checkpoint, item.benchmark): set(item.logs) for item in key.items.values()}
    found = {}
    for run in runs:
        by_log = [name for name, logs in known.items() if logs.intersection(run.paths)]
        label = (run.checkpoint, run.benchmark)
        if by_log or label in known:
            found[run.index] = by_log[0] if by_log else label
    return found


# --- the study --------------------------------------------------------------------------------------------------------
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
        cache: See `clinical_r1.logs.read_logs`.

    Raises:
        UserError: If a log cannot be read, or `judge_logs` hold no other judge.
    """
    judged, notes = _read_judges(folder.key, judge_logs, cache)
    own, metrics = _own_name(folder.key), tuple(folder.protocol.metrics)
    scored = any(value is not None for item in folder.key.items.values() for value in item.judge.values())
    said = {own: folder.key.items} if scored else {}
    said |= {one.name: _said(folder, one) for one in judged if one.name != own}
    if not said:
        notes.append("No judge scored these responses: name logs that one did with --judge.")
    values = {name: judge_values(items, metrics) for name, items in said.items()}
    labelled = Labelled(
        study=folder.protocol.study,
        metrics=metrics,
        items=_items_frame(folder),
        ratings={key: {rater: _given(row) for rater, row in rows.items()} for key, rows in ratings(folder).items()},
        judges={name: {key: _given(row) for key, row in by_key.items()} for name, by_key in values.items()},
        responses={one.name: one.responses for one in judged},
        spans={**marked(folder), **{name: judge_marked(items, metrics) for name, items in said.items()}},
        adjudicated=adjudicated_values(folder),
        opinions=opinions(folder),
        work=_work_frame(folder),
        notes=(*notes, *_unfinished(folder)),
    )
    first = next(iter(said.values()), folder.key.items)
    return Loaded(labelled, replace(folder, key=folder.key.model_copy(update={"items": first})))


DECIMALS = 6
"""To which values are compared: those of judges come from tables of single precision, in which 0.6 is 0.60000002, and
a judge that says just what a rater says must tie."""


def _given(row: Mapping[str, float]) -> dict[str, float]:
    return {item: round(value, DECIMALS) for item, value in row.items() if not isnan(value)}


# --- facts about items and raters -------------------------------------------------------------------------------------
def _items_frame(folder: Folder) -> pd.DataFrame:
    """A row per item, see `Labelled.items`."""
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
    return pd.DataFrame.from_dict(rows, orient="index").astype({"repeat_of": object})


def _work_frame(folder: Folder) -> pd.DataFrame:
    """A row per rater: items `given`, `done`, `open`, `cannot_judge`, median `minutes` per item."""
    rows = []
    for rater, order in folder.protocol.orders.items():
        answers = folder.answers[rater].items.values() if rater in folder.answers else ()
        states = [answer.status for answer in answers]
        seconds = [answer.seconds for answer in answers if answer.seconds > 0]
        done, cannot = states.count("done"), states.count("cannot_judge")
        minutes = median(seconds) / 60 if seconds else nan
        row = {"rater": rater, "given": len(order), "done": done, "open": len(order) - done - cannot}
        rows.append(row | {"cannot_judge": cannot, "minutes": minutes})
    return pd.DataFrame(rows)


def _unfinished(folder: Folder) -> Iterator[str]:
    """What raters have not said, and what sheets cannot say."""
    if not folder.answers:
        return
    for rater, order in folder.protocol.orders.items():
        if left := still_open(order, folder.answers[rater].items if rater in folder.answers else {}):
            yield f"{rater}: {left}, and left out here."
    if folder.adjudication:
        given, done = len(folder.adjudication.items), len(finished(folder))
        yield (
            f"Adjudicated: {done} of {given} items on which raters differed. Agreement is that of raters before it; in "
            "results, adjudicated answers take the place of raters' means."
        )
    if folder.protocol.asked.claims == "errors":
        lost = [METRICS[key].label for key in keys_of(tuple(folder.protocol.metrics)) if key in NEED_ALL_CLAIMS]
        yield f"Raters marked wrong claims alone, so these have no number of theirs: {'; '.join(lost)}."
    sheets = [rater for rater, file in folder.answers.items() if any(one.counts for one in file.items.values())]
    primary = [METRICS[key] for key in keys_of(tuple(folder.protocol.metrics)) if METRICS[key].primary]
    lost = [metric.label for metric in primary if metric.key not in forms_of(metric.base, 0, 0)]
    if sheets and lost:
        yield (
            f"Sheets hold counts without passages: where only they came back ({', '.join(sheets)}), these cannot be "
            f"said: {'; '.join(lost)}; nor are there passages to compare."
        )


# --- other judges -----------------------------------------------------------------------------------------------------
def _said(folder: Folder, judged: _JudgedBy) -> dict[str, KeyItem]:
    """The items of the key as if it had been made with another judge."""
    known = [key for key in keys_of(tuple(folder.protocol.metrics)) if key in judged.responses]
    places = judged.responses[_PLACE].itertuples(index=False, name=None)
    rows = dict(zip(places, judged.responses[known].to_dict("records"), strict=True))
    spans = _spans(folder, judged)
    items = {}
    for id, item in folder.key.items.items():
        row = rows.get((item.checkpoint, item.benchmark, item.question, item.epoch), {})
        values = {key: None if isnan(value) else float(value) for key, value in row.items()}
        items[id] = item.model_copy(update={"judge": values, "judge_spans": spans.get(id, [])})
    return items


def _spans(folder: Folder, judged: _JudgedBy) -> dict[str, list[dict[str, Any]]]:
    """Item -> what the judge found in it, with offsets of the text shown."""
    found: dict[str, list[dict[str, Any]]] = {}
    for log_set in {id(log_set): log_set for log_set in judged.sources.values()}.values():
        kinds = [kind for kind, source in judged.sources.items() if source is log_set]
        lists = lists_of([base for base in folder.protocol.metrics if METRICS[base].judge in kinds])
        wanted = _wanted(folder.key, log_set)
        texts = read_texts(log_set, list(dict.fromkeys(wanted.values())))
        for item, place in wanted.items():
            offsets = OffsetMap.of(folder.key.items[item].offsets)
            found.setdefault(item, []).extend(spans_shown(texts[place].spans, lists, offsets, folder.items[item].text))
    return found


def _wanted(key: KeyFile, log_set: LogSet) -> dict[str, tuple[int, str, int]]:
    """Item -> its place in a set of logs that has it."""
    runs = {name: index for index, name in _run_names(key, log_set.runs).items()}
    rows = log_set.responses
    there = set(zip(rows["run"].astype(int), rows["id"].astype(str), rows["epoch"].astype(int), strict=True))
    places = {
        id: (run, item.question, item.epoch)
        for id, item in key.items.items()
        if (run := runs.get((item.checkpoint, item.benchmark))) is not None
    }
    return {id: place for id, place in places.items() if place in there}
