"""Real completions of public models and the letter that a careful reader finds in each: how many are misread."""

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest

from clinical_r1.choices import extract_answer, merge_identical

AIMS = {"free_form": (0.015, 0.005), "asked_form": (0.005, 0.005)}
"""Set -> at most this share of errors, and of letters that are wrong or were not said."""


@pytest.mark.parametrize("name", AIMS)
def test_real_completions_are_read_as_a_careful_reader_reads_them(shared_data: Path, name: str) -> None:
    folder = shared_data / "completions"
    if not folder.is_dir():
        pytest.skip(f"no real completions at {folder}")
    labels = json.loads((folder / "labels_dev.json").read_text(encoding="utf-8"))
    weights: defaultdict[str, float] = defaultdict(float)
    misread = []
    with gzip.open(folder / f"{name}_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if not (label := labels.get(row["id"])):
                continue
            same = merge_identical(row["options"])
            read = extract_answer(row["text"], row["options"]).letter
            stated = label["stated"]
            weight = label.get("weight") or 1
            weights["all"] += weight
            if (same[read] if read else None) != (same[stated] if stated else None):
                weights["lost" if read is None else "said"] += weight
                misread.append(f"{row['id']}: read {read}, stated {stated} ({label['why']})")
    errors, said = AIMS[name]
    assert weights["all"] > 1000
    assert (weights["lost"] + weights["said"]) / weights["all"] <= errors, misread
    assert weights["said"] / weights["all"] <= said, misread
