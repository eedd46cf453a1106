"""How far a mean over raters depends on who they are: raters as a sample of all who could have been asked.

An interval between questions is about these raters. That of raters like these needs the spread between raters too:
one who marks freely moves every mean that he or she has a part in, however many items there are.
"""

import numpy as np

from clinical_r1.stats.pools import Array


def rater_rows(ratings: Array, weights: Array) -> Array:
    """What each rater adds to a weighted mean of items' means over their raters: the sum of squares is its variance.

    Effects b of raters are fitted beside those of items, y = item + b, by least squares over items with two raters or
    more, so that it does not matter who rated which items. With c the part of the mean that is a rater's, the mean's
    variance over draws of R raters is (sum of c^2) x (sum of b^2) / (R - 1). What chance adds to fitted effects is
    not taken off: that variance is a little too large rather than too small.

    Args:
        ratings: Shape (raters, items), NaN where a rater did not rate.
        weights: Of the items in the mean, shape (items,).

    Returns:
        Shape (raters,), of those who rated; empty if there are fewer than two, or no chain of shared items links all.

    Examples:
        >>> rows = rater_rows(np.array([[1.0, 0, 1, 1], [0, 0, 1, 0]]), np.full(4, 0.25))  # means .75 and .25
        >>> print(f"{(rows**2).sum():.4f}")  # (.25^2 + .25^2) / 1 / 2
        0.0625
    """
    there = ~np.isnan(ratings) & (weights > 0)
    ratings, there = ratings[there.any(axis=1)], there[there.any(axis=1)]
    number = np.maximum(there.sum(axis=0), 1)
    values = np.where(there, ratings, 0.0)
    apart = np.where(there, values - values.sum(axis=0) / number, 0.0)
    parts = weights / number * there
    products = np.diag((weights * there).sum(axis=1)) - parts @ there.T
    raters = len(there)
    if raters < 2 or np.linalg.matrix_rank(products) < raters - 1:
        return np.zeros(0)
    effects = np.linalg.pinv(products, hermitian=True) @ (apart @ weights)  # they sum to 0
    return np.asarray(effects * np.sqrt((parts.sum(axis=1) ** 2).sum() / (raters - 1)))
