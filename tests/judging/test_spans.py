"""Quotes: what is found, what is refused, and what a negation in front of them does."""

import json
import subprocess
import sys
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinical_r1.judging.spans import Span, normalise, verify
from clinical_r1.judging.words import is_word
from tests import HOSTILE_SIZE

CASE = (
    "A 45-year-old man comes in with a “crushing” chest pain. He denies fever, chills. There is no evidence of a rash; "
    "BP is 120/80 mm Hg, Na 128 mEq/L, troponin <0.01 and glucose ≥200 mg/dL. He doesn’t smoke. WBC 1,200/mm³, 10⁵ CFU, "
    "Vitamin A deficiency, CD4+ cells, Rh- mother. Temp 38.5°C for 2–3 weeks, non-tender abdomen. He has dysphagia and "
    "increased pressure. Base excess -5. No cough but wheezing is heard. He takes 50 mg of prednisone; INR is 2.5."
)

FOUND = (
    ("a 45 year old man", "45-year-old man", "hyphens part words, an article in front falls away"),
    ("CHEST PAIN", "chest pain", "case"),
    ("chest\n  pain.", "chest pain", "white space, a full stop behind"),
    ("with \"crushing\" chest pain", "with a “crushing” chest pain", "kinds of quote marks, a dropped article"),
    ("with 'crushing' chest pain", "with a “crushing” chest pain", "single for double quote marks"),
    ("‘He doesn't smoke’", "He doesn’t smoke", "the apostrophe is a quote mark too"),
    ("BP is the 120/80 mm Hg", "BP is 120/80 mm Hg", "an added article"),
    ("Temp 38.5 C", "Temp 38.5°C", "a degree sign says nothing"),
    ("for 2-3 weeks", "for 2–3 weeks", "kinds of dashes"),
    ("Base excess −5", "Base excess -5", "a minus sign is a dash"),
    ("glucose >= 200 mg/dL", "glucose ≥200 mg/dL", "a bound in two ways"),
    ("10^5 CFU", "10⁵ CFU", "an exponent in two ways"),
    ("wbc 1,200/mm3", "WBC 1,200/mm³", "a raised unit"),
    ("denies fever", "denies fever", "the negation is inside the quote"),
    ("He has dysphaggia", "He has dysphagia", "a misspelling"),
    ("increasd presure", "increased pressure", "two misspellings"),
    ("... wheezing is heard ...", "wheezing is heard", "an ellipsis at the ends"),
    ("ﬁbrosis", None, "not there, and no error"),
)  # fmt: skip


@pytest.mark.parametrize(("quote", "text", "reason"), FOUND)
def test_found(quote: str, text: str | None, reason: str) -> None:
    span = verify(quote, CASE)
    assert (span and span.text) == text, reason
    if span:
        assert CASE[span.start : span.end] == span.text


REFUSED = (
    ("", "empty"),
    (" .,“”… ", "punctuation alone"),
    ("Na 138 mEq/L", "a changed number"),
    ("20/80", "half a number"),
    ("200/mm³", "the end of 1,200"),
    ("38 C", "a number cut short"),
    ("3 weeks", "half a range"),
    ("105 CFU", "an exponent lost"),
    ("0.01 and glucose", "a bound lost"),
    ("glucose >200 mg/dL", "another bound"),
    ("excess 5", "a sign lost"),
    ("CD4 cells", "CD4+ is another thing than CD4"),
    ("Rh+ mother", "the other sign"),
    ("vitamin deficiency", "the A of vitamin A is no article"),
    ("50 mcg of prednisone", "another unit"),
    ("50 mg of prednisolone", "another drug, two edits away"),
    ("50 mg prednisone", "only articles may be dropped"),
    ("INR was 2.5", "another tense"),
    ("no chest pain", "an added negation"),
    ("He does not smoke", "not the words that stand there"),
    ("He does smoke", "a negation taken out of the middle"),
    ("no fever, chills", "another negation"),
    ("dysphasia", "a look-alike that is a word"),
    ("decreased pressure", "the first letters differ"),
    ("increases pressure", "another form of the word"),
    ("prssure", "the error is in the first four letters"),
    ("chest ... dysphagia", "an ellipsis within"),
    ("chills evidence", "across a sentence and words left out"),
    ("weeks dysphagia", "words left out"),
)  # fmt: skip


@pytest.mark.parametrize(("quote", "reason"), REFUSED)
def test_refused(quote: str, reason: str) -> None:
    assert verify(quote, CASE) is None, reason


