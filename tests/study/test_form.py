"""The raters' form in a real browser: marking, keeping, exporting and loading, and what a hostile response cannot do."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, get_args

import pytest

from clinical_r1.baselines import overlap_answer
from clinical_r1.judging.rubric import load_rubric
from clinical_r1.metrics import LISTED
from clinical_r1.study.answers import import_files
from clinical_r1.study.folder import read_folder
from clinical_r1.study.form import RULES, form_html, questions
from clinical_r1.study.form.practice import practice_items
from clinical_r1.study.protocol import METRIC_NAMES, AnswersFile, ClaimMark, RejectionMark
from clinical_r1.untrusted import escape_controls
from tests.chromium import PHONE, WIDE, Browser, chromium
from tests.reports.test_page import HOSTILE
from tests.study_files import answers_of, form_file, new_study

STUDY, RATER = "0123456789ab", "r1"
TABLET = (768, 1024)
TITLE = "Do the judges agree with clinicians?"
CASE = "A 44-year-old woman on methadone has fainted twice. Her QTc is 590 ms. Which drug does she need now?"
OPTIONS = {"A": "Amiodarone", "B": "Magnesium sulfate", "C": "Sotalol", "D": "Procainamide"}
FACTS = ["A 44-year-old woman", "on methadone", "fainted twice", "Her QTc is 590 ms"]
RESPONSE = (
    "The QTc of 590 ms after two faints is torsades. Amiodarone prolongs it, so A is out.\n\n"
    "She has a fever. Let me check the drug again: magnesium does not prolong it."
)


PARTS = ("Reasoning", "Conclusion")


def item(text: str = RESPONSE, id: str = "i001", **other: Any) -> dict[str, Any]:
    about = {"question": CASE, "options": OPTIONS, "facts": FACTS}
    about |= {"negated": False, "has_case": True, "truncated": False} | other
    return {"id": id, **about, "sections": [{"heading": "Response", "text": text}] if text else [], "text": text}


def vignettes() -> list[dict[str, Any]]:
    lines = (
        (Path(__file__).parents[2] / "clinical_r1" / "vignettes" / "medqa.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()[:4]
    )
    made = []
    for place, row in enumerate(map(json.loads, lines)):
        texts = [RESPONSE, overlap_answer(row["question"], row["options"], Random(place)).partition("<conclusion>")[0]]
        sections = [{"heading": name, "text": text} for name, text in zip(PARTS, texts, strict=True)]
        one = item(id=f"i{place:03}", question=row["question"], options=row["options"])
        made.append(one | {"sections": sections, "text": "\n\n".join(texts)})
    return made


def form(
    *items: dict[str, Any],
    metrics: tuple[str, ...] = METRIC_NAMES,
    rater: str = RATER,
    notes: Sequence[str] = (),
    **about: Any,
) -> str:
    given = items or (item(),)
    study = {"study": STUDY, "schema": 1, "items": list(given), **about}
    return form_html(study, rater, [one["id"] for one in given], TITLE, metrics, notes=notes)


def keys() -> Any:
    from selenium.webdriver import Keys

    return Keys


class Form:
    """What a rater does with a form in a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.key = keys()

    def press(self, *pressed: str) -> "Form":
        self.browser.keys(*pressed)
        return self

    def holding(self, modifier: str, *pressed: str) -> "Form":
        from selenium.webdriver import ActionChains

        ActionChains(self.browser.driver).key_down(modifier).send_keys(*pressed).key_up(modifier).perform()
        return self

    def down(self, times: int = 1) -> "Form":
        return self.press(*[self.key.ARROW_DOWN] * times)

    def right(self, times: int = 1) -> "Form":
        return self.press(*[self.key.ARROW_RIGHT] * times)

    def more(self, times: int = 1, arrow: str | None = None) -> "Form":
        return self.holding(self.key.SHIFT, *[arrow or self.key.ARROW_RIGHT] * times)

    def mark(self, *choices: str) -> "Form":
        return self.press(*choices, self.key.ENTER)

    def js(self, script: str, *arguments: Any) -> Any:
        return self.browser.js(script, *arguments)

    def text(self, selector: str) -> str:
        return str(self.js("return document.querySelector(arguments[0]).textContent", selector)).strip()

    def click(self, selector: str) -> None:
        self.browser.find(selector)[0].click()

    def until(self, true: Callable[[], Any]) -> Any:
        """What becomes true within two seconds."""
        end = monotonic() + 2
        while not (found := true()):
            assert monotonic() < end, "it does not happen"
            sleep(0.02)
        return found

    def quoted(self) -> str:
        """What is selected, as the bar says it."""
        return self.text("#bar-quote") if self.js("return !document.getElementById('bar').hidden") else ""

    def select(self, start: int, end: int) -> "Form":
        """Select characters as a finger or a mouse does; these count as the browser does, from the start of the box."""
        self.js(
            """
            document.getElementById("response").focus();
            const walk = document.createTreeWalker(document.getElementById("response"), NodeFilter.SHOW_TEXT);
            const at = (left) => { for (let node; (node = walk.nextNode()); left -= node.length) if (left <= node.length) return [node, left]; };
            const first = at(arguments[0]);
            walk.currentNode = walk.root;
            getSelection().setBaseAndExtent(...first, ...at(arguments[1]));
            """,
            start,
            end,
        )
        self.until(self.quoted)
        return self

    def load(self, path: Path) -> str:
        """Load a file; what the form says to it."""
        self.js("document.getElementById('message').hidden = true")
        self.browser.find("#file")[0].send_keys(str(path))
        self.until(lambda: self.js("return !document.getElementById('message').hidden"))
        return self.text("#message div")

    def exported(self) -> dict[str, Any]:
        """The file that would be saved, checked against the format."""
        self.click("#export")
        text = self.js("return document.getElementById('exported-text').value")
        self.click("#leave")
        file = json.loads(text)
        AnswersFile.model_validate(file)
        return dict(file)

    def answer(self, id: str = "i001") -> dict[str, Any]:
        return dict(self.exported()["items"][id])

    def marks(self, name: str, id: str = "i001") -> list[dict[str, Any]]:
        return list(self.answer(id)["marks"][name])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


Open = Callable[..., Form]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Open:
    """Write a form to a file, open it as for the first time and begin."""

    def shown(
        *items: dict[str, Any], size: tuple[int, int] = WIDE, scheme: str = "light", begin: bool = True, **more: Any
    ) -> Form:
        path = tmp_path / "rater.html"
        path.write_text(form(*items, **more), encoding="utf-8")
        browser.media(scheme)
        browser.size(*size, phone=size != WIDE)
        browser.open(path)
        browser.js(
            "try { localStorage.clear() } catch {} Storage.prototype.setItem = () => {}"
        )  # nor does it write again
        browser.open(path)
        one = Form(browser)
        return one.press(one.key.ENTER) if begin else one

    return shown


def troubles(browser: Browser) -> list[str]:
    """All that a form may not do: what it asked for, said and changed."""
    found = [f"console: {message}" for message in browser.console()]
    found += [f"request: {url}" for url in browser.requests() if not url.endswith("/rater.html")]
    found += [f"heard: {path}" for path in browser.heard]
    state = "return [self.hacked ? 'ran' : '', document.title, location.protocol, String(performance.getEntriesByType('resource').length), document.baseURI === location.href ? '' : document.baseURI]"
    state_now = browser.js(state)
    return found + ([] if state_now == ["", f"{TITLE}: {RATER}", "file:", "0", ""] else [f"state: {state_now}"])


# --- Keyboard, keeping, exporting, loading ---------------------------------------------------------------------------
@contextmanager
def opened(path: Path, profile: Path | None = None) -> Iterator[Form]:
    with chromium(profile) as browser:
        browser.size(*WIDE)
        browser.open(path)
        yield Form(browser)


