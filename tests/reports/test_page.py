"""The report's page in a real browser: what it shows, what it does, and what text by strangers cannot do to it."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from clinical_r1.reports.html import prose, relative
from clinical_r1.reports.page import Details, FigureBlock, Page, Section, TableBlock, Text, render
from clinical_r1.reports.reader import SHOWN, SamplePair, Side
from clinical_r1.reports.tables import across

from clinical_r1.untrusted import escape_controls
from tests.chromium import PHONE, WIDE, Browser, chromium

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400pt" height="200pt" viewBox="0 0 400 200">'
    '<path d="M0 0H400" stroke="#000"/><text x="9" y="99">{}</text></svg>'
)
QUESTION = "A 67-year-old man has severe chest pain and a blood pressure of 92/60 mm Hg. What helps him most?"
OPTIONS = {"A": "Nitroglycerin", "B": "A fluid bolus", "C": "Metoprolol"}
RIGHT = "The blood pressure of 92/60 depends on preload. Nitroglycerin would lower it, so A is wrong. The answer is B."
WRONG = "He has crackles at both bases. The answer is A."


def span(of: str, text: str, response: str, **about: Any) -> dict[str, Any]:
    start = response.index(text)
    return {"of": of, "start": start, "end": start + len(text), "text": text, **about}


SPANS = [
    span("cecd", "blood pressure of 92/60", RIGHT, fact=2, option="B"),
    span("drc", "Nitroglycerin would lower it, so A is wrong", RIGHT, option="A", reason="case_fact"),
]


def pair(
    number: int,
    response: str = WRONG,
    *,
    checkpoint: str = "grpo",
    question: str = QUESTION,
    benchmark: str | None = None,
    said: str = "grpo wrong, crpo right",
) -> SamplePair:
    whole = [{"of": "claims", "label": "invented", "start": 0, "end": len(response)}]
    sides = (
        Side(
            checkpoint,
            response,
            "A",
            False,
            12,
            whole,
            {"case facts cited": 0.0, "any backtracking": float("nan")},
            "#D55E00",
        ),
        Side("crpo", RIGHT, "B", True, 20, SPANS, {"case facts cited": 0.5}, "#0072B2"),
    )
    benchmark = benchmark or ("MedQA", "MedXpertQA")[number % 2]
    facts = ["severe chest pain", "a blood pressure of 92/60 mm Hg"]
    return SamplePair(f"case {number}", benchmark, question, OPTIONS, "B", said, sides, facts)


def page(*samples: SamplePair, name: str = "grpo", sentence: str = "It differs by +0.31 [0.29, 0.33].") -> Page:
    rows = [
        {
            "benchmark": "MedQA",
            "label": metric,
            "checkpoint": checkpoint,
            "value": 0.5,
            "low": 0.4,
            "high": 0.6,
            "n": 100 + place,
        }
        for metric in ("case facts cited", "distractors validly rejected")
        for place, checkpoint in enumerate((name, "crpo", "a", "b", "c", "d", "e", "f"))
    ]
    table = across(pd.DataFrame(rows), {"label": "metric"}, "checkpoint", group="benchmark")
    blocks = (
        FigureBlock(SVG.format("axis").encode(), sentence, ["figures/one.svg"]),
        TableBlock(table, sentence, ["tables/one.csv", "tables/one.tex"]),
        Text([sentence, "More."], "How to read it"),
        Details("Everything", [Text([sentence]), TableBlock(table, "Again.")]),
    )
    return Page(
        title="A report",
        subtitle=sentence,
        summary=[
            ("differs", sentence),
            ("same", "No difference shown."),
            ("unmeasured", "No judge."),
            ("note", "A note."),
        ],
        sections=[Section("one", "The first", sentence, blocks), Section("two", "The second", "", [Text(["Words."])])],
        samples=samples,
        samples_intro=sentence,
        facts=[("Command", sentence)],
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


Show = Callable[..., None]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Write a page to a file and open it as on a common screen, or on a phone."""

    def shown(what: Page | str, *, scheme: str = "light", phone: bool = False, fragment: str = "") -> None:
        path = tmp_path / "index.html"
        path.write_text(what if isinstance(what, str) else render(what), encoding="utf-8")
        browser.media(scheme)
        browser.size(*(PHONE if phone else WIDE), phone=phone)
        browser.open(path, fragment)

    return shown