DRESSED = (
    (r"an \(SpO_2\) of $88\%$", "an SpO2 of 88%", "delimiters, an index, an escaped sign"),
    (r"$\text{SpO}_{2}$ is low", "SpO₂ is low", "a wrapped word and a lowered digit"),
    (r"$P_aCO_2$ of 45", "PaCO2 of 45", "an index that is a letter"),
    (r"\mathrm{HCO_3^-} of 12", "HCO3- of 12", "a formula with its charge"),
    ("HCO₃⁻ of 12", "HCO3- of 12", "a raised sign behind a lowered digit"),
    ("NH₄⁺, PO₄³⁻ and SO₄²⁻", "NH4+, PO43- and SO42-", "charges of more"),
    (r"$\text{Ca}^{2+}$ and $Na^+$", "Ca²⁺ and Na⁺", "charges in LaTeX"),
    ("CD4⁺CD25⁺ cells", "CD4+CD25+ cells", "raised signs within a word"),
    (r"\(4.5 \times 10^{9}\)/L", "4.5×10⁹/L", "an exponent, a sign of multiplication"),
    (r"5/\text{mm}^3", "5/mm³", "a raised unit"),
    (r"$38.5^{\circ}\text{C}$ now", "38.5°C now", "degrees"),
    (r"$p \leq 0.05$ and $x \geq 3$", "p ≤ 0.05 and x ≥ 3", "bounds"),
    (r"5 \mu g of it", "5 µg of it", "a Greek letter before a unit"),
    (r"a \frac{1}{2} tablet", "a 1/2 tablet", "a fraction"),
    (r"so \boxed{\text{B}}", "so B", "a box"),
    (r"\textbf{fever} and chills", "fever and chills", "emphasis"),
    (r"on the 5^{th} day, 1{,}200 of them", "on the 5th day, 1,200 of them", "an ordinal, a comma in braces"),
    (r"120~\text{mmHg}\,\pm\,5", "120 mmHg ± 5", "spaces of LaTeX"),
    (r"He doesn\'t smoke", "He doesn’t smoke", "an escape too many"),
    (r"so \\boxed{B}", r"so \boxed{B}", "a backslash too many"),
    (r"$5 in all, {x} and a_b", r"$5 in all, {x} and a_b", "what looks like LaTeX and is none"),
)  # fmt: skip


@pytest.mark.parametrize(("dressed", "plain", "reason"), DRESSED, ids=[row[-1] for row in DRESSED])
def test_latex_may_be_missing_or_added(dressed: str, plain: str, reason: str) -> None:
    for quote, source in ((dressed, plain), (plain, dressed), (dressed, dressed)):
        span = verify(quote, f"It is {source}, they say.")
        assert span is not None, reason
        assert (span.text, span.start) == (source, 6), reason


SPOILT = (
    (r"so \boxed{B} \beta", "a backspace"),
    (r"a \frac{1}{2} tablet", "a form feed"),
    (r"4 \times 3\text{ mg} \tan x", "tabs"),
    (r"\rho is 3", "a carriage return"),
    (r"\nu \neq 3 and \nabla", "line breaks"),
    (r"\bar{x} is 3", "of a command that is not known"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), SPOILT, ids=[row[-1] for row in SPOILT])
def test_latex_that_json_took_for_escapes_is_found(text: str, reason: str) -> None:
    quote = json.loads(f'"{text}"')
    assert quote != text
    found = verify(quote, text)
    assert found is not None, reason
    assert found.text == text, reason


@pytest.mark.parametrize("quote", [r"118)}{11} = \frac{-3}{11", r"= \frac{(115", r"115 - 118)}{11"])
def test_a_quote_cut_within_a_formula_is_found_as_it_stands(quote: str) -> None:
    span = verify(quote, r"Z is $Z = \frac{(115 - 118)}{11} = \frac{-3}{11} \approx -0.27$, so")
    assert span is not None
    assert quote in span.text


def test_a_line_break_beside_a_spoilt_command_stays_one() -> None:
    assert verify("no fever\nand 5\text{ mg}", r"He has no fever and 5\text{ mg}.")