def test_by_keyboard_alone_over_two_days_and_on_to_another_computer(tmp_path: Path) -> None:
    path, profile, downloads = tmp_path / "rater.html", tmp_path / "profile", tmp_path / "downloads"
    path.write_text(form(item(), item(id="i002", text="The answer is B."), item(id="i003", text="")), encoding="utf-8")
    with opened(path, profile) as one:
        one.press(one.key.ENTER, "r")  # start, to the response
        one.down().mark("4").right(2).more(2).mark("2", "A")  # a fact, and a fact used against an option
        one.press("2", "r", one.key.HOME).down().mark("A", "2")  # a rejection
        one.press("3", one.key.HOME, "1").press(one.key.END, one.key.ARROW_UP, one.key.ARROW_UP, "3")  # two claims
        one.press("4", "0", "5", one.key.END, one.key.ARROW_UP, one.key.ENTER, "6", "0", "7", "0")
        one.holding(one.key.CONTROL, one.key.ENTER)
        assert one.text("#item").startswith("Item 2 of 3")
        one.press(*"10203040506070")
        assert one.text("#finished") == "1 of 3 items finished"
        assert troubles(one.browser) == []
    with opened(path, profile) as one:
        assert not one.browser.find("dialog[open]"), "who has begun is not told how to begin"
        assert one.text("#item").startswith("Item 2 of 3"), "where it was left"
        assert one.text("#kept") == "2 items not exported yet"
        one.browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        one.holding(one.key.CONTROL, one.key.ENTER)
        one.press("e", one.key.ENTER)
        file = downloads / f"answers-{STUDY}-{RATER}.json"
        one.until(file.exists)
        one.press(one.key.ESCAPE)
        assert one.text("#kept") == "all exported"
        assert troubles(one.browser) == []
    answers = AnswersFile.model_validate_json(file.read_bytes())
    first, second = answers.items["i001"], answers.items["i002"]
    assert (answers.study, answers.rater, sorted(answers.items)) == (STUDY, RATER, ["i001", "i002"])
    assert [(mark.text, mark.fact, mark.option) for mark in first.marks.cecd] == [
        ("The QTc of 590 ms after two faints is torsades.", 4, None),
        ("prolongs it, so", 2, "A"),
    ]
    assert [(mark.text, mark.option, mark.reason) for mark in first.marks.drc] == [
        ("Amiodarone prolongs it, so A is out.", "A", "medical_fact")
    ]
    assert [(mark.text, mark.label) for mark in first.marks.claims] == [
        ("The", "supported"),
        ("She has a fever.", "invented"),
    ]
    assert [mark.text for mark in first.marks.verification] == [
        "Let me check the drug again: magnesium does not prolong it."
    ]
    assert first.none == ["backtracking", "subgoal_setting", "backward_chaining"]
    assert (first.status, second.status, sorted(second.none)) == ("done", "done", sorted(METRIC_NAMES))
    for name in LISTED:
        for mark in first.marks.of(name):
            assert mark.text == RESPONSE[mark.start : mark.end]
    with opened(path) as one:
        one.press(one.key.ENTER)
        assert "2 items taken" in one.load(file)
        assert one.text("#kept") == "all exported"
        assert one.exported()["items"] == json.loads(file.read_bytes())["items"]
        assert "is here already" in one.load(file)
        assert one.exported()["items"] == json.loads(file.read_bytes())["items"]


def test_arrow_keys_choose_words_and_sentences(show: Open) -> None:
    one = show()
    one.press("r").right()
    assert one.quoted() == "The"
    assert one.js("return String(getSelection())") == "The", "the page selects what the bar says"
    assert one.right(2).quoted() == "of"
    assert one.more(2).quoted() == "of 590 ms"
    assert one.more(1, one.key.ARROW_LEFT).quoted() == "of 590"
    assert one.more(3, one.key.ARROW_LEFT).quoted() == "The QTc of", "past where it began, to the other side"
    assert one.more(2).quoted() == "of", "and back"
    assert one.down().quoted() == "Amiodarone prolongs it, so A is out."
    assert one.more(1, one.key.ARROW_DOWN).quoted() == "Amiodarone prolongs it, so A is out.\n\nShe has a fever."
    assert one.more(6, one.key.ARROW_LEFT).quoted() == "Amiodarone prolongs it, so A is"
    assert one.press(one.key.ARROW_UP).quoted() == "The QTc of 590 ms after two faints is torsades."
    assert one.press(one.key.END).quoted() == "it"
    assert one.right(3).quoted() == "it", "the last word"
    assert one.press(one.key.HOME).quoted() == "The"
    assert one.press(one.key.ESCAPE).quoted() == ""
    assert one.press("n").text("#said") != "", "what was chosen is said to whoever cannot see it"


def test_every_choice_has_a_key(show: Open) -> None:
    one = show(item(facts=[f"fact {number}" for number in range(1, 13)], text=" ".join(["word"] * 60)))
    one.press("r")
    for typed, facts in [
        ("3", [3]),
        ("12", [12]),
        ("1,2", [1, 2]),
        ("55", []),
        ("11,1", [1, 11]),
        ("34", [3, 4]),
        ("10", [10]),
    ]:
        one.right().press(*typed)
        pressed = "return [...document.querySelectorAll('#bar-choices fieldset:first-child [aria-pressed=true] kbd')].map(k => k.textContent)"
        assert one.js(pressed) == [f"F{fact}" for fact in facts], typed
        said = ", ".join(f"F{fact} fact {fact}" for fact in facts) or "Nothing chosen."
        one.until(lambda said=said: one.text("#said") == said)
        one.press(one.key.ESCAPE)
    one.press("3", "r", *"".join(f"{one.key.ARROW_RIGHT}{number}" for number in range(1, 6)))
    assert [mark["label"] for mark in one.marks("claims")] == list(get_args(ClaimMark.model_fields["label"].annotation))
    one.press(
        "2",
        "r",
        *"".join(
            f"{one.key.ARROW_RIGHT}{letter}{number}{one.key.ENTER}"
            for letter, number in zip("abcd", "1234", strict=True)
        ),
    )
    reasons = list(get_args(RejectionMark.model_fields["reason"].annotation))
    assert [(mark["option"], mark["reason"]) for mark in one.marks("drc")] == list(zip("ABCD", reasons, strict=True))


def test_a_mark_can_be_changed_removed_and_had_back(show: Open) -> None:
    one = show()
    one.press("r").down().mark("1").down().mark("2")
    assert one.text("#sum") == "2: 2 facts of 4"
    one.browser.find("#marks li:first-child .row button")[0].click()
    assert one.text("#bar-does") == "Change mark 1"
    one.press("1", "3", "B", one.key.ENTER)
    assert [(mark["fact"], mark["option"]) for mark in one.marks("cecd")] == [(3, "B"), (2, None)]
    one.browser.find("#marks li:first-child .row button")[0].click()
    one.press(one.key.ARROW_RIGHT, one.key.ENTER)
    assert one.marks("cecd")[0]["text"] == "Amiodarone", "the words of a mark can be changed, too"
    one.browser.find("#marks li:first-child .row button")[1].click()
    assert [mark["fact"] for mark in one.marks("cecd")] == [2]
    one.press("z", "z")
    assert [(mark["fact"], mark["text"][:7]) for mark in one.marks("cecd")] == [(3, "The QTc"), (2, "Amiodar")]
    one.press("r", one.key.HOME, one.key.DELETE)
    assert [mark["fact"] for mark in one.marks("cecd")] == [2], "by keyboard: the mark under the cursor"
    one.holding(one.key.CONTROL, "z")
    assert len(one.marks("cecd")) == 2


