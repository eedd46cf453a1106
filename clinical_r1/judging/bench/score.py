"""What a judge found against what was planted: instance by instance, and over items as precision, recall and bias.

A found instance matches a planted one when both point to the same thing and their spans overlap; each is matched once,
the largest overlap first. What stands at an open place and matches nothing is left out. Items, not instances, are
resampled for the intervals, because the instances of one response share their fate.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinical_r1.judging.bench.make import ALL_METRICS, BenchItem
from clinical_r1.judging.counting import Moves, count, moved
from clinical_r1.judging.instances import Found, Instance, Kind
from clinical_r1.metrics import LISTED, METRICS_OF, counted_labels
from clinical_r1.stats.estimates import Estimate

Array = NDArray[np.float64]


SAYS: Mapping[Kind, str] = {"claims": "label", "rejections": "reason", "steps": "behaviour"}
"""List -> what tells its instances apart."""
POINTS_TO: Mapping[Kind, str] = {"citations": "fact", "rejections": "option"}
"""List -> what two of its instances must share to be the same."""


@dataclass(frozen=True)
class Line:
    """One thing that a judge is scored on."""

    kind: Kind
    base: str
    """The metric that a judge must be asked for."""
    values: Container[str] | None = None
    """Labels, reasons or behaviours of its instances; None for all."""
    linked: bool = False
    """Whether only citations for or against an option are meant."""

    def takes(self, one: Any) -> bool:
        """Whether an instance is one of these."""
        if self.linked:
            return one.option is not None
        return self.values is None or getattr(one, SAYS[self.kind]) in self.values

    def points_to(self, one: Instance) -> object:
        """What two instances must share to be the same."""
        return getattr(one, POINTS_TO[self.kind]) if self.kind in POINTS_TO else None


LINES: dict[str, Line] = {
    "cecd": Line("citations", "cecd"),
    "cecd_linked": Line("citations", "cecd", linked=True),
    "rejections": Line("rejections", "drc"),
    "drc": Line("rejections", "drc", counted_labels("drc")),
    **{label.key: Line("rejections", "drc", [reason]) for reason, label in LISTED["drc"].labels.items()},
    **{base: Line("claims", base, counted_labels(base)) for base in LISTED["claims"].metrics},
    **{
        label.key: Line("claims", "hallucination", [name])
        for name, label in LISTED["claims"].labels.items()
        if label.key not in METRICS_OF["grounding"]
    },
    **{behaviour: Line("steps", behaviour, [behaviour]) for behaviour in METRICS_OF["behaviours"]},
}
"""Key -> line. Keys of `clinical_r1.metrics` are defined there; `rejections` are those for any reason or none."""

CHANGED = "cecd_changed"
"""Citations of the fact that a twin changed: of the new value they are true, of the old one they are not. Twins alone
have this line."""


@dataclass(frozen=True)
class Hits:
    """What a judge found on one line in one response."""

    true: int
    """Instances planted."""
    found: int
    """Instances found, those at open places left out."""
    matched: int | None
    """None where a judge gave a bare number instead of spans."""

    @property
    def wrong(self) -> int:
        """Found and not planted, as far as can be told."""
        return max(0, self.found - (self.true if self.matched is None else self.matched))


def hits(bench: BenchItem, found: Found, metrics: Sequence[str] = ALL_METRICS) -> dict[str, Hits]:
    """Compare what a judge found in one response with the truth.

    Args:
        bench: The item.
        found: What the judge found.
        metrics: What it was asked for.

    Returns:
        A value for every line that was judged and that has a truth: what a judge says it cannot know is left out, and
        so are citations where there is no case.
    """
    counted = count(found, bench.item, ALL_METRICS).found
    rows = {
        key: _hits(line, bench, getattr(bench.counted, line.kind) or (), given)
        for key, line in LINES.items()
        if line.base in metrics
        and (given := getattr(counted, line.kind)) is not None
        and key not in found.unknown
        and (line.kind != "citations" or bench.item.has_case)
    }
    if bench.changed and "cecd" in rows:
        planted, said = (
            [c for c in one.citations or () if c.fact == bench.changed] for one in (bench.counted, counted)
        )
        rows[CHANGED] = _hits(LINES["cecd"], bench, planted, said)
    return rows


def number_hits(bench: BenchItem, values: Mapping[str, float]) -> dict[str, Hits]:
    """Compare bare numbers with the truth, for a judge that gives no spans.

    Args:
        bench: The item.
        values: Key -> number; keys that are no line, and NaN, are left out.
    """
    return {
        key: Hits(sum(map(line.takes, getattr(bench.counted, line.kind) or ())), round(values[key]), None)
        for key, line in LINES.items()
        if not isnan(values.get(key, nan)) and (line.kind != "citations" or bench.item.has_case)
    }


def _hits(line: Line, bench: BenchItem, truth: Sequence[Instance], given: Sequence[Instance]) -> Hits:
    planted, said = (list(filter(line.takes, instances)) for instances in (truth, given))
    matched = matches(line, bench, planted, said)
    loose = [one for at, one in enumerate(said) if at not in matched and not _is_open(line, bench, one)]
    return Hits(len(planted), len(matched) + len(loose), len(matched))


def matches(line: Line, bench: BenchItem, planted: Sequence[Instance], said: Sequence[Instance]) -> dict[int, int]:
    """Index of a found instance -> index of the planted one that it matches, the largest overlap first."""
    first: dict[str, int] = {}  # what stands in a repeated sentence is moved to where that stands first
    moves = [(one.start, one.end, first.setdefault(one.text, one.start) - one.start) for one in bench.item.sentences]
    pairs = sorted(
        (-overlap, at, index)
        for at, one in enumerate(said)
        for index, other in enumerate(planted)
        if line.points_to(one) == line.points_to(other) and (overlap := _overlap(one, other, moves)) > 0
    )
    taken: dict[int, int] = {}
    for _, at, index in pairs:
        if at not in taken and index not in taken.values():
            taken[at] = index
    return taken


def _overlap(one: Instance, other: Instance, moves: Moves) -> int:
    """Characters that two instances share."""
    (start, end), (from_, to) = moved(one.span, moves), moved(other.span, moves)
    return min(end, to) - max(start, from_)


def _is_open(line: Line, bench: BenchItem, one: Instance) -> bool:
    middle = (one.span.start + one.span.end) // 2
    return line.kind in SAYS and any(
        place.kind == line.kind and getattr(one, SAYS[line.kind]) in place.values and place.start <= middle < place.end
        for place in bench.open
    )


def false_accepts(rows: Mapping[str, Hits]) -> int:
    """Instances that a judge found and nobody planted, each kind of instance counted once.

    Kinds overlap (a valid rejection is also a rejection), so only the widest lines that were judged are added up.
    """
    rejected = ("rejections",) if "rejections" in rows else ("drc",)
    made_up = ("hallucination",) if "hallucination" in rows else ("h_contradicts", "h_invented", "h_medical")
    widest = ("cecd", *rejected, "faithfulness", *made_up, "unverifiable", *METRICS_OF["behaviours"])
    return sum(rows[key].wrong for key in widest if key in rows)


# --- over items ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LineScore:
    """A judge on one line."""

    items: int
    true: int
    found: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    bias: Estimate
    """Mean over items of the judge's count minus the true count."""


