"""Which runs may be compared, and how a refusal reads."""

from dataclasses import replace
from typing import Any

import pytest

from clinical_r1.analysis.sides import (
    Rules,
    against_baseline,
    arm_label,
    default_baseline,
    in_order,
    labelled,
    two_arms,
)
from clinical_r1.errors import UserError
from clinical_r1.logs import Arm
from tests.studies import responses, run, study

DIFFERENT: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt": "think", "prompt_sha256": "bbbb"}, "prompt: crpo against think", "another format"),
    ({"temperature": 0.6}, "temperature: 0.8 against 0.6", "another temperature"),
    ({"max_tokens": 2048}, "token limit: 4096 against 2048", "another limit"),
    ({"votes": 5}, "votes: 1 against 5", "more epochs"),
    ({"shuffle": 7}, "option shuffle: not said against 7", "another order of options"),
    ({"dataset_revision": "r2"}, "data: hub/medqa r1 test against hub/medqa r2 test", "another revision"),
    ({"dataset_sha256": "c" * 64, "dataset": "x.jsonl"}, "data: ", "a file instead of the hub"),
    ({"task_version": 2}, "task version: 1 against 2", "another version of the task"),
    ({"tie": "first"}, "tie rule: share against first", "another tie rule"),
]


def two(**differing: Any) -> Any:
    a, b = run(0, "grpo"), run(1, "crpo", **differing)
    return study([(a, responses(a, [1, 0, 1, 0])), (b, responses(b, [1, 1, 1, 0]))])


@pytest.mark.parametrize(("differing", "said", "why"), DIFFERENT, ids=[why for *_, why in DIFFERENT])
def test_what_differs_is_named_and_refused_unless_it_is_allowed(differing: dict[str, Any], said: str, why: str) -> None:
    with pytest.raises(UserError) as refused:
        against_baseline(two(**differing), "grpo", Rules())
    assert said in str(refused.value)
    assert "grpo and crpo on medqa differ in" in str(refused.value)
    assert "--allow-mismatch" in str(refused.value)
    [comparison], _ = against_baseline(two(**differing), "grpo", Rules(allow_mismatch=True))
    assert said in "; ".join(map(str, comparison.differing))


def test_only_a_difference_of_format_is_helped_by_own_format() -> None:
    with pytest.raises(UserError, match="--own-format"):
        against_baseline(two(prompt="think"), "grpo", Rules())
    [comparison], _ = against_baseline(two(prompt="think"), "grpo", Rules(own_format=True))
    assert comparison.prompts == "own format"
    with pytest.raises(UserError) as refused:
        against_baseline(two(prompt="think", temperature=0.1), "grpo", Rules(own_format=True))
    assert "--own-format" not in str(refused.value)


def test_the_same_bytes_under_two_names_are_the_same_data() -> None:
    [comparison], _ = against_baseline(
        study(
            [
                (one, responses(one, [1, 0]))
                for one in (
                    run(0, "grpo", dataset="/here/test.jsonl", dataset_sha256="d" * 64),
                    run(1, "crpo", dataset="/there/test.jsonl", dataset_sha256="d" * 64),
                )
            ]
        ),
        "grpo",
        Rules(),
    )
    assert comparison.differing == ()


def test_other_questions_are_refused_with_their_numbers() -> None:
    a, b = run(0, "grpo"), run(1, "crpo")
    made = study([(a, responses(a, [1, 0, 1])), (b, responses(b, [1, 0]))])
    with pytest.raises(UserError, match=r"questions: 3 \(2 of them in both\) against 2"):
        against_baseline(made, "grpo", Rules())


def test_judges_are_compared_where_both_sides_have_one() -> None:
    def judged(a: str | None, b: str | None) -> Any:
        runs = [run(0, "grpo", grounding_judge=a), run(1, "crpo", grounding_judge=b)]
        return study([(one, responses(one, [1, 0])) for one in runs])

    assert against_baseline(judged("rules", None), "grpo", Rules())[0][0].differing == ()
    with pytest.raises(UserError, match="judge of grounding: rules against gpt-5"):
        against_baseline(judged("rules", "gpt-5"), "grpo", Rules())


def test_the_default_baseline_saw_no_reward_then_grpo_then_first() -> None:
    crpo, grpo = run(0, "crpo", arm=Arm("crpo")), run(1, "grpo", arm=Arm("grpo"))
    cold, other = run(2, "cold", arm=Arm("none", cold_start=True)), run(3, "other")
    assert default_baseline([crpo, grpo, cold]) == "cold"
    assert default_baseline([crpo, grpo]) == "grpo"
    assert default_baseline([other, crpo]) == "other"


