"""One log as a table, made of its summaries: a row per sample and epoch, its answer, and what each judge gave it.

Summaries are what a log says of its samples without the text of responses. They are parsed here and not by Inspect
(0.3.285): on one core, 25,000 judged samples in 15 logs take 3.5 s to become tables, and 15 s when
`read_eval_log_sample_summaries` makes a validated object of each; `samples_df` takes 6 s and leaves out the metadata of
scores, by which judges are told apart. Numbers are 32-bit floats and texts are categories: 197,650 responses take
51 MB.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
from inspect_ai.log import read_eval_log_sample_summaries
from numpy.typing import NDArray
from pydantic_core import from_json

from clinical_r1.choices import LETTERS
from clinical_r1.datasets.questions import STRATA
from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.inspect_private import open_archive
from clinical_r1.logs.find import UNREADABLE, Header, LogFile, header_of, read_header, unreadable
from clinical_r1.metrics import METRICS, METRICS_OF, PROBED, PROBES, Judge, Probe, harm_any, keys_of
from clinical_r1.solvers import SHOWN_ORDER

Kind = Judge | Literal["truth"] | Probe
"""Whose score it is: the answer scorer's, one of the judges', the truth of an invented case, or a probe's."""

JUDGES: tuple[Judge, ...] = ("grounding", "behaviours")
KEYS: dict[Kind, tuple[str, ...]] = {
    "grounding": keys_of(METRICS_OF["grounding"]),
    "behaviours": keys_of(METRICS_OF["behaviours"]),
    "truth": (
        "true_cited", "true_coverage", "true_invented", "true_invented_any", "true_valid", "true_false", "true_bare",
        "true_drc_coverage", "true_switch",
    ),
    **{probe: tuple(key for key, number in PROBED.items() if number.judge == probe) for probe in PROBES},
}  # fmt: skip
"""Keys of the scores that hold several numbers, see `clinical_r1.metrics` and `clinical_r1.world.truth`."""
ABOUT = (
    "weight", "words", "facts", "judges_failed", "split", "returned", "verified", "repaired", "rejected", "draws",
    "draw_agreement",
)  # fmt: skip
"""Numbers about a judgement: the sampling weight, words of the response, facts of the case; of a panel, its judges that
gave no numbers and the questions of yes or no on which it was split; what became of the spans that a judge returned;
the times that it was asked, and the share of pairs of them that agree on a yes or no."""
NOISE: dict[Kind, tuple[str, ...]] = {
    judge: tuple(
        dict.fromkeys(
            f"{key}_noise"
            for metric in METRICS.values()
            if metric.primary and metric.judge == judge
            for key in (metric.numerator, metric.denominator, metric.key)
            if key
        )
    )
    for judge in JUDGES
}
"""Of a judge's numbers that are means over draws, how far its own noise varies them: `judging.draws.noise_of`."""
ANSWER_NUMBERS = ("answer", "shown_position", "truncated", "words")
ANSWER_TEXTS = ("letter", "vote", "method", "style", "stop_reason")

Record = Mapping[str, Any]
_OF_SPANS = ABOUT[5:8]
_SUMMARIES = "summaries.json"  # of a finished log; an unfinished one has them in pieces
_IDENTITY = ("judge", "backend", "profile", "gold", "facts_by", "prompt_hash", "draws")
"""What of a score's metadata tells judges apart."""
_CREDIT = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}  # as Inspect reads them
_TEXT = pd.Index([], dtype="str").dtype


@dataclass(frozen=True, eq=False)
class Pass:
    """All scores of one name in a log: one pass of one scorer over it."""

    name: str
    kind: Kind
    keys: tuple[str, ...]
    """Those of `KEYS[kind]` that the scorer was asked for."""
    frame: pd.DataFrame
    """A row per sample. `judge` says whose the score is, missing where there is none. Of answers: `ANSWER_NUMBERS` and
    `ANSWER_TEXTS`; of judgements: `KEYS[kind]`, `ABOUT`, `facts_by` (who listed the facts of the case),
    `reason` (why there are no numbers) and `parts` (lines `metric: reason`, where only some are missing)."""


@dataclass(frozen=True, eq=False)
class LogTable:
    """A log without its texts."""

    header: Header
    samples: pd.DataFrame
    """A row per sample and epoch, in the order of the data set: what it is, not what it was scored."""
    passes: tuple[Pass, ...]
    """Rows as in `samples`; later passes are newer."""


