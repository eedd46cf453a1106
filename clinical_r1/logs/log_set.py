"""Everything that a set of logs says, as one frame with a row per response."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.datasets.questions import STRATA
from clinical_r1.errors import UserError
from clinical_r1.logs.cache import Progress, load_tables
from clinical_r1.logs.find import LogFile, find_logs
from clinical_r1.logs.runs import Chosen, Log, Run, Source, choose_judges, runs_of
from clinical_r1.logs.table import ABOUT, ANSWER_NUMBERS, ANSWER_TEXTS, JUDGES, KEYS, NOISE, categorical, stacked, texts
from clinical_r1.metrics import METRICS, PROBED, PROBES, Judge, Metric

NOT_JUDGED = "not judged"
"""Reason where a response has no score of a judge at all."""
UNDEFINED = "undefined"
"""Reason in the tidy frame where a judge scored a response and the metric has no value for it, such as a rate of
claims where none was made, or is beyond what the judge can know."""
FAILED = "failed"
"""Reason in the tidy frame where a sample failed, so that there is no answer."""
UNSCORED = "no score of the answer"
"""Error of a response that did not fail and yet was not scored."""

_WHOSE = ("model", "checkpoint", "benchmark")
_STRATA = ("has_case", "negated", "n_options", *STRATA)
_OTHERS = (*KEYS["truth"], *PROBED)  # columns that are there if a log has them


@dataclass(frozen=True, eq=False)
class LogSet:
    """The runs in a set of logs and their responses."""

    runs: tuple[Run, ...]
    """By benchmark, then in the order of their paths, or of the story (`clinical_r1.analysis.sides.in_order`)."""
    responses: pd.DataFrame
    """A row per run, sample and epoch, see `read_logs`."""
    notes: tuple[str, ...]
    """Sentences: what was put together, left out, and is missing."""

    @property
    def checkpoints(self) -> list[str]:
        """Labels of the runs, each once."""
        return list(dict.fromkeys(run.checkpoint for run in self.runs))

    def only(self, benchmarks: Collection[str] | None = None, checkpoints: Collection[str] | None = None) -> "LogSet":
        """The set on some of its benchmarks and checkpoints, by their labels; None is all of them."""
        runs = tuple(
            run
            for run in self.runs
            if (benchmarks is None or run.benchmark in benchmarks)
            and (checkpoints is None or run.checkpoint in checkpoints)
        )
        kept = self.responses["run"].isin([run.index for run in runs])
        return replace(self, runs=runs, responses=self.responses[kept.to_numpy()].reset_index(drop=True))

    def tidy(self, metrics: Iterable[str] | None = None) -> pd.DataFrame:
        """One row per sample, epoch and metric.

        Args:
            metrics: Keys of `clinical_r1.metrics.METRICS`; all of them by default, so 37 rows per response.

        Returns:
            Columns `model`, `checkpoint`, `benchmark`, `id`, `epoch`, the strata, `letter`, `method`, `words`,
            `stop_reason`, `metric`, `score` and `reason`, which says why there is no score.
        """
        keys = list(METRICS) if metrics is None else list(metrics)
        shared = [*_WHOSE, "id", "epoch", *_STRATA, "letter", "method", "words", "stop_reason"]
        long = [
            self.responses[shared].assign(
                metric=categorical(np.zeros(len(self.responses), dtype=np.int8), [key]),
                score=self.responses[key].astype(np.float32),
                reason=self.reasons(key),
            )
            for key in keys
        ]
        return stacked(long)

    def reasons(self, key: str) -> "pd.Series[Any]":
        """Why each response has no number of a metric; missing where it has one.

        Returns:
            A category for each row of `responses`: `FAILED`, `NOT_JUDGED`, the judge's own reason, or `UNDEFINED`.
        """
        missing = self.responses[key].isna().to_numpy()
        metric = METRICS[key]
        if metric.judge == "answer":
            reasons = np.full(len(missing), FAILED, dtype=object)
        else:
            reasons = judges_reasons(self.responses, metric)
            reasons = np.where(pd.notna(reasons), reasons, UNDEFINED)
        reasons[~missing] = None
        return pd.Series(texts(reasons), self.responses.index)


def judges_reasons(responses: pd.DataFrame, metric: Metric) -> NDArray[np.object_]:
    """Why a judge gave no number, as it said of its whole judgement or of this metric; missing where it did not."""
    whole = responses[f"{metric.judge}_reason"].astype(object).to_numpy()
    parts = responses[f"{metric.judge}_parts"]  # lines `metric: reason`
    lines = [dict(line.split(": ", 1) for line in text.splitlines() if ": " in line) for text in parts.cat.categories]
    reasons = np.array([*(of_metric.get(metric.base) for of_metric in lines), None], dtype=object)
    return np.where(pd.notna(whole), whole, reasons[parts.cat.codes.to_numpy()])


def read_logs(
    paths: Sequence[Path | str], *, cache: Path | None = None, judge: str | None = None, progress: Progress = False
) -> LogSet:
    """Read a set of logs: only headers and per-sample summaries; `read_texts` reads the texts of single responses.

    Logs of one run (retries, copies, files to which scores were appended, probes of its responses) are read as one. Of
    several runs of one model on the same data under the same conditions the most complete counts, the newest of equals.
    Logs without answers, and probes without the log they asked about, are passed over where a folder was given.

    Args:
        paths: `.eval` files and folders of them, local or as URLs that Inspect reads.
        cache: Folder where what was read is kept, and used again while the log has not changed; None keeps nothing.
        judge: Part of a judge's name, where several judges have scored the same runs; by default the one that scored
            the most runs of a benchmark, the newest of equals.
        progress: Whether to show a bar on standard error once reading takes long, or a function that receives bytes
            read and all bytes.

    Returns:
        The set. Its `responses` have the columns

        - `run` (`Run.index`), `model`, `checkpoint`, `benchmark`, `id`, `epoch`;
        - the strata: `has_case`, `negated`, `n_options`, and `clinical_r1.datasets.questions.STRATA`;
        - `target`, `letter`, `vote`: letters of the record; `gold_position`, `shown_position`: places from 0 in the
          order shown, -1 where nothing was shown or read; `method`, `style`, `truncated`, `stop_reason`;
        - `error` (why a sample failed), `words`, `output_tokens`;
        - `answer` (1, 0, or NaN where a sample failed), every other key of `clinical_r1.metrics.METRICS`,
          `true_…` where the logs hold the truth about a made world, and keys of `PROBED` where one was probed;
        - for `grounding` and `behaviours`: `…_reason` (missing where scored, `NOT_JUDGED`, or the judge's reason),
          `…_parts` (`metric: reason` a line, where only some metrics are missing), `…_weight`, `…_returned`,
          `…_verified`, `…_repaired`, `…_rejected`; `facts` of the case, and `facts_by`, who listed them;
        - where a judge gave means over draws, `…_noise` (`clinical_r1.judging.draws.noise_of`) of its primary forms.

    Raises:
        UserError: If a path holds no log, a log cannot be read or has no answers, no log has any, or no judge has the
            name.
    """
    files = find_logs(paths)
    sources, notes = runs_of(_logs(files, cache, progress))
    return _log_set(sources, notes, judge)


def read_sides(
    side_a: Sequence[Path | str],
    side_b: Sequence[Path | str],
    *,
    cache: Path | None = None,
    judge: str | None = None,
    progress: Progress = False,
) -> tuple[LogSet, tuple[Run, ...], tuple[Run, ...]]:
    """Read two sets of logs into one.

    Args:
        side_a: Paths of one side.
        side_b: Paths of the other side.
        cache: As for `read_logs`.
        judge: As for `read_logs`.
        progress: As for `read_logs`.

    Returns:
        The set, and its runs of either side. A model may be on both sides, each with a run of its own.

    Raises:
        UserError: As `read_logs`, and if a run is on both sides.
    """
    files = [find_logs(side_a), find_logs(side_b)]
    every = list({file.path: file for side in files for file in side}.values())
    of_path = {log.file.path: log for log in _logs(every, cache, progress)}
    ids = [{of_path[file.path].table.header.run_id for file in side} for side in files]
    both = [file.path for file in files[0] if of_path[file.path].table.header.run_id in ids[1]]
    if both:
        raise UserError(f"{both[0]}: this run is on both sides")
    sources, notes = runs_of(list(of_path.values()), apart=[frozenset(side) for side in ids])
    logs = _log_set(sources, notes, judge)
    of_a, of_b = (tuple(run for run in logs.runs if run.task_id in side) for side in ids)
    return logs, of_a, of_b


def judges_in(paths: Sequence[Path | str], *, cache: Path | None = None) -> dict[Judge, list[str]]:
    """Which judges have scored a set of logs; arguments and errors are those of `read_logs`.

    Returns:
        Scorer -> identities of its judges, each once; a judge whose scores would not count is among them.
    """
    sources, _ = runs_of(_logs(find_logs(paths), cache, False))
    return {
        kind: list(dict.fromkeys(one.judge for source in sources for one in source.merged.scores.get(kind, ())))
        for kind in JUDGES
    }


def _logs(files: Sequence[LogFile], cache: Path | None, progress: Progress) -> list[Log]:
    return [Log(file, table) for file, table in zip(files, load_tables(files, cache, progress), strict=True)]


def _log_set(sources: Sequence[Source], notes: Sequence[str], judge: str | None) -> LogSet:
    chosen, more = choose_judges(sources, judge)
    judged = [_with_judges(source.run, chosen) for source in sources]
    frames = [_responses(run, source, chosen) for run, source in zip(judged, sources, strict=True)]
    there = [name for name in _OTHERS if any(name in frame for frame in frames)]
    frames = [frame.assign(**{name: np.float32(np.nan) for name in there if name not in frame}) for frame in frames]
    if not any(len(frame) for frame in frames):
        raise UserError(f"{judged[0].paths[0]}: neither this log nor another has a finished sample yet")
    return LogSet(tuple(judged), stacked([frame[list(frames[0])] for frame in frames]), (*notes, *more))


def _with_judges(run: Run, chosen: Chosen) -> Run:
    grounding, behaviours = (chosen.get((run.index, kind)) for kind in JUDGES)
    return replace(
        run,
        grounding_judge=grounding.judge if grounding else None,
        behaviours_judge=behaviours.judge if behaviours else None,
    )


def _responses(run: Run, source: Source, chosen: Chosen) -> pd.DataFrame:
    samples, rows = source.merged.samples, len(source.merged.samples)
    answer = source.merged.answers
    if answer is None:
        answer = _nothing(rows, ANSWER_NUMBERS, ("judge", *ANSWER_TEXTS))
    judged = {kind: chosen.get((run.index, kind)) for kind in JUDGES}
    judgements = {
        kind: scores.frame if scores else _nothing(rows, (*KEYS[kind], *NOISE[kind], *ABOUT), _TEXTS)
        for kind, scores in judged.items()
    }
    error = samples["error"].astype(object).mask(samples["error"].isna() & answer["judge"].isna(), UNSCORED)
    failed = error.notna().to_numpy()
    columns: dict[str, Any] = {
        "run": np.full(rows, run.index, dtype=np.int16),
        **{name: categorical(np.zeros(rows, dtype=np.int8), [getattr(run, name)]) for name in _WHOSE},
        "id": samples["id"].astype("category"),
        **{name: samples[name] for name in ("epoch", *_STRATA, "target", "gold_position")},
        "shown_position": answer["shown_position"].fillna(-1).astype(np.int8),
        **{name: answer[name] for name in ("letter", "vote", "method", "style")},
        "truncated": samples["truncated"].to_numpy() | (answer["truncated"] == 1).to_numpy(),
        "stop_reason": _masked(answer["stop_reason"], failed, "error"),
        "error": error,
        "words": answer["words"].fillna(judgements["grounding"]["words"]).fillna(judgements["behaviours"]["words"]),
        "output_tokens": samples["output_tokens"],
        "answer": answer["answer"].mask(failed),
        **{key: judgements[kind][key] for kind in JUDGES for key in KEYS[kind]},
        **{name: judgements[kind][name] for kind in JUDGES for name in NOISE[kind]},
        **{name: judgements["grounding"][name] for name in ("facts", "facts_by")},
        **{f"{kind}_{name}": column for kind in JUDGES for name, column in _about(judgements[kind]).items()},
    }
    others = [*source.merged.scores.get("truth", ())[:1], *(chosen.get((run.index, probe)) for probe in PROBES)]
    return pd.DataFrame(columns | {key: one.frame[key] for one in others if one for key in _OTHERS if key in one.frame})


_TEXTS = ("judge", "facts_by", "reason", "parts")


def _nothing(rows: int, numbers: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    """Scores of responses that have none."""
    none = categorical(np.full(rows, -1, dtype=np.int8), [])
    return pd.DataFrame({**dict.fromkeys(texts, none), **{name: np.full(rows, np.nan, np.float32) for name in numbers}})


def _about(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "reason": _masked(frame["reason"], frame["judge"].isna().to_numpy(), NOT_JUDGED),
        "parts": frame["parts"],
        **{name: frame[name] for name in ABOUT if name not in ("words", "facts")},
    }


def _masked(column: "pd.Series[Any]", where: NDArray[np.bool_], text: str) -> "pd.Series[Any]":
    """A category column with one text in some rows."""
    known = column if text in column.cat.categories else column.cat.add_categories([text])
    return known.mask(where, text)
