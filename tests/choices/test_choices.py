"""The extractor of answers: the table, the record texts of the real benchmarks' kind, properties, hostile input."""

import string
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical_r1.choices import LETTERS, Answer, extract_answer, merge_identical, same_text
from clinical_r1.choices.extract import METHODS
from tests import HOSTILE_SIZE
from tests.tables.answers import CASES, FOUR, TWENTY_SIX, Case
from tests.tables.free_answers import FREE, Free

_REPEATS = Counter(case.why for case in CASES)


def _name(case: Case) -> str:
    """Short enough to read in a report, and telling where the reason alone is shared by several rows."""
    return case.why if _REPEATS[case.why] == 1 else f"{case.why}: {case.text[:40]!a}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_table(case: Case) -> None:
    answer = extract_answer(case.text, case.options)
    assert answer.letter == case.lenient, answer
    assert case.method in (None, answer.method)
    assert extract_answer(case.text, case.options, strict=True).letter == case.strict


@pytest.mark.parametrize("row", FREE, ids=lambda row: f"{row.why}: {row.text[:30]!a}")
def test_free_answers(row: Free) -> None:
    answer = extract_answer(row.text, row.options)
    assert answer.letter == row.letter, answer


@pytest.mark.parametrize("row", FREE, ids=lambda row: f"{row.why}: {row.text[:30]!a}")
def test_the_order_in_which_options_are_given_does_not_matter(row: Free) -> None:
    backwards = dict(reversed(row.options.items()))
    assert extract_answer(row.text, backwards) == extract_answer(row.text, row.options)


ABSTENTIONS = [
    ("I cannot answer; consult a clinician. Ischemic stroke is one possibility.", "one option in passing"),
    ("I'm sorry, but I can't provide a diagnosis. Please see a doctor.", "no option named"),
    ("As an AI language model I am unable to give medical advice.", "the usual formula"),
    ("There is not enough information to determine the cause.", "nothing can be said"),
    ("The answer cannot be determined from the findings given.", "nothing can be said, as an answer"),
]


@pytest.mark.parametrize(("text", "why"), ABSTENTIONS)
def test_refusals_are_abstentions(text: str, why: str) -> None:
    assert extract_answer(text, FOUR) == Answer(None, "abstained")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I'm not a doctor, but the answer is C.", "a disclaimer before the answer"),
        ("I cannot examine the patient. The most likely diagnosis is ischemic stroke (C).", "a conclusion after it"),
        ("The answer is C. I cannot give medical advice; please consult a clinician.", "a disclaimer behind it"),
    ],
)
def test_a_disclaimer_beside_an_answer_is_no_refusal(text: str, why: str) -> None:
    assert extract_answer(text, FOUR).letter == "C"


def test_an_option_that_abstains_can_be_chosen() -> None:
    options = {"A": "Positive", "B": "Negative", "C": "Cannot be determined"}
    assert extract_answer("The sensitivity cannot be determined from these data.", options).letter == "C"
    assert extract_answer("Cannot be determined", options).letter == "C"


# --- properties ---

WORDS = [
    *(
        "A",
        "B",
        "c",
        "I",
        "Z",
        "(B)",
        "**C**",
        "\\boxed{",
        "\\boxed{B}",
        "\\text{",
        "}",
        "answer",
        "is",
        "The answer is",
    ),
    *(
        "Answer:",
        "option",
        "therefore",
        "not",
        "wait",
        "correct",
        "best",
        "if",
        "?",
        ".",
        ",",
        "\n",
        "\n\n",
        "- ",
        "| ",
    ),
    *("<dx>", "</dx>", "<conclusion>", "</conclusion>", "<think>", "</think>", "<answer>", "</answer>", "Question:"),
    *(
        "Migraine",
        "Ischemic stroke",
        "vitamin C",
        "A and B",
        "I think",
        "so",
        "ans",
        "答案是",
        "é",
        "İ",
        "ſ",
        "\x00",
        "Ｂ",
    ),
]
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=25).map("".join),
)
OPTION_TEXTS = st.one_of(
    st.sampled_from(["Migraine", "Ischemic stroke", "A", "", "A and B", "Vitamin C"]), st.text(max_size=12)
)
OPTIONS = st.lists(OPTION_TEXTS, min_size=2, max_size=26).map(lambda texts: dict(zip(LETTERS, texts, strict=False)))


@given(TEXTS, OPTIONS)
def test_any_text_gives_a_legal_letter_or_none(text: str, options: Mapping[str, str]) -> None:
    answer = extract_answer(text, options)
    assert answer.letter is None or answer.letter in options
    assert answer.method in METHODS
    assert (answer.method in ("none", "abstained", "ambiguous")) == (answer.letter is None)


