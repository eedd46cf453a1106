"""A study in memory: items as raters see them, the key that says where they come from, and the protocol.

Raters go by the facts of a case that the judge went by, so that shares of facts cited can be compared.
"""

import asyncio
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from random import Random
from typing import Any, Literal

import clinical_r1
from clinical_r1.choices import LETTERS
from clinical_r1.errors import UserError, names_near
from clinical_r1.judging.facts import cache_folder, case_facts
from clinical_r1.judging.rubric import load_rubric
from clinical_r1.logs import LogSet, Run, ShownSample, read_texts
from clinical_r1.metrics import keys_of, lists_of
from clinical_r1.sentences import Sentence
from clinical_r1.study.content import Shown, shown_response, spans_shown
from clinical_r1.study.draw import ACTIVE_FLOOR, Draw, Drawn, Frame, Slot, assign, draw_questions, frame_of, order
from clinical_r1.study.expected_errors import ExpectedErrors, expected_errors
from clinical_r1.study.protocol import (
    METRIC_NAMES,
    SCHEMA,
    Asked,
    ItemsFile,
    KeyFile,
    KeyItem,
    Protocol,
    RubricNote,
    StudyItem,
    six_digits,
)
from clinical_r1.untrusted import escape_controls


# --- responses that are labelled --------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Unit:
    """One response to a drawn question."""

    drawn: Drawn
    run: Run
    row: Mapping[str, Any]
    """Of `clinical_r1.logs.LogSet.responses`."""
    sample: ShownSample
    shown: Shown
    """The response as raters see it."""

    @property
    def counted_facts(self) -> int | None:
        """Facts of the case that the judge went by; None if it did not judge."""
        return None if isnan(self.row["facts"]) else int(self.row["facts"])


def _units(log_set: LogSet, frame: Frame, draw: Draw) -> list[Unit]:
    """The responses of all compared checkpoints to each drawn question, question by question."""
    chosen = [(drawn, checkpoint) for drawn in draw.questions for checkpoint in frame.checkpoints]
    wanted = [(name, one.candidate.benchmark, one.candidate.question, one.epoch) for one, name in chosen]
    runs = [frame.runs[checkpoint, benchmark] for checkpoint, benchmark, _, _ in wanted]
    places = [(run.index, question, epoch) for run, (_, _, question, epoch) in zip(runs, wanted, strict=True)]
    texts = read_texts(log_set, places)
    kept = frame.rows[frame.rows.index.isin(wanted)]
    rows = dict(zip(kept.index, kept.to_dict("records"), strict=True))
    return [
        Unit(drawn, run, rows[row], texts[place], shown_response(texts[place].item.response))
        for (drawn, _), run, row, place in zip(chosen, runs, wanted, places, strict=True)
    ]


def _study_item(unit: Unit, id: str, facts: Sequence[str]) -> StudyItem:
    """What raters see of a response."""
    return StudyItem(
        id=id,
        question=escape_controls(unit.sample.item.stem).strip(),
        options={letter: " ".join(escape_controls(text).split()) for letter, text in unit.sample.item.options.items()},
        facts=list(facts),
        sections=list(unit.shown.sections),
        text=unit.shown.text,
        negated=bool(unit.row["negated"]),
        has_case=bool(unit.row["has_case"]),
        truncated=bool(unit.row["truncated"]),
    )


def _key_item(unit: Unit, metrics: Sequence[str], reasons: Sequence[str], repeat_of: str | None) -> KeyItem:
    """What the key says of a response; `reasons` are judges whose reasons for missing numbers are noted."""
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
        target=unit.sample.item.target,
        answer=LETTERS[place] if place >= 0 else None,
        correct=bool(row["answer"] == 1),
        words=len(unit.shown.text.split()) if isnan(row["words"]) else int(row["words"]),
        facts=unit.counted_facts,
        judge={key: None if isnan(row[key]) else six_digits(row[key]) for key in keys_of(tuple(metrics))},
        judge_reasons={kind: why if isinstance(why := row[f"{kind}_reason"], str) else None for kind in reasons},
        judge_spans=spans_shown(unit.sample.spans, lists_of(metrics), unit.shown.offsets, unit.shown.text),
        offsets=[(piece.start, piece.end, piece.raw_start, piece.raw_end) for piece in unit.shown.offsets.pieces],
        logs=[path if "://" in path else str(Path(path).resolve()) for path in run.paths],
    )


