"""Tables of a report, against numbers worked out by hand or by the function that owns them."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clinical_r1.analysis import answers, judged, tables
from clinical_r1.analysis.comparisons import ALL, paired
from clinical_r1.analysis.contrast import Contrast, default_contrast, methods_of
from clinical_r1.analysis.factorial import crowded, factorial, tradeoff
from clinical_r1.analysis.results import analyse
from clinical_r1.analysis.samples import disagreements
from clinical_r1.analysis.sides import Rules, against_baseline, two_arms
from clinical_r1.analysis.strata import by_stratum
from clinical_r1.analysis.summary import cautions
from clinical_r1.analysis.tables import groups
from clinical_r1.analysis.training import curves
from clinical_r1.errors import UserError
from clinical_r1.logs import Arm, LogSet, Run
from clinical_r1.metrics import METRICS_OF
from clinical_r1.stats.contrast import minimum_detectable_effect
from clinical_r1.stats.estimates import wilson
from clinical_r1.stats.families import holm
from clinical_r1.stats.paired import compare, compare_ratios
from clinical_r1.stats.resampling import Resampling
from clinical_r1.voting import plurality, vote_credit
from tests.studies import responses, run, study

DRAWS = Resampling(resamples=500)


def table(made: LogSet, baseline: str) -> pd.DataFrame:
    by_run = {group.run.index: group for group in groups(made)}
    return paired(against_baseline(made, baseline, Rules())[0], by_run, DRAWS)


def cell(frame: pd.DataFrame, column: str, **where: object) -> object:
    [value] = frame.loc[np.logical_and.reduce([frame[key] == wanted for key, wanted in where.items()]), column]
    return value


# --- answers ----------------------------------------------------------------------------------------------------------
def test_a_failed_sample_is_no_wrong_answer() -> None:
    one = run(0, "grpo")
    frame = answers.accuracy(study([(one, responses(one, [1, 0, 1, math.nan]))]))
    assert cell(frame, "value", quantity="accuracy") == pytest.approx(2 / 3)
    assert cell(frame, "unscored", quantity="accuracy") == 1
    assert cell(frame, "n", quantity="parsed") == 3, "nobody can say whether it would have been read"


def test_accuracy_has_a_wilson_interval_and_chance() -> None:
    one = run(0, "grpo")
    frame = answers.accuracy(study([(one, responses(one, [1] * 7 + [0] * 23))]))
    low, high = wilson(7, 30)
    assert cell(frame, "low", quantity="accuracy") == pytest.approx(low, abs=0.01)
    assert cell(frame, "high", quantity="accuracy") == pytest.approx(high, abs=0.01)
    assert cell(frame, "chance", quantity="accuracy") == 0.25


VOTES = [
    (["A", "B", "C", "D", "A"], 1.0, 0.0, "a plurality wins, whatever share it has"),
    (["A", "B", "A", "B", None], 0.5, 1.0, "a tie is shared"),
    ([None] * 5, 0.0, 0.0, "nobody answered"),
    (["B", "B", "A", "C", "C"], 0.0, 1.0, "a tie between wrong ones"),
]


@pytest.mark.parametrize(("votes", "credit", "tied", "why"), VOTES, ids=[why for *_, why in VOTES])
def test_the_vote_is_over_answers(votes: list[str | None], credit: float, tied: float, why: str) -> None:
    one = run(0, "grpo", votes=5)
    right = [float(vote == "A") for vote in votes]
    made = study([(one, responses(one, right, epochs=5, vote=votes, letter=votes))])
    frame = answers.accuracy(made)
    assert cell(frame, "value", quantity="majority") == pytest.approx(credit)
    assert cell(frame, "value", quantity="tied") == tied
    curve = answers.voting(made)
    assert list(curve["k"]) == [1, 2, 3, 4, 5]
    assert curve["value"].iloc[0] == pytest.approx(np.mean(right)), "maj@1 is the accuracy"
    assert curve["value"].iloc[-1] == pytest.approx(credit), "maj@n is the vote over everything"


def test_places_are_counted_where_the_model_saw_them() -> None:
    one = run(0, "grpo")
    frame = responses(one, [1, 0, 0, 1], gold_position=[0, 0, 1, 1], shown_position=[0, -1, 0, 1])
    found = answers.positions(study([(one, frame)]))
    assert cell(found, "chosen", position="A") == pytest.approx(2 / 3), "two of the three that were read"
    assert cell(found, "gold", position="A") == 0.5
    assert cell(found, "accuracy", position="A") == 0.5
    assert cell(found, "n_gold", position="C") == 0


def test_lengths_and_what_a_thousand_words_buy() -> None:
    one = run(0, "grpo")
    found = answers.lengths(study([(one, responses(one, [1, 1, 0, 0], words=[100.0, 300.0, 200.0, 400.0]))]))
    assert found["mean"].iloc[0] == 250
    assert found["p50"].iloc[0] == 250
    assert found["per_thousand"].iloc[0] == pytest.approx(2.0), "two right answers in a thousand words"


def test_a_study_without_words_has_no_lengths() -> None:
    one = run(0, "grpo")
    assert answers.lengths(study([(one, responses(one, [1, 0], words=[math.nan] * 2))])).empty


def test_methods_are_shares_of_what_was_finished() -> None:
    one = run(0, "grpo")
    found = answers.methods(
        study([(one, responses(one, [1, 0, 1, math.nan], method=["strict", "boxed", "strict", "none"]))])
    )
    assert cell(found, "share", method="strict") == pytest.approx(2 / 3)
    assert set(found["method"]) == {"strict", "boxed"}


# --- judged -----------------------------------------------------------------------------------------------------------
def graded(coverage: list[float], reasons: list[object], **columns: list[object]) -> LogSet:
    one = run(0, "grpo", grounding_judge="rules")
    frame = responses(one, [1] * len(coverage), cecd_coverage=coverage, grounding_reason=reasons, **columns)
    return study([(one, frame)])


def test_three_kinds_of_no_number_stay_apart() -> None:
    made = graded([0.5, 1.0, math.nan, math.nan, math.nan], [None, None, None, "reply was cut off", "not judged"])
    found = judged.estimates(made)
    row = {name: cell(found, name, metric="cecd_coverage") for name in ("value", "n", "unscored", "undefined")}
    assert row == {"value": 0.75, "n": 2, "unscored": 1, "undefined": 1}
    assert cell(found, "bound_low", metric="cecd_coverage") == pytest.approx(1.5 / 3)
    assert cell(found, "bound_high", metric="cecd_coverage") == pytest.approx(2.5 / 3)


def test_a_metric_that_failed_alone_is_unscored_and_not_undefined() -> None:
    one = run(0, "grpo", grounding_judge="j")
    parts = [None, "cecd: none of 2 facts stands in the case"]
    values = {"cecd_coverage": [1.0, math.nan], "drc_coverage": [0.5, math.nan]}
    made = study([(one, responses(one, [1, 0], grounding_reason=[None, None], grounding_parts=parts, **values))])
    found = judged.estimates(made)
    assert [cell(found, name, metric="cecd_coverage") for name in ("unscored", "undefined")] == [1, 0]
    assert [cell(found, name, metric="drc_coverage") for name in ("unscored", "undefined")] == [0, 1]
    assert [cell(found, f"bound_{end}", metric="cecd_coverage") for end in ("low", "high")] == [0.5, 1.0]


def test_a_rate_over_a_set_is_a_ratio_of_sums() -> None:
    made = graded(
        [1.0, 1.0], [None, None], hallucination=[1.0, 1.0], claims=[1.0, 9.0], hallucination_rate=[1.0, 1 / 9]
    )
    assert cell(judged.estimates(made), "value", metric="hallucination_rate") == pytest.approx(2 / 10)


def test_a_judge_that_scored_nothing_has_no_rows() -> None:
    one = run(0, "grpo")
    assert judged.estimates(study([(one, responses(one, [1, 0]))])).empty


def test_the_reject_rate_is_over_spans() -> None:
    made = graded([1.0, 1.0], [None, None], grounding_returned=[8.0, 2.0], grounding_rejected=[0.0, 2.0])
    found = judged.quality(made)
    assert cell(found, "reject_rate", scorer="grounding") == pytest.approx(0.2)
    assert cell(found, "n", scorer="grounding") == 10
    assert np.isnan(found["fewer"]).all(), "one judge is no panel"
    rules = judged.quality(graded([1.0], [None]))
    assert rules[["returned", "rejected", "repaired"]].isna().all(axis=None), "who returns no spans has not returned 0"


def test_a_panel_that_is_short_of_a_judge_or_split_is_counted() -> None:
    made = graded([0.5, 1.0, 0.0], [None] * 3, grounding_judges_failed=[1.0, 0.0, 2.0], grounding_split=[2.0, 0.0, 0.0])
    found = judged.quality(made)
    assert (cell(found, "fewer", scorer="grounding"), cell(found, "split", scorer="grounding")) == (2, 1)


def test_who_listed_the_facts_is_said_and_lists_of_two_makers_are_not_taken_for_one() -> None:
    two, cases = [1, 0], {"cecd_coverage": [0.5, 0.5], "grounding_reason": [None] * 2}
    runs = [run(0, "grpo", grounding_judge="g/one"), run(1, "crpo", grounding_judge="g/one")]

    def made(*makers: str) -> LogSet:
        frames = [responses(one, two, facts_by=[by] * 2, **cases) for one, by in zip(runs, makers, strict=True)]
        return study(list(zip(runs, frames, strict=True)))

    same, apart = made("g/one", "g/one"), made("g/one", "llm")
    assert [*judged.quality(apart)["facts_by"]] == ["g/one", "a model"], "older logs do not name the model"
    said = "The facts of cases were listed by g/one for grpo on medqa, a model for crpo on medqa"
    assert [line.startswith(said) for line in cautions(apart, []) if "facts" in line] == [True]
    assert not [line for line in cautions(same, []) if "facts" in line]


# --- differences ------------------------------------------------------------------------------------------------------
def test_differences_are_those_of_the_tests_that_own_them() -> None:
    a, b = run(0, "grpo", grounding_judge="rules"), run(1, "crpo", grounding_judge="rules")
    rng = np.random.default_rng(0)
    numbers = {name: rng.integers(0, 5, 20).astype(float) for name in ("hallucination", "more")}
    claims = numbers["hallucination"] + numbers["more"] + 1
    left = responses(
        a, [0, 1] * 10, hallucination=numbers["hallucination"], claims=claims, grounding_reason=[None] * 20
    )
    right = responses(b, [1, 1] * 10, hallucination=numbers["more"], claims=claims, grounding_reason=[None] * 20)
    found = table(study([(a, left), (b, right)]), "grpo")
    plain = compare([0, 1] * 10, [1, 1] * 10, clusters=left["id"], resamples=500)
    assert cell(found, "difference", metric="answer") == plain.difference == 0.5
    assert cell(found, "p_value", metric="answer") == pytest.approx(plain.p_value, abs=0.01)
    pooled = compare_ratios(
        numbers["hallucination"], claims, numbers["more"], claims, clusters=left["id"], resamples=500
    )
    assert cell(found, "difference", metric="hallucination_rate") == pytest.approx(pooled.difference)


def test_the_family_is_one_primary_form_a_metric_corrected_together() -> None:
    a, b = run(0, "grpo", grounding_judge="rules"), run(1, "crpo", grounding_judge="rules")
    coverage = np.linspace(0, 1, 12)
    left = responses(a, [0, 1] * 6, cecd_coverage=coverage / 2, cecd=coverage * 3, grounding_reason=[None] * 12)
    right = responses(b, [1, 1] * 6, cecd_coverage=coverage, cecd=coverage * 9, grounding_reason=[None] * 12)
    found = table(study([(a, left), (b, right)]), "grpo")
    family = found[found["primary"] & (found["n"] > 0)]
    assert set(family["metric"]) == {"answer", "cecd_coverage"}
    assert family["p_adjusted"].to_numpy() == pytest.approx(holm(family["p_value"].to_numpy()))
    assert found.loc[~found["primary"], "p_adjusted"].isna().all()
    assert cell(found, "verdict", metric="cecd_coverage") == "higher"
    assert cell(found, "verdict", metric="cecd") == "described"
    assert cell(found, "verdict", metric="faithful_rate") == "not measured"


def nine_metrics(rng: np.random.Generator, questions: int, better: float) -> LogSet:
    """Nine primary forms, of which correct answers and coverages are likelier for crpo; the others differ by chance."""
    sides = []
    for n, (name, gain) in enumerate([("grpo", 0.0), ("crpo", better)]):
        about = run(n, name, grounding_judge="rules", behaviours_judge="rules")
        claims = rng.integers(1, 9, questions)
        numbers = {
            "cecd_coverage": np.minimum(rng.beta(2, 2, questions) + gain, 1),
            "drc_coverage": (rng.random(questions) < 0.02) * 0.5,
            "hallucination": rng.binomial(claims, 0.1),
            "faithfulness": rng.binomial(claims, 0.6),
            "claims": claims,
        } | {f"{base}_any": rng.random(questions) < 0.1 for base in METRICS_OF["behaviours"]}
        floats = {key: values.astype(float) for key, values in numbers.items()}
        right = (rng.random(questions) < 0.5 + gain).astype(float)
        none = {"grounding_reason": [None] * questions, "behaviours_reason": [None] * questions}
        sides.append((about, responses(about, right, **floats, **none)))
    return study(sides)


def test_a_family_is_read_together() -> None:
    made = nine_metrics(np.random.default_rng(0), 150, 0.3)
    found = table(made, "grpo")
    family = found[found["primary"] & (found["n"] > 0)]
    assert len(family) == 9
    assert set(family["family"]) == {"other comparisons"}, "no contrast is declared"
    assert (family["low_family"] <= family["low"]).all()
    assert (family["high_family"] >= family["high"]).all()
    inside = (family["low_family"] <= 0) & (family["high_family"] >= 0)
    assert (inside == (family["p_adjusted"] >= 0.05)).all()
    assert set(family["verdict"]) == {"higher", "no difference shown"}
    expected = [minimum_detectable_effect(error, alpha=0.05 / 9) for error in family["standard_error"]]
    assert family["mde"].to_numpy() == pytest.approx(np.array(expected))
    described = found[~found["primary"] & (found["n"] > 0)]
    assert described[["low_family", "high_family"]].isna().all().all()


@pytest.mark.exhaustive
def test_intervals_of_a_family_hold_all_truths_at_once() -> None:
    missed, rng = 0, np.random.default_rng(1)
    for _ in range(120):
        family = table(nine_metrics(rng, 60, 0.0), "grpo")
        family = family[family["primary"] & (family["n"] > 0)]
        missed += ((family["low_family"] > 0) | (family["high_family"] < 0)).any()
    assert missed / 120 <= 0.1


def pair(a: pd.DataFrame, b: pd.DataFrame, rules: Rules | None = None, **runs: object) -> pd.DataFrame:
    """grpo against crpo, whose responses these are."""
    made = study([(run(0, "grpo", **runs), a), (run(1, "crpo", **runs), b)])
    by_run = {group.run.index: group for group in groups(made)}
    return paired(against_baseline(made, "grpo", rules or Rules())[0], by_run, DRAWS)


def test_only_questions_of_both_sides_are_compared() -> None:
    left, right = responses(run(0, "grpo"), [1, 0, math.nan, 1]), responses(run(1, "crpo"), [1, 1, 1])
    found = pair(left, right, Rules(allow_mismatch=True))
    assert cell(found, "n", metric="answer") == 2
    assert cell(found, "questions", metric="answer") == 2
    assert cell(found, "unscored", metric="answer") == 1


def test_epochs_that_one_side_lacks_leave_their_question_to_the_others() -> None:
    left = responses(run(0, "grpo"), [1, 0, 0, 0, 0, 1, 1, math.nan, 1, 1], epochs=5)
    right = responses(run(1, "crpo"), [1, 0])
    found = pair(left, right, Rules(allow_mismatch=True))
    assert cell(found, "mean_a", metric="answer") == pytest.approx((0.2 + 1) / 2), "all epochs, not the first alone"
    assert cell(found, "mean_b", metric="answer") == 0.5
    assert cell(found, "n", metric="answer") == 2, "responses of the side with fewer"
    assert cell(found, "unscored", metric="answer") == 1


def test_with_all_epochs_it_is_the_comparison_of_responses_clustered_by_question() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((2, 1200)) < np.repeat(rng.random(300), 4)
    sides = [responses(run(n, name), right[n].astype(float), epochs=4) for n, name in enumerate(["grpo", "crpo"])]
    found = pair(*sides)
    plain = compare(*right.astype(float), clusters=np.repeat(np.arange(300), 4), resamples=500)
    for name in ("difference", "low", "high", "p_value", "standard_error", "effect_size", "mde", "n"):
        assert cell(found, name, metric="answer") == pytest.approx(getattr(plain, name))


# --- votes ------------------------------------------------------------------------------------------------------------
def voting_arms(seeds: int, questions: int = 40) -> tuple[LogSet, list[Run]]:
    """Two methods with five votes a question; crpo's are more often right."""
    rng = np.random.default_rng(0)
    parts = []
    for name, more in (("grpo", 0.0), ("crpo", 0.15)):
        for seed in range(seeds):
            one = run(len(parts), f"seed-{seed}/{name}" if seeds > 1 else name, votes=5)
            chance = np.repeat(np.linspace(0.2, 0.8, questions), 5) + more
            votes = np.where(rng.random(5 * questions) < chance, "A", rng.choice(["B", "C"], 5 * questions))
            right = (votes == "A").astype(float)
            parts.append((one, responses(one, right, epochs=5, vote=votes, letter=votes)))
    return study(parts), [one for one, _ in parts]


