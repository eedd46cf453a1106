"""Logs of evaluations: the texts in them, and studies of several of them as frames."""

from clinical_r1.logs.arms import Arm
from clinical_r1.logs.completions import LoggedCompletion, read_completions
from clinical_r1.logs.runs import Run
from clinical_r1.logs.study import FAILED, NOT_JUDGED, UNDEFINED, Study, read_sides, read_study
from clinical_r1.logs.texts import ShownSample, read_texts

__all__ = [
    "FAILED",
    "NOT_JUDGED",
    "UNDEFINED",
    "Arm",
    "LoggedCompletion",
    "Run",
    "ShownSample",
    "Study",
    "read_completions",
    "read_sides",
    "read_study",
    "read_texts",
]
