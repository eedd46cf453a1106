"""The small world: the same bytes twice, cases that are true, a teacher whose faults can be read, a fit tokenizer."""

import json
import random
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import utils as hub
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare
from transformers import AutoTokenizer
from transformers.utils import logging

from clinical_r1.choices import extract_answer
from clinical_r1.cli import main
from clinical_r1.datasets import load
from clinical_r1.edits import Edit
from clinical_r1.errors import UserError
from clinical_r1.grammar import STYLES, parse
from clinical_r1.train import recipe as recipes
from clinical_r1.train.data import read_traces
from clinical_r1.train.recipe import SftRecipe
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.world.arms import train_arms
from clinical_r1.world.build import Size, build_world, read_world
from clinical_r1.world.cases import (
    CONFOUNDERS,
    FINDINGS,
    OPTIONS,
    SHOWN,
    SIGNATURE,
    Case,
    Medicine,
    invent,
    join,
    make_cases,
    make_twin,
    possible_cases,
    posterior,
)
from clinical_r1.world.student import make_student, make_tokenizer
from clinical_r1.world.teacher import Teacher, Trace, write_trace
from clinical_r1.world.truth import Claims, read_claims
from tests.running import ROOT, environment

TINY = Size(traces=60, rl=30, test=20, dev=10, width=32, layers=1)
SIZES = [f"--{name}={getattr(TINY, name)}" for name in ("traces", "rl", "test", "dev", "width", "layers")]
SETS = ("traces", "rl", "test", "dev")
RATES = [field.name for field in fields(Teacher)]
PERFECT = Teacher(**dict.fromkeys(RATES, 0.0))

MEDICINE = invent(0)
CASES = list(islice(make_cases(MEDICINE, 0), 2000))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("small") / "world", size=TINY)


@pytest.fixture(scope="module")
def tokenizer(world: Path) -> Any:
    return AutoTokenizer.from_pretrained(world / "model")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def texts(world: Path) -> list[str]:
    """All that is said in a world: its prompts and the teacher's completions."""
    rows = read_traces(world / "traces.jsonl")
    said = [message["content"] for row in rows for message in (*row["prompt"], *row["completion"])]
    return said + [record["question"] for name in ("rl", "test", "dev") for record in lines(world / f"{name}.jsonl")]


def written(teacher: Teacher, count: int = 300, seed: int = 0) -> list[tuple[Case, Trace]]:
    """What a teacher writes about the first cases, each with a chance of its own."""
    return [(case, write_trace(case, MEDICINE, random.Random(f"{seed} {case.id}"), teacher)) for case in CASES[:count]]


def claims_of(case: Case, trace: Trace) -> Claims:
    return read_claims(trace.text, case, MEDICINE)


# --- the same bytes ---------------------------------------------------------------------------------------------------
def test_the_same_seed_gives_the_same_bytes(world: Path, tmp_path: Path) -> None:
    torch.manual_seed(99)  # what another program left behind
    before = torch.get_rng_state()
    again = build_world(tmp_path / "again", size=TINY)
    assert torch.equal(torch.get_rng_state(), before)
    assert contents(again) == contents(world)
    assert {"model/model.safetensors", "model/tokenizer.json", "truth.jsonl"} <= contents(world).keys()
    assert [path.name for path in tmp_path.iterdir()] == ["again"]  # nothing half made is left


def test_another_seed_is_another_world(world: Path, tmp_path: Path) -> None:
    other = contents(build_world(tmp_path / "other", seed=1, size=TINY))
    same = {name for name, data in contents(world).items() if other[name] == data}
    assert not same & {
        "traces.jsonl",
        "rl.jsonl",
        "test.jsonl",
        "truth.jsonl",
        "edits.jsonl",
        "model/model.safetensors",
    }
    assert read_world(tmp_path / "other")[0].signatures != read_world(world)[0].signatures


def test_a_larger_world_begins_with_other_sets_but_the_same_medicine(world: Path, tmp_path: Path) -> None:
    other = build_world(tmp_path / "other", size=replace(TINY, traces=TINY.traces + 1))
    assert read_world(other)[0] == read_world(world)[0]


