"""Where a response names an option, by its letter or by its text."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from clinical_r1.choices.letters import CALLED, LETTERS, is_option_letter, same_text
from clinical_r1.judging.rules.lines import Line
from clinical_r1.judging.rules.vocabulary import GENERIC_KEYS, MODIFIER_KEYS, STOP_KEYS, key


class Mention(NamedTuple):
    """An option is named."""

    letter: str
    start: int
    """Offset in the text."""
    end: int
    heads: bool
    """Whether it stands at the line's start as the head of what follows ("B. Migraine:")."""


class Wording(NamedTuple):
    """One way to write an option's text."""

    letter: str
    keys: frozenset[str]
    needed: int
    """Words that must be there."""
    own: frozenset[str]
    """Words of which one must be there: those of no other option, or all of them where there are none."""
    head: str
    """A last word by which alone the option can be told from the others and from the case; may be empty."""


# A letter behind one of these belongs to it.
_TERMS = frozenset(
    "vitamin hepatitis protein group type grade class stage factor immunoglobulin influenza coenzyme complex pugh "
    "debakey "
    "stanford category lipid troponin hemophilia haemophilia n cyclosporin amphotericin penicillin cell "
    "interleukin ig a an "
    "the serotype phase zone layer level score cox ige region subtype serogroup adenosine cytochrome hla".split()
)
_INTRODUCES = frozenset(
    "and or not is so thus therefore than over excludes exclude excluding rejects reject eliminates eliminate out "
    "against "
    "options choices answers answer both either neither while whereas but because since making leaving favors favours "
    "supports suggests by of like on choose chose pick assuming suppose to with for that about unlike likely be "
    "distractor consider considering between from if were was".split()
)
_FOLLOWS = frozenset(
    "is are was were would can cannot could does do did has have lacks fits seems appears remains looks may might "
    "should and "
    "or because since as , : ; ) — – ( explains requires causes typically usually also matches describes "
    "suggests".split()
)
# "Option B (migraine):" heads what follows; in "Option B (migraine) is wrong" it is the subject.
_BRACKET_HEAD = re.compile(r"\s*\([^()]{0,200}\)\s*(?:[.:–—-]|\Z)")
_LONE = frozenset(LETTERS.lower())
_GAP = 4
_SMALL = frozenset("with without no not non never and or of in to on by from due".split())


def mentions(
    folded: str, line: Line, options: Mapping[str, str], index: Mapping[str, tuple[Wording, ...]]
) -> tuple[Mention, ...]:
    """Every mention of an option in a line, in order.

    Args:
        folded: The whole text, see `clinical_r1.judging.rules.vocabulary.fold`.
        line: The line.
        options: Letter -> option text.
        index: Their wordings, see `wordings`.
    """
    found = [*_letters(folded, line, options), *_texts(line, index)]
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(found, key=lambda mention: (mention.start, mention.end)))


# --- letters ----------------------------------------------------------------------------------------------------------
def _letters(folded: str, line: Line, options: Mapping[str, str]) -> list[Mention]:
    found: list[Mention] = []
    lone = _LONE & line.vocabulary
    if not lone:
        return found
    for place, word in enumerate(line.words):
        if word in lone and word.upper() in options and _is_named(folded, line, place, options):
            start, end = line.starts[place], line.ends[place]
            found.append(Mention(word.upper(), start, end, _heads(folded, line, start, end)))
    return found


def _is_named(folded: str, line: Line, place: int, options: Mapping[str, str]) -> bool:
    start = line.starts[place]
    called_by = line.words[place - 1] if place else ""
    if (
        folded[start].islower()
        and called_by not in ("option", "choice", "letter")
        and folded[start + 1 : start + 2] != ")"
    ):
        return False  # an article, mostly
    before, after = folded[max(line.start, start - 14) : start], folded[start + 1 : start + 3]
    bracketed = before.endswith(("(", "[")) and after[:1] in (")", "]")
    called = CALLED.search(before) is not None
    if after[:1] in ("'", "-", "+", "/", "}") or before.endswith(("-", "/", "{", "'", "+")):
        return False
    if not folded[start].isupper():
        return (called or bracketed) and line.words[place].upper() in options
    if not is_option_letter(folded, start, options):
        return False
    if bracketed or called:
        return True
    previous = line.words[place - 1] if place else ""
    if previous in _TERMS:
        return False
    following = line.words[place + 1] if place + 1 < len(line.words) else ""
    if not folded[line.start : start].strip(" -•#>(["):
        plain = folded[start] not in "AI" and following.isalpha()
        return after[:1] in (".", ")", ":") or following in _FOLLOWS or plain
    return previous in _INTRODUCES or (previous in (",", ";", ":", "(", "—", "–") and following in _FOLLOWS)


