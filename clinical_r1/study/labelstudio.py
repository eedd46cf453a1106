"""A study as a Label Studio project, for teams that run one: the labelling configuration, and one task an item.

There is a set of labels for each list of marks. What a mark points to (fact, reason, label) is the label itself; the
option that a case fact is used for, or that is rejected, is a choice beside the marked region.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from clinical_r1.judging.instances import Label, Reason
from clinical_r1.metrics import METRICS
from clinical_r1.study.protocol import ItemsFile, StudyItem, marks_of

LABELS: dict[str, tuple[Label | Reason, ...]] = {
    "drc": ("case_fact", "medical_fact", "false", "bare"),
    "claims": ("supported", "contradicts", "invented", "medically_false", "unverifiable"),
}
"""List of marks -> its labels. Citations are labelled F1, F2, …; a behaviour has its own name as its one label."""
ASKED = {
    "cecd": "Case facts: mark where the response names a fact of the case, with the fact's number",
    "drc": "Rejections: mark where it argues against an option, with the kind of reason; then choose the option",
    "claims": "Claims: mark every clinical statement that can be checked, with what it is",
    "backtracking": "Backtracking: mark where a line of thought is given up for another",
    "verification": "Verification: mark where a result or answer is checked again",
    "subgoal_setting": "Subgoals: mark where a step on the way to the answer is announced",
    "backward_chaining": "Backward chaining: mark a stated candidate whose predictions are then tested",
}
OPTION = "_option"
"""What the name of a list has behind it in the choice of an option."""
NONE, STATUS, REASON, NOTES, TEXT = "none", "status", "reason", "notes", "text"
"""Names of what is asked beside the marks, and of the response."""
_WITH_OPTION = ("cecd", "drc")


def lists_of(metrics: Sequence[str]) -> tuple[str, ...]:
    """The lists of marks that metrics need, each once."""
    return tuple(dict.fromkeys(marks_of(metric) for metric in metrics))


def config_xml(items: ItemsFile) -> str:
    """The labelling configuration of a study.

    Args:
        items: Whose metrics are asked for, and whose facts and options there are labels for.
    """
    lists = lists_of(items.metrics)
    lines = [
        "<View>",
        # spaces are kept, as offsets count them
        "  <Style>.htx-text{white-space:pre-wrap}</Style>",
        *_shown("Question", "question"),
        *_shown("Options", "options"),
        *(_shown("Facts of the case", "facts") if "cecd" in lists else ()),
        *_shown("Please note", "remarks"),
        '  <Header value="Response"/>',
        f'  <Text name="{TEXT}" value="${TEXT}" valueType="text" saveTextResult="yes" granularity="symbol"/>',
        *(line for name in lists for line in _marks(name, items)),
        *_choices(NONE, "Nothing to mark (say so for each metric without an instance)", items.metrics, "multiple"),
        *_choices(STATUS, "This item", ("done", "cannot_judge"), "single-radio"),
        *_text_area(REASON, "Why it cannot be judged"),
        *_text_area(NOTES, "Notes"),
        "</View>",
    ]
    return "\n".join(lines) + "\n"


def _shown(heading: str, name: str) -> list[str]:
    header = f"  <Header value={quoteattr(heading)}/>"
    return [header, f'  <Text name="{name}" value="${name}" valueType="text" selectionEnabled="false"/>']


def _marks(name: str, items: ItemsFile) -> Iterator[str]:
    yield f"  <Header value={quoteattr(ASKED[name])}/>"
    yield f'  <Labels name="{name}" toName="{TEXT}" choice="single">'
    for label in _labels(name, items):
        yield f"    <Label value={quoteattr(label)}/>"
    yield "  </Labels>"
    if name in _WITH_OPTION:
        letters = sorted({letter for item in items.items for letter in item.options})
        how = 'choice="single-radio" showInline="true"' + (' required="true"' if name == "drc" else "")
        seen = f'perRegion="true" visibleWhen="region-selected" whenLabelValue="{",".join(_labels(name, items))}"'
        yield f'  <Choices name="{name}{OPTION}" toName="{TEXT}" {seen} {how}>'
        for letter in letters:
            yield f"    <Choice value={quoteattr(letter)}/>"
        yield "  </Choices>"


def _labels(name: str, items: ItemsFile) -> Sequence[str]:
    if name == "cecd":
        most = max((len(item.facts) for item in items.items), default=0)
        return [f"F{number}" for number in range(1, most + 1)]
    return LABELS.get(name, (name,))


def _choices(name: str, heading: str, values: Sequence[str], choice: str) -> Iterator[str]:
    yield f"  <Header value={quoteattr(heading)}/>"
    yield f'  <Choices name="{name}" toName="{TEXT}" choice="{choice}" showInline="true">'
    for value in values:
        hint = f" hint={quoteattr(METRICS[value].label)}" if value in METRICS else ""
        yield f"    <Choice value={quoteattr(value)}{hint}/>"
    yield "  </Choices>"


def _text_area(name: str, heading: str) -> list[str]:
    header = f"  <Header value={quoteattr(heading)}/>"
    return [header, f'  <TextArea name="{name}" toName="{TEXT}" maxSubmissions="1" editable="true"/>']


def tasks_json(items: ItemsFile, rater: str, order: Sequence[str]) -> str:
    """The tasks of one rater, in order, as Label Studio imports them.

    Args:
        items: Those of the study.
        rater: Whose tasks.
        order: Ids of this rater's items.
    """
    known = {item.id: item for item in items.items}
    tasks = [{"data": _data(known[id], items, rater)} for id in order]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _data(item: StudyItem, items: ItemsFile, rater: str) -> dict[str, Any]:
    return {
        "study": items.study,
        "schema": items.schema_version,
        "rater": rater,
        "item": item.id,
        "question": item.question,
        "options": options_text(item),
        "facts": facts_text(item) or "(none)",
        "remarks": remarks(item) or "(nothing)",
        TEXT: item.text,
    }


def options_text(item: StudyItem) -> str:
    """The options, one a line."""
    return "\n".join(f"{letter}. {text}" for letter, text in item.options.items())


def facts_text(item: StudyItem) -> str:
    """The facts of the case with their numbers, one a line."""
    return "\n".join(f"F{number}. {fact}" for number, fact in enumerate(item.facts, 1))


def remarks(item: StudyItem) -> str:
    """What a judge is told beside the texts, in sentences."""
    said = [
        "The question asks for the option that does not hold." if item.negated else "",
        "The response was cut off at a limit of length." if item.truncated else "",
        "" if item.text else "The model wrote nothing.",
    ]
    return " ".join(filter(None, said))
