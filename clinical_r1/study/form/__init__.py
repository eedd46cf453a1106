"""The annotation form of one rater: one HTML file that opens from a disk, without a server, a network or other files.

Nothing in a response is read as HTML: texts travel as one block of JSON and are put on the page as text. Offsets count
Unicode code points of an item's `text`, as Python does, although a browser counts in another way and signs stand in
place of characters that cannot be seen.

What counts is said in the words of the judge's own rubric: definitions, rules and examples of each question are read
from the prompt files of the judges, so that people and judges go by the same ones. Left out is what only a program
needs: how a judge points at evidence, which people do by selecting text, and its JSON, which becomes a list of passages
and what they are marked as. What a rubric says to a program about its whole task is said to people in `RULES`.

Some of what is shown is not in a response's text: headings of its parts, and what stands for a box round an answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from markupsafe import Markup

from clinical_r1.judging.rubric import load_rubric
from clinical_r1.metrics import LISTED, Listed
from clinical_r1.sentences import sentences
from clinical_r1.study.form.practice import practice_items
from clinical_r1.study.protocol import (
    ACCEPT,
    ACCEPTABLE,
    HARMS,
    LONGEST_NOTE,
    METRIC_NAMES,
    MOST_MARKS,
    SCHEMA,
    SECTION_GAP,
    WRONG,
    Answer,
    Asked,
    ItemsFile,
    StudyItem,
    judges_of,
)
from clinical_r1.untrusted import Templates, data, escape_controls, policy, signs

PLAIN = Asked()


# --- the rubric -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Example:
    """A worked example."""

    text: str
    marks: tuple[tuple[str, str], ...]
    """Passage and what it is marked as, which is empty where there is nothing to choose."""


@dataclass(frozen=True)
class Question:
    """What raters are asked about every response: one list of marks."""

    listed: Listed
    metrics: tuple[str, ...]
    """Metrics that are read off it, among those of the study."""
    definition: str
    """What is marked, in the rubric's words."""
    rules: tuple[str, ...]
    choices: Mapping[str, str]
    """Reason of a rejection, or label of a claim -> what the rubric says of it."""
    example: Example


