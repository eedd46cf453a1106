"""Tests."""

import os

EXHAUSTIVE = bool(os.environ.get("CLINICAL_R1_EXHAUSTIVE"))
"""`make test-all`."""
DEMO = EXHAUSTIVE or bool(os.environ.get("CLINICAL_R1_DEMO"))
"""Whether the quick demo is run, which takes minutes: by `.ci/run` and `make test-all`."""
HOSTILE_SIZE = 1_000_000 if EXHAUSTIVE else 200_000
"""Characters of a text that must be read in linear time: over so many, quadratic time is minutes, or hours."""
