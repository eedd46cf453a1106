"""What a report concludes: every word, from rows made by hand; and the first screen of small sets of logs."""

from math import nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clinical_r1.analysis.beside import contradictions, lengths_said, like_length_rows, pairs_of
from clinical_r1.analysis.comparisons import GATE, paired
from clinical_r1.analysis.contrast import Contrast, methods_of
from clinical_r1.analysis.results import analyse
from clinical_r1.analysis.sides import Rules, against_baseline, labelled
from clinical_r1.analysis.tables import groups
from clinical_r1.analysis.verdict import Verdict, folded, lead_of, outcome, rows_of
from clinical_r1.analysis.words import words_of
from clinical_r1.logs import Arm, LogSet, Run
from clinical_r1.metrics import METRICS
from clinical_r1.stats.resampling import Resampling
from tests.studies import responses, run, study

DRAWS = Resampling(resamples=500)


def row(metric: str = "answer", **given: Any) -> dict[str, Any]:
    """A row of `paired`: no difference of 300 responses, unless something else is given."""
    about = METRICS[metric]
    made: dict[str, Any] = {
        "metric": metric, "label": about.label, "better": about.better, "primary": True, "contrast": True,
        "benchmark": "medqa", "kind": "tested", "of": metric, "source": "", "n": 300, "unscored": 0, "mean_a": 0.5,
        "mean_b": 0.5, "difference": 0.0, "low": -0.03, "high": 0.03, "low_family": -0.04, "high_family": 0.04,
        "mde": 0.047, "margin": nan, "within": "", "bound_low": nan, "bound_high": nan, "why": "",
        "verdict": "no difference shown", "family": "endpoints of the contrast",
    }  # fmt: skip
    return made | given


