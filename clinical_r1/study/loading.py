"""A study's folder and its logs, put together for the analysis: items, answers, and all that judges scored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
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
from clinical_r1.study.content import OffsetMap, spans_shown
from clinical_r1.study.corrected import failed_column
from clinical_r1.study.folder import Folder, still_open
from clinical_r1.study.protocol import KeyFile
from clinical_r1.study.ratings import Labelled, judge_marked, judge_values, marked, ratings

# --- what judges scored -----------------------------------------------------------------------------------------------
PLACE = ["checkpoint", "benchmark", "question", "epoch"]
"""Columns that name a response."""


@dataclass(frozen=True, eq=False)
class JudgedBy:
    """What one judge said."""

    name: str
    responses: pd.DataFrame
    """A row per response that was given to the judge: `PLACE` in the names of the key, `words`, `has_case`, keys of
    `METRICS`, where the judge failed at a metric (see `failed_column`), `grounding_weight` and `behaviours_weight` (1 /
    probability of having been given to it)."""
    sources: Mapping[Judge, LogSet]
    """Scorer -> the study in which this judge's scores count, for reading its spans."""


def read_judges(
    key: KeyFile, judge_logs: Sequence[Path | str] = (), *, cache: Path | None = None
) -> tuple[list[JudgedBy], list[str]]:
    """Read the logs that a study was made of, and logs that other judges scored.

    Args:
        key: Of the study.
        judge_logs: Logs of the same runs scored by others, or folders of them.
        cache: See `clinical_r1.logs.read_logs`.

    Returns:
        The study's own judge first, if its logs are still where they were; then the others. And sentences about what is
        missing.

    Raises:
        UserError: If `judge_logs` cannot be read, or hold no other judge or no response of the study.
    """
    own = {kind: key.judges.get(kind) for kind in JUDGES}
    logs = list(dict.fromkeys(log for item in key.items.values() for log in item.logs))
    there = [log for log in logs if "://" in log or Path(log).is_file()]
    notes = []
    if gone := [log for log in logs if log not in there]:
        what = "no number is corrected" if not there else "what is corrected leaves their responses out"
        notes.append(f"{len(gone)} of {len(logs)} logs are not where they were, so {what}: {', '.join(gone[:3])}")
    found = [_read(own_name(key), own, key, there, cache)] if there and any(own.values()) else []
    for name, identities in _others(judge_logs, own, cache).items():
        found.append(_read(name, identities, key, [*there, *map(str, judge_logs)], cache))
    return found, notes


def own_name(key: KeyFile) -> str:
    """What the study's own judge is called."""
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
) -> JudgedBy:
    studies = {
        identity: labelled(read_logs(paths, cache=cache, judge=identity))
        for identity in dict.fromkeys(identities.values())
        if identity
    }
    sources = {kind: studies[identity] for kind, identity in identities.items() if identity}
    parts = [_of_kind(study, kind, identities[kind], key) for kind, study in sources.items()]
    frame = parts[0]
    for part in parts[1:]:
        frame = frame.merge(part, on=[*PLACE, "has_case"], how="outer", suffixes=("", " again"))
    frame = frame.drop(columns="words again", errors="ignore")
    if frame.empty:
        raise UserError(f"judge {name}: none of the responses that it judged belongs to this study")
    return JudgedBy(name, frame, sources)


def _of_kind(study: LogSet, kind: Judge, identity: str | None, key: KeyFile) -> pd.DataFrame:
    """What a judge said as one scorer, in the names of the key."""
    names = run_names(key, study.runs)
    of_judge = [run.index for run in study.runs if getattr(run, f"{kind}_judge") == identity and run.index in names]
    given = (study.responses[f"{kind}_reason"].astype(object) != NOT_JUDGED) & study.responses["error"].isna()
    rows = study.responses[study.responses["run"].isin(of_judge).to_numpy() & given.to_numpy()]
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


