"""The judge card: what the bench says about a judge, as JSON and as a page to read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from clinical_r1.files import jsonable, make_folder, write_whole
from clinical_r1.judging.bench.content import Level
from clinical_r1.judging.bench.make import BenchItem
from clinical_r1.judging.bench.score import (
    CHANGED,
    LINES,
    Hits,
    LineScore,
    false_accepts,
    hits,
    line_score,
    mean_estimate,
    number_hits,
)
from clinical_r1.judging.judge import Judged
from clinical_r1.metrics import METRICS, Judge
from clinical_r1.stats.estimates import Estimate

NOT_JUDGED = "not judged"
ALL = "all levels"


@dataclass(frozen=True)
class Call:
    """What one judge's call on one item came to."""

    judge: str
    prompt_hash: str | None = None
    unscored: str | None = None
    returned: int = 0
    rejected: int = 0
    """Instances returned whose quote did not stand in the response."""
    tokens: int = 0
    """In and out; 0 for a judge that needs none."""
    cost: float | None = None
    """US dollars, None where no price is known."""


@dataclass(frozen=True)
class Record:
    """All that the card needs of one item; plain data, so that it can stand in a log."""

    level: str
    control: str | None
    hits: Mapping[str, Hits]
    calls: Mapping[str, Call] = field(default_factory=dict)
    """`grounding` and `behaviours` -> what was asked."""


read_record = TypeAdapter(Record).validate_python
"""A record out of what `asdict` made of one, as it stands in a log."""


@dataclass(frozen=True)
class Control:
    """A judge on the items of one control."""

    per_response: Estimate
    """False accepts per response."""
    share: Estimate
    """Share of responses with any false accept."""


@dataclass(frozen=True)
class Card:
    """What the bench says about a judge."""

    judge: str
    about: Mapping[str, Any]
    """Backend, profile, prompt hashes, seed, date."""
    n: int
    """Items, controls included."""
    lines: Mapping[str, Mapping[str, LineScore | None]]
    """Level, or all of them -> line -> score; None where the judge was not asked or cannot know. Without controls."""
    controls: Mapping[str, Control]
    unparsed: Estimate
    """Share of judge calls whose reply could not be used."""
    spans_rejected: Estimate | None
    """Share of the instances returned in an item whose quote is not there; None if none was returned."""
    tokens: Estimate
    """Per response, all calls together."""
    cost: Estimate | None
    """US dollars per response; None where no price is known."""


def make_record(bench: BenchItem, judged: Mapping[Judge, Judged], asked: Mapping[Judge, Sequence[str]]) -> Record:
    """Compare an item's judgements with its truth."""
    rows: dict[str, Hits] = {}
    for judge, answer in judged.items():
        if answer.found is not None:
            rows |= hits(bench, answer.found, asked[judge])
        elif "unscored" not in answer.metadata:
            rows |= number_hits(bench, answer.values)
    calls = {str(judge): _call(answer.metadata) for judge, answer in judged.items()}
    return Record(bench.level, bench.control, rows, calls)


def _call(metadata: Mapping[str, Any]) -> Call:
    each = metadata.get("panel") or [metadata]
    tallies = [one.get("tally") or {} for one in each]
    usages = [one.get("usage") or {} for one in each]
    costs = [usage["total_cost"] for usage in usages if usage.get("total_cost") is not None]
    return Call(
        judge=metadata["judge"],
        prompt_hash=metadata.get("prompt_hash"),
        unscored=metadata.get("unscored"),
        returned=sum(tally.get("returned", 0) for tally in tallies),
        rejected=sum(sum(tally.get("rejected", {}).values()) for tally in tallies),
        tokens=sum(usage.get("input_tokens", 0) + usage.get("output_tokens", 0) for usage in usages),
        cost=sum(costs) if costs else None,
    )


def make_card(records: Sequence[Record], about: Mapping[str, Any], *, seed: int = 0) -> Card:
    """Sum up a run.

    Args:
        records: One per item.
        about: What to say about the run: backend, profile, date and the like.
        seed: Of the resampling behind the intervals.
    """
    keys = [key for key in (*LINES, CHANGED) if key in LINES or any(key in record.hits for record in records)]
    controls = sorted({record.control for record in records if record.control is not None})
    calls = [call for record in records for call in record.calls.values()]
    hashes = {judge: call.prompt_hash for record in records for judge, call in record.calls.items() if call.prompt_hash}
    costs = [[call.cost for call in record.calls.values() if call.cost is not None] for record in records]
    shares = [
        sum(call.rejected for call in record.calls.values()) / returned
        for record in records
        if (returned := sum(call.returned for call in record.calls.values()))
    ]
    return Card(
        judge=", ".join(sorted({call.judge for call in calls})) or "none",
        about={**about, "prompt_hash": hashes} if hashes else dict(about),
        n=len(records),
        lines={
            level: {key: line_score([one.hits[key] for one in those if key in one.hits], seed=seed) for key in keys}
            for level in (*get_args(Level), ALL)
            if (those := [one for one in records if one.control is None and level in (one.level, ALL)])
        },
        controls={control: _control([one for one in records if one.control == control], seed) for control in controls},
        unparsed=mean_estimate([float(call.unscored is not None) for call in calls], seed=seed),
        spans_rejected=mean_estimate(shares, seed=seed) if shares else None,
        tokens=mean_estimate([float(sum(c.tokens for c in record.calls.values())) for record in records], seed=seed),
        cost=mean_estimate([sum(one) for one in costs], seed=seed) if any(costs) else None,
    )


