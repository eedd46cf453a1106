"""Which facts of a case raters go by: those that the judge went by, so that shares of facts cited can be compared."""

import asyncio
import re
from collections.abc import Sequence
from typing import Literal

from clinical_r1.errors import UserError
from clinical_r1.judging.facts import cache_folder, case_facts
from clinical_r1.judging.sentences import Sentence
from clinical_r1.study.units import Unit
from clinical_r1.visible import visible

FactsBy = Literal["judge", "rules"]
"""Whose list it is: the judge's, or the one that rules make."""


def inventories(units: Sequence[Unit], by: FactsBy) -> tuple[list[tuple[str, ...]], list[str]]:
    """Facts of the case of each response.

    Args:
        units: The responses.
        by: Whose list. Where the judge had none (there was no judge, or its list failed), it is that of the rules.

    Returns:
        The facts, one line each, and sentences about questions where they are others than the judge's.

    Raises:
        UserError: If a model listed the facts that the judge went by, and they are not on this machine.
    """
    found: list[tuple[str, ...]] = []
    other: set[str] = set()
    for unit in units:
        facts = _facts(unit, by) if unit.row["has_case"] else ()
        if unit.row["has_case"] and unit.counted_facts not in (None, len(facts)):
            other.add(unit.drawn.candidate.question)
        found.append(tuple(" ".join(visible(fact.text).split()) for fact in facts))
    if not other:
        return found, []
    named = ", ".join(sorted(other)[:3])
    return found, [
        f"Questions that have another number of facts than the judge went by: {len(other)} ({named}). Shares of facts "
        "cited do not compare there."
    ]


def _facts(unit: Unit, by: FactsBy) -> tuple[Sentence, ...]:
    judge, stem = unit.run.grounding_judge, unit.sample.question
    if by == "rules" or judge is None or not unit.counted_facts or not _listed_by_model(judge):
        return asyncio.run(case_facts(stem, "rules"))
    try:
        return asyncio.run(case_facts(stem, "llm"))
    except ValueError as error:
        raise UserError(
            f"question {unit.drawn.candidate.question}: the facts that the judge's model listed are not in "
            f"{cache_folder()}: name their folder in CLINICAL_R1_CACHE, or use --facts rules"
        ) from error


def _listed_by_model(judge: str) -> bool:
    """Whether the facts of a judge of this identity come from a model, see `clinical_r1.logs.scores.identity`."""
    said = re.search(r"facts by (\w+)", judge)
    return said[1] == "llm" if said else not judge.startswith("rules (")
