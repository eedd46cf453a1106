"""What raters would say of all responses, from a judge's values of all and raters' values of some: PPI++.

Prediction-powered inference takes the judge's mean over all and corrects it by the judge's mean error where raters
labelled (Angelopoulos, Duchi & Zrnic 2023, arXiv:2311.01453):

    labelled mean of (human - lambda judge)  +  lambda x pool's mean of judge

It is unbiased for every lambda, which is tuned to the smallest variance in [0, 1]: a useless judge gets 0, which is the
estimate from labels alone. Conventions:

- **Labelled items** come in the order of `labelled_human` and `labelled_judge`, the others in that of
  `unlabelled_judge`. Where a metric is not defined (no case, no claim) there is no item: leave it out.
- **pool**: what the estimate is about. "both": labelled and unlabelled items together. "unlabelled": `unlabelled_judge`
  is the whole pool, values of labelled items included, or another sample of the same population. Unless told it is
  "both", and refused where the weights plainly add up to the number of the unlabelled items.
- **weights**: 1 / the chance with which a labelled item was drawn, up to a factor, one per labelled item.
- **strata**: within which items were drawn. One per item of both (labelled first), if they are known: labelled items
  then share the part of the pool that their stratum has, so that weights are not needed. Else one per labelled item.
- **clusters**: the question of each item, per item of both or per labelled item (the others are then independent).
- **pool_weights**: 1 / the chance with which an item of the pool was judged at all; all alike by default.
- **alpha**: one less the confidence of the interval, in (0, 1). **lam**: lambda; tuned unless given.
- **raters**: human values rater by rater, shape (raters, *labelled_human.shape), NaN where one did not rate; each human
  value is the mean of an item's raters. Without them the interval is about what *these* raters would say of the pool.
  With them it is about raters *like these*: the spread between raters is added (see `rater_rows`), and `raters` of the
  result counts them; it is 0 where the spread cannot be known.
- NaN among human values is an item that the raters could not judge: it is not labelled (and taken to be like the
  labelled ones of its stratum), but stays in the pool; `unscored` counts it. NaN among judge values is a failure of the
  judge: the judge's mean takes its place, so that the estimate is still about all responses; `unjudged` counts it.

The pool is taken as a sample of all questions that could be asked. Intervals are t intervals between labelled clusters,
with fewer degrees of freedom where few clusters carry much of the weight. Where human values are 0 or 1 (in a mean also
where they are shares of raters and the judge says 0 or 1), half an item of each combination of human and judge value is
added for the interval, not for the estimate, as Agresti & Min (2005, doi:10.1002/sim.1781) do for pairs: a judge that
does not happen to err on the labelled items is not perfect. Limits of shares stay in [0, 1]. `docs/metrics.md` has the
formulas, benchmarks/correction.py measures how often intervals hold the truth.

All functions raise a ValueError if there is no human value, shapes differ, a number is out of its range, or it cannot
be told what the pool is.
"""

from collections.abc import Sequence
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from clinical_r1.stats.estimates import ALPHA, Array, Clusters
from clinical_r1.stats.judge_rates import judge_error_by_group
from clinical_r1.stats.label_weights import Draw, Pool
from clinical_r1.stats.prediction_powered import (
    Corrected,
    Judged,
    corrected,
    corrected_mean,
    fit_difference,
    fit_ratio,
    judged,
    limits_of_ratio,
)

__all__ = [
    "Corrected",
    "Pool",
    "judge_error_by_group",
    "ppi_difference",
    "ppi_mean",
    "ppi_ratio",
    "ppi_ratio_difference",
]


