"""A study as a Label Studio project, for teams that run one: labelling configuration, tasks, and reading of the export.

There is a set of labels for each list of marks. What a mark points to (fact, reason, label) is the label itself; the
option that a case fact is used for, or that is rejected, is a choice beside the marked region.

In an export a rater is one person: of a person's annotations of an item the one submitted last counts, those that were
skipped and drafts do not, and two people's of one item are refused, as the study would take them for one rater's.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from pydantic import ValidationError

from clinical_r1.metrics import LISTED, METRICS, list_of, lists_of
from clinical_r1.study.folder import Folder, Problem, Reading, Said, UnusableError, belongs, problems_of, time_of
from clinical_r1.study.protocol import ACCEPT, ACCEPTABLE, HARMS, WRONG, Answer, ItemsFile, StudyItem

# --- out --------------------------------------------------------------------------------------------------------------
OPTION = "_option"
"""What the name of a list has behind it in the choice of an option."""
NONE, STATUS, REASON, NOTES, TEXT, HARM, ACCEPTED = "none", "status", "reason", "notes", "text", "harm", "accept"
"""Names of what is asked beside the marks, and of the response."""
_WITH_OPTION = ("cecd", "drc")


def config_xml(items: ItemsFile) -> str:
    """The labelling configuration of a study."""
    lists, accept = lists_of(items.metrics), [f"{value} {says}" for value, says in ACCEPT.items()]
    lines = [
        "<View>",
        # spaces are kept, as offsets count them
        "  <Style>.htx-text{white-space:pre-wrap}</Style>",
        *_text("Question", "question"),
        *_text("Options", "options"),
        *(_text("Facts of the case", "facts") if "cecd" in lists else ()),
        *_text("Please note", "remarks"),
        _header("Response"),
        f'  <Text name="{TEXT}" value="${TEXT}" valueType="text" saveTextResult="yes" granularity="symbol"/>',
        *(line for name in lists for line in _marks(name, items)),
        *_choices(NONE, "Nothing to mark (say so for each metric without an instance)", items.metrics, "multiple"),
        *(_choices(ACCEPTED, ACCEPTABLE, accept, "single-radio") if items.asked.accept else ()),
        *_choices(STATUS, "This item", ("done", "cannot_judge"), "single-radio"),
    ]
    for name, heading in ((REASON, "Why it cannot be judged"), (NOTES, "Notes")):
        lines += [_header(heading), f'  <TextArea name="{name}" toName="{TEXT}" maxSubmissions="1" editable="true"/>']
    return "\n".join([*lines, "</View>"]) + "\n"


def _header(heading: str) -> str:
    return f"  <Header value={quoteattr(heading)}/>"


def _text(heading: str, name: str) -> list[str]:
    return [_header(heading), f'  <Text name="{name}" value="${name}" valueType="text" selectionEnabled="false"/>']


def _marks(name: str, items: ItemsFile) -> Iterator[str]:
    alone = "; only what is wrong" if name == "claims" and items.asked.claims == "errors" else ""
    yield _header(f"{LISTED[name].name}: {LISTED[name].task}{alone}")
    yield f'  <Labels name="{name}" toName="{TEXT}" choice="single">'
    for label in _labels(name, items):
        yield f"    <Label value={quoteattr(label)}/>"
    yield "  </Labels>"
    if name in _WITH_OPTION:
        letters = sorted({letter for item in items.items for letter in item.options})
        yield from _of_region(f"{name}{OPTION}", letters, _labels(name, items), ' required="true"' * (name == "drc"))
    if name == "claims" and items.asked.harm:
        yield _header("Of a wrong claim: how much harm if somebody acted on it?")
        yield from _of_region(HARM, HARMS, [one for one in _labels(name, items) if one in WRONG])


def _of_region(name: str, values: Sequence[str], labels: Sequence[str], more: str = "") -> Iterator[str]:
    """A choice beside a marked region that has one of the labels."""
    seen = f'perRegion="true" visibleWhen="region-selected" whenLabelValue="{",".join(labels)}"'
    yield f'  <Choices name="{name}" toName="{TEXT}" {seen} choice="single-radio" showInline="true"{more}>'
    for value in values:
        yield f"    <Choice value={quoteattr(value)}/>"
    yield "  </Choices>"


def _labels(name: str, items: ItemsFile) -> Sequence[str]:
    if name == "cecd":
        most = max((len(item.facts) for item in items.items), default=0)
        return [f"F{number}" for number in range(1, most + 1)]
    if name == "claims" and items.asked.claims == "errors":
        return [label for label in LISTED[name].labels if label in WRONG]
    return [*LISTED[name].labels] or [name]  # a behaviour has its own name as its one label


def _choices(name: str, heading: str, values: Sequence[str], choice: str) -> Iterator[str]:
    yield _header(heading)
    yield f'  <Choices name="{name}" toName="{TEXT}" choice="{choice}" showInline="true">'
    for value in values:
        hint = f" hint={quoteattr(METRICS[value].label)}" if value in METRICS else ""
        yield f"    <Choice value={quoteattr(value)}{hint}/>"
    yield "  </Choices>"


def tasks_json(items: ItemsFile, rater: str) -> str:
    """The tasks of one rater, whose items are given in order, as Label Studio imports them."""
    shown = [(described(item, items, rater), item.text) for item in items.items]
    tasks = [
        about | {"facts": about["facts"] or "(none)", "remarks": about["remarks"] or "(nothing)", TEXT: text}
        for about, text in shown
    ]
    return json.dumps([{"data": task} for task in tasks], ensure_ascii=False, indent=1) + "\n"


def described(item: StudyItem, items: ItemsFile, rater: str) -> dict[str, Any]:
    """What a task or a row is about, and what its rater reads beside the response: options and facts one per line."""
    told = [
        "The question asks for the option that does not hold." if item.negated else "",
        "The response was cut off at a limit of length." if item.truncated else "",
        "" if item.text else "The model wrote nothing.",
    ]
    return {
        "study": items.study,
        "schema": items.schema_version,
        "rater": rater,
        "item": item.id,
        "question": item.question,
        "options": "\n".join(f"{letter}. {text}" for letter, text in item.options.items()),
        "facts": "\n".join(f"F{number}. {fact}" for number, fact in enumerate(item.facts, 1)),
        "remarks": " ".join(filter(None, told)),
    }


# --- in ---------------------------------------------------------------------------------------------------------------
def from_labelstudio(content: Any, folder: Folder) -> Reading:
    """What stands in a Label Studio export (its format JSON).

    Raises:
        UnusableError: If it is no such export, or none of its tasks is of this study.
    """
    tasks = [task for task in content if isinstance(task, dict)] if isinstance(content, list) else []
    if not tasks or len(tasks) < len(content):
        raise UnusableError("no answers: a list that is no Label Studio export")
    if not all(isinstance(task.get("data"), dict) and isinstance(task.get("annotations"), list) for task in tasks):
        raise UnusableError("tasks without data and annotations: export from Label Studio as JSON, not as JSON-MIN")
    reading = Reading("labelstudio")
    wrong = [belongs(task["data"].get("study"), task["data"].get("schema"), folder) for task in tasks]
    if all(wrong):
        raise UnusableError(str(wrong[0]))
    submitted: dict[tuple[str, str], list[_Annotation]] = {}
    drafts = []
    for task, why in zip(tasks, wrong, strict=True):
        where, data = f"task {task.get('id')}", task["data"]
        if why:
            reading.problems.append(Problem(where, why))
            continue
        found = [one for one in task["annotations"] if isinstance(one, dict) and not one.get("was_cancelled")]
        of_item = submitted.setdefault((str(data.get("rater")), str(data.get("item"))), [])
        of_item += [_Annotation(where, _person(one), one) for one in found]
        drafts += [where] if task.get("drafts") and not found else []
    for (rater, item), annotations in submitted.items():
        try:
            reading.said += _said(rater, item, annotations, folder.protocol.metrics)
        except ValidationError as error:
            reading.problems += [Problem(f"item {item}", f"{key}: {what}") for key, what in problems_of(error, Answer)]
        except UnusableError as error:
            where = ", ".join(dict.fromkeys(one.where for one in annotations))
            several = len({one.person for one in annotations}) > 1
            reading.problems.append(Problem(f"{where}, item {item}" if several else f"item {item}", str(error)))
    reading.notes += _notes(submitted, drafts)
    return reading


class _Annotation(NamedTuple):
    where: str
    """Its task."""
    person: str
    content: Mapping[str, Any]


def _person(annotation: Mapping[str, Any]) -> str:
    """Who annotated: an address or a number."""
    by = annotation.get("completed_by")
    who = by.get("email") or by.get("id") if isinstance(by, dict) else by
    return "unnamed" if who is None else str(who)


def _said(rater: str, item: str, found: Sequence[_Annotation], metrics: Sequence[str]) -> Iterator[Said]:
    """What one person said of an item last."""
    people = dict.fromkeys(one.person for one in found)
    if len(people) > 1:
        several = f"{len(people)} people ({', '.join(people)})"
        raise UnusableError(f"annotated by {several}, but a rater is one person: keep one's alone")
    times = [time_of(one.content.get("updated_at") or one.content.get("created_at")) for one in found]
    for one, time in zip(found, times, strict=True):
        if time == max(times):
            record = _record(one.content, metrics) | {"exported": time}
            yield Said(rater, item, Answer.model_validate(record), one.where)


def _notes(submitted: Mapping[tuple[str, str], Sequence[_Annotation]], drafts: Sequence[str]) -> Iterator[str]:
    """What to say of annotations that do not count, and of raters who are several people."""
    if drafts:
        yield f"only drafts, which are not read: {', '.join(drafts)}"
    if again := [item for (_, item), found in submitted.items() if len(found) > 1]:
        yield f"annotated more than once, of which the annotation submitted last counts: {', '.join(again)}"
    shares: dict[str, Counter[str]] = {}
    for (rater, _), found in submitted.items():
        shares.setdefault(rater, Counter()).update(one.person for one in found[:1])
    for rater, people in shares.items():
        if len(people) > 1:
            each = ", ".join(f"{number} by {person}" for person, number in people.items())
            yield f"{rater} is {len(people)} people in Label Studio (items: {each}), who count as one rater"


def _record(annotation: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """An annotation as an answer."""
    given = annotation.get("result") or []
    if not isinstance(given, list):
        raise UnusableError(f"result is {str(given)[:40]!r}, allowed is a list")
    regions = [one for one in given if isinstance(one, dict)]
    _check_regions(regions)
    results = [one for one in regions if "from_name" in one]
    for one in results:
        if not isinstance(one["from_name"], str):
            raise UnusableError(f"from_name is {str(one['from_name'])[:40]!r}, allowed is the name of a control")
    options = {str(one.get("id")): _first(one, "choices") for one in results if one["from_name"].endswith(OPTION)}
    harms = {str(one.get("id")): _first(one, "choices") for one in results if one["from_name"] == HARM}
    marks: dict[str, list[dict[str, Any]]] = {}
    for one in results:
        beside = (beside.get(str(one.get("id"))) for beside in (options, harms))
        if one.get("type") == "labels" and (found := _marks_of_region(one, *beside)):
            marks.setdefault(one["from_name"], []).extend(found)
    none = [str(name) for one in results if one["from_name"] == NONE for name in _values(one, "choices")]
    said = {one["from_name"]: _first(one, "choices") or _first(one, "text") for one in results}
    seconds = annotation.get("lead_time")
    whole = {*map(list_of, none), *marks}.issuperset(lists_of(metrics))
    return {
        "status": said.get(STATUS) or ("done" if whole else "open"),
        "reason": said.get(REASON) or "",
        "notes": said.get(NOTES) or "",
        "marks": marks,
        "none": none,
        "accept": (said.get(ACCEPTED) or "")[:1] or None,
        "seconds": seconds if isinstance(seconds, int | float) and seconds > 0 else 0,
        "source": "labelstudio",
    }


def _check_regions(results: Sequence[Mapping[str, Any]]) -> None:
    """Refuse marked places that have lost their label: what they are cannot be told."""
    labelled = {str(one.get("id")) for one in results if any(_values(one, "labels"))}
    places = [
        f"{(_first(one, 'text') or '')[:40]!r} at {_first(one, 'start')} to {_first(one, 'end')}"
        for one in results
        if _values(one, "start")
        and not any(_values(one, "labels"))
        and (one.get("type") == "labels" or str(one.get("id")) not in labelled)
    ]
    if places:
        raise UnusableError(f"marked without a label: {', '.join(dict.fromkeys(places))}")


def _values(result: Mapping[str, Any], name: str) -> list[Any]:
    """All of what was chosen, written or labelled in one place."""
    value = result.get("value")
    given = value.get(name) if isinstance(value, dict) else None
    return given if isinstance(given, list) else [] if given is None else [given]


def _first(result: Mapping[str, Any], name: str) -> str | None:
    """The first of them; all lines of a text."""
    given = list(map(str, _values(result, name)))
    if name == "text":
        return "\n".join(given) or None
    return given[0] if given else None


def _marks_of_region(result: Mapping[str, Any], option: str | None, harm: str | None) -> list[dict[str, Any]]:
    """The marks of one region, one per label."""
    place: dict[str, Any] = {name: next(iter(_values(result, name)), None) for name in ("start", "end")}
    place["text"] = _first(result, "text") or ""
    labels = _values(result, "labels")
    if labels and result["from_name"] == "drc" and option is None:
        raise UnusableError(f"a rejection ({place['text'][:40]!r}) without its option")
    pointing: dict[str, list[dict[str, Any]]] = {
        "cecd": [{"fact": str(label).removeprefix("F"), "option": option} for label in labels],
        "drc": [{"reason": label, "option": option} for label in labels],
        "claims": [{"label": label, "harm": harm if label in WRONG else None} for label in labels],
    }
    return [place | to for to in pointing.get(result["from_name"], [{}] * len(labels))]
