"""The responses that a study labels, and what the key says about each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from clinical_r1.choices import LETTERS
from clinical_r1.logs import Run, ShownSample, Study, read_texts
from clinical_r1.logs.texts import Place
from clinical_r1.metrics import keys_of
from clinical_r1.study.content import Shown, shown_response
from clinical_r1.study.draw import Draw, Drawn
from clinical_r1.study.frame import Frame
from clinical_r1.study.protocol import KeyItem, StudyItem, marks_of, six_digits
from clinical_r1.visible import visible


@dataclass(frozen=True, eq=False)
class Unit:
    """One response to a drawn question."""

    drawn: Drawn
    run: Run
    row: Mapping[str, Any]
    """Of `clinical_r1.logs.Study.responses`."""
    sample: ShownSample
    shown: Shown
    """The response as raters see it."""

    @property
    def counted_facts(self) -> int | None:
        """Facts of the case that the judge went by; None if it did not judge."""
        return None if isnan(self.row["facts"]) else int(self.row["facts"])


def units_of(study: Study, frame: Frame, draw: Draw) -> list[Unit]:
    """The responses of all compared checkpoints to each drawn question, question by question.

    Args:
        study: Where their texts are.
        frame: The study's.
        draw: From this frame.

    Raises:
        UserError: If a log cannot be read any more.
    """
    chosen = [(drawn, checkpoint) for drawn in draw.questions for checkpoint in frame.checkpoints]
    runs = [frame.runs[checkpoint, drawn.candidate.benchmark] for drawn, checkpoint in chosen]
    texts = read_texts(study, [_place(run, drawn) for run, (drawn, _) in zip(runs, chosen, strict=True)])
    return [
        Unit(drawn, run, row, sample, shown_response(sample.response))
        for (drawn, _), run, row in zip(chosen, runs, _rows(frame, chosen), strict=True)
        for sample in (texts[_place(run, drawn)],)
    ]


def _place(run: Run, drawn: Drawn) -> Place:
    return run.index, drawn.candidate.question, drawn.epoch


def _rows(frame: Frame, chosen: Sequence[tuple[Drawn, str]]) -> Iterator[Mapping[str, Any]]:
    wanted = [(name, drawn.candidate.benchmark, drawn.candidate.question, drawn.epoch) for drawn, name in chosen]
    kept = frame.rows[frame.rows.index.isin(wanted)]
    records = dict(zip(kept.index, kept.to_dict("records"), strict=True))
    return (records[place] for place in wanted)


def study_item(unit: Unit, id: str, facts: Sequence[str]) -> StudyItem:
    """What raters see of a response.

    Args:
        unit: The response.
        id: Its opaque id.
        facts: Of its case.
    """
    return StudyItem(
        id=id,
        question=visible(unit.sample.question).strip(),
        options={letter: " ".join(visible(text).split()) for letter, text in unit.sample.options.items()},
        facts=list(facts),
        sections=list(unit.shown.sections),
        text=unit.shown.text,
        negated=bool(unit.row["negated"]),
        has_case=bool(unit.row["has_case"]),
        truncated=bool(unit.row["truncated"]),
    )


def key_item(unit: Unit, metrics: Sequence[str], reasons: Sequence[str], repeat_of: str | None) -> KeyItem:
    """What the key says of a response.

    Args:
        unit: The response.
        metrics: What raters are asked for.
        reasons: Judges whose reasons for missing numbers are noted.
        repeat_of: Id of the item that this one repeats.
    """
    row, drawn, run = unit.row, unit.drawn, unit.run
    place = int(row["shown_position"])
    return KeyItem(
        run=run.index,
        checkpoint=run.checkpoint,
        model=run.model,
        benchmark=drawn.candidate.benchmark,
        question=drawn.candidate.question,
        epoch=drawn.epoch,
        stratum=drawn.stratum,
        inclusion=float(drawn.inclusion),
        weight=float(1 / drawn.inclusion),
        epochs=len(drawn.candidate.epochs),
        repeat_of=repeat_of,
        target=unit.sample.target,
        answer=LETTERS[place] if place >= 0 else None,
        correct=bool(row["answer"] == 1),
        words=len(unit.shown.text.split()) if isnan(row["words"]) else int(row["words"]),
        facts=unit.counted_facts,
        judge={key: None if isnan(row[key]) else six_digits(row[key]) for key in keys_of(tuple(metrics))},
        judge_reasons={kind: _text(row[f"{kind}_reason"]) for kind in reasons},
        judge_spans=list(_spans(unit, {marks_of(metric) for metric in metrics})),
        offsets=[(piece.start, piece.end, piece.raw_start, piece.raw_end) for piece in unit.shown.offsets.pieces],
        logs=[path if "://" in path else str(Path(path).resolve()) for path in run.paths],
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _spans(unit: Unit, lists: set[str]) -> Iterator[dict[str, Any]]:
    """What the judge found in some lists, with offsets of the text shown."""
    for span in unit.sample.spans:
        placed = _placed(span, unit.shown)
        if span.get("of") in lists and placed:
            then = span.get("then")
            yield span | placed | ({"then": _placed(then, unit.shown)} if then else {})


def _placed(span: Mapping[str, Any], shown: Shown) -> dict[str, Any] | None:
    place = shown.offsets.to_shown(int(span["start"]), int(span["end"]))
    return {"start": place[0], "end": place[1], "text": shown.text[slice(*place)]} if place else None
