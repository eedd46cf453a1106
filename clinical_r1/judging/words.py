"""Lexicon check: an unmatched word of a quote is a misspelling only if it is no English or clinical word.

Three sources, because no list of English knows the clinic: the English list of `pyspellchecker` (160,000 forms), a
list of drugs, eponyms and Latin (in `words.yaml`, as the forms below), and a grammar of clinical words: what falls
apart into known combining forms and ends in a known suffix is a word ("thrombo-cyto-penia"), whether anybody has listed
it or not. It says yes too often rather than too seldom: a look-alike taken for a misspelling is worse than a
misspelling not forgiven.
"""

from functools import cache, lru_cache
from importlib.resources import files

import yaml

# What an English list may lack of a word it has.
_INFLECTIONS = (("s", ""), ("es", ""), ("es", "is"), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
                ("ly", ""), ("al", ""), ("er", ""), ("er", "e"), ("est", ""), ("ic", ""), ("ic", "ia"))  # fmt: skip
_LONGEST = 40
"""Letters: nothing longer is a word, nor worth taking apart."""


@lru_cache(maxsize=20_000)
def is_word(word: str) -> bool:
    """Whether a word is, or may be, a word of English or of the clinic.

    Args:
        word: Letters, case-folded.

    Examples:
        >>> [is_word(word) for word in ("urethral", "dysphasia", "chlorpropamide", "thrombocytopenia", "meningtis")]
        [True, True, True, True, False]
    """
    if len(word) > _LONGEST:
        return False
    listed = _listed()
    if word in listed or any(
        word.endswith(ending) and f"{word.removesuffix(ending)}{instead}" in listed for ending, instead in _INFLECTIONS
    ):
        return True
    stems = (word, word.removesuffix("s"), word.removeprefix("a"), word.removeprefix("an"))  # "aphagia", "anuria"
    return word.endswith(_data()["drug_endings"]) or any(map(_is_composed, stems))


@cache
def _data() -> dict[str, tuple[str, ...]]:
    """The lists of `words.yaml`."""
    text = files("clinical_r1.judging").joinpath("words.yaml").read_text(encoding="utf-8")
    return {name: tuple(words.split()) for name, words in yaml.safe_load(text).items()}


@cache
def _listed() -> frozenset[str]:
    # Imported on first use: the list takes a third of a second to read, and most quotes are verbatim.
    from spellchecker import SpellChecker

    return frozenset((*SpellChecker(language="en").word_frequency.keys(), *_data()["words"]))


@cache
def _forms() -> tuple[frozenset[str], frozenset[str]]:
    """Combining forms, with and without a linking vowel, and suffixes."""
    roots = _data()["roots"]
    linked = (f"{root}{vowel}" for root in roots for vowel in "oi")
    return frozenset((*_data()["prefixes"], *roots, *linked)), frozenset(_data()["suffixes"])


def _is_composed(word: str) -> bool:
    """Whether combining forms and one suffix make up the word."""
    forms, suffixes = _forms()
    reached = [True] + [False] * len(word)  # reached[n]: the first n letters are combining forms
    for start in range(len(word)):
        if reached[start]:
            if start and word[start:] in suffixes:
                return True
            for end in range(start + 2, min(start + 11, len(word)) + 1):
                reached[end] = reached[end] or word[start:end] in forms
    return False
