"""Fixtures that several test files use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real benchmark records, which are not part of the project; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real records at {folder}: set CLINICAL_R1_DATA to the folder that holds them")
    return folder
