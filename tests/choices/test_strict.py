r"""The strict reading: a box counts where the words around it stand by it, in the one closed conclusion."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.choices import extract_answer
from clinical_r1.grammar import parse
from tests.tables.answers import FOUR, TEN

# What a conclusion says, and why its box counts.
MEANT = [
    (r"\boxed{B}. Wait times do not matter.", "waiting rooms are no retraction"),
    (r"The fever and the rigidity, not the headache, decide it: \boxed{B}", "a finding denied, not the box"),
    (r"A, C and D are excluded, leaving \boxed{B}", "the others excluded"),
    (r"A and C are rejected; \boxed{B}", "the others rejected"),
    (r"Migraine (A) is not correct. The answer is \boxed{B}", "another letter found wrong"),
    (r"It is not A but \boxed{B}", "not that one but this one"),
    (r"The answer is not A, C or D. It is \boxed{B}", "the others denied"),
    ("\\boxed{B}\nThe patient should be re-evaluated after treatment.", "advice behind the box"),
    (r"Although migraine could be considered, \boxed{B}", "what could be, without a letter"),
    (r"The patient cannot wait: \boxed{B}", "a patient cannot wait"),
    (
        r"My first impression was A, but the fever speaks against it. \boxed{B}",
        "the first impression that the prompt asks for",
    ),
    (r"Initially I thought the answer is A; the rigidity changed that. \boxed{B}", "a first thought, changed"),
    (r"I rejected A and C. \boxed{B} (bacterial meningitis)", "others rejected, the option's text behind"),
    (r"\boxed{B} is correct; A, C and D are wrong.", "box and words agree"),
    (r"\boxed{B} The other options are incorrect.", "the others found wrong"),
    (
        r"Therefore, the correct answer is \boxed{B}, bacterial meningitis, and not A.",
        "another letter denied behind the box",
    ),
    (r"Given the fever, B is right. \boxed{B}", "a statement that agrees"),
    (r"Neither A nor C explains the fever, so \boxed{B}", "neither of two others"),
    (r"Could it be A or C? No, the fever speaks against both. \boxed{B}", "a question answered"),
    (r"It could be A or B, but the rigidity decides for \boxed{B}", "a pair, of which one is chosen"),
    (r"So the answer is: **\boxed{B}**", "bold"),
    (r"Except for B, no option fits. \boxed{B}", "except for the one"),
    (
        r"The likely cause is bacterial: \boxed{B}. Actually starting antibiotics must not be delayed.",
        "actually, of something else",
    ),
    (r"Hold on to the ceftriaxone. \boxed{B}", "hold on, of a drug"),
    (r"This could be missed. A lumbar puncture shows it. \boxed{B}", "could be missed, of a finding"),
    (
        r"\boxed{B} The patient has no fever now, which could be B12 deficiency or C. difficile in others.",
        "terms with letters behind",
    ),
]
MEANT += [
    (r"\boxed{B}. A wait-and-see strategy is not enough.", "a strategy"),
    (r"\boxed{B}. Antibiotics should not wait. The patient is ill.", "a drug that cannot wait"),
    ("\\boxed{B}\nA) Migraine: this is incorrect, as there is fever.", "another option found incorrect behind the box"),
    (r"\boxed{B}. Others would wait for the culture.", "others wait"),
    (r"\boxed{B}. There is no A wave.", "a term behind a no"),
    (r"\boxed{B}. Is it a stroke? No. A CT was normal.", "an article behind a no"),
    (r"\boxed{B}. No, B.", "the same letter"),
]
# What a conclusion says, and why its box does not count.
NOT_MEANT = [
    (r"The answer is A. \boxed{B}", "another letter stated"),
    ('Answer: A\n\\boxed{B}', "another letter on an answer line"),
    (r"\boxed{B}. The answer is A.", "another letter stated behind"),
    (r"Final answer: A. \boxed{B}", "another final answer"),
    (r"I choose C. \boxed{B}", "another one chosen"),
    (r"not \boxed{B}", "not the box"),
    (r"The answer isn't \boxed{B}", "isn't"),
    (r"The correct answer is not option \boxed{B}", "not option"),
    (r"\boxed{B} is wrong.", "found wrong"),
    (r"\boxed{B} is not the answer.", "not the answer"),
    (r"A or \boxed{B}", "one of two"),
    (r"\boxed{B} or A", "another one beside it"),
    (r"\boxed{B} or maybe C", "perhaps another one"),
    (r"It may be A, B or C. \boxed{B}", "three options hedged"),
    (r"perhaps A, B, C or D: \boxed{B}", "all options hedged"),
    (r"Either A, B or C, so \boxed{B}", "either of three"),
    (r"\boxed{B} Sorry, I meant A.", "another one meant"),
    (r"\boxed{B}. Wait, that is wrong.", "taken back"),
    (r"\boxed{B} Hmm, no: the answer is C.", "no, another one"),
    (r"\boxed{B} My mistake, it is A", "a mistake"),
    (r"<!-- \boxed{B} -->A", "a box that no page shows"),
    (r"I reject \boxed{B}", "rejected"),
    (r"anything rather than \boxed{B}", "rather than"),
    (r"The wrong answer is \boxed{B}", "called wrong"),
    (r"\boxed{B} Correction: A", "corrected"),
    (r"C is correct. \boxed{B}", "another letter found correct"),
    (r"Option A is the correct answer. \boxed{B}", "another option found correct"),
    (r"The answer: (D) \boxed{B}", "another letter in brackets"),
    (r"\boxed{B} / A", "one of two, with a stroke"),
    (r"So Migraine (A). \boxed{B}", "so, another one"),
    (r"The most likely diagnosis is ischemic stroke. \boxed{B}", "another option's text concluded"),
    (r"My choice is A; \boxed{B}", "another choice"),
    (r"\boxed{B}. No, A.", "no, another letter"),
    (r"\boxed{B} Actually, it is (C).", "actually another one"),
    (r"\boxed{B}. Or rather, option D", "rather another one"),
]  # fmt: skip


def strict(text: str, options: Mapping[str, str] = FOUR) -> str | None:
    return extract_answer(text, options, strict=True).letter


def sections(conclusion: str) -> str:
    return f"<dx>Fever, stiff neck.</dx>\n<conclusion>{conclusion}</conclusion>"


@pytest.mark.parametrize(("conclusion", "why"), MEANT, ids=[why for _, why in MEANT])
def test_a_box_counts_beside_words_that_stand_by_it(conclusion: str, why: str) -> None:
    assert strict(sections(conclusion)) == "B"


@pytest.mark.parametrize(("conclusion", "why"), NOT_MEANT, ids=[why for _, why in NOT_MEANT])
def test_a_box_does_not_count_beside_words_that_say_otherwise(conclusion: str, why: str) -> None:
    assert strict(sections(conclusion)) is None
    assert strict(conclusion) is None, "nor in a text without sections"


# What a conclusion says, what a reader takes it to answer, and why.
READ = [
    (r"\boxed{B}. No, wait, I was wrong: it is A.", "A", "the answer that follows the retraction"),
    (r"\boxed{B}. But wait, the answer is C.", "C", "the answer that follows the retraction"),
    (r"\boxed{B}. Scratch that.", None, "taken back, and no other one given"),
    (r"The answer is not \boxed{B}.", None, "denied, and no other one given"),
    (r"It is not \boxed{B}. The answer is C.", "C", "denied, and another one given"),
    (r"<!-- \boxed{B} --> I do not know.", None, "a comment is not read"),
    (r"The answer is A, no: \boxed{B}", "B", "what is said last counts"),
]


@pytest.mark.parametrize(("conclusion", "letter", "why"), READ, ids=[f"{why} ({said[:20]})" for said, _, why in READ])
def test_evaluation_still_finds_what_a_reader_finds(conclusion: str, letter: str | None, why: str) -> None:
    assert extract_answer(sections(conclusion), FOUR).letter == letter


# Layouts, the letter, and why.
LAYOUTS = [
    (r"<dx>First impression: \boxed{B}. But the leukocytes", None, "cut off in the analysis"),
    (r"<dx>Fever. \boxed{B}</dx><conclusion>The fever", None, "cut off in the conclusion, a box in the analysis"),
    (r"<dx>Fever. \boxed{B}</dx><CONCLUSION>The answer is A.</CONCLUSION>", None, "a misspelled tag opens a conclusion, too"),
    (r"<dx>Fever.</dx> So \boxed{B}", None, "no conclusion was opened"),
    (r"<conclusion>So \boxed{B}", None, "it was not closed"),
    (r"<think>Fever.</think> So <answer>\boxed{B}", None, "nor was the answer"),
    (r"<think>Fever.</think> So \boxed{B}", "B", "a thought in the models' own format, and what is said behind it"),
    (r"Fever.</think> So \boxed{B}", "B", "which the template may have opened"),
    (r"<think>\boxed{A}?</think> So \boxed{B}", "B", "a box in a thought is none"),
    (r"<think>So \boxed{B}", None, "an unfinished thought says nothing"),
    (r"<dx>x</dx><conclusion>\boxed{B}</conclusion> Sorry, I meant A.", None, "text behind the last tag takes it back"),
    (r"<dx>x</dx><conclusion>\boxed{B}</conclusion> The answer is A.", None, "text behind the last tag says otherwise"),
    (r"<dx>x</dx><conclusion>\boxed{B}</conclusion> I hope this helps.", "B", "text behind the last tag says nothing"),
    (r"<think>x</think><answer>\boxed{A}</answer><dx>x</dx><conclusion>\boxed{B}</conclusion>", None, "an answer in either style"),
    (r"<dx>x<conclusion>\boxed{B}</conclusion></dx>", "B", "badly nested, yet one closed conclusion"),
    ("The answer is A.\n\nNo: the fever.\n\nSo " + r"\boxed{B}", "B", "without sections the last paragraph is the conclusion"),
    (r"<dx>x</dx><conclusion><!-- so --> \boxed{B}</conclusion>", "B", "a comment beside the box"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "letter", "why"), LAYOUTS, ids=[why for *_, why in LAYOUTS])
def test_the_answer_stands_in_the_one_closed_conclusion(text: str, letter: str | None, why: str) -> None:
    assert strict(text) == letter


PIECES = st.sampled_from(["<dx>", "</dx>", "<conclusion>", "</conclusion>", "<think>", "</think>", "<answer>", "</answer>",
                          r"\boxed{B}", r"\boxed{A}", "The fever.", "<!--", "-->", "The answer is A.", " or A"])  # fmt: skip


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_no_answer_stands_outside_a_closed_conclusion_once_a_section_of_ours_was_opened(text: str) -> None:
    letter = strict(text)
    if letter and parse(text).style == "crpo" and "<!--" not in text:
        start, end = parse(text).conclusion_span or (0, 0)
        assert rf"\boxed{{{letter}}}" in text[start:end]
        assert text[start:end].count("boxed") == 1


@given(st.sampled_from(sorted(TEN)), st.sampled_from(["The {} decides it.", "Hence", "So it is", "The answer is", ""]))
def test_every_letter_can_be_boxed(letter: str, lead: str) -> None:
    assert strict(sections(f"{lead.format('fever')} \\boxed{{{letter}}}"), TEN) == letter


SAID = st.sampled_from([conclusion for conclusion, *_ in MEANT + NOT_MEANT])


@given(st.lists(SAID, min_size=1, max_size=3).map(" ".join))
def test_the_quick_look_never_passes_a_box_that_the_whole_reading_refuses(conclusion: str) -> None:
    text = "\\boxed{B}".join(conclusion.replace("\\boxed{B}", "\0", 1).replace("\\boxed{B}", "it").split("\0"))
    quick = strict(sections(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinical_r1.choices.strict._undisputed", lambda *_: False)
        assert quick == strict(sections(text))
