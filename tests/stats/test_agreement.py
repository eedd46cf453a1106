"""Coefficients of agreement: reference values, independent libraries, invariants, degenerate ratings."""

import warnings
from collections.abc import Callable
from math import isnan, nan
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr, ttest_1samp
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from clinical_r1.stats import agreement as ag
from tests.ratings import (
    COMPLETE,
    EXPECTED,
    HUMANS,
    JUDGE,
    KAPPAS,
    LEVELS,
    MEAN,
    Ratings,
    in_places,
    matrix,
    mean_pairwise,
    of_two,
    rated,
    rows,
    tables,
)

# --- reference values -------------------------------------------------------------------------------------------------
REFERENCE: list[tuple[str, Callable[[], float]]] = [
    *((f"krippendorff_alpha_{level}_humans", lambda level=level: ag.krippendorff_alpha(HUMANS, level)) for level in LEVELS),
    ("gwet_ac1_humans", lambda: ag.gwet_ac(HUMANS)),
    ("gwet_ac2_linear_humans", lambda: ag.gwet_ac(HUMANS, "linear")),
    ("gwet_ac2_quadratic_humans", lambda: ag.gwet_ac(HUMANS, "quadratic")),
    *((f"mean_pairwise_kappa_{w}_humans", lambda m=m: mean_pairwise(HUMANS, m)) for w, m in KAPPAS.items()),
    *((f"mean_pairwise_kappa_{w}_judge_vs_human", lambda m=m: mean_pairwise(HUMANS, m, judge=JUDGE)) for w, m in KAPPAS.items()),
    ("ICC(A,1)_humans_complete_items", lambda: ag.icc_a1(HUMANS)),
    ("ICC(A,1)_judge_vs_human_mean", lambda: ag.icc_a1({"judge": JUDGE, "mean": MEAN})),
    ("spearman_judge_vs_human_mean", lambda: of_two(JUDGE, MEAN, "spearman")),
    ("bland_altman_bias", lambda: ag.bland_altman(JUDGE, MEAN).bias),
    ("bland_altman_sd_ddof1", lambda: ag.bland_altman(JUDGE, MEAN).sd),
    ("complete_items", lambda: len(COMPLETE)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "ours"), REFERENCE, ids=[name for name, _ in REFERENCE])
def test_the_reference_values(name: str, ours: Callable[[], float]) -> None:
    assert ours() == pytest.approx(EXPECTED[name], abs=1e-6)


def test_the_reference_values_of_two_raters_are_the_means_of_kappas() -> None:
    for weights in KAPPAS:
        each = [ag.cohen_kappa(JUDGE, row, weights) for row in HUMANS.values()]
        assert np.mean(each) == pytest.approx(EXPECTED[f"mean_pairwise_kappa_{weights}_judge_vs_human"], abs=1e-6)


# Four observers and twelve units of Krippendorff (2011, "Computing Krippendorff's alpha-reliability"), also in Gwet (2014)
WORKED = rows(
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
)


@pytest.mark.parametrize(("level", "published"), [*zip(LEVELS, (0.743, 0.815, 0.849, 0.797), strict=True)])
def test_krippendorffs_worked_example(level: ag.Level, published: float) -> None:
    assert ag.krippendorff_alpha(WORKED, level) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("weights", "categories", "value"),
    [
        (None, None, 0.775444068127),  # 0.77544 in Gwet (2014)
        ("linear", None, 0.858739136433),  # this one and below: irrCAC 0.4.4
        ("quadratic", None, 0.914000723552),
        ("ordinal", None, 0.898939769908),
        ("quadratic", [1, 2, 3, 4, 5, 6], 0.947407789800),  # a category that nobody used counts
        ("quadratic", [6, 5, 4, 3, 2, 1], 0.947407789800),  # numbers have their own order
    ],
)
def test_gwets_worked_example(weights: Any, categories: list[int] | None, value: float) -> None:
    assert ag.gwet_ac(WORKED, weights, categories) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("weights", "value"), [("linear", 0.575042158516), ("quadratic", 0.576525336091), ("ordinal", 0.576328177539)]
)
def test_weights_go_by_value_but_ordinal_ones_by_place(weights: Any, value: float) -> None:
    """irrCAC 0.4.4, with categories 0, 1 and 4."""
    ratings = rows([0, 1, 4, 4, 1, 0, 0], [0, 1, 4, 1, 1, 4, 0], [0, 0, 4, 1, None, 4, 0])
    assert ag.gwet_ac(ratings, weights) == pytest.approx(value, abs=1e-9)


