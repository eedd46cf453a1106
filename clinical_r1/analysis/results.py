"""All tables of a comparison's report, made from a set of logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from clinical_r1.analysis import answers, judged
from clinical_r1.analysis.beside import judge_rows, lengths_said, like_length_rows, pairs_of, rater_rows, truth_rows
from clinical_r1.analysis.comparisons import paired
from clinical_r1.analysis.contrast import Contrast, before_logs
from clinical_r1.analysis.factorial import crowded, factorial, tradeoff
from clinical_r1.analysis.judged import TRUTH, USED, known, probed, truth, with_claims
from clinical_r1.analysis.noise import judge_noise
from clinical_r1.analysis.samples import Shown, disagreements, random_sample
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.strata import by_stratum
from clinical_r1.analysis.summary import cautions, mostly_unread
from clinical_r1.analysis.tables import Group
from clinical_r1.analysis.tables import groups as groups_of
from clinical_r1.analysis.verdict import Verdict, declared_how, verdict_of, without_contrast
from clinical_r1.errors import UserError
from clinical_r1.logs import LogSet
from clinical_r1.metrics import METRICS
from clinical_r1.stats.resampling import Resampling

CROWDED = (
    "The 2 x 2 of reward and cold start is left out: one of its arms has several methods, which differ in more than "
    "their training seed."
)
SHOWN_BY_STRATUM = ("answer", "cecd_coverage", "harm_any", "drc_coverage", "hallucination_rate")


@dataclass(frozen=True)
class Results:
    """What a report shows. Every frame may be empty: there was nothing of its kind."""

    log_set: LogSet
    comparisons: tuple[Comparison, ...]
    contrast: Contrast | None
    verdict: Verdict
    samples: list[Shown]
    resampling: Resampling
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    """`accuracy`, `estimates`, `paired`, `factorial`, `factorial_effects`, `tradeoff`, `maj_at_k`,
    `maj_at_k_differences`, `lengths`, `methods`, `positions`, `strata`, `judges`, `judge_noise`, `training`,
    `corrected`, `corrected_differences`, `truth`, `truth_differences`, `probed`, `probed_differences`, `verdict`: see
    the functions that make them."""


def analyse(
    log_set: LogSet,
    comparisons: Sequence[Comparison],
    *,
    by: Sequence[str] | None = None,
    training: pd.DataFrame | None = None,
    samples: int = 40,
    resampling: Resampling | None = None,
    left_out: Sequence[str] = (),
    corrected: pd.DataFrame | None = None,
    contrast: Contrast | None = None,
    judged_by: Mapping[str, LogSet] | None = None,
) -> Results:
    """Make all tables.

    Args:
        log_set: See `clinical_r1.analysis.sides.labelled`.
        comparisons: See `clinical_r1.analysis.sides`.
        by: Strata, see `by_stratum`.
        training: See `clinical_r1.analysis.training.curves`.
        samples: Single responses to choose.
        resampling: Resamples and seed.
        left_out: Sentences for the page's cautions: comparisons that are not made, remarks.
        corrected: See `clinical_r1.study.corrected.corrected_table`.
        contrast: What the report is about.
        judged_by: Another judge -> the same logs with its scores.

    Raises:
        UserError: If no sample can be used, or `by` names something else than strata.
    """
    if log_set.responses.empty or log_set.responses["answer"].notna().sum() == 0:
        raise UserError("no usable sample: every sample of these logs failed or has no answer score")
    resampling = resampling or Resampling()
    every = list(groups_of(log_set))
    groups: dict[int, Group] = {group.run.index: group for group in every}
    table = paired(comparisons, groups, resampling, contrast=contrast)
    told = {group.run.index: with_claims(group) for group in every if known(group)}
    between = [one for one in comparisons if all(run.index in told for run in (*one.runs_a, *one.runs_b))]
    asked = [number for number in USED if number.key in log_set.responses]
    cells, effects = factorial(every, resampling)
    tables = {
        "accuracy": answers.accuracy(log_set),
        "estimates": judged.estimates(log_set),
        "paired": table,
        "factorial": cells,
        "factorial_effects": effects,
        "tradeoff": tradeoff(every),
        "maj_at_k": answers.voting(log_set),
        "maj_at_k_differences": answers.voting_differences(comparisons, groups, resampling),
        "lengths": answers.lengths(log_set),
        "methods": answers.methods(log_set),
        "positions": answers.positions(log_set),
        "truth": truth(list(told.values())),
        "truth_differences": paired(between, told, resampling, TRUTH, contrast),
        "probed": probed(log_set),
        "probed_differences": paired(comparisons, groups, resampling, asked, contrast),
        "strata": by_stratum(log_set, by, SHOWN_BY_STRATUM),
        "judges": judged.quality(log_set),
        "judge_noise": judge_noise(every, comparisons, table),
        "training": pd.DataFrame() if training is None else training,
        **_corrected(corrected),
    }
    if comparisons:
        shown = disagreements(comparisons, groups, samples, contrast)
    else:
        shown = random_sample(every, samples, resampling.seed)
    notes = [*left_out, *([CROWDED] if crowded(every) else [])]
    verdict = _verdict(log_set, comparisons, groups, contrast, tables, judged_by or {}, notes, resampling, corrected)
    tables["verdict"] = verdict.rows
    return Results(log_set, tuple(comparisons), contrast, verdict, shown, resampling, tables)


def _verdict(
    log_set: LogSet,
    comparisons: Sequence[Comparison],
    groups: Mapping[int, Group],
    contrast: Contrast | None,
    tables: Mapping[str, pd.DataFrame],
    judged_by: Mapping[str, LogSet],
    notes: Sequence[str],
    resampling: Resampling,
    corrected: pd.DataFrame | None,
) -> Verdict:
    unread = list(mostly_unread(log_set))
    said = [*cautions(log_set, comparisons), *notes]
    if contrast is None or tables["paired"].empty or not tables["paired"]["contrast"].any():
        return without_contrast(log_set, tables["accuracy"], tables["estimates"], unread, said)
    own = [one for one in comparisons if (one.a, one.b) == (contrast.a, contrast.b)]
    endpoints = [METRICS[key] for key in contrast.endpoints]
    others = {
        judge: paired(own, {one.run.index: one for one in groups_of(other)}, resampling, endpoints, contrast)
        for judge, other in judged_by.items()
    }
    pairs = [(one.benchmark, pairs_of(one, groups)) for one in own]
    beside = [
        truth_rows(contrast, tables["truth_differences"]),
        rater_rows(contrast, tables["corrected_differences"]),
        judge_rows(contrast, others),
        like_length_rows(contrast, pairs, resampling),
    ]
    lengths = list(lengths_said(contrast, pairs, resampling))
    declared = declared_how(contrast, before_logs(contrast, log_set.runs))
    said += [*lengths, declared]
    return verdict_of(log_set, own, contrast, tables["paired"], beside, unread, said, corrected)


def _corrected(found: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Of each checkpoint, and of differences; those that stand beside a number as judged."""
    if found is None:
        return {"corrected": pd.DataFrame(), "corrected_differences": pd.DataFrame()}
    beside = found[found["raw"].notna()]
    single = beside["checkpoint"].notna()
    names = ["checkpoint", "a", "b"]
    return {
        "corrected": beside[single].drop(columns=names[1:]).reset_index(drop=True),
        "corrected_differences": beside[~single].drop(columns=names[:1]).reset_index(drop=True),
    }
