"""Replies of judges, recorded and hand-made: what can be read, what cannot, and what becomes of each instance.

`NAMED` is one item; its facts and sentences are numbered as judges see them.
"""

import json
from typing import Any

from clinical_r1.item import Item
from clinical_r1.judging.spans import Sentence
from tests.running import DRUGS

STEM = (
    "A 62-year-old man has crushing chest pain for two hours. His potassium is 4.1 mEq/L and his troponin 10,000 ng/L. "
    "ECG shows ST elevation in II, III and aVF. He has no fever. Which drug helps most?"
)
FACTS = ("62-year-old man", "crushing chest pain for two hours", "potassium is 4.1 mEq/L", "troponin 10,000 ng/L",
         "ST elevation in II, III and aVF", "no fever")  # fmt: skip
SENTENCES = (
    "The ST elevation in II, III and aVF with 2 hours of chest pain points to an infarction.",  # 1
    "He has no fever, so an infection is unlikely.",  # 2
    "His potassium is 5.9 mEq/L and his CD4 count is normal.",  # 3
    "Aspirin alone is too weak.",  # 4
    "Heparin does not dissolve a clot.",  # 5
    "Suppose it is warfarin; then it would act within minutes.",  # 6
    "But warfarin acts slowly, so I turn to alteplase.",  # 7
    "With a troponin of 10000 ng/L, alteplase it is.",  # 8
)
"""The box at the end is the ninth."""
RESPONSE = (
    f"<dx>\n{' '.join(SENTENCES[:3])}\n\n{SENTENCES[3]}\n{SENTENCES[4]}\n</dx>\n<conclusion>\n"
    f"{' '.join(SENTENCES[5:])} \\boxed{{D}}\n</conclusion>"
)


def facts_of(stem: str, *texts: str) -> tuple[Sentence, ...]:
    return tuple(Sentence(stem.index(text), stem.index(text) + len(text), text) for text in texts)


def item(response: str = RESPONSE, stem: str = STEM, facts: tuple[str, ...] = FACTS, **other: Any) -> Item:
    settings: dict[str, Any] = {
        **{"id": "q1", "epoch": 1, "options": DRUGS, "target": "D", "answer": "D"},
        **{"has_case": bool(facts), "negated": False},
    }
    return Item(stem=stem, facts=facts_of(stem, *facts), response=response, **settings | other)


NAMED = item()

CITED = {"s": 1, "q": "ST elevation in II, III and aVF", "f": [5], "o": "D"}
REJECTED = {"s": 5, "q": "Heparin does not dissolve a clot", "o": "B", "why": "medical_fact"}
CLAIMED = {"s": 3, "q": "potassium is 5.9 mEq/L", "is": "contradicts"}
GOOD = {"citations": [CITED], "rejections": [REJECTED], "claims": [CLAIMED]}
GOOD_TEXT = json.dumps(GOOD)
EMPTY_TEXT = '{"citations": [], "rejections": [], "claims": []}'


def with_(key: str, **changes: Any) -> str:
    """The good reply with one entry changed."""
    return json.dumps(GOOD | {key: [GOOD[key][0] | changes]})


READABLE = [
    (GOOD_TEXT, "as asked for"),
    (json.dumps(GOOD, indent=2), "on many lines"),
    (f"\ufeff\n\n{GOOD_TEXT}\n\n", "white space and a byte order mark"),
    (f"```json\n{GOOD_TEXT}\n```", "a code fence"),
    (f"Here is my analysis:\n\n{GOOD_TEXT}\n\nLet me know if you need more!", "prose around it"),
    (f"I use the form {{citations}} here. {GOOD_TEXT}", "braces in the prose"),
    (f"<think>Maybe {EMPTY_TEXT}? No.</think>{GOOD_TEXT}", "a draft in the thoughts"),
    (f"{GOOD_TEXT}\n{GOOD_TEXT}", "said twice, the same"),
    (f"[{GOOD_TEXT}]", "in a list of one"),
    (json.dumps({"note": "x", "reasoning": ["y"]} | GOOD), "keys that nobody asked for"),
    (with_("citations", s="1", f=["5"]), "numbers as strings"),
    (with_("citations", s="[1]", f="F5"), "numbers as they are shown in the item"),
    (with_("citations", s=1.0, f=5), "a float, and a number where a list belongs"),
    (with_("citations", confidence=0.9), "a key too many in an entry"),
    (with_("rejections", why="Medical fact"), "an enum in other letters"),
    (with_("claims", **{"is": " CONTRADICTS "}), "an enum in capitals"),
    (with_("citations", s="S1", f=["Fact 5"]), "numbers with their letter or word"),
    (with_("citations", s="sentence 1", f="F5"), "a sentence by its number"),
    (with_("citations", s="one", f="five"), "numbers that are spelled"),
    (json.dumps({"result": GOOD}), "a key around it"),
    (json.dumps({"response": {"answer": [GOOD]}}), "two keys and a list around it"),
    (json.dumps({"output": GOOD_TEXT}), "a text of JSON in a key"),
    (json.dumps(GOOD_TEXT), "a text of JSON"),
    (f"```json\n{json.dumps(f'[{GOOD_TEXT}]')}\n```", "a text of JSON with a list, fenced"),
    (GOOD_TEXT + '{"citations": [', "a second object that breaks off"),
]  # fmt: skip