def current(browser: Browser) -> str:
    [title] = browser.js(
        "return [...document.querySelectorAll('.sample')].filter(s => s.offsetHeight).map(s => s.querySelector('h3').firstChild.data.trim())"
    )
    return str(title)


# --- What text by strangers does -------------------------------------------------------------------------------------
GO = "top.hacked = self.hacked = 1; document.title = 1"
ACTIVE = [
    (f"<script>{GO}</script>", "a script"),
    (f'<img src="none.png" onerror="{GO}">', "a handler of a picture"),
    (f'<svg onload="{GO}"><animate onbegin="{GO}" attributeName="x" dur="1s"/></svg>', "a handler of a drawing"),
    (f'</iframe><script>{GO}</script>', "the end of the frame"),
    (f'"></iframe><script>{GO}</script>', "the end of the frame's attribute"),
    (f"</script></style></title></textarea><script>{GO}</script>", "the end of whatever it stands in"),
    ("<style>* { display: none !important }</style>", "a style for everything"),
    ("<base href='http://example.invalid/'><img src='x.png'>", "another base for addresses"),
    ("<meta http-equiv='refresh' content='0; url=http://example.invalid/'>", "a refresh"),
    ("<link rel='stylesheet' href='http://example.invalid/x.css'>", "a style sheet from outside"),
    ("<iframe srcdoc='<script>top.hacked = 1</script>'></iframe><form action='http://example.invalid/'><button>x</button></form>", "a frame and a form"),
    ("<dialog open>Sign in</dialog><h1>A title</h1><marquee>news</marquee>", "parts of a page"),
]  # fmt: skip
DIALOG = "<script>alert(1)</script>"
INERT = [
    ("[click](javascript:top.hacked=1) ![x](http://example.invalid/x.png)", "links of Markdown"),
    ("&lt;script&gt;top.hacked = 1&lt;/script&gt; &#60;b>", "entities stay entities"),
    ("{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>", "templates"),
    ("\x1b[31mred\x1b[0m\x1b]0;hacked\x07\x9b2J", "escapes for a terminal"),
    ("\u202egnp.exe \u2066abc \u200b\u200d\ufeff\u2028 \ud800", "direction, nothing to see, half a character"),
    ("x" * 200_000, "a word of 200,000 characters"),
    ("z\u0310\u0311\u0312\u0313\u0314\u0315" * 300 + "a" + "\u0310" * 2000, "letters with towers of accents"),
    ("\n" * 3000, "nothing but lines"),
    ("مرحبا بالعالم " * 40, "text from right to left"),
]
HOSTILE = [pytest.param(text, id=reason) for text, reason in [*ACTIVE, (DIALOG, "a dialog"), *INERT]]
STATE = """
return [...document.querySelectorAll('*')].filter(e => !e.closest('head')).map(e => {
  const box = e.getBoundingClientRect();
  const kind = (e.getAttribute('class') || '').replace(/ ?(row-)?(short|medium|tall)/g, '').replaceAll(' ', '.');
  return `${e.tagName}.${kind} ${Math.round(box.left)} ${Math.round(box.width)}`;
})"""


UNHARMED = "return [self.hacked || 0, document.title, getComputedStyle(document.body).display]"
OUTSIDE = """
return document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth && !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 80));"""


def state(browser: Browser) -> list[str]:
    """Every element of the page, where it begins and how wide it is; how high a box is depends on what is in it."""
    return list(browser.js(STATE))


def troubles(browser: Browser) -> list[str]:
    """All that a page may not do: what it asked for, said and changed."""
    found = [f"console: {message}" for message in browser.console()]
    found += [f"request: {url}" for url in browser.requests() if not url.endswith("/index.html")]
    found += [f"heard: {path}" for path in browser.heard]
    facts = "return [self.hacked ? 'ran' : '', document.title, location.protocol, getComputedStyle(document.body).display, String(performance.getEntriesByType('resource').length), document.baseURI === location.href ? '' : document.baseURI]"
    ran, title, *rest = browser.js(facts)
    found += [ran] if ran else []
    return found + ([] if [title, *rest] == ["A report", "file:", "block", "0", ""] else [f"state: {title} {rest}"])