# --- independent libraries --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(6))
def test_alpha_is_the_krippendorff_librarys(level: ag.Level, seed: int) -> None:
    ratings = rated(items=25, raters=2 + seed % 3, top=1 + seed, missing=0.4, seed=seed)
    theirs = krippendorff.alpha(matrix(ratings), level_of_measurement=level)
    assert ag.krippendorff_alpha(ratings, level) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("weights", KAPPAS)
@pytest.mark.parametrize("seed", range(4))
def test_kappa_is_scikit_learns_and_statsmodels(weights: Any, seed: int) -> None:
    a, b = matrix(rated(items=30, raters=2, top=2 + seed, missing=0.0, seed=seed)).astype(int)
    labels = np.arange(seed + 3)
    theirs = cohen_kappa_score(a, b, weights=weights, labels=labels)
    table = np.array([[((a == x) & (b == y)).sum() for y in labels] for x in labels])
    assert ag.cohen_kappa(a, b, weights) == pytest.approx(theirs, abs=1e-12)
    names = {None: None, "linear": "linear", "quadratic": "quadratic"}
    assert theirs == pytest.approx(cohens_kappa(table, wt=names[weights], return_results=False), abs=1e-12)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:The inplace keyword")
@pytest.mark.parametrize("seed", range(4))
def test_icc_is_pingouins(seed: int) -> None:
    ratings = rated(items=20, raters=2 + seed, missing=0.05, seed=seed)
    long = pd.DataFrame(
        [(r, i, float(v)) for r, row in ratings.items() for i, v in row.items()], columns=["r", "i", "v"]
    )
    whole = long.groupby("i")["r"].transform("count") == len(ratings)
    theirs = pingouin.intraclass_corr(long[whole], targets="i", raters="r", ratings="v").set_index("Type")["ICC"]
    name = "ICC(A,1)" if "ICC(A,1)" in theirs else "ICC2"
    assert ag.icc_a1(ratings) == pytest.approx(theirs[name], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_spearman_is_scipys(seed: int) -> None:
    ratings = rated(items=30, raters=2, missing=0.2, seed=seed)
    theirs = spearmanr(*matrix(ratings), nan_policy="omit").statistic
    assert of_two(*ratings.values(), "spearman") == pytest.approx(theirs, abs=1e-12)


def henderson(scores: np.ndarray) -> float:
    """ICC(A,1) by reductions in sums of squares of fitted linear models, with traces for their expectations."""
    rater, item = np.nonzero(~np.isnan(scores))
    y = scores[rater, item]
    raters, items = (np.eye(size)[column] for size, column in zip(scores.shape, (rater, item), strict=True))
    items = items[:, items.any(axis=0)]
    project = {
        name: design @ np.linalg.pinv(design)
        for name, design in {"r": raters, "i": items, "ri": np.hstack([raters, items])}.items()
    }
    fitted = {name: y @ p @ y for name, p in project.items()}
    rank = {name: np.trace(p) for name, p in project.items()}
    error = (y @ y - fitted["ri"]) / (len(y) - rank["ri"])
    between = {}
    for name, design, rest in (("i", items, "r"), ("r", raters, "i")):
        scale = np.trace(design.T @ (project["ri"] - project[rest]) @ design)
        between[name] = (fitted["ri"] - fitted[rest] - (rank["ri"] - rank[rest]) * error) / scale
    return between["i"] / (between["i"] + between["r"] + error)


@pytest.mark.parametrize(("raters", "missing"), [(2, 0.3), (3, 0.5), (5, 0.4), (6, 0.7)])
def test_icc_of_all_ratings_is_hendersons_third_method(raters: int, missing: float) -> None:
    ratings = rated(items=30, raters=raters, missing=missing, seed=raters)
    assert ag.icc_a1(ratings, missing="all") == pytest.approx(henderson(matrix(ratings)), abs=1e-9)


def test_icc_of_all_ratings_is_that_of_complete_items_where_nothing_is_missing() -> None:
    ratings = rated(missing=0.0)
    assert ag.icc_a1(ratings, missing="all") == pytest.approx(ag.icc_a1(ratings), abs=1e-12)


def test_icc_of_all_ratings_finds_the_truth_where_every_item_goes_to_two_of_five_raters() -> None:
    rng = np.random.default_rng(0)
    items, strictness = rng.normal(0, 2, 6000), np.array([-1.0, 0.5, 0, 0.25, 0.25])
    ratings: Ratings = {f"h{rater}": {} for rater in range(5)}
    for item, value in enumerate(items):
        for rater in rng.choice(5, 2, replace=False):
            ratings[f"h{rater}"][item] = value + strictness[rater] + rng.normal()
    truth = 4 / (4 + strictness.var(ddof=1) + 1)
    assert ag.icc_a1(ratings, missing="all") == pytest.approx(truth, abs=0.02)
    assert ag.icc_a1(ratings).why == "fewer than two items that all raters rated"


def test_limits_of_agreement() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 25))
    found = ag.bland_altman(a, b)
    assert (found.low + found.high) / 2 == pytest.approx(found.bias)
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.std(a - b, ddof=1))
    theirs = ttest_1samp(a - b, 0).confidence_interval(0.95)
    assert found.bias_interval == pytest.approx((theirs.low, theirs.high))
    wide = found.high_interval.high - found.high_interval.low
    assert wide / (found.bias_interval.high - found.bias_interval.low) == pytest.approx(1.71, abs=0.05)  # sqrt(2.92)
    swapped = ag.bland_altman(b, a)
    assert (swapped.bias, swapped.low, swapped.high) == pytest.approx((-found.bias, -found.high, -found.low))