# --- cases ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_finding_belongs_to_one_disease(seed: int) -> None:
    dealt = Counter(finding for findings in invent(seed).signatures.values() for finding in findings)
    assert set(dealt.values()) == {1}
    assert set(dealt) <= set(FINDINGS)
    assert {len(findings) for findings in invent(seed).signatures.values()} == {SIGNATURE}


def test_a_case_shows_its_disease_and_hints_at_two_others() -> None:
    for case in CASES:
        shown = Counter(case.supports[finding] for finding in case.findings)
        assert shown.pop(case.target) == SHOWN
        assert list(shown.values()) == [1] * CONFOUNDERS
        assert "".join(case.options) == OPTIONS
        assert len({*case.options.values()}) == len(OPTIONS)
        assert len({*case.findings}) == SHOWN + CONFOUNDERS
        for finding, letter in case.supports.items():
            assert finding in MEDICINE.signatures[case.options[letter]]
        assert all(finding in case.stem for finding in case.findings)
        assert not any(disease in case.stem for disease in case.options.values())


def test_neither_the_letter_nor_the_first_finding_gives_the_answer_away() -> None:
    targets = Counter(case.target for case in CASES)
    assert chisquare([targets[letter] for letter in OPTIONS]).pvalue > 0.01
    first = sum(case.supports[case.findings[0]] == case.target for case in CASES)
    assert binomtest(first, len(CASES), SHOWN / (SHOWN + CONFOUNDERS)).pvalue > 0.01


def test_no_two_cases_of_a_world_are_alike(world: Path) -> None:
    cases = list(read_world(world)[1].values())
    told = {(frozenset(case.findings), frozenset(case.options.values())) for case in cases}
    assert len(told) == len(cases) == TINY.traces + TINY.rl + TINY.test + TINY.dev
    ids = [{row["id"] for row in lines(world / f"{name}.jsonl")} for name in SETS]
    assert [len(found) for found in ids] == [TINY.traces, TINY.rl, TINY.test, TINY.dev]
    assert len(set.union(*ids)) == len(cases)


@pytest.mark.parametrize("name", ["rl", "test", "dev"])
def test_the_cases_are_records_of_medqa(name: str, world: Path) -> None:
    found = load("medqa", str(world / f"{name}.jsonl"))
    assert not found.skipped
    assert len(found.questions) == getattr(TINY, name)
    truth = read_world(world)[1]
    for question in found.questions:
        assert question.metadata["has_case"] is True
        case = truth[question.id]
        assert (question.stem, question.options, question.target) == (case.stem, case.options, case.target)


def test_all_possible_cases_are_made_and_then_no_more() -> None:
    few = Medicine(dict(islice(MEDICINE.signatures.items(), len(OPTIONS))))
    made = list(make_cases(few, 0))
    assert len(made) == len({frozenset(case.findings) for case in made}) == possible_cases(few)
    # Each of 4 diseases shows 3 of its 4 findings, 2 of the 3 others one of 4 each.
    assert possible_cases(few) == 4 * 4 * 3 * 4 * 4


def test_more_cases_than_are_possible_are_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    possible = possible_cases(MEDICINE)
    sizes = ["--traces", str(possible), "--rl", "1", "--test", "1", "--dev", "1"]
    told = refusal([str(tmp_path / "world"), *sizes], capsys)
    assert f"traces={possible}, rl=1, test=1, dev=1: {possible + 3:,} cases in all" in told
    assert f"at most {possible:,}" in told
    assert not list(tmp_path.iterdir())


# --- twins ------------------------------------------------------------------------------------------------------------
def twin(case: Case, moves: bool) -> Edit:
    return make_twin(case, MEDICINE, random.Random(case.id), moves=moves)


@pytest.mark.parametrize("moves", [False, True])
def test_a_twin_is_another_case_of_the_medicine(moves: bool) -> None:
    for case in CASES:
        edit = twin(case, moves)
        assert (edit.answer != case.target) is moves
        told = re.fullmatch(r"(A \w+ of \d+ has )(.+)( Which disease is most likely\?)", edit.applied(case.stem))
        assert told, "the sentence around the findings stays"
        findings = re.findall(r"\w+", told[2].replace(" and ", " "))
        assert told[2] == f"{join(findings)}."
        letter_of = {disease: letter for letter, disease in case.options.items()}
        shown = Counter(letter_of[MEDICINE.disease_of[finding]] for finding in findings)
        assert shown.pop(edit.answer or "") == SHOWN
        assert list(shown.values()) == [1] * CONFOUNDERS
        changed = [place for place, finding in enumerate(findings) if finding != case.findings[place]]
        assert len(changed) == 1 + moves
        assert edit.old.startswith(case.findings[changed[0]])
        assert edit.old.endswith(case.findings[changed[-1]])
        assert not set(findings) & ({*case.findings} - {*findings})