def test_an_unknown_baseline_is_told_what_there_is() -> None:
    with pytest.raises(UserError, match=r"--baseline gpro: no such checkpoint; there are grpo, crpo"):
        against_baseline(two(), "gpro", Rules())


def test_one_checkpoint_under_two_prompts_has_two_labels_and_each_is_compared_with_its_like() -> None:
    runs = [
        run(index, name, prompt=prompt)
        for index, (name, prompt) in enumerate(
            [("grpo", "crpo"), ("grpo", "neutral"), ("crpo", "crpo"), ("crpo", "neutral")]
        )
    ]
    made = labelled(study([(one, responses(one, [1, 0])) for one in runs]))
    assert [one.checkpoint for one in made.runs] == [
        "grpo (prompt crpo)", "grpo (prompt neutral)", "crpo (prompt crpo)", "crpo (prompt neutral)",
    ]  # fmt: skip
    assert set(made.responses["checkpoint"]) == {one.checkpoint for one in made.runs}
    for baseline in ("grpo", None):
        found, _ = against_baseline(made, baseline, Rules())
        assert [(one.a, one.b) for one in found] == [
            ("grpo (prompt crpo)", "crpo (prompt crpo)"),
            ("grpo (prompt neutral)", "crpo (prompt neutral)"),
        ]


def test_a_study_without_double_runs_keeps_its_labels() -> None:
    made = two()
    assert labelled(made) is made


def test_runs_of_a_benchmark_stand_in_the_order_of_the_story() -> None:
    arms = {
        "ablation": Arm(), "crpo": Arm("crpo", cold_start=False), "cold_crpo": Arm("crpo", cold_start=True),
        "cold": Arm("none", cold_start=True), "grpo-2": Arm("grpo"), "grpo-1": Arm("grpo"), "plain": Arm("none", cold_start=False),
    }  # fmt: skip
    runs = [
        run(len(arms) * place + number, name, benchmark=benchmark, arm=arm)
        for place, benchmark in enumerate(("medqa", "medmcqa"))
        for number, (name, arm) in enumerate(arms.items())
    ]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    ordered = in_order(made)
    story = ["plain", "cold", "grpo-2", "grpo-1", "crpo", "cold_crpo", "ablation"]
    assert [(one.benchmark, one.checkpoint) for one in ordered.runs] == [
        (benchmark, name) for benchmark in ("medqa", "medmcqa") for name in story
    ]
    assert ordered.responses is made.responses


def test_several_runs_a_side_are_seeds() -> None:
    runs = [run(index, f"seed-{index % 3}/{'grpo' if index < 3 else 'crpo'}") for index in range(6)]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    [comparison] = two_arms(made, runs[:3], runs[3:], Rules())
    assert (comparison.a, comparison.b) == ("grpo", "crpo")
    assert comparison.seeds == (3, 3)


def test_own_formats_stand_beside_neutral_prompts() -> None:
    runs = [
        run(0, "grpo", prompt="think"), run(1, "grpo", prompt="neutral"),
        run(2, "crpo", prompt="crpo"), run(3, "crpo", prompt="neutral"),
    ]  # fmt: skip
    made = study([(one, responses(one, [1, 0])) for one in runs])
    found = two_arms(made, runs[:2], runs[2:], Rules(own_format=True))
    assert [one.prompts for one in found] == ["own format", "neutral"]
    with pytest.raises(UserError, match="prompt: "):
        two_arms(made, runs[:1], runs[2:3], Rules())


def test_seeds_of_one_side_must_agree_too() -> None:
    runs = [run(0, "a0"), run(1, "a1", temperature=0.1), run(2, "b0")]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    with pytest.raises(UserError, match="temperature"):
        two_arms(made, runs[:2], runs[2:], Rules())


def test_sides_without_a_common_benchmark() -> None:
    runs = [run(0, "grpo"), run(1, "crpo", benchmark="medmcqa")]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    with pytest.raises(UserError, match="--a has medqa and --b has medmcqa: no benchmark is in both"):
        two_arms(made, runs[:1], runs[1:], Rules())


def test_the_same_label_on_both_sides_is_told_apart() -> None:
    runs = [run(0, "crpo"), run(1, "crpo")]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    [comparison] = two_arms(made, runs[:1], runs[1:], Rules())
    assert (comparison.a, comparison.b) == ("crpo (a)", "crpo (b)")


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (["seed-0/crpo", "seed-1/crpo"], "crpo"),
        (["a/b", "c/d"], "side"),
        (["crpo", "crpo"], "crpo"),
    ],
)
def test_what_an_arm_is_called(labels: list[str], label: str) -> None:
    runs = [replace(run(number, "x"), checkpoint=name) for number, name in enumerate(labels)]
    assert arm_label(runs, "side") == label


