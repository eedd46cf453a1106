"""Agreement of any number of raters on numbers: the intraclass correlation ICC(A,1)."""

from typing import Literal, get_args

import numpy as np

from clinical_r1.stats.agreement_table import Array, Coefficient, Ratings, Statistic, Table, read_table, single
from clinical_r1.stats.contrast import quotient

Missing = Literal["complete", "all"]


def icc_a1(ratings: Ratings, *, missing: Missing = "complete") -> Coefficient:
    """ICC(A,1): two-way, absolute agreement, single rating (McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30).

    The share that differences between items have in the variance of a rating, beside those between raters and error.
    With missing ratings the components are estimated by Henderson's third method (Searle, Casella & McCulloch 1992,
    section 5.5), which for complete ratings are the mean squares of the analysis of variance.

    Args:
        ratings: {rater: {item: number}}; missing ratings are left out of the inner mapping, None or NaN.
        missing: "complete" takes the items that all raters rated; "all" takes all ratings, for designs in which every
            item goes to some of the raters only.

    Returns:
        At most 1; below 0 where raters differ within items more than items do. NaN, with `why`, with fewer than two
        raters or items, or where nothing varies.

    Raises:
        ValueError: If a value is not a number.

    Examples:
        >>> round(icc_a1({"h1": {"i1": 1, "i2": 2, "i3": 4}, "h2": {"i1": 2, "i2": 3, "i3": 5}}), 3)
        0.824
    """
    if missing not in get_args(Missing):
        raise ValueError(f"missing={missing!r}: allowed are {', '.join(get_args(Missing))}")
    return icc(read_table(ratings, ordered=True), missing).values[0]


def icc(table: Table, missing: Missing = "complete", name: str = "icc_a1") -> Statistic:
    """ICC(A,1) as a statistic."""
    rated = table.rated
    used = (rated == len(table.raters)) & (rated >= 2) if missing == "complete" else rated >= 1
    there = (~np.isnan(table.scores) & used).T.astype(float)
    first = table.categories[0] if len(table.categories) else 0.0  # what is alike is then exactly 0
    scores = np.where(there > 0, np.nan_to_num(table.scores.T) - first, 0)
    raters = len(table.raters)
    number = np.maximum(there.sum(axis=1, keepdims=True), 1)
    residuals = there * (scores - scores.sum(axis=1, keepdims=True) / number)
    overlaps = there[:, :, None] * np.eye(raters) - there[:, :, None] * there[:, None, :] / number[:, :, None]
    parts = [there, scores, residuals, overlaps.reshape(len(there), raters**2), (scores**2).sum(axis=1, keepdims=True)]
    columns = np.hstack([*parts, (residuals**2).sum(axis=1, keepdims=True), used[:, None]])
    ends = np.cumsum([raters, raters, raters, raters**2, 1, 1])

    def of(often: Array) -> Array:
        given, sums, left, overlap, squares, within, items = np.split(often @ columns, ends, axis=1)
        return _share_of_items(given, sums, left, overlap.reshape(len(often), raters, raters), squares, within, items)

    if raters < 2:
        why = "fewer than two raters"
    elif used.sum() < 2:
        why = "fewer than two items that all raters rated" if missing == "complete" else "fewer than two items"
    else:
        why = "ratings do not vary, or too few items have two of them"
    return single(name, of, used, why)


def _share_of_items(
    given: Array, sums: Array, left: Array, overlap: Array, squares: Array, within: Array, items: Array
) -> Array:
    """Variance between items over the whole, by Henderson's third method.

    Args:
        given: Ratings of each rater, shape (resamples, raters).
        sums: Sums of each rater's ratings.
        left: The same after the mean of its item was taken from each rating.
        overlap: Normal equations of raters within items, shape (resamples, raters, raters).
        squares: Sum of all squared ratings, shape (resamples, 1).
        within: Sum of squares within items, shape (resamples, 1).
        items: Number of items, shape (resamples, 1).
    """
    n, k = given.sum(axis=1), items[:, 0]
    values, vectors = np.linalg.eigh(overlap)
    kept = values > 1e-9 * np.maximum(values[:, -1:], 1)
    projected = (left[:, None, :] @ vectors)[:, 0, :]
    of_raters = quotient(projected**2, np.where(kept, values, 0))
    between_raters = np.where(kept, of_raters, 0).sum(axis=1)
    rank, present = kept.sum(axis=1), (given > 0).sum(axis=1)
    rest = np.maximum(within[:, 0] - between_raters, 0)
    between_items = squares[:, 0] - np.nan_to_num(quotient(sums**2, given)).sum(axis=1) - rest
    error = quotient(rest, np.maximum(n - k - rank, 0))
    item = quotient(between_items - (k + rank - present) * error, n - present)
    rater = quotient(between_raters - rank * error, n - k)
    total = item + rater + error
    varies = total > 1e-12 * quotient(squares[:, 0], n)
    return np.asarray(quotient(item, np.where(varies, total, 0)))