@pytest.fixture(scope="module")
def usual(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[str]]:
    """The state of a page with an ordinary response: a common one, and one too long to be shown."""
    path = tmp_path_factory.mktemp("usual") / "index.html"
    found = {}
    for long, words in ((False, 40), (True, SHOWN)):
        path.write_text(render(page(pair(1, "word " * words), pair(2))), encoding="utf-8")
        browser.size(*WIDE)
        browser.open(path)
        found[long] = state(browser)
    return found


@pytest.mark.sampled(6)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_response_changes_its_box_and_nothing_else(
    browser: Browser, show: Show, usual: dict[bool, list[str]], text: str
) -> None:
    show(page(pair(1, text), pair(2)))
    browser.js("document.querySelector('.reader').scrollIntoView()")
    after = state(browser)
    with browser.frame(0):
        shown = browser.js("return document.querySelector('.text').textContent")
        wide = browser.js("return document.documentElement.scrollWidth <= innerWidth")
        scripts = browser.js("return document.scripts.length")
    assert shown == escape_controls(text[:SHOWN])
    assert wide, "the response is wider than its frame"
    assert scripts == 0
    assert browser.js("return document.querySelector('.current iframe').getAttribute('sandbox')") == "", (
        "nothing allowed"
    )
    assert after == usual[len(text) > SHOWN]
    assert troubles(browser) == []


def _element(line: str) -> str:
    """Kind and classes, but for the one of cells whose words may be broken."""
    kind, *classes = line.split()[0].split(".")
    return ".".join([kind, *(name for name in classes if name != "long")])


@pytest.mark.sampled(6)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_sentences_are_text(
    browser: Browser, show: Show, usual: dict[bool, list[str]], text: str
) -> None:
    hostile = pair(1, text, checkpoint=text, question=text, benchmark=text, said=text)
    name = text.replace("\ud800", "")  # no frame of pandas holds half a character
    show(page(hostile, pair(2, benchmark="MedXpertQA"), name=name, sentence=text))
    after = [_element(line) for line in state(browser)]
    assert [line for line in after if line != "P.rest"] == [_element(line) for line in usual[False]]
    assert after.count("P.rest") == 2 * (len(text) > SHOWN), "of the question, and of the response"
    for size, phone in ((WIDE, False), (PHONE, True)):
        browser.size(*size, phone=phone)
        assert browser.js(OUTSIDE) == []
    assert browser.js("return document.querySelector('.question p').textContent") == escape_controls(text[:SHOWN])
    assert escape_controls(text) in browser.js(
        "return document.querySelector('.findings').textContent.replaceAll(`\xa0`, ` `)"
    )
    assert troubles(browser) == []


@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for text, reason in ACTIVE])
def test_the_checks_above_notice_a_page_that_obeys(browser: Browser, show: Show, text: str) -> None:
    plain = "<title>A report</title><body><p>words</p></body>"
    show(plain)
    before = state(browser)
    assert troubles(browser) == []
    show(plain.replace("words", text))
    browser.js("return new Promise(done => setTimeout(done, 150))") if "http-equiv" in text else None
    assert troubles(browser) or state(browser) != before


def test_a_dialog_would_not_go_unnoticed(browser: Browser, show: Show) -> None:
    show(f"<title>A report</title>{DIALOG}")
    with pytest.raises(Exception, match="alert"):
        troubles(browser)


THROUGH = [
    (f"<script class=through>{GO}</script>", "a script"),
    (f"<img class=through src=none.png onerror='{GO}'>", "a handler of a picture"),
    (f"<svg class=through onload='{GO}'></svg>", "a handler of a drawing"),
    (f"<a class=through href='javascript:{GO}' target=_top>x</a>", "a link that runs"),
    ("<style class=through>* { display: none !important }</style>", "a style for everything"),
    ("<img class=through src='http://example.invalid/x.png'>", "a picture from outside"),
]


@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for text, reason in THROUGH])
def test_the_policy_stops_markup_that_got_into_the_page(browser: Browser, show: Show, text: str) -> None:
    show(render(page(pair(1))).replace("<h2>The first", f"<h2>{text}The first"))
    browser.js("document.querySelector('.through').click?.()")
    assert browser.js(UNHARMED) == [0, "A report", "block"]
    assert browser.heard == []