def _control(records: Sequence[Record], seed: int) -> Control:
    wrong = [false_accepts(record.hits) for record in records if record.hits]
    return Control(
        mean_estimate([float(number) for number in wrong], seed=seed),
        mean_estimate([float(number > 0) for number in wrong], seed=seed),
    )


def headline(card: Card) -> dict[str, float]:
    """The numbers that Inspect shows: F1 per line, false accepts per control item, the share of replies not read."""
    numbers = {f"f1_{key}": line.f1.value for key, line in card.lines.get(ALL, {}).items() if line}
    numbers |= {f"false_accepts_{name}": control.per_response.value for name, control in card.controls.items()}
    return {key: value for key, value in (numbers | {"unparsed": card.unparsed.value}).items() if not isnan(value)}


def write_card(card: Card, folder: Path) -> Path:
    """Write `judge_card.json` and `judge_card.md`.

    Returns:
        The path of the latter.

    Raises:
        UserError: If the folder cannot be written to.
    """
    make_folder(folder)
    write_whole(folder / "judge_card.json", json.dumps(jsonable(as_data(card)), indent=2, ensure_ascii=False) + "\n")
    return write_whole(folder / "judge_card.md", markdown(card))


def as_data(card: Card) -> dict[str, Any]:
    """The card as plain data; a line that was not judged is the string `not judged`."""
    data = asdict(card, dict_factory=_fields)
    for lines in data["lines"].values():
        lines.update({key: NOT_JUDGED for key, line in lines.items() if line is None})
    return data


def _fields(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Of an estimate the number, its interval and n: the rest is the same for all."""
    fields = dict(pairs)
    return {key: fields[key] for key in ("value", "low", "high", "n")} if "standard_error" in fields else fields


# --- the page ---------------------------------------------------------------------------------------------------------
def markdown(card: Card) -> str:
    """The card as a page."""

    def f1(line: LineScore | None) -> str:
        return f"{_shown(line.f1)}, n={line.items}" if line else NOT_JUDGED

    told = {
        key: ", ".join(f"{judge} {one}" for judge, one in value.items()) if isinstance(value, dict) else value
        for key, value in card.about.items()
        if value is not None
    }
    keys = [*card.lines.get(ALL, LINES)]
    about = "; ".join(f"{key}: {value}" for key, value in told.items())
    costs = [
        ("judge calls that could not be read", card.unparsed),
        ("spans returned that are not in the response", card.spans_rejected),
        ("tokens a response", card.tokens),
        ("US dollars a response", card.cost),
    ]
    parts = [
        f"# Judge card: {card.judge}",
        f"{card.n} items of the planted-truth bench. {about}.",
        "Intervals are 95 % bootstrap intervals over items. n is the number of items, controls left out; planted is "
        "the number of instances. The truth is planted by code over a table of textbook knowledge that no clinician "
        "has reviewed: the card compares judges, and does not say how good one is on real responses.",
        "## F1 by level",
        _table(["", *card.lines], [[_label(key), *map(f1, (of[key] for of in card.lines.values()))] for key in keys]),
        "## All levels",
        _table(["", "n", "planted", "precision", "recall", "F1", "count bias"], [_overall(card, key) for key in keys]),
        "Count bias is the judge's count minus the planted one, a response.",
        "## False accepts",
        _table(
            ["control", "n", "a response", "share of responses"],
            [[name, str(c.share.n), _shown(c.per_response), _shown(c.share)] for name, c in card.controls.items()],
        ),
        "## Replies and cost",
        _table(
            ["", "", "n"],
            [[name, _shown(one) if one else "not known", str(one.n if one else 0)] for name, one in costs],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _overall(card: Card, key: str) -> list[str]:
    line = card.lines.get(ALL, {}).get(key)
    if line is None:
        return [_label(key), *[NOT_JUDGED] * 6]
    numbers = [_shown(one) for one in (line.precision, line.recall, line.f1, line.bias)]
    return [_label(key), str(line.items), str(line.true), *numbers]


def _shown(one: Estimate) -> str:
    digits = 0 if one.value >= 100 else 4 if 0 < abs(one.value) < 0.005 else 2
    if isnan(one.value):
        return "none"
    return f"{one.value:,.{digits}f} ({one.low:,.{digits}f} to {one.high:,.{digits}f})"


def _label(key: str) -> str:
    if key == CHANGED:
        return f"citations of the value that a twin changed (`{key}`)"
    return f"{METRICS[key].label} (`{key}`)" if key in METRICS else "rejections, for any reason or none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
