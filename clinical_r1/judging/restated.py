"""Copies of the case within a response: what stands there is the question's text and nothing that the response says."""

import re
from functools import lru_cache

RESTATED_WORDS = 30
"""Consecutive words of the stem from which a passage is a restatement: longer than any quotation that makes a point."""
SHORTEST_STEM = 8
"""Words from which a shorter stem can be restated, by a copy of all of it: no point needs its question too."""

_WORD = re.compile(r"[^\W_]+")
Passages = tuple[tuple[int, int], ...]


@lru_cache(maxsize=8)  # both judges, and each judge of a panel, ask for the same response
def restatements(stem: str, response: str) -> Passages:
    """Passages of a response that copy `RESTATED_WORDS` words or more of the stem, or all of a short one.

    Args:
        stem: The question without its options.
        response: The model's text.

    Returns:
        Start of the first and end of the last word of each, in order.

    Examples:
        >>> stem = "A woman of 45 has fever and a rash. Which disease is most likely?"
        >>> restatements(stem, f"So: {stem} Measles, for the rash.")
        ((4, 68),)
        >>> restatements(stem, "A woman of 45 has fever and a rash: measles.")
        ()
    """
    known = _WORD.findall(stem.casefold())
    size = min(RESTATED_WORDS, len(known))
    if size < SHORTEST_STEM:
        return ()
    half = size // 2
    words = _WORD.findall(response.casefold())
    blocks = {tuple(known[at : at + half]) for at in range(len(known) - half + 1)}
    # Whatever copies so many words holds one of the blocks that begin at every half of it: most responses hold none.
    if not any(tuple(words[at : at + half]) in blocks for at in range(0, len(words) - half + 1, half)):
        return ()
    runs = {tuple(known[at : at + size]) for at in range(len(known) - size + 1)}
    said = [(match[0].casefold(), match.start(), match.end()) for match in _WORD.finditer(response)]
    words = [word for word, _, _ in said]
    passages: list[tuple[int, int]] = []
    for at in range(len(words) - size + 1):
        if tuple(words[at : at + size]) in runs:
            start, end = said[at][1], said[at + size - 1][2]
            if passages and start < passages[-1][1]:
                passages[-1] = (passages[-1][0], end)
            else:
                passages.append((start, end))
    return tuple(passages)


def is_restated(start: int, end: int, response: str, passages: Passages) -> bool:
    """Whether all words of a stretch of a response stand in one of its restatements."""
    return any(
        start < last and first < end and not _WORD.search(response[start:first] + " " + response[last:end])
        for first, last in passages
    )
