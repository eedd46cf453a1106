"""The reward `counterfactual_citation`: paid where what is cited changes with the case, and only there."""

import json
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("trl", reason="needs the extra train")

import torch
from trl.trainer.utils import RepeatSampler

from clinical_r1.cli import main
from clinical_r1.datasets import Question
from clinical_r1.edits.values import cites, own_words, said
from clinical_r1.errors import UserError
from clinical_r1.train import recipe as recipes
from clinical_r1.train.crpo import PairSampler
from clinical_r1.train.data import training_questions, with_twins
from clinical_r1.train.record import advantage_parts
from clinical_r1.train.reward_functions import CRPO_TERMS, TWINS_TERM, Rollout, find_term, trl_reward
from clinical_r1.train.run import train
from clinical_r1.verl import export
from clinical_r1.world.build import Size, build_world, read_world
from clinical_r1.world.cases import join
from tests.running import DRUGS

STEM, TWIN = "A man has fever, rash and cough. Na is 128.", "A man has fever, hives and thirst. Na is 141."


# --- citing -----------------------------------------------------------------------------------------------------------
OWN, OTHER = own_words(STEM, TWIN, ["Cough syrup"]), own_words(TWIN, STEM, ["Cough syrup"])


def test_what_tells_two_cases_apart_are_the_words_and_numbers_that_differ() -> None:
    assert sorted(OWN) == ["128", "rash"]  # fever stands in both, and cough is an option's
    assert sorted(OTHER) == ["141", "hives", "thirst"]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The Rash suggested measles.", True),  # whatever its case
        ("<dx>The rash.</dx>", True),  # tags are no part of a word
        ("Sodium of 128 mEq/L.", True),
        ("Sodium of 1280 or 12.", False),  # a number counts whole
        ("Na 128.5", False),
        ("The fever suggested measles.", False),  # stands in both cases
        ("The rash, the hives and the thirst.", False),  # names both
        ("Rashly decided.", False),  # a word counts whole
        ("No rash, so not measles.", False),
        ("He doesn't have a rash.", False),
        ("A rash is absent.", False),
        ("Denies fever, chills, and rash.", False),  # a negation goes on over a list
        ("No chills, but a rash.", True),  # and ends with its clause
        ("No chills. The rash decides.", True),
        ("Rash, and no hives.", True),  # what is denied of the twin's is not cited
        ("", False),
    ],
)
def test_citing_ones_own_case(text: str, cited: bool) -> None:
    assert cites(text, OWN, OTHER) is cited


@pytest.mark.parametrize(
    ("stem", "twin", "own"),
    [
        ("She denies chest pain.", "She has chest pain.", {"no chest", "no pain"}),  # a flipped negation
        ("She has chest pain.", "She denies chest pain.", {"chest", "pain"}),
        ("Rash for 1,200 days", "Rash for 200 days", {"1200"}),
        ("Rash and fever", "Fever", {"rash"}),
        ("Fever", "Rash and fever", set()),  # taken out: nothing is left to cite
        ("The left arm and the right leg hurt.", "The left arm and the left leg hurt.", {"right"}),
    ],
)
def test_words_of_one_case(stem: str, twin: str, own: set[str]) -> None:
    assert own_words(stem, twin, []) == own


def test_numbers_are_never_negated() -> None:
    assert said("No murmur, temperature 38.5") == {"no murmur", "no temperature", "38.5"}


# --- the term ---------------------------------------------------------------------------------------------------------
def rewards(question: list[str], twin: list[str], **given: Any) -> list[float | None]:
    """What rollouts of a question earn, and of its twin."""
    ids = ["q"] * len(question) + ["q~twin"] * len(twin)
    row = {"q": ("q~twin", sorted(OWN), sorted(OTHER)), "q~twin": ("q", sorted(OTHER), sorted(OWN))}
    others, own, other = zip(*(row[id] for id in ids), strict=True)
    chats = [[{"content": text}] for text in (*question, *twin)]
    reward = trl_reward(TWINS_TERM)
    assert getattr(reward, "__name__", None) == TWINS_TERM
    return reward(completions=chats, id=ids, twin=others, own=own, other=other, **given)