def test_votes_are_compared_question_by_question() -> None:
    made, runs = voting_arms(1)
    by_run = {group.run.index: group for group in groups(made)}
    found = answers.voting_differences(against_baseline(made, "grpo", Rules())[0], by_run, DRAWS)
    assert list(found["metric"]) == ["maj@2", "maj@3", "maj@4", "maj@5"]
    assert set(found["verdict"]) == {"described"}
    assert found["p_adjusted"].isna().all()
    curves = answers.voting(made)
    for k in range(2, 6):
        means = [cell(curves, "value", checkpoint=name, k=k) for name in ("grpo", "crpo")]
        row = [cell(found, column, metric=f"maj@{k}") for column in ("mean_a", "mean_b")]
        assert row == pytest.approx(means)
    table = answers.accuracy(made)
    majority = [cell(table, "value", quantity="majority", checkpoint=name) for name in ("grpo", "crpo")]
    assert cell(found, "difference", metric="maj@5") == pytest.approx(majority[1] - majority[0])  # type: ignore[operator]
    credits = [
        [vote_credit(plurality(one), target) for one, target in votes[["answers", "target"]].itertuples(index=False)]
        for votes in (answers.question_votes(by_run[one.index]) for one in runs)
    ]
    plain = compare(*credits, resamples=500)
    assert cell(found, "p_value", metric="maj@5") == pytest.approx(plain.p_value, abs=0.02)
    assert cell(found, "n", metric="maj@5") == 40