UP = {"difference": 0.043, "low_family": 0.025, "high_family": 0.062, "verdict": "higher"}
DOWN = {"difference": -0.043, "low_family": -0.062, "high_family": -0.025, "verdict": "lower"}
WORDS = [
    (row(**UP), "better", "CRPO better", "+4.3 points [+2.5, +6.2]", "more right answers are better"),
    (row(**DOWN), "worse", "CRPO worse", "−4.3 points [−6.2, −2.5]", "fewer are worse"),
    (
        row("harm_any", **UP), "worse", "CRPO worse", "+4.3 points [+2.5, +6.2] (fewer is better)",
        "more harm is worse, and the sign stays that of the difference",
    ),
    (row("harm_any", **DOWN), "better", "CRPO better", "−4.3 points [−6.2, −2.5] (fewer is better)", "less is better"),
    (row("backtracking_any", **UP), "higher", "CRPO higher", "+4.3 points [+2.5, +6.2]", "neither way is better"),
    (row(), "same", "not shown to differ", "0.0 points [−4.0, +4.0]; could detect 4.7", "no proof of none"),
    (
        row(margin=0.02, within="not shown"), "same", "not shown to differ",
        "0.0 points [−4.0, +4.0]; could detect 4.7; 2 points worse is not ruled out", "a margin that is not reached",
    ),
    (row(margin=0.02, within="not worse"), "margin", "not worse by more than 2 points", "0.0 points [−4.0, +4.0]", ""),
    (row(margin=0.05, within="equivalent"), "margin", "equivalent within 5 points", "0.0 points [−4.0, +4.0]", ""),
    (row(margin=0.01, within="equivalent"), "margin", "equivalent within 1 point", "0.0 points [−4.0, +4.0]", "singular"),
    (
        row(**DOWN, margin=0.07, within="equivalent"), "worse", "CRPO worse, by less than 7 points",
        "−4.3 points [−6.2, −2.5]", "a difference beyond chance that the margin allows stays one",
    ),
    (row(**UP, margin=0.02, within="not worse"), "better", "CRPO better", "+4.3 points [+2.5, +6.2]", "better is better"),
    (
        row("cecd_coverage", difference=0.04, verdict="open", unscored=30, bound_low=-0.02, bound_high=0.1), "open", "open",
        "+4.0 points [−4.0, +4.0]; −2.0 to +10.0 with the 30 failed judgements", "what failed could undo it",
    ),
    (
        row("drc_coverage", verdict="not tested", why=GATE, difference=-0.02), "described", "not tested",
        f"−2.0 points [−4.0, +4.0]; {GATE}", "the gate stayed shut",
    ),
    (
        row("cecd_linked", verdict="described", low_family=nan, high_family=nan, difference=0.2), "described",
        "described, not tested", "+20.0 points [−3.0, +3.0]", "nothing untested reads as tested, however large",
    ),
    (
        row("hallucination_rate", difference=nan, mean_a=nan, mean_b=nan), "missing", "not measured",
        "nothing of it on a side", "no claims, no rate",
    ),
    (row(n=0, difference=nan, why="b: not judged (grounding)"), "missing", "not measured", "b: not judged (grounding)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("given", "tone", "verdict", "detail", "why"), WORDS, ids=[f"{w[2]}: {w[4]}" for w in WORDS])
def test_the_words_for_a_difference(given: dict[str, Any], tone: str, verdict: str, detail: str, why: str) -> None:
    assert words_of(given, "GRPO", "CRPO") == (words := words_of(given, "GRPO", "CRPO"))
    assert (words.tone, words.verdict, words.detail) == (tone, verdict, detail), why


CONTRAST = Contrast("grpo", "crpo")
TITLES = [
    ({"answer": "same", "cecd_coverage": "better", "harm_any": "worse"}, "mixed", "harm is never outweighed"),
    ({"answer": "better", "cecd_coverage": "same", "harm_any": "same"}, "better", ""),
    ({"answer": "same", "cecd_coverage": "same", "harm_any": "worse"}, "worse", ""),
    ({"answer": "same", "cecd_coverage": "same", "harm_any": "margin"}, "no difference shown", ""),
    ({"answer": "margin", "cecd_coverage": "margin", "harm_any": "margin"}, "no difference that matters", "all within"),
    ({"answer": "better", "cecd_coverage": "open", "harm_any": "same"}, "better, with an open question", ""),
    ({"answer": "same", "cecd_coverage": "open", "harm_any": "same"}, "open", ""),
    ({"answer": "better", "cecd_coverage": "missing", "harm_any": "missing"}, "better in answers", "nothing else is known"),
    ({"answer": "same", "cecd_coverage": "missing", "harm_any": "missing"}, "no difference shown in answers", ""),
    ({"answer": "missing", "cecd_coverage": "missing", "harm_any": "missing"}, "not measured", ""),
    ({"answer": "same", "cecd_coverage": "same", "harm_any": "same", "drc_coverage": "worse"}, "no difference shown",
     "what is no endpoint is in no title"),
]  # fmt: skip


@pytest.mark.parametrize(("tones", "title", "why"), TITLES, ids=[f"{t[1]} {t[2]}" for t in TITLES])
def test_the_title_is_about_the_endpoints(tones: dict[str, str], title: str, why: str) -> None:
    rows = pd.DataFrame([{"metric": metric, "tone": tone} for metric, tone in tones.items()])
    assert outcome(rows, CONTRAST.endpoints) == title, why


LEADS = [
    (
        [row(), row("cecd_coverage", **UP), row("harm_any", **UP, mean_a=0.65, mean_b=0.833)],
        "CRPO cites more of the case, but also invents more: 83 of 100 responses contain a finding that is invented or "
        "against the case, against 65 with GRPO. Its answers are not shown to be more or less accurate.",
    ),
    (
        [row(**UP), row("cecd_coverage"), row("harm_any")],
        "CRPO answers more questions correctly. It is not shown to cite more or less of the case. It is not shown to "
        "invent more or less.",
    ),
    (
        [row(margin=0.02, within="not worse"), row("cecd_coverage"), row("harm_any")],
        "CRPO's answers are not worse by more than 2 points. It is not shown to cite more or less of the case. It is "
        "not shown to invent more or less.",
    ),
    (
        [row(), row("cecd_coverage", n=0, difference=nan, why="crpo: not judged (grounding)"), row("harm_any", n=0, why="x")],
        "CRPO's answers are not shown to be more or less accurate. How much of the case is cited is not measured (crpo: "
        "not judged (grounding)). Whether it invents more is not measured (x).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("made", "lead"), LEADS, ids=["mixed", "better", "margin", "unjudged"])
def test_the_lead_says_what_differs_and_never_leaves_out_harm(made: list[dict[str, Any]], lead: str) -> None:
    assert lead_of(rows_of(CONTRAST, pd.DataFrame(made)), CONTRAST) == lead


def test_rows_without_events_are_one_line_and_reasons_are_told_apart() -> None:
    made = pd.DataFrame(
        [
            row(), row("cecd_coverage"), row("harm_any"), row("drc_coverage", mean_a=0.2),
            row("verification_any", mean_a=0.0, mean_b=0.01), row("subgoal_setting_any", mean_a=0.0, mean_b=0.0),
            row("faithful_rate", n=0, mean_a=nan, mean_b=nan, why="the judge cannot tell: rules"),
            row("backtracking_any", n=0, mean_a=nan, mean_b=nan, why="crpo: not judged (behaviours)"),
        ]
    )  # fmt: skip
    kept, said = folded(rows_of(CONTRAST, made), CONTRAST.endpoints)
    assert list(kept["metric"]) == ["answer", "cecd_coverage", "harm_any", "drc_coverage"]
    assert said == [
        "Too rare to compare, at most 1.0 % on either side: responses that re-check a result and responses that set "
        "subgoals.",
        "Not measured: claims that are supported (the judge cannot tell: rules).",
        "Not measured: responses that backtrack (crpo: not judged (behaviours)).",
    ]


def test_the_truth_raters_and_judges_that_say_otherwise_are_named() -> None:
    tested = rows_of(CONTRAST, pd.DataFrame([row("cecd_coverage", **DOWN), row("harm_any"), row()]))
    truth = row("cecd_coverage", kind="truth", difference=0.018, low=0.01, high=0.03)
    raters = row("harm_any", kind="raters", difference=0.18, low=0.13, high=0.23)
    agrees = row("cecd_coverage", kind="judge", source="gpt", difference=-0.02, low=-0.03, high=-0.01)
    unsure = row("answer", kind="truth", difference=0.3, low=-0.1, high=0.6)
    found = list(contradictions(pd.concat([tested, pd.DataFrame([truth, raters, agrees, unsure])])))
    assert [said[:2] for said in found] == [("cecd_coverage", "truth"), ("harm_any", "raters")]
    assert found[0][2] == (
        "Case facts cited on medqa: −4.3 points as judged, but +1.8 [+1.0, +3.0] by the known truth."
    )
    assert "0.0 points as judged, not shown to differ, but +18.0 [+13.0, +23.0] by raters' labels" in found[1][2]


def test_the_truth_contradicts_no_number_that_was_not_measured() -> None:
    tested = rows_of(CONTRAST, pd.DataFrame([row("cecd_coverage", difference=nan, low=nan, high=nan), row()]))
    truth = row("cecd_coverage", kind="truth", difference=0.1, low=0.05, high=0.15)
    assert not list(contradictions(pd.concat([tested, pd.DataFrame([truth])])))


# --- from logs --------------------------------------------------------------------------------------------------------
GRPO, CRPO = Arm("grpo", cold_start=True), Arm("crpo", cold_start=True)


def two_methods(seeds: int = 1, *, harm: float = 0.3, questions: int = 120) -> LogSet:
    """GRPO, and a CRPO that cites and invents more."""
    rng = np.random.default_rng(3)
    made: list[tuple[Run, pd.DataFrame]] = []
    for seed in range(seeds):
        for arm, more in ((GRPO, 0.0), (CRPO, harm)):
            name = f"seed-{seed}/{arm.reward}" if seeds > 1 else str(arm.reward)
            one = run(len(made), name, arm=Arm(arm.reward, cold_start=True, seed=seed), grounding_judge="rules")
            invented = (rng.random(questions) < 0.3 + more).astype(float)
            made.append(
                (
                    one,
                    responses(
                        one, (rng.random(questions) < 0.6).astype(float), harm_any=invented,
                        cecd_coverage=np.clip(rng.random(questions) + more / 3, 0, 1),
                        grounding_reason=[None] * questions, words=100 + 200 * more + rng.normal(0, 10, questions),
                    ),
                )
            )  # fmt: skip
    return labelled(study(made))


def verdict(made: LogSet, contrast: Contrast | None = CONTRAST) -> Verdict:
    methods = methods_of(made.runs)
    pair = (contrast.a, contrast.b) if contrast else None
    comparisons, _ = against_baseline(made, None, Rules(), methods, pair)
    return analyse(made, comparisons, contrast=contrast, resampling=DRAWS, samples=0).verdict


def test_a_harm_is_in_title_lead_and_rows() -> None:
    found = verdict(two_methods())
    assert found.title in ("CRPO against GRPO: mixed", "CRPO against GRPO: worse")
    assert "invents more" in found.lead
    [harm] = found.rows[(found.rows["metric"] == "harm_any") & (found.rows["kind"] == "tested")].to_dict("records")
    assert (harm["tone"], harm["family"]) == ("worse", "endpoints of the contrast")
    assert harm["low_family"] > 0
    assert found.context == "medqa: 120 questions · one training run each"
    shown = found.rows[found.rows["difference"].notna()]
    assert shown[["n", "low", "high"]].notna().all().all(), "every number has its n and its interval"
    assert shown["method"].astype(bool).all(), "and how it was made"
    assert (shown["family"].astype(bool) == (shown["kind"] == "tested")).all(), (
        "what is beside a number is in no family"
    )
    assert any("One training run each" in said for said in found.cautions)
    assert any("chosen by default" in said and "2 points" in said for said in found.cautions)


def test_three_seeds_are_one_row_per_metric() -> None:
    found = verdict(two_methods(3))
    tested = found.rows[found.rows["kind"] == "tested"]
    assert tested["metric"].is_unique
    assert set(zip(tested["seeds_a"], tested["seeds_b"], strict=True)) == {(3, 3)}
    assert found.context == "medqa: 120 questions · 3 training runs each"


def test_a_single_checkpoint_and_unread_answers_have_a_first_screen() -> None:
    one = run(0, "crpo")
    alone = verdict(study([(one, responses(one, [1, 0, 1, 1]))]), None)
    assert alone.title == "CRPO: 75 % right"
    assert "4 questions of medqa" in alone.lead
    assert alone.rows.empty


def test_lengths_stand_beside_the_contrast() -> None:
    made = two_methods()
    by_run = {group.run.index: group for group in groups(made)}
    comparisons, _ = against_baseline(made, None, Rules(), methods_of(made.runs), ("grpo", "crpo"))
    pairs = [(one.benchmark, pairs_of(one, by_run)) for one in comparisons]
    [said] = lengths_said(CONTRAST, pairs, DRAWS)
    assert said.startswith("CRPO's responses are longer on medqa: 160 words against 1")
    assert like_length_rows(CONTRAST, pairs, DRAWS).empty, "no two are of like length"


def test_the_gate_opens_with_what_the_endpoints_leave() -> None:
    """With 1 of 3 endpoints rejected, the other metrics get a third of 5 %, and Holm's procedure among themselves."""
    made = two_methods(harm=0.6)
    rng = np.random.default_rng(0)
    made.responses["drc_coverage"] = rng.random(len(made.responses))
    by_run = {group.run.index: group for group in groups(made)}
    comparisons, _ = against_baseline(made, None, Rules(), methods_of(made.runs), ("grpo", "crpo"))
    table = paired(comparisons, by_run, DRAWS, contrast=CONTRAST).set_index("metric")
    endpoints = table[table["family"] == "endpoints of the contrast"]
    assert endpoints["p_adjusted"].to_numpy() == pytest.approx(np.minimum(3 * endpoints["p_value"], 1))
    passed = (endpoints["p_adjusted"] < 0.05).mean()
    other = table.loc["drc_coverage"]
    assert other["p_adjusted"] == pytest.approx(min(1.0, other["p_value"] / passed))
    shut = paired(comparisons, by_run, DRAWS, contrast=Contrast("grpo", "crpo", endpoints=("answer",)))
    late = shut[shut["family"] == "other metrics of the contrast"]
    assert set(late["verdict"]) == {"not tested"}, "no endpoint differs"
    assert set(late["why"]) == {GATE}