def test_the_right_answer_of_a_twin_is_the_one_that_its_findings_make_likeliest() -> None:
    for case in CASES:
        for moves in (False, True):
            told = re.findall(r"\w+", twin(case, moves).applied(case.stem))
            findings = [word for word in told if word in FINDINGS]
            likely = posterior(findings, MEDICINE, case.options)
            best, second = sorted(likely.values(), reverse=True)[:2]
            assert likely[twin(case, moves).answer or ""] == best
            assert best / second == pytest.approx(4.5**2)  # three findings against one
            assert sum(likely.values()) == pytest.approx(1)


def test_the_odds_are_those_with_which_findings_are_dealt() -> None:
    dealt = Counter(case.supports[finding] == case.target for case in CASES for finding in case.findings)
    others = dealt[False] / (len(OPTIONS) - 1)  # findings of each wrong option
    assert posterior(["x", MEDICINE.signatures["Elvosis"][0]], MEDICINE, {"A": "Elvosis", "B": "Kelmitis"}) == {
        "A": pytest.approx(dealt[True] / (dealt[True] + others)),
        "B": pytest.approx(others / (dealt[True] + others)),
    }


def test_every_case_but_those_of_traces_has_a_twin_and_every_other_one_moves_the_answer(world: Path) -> None:
    cases, rows = read_world(world)[1], [row for row in lines(world / "edits.jsonl") if row["kind"] == "given"]
    asked = [record["id"] for name in ("rl", "test", "dev") for record in lines(world / f"{name}.jsonl")]
    assert [row["id"] for row in rows] == asked
    moved = [row["answer"] != cases[row["id"]].target for row in rows]
    assert moved == [number % 2 == 1 for number in range(len(rows))]
    for row in rows:
        edit = Edit(row["kind"], row["start"], row["old"], row["new"], row["answer"])
        assert edit.kind == "given"
        assert edit.applied(cases[row["id"]].stem) != cases[row["id"]].stem


def test_every_finding_has_a_blank_that_speaks_for_no_option(world: Path) -> None:
    (medicine, cases), rows = read_world(world), lines(world / "edits.jsonl")
    edits = ["given", *["removal"] * 5]
    assert [row["kind"] for row in rows] == edits * (len(rows) // 6)
    for row in (row for row in rows if row["kind"] == "removal"):
        case = cases[row["id"]]
        assert row["old"] in case.findings
        assert medicine.disease_of[row["new"]] not in case.options.values()
        assert row["answer"] == case.target  # one finding does not turn three against one


def test_a_world_of_an_earlier_version_is_given_its_edits(world: Path, tmp_path: Path) -> None:
    older = Path(shutil.copytree(world, tmp_path / "older"))
    (older / "edits.jsonl").unlink()
    build_world(older, size=TINY)
    assert contents(older) == contents(world)


# --- the truth --------------------------------------------------------------------------------------------------------
def test_the_truth_is_read_back_as_it_was_written(world: Path) -> None:
    medicine, cases = read_world(world)
    made = make_cases(medicine, 0)
    assert list(cases.values()) == list(islice(made, len(cases)))
    assert {case.id: case.truth(medicine) for case in cases.values()} == {
        row["id"]: row for row in lines(world / "truth.jsonl")
    }


def test_the_truth_says_what_each_option_would_show(world: Path) -> None:
    for row in lines(world / "truth.jsonl"):
        assert row["signatures"].keys() == row["options"].keys()
        for finding in row["findings"]:
            shown_by = [letter for letter, signature in row["signatures"].items() if finding in signature]
            assert shown_by == [row["supports"][finding]]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("world.json", None),  # no world
        ("world.json", "[]"),  # JSON, but of something else
        ("world.json", "{"),  # no JSON
        ("truth.jsonl", "{}\n"),  # lines without what a truth has
        ("truth.jsonl", "[1]\n"),
        ("truth.jsonl", None),
    ],
)
def test_what_is_no_world_is_not_read(file: str, text: str | None, world: Path, tmp_path: Path) -> None:
    for name in ("world.json", "truth.jsonl"):
        shutil.copy(world / name, tmp_path)
    (tmp_path / file).unlink()
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(UserError, match="holds no world"):
        read_world(tmp_path)