def test_questions_with_too_few_answers_are_in_no_vote() -> None:
    made, _ = voting_arms(1)
    first = (made.responses["checkpoint"] == "crpo") & (made.responses["epoch"] > 3) & (made.responses["id"] == "q000")
    short = replace(made, responses=made.responses[~first])
    by_run = {group.run.index: group for group in groups(short)}
    found = answers.voting_differences(against_baseline(short, "grpo", Rules())[0], by_run, DRAWS)
    assert list(found["n"]) == [40, 40, 39, 39]
    assert list(found["unscored"]) == [0, 0, 1, 1]


def test_votes_of_methods_are_compared_over_their_seeds() -> None:
    made, runs = voting_arms(3)
    by_run = {group.run.index: group for group in groups(made)}
    found = answers.voting_differences(two_arms(made, runs[:3], runs[3:], Rules()), by_run, DRAWS)
    curves = answers.voting(made)
    means = [
        curves.loc[(curves["k"] == 5) & curves["checkpoint"].str.endswith(name), "value"].mean()
        for name in ("grpo", "crpo")
    ]
    assert cell(found, "difference", metric="maj@5") == pytest.approx(means[1] - means[0])
    assert "crossed bootstrap of seeds" in str(cell(found, "method", metric="maj@5"))


def test_one_answer_a_question_is_no_vote() -> None:
    a, b = run(0, "grpo"), run(1, "crpo")
    made = study([(a, responses(a, [1, 0, 1])), (b, responses(b, [1, 1, 1]))])
    by_run = {group.run.index: group for group in groups(made)}
    assert answers.voting_differences(against_baseline(made, "grpo", Rules())[0], by_run, DRAWS).empty


