"""Quotes: what is found, what is refused, and what a negation in front of them does."""

import subprocess
import sys
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinical_r1.judging.normal import normalise
from clinical_r1.judging.spans import verify
from clinical_r1.judging.words import is_word

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
    st.data(), st.integers(0, 99_999), st.sampled_from(("Na {} mEq/L", "BP {}/80", "{}%", "<{} ng", "day {}-{}", "B{}"))
)
@settings(deadline=None)
def test_a_changed_digit_is_refused(data: st.DataObject, number: int, frame: str) -> None:
    true = frame.format(number, number)
    places = [place for place, character in enumerate(true) if character.isdigit()]
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
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str) -> None:
    source = unit * (200_000 // len(unit))
    start = time.process_time()
    for quote in ("fever", "feverx", unit * 2, source[:50_000]):
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
