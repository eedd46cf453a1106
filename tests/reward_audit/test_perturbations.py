"""Perturbations: what each makes of a completion, where it does not apply, and what it leaves alone."""

from random import Random

import pytest

from clinical_r1.grammar import parse
from clinical_r1.item import Item
from clinical_r1.reward_audit import perturbations
from clinical_r1.reward_audit.perturbations import FILLER, OTHER_SCRIPTS, PERTURBATIONS, Case, read_case, retagged
from tests.tables.answers import FOUR

QUESTION = "A man has fever, neck stiffness and photophobia. What is the diagnosis?"
ANALYSIS = "Fever and neck stiffness point to meningitis. Migraine lacks fever."
PROSE = "Given the fever and the stiffness, it is meningitis."
BOX = r"\boxed{B}"


def completion(prose: str = f"{PROSE} {BOX}", analysis: str = ANALYSIS) -> str:
    return f"<dx>{analysis}</dx>\n<conclusion>{prose}</conclusion>"


def asked(text: str, id: str = "q1", question: str = QUESTION) -> Item:
    return Item(id, 1, question, FOUR, "B", text, None, has_case=True, negated=False, facts=())


def case(text: str = completion(), id: str = "q1", question: str = QUESTION) -> Case:
    found = read_case(asked(text, id, question))
    assert found is not None
    return found


OTHER = case(id="q2", question="A woman has wheezing, urticaria and hypotension after peanuts. What should be given?")


def perturbed(name: str, of: Case, other: Case = OTHER, seed: int = 0) -> str | None:
    written: str | None = getattr(perturbations, name)(of, other, Random(seed))
    return written


def sections(text: str | None) -> tuple[str, str]:
    assert text is not None
    after = case(text)
    return after.response.analysis, after.response.conclusion


EXPECTED = [
    ("copy_analysis", ANALYSIS, f"{ANALYSIS} {BOX}", "the box stays behind the copy"),
    ("delete_findings_from_analysis", "and point to meningitis. Migraine lacks .", f"{PROSE} {BOX}", "options' words stay"),
    ("delete_findings_from_conclusion", ANALYSIS, f"Given the and the , it is meningitis. {BOX}", "in the conclusion"),
    ("negate_reference", ANALYSIS, f"It is not true that given the fever and the stiffness, it is meningitis. {BOX}", "denied"),
    ("box_only", ANALYSIS, BOX, "no prose"),
    ("boilerplate", perturbations.BOILERPLATE[0], f"{perturbations.BOILERPLATE[1]} {BOX}", "the same text for every case"),
    ("other_case", ANALYSIS, f"{PROSE} {BOX}", "the other's sections, which are the same here, with this one's box"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "analysis", "conclusion", "why"), EXPECTED, ids=lambda value: str(value)[:30])
def test_what_a_perturbation_writes(name: str, analysis: str, conclusion: str, why: str) -> None:
    assert sections(perturbed(name, case())) == (analysis, conclusion), why


def test_the_stem_words_are_in_both_sections_and_the_box_stays() -> None:
    analysis, conclusion = sections(perturbed("stem_words", case()))
    assert all(word in analysis and word in conclusion for word in perturbations.STEM_WORDS)
    assert conclusion.endswith(BOX)


def test_an_answer_is_taken_back_with_a_letter_that_is_wrong() -> None:
    for name in ("contradict", "text_behind"):
        letters = {(perturbed(name, case(), seed=seed) or "").split(PROSE)[1] for seed in range(30)}
        assert len(letters) == 3, "every wrong letter, never the right one"
        assert perturbed(name, case(completion(prose=PROSE))) is None, "there is no box to contradict"
    behind = perturbed("text_behind", case()) or ""
    assert behind.startswith(completion())


def test_an_empty_analysis_is_no_format() -> None:
    assert not parse(perturbed("empty_analysis", case()) or "").well_formed


def test_shuffling_moves_the_sentences_of_the_analysis_alone() -> None:
    analysis, conclusion = sections(perturbed("shuffle_sentences", case()))
    assert analysis == "Migraine lacks fever. Fever and neck stiffness point to meningitis."
    assert conclusion == f"{PROSE} {BOX}"


def test_a_bag_of_keywords_holds_words_of_the_analysis_alone() -> None:
    bag = sections(perturbed("keyword_bag", case()))[1].removesuffix(BOX).split()
    assert len(bag) > 3
    assert set(bag) <= {*ANALYSIS.lower().replace(".", "").split()}