# --- failures of a judge ----------------------------------------------------------------------------------------------
def judged_pair(a: list[float], b: list[float]) -> pd.DataFrame:
    """Coverages of one epoch a question; NaN is a failed judgement."""
    sides = [
        responses(
            run(n, name), [1] * len(values), cecd_coverage=values,
            grounding_reason=["a bad reply" if math.isnan(value) else None for value in values],
        )
        for n, (name, values) in enumerate([("grpo", a), ("crpo", b)])
    ]  # fmt: skip
    return pair(*sides, grounding_judge="llm")


FAILED = math.nan
OPEN = [
    ([0.2] * 10 + [0.3] * 10, [0.6] * 10 + [0.7] * 10, 0.4, 0.4, "higher", "no judgement failed"),
    ([0.2] * 10 + [0.3] * 10, [0.6] * 18 + [FAILED] * 2, 0.29, 0.39, "higher", "two could not turn it"),
    (
        [0.2] * 10 + [0.3] * 10,
        [0.6] * 10 + [FAILED] * 10,
        0.05,
        0.55,
        "open",
        "half of one side could leave the sign alone",
    ),
    ([0.2] * 20, [0.4] * 10 + [FAILED] * 10, 0.0, 0.5, "open", "or take it away"),
    ([0.2] * 20, [0.3] * 10 + [FAILED] * 10, -0.05, 0.45, "open", "it could"),
    ([FAILED] * 8 + [0.2] * 12, [0.3] * 20, -0.22, 0.18, "open", "as on the other side"),
    ([0.2, 0.3] * 10, [0.3, 0.2] * 9 + [FAILED] * 2, -0.025, 0.075, "no difference shown", "nothing was shown"),
]


@pytest.mark.parametrize(("a", "b", "low", "high", "verdict", "why"), OPEN, ids=[why for *_, why in OPEN])
def test_failed_judgements_bound_the_difference(
    a: list[float], b: list[float], low: float, high: float, verdict: str, why: str
) -> None:
    found = judged_pair(a, b)
    assert cell(found, "bound_low", metric="cecd_coverage") == pytest.approx(low)
    assert cell(found, "bound_high", metric="cecd_coverage") == pytest.approx(high)
    assert cell(found, "verdict", metric="cecd_coverage") == verdict
    assert cell(found, "open", metric="cecd_coverage") == (verdict == "open" or low < 0 < high)
    assert math.isnan(float(cell(found, "bound_low", metric="answer")))  # type: ignore[arg-type]


def test_failed_judgements_bound_a_difference_of_rates_at_the_mean_number_of_claims() -> None:
    sides = [
        responses(
            run(n, name), [1] * 3, hallucination=above, claims=below,
            grounding_reason=["a bad reply" if math.isnan(value) else None for value in above],
        )
        for n, (name, above, below) in enumerate(
            [("grpo", [1.0, 3.0, 2.0], [4.0, 6.0, 2.0]), ("crpo", [1.0, 2.0, math.nan], [4.0, 6.0, math.nan])]
        )
    ]  # fmt: skip
    found = pair(*sides, grounding_judge="llm")
    assert cell(found, "bound_low", metric="hallucination_rate") == pytest.approx(3 / 15 - 6 / 12)
    assert cell(found, "bound_high", metric="hallucination_rate") == pytest.approx(8 / 15 - 6 / 12)
    assert cell(found, "unscored", metric="hallucination_rate") == 1


