"""Which items to look at: where the judge is farthest from raters, and where raters are farthest from each other."""

from dataclasses import dataclass

import numpy as np

from clinical_r1.study.labelled import Labelled, Panel, panel


@dataclass(frozen=True)
class Disagreement:
    """An item and why it is worth a look."""

    item: str
    why: str
    """The metric on which sides are farthest apart, and what each said."""


def disagreements(labelled: Labelled, number: int) -> list[Disagreement]:
    """Items by how far the first judge is from raters, in standard deviations of ratings summed over metrics.

    Items on which the judge agrees with raters exactly come last, by how far raters are from each other.

    Args:
        labelled: The study.
        number: Items at most.
    """
    judge = next(iter(labelled.judges), None)
    panels = [panel(labelled, key) for key in labelled.keys]
    found: dict[str, tuple[float, float, str]] = {}
    for item in labelled.originals.index:
        apart = [one for each in panels if (one := _apart(each, str(item), judge)) is not None]
        if apart:
            most = max(apart)
            found[str(item)] = (sum(one[0] for one in apart), sum(one[1] for one in apart), most[2])
    ranked = sorted(found, key=lambda item: (-round(found[item][0], 9), -round(found[item][1], 9), item))
    return [Disagreement(item, found[item][2]) for item in ranked[:number] if max(found[item][:2]) > 0]


def _apart(one: Panel, item: str, judge: str | None) -> tuple[float, float, str] | None:
    """Distance of judge from raters, and of raters from each other; what each said."""
    if item not in one.clusters:
        return None
    place = list(one.items.index).index(item)
    ratings = one.scores[:, place]
    given = ratings[~np.isnan(ratings)]
    machine = float(one.judges[judge][place]) if judge is not None else float("nan")
    spread = float(np.nanstd(one.scores)) or 1.0
    from_judge = 0.0 if np.isnan(machine) else abs(machine - given.mean()) / spread
    said = f"{one.metric.label}: judge {_number(machine)}, raters {', '.join(map(_number, given))}"
    return float(from_judge), float(given.std()) / spread, said


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")