def line_score(rows: Sequence[Hits], *, resamples: int = 2000, seed: int = 0) -> LineScore | None:
    """Pool one line over items.

    Args:
        rows: One per item.
        resamples: Of items, for the intervals.
        seed: Of the resampling.

    Returns:
        Precision, recall and F1 of the pooled instances, NaN where nothing was found or nothing planted; and the bias
        of the count in instances per response. None without items.
    """
    if not rows:
        return None
    table = np.array([(row.true, row.found, nan if row.matched is None else row.matched) for row in rows], dtype=float)
    n, sums = len(table), table.sum(axis=0)
    drawn = _weights(n, resamples, seed) @ table
    precision, recall, f1 = (
        _estimate(float(whole[0]), resampled, n)
        for whole, resampled in zip(_ratios(sums[None, :]), _ratios(drawn), strict=True)
    )
    bias = _estimate((sums[1] - sums[0]) / n, (drawn[:, 1] - drawn[:, 0]) / n, n)
    return LineScore(n, int(sums[0]), int(sums[1]), precision, recall, f1, bias)


def mean_estimate(values: Sequence[float], *, resamples: int = 2000, seed: int = 0) -> Estimate:
    """The mean over items with its interval."""
    n = len(values)
    table = np.asarray(values, dtype=float)
    value = float(table.mean()) if n else nan
    return _estimate(value, _weights(n, resamples, seed) @ table / max(n, 1), n)


@lru_cache(maxsize=16)
def _weights(n: int, resamples: int, seed: int) -> Array:
    """How often each of n items is drawn in each resample; one row per resample, none without items."""
    if n == 0:
        return np.zeros((0, 0))
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def _ratios(sums: Array) -> list[Array]:
    """Precision, recall and F1 of each row of planted, found and matched instances; NaN where there are none."""
    true, found, matched = sums.T
    shares = ((matched, found), (matched, true), (2 * matched, true + found))
    return [np.divide(part, of, out=np.full(len(sums), nan), where=of > 0) for part, of in shares]


def _estimate(value: float, drawn: Array, n: int) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (nan, nan)
    return Estimate(float(value), float(low), float(high), n)