@pytest.mark.parametrize(
    ("question", "twin", "earned"),
    [
        (["The rash."], ["The hives."], [1, 1]),  # each cites its own
        (["Rash, hives, thirst."], ["Rash, hives, thirst."], [0, 0]),  # boilerplate that names both
        (["The rash decides."], ["The rash decides."], [0, 0]),  # a constant text that names one
        (["The fever decides."], ["The fever decides."], [0, 0]),  # and one that names what both have
        (["The hives."], ["The rash."], [0, 0]),  # each cites the other's
        (["The rash."], ["The fever."], [0, 0]),  # one alone is not paid
        (["Rash.", "Fever."], ["Hives.", "Hives."], [1, 0, 0.5, 0.5]),  # shares of the twin's rollouts
        (["Rash.", "Rash.", "128.", "Fever."], ["141.", "Cold.", "Cold.", "Cold."], [0.25, 0.25, 0.25, 0, 0.75, 0, 0, 0]),
    ],
)  # fmt: skip
def test_paid_where_what_is_cited_changes_with_the_case(
    question: list[str], twin: list[str], earned: list[float]
) -> None:
    assert rewards(question, twin) == earned


def test_no_text_at_all_is_paid_for_both_cases() -> None:
    words = "rash hives thirst 128 141 no fever , . but".split()
    for number in range(4000):
        text = " ".join(np.random.default_rng(number).choice(words, 6))
        assert rewards([text], [text]) == [0, 0], text


def test_how_often_a_case_is_cited_is_logged() -> None:
    logged: dict[str, float] = {}
    rewards(["Rash.", "Fever."], ["Fever.", "Fever."], log_metric=logged.__setitem__)
    assert logged == {"own_case_cited": 0.25}


def test_a_pair_may_lie_on_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [("q~twin", 1.0), ("q~twin", 0.0)]
    monkeypatch.setattr("accelerate.utils.gather_object", lambda rows: [*rows, *there])
    assert rewards(["Rash.", "Fever."], []) == [0.5, 0]


def test_held_out_questions_and_thoughts() -> None:
    chats = [[{"content": "Rash."}]]
    asked = {"completions": chats, "id": ["x"], "target": ["A"], "options": ["{}"], "question": [""]}
    assert trl_reward(TWINS_TERM)(**asked) == [None]
    asked = {"completions": [*chats, [{"content": "Hives."}]], "id": ["x", "y"]}
    pair = {"twin": ["y", "x"], "own": [["rash"], ["hives"]], "other": [["hives"], ["rash"]]}
    assert trl_reward(TWINS_TERM, read=lambda text: text.replace("Rash", ""))(**asked, **pair) == [0, 0]


def test_one_rollout_alone_has_no_twin() -> None:
    with pytest.raises(UserError, match=r"rewards.counterfactual_citation: needs the rollouts of a question's twin"):
        find_term(TWINS_TERM)(Rollout("", "A", DRUGS, ""))


def test_where_the_right_answer_is_unknown_terms_that_ask_for_it_are_left_out() -> None:
    text = r"<dx>Fever, not cold.</dx><conclusion>Fever. \boxed{A}</conclusion>"
    options = json.dumps(DRUGS)
    asked = {"completions": [[{"content": text}]] * 2, "target": ["A", None], "options": [options] * 2, "question": [STEM] * 2}  # fmt: skip
    assert trl_reward("accuracy")(**asked) == [1, None]
    assert trl_reward("released")(**asked)[1] is None
    for name in ("format", "consistency"):
        assert trl_reward(name)(**asked) == [1, 1]
    recipe = recipes.load("crpo", ["output=x"])
    known = {"accuracy": np.array([[1.0, 0.0]]), "format": np.array([[1.0, 1.0]])}
    with_unknown = {name: np.nan_to_num(np.vstack([values, [[np.nan, np.nan], [1, 1]][name == "format"]])) for name, values in known.items()}  # fmt: skip
    shares = advantage_parts(with_unknown, {"accuracy": 10, "format": 1}, recipe).shares
    assert (
        shares == advantage_parts(known, {"accuracy": 10, "format": 1}, recipe).shares == {"accuracy": 1, "format": 0}
    )


