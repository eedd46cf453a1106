"""All responses that judges scored, those of the study's items among them, from logs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clinical_r1.analysis.arms import labelled
from clinical_r1.analysis.judged import failures
from clinical_r1.errors import UserError
from clinical_r1.logs import NOT_JUDGED, Run, Study, read_study
from clinical_r1.logs.find import find_logs
from clinical_r1.logs.load import load_tables
from clinical_r1.logs.merge import Log
from clinical_r1.logs.runs import runs_of
from clinical_r1.logs.scores import JUDGES
from clinical_r1.metrics import METRICS, METRICS_OF, Judge, keys_of
from clinical_r1.study.pool import failed_column
from clinical_r1.study.protocol import KeyFile

PLACE = ["checkpoint", "benchmark", "question", "epoch"]
"""Columns that name a response."""


@dataclass(frozen=True, eq=False)
class JudgedBy:
    """What one judge said."""

    name: str
    responses: pd.DataFrame
    """A row a response that was given to the judge: `PLACE` in the names of the key, `words`, `has_case`, keys of
    `METRICS`, where the judge failed at a metric (see `failed_column`), `grounding_weight` and `behaviours_weight` (1 /
    probability of having been given to it)."""
    sources: Mapping[Judge, Study]
    """Scorer -> the study in which this judge's scores count, for reading its spans."""


def read_judges(
    key: KeyFile, judge_logs: Sequence[Path | str] = (), *, cache: Path | None = None
) -> tuple[list[JudgedBy], list[str]]:
    """Read the logs that a study was made of, and logs that other judges scored.

    Args:
        key: Of the study.
        judge_logs: Logs of the same runs scored by others, or folders of them.
        cache: See `clinical_r1.logs.read_study`.

    Returns:
        The study's own judge first, if its logs are still where they were; then the others. And sentences about what is
        missing.

    Raises:
        UserError: If `judge_logs` cannot be read, or hold no other judge or no response of the study.
    """
    own = {kind: key.judges.get(kind) for kind in JUDGES}
    logs = list(dict.fromkeys(log for item in key.items.values() for log in item.logs))
    there = [log for log in logs if "://" in log or Path(log).is_file()]
    notes = [] if len(there) == len(logs) else [_gone(logs, there)]
    found = [_read(own_name(key), own, key, there, cache)] if there and any(own.values()) else []
    for name, identities in _others(judge_logs, own, cache).items():
        found.append(_read(name, identities, key, [*there, *map(str, judge_logs)], cache))
    return found, notes


def own_name(key: KeyFile) -> str:
    """What the study's own judge is called."""
    return next(iter(_named([name for kind in JUDGES if (name := key.judges.get(kind))])), "judge")


def _gone(logs: Sequence[str], there: Sequence[str]) -> str:
    missing = [log for log in logs if log not in there]
    what = "no number is corrected" if not there else "what is corrected leaves their responses out"
    return f"{len(missing)} of {len(logs)} logs are not where they were, so {what}: {', '.join(missing[:3])}"


def _others(
    paths: Sequence[Path | str], own: Mapping[Judge, str | None], cache: Path | None
) -> dict[str, dict[Judge, str | None]]:
    """Name of each other judge -> its identity as either scorer."""
    if not paths:
        return {}
    offered: dict[Judge, dict[str, None]] = {kind: {} for kind in JUDGES}
    for path in paths:
        files = find_logs([path])
        sources, _ = runs_of([Log(file, table) for file, table in zip(files, load_tables(files, cache), strict=True)])
        for kind in JUDGES:
            scores = [one for source in sources for one in source.merged.scores.get(kind, ())]
            offered[kind] |= {one.judge: None for one in scores if one.judge != own[kind]}
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
        identity: labelled(read_study(paths, cache=cache, judge=identity))
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


def _of_kind(study: Study, kind: Judge, identity: str | None, key: KeyFile) -> pd.DataFrame:
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

    Args:
        key: Of the study.
        runs: As they are read now.
    """
    known = {(item.checkpoint, item.benchmark): set(item.logs) for item in key.items.values()}
    found = {}
    for run in runs:
        by_log = [name for name, logs in known.items() if logs & set(run.paths)]
        by_label = [name for name in known if name == (run.checkpoint, run.benchmark)]
        if name := next(iter(by_log or by_label), None):
            found[run.index] = name
    return found
