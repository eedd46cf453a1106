"""The embedded models: what they choose, and that they choose it again."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import get_model

from clinical_r1.baselines import BASELINES, longest_answer, overlap_answer, read_question
from clinical_r1.choices import extract_answer
from clinical_r1.grammar import parse
from clinical_r1.prompts import PROMPTS, load_prompt, render
from tests.running import DRUGS, make_task, question, run_task, said_by, scores

STEM = "Anticoagulation with unfractionated heparin was stopped. Which drug helps?"
CLOT = {"A": "Oral warfarin", "B": "Unfractionated heparin infusion", "C": "Aspirin", "D": "Streptokinase"}
TEN = [question(f"q{number}", "ABCD"[number % 4]) for number in range(10)]


def test_random_repeats_by_sample_and_epoch_whatever_else_is_run(tmp_path: Path) -> None:
    whole = said_by(run_task(make_task(TEN, votes=4), "clinical_r1/baseline-random", tmp_path))
    part = said_by(run_task(make_task(TEN[:2:-1], votes=2), "clinical_r1/baseline-random", tmp_path, max_samples=1))
    assert len(part) == 14
    assert part == {key: whole[key] for key in part}, "fewer samples, fewer epochs, another order of questions"


def test_random_differs_between_epochs_samples_and_seeds(tmp_path: Path) -> None:
    def letters(**model_args: int) -> dict[tuple[str, int], str | None]:
        model = get_model("clinical_r1/baseline-random", **model_args)  # type: ignore[arg-type]
        return {key: score.answer for key, score in scores(run_task(make_task(TEN, votes=4), model, tmp_path)).items()}

    first, other = letters(), letters(seed=1)
    assert first != other
    assert first == letters(seed=0)
    for epoch in range(1, 5):
        assert len({first[item.id, epoch] for item in TEN}) > 1
    assert sum(len({first[item.id, epoch] for epoch in range(1, 5)}) > 1 for item in TEN) > 5


@pytest.mark.parametrize("name", ["baseline-longest", "baseline-overlap"])
@pytest.mark.parametrize("shuffle", [None, 1, 2, "epoch"])
def test_the_same_option_is_chosen_in_whatever_order_it_is_shown(
    name: str, shuffle: int | str | None, tmp_path: Path
) -> None:
    task = make_task([question("heparin", "B", CLOT)], votes=3, shuffle_choices=shuffle)
    log = run_task(task, f"clinical_r1/{name}", tmp_path)
    assert {score.answer for score in scores(log).values()} == {"B"}


def test_longest_counts_characters_and_takes_the_first_of_equals() -> None:
    options = {"A": "Oral", "B": "Heparin", "C": "Aspirin", "D": "Tea"}
    assert extract_answer(longest_answer("", options, Random(0)), options).letter == "B"


@pytest.mark.parametrize(
    ("stem", "chosen", "reason"),
    [
        (STEM, {"B"}, "it shares two words, no other option any"),
        ("ASPIRIN was stopped.", {"C"}, "case does not matter"),
        ("The patient with this should", {"A", "B", "C", "D"}, "only stop words: a draw between all"),
        ("", {"A", "B", "C", "D"}, "no stem at all"),
    ],
)
def test_overlap_takes_the_option_that_shares_most_words_and_writes_it_out(
    stem: str, chosen: set[str], reason: str
) -> None:
    texts = [overlap_answer(stem, CLOT, Random(seed)) for seed in range(40)]
    assert {extract_answer(text, CLOT, strict=True).letter for text in texts} == chosen, reason
    assert {(parse(text).style, parse(text).well_formed) for text in texts} == {("crpo", True)}


def test_an_unknown_baseline_is_refused_in_one_line_that_names_the_allowed_ones() -> None:
    with pytest.raises(PrerequisiteError) as caught:
        get_model("clinical_r1/baseline-best")
    message = str(caught.value)
    assert all(name in message for name in BASELINES)
    assert len(message.strip().splitlines()) == 1


@pytest.mark.parametrize("style", PROMPTS)
def test_stem_and_options_are_read_back_from_every_prompt(style: str) -> None:
    stem, options = read_question(render(load_prompt(style), STEM, CLOT))
    assert options == CLOT
    assert stem.endswith(STEM)


@pytest.mark.parametrize(
    ("prompt", "options", "reason"),
    [
        ("Why?\nA. Tea\nB. Milk", {"A": "Tea", "B": "Milk"}, "a list"),
        ("Why?\nA) Tea\nB) Milk", {"A": "Tea", "B": "Milk"}, "another mark"),
        ("Why?\n(A) Tea\n(B) Milk", {"A": "Tea", "B": "Milk"}, "brackets"),
        ("Why?\nA: Tea\nB: Milk", {"A": "Tea", "B": "Milk"}, "a colon"),
        ("Match:\nA. fever\nB. rash\nWhich?\nA. Tea\nB. Milk\nC. Rum", {"A": "Tea", "B": "Milk", "C": "Rum"}, "the stem has a list of its own"),
        ("Why?\nA. Tea\nB. Milk\nD. Rum\nGo.", {"A": "Tea", "B": "Milk"}, "a gap ends the list"),
        ("Vitamin\nA. Tea", {}, "one option is no list"),
        ("Why?", {}, "no options"),
        ("", {}, "nothing"),
    ],
)  # fmt: skip
def test_read_question(prompt: str, options: dict[str, str], reason: str) -> None:
    assert read_question(prompt)[1] == options, reason


def test_a_prompt_without_options_gets_no_letter() -> None:
    output = asyncio.run(get_model("clinical_r1/baseline-random").generate("Why?"))
    assert extract_answer(output.completion, DRUGS).letter is None
    assert output.usage is not None, "counting tokens would need a tokenizer"