@given(TEXTS, OPTIONS)
def test_a_strict_answer_is_the_lenient_answer(text: str, options: Mapping[str, str]) -> None:
    strict = extract_answer(text, options, strict=True)
    assert strict.method == ("strict" if strict.letter else "none")
    if strict.letter:
        assert extract_answer(text, options) == strict


@given(TEXTS, st.integers(0, 25), st.permutations(list(LETTERS)))
def test_a_box_names_its_letter_whatever_the_options_say(text: str, place: int, order: list[str]) -> None:
    if "box" in text or "oxed" in text:
        text = ""
    letter = LETTERS[place]
    options = dict(zip(LETTERS, (TWENTY_SIX[other] for other in order), strict=True))
    answer = extract_answer(f"{text}\n<dx>x</dx><conclusion>\\boxed{{{letter}}}</conclusion>", options)
    if not any(tag in text for tag in ("<conclusion>", "<dx>", "<answer>", "<think>", "</")):
        assert answer.letter == letter
        assert answer.method == "strict"


PROSE = st.lists(
    st.sampled_from(
        [
            "The onset was sudden.",
            "This is not advice.",
            "Fever was absent.",
            "The others lack it.",
            "I hope this helps!",
        ]
    ),
    max_size=6,
).map(" ".join)
STATEMENTS = [
    "The answer is {}.",
    "Answer: {}",
    "**Answer:** ({})",
    "I choose {}.",
    "Option {} is correct.",
    "\\boxed{{{}}}",
    "<answer>{}</answer>",
]
STATEMENTS += [
    "I'd go with {}.",
    "I will opt for option {}.",
    "Ans: {}",
    "Answer {}",
    "### Final answer\n{}",
    "Therefore {}.",
    "=> {}.",
]
STATEMENTS += [
    "I settle on {}.",
    "The best choice is {}.",
    "My pick: {}",
    "My selection is option {}.",
    "({}) is the best option.",
]
STATEMENTS += [
    "In conclusion, {}.",
    "The solution is {}.",
    "I believe {} is the right choice.",
    "Hence, the answer must be {}.",
]


@given(st.sampled_from(STATEMENTS), st.sampled_from("ABCD"), PROSE, st.sampled_from(["\n", "\n\n"]))
def test_prose_after_an_answer_changes_nothing(statement: str, letter: str, prose: str, between: str) -> None:
    said = statement.format(letter)
    between = " " if said.endswith((".", "}")) else between  # "Answer: A The onset" may go on with an article
    assert extract_answer(said + between + prose, FOUR) == extract_answer(said, FOUR)
    assert extract_answer(said, FOUR).letter == letter


OPEN_THOUGHTS = [
    *("<think>", "<thinking>", "<reasoning>", "<seed:think>", "[THINK]", "◁think▷", "<|begin_of_thought|>", "<dx>"),
    *("<|channel|>analysis<|message|>", "## Thinking\n\n", "Thinking Process:\n", "<unused94>thought\n"),
]


@given(
    st.sampled_from(OPEN_THOUGHTS),
    st.sampled_from([*STATEMENTS, "\\boxed{{{}}} no wait"]),
    st.sampled_from("ABCD"),
    PROSE,
)
def test_a_thought_that_was_never_closed_holds_no_answer(opening: str, statement: str, letter: str, prose: str) -> None:
    if "<answer>" in statement or "### Final answer" in statement:
        return  # an answer section, or its heading, ends a thought
    if opening[0] in "#T" and statement.lstrip("*").startswith("Answer"):
        return  # so does a line that begins with "Answer" where the thought is in plain words
    text = f"{opening}{statement.format(letter)} {prose}"
    assert extract_answer(text, FOUR).letter is None
    assert extract_answer(text, FOUR, strict=True).letter is None


CONCLUSIONS = [
    "The most likely diagnosis is {letter}) {text}.",
    "Based on these findings, the most likely cause is:\n\n{letter}. {text}",
    "{letter}) {text} is the most likely diagnosis.",
    "Therefore, the best explanation is {text} ({letter}).",
    "So the most likely diagnosis is {text}.",
]
BEHIND = [
    "I hope this helps! Let me know if anything is unclear.",
    "Note: this is general information and no medical advice.",
    "References: a standard textbook of neurology.",
    "{other} ({key}) usually has another course.",
    "{other} may also occur, but it is less likely here.",
    "The other options are less consistent with the findings.",
    "{other} ({key}) is unlikely, as the onset was sudden.",
]


