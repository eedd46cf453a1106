"""The answer scorer, run by Inspect over made-up completions."""

from pathlib import Path

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import StopReason

from clinical_r1.choices import LETTERS
from clinical_r1.choices.extract import METHODS, Method
from clinical_r1.errors import UserError
from clinical_r1.scorers import answer, count_words
from tests.running import DRUGS, make_task, metrics, model_that_says, question, run_task, said, scores

TWINS = {"A": "Aspirin", "B": "Heparin", "C": "aspirin ", "D": "Warfarin"}

# completion, value, answer, method, reason; the right option is C. Warfarin
SAID: list[tuple[str, str, str | None, str, str]] = [
    (r"<dx>Clot.</dx><conclusion>So \boxed{C}</conclusion>", "C", "C", "strict", "well-formed crpo"),
    (r"<think>\boxed{B}?</think><answer>\boxed{C}</answer>", "C", "C", "strict", "the answer section counts"),
    (r"Surely \boxed{B}", "I", "B", "strict", "a wrong answer"),
    (r"\boxed{C. Warfarin}", "C", "C", "box", "a box with the option's text"),
    ("The answer is (C).", "C", "C", "stated", "stated without a box"),
    ("**Answer:** B", "I", "B", "stated", "stated and wrong"),
    ("It is a clot.\nC. Warfarin", "C", "C", "concluding", "letter and text on the last line"),
    ("C", "C", "C", "concluding", "nothing but a letter"),
    ("Warfarin", "C", "C", "option_text", "nothing but an option's text"),
    (r"\boxed{C} Wait, no: \boxed{B}", "I", "B", "box", "a retraction lets the last answer win"),
    (r"Either \boxed{C} or \boxed{B}.", "I", None, "ambiguous", "two answers, one of them right"),
    ("The answer is C. Sure. The answer is B.", "I", None, "ambiguous", "two stated answers"),
    ("The answer is E.", "I", None, "none", "no such option"),
    ("The answer is not C.", "I", None, "none", "a negated letter is no answer"),
    ("It depends.", "I", None, "none", "no answer"),
    ("", "I", None, "none", "no text"),
]


EXPLAINED = [
    ("Fever. The answer is (C).", "read as C from “The answer is (C).” (stated); right is C"),
    (r"<dx>B?</dx><conclusion>So \boxed{B}</conclusion>", r"read as B from “So \\boxed{B}” (strict); right is C"),
    ("It depends.", "no answer could be read (none); right is C"),
]


def test_the_explanation_quotes_the_words_that_were_read(tmp_path: Path) -> None:
    asked = [question(f"{row}") for row in range(len(EXPLAINED))]
    log = run_task(make_task(asked), model_that_says(lambda id, _: EXPLAINED[int(id)][0]), tmp_path)
    assert [score.explanation for score in scores(log).values()] == [said for _, said in EXPLAINED]
    twins = make_task([question("t", target="C", options=TWINS)])
    log = run_task(twins, model_that_says(lambda *_: "C"), tmp_path / "twins")
    [score] = scores(log).values()
    assert score.explanation == "read as C from “C” (concluding); right is C; votes for A, which has the same text"


