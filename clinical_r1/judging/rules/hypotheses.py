"""Hypotheses that a response names: options, and diseases that are no option."""

import re
from functools import lru_cache

from clinical_r1.judging.rules.reading import Reading

_DISEASE = re.compile(
    r"(?:itis|osis|[aeo]emia|oma|pathy|trophy|plasia|syndrome|embol\w+|infarct\w+|sepsis|stroke|cancer|asthma|"
    r"pneumonia|lupus|"
    r"diabet\w+|angina|migraine|failure|abscess|malaria|measles|gout|goiter|anemia|infection)"
)
_WHOLE = re.compile(_DISEASE.pattern + r"\Z")
DISEASE_WITHIN = re.compile(_DISEASE.pattern + r"\b")
"""A disease somewhere in a text."""


@lru_cache(maxsize=1 << 14)
def _is_disease(word: str) -> bool:
    return len(word) > 3 and _WHOLE.search(word) is not None


def hypotheses(reading: Reading, number: int) -> frozenset[str]:
    """Options that a line names, and diseases that are no option."""
    named = frozenset(reading.options_in(number))
    line, mask = reading.lines[number], reading.masks[number]
    return named | {
        line.words[place] for place, disease in enumerate(map(_is_disease, line.words)) if disease and place not in mask
    }
