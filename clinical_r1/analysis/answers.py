"""Accuracy, majority votes, answer extraction, position bias and response lengths, per run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clinical_r1.analysis import tables
from clinical_r1.analysis.comparisons import paired
from clinical_r1.analysis.sides import Comparison
from clinical_r1.analysis.tables import Group, cells, ends, groups
from clinical_r1.choices import LETTERS
from clinical_r1.logs import LogSet
from clinical_r1.metrics import Metric
from clinical_r1.stats.estimates import Estimate, mean, ratio, share
from clinical_r1.stats.resampling import Resampling
from clinical_r1.stats.votes import maj_at_k, vote_credits
from clinical_r1.voting import plurality, vote_credit

UNREAD = "\x00nothing right"
"""Stands for the right label where no response gave it: no vote can be for it."""


def accuracy(log_set: LogSet) -> pd.DataFrame:
    """Accuracy and what belongs beside it.

    Returns:
        A row per run x quantity: `benchmark`, `checkpoint`, `quantity` (`accuracy`, `majority`, `tied`, `parsed`,
        `truncated`), `value`, `low`, `high`, `n` (responses; questions for `majority` and `tied`), `questions`,
        `unscored` (samples that failed), `method`, `chance` (of guessing), `published` (accuracy by majority vote).
    """
    return pd.DataFrame([row for group in groups(log_set) for row in _accuracy(group)])


def _accuracy(group: Group) -> Iterator[dict[str, Any]]:
    finished = group.responses["error"].isna().to_numpy()
    unread = np.where(finished, group.responses["letter"].notna().to_numpy(), np.nan)
    cut = np.where(finished, group.responses["truncated"].to_numpy(dtype=float), np.nan)
    votes = question_votes(group)
    outcomes = [plurality(answers) for answers in votes["answers"]]
    credits = [vote_credit(vote, target, group.tie) for vote, target in zip(outcomes, votes["target"], strict=True)]
    unanswered = [np.nan] * (len(np.unique(group.clusters)) - len(votes))
    several = max(map(len, votes["answers"]), default=0) > 1
    found: dict[str, Estimate] = {
        "accuracy": share(group.column("answer"), group.clusters),
        "majority": share(np.array([*credits, *unanswered])),
        "tied": share(np.array([*(float(vote.tied) for vote in outcomes), *unanswered])),
        "parsed": share(unread, group.clusters),
        "truncated": share(cut, group.clusters),
    }
    chance = float((1 / group.responses["n_options"].astype(float)).mean())
    published = tables.published_accuracy(group.run.system, group.run.task)
    for quantity, estimate in found.items():
        if quantity in ("majority", "tied") and not several:
            continue  # with one answer per question there is no vote
        yield {
            **{**group.labels, "quantity": quantity, **cells(estimate)},
            "chance": chance if quantity in ("accuracy", "majority") else np.nan,
            "published": published if quantity == "majority" else None,
        }


def question_votes(group: Group) -> pd.DataFrame:
    """The votes of each question.

    Returns:
        A row per question, by id: `answers` (labels voted for in the order of epochs, None where nothing was read;
        failed samples left out), `target` (the right label, or `UNREAD` where nobody gave it).
    """
    frame = group.responses.loc[group.responses["error"].isna(), ["id", "epoch", "vote", "answer"]]
    frame = frame.sort_values(["id", "epoch"])
    labels = frame["vote"].astype(object).where(frame["vote"].notna(), None)
    ids = frame["id"].astype(str)
    answers = labels.groupby(ids, sort=False).agg(tuple)
    right = labels[frame["answer"] == 1].groupby(ids[frame["answer"] == 1]).first()
    return pd.DataFrame({"answers": answers, "target": right.reindex(answers.index).fillna(UNREAD)})


def voting(log_set: LogSet) -> pd.DataFrame:
    """maj@k curves, from the exact estimator.

    Returns:
        A row per run with several epochs x k: `benchmark`, `checkpoint`, `k`, `value`, `low`, `high`, `n` (questions
        with k answers or more), `questions`, `unscored` (questions with fewer), `method`.
    """
    rows: list[dict[str, Any]] = []
    for group in groups(log_set):
        votes = question_votes(group)
        if max(map(len, votes["answers"]), default=0) > 1:
            curve = maj_at_k(list(votes["answers"]), list(votes["target"]), tie=group.tie)
            rows += [{**group.labels, "k": k, **cells(estimate)} for k, estimate in curve.items()]
    return pd.DataFrame(rows)


def voting_differences(
    comparisons: Sequence[Comparison], groups: Mapping[int, Group], resampling: Resampling
) -> pd.DataFrame:
    """Paired differences of maj@k, over the questions with k answers or more on both sides.

    Args:
        comparisons: See `clinical_r1.analysis.sides`.
        groups: Run -> its responses.
        resampling: Resamples and seed.

    Returns:
        A row per comparison x k from 2, see `clinical_r1.analysis.comparisons.paired`; `metric` is `maj@k`, and at the
        number of votes taken that is the accuracy by majority. Described: in no family, their p-values uncorrected.
    """
    votes = {run: question_votes(group) for run, group in groups.items()}
    most = max((len(answers) for one in votes.values() for answers in one["answers"]), default=0)
    ks = range(2, most + 1)
    voted = {run: _voted(groups[run], one, ks) for run, one in votes.items()}
    metrics = [Metric(f"maj@{k}", "answer", "answer", "share", f"majority of {k}", "higher") for k in ks]
    found = paired(comparisons, voted, resampling, metrics)
    return found[found["n"] > 0].reset_index(drop=True) if len(found) else found


def _voted(group: Group, votes: pd.DataFrame, ks: Sequence[int]) -> Group:
    """A row per question, with the expected credit of its votes."""
    credits = vote_credits(list(votes["answers"]), list(votes["target"]), ks, tie=group.tie)
    clusters = pd.Series(group.clusters, index=group.responses["id"].astype(str)).groupby(level=0).first()
    names = {f"maj@{k}": column for k, column in zip(ks, credits.T, strict=True)}
    return Group(group.run, pd.DataFrame({"id": votes.index, **names}), clusters.loc[votes.index].to_numpy())


def methods(log_set: LogSet) -> pd.DataFrame:
    """How answers were read.

    Returns:
        A row per run x method: `benchmark`, `checkpoint`, `method` (see `clinical_r1.choices.extract_answer`), `share`
        of responses with `low` and `high`, `n`, `interval` (how it was made). Every run has a row for every method that
        any run has.
    """
    rows: list[dict[str, Any]] = []
    known = log_set.responses.loc[log_set.responses["error"].isna(), "method"].dropna().astype(str).unique()
    for group in groups(log_set):
        finished = group.responses["error"].isna().to_numpy()
        given = group.responses["method"].astype(object)
        for method in known:
            found = share(np.where(finished, given == method, np.nan), group.clusters)
            counted = {**ends(found, "share", ""), "n": found.n, "interval": found.method}
            rows.append({**group.labels, "method": method, **counted})
    return pd.DataFrame(rows)


def positions(log_set: LogSet) -> pd.DataFrame:
    """Whether a place among the options attracts answers.

    Returns:
        A row per run x place: `benchmark`, `checkpoint`, `position` (its letter), `chosen` (share of the answers that
        were read), `gold` (share of questions whose right option stands there), `accuracy` where it does, each of
        `chosen` and `accuracy` with `_low` and `_high`; `n` (answers read), `n_gold` (responses with the right option
        there).
    """
    rows: list[dict[str, Any]] = []
    for group in groups(log_set):
        shown, gold = group.column("shown_position"), group.column("gold_position")
        read = np.where(shown >= 0, shown, np.nan)
        for place in range(int(group.responses["n_options"].max())):
            chosen = share(np.where(np.isnan(read), np.nan, read == place), group.clusters)
            right = share(np.where(gold == place, group.column("answer"), np.nan), group.clusters)
            rows.append(
                {
                    **group.labels,
                    "position": LETTERS[place],
                    **ends(chosen, "chosen"),
                    "gold": float((gold[gold >= 0] == place).mean()) if (gold >= 0).any() else np.nan,
                    **ends(right, "accuracy"),
                    "n": chosen.n,
                    "n_gold": right.n,
                    "method": chosen.method,
                }
            )
    return pd.DataFrame(rows)


def lengths(log_set: LogSet) -> pd.DataFrame:
    """How long responses are, and how much accuracy a thousand words buy.

    Returns:
        A row per run whose words are known: `benchmark`, `checkpoint`, `n`, `mean` words with `low` and `high`, the
        percentiles `p5`, `p25`, `p50`, `p75`, `p95`, `per_thousand` (right answers per 1,000 words, a ratio of sums)
        with its ends, and `method`.
    """
    rows: list[dict[str, Any]] = []
    for group in groups(log_set):
        words = group.column("words")
        if np.isnan(words).all():
            continue
        middle = mean(words, group.clusters)
        bought = ratio(group.column("answer") * 1000, words, group.clusters)
        rows.append(
            {
                **group.labels,
                "n": middle.n,
                **ends(middle, "mean", ""),
                **{f"p{percent}": float(np.nanpercentile(words, percent)) for percent in (5, 25, 50, 75, 95)},
                **ends(bought, "per_thousand"),
                "method": middle.method,
            }
        )
    return pd.DataFrame(rows)
