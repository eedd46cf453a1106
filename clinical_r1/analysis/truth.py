"""What is true of responses about invented cases, beside what a judge says of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis.judged import estimate
from clinical_r1.analysis.rows import Group, cells
from clinical_r1.metrics import METRICS, Metric

TRUTH: dict[Metric, str | None] = {
    Metric("true_coverage", "truth", "answer", "share", "findings of the case cited", "higher"): "cecd_coverage",
    Metric("true_drc_coverage", "truth", "answer", "share", "distractors truly rejected", "higher"): "drc_coverage",
    Metric(
        "true_invented_rate", "truth", "answer", "share", "claimed findings that are invented", "lower",
        numerator="true_invented", denominator="true_claims",
    ): "hallucination_rate",
    Metric("true_invented_any", "truth", "answer", "any", "any invented finding", "lower"): None,
    Metric("true_switch", "truth", "answer", "any", "first thought dropped"): "backtracking_any",
}  # fmt: skip
"""What `clinical_r1.world.truth` knows -> the judge's number of the same thing, where there is one."""


def with_claims(group: Group) -> Group:
    """A run with the findings claimed in each response as `true_claims`, which the log has in two parts."""
    claims = group.column("true_cited") + group.column("true_invented")
    return group._replace(responses=group.responses.assign(true_claims=claims))


def known(group: Group) -> bool:
    """Whether the truth about a run's responses is in its log."""
    return bool(np.isfinite(group.column("true_cited")).any())


def truth(groups: list[Group]) -> pd.DataFrame:
    """What is true, and what the judge says.

    Args:
        groups: The runs whose truth is known, see `with_claims`.

    Returns:
        A row a run x number: `benchmark`, `checkpoint`, `metric`, `label`, `value`, `low`, `high`, `n`, `questions`,
        `method`, and of the judge `judge_metric`, `judge_value`, `judge_low`, `judge_high` (NaN where it says nothing).
    """
    return pd.DataFrame([row for group in groups for row in _rows(group)])


def _rows(group: Group) -> Iterator[dict[str, Any]]:
    for metric, judged in TRUTH.items():
        beside = estimate(group, METRICS[judged]) if judged else None
        ends = (beside.value, beside.low, beside.high) if beside else (np.nan,) * 3
        yield {
            **group.labels,
            **{"metric": metric.key, "label": metric.label},
            **cells(estimate(group, metric)),
            "judge_metric": METRICS[judged].label if judged else "",
            **dict(zip(("judge_value", "judge_low", "judge_high"), ends, strict=True)),
        }