def test_limits_of_agreement_hold_what_they_say() -> None:
    a = np.random.default_rng(1).normal(size=(400, 20))
    inside = [
        found.low_interval.low <= -1.96 <= found.low_interval.high
        for found in (ag.bland_altman(row, 0 * row) for row in a)
    ]
    assert 0.9 < np.mean(inside) < 0.98


# --- invariants -------------------------------------------------------------------------------------------------------
COEFFICIENTS: dict[str, Callable[[Ratings], ag.Coefficient]] = {
    **{level: (lambda r, level=level: ag.krippendorff_alpha(r, level)) for level in LEVELS},
    **{f"ac {w}": (lambda r, w=w: ag.gwet_ac(r, w)) for w in (None, "linear", "quadratic", "ordinal")},
    "complete": ag.icc_a1,
    "all": lambda r: ag.icc_a1(r, missing="all"),
    **{measure: (lambda r, m=measure: mean_pairwise(r, m)) for measure in ag.MEASURES},
}  # fmt: skip


def same(one: float, other: float) -> bool:
    return one == pytest.approx(other, abs=1e-9, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_neither_the_order_of_raters_nor_that_of_items_matters(ratings: Ratings, random: Any) -> None:
    def shuffled(mapping: dict) -> dict:
        return dict(random.sample(list(mapping.items()), len(mapping)))

    again = shuffled({rater: shuffled(row) for rater, row in ratings.items()})
    for name, coefficient in COEFFICIENTS.items():
        assert same(coefficient(ratings), coefficient(again)), name


@settings(max_examples=80, deadline=None)
@given(tables)
def test_a_coefficient_is_a_number_up_to_one_or_says_why_it_is_none(ratings: Ratings) -> None:
    for name, coefficient in COEFFICIENTS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = coefficient(ratings)
        assert bool(found.why) or not isnan(found), name
        assert isnan(found) or found <= 1 + 1e-12, name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.integers(2, 4), st.randoms(use_true_random=False))