# --- the teacher ------------------------------------------------------------------------------------------------------
def signs(case: Case, trace: Trace) -> set[str]:
    """What anyone can see to be wrong in a trace, without being told."""
    claims = claims_of(case, trace)
    bonus = [
        crpo_reward(trace.text, case.target, case.options, question=case.stem, cross_reference=detector)
        for detector in ("lexical", "grounded")
    ]
    found = {
        "mistaken": trace.answer != case.target,
        "invents": bool(claims.invented),
        "silent": bool(case.options.keys() - claims.rejections.keys() - {trace.answer}),
        "no reason": "bare" in claims.rejections.values(),
        "false reason": "false" in claims.rejections.values(),
        "no reference": not all(reward.cross_reference for reward in bonus),
        "form": not parse(trace.text).well_formed or trace.text.count(r"\boxed") != 1,
        "script": bonus[0].consistency < 1,
    }
    return {name for name, seen in found.items() if seen}


def test_a_teacher_without_imperfections_writes_what_every_reward_wants() -> None:
    for case, trace in written(PERFECT):
        assert signs(case, trace) == set(), trace.text
        assert trace.imperfections == ()
        assert extract_answer(trace.text, case.options, strict=True).letter == trace.answer == case.target
        claims = claims_of(case, trace)
        assert set(claims.rejections.values()) == {"valid"}
        assert set(case.findings_for(case.target)) <= set(claims.cited)


@pytest.mark.parametrize(
    ("rate", "always", "sometimes"),
    [
        ("invented", {"invents"}, set()),
        ("omitted", {"silent"}, set()),
        ("bare", {"no reason"}, set()),
        ("false", {"false reason"}, {"invents"}),  # a reason can be a finding that is not there
        ("unreferenced", {"no reference"}, set()),
        ("copied", {"no reference"}, set()),
        ("misformed", {"form"}, {"no reference"}),  # the bonus is for well-formed answers only
        ("mixed_script", {"script"}, set()),
    ],
)
def test_an_imperfection_shows_where_it_should_and_nowhere_else(
    rate: str, always: set[str], sometimes: set[str]
) -> None:
    for case, trace in written(replace(PERFECT, **{rate: 1.0})):
        assert trace.imperfections == (rate,)
        assert always <= signs(case, trace) <= always | sometimes, trace.text


def test_an_anchored_teacher_answers_with_the_disease_of_the_first_finding() -> None:
    mistaken = 0
    for case, trace in written(replace(PERFECT, anchored=1.0)):
        assert trace.imperfections[0] == "anchored"
        assert trace.answer == case.supports[case.findings[0]]
        assert extract_answer(trace.text, case.options, strict=True).letter == trace.answer
        if trace.answer == case.target:
            assert signs(case, trace) == set()
            continue
        mistaken += 1
        # Against the right disease there is no true reason, and of the wrong one there is one finding to refer to.
        assert {"mistaken", "false reason"} <= signs(case, trace) <= {"mistaken", "false reason", "no reference"}
        assert claims_of(case, trace).rejections[case.target] == "false"
    assert mistaken > 60


def test_a_first_thought_is_dropped_only_where_the_first_finding_misleads() -> None:
    drops = [claims_of(case, trace).switches for case, trace in written(PERFECT)]
    misled = [case.supports[case.findings[0]] != case.target for case, _ in written(PERFECT)]
    assert 0 < sum(drops) < sum(misled)
    assert all(mislead for drop, mislead in zip(drops, misled, strict=True) if drop)


@pytest.mark.parametrize("rate", ["misformed", "unreferenced", "copied", "mixed_script"])
def test_claims_do_not_depend_on_form(rate: str) -> None:
    for (case, plain), (_, other) in zip(written(PERFECT), written(replace(PERFECT, **{rate: 1.0})), strict=True):
        assert claims_of(case, plain) == claims_of(case, other), other.text


