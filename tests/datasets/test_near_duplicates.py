"""Near-duplicates between training and test questions."""

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_r1.datasets import load
from clinical_r1.datasets.overlap import Pair, features, jaccard, near_duplicates
from clinical_r1.datasets.questions import Question

WORDS = [
    f"{start}{end}"
    for start, end in product(("fev", "card", "neur", "hep", "ren", "derm"), ("er", "ia", "osis", "itis", "oma"))
]


def found(training: list[Question], test: list[Question], threshold: float = 0.5) -> set[tuple[str, str]]:
    return {(pair.training_id, pair.test_id) for pair in near_duplicates(training, test, threshold)}


def a_question(id: str, stem: str, *options: str) -> Question:
    return Question(id, stem, dict(zip("ABCDEFGHIJ", options, strict=False)), "A")


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
questions = st.builds(
    lambda stem, options: a_question("q", stem, *options), texts, st.lists(texts, min_size=2, max_size=5)
)
sets = st.lists(questions, max_size=12).map(lambda made: [replace(q, id=f"q{n}") for n, q in enumerate(made)])


@settings(deadline=None)
@given(sets, sets, st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9, 1.0]))
def test_the_search_finds_what_comparing_all_pairs_finds(
    training: list[Question], test: list[Question], threshold: float
) -> None:
    slow = [
        Pair(a.id, b.id, jaccard(features(a), features(b)))
        for a, b in product(training, test)
        if jaccard(features(a), features(b)) >= threshold
    ]
    assert near_duplicates(training, test, threshold) == slow


@settings(deadline=None)
@given(questions)
def test_an_identical_question_is_always_found(question: Question) -> None:
    [pair] = near_duplicates([question], [replace(question, id="copy")], threshold=1.0)
    assert pair == Pair("q", "copy", 1.0)


@settings(deadline=None)
@given(st.permutations(WORDS), st.integers(0, 29), st.integers(10, 28))
def test_a_question_with_one_of_thirty_words_changed_is_found(words: list[str], changed: int, stem: int) -> None:
    def cut(words: list[str]) -> Question:
        rest = 30 - stem
        return a_question(
            "q", " ".join(words[:stem]), " ".join(words[stem : stem + rest // 2]), " ".join(words[stem + rest // 2 :])
        )

    other = [*words[:changed], "another", *words[changed + 1 :]]
    assert found([cut(words)], [cut(other)])


CASE = "A 45-year-old man has had chest pain for two hours. The ECG shows ST elevation in II, III and aVF. What is occluded?"
ARTERIES = ("Right coronary artery", "Left circumflex artery", "Left main artery", "Diagonal branch")
TABLE = [
    (CASE.upper(), ARTERIES, True, "case"),
    (CASE.replace(".", "").replace(",", ""), ARTERIES, True, "punctuation"),
    (CASE, ARTERIES[::-1], True, "order of options"),
    (CASE, ARTERIES[:3], True, "an edition with an option less"),
    (CASE, (*ARTERIES, "Posterior descending artery"), True, "an edition with an option more"),
    (CASE.replace("45", "47").replace("man", "woman"), ARTERIES, True, "age and sex"),
    (CASE.replace("two hours", "a day"), ARTERIES, True, "another duration"),
    (CASE, ("Aspirin", "Heparin", "Alteplase", "Morphine"), True, "the same case with other options"),
    ("Which artery supplies the AV node?", ARTERIES, False, "only the options"),
    ("A 45-year-old man has had a cough for two weeks. The sputum shows acid-fast rods. What is the cause?", ("Tuberculosis", "Influenza"), False, "the usual opening"),
]  # fmt: skip


@pytest.mark.parametrize(("stem", "options", "near", "why"), TABLE)
def test_what_counts_as_nearly_the_same(stem: str, options: tuple[str, ...], near: bool, why: str) -> None:
    assert bool(found([a_question("a", CASE, *ARTERIES)], [a_question("b", stem, *options)])) is near, why


def test_texts_without_words_are_compared_as_they_are() -> None:
    plus, same, minus = (a_question(id, sign, "<", ">") for id, sign in (("a", "+"), ("b", "+"), ("c", "-")))
    assert found([plus], [same, minus], 0.9) == {("a", "b")}


@pytest.mark.parametrize("threshold", [0, -1, 1.01])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        near_duplicates([], [], threshold)


@pytest.mark.parametrize(
    ("benchmark", "file", "most"),
    [
        ("medqa", "medqa_us_5opt_dev.jsonl", 1),  # one case stands there twice, retold
        ("medmcqa", "medmcqa_raw_dev_part.jsonl", 5),  # five questions stand there twice, a word or an option apart
        ("medxpertqa", "medxpertqa_text_github_part.jsonl", 0),
    ],
)
def test_different_real_questions_are_rarely_called_the_same(
    benchmark: str, file: str, most: int, shared_data: Path
) -> None:
    questions = load(benchmark, str(shared_data / file), on_bad_record="skip").questions
    pairs = {frozenset(pair) for pair in found(questions, questions) if pair[0] != pair[1]}
    assert len(pairs) <= most


def test_a_real_question_that_was_edited_is_found(shared_data: Path) -> None:
    rng = Random(0)
    questions = load("medqa", str(shared_data / "medqa_us_5opt_dev.jsonl"), on_bad_record="skip").questions
    edited = []
    for question in rng.sample(questions, 200):
        words = question.stem.split()
        for place in rng.sample(range(len(words)), max(1, len(words) // 30)):
            words[place] = "edited"
        options = list(question.options.values())
        edited.append(a_question(question.id, " ".join(words), *rng.sample(options, len(options) - 1)))
    matched = found(questions, edited)
    assert {id for id, other in matched if id == other} == {question.id for question in edited}


def test_two_editions_of_the_same_questions_match_one_to_one(shared_data: Path) -> None:
    five = load("medqa", str(shared_data / "medqa_us_5opt_dev.jsonl"), on_bad_record="skip").questions
    four = load("medqa", str(shared_data / "medqa_hub_layout_4opt_300.jsonl")).questions
    stems = {q.id: q.stem for q in (*five, *four)}
    matched = found(four, five)
    same = {(a.id, b.id) for a, b in product(four, five) if a.stem == b.stem}
    assert len(same) >= 290, "else the two files have nothing to do with each other"
    assert same <= matched
    assert len(matched - same) <= 2, [(stems[a], stems[b]) for a, b in matched - same]


def test_the_measure_of_a_made_pair() -> None:
    first, second = (features(a_question("q", stem, "one", "two")) for stem in ("a b c d", "a b c e"))
    assert len(first) == 4
    assert jaccard(first, second) == 3 / 5
    assert all(jaccard(a, a) == 1 for a in (first, second))
    assert sum(jaccard(a, b) < 1 for a, b in combinations([first, second], 2)) == 1