def test_perfect_agreement_is_one(truth: list[int], raters: int, random: Any) -> None:
    ratings = rows(*[list(truth) for _ in range(raters)])
    if raters > 2:  # two are left for every item
        for item in range(len(truth)):
            ratings[random.choice("abc"[:raters])][item] = None
    for name, coefficient in COEFFICIENTS.items():
        found = coefficient(ratings)
        assert found.why if isnan(found) else found == pytest.approx(1, abs=1e-9), name


CHANGES: dict[str, tuple[Callable[[int], Any], set[str]]] = {
    "other labels": (lambda v: "zxywv"[v], {"nominal", "ac None", "exact", "kappa"}),
    "another monotone scale": (lambda v: [0, 1, 5, 20][v], {"nominal", "ordinal", "ac None", "ac ordinal", "exact", "kappa", "spearman"}),
    "shifted": (lambda v: v + 7.5, set(COEFFICIENTS) - {"ratio"}),
    "times three": (lambda v: 3 * v, set(COEFFICIENTS) - {"within_one"}),
    "turned around": (lambda v: -v, set(COEFFICIENTS) - {"ratio"}),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=40, deadline=None)
@given(tables)
def test_what_a_change_of_scale_leaves_alone(change: str, ratings: Ratings) -> None:
    mapped, names = CHANGES[change]
    changed = {
        rater: {item: None if v is None else mapped(v) for item, v in row.items()} for rater, row in ratings.items()
    }
    for name in names:
        assert same(COEFFICIENTS[name](ratings), COEFFICIENTS[name](changed)), name


def test_what_a_change_of_scale_does_change() -> None:
    ratings = rated()
    stretched = {rater: {item: v * v for item, v in row.items()} for rater, row in ratings.items()}
    shifted = {rater: {item: v + 5 for item, v in row.items()} for rater, row in ratings.items()}
    for name in ("interval", "ac linear", "complete", "kappa_quadratic", "within_one"):
        assert not same(COEFFICIENTS[name](ratings), COEFFICIENTS[name](stretched)), name
    assert not same(COEFFICIENTS["ratio"](ratings), COEFFICIENTS["ratio"](shifted))


def test_agreement_by_chance_alone_is_zero() -> None:
    values = np.random.default_rng(0).choice(4, p=[0.5, 0.3, 0.1, 0.1], size=(3, 20_000))
    ratings = {f"h{rater}": dict(enumerate(row.tolist())) for rater, row in enumerate(values)}
    for name in (
        "nominal",
        "interval",
        "ratio",
        "complete",
        "all",
        "kappa",
        "kappa_linear",
        "kappa_quadratic",
        "spearman",
    ):
        assert COEFFICIENTS[name](ratings) == pytest.approx(0, abs=0.02), name


def test_quadratic_kappa_is_near_icc_and_kappa_is_near_alpha() -> None:
    """Known identities for large samples: Fleiss & Cohen (1973) for two raters; both are 1 less a ratio of disagreements."""
    two = rated(items=2000, raters=2, missing=0.0)
    assert ag.cohen_kappa(*two.values(), "quadratic") == pytest.approx(ag.icc_a1(two), abs=1e-3)
    assert ag.cohen_kappa(*two.values()) == pytest.approx(ag.krippendorff_alpha(two, "nominal"), abs=1e-3)
    assert ag.icc_a1(two) == pytest.approx(ag.krippendorff_alpha(two, "interval"), abs=1e-3)


def test_missing_is_missing_however_it_is_written() -> None:
    absent = rated()
    items = {item for row in absent.values() for item in row}
    for missing in (None, nan, np.nan, np.float32("nan")):
        written = {rater: {item: row.get(item, missing) for item in items} for rater, row in absent.items()}
        for name, coefficient in COEFFICIENTS.items():
            assert same(coefficient(written), coefficient(absent)), name