def test_an_open_difference_is_called_so() -> None:
    values = {0: [0.2] * 20, 1: [0.28, 0.32] * 5 + [FAILED] * 10}
    parts = []
    for n, coverage in values.items():
        one = run(n, ["grpo", "crpo"][n], grounding_judge="llm")
        reasons = ["a bad reply" if math.isnan(value) else None for value in coverage]
        parts.append((one, responses(one, [1] * 20, cecd_coverage=coverage, grounding_reason=reasons)))
    made = study(parts)
    comparisons = against_baseline(made, "grpo", Rules())[0]
    results = analyse(made, comparisons, resampling=DRAWS, contrast=Contrast("grpo", "crpo"))
    tested = results.verdict.rows[results.verdict.rows["kind"] == "tested"]
    told = tested.set_index("metric").loc["cecd_coverage"]
    assert told["words"] == "open"
    assert told["detail"].startswith("+10.0 points [")
    assert told["detail"].endswith("; −5.0 to +45.0 with the 10 failed judgements")
    assert "Whether it differs in case facts cited hangs on failed judgements." in results.verdict.lead


# --- all benchmarks ---------------------------------------------------------------------------------------------------
def test_seeds_of_several_benchmarks_are_compared_once() -> None:
    """The same seeds answered all questions: as independent benchmarks, two seeds would look like six."""
    rng = np.random.default_rng(0)
    luck = {"grpo": (-0.15, 0.15), "crpo": (-0.1, 0.2)}
    parts = []
    for benchmark, questions in (("medqa", 100), ("medmcqa", 300), ("medxpertqa", 200)):
        for name, seeds in luck.items():
            for seed, shift in enumerate(seeds):
                one = run(len(parts), f"seed-{seed}/{name}", benchmark=benchmark)
                parts.append((one, responses(one, (rng.random(questions) < 0.5 + shift).astype(float))))
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    sides = [[one for one in runs if name in one.checkpoint] for name in luck]
    found = paired(two_arms(made, *sides, Rules()), by_run, DRAWS)
    each = found[(found["metric"] == "answer") & (found["benchmark"] != ALL)]
    assert cell(found, "difference", metric="answer", benchmark=ALL) == pytest.approx(each["difference"].mean())
    width = float(cell(found, "high", metric="answer", benchmark=ALL)) - float(  # type: ignore[arg-type]
        cell(found, "low", metric="answer", benchmark=ALL)  # type: ignore[arg-type]
    )
    assert width > 0.6 * (each["high"] - each["low"]).mean(), "three benchmarks do not divide what seeds spread"
    method = str(cell(found, "method", metric="answer", benchmark=ALL))
    assert "600 questions of 3 benchmarks with equal weights" in method
    assert "Cochran" not in method


def test_paired_seeds_take_away_what_both_methods_start_from() -> None:
    """Each crpo was trained from the cold start of the grpo with its seed; cold starts differ much."""
    rng = np.random.default_rng(0)
    parts = []
    for benchmark in ("medqa", "medmcqa"):
        for name, gain in (("grpo", 0.0), ("crpo", 0.1)):
            for seed in (2, 0, 1) if name == "crpo" else (0, 1, 2):
                one = run(len(parts), f"seed-{seed}/{name}", benchmark=benchmark, arm=Arm(name, seed=seed))
                right = (rng.random(400) < 0.2 + 0.2 * seed + gain).astype(float)
                parts.append((one, responses(one, right)))
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    sides = [[one for one in runs if name in one.checkpoint] for name in ("grpo", "crpo")]
    for benchmark in ("medqa", ALL):
        width = []
        for together in (True, False):
            found = paired(two_arms(made, *sides, Rules(paired_seeds=together)), by_run, DRAWS)
            row = found[(found["metric"] == "answer") & (found["benchmark"] == benchmark)].iloc[0]
            width.append(row["high"] - row["low"])
            assert ("pairs of seeds" in row["method"]) == together
            assert row["difference"] == pytest.approx(0.1, abs=0.05)
        assert width[0] < width[1] / 2


def test_failures_on_hard_questions_do_not_shift_methods_against_each_other() -> None:
    """crpo's judge fails on half of the questions on which little is cited."""
    parts = []
    for name in ("grpo", "crpo"):
        for seed in range(3):
            one = run(len(parts), f"seed-{seed}/{name}", grounding_judge="llm")
            coverage = np.repeat([0.1, 0.7], 20) + 0.01 * seed
            if name == "crpo":
                coverage[seed:20:2] = math.nan
            reasons = ["a bad reply" if math.isnan(value) else None for value in coverage]
            parts.append((one, responses(one, [1] * 40, cecd_coverage=coverage, grounding_reason=reasons)))
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    found = paired(two_arms(made, runs[:3], runs[3:], Rules()), by_run, DRAWS)
    assert abs(float(cell(found, "difference", metric="cecd_coverage"))) < 0.005  # type: ignore[arg-type]
    assert cell(found, "unscored", metric="cecd_coverage") == 29, "responses, not questions"


def test_benchmarks_are_put_together_with_equal_weights_outside_the_family() -> None:
    parts = []
    for index, (name, benchmark, right) in enumerate(
        [
            ("grpo", "medqa", [0, 1] * 8),
            ("crpo", "medqa", [1, 1] * 8),
            ("grpo", "medmcqa", [0, 1] * 20),
            ("crpo", "medmcqa", [0, 1] * 19 + [1, 1]),
        ]
    ):
        one = run(index, name, benchmark=benchmark)
        parts.append((one, responses(one, right)))
    found = table(study(parts), "grpo")
    assert cell(found, "difference", metric="answer", benchmark=ALL) == pytest.approx((0.5 + 0.025) / 2)
    assert math.isnan(cell(found, "p_adjusted", metric="answer", benchmark=ALL))  # type: ignore[arg-type]


