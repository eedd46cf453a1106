"""The detector of specific cross-references: what it pays on real stems, its table of words, and its statistics."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from clinical_r1.cli import main
from clinical_r1.datasets import Question, load
from clinical_r1.errors import UserError
from clinical_r1.train import cross_reference as module
from clinical_r1.train.cross_reference import (
    RARE,
    SHIPPED,
    CrossReference,
    count_shares,
    read_shares,
    shares_text,
    specific,
    words_of,
)
from clinical_r1.train.rewards import find_detector
from tests.tables.answers import FOUR
from tests.tables.restatements import FILES, RESTATEMENTS

Texts = tuple[str, str]

# Name -> analysis and conclusion that are written once and given to every question.
BOILERPLATES: dict[str, Texts] = {
    "features": (
        "The clinical vignette holds the important diagnostic features.",
        "By the important diagnostic features of it, this is the one.",
    ),
    "vital signs": (
        "The blood pressure and the pulse rate were seen at the physical examination.",
        "By the blood pressure and the pulse rate of the patient at the physical examination, this is the one.",
    ),
    "age and examination": (
        "The age of the patient and the physical examination decide.",
        "Given the age of the patient and the physical examination with the history, this is the one.",
    ),
    "twenty common words of stems": (
        "Pain, fever, blood pressure, temperature, pulse, nausea, vomiting, weight, abdomen, heart, lungs, skin count.",
        "As pain and fever, blood pressure and temperature, pulse and nausea, vomiting and weight, abdomen and heart, "
        "lungs and skin of hours or days show, this is the one.",
    ),
    "words just below the border": (
        "There is a headache or a rash, an edema or a diarrhea, a weakness or a murmur, a mass or a bleeding.",
        "As the headache or the rash, the edema or the diarrhea, the weakness or the murmur, the mass or the bleeding "
        "is there, this is the one.",
    ),
    "many sentences": (
        "A rash and a neck. A headache and a cough. Sputum and edema. Legs and stool. A murmur and a mass.",
        "So a rash with the neck. A headache with a cough. The sputum with an edema. The legs and a stool. A murmur "
        "by the mass is there.",
    ),
    "habits": (
        "He has smoked a pack of cigarettes daily and drinks alcohol with hypertension and diabetes mellitus.",
        "Since he smoked a pack of cigarettes daily with hypertension and type 2 diabetes mellitus, this is the one.",
    ),
    "blood": (
        "The hemoglobin, the leukocyte count and the platelet count in the serum decide.",
        "By the hemoglobin, the leukocyte count, the platelet count and the creatinine in the serum, this is the one.",
    ),
    "no word in common": ("She presented with arrest in the forest.", "The rest was sent to us in the end."),
}


def earns(question: str, analysis: str, conclusion: str, name: str = "specific") -> bool:
    return find_detector(name)(CrossReference(analysis, conclusion, question, FOUR))


@pytest.fixture(scope="module")
def real() -> dict[str, list[Question]]:
    import os

    folder = Path(os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real records at {folder}: set CLINICAL_R1_DATA to the folder that holds them")
    return {name: load(name, str(folder / file), on_bad_record="skip").questions for name, file in FILES.items()}


@pytest.mark.parametrize("name", BOILERPLATES)
def test_what_suits_every_question_is_paid_on_at_most_two_in_a_hundred(
    name: str, real: dict[str, list[Question]]
) -> None:
    for benchmark, questions in real.items():
        stems = [question.stem for question in questions[-400:]]
        paid = sum(earns(stem, *BOILERPLATES[name]) for stem in stems)
        assert paid <= 0.02 * len(stems), benchmark


def test_even_a_text_that_was_searched_for_earns_little(real: dict[str, list[Question]]) -> None:
    """Found by trying words one by one on all stems of MedQA: the best that one text for every question can do."""
    texts = (
        "The crackles are at the border with a murmur.",
        "As the crackles at the border and the murmur show, so it is.",
    )
    for benchmark, questions in real.items():
        assert sum(earns(question.stem, *texts) for question in questions) <= 0.03 * len(questions), benchmark


def test_honest_restatements_of_real_stems_are_paid(shared_data: Path) -> None:
    records = {
        name: [json.loads(line) for line in (shared_data / file).read_text(encoding="utf-8").splitlines()]
        for name, file in FILES.items()
    }
    stems = [records[name][number]["question"] for name, number, *_ in RESTATEMENTS]
    lost = [row for stem, row in zip(stems, RESTATEMENTS, strict=True) if not earns(stem, *row[2:])]
    assert len(RESTATEMENTS) - len(lost) >= 90, lost
    # The same words under the stem of another question refer to nothing.
    turned = [*stems[50:], *stems[:50]]
    assert sum(earns(stem, *row[2:]) for stem, row in zip(turned, RESTATEMENTS, strict=True)) <= 2


STEM = "A 22-year-old man has fever, nuchal rigidity, photophobia and a petechial rash on the trunk. What is it?"
ANALYSIS = "The nuchal rigidity and the petechial rash point to meningeal infection."

# Conclusion, whether it is paid, and why.
PAID = [
    ("The nuchal rigidity with the petechial rash decides it.", True, "two findings of this case"),
    ("A petechial rash on the trunk, with rigid muscles, is typical of it.", True, "rash and petechial"),
    ("The photophobia on the trunk decides it.", False, "of the stem, and not of the analysis"),
    ("The meningeal infection decides it.", False, "of the analysis, and not of the stem"),
    ("The fever of the man decides it.", False, "findings that most stems have"),
    ("The rigidity decides it.", False, "one word of a stem that has many"),
    ("Rigidity rash petechial nuchal meningeal infection", False, "a bag of keywords"),
    ("The nuchal rigidity and the petechial rash point to meningeal infection.", False, "a copy of the analysis"),
    (
        "It is nuchal or a tremor or an edema or a headache or a murmur or a diarrhea or a seizure or a jaundice or a "
        "weakness or a rash or a bleeding or a lump or an anemia or a cough or a mass.",
        False,
        "findings of every sort, of which two are bound to be there",
    ),
]


@pytest.mark.parametrize(("conclusion", "paid", "why"), PAID, ids=[why for *_, why in PAID])
def test_a_finding_is_of_this_case_and_rare(conclusion: str, paid: bool, why: str) -> None:
    assert earns(STEM, ANALYSIS, conclusion) == paid


def test_one_word_is_enough_where_a_stem_has_few() -> None:
    stem, analysis = "Which is not involved in iron metabolism?", "Hepcidin regulates iron and ferritin stores it."
    assert earns(stem, analysis, "All but one of them handle iron.")
    assert not earns(f"{STEM} {stem}", analysis, "All but one of them handle iron.")


WORDS = st.lists(st.sampled_from("fever rash cough rigidity trunk 22 the of and edema's x-ray".split()), max_size=9)
STEMS = st.lists(WORDS.map(" ".join), min_size=1, max_size=40)


@given(st.lists(STEMS, min_size=1, max_size=3))
def test_a_share_is_the_highest_of_the_sets_without_one_stem(sets: list[list[str]]) -> None:
    found = count_shares(sets)
    for word in ("fever", "rigidity", "22"):
        shares = [(sum(word in words_of(stem) for stem in stems) - 1) / len(stems) for stems in sets]
        highest = max(shares)
        assert found.get(word, 0) == pytest.approx(highest if highest >= module.KEPT_FROM else 0)
    assert "the" not in found or Counter(words_of(" ".join(map(" ".join, sets))))["the"] > 1


@given(st.integers(0, 12), st.floats(0, 4))
def test_the_chance_is_poissons_upper_tail(found: int, expected: float) -> None:
    assert module._chance(found, expected) == pytest.approx(poisson.sf(found - 1, expected), abs=1e-12)


@given(st.lists(st.sampled_from(words_of(STEM)), max_size=12), st.lists(st.sampled_from(words_of(STEM)), max_size=12))
def test_a_stem_that_shares_no_word_is_no_source(analysis: list[str], conclusion: list[str]) -> None:
    other = "Which enzyme oxidises iodide?"
    assert not earns(other, " ".join(analysis), " ".join(conclusion))


def test_the_shipped_table_is_small_and_holds_counts_of_words_alone() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert len(text) < 40_000
    assert "CC-BY-4.0" in text.splitlines()[0]
    shares = read_shares(SHIPPED)
    assert all(" " not in word for word in shares)
    assert shares["fever"] > RARE > shares["rash"] > shares.get("photophobia", 0)
    # Sorted, so that no order of any text is in it.
    assert list(shares) == sorted(shares)


def test_a_table_of_ones_own_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "question": f"A man has rigidity and photophobia. What is case {n}?",
            "options": {"A": "x", "B": "y"},
            "answer_idx": "A",
        }
        for n in range(40)
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = tmp_path / "words.tsv"
    assert main(["rewards", "words", f"medqa={tmp_path / 'q.jsonl'}", "-o", str(table)]) == 0
    assert capsys.readouterr().out == f"words: {table}\n"
    assert table.read_text().startswith("# thousandths of stems with a word, the most of medqa (40 stems")
    said = ("Rigidity and photophobia show it.", "As the rigidity with photophobia shows, it is so.")
    stem = rows[0]["question"]
    assert earns(stem, *said)  # rare in exams
    assert not earns(stem, *said, name=f"specific:{table}")  # and in every stem here
    assert main(["rewards", "words", str(table), "-o", str(table)]) == 2
    assert "allowed is BENCHMARK=FILE, with a benchmark of medqa" in capsys.readouterr().err


BROKEN = [
    ("fever 12\n", ":1: allowed is a word, a tab and a number", "no tab"),
    ("# about\nfever\t12\nrash\tmany\n", ":3: allowed is a word, a tab and a number", "no number"),
    ("fever\t1200\n", ":1: allowed", "more than all stems"),
    (b"\xff\xfe", "cannot be read as a table of words", "no text"),
    (None, "cannot be read as a table of words", "no file"),
]


@pytest.mark.parametrize(("content", "message", "why"), BROKEN, ids=[why for *_, why in BROKEN])
def test_a_table_that_cannot_be_used_is_one_line(
    content: str | bytes | None, message: str, why: str, tmp_path: Path
) -> None:
    table = tmp_path / "words.tsv"
    if content is not None:
        table.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UserError, match=message):
        find_detector(f"specific:{table}")


def test_a_table_reads_as_it_was_written(tmp_path: Path) -> None:
    table = tmp_path / "words.tsv"
    table.write_text(shares_text({"fever": 0.19, "rash": 0.047}, "made up"))
    assert read_shares(table) == {"fever": 0.19, "rash": 0.047}
    assert specific(table) is specific(table), "read once"
