"""What a text says of two cases that differ in an edit: a rule of words and whole numbers, no judge.

It is deliberately another rule than the one that probes measure with: what is trained for is not what measures it.
Known limits: words are compared as they stand ("rashes" is not "rash", nor is a synonym), and a negation reaches to the
end of its clause.
"""

import re
from collections.abc import Iterable

_CLAUSE_END = re.compile(
    r"[.!?](?=\s|\Z)|[;:\n]|\b(?:but|however|although|though|while|whereas|so|therefore|thus|hence|because|since)\b"
)
_WORD = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[^\W\d_]+(?:['’]t\b)?")
_NEGATIONS = frozenset(
    "no not without never neither nor none denies denied denying deny lacks lacked lacking lack absence cannot".split()
)
_FUNCTION = _NEGATIONS | frozenset(
    "a absent an and are as at be been by for from had has have he her him his in is it its of on or she than that the "
    "their there they this to was were which who with".split()
)


def said(text: str) -> frozenset[str]:
    """Content words and numbers of a text; a word behind a negation in its clause is another one, with `no` in front.

    Examples:
        >>> sorted(said("No fever or rash, but Na of 128."))
        ['128', 'na', 'no fever', 'no rash']
    """
    found = set[str]()
    for clause in _CLAUSE_END.split(text.casefold()):
        words = _WORD.findall(clause)
        negated = "absent" in words
        for word in words:
            negated = negated or word in _NEGATIONS or word.endswith(("'t", "’t"))
            if word not in _FUNCTION:
                found.add(f"no {word}" if negated and word.isalpha() else word.replace(",", ""))
    return frozenset(found)


def own_words(stem: str, twin: str, options: Iterable[str]) -> frozenset[str]:
    """What a stem says and its twin does not, less the words of options: naming one cites nothing.

    Examples:
        >>> sorted(own_words("She has fever, rash and cough.", "She has fever, hives and thirst.", ["Cough syrup"]))
        ['rash']
    """
    listed = said("\n".join(options))
    return frozenset(word for word in said(stem) - said(twin) if word.removeprefix("no ") not in listed)


def cites(text: str, own: Iterable[str], other: Iterable[str]) -> bool:
    """Whether a text cites its own case and not the twin: any of the `own` words and numbers, and none of the `other`.

    No text is true of both cases, so none that is the same for both is paid for both.

    Examples:
        >>> cites("The sodium of 128 decides.", ["128"], ["141"]), cites("Na is 128 or 141.", ["128"], ["141"])
        (True, False)
    """
    words = said(text)
    return not words.isdisjoint(own) and words.isdisjoint(other)