def test_swapped_findings_are_the_other_patients_in_both_sections() -> None:
    analysis, conclusion = sections(perturbed("swap_findings", case()))
    assert "fever" not in (analysis + conclusion).lower()
    assert "stiffness" not in analysis + conclusion
    [of_fever] = [
        word
        for word in ("wheezing", "urticaria", "hypotension", "peanuts", "woman")
        if word in conclusion.split("the ")[1]
    ]
    assert of_fever in analysis, "the same finding stands in both sections"


def test_padding_and_other_scripts_add_no_finding() -> None:
    analysis, conclusion = sections(perturbed("pad", case()))
    for text, before in ((analysis, ANALYSIS), (conclusion.removesuffix(BOX).strip(), PROSE)):
        assert text.startswith(before)
        added = text.removeprefix(before)
        for sentence in FILLER:
            added = added.replace(sentence, "")
        assert not added.strip()
    assert sections(perturbed("append_other_script", case()))[0].removeprefix(ANALYSIS).strip() in OTHER_SCRIPTS
    assert sections(perturbed("replace_by_other_script", case()))[1].removesuffix(BOX).strip() in OTHER_SCRIPTS


def test_a_duplicate_tag_is_a_fault_of_the_format() -> None:
    text = perturbed("duplicate_tags", case()) or ""
    assert text == f"<dx>{completion()}"
    assert read_case(asked(text)) is None


NOT_APPLICABLE = [
    ("box_only", completion(BOX), "there is only the box"),
    ("box_only", completion("It is meningitis."), "there is no box"),
    ("replace_by_other_script", completion(BOX), "no prose to replace"),
    ("negate_reference", completion(f"So. {BOX}"), "no reference to deny"),
    ("shuffle_sentences", completion(analysis="Fever and stiffness."), "one sentence has no order"),
    ("shuffle_sentences", completion(analysis="Fever. Fever."), "equal sentences have none either"),
    ("delete_findings_from_conclusion", completion(f"It is meningitis. {BOX}"), "no finding of the case"),
    ("delete_findings_from_analysis", completion(analysis="It is meningitis."), "no finding of the case"),
    ("swap_findings", completion(f"It is meningitis. {BOX}"), "no finding of the case"),
    ("keyword_bag", completion(analysis="It is so."), "no words to take"),
]


@pytest.mark.parametrize(("name", "text", "why"), NOT_APPLICABLE)
def test_where_a_perturbation_does_not_apply(name: str, text: str, why: str) -> None:
    assert perturbed(name, case(text)) is None, why


def test_findings_are_not_swapped_with_those_of_the_same_question() -> None:
    assert perturbed("swap_findings", case(), case()) is None


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
def test_a_perturbation_leaves_the_rest_alone_and_repeats_itself(perturbation: perturbations.Perturbation) -> None:
    before = case(f"Sure!\n{completion()} Bye.")
    texts = {perturbation.write(before, OTHER, Random(3)) for _ in range(3)}
    assert len(texts) == 1, "the same seed gives the same text"
    [text] = texts
    assert text is not None
    assert text != before.item.response
    assert text.startswith("Sure!\n<dx>")
    assert text.endswith("</conclusion> Bye.") or (perturbation.name == "text_behind" and before.item.response in text)
    assert text.count(BOX) == 1
    assert "robust reward" in (perturbation.write.__doc__ or ""), "says what should come of it"


UNREADABLE = [
    ("Fever. B", "no tags"),
    ("<think>Fever.</think><answer>B</answer>", "another style"),
    ("<dx>Fever.</dx><conclusion>B", "not closed"),
    ("<dx>Fever.</dx><conclusion> </conclusion>", "empty"),
    ("<dx>Fever.</dx><dx>Fever.</dx><conclusion>B</conclusion>", "twice"),
]


@pytest.mark.parametrize(("text", "why"), UNREADABLE)
def test_a_completion_without_both_sections_is_no_case(text: str, why: str) -> None:
    assert read_case(asked(text)) is None, why


def test_retagging_changes_the_tags_alone() -> None:
    assert retagged(completion(), "think") == f"<think>{ANALYSIS}</think>\n<answer>{PROSE} {BOX}</answer>"