def ppi_mean(
    labelled_human: ArrayLike,
    labelled_judge: ArrayLike,
    unlabelled_judge: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    strata: Clusters = None,
    clusters: Clusters = None,
    alpha: float = ALPHA,
    pool: Pool | None = None,
    pool_weights: ArrayLike | None = None,
    lam: float | None = None,
    raters: ArrayLike | None = None,
) -> Corrected:
    """Mean that raters would give to the pool (see the module for all conventions and errors).

    Args:
        labelled_human: Shape (labelled items,); NaN is "cannot judge".
        labelled_judge: Shape (labelled items,); NaN is a failure of the judge.
        unlabelled_judge: Shape (other items,).
        weights: Positive, shape (labelled items,).
        strata: Shape (items,) or (labelled items,).
        clusters: Shape (items,) or (labelled items,).
        alpha: In (0, 1).
        pool: "both" or "unlabelled".
        pool_weights: Positive, shape (pool items,).
        lam: Lambda, usually in [0, 1]; tuned unless given.
        raters: Shape (raters, labelled items).

    Returns:
        The mean; without limits if fewer than two labelled clusters have a human value.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> human = rng.random(2000) < 0.3
        >>> judge = np.where(rng.random(2000) < 0.9, human, True)  # one in ten is judged to be a hit whatever it is
        >>> found = ppi_mean(human[:200], judge[:200], judge[200:])
        >>> f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}], judge alone {found.judge_only:.2f}"
        '0.28 [0.25, 0.32], judge alone 0.36'
    """
    values = _checked((labelled_human, labelled_judge, unlabelled_judge), alpha)
    draw: Draw = {"weights": weights, "strata": strata, "clusters": clusters}
    found = judged(values, draw | {"pool": pool, "pool_weights": pool_weights, "raters": raters})
    kinds = None
    if _are_yes_or_no(values):  # human value 0 or 1, with the judge's least or greatest value
        low, high = float(found.judge.min()), float(found.judge.max())
        kinds = np.array([[0.0, low], [1.0, high], [1.0, low], [0.0, high]])
    return corrected_mean(found, kinds, (0.0, 1.0) if _are_shares(values) else None, alpha, lam)


def ppi_difference(
    labelled_human: ArrayLike,
    labelled_judge: ArrayLike,
    unlabelled_judge: ArrayLike,
    *,
    alpha: float = ALPHA,
    lam: float | None = None,
    **draw: Unpack[Draw],
) -> Corrected:
    """Mean difference b - a that raters would see between two checkpoints that answered the same questions.

    An item is a pair of responses to a question, and the difference of human values is corrected as a mean is, with a
    p-value. A pair is unrated if one of its responses is. Values have shape (2, items), those of a before those of b;
    the other arguments are those of `ppi_mean`.
    """
    sides = _checked((labelled_human, labelled_judge, unlabelled_judge), alpha, 2)
    if (raters := draw.get("raters")) is not None:
        draw["raters"] = np.diff(np.asarray(raters, dtype=float), axis=1)[:, 0]
    found = judged([side[1] - side[0] for side in sides], draw)
    kinds = None
    if _are_binary(sides[0]):  # a difference for the human alone, either way, and for the judge alone
        most = float(np.abs(found.judge).max())
        kinds = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, most], [0.0, -most]])
    return corrected_mean(found, kinds, (-1.0, 1.0) if _are_shares(sides) else None, alpha, lam, test=True)


def ppi_ratio(
    labelled_human: ArrayLike,
    labelled_judge: ArrayLike,
    unlabelled_judge: ArrayLike,
    *,
    alpha: float = ALPHA,
    lam: float | None = None,
    **draw: Unpack[Draw],
) -> Corrected:
    """Ratio of sums that raters would give to the pool, such as hallucinated claims over claims.

    Numerator and denominator are both corrected, with one lambda: that with the smallest variance of the linearised
    ratio. The interval is t; where no numerator exceeds its denominator, Wilson's at the effective number of trials.
    The ratio is NaN if the corrected denominator is not positive. Values have shape (2, items), numerators before
    denominators, which must not be negative; the other arguments are those of `ppi_mean`.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> claims, wrong = rng.poisson(8, 1000), rng.poisson(1, 1000)
        >>> human, judge = np.array([wrong, claims + wrong]), np.array([wrong + 1, claims + wrong + 1])
        >>> found = ppi_ratio(human[:, :100], judge[:, :100], judge[:, 100:])
        >>> f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}], judge alone {found.judge_only:.3f}"
        '0.114 [0.108, 0.121], judge alone 0.203'
    """
    parts = _checked((labelled_human, labelled_judge, unlabelled_judge), alpha, 2)
    _check_denominators(parts)
    found = judged(parts, draw)
    ends = (0.0, 1.0) if _are_parts(parts) else None
    one, alone = fit_ratio(found, lam), fit_ratio(found, 0.0)
    return corrected(found, one, alone, limits_of_ratio(found, alpha, ends), _ratio_of_judge(found), ends)