def read_table(file: LogFile) -> LogTable:
    """The table of a log; a UserError if it cannot be read."""
    header, summaries = header_of(read_header(file)), sample_summaries(file)
    try:
        return table_of(header, summaries)
    except UNREADABLE as error:
        raise unreadable(file, error) from error


def sample_summaries(file: LogFile) -> list[dict[str, Any]]:
    """The summaries of a log, in the order in which samples were finished; a UserError if it cannot be read.

    Returns:
        Records with the fields of `inspect_ai.log.EvalSampleSummary`. A sample that was run again may come twice; then
        the later one counts.
    """
    try:
        if not file.path.endswith(".json"):  # which has none: they are made of all that is in it
            with open_archive(file.path) as archive:
                if _SUMMARIES in archive.namelist():
                    return records(archive.read(_SUMMARIES))
        return [summary.model_dump() for summary in read_eval_log_sample_summaries(file.path)]
    except UNREADABLE as error:
        raise unreadable(file, error) from error


def records(text: bytes) -> list[dict[str, Any]]:
    """The objects of a JSON array, in which numbers may be NaN or infinite; a ValueError if it is anything else."""
    try:
        parsed = from_json(text)
    except ValueError:  # too strict for half of a surrogate pair
        parsed = json.loads(text)
    if not (isinstance(parsed, list) and all(isinstance(record, dict) for record in parsed)):
        raise ValueError("the summaries are no array of objects")
    return parsed


def table_of(header: Header, summaries: Sequence[Record]) -> LogTable:
    """Make the table of a log from its header and its `sample_summaries`."""
    samples = _samples(header.model, summaries)
    order = _order(samples, header.ids)
    scores: dict[str, dict[int, Record]] = {}  # name -> number of the summary -> score
    for number, summary in enumerate(summaries):
        for name, score in (summary.get("scores") or {}).items():
            scores.setdefault(name, {})[number] = score
    passes = []
    for name in sorted(scores, key=order_of):
        kind: Kind | None = next(filter(None, map(kind_of, scores[name].values())), None)
        if kind:
            given = list(map(_with_harm, scores[name].values()))
            frame = _answers(given) if kind == "answer" else _judgements(kind, given)
            rows = np.full(len(samples), -1)
            rows[list(scores[name])] = np.arange(len(given))
            passes.append(Pass(name, kind, _asked(kind, given), aligned(frame, rows[order])))
    return LogTable(header, samples.take(order).reset_index(drop=True), tuple(passes))


def _order(samples: pd.DataFrame, ids: tuple[str, ...]) -> NDArray[np.int64]:
    """Rows by place in the data set and by epoch; of a sample that was run again the last."""
    last = np.flatnonzero(~samples.duplicated(["id", "epoch"], keep="last").to_numpy())
    places = {id: place for place, id in enumerate(ids)}
    place = np.array([places.get(id, len(places)) for id in samples["id"].iloc[last]], dtype=np.int64)
    return last[np.lexsort((samples["epoch"].to_numpy()[last], place))]


# --- samples ----------------------------------------------------------------------------------------------------------
def _samples(model: str, summaries: Sequence[Record]) -> pd.DataFrame:
    metadata = [summary.get("metadata") or {} for summary in summaries]
    targets = list(map(_target, summaries))
    errors = [summary.get("error") for summary in summaries]
    n_options, positions = [], []
    for summary, about, target, error in zip(summaries, metadata, targets, errors, strict=True):
        choices = summary.get("choices") or ()
        # Of a sample that failed before anything was shown, no order is known.
        order = about.get(SHOWN_ORDER) or (LETTERS[: len(choices)] if error is None else "")
        n_options.append(about.get("n_options") or len(choices))
        positions.append(order.find(target) if target else -1)
    return pd.DataFrame(
        {
            "id": pd.array([str(summary["id"]) for summary in summaries], dtype="str"),
            "epoch": numbers([summary["epoch"] for summary in summaries]).astype("int16"),
            "response": pd.array(list(map(_response, summaries, metadata)), "str"),
            "has_case": _flags("has_case", has_case, summaries, metadata),
            "negated": _flags("negated", negated, summaries, metadata),
            "n_options": numbers(n_options).astype("int8"),
            **{name: texts(about.get(name) for about in metadata) for name in STRATA},
            "target": texts(targets),
            "gold_position": numbers(positions).astype("int8"),
            "truncated": np.array([bool(about.get("truncated")) for about in metadata], dtype=bool),
            "output_tokens": numbers([_output_tokens(model, summary) for summary in summaries]),
            "error": pd.array(
                [" ".join(str(error).split()) if error is not None else None for error in errors], "object"
            ),
        }
    )