def test_marks_may_overlap_but_not_say_the_same_twice(show: Open) -> None:
    one = show()
    one.press("r").down().mark("1").press(one.key.HOME).mark("2").press(one.key.HOME).mark("1")
    assert "mark 2 already" in one.text("#bar-problem")
    assert [(mark["text"][:7], mark["fact"]) for mark in one.marks("cecd")] == [("The", 2), ("The QTc", 1)]
    tags = one.js("return [...document.querySelectorAll('#response .tag')].map(tag => tag.dataset.tag)")
    assert tags == ["1 F2", "2 F1"], "words, not only colours, say which mark is what"
    lanes = one.js("return [...document.querySelectorAll('#response mark')].map(mark => mark.className)")
    assert lanes == ["lane-1 lane-2", "lane-2"]
    one.press(one.key.ESCAPE, "2", "r", one.key.HOME).mark("A")
    assert one.text("#bar-problem") == "Choose the option that is rejected, and the reason."
    assert one.text("#sum") == "not answered yet"


def test_counts_follow_from_the_marks(show: Open) -> None:
    one = show()
    one.press("3", "r").right().press("1").right().press("1").right().press("3")
    assert one.text("#sum") == "3: 2 supported, 1 invented finding"
    assert one.text("#tab-claims .count") == "3 marked"
    one.until(lambda: one.text("#said") == "Marked. Claims: 3: 2 supported, 1 invented finding.")
    assert one.browser.find("#none")[0].get_attribute("disabled"), "what has marks is not none"
    one.press("4", "0")
    assert one.answer()["none"] == ["backtracking"]
    one.press("r").right().mark()
    assert one.answer()["none"] == [], "a mark takes it back"


def test_an_item_is_finished_when_every_question_is_answered(show: Open) -> None:
    one = show(item(), item(id="i002"), metrics=("faithfulness", "verification"))
    one.press("1", "0").holding(one.key.CONTROL, one.key.ENTER)
    assert one.text("#missing").startswith("Not answered yet: Verification.")
    assert one.js("return document.querySelector('[aria-selected=true]').id") == "tab-verification"
    one.press("0").holding(one.key.CONTROL, one.key.ENTER)
    assert one.text("#item").startswith("Item 2 of 2")
    assert one.js("return document.activeElement.id") == "item", "the new item is read out"
    one.press("p", "2", "0")
    assert one.answer()["status"] == "open", "what is taken back opens it again"
    one.press("0").holding(one.key.CONTROL, one.key.ENTER)
    one.press("1", "0", "2", "0").holding(one.key.CONTROL, one.key.ENTER)
    assert "All items are finished" in one.text("#message")
    assert one.js("return document.getElementById('progress').value") == 2


def test_an_item_that_cannot_be_judged_needs_a_reason(show: Open) -> None:
    one = show(item(), item(id="i002"))
    one.click("#cannot summary")
    one.click("#aside")
    assert one.text("#missing") == "Say why the item cannot be judged."
    one.press("Not <b>my</b> field")
    one.click("#aside")
    assert one.text("#item").startswith("Item 2 of 2")
    answer = one.answer()
    assert (answer["status"], answer["reason"]) == ("cannot_judge", "Not <b>my</b> field")
    one.press("p")
    assert one.text("#set-aside span") == "Not <b>my</b> field"
    one.click("#set-aside button")
    assert one.answer()["status"] == "open"


def test_notes_are_kept_as_they_are_typed(show: Open) -> None:
    one = show(item(), item(id="i002"))
    one.click("#notes")
    one.press("n 1 e ? <i>")
    assert one.text("#item").startswith("Item 1"), "letters in a note are no commands"
    one.click("#next")
    assert one.js("return document.getElementById('notes').value") == ""
    assert one.answer()["notes"] == "n 1 e ? <i>"


def test_single_keys_can_be_switched_off(show: Open) -> None:
    one = show(item(), item(id="i002"))
    one.press("?")
    one.click("details.keyboard summary")
    one.click("#single")
    one.press(one.key.ESCAPE)
    assert one.press("n").text("#item").startswith("Item 1")
    one.click("#response")
    assert one.right().quoted(), "in the response they go on"


def test_without_facts_no_facts_are_asked_for(show: Open) -> None:
    one = show(item(facts=[], has_case=False, negated=True, truncated=True))
    shown = (
        "return [...document.querySelectorAll('[role=tab]')].filter(tab => tab.offsetWidth).map(tab => tab.dataset.key)"
    )
    assert one.js(shown) == ["drc", "claims", "backtracking", "verification", "subgoal_setting", "backward_chaining"]
    visible_parts = "return ['negated', 'cut', 'inventory'].map(id => document.getElementById(id).offsetHeight > 0)"
    assert one.js(visible_parts) == [True, True, False]
    assert "cecd" not in one.press("1", "0").answer()["marks"]


def test_time_counts_while_something_happens(show: Open) -> None:
    one = show(item(), item(id="i002"))
    sleep(0.5)
    one.press("1", "0")
    first = one.answer()["seconds"]
    assert 0.4 < first < 20
    one.press("n")
    one.js("const now = Date.now; Date.now = () => now() + 3_600_000")
    one.press("1", "0")
    assert one.answer("i002")["seconds"] < 20, "an hour without a sign of life"
    assert one.answer()["seconds"] == first


WORK = """
const now = Date.now; let passed = 0; Date.now = () => now() + passed;
for (let minute = 0; minute < arguments[0]; minute += 0.5) { passed += 30_000; dispatchEvent(new Event('pointermove')); }
passed += 60_000 * (arguments[1] ?? 0);"""


def test_it_says_how_long_the_rest_takes_and_suggests_a_break(show: Open) -> None:
    one = show(
        *(item(id=f"i00{number}") for number in range(1, 6)),
        metrics=("backtracking",),
        notes=["Ask Dr <b>.", "By May."],
    )
    assert one.js("return [...document.querySelectorAll('#guide p')].slice(0, 2).map(p => p.textContent)") == [
        "Ask Dr <b>.",
        "By May.",
    ]
    for minutes in (4, 6, 20):
        assert one.text("#finished").endswith("items finished")
        one.js(WORK, minutes)
        one.press("0").holding(one.key.CONTROL, one.key.ENTER)
    assert one.text("#finished") == "3 of 5 items finished, about 12 min left", "as the median item of three"
    one.js(WORK, 10, 6)
    one.js(WORK, 40)
    assert not one.text("#message div"), "30 minutes and 10, a break, and 40"
    one.js(WORK, 6)
    assert "worked for 45 minutes" in one.text("#message")


