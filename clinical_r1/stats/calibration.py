"""A judge's values on the raters' scale: isotonic regression on labelled items, cross-fitted by question.

A judge that counts 0, 5 and 6 where raters count 0, 1 and 2 orders responses well, but no factor lambda makes its
errors small. Isotonic regression learns the step from its values to the raters' under one condition: a higher value of
the judge never means a lower one of raters. What a labelled item is corrected with must not have seen that item, so its
own fold of questions is left out (cross-prediction, Zrnic and Candes 2024, doi:10.1073/pnas.2322083121); other items
get the mean over folds.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from clinical_r1.stats.estimates import Array, Clusters, places_of, positive

FOLDS = 5


def calibrated_judge(
    labelled_human: ArrayLike,
    labelled_judge: ArrayLike,
    unlabelled_judge: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    clusters: Clusters = None,
    folds: int = FOLDS,
    seed: int = 0,
) -> tuple[Array, Array]:
    """The judge's values, calibrated, to be given to `clinical_r1.stats.correction.ppi_mean` in their place.

    Args:
        labelled_human: Shape (labelled items,); NaN is unrated.
        labelled_judge: The same shape; NaN stays NaN.
        unlabelled_judge: Shape (other items,).
        weights: 1 / the chance with which a labelled item was drawn; all alike by default.
        clusters: Question of each labelled item; every item on its own by default.
        folds: Parts of the questions, from 2; fewer where there are fewer questions.
        seed: Of the folds.

    Returns:
        Values of labelled items and of the others. They are as given where fewer than two questions are rated.

    Raises:
        ValueError: If shapes differ, or there are fewer than two folds.

    Examples:
        >>> human = np.array([0, 1, 2] * 20)
        >>> near, far = calibrated_judge(human, human**2, [0, 1, 4, 2.5])
        >>> far.tolist()  # between two values that were labelled, in proportion
        [0.0, 1.0, 2.0, 1.5]
    """
    human, near, far = (
        np.asarray(values, dtype=float) for values in (labelled_human, labelled_judge, unlabelled_judge)
    )
    if human.ndim != 1 or human.shape != near.shape or far.ndim != 1:
        raise ValueError(f"there must be one value per item: {human.shape}, {near.shape}, {far.shape}")
    if folds < 2:
        raise ValueError(f"folds={folds}: allowed is a whole number from 2")
    heavy = positive("weights", weights, np.ones(len(human)), "labelled item")
    rated = np.flatnonzero(~np.isnan(human + near))
    _, question = np.unique(places_of(clusters, len(human))[rated], return_inverse=True)
    questions = int(question.max(initial=-1)) + 1
    if questions < 2:
        return near, far
    fold = (np.random.default_rng(seed).permutation(questions) % min(folds, questions))[question]
    both = np.append(near, far)
    without = np.array([
        np.interp(both, *_steps(near[rest], human[rest], heavy[rest]))
        for rest in (rated[fold != one] for one in range(min(folds, questions)))
    ])  # fmt: skip
    found = without.mean(axis=0)
    found[rated] = without[fold, rated]
    return found[: len(near)], found[len(near) :]


def _steps(judge: Array, human: Array, weights: Array) -> tuple[Array, Array]:
    """Distinct values of the judge in order, and what raters say at each."""
    values, places = np.unique(judge, return_inverse=True)
    total = np.bincount(places, weights)
    means = np.bincount(places, weights * human) / total
    return values, np.asarray(isotonic_regression(means, weights=total).x)