UNREADABLE = [
    ("", "no whole JSON object", "empty"),
    ("   \n", "no whole JSON object", "white space"),
    ("I'm sorry, but I can't help with that.", "no whole JSON object", "a refusal"),
    ("Je ne peux pas répondre en JSON.", "no whole JSON object", "another language"),
    ("引用：3件、却下：2件", "no whole JSON object", "another script"),
    ("Citations: 3, rejections: 2", "no whole JSON object", "numbers in prose"),
    (GOOD_TEXT[:-20], "no whole JSON object", "truncated"),
    (GOOD_TEXT[: GOOD_TEXT.index("rejections")], "no whole JSON object", "truncated behind a whole entry"),
    (GOOD_TEXT.replace('"', "'"), "no whole JSON object", "a Python dict"),
    (GOOD_TEXT.replace('"o": "D"}', '"o": "D",}'), "no whole JSON object", "a comma too many"),
    ('{"a":' * 50_000, "no whole JSON object", "nested without end"),
    ("{" * 50_000, "no whole JSON object", "braces without end"),
    ("{}", "citations: Field required", "nothing asked for is there: not zero of everything"),
    ('{"citations": []}', "rejections: Field required", "lists are missing"),
    (json.dumps(GOOD | {"claims": None}), "claims: ", "null is not an empty list"),
    (json.dumps(GOOD | {"claims": 3}), "claims: ", "a number where a list belongs"),
    (json.dumps(GOOD | {"claims": {"3": CLAIMED}}), "claims: ", "an object where a list belongs"),
    (json.dumps(GOOD | {"claims": ["potassium is 5.9"]}), "claims.0: ", "a text where an entry belongs"),
    (with_("rejections", why="maybe"), "rejections.0.why: ", "a wrong enum"),
    (with_("rejections", why=None), "rejections.0.why: ", "no enum"),
    (with_("claims", **{"is": "hallucinated"}), "claims.0.is: ", "a word of its own"),
    (with_("citations", s="first"), "citations.0.s: ", "a sentence by its name"),
    (with_("citations", s=True), "citations.0.s: ", "true is not 1"),
    (with_("citations", s=1.5), "citations.0.s: ", "half a sentence"),
    (with_("citations", q=None), "citations.0.q: ", "no quote"),
    (with_("citations", f=list(range(201))), "at most 200", "more facts than any case has"),
    (json.dumps(GOOD | {"citations": [CITED] * 201}), "201 instances, at most 200", "huge"),
    (with_("citations", s="1, 2"), "citations.0.s: ", "two sentences where one belongs"),
    (with_("citations", f="1.5"), "citations.0.f.0: ", "half a fact"),
    (json.dumps({"result": GOOD | {"claims": None}}), "claims: ", "broken inside a key: what is wrong is of the inside"),
    (json.dumps({"result": GOOD, "other": GOOD | {"claims": []}}), "citations: Field required", "two keys around two"),
    (json.dumps({"result": [GOOD, GOOD]}), "citations: Field required", "a list of two"),
    (GOOD_TEXT[:-20].replace(CITED["q"], json.dumps(EMPTY_TEXT)[1:-1]), "no whole JSON object", "JSON quoted in a broken reply"),
    (f"{EMPTY_TEXT} or rather {GOOD_TEXT}", "2 different JSON objects", "two replies"),
]  # fmt: skip