@pytest.fixture(scope="module")
def said_log(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    asked = [question(f"{row}") for row in range(len(SAID))]
    return run_task(make_task(asked), model_that_says(lambda id, _: SAID[int(id)][0]), tmp_path_factory.mktemp("said"))


@pytest.mark.parametrize("row", range(len(SAID)), ids=lambda row: SAID[row][-1])
def test_completions(row: int, said_log: EvalLog) -> None:
    _, value, letter, method, reason = SAID[row]
    score = scores(said_log)[f"{row}", 1]
    assert (score.value, score.answer, (score.metadata or {})["method"]) == (value, letter, method), reason
    assert score.explanation, reason


def test_unreadable_answers_are_wrong_and_stay_in_every_denominator(said_log: EvalLog) -> None:
    right, readable = (
        sum(keep(row) for row in SAID) for keep in (lambda row: row[1] == "C", lambda row: row[2] is not None)
    )
    found = metrics(said_log)
    assert found["accuracy"] == found["majority_accuracy"] == pytest.approx(right / len(SAID))
    assert found["parsed"] == pytest.approx(readable / len(SAID))
    assert found["parsed"] < 1
    assert said_log.results is not None
    assert {part.scored_samples for part in said_log.results.scores} == {len(SAID)}


def test_a_score_carries_what_metrics_and_judges_need(said_log: EvalLog) -> None:
    well, loose = scores(said_log)["0", 1].metadata, scores(said_log)["4", 1].metadata
    assert well == {
        **{"method": "strict", "shown_letter": "C", "vote": "C", "epoch": 1, "tie": "share"},
        **{"style": "crpo", "faults": [], "truncated": False, "stop_reason": "stop", "words": 3},
    }
    assert loose is not None
    assert (loose["style"], loose["method"]) == ("free", "stated")


# completion, how it was read, reason in Inspect's words, why
UNREAD: list[tuple[str, Method, str, str]] = [
    ("", "none", "no_response", "no text"),
    (" \n ", "none", "no_response", "nothing but white space"),
    ("I like turtles.", "none", "invalid_response_format", "a text without an answer"),
    (r"\boxed{C} or \boxed{B}", "ambiguous", "invalid_response_format", "contradicting answers"),
    (r"\boxed{E}", "none", "invalid_response_format", "no such option"),
]


@pytest.mark.parametrize(("text", "method", "expected", "why"), UNREAD, ids=[row[-1] for row in UNREAD])
def test_the_score_says_in_inspect_s_words_why_there_is_no_answer(
    text: str, method: Method, expected: str, why: str, tmp_path: Path
) -> None:
    score = scores(run_task(make_task([question("q")]), model_that_says(lambda *_: text), tmp_path))["q", 1]
    assert (score.value, (score.metadata or {})["method"], score.reason) == ("I", method, expected), why


def test_a_response_that_the_provider_s_filter_stopped_is_a_refusal(tmp_path: Path) -> None:
    model = model_that_says({("q", 1): said("", "content_filter")})
    score = scores(run_task(make_task([question("q")]), model, tmp_path))["q", 1]
    assert (score.value, score.reason) == ("I", "refusal")


def test_an_answer_needs_no_reason_right_or_wrong(said_log: EvalLog) -> None:
    read = [score for score in scores(said_log).values() if score.answer is not None]
    assert {score.value for score in read} == {"C", "I"}
    assert {score.reason for score in read} == {None}


@pytest.mark.skipif("abstained" not in METHODS, reason="abstentions are not told apart yet")
def test_declining_to_answer_is_a_refusal_that_counts_as_wrong(tmp_path: Path) -> None:
    text = "I cannot answer; please consult a clinician."
    log = run_task(make_task([question("q")]), model_that_says(lambda *_: text), tmp_path)
    score = scores(log)["q", 1]
    assert (score.value, score.answer, score.reason) == ("I", None, "refusal")
    assert (score.metadata or {})["method"] == "abstained"
    assert (metrics(log)["accuracy"], metrics(log)["parsed"]) == (0, 0)


def test_faults_of_the_format_are_recorded_and_do_not_decide(tmp_path: Path) -> None:
    task = make_task([question("q")])
    log = run_task(
        task, model_that_says({("q", 1): r"Well: <DX>Clot.</DX><conclusion>\boxed{C}</conclusion>"}), tmp_path
    )
    score = scores(log)["q", 1]
    assert score.value == "C"
    assert {fault.split(":")[0] for fault in (score.metadata or {})["faults"]} >= {"variant", "text_before"}


def test_either_of_two_identical_options_is_right_and_they_vote_as_one(tmp_path: Path) -> None:
    asked = [question("first", "A", TWINS), question("second", "C", TWINS), question("other", "D", TWINS)]
    letters = ["A", "C", "B", "B", "D"]
    task = make_task(asked, votes=5)
    log = run_task(task, model_that_says(lambda _, epoch: rf"\boxed{{{letters[epoch - 1]}}}"), tmp_path)
    found = scores(log)
    values = {id: "".join(str(found[id, epoch].value) for epoch in range(1, 6)) for id in ("first", "second", "other")}
    assert values == {"first": "CCIII", "second": "CCIII", "other": "IIIIC"}
    assert [found["second", epoch].answer for epoch in (1, 2)] == ["A", "C"], "the letter that was said stays"
    assert [(found["second", epoch].metadata or {})["vote"] for epoch in (1, 2)] == ["A", "A"]
    assert metrics(log)["majority_accuracy"] == pytest.approx((0.5 + 0.5 + 0) / 3), (
        "A and C are two votes against two for B"
    )


@pytest.mark.parametrize("shuffle", [3, "epoch"])
def test_answers_are_mapped_back_to_the_record_s_own_letters(shuffle: int | str, tmp_path: Path) -> None:
    task = make_task([question(f"q{n}", "C") for n in range(6)], votes=4, shuffle_choices=shuffle)
    log = run_task(task, model_that_says(lambda _, epoch: rf"\boxed{{{'ABCD'[epoch - 1]}}}"), tmp_path)
    for sample in log.samples or []:
        score = (sample.scores or {})["answer"]
        shown = "ABCD"[sample.epoch - 1]
        meant = sample.metadata["shown_order"][LETTERS.index(shown)]
        assert (score.answer, (score.metadata or {})["shown_letter"]) == (meant, shown)
        assert (score.value == "C") == (meant == "C")
        assert f"{shown}. {DRUGS[meant]}" in sample.messages[0].text.splitlines()
    assert any(score.answer != (score.metadata or {})["shown_letter"] for score in scores(log).values())


def test_votes_are_counted_by_option_and_not_by_position(tmp_path: Path) -> None:
    """A model that knows the drug names it whatever its letter; one that likes a letter spreads over the drugs."""
    task = make_task([question(f"q{n}", "C") for n in range(8)], votes=8, shuffle_choices="epoch")
    knows = run_task(task, model_that_says(lambda *_: "The answer is Warfarin."), tmp_path / "knows")
    likes_a = run_task(task, model_that_says(lambda *_: r"\boxed{A}"), tmp_path / "likes")
    assert metrics(knows)["majority_accuracy"] == 1
    assert metrics(likes_a)["majority_accuracy"] < 0.9
    assert all((score.metadata or {})["shown_letter"] == "A" for score in scores(likes_a).values())


def test_an_answer_that_was_cut_off_is_marked_and_scored_as_what_it_says(tmp_path: Path) -> None:
    replies = {("cut", 1): said("The patient has", "max_tokens"), ("done", 1): said(r"\boxed{C} and", "max_tokens")}
    log = run_task(make_task([question(id) for id, _ in replies]), model_that_says(replies), tmp_path)
    found = {id: (score.value, (score.metadata or {})["truncated"]) for (id, _), score in scores(log).items()}
    assert found == {"cut": ("I", True), "done": ("C", True)}


# what the provider said, output tokens of 20 allowed -> stop reason in the score
STOPPED: list[tuple[StopReason, int, str, str]] = [
    ("stop", 10, "stop", "the model ended by itself"),
    ("stop", 20, "max_tokens", "a provider that never says so: every token was used"),
    ("max_tokens", 20, "max_tokens", "a provider that says so"),
    ("model_length", 10, "max_tokens", "the context was full"),
    ("content_filter", 10, "content_filter", "the provider's own reasons stay"),
]


@pytest.mark.parametrize(("given", "tokens", "expected", "reason"), STOPPED, ids=lambda value: str(value))
def test_the_score_says_why_the_response_ended(
    given: StopReason, tokens: int, expected: str, reason: str, tmp_path: Path
) -> None:
    model = model_that_says({("q", 1): said("Fine.", given, tokens)})
    log = run_task(make_task([question("q")]), model, tmp_path, max_tokens=20)
    assert (scores(log)["q", 1].metadata or {})["stop_reason"] == expected, reason


# text -> words
WORDED = [
    ("", 0, "nothing said"),
    (" \n ", 0, "nothing but white space"),
    ("<dx></dx><conclusion></conclusion>", 0, "tags are no words"),
    ("<dx>A clot.</dx><conclusion>So C</conclusion>", 4, "the sections of the crpo style"),
    ("<think>A clot.</think> <answer>So C</answer>", 4, "those of the think style"),
    ("clot</dx>forms", 2, "a tag parts words"),
    ("He had fever.The rash came.", 6, "so does a stop without a space"),
    ("Na 128 mEq/L, b.i.d.", 4, "values and abbreviations are words"),
]


@pytest.mark.parametrize(("text", "words", "reason"), WORDED, ids=lambda value: str(value)[:30])
def test_words_are_those_that_judges_count(text: str, words: int, reason: str) -> None:
    assert count_words(text) == words, reason


def test_an_unknown_tie_rule_is_refused_in_one_line() -> None:
    with pytest.raises(UserError, match=r"^unknown tie rule 'best'; allowed: share, incorrect, first$"):
        answer("best")  # type: ignore[arg-type]