def test_judges_that_differ_are_never_pooled() -> None:
    a, b = run(0, "grpo", grounding_judge="rules"), run(1, "crpo", grounding_judge="gpt-5")
    parts = [(one, responses(one, [1, 0], cecd_coverage=[0.1, 0.2], grounding_reason=[None, None])) for one in (a, b)]
    made = study(parts)
    by_run = {group.run.index: group for group in groups(made)}
    found = paired(against_baseline(made, "grpo", Rules(allow_mismatch=True))[0], by_run, DRAWS)
    assert set(found.loc[found["n"] > 0, "metric"]) == {"answer"}
    assert cell(found, "why", metric="cecd_coverage") == "judged by different judges: gpt-5 and rules"
    assert (
        cell(found, "why", metric="backtracking_any") == "grpo and crpo: not judged (behaviours; clinical-r1 judge LOG)"
    )


def test_several_seeds_speak_of_methods_and_are_less_sure_than_one() -> None:
    rng = np.random.default_rng(1)
    levels = {"grpo": (0.5, 0.6, 0.4), "crpo": (0.7, 0.8, 0.6)}
    parts = []
    for name, accuracies in levels.items():
        for seed, level in enumerate(accuracies):
            one = run(len(parts), f"seed-{seed}/{name}")
            parts.append((one, responses(one, (rng.random(200) < level).astype(float))))
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    many = paired(two_arms(made, runs[:3], runs[3:], Rules()), by_run, DRAWS)
    one = paired(two_arms(made, runs[:1], runs[3:4], Rules()), by_run, DRAWS)
    width = [float(cell(f, "high", metric="answer")) - float(cell(f, "low", metric="answer")) for f in (many, one)]  # type: ignore[arg-type]
    assert width[0] > width[1], (
        "three seeds that spread by .1 say less of the method than 200 questions say of two checkpoints"
    )
    assert cell(many, "seeds_b", metric="answer") == 3


# --- other tables -----------------------------------------------------------------------------------------------------
FOUR_ARMS = {"grpo": [0, 0, 1, 0], "crpo": [1, 0, 1, 0], "cs_grpo": [1, 1, 0, 0], "cs_crpo": [1, 1, 1, 1]}


def arm_called(name: str, **known: Any) -> Arm:
    return Arm("crpo" if "crpo" in name else "grpo", cold_start="cs" in name, **{"k": 10.0, **known})


def four_arms() -> LogSet:
    runs = [run(index, name, arm=arm_called(name)) for index, name in enumerate(FOUR_ARMS)]
    return study([(one, responses(one, right * 5)) for one, right in zip(runs, FOUR_ARMS.values(), strict=True)])


def four_methods(seeds: int, **columns: Any) -> LogSet:
    """Four arms with several seeds, two epochs of 60 questions."""
    rng, parts = np.random.default_rng(5), []
    level = np.repeat(rng.beta(2, 2, 60), 2)
    for gain, name in enumerate(FOUR_ARMS):
        for seed in range(seeds):
            label = f"seed-{seed}/{name}" if seeds > 1 else name
            one = run(len(parts), label, arm=arm_called(name, seed=seed), grounding_judge="rules")
            right = (rng.random(120) < level + 0.06 * gain + rng.normal(0, 0.03)).astype(float)
            claims = rng.integers(1, 6, 120)
            counted = {
                "claims": claims.astype(float),
                "hallucination": rng.binomial(claims, 0.1 * (gain + 1)).astype(float),
            }
            numbers = {"grounding_reason": [None] * 120, **counted, **columns}
            parts.append((one, responses(one, right, epochs=2, **numbers)))
    return study(parts)


EFFECT = [
    ("CRPO instead of GRPO, mean of both starts", "main", 3 / 8, 6 / 8, 2.0),
    ("CRPO instead of GRPO, no cold start", "simple", 1 / 4, 2 / 4, 2.0),
    ("CRPO instead of GRPO, after a cold start", "simple", 2 / 4, 1.0, 2.0),
    ("cold start, mean of both rewards", "main", 3 / 8, 6 / 8, 2.0),
    ("cold start, under GRPO", "simple", 1 / 4, 2 / 4, 2.0),
    ("cold start, under CRPO", "simple", 2 / 4, 1.0, 2.0),
    ("interaction", "interaction", 1 / 4, 2 / 4, 1.0),  # twice as many are right either way: no interaction of ratios
]


def test_the_two_by_two_has_cells_effects_ratios_and_an_interaction() -> None:
    cells, effects = factorial(list(groups(four_arms())), DRAWS)
    assert cell(cells, "value", reward="crpo", cold_start=True) == 1.0
    told = effects[["effect", "kind", "mean_a", "mean_b", "ratio"]].itertuples(index=False, name=None)
    assert list(told) == [(effect, kind, *map(pytest.approx, numbers)) for effect, kind, *numbers in EFFECT]
    assert effects["difference"].to_numpy() == pytest.approx(effects["mean_b"] - effects["mean_a"])
    assert set(effects["n"]) == set(effects["questions"]) == {20}
    assert set(effects["seeds"]) == {"1"}


def test_three_arms_are_no_two_by_two() -> None:
    made = four_arms()
    three = [group for group in groups(made) if group.run.index < 3]
    assert all(frame.empty for frame in factorial(three, DRAWS))


def test_simple_effects_are_the_differences_of_the_report() -> None:
    """Over questions that all four arms have: here all of them."""
    for seeds in (1, 3):
        made = four_methods(seeds)
        by_run = {group.run.index: group for group in groups(made)}
        cells, effects = factorial(list(by_run.values()), DRAWS)
        sides = [
            [one for one in made.runs if one.arm.reward == reward and not one.arm.cold_start]
            for reward in ("grpo", "crpo")
        ]
        beside = paired(two_arms(made, *sides, Rules()), by_run, DRAWS)
        ends = ("low", "high", "p_value") if seeds > 1 else ()  # of one seed each, metrics share their draws there
        for metric in ("answer", "hallucination_rate"):
            where = {"metric": metric, "effect": "CRPO instead of GRPO, no cold start"}
            for name in ("mean_a", "mean_b", "difference", *ends):
                assert cell(effects, name, **where) == pytest.approx(cell(beside, name, metric=metric))
            assert cell(effects, "n", **where) == cell(beside, "n", metric=metric) == 120 * seeds
        assert set(effects["seeds"]) == {str(seeds)}
        assert set(cells["checkpoint"]) == set(FOUR_ARMS), "methods, not checkpoints"
        assert set(cells["seeds"]) == {seeds}
        arm = cells[(cells["reward"] == "crpo") & ~cells["cold_start"]]
        assert arm["value"].to_numpy() == pytest.approx(
            np.array([cell(beside, "mean_b", metric=key) for key in arm["metric"]])
        )
        assert ((cells["low"] < cells["value"]) & (cells["value"] < cells["high"])).all()