def ppi_ratio_difference(
    labelled_human: ArrayLike,
    labelled_judge: ArrayLike,
    unlabelled_judge: ArrayLike,
    *,
    alpha: float = ALPHA,
    lam: float | None = None,
    **draw: Unpack[Draw],
) -> Corrected:
    """Difference b - a between the ratios of sums of two checkpoints that answered the same questions.

    Both ratios are corrected as by `ppi_ratio`, each with its own lambda (`lam` of the result is their mean); what they
    share by question is taken into account. Values have shape (2, 2, items): sides, numerators before denominators.
    """
    sides = _checked((labelled_human, labelled_judge, unlabelled_judge), alpha, 2, 2)
    _check_denominators([side[number] for side in sides for number in (0, 1)])
    found = judged([side.reshape(4, -1) for side in sides], draw)
    a, b = found.part(slice(2)), found.part(slice(2, 4))
    one, alone = (fit_difference(fit_ratio(a, value), fit_ratio(b, value)) for value in (lam, 0.0))
    judge_only = _ratio_of_judge(b) - _ratio_of_judge(a)
    return corrected(found, one, alone, limits_of_ratio(found, alpha, None), judge_only, None, test=True)


# --- what the functions share -----------------------------------------------------------------------------------------
def _checked(values: Sequence[ArrayLike], alpha: float, *shape: int) -> list[Array]:
    """Values of labelled items by humans and judge, and of the others by the judge, each of shape (*shape, items)."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha={alpha}: allowed is more than 0 and less than 1")
    found = [np.asarray(value, dtype=float) for value in values]
    people, near, far = (array.shape for array in found)
    if len(people) != len(shape) + 1 or people != near or people[:-1] != shape or far[:-1] != shape:
        wanted = f"shape ({', '.join(map(str, shape))}, items)" if shape else "one number per item"
        raise ValueError(
            f"labelled_human {people}, labelled_judge {near}, unlabelled_judge {far}: allowed is {wanted}, "
            "the first two for the same items"
        )
    return found


def _check_denominators(parts: Sequence[Array]) -> None:
    if any((part[1] < 0).any() for part in parts):
        raise ValueError("allowed are denominators from 0")


def _scored(values: Array) -> Array:
    return values[..., ~np.isnan(values).any(axis=tuple(range(values.ndim - 1)))]


def _are_binary(values: Array) -> bool:
    return bool(np.isin(_scored(values), (0.0, 1.0)).all())


def _are_yes_or_no(parts: Sequence[Array]) -> bool:
    """Whether humans or the judge said yes or no, and so values are shares of yeses."""
    human, *judge = parts
    return _are_binary(human) or (_are_shares([human]) and all(map(_are_binary, judge)))


def _are_shares(parts: Sequence[Array]) -> bool:
    return all(bool(((_scored(part) >= 0) & (_scored(part) <= 1)).all()) for part in parts)


def _are_parts(parts: Sequence[Array]) -> bool:
    """Whether no numerator is negative or exceeds its denominator."""
    return all(bool(((over >= 0) & (over <= under)).all()) for over, under in map(_scored, parts))


def _ratio_of_judge(found: Judged) -> float:
    over, under = (found.items.pool_mean(row) for row in found.judge)
    return over / under if under > 0 else float("nan")