# --- facts of their cases ---------------------------------------------------------------------------------------------
FactsBy = Literal["judge", "rules"]
"""Whose list it is: the judge's, or the one that rules make."""


def inventories(units: Sequence[Unit], by: FactsBy) -> tuple[list[tuple[str, ...]], list[str]]:
    """Facts of the case of each response.

    Args:
        units: The responses.
        by: Whose list. Where the judge had none (there was no judge, or its list failed), it is that of the rules.

    Returns:
        The facts, one line per fact, and sentences about questions where they are others than the judge's.

    Raises:
        UserError: If a model listed the facts that the judge went by, and they are not on this machine.
    """
    found: list[tuple[str, ...]] = []
    other: set[str] = set()
    for unit in units:
        facts = _facts(unit, by) if unit.row["has_case"] else ()
        if unit.row["has_case"] and unit.counted_facts not in (None, len(facts)):
            other.add(unit.drawn.candidate.question)
        found.append(tuple(" ".join(escape_controls(fact.text).split()) for fact in facts))
    note = (
        f"Questions that have another number of facts than the judge went by: {len(other)} "
        f"({', '.join(sorted(other)[:3])}). Shares of facts cited do not compare there."
    )
    return found, [note] if other else []


def _facts(unit: Unit, by: FactsBy) -> tuple[Sentence, ...]:
    judge, stem = unit.run.grounding_judge, unit.sample.item.stem
    said = re.search(r"facts by (\w+)", judge or "")  # in its identity, see `clinical_r1.logs.table.identity`
    by_model = said[1] == "llm" if said else judge is not None and not judge.startswith("rules (")
    if by == "rules" or not unit.counted_facts or not by_model:
        return asyncio.run(case_facts(stem, "rules")).facts
    try:
        return asyncio.run(case_facts(stem, "llm")).facts
    except ValueError as error:
        raise UserError(
            f"question {unit.drawn.candidate.question}: the facts that the judge's model listed are not in "
            f"{cache_folder()}: name their folder in CLINICAL_R1_CACHE, or use --facts rules"
        ) from error


# --- items, key and protocol ------------------------------------------------------------------------------------------
ALL_RATERS = 120
"""Items up to which every rater labels every one, unless told otherwise."""
OVERLAP = 3
"""Raters per item in a larger study, unless told otherwise."""
REPEATS = 0.05
"""Share of a rater's items that come twice, unless told otherwise."""
PRACTICE = 2
"""Practice items with feedback before a form's first item, unless told otherwise."""
NOT_FOR_RATERS = (
    "NOT for raters: this file says which model wrote each item, what the judge found in it, and which option is right."
)


@dataclass(frozen=True)
class Settings:
    """What a study is to be."""

    metrics: tuple[str, ...]
    items: int
    """Responses to label; rounded down to whole questions."""
    raters: int
    overlap: int | None = None
    """Raters per item; by default all for up to `ALL_RATERS` items, else `OVERLAP`."""
    seed: int = 0
    title: str = "Study of clinical reasoning"
    notes: tuple[str, ...] = ()
    """Paragraphs that raters read before they begin."""
    repeats: float = REPEATS
    facts: FactsBy = "judge"
    claims: Literal["all", "errors"] = "all"
    """Whether raters mark every claim, or only wrong ones."""
    practice: int = PRACTICE
    """Practice items with feedback before a form's first item, at most `PRACTICE`."""
    draw: Literal["stratified", "active"] = "stratified"
    """Whether every question of a stratum is as likely, or those on which the judge may err are likelier."""
    floor: float = ACTIVE_FLOOR
    """Of an active draw, see `clinical_r1.study.draw.draw_questions`."""

    def __post_init__(self) -> None:
        """Check what no type says."""
        unknown = [name for name in self.metrics if name not in METRIC_NAMES]
        if unknown or not self.metrics:
            named = ",".join(unknown)
            raise UserError(f"--metrics {named}: allowed are {names_near(named, METRIC_NAMES)}")
        if self.items < 1 or self.raters < 1:
            raise UserError("--items and --raters: allowed are whole numbers from 1")
        if self.overlap is not None and not 1 <= self.overlap <= self.raters:
            raise UserError(f"--overlap {self.overlap}: allowed is 1 to the number of raters, {self.raters}")
        if not 0 <= self.repeats <= 0.5:
            raise UserError(f"--repeats {self.repeats}: allowed is 0 to 0.5")
        if not 0 <= self.practice <= PRACTICE:
            raise UserError(f"--practice {self.practice}: allowed is 0 to {PRACTICE}")
        if not 0 < self.floor <= 1:
            raise UserError(f"--floor {self.floor}: allowed is more than 0 and at most 1")
        if self.claims == "errors" and ("faithfulness" in self.metrics or "hallucination" not in self.metrics):
            raise UserError(
                "--claims errors: raters mark wrong claims alone, so --metrics needs hallucination and cannot have "
                "faithfulness, which counts supported claims"
            )

    @property
    def asked(self) -> Asked:
        """What raters are asked beside the metrics."""
        return Asked(claims=self.claims, harm="claims" in lists_of(self.metrics), accept=True, practice=self.practice)

    @property
    def raters_per_item(self) -> int:
        """The overlap that holds."""
        if self.overlap is not None:
            return self.overlap
        return self.raters if self.items <= ALL_RATERS else min(OVERLAP, self.raters)

    @property
    def command(self) -> str:
        """The command without the logs' names, which may be those of models."""
        words = ["--metrics", ",".join(self.metrics), "--items", self.items, "--raters", self.raters]
        words += ["--overlap", self.raters_per_item, "--repeats", self.repeats, "--seed", self.seed]
        words += ["--facts", self.facts, "--title", self.title]
        words += [word for note in self.notes for word in ("--note", note)]
        words += ["--claims", self.claims] * (self.claims != "all")
        words += ["--practice", self.practice] * (self.practice != PRACTICE)
        words += ["--draw", self.draw, "--floor", self.floor] * (self.draw != "stratified")
        return f"clinical-r1 study new LOGS {shlex.join(map(str, words))}"


