"""Practice items: what raters try the form with before the first item, told at once what they missed.

They are part of a form alone: they are in no study's files, are not counted, and are not exported.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from clinical_r1.metrics import ClaimLabel, RejectionReason
from clinical_r1.study.content import CONCLUSION, REASONING
from clinical_r1.study.protocol import SECTION_GAP, Section, StudyItem


class PracticeMark(BaseModel):
    """Something that there is to mark."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    fact: int | None = None
    option: str | None = None
    reason: RejectionReason | None = None
    label: ClaimLabel | None = None
    may: bool = False
    """Whether it may be left out as well."""


class PracticeItem(BaseModel):
    """A response of which it is known what there is to mark."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    options: dict[str, str]
    facts: list[str]
    response: list[str]
    """Reasoning and conclusion."""
    marks: dict[str, list[PracticeMark]]
    """List of `clinical_r1.metrics.LISTED` -> what there is; what is not named has nothing."""

    def item(self, id: str) -> StudyItem:
        """As an item of a study."""
        named = zip((REASONING, CONCLUSION), self.response, strict=True)
        return StudyItem(
            id=id,
            question=self.question,
            options=self.options,
            facts=self.facts,
            sections=[Section(heading=heading, text=text) for heading, text in named],
            text=SECTION_GAP.join(self.response),
            negated=False,
            has_case=True,
            truncated=False,
        )

    def truth(self, lists: Sequence[str], labels: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """List -> records as in a form's answer, with `may`; of claims only those with some labels."""
        text = SECTION_GAP.join(self.response)
        return {
            name: [
                one.model_dump(exclude_none=True) | {"start": (at := text.index(one.text)), "end": at + len(one.text)}
                for one in self.marks.get(name, [])
                if one.label is None or one.label in labels
            ]
            for name in lists
        }


@cache
def practice_items() -> tuple[PracticeItem, ...]:
    """All there are, the easiest first."""
    text = Path(__file__).with_name("practice.yaml").read_text(encoding="utf-8")
    return tuple(PracticeItem.model_validate(one) for one in yaml.safe_load(text))
