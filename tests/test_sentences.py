"""Sentences of clinical text and the facts of a case."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.sentences import clauses, sentences

# "¦" marks where a sentence ends and the next begins.
SENTENCES = (
    ("Na 128 mEq/L.¦ K is 3.5.¦ He rests.", "units and decimals"),
    ("He weighs 70 kg.¦ He drinks.", "an abbreviation at a true end"),
    ("It is 38.5 C.¦ The pulse is 90.", "degrees"),
    ("Aspirin vs. Heparin, e.g. Enoxaparin, i.e. a LMWH.¦ Next day.", "vs., e.g., i.e."),
    ("Dr. Lee of St. John saw approx. 5 cm in Fig. 2 today.", "titles and places"),
    ("E. coli grew.¦ S. aureus did not.", "initials of bacteria"),
    ("John J. Smith came.", "initials of people"),
    ("Given 500 mg b.i.d. for pain and q.d. after.", "dotted abbreviations"),
    ("Given 500 mg b.i.d.¦ He improved.", "a dotted abbreviation at a true end"),
    ("The U.S. Army doctor.", "a dotted name"),
    ("He has hepatitis B.¦ The liver is large.", "a letter that ends a sentence"),
    ("The answer is B.¦ Because of this.", "an option that ends a sentence"),
    ("1. Aspirin 81 mg¦ 2. Heparin¦ 3. Rest", "a list within a line"),
    ("1. Aspirin\n¦2. Heparin", "a list on lines"),
    ("1. GCS was 2.¦ He had pain.", "a number at the end of an item"),
    ("1. Given on day 2. He left.".replace("2. ", "2.¦ "), "a day is no item"),
    ("Options:¦ A. Iron¦ B. Zinc", "options within a line"),
    ("A. Iron\n¦B. Zinc", "options on lines"),
    ("# Findings\n¦There is fever\nand a cough.\n\n¦Then rest.", "a heading, a wrapped line, a paragraph"),
    ("- fever\n¦- cough", "bullets"),
    ("Serum:\n¦Na+: 128 mEq/L\n¦K+: 3.5 mEq/L", "lines of values"),
    ("<dx>\n¦Fever.\n¦</dx>", "tags"),
    ("\"I am ill.\"¦ He left.¦ (See above.)¦ Then", "quotes and brackets behind the stop"),
    ("Well... maybe.¦ Yes!¦ Why?¦ \"No.\"", "an ellipsis within, other marks"),
    ("Fever; chills; cough.", "a semicolon ends nothing"),
    ("Acidosis.¦ pH is 7.2.", "a small letter in front of a capital"),
    ("There is pain.¦The pulse is 90.", "no space behind the stop"),
    ("No. 5 was seen.¦ 5 days later he left.", "a number behind No., and behind a stop"),
    ("Pain (grade 2/6. mild) is seen", "a small letter follows"),
    ("QTc is 590 ms.¦ Serum potassium is low.", "a unit behind a number, not Ms."),
    ("Seen by Ms. Serum today.", "Ms. without a number"),
    ("It takes 30 min.¦ Then rest.", "another unit"),
    ("It is most likely A.¦ Hold on, the pulse is high.", "an option, and a word that begins sentences"),
    ("It must be C.¦ But there is fever.", "the same"),
    ("He has hepatitis C.¦ The liver is large.", "the letter of a disease"),
    ("She takes vitamin D.¦ However, she is weak.", "the letter of a vitamin"),
    ("It is likely B.¦ Pulse is 90.", "a letter behind a word that points to an option"),
    ("John A. Smith had S. aureus and E. coli.", "initials in front of names"),
    ("", "nothing"),
    (" \n\t ", "white space"),
)  # fmt: skip


@pytest.mark.parametrize(("marked", "reason"), SENTENCES)
def test_sentences(marked: str, reason: str) -> None:
    text = marked.replace("¦", "")
    expected = [part.strip() for part in marked.split("¦") if part.strip()]
    assert [sentence.text for sentence in sentences(text)] == expected, reason


PIECES = st.lists(
    st.sampled_from(["A.", "1.", " ", "\n", ".", "Dr.", "e.g.", "He", "fever", ")", '"', "3.5", ":", "-", "?", "…"])
)


@given(st.one_of(st.text(), PIECES.map("".join)))
def test_every_character_is_in_one_sentence(text: str) -> None:
    for split in (sentences, clauses):
        behind, covered = 0, 0
        for part in split(text):
            assert part.text == text[part.start : part.end] == part.text.strip() != ""
            assert behind <= part.start
            behind = part.end
            covered += len("".join(part.text.split()))
        if split is sentences:
            assert covered == len("".join(text.split()))


HOSTILE = (
    ". ",
    "a. ",
    "\n",
    "1. ",
    "A. ",
    "(",
    "... A",
    "-\n",
    "Dr. ",
    "?)",
    "[1].",
    ", ",
    " and ",
    " with ",
    "a,",
    "(,",
    "[ ",
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    sentences(text)
    assert time.process_time() - start < 3  # a third of a second; quadratic time would be many minutes
    clauses(text)
    assert time.process_time() - start < 8


CLAUSES: tuple[tuple[str, list[str], str], ...] = (
    ("Temperature is 38.5 C, pulse is 110/min, and blood pressure is 90/60 mm Hg",
     ["Temperature is 38.5 C", "pulse is 110/min", "blood pressure is 90/60 mm Hg"], "vital signs"),
    ("fever, chills, and night sweats for 2 weeks", ["fever", "chills", "night sweats for 2 weeks"], "symptoms"),
    ("A 45-year-old man with asthma comes to the physician because of cough and fever.",
     ["A 45-year-old man", "with asthma", "comes to the physician because of cough", "fever"], "age and sex are one"),
    ("WBC is 1,200/mm3, platelets 120,000. Which of the following is most likely?",
     ["WBC is 1,200/mm3", "platelets 120,000"], "numbers stay whole; the question is no fact"),
    ("He has pain. The most likely diagnosis is:", ["He has pain"], "a question without a question mark"),
    ("Treatment of choice in scabies is", [], "no case, no facts"),
    ("A 45-year-old man with fever and rash, most likely diagnosis is", ["A 45-year-old man", "with fever", "rash"], "case and question in one"),
    ("Labs show Na 128 (normal 135, 145), and K 3.5.", ["Labs show Na 128 (normal 135, 145)", "K 3.5"], "brackets"),
    ("The upper and lower limbs are weak.", ["The upper and lower limbs are weak"], "a pair is one fact"),
    ("It takes between 3 and 5 days.", ["It takes between 3 and 5 days"], "a range is one fact"),
    ("On physical examination, there is a murmur.", ["On physical examination, there is a murmur"], "a lead-in is none"),
    ("Na+: 128 mEq/L\nK+: 3.5 mEq/L", ["Na+: 128 mEq/L", "K+: 3.5 mEq/L"], "lines of values"),
    ("She smokes but does not drink; her mother had a stroke.",
     ["She smokes", "does not drink", "her mother had a stroke"], "but, and a semicolon"),
    ("", [], "nothing"),
)  # fmt: skip


@pytest.mark.parametrize(("stem", "facts", "reason"), CLAUSES)
def test_clauses(stem: str, facts: list[str], reason: str) -> None:
    assert [clause.text for clause in clauses(stem)] == facts, reason


def test_cases_of_real_stems_have_facts(shared_data: Path) -> None:
    lines = (shared_data / "medqa_us_5opt_dev.jsonl").read_text(encoding="utf-8").splitlines()
    counts = [len(clauses(json.loads(line)["question"])) for line in lines]
    assert sum(count >= 3 for count in counts) > 0.95 * len(counts)
    assert max(counts) < 150
