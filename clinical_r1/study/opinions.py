"""What raters say beside their marks: the worst harm of an item's wrong claims, and whether they would accept it.

Both are ordinal. Harm is that of the worst wrong claim: 0 where an item has none, then that of `HARMS`. Agreement is
Krippendorff's alpha at the ordinal level, kappa with linear and quadratic weights and Gwet's AC2 with ordinal weights,
each with an interval over questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clinical_r1.analysis.tables import explained
from clinical_r1.metrics import counted_labels
from clinical_r1.stats.agreement import agreement_intervals
from clinical_r1.stats.coefficients import human_mean
from clinical_r1.stats.estimates import mean
from clinical_r1.stats.resampling import Resampling
from clinical_r1.study.agreements import STATISTICS
from clinical_r1.study.folder import Folder
from clinical_r1.study.protocol import HARMS, Answer, Asked
from clinical_r1.study.ratings import Labelled, judged_metrics


@dataclass(frozen=True)
class Opinion:
    """Something that a rater says of an item in one of several ordered words."""

    key: str
    label: str
    values: range
    """From the lowest to the highest."""
    from_value: int
    """Items of at least this value have their share reported."""
    share: str
    """What that share is called."""


OPINIONS = {
    one.key: one
    for one in (
        Opinion("harm", "worst harm of wrong claims (0 no such claim, 1 none, 2 mild, 3 serious)", range(4), 3,
                "responses with a claim of serious harm"),
        Opinion("accept", "acceptable from a resident (1 no to 5 yes)", range(1, 6), 4,
                "responses that are acceptable (4 or 5)"),
    )
}  # fmt: skip


def opinions(folder: Folder) -> dict[str, dict[str, dict[str, float]]]:
    """Key of `OPINIONS` -> rater -> item -> value, of what the study asks for; repeats are under their own ids.

    A wrong claim without a degree of harm leaves its item without a value; so do items on which a
    rater said nothing, or that were set aside.
    """
    asked = folder.protocol.asked
    found: dict[str, dict[str, dict[str, float]]] = {}
    for key in OPINIONS if asked != Asked() else ():
        said = {
            rater: {
                id: float(value)
                for id, answer in file.items.items()
                if (value := opinion_of(key, answer, folder.protocol.metrics)) is not None
            }
            for rater, file in folder.answers.items()
        }
        if getattr(asked, key):
            found[key] = said
    return found


def opinion_of(key: str, answer: Answer, metrics: Sequence[str]) -> int | None:
    """What one answer says; None where it says nothing, or was set aside."""
    if answer.status == "cannot_judge":
        return None
    if key == "accept":
        return answer.accept
    if answer.counts.get("hallucination") == 0:
        return 0
    if answer.harm:
        return HARMS.index(answer.harm) + 1
    if "hallucination" not in judged_metrics(answer, metrics):
        return None
    wrong = [claim.harm for claim in answer.marks.claims if claim.label in counted_labels("hallucination")]
    return None if None in wrong else max((HARMS.index(harm) + 1 for harm in wrong if harm), default=0)


def opinion_tables(labelled: Labelled, resampling: Resampling) -> dict[str, pd.DataFrame]:
    """What raters said, and how far they agree.

    Returns:
        `opinions`: a row per opinion x checkpoint x benchmark: `opinion`, `label`, `checkpoint`, `benchmark`, the mean
        of raters' means `value`, `low`, `high`, `n` (items), `why`, `method`, and the share of items that raters put
        high, `share` with `share_low`, `share_high`; `share_label` says of what. Weighted as items were drawn.

        `opinion_agreement`: a row per opinion x statistic: `opinion`, `label`, `statistic`, `statistic_label`, `value`,
        `low`, `high`, `n`, `why`, `method`, `raters`.
    """
    said, agreed = [], []
    known = set(map(str, labelled.originals.index))
    for key, by_rater in labelled.opinions.items():
        opinion = OPINIONS[key]
        rows = {rater: {id: v for id, v in row.items() if id in known} for rater, row in by_rater.items()}
        rows = {rater: row for rater, row in rows.items() if row}
        about = {"opinion": key, "label": opinion.label}
        agreed += [about | {"raters": len(rows)} | one for one in _agreement(opinion, rows, labelled, resampling)]
        said += [about | one for one in _means(opinion, rows, labelled)]
    return {"opinions": pd.DataFrame(said), "opinion_agreement": pd.DataFrame(agreed)}


_SHOWN = ("alpha", "kappa_linear", "kappa_quadratic", "ac2", "exact", "within_one")


def _agreement(
    opinion: Opinion, rows: Mapping[str, Mapping[str, float]], labelled: Labelled, resampling: Resampling
) -> list[dict[str, Any]]:
    if not rows:
        return []
    found = agreement_intervals(
        rows,
        level="ordinal",
        categories=[float(value) for value in opinion.values],
        resamples=resampling.resamples,
        seed=resampling.seed,
        clusters=labelled.questions,
        item_weights=labelled.weights,
    )
    called = STATISTICS | {
        "alpha": f"{STATISTICS['alpha']}, ordinal level",
        "ac2": "Gwet's AC2, ordinal weights",
    }
    return [
        {"statistic": name, "statistic_label": called[name]} | explained(found[f"humans.{name}"]) for name in _SHOWN
    ]


def _means(opinion: Opinion, rows: Mapping[str, Mapping[str, float]], labelled: Labelled) -> list[dict[str, Any]]:
    last = labelled.adjudicated.get(opinion.key, {})
    of_item = {**human_mean(rows), **last}
    put_high = {who: {id: float(v >= opinion.from_value) for id, v in row.items()} for who, row in rows.items()}
    high = {**human_mean(put_high), **{id: float(value >= opinion.from_value) for id, value in last.items()}}
    made = []
    for (checkpoint, benchmark), items in labelled.originals.groupby(["checkpoint", "benchmark"], sort=False):
        if not (ids := [id for id in map(str, items.index) if id in of_item]):
            continue
        weights = [labelled.weights[id] for id in ids]
        clusters = [labelled.questions[id] for id in ids]
        value, share = (mean([side[id] for id in ids], clusters, weights=weights) for side in (of_item, high))
        made.append(
            {"checkpoint": checkpoint, "benchmark": benchmark}
            | explained(value)
            | {
                "share": share.value,
                "share_low": max(0.0, share.low),
                "share_high": min(1.0, share.high),
                "share_label": opinion.share,
            }
        )
    return made
