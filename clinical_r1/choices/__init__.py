"""Option letters and the one extractor of answers, shared by evaluation and reward."""

from clinical_r1.choices.extract import Answer, extract_answer
from clinical_r1.choices.letters import LETTERS, copies, merge_identical, same_text

__all__ = ["LETTERS", "Answer", "copies", "extract_answer", "merge_identical", "same_text"]