def run_names(key: KeyFile, runs: Iterable[Run]) -> dict[int, tuple[str, str]]:
    """Number of a run -> its checkpoint and benchmark in the key; runs that the study does not have are left out.

    A run is known by its logs, and by its labels where the logs were moved.
    """
    known = {(item.checkpoint, item.benchmark): set(item.logs) for item in key.items.values()}
    found = {}
    for run in runs:
        by_log = [name for name, logs in known.items() if logs & set(run.paths)]
        by_label = [name for name in known if name == (run.checkpoint, run.benchmark)]
        if name := next(iter(by_log or by_label), None):
            found[run.index] = name
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
    judged, notes = read_judges(folder.key, judge_logs, cache=cache)
    own = own_name(folder.key)
    scored = any(value is not None for item in folder.key.items.values() for value in item.judge.values())
    folders = {own: folder} if scored else {}
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


DECIMALS = 6
"""To which values are compared: those of judges come from tables of single precision, in which 0.6 is 0.60000002, and
a judge that says just what a rater says must tie."""


def _given(row: Mapping[str, float]) -> dict[str, float]:
    return {item: round(value, DECIMALS) for item, value in row.items() if not isnan(value)}


# --- facts about items and raters -------------------------------------------------------------------------------------
def items_frame(folder: Folder) -> pd.DataFrame:
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
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.astype({"repeat_of": object})


def work_frame(folder: Folder) -> pd.DataFrame:
    """A row per rater: items `given`, `done`, `open`, `cannot_judge`, median `minutes` per item."""
    rows = []
    for rater, order in folder.protocol.orders.items():
        answers = folder.answers[rater].items.values() if rater in folder.answers else ()
        states = [answer.status for answer in answers]
        seconds = [answer.seconds for answer in answers if answer.seconds > 0]
        done, cannot = states.count("done"), states.count("cannot_judge")
        minutes = median(seconds) / 60 if seconds else float("nan")
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
    sheets = [rater for rater, file in folder.answers.items() if any(one.counts for one in file.items.values())]
    primary = [METRICS[key] for key in keys_of(tuple(folder.protocol.metrics)) if METRICS[key].primary]
    lost = [metric.label for metric in primary if metric.key not in forms_of(metric.base, 0, 0)]
    if sheets and lost:
        yield (
            f"Sheets hold counts without passages: where only they came back ({', '.join(sheets)}), these cannot be "
            f"said: {'; '.join(lost)}; nor are there passages to compare."
        )


# --- other judges -----------------------------------------------------------------------------------------------------
def with_judge(folder: Folder, judged: JudgedBy) -> Folder:
    """The study as if its key had been made with another judge."""
    known = [key for key in keys_of(tuple(folder.protocol.metrics)) if key in judged.responses]
    places = judged.responses[PLACE].itertuples(index=False, name=None)
    rows = dict(zip(places, judged.responses[known].to_dict("records"), strict=True))
    spans = _spans(folder, judged)
    items = {}
    for id, item in folder.key.items.items():
        row = rows.get((item.checkpoint, item.benchmark, item.question, item.epoch), {})
        values = {key: None if isnan(value) else float(value) for key, value in row.items()}
        items[id] = item.model_copy(update={"judge": values, "judge_spans": spans.get(id, [])})
    return replace(folder, key=folder.key.model_copy(update={"items": items}))


def _spans(folder: Folder, judged: JudgedBy) -> dict[str, list[dict[str, Any]]]:
    """Item -> what the judge found in it, with offsets of the text shown."""
    found: dict[str, list[dict[str, Any]]] = {}
    for study in {id(study): study for study in judged.sources.values()}.values():
        kinds = [kind for kind, source in judged.sources.items() if source is study]
        lists = lists_of([base for base in folder.protocol.metrics if METRICS[base].judge in kinds])
        wanted = _wanted(folder, study)
        texts = read_texts(study, list(dict.fromkeys(wanted.values())))
        for item, place in wanted.items():
            offsets = OffsetMap.of(folder.key.items[item].offsets)
            found.setdefault(item, []).extend(spans_shown(texts[place].spans, lists, offsets, folder.items[item].text))
    return found


def _wanted(folder: Folder, study: LogSet) -> dict[str, tuple[int, str, int]]:
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