_BULLET = re.compile(r"^- (.*(?:\n  - .*)*)", re.MULTILINE)
_FIELD = re.compile(r'"(\w+)": (.*)')
_PLACES = re.compile(r'"s", "q": (.*?)\.(?: "s2", "q2": (.*)\.)?')
_HOW_TO_POINT = re.compile(r'"s2?"|\bquotes?\b')
_CHOICE = re.compile(r'^  - "(\w+)": (.*)$', re.MULTILINE)
_EXAMPLE = re.compile(r"^Example\. (.*?)(?: gives|:)\s+(\{.*)\Z", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\[\d+\] ")  # of a sentence, which a judge cites and a person does not see


def questions(metrics: Sequence[str], asked: Asked = PLAIN) -> tuple[Question, ...]:
    """One question per list of marks that the metrics need, in the table's order.

    Raises:
        ValueError: If a rubric no longer says what it has to, or a metric is none.

    Examples:
        >>> [(one.listed.marks, one.metrics) for one in questions(["hallucination", "drc", "faithfulness"])]
        [('drc', ('drc',)), ('claims', ('faithfulness', 'hallucination'))]
    """
    if unknown := set(metrics) - set(METRIC_NAMES):
        raise ValueError(f"metrics: {', '.join(sorted(unknown))} cannot be rated")
    lists = {listed: tuple(base for base in listed.metrics if base in metrics) for listed in LISTED.values()}
    found = (_question(listed, bases) for listed, bases in lists.items() if bases)
    return tuple(_errors(one) if asked.claims == "errors" and one.listed.marks == "claims" else one for one in found)


def _errors(question: Question) -> Question:
    """The question about claims where only wrong ones are marked."""
    choices = {value: text for value, text in question.choices.items() if value in WRONG}
    listed = replace(question.listed, question="Which clinical statements are wrong?")
    supported = question.listed.labels["supported"].name
    example = replace(question.example, marks=tuple(one for one in question.example.marks if one[1] != supported))
    definition = "Mark only what is wrong, about this patient or about medicine. What is true needs no mark."
    return replace(question, listed=listed, choices=choices, example=example, definition=definition)


RULES = (
    "Mark what is there, no more and no less. Often there is nothing to mark.",
    "Ignore anything in the response that tells you how to rate it.",
)
"""What raters are told of all questions: what a judge's rubric says there, in a line each."""


def versions(metrics: Sequence[str]) -> dict[str, str]:
    """Judge -> version and hash of the rubric that was read."""
    read = {judge: load_rubric(judge) for judge in judges_of(metrics)}
    return {judge: f"version {rubric.version} ({rubric.hash})" for judge, rubric in read.items()}


def _question(listed: Listed, bases: tuple[str, ...]) -> Question:
    (judge,) = judges_of(bases[:1])
    section = load_rubric(judge).sections[listed.key]
    lead, example = _FIELD.match(section), _EXAMPLE.search(section)
    if lead is None or example is None:
        raise ValueError(f"rubric {judge}: the section {listed.key} has no definition or no example")
    bullets = _BULLET.findall(section)
    instances = [json.loads(one) for one in re.findall(r"\{[^{}]*\}", example[2])]
    marks = tuple((one["q"], _marked_as(one, listed)) for one in instances)
    return Question(
        listed=listed,
        metrics=bases,
        definition=lead[2][:1].upper() + lead[2][1:],
        rules=tuple(rule for bullet in bullets if not _CHOICE.search(bullet) and (rule := _rule(bullet))),
        choices={value: text for bullet in bullets for value, text in _CHOICE.findall(bullet)},
        example=Example(_NUMBER.sub("", example[1]), marks),
    )


def _rule(bullet: str) -> str:
    if places := _PLACES.fullmatch(bullet):
        first, second = places.groups()
        return f"Mark {first}." + (f" One mark is enough: {second} needs none of its own." if second else "")
    return "" if _FIELD.fullmatch(bullet) else bullet  # the form itself asks for fields of the reply


def _marked_as(instance: dict[str, object], listed: Listed) -> str:
    facts, option = instance.get("f"), instance.get("o")
    said = [f"F{number}" for number in facts] if isinstance(facts, list) else []
    said += [f"option {option}"] if option else []
    said += [listed.labels[str(instance[key])].name for key in ("why", "is") if key in instance]
    return ", ".join(said)


# --- the form ---------------------------------------------------------------------------------------------------------
_TEMPLATES = Templates(Path(__file__).parent)
_SCRIPTS = (
    *("text", "matching", "answers", "keep", "page", "state"),
    *("show", "practising", "adjudicating", "marking", "moving", "files", "form"),
)
# The form's script is these files, one behind the other: a page that opens from a disk cannot import modules.


def form_html(
    items: ItemsFile | Mapping[str, Any],
    rater: str,
    order: Sequence[str],
    title: str,
    metrics: Sequence[str],
    others: Mapping[str, Sequence[Answer]] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The form of one rater as text of an HTML file; the same arguments give the same text.

    Args:
        items: What stands in `items.json`.
        rater: The rater's name in the study.
        order: Ids of the items given to this rater, in the order in which they are shown.
        title: The study's title.
        metrics: What is asked, among `clinical_r1.study.protocol.METRIC_NAMES`.
        others: For a form that adjudicates: item -> what raters A, B, … answered.
        notes: Paragraphs to be read before the first item.

    Raises:
        ValueError: If an id is unknown, or the text of an item is not that of its sections.
    """
    study = ItemsFile.model_validate(items if isinstance(items, ItemsFile) else {"metrics": [*metrics], **items})
    asked = questions(metrics, study.asked)
    lists = [one.listed.marks for one in asked]
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
        practice=bool(study.asked.practice),
        adjudicates=others is not None,
        questions=asked,
        rules=RULES,
        notes=notes,
        rubrics=versions(metrics),
        longest=LONGEST_NOTE,
        accept=ACCEPT if study.asked.accept else {},
        acceptable=ACCEPTABLE,
        harms=study.asked.harm,
        policy=policy(script, [style]),
        style=style,
        script=script,
        data=data(
            {
                "study": study.study,
                "schema": SCHEMA,
                "rater": rater,
                "limits": {"marks": MOST_MARKS, "note": LONGEST_NOTE},
                "questions": [_asked(one) for one in asked],
                "harms": [[harm, harm[0]] for harm in HARMS] if study.asked.harm else [],
                "wrong": sorted(WRONG),
                "accept": list(ACCEPT) if study.asked.accept else [],
                "items": [
                    *_practice(asked, study.asked),
                    *(_item(known[id], lists) | _others(id, others) for id in order),
                ],
            }
        ),
    )
    return str(made)


def _asked(question: Question) -> dict[str, Any]:
    listed = question.listed
    return {
        "key": listed.marks,
        "metrics": question.metrics,
        "name": listed.name,
        "asks": listed.question,
        "choices": [[value, listed.labels[value].name] for value in question.choices],
    }


def _others(id: str, others: Mapping[str, Sequence[Answer]] | None) -> dict[str, Any]:
    """What raters answered about an item, under letters."""
    given = others[id] if others else ()
    said = ("marks", "none", "accept")
    shown = [
        {"name": name} | one.model_dump(include={*said}) for name, one in zip(ascii_uppercase, given, strict=False)
    ]
    return {"others": shown} if shown else {}


def _practice(questions: Sequence[Question], asked: Asked) -> list[dict[str, Any]]:
    """Items to practise with, and what there is to mark in them; the form shows them first."""
    lists = [one.listed.marks for one in questions]
    labels = [label for one in questions if one.listed.marks == "claims" for label in one.choices]
    made = []
    for number, one in enumerate(practice_items()[: asked.practice], 1):
        shown = _item(one.item(f"practice {number}"), lists)
        made.append(shown | {"practice": True, "truth": one.truth(lists, labels)})
    return made


def _item(item: StudyItem, lists: Sequence[str]) -> dict[str, Any]:
    return {
        "id": item.id,
        "question": escape_controls(item.question),
        "options": [[letter, escape_controls(text)] for letter, text in item.options.items()],
        "facts": [escape_controls(fact, one_line=True) for fact in item.facts],
        "asked": [name for name in lists if name != "cecd" or (item.has_case and item.facts)],
        "negated": item.negated,
        "case": item.has_case,
        "truncated": item.truncated,
        "text": item.text,
        "signs": sorted([*([*sign] for sign in signs(item.text)), *_boxes(item.text)]),
        "sentences": [[sentence.start, sentence.end] for sentence in sentences(item.text)],
        "headings": _headings(item),
    }


_BOX = re.compile(r"\$?\\boxed\{ {0,9}(?:\\text\{)?([^{}$\\\n\x00-\x1f]{1,80})\}{1,2}\$?")
_SAYS_ANSWER = re.compile(r"answer(?: is)?:? {0,3}\Z", re.IGNORECASE)


def _boxes(text: str) -> list[list[Any]]:
    r"""Where an answer stands in a box, and what is shown there instead.

    Examples:
        >>> _boxes(r"So it is \boxed{C}."), _boxes(r"The answer is $\boxed{\text{B}}$")
        ([[9, 18, 'Answer: C', True]], [[14, 32, 'B', True]])
    """
    found = []
    for box in _BOX.finditer(text):
        said = _SAYS_ANSWER.search(text[max(0, box.start() - 20) : box.start()])
        shown = escape_controls(box[1].strip(), one_line=True)
        if list(signs(box[0])) or not shown:
            continue
        found.append([box.start(), box.end(), shown if said else f"Answer: {shown}", True])
    return found


def _headings(item: StudyItem) -> list[tuple[int, str]]:
    """Where each section begins, and what stands above it: nothing where there is only one."""
    if item.text != SECTION_GAP.join(section.text for section in item.sections):
        raise ValueError(f"item {item.id}: its text is not that of its sections")
    found: list[tuple[int, str]] = []
    at = 0
    for section in item.sections:
        found.append((at, escape_controls(section.heading, one_line=True)))
        at += len(section.text) + len(SECTION_GAP)
    return found if len(found) > 1 else []
