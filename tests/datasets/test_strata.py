"""What a question's wording says about it, on wordings as they occur in the benchmarks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.datasets.wording import has_case, letters_cited, negated, stays_last

CASES = [
    ("A 57-year-old man presents with cough. What is the diagnosis?", True, "age and complaint"),
    ("A 40 years old female presented with breathlessness. Treatment?", True, "age without hyphens"),
    ("16 year girl, came for vaccination. Which vaccine to be given", True, "no article"),
    ("In a 60 yr old hypertensive male with renal failure, biopsy shows onion skin. Diagnosis:", True, "one sentence"),
    ("A patient went into shock immediately after normal delivery, likely cause:", True, "no age"),
    ("Patient is a known case of epilepsy, taking levetiracetam. What next?", True, "no article, no age"),
    (
        "Two days after delivery, a 2450-g (5-lb 6-oz) male newborn has green vomitus. Diagnosis?",
        True,
        "weight for age",
    ),
    ("A child had repeated vomiting and developed alkalosis. The treatment is", True, "a child"),
    ("A male patient, aged 54, seeks attention for a lesion with ulceration. Next step?", True, "age after the person"),
    ("Treatment of choice for primary syphilis is", False, "knowledge"),
    ("Speech problems in cleft palate patients are due to", False, "patients in general"),
    ("Drug of choice for prophylaxis in penicillin allergic patient", False, "a kind of patient"),
    ("Absence of which milestone in a child is delayed development?", False, "children in general"),
    ("An investigator is studying a drug given to a 25-year-old man with gout. Which enzyme?", False, "an experiment"),
    ("A study is conducted in a town of 225,000 people. What is the attributable risk?", False, "epidemiology"),
    ("According to census, life expectancy at birth for male and female is", False, "statistics"),
]


@pytest.mark.parametrize(("stem", "expected", "why"), CASES)
def test_has_case(stem: str, expected: bool, why: str) -> None:
    assert has_case(stem) is expected


NEGATED = [
    ("Which of the following is not true for myelinated nerve fibers:", True, "not"),
    ("Which of the following is NOT necessary for PCR?", True, "NOT"),
    ("All of the following are true about COPD except –", True, "except with a dash"),
    ("Iron is present in all, EXCEPT", True, "EXCEPT"),
    ("The lower denture is limited by all of the following (except)", True, "except in brackets"),
    ("All of the following are induction agents except:September 2007", True, "an exam date after it"),
    ("False about enamel rods is", True, "a fragment"),
    ("Which of the following statements about radiographs is false?", True, "false"),
    ("Which compartment is incorrectly matched with its contents?", True, "incorrectly"),
    ("Which patient would least likely have these findings?", True, "least likely"),
    ("Which one of the following treatments should be AVOIDED?", True, "avoided"),
    ("The zygomatic bone does not articulate with:", True, "a statement to complete"),
    ("Endocrine glands that are not influenced by the pituitary include the:", True, "the same with a relative clause"),
    ("Which of the following is not present in posterior\ntriangle of neck?", True, "a line broken by a scanner"),
    ("A man does not smoke. What is the most likely diagnosis?", False, "not, in the case"),
    ("He does not want injections. Which of the following drug can be added?", False, "the same"),
    (
        "A peeling of skin all over except palms and soles. What is the most probable diagnosis?",
        False,
        "except, in the case",
    ),
    ("Markers are normal except for LDH. The most likely diagnosis is:", False, "except for"),
    ("Which intervention will become ineffective if not administered promptly?", False, "a condition"),
    ("What is the probability that this patient does not have cancer?", False, "what is asked about"),
    ("Which drug is best in patients who do not respond to steroids?", False, "which patients"),
    ("Carcinoma involving the left false cords. Treatment of choice is -", False, "a term"),
    ("What explains the proportion of false positive results?", False, "another term"),
    ("Failure of partial dentures can best be avoided by:", False, "avoided, asked straight"),
    ('Term "Clean Tooth Never Decays" given by', False, "quoted"),
    ("The B pattern belongs to (Figure was not provided in the exam):", False, "a remark"),
    ("Two groups of newborns whose mothers received supplements or not. The test is:", False, "or not"),
]


@pytest.mark.parametrize(("stem", "expected", "why"), NEGATED)
def test_negated(stem: str, expected: bool, why: str) -> None:
    assert negated(stem) is expected


CITED = [
    (["Xerostomia", "Caries", "Both A and B", "None"], True, "two letters"),
    (["Iron", "Zinc", "Both AB", "Either AB"], True, "letters run together"),
    (["Positive.", "Neutral.", "Negative.", "Both B & C."], True, "ampersand and full stop"),
    (["A only", "B only", "C only", "A, B, and C"], True, "lists"),
    (["ab", "cd", "bd", "ac"], True, "runs of letters"),
    (["a is false and b, c, d are true", "x", "y", "z"], True, "claims about letters"),
    (["A and B are correct", "Iron", "Zinc", "Lead"], True, "the same"),
    (["A", "B", "C", "D"], True, "letters of a figure read as letters of options"),
    (["a,c,d,b", "b,c,a,d", "d,a,c,b", "c,a,b,d"], True, "an order"),
    (["a)Submandibular gland", "Parotid gland", "Sublingual gland", "TMJ"], True, "its own letter in the text"),
    (["Half", "Quarter", "Both 1 and 2", "None of the above"], True, "by place, and the stem numbers nothing"),
    (["Same as option B", "Iron", "Zinc", "Lead"], True, "by name"),
    (["Vitamin A and C", "Vitamin B", "Iron", "Zinc"], False, "vitamins"),
    (["Hepatitis B and C", "Hepatitis A", "HIV", "CMV"], False, "viruses"),
    (["Anti C", "Anti D", "Anti E", "Anti Lewis"], False, "antibodies"),
    (["Type A", "Factor B", "Protein C", "Vitamin D"], False, "terms"),
    (["AD", "AR", "XD", "XR"], False, "inheritance"),
    (["T and B cells", "NK cells", "B lymphocytes", "T cells"], False, "cells"),
    (["E. coli", "C. difficile", "B. fragilis", "H. pylori"], False, "bacteria"),
    (["A beta", "A alpha", "B fibers", "C fibers"], False, "nerve fibres"),
    (["Both GH and prolactin", "GH", "TSH", "FSH"], False, "both, of things"),
    (["Device A", "Device B", "Device C", "Device D"], False, "names in the stem"),
    (["A late peaking murmur", "A rumble", "An opening snap", "A click"], False, "articles"),
]


@pytest.mark.parametrize(("texts", "expected", "why"), CITED)
def test_letters_cited(texts: list[str], expected: bool, why: str) -> None:
    assert letters_cited("Which one is it?", dict(zip("ABCD", texts, strict=True))) is expected


STEMS = [
    ("Which is true of both A and B?", True, "letters"),
    ("If option C is right, what follows?", True, "an option by name"),
    ("The x-rays are shown in Figures A and B. Diagnosis?", False, "figures"),
    ("He is vaccinated against hepatitis A and B. Next step?", False, "viruses"),
    ("What is the treatment of choice? The temperature is 39 (102 F).", False, "units"),
]


@pytest.mark.parametrize(("stem", "expected", "why"), STEMS)
def test_letters_cited_in_the_stem(stem: str, expected: bool, why: str) -> None:
    assert letters_cited(stem, {"A": "Iron", "B": "Zinc", "C": "Lead"}) is expected


def test_numbers_mean_the_stem_s_statements_where_it_has_any() -> None:
    options = {"A": "Both 1 and 2", "B": "1 and 3", "C": "Neither"}
    assert letters_cited("Which statements are true?", options)
    assert not letters_cited("Which are true? 1. Iron is red 2. Zinc is blue 3. Lead is heavy", options)


LAST = [
    *((text, True) for text in ("All of the above", "None of the above.", "all the above", "None", "Both.", "All")),
    *((text, True) for text in ("Any of the above", "Can be any of the above", "Both of the above", "None of these")),
    *((text, True) for text in ("Neither of the above", "All of these", "None of the options", "All are correct")),
    *(
        (text, False)
        for text in ("All nucleated cells", "Both arms", "All stretched", "Above the knee", "None is left over")
    ),
    *((text, False) for text in ("Any bleeding", "Either of the jaws", "1 cm above the ischial spine", "Nonea", "")),
]


@pytest.mark.parametrize(("text", "expected"), LAST)
def test_stays_last(text: str, expected: bool) -> None:
    assert stays_last(text) is expected
    assert stays_last(text.upper()) is expected


@given(st.text(), st.lists(st.text(), min_size=2, max_size=6))
def test_any_text_gets_an_answer(stem: str, texts: list[str]) -> None:
    options = dict(zip("ABCDEF", texts, strict=False))
    found = [has_case(stem), negated(stem), letters_cited(stem, options), *map(stays_last, texts)]
    assert all(isinstance(answer, bool) for answer in found)