def test_two_raters_may_be_given_as_sequences_or_mappings() -> None:
    a, b = [0, 1, 2, None, 1], [0, 2, 2, 1, nan]
    for one, other in (
        (a, b),
        (tuple(a), tuple(b)),
        (dict(enumerate(a)), dict(enumerate(b))),
        ({0: 0, 1: 1, 2: 2, 9: 5}, dict(enumerate(b))),
    ):
        assert ag.cohen_kappa(one, other) == pytest.approx(0.5)
        assert of_two(one, other, "exact") == pytest.approx(2 / 3)
    assert ag.cohen_kappa(np.array([0, 1, 2]), pd.Series([0, 2, 2])) == pytest.approx(0.5)


def test_labels_have_the_order_that_categories_give_them() -> None:
    words = ["none", "some", "much"]
    ratings = rated(top=2)
    worded = {rater: {item: words[v] for item, v in row.items()} for rater, row in ratings.items()}
    a, b, *_ = ratings.values()
    c, d, *_ = worded.values()
    assert same(ag.krippendorff_alpha(worded, "ordinal", categories=words), ag.krippendorff_alpha(ratings, "ordinal"))
    assert same(ag.gwet_ac(worded, "quadratic", words), ag.gwet_ac(ratings, "quadratic"))
    assert same(ag.cohen_kappa(c, d, "linear", categories=words), ag.cohen_kappa(a, b, "linear"))
    assert same(of_two(c, d, "within_one", words), of_two(a, b, "within_one"))
    assert same(of_two(c, d, "spearman", words), of_two(a, b, "spearman"))


# --- degenerate ratings -----------------------------------------------------------------------------------------------
ONE_CATEGORY, NO_OVERLAP = rows([0, 0, 0], [0, 0, 0]), rows([0, 1, None, None], [None, None, 0, 1])
UNDEFINED = [
    (lambda: ag.krippendorff_alpha(ONE_CATEGORY, "nominal"), "all ratings are 0: no disagreement is expected"),
    (lambda: ag.krippendorff_alpha(ONE_CATEGORY, "ordinal"), "all ratings are 0: no disagreement is expected"),
    (lambda: ag.krippendorff_alpha({"a": {1: 0, 2: 1}}, "nominal"), "no item has two ratings"),
    (lambda: ag.krippendorff_alpha(NO_OVERLAP, "ratio"), "no item has two ratings"),
    (lambda: ag.krippendorff_alpha({}, "interval"), "no item has two ratings"),
    (lambda: ag.krippendorff_alpha({"a": {}, "b": {}}, "ordinal"), "no item has two ratings"),
    (lambda: ag.krippendorff_alpha(rows([1, 1, 5], [1, 1, None]), "interval"), "all ratings are 1: no disagreement is expected"),
    (lambda: ag.gwet_ac({"a": {1: 0, 2: 1}}), "no item has two ratings"),
    (lambda: ag.gwet_ac(NO_OVERLAP, "quadratic"), "no item has two ratings"),
    (lambda: ag.gwet_ac({}), "no item has two ratings"),
    (lambda: ag.cohen_kappa([0, 0], [0, 0]), "both gave 0 to all items in common"),
    (lambda: ag.cohen_kappa(["no", "no"], ["no", "no"]), "both gave no to all items in common"),
    (lambda: ag.cohen_kappa([], []), "no item in common"),
    (lambda: ag.cohen_kappa({1: 0}, {2: 0}, "linear"), "no item in common"),
    (lambda: of_two([0, 0, 0], [0, 1, 2], "spearman"), "one gave 0 to all items in common"),
    (lambda: of_two([0, 1, 2], [3, 3, 3], "spearman"), "one gave 3 to all items in common"),
    (lambda: of_two({1: 0}, {2: 0}, "exact"), "no item in common"),
    (lambda: ag.icc_a1({"a": {1: 0, 2: 1}}), "fewer than two raters"),
    (lambda: ag.icc_a1(rows([1], [2])), "fewer than two items that all raters rated"),
    (lambda: ag.icc_a1(NO_OVERLAP), "fewer than two items that all raters rated"),
    (lambda: ag.icc_a1(NO_OVERLAP, missing="all"), "ratings do not vary, or too few items have two of them"),
    (lambda: ag.icc_a1(rows([0.1, 0.1, 0.1], [0.1, 0.1, 0.1])), "ratings do not vary, or too few items have two of them"),
    (lambda: mean_pairwise({"a": {1: 0}}, "kappa"), "fewer than two raters"),
    (lambda: mean_pairwise(ONE_CATEGORY, "kappa"), "1 of 1 pairs left out: a and b: both gave 0 to all items in common"),
    (lambda: mean_pairwise({"a": {1: 0}}, "kappa", judge={2: 0}), "1 of 1 pairs left out: the judge and a: no item in common"),
    (lambda: in_places({"a": {1: 0, 2: 1}}, {1: 0, 2: 1}, "kappa")[0], "fewer than two raters"),
    (lambda: in_places(ONE_CATEGORY, {0: 0, 1: 0}, "kappa")[2], "2 of 2 comparisons left out: both gave 0 to all items in common"),
]  # fmt: skip


