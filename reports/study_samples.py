"""The disagreement browser: what a judge and raters marked in single responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinical_r1.reports.palette import INK
from clinical_r1.reports.reader import SamplePair, Side

from clinical_r1.choices import extract_answer
from clinical_r1.metrics import METRICS
from clinical_r1.study.disagreements import Disagreement
from clinical_r1.study.folder import Folder
from clinical_r1.study.labelled import Labelled
from clinical_r1.study.protocol import Answer, Marks

MOST_NOTES = 600
"""Characters of a rater's note that are shown."""


@dataclass(frozen=True)
class ShownItem:
    """An item as raters saw it."""

    question: str
    options: Mapping[str, str]
    """Letter -> text."""
    facts: Sequence[str]
    text: str
    """The response."""
    target: str
    """Letter of the right option; empty where it is not known."""
    judge_spans: Sequence[Mapping[str, Any]] = ()
    """The first judge's, offsets in `text`."""
    rater_spans: Sequence[Mapping[str, Any]] = ()
    """Of all raters."""
    notes: Mapping[str, str] | None = None
    """Rater -> what he or she wrote about the item: any text."""


def shown_items(folder: Folder, ids: Sequence[str]) -> dict[str, ShownItem]:
    """Items of a study as the browser takes them.

    Args:
        folder: The study, with the judge's spans in its key.
        ids: Which items.
    """
    return {id: _shown(folder, id) for id in ids}


def _shown(folder: Folder, id: str) -> ShownItem:
    item, key = folder.items[id], folder.key.items[id]
    answers = {rater: file.items[id] for rater, file in folder.answers.items() if id in file.items}
    notes = {}
    for rater, answer in answers.items():
        reason = f"cannot judge: {answer.reason}" if answer.status == "cannot_judge" else answer.reason
        notes[rater] = " ".join(filter(None, (reason.strip(), answer.notes.strip())))
    return ShownItem(
        question=item.question,
        options=item.options,
        facts=item.facts,
        text=item.text,
        target=key.target,
        judge_spans=key.judge_spans,
        rater_spans=[span for answer in answers.values() for span in _records(answer)],
        notes=notes,
    )


def _records(answer: Answer) -> list[dict[str, Any]]:
    """A rater's marks as the records of judges' spans."""
    return [{"of": name, **mark.model_dump()} for name in Marks.model_fields for mark in answer.marks.of(name)]


def sample_pairs(
    chosen: Sequence[Disagreement], items: Mapping[str, ShownItem], labelled: Labelled, colour: str = ""
) -> list[SamplePair]:
    """Items for the reader, the judge at the left and raters at the right.

    Args:
        chosen: Which items, in order.
        items: Id -> item.
        labelled: The study.
        colour: Of the judge in figures.
    """
    judge = next(iter(labelled.judges), "judge")
    return [_pair(one, items[one.item], labelled, judge, colour) for one in chosen if one.item in items]


def _pair(one: Disagreement, item: ShownItem, labelled: Labelled, judge: str, colour: str) -> SamplePair:
    facts: dict[str, Any] = {str(name): value for name, value in labelled.items.loc[one.item].items()}
    answer = extract_answer(item.text, dict(item.options)).letter
    shared: dict[str, Any] = {
        "response": item.text,
        "answer": answer,
        "correct": None if facts["correct"] is None else bool(facts["correct"]),
        "words": int(facts["words"]) if facts["words"] == facts["words"] else None,
    }
    numbers = {
        METRICS[key].label: value
        for key in labelled.keys
        if (value := _of_judge(labelled, judge, key, one.item)) is not None
    }
    return SamplePair(
        id=f"{one.item}: {facts['checkpoint']}, {facts['question']}",
        benchmark=str(facts["benchmark"]),
        question=item.question,
        options=dict(item.options),
        target=item.target,
        why=one.why,
        sides=[
            Side(judge, spans=item.judge_spans, numbers=numbers, colour=colour, **shared),
            Side(
                "raters",
                spans=item.rater_spans,
                numbers=_said(labelled, one.item, item.notes or {}),
                colour=INK,
                **shared,
            ),
        ],
        facts=list(item.facts),
    )


def _of_judge(labelled: Labelled, judge: str, key: str, item: str) -> float | None:
    return labelled.judges.get(judge, {}).get(key, {}).get(item)


def _said(labelled: Labelled, item: str, notes: Mapping[str, str]) -> dict[str, float | str | None]:
    """What raters gave, and what they wrote."""
    found: dict[str, float | str | None] = {}
    for key in labelled.keys:
        given = {rater: row[item] for rater, row in labelled.ratings.get(key, {}).items() if item in row}
        if given:
            found[METRICS[key].label] = "; ".join(f"{rater} {_number(value)}" for rater, value in given.items())
    for rater, note in notes.items():
        if note.strip():
            found[f"note of {rater}"] = note[:MOST_NOTES] + ("…" if len(note) > MOST_NOTES else "")
    return found


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
