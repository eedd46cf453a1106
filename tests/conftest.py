"""Fixtures that several test files use."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import EXHAUSTIVE

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # before anything imports NumPy or torch: the test workers share the cores

# Properties are tried on few examples in `make test` and on many in `make test-all`; where a test names a number, on that.
SLOW_MACHINES = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=25, **SLOW_MACHINES)
settings.register_profile("exhaustive", max_examples=200, **SLOW_MACHINES)
settings.load_profile("exhaustive" if EXHAUSTIVE else "quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what takes long and repeats, with other values, what a shorter test shows."""
    if EXHAUSTIVE:
        return
    sampled: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("exhaustive"):
            item.add_marker(pytest.mark.skip(reason="takes long: make test-all"))
        elif item.get_closest_marker("sampled"):
            sampled.setdefault(item.nodeid.split("[")[0], []).append(item)
    for every in sampled.values():
        [kept] = every[0].get_closest_marker("sampled").args  # type: ignore[union-attr]
        places = {round(n * (len(every) - 1) / max(kept - 1, 1)) for n in range(kept)}
        for place, item in enumerate(every):
            if place not in places:
                item.add_marker(pytest.mark.skip(reason="one of many values: make test-all"))


def pytest_collection_finish() -> None:
    """Take what is imported by now from the garbage collector: it is never garbage, and statsmodels collects a lot."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real benchmark records, which are not part of the project; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real records at {folder}: set CLINICAL_R1_DATA to the folder that holds them")
    return folder
