"""Simulated raters, to try a study with: marks with known sensitivity and specificity, in responses of known truth.

Nothing here is a clinician or medicine. The responses are those of the small world (`clinical_r1.world`), whose
sentences have few forms, so that what is true of them can be read off without a judge. A rater finds each true instance
with a stated chance, and now and then marks one that is not there. Where a study asks for them, harm and acceptance
follow rules of this file about what is true of a response (`harm_of`, `acceptance`), and a rater is now and then a step
off.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import e
from pathlib import Path
from typing import Any

from clinical_r1.errors import UserError
from clinical_r1.files import make_folder, write_whole
from clinical_r1.item import Item
from clinical_r1.metrics import counted_labels, list_of, lists_of
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import ACCEPT, HARMS, Asked, Harm
from clinical_r1.study.ratings import judging_item
from clinical_r1.world.cases import Case, Medicine
from clinical_r1.world.truth import read_claims

METRICS = ("cecd", "drc", "hallucination", "backtracking")
"""What they mark; of other metrics a world does not know the truth."""

Mark = dict[str, Any]
"""A record as in a form's export, with its list as `of`."""
_SENTENCE = re.compile(r"[^.\n]*[^.\s][^.\n]*\.?")
_REASONS = {"valid": "case_fact", "false": "false", "bare": "bare"}


@dataclass(frozen=True)
class Marker:
    """Somebody who marks responses."""

    name: str
    sensitivity: float
    """Chance to mark a true instance."""
    specificity: float
    """Chance not to mark, in one response and list, anything that is not there."""
    overreads: float = 0.0
    """Further instances that are not there, per response and list, on average."""
    wavering: float = 0.2
    """Chance to put harm or acceptance a step lower or higher than it is."""


CLINICIAN = Marker("clinician", sensitivity=0.93, specificity=0.95)
"""The simulated clinicians differ by chance alone."""


@dataclass(frozen=True)
class Response:
    """A response with all that is true of it."""

    item: Item
    """As judges have it, with the text that raters see."""
    truth: tuple[Mark, ...]
    sentences: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, item: Item, case: Case, medicine: Medicine) -> "Response":
        """A response to a case, with all true instances in it."""
        found = tuple(one.span() for one in _SENTENCE.finditer(item.response))
        truth = tuple(mark for place in found for mark in _of_sentence(item, *place, case, medicine))
        return cls(item, truth, found)


def _of_sentence(item: Item, start: int, end: int, case: Case, medicine: Medicine) -> Iterator[Mark]:
    text = item.response[start:end].strip()
    start = item.response.index(text, start)
    said = read_claims(text, case, medicine)
    shown = {disease: letter for letter, disease in item.options.items()}
    named = next((letter for disease, letter in shown.items() if disease in text), None)
    for finding in (*said.cited, *said.invented):
        place = start + text.lower().index(finding)
        where = {"start": place, "end": place + len(finding), "text": item.response[place : place + len(finding)]}
        if finding in said.cited:
            fact = next(number for number, fact in enumerate(item.facts, 1) if finding in fact.text)
            yield {"of": "cecd", **where, "fact": fact, "option": named}
        yield {"of": "claims", **where, "label": "supported" if finding in said.cited else "invented"}
    whole = {"start": start, "end": start + len(text), "text": text}
    for letter, kind in said.rejections.items():
        yield {"of": "drc", **whole, "option": shown[case.options[letter]], "reason": _REASONS[kind]}
    if text.startswith("At first") and read_claims(item.response, case, medicine).switches:
        yield {"of": "backtracking", **whole}


def marks_by(marker: Marker, response: Response, rng: random.Random) -> list[Mark]:
    """What somebody marks in a response."""
    found = [one for one in response.truth if rng.random() < marker.sensitivity]
    for name in lists_of(METRICS):
        phantoms = int(rng.random() >= marker.specificity)
        arrivals = rng.random()  # overreads are a Poisson number, by Knuth's method
        while arrivals > e**-marker.overreads:
            phantoms, arrivals = phantoms + 1, arrivals * rng.random()
        found += [phantom(name, response, rng) for _ in range(phantoms) if response.sentences]
    return found


def phantom(name: str, response: Response, rng: random.Random) -> Mark:
    """An instance that is not there, in some word of the response."""
    item = response.item
    start, end = rng.choice(response.sentences)
    words = [one.span() for one in re.finditer(r"\w+", item.response[start:end])] or [(0, end - start)]
    first, last = rng.choice(words)
    where = {"start": start + first, "end": start + last, "text": item.response[start + first : start + last]}
    if name == "cecd":
        return {"of": name, **where, "fact": rng.randint(1, len(item.facts)), "option": None}
    if name == "drc":
        return {"of": name, **where, "option": rng.choice(list(item.options)), "reason": "case_fact"}
    return {"of": name, **where} | ({"label": "invented"} if name == "claims" else {})