@dataclass(frozen=True)
class Material:
    """A study in memory."""

    protocol: Protocol
    items: ItemsFile
    key: KeyFile
    """Its `files` are not known yet."""
    notes: tuple[str, ...]
    """Sentences for whoever makes the study."""

    def of(self, rater: str) -> ItemsFile:
        """The items of one rater, in the rater's order."""
        known = {item.id: item for item in self.items.items}
        return self.items.model_copy(update={"items": [known[id] for id in self.protocol.orders[rater]]})


def make_material(
    log_set: LogSet, settings: Settings, *, created: str, command: str, judged: Sequence[LogSet] = ()
) -> Material:
    """Draw questions from a set of logs and make items of the responses to them.

    Args:
        log_set: All its runs are compared; labels are those of `clinical_r1.analysis.sides.labelled`.
        settings: See there.
        created: The time, ISO 8601 in UTC.
        command: As the user typed it; it goes into the key alone, as it may name models.
        judged: The same logs as other judges scored them, by whose disagreement an active draw may go.

    Raises:
        UserError: If the study cannot be made from these logs.
    """
    frame = frame_of(log_set, settings.metrics)
    errors = expected_errors(frame, settings.metrics, [log_set, *judged]) if settings.draw == "active" else None
    draw = _draw(frame, settings, errors)
    active = [f"Drawn by expected error of the judge: {errors.sign}; floor {settings.floor:g}."] if errors else []
    units = _units(log_set, frame, draw)
    facts, about_facts = inventories(units, settings.facts) if "grounding" in frame.judges else ([()] * len(units), [])
    slots = _slots(len(draw.questions), len(frame.checkpoints), settings)
    every = sorted({slot for given in slots.values() for slot in given})
    width = max(3, len(str(len(every))))
    by_id = {  # ids tell nothing: they are in random order
        f"i{number:0{width}d}": slot
        for number, slot in enumerate(Random(f"{settings.seed}:ids").sample(every, len(every)), 1)
    }
    ids = {slot: id for id, slot in by_id.items()}
    items = [_study_item(units[slot.item], id, facts[slot.item]) for id, slot in by_id.items()]
    originals = {id: ids[Slot(slot.item, again=False)] if slot.again else None for id, slot in by_id.items()}
    key = {id: _key_item(units[slot.item], settings.metrics, frame.judges, originals[id]) for id, slot in by_id.items()}
    orders = {rater: [ids[slot] for slot in given] for rater, given in slots.items()}
    name = _study_id(settings, orders, items, key)
    all_of = f"the responses of all {len(frame.checkpoints)} checkpoints to a question are labelled."
    rounded = [f"{len(units)} items, not {settings.items}: {all_of}"] if len(units) != settings.items else []
    named = _named([one for one in items if originals[one.id] is None], frame)
    return Material(
        _protocol(name, settings, frame, draw, orders, created),
        ItemsFile(study=name, metrics=list(settings.metrics), asked=settings.asked, items=items),
        KeyFile(
            note=NOT_FOR_RATERS,
            study=name,
            command=command,
            checkpoints=list(frame.checkpoints),
            judges=_judges(frame),
            strata=list(draw.strata),
            items=key,
            files={},
        ),
        (*log_set.notes, *frame.notes, *active, *rounded, *about_facts, *named),
    )


