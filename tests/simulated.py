"""Studies made up in memory: raters and judges with known errors, without logs or files."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinical_r1.study.ratings import Labelled

Array = NDArray[np.float64]
Judge = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]
"""From whether there is an instance, and how many there are, to what the judge says of both."""
CHECKPOINTS = {"grpo": 0.0, "crpo": 0.15}
"""Label -> how much more often it verifies."""


def shaken(counts: Array, rng: np.random.Generator) -> Array:
    """Counts that are right in three of five cases, and else one off."""
    return np.maximum(0, counts + rng.choice([-1, 0, 0, 0, 1], len(counts)))


def good(any_: Array, counts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    return np.where(rng.random(len(any_)) < 0.95, any_, 1 - any_), shaken(counts, rng)


def biased(any_: Array, counts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Sees what is not there."""
    return np.where(rng.random(len(any_)) < 0.45, 1.0, any_), counts + 2 + rng.choice([0, 1], len(counts))


def guessing(any_: Array, counts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    return (rng.random(len(any_)) < any_.mean()).astype(float), rng.permutation(counts)


def constant(any_: Array, counts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    return np.zeros(len(any_)), np.zeros(len(counts))


JUDGES: dict[str, Judge] = {"good": good, "biased": biased, "guessing": guessing, "constant": constant}


def population(questions: int, rate: float, rng: np.random.Generator) -> pd.DataFrame:
    """Responses of two checkpoints; a third of the questions is of a kind in which more is verified."""
    rows = [
        {"checkpoint": checkpoint, "benchmark": "made up", "question": f"q{number:04d}", "epoch": 1, "rich": number % 3 == 0,
         "chance": min(1.0, rate + shift + 0.2 * (number % 3 == 0)), "level": 2 + 4 * shift + (number % 3 == 0)}
        for number in range(questions)
        for checkpoint, shift in CHECKPOINTS.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    about = {
        "has_case": True,
        "words": rng.integers(50, 200, len(frame)).astype(float),
        "correct": rng.random(len(frame)) < 0.5,
    }
    drawn = {
        "any": (rng.random(len(frame)) < frame["chance"]).astype(float),
        "count": rng.poisson(frame["level"]).astype(float),
    }
    return frame.assign(**about, **drawn)


def draw(frame: pd.DataFrame, questions: int, rng: np.random.Generator) -> pd.DataFrame:
    """Items: half of the questions drawn are rich ones, which are a third of all."""
    parts = []
    for rich, part in frame.groupby("rich"):
        there = part["question"].unique()
        chosen = rng.choice(there, questions // 2, replace=False)
        taken = part[part["question"].isin(chosen)]
        parts.append(taken.assign(stratum="rich" if rich else "poor", weight=len(there) / (questions // 2)))
    return pd.concat(parts)


def study(
    *,
    seed: int = 0,
    questions: int = 300,
    drawn: int = 60,
    raters: int = 3,
    rate: float = 0.2,
    rater_accuracy: float = 0.95,
    judges: Sequence[str] = ("good",),
    **given: Any,
) -> Labelled:
    """A study about verification.

    Args:
        seed: Of everything.
        questions: That the judges judged.
        drawn: Of these, for labelling.
        raters: All rate all items.
        rate: Share of responses with an instance, before what checkpoint and kind add.
        rater_accuracy: Chance that a rater says of an instance whether it is there.
        judges: Among `JUDGES`.
        given: Fields of `Labelled` that are other than made here.
    """
    rng = np.random.default_rng(seed)
    everything = population(questions, rate, rng)
    said = {name: JUDGES[name](everything["any"].to_numpy(), everything["count"].to_numpy(), rng) for name in judges}
    items = draw(everything, drawn, rng)
    names = [f"i{place:04d}" for place in items.index]
    keys = ("verification_any", "verification")
    seen = [
        (
            np.where(rng.random(len(items)) < rater_accuracy, items["any"], 1 - items["any"]),
            shaken(items["count"].to_numpy(), rng),
        )
        for _ in range(raters)
    ]
    fields: dict[str, Any] = {
        "study": "0123456789ab",
        "metrics": ("verification",),
        "items": items.set_index(pd.Index(names)).assign(repeat_of=None),
        "ratings": {
            key: {f"r{n}": values(names, both[place]) for n, both in enumerate(seen, 1)}
            for place, key in enumerate(keys)
        },
        "judges": {
            name: {key: values(names, both[place][items.index]) for place, key in enumerate(keys)}
            for name, both in said.items()
        },
        "responses": {
            name: everything.assign(verification_any=both[0], verification=both[1]) for name, both in said.items()
        },
    }
    return Labelled(**fields | given)


def values(names: Sequence[str], numbers: Any) -> dict[str, float]:
    return dict(zip(names, np.asarray(numbers, dtype=float).tolist(), strict=True))


def expected_any(checkpoint: str, rate: float, accuracy: float) -> float:
    """What a rater finds in the long run: rich questions are a third."""
    true = [rate + CHECKPOINTS[checkpoint] + more for more in (0.2, 0.0, 0.0)]
    return float(np.mean([accuracy * p + (1 - accuracy) * (1 - p) for p in true]))