@given(seed=st.integers(0, 10**6), rates=st.fixed_dictionaries({name: st.sampled_from([0, 0.4, 1]) for name in RATES}))
@settings(max_examples=150, deadline=None)
def test_what_is_read_agrees_with_what_struck(seed: int, rates: dict[str, float]) -> None:
    case = CASES[seed % len(CASES)]
    trace = write_trace(case, MEDICINE, random.Random(seed), Teacher(**rates))
    seen, struck = signs(case, trace), set(trace.imperfections)
    assert len(struck) == len(trace.imperfections)
    assert all(rates[name] or name == "false" for name in struck)  # an anchored teacher gives a false reason
    same = {
        "silent": "omitted",
        "no reason": "bare",
        "false reason": "false",
        "script": "mixed_script",
        "form": "misformed",
    }
    for sign, rate in same.items():
        assert (sign in seen) == (rate in struck), (sign, trace.text)
    assert ("invents" in seen) <= bool(struck & {"invented", "false"})
    assert ("invented" in struck) <= ("invents" in seen)
    assert ("mistaken" in seen) <= ("anchored" in struck)
    assert bool(struck & {"unreferenced", "copied"}) <= ("no reference" in seen)


def test_the_teacher_is_imperfect_in_every_way(world: Path) -> None:
    struck = {name for row in lines(world / "traces.jsonl") for name in row["imperfections"]}
    rates = {name for name in RATES if getattr(Teacher(), name) >= 0.1}  # rarer ones may be missing in a tiny world
    assert rates <= struck <= set(RATES)
    truth = read_world(world)[1]
    wrong = [row["answer"] != truth[row["id"]].target for row in lines(world / "traces.jsonl")]
    assert 0 < sum(wrong) < len(wrong)


# --- reading claims ---------------------------------------------------------------------------------------------------
CASE = CASES[0]
HINTING = next(letter for letter in CASE.plausible if letter != CASE.target)
UNSEEN = next(letter for letter in OPTIONS if letter not in CASE.plausible)
WORDS = {
    "shown": CASE.findings_for(CASE.target)[0],
    "hint": CASE.findings_for(HINTING)[0],
    "absent": MEDICINE.signatures[CASE.options[UNSEEN]][0],
    "lacking": next(f for f in MEDICINE.signatures[CASE.options[CASE.target]] if f not in CASE.findings),
    "target": CASE.options[CASE.target],
    "hinting": CASE.options[HINTING],
    "unseen": CASE.options[UNSEEN],
    "stranger": next(disease for disease in MEDICINE.signatures if disease not in CASE.options.values()),
}
NOTHING = Claims((), (), {}, False)


def read(text: str) -> Claims:
    """The claims of a text in which the names of `WORDS` stand for words."""
    return read_claims(re.sub(r"[a-z]{4,}", lambda word: WORDS.get(word[0], word[0]), text), CASE, MEDICINE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NOTHING),
        (" \n\t", NOTHING),
        ("<dx></dx><conclusion></conclusion>", NOTHING),
        (r"\boxed{A}", NOTHING),
        ("Not stranger.", NOTHING),  # a disease that is no option
        ("The shown is there", Claims((WORDS["shown"],), (), {}, False)),  # no tags, no full stop
        ("<dx>The absent.", Claims((), (WORDS["absent"],), {}, False)),  # a broken section
        ("The shown. The shown. The shown and the shown.", Claims((WORDS["shown"],), (), {}, False)),  # each once
        ("No absent.", NOTHING),  # said to be absent, so not invented
        ("No absent, so not unseen.", Claims((), (), {UNSEEN: "valid"}, False)),
        ("No hint, so not hinting.", Claims((), (), {HINTING: "false"}, False)),  # it is there
        ("No absent, so not hinting.", Claims((), (), {HINTING: "false"}, False)),  # not one of its findings
        ("No lacking, so not target.", Claims((), (), {CASE.target: "false"}, False)),  # nothing speaks against it
        ("Nothing suggested unseen.", Claims((), (), {UNSEEN: "valid"}, False)),
        ("Nothing suggested hinting.", Claims((), (), {HINTING: "false"}, False)),
        ("Only hint suggested hinting.", Claims((WORDS["hint"],), (), {HINTING: "valid"}, False)),
        ("Only absent suggested unseen.", Claims((), (WORDS["absent"],), {UNSEEN: "false"}, False)),
        ("Not unseen.", Claims((), (), {UNSEEN: "bare"}, False)),
        ("Not unseen. Nothing suggested unseen.", Claims((), (), {UNSEEN: "valid"}, False)),  # the better reason counts
        ("Nothing suggested unseen. Not unseen.", Claims((), (), {UNSEEN: "valid"}, False)),
        ("At first hinting. But the shown suggested target.", Claims((WORDS["shown"],), (), {}, True)),
        ("<dx>At first hinting. But the shown suggested target.", Claims((WORDS["shown"],), (), {}, True)),
        ("At first target. The shown suggested target.", Claims((WORDS["shown"],), (), {}, False)),  # it keeps it
        ("At first hinting.", NOTHING),  # of nothing else is spoken
        ("<dx>No absent</dx>The absent", Claims((), (WORDS["absent"],), {}, False)),  # a tag ends a sentence
    ],
)
def test_claims_of_odd_texts(text: str, expected: Claims) -> None:
    assert read(text) == expected