# --- pairs ------------------------------------------------------------------------------------------------------------
def file(folder: Path, *edits: dict[str, Any]) -> Path:
    path = folder / "twins.jsonl"
    path.write_text("".join(json.dumps(edit) + "\n" for edit in edits))
    return path


ASKED = [Question(id, STEM, DRUGS, "A") for id in ("one", "two", "three")]
EDIT = {"id": "two", "start": STEM.index("128"), "old": "128", "new": "141"}


def test_a_question_with_an_edit_is_followed_by_its_twin_and_others_are_left_out(tmp_path: Path) -> None:
    path = file(tmp_path, EDIT | {"answer": "B"}, {**EDIT, "id": "three", "new": ""}, {**EDIT, "id": "elsewhere"})
    question, twin = with_twins(ASKED, path)  # of "three" nothing is left to cite
    assert (question.id, question.stem, question.target) == ("two", STEM, "A")
    assert (twin.id, twin.stem) == ("two~twin", STEM.replace("128", "141"))
    assert twin.metadata["pair"] == {"twin": "two", "own": ["141"], "other": ["128"], "target": "B"}


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        (
            [{**EDIT, "id": "x7"}],
            r"none of 3 questions has an edit that can be cited \(ids are like x7 there, like one here\)",
        ),
        (
            [{**EDIT, "start": 2}],
            r"question two: its edit needs '128' at 2 of its stem, and an answer of A, B, C, D or none",
        ),
        ([{**EDIT, "answer": "E"}], r"question two: its edit needs .* an answer of A, B, C, D or none"),
        ([{**EDIT, "new": "128"}], r"none of 3 questions has an edit that can be cited"),
        ([{"id": "two"}], r"twins.jsonl:1: is no edit"),
        ([], r"none"),
    ],
)
def test_twins_that_cannot_be_used(edits: list[dict[str, Any]], told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=told) as refused:
        with_twins(ASKED, file(tmp_path, *edits))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["data.twins=none.jsonl"], r"none.jsonl: .*(No such file|not found|does not exist|no such file)"),
        (["data.twins=x", "prompts_per_batch=5", "prompts_per_update=5"], r"prompts_per_batch=5: must be even"),
        ([], r"rewards.counterfactual_citation: needs data.twins, a file of edits"),
    ],
)
def test_recipes_that_cannot_be_used(
    overrides: list[str], told: str, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reward = [f"rewards.{TWINS_TERM}=0.5", f"data.dataset={world / 'rl.jsonl'}", f"output={tmp_path / 'run'}"]
    assert main(["train", "world_crpo", *reward, *overrides, f"model={world / 'model'}"]) == 2
    said = capsys.readouterr().err
    assert re.search(told, said)
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "run" / "record.csv").exists()


def order(rows: int, seed: int) -> Iterable[int]:
    return PairSampler(RepeatSampler(range(rows), mini_repeat_count=3, batch_size=4, seed=seed))


def test_pairs_stay_in_one_batch_over_epochs_and_on_resuming() -> None:
    sampler = order(26, 1)
    epochs = [list(sampler) for _ in range(3)]
    for epoch in epochs:
        assert len(epoch) == len(sampler) == 24 * 3  # of 13 pairs, two a batch, one is left over
        for batch in np.array(epoch).reshape(-1, 4, 3):
            assert (batch == batch[:, :1]).all()  # a group is one row
            first, second, third, fourth = batch[:, 0]
            assert (second, fourth) == (first + 1, third + 1)
            assert first % 2 == third % 2 == 0
        assert len({*epoch}) == 24
    assert len({tuple(epoch) for epoch in epochs}) == 3
    again = order(26, 1)
    next(iter(again))  # as `QuestionOrder` draws the order of an epoch that is past
    assert list(again) == epochs[1]


# --- a run ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_world(
        tmp_path_factory.mktemp("twins") / "world", size=Size(traces=40, rl=20, test=4, dev=4, width=32, layers=1)
    )