KEPT = "kept"
REPAIRED = "repaired"
INSTANCES: list[tuple[str, dict[str, Any], str, str]] = [
    ("citations", CITED, KEPT, "as it stands"),
    ("citations", CITED | {"q": "st  elevation in II,\nIII and aVF"}, KEPT, "case and white space"),
    ("citations", CITED | {"q": "ST elevaton in II, III and aVF"}, REPAIRED, "a misspelling"),
    ("citations", CITED | {"s": 2}, REPAIRED, "the next sentence named"),
    ("citations", CITED | {"s": 3}, REPAIRED, "two sentences off"),
    ("citations", CITED | {"s": 4}, "not in the response", "three sentences off"),
    ("citations", CITED | {"q": "points to an infarction. He has no fever"}, REPAIRED, "over the end of a sentence"),
    ("citations", CITED | {"q": "ST elevation in V1 to V4"}, "not in the response", "invented"),
    ("citations", CITED | {"q": "ECG shows ST elevation"}, "not in the response", "quoted from the stem"),
    ("citations", CITED | {"q": "élévation du segment ST"}, "not in the response", "translated"),
    ("citations", CITED | {"q": ""}, "not in the response", "no quote"),
    ("citations", CITED | {"q": "..."}, "not in the response", "no word"),
    ("citations", CITED | {"q": RESPONSE * 2}, "quote too long", "not a quote any more"),
    ("citations", CITED | {"q": "\ud800"}, "not in the response", "half a character"),
    ("citations", CITED | {"s": 0}, "unknown sentence", "numbers start at 1"),
    ("citations", CITED | {"s": -1}, "unknown sentence", "not counted from the end"),
    ("citations", CITED | {"s": 10}, "unknown sentence", "one too many"),
    ("citations", CITED | {"s": 10**9}, "unknown sentence", "many too many"),
    ("citations", CITED | {"f": [0]}, "unknown fact", "numbers start at 1"),
    ("citations", CITED | {"f": [7]}, "unknown fact", "there are six"),
    ("citations", CITED | {"f": []}, "unknown fact", "no fact at all"),
    ("citations", CITED | {"o": None}, KEPT, "mentioned only"),
    ("citations", CITED | {"o": "E"}, KEPT, "for an option that is not there: cited, linked to none"),
    ("citations", {"s": 3, "q": "potassium is 5.9 mEq/L", "f": [3], "o": None}, "misquoted value", "the stem says 4.1"),
    ("citations", {"s": 8, "q": "troponin of 10000 ng/L", "f": [4], "o": "D"}, KEPT, "the stem says 10,000"),
    ("citations", {"s": 1, "q": "2 hours of chest pain", "f": [2], "o": None}, KEPT, "the stem says two"),
    ("citations", {"s": 3, "q": "his CD4 count is normal", "f": [3], "o": None}, KEPT, "the 4 is part of a name"),
    ("citations", {"s": 2, "q": "no fever", "f": [6], "o": None}, KEPT, "with its negation"),
    ("citations", {"s": 2, "q": "fever", "f": [6], "o": None}, "negated", "without its negation"),
    ("rejections", REJECTED, KEPT, "as it stands"),
    ("rejections", REJECTED | {"o": "b"}, KEPT, "a small letter"),
    ("rejections", REJECTED | {"o": "B. Heparin"}, KEPT, "letter and text"),
    ("rejections", REJECTED | {"o": "(B)"}, KEPT, "in brackets"),
    ("rejections", REJECTED | {"o": "Option B"}, KEPT, "with its word"),
    ("citations", {"s": 9, "q": "\\boxed{D}", "f": [6], "o": "D"}, KEPT, "the box, as it stands"),
    ("citations", {"s": 9, "q": "\boxed{D}", "f": [6], "o": "D"}, KEPT, "its backslash taken for an escape"),
    ("rejections", REJECTED | {"o": "E"}, "unknown option", "there are four"),
    ("rejections", REJECTED | {"o": "Heparin"}, "unknown option", "no letter"),
    ("rejections", REJECTED | {"o": "null"}, "unknown option", "none"),
    ("rejections", REJECTED | {"q": "Heparin dissolves a clot"}, "not in the response", "the negation left out"),
    ("rejections", {"s": 5, "q": "dissolve a clot", "o": "B", "why": "false"}, KEPT, "the negation is the rejection"),
    ("claims", CLAIMED, KEPT, "as it stands"),
    ("claims", CLAIMED | {"q": "potassium is 4.1 mEq/L"}, "not in the response", "what the stem says"),
    ("claims", {"s": 2, "q": "fever", "is": "contradicts"}, "negated", "the response denies it"),
    ("claims", {"s": 5, "q": "dissolve a clot", "is": "medically_false"}, "negated", "the response denies it"),
    ("verification", {"s": 8, "q": "alteplase it is"}, KEPT, "one place is enough"),
    ("subgoal_setting", {"s": 1, "q": "First I will read the ECG"}, "not in the response", "invented"),
    ("backtracking", {"s": 6, "q": "Suppose it is warfarin", "s2": 7, "q2": "I turn to alteplase"}, KEPT, "both stand"),
    ("backtracking", {"s": 6, "q": "Suppose it is warfarin", "s2": 6, "q2": "I turn to alteplase"}, REPAIRED, "second one off"),
    ("backtracking", {"s": 6, "q": "Suppose it is warfarin", "s2": 7, "q2": "I turn to heparin"}, "second span not in the response", "invented"),
    ("backtracking", {"s": 6, "q": "Suppose it is warfarin", "s2": 99, "q2": "x"}, "second span not in the response", "no such sentence"),
    ("backtracking", {"s": 7, "q": "I turn to alteplase", "s2": 6, "q2": "Suppose it is warfarin"}, "second span does not follow", "the other way round"),
    ("backward_chaining", {"s": 6, "q": "it is warfarin", "s2": 6, "q2": "it is warfarin"}, "second span does not follow", "the same place twice"),
    ("backward_chaining", {"s": 6, "q": "it is warfarin", "s2": 6, "q2": "it would act within minutes"}, KEPT, "in one sentence"),
]  # fmt: skip
