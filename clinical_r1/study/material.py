"""What a study holds, made in memory: items as raters see them, the key to where they come from, the protocol."""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import clinical_r1
from clinical_r1.errors import UserError
from clinical_r1.judging.rubric import load_rubric
from clinical_r1.logs import Study
from clinical_r1.study.draw import Draw, draw_questions
from clinical_r1.study.frame import Frame, frame_of
from clinical_r1.study.inventories import FactsBy, inventories
from clinical_r1.study.orders import Slot, assign, order, shuffled
from clinical_r1.study.protocol import (
    METRICS,
    SCHEMA,
    ItemsFile,
    KeyFile,
    KeyItem,
    Protocol,
    RubricNote,
    StratumNote,
    StudyItem,
)
from clinical_r1.study.units import key_item, study_item, units_of

ALL_RATERS = 120
"""Items up to which every rater labels every one, unless told otherwise."""
OVERLAP = 3
"""Raters an item in a larger study, unless told otherwise."""
REPEATS = 0.05
"""Share of a rater's items that come twice, unless told otherwise."""
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
    """Raters an item; by default all for up to `ALL_RATERS` items, else `OVERLAP`."""
    seed: int = 0
    title: str = "Study of clinical reasoning"
    repeats: float = REPEATS
    facts: FactsBy = "judge"

    def __post_init__(self) -> None:
        """Check what no type says."""
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise UserError(f"--metrics {','.join(unknown)}: allowed are {', '.join(METRICS)}")
        if self.items < 1 or self.raters < 1:
            raise UserError("--items and --raters: allowed are whole numbers from 1")
        if self.overlap is not None and not 1 <= self.overlap <= self.raters:
            raise UserError(f"--overlap {self.overlap}: allowed is 1 to the number of raters, {self.raters}")
        if not 0 <= self.repeats <= 0.5:
            raise UserError(f"--repeats {self.repeats}: allowed is 0 to 0.5")

    @property
    def raters_an_item(self) -> int:
        """The overlap that holds."""
        if self.overlap is not None:
            return self.overlap
        return self.raters if self.items <= ALL_RATERS else min(OVERLAP, self.raters)

    @property
    def command(self) -> str:
        """The command without the logs' names, which may be those of models."""
        words = ["--metrics", ",".join(self.metrics), "--items", self.items, "--raters", self.raters]
        words += ["--overlap", self.raters_an_item, "--repeats", self.repeats, "--seed", self.seed]
        words += ["--facts", self.facts, "--title", self.title]
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


def make_material(study: Study, settings: Settings, *, created: str, command: str) -> Material:
    """Draw questions from a set of logs and make items of the responses to them.

    Args:
        study: All its runs are compared; labels are those of `clinical_r1.analysis.arms.labelled`.
        settings: See there.
        created: The time, ISO 8601 in UTC.
        command: As the user typed it; it goes into the key alone, as it may name models.

    Raises:
        UserError: If the study cannot be made from these logs.
    """
    frame = frame_of(study, settings.metrics)
    draw = _draw(frame, settings)
    units = units_of(study, frame, draw)
    facts, about_facts = inventories(units, settings.facts) if "grounding" in frame.judges else ([()] * len(units), [])
    slots = _slots(len(draw.questions), len(frame.checkpoints), settings)
    ids = _ids(slots, settings.seed)
    by_id = {id: slot for slot, id in sorted(ids.items(), key=lambda named: named[1])}
    items = [study_item(units[slot.item], id, facts[slot.item]) for id, slot in by_id.items()]
    originals = {id: ids[Slot(slot.item, again=False)] if slot.again else None for id, slot in by_id.items()}
    key = {id: key_item(units[slot.item], settings.metrics, frame.judges, originals[id]) for id, slot in by_id.items()}
    orders = {rater: [ids[slot] for slot in given] for rater, given in slots.items()}
    name = _study_id(settings.metrics, orders, items, key)
    return Material(
        _protocol(name, settings, frame, draw, orders, created),
        ItemsFile(study=name, metrics=list(settings.metrics), items=items),
        _key_file(name, frame, draw, key, command),
        (
            *study.notes,
            *frame.notes,
            *_rounded(settings, len(units), frame),
            *about_facts,
            *_named([one for one in items if originals[one.id] is None], frame),
        ),
    )


