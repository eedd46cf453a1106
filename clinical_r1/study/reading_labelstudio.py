"""Answers in a Label Studio export, see `clinical_r1.study.labelstudio`.

A rater is one person: of a person's annotations of an item the one submitted last counts, those that were skipped and
drafts do not, and two people's of one item are refused, as the study would take them for one rater's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from clinical_r1.study.folder import Folder, problems_of
from clinical_r1.study.labelstudio import NONE, NOTES, OPTION, REASON, STATUS
from clinical_r1.study.protocol import Answer, MarkList, marks_of
from clinical_r1.study.reading import Problem, Reading, Said, UnusableError, belongs, time_of


def from_labelstudio(content: Any, folder: Folder) -> Reading:
    """What stands in a Label Studio export (its format JSON).

    Args:
        content: The file's: a list of tasks.
        folder: The study.

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
        _add_item(reading, rater, item, annotations, folder)
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


def _add_item(reading: Reading, rater: str, item: str, found: Sequence[_Annotation], folder: Folder) -> None:
    """Add what one person said of an item."""
    people = dict.fromkeys(one.person for one in found)
    if len(people) > 1:
        tasks = ", ".join(dict.fromkeys(one.where for one in found))
        what = f"annotated by {len(people)} people ({', '.join(people)}), but a rater is one person: keep one's alone"
        reading.problems.append(Problem(f"{tasks}, item {item}", what))
        return
    try:
        times = [_time(one.content) for one in found]
        for one, time in zip(found, times, strict=True):
            if time == max(times):
                record = _record(one.content, folder.protocol.metrics) | {"exported": time}
                reading.said.append(Said(rater, item, Answer.model_validate(record), one.where))
    except ValidationError as error:
        reading.problems += [Problem(f"item {item}", f"{key}: {what}") for key, what in problems_of(error, Answer)]
    except UnusableError as error:
        reading.problems.append(Problem(f"item {item}", str(error)))


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


def _time(annotation: Mapping[str, Any]) -> str:
    return time_of(annotation.get("updated_at") or annotation.get("created_at"))


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
    marks: dict[MarkList, list[dict[str, Any]]] = {}
    for one in results:
        if one.get("type") == "labels":
            for mark in _marks(one["from_name"], one, options.get(str(one.get("id")))):
                marks.setdefault(one["from_name"], []).append(mark)
    none = [str(name) for one in results if one["from_name"] == NONE for name in _values(one, "choices")]
    said = {one["from_name"]: _first(one, "choices") or _first(one, "text") for one in results}
    seconds = annotation.get("lead_time")
    judged = {marks_of(name) for name in none} | set(marks)
    whole = all(marks_of(metric) in judged for metric in metrics)
    return {
        "status": said.get(STATUS) or ("done" if whole else "open"),
        "reason": said.get(REASON) or "",
        "notes": said.get(NOTES) or "",
        "marks": marks,
        "none": none,
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


def _marks(name: str, result: Mapping[str, Any], option: str | None) -> Iterator[dict[str, Any]]:
    """The marks of one region, one a label."""
    place: dict[str, Any] = {name: next(iter(_values(result, name)), None) for name in ("start", "end")}
    place["text"] = _first(result, "text") or ""
    for label in _values(result, "labels"):
        match name:
            case "cecd":
                yield place | {"fact": str(label).removeprefix("F"), "option": option}
            case "drc":
                if option is None:
                    raise UnusableError(f"a rejection ({place['text'][:40]!r}) without its option")
                yield place | {"reason": label, "option": option}
            case "claims":
                yield place | {"label": label}
            case _:
                yield place