KEPT_APART = (
    ("109/L", "10⁹/L", "an exponent"),
    ("109", r"10^{9}", "in LaTeX"),
    ("109", r"10\textsuperscript{9}", "in text mode"),
    ("109", r"10^{\text{9}}", "in a wrapper"),
    ("10⁹", "109", "added"),
    ("109-", "10⁹⁻", "with a sign, yet no formula"),
    ("42", "4²", "a power"),
    ("12080", r"\frac{120}{80}", "a fraction is no number"),
    ("312", r"3\frac12", "a whole and a fraction"),
    ("HCO3", "HCO₃⁻", "a charge lost"),
    ("Na+", r"Na^-", "the other charge"),
    ("Ca+", r"Ca^{2+}", "half a charge"),
    ("200", r"\geq 200", "a bound lost"),
    (r"\leq 200", r"\geq 200", "another bound"),
    ("5", r"\pm 5", "a sign lost"),
    ("5 mcg", r"5 \text{mg}", "another unit"),
    ("5 g", r"5 \mu g", "a prefix lost"),
    ("138", r"\(128\)", "another number"),
    ("hypotension", r"\text{hypertension}", "a look-alike"),
    ("fever", r"\text{no}\text{fever}", "a negation that is glued on"),
    ("4", r"\sqrt4", "a command that is not known says something"),
    ("10x", "10^x", "a power that is a letter"),
    ("5 10", "5~10", "a range"),
)  # fmt: skip


@pytest.mark.parametrize(("quote", "source", "reason"), KEPT_APART, ids=[row[-1] for row in KEPT_APART])
def test_no_number_unit_or_negation_is_lost_with_the_latex(quote: str, source: str, reason: str) -> None:
    assert verify(quote, f"It is {source}, they say.") is None, reason


def test_a_negation_in_latex_negates() -> None:
    assert verify("fever", r"There is \textbf{no} $fever$.") == Span(21, 28, "$fever$", negated_context=True)


LOOK_ALIKES = (
    "hypertension/hypotension hyperkalemia/hypokalemia hyperkalemia/hypercalcemia increased/decreased febrile/afebrile "
    "abduction/adduction abductor/adductor ureteral/urethral ureters/urethras ureteric/urethric mg/mcg mL/L "
    "systolic/diastolic left/right perineal/peroneal peroneal/peritoneal perineum/peritoneum perirectal/pararectal "
    "periumbilical/paraumbilical paraplegia/paraparesis prenatal/perinatal dysphagia/dysphasia dysphasia/dysphagia "
    "aphasia/aphagia palpation/palpitation ileum/ilium arterial/arteriolar arteritis/arthritis macrocytic/microcytic "
    "thrombocytosis/thrombocytopenia lymphocytosis/lymphocytopenia prednisone/prednisolone hydroxyzine/hydralazine "
    "chlorpropamide/chlorpromazine cefotaxime/cefotetan clonidine/clozapine colostomy/colectomy colostomy/colotomy "
    "cystostomy/cystectomy gastrostomy/gastrotomy tracheostomy/tracheotomy bronchitis/bronchiolitis quinine/quinidine "
    "sulfadiazine/sulfasalazine radical/radial prostate/prostrate stricture/structure malleus/malleolus "
    "endotracheal/endobronchial intracranial/intraarterial interstitial/intestinal metatarsal/metacarpal "
    "menorrhagia/menorrhea hematemesis/hematochezia tetany/tetanus trachea/tracheal leukemia/leukemoid "
    "adenoma/adenosis myoclonus/myotonus vesical/vesicle mucous/mucus oral/aural acetazolamide/acetohexamide "
    "dopamine/dobutamine penicillin/penicillamine methimazole/methazolamide carbamazepine/carbimazole "
    "cyclosporine/cycloserine simvastatin/sitagliptin fluoxetine/fluvoxamine nortriptyline/amitriptyline "
    "ceftazidime/ceftizoxime losartan/lovastatin under/over before/after more/less above/below with/without "
    "never/ever conscious/unconscious typical/atypical fifteen/fifty thirteen/thirty seventh/seventeenth"
)


@pytest.mark.parametrize("pair", LOOK_ALIKES.split())
def test_look_alikes_never_match(pair: str) -> None:
    for said, quoted in (pair.split("/"), reversed(pair.split("/"))):
        assert verify(f"shows {quoted} today", f"The examination shows {said} today.") is None
        assert verify(quoted, f"Findings: {said}.") is None


NEGATED = (
    ("fever", "She denies fever.", True, "denies"),
    ("chills", "She denies fever, chills.", True, "a list"),
    ("rash", "There is no evidence of a rash.", True, "no evidence of, and an article that does not count"),
    ("the rash", "There is absence of the rash.", True, "absence of"),
    ("cough", "Without cough.", True, "without"),
    ("smoked", "He has never smoked.", True, "never"),
    ("smoke", "He doesn’t smoke.", True, "n't"),
    ("tender", "The abdomen is non-tender.", True, "non-"),
    ("nitrites", "Urine is negative for nitrites.", True, "negative for"),
    ("rods", "Gram-negative rods.", False, "negative alone names the rods"),
    ("embolism", "CT ruled out embolism.", True, "ruled out"),
    ("denies fever", "She denies fever.", False, "the negation is quoted"),
    ("no fever", "There is no fever.", False, "the negation is quoted"),
    ("cough", "No fever. Cough is heard.", False, "another sentence"),
    ("cough", "No fever but cough.", False, "but"),
    ("wheezing is heard", "He has not been here and wheezing is heard.", False, "four tokens away"),
    ("fever", "He denies fever. Later, fever came.", False, "the place that is not negated is taken"),
    ("fevers", "He denies fever.", None, "not there"),
    ("weakness", "She denies weaknes.", None, "the right word is no misspelling of the wrong one"),
    ("weaknes", "She denies weakness.", True, "a misspelling behind a negation"),
)