def _draw(frame: Frame, settings: Settings) -> Draw:
    number, checkpoints, there = settings.items // len(frame.checkpoints), len(frame.checkpoints), len(frame.candidates)
    if not number:
        raise UserError(f"--items {settings.items}: fewer than the checkpoints compared, {checkpoints}")
    if number > there:
        raise UserError(
            f"--items {settings.items}: {there:,} questions can be drawn, which are {there * checkpoints:,} items with "
            f"{checkpoints} checkpoints"
        )
    return draw_questions(frame.candidates, number, settings.seed)


def _slots(questions: int, checkpoints: int, settings: Settings) -> dict[str, list[Slot]]:
    """The order of each rater; the responses to one question go to the same raters."""
    raters = [f"r{number}" for number in range(1, settings.raters + 1)]
    chosen = assign(questions, raters, settings.raters_an_item, settings.seed)
    orders = {}
    for rater in raters:
        mine = [question for question, whose in enumerate(chosen) if rater in whose]
        items = [question * checkpoints + place for question in mine for place in range(checkpoints)]
        orders[rater] = order(items, settings.repeats, rater, settings.seed)
    return orders


def _ids(slots: Mapping[str, Sequence[Slot]], seed: int) -> dict[Slot, str]:
    """Item or repeat -> an id that tells nothing."""
    every = sorted({slot for given in slots.values() for slot in given}, key=lambda slot: (slot.item, slot.again))
    width = max(3, len(str(len(every))))
    return {slot: f"i{number:0{width}d}" for number, slot in enumerate(shuffled(every, seed, "ids"), 1)}


def _study_id(
    metrics: Sequence[str], orders: Mapping[str, Sequence[str]], items: Sequence[StudyItem], key: Mapping[str, KeyItem]
) -> str:
    """The same study has the same name, wherever and whenever it is made."""
    origins = {id: (one.checkpoint, one.benchmark, one.question, one.epoch) for id, one in key.items()}
    content = [SCHEMA, metrics, orders, [item.model_dump() for item in items], origins]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _protocol(
    name: str, settings: Settings, frame: Frame, draw: Draw, orders: Mapping[str, list[str]], created: str
) -> Protocol:
    rubrics = {kind: load_rubric(kind) for kind in frame.judges}
    return Protocol(
        study=name,
        created=created,
        title=settings.title,
        seed=settings.seed,
        metrics=list(settings.metrics),
        raters=list(orders),
        items=len(draw.questions) * len(frame.checkpoints),
        questions=len(draw.questions),
        checkpoints=len(frame.checkpoints),
        overlap=settings.raters_an_item,
        repeats=settings.repeats,
        benchmarks=sorted({stratum.benchmark for stratum in draw.strata}),
        orders=dict(orders),
        command=settings.command,
        version=clinical_r1.__version__,
        rubrics={kind: RubricNote(version=rubric.version, hash=rubric.hash) for kind, rubric in rubrics.items()},
    )


def _key_file(name: str, frame: Frame, draw: Draw, items: dict[str, KeyItem], command: str) -> KeyFile:
    strata = [
        StratumNote(stratum=one.name, benchmark=one.benchmark, questions=one.questions, drawn=one.drawn)
        for one in draw.strata
    ]
    return KeyFile(
        note=NOT_FOR_RATERS,
        study=name,
        command=command,
        checkpoints=list(frame.checkpoints),
        judges=_judges(frame),
        strata=strata,
        items=items,
        files={},
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
def _rounded(settings: Settings, items: int, frame: Frame) -> list[str]:
    if items == settings.items:
        return []
    return [
        f"{items} items, not {settings.items}: the responses of all {len(frame.checkpoints)} checkpoints to a question "
        "are labelled."
    ]


def _named(items: Sequence[StudyItem], frame: Frame) -> list[str]:
    """A sentence about responses that themselves name a checkpoint."""
    names = {name for run in frame.runs.values() for name in (run.checkpoint, run.model, run.model.rsplit("/", 1)[-1])}
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names) if len(name) > 4)
    found = [item.id for item in items if pattern and re.search(pattern, item.text, re.IGNORECASE)]
    if not found:
        return []
    return [f"{len(found)} responses name a checkpoint themselves ({', '.join(found[:5])}): raters will read it."]