def _heads(folded: str, line: Line, start: int, end: int) -> bool:
    before = folded[line.start : start]
    if len(before) > 16 or re.sub(r"option|choice|[\s\d.#>•(\[-]", "", before.lower()):
        return False
    return folded[end : end + 1] in (".", ")", ":", "]", " ") and (
        re.match(r"[)\].:\s]*[.:)\]–—-]|\s*$", folded[end : end + 6]) is not None
        or _BRACKET_HEAD.match(folded, end, line.end) is not None
    )


# --- texts ------------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=512)
def wordings(options: tuple[tuple[str, str], ...]) -> dict[str, tuple[Wording, ...]]:
    """Word -> the wordings it belongs to."""
    sets = []
    seen: set[str] = set()
    for letter, text in options:
        if same_text(text) not in seen:  # of two options with one text, the first is meant
            seen.add(same_text(text))
            sets += [(letter, words) for words in _ways(text)]
    index: dict[str, list[Wording]] = {}
    for letter, words in sets:
        others = {word for other, their in sets if other != letter for word in their}
        keys = frozenset(words)
        plain = [word for word in words if word not in MODIFIER_KEYS] or words
        needed = len(keys) if len(keys) < 3 else -(-2 * len(keys) // 3)
        head = plain[-1] if len(plain) == 2 and len(plain[-1]) > 4 and plain[-1] not in others | GENERIC_KEYS else ""
        wording = Wording(letter, keys, needed, (keys - others) or keys, head)
        for word in keys:
            index.setdefault(word, []).append(wording)
    return {word: tuple(found) for word, found in index.items()}


def _ways(text: str) -> list[list[str]]:
    """The words of an option's text, with and without what stands in brackets."""
    inner = re.findall(r"\(([A-Za-z][\w-]{1,9})\)", text)
    ways = []
    for way in (re.sub(r"\([^()]*\)", " ", text), *inner):
        words = [key(word) for word in re.findall(r"[^\W_]+(?:[.,/]\d+)*", way.lower())]
        kept = [
            word
            for word in words
            if word and (word not in STOP_KEYS or word in _SMALL - {"and", "or", "of", "in", "to", "on", "by"})
        ]
        words = kept if any(word not in GENERIC_KEYS for word in kept) else [word for word in words if word]
        if words and not all(word.isdigit() or len(word) < 2 for word in words):
            ways.append(words)
    return ways


def _texts(line: Line, index: Mapping[str, tuple[Wording, ...]]) -> list[Mention]:
    if index.keys().isdisjoint(line.keys):
        return []
    places: dict[Wording, list[int]] = {}
    for place, word in enumerate(line.keys):
        if word in index:
            for wording in index[word]:
                places.setdefault(wording, []).append(place)
    found: list[tuple[int, int, Wording, int]] = []
    for wording, there in places.items():
        for cluster in clusters(there, _GAP if len(wording.keys) < 6 else _GAP + 2):
            said = {line.keys[place] for place in cluster}
            whole = len(said) >= wording.needed and not wording.own.isdisjoint(said)
            if whole or wording.head in said:
                found.append((cluster[0], cluster[-1], wording, len(said)))
    return [
        Mention(wording.letter, line.starts[first], line.ends[last], _text_heads(line, first, last))
        for first, last, wording, number in found
        if not any(
            other.letter != wording.letter and start <= first and last <= end and more > number
            for start, end, other, more in found
        )
    ]


def _text_heads(line: Line, first: int, last: int) -> bool:
    return first == 0 and line.words[last + 1 : last + 2] in ([":"], ["—"], ["–"], [])


def clusters(places: list[int], gap: int) -> list[list[int]]:
    """Rising numbers in groups, a new one wherever more than `gap` lie between two."""
    groups: list[list[int]] = []
    for place in places:
        if groups and place - groups[-1][-1] <= gap:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