def test_one_checkpoint_under_two_prompts_is_no_two_seeds() -> None:
    runs = [run(0, "grpo", prompt="crpo"), run(1, "grpo", prompt="cot"), run(2, "crpo", prompt="think")]
    made = labelled(study([(one, responses(one, [1, 0])) for one in runs]))
    with pytest.raises(UserError, match="grpo on medqa: one checkpoint stands there several times"):
        two_arms(made, made.runs[:2], made.runs[2:], Rules(own_format=True))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (Arm("grpo"), Arm("crpo"), "training (reward): grpo against crpo"),
        (Arm("grpo", k=1.0), Arm("grpo", k=10.0), "training (k): 1.0 against 10.0"),
        (Arm("grpo", seed=3), Arm("grpo", seed=3), "training (seed): 3 against 3"),
    ],
)
def test_checkpoints_of_different_methods_are_no_seeds_of_one(first: Arm, second: Arm, said: str) -> None:
    runs = [run(0, "x0", arm=first), run(1, "x1", arm=second), run(2, "y0")]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    with pytest.raises(UserError) as refused:
        two_arms(made, runs[:2], runs[2:], Rules())
    assert said in str(refused.value)


def test_what_an_unfinished_run_lacks_is_missing_and_not_another_question() -> None:
    a, b = run(0, "grpo", found=2, expected=4), run(1, "crpo")
    made = study([(a, responses(a, [1, 0])), (b, responses(b, [1, 0, 1, 1]))])
    assert against_baseline(made, "grpo", Rules())[0][0].differing == ()


def test_a_stray_log_leaves_the_other_comparisons_standing() -> None:
    runs = [run(0, "base"), run(1, "grpo"), run(2, "crpo", temperature=0.1)]
    made = study([(one, responses(one, [1, 0])) for one in runs])
    found, left_out = against_baseline(made, "base", Rules())
    assert [one.b for one in found] == ["grpo"]
    assert left_out == ["Not compared: base and crpo on medqa differ in temperature: 0.8 against 0.1."]


def test_labels_that_end_in_brackets_are_labels() -> None:
    runs = [run(0, "Qwen (base)"), run(1, "Qwen (tuned)")]
    made = labelled(study([(one, responses(one, [1, 0])) for one in runs]))
    assert [(one.a, one.b) for one in against_baseline(made, None, Rules())[0]] == [("Qwen (base)", "Qwen (tuned)")]


def test_runs_that_nothing_tells_apart_are_numbered() -> None:
    runs = [run(0, "crpo"), run(1, "crpo")]
    made = labelled(study([(one, responses(one, [1, 0])) for one in runs]))
    assert [one.checkpoint for one in made.runs] == ["crpo [1]", "crpo [2]"]
    [comparison] = two_arms(made, made.runs[:1], made.runs[1:], Rules())
    assert (comparison.a, comparison.b) == ("crpo (a)", "crpo (b)")


# --- paired seeds -----------------------------------------------------------------------------------------------------
def seeded(a: list[int | None], b: list[int | None]) -> Any:
    parts = []
    for name, seeds in (("grpo", a), ("crpo", b)):
        for seed in seeds:
            one = run(len(parts), f"{name}-{len(parts)}", arm=Arm(name, seed=seed))
            parts.append((one, responses(one, [1, 0])))
    made = study(parts)
    return made, made.runs[: len(a)], made.runs[len(a) :], Rules(paired_seeds=True)


def test_paired_seeds_stand_beside_each_other_whatever_their_order() -> None:
    [comparison] = two_arms(*seeded([3, 1, 2], [2, 3, 1]))
    assert comparison.paired_seeds
    assert [run.arm.seed for run in comparison.runs_a] == [run.arm.seed for run in comparison.runs_b] == [1, 2, 3]


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (
            [1, 2],
            [1, None],
            "--paired-seeds: the training seed of crpo-3 on medqa is not known; inspect eval … --metadata",
        ),
        ([1, 2], [1, 3], "--paired-seeds: a has the seeds 1, 2 on medqa, b 1, 3; allowed are the same"),
        ([1], [1, 3], "--paired-seeds: a has the seeds 1 on medqa, b 1, 3; allowed are the same"),
    ],
)
def test_seeds_that_cannot_be_paired(a: list[int | None], b: list[int | None], said: str) -> None:
    with pytest.raises(UserError) as refused:
        two_arms(*seeded(a, b))
    assert said in str(refused.value)
