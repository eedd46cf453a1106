r"""What an option letter looks like in text, and what only looks like one.

A letter stands alone: "vitamin C", "HbA1c", "B cells", "C. difficile", "A 45-year-old man" and the pronoun "I" hold
no option letter. Emphasis, code marks, LaTeX wrappers, full-width letters and look-alikes of other scripts are folded
away first, so that one checkpoint's way of writing a letter is not mistaken for a difference in knowledge.

What a text gives as its answer are claims (`Found`), each with its force; `settle` says what several amount to.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

LETTERS = string.ascii_uppercase
"""The letters of options, in order: at most 26 options."""

_CYRILLIC_GREEK = str.maketrans(
    "АВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧасеіјорѕху",
    "ABCEHIJKMOPSTXYABEZHIKMNOPTYXaceijopsxy",
)
_PUNCTUATION = str.maketrans("’‘“”【】「」", "''\"\"[][]")
_LONE_FOREIGN = re.compile(r"(?<!\w)[Ͱ-Ͽ\u0400-\u04FF](?!\w)")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00]")
_WRAPPER = re.compile(r"\\(?:text|math|em|under|mbox|hbox)[a-z]{0,12}\s?+\{([^{}]*+)\}")
_HTML = re.compile(r"</?(?:b|i|u|em|strong|span|code|mark|p|s)>|<br ?/?>|<\|[a-z_]{1,20}\|>", re.IGNORECASE)
_MARKS = ("*", "`", "$", "\\(", "\\)", "\\[", "\\]", "__")
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")


def same_text(text: str) -> str:
    """Canonical form of an option's text: white space collapsed, case folded, final period dropped."""
    return " ".join(text.split()).casefold().rstrip(". ")


def merge_identical(options: Mapping[str, str]) -> dict[str, str]:
    """Map each letter to the first letter with the same option text.

    Some benchmark records repeat an option; either copy is then the same answer.

    Examples:
        >>> merge_identical({"A": "Aspirin", "B": "Heparin", "C": "aspirin "})
        {'A': 'A', 'B': 'B', 'C': 'A'}
    """
    first: dict[str, str] = {}
    return {letter: first.setdefault(same_text(text), letter) for letter, text in options.items()}


