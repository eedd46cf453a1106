"""Answers in a Label Studio export, see `clinical_r1.study.labelstudio`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
    for task, why in zip(tasks, wrong, strict=True):
        where = f"task {task.get('id')}"
        if why:
            reading.problems.append(Problem(where, why))
            continue
        for annotation in task["annotations"]:
            if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
                _add_annotation(reading, task["data"], annotation, where, folder)
    return reading


def _add_annotation(
    reading: Reading, data: Mapping[str, Any], annotation: Mapping[str, Any], where: str, folder: Folder
) -> None:
    rater, item = str(data.get("rater")), str(data.get("item"))
    try:
        record = _record(annotation, folder.protocol.metrics)
        answer = Answer.model_validate(record)
    except ValidationError as error:
        reading.problems += [Problem(f"item {item}", f"{key}: {what}") for key, what in problems_of(error, Answer)]
    except UnusableError as error:
        reading.problems.append(Problem(f"item {item}", str(error)))
    else:
        reading.said.append(Said(rater, item, answer, where))


def _record(annotation: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """An annotation as an answer."""
    results = [one for one in annotation.get("result") or [] if isinstance(one, dict) and "from_name" in one]
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
        "exported": time_of(annotation.get("updated_at") or annotation.get("created_at")),
        "source": "labelstudio",
    }


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
