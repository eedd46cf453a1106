"""Words of clinical English: their common form, and which of them say nothing specific."""

import re
from functools import lru_cache
from typing import Final

from clinical_r1.choices.letters import LETTERS

_MARKUP = "*`$_"
_LOOK_ALIKES = {"’": "'", "‘": "'", "\u00a0": " ", "‐": "-", "‑": "-"} | {
    chr(ord("Ａ") + place): letter for place, letter in enumerate(LETTERS)
}
TOKEN: Final = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d_][^\W_]*+(?:'[a-z]{1,3}\b)?|[,;:()—–✗✘❌]")
"""A number (`82/52` is one), a word, or a mark that may end what a negation reaches."""
_ASCII_TOKEN = re.compile(r"[a-z][a-z0-9]*+(?:'[a-z]{1,3}\b)?|[0-9]+(?:[.,/][0-9]+)*|[,;:()]")  # the same, faster
_LONGEST = 40
"""Letters of the longest word that is read."""


def tokens_of(low: str) -> list[str]:
    """The tokens of a text in lower case."""
    return (_ASCII_TOKEN if low.isascii() else TOKEN).findall(low)


def fold(text: str) -> str:
    """Replace markup and look-alikes one character by one, so that offsets stay."""
    for mark in _MARKUP:
        text = text.replace(mark, " ")
    if text.isascii():
        return text
    for mark, plain in _LOOK_ALIKES.items():
        text = text.replace(mark, plain)
    return text


def lower(text: str) -> str:
    """The text in lower case, character by character: a few characters would become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


STOP = frozenset(
    "a about above after again all also although am an and any are as at be because been before being below between "
    "both but by can could d did do does doing during each either even ever few for from further had has have "
    "having he her here hers him himself his how however i if in into is it its itself just me more most much must my "
    "neither no nor not now of off on once one only onto or other our out over own per s same she should since so some "
    "such t than that the their them then there these they this those though through thus to too under until up upon "
    "us very was we were what when where whether which while who whom whose why will with within without would yet "
    "you your may might shall therefore hence still rather instead non none never cannot another else every many "
    "several already always denies denied deny denying absent absence lack lacks lacking".split()
)
BE: Final = frozenset("is are was were be been being".split())
GENERIC = frozenset(
    "abnormal abnormality accompany admit age aged appear appropriate associate associated bring brought case cause "
    "clinic clinical clinician come complain complaint condition consistent current currently day daily department "
    "describe develop diagnosis diagnostic disease disorder doctor emergency episode evaluate evaluation evidence exam "
    "examination explain explanation fact factor feature feel felt find finding follow following gender give given "
    "good help history hospital hour important include indicate infant involve kind know laboratory lady last later "
    "level likely little make male female man woman boy girl child gentleman management manifestation medical minute "
    "month mother father name new next normal note number obtain occur old onset option otherwise ova past patient "
    "people perform person physical physician point possible present presentation problem provide question rate reason "
    "recent recently record relate report result return reveal room routine say see seem set show shown sign similar "
    "start state step study suggest suggestive support symptom symptomatic take tell test therapy think time today "
    "treat treatment type unit use usual usually value various visit vital way week well within worker work "
    "syndrome year yet "
    "yesterday ago began begin begun continue continuous prior previous previously several severity situation status "
    "subsequent tend term thing toward typical underlie undergo underwent went answer best most correct first second "
    "third least main major minor nearly often overall particular primary probably respectively specific there".split()
)
"""Words, in their common form, that do not tell one case from another."""
MODIFIERS = frozenset(
    "acute bilateral chronic diffuse distal gradual left right lower upper mild moderate progressive proximal severe "
    "sudden suddenly positive negative anterior posterior medial lateral systolic diastolic high low elevate elevated "
    "increase decrease raise reduce large small slight slightly marked persistent intermittent recurrent rapid slow "
    "long short early late worse worsen improve normal significant dull sharp deep superficial central peripheral "
    "internal external serum plasma plus hot cold warm heavy light soft hard".split()
)
"""Words that qualify a finding and are none."""
_PAIRS = (
    "left right,upper lower,increase decrease,elevate decrease,elevate low,high low,raise reduce,raise low,acute "
    "chronic,proximal distal,positive negative,medial lateral,anterior posterior,systolic diastolic,mild severe,"
    "increase reduce,elevate reduce,elevate normal,increase normal,decrease normal,low normal,high normal,"
    "superficial deep,internal external,central peripheral,large small,worse improve,worsen improve,hot cold,"
    "sudden gradual"
)
OPPOSITES: Final[dict[str, frozenset[str]]] = {}
"""Qualifying word -> those that say the contrary."""
for _pair in _PAIRS.split(","):
    _one, _other = _pair.split()
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}

UNITS = frozenset(
    "c f °c °f mg mcg μg µg g kg lb dl l ml mm cm m hg min minute beat bpm breath meq mmol μmol mol % percent iu u "
    "ng pg "
    "fl ms sec hz mosm osm kpa mmhg dose tablet pack ph score".split()
)
"""What makes a number beside it a measurement."""
TIMES = frozenset("year old month week day hour minute ago yr hr h wk mo trimester time weeks age aged".split())
"""What makes a number beside it an age or a duration."""
_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2)
}


@lru_cache(maxsize=1 << 16)
def key(word: str) -> str:
    """The common form of a lower-case word or number: without inflection, trailing zeros and thousands commas.

    Examples:
        >>> key("vomited") == key("vomiting"), key("rashes") == key("rash"), key("38.0"), key("1,200"), key("three")
        (True, True, '38', '1200', '3')
    """
    if not word or len(word) > _LONGEST:
        return ""
    if word[0].isdigit():
        return _number(word)
    if word in _NUMBER_WORDS:
        return _NUMBER_WORDS[word]
    return _stem(word.split("'", 1)[0])


def _number(word: str) -> str:
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", word)
    return plain.rstrip("0").rstrip(".") if "." in plain and "/" not in plain else plain


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("shes", "ches", "xes", "sses", "oes")) else word[:-1]
    for ending in ("ing", "ed"):
        base = word[: -len(ending)]
        if word.endswith(ending) and len(base) > 3 and re.search("[aeiouy]", base):
            doubled = base[-1] == base[-2] and base[-1] not in "lsz"
            word = base[:-1] if doubled else base
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


STOP_KEYS = frozenset(map(key, STOP)) | STOP
GENERIC_KEYS = frozenset(map(key, GENERIC)) | GENERIC
MODIFIER_KEYS = frozenset(map(key, MODIFIERS)) | MODIFIERS
TIME_KEYS = frozenset(map(key, TIMES)) | TIMES
UNIT_KEYS = frozenset(map(key, UNITS)) | UNITS
OPPOSITE_KEYS = {key(word): frozenset(map(key, others)) for word, others in OPPOSITES.items()}


@lru_cache(maxsize=1 << 16)
def is_specific(word_key: str) -> bool:
    """Whether a key is a word of some meaning of its own: no stop word, generic or qualifying word, unit or number."""
    return (
        len(word_key) > 1
        and not word_key[0].isdigit()
        and word_key[0].isalpha()
        and word_key not in STOP_KEYS
        and word_key not in GENERIC_KEYS
        and word_key not in MODIFIER_KEYS
        and word_key not in UNIT_KEYS
        and word_key not in TIME_KEYS
    )