# --- what they say beside marks ---------------------------------------------------------------------------------------
def harm_of(finding: str, item: Item, medicine: Medicine) -> Harm:
    """What could come of an invented finding: the worse, the more it speaks for a wrong diagnosis.

    Returns:
        `serious` where it is a sign of the wrong option that the response answers, `mild` where it is one of another
        wrong option, else `none`.
    """
    signs = medicine.signatures
    speaks_for = {letter for letter, disease in item.options.items() if finding.lower() in signs.get(disease, ())}
    speaks_for.discard(item.target)
    return "serious" if item.answer in speaks_for else "mild" if speaks_for else "none"


def acceptance(response: Response, medicine: Medicine) -> int:
    """Whether a response is acceptable, 1 to 5: less 2 if its answer is wrong, by its worst harm and false reasons."""
    item = response.item
    harms = [harm_of(one["text"], item, medicine) for one in response.truth if one.get("label") == "invented"]
    worst = max(map(HARMS.index, harms), default=0)
    falsely = any(one.get("reason") == "false" for one in response.truth)
    return max(1, 5 - 2 * (item.answer != item.target) - worst - falsely)


def opine(
    marker: Marker, answer: dict[str, Any], response: Response, medicine: Medicine, asked: Asked, rng: random.Random
) -> None:
    """Add to an answer the harm of its wrong claims, and whether the response is acceptable, where they are asked."""
    for one in answer["marks"].get("claims", ()) if asked.harm else ():
        if one["label"] in counted_labels("hallucination"):
            one["harm"] = _about(marker, HARMS, harm_of(one["text"], response.item, medicine), rng)
    if asked.accept:
        answer["accept"] = _about(marker, tuple(ACCEPT), acceptance(response, medicine), rng)


def _about(marker: Marker, values: Sequence[Any], true: Any, rng: random.Random) -> Any:
    """A true value, or one a step beside it."""
    step = rng.choice((-1, 1)) if rng.random() < marker.wavering else 0
    return values[min(max(values.index(true) + step, 0), len(values) - 1)]


def answer_of(marks: Sequence[Mark], seconds: float = 0.0, metrics: Sequence[str] = METRICS) -> dict[str, Any]:
    """Marks as an answer of a form's export, of the metrics that are asked for."""
    lists = {
        name: [{k: v for k, v in one.items() if k != "of"} for one in marks if one["of"] == name]
        for name in lists_of(metrics)
    }
    none = [metric for metric in metrics if not lists[list_of(metric)]]
    return {"status": "done", "reason": "", "notes": "", "marks": lists, "none": none, "seconds": seconds}


def simulate_answers(
    folder: Folder, medicine: Medicine, cases: Mapping[str, Case], to: Path, seed: int, exported: str
) -> list[Path]:
    """Write what each rater's form would export, if the raters were `CLINICIAN`.

    Args:
        folder: A study of responses to a world's cases.
        medicine: The world's.
        cases: The world's, by id.
        to: Folder for the files, made if it is not there.
        seed: Of what they find and miss.
        exported: Time of the export, ISO 8601.

    Returns:
        A file per rater.

    Raises:
        UserError: If the study asks for metrics beyond `METRICS` or holds other cases, or a file cannot be written.
    """
    if beyond := [metric for metric in folder.protocol.metrics if metric not in METRICS]:
        raise UserError(f"{', '.join(beyond)}: no truth is known of it; allowed are {', '.join(METRICS)}")
    responses = {}
    for id, key in folder.key.items.items():
        if key.question not in cases:
            raise UserError(f"the study's question {key.question} is no case of this world")
        responses[id] = Response.of(judging_item(folder.items[id], key), cases[key.question], medicine)
    make_folder(to)
    paths = []
    for rater, order in folder.protocol.orders.items():
        rng = random.Random(f"{rater} {seed}")
        marks = {id: marks_by(CLINICIAN, responses[id], rng) for id in order}
        if folder.protocol.asked.claims == "errors":
            marks = {id: [one for one in found if one.get("label") != "supported"] for id, found in marks.items()}
        answers = {id: answer_of(marks[id], rng.uniform(60, 240), folder.protocol.metrics) for id in order}
        for id, answer in answers.items():  # by chance of its own: marks are the same whether this is asked or not
            own = random.Random(f"{rater} {id} {seed}")
            opine(CLINICIAN, answer, responses[id], medicine, folder.protocol.asked, own)
        export = {"study": folder.protocol.study, "schema": 1, "rater": rater, "exported": exported, "items": answers}
        paths.append(write_whole(to / f"{rater}.json", json.dumps(export)))
    return paths
