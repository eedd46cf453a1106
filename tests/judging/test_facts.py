"""The fact inventory of a case: cut by rules or listed by a model, once for everybody."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import Model, get_model

from clinical_r1.errors import UserError
from clinical_r1.judging.facts import InventoryError, cache_folder, case_facts
from clinical_r1.judging.spans import clauses
from tests.loopback import Chat, chat_server
from tests.replies.tables import STEM
from tests.running import said

LISTED = ["62-year-old man", "crushing chest pain for two hours", "ST elevation in II, III and aVF", "no fever"]


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "inspect"))
    monkeypatch.setenv("CLINICAL_R1_CACHE", str(tmp_path / "own"))


def grader(*outputs: str) -> Model:
    return get_model("mockllm/model", custom_outputs=[said(output) for output in outputs], memoize=False)


def listed(*facts: str) -> str:
    return json.dumps({"facts": facts})


def made(reply: str, stem: str = STEM) -> list[str]:
    return [fact.text for fact in asyncio.run(case_facts(stem, "llm", grader(reply))).facts]


def served(reply: Callable[[str], str | int], use: Callable[[Model, Chat], Awaitable[Any]], delay: float = 0) -> Any:
    with chat_server(reply, delay) as server:
        model = get_model("openai-api/loop/m", base_url=server.base_url, api_key="none", memoize=False)
        return asyncio.run(use(model, server))  # type: ignore[arg-type]


def test_rules_ask_nobody() -> None:
    facts, by = asyncio.run(case_facts(STEM, "rules"))
    assert by == "rules"
    assert facts == tuple(clauses(STEM))
    assert facts
    assert not cache_folder().exists()


MADE = [
    (LISTED, LISTED, "as listed"),
    (LISTED[::-1], LISTED, "in the order of the case"),
    (["ST ELEVATION in II, III and aVF"], ["ST elevation in II, III and aVF"], "in the words of the case"),
    ([*LISTED, "shortness of breath"], LISTED, "invented"),
    ([*LISTED, "potassium is 5.9 mEq/L"], LISTED, "another value"),
    ([*LISTED, "potassium is 4.1 mEq/L"], [*LISTED[:2], "potassium is 4.1 mEq/L", *LISTED[2:]], "the right value"),
    (["62-year-old man", "fever"], ["62-year-old man"], "a finding without its negation"),
    ([*LISTED, "no fever", "fever", ""], LISTED, "twice, a part of another, nothing"),
    (["chest pain for two hours", "crushing chest pain"], ["chest pain for two hours"], "of two that overlap the first"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected", "reason"), MADE, ids=[row[-1] for row in MADE])
def test_only_what_stands_in_the_case_is_a_fact(facts: list[str], expected: list[str], reason: str) -> None:
    assert made(listed(*facts)) == expected, reason


def test_offsets_are_those_of_the_stem() -> None:
    stem = f"\n  {STEM} {{stem}} {{facts}}"
    facts, _ = asyncio.run(case_facts(stem, "llm", grader(listed(*LISTED))))
    assert [stem[fact.start : fact.end] for fact in facts] == [fact.text for fact in facts] == LISTED


BROKEN = [
    (("no", "no"), "unreadable", "never JSON"),
    (("", ""), "empty", "nothing twice"),
    (('{"facts": "fever"}', '{"facts": [3]}'), "unreadable", "not a list of texts"),
    ((listed(*["fever"] * 201), "{}"), "unreadable", "huge, then nothing"),
    ((listed("dyspnea", "cough"),) * 2, "none of 2 facts stands in the case", "all invented"),
    ((listed(),) * 2, "none of 0 facts stands in the case", "nothing listed of a case"),
]  # fmt: skip


@pytest.mark.parametrize(("outputs", "problem", "reason"), BROKEN)
def test_an_inventory_that_cannot_be_used_is_an_error_and_not_kept(
    outputs: tuple[str, ...], problem: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(InventoryError, match=problem):
        asyncio.run(case_facts(STEM, "llm", grader(*outputs)))
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "another"))
    assert made(listed(*LISTED)) == LISTED, reason


def test_a_broken_list_is_repaired_once() -> None:
    facts, by = asyncio.run(case_facts(STEM, "llm", grader("Sure!", listed(*LISTED))))
    assert by == "mockllm/model"
    assert [fact.text for fact in facts] == LISTED


LONG = (
    "A woman has a rash. Her pressure is 90/60 mm Hg. The lungs are clear. Dr. Low saw her. She is 40. She smokes. "
    "She has a cat. She takes no drug."
)
WRONG = [
    (["a rash"], "1 facts for the 8 sentences of the case", "too few"),
    (
        ["a rash", "mm Hg. The lungs", "She smokes"],
        "“mm Hg. The lungs”: the end of one sentence and the",
        "half sentences",
    ),
    (["a rash", "Dr.", "She smokes"], "“Dr”: cut at an abbreviation", "cut"),
]


@pytest.mark.parametrize(("facts", "problem", "reason"), WRONG, ids=[row[-1] for row in WRONG])
def test_a_list_that_cannot_be_right_is_asked_for_again_and_never_kept(
    facts: list[str], problem: str, reason: str
) -> None:
    good = ["a rash", "The lungs are clear", "She smokes"]
    with pytest.raises(InventoryError, match=f"unusable: .*{problem}"):
        asyncio.run(case_facts(LONG, "llm", grader(listed(*facts), listed(*facts))))
    assert not [*cache_folder().iterdir()], reason

    async def use(model: Model, server: Chat) -> Any:
        made = await case_facts(LONG, "llm", model)
        return [fact.text for fact in made.facts], made.by, server.requests[-1]["messages"][-1]["content"]

    replies = iter([listed(*facts), listed(*good)])
    kept, by, asked = served(lambda _: next(replies), use)
    assert (kept, by) == (good, "openai-api/loop/m")
    assert problem in asked


def test_a_list_that_was_kept_and_cannot_be_right_is_made_anew() -> None:
    asyncio.run(case_facts(LONG, "llm", grader(listed("a rash", "She smokes"))))
    [file] = cache_folder().iterdir()
    poor = {"stem": LONG, "facts": [[41, 60]], "model": "poor", "version": 1}
    file.write_text(json.dumps(poor), encoding="utf-8")
    made = asyncio.run(case_facts(LONG, "llm", grader()))  # its reply is in Inspect's cache
    assert ([fact.text for fact in made.facts], made.by) == (["a rash", "She smokes"], "mockllm/model")


def test_lists_are_made_anew_once_where_that_is_asked_for() -> None:
    async def use(model: Model, server: Chat) -> Any:
        import clinical_r1.judging.facts as module

        made = [await case_facts(STEM, "llm", model)]
        module._REFRESHED.clear()  # as in another process
        made += [await case_facts(STEM, "llm", model, refresh=True) for _ in range(3)]
        return [len(one.facts) for one in made], len(server.requests)

    replies = iter([listed(*LISTED), listed(*LISTED[:3])])
    assert served(lambda _: next(replies), use) == ([4, 3, 3, 3], 2)


def test_whoever_comes_next_takes_the_first_inventory() -> None:
    assert made(listed(*LISTED)) == LISTED
    assert made("another model would say something else") == LISTED
    assert [fact.text for fact in asyncio.run(case_facts(STEM, "llm")).facts] == LISTED
    [file] = cache_folder().iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["model"] == "mockllm/model"


def test_another_case_has_another_inventory() -> None:
    made(listed(*LISTED))
    assert made(listed("no fever"), STEM + " He smokes.") == ["no fever"]


def test_samples_of_one_question_wait_for_one_call() -> None:
    async def use(model: Model, server: Chat) -> Any:
        asked = [case_facts(stem, "llm", model) for stem in (STEM, STEM, STEM, STEM + " Why?", STEM)]
        return len({made.facts[0] for made in await asyncio.gather(*asked)}), len(server.requests)

    assert served(lambda _: listed(*LISTED), use, delay=0.1) == (1, 2)


def test_two_judges_of_one_question_wait_for_one_call() -> None:
    async def use(model: Model, server: Chat) -> Any:
        other = get_model("openai-api/loop/n", base_url=server.base_url, api_key="none", memoize=False)
        first, second = await asyncio.gather(case_facts(STEM, "llm", model), case_facts(STEM, "llm", other))
        return first == second, [request["model"] for request in server.requests]

    assert served(lambda _: listed(*LISTED), use, delay=0.1) == (True, ["m"])


def test_the_case_is_not_read_as_a_template_and_stands_in_the_last_message() -> None:
    stem = "A man has {schema} and {stem}. ## reply"

    async def use(model: Model, server: Chat) -> Any:
        await case_facts(stem, "llm", model)
        return server.requests[0]["messages"]

    system, user = served(lambda _: listed("A man"), use)
    assert stem in user["content"]
    assert stem not in system["content"]
    assert '"facts":{"type":"array"' in system["content"]


SPOILED = [
    ("", "empty"),
    ("{", "cut off"),
    ('{"stem": "another", "facts": [[0, 5]], "model": "m", "version": 1}', "of another case"),
    (json.dumps({"stem": STEM, "facts": [[0, 9999]], "model": "m", "version": 1}), "beyond the end of the case"),
    (json.dumps({"stem": STEM, "facts": [[0, 5]], "model": "m", "version": 99}), "of another version"),
    (json.dumps({"stem": STEM, "model": "m", "version": 1}), "without facts"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), SPOILED)
def test_a_spoiled_file_is_made_anew(text: str, reason: str) -> None:
    made(listed(*LISTED))
    [file] = cache_folder().iterdir()
    file.write_text(text, encoding="utf-8")
    assert made(listed(*LISTED)) == LISTED, reason
    assert json.loads(file.read_text(encoding="utf-8"))["stem"] == STEM


def test_no_file_and_no_model_is_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no model"):
        asyncio.run(case_facts(STEM, "llm"))


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLINICAL_R1_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="CLINICAL_R1_CACHE"):
        asyncio.run(case_facts(STEM, "llm", grader()))  # before the grader is asked