@pytest.mark.parametrize(("quote", "source", "negated", "reason"), NEGATED)
def test_negated_context(quote: str, source: str, negated: bool | None, reason: str) -> None:
    span = verify(quote, source)
    assert (span and span.negated_context) == negated, reason


def test_the_place_without_negation_is_preferred() -> None:
    span = verify("fever", "No fever on Monday. Fever on Friday. Fever on Sunday.")
    assert span is not None
    assert (span.start, span.negated_context) == (20, False)


# --- properties -------------------------------------------------------------------------------------------------------
WORDS = st.lists(
    st.sampled_from("fever the a no 38.5 120/80 pain (mild) cough, Rash. 2-3 ≥5 “chest” don’t İ ﬁ e\u0301x".split())
)


@given(st.text(), st.text())
@settings(deadline=None)
def test_any_text(quote: str, source: str) -> None:
    for wanted in (quote, source, source[3:9]):
        span = verify(wanted, source)
        assert span is None or source[span.start : span.end] == span.text != ""


@given(WORDS, WORDS, WORDS)
@settings(deadline=None)
def test_whole_words_of_the_source_are_found(before: list[str], quoted: list[str], behind: list[str]) -> None:
    quote = " ".join(quoted)
    assume(quote)
    assert verify(quote, " ".join([*before, *quoted, *behind])) is not None
    assert verify(quote.upper().replace(" ", " \n"), " ".join([*before, *quoted, *behind])) is not None


@given(
    st.data(),
    st.integers(0, 99_999),
    st.sampled_from(
        (
            "Na {} mEq/L",
            "BP {}/80",
            "{}%",
            "<{} ng",
            "day {}-{}",
            "B{}",
            r"\({}\) mg",
            r"${}\%$",
            "10^{{{}}}",
            r"{} \times 10^9",
            "H_{}",
            "⁴{}",
        )
    ),
)
@settings(deadline=None)
def test_a_changed_digit_is_refused(data: st.DataObject, number: int, frame: str) -> None:
    true = frame.format(number, number)
    places = [place for place, character in enumerate(true) if character.isdecimal()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != true[place]))
    source = f"Results: {true} today."
    quote = f"{true[:place]}{digit}{true[place + 1 :]}"
    assume(quote not in source)
    assert verify(quote, source) is None
    assert verify(true, source) is not None


@given(st.text())
def test_normalised_offsets_lead_back(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(normal.starts, normal.ends, strict=True))


HOSTILE = (
    "a ",
    "fever ",
    "no fever ",
    "- ",
    "the ",
    "1-",
    "1,",
    "...",
    "e\u0301",
    "\u0301",
    "½",
    "((",
    "'",
    "\n",
    "meningtis ",
    "-a",
    *("\\", "\\ ", "$", "{", "}", "{}", "^{", "^{ ", "_{1", "a_", "~a", "x ", "5x", "5\\,", "x^-", "₃⁻", "{,"),
    *("\\text{", "\\text ", "\\frac{1}{", "\\geq ", "\ntext "),
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str) -> None:
    size = HOSTILE_SIZE // 5
    source = unit * (size // len(unit))
    start = time.process_time()
    for quote in ("fever", "feverx", unit * 2, source[: size // 4]):
        verify(quote, source)
    assert time.process_time() - start < 8  # a second; quadratic time would be many minutes


# --- words ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "word", "fever fevers urethral dysphasia thrombocytopenia hyponatremia prednisolone metoprolol aphagia".split()
)
def test_words(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("word", ["meningtis", "presure", "trombositopenia", "examinaton", "q" * 1_000, ""])
def test_no_words(word: str) -> None:
    assert not is_word(word)


def test_the_import_is_light() -> None:
    """The list of words is read when the first odd word turns up."""
    code = "import sys, clinical_r1.judging.spans; print('spellchecker' in sys.modules, 'inspect_ai' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["False", "False"]
