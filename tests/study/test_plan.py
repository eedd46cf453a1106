"""`clinical-r1 study plan`: simulated studies give what theory says of them."""

from math import isnan, sqrt

import pytest
from scipy.stats import t

from clinical_r1.cli import main
from clinical_r1.errors import UserError
from clinical_r1.study.plan import Expected, plan, smallest

SEES_ALL = {"rater_sensitivity": 1.0, "rater_specificity": 1.0}


def row(items: int = 120, raters: int = 3, draws: int = 60, **given: float):  # type: ignore[no-untyped-def]
    [found] = plan(Expected(**given), [items], [raters], draws=draws)  # type: ignore[arg-type]
    return found


def test_agreement_is_that_of_independent_observers() -> None:
    found = row(items=2000, draws=2)  # all that is judged
    p, sees, passes = 0.3, 0.9, 0.95
    seen = p * sees + (1 - p) * (1 - passes)
    assert found.alpha == pytest.approx(p * (1 - p) * (sees + passes - 1) ** 2 / (seen * (1 - seen)), abs=0.01)
    assert row(items=20, draws=2).alpha_width > 3 * found.alpha_width


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.85, 0.9), (0.6, 0.8)])
def test_widths_are_those_that_the_formula_gives_for_raters_who_see_all(sensitivity: float, specificity: float) -> None:
    found = row(items=400, raters=1, sensitivity=sensitivity, specificity=specificity, judged=1000, **SEES_ALL)
    positive = 0.3 * sensitivity + 0.7 * (1 - specificity)
    explained = 0.3 * 0.7 * (sensitivity + specificity - 1) ** 2 / (positive * (1 - positive))
    without, among_all = 0.3 * 0.7 / 200, 0.3 * 0.7 * ((1 - explained) / 200 + explained / 1000)
    assert found.labels_width == pytest.approx(2 * t.ppf(0.975, 199) * sqrt(without), rel=0.06)
    assert found.corrected_width == pytest.approx(2 * t.ppf(0.975, 198) * sqrt(among_all), rel=0.06)


def test_a_judge_that_knows_nothing_saves_nothing_and_a_good_one_does() -> None:
    assert row(sensitivity=0.5, specificity=0.5).ratio == pytest.approx(1, abs=0.04)
    assert row(sensitivity=0.95, specificity=0.97).ratio < 0.7


def test_more_items_give_narrower_intervals_and_more_power() -> None:
    small, large = plan(Expected(difference=0.15), [60, 240], [3], draws=80)
    assert large.corrected_width < small.corrected_width / sqrt(2)
    assert large.power > small.power + 0.2
    assert row(difference=0.0, items=200, draws=150).power < 0.12, "what is not there is seldom found"


def test_a_size_has_the_same_numbers_whatever_is_simulated_beside_it() -> None:
    alone = plan(Expected(), [60], [2], draws=5)
    beside = plan(Expected(), [60, 120], [2, 3], draws=5)
    assert alone[0] in beside
    assert plan(Expected(), [60], [2], draws=5, seed=1) != alone


def test_one_rater_has_no_agreement_and_one_checkpoint_no_difference() -> None:
    found = row(raters=1, draws=3, checkpoints=1, items=30)
    assert isnan(found.alpha)
    assert isnan(found.power)
    assert isnan(found.difference_width)
    assert not isnan(found.kappa)


def test_the_smallest_study_that_is_enough_has_the_fewest_labels() -> None:
    rows = plan(Expected(difference=0.3), [60, 120, 240], [1, 3], draws=20)
    best = smallest(rows, width=0.25, power=None)
    assert best is not None
    assert best.corrected_width <= 0.25
    assert all(other.labels >= best.labels for other in rows if other.corrected_width <= 0.25)
    assert smallest(rows, width=0.01, power=None) is None
    assert smallest(rows, width=None, power=None) is None
    strict = smallest(rows, width=0.25, of="alpha", power=0.8)
    assert strict is not None
    assert strict.power >= 0.8
    assert strict.alpha_width <= 0.25


def test_the_command_prints_the_table_and_marks_the_smallest(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--items", "40,80", "--raters", "2", "--draws", "10", "--width", "0.3"]
    assert main(["study", "plan", *wanted]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.split()[:1] in (["40"], ["80"])]
    assert [(row[0], row[1], row[2]) for row in rows] == [("40", "2", "80"), ("80", "2", "160")]
    assert sum("<- smallest that is enough" in line for line in lines) == 1
    assert any("10 simulated studies" in line for line in lines)
    assert main(["study", "plan", *wanted[:-1], "0.001"]) == 0
    assert "No study of these sizes is enough" in capsys.readouterr().out


def test_minutes_per_item_become_hours_per_rater(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--items", "40,80", "--raters", "2", "--draws", "10", "--width", "0.3", "--minutes", "6"]
    assert main(["study", "plan", *wanted]) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if line.split()[:1] in (["40"], ["80"])]
    assert [row[:4] for row in rows[:2]] == [["40", "2", "80", "4.0"], ["80", "2", "160", "8.0"]]
    assert "h per rater" in printed
    assert "items x 2 raters = " in printed


REFUSED = [
    (["--minutes", "0"], "--minutes 0: allowed is more than 0"),
    (["--prevalence", "1"], "--prevalence 1.0: allowed is more than 0"),
    (["--sensitivity", "2"], "--sensitivity 2.0: allowed is 0 to 1"),
    (["--difference", "0.9"], "--difference 0.9: with --prevalence 0.3"),
    (["--items", "4"], "--items 4: allowed are 12 to 2000"),
    (["--items", "5000"], "--items 5000: allowed are 12 to 2000"),
    (["--raters", "20"], "--raters 20: allowed are 1 to 9"),
    (["--width-of", "kapa"], "--width-of kapa: allowed are corrected"),
    (["--power", "80"], "--power 80.0: allowed is more than 0"),
    (["--draws", "1"], "--draws 1: allowed is a whole number from 2"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_what_a_user_can_mend_is_one_line(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "plan", *given]) == 2
    complaint = capsys.readouterr().err.strip()
    assert said in complaint
    assert len(complaint.splitlines()) == 1


def test_a_number_out_of_range_is_named() -> None:
    with pytest.raises(UserError, match="--checkpoints and --judged"):
        Expected(judged=2)