def test_findings_in_capitals_are_findings() -> None:
    assert read_claims(f"THE {WORDS['shown'].upper()}.", CASE, MEDICINE).cited == (WORDS["shown"],)


@pytest.mark.parametrize("piece", ["Not unseen. ", "shown ", "<dx>", "No ", "x", ". ", "\n", r"\boxed{"])
def test_a_long_text_is_read_quickly(piece: str) -> None:
    text = piece.replace("unseen", WORDS["unseen"]).replace("shown", WORDS["shown"]) * (100_000 // len(piece))
    start = time.process_time()
    read_claims(text, CASE, MEDICINE)
    assert time.process_time() - start < 2


@given(st.text() | st.lists(st.sampled_from([*WORDS.values(), "No", "Not", "Only", ".", "<dx>"])).map(" ".join))
@settings(deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    claims = read_claims(text, CASE, MEDICINE)
    assert set(claims.cited) <= set(CASE.findings)
    assert not set(claims.invented) & set(CASE.findings)
    assert claims.rejections.keys() <= CASE.options.keys()


# --- the tokenizer ----------------------------------------------------------------------------------------------------
def test_every_text_of_a_world_survives_and_every_word_is_one_token(world: Path, tokenizer: Any) -> None:
    for text in texts(world):
        coded = tokenizer(text, return_offsets_mapping=True)
        assert tokenizer.decode(coded["input_ids"]) == text
        spans = [range(start, end) for start, end in coded["offset_mapping"]]
        for word in re.finditer(r"[^\W\d_]+|\d+", text):
            assert sum(word.start() in span and word.end() - 1 in span for span in spans) == 1, word[0]


@given(text=st.text() | st.text(alphabet=" .,'!?n\n\t<>/dx\\{}A1é字́"))
@settings(deadline=None)
def test_any_text_survives(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@pytest.mark.parametrize("tag", [section.tag for sections in STYLES.values() for section in sections])
def test_tags_are_no_special_tokens(tokenizer: Any, tag: str) -> None:
    text = rf"<{tag}>A rash.</{tag}> \boxed{{B}}"  # TRL strips special tokens before the reward sees a completion
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_a_chat_ends_where_the_answer_ends(world: Path, tokenizer: Any) -> None:
    for row in read_traces(world / "traces.jsonl"):
        asked = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, tokenize=False)
        whole = tokenizer.apply_chat_template([*row["prompt"], *row["completion"]], tokenize=False)
        assert whole == asked + row["completion"][0]["content"] + tokenizer.eos_token
        ids, start = tokenizer(whole)["input_ids"], tokenizer(asked)["input_ids"]
        assert ids[: len(start)] == start  # the loss is on the completion alone
        assert ids[-1] == tokenizer.eos_token_id != tokenizer.pad_token_id
        assert ids.count(tokenizer.eos_token_id) == 1


def test_a_saved_tokenizer_is_the_one_that_was_made(world: Path, tmp_path: Path) -> None:
    said = texts(world)
    made = make_tokenizer(said)
    make_student(tmp_path, made, width=32, layers=1, seed=0)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert [loaded(text)["input_ids"] for text in said] == [made(text)["input_ids"] for text in said]
    assert loaded.eos_token_id == made.eos_token_id
    assert loaded.chat_template == made.chat_template


# --- the command ------------------------------------------------------------------------------------------------------
def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a command is refused."""
    try:
        code: object = main(["world", *arguments])
    except SystemExit as stopped:  # argparse's own, after its usage
        code = stopped.code
    assert code == 2
    shown = capsys.readouterr().err.strip().splitlines()
    assert len(shown) == 1 or shown[0].startswith("usage:")
    return shown[-1]


def test_the_command_leaves_its_own_world_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "world"
    stamps = []
    for _ in range(2):
        assert main(["world", str(folder), *SIZES]) == 0
        assert f"world: {folder}" in capsys.readouterr().out
        stamps.append({path: path.stat().st_mtime_ns for path in folder.rglob("*")})
    assert stamps[0] == stamps[1]
    before = contents(folder)
    assert re.search(r"world.*another seed", refusal([str(folder), *SIZES, "--seed", "1"], capsys))
    assert re.search(r"world.*another size", refusal([str(folder), *SIZES, "--test", "19"], capsys))
    assert contents(folder) == before


@pytest.mark.parametrize("seed", [0, 1])
def test_another_process_may_be_faster(seed: int, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a world is being made, another process writes one of this or another seed."""
    other = world if seed == 0 else build_world(tmp_path / "other", seed=seed, size=TINY)
    folder = tmp_path / "both" / "world"

    def made_meanwhile(*arguments: Any, **more: Any) -> Any:
        shutil.copytree(other, folder)
        return make_student(*arguments, **more)

    monkeypatch.setattr("clinical_r1.world.student.make_student", made_meanwhile)
    if seed == 0:
        assert build_world(folder, size=TINY) == folder
    else:
        with pytest.raises(UserError, match="holds a world of another seed"):
            build_world(folder, size=TINY)
    assert contents(folder) == contents(other)
    assert list(folder.parent.iterdir()) == [folder]  # nothing half made is left


@pytest.mark.exhaustive  # the test above is the same in one process, at the moment that matters
def test_two_processes_at_once_make_one_world(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "world"
    command = [sys.executable, "-m", "clinical_r1.cli", "world", str(folder), *SIZES]
    both = [
        subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert contents(folder) == contents(world)
    assert list(tmp_path.iterdir()) == [folder]
    assert folder.stat().st_mode == (folder / "model").stat().st_mode  # not closed to others


@pytest.mark.parametrize(("bars", "hub_bars"), [(True, True), (True, False), (False, True), (False, False)])
def test_no_bar_is_shown_and_those_of_the_caller_stay(
    bars: bool, hub_bars: bool, tokenizer: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def state() -> tuple[bool, bool]:
        return logging.is_progress_bar_enabled(), not hub.are_progress_bars_disabled()

    before = state()
    try:
        (logging.enable_progress_bar if bars else logging.disable_progress_bar)()
        (hub.enable_progress_bars if hub_bars else hub.disable_progress_bars)()
        make_student(tmp_path, tokenizer, width=32, layers=1, seed=0)
        assert state() == (bars, hub_bars)
    finally:
        (logging.enable_progress_bar if before[0] else logging.disable_progress_bar)()
        (hub.enable_progress_bars if before[1] else hub.disable_progress_bars)()
    assert capfd.readouterr().err == ""


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert main(["world", str(tmp_path), *SIZES]) == 0
    assert (tmp_path / "world.json").is_file()


@pytest.mark.parametrize(
    "foreign", [{"notes.txt": "mine"}, {"world.json": "[]"}, {"world.json": "3"}, {"world.json": "{"}]
)
def test_foreign_files_are_left_alone(
    foreign: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in foreign.items():
        (tmp_path / name).write_text(text)
    assert "name another folder" in refusal([str(tmp_path), *SIZES], capsys)
    assert contents(tmp_path) == {name: text.encode() for name, text in foreign.items()}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "world"):
        assert str(folder) in refusal([str(folder), *SIZES], capsys)


def test_the_folder_that_one_stands_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "name a folder in it" in refusal([".", *SIZES], capsys)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--width", "50"], r"width=50: allowed are the multiples of 32"),
        (["--width", "16"], r"width=16: allowed are the multiples of 32"),
        (["--width", "0"], r"--width: 0: allowed is a whole number from 1"),
        (["--traces", "-5"], r"--traces: -5: allowed is a whole number from 1"),
        (["--layers", "two"], r"--layers: two: allowed is a whole number from 1"),
        (["--test", "1.5"], r"--test: 1.5: allowed is a whole number from 1"),
        (["--seed", "-1"], r"--seed: -1: allowed is a whole number from 0"),
        (
            ["--seed", "99999999999999999999999"],
            r"--seed: 9+: allowed is a whole number from 0",
        ),  # more than torch takes
        (["--train", "x"], r"--train: x: allowed is a whole number from 0"),
        (["--train"], r"--train: expected at least one argument"),
    ],
)
def test_wrong_numbers(arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(told, refusal([str(tmp_path / "world"), *arguments], capsys))
    assert not list(tmp_path.iterdir())


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from clinical_r1.cli import main\n"
    code += "try: main(['world', '--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "invented" in done.stdout
    assert not {"torch", "transformers", "trl", "inspect_ai"} & set(done.stdout.split())


def test_a_run_that_fails_says_why(world: Path, tmp_path: Path) -> None:
    broken = tmp_path / "my: world"
    shutil.copytree(world, broken)
    (broken / "traces.jsonl").unlink()
    said: list[str] = []
    with pytest.raises(UserError, match=r"cold_start: .*traces\.jsonl.*train\.log") as told:
        train_arms(broken, 3, said.append)
    assert "\n" not in str(told.value)
    assert len(said) == 1  # no arm starts without its cold start
    assert said[0].startswith("clinical-r1 train world_cold_start ")


@pytest.mark.parametrize(
    "name",
    [
        "world",
        "my: world",  # a mapping in YAML
        "my world",
        "yes",  # true
        "null",
        "#1",  # a comment
        "a #1",
        "1e-5",
        "*star",  # an alias
        "[x",
        "{x}",
        "'x",
        '"x',
        "- x",
        " x ",
        "a=b",
        "~",  # here no home folder
        "…é\u0085x",
        "two\nlines",
        "x" * 200,
    ],
)
def test_a_world_may_have_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world, said = Path(name), []
    world.mkdir()
    (world / "runs").write_text("mine")  # so that nothing is trained
    with pytest.raises(UserError, match="cannot be written"):
        train_arms(world, 7, said.append)
    _, command, recipe, *overrides = shlex.split(said[0])
    found = recipes.load(recipe, overrides)
    assert (command, found.seed) == ("train", 7)
    assert isinstance(found, SftRecipe)
    assert [found.model, found.traces] == [f"{name}/model", f"{name}/traces.jsonl"]
    assert found.output == f"{name}/runs/seed-7/cold_start"


def test_runs_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(UserError, match="cold_start: cannot be written"):
        train_arms(tmp_path, 0, lambda _: None)


def shown(pattern: str) -> list[str]:
    """What the world's page shows, indented by four spaces."""
    return re.findall(pattern, (ROOT / "docs" / "world.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_shows_worlds_that_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = shown(r"^    clinical-r1 (world .+?)(?: --train [\d ]+)?$")
    assert len(commands) >= 3
    for command in commands:
        assert main([*shlex.split(command), *SIZES]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_the_page_shows_how_claims_are_read(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.parent)
    [code] = shown(r"^    from pathlib(?:.|\n    |\n\n(?=    ))+")
    names: dict[str, Any] = {"completion": "Nothing."}
    exec(textwrap.dedent(code), names)
    assert names["claims"] == NOTHING


@pytest.mark.exhaustive
def test_the_page_shows_an_evaluation_that_runs(world: Path, tmp_path: Path) -> None:
    [command] = shown(r"^    HF_HUB_OFFLINE=1 (inspect eval .+)$")
    assert " -M model_path=world/runs/seed-0/crpo/final " in command
    shutil.copytree(world, tmp_path / "world")
    words = shlex.split(command.replace("world/runs/seed-0/crpo/final", "world/model"))[1:]
    limits = ["--limit", "2", "--display", "none", "--log-dir", "logs"]
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", *words, *limits],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    assert len(list((tmp_path / "logs").glob("*.eval"))) == 1