def copies(letter: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The letters of an option and of those with the same text, in order."""
    label = merge_identical(options)
    return tuple(other for other in options if label[other] == label[letter])


def fold(text: str) -> str:
    """Drop markup and fold look-alike characters, keeping words and line breaks where they are."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_PUNCTUATION)
        text = _LONE_FOREIGN.sub(lambda m: m[0].translate(_CYRILLIC_GREEK), text)
    elif "\x00" in text:
        text = text.replace("\x00", "")
    if "\\" in text:
        text = _WRAPPER.sub(r"\1", _WRAPPER.sub(r"\1", text)).replace("\\n", "\n").replace("\\%", "%")
    if "<" in text:
        text = _HTML.sub(lambda m: "\n" if m[0][1] in "bB|" and len(m[0]) > 3 else "", text)
    for mark in _MARKS:
        text = text.replace(mark, "")
    return _UNDERSCORE.sub("", text) if "_" in text else text


OPENERS = r"[\s(\[{\"'“‘«<:]{0,6}"
"""What may stand directly in front of an option letter."""
LETTER = r"(?<![A-Za-zÀ-ɏ\d_/])(?<![A-Za-z]-)(?P<letter>[A-Za-z])(?![A-Za-zÀ-ɏ\d_+%]|[-'/]\w|\.[a-z\d])"
"""A letter that stands alone: nothing of a longer word or number is attached to it."""
_LONE = re.compile(LETTER)
_PRIVATE = 0xE000

_SPECIES = (
    "difficile|diff|coli|aureus|epidermidis|pneumoniae|pyogenes|agalactiae|perfringens|botulinum|tetani|septicum|"
    "albicans|auris|neoformans|immitis|trachomatis|psittaci|jejuni|fetus|burnetii|diphtheriae|pylori|cruzi|brucei|"
    "gondii|vaginalis|falciparum|vivax|malariae|ovale|pestis|enterocolitica|tuberculosis|leprae|avium|influenzae|"
    "meningitidis|gonorrhoeae|fumigatus|capsulatum|dermatitidis|brasiliensis|baumannii|cepacia|cereus|anthracis|"
    "monocytogenes|fragilis|henselae|quintana|burgdorferi|pallidum|recurrentis|melitensis|abortus|tularensis|"
    "multocida|aeruginosa|maltophilia|marcescens|mirabilis|vulgaris|saprophyticus|bovis|viridans|mutans|sanguinis|"
    "histolytica|lamblia|duodenalis|saginata|solium|granulosus|stercoralis|vermicularis|duodenale|elegans|"
    "parapsilosis|glabrata|krusei|cholerae|vulnificus|parahaemolyticus|freundii|cloacae|aerogenes|oxytoca|typhi"
)
_TERM_AFTER = re.compile(
    rf"\.?[ \t]*(?-i:{_SPECIES})\b|\. [A-Z][a-z]+ et al|"
    r"[ \t-](?:cells?|lymphocytes?|lymphoma|wave|waves|fibers?|fibres?|antigens?|peptide|"
    r"dimers?|virus|section|reactive|deficiency|deficient|toxin|streptococc\w+|strep|haemolytic|hemolytic|beta|"
    r"fever|chromosomes?|linked|syndrome|natriuretic|acnes|type|loops?|sign|scan|test|line|lines|band|tach\w*)\b",
    re.IGNORECASE,
)
# After a bare "A" a word of the sentence shows an article ("A 45-year-old", "A beta blocker"), unless the word can
# only follow a letter.
_ARTICLE_AFTER = re.compile(
    r"[ \t]+(?!(?:is|was|because|since|as|which|for|due|based|given|and|or|rather|over|instead|here|therefore|as|"
    r"seems|fits|remains|would|cannot|can|does|has|the|this|that|these|with|from|not|are|where|while|but|so|if|"
    r"option|choice|answer|stands|matches|looks|appears|represents|final|correct)\b)[\w+]"
)
_PRONOUN_AFTER = re.compile(r"[ \t]+(?!is\b|as\b|because\b|since\b|and\b|or\b|here\b|fits\b)[a-z]|'")
_MAY_GO_ON = (" ", "\t", ".", "-", "'", "\n")
CALLED = re.compile(r"\b(?:option|choice|letter)\s*[(\[\"']?\Z", re.IGNORECASE)


@lru_cache(maxsize=4096)  # every completion of a question has the same options
def fold_option(option: str) -> str:
    """An option's text folded, without the marks around it; as it stands where nothing else is in it."""
    return fold(option).strip(" \n.\"'") or option


def called(before: str) -> bool:
    """Whether the word option, choice or letter stands directly before a letter."""
    return (
        before.rstrip(" \n([\"'")[-6:].lower() in ("option", "choice", "letter") and CALLED.search(before) is not None
    )


_MORE = re.compile(
    r"[)\]\"']*\s*(?:,\s*(?:and|or)?|and/or|and|or|&|\+|/|y|oder|und)\s*(?:(?:option|choice|also|maybe|perhaps|"
    r"possibly|even)\s+)*[(\[\"']?"
    r"(?P<letter>[A-Z])(?![\w'-])(?!\s+(?:is|was|can|does|would|has|because|lacks|fits|seems|may|might|could)\b)"
)
_LETTER_BEFORE = re.compile(r"(?<![A-Za-z])([A-Z])[)\]]?\s*(?:,\s*(?:and|or)?|and|or|/|&)\s*(?:option\s+)?[(\[]?\Z")


def is_option_letter(text: str, start: int, options: Mapping[str, str]) -> bool:
    """Whether the lone letter at `start` of a folded text names an option and is not part of a term."""
    letter = text[start].upper()
    if letter not in options:
        return False
    if text[start + 1 : start + 2] not in _MAY_GO_ON:
        return True  # "(B)" and "B:" are part of nothing
    rest = text[start + 1 : start + 40]
    before = text[max(0, start - 12) : start]
    own = options[letter][:12].casefold()
    follows = rest.lstrip(" .):,-").casefold()
    if own and follows.startswith(own):
        return True  # "C. Ischemic stroke", "B) B cell lymphoma": the option's own text follows
    if called(before):
        return True
    if _TERM_AFTER.match(rest):
        return False
    if letter == "A" and _ARTICLE_AFTER.match(rest):
        return False
    return not (letter == "I" and _PRONOUN_AFTER.match(rest))


def skip_own(after: str, own: str) -> str:
    """What follows an option's own text where that text stands right behind its letter; else all of `after`."""
    lead = len(after) - len(after.lstrip(" \n.):,]-\"'"))
    return after[lead + len(own) :] if own and after[lead : lead + len(own)].casefold() == own.casefold() else after


def begins_list(text: str, place: int, options: Mapping[str, str]) -> bool:
    """Whether the letter at `place` heads an option in a list that goes on with the next option."""
    letter = text[place].upper()
    following = chr(ord(letter) + 1)
    if letter not in options or following not in options:
        return False
    line_start = text.rfind("\n", max(0, place - 24), place) + 1
    if line_start and not re.search(r"\w", text[line_start:place].lower().replace("option", "")):
        rest = text[place + 1 : place + 2000].partition("\n")[2]
        return re.match(rf"[\W_]*(?:option\s+)?{following}[).:\]]", rest, re.IGNORECASE) is not None
    own = options[letter]
    rest = " ".join(text[place + 1 : place + len(own) + 24].split()).lstrip(" ).:]-")
    if rest[: len(own)].casefold() != own.casefold():
        return False
    return re.match(rf"[\s.,;]*[(\[]?{following}[).:\]]", rest[len(own) :]) is not None


def set_own_texts(text: str, options: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Set each option on one line, and hide letters that belong to it ("Vitamin C"); text and options are folded.

    Hidden letters become private-use characters, the same ones in text and options, so that option texts still compare
    and letters inside them no longer count.
    """
    special = {option.rstrip(" .") for option in options.values() if _LONE.search(option) or "\n" in option}
    longest_first = sorted((option for option in special if len(option) > 2), key=len, reverse=True)
    flat = {letter: " ".join(option.split()) for letter, option in options.items()}
    if not longest_first:
        return text, flat
    patterns = (r"\s++".join(map(re.escape, option.split())) for option in longest_first)
    within = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)

    def hide(found: re.Match[str]) -> str:
        return _LONE.sub(lambda letter: chr(_PRIVATE + ord(letter[0].upper())), " ".join(found[0].split()))

    return within.sub(hide, text), {letter: within.sub(hide, option) for letter, option in flat.items()}


_WORD = re.compile(r"[A-Za-z]+")


def restored(options: Mapping[str, str], text: str) -> Mapping[str, str]:
    """Options with the letters that MedMCQA lost ("aery", "Inse"), where the text writes the same word with them.

    Examples:
        >>> restored({"A": "Facial aery"}, "the facial artery")
        {'A': 'Facial artery'}
    """
    lower, place, whole = text.lower(), -1, {}
    while (place := lower.find("rt", place + 1)) >= 0:
        start = max(lower.rfind(" ", max(0, place - 24), place), lower.rfind("\n", max(0, place - 24), place)) + 1
        if word := _WORD.search(lower, start, place + 24):
            whole[word[0].replace("rt", "")] = word[0]
    words = " ".join(options.values()).lower()
    whole = {lost: word for lost, word in whole.items() if lost in words}
    if not whole:
        return options
    return {
        letter: _WORD.sub(lambda word: whole.get(word[0].lower(), word[0]), option)
        for letter, option in options.items()
    }


def shown(text: str) -> str:
    """A text in lower case, with the letters that `set_own_texts` has hidden."""
    return text.lower().translate(_HIDDEN)


_HIDDEN = {_PRIVATE + ord(letter): letter.lower() for letter in LETTERS}


def together(text: str, place: int, options: Mapping[str, str]) -> set[str]:
    """The letter at `place` and those named in one breath with it ("A or B")."""
    letters = {text[place].upper()}
    if earlier := _LETTER_BEFORE.search(text[max(0, place - 24) : place]):
        letters |= {earlier[1]} & options.keys()
    end = place + 1
    while len(letters) < len(options) and (more := _MORE.match(text, end)):
        if not is_option_letter(text, more.start("letter"), options):
            break
        letters.add(more["letter"])
        end = more.end()
    return letters


# --- claims -----------------------------------------------------------------------------------------------------------
# Words that take back what was said, and words that do so only where another answer follows as firmly.
_TAKEN_BACK = (
    r"wait\b|correction\b|on (?:second thought|reflection|reconsideration)|reconsider\w*|re-?evaluat\w*|re-?examin\w*|"
    r"scratch that|retract\w*|misread|i meant|i was (?:wrong|mistaken)|my mistake|i made (?:a mistake|an error)|"
    r"let me (?:re|correct|double)\w*|change my (?:answer|mind)|hmm|hold on"
)
_RETRACTION = re.compile(
    rf"\b(?:{_TAKEN_BACK}|actually|wrong|incorrect|mistaken|no,|revis\w+|sorry|apologi[sz]e)", re.IGNORECASE
)
_FIRM_RETRACTION = re.compile(rf"\b(?:{_TAKEN_BACK})", re.IGNORECASE)
_OTHERS_WRONG = re.compile(
    r"(?:(?:options?|choices?|answers?)\s+)?\(?[A-Z]\)?(?:\s*(?:,|and|or|/|&|,\s*and)\s*\(?[A-Z]\)?){0,10}\s+(?:is|"
    r"are)\s+"
    r"(?:all\s+|both\s+|therefore\s+|clearly\s+)?(?:wrong|incorrect)|(?:others?|rest|remaining \w+) (?:is|are) "
    r"(?:all )?(?:wrong|incorrect)|(?:wrong|incorrect) (?:options?|choices?|answers?)"
)


class Force(IntEnum):
    """How much a claim says; a stronger one later in the text replaces a weaker one, a weaker one never a stronger."""

    TENTATIVE = 1
    """ "The answer might be C", "so this is shown by biopsy (C)"."""
    CONCLUDED = 2
    """ "The most likely diagnosis is ischemic stroke"."""
    JUDGED = 3
    """ "C is correct", or an answer that opens the text."""
    ODD_ONE = 4
    """ "The false statement is C", said of the one option that is unlike the others."""
    STATED = 5
    """ "The answer is C", "I choose C"."""
    FINAL = 6
    """ "Final answer: C"."""


@dataclass(frozen=True)
class Found:
    """An answer that stands somewhere in the text."""

    letter: str | None
    """An option letter, or None when several are named at once."""
    start: int
    """Offset where it begins."""
    end: int
    """Offset after it."""
    force: Force = Force.STATED
    """How much it says."""
    several: frozenset[str] = frozenset()
    """The letters that are named at once."""
    how: str = ""
    """How it was read, where its force does not say so (see `clinical_r1.choices.extract.Method`)."""

    @property
    def nothing(self) -> bool:
        """Whether it says that no option is right."""
        return self.letter is None and not self.several


def settle(found: Iterable[Found], text: str) -> Found | None:
    """The claim that several (at least one) in a text amount to, None when they contradict each other.

    A claim takes the place of a different one before it when it is stronger, when a retraction stands between the
    two, or when it chooses one of several options named before. Where two different answers are stated or found
    right without any of that, they contradict each other; of two conclusions the later one counts.
    """
    held, *later = sorted(found, key=lambda claim: claim.start)
    contradicted = False
    for claim in later:
        same = claim.letter == held.letter and claim.several == held.several
        weaker = claim.force < held.force
        if _retracted(text[held.end : claim.start + 1], held.letter, firmly=weaker):
            held, contradicted = claim, False
        elif same:
            contradicted = contradicted and claim.force <= held.force
            held = replace(
                claim, force=max(claim.force, held.force), how=claim.how if claim.force > held.force else held.how
            )
        elif (
            claim.force > held.force or claim.letter in held.several or (held.nothing and claim.force > Force.TENTATIVE)
        ):
            held, contradicted = claim, False
        elif claim.force == held.force:
            contradicted = claim.force >= Force.JUDGED
            held = claim
    return None if contradicted else held


def firmly_retracted(text: str, start: int) -> bool:
    """Whether words behind an offset take back even what was stated before it."""
    return _FIRM_RETRACTION.search(text, start) is not None


def _retracted(between: str, letter: str | None, *, firmly: bool) -> bool:
    kept = _OTHERS_WRONG.sub(lambda m: m[0] if letter and re.search(rf"\b{letter}\b", m[0]) else "", between)
    return (_FIRM_RETRACTION if firmly else _RETRACTION).search(kept) is not None