@pytest.mark.parametrize("text", [pytest.param(text, id=reason) for text, reason in THROUGH])
@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
def test_the_frame_holds_markup_that_got_into_a_response(browser: Browser, show: Show, text: str, policy: bool) -> None:
    inside = text.replace("<", "&lt;")
    whole = render(page(pair(1))).replace("crackles at both", f"crackles at both{inside}")
    show(whole if policy else re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", whole))
    browser.js("document.querySelector('.reader').scrollIntoView()")
    with browser.frame(0):
        assert browser.js("return document.querySelectorAll('.through').length") == 1, "it did get through"
        browser.js("document.querySelector('.through').click?.()")
        styled = browser.js("return document.querySelector('.text').offsetHeight") == 0
    assert browser.js(UNHARMED) == [0, "A report", "block"]
    assert policy or not browser.js("return document.querySelector('iframe').contentDocument"), "closed to the page too"
    if policy:
        assert not styled
        assert browser.heard == []


def test_a_thousand_nested_spans_are_marked_up_to_a_limit(browser: Browser, show: Show) -> None:
    response = "x" * 2000
    nested = [{"of": "cecd", "start": n, "end": 2000 - n, "fact": n} for n in range(999)]
    sample = pair(1)
    sides = (Side("grpo", response, None, None, None, nested), sample.sides[1])
    show(page(SamplePair("1", "MedQA", QUESTION, OPTIONS, "B", "", sides)))
    with browser.frame(0):
        assert browser.js("return document.querySelector('.text').textContent") == response
        assert browser.js("return document.querySelectorAll('mark').length") == 999
        assert "and 494 more of this kind" in browser.js("return document.querySelectorAll('mark')[499].dataset.cecd")
    assert "499 more marks are not shown." in browser.js("return document.querySelector('.side').textContent")
    assert troubles(browser) == []


# --- What it looks like ----------------------------------------------------------------------------------------------
def test_the_page_is_one_file_that_asks_for_nothing(browser: Browser, show: Show) -> None:
    show(page(pair(1), pair(2)))
    browser.js("scrollTo(0, document.body.scrollHeight)")
    assert troubles(browser) == []
    assert browser.requests() == []


CONTRAST = """
const light = c => { const v = c / 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
const luminance = c => .2126 * light(c[0]) + .7152 * light(c[1]) + .0722 * light(c[2]);
const parts = s => s.match(/[\\d.]+/g).map(Number);
function ground(e) {
  for (; e; e = e.parentElement) {
    const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c;
  }
  return null;
}
return [...document.querySelectorAll('body *')].filter(e => e.offsetHeight && !e.disabled
  && ([...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.dataset.tag)).map(e => {
    const [a, b] = [luminance(parts(getComputedStyle(e).color)), luminance(ground(e))];
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), `${e.tagName}.${e.className}: ${e.textContent.slice(0, 30)}`];
  });"""


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 26)")])
def test_light_and_dark_are_legible(browser: Browser, show: Show, scheme: str, paper: str) -> None:
    show(page(pair(1), pair(2)), scheme=scheme)
    browser.js("document.querySelector('details.more').open = true; document.querySelector('.reader').scrollIntoView()")
    assert browser.js("return getComputedStyle(document.documentElement).backgroundColor") == paper
    measured = browser.js(CONTRAST)
    for number in (0, 1):
        with browser.frame(number):
            inside = browser.js(CONTRAST)
        assert len(inside) >= 2
        measured += inside
    assert len(measured) > 80
    assert [what for ratio, what in measured if ratio < 4.5] == []


