"""The reward audit: how a cross-reference reward takes perturbed completions, behind `clinical-r1 rewards audit`.

Real completions, from `.eval` logs or from files with a row a completion, are changed in ways that should cost the
bonus, or should not (`perturbations`), and scored before and after by each detector of the strict profile and by the
released code. The released code has its own tags and its own rule for the bonus: it sees the same text with `<think>`
and `<answer>` as tags.

Completions of one question are not independent: intervals are clustered by question (`stats.estimates`).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from clinical_r1.choices import extract_answer
from clinical_r1.datasets.read import BadRecord, read_rows
from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.errors import UserError, nearest
from clinical_r1.item import Item
from clinical_r1.reward_audit.perturbations import PERTURBATIONS, Case, Perturbation, read_case, retagged
from clinical_r1.stats.estimates import mean, share
from clinical_r1.train.rewards import DETECTORS, Reward, crpo_reward, find_detector

if TYPE_CHECKING:
    from pandas import DataFrame


# --- completions ------------------------------------------------------------------------------------------------------
COLUMNS = ("completion", "target", "options", "question")
"""What a row must have; `id` is the question itself where there is none."""

FILES = (".jsonl", ".parquet")
"""Suffixes of files with a row a completion; anything else is read as logs."""


def completions_to_audit(paths: Sequence[Path]) -> Iterator[Item]:
    """Read completions from files and logs, in the order of the paths; samples that failed are left out.

    Args:
        paths: Logs, folders of them, and `.jsonl` or `.parquet` files with the columns `COLUMNS`. A completion is a
            text or a list of chat messages; options are a mapping or its JSON text.

    Raises:
        UserError: If a path is not there or a row cannot be used.
    """
    from clinical_r1.logs import read_completions

    for path in paths:
        if path.suffix.lower() in FILES:
            for row in read_rows(path):
                if isinstance(row, BadRecord):
                    raise UserError(str(row))
                yield _from_row(row.record, f"{path}:{row.number}")
        elif path.is_file() and path.suffix not in (".eval", ".json"):
            raise UserError(f"{path}: allowed are .eval and .json logs, folders of them, {' and '.join(FILES)} files")
        else:
            yield from (logged.item for logged in read_completions([path]) if logged.faulty is None)


def _from_row(record: Mapping[str, Any], where: str) -> Item:
    """The item of a row; messages say where the row stands."""
    missing = [name for name in COLUMNS if record.get(name) is None]
    if missing:
        raise UserError(f"{where}: no {', '.join(missing)}; a row has {', '.join(COLUMNS)}, and id if known")
    stem, target, options = str(record["question"]), str(record["target"]), _options(record["options"], where)
    if target not in options:
        raise UserError(f"{where}: target {target} is no option; allowed: {', '.join(options)}")
    id, text = record.get("id"), record["completion"]
    try:
        response = text if isinstance(text, str) else str(text[-1]["content"])
    except (LookupError, TypeError) as error:
        raise UserError(f"{where}: completion: allowed is a text, or a list of chat messages") from error
    return Item(
        id=stem if id is None else str(id),
        epoch=1,
        stem=stem,
        options=options,
        target=target,
        response=response,
        answer=extract_answer(response, options).letter,
        has_case=has_case(stem),
        negated=negated(stem),
        facts=(),
    )


def _options(options: object, where: str) -> dict[str, str]:
    if isinstance(options, str):
        try:
            options = json.loads(options)
        except ValueError as error:
            raise UserError(f"{where}: options: not JSON: {error}") from error
    if not isinstance(options, Mapping):
        raise UserError(f"{where}: options: allowed is a mapping of letters to texts, or its JSON text")
    # A parquet column of mappings has every letter that any row has.
    return {str(letter): str(text) for letter, text in options.items() if text is not None}


# --- the audit --------------------------------------------------------------------------------------------------------
DEFAULT_DETECTORS = ("presence", "lexical", "grounded", "specific")
RELEASED = "released"
"""Profile, and name of the rule that stands in the place of its detector."""


@dataclass(frozen=True)
class Audit:
    """The outcome of an audit."""

    table: "DataFrame"
    """A row a perturbation x profile x detector; columns are the fields of `Line`."""
    completions: int
    """Completions that were perturbed."""
    questions: int
    """Questions that they answer."""
    left_out: int
    """Completions left out, because a section is missing, empty or there twice."""


@dataclass(frozen=True)
class Line:
    """One row of the table. Shares are in [0, 1]; a share of nothing is NaN."""

    perturbation: str
    """Name in `clinical_r1.reward_audit.perturbations`."""
    should_keep: bool
    """Whether a robust reward keeps the bonus."""
    profile: str
    """`strict` or `released`."""
    detector: str
    """Cross-reference detector; `released` has one of its own."""
    completions: int
    """Completions to which the perturbation applies: the base of this row."""
    not_applicable: int
    """The other ones."""
    questions: int
    """Questions that the completions answer."""
    format: float
    """Share with the format reward, unperturbed."""
    format_low: float
    format_high: float
    bonus: float
    """Share with the cross-reference bonus, unperturbed."""
    bonus_low: float
    bonus_high: float
    with_bonus: int
    """Completions with the bonus, unperturbed."""
    kept: float
    """Share of these that keep it."""
    kept_low: float
    kept_high: float
    without_bonus: int
    """Completions without the bonus, unperturbed."""
    gained: float
    """Share of these that gain it."""
    gained_low: float
    gained_high: float
    takes_back: bool
    """Whether the answer is taken back, so that a robust reward does not count it any more."""
    right: int
    """Completions with the right answer, unperturbed."""
    stays_right: float
    """Share of these whose answer still counts."""
    stays_right_low: float
    stays_right_high: float
    change: float
    """Mean change of the total reward."""
    change_low: float
    change_high: float


Scorer = Callable[[Item, str], Reward]
"""Rewards the text of an item's completion, changed or not."""


