"""Logs of evaluations: the texts in them, and sets of several of them as frames."""

from clinical_r1.logs.labels import Arm
from clinical_r1.logs.log_set import FAILED, NOT_JUDGED, UNDEFINED, LogSet, judges_in, read_logs, read_sides
from clinical_r1.logs.runs import Run
from clinical_r1.logs.texts import LoggedCompletion, ShownSample, read_completions, read_texts

__all__ = [
    "FAILED",
    "NOT_JUDGED",
    "UNDEFINED",
    "Arm",
    "LogSet",
    "LoggedCompletion",
    "Run",
    "ShownSample",
    "judges_in",
    "read_completions",
    "read_logs",
    "read_sides",
    "read_texts",
]
