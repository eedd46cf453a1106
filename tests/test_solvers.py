"""The solver: the order in which options are shown, answers that were cut off, and the text that the model wrote."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText, GenerateConfig, StopReason

from clinical_r1.choices import LETTERS
from clinical_r1.errors import UserError
from clinical_r1.solvers import Shuffle, check_shuffle, order_shown, response_text, shown_options, truncated
from tests.running import DRUGS, make_task, model_that_says, question, run_task, said, scores

TEN = {letter: f"Drug {number}" for number, letter in enumerate("ABCDEFGHIJ")}
LAST = {"A": "Rickets", "B": "Scurvy", "C": "Beriberi", "D": "All of the above", "E": "None of the above"}

a_shuffle = st.sampled_from([None, 0, 1, -3, "epoch"])
some_texts = st.lists(
    st.sampled_from(["Gout", "Lupus", "None of the above", "Both", "Anthrax"]), min_size=2, max_size=26
)


def orders(
    options: Mapping[str, str], shuffle: Shuffle, epochs: int = 12, sample: str = "s1", fixed: bool = False
) -> list[str]:
    return [order_shown(options, shuffle, sample, epoch, fixed=fixed) for epoch in range(1, epochs + 1)]


def test_without_shuffling_the_order_is_the_record_s() -> None:
    assert set(orders(TEN, None)) == {"ABCDEFGHIJ"}


def test_a_seed_gives_a_question_one_order_for_all_epochs() -> None:
    assert len(set(orders(TEN, 7))) == 1
    assert orders(TEN, 7)[0] != "ABCDEFGHIJ"


def test_a_seed_gives_other_questions_and_other_seeds_other_orders() -> None:
    assert len({orders(TEN, 7, 1, sample=f"s{number}")[0] for number in range(20)}) == 20
    assert len({orders(TEN, seed, 1)[0] for seed in range(20)}) == 20


def test_epoch_gives_every_epoch_its_own_order_and_the_same_again_in_another_run() -> None:
    assert len(set(orders(TEN, "epoch"))) == 12
    assert orders(TEN, "epoch") == orders(TEN, "epoch")
    assert orders(TEN, "epoch", sample="s2") != orders(TEN, "epoch")


def test_orders_do_not_hang_on_the_process_or_the_platform() -> None:
    """Known values: were they to change, logs of different versions could no longer be compared."""
    assert [order_shown(DRUGS, 1, "s1", 1, fixed=False), *orders(DRUGS, "epoch", 2)] == ["CDBA", "DCBA", "CDBA"]


@given(shuffle=a_shuffle, texts=some_texts, sample=st.text(max_size=5), epoch=st.integers(1, 99), fixed=st.booleans())
def test_the_shown_order_is_a_permutation_that_moves_nothing_it_may_not(
    shuffle: Shuffle, texts: list[str], sample: str, epoch: int, fixed: bool
) -> None:
    options = dict(zip(LETTERS, texts, strict=False))
    order = order_shown(options, shuffle, sample, epoch, fixed=fixed)
    assert sorted(order) == list(options)
    assert list(shown_options(options, order)) == list(options), "letters are shown from A on"
    kept = [letter for letter, text in options.items() if fixed or text in ("None of the above", "Both")]
    assert [order.index(letter) for letter in kept] == [LETTERS.index(letter) for letter in kept]


def test_every_position_is_equally_likely() -> None:
    first = [orders(DRUGS, "epoch", 1, sample=f"s{number}")[0].index("A") for number in range(4000)]
    assert all(900 < first.count(place) < 1100 for place in range(4)), "4 standard deviations are 110"


def test_options_about_the_others_stay_last_and_the_rest_moves() -> None:
    found = orders(LAST, "epoch", 40)
    assert {order[3:] for order in found} == {"DE"}
    assert len({order[:3] for order in found}) == 6


def test_the_model_sees_the_shown_order_and_the_log_says_which_it_was(tmp_path: Path) -> None:
    asked = [question("free", "A", TEN), question("cites", "A", TEN, letters_cited=True), question("last", "A", LAST)]
    task = make_task(asked, votes=4, shuffle_choices="epoch")
    log = run_task(task, model_that_says(lambda *_: "A"), tmp_path)
    assert len(log.samples or []) == 12
    for sample in log.samples or []:
        options = {item.id: item.options for item in asked}[str(sample.id)]
        order = sample.metadata["shown_order"]
        fixed = sample.id == "cites"
        assert order == order_shown(options, "epoch", str(sample.id), sample.epoch, fixed=fixed)
        lines = sample.messages[0].text.splitlines()[-len(options) :]
        assert lines == [f"{LETTERS[place]}. {options[letter]}" for place, letter in enumerate(order)]
    assert {s.metadata["shown_order"] for s in log.samples or [] if s.id == "cites"} == {"ABCDEFGHIJ"}
    assert len({s.metadata["shown_order"] for s in log.samples or [] if s.id == "free"}) == 4


@pytest.mark.parametrize("allowed", [None, 0, 7, -1, "epoch"])
def test_allowed_shuffles(allowed: Shuffle) -> None:
    check_shuffle(allowed)


@pytest.mark.parametrize("wrong", [True, False, 1.5, "abc", "7", "Epoch", [1]])
def test_other_shuffles_are_refused_in_one_line(wrong: Shuffle) -> None:
    with pytest.raises(UserError, match=r"^shuffle_choices=.* allowed are an integer seed or the word epoch$"):
        check_shuffle(wrong)


TRUNCATED: list[tuple[StopReason, int | None, int | None, bool, str]] = [
    ("stop", 10, 4096, False, "ended by itself"),
    ("max_tokens", 10, None, True, "the provider says so"),
    ("max_tokens", None, None, True, "the provider says so and counts nothing"),
    ("model_length", 10, 4096, True, "the context was full"),
    ("stop", 4096, 4096, True, "at the limit, and the provider never says so"),
    ("stop", 5000, 4096, True, "beyond the limit"),
    ("stop", 4095, 4096, False, "one below the limit"),
    ("stop", 4096, None, False, "there is no limit"),
    ("stop", None, 4096, False, "nothing was counted"),
    ("content_filter", 10, 4096, False, "a refusal is no truncation"),
]


@pytest.mark.parametrize(("stop", "tokens", "limit", "expected", "reason"), TRUNCATED)
def test_truncated(stop: StopReason, tokens: int | None, limit: int | None, expected: bool, reason: str) -> None:
    output = said("…", stop, tokens or 0)
    if tokens is None:
        output.usage = None
    assert truncated(output, limit) is expected, reason


def test_the_limit_is_the_one_that_the_answer_was_generated_under(tmp_path: Path) -> None:
    replies = {
        ("long", 1): said("C", tokens=20),
        ("short", 1): said("C", tokens=19),
        ("cut", 1): said("C", "max_tokens"),
    }
    task = make_task([question(id) for id, _ in replies])
    at_20 = scores(run_task(task, model_that_says(replies), tmp_path / "20", max_tokens=20))
    assert {id: (score.metadata or {})["truncated"] for (id, _), score in at_20.items()} == {
        "long": True,
        "short": False,
        "cut": True,
    }
    at_4096 = scores(run_task(task, model_that_says(replies), tmp_path / "4096"))
    assert {id: (score.metadata or {})["truncated"] for (id, _), score in at_4096.items()} == {
        "long": False,
        "short": False,
        "cut": True,
    }


def test_the_paper_s_settings_are_the_default_that_the_model_gets_and_any_other_wins(tmp_path: Path) -> None:
    task = make_task([question("q")])
    log = run_task(task, model_that_says(lambda *_: "C"), tmp_path, temperature=0.0)
    assert log.plan.config.max_tokens == 4096
    [call] = [event for event in (log.samples or [])[0].events if event.event == "model"]
    wanted = GenerateConfig(temperature=0.0, top_p=0.95, max_tokens=4096)
    assert (call.config.temperature, call.config.top_p, call.config.max_tokens) == (
        wanted.temperature,
        wanted.top_p,
        wanted.max_tokens,
    )


def test_the_text_is_what_the_model_wrote_wherever_the_provider_put_it() -> None:
    thought = ContentReasoning(reasoning="Clot.")
    reply = ContentText(text="<answer>C</answer>")
    assert response_text(ChatMessageAssistant(content="<think>Clot.</think>C")) == "<think>Clot.</think>C"
    assert response_text(ChatMessageAssistant(content=[thought, reply])) == "<think>Clot.</think>\n<answer>C</answer>"
    assert response_text(ChatMessageAssistant(content=[reply])) == "<answer>C</answer>"
    assert response_text(ChatMessageAssistant(content=[])) == ""
    hidden = ContentReasoning(reasoning="gAAAAB", redacted=True)
    assert response_text(ChatMessageAssistant(content=[hidden, reply])) == "<answer>C</answer>", "nobody can read it"
