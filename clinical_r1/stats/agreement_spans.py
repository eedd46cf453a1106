"""Whether two raters marked the same places of a text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from clinical_r1.stats.agreement_table import of_item
from clinical_r1.stats.estimates import Estimate, ratio

Spans = Sequence[tuple[int, int]]
"""Start and end of each, in characters; the end is not part of it."""


def span_f1(spans_a: Spans, spans_b: Spans, overlap: float = 0.5) -> float:
    """F1 of two raters' spans of one text: twice the matched pairs over all spans.

    Two spans match if what they share is at least `overlap` of the longer one, so that neither is swallowed by a much
    longer one. Each span is matched at most once, and as many as possible are.

    Args:
        spans_a: (start, end) of each span of one rater.
        spans_b: Of the other one. Which of them is called a makes no difference.
        overlap: In (0, 1].

    Returns:
        From 0 to 1. Two empty lists agree that there is nothing: 1. An empty one against spans: 0.

    Raises:
        ValueError: If a span does not end after its start, or `overlap` is out of its range.

    Examples:
        >>> span_f1([(0, 10), (20, 30)], [(0, 12), (40, 50)])
        0.5
        >>> span_f1([], [])
        1.0
    """
    matched, marked = matched_spans(spans_a, spans_b, overlap), len(spans_a) + len(spans_b)
    return 2 * matched / marked if marked else 1.0


def pooled_span_f1(
    a: Mapping[Any, Spans],
    b: Mapping[Any, Spans],
    overlap: float = 0.5,
    *,
    clusters: Mapping[Any, Any] | None = None,
    item_weights: Mapping[Any, float] | None = None,
) -> Estimate:
    """F1 of two raters' spans over all items that both looked at, with a Wilson interval at the effective sample size.

    Args:
        a: {item: spans} of one rater; an empty list is an item without spans, not a missing one.
        b: Of the other one.
        overlap: As for `span_f1`.
        clusters: {item: label} of items that are not independent; every item on its own by default.
        item_weights: {item: 1 / probability that it was drawn}; all alike by default.

    Returns:
        Twice the matched pairs over all spans, pooled: items without a span add nothing. NaN where nobody marked any.

    Raises:
        ValueError: As for `span_f1`.

    Examples:
        >>> found = pooled_span_f1({"i1": [(0, 10)], "i2": []}, {"i1": [(0, 10)], "i2": [(5, 9)]})
        >>> round(found.value, 3), found.n
        (0.667, 2)
    """
    common = [item for item in a if item in b]
    matched = [2 * matched_spans(a[item], b[item], overlap) for item in common]
    marked = [len(a[item]) + len(b[item]) for item in common]
    groups = None if clusters is None else [of_item(clusters, item, "cluster") for item in common]
    weights = None if item_weights is None else [of_item(item_weights, item, "weight") for item in common]
    return ratio(matched, marked, groups, weights=weights)


def matched_spans(spans_a: Spans, spans_b: Spans, overlap: float = 0.5) -> int:
    """The largest number of pairs of spans that match, each span in at most one; arguments as for `span_f1`."""
    if not 0 < overlap <= 1:
        raise ValueError(f"overlap={overlap}: allowed is more than 0 and at most 1")
    if wrong := [span for span in (*spans_a, *spans_b) if not span[0] < span[1]]:
        raise ValueError(f"span {wrong[0]}: allowed is an end after the start")
    if not len(spans_a) or not len(spans_b):
        return 0
    one, other = np.array(spans_a, dtype=float)[:, None, :], np.array(spans_b, dtype=float)[None, :, :]
    shared = np.minimum(one[..., 1], other[..., 1]) - np.maximum(one[..., 0], other[..., 0])
    longer = np.maximum(one[..., 1] - one[..., 0], other[..., 1] - other[..., 0])
    matches = csr_array(shared >= overlap * longer - 1e-9)
    return int((maximum_bipartite_matching(matches, perm_type="column") >= 0).sum())
