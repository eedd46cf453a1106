"""The reward audit: how robust a cross-reference reward is (`clinical-r1 rewards audit`).

Real completions, from `.eval` logs or from files with a row per completion, are changed in ways that should cost the
bonus, or should not (`perturbations`), and scored before and after by each detector of the strict profile and by the
released code. The released code has its own tags and its own rule for the bonus: it sees the same text with `<think>`
and `<answer>` as tags.

Completions of one question are not independent: intervals are clustered by question (`stats.estimates`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from clinical_r1.datasets.read import BadRecord, read_rows
from clinical_r1.errors import UserError, names_near
from clinical_r1.item import Item, item_of
from clinical_r1.reward_audit.perturbations import PERTURBATIONS, Case, Perturbation, read_case, retagged
from clinical_r1.stats.estimates import mean, share
from clinical_r1.train.rewards import DETECTORS, Reward, crpo_reward, find_detector

if TYPE_CHECKING:
    from pandas import DataFrame


# --- completions ------------------------------------------------------------------------------------------------------
COLUMNS = ("completion", "target", "options", "question")
"""What a row must have; `id` is the question itself where there is none."""

FILES = (".jsonl", ".parquet")
"""Suffixes of files with a row per completion; anything else is read as logs."""


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
    return item_of(stem if id is None else str(id), 1, stem, options, target, response)


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
    """A row per perturbation, profile and detector. A share is in [0, 1], NaN of nothing, and stands with the bounds of
    its interval (`kept`, `kept_low`, `kept_high`). Columns:

    - `perturbation`, and `should_keep` and `takes_back`: what should come of it (see `Perturbation`);
    - `profile`: `strict` or `released`; `detector`: of the cross-reference, `released` has one of its own;
    - `completions` to which the perturbation applies, the base of the row, `not_applicable`: the other ones, and
      `questions` that the completions answer;
    - `format`, `bonus`: shares with the format reward and with the cross-reference bonus, unperturbed;
    - `kept`: the share of the `with_bonus` completions with the bonus, unperturbed, that keep it;
    - `gained`: the share of the `without_bonus` completions without it that gain it;
    - `stays_right`: the share of the `right` completions, right when unperturbed, whose answer still counts;
    - `change`: mean change of the total reward."""
    completions: int
    """Completions that were perturbed."""
    questions: int
    """Questions that they answer."""
    left_out: int
    """Completions left out, because a section is missing, empty or there twice."""


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

    for name in detectors:
        if name.partition(":")[0] not in DETECTORS:
            raise UserError(f"detectors: {name} is unknown; allowed: {names_near(name, DETECTORS)}")
        find_detector(name)
    rules: list[Rule] = [*(("strict", name) for name in dict.fromkeys(detectors)), (RELEASED, RELEASED)]
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
    before = {rule: [_reward(rule, case.item, case.item.response) for case in cases] for rule in rules}
    rows = [row for perturbation in PERTURBATIONS for row in _rows(perturbation, cases, before, seed)]
    return Audit(pd.DataFrame(rows), len(cases), len({case.item.id for case in cases}), read - len(cases))


Rule = tuple[str, str]
"""Profile and detector."""


def _reward(rule: Rule, item: Item, text: str) -> Reward:
    """The reward of an item's completion, changed or not."""
    if rule[0] == RELEASED:
        return crpo_reward(retagged(text, "think"), item.target, item.options, profile="released")
    return crpo_reward(text, item.target, item.options, question=item.stem, cross_reference=rule[1])


def _rows(
    perturbation: Perturbation, cases: Sequence[Case], before: Mapping[Rule, Sequence[Reward]], seed: int
) -> Iterator[dict[str, Any]]:
    """The rows of one perturbation."""
    texts = {}
    for place, case in enumerate(cases):
        rng = Random(f"{seed}:{perturbation.name}:{place}:{case.item.id}")
        start = rng.randrange(len(cases))
        of_other_questions = (other for other in (*cases[start:], *cases[:start]) if other.item.id != case.item.id)
        text = perturbation.write(case, next(of_other_questions, case), rng)
        if text is not None:
            texts[place] = text
    ids = [cases[place].item.id for place in texts]
    for rule, rewards in before.items():
        old = [rewards[place] for place in texts]
        new = [_reward(rule, cases[place].item, text) for place, text in texts.items()]
        yield {
            "perturbation": perturbation.name,
            "should_keep": perturbation.should_keep,
            "profile": rule[0],
            "detector": rule[1],
            "completions": len(texts),
            "not_applicable": len(cases) - len(texts),
            "questions": len(set(ids)),
            **_figures(old, new, ids, perturbation.takes_back),
        }


def _figures(old: Sequence[Reward], new: Sequence[Reward], ids: Sequence[str], takes_back: bool) -> dict[str, Any]:
    """The columns of a row from `format` on."""
    rows = list(zip(old, new, ids, strict=True))
    hits = {
        "format": [(was.format > 0, id) for was, _, id in rows],
        "bonus": [(was.cross_reference > 0, id) for was, _, id in rows],
        "kept": [(after.cross_reference > 0, id) for was, after, id in rows if was.cross_reference > 0],
        "gained": [(after.cross_reference > 0, id) for was, after, id in rows if not was.cross_reference > 0],
        "stays_right": [(after.accuracy > 0, id) for was, after, id in rows if was.accuracy > 0],
    }
    estimates = {name: share([hit for hit, _ in pairs], [id for _, id in pairs]) for name, pairs in hits.items()}
    estimates["change"] = mean([after.total - was.total for was, after, _ in rows], ids)
    numbers = {"kept": "with_bonus", "gained": "without_bonus", "stays_right": "right"}
    cells: dict[str, Any] = {}
    for name, found in estimates.items():
        cells |= {"takes_back": takes_back} if name == "stays_right" else {}
        cells |= {numbers[name]: len(hits[name])} if name in numbers else {}
        cells |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return cells