@pytest.mark.parametrize(("coefficient", "why"), UNDEFINED, ids=range(len(UNDEFINED)))
def test_what_is_undefined_says_why(coefficient: Callable[[], ag.Coefficient], why: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = coefficient()
    assert isnan(found)
    assert found.why == why


DEFINED = [
    (lambda: ag.gwet_ac(ONE_CATEGORY), 1.0, "all agree in the one category there is"),
    (lambda: ag.gwet_ac(ONE_CATEGORY, None, [0, 1]), 1.0, "the same where another one could have been used"),
    (lambda: ag.gwet_ac(ONE_CATEGORY, "quadratic"), 1.0, "AC2 as well"),
    (lambda: ag.cohen_kappa([0, 0, 0, 0], [0, 1, 0, 0]), 0.0, "a constant judge agrees as chance would"),
    (lambda: ag.cohen_kappa([0, 0], [1, 1]), 0.0, "two constants that differ"),
    (lambda: ag.cohen_kappa([0, 0, 0, 0], [0, 1, 3, 0], "quadratic"), 0.0, "with weights too"),
    (lambda: ag.krippendorff_alpha(rows([0, 0], [1, 1]), "nominal"), -0.5, "never the same"),
    (lambda: ag.krippendorff_alpha(rows([0, 0], [0, 1]), "ratio"), 0.0, "0 against 0 is no difference"),
    (lambda: ag.icc_a1(rows([1, 1, 1], [2, 2, 2])), 0.0, "items do not differ, raters do"),
    (lambda: ag.icc_a1(rows([1, 2, 1], [2, 1, 2])), -2.0, "items differ less than raters within them"),
    (lambda: of_two([0, 0], [0, 0], "exact"), 1.0, "a share is always defined"),
    (lambda: of_two([1, 2, 3], [9, 5, 1], "spearman"), -1.0, "the opposite order"),
]  # fmt: skip


@pytest.mark.parametrize(("coefficient", "value", "reason"), DEFINED, ids=[reason for *_, reason in DEFINED])
def test_what_is_defined_all_the_same(coefficient: Callable[[], ag.Coefficient], value: float, reason: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = coefficient()
    assert found == pytest.approx(value, abs=1e-12), reason
    assert found.why == ""


def test_a_mean_over_pairs_says_what_it_leaves_out() -> None:
    ratings = rows([0, 1, 1], [0, 1, 0], [None, None, None])
    found = mean_pairwise(ratings, "exact")
    assert found == pytest.approx(2 / 3)
    assert found.why == "2 of 3 pairs left out: a and c: no item in common"


def test_bland_altman_of_little() -> None:
    one = ag.bland_altman([3], [1])
    assert (one.n, one.bias) == (1, 2.0)
    assert isnan(one.sd)
    assert one.why == ag.bland_altman({}, {}).why == "fewer than two items in common"
    assert isnan(ag.bland_altman({1: 2}, {2: 2}).bias)


WRONG = [
    (lambda: ag.krippendorff_alpha(WORKED, "metric"), "level='metric': allowed are nominal, ordinal, interval, ratio"),
    (lambda: ag.krippendorff_alpha(rows([-1, 2], [2, 2]), "ratio"), "allowed are values of 0 or more, not -1"),
    (lambda: ag.krippendorff_alpha(rows(["a", "b"], ["a", "a"]), "ordinal"), "labels without an order: give categories="),
    (lambda: ag.krippendorff_alpha(rows([0, np.inf], [0, 1]), "interval"), "values must be finite"),
    (lambda: ag.gwet_ac(WORKED, "cubic"), "weights='cubic': allowed are None, linear, quadratic, ordinal"),
    (lambda: ag.gwet_ac(WORKED, None, [1, 2, 3]), "rater a, item 6: 4 is none of the categories 1, 2, 3"),
    (lambda: ag.gwet_ac(WORKED, None, [1, 2, 3, 3, 4, 5]), "categories must differ"),
    (lambda: ag.cohen_kappa([1, 2], [1]), "of one length: 2, 1"),
    (lambda: ag.cohen_kappa([1, 2], {0: 1}), "must both be"),
    (lambda: ag.cohen_kappa([1, 2], [1, 2], "ordinal"), "weights='ordinal': allowed are None, linear, quadratic"),
    (lambda: ag.cohen_kappa(["a", "b"], ["a", "a"], "linear"), "labels without an order"),
    (lambda: ag.icc_a1(rows(["a", "b"], ["a", "a"])), "labels without an order"),
    (lambda: ag.icc_a1(WORKED, missing="some"), "missing='some': allowed are complete, all"),
    (lambda: ag.pooled_span_f1({1: [(3, 3)]}, {1: []}), "span (3, 3): allowed is an end after the start"),
    (lambda: ag.pooled_span_f1({}, {}, overlap=0), "overlap=0: allowed is more than 0"),
    (lambda: ag.judge_rates(rows(["yes"]), {0: 1}), "item 0: 'yes' is not a number"),
    (lambda: ag.judge_rates(rows([1]), {0: 1}, clusters={}), "item 0 has no cluster"),
    (lambda: ag.rater_consistency(WORKED, {"z": {}}), "repeats of z: allowed are a, b, c, d"),
    (lambda: ag.alt_test(HUMANS, JUDGE, epsilon=1.0), "epsilon=1.0: allowed is 0 to less than 1"),
    (lambda: ag.alt_test(HUMANS, JUDGE, epsilon=0.1, q=0), "q=0: allowed is more than 0"),
    (lambda: ag.alt_test(HUMANS, JUDGE, epsilon=0.1, scoring="rmse"), "scoring='rmse': allowed are accuracy, neg_rmse"),
    (lambda: ag.alt_test({"h1": HUMANS["h1"]}, JUDGE, epsilon=0.1), "needs at least 2 humans, there are 1"),
    (lambda: ag.alt_test(rows([0] * 29, [0] * 29), dict.fromkeys(range(29), 0), epsilon=0.1), "no human has 30 items that are judged and rated by another human too: a 29, b 29"),
    (lambda: ag.alt_test({"h1": HUMANS["h1"], "h2": {}}, JUDGE, epsilon=0.1), "no human has 30 items"),
    (lambda: ag.agreement_intervals(WORKED, level="nominal", resamples=0), "resamples=0: allowed is 1 or more"),
    (lambda: ag.agreement_intervals(WORKED, level="nominal", clusters={0: 0}), "item 1 has no cluster"),
    (lambda: ag.agreement_intervals(WORKED, level="nominal", item_weights=dict.fromkeys(range(12), 0)), "allowed are positive numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
