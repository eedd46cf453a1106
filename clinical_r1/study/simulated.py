"""Simulated raters and judges, to try a study with: who marks what in responses whose truth is known.

Nothing here is a clinician or medicine. The responses are those of the small world (`clinical_r1.world`), whose
sentences have few forms, so that what is true of them can be read off without a judge. A rater finds each true instance
with a stated chance, and now and then marks one that is not there. Judges are made in the same way, so that it is known
which of them is good.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinical_r1.errors import UserError
from clinical_r1.files import make_folder, write_whole
from clinical_r1.item import Item
from clinical_r1.judging.counting import count
from clinical_r1.judging.spans import clauses
from clinical_r1.metrics import METRICS_OF
from clinical_r1.sentences import Sentence
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import Answer, Marks
from clinical_r1.study.ratings import found_in, judging_item
from clinical_r1.world.cases import Case, Medicine
from clinical_r1.world.truth import read_claims

METRICS = ("cecd", "drc", "hallucination", "backtracking")
"""What they mark; of other metrics a world does not know the truth."""
LISTS = ("cecd", "drc", "claims", "backtracking")
"""The lists of marks that it takes."""

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
    """Further instances that are not there, a response and list, on average."""
    guesses: bool = False
    """Whether as many instances are marked as another response has, anywhere: then the rest does not matter."""


CLINICIAN = Marker("clinician", sensitivity=0.93, specificity=0.95)
"""The simulated clinicians differ by chance alone."""
JUDGES = (
    Marker("good", sensitivity=0.97, specificity=0.98),
    Marker("biased", sensitivity=0.75, specificity=0.6, overreads=1.5),
    Marker("random", sensitivity=0.0, specificity=1.0, guesses=True),
    Marker("constant", sensitivity=0.0, specificity=1.0),
)
"""The last one finds nothing anywhere."""


@dataclass(frozen=True)
class Response:
    """A response with all that is true of it."""

    item: Item
    """As judges have it, with the text that raters see."""
    truth: tuple[Mark, ...]
    sentences: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the sentences once."""
        found = tuple(one.span() for one in _SENTENCE.finditer(self.item.response))
        object.__setattr__(self, "sentences", found)


def truth_of(item: Item, case: Case, medicine: Medicine) -> tuple[Mark, ...]:
    """All true instances in a response."""
    return tuple(mark for start, end in (one.span() for one in _SENTENCE.finditer(item.response))
                 for mark in _of_sentence(item, start, end, case, medicine))  # fmt: skip


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


def marks_by(marker: Marker, response: Response, other: Response, rng: random.Random) -> list[Mark]:
    """What somebody marks in a response.

    Args:
        marker: Who.
        response: The response.
        other: Another one, for who guesses.
        rng: Source of chance.
    """
    if marker.guesses:
        guesses = [(one, _phantom(one["of"], response, rng)) for one in other.truth if response.sentences]
        return [guess | ({"label": one["label"]} if "label" in one else {}) for one, guess in guesses]
    found = [one for one in response.truth if rng.random() < marker.sensitivity]
    for name in LISTS:
        phantoms = (rng.random() >= marker.specificity) + _poisson(marker.overreads, rng)
        found += [_phantom(name, response, rng) for _ in range(phantoms) if response.sentences]
    return found


def _phantom(name: str, response: Response, rng: random.Random) -> Mark:
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


def _poisson(mean: float, rng: random.Random) -> int:
    """A Poisson number by Knuth's method."""
    number, product, limit = 0, rng.random(), 2.718281828459045**-mean
    while product > limit:
        number, product = number + 1, product * rng.random()
    return number


def answer_of(marks: Sequence[Mark], seconds: float = 0.0, metrics: Sequence[str] = METRICS) -> dict[str, Any]:
    """Marks as an answer of a form's export, of the metrics that are asked for."""
    list_of = {metric: "claims" if metric == "hallucination" else metric for metric in metrics}
    lists = {
        name: [{k: v for k, v in one.items() if k != "of"} for one in marks if one["of"] == name]
        for name in LISTS
        if name in list_of.values()
    }
    none = [metric for metric, name in list_of.items() if not lists[name]]
    return {"status": "done", "reason": "", "notes": "", "marks": lists, "none": none, "seconds": seconds}


def values_of(marks: Sequence[Mark], item: Item) -> dict[str, float]:
    """The numbers that follow from marks, by the code that counts what judges find."""
    lists = answer_of(marks)["marks"]
    return dict(count(found_in(Answer(marks=Marks.model_validate(lists)), METRICS), item, METRICS).values)


def scores_of(marks: Sequence[Mark], item: Item) -> Mapping[str, dict[str, float]]:
    """The same by scorer, as a judge's scores have them."""
    values = values_of(marks, item)
    behaviours = METRICS_OF["behaviours"]
    of_behaviours = {key: value for key, value in values.items() if key.startswith(behaviours)}
    return {
        "grounding": {key: value for key, value in values.items() if key not in of_behaviours},
        "behaviours": of_behaviours,
    }


def case_facts(case: Case) -> tuple[Sentence, ...]:
    """Facts of a case as rules list them."""
    return tuple(clauses(case.stem))


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
        A file a rater.

    Raises:
        UserError: If the study asks for metrics beyond `METRICS` or holds other cases, or a file cannot be written.
    """
    if beyond := [metric for metric in folder.protocol.metrics if metric not in METRICS]:
        raise UserError(f"{', '.join(beyond)}: no truth is known of it; allowed are {', '.join(METRICS)}")
    responses = {}
    for id, key in folder.key.items.items():
        if key.question not in cases:
            raise UserError(f"the study's question {key.question} is no case of this world")
        item = judging_item(folder.items[id], key)
        responses[id] = Response(item, truth_of(item, cases[key.question], medicine))
    make_folder(to)
    paths = []
    for rater, order in folder.protocol.orders.items():
        rng = random.Random(f"{rater} {seed}")
        marks = {id: marks_by(CLINICIAN, responses[id], responses[id], rng) for id in order}
        answers = {id: answer_of(marks[id], rng.uniform(60, 240), folder.protocol.metrics) for id in order}
        export = {"study": folder.protocol.study, "schema": 1, "rater": rater, "exported": exported, "items": answers}
        paths.append(write_whole(to / f"{rater}.json", json.dumps(export)))
    return paths