def audit(
    completions: Iterable[Item],
    *,
    detectors: Sequence[str] = DEFAULT_DETECTORS,
    seed: int = 0,
    limit: int | None = None,
) -> Audit:
    """Perturb completions and score them before and after.

    Args:
        completions: Those without both sections are counted and left out.
        detectors: Names in `clinical_r1.train.rewards.DETECTORS`.
        seed: Of every random choice.
        limit: Audit only the first so many completions that have both sections.

    Raises:
        UserError: If a detector is unknown, or there is no completion with both sections.
    """
    import pandas as pd

    scorers = _scorers(detectors)
    read = 0
    cases: list[Case] = []
    for completion in completions:
        if limit is not None and len(cases) == limit:
            break
        read += 1
        if case := read_case(completion):
            cases.append(case)
    if not read:
        raise UserError("there is no completion to audit; samples that failed are left out")
    if not cases:
        raise UserError(f"none of {read} completions has both sections of the crpo format, each once and not empty")
    before = {key: [score(case.item, case.item.response) for case in cases] for key, score in scorers.items()}
    lines = [line for perturbation in PERTURBATIONS for line in _lines(perturbation, cases, before, scorers, seed)]
    table = pd.DataFrame([asdict(line) for line in lines])
    return Audit(table, len(cases), len({case.item.id for case in cases}), read - len(cases))


Key = tuple[str, str]
"""Profile and detector."""


def _scorers(detectors: Sequence[str]) -> dict[Key, Scorer]:
    for name in detectors:
        if name.partition(":")[0] not in DETECTORS:
            hint = nearest(name, DETECTORS)
            raise UserError(f"detectors: {name} is unknown{hint}; allowed: {', '.join(DETECTORS)}")
        find_detector(name)
    strict: dict[Key, Scorer] = {("strict", name): partial(_strict, name) for name in detectors}
    return {**strict, (RELEASED, RELEASED): _released}


def _strict(detector: str, item: Item, text: str) -> Reward:
    return crpo_reward(text, item.target, item.options, question=item.stem, cross_reference=detector)


def _released(item: Item, text: str) -> Reward:
    return crpo_reward(retagged(text, "think"), item.target, item.options, profile="released")


def _lines(
    perturbation: Perturbation,
    cases: Sequence[Case],
    before: Mapping[Key, Sequence[Reward]],
    scorers: Mapping[Key, Scorer],
    seed: int,
) -> list[Line]:
    """The rows of one perturbation."""
    texts = {}
    for place, case in enumerate(cases):
        rng = Random(f"{seed}:{perturbation.name}:{place}:{case.item.id}")
        text = perturbation.write(case, _other(case, cases, rng), rng)
        if text is not None:
            texts[place] = text
    ids = [cases[place].item.id for place in texts]
    lines = []
    for (profile, detector), score in scorers.items():
        old = [before[profile, detector][place] for place in texts]
        new = [score(cases[place].item, text) for place, text in texts.items()]
        counts = (len(texts), len(cases) - len(texts), len(set(ids)))
        head = (perturbation.name, perturbation.should_keep, profile, detector, *counts)
        lines.append(Line(*head, takes_back=perturbation.takes_back, **_figures(old, new, ids)))
    return lines


def _other(case: Case, cases: Sequence[Case], rng: Random) -> Case:
    """A case of another question; the case itself where there is none."""
    start = rng.randrange(len(cases))
    turned = (cases[(start + step) % len(cases)] for step in range(len(cases)))
    return next((other for other in turned if other.item.id != case.item.id), case)


def _figures(old: Sequence[Reward], new: Sequence[Reward], ids: Sequence[str]) -> dict[str, Any]:
    """The figures of a `Line`, from `format` on."""
    had = [reward.cross_reference > 0 for reward in old]
    has = [reward.cross_reference > 0 for reward in new]
    kept = [(now, id) for was, now, id in zip(had, has, ids, strict=True) if was]
    gained = [(now, id) for was, now, id in zip(had, has, ids, strict=True) if not was]
    right = [(now.accuracy > 0, id) for was, now, id in zip(old, new, ids, strict=True) if was.accuracy > 0]
    change = [after.total - first.total for first, after in zip(old, new, strict=True)]
    found = {
        "format": share([reward.format > 0 for reward in old], ids),
        "bonus": share(had, ids),
        "kept": share([now for now, _ in kept], [id for _, id in kept]),
        "gained": share([now for now, _ in gained], [id for _, id in gained]),
        "stays_right": share([now for now, _ in right], [id for _, id in right]),
        "change": mean(change, ids),
    }
    named = {name: interval.value for name, interval in found.items()}
    named |= {f"{name}_low": interval.low for name, interval in found.items()}
    named |= {f"{name}_high": interval.high for name, interval in found.items()}
    return {**named, "with_bonus": len(kept), "without_bonus": len(gained), "right": len(right)}