def test_every_kind_of_mark_is_legible_and_more_than_a_colour(browser: Browser, show: Show) -> None:
    claims = ("supported", "contradicts", "invented", "medically_false", "unverifiable")
    steps = ("backtracking", "verification", "subgoal_setting", "backward_chaining")
    kinds = [{"of": "cecd", "fact": 1}, {"of": "drc", "option": "A", "reason": "bare"}]
    kinds += [{"of": "claims", "label": label} for label in claims] + [{"of": step} for step in steps]
    spans = [{**kind, "start": 10 * n, "end": 10 * n + 5} for n, kind in enumerate(kinds)]
    side = Side("grpo", "some words " * 20, "A", True, 40, spans)
    for scheme in ("light", "dark"):
        show(page(SamplePair("1", "MedQA", QUESTION, OPTIONS, "B", "", [side])), scheme=scheme)
        browser.js("document.querySelector('.reader').scrollIntoView()")
        assert len(browser.find(".legend input")) == 11
        with browser.frame(0):
            measured = browser.js(CONTRAST)
            tags = browser.js(
                "return [...document.querySelectorAll('.tag')].map(t => getComputedStyle(t, '::before').content)"
            )
            lines = browser.js(
                "return [...document.querySelectorAll('mark')].map(m => getComputedStyle(m).backgroundImage)"
            )
        assert len(set(tags)) == 11
        assert len(set(lines)) == 11
        assert [what for ratio, what in measured if ratio < 4.5] == []


