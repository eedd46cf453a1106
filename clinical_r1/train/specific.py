"""The `specific` detector: the conclusion restates a finding of the analysis that tells this case from others.

A sentence that suits every case ("the important diagnostic features") refers to none. So a finding is two words of one
sentence that stand in the stem and in the analysis and are rare in exam stems; and the more rare words a conclusion
tries, the more of them have to be the case's, so that no fixed text and no list of usual findings is paid.

How rare words are stands in a small table that comes with the package, and `clinical-r1 rewards words` makes one of
questions of one's own (`cross_reference: specific:FILE`).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from clinical_r1.errors import UserError
from clinical_r1.train.cross_reference import (
    GENERIC,
    SHARED_WORDS,
    CrossReference,
    Detector,
    is_copy,
    is_prose,
    sentences_of,
    spaced,
    words_of,
)

SHIPPED = Path(__file__).with_name("word_shares.tsv")
"""The table of the package; its first line says of which stems."""

KEPT_FROM = 0.005
"""The least share of stems that stands in a table."""

UNSEEN = 0.002
"""Share of a word that is not in the table."""

RARE = 0.05
"""A word is rare below this share of stems: "fever" (0.19) and "pain" (0.30) are not, "photophobia" is."""

CHANCE = 0.005
"""Highest chance at which as many of a conclusion's rare words would stand in any stem. Fixed texts that were searched
for what is paid most often then earn the bonus on 2 to 3 % of stems, because some words come together."""

SHORT_STEM = 4
"""A stem with fewer rare words than this has one fact to ask for, and one of them is enough to restate it."""

CHANCE_OF_ONE = 0.05
"""The highest chance there."""


@lru_cache(maxsize=4)
def specific(table: Path = SHIPPED) -> Detector:
    """A detector with the words of a table.

    Args:
        table: A file as `clinical-r1 rewards words` writes it.

    Raises:
        UserError: If the table cannot be read.
    """
    shares = read_shares(table)

    @lru_cache(maxsize=1024)  # the rollouts of a group share their stem
    def rare(text: str) -> frozenset[str]:
        return frozenset(word for word in _findings(words_of(text)) if shares.get(word, UNSEEN) < RARE)

    def restates(texts: CrossReference) -> bool:
        if texts.question is None:
            raise ValueError("cross_reference=specific needs the question: pass question=")
        stem = rare(texts.question)
        known = stem & _findings(set(words_of(texts.analysis)))
        if not known:
            return False
        said = spaced(texts.analysis.casefold())
        sentences = [words_of(sentence) for sentence in sentences_of(texts.conclusion)]
        own = [_findings(words) for words in sentences if is_prose(words) and not is_copy(words, said)]
        most = max((len(words & known) for words in own), default=0)
        tried = set().union(*own)
        chances = [share for word in tried if (share := shares.get(word, UNSEEN)) < RARE]
        chance = _chance(len(tried & known), sum(chances))
        if most >= SHARED_WORDS:
            return chance <= CHANCE
        return most > 0 and len(stem) < SHORT_STEM and chance <= CHANCE_OF_ONE

    return restates


def _findings(words: Iterable[str]) -> set[str]:
    """Words of three letters or more, and numbers of two digits or more, that can be part of a finding."""
    return {
        _singular(word)
        for word in words
        if (len(word) > 2 or (len(word) == 2 and word[0].isdigit())) and word not in GENERIC
    }


def _singular(word: str) -> str:
    """The word without the s of a plural: "crackles" restates "crackle"."""
    return word[:-1] if len(word) > 4 and word[-1] == "s" and word[-2] != "s" else word


def _chance(found: int, expected: float) -> float:
    """The chance of so many rare words in a stem where so many are expected (Poisson's upper tail)."""
    return 1 - sum(math.exp(-expected) * expected**number / math.factorial(number) for number in range(found))


def count_shares(sets: Iterable[Iterable[str]]) -> dict[str, float]:
    """Share of stems that hold a word, the highest of several sets of stems; words under `KEPT_FROM` are left out.

    One stem is not counted: in a small set a single stem would make each of its words a common one.
    """
    highest: dict[str, float] = {}
    for stems in sets:
        words = [_findings(words_of(stem)) for stem in stems]
        for word, count in Counter(word for found in words for word in found).items():
            highest[word] = max((count - 1) / len(words), highest.get(word, 0.0))
    return {word: share for word, share in sorted(highest.items()) if share >= KEPT_FROM}


def shares_text(shares: Mapping[str, float], about: str) -> str:
    """A table of shares as `read_shares` reads it, a line per word, with what it was made of in the first line."""
    return f"# {about}\n" + "".join(f"{word}\t{round(1000 * share)}\n" for word, share in shares.items())


def read_shares(path: Path) -> dict[str, float]:
    """Read a table of shares: a word, a tab, and the thousandths of stems that hold it, on each line.

    Raises:
        UserError: If the file cannot be read, or a line is of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as a table of words ({error})") from error
    shares = {}
    for number, line in enumerate(lines, start=1):
        word, _, thousandths = line.partition("\t")
        if not line.startswith("#"):
            if not thousandths.isdecimal() or int(thousandths) > 1000:
                raise UserError(f"{path}:{number}: allowed is a word, a tab and a number from 0 to 1000 (thousandths)")
            shares[word] = int(thousandths) / 1000
    return shares
