"""The form of one rater: one HTML file that opens from a disk, without a server, a network, or a file beside it.

Nothing in a response is read as HTML: texts travel as one block of JSON and are put on the page as text. Offsets count
Unicode code points of an item's `text`, as Python does, although a browser counts in another way and signs stand in
place of characters that cannot be seen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from clinical_r1.html import Templates, data, policy
from clinical_r1.judging.sentences import sentences
from clinical_r1.study.form.rubric import Question, general_rules, questions, versions
from clinical_r1.study.protocol import LONGEST_NOTE, MOST_MARKS, SCHEMA, SECTION_GAP, ItemsFile, StudyItem
from clinical_r1.visible import signs, visible

_TEMPLATES = Templates(Path(__file__).parent)
_SCRIPTS = ("text", "answers", "keep", "page", "state", "show", "marking", "moving", "files", "form")
# The form's script is these files, one behind the other: a page that opens from a disk cannot import modules.


def form_html(
    items: ItemsFile | Mapping[str, Any], rater: str, order: Sequence[str], title: str, metrics: Sequence[str]
) -> str:
    """The form of one rater as text of an HTML file; the same arguments give the same text.

    Args:
        items: What stands in `items.json`.
        rater: The rater's name in the study.
        order: Ids of the items given to this rater, in the order in which they are shown.
        title: The study's title.
        metrics: What is asked, among `clinical_r1.study.protocol.METRICS`.

    Raises:
        ValueError: If an id is unknown, or the text of an item is not that of its sections.
    """
    study = ItemsFile.model_validate(items if isinstance(items, ItemsFile) else {"metrics": [*metrics], **items})
    asked = questions(metrics)
    known = {item.id: item for item in study.items}
    if unknown := [id for id in order if id not in known]:
        raise ValueError(f"order of {rater}: no item is called {', '.join(unknown)}")
    script = Markup("\n".join(_TEMPLATES.asset(f"{name}.js") for name in _SCRIPTS))
    style = _TEMPLATES.asset("form.css")
    made = _TEMPLATES.fill(
        "form.html",
        title=title,
        rater=rater,
        number=len(order),
        questions=asked,
        rules=general_rules(metrics),
        rubrics=versions(metrics),
        longest=LONGEST_NOTE,
        policy=policy(script, [style]),
        style=style,
        script=script,
        data=data(
            {
                "study": study.study,
                "schema": SCHEMA,
                "rater": rater,
                "limits": {"marks": MOST_MARKS, "note": LONGEST_NOTE},
                "questions": [_question(one) for one in asked],
                "items": [_item(known[id], asked) for id in order],
            }
        ),
    )
    return str(made)


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "metrics": question.metrics,
        "name": question.name,
        "asks": question.asks,
        "choices": [[choice.value, choice.label] for choice in question.choices],
    }


def _item(item: StudyItem, asked: Sequence[Question]) -> dict[str, Any]:
    return {
        "id": item.id,
        "question": visible(item.question),
        "options": [[letter, visible(text)] for letter, text in item.options.items()],
        "facts": [visible(fact, one_line=True) for fact in item.facts],
        "asked": [one.key for one in asked if one.key != "cecd" or (item.has_case and item.facts)],
        "negated": item.negated,
        "case": item.has_case,
        "truncated": item.truncated,
        "text": item.text,
        "signs": [list(sign) for sign in signs(item.text)],
        "sentences": [[sentence.start, sentence.end] for sentence in sentences(item.text)],
        "headings": _headings(item),
    }


def _headings(item: StudyItem) -> list[tuple[int, str]]:
    """Where each section begins, and what stands above it: nothing where there is only one."""
    if item.text != SECTION_GAP.join(section.text for section in item.sections):
        raise ValueError(f"item {item.id}: its text is not that of its sections")
    found: list[tuple[int, str]] = []
    at = 0
    for section in item.sections:
        found.append((at, visible(section.heading, one_line=True)))
        at += len(section.text) + len(SECTION_GAP)
    return found if len(found) > 1 else []