def test_a_phone_scrolls_down_only(browser: Browser, show: Show) -> None:
    show(page(*map(pair, range(3))), phone=True)
    for _ in range(3):
        assert browser.js("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
        browser.js("document.querySelector('[name=next]').click()")
    scrolled = """
      const box = document.querySelector('.table .scroll'), head = box.querySelector('tbody th[scope=row]'), cell = box.querySelector('tbody td');
      const before = [head.getBoundingClientRect().left, cell.getBoundingClientRect().left];
      box.scrollLeft = 100;
      return [before[0] - head.getBoundingClientRect().left, before[1] - cell.getBoundingClientRect().left];"""
    assert browser.js(scrolled) == [0, 100], "a wide table moves in its box, its first column stays"
    assert browser.js("return document.querySelector('.jump select').offsetHeight") > 0
    assert browser.js("return document.querySelector('.list').offsetHeight") == 0


def test_contents_are_beside_the_page_or_behind_a_line(browser: Browser, show: Show) -> None:
    seen = "return ['wide', 'narrow'].map(kind => document.querySelector('.contents.' + kind).offsetHeight > 0)"
    show(page(pair(1)))
    assert browser.js(seen) == [True, False]
    browser.js("document.querySelector('#one h3').scrollIntoView()")
    assert browser.js("return document.querySelector('.contents.wide').getBoundingClientRect().top >= 0"), "sticky"
    show(page(pair(1)), phone=True)
    assert browser.js(seen) == [False, True]
    link = "return document.querySelector('.narrow a').checkVisibility()"
    assert not browser.js(link)
    browser.find(".narrow summary")[0].click()
    assert browser.js(link)
    missing = "return [...document.querySelectorAll('.contents a')].filter(a => !document.querySelector(a.getAttribute('href'))).length"
    assert browser.js(missing) == 0


def test_on_paper_everything_is_open_and_dark_is_light(browser: Browser, show: Show) -> None:
    show(page(pair(1)), scheme="dark")
    hidden = "return ['.tools', '.shelf', '.contents.wide', '.files', '.skip'].filter(s => document.querySelector(s).offsetHeight)"
    height = "return [document.querySelector('.more p').checkVisibility(), document.querySelector('.on-paper').offsetHeight > 0]"
    assert browser.js(height) == [False, False]
    browser.media("dark", "print")
    browser.js("dispatchEvent(new Event('beforeprint'))")
    assert browser.js(hidden) == []
    assert browser.js(height) == [True, True]
    assert browser.js("return getComputedStyle(document.body).color") == "rgb(27, 31, 35)"
    browser.media("dark")
    browser.js("dispatchEvent(new Event('afterprint'))")
    assert browser.js(height) == [False, False]


def test_headings_landmarks_and_labels_are_in_order(browser: Browser, show: Show) -> None:
    show(page(pair(1), pair(2)))
    levels = [
        int(level)
        for level in browser.js("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName[1])")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert browser.js(
        "return [document.documentElement.lang, ...['main', 'header', 'footer', 'nav[aria-label]'].map(s => document.querySelectorAll(s).length > 0)]"
    ) == ["en", True, True, True, True]
    assert (
        browser.js(
            "return [...document.querySelectorAll('input, select')].filter(e => !e.labels.length || !e.labels[0].textContent.trim()).length"
        )
        == 0
    )
    assert browser.js("return [...document.querySelectorAll('iframe')].filter(e => !e.title).length") == 0
    ids = browser.js("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    browser.keys("\ue004")  # tab
    assert browser.js("return document.activeElement.className") == "skip"
    browser.keys("\ue007")  # enter
    assert browser.js("return document.activeElement.id") == "main"


# --- What the reader does --------------------------------------------------------------------------------------------
def test_keys_buttons_and_the_list_move_between_samples(browser: Browser, show: Show) -> None:
    show(page(*map(pair, range(4))))
    assert current(browser) == "case 0"
    browser.keys("j")
    assert current(browser) == "case 0", "the reader is not in sight"
    browser.js("document.querySelector('.reader').scrollIntoView()")
    for key, expected in (("j", 1), ("j", 2), ("k", 1), ("\ue014", 2), ("\ue014", 3), ("j", 3), ("\ue012", 2)):
        browser.keys(key)
        assert current(browser) == f"case {expected}", key
    browser.find("[name=previous]")[0].click()
    assert current(browser) == "case 1"
    browser.find("[name=next]")[0].click()
    assert current(browser) == "case 2"
    browser.find(".list a")[0].click()
    assert current(browser) == "case 0"
    assert browser.js("return [location.hash, document.querySelector('.place').textContent]") == ["#sample-1", "1 of 4"]
    assert browser.js("return document.querySelector('[name=previous]').disabled")
    assert len(browser.find("iframe")) == 2, "of the sample that is shown"
    assert troubles(browser) == []


def test_an_address_opens_its_sample(browser: Browser, show: Show) -> None:
    show(page(*map(pair, range(4))), fragment="#sample-3")
    assert current(browser) == "case 2"
    browser.js("location.hash = '#sample-2'")
    browser.js("return new Promise(done => setTimeout(done, 50))")
    assert current(browser) == "case 1"


def test_samples_are_found_by_their_words_and_their_benchmark(browser: Browser, show: Show) -> None:
    odd = pair(2, "He said <em>&amp;</em> and nothing about crackles.", said="a lone finding")
    show(page(pair(0), pair(1), odd, pair(3)))
    browser.js("document.querySelector('.reader').scrollIntoView()")
    place = "return document.querySelector('.place').textContent"
    search = browser.find("[name=find]")[0]
    for words, expected in (
        ("LONE finding", "1 of 1"),
        ("<em>&amp;</em>", "1 of 1"),
        ("case 3", "1 of 1"),
        ("crackles at both", "3 of 3"),
        ("srcdoc", ""),
    ):
        search.clear()
        search.send_keys(words)
        assert browser.js(place) == expected, words
    assert browser.js("return document.querySelector('.nothing').offsetHeight") > 0
    search.clear()
    search.send_keys("k")  # a letter to look for here, not the key
    assert (browser.js(place), current(browser)) == ("4 of 4", "case 3")
    search.clear()
    search.send_keys(" ")
    browser.js(
        "const s = document.querySelector('[name=benchmark]'); s.value = '1'; s.dispatchEvent(new Event('change'))"
    )
    assert (browser.js(place), current(browser)) == ("2 of 2", "case 3")


def test_kinds_of_marks_are_switched_off_and_stay_off(browser: Browser, show: Show) -> None:
    show(page(pair(0), pair(1)))
    browser.js("document.querySelector('.reader').scrollIntoView()")
    state = "return ['cecd', 'drc'].map(k => [document.querySelector('.tag.' + k).offsetHeight > 0, getComputedStyle(document.querySelector('mark.' + k)).backgroundImage.includes('rgb(')])"
    with browser.frame(1):
        assert browser.js(state) == [[True, True], [True, True]]
    browser.find(".legend [value=cecd]")[0].click()
    browser.find("[name=next]")[0].click()
    for _ in range(2):
        with browser.frame(1):
            assert browser.js(state) == [[False, False], [True, True]]
            assert browser.js("return document.querySelector('.text').textContent") == RIGHT
        browser.find("[name=previous]")[0].click() if current(browser) == "case 1" else None
    browser.find(".legend [value=cecd]")[0].click()
    with browser.frame(1):
        assert browser.js(state) == [[True, True], [True, True]]
    assert troubles(browser) == []


def test_a_marked_passage_says_what_it_points_to(browser: Browser, show: Show) -> None:
    show(page(pair(0)))
    browser.js("document.querySelector('.reader').scrollIntoView()")
    with browser.frame(1):
        first, second = browser.find("mark")
        said = "return getComputedStyle(arguments[0], '::after').content"
        assert browser.js(said, first) == "none"
        browser.js("arguments[0].focus()", first)
        assert "cites fact 2: a blood pressure of 92/60 mm Hg, for or against option B (A fluid bolus)" in browser.js(
            said, first
        )
        browser.js("arguments[0].focus()", second)
        assert "option A (Nitroglycerin) rejected for a fact of the case" in browser.js(said, second)


def test_the_facts_of_a_case_are_listed_behind_a_line(browser: Browser, show: Show) -> None:
    show(page(pair(1)))
    [line] = browser.find(".current .facts summary")
    shown = "return [...document.querySelectorAll('.current .facts li')].filter(li => li.checkVisibility()).map(li => li.textContent)"
    assert browser.js(shown) == []
    line.click()
    assert browser.js(shown) == ["fact 1 severe chest pain", "fact 2 a blood pressure of 92/60 mm Hg"]


def test_without_scripts_every_sample_is_there(browser: Browser, show: Show) -> None:
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(page(*map(pair, range(3))))
        root = browser.devtools("DOM.getDocument")["root"]["nodeId"]

        def heights(selector: str) -> list[int]:
            nodes = browser.devtools("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]
            return [browser.devtools("DOM.getBoxModel", nodeId=node)["model"]["height"] for node in nodes]

        assert len(heights(".sample .question")) == 3
        assert len(heights(".sample iframe")) == 6
        assert min(heights(".sample iframe")) > 100
        assert len(heights(".legend label")) == 3
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


# --- Without a browser -----------------------------------------------------------------------------------------------
def test_the_same_page_is_the_same_text() -> None:
    assert render(page(pair(1), pair(2))) == render(page(pair(1), pair(2)))


def test_a_page_without_samples_has_no_reader() -> None:
    text = render(Page("A report"))
    assert "<iframe" not in text
    assert "Single samples" not in text


@pytest.mark.parametrize("id", ["Two", "two words", "", "<b>", "main", "samples", "sample-1", "1st"])
def test_a_section_id_is_a_plain_name_of_its_own(id: str) -> None:
    with pytest.raises(ValueError, match="section id"):
        render(Page("A report", sections=[Section(id, "A title")]))


def test_folded_tables_take_no_number_from_open_ones() -> None:
    table = page().sections[0].blocks[1]
    folded = Details("More", [table, table])
    text = render(Page("A report", sections=[Section("one", "The first", "", [table, folded, table])]))
    assert re.findall(r"<b>(Table [^<]*)\.</b>", text) == ["Table 1", "Table A1", "Table A2", "Table 2"]


def test_a_figure_is_shown_as_a_picture_in_which_nothing_runs() -> None:
    hostile = FigureBlock(
        f"<svg onload='{GO}'><script>{GO}</script></svg>".encode(), f"A `code` and \"'<script>{GO}</script>"
    )
    text = render(Page("A report", sections=[Section("one", "The first", "", [hostile])]))
    assert GO not in re.sub(r"<figcaption>.*?</figcaption>|alt=\"[^\"]*\"", "", text)
    assert 'src="data:image/svg+xml;base64,' in text


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("tables/one.csv", "tables/one.csv"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//example.invalid/x", "example.invalid/x"),
        ("a b?c#d.csv", "a%20b%3Fc%23d.csv"),
    ],
)
def test_a_link_leads_to_a_file_beside_the_page(path: str, address: str) -> None:
    assert relative(path) == address


def test_a_number_stays_with_what_belongs_to_it() -> None:
    text = prose("0.62 [0.60, 0.64] (n = 1,273), p < .001, 80 % of `a<b>`")
    assert text == "0.62 [0.60,\xa00.64] (n\xa0=\xa01,273), p\xa0&lt;\xa0.001, 80\xa0% of <code>a&lt;b&gt;</code>"