@given(
    st.sampled_from(CONCLUSIONS), st.permutations("ABCD"), st.lists(st.sampled_from(BEHIND), max_size=4, unique=True)
)
def test_what_stands_behind_a_conclusion_changes_nothing(form: str, letters: list[str], behind: list[str]) -> None:
    letter, key, *_ = letters
    said = form.format(letter=letter, text=FOUR[letter])
    notes = [note.format(other=FOUR[key], key=key) for note in behind]
    assert extract_answer("\n\n".join([said, *notes]), FOUR).letter == letter


@given(st.sampled_from(STATEMENTS), st.permutations("ABCD"), st.sampled_from("ABCD"))
def test_relabelled_options_relabel_the_answer(statement: str, order: list[str], letter: str) -> None:
    """The text of a shuffled option and the letter shown for it go together."""
    shown = {new: FOUR[old] for new, old in zip("ABCD", order, strict=True)}
    new = "ABCD"[order.index(letter)]
    assert extract_answer(f"The answer is {FOUR[letter]}.", shown).letter == new
    assert extract_answer(f"{new}. {FOUR[letter]}", shown).letter == new


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    "statement", [*STATEMENTS, "{}", "({})", "Therefore {}.", "This supports {}.", "Final answer: {}"]
)
def test_every_letter_of_26_can_be_said_and_no_other(statement: str, letter: str) -> None:
    said = statement.format(letter)
    assert extract_answer(said, TWENTY_SIX).letter == letter
    fewer = {other: text for other, text in TWENTY_SIX.items() if other != letter}
    assert extract_answer(said, fewer).letter is None


# --- option texts ---

MERGES = [
    ({"A": "Aspirin", "B": "Heparin"}, {"A": "A", "B": "B"}, "different texts stay apart"),
    ({"A": "Aspirin", "B": "aspirin. "}, {"A": "A", "B": "A"}, "case, white space and a final full stop do not matter"),
    ({"A": "x", "B": "y", "C": "x", "D": "y"}, {"A": "A", "B": "B", "C": "A", "D": "B"}, "two pairs"),
]


@pytest.mark.parametrize(("options", "merged", "why"), MERGES)
def test_identical_options_are_one_answer(options: dict[str, str], merged: dict[str, str], why: str) -> None:
    assert merge_identical(options) == merged


@given(st.text())
def test_same_text_is_stable(text: str) -> None:
    assert same_text(same_text(text)) == same_text(text)


# --- hostile input ---

HOSTILE = [
    *(
        r"\boxed{",
        r"\boxed{B ",
        r"\boxed",
        r"\text{",
        "{",
        "}",
        "\\",
        "(",
        "<",
        '"',
        "*a",
        "_",
        "\n",
        " ",
        "\t",
        "x",
        ". ",
        "=>",
    ),
    *(
        "answer ",
        "answer is ",
        "the answer is A ",
        "answer:",
        "answer, ",
        "answer w w w ",
        "answer: A or B or C ",
        "ans: ",
    ),
    *(
        "option ",
        "option A ",
        "choose ",
        "therefore ",
        "so ",
        " is correct",
        "A is correct. ",
        "A (x) is the best answer. ",
    ),
    *(
        "A ",
        "A, ",
        "A or ",
        "(A) ",
        "not A or ",
        "B. ",
        "A. x\n",
        "A) Migraine\n",
        "A. Migraine B. ",
        "- A: Migraine\n",
    ),
    *(
        "migraine ",
        "migraine ischemic stroke ",
        "vitamin   C ",
        "\nQuestion:",
        "<dx>",
        "</think>",
        "<answer>A",
        "<|im_end|>",
    ),
    *("\nA. x\nB. y", "?\nA. x\nB. y\nanswer", "<think>a</think>", "</s>x", "[ANSWER]", '{"answer": "B"', "so A. "),
    *("the most likely is ", "option A is correct. ", "migraine is the most likely ", "(A, B) ", "none of the ", "选A"),
    *("с ", "ß", "İ", "\u200b", "Ａ", "答案", "answer is A wait answer is B ", "1 ", "not ", "~"),
]


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_a_long_text_of_anything_is_read(unit: str) -> None:
    """Reading is linear: a quadratic step would take minutes to hours here."""
    text = unit * (HOSTILE_SIZE // len(unit))
    options = {**FOUR, "E": "Vitamin   C"}
    assert extract_answer(text, options).letter in (None, *options)
    assert extract_answer(text + "\nThe answer is B.\n\\boxed{D}", options).method in (
        "strict",
        "box",
        "ambiguous",
        "none",
    )


def test_twenty_thousand_unclosed_boxes_hide_no_answer() -> None:
    text = "\\boxed{B" * 20_000
    assert extract_answer(text, FOUR, strict=True).letter is None
    assert extract_answer(text + "\n\nThe answer is C.", FOUR).letter == "C"


def test_letters_are_the_alphabet() -> None:
    assert string.ascii_uppercase == LETTERS