def recipe(world: Path, output: Path, *overrides: str) -> Any:
    files = [f"data.dataset={world / 'rl.jsonl'}", f"data.twins={world / 'edits.jsonl'}"]
    small = [
        "prompts_per_batch=4",
        "prompts_per_update=4",
        "device_batch=20",
        "max_steps=2",
        "max_completion_tokens=12",
    ]
    reward = [f"rewards.{TWINS_TERM}=0.5", "rewards.cross_reference=null"]
    return recipes.load(
        "world_crpo", [f"model={world / 'model'}", f"output={output}", *files, *small, *reward, *overrides]
    )


def test_a_run_with_twins(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twins = file(tmp_path, *islice(unanswered(world / "edits.jsonl"), 12))  # the dry run's and the run's own
    held = [f"held_out.dataset={world / 'dev.jsonl'}", "held_out.every=2", "held_out.votes=2"]
    asked = recipe(world, tmp_path / "run", f"data.twins={twins}", *held)
    final = train(asked, say=lambda _: None)
    logged = pd.concat(pd.read_parquet(path) for path in sorted((tmp_path / "run" / "completions").iterdir()))
    ids = logged["id"].to_numpy()[::5]
    assert [id.removesuffix("~twin") for id in ids[::2]] == [id.removesuffix("~twin") for id in ids[1::2]]
    assert all(twin == f"{id}~twin" for id, twin in zip(ids[::2], ids[1::2], strict=True))
    assert (logged["accuracy"].isna() == logged["target"].isna()).all()
    assert 0 < logged["target"].isna().sum() < len(logged) / 2
    record = pd.read_csv(tmp_path / "run" / "record.csv")
    assert {"own_case_cited", TWINS_TERM, *CRPO_TERMS} <= set(record)
    assert record[["reward", "groups_without_variance"]].iloc[1:].notna().all(axis=None)
    card = (final / "README.md").read_text()
    assert f"{TWINS_TERM} 0.5" in card
    assert "| twins | twins.jsonl |" in card
    assert main(["rollouts", str(tmp_path / "run"), "-o", str(tmp_path / "logs"), "--every", "9"]) == 0


def unanswered(path: Path) -> Iterable[dict[str, Any]]:
    """Twins of a world, of every third of which it is not known what is right afterwards."""
    twins = [edit for edit in map(json.loads, path.read_text().splitlines()) if edit["kind"] == "given"]
    for number, edit in enumerate(twins):
        yield {name: value for name, value in edit.items() if number % 3 or name != "answer"}


def test_a_dry_run_counts_pairs_and_verl_has_none(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = recipe(world, tmp_path / "run")
    (tmp_path / "recipe.yaml").write_text(recipes.resolved(asked))
    assert main(["train", str(tmp_path / "recipe.yaml"), "--dry-run"]) == 0
    assert re.search(r"questions +40 ", capsys.readouterr().out)
    with pytest.raises(UserError, match=r"^data.twins, precision=fp32: cannot be exported"):
        export(asked, training_questions(asked.data).questions, [], tmp_path / "verl")
    assert len(training_questions(asked.data.model_copy(update={"limit": 3})).questions) == 6


def test_in_the_world_whoever_names_the_findings_is_paid(world: Path) -> None:
    medicine, _ = read_world(world)
    asked = training_questions(recipe(world, Path("x")).data).questions
    rows = [question.metadata["pair"] for question in asked]
    chats = []
    for question in asked:
        told = re.findall(r"\w+", question.stem)
        findings = [word for word in told if word in medicine.disease_of]
        chats.append([{"content": f"The {join(findings)} suggested it."}])
    columns = {name: [row[name] for row in rows] for name in ("twin", "own", "other")}
    assert set(trl_reward(TWINS_TERM)(completions=chats, id=[one.id for one in asked], **columns)) == {1.0}
    every = [[{"content": f"The {join([*medicine.disease_of])} suggested it."}]] * len(asked)
    assert set(trl_reward(TWINS_TERM)(completions=every, id=[one.id for one in asked], **columns)) == {0.0}
