"""Editors of a stem: what they edit, what they leave alone, and that a text reads on."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.edits import Edit
from clinical_r1.edits.editors import KINDS, edits_of, reads_on
from clinical_r1.sentences import clauses

ASKED = " Which of the following is most likely?"


def texts(told: str, kind: str, seed: int = 0) -> list[str]:
    """The case after each edit, without what is asked."""
    stem = told + ASKED
    edited = [edit.applied(stem) for edit in edits_of(stem, seed, [kind])]
    assert all(text.endswith(ASKED) for text in edited)
    return [text.removesuffix(ASKED) for text in edited]


REMOVED = [
    ("A man of 40 has a cough. He smokes daily.", ["A man of 40 has a cough."], "a sentence that is one fact, with its space"),
    ("A man of 40 has a cough. He has fever, chills, and malaise.",
     ["A man of 40 has a cough. He has chills and malaise.", "A man of 40 has a cough. He has fever and malaise.", "A man of 40 has a cough. He has fever and chills."],
     "each item of a list, the verb stays"),
    ("A woman of 50 has nausea and warts.", ["A woman of 50 has warts.", "A woman of 50 has nausea."], "the finding goes, the opener stays"),
    ("A man of 40 has a cough. His temperature is 39°C, pulse is 99/min, and weight is 70 kg.",
     ["A man of 40 has a cough. His pulse is 99/min, and weight is 70 kg.", "A man of 40 has a cough. His temperature is 39°C, and weight is 70 kg.", "A man of 40 has a cough. His temperature is 39°C, and pulse is 99/min."],
     "clauses of one list"),
    ("A man of 40 has a cough. He has oozing of the rash and ulcers.", ["A man of 40 has a cough. He has oozing of the rash."], "what follows leans on the first item"),
    ("A man of 40 has a cough. He denies wrist and thigh weakness.", ["A man of 40 has a cough. He denies thigh weakness."], "the first item leans on the last"),
    ("A man of 40 has a cough. He noticed a lump. The lump is hard.", ["A man of 40 has a cough. He noticed a lump."], "what is named later stays"),
    ("A man of 40 has a cough.", [], "the only fact"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "left", "reason"), REMOVED)
def test_facts_are_taken_out_so_that_the_text_reads_on(told: str, left: list[str], reason: str) -> None:
    assert sorted(texts(told, "removal")) == sorted(left), reason


def test_a_removal_is_of_one_fact_though_it_writes_an_and_again() -> None:
    stem = "A man of 40 has a cough. He has fever, chills, rash, and pain." + ASKED
    inventory = clauses(stem)
    assert sorted(edit.facts(inventory) for edit in edits_of(stem, 0, ["removal"])) == [(2,), (3,), (4,), (5,)]


def test_what_was_begun_stays_where_the_question_is_about_it() -> None:
    stem = "A man of 40 has gout and fever. He is started on therapy with colchicine. This drug acts on what?"
    assert all("colchicine" in edit.applied(stem) for edit in edits_of(stem, 0, ["removal"]))


NUMBERS = [
    ("His temperature is 38.9°C (102.0°F).", r"His temperature is 3[4-7]\.\d°C \(9[4-9]\.\d°F\)\.", "both units"),
    ("His blood pressure is 120/80 mm Hg.", r"His blood pressure is (?:1[6-9]\d/(?:9|1[01])\d|[78]\d/[45]\d) mm Hg\.", "systolic above diastolic"),
    ("Serum sodium is 140 mEq/L.", r"Serum sodium is 1[1-6]\d mEq/L\.", "a name and its unit"),
    ("The platelet count is 15,000/mm3.", r"The platelet count is \d{3},\d00/mm3\.", "commas between thousands"),
    ("He has had pain for 3 days.", r"He has had pain for (?:[6-9]|1\d) days\.", "a duration"),
    ("He takes 40 mg of it daily.", r"He takes (?:20|80|120) mg of it daily\.", "a dose"),
]  # fmt: skip
KEPT = ["He has type 2 diabetes.", "HLA-B27 is positive.", "S1 and S2 are heard.", "His son is 3 years old.", "His sodium is elevated at 150 mEq/L.",
        "Sodium is high (normal range, 135-145 mEq/L).", "He was born in 1987.", "A grade 3 murmur is heard."]  # fmt: skip


@pytest.mark.parametrize(("sentence", "pattern", "reason"), NUMBERS)
@pytest.mark.parametrize("seed", range(5))
def test_numbers_become_other_plausible_ones(sentence: str, pattern: str, reason: str, seed: int) -> None:
    [edited] = texts(f"A man of 40 has a cough. {sentence}", "number", seed)
    assert edited != f"A man of 40 has a cough. {sentence}"
    assert re.fullmatch(pattern, edited.removeprefix("A man of 40 has a cough. ")), reason


@pytest.mark.parametrize("sentence", KEPT)
def test_numbers_that_measure_nothing_or_are_judged_in_words_stay(sentence: str) -> None:
    assert texts(f"A man of 40 has a cough. {sentence}", "number") == []


TOLD = "A man of 40 has a cough. "
CHANGED = [
    ("negation", "He has no history of trauma.", ["He has a history of trauma."], "an article where the noun wants one"),
    ("negation", "Examination shows no edema.", ["Examination shows edema."], "and none where it wants none"),
    ("negation", "No edema is seen.", ["Edema is seen."], "a capital at the start"),
    ("negation", "He denies smoking.", ["He reports smoking."], "denied and told"),
    ("negation", "He does not smoke.", ["He smokes."], "the verb as its subject wants it"),
    ("negation", "The abdomen is tender.", ["The abdomen is not tender."], "told and denied"),
    ("negation", "He denies fever, rash, or pain.", [], "a list with 'or'"),
    ("negation", "He has no pain but cannot sleep.", [], "set against what follows"),
    ("side", "There is a rash on the left arm.", ["There is a rash on the right arm."], "a side told once"),
    ("side", "His left arm and left leg are weak.", [], "told twice"),
    ("side", "He left the ward.", [], "another word"),
    ("side", "The liver is felt below the right rib.", [], "nobody has it on the other side"),
    ("opposite", "Laboratory studies show hypokalemia.", ["Laboratory studies show hyperkalemia."], "hypo and hyper"),
    ("opposite", "There is an increased fremitus.", ["There is a decreased fremitus."], "with its article"),
    ("opposite", "The lymph node is very tender.", [], "no 'very nontender'"),
    ("opposite", "There is an increased WBC of 15,000.", [], "the number says the same"),
    ("paraphrase", "Physical examination shows a rash.", ["Physical examination reveals a rash."], "other words"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "sentence", "changed", "reason"), CHANGED)
def test_words_are_swapped_where_the_text_reads_on(kind: str, sentence: str, changed: list[str], reason: str) -> None:
    assert [text.removeprefix(TOLD) for text in texts(TOLD + sentence, kind)] == changed, reason


@pytest.mark.parametrize("seed", range(5))
def test_age_changes_clearly_within_what_other_words_allow(seed: int) -> None:
    [adult] = texts("An 18-year-old woman has a cough.", "age", seed)
    assert re.fullmatch(r"An? (?:3[3-9]|[4-8]\d)-year-old woman has a cough\.", adult)
    assert adult.startswith("An ") == (adult.split()[1][0] == "8")
    [pregnant] = texts("A 25-year-old woman is pregnant.", "age", seed)
    assert re.fullmatch(r"A (?:3[3-9]|4[0-2])-year-old woman is pregnant\.", pregnant)
    assert texts("A 25-year-old student has a cough.", "age", seed) == []


def test_sex_changes_in_every_word_or_not_at_all() -> None:
    told = "A 40-year-old woman has a cough. Her father asked her to come. She smokes."
    assert texts(told, "sex") == []  # whose "her"?
    assert texts("A 40-year-old woman has a cough. Her pulse is 99/min. It wakes her. She smokes.", "sex") == [
        "A 40-year-old man has a cough. His pulse is 99/min. It wakes him. He smokes."
    ]
    assert texts("A 40-year-old woman is pregnant.", "sex") == []


def test_neighbours_of_a_list_change_places_where_nothing_leans_on_them() -> None:
    told = "A man of 40 has a cough. He has fever, rash, and severe pain."
    assert texts(told, "order") == [
        told.replace("fever, rash", "rash, fever"),
        told.replace("rash, and severe pain", "severe pain, and rash"),
    ]
    assert texts("A man of 40 has a cough. He has pain in the neck and vomiting.", "order") == []


def test_made_cases_lose_and_swap_each_finding() -> None:
    stem = "A woman of 50 has nausea, warts, bruising, belching and acne. Which disease is most likely?"
    assert len(edits_of(stem, 0, ["removal"])) == 5
    assert len(edits_of(stem, 0, ["order"])) == 4


def test_a_question_without_a_case_has_no_edits() -> None:
    assert edits_of("Treatment of choice for a rash in children is", 0) == ()


BROKEN = [
    (Edit("removal", 16, " chills", ""), "an 'and' before a full stop"),
    (Edit("removal", 7, "fever and ", " "), "two spaces"),
    (Edit("removal", 0, "He has", "has"), "a small letter at the start"),
    (Edit("removal", 7, "fever and chills", "fever (and chills"), "an open bracket"),
    (Edit("removal", 7, "fever and chills. What", "fever. Who"), "the question asked"),
    (Edit("removal", 7, "rash", ""), "another text than stands there"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "reason"), BROKEN)
def test_broken_texts_are_refused(edit: Edit, reason: str) -> None:
    assert not reads_on("He has fever and chills. What is it?", edit), reason


WORDS = st.sampled_from(
    "a an the man of 40 year-old has had no and or with , . ; : ( ) ? \n fever rash pain 38.5 °C 120/80 mm Hg pulse is 99/min "
    "denies He She his left right acute days 3 mg which that because İ ß \ud800".split(" ")
)


@settings(max_examples=200)
@given(st.one_of(st.text(), st.lists(WORDS, max_size=60).map(" ".join)), st.integers(0, 3))
def test_any_text_gives_edits_that_apply_and_change_nothing_else(stem: str, seed: int) -> None:
    made = edits_of(stem, seed)
    assert made == edits_of(stem, seed)
    inventory = clauses(stem)
    for edit in made:
        assert edit.kind in KINDS
        text = edit.applied(stem)
        assert text != stem
        assert text.startswith(stem[: edit.start])
        assert text.endswith(stem[edit.end :])
        assert edit.start >= inventory[0].start or stem[: inventory[0].start].strip() == ""
        assert stem[inventory[-1].end :].strip(" .!\n)") == "" or text.endswith(stem[inventory[-1].end + 1 :])
