"""Adjudication: a form over the items on which raters differ, and what the adjudicator says as a layer above theirs.

Two raters differ on an item where any of its numbers differs, or what they said beside marks. Both are shown under
letters, which are dealt anew for each item. Agreement is reported from before, results from after.
"""

from math import isnan
from pathlib import Path
from random import Random

from clinical_r1.errors import UserError
from clinical_r1.files import make_folder, write_whole
from clinical_r1.study.folder import ADJUDICATION, ADJUDICATOR, Folder, dump
from clinical_r1.study.form import form_html
from clinical_r1.study.opinions import OPINIONS, opinion_of
from clinical_r1.study.protocol import NEED_ALL_CLAIMS, AdjudicationFile, Answer, ItemsFile
from clinical_r1.study.ratings import values_of


def numbers_of(folder: Folder, id: str, answer: Answer) -> dict[str, float]:
    """All that an answer says as numbers: keys of the study's metrics and of `OPINIONS`; without those it has not."""
    metrics, asked = folder.protocol.metrics, folder.protocol.asked
    values = values_of(answer, folder.items[id], folder.key.items[id], metrics)
    lost = NEED_ALL_CLAIMS if asked.claims == "errors" else ()
    said = {key: opinion_of(key, answer, metrics) for key in OPINIONS if getattr(asked, key)}
    return {
        key: float(value)
        for key, value in {**values, **said}.items()
        if value is not None and not isnan(value) and key not in lost
    }


def comparable(folder: Folder) -> dict[str, dict[str, Answer]]:
    """Item -> rater -> finished answer with marks, of items that two raters or more have finished; no repeats."""
    found: dict[str, dict[str, Answer]] = {}
    for rater, file in folder.answers.items():
        for id, answer in file.items.items():
            if answer.status == "done" and answer.source != "sheet" and folder.key.items[id].repeat_of is None:
                found.setdefault(id, {})[rater] = answer
    return {id: found[id] for id in sorted(found) if len(found[id]) > 1}


def differing(folder: Folder) -> dict[str, dict[str, Answer]]:
    """Those of `comparable` on which any two raters differ."""
    return {
        id: by_rater
        for id, by_rater in comparable(folder).items()
        if len({tuple(sorted(numbers_of(folder, id, answer).items())) for answer in by_rater.values()}) > 1
    }


def write_adjudication(folder: Folder, form: Path, seed: int, created: str) -> tuple[int, int]:
    """Write the adjudicator's form, and `adjudication.json` into the study's folder.

    Items that were given to the adjudicator earlier stay, with the same letters for the same raters, so that no answer
    of theirs is lost; new ones come behind them.

    Returns:
        Items to adjudicate, and items that two raters or more have finished.

    Raises:
        UserError: If no raters differ, or a file cannot be written.
    """
    apart, random = differing(folder), Random(f"adjudication {seed}")
    before = folder.adjudication
    items = list(before.items) if before else []
    raters = dict(before.raters) if before else {}
    fresh = [id for id in apart if id not in raters]
    for id in random.sample(fresh, len(fresh)):
        items.append(id)
        raters[id] = random.sample(sorted(apart[id]), len(apart[id]))
    if not items:
        raise UserError(f"{folder.path}: no two raters have finished the same item and differ on it")
    others = {id: [folder.answers[rater].items[id] for rater in raters[id]] for id in items}
    protocol = folder.protocol
    asked = protocol.asked.model_copy(update={"practice": 0})
    study = ItemsFile(
        study=protocol.study, metrics=protocol.metrics, asked=asked, items=[folder.items[id] for id in items]
    )
    html = form_html(
        study, ADJUDICATOR, items, f"{protocol.title}: adjudication", protocol.metrics, others, protocol.notes
    )
    file = AdjudicationFile(study=protocol.study, created=created, items=items, raters=raters)
    make_folder(form.absolute().parent)
    write_whole(form, html)
    write_whole(folder.path / ADJUDICATION, dump(file))
    return len(items), len(comparable(folder))


def finished(folder: Folder) -> dict[str, Answer]:
    """Item -> the adjudicator's answer, of those that are finished."""
    given = folder.adjudicated.items if folder.adjudicated else {}
    return {id: answer for id, answer in given.items() if answer.status == "done"}


def adjudicated_values(folder: Folder) -> dict[str, dict[str, float]]:
    """Key of a metric or of `OPINIONS` -> item -> what was adjudicated."""
    found: dict[str, dict[str, float]] = {}
    for id, answer in finished(folder).items():
        for key, value in numbers_of(folder, id, answer).items():
            found.setdefault(key, {})[id] = value
    return found
