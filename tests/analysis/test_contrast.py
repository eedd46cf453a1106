"""Which checkpoints are one method, and which two methods a report is about."""

import os
from pathlib import Path

import pytest

from clinical_r1.analysis.contrast import (
    Contrast,
    before_logs,
    declared_contrast,
    declared_sides,
    default_contrast,
    methods_of,
    with_margins,
)
from clinical_r1.errors import UserError
from clinical_r1.logs import Arm
from tests.studies import run

GRPO, CRPO = Arm("grpo", cold_start=True), Arm("crpo", cold_start=True)
GROUPS = [
    (["seed-0/crpo", "seed-1/crpo"], [Arm()] * 2, [["seed-0/crpo", "seed-1/crpo"]], "labels that differ in their seed"),
    (["crpo_seed0", "crpo_seed1"], [Arm("crpo", seed=0), Arm("crpo", seed=1)], [["crpo_seed0", "crpo_seed1"]], ""),
    (["crpo-a", "crpo-b"], [Arm()] * 2, [["crpo-a"], ["crpo-b"]], "nothing says that these are one method"),
    (
        ["run7", "run9"], [Arm("crpo", seed=1, recipe="ab"), Arm("crpo", seed=2, recipe="ab")], [["run7", "run9"]],
        "their recipes are the same but for the seed",
    ),
    (
        ["crpo-seed1", "crpo-seed2"], [Arm("crpo", k=1, seed=1), Arm("crpo", k=10, seed=2)],
        [["crpo-seed1"], ["crpo-seed2"]], "the weight differs, too",
    ),
    (
        ["crpo/step-100", "crpo/step-200"], [Arm("crpo", seed=1, recipe="ab")] * 2,
        [["crpo/step-100"], ["crpo/step-200"]], "two checkpoints of one run are not two seeds",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "arms", "groups", "why"), GROUPS, ids=[why or "known seeds" for *_, why in GROUPS])
def test_a_method_is_what_differs_in_its_seed_alone(
    labels: list[str], arms: list[Arm], groups: list[list[str]], why: str
) -> None:
    found = methods_of(
        [run(index, label, arm=arm) for index, (label, arm) in enumerate(zip(labels, arms, strict=True))]
    )
    assert [[one.checkpoint for one in runs] for runs in found.values()] == groups, why


def test_sides_named_by_hand_are_methods_in_the_order_of_the_story() -> None:
    runs = [run(0, "x", arm=CRPO), run(1, "y", arm=GRPO), run(2, "z"), run(3, "cold", arm=Arm("none", cold_start=True))]
    assert list(methods_of(runs)) == ["cold", "y", "x", "z"]
    named = methods_of(runs, {"mine": [0, 2]})
    assert {name: [one.checkpoint for one in of_name] for name, of_name in named.items()}["mine"] == ["x", "z"]


DEFAULTS = [
    ({"grpo": GRPO, "crpo": CRPO, "cold": Arm("none", cold_start=True)}, ("grpo", "crpo"), "the two rewards"),
    ({"crpo": CRPO, "grpo": GRPO}, ("grpo", "crpo"), "B is CRPO whatever the order"),
    (
        {"g": Arm("grpo", cold_start=False), "c": Arm("crpo", cold_start=False), "cg": GRPO, "cc": CRPO}, ("cg", "cc"),
        "after the cold start, where there are both",
    ),
    ({"g": Arm("grpo", cold_start=False), "cc": CRPO, "x": Arm()}, None, "another start is another question"),
    ({"one": Arm(), "two": Arm()}, ("one", "two"), "two are one pair"),
    ({"one": Arm(), "two": Arm(), "three": Arm()}, None, "nobody can say which"),
    ({"one": Arm()}, None, "one is compared with nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("arms", "pair", "why"), DEFAULTS, ids=[why for *_, why in DEFAULTS])
def test_the_contrast_is_found_by_default(arms: dict[str, Arm], pair: tuple[str, str] | None, why: str) -> None:
    methods = methods_of([run(index, name, arm=arm) for index, (name, arm) in enumerate(arms.items())])
    found = default_contrast(methods)
    assert (found and (found.a, found.b)) == pair, why


METHODS = methods_of([run(0, "grpo", arm=GRPO), run(1, "crpo", arm=CRPO), run(2, "lab:x")])


def test_a_file_declares_it_and_says_whether_it_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "contrast.yaml"
    path.write_text(
        "contrast: crpo:grpo\nendpoints: [accuracy, harm_any]\nmargins: {accuracy: .03}\nsides: {crpo: [logs/c.eval]}\n"
    )
    os.utime(path, (1_700_000_000, 1_700_000_000))
    found = declared_contrast(str(path), METHODS)
    assert (found.a, found.b, found.endpoints) == ("grpo", "crpo", ("answer", "harm_any"))
    assert (found.margins, found.default_margins) == ({"answer": 0.03}, False)
    assert found.declared == "in contrast.yaml, last changed 2023-11-14T22:13:20+00:00"
    assert before_logs(found, [run(0, "x")]), "the runs are of 2026"
    assert declared_sides(path) == {"crpo": [str(tmp_path / "logs/c.eval")]}
    assert before_logs(Contrast("a", "b"), [run(0, "x")]) is None, "no file says so"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crpo:gpro", "--contrast crpo:gpro: allowed is B:A with two of grpo, crpo, lab:x"),
        ("crpo", "allowed is B:A"),
        ("crpo:crpo", "allowed is B:A"),
        ("none.yaml", "--contrast none.yaml: cannot be read"),
    ],
)
def test_a_contrast_that_is_none_is_told_what_there_is(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        declared_contrast(text, METHODS)


def test_names_may_hold_colons() -> None:
    found = declared_contrast("lab:x:grpo", METHODS)
    assert (found.a, found.b) == ("grpo", "lab:x")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("accuracy=2", "allowed is a share above 0 and below 1, such as .02"),
        ("accuracy", "allowed is a share"),
        ("speed=.1", "speed: no such metric; allowed are accuracy, cecd_coverage"),
    ],
)
def test_margins_are_shares_of_known_metrics(given: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        with_margins(Contrast("a", "b"), [given])


def test_margins_of_the_command_line_take_the_place_of_the_default() -> None:
    assert with_margins(Contrast("a", "b"), ["harm_any=.05"]).margins == {"harm_any": 0.05}
    assert with_margins(Contrast("a", "b"), []).margins == {"answer": 0.02}