def _response(summary: Record, about: Record) -> str:
    """What tells a response from others to the same question; a probe says which one it asked about."""
    return str(about.get("response_uuid") or summary.get("uuid") or summary.get("completed_at") or "")


def _target(summary: Record) -> str:
    target = summary.get("target")
    return str(target[0] if isinstance(target, list) and target else target or "")


def _flags(name: str, judged: Any, summaries: Sequence[Record], metadata: Sequence[Record]) -> NDArray[np.bool_]:
    """A yes or no about each question, from its text where the metadata says nothing."""
    flags = [
        bool(about[name] if name in about else isinstance(asked := summary.get("input"), str) and judged(asked))
        for summary, about in zip(summaries, metadata, strict=True)
    ]
    return np.array(flags, dtype=bool)


def _output_tokens(model: str, summary: Record) -> Any:
    """Of the model's own calls: graders that ran with it have entries of their own."""
    used = summary.get("model_usage") or {}
    own = used.get(model) or (next(iter(used.values())) if len(used) == 1 else None)
    return own.get("output_tokens") if own else None


# --- scores -----------------------------------------------------------------------------------------------------------
def kind_of(score: Record) -> Kind | None:
    """What a score (with `value` and `metadata`) is, by its contents: scorers may go by any name."""
    value = score.get("value")
    if not isinstance(value, dict):
        return "answer" if "vote" in (score.get("metadata") or {}) else None
    return next((kind for kind, keys in KEYS.items() if not value.keys().isdisjoint(keys)), None)


def order_of(name: str) -> int:
    """The number that Inspect puts behind the name of a score that was there before; 0 for the first.

    Examples:
        >>> [order_of(name) for name in ("grounding", "grounding1", "grounding12")]
        [0, 1, 12]
    """
    digits = re.search(r"\d+$", name)
    return int(digits[0]) if digits else 0


def _with_harm(score: Record) -> Record:
    """The score with `harm_any`, which judges did not give before it was an endpoint."""
    value = score["value"]
    if not isinstance(value, dict) or "h_invented" not in value:
        return score
    return {**score, "value": {"harm_any": harm_any(value), **value}}


def _asked(kind: Kind, scores: Sequence[Record]) -> tuple[str, ...]:
    given = {key for score in scores if isinstance(score["value"], dict) for key in score["value"]}
    return tuple(key for key in KEYS.get(kind, ()) if key in given)


def _answers(scores: Sequence[Record]) -> pd.DataFrame:
    metadata = [score.get("metadata") or {} for score in scores]
    stops = [about.get("stop_reason") or ("max_tokens" if about.get("truncated") else "stop") for about in metadata]
    values = [score["value"] for score in scores]
    shown = [about.get("shown_letter") for about in metadata]
    return pd.DataFrame(
        {
            "judge": texts(["answer"] * len(scores)),
            "letter": texts(score.get("answer") for score in scores),
            **{name: texts(about.get(name) for about in metadata) for name in ("vote", "method", "style")},
            "stop_reason": texts(stops),
            "answer": numbers([_CREDIT.get(value, nan) if isinstance(value, str) else value for value in values]),
            "shown_position": numbers([LETTERS.find(letter) if letter else -1 for letter in shown]),
            "truncated": numbers([bool(about.get("truncated")) for about in metadata]),
            "words": numbers([about.get("words") for about in metadata]),
        }
    )