def test_seeds_of_an_arm_that_fail_are_not_counted_and_nothing_has_no_ratio() -> None:
    made = four_methods(2, harm_any=[0.0] * 120)
    made.responses.loc[made.responses["checkpoint"] == "seed-1/cs_crpo", "harm_any"] = np.nan
    _, effects = factorial(list(groups(made)), DRAWS)
    harm = effects[effects["metric"] == "harm_any"]
    assert set(harm["seeds"]) == {"2, 2, 2, 1"}
    assert set(harm["why"]) == {"a mean is 0"}
    assert harm["ratio"].isna().all()
    assert set(effects.loc[effects["metric"] == "answer", "seeds"]) == {"2"}


def test_checkpoints_that_differ_in_more_than_their_seed_are_no_arm() -> None:
    made = four_arms()
    other = run(4, "crpo_k5", arm=arm_called("crpo", k=5.0))
    both = study([*((group.run, group.responses) for group in groups(made)), (other, responses(other, [1, 0] * 10))])
    assert all(frame.empty for frame in factorial(list(groups(both)), DRAWS))
    assert crowded(list(groups(both)))
    assert not crowded(list(groups(four_methods(2))))


def test_effects_need_one_judge() -> None:
    made = four_methods(1)
    runs = [replace(one, grounding_judge="llm") if one.checkpoint == "crpo" else one for one in made.runs]
    _, effects = factorial(list(groups(replace(made, runs=tuple(runs)))), DRAWS)
    assert set(effects["metric"]) == {"answer"}


def test_the_trade_off_needs_something_to_trade() -> None:
    made = four_arms()
    assert tradeoff(list(groups(made))).empty
    one = run(0, "grpo", arm=Arm(k=5.0), grounding_judge="rules")
    frame = tradeoff(
        list(groups(study([(one, responses(one, [1, 0], cecd_coverage=[0.2, 0.4], grounding_reason=[None, None]))])))
    )
    assert frame[["k", "accuracy", "metric", "value"]].to_dict("records") == [
        {"k": 5.0, "accuracy": 0.5, "metric": "cecd_coverage", "value": pytest.approx(0.3)}
    ]


def test_strata_are_those_that_part_the_questions_or_those_asked_for() -> None:
    one = run(0, "grpo")
    made = study(
        [(one, responses(one, [1, 0, 1, 1], has_case=[True, True, False, False], subject=["x", "y", "x", "y"]))]
    )
    found = by_stratum(made)
    assert set(found["by"]) == {"has_case", "subject"}
    assert cell(found, "value", by="has_case", stratum="yes") == 0.5
    assert set(by_stratum(made, ["subject"])["by"]) == {"subject"}
    with pytest.raises(UserError, match="--by colour: allowed are correct, has_case"):
        by_stratum(made, ["colour"])
    with pytest.raises(UserError, match="--by topic: no question"):
        by_stratum(made, ["topic"])


def test_a_stratum_alone_is_no_comparison() -> None:
    one = run(0, "grpo", grounding_judge="rules")
    cited = [0.5, 0.5, math.nan, math.nan]
    frame = responses(
        one, [1, 0, 1, 1], has_case=[True, True, False, False], cecd_coverage=cited, grounding_reason=[None] * 4
    )
    found = by_stratum(study([(one, frame)]), metrics=("answer", "cecd_coverage"))
    by_case = found[found["by"] == "has_case"]
    assert set(by_case["metric"]) == {"answer"}, "case facts cited have one stratum: questions with a case"
    with pytest.raises(
        UserError, match="--by step: no question of these logs is told apart by it; there are correct, has_case"
    ):
        by_stratum(study([(one, frame)]), ["step"])


def test_what_a_judge_counts_is_shown_by_correctness_of_the_answer() -> None:
    one = run(0, "grpo", grounding_judge="rules")
    frame = responses(one, [1, 1, 0, 0], drc_coverage=[1.0, 0.5, 0.0, 0.5], grounding_reason=[None] * 4)
    found = by_stratum(study([(one, frame)]), metrics=("answer", "drc_coverage"))
    shown = found[["by", "stratum", "metric", "value"]].to_dict("list")
    assert shown == {
        "by": ["correct"] * 2, "stratum": ["no", "yes"], "metric": ["drc_coverage"] * 2, "value": [0.25, 0.75],
    }  # fmt: skip
    assert by_stratum(study([(one, frame)]), ["correct"]).empty, "accuracy by correctness is none"


def test_the_biggest_disagreements_come_first() -> None:
    a, b = run(0, "grpo", grounding_judge="rules"), run(1, "crpo", grounding_judge="rules")
    left = responses(a, [1, 1, 0], cecd_coverage=[0.1, 0.5, 0.5], grounding_reason=[None] * 3)
    right = responses(b, [1, 0, 0], cecd_coverage=[0.9, 0.5, 0.4], grounding_reason=[None] * 3)
    made = study([(a, left), (b, right)])
    by_run = {group.run.index: group for group in groups(made)}
    found = disagreements(against_baseline(made, "grpo", Rules())[0], by_run, 2)
    assert [one.id for one in found] == ["q001", "q000"], "right against wrong, then .8 of coverage"
    assert found[0].why == "GRPO right, CRPO wrong"
    assert found[1].why == "GRPO right, CRPO right; case facts cited 10\u00a0% against 90\u00a0%"


def test_a_yes_or_no_of_a_metric_is_said_in_words() -> None:
    a, b = run(0, "grpo", behaviours_judge="rules"), run(1, "crpo", behaviours_judge="rules")
    frames = [responses(one, [0], backtracking_any=[n], behaviours_reason=[None]) for one, n in ((a, 1.0), (b, 0.0))]
    made = study(list(zip((a, b), frames, strict=True)))
    by_run = {group.run.index: group for group in groups(made)}
    [found] = disagreements(against_baseline(made, "grpo", Rules())[0], by_run, 1)
    assert found.why == "GRPO wrong, CRPO wrong; any backtracking in GRPO only"


