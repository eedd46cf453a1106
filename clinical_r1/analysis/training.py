"""Training records as one long table: a row per run, update and measure."""

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path

import pandas as pd

from clinical_r1.errors import UserError
from clinical_r1.files import RECORD

MEASURES = {
    "held_out_accuracy": "held-out accuracy",
    "held_out_majority": "held-out majority",
    "kl": "KL to the reference",
    "reward": "reward",
    "accuracy": "accuracy reward",
    "format": "format reward",
    "cross_reference": "cross-references",
    "consistency": "consistency reward",
    "completion_tokens": "completion length",
    "entropy": "entropy",
    "truncated": "completions cut off",
    "clip_ratio": "clipped tokens",
    "importance_ratio": "importance ratio to vLLM",
    "harm_any": "harm by the rules judge",
    "cross_reference_presence": "detector: presence",
    "cross_reference_specific": "detector: specific",
}
"""Columns of a record that are shown, and what they are; of the detectors the most and the least easily pleased."""


def curves(folders: Sequence[Path]) -> pd.DataFrame:
    """The records of training runs.

    Args:
        folders: Output folders of runs, or folders with such folders somewhere in them.

    Returns:
        A row per run x update x measure: `run` (what its folder's path does not share with the others'), `step`,
        `measure` (a key of `MEASURES`), `label`, `value`. What is 0 throughout all runs is left out.

    Raises:
        UserError: If a folder holds no record, or one that cannot be read.
    """
    records = {path.parent.resolve(): path for folder in folders for path in _records(folder)}
    labels = short_names(list(records))
    frames = [_tidy(_read(path), label) for label, path in zip(labels, records.values(), strict=True)]
    kept = [frame for frame in frames if not frame.empty]
    if not kept:
        return pd.DataFrame()
    whole = pd.concat(kept, ignore_index=True)
    return whole[whole.groupby("measure")["value"].transform("any")].reset_index(drop=True)


def _records(folder: Path) -> list[Path]:
    if not folder.exists():
        raise UserError(f"--training {folder}: no such folder")
    found = [folder] if folder.name == RECORD else sorted(folder.rglob(RECORD))
    if not found:
        raise UserError(f"--training {folder}: no {RECORD} in it; allowed are output folders of clinical-r1 train")
    return found


def short_names(folders: Sequence[Path]) -> list[str]:
    """Paths without the leading parts that all of them share."""
    if len(folders) < 2:
        return [folder.name for folder in folders]
    shared = Path(commonpath([folder.parent for folder in folders]))
    return [folder.relative_to(shared).as_posix() for folder in folders]


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as a training record ({' '.join(str(error).split())})") from error
    if "step" not in frame:
        raise UserError(f"{path}: no column step: not a training record")
    return frame


def _tidy(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    """Records of an RL run; a cold start has a loss and no reward, and is left out."""
    if "reward" not in frame:
        return pd.DataFrame()
    shown = [measure for measure in MEASURES if measure in frame]
    long = frame.melt("step", shown, "measure", "value").dropna(subset=["value"])
    return long.assign(run=label, label=long["measure"].map(MEASURES))[["run", "step", "measure", "label", "value"]]