def _judgements(kind: Kind, scores: Sequence[Record]) -> pd.DataFrame:
    metadata = [score.get("metadata") or {} for score in scores]
    values = [score["value"] if isinstance(score["value"], dict) else {} for score in scores]
    tallies = [about["tally"] if isinstance(about.get("tally"), dict) else {} for about in metadata]
    splits = [about.get("split") for about in metadata]
    noises = [about["noise"] if isinstance(about.get("noise"), dict) else {} for about in metadata]
    dropped = [tally.get("rejected") for tally in tallies]
    reasons = [unscored(score) for score in scores]
    return pd.DataFrame(
        {
            "judge": texts("truth" if kind == "truth" else identity(about) for about in metadata),
            "facts_by": texts(about.get("facts_by") for about in metadata),
            "reason": texts(reason for reason, _ in reasons),
            "parts": texts("\n".join(f"{base}: {why}" for base, why in parts.items()) or None for _, parts in reasons),
            **{key: numbers([value.get(key) for value in values]) for key in KEYS[kind]},
            **{
                name: numbers([noise.get(name.removesuffix("_noise")) for noise in noises])
                for name in NOISE.get(kind, ())
            },
            **{
                name: numbers([about.get(name) for about in metadata])
                for name in ("weight", "words", "facts", "judges_failed", "draws", "draw_agreement")
            },
            "split": numbers([len(split) if isinstance(split, list) else nan for split in splits]),
            **{name: numbers([tally.get(name) for tally in tallies]) for name in _OF_SPANS},
            "rejected": numbers([sum(drop.values()) if isinstance(drop, dict) else nan for drop in dropped]),
        }
    )


def identity(metadata: Record) -> str:
    """Who judged, and how: scores of different identities are never put together.

    Examples:
        >>> identity({"judge": "openai/gpt-5", "backend": "llm", "profile": "spans", "prompt_hash": "3f9c"})
        'openai/gpt-5 (llm, spans, prompt 3f9c)'
        >>> identity({"judge": "rules", "backend": "rules", "profile": "spans", "prompt_hash": "rules-1"})
        'rules (spans, rules-1)'
    """
    judge, backend, profile, gold, facts, prompt, draws = (metadata.get(name) for name in _IDENTITY)
    by_rules = backend == "rules"
    facts = facts if facts in (None, "rules") else "llm"  # a model's list is shared by all, whichever made it
    how = [
        None if by_rules else backend,
        profile,
        "told the right answer" if gold else None,
        f"facts by {facts}" if facts and facts != backend else None,
        f"{draws} draws" if draws and draws > 1 else None,
        prompt if by_rules else prompt and f"prompt {prompt}",
    ]
    said = ", ".join(str(part) for part in how if part)
    return f"{judge or 'unnamed'} ({said})" if said else str(judge or "unnamed")


def unscored(score: Record) -> tuple[str | None, dict[str, str]]:
    """Why a judge gave no numbers: for all of them, and for single metrics by their base."""
    metadata = score.get("metadata") or {}
    failed, reason = metadata.get("unscored"), score.get("reason")
    if failed is None and reason is not None:
        failed = str(score.get("explanation") or reason)
    parts: dict[str, str] = {}
    for name in ("unscored_metrics", "unread"):
        if isinstance(part := metadata.get(name), dict):
            parts |= {str(base): " ".join(str(why).split()) for base, why in part.items()}
    return failed, parts


# --- columns ----------------------------------------------------------------------------------------------------------
def numbers(values: Sequence[Any]) -> NDArray[np.float32]:
    """A column of 32-bit floats; what is no number is NaN."""
    return np.array([float(value) if isinstance(value, int | float) else nan for value in values], dtype=np.float32)


def texts(values: Iterable[object]) -> pd.Categorical:
    """A category column; None is missing, anything else is turned into text."""
    known: dict[str, int] = {}
    codes = [-1 if value is None else known.setdefault(str(value), len(known)) for value in values]
    return categorical(np.array(codes, dtype=np.int32), known)


def categorical(codes: NDArray[Any], categories: Iterable[str]) -> pd.Categorical:
    """A category column whose categories are text even where there are none."""
    return pd.Categorical.from_codes(codes, pd.Index(list(categories), dtype=_TEXT))


def with_text_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the kind of categories that `categorical` makes, which files of empty ones lose."""
    remade: dict[str, Any] = {
        str(name): categorical(column.cat.codes.to_numpy(), column.cat.categories)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.categories.dtype != _TEXT
    }
    return frame.assign(**remade)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames with the same columns, one below the other; categories are united and rows numbered anew."""
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    parts = {name: [frame[name] for frame in frames] for name in frames[0].columns}
    categories = frames[0].select_dtypes("category").columns
    return pd.DataFrame(
        {
            name: pd.api.types.union_categoricals(columns) if name in categories else np.concatenate(columns)
            for name, columns in parts.items()
        }
    )


def aligned(frame: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """The rows of a frame in the order of their numbers; a row of missing values for each -1."""
    return frame.reindex(rows).reset_index(drop=True)