def test_the_contrast_has_half_of_the_samples_and_every_checkpoint_is_in_one() -> None:
    cold = run(0, "cold_start", arm=Arm("none", cold_start=True))
    trained = [
        run(1 + 2 * seed + place, f"seed-{seed}/{name}", arm=Arm(name, seed=seed))
        for seed in range(2)
        for place, name in enumerate(("grpo", "crpo"))
    ]
    made = study([(one, responses(one, [1, 0] * 10)) for one in (cold, *trained)])
    by_run = {group.run.index: group for group in groups(made)}
    methods = methods_of(made.runs)
    contrast = default_contrast(methods)
    assert contrast is not None
    comparisons, _ = against_baseline(made, None, Rules(), methods, (contrast.a, contrast.b))
    found = disagreements(comparisons, by_run, 20, contrast)
    assert [one.runs for one in found[:10]] == [(1, 2)] * 5 + [(3, 4)] * 5, "seeds take turns"
    assert len(found) == 20
    assert {index for one in found for index in one.runs} == set(by_run)
    assert {one.runs for one in found[10:]} == {(0, 1), (0, 3), (0, 2), (0, 4)}


def test_nothing_usable_is_an_error() -> None:
    one = run(0, "grpo")
    with pytest.raises(UserError, match="no usable sample"):
        analyse(study([(one, responses(one, [math.nan, math.nan]))]), [])


def test_one_checkpoint_alone_is_reported_and_nothing_is_compared() -> None:
    one = run(0, "grpo")
    results = analyse(study([(one, responses(one, [1, 0, 1]))]), [], samples=2)
    assert results.verdict.title == "GRPO: 67 % right"
    assert len(results.samples) == 2
    assert results.tables["paired"].empty


def test_published_numbers_are_those_of_the_paper() -> None:
    assert tables.published_accuracy("cold_start_crpo", "medmcqa") == 0.581
    assert tables.published_accuracy(None, "medqa") is None
    assert tables.published_count("crpo", "medmcqa", "hallucination") == 0.64


def test_training_records_are_named_by_what_their_folders_do_not_share(tmp_path: Path) -> None:
    for name in ("grpo", "crpo"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "record.csv").write_text("step,reward,kl,loss\n1,5.5,0.1,0\n2,6.5,,0\n")
    (tmp_path / "runs" / "cold").mkdir()
    (tmp_path / "runs" / "cold" / "record.csv").write_text("step,loss\n1,3\n")
    found = curves([tmp_path / "runs"])
    assert set(found["run"]) == {"grpo", "crpo"}, "a cold start has no reward"
    assert set(found["measure"]) == {"reward", "kl"}
    assert len(found[found["run"] == "grpo"]) == 3, "an empty cell is no point"


def test_training_folders_that_hold_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no record\.csv in it"):
        curves([tmp_path])
    with pytest.raises(UserError, match="no such folder"):
        curves([tmp_path / "gone"])
    (tmp_path / "record.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="no column step"):
        curves([tmp_path])


def test_a_ratio_over_seeds_is_the_ratio_of_sums_of_each_seed() -> None:
    parts, rates = [], {}
    for index, (name, above) in enumerate(
        [("a0", [1.0, 0.0]), ("a1", [1.0, 1.0]), ("b0", [2.0, 0.0]), ("b1", [1.0, 2.0])]
    ):
        one = run(index, name, grounding_judge="rules")
        claims = [2.0, 8.0]
        parts.append((one, responses(one, [1, 0], hallucination=above, claims=claims, grounding_reason=[None, None])))
        rates[name] = sum(above) / sum(claims)
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    found = paired(two_arms(made, runs[:2], runs[2:], Rules()), by_run, DRAWS)
    expected = (rates["b0"] + rates["b1"] - rates["a0"] - rates["a1"]) / 2
    assert cell(found, "difference", metric="hallucination_rate") == pytest.approx(expected)


def test_a_ratio_over_seeds_is_over_the_questions_that_are_compared() -> None:
    parts = []
    for index, name in enumerate(["a0", "a1", "b0", "b1"]):
        one = run(index, name, grounding_judge="rules")
        above, claims = [2.0 * (index > 1), 1.0, 9.0], [4.0, 6.0, 10.0]
        if index < 2:  # the third question is known of one side alone
            above, claims = [*above[:2], math.nan], [*claims[:2], math.nan]
        reasons = [None] * 3
        parts.append((one, responses(one, [1, 0, 1], hallucination=above, claims=claims, grounding_reason=reasons)))
    made, runs = study(parts), [one for one, _ in parts]
    by_run = {group.run.index: group for group in groups(made)}
    found = paired(two_arms(made, runs[:2], runs[2:], Rules()), by_run, DRAWS)
    assert cell(found, "difference", metric="hallucination_rate") == pytest.approx(3 / 10 - 1 / 10)


def test_one_question_is_measured_and_not_tested() -> None:
    a, b = run(0, "grpo"), run(1, "crpo")
    made = study([(a, responses(a, [1])), (b, responses(b, [0]))])
    assert cell(table(made, "grpo"), "verdict", metric="answer") == "not tested"


def test_without_spread_nothing_is_called_detectable() -> None:
    a, b = run(0, "grpo"), run(1, "crpo")
    made = study([(one, responses(one, [1, 1, 1])) for one in (a, b)])
    assert math.isnan(float(cell(table(made, "grpo"), "mde", metric="answer")))  # type: ignore[arg-type]


def test_a_rate_within_a_stratum_is_a_ratio_of_sums_too() -> None:
    one = run(0, "grpo", grounding_judge="rules")
    frame = responses(
        one, [1, 1, 1], has_case=[True, True, False], hallucination=[1.0, 1.0, 0.0], claims=[1.0, 9.0, 5.0],
        hallucination_rate=[1.0, 1 / 9, 0.0], grounding_reason=[None] * 3,
    )  # fmt: skip
    found = by_stratum(study([(one, frame)]), ["has_case"], ("hallucination_rate",))
    assert cell(found, "value", stratum="yes") == pytest.approx(0.2)
