"""One log as a table: a row a sample, its answer, and what each judge gave it."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.choices import LETTERS
from clinical_r1.logs.columns import Numbers, Texts
from clinical_r1.logs.header import Header
from clinical_r1.logs.scores import (
    ABOUT,
    IDENTITY,
    KEYS,
    Kind,
    Record,
    identity,
    kind_of,
    numbers_of,
    order_of,
    unscored,
)
from clinical_r1.questions import STRATA
from clinical_r1.solvers import SHOWN_ORDER
from clinical_r1.strata import has_case, negated

ANSWER_NUMBERS = ("answer", "shown_position", "truncated", "words")
_SAMPLE_NUMBERS = ("epoch", "has_case", "negated", "n_options", "gold_position", "truncated", "output_tokens")
ANSWER_TEXTS = ("letter", "vote", "method", "style", "stop_reason")
_CREDIT = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}  # as Inspect reads them


@dataclass(frozen=True, eq=False)
class Pass:
    """All scores of one name in a log: one pass of one scorer over it."""

    name: str
    kind: Kind
    keys: tuple[str, ...]
    """Those of `KEYS[kind]` that the scorer was asked for."""
    frame: pd.DataFrame
    """A row a sample. `judge` says whose the score is, and is missing where there is none. Of answers: `ANSWER_NUMBERS`
    and `ANSWER_TEXTS`; of judgements: `KEYS[kind]`, `ABOUT`, `reason` (why there are no numbers) and `parts` (lines
    `metric: reason`, where only some are missing)."""


@dataclass(frozen=True, eq=False)
class LogTable:
    """A log without its texts."""

    header: Header
    samples: pd.DataFrame
    """A row a sample x epoch, in the order of the data set: what it is, not what it was scored."""
    passes: tuple[Pass, ...]
    """Rows as in `samples`; later passes are newer."""


def table_of(header: Header, summaries: Iterable[Record]) -> LogTable:
    """Make the table of a log.

    Args:
        header: Of the log.
        summaries: As `clinical_r1.logs.summaries` gives them; none is kept.
    """
    samples = _Samples(header.model)
    growing: dict[str, _Answers | _Judgements] = {}
    for row, summary in enumerate(summaries):
        samples.add(summary)
        for name, score in (summary.get("scores") or {}).items():
            if name not in growing:
                kind = kind_of(score)
                if kind is None:
                    continue
                growing[name] = _Answers() if kind == "answer" else _Judgements(kind)
            growing[name].add(row, score)
    frame = samples.frame()
    order = _order(frame, header.ids)
    names = sorted(growing, key=order_of)
    passes = [growing[name].made(name, len(frame), order) for name in names]
    return LogTable(header, frame.take(order).reset_index(drop=True), tuple(passes))


def _order(frame: pd.DataFrame, ids: tuple[str, ...]) -> NDArray[np.int64]:
    """Rows by place in the data set and by epoch; of a sample that was run again the last."""
    last = np.flatnonzero(~frame.duplicated(["id", "epoch"], keep="last").to_numpy())
    places = {id: place for place, id in enumerate(ids)}
    place = np.array([places.get(id, len(places)) for id in frame["id"].iloc[last]], dtype=np.int64)
    return last[np.lexsort((frame["epoch"].to_numpy()[last], place))]


class _Samples:
    """What samples are."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._ids: list[str] = []
        self._responses: list[str] = []
        self._errors: list[str | None] = []
        self._texts = {name: Texts() for name in (*STRATA, "target")}
        self._numbers = Numbers(_SAMPLE_NUMBERS)

    def add(self, summary: Record) -> None:
        metadata, choices = summary.get("metadata") or {}, summary.get("choices") or ()
        target, error = _target(summary), summary.get("error")
        self._ids.append(str(summary["id"]))
        self._responses.append(str(summary.get("uuid") or summary.get("completed_at") or ""))
        self._errors.append(" ".join(str(error).split()) if error is not None else None)
        for name in STRATA:
            self._texts[name].add(metadata.get(name))
        self._texts["target"].add(target)
        # Of a sample that failed before anything was shown, no order is known.
        order = metadata.get(SHOWN_ORDER) or (LETTERS[: len(choices)] if error is None else "")
        self._numbers.add(
            (
                summary["epoch"],
                _flag(metadata, "has_case", has_case, summary),
                _flag(metadata, "negated", negated, summary),
                metadata.get("n_options") or len(choices),
                order.find(target) if target else -1,
                bool(metadata.get("truncated")),
                self._output_tokens(summary),
            )
        )

    def _output_tokens(self, summary: Record) -> float:
        """Of the model's own calls: graders that ran with it have entries of their own."""
        used = summary.get("model_usage") or {}
        found = used.get(self._model) or (next(iter(used.values())) if len(used) == 1 else None)
        return float(found.get("output_tokens", nan)) if found else nan

    def frame(self) -> pd.DataFrame:
        numbers = self._numbers.frame()
        return pd.DataFrame(
            {
                "id": pd.array(self._ids, dtype="str"),
                "epoch": numbers["epoch"].astype("int16"),
                "response": pd.array(self._responses, dtype="str"),
                "has_case": numbers["has_case"].astype(bool),
                "negated": numbers["negated"].astype(bool),
                "n_options": numbers["n_options"].astype("int8"),
                **{name: texts.column() for name, texts in self._texts.items()},
                "gold_position": numbers["gold_position"].astype("int8"),
                "truncated": numbers["truncated"].astype(bool),
                "output_tokens": numbers["output_tokens"],
                "error": pd.array(self._errors, dtype="object"),
            }
        )


