"""Messages about a name that is none of those allowed."""

import pytest

from clinical_r1.errors import names_near

KEYS = [f"key_{number}" for number in range(30)]

NAMES: list[tuple[str, list[str], str, str]] = [
    ("acuracy", ["accuracy", "format"], "accuracy, format (nearest: accuracy)", "a slip"),
    ("CRPO", ["crpo", "grpo"], "crpo, grpo (nearest: crpo)", "another case"),
    ("hall", ["cecd", "hallucination"], "cecd, hallucination (nearest: hallucination)", "the beginning alone"),
    ("xyz", ["cecd", "drc"], "cecd, drc", "like none of them"),
    ("", ["cecd", "drc"], "cecd, drc", "nothing at all"),
    ("kei_7", KEYS, "key_7 (the nearest of 30)", "of many only the nearest"),
    ("xyz", KEYS, ", ".join(KEYS), "of many all, where none is near"),
    ("x", [], "", "nothing is allowed"),
]


@pytest.mark.parametrize(("name", "allowed", "said", "why"), NAMES, ids=[row[-1] for row in NAMES])
def test_the_nearest_name_is_said_and_stands_for_many(name: str, allowed: list[str], said: str, why: str) -> None:
    assert names_near(name, iter(allowed)) == said, why