# --- Offsets ---------------------------------------------------------------------------------------------------------
ODD = [
    ("a 😀 b 👩🏽‍⚕️ c é d 𝒳𝒴 e", "emoji, joined emoji, an accent of its own, letters beyond 16 bits"),
    ("one\r\ntwo\tthree\rfour\x1b[31m five", "newlines of two systems, a tab, an escape"),
    ("x" + "\u0301" * 30 + " y \u202egnp.exe z", "a tower of accents, a change of direction"),
    ("😀" * 5 + " " + "\ud83d" + " end", "half a character"),
    ("心电图 显示 QT 延长。给予镁。", "words without spaces"),
    ("  \n\n leading and trailing \n ", "white space around it"),
    ("<b>a</b> &amp; <i>b", "what looks like HTML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), ODD, ids=[reason for _, reason in ODD])
def test_offsets_count_as_python_counts(show: Open, text: str, reason: str) -> None:
    one = show(item(text), metrics=("verification",))
    one.press("r")
    for _ in range(40):
        if not (quoted := one.right().quoted()) or one.press(one.key.ENTER).text("#bar-problem"):
            break
        assert one.text("#sum"), quoted
    marks = one.marks("verification")
    assert [mark["text"] for mark in marks] == [text[mark["start"] : mark["end"]] for mark in marks], reason
    letters = [char for char in text if char.isalpha()]
    assert [char for mark in marks for char in mark["text"] if char.isalpha()] == letters, "every word once"


def test_a_selection_cuts_no_character_and_no_sign(show: Open) -> None:
    text = "a 😀😀 b \x1b\r\nx" + "\u0301" * 10
    one = show(item(text), metrics=("verification",))
    shown = escape_controls(text)
    assert one.text("#response") == shown
    units = [len(shown[:at].encode("utf-16-le")) // 2 for at in range(len(shown) + 1)]
    for start, end, cut in [
        (units[2] + 1, units[4], "😀😀"),
        (units[2], units[3] + 1, "😀😀"),
        (units[7], units[8], "\x1b"),
    ]:
        one.select(start, end).press(one.key.ENTER)
        assert one.marks("verification")[0]["text"] == cut
        one.press("z", one.key.ESCAPE)
    inside = shown.index("⟨+") + 2
    one.select(units[inside], units[inside + 2]).press(one.key.ENTER)
    [mark] = one.marks("verification")
    assert (mark["start"], mark["end"], mark["text"]) == (15, 21, "\u0301" * 6), "the sign stands for six accents"


def test_parts_of_a_response_have_headings_that_are_none_of_its_text(show: Open) -> None:
    parts = ["First 😀 part.", "Second part."]
    sections = [{"heading": name, "text": text} for name, text in zip(PARTS, parts, strict=True)]
    one = show(item() | {"sections": sections, "text": "\n\n".join(parts)}, metrics=("verification",))
    assert one.js("return [...document.querySelectorAll('.heading')].map(e => e.textContent)") == list(PARTS)
    one.press("r", one.key.END, one.key.ENTER).press(one.key.HOME).more(1, one.key.ARROW_DOWN).more(2)
    assert one.quoted() == "First 😀 part.\n\nSecond part"
    one.press(one.key.ESCAPE, "r", one.key.HOME).more(4).more(1, one.key.ARROW_LEFT).press(one.key.ENTER)
    assert [(mark["text"], mark["start"], mark["end"]) for mark in one.marks("verification")] == [
        ("First 😀 part.\n\nSecond", 0, 21),
        ("part", 22, 26),
    ]


def test_marks_by_mouse(show: Open) -> None:
    from selenium.webdriver import ActionChains

    one = show()
    place = """
    const node = document.createTreeWalker(document.getElementById('response'), NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
    range.setStart(node, arguments[0]); range.setEnd(node, arguments[0] + 1);
    const box = range.getBoundingClientRect();
    return [Math.round(box.left), Math.round(box.top + box.height / 2)];"""
    first, last = one.js(place, RESPONSE.index("QTc")), one.js(place, RESPONSE.index(" after"))
    drag = ActionChains(one.browser.driver)
    drag.w3c_actions.pointer_action.move_to_location(*first).pointer_down().move_to_location(*last).pointer_up()
    drag.perform()
    one.until(lambda: one.quoted() == "QTc of 590 ms")
    for chosen in ("F4", "B"):
        one.js(
            "[...document.querySelectorAll('#bar-choices button')].find(b => b.querySelector('kbd').textContent === arguments[0]).click()",
            chosen,
        )
    one.click("#mark")
    assert one.marks("cecd") == [{"start": 4, "end": 17, "text": "QTc of 590 ms", "fact": 4, "option": "B"}]
    one.click("#response mark")
    assert one.text("#bar-does") == "Change mark 1", "a click on a mark opens it"
    one.click("#cancel")
    assert one.quoted() == ""


MOUSE = """
const walk = document.createTreeWalker(document.getElementById('response'), NodeFilter.SHOW_TEXT);
let [at, end] = arguments;
for (let node; (node = walk.nextNode());) {
  if (node.parentElement.matches('.heading')) continue;
  if (end ? at > node.length : at >= node.length) { at -= node.length; continue; }
  const range = document.createRange();
  range.setStart(node, end ? at - 1 : at); range.setEnd(node, end ? at : at + 1);
  const box = range.getBoundingClientRect();
  return [Math.round(end ? box.right : box.left), Math.round(box.top + box.height / 2)];
}"""


class Mouse:
    """A rater with a mouse alone; a click, a double click and a drag are an action each."""

    def __init__(self, one: Form, text: str) -> None:
        self.one, self.text, self.actions = one, text, 0

    def click(self, selector: str, said: str = "") -> None:
        self.actions += 1
        next(part for part in self.one.browser.find(selector) if said in part.text).click()

    def _pointer(self) -> Any:
        from selenium.webdriver import ActionChains

        self.actions += 1
        chain = ActionChains(self.one.browser.driver)
        return chain, chain.w3c_actions.pointer_action

    def drag(self, words: str) -> None:
        start = self.text.index(words)
        chain, pointer = self._pointer()
        pointer.move_to_location(*self.one.js(MOUSE, start, False)).pointer_down()
        pointer.move_to_location(*self.one.js(MOUSE, start + len(words), True)).pointer_up()
        chain.perform()
        self.one.until(lambda: self.one.quoted() == words)

    def double(self, word: str) -> None:
        chain, pointer = self._pointer()
        pointer.move_to_location(*self.one.js(MOUSE, self.text.index(word) + 1, False))
        pointer.pointer_down().pointer_up().pointer_down().pointer_up()
        chain.perform()


BRIEF = (
    "This 44-year-old woman on methadone has fainted twice, and her QTc of 590 ms means torsades. Amiodarone prolongs "
    "the QTc further, so A is out. She has a family history of sudden death. Magnesium sulfate is first-line for "
    r"torsades, whatever the magnesium level may be. So the answer is \boxed{B}."
)
"""50 words that name four facts, reject an option and make four claims, of which one is invented."""


def test_a_mouse_needs_few_actions(show: Open) -> None:
    one = show(item(BRIEF), item(id="i002"), metrics=("cecd", "drc", "hallucination"), begin=False)
    mouse = Mouse(one, BRIEF)
    mouse.click("#begin")
    mouse.drag(BRIEF[: BRIEF.index(" means")])
    mouse.click("#mark")
    assert [(mark["text"], mark["fact"]) for mark in one.marks("cecd")] == [
        ("44-year-old woman", 1),
        ("methadone", 2),
        ("fainted twice", 3),
        ("QTc of 590 ms", 4),
    ]
    mouse.click("#tab-drc")
    mouse.drag("Amiodarone prolongs the QTc further, so A is out")
    mouse.click("#bar-choices button", "true medical fact")
    assert [(mark["option"], mark["reason"]) for mark in one.marks("drc")] == [("A", "medical_fact")]
    mouse.click("#tab-claims")
    for word in ("torsades", "Amiodarone", "Magnesium"):
        mouse.double(word)
    mouse.drag("She has a family history of sudden death")
    mouse.click("#bar-choices button", "invented")
    assert [mark["label"] for mark in one.marks("claims")] == ["supported", "supported", "invented", "supported"]
    mouse.click("#finish")
    assert one.text("#item").startswith("Item 2 of 2")
    assert mouse.actions == 13, "28 before words proposed what they name; the first of them comes once per form"


ASKS = {"claims": "all", "harm": True, "accept": True}


def test_harm_and_acceptance_have_a_key_each(show: Open) -> None:
    one = show(item(), item(id="i002"), metrics=("hallucination",), asked=ASKS)
    one.press("r", one.key.HOME, "1")
    assert one.text("#sum") == "1: 1 supported", "what is right has no harm"
    for label, harm in (("2", "n"), ("3", "2"), ("4", "s")):
        one.right().press(label)
        assert one.quoted(), "a wrong claim is marked once its harm is said"
        one.press(one.key.ENTER)
        assert one.text("#bar-problem") == "Say how much harm it could do."
        one.press(harm)
        assert not one.quoted()
    assert [(mark["label"], mark.get("harm")) for mark in one.marks("claims")] == [
        ("supported", None), ("contradicts", "none"), ("invented", "mild"), ("medically_false", "serious")
    ]  # fmt: skip
    assert one.text("#marks li:nth-child(3) .what") == "invented finding, harm: mild"
    one.holding(one.key.CONTROL, one.key.ENTER)
    assert one.text("#missing") == "Not answered yet: whether you would accept the reasoning."
    assert one.js("return document.activeElement.name") == "accept"
    one.press("4")
    assert one.answer()["accept"] == 4
    one.holding(one.key.CONTROL, "z")
    assert one.answer()["accept"] is None
    one.press("r", "w", "2")
    assert one.js("return document.querySelector('#accept input:checked').value") == "2"
    one.press("1")
    assert one.js("return document.querySelector('#accept input:checked').value") == "2", "a digit later is a question"
    one.holding(one.key.CONTROL, one.key.ENTER)
    assert one.text("#item").startswith("Item 2 of 2")
    assert not one.js("return [...document.querySelectorAll('#accept input')].some(i => i.checked)")
    one.press("p")
    assert one.js("return document.querySelector('#accept input:checked').value") == "2"
    one.browser.find("#marks li:nth-child(2) .row button")[0].click()
    one.browser.find('#bar-choices [aria-label="invented finding, harm: serious"]')[0].click()
    assert [mark.get("harm") for mark in one.marks("claims")] == [None, "serious", "mild", "serious"]


def test_where_errors_alone_are_asked_for_nothing_else_is_offered(show: Open) -> None:
    one = show(
        item(BRIEF),
        item(id="i002"),
        metrics=("cecd", "drc", "hallucination"),
        asked=ASKS | {"claims": "errors"},
        begin=False,
    )
    mouse = Mouse(one, BRIEF)
    mouse.click("#begin")
    for word in ("woman", "methadone", "fainted", "590"):
        mouse.double(word)
    mouse.click("#tab-drc")
    mouse.drag("Amiodarone prolongs the QTc further, so A is out")
    mouse.click("#bar-choices button", "true medical fact")
    mouse.click("#tab-claims")
    assert one.text("#asks") == "Which clinical statements are wrong?"
    mouse.double("history")
    one.until(lambda: one.quoted() == "She has a family history of sudden death.")
    offered = one.js(
        "return [...document.querySelectorAll('#bar-choices button')].map(b => b.ariaLabel ?? b.textContent)"
    )
    assert not any("supported" in said or "checked" in said for said in offered)
    mouse.click('#bar-choices [aria-label="invented finding, harm: mild"]')
    mouse.click("#accept label", "2")
    assert one.text("#item").startswith("Item 2 of 2"), "the last answer finishes the item"
    assert one.marks("claims")[0]["harm"] == "mild"
    assert mouse.actions == 12
    one.press("z")
    assert (one.text("#item")[:11], one.answer()["status"], one.answer()["accept"]) == ("Item 1 of 2", "open", 2)
    mouse.click("#accept label", "3")
    assert one.text("#item").startswith("Item 2 of 2")
    one.press("p")
    mouse.click("#accept label", "4")
    assert (one.text("#item")[:11], one.answer()["status"], one.answer()["accept"]) == ("Item 1 of 2", "done", 4)
    one.press("z", "z", "w", one.key.ARROW_DOWN)
    arrow = (one.text("#item")[:11], one.answer()["status"], one.answer()["accept"])
    assert arrow == ("Item 1 of 2", "open", 4), "arrow keys pass over answers, which finishes nothing"


def test_facts_of_several_sentences_are_marked_where_they_were_selected(show: Open) -> None:
    text = "She is on methadone. Her QTc is 590 ms. It is not that of methadone and of a QTc of 590 ms."
    one = show(item(text), metrics=("cecd",))
    one.select(0, text.index(" It is"))
    one.until(lambda: one.quoted().endswith("ms."))
    one.press(one.key.ENTER)
    assert {mark["text"] for mark in one.marks("cecd")} == {text[: text.index(" It is")]}, "nobody looked for each"
    one.select(text.index("that of"), len(text) - 1)
    one.until(lambda: one.quoted().startswith("that"))
    one.press("2", ",", "4", one.key.ENTER)
    assert [(mark["text"], mark["fact"]) for mark in one.marks("cecd")[2:]] == [("methadone", 2), ("QTc of 590 ms", 4)]


def test_practice_is_answered_to_and_is_not_counted(show: Open, tmp_path: Path) -> None:
    metrics = ("cecd", "drc", "hallucination")
    one = show(item(), item(id="i002"), metrics=metrics, asked=ASKS | {"practice": 2}, begin=False)
    text = "\n\n".join(practice_items()[0].response)
    mouse = Mouse(one, text)
    mouse.click("#begin")
    assert one.text("#item") == "Practice 1 of 2"
    assert one.text("#finished") == "0 of 2 items finished"
    mouse.double("aVF")
    mouse.double("crushing")
    assert one.text("#sum") == "2: 2 facts of 5"
    mouse.click("#tab-drc")
    mouse.drag("Pericarditis is unlikely because she has no fever")
    mouse.click("#bar-choices button", "no reason")
    mouse.click("#tab-claims")
    mouse.double("inferior")
    mouse.drag("She also smokes")
    mouse.click('#bar-choices [aria-label="invented finding, harm: mild"]')
    mouse.drag("Pulmonary embolism is simply wrong")
    mouse.click('#bar-choices [aria-label="medically false, harm: none"]')
    one.holding(one.key.CONTROL, one.key.ENTER)
    told = one.text("#feedback-says")
    assert "Case facts: you marked 2 of 3.“no fever” names F3 (afebrile)." in told
    assert "Rejections: you marked 0 of 2." in told
    assert "is option A rejected: case fact; you said option A rejected: no reason" in told
    assert "Claims: you marked 2 of 2.“Pulmonary embolism is simply wrong” is not medically false" in told
    one.click("#onward")
    assert one.text("#item") == "Practice 2 of 2"
    one.press("1", "0", "2", "0", "3", "0").holding(one.key.CONTROL, one.key.ENTER)
    assert "you marked 0 of 3" in one.text("#feedback-says")
    one.click("#onward")
    assert one.text("#item").startswith("Item 1 of 2")
    assert one.exported()["items"] == {}
    assert one.text("#kept") == "nothing to export yet"
    assert not one.js("return dispatchEvent(new Event('beforeunload', {cancelable: true})) === false")
    one.press("1", "0", "2", "0", "3", "0", "w", "3")
    assert list(one.exported()["items"]) == ["i001"]
    one.press("p", "p")
    one.click("#skip-practice")
    assert one.text("#item").startswith("Item 1 of 2")
    file = tmp_path / "practice.json"
    file.write_text(json.dumps(answers(**{"practice 1": answer()})), encoding="utf-8")
    assert "Item practice 1 is not one of this form" in one.load(file)


def test_who_has_begun_does_not_practise_again(tmp_path: Path) -> None:
    path, profile = tmp_path / "rater.html", tmp_path / "profile"
    path.write_text(form(item(), asked={"practice": 2}), encoding="utf-8")
    with opened(path, profile) as one:
        one.press(one.key.ENTER)
        one.click("#skip-practice")
        one.press("1", "0")
    with opened(path, profile) as one:
        assert one.text("#item").startswith("Item 1 of 1")
        assert one.answer()["none"] == ["cecd"]


def test_what_there_is_to_practise_with_is_where_it_says() -> None:
    for number, one in enumerate(practice_items()):
        shown = one.item(f"p{number}")
        assert set(one.marks) <= set(LISTED)
        for name, marks in one.truth(tuple(LISTED), get_args(ClaimMark.model_fields["label"].annotation)).items():
            for mark in marks:
                assert shown.text.count(mark["text"]) == 1, mark["text"]
                assert shown.text[mark["start"] : mark["end"]] == mark["text"]
                assert mark.get("fact", 1) <= len(shown.facts)
                assert mark.get("option", "A") in shown.options
                assert (name, "label" in mark) != ("claims", False)
    every = {name for one in practice_items() for name in one.marks}
    assert every == set(LISTED), "there is something of each kind"


PROPOSED = [
    ("QTc of 590 ms", [4], "the value and what it is of"),
    ("QTc of 490 ms", [], "another value is another finding"),
    ("a long QTc", [4], "no value at all"),
    ("woman of 44 on methadone", [1, 2], "two facts"),
    ("never fainted", [], "a denial"),
    ("a fever", [], "nothing that the case has"),
]


def test_selected_words_propose_the_facts_they_name(show: Open) -> None:
    text = " | ".join(words for words, *_ in PROPOSED)
    one = show(item(text), metrics=("cecd",))
    chosen = "return [...document.querySelectorAll('#bar-choices fieldset:first-child [aria-pressed=true] kbd')].map(k => k.textContent)"
    for words, facts, reason in PROPOSED:
        one.select(text.index(words), text.index(words) + len(words))
        one.until(lambda words=words: one.quoted() == words)
        assert one.js(chosen) == [f"F{fact}" for fact in facts], reason
        pressed = (
            "return [...document.querySelectorAll('#facts [aria-pressed=true]')].map(b => b.textContent.slice(0, 2))"
        )
        assert one.js(pressed) == [f"F{fact}" for fact in facts], "in the list beside the response, too"
        one.press(one.key.ESCAPE)
    one.select(0, len("QTc of 590 ms")).press("4", one.key.ENTER)
    assert [mark["fact"] for mark in one.marks("cecd")] == [4], "its key chooses it and does not take it back"
    one.select(text.index("woman"), text.index("woman") + len("woman of 44 on methadone"))
    one.until(lambda: one.quoted().startswith("woman"))
    one.press("2", one.key.ENTER)
    assert [mark["fact"] for mark in one.marks("cecd")] == [4, 2], "a choice takes the place of what was proposed"
    one.select(text.index("a fever"), text.index("a fever") + 7)
    one.until(lambda: one.quoted() == "a fever")
    one.browser.find("#facts button")[2].click()
    assert [mark["fact"] for mark in one.marks("cecd")] == [4, 2, 3], "a fact of the list marks at once"


def test_facts_stand_beside_the_response_and_light_up_in_the_case(show: Open) -> None:
    one = show(item(facts=[*FACTS, *(f"a finding called number {n}" for n in range(20))]))
    one.press("r").down()
    boxes = "return ['inventory', 'response', 'bar'].map(id => document.getElementById(id).getBoundingClientRect().toJSON())"
    facts, response, bar = one.js(boxes)
    assert facts["right"] <= response["left"]
    assert facts["bottom"] <= WIDE[1] + 1
    assert facts["right"] <= bar["left"], "what is chosen from is not covered"
    lit = "return [...CSS.highlights.get('fact')].map(String)"
    assert one.js(lit) == []
    one.js("document.querySelectorAll('#facts button')[3].focus()")
    assert one.js(lit) == ["Her QTc is 590 ms"]
    one.js("document.getElementById('response').focus()")
    assert one.js(lit) == []


def test_a_box_is_shown_as_an_answer(show: Open) -> None:
    text = r"It fits. So \boxed{C}. The answer is $\boxed{\text{B}}$ and \boxed{<b>x} \boxed{a\b}"
    one = show(item(text), metrics=("verification",))
    assert one.text("#response") == r"It fits. So Answer: C. The answer is B and Answer: <b>x \boxed{a\b}"
    one.press("r", one.key.HOME).right(3)
    assert one.quoted() == "Answer: C"
    one.press(one.key.ENTER)
    [mark] = one.marks("verification")
    assert mark["text"] == r"\boxed{C}" == text[mark["start"] : mark["end"]]


def test_marks_by_touch(show: Open) -> None:
    one = show(size=TABLET)
    one.press("3").select(4, 17)
    box = one.js(
        "const b = document.querySelector('#bar-choices button').getBoundingClientRect(); return [b.left + 9, b.top + 9]"
    )
    touch = [{"x": box[0], "y": box[1]}]
    one.browser.devtools("Emulation.setTouchEmulationEnabled", enabled=True)
    one.browser.devtools("Input.dispatchTouchEvent", type="touchStart", touchPoints=touch)
    one.browser.devtools("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    one.browser.devtools("Emulation.setTouchEmulationEnabled", enabled=False)
    one.until(lambda: one.text("#tab-claims .count") == "1 marked")
    assert one.marks("claims") == [{"start": 4, "end": 17, "text": "QTc of 590 ms", "label": "supported"}]


# --- Text by strangers -----------------------------------------------------------------------------------------------
@pytest.mark.sampled(6)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_item_is_text(show: Open, browser: Browser, text: str) -> None:
    hostile = item(text, question=text, options={"A": text, "B": text}, facts=[text, "a fact"])
    one = show(hostile, item(id="i002"))
    response = one.js("return document.getElementById('response').textContent")
    assert response == escape_controls(text)
    assert one.js("return document.getElementById('stem').textContent") == escape_controls(text)
    assert one.js("return document.getElementById('response').querySelectorAll('*:not(.sign)').length") == 0
    for size in (WIDE, TABLET, PHONE):
        browser.size(*size, phone=size != WIDE)
        assert one.js("return document.documentElement.scrollWidth <= innerWidth"), size
    browser.size(*WIDE)
    if text.strip():
        one.press("r").right().mark("1", "A").press("n", "p")
        [mark] = one.marks("cecd")
        assert mark["text"] == text[mark["start"] : mark["end"]]
        assert one.js("return document.querySelector('#marks q').children.length") == 0
    assert one.js("return document.querySelectorAll('iframe, img, object, embed, link, base, form').length") == 0
    assert troubles(browser) == []


def test_a_form_lets_nothing_in(show: Open, browser: Browser) -> None:
    one = show()
    one.js("document.body.append(Object.assign(document.createElement('script'), {textContent: 'self.hacked = 1'}))")
    one.js("document.body.append(Object.assign(new Image(), {src: 'http://example.invalid/x.png'}))")
    one.js("fetch('http://example.invalid/x').catch(() => 0)")
    sleep(0.2)
    assert one.js("return self.hacked || 0") == 0
    assert browser.heard == []


# --- Keeping ---------------------------------------------------------------------------------------------------------
BROKEN = [
    ("Object.defineProperty(self, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})", "does not keep your answers", "a private window"),
    ("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }", "no room left", "a full disk"),
]  # fmt: skip


@contextmanager
def at_first(browser: Browser, script: str) -> Iterator[None]:
    """Runs a script in every page before the page's own."""
    added = browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=script)
    try:
        yield
    finally:
        browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])


@pytest.mark.parametrize(("script", "warning", "reason"), BROKEN, ids=[reason for *_, reason in BROKEN])
def test_without_storage_it_says_so_and_works(
    show: Open, browser: Browser, script: str, warning: str, reason: str
) -> None:
    with at_first(browser, script):
        one = show()
        one.press("1", "0")
        one.until(lambda: warning in one.text("#trouble"))
        assert browser.find("#trouble")[0].is_displayed()
        assert one.answer()["none"] == ["cecd"]
        assert troubles(browser) == []


def test_it_asks_before_unexported_answers_are_left(show: Open) -> None:
    one = show()
    asks = "return !dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert one.js(asks) is False
    one.press("1", "0")
    assert one.js(asks) is True
    one.click("#export")
    one.js("HTMLAnchorElement.prototype.click = () => {}")
    one.click("#download")
    one.click("#leave")
    assert one.js(asks) is False
    one.press("2", "0")
    assert one.js(asks) is True


def test_without_downloads_the_text_can_be_copied(show: Open, browser: Browser) -> None:
    one = show()
    one.press("1", "0")
    one.js("Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false")
    one.click("#export")
    one.click("#copy")
    one.until(lambda: "copy it yourself" in one.text("#exported-says"))
    box = "const box = document.getElementById('exported-text'); return box.value.slice(box.selectionStart, box.selectionEnd)"
    assert AnswersFile.model_validate_json(one.js(box)).items["i001"].none == ["cecd"]
    one.js("document.execCommand = () => true")
    one.click("#copy")
    one.until(lambda: "Copied" in one.text("#exported-says"))
    one.click("#leave")
    assert one.text("#kept") == "all exported"


@pytest.mark.parametrize("told", [True, False], ids=["told of it", "not told of it"])
def test_two_windows_of_one_form_do_not_undo_each_other(show: Open, browser: Browser, told: bool) -> None:
    deaf = "addEventListener('storage', event => event.stopImmediatePropagation())"
    with at_first(browser, "" if told else deaf):
        one = show(item(), item(id="i002"))
    first, address = browser.driver.current_window_handle, browser.driver.current_url
    browser.driver.switch_to.new_window("tab")
    try:
        browser.driver.get(address)
        one.press(one.key.ENTER, "n", "1", "0")
        one.until(lambda: "i002" in one.js("return Object.values(localStorage).join()"))
    finally:
        browser.driver.close()
        browser.driver.switch_to.window(first)
    if told:
        one.until(lambda: one.text("#kept") == "1 item not exported yet")
    one.press("2", "0")
    assert {id: answer["none"] for id, answer in one.exported()["items"].items()} == {"i001": ["drc"], "i002": ["cecd"]}


def test_what_was_kept_and_cannot_be_read_is_set_aside(show: Open, browser: Browser) -> None:
    one = show()
    one.js(
        "localStorage.setItem(arguments[0], '{broken'); Storage.prototype.setItem = () => {}",
        f"clinical-r1:{STUDY}:{RATER}",
    )
    browser.driver.refresh()
    assert "set aside" in one.text("#message")
    assert one.js("return localStorage.getItem(arguments[0])", f"clinical-r1:{STUDY}:{RATER}:damaged") == "{broken"


# --- A whole study ---------------------------------------------------------------------------------------------------
def test_what_a_form_of_a_study_exports_is_imported(browser: Browser, tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", raters=2)
    path = tmp_path / "rater.html"
    path.write_bytes((study.path / "forms" / "rater-r1.html").read_bytes())
    browser.size(*WIDE)
    browser.open(path)
    one = Form(browser).press(keys().ENTER)
    given = answers_of(study, "r1")
    assert f"{len(given.items)} items taken" in one.load(form_file(tmp_path / "given.json", given))
    one.click("#notes")
    one.press("seen")
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(one.exported()), encoding="utf-8")
    done = import_files(study.path, [file])
    assert (done.rejected, len(done.written)) == ({}, 1)
    assert import_files(study.path, [file]).written == []
    kept = read_folder(study.path).answers["r1"].items
    assert {id: answer.marks for id, answer in kept.items()} == {id: answer.marks for id, answer in given.items.items()}
    assert [id for id, answer in kept.items() if answer.notes == "seen"] == study.protocol.orders["r1"][:1]


# --- Loading ---------------------------------------------------------------------------------------------------------
def answers(**items: dict[str, Any]) -> dict[str, Any]:
    return {"study": STUDY, "schema": 1, "rater": RATER, "exported": "2026-01-02T00:00:00Z", "items": items}


def answer(**other: Any) -> dict[str, Any]:
    return {"status": "open", "reason": "", "notes": "", "marks": {}, "none": [], "seconds": 3, **other}


def cited(**other: Any) -> dict[str, Any]:
    return answer(marks={"cecd": [{"start": 4, "end": 7, "text": "QTc", "fact": 4, "option": None} | other]})


REFUSED = [
    (answers(i001=answer()) | {"study": "another"}, "another study", "another study"),
    (answers(i001=answer()) | {"rater": "r2"}, "answers of rater r2", "another rater"),
    (answers(i001=answer()) | {"schema": 2}, "version 2", "a later format"),
    (answers(i001=answer()) | {"exported": "yesterday"}, "does not say when", "no time"),
    (answers(i009=answer()), "Item i009 is not one of this form", "an unknown item"),
    (answers(i001=cited(text="QTC")), "mark 1 of cecd does not fit", "words that do not stand there"),
    (answers(i001=cited(end=8)), "mark 1 of cecd", "another end"),
    (answers(i001=cited(start=-3)), "mark 1 of cecd", "before the beginning"),
    (answers(i001=cited(start=4.5)), "mark 1 of cecd", "half a character"),
    (answers(i001=cited(fact=5)), "mark 1 of cecd", "a fact that there is not"),
    (answers(i001=cited(option="E")), "mark 1 of cecd", "an option that there is not"),
    (answers(i001=answer(none=["style"])), "metrics without an instance", "a metric that there is not"),
    (answers(i001=answer(status="toString")), "status toString", "a state that there is not"),
    (answers(i001=answer(marks={"style": [{}]})), "not asked here", "a list that there is not"),
    (answers(i001=answer(), i002=answer(notes=7)), "Item i002: notes", "one bad item of two"),
    ("{", "not a file of answers", "half a file"),
    ("", "not a file of answers", "an empty file"),
    ("[]", "does not hold answers", "a list"),
    ("<html>", "not a file of answers", "another kind of file"),
]  # fmt: skip


@pytest.mark.sampled(7)
@pytest.mark.parametrize(("file", "problem", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED])
def test_a_file_that_does_not_fit_changes_nothing(
    show: Open, tmp_path: Path, file: Any, problem: str, reason: str
) -> None:
    one = show(item(), item(id="i002"))
    one.press("2", "0")
    before = one.exported()["items"]
    path = tmp_path / "answers.json"
    path.write_text(file if isinstance(file, str) else json.dumps(file), encoding="utf-8")
    said = one.load(path)
    assert "was not loaded; nothing has changed" in said
    assert problem in said
    assert one.exported()["items"] == before


def test_of_two_answers_the_newer_one_stays(show: Open, tmp_path: Path) -> None:
    one = show(item(), item(id="i002"), item(id="i003"))
    one.press("2", "0", "n", "2", "0")
    mine = one.exported()["items"]
    moment = datetime.fromisoformat(mine["i001"]["exported"])
    older, newer = ((moment + timedelta(hours=hours)).isoformat() for hours in (-1, 1))
    path = tmp_path / "answers.json"
    theirs = {
        id: answer(notes="theirs", exported=time) for id, time in (("i001", older), ("i002", newer), ("i003", older))
    }
    path.write_text("\ufeff" + json.dumps(answers(**theirs)), encoding="utf-8")
    said = one.load(path)
    assert "2 items taken" in said
    assert "1 item is newer here" in said
    after = one.exported()["items"]
    assert after["i001"] == mine["i001"]
    assert [after[id]["notes"] for id in ("i002", "i003")] == ["theirs", "theirs"]
    one.press("1", "0")
    assert one.answer("i002")["exported"] > newer, "a change is newer than what it changes, whatever the clock says"


# --- For everybody ---------------------------------------------------------------------------------------------------
SMALL = """
const boxes = [...document.querySelectorAll('button, select, textarea, summary, label.check, [role=tab]')].filter(e => e.checkVisibility());
return boxes.filter(e => { const b = e.getBoundingClientRect(); return b.height < 43.9 || b.width < 43.9; }).map(e => e.outerHTML.slice(0, 90));"""
UNSEEN_RIGHT = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.mark.parametrize("size", [TABLET, (1024, 768), PHONE, (360, 640)], ids=str)
def test_on_a_tablet_and_a_phone(show: Open, size: tuple[int, int]) -> None:
    one = show(*vignettes(), size=size, begin=False, asked=ASKS)
    assert one.js(SMALL) == []
    one.press(one.key.ENTER, "r")
    where = "return [getSelection().getRangeAt(0), document.getElementById('bar'), document.querySelector('.ask')].map(e => e.getBoundingClientRect().toJSON())"
    sticky = one.js("return getComputedStyle(document.querySelector('.ask')).position") == "sticky"
    for question in "123":
        one.press(one.key.ESCAPE, question)
        for place in (one.key.END, one.key.HOME, one.key.ARROW_DOWN):
            one.press(place)
            assert one.js(UNSEEN_RIGHT)
            chosen, bar, tabs = one.js(where)
            assert chosen["bottom"] <= bar["top"], "the bar covers what is selected"
            assert chosen["top"] >= (tabs["bottom"] if sticky else 0)
            assert bar["bottom"] <= size[1] + 1
        assert one.js(SMALL) == []
        one.press("1", "A", one.key.ENTER)
    one.js("for (const details of document.querySelectorAll('details')) details.open = true")
    assert one.js(UNSEEN_RIGHT)
    assert one.js(SMALL) == []


def test_at_twice_the_size(show: Open, browser: Browser) -> None:
    one = show(*vignettes())
    browser.size(WIDE[0] // 2, WIDE[1] // 2)
    one.press("r").down().press("1")
    assert one.js(UNSEEN_RIGHT)
    assert browser.find("#mark")[0].is_displayed()
    one.press(one.key.ENTER)
    assert one.text("#sum").startswith("1:")


CONTRAST = """
const number = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
const behind = (e) => { for (; e; e = e.parentElement) { const c = number(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } };
const found = [];
for (const e of document.querySelectorAll('body *')) {
  const says = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches('.tag, textarea, select');
  if (!says || !e.checkVisibility() || e.closest('.unseen, .skip, script, :disabled, .check:has(:disabled)')) continue;
  const [one, other] = [light(number(getComputedStyle(e).color)), light(behind(e) ?? [255, 255, 255])].sort((a, b) => b - a);
  const ratio = (one + .05) / (other + .05);
  if (ratio < 4.5) found.push(`${e.outerHTML.slice(0, 60)} ${ratio.toFixed(2)}`);
}
return found;"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(show: Open, browser: Browser, scheme: str) -> None:
    one = show(
        *(item("A \x1b sign. " + RESPONSE + r" \boxed{B}", negated=True, truncated=True), item(id="i002")),
        **{"scheme": scheme, "begin": False, "asked": ASKS | {"practice": 1}},
    )
    assert one.js(CONTRAST) == []
    one.press(one.key.ENTER)
    assert one.js(CONTRAST) == []
    one.click("#skip-practice")
    one.press("r").down().mark("1").down().press("2", "A")
    one.js("for (const details of document.querySelectorAll('details')) details.open = true")
    one.js(
        "for (const id of ['trouble', 'message', 'set-aside']) { document.getElementById(id).hidden = false; document.getElementById(id).append('words'); }"
    )
    assert one.js(CONTRAST) == []
    ground = one.js("return getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_everything_has_a_name_and_a_place_in_the_order(show: Open, browser: Browser) -> None:
    one = show(item(), item(id="i002"))
    one.press("r").down().mark("1").down()
    browser.devtools("Accessibility.enable")
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    controls = [
        node
        for node in nodes
        if not node["ignored"]
        and any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", []))
    ]
    named = {
        (node["role"]["value"], node["name"]["value"].strip())
        for node in controls
        if node["role"]["value"] != "RootWebArea"
    }
    assert len(named) > 20
    assert [role for role, name in named if not name] == []
    assert ("textbox", "Response") in named
    assert ("button", "Export") in named, "its key is not part of its name"
    one.press(one.key.ESCAPE)
    one.js("document.activeElement.blur(); getSelection().removeAllRanges(); document.querySelector('.skip').focus()")
    order = []
    for _ in range(40):
        focus = "const e = document.activeElement, s = getComputedStyle(e); return [e.id || e.className || e.tagName + ' ' + e.textContent.slice(0, 12), s.outlineStyle, e.getBoundingClientRect().height > 0]"
        name, outline, seen = one.js(focus)
        if name.startswith("BODY") or name in order:
            break
        assert (outline, seen) == ("solid", True), name
        order.append(name)
        one.press(one.key.TAB)
    wanted = [
        "skip",
        "export",
        "load",
        "undo",
        "help",
        "jump",
        "next",
        "unfinished",
        "tab-cecd",
        "response",
        "quote",
        "notes",
        "finish",
    ]
    assert [name for name in order if name in wanted] == wanted


def test_questions_are_tabs(show: Open) -> None:
    one = show()
    one.js("document.getElementById('tab-cecd').focus()")
    one.right()
    assert one.js("return document.activeElement.id") == "tab-drc"
    one.press(one.key.ARROW_LEFT, one.key.ARROW_LEFT)
    assert one.js("return [document.activeElement.id, document.activeElement.tabIndex]") == ["tab-backward_chaining", 0]
    assert one.text("#asks") == "Where does the response test what a stated candidate predicts?"
    assert one.js(
        "return [...document.querySelectorAll('.rule')].filter(rule => !rule.hidden).map(rule => rule.dataset.key)"
    ) == ["backward_chaining"]


# --- Without a browser -----------------------------------------------------------------------------------------------
def test_the_same_study_is_the_same_text() -> None:
    assert form(*vignettes()) == form(*vignettes())
    assert form(rater="r2") != form()


def test_nothing_of_an_item_is_markup_in_the_file() -> None:
    hostile = "</script><script>alert(1)</script><!-- &lt; \u2028"
    text = form(item(hostile, question=hostile))
    assert text.count("<script") == 2
    assert "alert(1)</script>" not in text
    assert "<!--" not in text.removeprefix("<!doctype html>")
    assert "\u2028" not in text


def test_names_are_text_too() -> None:
    text = form_html({"study": STUDY, "items": [item()]}, '"><script>1', ["i001"], "</title><script>1", METRIC_NAMES)
    assert text.count("<script") == 2
    assert "</title><" not in text.replace("</title>\n", "")


def test_only_the_items_of_a_rater_are_in_the_form() -> None:
    study = {"study": STUDY, "items": [item(), item(id="i002", text="SECRET")]}
    assert "SECRET" not in form_html(study, RATER, ["i001"], TITLE, METRIC_NAMES)
    with pytest.raises(ValueError, match="no item is called i003"):
        form_html(study, RATER, ["i003"], TITLE, METRIC_NAMES)


def test_a_text_is_that_of_its_sections() -> None:
    with pytest.raises(ValueError, match="i001: its text is not that of its sections"):
        form(item() | {"text": "Something else."})


def test_raters_read_the_rubric_of_the_judge() -> None:
    asked = questions(METRIC_NAMES)
    assert {one.listed.marks for one in asked} == set(LISTED)
    prompts = "\n".join(text for judge in ("grounding", "behaviours") for text in load_rubric(judge).sections.values())
    for one in asked:
        assert one.definition[1:] in prompts
        assert sum(rule in prompts for rule in one.rules) >= 1
        assert all(passage in one.example.text for passage, _ in one.example.marks), one.listed.marks
        told = " ".join([one.definition, *one.rules, one.example.text, *one.choices.values()])
        assert not set("{}[]") & set(told), "what only a program needs"
        assert not {'"s"', '"q"', '"s2"', '"o"'} & set(told.replace(",", " ").split())
    by_key = {one.listed.marks: one for one in asked}
    assert tuple(by_key["claims"].choices) == get_args(ClaimMark.model_fields["label"].annotation)
    assert tuple(by_key["drc"].choices) == get_args(RejectionMark.model_fields["reason"].annotation)
    assert not any(word in " ".join(RULES) for word in ("judge", "instance", "instruct", "list"))
    assert all(rule in form() for rule in RULES), "what a rubric tells a program is said to people in a line each"


def test_only_what_a_study_asks_for_is_asked() -> None:
    text = form(metrics=("hallucination",))
    assert 'id="tab-claims"' in text
    assert 'id="tab-drc"' not in text
    with pytest.raises(ValueError, match="style cannot be rated"):
        questions(["style"])