def _target(summary: Record) -> str:
    target = summary.get("target")
    return str(target[0] if isinstance(target, list) and target else target or "")


def _flag(metadata: Record, name: str, judged: Any, summary: Record) -> bool:
    """A yes or no about the question, from its text where the metadata says nothing."""
    if name in metadata:
        return bool(metadata[name])
    asked = summary.get("input")
    return bool(judged(asked)) if isinstance(asked, str) else False


class _Rows:
    """Scores of one name: which samples they belong to, and whose they are."""

    def __init__(self, kind: Kind, numbers: tuple[str, ...], texts: tuple[str, ...]) -> None:
        self._kind = kind
        self._rows = array("q")
        self._numbers = Numbers(numbers)
        self._texts = {name: Texts() for name in ("judge", *texts)}

    def keys(self) -> tuple[str, ...]:
        return ()

    def made(self, name: str, samples: int, order: NDArray[np.int64]) -> Pass:
        """The pass, with a row for each sample that `order` names."""
        place = np.full(samples, -1)
        place[np.array(self._rows)] = np.arange(len(self._rows))
        found = pd.DataFrame({name: texts.column() for name, texts in self._texts.items()}).join(self._numbers.frame())
        return Pass(name, self._kind, self.keys(), aligned(found, place[order]))


class _Answers(_Rows):
    def __init__(self) -> None:
        super().__init__("answer", ANSWER_NUMBERS, ANSWER_TEXTS)

    def add(self, row: int, score: Record) -> None:
        metadata, value = score.get("metadata") or {}, score["value"]
        shown = metadata.get("shown_letter")
        truncated = bool(metadata.get("truncated"))
        said = {name: metadata.get(name) for name in ("vote", "method", "style")}
        said |= {"judge": "answer", "letter": score.get("answer")}
        said |= {"stop_reason": metadata.get("stop_reason") or ("max_tokens" if truncated else "stop")}
        self._rows.append(row)
        self._numbers.add(
            (
                _CREDIT.get(value, nan) if isinstance(value, str) else value,
                LETTERS.find(shown) if shown else -1,
                truncated,
                metadata.get("words", nan),
            )
        )
        for name, texts in self._texts.items():
            texts.add(said[name])


class _Judgements(_Rows):
    def __init__(self, kind: Kind) -> None:
        super().__init__(kind, (*KEYS[kind], *ABOUT), ("reason", "parts"))
        self._asked: set[str] = set()
        self._known: dict[tuple[Any, ...], str] = {}

    def add(self, row: int, score: Record) -> None:
        metadata = score.get("metadata") or {}
        failed, parts = unscored(score)
        said = {"judge": self._judge(metadata), "reason": failed}
        said |= {"parts": "\n".join([f"{base}: {why}" for base, why in parts.items()]) or None}
        if isinstance(score["value"], dict):
            self._asked.update(score["value"])
        self._rows.append(row)
        self._numbers.add(numbers_of(self._kind, score))
        for name, texts in self._texts.items():
            texts.add(said[name])

    def keys(self) -> tuple[str, ...]:
        return tuple(key for key in KEYS[self._kind] if key in self._asked)

    def _judge(self, metadata: Mapping[str, Any]) -> str:
        if self._kind == "truth":
            return "truth"
        said = tuple([metadata.get(name) for name in IDENTITY])
        if said not in self._known:
            self._known[said] = identity(metadata)
        return self._known[said]


def aligned(frame: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """The rows of a frame in the order of their numbers; a row of missing values for each -1."""
    return frame.reindex(rows).reset_index(drop=True)