def _draw(frame: Frame, settings: Settings, errors: ExpectedErrors | None) -> Draw:
    number, checkpoints, there = settings.items // len(frame.checkpoints), len(frame.checkpoints), len(frame.candidates)
    if not number:
        raise UserError(f"--items {settings.items}: fewer than the checkpoints compared, {checkpoints}")
    if number > there:
        raise UserError(
            f"--items {settings.items}: {there:,} questions can be drawn, which are {there * checkpoints:,} items with "
            f"{checkpoints} checkpoints"
        )
    of = errors.of if errors else None
    return draw_questions(frame.candidates, number, settings.seed, errors=of, floor=settings.floor)


def _slots(questions: int, checkpoints: int, settings: Settings) -> dict[str, list[Slot]]:
    """The order of each rater; the responses to one question go to the same raters."""
    raters = [f"r{number}" for number in range(1, settings.raters + 1)]
    chosen = assign(questions, raters, settings.raters_per_item, settings.seed)
    orders = {}
    for rater in raters:
        mine = [question for question, whose in enumerate(chosen) if rater in whose]
        items = [question * checkpoints + place for question in mine for place in range(checkpoints)]
        orders[rater] = order(items, settings.repeats, rater, settings.seed)
    return orders


def _study_id(
    settings: Settings, orders: Mapping[str, Sequence[str]], items: Sequence[StudyItem], key: Mapping[str, KeyItem]
) -> str:
    """The same study has the same name, wherever and whenever it is made."""
    origins = {id: (one.checkpoint, one.benchmark, one.question, one.epoch) for id, one in key.items()}
    content = [
        SCHEMA,
        settings.metrics,
        settings.asked.model_dump(),
        orders,
        [item.model_dump() for item in items],
        origins,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _protocol(
    name: str, settings: Settings, frame: Frame, draw: Draw, orders: Mapping[str, list[str]], created: str
) -> Protocol:
    rubrics = {kind: load_rubric(kind) for kind in frame.judges}
    return Protocol(
        study=name,
        created=created,
        title=settings.title,
        notes=list(settings.notes),
        seed=settings.seed,
        metrics=list(settings.metrics),
        asked=settings.asked,
        raters=list(orders),
        items=len(draw.questions) * len(frame.checkpoints),
        questions=len(draw.questions),
        checkpoints=len(frame.checkpoints),
        overlap=settings.raters_per_item,
        repeats=settings.repeats,
        benchmarks=sorted({stratum.benchmark for stratum in draw.strata}),
        orders=dict(orders),
        command=settings.command,
        version=clinical_r1.__version__,
        rubrics={kind: RubricNote(version=rubric.version, hash=rubric.hash) for kind, rubric in rubrics.items()},
    )


def _judges(frame: Frame) -> dict[str, str | None]:
    """Whose scores stand in the key; None where there are none."""
    found: dict[str, str | None] = {}
    for kind in frame.judges:
        names = sorted({name for run in frame.runs.values() if (name := getattr(run, f"{kind}_judge"))})
        if len(names) > 1:
            raise UserError(f"{kind}: runs have scores of different judges ({', '.join(names)}): name one with --judge")
        found[kind] = names[0] if names else None
    return found


# --- what to tell -----------------------------------------------------------------------------------------------------
def _named(items: Sequence[StudyItem], frame: Frame) -> list[str]:
    """A sentence about responses that themselves name a checkpoint."""
    names = {name for run in frame.runs.values() for name in (run.checkpoint, run.model, run.model.rsplit("/", 1)[-1])}
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names) if len(name) > 4)
    found = [item.id for item in items if pattern and re.search(pattern, item.text, re.IGNORECASE)]
    if not found:
        return []
    return [f"{len(found)} responses name a checkpoint themselves ({', '.join(found[:5])}): raters will read it."]
