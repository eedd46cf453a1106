"""Agreement between raters, and between a judge and raters; `ratings` are {rater: {item: value}}, with gaps anywhere.

A coefficient is a float. Where the data do not determine it, it is NaN and its attribute `why` says why; where
something had to be left out of it, `why` says what.

- of any number of raters: `krippendorff_alpha`, `gwet_ac`, `icc_a1`
- of two: `cohen_kappa`, `exact_agreement`, `within_one`, `spearman`, `bland_altman`; `mean_pairwise` over pairs
- of a judge with raters: `alt_test`, `alt_test_sweep`, `human_ceiling`, `judge_rates`; `human_mean` and `majority` make
  one rater of many
- of marked places in a text: `span_f1`, `pooled_span_f1`
- of a rater with himself or herself: `rater_consistency`
- all coefficients with intervals: `agreement_intervals`
"""

from clinical_r1.stats.agreement_ceiling import Ceiling, human_ceiling
from clinical_r1.stats.agreement_icc import icc_a1
from clinical_r1.stats.agreement_intervals import agreement_intervals
from clinical_r1.stats.agreement_limits import BlandAltman, bland_altman, human_mean
from clinical_r1.stats.agreement_many import Level, gwet_ac, krippendorff_alpha
from clinical_r1.stats.agreement_means import mean_pairwise
from clinical_r1.stats.agreement_pairs import MEASURES, Measure, cohen_kappa, exact_agreement, spearman, within_one
from clinical_r1.stats.agreement_spans import matched_spans, pooled_span_f1, span_f1
from clinical_r1.stats.agreement_table import Coefficient, Ratings
from clinical_r1.stats.agreement_truth import Consistency, JudgeRates, judge_rates, majority, rater_consistency
from clinical_r1.stats.alt_test import AltTest, Annotator, Scoring, alt_test, alt_test_sweep

__all__ = [
    "MEASURES",
    "AltTest",
    "Annotator",
    "BlandAltman",
    "Ceiling",
    "Coefficient",
    "Consistency",
    "JudgeRates",
    "Level",
    "Measure",
    "Ratings",
    "Scoring",
    "agreement_intervals",
    "alt_test",
    "alt_test_sweep",
    "bland_altman",
    "cohen_kappa",
    "exact_agreement",
    "gwet_ac",
    "human_ceiling",
    "human_mean",
    "icc_a1",
    "judge_rates",
    "krippendorff_alpha",
    "majority",
    "matched_spans",
    "mean_pairwise",
    "pooled_span_f1",
    "rater_consistency",
    "span_f1",
    "spearman",
    "within_one",
]
